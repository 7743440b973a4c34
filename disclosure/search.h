#ifndef SV_DISCLOSURE_SEARCH_H
#define SV_DISCLOSURE_SEARCH_H

#include "disclosure/program.h"

/*
 * A search for witnesses: tables of whole numbers that agree with everything
 * that was printed.  Each is checked by addition before anything is believed
 * of it, so a solver that errs or lies can only make less be found.
 */

/* A number of people: of set plus, less that of set minus. */
struct search_target {
    size_t plus, minus; /* minus: MODEL_NONE for no other */
    int64_t lo, hi;     /* seen among witnesses; lo over hi before the first */
    /* It needs no more witnesses once hi - lo is this, and hi at least
     * that. */
    int64_t want_width, want_hi;
};

struct search {
    const struct program *p; /* borrowed, as the targets */
    struct search_target *targets;
    size_t n_targets, cap_targets;
    struct solver *solver;
    size_t n_witnesses;
    double *vertex;          /* scratch: one number for each column */
    int64_t *x;              /* likewise */
    int64_t *atoms, *values; /* of each atom and set */
    uint32_t *columns;       /* an objective */
    double *factors;
    int64_t *weights; /* of each column, 0 between calls */
    /* Witnesses that are kept: the values of all sets, one after the other. */
    int64_t *kept;
    size_t n_kept, max_kept;
};

/* A first witness is found.  SV_ERR_CONFLICT where the solver says that there
 * is none; SV_ERR_UNVERIFIED where it fails.  max_kept: how many witnesses
 * to keep. */
enum sv_err search_new(const struct program *p,
                       const struct solver_source *source, unsigned timeout_ms,
                       size_t max_kept, struct search **out);
void search_free(struct search *s); /* accepts NULL */

/* One more target; what is kept is looked at. */
enum sv_err search_add(struct search *s, struct search_target t);
bool search_satisfied(const struct search_target *t);

/* Look for witnesses that satisfy every target, as far as there are any.
 * Behind it a target that is not satisfied has as lo and hi what it can be. */
enum sv_err search_run(struct search *s);
/* Both ends of one target. */
enum sv_err search_ends(struct search *s, size_t target);

#endif
