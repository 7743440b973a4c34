#ifndef SV_COUNTS_PLAN_TEXT_H
#define SV_COUNTS_PLAN_TEXT_H

#include "counts/plan.h"

/*
 * The figures of a plan as tables for a terminal, appended.  Rows are the
 * field with the most codes, columns the next, and each code of a third field
 * has a block of its own; two years are columns or blocks.
 *
 *   figures  of this plan, from plan_tally.h or plan_json.h
 *   preview  they are plan_preview()'s: the first line says NOT RELEASED
 *
 * SV_ERR_FORMAT where a figure is none of the plan.
 */
enum sv_err plan_text_tables(const struct plan *p,
                             const struct figures *figures,
                             enum schema_lang lang, bool preview,
                             struct buf *out);

/*
 * CSV (RFC 4180) of the printed figures: name, value, reason; appended.  A
 * value that is not known is empty.  No text cell begins as a formula does: a
 * ' goes before it; values are whole numbers, or percentages as 4.3, below 0
 * for a change.
 */
enum sv_err plan_text_csv(const struct figures *figures, struct buf *out);

/* The columns that t takes on a terminal. */
size_t plan_text_width(struct bytes t);

#endif
