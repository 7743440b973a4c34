#ifndef SV_CRYPTO_SHA256_H
#define SV_CRYPTO_SHA256_H

#include "base/buf.h"

#define SHA256_LEN 32

/*
 * SHA-256 (FIPS 180-4), for the Merkle tree and for C2SP key ids only: by
 * libcrypto, whose code for the processor's own instructions is four times as
 * fast as libsodium's.  The state is opaque.
 */
#define SHA256_STATE_SIZE 112
struct sha256 {
    _Alignas(8) uint8_t state[SHA256_STATE_SIZE];
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, struct bytes part);
void sha256_end(struct sha256 *s, uint8_t out[static SHA256_LEN]);
void sha256(struct bytes data, uint8_t out[static SHA256_LEN]);

#endif
