#ifndef SV_COUNTS_PLAN_NESTED_H
#define SV_COUNTS_PLAN_NESTED_H

#include "counts/plan.h"

/*
 * Figures of different tables that one subtraction lays open: one counts a
 * part of the other's records, by what the tables say (where and by), and
 * leaves at most RISK_SMALL_MAX of them, or none.  Each becomes a relation
 * with one part, for risk_find().  f is what tally_end() made of the plan.
 */
enum sv_err plan_relate_nested(const struct plan *p, struct figures *f);

#endif
