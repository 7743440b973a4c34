/* The calls of OpenSSL 1.1: those of 3.0 allocate for each hash, look the
 * algorithm up by its name, and read a configuration file. */
#define OPENSSL_API_COMPAT 0x10101000L

#include "crypto/sha256.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert(sizeof(SHA256_CTX) == SHA256_STATE_SIZE &&
                  _Alignof(SHA256_CTX) <= 8,
              "struct sha256 is one");

static SHA256_CTX *
state_of(struct sha256 *s)
{
    return (SHA256_CTX *)(void *)&s->state;
}

void
sha256_begin(struct sha256 *s)
{
    (void)SHA256_Init(state_of(s));
}

void
sha256_add(struct sha256 *s, struct bytes part)
{
    (void)SHA256_Update(state_of(s), part.ptr, part.len);
}

void
sha256_end(struct sha256 *s, uint8_t out[static SHA256_LEN])
{
    (void)SHA256_Final(out, state_of(s));
}

void
sha256(struct bytes data, uint8_t out[static SHA256_LEN])
{
    struct sha256 s;

    sha256_begin(&s);
    sha256_add(&s, data);
    sha256_end(&s, out);
}
