#include "vault/grants.h"

#include <string.h>

#include "base/codec.h"

#define LABEL "grant"
#define SEALED_LEN (BOX_SECRET_LEN + PS1_OVERHEAD)

void
grants_hash(struct bytes blob, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/grant", blob, out);
}

enum sv_err
grants_decode(struct bytes blob, struct grant_item items[static GRANTS_MAX],
              unsigned *n)
{
    struct reader r = reader_of(blob);
    unsigned count = reader_u8(&r);

    if (count > GRANTS_MAX)
        return SV_ERR_FORMAT;
    for (unsigned i = 0; i < count; i++) {
        struct grant_item *it = &items[i];

        reader_name(&r, it->type, sizeof it->type);
        reader_name(&r, it->compartment, sizeof it->compartment);
        it->epoch = reader_u32(&r);
        it->sealed = reader_medium(&r, SEALED_LEN);
        if (it->sealed.len != SEALED_LEN)
            reader_fail(&r);
    }
    *n = count;
    return reader_end(&r);
}

bool
grants_are_whole(struct bytes blob)
{
    struct grant_item items[GRANTS_MAX];
    unsigned n;

    return grants_decode(blob, items, &n) == SV_OK;
}

enum sv_err
grant_context(const struct grant_context *c, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_bytes(&w, BYTES(c->vault.b));
    writer_u64(&w, c->proposal);
    writer_name(&w, c->grantee);
    writer_name(&w, c->role);
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
    struct writer w = writer_to(blob);
    enum sv_err err = grant_context(c, &context);

    if (err == SV_OK)
        err = ps1_seal(rng, grantee, LABEL, buf_bytes(&context),
                       BYTES(secret->b), &sealed);
    if (err == SV_OK) {
        writer_name(&w, c->type);
        writer_name(&w, c->compartment);
        writer_u32(&w, c->epoch);
        writer_medium(&w, buf_bytes(&sealed));
        err = writer_end(&w);
    }
    buf_free(&context);
    buf_free(&sealed);
    return err;
}

enum sv_err
grants_open(const struct box_secret *own_secret, const struct box_public *own,
            const struct grant_context *c, const struct grant_item *item,
            struct box_secret *out)
{
    struct buf context = BUF_INIT, plain = BUF_INIT;
    struct box_public pub;
    enum sv_err err = grant_context(c, &context);

    if (err == SV_OK)
        err = ps1_open(own_secret, own, LABEL, buf_bytes(&context),
                       item->sealed, &plain);
    if (err != SV_OK)
        goto out;
    memcpy(out->b, plain.ptr, sizeof out->b);
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
