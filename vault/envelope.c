#include "vault/envelope.h"

#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "vault/content.h"

#define SUITE 1
#define HEADER_MAX 256
#define HASHES_LEN (2 * DIGEST_LEN)

static const uint8_t magic[] = {'S', 'V', 'E'};

/* ---- The header ---- */

static bool
header_ok(const struct envelope_header *h)
{
    static const uint8_t none[sizeof h->prev];

    return text_is_code(bytes_text(h->type)) &&
           text_is_code(bytes_text(h->compartment)) &&
           text_is_work_name(bytes_text(h->author)) && h->version > 0 &&
           h->epoch > 0 &&
           (h->version > 1 || memcmp(h->prev, none, sizeof none) == 0);
}

enum sv_err
envelope_header_encode(const struct envelope_header *h, struct buf *out)
{
    struct writer w = writer_to(out);
    size_t was = out->len;

    if (!header_ok(h))
        return SV_ERR_FORMAT;
    writer_bytes(&w, BYTES(magic));
    writer_u8(&w, SUITE);
    writer_bytes(&w, BYTES(h->vault.b));
    writer_bytes(&w, BYTES(h->record.b));
    writer_name(&w, h->type);
    writer_name(&w, h->compartment);
    writer_name(&w, h->author);
    writer_u64(&w, h->version);
    writer_u8(&w, h->addition ? 1 : 0);
    writer_bytes(&w, BYTES(h->prev));
    writer_u32(&w, h->epoch);
    if (writer_end(&w) != SV_OK)
        buf_truncate(out, was);
    return writer_end(&w);
}

enum sv_err
envelope_header_decode(struct bytes in, struct envelope_header *out)
{
    struct reader r = reader_of(in);
    struct envelope_header h;
    uint8_t suite, addition;
    enum sv_err err;

    if (!bytes_equal(reader_bytes(&r, sizeof magic), BYTES(magic)))
        return SV_ERR_FORMAT;
    suite = reader_u8(&r);
    if (!r.failed && suite != SUITE)
        return SV_ERR_VERSION;
    reader_copy(&r, h.vault.b, sizeof h.vault.b);
    reader_copy(&r, h.record.b, sizeof h.record.b);
    reader_name(&r, h.type, sizeof h.type);
    reader_name(&r, h.compartment, sizeof h.compartment);
    reader_name(&r, h.author, sizeof h.author);
    h.version = reader_u64(&r);
    addition = reader_u8(&r);
    reader_copy(&r, h.prev, sizeof h.prev);
    h.epoch = reader_u32(&r);
    err = reader_end(&r);
    if (err != SV_OK)
        return err;
    if (addition > 1 || !header_ok(&h))
        return SV_ERR_FORMAT;
    h.addition = addition == 1;
    *out = h;
    return SV_OK;
}

/* ---- The parts ---- */

/* A padded size and what CB1 adds to it: nothing else tells how much there
 * is inside. */
static bool
body_len_ok(size_t len)
{
    size_t padded = len - CB1_OVERHEAD;

    return len > CB1_OVERHEAD && padded <= pad_size(CONTENT_MAX) &&
           padded >= PAD_MIN && (padded & (padded - 1)) == 0;
}

static bool
parts_ok(const struct envelope *e)
{
    return e->header.len > 0 && e->header.len <= HEADER_MAX &&
           body_len_ok(e->body.len) &&
           (e->lock.len == ENVELOPE_INNER_LEN ||
            e->lock.len == ENVELOPE_OUTER_LEN) &&
           e->tokens.len <= ENVELOPE_TOKENS_MAX;
}

enum sv_err
envelope_encode(const struct envelope *e, struct buf *out)
{
    struct writer w = writer_to(out);
    size_t was = out->len;

    if (!parts_ok(e))
        return SV_ERR_FORMAT;
    writer_medium(&w, e->header);
    writer_long(&w, e->body);
    writer_medium(&w, e->lock);
    writer_medium(&w, e->tokens);
    if (writer_end(&w) != SV_OK)
        buf_truncate(out, was);
    return writer_end(&w);
}

enum sv_err
envelope_decode(struct bytes *in, struct envelope *out)
{
    struct reader r = reader_of(*in);
    struct envelope e;

    e.header = reader_medium(&r, HEADER_MAX);
    e.body = reader_long(&r, pad_size(CONTENT_MAX) + CB1_OVERHEAD);
    e.lock = reader_medium(&r, ENVELOPE_OUTER_LEN);
    e.tokens = reader_medium(&r, ENVELOPE_TOKENS_MAX);
    if (r.failed || !parts_ok(&e))
        return SV_ERR_FORMAT;
    *in = bytes_slice(*in, r.at, in->len - r.at);
    *out = e;
    return SV_OK;
}

void
envelope_hash(const struct envelope *with_inner, uint8_t out[static 32])
{
    const struct bytes parts[] = {with_inner->header, with_inner->body,
                                  with_inner->lock, with_inner->tokens};
    struct digest d;
    uint8_t len[4];

    digest_begin(&d, "sv/v1/version");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        put_u32(len, (uint32_t)parts[i].len);
        digest_add(&d, BYTES(len));
        digest_add(&d, parts[i]);
    }
    digest_end(&d, out);
}

/* ---- Sealing ---- */

static void
hash_header(struct bytes header, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/header", header, out);
}

/* What both locks are bound to: hash(header) || hash(body). */
static void
hash_both(const struct envelope *e, uint8_t out[static HASHES_LEN])
{
    hash_header(e->header, out);
    digest("sv/v1/body", e->body, out + DIGEST_LEN);
}

