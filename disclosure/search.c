#include "disclosure/search.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "disclosure/search_internal.h"

void
search_free(struct search *s)
{
    if (s == NULL)
        return;
    solver_free(s->solver);
    free(s->targets);
    free(s->base);
    free(s->base_values);
    free(s->x);
    free(s->atoms);
    free(s->values);
    free(s->vertex);
    free(s->columns);
    free(s->weights);
    free(s->by_column);
    free(s->factors);
    free(s->kept);
    free(s);
}

uint64_t
search_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

unsigned
search_left_ms(const struct search *s)
{
    uint64_t now = search_now_ms();

    return now < s->deadline_ms ? (unsigned)(s->deadline_ms - now) : 0;
}

static enum sv_err
reserve(struct search *s)
{
    size_t n_cols = s->p->left.n_cols, n_sets = s->p->model->n_sets;

    s->base = calloc(n_cols + 1, sizeof *s->base);
    s->base_values = calloc(n_sets + 1, sizeof *s->base_values);
    s->x = calloc(n_cols + 1, sizeof *s->x);
    s->atoms = calloc(s->p->model->n_atoms + 1, sizeof *s->atoms);
    s->values = calloc(n_sets + 1, sizeof *s->values);
    s->vertex = calloc(n_cols + 1, sizeof *s->vertex);
    s->columns = calloc(n_cols + 1, sizeof *s->columns);
    s->weights = calloc(n_cols + 1, sizeof *s->weights);
    s->by_column = calloc(n_cols + 1, sizeof *s->by_column);
    s->factors = calloc(n_cols + 1, sizeof *s->factors);
    s->kept = calloc(s->max_kept * n_sets + 1, sizeof *s->kept);
    return s->base != NULL && s->base_values != NULL && s->x != NULL &&
                   s->atoms != NULL && s->values != NULL && s->vertex != NULL &&
                   s->columns != NULL && s->weights != NULL &&
                   s->by_column != NULL && s->factors != NULL && s->kept != NULL
               ? SV_OK
               : SV_ERR_NOMEM;
}

/* ---- witnesses ---- */

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

bool
search_witness(struct search *s)
{
    size_t n_sets = s->p->model->n_sets;

    if (!program_values(s->p, s->x, s->atoms, s->values))
        return false;
    for (size_t i = 0; i < s->n_targets; i++)
        look_at(&s->targets[i], s->values);
    if (s->n_kept < s->max_kept)
        memcpy(&s->kept[s->n_kept++ * n_sets], s->values,
               n_sets * sizeof *s->values);
    return true;
}

size_t
search_n_kept(const struct search *s)
{
    return s->n_kept;
}

const int64_t *
search_kept(const struct search *s, size_t at)
{
    return &s->kept[at * s->p->model->n_sets];
}

/* ---- targets ---- */

enum sv_err
search_add(struct search *s, struct search_target t, size_t *at)
{
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
    t.tried = false;
    for (size_t i = 0; i < s->n_kept; i++)
        look_at(&t, search_kept(s, i));
    *at = s->n_targets;
    s->targets[s->n_targets++] = t;
    return SV_OK;
}

const struct search_target *
search_target(const struct search *s, size_t at)
{
    return &s->targets[at];
}

bool
search_satisfied(const struct search_target *t)
{
    if (t->lo <= t->proved.lo && t->hi >= t->proved.hi)
        return true;
    return t->lo <= t->hi && t->hi - t->lo >= t->want_width &&
           t->hi >= t->want_hi;
}

static void
weigh(struct search *s, size_t set, int64_t factor)
{
    const struct model_rows *r = &s->p->model->members;

    for (size_t i = r->start[set]; i < r->start[set + 1]; i++) {
        uint32_t column = s->p->column_of[r->atom[i]];

        if (column == PROGRAM_FIXED)
            continue;
        if (s->by_column[column] == 0)
            s->columns[s->n_sum++] = column;
        s->by_column[column] += factor;
    }
}

