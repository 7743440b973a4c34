#include "disclosure/moves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Prices of one step of a cell, and what a step of the sum is worth: more
 * than a circuit of some thousand cells. */
#define PRICE 16
#define WORTH 200000.0

struct moves {
    const struct solver_model *m;
    const struct moves_sums *sums;
    int64_t *base;
    struct solver *solver;
    /*
     * Columns: what is added to each cell, what is taken from each, and for
     * each sum of several cells, how much it changes.
     */
    size_t n_cols;
    int64_t *col_lo, *col_hi, *row_lo, *row_hi, *factor;
    size_t *start;
    uint32_t *column;
    struct solver_model model;
    uint32_t *change_of; /* of each sum: its column; 0 where it has none */
    uint32_t *all;       /* an objective has all columns */
    double *prices, *vertex;
};

void
moves_free(struct moves *m)
{
    if (m == NULL)
        return;
    solver_free(m->solver);
    free(m->base);
    free(m->col_lo);
    free(m->col_hi);
    free(m->row_lo);
    free(m->row_hi);
    free(m->factor);
    free(m->start);
    free(m->column);
    free(m->change_of);
    free(m->all);
    free(m->prices);
    free(m->vertex);
    free(m);
}

/* A sum of one cell needs no column of its own. */
static bool
is_cell(const struct moves_sums *s, size_t sum)
{
    return s->start[sum + 1] - s->start[sum] == 1 &&
           (s->factor[s->start[sum]] == 1 || s->factor[s->start[sum]] == -1);
}

static enum sv_err
reserve(struct moves *m)
{
    size_t rows = m->m->n_rows + m->sums->n;
    size_t cols = 2 * m->m->n_cols + m->sums->n;
    size_t entries = 2 * m->m->start[m->m->n_rows] +
                     2 * m->sums->start[m->sums->n] + m->sums->n;

    m->base = calloc(m->m->n_cols + 1, sizeof *m->base);
    m->col_lo = calloc(cols + 1, sizeof *m->col_lo);
    m->col_hi = calloc(cols + 1, sizeof *m->col_hi);
    m->row_lo = calloc(rows + 1, sizeof *m->row_lo);
    m->row_hi = calloc(rows + 1, sizeof *m->row_hi);
    m->start = calloc(rows + 1, sizeof *m->start);
    m->column = calloc(entries + 1, sizeof *m->column);
    m->factor = calloc(entries + 1, sizeof *m->factor);
    m->change_of = calloc(m->sums->n + 1, sizeof *m->change_of);
    m->all = calloc(cols + 1, sizeof *m->all);
    m->prices = calloc(cols + 1, sizeof *m->prices);
    m->vertex = calloc(cols + 1, sizeof *m->vertex);
    return m->base != NULL && m->col_lo != NULL && m->col_hi != NULL &&
                   m->row_lo != NULL && m->row_hi != NULL && m->start != NULL &&
                   m->column != NULL && m->factor != NULL &&
                   m->change_of != NULL && m->all != NULL &&
                   m->prices != NULL && m->vertex != NULL
               ? SV_OK
               : SV_ERR_NOMEM;
}

/* One cell in a row: what is added to it and what is taken. */
static void
put_cell(struct moves *m, size_t *entries, uint32_t cell, int64_t factor)
{
    m->column[*entries] = cell;
    m->factor[(*entries)++] = factor;
    m->column[*entries] = (uint32_t)m->m->n_cols + cell;
    m->factor[(*entries)++] = -factor;
}

/* A bound less what the base has; none stays none. */
static int64_t
beyond(int64_t bound, int64_t base)
{
    return bound == SOLVER_INFINITY || bound == -SOLVER_INFINITY ? bound
                                                                 : bound - base;
}

static enum sv_err
put_rows(struct moves *m, size_t *entries)
{
    const struct solver_model *of = m->m;

    for (size_t i = 0; i < of->n_rows; i++) {
        int64_t base = 0;

        for (size_t k = of->start[i]; k < of->start[i + 1]; k++) {
            int64_t part;

            if (__builtin_mul_overflow(of->factor[k], m->base[of->column[k]],
                                       &part) ||
                __builtin_add_overflow(base, part, &base) ||
                base > INT64_MAX / 4 || base < -(INT64_MAX / 4))
                return SV_ERR_RANGE;
            put_cell(m, entries, of->column[k], of->factor[k]);
        }
        m->row_lo[i] = beyond(of->row_lo[i], base);
        m->row_hi[i] = beyond(of->row_hi[i], base);
        m->start[i + 1] = *entries;
    }
    return SV_OK;
}

static void
put_sums(struct moves *m, size_t *entries)
{
    const struct moves_sums *s = m->sums;
    size_t row = m->m->n_rows;

    for (size_t i = 0; i < s->n; i++) {
        if (is_cell(s, i))
            continue;
        for (size_t k = s->start[i]; k < s->start[i + 1]; k++)
            put_cell(m, entries, s->column[k], s->factor[k]);
        m->change_of[i] = (uint32_t)m->n_cols;
        m->col_lo[m->n_cols] = -SOLVER_INFINITY;
        m->col_hi[m->n_cols] = SOLVER_INFINITY;
        m->column[*entries] = (uint32_t)m->n_cols++;
        m->factor[(*entries)++] = -1;
        m->start[++row] = *entries;
    }
    m->model.n_rows = row;
}

