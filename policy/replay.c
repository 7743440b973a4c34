#include <assert.h>
#include <string.h>

#include "policy/replay_state.h"

/* One entry on its way through the checks. */
struct step {
    struct replay *r;
    struct entry entry;
    struct request request; /* not of an item */
    struct note note;
    struct hash leaf;
    struct replay_fault *fault;
};

static enum sv_err
wrong(const struct step *s, const char *reason)
{
    s->fault->index = s->r->frontier.size;
    s->fault->reason = reason;
    return SV_ERR_TAMPERED;
}

void
replay_init(struct replay *r)
{
    memset(r, 0, sizeof *r);
    roster_init(&r->roster);
    frontier_init(&r->frontier);
    map_init(&r->ids, REQUEST_ID_LEN, 0);
    map_init(&r->assigned, REPLAY_ASSIGNED_LEN, 0);
    map_init(&r->records, HANDLE_LEN, NAME_SIZE);
    map_init(&r->versions, REPLAY_VERSION_LEN, sizeof(struct replay_version));
}

void
replay_clear(struct replay *r)
{
    roster_clear(&r->roster);
    buf_free(&r->roots);
    buf_free(&r->batch_leaves);
    map_clear(&r->ids);
    map_clear(&r->assigned);
    map_clear(&r->records);
    map_clear(&r->versions);
    replay_init(r);
}

/* ---- results ---- */

static struct hash
result_leaf(const struct handle *record, const struct entry_result *result)
{
    struct item it = {.record = *record, .version = result->version};

    memcpy(it.compartment, result->compartment, sizeof it.compartment);
    memcpy(it.hash, result->hash, sizeof it.hash);
    return item_leaf(&it);
}

static bool
same_compartments(const struct entry *e, const struct request *q)
{
    if (e->n_results != q->n_compartments)
        return false;
    for (unsigned i = 0; i < e->n_results; i++) {
        if (strcmp(e->results[i].compartment, q->compartments[i]) != 0)
            return false;
    }
    return true;
}

static bool
body_is_root(const struct entry *e, const struct request *q)
{
    struct hash leaves[ENTRY_RESULTS_MAX], root;

    for (unsigned i = 0; i < e->n_results; i++)
        leaves[i] = result_leaf(&q->record, &e->results[i]);
    root = tree_root_of(leaves, e->n_results);
    return memcmp(root.b, q->body, sizeof root.b) == 0;
}

/* ---- what was done, by act ---- */

static enum sv_err
done_roster(struct step *s)
{
    enum sv_err err;

    err = roster_apply(&s->r->roster, &s->entry, &s->request, &s->leaf);
    if (err == SV_OK || err == SV_ERR_NOMEM)
        return err;
    return wrong(s, N_("contradicts the roster"));
}

static enum sv_err
done_create(struct step *s)
{
    const struct request *q = &s->request;

    if (map_get(&s->r->records, q->record.b) != NULL)
        return wrong(s, N_("creates a record that exists"));
    if (!same_compartments(&s->entry, q) || !body_is_root(&s->entry, q))
        return wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < s->entry.n_results; i++) {
        if (s->entry.results[i].version != 1)
            return wrong(s, N_("not the next version"));
    }
    return replay_state_create(s->r, &q->record, q->type, q->actor, &s->entry);
}

static enum sv_err
done_save(struct step *s)
{
    const struct request *q = &s->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return wrong(s, N_("a record that does not exist"));
    if (!same_compartments(&s->entry, q) || !body_is_root(&s->entry, q))
        return wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < s->entry.n_results; i++) {
        const struct entry_result *result = &s->entry.results[i];
        struct replay_version last =
            replay_state_version(s->r, &q->record, result->compartment);

        if (last.version == 0 || result->version != last.version + 1)
            return wrong(s, N_("not the next version"));
    }
    return replay_state_keep(s->r, &q->record, &s->entry);
}

