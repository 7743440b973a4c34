#include "vault/message.h"

#include <string.h>

#define REQUEST_MAGIC 0x535651u /* "SVQ" */
#define ANSWER_MAGIC 0x535652u  /* "SVR" */
#define VERSION 1
#define PROOF_MAX (1 + TREE_PROOF_MAX * SHA256_LEN)

static void
put_start(struct writer *w, uint32_t magic, enum message_kind kind)
{
    writer_u32(w, magic << 8 | VERSION);
    writer_u8(w, (uint8_t)kind);
}

static enum sv_err
get_start(struct reader *r, uint32_t magic, enum message_kind *kind)
{
    uint32_t start = reader_u32(r);
    uint8_t k = reader_u8(r);

    if (r->failed || start >> 8 != magic)
        return SV_ERR_FORMAT;
    if ((start & 0xff) != VERSION)
        return SV_ERR_VERSION;
    if (k != MESSAGE_SYNC && k != MESSAGE_ACT)
        return SV_ERR_FORMAT;
    *kind = k == MESSAGE_SYNC ? MESSAGE_SYNC : MESSAGE_ACT;
    return SV_OK;
}

static bool
get_bool(struct reader *r)
{
    uint8_t v = reader_u8(r);

    if (v > 1)
        reader_fail(r);
    return v == 1;
}

/* A name that may be empty. */
static void
get_optional_name(struct reader *r, char *out, size_t size)
{
    struct bytes got = reader_short(r, size - 1);

    out[0] = '\0';
    if (text_copy(got, out, size) != SV_OK)
        reader_fail(r);
}

enum sv_err
message_sync_encode(const struct sync_request *s, struct buf *out)
{
    struct writer w = writer_to(out);

    put_start(&w, REQUEST_MAGIC, MESSAGE_SYNC);
    writer_u64(&w, s->seen_size);
    writer_u8(&w, s->has_roster);
    writer_u64(&w, s->roster_after);
    writer_name(&w, s->name);
    writer_u8(&w, s->want_schema);
    return writer_end(&w);
}

enum sv_err
message_act_encode(const struct act_request *a, struct buf *out)
{
    struct writer w = writer_to(out);

    put_start(&w, REQUEST_MAGIC, MESSAGE_ACT);
    writer_medium(&w, a->note);
    writer_long(&w, a->body);
    return writer_end(&w);
}

enum sv_err
message_request_decode(struct bytes in, struct message_request *out)
{
    struct message_request m = {0};
    struct reader r = reader_of(in);
    enum sv_err err;

    if (in.len > MESSAGE_MAX)
        return SV_ERR_RANGE;
    err = get_start(&r, REQUEST_MAGIC, &m.kind);
    if (err != SV_OK)
        return err;
    if (m.kind == MESSAGE_SYNC) {
        m.sync.seen_size = reader_u64(&r);
        m.sync.has_roster = get_bool(&r);
        m.sync.roster_after = reader_u64(&r);
        get_optional_name(&r, m.sync.name, sizeof m.sync.name);
        m.sync.want_schema = get_bool(&r);
    } else {
        m.act.note = reader_medium(&r, UINT16_MAX);
        m.act.body = reader_long(&r, MESSAGE_MAX);
    }
    err = reader_end(&r);
    if (err == SV_OK)
        *out = m;
    return err;
}

enum sv_err
message_failure_encode(enum message_kind kind, enum sv_err status,
                       const char *reason, struct buf *out)
{
    struct writer w = writer_to(out);

    put_start(&w, ANSWER_MAGIC, kind);
    writer_u32(&w, (uint32_t)-status);
    writer_name(&w, reason);
    return writer_end(&w);
}

enum sv_err
message_sync_answer_encode(const struct sync_answer *a, struct buf *out)
{
    struct writer w = writer_to(out);

    put_start(&w, ANSWER_MAGIC, MESSAGE_SYNC);
    writer_u32(&w, 0);
    writer_bytes(&w, BYTES(a->vault.b));
    writer_name(&w, a->origin);
    writer_u64(&w, a->time_ms);
    writer_medium(&w, a->head);
    writer_medium(&w, a->consistency);
    writer_long(&w, a->roster);
    writer_long(&w, a->schema_json);
    writer_long(&w, a->schema_codes);
    writer_long(&w, a->grants);
    writer_long(&w, a->flags);
    return writer_end(&w);
}

enum sv_err
message_act_answer_encode(const struct act_answer *a, struct buf *out)
{
    struct writer w = writer_to(out);

    put_start(&w, ANSWER_MAGIC, MESSAGE_ACT);
    writer_u32(&w, 0);
    writer_u64(&w, a->index);
    writer_medium(&w, a->entry);
    writer_medium(&w, a->inclusion);
    writer_medium(&w, a->head);
    writer_medium(&w, a->consistency);
    writer_long(&w, a->body);
    return writer_end(&w);
}

static void
get_sync_answer(struct reader *r, struct sync_answer *a)
{
    reader_copy(r, a->vault.b, sizeof a->vault.b);
    reader_name(r, a->origin, sizeof a->origin);
    a->time_ms = reader_u64(r);
    a->head = reader_medium(r, CHECKPOINT_MAX);
    a->consistency = reader_medium(r, PROOF_MAX);
    a->roster = reader_long(r, MESSAGE_MAX);
    a->schema_json = reader_long(r, MESSAGE_MAX);
    a->schema_codes = reader_long(r, MESSAGE_MAX);
    a->grants = reader_long(r, MESSAGE_MAX);
    a->flags = reader_long(r, MESSAGE_MAX);
}

static void
get_act_answer(struct reader *r, struct act_answer *a)
{
    a->index = reader_u64(r);
    a->entry = reader_medium(r, UINT16_MAX);
    a->inclusion = reader_medium(r, PROOF_MAX);
    a->head = reader_medium(r, CHECKPOINT_MAX);
    a->consistency = reader_medium(r, PROOF_MAX);
    a->body = reader_long(r, MESSAGE_MAX);
}

/* The negative of an enum sv_err; what nobody defined is no status. */
static enum sv_err
get_status(struct reader *r)
{
    uint32_t v = reader_u32(r);

    if (v > (uint32_t)-SV_ERR_ROLLBACK) {
        reader_fail(r);
        return SV_ERR_FORMAT;
    }
    return (enum sv_err)(-(int)v);
}

enum sv_err
message_answer_decode(struct bytes in, struct message_answer *out)
{
    struct message_answer m = {0};
    struct reader r = reader_of(in);
    enum sv_err err;

    if (in.len > MESSAGE_MAX)
        return SV_ERR_RANGE;
    err = get_start(&r, ANSWER_MAGIC, &m.kind);
    if (err != SV_OK)
        return err;
    m.status = get_status(&r);
    if (m.status != SV_OK)
        get_optional_name(&r, m.reason, sizeof m.reason);
    else if (m.kind == MESSAGE_SYNC)
        get_sync_answer(&r, &m.sync);
    else
        get_act_answer(&r, &m.act);
    err = reader_end(&r);
    if (err == SV_OK)
        *out = m;
    return err;
}
