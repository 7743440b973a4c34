#include "crypto/sign.h"

#include <sodium.h>

/* libsodium's form: the seed and the public half behind it. */
struct pair {
    struct sign_public pub;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static void
expand(const struct sign_seed *seed, struct pair *out)
{
    (void)crypto_sign_seed_keypair(out->pub.b, out->secret, seed->b);
}

void
sign_public_of(const struct sign_seed *seed, struct sign_public *out)
{
    struct pair pair;

    expand(seed, &pair);
    *out = pair.pub;
    wipe(&pair, sizeof pair);
    wipe_stack();
}

void
sign(const struct sign_seed *seed, struct bytes message,
     uint8_t out[static SIGN_LEN])
{
    struct pair pair;

    expand(seed, &pair);
    (void)crypto_sign_detached(out, NULL, message.ptr, message.len,
                               pair.secret);
    wipe(&pair, sizeof pair);
    wipe_stack();
}

enum sv_err
sign_verify(const struct sign_public *pub, struct bytes message,
            const uint8_t signature[static SIGN_LEN])
{
    if (crypto_sign_verify_detached(signature, message.ptr, message.len,
                                    pub->b) != 0)
        return SV_ERR_TAMPERED;
    return SV_OK;
}
