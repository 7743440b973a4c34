#include "tests/support/held.h"
#include "vault/client_release.h"
#include "vault/grants.h"
#include "vault/handover.h"

/* Who leaves, who is kept out, who comes back, and what the keys do then. */

static int
setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    office_new(o);
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

static enum sv_err
read_identity(struct office *o, const char *who, const struct handle *h)
{
    static const char *const identity = "identity";
    struct record_view v = {0};
    enum sv_err err = office_begin(o, who);

    if (err == SV_OK)
        err = client_record_read(office_client(o, who), "victim", h, 1,
                                 &identity, &v);
    record_view_free(&v);
    return err;
}

static void
assert_rule(struct office *o, const char *who, const char *rule)
{
    assert_string_equal(client_trouble(office_client(o, who))->rule, rule);
}

static enum sv_err
revoke(struct office *o, const char *who, const char *role)
{
    office_end(o, "lead-1");
    return client_staff_revoke(office_client(o, "lead-1"), who, role);
}

static enum sv_err
suspend(struct office *o, const char *who)
{
    office_end(o, "lead-1");
    return client_staff_suspend(office_client(o, "lead-1"), who);
}

/* New epochs for all that is due; how many columns. */
static size_t
rotate(struct office *o)
{
    unsigned columns[POLICY_COLUMNS_MAX];
    struct client *lead;
    size_t n;

    office_end(o, "lead-1");
    lead = office_client(o, "lead-1");
    n = client_due(lead, columns);
    if (n > 0)
        assert_ok(client_rotate(lead, n, columns));
    assert_int_equal(client_due(lead, columns), 0);
    return n;
}

static uint32_t
epoch_of(struct office *o, const char *compartment)
{
    const struct roster *r;
    int column;

    office_end(o, "audit-1");
    r = client_roster(office_client(o, "audit-1"));
    column = policy_column(&r->policy, "victim", compartment);
    assert_true(column >= 0);
    return roster_key(r, (unsigned)column)->epoch;
}

static void
test_t37_a_revoked_role_ends_at_once_and_new_keys_keep_her_out(void **state)
{
    struct office *o = *state;
    struct handle old, fresh;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &old));
    assert_ok(read_identity(o, "case-1", &old));
    assert_ok(revoke(o, "case-1", "caseworker"));
    /* In the session that she has, and in a new one. */
    assert_err(read_identity(o, "case-1", &old), SV_ERR_DENIED);
    office_end(o, "case-1");
    assert_err(read_identity(o, "case-1", &old), SV_ERR_DENIED);
    /* What she held is due, and replaced for those who stay. */
    assert_int_equal(epoch_of(o, "identity"), 1);
    assert_true(rotate(o) > 0);
    assert_int_equal(epoch_of(o, "identity"), 2);
    assert_int_equal(epoch_of(o, "health"), 1); /* she never held it */
    office_end(o, "case-2");
    assert_ok(office_record(o, "case-2", "2022-002", "Sato", &fresh));
    assert_ok(read_identity(o, "case-2", &fresh));
    /* The old record is still read by whom it is given to. */
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &old,
                                   "case-2", true));
    assert_ok(read_identity(o, "case-2", &old));
    office_verify(o);
}

/* How many requests of hers came out as they did, by the log. */
struct outcomes {
    unsigned invalid, done;
};

static enum sv_err
count_creations(void *ctx, uint64_t index, struct bytes text)
{
    struct outcomes *n = ctx;
    struct entry e;

    (void)index;
    assert_ok(entry_parse(text, &e));
    if (e.kind == ENTRY_REQUEST &&
        memmem(e.note.ptr, e.note.len, "\nact record.create\n", 19) != NULL) {
        n->invalid += e.outcome == OUTCOME_INVALID;
        n->done += e.outcome == OUTCOME_DONE;
    }
    return SV_OK;
}

/* A session that is open while the keys change knows the old ones: what it
 * seals under them is refused, and sealed again under the new ones. */
