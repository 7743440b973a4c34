#ifndef SV_DISCLOSURE_SOLVER_H
#define SV_DISCLOSURE_SOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Linear programs, solved by COIN-OR's CLP and CBC in a process of their own
 * (svault-solver): it holds no key and no file, and whatever it says is
 * checked here by integer addition.  Killed, out of time or wrong, it costs
 * a result and never a secret.
 */

/* Gives a connected stream socket with a fresh solver behind it. */
struct solver_source {
    enum sv_err (*open)(void *ctx, int *fd);
    void *ctx;
};

/* minimise or maximise c.x with row_lo <= A x <= row_hi, col_lo <= x <=
 * col_hi; borrowed, rows one after the other: row i has the entries
 * start[i] to start[i+1]-1. */
struct solver_model {
    size_t n_cols, n_rows;
    const int64_t *col_lo, *col_hi; /* SOLVER_INFINITY: none */
    const int64_t *row_lo, *row_hi;
    const size_t *start; /* n_rows + 1 */
    const uint32_t *column;
    const int64_t *factor;
};
#define SOLVER_INFINITY INT64_MAX
#define SOLVER_COLS_MAX 200000
#define SOLVER_ENTRIES_MAX 20000000

struct solver; /* holds one model */

/* A solver with this model in it.  Errors of all functions here:
 *   SV_ERR_RANGE        over a limit above
 *   SV_ERR_UNVERIFIED   it died, ran out of time, or said what cannot be
 *                       read; it is of no more use */
enum sv_err solver_new(const struct solver_source *source,
                       const struct solver_model *m, unsigned timeout_ms,
                       struct solver **out);
void solver_free(struct solver *s); /* accepts NULL */

enum solver_sense { SOLVER_MIN, SOLVER_MAX };

/*
 * The objective is the sum of factor x column over n entries.  x gets the
 * vertex found, one double a column, each as it came: nothing of it is
 * checked but that it is finite.  From one call to the next the basis stays.
 * SV_ERR_NOT_FOUND: it says that there is no solution.
 */
enum sv_err solver_optimum(struct solver *s, enum solver_sense sense, size_t n,
                           const uint32_t column[], const double factor[],
                           double x[]);
/* The same over whole numbers only, within the gap of the best (0.02: 2 %).
 * x is rounded to the nearest whole numbers and checked against the model
 * by integer addition: SV_ERR_UNVERIFIED where it does not fit. */
enum sv_err solver_integer(struct solver *s, enum solver_sense sense, size_t n,
                           const uint32_t column[], const double factor[],
                           double gap, int64_t x[]);
/* Other bounds for one column (insiders, pins). */
enum sv_err solver_bound(struct solver *s, uint32_t column, int64_t lo,
                         int64_t hi);

/* Do these whole numbers fulfil the model?  By addition alone. */
bool solver_check(const struct solver_model *m, const int64_t x[]);

#endif
