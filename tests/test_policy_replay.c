/* A whole log replayed, and then every way of lying in it. */
#include "policy/replay_state.h"
#include "tests/support/fakelog.h"

/* Where things are in the log below, for the forgers. */
static struct places {
    uint64_t hire_cora;  /* the confirmation */
    uint64_t create_one; /* by ines */
    uint64_t import;     /* of 5 victims, by ines */
    uint64_t save_two;   /* by cora: facts and health */
    uint64_t read_two;   /* by cora: facts */
    uint64_t assign_one; /* to cora */
    uint64_t assign_twice;
    uint64_t assign_none; /* of a record that is not there */
    uint64_t read_one;    /* by cora */
    uint64_t denied_iris; /* not-assigned */
    uint64_t denied_glass;
    uint64_t denied_expired;
    uint64_t unassign_one;
    uint64_t unassign_twice;
    uint64_t not_found;
    uint64_t conflict;
    uint64_t repeated;
    uint64_t log_read; /* the last */
} at;

static void
set(char out[static NAME_SIZE], const char *name)
{
    memset(out, 0, NAME_SIZE);
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

static void
hire_all(struct fakelog *f)
{
    (void)fakelog_hire(f, "ines", "intake", 0);
    at.hire_cora = fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_hire(f, "carl", "clinician", 0);
    (void)fakelog_hire(f, "juri", "justice_liaison", 0);
    (void)fakelog_hire(f, "iris", "interpreter",
                       f->now_ms + 7 * FAKELOG_DAY_MS);
    (void)fakelog_hire(f, "sam", "statistics_officer", 0);
    (void)fakelog_hire(f, "aude", "auditor", 0);
    (void)fakelog_hire(f, "axel", "approver", 0);
}

static uint64_t
denied_on(struct fakelog *f, enum request_act act, const char *actor,
          const char *role, const char *type, uint64_t record,
          const char *compartments, const char *rule)
{
    struct request q =
        fakelog_request_on(f, act, actor, role, type, record, compartments);

    return fakelog_denied(f, &q, rule);
}

static uint64_t
outcome_on(struct fakelog *f, enum request_act act, const char *actor,
           const char *role, uint64_t record, const char *compartments,
           enum entry_outcome outcome)
{
    struct request q =
        fakelog_request_on(f, act, actor, role, "victim", record, compartments);

    return fakelog_append(f, &q, outcome);
}

static void
work_a_day(struct fakelog *f)
{
    at.create_one = fakelog_create(f, "ines", "intake", "victim", 1);
    f->now_ms += 60000;
    (void)fakelog_create(f, "cora", "caseworker", "victim", 2);
    at.import = fakelog_import(f, "ines", "intake", "victim", 10, 5);
    (void)fakelog_import(f, "juri", "justice_liaison", "offence", 30, 3);
    (void)fakelog_create(f, "juri", "justice_liaison", "suspect", 20);
    at.save_two =
        fakelog_save(f, "cora", "caseworker", "victim", 2, "facts,health");
    (void)fakelog_save(f, "cora", "caseworker", "victim", 2, "facts");
    at.read_two = fakelog_read(f, "cora", "caseworker", "victim", 2, "facts");
    (void)denied_on(f, ACT_RECORD_READ, "cora", "caseworker", "victim", 1,
                    "identity", "not-assigned");
    at.assign_one =
        fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 1, "cora", OUTCOME_DONE);
    at.assign_twice = fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 1, "cora",
                                     OUTCOME_EXISTS);
    at.assign_none = fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 99, "cora",
                                    OUTCOME_NOT_FOUND);
    at.read_one =
        fakelog_read(f, "cora", "caseworker", "victim", 1, "identity,facts");
    at.denied_iris = denied_on(f, ACT_RECORD_READ, "iris", "interpreter",
                               "victim", 1, "narrative", "not-assigned");
    (void)fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 1, "iris",
                         OUTCOME_DONE);
    (void)fakelog_read(f, "iris", "interpreter", "victim", 1, "narrative");
    (void)fakelog_read(f, "juri", "justice_liaison", "suspect", 20, NULL);
    at.denied_glass = denied_on(f, ACT_RECORD_READ, "sue", "supervisor",
                                "victim", 1, "identity", "break-glass");
}

