#ifndef SV_FUZZ_LYING_SOLVER_H
#define SV_FUZZ_LYING_SOLVER_H

#include <pthread.h>

#include "disclosure/solver.h"
#include "fuzz/draw.h"

/*
 * A solver in this process, in place of svault-solver: it tries all whole
 * numbers of small models, and says so where they are too many.  A liar tells
 * the truth now and then, and else whatever its number leads it to: that there
 * is nothing, or no bound, numbers that fit nothing, answers that are cut,
 * or belong to no question, or none.
 */
#define LYING_JOBS_MAX 256

struct lying_solver {
    struct solver_source source; /* hand this out */
    bool is_liar;
    uint64_t number; /* what all its answers follow from */
    size_t n;
    pthread_t threads[LYING_JOBS_MAX];
};

void lying_solver_start(struct lying_solver *s, bool is_liar, uint64_t number);
/* When all that asked it are gone. */
void lying_solver_stop(struct lying_solver *s);

#endif
