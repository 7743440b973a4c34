#ifndef SV_TESTS_SUPPORT_WORLD_H
#define SV_TESTS_SUPPORT_WORLD_H

#include "disclosure/facts.h"

/*
 * Small random facts of few people, and all tables of whole numbers that
 * agree with them, counted out: what an audit says has to be what they say.
 * Combinations of codes and dates are cells, and a set of people is a mask of
 * cells.
 */
#define WORLD_CELLS_MAX 16
#define WORLD_FIGURES_MAX 9
#define WORLD_PEOPLE_MAX 5
#define WORLD_DATES 2

struct world {
    uint64_t seed;
    bool is_vague; /* few cells, most of them hidden */
    struct facts f;
    size_t n_dims, codes[3], n_dates;
    size_t n_cells; /* combinations of codes, of each date */
    int64_t people[WORLD_CELLS_MAX];
    uint32_t mask[WORLD_FIGURES_MAX]; /* the cells of each figure */
};

/* One or two releases; figure 0 is everybody, exact or rounded. */
void world_make(struct world *w, uint64_t seed);
void world_clear(struct world *w);
/* A number below n, the next of this world. */
uint64_t world_pick(struct world *w, uint64_t n);

int64_t world_count(const struct world *w, uint32_t mask,
                    const int64_t cells[]);
/* The cells of those who are in the figure's group, where one term on a
 * secret dimension tells it from one; else 0. */
uint32_t world_group(const struct world *w, size_t figure);

/* Called for each table that agrees with all releases but one. */
typedef void (*world_table_fn)(void *ctx, const int64_t cells[],
                               const int64_t values[]);
void world_tables(const struct world *w, size_t without, world_table_fn fn,
                  void *ctx);

#endif
