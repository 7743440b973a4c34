#ifndef SV_COUNTS_PLAN_TALLY_INTERNAL_H
#define SV_COUNTS_PLAN_TALLY_INTERNAL_H

#include "base/map.h"
#include "counts/plan_cell.h"
#include "counts/plan_tally.h"

/* What plan_tally.c (counting) and plan_tally_end.c (figures) share. */

struct tally_table {
    struct map cells;          /* struct plan_cell -> struct counted */
    bool *occurs[PLAN_BY_MAX]; /* codes that any of its records has */
};

/* The codes of one variable in the record at hand; their groups, each once,
 * stand behind them. */
struct tally_values {
    size_t n;     /* of the codes */
    size_t n_all; /* with the groups */
    uint16_t codes[2 * FIELD_REPEAT_MAX];
};

struct tally {
    const struct plan *plan;
    uint64_t key;                /* of the record at hand */
    struct tally_values *values; /* one for each variable of the plan */
    struct tally_table tables[PLAN_TABLES_MAX];
};

const struct plan_variable *tally_variable(const struct plan *plan,
                                           const struct plan_table *t,
                                           size_t by);
/* On to the next place of an odometer with these lengths; false at the end,
 * when all places are 0 again. */
bool tally_turn(size_t n, const size_t len[], size_t at[]);

#endif
