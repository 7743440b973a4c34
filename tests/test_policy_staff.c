/* New keys, returns, revocations, suspensions and new epochs: every reason to
 * say no, and that somebody can always hand on each key. */
#include "tests/support/fakelog.h"

static struct fakelog office_log;

static int
found(void **state)
{
    fakelog_found(&office_log, "standard");
    (void)fakelog_hire(&office_log, "cora", "caseworker", 0);
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

static void
says(const struct fakelog *f, const struct request *q, const char *want)
{
    struct decision d = fakelog_decide(f, q);
    char got[48];

    (void)snprintf(got, sizeof got, "%s %s", d.allowed ? "allowed" : "denied",
                   d.rule);
    assert_string_equal(got, want);
}

static void
done(struct fakelog *f, const struct request *q)
{
    (void)fakelog_append(f, q, OUTCOME_DONE);
}

static struct request
on_person(struct fakelog *f, enum request_act act, const char *person)
{
    struct request q =
        fakelog_request(f, act, FAKELOG_SUPERVISOR, "supervisor");

    put(q.person, person);
    return q;
}

static struct request
revoke(struct fakelog *f, const char *person, const char *role)
{
    struct request q = on_person(f, ACT_STAFF_REVOKE, person);

    put(q.grants, role);
    return q;
}

static struct request
replace(struct fakelog *f, const char *person, const char *keys_of)
{
    struct request q = fakelog_request(f, ACT_STAFF_REPLACE,
                                       FAKELOG_ADMINISTRATOR, "administrator");
    struct fake_person p = fake_person(keys_of);

    put(q.person, person);
    q.sign = p.sign;
    memcpy(q.box, p.box, sizeof q.box);
    return q;
}

static struct request
reinstate(struct fakelog *f, uint64_t proposal, const char *person)
{
    struct request q = on_person(f, ACT_STAFF_REINSTATE, person);

    q.entry = proposal;
    return q;
}

static void
suspend(struct fakelog *f, const char *person)
{
    struct request q = on_person(f, ACT_STAFF_SUSPEND, person);

    done(f, &q);
}

/* Suspended, and with new keys proposed for her return. */
static uint64_t
waiting(struct fakelog *f, const char *person)
{
    struct request q;

    suspend(f, person);
    q = replace(f, person, "new");
    return fakelog_append(f, &q, OUTCOME_DONE);
}

static uint64_t
propose(struct fakelog *f, const char *name, const char *role,
        uint64_t until_ms)
{
    struct request q = fakelog_request_propose(f, name, role, until_ms);

    return fakelog_append(f, &q, OUTCOME_DONE);
}

/* ---- new keys ---- */

static void
test_new_keys_are_for_somebody_else_and_nobody_elses(void **state)
{
    struct fakelog *f = *state;
    struct request q = replace(f, "cora", "new"), one;

    says(f, &q, "allowed role");
    one = replace(f, "nobody", "new");
    says(f, &one, "denied person");
    one = replace(f, FAKELOG_ADMINISTRATOR, "new");
    says(f, &one, "denied self");
    one = q;
    one.sign = fake_person(FAKELOG_SUPERVISOR).sign;
    says(f, &one, "denied keys");
    one = q;
    memcpy(one.box, fake_person(FAKELOG_SUPERVISOR).box, sizeof one.box);
    says(f, &one, "denied keys");
    /* Her own again: she may come back with what she has. */
    one = replace(f, "cora", "cora");
    says(f, &one, "allowed role");
}

static void
test_new_keys_wait_for_roles_that_are_proposed_to_her(void **state)
{
    struct fakelog *f = *state;
    uint64_t end_ms = f->now_ms + FAKELOG_DAY_MS;
    struct request q;

    (void)propose(f, "carl", "clinician", 0);
    q = fakelog_request_propose(f, "carl", "clinician", 0);
    says(f, &q, "denied held"); /* for as long as it takes */
    q = revoke(f, "carl", "clinician");
    done(f, &q);
    (void)propose(f, "cora", "intake", end_ms); /* the first there is */
    q = replace(f, "cora", "new");
    says(f, &q, "denied held");
    q = revoke(f, "cora", "intake");
    done(f, &q);
    (void)propose(f, "carl", "clinician", 0);
    q = replace(f, "cora", "new");
    says(f, &q, "allowed role"); /* it is another's */
    (void)propose(f, "cora", "intake", end_ms);
    q = replace(f, "cora", "new");
    says(f, &q, "denied held");
    f->now_ms = end_ms - 1;
    q = replace(f, "cora", "new");
    says(f, &q, "denied held");
    f->now_ms = end_ms;
    q = replace(f, "cora", "new");
    says(f, &q, "allowed role");
    done(f, &q);
    q = replace(f, "cora", "newer"); /* new keys that wait are no role */
    says(f, &q, "allowed role");
}

/* One without a role is of new keys; a role may have a name of one letter. */
static void
test_proposal_of_a_role_with_a_short_name_is_one_of_a_role(void **state)
{
    struct fakelog *f = *state;
    uint64_t at;
    struct request q;

    put(f->replay.roster.policy.roles[0].name, "i");
    at = propose(f, "cora", "i", 0);
    q = replace(f, "cora", "new");
    says(f, &q, "denied held");
    q = reinstate(f, at, "cora");
    says(f, &q, "denied proposal");
    q = fakelog_request_confirm(f, at, "cora", "i");
    says(f, &q, "allowed role");
    done(f, &q);
    assert_non_null(roster_grant_open(&f->replay.roster, "cora", "i"));
}

/* ---- her return ---- */

static void
test_return_is_of_whom_new_keys_were_proposed_for(void **state)
{
    struct fakelog *f = *state;
    uint64_t role = propose(f, "carl", "clinician", 0);
    uint64_t keys = waiting(f, "cora");
    struct request q = reinstate(f, keys, "cora");

    says(f, &q, "allowed role");
    q = reinstate(f, keys, "carl");
    says(f, &q, "denied proposal");
    q = reinstate(f, role, "carl");
    says(f, &q, "denied proposal");
    q = reinstate(f, keys + 1, "cora");
    says(f, &q, "denied proposal");
}

static void
test_return_needs_a_second_person(void **state)
{
    struct fakelog *f = *state;
    uint64_t keys = waiting(f, "cora");
    struct roster_proposal *p = &f->replay.roster.proposals[0];
    struct request q = reinstate(f, keys, "cora");

    put(p->proposer, FAKELOG_SUPERVISOR);
    says(f, &q, "denied self");
    put(p->proposer, FAKELOG_ADMINISTRATOR);
    put(p->person, FAKELOG_SUPERVISOR);
    q = reinstate(f, keys, FAKELOG_SUPERVISOR);
    says(f, &q, "denied self");
}

static void
test_return_brings_back_only_roles_that_bear_each_other(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    int caseworker = policy_role(p, "caseworker");
    int intake = policy_role(p, "intake");
    uint64_t end_ms = f->now_ms + FAKELOG_DAY_MS;
    struct request q;

    (void)fakelog_hire(f, "cora", "intake", end_ms);
    q = reinstate(f, waiting(f, "cora"), "cora");
    says(f, &q, "allowed role");
    p->excludes[caseworker][intake] = p->excludes[intake][caseworker] = true;
    says(f, &q, "denied separation");
    f->now_ms = end_ms; /* one of them is over */
    q.at_ms = f->now_ms;
    says(f, &q, "allowed role");
}

static void
test_return_is_confirmed_by_who_holds_all_that_comes_back(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    int supervisor = policy_role(p, "supervisor");
    int facts = policy_column(p, "victim", "facts");
    int index = policy_column(p, "offence", "index");
    struct request q = reinstate(f, waiting(f, "cora"), "cora");

    says(f, &q, "allowed role");
    p->roles[supervisor].cells[index] = 0; /* not hers */
    says(f, &q, "allowed role");
    p->roles[supervisor].cells[facts] = 0;
    says(f, &q, "denied holder");
}

/* Each column counts, for a new role as for one that comes back. */
static void
test_sponsor_holds_each_key_that_she_hands_on(void **state)
{
    static const char *const roles[] = {"caseworker", "intake"};
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    unsigned supervisor = (unsigned)policy_role(p, "supervisor");
    struct request confirm[2], back[2];

    (void)fakelog_hire(f, "ines", "intake", 0);
    back[0] = reinstate(f, waiting(f, "cora"), "cora");
    suspend(f, "ines");
    back[1] = replace(f, "ines", "ines");
    back[1] = reinstate(f, fakelog_append(f, &back[1], OUTCOME_DONE), "ines");
    for (unsigned i = 0; i < 2; i++) {
        uint64_t at = propose(f, "cleo", roles[i], 0);

        confirm[i] = fakelog_request_confirm(f, at, "cleo", roles[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        unsigned role = (unsigned)policy_role(p, roles[i]);

        for (unsigned c = 0; c < p->n_columns; c++) {
            uint8_t cell = p->roles[supervisor].cells[c];
            const char *want =
                policy_holds_key(p, role, c) ? "denied holder" : "allowed role";

            p->roles[supervisor].cells[c] = 0;
            says(f, &back[i], want);
            says(f, &confirm[i], want);
            p->roles[supervisor].cells[c] = cell;
        }
    }
}

/* ---- revocation and suspension ---- */

static void
test_what_is_revoked_was_given_or_proposed(void **state)
{
    struct fakelog *f = *state;
    struct request q = revoke(f, "cora", "caseworker");

    says(f, &q, "allowed role");
    q = revoke(f, "cora", "clinician");
    says(f, &q, "denied grant");
    q = revoke(f, "nobody", "caseworker");
    says(f, &q, "denied grant");
    (void)propose(f, "carl", "clinician", 0);
    q = revoke(f, "carl", "clinician");
    says(f, &q, "allowed role");
    q = revoke(f, "carl", "caseworker");
    says(f, &q, "denied grant");
    q = revoke(f, "cora", "clinician");
    says(f, &q, "denied grant");
    q = revoke(f, "cora", "caseworker");
    done(f, &q);
    q = revoke(f, "cora", "caseworker");
    says(f, &q, "denied grant");
}

static void
test_who_is_suspended_was_here(void **state)
{
    struct fakelog *f = *state;
    struct request q = on_person(f, ACT_STAFF_SUSPEND, "cora");

    says(f, &q, "allowed role");
    q = on_person(f, ACT_STAFF_SUSPEND, "nobody");
    says(f, &q, "denied person");
    suspend(f, "cora");
    q = on_person(f, ACT_STAFF_SUSPEND, "cora");
    says(f, &q, "denied held");
}

static void
test_suspended_person_is_told_so_and_not_another(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_LIST, "cora",
                                          "caseworker", "victim", 1, NULL);

    q.count = 1;
    says(f, &q, "allowed role");
    put(q.role, "intake");
    says(f, &q, "denied no-role");
    suspend(f, "cora");
    says(f, &q, "denied suspended");
    put(q.role, "caseworker");
    says(f, &q, "denied suspended");
    put(q.actor, "carl");
    says(f, &q, "denied no-role");
}

/* ---- the last ---- */

static void
test_last_who_can_sponsor_or_propose_stays(void **state)
{
    struct fakelog *f = *state;
    struct request role = revoke(f, FAKELOG_SUPERVISOR, "supervisor");
    struct request all = on_person(f, ACT_STAFF_SUSPEND, FAKELOG_SUPERVISOR);
    struct request admin = revoke(f, FAKELOG_ADMINISTRATOR, "administrator");
    struct request one;

    says(f, &role, "denied last");
    says(f, &all, "denied last");
    says(f, &admin, "denied last");
    one = on_person(f, ACT_STAFF_SUSPEND, FAKELOG_ADMINISTRATOR);
    says(f, &one, "denied last");
    (void)fakelog_hire(f, "sara", "supervisor", 0);
    says(f, &role, "allowed role");
    says(f, &all, "allowed role");
    says(f, &admin, "denied last");
    (void)fakelog_hire(f, "adam", "administrator", 0);
    says(f, &admin, "allowed role");
    suspend(f, "sara"); /* and is no longer here to sponsor */
    says(f, &role, "denied last");
    says(f, &all, "denied last");
}

/* Sara's end is known: until then she may stand in, but not for ever. */
static void
test_who_stays_must_stay_as_long_as_who_goes(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    uint64_t end_ms = f->now_ms + FAKELOG_DAY_MS;
    struct request sue, sara;
    struct roster_grant *g;

    (void)fakelog_hire(f, "sara", "supervisor", end_ms);
    sue = revoke(f, FAKELOG_SUPERVISOR, "supervisor");
    sara = revoke(f, "sara", "supervisor");
    says(f, &sue, "denied last");
    says(f, &sara, "allowed role");
    g = &r->grants[FOUNDER_SUPERVISOR];
    assert_string_equal(g->role, "supervisor");
    g->until_ms = end_ms; /* as long as she */
    says(f, &sue, "allowed role");
    says(f, &sara, "allowed role");
    g->until_ms = end_ms + 1;
    says(f, &sue, "denied last");
    says(f, &sara, "allowed role");
    g->until_ms = end_ms - 1;
    says(f, &sue, "allowed role");
    says(f, &sara, "denied last");
    g->until_ms = f->now_ms + 1;
    f->now_ms = sara.at_ms = g->until_ms; /* over: nothing is lost by her */
    put(sara.person, FAKELOG_SUPERVISOR);
    put(sara.actor, "sara");
    says(f, &sara, "allowed role");
}

/* A key that nobody can hand on any more cannot be lost. */
static void
test_last_is_asked_key_by_key(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    int supervisor = policy_role(p, "supervisor");
    struct request q = revoke(f, FAKELOG_SUPERVISOR, "supervisor");

    for (unsigned c = 0; c + 1 < p->n_columns; c++)
        p->roles[supervisor].cells[c] = 0;
    says(f, &q, "denied last");
    p->roles[supervisor].cells[p->n_columns - 1] = 0;
    says(f, &q, "allowed role");
    p->roles[supervisor].cells[0] = CELL_HOLDS;
    says(f, &q, "denied last");
    p->roles[supervisor].cells[0] = CELL_WRITE; /* not the secret */
    says(f, &q, "allowed role");
    q = revoke(f, "cora", "caseworker"); /* holds keys, sponsors nobody */
    says(f, &q, "allowed role");
}

/* Where a role or a column stands in the policy means nothing. */
static void
test_last_may_be_of_the_first_role_and_column(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct policy *p = &r->policy;
    int supervisor = policy_role(p, "supervisor");
    uint64_t end_ms = f->now_ms + FAKELOG_DAY_MS;
    struct request q;

    (void)fakelog_hire(f, "ines", p->roles[0].name, end_ms);
    memset(p->roles[0].cells, 0, sizeof p->roles[0].cells);
    memset(p->roles[supervisor].cells, 0, sizeof p->roles[0].cells);
    p->roles[0].cells[0] = CELL_HOLDS;
    q = revoke(f, "ines", p->roles[0].name);
    says(f, &q, "allowed role");
    assert_int_equal(policy_last_until(r, f->n, f->now_ms), 0);
    p->roles[0].acts[ACT_STAFF_CONFIRM] = true;
    says(f, &q, "denied last");
    assert_int_equal(policy_last_until(r, f->n, f->now_ms), end_ms);
}

static void
test_end_of_the_last_is_foreseen(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct roster_grant *lead = &r->grants[FOUNDER_SUPERVISOR];
    struct roster_grant *admin = &r->grants[FOUNDER_ADMINISTRATOR];
    uint64_t index = r->last_index + 1, now = f->now_ms;

    assert_int_equal(policy_last_until(r, index, now), 0);
    lead->until_ms = now + 50;
    assert_int_equal(policy_last_until(r, index, now), now + 50);
    admin->until_ms = now + 40; /* whichever comes first */
    assert_int_equal(policy_last_until(r, index, now), now + 40);
    admin->until_ms = now + 60;
    assert_int_equal(policy_last_until(r, index, now), now + 50);
    lead->until_ms = 0;
    assert_int_equal(policy_last_until(r, index, now), now + 60);
    /* Over, ended, or not yet begun: no end to be foreseen. */
    assert_int_equal(policy_last_until(r, index, now + 59), now + 60);
    assert_int_equal(policy_last_until(r, index, now + 60), 0);
    admin->end_index = index;
    assert_int_equal(policy_last_until(r, index, now), now + 60);
    admin->end_index = index - 1;
    assert_int_equal(policy_last_until(r, index, now), 0);
    admin->end_index = ROSTER_NEVER;
    admin->from_index = index;
    assert_int_equal(policy_last_until(r, index, now), 0);
    admin->from_index = index - 1;
    assert_int_equal(policy_last_until(r, index, now), now + 60);
}

static void
test_of_several_ends_the_latest_counts(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    uint64_t now = f->now_ms;

    (void)fakelog_hire(f, "adam", "administrator", now + FAKELOG_DAY_MS);
    r->grants[FOUNDER_ADMINISTRATOR].until_ms = now + 2 * FAKELOG_DAY_MS;
    assert_int_equal(policy_last_until(r, r->last_index + 1, now),
                     now + 2 * FAKELOG_DAY_MS);
    r->grants[FOUNDER_ADMINISTRATOR].until_ms = now + FAKELOG_DAY_MS / 2;
    assert_int_equal(policy_last_until(r, r->last_index + 1, now),
                     now + FAKELOG_DAY_MS);
    r->grants[FOUNDER_ADMINISTRATOR].until_ms = 0;
    assert_int_equal(policy_last_until(r, r->last_index + 1, now), 0);
}

/* ---- new epochs of keys ---- */

static struct request
next_keys(struct fakelog *f, const char *compartments)
{
    struct request q =
        fakelog_request(f, ACT_KEYS, FAKELOG_SUPERVISOR, "supervisor");

    fakelog_set_compartments(&q, compartments);
    for (unsigned i = 0; i < q.n_compartments; i++) {
        struct request_key *k = &q.keys[q.n_keys++];

        put(k->type, "victim");
        put(k->compartment, q.compartments[i]);
        k->epoch = 2;
        memset(k->pub, (int)(0xa0 + i), sizeof k->pub);
    }
    q.n_compartments = 0;
    memset(q.compartments, 0, sizeof q.compartments);
    q.purpose_defaulted = true;
    return q;
}

static void
test_new_keys_are_each_the_next_and_new(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct request q = next_keys(f, "identity,health,legal"), one;

    says(f, &q, "allowed role");
    one = q;
    one.n_keys = 0;
    says(f, &one, "denied keys");
    one = q;
    put(one.keys[2].compartment, "shoes");
    says(f, &one, "denied keys");
    for (uint32_t epoch = 0; epoch < 5; epoch++) {
        one = q;
        one.keys[1].epoch = epoch;
        says(f, &one, epoch == 2 ? "allowed role" : "denied keys");
    }
    for (size_t i = 0; i < r->n_keys; i++) {
        one = q;
        memcpy(one.keys[0].pub, r->keys[i].pub, 32);
        says(f, &one, "denied keys");
    }
    for (unsigned i = 0; i < 3; i++) {
        one = q;
        memcpy(one.keys[i].pub, q.keys[(i + 1) % 3].pub, 32);
        says(f, &one, "denied keys");
    }
}

static void
test_new_keys_are_made_by_who_holds_the_old(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    int supervisor = policy_role(p, "supervisor");
    struct request q = next_keys(f, "facts,health");

    p->roles[supervisor].cells[policy_column(p, "victim", "legal")] = 0;
    says(f, &q, "allowed role");
    p->roles[supervisor].cells[policy_column(p, "victim", "health")] = 0;
    says(f, &q, "denied holder");
}

#define IN_AN_OFFICE(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_AN_OFFICE(test_new_keys_are_for_somebody_else_and_nobody_elses),
        IN_AN_OFFICE(test_new_keys_wait_for_roles_that_are_proposed_to_her),
        IN_AN_OFFICE(
            test_proposal_of_a_role_with_a_short_name_is_one_of_a_role),
        IN_AN_OFFICE(test_return_is_of_whom_new_keys_were_proposed_for),
        IN_AN_OFFICE(test_return_needs_a_second_person),
        IN_AN_OFFICE(test_return_brings_back_only_roles_that_bear_each_other),
        IN_AN_OFFICE(test_return_is_confirmed_by_who_holds_all_that_comes_back),
        IN_AN_OFFICE(test_sponsor_holds_each_key_that_she_hands_on),
        IN_AN_OFFICE(test_what_is_revoked_was_given_or_proposed),
        IN_AN_OFFICE(test_who_is_suspended_was_here),
        IN_AN_OFFICE(test_suspended_person_is_told_so_and_not_another),
        IN_AN_OFFICE(test_last_who_can_sponsor_or_propose_stays),
        IN_AN_OFFICE(test_who_stays_must_stay_as_long_as_who_goes),
        IN_AN_OFFICE(test_last_is_asked_key_by_key),
        IN_AN_OFFICE(test_last_may_be_of_the_first_role_and_column),
        IN_AN_OFFICE(test_end_of_the_last_is_foreseen),
        IN_AN_OFFICE(test_of_several_ends_the_latest_counts),
        IN_AN_OFFICE(test_new_keys_are_each_the_next_and_new),
        IN_AN_OFFICE(test_new_keys_are_made_by_who_holds_the_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
