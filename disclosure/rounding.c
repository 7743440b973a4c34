#include <stdlib.h>

#include "base/buf.h"

#include "disclosure/rounding_internal.h"

/*
 * A round of solving: the table falls into groups of rows that share a
 * variable with more than one value.  What cannot hold waits for the next
 * round, in which variables may be further off and groups are larger.
 */
struct rounding_job {
    struct table table;
    uint32_t *of; /* the variable of each cell */
    struct solving with;
    size_t *parent; /* of a row, toward the one that stands for its group */
    size_t *first;  /* of a variable: a row that it is in */
    size_t *next;   /* the rows of a group, ascending */
    size_t *rows;   /* one group */
    size_t n_rows;  /* in it */
};
#define NO_ROW SIZE_MAX

static size_t
group_of(struct rounding_job *j, size_t row)
{
    while (j->parent[row] != row) {
        j->parent[row] = j->parent[j->parent[row]];
        row = j->parent[row];
    }
    return row;
}

/* The least row stands for its group. */
static void
join(struct rounding_job *j, size_t a, size_t b)
{
    a = group_of(j, a);
    b = group_of(j, b);
    if (a < b)
        j->parent[b] = a;
    else
        j->parent[a] = b;
}

static void
make_groups(struct rounding_job *j)
{
    struct table *t = &j->table;

    for (size_t i = 0; i < t->n; i++)
        j->first[i] = NO_ROW;
    for (size_t i = 0; i < t->n_rows; i++) {
        j->parent[i] = i;
        j->next[i] = NO_ROW;
        for (size_t k = 0; k < t->rows[i].n; k++) {
            uint32_t at = t->rows[i].terms[k].variable;

            if (t->variables[at].lo == t->variables[at].hi)
                continue;
            if (j->first[at] == NO_ROW)
                j->first[at] = i;
            else
                join(j, j->first[at], i);
        }
    }
    /* From the last row down, each goes in behind the first of its group. */
    for (size_t i = t->n_rows; i-- > 0;) {
        size_t head = group_of(j, i);

        if (head == i)
            continue;
        j->next[i] = j->next[head];
        j->next[head] = i;
    }
}

/* False where all its rows hold from a round before. */
static bool
take_group(struct rounding_job *j, size_t head)
{
    bool waits = false;

    j->n_rows = 0;
    for (size_t i = head; i != NO_ROW; i = j->next[i]) {
        waits = waits || !j->table.rows[i].holds;
        j->rows[j->n_rows++] = i;
    }
    return waits;
}

static enum sv_err
solve_groups(struct rounding_job *j, size_t *first_bad)
{
    struct table *t = &j->table;

    *first_bad = NO_ROW;
    make_groups(j);
    for (size_t i = 0; i < t->n_rows; i++) {
        enum sv_err err;

        if (group_of(j, i) != i || !take_group(j, i))
            continue;
        err = table_solve(t, j->n_rows, j->rows, &j->with);
        if (err != SV_OK && err != SV_ERR_NOT_FOUND)
            return err;
        if (err == SV_ERR_NOT_FOUND && *first_bad == NO_ROW)
            *first_bad = i;
        for (size_t k = 0; k < j->n_rows; k++)
            t->rows[j->rows[k]].holds = err == SV_OK;
    }
    return SV_OK;
}

/* ---- Which relation is to blame ---- */

static bool
has_pin(const struct table *t, const struct row *row)
{
    for (size_t i = 0; i < row->n; i++) {
        if (t->variables[row->terms[i].variable].cell->pinned)
            return true;
    }
    return false;
}

/* The rows of the group, those without a pin first. */
static void
sort_by_pin(struct rounding_job *j)
{
    const struct table *t = &j->table;
    size_t n = 0;

    for (int pinned = 0; pinned <= 1; pinned++) {
        for (size_t i = 0; i < j->n_rows; i++) {
            if (has_pin(t, &t->rows[j->rows[i]]) == (pinned == 1))
                j->next[n++] = j->rows[i];
        }
    }
    for (size_t i = 0; i < n; i++)
        j->rows[i] = j->next[i];
}

/*
 * The least k for which the first k rows cannot hold together: the last of
 * them is in every set of them that cannot.  One relation that must give way
 * is what a person can act on.
 */
