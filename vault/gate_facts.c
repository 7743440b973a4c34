#include <string.h>

#include "vault/gate_ledger.h"

/* ---- rows ---- */

/* It opened under the storage key: another form is our own fault, or that
 * of somebody who has the key. */
static enum sv_err
row_end(const struct reader *r)
{
    enum sv_err err = reader_end(r);

    return err == SV_ERR_FORMAT ? SV_ERR_TAMPERED : err;
}

static bool
get_bool(struct reader *r)
{
    uint8_t v = reader_u8(r);

    if (v > 1)
        reader_fail(r);
    return v == 1;
}

enum sv_err
usage_decode(struct bytes raw, struct usage *out)
{
    struct reader r = reader_of(raw);
    struct usage u = {.n = reader_u8(&r)};
    enum sv_err err;

    if (u.n > POLICY_LIMIT_MAX)
        return SV_ERR_TAMPERED;
    for (uint32_t i = 0; i < u.n; i++)
        u.times_ms[i] = reader_u64(&r);
    err = row_end(&r);
    if (err == SV_OK)
        *out = u;
    return err;
}

static enum sv_err
usage_encode(const struct usage *u, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_u8(&w, (uint8_t)u->n);
    for (uint32_t i = 0; i < u->n; i++)
        writer_u64(&w, u->times_ms[i]);
    return writer_end(&w);
}

enum sv_err
flag_state_decode(struct bytes raw, struct flag_state *out)
{
    struct reader r = reader_of(raw);
    struct flag_state s = {.acknowledged = false};
    enum sv_err err;

    reader_name(&r, s.actor, sizeof s.actor);
    reader_name(&r, s.person, sizeof s.person);
    s.acknowledged = get_bool(&r);
    err = row_end(&r);
    if (err == SV_OK)
        *out = s;
    return err;
}

static enum sv_err
flag_encode(const struct flag_state *s, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_name(&w, s->actor);
    writer_name(&w, s->person);
    writer_u8(&w, s->acknowledged ? 1 : 0);
    return writer_end(&w);
}