static void
test_t14_what_is_sealed_under_an_old_epoch_is_not_taken(void **state)
{
    struct office *o = *state;
    struct outcomes n = {0, 0};
    struct handle h;

    (void)office_client(o, "case-2");
    assert_ok(revoke(o, "case-1", "caseworker"));
    assert_true(rotate(o) > 0);
    assert_ok(office_record(o, "case-2", "2022-001", "Yamada", &h));
    assert_ok(read_identity(o, "case-2", &h));
    assert_ok(client_log_read(office_client(o, "audit-1"), 0, UINT64_MAX,
                              count_creations, &n));
    assert_int_equal(n.invalid, 1);
    assert_int_equal(n.done, 1);
    office_verify(o);
}

static void
test_a_key_that_is_due_takes_writes_for_72_hours(void **state)
{
    struct office *o = *state;
    struct handle h;

    assert_ok(revoke(o, "case-1", "caseworker"));
    o->now_ms += UINT64_C(72) * 3600 * 1000;
    assert_ok(office_record(o, "case-2", "2022-001", "Yamada", &h));
    o->now_ms += 1;
    assert_err(office_record(o, "case-2", "2022-002", "Sato", &h),
               SV_ERR_DENIED);
    assert_rule(o, "case-2", "due");
    assert_true(rotate(o) > 0);
    office_end(o, "case-2");
    assert_ok(office_record(o, "case-2", "2022-002", "Sato", &h));
    office_verify(o);
}

static void
test_a_suspended_person_can_do_nothing_until_two_bring_her_back(void **state)
{
    struct office *o = *state;
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(suspend(o, "case-1"));
    assert_err(read_identity(o, "case-1", &h), SV_ERR_DENIED);
    assert_rule(o, "case-1", "suspended");
    assert_err(suspend(o, "case-1"), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "held");
    /* With the card she has: nothing left the house. */
    assert_ok(office_replace(o, "case-1", "case-1"));
    assert_ok(read_identity(o, "case-1", &h));
    assert_int_equal(rotate(o), 0);
    office_verify(o);
}

static void
test_new_keys_bring_back_who_lost_hers_and_the_old_are_worth_nothing(
    void **state)
{
    struct office *o = *state;
    struct colleague lost = *office_person(o, "case-1");
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(suspend(o, "case-1"));
    assert_ok(office_replace(o, "case-1", "spare-1"));
    /* What she wrote under the old key is still hers, and read. */
    assert_ok(read_identity(o, "case-1", &h));
    assert_true(rotate(o) > 0);
    office_end(o, "case-1");
    assert_ok(read_identity(o, "case-1", &h));
    /* Who found the old key file is nobody here. */
    office_end(o, "case-1");
    office_person(o, "case-1")->keys = lost.keys;
    office_person(o, "case-1")->card = lost.card;
    assert_err(office_begin(o, "case-1"), SV_ERR_DENIED);
    office_verify(o);
}

/* By admin-1: the keys of `from` for this name. */
static enum sv_err
propose_keys(struct office *o, const char *name, const char *from)
{
    struct card card;

    card_of(&office_person(o, from)->keys, name, &card);
    office_end(o, "admin-1");
    return client_staff_replace(office_client(o, "admin-1"), &card);
}

static size_t
n_proposals(struct office *o)
{
    office_end(o, "audit-1");
    return client_roster(office_client(o, "audit-1"))->n_proposals;
}

static void
test_a_wrong_card_is_withdrawn_by_the_right_one(void **state)
{
    struct office *o = *state;
    struct handle h;
    struct client *lead;
    uint64_t wrong;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(propose_keys(o, "case-1", "stranger-1"));
    /* The session that still knows it gets nowhere with it. */
    office_end(o, "lead-1");
    lead = office_client(o, "lead-1");
    wrong = client_roster(lead)->proposals[0].index;
    assert_ok(propose_keys(o, "case-1", "spare-1"));
    assert_err(client_staff_confirm(lead, wrong), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "proposal");
    assert_int_equal(n_proposals(o), 1);
    assert_ok(office_replace(o, "case-1", "spare-1"));
    assert_int_equal(n_proposals(o), 0);
    assert_ok(read_identity(o, "case-1", &h));
    office_verify(o);
}