static enum sv_err
find_conflict(struct rounding_job *j, size_t head, size_t *relation)
{
    size_t good = 0, bad;

    (void)take_group(j, head);
    sort_by_pin(j);
    bad = j->n_rows;
    while (bad - good > 1) {
        size_t half = good + (bad - good) / 2;
        enum sv_err err = table_solve(&j->table, half, j->rows, &j->with);

        if (err != SV_OK && err != SV_ERR_NOT_FOUND)
            return err;
        if (err == SV_OK)
            good = half;
        else
            bad = half;
    }
    *relation = j->table.rows[j->rows[bad - 1]].relation;
    return SV_ERR_CONFLICT;
}

/* ---- All of it ---- */

static enum sv_err
job_make(struct rounding_job *j, const struct rounding *r, const uint8_t *key,
         const struct solver_source *source, unsigned timeout_ms)
{
    enum sv_err err = table_make(r, key, &j->table, &j->of);
    size_t rows = j->table.n_rows + 1;

    if (err != SV_OK)
        return err;
    j->with.source = source;
    j->with.clock = clock_boot();
    j->with.until_ms = clock_now(&j->with.clock) + timeout_ms;
    j->parent = calloc(rows, sizeof *j->parent);
    j->next = calloc(rows, sizeof *j->next);
    j->rows = calloc(rows, sizeof *j->rows);
    j->first = calloc(j->table.n + 1, sizeof *j->first);
    return j->parent == NULL || j->next == NULL || j->rows == NULL ||
                   j->first == NULL
               ? SV_ERR_NOMEM
               : SV_OK;
}

static void
job_clear(struct rounding_job *j)
{
    table_clear(&j->table);
    free(j->of);
    free(j->parent);
    free(j->first);
    free(j->next);
    free(j->rows);
}

static enum sv_err
solve(struct rounding_job *j, size_t *in_conflict)
{
    size_t bad = NO_ROW;

    for (enum reach reach = REACH_NEXT; reach < REACH_N; reach++) {
        enum sv_err err;

        table_reach(&j->table, reach);
        err = solve_groups(j, &bad);
        if (err != SV_OK || bad == NO_ROW)
            return err;
    }
    return find_conflict(j, bad, in_conflict);
}

/* Whatever was said and done before: by addition alone. */
static bool
adds_up(const struct rounding_job *j, const struct rounding_relation *rel)
{
    const struct variable *v = j->table.variables;
    int64_t sum = 0;

    for (size_t i = 0; i < rel->n; i++)
        sum += v[j->of[rel->parts[i]]].value;
    return sum == v[j->of[rel->whole]].value;
}

static bool
all_is_well(struct rounding_job *j, const struct rounding *r)
{
    table_reach(&j->table, REACH_ALL);
    for (size_t i = 0; i < j->table.n; i++) {
        const struct variable *v = &j->table.variables[i];

        if (v->value < v->lo || v->value > v->hi)
            return false;
    }
    for (size_t i = 0; i < r->n_relations; i++) {
        if (!adds_up(j, &r->relations[i]))
            return false;
    }
    return true;
}

static unsigned
steps_taken(struct rounding_job *j)
{
    table_reach(&j->table, REACH_NEXT);
    for (size_t i = 0; i < j->table.n; i++) {
        const struct variable *v = &j->table.variables[i];

        if (v->value < v->lo || v->value > v->hi)
            return 1;
    }
    return 0;
}

enum sv_err
rounding_run(const struct rounding *r,
             const uint8_t key[static ROUNDING_KEY_LEN],
             const struct solver_source *source, unsigned timeout_ms,
             int64_t out[], unsigned *steps, size_t *in_conflict)
{
    struct rounding_job j = {0};
    enum sv_err err = job_make(&j, r, key, source, timeout_ms);

    if (err == SV_OK)
        err = solve(&j, in_conflict);
    if (err == SV_OK && !all_is_well(&j, r))
        err = SV_ERR_UNVERIFIED;
    if (err == SV_OK) {
        *steps = steps_taken(&j);
        for (size_t i = 0; i < r->n; i++)
            out[i] = j.table.variables[j.of[i]].value * r->base;
    }
    job_clear(&j);
    return err;
}
