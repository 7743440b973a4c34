#ifndef SV_VAULT_LOG_H
#define SV_VAULT_LOG_H

#include "audit/checkpoint.h"
#include "audit/entry.h"
#include "vault/tables.h"

/*
 * The log in the vault's tables: entries by index, and beside each the roots
 * of the complete subtrees that it completed, so that nothing is rewritten
 * and every proof reads O(log n) rows.
 */
struct log_state {
    struct tree_frontier frontier; /* frontier.size entries */
    uint64_t time_ms;              /* of the last one */
    bool has_roster;
    uint64_t roster; /* index of the last roster entry */
};

/*
 * Roots of complete subtrees, as they were read or appended lately, so that a
 * proof opens few rows; by level, and there by the low bits of the index.
 * None is ever out of date: what an entry completes is set each time that
 * the entry is appended, again after a transaction that was aborted too, and
 * is asked for only behind that.  All zeros is empty.
 */
#define LOG_CACHE_LEVELS 32
#define LOG_CACHE_SLOTS 4096 /* of each level */
struct log_cache {
    struct log_cached {
        uint64_t next; /* its index and 1; 0: empty */
        struct hash root;
    } at[LOG_CACHE_LEVELS][LOG_CACHE_SLOTS];
};

#define META_LOG "log" /* its row in TABLE_META */

/* SV_ERR_NOT_FOUND in a vault that has none yet; SV_ERR_TAMPERED. */
enum sv_err log_state_load(const struct tables *t, struct log_state *out);
enum sv_err log_state_store(const struct tables *t,
                            const struct log_state *state);

/* Append; the leaf hash is computed from the very bytes that are stored.
 * Where it fails, the state is as it was. */
enum sv_err log_append(const struct tables *t, struct log_state *state,
                       struct bytes entry);
/* Appended to out.  index is below the log's size: a row that is not there
 * was taken away, SV_ERR_TAMPERED. */
enum sv_err log_entry(const struct tables *t, uint64_t index, struct buf *out);
/* The stored subtrees, for tree_inclusion() and its like; ctx is a
 * struct tables. */
enum sv_err log_read_hash(void *ctx, unsigned level, uint64_t index,
                          struct hash *out);
/* A proof, encoded, appended.  log_consistency gives an empty one where
 * m is 0 or n. */
enum sv_err log_inclusion(const struct tables *t, uint64_t index, uint64_t size,
                          struct buf *out);
enum sv_err log_consistency(const struct tables *t, uint64_t m, uint64_t n,
                            struct buf *out);

/* Does the log have this root at this size?  False beyond its end. */
enum sv_err log_has_root(const struct tables *t, const struct log_state *state,
                         uint64_t size, const struct hash *root, bool *has);

#endif
