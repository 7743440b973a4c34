#include "counts/document_internal.h"
#include "counts/plan_facts.h"

#include "disclosure/audit.h"

/* An audit that takes longer proves nothing; nobody else is served while it
 * runs. */
#define AUDIT_TIMEOUT_MS 60000

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

enum sv_err
document_audit(const struct counting_run *run, size_t told,
               const struct facts *own, const struct facts_rule *rule,
               struct facts *joint, struct audit_result *out)
{
    struct audit_rules rules = {
        .small = rule->small,
        .width = rule->width,
        .timeout_ms = AUDIT_TIMEOUT_MS,
    };
    enum sv_err err;

    if (run->solver == NULL)
        return SV_ERR_UNVERIFIED;
    err = facts_add(joint, &run->told[told].facts);
    if (err == SV_OK)
        err = add_known(run, joint);
    rules.new_release = joint->n_releases;
    if (err == SV_OK)
        err = facts_add(joint, own);
    rules.with_insiders = joint->n_figures <= AUDIT_INSIDERS_MAX;
    return err == SV_OK ? audit_run(joint, &rules, run->solver, out) : err;
}
