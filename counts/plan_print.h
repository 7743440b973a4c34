#ifndef SV_COUNTS_PLAN_PRINT_H
#define SV_COUNTS_PLAN_PRINT_H

#include "counts/plan.h"

/* The canonical text of a plan (plan.h), appended. */
enum sv_err plan_print(const struct plan *p, struct buf *out);

#endif
