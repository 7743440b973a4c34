#include "disclosure/solver_engine.h"

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So near to a whole number is one. */
#define WHOLE 1e-6

struct engine {
    Clp_Simplex *lp;
    double *objective; /* n_cols, zero between calls */
    bool warm;         /* there is a basis of an optimum */
    bool afresh;       /* it is not to be used */
};

/* ---- The model, by columns ---- */

struct columns {
    int *start; /* n_cols + 1 */
    int *row;
    double *factor;
    int *last; /* of each column, the row that it last stood in, + 1 */
};

static void
columns_clear(struct columns *c)
{
    free(c->start);
    free(c->row);
    free(c->factor);
    free(c->last);
}

static void *
array(size_t n, size_t size)
{
    return calloc(n > 0 ? n : 1, size);
}

/* How many rows each column stands in, summed up. */
static enum sv_err
count_columns(const struct solver_model *m, struct columns *c)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        if (m->start[i] > m->start[i + 1] ||
            m->start[i + 1] > m->start[m->n_rows])
            return SV_ERR_USAGE;
        for (size_t k = m->start[i]; k < m->start[i + 1]; k++) {
            if (m->column[k] >= m->n_cols)
                return SV_ERR_USAGE;
            if (c->last[m->column[k]] != (int)i + 1)
                c->start[m->column[k] + 1]++;
            c->last[m->column[k]] = (int)i + 1;
        }
    }
    for (size_t j = 0; j < m->n_cols; j++)
        c->start[j + 1] += c->start[j];
    return SV_OK;
}

static enum sv_err
columns_of(const struct solver_model *m, struct columns *c)
{
    enum sv_err err = SV_OK;
    int *next = array(m->n_cols, sizeof *next);

    c->start = array(m->n_cols + 1, sizeof *c->start);
    c->last = array(m->n_cols, sizeof *c->last);
    c->row = array(m->start[m->n_rows], sizeof *c->row);
    c->factor = array(m->start[m->n_rows], sizeof *c->factor);
    if (next == NULL || c->start == NULL || c->last == NULL || c->row == NULL ||
        c->factor == NULL)
        err = SV_ERR_NOMEM;
    if (err == SV_OK)
        err = count_columns(m, c);
    if (err == SV_OK)
        memcpy(next, c->start, m->n_cols * sizeof *next);
    for (size_t i = 0; err == SV_OK && i < m->n_rows; i++) {
        for (size_t k = m->start[i]; k < m->start[i + 1]; k++) {
            uint32_t j = m->column[k];
            bool again = next[j] > c->start[j] && c->row[next[j] - 1] == (int)i;
            int at = again ? next[j] - 1 : next[j]++;

            c->row[at] = (int)i;
            c->factor[at] += (double)m->factor[k];
        }
    }
    free(next);
    return err;
}

/* ---- Making one ---- */

static double
bound(int64_t v)
{
    if (v == SOLVER_INFINITY)
        return DBL_MAX;
    return v <= -SOLVER_INFINITY ? -DBL_MAX : (double)v;
}

static double *
bounds(const int64_t v[], size_t n)
{
    double *out = array(n, sizeof *out);

    for (size_t i = 0; out != NULL && i < n; i++)
        out[i] = bound(v[i]);
    return out;
}

static enum sv_err
load(struct engine *e, const struct solver_model *m)
{
    struct columns c = {0};
    double *col_lo = bounds(m->col_lo, m->n_cols);
    double *col_hi = bounds(m->col_hi, m->n_cols);
    double *row_lo = bounds(m->row_lo, m->n_rows);
    double *row_hi = bounds(m->row_hi, m->n_rows);
    enum sv_err err = SV_ERR_NOMEM;

    if (col_lo != NULL && col_hi != NULL && row_lo != NULL && row_hi != NULL)
        err = columns_of(m, &c);
    if (err == SV_OK)
        Clp_loadProblem(e->lp, (int)m->n_cols, (int)m->n_rows, c.start, c.row,
                        c.factor, col_lo, col_hi, e->objective, row_lo, row_hi);
    columns_clear(&c);
    free(col_lo);
    free(col_hi);
    free(row_lo);
    free(row_hi);
    return err;
}

enum sv_err
engine_new(const struct solver_model *m, struct engine **out)
{
    struct engine *e = calloc(1, sizeof *e);
    enum sv_err err = SV_ERR_NOMEM;

    if (e != NULL) {
        e->lp = Clp_newModel();
        e->objective = array(m->n_cols, sizeof *e->objective);
    }
    if (e != NULL && e->lp != NULL && e->objective != NULL) {
        Clp_setLogLevel(e->lp, 0);
        err = load(e, m);
    }
    if (err == SV_OK)
        *out = e;
    else
        engine_free(e);
    return err;
}

void
engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    if (e->lp != NULL)
        Clp_deleteModel(e->lp);
    free(e->objective);
    free(e);
}

