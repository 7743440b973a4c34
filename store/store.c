#include "store/store.h"

#include <assert.h>
#include <stddef.h>

#include "store/store_engine.h"

void
store_close(struct store *s)
{
    if (s == NULL)
        return;
    if (s->open != NULL)
        s->ops->abort(s->open);
    if (s->snapshot != NULL)
        s->ops->abort(s->snapshot);
    s->ops->close(s);
}

enum sv_err
store_begin(struct store *s, enum store_mode mode, struct store_txn **out)
{
    struct store_txn *txn = NULL;
    enum sv_err err;

    if (s->unsure)
        return SV_ERR_UNSURE;
    if (s->open != NULL)
        return SV_ERR_USAGE;
    err = s->ops->begin(s, mode, &txn);
    if (err == SV_ERR_UNSURE)
        s->unsure = true;
    if (err != SV_OK)
        return err;
    txn->store = s;
    txn->mode = mode;
    txn->changes = 0;
    txn->failed = SV_OK;
    s->open = txn;
    *out = txn;
    return SV_OK;
}

enum sv_err
store_commit(struct store_txn **txn)
{
    struct store_txn *t = *txn;
    struct store *s = t->store;
    enum sv_err err = t->failed;

    assert(s->open == t);
    *txn = NULL;
    s->open = NULL;
    if (err != SV_OK) {
        s->ops->abort(t);
        return err;
    }
    err = s->ops->commit(t);
    if (err == SV_ERR_UNSURE)
        s->unsure = true;
    return err;
}

void
store_abort(struct store_txn **txn)
{
    if (txn == NULL || *txn == NULL)
        return;
    if ((*txn)->store->snapshot == *txn)
        (*txn)->store->snapshot = NULL;
    else
        (*txn)->store->open = NULL;
    (*txn)->store->ops->abort(*txn);
    *txn = NULL;
}

enum sv_err
store_snapshot(struct store *s, struct store_txn **out)
{
    struct store_txn *txn = NULL;
    enum sv_err err;

    if (s->unsure)
        return SV_ERR_UNSURE;
    if (s->snapshot != NULL)
        return SV_ERR_USAGE;
    err = s->ops->snapshot(s, &txn);
    if (err != SV_OK)
        return err;
    txn->store = s;
    txn->mode = STORE_READ;
    txn->changes = 0;
    txn->failed = SV_OK;
    s->snapshot = txn;
    *out = txn;
    return SV_OK;
}

/* Every result passes here: an error stays with the transaction, so that
 * one that was not looked at cannot be committed over. */
static enum sv_err
keep(struct store_txn *txn, enum sv_err err)
{
    if (err != SV_OK && err != SV_ERR_NOT_FOUND && txn->failed == SV_OK)
        txn->failed = err;
    return err;
}

static enum sv_err
check(const struct store_txn *txn, unsigned table, size_t key_min,
      struct bytes key)
{
    assert(txn->store->open == txn || txn->store->snapshot == txn);
    if (txn->failed != SV_OK)
        return txn->failed;
    if (table >= txn->store->n_tables)
        return SV_ERR_RANGE;
    if (key.len < key_min || key.len > STORE_KEY_MAX)
        return SV_ERR_RANGE;
    return SV_OK;
}

static enum sv_err
check_change(const struct store_txn *txn, unsigned table, struct bytes key)
{
    enum sv_err err = check(txn, table, 1, key);

    if (err == SV_OK && txn->mode != STORE_WRITE)
        err = SV_ERR_USAGE;
    return err;
}

enum sv_err
store_get(struct store_txn *txn, unsigned table, struct bytes key,
          struct bytes *value)
{
    enum sv_err err = check(txn, table, 1, key);

    if (err == SV_OK)
        err = txn->store->ops->get(txn, table, key, value);
    return keep(txn, err);
}

enum sv_err
store_put(struct store_txn *txn, unsigned table, struct bytes key,
          struct bytes value)
{
    enum sv_err err = check_change(txn, table, key);

    txn->changes++;
    if (err == SV_OK && value.len > STORE_VALUE_MAX)
        err = SV_ERR_RANGE;
    if (err == SV_OK)
        err = txn->store->ops->put(txn, table, key, value);
    return keep(txn, err);
}

enum sv_err
store_delete(struct store_txn *txn, unsigned table, struct bytes key)
{
    enum sv_err err = check_change(txn, table, key);

    txn->changes++;
    if (err == SV_OK)
        err = txn->store->ops->del(txn, table, key);
    return keep(txn, err);
}

uint64_t
store_changes(const struct store_txn *txn)
{
    return txn->changes;
}

enum sv_err
store_scan(struct store_txn *txn, unsigned table, struct bytes from,
           store_scan_fn fn, void *ctx)
{
    enum sv_err err = check(txn, table, 0, from);

    if (err == SV_OK)
        err = txn->store->ops->scan(txn, table, from, fn, ctx);
    return keep(txn, err);
}

enum sv_err
store_last(struct store_txn *txn, unsigned table, struct bytes *key,
           struct bytes *value)
{
    enum sv_err err = check(txn, table, 0, bytes_of(NULL, 0));

    if (err == SV_OK)
        err = txn->store->ops->last(txn, table, key, value);
    return keep(txn, err);
}

enum sv_err
store_check(struct store *s, struct store_damage *out)
{
    if (s->unsure)
        return SV_ERR_UNSURE;
    return s->ops->check == NULL ? SV_OK : s->ops->check(s, out);
}
