#ifndef SV_VAULT_TABLES_H
#define SV_VAULT_TABLES_H

#include "crypto/rng.h"
#include "store/store.h"
#include "vault/gatekey.h"

/*
 * The vault's tables over the store.  Every value is CB1 under the gate's
 * storage key, with table and key as context, so that a thief of the disk
 * sees counts and sizes, and a value moved to another place does not open.
 * All numbers in keys are big-endian: byte order is number order.
 */
enum table_id {
    TABLE_META,     /* name -> log state, roster, schema */
    TABLE_ENTRY,    /* u64 index -> entry */
    TABLE_HASH,     /* u64 index -> the subtrees which that entry completed */
    TABLE_REQUEST,  /* request id[16] -> u64 index, hash[32] */
    TABLE_RECORD,   /* handle -> struct record_state */
    TABLE_VERSION,  /* handle, u8 column, u64 version -> stored version */
    TABLE_CREATED,  /* u64 (MAX - index), newest first -> handle */
    TABLE_ASSIGNED, /* u32 person, handle -> nothing */
    TABLE_ASSIGNEE, /* handle, u32 person -> nothing */
    TABLE_GRANT,   /* u64 index of the entry that brought them -> sealed keys */
    TABLE_TOKEN,   /* u8 column, search token[16], handle -> nothing */
    TABLE_USAGE,   /* u32 person, u8 act -> struct usage */
    TABLE_GLASS,   /* handle -> u64 time of a denial by break-glass */
    TABLE_FLAG,    /* u64 index -> struct flag_state */
    TABLE_RELEASE, /* u64 index -> struct release_state */
    TABLE_RESULT,  /* u64 index, u32 person or recipient -> sealed result */
    TABLE_LEDGER,  /* u64 index, u8 column -> sealed snapshot of a release */
    TABLES_N
};

struct log_cache;

/* What a transaction works with. */
struct tables {
    struct store_txn *txn;
    const struct storage_key *key;
    const struct rng *rng;
    struct log_cache *hashes; /* of TABLE_HASH; NULL: none */
};

/* Appended to out.  SV_ERR_NOT_FOUND; SV_ERR_TAMPERED where it does not
 * open. */
enum sv_err tables_get(const struct tables *t, enum table_id table,
                       struct bytes key, struct buf *out);
/* Does this value, as it is stored, open?  SV_ERR_TAMPERED. */
enum sv_err tables_check(const struct tables *t, enum table_id table,
                         struct bytes key, struct bytes box);
enum sv_err tables_put(const struct tables *t, enum table_id table,
                       struct bytes key, struct bytes value);
enum sv_err tables_delete(const struct tables *t, enum table_id table,
                          struct bytes key);

/*
 * Each row whose key begins with prefix, from `from` on (at least prefix).
 * value.ptr is NULL, and damaged true, where a value does not open: a check
 * goes on, everybody else gives SV_ERR_TAMPERED.  What the callback gives ends
 * the scan and is passed on; unlike one of store_scan() it is no error of the
 * transaction, which can still say what was met.
 */
typedef enum sv_err (*tables_scan_fn)(void *ctx, struct bytes key,
                                      struct bytes value, bool damaged,
                                      bool *more);
enum sv_err tables_scan(const struct tables *t, enum table_id table,
                        struct bytes prefix, struct bytes from,
                        tables_scan_fn fn, void *ctx);

/* A row whose value says nothing: is it there? */
enum sv_err tables_has(const struct tables *t, enum table_id table,
                       struct bytes key, bool *has);

#endif
