/* A log that was restored goes on by two people: who may, and every way in
 * which one alone might pretend. */
#include "tests/support/fakelog.h"

static struct fakelog office_log;

static int
found(void **state)
{
    fakelog_found(&office_log, "standard");
    (void)fakelog_hire(&office_log, "cora", "caseworker", 0);
    (void)fakelog_hire(&office_log, "rita", "recovery", 0);
    (void)fakelog_hire(&office_log, "adam", "administrator", 0);
    *state = &office_log;
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

/* second NULL: the gate. */
static struct request
restore(struct fakelog *f, const char *actor, const char *role,
        const char *second, const char *second_role)
{
    struct request q = fakelog_request(f, ACT_RESTORE, actor, role);

    q.restore.taken_ms = f->now_ms - 1000;
    if (second != NULL) {
        put(q.restore.second, second);
        put(q.restore.second_role, second_role);
    }
    return q;
}

static void
name_administrator(struct request *q, const char *name, const char *keys_of)
{
    struct fake_person p = fake_person(keys_of);

    put(q->restore.administrator.name, name);
    q->restore.administrator.sign = p.sign;
    memcpy(q->restore.administrator.box, p.box, sizeof p.box);
}

static void
denied(struct fakelog *f, const struct request *q, const char *rule)
{
    struct decision d = fakelog_decide(f, q);

    assert_false(d.allowed);
    assert_string_equal(d.rule, rule);
    (void)fakelog_denied(f, q, rule);
}

static void
replays(const struct fakelog *f)
{
    struct replay_fault fault = {0};

    assert_ok(fakelog_replay(f, &fault));
}

static void
test_two_of_three_roles_or_recovery_with_the_gate(void **state)
{
    static const struct {
        const char *actor, *role, *second, *second_role, *rule;
    } cases[] = {
        {"ada", "administrator", "sue", "supervisor", NULL},
        {"sue", "supervisor", "ada", "administrator", NULL},
        {"rita", "recovery", "ada", "administrator", NULL},
        {"ada", "administrator", "adam", "administrator", NULL},
        {"rita", "recovery", NULL, NULL, NULL},
        {"ada", "administrator", NULL, NULL, "second"},
        {"sue", "supervisor", NULL, NULL, "second"},
        {"ada", "administrator", "ada", "administrator", "second"},
        {"ada", "administrator", "sue", "administrator", "second"},
        {"ada", "administrator", "cora", "caseworker", "second"},
        {"ada", "administrator", "cora", "supervisor", "second"},
        {"ada", "administrator", "sue", "no_such_role", "second"},
        {"cora", "caseworker", "sue", "supervisor", "act"},
        {"cora", "administrator", "sue", "supervisor", "no-role"},
    };
    struct fakelog *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request q = restore(f, cases[i].actor, cases[i].role,
                                   cases[i].second, cases[i].second_role);

        if (cases[i].rule == NULL)
            (void)fakelog_append(f, &q, OUTCOME_DONE);
        else
            denied(f, &q, cases[i].rule);
    }
    replays(f);
}

static void
test_the_roster_has_the_restores_of_its_log(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint8_t ids[2][REQUEST_ID_LEN];
    struct buf none = BUF_INIT, bytes = BUF_INIT, again = BUF_INIT;
    struct roster copy;

    roster_init(&copy);
    assert_ok(roster_encode(r, &none));
    assert_ok(buf_append(&none, bytes_of("\0\0\0\0", 4)));
    assert_err(roster_decode(buf_bytes(&none), &copy), SV_ERR_FORMAT);
    for (size_t i = 0; i < 2; i++) {
        struct request q =
            restore(f, "ada", "administrator", "sue", "supervisor");

        memcpy(ids[i], q.id, sizeof ids[i]);
        assert_false(roster_has_restore(r, ids[i]));
        (void)fakelog_append(f, &q, OUTCOME_DONE);
        buf_truncate(&bytes, 0);
        assert_ok(roster_encode(r, &bytes));
        roster_clear(&copy);
        assert_ok(roster_decode(buf_bytes(&bytes), &copy));
        assert_int_equal(copy.n_restores, i + 1);
        assert_true(roster_has_restore(&copy, ids[0]));
        assert_true(roster_has_restore(&copy, ids[i]));
    }
    ids[1][0] ^= 1;
    assert_false(roster_has_restore(&copy, ids[1]));
    assert_ok(roster_encode(&copy, &again));
    assert_true(bytes_equal(buf_bytes(&bytes), buf_bytes(&again)));
    roster_clear(&copy);
    assert_err(roster_decode(bytes_of(bytes.ptr, bytes.len - 1), &copy),
               SV_ERR_FORMAT);
    buf_free(&none);
    buf_free(&bytes);
    buf_free(&again);
}

