#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "store/store_engine.h"

/* A key with its value, never changed: an overwrite makes a new one. */
struct pair {
    size_t key_len;
    size_t value_len;
    uint8_t b[]; /* key, value */
};

/* Pairs in the order of their keys. */
struct table {
    struct pair **pairs;
    size_t n;
    size_t cap;
};

/* What one change did; was or is may be NULL, not both. */
struct change {
    unsigned table;
    struct pair *was; /* out of the table, kept for an abort */
    struct pair *is;  /* in the table */
};

struct memory {
    struct store base;
    struct table tables[STORE_TABLES_MAX];
    struct change *changes; /* of the open transaction, oldest first */
    size_t n_changes;
    size_t cap_changes;
};

struct memory_txn {
    struct store_txn base;
    struct table *tables; /* the store's, or a snapshot's own */
};

static struct memory *
memory_of(struct store_txn *txn)
{
    return (struct memory *)txn->store;
}

static struct table *
tables_of(struct store_txn *txn)
{
    return ((struct memory_txn *)txn)->tables;
}

static struct bytes
pair_key(const struct pair *p)
{
    return bytes_of(p->b, p->key_len);
}

static struct bytes
pair_value(const struct pair *p)
{
    return bytes_of(p->b + p->key_len, p->value_len);
}

static struct pair *
pair_new(struct bytes key, struct bytes value)
{
    struct pair *p = malloc(sizeof *p + key.len + value.len);

    if (p == NULL)
        return NULL;
    p->key_len = key.len;
    p->value_len = value.len;
    memcpy(p->b, key.ptr, key.len);
    if (value.len > 0)
        memcpy(p->b + key.len, value.ptr, value.len);
    return p;
}

/* Where key is, or would be. */
static size_t
table_find(const struct table *t, struct bytes key, bool *found)
{
    size_t low = 0;
    size_t high = t->n;

    *found = false;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = bytes_compare(pair_key(t->pairs[mid]), key);

        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* There is room: table_reserve() made it, or a delete did. */
static void
table_insert(struct table *t, size_t at, struct pair *p)
{
    memmove(t->pairs + at + 1, t->pairs + at,
            (t->n - at) * sizeof(struct pair *));
    t->pairs[at] = p;
    t->n++;
}

static void
table_remove(struct table *t, size_t at)
{
    t->n--;
    memmove(t->pairs + at, t->pairs + at + 1,
            (t->n - at) * sizeof(struct pair *));
}

/* Room for one more in an array of n; cap and array are changed together. */
static void *
grown(void *array, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap > 0 ? 2 * *cap : 16;

    if (n < *cap)
        return array;
    array = reallocarray(array, more, size);
    if (array != NULL)
        *cap = more;
    return array;
}

static enum sv_err
table_reserve(struct table *t)
{
    void *array = grown(t->pairs, t->n, &t->cap, sizeof(struct pair *));

    if (array == NULL)
        return SV_ERR_NOMEM;
    t->pairs = array;
    return SV_OK;
}

static enum sv_err
changes_reserve(struct memory *m)
{
    void *array =
        grown(m->changes, m->n_changes, &m->cap_changes, sizeof *m->changes);

    if (array == NULL)
        return SV_ERR_NOMEM;
    m->changes = array;
    return SV_OK;
}

static void
changes_add(struct memory *m, unsigned table, struct pair *was, struct pair *is)
{
    m->changes[m->n_changes++] = (struct change){table, was, is};
}

/* c->is, which is no longer in the table, stays the caller's. */
static void
change_undo(struct table *t, const struct change *c)
{
    bool found;
    size_t at = table_find(t, pair_key(c->is != NULL ? c->is : c->was), &found);

    if (c->is == NULL)
        table_insert(t, at, c->was);
    else if (c->was == NULL)
        table_remove(t, at);
    else
        t->pairs[at] = c->was;
}

static void
tables_free(struct table *tables, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        for (size_t j = 0; j < tables[i].n; j++)
            free(tables[i].pairs[j]);
        free(tables[i].pairs);
    }
}

static void
memory_close(struct store *s)
{
    struct memory *m = (struct memory *)s;

    tables_free(m->tables, s->n_tables);
    free(m->changes);
    free(m);
}

static enum sv_err
memory_begin(struct store *s, enum store_mode mode, struct store_txn **out)
{
    /* There is one at a time, so its changes lie in the store. */
    struct memory_txn *txn = calloc(1, sizeof *txn);

    (void)mode;
    if (txn == NULL)
        return SV_ERR_NOMEM;
    txn->tables = ((struct memory *)s)->tables;
    *out = &txn->base;
    return SV_OK;
}

/* The pairs as they stand, still the store's own; with room for those that
 * an open transaction has taken out. */
static enum sv_err
borrow_pairs(const struct memory *m, struct table *to)
{
    for (unsigned i = 0; i < m->base.n_tables; i++) {
        const struct table *t = &m->tables[i];

        to[i].cap = t->n + m->n_changes;
        to[i].pairs =
            calloc(to[i].cap > 0 ? to[i].cap : 1, sizeof(struct pair *));
        if (to[i].pairs == NULL)
            return SV_ERR_NOMEM;
        for (size_t j = 0; j < t->n; j++)
            to[i].pairs[j] = t->pairs[j];
        to[i].n = t->n;
        for (size_t j = m->n_changes; j-- > 0;)
            if (m->changes[j].table == i)
                change_undo(&to[i], &m->changes[j]);
    }
    return SV_OK;
}

