#include "counts/plan_trim.h"

#include <stdlib.h>
#include <string.h>

#include "counts/plan_cell.h"

/* Which codes of a table's fields are shown. */
struct shown {
    bool *codes[PLAN_BY_MAX]; /* owned; groups behind them */
};

struct trim {
    const struct plan *plan;
    const struct figures *f;
    bool *stays; /* owned; of each figure */
    struct shown tables[PLAN_TABLES_MAX];
};

static const struct plan_variable *
variable_of(const struct trim *t, size_t table, size_t by)
{
    return &t->plan->variables[t->plan->tables[table].by[by]];
}

/* What where names is shown whatever there is of it. */
static void
show_named(struct trim *t, size_t table)
{
    const struct plan_table *of = &t->plan->tables[table];

    for (size_t i = 0; i < of->n_by; i++) {
        for (size_t k = 0; k < of->n_where; k++) {
            if (of->where[k].variable == of->by[i])
                memcpy(t->tables[table].codes[i], of->where[k].codes,
                       variable_of(t, table, i)->n_codes);
        }
    }
}

static enum sv_err
begin(struct trim *t)
{
    t->stays = calloc(t->f->n + 1, sizeof *t->stays);
    if (t->stays == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < t->plan->n; i++) {
        for (size_t k = 0; k < t->plan->tables[i].n_by; k++) {
            const struct plan_variable *v = variable_of(t, i, k);

            t->tables[i].codes[k] = calloc(v->n_codes + v->n_groups, 1);
            if (t->tables[i].codes[k] == NULL)
                return SV_ERR_NOMEM;
        }
        show_named(t, i);
    }
    return SV_OK;
}

static void
end(struct trim *t)
{
    for (size_t i = 0; i < t->plan->n; i++) {
        for (size_t k = 0; k < PLAN_BY_MAX; k++)
            free(t->tables[i].codes[k]);
    }
    free(t->stays);
}

/* Whatever is printed and not 0 shows its codes. */
static enum sv_err
show(struct trim *t, const struct figure *f)
{
    struct plan_cell cell;
    size_t table;
    enum sv_err err =
        plan_cell_parse(t->plan, bytes_text(f->name), &table, &cell);

    if (err != SV_OK || f->unprinted || (f->known && f->value == 0))
        return err;
    for (size_t i = 0; i < t->plan->tables[table].n_by; i++) {
        bool *codes = t->tables[table].codes[i];

        if (codes != NULL && cell.code[i] != PLAN_CELL_ALL)
            codes[cell.code[i]] = true;
    }
    return SV_OK;
}

static enum sv_err
choose(struct trim *t, size_t i)
{
    struct plan_cell cell;
    size_t table;
    enum sv_err err =
        plan_cell_parse(t->plan, bytes_text(t->f->at[i].name), &table, &cell);

    if (err != SV_OK)
        return err;
    t->stays[i] = true;
    for (size_t k = 0; k < t->plan->tables[table].n_by; k++) {
        const bool *codes = t->tables[table].codes[k];

        if (codes != NULL && cell.code[k] != PLAN_CELL_ALL &&
            !codes[cell.code[k]])
            t->stays[i] = false;
    }
    return SV_OK;
}

static bool
stays(const void *ctx, const struct figure *f)
{
    const struct trim *t = ctx;

    return t->stays[f - t->f->at];
}

enum sv_err
plan_trim(const struct plan *p, struct figures *f)
{
    struct trim t = {.plan = p, .f = f};
    enum sv_err err = begin(&t);

    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        err = show(&t, &f->at[i]);
    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        err = choose(&t, i);
    if (err == SV_OK)
        err = figures_keep(f, stays, &t);
    end(&t);
    return err;
}
