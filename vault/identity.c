#include "vault/identity.h"

#include <string.h>

/* ---- In this process ---- */

static enum sv_err
keys_sign(void *ctx, struct bytes text, uint8_t out[static SIGN_LEN])
{
    const struct user_keys *keys = ctx;

    sign(&keys->sign, text, out);
    return SV_OK;
}

static enum sv_err
keys_agree(void *ctx, const struct box_public *ephemeral,
           struct ps1_agreed *out)
{
    const struct user_keys *keys = ctx;

    return ps1_agree(&keys->box, &keys->own, ephemeral, out);
}

static enum sv_err
keys_derive(void *ctx, enum identity_key which, uint8_t out[static KDF_KEY_LEN])
{
    const struct user_keys *keys = ctx;
    const char *label = identity_label(which);

    if (label == NULL)
        return SV_ERR_FORMAT;
    kdf_derive(keys->seed, label, out);
    return SV_OK;
}

struct identity
identity_of_keys(struct user_keys *keys)
{
    return (struct identity){keys_sign, keys_agree, keys_derive, keys};
}

const char *
identity_label(enum identity_key which)
{
    switch (which) {
    case IDENTITY_PIN:
        return "user/pin";
    case IDENTITY_HANDLE:
        return "user/handle";
    }
    return NULL;
}

/* ---- For all ---- */

enum sv_err
identity_add_signature(const struct identity *id, const struct sign_public *own,
                       struct bytes text, const char *name, struct buf *out)
{
    uint8_t key_id[4], signature[SIGN_LEN];
    enum sv_err err = id->sign(id->ctx, text, signature);

    if (err != SV_OK)
        return err;
    note_key_id(bytes_text(name), NOTE_TYPE_ED25519, own, key_id);
    return note_line(name, key_id, BYTES(signature), out);
}

enum sv_err
identity_sign(const struct identity *id, const struct sign_public *own,
              const struct request *r, struct buf *out)
{
    char name[NOTE_NAME_MAX + 1];
    struct buf text = BUF_INIT;
    size_t was = out->len;
    enum sv_err err = request_key_name(r->origin, r->actor, name);

    if (err == SV_OK)
        err = request_encode(r, &text);
    if (err == SV_OK)
        err = buf_append(out, buf_bytes(&text));
    if (err == SV_OK)
        err = buf_text(out, "\n");
    if (err == SV_OK)
        err = identity_add_signature(id, own, buf_bytes(&text), name, out);
    if (err != SV_OK)
        buf_truncate(out, was);
    buf_free(&text);
    return err;
}

enum sv_err
identity_open(const struct identity *id, const char *label,
              struct bytes context, struct bytes box, struct buf *out)
{
    struct box_public ephemeral;
    struct ps1_agreed agreed;
    enum sv_err err = ps1_ephemeral(box, &ephemeral);

    if (err == SV_OK)
        err = id->agree(id->ctx, &ephemeral, &agreed);
    if (err == SV_OK)
        err = ps1_agreed_open(&agreed, label, context, box, out);
    wipe(&agreed, sizeof agreed);
    return err;
}
