#include <math.h>
#include <stdlib.h>

#include "base/buf.h"

#include "disclosure/rounding_internal.h"

/*
 * One group of linked rows.  A column is one step of one variable away from
 * its target, 0 or 1: all 0 is the best of all, and what is left to find is
 * the cheapest set of steps that makes up for what the targets lack.
 */
struct column {
    uint32_t variable;
    int step; /* 1 or -1 */
    int64_t cost;
};

struct group {
    struct table *table;
    size_t n_rows;
    const size_t *rows;
    int64_t *lack; /* by row: what the steps must come to */
    size_t n_columns;
    struct column *columns;
    size_t n_entries;
};

/*
 * A step costs its weight and a lot, which comes to a quarter of a weight of
 * 1 at most.  What goes beyond the next multiple costs as much as 64 others.
 */
#define COST_ONE (INT64_C(1) << 20)
#define COST_LOT (INT64_C(1) << 18)
#define COST_BEYOND (64 * COST_ONE)
/* The solver gets costs of about 1000, whole multiples of 1/1024: far from
 * its tolerance. */
#define COST_SOLVER 1024.0
#define MILLION 1000000
/* Of the least cost, where whole numbers are searched for. */
#define GAP 0.02

static uint64_t
square_root(uint64_t n)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
        if ((root + bit) * (root + bit) <= n)
            root += bit;
    }
    return root;
}

/*
 * The lot of a step.  A target above n is the less likely the nearer n is to
 * the multiple below; if all steps were drawn alike, cells would be pushed
 * to the middle between multiples.  Lots divided by the root of how near the
 * other multiple is (sequential Poisson sampling, Ohlsson 1998; the root,
 * because there are few cells) keep the means: of 13 = 1+1+1+1+1+4+4 within
 * 0.1, where like lots leave 0.42 (test_disclosure_rounding).
 */
static int64_t
lot(const struct table *t, const struct variable *v, int step)
{
    uint64_t base = (uint64_t)t->base, over = (uint64_t)v->cell->n % base;
    uint64_t near = over == 0 || step > 0 ? over : base - over;
    uint64_t drawn =
        rounding_draw(t->key, "sv/v1/round-lot", v->cell->id, COST_LOT);

    near = near == 0 ? base : near;
    return (int64_t)((drawn << 10) / square_root(near << 20));
}

static void
add_steps(struct group *g, uint32_t variable, int step, int64_t n)
{
    const struct table *t = g->table;
    const struct variable *v = &t->variables[variable];
    int64_t below = v->cell->n / t->base;
    int64_t above = below + (v->cell->n % t->base != 0);
    int64_t cost = v->weight * COST_ONE + lot(t, v, step);

    for (int64_t i = 1; i <= n; i++) {
        int64_t to = v->target + i * step;
        bool is_beyond = to < below || to > above;

        g->columns[g->n_columns++] = (struct column){
            variable, step, cost + (is_beyond ? COST_BEYOND : 0)};
    }
}

/* ---- The group ---- */

#define STEPS_MAX 3 /* of one variable: from n/b - 1 to n/b + 2 */

static enum sv_err
group_make(struct group *g)
{
    struct table *t = g->table;
    size_t n_terms = 0;

    for (size_t i = 0; i < g->n_rows; i++)
        n_terms += t->rows[g->rows[i]].n;
    g->lack = calloc(g->n_rows + 1, sizeof *g->lack);
    g->columns = calloc(n_terms * STEPS_MAX + 1, sizeof *g->columns);
    if (g->lack == NULL || g->columns == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < g->n_rows; i++) {
        const struct row *row = &t->rows[g->rows[i]];

        for (size_t k = 0; k < row->n; k++) {
            uint32_t at = row->terms[k].variable;
            struct variable *v = &t->variables[at];

            g->lack[i] -= row->terms[k].factor * v->target;
            v->value = v->target;
            if (v->lo == v->hi || t->columns[at] != COLUMN_NONE)
                continue;
            t->columns[at] = g->n_columns;
            add_steps(g, at, 1, v->hi - v->target);
            add_steps(g, at, -1, v->target - v->lo);
        }
    }
    return SV_OK;
}

static void
group_clear(struct group *g)
{
    for (size_t i = 0; i < g->n_columns; i++)
        g->table->columns[g->columns[i].variable] = COLUMN_NONE;
    if (g->columns != NULL)
        wipe(g->columns, g->n_columns * sizeof *g->columns);
    free(g->columns);
    free(g->lack);
}

static bool
group_lacks_nothing(const struct group *g)
{
    for (size_t i = 0; i < g->n_rows; i++) {
        if (g->lack[i] != 0)
            return false;
    }
    return true;
}