static void
test_it_stands_right_behind_the_log_and_its_backup_was_before(void **state)
{
    struct fakelog *f = *state;
    struct request q = restore(f, "ada", "administrator", "sue", "supervisor");

    (void)fakelog_create(f, "cora", "caseworker", "victim", 1);
    denied(f, &q, "restored"); /* its head is older */
    q = restore(f, "ada", "administrator", "sue", "supervisor");
    q.seen_root.b[0] ^= 1;
    denied(f, &q, "seen");
    q = restore(f, "ada", "administrator", "sue", "supervisor");
    q.restore.taken_ms = f->now_ms + 1;
    denied(f, &q, "restored");
    replays(f);
}

static void
test_new_keys_are_an_administrators_and_hers_alone(void **state)
{
    static const struct {
        const char *name, *keys_of, *rule;
    } cases[] = {
        {"cora", "new", "person"}, {"nobody", "new", "person"},
        {"sue", "new", "person"},  {"ada", "cora", "keys"},
        {"adam", "ada", "keys"},
    };
    struct fakelog *f = *state;
    struct request q;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        q = restore(f, "rita", "recovery", NULL, NULL);
        name_administrator(&q, cases[i].name, cases[i].keys_of);
        denied(f, &q, cases[i].rule);
    }
    q = restore(f, "ada", "administrator", "sue", "supervisor");
    name_administrator(&q, "ada", "new");
    denied(f, &q, "self");
    q = restore(f, "sue", "supervisor", "ada", "administrator");
    name_administrator(&q, "ada", "new");
    denied(f, &q, "self");
    replays(f);
}

/* Who holds a column's key gets no new key file this way: it could not open
 * what was sealed to her. */
static void
test_new_keys_are_not_for_who_holds_a_columns_key(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    int role = policy_role(p, "administrator");
    struct request q = restore(f, "rita", "recovery", NULL, NULL);

    name_administrator(&q, "ada", "new");
    assert_true(fakelog_decide(f, &q).allowed);
    p->roles[role].cells[p->n_columns - 1] = CELL_HOLDS;
    assert_false(fakelog_decide(f, &q).allowed);
    assert_string_equal(fakelog_decide(f, &q).rule, "holder");
    p->roles[role].cells[p->n_columns - 1] = 0;
    /* Nor by another role, the first that there is. */
    p->excludes[0][role] = p->excludes[role][0] = false;
    (void)fakelog_hire(f, "adam", p->roles[0].name, 0);
    q = restore(f, "rita", "recovery", NULL, NULL);
    name_administrator(&q, "adam", "new");
    assert_string_equal(fakelog_decide(f, &q).rule, "holder");
}

/* What decides is the policy of this vault, and names may be short. */
static void
test_second_may_be_of_any_role_that_the_policy_lets(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    struct request q;

    (void)fakelog_hire(f, "i", p->roles[0].name, 0);
    q = restore(f, "ada", "administrator", "i", p->roles[0].name);
    q.restore.taken_ms = f->now_ms; /* just now */
    assert_string_equal(fakelog_decide(f, &q).rule, "second");
    p->roles[0].acts[ACT_RESTORE] = true;
    assert_true(fakelog_decide(f, &q).allowed);
    name_administrator(&q, "a", "new"); /* nobody */
    assert_string_equal(fakelog_decide(f, &q).rule, "person");
    p->roles[0].acts[ACT_RESTORE] = false;
}

