#include "disclosure/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
search_free(struct search *s)
{
    if (s == NULL)
        return;
    solver_free(s->solver);
    free(s->targets);
    free(s->vertex);
    free(s->x);
    free(s->atoms);
    free(s->values);
    free(s->columns);
    free(s->factors);
    free(s->weights);
    free(s->kept);
    free(s);
}

static enum sv_err
reserve(struct search *s, size_t max_kept)
{
    size_t n_cols = s->p->left.n_cols, n_sets = s->p->model->n_sets;

    s->vertex = calloc(n_cols + 1, sizeof *s->vertex);
    s->x = calloc(n_cols + 1, sizeof *s->x);
    s->atoms = calloc(s->p->model->n_atoms + 1, sizeof *s->atoms);
    s->values = calloc(n_sets + 1, sizeof *s->values);
    s->columns = calloc(n_cols + 1, sizeof *s->columns);
    s->factors = calloc(n_cols + 1, sizeof *s->factors);
    s->weights = calloc(n_cols + 1, sizeof *s->weights);
    s->kept = calloc(max_kept * n_sets + 1, sizeof *s->kept);
    s->max_kept = max_kept;
    return s->vertex != NULL && s->x != NULL && s->atoms != NULL &&
                   s->values != NULL && s->columns != NULL &&
                   s->factors != NULL && s->weights != NULL && s->kept != NULL
               ? SV_OK
               : SV_ERR_NOMEM;
}

/* ---- witnesses ---- */

bool
search_satisfied(const struct search_target *t)
{
    return t->lo <= t->hi && t->hi - t->lo >= t->want_width &&
           t->hi >= t->want_hi;
}

static void
look_at(struct search_target *t, const int64_t values[])
{
    int64_t v =
        values[t->plus] - (t->minus != MODEL_NONE ? values[t->minus] : 0);

    if (t->lo > t->hi)
        t->lo = t->hi = v;
    else if (v < t->lo)
        t->lo = v;
    else if (v > t->hi)
        t->hi = v;
}

/* Is s->x a witness?  Then all targets have seen it. */
static bool
witness(struct search *s)
{
    size_t n_sets = s->p->model->n_sets;

    if (!program_values(s->p, s->x, s->atoms, s->values))
        return false;
    s->n_witnesses++;
    for (size_t i = 0; i < s->n_targets; i++)
        look_at(&s->targets[i], s->values);
    if (s->n_kept < s->max_kept)
        memcpy(&s->kept[s->n_kept++ * n_sets], s->values,
               n_sets * sizeof *s->values);
    return true;
}

/* The same of the vertex, rounded; *whole: it was of whole numbers anyway. */
static bool
witness_near(struct search *s, bool *whole)
{
    *whole = true;
    for (size_t i = 0; i < s->p->left.n_cols; i++) {
        double v = s->vertex[i], near = nearbyint(v);

        if (!(fabs(near) < 1e15))
            return false;
        if (fabs(v - near) > 1e-6)
            *whole = false;
        s->x[i] = (int64_t)near;
    }
    return witness(s);
}

enum sv_err
search_add(struct search *s, struct search_target t)
{
    size_t n_sets = s->p->model->n_sets;

    if (s->n_targets == s->cap_targets) {
        size_t cap = s->cap_targets == 0 ? 256 : 2 * s->cap_targets;
        struct search_target *wider = realloc(s->targets, cap * sizeof *wider);

        if (wider == NULL)
            return SV_ERR_NOMEM;
        s->targets = wider;
        s->cap_targets = cap;
    }
    t.lo = 1;
    t.hi = 0;
    for (size_t i = 0; i < s->n_kept; i++)
        look_at(&t, &s->kept[i * n_sets]);
    s->targets[s->n_targets++] = t;
    return SV_OK;
}

/* ---- objectives ---- */

static void
weigh(struct search *s, size_t set, int64_t factor)
{
    const struct model_rows *r = &s->p->model->members;

    for (size_t i = r->start[set]; i < r->start[set + 1]; i++) {
        uint32_t column = s->p->column_of[r->atom[i]];

        if (column != PROGRAM_FIXED)
            s->weights[column] += factor;
    }
}