static void
take_step(struct group *g, const struct column *c)
{
    g->table->variables[c->variable].value += c->step;
}

/* ---- One row: the cheapest steps in the direction that it lacks ---- */

static bool
is_plain(const struct row *row)
{
    for (size_t i = 0; i < row->n; i++) {
        if (row->terms[i].factor != 1 && row->terms[i].factor != -1)
            return false;
    }
    return true;
}

static int
by_cost(const void *a, const void *b)
{
    const struct column *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost > y->cost ? 1 : -1;
    return (x->variable > y->variable) - (x->variable < y->variable);
}

/* The columns that help, in front and sorted. */
static size_t
sort_helpful(struct group *g)
{
    const struct row *row = &g->table->rows[g->rows[0]];
    size_t at = 0, n = 0;

    for (size_t i = 0; i < g->n_columns; i++) {
        struct column c = g->columns[i];

        while (row->terms[at].variable != c.variable)
            at++;
        if ((row->terms[at].factor * c.step > 0) == (g->lack[0] > 0)) {
            g->columns[i] = g->columns[n];
            g->columns[n++] = c;
        }
    }
    qsort(g->columns, n, sizeof *g->columns, by_cost);
    return n;
}

static enum sv_err
solve_row(struct group *g)
{
    size_t n = sort_helpful(g);
    uint64_t lack = (uint64_t)(g->lack[0] > 0 ? g->lack[0] : -g->lack[0]);

    if (lack > n)
        return SV_ERR_NOT_FOUND;
    for (size_t i = 0; i < lack; i++)
        take_step(g, &g->columns[i]);
    return SV_OK;
}

/* ---- Several rows: the solver ---- */

struct job {
    struct solver_model model;
    int64_t *numbers; /* what the model borrows */
    size_t *start;
    uint32_t *column;
    uint32_t *objective;
    double *cost;
    double *x;
    int64_t *steps; /* by column: taken or not */
};

static size_t
count_entries(const struct group *g)
{
    const struct table *t = g->table;
    size_t n = 0;

    for (size_t i = 0; i < g->n_rows; i++)
        n += t->rows[g->rows[i]].n;
    return n * STEPS_MAX;
}

static enum sv_err
job_new(const struct group *g, struct job *j)
{
    size_t n = g->n_columns + 1, entries = count_entries(g) + 1;

    j->numbers = calloc(2 * n + g->n_rows + entries, sizeof *j->numbers);
    j->start = calloc(g->n_rows + 1, sizeof *j->start);
    j->column = calloc(entries, sizeof *j->column);
    j->objective = calloc(n, sizeof *j->objective);
    j->cost = calloc(n, sizeof *j->cost);
    j->x = calloc(n, sizeof *j->x);
    j->steps = calloc(n, sizeof *j->steps);
    return j->numbers == NULL || j->start == NULL || j->column == NULL ||
                   j->objective == NULL || j->cost == NULL || j->x == NULL ||
                   j->steps == NULL
               ? SV_ERR_NOMEM
               : SV_OK;
}

static void
job_free(struct job *j)
{
    free(j->numbers);
    free(j->start);
    free(j->column);
    free(j->objective);
    free(j->cost);
    free(j->x);
    free(j->steps);
}

static void
fill_columns(const struct group *g, struct job *j)
{
    int64_t *lo = j->numbers, *hi = lo + g->n_columns;

    for (size_t i = 0; i < g->n_columns; i++) {
        hi[i] = 1;
        j->objective[i] = (uint32_t)i;
        j->cost[i] = (double)g->columns[i].cost / COST_SOLVER;
    }
    j->model.n_cols = g->n_columns;
    j->model.col_lo = lo;
    j->model.col_hi = hi;
}

static void
fill_rows(const struct group *g, struct job *j)
{
    const struct table *t = g->table;
    int64_t *lack = j->numbers + 2 * g->n_columns;
    int64_t *factor = lack + g->n_rows;
    size_t n = 0;

    for (size_t i = 0; i < g->n_rows; i++) {
        const struct row *row = &t->rows[g->rows[i]];

        lack[i] = g->lack[i];
        for (size_t k = 0; k < row->n; k++) {
            uint32_t variable = row->terms[k].variable;

            for (size_t at = t->columns[variable];
                 at < g->n_columns && g->columns[at].variable == variable;
                 at++) {
                j->column[n] = (uint32_t)at;
                factor[n++] =
                    (int64_t)row->terms[k].factor * g->columns[at].step;
            }
        }
        j->start[i + 1] = n;
    }
    j->model.n_rows = g->n_rows;
    j->model.row_lo = j->model.row_hi = lack;
    j->model.start = j->start;
    j->model.column = j->column;
    j->model.factor = factor;
}

