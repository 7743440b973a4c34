#include <stdlib.h>
#include <string.h>

#include "policy/replay_step.h"

#define REPLAY_MAPS 5
#define REST_EVERY 512 /* entries: each may touch pages around its own */

const char replay_signature_fails[] = N_("the actor's signature fails");

enum sv_err
replay_wrong(const struct step *s, const char *reason)
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
    map_init(&r->denied_glass, HANDLE_LEN, sizeof(uint64_t));
    past_init(&r->past);
}

static struct map *
map_at(struct replay *r, unsigned i)
{
    struct map *const all[REPLAY_MAPS] = {&r->ids, &r->assigned, &r->records,
                                          &r->versions, &r->denied_glass};

    return all[i];
}

void
replay_spill(struct replay *r, const char *dir, size_t memory)
{
    for (unsigned i = 0; i < REPLAY_MAPS; i++)
        map_spill(map_at(r, i), dir, memory);
}

void
replay_clear(struct replay *r)
{
    roster_clear(&r->roster);
    past_clear(&r->past);
    buf_free(&r->batch_leaves);
    map_clear(&r->ids);
    map_clear(&r->assigned);
    map_clear(&r->records);
    map_clear(&r->versions);
    map_clear(&r->denied_glass);
    free(r->usages);
    free(r->releases);
    free(r->flags);
    replay_init(r);
}

/* ---- the checks of an entry with a request ---- */

/* The gate's lines, as far as they follow from the entries before. */
static enum sv_err
check_place(const struct step *s)
{
    const struct replay *r = s->r;
    const struct entry *e = &s->in->entry;

    if (e->index != r->frontier.size)
        return replay_wrong(s, N_("not the next index"));
    if (!r->roster.started)
        return e->has_roster ? replay_wrong(s, N_("wrong roster entry"))
                             : SV_OK;
    if (!e->has_roster || e->roster != r->roster.last_index)
        return replay_wrong(s, N_("wrong roster entry"));
    return SV_OK;
}

static enum sv_err
verify_or_defer(const struct step *s)
{
    const struct replay *r = s->r;
    const struct sign_public *key = NULL;

    if (r->defer != NULL &&
        roster_signer(&r->roster, r->frontier.size, &s->in->note,
                      &s->in->request, &key) == SV_OK &&
        key != NULL)
        return r->defer(r->defer_ctx, s->in, key);
    return roster_verify(&r->roster, r->frontier.size, &s->in->note,
                         &s->in->request);
}

static enum sv_err
check_signature(const struct step *s)
{
    enum sv_err err = verify_or_defer(s);

    if (err == SV_ERR_NOT_FOUND)
        return replay_wrong(s, N_("an actor that nobody brought in"));
    if (err == SV_ERR_TAMPERED)
        return replay_wrong(s, replay_signature_fails);
    return err;
}

enum sv_err
replay_verify(const struct replay_parsed *p, const struct sign_public *key)
{
    return roster_verify_by(&p->note, p->request.origin, p->request.actor, key);
}

static enum sv_err
had_root(const struct replay *r, const struct request *q, bool *out)
{
    struct hash root;
    enum sv_err err = SV_OK;

    *out = false;
    if (q->seen_size > r->frontier.size)
        return SV_OK;
    err = past_root(&r->past, q->seen_size, &root);
    if (err == SV_OK)
        *out = hash_equal(&root, &q->seen_root);
    return err;
}

static enum sv_err
check_decision(const struct step *s)
{
    const struct replay *r = s->r;
    const struct request *q = &s->in->request;
    struct question question = {
        .request = q,
        .index = r->frontier.size,
        .time_ms = s->in->entry.time_ms,
        .assigned = replay_state_is_assigned(r, &q->record, q->actor),
        .id_seen = map_get(&r->ids, q->id) != NULL,
        .recent = replay_state_recent(r, q, s->in->entry.time_ms),
        .denied_glass = replay_state_denied_glass(r, q, s->in->entry.time_ms),
        .release = replay_state_release(r, q->entry),
        .flag = replay_state_flag(r, q->entry),
        .last_release = r->last_release,
    };
    enum sv_err err = had_root(r, q, &question.seen_ok);
    struct decision d;

    if (err != SV_OK)
        return err;
    d = policy_decide(&r->roster, &question);
    if (d.allowed != s->in->entry.allowed ||
        strcmp(d.rule, s->in->entry.rule) != 0)
        return replay_wrong(s, N_("not the decision that the policy gives"));
    return SV_OK;
}