static void
work_a_week_later(struct fakelog *f)
{
    struct request q;

    f->now_ms += 8 * FAKELOG_DAY_MS;
    at.denied_expired = denied_on(f, ACT_RECORD_READ, "iris", "interpreter",
                                  "victim", 1, "narrative", "expired");
    at.unassign_one = fakelog_assign(f, ACT_RECORD_UNASSIGN, "victim", 1,
                                     "cora", OUTCOME_DONE);
    at.unassign_twice = fakelog_assign(f, ACT_RECORD_UNASSIGN, "victim", 1,
                                       "cora", OUTCOME_NOT_FOUND);
    (void)denied_on(f, ACT_RECORD_HISTORY, "cora", "caseworker", "victim", 1,
                    NULL, "not-assigned");
    (void)outcome_on(f, ACT_RECORD_LIST, "cora", "caseworker", 0, NULL,
                     OUTCOME_DONE);
    (void)outcome_on(f, ACT_RECORD_HISTORY, "sue", "supervisor", 2, NULL,
                     OUTCOME_DONE);
    at.not_found = outcome_on(f, ACT_RECORD_READ, "sue", "supervisor", 99,
                              "facts", OUTCOME_NOT_FOUND);
    at.conflict = outcome_on(f, ACT_RECORD_SAVE, "cora", "caseworker", 2,
                             "facts", OUTCOME_CONFLICT);
    (void)outcome_on(f, ACT_RECORD_CREATE, "ines", "intake", 1, NULL,
                     OUTCOME_EXISTS);
    q = fakelog_request_propose(f, "carl", "legal_officer", 0);
    (void)fakelog_denied(f, &q, "separation");
    q = fakelog_request_on(f, ACT_RECORD_READ, "sue", "supervisor", "victim", 2,
                           "facts");
    memcpy(q.id, f->entries[0].ptr, sizeof q.id);
    (void)fakelog_append(f, &q, OUTCOME_DAMAGED);
    at.repeated = fakelog_denied(f, &q, "repeated");
    q = fakelog_request(f, ACT_LOG_READ, "aude", "auditor");
    at.log_read = fakelog_append(f, &q, OUTCOME_DONE);
}

static int
found(void **state)
{
    struct fakelog *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    fakelog_found(f, "standard");
    hire_all(f);
    work_a_day(f);
    work_a_week_later(f);
    *state = f;
    return 0;
}

static int
clear(void **state)
{
    fakelog_clear(*state);
    free(*state);
    return 0;
}

/* ---- the honest log ---- */

static void
test_honest_log_replays(void **state)
{
    struct fakelog *f = *state;
    struct replay_fault fault = {0, NULL};

    assert_true(f->n >= 60);
    assert_ok(fakelog_replay(f, &fault));
    assert_null(fault.reason);
}

static bool
is_assigned(const struct replay *r, uint64_t record, const char *name)
{
    struct handle h = fakelog_handle(record);

    return replay_state_is_assigned(r, &h, name);
}

static struct replay_version
version_of(const struct replay *r, uint64_t record, const char *compartment)
{
    struct handle h = fakelog_handle(record);

    return replay_state_version(r, &h, compartment);
}

static void
test_state_is_what_the_entries_made(void **state)
{
    struct fakelog *f = *state;
    const struct replay *r = &f->replay;
    struct replay_version v = version_of(r, 2, "facts");
    uint8_t content[32];

    assert_int_equal(r->records.n, 2 + 5 + 3 + 1);
    assert_int_equal(r->versions.n, 7 * 7 + 3 + 2);
    assert_int_equal(v.version, 3);
    assert_int_equal(v.index, at.save_two + 1);
    fakelog_content(2, "facts", 3, content);
    assert_memory_equal(v.hash, content, sizeof content);
    assert_int_equal(version_of(r, 2, "health").version, 2);
    assert_int_equal(version_of(r, 2, "legal").version, 1);
    assert_int_equal(version_of(r, 12, "legal").index, at.import + 3);
    assert_true(is_assigned(r, 1, "ines"));  /* who opened it */
    assert_true(is_assigned(r, 14, "ines")); /* who imported it */
    assert_true(is_assigned(r, 1, "iris"));
    assert_false(is_assigned(r, 1, "cora")); /* and no longer */
    assert_true(is_assigned(r, 32, "juri"));
    assert_int_equal(r->past.size, f->n);
    assert_int_equal(r->time_ms, f->now_ms);
    assert_int_equal(r->batch_left, 0);
}

