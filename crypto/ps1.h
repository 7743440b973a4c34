#ifndef SV_CRYPTO_PS1_H
#define SV_CRYPTO_PS1_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/rng.h"

/*
 * PS1, sealing to an X25519 public key:
 *
 *   ss  = X25519(ephemeral secret, pk), refused where all zero
 *   key = BLAKE2b-256(ss, "sv/v1/ps1" || ephemeral public || pk)
 *   out = ephemeral public[32] || CB1(key, label, context, plain)
 *
 * It says nothing of who sealed: what must have an author is signed.
 */
#define BOX_SEED_LEN 32
#define BOX_PUBLIC_LEN 32
#define BOX_SECRET_LEN 32
#define PS1_OVERHEAD 104

/* An X25519 key pair.  The secret is the 32-byte scalar as RFC 7748 takes
 * it, before clamping. */
struct box_public {
    uint8_t b[BOX_PUBLIC_LEN];
};
struct box_secret {
    uint8_t b[BOX_SECRET_LEN];
};

/* The public half. SV_ERR_RANGE where it would be all zero (never for a
 * random secret). */
enum sv_err box_public_of(const struct box_secret *secret,
                          struct box_public *out);
/* Can anything be sealed to it?  Not to a key of low order: what is agreed
 * with it is all zero, whoever agrees (RFC 7748, 6.1). */
bool box_public_ok(const uint8_t pub[static BOX_PUBLIC_LEN]);
void box_generate(const struct rng *rng, struct box_secret *secret,
                  struct box_public *pub);

/*
 * One author's agreed key towards one recipient: made once per session or
 * batch, so that bulk work costs CB1 per message and not X25519.  Holds a
 * secret: keep it in the arena or on a stack that is wiped.  SV_ERR_RANGE
 * where the recipient's key is of low order: all would know what is agreed.
 */
struct ps1_sender {
    struct box_public ephemeral;
    uint8_t key[32];
};
enum sv_err ps1_sender_init(const struct rng *rng,
                            const struct box_public *recipient,
                            struct ps1_sender *out);
enum sv_err ps1_sender_seal(const struct ps1_sender *sender,
                            const struct rng *rng, const char *label,
                            struct bytes context, struct bytes plain,
                            struct buf *out);

/*
 * The recipient's two steps apart, for where the secret lies with another
 * process than the box: what is agreed opens every box under that ephemeral
 * key, and no other.  SV_ERR_TAMPERED for an ephemeral key of low order, for
 * a box under another one, and for what is too short to have one.
 */
struct ps1_agreed {
    struct box_public ephemeral;
    uint8_t key[32];
};
enum sv_err ps1_ephemeral(struct bytes box, struct box_public *out);
enum sv_err ps1_agree(const struct box_secret *secret,
                      const struct box_public *own,
                      const struct box_public *ephemeral,
                      struct ps1_agreed *out);
enum sv_err ps1_agreed_open(const struct ps1_agreed *agreed, const char *label,
                            struct bytes context, struct bytes box,
                            struct buf *out);

/*
 * One recipient's agreed key with one ephemeral key, the other side of the
 * same saving: ps1_receiver_open() agrees anew only when the box's ephemeral
 * key is another than the last one.  Start from all zeros.
 */
struct ps1_receiver {
    bool ready;
    struct ps1_agreed agreed;
};
enum sv_err ps1_receiver_open(struct ps1_receiver *receiver,
                              const struct box_secret *secret,
                              const struct box_public *own, const char *label,
                              struct bytes context, struct bytes box,
                              struct buf *out);

/* Both steps at once, for single messages.  Errors as for the steps and CB1:
 * whatever is wrong with a box is SV_ERR_TAMPERED. */
enum sv_err ps1_seal(const struct rng *rng, const struct box_public *recipient,
                     const char *label, struct bytes context,
                     struct bytes plain, struct buf *out);
enum sv_err ps1_open(const struct box_secret *secret,
                     const struct box_public *own, const char *label,
                     struct bytes context, struct bytes box, struct buf *out);

#endif
