#ifndef SV_VAULT_GATEKEY_H
#define SV_VAULT_GATEKEY_H

#include "crypto/ps1.h"
#include "crypto/sign.h"
#include "vault/envelope.h"

/*
 * The gate's key file, DIR.gate: beside the vault's directory and never in
 * it, so that a copy of the directory is of no use.  Magic "SVG", u8 suite
 * 1, u32 gate epoch, vault id[32], root[32], and a BLAKE2b-256 check of all
 * before it (label "sv/v1/gatefile"): against accidents, not against people.
 */
#define GATEKEY_FILE_LEN 104

struct storage_key {
    uint8_t b[CB1_KEY_LEN];
};

/* All that derives from the root; lives in an arena. */
struct gate_keys {
    uint32_t epoch;
    struct hash vault;
    uint8_t root[32];
    struct outer_key outer;     /* kdf label "gate/outer" */
    struct storage_key storage; /* "gate/storage" */
    struct sign_seed log;       /* "gate/log": signs heads */
    struct box_secret box;      /* "gate/box": counts lend keys to it */
};

/* Fill in what derives from epoch, vault and root. */
void gate_keys_derive(struct gate_keys *k);
enum sv_err gate_keys_encode(const struct gate_keys *k, struct buf *out);
/* SV_ERR_FORMAT, SV_ERR_VERSION; SV_ERR_TAMPERED where the check fails. */
enum sv_err gate_keys_decode(struct bytes in, struct gate_keys *out);

/*
 * The same under a passphrase: "SVW", u8 suite 1, u32 passes, u32 KiB,
 * salt[16], and a CB1 box of a whole gate key file.
 */
#define GATEKEY_WRAPPED_LEN (28 + GATEKEY_FILE_LEN + CB1_OVERHEAD)
/* SV_ERR_USAGE without a passphrase. */
enum sv_err gate_keys_wrap(const struct gate_keys *k, const struct rng *rng,
                           struct bytes passphrase, struct buf *out);
/* Does it need a passphrase? */
bool gate_keys_is_wrapped(struct bytes in);
/* SV_ERR_FORMAT, SV_ERR_VERSION; SV_ERR_RANGE for a cost beyond the bounds;
 * SV_ERR_DENIED: another passphrase, or altered (nothing tells which). */
enum sv_err gate_keys_unwrap(struct bytes in, struct bytes passphrase,
                             struct gate_keys *out);

#endif
