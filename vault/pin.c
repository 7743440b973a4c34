#include "vault/pin.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/codec.h"
#include "crypto/digest.h"

#define VERSION 1

static const uint8_t magic[] = {'S', 'V', 'P'};

void
pin_init(struct pin *p)
{
    memset(p, 0, sizeof *p);
    roster_init(&p->roster);
}

void
pin_clear(struct pin *p)
{
    roster_clear(&p->roster);
    buf_free(&p->head_note);
    free(p->list);
    pin_init(p);
}

/* ---- The last list ---- */

enum sv_err
pin_set_list(struct pin *p, const char *type, size_t n,
             const struct handle *first, size_t size)
{
    const uint8_t *row = (const uint8_t *)first;
    struct handle *copy = NULL;

    if (n > PIN_LIST_MAX || strlen(type) >= sizeof p->list_type)
        return SV_ERR_RANGE;
    if (n > 0) {
        copy = malloc(n * sizeof *copy);
        if (copy == NULL)
            return SV_ERR_NOMEM;
        for (size_t i = 0; i < n; i++, row += size)
            memcpy(&copy[i], row, sizeof copy[i]);
    }
    free(p->list);
    p->list = copy;
    p->n_list = n;
    p->list_is_new = true;
    return text_copy(bytes_text(type), p->list_type, sizeof p->list_type);
}

static void
move_list(struct pin *from, struct pin *to)
{
    free(to->list);
    to->list = from->list;
    to->n_list = from->n_list;
    memcpy(to->list_type, from->list_type, sizeof to->list_type);
    from->list = NULL;
    from->n_list = 0;
}

struct pin *
pin_merge(struct pin *ours, struct pin *theirs)
{
    struct pin *newer = theirs->size > ours->size ? theirs : ours;
    struct pin *printed = ours->list_is_new ? ours : theirs;

    if (!hash_equal(&ours->vault, &theirs->vault))
        return ours;
    if (newer != printed)
        move_list(printed, newer);
    return newer;
}

static enum sv_err
mac_of(struct bytes data, const struct identity *identity,
       uint8_t out[static MAC_LEN])
{
    uint8_t key[MAC_KEY_LEN];
    enum sv_err err = identity->derive(identity->ctx, IDENTITY_PIN, key);

    if (err != SV_OK)
        return err;
    mac(key, "sv/v1/pin", data, out);
    wipe(key, sizeof key);
    return SV_OK;
}

/* Texts that may be empty: before the first head, before the first list. */
static bool
texts_ok(const struct pin *p)
{
    return (p->origin[0] == '\0' || checkpoint_origin_ok(p->origin)) &&
           (p->list_type[0] == '\0' || text_is_code(bytes_text(p->list_type)));
}

/* ---- Encoding ---- */

static void
put_content(struct writer *w, const struct pin *p, struct bytes roster)
{
    writer_bytes(w, BYTES(magic));
    writer_u8(w, VERSION);
    writer_bytes(w, BYTES(p->vault.b));
    writer_name(w, p->origin);
    writer_u64(w, p->size);
    writer_bytes(w, BYTES(p->root.b));
    writer_medium(w, buf_bytes(&p->head_note));
    writer_long(w, roster);
    writer_name(w, p->list_type);
    writer_u16(w, (uint16_t)p->n_list);
    for (size_t i = 0; i < p->n_list; i++)
        writer_bytes(w, BYTES(p->list[i].b));
}

enum sv_err
pin_encode(const struct pin *p, const struct identity *identity,
           struct buf *out)
{
    struct buf roster = BUF_INIT;
    struct writer w = writer_to(out);
    uint8_t check[MAC_LEN];
    size_t was = out->len;
    enum sv_err err;

