#include "base/codec.h"
#include "crypto/init.h"
#include "tests/support/scarce.h"
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

/* So a proof opens few rows. */
static void
test_what_was_appended_lately_is_not_read_again(void **state)
{
    struct fixture *f = *state;
    struct log_state log = fill(f, (struct log_state){0}, 4, "entry", true);
    struct tables t = begin(f, STORE_WRITE, f->hashes);
    struct tables bare = {t.txn, t.key, t.rng, NULL};
    struct hash kept, root = frontier_root(&log.frontier);
    uint8_t key[8];

    put_u64(key, 3);
    assert_ok(tables_delete(&t, TABLE_HASH, BYTES(key)));
    assert_err(log_read_hash(&bare, 2, 0, &kept), SV_ERR_TAMPERED);
    assert_ok(log_read_hash(&t, 2, 0, &kept));
    assert_true(hash_equal(&kept, &root));
    store_abort(&t.txn);
}

/* Nobody has so many entries, but the row may be there. */
static void
test_subtrees_above_those_that_are_kept_are_read(void **state)
{
    struct fixture *f = *state;
    struct tables t = begin(f, STORE_WRITE, f->hashes);
    struct hash row[LOG_CACHE_LEVELS + 2], got;
    uint8_t key[8];

    for (unsigned level = 0; level < LOG_CACHE_LEVELS + 2; level++)
        row[level] = tree_leaf(BYTES(((uint8_t[]){(uint8_t)level})));
    for (unsigned level = LOG_CACHE_LEVELS - 1; level < LOG_CACHE_LEVELS + 2;
         level++) {
        put_u64(key, (UINT64_C(1) << level) - 1);
        assert_err(log_read_hash(&t, level, 0, &got), SV_ERR_TAMPERED);
        assert_ok(tables_put(&t, TABLE_HASH, BYTES(key),
                             bytes_of(row, (level + 1) * sizeof row[0])));
        assert_ok(log_read_hash(&t, level, 0, &got));
        assert_true(hash_equal(&got, &row[level]));
        assert_ok(tables_delete(&t, TABLE_HASH, BYTES(key)));
        assert_err(log_read_hash(&t, level, 0, &got),
                   level < LOG_CACHE_LEVELS ? SV_OK : SV_ERR_TAMPERED);
    }
    store_abort(&t.txn);
}

/* ---- without memory ---- */

/* Whichever allocation fails: the entry counts or does not, and what is kept
 * of the log is of one of both. */
static void
test_entry_without_memory_is_not_in_the_log(void **state)
{
    struct fixture *f = *state;
    struct log_state log = fill(f, (struct log_state){0}, 3, "entry", true);
    enum sv_err err = SV_ERR_NOMEM;

    for (uint64_t at = 1; err != SV_OK; at++) {
        struct tables t = begin(f, STORE_WRITE, NULL);
        struct log_state next = log, was = log;

        scarce_memory_at(at, false);
        err = log_append(&t, &next, bytes_text("entry 3\n"));
        scarce_memory_at(0, false);
        assert_err(err, scarce_came() ? SV_ERR_NOMEM : SV_OK);
        if (err != SV_OK)
            assert_memory_equal(&next, &was, sizeof next);
        else
            assert_int_equal(next.frontier.size, 4);
        assert_true(err != SV_OK || at > 2);
        store_abort(&t.txn);
    }
}

static void
test_state_without_memory_is_not_stored(void **state)
{
    struct fixture *f = *state;
    struct log_state log = fill(f, (struct log_state){0}, 7, "entry", true);
    enum sv_err err = SV_ERR_NOMEM;

    for (uint64_t at = 1; err != SV_OK; at++) {
        struct tables t = begin(f, STORE_WRITE, NULL);
        struct log_state back;

        scarce_memory_at(at, false);
        err = log_state_store(&t, &log);
        scarce_memory_at(0, false);
        assert_err(err, scarce_came() ? SV_ERR_NOMEM : SV_OK);
        if (err == SV_OK) {
            assert_ok(log_state_load(&t, &back));
            assert_int_equal(back.frontier.size, 7);
            assert_true(at > 2);
        }
        store_abort(&t.txn);
    }
}

