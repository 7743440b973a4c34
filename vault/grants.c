#include "vault/grants.h"

#define LABEL "grant"
#define SEALED_LEN (BOX_SECRET_LEN + PS1_OVERHEAD)

void
grants_hash(struct bytes blob, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/grant", blob, out);
}

enum sv_err
grants_begin(struct bytes blob, struct reader *r, unsigned *left)
{
    *r = reader_of(blob);
    *left = reader_u16(r);
    return *left > 0 ? SV_OK : reader_end(r);
}

enum sv_err
grants_next(struct reader *r, unsigned *left, struct grant_item *out)
{
    reader_name(r, out->grantee, sizeof out->grantee);
    reader_name(r, out->type, sizeof out->type);
    reader_name(r, out->compartment, sizeof out->compartment);
    out->epoch = reader_u32(r);
    out->sealed = reader_medium(r, SEALED_LEN);
    if (out->sealed.len != SEALED_LEN)
        reader_fail(r);
    --*left;
    if (r->failed)
        return SV_ERR_FORMAT;
    return *left > 0 ? SV_OK : reader_end(r);
}

enum sv_err
grants_put(const struct grant_item *item, struct buf *items)
{
    struct writer w = writer_to(items);

    writer_name(&w, item->grantee);
    writer_name(&w, item->type);
    writer_name(&w, item->compartment);
    writer_u32(&w, item->epoch);
    writer_medium(&w, item->sealed);
    return writer_end(&w);
}

enum sv_err
grant_context(const struct grant_context *c, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_bytes(&w, BYTES(c->vault.b));
    writer_name(&w, c->grantee);
    writer_name(&w, c->type);
    writer_name(&w, c->compartment);
    writer_u32(&w, c->epoch);
    writer_bytes(&w, bytes_of(c->pub, BOX_PUBLIC_LEN));
    return writer_end(&w);
}

enum sv_err
grants_seal(const struct rng *rng, const struct box_public *grantee,
            const struct grant_context *c, const struct box_secret *secret,
            struct buf *blob)
{
    struct buf context = BUF_INIT, sealed = BUF_INIT;
    struct grant_item item = {.epoch = c->epoch};
    enum sv_err err = grant_context(c, &context);

    if (err == SV_OK)
        err = ps1_seal(rng, grantee, LABEL, buf_bytes(&context),
                       BYTES(secret->b), &sealed);
    if (err == SV_OK) {
        (void)text_copy(bytes_text(c->grantee), item.grantee, NAME_SIZE);
        (void)text_copy(bytes_text(c->type), item.type, NAME_SIZE);
        (void)text_copy(bytes_text(c->compartment), item.compartment,
                        NAME_SIZE);
        item.sealed = buf_bytes(&sealed);
        err = grants_put(&item, blob);
    }
    buf_free(&context);
    buf_free(&sealed);
    return err;
}

enum sv_err
grants_open(const struct identity *own, const struct grant_context *c,
            const struct grant_item *item, struct box_secret *out)
{
    struct buf context = BUF_INIT, plain = BUF_INIT;
    struct box_public pub;
    struct reader r;
    enum sv_err err = grant_context(c, &context);

    if (err == SV_OK)
        err = identity_open(own, LABEL, buf_bytes(&context), item->sealed,
                            &plain);
    if (err != SV_OK)
        goto out;
    /* memcpy() of a known size can leave a piece in this function's frame. */
    r = reader_of(buf_bytes(&plain));
    reader_copy(&r, out->b, sizeof out->b);
    err = box_public_of(out, &pub);
    if (err != SV_OK ||
        !bytes_equal(BYTES(pub.b), bytes_of(c->pub, BOX_PUBLIC_LEN))) {
        wipe(out, sizeof *out);
        err = SV_ERR_TAMPERED;
    }
out:
    buf_free(&context);
    buf_free(&plain);
    return err;
}
