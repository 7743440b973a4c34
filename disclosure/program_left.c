#include <stdlib.h>

#include "disclosure/program_internal.h"

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
         struct program_range range, struct program_rows *f)
{
    wide least, most, fixed = 0;
    size_t entries = f->start[f->n];
    enum sv_err err;

    program_span(p, r, row, &least, &most);
    if ((range.hi == FACTS_UNBOUNDED || most <= range.hi) &&
        (range.lo == -FACTS_UNBOUNDED || least >= range.lo))
        return SV_OK;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++) {
        uint32_t column = p->column_of[r->atom[i]];

        if (column == PROGRAM_FIXED) {
            fixed += (wide)program_factor(r, i) * p->atoms[r->atom[i]].lo;
            continue;
        }
        f->column[entries] = column;
        f->factor[entries++] = program_factor(r, i);
    }
    err = shift(range.lo, fixed, &f->lo[f->n]);
    if (err == SV_OK)
        err = shift(range.hi, fixed, &f->hi[f->n]);
    f->start[++f->n] = entries;
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

    p->col_lo = lo;
    p->col_hi = hi;
    if (lo == NULL || hi == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        p->column_of[i] = PROGRAM_FIXED;
        if (p->atoms[i].lo == p->atoms[i].hi)
            continue;
        p->column_of[i] = (uint32_t)n_cols;
        lo[n_cols] = p->atoms[i].lo;
        hi[n_cols] = p->atoms[i].hi;
        if (hi[n_cols] > p->cap)
            hi[n_cols] = lo[n_cols] > p->cap ? lo[n_cols] : p->cap;
        n_cols++;
    }
    p->left.n_cols = n_cols;
    return SV_OK;
}

static enum sv_err
reserve_rows(struct program_rows *r, size_t rows, size_t entries)
{
    r->lo = calloc(rows + 1, sizeof *r->lo);
    r->hi = calloc(rows + 1, sizeof *r->hi);
    r->start = calloc(rows + 1, sizeof *r->start);
    r->column = calloc(entries + 1, sizeof *r->column);
    r->factor = calloc(entries + 1, sizeof *r->factor);
    return r->lo != NULL && r->hi != NULL && r->start != NULL &&
                   r->column != NULL && r->factor != NULL
               ? SV_OK
               : SV_ERR_NOMEM;
}

enum sv_err
program_fill(struct program *p)
{
    const struct model *m = p->model;
    struct program_rows *r = &p->rows;
    enum sv_err err = fill_columns(p);

    if (err == SV_OK)
        err = reserve_rows(r, m->n_sets + m->ties.n + m->statements.n,
                           entries_of(&m->members) + entries_of(&m->ties) +
                               entries_of(&m->statements));
    for (size_t i = 0; i < m->n_sets && err == SV_OK; i++)
        err = fill_row(p, &m->members, i, p->printed[i], r);
    for (size_t i = 0; i < m->ties.n && err == SV_OK; i++)
        err = fill_row(p, &m->ties, i, program_zero, r);
    for (size_t i = 0; i < m->statements.n && err == SV_OK; i++)
        err = fill_row(p, &m->statements, i, p->statements[i], r);
    if (err == SV_OK)
        err = program_prune(r, p->left.n_cols);
    p->left.col_lo = p->col_lo;
    p->left.col_hi = p->col_hi;
    p->left.n_rows = r->n;
    p->left.row_lo = r->lo;
    p->left.row_hi = r->hi;
    p->left.start = r->start;
    p->left.column = r->column;
    p->left.factor = r->factor;
    return err;
}
