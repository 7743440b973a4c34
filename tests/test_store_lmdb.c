/*
 * LMDB under faults.  The system calls by which it writes are defined here
 * in front of the C library's: they are traced, and fail when a test says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lmdb.h>

#include "store/store_lmdb.h"
#include "tests/support/support.h"

#define N_TABLES 3
#define PAGE ((off_t)4096)
#define MIB ((size_t)1 << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* One letter for each call: w writes pages, s syncs them, H writes a header
 * and syncs it, F syncs a file, D a directory. */
static struct {
    char calls[256];
    size_t n;
    size_t fail_at;   /* from 1; 0: none */
    bool fail_header; /* the first header, wherever it comes */
    bool keep_on;     /* failing, from there */
    bool cut;         /* a write goes through in part */
    bool through;     /* a write goes through and fails all the same */
    int error;
    bool disk_full; /* as statvfs says */
} trace;

static void
trace_clear(void)
{
    memset(&trace, 0, sizeof trace);
}

static bool
trace_fails(char call)
{
    if (trace.n + 1 < sizeof trace.calls)
        trace.calls[trace.n] = call; /* the first ones; all are counted */
    trace.n++;
    if (trace.fail_header && call == 'H' && trace.fail_at == 0)
        trace.fail_at = trace.n;
    if (trace.fail_at == 0 || trace.n < trace.fail_at)
        return false;
    return trace.keep_on || trace.n == trace.fail_at;
}

