#include "counts/document_internal.h"

#include "disclosure/audit.h"

/* An audit that takes longer proves nothing; nobody else is served while it
 * runs. */
#define AUDIT_TIMEOUT_MS 30000

enum sv_err
document_audit(const struct counting_run *run, size_t told,
               const struct facts *own, const struct facts_rule *rule,
               struct facts *joint, struct audit_result *out)
{
    const struct facts *earlier = &run->told[told].facts;
    struct audit_rules rules = {
        .small = rule->small,
        .width = rule->width,
        .new_release = earlier->n_releases,
        .with_insiders = true,
        .timeout_ms = AUDIT_TIMEOUT_MS,
    };
    enum sv_err err;

    if (run->solver == NULL)
        return SV_ERR_UNVERIFIED;
    err = facts_add(joint, earlier);
    if (err == SV_OK)
        err = facts_add(joint, own);
    return err == SV_OK ? audit_run(joint, &rules, run->solver, out) : err;
}