/* What was proposed for the old ones, or with them, is void. */
static void
test_an_administrator_comes_back_with_new_keys(void **state)
{
    struct fakelog *f = *state;
    struct fake_person fresh = fake_person("ada-again");
    struct fake_person old = fake_person("ada");
    const struct roster_person *ada;
    struct request q =
        fakelog_request(f, ACT_STAFF_REPLACE, "adam", "administrator");
    struct roster *r = &f->replay.roster;

    put(q.person, "ada");
    q.sign = old.sign;
    memcpy(q.box, old.box, sizeof q.box);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request_propose(f, "ines", "intake", 0); /* by ada */
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request_propose(f, "otto", "auditor", 0);
    put(q.actor, "adam"); /* and this one by another for another */
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_int_equal(r->n_proposals, 3);
    q = restore(f, "rita", "recovery", NULL, NULL);
    name_administrator(&q, "cleo", "cleo");
    assert_false(fakelog_decide(f, &q).allowed);
    q = restore(f, "rita", "recovery", NULL, NULL);
    name_administrator(&q, "adam", "adam"); /* the keys that he has */
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_int_equal(r->n_formers, 0);
    assert_int_equal(r->n_proposals, 3);
    q = restore(f, "rita", "recovery", NULL, NULL);
    name_administrator(&q, "ada", "ada-again");
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    ada = roster_person(r, "ada");
    assert_memory_equal(ada->sign.b, fresh.sign.b, 32);
    assert_memory_equal(ada->box, fresh.box, 32);
    assert_int_equal(r->n_proposals, 1);
    assert_string_equal(r->proposals[0].person, "otto");
    assert_int_equal(r->n_formers, 1);
    for (unsigned c = 0; c < r->policy.n_columns; c++)
        assert_int_equal(r->due_ms[c], 0);
    replays(f);
}

/* ---- forged ---- */

/* At the log's end, as a gate would write it that decides for itself. */
static void
expect_lie(struct fakelog *f, const struct request *q, struct buf *note,
           const char *reason)
{
    struct replay_fault fault = {0};
    struct entry e = fakelog_entry(f, q, OUTCOME_DONE);
    struct buf bytes = BUF_INIT;
    uint64_t at = f->n;

    e.allowed = true;
    put(e.rule, "role");
    e.outcome = OUTCOME_DONE;
    if (note != NULL) {
        e.note = buf_bytes(note);
        assert_ok(entry_encode(&e, &bytes));
    } else {
        bytes = fakelog_bytes(&e, q, q->actor);
    }
    fakelog_insert(f, at, &bytes);
    assert_err(fakelog_replay(f, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, at);
    assert_string_equal(fault.reason, reason);
    fakelog_remove(f, at);
    replays(f);
}

#define SIGNATURE "the actor's signature fails"
#define DECISION "not the decision that the policy gives"

static void
sign_as(const struct request *q, const char *signer, const char *name,
        struct buf *note)
{
    struct fake_person p = fake_person(signer);
    struct buf text = BUF_INIT;

    assert_ok(request_encode(q, &text));
    assert_ok(note_add_signature(buf_bytes(&text), name, &p.seed, note));
    buf_free(&text);
}

static void
test_a_restore_without_its_second_signature_is_found(void **state)
{
    static const struct {
        const char *signer, *name;
    } seconds[] = {
        {NULL, NULL},                     /* none */
        {"ada", FAKELOG_ORIGIN "/ada"},   /* hers again */
        {"ada", FAKELOG_ORIGIN "/sue"},   /* under another's name */
        {"cora", FAKELOG_ORIGIN "/cora"}, /* another's */
        {"gate", FAKELOG_ORIGIN},         /* the gate's instead */
        {"gate", FAKELOG_ORIGIN "/sue"},
    };
    struct fakelog *f = *state;
    struct fake_person ada = fake_person("ada");
    struct request q = restore(f, "ada", "administrator", "sue", "supervisor");

    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        struct buf note = BUF_INIT;

        assert_ok(request_sign(&q, &ada.seed, &note));
        if (seconds[i].signer != NULL)
            sign_as(&q, seconds[i].signer, seconds[i].name, &note);
        expect_lie(f, &q, &note, SIGNATURE);
        buf_free(&note);
    }
}

