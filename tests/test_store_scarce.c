#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <lmdb.h>

#include "store/store_fault.h"
#include "store/store_lmdb.h"
#include "tests/support/scarce.h"
#include "tests/support/support.h"

/*
 * Each engine where memory runs out or the system refuses, at each place that
 * asks for something; and LMDB where it refuses itself.  What failed says so,
 * nothing of it is there, and the store goes on, or opens again.
 */

#define N_TABLES 3

/* ---- What LMDB refuses ---- */

static struct {
    const char *name; /* the call that fails; NULL: none */
    int rc;
    unsigned nth; /* from 1 */
    unsigned calls;
} refused;

static void
refuse(const char *name, unsigned nth, int rc)
{
    refused.name = name;
    refused.nth = nth;
    refused.rc = rc;
    refused.calls = 0;
}

static bool
is_refused(const char *name)
{
    return refused.name != NULL && strcmp(refused.name, name) == 0 &&
           ++refused.calls == refused.nth;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
#define LED(name, parameters, arguments)                                       \
    int __real_##name parameters;                                              \
    int __wrap_##name parameters;                                              \
    int __wrap_##name parameters                                               \
    {                                                                          \
        return is_refused(#name) ? refused.rc : __real_##name arguments;       \
    }

LED(mdb_env_create, (MDB_env * *env), (env))
LED(mdb_env_set_mapsize, (MDB_env * env, size_t size), (env, size))
LED(mdb_env_set_maxdbs, (MDB_env * env, MDB_dbi n), (env, n))
LED(mdb_env_open,
    (MDB_env * env, const char *path, unsigned flags, mdb_mode_t mode),
    (env, path, flags, mode))
LED(mdb_env_get_fd, (MDB_env * env, int *fd), (env, fd))
LED(mdb_reader_check, (MDB_env * env, int *dead), (env, dead))
LED(mdb_txn_begin,
    (MDB_env * env, MDB_txn *parent, unsigned flags, MDB_txn **txn),
    (env, parent, flags, txn))
LED(mdb_dbi_open,
    (MDB_txn * txn, const char *name, unsigned flags, MDB_dbi *dbi),
    (txn, name, flags, dbi))
LED(mdb_dbi_flags, (MDB_txn * txn, MDB_dbi dbi, unsigned *flags),
    (txn, dbi, flags))
LED(mdb_get, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value),
    (txn, dbi, key, value))
LED(mdb_put,
    (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned flags),
    (txn, dbi, key, value, flags))
LED(mdb_del, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value),
    (txn, dbi, key, value))
LED(mdb_cursor_open, (MDB_txn * txn, MDB_dbi dbi, MDB_cursor **cursor),
    (txn, dbi, cursor))
LED(mdb_cursor_get,
    (MDB_cursor * cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op),
    (cursor, key, value, op))

/* It ends the transaction whatever it says. */
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int
__wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (!is_refused("mdb_txn_commit"))
        return __real_mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return refused.rc;
}

/* How full the disk is, where somebody asks. */
static struct {
    bool fails;
    fsblkcnt_t free;
} disk;

int __wrap_fstatvfs(int fd, struct statvfs *out);
int
__wrap_fstatvfs(int fd, struct statvfs *out)
{
    (void)fd;
    memset(out, 0, sizeof *out);
    out->f_frsize = 4096;
    out->f_bavail = disk.free;
    return disk.fails ? -1 : 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- A store, and all that is done with one ---- */

struct scene {
    char dir[PATH_SIZE]; /* empty: in memory */
    struct store *store;
    struct store_fault_plan plan;
    bool fresh; /* it is made and opened each time */
};

static int
setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    refuse(NULL, 0, 0);
    disk.fails = false;
    disk.free = 1 << 20;
    support_dir_make(s->dir);
    assert_ok(store_lmdb_open(s->dir, N_TABLES, true, &s->store));
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    struct scene *s = *state;

    store_close(s->store);
    support_dir_remove(s->dir);
    free(s);
    return 0;
}

