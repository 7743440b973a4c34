/* What a commit makes LMDB write, in which order, and what is left of it where
 * a call fails. */
#include <errno.h>
#include <unistd.h>

#include <lmdb.h>

#include "tests/support/ondisk.h"
#include "tests/support/traced.h"

static int
set_up(void **state)
{
    int failed;

    trace_clear();
    failed = ondisk_set_up(state);
    trace_clear();
    return failed;
}

static bool
exists(const char *dir, const char *name)
{
    char path[PATH_SIZE];

    assert_ok(path_join(path, dir, name));
    return access(path, F_OK) == 0;
}

static void
test_no_flag_touches_durability(void **state)
{
    struct ondisk *f = *state;

    assert_int_equal(store_lmdb_flags(f->store), MDB_NOTLS);
    ondisk_reopen(f);
    assert_int_equal(store_lmdb_flags(f->store), MDB_NOTLS);
}

static void
test_no_source_names_a_forbidden_flag(void **state)
{
    static const char *const files[] = {SV_SOURCE_DIR "/store/store_lmdb.c",
                                        SV_SOURCE_DIR "/store/lmdb_file.c",
                                        SV_SOURCE_DIR "/store/lmdb_pages.c"};
    static const char *const words[] = {
        "MDB_NOSYNC",   "MDB_NOMETASYNC", "MDB_WRITEMAP",
        "MDB_MAPASYNC", "MDB_NOMEMINIT",  "MDB_NOLOCK",
        "MDB_DUPSORT",  "MDB_NORDAHEAD",  "mdb_env_set_flags"};
    struct buf text = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_ok(file_read(files[i], MIB, &text));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_null(memmem(text.ptr, text.len, words[i], strlen(words[i])));
    assert_non_null(memmem(text.ptr, text.len, "MDB_NOTLS", 9));
    buf_free(&text);
}

static void
test_commit_syncs_the_pages_before_the_header(void **state)
{
    struct ondisk *f = *state;

    for (size_t i = 0; i < 3; i++) {
        trace_clear();
        assert_ok(ondisk_put(f->store, "key", 10000));
        assert_true(trace.n >= 3);
        assert_string_equal(trace.calls + trace.n - 2, "sH");
        for (size_t j = 0; j < trace.n - 2; j++)
            assert_int_equal(trace.calls[j], 'w');
    }
}

static void
test_reads_and_aborts_write_nothing(void **state)
{
    struct ondisk *f = *state;
    struct store_txn *txn = NULL;

    assert_err(ondisk_look(f->store, "key", 0), SV_ERR_NOT_FOUND);
    assert_ok(store_begin(f->store, STORE_WRITE, &txn));
    assert_ok(ondisk_put_in(txn, "key", 10000));
    store_abort(&txn);
    assert_string_equal(trace.calls, "");
}

static void
test_a_new_store_syncs_its_file_and_then_its_name(void **state)
{
    struct store *s = NULL;
    char dir[PATH_SIZE];

    (void)state;
    support_dir_make(dir);
    trace_clear();
    assert_ok(store_lmdb_open(dir, ONDISK_TABLES, true, &s));
    assert_true(trace.n >= 2);
    assert_string_equal(trace.calls + trace.n - 2, "FD");
    store_close(s);
    support_dir_remove(dir);
}

static void
test_opening_syncs_before_it_looks(void **state)
{
    struct ondisk *f = *state;

    ondisk_close(f);
    trace.fail_at = 1;
    trace.error = EIO;
    assert_err(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store),
               SV_ERR_IO);
    assert_string_equal(trace.calls, "F");
    trace_clear();
    assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store));
    assert_string_equal(trace.calls, "F");
}

static void
test_a_store_that_cannot_be_made_leaves_nothing(void **state)
{
    struct store *s = NULL;
    char dir[PATH_SIZE];
    size_t k = 0;
    enum sv_err err;

    (void)state;
    support_dir_make(dir);
    do {
        trace_clear();
        trace.fail_at = ++k;
        trace.error = ENOSPC;
        err = store_lmdb_open(dir, ONDISK_TABLES, true, &s);
        if (err != SV_OK) {
            assert_err(err, SV_ERR_FULL);
            assert_null(s);
            assert_false(exists(dir, "data.mdb"));
            assert_false(exists(dir, "lock.mdb"));
        }
    } while (err != SV_OK);
    assert_true(k > 5);
    trace_clear();
    store_close(s);
    support_dir_remove(dir);
}

struct fault {
    const char *name;
    int error;
    bool cut;
    bool through;
    bool keep_on;
    bool disk_full;
    enum sv_err early; /* before the header */
};

