#ifndef SV_DISCLOSURE_SOLVER_ENGINE_H
#define SV_DISCLOSURE_SOLVER_ENGINE_H

#include "disclosure/solver.h"

/*
 * CLP for optima, CBC for whole numbers, behind what svault-solver needs of
 * them.  In svault-solver alone: nothing else links COIN-OR.
 */
struct engine;

enum engine_answer {
    ENGINE_SOLVED,
    ENGINE_NONE,
    ENGINE_UNBOUNDED,
    ENGINE_FAILED, /* it cannot tell */
};

struct engine_objective {
    enum solver_sense sense;
    size_t n;
    const uint32_t *column;
    const double *factor;
    bool whole; /* numbers only, */
    double gap; /* so near to the best */
};

/* Takes a copy of a model within its limits.  SV_ERR_USAGE; SV_ERR_NOMEM */
enum sv_err engine_new(const struct solver_model *m, struct engine **out);
void engine_free(struct engine *e); /* accepts NULL */

/* The caller has looked at the column. */
void engine_bound(struct engine *e, size_t column, int64_t lo, int64_t hi);
/* From now on without the last basis: solver_afresh(). */
void engine_afresh(struct engine *e);
/* x: as many as the model has columns. */
enum engine_answer engine_solve(struct engine *e,
                                const struct engine_objective *o, double x[]);

#endif