static enum sv_err
done_read(struct step *s)
{
    const struct request *q = &s->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return wrong(s, N_("a record that does not exist"));
    if (!same_compartments(&s->entry, q))
        return wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < s->entry.n_results; i++) {
        const struct entry_result *result = &s->entry.results[i];
        struct replay_version last =
            replay_state_version(s->r, &q->record, result->compartment);

        if (result->version != last.version ||
            memcmp(result->hash, last.hash, sizeof last.hash) != 0)
            return wrong(s, N_("not the last version"));
    }
    return SV_OK;
}

/* The items follow: nothing else may come between. */
static enum sv_err
done_import(struct step *s)
{
    struct replay *r = s->r;

    r->batch_index = r->frontier.size;
    r->batch_left = s->request.count;
    memcpy(r->batch_root, s->request.body, sizeof r->batch_root);
    memcpy(r->batch_type, s->request.type, sizeof r->batch_type);
    memcpy(r->batch_actor, s->request.actor, sizeof r->batch_actor);
    buf_truncate(&r->batch_leaves, 0);
    return SV_OK;
}

static enum sv_err
done_history(struct step *s)
{
    if (!replay_state_is_known(s->r, &s->request.record, s->request.type))
        return wrong(s, N_("a record that does not exist"));
    return SV_OK;
}

static enum sv_err
done_assign(struct step *s)
{
    const struct request *q = &s->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return wrong(s, N_("a record that does not exist"));
    if (replay_state_is_assigned(s->r, &q->record, q->person))
        return wrong(s, N_("assigns what is assigned"));
    return replay_state_assign(s->r, &q->record, q->person);
}

static enum sv_err
done_unassign(struct step *s)
{
    const struct request *q = &s->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return wrong(s, N_("a record that does not exist"));
    if (!replay_state_is_assigned(s->r, &q->record, q->person))
        return wrong(s, N_("takes back what is not assigned"));
    replay_state_unassign(s->r, &q->record, q->person);
    return SV_OK;
}

static enum sv_err
done_nothing(struct step *s)
{
    (void)s;
    return SV_OK;
}

typedef enum sv_err (*done_fn)(struct step *s);
static const struct {
    done_fn done;
    bool has_results;
} by_act[ACT_N] = {
    [ACT_GENESIS] = {done_roster, false},
    [ACT_POLICY] = {done_roster, false},
    [ACT_KEYS] = {done_roster, false},
    [ACT_STAFF_PROPOSE] = {done_roster, false},
    [ACT_STAFF_CONFIRM] = {done_roster, false},
    [ACT_RECORD_CREATE] = {done_create, true},
    [ACT_RECORD_IMPORT] = {done_import, false},
    [ACT_RECORD_SAVE] = {done_save, true},
    [ACT_RECORD_READ] = {done_read, true},
    [ACT_RECORD_LIST] = {done_nothing, false},
    [ACT_RECORD_HISTORY] = {done_history, false},
    [ACT_RECORD_ASSIGN] = {done_assign, false},
    [ACT_RECORD_UNASSIGN] = {done_unassign, false},
    [ACT_LOG_READ] = {done_nothing, false},
    [ACT_STORE_CHECK] = {done_nothing, false},
};
static_assert(ACT_STORE_CHECK + 1 == ACT_N, "a row for each act");

/* Not found, and there: an access kept back, or one given and hidden. */
static enum sv_err
check_not_found(const struct step *s)
{
    const struct request *q = &s->request;

    if ((request_act_lines(q->act) & LINE_RECORD) == 0 ||
        !replay_state_is_known(s->r, &q->record, q->type))
        return SV_OK;
    if (q->act == ACT_RECORD_UNASSIGN &&
        !replay_state_is_assigned(s->r, &q->record, q->person))
        return SV_OK;
    return wrong(s, N_("not found, but it is there"));
}

static enum sv_err
check_exists(const struct step *s)
{
    const struct request *q = &s->request;

    if (q->act == ACT_RECORD_ASSIGN &&
        (!replay_state_is_known(s->r, &q->record, q->type) ||
         !replay_state_is_assigned(s->r, &q->record, q->person)))
        return wrong(s, N_("exists, but it is not there"));
    return SV_OK;
}

