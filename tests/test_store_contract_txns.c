/* What store.h promises of transactions and snapshots. */
#include "tests/support/engines.h"

static void
change_everything(struct store_txn *txn, void *ctx)
{
    (void)ctx;
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("other")));
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("another")));
    assert_ok(store_delete(txn, 0, bytes_text("b")));
    assert_ok(store_put(txn, 0, bytes_text("c"), bytes_text("new")));
    assert_ok(store_put(txn, 0, bytes_text("d"), bytes_text("gone")));
    assert_ok(store_delete(txn, 0, bytes_text("d")));
    assert_ok(store_delete(txn, 0, bytes_text("e")));
    assert_ok(store_put(txn, 0, bytes_text("e"), bytes_text("back")));
}

static void
put_a_b_e(struct engine_store *f)
{
    engine_put_text(f, "a", "1");
    engine_put_text(f, "b", "2");
    engine_put_text(f, "e", "5");
}

static void
test_a_transaction_sees_its_own_changes(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *txn;
    struct bytes key, got;

    put_a_b_e(f);
    txn = engine_begin(f, STORE_WRITE);
    change_everything(txn, NULL);
    engine_expect_scan_in(txn, 0, "", "a=another c=new e=back ");
    engine_expect_in(txn, 0, bytes_text("a"), bytes_text("another"));
    engine_expect_absent_in(txn, 0, bytes_text("b"));
    assert_ok(store_last(txn, 0, &key, &got));
    assert_true(bytes_equal(got, bytes_text("back")));
    store_abort(&txn);
}

static void
test_an_aborted_transaction_leaves_nothing(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *txn;

    put_a_b_e(f);
    txn = engine_begin(f, STORE_WRITE);
    change_everything(txn, NULL);
    store_abort(&txn);
    assert_null(txn);
    store_abort(&txn);
    store_abort(NULL);
    engine_expect_scan(f, "", "a=1 b=2 e=5 ");
    engine_run(f, change_everything, NULL);
    engine_expect_scan(f, "", "a=another c=new e=back ");
}

static void
test_a_commit_is_seen_by_the_next_read(void **state)
{
    struct engine_store *f = *state;

    put_a_b_e(f);
    engine_expect_scan(f, "", "a=1 b=2 e=5 ");
    engine_run(f, change_everything, NULL);
    engine_expect_scan(f, "", "a=another c=new e=back ");
}

static void
test_a_read_transaction_changes_nothing(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *txn;

    engine_put_text(f, "a", "1");
    txn = engine_begin(f, STORE_READ);
    assert_err(store_put(txn, 0, bytes_text("a"), bytes_text("2")),
               SV_ERR_USAGE);
    store_abort(&txn);
    txn = engine_begin(f, STORE_READ);
    assert_err(store_delete(txn, 0, bytes_text("a")), SV_ERR_USAGE);
    store_abort(&txn);
    engine_expect_scan(f, "", "a=1 ");
}

static void
test_there_is_one_transaction_at_a_time(void **state)
{
    static const enum store_mode modes[] = {STORE_READ, STORE_WRITE};
    struct engine_store *f = *state;

    for (size_t i = 0; i < 4; i++) {
        struct store_txn *txn = engine_begin(f, modes[i % 2]);
        struct store_txn *second = NULL;

        assert_err(store_begin(f->store, modes[i / 2], &second), SV_ERR_USAGE);
        assert_null(second);
        store_abort(&txn);
    }
    engine_put_text(f, "a", "1");
    engine_expect_scan(f, "", "a=1 ");
}

static void
test_after_an_error_a_transaction_can_only_be_aborted(void **state)
{
    struct engine_store *f = *state;
    struct engine_seen seen = {BUF_INIT, 0, 0, SV_OK};
    struct bytes got = {NULL, 0};
    struct bytes none = {NULL, 0};
    struct bytes key = bytes_text("a");
    struct store_txn *txn = engine_begin(f, STORE_WRITE);

    assert_ok(store_put(txn, 0, key, bytes_text("1")));
    assert_err(store_put(txn, 0, none, none), SV_ERR_RANGE);
    assert_err(store_get(txn, 0, key, &got), SV_ERR_RANGE);
    assert_err(store_put(txn, 0, key, none), SV_ERR_RANGE);
    assert_err(store_delete(txn, 0, key), SV_ERR_RANGE);
    assert_err(store_scan(txn, 0, none, engine_see, &seen), SV_ERR_RANGE);
    assert_err(store_last(txn, 0, &got, &got), SV_ERR_RANGE);
    assert_null(got.ptr);
    assert_err(store_commit(&txn), SV_ERR_RANGE);
    assert_null(txn);
    engine_expect_scan(f, "", "");
}

static void
test_closing_aborts_the_open_transaction(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *txn;

    put_a_b_e(f);
    txn = engine_begin(f, STORE_WRITE);
    change_everything(txn, NULL);
    if (!engine_reopens(f))
        return; /* teardown closes: nothing must leak */
    engine_reopen(f);
    engine_expect_scan(f, "", "a=1 b=2 e=5 ");
    (void)engine_begin(f, STORE_READ);
}

