#ifndef SV_DISCLOSURE_ROUNDING_H
#define SV_DISCLOSURE_ROUNDING_H

#include <stdbool.h>

#include "disclosure/solver.h"

/*
 * Keyed controlled rounding (Cox 1987, with a key instead of a die): every
 * count becomes one of the two multiples of the base around it, and sums
 * stay sums.
 *
 * The key and the set alone choose a target for each cell.  Where targets do
 * not add up, the cells that leave theirs are those with the least sum of
 * weights; among equals lots decide, drawn by the key and the set, in which
 * a cell near its other multiple has the better chance.  Nothing is random:
 * one key and one table come to one result, in whatever order cells and
 * relations are given.
 */
#define ROUNDING_KEY_LEN 32
#define ROUNDING_ID_LEN 32
#define ROUNDING_BASE_MAX (INT64_C(1) << 20)
#define ROUNDING_VALUE_MAX (INT64_C(1) << 38)
#define ROUNDING_WEIGHT_MAX 1024

/* Cells of one id count the same set and get the same result. */
struct rounding_cell {
    int64_t n;                   /* the count */
    uint8_t id[ROUNDING_ID_LEN]; /* a hash of what set it is */
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
    int64_t base; /* 2 to ROUNDING_BASE_MAX */
    size_t n;
    const struct rounding_cell *cells;
    size_t n_relations;
    const struct rounding_relation *relations;
};

/* The multiple that the key alone chooses, before sums are looked at: the
 * mean over all keys is n; 0 stays 0, a multiple stays; it never falls when
 * n grows.  n is 0 to ROUNDING_VALUE_MAX. */
int64_t rounding_target(const uint8_t key[static ROUNDING_KEY_LEN],
                        const uint8_t id[static ROUNDING_ID_LEN], int64_t n,
                        int64_t base);

/*
 * out: one multiple of base per cell; every relation holds; 0 stays 0.
 * *steps is 0 where each cell without a pin is less than base off; 1 where
 * that cannot be and some went one step more, at most 2 x base - 1 off:
 * wholes before others.
 *
 * The solver is asked for what cannot be seen at once: a group of linked
 * relations whose targets do not add up.  It learns by how much, and which
 * cells are in which relation; no count and no target.
 *
 *   SV_ERR_CONFLICT     pins contradict each other, or counts do not add up:
 *                       *in_conflict is a relation that cannot hold beside
 *                       others that can; one with a pin where there is one
 *   SV_ERR_UNVERIFIED   the solver did not answer in time, or wrongly, or is
 *                       wanted and source is NULL
 *   SV_ERR_USAGE        a number out of its range, a pin that is no multiple,
 *                       a relation of cells that are not there, two cells of
 *                       one id with different counts or pins
 *   SV_ERR_RANGE        over a limit of the solver
 */
enum sv_err rounding_run(const struct rounding *r,
                         const uint8_t key[static ROUNDING_KEY_LEN],
                         const struct solver_source *source,
                         unsigned timeout_ms, /* for all of it */
                         int64_t out[], unsigned *steps, size_t *in_conflict);

#endif
