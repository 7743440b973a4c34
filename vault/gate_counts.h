#ifndef SV_VAULT_GATE_COUNTS_H
#define SV_VAULT_GATE_COUNTS_H

#include "crypto/kdf.h"
#include "vault/gate_internal.h"

/* One count for one request: all rows as of its day, opened one by one with
 * the keys lent for it. */
struct count {
    struct act *a;
    const struct counting *with;
    struct counting_body body;
    struct schema *schema;
    struct counting_run *run;
    uint64_t as_of_ms;
    uint8_t record_key[KDF_KEY_LEN];
    size_t n;
    struct lent_key *keys; /* in room */
    struct arena *room;    /* for this count alone */
};

/*
 * Counts what a's body asks for.  count_end() in any case, which wipes.
 * SV_ERR_INPUT where the request is not in order, SV_ERR_TAMPERED where what
 * is stored is damaged.
 */
enum sv_err count_run(struct act *a, struct count *c);
void count_end(struct count *c);

/* What was released before is handed to what counts.  SV_ERR_RANGE where it
 * is more than an audit can hold; else as count_run(). */
enum sv_err count_earlier(struct count *c);

/*
 * What is not counted is an attempt all the same, and logged: an error of
 * these, or of what made figures of the count, becomes the entry's outcome and
 * SV_OK; any other error stays.
 */
enum sv_err count_not_made(struct act *a, enum sv_err err);

#endif
