#include <string.h>

#include "vault/gate_internal.h"
#include "vault/schema.h"

/*
 * The search index: for each token of a record type's newest content, which
 * records have it.  The gate sees tokens, not words.
 */

void
token_key(unsigned column, const uint8_t *token, const struct handle *h,
          uint8_t out[static TOKEN_KEY_LEN])
{
    out[0] = (uint8_t)column;
    memcpy(out + 1, token, TOKEN_BYTES);
    memcpy(out + 1 + TOKEN_BYTES, h->b, HANDLE_LEN);
}

/* ---- what is in it ---- */

static void
note_searched(struct gate *g, const struct schema *schema)
{
    for (size_t i = 0; i < schema_types(schema); i++) {
        const struct schema_type *type = schema_type_at(schema, i);
        const struct schema_compartment *sc = schema_searched(type);
        int column =
            sc == NULL ? -1
                       : policy_column(&g->roster.policy, type->name, sc->name);

        if (column >= 0)
            g->searched[column] = true;
    }
    g->knows_searched = true;
}

/* The program's own schema where the vault has the same. */
static enum sv_err
load_searched(struct gate *g, const struct tables *t)
{
    struct schema_source source = schema_builtin();
    struct schema *schema = NULL;
    struct buf raw = BUF_INIT;
    struct diag where = {0};
    uint8_t hash[DIGEST_LEN];
    enum sv_err err = SV_OK;

    schema_hash(source, hash);
    if (!bytes_equal(BYTES(hash), BYTES(g->roster.schema_hash)))
        err = schema_row_load(t, &g->roster, &raw, &source);
    if (err == SV_OK)
        err = schema_load(source, &schema, &where);
    if (err == SV_OK)
        note_searched(g, schema);
    schema_free(schema);
    buf_free(&raw);
    return err_verdict(err, SV_ERR_TAMPERED);
}

enum sv_err
index_is_of(struct gate *g, const struct tables *t, unsigned column, bool *is)
{
    enum sv_err err = g->knows_searched ? SV_OK : load_searched(g, t);

    *is = err == SV_OK && g->searched[column];
    return err;
}

/* ---- keeping it ---- */

typedef enum sv_err (*token_fn)(const struct tables *t, struct bytes key);

static enum sv_err
put_token(const struct tables *t, struct bytes key)
{
    return tables_put(t, TABLE_TOKEN, key, bytes_of("", 0));
}

/* One that an addition and the version before it share is gone already. */
static enum sv_err
delete_token(const struct tables *t, struct bytes key)
{
    enum sv_err err = tables_delete(t, TABLE_TOKEN, key);

    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

static enum sv_err
for_each(const struct tables *t, unsigned column, const struct handle *h,
         const struct posting *p, token_fn fn)
{
    uint8_t key[TOKEN_KEY_LEN];
    enum sv_err err = SV_OK;

    if (p->unique != NULL) {
        token_key(column, p->unique, h, key);
        err = fn(t, BYTES(key));
    }
    for (unsigned i = 0; i < p->n && err == SV_OK; i++) {
        token_key(column, p->tokens + (size_t)i * TOKEN_BYTES, h, key);
        err = fn(t, BYTES(key));
    }
    return err;
}

enum sv_err
index_put(const struct tables *t, unsigned column, const struct handle *h,
          const struct posting *p)
{
    return for_each(t, column, h, p, put_token);
}

enum sv_err
index_remove(const struct tables *t, unsigned column, const struct handle *h,
             const struct posting *p)
{
    return for_each(t, column, h, p, delete_token);
}

/* ---- looking in it ---- */

struct finding {
    index_found_fn fn;
    void *ctx;
};

static enum sv_err
found_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
          bool *more)
{
    const struct finding *f = ctx;
    struct handle h;

    (void)value;
    if (damaged || key.len != TOKEN_KEY_LEN)
        return SV_ERR_TAMPERED;
    memcpy(h.b, key.ptr + 1 + TOKEN_BYTES, HANDLE_LEN);
    return f->fn(f->ctx, &h, more);
}

enum sv_err
index_find(const struct tables *t, unsigned column, const uint8_t *token,
           index_found_fn fn, void *ctx)
{
    struct finding f = {fn, ctx};
    uint8_t prefix[1 + TOKEN_BYTES];

    prefix[0] = (uint8_t)column;
    memcpy(prefix + 1, token, TOKEN_BYTES);
    return tables_scan(t, TABLE_TOKEN, BYTES(prefix), bytes_of("", 0),
                       found_row, &f);
}

struct other {
    const struct handle *own;
    bool found;
};

static enum sv_err
note_other(void *ctx, const struct handle *h, bool *more)
{
    struct other *o = ctx;

    if (memcmp(h->b, o->own->b, HANDLE_LEN) != 0) {
        o->found = true;
        *more = false;
    }
    return SV_OK;
}

enum sv_err
index_is_taken(const struct tables *t, unsigned column, const struct handle *h,
               const struct posting *p, bool *taken)
{
    struct other o = {h, false};
    enum sv_err err = SV_OK;

    if (p->unique != NULL)
        err = index_find(t, column, p->unique, note_other, &o);
    *taken = o.found;
    return err;
}