static void
test_log_cut_at_the_end_is_told_by_the_head(void **state)
{
    struct fakelog *f = *state;
    struct replay_fault fault = {0, NULL};
    struct hash root = fakelog_root(f);

    assert_ok(replay_end(&f->replay, f->n, &root, &fault));
    assert_err(replay_end(&f->replay, f->n + 1, &root, &fault),
               SV_ERR_TAMPERED);
    assert_err(replay_end(&f->replay, f->n - 1, &root, &fault),
               SV_ERR_TAMPERED);
    root.b[0] ^= 1;
    assert_err(replay_end(&f->replay, f->n, &root, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, f->n);
}

/* Against the true head no byte of the log may differ. */
static void
test_no_byte_changes_under_a_head(void **state)
{
    struct fakelog *f = *state;
    struct hash root = fakelog_root(f);
    struct replay_fault fault;
    size_t at_byte = 0;

    for (size_t i = 0; i < f->n; i++) {
        struct buf *e = &f->entries[i];

        for (size_t k = 0; k < 3; k++) {
            uint8_t *c = &e->ptr[at_byte++ * 131 % e->len];
            struct replay r;
            enum sv_err err = SV_OK;

            *c ^= 1;
            replay_init(&r);
            for (size_t j = 0; j < f->n && err == SV_OK; j++)
                err = replay_entry(&r, buf_bytes(&f->entries[j]), &fault);
            if (err == SV_OK)
                err = replay_end(&r, f->n, &root, &fault);
            assert_err(err, SV_ERR_TAMPERED);
            assert_true(fault.index >= i);
            replay_clear(&r);
            *c ^= 1;
        }
    }
}

/* ---- forgers: who changes the log that is there ---- */

static void
expect_fault(const struct fakelog *f, uint64_t index, const char *reason)
{
    struct replay_fault fault = {UINT64_MAX, NULL};

    assert_err(fakelog_replay(f, &fault), SV_ERR_TAMPERED);
    assert_non_null(fault.reason);
    assert_string_equal(fault.reason, reason);
    assert_int_equal(fault.index, index);
}

#define DECISION "not the decision that the policy gives"
#define SIGNATURE "the actor's signature fails"
#define PLACE "not the next index"
#define RESULTS "results are not what the request says"
#define MISSING "an item of the batch is missing"
#define NOT_THERE "a record that does not exist"

/* The gate's lines are not signed by the actor: a gate could write others. */
static void
test_gates_lines_are_held_against_the_log(void **state)
{
    struct fakelog *f = *state;
    const struct {
        const char *name;
        uint64_t index;
        const char *from, *to;
        const char *reason;
    } cases[] = {
        {"a denial made a permission", at.denied_iris,
         "decision denied not-assigned\noutcome -",
         "decision allowed assigned\noutcome done", DECISION},
        {"break-glass made a permission", at.denied_glass,
         "decision denied break-glass\noutcome -",
         "decision allowed role\noutcome done", DECISION},
        {"an expired role used", at.denied_expired,
         "decision denied expired\noutcome -",
         "decision allowed assigned\noutcome done", DECISION},
        {"a repetition done again", at.repeated,
         "decision denied repeated\noutcome -",
         "decision allowed role\noutcome done", DECISION},
        {"a permission made a denial", at.log_read,
         "decision allowed role\noutcome done",
         "decision denied no-role\noutcome -", DECISION},
        {"another reason for a permission", at.read_one, "allowed assigned",
         "allowed role", DECISION},
        {"another reason for a denial", at.denied_iris, "denied not-assigned",
         "denied compartment", DECISION},
        {"denied and yet done", at.denied_iris, "outcome -", "outcome done",
         "an outcome that the decision does not have"},
        {"allowed without an outcome", at.log_read, "outcome done", "outcome -",
         "an outcome that the decision does not have"},
        {"a refusal that has results", at.read_one, "outcome done",
         "outcome not-found", "results where there are none"},
        {"a conflict that was a save", at.save_two, "outcome done",
         "outcome conflict", "results where there are none"},
        {"an absent record called done", at.assign_none, "outcome not-found",
         "outcome done", NOT_THERE},
        {"an absent record called there", at.assign_none, "outcome not-found",
         "outcome exists", "exists, but it is not there"},
        {"a record hidden", at.assign_one, "outcome done", "outcome not-found",
         "not found, but it is there"},
        {"an assignment hidden", at.assign_one, "outcome done",
         "outcome exists", "exists, but it is not there"},
        {"an assignment made twice", at.assign_twice, "outcome exists",
         "outcome done", "assigns what is assigned"},
        {"an end of nothing", at.unassign_twice, "outcome not-found",
         "outcome done", "takes back what is not assigned"},
        {"an end that was none", at.unassign_one, "outcome done",
         "outcome not-found", "not found, but it is there"},
        {"a version too high", at.save_two, "result facts 2", "result facts 3",
         RESULTS},
        {"an old version read", at.read_two, "result facts 3", "result facts 2",
         "not the last version"},
        {"another index", at.read_two, "index ", "index 1", PLACE},
        {"a request to another policy", at.read_two, "policy ", "policy 0",
         "the entry does not parse"},
        {"time going back", at.log_read, "time 17", "time 16",
         "time goes back"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf was = BUF_INIT;

        assert_ok(buf_append(&was, buf_bytes(&f->entries[cases[i].index])));
        print_message("%s\n", cases[i].name);
        fakelog_edit(f, cases[i].index, cases[i].from, cases[i].to);
        expect_fault(f, cases[i].index, cases[i].reason);
        fakelog_replace(f, cases[i].index, &was);
    }
    test_honest_log_replays(state);
}

static void
edit_number(struct fakelog *f, uint64_t index, const char *word, uint64_t from,
            uint64_t to)
{
    char old[64], new[64];

    (void)snprintf(old, sizeof old, "\n%s %llu\n", word,
                   (unsigned long long)from);
    (void)snprintf(new, sizeof new, "\n%s %llu\n", word,
                   (unsigned long long)to);
    fakelog_edit(f, index, old, new);
}

static void
test_roster_line_must_name_the_last_roster_entry(void **state)
{
    struct fakelog *f = *state;
    uint64_t last = f->replay.roster.last_index;

    edit_number(f, at.read_two, "roster", last, last - 1);
    expect_fault(f, at.read_two, "wrong roster entry");
    edit_number(f, at.read_two, "roster", last - 1, last + 1);
    expect_fault(f, at.read_two, "wrong roster entry");
    edit_number(f, at.read_two, "roster", last + 1, last);
    edit_number(f, at.import + 2, "roster", last, last - 1);
    expect_fault(f, at.import + 2, "wrong roster entry");
    edit_number(f, at.import + 2, "roster", last - 1, last);
    test_honest_log_replays(state);
}

static void
test_entry_removed_is_missed(void **state)
{
    struct fakelog *f = *state;

    fakelog_remove(f, at.assign_one);
    expect_fault(f, at.assign_one, PLACE);
}

static void
test_entries_swapped_are_found(void **state)
{
    struct fakelog *f = *state;
    struct buf first = buf_take(&f->entries[at.read_two]);

    f->entries[at.read_two] = buf_take(&f->entries[at.read_two + 1]);
    f->entries[at.read_two + 1] = first;
    expect_fault(f, at.read_two, PLACE);
}

static void
test_entry_invented_between_is_found(void **state)
{
    struct fakelog *f = *state;
    struct buf copy = BUF_INIT;

    assert_ok(buf_append(&copy, buf_bytes(&f->entries[at.read_two])));
    fakelog_insert(f, at.read_two, &copy);
    expect_fault(f, at.read_two + 1, PLACE);
}

/* The log without entry `gone`, the rest renumbered as a gate could that
 * signs its own heads: links and requests do not fit any more. */
static void
test_log_renumbered_around_a_removed_entry_is_found(void **state)
{
    struct fakelog *f = *state;

    fakelog_remove(f, at.assign_one);
    for (uint64_t i = at.assign_one; i < f->n; i++)
        edit_number(f, i, "index", i + 1, i);
    /* the next actor signed the head that she had seen */
    expect_fault(f, at.assign_one, DECISION);
}

static void
test_every_spoilt_signature_is_found(void **state)
{
    struct fakelog *f = *state;

    for (uint64_t i = 0; i < f->n; i++) {
        struct buf *e = &f->entries[i];
        uint8_t *c = &e->ptr[e->len - 30];
        uint8_t was = *c;

        if (i > at.import && i <= at.import + 5)
            continue; /* items have none */
        if (memmem(e->ptr, e->len, "svault/item", 11) != NULL)
            continue;
        *c = was == 'A' ? 'B' : 'A';
        expect_fault(f, i, SIGNATURE);
        *c = was;
    }
}

/* ---- liars: a gate that appends what should not be ---- */

/* The entry as the next one, and what replay says of it. */
static void
expect_lie(struct fakelog *f, const struct entry *e, const struct request *q,
           const char *signer, const char *reason)
{
    struct buf lie = fakelog_bytes(e, q, signer);
    uint64_t index = f->n;

    fakelog_insert(f, index, &lie);
    expect_fault(f, index, reason);
    fakelog_remove(f, index);
}

static void
force(struct entry *e, const char *rule, enum entry_outcome outcome)
{
    e->allowed = true;
    (void)snprintf(e->rule, sizeof e->rule, "%s", rule);
    e->outcome = outcome;
}

/* A reading that the log does not justify, otherwise honest. */
static void
expect_reading_lie(struct fakelog *f, const char *actor, const char *role,
                   uint64_t record, const char *compartment, const char *rule,
                   const char *signer, const char *reason)
{
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, actor, role,
                                          "victim", record, compartment);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    force(&e, rule, OUTCOME_DONE);
    fakelog_result(&e, record, compartment, 1);
    expect_lie(f, &e, &q, signer, reason);
}

static void
test_readings_that_the_log_does_not_justify_are_found(void **state)
{
    struct fakelog *f = *state;

    f->now_ms += 1;
    /* no assignment: cora had record 1, and it was taken from her */
    expect_reading_lie(f, "cora", "caseworker", 1, "facts", "assigned", "cora",
                       DECISION);
    /* nobody hired her */
    expect_reading_lie(f, "zoe", "caseworker", 1, "facts", "assigned", "zoe",
                       "an actor that nobody brought in");
    /* another signs in her name */
    expect_reading_lie(f, "cora", "caseworker", 2, "legal", "assigned", "ines",
                       SIGNATURE);
    /* a role that she does not have */
    expect_reading_lie(f, "cora", "supervisor", 2, "facts", "role", "cora",
                       DECISION);
    /* a cell that she does not have */
    expect_reading_lie(f, "cora", "caseworker", 2, "legal", "assigned", "cora",
                       DECISION);
    /* who lends her key reads nothing */
    expect_reading_lie(f, "sam", "statistics_officer", 2, "facts", "role",
                       "sam", DECISION);
    /* a record that is not there */
    expect_reading_lie(f, "sue", "supervisor", 99, "facts", "role", "sue",
                       NOT_THERE);
}

static void
test_t17_role_used_before_it_was_granted_is_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_propose(f, "lea", "legal_officer", 0);
    uint64_t proposal = fakelog_append(f, &q, OUTCOME_DONE);
    struct entry e;

    /* only proposed */
    expect_reading_lie(f, "lea", "legal_officer", 1, "legal", "assigned", "lea",
                       "an actor that nobody brought in");
    q = fakelog_request_propose(f, "cora", "justice_liaison", 0);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request_on(f, ACT_RECORD_READ, "cora", "justice_liaison",
                           "suspect", 20, "justice");
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    force(&e, "role", OUTCOME_DONE);
    fakelog_result(&e, 20, "justice", 1);
    expect_lie(f, &e, &q, "cora", DECISION);
    /* and from her confirmation on she is there, if it could be kept */
    q = fakelog_request_confirm(f, proposal, "lea", "legal_officer");
    (void)fakelog_append(f, &q, OUTCOME_DAMAGED);
    expect_reading_lie(f, "lea", "legal_officer", 1, "legal", "assigned", "lea",
                       "an actor that nobody brought in");
    q = fakelog_request_confirm(f, proposal, "lea", "legal_officer");
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    (void)fakelog_read(f, "lea", "legal_officer", "suspect", 20, "justice");
    test_honest_log_replays(state);
}

