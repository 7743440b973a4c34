#ifndef SV_VAULT_GATE_H
#define SV_VAULT_GATE_H

#include "base/clock.h"
#include "crypto/rng.h"
#include "store/store.h"
#include "vault/counting.h"
#include "vault/gatekey.h"
#include "vault/schema.h"

/*
 * The gate: the reference monitor.  All access goes through gate_handle().
 * It decides before any look-up, appends the entry, commits durably, and
 * only then takes its lock off.
 */
struct gate;

struct gate_config {
    const char *dir; /* the vault's directory; the key is in <dir>.gate */
    struct clock clock;
    struct rng rng;
    /* How the store under dir is opened; NULL: store_lmdb_open().  Tests
     * put their faults here.  It is called again after an unsure commit. */
    enum sv_err (*open_store)(void *ctx, const char *dir, bool create,
                              struct store **out);
    void *store_ctx;
    /* What counts; NULL: requests for counts come out as invalid. */
    const struct counting *counting;
};

/* Who has the vault open, for SV_ERR_BUSY. */
#define GATE_HOLDER_SIZE 128

/*
 * Make the vault: dir must not exist, <dir>.gate neither (SV_ERR_EXISTS).
 * keys has epoch and root; its vault id is filled in.  founding is what
 * client_found() made, schema what the vault is to use.  On failure nothing
 * is left behind but, after a crash, a <dir>.gate without its directory.
 */
enum sv_err gate_create(const struct gate_config *config,
                        struct gate_keys *keys, struct schema_source schema,
                        struct bytes founding);

/*
 * Open: lock, key, store; check that the tables are true for the log, and
 * that the log extends the head kept in DIR/head.  SV_ERR_BUSY with who has
 * it in holder; SV_ERR_DENIED where dir or key are open to other accounts,
 * or another's; SV_ERR_NOT_FOUND; SV_ERR_TAMPERED; SV_ERR_ROLLBACK.
 * *what gets a msgid that says which part failed.
 */
enum sv_err gate_open(const struct gate_config *config,
                      char holder[static GATE_HOLDER_SIZE], const char **what,
                      struct gate **out);
void gate_close(struct gate *g); /* accepts NULL */

/*
 * Handle one request; a response is appended whatever happens, unless
 * memory is out (SV_ERR_NOMEM).  A store whose commit's outcome is unknown
 * is closed and opened again; where that fails, every further call answers
 * SV_ERR_UNSURE.
 */
enum sv_err gate_handle(struct gate *g, struct bytes request,
                        struct buf *response);

#endif
