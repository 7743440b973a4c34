/* Releases, flagged assignments, limits and keys that wait: what is decided
 * about them, at each of their bounds. */
#include "tests/support/fakelog.h"

struct office {
    struct fakelog f;
    struct request request;
    struct question question;
    struct release_state release;
    struct flag_state flag;
};
static struct office office;

static void
put(char out[static NAME_SIZE], const char *name)
{
    memset(out, 0, NAME_SIZE);
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

static int
open_office(void **state)
{
    struct office *o = &office;
    struct fakelog *f = &o->f;

    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_hire(f, "stan", "statistics_officer", 0);
    (void)fakelog_hire(f, "stella", "statistics_officer", 0);
    (void)fakelog_hire(f, "anna", "approver", 0);
    (void)fakelog_hire(f, "otto", "auditor", 0);
    memset(&o->release, 0, sizeof o->release);
    put(o->release.requester, "stan");
    o->release.requested_ms = f->now_ms - FAKELOG_DAY_MS;
    memset(o->release.commitment, 7, sizeof o->release.commitment);
    memset(&o->flag, 0, sizeof o->flag);
    put(o->flag.actor, FAKELOG_SUPERVISOR);
    put(o->flag.person, "cora");
    *state = o;
    return 0;
}

static int
close_office(void **state)
{
    struct office *o = *state;

    fakelog_clear(&o->f);
    return 0;
}

/* She does this, about release 9: an entry's question, to be spoiled. */
static void
asks(struct office *o, enum request_act act, const char *actor,
     const char *role)
{
    o->request = fakelog_request(&o->f, act, actor, role);
    o->request.entry = 9;
    memset(o->request.body, 7, sizeof o->request.body);
    o->question = (struct question){
        .request = &o->request,
        .index = o->f.replay.frontier.size,
        .time_ms = o->f.now_ms,
        .seen_ok = true,
        .release = &o->release,
        .flag = &o->flag,
    };
}

static void
says(struct office *o, const char *want)
{
    struct decision d = policy_decide(&o->f.replay.roster, &o->question);
    char got[48];

    (void)snprintf(got, sizeof got, "%s %s", d.allowed ? "allowed" : "denied",
                   d.rule);
    assert_string_equal(got, want);
}

static void
expect(struct office *o, enum request_act act, const char *actor,
       const char *role, const char *want)
{
    asks(o, act, actor, role);
    says(o, want);
}

static void
judged(struct office *o, bool refused)
{
    put(o->release.judge, "anna");
    o->release.judged_ms = o->f.now_ms - FAKELOG_DAY_MS / 2;
    o->release.refused = refused;
}

#define STAN "stan", "statistics_officer"
#define STELLA "stella", "statistics_officer"
#define ANNA "anna", "approver"

/* ---- releases ---- */

static void
test_release_is_asked_for_under_one_of_two_profiles(void **state)
{
    struct office *o = *state;

    asks(o, ACT_RELEASE_REQUEST, STAN);
    put(o->request.profile, RELEASE_EXACT);
    says(o, "allowed role");
    put(o->request.profile, RELEASE_PUBLIC);
    says(o, "allowed role");
    put(o->request.profile, "internal");
    says(o, "denied profile");
    put(o->request.profile, "");
    says(o, "denied profile");
}

static void
test_release_is_shown_to_who_asked_and_to_who_judges(void **state)
{
    struct office *o = *state;

    expect(o, ACT_RELEASE_SHOW, STAN, "allowed role");
    expect(o, ACT_RELEASE_SHOW, ANNA, "allowed role");
    expect(o, ACT_RELEASE_SHOW, STELLA, "denied requester");
    o->question.release = NULL;
    says(o, "denied release");
}

static void
test_unsafe_cells_are_acknowledged_once_by_who_asked(void **state)
{
    struct office *o = *state;

    expect(o, ACT_RELEASE_ACKNOWLEDGE, STAN, "denied profile");
    o->release.exact = true;
    expect(o, ACT_RELEASE_ACKNOWLEDGE, STAN, "allowed role");
    expect(o, ACT_RELEASE_ACKNOWLEDGE, STELLA, "denied requester");
    o->question.release = NULL;
    says(o, "denied release");
    o->release.acknowledged = true;
    expect(o, ACT_RELEASE_ACKNOWLEDGE, STAN, "denied judged");
    o->release.acknowledged = false;
    judged(o, false);
    expect(o, ACT_RELEASE_ACKNOWLEDGE, STAN, "denied judged");
    o->release.judged_ms = 1;
    expect(o, ACT_RELEASE_ACKNOWLEDGE, STAN, "denied judged");
}

/* A desk whose clock is behind the gate's asks, too. */
static void
test_release_is_not_over_before_it_was_asked_for(void **state)
{
    struct office *o = *state;
    uint64_t asked = o->release.requested_ms;

    assert_false(release_is_expired(&o->release, asked - 1));
    assert_false(release_is_expired(&o->release, asked + RELEASE_TERM_MS));
    assert_true(release_is_expired(&o->release, asked + RELEASE_TERM_MS + 1));
    o->release.judged_ms = asked + 1;
    assert_false(release_is_expired(&o->release, asked));
}

/* Whatever the time was, from the first millisecond on. */
static void
test_term_of_a_judged_release_begins_with_its_judgement(void **state)
{
    struct release_state s = {.judged_ms = 1};

    (void)state;
    assert_true(release_is_approved(&s));
    assert_false(release_is_expired(&s, 1 + RELEASE_TERM_MS));
    assert_true(release_is_expired(&s, 2 + RELEASE_TERM_MS));
}

/* The term of the request ends after its last moment, for every step. */
static void
test_release_that_nobody_judged_in_its_term_is_late(void **state)
{
    struct office *o = *state;
    static const struct {
        enum request_act act;
        const char *actor, *role;
    } steps[] = {
        {ACT_RELEASE_ACKNOWLEDGE, STAN},
        {ACT_RELEASE_APPROVE, ANNA},
        {ACT_RELEASE_REFUSE, ANNA},
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        o->release.exact = steps[i].act == ACT_RELEASE_ACKNOWLEDGE;
        o->release.requested_ms = o->f.now_ms - RELEASE_TERM_MS;
        expect(o, steps[i].act, steps[i].actor, steps[i].role, "allowed role");
        o->release.requested_ms--;
        expect(o, steps[i].act, steps[i].actor, steps[i].role, "denied late");
    }
}

static void
test_release_is_judged_once_and_not_by_who_asked(void **state)
{
    struct office *o = *state;
    static const enum request_act acts[] = {ACT_RELEASE_APPROVE,
                                            ACT_RELEASE_REFUSE};

    for (size_t i = 0; i < 2; i++) {
        expect(o, acts[i], ANNA, "allowed role");
        o->question.release = NULL;
        says(o, "denied release");
        put(o->release.requester, "anna");
        expect(o, acts[i], ANNA, "denied self");
        put(o->release.requester, "stan");
        for (int refused = 0; refused < 2; refused++) {
            judged(o, refused == 1);
            expect(o, acts[i], ANNA, "denied judged");
            o->release.judged_ms = 1;
            expect(o, acts[i], ANNA, "denied judged");
        }
        o->release.judged_ms = 0;
        o->release.refused = false;
    }
}

static void
test_approval_is_of_these_bytes_seen_with_what_is_out(void **state)
{
    struct office *o = *state;

    asks(o, ACT_RELEASE_APPROVE, ANNA);
    o->question.last_release = 9;
    says(o, "allowed role");
    o->question.last_release = 10;
    says(o, "denied stale");
    o->question.last_release = 0;
    o->request.body[31] ^= 1;
    says(o, "denied bytes");
    o->request.body[31] ^= 1;
    o->release.exact = true;
    says(o, "denied acknowledge");
    o->release.acknowledged = true;
    says(o, "allowed role");
    /* A refusal asks for none of it. */
    o->release.acknowledged = false;
    asks(o, ACT_RELEASE_REFUSE, ANNA);
    o->question.last_release = 10;
    o->request.body[31] ^= 1;
    says(o, "allowed role");
}

static void
test_release_is_fetched_by_who_asked_once_approved(void **state)
{
    struct office *o = *state;

    expect(o, ACT_RELEASE_FETCH, STAN, "denied approval");
    judged(o, true);
    expect(o, ACT_RELEASE_FETCH, STAN, "denied approval");
    judged(o, false);
    expect(o, ACT_RELEASE_FETCH, STAN, "allowed role");
    expect(o, ACT_RELEASE_FETCH, STELLA, "denied requester");
    o->question.release = NULL;
    says(o, "denied release");
    /* From the approval on it has a term of its own. */
    o->release.requested_ms = 0;
    o->release.judged_ms = o->f.now_ms - RELEASE_TERM_MS;
    expect(o, ACT_RELEASE_FETCH, STAN, "allowed role");
    o->release.judged_ms--;
    expect(o, ACT_RELEASE_FETCH, STAN, "denied late");
}

/* ---- where a release stands ---- */

static void
test_release_begins_with_three_commitments(void **state)
{
    struct office *o = *state;
    struct release_state s = {.judged_ms = 77};
    struct entry *e = calloc(1, sizeof *e);
    static const char *const names[] = {RELEASE_RESULT, RELEASE_RISK,
                                        RELEASE_LEDGER};

    assert_non_null(e);
    asks(o, ACT_RELEASE_REQUEST, STAN);
    put(o->request.profile, RELEASE_EXACT);
    e->time_ms = 123;
    e->n_results = 3;
    for (unsigned i = 0; i < 3; i++) {
        put(e->results[i].compartment, names[i]);
        e->results[i].version = 1;
        memset(e->results[i].hash, (int)i + 1, 32);
    }
    for (unsigned i = 0; i < 3; i++) {
        e->results[i].version = 2;
        assert_err(release_begin(&s, e, &o->request), SV_ERR_FORMAT);
        e->results[i].version = 1;
        put(e->results[i].compartment, "facts");
        assert_err(release_begin(&s, e, &o->request), SV_ERR_FORMAT);
        put(e->results[i].compartment, names[i]);
    }
    for (unsigned n = 0; n < 5; n++) {
        e->n_results = n;
        if (n != 3)
            assert_err(release_begin(&s, e, &o->request), SV_ERR_FORMAT);
    }
    assert_int_equal(s.judged_ms, 77);
    e->n_results = 3;
    assert_ok(release_begin(&s, e, &o->request));
    assert_string_equal(s.requester, "stan");
    assert_int_equal(s.requested_ms, 123);
    assert_int_equal(s.judged_ms, 0);
    assert_true(s.exact);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(s.commitment[i], 1);
        assert_int_equal(s.risk[i], 2);
        assert_int_equal(s.ledger[i], 3);
    }
    put(o->request.profile, RELEASE_PUBLIC);
    assert_ok(release_begin(&s, e, &o->request));
    assert_false(s.exact);
    free(e);
}

