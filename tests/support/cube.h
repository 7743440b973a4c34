#ifndef SV_TESTS_SUPPORT_CUBE_H
#define SV_TESTS_SUPPORT_CUBE_H

#include "disclosure/rounding.h"

/*
 * Tables of counts to round: every margin of up to three dimensions, small
 * counts and zeros as reports have them, the same for the same seed.
 */
#define CUBE_DIMS 3

struct cube {
    struct rounding r;
    size_t dims[CUBE_DIMS]; /* codes; 1 where there is no such dimension */
    struct rounding_cell *cells;
    struct rounding_relation *relations;
    size_t *parts;
};

/* dims: 1 where there is no such dimension.  Ends the program for want of
 * memory. */
void cube_make(struct cube *c, const size_t dims[static CUBE_DIMS],
               uint64_t seed);
void cube_free(struct cube *c);
/* The cell of these codes; a code equal to the dimension's number of them is
 * its total. */
size_t cube_at(const struct cube *c, size_t a, size_t b, size_t k);

/* The next of a row of numbers that look random. */
uint64_t cube_random(uint64_t *seed);
/* An id of one's own for each number. */
void cube_id(uint64_t number, uint8_t id[static ROUNDING_ID_LEN]);

#endif
