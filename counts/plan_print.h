#ifndef SV_COUNTS_PLAN_PRINT_H
#define SV_COUNTS_PLAN_PRINT_H

#include "counts/plan.h"

/* The canonical text of a plan (plan.h), appended. */
enum sv_err plan_print(const struct plan *p, struct buf *out);

/* Whom a figure known outside counts, by its terms and, where it is another,
 * the year: " FIELD = CODE and ... year YEAR"; appended. */
enum sv_err plan_print_set(const struct plan *p, const struct plan_known *k,
                           struct buf *out);

#endif
