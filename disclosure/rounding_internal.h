#ifndef SV_DISCLOSURE_ROUNDING_INTERNAL_H
#define SV_DISCLOSURE_ROUNDING_INTERNAL_H

#include "base/clock.h"

#include "disclosure/rounding.h"

/*
 * A table as it is solved, in one order whatever the caller's is: variables
 * by id, each row's terms by variable, rows by their terms.  Values are in
 * steps of the base.
 */
struct variable {
    const struct rounding_cell *cell; /* one of this id */
    unsigned weight;                  /* the largest of its cells' */
    bool is_whole;                    /* of some relation */
    int64_t target;                   /* a pin where there is one */
    int64_t lo, hi;                   /* what it may become */
    int64_t value;                    /* what it becomes */
};

struct term {
    uint32_t variable;
    int32_t factor;
};

/* The sum of factor x variable is 0. */
struct row {
    struct term *terms;
    size_t n;
    size_t relation; /* the caller's; the first of equal ones */
    bool holds;      /* its variables have values */
};

/* How far variables may be off: less than one step; or wholes, and at last
 * all, by one step more. */
enum reach { REACH_NEXT, REACH_WHOLES, REACH_ALL, REACH_N };

struct table {
    int64_t base;
    const uint8_t *key;
    size_t n;
    struct variable *variables;
    size_t n_rows;
    struct row *rows;
    size_t n_terms;
    struct term *terms;
    size_t *columns; /* scratch of table_solve(): n of them, all COLUMN_NONE */
};
#define COLUMN_NONE SIZE_MAX

/* ---- rounding_table.c ---- */

/* SV_ERR_USAGE and SV_ERR_RANGE as rounding_run(); t is to be cleared in
 * either case.  *of: the variable of each cell, owned by the caller. */
enum sv_err table_make(const struct rounding *r, const uint8_t *key,
                       struct table *t, uint32_t **of);
void table_clear(struct table *t); /* wipes */
void table_reach(struct table *t, enum reach reach);

/* 0 to bound - 1, each as often, by the key, the label and the set alone. */
uint64_t rounding_draw(const uint8_t key[static ROUNDING_KEY_LEN],
                       const char *label,
                       const uint8_t id[static ROUNDING_ID_LEN],
                       uint64_t bound);

/* ---- rounding_solve.c ---- */

struct solving {
    const struct solver_source *source;
    struct clock clock;
    uint64_t until_ms;
};

/* Values for the variables of these rows, which hold between their bounds.
 * SV_ERR_NOT_FOUND: there are none. */
enum sv_err table_solve(struct table *t, size_t n, const size_t rows[],
                        const struct solving *with);

#endif
