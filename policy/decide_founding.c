#include "policy/decide_internal.h"

/* The first two are two people with keys of their own, and one of them asks
 * as what she is. */
static bool
genesis_ok(const struct request *request)
{
    const struct request_founder *a =
        &request->genesis.founders[FOUNDER_ADMINISTRATOR];
    const struct request_founder *s =
        &request->genesis.founders[FOUNDER_SUPERVISOR];

    if (!same(a->role, "administrator") || !same(s->role, "supervisor") ||
        same(a->name, s->name) || same_key(a->sign.b, s->sign.b) ||
        same_key(a->box, s->box))
        return false;
    return (same(request->actor, a->name) && same(request->role, a->role)) ||
           (same(request->actor, s->name) && same(request->role, s->role));
}

/*
 * What genesis gave, held against the policy once that is in.  The standard
 * office begins with its two founders and perhaps a key for recovery; what
 * a small office permits beyond, its profile lists.
 */
static bool
founders_ok(const struct roster *r)
{
    const struct policy *p = &r->policy;

    for (size_t i = 0; i < r->n_grants; i++) {
        int role = policy_role(p, r->grants[i].role);

        if (role < 0 || p->roles[role].grant_days_max > 0)
            return false;
        if (i > FOUNDER_SUPERVISOR && same(p->profile, "standard") &&
            !same(r->grants[i].role, "recovery"))
            return false;
        for (size_t j = 0; j < i; j++) {
            int other = policy_role(p, r->grants[j].role);

            if (r->grants[i].person == r->grants[j].person &&
                p->excludes[role][other])
                return false;
        }
    }
    return true;
}

/* Every column once, epoch 1, no key twice: one key would join two locks. */
static bool
first_keys_ok(const struct policy *p, const struct request *request)
{
    bool seen[POLICY_COLUMNS_MAX] = {false};

    if (request->n_keys != p->n_columns)
        return false;
    for (unsigned i = 0; i < request->n_keys; i++) {
        const struct request_key *k = &request->keys[i];
        int column = policy_column(p, k->type, k->compartment);

        if (column < 0 || seen[column] || k->epoch != 1)
            return false;
        seen[column] = true;
        for (unsigned j = 0; j < i; j++) {
            if (same_key(request->keys[j].pub, k->pub))
                return false;
        }
    }
    return true;
}

bool
decide_is_founding(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;

    if (!r->started)
        return request->act == ACT_GENESIS && q->index == 0 &&
               genesis_ok(request);
    if (!request->purpose_defaulted ||
        !decide_holds(r, q, request->actor, request->role))
        return false;
    if (request->act == ACT_POLICY)
        return roster_fits_part(r, request);
    return request->act == ACT_KEYS && r->has_policy &&
           same(request->role, "supervisor") && founders_ok(r) &&
           first_keys_ok(&r->policy, request);
}
