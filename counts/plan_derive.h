#ifndef SV_COUNTS_PLAN_DERIVE_H
#define SV_COUNTS_PLAN_DERIVE_H

#include "counts/plan.h"

/*
 * Percentages, computed from printed figures alone: they tell nothing that a
 * reader could not compute, and after rounding only what rounded figures
 * tell.
 *
 *   TABLE.share.CODE...       of the total over the field that derive names
 *   TABLE.share.YEAR.CODE...  where the table compares two years
 *   TABLE.percent.CODE...     the later less the earlier year's figure, of
 *                             the earlier one
 *
 * Rounded to the nearest, a half away from 0.  Not known, with the reason,
 * where the whole or the earlier figure is under PLAN_DERIVE_MIN: a percent
 * of few people is a number of people.
 */
#define PLAN_DERIVE_MIN 20

/* printed: the figures of the plan as they leave.  Changes become those of
 * what is printed; percentages are added behind all. */
enum sv_err plan_derive(const struct plan *p, struct figures *printed);

/* A percentage as its figure says it, "4.3" or "-12"; appended. */
enum sv_err plan_derive_text(const struct figure *f, struct buf *out);
/* The reverse of that.  SV_ERR_FORMAT for what is none. */
enum sv_err plan_derive_parse(struct bytes text, int64_t *value,
                              unsigned *digits);

#endif