/* Each pair's copy in its place; nothing borrowed is left, whatever comes. */
static enum sv_err
copy_pairs(struct table *tables, unsigned n)
{
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < n; i++) {
        for (size_t j = 0; j < tables[i].n; j++) {
            const struct pair *p = tables[i].pairs[j];

            tables[i].pairs[j] =
                err == SV_OK ? pair_new(pair_key(p), pair_value(p)) : NULL;
            if (tables[i].pairs[j] == NULL)
                err = SV_ERR_NOMEM;
        }
    }
    return err;
}

static enum sv_err
memory_snapshot(struct store *s, struct store_txn **out)
{
    struct memory_txn *txn = calloc(1, sizeof *txn);
    enum sv_err err = SV_ERR_NOMEM;

    if (txn == NULL)
        return err;
    txn->tables = calloc(s->n_tables, sizeof *txn->tables);
    if (txn->tables != NULL)
        err = borrow_pairs((struct memory *)s, txn->tables);
    if (err == SV_OK)
        err = copy_pairs(txn->tables, s->n_tables);
    else if (txn->tables != NULL)
        for (unsigned i = 0; i < s->n_tables; i++)
            txn->tables[i].n = 0; /* not ours */
    if (err == SV_OK) {
        *out = &txn->base;
        return SV_OK;
    }
    if (txn->tables != NULL)
        tables_free(txn->tables, s->n_tables);
    free(txn->tables);
    free(txn);
    return err;
}

static enum sv_err
memory_commit(struct store_txn *txn)
{
    struct memory *m = memory_of(txn);

    for (size_t i = 0; i < m->n_changes; i++)
        free(m->changes[i].was);
    m->n_changes = 0;
    free(txn);
    return SV_OK;
}

static void
memory_abort(struct store_txn *txn)
{
    struct memory *m = memory_of(txn);

    if (tables_of(txn) != m->tables) {
        tables_free(tables_of(txn), m->base.n_tables);
        free(tables_of(txn));
        free(txn);
        return;
    }
    while (m->n_changes > 0) {
        const struct change *c = &m->changes[--m->n_changes];

        change_undo(&m->tables[c->table], c);
        free(c->is);
    }
    free(txn);
}

static enum sv_err
memory_get(struct store_txn *txn, unsigned table, struct bytes key,
           struct bytes *value)
{
    const struct table *t = &tables_of(txn)[table];
    bool found;
    size_t at = table_find(t, key, &found);

    if (!found)
        return SV_ERR_NOT_FOUND;
    *value = pair_value(t->pairs[at]);
    return SV_OK;
}

static enum sv_err
memory_put(struct store_txn *txn, unsigned table, struct bytes key,
           struct bytes value)
{
    struct memory *m = memory_of(txn);
    struct table *t = &m->tables[table];
    struct pair *was = NULL;
    struct pair *is;
    bool found;
    size_t at = table_find(t, key, &found);

    if (table_reserve(t) != SV_OK || changes_reserve(m) != SV_OK)
        return SV_ERR_NOMEM;
    is = pair_new(key, value);
    if (is == NULL)
        return SV_ERR_NOMEM;
    if (found) {
        was = t->pairs[at];
        t->pairs[at] = is;
    } else {
        table_insert(t, at, is);
    }
    changes_add(m, table, was, is);
    return SV_OK;
}

static enum sv_err
memory_delete(struct store_txn *txn, unsigned table, struct bytes key)
{
    struct memory *m = memory_of(txn);
    struct table *t = &m->tables[table];
    bool found;
    size_t at = table_find(t, key, &found);

    if (!found)
        return SV_ERR_NOT_FOUND;
    if (changes_reserve(m) != SV_OK)
        return SV_ERR_NOMEM;
    changes_add(m, table, t->pairs[at], NULL);
    table_remove(t, at);
    return SV_OK;
}

static enum sv_err
memory_scan(struct store_txn *txn, unsigned table, struct bytes from,
            store_scan_fn fn, void *ctx)
{
    const struct table *t = &tables_of(txn)[table];
    enum sv_err err = SV_OK;
    bool more = true;
    bool found;

    for (size_t at = table_find(t, from, &found);
         at < t->n && more && err == SV_OK; at++)
        err = fn(ctx, pair_key(t->pairs[at]), pair_value(t->pairs[at]), &more);
    return err;
}

static enum sv_err
memory_last(struct store_txn *txn, unsigned table, struct bytes *key,
            struct bytes *value)
{
    const struct table *t = &tables_of(txn)[table];

    if (t->n == 0)
        return SV_ERR_NOT_FOUND;
    *key = pair_key(t->pairs[t->n - 1]);
    *value = pair_value(t->pairs[t->n - 1]);
    return SV_OK;
}

static const struct store_ops memory_ops = {
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .abort = memory_abort,
    .snapshot = memory_snapshot,
    .get = memory_get,
    .put = memory_put,
    .del = memory_delete,
    .scan = memory_scan,
    .last = memory_last,
};

enum sv_err
store_memory_open(unsigned n_tables, struct store **out)
{
    struct memory *m;

    if (n_tables == 0 || n_tables > STORE_TABLES_MAX)
        return SV_ERR_RANGE;
    m = calloc(1, sizeof *m);
    if (m == NULL)
        return SV_ERR_NOMEM;
    m->base.ops = &memory_ops;
    m->base.n_tables = n_tables;
    *out = &m->base;
    return SV_OK;
}