static void
reopen(struct scene *s)
{
    refuse(NULL, 0, 0);
    store_close(s->store);
    s->store = NULL;
    assert_ok(store_lmdb_open(s->dir, N_TABLES, false, &s->store));
}

static enum sv_err
count_pairs(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    (void)key;
    (void)value;
    *more = true;
    ++*(size_t *)ctx;
    return SV_OK;
}

static enum sv_err
count(struct store_txn *txn, size_t *n)
{
    *n = 0;
    return store_scan(txn, 0, bytes_of(NULL, 0), count_pairs, n);
}

static enum sv_err
read_back(struct store_txn *txn)
{
    struct bytes key, value;
    enum sv_err err = store_get(txn, 0, bytes_text("key-3"), &value);

    if (err == SV_OK)
        err = store_last(txn, 0, &key, &value);
    return err;
}

#define N_PAIRS 40

static enum sv_err
put_pairs(struct store_txn *txn)
{
    enum sv_err err = SV_OK;
    char key[16];

    for (unsigned i = 0; i < N_PAIRS && err == SV_OK; i++) {
        (void)snprintf(key, sizeof key, "key-%u", i);
        err = store_put(txn, 0, bytes_text(key), bytes_text("value"));
    }
    if (err == SV_OK) /* over what is there, and out again */
        err = store_put(txn, 0, bytes_text("key-0"), bytes_text("other"));
    if (err == SV_OK)
        err = store_put(txn, 1, bytes_text("gone"), bytes_of(NULL, 0));
    for (unsigned i = 0; i < N_PAIRS && err == SV_OK; i++) {
        (void)snprintf(key, sizeof key, "key-%u", i);
        if (i % 4 == 1)
            err = store_delete(txn, 0, bytes_text(key));
    }
    return err == SV_OK ? store_delete(txn, 1, bytes_text("gone")) : err;
}

/* The snapshot does not see what the transaction beside it has done. */
static enum sv_err
look_at_snapshot(struct store *s, size_t want)
{
    struct store_txn *before = NULL;
    size_t n = 0;
    enum sv_err err = store_snapshot(s, &before);

    if (err == SV_OK)
        err = count(before, &n);
    if (err == SV_OK)
        assert_int_equal(n, want);
    store_abort(&before);
    return err;
}

static enum sv_err
change(struct store *s)
{
    struct store_txn *txn = NULL;
    size_t before = 0;
    enum sv_err err = store_begin(s, STORE_WRITE, &txn);

    if (err == SV_OK)
        err = count(txn, &before);
    if (err == SV_OK)
        err = put_pairs(txn);
    if (err == SV_OK)
        err = look_at_snapshot(s, before);
    if (err == SV_OK)
        err = read_back(txn);
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

static enum sv_err
run(void *ctx)
{
    struct scene *s = ctx;
    struct store_damage damage;
    enum sv_err err = SV_OK;

    if (s->fresh) {
        store_close(s->store);
        s->store = NULL;
        err = s->dir[0] == '\0'
                  ? store_memory_open(N_TABLES, &s->store)
                  : store_lmdb_open(s->dir, N_TABLES, false, &s->store);
    }
    if (err == SV_OK)
        err = change(s->store);
    return err == SV_OK ? store_check(s->store, &damage) : err;
}

static size_t
pairs_in(struct store *s)
{
    struct store_txn *txn = NULL;
    size_t n;

    assert_ok(store_begin(s, STORE_READ, &txn));
    assert_ok(count(txn, &n));
    store_abort(&txn);
    return n;
}

/* All of it or nothing, and the store is as good as before. */
static void
look_after(struct scene *s, enum sv_err err, enum sv_err want,
           const char *place)
{
    struct store_txn *txn = NULL;
    size_t n;

    if (err != SV_OK && err != want)
        fail_msg("%s: %s", place, err_text(err));
    if (s->store == NULL)
        return;
    n = pairs_in(s->store);
    if (n != 0 && n != N_PAIRS * 3 / 4)
        fail_msg("%s: %zu pairs", place, n);
    assert_ok(change(s->store));
    assert_int_equal(pairs_in(s->store), N_PAIRS * 3 / 4);
    assert_ok(store_begin(s->store, STORE_WRITE, &txn));
    for (unsigned i = 0; i < N_PAIRS; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, "key-%u", i);
        if (i % 4 != 1)
            assert_ok(store_delete(txn, 0, bytes_text(key)));
    }
    assert_ok(store_commit(&txn));
}

