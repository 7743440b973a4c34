#include "policy/replay_export.h"

#include <stdlib.h>
#include <string.h>

/*
 * The log goes by in batches of bundles.  In each round one batch is parsed,
 * the one before it is taken in, and that before is verified; taking in is
 * one part of the work, the others are many.
 */
#define STAGES 3
#define BATCH_MAX_BUNDLES 8
#define CHUNK 32 /* signatures that one thread verifies in one go */
#define CHUNKS (TILE_WIDTH / CHUNK)

struct bundle {
    struct export e; /* with a fault of its own; the rest is borrowed */
    struct buf raw;
    unsigned n;      /* entries */
    enum sv_err err; /* behind the last of them */
    struct replay_parsed *parsed;
    bool deferred[TILE_WIDTH];
    struct sign_public key[TILE_WIDTH];
    unsigned bad[CHUNKS]; /* the first of each chunk; TILE_WIDTH: none */
};

struct batch {
    size_t n; /* bundles */
    struct bundle bundles[BATCH_MAX_BUNDLES];
};

struct running {
    struct replay *r;
    struct export *e;
    struct replay_plan plan;
    size_t width; /* bundles in a batch */
    struct batch batches[STAGES], none;
    struct batch *parsing, *taking, *verifying;
    uint64_t first; /* bundle of the batch that is parsed */
    /* Where taking in is. */
    struct bundle *at;
    unsigned entry;
    enum sv_err err; /* of it */
    struct replay_fault fault;
    struct export_fault export_fault;
};

/* ---- Taking apart ---- */

static enum sv_err
parse_one(void *ctx, uint64_t index, struct bytes entry)
{
    struct bundle *b = ctx;
    enum sv_err err = replay_parse(entry, &b->parsed[b->n]);

    (void)index;
    if (err == SV_OK)
        b->n++;
    return err;
}

static void
parse_bundle(struct running *run, size_t i)
{
    struct bundle *b = &run->parsing->bundles[i];
    struct tile t = export_bundle(run->e, run->first + i);

    b->e = *run->e;
    b->n = 0;
    memset(b->deferred, 0, sizeof b->deferred);
    b->err = export_bundle_entries(&b->e, &t, &b->raw, parse_one, b);
}

/* ---- Taking in ---- */

/* A replay_defer_fn: this is the entry that is taken in now. */
static enum sv_err
defer(void *ctx, const struct replay_parsed *p, const struct sign_public *key)
{
    struct running *run = ctx;

    (void)p;
    if (run->plan.spare && run->r->frontier.size < run->plan.before_size)
        return SV_OK;
    run->at->deferred[run->entry] = true;
    run->at->key[run->entry] = *key;
    return SV_OK;
}

static enum sv_err
check_genesis(struct running *run, const struct replay_parsed *p)
{
    if (run->r->frontier.size > 0 || hash_equal(&p->leaf, &run->plan.genesis))
        return SV_OK;
    run->fault =
        (struct replay_fault){0, N_("not the genesis that the card names")};
    return SV_ERR_TAMPERED;
}

/* Only now is it sure that what was not verified had been. */
static enum sv_err
check_before(struct running *run)
{
    struct hash root;
    struct export e;

    if (run->r->frontier.size != run->plan.before_size)
        return SV_OK;
    root = frontier_root(&run->r->frontier);
    if (hash_equal(&root, &run->plan.before_root))
        return SV_OK;
    e = *run->e; /* other threads look at that one */
    (void)export_wrong(&e, EXPORT_CHECKPOINT, false,
                       N_("contradicts the head that was checked before"));
    run->export_fault = e.fault;
    return SV_ERR_TAMPERED;
}

static enum sv_err
take_bundle(struct running *run, struct bundle *b)
{
    enum sv_err err = SV_OK;

    run->at = b;
    for (unsigned i = 0; i < b->n && err == SV_OK; i++) {
        run->entry = i;
        err = check_genesis(run, &b->parsed[i]);
        if (err == SV_OK)
            err = replay_next(run->r, &b->parsed[i], &run->fault);
        if (err == SV_OK)
            err = check_before(run);
    }
    if (err == SV_OK && b->err != SV_OK) {
        err = b->err;
        run->export_fault = b->e.fault;
    }
    return err;
}

static void
take_batch(struct running *run)
{
    for (size_t i = 0; i < run->taking->n && run->err == SV_OK; i++)
        run->err = take_bundle(run, &run->taking->bundles[i]);
}

/* ---- Verifying ---- */

static void
verify_chunk(struct running *run, size_t i)
{
    struct bundle *b = &run->verifying->bundles[i / CHUNKS];
    unsigned chunk = (unsigned)(i % CHUNKS), at = chunk * CHUNK;

    b->bad[chunk] = TILE_WIDTH;
    for (unsigned end = at + CHUNK; at < end && at < b->n; at++) {
        if (!b->deferred[at] ||
            replay_verify(&b->parsed[at], &b->key[at]) == SV_OK)
            continue;
        b->bad[chunk] = at;
        return;
    }
}

