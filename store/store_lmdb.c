#include "store/store_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <lmdb.h>

#include "base/file.h"
#include "store/lmdb_file.h"
#include "store/lmdb_pages.h"
#include "store/store_engine.h"

/* Address space, not disk; halved down to the minimum where it is limited. */
#define MAP_SIZE LMDB_FILE_MAX
#define MAP_SIZE_MIN ((size_t)1 << 30)
/* LMDB's lock.mdb for its 126 readers. */
#define LOCK_LEN 8192
/* Below this a write that was cut short was cut by the disk's end. */
#define DISK_LOW ((size_t)1 << 20)

/*
 * No flag that touches durability.  MDB_NOTLS ties a read transaction to its
 * object instead of the thread, which keeps no slot when it is over.
 */
#define ENV_FLAGS MDB_NOTLS

struct lmdb_txn {
    struct store_txn base;
    MDB_txn *txn;
};

struct lmdb {
    struct store base;
    MDB_env *env;
    MDB_dbi tables[STORE_TABLES_MAX];
    struct lmdb_txn open; /* there is one at a time */
    struct lmdb_txn snapshot;
};

static enum sv_err
err_of_mdb(int rc)
{
    switch (rc) {
    case 0:
        return SV_OK;
    case MDB_NOTFOUND:
        return SV_ERR_NOT_FOUND;
    case MDB_MAP_FULL:
        return SV_ERR_FULL;
    case MDB_TXN_FULL:
        return SV_ERR_RANGE;
    case MDB_READERS_FULL:
        return SV_ERR_BUSY;
    case MDB_PANIC:
        return SV_ERR_UNSURE;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_VERSION_MISMATCH:
    case MDB_INVALID:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_MAP_RESIZED:
    case MDB_INCOMPATIBLE:
        return SV_ERR_TAMPERED;
    default:
        return rc > 0 ? err_of_errno(rc) : SV_ERR_IO;
    }
}

/* LMDB calls a write that the full disk cut short EIO. */
static enum sv_err
err_of_write(MDB_env *env, int rc)
{
    struct statvfs fs;
    int fd;

    if (rc == EIO && mdb_env_get_fd(env, &fd) == 0 && fstatvfs(fd, &fs) == 0 &&
        fs.f_bavail < DISK_LOW / fs.f_frsize)
        return SV_ERR_FULL;
    return err_of_mdb(rc);
}

static struct lmdb_txn *
of(struct store_txn *txn)
{
    return (struct lmdb_txn *)txn;
}

static struct lmdb *
lmdb_of(const struct store_txn *txn)
{
    return (struct lmdb *)txn->store;
}

static MDB_val
val_of(struct bytes b)
{
    union {
        const void *borrowed;
        void *ptr; /* LMDB's inputs lack const */
    } u = {b.len > 0 ? (const void *)b.ptr : ""};

    return (MDB_val){b.len, u.ptr};
}

/* Lengths come from the file. */
static enum sv_err
value_of(MDB_val in, struct bytes *out)
{
    if (in.mv_size > STORE_VALUE_MAX)
        return SV_ERR_TAMPERED;
    *out = bytes_of(in.mv_data, in.mv_size);
    return SV_OK;
}

static enum sv_err
pair_of(MDB_val in_key, MDB_val in_value, struct bytes *key,
        struct bytes *value)
{
    if (in_key.mv_size == 0 || in_key.mv_size > STORE_KEY_MAX ||
        in_value.mv_size > STORE_VALUE_MAX)
        return SV_ERR_TAMPERED;
    *key = bytes_of(in_key.mv_data, in_key.mv_size);
    *value = bytes_of(in_value.mv_data, in_value.mv_size);
    return SV_OK;
}

static void
lmdb_close(struct store *s)
{
    struct lmdb *l = (struct lmdb *)s;

    if (l->env != NULL)
        mdb_env_close(l->env);
    free(l);
}

static enum sv_err
begin_in(const struct lmdb *l, unsigned flags, struct lmdb_txn *place,
         struct store_txn **out)
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(l->env, NULL, flags, &txn);

    if (rc != 0)
        return err_of_mdb(rc);
    memset(place, 0, sizeof *place);
    place->txn = txn;
    *out = &place->base;
    return SV_OK;
}

