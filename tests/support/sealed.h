#ifndef SV_TESTS_SUPPORT_SEALED_H
#define SV_TESTS_SUPPORT_SEALED_H

#include "tests/support/support.h"
#include "vault/envelope.h"

/* One sealed version, always the same, and who may open it. */
struct sealed {
    struct rng_fixed random;
    struct rng rng;
    struct box_secret secret;
    struct box_public own;
    struct ps1_sender sender;
    struct outer_key outer_key;
    struct envelope_header header;
    struct buf raw;
    struct envelope e; /* with the inner lock; borrows from raw */
    uint8_t hash[32];
};

#define SUITE_AT 3 /* in a header */

/* What is sealed in it. */
#define SEALED_TEXT "what only the compartment's key opens"
/* What stands in clear before it. */
struct envelope_header sealed_header(void);
/* The same, but for one of these fields; of the first, nothing is other. */
extern const char *const sealed_fields[10];
struct envelope_header sealed_header_with_other(size_t field);

/* For cmocka. */
int sealed_set_up(void **state);
int sealed_tear_down(void **state);

/* Seal that text under h; *e borrows from *raw, which the caller frees. */
void sealed_seal(struct sealed *f, const struct envelope_header *h,
                 struct buf *raw, struct envelope *e, uint8_t hash[static 32]);
/* Opens with a receiver that has seen nothing, as its own or as another
 * compartment; gives that text, and no byte on failure. */
enum sv_err sealed_open(const struct sealed *f, const struct envelope *e);
enum sv_err sealed_open_with(const struct box_secret *secret,
                             const struct box_public *own,
                             const struct envelope *e);
/* e with the outer lock in place of the inner one; borrows from *outer. */
struct envelope sealed_lock(struct sealed *f, const struct envelope *e,
                            uint32_t epoch, struct buf *outer);
/* Header, body or lock. */
struct bytes *sealed_part(struct envelope *e, unsigned i);

#endif