static void
after_lack(void *ctx, enum sv_err err, const char *place)
{
    look_after(ctx, err, SV_ERR_NOMEM, place);
}

static void
after_refusal(void *ctx, enum sv_err err, const char *place)
{
    look_after(ctx, err, SV_ERR_IO, place);
}

static void
test_memory_runs_out_in_the_store_in_memory(void **state)
{
    struct scene s = {.fresh = true};
    const struct scarce_work w = {"memory", &s, run, after_lack};

    (void)state;
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 6);
    store_close(s.store);
}

static void
test_memory_runs_out_in_a_store_under_faults(void **state)
{
    struct store *inner = NULL;
    struct scene s = {0};
    const struct scarce_work w = {"fault", &s, run, after_lack};

    (void)state;
    assert_ok(store_memory_open(N_TABLES, &inner));
    scarce_memory_at(1, false);
    assert_err(store_fault_wrap(inner, &s.plan, &s.store), SV_ERR_NOMEM);
    scarce_memory_at(0, false);
    assert_null(s.store);
    assert_ok(store_fault_wrap(inner, &s.plan, &s.store));
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 5);
    store_close(s.store);
}

static void
test_memory_runs_out_in_lmdb(void **state)
{
    struct scene *s = *state;
    const struct scarce_work w = {"lmdb", s, run, after_lack};

    s->fresh = true;
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 3);
}

static void
test_the_system_refuses_lmdb(void **state)
{
    struct scene *s = *state;
    const struct scarce_work w = {"lmdb", s, run, after_refusal};

    s->fresh = true;
    assert_true(scarce_at_each_place(&w, SCARCE_SYSTEM, 1) > 8);
}

/* ---- A store that cannot be made leaves nothing; not opened, it stays ---- */

static enum sv_err
make_new(void *ctx)
{
    struct scene *s = ctx;

    return store_lmdb_open(s->dir, N_TABLES, true, &s->store);
}

static void
nothing_or_all(struct scene *s, enum sv_err err, const char *place)
{
    char data[PATH_SIZE], lock[PATH_SIZE];

    assert_ok(path_join(data, s->dir, "data.mdb"));
    assert_ok(path_join(lock, s->dir, "lock.mdb"));
    if ((err == SV_OK) != (s->store != NULL) ||
        (err == SV_OK) != (access(data, F_OK) == 0))
        fail_msg("%s: %s", place, err_text(err));
    store_close(s->store);
    s->store = NULL;
    if (err == SV_OK)
        assert_int_equal(unlink(data) + unlink(lock), 0);
    assert_int_equal(access(lock, F_OK), -1);
}

static void
after_making(void *ctx, enum sv_err err, const char *place)
{
    nothing_or_all(ctx, err, place);
}

static void
test_a_store_that_the_system_refuses_is_not_half_made(void **state)
{
    struct scene s = {0};
    const struct scarce_work w = {"new", &s, make_new, after_making};

    (void)state;
    support_dir_make(s.dir);
    assert_true(scarce_at_each_place(&w, SCARCE_SYSTEM, 1) > 4);
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 0);
    support_dir_remove(s.dir);
}

/* The first call of each, as a store is made and as it is opened. */
static const char *const openers[] = {
    "mdb_env_create", "mdb_env_set_mapsize", "mdb_env_set_maxdbs",
    "mdb_env_open",   "mdb_reader_check",    "mdb_txn_begin",
    "mdb_dbi_open",   "mdb_dbi_flags",       "mdb_txn_commit",
};

