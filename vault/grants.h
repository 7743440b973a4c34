#ifndef SV_VAULT_GRANTS_H
#define SV_VAULT_GRANTS_H

#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/ps1.h"
#include "policy/roster.h"
#include "vault/identity.h"

/*
 * Sealed compartment keys: what a confirmation or a return carries, what a
 * new epoch brings to all its holders, and what the founding seals to those
 * who hold keys from the start.
 *
 *   u16 n, each: name grantee, name type, name compartment, u32 epoch,
 *   u16 PS1 box
 *
 * Each box is PS1 to the grantee's key, label "grant", with grant_context()
 * as context, over the 32-byte secret half.
 */
struct grant_item {
    char grantee[NAME_SIZE];
    char type[NAME_SIZE];
    char compartment[NAME_SIZE];
    uint32_t epoch;
    struct bytes sealed; /* borrowed */
};

/* Label "sv/v1/grant", over the whole blob: the request's body line. */
void grants_hash(struct bytes blob, uint8_t out[static DIGEST_LEN]);

/* One item after the other: after grants_begin(), as long as *left is not 0.
 * SV_ERR_FORMAT; the last one finds what is left over. */
enum sv_err grants_begin(struct bytes blob, struct reader *r, unsigned *left);
enum sv_err grants_next(struct reader *r, unsigned *left,
                        struct grant_item *out);
/* Append an item that is sealed already. */
enum sv_err grants_put(const struct grant_item *item, struct buf *items);

/* Vault id, names of grantee, type and compartment, u32 epoch, public half.
 * In the founding the vault has no id yet and zeros stand for it. */
struct grant_context {
    struct hash vault;
    const char *grantee;
    const char *type;
    const char *compartment;
    uint32_t epoch;
    const uint8_t *pub; /* 32 bytes */
};
enum sv_err grant_context(const struct grant_context *c, struct buf *out);

/* Append one sealed item; the count before the first is the caller's. */
enum sv_err grants_seal(const struct rng *rng, const struct box_public *grantee,
                        const struct grant_context *c,
                        const struct box_secret *secret, struct buf *blob);
/* Open one; demands that the secret's public half is c->pub: a sponsor
 * cannot slip in a key of her own.  SV_ERR_TAMPERED. */
enum sv_err grants_open(const struct identity *own,
                        const struct grant_context *c,
                        const struct grant_item *item, struct box_secret *out);

#endif