static void
test_a_card_is_withdrawn_by_who_suspends_or_revokes(void **state)
{
    struct office *o = *state;

    assert_ok(propose_keys(o, "case-1", "stranger-1"));
    assert_ok(suspend(o, "case-1"));
    assert_int_equal(n_proposals(o), 0);
    assert_ok(propose_keys(o, "case-2", "stranger-1"));
    assert_ok(revoke(o, "case-2", "caseworker"));
    assert_int_equal(n_proposals(o), 0);
    office_verify(o);
}

/* What is proposed for her names her keys; it goes first, or is over. */
static void
test_a_proposed_role_holds_up_new_keys_until_its_term(void **state)
{
    struct office *o = *state;
    uint64_t until = o->now_ms + UINT64_C(24) * 3600 * 1000;

    assert_ok(client_staff_propose(office_client(o, "admin-1"),
                                   &office_person(o, "case-1")->card,
                                   "interpreter", until));
    assert_err(propose_keys(o, "case-1", "spare-1"), SV_ERR_DENIED);
    assert_rule(o, "admin-1", "held");
    o->now_ms = until;
    assert_ok(office_replace(o, "case-1", "spare-1"));
    office_verify(o);
}

/* Suspended, revoked, or with other keys since: what she proposed before is
 * not confirmed any more. */
static void
test_what_was_proposed_goes_with_its_proposer(void **state)
{
    struct office *o = *state;
    const struct card *card = &office_person(o, "new-1")->card;
    struct client *lead;
    uint64_t at;

    assert_ok(office_hire(o, "admin-2", "administrator"));
    assert_ok(
        client_staff_propose(office_client(o, "admin-2"), card, "intake", 0));
    office_end(o, "lead-1");
    lead = office_client(o, "lead-1");
    at = client_roster(lead)->proposals[0].index;
    assert_ok(client_staff_suspend(office_client(o, "admin-1"), "admin-2"));
    assert_err(client_staff_confirm(lead, at), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "proposal");
    assert_ok(office_replace(o, "admin-2", "admin-2"));
    assert_ok(
        client_staff_propose(office_client(o, "admin-2"), card, "intake", 0));
    assert_ok(office_replace(o, "admin-2", "spare-2"));
    assert_int_equal(n_proposals(o), 0);
    assert_ok(
        client_staff_propose(office_client(o, "admin-2"), card, "intake", 0));
    assert_ok(revoke(o, "admin-2", "administrator"));
    assert_int_equal(n_proposals(o), 0);
    assert_ok(office_hire(o, "new-1", "intake"));
    office_verify(o);
}

static void
test_t44_the_last_holder_stays(void **state)
{
    struct office *o = *state;

    assert_err(revoke(o, "lead-1", "supervisor"), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "last");
    assert_err(suspend(o, "lead-1"), SV_ERR_DENIED);
    assert_err(suspend(o, "admin-1"), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "last");
    assert_ok(office_hire(o, "lead-2", "supervisor"));
    assert_ok(revoke(o, "lead-1", "supervisor"));
    office_verify(o);
}

/* By admin-1 and lead-1: lead-2 is a supervisor for so many days. */
static void
hire_for_days(struct office *o, unsigned days)
{
    struct client *lead;

    office_end(o, "admin-1");
    assert_ok(client_staff_propose(
        office_client(o, "admin-1"), &office_person(o, "lead-2")->card,
        "supervisor", o->now_ms + days * UINT64_C(24) * 3600 * 1000));
    office_end(o, "lead-1");
    lead = office_client(o, "lead-1");
    assert_ok(
        client_staff_confirm(lead, client_roster(lead)->proposals[0].index));
}

static uint64_t
last_until(struct office *o)
{
    office_end(o, "audit-1");
    return policy_last_until(client_roster(office_client(o, "audit-1")),
                             UINT64_MAX - 1, o->now_ms);
}

/* A term that is about to end does not stand in for a role without one. */
static void
test_t44_who_stays_must_stay_as_long(void **state)
{
    struct office *o = *state;

    hire_for_days(o, 30);
    assert_err(revoke(o, "lead-1", "supervisor"), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "last");
    assert_err(suspend(o, "lead-1"), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "last");
    assert_int_equal(last_until(o), 0);
    assert_ok(revoke(o, "lead-2", "supervisor"));
    assert_ok(office_hire(o, "lead-3", "supervisor"));
    hire_for_days(o, 30);
    assert_ok(revoke(o, "lead-1", "supervisor"));
    office_verify(o);
}

