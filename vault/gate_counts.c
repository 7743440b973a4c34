#include "vault/gate_counts.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/arena.h"
#include "vault/gate_ledger.h"

/*
 * Counts.  The officer lends the keys of what is counted for this request
 * alone; the gate opens row after row, hands each to what counts, and
 * forgets it.  No row leaves this file.
 */

/* A key that was lent; all of them in locked memory. */
struct lent_key {
    unsigned column;
    uint32_t epoch;
    struct box_public pub;
    struct box_secret secret;
    struct ps1_receiver receiver;
};

void
count_end(struct count *c)
{
    if (c->run != NULL)
        c->with->free(c->run);
    schema_free(c->schema);
    arena_free(c->room);
    counting_body_clear(&c->body);
    wipe(c, sizeof *c);
}

/* ---- what was lent ---- */

static struct lent_key *
find_key(const struct count *c, unsigned column, uint32_t epoch)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->keys[i].column == column && c->keys[i].epoch == epoch)
            return &c->keys[i];
    }
    return NULL;
}

/* Sealed to the gate for this very request, and the key that it says. */
static enum sv_err
take_key(struct count *c, const struct counting_key *from)
{
    const struct gate *g = c->a->gate;
    const struct policy *p = &g->roster.policy;
    int role = policy_role(p, c->a->request.role);
    int column = policy_column(p, from->type, from->compartment);
    struct buf context = BUF_INIT, plain = BUF_INIT;
    struct lent_key *k = &c->keys[c->n];
    const struct roster_key *known;
    struct box_public own, pub = {{0}};
    enum sv_err err;

    if (role < 0 || column < 0 ||
        (p->roles[role].cells[column] & CELL_LENDS) == 0 ||
        find_key(c, (unsigned)column, from->epoch) != NULL)
        return SV_ERR_INPUT;
    known = roster_key_epoch(&g->roster, (unsigned)column, from->epoch);
    if (known == NULL)
        return SV_ERR_INPUT;
    memcpy(own.b, g->roster.gate_box, sizeof own.b);
    err = counting_lend_context(&g->roster.vault, c->a->request.id, from,
                                &context);
    if (err == SV_OK)
        err = ps1_open(&g->keys->box, &own, "lend", buf_bytes(&context),
                       from->sealed, &plain);
    if (err == SV_OK) {
        memcpy(k->secret.b, plain.ptr, sizeof k->secret.b);
        err = box_public_of(&k->secret, &pub);
    }
    buf_free(&context);
    buf_free(&plain);
    if (err == SV_ERR_NOMEM)
        return err;
    if (err != SV_OK || !bytes_equal(BYTES(pub.b), BYTES(known->pub)))
        return SV_ERR_INPUT;
    k->pub = pub;
    k->column = (unsigned)column;
    k->epoch = from->epoch;
    c->n++;
    return SV_OK;
}

/* Are versions in this column counted? */
static bool
counts_column(const struct count *c, unsigned column)
{
    const struct policy_column *col =
        &c->a->gate->roster.policy.columns[column];
    const char *counted = c->with->compartment(c->run, col->type);

    return counted != NULL && strcmp(counted, col->compartment) == 0;
}

/* Would this version, of whatever day, be left out? */
static enum sv_err
check_version(void *ctx, struct bytes key, struct bytes value, bool damaged,
              bool *more)
{
    const struct count *c = ctx;
    struct stored_version v;
    struct envelope_header h;
    unsigned column;

    (void)more;
    if (damaged || key.len != VERSION_KEY_LEN ||
        version_decode(value, &v) != SV_OK ||
        envelope_header_decode(v.env.header, &h) != SV_OK)
        return SV_ERR_TAMPERED;
    column = key.ptr[HANDLE_LEN];
    if (column >= c->a->gate->roster.policy.n_columns)
        return SV_ERR_TAMPERED;
    return counts_column(c, column) && find_key(c, column, h.epoch) == NULL
               ? SV_ERR_INPUT
               : SV_OK;
}

/*
 * A count with rows left out would be a wrong figure.  Of the keys that were
 * replaced one may be missing if nothing was ever sealed to it: who made it
 * handed over a false one, and must not have ended all counts by that.
 * Versions of every day are looked at, so that the answer does not tell when
 * there were any.
 */
static enum sv_err
check_all_keys(struct count *c)
{
    const struct roster *r = &c->a->gate->roster;
    struct bytes none = bytes_of("", 0);
    bool missing = false;

    for (unsigned i = 0; i < r->policy.n_columns; i++) {
        uint32_t last = roster_key(r, i)->epoch;

        if (!counts_column(c, i))
            continue;
        if (find_key(c, i, last) == NULL)
            return SV_ERR_INPUT;
        for (uint32_t e = 1; e < last; e++)
            missing = missing || find_key(c, i, e) == NULL;
    }
    return missing ? tables_scan(&c->a->tables, TABLE_VERSION, none, none,
                                 check_version, c)
                   : SV_OK;
}

