#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "disclosure/search_internal.h"

/* Prices are tried so often before whole numbers are searched. */
#define TRIES 4
/* Sums of several cells cost a row each. */
#define SUMS_MAX 512
#define WHOLE 1e-6
/* Targets that are moved at once. */
#define TOGETHER_MAX 32

/* Where the solver says that there is nothing although there was. */
static enum sv_err
contradiction(enum sv_err err)
{
    return err == SV_ERR_NOT_FOUND || err == SV_ERR_FULL ? SV_ERR_UNVERIFIED
                                                         : err;
}

static enum sv_err
need_solver(struct search *s)
{
    unsigned left = search_left_ms(s);

    if (s->solver != NULL)
        return SV_OK;
    return left > 0 ? solver_new(s->source, &s->p->left, left, &s->solver)
                    : SV_ERR_UNVERIFIED;
}

static enum sv_err
new_moves(struct search *s, const int64_t base[], const struct moves_sums *sums,
          struct moves **out)
{
    unsigned left = search_left_ms(s);

    return left > 0 ? moves_new(&s->p->left, base, sums, s->source, left, out)
                    : SV_ERR_UNVERIFIED;
}

/* ---- one target ---- */

/* The farther end of a target, by a search over whole numbers. */
static enum sv_err
reach_whole(struct search *s, const struct search_target *t, bool up)
{
    enum sv_err err = need_solver(s);

    search_weigh(s, t);
    if (err == SV_OK)
        err = solver_integer(s->solver, up ? SOLVER_MAX : SOLVER_MIN, s->n_sum,
                             s->columns, s->factors, 0, s->x);
    if (err == SV_OK)
        (void)search_witness(s);
    return contradiction(err);
}

/* The last whole number within what was reached; none beyond what is proved,
 * whatever a solver says. */
static int64_t
end_of(const struct search_target *t, int64_t base, double reached, bool up)
{
    double far =
        (double)base + (up ? floor(reached + WHOLE) : ceil(reached - WHOLE));

    if (!(far > (double)t->proved.lo)) /* or it is no number */
        return t->proved.lo;
    return far < (double)t->proved.hi ? (int64_t)far : t->proved.hi;
}

/*
 * One end of a target by a move at some prices, as far as the target needs.
 * *end gets how far it goes, if the solver is right.
 */
static enum sv_err
reach(struct search *s, struct moves *m, size_t sum,
      const struct search_target *t, bool up, uint64_t prices, int64_t *end)
{
    struct moves_step one = {.sum = sum, .step = search_step(s, t, up)};
    int64_t base = search_base_value(s, t), far;
    enum sv_err err;

    if (one.step == 0)
        return SV_OK;
    /* As far as it is known to go: a shorter way is rather of whole numbers. */
    if (prices > 0)
        one.step = *end - base;
    err = moves_reach(m, 1, &one, prices, s->x);
    if (err != SV_OK)
        return contradiction(err);
    far = end_of(t, base, one.reached, up);
    if (up ? far > *end : far < *end)
        *end = far;
    (void)search_witness(s);
    return SV_OK;
}

/* The same at other prices, and then by a search over whole numbers, until
 * there is a witness at the end or the target is satisfied. */
static enum sv_err
insist(struct search *s, struct moves *m, size_t sum,
       const struct search_target *t, bool up, int64_t end)
{
    enum sv_err err = SV_OK;

    for (uint64_t prices = 1; prices <= TRIES && err == SV_OK; prices++) {
        if (search_satisfied(t) || (up ? t->hi >= end : t->lo <= end))
            return SV_OK;
        if (prices < TRIES)
            err = reach(s, m, sum, t, up, prices, &end);
        else
            err = reach_whole(s, t, up);
    }
    return err;
}

static enum sv_err
satisfy(struct search *s, struct moves *m, size_t sum, size_t target)
{
    struct search_target *t = &s->targets[target];
    int64_t hi = t->hi, lo = t->lo;
    enum sv_err err;

    t->tried = true;
    err = reach(s, m, sum, t, true, 0, &hi);
    /* If the solver is right, it cannot be satisfied: now, or both ways. */
    if (!s->with_ends && (hi - t->proved.lo < t->want_width || hi < t->want_hi))
        return err;
    if (err == SV_OK)
        err = reach(s, m, sum, t, false, 0, &lo);
    if (!s->with_ends && hi - lo < t->want_width)
        return err;
    if (err == SV_OK)
        err = insist(s, m, sum, t, true, hi);
    return err == SV_OK ? insist(s, m, sum, t, false, lo) : err;
}

/* ---- all of them ---- */

/* Targets whose sums are columns of one model of moves. */
struct batch {
    size_t *targets;
    struct moves_sums sums;
    size_t *start;
    uint32_t *column;
    int64_t *factor;
    size_t n, cap_entries;
};

static void
batch_free(struct batch *b)
{
    free(b->targets);
    free(b->start);
    free(b->column);
    free(b->factor);
}

