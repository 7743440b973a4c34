#ifndef SV_COUNTS_PLAN_TEXT_H
#define SV_COUNTS_PLAN_TEXT_H

#include "counts/plan_view.h"

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
 * value that is not known is empty.  No text cell is a formula (csv.h); values
 * are whole numbers, or percentages as 4.3, below 0 for a change.
 */
enum sv_err plan_text_csv(const struct figures *figures, struct buf *out);

/* SV_ERR_FORMAT where a printed figure is none of the plan's, or not of the
 * kind that its name says. */
enum sv_err plan_text_check(const struct plan *p,
                            const struct figures *figures);

/* What such tables say, appended; v as far as each needs it. */
/* "National, calendar year 2022", of a plan with a period. */
enum sv_err plan_text_period(const struct plan_view *v, struct buf *out);
/* "Only: Gender: Female, Male" */
enum sv_err plan_text_term(const struct plan_view *v,
                           const struct plan_term *term, struct buf *out);
/* "Age band by Gender", in the order of rows, columns and blocks. */
enum sv_err plan_text_fields(const struct plan_view *v, struct buf *out);
/* A code's label, or "Total". */
enum sv_err plan_text_code(const struct plan_view *v, size_t by, uint16_t code,
                           struct buf *out);
enum sv_err plan_text_series(const struct plan_view *v, enum plan_series series,
                             struct buf *out);
/* That a record may be in several cells; NULL: it may not. */
const char *plan_text_several(const struct plan_view *v);

#endif