void
engine_bound(struct engine *e, size_t column, int64_t lo, int64_t hi)
{
    Clp_columnLower(e->lp)[column] = bound(lo);
    Clp_columnUpper(e->lp)[column] = bound(hi);
}

void
engine_afresh(struct engine *e)
{
    e->afresh = true;
}

/* ---- Solving ---- */

static enum engine_answer
answer_of(int status)
{
    switch (status) {
    case 0:
        return ENGINE_SOLVED;
    case 1:
        return ENGINE_NONE;
    case 2:
        return ENGINE_UNBOUNDED;
    default:
        return ENGINE_FAILED;
    }
}

/* CLP's words for the state of a column or row. */
enum { BASIC = 1, AT_LOWER = 3 };

/* All columns at a bound: the dual simplex takes each to the one that its
 * factor likes, and goes on from there. */
static enum engine_answer
solve_afresh(struct engine *e)
{
    for (int i = 0; i < Clp_getNumCols(e->lp); i++)
        Clp_setColumnStatus(e->lp, i, AT_LOWER);
    for (int i = 0; i < Clp_getNumRows(e->lp); i++)
        Clp_setRowStatus(e->lp, i, BASIC);
    (void)Clp_dual(e->lp, 0);
    return answer_of(Clp_status(e->lp));
}

/*
 * From the last basis by the primal simplex: another objective leaves it
 * feasible.  Anything but an optimum is not believed of a warm start.
 */
static enum engine_answer
solve_lp(struct engine *e)
{
    enum engine_answer a = ENGINE_FAILED;

    if (e->afresh) {
        a = solve_afresh(e);
    } else if (e->warm) {
        (void)Clp_primal(e->lp, 0);
        a = answer_of(Clp_status(e->lp));
    }
    if (a != ENGINE_SOLVED) {
        (void)Clp_initialSolve(e->lp);
        a = answer_of(Clp_status(e->lp));
    }
    e->warm = a == ENGINE_SOLVED;
    return a;
}

static bool
is_whole(const double x[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fabs(x[i] - nearbyint(x[i])) > WHOLE)
            return false;
    return true;
}

static enum engine_answer
answer_of_cbc(Cbc_Model *ip, double x[], size_t n)
{
    const double *best = Cbc_bestSolution(ip);

    if (Cbc_isProvenInfeasible(ip))
        return ENGINE_NONE;
    if (Cbc_isContinuousUnbounded(ip))
        return ENGINE_UNBOUNDED;
    if (!Cbc_isProvenOptimal(ip) || best == NULL)
        return ENGINE_FAILED;
    memcpy(x, best, n * sizeof *x);
    return ENGINE_SOLVED;
}

static enum engine_answer
solve_ip(const struct engine *e, double gap, double x[])
{
    Clp_Simplex *lp = e->lp;
    int n = Clp_getNumCols(lp);
    Cbc_Model *ip = Cbc_newModel();
    enum engine_answer a = ENGINE_FAILED;
    char ratio[32];

    if (ip == NULL)
        return a;
    Cbc_loadProblem(ip, n, Clp_getNumRows(lp), Clp_getVectorStarts(lp),
                    Clp_getIndices(lp), Clp_getElements(lp),
                    Clp_getColLower(lp), Clp_getColUpper(lp), e->objective,
                    Clp_getRowLower(lp), Clp_getRowUpper(lp));
    for (int i = 0; i < n; i++)
        Cbc_setInteger(ip, i);
    (void)snprintf(ratio, sizeof ratio, "%.9f", gap);
    Cbc_setParameter(ip, "ratioGap", ratio);
    Cbc_setParameter(ip, "log", "0");
    Cbc_setLogLevel(ip, 0);
    (void)Cbc_solve(ip);
    a = answer_of_cbc(ip, x, (size_t)n);
    Cbc_deleteModel(ip);
    return a;
}

enum engine_answer
engine_solve(struct engine *e, const struct engine_objective *o, double x[])
{
    /* CBC knows the way down best: the greatest is the least of the other
     * sign. */
    double sign = o->sense == SOLVER_MAX ? -1 : 1;
    size_t n = (size_t)Clp_getNumCols(e->lp);
    enum engine_answer a;

    for (size_t i = 0; i < o->n; i++)
        e->objective[o->column[i]] += sign * o->factor[i];
    Clp_chgObjCoefficients(e->lp, e->objective);
    a = solve_lp(e);
    if (a == ENGINE_SOLVED)
        memcpy(x, Clp_getColSolution(e->lp), n * sizeof *x);
    if (a == ENGINE_SOLVED && o->whole && !is_whole(x, n))
        a = solve_ip(e, o->gap, x);
    for (size_t i = 0; i < o->n; i++)
        e->objective[o->column[i]] = 0;
    return a;
}