static const struct fault faults[] = {
    {"EIO once", EIO, false, false, false, false, SV_ERR_UNSURE},
    {"EIO for good", EIO, false, false, true, false, SV_ERR_UNSURE},
    {"EIO but done", EIO, false, true, false, false, SV_ERR_UNSURE},
    {"EIO for good but done", EIO, false, true, true, false, SV_ERR_UNSURE},
    {"ENOSPC once", ENOSPC, false, false, false, true, SV_ERR_FULL},
    {"ENOSPC for good", ENOSPC, false, false, true, true, SV_ERR_FULL},
    {"ENOSPC but done", ENOSPC, false, true, false, true, SV_ERR_FULL},
    {"quota", EDQUOT, false, false, true, false, SV_ERR_FULL},
    {"file size limit", EFBIG, false, false, true, false, SV_ERR_FULL},
    {"out of memory", ENOMEM, false, false, false, false, SV_ERR_UNSURE},
    {"cut, disk full", ENOSPC, true, false, true, true, SV_ERR_FULL},
    {"cut, disk not full", EIO, true, false, true, false, SV_ERR_UNSURE},
};

/* A commit of which the k-th call fails, or for 0 that of the header.  False
 * where there are fewer. */
static bool
commit_failing_at(struct ondisk *f, const struct fault *fault, size_t k,
                  bool *header)
{
    struct store_txn *txn = NULL;
    enum sv_err err;

    assert_ok(ondisk_put(f->store, "old", 9000));
    assert_ok(store_begin(f->store, STORE_WRITE, &txn));
    assert_ok(ondisk_put_in(txn, "new", 20000));
    assert_ok(ondisk_put_in(txn, "old", 100));
    trace_clear();
    trace.error = fault->error;
    trace.cut = fault->cut;
    trace.through = fault->through;
    trace.keep_on = fault->keep_on;
    trace.disk_full = fault->disk_full;
    trace.fail_at = k;
    trace.fail_header = k == 0;
    err = store_commit(&txn);
    if (trace.n < k) {
        assert_ok(err);
        trace_clear();
        return false;
    }
    *header = trace.calls[trace.fail_at - 1] == 'H';
    assert_err(err, *header ? SV_ERR_UNSURE : fault->early);
    if (err == SV_ERR_UNSURE)
        assert_err(store_begin(f->store, STORE_READ, &txn), SV_ERR_UNSURE);
    else
        assert_ok(ondisk_look(f->store, "old", 9000));
    trace_clear();
    return true;
}

/*
 * After a failed commit all of it or nothing is there.  All of it only where
 * the header was written, and then neither acknowledged nor put back.
 */
static void
check_after(struct ondisk *f, bool all)
{
    if (all) {
        assert_ok(ondisk_look(f->store, "old", 100));
        assert_ok(ondisk_look(f->store, "new", 20000));
        assert_ok(ondisk_remove(f->store, "new"));
    } else {
        assert_ok(ondisk_look(f->store, "old", 9000));
        assert_err(ondisk_look(f->store, "new", 20000), SV_ERR_NOT_FOUND);
    }
    assert_ok(ondisk_put(f->store, "again", 50));
    assert_ok(ondisk_look(f->store, "again", 50));
}

static void
test_a_commit_failing_at_any_call_loses_nothing(void **state)
{
    struct ondisk *f = *state;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        bool header = false;
        size_t k = 0;

        for (; commit_failing_at(f, &faults[i], k, &header); k++) {
            ondisk_reopen(f);
            if (k == 0)
                assert_true(header);
            check_after(f, header && faults[i].through && faults[i].keep_on);
        }
        assert_true(k > 3); /* pages, sync, header */
        assert_ok(ondisk_look(f->store, "new", 20000));
        assert_ok(ondisk_remove(f->store, "new"));
    }
}

static void
test_a_full_disk_leaves_the_store_in_use(void **state)
{
    struct ondisk *f = *state;

    assert_ok(ondisk_put(f->store, "old", 9000));
    for (size_t i = 0; i < 20; i++) {
        trace_clear();
        trace.error = ENOSPC;
        trace.fail_at = 1 + i % 2;
        assert_err(ondisk_put(f->store, "new", 20000), SV_ERR_FULL);
        trace_clear();
        assert_ok(ondisk_look(f->store, "old", 9000));
        assert_err(ondisk_look(f->store, "new", 20000), SV_ERR_NOT_FOUND);
        assert_ok(ondisk_put(f->store, "small", i));
        assert_ok(ondisk_look(f->store, "small", i));
    }
    assert_ok(ondisk_put(f->store, "new", 20000));
    ondisk_reopen(f);
    assert_ok(ondisk_look(f->store, "old", 9000));
    assert_ok(ondisk_look(f->store, "new", 20000));
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, set_up, ondisk_tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_no_flag_touches_durability),
        CASE(test_no_source_names_a_forbidden_flag),
        CASE(test_commit_syncs_the_pages_before_the_header),
        CASE(test_reads_and_aborts_write_nothing),
        CASE(test_a_new_store_syncs_its_file_and_then_its_name),
        CASE(test_opening_syncs_before_it_looks),
        CASE(test_a_store_that_cannot_be_made_leaves_nothing),
        CASE(test_a_commit_failing_at_any_call_loses_nothing),
        CASE(test_a_full_disk_leaves_the_store_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