static void
test_status_knows_when_the_last_term_ends(void **state)
{
    struct office *o = *state;
    struct roster *r;
    uint64_t until = o->now_ms + UINT64_C(30) * 24 * 3600 * 1000;

    hire_for_days(o, 30);
    office_end(o, "audit-1");
    r = &client_pin(office_client(o, "audit-1"))->roster;
    assert_int_equal(policy_last_until(r, UINT64_MAX - 1, o->now_ms), 0);
    r->grants[1].until_ms = until - 1; /* lead-1's, who founded it */
    assert_int_equal(policy_last_until(r, UINT64_MAX - 1, o->now_ms), until);
}

static void
test_a_recovery_key_brings_back_the_only_supervisor(void **state)
{
    struct office o;
    struct card card;
    struct client *rescue;
    struct handle h;

    (void)state;
    office_prepare(&o, NULL, NULL);
    o.recovery = true;
    assert_ok(office_found(&o));
    assert_ok(office_open(&o));
    assert_ok(office_hire(&o, "case-1", "caseworker"));
    assert_ok(office_record(&o, "case-1", "2022-001", "Yamada", &h));
    /* Her key file is lost; the administrator proposes a new one. */
    office_end(&o, "lead-1");
    card_of(&office_person(&o, "spare-1")->keys, "lead-1", &card);
    assert_ok(client_staff_suspend(office_client(&o, "admin-1"), "lead-1"));
    assert_ok(client_staff_replace(office_client(&o, "admin-1"), &card));
    rescue = office_client(&o, "rescue-1");
    assert_ok(client_staff_confirm(rescue,
                                   client_roster(rescue)->proposals[0].index));
    office_person(&o, "lead-1")->card = card;
    office_person(&o, "lead-1")->keys = office_person(&o, "spare-1")->keys;
    assert_true(rotate(&o) > 0);
    assert_ok(office_hire(&o, "case-2", "caseworker"));
    /* It reads nothing itself. */
    assert_err(read_identity(&o, "rescue-1", &h), SV_ERR_DENIED);
    office_free(&o);
}

static void
test_a_small_office_begins_with_what_its_profile_permits(void **state)
{
    struct office o;
    struct handle h;
    uint64_t flags[4];

    (void)state;
    office_prepare(&o, NULL, NULL);
    o.profile = "small-office";
    assert_ok(office_found(&o));
    assert_ok(office_open(&o));
    assert_ok(client_act_as(office_client(&o, "lead-1"), "caseworker", NULL));
    assert_ok(office_record(&o, "lead-1", "2022-001", "Yamada", &h));
    assert_ok(read_identity(&o, "lead-1", &h));
    office_end(&o, "lead-1");
    assert_ok(office_hire(&o, "case-1", "caseworker"));
    assert_ok(office_hire(&o, "case-1", "intake"));
    assert_ok(office_hire(&o, "case-1", "justice_liaison"));
    assert_ok(office_hire(&o, "case-1", "statistics_officer"));
    assert_ok(office_hire(&o, "audit-1", "auditor"));
    /* The administrator holds no keys, in no profile. */
    assert_err(office_hire(&o, "admin-1", "caseworker"), SV_ERR_DENIED);
    assert_err(office_hire(&o, "audit-1", "approver"), SV_ERR_DENIED);
    assert_err(office_hire(&o, "case-1", "approver"), SV_ERR_DENIED);
    /* The supervisor at night, alone: it is flagged all the same. */
    assert_ok(client_act_as(office_client(&o, "case-1"), "caseworker", NULL));
    assert_ok(office_record(&o, "case-1", "2022-002", "Sato", &h));
    office_end(&o, "lead-1");
    assert_ok(client_act_as(office_client(&o, "lead-1"), "supervisor", NULL));
    assert_err(read_identity(&o, "lead-1", &h), SV_ERR_DENIED);
    assert_rule(&o, "lead-1", "break-glass");
    assert_ok(client_record_assign(office_client(&o, "lead-1"), "victim", &h,
                                   "lead-1", true));
    office_end(&o, "audit-1");
    assert_int_equal(client_flags(office_client(&o, "audit-1"), flags, 4), 1);
    office_verify(&o);
    office_free(&o);
}

