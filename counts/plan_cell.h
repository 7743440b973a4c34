#ifndef SV_COUNTS_PLAN_CELL_H
#define SV_COUNTS_PLAN_CELL_H

#include "counts/plan.h"

/* In place of a code: all of them. */
#define PLAN_CELL_ALL UINT16_MAX

/* The year that is counted, the one it is compared with, and the later less
 * the earlier of them; then percentages: shares in either year, and the
 * change of the earlier. */
enum plan_series {
    PLAN_SERIES_OWN,
    PLAN_SERIES_COMPARED,
    PLAN_SERIES_CHANGE,
    PLAN_SERIES_SHARE,
    PLAN_SERIES_SHARE_COMPARED,
    PLAN_SERIES_PERCENT,
    PLAN_SERIES_N
};

/* One figure of a table, by codes or groups of them: a field that it does not
 * count by has ALL.  Without padding, it is a map's key. */
struct plan_cell {
    uint16_t series;
    uint16_t code[PLAN_BY_MAX];
};

/* How many series of a table are counted. */
size_t plan_cell_series(const struct plan_table *t);
/* How many figures each of its series could have. */
size_t plan_cell_count(const struct plan *p, const struct plan_table *t);
bool plan_cell_is_percent(enum plan_series series);
/* Is it one that is shown? */
bool plan_cell_is_printed(const struct plan_table *t,
                          const struct plan_cell *cell);
bool plan_cell_own_is_later(const struct plan *p, const struct plan_table *t);
/* The fields of by that a cell has a code of, as bits. */
unsigned plan_cell_mask(const struct plan_cell *cell);

/* The figure's name (plan_tally.h), appended. */
enum sv_err plan_cell_name(const struct plan *p, size_t table,
                           const struct plan_cell *cell, struct buf *out);
/* The reverse, printed or not.  SV_ERR_FORMAT for what is no figure of this
 * plan. */
enum sv_err plan_cell_parse(const struct plan *p, struct bytes name,
                            size_t *table, struct plan_cell *cell);

#endif
