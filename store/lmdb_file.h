#ifndef SV_STORE_LMDB_FILE_H
#define SV_STORE_LMDB_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <lmdb.h>

#include "base/err.h"

#define LMDB_FILE_MAX ((size_t)64 << 30)

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
