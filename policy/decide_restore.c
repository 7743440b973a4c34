#include "policy/decide_internal.h"

/*
 * A restored log goes on by two people.  After the loss of all key files
 * there may be one left on the roster, who holds the key for recovery; the
 * other is then whoever brought the gate's root, by the log's own signature.
 */

/* Is the second somebody else, with a role that may do this? */
static bool
second_ok(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;
    const struct request_restore *s = &request->restore;
    int role;

    if (s->second[0] == '\0')
        return same(request->role, "recovery");
    role = policy_role(&r->policy, s->second_role);
    return role >= 0 && r->policy.roles[role].acts[ACT_RESTORE] &&
           !same(s->second, request->actor) &&
           decide_holds(r, q, s->second, s->second_role);
}

/* Does she hold any column's key?  A new key file could not open it. */
static bool
holds_keys(const struct roster *r, const char *person)
{
    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (roster_grant_open(r, person, r->policy.roles[i].name) != NULL &&
            policy_holds_keys(&r->policy, i))
            return true;
    }
    return false;
}

/* New keys for an administrator; NULL: nothing against it. */
static const char *
why_not_replace(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;
    const struct request_founder *f = &request->restore.administrator;

    if (!decide_holds(r, q, f->name, "administrator"))
        return "person";
    if (same(f->name, request->actor) || same(f->name, request->restore.second))
        return "self";
    if (decide_has_anothers_keys(r, q, f->name, f->sign.b, f->box))
        return "keys";
    return holds_keys(r, f->name) ? "holder" : NULL;
}

struct decision
decide_restore(const struct roster *r, const struct question *q, unsigned role)
{
    const struct request *request = q->request;
    const char *why = NULL;

    (void)role;
    if (request->seen_size != q->index ||
        request->restore.taken_ms > q->time_ms)
        return decide_deny("restored");
    if (!second_ok(r, q))
        return decide_deny("second");
    if (request->restore.administrator.name[0] != '\0')
        why = why_not_replace(r, q);
    return why == NULL ? decide_allow("role") : decide_deny(why);
}
