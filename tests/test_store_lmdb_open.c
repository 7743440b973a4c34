/* What is opened, made and refused, and as whose. */
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/ondisk.h"

static void
test_open_makes_nothing_where_nothing_is(void **state)
{
    struct store *s = NULL;
    char dir[PATH_SIZE];
    char below[PATH_SIZE];

    (void)state;
    support_dir_make(dir);
    assert_ok(path_join(below, dir, "none"));
    assert_err(store_lmdb_open(dir, ONDISK_TABLES, false, &s),
               SV_ERR_NOT_FOUND);
    assert_err(store_lmdb_open(below, ONDISK_TABLES, false, &s),
               SV_ERR_NOT_FOUND);
    assert_err(store_lmdb_open(below, ONDISK_TABLES, true, &s),
               SV_ERR_NOT_FOUND);
    assert_null(s);
    assert_int_equal(rmdir(dir), 0); /* it is empty */
}

static void
test_create_refuses_what_is_there_and_leaves_it(void **state)
{
    struct ondisk *f = *state;
    struct store *s = NULL;

    assert_ok(ondisk_put(f->store, "key", 100));
    ondisk_close(f);
    assert_err(store_lmdb_open(f->dir, ONDISK_TABLES, true, &s), SV_ERR_EXISTS);
    assert_null(s);
    assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store));
    assert_ok(ondisk_look(f->store, "key", 100));
}

static void
test_files_are_for_their_owner_only(void **state)
{
    mode_t was = umask(0);
    struct store *s = NULL;
    char dir[PATH_SIZE];

    (void)state;
    support_dir_make(dir);
    assert_ok(store_lmdb_open(dir, ONDISK_TABLES, true, &s));
    (void)umask(was);
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_SIZE];
        struct stat st;

        assert_ok(path_join(path, dir, i == 0 ? "data.mdb" : "lock.mdb"));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    store_close(s);
    support_dir_remove(dir);
}

static void
test_a_table_too_many_is_not_made_up(void **state)
{
    struct ondisk *f = *state;
    struct store *s = NULL;

    assert_ok(ondisk_put(f->store, "key", 100));
    ondisk_close(f);
    assert_err(store_lmdb_open(f->dir, ONDISK_TABLES + 1, false, &s),
               SV_ERR_TAMPERED);
    assert_ok(store_lmdb_open(f->dir, 1, false, &f->store));
    assert_ok(ondisk_look(f->store, "key", 100));
}

/* As nobody, where we are root: root is refused nothing. */
static bool
become_nobody(void)
{
    return geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);
}

static int
create_in_read_only(struct ondisk *f)
{
    struct store *s = NULL;

    return become_nobody()
               ? ondisk_code(store_lmdb_open(f->dir, ONDISK_TABLES, true, &s))
               : ONDISK_SKIPPED;
}

static int
open_unreadable(struct ondisk *f)
{
    struct store *s = NULL;

    return become_nobody()
               ? ondisk_code(store_lmdb_open(f->dir, ONDISK_TABLES, false, &s))
               : ONDISK_SKIPPED;
}

static void
test_a_read_only_directory_is_denied(void **state)
{
    struct ondisk *f = *state;
    struct ondisk empty = {{0}, {0}, NULL};

    support_dir_make(empty.dir);
    assert_int_equal(chmod(empty.dir, 0555), 0);
    assert_ondisk_code(ondisk_child(&empty, create_in_read_only),
                       SV_ERR_DENIED);
    assert_int_equal(chmod(empty.dir, 0700), 0);
    assert_int_equal(rmdir(empty.dir), 0); /* it is empty */

    ondisk_close(f);
    assert_int_equal(chmod(f->dir, 0555), 0);
    assert_int_equal(chmod(f->data, 0), 0);
    assert_ondisk_code(ondisk_child(f, open_unreadable), SV_ERR_DENIED);
    assert_int_equal(chmod(f->dir, 0700), 0);
}

static void
test_a_lock_file_full_of_junk_does_not_matter(void **state)
{
    static const uint8_t junk[4096] = {0xaa, 0xbb, 0xcc};
    struct ondisk *f = *state;
    char lock[PATH_SIZE];

    assert_ok(path_join(lock, f->dir, "lock.mdb"));
    assert_ok(ondisk_put(f->store, "key", 100));
    ondisk_close(f);
    for (off_t at = 0; at < 8192; at += 4096)
        ondisk_overwrite(lock, at, junk, sizeof junk);
    assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store));
    assert_ok(ondisk_look(f->store, "key", 100));
    assert_ok(ondisk_put(f->store, "key", 200));
    ondisk_close(f);
    assert_int_equal(unlink(lock), 0);
    assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store));
    assert_ok(ondisk_look(f->store, "key", 200));
}

static int
die_in_transaction(struct ondisk *f)
{
    struct store *s = NULL;
    struct store_txn *txn = NULL;

    if (store_lmdb_open(f->dir, ONDISK_TABLES, false, &s) != SV_OK ||
        store_begin(s, STORE_WRITE, &txn) != SV_OK ||
        ondisk_put_in(txn, "new", 10000) != SV_OK)
        return 90;
    (void)raise(SIGKILL);
    return 91;
}

static void
test_a_killed_writer_leaves_no_trace(void **state)
{
    struct ondisk *f = *state;

    assert_ok(ondisk_put(f->store, "old", 100));
    ondisk_close(f);
    assert_int_equal(ondisk_child(f, die_in_transaction), 1000 + SIGKILL);
    assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store));
    assert_ok(ondisk_look(f->store, "old", 100));
    assert_err(ondisk_look(f->store, "new", 10000), SV_ERR_NOT_FOUND);
    assert_ok(ondisk_put(f->store, "new", 10000));
}

static void
test_a_pipe_in_the_place_of_the_data_file_is_not_waited_for(void **state)
{
    struct ondisk *f = *state;

    ondisk_close(f);
    assert_int_equal(unlink(f->data), 0);
    assert_int_equal(mkfifo(f->data, 0600), 0);
    (void)alarm(10);
    assert_err(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store),
               SV_ERR_TAMPERED);
    (void)alarm(0);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, ondisk_set_up, ondisk_tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_open_makes_nothing_where_nothing_is),
        CASE(test_create_refuses_what_is_there_and_leaves_it),
        CASE(test_files_are_for_their_owner_only),
        CASE(test_a_table_too_many_is_not_made_up),
        CASE(test_a_read_only_directory_is_denied),
        CASE(test_a_lock_file_full_of_junk_does_not_matter),
        CASE(test_a_killed_writer_leaves_no_trace),
        CASE(test_a_pipe_in_the_place_of_the_data_file_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
