#ifndef SV_VAULT_GATE_H
#define SV_VAULT_GATE_H

#include "base/clock.h"
#include "crypto/rng.h"
#include "store/store.h"
#include "vault/backup.h"
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
    /* Or gate_open() takes this one, and reads none; borrowed until then. */
    const struct gate_keys *keys;
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

/* What a backup held, or why nothing came of it. */
struct restore_report {
    struct backup_manifest manifest;
    const char *fault; /* with SV_ERR_TAMPERED: msgid */
    uint64_t chunks;   /* it lies behind so many */
    char place[96];    /* or here: "record <handle> ..." */
    bool in_file;      /* another error is the file's, not the new vault's */
};
/*
 * Make the vault again from the backup at path, where gate_create() would;
 * or, unless it is to be kept, only look whether it could be, in a directory
 * beside config->dir that is removed again.  keys has epoch and root, from
 * the gate's sheet; its vault id is filled in.  SV_ERR_TAMPERED, SV_ERR_EXISTS
 * and what backup_open() gives.  The vault then does nothing before an entry
 * `restore`.
 */
enum sv_err gate_restore(const struct gate_config *config,
                         struct gate_keys *keys, const char *path, bool keep,
                         struct restore_report *out);

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

/*
 * The same for a process that serves many: the steps of gate_handle(), so
 * that signatures are verified and answers made beside the one writer, and
 * requests that wait share one transaction, one head and one flush.
 *
 *   gate_job_new()  request is borrowed until gate_job_free()
 *   gate_prepare()  parse, verify the signature; on any thread
 *   gate_run()      decide, apply, log and commit; one thread at a time, and
 *                   at most GATE_GROUP_MAX jobs, all of them prepared
 *   gate_finish()   take the lock off and append the answer; on any thread,
 *                   after gate_run()
 *
 * Jobs of one call have no order among them; a client that waits for each
 * answer sees its own requests in order.
 */
#define GATE_GROUP_MAX 256
struct gate_job;
enum sv_err gate_job_new(struct gate *g, struct bytes request,
                         struct gate_job **out); /* SV_ERR_NOMEM */
void gate_prepare(struct gate_job *j);
void gate_run(struct gate *g, struct gate_job *const jobs[], size_t n);
/* SV_ERR_NOMEM; otherwise there is an answer, perhaps one that refuses. */
enum sv_err gate_finish(struct gate_job *j, struct buf *response);
void gate_job_free(struct gate_job *j); /* accepts NULL */

#endif
