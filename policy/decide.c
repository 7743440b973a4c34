#include <assert.h>
#include <stdio.h>

#include "policy/decide_internal.h"

/*
 * The closed list of rules.  The first that applies decides; those of one
 * act stand in the order in which its function asks.
 *
 *   denied, whatever the act
 *     repeated      an earlier entry has this request's id
 *     clock         the request is a day old, or ahead of the gate
 *     seen          the log never had the head that the request names
 *     setup         not (or no longer) an act of founding
 *     suspended     the actor is
 *     no-role       the actor does not hold the role that she names
 *     expired       she did, and its term is over
 *     purpose       unknown, not the role's, or not the default it claims
 *     act           the role does not do this, or not on this type
 *     limit         done as often as the policy allows in that time
 *   denied, by act
 *     compartment   not one of the type, or the role has no such right on it
 *     break-glass   readable only under break-glass
 *     not-assigned  only for records assigned to the actor
 *     due           the compartment's key waits for too long to be replaced
 *     count         a batch or a list of nothing, or of too many
 *     person        nobody who is here, or whom one could assign it to
 *     self          herself, or the one whom she would have to check
 *     keys          a name with other keys, another's keys, or not the next
 *     held          the person has that role or state, or it is proposed
 *     grant         no such role, or she does not have it
 *     until         an end that is missing, too far off, or past
 *     separation    roles that one person must not have together
 *     proposal      no such proposal waits
 *     holder        the sponsor lacks keys that the role holds
 *     last          nobody could for as long do it then, or hold the keys
 *     flag          no such assignment waits to be acknowledged
 *     profile       no such profile, or nothing of it to be acknowledged
 *     release       no such release
 *     requester     it is another's
 *     judged        approved or refused already
 *     late          its term is over
 *     stale         another release was approved after it was requested
 *     acknowledge   the requester has not acknowledged its unsafe cells
 *     bytes         not the bytes that were requested
 *     approval      nobody has approved it
 *     restored      not right behind the log that goes on, or not yet made
 *     second        the second is no other person, or has no role that may
 *   allowed
 *     founding      genesis, the policy, the first keys
 *     role          by the role alone
 *     assigned      by the role, for a record assigned to the actor
 *     self-assigned a supervisor of a small office, herself
 *     flagged       an assignment in an emergency, to be acknowledged
 *     self-assigned-flagged  both of these
 */

static struct decision
decided(bool allowed, const char *rule)
{
    struct decision d = {.allowed = allowed};

    (void)snprintf(d.rule, sizeof d.rule, "%s", rule);
    return d;
}

struct decision
decide_allow(const char *rule)
{
    return decided(true, rule);
}

struct decision
decide_deny(const char *rule)
{
    return decided(false, rule);
}

static bool
clock_ok(const struct question *q)
{
    uint64_t at = q->request->at_ms, now = q->time_ms;

    return at < now ? now - at <= DECIDE_LAG_MS : at - now <= DECIDE_AHEAD_MS;
}

bool
decide_holds(const struct roster *r, const struct question *q,
             const char *person, const char *role)
{
    return roster_grant_at(r, person, role, q->index, q->time_ms) != NULL;
}

/* Why the actor does not hold the role. */
static const char *
why_no_role(const struct roster *r, const struct question *q)
{
    if (roster_is_absent(r, q->request->actor, q->index))
        return "suspended";
    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];

        if (same(r->persons[g->person].name, q->request->actor) &&
            same(g->role, q->request->role) && g->from_index < q->index &&
            g->end_index >= q->index)
            return "expired";
    }
    return "no-role";
}

static bool
purpose_ok(const struct policy *p, const struct policy_role *role,
           const struct request *request)
{
    int purpose = policy_purpose(p, request->purpose);

    if (purpose < 0 || (role->purposes & UINT32_C(1) << purpose) == 0)
        return false;
    return !request->purpose_defaulted ||
           (unsigned)purpose == role->default_purpose;
}

static bool
act_ok(const struct policy *p, const struct policy_role *role,
       const struct request *request)
{
    int type;

    if (!role->acts[request->act])
        return false;
    if ((request_act_lines(request->act) & LINE_TYPE) == 0)
        return true;
    type = policy_type(p, request->type);
    return type >= 0 &&
           (role->act_types[request->act] & UINT32_C(1) << type) != 0;
}

/* What the role's entry in the matrix says is all: act_ok() asked. */
static struct decision
decide_by_role(const struct roster *r, const struct question *q, unsigned role)
{
    (void)r;
    (void)q;
    (void)role;
    return decide_allow("role");
}

/* Genesis and policy are founding acts: no row, and nobody may do them. */
static const decide_fn by_act[] = {
    [ACT_KEYS] = decide_keys,
    [ACT_STAFF_PROPOSE] = decide_propose,
    [ACT_STAFF_CONFIRM] = decide_confirm,
    [ACT_STAFF_REPLACE] = decide_replace,
    [ACT_STAFF_REINSTATE] = decide_reinstate,
    [ACT_STAFF_REVOKE] = decide_revoke,
    [ACT_STAFF_SUSPEND] = decide_suspend,
    [ACT_RECORD_CREATE] = decide_create,
    [ACT_RECORD_IMPORT] = decide_import,
    [ACT_RECORD_SAVE] = decide_save,
    [ACT_RECORD_READ] = decide_read,
    [ACT_RECORD_LIST] = decide_list,
    [ACT_RECORD_FIND] = decide_by_role,
    [ACT_RECORD_HISTORY] = decide_history,
    [ACT_RECORD_ASSIGN] = decide_assign,
    [ACT_RECORD_UNASSIGN] = decide_unassign,
    [ACT_FLAG_ACKNOWLEDGE] = decide_acknowledge_flag,
    [ACT_COUNTS_PREVIEW] = decide_by_role,
    [ACT_RELEASE_REQUEST] = decide_request,
    [ACT_RELEASE_LIST] = decide_by_role,
    [ACT_RELEASE_SHOW] = decide_show,
    [ACT_RELEASE_ACKNOWLEDGE] = decide_acknowledge,
    [ACT_RELEASE_APPROVE] = decide_approve,
    [ACT_RELEASE_REFUSE] = decide_refuse,
    [ACT_RELEASE_FETCH] = decide_fetch,
    [ACT_LOG_READ] = decide_by_role,
    [ACT_STORE_CHECK] = decide_by_role,
    [ACT_BACKUP_OPEN] = decide_by_role,
    [ACT_BACKUP_READ] = decide_by_role,
    [ACT_RESTORE] = decide_restore,
};
static_assert(sizeof by_act / sizeof by_act[0] == ACT_N, "a row for each act");

struct decision
policy_decide(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;
    unsigned limit;
    int role;

    if (q->id_seen)
        return decide_deny("repeated");
    if (!clock_ok(q))
        return decide_deny("clock");
    if (!q->seen_ok)
        return decide_deny("seen");
    if (!roster_ready(r))
        return decide_is_founding(r, q) ? decide_allow("founding")
                                        : decide_deny("setup");
    role = policy_role(&r->policy, request->role);
    if (role < 0 || !decide_holds(r, q, request->actor, request->role))
        return decide_deny(why_no_role(r, q));
    if (!purpose_ok(&r->policy, &r->policy.roles[role], request))
        return decide_deny("purpose");
    if (by_act[request->act] == NULL ||
        !act_ok(&r->policy, &r->policy.roles[role], request))
        return decide_deny("act");
    limit = r->policy.limits[request->act].n;
    if (limit > 0 && q->recent >= limit)
        return decide_deny("limit");
    return by_act[request->act](r, q, (unsigned)role);
}
