#include "vault/gatekey.h"

#include <string.h>

#include <sodium.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/password.h"

#define SUITE 1
#define CHECK_LABEL "sv/v1/gatefile"

#define WRAP_LABEL "gatekey"

static const uint8_t magic[] = {'S', 'V', 'G'};
static const uint8_t wrapped_magic[] = {'S', 'V', 'W'};
/* Magic, suite, cost, salt: what stands in clear, and the box's context. */
#define WRAP_HEAD_LEN (GATEKEY_WRAPPED_LEN - GATEKEY_FILE_LEN - CB1_OVERHEAD)

_Static_assert(WRAP_HEAD_LEN ==
                   sizeof wrapped_magic + 1 + 4 + 4 + PASSWORD_SALT_LEN,
               "magic, suite, passes, KiB, salt");

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
    if (sodium_memcmp(check, in.ptr + in.len - DIGEST_LEN, sizeof check) != 0)
        return SV_ERR_TAMPERED;
    /* Nothing fails from here on: straight into the arena. */
    out->epoch = reader_u32(&r);
    reader_copy(&r, out->vault.b, sizeof out->vault.b);
    reader_copy(&r, out->root, sizeof out->root);
    gate_keys_derive(out);
    return SV_OK;
}

/* ---- Under a passphrase ---- */

enum sv_err
gate_keys_wrap(const struct gate_keys *k, const struct rng *rng,
               struct bytes passphrase, struct buf *out)
{
    struct password_cost cost = password_cost_default();
    uint8_t salt[PASSWORD_SALT_LEN], kek[PASSWORD_KEY_LEN] = {0};
    struct buf plain = BUF_INIT, head = BUF_INIT;
    struct writer w = writer_to(&head);
    enum sv_err err = passphrase.len == 0 ? SV_ERR_USAGE : SV_OK;

    if (err != SV_OK)
        return err;
    rng_fill(rng, salt, sizeof salt);
    writer_bytes(&w, BYTES(wrapped_magic));
    writer_u8(&w, SUITE);
    writer_u32(&w, cost.passes);
    writer_u32(&w, cost.memory_kib);
    writer_bytes(&w, BYTES(salt));
    err = writer_end(&w);
    if (err == SV_OK)
        err = password_derive(passphrase, salt, cost, kek);
    if (err == SV_OK)
        err = gate_keys_encode(k, &plain);
    if (err == SV_OK)
        err = buf_reserve(out, GATEKEY_WRAPPED_LEN);
    if (err == SV_OK)
        err = buf_append(out, buf_bytes(&head));
    if (err == SV_OK)
        err = cb1_seal(rng, kek, WRAP_LABEL, buf_bytes(&head),
                       buf_bytes(&plain), out);
    wipe(kek, sizeof kek);
    buf_free(&plain);
    buf_free(&head);
    return err;
}

bool
gate_keys_is_wrapped(struct bytes in)
{
    return in.len >= sizeof wrapped_magic &&
           bytes_equal(bytes_slice(in, 0, sizeof wrapped_magic),
                       BYTES(wrapped_magic));
}

/* What the box holds, under that passphrase. */
static enum sv_err
open_wrapped(struct bytes in, struct bytes passphrase,
             struct password_cost cost, const uint8_t *salt, struct buf *plain)
{
    uint8_t kek[PASSWORD_KEY_LEN] = {0};
    enum sv_err err = password_derive(passphrase, salt, cost, kek);

    if (err == SV_OK)
        err = cb1_open(kek, WRAP_LABEL, bytes_slice(in, 0, WRAP_HEAD_LEN),
                       bytes_slice(in, WRAP_HEAD_LEN, in.len - WRAP_HEAD_LEN),
                       plain);
    wipe(kek, sizeof kek);
    return err;
}

enum sv_err
gate_keys_unwrap(struct bytes in, struct bytes passphrase,
                 struct gate_keys *out)
{
    struct reader r = reader_of(in);
    struct buf plain = BUF_INIT;
    struct password_cost cost;
    uint8_t suite, salt[PASSWORD_SALT_LEN];
    enum sv_err err;

    if (!bytes_equal(reader_bytes(&r, sizeof wrapped_magic),
                     BYTES(wrapped_magic)))
        return SV_ERR_FORMAT;
    suite = reader_u8(&r);
    if (!r.failed && suite != SUITE)
        return SV_ERR_VERSION;
    if (in.len != GATEKEY_WRAPPED_LEN)
        return SV_ERR_FORMAT;
    cost.passes = reader_u32(&r);
    cost.memory_kib = reader_u32(&r);
    reader_copy(&r, salt, sizeof salt);
    err = password_cost_check(cost);
    if (err == SV_OK)
        err = open_wrapped(in, passphrase, cost, salt, &plain);
    if (err == SV_OK)
        err = gate_keys_decode(buf_bytes(&plain), out);
    buf_free(&plain); /* wipes */
    return err == SV_ERR_TAMPERED ? SV_ERR_DENIED : err;
}