enum sv_err
release_state_store(const struct tables *t, uint64_t index,
                    const struct release_state *s)
{
    struct buf raw = BUF_INIT;
    uint8_t key[8];
    enum sv_err err = release_state_encode(s, &raw);

    put_u64(key, index);
    if (err == SV_OK)
        err = tables_put(t, TABLE_RELEASE, BYTES(key), buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

enum sv_err
release_state_load(const struct tables *t, uint64_t index,
                   struct release_state *out)
{
    struct buf raw = BUF_INIT;
    uint8_t key[8];
    enum sv_err err;

    put_u64(key, index);
    err = tables_get(t, TABLE_RELEASE, BYTES(key), &raw);
    if (err == SV_OK)
        err = release_state_decode(buf_bytes(&raw), out);
    buf_free(&raw);
    return err == SV_ERR_FORMAT ? SV_ERR_TAMPERED : err;
}

/* ---- before the decision ---- */

#define USAGE_KEY_LEN 5

static void
usage_key(const struct act *a, uint8_t out[static USAGE_KEY_LEN])
{
    put_u32(out, person_index(&a->gate->roster, a->request.actor));
    out[4] = (uint8_t)a->request.act;
}

/* No row: never used. */
static enum sv_err
load_usage(const struct act *a, struct usage *out)
{
    struct buf raw = BUF_INIT;
    uint8_t key[USAGE_KEY_LEN];
    enum sv_err err;

    *out = (struct usage){.n = 0};
    usage_key(a, key);
    err = tables_get(&a->tables, TABLE_USAGE, BYTES(key), &raw);
    if (err == SV_OK)
        err = usage_decode(buf_bytes(&raw), out);
    buf_free(&raw);
    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

static enum sv_err
count_recent(struct act *a, struct question *q)
{
    const struct policy_limit *limit =
        &a->gate->roster.policy.limits[a->request.act];
    struct usage u;
    enum sv_err err;

    if (limit->n == 0)
        return SV_OK;
    err = load_usage(a, &u);
    if (err == SV_OK)
        q->recent = usage_count(&u, a->time_ms, limit->ms);
    return err;
}

static enum sv_err
look_for_glass(struct act *a, struct question *q)
{
    struct buf raw = BUF_INIT;
    struct reader r;
    enum sv_err err =
        tables_get(&a->tables, TABLE_GLASS, BYTES(a->request.record.b), &raw);

    if (err == SV_ERR_NOT_FOUND)
        return SV_OK;
    if (err == SV_OK) {
        r = reader_of(buf_bytes(&raw));
        q->denied_glass = a->time_ms - reader_u64(&r) <= FLAG_WINDOW_MS;
        err = row_end(&r);
    }
    buf_free(&raw);
    return err;
}

static enum sv_err
load_flag(struct act *a, struct question *q)
{
    struct buf raw = BUF_INIT;
    uint8_t key[8];
    enum sv_err err;

    put_u64(key, a->request.entry);
    err = tables_get(&a->tables, TABLE_FLAG, BYTES(key), &raw);
    if (err == SV_OK)
        err = flag_state_decode(buf_bytes(&raw), &a->flag);
    buf_free(&raw);
    a->has_flag = err == SV_OK;
    q->flag = a->has_flag ? &a->flag : NULL;
    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

static enum sv_err
load_release(struct act *a, struct question *q)
{
    enum sv_err err =
        release_state_load(&a->tables, a->request.entry, &a->release);

    a->has_release = err == SV_OK;
    q->release = a->has_release ? &a->release : NULL;
    if (err == SV_ERR_NOT_FOUND)
        return SV_OK;
    return err == SV_OK && a->request.act == ACT_RELEASE_APPROVE
               ? ledger_last(&a->tables, &q->last_release)
               : err;
}

enum sv_err
facts_load(struct act *a, struct question *q)
{
    enum sv_err err;

    if (roster_person(&a->gate->roster, a->request.actor) == NULL)
        return SV_OK; /* the founding: nothing is there yet */
    err = count_recent(a, q);
    if (err != SV_OK)
        return err;
    switch (a->request.act) {
    case ACT_RECORD_ASSIGN:
        return look_for_glass(a, q);
    case ACT_FLAG_ACKNOWLEDGE:
        return load_flag(a, q);
    case ACT_RELEASE_SHOW:
    case ACT_RELEASE_ACKNOWLEDGE:
    case ACT_RELEASE_APPROVE:
    case ACT_RELEASE_REFUSE:
    case ACT_RELEASE_FETCH:
        return load_release(a, q);
    default:
        return SV_OK;
    }
}

/* ---- behind the entry ---- */

static enum sv_err
note_usage(const struct act *a)
{
    struct buf raw = BUF_INIT;
    uint8_t key[USAGE_KEY_LEN];
    struct usage u;
    enum sv_err err = load_usage(a, &u);

    if (err != SV_OK)
        return err;
    usage_add(&u, a->time_ms);
    usage_key(a, key);
    err = usage_encode(&u, &raw);
    if (err == SV_OK)
        err = tables_put(&a->tables, TABLE_USAGE, BYTES(key), buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

static enum sv_err
put_flag(const struct act *a, uint64_t index, const struct flag_state *s)
{
    struct buf raw = BUF_INIT;
    uint8_t key[8];
    enum sv_err err = flag_encode(s, &raw);

    put_u64(key, index);
    if (err == SV_OK)
        err = tables_put(&a->tables, TABLE_FLAG, BYTES(key), buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

static enum sv_err
note_glass(const struct act *a)
{
    uint8_t at[8];

    put_u64(at, a->time_ms);
    return tables_put(&a->tables, TABLE_GLASS, BYTES(a->request.record.b),
                      BYTES(at));
}

static enum sv_err
note_release(struct act *a)
{
    if (a->request.act == ACT_RELEASE_REQUEST) {
        enum sv_err err = release_begin(&a->release, &a->entry, &a->request);

        return err != SV_OK
                   ? err
                   : release_state_store(&a->tables, a->index, &a->release);
    }
    release_step(&a->release, &a->entry, &a->request);
    return release_state_store(&a->tables, a->request.entry, &a->release);
}

static enum sv_err
note_done(struct act *a)
{
    struct flag_state flag;

    switch (a->request.act) {
    case ACT_RELEASE_REQUEST:
    case ACT_RELEASE_ACKNOWLEDGE:
    case ACT_RELEASE_APPROVE:
    case ACT_RELEASE_REFUSE:
        return note_release(a);
    case ACT_FLAG_ACKNOWLEDGE:
        a->flag.acknowledged = true;
        return put_flag(a, a->request.entry, &a->flag);
    default:
        if (!flag_is_due(&a->entry))
            return SV_OK;
        flag_begin(&flag, &a->request);
        return put_flag(a, a->index, &flag);
    }
}

enum sv_err
facts_note(struct act *a)
{
    const struct policy *p = &a->gate->roster.policy;
    enum sv_err err = SV_OK;

    if (!a->decision.allowed)
        return strcmp(a->decision.rule, GLASS_RULE) == 0 ? note_glass(a)
                                                         : SV_OK;
    if (usage_is_due(p, a->request.act, &a->entry))
        err = note_usage(a);
    if (err == SV_OK && a->entry.outcome == OUTCOME_DONE)
        err = note_done(a);
    return err;
}