static void
test_an_emergency_assignment_is_flagged_until_another_has_seen_it(void **state)
{
    struct office *o = *state;
    uint64_t flags[4], at;
    struct client *lead;
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    /* The supervisor at night: the glass cannot be broken. */
    assert_err(read_identity(o, "lead-1", &h), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "break-glass");
    lead = office_client(o, "lead-1");
    assert_ok(client_record_assign(lead, "victim", &h, "case-2", true));
    at = client_pin(lead)->size - 1;
    assert_ok(read_identity(o, "case-2", &h));
    assert_err(client_flag_acknowledge(lead, at), SV_ERR_DENIED);
    assert_rule(o, "lead-1", "self");
    office_end(o, "audit-1");
    assert_int_equal(client_flags(office_client(o, "audit-1"), flags, 4), 1);
    assert_int_equal(flags[0], at);
    assert_ok(client_flag_acknowledge(office_client(o, "audit-1"), at));
    assert_err(client_flag_acknowledge(office_client(o, "audit-1"), at),
               SV_ERR_DENIED);
    office_end(o, "lead-1");
    assert_int_equal(client_flags(office_client(o, "lead-1"), flags, 4), 0);
    office_verify(o);
}

/* Of an act that has other facts to look at, too. */
static void
test_an_act_is_limited_by_whatever_policy_limits_it(void **state)
{
    struct office o;
    struct client *lead;
    struct handle h;
    uint64_t at = 0;

    (void)state;
    office_prepare(&o, NULL, NULL);
    o.limited = ACT_RECORD_ASSIGN;
    o.limit = (struct policy_limit){2, UINT64_C(3600000), false};
    assert_ok(office_found(&o));
    assert_ok(office_open(&o));
    assert_ok(office_hire(&o, "case-1", "caseworker"));
    assert_ok(office_hire(&o, "case-2", "caseworker"));
    assert_ok(office_hire(&o, "audit-1", "auditor"));
    assert_ok(office_record(&o, "case-1", "2022-001", "Yamada", &h));
    assert_err(read_identity(&o, "lead-1", &h), SV_ERR_DENIED);
    lead = office_client(&o, "lead-1");
    for (int i = 0; i < 2; i++) {
        assert_ok(client_record_assign(lead, "victim", &h, "case-2", true));
        at = client_pin(lead)->size - 1;
        assert_ok(client_record_assign(lead, "victim", &h, "case-2", false));
    }
    assert_err(client_record_assign(lead, "victim", &h, "case-2", true),
               SV_ERR_DENIED);
    assert_rule(&o, "lead-1", "limit");
    assert_ok(client_flag_acknowledge(office_client(&o, "audit-1"), at));
    o.now_ms += UINT64_C(3600000);
    assert_ok(client_record_assign(lead, "victim", &h, "case-2", true));
    office_verify(&o);
    office_free(&o);
}

/* The keys of a role whose term is over are not sealed to her again, when she
 * is given others: the epochs since then were never hers. */
static void
test_who_comes_back_is_given_no_keys_of_a_term_that_is_over(void **state)
{
    struct office *o = *state;
    const uint64_t day_ms = UINT64_C(24) * 3600 * 1000;
    struct request r = {.act = ACT_STAFF_REINSTATE};
    const struct roster *roster;
    struct card card;
    struct handover h;

    assert_ok(client_staff_propose(office_client(o, "admin-1"),
                                   &office_person(o, "voice-1")->card,
                                   "interpreter", o->now_ms + day_ms));
    office_end(o, "lead-1");
    roster = client_roster(office_client(o, "lead-1"));
    assert_ok(
        client_staff_confirm(office_client(o, "lead-1"),
                             roster->proposals[roster->n_proposals - 1].index));
    card_of(&office_person(o, "voice-2")->keys, "voice-1", &card);
    office_end(o, "admin-1");
    assert_ok(client_staff_replace(office_client(o, "admin-1"), &card));
    office_end(o, "lead-1");
    roster = client_roster(office_client(o, "lead-1"));
    r.entry = roster->proposals[roster->n_proposals - 1].index;
    assert_ok(handover_of(roster, &r, r.entry + 1, o->now_ms, &h));
    assert_int_equal(h.n, 1); /* the narrative's, while it lasts */
    free(h.items);
    o->now_ms += day_ms;
    assert_ok(handover_of(roster, &r, r.entry + 1, o->now_ms, &h));
    assert_int_equal(h.n, 0);
    free(h.items);
    assert_ok(client_staff_confirm(office_client(o, "lead-1"), r.entry));
}

