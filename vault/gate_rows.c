#include <string.h>

#include "vault/gate_internal.h"

enum sv_err
schema_row_load(const struct tables *t, const struct roster *roster,
                struct buf *raw, struct schema_source *out)
{
    struct schema_source source = {.json = {NULL, 0}};
    uint8_t hash[DIGEST_LEN];
    struct reader r;
    enum sv_err err = tables_get(t, TABLE_META, bytes_text(META_SCHEMA), raw);

    if (err != SV_OK)
        return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
    r = reader_of(buf_bytes(raw));
    source.json = reader_long(&r, raw->len);
    source.codes = reader_long(&r, raw->len);
    if (reader_end(&r) != SV_OK)
        return SV_ERR_TAMPERED;
    schema_hash(source, hash);
    if (!bytes_equal(BYTES(hash), BYTES(roster->schema_hash)))
        return SV_ERR_TAMPERED;
    *out = source;
    return SV_OK;
}

enum sv_err
record_state_decode(struct bytes raw, struct record_state *out)
{
    struct record_state s = {0};
    struct reader r = reader_of(raw);
    enum sv_err err;

    reader_name(&r, s.type, sizeof s.type);
    reader_name(&r, s.creator, sizeof s.creator);
    s.index = reader_u64(&r);
    s.created_ms = reader_u64(&r);
    s.changed_ms = reader_u64(&r);
    s.n = reader_u8(&r);
    if (s.n > POLICY_COLUMNS_MAX)
        return SV_ERR_TAMPERED;
    for (unsigned i = 0; i < s.n; i++) {
        s.at[i].column = reader_u8(&r);
        if (s.at[i].column >= POLICY_COLUMNS_MAX)
            reader_fail(&r);
        s.at[i].version = reader_u64(&r);
        s.at[i].full = reader_u64(&r);
        reader_copy(&r, s.at[i].hash, sizeof s.at[i].hash);
    }
    err = reader_end(&r);
    if (err == SV_OK)
        *out = s;
    /* It opened under the storage key: another content is our own fault or
     * somebody's who has that key. */
    return err == SV_ERR_FORMAT ? SV_ERR_TAMPERED : err;
}

enum sv_err
record_load(const struct tables *t, const struct handle *h,
            struct record_state *out)
{
    struct buf raw = BUF_INIT;
    enum sv_err err = tables_get(t, TABLE_RECORD, BYTES(h->b), &raw);

    if (err == SV_OK)
        err = record_state_decode(buf_bytes(&raw), out);
    buf_free(&raw);
    return err;
}

