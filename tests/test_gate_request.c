#include "policy/decide.h"
#include "tests/support/office.h"
#include "vault/message.h"

/*
 * A request as it reaches the gate: what leaves no entry, and what the same
 * bytes come to when they come again.
 */

#define OFFICER "stats-1"

static int
setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    assert_non_null(o);
    office_new(o);
    (void)office_client(o, OFFICER); /* she has a pin */
    office_end(o, OFFICER);
    *state = o;
    return 0;
}

static int
teardown(void **state)
{
    office_free(*state);
    free(*state);
    return 0;
}

static struct request
request_of(struct office *o, enum request_act act)
{
    const struct colleague *me = office_person(o, OFFICER);
    const struct roster *roster = &me->pin.roster;
    struct request r = {.act = act, .has_vault = true, .vault = roster->vault};

    (void)snprintf(r.origin, sizeof r.origin, "%s", roster->origin);
    (void)snprintf(r.actor, sizeof r.actor, OFFICER);
    (void)snprintf(r.role, sizeof r.role, "statistics_officer");
    (void)snprintf(r.purpose, sizeof r.purpose, "report");
    rng_fill(&o->config.rng, r.id, sizeof r.id);
    r.at_ms = o->now_ms;
    r.seen_size = me->pin.size;
    r.seen_root = me->pin.root;
    r.entry = 1;
    return r;
}

struct answered {
    struct buf response;
    struct message_answer m;
    struct entry e;
};

static void
forget(struct answered *a)
{
    buf_free(&a->response);
}

/* Signed with the keys of `signer`; its entry, if it has one. */
static struct answered
ask(struct office *o, const struct request *r, const char *signer,
    struct bytes body)
{
    struct act_request message = {{NULL, 0}, body};
    struct buf note = BUF_INIT, bytes = BUF_INIT;
    struct answered a = {.response = BUF_INIT};

    assert_ok(request_sign(r, &office_person(o, signer)->keys.sign, &note));
    message.note = buf_bytes(&note);
    assert_ok(message_act_encode(&message, &bytes));
    assert_ok(gate_handle(o->gate, buf_bytes(&bytes), &a.response));
    assert_ok(message_answer_decode(buf_bytes(&a.response), &a.m));
    if (a.m.status == SV_OK)
        assert_ok(entry_parse(a.m.act.entry, &a.e));
    buf_free(&note);
    buf_free(&bytes);
    return a;
}

static void
expect_none(struct office *o, const struct request *r, const char *signer,
            struct bytes body, enum sv_err err, const char *reason)
{
    struct answered a = ask(o, r, signer, body);

    assert_err(a.m.status, err);
    assert_string_equal(a.m.reason, reason);
    forget(&a);
}

static void
test_requests_that_are_not_for_this_gate_leave_no_entry(void **state)
{
    struct office *o = *state;
    struct bytes none = bytes_of(NULL, 0), junk = bytes_text("junk");
    struct request r = request_of(o, ACT_RELEASE_LIST), first = r, other;
    struct answered a = ask(o, &r, OFFICER, none);
    uint64_t index = a.e.index;

    assert_true(a.e.allowed);
    forget(&a);
    r = request_of(o, ACT_RELEASE_LIST);
    expect_none(o, &r, OFFICER, junk, SV_ERR_FORMAT, "malformed");
    expect_none(o, &r, OFFICER, bytes_text("j"), SV_ERR_FORMAT, "malformed");
    expect_none(o, &first, OFFICER, junk, SV_ERR_FORMAT, "malformed");
    expect_none(o, &r, "case-1", none, SV_ERR_DENIED, "signature");
    other = r;
    other.vault.b[0] ^= 1;
    expect_none(o, &other, OFFICER, none, SV_ERR_DENIED, "foreign");
    other = r;
    other.origin[0] ^= 1;
    expect_none(o, &other, OFFICER, none, SV_ERR_DENIED, "foreign");
    other = r;
    (void)snprintf(other.actor, sizeof other.actor, "nobody");
    expect_none(o, &other, OFFICER, none, SV_ERR_DENIED, "signature");
    a = ask(o, &r, OFFICER, none);
    assert_true(a.e.allowed);
    assert_int_equal(a.e.index, index + 1);
    forget(&a);
}

/* Of an act that gives nothing out: its receipt is given again. */
static void
test_same_request_has_its_receipt_for_a_day(void **state)
{
    struct office *o = *state;
    struct bytes none = bytes_of(NULL, 0);
    struct request r = request_of(o, ACT_RELEASE_REFUSE);
    struct answered a = ask(o, &r, OFFICER, none);
    uint64_t index = a.e.index;

    assert_string_equal(a.e.rule, "act");
    forget(&a);
    o->now_ms = r.at_ms + DECIDE_LAG_MS;
    a = ask(o, &r, OFFICER, none);
    assert_int_equal(a.e.index, index);
    assert_string_equal(a.e.rule, "act");
    forget(&a);
    o->now_ms++;
    a = ask(o, &r, OFFICER, none);
    assert_int_equal(a.e.index, index + 1);
    assert_string_equal(a.e.rule, "repeated");
    forget(&a);
}

