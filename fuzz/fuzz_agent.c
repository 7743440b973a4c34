/*
 * What is said to an agent and what it answers.  It signs requests alone.
 * Covers: vault/agent_message.c vault/agent.c
 */
#include <string.h>

#include "audit/request.h"
#include "vault/agent.h"

#include "fuzz/fuzz.h"

static uint64_t
no_time(void *ctx)
{
    (void)ctx;
    return 1;
}

static void
agent_here(struct agent *a, struct user_keys *keys)
{
    const uint8_t seed_here[SEED_LEN] = {1};
    const struct clock clock = {no_time, NULL};
    struct card card;

    user_keys_derive(seed_here, keys);
    card_of(keys, "cora", &card);
    agent_init(a, keys, &card, clock, AGENT_IDLE_MIN_S);
}

/* What it says to a question is an answer to that question. */
static void
check_answer(struct bytes in, const struct agent_question *q)
{
    struct agent_answer a;
    struct user_keys keys;
    struct agent agent;
    struct request r;
    struct buf b = BUF_INIT;

    agent_here(&agent, &keys);
    demand(agent_handle(&agent, in, &b) == SV_OK);
    fuzz_fit(&b);
    demand(agent_answer_decode(buf_bytes(&b), &a) == SV_OK);
    demand(a.kind == q->kind);
    if (q->kind == AGENT_SIGN && a.status == SV_OK) {
        demand(request_text_parse(q->text, &r) == SV_OK);
        demand(sign_verify(&agent.card.sign, q->text, a.signature) == SV_OK);
    }
    demand((q->kind == AGENT_LOCK) == agent.locked);
    demand(memmem(b.ptr, b.len, keys.seed, sizeof keys.seed) == NULL);
    buf_free(&b);
}

static void
check_question(struct bytes in)
{
    struct agent_question q;
    struct buf again = BUF_INIT, none = BUF_INIT;
    struct user_keys keys;
    struct agent agent;

    if (agent_question_decode(in, &q) != SV_OK) {
        agent_here(&agent, &keys);
        demand(agent_handle(&agent, in, &none) != SV_OK);
        demand(none.len == 0);
        return;
    }
    demand(agent_question_encode(&q, &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
    check_answer(in, &q);
}

void
fuzz_one(struct bytes in)
{
    struct agent_answer a;
    struct buf again = BUF_INIT;

    check_question(in);
    if (agent_answer_decode(in, &a) == SV_OK) {
        demand(agent_answer_encode(&a, &again) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), in));
    }
    buf_free(&again);
    fuzz_heap_bounded(in.len, 32);
}

static void
seed_answers(struct seeds *s)
{
    for (int kind = AGENT_HELLO; kind <= AGENT_LOCK; kind++) {
        struct agent_answer a = {.kind = (enum agent_kind)kind,
                                 .card = {.name = "cora"},
                                 .left_ms = 60000};
        struct buf b = BUF_INIT;

        demand(agent_answer_encode(&a, &b) == SV_OK);
        seed_buf(s, &b);
    }
}

void
fuzz_seeds(struct seeds *s)
{
    struct request r = {.act = ACT_RELEASE_LIST,
                        .origin = "shelter.example/log",
                        .role = "auditor",
                        .purpose = "quality",
                        .seen_root = tree_empty()};
    struct agent_question questions[] = {
        {.kind = AGENT_HELLO},
        {.kind = AGENT_SIGN},
        {.kind = AGENT_SIGN, .text = bytes_text("no request")},
        {.kind = AGENT_AGREE, .ephemeral = {{9}}},
        {.kind = AGENT_DERIVE, .key = IDENTITY_PIN},
        {.kind = AGENT_RENEW, .idle_s = AGENT_IDLE_MAX_S},
        {.kind = AGENT_LOCK},
    };
    struct buf text = BUF_INIT, b = BUF_INIT;

    demand(request_encode(&r, &text) == SV_OK);
    questions[1].text = buf_bytes(&text);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        demand(agent_question_encode(&questions[i], &b) == SV_OK);
        seed_buf(s, &b);
    }
    buf_free(&text);
    seed_answers(s);
}