static void
test_a_third_signature_and_one_elsewhere_are_found(void **state)
{
    struct fakelog *f = *state;
    struct fake_person ada = fake_person("ada"), gate = fake_person("gate");
    struct request q = restore(f, "ada", "administrator", "sue", "supervisor");
    struct buf note = BUF_INIT;

    assert_ok(request_sign(&q, &ada.seed, &note));
    sign_as(&q, "sue", FAKELOG_ORIGIN "/sue", &note);
    sign_as(&q, "cora", FAKELOG_ORIGIN "/cora", &note);
    expect_lie(f, &q, &note, SIGNATURE);
    buf_free(&note);
    /* The sheet's holder alone: a gate's key signs for nobody else. */
    q = restore(f, "rita", "recovery", NULL, NULL);
    assert_ok(request_sign(&q, &gate.seed, &note));
    sign_as(&q, "gate", FAKELOG_ORIGIN, &note);
    expect_lie(f, &q, &note, SIGNATURE);
    buf_free(&note);
}

/* Of one person who names herself, one signature is no more than one. */
static void
test_a_signature_that_stands_for_nobody_is_found(void **state)
{
    struct fakelog *f = *state;
    struct fake_person ada = fake_person("ada"), eve = fake_person("eve");
    struct request q =
        restore(f, "ada", "administrator", "ada", "administrator");
    struct buf note = BUF_INIT;

    assert_ok(request_sign(&q, &ada.seed, &note));
    sign_as(&q, "eve", FAKELOG_ORIGIN "/ada", &note);
    expect_lie(f, &q, &note, SIGNATURE);
    buf_free(&note);
    assert_ok(request_sign(&q, &eve.seed, &note));
    sign_as(&q, "ada", FAKELOG_ORIGIN "/ada", &note);
    expect_lie(f, &q, &note, SIGNATURE);
    buf_free(&note);
}

static void
test_a_restore_that_the_policy_does_not_allow_is_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = restore(f, "cora", "caseworker", "sue", "supervisor");

    expect_lie(f, &q, NULL, DECISION);
    q = restore(f, "ada", "administrator", "ada", "administrator");
    expect_lie(f, &q, NULL, DECISION);
    q = restore(f, "ada", "administrator", "cora", "caseworker");
    expect_lie(f, &q, NULL, DECISION);
    q = restore(f, "ada", "administrator", NULL, NULL);
    expect_lie(f, &q, NULL, DECISION);
    q = restore(f, "ada", "administrator", "sue", "supervisor");
    q.seen_root.b[31] ^= 1; /* of another log */
    expect_lie(f, &q, NULL, DECISION);
    q = restore(f, "ada", "administrator", "sue", "supervisor");
    q.seen_size--;
    q.seen_root = (struct hash){{0}};
    expect_lie(f, &q, NULL, DECISION);
    q = restore(f, "rita", "recovery", NULL, NULL);
    name_administrator(&q, "sue", "new");
    expect_lie(f, &q, NULL, DECISION);
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_two_of_three_roles_or_recovery_with_the_gate),
        WITH_LOG(test_the_roster_has_the_restores_of_its_log),
        WITH_LOG(test_it_stands_right_behind_the_log_and_its_backup_was_before),
        WITH_LOG(test_new_keys_are_an_administrators_and_hers_alone),
        WITH_LOG(test_new_keys_are_not_for_who_holds_a_columns_key),
        WITH_LOG(test_second_may_be_of_any_role_that_the_policy_lets),
        WITH_LOG(test_an_administrator_comes_back_with_new_keys),
        WITH_LOG(test_a_restore_without_its_second_signature_is_found),
        WITH_LOG(test_a_third_signature_and_one_elsewhere_are_found),
        WITH_LOG(test_a_signature_that_stands_for_nobody_is_found),
        WITH_LOG(test_a_restore_that_the_policy_does_not_allow_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
