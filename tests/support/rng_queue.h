#ifndef SV_TESTS_SUPPORT_RNG_QUEUE_H
#define SV_TESTS_SUPPORT_RNG_QUEUE_H

#include "crypto/rng.h"
#include "tests/support/support.h"

/* A generator that gives the bytes it is loaded with, for known answers. */
struct rng_queue {
    struct bytes left;
};

static inline void
rng_queue_fill(void *ctx, uint8_t *out, size_t len)
{
    struct rng_queue *queue = ctx;

    assert_true(len <= queue->left.len);
    memcpy(out, queue->left.ptr, len);
    queue->left = bytes_slice(queue->left, len, queue->left.len - len);
}

static inline struct rng
rng_queue(struct rng_queue *queue, struct bytes load)
{
    queue->left = load;
    return (struct rng){rng_queue_fill, queue};
}

#endif
