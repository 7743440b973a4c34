#include "counts/plan_nested.h"

#include <stdlib.h>

#include "counts/plan_cell.h"
#include "counts/risk.h"

/* A figure's records: those of a year that keep every one of its terms. */
struct place {
    size_t table;
    struct plan_cell cell;
};

/* A record keeps it if one of its codes is among these. */
struct constraint {
    size_t variable;
    const bool *codes; /* NULL: this one code, or those of this group */
    size_t code;
};

static size_t
n_constraints(const struct plan *p, const struct place *at)
{
    return p->tables[at->table].n_where + p->tables[at->table].n_by;
}

/* False where the field at i is not told apart in this cell. */
static bool
constraint_at(const struct plan *p, const struct place *at, size_t i,
              struct constraint *out)
{
    const struct plan_table *t = &p->tables[at->table];

    if (i < t->n_where) {
        *out = (struct constraint){t->where[i].variable, t->where[i].codes, 0};
        return true;
    }
    i -= t->n_where;
    *out = (struct constraint){t->by[i], NULL, at->cell.code[i]};
    return at->cell.code[i] != PLAN_CELL_ALL;
}

static bool
allows(const struct plan *p, const struct constraint *c, size_t code)
{
    const struct plan_variable *v = &p->variables[c->variable];

    if (c->codes != NULL)
        return c->codes[code];
    return c->code == code ||
           (c->code >= v->n_codes && plan_variable_group(v, code) == c->code);
}

/* Does whoever keeps `strict` keep `loose`, too? */
static bool
implies(const struct plan *p, const struct constraint *strict,
        const struct constraint *loose)
{
    if (strict->variable != loose->variable)
        return false;
    for (size_t i = 0; i < p->variables[strict->variable].n_codes; i++) {
        if (allows(p, strict, i) && !allows(p, loose, i))
            return false;
    }
    return true;
}

static bool
is_kept(const struct plan *p, const struct place *part,
        const struct constraint *loose)
{
    struct constraint strict;

    for (size_t i = 0; i < n_constraints(p, part); i++) {
        if (constraint_at(p, part, i, &strict) && implies(p, &strict, loose))
            return true;
    }
    return false;
}

static unsigned
year_of(const struct plan *p, const struct place *at)
{
    return at->cell.series == PLAN_SERIES_OWN
               ? p->period.year
               : p->tables[at->table].compare_year;
}

/* Is every record of part one of whole? */
static bool
is_part(const struct plan *p, const struct place *part,
        const struct place *whole)
{
    struct constraint loose;

    if (year_of(p, part) != year_of(p, whole))
        return false;
    for (size_t i = 0; i < n_constraints(p, whole); i++) {
        if (constraint_at(p, whole, i, &loose) && !is_kept(p, part, &loose))
            return false;
    }
    return true;
}

struct nesting {
    const struct plan *plan;
    struct figures *f;
    struct place *at; /* of each figure */
    size_t n;
    size_t *order; /* figures of somebody, the largest first */
};

static int
largest_first(const void *a, const void *b, void *ctx)
{
    const struct figures *f = ctx;
    int64_t x = f->at[*(const size_t *)a].value;
    int64_t y = f->at[*(const size_t *)b].value;

    return (x < y) - (x > y);
}

static enum sv_err
nesting_init(struct nesting *t)
{
    enum sv_err err = SV_OK;

    t->at = calloc(t->f->n + 1, sizeof *t->at);
    t->order = calloc(t->f->n + 1, sizeof *t->order);
    if (t->at == NULL || t->order == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < t->f->n && err == SV_OK; i++) {
        const struct figure *f = &t->f->at[i];
        bool is_count = !f->is_change && !f->is_percent;

        err = plan_cell_parse(t->plan, bytes_text(f->name), &t->at[i].table,
                              &t->at[i].cell);
        if (is_count && !f->unprinted && f->value > 0)
            t->order[t->n++] = i;
    }
    qsort_r(t->order, t->n, sizeof *t->order, largest_first, t->f);
    return err;
}

static enum sv_err
relate_pair(struct nesting *t, size_t whole, size_t part)
{
    const struct place *w = &t->at[whole], *p = &t->at[part];

    if (w->table == p->table || !is_part(t->plan, p, w) ||
        is_part(t->plan, w, p))
        return SV_OK;
    return figures_relate(t->f, whole, 1, &part, false);
}

/* A part whose rest would show few people, or that all are in the part.  A
 * whole of so few is listed for itself. */
static enum sv_err
relate_parts(struct nesting *t, size_t whole)
{
    const struct figure *at = t->f->at;
    int64_t value = at[t->order[whole]].value;
    enum sv_err err = SV_OK;

    if (value <= RISK_SMALL_MAX)
        return SV_OK;
    /* Some that are as large stand before it. */
    for (size_t i = 0; i < t->n && err == SV_OK; i++) {
        int64_t rest = value - at[t->order[i]].value;

        if (rest > RISK_SMALL_MAX)
            break;
        if (rest >= 0 && i != whole)
            err = relate_pair(t, t->order[whole], t->order[i]);
    }
    return err;
}

enum sv_err
plan_relate_nested(const struct plan *p, struct figures *f)
{
    struct nesting t = {.plan = p, .f = f};
    enum sv_err err = nesting_init(&t);

    for (size_t i = 0; i < t.n && err == SV_OK; i++)
        err = relate_parts(&t, i);
    free(t.at);
    free(t.order);
    return err;
}
