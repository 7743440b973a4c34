#include "vault/counting.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"

#define KEY_SEALED_LEN (BOX_SECRET_LEN + PS1_OVERHEAD)

void
counting_result_clear(struct counting_result *r)
{
    buf_free(&r->bytes);
    buf_free(&r->risk);
    buf_free(&r->cells);
    for (size_t i = 0; i < r->n; i++)
        buf_free(&r->snapshots[i].bytes);
    memset(r, 0, sizeof *r);
}

void
counting_body_clear(struct counting_body *b)
{
    free(b->keys);
    memset(b, 0, sizeof *b);
}

enum sv_err
counting_body_encode(const struct counting_body *b, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_long(&w, b->spec);
    writer_medium(&w, b->basis);
    writer_u8(&w, b->has_recipient ? 1 : 0);
    if (b->has_recipient)
        writer_bytes(&w, BYTES(b->recipient.b));
    writer_u16(&w, (uint16_t)b->n);
    for (unsigned i = 0; i < b->n; i++) {
        writer_name(&w, b->keys[i].type);
        writer_name(&w, b->keys[i].compartment);
        writer_u32(&w, b->keys[i].epoch);
        writer_medium(&w, b->keys[i].sealed);
    }
    return writer_end(&w);
}

static void
read_key(struct reader *r, struct counting_key *k)
{
    reader_name(r, k->type, sizeof k->type);
    reader_name(r, k->compartment, sizeof k->compartment);
    k->epoch = reader_u32(r);
    k->sealed = reader_medium(r, KEY_SEALED_LEN);
    if (k->sealed.len != KEY_SEALED_LEN)
        reader_fail(r);
}

enum sv_err
counting_body_decode(struct bytes in, struct counting_body *out)
{
    struct counting_body b = {.n = 0};
    struct reader r = reader_of(in);
    unsigned has_recipient, n;
    enum sv_err err;

    b.spec = reader_long(&r, COUNTING_SPEC_MAX);
    b.basis = reader_medium(&r, COUNTING_BASIS_MAX);
    has_recipient = reader_u8(&r);
    b.has_recipient = has_recipient == 1;
    if (b.has_recipient)
        reader_copy(&r, b.recipient.b, sizeof b.recipient.b);
    n = reader_u16(&r);
    if (r.failed || has_recipient > 1 || n > in.len / KEY_SEALED_LEN)
        return SV_ERR_FORMAT;
    /* Found when the figures are to be sealed, it would be too late. */
    if (b.has_recipient && !box_public_ok(b.recipient.b))
        return SV_ERR_FORMAT;
    b.keys = calloc(n > 0 ? n : 1, sizeof *b.keys);
    if (b.keys == NULL)
        return SV_ERR_NOMEM;
    for (; b.n < n; b.n++)
        read_key(&r, &b.keys[b.n]);
    err = reader_end(&r);
    if (err == SV_OK)
        *out = b;
    else
        counting_body_clear(&b);
    return err;
}

void
counting_body_hash(struct bytes body, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/counting", body, out);
}

void
counting_cells_hash(struct bytes cells, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/cells", cells, out);
}

enum sv_err
counting_lend_context(const struct hash *vault,
                      const uint8_t request_id[static 16],
                      const struct counting_key *key, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_bytes(&w, BYTES(vault->b));
    writer_bytes(&w, bytes_of(request_id, 16));
    writer_name(&w, key->type);
    writer_name(&w, key->compartment);
    writer_u32(&w, key->epoch);
    return writer_end(&w);
}

enum sv_err
release_parcel_encode(const struct release_parcel *p, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_bytes(&w, BYTES(p->nonce));
    writer_long(&w, p->bytes);
    writer_bytes(&w, BYTES(p->risk_nonce));
    writer_long(&w, p->risk);
    return writer_end(&w);
}

enum sv_err
release_parcel_decode(struct bytes in, struct release_parcel *out)
{
    struct reader r = reader_of(in);

    reader_copy(&r, out->nonce, sizeof out->nonce);
    out->bytes = reader_long(&r, in.len);
    reader_copy(&r, out->risk_nonce, sizeof out->risk_nonce);
    out->risk = reader_long(&r, in.len);
    return reader_end(&r);
}

enum sv_err
release_parcel_context(const struct hash *vault, uint64_t number,
                       struct buf *out)
{
    struct writer w = writer_to(out);

    writer_bytes(&w, BYTES(vault->b));
    writer_u64(&w, number);
    return writer_end(&w);
}

void
release_commitment(const char *label, const uint8_t nonce[static 32],
                   struct bytes bytes, uint8_t out[static 32])
{
    struct digest d;

    digest_begin(&d, label);
    digest_add(&d, bytes_of(nonce, 32));
    digest_add(&d, bytes);
    digest_end(&d, out);
}

/* ---- where it stands ---- */

static bool
get_bool(struct reader *r)
{
    uint8_t v = reader_u8(r);

    if (v > 1)
        reader_fail(r);
    return v == 1;
}

enum sv_err
release_state_decode(struct bytes raw, struct release_state *out)
{
    struct reader r = reader_of(raw);
    struct release_state s;
    enum sv_err err;

    memset(&s, 0, sizeof s);
    reader_name(&r, s.requester, sizeof s.requester);
    s.requested_ms = reader_u64(&r);
    reader_copy(&r, s.commitment, sizeof s.commitment);
    reader_copy(&r, s.risk, sizeof s.risk);
    reader_copy(&r, s.ledger, sizeof s.ledger);
    s.exact = get_bool(&r);
    s.acknowledged = get_bool(&r);
    s.refused = get_bool(&r);
    if (text_copy(reader_short(&r, sizeof s.judge - 1), s.judge,
                  sizeof s.judge) != SV_OK)
        reader_fail(&r);
    s.judged_index = reader_u64(&r);
    s.judged_ms = reader_u64(&r);
    err = reader_end(&r);
    if (err == SV_OK)
        *out = s;
    return err;
}

enum sv_err
release_state_encode(const struct release_state *s, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_name(&w, s->requester);
    writer_u64(&w, s->requested_ms);
    writer_bytes(&w, BYTES(s->commitment));
    writer_bytes(&w, BYTES(s->risk));
    writer_bytes(&w, BYTES(s->ledger));
    writer_u8(&w, s->exact ? 1 : 0);
    writer_u8(&w, s->acknowledged ? 1 : 0);
    writer_u8(&w, s->refused ? 1 : 0);
    writer_short(&w, bytes_text(s->judge));
    writer_u64(&w, s->judged_index);
    writer_u64(&w, s->judged_ms);
    return writer_end(&w);
}