static void
test_t12_forged_grants_are_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_propose(f, "mallory", "caseworker", 0);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);
    uint64_t proposal;

    expect_lie(f, &e, &q, "mallory", SIGNATURE);
    set(q.actor, "cora"); /* not an administrator */
    expect_lie(f, &e, &q, "cora", DECISION);
    set(q.actor, "ada");
    proposal = fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request_confirm(f, proposal, "mallory", "caseworker");
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    expect_lie(f, &e, &q, "mallory", SIGNATURE);
    set(q.actor, "ada"); /* the proposer */
    expect_lie(f, &e, &q, "ada", DECISION);
    set(q.actor, "sue");
    set(q.grants, "supervisor"); /* more than was proposed */
    expect_lie(f, &e, &q, "sue", DECISION);
    q = fakelog_request_confirm(f, proposal - 1, "mallory", "caseworker");
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    force(&e, "role", OUTCOME_DONE);
    expect_lie(f, &e, &q, "sue", DECISION); /* no proposal at all */
}

static void
test_requests_meant_for_another_log_are_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request(f, ACT_LOG_READ, "aude", "auditor");
    struct request one = q;
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    one.vault.b[5] ^= 1;
    expect_lie(f, &e, &one, "aude", "a request to another vault");
    one = q;
    one.has_vault = false;
    memset(&one.vault, 0, sizeof one.vault);
    expect_lie(f, &e, &one, "aude", "a request to another vault");
    one = q;
    set(one.origin, "other.example/2026");
    expect_lie(f, &e, &one, "aude", "a request to another vault");
    one = q;
    one.seen_root.b[0] ^= 1; /* she saw another log */
    expect_lie(f, &e, &one, "aude", DECISION);
    one = q;
    one.seen_size++; /* or a longer one */
    expect_lie(f, &e, &one, "aude", DECISION);
    one = q;
    one.seen_size = INT64_MAX;
    expect_lie(f, &e, &one, "aude", DECISION);
    one = q;
    one.at_ms = f->now_ms - DECIDE_LAG_MS - 1; /* an old request */
    expect_lie(f, &e, &one, "aude", DECISION);
    (void)fakelog_append_entry(f, &e, &q); /* and this one is right */
}