/* What lead-2 would hand over; nothing of it opens for that colleague, or for
 * anybody else (NULL). */
static void
spoil_grants(const char *whose, struct bytes blob, struct buf *out)
{
    struct writer w = writer_to(out);
    struct buf items = BUF_INIT;
    struct grant_item item;
    struct reader r;
    unsigned left, n = 0;

    assert_ok(grants_begin(blob, &r, &left));
    while (left > 0) {
        struct buf sealed = BUF_INIT;

        assert_ok(grants_next(&r, &left, &item));
        assert_ok(buf_append(&sealed, item.sealed));
        sealed.ptr[sealed.len - 1] ^= whose != NULL
                                          ? strcmp(item.grantee, whose) == 0
                                          : strcmp(item.grantee, "lead-2") != 0;
        item.sealed = buf_bytes(&sealed);
        assert_ok(grants_put(&item, &items));
        buf_free(&sealed);
        n++;
    }
    writer_u16(&w, (uint16_t)n);
    writer_bytes(&w, buf_bytes(&items));
    assert_ok(writer_end(&w));
    buf_free(&items);
}

/* New keys of every column by lead-2, who keeps them from that colleague, or
 * to herself (NULL). */
static void
rotate_and_keep_from(struct office *o, const char *whose)
{
    struct held h = {.o = o};
    struct client *c = held_begin(&h, "lead-2");
    struct request *r = calloc(1, sizeof *r);
    struct note *note = calloc(1, sizeof *note);
    struct buf blob = BUF_INIT, response = BUF_INIT;
    unsigned columns[POLICY_COLUMNS_MAX];
    size_t n = client_roster(c)->policy.n_columns;
    struct entry e;

    assert_non_null(r);
    assert_non_null(note);
    for (unsigned i = 0; i < n; i++)
        columns[i] = i;
    h.holds = true;
    assert_err(client_rotate(c, n, columns), SV_ERR_IO);
    held_end(&h, "lead-2");
    spoil_grants(whose, held_act(&h, note, r), &blob);
    grants_hash(buf_bytes(&blob), r->body);
    e = held_send(&h, "lead-2", r, buf_bytes(&blob), &response);
    assert_int_equal(e.outcome, OUTCOME_DONE);
    buf_free(&blob);
    buf_free(&response);
    buf_free(&h.message);
    free(note);
    free(r);
}

/* One supervisor can keep new keys from all others, and nothing else: they
 * are told, send her away, make others, and go on. */
static void
test_who_hands_over_what_does_not_open_stops_nobody(void **state)
{
    struct office *o = *state;
    struct handle old, new;
    struct find_list l;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &old));
    assert_ok(office_hire(o, "lead-2", "supervisor"));
    rotate_and_keep_from(o, NULL);
    for (size_t i = 0; i < o->n; i++)
        office_end(o, o->people[i].card.name);
    assert_ok(read_identity(o, "case-1", &old));
    assert_true(client_unfit_keys(office_client(o, "case-1")) > 0);
    assert_ok(revoke(o, "lead-2", "supervisor"));
    assert_true(rotate(o) > 0);
    office_end(o, "case-1");
    assert_ok(office_record(o, "case-1", "2022-002", "Sato", &new));
    assert_ok(read_identity(o, "case-1", &new));
    assert_ok(client_record_find(office_client(o, "case-1"), "victim",
                                 bytes_text("Sato"), &l));
    assert_int_equal(l.n, 1);
    find_list_free(&l);
    /* And what she kept is no reason to hire nobody any more. */
    office_end(o, "admin-1");
    assert_ok(office_hire(o, "case-3", "caseworker"));
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &old,
                                   "case-3", true));
    assert_ok(read_identity(o, "case-3", &old));
    assert_int_equal(client_unfit_keys(office_client(o, "lead-2")), 0);
    office_verify(o);
}

