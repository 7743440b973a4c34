/* What later decisions rest on, as a replayed log knows it: releases, flagged
 * assignments, how often an act was done, and who was denied for want of
 * break-glass.  Each is also forged. */
#include "policy/replay_state.h"
#include "tests/support/fakelog.h"

static struct fakelog office_log;

#define STAN "stan", "statistics_officer"
#define ANNA "anna", "approver"
#define DECISION "not the decision that the policy gives"

static int
found(void **state)
{
    struct fakelog *f = &office_log;

    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_hire(f, "carl", "clinician", 0);
    (void)fakelog_hire(f, "stan", "statistics_officer", 0);
    (void)fakelog_hire(f, "anna", "approver", 0);
    (void)fakelog_hire(f, "otto", "auditor", 0);
    (void)fakelog_create(f, "cora", "caseworker", "victim", 1);
    *state = f;
    return 0;
}

static int
clear(void **state)
{
    fakelog_clear(*state);
    return 0;
}

static void
put(char out[static NAME_SIZE], const char *name)
{
    memset(out, 0, NAME_SIZE);
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

static void
replays(const struct fakelog *f)
{
    struct replay_fault fault = {0};

    assert_ok(fakelog_replay(f, &fault));
}

/* As a gate would write it that decides for itself. */
static void
expect_lie(struct fakelog *f, struct entry *e, const struct request *q,
           const char *reason)
{
    struct replay_fault fault = {0};
    struct buf bytes = fakelog_bytes(e, q, q->actor);
    uint64_t at = f->n;

    fakelog_insert(f, at, &bytes);
    assert_err(fakelog_replay(f, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, at);
    assert_string_equal(fault.reason, reason);
    fakelog_remove(f, at);
}

/* ---- releases ---- */

static struct entry
release_entry(struct fakelog *f, struct request *q)
{
    struct entry e;

    *q = fakelog_request(f, ACT_RELEASE_REQUEST, STAN);
    put(q->profile, RELEASE_EXACT);
    e = fakelog_entry(f, q, OUTCOME_DONE);
    fakelog_result(&e, 0, RELEASE_RESULT, 1);
    fakelog_result(&e, 0, RELEASE_RISK, 1);
    fakelog_result(&e, 0, RELEASE_LEDGER, 1);
    return e;
}

static uint64_t
request_release(struct fakelog *f)
{
    struct request q;
    struct entry e = release_entry(f, &q);

    return fakelog_append_entry(f, &e, &q);
}

static struct request
on_release(struct fakelog *f, enum request_act act, const char *actor,
           const char *role, uint64_t release)
{
    struct request q = fakelog_request(f, act, actor, role);

    q.entry = release;
    if (act == ACT_RELEASE_ACKNOWLEDGE)
        q.count = 1;
    if (act == ACT_RELEASE_APPROVE)
        fakelog_content(0, RELEASE_RESULT, 1, q.body);
    return q;
}

static uint64_t
step(struct fakelog *f, enum request_act act, const char *actor,
     const char *role, uint64_t release)
{
    struct request q = on_release(f, act, actor, role, release);
    struct decision d = fakelog_decide(f, &q);

    assert_true(d.allowed);
    return fakelog_append(f, &q, OUTCOME_DONE);
}

static void
refused(struct fakelog *f, enum request_act act, const char *actor,
        const char *role, uint64_t release, const char *rule)
{
    struct request q = on_release(f, act, actor, role, release);

    (void)fakelog_denied(f, &q, rule);
}

static void
test_release_goes_from_request_to_fetching(void **state)
{
    struct fakelog *f = *state;
    uint64_t release = request_release(f), approved;

    refused(f, ACT_RELEASE_APPROVE, ANNA, release, "acknowledge");
    refused(f, ACT_RELEASE_FETCH, STAN, release, "approval");
    (void)step(f, ACT_RELEASE_SHOW, ANNA, release);
    (void)step(f, ACT_RELEASE_ACKNOWLEDGE, STAN, release);
    refused(f, ACT_RELEASE_ACKNOWLEDGE, STAN, release, "judged");
    approved = step(f, ACT_RELEASE_APPROVE, ANNA, release);
    refused(f, ACT_RELEASE_REFUSE, ANNA, release, "judged");
    (void)step(f, ACT_RELEASE_FETCH, STAN, release);
    assert_int_equal(f->replay.last_release, approved);
    assert_int_equal(replay_state_release(&f->replay, release)->judged_index,
                     approved);
    replays(f);
}

static void
test_each_of_many_releases_stands_for_itself(void **state)
{
    struct fakelog *f = *state;
    uint64_t at[5];

    for (unsigned i = 0; i < 5; i++) {
        at[i] = request_release(f);
        (void)fakelog_read(f, "cora", "caseworker", "victim", 1, "facts");
    }
    for (unsigned i = 0; i < 5; i++) {
        assert_non_null(replay_state_release(&f->replay, at[i]));
        assert_null(replay_state_release(&f->replay, at[i] + 1));
    }
    assert_null(replay_state_release(&f->replay, 0));
    for (unsigned i = 0; i < 5; i++)
        (void)step(f, ACT_RELEASE_ACKNOWLEDGE, STAN, at[i]);
    (void)step(f, ACT_RELEASE_REFUSE, ANNA, at[1]);
    (void)step(f, ACT_RELEASE_APPROVE, ANNA, at[3]);
    /* Requested before that one was out. */
    refused(f, ACT_RELEASE_APPROVE, ANNA, at[4], "stale");
    refused(f, ACT_RELEASE_FETCH, STAN, at[1], "approval");
    refused(f, ACT_RELEASE_SHOW, ANNA, at[3] + 1, "release");
    (void)step(f, ACT_RELEASE_FETCH, STAN, at[3]);
    replays(f);
}

static void
test_release_without_its_commitments_is_found(void **state)
{
    struct fakelog *f = *state;
    struct request q;
    struct entry e = release_entry(f, &q);

    e.n_results = 2;
    expect_lie(f, &e, &q, "results are not what the request says");
    e = release_entry(f, &q);
    put(e.results[1].compartment, "facts");
    expect_lie(f, &e, &q, "results are not what the request says");
    e = release_entry(f, &q);
    e.outcome = OUTCOME_UNSAFE;
    expect_lie(f, &e, &q, "results where there are none");
    e.n_results = 0;
    (void)fakelog_append_entry(f, &e, &q); /* nothing came of it */
    assert_null(replay_state_release(&f->replay, f->n - 1));
    replays(f);
}

static void
test_steps_that_the_release_does_not_bear_are_found(void **state)
{
    static const struct {
        enum request_act act;
        const char *actor, *role;
    } lies[] = {
        {ACT_RELEASE_APPROVE, ANNA},
        {ACT_RELEASE_FETCH, STAN},
    };
    struct fakelog *f = *state;
    uint64_t release = request_release(f);
    struct request q;
    struct entry e;

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        q = on_release(f, lies[i].act, lies[i].actor, lies[i].role, release);
        e = fakelog_entry(f, &q, OUTCOME_DONE);
        assert_false(e.allowed);
        e.allowed = true;
        e.outcome = OUTCOME_DONE;
        (void)snprintf(e.rule, sizeof e.rule, "role");
        expect_lie(f, &e, &q, DECISION);
    }
    /* Its results are the request's alone. */
    q = on_release(f, ACT_RELEASE_SHOW, ANNA, release);
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    fakelog_result(&e, 0, RELEASE_RESULT, 1);
    expect_lie(f, &e, &q, "results where there are none");
}

/* Its row did not open: that is an outcome, and the step was not taken. */
static void
test_a_step_that_met_damage_was_not_taken(void **state)
{
    struct fakelog *f = *state;
    uint64_t release = request_release(f);
    struct request q = on_release(f, ACT_RELEASE_ACKNOWLEDGE, STAN, release);

    (void)fakelog_append(f, &q, OUTCOME_DAMAGED);
    refused(f, ACT_RELEASE_APPROVE, ANNA, release, "acknowledge");
    q = on_release(f, ACT_RELEASE_REFUSE, ANNA, release);
    (void)fakelog_append(f, &q, OUTCOME_DAMAGED);
    (void)step(f, ACT_RELEASE_ACKNOWLEDGE, STAN, release);
    q = on_release(f, ACT_RELEASE_APPROVE, ANNA, release);
    (void)fakelog_append(f, &q, OUTCOME_DAMAGED);
    (void)step(f, ACT_RELEASE_APPROVE, ANNA, release);
    replays(f);
}

/* ---- flagged assignments ---- */

static struct request
assignment(struct fakelog *f, const char *person, const char *purpose)
{
    struct request q =
        fakelog_request_on(f, ACT_RECORD_ASSIGN, FAKELOG_SUPERVISOR,
                           "supervisor", "victim", 1, NULL);

    put(q.person, person);
    if (purpose != NULL) {
        put(q.purpose, purpose);
        q.purpose_defaulted = false;
    }
    return q;
}

static struct request
acknowledgement(struct fakelog *f, uint64_t flag)
{
    struct request q =
        fakelog_request(f, ACT_FLAG_ACKNOWLEDGE, "otto", "auditor");

    q.entry = flag;
    return q;
}

static void
test_emergency_is_flagged_and_acknowledged_once(void **state)
{
    struct fakelog *f = *state;
    struct request q = assignment(f, "carl", "emergency");
    uint64_t flag = fakelog_append(f, &q, OUTCOME_DONE);
    struct flag_state *s = replay_state_flag(&f->replay, flag);
    struct entry e;

    assert_non_null(s);
    assert_string_equal(s->person, "carl");
    assert_null(replay_state_flag(&f->replay, flag - 1));
    assert_null(replay_state_flag(&f->replay, flag + 1));
    q = acknowledgement(f, flag - 1);
    (void)fakelog_denied(f, &q, "flag");
    q = acknowledgement(f, flag);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_true(replay_state_flag(&f->replay, flag)->acknowledged);
    q = acknowledgement(f, flag);
    (void)fakelog_denied(f, &q, "flag");
    q = acknowledgement(f, flag);
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    e.allowed = true;
    e.outcome = OUTCOME_DONE;
    (void)snprintf(e.rule, sizeof e.rule, "role");
    expect_lie(f, &e, &q, DECISION);
    replays(f);
}

static void
test_each_of_many_flags_stands_for_itself(void **state)
{
    struct fakelog *f = *state;
    uint64_t at[4];

    for (unsigned i = 0; i < 4; i++) {
        struct request q;

        (void)fakelog_create(f, "cora", "caseworker", "victim", 10 + i);
        q = fakelog_request_on(f, ACT_RECORD_ASSIGN, FAKELOG_SUPERVISOR,
                               "supervisor", "victim", 10 + i, NULL);
        put(q.person, "carl");
        put(q.purpose, "emergency");
        q.purpose_defaulted = false;
        at[i] = fakelog_append(f, &q, OUTCOME_DONE);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct request q = acknowledgement(f, at[3 - i]);

        assert_null(replay_state_flag(&f->replay, at[i] + 1));
        (void)fakelog_append(f, &q, OUTCOME_DONE);
        for (unsigned k = 0; k < 4; k++)
            assert_int_equal(replay_state_flag(&f->replay, at[k])->acknowledged,
                             k >= 3 - i);
    }
    replays(f);
}

/* Carl may read her identity under break-glass alone: whoever assigns the
 * record within a day of his asking is asked why. */
static void
test_denial_for_want_of_break_glass_flags_for_a_day(void **state)
{
    struct fakelog *f = *state;
    uint64_t asked_ms = f->now_ms;
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, "carl",
                                          "clinician", "victim", 1, "identity");

    assert_false(replay_state_denied_glass(&f->replay, &q, asked_ms));
    (void)fakelog_denied(f, &q, GLASS_RULE);
    assert_true(replay_state_denied_glass(&f->replay, &q, asked_ms));
    assert_true(
        replay_state_denied_glass(&f->replay, &q, asked_ms + FLAG_WINDOW_MS));
    assert_false(replay_state_denied_glass(&f->replay, &q,
                                           asked_ms + FLAG_WINDOW_MS + 1));
    q.record = fakelog_handle(2); /* of this record, not of another */
    assert_false(replay_state_denied_glass(&f->replay, &q, asked_ms));
    q = assignment(f, "carl", NULL);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_non_null(replay_state_flag(&f->replay, f->n - 1));
    (void)fakelog_assign(f, ACT_RECORD_UNASSIGN, "victim", 1, "carl",
                         OUTCOME_DONE);
    f->now_ms = asked_ms + FLAG_WINDOW_MS + 1;
    q = assignment(f, "carl", NULL);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_null(replay_state_flag(&f->replay, f->n - 1));
    assert_int_equal(f->replay.n_flags, 1);
    replays(f);
}

