/* What entries say was stored, read and handed over, one result after the
 * other; what no act comes to; and signatures that are looked at later. */
#include "policy/replay_state.h"
#include "tests/support/fakelog.h"

static struct fakelog office_log;
static uint64_t import_at; /* of three victims */

#define RESULTS "results are not what the request says"
#define CORA "cora", "caseworker"

static int
found(void **state)
{
    struct fakelog *f = &office_log;

    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "ines", "intake", 0);
    (void)fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_hire(f, "otto", "auditor", 0);
    (void)fakelog_create(f, CORA, "victim", 1);
    (void)fakelog_save(f, CORA, "victim", 1, "facts,release");
    import_at = fakelog_import(f, "ines", "intake", "victim", 10, 3);
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
expect_fault(const struct fakelog *f, uint64_t at, const char *reason)
{
    struct replay_fault fault = {UINT64_MAX, NULL};

    assert_err(fakelog_replay(f, &fault), SV_ERR_TAMPERED);
    assert_string_equal(fault.reason, reason);
    assert_int_equal(fault.index, at);
}

static void
expect_lie(struct fakelog *f, const struct entry *e, const struct request *q,
           const char *reason)
{
    struct buf bytes = fakelog_bytes(e, q, q->actor);
    uint64_t at = f->n;

    fakelog_insert(f, at, &bytes);
    expect_fault(f, at, reason);
    fakelog_remove(f, at);
}

/* As the client would have signed it that stored this. */
static void
expect_stored_lie(struct fakelog *f, const struct entry *e, struct request q,
                  uint64_t record, const char *reason)
{
    fakelog_body(e, record, q.body);
    expect_lie(f, e, &q, reason);
}

/* ---- each result ---- */

static void
test_each_compartment_of_a_new_record_begins_at_one(void **state)
{
    struct fakelog *f = *state;
    struct request q =
        fakelog_request_on(f, ACT_RECORD_CREATE, CORA, "victim", 2, NULL);
    const struct entry none = fakelog_entry(f, &q, OUTCOME_DONE);
    struct entry e = none;

    assert_int_equal(q.n_compartments, 7);
    for (unsigned wrong = 0; wrong < q.n_compartments; wrong++) {
        e = none;
        for (unsigned i = 0; i < q.n_compartments; i++)
            fakelog_result(&e, 2, q.compartments[i], i == wrong ? 2 : 1);
        expect_stored_lie(f, &e, q, 2, "not the next version");
    }
    for (unsigned wrong = 0; wrong < q.n_compartments; wrong++) {
        e = none;
        for (unsigned i = 0; i < q.n_compartments; i++)
            fakelog_result(&e, 2, i == wrong ? "justice" : q.compartments[i],
                           1);
        expect_stored_lie(f, &e, q, 2, RESULTS);
    }
    e = none;
    for (unsigned i = 0; i < q.n_compartments; i++)
        fakelog_result(&e, 2, q.compartments[i], 1);
    fakelog_result(&e, 2, "justice", 1); /* one more */
    expect_stored_lie(f, &e, q, 2, RESULTS);
    e.n_results--;
    fakelog_body(&e, 2, q.body);
    (void)fakelog_append_entry(f, &e, &q);
}

static void
test_each_compartment_that_is_saved_has_its_next_version(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_SAVE, CORA, "victim", 1,
                                          "facts,health,release");
    static const uint64_t next[] = {3, 2, 3};
    const struct entry none = fakelog_entry(f, &q, OUTCOME_DONE);
    struct entry e = none;

    for (unsigned wrong = 0; wrong < 3; wrong++) {
        for (unsigned up = 0; up < 2; up++) {
            e = none;
            for (unsigned i = 0; i < 3; i++)
                fakelog_result(&e, 1, q.compartments[i],
                               i != wrong ? next[i] : next[i] - 1 + 2 * up);
            expect_stored_lie(f, &e, q, 1, "not the next version");
        }
    }
    e = none;
    for (unsigned i = 0; i < 3; i++)
        fakelog_result(&e, 1, q.compartments[i], next[i]);
    for (unsigned i = 0; i < 32; i++) {
        fakelog_body(&e, 1, q.body);
        q.body[i] ^= 1;
        expect_lie(f, &e, &q, RESULTS);
    }
    fakelog_body(&e, 1, q.body);
    (void)fakelog_append_entry(f, &e, &q);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(
            replay_state_version(&f->replay, &q.record, q.compartments[i])
                .version,
            next[i]);
}

