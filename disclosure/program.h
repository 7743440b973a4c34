#ifndef SV_DISCLOSURE_PROGRAM_H
#define SV_DISCLOSURE_PROGRAM_H

#include "disclosure/model.h"
#include "disclosure/solver.h"

/*
 * A model with what was printed in it: the range of every set, bounds that
 * follow from them by integer arithmetic alone, and what is then left to
 * find out by a solver.
 */
struct program_range {
    int64_t lo, hi;
};

struct program_rows {
    size_t n;
    size_t *start; /* n + 1 */
    uint32_t *column;
    int64_t *factor;
    int64_t *lo, *hi;
};

struct program {
    const struct model *model; /* borrowed */
    /* No witness is sought with more people in an atom: far more than all
     * that is printed.  What is proved does not rest on it. */
    int64_t cap;
    struct program_range *printed;    /* of each set; owned, as all here */
    struct program_range *statements; /* of each */
    struct program_range *atoms;      /* proved */
    struct program_range *sets;       /* proved */
    /* Of the atoms that have no one number yet, and their rows. */
    struct program_rows rows;
    int64_t *col_lo, *col_hi;
    struct solver_model left; /* both, for the solver */
    uint32_t *column_of;      /* of each atom; PROGRAM_FIXED */
};
#define PROGRAM_FIXED UINT32_MAX

/*
 * without: a release whose figures and statements are not known, or
 * MODEL_NONE; inhabited: a set that is known to have somebody in it, or
 * MODEL_NONE.  SV_ERR_CONFLICT where integer arithmetic alone tells that no
 * people fit.
 */
enum sv_err program_new(const struct model *m, size_t without, size_t inhabited,
                        struct program **out);
void program_free(struct program *p); /* accepts NULL */

/* SV_ERR_CONFLICT where more people are in a set, by integer arithmetic, than
 * in one that contains it. */
enum sv_err program_check_nested(const struct program *p);

/*
 * x: one whole number for each column.  The value of every set; false where
 * some row of the whole model, range or bound is not fulfilled.  atoms: room
 * for one number each.
 */
bool program_values(const struct program *p, const int64_t x[], int64_t atoms[],
                    int64_t values[]);

#endif
