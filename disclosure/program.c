#include "disclosure/program.h"

#include <stdlib.h>

/* Sums of factor x people: 2^47 x 2^42, by 2^18 atoms. */
__extension__ typedef __int128 wide;

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
    free((void *)(uintptr_t)p->left.col_lo);
    free((void *)(uintptr_t)p->left.col_hi);
    free((void *)(uintptr_t)p->left.row_lo);
    free((void *)(uintptr_t)p->left.row_hi);
    free((void *)(uintptr_t)p->left.start);
    free((void *)(uintptr_t)p->left.column);
    free((void *)(uintptr_t)p->left.factor);
    free(p->column_of);
    free(p->atom_of);
    free(p);
}

static int64_t
factor_of(const struct model_rows *r, size_t entry)
{
    return r->factor != NULL ? r->factor[entry] : 1;
}

/* ---- what is printed ---- */

static enum sv_err
print_sets(struct program *p, size_t without, size_t inhabited)
{
    const struct facts *f = p->model->facts;

    for (size_t i = 0; i < p->model->n_sets; i++)
        p->printed[i] =
            (struct program_range){i == inhabited ? 1 : 0, FACTS_VALUE_MAX};
    for (size_t i = 0; i < f->n_figures; i++) {
        struct program_range *r = &p->printed[p->model->set_of[i]];

        if (f->figures[i].release == without)
            continue;
        if (f->figures[i].lo > r->lo)
            r->lo = f->figures[i].lo;
        if (f->figures[i].hi < r->hi)
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
        if (p->printed[i].hi < FACTS_VALUE_MAX && p->printed[i].hi > most)
            most = p->printed[i].hi;
    }
    p->cap = 2 * most + CAP_MORE;
    for (size_t i = 0; i < p->model->n_atoms; i++)
        p->atoms[i] = (struct program_range){0, p->cap};
}

/* ---- bounds ---- */

/* The least and the most that a row can be. */
static void
span_of(const struct program *p, const struct model_rows *r, size_t row,
        wide *least, wide *most)
{
    *least = *most = 0;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++) {
        const struct program_range *a = &p->atoms[r->atom[i]];
        wide factor = factor_of(r, i);

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

    span_of(p, r, row, &least, &most);
    if ((range.hi != FACTS_UNBOUNDED && least > range.hi) ||
        (range.lo != -FACTS_UNBOUNDED && most < range.lo))
        return SV_ERR_CONFLICT;
    if ((range.hi == FACTS_UNBOUNDED || most <= range.hi) &&
        (range.lo == -FACTS_UNBOUNDED || least >= range.lo))
        return SV_OK;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++) {
        struct program_range *a = &p->atoms[r->atom[i]];
        struct program_range was = *a;
        wide factor = factor_of(r, i);
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

static const struct program_range zero = {0, 0};

static enum sv_err
tighten_all(struct program *p, bool *changed)
{
    const struct model *m = p->model;
    enum sv_err err = SV_OK;

    *changed = false;
    for (size_t i = 0; i < m->n_sets && err == SV_OK; i++)
        err = tighten_row(p, &m->members, i, p->printed[i], changed);
    for (size_t i = 0; i < m->ties.n && err == SV_OK; i++)
        err = tighten_row(p, &m->ties, i, zero, changed);
    for (size_t i = 0; i < m->statements.n && err == SV_OK; i++)
        err = tighten_row(p, &m->statements, i, p->statements[i], changed);
    return err;
}

static void
bound_sets(struct program *p)
{
    for (size_t i = 0; i < p->model->n_sets; i++) {
        wide least, most;

        span_of(p, &p->model->members, i, &least, &most);
        p->sets[i] = p->printed[i];
        if (least > p->sets[i].lo)
            p->sets[i].lo = (int64_t)least;
        if (most < p->sets[i].hi)
            p->sets[i].hi = (int64_t)most;
    }
}

/* ---- what is left for a solver ---- */

/* Owned arrays of p->left, while they are filled. */
struct filling {
    int64_t *row_lo, *row_hi, *factor;
    size_t *start;
    uint32_t *column;
    size_t n_rows, n_entries;
};

/* A bound less what is fixed; none stays none. */
static enum sv_err
shift(int64_t bound, wide fixed, int64_t *out)
{
    wide v = bound - fixed;

    *out = bound;
    if (bound == FACTS_UNBOUNDED || bound == -FACTS_UNBOUNDED)
        return SV_OK;
    if (v >= SOLVER_INFINITY || v <= -SOLVER_INFINITY)
        return SV_ERR_RANGE;
    *out = (int64_t)v;
    return SV_OK;
}
_Static_assert(FACTS_UNBOUNDED == SOLVER_INFINITY, "one word for none");

/* A row, if anything about it is open. */
static enum sv_err
fill_row(const struct program *p, const struct model_rows *r, size_t row,
         struct program_range range, struct filling *f)
{
    wide least, most, fixed = 0;
    enum sv_err err;

    span_of(p, r, row, &least, &most);
    if ((range.hi == FACTS_UNBOUNDED || most <= range.hi) &&
        (range.lo == -FACTS_UNBOUNDED || least >= range.lo))
        return SV_OK;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++) {
        uint32_t column = p->column_of[r->atom[i]];

        if (column == PROGRAM_FIXED) {
            fixed += (wide)factor_of(r, i) * p->atoms[r->atom[i]].lo;
            continue;
        }
        f->column[f->n_entries] = column;
        f->factor[f->n_entries++] = factor_of(r, i);
    }
    err = shift(range.lo, fixed, &f->row_lo[f->n_rows]);
    if (err == SV_OK)
        err = shift(range.hi, fixed, &f->row_hi[f->n_rows]);
    f->start[++f->n_rows] = f->n_entries;
    return err;
}

