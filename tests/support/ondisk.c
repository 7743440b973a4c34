#include "tests/support/ondisk.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int
ondisk_set_up(void **state)
{
    struct ondisk *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    support_dir_make(f->dir);
    assert_ok(path_join(f->data, f->dir, "data.mdb"));
    assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, true, &f->store));
    *state = f;
    return 0;
}

int
ondisk_tear_down(void **state)
{
    struct ondisk *f = *state;

    store_close(f->store);
    support_dir_remove(f->dir);
    free(f);
    return 0;
}

void
ondisk_close(struct ondisk *f)
{
    store_close(f->store);
    f->store = NULL;
}

void
ondisk_reopen(struct ondisk *f)
{
    ondisk_close(f);
    assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store));
}

enum sv_err
ondisk_put_in(struct store_txn *txn, const char *key, size_t len)
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

enum sv_err
ondisk_put(struct store *s, const char *key, size_t len)
{
    struct store_txn *txn = NULL;
    enum sv_err err = store_begin(s, STORE_WRITE, &txn);

    if (err == SV_OK)
        err = ondisk_put_in(txn, key, len);
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

enum sv_err
ondisk_remove(struct store *s, const char *key)
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

enum sv_err
ondisk_look(struct store *s, const char *key, size_t len)
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

off_t
ondisk_size(const struct ondisk *f)
{
    struct stat st;

    assert_int_equal(stat(f->data, &st), 0);
    return st.st_size;
}

unsigned
ondisk_fill(struct store *s, size_t len, unsigned max, enum sv_err *err)
{
    unsigned n = 0;

    for (*err = SV_OK; n < max; n++) {
        char key[16];

        (void)snprintf(key, sizeof key, "k%03u", n);
        *err = ondisk_put(s, key, len);
        if (*err != SV_OK)
            break;
    }
    return n;
}

enum sv_err
ondisk_look_all(struct store *s, size_t len, unsigned n)
{
    char key[16];
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < n && err == SV_OK; i++) {
        (void)snprintf(key, sizeof key, "k%03u", i);
        err = ondisk_look(s, key, len);
    }
    if (err != SV_OK)
        return err;
    (void)snprintf(key, sizeof key, "k%03u", n);
    err = ondisk_look(s, key, len);
    return err == SV_ERR_NOT_FOUND ? SV_OK : SV_ERR_EXISTS;
}

int
ondisk_child(struct ondisk *f, ondisk_child_fn fn)
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

int
ondisk_code(enum sv_err err)
{
    return -(int)err;
}

void
assert_ondisk_code(int code, enum sv_err want)
{
    if (code == ONDISK_SKIPPED) {
        print_message("not possible on this system\n");
        skip();
    }
    assert_int_equal(code, ondisk_code(want));
}

void
ondisk_overwrite(const char *path, off_t at, const void *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(pwrite(fd, data, n, at) == (ssize_t)n);
    assert_int_equal(close(fd), 0);
}