static enum sv_err
check_origin(const struct step *s)
{
    const struct roster *roster = &s->r->roster;
    const struct request *q = &s->in->request;
    const uint8_t *policy =
        roster->started ? roster->policy_hash : q->genesis.policy_hash;

    if (!roster->started && q->act != ACT_GENESIS)
        return replay_wrong(s, N_("does not begin with genesis"));
    if (!roster_names_vault(roster, q) ||
        (roster->started && strcmp(q->origin, roster->origin) != 0))
        return replay_wrong(s, N_("a request to another vault"));
    if (memcmp(s->in->entry.policy_hash, policy, 32) != 0)
        return replay_wrong(s, N_("another policy"));
    if (s->in->entry.time_ms < s->r->time_ms)
        return replay_wrong(s, N_("time goes back"));
    return SV_OK;
}

static enum sv_err
replay_request(struct step *s)
{
    enum sv_err err;

    if (s->in->request_err != SV_OK)
        return replay_wrong(s, N_("the request does not parse"));
    err = check_origin(s);
    if (err == SV_OK)
        err = check_signature(s);
    if (err == SV_OK)
        err = check_decision(s);
    if (err == SV_OK)
        err = replay_outcome(s);
    if (err == SV_OK && !s->r->roster.started)
        err = replay_wrong(s, N_("does not begin with genesis"));
    if (err == SV_OK)
        err = replay_state_count(s->r, &s->in->entry, &s->in->request);
    if (err == SV_OK)
        err = map_set(&s->r->ids, s->in->request.id, NULL);
    if (err == SV_OK)
        s->r->time_ms = s->in->entry.time_ms;
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
        if (strcmp(p->columns[c].type, s->r->batch_type) != 0 ||
            policy_is_index(p, c))
            continue;
        if (n >= s->in->entry.n_results ||
            s->in->entry.results[n].version != 1 ||
            strcmp(s->in->entry.results[n].compartment,
                   p->columns[c].compartment) != 0)
            return false;
        n++;
    }
    return n == s->in->entry.n_results;
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
        return replay_wrong(s, N_("items that are not those of the batch"));
    return SV_OK;
}

static enum sv_err
replay_item(struct step *s)
{
    struct replay *r = s->r;
    const struct entry *e = &s->in->entry;
    enum sv_err err = SV_OK;

    if (r->batch_left == 0)
        return replay_wrong(s, N_("an item that no batch has"));
    if (e->batch != r->batch_index)
        return replay_wrong(s, N_("an item of another batch"));
    if (map_get(&r->records, e->record.b) != NULL)
        return replay_wrong(s, N_("creates a record that exists"));
    if (!is_whole(s))
        return replay_wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < e->n_results && err == SV_OK; i++) {
        struct hash leaf = replay_result_leaf(&e->record, &e->results[i]);

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
    struct hash done[TREE_LEVELS];
    unsigned n;

    frontier_append(&r->frontier, leaf, done, &n);
    if (r->frontier.size % REST_EVERY == 0)
        for (unsigned i = 0; i < REPLAY_MAPS; i++)
            map_rest(map_at(r, i));
    return past_append(&r->past, done, n);
}

enum sv_err
replay_parse(struct bytes entry, struct replay_parsed *out)
{
    out->leaf = tree_leaf(entry);
    out->request_err = SV_OK;
    out->entry_err = entry_parse(entry, &out->entry);
    if (out->entry_err == SV_OK && out->entry.kind == ENTRY_REQUEST)
        out->request_err =
            request_parse(out->entry.note, &out->note, &out->request);
    return out->entry_err == SV_ERR_NOMEM || out->request_err == SV_ERR_NOMEM
               ? SV_ERR_NOMEM
               : SV_OK;
}

enum sv_err
replay_next(struct replay *r, const struct replay_parsed *p,
            struct replay_fault *fault)
{
    struct step s = {r, p, fault};
    enum sv_err err;

    if (p->entry_err != SV_OK)
        return replay_wrong(&s, N_("the entry does not parse"));
    err = check_place(&s);
    if (err == SV_OK && p->entry.kind == ENTRY_ITEM)
        err = replay_item(&s);
    else if (err == SV_OK && r->batch_left > 0)
        err = replay_wrong(&s, N_("an item of the batch is missing"));
    else if (err == SV_OK)
        err = replay_request(&s);
    return err == SV_OK ? grow_tree(r, &p->leaf) : err;
}

enum sv_err
replay_entry(struct replay *r, struct bytes entry, struct replay_fault *fault)
{
    struct replay_parsed p;
    enum sv_err err = replay_parse(entry, &p);

    return err == SV_OK ? replay_next(r, &p, fault) : err;
}

enum sv_err
replay_end(struct replay *r, uint64_t size, const struct hash *root,
           struct replay_fault *fault)
{
    struct step s = {.r = r, .fault = fault};
    struct hash own = frontier_root(&r->frontier);

    if (r->batch_left > 0)
        return replay_wrong(&s, N_("an item of the batch is missing"));
    if (r->frontier.size != size)
        return replay_wrong(&s, N_("not as many entries as the head says"));
    if (!hash_equal(&own, root))
        return replay_wrong(&s, N_("another root than the head's"));
    return SV_OK;
}
