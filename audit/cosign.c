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

/* ---- Notes with several lines ---- */

/* The signature lines as they stand, behind the note's text. */
static struct bytes
lines_of(struct bytes note, const struct note *n)
{
    return bytes_slice(note, n->text.len + 1, note.len - n->text.len - 1);
}

/* The line of that note by this signature's name and key, if it has one. */
static bool
find_line(struct bytes note, const struct note *n,
          const struct note_signature *of, struct bytes *line)
{
    struct bytes lines = lines_of(note, n);

    for (unsigned i = 0; text_line(&lines, line); i++) {
        const struct note_signature *s = &n->signature[i];

        if (bytes_equal(s->name, of->name) &&
            memcmp(s->key_id, of->key_id, sizeof s->key_id) == 0)
            return true;
    }
    return false;
}

static enum sv_err
put_line(struct buf *out, struct bytes line)
{
    enum sv_err err = buf_append(out, line);

    return err != SV_OK ? err : buf_text(out, "\n");
}

/* What came of it must be a note again. */
static enum sv_err
check_note(struct buf *out, size_t was, unsigned signatures, enum sv_err err)
{
    if (err == SV_OK && signatures > NOTE_SIGNATURES_MAX)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

enum sv_err
cosign_add(struct bytes note, const char *name, const struct sign_seed *seed,
           uint64_t unix_s, struct buf *out)
{
    struct sign_public pub;
    struct bytes lines, line;
    struct note n;
    uint8_t id[4];
    size_t was = out->len;
    unsigned kept = 0;
    enum sv_err err = note_parse(note, &n);

    if (err != SV_OK)
        return err;
    sign_public_of(seed, &pub);
    note_key_id(bytes_text(name), NOTE_TYPE_COSIGNATURE, &pub, id);
    lines = lines_of(note, &n);
    err = put_line(out, n.text);
    for (unsigned i = 0; err == SV_OK && text_line(&lines, &line); i++) {
        const struct note_signature *s = &n.signature[i];

        if (text_is(s->name, name) && memcmp(s->key_id, id, sizeof id) == 0)
            continue;
        err = put_line(out, line);
        kept++;
    }
    if (err == SV_OK)
        err = cosign_sign(n.text, unix_s, name, seed, out);
    return check_note(out, was, kept + 1, err);
}

enum sv_err
cosign_merge(struct bytes note, struct bytes more, struct buf *out)
{
    struct note to, from;
    struct bytes lines, line, other;
    size_t was = out->len;
    unsigned n = 0;
    enum sv_err err = note_parse(note, &to);

    if (err == SV_OK)
        err = note_parse(more, &from);
    if (err == SV_OK && !bytes_equal(to.text, from.text))
        err = SV_ERR_FORMAT;
    if (err != SV_OK)
        return err;
    err = put_line(out, to.text);
    lines = lines_of(note, &to);
    for (; err == SV_OK && text_line(&lines, &line); n++)
        err = put_line(out, find_line(more, &from, &to.signature[n], &other)
                                ? other
                                : line);
    lines = lines_of(more, &from);
    for (unsigned i = 0; err == SV_OK && text_line(&lines, &line); i++) {
        if (find_line(note, &to, &from.signature[i], &other))
            continue;
        err = put_line(out, line);
        n++;
    }
    return check_note(out, was, n, err);
}

/* ---- Keys ---- */

#define KEY_PREFIX "PRIVATE+KEY+"

enum sv_err
cosign_key_encode(const char *name, const struct sign_seed *seed,
                  struct buf *out)
{
    struct sign_public pub;
    uint8_t id[4], typed[1 + SIGN_SEED_LEN] = {NOTE_TYPE_COSIGNATURE};
    char hex[2 * sizeof id + 1], base64[BASE64_SIZE(sizeof typed)];
    enum sv_err err;

    if (!note_name_ok(bytes_text(name)))
        return SV_ERR_FORMAT;
    sign_public_of(seed, &pub);
    note_key_id(bytes_text(name), NOTE_TYPE_COSIGNATURE, &pub, id);
    memcpy(typed + 1, seed->b, sizeof seed->b);
    text_hex(BYTES(id), hex);
    text_base64(BYTES(typed), base64);
    err = buf_printf(out, KEY_PREFIX "%s+%s+%s\n", name, hex, base64);
    wipe(typed, sizeof typed);
    wipe(base64, sizeof base64);
    return err;
}

enum sv_err
cosign_key_parse(struct bytes text, char *name, size_t name_size,
                 struct sign_seed *seed)
{
    uint8_t id[4], want[4], typed[1 + SIGN_SEED_LEN] = {0};
    struct bytes line, head, hex;
    struct sign_public pub;
    struct sign_seed found;
    enum sv_err err = SV_ERR_FORMAT;

    if (!text_line(&text, &line) || text.len > 0 ||
        !text_skip(&line, KEY_PREFIX) || !text_split(&line, '+', &head) ||
        !note_name_ok(head) || !text_split(&line, '+', &hex) ||
        text_unhex(hex, id, sizeof id) != SV_OK ||
        text_unbase64_n(line, typed, sizeof typed) != SV_OK)
        goto out;
    memcpy(found.b, typed + 1, sizeof found.b);
    sign_public_of(&found, &pub);
    note_key_id(head, NOTE_TYPE_COSIGNATURE, &pub, want);
    if (typed[0] == NOTE_TYPE_COSIGNATURE && memcmp(id, want, sizeof id) == 0 &&
        text_copy(head, name, name_size) == SV_OK) {
        *seed = found;
        err = SV_OK;
    }
    wipe(&found, sizeof found);
out:
    wipe(typed, sizeof typed);
    return err;
}
