#ifndef SV_TESTS_SUPPORT_GRID_H
#define SV_TESTS_SUPPORT_GRID_H

#include "disclosure/facts.h"
#include "disclosure/solver.h"

/*
 * Tables for tests and measures: counts over up to three dimensions, with
 * all margins as figures.  "Total" stands for all codes of a dimension.
 */
#define GRID_DIMS_MAX 3

struct grid_cell {
    size_t code[GRID_DIMS_MAX]; /* GRID_TOTAL: all */
    int64_t n;
    bool is_small; /* to be protected by the rule alone */
    bool is_hidden;
};
#define GRID_TOTAL SIZE_MAX

struct grid {
    struct facts facts; /* one release, "r"; dimensions and codes are there */
    size_t n_dims;
    size_t n_cells;
    struct grid_cell *cells; /* the figures of facts, in their order */
};

/* Columns: the dimensions, n, and perhaps primary, suppressed.  False where
 * there is no such file; a test of a file that is broken fails. */
bool grid_read(struct grid *t, const char *path);

/* Counts as a seed has them: many small ones, some large. */
void grid_make(struct grid *t, uint64_t seed, size_t n_dims,
               const size_t n_codes[]);
void grid_free(struct grid *t);

/* Hide every count from 1 to small, and then the least count of each line of
 * which only one is hidden, until there is no such line. */
void grid_hide(struct grid *t, int64_t small);
/* Every cell as its figure: hidden ones with at_least, all others exactly. */
void grid_print_suppressed(struct grid *t, int64_t at_least);
/* Every cell rounded under a key, so that margins stay sums. */
void grid_print_rounded(struct grid *t, int64_t base, uint8_t key,
                        const struct solver_source *source);

#endif