static void
weigh_target(struct search *s, const struct search_target *t)
{
    weigh(s, t->plus, 1);
    if (t->minus != MODEL_NONE)
        weigh(s, t->minus, -1);
}

/* The weights become an objective, and 0. */
static size_t
objective(struct search *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->p->left.n_cols; i++) {
        if (s->weights[i] == 0)
            continue;
        s->columns[n] = (uint32_t)i;
        s->factors[n++] = (double)s->weights[i];
        s->weights[i] = 0;
    }
    return n;
}

/* Where the solver says that there is no solution although there was one. */
static enum sv_err
contradiction(enum sv_err err)
{
    return err == SV_ERR_NOT_FOUND || err == SV_ERR_FULL ? SV_ERR_UNVERIFIED
                                                         : err;
}

/*
 * An end of a target as a witness.  *done: it was of whole numbers and stands
 * every check, so that no other goes farther, if the solver is right.
 */
static enum sv_err
reach(struct search *s, const struct search_target *t, enum solver_sense sense,
      bool *done)
{
    enum sv_err err;

    weigh_target(s, t);
    err = solver_optimum(s->solver, sense, objective(s), s->columns, s->factors,
                         s->vertex);
    *done = err == SV_OK && witness_near(s, done) && *done;
    return contradiction(err);
}

/* The same by a search over whole numbers: it takes longer. */
static enum sv_err
reach_whole(struct search *s, const struct search_target *t,
            enum solver_sense sense)
{
    enum sv_err err;

    weigh_target(s, t);
    err = solver_integer(s->solver, sense, objective(s), s->columns, s->factors,
                         0, s->x);
    if (err == SV_OK)
        (void)witness(s);
    return contradiction(err);
}

/* ---- targets ---- */

/* As many steps as it takes to satisfy the target; all of them if `ends`. */
static enum sv_err
satisfy(struct search *s, size_t target, bool ends)
{
    static const enum solver_sense senses[] = {SOLVER_MAX, SOLVER_MIN};
    struct search_target *t = &s->targets[target];
    bool done[2] = {false, false};
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < 2 && err == SV_OK; i++) {
        if (search_satisfied(t) && !ends)
            return SV_OK;
        err = reach(s, t, senses[i], &done[i]);
    }
    for (size_t i = 0; i < 2 && err == SV_OK; i++)
        if (!done[i] && (ends || !search_satisfied(t)))
            err = reach_whole(s, t, senses[i]);
    return err;
}

enum sv_err
search_ends(struct search *s, size_t target)
{
    return s->solver != NULL ? satisfy(s, target, true) : SV_OK;
}

enum sv_err
search_run(struct search *s)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < s->n_targets && err == SV_OK && s->solver != NULL;
         i++)
        err = satisfy(s, i, false);
    return err;
}

/* ---- the first ---- */

static enum sv_err
first_witness(struct search *s, const struct solver_source *source,
              unsigned timeout_ms)
{
    bool whole = false;
    enum sv_err err;

    if (s->p->left.n_cols == 0)
        return witness(s) ? SV_OK : SV_ERR_CONFLICT;
    err = solver_new(source, &s->p->left, timeout_ms, &s->solver);
    if (err == SV_OK)
        err = solver_optimum(s->solver, SOLVER_MIN, 0, s->columns, s->factors,
                             s->vertex);
    if (err != SV_OK || witness_near(s, &whole))
        return err;
    err = solver_integer(s->solver, SOLVER_MIN, 0, s->columns, s->factors, 1,
                         s->x);
    return err == SV_OK && !witness(s) ? SV_ERR_UNVERIFIED : err;
}

enum sv_err
search_new(const struct program *p, const struct solver_source *source,
           unsigned timeout_ms, size_t max_kept, struct search **out)
{
    struct search *s = calloc(1, sizeof *s);
    enum sv_err err;

    if (s == NULL)
        return SV_ERR_NOMEM;
    s->p = p;
    err = reserve(s, max_kept > 0 ? max_kept : 1);
    if (err == SV_OK)
        err = first_witness(s, source, timeout_ms);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_ERR_CONFLICT;
    if (err == SV_OK)
        *out = s;
    else
        search_free(s);
    return err;
}
