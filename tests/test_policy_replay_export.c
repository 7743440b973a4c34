/* The replay of an export in company says what one alone says, entry by
 * entry. */
#include "audit/export_write.h"
#include "policy/replay_export.h"
#include "tests/support/fakelog.h"

#define ENTRIES 1700 /* seven bundles */

struct world {
    struct fakelog f;
    char dir[PATH_SIZE], export[PATH_SIZE];
    struct workers *workers;
    struct fake_person gate;
};

static int
set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct fakelog *f;

    if (w == NULL)
        return -1;
    f = &w->f;
    w->gate = fake_person("gate");
    support_dir_make(w->dir);
    assert_ok(path_join(w->export, w->dir, "export"));
    assert_ok(workers_new(4, &w->workers));
    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "ines", "intake", 0);
    (void)fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_create(f, "ines", "intake", "victim", 1);
    (void)fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 1, "cora",
                         OUTCOME_DONE);
    while (f->n < ENTRIES)
        (void)fakelog_read(f, "cora", "caseworker", "victim", 1, "facts");
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;

    workers_free(w->workers);
    fakelog_clear(&w->f);
    support_dir_remove(w->dir);
    free(w);
    return 0;
}

static void
write_export(const struct world *w, struct export *e)
{
    struct checkpoint head = {.origin = FAKELOG_ORIGIN, .size = w->f.n};
    struct buf note = BUF_INIT;
    struct export_writer writer;
    uint64_t from = 0;

    head.root = fakelog_root(&w->f);
    assert_ok(checkpoint_sign(&head, &w->gate.seed, &note));
    support_dir_remove(w->export);
    assert_ok(export_write_begin(&writer, w->export, FAKELOG_ORIGIN,
                                 &w->gate.sign, buf_bytes(&note), true, &from));
    for (size_t i = 0; i < w->f.n; i++)
        assert_ok(export_write_entry(&writer, buf_bytes(&w->f.entries[i])));
    assert_ok(export_write_end(&writer));
    export_write_clear(&writer);
    buf_free(&note);
    assert_ok(export_open(e, w->export, FAKELOG_ORIGIN, &w->gate.sign));
}

static enum sv_err
replay_with(const struct world *w, struct export *e, struct replay_plan plan,
            struct replay_fault *fault)
{
    struct replay r;
    enum sv_err err;

    plan.genesis = w->f.replay.roster.vault;
    *fault = (struct replay_fault){0, NULL};
    replay_init(&r);
    replay_spill(&r, w->dir, 4096);
    err = replay_export(&r, e, &plan, fault);
    if (err == SV_OK)
        assert_true(r.ids.mapped > 0);
    replay_clear(&r);
    return err;
}

/* Alone and in company, as one entry after the other says it. */
static void
assert_same(const struct world *w)
{
    struct replay_plan plan = {.workers = NULL};
    struct replay_fault want = {0, NULL}, fault;
    struct export e;
    enum sv_err err = fakelog_replay(&w->f, &want);

    write_export(w, &e);
    for (unsigned i = 0; i < 4; i++) {
        assert_err(replay_with(w, &e, plan, &fault), err);
        assert_int_equal(fault.index, err == SV_OK ? 0 : want.index);
        if (err != SV_OK)
            assert_string_equal(fault.reason, want.reason);
        plan.workers = w->workers;
    }
    export_close(&e);
}

/* Her request, signed by another. */
static void
forge_signature(struct world *w, uint64_t index)
{
    struct request q;
    struct entry e;
    struct buf bytes;

    fakelog_parse(&w->f, index, &e, &q);
    q.id[15] ^= 0x80; /* other bytes, so that the roots behind change, too */
    bytes = fakelog_bytes(&e, &q, "ines");
    fakelog_replace(&w->f, index, &bytes);
}

/* Her request under a rule that does not let her. */
static void
forge_decision(struct world *w, uint64_t index)
{
    fakelog_edit(&w->f, index, "decision allowed assigned",
                 "decision allowed role");
}

static void
test_a_lawful_log_is_lawful_in_company(void **state)
{
    assert_same(*state);
}

