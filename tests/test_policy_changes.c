/* What each act of staff and keys leaves in the roster: whose keys count
 * when, which proposals are void, and which keys wait to be replaced. */
#include "tests/support/fakelog.h"

static struct fakelog office_log;

static int
found(void **state)
{
    fakelog_found(&office_log, "standard");
    (void)fakelog_hire(&office_log, "cora", "caseworker", 0);
    (void)fakelog_hire(&office_log, "carl", "clinician", 0);
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

/* By whom, on whom; done. */
static uint64_t
act_by(struct fakelog *f, const char *actor, enum request_act act,
       const char *person, const char *role)
{
    struct request q = fakelog_request(f, act, actor,
                                       strcmp(actor, FAKELOG_SUPERVISOR) == 0
                                           ? "supervisor"
                                           : "administrator");

    put(q.person, person);
    put(q.grants, role);
    return fakelog_append(f, &q, OUTCOME_DONE);
}

static uint64_t
suspend(struct fakelog *f, const char *person)
{
    return act_by(f, FAKELOG_SUPERVISOR, ACT_STAFF_SUSPEND, person, "");
}

static uint64_t
revoke(struct fakelog *f, const char *person, const char *role)
{
    return act_by(f, FAKELOG_SUPERVISOR, ACT_STAFF_REVOKE, person, role);
}

static uint64_t
propose_by(struct fakelog *f, const char *actor, const char *name,
           const char *role)
{
    struct request q = fakelog_request_propose(f, name, role, 0);

    put(q.actor, actor);
    return fakelog_append(f, &q, OUTCOME_DONE);
}

static uint64_t
replace_by(struct fakelog *f, const char *actor, const char *person,
           const char *keys_of)
{
    struct request q =
        fakelog_request(f, ACT_STAFF_REPLACE, actor, "administrator");
    struct fake_person p = fake_person(keys_of);

    put(q.person, person);
    q.sign = p.sign;
    memcpy(q.box, p.box, sizeof q.box);
    return fakelog_append(f, &q, OUTCOME_DONE);
}

static uint64_t
reinstate(struct fakelog *f, uint64_t proposal, const char *person)
{
    struct request q = fakelog_request(f, ACT_STAFF_REINSTATE,
                                       FAKELOG_SUPERVISOR, "supervisor");

    put(q.person, person);
    q.entry = proposal;
    return fakelog_append(f, &q, OUTCOME_DONE);
}

/* The columns of which a key waits, as "victim.facts ...". */
static void
assert_due(const struct roster *r, uint64_t since_ms, const char *want)
{
    char got[512] = "";

    for (unsigned c = 0; c < r->policy.n_columns; c++) {
        size_t at = strlen(got);

        if (r->due_ms[c] == 0)
            continue;
        assert_int_equal(r->due_ms[c], since_ms);
        (void)snprintf(got + at, sizeof got - at, "%s%s.%s", at > 0 ? " " : "",
                       r->policy.columns[c].type,
                       r->policy.columns[c].compartment);
    }
    assert_string_equal(got, want);
}

#define CORAS                                                                  \
    "victim.identity victim.location victim.facts victim.narrative "           \
    "victim.release victim.index"

/* ---- who is here ---- */

static void
test_absence_is_from_behind_its_entry_to_the_return(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t gone = suspend(f, "cora"), back;

    assert_false(roster_is_absent(r, "cora", gone));
    assert_true(roster_is_absent(r, "cora", gone + 1));
    assert_false(roster_is_absent(r, "carl", gone + 1));
    assert_non_null(roster_grant_at(r, "cora", "caseworker", gone, f->now_ms));
    assert_null(roster_grant_at(r, "cora", "caseworker", gone + 1, f->now_ms));
    back = reinstate(f, replace_by(f, "ada", "cora", "new"), "cora");
    assert_true(roster_is_absent(r, "cora", back));
    assert_false(roster_is_absent(r, "cora", back + 1));
    (void)suspend(f, "carl"); /* hers is over, and his is another */
    (void)reinstate(f, replace_by(f, "ada", "cora", "newer"), "cora");
    assert_int_equal(r->absences[0].until_index, back);
    assert_int_equal(r->absences[1].until_index, ROSTER_NEVER);
    assert_true(roster_is_absent(r, "carl", f->n));
}

static void
test_former_keys_count_for_the_entries_that_they_signed(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t read = fakelog_create(f, "cora", "caseworker", "victim", 1);
    uint64_t back = reinstate(f, replace_by(f, "ada", "cora", "new"), "cora");
    struct sign_public fresh = fake_person("new").sign;
    struct sign_public old = fake_person("cora").sign;
    struct sign_public other = fake_person("carl").sign;
    const struct sign_public *key = NULL;
    struct request q;
    struct entry e;
    struct note note;

    fakelog_parse(f, read, &e, &q);
    assert_ok(request_parse(e.note, &note, &q));
    assert_int_equal(r->n_formers, 1);
    assert_memory_equal(r->formers[0].box, fake_person("cora").box, 32);
    assert_ok(roster_verify(r, read, &note, &q));
    assert_ok(roster_signer(r, back, &note, &q, &key));
    assert_memory_equal(key->b, old.b, sizeof old.b);
    assert_ok(roster_signer(r, back + 1, &note, &q, &key));
    assert_memory_equal(key->b, fresh.b, sizeof fresh.b);
    assert_err(roster_verify(r, back + 1, &note, &q), SV_ERR_TAMPERED);
    put(q.actor, "carl");
    assert_ok(roster_signer(r, read, &note, &q, &key));
    assert_memory_equal(key->b, other.b, sizeof other.b);
}

static void
test_signer_is_somebody_here_in_this_log_and_alone(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t at = fakelog_create(f, "cora", "caseworker", "victim", 1);
    const struct sign_public *key = NULL;
    struct request q, other;
    struct entry e;
    struct note note;

    fakelog_parse(f, at, &e, &q);
    assert_ok(request_parse(e.note, &note, &q));
    other = q;
    put(other.actor, "nobody");
    assert_err(roster_signer(r, at, &note, &other, &key), SV_ERR_NOT_FOUND);
    assert_null(key);
    other = q;
    other.origin[0] ^= 1;
    assert_err(roster_signer(r, at, &note, &other, &key), SV_ERR_TAMPERED);
    note.n = 2;
    assert_err(roster_signer(r, at, &note, &q, &key), SV_ERR_TAMPERED);
    note.n = 1;
    /* Two sign these: no one key. */
    key = &r->log_key;
    other = q;
    other.act = ACT_RESTORE;
    assert_ok(roster_signer(r, at, &note, &other, &key));
    assert_null(key);
    other.act = ACT_GENESIS; /* but the first alone */
    assert_ok(roster_signer(r, at, &note, &other, &key));
    assert_non_null(key);
}

static void
test_secret_is_had_by_a_grant_that_nobody_ended(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint32_t cora = (uint32_t)(roster_person(r, "cora") - r->persons);
    int facts = policy_column(&r->policy, "victim", "facts");
    int health = policy_column(&r->policy, "victim", "health");

    assert_true(roster_has_secret(r, cora, (unsigned)facts));
    assert_false(roster_has_secret(r, cora, (unsigned)health));
    assert_true(roster_has_secret(r, cora + 1, (unsigned)health));
    assert_true(roster_has_secret(r, FOUNDER_SUPERVISOR, (unsigned)health));
    assert_false(roster_has_secret(r, FOUNDER_ADMINISTRATOR, (unsigned)facts));
    (void)revoke(f, "cora", "caseworker");
    assert_false(roster_has_secret(r, cora, (unsigned)facts));
}

static void
test_vault_is_named_but_in_the_founding(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    struct roster none, founding;
    struct request q = fakelog_request(f, ACT_LOG_READ, "ada", "administrator");
    static const enum request_act acts[] = {ACT_GENESIS, ACT_POLICY, ACT_KEYS,
                                            ACT_LOG_READ};
    static const bool named[] = {false, false, true, true};
    static const bool named_before[] = {false, false, false, true};

    roster_init(&none);
    founding = *r;
    founding.has_policy = false;
    for (size_t i = 0; i < 4; i++) {
        q.act = acts[i];
        q.has_vault = true;
        q.vault = r->vault;
        assert_int_equal(roster_names_vault(r, &q), named[i]);
        assert_int_equal(roster_names_vault(&founding, &q), named_before[i]);
        assert_false(roster_names_vault(&none, &q));
        q.vault.b[0] ^= 1;
        assert_false(roster_names_vault(r, &q));
        assert_false(roster_names_vault(&founding, &q));
        q.has_vault = false;
        q.vault = r->vault;
        assert_false(roster_names_vault(r, &q));
        assert_int_equal(roster_names_vault(&founding, &q),
                         acts[i] == ACT_POLICY || acts[i] == ACT_KEYS);
        assert_int_equal(roster_names_vault(&none, &q),
                         acts[i] != ACT_LOG_READ);
    }
}

/* ---- which keys wait ---- */

static void
test_keys_of_who_is_revoked_wait_since_then(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t now = f->now_ms;

    assert_due(r, 0, "");
    (void)revoke(f, "cora", "caseworker");
    assert_due(r, now, CORAS);
    f->now_ms += 1000; /* those that wait, wait since the first time */
    (void)revoke(f, "adam", "administrator"); /* who held none */
    assert_due(r, now, CORAS);
    (void)revoke(f, "carl", "clinician"); /* who held one of them */
    assert_int_equal(r->due_ms[policy_column(&r->policy, "victim", "identity")],
                     now);
    assert_int_equal(r->due_ms[policy_column(&r->policy, "victim", "health")],
                     now + 1000);
}

static void
test_key_that_she_keeps_by_another_role_does_not_wait(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t now = f->now_ms;

    (void)fakelog_hire(f, "cora", "intake", 0);
    (void)revoke(f, "cora", "caseworker");
    assert_due(r, now,
               "victim.identity victim.location victim.facts "
               "victim.narrative victim.release");
    f->now_ms += 1000;
    (void)revoke(f, "cora", "intake"); /* and now the index, later */
    assert_int_equal(r->due_ms[policy_column(&r->policy, "victim", "index")],
                     now + 1000);
    assert_int_equal(r->due_ms[policy_column(&r->policy, "victim", "facts")],
                     now);
}

static void
test_withdrawing_a_proposal_leaves_no_key_waiting(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;

    (void)propose_by(f, "ada", "cleo", "caseworker");
    (void)revoke(f, "cleo", "caseworker");
    assert_due(r, 0, "");
    assert_int_equal(r->n_proposals, 0);
}

static void
test_keys_of_who_was_suspended_wait_when_she_has_new_ones(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t now;

    (void)suspend(f, "cora");
    assert_due(r, 0, ""); /* nothing has left the house */
    (void)reinstate(f, replace_by(f, "ada", "cora", "cora"), "cora");
    assert_due(r, 0, ""); /* she has the same as before */
    assert_int_equal(r->n_formers, 0);
    f->now_ms += 1000;
    now = f->now_ms;
    (void)reinstate(f, replace_by(f, "ada", "cora", "new"), "cora");
    assert_due(r, now, CORAS);
}

static void
test_new_key_waits_no_more_and_is_the_next(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    int facts = policy_column(&r->policy, "victim", "facts");
    uint64_t now = f->now_ms, at;
    struct request q;

    (void)revoke(f, "cora", "caseworker");
    q = fakelog_request(f, ACT_KEYS, FAKELOG_SUPERVISOR, "supervisor");
    q.n_keys = 1;
    put(q.keys[0].type, "victim");
    put(q.keys[0].compartment, "facts");
    q.keys[0].epoch = 2;
    memset(q.keys[0].pub, 0xa0, 32);
    at = fakelog_append(f, &q, OUTCOME_DONE);
    assert_due(r, now,
               "victim.identity victim.location victim.narrative "
               "victim.release victim.index");
    assert_int_equal(roster_key(r, (unsigned)facts)->epoch, 2);
    assert_int_equal(roster_key(r, (unsigned)facts)->from_index, at);
    assert_memory_equal(roster_key(r, (unsigned)facts)->pub, q.keys[0].pub, 32);
    assert_int_equal(roster_key_epoch(r, (unsigned)facts, 1)->epoch, 1);
    assert_ptr_equal(roster_key_epoch(r, (unsigned)facts, 2),
                     roster_key(r, (unsigned)facts));
    assert_null(roster_key_epoch(r, (unsigned)facts, 3));
}

/* ---- which proposals are void ---- */

static void
test_last_card_is_the_one_that_counts(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t role = propose_by(f, "ada", "cleo", "intake");
    uint64_t carls = replace_by(f, "ada", "carl", "new-carl");
    uint64_t first = replace_by(f, "ada", "cora", "new");
    uint64_t second = replace_by(f, "adam", "cora", "newer");

    assert_null(roster_proposal(r, first));
    assert_non_null(roster_proposal(r, second));
    assert_non_null(roster_proposal(r, carls));
    assert_non_null(roster_proposal(r, role));
    assert_int_equal(r->n_proposals, 3);
    assert_string_equal(roster_proposal(r, second)->proposer, "adam");
    assert_string_equal(roster_proposal(r, second)->role, "");
}

static void
test_suspension_voids_her_new_keys_and_all_that_she_proposed(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t keys = replace_by(f, "ada", "adam", "adam");
    uint64_t hers = propose_by(f, "adam", "cleo", "intake");
    uint64_t other = propose_by(f, "ada", "ines", "intake");
    uint64_t role = propose_by(f, "ada", "adam", "approver");

    (void)suspend(f, "adam");
    assert_null(roster_proposal(r, keys));
    assert_null(roster_proposal(r, hers));
    assert_non_null(roster_proposal(r, other));
    assert_non_null(roster_proposal(r, role));
    assert_int_equal(r->n_proposals, 2);
}

static void
test_revocation_voids_what_she_could_not_propose_any_more(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t keys = replace_by(f, "ada", "adam", "adam");
    uint64_t role = propose_by(f, "ada", "adam", "approver");
    uint64_t hers = propose_by(f, "adam", "cleo", "intake");
    uint64_t card = replace_by(f, "adam", "carl", "new-carl");
    uint64_t other = propose_by(f, "ada", "ines", "intake");

    (void)revoke(f, "adam", "approver"); /* was proposed only */
    assert_null(roster_proposal(r, role));
    assert_null(roster_proposal(r, keys));
    assert_non_null(roster_proposal(r, hers));
    assert_non_null(roster_proposal(r, card));
    (void)revoke(f, "adam", "administrator");
    assert_null(roster_proposal(r, hers));
    assert_null(roster_proposal(r, card));
    assert_non_null(roster_proposal(r, other));
    assert_int_equal(r->n_proposals, 1);
}

static void
test_new_keys_void_what_the_old_ones_proposed(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t hers = propose_by(f, "adam", "cleo", "intake");
    uint64_t other = propose_by(f, "ada", "ines", "intake");

    (void)reinstate(f, replace_by(f, "ada", "adam", "adam"), "adam");
    assert_non_null(roster_proposal(r, hers)); /* the same keys */
    (void)reinstate(f, replace_by(f, "ada", "adam", "new"), "adam");
    assert_null(roster_proposal(r, hers));
    assert_non_null(roster_proposal(r, other));
    assert_int_equal(r->n_proposals, 1);
}

static void
test_confirmation_takes_its_proposal_and_no_other(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t one = propose_by(f, "ada", "cleo", "intake");
    uint64_t two = propose_by(f, "ada", "ines", "intake");
    uint64_t three = propose_by(f, "ada", "otto", "auditor");
    struct request q = fakelog_request_confirm(f, two, "ines", "intake");
    uint64_t at = fakelog_append(f, &q, OUTCOME_DONE);
    const struct roster_grant *g = &r->grants[r->n_grants - 1];

    assert_non_null(roster_proposal(r, one));
    assert_null(roster_proposal(r, two));
    assert_non_null(roster_proposal(r, three));
    assert_string_equal(roster_proposal(r, three)->person, "otto");
    assert_int_equal(g->proposed_index, two);
    assert_int_equal(g->from_index, at);
    assert_int_equal(g->from_ms, f->now_ms);
    assert_int_equal(g->end_index, ROSTER_NEVER);
    assert_int_equal(roster_person(r, "ines")->from_index, at);
}

/* One that has run out beside a newer one ends with it. */
static void
test_revocation_ends_every_grant_of_the_role(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    uint64_t at;

    (void)fakelog_hire(f, "ines", "intake", f->now_ms + 1000);
    f->now_ms += 1000;
    (void)fakelog_hire(f, "ines", "intake", 0);
    assert_int_equal(roster_grant_open(r, "ines", "intake")->until_ms, 0);
    at = revoke(f, "ines", "intake");
    assert_null(roster_grant_open(r, "ines", "intake"));
    assert_int_equal(r->grants[r->n_grants - 1].end_index, at);
    assert_int_equal(r->grants[r->n_grants - 2].end_index, at);
    assert_non_null(roster_grant_open(r, "cora", "caseworker"));
}

#define IN_AN_OFFICE(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_AN_OFFICE(test_absence_is_from_behind_its_entry_to_the_return),
        IN_AN_OFFICE(test_former_keys_count_for_the_entries_that_they_signed),
        IN_AN_OFFICE(test_signer_is_somebody_here_in_this_log_and_alone),
        IN_AN_OFFICE(test_secret_is_had_by_a_grant_that_nobody_ended),
        IN_AN_OFFICE(test_vault_is_named_but_in_the_founding),
        IN_AN_OFFICE(test_keys_of_who_is_revoked_wait_since_then),
        IN_AN_OFFICE(test_key_that_she_keeps_by_another_role_does_not_wait),
        IN_AN_OFFICE(test_withdrawing_a_proposal_leaves_no_key_waiting),
        IN_AN_OFFICE(test_keys_of_who_was_suspended_wait_when_she_has_new_ones),
        IN_AN_OFFICE(test_new_key_waits_no_more_and_is_the_next),
        IN_AN_OFFICE(test_last_card_is_the_one_that_counts),
        IN_AN_OFFICE(
            test_suspension_voids_her_new_keys_and_all_that_she_proposed),
        IN_AN_OFFICE(test_revocation_voids_what_she_could_not_propose_any_more),
        IN_AN_OFFICE(test_new_keys_void_what_the_old_ones_proposed),
        IN_AN_OFFICE(test_confirmation_takes_its_proposal_and_no_other),
        IN_AN_OFFICE(test_revocation_ends_every_grant_of_the_role),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
