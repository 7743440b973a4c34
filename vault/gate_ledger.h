#ifndef SV_VAULT_GATE_LEDGER_H
#define SV_VAULT_GATE_LEDGER_H

#include "vault/gate_internal.h"

/*
 * Rows of TABLE_LEDGER, which gate_ledger.c explains: u64 number, u8 column
 * -> u32 epoch, then the snapshot sealed to that epoch of the column's key.
 */

/* The snapshots of a release that is being requested; hash for its entry. */
enum sv_err ledger_put(const struct act *a, const struct counting *with,
                       const struct counting_run *run,
                       const struct counting_result *r,
                       uint8_t hash[static DIGEST_LEN]);
/* All rows of a release that is refused. */
enum sv_err ledger_drop(const struct act *a, uint64_t number);

/* Every snapshot of every approved release, the oldest first.  SV_ERR_TAMPERED
 * where the rows are not those that the log has. */
typedef enum sv_err (*ledger_open_fn)(void *ctx, uint64_t number,
                                      unsigned column, uint32_t epoch,
                                      struct bytes sealed);
enum sv_err ledger_scan(const struct act *a, ledger_open_fn open, void *ctx);

/* Are the rows of this release those that the log has?  SV_ERR_TAMPERED */
enum sv_err ledger_check(const struct tables *t, uint64_t number,
                         const struct release_state *s);
/* The newest entry that approved a release; 0: none did. */
enum sv_err ledger_last(const struct tables *t, uint64_t *out);

#endif
