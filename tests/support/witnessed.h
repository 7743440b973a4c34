#ifndef SV_TESTS_SUPPORT_WITNESSED_H
#define SV_TESTS_SUPPORT_WITNESSED_H

/* A witness, and a log with two branches that may be put to it. */
#include "audit/witness.h"
#include "tests/support/support.h"

#define WITNESSED_ORIGIN "office.example/vault"
#define WITNESSED_NAME "board.example/w1"
#define WITNESSED_NOW UINT64_C(1770000000)

/* A log in memory: leaves of this branch, and of another one from `fork` on. */
struct branch {
    uint64_t fork; /* UINT64_MAX: none */
};

struct witnessed {
    char dir[PATH_SIZE], state[PATH_SIZE];
    struct sign_seed log_seed, seed;
    struct sign_public log_key, key;
    struct witness w;
    struct witness_log log;
    struct branch one, other; /* the other leaves the first at entry 7 */
};

/* For cmocka. */
int witnessed_set_up(void **state);
int witnessed_tear_down(void **state);

/* A tree_read_fn over a branch, and its signed head at a size. */
enum sv_err witnessed_hash(void *ctx, unsigned level, uint64_t index,
                           struct hash *out);
struct buf witnessed_head(const struct witnessed *b, struct branch *l,
                          uint64_t size);
/* The request to go on from a size to another, proved where it can be. */
struct buf witnessed_request(const struct witnessed *b, struct branch *l,
                             uint64_t old, uint64_t size);

/* One question, whose finding is demanded. */
struct witness_result witnessed_ask(struct witnessed *b, struct bytes request,
                                    bool first, uint64_t unix_s,
                                    enum witness_finding want);
void witnessed_expect(struct witnessed *b, struct branch *l, uint64_t old,
                      uint64_t size, enum witness_finding want);
/* It begins with the first branch at that size. */
void witnessed_begin(struct witnessed *b, uint64_t size);

/* A file of this log's state, and what was cosigned last. */
void witnessed_file(const struct witnessed *b, const char *name,
                    char out[static PATH_SIZE]);
struct buf witnessed_stored(const struct witnessed *b);

#endif