/* ---- what it keeps of itself ---- */

static void
test_state_is_what_was_stored_at_each_size(void **state)
{
    struct fixture *f = *state;
    struct tables t = begin(f, STORE_WRITE, NULL);
    struct log_state log = {0}, back;

    assert_err(log_state_load(&t, &back), SV_ERR_NOT_FOUND);
    for (unsigned i = 0; i < 20; i++) {
        log.time_ms = 1000 + i;
        log.has_roster = i % 2 == 1;
        log.roster = 7 * i;
        assert_ok(log_state_store(&t, &log));
        memset(&back, 0xff, sizeof back);
        assert_ok(log_state_load(&t, &back));
        assert_int_equal(back.frontier.size, i);
        assert_int_equal(back.time_ms, log.time_ms);
        assert_int_equal(back.has_roster, log.has_roster);
        assert_int_equal(back.roster, log.roster);
        for (unsigned l = 0; l < 5; l++) {
            if ((i >> l & 1) != 0)
                assert_true(
                    hash_equal(&back.frontier.peak[l], &log.frontier.peak[l]));
        }
        append(&t, &log, "entry");
    }
    store_abort(&t.txn);
}

static void
test_state_of_another_form_is_none(void **state)
{
    struct fixture *f = *state;
    struct tables t = begin(f, STORE_WRITE, NULL);
    struct log_state log = {0}, back = {.time_ms = 77};
    struct buf raw = BUF_INIT;

    append(&t, &log, "entry");
    assert_ok(log_state_store(&t, &log));
    assert_ok(tables_get(&t, TABLE_META, bytes_text("log"), &raw));
    for (size_t len = 0; len < raw.len; len++) {
        assert_ok(tables_put(&t, TABLE_META, bytes_text("log"),
                             bytes_slice(buf_bytes(&raw), 0, len)));
        assert_err(log_state_load(&t, &back), SV_ERR_TAMPERED);
    }
    raw.ptr[16] = 2; /* has a roster, or has none */
    assert_ok(tables_put(&t, TABLE_META, bytes_text("log"), buf_bytes(&raw)));
    assert_err(log_state_load(&t, &back), SV_ERR_TAMPERED);
    assert_int_equal(back.time_ms, 77);
    buf_free(&raw);
    store_abort(&t.txn);
}

/* ---- rows that somebody took away or cut ---- */

static void
put_row(const struct tables *t, enum table_id table, uint64_t index,
        struct bytes value)
{
    uint8_t key[8];

    put_u64(key, index);
    assert_ok(tables_put(t, table, BYTES(key), value));
}

static void
test_entry_that_is_not_there_was_taken_away(void **state)
{
    struct fixture *f = *state;
    struct log_state log = fill(f, (struct log_state){0}, 5, "entry", true);
    struct tables t = begin(f, STORE_READ, NULL);
    struct buf out = BUF_INIT;

    assert_ok(log_entry(&t, 4, &out));
    assert_true(text_is(buf_bytes(&out), "entry 4\n"));
    buf_truncate(&out, 0);
    assert_err(log_entry(&t, log.frontier.size, &out), SV_ERR_TAMPERED);
    assert_int_equal(out.len, 0);
    buf_free(&out);
    store_abort(&t.txn);
}

