#include "crypto/init.h"
#include "tests/support/office.h"
#include "tests/vectors/audit.h"
#include "vault/agent.h"

/*
 * An agent: what it answers, what nobody gets out of it, and when it locks.
 * No socket: the questions are handed to it.
 */

#define START_MS 1000000u
#define IDLE_S 300u

struct fixture {
    struct user_keys keys;
    struct card card;
    uint64_t now_ms;
    struct agent agent;
    struct transport transport; /* to it */
    struct identity own, by_agent;
};

static enum sv_err
call(void *ctx, struct bytes question, struct buf *answer)
{
    return agent_handle(ctx, question, answer);
}

static void
begin(struct fixture *f)
{
    uint8_t seed[SEED_LEN];

    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(0xa0 + i);
    user_keys_derive(seed, &f->keys);
    card_of(&f->keys, "case-1", &f->card);
    f->now_ms = START_MS;
    agent_init(&f->agent, &f->keys, &f->card, support_clock(&f->now_ms),
               IDLE_S);
    f->transport = (struct transport){call, &f->agent};
    f->own = identity_of_keys(&f->keys);
    f->by_agent = identity_of_agent(&f->transport);
}

/* The text of a vector's note, without signatures. */
static struct bytes
text_of(size_t vector)
{
    struct bytes in = bytes_text(request_vectors[vector].text);
    struct note n;

    assert_ok(note_parse(in, &n));
    return n.text;
}

#define VECTORS (sizeof request_vectors / sizeof request_vectors[0])

/* ---- The same as with the keys at hand ---- */

static void
test_an_agent_gives_what_the_keys_would(void **state)
{
    struct fixture f;
    struct box_secret secret;
    struct box_public ephemeral;
    struct rng rng = rng_system();
    struct ps1_agreed want, got;
    uint8_t a[SIGN_LEN], b[SIGN_LEN], key[KDF_KEY_LEN], other[KDF_KEY_LEN];

    (void)state;
    begin(&f);
    for (size_t i = 0; i < VECTORS; i++) {
        assert_ok(f.own.sign(f.own.ctx, text_of(i), a));
        assert_ok(f.by_agent.sign(f.by_agent.ctx, text_of(i), b));
        assert_memory_equal(a, b, sizeof a);
    }
    box_generate(&rng, &secret, &ephemeral);
    assert_ok(f.own.agree(f.own.ctx, &ephemeral, &want));
    assert_ok(f.by_agent.agree(f.by_agent.ctx, &ephemeral, &got));
    assert_memory_equal(&want, &got, sizeof want);
    for (int which = IDENTITY_PIN; which <= IDENTITY_HANDLE; which++) {
        enum identity_key k = (enum identity_key)which;

        assert_ok(f.own.derive(f.own.ctx, k, key));
        assert_ok(f.by_agent.derive(f.by_agent.ctx, k, other));
        assert_memory_equal(key, other, sizeof key);
    }
}

static void
test_a_whole_session_goes_through_an_agent(void **state)
{
    struct office o;
    struct colleague *p;
    struct agent agent;
    struct transport transport = {call, &agent};
    struct record_view v;
    struct handle h;

    (void)state;
    office_new(&o);
    p = office_person(&o, "case-1");
    office_end(&o, "case-1");
    agent_init(&agent, &p->keys, &p->card, support_clock(&o.now_ms), IDLE_S);
    p->identity = identity_of_agent(&transport);
    assert_ok(office_record(&o, "case-1", "2023-001", "Yamada", &h));
    memset(&v, 0, sizeof v);
    assert_ok(client_record_read(office_client(&o, "case-1"), "victim", &h, 0,
                                 NULL, &v));
    record_view_free(&v);
    /* Locked in the middle: said so, and nothing else happens. */
    assert_ok(agent_lock(&transport));
    assert_err(office_record(&o, "case-1", "2023-002", "Suzuki", &h),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(&o, "case-1"))->what,
                        "your key has been locked");
    office_end(&o, "case-1");
    assert_err(office_begin(&o, "case-1"), SV_ERR_DENIED);
    p->identity = identity_of_keys(&p->keys);
    office_verify(&o);
    office_free(&o);
}

/* ---- What it does not do ---- */

static void
assert_not_signed(struct fixture *f, struct bytes text)
{
    uint8_t out[SIGN_LEN] = {0}, none[SIGN_LEN] = {0};

    assert_err(f->by_agent.sign(f->by_agent.ctx, text, out), SV_ERR_FORMAT);
    assert_memory_equal(out, none, sizeof out);
}

