#include "policy/decide_internal.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

/* A proposal whose term is over can no longer be confirmed. */
static bool
is_pending(const struct roster_proposal *p, const struct question *q)
{
    return p->until_ms == 0 || q->time_ms < p->until_ms;
}

static bool
until_ok(const struct policy_role *role, uint64_t until_ms,
         const struct question *q)
{
    if (until_ms == 0)
        return role->grant_days_max == 0;
    if (until_ms <= q->time_ms)
        return false;
    return role->grant_days_max == 0 ||
           until_ms - q->time_ms <= role->grant_days_max * DAY_MS;
}

/* Do all roles that the person keeps bear with this one? */
static bool
separation_ok(const struct roster *r, const struct question *q,
              const char *person, unsigned role)
{
    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (r->policy.excludes[role][i] &&
            roster_keeps(r, person, r->policy.roles[i].name, q->time_ms))
            return false;
    }
    return true;
}

/* Is the name, here or in a proposal, one with other keys? */
static bool
has_other_keys(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;
    const struct roster_person *known = roster_person(r, request->person);

    if (known != NULL && (!same_key(known->sign.b, request->sign.b) ||
                          !same_key(known->box, request->box)))
        return true;
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];

        if (is_pending(p, q) && same(p->person, request->person) &&
            (!same_key(p->sign.b, request->sign.b) ||
             !same_key(p->box, request->box)))
            return true;
    }
    return false;
}

bool
decide_has_anothers_keys(const struct roster *r, const struct question *q,
                         const char *person, const uint8_t sign[static 32],
                         const uint8_t box[static 32])
{
    for (size_t i = 0; i < r->n_persons; i++) {
        const struct roster_person *p = &r->persons[i];

        if (!same(p->name, person) &&
            (same_key(p->sign.b, sign) || same_key(p->box, box)))
            return true;
    }
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];

        if (is_pending(p, q) && !same(p->person, person) &&
            (same_key(p->sign.b, sign) || same_key(p->box, box)))
            return true;
    }
    return false;
}

static bool
has_anothers_keys(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;

    return decide_has_anothers_keys(r, q, request->person, request->sign.b,
                                    request->box);
}

/* Does she have the role, suspended or not, or is it proposed? */
static bool
is_held(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;

    if (roster_keeps(r, request->person, request->grants, q->time_ms))
        return true;
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];

        if (is_pending(p, q) && same(p->person, request->person) &&
            same(p->role, request->grants))
            return true;
    }
    return false;
}

/* Whether or not their terms are over: she can withdraw them. */
static bool
has_too_many_open(const struct roster *r, const char *proposer)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_proposals; i++)
        n += same(r->proposals[i].proposer, proposer);
    return n >= DECIDE_PROPOSALS_MAX;
}

struct decision
decide_propose(const struct roster *r, const struct question *q, unsigned role)
{
    const struct request *request = q->request;
    int grants = policy_role(&r->policy, request->grants);

    (void)role;
    if (has_other_keys(r, q))
        return decide_deny("keys");
    if (is_held(r, q))
        return decide_deny("held");
    if (grants < 0)
        return decide_deny("grant");
    if (!until_ok(&r->policy.roles[grants], request->until_ms, q))
        return decide_deny("until");
    if (!separation_ok(r, q, request->person, (unsigned)grants))
        return decide_deny("separation");
    if (same(request->person, request->actor))
        return decide_deny("self");
    if (has_anothers_keys(r, q))
        return decide_deny("keys");
    if (has_too_many_open(r, request->actor))
        return decide_deny("many");
    return decide_allow("role");
}

/* Does whoever acts as `role` have every secret that `other` holds? */
static bool
holds_all_of(const struct policy *p, unsigned role, unsigned other)
{
    for (unsigned c = 0; c < p->n_columns; c++) {
        if (policy_holds_key(p, other, c) && !policy_holds_key(p, role, c))
            return false;
    }
    return true;
}

struct decision
decide_confirm(const struct roster *r, const struct question *q, unsigned role)
{
    const struct policy *p = &r->policy;
    const struct request *request = q->request;
    const struct roster_proposal *made = roster_proposal(r, request->entry);
    int grants;

    if (made == NULL || made->role[0] == '\0' ||
        !same(made->person, request->person) ||
        !same(made->role, request->grants))
        return decide_deny("proposal");
    if (same(request->actor, made->person) ||
        same(request->actor, made->proposer))
        return decide_deny("self");
    grants = policy_role(p, made->role); /* the proposal was allowed */
    if (!until_ok(&p->roles[grants], made->until_ms, q))
        return decide_deny("until");
    if (!separation_ok(r, q, made->person, (unsigned)grants))
        return decide_deny("separation");
    return holds_all_of(p, role, (unsigned)grants) ? decide_allow("role")
                                                   : decide_deny("holder");
}

