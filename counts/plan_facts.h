#ifndef SV_COUNTS_PLAN_FACTS_H
#define SV_COUNTS_PLAN_FACTS_H

#include "counts/annual_facts.h"
#include "counts/plan.h"

/*
 * The figures of a plan as facts, over the same dimensions as those of other
 * plans and of yearly reports (dimension.h).
 *
 *   counts       each under its name, printed as `printed` says; totals that
 *                are not printed are FACTS_UNPRINTED
 *   codes        that a table could have and does not show: 0 where figures
 *                are exact, as TABLE/FIELD; rounded to 0 each, under the name
 *                that its figure would have.  Of fields with one value a
 *                record only: nothing follows from the others
 *   changes and  statements, where figures are exact.  What is computed of
 *   shares       rounded figures tells nothing more
 *   who has any  of several codes of a field with several values: no set that
 *   of several   facts know.  Without a fact of that name, as a statement over
 *                those who have none of them: NAME/0, NAME/1, ...
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
 * 1, the release outside/n with one figure of that name.
 */
enum sv_err plan_facts_known(const struct plan *p, struct facts *out);

#endif