void
search_weigh(struct search *s, const struct search_target *t)
{
    size_t n = 0;

    s->n_sum = 0;
    weigh(s, t->plus, 1);
    if (t->minus != MODEL_NONE)
        weigh(s, t->minus, -1);
    for (size_t i = 0; i < s->n_sum; i++) {
        uint32_t column = s->columns[i];

        if (s->by_column[column] == 0)
            continue;
        s->columns[n] = column;
        s->weights[n] = s->by_column[column];
        s->factors[n++] = (double)s->by_column[column];
        s->by_column[column] = 0;
    }
    s->n_sum = n;
}

int64_t
search_base_value(const struct search *s, const struct search_target *t)
{
    return s->base_values[t->plus] -
           (t->minus != MODEL_NONE ? s->base_values[t->minus] : 0);
}

int64_t
search_step(const struct search *s, const struct search_target *t, bool up)
{
    int64_t base = search_base_value(s, t), goal;

    if (search_satisfied(t))
        return 0;
    if (up) {
        goal = t->want_width < t->proved.hi - t->lo ? t->lo + t->want_width
                                                    : t->proved.hi;
        if (goal < t->want_hi)
            goal = t->want_hi;
        if (goal > t->proved.hi)
            goal = t->proved.hi;
        return goal > t->hi ? goal - base : 0;
    }
    goal = t->want_width < t->hi - t->proved.lo ? t->hi - t->want_width
                                                : t->proved.lo;
    return goal < t->lo ? goal - base : 0;
}

enum sv_err
search_run(struct search *s)
{
    enum sv_err err;

    if (s->p->left.n_cols == 0)
        return SV_OK;
    err = search_run_greedy(s);
    return err == SV_OK ? search_run_moves(s) : err;
}

/* ---- the first ---- */

/* What the atoms may well be: of a set of one atom, what was printed. */
static void
guess(const struct search *s, int64_t near[])
{
    const struct program *p = s->p;
    const struct facts *f = p->model->facts;
    const struct model_rows *r = &p->model->members;

    for (size_t i = 0; i < p->left.n_cols; i++)
        near[i] = p->left.col_lo[i] + 1;
    for (size_t i = 0; i < f->n_figures; i++) {
        size_t set = p->model->set_of[i];
        uint32_t column;

        if (f->figures[i].print != FACTS_ROUNDED ||
            r->start[set + 1] - r->start[set] != 1)
            continue;
        column = p->column_of[r->atom[r->start[set]]];
        if (column != PROGRAM_FIXED)
            near[column] = f->figures[i].value;
    }
    for (size_t i = 0; i < p->left.n_cols; i++) {
        if (near[i] < p->left.col_lo[i])
            near[i] = p->left.col_lo[i];
        if (near[i] > p->left.col_hi[i])
            near[i] = p->left.col_hi[i];
    }
}

/* The first witness into s->x. */
static enum sv_err
find_first(struct search *s)
{
    size_t n = s->p->left.n_cols;
    int64_t *near;
    enum sv_err err;

    if (n == 0)
        return search_witness(s) ? SV_OK : SV_ERR_CONFLICT;
    near = calloc(n, sizeof *near);
    if (near == NULL)
        return SV_ERR_NOMEM;
    guess(s, near);
    memcpy(s->x, near, n * sizeof *near);
    err = search_witness(s) ? SV_OK : search_nearest(s, near);
    free(near);
    return err == SV_ERR_NOT_FOUND ? SV_ERR_CONFLICT : err;
}

enum sv_err
search_new(const struct program *p, const struct solver_source *source,
           uint64_t deadline_ms, size_t max_kept, bool with_ends,
           struct search **out)
{
    struct search *s = calloc(1, sizeof *s);
    enum sv_err err;

    if (s == NULL)
        return SV_ERR_NOMEM;
    s->p = p;
    s->source = source;
    s->deadline_ms = deadline_ms;
    s->with_ends = with_ends;
    s->max_kept = max_kept > 0 ? max_kept : 1;
    err = reserve(s);
    if (err == SV_OK)
        err = find_first(s);
    if (err != SV_OK) {
        search_free(s);
        return err;
    }
    memcpy(s->base, s->x, p->left.n_cols * sizeof *s->x);
    memcpy(s->base_values, s->values,
           p->model->n_sets * sizeof *s->base_values);
    *out = s;
    return SV_OK;
}
