#include "disclosure/solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#include "disclosure/solver_job.h"

/* Whole numbers beyond this are not told apart by a double. */
#define WHOLE_MAX 9007199254740992.0 /* 2^53 */

struct solver {
    struct job_socket socket;
    struct solver_model model; /* with bounds of its own */
    int64_t *col_lo, *col_hi;
    double *x; /* an answer, until it is found good */
    uint32_t number;
    bool broken;
};

/* ---- The check ---- */

static bool
row_fits(const struct solver_model *m, const int64_t x[], size_t row)
{
    int64_t sum = 0;

    for (size_t k = m->start[row]; k < m->start[row + 1]; k++) {
        int64_t product;

        if (__builtin_mul_overflow(m->factor[k], x[m->column[k]], &product) ||
            __builtin_add_overflow(sum, product, &sum))
            return false;
    }
    return m->row_lo[row] <= sum && sum <= m->row_hi[row];
}

bool
solver_check(const struct solver_model *m, const int64_t x[])
{
    for (size_t i = 0; i < m->n_cols; i++)
        if (x[i] < m->col_lo[i] || x[i] > m->col_hi[i])
            return false;
    for (size_t i = 0; i < m->n_rows; i++)
        if (!row_fits(m, x, i))
            return false;
    return true;
}

/* ---- A job ---- */

static enum sv_err
model_valid(const struct solver_model *m)
{
    if (m->n_cols > SOLVER_COLS_MAX || m->n_rows > SOLVER_ROWS_MAX ||
        m->start[m->n_rows] > SOLVER_ENTRIES_MAX)
        return SV_ERR_RANGE;
    if (m->start[0] != 0)
        return SV_ERR_USAGE;
    for (size_t i = 0; i < m->n_rows; i++)
        if (m->start[i] > m->start[i + 1])
            return SV_ERR_USAGE;
    for (size_t k = 0; k < m->start[m->n_rows]; k++)
        if (m->column[k] >= m->n_cols)
            return SV_ERR_USAGE;
    return SV_OK;
}

static int64_t *
copy_of(const int64_t v[], size_t n)
{
    int64_t *out = calloc(n + 1, sizeof *out);

    if (out != NULL && n > 0)
        memcpy(out, v, n * sizeof *out);
    return out;
}

/* The frame of kind, whose body is parts[1] and on.  What goes wrong on the
 * way makes the solver useless. */
static enum sv_err
send_frame(struct solver *s, enum job_kind kind, struct iovec parts[], size_t n)
{
    struct job_head head = {kind, s->number, 0};
    enum sv_err err = s->broken ? SV_ERR_UNVERIFIED : SV_OK;

    for (size_t i = 1; i < n; i++)
        head.len += parts[i].iov_len;
    parts[0] = (struct iovec){&head, sizeof head};
    if (err == SV_OK)
        err = job_send(&s->socket, parts, n);
    parts[0] = (struct iovec){0}; /* the head goes no further */
    s->number++;
    s->broken = err != SV_OK;
    return err;
}

static enum sv_err
send_model(struct solver *s, unsigned timeout_ms)
{
    struct job_model sizes = {.n_cols = s->model.n_cols,
                              .n_rows = s->model.n_rows,
                              .n_entries = s->model.start[s->model.n_rows],
                              .timeout_ms = timeout_ms};
    struct iovec parts[2 + JOB_MODEL_PARTS];

    parts[1] = (struct iovec){&sizes, sizeof sizes};
    job_model_parts(&s->model, parts + 2);
    return send_frame(s, JOB_MODEL, parts, 2 + JOB_MODEL_PARTS);
}

enum sv_err
solver_new(const struct solver_source *source, const struct solver_model *m,
           unsigned timeout_ms, struct solver **out)
{
    const struct clock clock = clock_boot();
    uint64_t deadline = clock_now(&clock) + timeout_ms;
    struct solver *s = NULL;
    enum sv_err err = model_valid(m);

    if (err == SV_OK && (timeout_ms == 0 || timeout_ms > SOLVER_TIMEOUT_MAX_MS))
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        return err;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return SV_ERR_NOMEM;
    s->socket = (struct job_socket){-1, deadline};
    s->model = *m;
    s->model.col_lo = s->col_lo = copy_of(m->col_lo, m->n_cols);
    s->model.col_hi = s->col_hi = copy_of(m->col_hi, m->n_cols);
    s->x = calloc(m->n_cols + 1, sizeof *s->x);
    if (s->col_lo == NULL || s->col_hi == NULL || s->x == NULL)
        err = SV_ERR_NOMEM;
    if (err == SV_OK)
        err = source->open == NULL ? SV_ERR_UNVERIFIED
                                   : source->open(source->ctx, &s->socket.fd);
    /* Whatever the reason that there is none: nothing is solved. */
    if (err != SV_OK && err != SV_ERR_NOMEM)
        err = SV_ERR_UNVERIFIED;
    if (err == SV_OK)
        err = send_model(s, timeout_ms);
    if (err == SV_OK)
        *out = s;
    else
        solver_free(s);
    return err;
}