static enum sv_err
lmdb_begin(struct store *s, enum store_mode mode, struct store_txn **out)
{
    struct lmdb *l = (struct lmdb *)s;

    return begin_in(l, mode == STORE_READ ? MDB_RDONLY : 0, &l->open, out);
}

static enum sv_err
lmdb_snapshot(struct store *s, struct store_txn **out)
{
    struct lmdb *l = (struct lmdb *)s;

    return begin_in(l, MDB_RDONLY, &l->snapshot, out);
}

/* After a failed write of its header page LMDB refuses every transaction. */
static bool
header_was_left_alone(MDB_env *env)
{
    MDB_txn *probe = NULL;

    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &probe) != 0)
        return false;
    mdb_txn_abort(probe);
    return true;
}

/*
 * A commit puts its pages where no header points, writes and syncs them, and
 * then writes, in one sector and synced, the header that points to them.
 *
 * - Where that header was touched, the new one may be on the disk whatever
 *   the system said: unsure.
 * - Before it nothing of the transaction can ever be found.  LMDB's own codes
 *   (a full map) come from there, before any page is written.
 * - A full disk comes from there too: what it refused were pages that nobody
 *   points to, and the next transaction writes its own.
 * - Any other error of the system is not argued with.  After a failed sync
 *   the kernel calls pages clean that are not on the disk, so nothing that
 *   is read from them proves anything before the file is opened again.
 */
static enum sv_err
err_of_commit(MDB_env *env, int rc)
{
    if (!header_was_left_alone(env))
        return SV_ERR_UNSURE;
    if (rc < 0)
        return err_of_mdb(rc);
    return err_of_write(env, rc) == SV_ERR_FULL ? SV_ERR_FULL : SV_ERR_UNSURE;
}

static enum sv_err
lmdb_commit(struct store_txn *txn)
{
    int rc = mdb_txn_commit(of(txn)->txn);

    return rc == 0 ? SV_OK : err_of_commit(lmdb_of(txn)->env, rc);
}

static void
lmdb_abort(struct store_txn *txn)
{
    mdb_txn_abort(of(txn)->txn);
}

static enum sv_err
lmdb_get(struct store_txn *txn, unsigned table, struct bytes key,
         struct bytes *value)
{
    MDB_val k = val_of(key);
    MDB_val v;
    int rc = mdb_get(of(txn)->txn, lmdb_of(txn)->tables[table], &k, &v);

    return rc != 0 ? err_of_mdb(rc) : value_of(v, value);
}

/* A large transaction writes pages early: a full disk can show here. */
static enum sv_err
lmdb_put(struct store_txn *txn, unsigned table, struct bytes key,
         struct bytes value)
{
    MDB_val k = val_of(key);
    MDB_val v = val_of(value);

    return err_of_write(
        lmdb_of(txn)->env,
        mdb_put(of(txn)->txn, lmdb_of(txn)->tables[table], &k, &v, 0));
}

static enum sv_err
lmdb_delete(struct store_txn *txn, unsigned table, struct bytes key)
{
    MDB_val k = val_of(key);

    return err_of_write(
        lmdb_of(txn)->env,
        mdb_del(of(txn)->txn, lmdb_of(txn)->tables[table], &k, NULL));
}

/* Call back for what op finds first, and for all behind it. */
static enum sv_err
scan_on(MDB_cursor *cursor, MDB_val k, MDB_cursor_op op, store_scan_fn fn,
        void *ctx)
{
    bool more = true;
    enum sv_err err = SV_OK;

    while (more && err == SV_OK) {
        struct bytes key = {NULL, 0};
        struct bytes value = {NULL, 0};
        MDB_val v;
        int rc = mdb_cursor_get(cursor, &k, &v, op);

        if (rc == MDB_NOTFOUND)
            break;
        err = rc != 0 ? err_of_mdb(rc) : pair_of(k, v, &key, &value);
        if (err == SV_OK)
            err = fn(ctx, key, value, &more);
        op = MDB_NEXT;
    }
    return err;
}

static enum sv_err
lmdb_scan(struct store_txn *txn, unsigned table, struct bytes from,
          store_scan_fn fn, void *ctx)
{
    MDB_cursor_op op = from.len > 0 ? MDB_SET_RANGE : MDB_FIRST;
    MDB_cursor *cursor = NULL;
    enum sv_err err;
    int rc =
        mdb_cursor_open(of(txn)->txn, lmdb_of(txn)->tables[table], &cursor);

    if (rc != 0)
        return err_of_mdb(rc);
    err = scan_on(cursor, val_of(from), op, fn, ctx);
    mdb_cursor_close(cursor);
    return err;
}

