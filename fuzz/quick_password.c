/*
 * crypto/password.c but for its cost: a hash in place of Argon2id, so that a
 * fuzzer reaches what a passphrase guards.  Linked before it.
 */
#include "crypto/digest.h"
#include "crypto/password.h"

struct password_cost
password_cost_default(void)
{
    return (struct password_cost){3, (uint32_t)256 << 10};
}

enum sv_err
password_cost_check(struct password_cost cost)
{
    return cost.passes < 3 || cost.passes > 10 ||
                   cost.memory_kib < (uint32_t)256 << 10 ||
                   cost.memory_kib > (uint32_t)1 << 20
               ? SV_ERR_RANGE
               : SV_OK;
}

enum sv_err
password_derive(struct bytes passphrase,
                const uint8_t salt[static PASSWORD_SALT_LEN],
                struct password_cost cost, uint8_t out[static PASSWORD_KEY_LEN])
{
    struct digest d;
    enum sv_err err = password_cost_check(cost);

    if (err != SV_OK)
        return err;
    digest_begin(&d, "quick");
    digest_add(&d, passphrase);
    digest_add(&d, bytes_of(salt, PASSWORD_SALT_LEN));
    digest_add(&d, bytes_of(&cost, sizeof cost));
    digest_end(&d, out);
    return SV_OK;
}
