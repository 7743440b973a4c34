#include "vault/agent.h"

#include <string.h>

void
agent_init(struct agent *a, const struct user_keys *keys,
           const struct card *card, struct clock clock, uint32_t idle_s)
{
    *a = (struct agent){.keys = keys,
                        .card = *card,
                        .clock = clock,
                        .idle_ms = (uint64_t)idle_s * 1000};
    a->since_ms = a->used_ms = clock_now(&clock);
}

/* What is left of a time that began once; none where the clock fails. */
static uint64_t
left_of(uint64_t length_ms, uint64_t from_ms, uint64_t now_ms)
{
    if (now_ms < from_ms || now_ms - from_ms >= length_ms)
        return 0;
    return length_ms - (now_ms - from_ms);
}

uint64_t
agent_left_ms(const struct agent *a)
{
    uint64_t now = clock_now(&a->clock);
    uint64_t idle = left_of(a->idle_ms, a->used_ms, now);
    uint64_t life =
        left_of((uint64_t)AGENT_LIFE_MAX_S * 1000, a->since_ms, now);

    if (a->locked)
        return 0;
    return idle < life ? idle : life;
}

/* Nothing but a request in its one form: no key card, no head, no bytes that
 * mean something elsewhere. */
static enum sv_err
sign_request(const struct agent *a, struct bytes text,
             uint8_t out[static SIGN_LEN])
{
    struct request request;
    enum sv_err err = request_text_parse(text, &request);

    if (err == SV_OK)
        sign(&a->keys->sign, text, out);
    return err;
}

static enum sv_err
agree(const struct agent *a, const struct box_public *ephemeral,
      uint8_t out[static KDF_KEY_LEN])
{
    struct ps1_agreed agreed;
    enum sv_err err =
        ps1_agree(&a->keys->box, &a->keys->own, ephemeral, &agreed);

    if (err == SV_OK)
        memcpy(out, agreed.key, sizeof agreed.key);
    wipe(&agreed, sizeof agreed);
    return err;
}

static void
answer_question(struct agent *a, const struct agent_question *q,
                struct agent_answer *out)
{
    switch (q->kind) {
    case AGENT_HELLO: /* only looks: does not count as a use */
        out->card = a->card;
        break;
    case AGENT_SIGN:
        out->status = sign_request(a, q->text, out->signature);
        break;
    case AGENT_AGREE:
        out->status = agree(a, &q->ephemeral, out->key);
        break;
    case AGENT_DERIVE:
        kdf_derive(a->keys->seed, identity_label(q->key), out->key);
        break;
    case AGENT_RENEW:
        a->idle_ms = (uint64_t)q->idle_s * 1000;
        break;
    case AGENT_LOCK:
        a->locked = true;
        break;
    }
    if (q->kind != AGENT_HELLO)
        a->used_ms = clock_now(&a->clock);
    out->left_ms = agent_left_ms(a);
}

enum sv_err
agent_handle(struct agent *a, struct bytes question, struct buf *answer)
{
    struct agent_question q;
    struct agent_answer out;
    enum sv_err err = agent_question_decode(question, &q);

    if (err != SV_OK)
        return err;
    if (agent_left_ms(a) == 0) {
        a->locked = true;
        return SV_ERR_DENIED;
    }
    out = (struct agent_answer){.kind = q.kind};
    answer_question(a, &q, &out);
    err = agent_answer_encode(&out, answer);
    wipe(&out, sizeof out);
    return err;
}

/* ---- The other side ---- */

static enum sv_err
ask(const struct transport *t, const struct agent_question *q,
    struct agent_answer *out)
{
    struct buf question = BUF_INIT, answer = BUF_INIT;
    enum sv_err err = agent_question_encode(q, &question);

    if (err == SV_OK &&
        (t->call(t->ctx, buf_bytes(&question), &answer) != SV_OK ||
         agent_answer_decode(buf_bytes(&answer), out) != SV_OK ||
         out->kind != q->kind))
        err = SV_ERR_DENIED;
    if (err == SV_OK)
        err = out->status;
    buf_free(&question);
    buf_free(&answer);
    return err;
}

enum sv_err
agent_hello(const struct transport *transport, struct card *card,
            uint64_t *left_ms)
{
    const struct agent_question q = {.kind = AGENT_HELLO};
    struct agent_answer a;
    enum sv_err err = ask(transport, &q, &a);

    if (err == SV_OK) {
        *card = a.card;
        *left_ms = a.left_ms;
    }
    return err;
}

enum sv_err
agent_renew(const struct transport *transport, uint32_t idle_s,
            uint64_t *left_ms)
{
    const struct agent_question q = {.kind = AGENT_RENEW, .idle_s = idle_s};
    struct agent_answer a;
    enum sv_err err = ask(transport, &q, &a);

    if (err == SV_OK)
        *left_ms = a.left_ms;
    return err;
}

enum sv_err
agent_lock(const struct transport *transport)
{
    const struct agent_question q = {.kind = AGENT_LOCK};
    struct agent_answer a;

    return ask(transport, &q, &a);
}

static enum sv_err
agent_sign(void *ctx, struct bytes text, uint8_t out[static SIGN_LEN])
{
    const struct agent_question q = {.kind = AGENT_SIGN, .text = text};
    struct agent_answer a;
    enum sv_err err = ask(ctx, &q, &a);

    if (err == SV_OK)
        memcpy(out, a.signature, sizeof a.signature);
    return err;
}

static enum sv_err
agent_agree(void *ctx, const struct box_public *ephemeral,
            struct ps1_agreed *out)
{
    const struct agent_question q = {.kind = AGENT_AGREE,
                                     .ephemeral = *ephemeral};
    struct agent_answer a;
    enum sv_err err = ask(ctx, &q, &a);

    if (err == SV_OK) {
        out->ephemeral = *ephemeral;
        memcpy(out->key, a.key, sizeof out->key);
    }
    wipe(&a, sizeof a);
    return err;
}

static enum sv_err
agent_derive(void *ctx, enum identity_key which,
             uint8_t out[static KDF_KEY_LEN])
{
    const struct agent_question q = {.kind = AGENT_DERIVE, .key = which};
    struct agent_answer a;
    enum sv_err err = ask(ctx, &q, &a);

    if (err == SV_OK)
        memcpy(out, a.key, sizeof a.key);
    wipe(&a, sizeof a);
    return err;
}

struct identity
identity_of_agent(struct transport *transport)
{
    return (struct identity){agent_sign, agent_agree, agent_derive, transport};
}
