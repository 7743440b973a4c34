#include "counts/plan_trim.h"

#include <stdlib.h>
#include <string.h>

#include "counts/plan_cell.h"

/* Which codes of a table's fields are shown. */
struct shown {
    bool *codes[PLAN_BY_MAX]; /* owned; groups behind them */
};

/* A figure, and where it is printed. */
struct placed {
    size_t table;
    struct plan_cell cell;
    bool stays;
};

struct trim {
    const struct plan *plan;
    const struct figures *f;
    struct placed *at; /* owned; of each figure */
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
    t->at = calloc(t->f->n + 1, sizeof *t->at);
    if (t->at == NULL)
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
    free(t->at);
}

/* The place for a code of the figure's k-th field; NULL for all codes. */
static bool *
shown_at(struct trim *t, const struct placed *p, size_t k)
{
    bool *codes = t->tables[p->table].codes[k];

    return codes == NULL || p->cell.code[k] == PLAN_CELL_ALL
               ? NULL
               : &codes[p->cell.code[k]];
}

/* Whatever is printed and not 0 shows its codes. */
static enum sv_err
place(struct trim *t, size_t i)
{
    const struct figure *f = &t->f->at[i];
    struct placed *p = &t->at[i];
    enum sv_err err =
        plan_cell_parse(t->plan, bytes_text(f->name), &p->table, &p->cell);

    if (err != SV_OK || f->unprinted || (f->known && f->value == 0))
        return err;
    for (size_t k = 0; k < t->plan->tables[p->table].n_by; k++) {
        bool *shown = shown_at(t, p, k);

        if (shown != NULL)
            *shown = true;
    }
    return SV_OK;
}

static void
choose(struct trim *t, struct placed *p)
{
    p->stays = true;
    for (size_t k = 0; k < t->plan->tables[p->table].n_by; k++) {
        const bool *shown = shown_at(t, p, k);

        if (shown != NULL && !*shown)
            p->stays = false;
    }
}

static bool
stays(const void *ctx, const struct figure *f)
{
    const struct trim *t = ctx;

    return t->at[f - t->f->at].stays;
}

enum sv_err
plan_trim(const struct plan *p, struct figures *f)
{
    struct trim t = {.plan = p, .f = f};
    enum sv_err err = begin(&t);

    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        err = place(&t, i);
    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        choose(&t, &t.at[i]);
    if (err == SV_OK)
        err = figures_keep(f, stays, &t);
    end(&t);
    return err;
}
