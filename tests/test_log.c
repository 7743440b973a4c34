#include "crypto/init.h"
#include "tests/support/support.h"
#include "vault/log.h"

/* The log in its tables, with the subtrees that were kept in memory. */

#define ENTRIES 300

struct fixture {
    struct rng_fixed random;
    struct rng rng;
    struct storage_key key;
    struct store *store;
    struct log_cache *hashes;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    assert_ok(crypto_init());
    f->rng = rng_fixed(&f->random);
    assert_ok(store_memory_open(TABLES_N, &f->store));
    f->hashes = calloc(1, sizeof *f->hashes);
    assert_non_null(f->hashes);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    free(f->hashes);
    free(f);
    return 0;
}

static struct tables
begin(struct fixture *f, enum store_mode mode, struct log_cache *hashes)
{
    struct store_txn *txn = NULL;

    assert_ok(store_begin(f->store, mode, &txn));
    return (struct tables){txn, &f->key, &f->rng, hashes};
}

static void
append(const struct tables *t, struct log_state *log, const char *text)
{
    struct buf entry = BUF_INIT;

    assert_ok(buf_printf(&entry, "%s %llu\n", text,
                         (unsigned long long)log->frontier.size));
    assert_ok(log_append(t, log, buf_bytes(&entry)));
    buf_free(&entry);
}

static struct log_state
fill(struct fixture *f, struct log_state log, unsigned n, const char *text,
     bool keep)
{
    struct tables t = begin(f, STORE_WRITE, f->hashes);

    for (unsigned i = 0; i < n; i++)
        append(&t, &log, text);
    if (keep)
        assert_ok(store_commit(&t.txn));
    else
        store_abort(&t.txn);
    return log;
}

/* All proofs of this log, in one piece. */
static struct buf
all_proofs(struct fixture *f, const struct log_state *log,
           struct log_cache *hashes)
{
    struct tables t = begin(f, STORE_READ, hashes);
    uint64_t size = log->frontier.size;
    struct buf out = BUF_INIT;

    for (uint64_t i = 0; i < size; i++) {
        assert_ok(log_inclusion(&t, i, size, &out));
        assert_ok(log_consistency(&t, i, size, &out));
    }
    store_abort(&t.txn);
    return out;
}

static void
assert_same_proofs(struct fixture *f, const struct log_state *log)
{
    struct buf stored = all_proofs(f, log, NULL);
    struct buf kept = all_proofs(f, log, f->hashes);

    assert_true(bytes_equal(buf_bytes(&stored), buf_bytes(&kept)));
    buf_free(&stored);
    buf_free(&kept);
}

static void
test_kept_subtrees_are_the_stored_ones(void **state)
{
    struct fixture *f = *state;
    struct log_state log = {0};

    log = fill(f, log, ENTRIES, "entry", true);
    assert_same_proofs(f, &log);
    /* And as they are read into an empty cache. */
    memset(f->hashes, 0, sizeof *f->hashes);
    assert_same_proofs(f, &log);
}

static void
test_what_an_aborted_transaction_appended_is_in_no_proof(void **state)
{
    struct fixture *f = *state;
    struct log_state log = {0};

    for (unsigned n = 1; n < 40; n++) {
        log = fill(f, log, n, "entry", true);
        (void)fill(f, log, 17, "aborted", false);
        assert_same_proofs(f, &log);
        log = fill(f, log, 3, "other", true);
        assert_same_proofs(f, &log);
    }
}

static void
test_a_subtree_takes_the_place_of_an_older_one(void **state)
{
    struct fixture *f = *state;
    struct log_state log = {0};

    log = fill(f, log, LOG_CACHE_SLOTS + 20, "entry", true);
    assert_int_equal(f->hashes->at[0][3].next, LOG_CACHE_SLOTS + 4);
    for (uint64_t i = 0; i < 6; i++) {
        struct tables t = begin(f, STORE_READ, f->hashes);
        struct tables bare = {t.txn, t.key, t.rng, NULL};
        struct hash kept, stored;

        assert_ok(log_read_hash(&t, 0, i, &kept));
        assert_ok(log_read_hash(&bare, 0, i, &stored));
        assert_true(hash_equal(&kept, &stored));
        store_abort(&t.txn);
    }
    assert_int_equal(f->hashes->at[0][3].next, 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_subtrees_are_the_stored_ones,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_what_an_aborted_transaction_appended_is_in_no_proof, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_a_subtree_takes_the_place_of_an_older_one, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