static bool
is_synced(int fd)
{
    return (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
    if (trace_fails(is_synced(fd) ? 'H' : 'w')) {
        if (trace.through && trace.n == trace.fail_at)
            (void)syscall(SYS_pwrite64, fd, data, n, at);
        if (!trace.cut) {
            errno = trace.error;
            return -1;
        }
        n /= 2;
    }
    return syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
    if (trace_fails('w')) {
        if (!trace.cut) {
            errno = trace.error;
            return -1;
        }
        n = 1;
    }
    return syscall(SYS_writev, fd, parts, n);
}

int
fdatasync(int fd)
{
    if (trace_fails('s')) {
        errno = trace.error;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    if (trace_fails(S_ISDIR(st.st_mode) ? 'D' : 'F')) {
        errno = trace.error;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int
fstatvfs(int fd, struct statvfs *out)
{
    (void)fd;
    memset(out, 0, sizeof *out);
    out->f_frsize = 4096;
    out->f_bavail = trace.disk_full ? 0 : 1 << 20;
    return 0;
}

struct fixture {
    char dir[PATH_SIZE];
    char data[PATH_SIZE];
    struct store *store;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    trace_clear();
    support_dir_make(f->dir);
    assert_ok(path_join(f->data, f->dir, "data.mdb"));
    assert_ok(store_lmdb_open(f->dir, N_TABLES, true, &f->store));
    trace_clear();
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    support_dir_remove(f->dir);
    free(f);
    return 0;
}

static void
reopen(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &f->store));
}

/* Put a value of len bytes of the key's first character. */
static enum sv_err
put_in(struct store_txn *txn, const char *key, size_t len)
{
    struct buf value = BUF_INIT;
    uint8_t *at;
    enum sv_err err = buf_extend(&value, len, &at);

    if (err == SV_OK) {
        memset(at, key[0], len);
        err = store_put(txn, 0, bytes_text(key), buf_bytes(&value));
    }
    buf_free(&value);
    return err;
}

static enum sv_err
put(struct store *s, const char *key, size_t len)
{
    struct store_txn *txn = NULL;
    enum sv_err err = store_begin(s, STORE_WRITE, &txn);

    if (err == SV_OK)
        err = put_in(txn, key, len);
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

static enum sv_err
remove_key(struct store *s, const char *key)
{
    struct store_txn *txn = NULL;
    enum sv_err err = store_begin(s, STORE_WRITE, &txn);

    if (err == SV_OK)
        err = store_delete(txn, 0, bytes_text(key));
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

/* SV_ERR_FORMAT for another value than put() puts. */
static enum sv_err
look(struct store *s, const char *key, size_t len)
{
    struct store_txn *txn = NULL;
    struct bytes value = {NULL, 0};
    enum sv_err err = store_begin(s, STORE_READ, &txn);

    if (err == SV_OK)
        err = store_get(txn, 0, bytes_text(key), &value);
    if (err == SV_OK && value.len != len)
        err = SV_ERR_FORMAT;
    for (size_t i = 0; i < value.len && err == SV_OK; i++)
        if (value.ptr[i] != (uint8_t)key[0])
            err = SV_ERR_FORMAT;
    store_abort(&txn);
    return err;
}

static off_t
size_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static bool
exists(const char *dir, const char *name)
{
    char path[PATH_SIZE];

    assert_ok(path_join(path, dir, name));
    return access(path, F_OK) == 0;
}

/* What fn gives, or 1000 and the signal that killed it, in its own process. */
typedef int (*child_fn)(struct fixture *f);
static int
in_child(struct fixture *f, child_fn fn)
{
    int status = 0;
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        static const struct rlimit no_core = {0, 0};

        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)alarm(20);
        _exit(fn(f));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* An sv_err as an exit code and back; 100 asks to skip. */
enum { SKIPPED = 100 };
static int
code_of(enum sv_err err)
{
    return -(int)err;
}

static void
assert_code(int code, enum sv_err want)
{
    if (code == SKIPPED) {
        print_message("not possible on this system\n");
        skip();
    }
    assert_int_equal(code, code_of(want));
}

/* --- durability --------------------------------------------------------- */

static void
test_no_flag_touches_durability(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(store_lmdb_flags(f->store), MDB_NOTLS);
    reopen(f);
    assert_int_equal(store_lmdb_flags(f->store), MDB_NOTLS);
}

static void
test_source_names_no_forbidden_flag(void **state)
{
    static const char *const words[] = {
        "MDB_NOSYNC",   "MDB_NOMETASYNC", "MDB_WRITEMAP",
        "MDB_MAPASYNC", "MDB_NOMEMINIT",  "MDB_NOLOCK",
        "MDB_DUPSORT",  "MDB_NORDAHEAD",  "mdb_env_set_flags"};
    struct buf text = BUF_INIT;

    (void)state;
    assert_ok(file_read(SV_SOURCE_DIR "/store/store_lmdb.c", MIB, &text));
    assert_ok(file_read(SV_SOURCE_DIR "/store/lmdb_file.c", MIB, &text));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_null(memmem(text.ptr, text.len, words[i], strlen(words[i])));
    assert_non_null(memmem(text.ptr, text.len, "MDB_NOTLS", 9));
    buf_free(&text);
}

static void
test_commit_syncs_the_pages_before_the_header(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < 3; i++) {
        trace_clear();
        assert_ok(put(f->store, "key", 10000));
        assert_true(trace.n >= 3);
        assert_string_equal(trace.calls + trace.n - 2, "sH");
        for (size_t j = 0; j < trace.n - 2; j++)
            assert_int_equal(trace.calls[j], 'w');
    }
}

static void
test_reads_and_aborts_write_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn = NULL;

    assert_err(look(f->store, "key", 0), SV_ERR_NOT_FOUND);
    assert_ok(store_begin(f->store, STORE_WRITE, &txn));
    assert_ok(put_in(txn, "key", 10000));
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
    assert_ok(store_lmdb_open(dir, N_TABLES, true, &s));
    assert_true(trace.n >= 2);
    assert_string_equal(trace.calls + trace.n - 2, "FD");
    store_close(s);
    support_dir_remove(dir);
}

static void
test_opening_syncs_before_it_looks(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    trace.fail_at = 1;
    trace.error = EIO;
    assert_err(store_lmdb_open(f->dir, N_TABLES, false, &f->store), SV_ERR_IO);
    assert_string_equal(trace.calls, "F");
    trace_clear();
    assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &f->store));
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
        err = store_lmdb_open(dir, N_TABLES, true, &s);
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

/* --- failed commits ----------------------------------------------------- */

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
commit_failing_at(struct fixture *f, const struct fault *fault, size_t k,
                  bool *header)
{
    struct store_txn *txn = NULL;
    enum sv_err err;

    assert_ok(put(f->store, "old", 9000));
    assert_ok(store_begin(f->store, STORE_WRITE, &txn));
    assert_ok(put_in(txn, "new", 20000));
    assert_ok(put_in(txn, "old", 100));
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
        assert_ok(look(f->store, "old", 9000));
    trace_clear();
    return true;
}

/*
 * After a failed commit all of it or nothing is there.  All of it only where
 * the header was written, and then neither acknowledged nor put back.
 */
static void
check_after(struct fixture *f, bool all)
{
    if (all) {
        assert_ok(look(f->store, "old", 100));
        assert_ok(look(f->store, "new", 20000));
        assert_ok(remove_key(f->store, "new"));
    } else {
        assert_ok(look(f->store, "old", 9000));
        assert_err(look(f->store, "new", 20000), SV_ERR_NOT_FOUND);
    }
    assert_ok(put(f->store, "again", 50));
    assert_ok(look(f->store, "again", 50));
}

static void
test_a_commit_failing_at_any_call_loses_nothing(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        bool header = false;
        size_t k = 0;

        for (; commit_failing_at(f, &faults[i], k, &header); k++) {
            reopen(f);
            if (k == 0)
                assert_true(header);
            check_after(f, header && faults[i].through && faults[i].keep_on);
        }
        assert_true(k > 3); /* pages, sync, header */
        assert_ok(look(f->store, "new", 20000));
        assert_ok(remove_key(f->store, "new"));
    }
}

