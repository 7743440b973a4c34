#include "audit/export_write.h"
#include "policy/replay_export.h"
#include "policy/replay_state.h"
#include "tests/support/fakelog.h"
#include "tests/support/scarce.h"

/*
 * A log is replayed, and a policy is read, where memory runs out or the system
 * refuses: that is said, no entry is called wrong, and what is given out is
 * whole or not there.
 */

#define SEEN 100     /* a head long ago */
#define VICTIMS 260U /* so that its leaves are in a tile */

struct bench {
    struct fakelog f;
    char dir[PATH_SIZE], export[PATH_SIZE];
    struct export e;
    struct replay_fault fault;
    struct buf json, text;
    struct policy policy, other;
};

static void
put(char out[static NAME_SIZE], const char *name)
{
    memset(out, 0, NAME_SIZE);
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

/* ---- A log in which everything is kept that a replay keeps ---- */

static void
work_on_records(struct fakelog *f)
{
    struct request q;

    (void)fakelog_create(f, "cora", "caseworker", "victim", 1);
    (void)fakelog_import(f, "ines", "intake", "victim", 10, VICTIMS);
    (void)fakelog_save(f, "cora", "caseworker", "victim", 1, "facts");
    q = fakelog_request_on(f, ACT_RECORD_READ, "carl", "clinician", "victim", 1,
                           "identity");
    (void)fakelog_denied(f, &q, GLASS_RULE);
    q = fakelog_request_on(f, ACT_RECORD_ASSIGN, FAKELOG_SUPERVISOR,
                           "supervisor", "victim", 1, NULL);
    put(q.person, "carl");
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_non_null(replay_state_flag(&f->replay, f->n - 1));
    (void)fakelog_assign(f, ACT_RECORD_UNASSIGN, "victim", 1, "carl",
                         OUTCOME_DONE);
}

static void
work_on_counts(struct fakelog *f)
{
    struct request q =
        fakelog_request(f, ACT_COUNTS_PREVIEW, "stan", "statistics_officer");
    struct entry e;

    q.seen_size = SEEN;
    assert_ok(past_root(&f->replay.past, SEEN, &q.seen_root));
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    q = fakelog_request(f, ACT_RELEASE_REQUEST, "stan", "statistics_officer");
    put(q.profile, RELEASE_EXACT);
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    fakelog_result(&e, 0, RELEASE_RESULT, 1);
    fakelog_result(&e, 0, RELEASE_RISK, 1);
    fakelog_result(&e, 0, RELEASE_LEDGER, 1);
    (void)fakelog_append_entry(f, &e, &q);
}

static int
set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct fakelog *f;

    assert_non_null(b);
    f = &b->f;
    support_dir_make(b->dir);
    assert_ok(path_join(b->export, b->dir, "export"));
    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "ines", "intake", 0);
    (void)fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_hire(f, "carl", "clinician", 0);
    (void)fakelog_hire(f, "stan", "statistics_officer", 0);
    work_on_records(f);
    work_on_counts(f);
    b->json = fakelog_policy_json();
    fakelog_policy("small-office", &b->policy);
    assert_ok(policy_encode(&b->policy, &b->text));
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    fakelog_clear(&b->f);
    support_dir_remove(b->dir);
    buf_free(&b->json);
    buf_free(&b->text);
    free(b);
    return 0;
}

/* ---- Replaying ---- */

static enum sv_err
replay_all(struct bench *b, struct replay *r)
{
    struct hash root = fakelog_root(&b->f);
    enum sv_err err = SV_OK;

    b->fault = (struct replay_fault){0, NULL};
    for (size_t i = 0; i < b->f.n && err == SV_OK; i++)
        err = replay_entry(r, buf_bytes(&b->f.entries[i]), &b->fault);
    return err == SV_OK ? replay_end(r, b->f.n, &root, &b->fault) : err;
}

static enum sv_err
replay_in_memory(void *ctx)
{
    struct replay r;
    enum sv_err err;

    replay_init(&r);
    err = replay_all(ctx, &r);
    replay_clear(&r);
    return err;
}

static enum sv_err
replay_in_files(void *ctx)
{
    struct bench *b = ctx;
    struct replay r;
    enum sv_err err;

    replay_init(&r);
    replay_spill(&r, b->dir, 1);
    err = replay_all(b, &r);
    replay_clear(&r);
    return err;
}

/* What is lacking is said, and no more; without memory nothing is done. */
static void
lacks_memory(void *ctx, enum sv_err err, const char *place)
{
    const struct bench *b = ctx;

    if (b->fault.reason != NULL)
        fail_msg("%s: %s", place, b->fault.reason);
    if (err != (scarce_came() ? SV_ERR_NOMEM : SV_OK))
        fail_msg("%s: %s", place, err_text(err));
}

/* Some calls are advice. */
static void
lacks_system(void *ctx, enum sv_err err, const char *place)
{
    const struct bench *b = ctx;

    if (b->fault.reason != NULL)
        fail_msg("%s: %s", place, b->fault.reason);
    if (err != SV_OK && err != SV_ERR_IO)
        fail_msg("%s: %s", place, err_text(err));
}