void
solver_free(struct solver *s)
{
    if (s == NULL)
        return;
    if (s->socket.fd >= 0)
        (void)close(s->socket.fd);
    free(s->col_lo);
    free(s->col_hi);
    free(s->x);
    free(s);
}

enum sv_err
solver_bound(struct solver *s, uint32_t column, int64_t lo, int64_t hi)
{
    struct job_bound b = {column, lo, hi};
    struct iovec parts[2] = {{0}, {&b, sizeof b}};
    enum sv_err err = SV_ERR_USAGE;

    if (column < s->model.n_cols)
        err = send_frame(s, JOB_BOUND, parts, 2);
    if (err == SV_OK) {
        s->col_lo[column] = lo;
        s->col_hi[column] = hi;
    }
    return err;
}

enum sv_err
solver_afresh(struct solver *s)
{
    struct iovec parts[1] = {{0}};

    return send_frame(s, JOB_AFRESH, parts, 1);
}

/* ---- Questions and answers ---- */

static bool
all_finite(const double v[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

/* The answer to what was sent last, into s->x. */
static enum sv_err
receive(struct solver *s)
{
    struct job_head head;
    size_t len = s->model.n_cols * sizeof *s->x;
    enum sv_err err = job_recv(&s->socket, &head, sizeof head);

    if (err == SV_OK && head.number != s->number - 1)
        err = SV_ERR_UNVERIFIED;
    if (err != SV_OK)
        return err;
    if (head.kind == JOB_NONE && head.len == 0)
        return SV_ERR_NOT_FOUND;
    if (head.kind == JOB_UNBOUNDED && head.len == 0)
        return SV_ERR_FULL;
    if (head.kind != JOB_SOLVED || head.len != len)
        return SV_ERR_UNVERIFIED;
    err = job_recv(&s->socket, s->x, len);
    if (err == SV_OK && !all_finite(s->x, s->model.n_cols))
        err = SV_ERR_UNVERIFIED;
    return err;
}

static enum sv_err
ask(struct solver *s, enum job_kind kind, struct job_objective o,
    const uint32_t column[], const double factor[])
{
    struct iovec parts[] = {{0}, {&o, sizeof o}, {0}, {0}};
    enum sv_err err = SV_OK;

    if (o.n > SOLVER_ENTRIES_MAX)
        return SV_ERR_RANGE;
    for (size_t i = 0; i < o.n; i++)
        if (column[i] >= s->model.n_cols)
            return SV_ERR_USAGE;
    if (!all_finite(factor, o.n))
        return SV_ERR_USAGE;
    parts[2] = job_part(factor, o.n * sizeof *factor);
    parts[3] = job_part(column, o.n * sizeof *column);
    err = send_frame(s, kind, parts, 4);
    if (err == SV_OK)
        err = receive(s);
    s->broken = err == SV_ERR_UNVERIFIED;
    return err;
}

enum sv_err
solver_optimum(struct solver *s, enum solver_sense sense, size_t n,
               const uint32_t column[], const double factor[], double x[])
{
    const struct job_objective o = {.n = n, .sense = sense};
    enum sv_err err = ask(s, JOB_OPTIMUM, o, column, factor);

    if (err == SV_OK)
        memcpy(x, s->x, s->model.n_cols * sizeof *x);
    return err;
}

enum sv_err
solver_integer(struct solver *s, enum solver_sense sense, size_t n,
               const uint32_t column[], const double factor[], double gap,
               int64_t x[])
{
    const struct job_objective o = {.n = n, .sense = sense, .gap = gap};
    size_t n_cols = s->model.n_cols;
    int64_t *whole = NULL;
    enum sv_err err = SV_ERR_USAGE;

    if (gap >= 0 && gap <= 1)
        err = ask(s, JOB_INTEGER, o, column, factor);
    if (err != SV_OK)
        return err;
    whole = calloc(n_cols + 1, sizeof *whole);
    if (whole == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < n_cols && err == SV_OK; i++) {
        if (fabs(s->x[i]) > WHOLE_MAX)
            err = SV_ERR_UNVERIFIED;
        else
            whole[i] = llround(s->x[i]);
    }
    if (err == SV_OK && !solver_check(&s->model, whole))
        err = SV_ERR_UNVERIFIED;
    if (err == SV_OK)
        memcpy(x, whole, n_cols * sizeof *x);
    else
        s->broken = true;
    free(whole);
    return err;
}