static void
test_a_full_disk_leaves_the_store_in_use(void **state)
{
    struct fixture *f = *state;

    assert_ok(put(f->store, "old", 9000));
    for (size_t i = 0; i < 20; i++) {
        trace_clear();
        trace.error = ENOSPC;
        trace.fail_at = 1 + i % 2;
        assert_err(put(f->store, "new", 20000), SV_ERR_FULL);
        trace_clear();
        assert_ok(look(f->store, "old", 9000));
        assert_err(look(f->store, "new", 20000), SV_ERR_NOT_FOUND);
        assert_ok(put(f->store, "small", i));
        assert_ok(look(f->store, "small", i));
    }
    assert_ok(put(f->store, "new", 20000));
    reopen(f);
    assert_ok(look(f->store, "old", 9000));
    assert_ok(look(f->store, "new", 20000));
}

/* --- full maps and disks ------------------------------------------------ */

static void
open_sized(struct fixture *f, size_t map_size)
{
    store_close(f->store);
    f->store = NULL;
    assert_ok(
        store_lmdb_open_sized(f->dir, N_TABLES, false, map_size, &f->store));
}

/* Put k000, k001, ... until it is full; how many were acknowledged. */
static unsigned
fill(struct store *s, size_t len, unsigned max, enum sv_err *err)
{
    unsigned n = 0;

    for (*err = SV_OK; n < max; n++) {
        char key[16];

        (void)snprintf(key, sizeof key, "k%03u", n);
        *err = put(s, key, len);
        if (*err != SV_OK)
            break;
    }
    return n;
}

/* Whether k000 to before n are there, and nothing else. */
static enum sv_err
look_all(struct store *s, size_t len, unsigned n)
{
    char key[16];
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < n && err == SV_OK; i++) {
        (void)snprintf(key, sizeof key, "k%03u", i);
        err = look(s, key, len);
    }
    if (err != SV_OK)
        return err;
    (void)snprintf(key, sizeof key, "k%03u", n);
    err = look(s, key, len);
    return err == SV_ERR_NOT_FOUND ? SV_OK : SV_ERR_EXISTS;
}

static void
test_a_full_map_loses_nothing_and_can_be_emptied(void **state)
{
    static const struct {
        size_t len;
        size_t map;
    } cases[] = {{100, MIB / 4}, {5000, MIB}};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum sv_err err;
        unsigned n;

        open_sized(f, cases[i].map);
        assert_int_equal(store_lmdb_map_size(f->store), cases[i].map);
        n = fill(f->store, cases[i].len, 5000, &err);
        assert_err(err, SV_ERR_FULL);
        assert_true(n > 10);
        assert_ok(look_all(f->store, cases[i].len, n));
        assert_err(put(f->store, "more", MIB), SV_ERR_FULL);
        open_sized(f, cases[i].map);
        assert_ok(look_all(f->store, cases[i].len, n));
        open_sized(f, 4 * cases[i].map); /* a larger map is all that it takes */
        assert_ok(put(f->store, "more", 100000));
        for (unsigned j = n; j > 0; j--) {
            char key[16];

            (void)snprintf(key, sizeof key, "k%03u", j - 1);
            assert_ok(remove_key(f->store, key));
        }
        assert_ok(remove_key(f->store, "more"));
    }
}

static int
fill_limited(struct fixture *f)
{
    static const struct rlimit limit = {MIB, MIB};
    struct store *s = NULL;
    enum sv_err err;
    unsigned n;

    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
        setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return SKIPPED;
    if (store_lmdb_open(f->dir, N_TABLES, false, &s) != SV_OK)
        return 90;
    for (n = 0, err = SV_OK; err == SV_OK; n++) {
        char key[16];

        (void)snprintf(key, sizeof key, "k%03u", n);
        err = put(s, key, 5000);
    }
    n--;
    store_close(s);
    if (err != SV_ERR_FULL && err != SV_ERR_UNSURE)
        return code_of(err);
    if (n < 10 || store_lmdb_open(f->dir, N_TABLES, false, &s) != SV_OK)
        return 91;
    err = look_all(s, 5000, n);
    store_close(s);
    return code_of(err);
}