static enum sv_err
take_keys(struct count *c)
{
    size_t len = (c->body.n > 0 ? c->body.n : 1) * sizeof *c->keys;
    void *keys = NULL;
    enum sv_err err = arena_new(len, &c->room);

    if (err == SV_OK)
        err = secret_new(c->room, len, &keys);
    c->keys = keys;
    for (unsigned i = 0; i < c->body.n && err == SV_OK; i++)
        err = take_key(c, &c->body.keys[i]);
    return err != SV_OK ? err : check_all_keys(c);
}

/* ---- rows ---- */

/* The record's own number, the same in every count and known to nobody. */
static uint64_t
number_of(const struct count *c, const struct handle *h)
{
    uint8_t tag[MAC_LEN];
    struct reader r;

    mac(c->record_key, "sv/v1/record", BYTES(h->b), tag);
    r = reader_of(BYTES(tag));
    return reader_u64(&r);
}

/* Are these, without the gate's lock, the bytes that its author signed? */
static bool
is_as_stored(const struct stored_version *v)
{
    uint8_t hash[DIGEST_LEN];

    envelope_hash(&v->env, hash);
    return bytes_equal(BYTES(hash), BYTES(v->hash));
}

/* One version's content laid under what is newer.  An addition that its author
 * made so that it does not open adds nothing, as for every reader. */
static enum sv_err
fold_version(struct count *c, unsigned column,
             const struct schema_compartment *sc, struct stored_version *v,
             const struct envelope_header *h, struct content *newer)
{
    const struct gate *g = c->a->gate;
    struct lent_key *key = find_key(c, column, h->epoch);
    struct buf inner = BUF_INIT, plain = BUF_INIT;
    struct content older = {0};
    enum sv_err err = key == NULL ? SV_ERR_TAMPERED : SV_OK;
    bool passed;

    if (err == SV_OK)
        err = envelope_unlock(&g->keys->outer, g->keys->epoch, &v->env, &inner);
    v->env.lock = buf_bytes(&inner);
    if (err == SV_OK)
        err = envelope_open(&key->receiver, &key->secret, &key->pub, &v->env,
                            &plain);
    if (err == SV_OK)
        err = content_decode(sc, buf_bytes(&plain), &older);
    passed = h->addition && inner.len > 0 &&
             (err == SV_ERR_TAMPERED || err == SV_ERR_FORMAT) &&
             is_as_stored(v);
    if (err == SV_OK && newer->fields != NULL)
        err = content_fold(&older, newer);
    if (err == SV_OK) {
        content_free(newer);
        *newer = older;
        older = (struct content){0};
    }
    content_free(&older);
    buf_free(&inner);
    buf_free(&plain);
    return passed ? SV_OK : err_verdict(err, SV_ERR_TAMPERED);
}

/* The content as it was then: the last full version of that time and the
 * additions after it.  *out stays zeroed where there was none. */
static enum sv_err
content_then(struct count *c, const struct handle *record,
             const struct record_column *col,
             const struct schema_compartment *sc, struct content *out)
{
    enum sv_err err = SV_OK;
    bool full = false;

    for (uint64_t n = col->version; n > 0 && err == SV_OK && !full; n--) {
        struct buf row = BUF_INIT;
        struct stored_version v;
        struct envelope_header h;
        uint8_t key[VERSION_KEY_LEN];

        version_key(record, col->column, n, key);
        err = tables_get(&c->a->tables, TABLE_VERSION, BYTES(key), &row);
        if (err == SV_OK)
            err = version_decode(buf_bytes(&row), &v);
        if (err == SV_OK && v.time_ms <= c->as_of_ms) {
            err = envelope_header_decode(v.env.header, &h);
            if (err == SV_OK)
                err = fold_version(c, col->column, sc, &v, &h, out);
            full = err == SV_OK && !h.addition;
        }
        buf_free(&row);
    }
    if (err == SV_ERR_NOT_FOUND || err == SV_ERR_FORMAT ||
        (err == SV_OK && !full && out->fields != NULL))
        err = SV_ERR_TAMPERED;
    return err;
}

static enum sv_err
count_record(struct count *c, const struct handle *record,
             struct record_state *s, const char *compartment)
{
    const struct policy *p = &c->a->gate->roster.policy;
    const struct schema_type *type = schema_type(c->schema, s->type);
    const struct schema_compartment *sc =
        type != NULL ? schema_compartment(type, compartment, NULL) : NULL;
    int column = policy_column(p, s->type, compartment);
    const struct record_column *col =
        column >= 0 ? record_column(s, (unsigned)column) : NULL;
    struct content content = {0};
    enum sv_err err;

    if (sc == NULL || col == NULL)
        return SV_ERR_TAMPERED;
    err = content_then(c, record, col, sc, &content);
    if (err == SV_OK && content.fields != NULL)
        err = c->with->row(c->run, s->type, number_of(c, record), &content);
    content_free(&content); /* wipes */
    return err;
}

static enum sv_err
count_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
          bool *more)
{
    struct count *c = ctx;
    const char *compartment;
    struct record_state s;
    struct handle h;
    enum sv_err err;

    (void)key;
    (void)more;
    if (damaged || value.len != HANDLE_LEN)
        return SV_ERR_TAMPERED;
    memcpy(h.b, value.ptr, HANDLE_LEN);
    err = record_load(&c->a->tables, &h, &s);
    if (err != SV_OK)
        return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
    compartment = c->with->compartment(c->run, s.type);
    if (compartment == NULL || s.created_ms > c->as_of_ms)
        return SV_OK;
    return count_record(c, &h, &s, compartment);
}