static void
test_a_store_that_lmdb_refuses_is_not_half_made(void **state)
{
    struct scene s = {0};

    (void)state;
    support_dir_make(s.dir);
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
        refuse(openers[i], 1, EIO);
        assert_err(make_new(&s), SV_ERR_IO);
        nothing_or_all(&s, SV_ERR_IO, openers[i]);
    }
    refuse("mdb_env_get_fd", 1, EIO); /* what is to be synced? */
    assert_err(make_new(&s), SV_ERR_IO);
    nothing_or_all(&s, SV_ERR_IO, "mdb_env_get_fd");
    support_dir_remove(s.dir);
}

static void
test_a_store_that_lmdb_does_not_open_stays_as_it_is(void **state)
{
    struct scene *s = *state;

    assert_ok(change(s->store));
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
        store_close(s->store);
        s->store = NULL;
        refuse(openers[i], 1, EACCES);
        assert_err(store_lmdb_open(s->dir, N_TABLES, false, &s->store),
                   SV_ERR_DENIED);
        assert_null(s->store);
        reopen(s);
        assert_int_equal(pairs_in(s->store), N_PAIRS * 3 / 4);
    }
}

/* No room for the map: a smaller one will do, down to the smallest. */
static void
test_a_map_that_does_not_fit_is_halved(void **state)
{
    struct scene *s = *state;
    size_t size = store_lmdb_map_size(s->store);

    store_close(s->store);
    s->store = NULL;
    refuse("mdb_env_open", 1, ENOMEM);
    assert_ok(store_lmdb_open(s->dir, N_TABLES, false, &s->store));
    assert_int_equal(store_lmdb_map_size(s->store), size / 2);
}

/* ---- What each code of LMDB means ---- */

static const struct {
    int rc;
    enum sv_err err;
} codes[] = {
    {MDB_NOTFOUND, SV_ERR_NOT_FOUND},
    {MDB_MAP_FULL, SV_ERR_FULL},
    {ENOSPC, SV_ERR_FULL},
    {MDB_TXN_FULL, SV_ERR_RANGE},
    {MDB_READERS_FULL, SV_ERR_BUSY},
    {MDB_PAGE_NOTFOUND, SV_ERR_TAMPERED},
    {MDB_CORRUPTED, SV_ERR_TAMPERED},
    {MDB_VERSION_MISMATCH, SV_ERR_TAMPERED},
    {MDB_INVALID, SV_ERR_TAMPERED},
    {MDB_CURSOR_FULL, SV_ERR_TAMPERED},
    {MDB_PAGE_FULL, SV_ERR_TAMPERED},
    {MDB_MAP_RESIZED, SV_ERR_TAMPERED},
    {MDB_INCOMPATIBLE, SV_ERR_TAMPERED},
    {MDB_BAD_TXN, SV_ERR_IO},
    {EIO, SV_ERR_IO},
    {ENOMEM, SV_ERR_NOMEM},
    {EACCES, SV_ERR_DENIED},
    {MDB_PANIC, SV_ERR_UNSURE},
};
#define N_CODES (sizeof codes / sizeof *codes)

static enum sv_err
do_get(struct store_txn *txn)
{
    struct bytes value;

    return store_get(txn, 0, bytes_text("key-0"), &value);
}

static enum sv_err
do_put(struct store_txn *txn)
{
    return store_put(txn, 0, bytes_text("key-0"), bytes_text("new"));
}

static enum sv_err
do_delete(struct store_txn *txn)
{
    return store_delete(txn, 0, bytes_text("key-0"));
}

static enum sv_err
do_last(struct store_txn *txn)
{
    struct bytes key, value;

    return store_last(txn, 0, &key, &value);
}

static enum sv_err
do_scan(struct store_txn *txn)
{
    size_t n;

    return count(txn, &n);
}

