#ifndef SV_COUNTS_ANNUAL_FACTS_H
#define SV_COUNTS_ANNUAL_FACTS_H

#include "counts/annual.h"

#include "disclosure/facts.h"

/* How the figures of a report were printed. */
struct printed {
    const char *release; /* its name, for findings */
    bool rounded;        /* else exact */
    int64_t base;
    unsigned steps;
};

/*
 * The figures of a yearly report about one type of record as facts: each a
 * set of people over the same dimensions as those of plans (plan_facts.h).
 * Beside these, suspects have `suspect.prosecution`, because how a prosecution
 * stands follows from stage and outcome together.
 *
 * figures: annual_end()'s, or what was made of them; those that are not known
 * are left out, but for the year before, which follows from its change.
 * out is initialised.
 */
enum sv_err annual_facts(const struct annual_spec *spec,
                         const struct schema *schema, const char *type,
                         const struct figures *figures,
                         const struct printed *printed, struct facts *out);

#endif