static void
test_release_stands_where_its_steps_took_it(void **state)
{
    struct office *o = *state;
    struct release_state s;
    struct entry *e = calloc(1, sizeof *e);

    assert_non_null(e);
    e->index = 12;
    e->time_ms = 345;
    s = o->release;
    asks(o, ACT_RELEASE_ACKNOWLEDGE, STAN);
    release_step(&s, e, &o->request);
    assert_true(s.acknowledged);
    assert_int_equal(s.judged_ms, 0);
    assert_false(s.refused);
    assert_false(release_is_approved(&s));
    asks(o, ACT_RELEASE_APPROVE, ANNA);
    release_step(&s, e, &o->request);
    assert_true(release_is_approved(&s));
    assert_false(s.refused);
    assert_string_equal(s.judge, "anna");
    assert_int_equal(s.judged_index, 12);
    assert_int_equal(s.judged_ms, 345);
    s = o->release;
    asks(o, ACT_RELEASE_REFUSE, ANNA);
    release_step(&s, e, &o->request);
    assert_false(release_is_approved(&s));
    assert_true(s.refused);
    assert_false(s.acknowledged);
    assert_string_equal(s.judge, "anna");
    assert_int_equal(s.judged_index, 12);
    assert_int_equal(s.judged_ms, 345);
    s = o->release;
    asks(o, ACT_RELEASE_FETCH, STAN);
    release_step(&s, e, &o->request);
    assert_memory_equal(&s, &o->release, sizeof s);
    free(e);
}

