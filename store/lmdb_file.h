#ifndef SV_STORE_LMDB_FILE_H
#define SV_STORE_LMDB_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <lmdb.h>

#include "base/err.h"

#define LMDB_FILE_MAX ((size_t)64 << 30)

/* The header page of LMDB 0.9 (data version 1) as it lies in the file: two of
 * them, written in turn, the one with the higher txnid in force. */
struct lmdb_tree {
    uint32_t page_size; /* in the first tree of a header */
    uint16_t flags;
    uint16_t depth;
    uint64_t n_branch;
    uint64_t n_leaf;
    uint64_t n_overflow;
    uint64_t n_entries;
    uint64_t root;
};
struct lmdb_header {
    uint64_t page;
    uint16_t pad;
    uint16_t flags;
    uint32_t bounds;
    uint32_t magic;
    uint32_t version;
    uint64_t address;
    uint64_t map_size;
    struct lmdb_tree trees[2]; /* free pages; tables */
    uint64_t last_page;
    uint64_t txnid;
};
#define LMDB_NO_ROOT UINT64_MAX

/* The header in force.  SV_ERR_TAMPERED, SV_ERR_IO. */
enum sv_err lmdb_header_find(int fd, struct lmdb_header *out);
/* Whether both are as LMDB writes them, one after the other; the older one is
 * read by nobody until the other is torn.  No transaction may be writing.
 * SV_ERR_TAMPERED, and *page is that one; SV_ERR_IO. */
enum sv_err lmdb_headers_check(int fd, uint64_t *page);

/*
 * What a data file says of itself.  LMDB believes it: a page size of nothing
 * or a file cut short kills the process by signal.
 */
struct lmdb_file {
    uint64_t page_size;
    uint64_t n_counted; /* pages, by the header */
    uint64_t n_present; /* whole pages in the file */
};

/* SV_ERR_TAMPERED where LMDB must not open it; SV_ERR_IO. */
enum sv_err lmdb_file_look(int fd, struct lmdb_file *out);

/*
 * LMDB does not write pages that a transaction takes and gives back, so a
 * sound file may lack some at its end, if they are listed as free.
 * SV_ERR_TAMPERED where one that is lacking is not.
 */
enum sv_err lmdb_file_check_end(MDB_env *env, const struct lmdb_file *file);

#endif
