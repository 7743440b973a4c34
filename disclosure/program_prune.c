#include <stdlib.h>
#include <string.h>

#include "disclosure/program_internal.h"

/* Rows by their columns, and what of a row is covered by others. */
struct covering {
    struct program_rows *rows;
    size_t *start; /* of each column, n_cols + 2 */
    uint32_t *row;
    uint32_t *in; /* of each column: the row that is looked at, + 1, until it
                   * is covered */
    bool *dropped;
};

static size_t
length(const struct program_rows *r, size_t row)
{
    return r->start[row + 1] - r->start[row];
}

/* One number, and the sum of its columns. */
static bool
is_sum(const struct program_rows *r, size_t row)
{
    if (r->lo[row] != r->hi[row])
        return false;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++)
        if (r->factor[i] != 1)
            return false;
    return true;
}

static void
by_columns(struct covering *c, size_t n_cols)
{
    const struct program_rows *r = c->rows;

    /* Counted two places up, they are starts one place up, and where the
     * next one goes; in the end, every start is at its place. */
    for (size_t i = 0; i < r->start[r->n]; i++)
        c->start[r->column[i] + 2]++;
    for (size_t i = 0; i < n_cols; i++)
        c->start[i + 2] += c->start[i + 1];
    for (size_t i = 0; i < r->n; i++)
        for (size_t j = r->start[i]; j < r->start[i + 1]; j++)
            c->row[c->start[r->column[j] + 1]++] = (uint32_t)i;
}

/* Is `part` a sum of columns of `row` that nothing covers yet? */
static bool
is_part(const struct covering *c, size_t part, size_t row)
{
    const struct program_rows *r = c->rows;
    size_t a = length(r, part), b = length(r, row);

    if (c->dropped[part] || a > b || (a == b && part >= row) ||
        !is_sum(r, part))
        return false;
    for (size_t i = r->start[part]; i < r->start[part + 1]; i++)
        if (c->in[r->column[i]] != row + 1)
            return false;
    return true;
}

/* The longest part with this column; the row itself where there is none. */
static size_t
find_part(const struct covering *c, uint32_t column, size_t row)
{
    size_t best = row;

    for (size_t i = c->start[column]; i < c->start[column + 1]; i++) {
        size_t part = c->row[i];

        if (part != row &&
            (best == row || length(c->rows, part) > length(c->rows, best)) &&
            is_part(c, part, row))
            best = part;
    }
    return best;
}

/* Do other rows, one beside the other, say what this one says? */
static bool
is_said(struct covering *c, size_t row)
{
    const struct program_rows *r = c->rows;
    wide sum = 0;

    for (size_t i = r->start[row]; i < r->start[row + 1]; i++)
        c->in[r->column[i]] = (uint32_t)row + 1;
    for (size_t i = r->start[row]; i < r->start[row + 1]; i++) {
        size_t part;

        if (c->in[r->column[i]] != row + 1)
            continue;
        part = find_part(c, r->column[i], row);
        if (part == row)
            return false;
        sum += r->lo[part];
        for (size_t j = r->start[part]; j < r->start[part + 1]; j++)
            c->in[r->column[j]] = 0;
    }
    return sum == r->lo[row];
}

static void
take_out(struct program_rows *r, const bool dropped[])
{
    size_t n = 0, entries = 0, from = 0;

    for (size_t i = 0; i < r->n; i++) {
        size_t to = r->start[i + 1], len = to - from;

        if (!dropped[i]) {
            memmove(&r->column[entries], &r->column[from],
                    len * sizeof *r->column);
            memmove(&r->factor[entries], &r->factor[from],
                    len * sizeof *r->factor);
            r->lo[n] = r->lo[i];
            r->hi[n] = r->hi[i];
            entries += len;
            r->start[++n] = entries;
        }
        from = to;
    }
    r->n = n;
}

enum sv_err
program_prune(struct program_rows *r, size_t n_cols)
{
    struct covering c = {
        .rows = r,
        .start = calloc(n_cols + 3, sizeof *c.start),
        .row = calloc(r->start[r->n] + 1, sizeof *c.row),
        .in = calloc(n_cols + 1, sizeof *c.in),
        .dropped = calloc(r->n + 1, sizeof *c.dropped),
    };
    enum sv_err err = SV_ERR_NOMEM;

    if (c.start != NULL && c.row != NULL && c.in != NULL && c.dropped != NULL) {
        by_columns(&c, n_cols);
        for (size_t i = 0; i < r->n; i++)
            c.dropped[i] = is_sum(r, i) && is_said(&c, i);
        take_out(r, c.dropped);
        err = SV_OK;
    }
    free(c.start);
    free(c.row);
    free(c.in);
    free(c.dropped);
    return err;
}
