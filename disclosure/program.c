#include "disclosure/program.h"

#include <stdlib.h>

#include "disclosure/program_internal.h"

#define PASSES_MAX 16
/* Over all printed numbers, so that "no bound" is more than any of them. */
#define CAP_MORE 1000000

void
program_free(struct program *p)
{
    if (p == NULL)
        return;
    free(p->printed);
    free(p->statements);
    free(p->atoms);
    free(p->sets);
    free(p->rows.start);
    free(p->rows.column);
    free(p->rows.factor);
    free(p->rows.lo);
    free(p->rows.hi);
    free(p->col_lo);
    free(p->col_hi);
    free(p->column_of);
    free(p);
}

/* ---- what is printed ---- */

static enum sv_err
print_sets(struct program *p, size_t without, size_t inhabited)
{
    const struct facts *f = p->model->facts;

    for (size_t i = 0; i < p->model->n_sets; i++)
        p->printed[i] =
            (struct program_range){i == inhabited ? 1 : 0, FACTS_UNBOUNDED};
    for (size_t i = 0; i < f->n_figures; i++) {
        struct program_range *r = &p->printed[p->model->set_of[i]];

        if (f->figures[i].release == without)
            continue;
        if (f->figures[i].lo > r->lo)
            r->lo = f->figures[i].lo;
        if (f->figures[i].hi < FACTS_VALUE_MAX && f->figures[i].hi < r->hi)
            r->hi = f->figures[i].hi;
        if (r->lo > r->hi)
            return SV_ERR_CONFLICT;
    }
    return SV_OK;
}

static void
print_statements(struct program *p, size_t without)
{
    const struct facts *f = p->model->facts;

    for (size_t i = 0; i < f->n_statements; i++) {
        const struct facts_statement *s = &f->statements[i];
        bool known = s->release != without;

        p->statements[i] = (struct program_range){
            known ? s->lo : -FACTS_UNBOUNDED, known ? s->hi : FACTS_UNBOUNDED};
    }
}

static void
choose_cap(struct program *p)
{
    int64_t most = 0;

    for (size_t i = 0; i < p->model->n_sets; i++) {
        if (p->printed[i].lo > most)
            most = p->printed[i].lo;
        if (p->printed[i].hi != FACTS_UNBOUNDED && p->printed[i].hi > most)
            most = p->printed[i].hi;
    }
    p->cap = 2 * most + CAP_MORE;
    for (size_t i = 0; i < p->model->n_atoms; i++)
        p->atoms[i] = (struct program_range){0, FACTS_VALUE_MAX};
}

/* ---- bounds ---- */

void
program_span(const struct program *p, const struct model_rows *r, size_t row,
             wide *least, wide *most)
{
    *least = *most = 0;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++) {
        const struct program_range *a = &p->atoms[r->atom[i]];
        wide factor = program_factor(r, i);

        *least += factor * (factor > 0 ? a->lo : a->hi);
        *most += factor * (factor > 0 ? a->hi : a->lo);
    }
}

static wide
floor_div(wide a, wide b) /* b > 0 */
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* At most `room` for factor x atom beyond the least of it, at least `need`. */
static bool
tighten(struct program_range *a, wide factor, wide least_else, wide most_else,
        struct program_range range)
{
    struct program_range was = *a;
    wide lo = a->lo, hi = a->hi, size = factor > 0 ? factor : -factor;

    /* range.lo - most_else <= factor x a <= range.hi - least_else */
    if (range.hi != FACTS_UNBOUNDED) {
        wide room = range.hi - least_else;

        if (factor > 0)
            hi = floor_div(room, size) < hi ? floor_div(room, size) : hi;
        else
            lo = -floor_div(room, size) > lo ? -floor_div(room, size) : lo;
    }
    if (range.lo != -FACTS_UNBOUNDED) {
        wide need = range.lo - most_else;

        if (factor > 0)
            lo = -floor_div(-need, size) > lo ? -floor_div(-need, size) : lo;
        else
            hi = floor_div(-need, size) < hi ? floor_div(-need, size) : hi;
    }
    /* Bounds that cross have a value between the old ones at fault: clamp,
     * and the caller sees lo over hi. */
    a->lo = lo > was.hi ? was.hi + 1 : (int64_t)lo;
    a->hi = hi < was.lo ? was.lo - 1 : (int64_t)hi;
    return a->lo != was.lo || a->hi != was.hi;
}

/* From one row to its atoms. */
static enum sv_err
tighten_row(struct program *p, const struct model_rows *r, size_t row,
            struct program_range range, bool *changed)
{
    wide least, most;

    program_span(p, r, row, &least, &most);
    if ((range.hi != FACTS_UNBOUNDED && least > range.hi) ||
        (range.lo != -FACTS_UNBOUNDED && most < range.lo))
        return SV_ERR_CONFLICT;
    if ((range.hi == FACTS_UNBOUNDED || most <= range.hi) &&
        (range.lo == -FACTS_UNBOUNDED || least >= range.lo))
        return SV_OK;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++) {
        struct program_range *a = &p->atoms[r->atom[i]];
        struct program_range was = *a;
        wide factor = program_factor(r, i);
        wide mine_least = factor * (factor > 0 ? was.lo : was.hi);
        wide mine_most = factor * (factor > 0 ? was.hi : was.lo);

        if (!tighten(a, factor, least - mine_least, most - mine_most, range))
            continue;
        if (a->lo > a->hi)
            return SV_ERR_CONFLICT;
        *changed = true;
        least += factor * (factor > 0 ? a->lo : a->hi) - mine_least;
        most += factor * (factor > 0 ? a->hi : a->lo) - mine_most;
    }
    return SV_OK;
}