static size_t
entries_of(const struct model_rows *r)
{
    return r->start[r->n];
}

static enum sv_err
fill_columns(struct program *p)
{
    size_t n = p->model->n_atoms, n_cols = 0;
    int64_t *lo = calloc(n + 1, sizeof *lo), *hi = calloc(n + 1, sizeof *hi);

    p->left.col_lo = lo;
    p->left.col_hi = hi;
    if (lo == NULL || hi == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        p->column_of[i] = PROGRAM_FIXED;
        if (p->atoms[i].lo == p->atoms[i].hi)
            continue;
        p->column_of[i] = (uint32_t)n_cols;
        p->atom_of[n_cols] = i;
        lo[n_cols] = p->atoms[i].lo;
        hi[n_cols++] = p->atoms[i].hi;
    }
    p->left.n_cols = n_cols;
    return SV_OK;
}

static enum sv_err
fill(struct program *p)
{
    const struct model *m = p->model;
    size_t rows = m->n_sets + m->ties.n + m->statements.n;
    size_t entries = entries_of(&m->members) + entries_of(&m->ties) +
                     entries_of(&m->statements);
    struct filling f = {
        .row_lo = calloc(rows + 1, sizeof *f.row_lo),
        .row_hi = calloc(rows + 1, sizeof *f.row_hi),
        .start = calloc(rows + 1, sizeof *f.start),
        .column = calloc(entries + 1, sizeof *f.column),
        .factor = calloc(entries + 1, sizeof *f.factor),
    };
    enum sv_err err = fill_columns(p);

    p->left.row_lo = f.row_lo;
    p->left.row_hi = f.row_hi;
    p->left.start = f.start;
    p->left.column = f.column;
    p->left.factor = f.factor;
    if (err != SV_OK || f.row_lo == NULL || f.row_hi == NULL ||
        f.start == NULL || f.column == NULL || f.factor == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < m->n_sets && err == SV_OK; i++)
        err = fill_row(p, &m->members, i, p->printed[i], &f);
    for (size_t i = 0; i < m->ties.n && err == SV_OK; i++)
        err = fill_row(p, &m->ties, i, zero, &f);
    for (size_t i = 0; i < m->statements.n && err == SV_OK; i++)
        err = fill_row(p, &m->statements, i, p->statements[i], &f);
    p->left.n_rows = f.n_rows;
    return err;
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
    p->atom_of = calloc(m->n_atoms + 1, sizeof *p->atom_of);
    return p->printed != NULL && p->statements != NULL && p->atoms != NULL &&
                   p->sets != NULL && p->column_of != NULL && p->atom_of != NULL
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
        err = fill(p);
    }
    if (err == SV_OK)
        *out = p;
    else
        program_free(p);
    return err;
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
        sum += (wide)factor_of(r, i) * atoms[r->atom[i]];
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
        if (atoms[i] < 0 || atoms[i] > p->cap)
            return false;
    }
    for (size_t i = 0; i < m->n_sets; i++) {
        wide v = value_of(&m->members, i, atoms);

        if (!is_in(v, p->printed[i]))
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