/* ---- flagged assignments ---- */

static void
test_flag_is_acknowledged_once_by_neither_of_the_two(void **state)
{
    struct office *o = *state;

    expect(o, ACT_FLAG_ACKNOWLEDGE, "otto", "auditor", "allowed role");
    expect(o, ACT_FLAG_ACKNOWLEDGE, FAKELOG_SUPERVISOR, "supervisor",
           "denied self");
    put(o->flag.actor, "sara");
    expect(o, ACT_FLAG_ACKNOWLEDGE, FAKELOG_SUPERVISOR, "supervisor",
           "allowed role");
    put(o->flag.person, FAKELOG_SUPERVISOR);
    expect(o, ACT_FLAG_ACKNOWLEDGE, FAKELOG_SUPERVISOR, "supervisor",
           "denied self");
    expect(o, ACT_FLAG_ACKNOWLEDGE, "otto", "auditor", "allowed role");
    o->flag.acknowledged = true;
    expect(o, ACT_FLAG_ACKNOWLEDGE, "otto", "auditor", "denied flag");
    o->question.flag = NULL;
    says(o, "denied flag");
}

static void
test_flag_is_due_where_its_assignment_was_done(void **state)
{
    struct entry *e = calloc(1, sizeof *e);
    static const struct {
        bool allowed, done;
        const char *rule;
        bool due;
    } cases[] = {
        {true, true, FLAG_RULE, true},   {true, true, FLAG_SELF_RULE, true},
        {true, true, "role", false},     {true, true, "self-assigned", false},
        {false, true, FLAG_RULE, false}, {true, false, FLAG_RULE, false},
    };

    (void)state;
    assert_non_null(e);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        e->allowed = cases[i].allowed;
        e->outcome = cases[i].done ? OUTCOME_DONE : OUTCOME_INVALID;
        (void)snprintf(e->rule, sizeof e->rule, "%s", cases[i].rule);
        assert_int_equal(flag_is_due(e), cases[i].due);
    }
    free(e);
}