static void
test_a_limited_file_loses_nothing(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    assert_code(in_child(f, fill_limited), SV_OK);
}

/* A small file system of its own, gone with the process. */
static int
fill_disk(struct fixture *f)
{
    struct store *s = NULL;
    enum sv_err err;
    unsigned n;

    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", f->dir, "tmpfs", 0, "size=1m") != 0)
        return SKIPPED;
    trace.disk_full = true;
    if (store_lmdb_open(f->dir, N_TABLES, true, &s) != SV_OK)
        return 90;
    for (n = 0, err = SV_OK; err == SV_OK; n++) {
        char key[16];

        (void)snprintf(key, sizeof key, "k%03u", n);
        err = put(s, key, 20000);
    }
    n--;
    if (err != SV_ERR_FULL)
        return code_of(err);
    if (n < 10 || look_all(s, 20000, n) != SV_OK)
        return 91;
    if (put(s, "more", 20000) != SV_ERR_FULL)
        return 92;
    store_close(s);
    if (store_lmdb_open(f->dir, N_TABLES, false, &s) != SV_OK)
        return 93;
    err = look_all(s, 20000, n);
    store_close(s);
    return code_of(err);
}

static void
test_a_full_disk_loses_nothing(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    assert_code(in_child(f, fill_disk), SV_OK);
}

static void
test_the_map_is_64_gib(void **state)
{
    struct fixture *f = *state;

    assert_true(store_lmdb_map_size(f->store) == (size_t)64 << 30);
    assert_true(size_of(f->data) < (off_t)MIB);
}

static int
open_in_little_space(struct fixture *f)
{
    static const struct rlimit limit = {(rlim_t)5 << 30, (rlim_t)5 << 30};
    struct store *s = NULL;
    enum sv_err err;
    size_t size;

    if (SANITIZED || setrlimit(RLIMIT_AS, &limit) != 0)
        return SKIPPED;
    err = store_lmdb_open(f->dir, N_TABLES, false, &s);
    if (err != SV_OK)
        return code_of(err);
    size = store_lmdb_map_size(s);
    if (size != (size_t)4 << 30)
        return 90;
    err = put(s, "key", 100);
    store_close(s);
    return code_of(err);
}

static int
open_in_no_space(struct fixture *f)
{
    static const struct rlimit limit = {256 << 20, 256 << 20};
    struct store *s = NULL;

    if (SANITIZED || setrlimit(RLIMIT_AS, &limit) != 0)
        return SKIPPED;
    return code_of(store_lmdb_open(f->dir, N_TABLES, false, &s));
}

static void
test_the_map_is_smaller_where_a_limit_forbids_it(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    assert_code(in_child(f, open_in_no_space), SV_ERR_NOMEM);
    assert_code(in_child(f, open_in_little_space), SV_OK);
}

/* --- opening ------------------------------------------------------------ */

static void
test_open_makes_nothing_where_nothing_is(void **state)
{
    struct store *s = NULL;
    char dir[PATH_SIZE];
    char below[PATH_SIZE];

    (void)state;
    support_dir_make(dir);
    assert_ok(path_join(below, dir, "none"));
    assert_err(store_lmdb_open(dir, N_TABLES, false, &s), SV_ERR_NOT_FOUND);
    assert_err(store_lmdb_open(below, N_TABLES, false, &s), SV_ERR_NOT_FOUND);
    assert_err(store_lmdb_open(below, N_TABLES, true, &s), SV_ERR_NOT_FOUND);
    assert_null(s);
    assert_int_equal(rmdir(dir), 0); /* it is empty */
}

static void
test_create_refuses_what_is_there_and_leaves_it(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;

    assert_ok(put(f->store, "key", 100));
    store_close(f->store);
    f->store = NULL;
    assert_err(store_lmdb_open(f->dir, N_TABLES, true, &s), SV_ERR_EXISTS);
    assert_null(s);
    assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &f->store));
    assert_ok(look(f->store, "key", 100));
}

static void
test_files_are_for_their_owner_only(void **state)
{
    mode_t was = umask(0);
    struct store *s = NULL;
    char dir[PATH_SIZE];

    (void)state;
    support_dir_make(dir);
    assert_ok(store_lmdb_open(dir, N_TABLES, true, &s));
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
    struct fixture *f = *state;
    struct store *s = NULL;

    assert_ok(put(f->store, "key", 100));
    store_close(f->store);
    f->store = NULL;
    assert_err(store_lmdb_open(f->dir, N_TABLES + 1, false, &s),
               SV_ERR_TAMPERED);
    assert_ok(store_lmdb_open(f->dir, 1, false, &f->store));
    assert_ok(look(f->store, "key", 100));
}