/* Nothing can be committed over an error that nobody looked at. */
static void
test_each_error_of_lmdb_has_its_meaning(void **state)
{
    static const struct {
        const char *name;
        enum sv_err (*run)(struct store_txn *txn);
        unsigned nth;
    } calls[] = {
        {"mdb_get", do_get, 1},         {"mdb_put", do_put, 1},
        {"mdb_del", do_delete, 1},      {"mdb_cursor_open", do_last, 1},
        {"mdb_cursor_get", do_last, 1}, {"mdb_cursor_open", do_scan, 1},
        {"mdb_cursor_get", do_scan, 5},
    };
    struct scene *s = *state;

    assert_ok(change(s->store));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t k = 0; k < N_CODES; k++) {
            struct store_txn *txn = NULL;
            /* Where a scan finds nothing more, it ends. */
            bool ends = calls[i].nth > 1 && codes[k].rc == MDB_NOTFOUND;
            enum sv_err err;

            assert_ok(store_begin(s->store, STORE_WRITE, &txn));
            refuse(calls[i].name, calls[i].nth, codes[k].rc);
            err = calls[i].run(txn);
            refuse(NULL, 0, 0);
            if (err != (ends ? SV_OK : codes[k].err))
                fail_msg("%s, %d: %s", calls[i].name, codes[k].rc,
                         err_text(err));
            if (err == SV_OK || err == SV_ERR_NOT_FOUND)
                store_abort(&txn);
            else
                assert_err(store_commit(&txn), err);
            assert_int_equal(pairs_in(s->store), N_PAIRS * 3 / 4);
        }
}

static void
test_what_does_not_begin_has_changed_nothing(void **state)
{
    struct scene *s = *state;

    assert_ok(change(s->store));
    for (size_t k = 0; k < N_CODES; k++) {
        struct store_txn *txn = NULL;
        struct store_damage damage;

        refuse("mdb_txn_begin", 1, codes[k].rc);
        assert_err(store_snapshot(s->store, &txn), codes[k].err);
        refuse("mdb_txn_begin", 1, codes[k].rc);
        assert_err(store_begin(s->store, STORE_WRITE, &txn), codes[k].err);
        assert_null(txn);
        if (codes[k].err == SV_ERR_UNSURE) { /* of everything, from now on */
            assert_err(store_begin(s->store, STORE_READ, &txn), SV_ERR_UNSURE);
            assert_err(store_snapshot(s->store, &txn), SV_ERR_UNSURE);
            assert_err(store_check(s->store, &damage), SV_ERR_UNSURE);
            reopen(s);
        }
        assert_int_equal(pairs_in(s->store), N_PAIRS * 3 / 4);
    }
}

/* A write cut short is EIO to LMDB; only the disk itself says that it is full,
 * and where it cannot be asked it is not taken to be. */
static void
test_a_disk_is_called_full_only_where_it_says_so(void **state)
{
    static const struct {
        fsblkcnt_t free;
        bool fails;
        enum sv_err err;
    } cases[] = {
        {0, false, SV_ERR_FULL},
        {1 << 20, false, SV_ERR_IO},
        {0, true, SV_ERR_IO},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_txn *txn = NULL;

        disk.free = cases[i].free;
        disk.fails = cases[i].fails;
        assert_ok(store_begin(s->store, STORE_WRITE, &txn));
        refuse("mdb_put", 1, EIO);
        assert_err(do_put(txn), cases[i].err);
        store_abort(&txn);
    }
}

static void
test_a_check_that_has_no_file_is_an_error(void **state)
{
    struct scene *s = *state;
    struct store_damage damage;

    refuse("mdb_env_get_fd", 1, EINVAL);
    assert_err(store_check(s->store, &damage), SV_ERR_IO);
    assert_ok(store_check(s->store, &damage));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_memory_runs_out_in_the_store_in_memory),
        CASE(test_memory_runs_out_in_a_store_under_faults),
        CASE(test_memory_runs_out_in_lmdb),
        CASE(test_the_system_refuses_lmdb),
        CASE(test_a_store_that_the_system_refuses_is_not_half_made),
        CASE(test_a_store_that_lmdb_refuses_is_not_half_made),
        CASE(test_a_store_that_lmdb_does_not_open_stays_as_it_is),
        CASE(test_a_map_that_does_not_fit_is_halved),
        CASE(test_each_error_of_lmdb_has_its_meaning),
        CASE(test_what_does_not_begin_has_changed_nothing),
        CASE(test_a_disk_is_called_full_only_where_it_says_so),
        CASE(test_a_check_that_has_no_file_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
