#ifndef SV_DISCLOSURE_PROGRAM_INTERNAL_H
#define SV_DISCLOSURE_PROGRAM_INTERNAL_H

#include "disclosure/program.h"

/* For program*.c only. */

/* Sums of factor x people: 2^47 x 2^42, by 2^18 atoms. */
__extension__ typedef __int128 wide;

/* What a tie is. */
static const struct program_range program_zero = {0, 0};

static inline int64_t
program_factor(const struct model_rows *r, size_t entry)
{
    return r->factor != NULL ? r->factor[entry] : 1;
}

/* The least and the most that a row can be. */
void program_span(const struct program *p, const struct model_rows *r,
                  size_t row, wide *least, wide *most);

/* Takes out rows of one number that are sums of shorter ones, side by side:
 * a margin beside all that it is the margin of.  They only cost time. */
enum sv_err program_prune(struct program_rows *r, size_t n_cols);

/* Fills p->left, column_of and atom_of. */
enum sv_err program_fill(struct program *p);

#endif
