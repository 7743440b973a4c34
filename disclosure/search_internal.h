#ifndef SV_DISCLOSURE_SEARCH_INTERNAL_H
#define SV_DISCLOSURE_SEARCH_INTERNAL_H

#include "disclosure/moves.h"
#include "disclosure/search.h"

/* For search*.c only. */

struct search {
    const struct program *p; /* borrowed */
    const struct solver_source *source;
    uint64_t deadline_ms;
    bool with_ends;
    struct search_target *targets;
    size_t n_targets, cap_targets;
    struct solver *solver; /* of p->left; NULL until it is needed */
    int64_t *base;         /* the first witness */
    int64_t *base_values;  /* of each set in it */
    int64_t *x;            /* the table at hand, one number a column */
    int64_t *atoms, *values;
    double *vertex;
    /* The sum of a target: what search_weigh() left. */
    size_t n_sum;
    uint32_t *columns;
    int64_t *weights, *by_column;
    double *factors;
    int64_t *kept;
    size_t n_kept, max_kept;
};

unsigned search_left_ms(const struct search *s);
/* Is s->x a witness?  Then all targets have seen it. */
bool search_witness(struct search *s);
/* The sum of a target over the columns: n_sum, columns, weights. */
void search_weigh(struct search *s, const struct search_target *t);
int64_t search_base_value(const struct search *s,
                          const struct search_target *t);
/* How far from the base the target has to go up, or down: 0 where it need
 * not. */
int64_t search_step(const struct search *s, const struct search_target *t,
                    bool up);

/* By single cells that have room in all their rows, many at once. */
enum sv_err search_run_greedy(struct search *s);
/* By moves, and what is left by a search over whole numbers. */
enum sv_err search_run_moves(struct search *s);
/* A witness near these numbers, one for each column, into s->x.
 * SV_ERR_NOT_FOUND: the solver says that there is none. */
enum sv_err search_nearest(struct search *s, const int64_t near[]);

#endif
