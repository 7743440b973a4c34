#include "crypto/sha256.h"

void
sha256_begin(struct sha256 *s)
{
    (void)crypto_hash_sha256_init(&s->state);
}

void
sha256_add(struct sha256 *s, struct bytes part)
{
    (void)crypto_hash_sha256_update(&s->state, part.ptr, part.len);
}

void
sha256_end(struct sha256 *s, uint8_t out[static SHA256_LEN])
{
    (void)crypto_hash_sha256_final(&s->state, out);
}

void
sha256(struct bytes data, uint8_t out[static SHA256_LEN])
{
    struct sha256 s;

    sha256_begin(&s);
    sha256_add(&s, data);
    sha256_end(&s, out);
}
