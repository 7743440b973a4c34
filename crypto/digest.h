#ifndef SV_CRYPTO_DIGEST_H
#define SV_CRYPTO_DIGEST_H

#include <sodium.h>

#include "base/buf.h"

#define DIGEST_LEN 32

/*
 * BLAKE2b-256 over a label and any number of parts.  The label says what is
 * hashed, so that one kind of hash never passes for another: the hash is
 * over u8 |label|, label, and then the parts as they come; the caller's
 * format makes their lengths unambiguous.
 */
struct digest {
    crypto_generichash_state state;
};

void digest_begin(struct digest *d, const char *label);
void digest_add(struct digest *d, struct bytes part);
void digest_end(struct digest *d, uint8_t out[static DIGEST_LEN]);
/* All in one. */
void digest(const char *label, struct bytes data,
            uint8_t out[static DIGEST_LEN]);

#define MAC_LEN 32
#define MAC_KEY_LEN 32
/* Keyed BLAKE2b-256 over u8 |label|, label, data. */
void mac(const uint8_t key[static MAC_KEY_LEN], const char *label,
         struct bytes data, uint8_t out[static MAC_LEN]);

#endif
