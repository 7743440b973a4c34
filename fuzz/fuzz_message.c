/*
 * What goes between client and gate: what decodes is encoded to the same.
 * Covers: vault/message.c
 */
#include "vault/message.h"

#include "fuzz/fuzz.h"

static void
encode_request(const struct message_request *m, struct buf *out)
{
    demand((m->kind == MESSAGE_SYNC
                ? message_sync_encode(&m->sync, out)
                : message_act_encode(&m->act, out)) == SV_OK);
}

static void
encode_answer(const struct message_answer *m, struct buf *out)
{
    enum sv_err err;

    if (m->status != SV_OK)
        err = message_failure_encode(m->kind, m->status, m->reason, out);
    else if (m->kind == MESSAGE_SYNC)
        err = message_sync_answer_encode(&m->sync, out);
    else
        err = message_act_answer_encode(&m->act, out);
    demand(err == SV_OK);
}

void
fuzz_one(struct bytes in)
{
    struct message_request request;
    struct message_answer answer;
    struct buf again = BUF_INIT;
    bool is_request, is_answer;

    is_request = message_request_decode(in, &request) == SV_OK;
    is_answer = message_answer_decode(in, &answer) == SV_OK;
    demand(fuzz_heap_peak() == 0);
    demand(!is_request || !is_answer);
    if (is_request)
        encode_request(&request, &again);
    if (is_answer)
        encode_answer(&answer, &again);
    demand((!is_request && !is_answer) || bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

void
fuzz_seeds(struct seeds *s)
{
    struct message_request requests[] = {
        {.kind = MESSAGE_SYNC, .sync = {.name = "anna", .want_schema = true}},
        {.kind = MESSAGE_SYNC, .sync = {7, true, 3, "", false}},
        {.kind = MESSAGE_ACT, .act = {bytes_text("note"), bytes_text("body")}},
    };
    struct message_answer answers[] = {
        {.kind = MESSAGE_ACT, .status = SV_ERR_DENIED, .reason = "signature"},
        {.kind = MESSAGE_SYNC, .status = SV_ERR_BUSY},
        {.kind = MESSAGE_SYNC,
         .sync = {.origin = "shelter.example/log",
                  .time_ms = 1700000000000,
                  .head = bytes_text("head"),
                  .roster = bytes_text("roster"),
                  .grants = bytes_text("grants")}},
        {.kind = MESSAGE_ACT,
         .act = {9, bytes_text("entry"), bytes_text("proof"),
                 bytes_text("head"), bytes_text("proof"), bytes_text("body")}},
    };
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        encode_request(&requests[i], &b);
        seed_buf(s, &b);
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        encode_answer(&answers[i], &b);
        seed_buf(s, &b);
    }
}
