#include "crypto/rng.h"

#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/codec.h"

static void
fill_system(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    randombytes_buf(out, len);
}

struct rng
rng_system(void)
{
    return (struct rng){fill_system, NULL};
}

void
rng_on_failure(void (*handler)(void))
{
    (void)sodium_set_misuse_handler(handler);
}

void
rng_fill(const struct rng *r, uint8_t *out, size_t len)
{
    r->fill(r->ctx, out, len);
}

/* Each call starts a fresh block: block n is BLAKE2b-512(seed, u64 n). */
static void
fill_fixed(void *ctx, uint8_t *out, size_t len)
{
    struct rng_fixed *state = ctx;
    uint8_t block[crypto_generichash_BYTES_MAX];
    uint8_t counter[8];
    size_t n;

    for (size_t at = 0; at < len; at += n) {
        n = len - at < sizeof block ? len - at : sizeof block;
        put_u64(counter, state->counter++);
        (void)crypto_generichash(block, sizeof block, counter, sizeof counter,
                                 state->seed, sizeof state->seed);
        memcpy(out + at, block, n);
    }
    wipe(block, sizeof block);
}

struct rng
rng_fixed(struct rng_fixed *state)
{
    return (struct rng){fill_fixed, state};
}