static enum sv_err
batch_add(struct search *s, struct batch *b, size_t target)
{
    size_t first = b->start[b->n], need = first + s->n_sum;

    if (b->column == NULL || b->factor == NULL || need > b->cap_entries) {
        size_t cap = 2 * need + 64;
        uint32_t *column = realloc(b->column, cap * sizeof *column);
        int64_t *factor;

        if (column == NULL)
            return SV_ERR_NOMEM;
        b->column = column;
        factor = realloc(b->factor, cap * sizeof *factor);
        if (factor == NULL)
            return SV_ERR_NOMEM;
        b->factor = factor;
        b->cap_entries = cap;
    }
    memcpy(&b->column[first], s->columns, s->n_sum * sizeof *s->columns);
    memcpy(&b->factor[first], s->weights, s->n_sum * sizeof *s->weights);
    b->targets[b->n++] = target;
    b->start[b->n] = need;
    return SV_OK;
}

/* The targets from *from on that still need something: those of one cell, or
 * as many of the others as a batch has room for. */
static enum sv_err
batch_fill(struct search *s, struct batch *b, bool cells, size_t *from)
{
    enum sv_err err = SV_OK;

    b->n = 0;
    b->start[0] = 0;
    for (; *from < s->n_targets && err == SV_OK; ++*from) {
        if (s->targets[*from].tried || search_satisfied(&s->targets[*from]))
            continue;
        if (!cells && b->n == SUMS_MAX)
            break;
        search_weigh(s, &s->targets[*from]);
        if (s->n_sum > 0 && (s->n_sum == 1) == cells)
            err = batch_add(s, b, *from);
    }
    b->sums = (struct moves_sums){b->n, b->start, b->column, b->factor};
    return err;
}

/* Targets from `from` to before `to`, one way, by one move; where it is not
 * of whole numbers, by one for each half. */
static enum sv_err
move_together(struct search *s, struct moves *m, const struct batch *b,
              size_t from, size_t to, bool up)
{
    struct moves_step steps[TOGETHER_MAX];
    size_t n = 0;
    enum sv_err err;

    for (size_t i = from; i < to; i++) {
        int64_t step = search_step(s, &s->targets[b->targets[i]], up);

        if (step != 0)
            steps[n++] = (struct moves_step){.sum = i, .step = step};
    }
    if (n < 2)
        return SV_OK;
    err = moves_reach(m, n, steps, 0, s->x);
    if (err != SV_OK || search_witness(s))
        return contradiction(err);
    err = move_together(s, m, b, from, (from + to) / 2, up);
    return err == SV_OK ? move_together(s, m, b, (from + to) / 2, to, up) : err;
}

static enum sv_err
batch_run(struct search *s, const struct batch *b)
{
    struct moves *m = NULL;
    enum sv_err err = new_moves(s, s->base, &b->sums, &m);

    for (size_t way = 0; way < 2; way++)
        for (size_t i = 0; i < b->n && err == SV_OK; i += TOGETHER_MAX)
            err = move_together(
                s, m, b, i, i + TOGETHER_MAX < b->n ? i + TOGETHER_MAX : b->n,
                way == 0);
    for (size_t i = 0; i < b->n && err == SV_OK; i++)
        err = satisfy(s, m, i, b->targets[i]);
    moves_free(m);
    return err;
}

enum sv_err
search_run_moves(struct search *s)
{
    struct batch b = {0};
    enum sv_err err = SV_ERR_NOMEM;

    b.targets = calloc(s->n_targets + 1, sizeof *b.targets);
    b.start = calloc(s->n_targets + 2, sizeof *b.start);
    if (b.targets != NULL && b.start != NULL)
        err = SV_OK;
    for (size_t cells = 2; cells-- > 0 && err == SV_OK;)
        for (size_t from = 0; from < s->n_targets && err == SV_OK;) {
            err = batch_fill(s, &b, cells == 1, &from);
            if (err == SV_OK && b.n > 0)
                err = batch_run(s, &b);
        }
    batch_free(&b);
    return err;
}

/* ---- the first witness ---- */

enum sv_err
search_nearest(struct search *s, const int64_t near[])
{
    static const size_t none = 0;
    const struct moves_sums sums = {.n = 0, .start = &none};
    struct moves *m = NULL;
    bool found = false;
    enum sv_err err = new_moves(s, near, &sums, &m);

    for (uint64_t try = 0; try < TRIES && err == SV_OK && !found; try++) {
        err = moves_reach(m, 0, NULL, try, s->x);
        found = err == SV_OK && search_witness(s);
    }
    moves_free(m);
    if (err == SV_OK && !found)
        err = need_solver(s);
    if (err == SV_OK && !found) {
        err = solver_integer(s->solver, SOLVER_MIN, 0, s->columns, s->factors,
                             1, s->x);
        found = err == SV_OK && search_witness(s);
    }
    /* Prices are above 0 and columns are bounded: there is an end. */
    if (err == SV_ERR_FULL || (err == SV_OK && !found))
        err = SV_ERR_UNVERIFIED;
    return err;
}
