#ifndef SV_VAULT_IDENTITY_H
#define SV_VAULT_IDENTITY_H

#include "audit/request.h"
#include "crypto/kdf.h"
#include "vault/keyfile.h"

/*
 * What a session needs of a user's secrets, wherever they lie: in this
 * process, or in one that does not give them away (vault/agent.h).  Her
 * public side is her card.
 */
enum identity_key { /* what is derived from the seed: these and no others */
                    IDENTITY_PIN = 1,   /* "user/pin" */
                    IDENTITY_HANDLE = 2 /* "user/handle" */
};

/* All give SV_ERR_DENIED where the secrets are no longer at hand. */
struct identity {
    /* Sign the text of a request.  SV_ERR_FORMAT for any other text, where
     * the secrets lie elsewhere. */
    enum sv_err (*sign)(void *ctx, struct bytes text,
                        uint8_t out[static SIGN_LEN]);
    /* As ps1_agree(). */
    enum sv_err (*agree)(void *ctx, const struct box_public *ephemeral,
                         struct ps1_agreed *out);
    enum sv_err (*derive)(void *ctx, enum identity_key which,
                          uint8_t out[static KDF_KEY_LEN]);
    void *ctx;
};

/* With the secrets in this process.  keys is borrowed. */
struct identity identity_of_keys(struct user_keys *keys);

/* The label that a key is derived by; NULL for none. */
const char *identity_label(enum identity_key which);

/* As request_sign(); own is the public half of what signs. */
enum sv_err identity_sign(const struct identity *id,
                          const struct sign_public *own,
                          const struct request *r, struct buf *out);
/* Append one more signature to the note that *out is, whose text is text. */
enum sv_err identity_add_signature(const struct identity *id,
                                   const struct sign_public *own,
                                   struct bytes text, const char *name,
                                   struct buf *out);
/* As ps1_open(). */
enum sv_err identity_open(const struct identity *id, const char *label,
                          struct bytes context, struct bytes box,
                          struct buf *out);

#endif
