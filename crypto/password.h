#ifndef SV_CRYPTO_PASSWORD_H
#define SV_CRYPTO_PASSWORD_H

#include "base/buf.h"

/* Argon2id version 1.3 (RFC 9106), one lane, as libsodium gives it. */
#define PASSWORD_SALT_LEN 16
#define PASSWORD_KEY_LEN 32
#define PASSWORD_MAX_LEN 1024 /* bytes of a passphrase */

struct password_cost {
    uint32_t passes;     /* t */
    uint32_t memory_kib; /* m */
};

/* What new slots get: t=3, 256 MiB. */
struct password_cost password_cost_default(void);

/*
 * SV_ERR_RANGE unless 3 <= t <= 10 and 256 MiB <= m <= 1 GiB: weaker lets a
 * thief guess, more lets a forged file exhaust the machine.  Checked by
 * password_derive() too, before it allocates.
 */
enum sv_err password_cost_check(struct password_cost cost);

/* SV_ERR_NOMEM where the memory is not to be had. */
enum sv_err password_derive(struct bytes passphrase,
                            const uint8_t salt[static PASSWORD_SALT_LEN],
                            struct password_cost cost,
                            uint8_t out[static PASSWORD_KEY_LEN]);

#endif
