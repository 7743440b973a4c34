#include "store/store.h"
#include "store/store_fault.h"
#include "tests/support/support.h"

struct fixture {
    struct store_fault_plan plan;
    struct store *store;
};

static void
open_memory(struct fixture *f)
{
    struct store *inner = NULL;

    assert_ok(store_memory_open(1, &inner));
    assert_ok(store_fault_wrap(inner, &f->plan, &f->store));
}

static void
reopen(struct fixture *f)
{
    struct store *inner = store_fault_unwrap(f->store);

    assert_ok(store_fault_wrap(inner, &f->plan, &f->store));
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    open_memory(f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    free(f);
    return 0;
}

static enum sv_err
see(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    (void)key;
    (void)value;
    (void)more;
    ++*(size_t *)ctx;
    return SV_OK;
}

/* One of each call, in the order in which they are counted. */
enum { N_CALLS = 7 };
static enum sv_err
all_calls(struct store *s)
{
    struct store_txn *txn = NULL;
    struct bytes a = bytes_text("a");
    struct bytes b = bytes_text("b");
    struct bytes key;
    struct bytes value;
    size_t n = 0;
    enum sv_err err = store_begin(s, STORE_WRITE, &txn);

    if (err == SV_OK)
        err = store_put(txn, 0, a, b);
    if (err == SV_OK)
        err = store_get(txn, 0, a, &value);
    if (err == SV_OK)
        err = store_scan(txn, 0, bytes_text(""), see, &n);
    if (err == SV_OK)
        err = store_last(txn, 0, &key, &value);
    if (err == SV_OK)
        err = store_delete(txn, 0, b);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_OK;
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

static bool
is_there(struct store *s)
{
    struct store_txn *txn = NULL;
    struct bytes value;
    enum sv_err err;

    assert_ok(store_begin(s, STORE_READ, &txn));
    err = store_get(txn, 0, bytes_text("a"), &value);
    assert_ok(store_commit(&txn));
    assert_true(err == SV_OK || err == SV_ERR_NOT_FOUND);
    return err == SV_OK;
}

static void
test_every_call_is_counted(void **state)
{
    struct fixture *f = *state;

    assert_ok(all_calls(f->store));
    assert_int_equal(f->plan.calls, N_CALLS);
    assert_false(f->plan.failed);
    assert_true(is_there(f->store));
    assert_int_equal(f->plan.calls, N_CALLS + 3);
}

static void
test_every_call_can_fail_and_then_nothing_is_committed(void **state)
{
    static const enum sv_err errors[] = {SV_ERR_IO, SV_ERR_FULL,
                                         SV_ERR_CONFLICT, SV_ERR_NOMEM};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        f->plan.error = errors[i];
        for (uint64_t k = 1; k <= N_CALLS; k++) {
            f->plan.failed = false;
            f->plan.fail_at = f->plan.calls + k;
            assert_err(all_calls(f->store), errors[i]);
            assert_true(f->plan.failed);
            assert_int_equal(f->plan.calls, f->plan.fail_at);
            assert_false(is_there(f->store));
        }
    }
    assert_ok(all_calls(f->store));
    assert_true(is_there(f->store));
}

static void
test_unsure_away_from_a_commit_is_an_io_error(void **state)
{
    struct fixture *f = *state;

    f->plan.error = SV_ERR_UNSURE;
    for (uint64_t k = 1; k < N_CALLS; k++) {
        f->plan.fail_at = f->plan.calls + k;
        assert_err(all_calls(f->store), SV_ERR_IO);
        assert_false(is_there(f->store));
    }
}

static void
test_an_unsure_commit_happens_or_not_as_planned(void **state)
{
    struct fixture *f = *state;

    f->plan.error = SV_ERR_UNSURE;
    for (int really = 0; really < 2; really++) {
        f->plan.unsure_commits = really != 0;
        f->plan.fail_at = f->plan.calls + N_CALLS;
        assert_err(all_calls(f->store), SV_ERR_UNSURE);
        assert_err(all_calls(f->store), SV_ERR_UNSURE);
        reopen(f);
        assert_int_equal(is_there(f->store), really);
    }
}

static void
test_unwrapping_aborts_and_gives_the_store_back(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn = NULL;

    assert_ok(store_begin(f->store, STORE_WRITE, &txn));
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("b")));
    reopen(f);
    assert_false(is_there(f->store));
    assert_ok(all_calls(f->store));
    reopen(f);
    assert_true(is_there(f->store));
}

static void
put_two(struct store *s)
{
    struct store_txn *txn = NULL;

    assert_ok(store_begin(s, STORE_WRITE, &txn));
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("abc")));
    assert_ok(store_put(txn, 0, bytes_text("b"), bytes_text("abc")));
    assert_ok(store_commit(&txn));
}

/* How many rows are as put_two() has put them. */
static enum sv_err
count_sound(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    (void)key;
    (void)more;
    *(size_t *)ctx += bytes_equal(value, bytes_text("abc"));
    return SV_OK;
}

