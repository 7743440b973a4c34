#include <string.h>

#include "counts/figures.h"
#include "crypto/cb1.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/pad.h"
#include "crypto/password.h"
#include "crypto/ps1.h"
#include "crypto/sign.h"
#include "crypto/words.h"

#include "campaigns/secrets/checks.h"
#include "campaigns/secrets/mark.h"
#include "disclosure/rounding_internal.h"

#define PLAIN_LEN 3000
#define BOTH_LEN ((size_t)2 * KDF_KEY_LEN)

static enum sv_err
check_arena(struct arena *room)
{
    uint8_t *secret = mark_new(room, 64);

    secret_free(room, secret);
    return SV_OK;
}

/* Into a buffer that has to move for it, in the middle of a text. */
static enum sv_err
check_buf(struct arena *room)
{
    char *text = (char *)mark_new(room, 400);
    struct buf b = BUF_INIT;
    enum sv_err err = buf_text(&b, "text ");

    for (size_t i = 0; i < 400; i++)
        text[i] = (char)(text[i] | 1);
    mark_secret(text + 16, 320);
    mark_public(text, 400);
    text[399] = '\0';
    if (err == SV_OK)
        err = buf_printf(&b, "%s", text);
    if (err == SV_OK)
        err = buf_append(&b, bytes_text(text));
    buf_free(&b);
    return err;
}

static enum sv_err
check_cb1(struct arena *room)
{
    const struct rng rng = rng_system();
    uint8_t *key = mark_new(room, CB1_KEY_LEN);
    uint8_t *plain = mark_new(room, PLAIN_LEN);
    struct bytes context = bytes_text("context");
    struct buf box = BUF_INIT, opened = BUF_INIT;
    enum sv_err err =
        cb1_seal(&rng, key, "body", context, bytes_of(plain, PLAIN_LEN), &box);

    mark_content_secret(true);
    if (err == SV_OK)
        err = cb1_open(key, "body", context, buf_bytes(&box), &opened);
    /* Damaged in its last byte: deciphered, and thrown away. */
    if (err == SV_OK) {
        box.ptr[box.len - 1] ^= 1;
        err = expect(cb1_open(key, "body", context, buf_bytes(&box), &opened),
                     SV_ERR_TAMPERED);
    }
    buf_free(&box);
    buf_free(&opened);
    return err;
}

static enum sv_err
check_derive(struct arena *room)
{
    const uint8_t *key = mark_new(room, KDF_KEY_LEN);
    uint8_t *out = mark_new(room, BOTH_LEN);
    struct bytes both = bytes_of(out, BOTH_LEN);

    kdf_derive(key, "user/sign", out);
    mac(key, "sv/v1/record", bytes_text("data"), out + KDF_KEY_LEN);
    digest("sv/v1/body", both, out);
    return SV_OK;
}

static enum sv_err
check_pad(struct arena *room)
{
    const uint8_t *plain = mark_new(room, PLAIN_LEN);
    struct buf padded = BUF_INIT;
    struct bytes stripped;
    enum sv_err err = pad_add(bytes_of(plain, PLAIN_LEN), &padded);

    if (err == SV_OK)
        err = pad_strip(buf_bytes(&padded), &stripped);
    buf_free(&padded);
    return err;
}

static enum sv_err
check_password(struct arena *room)
{
    static const uint8_t salt[PASSWORD_SALT_LEN];
    const uint8_t *passphrase = mark_new(room, 24);
    uint8_t *out = mark_new(room, PASSWORD_KEY_LEN);

    return password_derive(bytes_of(passphrase, 24), salt,
                           password_cost_default(), out);
}

static enum sv_err
check_ps1(struct arena *room)
{
    const struct rng rng = rng_system();
    struct box_secret *secret = (void *)mark_new(room, sizeof *secret);
    struct ps1_sender *sender = (void *)mark_new(room, sizeof *sender);
    struct ps1_receiver *receiver = (void *)mark_new(room, sizeof *receiver);
    const uint8_t *plain = mark_new(room, 32);
    struct bytes none = bytes_of("", 0);
    struct box_public own;
    struct buf box = BUF_INIT, opened = BUF_INIT;
    enum sv_err err = SV_OK;

    box_generate(&rng, secret, &own);
    *receiver = (struct ps1_receiver){0};
    err = ps1_sender_init(&rng, &own, sender);
    if (err == SV_OK)
        err = ps1_sender_seal(sender, &rng, "dek", none, bytes_of(plain, 32),
                              &box);
    if (err == SV_OK)
        err = ps1_receiver_open(receiver, secret, &own, "dek", none,
                                buf_bytes(&box), &opened);
    if (err == SV_OK)
        err = ps1_open(secret, &own, "dek", none, buf_bytes(&box), &opened);
    if (err == SV_OK)
        err = expect(
            ps1_open(secret, &own, "lend", none, buf_bytes(&box), &opened),
            SV_ERR_TAMPERED);
    buf_free(&box);
    buf_free(&opened);
    return err;
}

static enum sv_err
check_sign(struct arena *room)
{
    const struct sign_seed *seed = (const void *)mark_new(room, sizeof *seed);
    struct sign_public pub;
    uint8_t signature[SIGN_LEN];

    sign_public_of(seed, &pub);
    sign(seed, bytes_text("message"), signature);
    return sign_verify(&pub, bytes_text("message"), signature);
}

static void
fill_secret(void *ctx, uint8_t *out, size_t len)
{
    const struct rng rng = rng_system();

    (void)ctx;
    rng_fill(&rng, out, len);
    mark_secret(out, len);
}

static enum sv_err
check_words(struct arena *room)
{
    const struct rng rng = {fill_secret, NULL};
    char *words = (char *)mark_new(room, WORDS_TEXT_SIZE);

    words_passphrase(&rng, words);
    mark_secret(words, 16); /* there are more letters than that */
    return SV_OK;
}

/* The key and the true figure; what is shown is known behind it. */
static enum sv_err
check_rounding(struct arena *room)
{
    const uint8_t *key = mark_new(room, 32);
    const uint8_t *record = mark_new(room, sizeof(uint64_t));
    uint8_t id[ROUNDING_ID_LEN] = {0};
    struct counted *c = (void *)mark_new(room, sizeof *c);
    uint64_t number;
    int64_t shown, target;

    memcpy(&number, record, sizeof number);
    c->n &= 0xff;
    c->nudge &= 0x3;
    counted_add(c, number);
    shown = figures_round(c, key);
    mark_public(&shown, sizeof shown);
    target = rounding_target(key, id, 7, FIGURES_BASE);
    mark_public(&target, sizeof target);
    return shown >= 0 && shown % FIGURES_BASE == 0 && target % FIGURES_BASE == 0
               ? SV_OK
               : SV_ERR_RANGE;
}

const struct check checks_crypto[] = {
    {"arena", check_arena, false}, {"buf", check_buf, false},
    {"cb1", check_cb1, false},     {"derive", check_derive, false},
    {"pad", check_pad, false},     {"password", check_password, false},
    {"ps1", check_ps1, false},     {"sign", check_sign, false},
    {"words", check_words, false}, {"rounding", check_rounding, false},
    {NULL, NULL, false},
};