static enum sv_err
fill(struct moves *m, const int64_t base[])
{
    const struct solver_model *of = m->m;
    size_t entries = 0;
    enum sv_err err;

    memcpy(m->base, base, of->n_cols * sizeof *base);
    for (size_t i = 0; i < of->n_cols; i++) {
        m->col_hi[i] = of->col_hi[i] - base[i];
        m->col_hi[of->n_cols + i] = base[i] - of->col_lo[i];
    }
    m->n_cols = 2 * of->n_cols;
    err = put_rows(m, &entries);
    if (err != SV_OK)
        return err;
    put_sums(m, &entries);
    m->model.n_cols = m->n_cols;
    m->model.col_lo = m->col_lo;
    m->model.col_hi = m->col_hi;
    m->model.row_lo = m->row_lo;
    m->model.row_hi = m->row_hi;
    m->model.start = m->start;
    m->model.column = m->column;
    m->model.factor = m->factor;
    for (size_t i = 0; i < m->n_cols; i++)
        m->all[i] = (uint32_t)i;
    return SV_OK;
}

enum sv_err
moves_new(const struct solver_model *m, const int64_t base[],
          const struct moves_sums *sums, const struct solver_source *source,
          unsigned timeout_ms, struct moves **out)
{
    struct moves *made = calloc(1, sizeof *made);
    enum sv_err err;

    if (made == NULL)
        return SV_ERR_NOMEM;
    made->m = m;
    made->sums = sums;
    err = reserve(made);
    if (err == SV_OK)
        err = fill(made, base);
    if (err == SV_OK)
        err = solver_new(source, &made->model, timeout_ms, &made->solver);
    if (err == SV_OK)
        err = solver_afresh(made->solver);
    if (err == SV_OK)
        *out = made;
    else
        moves_free(made);
    return err;
}

/* ---- one move ---- */

static void
set_prices(struct moves *m, uint64_t seed)
{
    uint64_t mixed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

    for (size_t i = 0; i < m->m->n_cols; i++) {
        mixed ^= mixed << 13;
        mixed ^= mixed >> 7;
        mixed ^= mixed << 17;
        m->prices[i] = m->prices[m->m->n_cols + i] =
            (double)(PRICE + mixed % PRICE);
    }
    for (size_t i = 2 * m->m->n_cols; i < m->n_cols; i++)
        m->prices[i] = 0;
}

/* The column whose growth is the step, and how far it may grow. */
static uint32_t
step_column(const struct moves *m, size_t sum, int64_t step)
{
    const struct moves_sums *s = m->sums;
    uint32_t cell = s->column[s->start[sum]];

    if (!is_cell(s, sum))
        return m->change_of[sum];
    return (step > 0) == (s->factor[s->start[sum]] > 0)
               ? cell
               : (uint32_t)m->m->n_cols + cell;
}

/* The step becomes the bound of its column, and its worth the price. */
static enum sv_err
begin_step(struct moves *m, size_t sum, int64_t step)
{
    uint32_t column = step_column(m, sum, step);
    int64_t size = step > 0 ? step : -step;

    if (is_cell(m->sums, sum)) {
        uint32_t back = column < m->m->n_cols ? column + (uint32_t)m->m->n_cols
                                              : column - (uint32_t)m->m->n_cols;

        /* There and back is no step. */
        m->prices[column] -= WORTH;
        m->prices[back] += WORTH;
        return solver_bound(m->solver, column, 0,
                            size < m->col_hi[column] ? size
                                                     : m->col_hi[column]);
    }
    m->prices[column] = step > 0 ? -WORTH : WORTH;
    return solver_bound(m->solver, column, step > 0 ? -SOLVER_INFINITY : step,
                        step > 0 ? step : SOLVER_INFINITY);
}

static enum sv_err
end_step(struct moves *m, size_t sum, int64_t step)
{
    uint32_t column = step_column(m, sum, step);

    return solver_bound(m->solver, column, m->col_lo[column],
                        m->col_hi[column]);
}

static double
sum_of_vertex(const struct moves *m, size_t sum)
{
    const struct moves_sums *s = m->sums;
    double v = 0;

    for (size_t k = s->start[sum]; k < s->start[sum + 1]; k++)
        v += (double)s->factor[k] *
             (m->vertex[s->column[k]] - m->vertex[m->m->n_cols + s->column[k]]);
    return v;
}

enum sv_err
moves_reach(struct moves *m, size_t n, struct moves_step steps[], uint64_t seed,
            int64_t x[])
{
    enum sv_err err = SV_OK;

    set_prices(m, seed);
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = begin_step(m, steps[i].sum, steps[i].step);
    if (err == SV_OK)
        err = solver_optimum(m->solver, SOLVER_MIN, m->n_cols, m->all,
                             m->prices, m->vertex);
    for (size_t i = 0; i < n && err == SV_OK; i++) {
        err = end_step(m, steps[i].sum, steps[i].step);
        steps[i].reached = sum_of_vertex(m, steps[i].sum);
    }
    for (size_t i = 0; i < m->m->n_cols && err == SV_OK; i++) {
        double d = nearbyint(m->vertex[i] - m->vertex[m->m->n_cols + i]);

        x[i] = m->base[i] + (fabs(d) < 1e15 ? (int64_t)d : 0);
    }
    return err;
}
