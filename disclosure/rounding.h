#ifndef SV_DISCLOSURE_ROUNDING_H
#define SV_DISCLOSURE_ROUNDING_H

#include <stdbool.h>

#include "disclosure/solver.h"

/*
 * Keyed controlled rounding: every figure becomes one of the two multiples
 * of the base around it, so that sums stay sums, by a key instead of a die:
 * the same figures come to the same result for ever.  (The method of counts.md
 * 2.6; controlled rounding: Cox 1987.)
 */
#define ROUNDING_KEY_LEN 32
#define ROUNDING_ID_LEN 32

struct rounding_cell {
    int64_t n;                   /* the count */
    uint8_t id[ROUNDING_ID_LEN]; /* which set: alike for alike sets */
    bool pinned;                 /* it has been printed: */
    int64_t pin;                 /* so it stays, whatever n is now */
    unsigned weight;             /* of its error: 1 inner, 4 margin, 16 total */
};

/* The sum of the parts is the whole. */
struct rounding_relation {
    size_t whole;
    size_t n;
    const size_t *parts;
};

struct rounding {
    int64_t base;
    size_t n;
    const struct rounding_cell *cells;
    size_t n_relations;
    const struct rounding_relation *relations;
};

/* The multiple that the key alone chooses, before sums are looked at: the
 * mean over all keys is n; 0 stays 0, a multiple stays. */
int64_t rounding_target(const uint8_t key[static ROUNDING_KEY_LEN],
                        const uint8_t id[static ROUNDING_ID_LEN], int64_t n,
                        int64_t base);

/*
 * out: one multiple of base per cell; every relation holds.  *steps is 0, or
 * 1 where some cell (never an inner one of 0, which stays 0) had to go one
 * more step, at most 2 x base - 1 off.
 *
 *   SV_ERR_CONFLICT     pins contradict each other: *in_conflict is a
 *                       relation that cannot hold
 *   SV_ERR_UNVERIFIED   the solver did not answer, or wrongly
 */
enum sv_err rounding_run(const struct rounding *r,
                         const uint8_t key[static ROUNDING_KEY_LEN],
                         const struct solver_source *source,
                         unsigned timeout_ms, int64_t out[], unsigned *steps,
                         size_t *in_conflict);

#endif
