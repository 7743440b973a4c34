#include "vault/gatekey.h"

#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"

#define SUITE 1
#define CHECK_LABEL "sv/v1/gatefile"

static const uint8_t magic[] = {'S', 'V', 'G'};

_Static_assert(GATEKEY_FILE_LEN == sizeof magic + 1 + 4 + sizeof(struct hash) +
                                       KDF_KEY_LEN + DIGEST_LEN,
               "magic, suite, epoch, vault, root, check");

void
gate_keys_derive(struct gate_keys *k)
{
    kdf_derive(k->root, "gate/outer", k->outer.b);
    kdf_derive(k->root, "gate/storage", k->storage.b);
    kdf_derive(k->root, "gate/log", k->log.b);
    kdf_derive(k->root, "gate/box", k->box.b);
}

enum sv_err
gate_keys_encode(const struct gate_keys *k, struct buf *out)
{
    size_t was = out->len;
    uint8_t check[DIGEST_LEN];
    struct writer w = writer_to(out);
    /* In one piece, so that the root is not moved about. */
    enum sv_err err = buf_reserve(out, GATEKEY_FILE_LEN);

    if (err != SV_OK)
        return err;
    writer_bytes(&w, BYTES(magic));
    writer_u8(&w, SUITE);
    writer_u32(&w, k->epoch);
    writer_bytes(&w, BYTES(k->vault.b));
    writer_bytes(&w, BYTES(k->root));
    digest(CHECK_LABEL, bytes_slice(buf_bytes(out), was, out->len - was),
           check);
    writer_bytes(&w, BYTES(check));
    return writer_end(&w);
}

enum sv_err
gate_keys_decode(struct bytes in, struct gate_keys *out)
{
    struct reader r = reader_of(in);
    uint8_t suite, check[DIGEST_LEN];

    if (!bytes_equal(reader_bytes(&r, sizeof magic), BYTES(magic)))
        return SV_ERR_FORMAT;
    suite = reader_u8(&r);
    if (!r.failed && suite != SUITE)
        return SV_ERR_VERSION;
    if (in.len != GATEKEY_FILE_LEN)
        return SV_ERR_FORMAT;
    digest(CHECK_LABEL, bytes_slice(in, 0, in.len - DIGEST_LEN), check);
    if (!bytes_equal(BYTES(check),
                     bytes_slice(in, in.len - DIGEST_LEN, DIGEST_LEN)))
        return SV_ERR_TAMPERED;
    /* Nothing fails from here on: straight into the arena. */
    out->epoch = reader_u32(&r);
    reader_copy(&r, out->vault.b, sizeof out->vault.b);
    reader_copy(&r, out->root, sizeof out->root);
    gate_keys_derive(out);
    return SV_OK;
}
