#ifndef SV_COUNTS_PLAN_TRIM_H
#define SV_COUNTS_PLAN_TRIM_H

#include "counts/plan.h"

/*
 * Rounded figures without the codes, and groups of codes, of which nothing
 * but 0 would be printed and which no where names.  A table has rows for the
 * codes that occur: a row that says 0 would tell that somebody is in it.
 * Relations lose those parts, each a 0; what is left of f keeps its order.
 */
enum sv_err plan_trim(const struct plan *p, struct figures *f);

#endif
