#include "crypto/cb1.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/codec.h"

#define COMMIT_LEN 32
#define BODY_AT (CB1_SALT_LEN + COMMIT_LEN)

/* What the salt makes of the key: used once, hence the zero nonce. */
struct derived {
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t commitment[COMMIT_LEN];
};

static const uint8_t zero_nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

_Static_assert(sizeof(struct derived) == crypto_generichash_BYTES_MAX,
               "BLAKE2b-512 fills both halves");
_Static_assert(CB1_OVERHEAD ==
                   BODY_AT + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "salt, commitment, tag");

static void
add(crypto_generichash_state *state, struct bytes part)
{
    (void)crypto_generichash_update(state, part.ptr, part.len);
}

static void
derive(const uint8_t key[static CB1_KEY_LEN], const char *label,
       struct bytes context, const uint8_t salt[static CB1_SALT_LEN],
       struct derived *out)
{
    crypto_generichash_state state;
    struct bytes name = bytes_text(label);
    uint8_t name_len = (uint8_t)name.len;
    uint8_t context_len[4];

    assert(name.len <= UINT8_MAX);
    put_u32(context_len, (uint32_t)context.len);
    (void)crypto_generichash_init(&state, key, CB1_KEY_LEN, sizeof *out);
    add(&state, bytes_text("sv/v1/cb1"));
    add(&state, bytes_of(&name_len, sizeof name_len));
    add(&state, name);
    add(&state, BYTES(context_len));
    add(&state, context);
    add(&state, bytes_of(salt, CB1_SALT_LEN));
    (void)crypto_generichash_final(&state, (uint8_t *)out, sizeof *out);
    wipe(&state, sizeof state);
}

enum sv_err
cb1_seal(const struct rng *rng, const uint8_t key[static CB1_KEY_LEN],
         const char *label, struct bytes context, struct bytes plain,
         struct buf *out)
{
    struct derived derived;
    uint8_t *box;
    enum sv_err err;

    if (plain.len > CB1_PLAIN_MAX || context.len > UINT32_MAX)
        return SV_ERR_RANGE;
    err = buf_extend(out, plain.len + CB1_OVERHEAD, &box);
    if (err != SV_OK)
        return err;
    rng_fill(rng, box, CB1_SALT_LEN);
    derive(key, label, context, box, &derived);
    memcpy(box + CB1_SALT_LEN, derived.commitment, COMMIT_LEN);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        box + BODY_AT, NULL, plain.ptr, plain.len, NULL, 0, NULL, zero_nonce,
        derived.key);
    wipe(&derived, sizeof derived);
    wipe_stack();
    return SV_OK;
}

enum sv_err
cb1_open(const uint8_t key[static CB1_KEY_LEN], const char *label,
         struct bytes context, struct bytes box, struct buf *out)
{
    struct derived derived = {{0}, {0}};
    size_t before = out->len;
    uint8_t *plain;
    enum sv_err err = SV_ERR_TAMPERED;

    if (box.len < CB1_OVERHEAD || box.len - CB1_OVERHEAD > CB1_PLAIN_MAX ||
        context.len > UINT32_MAX)
        goto out;
    derive(key, label, context, box.ptr, &derived);
    /* First: the cipher alone opens one box under several keys. */
    if (sodium_memcmp(derived.commitment, box.ptr + CB1_SALT_LEN, COMMIT_LEN) !=
        0)
        goto out;
    err = buf_extend(out, box.len - CB1_OVERHEAD, &plain);
    if (err != SV_OK)
        goto out;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, box.ptr + BODY_AT, box.len - BODY_AT, NULL, 0,
            zero_nonce, derived.key) != 0) {
        buf_truncate(out, before);
        err = SV_ERR_TAMPERED;
    }
out:
    wipe(&derived, sizeof derived);
    wipe_stack();
    return err;
}
