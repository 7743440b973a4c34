#include "policy/decide.h"

#include <stdio.h>
#include <string.h>

/*
 * The closed list of rules.  The first that applies decides; those of one
 * act stand in the order in which its function asks.
 *
 *   denied, whatever the act
 *     repeated      an earlier entry has this request's id
 *     clock         the request is a day old, or ahead of the gate
 *     seen          the log never had the head that the request names
 *     setup         not (or no longer) an act of founding
 *     no-role       the actor does not hold the role that she names
 *     expired       she did, and its term is over
 *     purpose       unknown, not the role's, or not the default it claims
 *     act           the role does not do this, or not on this type
 *   denied, by act
 *     compartment   not one of the type, or the role has no such right on it
 *     break-glass   readable only under break-glass
 *     not-assigned  only for records assigned to the actor
 *     count         a batch of nothing, or of too many
 *     person        nobody whom one could assign a record of this type to
 *     self          herself, or the one whom she would have to check
 *     keys          a name with other keys, or another's keys
 *     held          the person has that role, or it is proposed
 *     grant         no such role
 *     until         an end that is missing, too far off, or past
 *     separation    roles that one person must not have together
 *     proposal      no such proposal waits
 *     holder        the sponsor lacks keys that the role holds
 *   allowed
 *     founding      genesis, the policy, the first keys
 *     role          by the role alone
 *     assigned      by the role, for a record assigned to the actor
 *     self-assigned a supervisor of a small office, herself
 */

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

static struct decision
decided(bool allowed, const char *rule)
{
    struct decision d = {.allowed = allowed};

    (void)snprintf(d.rule, sizeof d.rule, "%s", rule);
    return d;
}

static struct decision
allow(const char *rule)
{
    return decided(true, rule);
}

static struct decision
deny(const char *rule)
{
    return decided(false, rule);
}

static bool
same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool
same_key(const uint8_t a[static 32], const uint8_t b[static 32])
{
    return memcmp(a, b, 32) == 0;
}

static bool
clock_ok(const struct question *q)
{
    uint64_t at = q->request->at_ms, now = q->time_ms;

    return at < now ? now - at <= DECIDE_LAG_MS : at - now <= DECIDE_AHEAD_MS;
}

static bool
holds(const struct roster *r, const struct question *q, const char *person,
      const char *role)
{
    return roster_grant_at(r, person, role, q->index, q->time_ms) != NULL;
}

/* ---- founding ---- */

