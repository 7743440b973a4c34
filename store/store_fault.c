#include "store/store_fault.h"

#include <stdlib.h>

#include "store/store_engine.h"

struct fault {
    struct store base;
    struct store *inner;
    struct store_fault_plan *plan;
    struct buf spoiled; /* what was read last with a bit turned */
};

struct fault_txn {
    struct store_txn base;
    struct store_txn *inner;
};

/* Count a call.  True where the plan has this one fail. */
static bool
fails(struct store *s)
{
    struct store_fault_plan *plan = ((struct fault *)s)->plan;

    plan->calls++;
    if (plan->calls != plan->fail_at)
        return false;
    plan->failed = true;
    return true;
}

/* The same for a commit, which may be told to fail for what it is. */
static bool
commit_fails(struct store *s)
{
    struct store_fault_plan *plan = ((struct fault *)s)->plan;
    bool wanted = plan->fail_commit, counted = fails(s);

    plan->fail_commit = false;
    plan->failed = plan->failed || wanted;
    return wanted || counted;
}

static enum sv_err
planned(const struct store *s)
{
    enum sv_err err = ((const struct fault *)s)->plan->error;

    return err == SV_OK || err == SV_ERR_UNSURE ? SV_ERR_IO : err;
}

static struct store_txn *
inner_of(struct store_txn *txn)
{
    return ((struct fault_txn *)txn)->inner;
}