static void
test_what_is_committed_survives_closing(void **state)
{
    struct engine_store *f = *state;

    if (!engine_reopens(f))
        skip();
    for (size_t i = 0; i < 3; i++) {
        put_a_b_e(f);
        engine_reopen(f);
        engine_expect_scan(f, "", "a=1 b=2 e=5 ");
        engine_run(f, change_everything, NULL);
        engine_reopen(f);
        engine_expect_scan(f, "", "a=another c=new e=back ");
        engine_delete_text(f, "c");
    }
    store_close(NULL);
}

static void
test_an_unsure_store_is_dead_until_opened_again(void **state)
{
    struct engine_store *f = *state;

    if (!f->engine->wrapped)
        skip();
    for (size_t i = 0; i < 2; i++) {
        struct store_txn *txn;

        f->plan.error = SV_ERR_UNSURE;
        f->plan.unsure_commits = i == 1;
        f->plan.fail_at = f->plan.calls + 3;
        txn = engine_begin(f, STORE_WRITE);
        assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("1")));
        assert_err(store_commit(&txn), SV_ERR_UNSURE);
        assert_null(txn);
        assert_err(store_begin(f->store, STORE_READ, &txn), SV_ERR_UNSURE);
        assert_err(store_begin(f->store, STORE_WRITE, &txn), SV_ERR_UNSURE);
        assert_null(txn);
        f->plan.fail_at = 0;
        engine_reopen(f);
        engine_expect_scan(f, "", i == 1 ? "a=1 " : "");
        engine_put_text(f, "a", "1");
        engine_delete_text(f, "a");
    }
}

/* ---- Snapshots ---- */

static struct store_txn *
snapshot(struct engine_store *f)
{
    struct store_txn *txn = NULL;

    assert_ok(store_snapshot(f->store, &txn));
    return txn;
}

static void
expect_a_b_e(struct store_txn *txn)
{
    struct bytes key, value;

    engine_expect_in(txn, 0, bytes_text("a"), bytes_text("1"));
    engine_expect_in(txn, 0, bytes_text("b"), bytes_text("2"));
    engine_expect_absent_in(txn, 0, bytes_text("c"));
    engine_expect_scan_in(txn, 0, "", "a=1 b=2 e=5 ");
    assert_ok(store_last(txn, 0, &key, &value));
    assert_true(bytes_equal(key, bytes_text("e")));
}

static void
expect_everything_changed(struct store_txn *txn)
{
    engine_expect_in(txn, 0, bytes_text("a"), bytes_text("another"));
    engine_expect_absent_in(txn, 0, bytes_text("b"));
}

/* A flaky engine may be opened again in engine_run(), which ends the
 * snapshot. */
static bool
is_flaky(const struct engine_store *f)
{
    return f->engine->unsure_per_1000 > 0;
}

static void
test_a_snapshot_stays_what_it_was(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *s, *txn;

    if (is_flaky(f))
        skip();
    put_a_b_e(f);
    s = snapshot(f);
    expect_a_b_e(s);
    engine_run(f, change_everything, NULL);
    expect_a_b_e(s);
    txn = engine_begin(f, STORE_READ);
    expect_everything_changed(txn);
    expect_a_b_e(s);
    store_abort(&txn);
    store_abort(&s);
    s = snapshot(f);
    expect_everything_changed(s);
    store_abort(&s);
}

static void
test_a_snapshot_does_not_see_the_open_transaction(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *s, *txn;

    put_a_b_e(f);
    txn = engine_begin(f, STORE_WRITE);
    change_everything(txn, NULL);
    s = snapshot(f);
    expect_a_b_e(s);
    expect_everything_changed(txn);
    store_abort(&txn);
    expect_a_b_e(s);
    store_abort(&s);
}

static void
test_there_is_one_snapshot_and_it_changes_nothing(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *s, *other = NULL;

    put_a_b_e(f);
    s = snapshot(f);
    assert_err(store_snapshot(f->store, &other), SV_ERR_USAGE);
    assert_err(store_put(s, 0, bytes_text("a"), bytes_text("x")), SV_ERR_USAGE);
    assert_err(store_get(s, 0, bytes_text("a"), &(struct bytes){0}),
               SV_ERR_USAGE);
    store_abort(&s);
    s = snapshot(f);
    expect_a_b_e(s);
    store_abort(&s);
}

static void
test_closing_ends_the_snapshot(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *s;

    put_a_b_e(f);
    s = snapshot(f);
    expect_a_b_e(s);
    if (engine_reopens(f))
        engine_reopen(f); /* otherwise the teardown closes */
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_a_transaction_sees_its_own_changes),
        ENGINE_TEST(test_an_aborted_transaction_leaves_nothing),
        ENGINE_TEST(test_a_commit_is_seen_by_the_next_read),
        ENGINE_TEST(test_a_read_transaction_changes_nothing),
        ENGINE_TEST(test_there_is_one_transaction_at_a_time),
        ENGINE_TEST(test_after_an_error_a_transaction_can_only_be_aborted),
        ENGINE_TEST(test_closing_aborts_the_open_transaction),
        ENGINE_TEST(test_what_is_committed_survives_closing),
        ENGINE_TEST(test_an_unsure_store_is_dead_until_opened_again),
        ENGINE_TEST(test_a_snapshot_stays_what_it_was),
        ENGINE_TEST(test_a_snapshot_does_not_see_the_open_transaction),
        ENGINE_TEST(test_there_is_one_snapshot_and_it_changes_nothing),
        ENGINE_TEST(test_closing_ends_the_snapshot),
    };

    return engines_run(tests, sizeof tests / sizeof *tests);
}