/* Two founders with keys of their own, one of them asking as what she is. */
static bool
genesis_ok(const struct request *request)
{
    const struct request_founder *a = &request->genesis.administrator;
    const struct request_founder *s = &request->genesis.supervisor;

    if (same(a->name, s->name) || same_key(a->sign.b, s->sign.b) ||
        same_key(a->box, s->box))
        return false;
    return (same(request->actor, a->name) &&
            same(request->role, "administrator")) ||
           (same(request->actor, s->name) && same(request->role, "supervisor"));
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

static bool
is_founding(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;

    if (!r->started)
        return request->act == ACT_GENESIS && q->index == 0 &&
               genesis_ok(request);
    if (!holds(r, q, request->actor, request->role))
        return false;
    if (request->act == ACT_POLICY)
        return roster_fits_part(r, request);
    return request->act == ACT_KEYS && r->has_policy &&
           same(request->role, "supervisor") &&
           first_keys_ok(&r->policy, request);
}

/* ---- role, purpose, act ---- */

/* Why the actor does not hold the role. */
static const char *
why_no_role(const struct roster *r, const struct question *q)
{
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

/* ---- records ---- */

/*
 * The compartments that a request names, for reading or writing.  All of
 * them are looked at before the first answer, so that the rule does not
 * depend on their order.
 */
static struct decision
decide_cells(const struct roster *r, const struct question *q, unsigned role,
             unsigned right)
{
    const struct policy *p = &r->policy;
    const struct request *request = q->request;
    unsigned all = 0;
    bool lacking = false;

    for (unsigned i = 0; i < request->n_compartments; i++) {
        int column = policy_column(p, request->type, request->compartments[i]);
        unsigned cell = column < 0 ? 0 : p->roles[role].cells[column];

        /* What a g promises is reading, once the glass is broken. */
        if (right == CELL_WRITE)
            cell &= (unsigned)~CELL_BREAK_GLASS;
        if ((cell & (right | CELL_BREAK_GLASS)) == 0)
            lacking = true;
        all |= cell;
    }
    if (lacking || request->n_compartments == 0)
        return deny("compartment");
    if ((all & CELL_BREAK_GLASS) != 0)
        return deny("break-glass");
    if ((all & CELL_ASSIGNED) == 0)
        return allow("role");
    return q->assigned ? allow("assigned") : deny("not-assigned");
}

static struct decision
decide_read(const struct roster *r, const struct question *q, unsigned role)
{
    return decide_cells(r, q, role, CELL_READ);
}

static struct decision
decide_save(const struct roster *r, const struct question *q, unsigned role)
{
    return decide_cells(r, q, role, CELL_WRITE);
}

/* A new record has all its compartments, in the policy's order. */
static struct decision
decide_create(const struct roster *r, const struct question *q, unsigned role)
{
    const struct policy *p = &r->policy;
    const struct request *request = q->request;
    unsigned n = 0;

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (!same(p->columns[c].type, request->type))
            continue;
        if (n >= request->n_compartments ||
            !same(p->columns[c].compartment, request->compartments[n]) ||
            (p->roles[role].cells[c] & CELL_WRITE) == 0)
            return deny("compartment");
        n++;
    }
    return n == request->n_compartments ? allow("role") : deny("compartment");
}

static struct decision
decide_import(const struct roster *r, const struct question *q, unsigned role)
{
    const struct policy *p = &r->policy;

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (same(p->columns[c].type, q->request->type) &&
            (p->roles[role].cells[c] & CELL_WRITE) == 0)
            return deny("compartment");
    }
    if (q->request->count < 1 || q->request->count > BATCH_MAX)
        return deny("count");
    return allow("role");
}

/* What the role's entry in the matrix says is all: act_ok() asked. */
static struct decision
decide_by_role(const struct roster *r, const struct question *q, unsigned role)
{
    (void)r;
    (void)q;
    (void)role;
    return allow("role");
}

static struct decision
decide_history(const struct roster *r, const struct question *q, unsigned role)
{
    int type = policy_type(&r->policy, q->request->type);

    if (!policy_only_assigned(&r->policy, role, (unsigned)type))
        return allow("role");
    return q->assigned ? allow("assigned") : deny("not-assigned");
}

/* Does the person hold a role with a cell of this type? */
static bool
works_with(const struct roster *r, const struct question *q)
{
    int type = policy_type(&r->policy, q->request->type);

    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (policy_touches(&r->policy, i, (unsigned)type) &&
            holds(r, q, q->request->person, r->policy.roles[i].name))
            return true;
    }
    return false;
}

static struct decision
decide_self(const struct roster *r, const struct question *q, unsigned role)
{
    if (!same(q->request->person, q->request->actor))
        return allow("role");
    return r->policy.roles[role].self_assigns ? allow("self-assigned")
                                              : deny("self");
}

static struct decision
decide_assign(const struct roster *r, const struct question *q, unsigned role)
{
    if (!works_with(r, q))
        return deny("person");
    return decide_self(r, q, role);
}

/* Also from one whose role has ended: else it would wait for her return. */
static struct decision
decide_unassign(const struct roster *r, const struct question *q, unsigned role)
{
    if (roster_person(r, q->request->person) == NULL)
        return deny("person");
    return decide_self(r, q, role);
}

/* ---- staff ---- */

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

/* Do all roles that the person holds bear with this one? */
static bool
separation_ok(const struct roster *r, const struct question *q,
              const char *person, unsigned role)
{
    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (r->policy.excludes[role][i] &&
            holds(r, q, person, r->policy.roles[i].name))
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

/* Does anybody else, here or in a proposal, have one of these keys? */
static bool
has_anothers_keys(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;

    for (size_t i = 0; i < r->n_persons; i++) {
        const struct roster_person *p = &r->persons[i];

        if (!same(p->name, request->person) &&
            (same_key(p->sign.b, request->sign.b) ||
             same_key(p->box, request->box)))
            return true;
    }
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];

        if (is_pending(p, q) && !same(p->person, request->person) &&
            (same_key(p->sign.b, request->sign.b) ||
             same_key(p->box, request->box)))
            return true;
    }
    return false;
}

