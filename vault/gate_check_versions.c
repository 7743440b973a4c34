#include <stdlib.h>
#include <string.h>

#include "vault/gate_check.h"

/*
 * The log has the hash of a compartment's last version; each version has the
 * hash of the one before it.  Where that chain is broken, what a version
 * brings along (its author's entry, and the path to the root that she signed)
 * says whether it was ever stored.
 */

/* A version as it was found in its place. */
struct found {
    enum sv_err err; /* SV_ERR_NOT_FOUND; SV_ERR_TAMPERED: does not open */
    uint8_t hash[32];
    uint8_t prev[32];
    bool addition;
    uint64_t index; /* its provenance */
    uint64_t time_ms;
    uint64_t position, n_items;
    struct tree_proof path;
};

/* Opens, belongs here, and hashes to what it says. */
static enum sv_err
open_version(struct check *c, const struct handle *h, unsigned column,
             uint64_t version, bool searched, struct found *f)
{
    const struct gate *g = c->a->gate;
    struct buf row = BUF_INIT, inner = BUF_INIT;
    struct stored_version v;
    struct envelope_header header;
    uint8_t key[VERSION_KEY_LEN];
    struct bytes path;
    enum sv_err err;

    version_key(h, column, version, key);
    err = tables_get(&c->a->tables, TABLE_VERSION, BYTES(key), &row);
    if (err == SV_OK)
        err = version_decode(buf_bytes(&row), &v);
    if (err == SV_OK)
        err = envelope_header_decode(v.env.header, &header);
    if (err == SV_OK && searched)
        err = check_want_tokens(c, h, header.type, v.env.tokens);
    if (err == SV_OK)
        err = envelope_unlock(&g->keys->outer, g->keys->epoch, &v.env, &inner);
    if (err == SV_OK) {
        v.env.lock = buf_bytes(&inner);
        envelope_hash(&v.env, f->hash);
        memcpy(f->prev, header.prev, sizeof f->prev);
        f->addition = header.addition;
        f->index = v.index;
        f->time_ms = v.time_ms;
        f->position = v.position;
        f->n_items = v.n_items;
        path = v.path;
        if (!bytes_equal(BYTES(f->hash), BYTES(v.hash)) ||
            memcmp(header.record.b, h->b, HANDLE_LEN) != 0 ||
            header.version != version ||
            tree_proof_decode(&path, &f->path) != SV_OK || path.len > 0)
            err = SV_ERR_TAMPERED;
    }
    buf_free(&row);
    buf_free(&inner);
    return err;
}

/* What its author signed in the entry at index, to c->last; kept as long as
 * the same one is asked for. */
static enum sv_err
load_signed(struct check *c, uint64_t index)
{
    struct request *q;
    struct buf text = BUF_INIT;
    struct entry e;
    enum sv_err err;

    if (c->last.index == index && c->last.is_there)
        return SV_OK;
    c->last = (struct check_signed){.index = index};
    q = calloc(1, sizeof *q);
    err = q == NULL ? SV_ERR_NOMEM : check_load_request(c, index, &text, q);
    if (err == SV_OK)
        err = entry_parse(buf_bytes(&text), &e);
    if (err == SV_OK) {
        c->last.is_there = e.allowed && e.outcome == OUTCOME_DONE;
        c->last.time_ms = e.time_ms;
        c->last.is_import = q->act == ACT_RECORD_IMPORT;
        c->last.n_items = c->last.is_import ? q->count : e.n_results;
        memcpy(c->last.body, q->body, sizeof c->last.body);
    }
    free(q);
    buf_free(&text);
    return check_verdict(err);
}

/* Its author signed for this very version in an entry of the log that was
 * done, and the row says when.  SV_ERR_TAMPERED: no. */
static enum sv_err
check_signed_for(struct check *c, const struct handle *h,
                 const char *compartment, uint64_t version,
                 const struct found *f)
{
    const struct check_signed *s = &c->last;
    struct item item = {.record = *h, .version = version};
    struct hash leaf, root;
    uint64_t n;
    enum sv_err err = load_signed(c, f->index);

    if (err != SV_OK)
        return err;
    n = s->n_items * (s->is_import ? c->n_compartments : 1);
    if (!s->is_there || s->time_ms != f->time_ms || n != f->n_items ||
        text_copy(bytes_text(compartment), item.compartment,
                  sizeof item.compartment) != SV_OK)
        return SV_ERR_TAMPERED;
    memcpy(item.hash, f->hash, sizeof item.hash);
    leaf = item_leaf(&item);
    memcpy(root.b, s->body, sizeof root.b);
    return tree_verify_inclusion(f->position, f->n_items, &leaf, &f->path,
                                 &root);
}

/* Is version v what the log says?  want: its hash, where the one behind it
 * has told; *reason: why not, or NULL. */