static void
test_each_compartment_that_is_read_has_its_last_version(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, CORA, "victim", 1,
                                          "identity,facts,release");
    static const uint64_t last[] = {1, 2, 2};
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    for (unsigned i = 0; i < 3; i++)
        fakelog_result(&e, 1, q.compartments[i], last[i]);
    for (unsigned i = 0; i < 3; i++) {
        e.results[i].version++;
        expect_lie(f, &e, &q, "not the last version");
        e.results[i].version--;
        for (unsigned k = 0; k < 32; k += 31) {
            e.results[i].hash[k] ^= 1;
            expect_lie(f, &e, &q, "not the last version");
            e.results[i].hash[k] ^= 1;
        }
        (void)snprintf(e.results[i].compartment, NAME_SIZE, "location");
        expect_lie(f, &e, &q, RESULTS);
        (void)snprintf(e.results[i].compartment, NAME_SIZE, "%s",
                       q.compartments[i]);
    }
    e.n_results = 2;
    expect_lie(f, &e, &q, RESULTS);
    e.n_results = 3;
    (void)fakelog_append_entry(f, &e, &q);
}

/* The second item, spoilt. */
static void
expect_item(struct fakelog *f, const struct entry *e)
{
    struct buf bytes = fakelog_bytes(e, NULL, NULL);

    fakelog_replace(f, import_at + 2, &bytes);
    expect_fault(f, import_at + 2, RESULTS);
}

static void
test_each_compartment_of_an_item_begins_at_one(void **state)
{
    struct fakelog *f = *state;
    struct replay_fault fault = {0, NULL};
    struct buf bytes;
    struct request q;
    struct entry e, one;

    fakelog_parse(f, import_at + 2, &e, &q);
    assert_int_equal(e.n_results, 7);
    for (unsigned i = 0; i < e.n_results; i++) {
        one = e;
        one.results[i].version = 2;
        expect_item(f, &one);
        one = e;
        (void)snprintf(one.results[i].compartment, NAME_SIZE, "justice");
        expect_item(f, &one);
        one = e;
        one.n_results = i;
        if (i > 0)
            expect_item(f, &one);
    }
    one = e;
    fakelog_result(&one, 11, "justice", 1);
    expect_item(f, &one);
    bytes = fakelog_bytes(&e, NULL, NULL);
    fakelog_replace(f, import_at + 2, &bytes);
    assert_ok(fakelog_replay(f, &fault));
}

/* A vault with one type of record, as wide as it may be. */
static void
found_wide(struct fakelog *f)
{
    struct buf text = BUF_INIT;
    struct policy p;
    struct request q;

    assert_ok(buf_text(&text, "svault/policy/v1\nprofile wide\n"));
    for (unsigned c = 0; c < REQUEST_COMPARTMENTS_MAX; c++)
        assert_ok(buf_printf(&text, "column v.c%u\n", c));
    assert_ok(buf_text(&text, "purpose care\n"
                              "role administrator\ndefault care\nnames care\n"
                              "role supervisor\ndefault care\nnames care\n"));
    for (unsigned c = 0; c < REQUEST_COMPARTMENTS_MAX; c++)
        assert_ok(buf_printf(&text, "cell v.c%u rw\n", c));
    assert_ok(buf_text(&text, "act record.create v\nact record.import v\n"
                              "act record.save v\nact record.read v\n"
                              "exclude administrator supervisor\n"));
    assert_ok(policy_decode(buf_bytes(&text), &p));
    buf_free(&text);
    fakelog_init(f);
    q = fakelog_genesis(f, &p);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_part(f, &p, 1);
    assert_int_equal(q.parts, 1);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_keys(f, &p);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
}