static void
test_entry_under_another_policy_is_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request(f, ACT_LOG_READ, "aude", "auditor");
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    e.policy_hash[0] ^= 1;
    expect_lie(f, &e, &q, "aude", "another policy");
}

/* ---- what was stored ---- */

/* cora saves facts of record 2 as these versions and contents. */
static void
expect_save_lie(struct fakelog *f, uint64_t record, uint64_t version,
                bool spoil_body, const char *reason)
{
    struct request q = fakelog_request_on(
        f, ACT_RECORD_SAVE, "sue", "supervisor", "victim", record, "facts");
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    fakelog_result(&e, record, "facts", version);
    fakelog_body(&e, record, q.body);
    if (spoil_body)
        q.body[0] ^= 1;
    expect_lie(f, &e, &q, "sue", reason);
}

static void
test_saves_of_other_versions_or_contents_are_found(void **state)
{
    struct fakelog *f = *state;

    expect_save_lie(f, 2, 3, false, "not the next version"); /* again */
    expect_save_lie(f, 2, 5, false, "not the next version"); /* a gap */
    expect_save_lie(f, 2, 1, false, "not the next version"); /* anew */
    expect_save_lie(f, 2, 4, true, RESULTS);
    expect_save_lie(f, 99, 1, false, NOT_THERE);
    expect_save_lie(f, 20, 1, false, NOT_THERE); /* a suspect */
    (void)fakelog_save(f, "sue", "supervisor", "victim", 2, "facts");
    test_honest_log_replays(state);
}

static void
test_save_of_other_compartments_is_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(
        f, ACT_RECORD_SAVE, "cora", "caseworker", "victim", 2, "facts,release");
    struct entry honest = fakelog_entry(f, &q, OUTCOME_DONE), e = honest;

    fakelog_result(&e, 2, "facts", 4); /* one is missing */
    fakelog_body(&e, 2, q.body);
    expect_lie(f, &e, &q, "cora", RESULTS);
    fakelog_result(&e, 2, "location", 2); /* another in its place */
    fakelog_body(&e, 2, q.body);
    expect_lie(f, &e, &q, "cora", RESULTS);
    e = honest;
    fakelog_result(&e, 2, "release", 2); /* another order */
    fakelog_result(&e, 2, "facts", 4);
    fakelog_body(&e, 2, q.body);
    expect_lie(f, &e, &q, "cora", RESULTS);
}