/* Evenly spread, and the same for the same seed and call (splitmix64). */
static uint64_t
chance(const struct store_fault_plan *plan)
{
    uint64_t x = plan->seed + plan->calls * 0x9e3779b97f4a7c15;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static void
fault_close(struct store *s)
{
    struct fault *f = (struct fault *)s;

    store_close(f->inner);
    buf_free(&f->spoiled);
    free(f);
}

static enum sv_err
fault_begin(struct store *s, enum store_mode mode, struct store_txn **out)
{
    struct fault_txn *txn;
    enum sv_err err;

    if (fails(s))
        return planned(s);
    txn = calloc(1, sizeof *txn);
    if (txn == NULL)
        return SV_ERR_NOMEM;
    err = store_begin(((struct fault *)s)->inner, mode, &txn->inner);
    if (err != SV_OK) {
        free(txn);
        return err;
    }
    *out = &txn->base;
    return SV_OK;
}

static enum sv_err
fault_snapshot(struct store *s, struct store_txn **out)
{
    struct fault_txn *txn;
    enum sv_err err;

    if (fails(s))
        return planned(s);
    txn = calloc(1, sizeof *txn);
    if (txn == NULL)
        return SV_ERR_NOMEM;
    err = store_snapshot(((struct fault *)s)->inner, &txn->inner);
    if (err != SV_OK) {
        free(txn);
        return err;
    }
    *out = &txn->base;
    return SV_OK;
}

/* Commit the inner transaction or not, and say that nobody knows. */
static enum sv_err
commit_unsure(struct store_txn **inner, bool really)
{
    if (really)
        (void)store_commit(inner);
    else
        store_abort(inner);
    return SV_ERR_UNSURE;
}

static enum sv_err
commit_inner(struct store_txn *txn, struct store_txn **inner)
{
    const struct store_fault_plan *plan = ((struct fault *)txn->store)->plan;
    uint64_t dice;
    uint64_t draw;

    if (commit_fails(txn->store)) {
        if (plan->error == SV_ERR_UNSURE)
            return commit_unsure(inner, plan->unsure_commits);
        store_abort(inner);
        return planned(txn->store);
    }
    dice = chance(plan);
    draw = dice % 1000;
    if (txn->mode != STORE_WRITE)
        return store_commit(inner);
    if (draw < plan->conflict_per_1000) {
        store_abort(inner);
        return SV_ERR_CONFLICT;
    }
    if (draw - plan->conflict_per_1000 < plan->unsure_per_1000)
        return commit_unsure(inner, (dice >> 63) != 0);
    return store_commit(inner);
}

static enum sv_err
fault_commit(struct store_txn *txn)
{
    struct store_txn *inner = inner_of(txn);
    enum sv_err err = commit_inner(txn, &inner);

    free(txn);
    return err;
}

static void
fault_abort(struct store_txn *txn)
{
    struct store_txn *inner = inner_of(txn);

    store_abort(&inner);
    free(txn);
}

enum sv_err
store_fault_turn_bit(void *ctx, unsigned table, struct bytes key,
                     struct bytes value, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = value.len > 0 ? buf_append(out, value) : SV_ERR_NOT_FOUND;

    (void)ctx;
    (void)table;
    (void)key;
    if (err == SV_OK)
        out->ptr[was + value.len / 2] ^= 1;
    return err;
}

static enum sv_err
spoil(struct store *s, unsigned table, struct bytes key, struct bytes *value)
{
    struct fault *f = (struct fault *)s;
    enum sv_err err;

    buf_truncate(&f->spoiled, 0);
    err = f->plan->spoil(f->plan->spoil_ctx, table, key, *value, &f->spoiled);
    if (err == SV_OK)
        *value = buf_bytes(&f->spoiled);
    return err == SV_ERR_NOT_FOUND ? planned(s) : err;
}

static enum sv_err
fail_get(struct store_txn *txn, unsigned table, struct bytes key,
         struct bytes *value)
{
    struct store *s = txn->store;
    struct bytes was;
    enum sv_err err;

    if (((struct fault *)s)->plan->spoil == NULL ||
        store_get(inner_of(txn), table, key, &was) != SV_OK)
        return planned(s);
    err = spoil(s, table, key, &was);
    if (err == SV_OK)
        *value = was;
    return err;
}

static enum sv_err
fault_get(struct store_txn *txn, unsigned table, struct bytes key,
          struct bytes *value)
{
    if (fails(txn->store))
        return fail_get(txn, table, key, value);
    return store_get(inner_of(txn), table, key, value);
}

static enum sv_err
fault_put(struct store_txn *txn, unsigned table, struct bytes key,
          struct bytes value)
{
    if (fails(txn->store))
        return planned(txn->store);
    return store_put(inner_of(txn), table, key, value);
}

static enum sv_err
fault_delete(struct store_txn *txn, unsigned table, struct bytes key)
{
    if (fails(txn->store))
        return planned(txn->store);
    return store_delete(inner_of(txn), table, key);
}

struct spoiled_scan {
    struct store *store;
    unsigned table;
    store_scan_fn fn;
    void *ctx;
    bool spoiled; /* a row, and it was one of those that were asked for */
};

static enum sv_err
spoil_first(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct spoiled_scan *s = ctx;
    enum sv_err err;

    if (s->spoiled)
        return s->fn(s->ctx, key, value, more);
    err = spoil(s->store, s->table, key, &value);
    if (err == SV_OK)
        err = s->fn(s->ctx, key, value, more);
    s->spoiled = err != SV_OK || *more;
    return err;
}

static enum sv_err
fail_scan(struct store_txn *txn, unsigned table, struct bytes from,
          store_scan_fn fn, void *ctx)
{
    struct spoiled_scan s = {txn->store, table, fn, ctx, false};
    enum sv_err err;

    if (((struct fault *)s.store)->plan->spoil == NULL)
        return planned(s.store);
    err = store_scan(inner_of(txn), table, from, spoil_first, &s);
    return s.spoiled ? err : planned(s.store);
}

static enum sv_err
fault_scan(struct store_txn *txn, unsigned table, struct bytes from,
           store_scan_fn fn, void *ctx)
{
    if (fails(txn->store))
        return fail_scan(txn, table, from, fn, ctx);
    return store_scan(inner_of(txn), table, from, fn, ctx);
}

static enum sv_err
fault_last(struct store_txn *txn, unsigned table, struct bytes *key,
           struct bytes *value)
{
    if (fails(txn->store))
        return planned(txn->store);
    return store_last(inner_of(txn), table, key, value);
}

static enum sv_err
fault_check(struct store *s, struct store_damage *out)
{
    return fails(s) ? planned(s) : store_check(((struct fault *)s)->inner, out);
}

static const struct store_ops fault_ops = {
    .close = fault_close,
    .begin = fault_begin,
    .commit = fault_commit,
    .abort = fault_abort,
    .snapshot = fault_snapshot,
    .get = fault_get,
    .put = fault_put,
    .del = fault_delete,
    .scan = fault_scan,
    .last = fault_last,
    .check = fault_check,
};

enum sv_err
store_fault_wrap(struct store *inner, struct store_fault_plan *plan,
                 struct store **out)
{
    struct fault *f = calloc(1, sizeof *f);

    if (f == NULL)
        return SV_ERR_NOMEM;
    f->base.ops = &fault_ops;
    f->base.n_tables = inner->n_tables;
    f->inner = inner;
    f->plan = plan;
    *out = &f->base;
    return SV_OK;
}

struct store *
store_fault_unwrap(struct store *s)
{
    struct store *inner = ((struct fault *)s)->inner;

    if (s->open != NULL)
        s->ops->abort(s->open);
    if (s->snapshot != NULL)
        s->ops->abort(s->snapshot);
    buf_free(&((struct fault *)s)->spoiled);
    free(s);
    return inner;
}
