#include "vault/tables.h"

#include <string.h>

#define LABEL "row"

/* u8 table, key. */
static struct bytes
context_of(enum table_id table, struct bytes key,
           uint8_t out[static 1 + STORE_KEY_MAX])
{
    out[0] = (uint8_t)table;
    memcpy(out + 1, key.ptr, key.len);
    return bytes_of(out, 1 + key.len);
}

enum sv_err
tables_get(const struct tables *t, enum table_id table, struct bytes key,
           struct buf *out)
{
    uint8_t context[1 + STORE_KEY_MAX];
    struct bytes box;
    enum sv_err err = store_get(t->txn, table, key, &box);

    if (err != SV_OK)
        return err;
    return cb1_open(t->key->b, LABEL, context_of(table, key, context), box,
                    out);
}

enum sv_err
tables_check(const struct tables *t, enum table_id table, struct bytes key,
             struct bytes box)
{
    uint8_t context[1 + STORE_KEY_MAX];
    struct buf value = BUF_INIT;
    enum sv_err err = cb1_open(t->key->b, LABEL,
                               context_of(table, key, context), box, &value);

    buf_free(&value);
    return err;
}

enum sv_err
tables_put(const struct tables *t, enum table_id table, struct bytes key,
           struct bytes value)
{
    uint8_t context[1 + STORE_KEY_MAX];
    struct buf box = BUF_INIT;
    enum sv_err err;

    if (key.len > STORE_KEY_MAX)
        return SV_ERR_RANGE;
    err = cb1_seal(t->rng, t->key->b, LABEL, context_of(table, key, context),
                   value, &box);
    if (err == SV_OK)
        err = store_put(t->txn, table, key, buf_bytes(&box));
    buf_free(&box);
    return err;
}

enum sv_err
tables_delete(const struct tables *t, enum table_id table, struct bytes key)
{
    return store_delete(t->txn, table, key);
}

struct scan {
    const struct tables *t;
    enum table_id table;
    struct bytes prefix;
    tables_scan_fn fn;
    void *ctx;
    enum sv_err err; /* the callback's: it ends the scan, and is no error of
                      * the whole transaction */
};

static enum sv_err
scan_row(void *ctx, struct bytes key, struct bytes box, bool *more)
{
    struct scan *s = ctx;
    uint8_t context[1 + STORE_KEY_MAX];
    struct buf value = BUF_INIT;
    enum sv_err err;

    if (key.len < s->prefix.len ||
        !bytes_equal(bytes_slice(key, 0, s->prefix.len), s->prefix)) {
        *more = false;
        return SV_OK;
    }
    err = cb1_open(s->t->key->b, LABEL, context_of(s->table, key, context), box,
                   &value);
    if (err == SV_OK || err == SV_ERR_TAMPERED) {
        s->err = s->fn(s->ctx, key, buf_bytes(&value), err != SV_OK, more);
        err = SV_OK;
    }
    if (s->err != SV_OK)
        *more = false;
    buf_free(&value);
    return err;
}

enum sv_err
tables_scan(const struct tables *t, enum table_id table, struct bytes prefix,
            struct bytes from, tables_scan_fn fn, void *ctx)
{
    struct scan s = {t, table, prefix, fn, ctx, SV_OK};
    enum sv_err err =
        store_scan(t->txn, table, from.len > 0 ? from : prefix, scan_row, &s);

    return err != SV_OK ? err : s.err;
}

enum sv_err
tables_has(const struct tables *t, enum table_id table, struct bytes key,
           bool *has)
{
    struct buf value = BUF_INIT;
    enum sv_err err = tables_get(t, table, key, &value);

    buf_free(&value);
    if (err == SV_ERR_NOT_FOUND) {
        *has = false;
        return SV_OK;
    }
    if (err == SV_OK)
        *has = true;
    return err;
}
