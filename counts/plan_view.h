#ifndef SV_COUNTS_PLAN_VIEW_H
#define SV_COUNTS_PLAN_VIEW_H

#include "base/map.h"
#include "counts/plan_cell.h"

/* A table's figures laid out for print. */

/* Rows, columns and blocks of a table. */
enum { PLAN_AXIS_ROWS, PLAN_AXIS_COLUMNS, PLAN_AXIS_BLOCKS };
#define PLAN_NO_FIELD SIZE_MAX

/* One table with the figures that it has. */
struct plan_view {
    const struct plan *plan;
    const struct plan_table *table;
    const struct figures *figures;
    enum schema_lang lang;
    bool preview;
    struct map cells; /* struct plan_cell, size_t index of a figure */
    size_t n[PLAN_BY_MAX];
    uint16_t
        *codes[PLAN_BY_MAX];  /* owned; groups before their codes, ALL last */
    size_t axis[PLAN_BY_MAX]; /* a field of by, or PLAN_NO_FIELD */
    size_t n_series;          /* that are shown: the earlier year first */
    enum plan_series series[PLAN_SERIES_N];
};

/* Set plan, table, figures, lang and preview before.  SV_ERR_FORMAT for a
 * name that is no figure of the table.  Clear it also after an error. */
enum sv_err plan_view_init(struct plan_view *v);
void plan_view_clear(struct plan_view *v);

const struct plan_variable *plan_view_variable(const struct plan_view *v,
                                               size_t by);
/* Does the figure's name begin with the table's? */
bool plan_view_has(const struct plan_table *t, const struct figure *f);
/* NULL where there is none. */
const struct figure *plan_view_figure(const struct plan_view *v,
                                      const struct plan_cell *cell);
/* What is shown; false where it is not known. */
bool plan_view_value(const struct plan_view *v, const struct plan_cell *cell,
                     int64_t *out);

#endif