static void
test_reading_of_other_content_is_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, "sue",
                                          "supervisor", "victim", 2, "facts");
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    expect_lie(f, &e, &q, "sue", RESULTS); /* says nothing of what */
    fakelog_result(&e, 2, "facts", 3);
    e.results[0].hash[7] ^= 1;
    expect_lie(f, &e, &q, "sue", "not the last version");
    e.results[0].hash[7] ^= 1;
    e.results[0].version = 2;
    expect_lie(f, &e, &q, "sue", "not the last version");
    e.results[0].version = 3;
    (void)fakelog_append_entry(f, &e, &q);
}

static void
test_record_is_created_once_and_whole(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_CREATE, "ines",
                                          "intake", "victim", 50, NULL);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE), one;

    for (unsigned i = 0; i < q.n_compartments; i++)
        fakelog_result(&e, 50, q.compartments[i], i == 3 ? 2 : 1);
    fakelog_body(&e, 50, q.body);
    expect_lie(f, &e, &q, "ines", "not the next version");
    e.n_results = 3;
    fakelog_result(&e, 50, q.compartments[3], 1);
    one = e;
    fakelog_body(&one, 50, q.body);
    expect_lie(f, &one, &q, "ines", RESULTS); /* not whole */
    for (unsigned i = 4; i < q.n_compartments; i++)
        fakelog_result(&e, 50, q.compartments[i], 1);
    fakelog_body(&e, 50, q.body);
    q.record = fakelog_handle(1);
    expect_lie(f, &e, &q, "ines", "creates a record that exists");
    q.record = fakelog_handle(51); /* the body is of record 50 */
    expect_lie(f, &e, &q, "ines", RESULTS);
    q.record = fakelog_handle(50);
    (void)fakelog_append_entry(f, &e, &q);
    test_honest_log_replays(state);
}

static void
test_history_of_no_record_and_results_elsewhere_are_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_HISTORY, "sue",
                                          "supervisor", "victim", 99, NULL);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    expect_lie(f, &e, &q, "sue", NOT_THERE);
    q = fakelog_request(f, ACT_LOG_READ, "aude", "auditor");
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    fakelog_result(&e, 2, "facts", 3);
    expect_lie(f, &e, &q, "aude", "results where there are none");
}

static void
test_assignment_of_a_wrong_type_is_found(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_ASSIGN, "sue",
                                          "supervisor", "victim", 20, NULL);
    struct entry e;

    set(q.person, "cora");
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    expect_lie(f, &e, &q, "sue", NOT_THERE);
    (void)fakelog_append(f, &q, OUTCOME_NOT_FOUND);
    q = fakelog_request_on(f, ACT_RECORD_UNASSIGN, "sue", "supervisor",
                           "victim", 20, NULL);
    set(q.person, "cora");
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    expect_lie(f, &e, &q, "sue", NOT_THERE);
}

/* ---- batches ---- */

static void
test_item_changed_is_found_at_the_end_of_its_batch(void **state)
{
    struct fakelog *f = *state;
    struct entry e;
    struct request q;
    struct buf forged;

    for (uint64_t i = at.import + 1; i <= at.import + 5; i++) {
        struct buf was = BUF_INIT;

        assert_ok(buf_append(&was, buf_bytes(&f->entries[i])));
        fakelog_parse(f, i, &e, &q);
        e.results[2].hash[0] ^= 1;
        forged = fakelog_bytes(&e, NULL, NULL);
        fakelog_replace(f, i, &forged);
        expect_fault(f, at.import + 5, "items that are not those of the batch");
        fakelog_replace(f, i, &was);
    }
    test_honest_log_replays(state);
}

static void
test_item_invented_or_repeated_is_found(void **state)
{
    struct fakelog *f = *state;
    struct entry e;
    struct request q;
    struct buf item;

    fakelog_parse(f, at.import + 5, &e, &q);
    e.index++;
    e.record = fakelog_handle(77);
    item = fakelog_bytes(&e, NULL, NULL);
    fakelog_insert(f, at.import + 6, &item);
    expect_fault(f, at.import + 6, "an item that no batch has");
    fakelog_remove(f, at.import + 6);
    e.index--;
    e.record = fakelog_handle(13); /* the one before, again */
    item = fakelog_bytes(&e, NULL, NULL);
    fakelog_replace(f, at.import + 5, &item);
    expect_fault(f, at.import + 5, "creates a record that exists");
}

static void
test_item_missing_is_found_where_it_should_stand(void **state)
{
    struct fakelog *f = *state;

    fakelog_remove(f, at.import + 5);
    for (uint64_t i = at.import + 5; i < f->n; i++)
        edit_number(f, i, "index", i + 1, i);
    expect_fault(f, at.import + 5, MISSING);
    while (f->n > at.import + 5)
        fakelog_remove(f, f->n - 1);
    expect_fault(f, f->n, MISSING);
    while (f->n > at.import + 1)
        fakelog_remove(f, f->n - 1);
    expect_fault(f, f->n, MISSING);
}

static void
test_items_in_another_order_are_found(void **state)
{
    struct fakelog *f = *state;
    struct entry a, b;
    struct request q;
    struct handle swap;
    struct buf bytes;

    fakelog_parse(f, at.import + 1, &a, &q);
    fakelog_parse(f, at.import + 2, &b, &q);
    swap = a.record;
    a.record = b.record;
    b.record = swap;
    bytes = fakelog_bytes(&a, NULL, NULL);
    fakelog_replace(f, at.import + 1, &bytes);
    bytes = fakelog_bytes(&b, NULL, NULL);
    fakelog_replace(f, at.import + 2, &bytes);
    expect_fault(f, at.import + 5, "items that are not those of the batch");
}