/* As nobody, where we are root: root is refused nothing. */
static bool
become_nobody(void)
{
    return geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);
}

static int
create_in_read_only(struct fixture *f)
{
    struct store *s = NULL;

    return become_nobody()
               ? code_of(store_lmdb_open(f->dir, N_TABLES, true, &s))
               : SKIPPED;
}

static int
open_unreadable(struct fixture *f)
{
    struct store *s = NULL;

    return become_nobody()
               ? code_of(store_lmdb_open(f->dir, N_TABLES, false, &s))
               : SKIPPED;
}

static void
test_a_read_only_directory_is_denied(void **state)
{
    struct fixture *f = *state;
    struct fixture empty = {{0}, {0}, NULL};

    support_dir_make(empty.dir);
    assert_int_equal(chmod(empty.dir, 0555), 0);
    assert_code(in_child(&empty, create_in_read_only), SV_ERR_DENIED);
    assert_int_equal(chmod(empty.dir, 0700), 0);
    assert_int_equal(rmdir(empty.dir), 0); /* it is empty */

    store_close(f->store);
    f->store = NULL;
    assert_int_equal(chmod(f->dir, 0555), 0);
    assert_int_equal(chmod(f->data, 0), 0);
    assert_code(in_child(f, open_unreadable), SV_ERR_DENIED);
    assert_int_equal(chmod(f->dir, 0700), 0);
}

static void
overwrite(const char *path, off_t at, const void *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(syscall(SYS_pwrite64, fd, data, n, at) == (long)n);
    assert_int_equal(close(fd), 0);
}

static void
test_a_lock_file_full_of_junk_does_not_matter(void **state)
{
    static const uint8_t junk[4096] = {0xaa, 0xbb, 0xcc};
    struct fixture *f = *state;
    char lock[PATH_SIZE];

    assert_ok(path_join(lock, f->dir, "lock.mdb"));
    assert_ok(put(f->store, "key", 100));
    store_close(f->store);
    f->store = NULL;
    for (off_t at = 0; at < 8192; at += 4096)
        overwrite(lock, at, junk, sizeof junk);
    assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &f->store));
    assert_ok(look(f->store, "key", 100));
    assert_ok(put(f->store, "key", 200));
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(unlink(lock), 0);
    assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &f->store));
    assert_ok(look(f->store, "key", 200));
}

static int
die_in_transaction(struct fixture *f)
{
    struct store *s = NULL;
    struct store_txn *txn = NULL;

    if (store_lmdb_open(f->dir, N_TABLES, false, &s) != SV_OK ||
        store_begin(s, STORE_WRITE, &txn) != SV_OK ||
        put_in(txn, "new", 10000) != SV_OK)
        return 90;
    (void)raise(SIGKILL);
    return 91;
}

static void
test_a_killed_writer_leaves_no_trace(void **state)
{
    struct fixture *f = *state;

    assert_ok(put(f->store, "old", 100));
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(in_child(f, die_in_transaction), 1000 + SIGKILL);
    assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &f->store));
    assert_ok(look(f->store, "old", 100));
    assert_err(look(f->store, "new", 10000), SV_ERR_NOT_FOUND);
    assert_ok(put(f->store, "new", 10000));
}

/* --- damage ------------------------------------------------------------- */

enum { DAMAGE_KEYS = 40, DAMAGE_LEN = 3000 };

/* Close a store with some pages in it; the file as it was goes to *sound. */
static void
make_sound(struct fixture *f, struct buf *sound)
{
    enum sv_err err;

    assert_int_equal(fill(f->store, DAMAGE_LEN, DAMAGE_KEYS / 2, &err),
                     DAMAGE_KEYS / 2);
    assert_int_equal(fill(f->store, DAMAGE_LEN, DAMAGE_KEYS, &err),
                     DAMAGE_KEYS);
    store_close(f->store);
    f->store = NULL;
    assert_ok(file_read(f->data, 16 * MIB, sound));
}

static void
restore(const struct fixture *f, const struct buf *sound)
{
    assert_int_equal(truncate(f->data, (off_t)sound->len), 0);
    overwrite(f->data, 0, sound->ptr, sound->len);
}

/* Open, read everything, write something. */
static int
use_damaged(struct fixture *f)
{
    struct store *s = NULL;
    enum sv_err err;
    int null = open("/dev/null", O_WRONLY);

    (void)dup2(null, STDERR_FILENO); /* LMDB says where it gives up */
    err = store_lmdb_open(f->dir, N_TABLES, false, &s);
    if (err == SV_OK)
        err = look_all(s, DAMAGE_LEN, DAMAGE_KEYS);
    if (err == SV_OK)
        err = put(s, "more", 10000);
    store_close(s);
    return code_of(err);
}