/* ---- what was released before ---- */

static enum sv_err
open_snapshot(void *ctx, uint64_t number, unsigned column, uint32_t epoch,
              struct bytes sealed)
{
    struct count *c = ctx;
    const struct roster *r = &c->a->gate->roster;
    const struct lent_key *key = find_key(c, column, epoch);
    struct buf context = BUF_INIT, plain = BUF_INIT;
    enum sv_err err;

    if (column >= r->policy.n_columns)
        return SV_ERR_TAMPERED;
    if (c->with->compartment(c->run, r->policy.columns[column].type) == NULL)
        return SV_OK;
    /* Excused, as no version needs it; but who requested that release had it.
     */
    if (key == NULL)
        return roster_key_epoch(r, column, epoch) != NULL ? SV_ERR_INPUT
                                                          : SV_ERR_TAMPERED;
    err = release_parcel_context(&r->vault, number, &context);
    if (err == SV_OK)
        err = ps1_open(&key->secret, &key->pub, LEDGER_LABEL,
                       buf_bytes(&context), sealed, &plain);
    if (err == SV_OK)
        err = c->with->earlier(c->run, number, buf_bytes(&plain));
    buf_free(&context);
    buf_free(&plain);
    /* More was released than an audit can hold together: no damage. */
    return err == SV_ERR_RANGE ? err : err_verdict(err, SV_ERR_TAMPERED);
}

enum sv_err
count_earlier(struct count *c)
{
    return ledger_scan(c->a, open_snapshot, c);
}

/* ---- a run ---- */

static enum sv_err
load_schema(struct count *c)
{
    struct buf raw = BUF_INIT;
    struct schema_source source;
    struct diag where = {0};
    enum sv_err err =
        schema_row_load(&c->a->tables, &c->a->gate->roster, &raw, &source);

    if (err == SV_OK)
        err = schema_load(source, &c->schema, &where);
    buf_free(&raw);
    return err_verdict(err, SV_ERR_TAMPERED);
}

enum sv_err
count_run(struct act *a, struct count *c)
{
    struct bytes none = bytes_of("", 0);
    struct diag where = {0};
    uint8_t hash[DIGEST_LEN];
    enum sv_err err;

    memset(c, 0, sizeof *c);
    c->a = a;
    c->with = a->gate->config.counting;
    counting_body_hash(a->body, hash);
    if (c->with == NULL || !bytes_equal(BYTES(hash), BYTES(a->request.body)))
        return SV_ERR_INPUT;
    err = counting_body_decode(a->body, &c->body);
    if (err != SV_OK)
        return err_verdict(err, SV_ERR_INPUT);
    kdf_derive(a->gate->keys->root, "gate/record", c->record_key);
    err = load_schema(c);
    if (err == SV_OK)
        err = c->with->begin(c->with->ctx, c->schema, c->body.spec, a->time_ms,
                             &c->run, &where);
    if (err == SV_OK)
        err = take_keys(c);
    if (err != SV_OK)
        return err;
    c->as_of_ms = c->with->as_of_ms(c->run);
    return tables_scan(&a->tables, TABLE_CREATED, none, none, count_row, c);
}

/* Also where it came to too much, which may tell something of the records. */
enum sv_err
count_not_made(struct act *a, enum sv_err err)
{
    static const struct {
        enum sv_err err;
        enum entry_outcome outcome;
    } outcomes[] = {
        {SV_ERR_INPUT, OUTCOME_INVALID},
        {SV_ERR_DENIED, OUTCOME_UNSAFE},
        {SV_ERR_RANGE, OUTCOME_TOO_LARGE},
        {SV_ERR_CONFLICT, OUTCOME_INFEASIBLE},
        {SV_ERR_UNVERIFIED, OUTCOME_UNPROVED},
    };

    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (outcomes[i].err != err)
            continue;
        buf_truncate(&a->answer, 0);
        a->entry.outcome = outcomes[i].outcome;
        a->entry.n_results = 0;
        return SV_OK;
    }
    return err;
}

/* ---- previews ---- */

enum sv_err
act_preview_apply(struct act *a)
{
    struct count *c = malloc(sizeof *c);
    uint8_t round_key[KDF_KEY_LEN];
    enum sv_err err;

    if (c == NULL)
        return SV_ERR_NOMEM;
    err = count_run(a, c);
    if (err == SV_OK && (c->body.basis.len > 0 || c->body.has_recipient))
        err = SV_ERR_INPUT; /* a preview is for nobody else */
    if (err == SV_OK) {
        kdf_derive(a->gate->keys->root, "gate/round", round_key);
        err = c->with->preview(c->run, round_key, &a->answer);
        wipe(round_key, sizeof round_key);
    }
    count_end(c);
    free(c);
    return count_not_made(a, err == SV_ERR_RANGE ? SV_ERR_INPUT : err);
}