static void
test_item_must_be_whole_and_of_its_batch(void **state)
{
    struct fakelog *f = *state;
    struct entry e, one;
    struct request q;
    struct buf bytes;

    fakelog_parse(f, at.import + 3, &e, &q);
    one = e;
    one.n_results--;
    bytes = fakelog_bytes(&one, NULL, NULL);
    fakelog_replace(f, at.import + 3, &bytes);
    expect_fault(f, at.import + 3, RESULTS);
    one = e;
    one.results[1].version = 2;
    bytes = fakelog_bytes(&one, NULL, NULL);
    fakelog_replace(f, at.import + 3, &bytes);
    expect_fault(f, at.import + 3, RESULTS);
    one = e;
    one.batch--;
    bytes = fakelog_bytes(&one, NULL, NULL);
    fakelog_replace(f, at.import + 3, &bytes);
    expect_fault(f, at.import + 3, "an item of another batch");
    bytes = fakelog_bytes(&e, NULL, NULL);
    fakelog_replace(f, at.import + 3, &bytes);
    test_honest_log_replays(state);
}

static void
test_count_of_a_batch_is_what_was_signed(void **state)
{
    struct fakelog *f = *state;

    fakelog_edit(f, at.import, "\ncount 5\n", "\ncount 4\n");
    expect_fault(f, at.import, SIGNATURE);
}

/* ---- the beginning ---- */

/* Requests beside genesis name no vault; all others must. */
static void
test_only_the_founding_goes_without_a_vault(void **state)
{
    struct fakelog *f = *state;
    struct fakelog early;
    struct request q = fakelog_keys(f, &f->replay.roster.policy);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    assert_string_equal(e.rule, "keys");
    q.has_vault = false;
    memset(&q.vault, 0, sizeof q.vault);
    expect_lie(f, &e, &q, "sue", "a request to another vault");
    /* before the keys are in, by what is not of the founding */
    fakelog_init(&early);
    q = fakelog_genesis(&early, &f->replay.roster.policy);
    (void)fakelog_append(&early, &q, OUTCOME_DONE);
    q = fakelog_request(&early, ACT_LOG_READ, "ada", "administrator");
    assert_false(q.has_vault);
    e = fakelog_entry(&early, &q, OUTCOME_DONE);
    expect_lie(&early, &e, &q, "ada", "a request to another vault");
    q.has_vault = true;
    q.vault = early.replay.roster.vault;
    (void)fakelog_denied(&early, &q, "setup");
    fakelog_clear(&early);
}

/* Genesis names a hash; what has that hash may still be no policy. */
static void
test_policy_of_the_wrong_profile_is_found(void **state)
{
    struct fakelog *f = *state, early;
    const struct policy *p = &f->replay.roster.policy;
    struct request q;
    struct entry e;
    unsigned k = 0;

    fakelog_init(&early);
    q = fakelog_genesis(&early, p);
    set(q.genesis.profile, "small-office");
    (void)fakelog_append(&early, &q, OUTCOME_DONE);
    for (q = fakelog_part(&early, p, ++k); k < q.parts;
         q = fakelog_part(&early, p, ++k))
        (void)fakelog_append(&early, &q, OUTCOME_DONE);
    e = fakelog_entry(&early, &q, OUTCOME_DONE);
    expect_lie(&early, &e, &q, "ada", "contradicts the roster");
    fakelog_clear(&early);
}

static void
test_note_that_is_no_request_is_found(void **state)
{
    struct fakelog *f = *state;

    fakelog_edit(f, at.log_read, "\nact log.read\n", "\nact log.wish\n");
    expect_fault(f, at.log_read, "the request does not parse");
}

static void
test_log_begins_with_genesis(void **state)
{
    struct fakelog *f = *state;
    struct buf genesis = buf_take(&f->entries[0]), bytes;
    struct entry e;
    struct request q;

    fakelog_remove(f, 0);
    for (uint64_t i = 0; i < f->n; i++)
        edit_number(f, i, "index", i + 1, i);
    expect_fault(f, 0, "wrong roster entry");
    fakelog_insert(f, 0, &genesis);
    fakelog_parse(f, 0, &e, &q);
    e.outcome = OUTCOME_INVALID;
    bytes = fakelog_bytes(&e, &q, q.actor);
    fakelog_replace(f, 0, &bytes);
    expect_fault(f, 0, "an outcome that the act does not have");
    fakelog_parse(f, 1, &e, &q); /* a part of the policy, alone */
    e.index = 0;
    e.has_roster = false;
    bytes = fakelog_bytes(&e, &q, q.actor);
    fakelog_replace(f, 0, &bytes);
    expect_fault(f, 0, "does not begin with genesis");
}