static void
test_a_file_cut_anywhere_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf sound = BUF_INIT;

    make_sound(f, &sound);
    for (off_t at = 0; at < (off_t)sound.len; at += PAGE / 2) {
        restore(f, &sound);
        assert_int_equal(truncate(f->data, at), 0);
        assert_int_equal(in_child(f, use_damaged), code_of(SV_ERR_TAMPERED));
        assert_int_equal(size_of(f->data), at); /* left for who looks */
    }
    restore(f, &sound);
    assert_int_equal(truncate(f->data, (off_t)sound.len - 1), 0);
    assert_int_equal(in_child(f, use_damaged), code_of(SV_ERR_TAMPERED));
    restore(f, &sound);
    assert_int_equal(in_child(f, use_damaged), code_of(SV_OK));
    buf_free(&sound);
}

/* Where the fields of a header lie in its page. */
static const struct {
    const char *name;
    off_t at;
    const char *bytes; /* in hex, as on this little-endian machine */
} header_damage[] = {
    {"page flags", 10, "0000"},
    {"magic", 16, "00"},
    {"version", 20, "02"},
    {"page size of zero", 40, "00000000"},
    {"page size of one", 40, "01000000"},
    {"page size of 3000", 40, "b80b0000"},
    {"page size of 2^31", 40, "00000080"},
    {"root of the free pages", 80, "ffffffffffffff7f"},
    {"root of the tables", 128, "ffffffffffffff7f"},
    {"root of the tables, a header", 128, "0100000000000000"},
    {"last page, little too high", 136, "00010000"},
    {"last page, far too high", 136, "ffffffffffffffff"},
    {"last page, overflowing", 136, "0000000000001000"},
    {"number of the transaction", 144, "ffffffffffffffff"},
};

static void
test_a_damaged_header_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf sound = BUF_INIT;

    make_sound(f, &sound);
    for (size_t i = 0; i < sizeof header_damage / sizeof *header_damage; i++) {
        struct buf bytes = support_unhex(header_damage[i].bytes);
        int code;

        restore(f, &sound);
        overwrite(f->data, header_damage[i].at, bytes.ptr, bytes.len);
        overwrite(f->data, PAGE + header_damage[i].at, bytes.ptr, bytes.len);
        code = in_child(f, use_damaged);
        if (code != code_of(SV_ERR_TAMPERED))
            fail_msg("%s: %d", header_damage[i].name, code);
        buf_free(&bytes);
    }
    buf_free(&sound);
}

static bool
ended_decently(int code)
{
    /* Sanitizers turn a signal into exit code 1. */
    return code < 1000 || code == 1000 + SIGSEGV || code == 1000 + SIGBUS ||
           code == 1000 + SIGABRT;
}

static void
test_flipped_bytes_end_at_worst_in_a_signal(void **state)
{
    struct fixture *f = *state;
    struct buf sound = BUF_INIT;
    size_t n_refused = 0;

    make_sound(f, &sound);
    for (size_t i = 0; i < 300; i++) {
        /* Headers and the starts of pages, where the structure is. */
        size_t at =
            i < 150 ? i % 152 + (i % 2) * 4096 : i * 4096 % sound.len + i % 48;
        uint8_t flipped = sound.ptr[at] ^ (uint8_t)(1U << i % 8);
        int code;

        restore(f, &sound);
        overwrite(f->data, (off_t)at, &flipped, 1);
        code = in_child(f, use_damaged);
        if (!ended_decently(code))
            fail_msg("byte %zu: %d", at, code);
        n_refused += code != 0;
    }
    assert_true(n_refused > 50);
    buf_free(&sound);
}

/* --- a file that is shorter than it says, and sound --------------------- */

/* LMDB takes from its free list what it gives back there, unwritten. */
static void
put_and_take_back(struct fixture *f)
{
    struct store_txn *txn = NULL;

    for (size_t i = 1; i < 10; i++)
        assert_ok(put(f->store, "key", 10 * i));
    assert_ok(store_begin(f->store, STORE_WRITE, &txn));
    assert_ok(put_in(txn, "key", 100));
    assert_ok(put_in(txn, "big", 400000));
    assert_ok(store_delete(txn, 0, bytes_text("big")));
    assert_ok(store_commit(&txn));
}

