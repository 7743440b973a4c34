#include "audit/note.h"

#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "base/text.h"
#include "crypto/sha256.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define KEY_ID_LEN 4
/* The longest signatures known elsewhere are those of ML-DSA, 2,420 bytes. */
#define LINE_MAX_LEN ((size_t)8 << 10)

static bool
is_name_character(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
        return false;
    default:
        return c != '+';
    }
}

bool
note_name_ok(struct bytes name)
{
    size_t at = 0;

    if (name.len == 0 || name.len > NOTE_NAME_MAX)
        return false;
    while (at < name.len) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n;

        if (name.ptr[at] > ' ' && name.ptr[at] < 0x7f && name.ptr[at] != '+') {
            at++;
            continue;
        }
        n = utf8proc_iterate(name.ptr + at, (utf8proc_ssize_t)(name.len - at),
                             &c);
        if (n <= 0 || !is_name_character(c))
            return false;
        at += (size_t)n;
    }
    return true;
}

/* Eight bytes, each from 0x20 on: most of a text. */
static bool
is_plain(const uint8_t *at)
{
    const uint64_t blanks = 0x2020202020202020u, high = blanks << 2;
    uint64_t v;

    memcpy(&v, at, sizeof v);
    return ((v - blanks) & ~v & high) == 0;
}

bool
note_text_ok(struct bytes text)
{
    size_t at = 0;

    if (text.len == 0 || text.ptr[text.len - 1] != '\n')
        return false;
    while (at < text.len) {
        if (text.len - at >= 8 && is_plain(text.ptr + at)) {
            at += 8;
            continue;
        }
        if (text.ptr[at] < 0x20 && text.ptr[at] != '\n')
            return false;
        at++;
    }
    return text_is_utf8(text);
}

void
note_key_id(struct bytes name, uint8_t type, const struct sign_public *key,
            uint8_t out[static 4])
{
    const uint8_t middle[] = {'\n', type};
    uint8_t hash[SHA256_LEN];
    struct sha256 s;

    sha256_begin(&s);
    sha256_add(&s, name);
    sha256_add(&s, BYTES(middle));
    sha256_add(&s, BYTES(key->b));
    sha256_end(&s, hash);
    memcpy(out, hash, KEY_ID_LEN);
}

/* ---- parsing ---- */

static enum sv_err
parse_raw(struct bytes base64, struct note_signature *out)
{
    uint8_t raw[LINE_MAX_LEN];
    size_t len;
    enum sv_err err = text_unbase64_to(base64, raw, sizeof raw, &len);

    if (err != SV_OK)
        return err;
    if (len <= KEY_ID_LEN)
        return SV_ERR_FORMAT;
    memcpy(out->key_id, raw, KEY_ID_LEN);
    out->raw_len = len - KEY_ID_LEN;
    if (out->raw_len > sizeof out->raw)
        out->raw_len = 0; /* of a kind that we do not know */
    memcpy(out->raw, raw + KEY_ID_LEN, out->raw_len);
    return SV_OK;
}

static enum sv_err
parse_signature(struct bytes line, struct note_signature *out)
{
    if (line.len > LINE_MAX_LEN || !text_skip(&line, DASH) ||
        !text_split(&line, ' ', &out->name) || !note_name_ok(out->name))
        return SV_ERR_FORMAT;
    return parse_raw(line, out);
}

/* Text and signature lines, around the last empty line; without one, no
 * text. */
static void
cut(struct bytes in, struct bytes *text, struct bytes *lines)
{
    size_t i = in.len;

    while (i > 1 && (in.ptr[i - 1] != '\n' || in.ptr[i - 2] != '\n'))
        i--;
    *text = bytes_slice(in, 0, i - 1);
    *lines = bytes_slice(in, i, in.len - i);
}

enum sv_err
note_parse(struct bytes in, struct note *out)
{
    struct note n;
    struct bytes lines, line;

    if (in.len > NOTE_TEXT_MAX + NOTE_SIGNATURES_MAX * LINE_MAX_LEN ||
        !note_text_ok(in))
        return SV_ERR_FORMAT;
    cut(in, &n.text, &lines);
    if (n.text.len == 0 || n.text.len > NOTE_TEXT_MAX)
        return SV_ERR_FORMAT;
    n.n = 0;
    while (text_line(&lines, &line)) {
        enum sv_err err;

        if (n.n == NOTE_SIGNATURES_MAX)
            return SV_ERR_FORMAT;
        err = parse_signature(line, &n.signature[n.n++]);
        if (err != SV_OK)
            return err;
    }
    if (n.n == 0)
        return SV_ERR_FORMAT;
    note_copy(&n, out);
    return SV_OK;
}

void
note_copy(const struct note *n, struct note *out)
{
    out->text = n->text;
    out->n = n->n;
    memcpy(out->signature, n->signature, n->n * sizeof *n->signature);
}

/* ---- signing ---- */

enum sv_err
note_line(const char *name, const uint8_t key_id[static 4], struct bytes raw,
          struct buf *out)
{
    uint8_t all[KEY_ID_LEN + NOTE_SIGNATURE_MAX];
    size_t was = out->len;
    enum sv_err err;