static enum sv_err
seal_body(const struct rng *rng, const struct dek *dek, struct bytes header,
          struct bytes content, struct buf *body)
{
    struct buf padded = BUF_INIT;
    uint8_t context[DIGEST_LEN];
    enum sv_err err;

    hash_header(header, context);
    err = pad_add(content, &padded);
    if (err == SV_OK)
        err = cb1_seal(rng, dek->b, "body", BYTES(context), buf_bytes(&padded),
                       body);
    buf_free(&padded); /* wipes */
    return err;
}

enum sv_err
envelope_seal(const struct rng *rng, const struct envelope_header *h,
              const struct ps1_sender *to, struct bytes content,
              struct bytes tokens, struct buf *out, uint8_t hash[static 32])
{
    struct buf header = BUF_INIT, body = BUF_INIT, inner = BUF_INIT;
    uint8_t context[HASHES_LEN];
    struct envelope e = {.tokens = tokens};
    struct dek dek;
    enum sv_err err;

    if (content.len > CONTENT_MAX || tokens.len > ENVELOPE_TOKENS_MAX)
        return SV_ERR_RANGE;
    rng_fill(rng, dek.b, sizeof dek.b);
    err = envelope_header_encode(h, &header);
    if (err != SV_OK)
        goto out;
    e.header = buf_bytes(&header);
    err = seal_body(rng, &dek, e.header, content, &body);
    if (err != SV_OK)
        goto out;
    e.body = buf_bytes(&body);
    hash_both(&e, context);
    err = ps1_sender_seal(to, rng, "dek", BYTES(context), BYTES(dek.b), &inner);
    if (err != SV_OK)
        goto out;
    e.lock = buf_bytes(&inner);
    err = envelope_encode(&e, out);
    if (err == SV_OK)
        envelope_hash(&e, hash);
out:
    wipe(&dek, sizeof dek);
    buf_free(&header);
    buf_free(&body);
    buf_free(&inner);
    return err;
}

/* ---- The outer lock ---- */

#define OUTER_CONTEXT_LEN (4 + HASHES_LEN)

static void
outer_context(const struct envelope *e, uint32_t gate_epoch,
              uint8_t out[static OUTER_CONTEXT_LEN])
{
    put_u32(out, gate_epoch);
    hash_both(e, out + 4);
}

enum sv_err
envelope_lock(const struct rng *rng, const struct outer_key *key,
              uint32_t gate_epoch, const struct envelope *with_inner,
              struct buf *outer)
{
    struct writer w = writer_to(outer);
    uint8_t context[OUTER_CONTEXT_LEN];
    size_t was = outer->len;
    enum sv_err err;

    if (with_inner->lock.len != ENVELOPE_INNER_LEN)
        return SV_ERR_FORMAT;
    outer_context(with_inner, gate_epoch, context);
    writer_u32(&w, gate_epoch);
    err = writer_end(&w);
    if (err == SV_OK)
        err = cb1_seal(rng, key->b, "outer", BYTES(context), with_inner->lock,
                       outer);
    if (err != SV_OK)
        buf_truncate(outer, was);
    return err;
}

enum sv_err
envelope_unlock(const struct outer_key *key, uint32_t gate_epoch,
                const struct envelope *with_outer, struct buf *inner)
{
    struct reader r = reader_of(with_outer->lock);
    uint8_t context[OUTER_CONTEXT_LEN];

    if (with_outer->lock.len != ENVELOPE_OUTER_LEN)
        return SV_ERR_TAMPERED;
    if (reader_u32(&r) != gate_epoch)
        return SV_ERR_VERSION;
    outer_context(with_outer, gate_epoch, context);
    return cb1_open(key->b, "outer", BYTES(context), reader_rest(&r), inner);
}

/* ---- Opening ---- */

static enum sv_err
open_dek(struct ps1_receiver *receiver, const struct box_secret *secret,
         const struct box_public *own, const struct envelope *e,
         struct dek *out)
{
    struct buf plain = BUF_INIT;
    uint8_t context[HASHES_LEN];
    enum sv_err err;

    /* With another length, what opens would not be a key. */
    if (e->lock.len != ENVELOPE_INNER_LEN)
        return SV_ERR_TAMPERED;
    hash_both(e, context);
    err = ps1_receiver_open(receiver, secret, own, "dek", BYTES(context),
                            e->lock, &plain);
    if (err == SV_OK)
        memcpy(out->b, plain.ptr, sizeof out->b);
    buf_free(&plain); /* wipes */
    return err;
}

enum sv_err
envelope_open(struct ps1_receiver *receiver, const struct box_secret *secret,
              const struct box_public *own, const struct envelope *with_inner,
              struct buf *content)
{
    struct buf padded = BUF_INIT;
    struct envelope_header h;
    struct dek dek = {{0}};
    struct bytes plain;
    uint8_t context[DIGEST_LEN];
    enum sv_err err;

    err = envelope_header_decode(with_inner->header, &h);
    if (err == SV_OK)
        err = open_dek(receiver, secret, own, with_inner, &dek);
    if (err != SV_OK)
        goto out;
    hash_header(with_inner->header, context);
    err = cb1_open(dek.b, "body", BYTES(context), with_inner->body, &padded);
    if (err == SV_OK)
        err = pad_strip(buf_bytes(&padded), &plain);
    if (err == SV_OK)
        err = buf_append(content, plain);
out:
    wipe(&dek, sizeof dek);
    buf_free(&padded); /* wipes */
    return err == SV_ERR_FORMAT ? SV_ERR_TAMPERED : err;
}
