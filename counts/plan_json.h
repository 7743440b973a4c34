#ifndef SV_COUNTS_PLAN_JSON_H
#define SV_COUNTS_PLAN_JSON_H

#include "counts/plan.h"

/*
 * The counted result of a plan as JSON, one value in one form: members
 * sorted, no blanks, a line feed at the end.
 *
 *   basis      the legal basis, or ""
 *   figures    of each {change, name, reason, value}; the value is null and
 *              the reason not empty where it is not known; a percentage is a
 *              text, "4.3"
 *   format     "svault/counts/v1"
 *   plan       the canonical text
 *   profile    as "exact"
 *   relations  of each {complete, parts, whole}, by the figures' indexes
 */
#define PLAN_JSON_MAX ((size_t)16 << 20)
/* Of a number in it, either way: as facts have them (disclosure/facts.h). */
#define PLAN_JSON_VALUE_MAX (INT64_C(1) << 40)

/* Owns what it points to. */
struct plan_result {
    struct buf basis; /* the legal basis given, or empty */
    struct buf plan;
    char profile[NAME_SIZE];
    struct figures figures;
};
void plan_json_clear(struct plan_result *r); /* accepts zeroed */

/* Unprinted figures, and what is said of them, stay out.  Appended.
 * SV_ERR_RANGE over PLAN_JSON_MAX and PLAN_JSON_VALUE_MAX; SV_ERR_FORMAT for a
 * text that is not UTF-8. */
enum sv_err plan_json_encode(struct bytes canonical, const char *profile,
                             struct bytes basis, const struct figures *figures,
                             struct buf *out);
/*
 * SV_ERR_FORMAT for all but what plan_json_encode() writes, for a complete
 * relation whose known figures do not add up, and for a count below 0.  The
 * plan's text is not parsed here.
 */
enum sv_err plan_json_decode(struct bytes in, struct plan_result *out);

#endif