static void
test_the_first_fault_is_named_whoever_met_it(void **state)
{
    /* Signature and decision: the same entry, neighbours, one bundle, chunks
     * and bundles apart, the last. */
    static const uint64_t pairs[][2] = {
        {600, 600},  {600, 601},  {601, 600},         {520, 760},
        {760, 520},  {600, 1100}, {1100, 600},        {300, ENTRIES - 1},
        {1400, 300}, {767, 768},  {ENTRIES - 1, 1500}};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf was[2] = {BUF_INIT, BUF_INIT};

        for (unsigned k = 0; k < 2; k++)
            assert_ok(
                buf_append(&was[k], buf_bytes(&w->f.entries[pairs[i][k]])));
        forge_decision(w, pairs[i][1]);
        forge_signature(w, pairs[i][0]);
        assert_same(w);
        for (unsigned k = 0; k < 2; k++)
            fakelog_replace(&w->f, pairs[i][k], &was[k]);
    }
    assert_same(w);
}

static void
test_heads_seen_long_ago_are_known(void **state)
{
    struct world *w = *state;
    struct fakelog *f = &w->f;

    for (uint64_t size = 0; size <= ENTRIES; size += 97) {
        struct request q = fakelog_request_on(
            f, ACT_RECORD_READ, "cora", "caseworker", "victim", 1, "facts");
        struct entry e;

        q.seen_size = size;
        assert_ok(past_root(&f->replay.past, size, &q.seen_root));
        if (size % 2 == 1)
            q.seen_root.b[0] ^= 1; /* a fork: denied, and rightly so */
        e = fakelog_entry(f, &q, OUTCOME_DONE);
        if (e.allowed)
            fakelog_result(&e, 1, "facts", 1);
        assert_int_equal(e.allowed, size % 2 == 0);
        (void)fakelog_append_entry(f, &e, &q);
    }
    assert_same(w);
}

static void
test_a_head_replayed_before_spares_signatures_up_to_it(void **state)
{
    struct world *w = *state;
    struct replay_plan plan = {.workers = w->workers, .spare = true};
    struct replay_fault fault;
    struct fakelog first = w->f;
    struct export e;

    forge_signature(w, ENTRIES - 1); /* nobody has seen a root behind it */
    write_export(w, &e);
    plan.before_size = ENTRIES;
    plan.before_root = e.head.root;
    assert_ok(replay_with(w, &e, plan, &fault));
    /* The same, but all is to be verified. */
    plan.spare = false;
    assert_err(replay_with(w, &e, plan, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, ENTRIES - 1);
    plan.spare = true;
    /* Up to it, and not further. */
    first.n = plan.before_size = ENTRIES - 1;
    plan.before_root = fakelog_root(&first);
    assert_err(replay_with(w, &e, plan, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, ENTRIES - 1);
    /* One that this log does not reach spares nothing. */
    plan.before_size = ENTRIES + 1;
    assert_err(replay_with(w, &e, plan, &fault), SV_ERR_TAMPERED);
    assert_int_equal(fault.index, ENTRIES - 1);
    export_close(&e);
}

static void
test_a_log_that_does_not_go_on_from_the_head_before_is_refused(void **state)
{
    struct world *w = *state;
    struct replay_plan plan = {
        .workers = w->workers, .before_size = 700, .spare = true};
    struct replay_fault fault;
    struct export e;

    write_export(w, &e);
    for (unsigned spare = 0; spare < 2; spare++) {
        plan.spare = spare == 1;
        assert_err(replay_with(w, &e, plan, &fault), SV_ERR_TAMPERED);
        assert_null(fault.reason);
        assert_string_equal(e.fault.place, EXPORT_CHECKPOINT);
        assert_string_equal(e.fault.reason,
                            "contradicts the head that was checked before");
    }
    export_close(&e);
}

static void
test_files_that_change_meanwhile_are_no_verdict_on_the_log(void **state)
{
    struct world *w = *state;
    struct replay_plan plan = {.workers = w->workers};
    struct replay_fault fault;
    struct export e;
    char path[PATH_SIZE];

    write_export(w, &e);
    assert_ok(path_join(path, w->export, "tile/entries/003"));
    assert_ok(file_replace(path, 0600, bytes_text("")));
    assert_err(replay_with(w, &e, plan, &fault), SV_ERR_TAMPERED);
    assert_null(fault.reason);
    assert_string_equal(e.fault.place, "tile/entries/003");
    export_close(&e);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_lawful_log_is_lawful_in_company),
        TEST(test_the_first_fault_is_named_whoever_met_it),
        TEST(test_heads_seen_long_ago_are_known),
        TEST(test_a_head_replayed_before_spares_signatures_up_to_it),
        TEST(test_a_log_that_does_not_go_on_from_the_head_before_is_refused),
        TEST(test_files_that_change_meanwhile_are_no_verdict_on_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
