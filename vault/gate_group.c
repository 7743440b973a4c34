#include <string.h>

#include "audit/evidence.h"
#include "vault/gate_internal.h"

/*
 * Requests that wait go together: one transaction, one head, one flush.
 * Each keeps its own decision, entry and proofs, as if it had come alone; a
 * request that fails takes no other with it.
 */

/* How often a transaction runs again on a conflict. */
#define CONFLICTS_MAX 100
/* What one transaction takes in, but for a single larger request: a store's
 * transaction has a limit, too. */
#define GROUP_BYTES_MAX ((size_t)8 << 20)

/* What is read by requests of one transaction stays in memory until each has
 * its answer. */
#define GROUP_RELEASES_MAX ((size_t)16 << 20)
/* Whoever names wrong heads on purpose must not fill the disk; the entries
 * of all of them stand in the log. */
#define EVIDENCE_MAX 32

struct group {
    struct gate *gate;
    struct act *const *acts;
    size_t n;
    size_t failed; /* the request that stopped it; n: none did */
    struct tables tables;
    struct log_state log;
    bool grown; /* it has at least one new entry */
    struct buf head;
};

static size_t
released_by(const struct act *a)
{
    size_t bytes = 0;

    for (size_t i = 0; i < a->n_releases; i++)
        bytes += a->releases[i].row.len;
    return bytes;
}

/* Decide, apply and append, each behind the one before; where they release
 * much, the rest are left for the next group. */
static enum sv_err
perform_all(struct group *t)
{
    size_t released = 0;
    enum sv_err err = SV_OK;

    t->log = t->gate->log;
    t->grown = false;
    for (size_t i = 0; i < t->n && err == SV_OK; i++) {
        struct act *a = t->acts[i];

        err = act_perform(a, &t->tables, &t->log);
        if (err != SV_OK) {
            t->failed = i;
            break;
        }
        if (!a->repeated) {
            t->log = a->log;
            t->grown = true;
        }
        released += released_by(a);
        if (released > GROUP_RELEASES_MAX)
            t->n = i + 1;
    }
    if (err == SV_OK && t->grown)
        err = log_state_store(&t->tables, &t->log);
    return err;
}

static enum sv_err
answer_all(struct group *t)
{
    enum sv_err err;

    buf_truncate(&t->head, 0);
    err = gate_sign_head(t->gate, &t->log, &t->head);
    for (size_t i = 0; i < t->n && err == SV_OK; i++) {
        err = act_answer(t->acts[i], &t->log, buf_bytes(&t->head));
        if (err != SV_OK)
            t->failed = i;
    }
    return err;
}

/* Take over what is committed: only the last one changes the roster. */
static void
adopt(struct group *t)
{
    struct act *a = t->acts[t->n - 1];

    t->gate->log = t->log;
    if (a->has_roster)
        gate_set_roster(t->gate, &a->roster);
    a->has_roster = false;
}

/* One try: the whole transaction, its commit, the kept head. */
static enum sv_err
commit_group(struct group *t)
{
    struct gate *g = t->gate;
    struct store_txn *txn = NULL;
    enum sv_err err;

    t->failed = t->n;
    if (g->store == NULL && gate_open_store(g, false) != SV_OK)
        return SV_ERR_UNSURE;
    err = store_begin(g->store, STORE_WRITE, &txn);
    if (err != SV_OK)
        return err;
    t->tables =
        (struct tables){txn, &g->keys->storage, &g->config.rng, g->hashes};
    err = perform_all(t);
    if (err == SV_OK)
        err = answer_all(t);
    if (err != SV_OK || !t->grown) {
        store_abort(&txn);
    } else {
        err = store_commit(&txn);
        if (err == SV_OK)
            adopt(t);
    }
    if (err != SV_OK)
        return err;
    /* What is committed stands; but without the kept head nothing leaves. */
    return headfile_write(&g->headfile, buf_bytes(&t->head)) == SV_OK
               ? SV_OK
               : SV_ERR_UNSURE;
}

/* After an unsure commit: nobody knows what the store holds, so look. */
static void
drop_store(struct gate *g)
{
    gate_backup_drop(g);
    store_close(g->store);
    g->store = NULL;
}

static enum sv_err
settle_group(struct group *t)
{
    enum sv_err err = SV_ERR_CONFLICT;
    bool looked = false;

    for (unsigned n = 0; n < CONFLICTS_MAX; n++) {
        err = commit_group(t);
        if (err == SV_ERR_UNSURE && !looked) {
            /* The requests' ids make running them again safe: if the
             * commit happened after all, this finds their entries. */
            looked = true;
            drop_store(t->gate);
            continue;
        }
        if (err != SV_ERR_CONFLICT)
            break;
    }
    return err;
}

/*
 * A request names a head that this log never had: her device was shown
 * another log, or hers is no honest one.  Her signed request and the head it
 * was answered under lie beside the store, for whoever looks after it.  The
 * entry says the same; so nothing depends on these files.
 */
static void
keep_evidence(const struct gate *g, const struct act *a)
{
    char prefix[PATH_SIZE], path[PATH_SIZE];

    if (a->repeated || strcmp(a->decision.rule, "seen") != 0 ||
        path_join(prefix, g->dir, "fork-") != SV_OK ||
        evidence_count(prefix, path) >= EVIDENCE_MAX)
        return;
    (void)evidence_keep(prefix, a->request.seen_size, a->raw, path);
    (void)evidence_keep(prefix, g->log.frontier.size, buf_bytes(&a->head),
                        path);
}

/* How many of these go into one transaction: at least one. */
static size_t
group_size(struct act *const acts[], size_t n)
{
    size_t bytes = 0, i = 0;

    while (i < n) {
        bytes += acts[i]->raw.len + acts[i]->body.len;
        if (i > 0 && bytes > GROUP_BYTES_MAX)
            break;
        if (act_is_last(acts[i++]))
            break;
    }
    return i;
}

/* Those whose signature still stands, moved to the front of out. */
static size_t
confirm(struct act *const acts[], size_t n, struct act *out[])
{
    size_t stand = 0;

    for (size_t i = 0; i < n; i++) {
        acts[i]->status = act_confirm(acts[i], &acts[i]->reason);
        if (acts[i]->status == SV_OK)
            out[stand++] = acts[i];
    }
    return stand;
}

/* One group; where a single request stopped it, those before that one are a
 * group of their own, then it is alone, and the rest comes later. */
static size_t
run_one(struct gate *g, struct act *const acts[], size_t n)
{
    struct group t = {.gate = g, .acts = acts, .n = n, .head = BUF_INIT};
    enum sv_err err = settle_group(&t);

    buf_free(&t.head);
    if (err != SV_OK && n > 1 && t.failed < t.n)
        return t.failed > 0 ? run_one(g, acts, t.failed) : run_one(g, acts, 1);
    for (size_t i = 0; i < t.n; i++) {
        acts[i]->status = err;
        acts[i]->reason = "store";
        acts[i]->durable = err == SV_OK;
        if (err == SV_OK)
            keep_evidence(g, acts[i]);
    }
    return t.n;
}

void
group_run(struct gate *g, struct act *const acts[], size_t n)
{
    while (n > 0) {
        struct act *stand[GATE_GROUP_MAX];
        size_t taken =
            group_size(acts, n < GATE_GROUP_MAX ? n : GATE_GROUP_MAX);
        size_t left = confirm(acts, taken, stand);

        for (size_t at = 0; at < left;)
            at += run_one(g, stand + at, left - at);
        acts += taken;
        n -= taken;
    }
}
