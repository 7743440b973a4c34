#include "crypto/password.h"

#include <string.h>

#include <sodium.h>

#define PASSES_MIN 3
#define PASSES_MAX 10
#define MEMORY_KIB_MIN ((uint32_t)256 << 10)
#define MEMORY_KIB_MAX ((uint32_t)1 << 20)

_Static_assert(PASSWORD_SALT_LEN == crypto_pwhash_argon2id_SALTBYTES,
               "libsodium's salt");

struct password_cost
password_cost_default(void)
{
    return (struct password_cost){PASSES_MIN, MEMORY_KIB_MIN};
}

enum sv_err
password_cost_check(struct password_cost cost)
{
    if (cost.passes < PASSES_MIN || cost.passes > PASSES_MAX ||
        cost.memory_kib < MEMORY_KIB_MIN || cost.memory_kib > MEMORY_KIB_MAX)
        return SV_ERR_RANGE;
    return SV_OK;
}

enum sv_err
password_derive(struct bytes passphrase,
                const uint8_t salt[static PASSWORD_SALT_LEN],
                struct password_cost cost, uint8_t out[static PASSWORD_KEY_LEN])
{
    uint8_t key[PASSWORD_KEY_LEN];
    enum sv_err err;

    err = password_cost_check(cost);
    if (err != SV_OK)
        return err;
    if (passphrase.len > PASSWORD_MAX_LEN)
        return SV_ERR_RANGE;
    if (crypto_pwhash(key, sizeof key, (const char *)passphrase.ptr,
                      passphrase.len, salt, cost.passes,
                      (size_t)cost.memory_kib << 10,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        err = SV_ERR_NOMEM;
        goto out;
    }
    memcpy(out, key, sizeof key);
out:
    wipe(key, sizeof key);
    wipe_stack();
    return err;
}
