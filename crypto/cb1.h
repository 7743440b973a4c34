#ifndef SV_CRYPTO_CB1_H
#define SV_CRYPTO_CB1_H

#include "base/buf.h"
#include "crypto/rng.h"

/*
 * CB1, the committing box: every symmetric sealing is one.
 *
 *   okm = BLAKE2b-512(key, "sv/v1/cb1" || u8 |label| || label ||
 *                          u32 |context| || context || salt)
 *   out = salt[24] || okm[32..64] ||
 *         XChaCha20-Poly1305-IETF(okm[0..32], nonce 0, no data, plain)
 *
 * It commits to key, label and context: no ciphertext opens under two of
 * them.  The zero nonce is safe because the random 192-bit salt makes the
 * encryption key single-use.
 */
#define CB1_KEY_LEN 32
#define CB1_SALT_LEN 24
#define CB1_OVERHEAD 72
#define CB1_PLAIN_MAX ((size_t)64 << 20)

/*
 * Seal plain under key.  label names the use, at most 255 bytes; opening
 * needs the same label and context.  Appends plain.len + CB1_OVERHEAD bytes.
 * SV_ERR_RANGE over CB1_PLAIN_MAX, SV_ERR_NOMEM; out is unchanged on error.
 */
enum sv_err cb1_seal(const struct rng *rng,
                     const uint8_t key[static CB1_KEY_LEN], const char *label,
                     struct bytes context, struct bytes plain, struct buf *out);

/*
 * Appends the plaintext.  SV_ERR_TAMPERED where anything differs, too short
 * boxes included; out is unchanged then.
 */
enum sv_err cb1_open(const uint8_t key[static CB1_KEY_LEN], const char *label,
                     struct bytes context, struct bytes box, struct buf *out);

#endif