/* Of an act that gives something out: only to who may have it now. */
static void
test_same_request_gives_content_to_who_may_still_have_it(void **state)
{
    struct office *o = *state;
    struct bytes none = bytes_of(NULL, 0);
    struct request r = request_of(o, ACT_RELEASE_LIST), other;
    struct answered a = ask(o, &r, OFFICER, none);
    uint64_t index = a.e.index;

    assert_int_equal(a.m.act.body.len, 4);
    forget(&a);
    a = ask(o, &r, OFFICER, none);
    assert_int_equal(a.e.index, index);
    assert_int_equal(a.m.act.body.len, 4);
    forget(&a);
    other = r; /* other bytes under her id */
    other.at_ms++;
    a = ask(o, &other, OFFICER, none);
    assert_int_equal(a.e.index, index + 1);
    assert_string_equal(a.e.rule, "repeated");
    assert_int_equal(a.m.act.body.len, 0);
    forget(&a);
    a = ask(o, &r, OFFICER, none); /* the id is the first bytes' */
    assert_int_equal(a.e.index, index);
    forget(&a);
    assert_ok(client_staff_revoke(office_client(o, "lead-1"), OFFICER,
                                  "statistics_officer"));
    a = ask(o, &r, OFFICER, none);
    assert_false(a.e.allowed);
    assert_string_equal(a.e.rule, "repeated");
    assert_int_equal(a.m.act.body.len, 0);
    forget(&a);
}

/* Who names a head that this log does not have, or had with another root. */
static void
test_who_was_shown_another_log_gets_no_proof_from_it(void **state)
{
    struct office *o = *state;
    struct bytes none = bytes_of(NULL, 0);
    struct request r = request_of(o, ACT_RELEASE_LIST);
    struct answered a;
    size_t empty;

    r.seen_size = 0;
    r.seen_root = tree_empty();
    a = ask(o, &r, OFFICER, none);
    assert_true(a.e.allowed);
    empty = a.m.act.consistency.len;
    forget(&a);
    r = request_of(o, ACT_RELEASE_LIST);
    r.seen_root.b[0] ^= 1;
    a = ask(o, &r, OFFICER, none);
    assert_string_equal(a.e.rule, "seen");
    assert_int_equal(a.m.act.body.len, 0);
    forget(&a);
    r = request_of(o, ACT_RELEASE_LIST);
    r.seen_size = a.e.index + 10;
    a = ask(o, &r, OFFICER, none);
    assert_string_equal(a.e.rule, "seen");
    assert_int_equal(a.m.act.consistency.len, empty);
    assert_int_equal(a.m.act.body.len, 0);
    forget(&a);
}

/* The log's time goes on from where it was, whatever the clock says. */
static void
test_a_clock_that_is_set_back_makes_no_earlier_entry(void **state)
{
    struct office *o = *state;
    struct bytes none = bytes_of(NULL, 0);
    struct request r;
    struct answered a;
    uint64_t time_ms;

    o->now_ms += 60000;
    r = request_of(o, ACT_RELEASE_LIST);
    a = ask(o, &r, OFFICER, none);
    time_ms = a.e.time_ms;
    assert_true(time_ms == o->now_ms);
    forget(&a);
    o->now_ms -= 30000;
    r = request_of(o, ACT_RELEASE_LIST);
    a = ask(o, &r, OFFICER, none);
    assert_true(a.e.allowed);
    assert_true(a.e.time_ms == time_ms);
    forget(&a);
    o->now_ms += 30001;
    r = request_of(o, ACT_RELEASE_LIST);
    a = ask(o, &r, OFFICER, none);
    assert_true(a.e.time_ms == time_ms + 1);
    forget(&a);
    office_verify(o);
}

/* It is denied what contradicts it, and work goes on when it is right again. */
static void
test_a_clock_that_is_years_ahead_does_not_take_the_log_along(void **state)
{
    struct office *o = *state;
    struct bytes none = bytes_of(NULL, 0);
    struct request r = request_of(o, ACT_RELEASE_LIST);
    uint64_t right = o->now_ms;
    struct answered a;

    o->now_ms += UINT64_C(5) * 365 * 24 * 3600 * 1000;
    a = ask(o, &r, OFFICER, none);
    assert_false(a.e.allowed);
    assert_string_equal(a.e.rule, "clock");
    assert_true(a.e.time_ms == right + DECIDE_LAG_MS + 1);
    forget(&a);
    a = ask(o, &r, OFFICER, none); /* nor by asking once more */
    assert_true(a.e.time_ms == right + DECIDE_LAG_MS + 1);
    forget(&a);
    o->now_ms = right + 1;
    r = request_of(o, ACT_RELEASE_LIST);
    a = ask(o, &r, OFFICER, none);
    assert_true(a.e.allowed);
    forget(&a);
    office_verify(o);
}

int
main(void)
{
#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_requests_that_are_not_for_this_gate_leave_no_entry),
        IN_OFFICE(test_same_request_has_its_receipt_for_a_day),
        IN_OFFICE(test_same_request_gives_content_to_who_may_still_have_it),
        IN_OFFICE(test_who_was_shown_another_log_gets_no_proof_from_it),
        IN_OFFICE(test_a_clock_that_is_set_back_makes_no_earlier_entry),
        IN_OFFICE(test_a_clock_that_is_years_ahead_does_not_take_the_log_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