static void
test_it_signs_nothing_but_requests(void **state)
{
    struct fixture f;
    struct buf card = BUF_INIT, text = BUF_INIT;
    struct note n;

    (void)state;
    begin(&f);
    assert_not_signed(&f, bytes_of(NULL, 0));
    assert_not_signed(&f, bytes_text("svault/request/v1\n"));
    assert_not_signed(&f, bytes_text("log.example\n7\nAAAA\n"));
    assert_ok(card_encode(&f.keys, "case-1", &card));
    assert_ok(note_parse(buf_bytes(&card), &n));
    assert_not_signed(&f, n.text);
    for (size_t i = 0; i < VECTORS; i++) {
        struct bytes whole = text_of(i);

        buf_truncate(&text, 0);
        assert_ok(buf_append(&text, whole));
        assert_ok(buf_text(&text, "and more\n"));
        assert_not_signed(&f, buf_bytes(&text));
        for (size_t len = 0; len < whole.len; len++)
            if (whole.ptr[len == 0 ? 0 : len - 1] != '\n')
                assert_not_signed(&f, bytes_slice(whole, 0, len));
        /* A note is not its text. */
        assert_not_signed(&f, bytes_text(request_vectors[i].text));
    }
    buf_free(&text);
    buf_free(&card);
}

static void
test_a_key_of_low_order_is_not_agreed_on(void **state)
{
    struct fixture f;
    struct box_public low = {{1}};
    struct ps1_agreed out;

    (void)state;
    begin(&f);
    assert_err(f.by_agent.agree(f.by_agent.ctx, &low, &out), SV_ERR_TAMPERED);
}

static void
look_for(struct bytes in, const uint8_t secret[static 32])
{
    for (size_t i = 0; i + 8 <= 32; i++)
        assert_null(memmem(in.ptr, in.len, secret + i, 8));
}

static void
test_no_answer_holds_the_seed_or_what_signs_or_opens(void **state)
{
    struct fixture f;
    struct agent_question q[] = {
        {.kind = AGENT_HELLO},
        {.kind = AGENT_SIGN, .text = text_of(0)},
        {.kind = AGENT_AGREE, .ephemeral = {{9}}},
        {.kind = AGENT_DERIVE, .key = IDENTITY_PIN},
        {.kind = AGENT_DERIVE, .key = IDENTITY_HANDLE},
        {.kind = AGENT_RENEW, .idle_s = IDLE_S},
        {.kind = AGENT_LOCK},
    };
    struct buf in = BUF_INIT, out = BUF_INIT;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < sizeof q / sizeof q[0]; i++) {
        buf_truncate(&in, 0);
        assert_ok(agent_question_encode(&q[i], &in));
        assert_ok(agent_handle(&f.agent, buf_bytes(&in), &out));
    }
    assert_true(out.len > 5 * sizeof q / sizeof q[0]);
    look_for(buf_bytes(&out), f.keys.seed);
    look_for(buf_bytes(&out), f.keys.sign.b);
    look_for(buf_bytes(&out), f.keys.box.b);
    buf_free(&in);
    buf_free(&out);
}

/* ---- When it locks ---- */

static enum sv_err
use(struct fixture *f)
{
    uint8_t key[KDF_KEY_LEN];

    return f->by_agent.derive(f->by_agent.ctx, IDENTITY_PIN, key);
}

static uint64_t
left(struct fixture *f)
{
    uint64_t left_ms = 0;
    struct card card;

    assert_ok(agent_hello(&f->transport, &card, &left_ms));
    assert_string_equal(card.name, "case-1");
    assert_memory_equal(card.sign.b, f->card.sign.b, sizeof card.sign.b);
    assert_memory_equal(card.box.b, f->card.box.b, sizeof card.box.b);
    return left_ms;
}

static void
test_it_locks_when_it_was_not_used(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    assert_int_equal(left(&f), IDLE_S * 1000);
    f.now_ms += IDLE_S * 1000 - 1;
    assert_int_equal(left(&f), 1);
    assert_ok(use(&f)); /* begins anew */
    f.now_ms += IDLE_S * 1000 - 1;
    assert_int_equal(left(&f), 1); /* to look is no use */
    f.now_ms += 1;
    assert_int_equal(agent_left_ms(&f.agent), 0);
    assert_err(use(&f), SV_ERR_DENIED);
    /* And stays so. */
    f.now_ms = START_MS;
    assert_err(use(&f), SV_ERR_DENIED);
    assert_int_equal(agent_left_ms(&f.agent), 0);
}

static void
test_it_locks_in_the_end_however_much_it_is_used(void **state)
{
    struct fixture f;
    uint64_t end = START_MS + (uint64_t)AGENT_LIFE_MAX_S * 1000, left_ms;

    (void)state;
    begin(&f);
    for (; f.now_ms + IDLE_S * 500 < end; f.now_ms += IDLE_S * 500)
        assert_ok(use(&f));
    assert_ok(agent_renew(&f.transport, AGENT_IDLE_MAX_S, &left_ms));
    assert_int_equal(left_ms, end - f.now_ms);
    f.now_ms = end - 1;
    assert_ok(use(&f));
    f.now_ms = end;
    assert_err(use(&f), SV_ERR_DENIED);
}