    if (!note_name_ok(bytes_text(name)))
        return SV_ERR_FORMAT;
    if (raw.len == 0 || raw.len > NOTE_SIGNATURE_MAX)
        return SV_ERR_RANGE;
    memcpy(all, key_id, KEY_ID_LEN);
    memcpy(all + KEY_ID_LEN, raw.ptr, raw.len);
    err = buf_printf(out, DASH "%s ", name);
    if (err == SV_OK)
        err = text_base64_append(out, bytes_of(all, KEY_ID_LEN + raw.len));
    if (err == SV_OK)
        err = buf_text(out, "\n");
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* One signature line of type 0x01 over text. */
static enum sv_err
sign_line(struct bytes text, const char *name, const struct sign_seed *seed,
          struct buf *out)
{
    struct sign_public pub;
    uint8_t id[KEY_ID_LEN], raw[SIGN_LEN];

    sign_public_of(seed, &pub);
    note_key_id(bytes_text(name), NOTE_TYPE_ED25519, &pub, id);
    sign(seed, text, raw);
    return note_line(name, id, BYTES(raw), out);
}

enum sv_err
note_sign(struct bytes text, const char *name, const struct sign_seed *seed,
          struct buf *out)
{
    size_t was = out->len;
    enum sv_err err;

    if (text.len > NOTE_TEXT_MAX)
        return SV_ERR_RANGE;
    if (!note_text_ok(text))
        return SV_ERR_FORMAT;
    err = buf_append(out, text);
    if (err == SV_OK)
        err = buf_text(out, "\n");
    if (err == SV_OK)
        err = sign_line(text, name, seed, out);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

enum sv_err
note_add_signature(struct bytes text, const char *name,
                   const struct sign_seed *seed, struct buf *out)
{
    struct note n;

    if (note_parse(buf_bytes(out), &n) != SV_OK || !bytes_equal(n.text, text))
        return SV_ERR_FORMAT;
    if (n.n == NOTE_SIGNATURES_MAX)
        return SV_ERR_RANGE;
    return sign_line(text, name, seed, out);
}

/* ---- verifying ---- */

enum sv_err
note_verify(const struct note *n, const char *name,
            const struct sign_public *key)
{
    enum sv_err found = SV_ERR_NOT_FOUND;
    uint8_t id[KEY_ID_LEN];

    note_key_id(bytes_text(name), NOTE_TYPE_ED25519, key, id);
    for (unsigned i = 0; i < n->n; i++) {
        const struct note_signature *s = &n->signature[i];

        if (!text_is(s->name, name) || memcmp(s->key_id, id, sizeof id) != 0)
            continue;
        /* One that fails condemns the note, wherever it stands. */
        if (s->raw_len != SIGN_LEN ||
            sign_verify(key, n->text, s->raw) != SV_OK)
            return SV_ERR_TAMPERED;
        found = SV_OK;
    }
    return found;
}

/* ---- keys as text ---- */

enum sv_err
note_vkey_type(const char *name, uint8_t type, const struct sign_public *key,
               char out[static NOTE_VKEY_SIZE])
{
    uint8_t id[KEY_ID_LEN], typed[1 + SIGN_PUBLIC_LEN] = {type};
    char hex[2 * sizeof id + 1], base64[BASE64_SIZE(sizeof typed)];

    if (!note_name_ok(bytes_text(name)))
        return SV_ERR_FORMAT;
    note_key_id(bytes_text(name), type, key, id);
    memcpy(typed + 1, key->b, sizeof key->b);
    text_hex(BYTES(id), hex);
    text_base64(BYTES(typed), base64);
    (void)snprintf(out, NOTE_VKEY_SIZE, "%s+%s+%s", name, hex, base64);
    return SV_OK;
}

enum sv_err
note_vkey(const char *name, const struct sign_public *key,
          char out[static NOTE_VKEY_SIZE])
{
    return note_vkey_type(name, NOTE_TYPE_ED25519, key, out);
}

enum sv_err
note_vkey_parse_type(struct bytes vkey, uint8_t type, char *name,
                     size_t name_size, struct sign_public *key)
{
    uint8_t id[KEY_ID_LEN], want[KEY_ID_LEN], typed[1 + SIGN_PUBLIC_LEN];
    struct bytes head, hex;
    struct sign_public pub;

    /* Base64 has a '+' too, the name has none: cut from the front. */
    if (!text_split(&vkey, '+', &head) || !note_name_ok(head) ||
        !text_split(&vkey, '+', &hex) ||
        text_unhex(hex, id, sizeof id) != SV_OK ||
        text_unbase64_n(vkey, typed, sizeof typed) != SV_OK)
        return SV_ERR_FORMAT;
    memcpy(pub.b, typed + 1, sizeof pub.b);
    note_key_id(head, type, &pub, want);
    if (typed[0] != type || memcmp(id, want, sizeof id) != 0 ||
        text_copy(head, name, name_size) != SV_OK)
        return SV_ERR_FORMAT;
    *key = pub;
    return SV_OK;
}

enum sv_err
note_vkey_parse(struct bytes vkey, char *name, size_t name_size,
                struct sign_public *key)
{
    return note_vkey_parse_type(vkey, NOTE_TYPE_ED25519, name, name_size, key);
}
