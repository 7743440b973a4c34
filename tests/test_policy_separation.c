/* Separation of duty: for each pair of roles that the policy keeps apart, in
 * both profiles, refused when it is proposed, when it is confirmed, and when
 * a log claims that it was allowed. */
#include <stdlib.h>

#include "tests/support/fakelog.h"

static const char *
until_of(const struct policy_role *role, struct fakelog *f, uint64_t *until_ms)
{
    *until_ms = role->grant_days_max > 0 ? f->now_ms + FAKELOG_DAY_MS : 0;
    return role->name;
}

/* Who holds the role: a founder hers, others are hired for it. */
static const char *
holder(struct fakelog *f, const struct policy_role *role)
{
    uint64_t until_ms;

    if (strcmp(role->name, "administrator") == 0)
        return FAKELOG_ADMINISTRATOR;
    if (strcmp(role->name, "supervisor") == 0)
        return FAKELOG_SUPERVISOR;
    (void)until_of(role, f, &until_ms);
    (void)fakelog_hire(f, "hana", role->name, until_ms);
    return "hana";
}

/* An entry that says it was allowed: the replay stops there, and says so. */
static void
expect_replay_refuses(struct fakelog *f, const struct request *q)
{
    struct entry e = fakelog_entry(f, q, OUTCOME_NONE);
    struct replay_fault fault = {0};
    struct buf forged;
    uint64_t at = f->n;

    assert_false(e.allowed);
    assert_string_equal(e.rule, "separation");
    e.allowed = true;
    e.outcome = OUTCOME_DONE;
    (void)snprintf(e.rule, sizeof e.rule, "role");
    forged = fakelog_bytes(&e, q, q->actor);
    fakelog_insert(f, at, &forged);
    assert_err(fakelog_replay(f, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, at);
    fakelog_remove(f, at);
    assert_ok(fakelog_replay(f, &fault));
}

static unsigned
each_pair(const char *profile,
          void (*check)(struct fakelog *f, const struct policy_role *held,
                        const struct policy_role *other))
{
    struct policy *p = calloc(1, sizeof *p);
    unsigned n = 0;

    assert_non_null(p);
    fakelog_policy(profile, p);
    for (unsigned i = 0; i < p->n_roles; i++) {
        for (unsigned j = 0; j < p->n_roles; j++) {
            struct fakelog f;

            if (!p->excludes[i][j])
                continue;
            fakelog_found(&f, profile);
            check(&f, &p->roles[i], &p->roles[j]);
            fakelog_clear(&f);
            n++;
        }
    }
    free(p);
    return n;
}

static void
refused_when_proposed(struct fakelog *f, const struct policy_role *held,
                      const struct policy_role *other)
{
    const char *who = holder(f, held);
    uint64_t until_ms;
    const char *role = until_of(other, f, &until_ms);
    struct request q = fakelog_request_propose(f, who, role, until_ms);

    expect_replay_refuses(f, &q);
    (void)fakelog_denied(f, &q, "separation");
}

/* Both are proposed first: it is the second confirmation that is refused. */
static void
refused_when_confirmed(struct fakelog *f, const struct policy_role *held,
                       const struct policy_role *other)
{
    uint64_t until_ms, one, two;
    struct request q;

    if (strcmp(held->name, "administrator") == 0 ||
        strcmp(held->name, "supervisor") == 0)
        return; /* held from the start: nothing can be proposed before */
    (void)until_of(held, f, &until_ms);
    q = fakelog_request_propose(f, "hana", held->name, until_ms);
    one = fakelog_append(f, &q, OUTCOME_DONE);
    (void)until_of(other, f, &until_ms);
    q = fakelog_request_propose(f, "hana", other->name, until_ms);
    two = fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request_confirm(f, one, "hana", held->name);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request_confirm(f, two, "hana", other->name);
    expect_replay_refuses(f, &q);
    (void)fakelog_denied(f, &q, "separation");
}

static void
test_t52_roles_kept_apart_are_refused_when_proposed_and_at_replay(void **state)
{
    unsigned standard, small;

    (void)state;
    standard = each_pair("standard", refused_when_proposed);
    small = each_pair("small-office", refused_when_proposed);
    assert_true(small > 0);
    assert_true(standard > small); /* which permits what it lists */
}

static void
test_t52_roles_kept_apart_are_refused_when_confirmed_and_at_replay(void **state)
{
    (void)state;
    assert_true(each_pair("standard", refused_when_confirmed) > 0);
    assert_true(each_pair("small-office", refused_when_confirmed) > 0);
}

/* Whoever she is, by sue: she is no founder here. */
static void
suspend(struct fakelog *f, const char *who)
{
    struct request q =
        fakelog_request(f, ACT_STAFF_SUSPEND, FAKELOG_SUPERVISOR, "supervisor");

    (void)snprintf(q.person, sizeof q.person, "%s", who);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
}

/* She is suspended, and her role waits for her: the other is not hers. */
static void
refused_while_suspended(struct fakelog *f, const struct policy_role *held,
                        const struct policy_role *other)
{
    uint64_t until_ms, one, two;
    const char *role;
    struct request q;

    role = until_of(held, f, &until_ms);
    q = fakelog_request_propose(f, "hana", role, until_ms);
    one = fakelog_append(f, &q, OUTCOME_DONE);
    role = until_of(other, f, &until_ms);
    q = fakelog_request_propose(f, "hana", role, until_ms);
    two = fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request_confirm(f, one, "hana", held->name);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    suspend(f, "hana");
    q = fakelog_request_confirm(f, two, "hana", other->name);
    expect_replay_refuses(f, &q);
    (void)fakelog_denied(f, &q, "separation");
    q = fakelog_request(f, ACT_STAFF_REVOKE, FAKELOG_SUPERVISOR, "supervisor");
    (void)snprintf(q.person, sizeof q.person, "hana");
    (void)snprintf(q.grants, sizeof q.grants, "%s", other->name);
    (void)fakelog_append(f, &q, OUTCOME_DONE); /* the proposal */
    q = fakelog_request_propose(f, "hana", other->name, until_ms);
    expect_replay_refuses(f, &q);
    (void)fakelog_denied(f, &q, "separation");
}

/* Should a roster ever give her both, she does not come back: no honest log
 * leads there. */
static void
refused_when_brought_back(struct fakelog *f, const struct policy_role *held,
                          const struct policy_role *other)
{
    struct roster *r = &f->replay.roster;
    struct fake_person hana = fake_person("hana");
    uint64_t until_ms;
    struct request q;
    uint64_t back;

    (void)until_of(held, f, &until_ms);
    (void)fakelog_hire(f, "hana", held->name, until_ms);
    (void)until_of(other, f, &until_ms);
    (void)fakelog_hire(f, "ivy", other->name, until_ms);
    suspend(f, "hana");
    q = fakelog_request(f, ACT_STAFF_REPLACE, FAKELOG_ADMINISTRATOR,
                        "administrator");
    memcpy(q.person, hana.name, sizeof q.person);
    q.sign = hana.sign;
    memcpy(q.box, hana.box, sizeof q.box);
    back = fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request(f, ACT_STAFF_REINSTATE, FAKELOG_SUPERVISOR,
                        "supervisor");
    memcpy(q.person, hana.name, sizeof q.person);
    q.entry = back;
    assert_true(fakelog_decide(f, &q).allowed);
    r->grants[r->n_grants - 1].person = r->grants[r->n_grants - 2].person;
    assert_false(fakelog_decide(f, &q).allowed);
    assert_string_equal(fakelog_decide(f, &q).rule, "separation");
}

static void
test_t52_a_suspended_person_is_given_no_role_kept_apart_from_hers(void **state)
{
    (void)state;
    assert_true(each_pair("standard", refused_while_suspended) > 0);
    assert_true(each_pair("small-office", refused_while_suspended) > 0);
}

static void
test_t52_nobody_comes_back_to_roles_kept_apart(void **state)
{
    (void)state;
    assert_true(each_pair("standard", refused_when_brought_back) > 0);
    assert_true(each_pair("small-office", refused_when_brought_back) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_t52_roles_kept_apart_are_refused_when_proposed_and_at_replay),
        cmocka_unit_test(
            test_t52_roles_kept_apart_are_refused_when_confirmed_and_at_replay),
        cmocka_unit_test(
            test_t52_a_suspended_person_is_given_no_role_kept_apart_from_hers),
        cmocka_unit_test(test_t52_nobody_comes_back_to_roles_kept_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
