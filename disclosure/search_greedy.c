#include <stdlib.h>
#include <string.h>

#include "disclosure/search_internal.h"

/* Rows of each column, and what each row is at the table at hand. */
struct slack {
    const struct solver_model *m;
    size_t *start; /* n_cols + 1 */
    uint32_t *row;
    int64_t *factor;
    int64_t *now; /* of each row */
};

static void
slack_free(struct slack *k)
{
    free(k->start);
    free(k->row);
    free(k->factor);
    free(k->now);
}

static void
by_columns(struct slack *k)
{
    const struct solver_model *m = k->m;

    /* Counted two places up, they are starts one place up, and where the
     * next one goes; in the end, every start is at its place. */
    for (size_t i = 0; i < m->start[m->n_rows]; i++)
        k->start[m->column[i] + 2]++;
    for (size_t i = 0; i < m->n_cols; i++)
        k->start[i + 2] += k->start[i + 1];
    for (size_t i = 0; i < m->n_rows; i++)
        for (size_t j = m->start[i]; j < m->start[i + 1]; j++) {
            size_t at = k->start[m->column[j] + 1]++;

            k->row[at] = (uint32_t)i;
            k->factor[at] = m->factor[j];
        }
}

static enum sv_err
slack_init(struct slack *k, const struct solver_model *m)
{
    size_t entries = m->start[m->n_rows];

    *k = (struct slack){.m = m};
    k->start = calloc(m->n_cols + 3, sizeof *k->start);
    k->row = calloc(entries + 1, sizeof *k->row);
    k->factor = calloc(entries + 1, sizeof *k->factor);
    k->now = calloc(m->n_rows + 1, sizeof *k->now);
    if (k->start == NULL || k->row == NULL || k->factor == NULL ||
        k->now == NULL)
        return SV_ERR_NOMEM;
    by_columns(k);
    return SV_OK;
}

static void
slack_at(struct slack *k, const int64_t x[])
{
    const struct solver_model *m = k->m;

    for (size_t i = 0; i < m->n_rows; i++) {
        k->now[i] = 0;
        for (size_t j = m->start[i]; j < m->start[i + 1]; j++)
            k->now[i] += m->factor[j] * x[m->column[j]];
    }
}

/* How far a column can go up, or down, at most `far`. */
static int64_t
room(const struct slack *k, const int64_t x[], uint32_t column, bool up,
     int64_t far)
{
    const struct solver_model *m = k->m;
    int64_t most =
        up ? m->col_hi[column] - x[column] : x[column] - m->col_lo[column];

    if (most < far)
        far = most;
    for (size_t i = k->start[column]; i < k->start[column + 1] && far > 0;
         i++) {
        uint32_t row = k->row[i];
        bool rises = up == (k->factor[i] > 0);
        int64_t bound = rises ? m->row_hi[row] : m->row_lo[row];
        int64_t size = k->factor[i] > 0 ? k->factor[i] : -k->factor[i];

        if (bound == SOLVER_INFINITY || bound == -SOLVER_INFINITY)
            continue;
        most = (rises ? bound - k->now[row] : k->now[row] - bound) / size;
        if (most < far)
            far = most;
    }
    return far > 0 ? far : 0;
}

static void
go(struct slack *k, int64_t x[], uint32_t column, int64_t by)
{
    x[column] += by;
    for (size_t i = k->start[column]; i < k->start[column + 1]; i++)
        k->now[k->row[i]] += k->factor[i] * by;
}

static int64_t
value_at(const struct search *s)
{
    int64_t v = 0;

    for (size_t i = 0; i < s->n_sum; i++)
        v += s->weights[i] * (s->x[s->columns[i]] - s->base[s->columns[i]]);
    return v;
}

/* One target, from the table at hand, cell by cell.  Has it moved? */
static bool
move_target(struct search *s, struct slack *k, const struct search_target *t,
            bool up)
{
    int64_t left = t->tried ? 0 : search_step(s, t, up);
    bool moved = false;

    if (left == 0)
        return false;
    search_weigh(s, t);
    left -= value_at(s);
    if ((left > 0) != up)
        return false;
    for (size_t i = 0; i < s->n_sum && left != 0; i++) {
        int64_t weight = s->weights[i], size = weight > 0 ? weight : -weight;
        int64_t far = (left > 0 ? left : -left) / size;
        bool rises = up == (weight > 0);

        far = room(k, s->x, s->columns[i], rises, far);
        if (far == 0)
            continue;
        go(k, s->x, s->columns[i], rises ? far : -far);
        left -= weight * (rises ? far : -far);
        moved = true;
    }
    return moved;
}

static size_t
n_satisfied(const struct search *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_targets; i++)
        n += search_satisfied(&s->targets[i]) ? 1 : 0;
    return n;
}

/* All targets that there is room for, at once; as long as it helps. */
static void
run_one_way(struct search *s, struct slack *k, bool up)
{
    size_t before, after = n_satisfied(s);

    do {
        bool moved = false;

        before = after;
        memcpy(s->x, s->base, k->m->n_cols * sizeof *s->x);
        slack_at(k, s->x);
        for (size_t i = 0; i < s->n_targets; i++)
            moved = move_target(s, k, &s->targets[i], up) || moved;
        if (!moved || !search_witness(s))
            return;
        after = n_satisfied(s);
    } while (after > before && search_left_ms(s) > 0);
}

enum sv_err
search_run_greedy(struct search *s)
{
    struct slack k;
    enum sv_err err = slack_init(&k, &s->p->left);

    if (err == SV_OK) {
        run_one_way(s, &k, true);
        run_one_way(s, &k, false);
        run_one_way(s, &k, true);
    }
    slack_free(&k);
    return err;
}