/* Carl reads her health where she is his, and was denied for that alone. */
static void
test_denial_for_another_reason_flags_nothing(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, "carl",
                                          "clinician", "victim", 1, "health");

    (void)fakelog_denied(f, &q, "not-assigned");
    assert_false(replay_state_denied_glass(&f->replay, &q, f->now_ms));
    q = assignment(f, "carl", NULL);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_int_equal(f->replay.n_flags, 0);
    replays(f);
}

/* As the table has it that is held against this one. */
static void
test_name_behind_a_handle_is_padded_with_zeros(void **state)
{
    struct fakelog *f = *state;
    struct handle record = fakelog_handle(1);
    uint8_t key[REPLAY_ASSIGNED_LEN] = {0};

    memcpy(key, record.b, sizeof record.b);
    memcpy(key + sizeof record.b, "cora", 4);
    assert_non_null(map_get(&f->replay.assigned, key));
    key[sizeof key - 1] = 1;
    assert_null(map_get(&f->replay.assigned, key));
}

/* ---- how often ---- */

static struct request
preview(struct fakelog *f)
{
    return fakelog_request(f, ACT_COUNTS_PREVIEW, STAN);
}

static void
test_act_with_a_limit_is_counted_by_person(void **state)
{
    struct fakelog *f = *state;
    struct request q;
    uint64_t first_ms = f->now_ms;

    (void)fakelog_hire(f, "stella", "statistics_officer", 0);
    for (unsigned i = 0; i < 20; i++) {
        q = preview(f);
        assert_int_equal(replay_state_recent(&f->replay, &q, f->now_ms), i);
        (void)fakelog_append(f, &q, OUTCOME_DONE);
    }
    q = preview(f);
    (void)fakelog_denied(f, &q, "limit");
    q = fakelog_request(f, ACT_COUNTS_PREVIEW, "stella", "statistics_officer");
    assert_int_equal(replay_state_recent(&f->replay, &q, f->now_ms), 0);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request(f, ACT_RELEASE_REQUEST, STAN);
    assert_int_equal(replay_state_recent(&f->replay, &q, f->now_ms), 0);
    assert_int_equal(f->replay.n_usages, 2); /* by person and act */
    f->now_ms = first_ms + FAKELOG_DAY_MS;
    q = preview(f);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    replays(f);
}