static enum sv_err
check_version(struct check *c, const struct handle *h,
              const struct record_column *col, const char *compartment,
              uint64_t v, const uint8_t *want, struct found *f,
              const char **reason)
{
    enum sv_err err = open_version(c, h, col->column, v, v >= col->full, f);

    *reason = NULL;
    if (err == SV_ERR_NOT_FOUND) {
        *reason = N_("is missing");
        return SV_OK;
    }
    err = check_verdict(err);
    if (err == SV_ERR_TAMPERED)
        *reason = N_("is damaged or exchanged");
    if (err == SV_OK && want != NULL &&
        !bytes_equal(BYTES(f->hash), bytes_of(want, sizeof f->hash)))
        err = SV_ERR_TAMPERED;
    if (err == SV_OK)
        err = check_signed_for(c, h, compartment, v, f);
    if (err == SV_ERR_TAMPERED && *reason == NULL)
        *reason = N_("is not what the log says was stored");
    return *reason != NULL ? SV_OK : err;
}

/* From the last one that either side has down to the first. */
static enum sv_err
check_chain(struct check *c, const struct handle *h,
            const struct record_column *col, const char *compartment,
            const struct replay_version *last)
{
    uint8_t want[32];
    bool known = true; /* want is the hash of the version that comes next */
    /* Alone so far, where the row is of the last version. */
    bool additions = col->version == last->version;
    enum sv_err err = SV_OK;

    memcpy(want, last->hash, sizeof want);
    for (uint64_t v = last->version; v > 0 && err == SV_OK; v--) {
        struct found f = {.index = 0};
        const char *reason;

        err = check_version(c, h, col, compartment, v, known ? want : NULL, &f,
                            &reason);
        if (err != SV_OK)
            return err;
        if (reason == NULL && additions && f.addition == (v == col->full))
            reason = N_("is not the last full one, as its row says");
        additions = additions && f.addition && reason == NULL;
        if (reason == NULL && f.time_ms > c->changed_ms)
            c->changed_ms = f.time_ms;
        known = reason == NULL;
        memcpy(want, f.prev, sizeof want);
        err = reason == NULL
                  ? SV_OK
                  : check_find_record(c, h->b, compartment, v, reason);
    }
    return err;
}

enum sv_err
check_column(struct check *c, const struct handle *h,
             const struct record_column *col)
{
    const char *compartment =
        c->a->gate->roster.policy.columns[col->column].compartment;
    uint8_t key[HANDLE_LEN + NAME_SIZE];
    const struct replay_version *last;
    enum sv_err err = SV_OK;

    check_map_key(h->b, compartment, key);
    last = map_get(&c->replay.versions, key);
    if (last == NULL)
        return check_find_record(c, h->b, compartment, col->version,
                                 N_("is not in the log"));
    if (col->version < last->version)
        err = check_find_record(c, h->b, compartment, last->version,
                                N_("is the last that the log has; the store "
                                   "was rolled back to an older one"));
    else if (col->version > last->version ||
             !bytes_equal(BYTES(last->hash), BYTES(col->hash)))
        err = check_find_record(c, h->b, compartment, col->version,
                                N_("is not the version that the log has last"));
    return err == SV_OK ? check_chain(c, h, col, compartment, last) : err;
}

/* ---- What is there beyond that ---- */

static bool
is_logged(const struct check *c, struct bytes key, struct handle *h,
          const char **compartment, uint64_t *version)
{
    const struct policy *p = &c->a->gate->roster.policy;
    struct reader r = reader_of(key);
    uint8_t map_key[HANDLE_LEN + NAME_SIZE];
    const struct replay_version *last;
    uint8_t column;

    reader_copy(&r, h->b, sizeof h->b);
    column = reader_u8(&r);
    *version = reader_u64(&r);
    *compartment = NULL;
    if (reader_end(&r) != SV_OK || column >= p->n_columns)
        return false;
    *compartment = p->columns[column].compartment;
    check_map_key(h->b, *compartment, map_key);
    last = map_get(&c->replay.versions, map_key);
    return last != NULL && *version > 0 && *version <= last->version;
}

/* The key says it all: nothing is opened. */
static enum sv_err
check_key(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct check *c = ctx;
    struct handle h = {{0}};
    const char *compartment;
    uint64_t version;

    (void)value;
    (void)more;
    if (is_logged(c, key, &h, &compartment, &version))
        return SV_OK;
    return compartment == NULL
               ? check_find(c, "versions",
                            N_("a row that does not belong here"))
               : check_find_record(c, h.b, compartment, version,
                                   N_("is not in the log"));
}

enum sv_err
check_versions_added(struct check *c)
{
    return store_scan(c->a->tables.txn, TABLE_VERSION, bytes_of("", 0),
                      check_key, c);
}