static off_t
counted_size(const struct fixture *f)
{
    struct buf file = BUF_INIT;
    uint64_t pages[2];
    uint64_t last;

    assert_ok(file_read(f->data, 16 * MIB, &file));
    memcpy(&pages[0], file.ptr + 136, 8);
    memcpy(&pages[1], file.ptr + PAGE + 136, 8);
    last = pages[0] > pages[1] ? pages[0] : pages[1];
    buf_free(&file);
    return (off_t)(last + 1) * PAGE;
}

static void
test_free_pages_may_be_missing_at_the_end(void **state)
{
    struct fixture *f = *state;

    put_and_take_back(f);
    assert_true(size_of(f->data) < counted_size(f)); /* or this tests nothing */
    reopen(f);
    assert_ok(look(f->store, "key", 100));
    assert_ok(put(f->store, "big", 400000));
    reopen(f);
    assert_ok(look(f->store, "big", 400000));
}

/* --- pages that LMDB would believe ------------------------------------- */

/* Where the page begins that has this text. */
static size_t
page_with(const struct buf *file, const char *text)
{
    void *at = memmem(file->ptr, file->len, text, strlen(text));

    assert_non_null(at);
    return (size_t)((uint8_t *)at - file->ptr) / PAGE * PAGE;
}

/* Of the newer header: the file's own first page or its second. */
static size_t
header_of(const struct buf *file)
{
    return memcmp(file->ptr + 144, file->ptr + PAGE + 144, 8) > 0 ? 0 : PAGE;
}

static void
test_a_damaged_page_is_named_before_a_commit_gives_it_away(void **state)
{
    struct fixture *f = *state;
    struct buf sound = BUF_INIT;
    struct store_damage damage;
    static const struct {
        size_t at; /* within the page */
        uint8_t flip;
        const char *reason;
    } flips[] = {
        {0, 0x01, "says that it is another page"},
        {10, 0x10, "is not of the kind that it should be"},
        {15, 0x10, "has a node in a wrong place"},
    };

    assert_ok(put(f->store, "a key of a page", 10));
    assert_ok(store_check(f->store, &damage));
    assert_ok(file_read(f->data, 16 * MIB, &sound));
    for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
        size_t page = page_with(&sound, "a key of a page");
        uint8_t byte = sound.ptr[page + flips[i].at] ^ flips[i].flip;

        overwrite(f->data, (off_t)(page + flips[i].at), &byte, 1);
        if (store_check(f->store, &damage) != SV_ERR_TAMPERED)
            fail_msg("byte %zu of page %zu", flips[i].at, page / PAGE);
        assert_int_equal(damage.page, page / PAGE);
        assert_string_equal(damage.reason, flips[i].reason);
        overwrite(f->data, (off_t)(page + flips[i].at),
                  sound.ptr + page + flips[i].at, 1);
    }
    assert_ok(store_check(f->store, &damage));
    buf_free(&sound);
}

/* LMDB leaves a value the pages that it took for it in the same commit. */
static void
test_a_value_that_got_shorter_before_its_commit_is_sound(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn = NULL;
    struct store_damage damage;

    for (size_t len = 10; len < 20000; len *= 3) {
        assert_ok(store_begin(f->store, STORE_WRITE, &txn));
        assert_ok(put_in(txn, "key", 30000));
        assert_ok(put_in(txn, "key", len));
        assert_ok(store_commit(&txn));
        if (store_check(f->store, &damage) != SV_OK)
            fail_msg("%zu bytes: page %zu %s", len, (size_t)damage.page,
                     damage.reason);
    }
    reopen(f);
    assert_ok(store_check(f->store, &damage));
}

/* mdb_copy -c, of the directory (0) or, with -n, of the file alone. */
static void
replace_by_copy(const struct fixture *f, unsigned flag)
{
    char dir[PATH_SIZE], copy[PATH_SIZE], lock[PATH_SIZE];
    MDB_env *env = NULL;

    assert_ok(path_suffix(dir, f->data, "-copy"));
    assert_ok(path_join(copy, dir, "data.mdb"));
    assert_ok(path_suffix(lock, f->data, "-lock"));
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(
        mdb_env_open(env, flag != 0 ? f->data : f->dir, flag, 0600), 0);
    assert_int_equal(mdb_env_copy2(env, flag != 0 ? copy : dir, MDB_CP_COMPACT),
                     0);
    mdb_env_close(env);
    assert_int_equal(rename(copy, f->data), 0);
    assert_int_equal(rmdir(dir), 0);
    (void)unlink(lock);
}

