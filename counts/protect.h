#ifndef SV_COUNTS_PROTECT_H
#define SV_COUNTS_PROTECT_H

#include "counts/figures.h"

#include "disclosure/rounding.h"

/*
 * Figures as the public gets them: multiples of FIGURES_BASE that add up
 * wherever the exact ones do, and are the same in every later run
 * (disclosure/rounding.h).  Whether they are safe is for the audit to say.
 */

/* What was printed before: true and the value where this figure of exact is
 * to stay what it was.  Not called for a change. */
struct protect_pins {
    bool (*find)(void *ctx, const struct figures *exact, size_t figure,
                 int64_t *value);
    void *ctx;
};

/*
 * One set of records is one cell under all its names; a pin of one of them
 * holds for those that have none.  A figure that is not printed, and a former
 * year's that is not known, is rounded with the rest.
 *
 * A change is the difference of the rounded figures.  Where the earlier one
 * is not printed and comes to 0, neither is known, for one and the same
 * reason: else it would tell whether there was nobody or were a few.
 *
 * out, empty before, gets every figure and relation of exact, in their order;
 * what is not known stays so.  The sets (of) stay exact, for the ledger, and
 * are for nobody outside.  pins may be NULL.  *steps: as rounding_run() has
 * it, to be declared with the release.
 *
 *   SV_ERR_CONFLICT     pins contradict each other, or the figures
 *   SV_ERR_UNVERIFIED   the solver is wanted and did not answer
 *   SV_ERR_USAGE        a pin that is no multiple; a percentage: these are
 *                       computed of what is printed
 */
enum sv_err protect_round(const struct figures *exact,
                          const struct protect_pins *pins,
                          const uint8_t key[static ROUNDING_KEY_LEN],
                          const struct solver_source *source,
                          struct figures *out, unsigned *steps);

#endif