    if (!texts_ok(p))
        return SV_ERR_FORMAT;
    if (p->n_list > PIN_LIST_MAX || p->head_note.len > CHECKPOINT_MAX)
        return SV_ERR_RANGE;
    err = roster_encode(&p->roster, &roster);
    if (err != SV_OK)
        goto out;
    put_content(&w, p, buf_bytes(&roster));
    err = writer_end(&w);
    if (err == SV_OK && out->len - was > PIN_FILE_MAX - MAC_LEN)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        goto out;
    err = mac_of(bytes_slice(buf_bytes(out), was, out->len - was), identity,
                 check);
    if (err == SV_OK)
        err = buf_append(out, BYTES(check));
out:
    if (err != SV_OK)
        buf_truncate(out, was);
    buf_free(&roster);
    return err;
}

/* ---- Decoding ---- */

static enum sv_err
get_head(struct reader *r, struct hash *vault)
{
    uint8_t version;

    if (!bytes_equal(reader_bytes(r, sizeof magic), BYTES(magic)))
        return SV_ERR_FORMAT;
    version = reader_u8(r);
    if (!r->failed && version != VERSION)
        return SV_ERR_VERSION;
    reader_copy(r, vault->b, sizeof vault->b);
    return r->failed ? SV_ERR_FORMAT : SV_OK;
}

enum sv_err
pin_peek(struct bytes in, struct hash *vault)
{
    struct reader r = reader_of(in);
    struct hash v;
    enum sv_err err = in.len > PIN_FILE_MAX ? SV_ERR_FORMAT : get_head(&r, &v);

    if (err == SV_OK)
        *vault = v;
    return err;
}

static void
get_text(struct reader *r, char *out, size_t size)
{
    if (text_copy(reader_short(r, size - 1), out, size) != SV_OK)
        reader_fail(r);
}

static enum sv_err
get_list(struct reader *r, struct pin *p)
{
    size_t n;

    get_text(r, p->list_type, sizeof p->list_type);
    n = reader_u16(r);
    if (r->failed || n > PIN_LIST_MAX)
        return SV_ERR_FORMAT;
    if (n == 0)
        return SV_OK;
    p->list = calloc(n, sizeof *p->list);
    if (p->list == NULL)
        return SV_ERR_NOMEM;
    p->n_list = n;
    for (size_t i = 0; i < n; i++)
        reader_copy(r, p->list[i].b, sizeof p->list[i].b);
    return SV_OK;
}

static enum sv_err
get_content(struct reader *r, struct pin *p)
{
    struct bytes roster;
    enum sv_err err;

    get_text(r, p->origin, sizeof p->origin);
    p->size = reader_u64(r);
    reader_copy(r, p->root.b, sizeof p->root.b);
    err = buf_append(&p->head_note, reader_medium(r, CHECKPOINT_MAX));
    if (err != SV_OK)
        return err;
    roster = reader_long(r, PIN_FILE_MAX);
    err = get_list(r, p);
    if (err == SV_OK)
        err = reader_end(r);
    if (err == SV_OK && !texts_ok(p))
        err = SV_ERR_FORMAT;
    return err != SV_OK ? err : roster_decode(roster, &p->roster);
}

enum sv_err
pin_decode(struct bytes in, const struct identity *identity, struct pin *out)
{
    struct bytes content;
    struct reader r;
    struct pin p;
    uint8_t check[MAC_LEN];
    enum sv_err err;

    pin_init(&p);
    if (in.len < MAC_LEN || in.len > PIN_FILE_MAX)
        return SV_ERR_FORMAT;
    content = bytes_slice(in, 0, in.len - MAC_LEN);
    r = reader_of(content);
    err = get_head(&r, &p.vault);
    if (err != SV_OK)
        goto out;
    err = mac_of(content, identity, check);
    if (err != SV_OK)
        goto out;
    if (sodium_memcmp(check, in.ptr + content.len, sizeof check) != 0) {
        err = SV_ERR_TAMPERED;
        goto out;
    }
    err = get_content(&r, &p);
    if (err == SV_OK) {
        *out = p;
        pin_init(&p);
    }
out:
    pin_clear(&p);
    return err;
}
