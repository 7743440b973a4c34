#ifndef SV_DISCLOSURE_MODEL_TABLES_H
#define SV_DISCLOSURE_MODEL_TABLES_H

#include "disclosure/model.h"

/* For model*.c only: the tables of the cliques, and which of their cells a
 * set has. */

/* 2^18 cells are too many already. */
#define TABLE_AXES_MAX 18

struct table {
    size_t population;
    size_t n_axes;
    size_t axes[TABLE_AXES_MAX];   /* rising */
    size_t stride[TABLE_AXES_MAX]; /* of a class in the number of a cell */
    size_t first, n_cells;
    size_t parent; /* a table before it, or MODEL_NONE */
};

struct tables {
    size_t n;
    struct table *at; /* owned */
    size_t n_cells;   /* of all */
};

enum sv_err tables_make(const struct model *m, struct tables *out);
void tables_clear(struct tables *t); /* accepts zeroed */

/* How many cells of the table have classes in these terms; MODEL_NONE where
 * it has not all of their axes. */
size_t table_count(const struct model *m, const struct table *t, size_t n_terms,
                   const struct model_term terms[]);
/* The numbers of those cells, in rising order. */
void table_cells(const struct model *m, const struct table *t, size_t n_terms,
                 const struct model_term terms[], uint32_t out[]);

#endif
