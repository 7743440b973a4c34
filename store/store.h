#ifndef SV_STORE_STORE_H
#define SV_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * An ordered map of opaque bytes in transactions.  What every engine keeps
 * (tests/test_store_contract_*.c check it):
 *
 * - Keys are 1 to STORE_KEY_MAX bytes, ordered bytewise, shorter first;
 *   values are 0 to STORE_VALUE_MAX bytes.  Tables are numbered from 0.
 * - One transaction at a time per store, and beside it one snapshot.  A
 *   transaction sees its own changes; nobody else does before it is
 *   committed.
 * - A read begun after an acknowledged commit sees it; a commit that is
 *   acknowledged is durable.
 * - store_commit() says one of three things.  SV_OK: all of it is durable.
 *   SV_ERR_CONFLICT (or any error but SV_ERR_UNSURE): nothing of it is; on
 *   CONFLICT the caller may run the whole transaction again.  SV_ERR_UNSURE:
 *   nobody knows.  The store then answers nothing but SV_ERR_UNSURE until it
 *   is closed and opened again; the caller releases nothing and looks.
 * - store_get() and store_put() may answer SV_ERR_CONFLICT too.  After any
 *   error but SV_ERR_NOT_FOUND the transaction can only be aborted.
 * - SV_ERR_FULL, for a full disk or map, loses nothing that is committed.
 */
#define STORE_KEY_MAX 128
#define STORE_VALUE_MAX ((size_t)16 << 20)
#define STORE_TABLES_MAX 24

struct store;
struct store_txn;

enum store_mode { STORE_READ, STORE_WRITE };

/* Closing with a transaction or a snapshot open aborts it.  Accepts NULL. */
void store_close(struct store *s);

enum sv_err store_begin(struct store *s, enum store_mode mode,
                        struct store_txn **out);
/* Ends the transaction whatever the result; *txn becomes NULL. */
enum sv_err store_commit(struct store_txn **txn);
/* Accepts NULL. */
void store_abort(struct store_txn **txn);

/*
 * What is committed now, to be read while transactions come and go; also
 * from within one, whose changes it does not see.  It ends with
 * store_abort().  SV_ERR_USAGE where there is one already.  As long as it
 * lasts the file keeps what it shows, and grows.
 */
enum sv_err store_snapshot(struct store *s, struct store_txn **out);

/* *value is borrowed until the next call on this transaction.
 * SV_ERR_NOT_FOUND. */
enum sv_err store_get(struct store_txn *txn, unsigned table, struct bytes key,
                      struct bytes *value);
/* Insert or overwrite.  SV_ERR_RANGE for a key or value out of bounds. */
enum sv_err store_put(struct store_txn *txn, unsigned table, struct bytes key,
                      struct bytes value);
/* SV_ERR_NOT_FOUND where there is nothing. */
enum sv_err store_delete(struct store_txn *txn, unsigned table,
                         struct bytes key);

/* How many calls of store_put() and store_delete() it has had, failed ones
 * too: is it as it was? */
uint64_t store_changes(const struct store_txn *txn);

/*
 * Call back for each key from `from` on (an empty one: the first), in
 * order, until the callback gives *more = false or an error, which is passed
 * on and counts as one of the transaction's.  Key and value are borrowed for
 * the call; the callback must not change the table.
 */
typedef enum sv_err (*store_scan_fn)(void *ctx, struct bytes key,
                                     struct bytes value, bool *more);
enum sv_err store_scan(struct store_txn *txn, unsigned table, struct bytes from,
                       store_scan_fn fn, void *ctx);
/* The last key of the table, and its value.  SV_ERR_NOT_FOUND. */
enum sv_err store_last(struct store_txn *txn, unsigned table, struct bytes *key,
                       struct bytes *value);

/*
 * Does all that the last commit left hold together?  It reads the whole of
 * what the engine keeps, also beside a transaction, whose changes it does not
 * see: damage that no key was asked for yet would otherwise be found when it
 * has destroyed something.  SV_ERR_TAMPERED, with the first that is found.
 */
struct store_damage {
    uint64_t page;      /* of the engine's file */
    const char *reason; /* msgid */
};
enum sv_err store_check(struct store *s, struct store_damage *out);

/*
 * LMDB with its default durability, in the file data.mdb of dir, which must
 * exist.  With `create` the files are made, and synced with their directory;
 * SV_ERR_EXISTS where they are there.  The caller holds the lock that keeps
 * a second process out.
 * SV_ERR_TAMPERED where the file is damaged or lacks a table;
 * SV_ERR_NOT_FOUND, making nothing; SV_ERR_DENIED without permission;
 * SV_ERR_FULL; SV_ERR_IO.  What is open is on the disk: a commit that another
 * process could not finish is synced or gone.
 */
enum sv_err store_lmdb_open(const char *dir, unsigned n_tables, bool create,
                            struct store **out);

/* In memory, for tests.  Nothing outlives store_close(). */
enum sv_err store_memory_open(unsigned n_tables, struct store **out);

#endif