/* The first signature that fails, by its place in the log. */
static bool
find_bad(const struct running *run, struct replay_fault *fault)
{
    for (size_t i = 0; i < run->verifying->n * CHUNKS; i++) {
        const struct bundle *b = &run->verifying->bundles[i / CHUNKS];
        unsigned at = b->bad[i % CHUNKS];

        if (at == TILE_WIDTH)
            continue;
        *fault = (struct replay_fault){b->parsed[at].entry.index,
                                       replay_signature_fails};
        return true;
    }
    return false;
}

/* ---- Rounds ---- */

/* The longest first, so that nobody waits for it at the end. */
static enum sv_err
do_part(void *ctx, size_t part)
{
    struct running *run = ctx;
    size_t n_chunks = run->verifying->n * CHUNKS;

    if (part == 0)
        take_batch(run);
    else if (part - 1 < n_chunks)
        verify_chunk(run, part - 1);
    else
        parse_bundle(run, part - 1 - n_chunks);
    return SV_OK;
}

/* A signature that fails comes before whatever taking in has met: that was
 * further on in the log. */
static enum sv_err
do_round(struct running *run)
{
    size_t n = 1 + run->verifying->n * CHUNKS + run->parsing->n;
    enum sv_err err = workers_run(run->plan.workers, n, do_part, run);

    if (err != SV_OK || find_bad(run, &run->fault))
        return err != SV_OK ? err : SV_ERR_TAMPERED;
    if (run->err == SV_OK)
        return SV_OK;
    /* What stands before it, in its own batch. */
    run->verifying = run->taking;
    run->parsing = run->taking = &run->none;
    err = run->err;
    (void)workers_run(run->plan.workers, 1 + run->verifying->n * CHUNKS,
                      do_part, run);
    if (find_bad(run, &run->fault))
        return SV_ERR_TAMPERED;
    run->e->fault = run->export_fault;
    return err;
}

static enum sv_err
run_all(struct running *run)
{
    uint64_t total = export_bundles(run->e);
    enum sv_err err = SV_OK;

    for (uint64_t round = 0; err == SV_OK; round++) {
        run->parsing = &run->batches[round % STAGES];
        run->taking = &run->batches[(round + 2) % STAGES];
        run->verifying = &run->batches[(round + 1) % STAGES];
        run->parsing->n = total - run->first < run->width
                              ? (size_t)(total - run->first)
                              : run->width;
        if (run->parsing->n + run->taking->n + run->verifying->n == 0)
            break;
        err = do_round(run);
        run->first += run->parsing->n;
        if (run->plan.progress != NULL)
            run->plan.progress(run->plan.ctx, run->r->frontier.size,
                               run->e->head.size);
    }
    return err;
}

/* A past_leaves_fn: tiles that were compared with the entries before. */
static enum sv_err
read_leaves(void *ctx, uint64_t block, struct hash out[static TILE_WIDTH])
{
    struct export e = *(const struct export *)ctx;
    struct tile t = {0, block, TILE_WIDTH};
    enum sv_err err = export_tile(&e, &t, out);

    return err == SV_ERR_TAMPERED ? SV_ERR_IO : err;
}

static struct running *
running_new(size_t width)
{
    struct running *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->width = width < BATCH_MAX_BUNDLES ? width : BATCH_MAX_BUNDLES;
    return run;
}

static enum sv_err
make_room(struct running *run)
{
    for (size_t i = 0; i < STAGES * run->width; i++) {
        struct bundle *b =
            &run->batches[i / run->width].bundles[i % run->width];

        b->parsed = calloc(TILE_WIDTH, sizeof *b->parsed);
        if (b->parsed == NULL)
            return SV_ERR_NOMEM;
    }
    return SV_OK;
}

static void
running_free(struct running *run)
{
    if (run == NULL)
        return;
    for (size_t i = 0; i < STAGES * run->width; i++) {
        struct bundle *b =
            &run->batches[i / run->width].bundles[i % run->width];

        free(b->parsed);
        buf_free(&b->raw);
    }
    free(run);
}

enum sv_err
replay_export(struct replay *r, struct export *e,
              const struct replay_plan *plan, struct replay_fault *fault)
{
    struct running *run = running_new(workers_count(plan->workers));
    enum sv_err err = run == NULL ? SV_ERR_NOMEM : make_room(run);

    if (err == SV_OK) {
        run->r = r;
        run->e = e;
        run->plan = *plan;
        /* A head that is not reached would never be compared. */
        run->plan.spare = plan->spare && plan->before_size <= e->head.size;
        r->defer = defer;
        r->defer_ctx = run;
        past_read_by(&r->past, read_leaves, e);
        err = run_all(run);
    }
    if (err == SV_OK)
        err = replay_end(r, e->head.size, &e->head.root, &run->fault);
    if (err == SV_ERR_TAMPERED)
        *fault = run->fault;
    running_free(run);
    return err;
}