static void
test_flag_begins_unacknowledged_with_the_two(void **state)
{
    struct office *o = *state;
    struct flag_state s = {.acknowledged = true};

    asks(o, ACT_RECORD_ASSIGN, FAKELOG_SUPERVISOR, "supervisor");
    put(o->request.person, "cora");
    flag_begin(&s, &o->request);
    assert_string_equal(s.actor, FAKELOG_SUPERVISOR);
    assert_string_equal(s.person, "cora");
    assert_false(s.acknowledged);
}

static void
test_assignment_after_a_denial_for_want_of_break_glass_is_flagged(void **state)
{
    struct office *o = *state;

    o->request =
        fakelog_request_on(&o->f, ACT_RECORD_ASSIGN, FAKELOG_SUPERVISOR,
                           "supervisor", "victim", 1, NULL);
    put(o->request.person, "cora");
    o->question = (struct question){.request = &o->request,
                                    .index = o->f.replay.frontier.size,
                                    .time_ms = o->f.now_ms,
                                    .seen_ok = true};
    says(o, "allowed role");
    o->question.denied_glass = true;
    says(o, "allowed flagged");
    put(o->request.person, "otto"); /* who works with no record */
    says(o, "denied person");
}

/* ---- limits, lists, and keys that wait ---- */

static void
test_limit_is_what_the_policy_says_and_none_where_it_says_none(void **state)
{
    struct office *o = *state;
    struct policy *p = &o->f.replay.roster.policy;

    asks(o, ACT_COUNTS_PREVIEW, STAN);
    assert_int_equal(p->limits[ACT_COUNTS_PREVIEW].n, 20);
    o->question.recent = 19;
    says(o, "allowed role");
    o->question.recent = 20;
    says(o, "denied limit");
    p->limits[ACT_COUNTS_PREVIEW].n = 1;
    o->question.recent = 0;
    says(o, "allowed role");
    o->question.recent = 1;
    says(o, "denied limit");
    p->limits[ACT_COUNTS_PREVIEW].n = 0;
    o->question.recent = UINT32_MAX;
    says(o, "allowed role");
}

