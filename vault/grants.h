#ifndef SV_VAULT_GRANTS_H
#define SV_VAULT_GRANTS_H

#include "crypto/digest.h"
#include "crypto/ps1.h"
#include "policy/roster.h"

/*
 * Sealed compartment keys: what a confirmation carries, and what the founder
 * who made the keys seals to herself.
 *
 *   u8 n, each: name type, name compartment, u32 epoch, u16 PS1 box
 *
 * Each box is PS1 to the grantee's key, label "grant", with grant_context()
 * as context, over the 32-byte secret half.
 */
#define GRANTS_MAX POLICY_COLUMNS_MAX

struct grant_item {
    char type[NAME_SIZE];
    char compartment[NAME_SIZE];
    uint32_t epoch;
    struct bytes sealed; /* borrowed */
};

/* Label "sv/v1/grant", over the whole blob: the request's body line. */
void grants_hash(struct bytes blob, uint8_t out[static DIGEST_LEN]);
bool grants_are_whole(struct bytes blob);
/* At most GRANTS_MAX items.  SV_ERR_FORMAT. */
enum sv_err grants_decode(struct bytes blob,
                          struct grant_item items[static GRANTS_MAX],
                          unsigned *n);

/*
 * Vault id, u64 proposal (0 in the founding), names of grantee and role,
 * type and compartment, u32 epoch, public half.  In the founding the vault
 * has no id yet and zeros stand for it.
 */
struct grant_context {
    struct hash vault;
    uint64_t proposal;
    const char *grantee;
    const char *role;
    const char *type;
    const char *compartment;
    uint32_t epoch;
    const uint8_t *pub; /* 32 bytes */
};
enum sv_err grant_context(const struct grant_context *c, struct buf *out);

/* Append one sealed item.  The caller writes the count before the first. */
enum sv_err grants_seal(const struct rng *rng, const struct box_public *grantee,
                        const struct grant_context *c,
                        const struct box_secret *secret, struct buf *blob);
/* Open one; demands that the secret's public half is c->pub: a sponsor
 * cannot slip in a key of her own.  SV_ERR_TAMPERED. */
enum sv_err grants_open(const struct box_secret *own_secret,
                        const struct box_public *own,
                        const struct grant_context *c,
                        const struct grant_item *item, struct box_secret *out);

#endif