static void
test_renewing_sets_another_time(void **state)
{
    struct fixture f;
    uint64_t left_ms = 0;

    (void)state;
    begin(&f);
    f.now_ms += 1000;
    assert_ok(agent_renew(&f.transport, 3600, &left_ms));
    assert_int_equal(left_ms, 3600 * 1000);
    f.now_ms += 3600 * 1000 - 1;
    assert_ok(agent_renew(&f.transport, AGENT_IDLE_MIN_S, &left_ms));
    assert_int_equal(left_ms, AGENT_IDLE_MIN_S * 1000);
    /* Out of range is not understood, and changes nothing. */
    assert_err(agent_renew(&f.transport, AGENT_IDLE_MIN_S - 1, &left_ms),
               SV_ERR_DENIED);
    assert_err(agent_renew(&f.transport, AGENT_IDLE_MAX_S + 1, &left_ms),
               SV_ERR_DENIED);
    assert_int_equal(left(&f), AGENT_IDLE_MIN_S * 1000);
}

static void
test_it_locks_when_told_and_where_the_clock_fails(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    assert_ok(agent_lock(&f.transport));
    assert_true(f.agent.locked);
    assert_err(use(&f), SV_ERR_DENIED);
    begin(&f);
    f.now_ms = 0;
    assert_err(use(&f), SV_ERR_DENIED);
}

/* ---- Bytes ---- */

static const struct agent_question questions[] = {
    {.kind = AGENT_HELLO},
    {.kind = AGENT_SIGN, .text = {(const uint8_t *)"some text\n", 10}},
    {.kind = AGENT_AGREE, .ephemeral = {{1, 2, 3}}},
    {.kind = AGENT_DERIVE, .key = IDENTITY_PIN},
    {.kind = AGENT_DERIVE, .key = IDENTITY_HANDLE},
    {.kind = AGENT_RENEW, .idle_s = AGENT_IDLE_MIN_S},
    {.kind = AGENT_RENEW, .idle_s = AGENT_IDLE_MAX_S},
    {.kind = AGENT_LOCK},
};

static const struct agent_answer answers[] = {
    {.kind = AGENT_HELLO,
     .card = {.name = "case-1", .sign = {{4, 5}}, .box = {{6, 7}}},
     .left_ms = UINT64_C(0x123456789a)},
    {.kind = AGENT_SIGN, .signature = {1, 2, 3}},
    {.kind = AGENT_AGREE, .key = {4, 5, 6}},
    {.kind = AGENT_DERIVE, .key = {7, 8, 9}},
    {.kind = AGENT_RENEW, .left_ms = 300000},
    {.kind = AGENT_LOCK},
    {.kind = AGENT_SIGN, .status = SV_ERR_FORMAT},
    {.kind = AGENT_AGREE, .status = SV_ERR_ROLLBACK},
};

/* What is taken encodes to the same bytes again. */
static bool
takes_question(struct bytes in)
{
    struct agent_question q;
    struct buf again = BUF_INIT;

    if (agent_question_decode(in, &q) != SV_OK)
        return false;
    assert_ok(agent_question_encode(&q, &again));
    assert_true(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
    return true;
}

static bool
takes_answer(struct bytes in)
{
    struct agent_answer a;
    struct buf again = BUF_INIT;

    if (agent_answer_decode(in, &a) != SV_OK)
        return false;
    assert_ok(agent_answer_encode(&a, &again));
    assert_true(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
    return true;
}

/* Each length but its own is refused; a byte that differs is refused or
 * means something else, and those before `opaque` are never passed over. */
static void
attack(struct buf *raw, bool (*takes)(struct bytes), size_t head)
{
    assert_true(takes(buf_bytes(raw)));
    for (size_t len = 0; len < raw->len; len++)
        assert_false(takes(bytes_slice(buf_bytes(raw), 0, len)));
    for (size_t i = 0; i < raw->len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            raw->ptr[i] ^= (uint8_t)(1u << bit);
            if (takes(buf_bytes(raw)))
                assert_true(i >= head);
            raw->ptr[i] ^= (uint8_t)(1u << bit);
        }
    assert_ok(buf_append(raw, bytes_text("x")));
    assert_false(takes(buf_bytes(raw)));
}

static void
test_questions_have_one_form(void **state)
{
    struct buf raw = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        assert_ok(agent_question_encode(&questions[i], &raw));
        attack(&raw, takes_question, 4);
        buf_free(&raw);
    }
}

static void
test_answers_have_one_form(void **state)
{
    struct buf raw = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        assert_ok(agent_answer_encode(&answers[i], &raw));
        attack(&raw, takes_answer, 4);
        buf_free(&raw);
    }
}