static enum sv_err
lmdb_last(struct store_txn *txn, unsigned table, struct bytes *key,
          struct bytes *value)
{
    MDB_cursor *cursor = NULL;
    MDB_val k;
    MDB_val v;
    int rc =
        mdb_cursor_open(of(txn)->txn, lmdb_of(txn)->tables[table], &cursor);

    if (rc != 0)
        return err_of_mdb(rc);
    rc = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
    mdb_cursor_close(cursor);
    return rc != 0 ? err_of_mdb(rc) : pair_of(k, v, key, value);
}

static enum sv_err
lmdb_check(struct store *s, struct store_damage *out)
{
    int fd;

    if (mdb_env_get_fd(((struct lmdb *)s)->env, &fd) != 0)
        return SV_ERR_IO;
    return lmdb_pages_check(fd, out);
}

static const struct store_ops lmdb_ops = {
    .close = lmdb_close,
    .begin = lmdb_begin,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .snapshot = lmdb_snapshot,
    .get = lmdb_get,
    .put = lmdb_put,
    .del = lmdb_delete,
    .scan = lmdb_scan,
    .last = lmdb_last,
    .check = lmdb_check,
};

/* An empty file: LMDB fills it, and cannot have found another's there. */
static enum sv_err
make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_of_errno(errno);
    (void)close(fd);
    return SV_OK;
}

/*
 * A process that was killed, or met an unsure commit, may have left pages in
 * the cache that are not on the disk.  Sync first: whoever looks here after
 * that, and acts on what is there, must not lose it in a power cut.
 */
static enum sv_err
look_at_file(const char *path, struct lmdb_file *file)
{
    int fd;
    struct stat st;
    enum sv_err err = file_open(path, &fd);

    if (err != SV_OK)
        return err;
    err = SV_ERR_IO;
    if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
        err = SV_ERR_TAMPERED;
    else if (fsync(fd) == 0)
        err = lmdb_file_look(fd, file);
    if (err == SV_OK)
        err = lmdb_pages_look(fd);
    (void)close(fd);
    return err;
}

static enum sv_err
open_env_sized(struct lmdb *l, const char *dir, size_t map_size)
{
    MDB_env *env = NULL;
    int rc = mdb_env_create(&env);

    if (rc != 0)
        return err_of_mdb(rc);
    rc = mdb_env_set_mapsize(env, map_size);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(env, l->base.n_tables);
    if (rc == 0)
        rc = mdb_env_open(env, dir, ENV_FLAGS, 0600);
    if (rc == 0)
        rc = mdb_reader_check(env, NULL);
    if (rc != 0) {
        mdb_env_close(env);
        return err_of_mdb(rc);
    }
    l->env = env;
    return SV_OK;
}

/* LMDB makes this file by its length alone and writes to it in memory, where
 * a full disk would stop the program. */
static enum sv_err
reserve_lock(const char *dir)
{
    static const uint8_t zeros[LOCK_LEN];
    char path[PATH_SIZE];
    struct stat st;
    enum sv_err err = path_join(path, dir, "lock.mdb");
    int fd;

    if (err != SV_OK)
        return err;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_of_errno(errno);
    if (fstat(fd, &st) != 0)
        err = err_of_errno(errno);
    else if (st.st_size < LOCK_LEN)
        err = fd_write_at(fd, bytes_of(zeros, (size_t)(LOCK_LEN - st.st_size)),
                          st.st_size);
    (void)close(fd);
    return err;
}

static enum sv_err
open_env(struct lmdb *l, const char *dir, size_t map_size)
{
    enum sv_err err = reserve_lock(dir);

    if (err == SV_OK)
        err = open_env_sized(l, dir, map_size);
    while (err == SV_ERR_NOMEM && map_size > MAP_SIZE_MIN) {
        map_size /= 2;
        err = open_env_sized(l, dir, map_size);
    }
    return err;
}

