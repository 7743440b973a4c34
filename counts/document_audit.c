#include <stdlib.h>

#include "counts/document_internal.h"
#include "counts/plan_facts.h"

#include "disclosure/audit.h"

/* An audit that takes longer proves nothing; nobody else is served while it
 * runs. */
#define AUDIT_TIMEOUT_MS 30000

/* What others have published, as the plan says. */
static enum sv_err
add_known(const struct counting_run *run, struct facts *joint)
{
    struct facts known;
    enum sv_err err;

    if (run->plan == NULL || run->plan->n_known == 0)
        return SV_OK;
    facts_init(&known);
    err = plan_facts_known(run->plan, &known);
    if (err == SV_OK)
        err = facts_add(joint, &known);
    facts_clear(&known);
    return err;
}

/* Whoever is in a small figure knows it; where nobody is, nobody does. */
static bool *
find_insiders(const struct figures *exact, const struct facts *joint,
              size_t release, int64_t small)
{
    bool *out = calloc(joint->n_figures + 1, sizeof *out);

    for (size_t i = 0; i < joint->n_figures && out != NULL; i++) {
        const struct facts_figure *f = &joint->figures[i];
        size_t at;

        out[i] = f->release == release &&
                 figures_find(exact, f->name, &at) == SV_OK &&
                 exact->at[at].of.n >= 1 && exact->at[at].of.n <= small;
    }
    return out;
}

enum sv_err
document_audit(const struct counting_run *run, size_t told, bool with_known,
               const struct figures *exact, const struct facts *own,
               const struct facts_rule *rule, struct facts *joint,
               struct audit_result *out)
{
    struct audit_rules rules = {
        .small = rule->small,
        .width = rule->width,
        .timeout_ms = AUDIT_TIMEOUT_MS,
    };
    bool *insiders;
    enum sv_err err;

    if (run->solver == NULL)
        return SV_ERR_UNVERIFIED;
    err = facts_add(joint, &run->told[told].facts);
    if (err == SV_OK && with_known)
        err = add_known(run, joint);
    rules.new_release = joint->n_releases;
    if (err == SV_OK)
        err = facts_add(joint, own);
    if (err != SV_OK)
        return err;
    insiders = find_insiders(exact, joint, rules.new_release, rule->small);
    if (insiders == NULL)
        return SV_ERR_NOMEM;
    rules.insiders = insiders;
    rules.with_insiders = joint->n_figures <= AUDIT_INSIDERS_MAX;
    err = audit_run(joint, &rules, run->solver, out);
    if (err == SV_ERR_CONFLICT) {
        err = facts_part_days(joint, run->plan != NULL ? run->plan->as_of
                                                       : run->spec.as_of);
        if (err == SV_OK)
            err = audit_run(joint, &rules, run->solver, out);
    }
    free(insiders);
    return err;
}
