#include "audit/cosign.h"

#include <inttypes.h>
#include <string.h>

#include "base/codec.h"
#include "base/text.h"

#define RAW_LEN (8 + SIGN_LEN)

/* What a cosigner signs: its own first lines keep it from passing for a
 * note. */
static enum sv_err
put_message(struct bytes text, uint64_t unix_s, struct buf *out)
{
    enum sv_err err =
        buf_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", unix_s);

    return err != SV_OK ? err : buf_append(out, text);
}

enum sv_err
cosign_sign(struct bytes checkpoint_text, uint64_t unix_s, const char *name,
            const struct sign_seed *seed, struct buf *out)
{
    struct buf message = BUF_INIT;
    struct sign_public pub;
    uint8_t id[4], raw[RAW_LEN];
    enum sv_err err;

    if (unix_s > INT64_MAX)
        return SV_ERR_RANGE;
    if (!note_text_ok(checkpoint_text) || !note_name_ok(bytes_text(name)))
        return SV_ERR_FORMAT;
    err = put_message(checkpoint_text, unix_s, &message);
    if (err != SV_OK)
        goto out;
    sign_public_of(seed, &pub);
    note_key_id(bytes_text(name), NOTE_TYPE_COSIGNATURE, &pub, id);
    put_u64(raw, unix_s);
    sign(seed, buf_bytes(&message), raw + 8);
    err = note_line(name, id, BYTES(raw), out);
out:
    buf_free(&message);
    return err;
}

static enum sv_err
verify_one(struct bytes text, const struct note_signature *s,
           const struct sign_public *key, uint64_t *unix_s)
{
    struct buf message = BUF_INIT;
    uint64_t at = get_u64(s->raw);
    enum sv_err err = SV_ERR_TAMPERED;

    if (s->raw_len == RAW_LEN && at <= INT64_MAX)
        err = put_message(text, at, &message);
    if (err == SV_OK)
        err = sign_verify(key, buf_bytes(&message), s->raw + 8);
    if (err == SV_OK)
        *unix_s = at;
    buf_free(&message);
    return err;
}

enum sv_err
cosign_verify(const struct note *note, const char *name,
              const struct sign_public *key, uint64_t *unix_s)
{
    uint8_t id[4];
    uint64_t newest = 0;
    bool found = false;

    note_key_id(bytes_text(name), NOTE_TYPE_COSIGNATURE, key, id);
    for (unsigned i = 0; i < note->n; i++) {
        const struct note_signature *s = &note->signature[i];
        uint64_t at;
        enum sv_err err;

        if (!text_is(s->name, name) || memcmp(s->key_id, id, sizeof id) != 0)
            continue;
        err = verify_one(note->text, s, key, &at);
        if (err != SV_OK)
            return err;
        newest = at > newest ? at : newest;
        found = true;
    }
    if (!found)
        return SV_ERR_NOT_FOUND;
    *unix_s = newest;
    return SV_OK;
}
