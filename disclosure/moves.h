#ifndef SV_DISCLOSURE_MOVES_H
#define SV_DISCLOSURE_MOVES_H

#include "disclosure/solver.h"

/*
 * Moves from one table to another near it.
 *
 * An optimum of a linear program over tables of three dimensions is seldom
 * of whole numbers, because it moves everything.  The nearest table, from one
 * of whole numbers, in which a sum differs by a given number moves a few
 * cells along a circuit, and circuits are nearly always of whole numbers: so
 * the distance (of every cell, at a price of its own) is made least, and a
 * step of the sum is worth more than any way to it.
 */
struct moves;

/* Sums of columns: sum i has the entries start[i] to start[i + 1] - 1. */
struct moves_sums {
    size_t n;
    const size_t *start;
    const uint32_t *column;
    const int64_t *factor;
};

/* base: within the bounds of the columns; rows need not hold.  All but base
 * is borrowed. */
enum sv_err moves_new(const struct solver_model *m, const int64_t base[],
                      const struct moves_sums *sums,
                      const struct solver_source *source, unsigned timeout_ms,
                      struct moves **out);
void moves_free(struct moves *m); /* accepts NULL */

/* A sum is to be `step` more, or less, than in the base. */
struct moves_step {
    size_t sum;
    int64_t step;
    double reached; /* by how much it is */
};

/*
 * A table near the base in which n sums, each at most once, went their steps,
 * or as far as they could.  x is rounded; nothing of it is checked.  Another
 * seed, other prices.  SV_ERR_NOT_FOUND: it says that no table fulfils the
 * rows.
 */
enum sv_err moves_reach(struct moves *m, size_t n, struct moves_step steps[],
                        uint64_t seed, int64_t x[]);

#endif