static void
test_usage_keeps_the_newest_and_counts_a_window(void **state)
{
    struct usage u = {0};

    (void)state;
    assert_int_equal(usage_count(&u, 1000, UINT64_MAX), 0);
    for (uint64_t i = 0; i < POLICY_LIMIT_MAX + 2; i++) {
        usage_add(&u, 1000 + i);
        assert_int_equal(u.n, i < POLICY_LIMIT_MAX ? i + 1 : POLICY_LIMIT_MAX);
        assert_int_equal(u.times_ms[u.n - 1], 1000 + i);
    }
    for (uint64_t i = 0; i < u.n; i++)
        assert_int_equal(u.times_ms[i], 1002 + i);
    assert_int_equal(usage_count(&u, 1001 + POLICY_LIMIT_MAX, 1), 1);
    assert_int_equal(usage_count(&u, 1001 + POLICY_LIMIT_MAX, 5), 5);
    assert_int_equal(usage_count(&u, 1001 + POLICY_LIMIT_MAX, UINT64_MAX),
                     POLICY_LIMIT_MAX);
    assert_int_equal(usage_count(&u, 5000, 10), 0);
}

static void
test_usage_is_of_what_was_allowed_or_came_to_a_duplicate(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    struct request q = preview(f);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    assert_true(usage_is_due(p, ACT_COUNTS_PREVIEW, &e));
    assert_false(usage_is_due(p, ACT_LOG_READ, &e)); /* has no limit */
    assert_false(usage_is_due(p, ACT_RECORD_CREATE, &e));
    e.outcome = OUTCOME_DUPLICATE;
    assert_true(usage_is_due(p, ACT_RECORD_CREATE, &e));
    e.allowed = false;
    assert_false(usage_is_due(p, ACT_RECORD_CREATE, &e));
    assert_false(usage_is_due(p, ACT_COUNTS_PREVIEW, &e));
    e.allowed = true;
    p->limits[ACT_COUNTS_PREVIEW].n = 1;
    assert_true(usage_is_due(p, ACT_COUNTS_PREVIEW, &e));
}

