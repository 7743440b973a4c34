#include "counts/plan_view.h"

#include <stdlib.h>
#include <string.h>

const struct plan_variable *
plan_view_variable(const struct plan_view *v, size_t by)
{
    return &v->plan->variables[v->table->by[by]];
}

static void
add_series(struct plan_view *v, enum plan_series series)
{
    v->series[v->n_series++] = series;
}

/* The series in the order of years, and percentages behind the figures that
 * they are of. */
static void
order_series(struct plan_view *v)
{
    const struct plan_table *t = v->table;
    bool turned = t->compared && plan_cell_own_is_later(v->plan, t);
    bool share = t->share.given && !v->preview;

    v->n_series = 0;
    if (turned)
        add_series(v, PLAN_SERIES_COMPARED);
    if (turned && share)
        add_series(v, PLAN_SERIES_SHARE_COMPARED);
    add_series(v, PLAN_SERIES_OWN);
    if (share)
        add_series(v, PLAN_SERIES_SHARE);
    if (t->compared && !turned)
        add_series(v, PLAN_SERIES_COMPARED);
    if (t->compared && !turned && share)
        add_series(v, PLAN_SERIES_SHARE_COMPARED);
    if (t->delta)
        add_series(v, PLAN_SERIES_CHANGE);
    if (t->percent.given && !v->preview)
        add_series(v, PLAN_SERIES_PERCENT);
}

/* The field with the most codes gives the rows, and so on. */
static void
order_axes(struct plan_view *v)
{
    for (size_t i = 0; i < PLAN_BY_MAX; i++)
        v->axis[i] = PLAN_NO_FIELD;
    for (size_t i = 0; i < v->table->n_by; i++) {
        size_t at = i;

        for (; at > 0 && v->n[v->axis[at - 1]] < v->n[i]; at--)
            v->axis[at] = v->axis[at - 1];
        v->axis[at] = i;
    }
}

/* A group, then its codes; codes in none behind all groups; the total. */
static size_t
order_of(const struct plan_variable *v, uint16_t code)
{
    size_t group = v->n_groups;

    if (code == PLAN_CELL_ALL)
        return SIZE_MAX;
    if (code >= v->n_codes)
        group = code - v->n_codes;
    else if (plan_variable_group(v, code) != PLAN_NO_GROUP)
        group = v->group_of[code];
    return group * 2 * UINT16_MAX + (code < v->n_codes ? 1u + code : 0);
}

/* One more code in the order of the list. */
static void
add_code(struct plan_view *v, size_t by, uint16_t code)
{
    const struct plan_variable *of = plan_view_variable(v, by);
    size_t at = v->n[by];

    for (size_t i = 0; i < v->n[by]; i++) {
        if (v->codes[by][i] == code)
            return;
    }
    for (; at > 0 && order_of(of, v->codes[by][at - 1]) > order_of(of, code);
         at--)
        v->codes[by][at] = v->codes[by][at - 1];
    v->codes[by][at] = code;
    v->n[by]++;
}

bool
plan_view_has(const struct plan_table *t, const struct figure *f)
{
    size_t n = strlen(t->name);

    return strncmp(f->name, t->name, n) == 0 && f->name[n] == '.';
}

/* Find this table's figures. */
static enum sv_err
view_fill(struct plan_view *v)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < v->figures->n && err == SV_OK; i++) {
        const struct figure *f = &v->figures->at[i];
        struct plan_cell cell;
        size_t table;

        if (!plan_view_has(v->table, f) || f->unprinted)
            continue;
        err = plan_cell_parse(v->plan, bytes_text(f->name), &table, &cell);
        if (err == SV_OK)
            err = map_set(&v->cells, &cell, &i);
        for (size_t k = 0; k < v->table->n_by && err == SV_OK; k++)
            add_code(v, k, cell.code[k]);
    }
    return err;
}

enum sv_err
plan_view_init(struct plan_view *v)
{
    enum sv_err err = SV_OK;

    map_init(&v->cells, sizeof(struct plan_cell), sizeof(size_t));
    for (size_t i = 0; i < v->table->n_by && err == SV_OK; i++) {
        v->codes[i] = calloc(plan_view_variable(v, i)->n_codes +
                                 plan_view_variable(v, i)->n_groups + 1,
                             sizeof *v->codes[i]);
        if (v->codes[i] == NULL)
            err = SV_ERR_NOMEM;
    }
    if (err == SV_OK)
        err = view_fill(v);
    order_series(v);
    order_axes(v);
    return err;
}

void
plan_view_clear(struct plan_view *v)
{
    map_clear(&v->cells);
    for (size_t i = 0; i < PLAN_BY_MAX; i++)
        free(v->codes[i]);
}

const struct figure *
plan_view_figure(const struct plan_view *v, const struct plan_cell *cell)
{
    const size_t *at = map_get(&v->cells, cell);

    return at != NULL ? &v->figures->at[*at] : NULL;
}

bool
plan_view_value(const struct plan_view *v, const struct plan_cell *cell,
                int64_t *out)
{
    const struct figure *f = plan_view_figure(v, cell);

    /* A preview leaves out what comes to 0. */
    if (f == NULL && v->preview) {
        *out = 0;
        return true;
    }
    if (f == NULL || !f->known)
        return false;
    *out = f->value;
    return true;
}
