#include "vault/agent_message.h"

#include <string.h>

#include "base/codec.h"

#define QUESTION_MAGIC 0x535641u /* "SVA" */
#define ANSWER_MAGIC 0x535642u   /* "SVB" */
#define VERSION 1
#define STATUS_MAX 20 /* enum sv_err */

static void
put_start(struct writer *w, uint32_t magic, enum agent_kind kind)
{
    writer_u32(w, magic << 8 | VERSION);
    writer_u8(w, (uint8_t)kind);
}

static enum sv_err
get_start(struct reader *r, uint32_t magic, enum agent_kind *kind)
{
    uint32_t start = reader_u32(r);
    uint8_t k = reader_u8(r);

    if (r->failed || start >> 8 != magic)
        return SV_ERR_FORMAT;
    if ((start & 0xff) != VERSION)
        return SV_ERR_VERSION;
    if (k < AGENT_HELLO || k > AGENT_LOCK)
        return SV_ERR_FORMAT;
    *kind = (enum agent_kind)k;
    return SV_OK;
}

/* ---- Questions ---- */

enum sv_err
agent_question_encode(const struct agent_question *q, struct buf *out)
{
    struct writer w = writer_to(out);

    put_start(&w, QUESTION_MAGIC, q->kind);
    switch (q->kind) {
    case AGENT_SIGN:
        writer_medium(&w, q->text);
        break;
    case AGENT_AGREE:
        writer_bytes(&w, BYTES(q->ephemeral.b));
        break;
    case AGENT_DERIVE:
        writer_u8(&w, (uint8_t)q->key);
        break;
    case AGENT_RENEW:
        writer_u32(&w, q->idle_s);
        break;
    case AGENT_HELLO:
    case AGENT_LOCK:
        break;
    }
    return writer_end(&w);
}

static void
get_key(struct reader *r, enum identity_key *out)
{
    enum identity_key key = (enum identity_key)reader_u8(r);

    if (identity_label(key) == NULL)
        reader_fail(r);
    *out = key;
}

static void
get_idle(struct reader *r, uint32_t *out)
{
    *out = reader_u32(r);
    if (*out < AGENT_IDLE_MIN_S || *out > AGENT_IDLE_MAX_S)
        reader_fail(r);
}

enum sv_err
agent_question_decode(struct bytes in, struct agent_question *out)
{
    struct agent_question q = {0};
    struct reader r = reader_of(in);
    enum sv_err err = get_start(&r, QUESTION_MAGIC, &q.kind);

    if (err != SV_OK)
        return err;
    switch (q.kind) {
    case AGENT_SIGN:
        q.text = reader_medium(&r, REQUEST_NOTE_MAX);
        break;
    case AGENT_AGREE:
        reader_copy(&r, q.ephemeral.b, sizeof q.ephemeral.b);
        break;
    case AGENT_DERIVE:
        get_key(&r, &q.key);
        break;
    case AGENT_RENEW:
        get_idle(&r, &q.idle_s);
        break;
    case AGENT_HELLO:
    case AGENT_LOCK:
        break;
    }
    err = reader_end(&r);
    if (err == SV_OK)
        *out = q;
    return err;
}

/* ---- Answers ---- */

static void
put_rest(struct writer *w, const struct agent_answer *a)
{
    switch (a->kind) {
    case AGENT_HELLO:
        writer_name(w, a->card.name);
        writer_bytes(w, BYTES(a->card.sign.b));
        writer_bytes(w, BYTES(a->card.box.b));
        writer_u64(w, a->left_ms);
        break;
    case AGENT_SIGN:
        writer_bytes(w, BYTES(a->signature));
        break;
    case AGENT_AGREE:
    case AGENT_DERIVE:
        writer_bytes(w, BYTES(a->key));
        break;
    case AGENT_RENEW:
        writer_u64(w, a->left_ms);
        break;
    case AGENT_LOCK:
        break;
    }
}

enum sv_err
agent_answer_encode(const struct agent_answer *a, struct buf *out)
{
    struct writer w = writer_to(out);

    put_start(&w, ANSWER_MAGIC, a->kind);
    writer_u8(&w, (uint8_t)-a->status);
    if (a->status == SV_OK)
        put_rest(&w, a);
    return writer_end(&w);
}

static void
get_card(struct reader *r, struct card *out)
{
    reader_name(r, out->name, sizeof out->name);
    reader_copy(r, out->sign.b, sizeof out->sign.b);
    reader_copy(r, out->box.b, sizeof out->box.b);
    if (!text_is_work_name(bytes_text(out->name)))
        reader_fail(r);
}

static void
get_rest(struct reader *r, struct agent_answer *a)
{
    switch (a->kind) {
    case AGENT_HELLO:
        get_card(r, &a->card);
        a->left_ms = reader_u64(r);
        break;
    case AGENT_SIGN:
        reader_copy(r, a->signature, sizeof a->signature);
        break;
    case AGENT_AGREE:
    case AGENT_DERIVE:
        reader_copy(r, a->key, sizeof a->key);
        break;
    case AGENT_RENEW:
        a->left_ms = reader_u64(r);
        break;
    case AGENT_LOCK:
        break;
    }
}

enum sv_err
agent_answer_decode(struct bytes in, struct agent_answer *out)
{
    struct agent_answer a = {0};
    struct reader r = reader_of(in);
    enum sv_err err = get_start(&r, ANSWER_MAGIC, &a.kind);
    uint8_t status = reader_u8(&r);

    if (err != SV_OK)
        return err;
    if (status > STATUS_MAX)
        return SV_ERR_FORMAT;
    a.status = (enum sv_err) - status;
    if (a.status == SV_OK)
        get_rest(&r, &a);
    err = reader_end(&r);
    if (err == SV_OK)
        *out = a;
    wipe(&a, sizeof a);
    return err;
}