enum sv_err
record_store(const struct tables *t, const struct handle *h,
             const struct record_state *r)
{
    struct buf raw = BUF_INIT;
    struct writer w = writer_to(&raw);
    enum sv_err err;

    writer_name(&w, r->type);
    writer_name(&w, r->creator);
    writer_u64(&w, r->index);
    writer_u64(&w, r->created_ms);
    writer_u64(&w, r->changed_ms);
    writer_u8(&w, (uint8_t)r->n);
    for (unsigned i = 0; i < r->n; i++) {
        writer_u8(&w, r->at[i].column);
        writer_u64(&w, r->at[i].version);
        writer_u64(&w, r->at[i].full);
        writer_bytes(&w, BYTES(r->at[i].hash));
    }
    err = writer_end(&w);
    if (err == SV_OK)
        err = tables_put(t, TABLE_RECORD, BYTES(h->b), buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

enum sv_err
act_find_record(struct act *a, struct record_state *out)
{
    enum sv_err err = record_load(&a->tables, &a->request.record, out);

    if (err == SV_OK && strcmp(out->type, a->request.type) != 0)
        err = SV_ERR_NOT_FOUND;
    if (err == SV_ERR_NOT_FOUND)
        a->entry.outcome = OUTCOME_NOT_FOUND;
    return err;
}

struct record_column *
record_column(struct record_state *r, unsigned column)
{
    for (unsigned i = 0; i < r->n; i++) {
        if (r->at[i].column == column)
            return &r->at[i];
    }
    return NULL;
}

void
version_key(const struct handle *h, unsigned column, uint64_t version,
            uint8_t out[static VERSION_KEY_LEN])
{
    memcpy(out, h->b, HANDLE_LEN);
    out[HANDLE_LEN] = (uint8_t)column;
    put_u64(out + HANDLE_LEN + 1, version);
}

enum sv_err
version_encode(const struct stored_version *v, struct buf *out)
{
    struct writer w = writer_to(out);
    enum sv_err err;

    writer_u64(&w, v->index);
    writer_u64(&w, v->time_ms);
    writer_bytes(&w, BYTES(v->hash));
    writer_u64(&w, v->position);
    writer_u64(&w, v->n_items);
    writer_medium(&w, v->path);
    err = writer_end(&w);
    return err != SV_OK ? err : envelope_encode(&v->env, out);
}

enum sv_err
version_decode(struct bytes raw, struct stored_version *out)
{
    struct stored_version v = {0};
    struct reader r = reader_of(raw);
    struct bytes rest;
    enum sv_err err;

    v.index = reader_u64(&r);
    v.time_ms = reader_u64(&r);
    reader_copy(&r, v.hash, sizeof v.hash);
    v.position = reader_u64(&r);
    v.n_items = reader_u64(&r);
    v.path = reader_medium(&r, UINT16_MAX);
    rest = reader_rest(&r);
    err = reader_end(&r);
    if (err == SV_OK)
        err = envelope_decode(&rest, &v.env);
    if (err == SV_OK && rest.len > 0)
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        *out = v;
    return err == SV_OK ? SV_OK : SV_ERR_TAMPERED;
}

static void
assigned_key(uint32_t person, const struct handle *h,
             uint8_t out[static ASSIGN_KEY_LEN])
{
    put_u32(out, person);
    memcpy(out + 4, h->b, HANDLE_LEN);
}

static void
assignee_key(uint32_t person, const struct handle *h,
             uint8_t out[static ASSIGN_KEY_LEN])
{
    memcpy(out, h->b, HANDLE_LEN);
    put_u32(out + HANDLE_LEN, person);
}

enum sv_err
assignment_get(const struct tables *t, uint32_t person, const struct handle *h,
               bool *assigned)
{
    uint8_t key[ASSIGN_KEY_LEN];

    assigned_key(person, h, key);
    return tables_has(t, TABLE_ASSIGNED, BYTES(key), assigned);
}

enum sv_err
assignment_put(const struct tables *t, uint32_t person, const struct handle *h)
{
    uint8_t key[ASSIGN_KEY_LEN];
    enum sv_err err;

    assigned_key(person, h, key);
    err = tables_put(t, TABLE_ASSIGNED, BYTES(key), bytes_of(NULL, 0));
    if (err != SV_OK)
        return err;
    assignee_key(person, h, key);
    return tables_put(t, TABLE_ASSIGNEE, BYTES(key), bytes_of(NULL, 0));
}

enum sv_err
assignment_delete(const struct tables *t, uint32_t person,
                  const struct handle *h)
{
    uint8_t key[ASSIGN_KEY_LEN];
    enum sv_err err;

    assigned_key(person, h, key);
    err = tables_delete(t, TABLE_ASSIGNED, BYTES(key));
    if (err != SV_OK)
        return err;
    assignee_key(person, h, key);
    return tables_delete(t, TABLE_ASSIGNEE, BYTES(key));
}

uint32_t
person_index(const struct roster *r, const char *name)
{
    return (uint32_t)(roster_person(r, name) - r->persons);
}

/* The newest first: scans go upwards. */
void
created_key(uint64_t index, uint8_t out[static 8])
{
    put_u64(out, UINT64_MAX - index);
}