static enum sv_err
check_outcome(struct step *s)
{
    const struct entry *e = &s->entry;

    if (e->allowed == (e->outcome == OUTCOME_NONE))
        return wrong(s, N_("an outcome that the decision does not have"));
    if (e->n_results > 0 &&
        (e->outcome != OUTCOME_DONE || !by_act[s->request.act].has_results))
        return wrong(s, N_("results where there are none"));
    switch (e->outcome) {
    case OUTCOME_DONE:
        return by_act[s->request.act].done(s);
    case OUTCOME_NOT_FOUND:
        return check_not_found(s);
    case OUTCOME_EXISTS:
        return check_exists(s);
    default:
        return SV_OK;
    }
}

/* ---- the checks of an entry with a request ---- */

/* The gate's lines, as far as they follow from the entries before. */
static enum sv_err
check_place(const struct step *s)
{
    const struct replay *r = s->r;
    const struct entry *e = &s->entry;

    if (e->index != r->frontier.size)
        return wrong(s, N_("not the next index"));
    if (!r->roster.started)
        return e->has_roster ? wrong(s, N_("wrong roster entry")) : SV_OK;
    if (!e->has_roster || e->roster != r->roster.last_index)
        return wrong(s, N_("wrong roster entry"));
    return SV_OK;
}

static enum sv_err
check_signature(const struct step *s)
{
    enum sv_err err = roster_verify(&s->r->roster, &s->note, &s->request);

    if (err == SV_OK || err == SV_ERR_NOMEM)
        return err;
    if (err == SV_ERR_NOT_FOUND)
        return wrong(s, N_("an actor that nobody brought in"));
    return wrong(s, N_("the actor's signature fails"));
}

static bool
had_root(const struct replay *r, const struct request *q)
{
    if (q->seen_size > r->frontier.size)
        return false;
    return memcmp(r->roots.ptr + q->seen_size * SHA256_LEN, q->seen_root.b,
                  SHA256_LEN) == 0;
}

static enum sv_err
check_decision(const struct step *s)
{
    const struct replay *r = s->r;
    const struct request *q = &s->request;
    const struct question question = {
        .request = q,
        .index = r->frontier.size,
        .time_ms = s->entry.time_ms,
        .assigned = (request_act_lines(q->act) & LINE_RECORD) != 0 &&
                    replay_state_is_assigned(r, &q->record, q->actor),
        .id_seen = map_get(&r->ids, q->id) != NULL,
        .seen_ok = had_root(r, q),
    };
    struct decision d = policy_decide(&r->roster, &question);

    if (d.allowed != s->entry.allowed || strcmp(d.rule, s->entry.rule) != 0)
        return wrong(s, N_("not the decision that the policy gives"));
    return SV_OK;
}

static enum sv_err
check_origin(const struct step *s)
{
    const struct roster *roster = &s->r->roster;
    const struct request *q = &s->request;
    const uint8_t *policy =
        roster->started ? roster->policy_hash : q->genesis.policy_hash;

    if (!roster->started && q->act != ACT_GENESIS)
        return wrong(s, N_("does not begin with genesis"));
    if (!roster_names_vault(roster, q) ||
        (roster->started && strcmp(q->origin, roster->origin) != 0))
        return wrong(s, N_("a request to another vault"));
    if (memcmp(s->entry.policy_hash, policy, 32) != 0)
        return wrong(s, N_("another policy"));
    if (s->entry.time_ms < s->r->time_ms)
        return wrong(s, N_("time goes back"));
    return SV_OK;
}

static enum sv_err
replay_request(struct step *s)
{
    enum sv_err err = request_parse(s->entry.note, &s->note, &s->request);

    if (err == SV_ERR_NOMEM)
        return err;
    if (err != SV_OK)
        return wrong(s, N_("the request does not parse"));
    err = check_origin(s);
    if (err == SV_OK)
        err = check_signature(s);
    if (err == SV_OK)
        err = check_decision(s);
    if (err == SV_OK)
        err = check_outcome(s);
    if (err == SV_OK && !s->r->roster.started)
        err = wrong(s, N_("does not begin with genesis"));
    if (err == SV_OK)
        err = map_set(&s->r->ids, s->request.id, NULL);
    if (err == SV_OK)
        s->r->time_ms = s->entry.time_ms;
    return err;
}