/* ---- new keys of a person, and her return ---- */

/* Somebody who is here, with keys of nobody else's.  A role that is proposed
 * for her names the keys that she has: it goes first. */
struct decision
decide_replace(const struct roster *r, const struct question *q, unsigned role)
{
    const struct request *request = q->request;

    (void)role;
    if (roster_person(r, request->person) == NULL)
        return decide_deny("person");
    if (same(request->person, request->actor))
        return decide_deny("self");
    if (has_anothers_keys(r, q))
        return decide_deny("keys");
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];

        if (is_pending(p, q) && p->role[0] != '\0' &&
            same(p->person, request->person))
            return decide_deny("held");
    }
    return decide_allow("role");
}

/* Every role that she was given and nobody took away comes back with her. */
struct decision
decide_reinstate(const struct roster *r, const struct question *q,
                 unsigned role)
{
    const struct policy *p = &r->policy;
    const struct request *request = q->request;
    const struct roster_proposal *made = roster_proposal(r, request->entry);

    if (made == NULL || made->role[0] != '\0' ||
        !same(made->person, request->person))
        return decide_deny("proposal");
    if (same(request->actor, made->person) ||
        same(request->actor, made->proposer))
        return decide_deny("self");
    for (unsigned i = 0; i < p->n_roles; i++) {
        if (roster_keeps(r, made->person, p->roles[i].name, q->time_ms) &&
            !separation_ok(r, q, made->person, i))
            return decide_deny("separation");
    }
    for (unsigned i = 0; i < p->n_roles; i++) {
        if (roster_keeps(r, made->person, p->roles[i].name, q->time_ms) &&
            !holds_all_of(p, role, i))
            return decide_deny("holder");
    }
    return decide_allow("role");
}

/* ---- revocation and suspension ---- */

static bool
is_proposed(const struct roster *r, const char *person, const char *role)
{
    for (size_t i = 0; i < r->n_proposals; i++) {
        if (same(r->proposals[i].person, person) &&
            same(r->proposals[i].role, role))
            return true;
    }
    return false;
}

struct decision
decide_revoke(const struct roster *r, const struct question *q, unsigned role)
{
    const struct request *request = q->request;

    (void)role;
    if (roster_grant_open(r, request->person, request->grants) == NULL)
        return is_proposed(r, request->person, request->grants)
                   ? decide_allow("role")
                   : decide_deny("grant");
    return decide_is_last(r, q, request->grants) ? decide_deny("last")
                                                 : decide_allow("role");
}

struct decision
decide_suspend(const struct roster *r, const struct question *q, unsigned role)
{
    const struct request *request = q->request;

    (void)role;
    if (roster_person(r, request->person) == NULL)
        return decide_deny("person");
    if (roster_is_absent(r, request->person, q->index))
        return decide_deny("held");
    return decide_is_last(r, q, NULL) ? decide_deny("last")
                                      : decide_allow("role");
}

/* ---- new epochs of keys ---- */

static bool
is_known_key(const struct roster *r, const uint8_t pub[static 32])
{
    for (size_t i = 0; i < r->n_keys; i++) {
        if (same_key(r->keys[i].pub, pub))
            return true;
    }
    return false;
}

/* Each the next epoch of a column that the actor's role holds, each key new. */
struct decision
decide_keys(const struct roster *r, const struct question *q, unsigned role)
{
    const struct request *request = q->request;

    if (request->n_keys == 0)
        return decide_deny("keys");
    for (unsigned i = 0; i < request->n_keys; i++) {
        const struct request_key *k = &request->keys[i];
        int column = policy_column(&r->policy, k->type, k->compartment);

        if (column < 0 || is_known_key(r, k->pub) ||
            k->epoch != roster_key(r, (unsigned)column)->epoch + 1)
            return decide_deny("keys");
        for (unsigned j = 0; j < i; j++) {
            if (same_key(request->keys[j].pub, k->pub))
                return decide_deny("keys");
        }
        if (!policy_holds_key(&r->policy, role, (unsigned)column))
            return decide_deny("holder");
    }
    return decide_allow("role");
}
