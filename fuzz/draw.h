#ifndef SV_FUZZ_DRAW_H
#define SV_FUZZ_DRAW_H

#include "fuzz/fuzz.h"

#define demand_ok(call) demand((call) == SV_OK)

/* Numbers out of the input, 0 at its end: for targets that make what they
 * look at, instead of reading it. */
struct draw {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t
draw_byte(struct draw *d)
{
    if (d->left == 0)
        return 0;
    d->left--;
    return *d->at++;
}

/* 0 to n - 1; n is at most 256. */
static inline size_t
draw_below(struct draw *d, size_t n)
{
    return draw_byte(d) % n;
}

static inline uint64_t
draw_u64(struct draw *d)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v = v << 8 | draw_byte(d);
    return v;
}

#endif
