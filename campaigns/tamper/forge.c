#include "campaigns/tamper/forge.h"

#include "base/codec.h"

struct opened {
    struct store *store;
    struct store_txn *txn;
    struct tables tables;
};

static void
open_rows(const struct world *w, const char *dir, struct opened *o)
{
    assert_ok(store_lmdb_open(dir, TABLES_N, false, &o->store));
    assert_ok(store_begin(o->store, STORE_WRITE, &o->txn));
    o->tables = (struct tables){o->txn, &w->o.gate_keys.storage,
                                &w->o.config.rng, NULL};
}

static void
close_rows(struct opened *o)
{
    assert_ok(store_commit(&o->txn));
    store_close(o->store);
}

static struct buf
value_of(const struct opened *o, enum table_id table, struct bytes key)
{
    struct buf value = BUF_INIT;
    enum sv_err err = tables_get(&o->tables, table, key, &value);

    assert_true(err == SV_OK || err == SV_ERR_NOT_FOUND);
    return value;
}

struct keys {
    size_t n;
    struct buf at[1024];
};

static enum sv_err
note_key(void *ctx, struct bytes key, struct bytes value, bool damaged,
         bool *more)
{
    struct keys *k = ctx;

    (void)value;
    (void)damaged;
    (void)more;
    assert_true(k->n < sizeof k->at / sizeof k->at[0]);
    return buf_append(&k->at[k->n++], key);
}

static bool
empty_table(const struct opened *o, enum table_id table)
{
    struct keys *k = calloc(1, sizeof *k);
    struct bytes all = bytes_of("", 0);
    bool any;

    assert_non_null(k);
    assert_ok(tables_scan(&o->tables, table, all, all, note_key, k));
    any = k->n > 0;
    for (size_t i = 0; i < k->n; i++) {
        assert_ok(tables_delete(&o->tables, table, buf_bytes(&k->at[i])));
        buf_free(&k->at[i]);
    }
    free(k);
    return any;
}

/* Put this value under this key, unless it is there. */
static bool
put(const struct opened *o, enum table_id table, struct bytes key,
    struct bytes value)
{
    struct buf was = BUF_INIT;
    enum sv_err err = tables_get(&o->tables, table, key, &was);
    bool same = err == SV_OK && bytes_equal(buf_bytes(&was), value);

    buf_free(&was);
    if (!same)
        assert_ok(tables_put(&o->tables, table, key, value));
    return !same;
}

static bool
forge_row(const struct world *w, struct opened *o, char *const words[],
          struct bytes key)
{
    enum table_id table = (enum table_id)strtoul(words[1], NULL, 10);
    const char *how = words[0], *more = words[3];
    struct buf value = value_of(o, table, key), other = BUF_INIT;
    bool changed = true;

    if (strcmp(how, "delete") == 0) {
        assert_ok(tables_delete(&o->tables, table, key));
    } else if (strcmp(how, "flip") == 0) {
        unsigned long bit = strtoul(more, NULL, 10);

        assert_true(bit / 8 < value.len);
        value.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
        changed = put(o, table, key, buf_bytes(&value));
    } else if (strcmp(how, "cut") == 0) {
        changed = value.len > 0 &&
                  put(o, table, key, bytes_of(value.ptr, value.len - 1));
    } else if (strcmp(how, "take") == 0) {
        struct buf name = support_unhex(more);

        other = value_of(o, table, buf_bytes(&name));
        changed = put(o, table, key, buf_bytes(&other));
        buf_free(&name);
    } else if (strcmp(how, "older") == 0) {
        struct opened old;

        open_rows(w, more, &old);
        other = value_of(&old, table, key);
        changed = other.len > 0 && put(o, table, key, buf_bytes(&other));
        close_rows(&old);
    } else if (strcmp(how, "add") == 0) {
        struct buf name = support_unhex(more);

        changed = put(o, table, buf_bytes(&name), buf_bytes(&value));
        buf_free(&name);
    } else {
        fail_msg("no such forgery: %s", how);
    }
    buf_free(&value);
    buf_free(&other);
    return changed;
}

bool
forge(const struct world *w, const char *dir, size_t n, char *const words[])
{
    struct opened o;
    bool changed;

    assert_true(n >= 2);
    open_rows(w, dir, &o);
    if (strcmp(words[0], "empty") == 0) {
        changed = empty_table(&o, (enum table_id)strtoul(words[1], NULL, 10));
    } else {
        struct buf key;

        assert_true(n >= 3);
        key = support_unhex(words[2]);
        changed = forge_row(w, &o, words, buf_bytes(&key));
        buf_free(&key);
    }
    close_rows(&o);
    return changed;
}

static enum sv_err
list_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
         bool *more)
{
    const unsigned *table = ctx;
    char hex[2 * STORE_KEY_MAX + 1];

    (void)more;
    assert_false(damaged);
    text_hex(key, hex);
    (void)printf("%u %s %zu\n", *table, hex, value.len);
    return SV_OK;
}

void
forge_list(const struct world *w, const char *dir)
{
    struct bytes all = bytes_of("", 0);
    struct opened o;

    open_rows(w, dir, &o);
    for (unsigned i = 0; i < TABLES_N; i++)
        assert_ok(
            tables_scan(&o.tables, (enum table_id)i, all, all, list_row, &i));
    close_rows(&o);
    (void)printf("\n");
    (void)fflush(stdout);
}