static void
test_a_copy_that_lmdb_makes_is_sound(void **state)
{
    static const unsigned flags[] = {0, MDB_NOSUBDIR};
    struct fixture *f = *state;
    struct store_damage damage;

    assert_ok(put(f->store, "key", 5000));
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        store_close(f->store);
        f->store = NULL;
        replace_by_copy(f, flags[i]);
        assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &f->store));
        assert_ok(look(f->store, "key", 5000));
        assert_ok(put(f->store, "more", 5000));
        assert_ok(store_check(f->store, &damage));
    }
}

/* What the next commit would write over what is there. */
static void
test_a_page_in_use_that_is_listed_as_free_is_named(void **state)
{
    struct fixture *f = *state;
    struct buf file = BUF_INIT;
    struct store_damage damage;
    uint64_t root, leaf, listed;
    size_t at;

    for (size_t i = 1; i < 10; i++)
        assert_ok(put(f->store, "a key of a page", 10 * i));
    assert_ok(file_read(f->data, 16 * MIB, &file));
    memcpy(&root, file.ptr + header_of(&file) + 80, sizeof root);
    memcpy(&leaf, file.ptr + header_of(&file) + 128, sizeof leaf);
    at = (size_t)root * PAGE;
    at += file.ptr[at + 16] + (size_t)file.ptr[at + 17] * 256 + 16 + 8;
    memcpy(&listed, file.ptr + at, sizeof listed);
    assert_true(listed > 1 && listed != leaf);
    overwrite(f->data, (off_t)at, &leaf, sizeof leaf);
    assert_err(store_check(f->store, &damage), SV_ERR_TAMPERED);
    assert_string_equal(damage.reason, "is in two places");
    assert_int_equal(damage.page, leaf);
    store_close(f->store);
    f->store = NULL;
    assert_err(store_lmdb_open(f->dir, N_TABLES, false, &f->store),
               SV_ERR_TAMPERED);
    buf_free(&file);
}

static void
test_a_pipe_in_the_place_of_the_data_file_is_not_waited_for(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    assert_int_equal(unlink(f->data), 0);
    assert_int_equal(mkfifo(f->data, 0600), 0);
    (void)alarm(10);
    assert_err(store_lmdb_open(f->dir, N_TABLES, false, &f->store),
               SV_ERR_TAMPERED);
    (void)alarm(0);
}

static void
test_other_pages_may_not_be_missing(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    uint64_t more[2];
    off_t size;

    put_and_take_back(f);
    store_close(f->store);
    f->store = NULL;
    size = counted_size(f) / PAGE;
    more[0] = (uint64_t)size; /* one page more than is free or there */
    overwrite(f->data, 136, more, 8);
    overwrite(f->data, PAGE + 136, more, 8);
    assert_err(store_lmdb_open(f->dir, N_TABLES, false, &s), SV_ERR_TAMPERED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_no_flag_touches_durability),
        CASE(test_source_names_no_forbidden_flag),
        CASE(test_commit_syncs_the_pages_before_the_header),
        CASE(test_reads_and_aborts_write_nothing),
        CASE(test_a_new_store_syncs_its_file_and_then_its_name),
        CASE(test_opening_syncs_before_it_looks),
        CASE(test_a_store_that_cannot_be_made_leaves_nothing),
        CASE(test_a_commit_failing_at_any_call_loses_nothing),
        CASE(test_a_full_disk_leaves_the_store_in_use),
        CASE(test_a_full_map_loses_nothing_and_can_be_emptied),
        CASE(test_a_limited_file_loses_nothing),
        CASE(test_a_full_disk_loses_nothing),
        CASE(test_the_map_is_64_gib),
        CASE(test_the_map_is_smaller_where_a_limit_forbids_it),
        CASE(test_open_makes_nothing_where_nothing_is),
        CASE(test_create_refuses_what_is_there_and_leaves_it),
        CASE(test_files_are_for_their_owner_only),
        CASE(test_a_table_too_many_is_not_made_up),
        CASE(test_a_read_only_directory_is_denied),
        CASE(test_a_lock_file_full_of_junk_does_not_matter),
        CASE(test_a_killed_writer_leaves_no_trace),
        CASE(test_a_file_cut_anywhere_is_refused),
        CASE(test_a_damaged_header_is_refused),
        CASE(test_flipped_bytes_end_at_worst_in_a_signal),
        CASE(test_free_pages_may_be_missing_at_the_end),
        CASE(test_other_pages_may_not_be_missing),
        CASE(test_a_damaged_page_is_named_before_a_commit_gives_it_away),
        CASE(test_a_value_that_got_shorter_before_its_commit_is_sound),
        CASE(test_a_copy_that_lmdb_makes_is_sound),
        CASE(test_a_page_in_use_that_is_listed_as_free_is_named),
        CASE(test_a_pipe_in_the_place_of_the_data_file_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
