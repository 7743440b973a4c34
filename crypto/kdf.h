#ifndef SV_CRYPTO_KDF_H
#define SV_CRYPTO_KDF_H

#include <stdint.h>

#define KDF_KEY_LEN 32

/*
 * A 32-byte key for one use, out of a 32-byte key: keyed BLAKE2b-256 over
 * "sv/v1/kdf", u8 |label|, label.  label is at most 255 bytes.
 */
void kdf_derive(const uint8_t key[static KDF_KEY_LEN], const char *label,
                uint8_t out[static KDF_KEY_LEN]);

#endif