static void
test_record_has_as_many_compartments_as_an_entry_holds(void **state)
{
    static const char all[] = "c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11";
    struct replay_fault fault = {0, NULL};
    struct fakelog wide;

    (void)state;
    found_wide(&wide);
    (void)fakelog_create(&wide, FAKELOG_SUPERVISOR, "supervisor", "v", 1);
    (void)fakelog_save(&wide, FAKELOG_SUPERVISOR, "supervisor", "v", 1, all);
    (void)fakelog_read(&wide, FAKELOG_SUPERVISOR, "supervisor", "v", 1, all);
    (void)fakelog_import(&wide, FAKELOG_SUPERVISOR, "supervisor", "v", 2, 2);
    assert_int_equal(wide.replay.versions.n, 3 * ENTRY_RESULTS_MAX);
    assert_ok(fakelog_replay(&wide, &fault));
    fakelog_clear(&wide);
}

/* ---- outcomes ---- */

static void
test_act_comes_to_no_outcome_but_its_own(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request(f, ACT_LOG_READ, "otto", "auditor");
    struct request r =
        fakelog_request_on(f, ACT_RECORD_READ, CORA, "victim", 1, "facts");

    for (unsigned o = OUTCOME_NONE + 1; o < OUTCOME_N; o++) {
        struct entry e = fakelog_entry(f, &q, (enum entry_outcome)o);

        if (o != OUTCOME_DONE)
            expect_lie(f, &e, &q, "an outcome that the act does not have");
        e = fakelog_entry(f, &r, (enum entry_outcome)o);
        if (o != OUTCOME_DONE && o != OUTCOME_NOT_FOUND && o != OUTCOME_DAMAGED)
            expect_lie(f, &e, &r, "an outcome that the act does not have");
    }
    (void)fakelog_append(f, &r, OUTCOME_DAMAGED);
    q = fakelog_request(f, ACT_LOG_READ, "otto", "auditor");
    (void)fakelog_append(f, &q, OUTCOME_DONE);
}

static void
test_what_was_denied_comes_to_nothing(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_request(f, ACT_LOG_READ, CORA);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    assert_false(e.allowed);
    for (unsigned o = OUTCOME_NONE + 1; o < OUTCOME_N; o++) {
        e.outcome = (enum entry_outcome)o;
        expect_lie(f, &e, &q, "an outcome that the decision does not have");
    }
    e.outcome = OUTCOME_NONE;
    fakelog_result(&e, 1, "facts", 2);
    expect_lie(f, &e, &q, "results where there are none");
    e.n_results = 0;
    (void)fakelog_append_entry(f, &e, &q);
}

/* A denial of genesis is as the policy says, and founds nothing. */
static void
test_log_does_not_begin_with_a_denial(void **state)
{
    const struct fakelog *f = *state;
    struct fakelog early;
    struct request q;
    struct entry e;

    fakelog_init(&early);
    q = fakelog_genesis(&early, &f->replay.roster.policy);
    q.at_ms -= DECIDE_LAG_MS + 1;
    e = fakelog_entry(&early, &q, OUTCOME_DONE);
    assert_false(e.allowed);
    assert_string_equal(e.rule, "clock");
    expect_lie(&early, &e, &q, "does not begin with genesis");
    fakelog_clear(&early);
}

/* ---- handovers ---- */

/* The first keys, and one for each who was hired: entries with a body. */
static void
test_entries_that_bring_sealed_keys_are_counted(void **state)
{
    struct fakelog *f = *state;
    uint64_t n = 0;

    for (size_t i = 0; i < f->n; i++) {
        struct request q = {.act = ACT_LOG_READ};
        struct entry e;

        fakelog_parse(f, i, &e, &q);
        if (e.kind == ENTRY_REQUEST &&
            (q.act == ACT_KEYS || q.act == ACT_STAFF_CONFIRM))
            n++;
    }
    assert_true(n >= 4);
    assert_int_equal(f->replay.n_handovers, n);
}

/* ---- taken apart, and verified later ---- */