static void
test_replay_without_memory_calls_no_entry_wrong(void **state)
{
    const struct scarce_work w = {"replay", *state, replay_in_memory,
                                  lacks_memory};

    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 10);
}

static void
test_replay_that_gets_no_file_calls_no_entry_wrong(void **state)
{
    const struct scarce_work w = {"replay", *state, replay_in_files,
                                  lacks_system};

    assert_true(scarce_at_each_place(&w, SCARCE_SYSTEM, 1) > 10);
}

static void
test_all_that_grows_goes_into_files(void **state)
{
    struct bench *b = *state;
    struct replay r;

    replay_init(&r);
    replay_spill(&r, b->dir, 1);
    assert_ok(replay_all(b, &r));
    assert_true(r.ids.mapped > 0);
    assert_true(r.assigned.mapped > 0);
    assert_true(r.records.mapped > 0);
    assert_true(r.versions.mapped > 0);
    assert_true(r.denied_glass.mapped > 0);
    replay_clear(&r);
}

/* ---- An export ---- */

static enum sv_err
replay_files(void *ctx)
{
    struct bench *b = ctx;
    struct replay_plan plan = {.genesis = b->f.replay.roster.vault,
                               .before_size = SEEN};
    struct replay r;
    enum sv_err err;

    assert_ok(past_root(&b->f.replay.past, SEEN, &plan.before_root));
    b->fault = (struct replay_fault){0, NULL};
    b->e.fault = (struct export_fault){.reason = NULL};
    replay_init(&r);
    err = replay_export(&r, &b->e, &plan, &b->fault);
    replay_clear(&r);
    return err;
}

static void
test_export_that_cannot_be_replayed_is_not_called_false(void **state)
{
    struct bench *b = *state;
    struct fake_person gate = fake_person("gate");
    const struct scarce_work memory = {"export", b, replay_files, lacks_memory};
    const struct scarce_work system = {"export", b, replay_files, lacks_system};

    fakelog_export(&b->f, b->export);
    assert_ok(export_open(&b->e, b->export, FAKELOG_ORIGIN, &gate.sign));
    assert_true(scarce_at_each_place(&memory, SCARCE_MEMORY, 1) > 10);
    assert_true(scarce_at_each_place(&system, SCARCE_SYSTEM, 1) > 3);
    export_close(&b->e);
}

/* ---- The policy ---- */

static enum sv_err
read_json(void *ctx)
{
    struct bench *b = ctx;

    memset(&b->other, 0x55, sizeof b->other);
    return policy_from_json(buf_bytes(&b->json), "small-office", &b->other,
                            NULL);
}

static enum sv_err
read_text(void *ctx)
{
    struct bench *b = ctx;

    memset(&b->other, 0x55, sizeof b->other);
    return policy_decode(buf_bytes(&b->text), &b->other);
}

/* The policy that it is, or what was there before. */
static void
whole_or_untouched(void *ctx, enum sv_err err, const char *place)
{
    struct bench *b = ctx;
    struct policy before;

    memset(&before, 0x55, sizeof before);
    lacks_memory(b, err, place);
    if (memcmp(&b->other, err == SV_OK ? &b->policy : &before, sizeof before) !=
        0)
        fail_msg("%s: another policy", place);
}

static void
test_policy_without_memory_is_not_refused(void **state)
{
    const struct scarce_work json = {"json", *state, read_json,
                                     whole_or_untouched};
    const struct scarce_work text = {"text", *state, read_text,
                                     whole_or_untouched};

    assert_true(scarce_at_each_place(&json, SCARCE_MEMORY, 1) > 0);
    assert_true(scarce_at_each_place(&text, SCARCE_MEMORY, 1) > 1);
}

/* The n-th allocation fails, for every n: a text has many lines, all from
 * few places. */
static void
test_text_of_a_policy_is_written_whole_or_not_at_all(void **state)
{
    struct bench *b = *state;
    enum sv_err err = SV_ERR_NOMEM;
    uint64_t n = 0;

    while (err != SV_OK) {
        struct buf out = BUF_INIT;
        uint8_t hash[32];

        assert_ok(buf_text(&out, "before"));
        scarce_memory_at(++n, true);
        err = policy_encode(&b->policy, &out);
        scarce_memory_at(0, false);
        assert_true(err == SV_OK ? !scarce_came() : err == SV_ERR_NOMEM);
        assert_int_equal(out.len, err == SV_OK ? 6 + b->text.len : 6);
        assert_memory_equal(out.ptr, "before", 6);
        buf_free(&out);
        scarce_memory_at(n, true);
        if (policy_hash(&b->policy, hash) != SV_ERR_NOMEM)
            assert_false(scarce_came());
        scarce_memory_at(0, false);
    }
    assert_true(n > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_replay_without_memory_calls_no_entry_wrong),
        TEST(test_replay_that_gets_no_file_calls_no_entry_wrong),
        TEST(test_all_that_grows_goes_into_files),
        TEST(test_export_that_cannot_be_replayed_is_not_called_false),
        TEST(test_policy_without_memory_is_not_refused),
        TEST(test_text_of_a_policy_is_written_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