static void
test_what_is_read_can_be_spoiled_once(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn = NULL;
    struct bytes value, all = bytes_of("", 0);
    size_t sound = 0;

    put_two(f->store);
    f->plan.spoil = store_fault_turn_bit;
    f->plan.error = SV_ERR_IO;
    assert_ok(store_begin(f->store, STORE_READ, &txn));
    f->plan.fail_at = f->plan.calls + 1;
    assert_ok(store_get(txn, 0, bytes_text("a"), &value));
    assert_true(bytes_equal(value, bytes_text("acc")));
    assert_ok(store_get(txn, 0, bytes_text("a"), &value));
    assert_true(bytes_equal(value, bytes_text("abc")));
    f->plan.fail_at = f->plan.calls + 1;
    assert_ok(store_scan(txn, 0, all, count_sound, &sound));
    assert_int_equal(sound, 1);
    assert_ok(store_scan(txn, 0, all, count_sound, &sound));
    assert_int_equal(sound, 3);
    f->plan.fail_at = f->plan.calls + 1;
    assert_err(store_get(txn, 0, bytes_text("c"), &value), SV_ERR_IO);
    store_abort(&txn);
    f->plan.fail_at = f->plan.calls + 2;
    assert_ok(store_begin(f->store, STORE_READ, &txn));
    assert_err(store_scan(txn, 0, bytes_text("c"), count_sound, &sound),
               SV_ERR_IO);
    store_abort(&txn);
    assert_int_equal(sound, 3);
}

static void
test_a_commit_can_fail_for_what_it_is(void **state)
{
    struct fixture *f = *state;

    f->plan.error = SV_ERR_CONFLICT;
    f->plan.fail_commit = true;
    assert_err(all_calls(f->store), SV_ERR_CONFLICT);
    assert_true(f->plan.failed);
    assert_false(is_there(f->store));
    assert_ok(all_calls(f->store));
    assert_true(is_there(f->store));
}

/* What became of 2,000 commits of a fresh store. */
struct tally {
    unsigned ok;
    unsigned conflict;
    unsigned unsure;
    unsigned unsure_there;
    uint64_t order; /* a digest of what came when */
};

static void
delete_a(struct store *s)
{
    struct store_txn *txn = NULL;

    assert_ok(store_begin(s, STORE_WRITE, &txn));
    assert_ok(store_delete(txn, 0, bytes_text("a")));
    assert_ok(store_commit(&txn));
}

static void
tally_one(struct fixture *f, struct tally *t)
{
    enum sv_err err = all_calls(f->store);
    bool there;

    reopen(f);
    there = is_there(f->store);
    t->order = t->order * 31 + (uint64_t)(unsigned)(-(int)err);
    if (err == SV_OK) {
        t->ok++;
        assert_true(there);
    } else if (err == SV_ERR_CONFLICT) {
        t->conflict++;
        assert_false(there);
    } else {
        assert_err(err, SV_ERR_UNSURE);
        t->unsure++;
        t->unsure_there += there;
    }
    if (there) {
        struct store_fault_plan was = f->plan;

        f->plan.conflict_per_1000 = 0;
        f->plan.unsure_per_1000 = 0;
        delete_a(f->store);
        f->plan = was;
    }
}

static struct tally
tally(uint64_t seed, uint32_t conflict, uint32_t unsure)
{
    struct fixture f = {.plan = {.seed = seed,
                                 .conflict_per_1000 = conflict,
                                 .unsure_per_1000 = unsure}};
    struct tally t = {0};

    open_memory(&f);
    for (size_t i = 0; i < 2000; i++)
        tally_one(&f, &t);
    store_close(f.store);
    return t;
}

static void
test_chance_keeps_its_rates(void **state)
{
    struct tally t = tally(1, 100, 200);

    (void)state;
    assert_in_range(t.conflict, 140, 260);
    assert_in_range(t.unsure, 320, 480);
    assert_in_range(t.unsure_there, 130, 270);
    t = tally(1, 0, 0);
    assert_int_equal(t.ok, 2000);
    t = tally(1, 1000, 0);
    assert_int_equal(t.conflict, 2000);
    t = tally(1, 0, 1000);
    assert_int_equal(t.unsure, 2000);
}

static void
test_a_seed_gives_the_same_run_again(void **state)
{
    (void)state;
    assert_int_equal(tally(3, 100, 200).order, tally(3, 100, 200).order);
    assert_int_not_equal(tally(3, 100, 200).order, tally(4, 100, 200).order);
}

static void
test_chance_spares_reads(void **state)
{
    struct fixture *f = *state;

    f->plan.conflict_per_1000 = 500;
    f->plan.unsure_per_1000 = 500;
    for (size_t i = 0; i < 100; i++)
        assert_false(is_there(f->store));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_every_call_is_counted),
        CASE(test_every_call_can_fail_and_then_nothing_is_committed),
        CASE(test_unsure_away_from_a_commit_is_an_io_error),
        CASE(test_an_unsure_commit_happens_or_not_as_planned),
        CASE(test_unwrapping_aborts_and_gives_the_store_back),
        CASE(test_what_is_read_can_be_spoiled_once),
        CASE(test_a_commit_can_fail_for_what_it_is),
        cmocka_unit_test(test_chance_keeps_its_rates),
        cmocka_unit_test(test_a_seed_gives_the_same_run_again),
        CASE(test_chance_spares_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