/* The file says which flags a table has; with any, keys sort otherwise. */
static enum sv_err
open_table(MDB_txn *txn, unsigned i, bool create, MDB_dbi *table)
{
    char name[16];
    unsigned flags = 0;
    int rc;

    (void)snprintf(name, sizeof name, "t%02u", i);
    rc = mdb_dbi_open(txn, name, create ? MDB_CREATE : 0, table);
    if (rc == 0)
        rc = mdb_dbi_flags(txn, *table, &flags);
    if (rc == MDB_NOTFOUND || (rc == 0 && flags != 0))
        return SV_ERR_TAMPERED;
    return err_of_mdb(rc);
}

static enum sv_err
open_tables(struct lmdb *l, bool create)
{
    MDB_txn *txn = NULL;
    enum sv_err err = SV_OK;
    int rc = mdb_txn_begin(l->env, NULL, create ? 0 : MDB_RDONLY, &txn);

    if (rc != 0)
        return err_of_mdb(rc);
    for (unsigned i = 0; i < l->base.n_tables && err == SV_OK; i++)
        err = open_table(txn, i, create, &l->tables[i]);
    if (err != SV_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    return err_of_write(l->env, mdb_txn_commit(txn)); /* keeps the handles */
}

/* LMDB syncs what it commits, but neither its first two pages nor names. */
static enum sv_err
sync_new(struct lmdb *l, const char *dir)
{
    int fd;
    int rc = mdb_env_get_fd(l->env, &fd);

    if (rc != 0)
        return err_of_mdb(rc);
    if (fsync(fd) != 0)
        return err_of_errno(errno);
    return dir_sync(dir);
}

static enum sv_err
open_new(struct lmdb *l, const char *dir, size_t map_size)
{
    enum sv_err err = open_env(l, dir, map_size);

    if (err == SV_OK)
        err = open_tables(l, true);
    if (err == SV_OK)
        err = sync_new(l, dir);
    return err;
}

static enum sv_err
create_store(struct lmdb *l, const char *dir, size_t map_size)
{
    char data[PATH_SIZE];
    char lock[PATH_SIZE];
    enum sv_err err = path_join(data, dir, "data.mdb");

    if (err == SV_OK)
        err = path_join(lock, dir, "lock.mdb");
    if (err == SV_OK)
        err = make_file(data);
    if (err != SV_OK)
        return err;
    err = open_new(l, dir, map_size);
    if (err != SV_OK) {
        (void)unlink(data);
        (void)unlink(lock);
    }
    return err;
}

static enum sv_err
open_old(struct lmdb *l, const char *dir, size_t map_size)
{
    char data[PATH_SIZE];
    struct lmdb_file file;
    enum sv_err err = path_join(data, dir, "data.mdb");

    if (err == SV_OK)
        err = look_at_file(data, &file);
    if (err == SV_OK)
        err = open_env(l, dir, map_size);
    if (err == SV_OK)
        err = lmdb_file_check_end(l->env, &file);
    if (err == SV_OK)
        err = open_tables(l, false);
    return err;
}

enum sv_err
store_lmdb_open_sized(const char *dir, unsigned n_tables, bool create,
                      size_t map_size, struct store **out)
{
    struct lmdb *l;
    enum sv_err err;

    if (n_tables == 0 || n_tables > STORE_TABLES_MAX)
        return SV_ERR_RANGE;
    l = calloc(1, sizeof *l);
    if (l == NULL)
        return SV_ERR_NOMEM;
    l->base.ops = &lmdb_ops;
    l->base.n_tables = n_tables;
    err = create ? create_store(l, dir, map_size) : open_old(l, dir, map_size);
    if (err != SV_OK) {
        lmdb_close(&l->base);
        return err;
    }
    *out = &l->base;
    return SV_OK;
}

enum sv_err
store_lmdb_open(const char *dir, unsigned n_tables, bool create,
                struct store **out)
{
    return store_lmdb_open_sized(dir, n_tables, create, MAP_SIZE, out);
}

size_t
store_lmdb_map_size(const struct store *s)
{
    MDB_envinfo info;

    return mdb_env_info(((const struct lmdb *)s)->env, &info) == 0
               ? info.me_mapsize
               : 0;
}

unsigned
store_lmdb_flags(const struct store *s)
{
    unsigned flags;

    return mdb_env_get_flags(((const struct lmdb *)s)->env, &flags) == 0
               ? flags
               : UINT32_MAX;
}