static enum sv_err
tighten_all(struct program *p, bool *changed)
{
    const struct model *m = p->model;
    enum sv_err err = SV_OK;

    *changed = false;
    for (size_t i = 0; i < m->n_sets && err == SV_OK; i++)
        err = tighten_row(p, &m->members, i, p->printed[i], changed);
    for (size_t i = 0; i < m->ties.n && err == SV_OK; i++)
        err = tighten_row(p, &m->ties, i, program_zero, changed);
    for (size_t i = 0; i < m->statements.n && err == SV_OK; i++)
        err = tighten_row(p, &m->statements, i, p->statements[i], changed);
    return err;
}

static void
bound_sets(struct program *p)
{
    for (size_t i = 0; i < p->model->n_sets; i++) {
        wide least, most;

        program_span(p, &p->model->members, i, &least, &most);
        p->sets[i] = p->printed[i];
        if (p->sets[i].hi > FACTS_VALUE_MAX)
            p->sets[i].hi = FACTS_VALUE_MAX;
        if (least > p->sets[i].lo)
            p->sets[i].lo = (int64_t)least;
        if (most < p->sets[i].hi)
            p->sets[i].hi = (int64_t)most;
    }
}

/* ---- all of it ---- */

static enum sv_err
reserve(struct program *p)
{
    const struct model *m = p->model;

    p->printed = calloc(m->n_sets + 1, sizeof *p->printed);
    p->statements = calloc(m->statements.n + 1, sizeof *p->statements);
    p->atoms = calloc(m->n_atoms + 1, sizeof *p->atoms);
    p->sets = calloc(m->n_sets + 1, sizeof *p->sets);
    p->column_of = calloc(m->n_atoms + 1, sizeof *p->column_of);
    return p->printed != NULL && p->statements != NULL && p->atoms != NULL &&
                   p->sets != NULL && p->column_of != NULL
               ? SV_OK
               : SV_ERR_NOMEM;
}

enum sv_err
program_new(const struct model *m, size_t without, size_t inhabited,
            struct program **out)
{
    struct program *p = calloc(1, sizeof *p);
    bool changed = true;
    enum sv_err err;

    if (p == NULL)
        return SV_ERR_NOMEM;
    p->model = m;
    err = reserve(p);
    if (err == SV_OK)
        err = print_sets(p, without, inhabited);
    if (err == SV_OK) {
        print_statements(p, without);
        choose_cap(p);
    }
    for (size_t i = 0; i < PASSES_MAX && changed && err == SV_OK; i++)
        err = tighten_all(p, &changed);
    if (err == SV_OK) {
        bound_sets(p);
        err = program_fill(p);
    }
    if (err == SV_OK)
        *out = p;
    else
        program_free(p);
    return err;
}

enum sv_err
program_check_nested(const struct program *p)
{
    const struct model *m = p->model;
    int64_t least = FACTS_VALUE_MAX;

    for (size_t i = 0; i < m->n_sets; i++)
        if (p->sets[i].hi < least)
            least = p->sets[i].hi;
    for (size_t i = 0; i < m->n_sets; i++)
        for (size_t k = 0; k < m->n_sets && p->sets[i].lo > least; k++)
            if (p->sets[i].lo > p->sets[k].hi && !m->sets[i].nobody &&
                model_within(m, i, k))
                return SV_ERR_CONFLICT;
    return SV_OK;
}

/* ---- a point ---- */

static bool
is_in(wide v, struct program_range r)
{
    return (r.lo == -FACTS_UNBOUNDED || v >= r.lo) &&
           (r.hi == FACTS_UNBOUNDED || v <= r.hi);
}

static wide
value_of(const struct model_rows *r, size_t row, const int64_t atoms[])
{
    wide sum = 0;

    for (size_t i = r->start[row]; i < r->start[row + 1]; i++)
        sum += (wide)program_factor(r, i) * atoms[r->atom[i]];
    return sum;
}

bool
program_values(const struct program *p, const int64_t x[], int64_t atoms[],
               int64_t values[])
{
    const struct model *m = p->model;

    for (size_t i = 0; i < m->n_atoms; i++) {
        atoms[i] = p->column_of[i] == PROGRAM_FIXED ? p->atoms[i].lo
                                                    : x[p->column_of[i]];
        if (atoms[i] < 0 || atoms[i] > FACTS_VALUE_MAX)
            return false;
    }
    for (size_t i = 0; i < m->n_sets; i++) {
        wide v = value_of(&m->members, i, atoms);

        if (!is_in(v, p->printed[i]) || v > FACTS_VALUE_MAX)
            return false;
        values[i] = (int64_t)v;
    }
    for (size_t i = 0; i < m->ties.n; i++)
        if (value_of(&m->ties, i, atoms) != 0)
            return false;
    for (size_t i = 0; i < m->statements.n; i++)
        if (!is_in(value_of(&m->statements, i, atoms), p->statements[i]))
            return false;
    return true;
}