static void
test_entry_taken_apart_says_what_parsed(void **state)
{
    struct fakelog *f = *state;
    struct replay_parsed p = {.entry_err = SV_ERR_NOMEM,
                              .request_err = SV_ERR_NOMEM};
    struct bytes item = buf_bytes(&f->entries[import_at + 1]);
    struct hash leaf = tree_leaf(item);

    assert_ok(replay_parse(item, &p));
    assert_err(p.entry_err, SV_OK);
    assert_err(p.request_err, SV_OK);
    assert_true(hash_equal(&p.leaf, &leaf));
    p.request_err = SV_ERR_NOMEM;
    assert_ok(replay_parse(bytes_text("no entry\n"), &p));
    assert_err(p.entry_err, SV_ERR_FORMAT);
    assert_err(p.request_err, SV_OK);
    fakelog_edit(f, import_at, "\nact record.import\n", "\nact record.steal\n");
    assert_ok(replay_parse(buf_bytes(&f->entries[import_at]), &p));
    assert_err(p.entry_err, SV_OK);
    assert_err(p.request_err, SV_ERR_FORMAT);
}

struct later {
    uint64_t n, n_bad;
};

static enum sv_err
count_later(void *ctx, const struct replay_parsed *p,
            const struct sign_public *key)
{
    struct later *l = ctx;

    l->n++;
    l->n_bad += replay_verify(p, key) == SV_OK ? 0 : 1;
    return SV_OK;
}

static enum sv_err
refuse(void *ctx, const struct replay_parsed *p, const struct sign_public *key)
{
    (void)ctx;
    (void)p;
    (void)key;
    return SV_ERR_TAMPERED;
}

static enum sv_err
replay_later(const struct fakelog *f, replay_defer_fn defer, struct later *l,
             struct replay_fault *fault)
{
    struct replay r;
    enum sv_err err = SV_OK;

    replay_init(&r);
    r.defer = defer;
    r.defer_ctx = l;
    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        err = replay_entry(&r, buf_bytes(&f->entries[i]), fault);
    replay_clear(&r);
    return err;
}

static void
sign_as_otto(struct fakelog *f, uint64_t index)
{
    struct request q;
    struct entry e;
    struct buf bytes;

    fakelog_parse(f, index, &e, &q);
    bytes = fakelog_bytes(&e, &q, "otto");
    fakelog_replace(f, index, &bytes);
}

static void
test_signature_of_one_person_can_be_verified_later(void **state)
{
    struct fakelog *f = *state;
    struct replay_fault fault = {0, NULL};
    struct later l = {0, 0};
    struct request q = fakelog_request(f, ACT_LOG_READ, "otto", "auditor");
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);
    uint64_t at = f->n;
    struct buf bytes = fakelog_bytes(&e, &q, "cora");

    assert_ok(replay_later(f, count_later, &l, &fault));
    assert_int_equal(l.n_bad, 0);
    assert_int_equal(l.n, f->n - 3 - 1); /* no items; genesis is of two */
    fakelog_insert(f, at, &bytes);
    l = (struct later){0, 0};
    assert_ok(replay_later(f, count_later, &l, &fault));
    assert_int_equal(l.n_bad, 1);
    expect_fault(f, at, "the actor's signature fails");
    sign_as_otto(f, at);
    l = (struct later){0, 0};
    assert_ok(replay_later(f, count_later, &l, &fault));
    assert_int_equal(l.n_bad, 0);
}

static void
test_signature_refused_by_who_was_to_look_later_is_a_fault(void **state)
{
    struct fakelog *f = *state;
    struct replay_fault fault = {0, NULL};
    struct later l = {0, 0};

    assert_err(replay_later(f, refuse, &l, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, 1);
    assert_ptr_equal(fault.reason, replay_signature_fails);
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_each_compartment_of_a_new_record_begins_at_one),
        WITH_LOG(test_each_compartment_that_is_saved_has_its_next_version),
        WITH_LOG(test_each_compartment_that_is_read_has_its_last_version),
        WITH_LOG(test_each_compartment_of_an_item_begins_at_one),
        cmocka_unit_test(
            test_record_has_as_many_compartments_as_an_entry_holds),
        WITH_LOG(test_act_comes_to_no_outcome_but_its_own),
        WITH_LOG(test_what_was_denied_comes_to_nothing),
        WITH_LOG(test_log_does_not_begin_with_a_denial),
        WITH_LOG(test_entries_that_bring_sealed_keys_are_counted),
        WITH_LOG(test_entry_taken_apart_says_what_parsed),
        WITH_LOG(test_signature_of_one_person_can_be_verified_later),
        WITH_LOG(test_signature_refused_by_who_was_to_look_later_is_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