static bool
is_held(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;

    if (holds(r, q, request->person, request->grants))
        return true;
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];

        if (is_pending(p, q) && same(p->person, request->person) &&
            same(p->role, request->grants))
            return true;
    }
    return false;
}

static struct decision
decide_propose(const struct roster *r, const struct question *q, unsigned role)
{
    const struct request *request = q->request;
    int grants = policy_role(&r->policy, request->grants);

    (void)role;
    if (has_other_keys(r, q))
        return deny("keys");
    if (is_held(r, q))
        return deny("held");
    if (grants < 0)
        return deny("grant");
    if (!until_ok(&r->policy.roles[grants], request->until_ms, q))
        return deny("until");
    if (!separation_ok(r, q, request->person, (unsigned)grants))
        return deny("separation");
    if (same(request->person, request->actor))
        return deny("self");
    if (has_anothers_keys(r, q))
        return deny("keys");
    return allow("role");
}

static struct decision
decide_confirm(const struct roster *r, const struct question *q, unsigned role)
{
    const struct policy *p = &r->policy;
    const struct request *request = q->request;
    const struct roster_proposal *made = roster_proposal(r, request->entry);
    int grants;

    if (made == NULL || !same(made->person, request->person) ||
        !same(made->role, request->grants))
        return deny("proposal");
    if (same(request->actor, made->person) ||
        same(request->actor, made->proposer))
        return deny("self");
    grants = policy_role(p, made->role); /* the proposal was allowed */
    if (!until_ok(&p->roles[grants], made->until_ms, q))
        return deny("until");
    if (!separation_ok(r, q, made->person, (unsigned)grants))
        return deny("separation");
    for (unsigned c = 0; c < p->n_columns; c++) {
        if (policy_holds_key(p, (unsigned)grants, c) &&
            !policy_holds_key(p, role, c))
            return deny("holder");
    }
    return allow("role");
}

/* New epochs of keys come with rotation, which does not exist yet. */
static struct decision
decide_keys(const struct roster *r, const struct question *q, unsigned role)
{
    (void)r;
    (void)q;
    (void)role;
    return deny("setup");
}

/* Genesis and policy are founding acts: no row, and nobody may do them. */
typedef struct decision (*decide_fn)(const struct roster *r,
                                     const struct question *q, unsigned role);
static const decide_fn by_act[ACT_N] = {
    [ACT_KEYS] = decide_keys,
    [ACT_STAFF_PROPOSE] = decide_propose,
    [ACT_STAFF_CONFIRM] = decide_confirm,
    [ACT_RECORD_CREATE] = decide_create,
    [ACT_RECORD_IMPORT] = decide_import,
    [ACT_RECORD_SAVE] = decide_save,
    [ACT_RECORD_READ] = decide_read,
    [ACT_RECORD_LIST] = decide_by_role,
    [ACT_RECORD_HISTORY] = decide_history,
    [ACT_RECORD_ASSIGN] = decide_assign,
    [ACT_RECORD_UNASSIGN] = decide_unassign,
    [ACT_LOG_READ] = decide_by_role,
    [ACT_STORE_CHECK] = decide_by_role,
};

struct decision
policy_decide(const struct roster *r, const struct question *q)
{
    const struct request *request = q->request;
    int role;

    if (q->id_seen)
        return deny("repeated");
    if (!clock_ok(q))
        return deny("clock");
    if (!q->seen_ok)
        return deny("seen");
    if (!roster_ready(r))
        return is_founding(r, q) ? allow("founding") : deny("setup");
    role = policy_role(&r->policy, request->role);
    if (role < 0 || !holds(r, q, request->actor, request->role))
        return deny(why_no_role(r, q));
    if (!purpose_ok(&r->policy, &r->policy.roles[role], request))
        return deny("purpose");
    if (by_act[request->act] == NULL ||
        !act_ok(&r->policy, &r->policy.roles[role], request))
        return deny("act");
    return by_act[request->act](r, q, (unsigned)role);
}