static void
test_list_is_of_one_to_a_thousand(void **state)
{
    struct office *o = *state;
    static const struct {
        uint64_t count;
        const char *want;
    } cases[] = {
        {0, "denied count"},
        {1, "allowed role"},
        {2, "allowed role"},
        {DECIDE_LIST_MAX, "allowed role"},
        {DECIDE_LIST_MAX + 1, "denied count"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        o->request = fakelog_request_on(&o->f, ACT_RECORD_LIST, "cora",
                                        "caseworker", "victim", 1, NULL);
        o->request.count = cases[i].count;
        o->question = (struct question){.request = &o->request,
                                        .index = o->f.replay.frontier.size,
                                        .time_ms = o->f.now_ms,
                                        .seen_ok = true};
        says(o, cases[i].want);
    }
}

/* What a caseworker writes, with the key of this compartment waiting. */
static void
write_with_waiting(struct office *o, enum request_act act, const char *type,
                   const char *waiting, uint64_t since_ms, const char *want)
{
    struct roster *r = &o->f.replay.roster;
    int column = policy_column(&r->policy, type, waiting);

    assert_true(column >= 0);
    memset(r->due_ms, 0, sizeof r->due_ms);
    r->due_ms[column] = since_ms;
    o->request = fakelog_request_on(&o->f, act, "cora", "caseworker", "victim",
                                    1, act == ACT_RECORD_SAVE ? "facts" : NULL);
    o->request.count = act == ACT_RECORD_IMPORT ? 1 : 0;
    o->question = (struct question){.request = &o->request,
                                    .index = o->f.replay.frontier.size,
                                    .time_ms = o->f.now_ms,
                                    .assigned = true,
                                    .seen_ok = true};
    says(o, want);
}

static void
test_key_that_waits_too_long_is_not_written_under(void **state)
{
    struct office *o = *state;
    uint64_t in_time = o->f.now_ms - DECIDE_DUE_MS, late = in_time - 1;
    static const struct {
        enum request_act act;
        const char *allowed;
    } writes[] = {
        {ACT_RECORD_SAVE, "allowed assigned"},
        {ACT_RECORD_CREATE, "allowed role"},
        {ACT_RECORD_IMPORT, "allowed role"},
    };

    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        enum request_act act = writes[i].act;
        const char *allowed = writes[i].allowed;

        write_with_waiting(o, act, "victim", "facts", 0, allowed);
        write_with_waiting(o, act, "victim", "facts", in_time, allowed);
        write_with_waiting(o, act, "victim", "facts", late, "denied due");
        write_with_waiting(o, act, "suspect", "justice", late, allowed);
    }
    /* A record is saved in parts, opened whole. */
    write_with_waiting(o, ACT_RECORD_SAVE, "victim", "health", late,
                       "allowed assigned");
    write_with_waiting(o, ACT_RECORD_CREATE, "victim", "identity", late,
                       "denied due");
    write_with_waiting(o, ACT_RECORD_CREATE, "victim", "index", late,
                       "denied due");
}