static void
test_genesis_with_other_keys_is_another_vault(void **state)
{
    struct fakelog *f = *state;
    struct entry e;
    struct request q;
    struct buf bytes;

    fakelog_parse(f, 0, &e, &q);
    q.genesis.gate_box[0] ^= 1; /* signed by both founders */
    bytes = fakelog_bytes(&e, &q, q.actor);
    fakelog_replace(f, 0, &bytes);
    /* the policy's entries were made with it; the head they saw was not */
    expect_fault(f, 1, DECISION);
}

/* ---- a log that is longer than what is kept of it ---- */

/* An entry comes at the place where the maps may rest. */
#define LATE (UINT64_C(20) * 512 - 1)

/* As if so many entries stood there that a test has no time for. */
static void
lengthen(struct replay *r)
{
    struct hash leaf = tree_empty(), done[TREE_LEVELS];
    unsigned n;

    while (r->frontier.size < LATE) {
        frontier_append(&r->frontier, &leaf, done, &n);
        assert_ok(past_append(&r->past, done, n));
    }
}

/* One that names a head of long ago. */
static enum sv_err
replay_late(struct fakelog *f, past_leaves_fn read)
{
    struct request q = fakelog_request(f, ACT_LOG_READ, "aude", "auditor");
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);
    struct replay_fault fault = {0, NULL};
    struct buf bytes;
    struct replay r;
    enum sv_err err;

    replay_init(&r);
    past_read_by(&r.past, read, NULL);
    for (size_t i = 0; i < f->n; i++)
        assert_ok(replay_entry(&r, buf_bytes(&f->entries[i]), &fault));
    lengthen(&r);
    e.index = r.frontier.size;
    bytes = fakelog_bytes(&e, &q, q.actor);
    err = replay_entry(&r, buf_bytes(&bytes), &fault);
    assert_int_equal(r.frontier.size, LATE + (err == SV_OK));
    buf_free(&bytes);
    replay_clear(&r);
    return err;
}

static enum sv_err
read_nothing(void *ctx, uint64_t block, struct hash out[static TILE_WIDTH])
{
    (void)ctx;
    (void)block;
    (void)out;
    return SV_ERR_IO;
}

static void
test_head_that_cannot_be_read_again_is_not_called_forged(void **state)
{
    struct fakelog *f = *state;

    assert_ok(replay_late(f, NULL));
    assert_err(replay_late(f, read_nothing), SV_ERR_IO);
}

static void
test_what_was_cleared_begins_anew_or_is_cleared_again(void **state)
{
    struct fakelog *f = *state;
    struct replay_fault fault = {0, NULL};
    struct replay r;

    replay_init(&r);
    for (unsigned n = 0; n < 2; n++) {
        for (size_t i = 0; i < f->n; i++)
            assert_ok(replay_entry(&r, buf_bytes(&f->entries[i]), &fault));
        replay_clear(&r);
        replay_clear(&r);
    }
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_honest_log_replays),
        WITH_LOG(test_state_is_what_the_entries_made),
        WITH_LOG(test_log_cut_at_the_end_is_told_by_the_head),
        WITH_LOG(test_no_byte_changes_under_a_head),
        WITH_LOG(test_gates_lines_are_held_against_the_log),
        WITH_LOG(test_roster_line_must_name_the_last_roster_entry),
        WITH_LOG(test_entry_removed_is_missed),
        WITH_LOG(test_entries_swapped_are_found),
        WITH_LOG(test_entry_invented_between_is_found),
        WITH_LOG(test_log_renumbered_around_a_removed_entry_is_found),
        WITH_LOG(test_every_spoilt_signature_is_found),
        WITH_LOG(test_readings_that_the_log_does_not_justify_are_found),
        WITH_LOG(test_t17_role_used_before_it_was_granted_is_found),
        WITH_LOG(test_t12_forged_grants_are_found),
        WITH_LOG(test_requests_meant_for_another_log_are_found),
        WITH_LOG(test_entry_under_another_policy_is_found),
        WITH_LOG(test_saves_of_other_versions_or_contents_are_found),
        WITH_LOG(test_save_of_other_compartments_is_found),
        WITH_LOG(test_reading_of_other_content_is_found),
        WITH_LOG(test_record_is_created_once_and_whole),
        WITH_LOG(test_history_of_no_record_and_results_elsewhere_are_found),
        WITH_LOG(test_assignment_of_a_wrong_type_is_found),
        WITH_LOG(test_item_changed_is_found_at_the_end_of_its_batch),
        WITH_LOG(test_item_invented_or_repeated_is_found),
        WITH_LOG(test_item_missing_is_found_where_it_should_stand),
        WITH_LOG(test_items_in_another_order_are_found),
        WITH_LOG(test_item_must_be_whole_and_of_its_batch),
        WITH_LOG(test_count_of_a_batch_is_what_was_signed),
        WITH_LOG(test_only_the_founding_goes_without_a_vault),
        WITH_LOG(test_policy_of_the_wrong_profile_is_found),
        WITH_LOG(test_note_that_is_no_request_is_found),
        WITH_LOG(test_log_begins_with_genesis),
        WITH_LOG(test_genesis_with_other_keys_is_another_vault),
        WITH_LOG(test_head_that_cannot_be_read_again_is_not_called_forged),
        WITH_LOG(test_what_was_cleared_begins_anew_or_is_cleared_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