static void
test_the_bytes_are_those_of_the_format(void **state)
{
    struct buf raw = BUF_INIT;

    (void)state;
    assert_ok(agent_question_encode(&questions[1], &raw));
    assert_hex(buf_bytes(&raw), "5356410102000a736f6d6520746578740a");
    buf_truncate(&raw, 0);
    assert_ok(agent_question_encode(&questions[6], &raw));
    assert_hex(buf_bytes(&raw), "535641010500007080");
    buf_truncate(&raw, 0);
    assert_ok(agent_answer_encode(&answers[4], &raw));
    assert_hex(buf_bytes(&raw), "53564201050000000000000493e0");
    buf_truncate(&raw, 0);
    assert_ok(agent_answer_encode(&answers[7], &raw));
    assert_hex(buf_bytes(&raw), "535642010314");
    buf_free(&raw);
}

static void
test_another_version_is_not_guessed_at(void **state)
{
    struct agent_question q;
    struct agent_answer a;
    struct fixture f;
    struct buf raw = BUF_INIT, out = BUF_INIT;

    (void)state;
    begin(&f);
    assert_ok(agent_question_encode(&questions[0], &raw));
    raw.ptr[3] = 2;
    assert_err(agent_question_decode(buf_bytes(&raw), &q), SV_ERR_VERSION);
    assert_err(agent_handle(&f.agent, buf_bytes(&raw), &out), SV_ERR_VERSION);
    buf_truncate(&raw, 0);
    assert_ok(agent_answer_encode(&answers[0], &raw));
    raw.ptr[3] = 2;
    assert_err(agent_answer_decode(buf_bytes(&raw), &a), SV_ERR_VERSION);
    assert_int_equal(out.len, 0);
    buf_free(&raw);
}

/* ---- An agent that lies ---- */

static enum sv_err
say(void *ctx, struct bytes question, struct buf *answer)
{
    const struct buf *what = ctx;

    (void)question;
    return what == NULL ? SV_ERR_IO : buf_append(answer, buf_bytes(what));
}

static void
test_whatever_is_wrong_with_the_agent_is_a_locked_key(void **state)
{
    struct buf raw = BUF_INIT;
    struct transport transport = {say, NULL};
    struct identity id = identity_of_agent(&transport);
    uint8_t key[KDF_KEY_LEN];

    (void)state;
    assert_err(id.derive(id.ctx, IDENTITY_PIN, key), SV_ERR_DENIED);
    transport.ctx = &raw;
    assert_err(id.derive(id.ctx, IDENTITY_PIN, key), SV_ERR_DENIED);
    /* The answer to another question. */
    assert_ok(agent_answer_encode(&answers[2], &raw));
    assert_err(id.derive(id.ctx, IDENTITY_PIN, key), SV_ERR_DENIED);
    raw.ptr[4] = AGENT_DERIVE;
    assert_ok(id.derive(id.ctx, IDENTITY_PIN, key));
    assert_memory_equal(key, answers[2].key, sizeof key);
    assert_ok(buf_text(&raw, "x"));
    assert_err(id.derive(id.ctx, IDENTITY_PIN, key), SV_ERR_DENIED);
    buf_free(&raw);
}

static int
setup(void **state)
{
    (void)state;
    return crypto_init() == SV_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_agent_gives_what_the_keys_would),
        cmocka_unit_test(test_a_whole_session_goes_through_an_agent),
        cmocka_unit_test(test_it_signs_nothing_but_requests),
        cmocka_unit_test(test_a_key_of_low_order_is_not_agreed_on),
        cmocka_unit_test(test_no_answer_holds_the_seed_or_what_signs_or_opens),
        cmocka_unit_test(test_it_locks_when_it_was_not_used),
        cmocka_unit_test(test_it_locks_in_the_end_however_much_it_is_used),
        cmocka_unit_test(test_renewing_sets_another_time),
        cmocka_unit_test(test_it_locks_when_told_and_where_the_clock_fails),
        cmocka_unit_test(test_questions_have_one_form),
        cmocka_unit_test(test_answers_have_one_form),
        cmocka_unit_test(test_the_bytes_are_those_of_the_format),
        cmocka_unit_test(test_another_version_is_not_guessed_at),
        cmocka_unit_test(test_whatever_is_wrong_with_the_agent_is_a_locked_key),
    };

    return cmocka_run_group_tests_name("agent", tests, setup, NULL);
}
