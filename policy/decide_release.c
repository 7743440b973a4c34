#include "policy/decide_internal.h"

struct decision
decide_request(const struct roster *r, const struct question *q, unsigned role)
{
    (void)r;
    (void)role;
    return same(q->request->profile, RELEASE_EXACT) ||
                   same(q->request->profile, RELEASE_PUBLIC)
               ? decide_allow("role")
               : decide_deny("profile");
}

/* Is the actor in a position to judge releases? */
static bool
judges(const struct roster *r, unsigned role)
{
    return r->policy.roles[role].acts[ACT_RELEASE_APPROVE];
}

struct decision
decide_show(const struct roster *r, const struct question *q, unsigned role)
{
    if (q->release == NULL)
        return decide_deny("release");
    if (!judges(r, role) && !same(q->request->actor, q->release->requester))
        return decide_deny("requester");
    return decide_allow("role");
}

struct decision
decide_acknowledge(const struct roster *r, const struct question *q,
                   unsigned role)
{
    (void)r;
    (void)role;
    if (q->release == NULL)
        return decide_deny("release");
    if (!same(q->request->actor, q->release->requester))
        return decide_deny("requester");
    if (!q->release->exact)
        return decide_deny("profile"); /* no cell of it is unsafe */
    if (q->release->judged_ms > 0 || q->release->acknowledged)
        return decide_deny("judged");
    if (release_is_expired(q->release, q->time_ms))
        return decide_deny("late");
    return decide_allow("role");
}

/* What stops approval and refusal alike; NULL: nothing. */
static const char *
why_not_judge(const struct question *q)
{
    if (q->release == NULL)
        return "release";
    if (same(q->request->actor, q->release->requester))
        return "self";
    if (q->release->judged_ms > 0)
        return "judged";
    return release_is_expired(q->release, q->time_ms) ? "late" : NULL;
}

struct decision
decide_approve(const struct roster *r, const struct question *q, unsigned role)
{
    const char *why = why_not_judge(q);

    (void)r;
    (void)role;
    if (why != NULL)
        return decide_deny(why);
    /* What it says of earlier releases is no longer all there is. */
    if (q->last_release > q->request->entry)
        return decide_deny("stale");
    if (q->release->exact && !q->release->acknowledged)
        return decide_deny("acknowledge");
    return same_key(q->request->body, q->release->commitment)
               ? decide_allow("role")
               : decide_deny("bytes");
}

struct decision
decide_refuse(const struct roster *r, const struct question *q, unsigned role)
{
    const char *why = why_not_judge(q);

    (void)r;
    (void)role;
    return why != NULL ? decide_deny(why) : decide_allow("role");
}

struct decision
decide_fetch(const struct roster *r, const struct question *q, unsigned role)
{
    (void)r;
    (void)role;
    if (q->release == NULL)
        return decide_deny("release");
    if (!same(q->request->actor, q->release->requester))
        return decide_deny("requester");
    if (!release_is_approved(q->release))
        return decide_deny("approval");
    if (release_is_expired(q->release, q->time_ms))
        return decide_deny("late");
    return decide_allow("role");
}