/* ---- items of a batch ---- */

/* All compartments of the type, in the policy's order, at version 1. */
static bool
is_whole(const struct step *s)
{
    const struct policy *p = &s->r->roster.policy;
    unsigned n = 0;

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (strcmp(p->columns[c].type, s->r->batch_type) != 0)
            continue;
        if (n >= s->entry.n_results || s->entry.results[n].version != 1 ||
            strcmp(s->entry.results[n].compartment,
                   p->columns[c].compartment) != 0)
            return false;
        n++;
    }
    return n == s->entry.n_results;
}

static enum sv_err
end_batch(const struct step *s)
{
    const struct buf *all = &s->r->batch_leaves;
    struct hash root;

    /* struct hash is its bytes and nothing else */
    root = tree_root_of((const struct hash *)(const void *)all->ptr,
                        all->len / sizeof(struct hash));
    if (memcmp(root.b, s->r->batch_root, sizeof root.b) != 0)
        return wrong(s, N_("items that are not those of the batch"));
    return SV_OK;
}

static enum sv_err
replay_item(struct step *s)
{
    struct replay *r = s->r;
    const struct entry *e = &s->entry;
    enum sv_err err = SV_OK;

    if (r->batch_left == 0)
        return wrong(s, N_("an item that no batch has"));
    if (e->batch != r->batch_index)
        return wrong(s, N_("an item of another batch"));
    if (map_get(&r->records, e->record.b) != NULL)
        return wrong(s, N_("creates a record that exists"));
    if (!is_whole(s))
        return wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < e->n_results && err == SV_OK; i++) {
        struct hash leaf = result_leaf(&e->record, &e->results[i]);

        err = buf_append(&r->batch_leaves, BYTES(leaf.b));
    }
    if (err == SV_OK)
        err = replay_state_create(r, &e->record, r->batch_type, r->batch_actor,
                                  e);
    if (err != SV_OK)
        return err;
    r->batch_left--;
    return r->batch_left == 0 ? end_batch(s) : SV_OK;
}

/* ---- the log ---- */

static enum sv_err
grow_tree(struct replay *r, const struct hash *leaf)
{
    struct hash done[TREE_LEVELS], root;
    unsigned n;

    frontier_append(&r->frontier, leaf, done, &n);
    root = frontier_root(&r->frontier);
    return buf_append(&r->roots, BYTES(root.b));
}

enum sv_err
replay_entry(struct replay *r, struct bytes entry, struct replay_fault *fault)
{
    struct step s = {.r = r, .leaf = tree_leaf(entry), .fault = fault};
    struct hash empty = tree_empty();
    enum sv_err err = SV_OK;

    if (r->roots.len == 0)
        err = buf_append(&r->roots, BYTES(empty.b));
    if (err != SV_OK)
        return err;
    err = entry_parse(entry, &s.entry);
    if (err == SV_ERR_NOMEM)
        return err;
    if (err != SV_OK)
        return wrong(&s, N_("the entry does not parse"));
    err = check_place(&s);
    if (err == SV_OK && s.entry.kind == ENTRY_ITEM)
        err = replay_item(&s);
    else if (err == SV_OK && r->batch_left > 0)
        err = wrong(&s, N_("an item of the batch is missing"));
    else if (err == SV_OK)
        err = replay_request(&s);
    if (err != SV_OK)
        return err;
    return grow_tree(r, &s.leaf);
}

enum sv_err
replay_end(struct replay *r, uint64_t size, const struct hash *root,
           struct replay_fault *fault)
{
    struct step s = {.r = r, .fault = fault};
    struct hash own = frontier_root(&r->frontier);

    if (r->batch_left > 0)
        return wrong(&s, N_("an item of the batch is missing"));
    if (r->frontier.size != size)
        return wrong(&s, N_("not as many entries as the head says"));
    if (!hash_equal(&own, root))
        return wrong(&s, N_("another root than the head's"));
    return SV_OK;
}
