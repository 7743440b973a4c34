#ifndef SV_COUNTS_PLAN_FACTS_H
#define SV_COUNTS_PLAN_FACTS_H

#include "counts/annual_facts.h"
#include "counts/plan.h"

/*
 * The figures of a plan as facts, over the same dimensions as those of other
 * plans and of yearly reports (dimension.h).
 *
 * - A count has its name, and is printed as `printed` says; a total that is
 *   not printed is FACTS_UNPRINTED.
 * - Codes that a table could have and does not show: 0 where figures are exact,
 *   all of them under TABLE.rest-FIELD; each rounded to 0, under the name that
 *   its figure would have.  Of fields with several values Japanese alone: of
 *   other codes, nothing follows.
 * - Changes and shares are statements where figures are exact.  What is
 *   computed of rounded figures tells nothing more.
 * - Who has any of several codes of a field with several values is no set that
 *   facts know.  There is no fact of the figure's name then, but a statement
 *   over those who have none of the codes: NAME.without-0, NAME.without-1...
 *
 * figures: as they are printed (plan_derive.h, plan_trim.h).  out is
 * initialised.  SV_ERR_RANGE where figures count by more than
 * PLAN_FACTS_UNIONS_MAX such sets at once.
 */
#define PLAN_FACTS_UNIONS_MAX 4
enum sv_err plan_facts(const struct plan *p, const struct figures *figures,
                       const struct printed *printed, struct facts *out);

/*
 * What the plan says is known outside, exact: of the n-th of plan.known, from
 * 1, the release outside-n with one figure of that name.
 */
enum sv_err plan_facts_known(const struct plan *p, struct facts *out);

#endif
