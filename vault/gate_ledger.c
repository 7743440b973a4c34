#include "vault/gate_ledger.h"

#include <string.h>

#include "crypto/digest.h"

/*
 * The ledger of releases: what each of them told the world, kept for the
 * next one.  A row is written when a release is requested, counts once it is
 * approved, and is deleted when it is refused.  It is sealed to the key of
 * the compartment that it was counted from: with the gate's keys alone
 * nobody reads it, and every count brings that key along.
 */
#define ROW_KEY_LEN 9 /* u64 number, u8 column */

/* ---- the hash that the log has ---- */

struct hashing {
    struct digest digest;
    size_t n;
};

static void
hash_row(struct hashing *h, unsigned column, struct bytes value)
{
    uint8_t head[5];

    head[0] = (uint8_t)column;
    put_u32(head + 1, (uint32_t)value.len);
    digest_add(&h->digest, BYTES(head));
    digest_add(&h->digest, value);
    h->n++;
}

static enum sv_err
hash_stored(void *ctx, struct bytes key, struct bytes value, bool damaged,
            bool *more)
{
    struct hashing *h = ctx;

    (void)more;
    if (damaged || key.len != ROW_KEY_LEN)
        return SV_ERR_TAMPERED;
    hash_row(h, key.ptr[8], value);
    return SV_OK;
}

enum sv_err
ledger_check(const struct tables *t, uint64_t number,
             const struct release_state *s)
{
    struct hashing h = {.n = 0};
    uint8_t prefix[8], hash[DIGEST_LEN];
    enum sv_err err;

    put_u64(prefix, number);
    digest_begin(&h.digest, LEDGER_HASH_LABEL);
    err = tables_scan(t, TABLE_LEDGER, BYTES(prefix), BYTES(prefix),
                      hash_stored, &h);
    digest_end(&h.digest, hash);
    if (err != SV_OK)
        return err;
    if (s->refused)
        return h.n == 0 ? SV_OK : SV_ERR_TAMPERED;
    return bytes_equal(BYTES(hash), BYTES(s->ledger)) ? SV_OK : SV_ERR_TAMPERED;
}

/* ---- writing ---- */

static enum sv_err
put_snapshot(const struct act *a, struct hashing *h, unsigned column,
             struct bytes snapshot)
{
    const struct gate *g = a->gate;
    struct buf context = BUF_INIT, row = BUF_INIT;
    struct writer w = writer_to(&row);
    struct box_public to;
    const struct roster_key *k = roster_key(&g->roster, column);
    uint8_t key[ROW_KEY_LEN];
    enum sv_err err;

    memcpy(to.b, k->pub, sizeof to.b);
    writer_u32(&w, k->epoch);
    err = writer_end(&w);
    if (err == SV_OK)
        err = release_parcel_context(&g->roster.vault, a->index, &context);
    if (err == SV_OK)
        err = ps1_seal(&g->config.rng, &to, LEDGER_LABEL, buf_bytes(&context),
                       snapshot, &row);
    put_u64(key, a->index);
    key[8] = (uint8_t)column;
    if (err == SV_OK)
        err = tables_put(&a->tables, TABLE_LEDGER, BYTES(key), buf_bytes(&row));
    if (err == SV_OK)
        hash_row(h, column, buf_bytes(&row));
    buf_free(&context);
    buf_free(&row);
    return err;
}

/* The snapshot of this column's type, if the column is what was counted. */
static const struct counting_snapshot *
snapshot_of(const struct policy_column *col, const char *counted,
            const struct counting_result *r)
{
    if (counted == NULL || strcmp(counted, col->compartment) != 0)
        return NULL;
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->snapshots[i].type, col->type) == 0)
            return &r->snapshots[i];
    }
    return NULL;
}

enum sv_err
ledger_put(const struct act *a, const struct counting *with,
           const struct counting_run *run, const struct counting_result *r,
           uint8_t hash[static DIGEST_LEN])
{
    const struct policy *p = &a->gate->roster.policy;
    struct hashing h = {.n = 0};
    enum sv_err err = SV_OK;

    digest_begin(&h.digest, LEDGER_HASH_LABEL);
    for (unsigned i = 0; i < p->n_columns && err == SV_OK; i++) {
        const struct policy_column *col = &p->columns[i];
        const struct counting_snapshot *s =
            snapshot_of(col, with->compartment(run, col->type), r);

        if (s != NULL)
            err = put_snapshot(a, &h, i, buf_bytes(&s->bytes));
    }
    digest_end(&h.digest, hash);
    /* What is not in the ledger would be forgotten. */
    return err == SV_OK && h.n != r->n ? SV_ERR_TAMPERED : err;
}

enum sv_err
ledger_drop(const struct act *a, uint64_t number)
{
    const struct policy *p = &a->gate->roster.policy;
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < p->n_columns && err == SV_OK; i++) {
        uint8_t key[ROW_KEY_LEN];

        put_u64(key, number);
        key[8] = (uint8_t)i;
        err = tables_delete(&a->tables, TABLE_LEDGER, BYTES(key));
        if (err == SV_ERR_NOT_FOUND)
            err = SV_OK;
    }
    return err;
}

/* ---- reading ---- */

struct reading {
    const struct act *a;
    ledger_open_fn open;
    void *ctx;
};

static enum sv_err
read_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
         bool *more)
{
    const struct reading *r = ctx;
    struct reader row = reader_of(value);
    uint32_t epoch = reader_u32(&row);
    struct bytes sealed = reader_rest(&row);
    struct reader number = reader_of(key);

    (void)more;
    if (damaged || row.failed || key.len != ROW_KEY_LEN)
        return SV_ERR_TAMPERED;
    return r->open(r->ctx, reader_u64(&number), key.ptr[8], epoch, sealed);
}

/* Every row of a release that was approved, once they are all there. */
static enum sv_err
read_release(void *ctx, struct bytes key, struct bytes value, bool damaged,
             bool *more)
{
    const struct reading *r = ctx;
    const struct tables *t = &r->a->tables;
    struct reader at = reader_of(key);
    struct release_state s;
    enum sv_err err;

    (void)more;
    if (damaged || release_state_decode(value, &s) != SV_OK)
        return SV_ERR_TAMPERED;
    if (!release_is_approved(&s))
        return SV_OK;
    err = ledger_check(t, reader_u64(&at), &s);
    return err == SV_OK ? tables_scan(t, TABLE_LEDGER, key, key, read_row, ctx)
                        : err;
}

enum sv_err
ledger_scan(const struct act *a, ledger_open_fn open, void *ctx)
{
    struct reading r = {a, open, ctx};
    struct bytes none = bytes_of("", 0);

    return tables_scan(&a->tables, TABLE_RELEASE, none, none, read_release, &r);
}

/* ---- for decisions ---- */

static enum sv_err
newest(void *ctx, struct bytes key, struct bytes value, bool damaged,
       bool *more)
{
    uint64_t *last = ctx;
    struct release_state s;

    (void)key;
    (void)more;
    if (damaged || release_state_decode(value, &s) != SV_OK)
        return SV_ERR_TAMPERED;
    if (release_is_approved(&s) && s.judged_index > *last)
        *last = s.judged_index;
    return SV_OK;
}

enum sv_err
ledger_last(const struct tables *t, uint64_t *out)
{
    struct bytes none = bytes_of("", 0);
    uint64_t last = 0;
    enum sv_err err = tables_scan(t, TABLE_RELEASE, none, none, newest, &last);

    if (err == SV_OK)
        *out = last;
    return err;
}
