#ifndef SV_CRYPTO_SHA256_H
#define SV_CRYPTO_SHA256_H

#include <sodium.h>

#include "base/buf.h"

#define SHA256_LEN 32

/*
 * SHA-256 (FIPS 180-4), for the Merkle tree and for C2SP key ids only.  The
 * state is opaque so that another engine can serve behind these calls.
 */
struct sha256 {
    crypto_hash_sha256_state state;
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, struct bytes part);
void sha256_end(struct sha256 *s, uint8_t out[static SHA256_LEN]);
void sha256(struct bytes data, uint8_t out[static SHA256_LEN]);

#endif