static void
test_head_that_the_log_never_had_is_counted(void **state)
{
    struct fakelog *f = *state;
    struct request q = preview(f);

    assert_int_equal(f->replay.n_forked, 0);
    q.seen_root.b[0] ^= 1;
    (void)fakelog_denied(f, &q, "seen");
    assert_int_equal(f->replay.n_forked, 1);
    assert_int_equal(f->replay.last_forked, f->n - 1);
    q = preview(f);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_int_equal(f->replay.n_forked, 1);
}

/* ---- not found, or there ---- */

static void
test_access_that_is_hidden_or_kept_back_is_found(void **state)
{
    struct fakelog *f = *state;
    static const enum request_act acts[] = {ACT_RECORD_READ, ACT_RECORD_SAVE,
                                            ACT_RECORD_HISTORY};
    struct request q;
    struct entry e;

    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        q = fakelog_request_on(f, acts[i], "cora", "caseworker", "victim", 1,
                               acts[i] == ACT_RECORD_HISTORY ? NULL : "facts");
        e = fakelog_entry(f, &q, OUTCOME_NOT_FOUND);
        expect_lie(f, &e, &q, "not found, but it is there");
    }
    q = assignment(f, "cora", NULL);
    e = fakelog_entry(f, &q, OUTCOME_NOT_FOUND);
    expect_lie(f, &e, &q, "not found, but it is there");
    e = fakelog_entry(f, &q, OUTCOME_DONE); /* she opened it: it is hers */
    expect_lie(f, &e, &q, "assigns what is assigned");
    (void)fakelog_append(f, &q, OUTCOME_EXISTS);
    q = assignment(f, "carl", NULL);
    e = fakelog_entry(f, &q, OUTCOME_EXISTS);
    expect_lie(f, &e, &q, "exists, but it is not there");
    /* Taken back from who does not have it: not found, as it should be. */
    q = assignment(f, "carl", NULL);
    q.act = ACT_RECORD_UNASSIGN;
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    expect_lie(f, &e, &q, "takes back what is not assigned");
    (void)fakelog_append(f, &q, OUTCOME_NOT_FOUND);
    q = assignment(f, "cora", NULL);
    q.act = ACT_RECORD_UNASSIGN;
    e = fakelog_entry(f, &q, OUTCOME_NOT_FOUND);
    expect_lie(f, &e, &q, "not found, but it is there");
    q = fakelog_request_on(f, ACT_RECORD_CREATE, "cora", "caseworker", "victim",
                           9, NULL);
    e = fakelog_entry(f, &q, OUTCOME_EXISTS);
    expect_lie(f, &e, &q, "exists, but it is not there");
    replays(f);
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_release_goes_from_request_to_fetching),
        WITH_LOG(test_each_of_many_releases_stands_for_itself),
        WITH_LOG(test_release_without_its_commitments_is_found),
        WITH_LOG(test_steps_that_the_release_does_not_bear_are_found),
        WITH_LOG(test_a_step_that_met_damage_was_not_taken),
        WITH_LOG(test_emergency_is_flagged_and_acknowledged_once),
        WITH_LOG(test_each_of_many_flags_stands_for_itself),
        WITH_LOG(test_denial_for_want_of_break_glass_flags_for_a_day),
        WITH_LOG(test_denial_for_another_reason_flags_nothing),
        WITH_LOG(test_name_behind_a_handle_is_padded_with_zeros),
        WITH_LOG(test_act_with_a_limit_is_counted_by_person),
        cmocka_unit_test(test_usage_keeps_the_newest_and_counts_a_window),
        WITH_LOG(test_usage_is_of_what_was_allowed_or_came_to_a_duplicate),
        WITH_LOG(test_head_that_the_log_never_had_is_counted),
        WITH_LOG(test_access_that_is_hidden_or_kept_back_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