/* It is read all the same: what is there is under it. */
static void
test_key_that_waits_too_long_is_read_under(void **state)
{
    struct office *o = *state;
    struct roster *r = &o->f.replay.roster;

    memset(r->due_ms, 0, sizeof r->due_ms);
    r->due_ms[policy_column(&r->policy, "victim", "facts")] =
        o->f.now_ms - DECIDE_DUE_MS - 1;
    o->request = fakelog_request_on(&o->f, ACT_RECORD_READ, "cora",
                                    "caseworker", "victim", 1, "facts");
    o->question = (struct question){.request = &o->request,
                                    .index = o->f.replay.frontier.size,
                                    .time_ms = o->f.now_ms,
                                    .assigned = true,
                                    .seen_ok = true};
    says(o, "allowed assigned");
}

/* Each compartment must be hers to write: the first, the last, any. */
static void
test_record_is_opened_by_who_writes_all_of_it(void **state)
{
    struct office *o = *state;
    struct policy *p = &o->f.replay.roster.policy;
    int role = policy_role(p, "caseworker");

    for (unsigned c = 0; c < p->n_columns; c++) {
        uint8_t cell = p->roles[role].cells[c];
        bool hers = strcmp(p->columns[c].type, "victim") == 0 &&
                    strcmp(p->columns[c].compartment, "index") != 0;
        const char *want = hers ? "denied compartment" : "allowed role";

        p->roles[role].cells[c] = (uint8_t)(cell & ~CELL_WRITE);
        write_with_waiting(o, ACT_RECORD_CREATE, "victim", "facts", 0, want);
        write_with_waiting(o, ACT_RECORD_IMPORT, "victim", "facts", 0, want);
        p->roles[role].cells[c] = cell;
    }
}

#define IN_AN_OFFICE(test)                                                     \
    cmocka_unit_test_setup_teardown(test, open_office, close_office)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_AN_OFFICE(test_release_is_asked_for_under_one_of_two_profiles),
        IN_AN_OFFICE(test_release_is_shown_to_who_asked_and_to_who_judges),
        IN_AN_OFFICE(test_unsafe_cells_are_acknowledged_once_by_who_asked),
        IN_AN_OFFICE(test_release_is_not_over_before_it_was_asked_for),
        cmocka_unit_test(
            test_term_of_a_judged_release_begins_with_its_judgement),
        IN_AN_OFFICE(test_release_that_nobody_judged_in_its_term_is_late),
        IN_AN_OFFICE(test_release_is_judged_once_and_not_by_who_asked),
        IN_AN_OFFICE(test_approval_is_of_these_bytes_seen_with_what_is_out),
        IN_AN_OFFICE(test_release_is_fetched_by_who_asked_once_approved),
        IN_AN_OFFICE(test_release_begins_with_three_commitments),
        IN_AN_OFFICE(test_release_stands_where_its_steps_took_it),
        IN_AN_OFFICE(test_flag_is_acknowledged_once_by_neither_of_the_two),
        IN_AN_OFFICE(test_flag_is_due_where_its_assignment_was_done),
        IN_AN_OFFICE(test_flag_begins_unacknowledged_with_the_two),
        IN_AN_OFFICE(
            test_assignment_after_a_denial_for_want_of_break_glass_is_flagged),
        IN_AN_OFFICE(
            test_limit_is_what_the_policy_says_and_none_where_it_says_none),
        IN_AN_OFFICE(test_list_is_of_one_to_a_thousand),
        IN_AN_OFFICE(test_key_that_waits_too_long_is_not_written_under),
        IN_AN_OFFICE(test_key_that_waits_too_long_is_read_under),
        IN_AN_OFFICE(test_record_is_opened_by_who_writes_all_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
