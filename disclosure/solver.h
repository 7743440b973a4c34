#ifndef SV_DISCLOSURE_SOLVER_H
#define SV_DISCLOSURE_SOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Linear programs, solved by COIN-OR's CLP and CBC in a process of their own
 * (svault-solver): it holds no key and no file, and whole numbers that it
 * says are checked here by addition.  Killed, out of time or wrong, it costs
 * a result and never a secret.
 */

/* Gives a connected stream socket with a fresh solver behind it; {0} has
 * none, and all is SV_ERR_UNVERIFIED. */
struct solver_source {
    enum sv_err (*open)(void *ctx, int *fd);
    void *ctx;
};

/*
 * minimise or maximise c.x with row_lo <= A x <= row_hi, col_lo <= x <=
 * col_hi.  Rows stand one after the other: row i has the entries start[i] to
 * start[i+1]-1; factors of one column in one row are added.  No upper bound
 * is SOLVER_INFINITY, no lower one -SOLVER_INFINITY.  A lower bound over an
 * upper one is a model without a solution.
 */
struct solver_model {
    size_t n_cols, n_rows;
    const int64_t *col_lo, *col_hi;
    const int64_t *row_lo, *row_hi; /* may be NULL where n_rows is 0 */
    const size_t *start;            /* n_rows + 1 */
    const uint32_t *column;
    const int64_t *factor;
};
#define SOLVER_INFINITY INT64_MAX
#define SOLVER_COLS_MAX 200000
#define SOLVER_ROWS_MAX 1000000
#define SOLVER_ENTRIES_MAX 20000000
#define SOLVER_TIMEOUT_MAX_MS (3600u * 1000u)

struct solver; /* holds one model */

/*
 * A solver with this model in it; the model is borrowed until solver_free().
 * It lives for timeout_ms, all its calls together.  Errors of all functions
 * here:
 *
 *   SV_ERR_RANGE        over a limit above
 *   SV_ERR_USAGE        a column that the model does not have; a factor or a
 *                       gap that is no number
 *   SV_ERR_UNVERIFIED   it died, ran out of time, or said what cannot be
 *                       read; it is of no more use: solver_free()
 */
enum sv_err solver_new(const struct solver_source *source,
                       const struct solver_model *m, unsigned timeout_ms,
                       struct solver **out);
void solver_free(struct solver *s); /* accepts NULL */

enum solver_sense { SOLVER_MIN, SOLVER_MAX };

/*
 * The objective is the sum of factor x column over n entries.  x gets the
 * vertex found, one double a column, each as it came: nothing of it is
 * checked but that it is finite.  From one call to the next the basis stays,
 * so that like objectives are best asked for one after the other.
 *
 *   SV_ERR_NOT_FOUND   it says that there is no solution
 *   SV_ERR_FULL        it says that the objective has no bound
 */
enum sv_err solver_optimum(struct solver *s, enum solver_sense sense, size_t n,
                           const uint32_t column[], const double factor[],
                           double x[]);
/*
 * The same over whole numbers only, within the gap of the best (0.02: 2 %).
 * x is rounded to the nearest whole numbers and checked against the model,
 * as solver_bound() left it, by integer addition: SV_ERR_UNVERIFIED where it
 * does not fit.
 */
enum sv_err solver_integer(struct solver *s, enum solver_sense sense, size_t n,
                           const uint32_t column[], const double factor[],
                           double gap, int64_t x[]);
/*
 * From now on an optimum begins without the basis of the last one.  That is
 * faster where most columns rest at a bound that their factor likes, and few
 * are drawn away from it.
 */
enum sv_err solver_afresh(struct solver *s);
/* Other bounds for one column (insiders, pins). */
enum sv_err solver_bound(struct solver *s, uint32_t column, int64_t lo,
                         int64_t hi);

/* Do these whole numbers fulfil the model?  By addition alone; sums that
 * overflow do not. */
bool solver_check(const struct solver_model *m, const int64_t x[]);

#endif
