#ifndef SV_CRYPTO_RNG_H
#define SV_CRYPTO_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Where randomness comes from: a test passes its own. */
struct rng {
    void (*fill)(void *ctx, uint8_t *out, size_t len);
    void *ctx;
};

/* The system's generator, through libsodium.  Cannot fail: where the system
 * gives no randomness libsodium ends the program, behind what
 * rng_on_failure() has set. */
struct rng rng_system(void);
/* What a program does then: say so, and _exit(). */
void rng_on_failure(void (*handler)(void));
void rng_fill(const struct rng *r, uint8_t *out, size_t len);

/*
 * A deterministic stream (BLAKE2b in counter mode under seed), for frozen
 * vectors and repeatable tests; never for real keys.
 */
struct rng_fixed {
    uint8_t seed[32];
    uint64_t counter;
};
struct rng rng_fixed(struct rng_fixed *state);

#endif
