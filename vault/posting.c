#include "vault/posting.h"

#include <string.h>

#include "crypto/digest.h"

static bool
ascend(const uint8_t *tokens, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        if (memcmp(tokens + (size_t)(i - 1) * TOKEN_BYTES,
                   tokens + (size_t)i * TOKEN_BYTES, TOKEN_BYTES) >= 0)
            return false;
    }
    return true;
}

enum sv_err
posting_decode(struct bytes in, struct posting *out)
{
    struct reader r = reader_of(in);
    struct posting p = {.epoch = reader_u32(&r)};
    unsigned n_unique;
    enum sv_err err;

    n_unique = reader_u8(&r);
    if (n_unique > 1)
        return SV_ERR_FORMAT;
    if (n_unique == 1) {
        if (reader_u32(&r) != POSTING_UNIQUE_EPOCH)
            return SV_ERR_FORMAT;
        p.unique = reader_bytes(&r, TOKEN_BYTES).ptr;
    }
    p.n = reader_u8(&r);
    p.tokens = reader_bytes(&r, (size_t)p.n * TOKEN_BYTES).ptr;
    err = reader_end(&r);
    if (err != SV_OK)
        return err;
    if (p.epoch == 0 || p.n > POSTING_TOKENS_MAX || !ascend(p.tokens, p.n))
        return SV_ERR_FORMAT;
    *out = p;
    return SV_OK;
}

enum sv_err
posting_encode(const struct posting *p, struct buf *out)
{
    struct writer w = writer_to(out);

    writer_u32(&w, p->epoch);
    writer_u8(&w, p->unique != NULL ? 1 : 0);
    if (p->unique != NULL) {
        writer_u32(&w, POSTING_UNIQUE_EPOCH);
        writer_bytes(&w, bytes_of(p->unique, TOKEN_BYTES));
    }
    writer_u8(&w, (uint8_t)p->n);
    writer_bytes(&w, bytes_of(p->tokens, (size_t)p->n * TOKEN_BYTES));
    return writer_end(&w);
}

enum sv_err
query_decode(struct bytes in, struct query *out)
{
    struct reader r = reader_of(in);
    struct query q;
    enum sv_err err;

    (void)reader_bytes(&r, QUERY_SALT_LEN);
    q.epoch = reader_u32(&r);
    q.n = reader_u8(&r);
    if (q.n < 1 || q.n > QUERY_WORDS_MAX)
        return SV_ERR_FORMAT;
    for (unsigned i = 0; i < q.n; i++) {
        q.words[i].n = reader_u16(&r);
        if (q.words[i].n > (uint64_t)FOLD_KINDS * q.epoch)
            return SV_ERR_FORMAT;
        q.words[i].tokens =
            reader_bytes(&r, (size_t)q.words[i].n * TOKEN_BYTES).ptr;
    }
    err = reader_end(&r);
    if (err == SV_OK)
        *out = q;
    return err;
}

void
query_hash(struct bytes query, uint8_t out[static 32])
{
    digest("sv/v1/query", query, out);
}
