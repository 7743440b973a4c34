/*
 * A gate and bytes from anybody.  The first byte says how: a message as it
 * came, a question for what is not logged, or an act (u16 length of its text)
 * that is signed by a key which is not on the roster.  Each gets an answer
 * that can be read, and nothing of it stands in the log.
 * Covers: vault/gate.c vault/gate_sync.c vault/gate_act.c vault/message.c
 */
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "tests/support/office.h"
#include "vault/message.h"

#include "fuzz/fuzz.h"

#define PERSON "case-1"
#define ORIGIN "office.example"

/* One gate for all inputs: none of them may change it. */
static struct office office;
static uint64_t entries;

static void
check_answer(struct bytes request, struct message_answer *out, struct buf *b)
{
    demand(gate_handle(office.gate, request, b) == SV_OK);
    fuzz_fit(b);
    demand(message_answer_decode(buf_bytes(b), out) == SV_OK);
}

static uint64_t
head_size(struct bytes head)
{
    struct sign_public key;
    struct checkpoint c;

    sign_public_of(&office.gate_keys.log, &key);
    demand(checkpoint_open(head, ORIGIN, &key, &c) == SV_OK);
    return c.size;
}

/* Its head is the same as ever. */
static void
check_log(void)
{
    const struct sync_request ask = {.seen_size = 0};
    struct message_answer a;
    struct buf request = BUF_INIT, b = BUF_INIT;

    demand(message_sync_encode(&ask, &request) == SV_OK);
    check_answer(buf_bytes(&request), &a, &b);
    demand(a.status == SV_OK && a.kind == MESSAGE_SYNC);
    if (entries == 0)
        entries = head_size(a.sync.head);
    demand(head_size(a.sync.head) == entries);
    buf_free(&request);
    buf_free(&b);
}

static void
begin(void)
{
    office_prepare(&office, NULL, NULL);
    demand(office_found(&office) == SV_OK && office_open(&office) == SV_OK);
    demand(office_hire(&office, PERSON, "caseworker") == SV_OK);
    office_end(&office, "admin-1");
    office_end(&office, "lead-1");
    check_log();
    /* What is open stays open, and nothing is left behind. */
    support_dir_remove(office.home);
}

static void
check_question(struct bytes in)
{
    struct reader r = reader_of(in);
    struct sync_request ask = {.seen_size = reader_u64(&r) % (2 * entries),
                               .has_roster = reader_u8(&r) % 2 == 1,
                               .roster_after = reader_u64(&r) % (2 * entries),
                               .want_schema = reader_u8(&r) % 2 == 1};
    struct message_answer a;
    struct buf request = BUF_INIT, b = BUF_INIT;

    memcpy(ask.name, PERSON, sizeof PERSON);
    demand(message_sync_encode(&ask, &request) == SV_OK);
    check_answer(buf_bytes(&request), &a, &b);
    demand(a.kind == MESSAGE_SYNC);
    if (a.status == SV_OK) {
        demand(head_size(a.sync.head) == entries);
        demand((a.sync.schema_json.len > 0) == ask.want_schema);
    }
    buf_free(&request);
    buf_free(&b);
}

static void
check_act(struct bytes in)
{
    struct sign_seed key = fuzz_key(1);
    struct reader r = reader_of(in);
    struct bytes text = reader_medium(&r, UINT16_MAX);
    struct buf note = BUF_INIT, request = BUF_INIT, b = BUF_INIT;
    struct message_answer a;

    if (note_sign(text, ORIGIN "/" PERSON, &key, &note) == SV_OK) {
        struct act_request act = {buf_bytes(&note), reader_rest(&r)};

        demand(message_act_encode(&act, &request) == SV_OK);
        check_answer(buf_bytes(&request), &a, &b);
        demand(a.kind == MESSAGE_ACT && a.status != SV_OK);
    }
    buf_free(&note);
    buf_free(&request);
    buf_free(&b);
}

void
fuzz_one(struct bytes in)
{
    struct message_answer a;
    struct buf b = BUF_INIT;

    if (office.gate == NULL)
        begin();
    switch (fuzz_choice(&in) % 3) {
    case 0:
        check_answer(in, &a, &b);
        demand(a.status != SV_OK || a.kind == MESSAGE_SYNC);
        buf_free(&b);
        break;
    case 1:
        check_question(in);
        break;
    default:
        check_act(in);
        break;
    }
    check_log();
}

void
fuzz_seeds(struct seeds *s)
{
    const struct sync_request ask = {7, true, 3, PERSON, false};
    struct request q = {.act = ACT_RECORD_LIST,
                        .origin = ORIGIN,
                        .has_vault = true,
                        .role = "caseworker",
                        .purpose = "care",
                        .seen_root = tree_empty(),
                        .type = "victim",
                        .count = 9,
                        .entry = 9};
    struct buf b = BUF_INIT, text = BUF_INIT;
    struct writer w = writer_to(&b);

    demand(message_sync_encode(&ask, &b) == SV_OK);
    seed_choice_buf(s, 0, &b);
    seed_choice(s, 1,
                bytes_text("1234567\x01"
                           "1"
                           "1234567\x02"
                           "1"));
    demand(request_encode(&q, &text) == SV_OK);
    writer_medium(&w, buf_bytes(&text));
    writer_bytes(&w, bytes_text("body"));
    demand(writer_end(&w) == SV_OK);
    seed_choice_buf(s, 2, &b);
    buf_free(&text);
}