/* A column of the vertex in units of 1/1000000: what is left of the errors of
 * its arithmetic, which may be others on another machine, is nothing. */
static int64_t
millionths(double x)
{
    return isfinite(x) && fabs(x) < 2 ? (int64_t)nearbyint(x * 1e6) : -1;
}

static bool
is_whole(const struct job *j)
{
    for (size_t i = 0; i < j->model.n_cols; i++) {
        int64_t x = millionths(j->x[i]);

        if (x != 0 && x != MILLION)
            return false;
        j->steps[i] = x == MILLION;
    }
    return solver_check(&j->model, j->steps);
}

/* The column that is the farthest from both 0 and 1, the first of like ones:
 * it takes most of the others with it. */
static size_t
farthest(const struct job *j, bool *to_one)
{
    int64_t most = 0;
    size_t at = j->model.n_cols;

    for (size_t i = 0; i < j->model.n_cols; i++) {
        int64_t x = millionths(j->x[i]);
        int64_t off = x < MILLION - x ? x : MILLION - x;

        if (off > most) {
            most = off;
            at = i;
            *to_one = x >= MILLION - x;
        }
    }
    return at;
}

/*
 * From a vertex between whole numbers down to one of them: one column after
 * the other goes to where it is nearer, or, where this cannot be, to the
 * other side.  Lots make all costs different, so that each vertex is the
 * only best one, and the way down the same whatever solver goes it; a search
 * for the best of all takes ten times as long and gains 1 % (bench).
 */
static enum sv_err
dive(struct solver *s, struct job *j)
{
    enum sv_err err = SV_OK;

    for (size_t n = 0; err == SV_OK && !is_whole(j); n++) {
        bool to_one = false;
        size_t at = farthest(j, &to_one);

        /* Whole and wrong, or none of what was bound to be whole is. */
        if (at == j->model.n_cols || n == j->model.n_cols)
            return SV_ERR_UNVERIFIED;
        for (unsigned turn = 0; turn < 2; turn++) {
            err = solver_bound(s, (uint32_t)at, to_one, to_one);
            if (err == SV_OK)
                err = solver_optimum(s, SOLVER_MIN, j->model.n_cols,
                                     j->objective, j->cost, j->x);
            if (err != SV_ERR_NOT_FOUND)
                break;
            to_one = !to_one;
        }
    }
    return err;
}

/* The way down ended between walls: any whole numbers then. */
static enum sv_err
search(struct solver *s, struct job *j)
{
    for (size_t i = 0; i < j->model.n_cols; i++) {
        enum sv_err err = solver_bound(s, (uint32_t)i, 0, 1);

        if (err != SV_OK)
            return err;
    }
    return solver_integer(s, SOLVER_MIN, j->model.n_cols, j->objective, j->cost,
                          GAP, j->steps);
}

static enum sv_err
ask_solver(struct job *j, const struct solving *with)
{
    uint64_t now = clock_now(&with->clock);
    struct solver *s = NULL;
    enum sv_err err;

    if (with->source == NULL || now >= with->until_ms)
        return SV_ERR_UNVERIFIED;
    err = solver_new(with->source, &j->model, (unsigned)(with->until_ms - now),
                     &s);
    if (err != SV_OK)
        return err;
    err = solver_optimum(s, SOLVER_MIN, j->model.n_cols, j->objective, j->cost,
                         j->x);
    if (err == SV_OK) {
        err = dive(s, j);
        if (err == SV_ERR_NOT_FOUND)
            err = search(s, j);
    }
    solver_free(s);
    /* Each step is 0 or 1: there is a bound. */
    return err == SV_ERR_FULL ? SV_ERR_UNVERIFIED : err;
}

static enum sv_err
solve_rows(struct group *g, const struct solving *with)
{
    struct job j = {0};
    enum sv_err err = job_new(g, &j);

    if (err == SV_OK) {
        fill_columns(g, &j);
        fill_rows(g, &j);
        err = ask_solver(&j, with);
    }
    for (size_t i = 0; err == SV_OK && i < g->n_columns; i++) {
        if (j.steps[i] != 0)
            take_step(g, &g->columns[i]);
    }
    job_free(&j);
    return err;
}

enum sv_err
table_solve(struct table *t, size_t n, const size_t rows[],
            const struct solving *with)
{
    struct group g = {.table = t, .n_rows = n, .rows = rows};
    enum sv_err err = group_make(&g);

    if (err == SV_OK && !group_lacks_nothing(&g))
        err = n == 1 && is_plain(&t->rows[rows[0]]) ? solve_row(&g)
                                                    : solve_rows(&g, with);
    group_clear(&g);
    return err;
}