static enum sv_err
count_victims(struct office *o)
{
    struct buf json = BUF_INIT;
    enum sv_err err;

    office_end(o, "stats-1");
    err = client_counts_preview(
        office_client(o, "stats-1"),
        bytes_text("svault/annual/v1\nyear 2022\nauthority national\n"
                   "period calendar\nas-of 2022-12-31\nminor-age 18\n"),
        &json);
    buf_free(&json);
    return err;
}

/* Nor does she end all counts: of a key to which nothing was sealed, nothing
 * can be left out. */
static void
test_counts_go_on_without_a_false_key_that_nobody_used(void **state)
{
    struct office *o = *state;
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(office_hire(o, "lead-2", "supervisor"));
    rotate_and_keep_from(o, NULL);
    assert_err(count_victims(o), SV_ERR_INPUT);
    assert_ok(revoke(o, "lead-2", "supervisor"));
    assert_true(rotate(o) > 0);
    assert_ok(count_victims(o));
    office_end(o, "case-1");
    assert_ok(office_record(o, "case-1", "2022-002", "Sato", &h));
    assert_ok(count_victims(o));
    office_verify(o);
}

/* What was sealed to it cannot be counted, whatever its day. */
static void
test_a_count_never_leaves_out_what_a_false_key_sealed(void **state)
{
    struct office *o = *state;
    struct handle h;

    assert_ok(office_hire(o, "lead-2", "supervisor"));
    rotate_and_keep_from(o, "stats-1");
    office_end(o, "case-1");
    assert_ok(office_record(o, "case-1", "2023-001", "Yamada", &h));
    assert_ok(revoke(o, "lead-2", "supervisor"));
    assert_true(rotate(o) > 0);
    assert_err(count_victims(o), SV_ERR_INPUT);
    office_verify(o);
}

int
main(void)
{
#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(
            test_t37_a_revoked_role_ends_at_once_and_new_keys_keep_her_out),
        IN_OFFICE(test_t14_what_is_sealed_under_an_old_epoch_is_not_taken),
        IN_OFFICE(test_a_key_that_is_due_takes_writes_for_72_hours),
        IN_OFFICE(
            test_a_suspended_person_can_do_nothing_until_two_bring_her_back),
        IN_OFFICE(
            test_new_keys_bring_back_who_lost_hers_and_the_old_are_worth_nothing),
        IN_OFFICE(test_a_wrong_card_is_withdrawn_by_the_right_one),
        IN_OFFICE(test_a_card_is_withdrawn_by_who_suspends_or_revokes),
        IN_OFFICE(test_a_proposed_role_holds_up_new_keys_until_its_term),
        IN_OFFICE(test_what_was_proposed_goes_with_its_proposer),
        IN_OFFICE(test_who_comes_back_is_given_no_keys_of_a_term_that_is_over),
        IN_OFFICE(test_who_hands_over_what_does_not_open_stops_nobody),
        IN_OFFICE(test_counts_go_on_without_a_false_key_that_nobody_used),
        IN_OFFICE(test_a_count_never_leaves_out_what_a_false_key_sealed),
        IN_OFFICE(test_t44_the_last_holder_stays),
        IN_OFFICE(test_t44_who_stays_must_stay_as_long),
        IN_OFFICE(test_status_knows_when_the_last_term_ends),
        cmocka_unit_test(test_a_recovery_key_brings_back_the_only_supervisor),
        cmocka_unit_test(
            test_a_small_office_begins_with_what_its_profile_permits),
        IN_OFFICE(
            test_an_emergency_assignment_is_flagged_until_another_has_seen_it),
        cmocka_unit_test(test_an_act_is_limited_by_whatever_policy_limits_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
