#include "store/lmdb_file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

_Static_assert(sizeof(struct lmdb_header) == 152, "laid out as LMDB's");

#define HEADER_MAGIC 0xbeefc0de
#define HEADER_VERSION 1
#define HEADER_FLAG 0x08
#define PAGE_SIZE_MIN 512
#define PAGE_SIZE_MAX 65536

static enum sv_err
header_read(int fd, uint64_t at, struct lmdb_header *out)
{
    uint8_t raw[sizeof *out];
    size_t got = 0;
    enum sv_err err = fd_read_at(fd, raw, sizeof raw, (off_t)at, &got);

    if (err != SV_OK)
        return err;
    if (got != sizeof raw)
        return SV_ERR_TAMPERED;
    memcpy(out, raw, sizeof raw);
    if ((out->flags & HEADER_FLAG) == 0 || out->magic != HEADER_MAGIC ||
        out->version != HEADER_VERSION)
        return SV_ERR_TAMPERED;
    return SV_OK;
}

static bool
is_page_size(uint64_t n)
{
    return n >= PAGE_SIZE_MIN && n <= PAGE_SIZE_MAX && (n & (n - 1)) == 0;
}

/* Both, and which is in force: LMDB finds it by the parity of its txnid.
 * SV_ERR_TAMPERED, and *which is no header. */
static enum sv_err
headers_read(int fd, struct lmdb_header both[2], size_t *which)
{
    uint64_t size;
    enum sv_err err;

    *which = 0;
    err = header_read(fd, 0, &both[0]);
    if (err != SV_OK)
        return err;
    size = both[0].trees[0].page_size;
    if (!is_page_size(size))
        return SV_ERR_TAMPERED;
    *which = 1;
    err = header_read(fd, size, &both[1]);
    if (err != SV_OK)
        return err;
    if (both[1].trees[0].page_size != size)
        return SV_ERR_TAMPERED;
    *which = both[0].txnid < both[1].txnid ? 1 : 0;
    return (both[*which].txnid & 1) == *which ? SV_OK : SV_ERR_TAMPERED;
}

enum sv_err
lmdb_header_find(int fd, struct lmdb_header *out)
{
    struct lmdb_header both[2];
    size_t newer = 0;
    enum sv_err err = headers_read(fd, both, &newer);

    if (err == SV_OK)
        *out = both[newer];
    return err;
}

enum sv_err
lmdb_headers_check(int fd, uint64_t *page)
{
    struct lmdb_header both[2];
    size_t newer = 0;
    enum sv_err err = headers_read(fd, both, &newer);
    uint64_t last, before;

    *page = newer;
    if (err != SV_OK)
        return err;
    for (*page = 0; *page < 2; ++*page) {
        if (both[*page].page != *page || both[*page].flags != HEADER_FLAG)
            return SV_ERR_TAMPERED;
    }
    *page = 1 - newer;
    last = both[newer].txnid;
    before = both[1 - newer].txnid;
    /* A file without any transaction has two of the same. */
    return before + 1 == last || (before == 0 && last == 0) ? SV_OK
                                                            : SV_ERR_TAMPERED;
}

static bool
root_is_present(const struct lmdb_tree *t, uint64_t n_present)
{
    return t->root == LMDB_NO_ROOT || (t->root > 1 && t->root < n_present);
}

enum sv_err
lmdb_file_look(int fd, struct lmdb_file *out)
{
    struct lmdb_header h;
    struct lmdb_file file;
    struct stat st;
    enum sv_err err = lmdb_header_find(fd, &h);

    if (err != SV_OK)
        return err;
    if (fstat(fd, &st) != 0)
        return err_of_errno(errno);
    file.page_size = h.trees[0].page_size;
    file.n_present = (uint64_t)st.st_size / file.page_size;
    if (h.last_page >= LMDB_FILE_MAX / file.page_size)
        return SV_ERR_TAMPERED;
    file.n_counted = h.last_page + 1;
    if (!root_is_present(&h.trees[0], file.n_present) ||
        !root_is_present(&h.trees[1], file.n_present))
        return SV_ERR_TAMPERED;
    *out = file;
    return SV_OK;
}

/* How many pages of one record of the free list the file lacks. */
static enum sv_err
count_lacking(MDB_val record, const struct lmdb_file *file, uint64_t *n)
{
    const uint8_t *at = record.mv_data;
    uint64_t len;
    uint64_t page;

    if (record.mv_size < sizeof len)
        return SV_ERR_TAMPERED;
    memcpy(&len, at, sizeof len);
    if (len > record.mv_size / sizeof page - 1)
        return SV_ERR_TAMPERED;
    for (uint64_t i = 1; i <= len; i++) {
        memcpy(&page, at + i * sizeof page, sizeof page);
        if (page >= file->n_present && page < file->n_counted)
            ++*n;
    }
    return SV_OK;
}

/* LMDB's handle 0 is the tree of free pages. */
static enum sv_err
count_free(MDB_txn *txn, const struct lmdb_file *file, uint64_t *n)
{
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val record;
    enum sv_err err = SV_OK;
    int rc = mdb_cursor_open(txn, 0, &cursor);

    if (rc != 0)
        return SV_ERR_TAMPERED;
    while (err == SV_OK &&
           (rc = mdb_cursor_get(cursor, &key, &record, MDB_NEXT)) == 0)
        err = count_lacking(record, file, n);
    if (err == SV_OK && rc != MDB_NOTFOUND)
        err = SV_ERR_TAMPERED;
    mdb_cursor_close(cursor);
    return err;
}

enum sv_err
lmdb_file_check_end(MDB_env *env, const struct lmdb_file *file)
{
    MDB_txn *txn = NULL;
    uint64_t n = 0;
    enum sv_err err;

    if (file->n_present >= file->n_counted)
        return SV_OK;
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
        return SV_ERR_IO;
    err = count_free(txn, file, &n);
    mdb_txn_abort(txn);
    if (err == SV_OK && n != file->n_counted - file->n_present)
        err = SV_ERR_TAMPERED;
    return err;
}