static void
test_subtree_that_is_not_there_was_taken_away(void **state)
{
    struct fixture *f = *state;
    struct log_state log = fill(f, (struct log_state){0}, 5, "entry", true);
    struct tables t = begin(f, STORE_WRITE, NULL);
    struct hash root = {{0}}, whole[3];
    struct buf row = BUF_INIT, out = BUF_INIT;
    uint8_t key[8];
    bool has;

    put_u64(key, 3); /* completes its own leaf, a pair and a four */
    assert_ok(tables_get(&t, TABLE_HASH, BYTES(key), &row));
    assert_int_equal(row.len, 3 * sizeof(struct hash));
    memcpy(whole, row.ptr, sizeof whole);
    for (unsigned n = 0; n < 3; n++) {
        put_row(&t, TABLE_HASH, 3, bytes_of(row.ptr, n * sizeof root));
        for (unsigned level = 0; level < 3; level++) {
            enum sv_err err =
                log_read_hash(&t, level, (4U >> level) - 1, &root);

            assert_err(err, level < n ? SV_OK : SV_ERR_TAMPERED);
            if (level < n)
                assert_true(hash_equal(&root, &whole[level]));
        }
    }
    assert_err(log_inclusion(&t, 4, 5, &out), SV_ERR_TAMPERED);
    put_row(&t, TABLE_HASH, 3, bytes_of(row.ptr, sizeof root));
    assert_err(log_consistency(&t, 2, 5, &out), SV_ERR_TAMPERED);
    assert_err(log_has_root(&t, &log, 4, &whole[2], &has), SV_ERR_TAMPERED);
    assert_false(has);
    assert_err(log_read_hash(&t, 0, 5, &root), SV_ERR_TAMPERED);
    assert_int_equal(out.len, 0);
    buf_free(&row);
    buf_free(&out);
    store_abort(&t.txn);
}

/* ---- proofs ---- */

static void
test_proofs_lead_from_each_size_to_the_next(void **state)
{
    struct fixture *f = *state;
    struct log_state at[12] = {{.time_ms = 0}};
    struct hash roots[12];
    struct buf out = BUF_INIT;
    struct tables t;

    roots[0] = tree_empty();
    for (unsigned n = 1; n < 12; n++) {
        at[n] = fill(f, at[n - 1], 1, "entry", true);
        roots[n] = frontier_root(&at[n].frontier);
    }
    t = begin(f, STORE_READ, f->hashes);
    for (uint64_t m = 0; m < 12; m++) {
        for (uint64_t n = m; n < 12; n++) {
            struct tree_proof proof;
            struct bytes in;
            bool has = false;

            buf_truncate(&out, 0);
            assert_ok(log_consistency(&t, m, n, &out));
            in = buf_bytes(&out);
            assert_ok(tree_proof_decode(&in, &proof));
            assert_int_equal(proof.n > 0, m > 0 && m < n);
            assert_ok(
                tree_verify_consistency(m, n, &roots[m], &roots[n], &proof));
            assert_ok(log_has_root(&t, &at[n], m, &roots[m], &has));
            assert_true(has);
            assert_ok(log_has_root(&t, &at[n], m, &roots[(m + 1) % 12], &has));
            assert_false(has);
        }
        if (m > 0) { /* beyond its end */
            bool has = true;

            assert_ok(log_has_root(&t, &at[m - 1], m, &roots[m], &has));
            assert_false(has);
        }
    }
    for (uint64_t i = 0; i < 11; i++) {
        struct hash leaf;
        struct tree_proof proof;
        struct bytes in;

        buf_truncate(&out, 0);
        assert_ok(log_inclusion(&t, i, 11, &out));
        in = buf_bytes(&out);
        assert_ok(tree_proof_decode(&in, &proof));
        assert_ok(log_read_hash(&t, 0, i, &leaf));
        assert_ok(tree_verify_inclusion(i, 11, &leaf, &proof, &roots[11]));
    }
    assert_err(log_inclusion(&t, 11, 11, &out), SV_ERR_RANGE);
    buf_free(&out);
    store_abort(&t.txn);
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
        cmocka_unit_test_setup_teardown(
            test_what_was_appended_lately_is_not_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_subtrees_above_those_that_are_kept_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_entry_without_memory_is_not_in_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_state_without_memory_is_not_stored,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_state_is_what_was_stored_at_each_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_state_of_another_form_is_none,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_entry_that_is_not_there_was_taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_subtree_that_is_not_there_was_taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_proofs_lead_from_each_size_to_the_next, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
