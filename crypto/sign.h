#ifndef SV_CRYPTO_SIGN_H
#define SV_CRYPTO_SIGN_H

#include "base/buf.h"

/*
 * Ed25519 (RFC 8032) from seeds only.  The public half is derived at each
 * signature and never taken from outside: signing under a foreign public
 * half gives the secret away.
 */
#define SIGN_SEED_LEN 32
#define SIGN_PUBLIC_LEN 32
#define SIGN_LEN 64

struct sign_public {
    uint8_t b[SIGN_PUBLIC_LEN];
};
struct sign_seed {
    uint8_t b[SIGN_SEED_LEN];
};

void sign_public_of(const struct sign_seed *seed, struct sign_public *out);
void sign(const struct sign_seed *seed, struct bytes message,
          uint8_t out[static SIGN_LEN]);
/* SV_ERR_TAMPERED where it does not verify. */
enum sv_err sign_verify(const struct sign_public *pub, struct bytes message,
                        const uint8_t signature[static SIGN_LEN]);

#endif
