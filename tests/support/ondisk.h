#ifndef SV_TESTS_SUPPORT_ONDISK_H
#define SV_TESTS_SUPPORT_ONDISK_H

#include <sys/types.h>

#include "store/store_lmdb.h"
#include "tests/support/support.h"

/* A store of LMDB in a directory of its own. */
struct ondisk {
    char dir[PATH_SIZE];
    char data[PATH_SIZE]; /* its data file */
    struct store *store;  /* NULL while it is closed */
};

#define ONDISK_TABLES 3
#define PAGE ((off_t)4096)
#define MIB ((size_t)1 << 20)

/* For cmocka; *state is a store that is new and open. */
int ondisk_set_up(void **state);
int ondisk_tear_down(void **state);
void ondisk_close(struct ondisk *f);
void ondisk_reopen(struct ondisk *f);

/* Put a value of len bytes of the key's first character into table 0; look
 * gives SV_ERR_FORMAT for any other value. */
enum sv_err ondisk_put_in(struct store_txn *txn, const char *key, size_t len);
enum sv_err ondisk_put(struct store *s, const char *key, size_t len);
enum sv_err ondisk_look(struct store *s, const char *key, size_t len);
enum sv_err ondisk_remove(struct store *s, const char *key);
/* Put k000, k001, ... to before max, until one fails, or all of them: *err;
 * how many were acknowledged. */
unsigned ondisk_fill(struct store *s, size_t len, unsigned max,
                     enum sv_err *err);
/* Whether k000 to before n are there, and nothing else; SV_ERR_EXISTS where
 * the next one is. */
enum sv_err ondisk_look_all(struct store *s, size_t len, unsigned n);

/* What lies in the file, past the store. */
off_t ondisk_size(const struct ondisk *f);
void ondisk_overwrite(const char *path, off_t at, const void *data, size_t n);

/* What fn gives in a process of its own, or 1000 and the signal that killed
 * it. */
typedef int (*ondisk_child_fn)(struct ondisk *f);
int ondisk_child(struct ondisk *f, ondisk_child_fn fn);
/* An sv_err as such an exit code; another one asks to skip the test. */
enum { ONDISK_SKIPPED = 100 };
int ondisk_code(enum sv_err err);
void assert_ondisk_code(int code, enum sv_err want);

#endif
