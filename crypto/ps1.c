#include "crypto/ps1.h"

#include <string.h>

#include <sodium.h>

#include "crypto/cb1.h"

_Static_assert(PS1_OVERHEAD == BOX_PUBLIC_LEN + CB1_OVERHEAD,
               "ephemeral key, box");

enum sv_err
box_public_of(const struct box_secret *secret, struct box_public *out)
{
    struct box_public pub;
    bool made = crypto_scalarmult_base(pub.b, secret->b) == 0 &&
                !sodium_is_zero(pub.b, sizeof pub.b);

    wipe_stack();
    if (!made)
        return SV_ERR_RANGE;
    *out = pub;
    return SV_OK;
}

bool
box_public_ok(const uint8_t pub[static BOX_PUBLIC_LEN])
{
    /* Any scalar does: clamped, it is a multiple of the cofactor, and of no
     * other divisor of the group's order. */
    static const uint8_t scalar[crypto_scalarmult_SCALARBYTES] = {8, 1};
    uint8_t shared[crypto_scalarmult_BYTES];

    return crypto_scalarmult(shared, scalar, pub) == 0 &&
           !sodium_is_zero(shared, sizeof shared);
}

void
box_generate(const struct rng *rng, struct box_secret *secret,
             struct box_public *pub)
{
    /* A clamped scalar is no multiple of the group's order: one round. */
    do
        rng_fill(rng, secret->b, sizeof secret->b);
    while (box_public_of(secret, pub) != SV_OK);
}

/* Refused where theirs is of low order: the secret would be known to all. */
static enum sv_err
agree(const struct box_secret *mine, const struct box_public *theirs,
      const struct box_public *ephemeral, const struct box_public *recipient,
      uint8_t key[static CB1_KEY_LEN])
{
    static const uint8_t domain[] = {'s', 'v', '/', 'v', '1',
                                     '/', 'p', 's', '1'};
    crypto_generichash_state state;
    uint8_t shared[crypto_scalarmult_BYTES];
    enum sv_err err = SV_ERR_RANGE;

    if (crypto_scalarmult(shared, mine->b, theirs->b) != 0 ||
        sodium_is_zero(shared, sizeof shared))
        goto out;
    (void)crypto_generichash_init(&state, shared, sizeof shared, CB1_KEY_LEN);
    (void)crypto_generichash_update(&state, domain, sizeof domain);
    (void)crypto_generichash_update(&state, ephemeral->b, sizeof ephemeral->b);
    (void)crypto_generichash_update(&state, recipient->b, sizeof recipient->b);
    (void)crypto_generichash_final(&state, key, CB1_KEY_LEN);
    wipe(&state, sizeof state);
    err = SV_OK;
out:
    wipe(shared, sizeof shared);
    wipe_stack();
    return err;
}

enum sv_err
ps1_sender_init(const struct rng *rng, const struct box_public *recipient,
                struct ps1_sender *out)
{
    struct box_secret secret;
    struct ps1_sender sender;
    enum sv_err err;

    box_generate(rng, &secret, &sender.ephemeral);
    err = agree(&secret, recipient, &sender.ephemeral, recipient, sender.key);
    if (err == SV_OK)
        *out = sender;
    wipe(&secret, sizeof secret);
    wipe(&sender, sizeof sender);
    return err;
}

enum sv_err
ps1_sender_seal(const struct ps1_sender *sender, const struct rng *rng,
                const char *label, struct bytes context, struct bytes plain,
                struct buf *out)
{
    size_t before = out->len;
    enum sv_err err;

    err = buf_append(out, BYTES(sender->ephemeral.b));
    if (err != SV_OK)
        return err;
    err = cb1_seal(rng, sender->key, label, context, plain, out);
    if (err != SV_OK)
        buf_truncate(out, before);
    return err;
}

enum sv_err
ps1_ephemeral(struct bytes box, struct box_public *out)
{
    if (box.len < PS1_OVERHEAD)
        return SV_ERR_TAMPERED;
    memcpy(out->b, box.ptr, sizeof out->b);
    return SV_OK;
}

enum sv_err
ps1_agree(const struct box_secret *secret, const struct box_public *own,
          const struct box_public *ephemeral, struct ps1_agreed *out)
{
    struct ps1_agreed fresh = {.ephemeral = *ephemeral};

    if (agree(secret, ephemeral, ephemeral, own, fresh.key) != SV_OK)
        return SV_ERR_TAMPERED;
    *out = fresh;
    wipe(&fresh, sizeof fresh);
    return SV_OK;
}

enum sv_err
ps1_agreed_open(const struct ps1_agreed *agreed, const char *label,
                struct bytes context, struct bytes box, struct buf *out)
{
    if (box.len < PS1_OVERHEAD ||
        memcmp(agreed->ephemeral.b, box.ptr, BOX_PUBLIC_LEN) != 0)
        return SV_ERR_TAMPERED;
    return cb1_open(agreed->key, label, context,
                    bytes_slice(box, BOX_PUBLIC_LEN, box.len - BOX_PUBLIC_LEN),
                    out);
}

enum sv_err
ps1_receiver_open(struct ps1_receiver *receiver,
                  const struct box_secret *secret, const struct box_public *own,
                  const char *label, struct bytes context, struct bytes box,
                  struct buf *out)
{
    struct box_public ephemeral;
    struct ps1_agreed fresh;
    enum sv_err err = ps1_ephemeral(box, &ephemeral);

    if (err == SV_OK &&
        (!receiver->ready || memcmp(receiver->agreed.ephemeral.b, ephemeral.b,
                                    sizeof ephemeral.b) != 0)) {
        err = ps1_agree(secret, own, &ephemeral, &fresh);
        if (err == SV_OK) {
            /* Not by a literal, which would be a copy that nobody wipes. */
            receiver->agreed = fresh;
            receiver->ready = true;
        }
        wipe(&fresh, sizeof fresh);
    }
    return err != SV_OK
               ? err
               : ps1_agreed_open(&receiver->agreed, label, context, box, out);
}

enum sv_err
ps1_seal(const struct rng *rng, const struct box_public *recipient,
         const char *label, struct bytes context, struct bytes plain,
         struct buf *out)
{
    struct ps1_sender sender;
    enum sv_err err;

    err = ps1_sender_init(rng, recipient, &sender);
    if (err != SV_OK)
        return err;
    err = ps1_sender_seal(&sender, rng, label, context, plain, out);
    wipe(&sender, sizeof sender);
    return err;
}

enum sv_err
ps1_open(const struct box_secret *secret, const struct box_public *own,
         const char *label, struct bytes context, struct bytes box,
         struct buf *out)
{
    struct box_public ephemeral;
    struct ps1_agreed agreed;
    enum sv_err err = ps1_ephemeral(box, &ephemeral);

    if (err == SV_OK)
        err = ps1_agree(secret, own, &ephemeral, &agreed);
    if (err == SV_OK)
        err = ps1_agreed_open(&agreed, label, context, box, out);
    wipe(&agreed, sizeof agreed);
    return err;
}
