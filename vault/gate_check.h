#ifndef SV_VAULT_GATE_CHECK_H
#define SV_VAULT_GATE_CHECK_H

#include "policy/replay_state.h"
#include "vault/gate_internal.h"

/*
 * The tables compared with the log: the log is replayed from its first entry
 * with everything re-derived, and then every row of every table must be what
 * the replay says, no more and no less.  What gate_check*.c share.
 */
struct check {
    const struct act *a;
    struct replay replay;
    struct buf findings; /* each: name of the place, name of the reason */
    uint32_t n;
    /* Rows seen, to find out what is missing. */
    uint64_t n_records, n_columns, n_created, n_assigned, n_assignees;
    uint64_t n_requests, n_grants;
    uint64_t n_tokens, n_usages, n_glass, n_flags, n_releases, n_asked;
    struct map tokens; /* keys that TABLE_TOKEN must have -> nothing */
    /* Of the record that is looked at: its compartments, and when its sound
     * versions came. */
    unsigned n_compartments;
    uint64_t changed_ms;
    /* The request that was asked for last: many versions came by one. */
    struct check_signed {
        bool is_there; /* an allowed request that was done */
        uint64_t index;
        uint64_t time_ms;
        uint64_t n_items; /* of an import: records */
        bool is_import;
        uint8_t body[32];
    } last;
};

/* A finding, to be answered; SV_OK. */
enum sv_err check_find(struct check *c, const char *place, const char *reason);
/* compartment may be NULL. */
enum sv_err check_find_record(struct check *c,
                              const uint8_t handle[static HANDLE_LEN],
                              const char *compartment, uint64_t version,
                              const char *reason);

/* A handle and a name behind it, as the replay's maps have them. */
void check_map_key(const uint8_t *handle, const char *name,
                   uint8_t out[static HANDLE_LEN + NAME_SIZE]);
/* SV_OK; an error of this machine, which ends the check and is no finding;
 * for all others SV_ERR_TAMPERED, which is one. */
enum sv_err check_verdict(enum sv_err err);
/* The request of the entry at index, which the replay has found sound; it
 * borrows from *text. */
enum sv_err check_load_request(const struct check *c, uint64_t index,
                               struct buf *text, struct request *out);

/* gate_check_records.c: who made a record, when and as what, where it is
 * listed and who has it; rows of their tables, as tables_scan_fn. */
enum sv_err check_record(void *ctx, struct bytes key, struct bytes value,
                         bool damaged, bool *more);
enum sv_err check_created(void *ctx, struct bytes key, struct bytes value,
                          bool damaged, bool *more);
enum sv_err check_assigned(void *ctx, struct bytes key, struct bytes value,
                           bool damaged, bool *more);
enum sv_err check_assignee(void *ctx, struct bytes key, struct bytes value,
                           bool damaged, bool *more);
/* Records that the log has, and the store has not. */
enum sv_err check_missing(struct check *c);

/* gate_check_versions.c: every version of a record's compartment is the one
 * that the log recorded; each that is not is found. */
enum sv_err check_column(struct check *c, const struct handle *h,
                         const struct record_column *col);
/* No version is stored that the log has not. */
enum sv_err check_versions_added(struct check *c);

/* gate_check_facts.c: what decisions rest on, and the search index. */

/* These tokens of a record's newest content must be in the index. */
enum sv_err check_want_tokens(struct check *c, const struct handle *h,
                              const char *type, struct bytes tokens);
/* Rows of their tables, as tables_scan_fn. */
enum sv_err check_token(void *ctx, struct bytes key, struct bytes value,
                        bool damaged, bool *more);
enum sv_err check_usage(void *ctx, struct bytes key, struct bytes value,
                        bool damaged, bool *more);
enum sv_err check_glass(void *ctx, struct bytes key, struct bytes value,
                        bool damaged, bool *more);
enum sv_err check_flag(void *ctx, struct bytes key, struct bytes value,
                       bool damaged, bool *more);
enum sv_err check_release(void *ctx, struct bytes key, struct bytes value,
                          bool damaged, bool *more);
enum sv_err check_result(void *ctx, struct bytes key, struct bytes value,
                         bool damaged, bool *more);
enum sv_err check_ledger(void *ctx, struct bytes key, struct bytes value,
                         bool damaged, bool *more);

#endif
