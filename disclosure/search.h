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
    /* It needs no more witnesses once hi - lo is want_width, and hi at least
     * want_hi. */
    int64_t want_width, want_hi;
    struct program_range proved; /* no witness goes beyond it */
    int64_t lo, hi;              /* seen among witnesses */
    bool tried;                  /* there are no more to be found */
};
#define SEARCH_ENDS INT64_MAX /* want_width: all that there is */

struct search;

/* A first witness is found.  SV_ERR_CONFLICT where the solver says that there
 * is none; SV_ERR_UNVERIFIED where it fails.  deadline_ms: of search_now_ms().
 * max_kept: how many witnesses to keep; with_ends: see search_run(). */
enum sv_err search_new(const struct program *p,
                       const struct solver_source *source, uint64_t deadline_ms,
                       size_t max_kept, bool with_ends, struct search **out);
void search_free(struct search *s); /* accepts NULL */
uint64_t search_now_ms(void);

/* One more target; lo, hi and tried are set here, from kept witnesses. */
enum sv_err search_add(struct search *s, struct search_target t, size_t *at);
const struct search_target *search_target(const struct search *s, size_t at);
bool search_satisfied(const struct search_target *t);

/*
 * Look for witnesses that satisfy every target that is not yet, as far as
 * there are any.  with_ends: a target that is not satisfied then has as lo
 * and hi what it can be, if the solver is right; this takes longer.
 */
enum sv_err search_run(struct search *s);

/* The values of all sets in the witnesses that were kept. */
size_t search_n_kept(const struct search *s);
const int64_t *search_kept(const struct search *s, size_t at);

#endif
