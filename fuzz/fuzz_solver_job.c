/*
 * What svault-solver reads from its client, as it comes over a job's socket,
 * before an engine that adds up all it is given.
 *
 * Covers: disclosure/solver_main.c disclosure/solver_job.c
 */
#include <sys/time.h>
#include <unistd.h>

#include "fuzz/draw.h"

/* The program itself, with its own functions in reach; the alarm is the
 * fuzzer's. */
int solver_main(void);
#define main solver_main
#define setitimer(which, value, old) ((void)(value), 0)
#include "disclosure/solver_main.c"
#undef main
#undef setitimer

/* It is not shut in here, and nobody ends it. */
enum sv_err
box_process(void)
{
    return SV_OK;
}

enum sv_err
box_job(pid_t parent)
{
    (void)parent;
    return SV_OK;
}

/* ---- an engine ---- */

struct engine {
    size_t n_cols;
    int64_t *bounds;
    double sum;
};

enum sv_err
engine_new(const struct solver_model *m, struct engine **out)
{
    struct engine *e;

    demand(m->n_cols <= SOLVER_COLS_MAX && m->n_rows <= SOLVER_ROWS_MAX);
    demand(m->start[m->n_rows] <= SOLVER_ENTRIES_MAX);
    /* The engine's own rules: solver_engine.h. */
    for (size_t i = 0; i < m->n_rows; i++)
        if (m->start[i] > m->start[i + 1] ||
            m->start[i + 1] > m->start[m->n_rows])
            return SV_ERR_USAGE;
    for (size_t k = 0; k < m->start[m->n_rows]; k++)
        if (m->column[k] >= m->n_cols)
            return SV_ERR_USAGE;
    e = calloc(1, sizeof *e);
    demand(e != NULL);
    e->n_cols = m->n_cols;
    e->bounds = calloc(2 * m->n_cols + 1, sizeof *e->bounds);
    demand(e->bounds != NULL);
    for (size_t i = 0; i < m->n_cols; i++) {
        e->bounds[2 * i] = m->col_lo[i];
        e->bounds[2 * i + 1] = m->col_hi[i];
    }
    for (size_t i = 0; i < m->n_rows; i++)
        e->sum += (double)m->row_lo[i] + (double)m->row_hi[i];
    for (size_t k = 0; k < m->start[m->n_rows]; k++)
        e->sum += (double)m->factor[k];
    *out = e;
    return SV_OK;
}

void
engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    free(e->bounds);
    free(e);
}

void
engine_bound(struct engine *e, size_t column, int64_t lo, int64_t hi)
{
    demand(column < e->n_cols);
    e->bounds[2 * column] = lo;
    e->bounds[2 * column + 1] = hi;
}

void
engine_afresh(struct engine *e)
{
    e->sum = 0;
}

enum engine_answer
engine_solve(struct engine *e, const struct engine_objective *o, double x[])
{
    for (size_t i = 0; i < o->n; i++) {
        demand(o->column[i] < e->n_cols);
        e->sum += o->factor[i];
    }
    for (size_t i = 0; i < e->n_cols; i++)
        x[i] = (double)e->bounds[2 * i];
    return e->sum > 0 ? ENGINE_SOLVED : (enum engine_answer)(o->n % 4);
}

/* ---- a job ---- */

void
fuzz_one(struct bytes in)
{
    struct job j = {.socket = {-1, JOB_FOREVER}};
    int ends[2];

    demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    if (in.len > 65536 || write(ends[1], in.ptr, in.len) != (ssize_t)in.len ||
        shutdown(ends[1], SHUT_WR) != 0)
        goto out;
    j.socket.fd = ends[0];
    while (serve_one(&j) == SV_OK) {
        uint8_t answers[4096];

        /* Nobody reads the answers, so that none is waited for. */
        while (read(ends[1], answers, sizeof answers) > 0)
            continue;
    }
    engine_free(j.engine);
    free(j.x);
out:
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* ---- seeds ---- */

static void
put(struct buf *b, const void *ptr, size_t len)
{
    demand_ok(buf_append(b, bytes_of(ptr, len)));
}

static void
put_head(struct buf *b, uint32_t kind, uint32_t number, uint64_t len)
{
    const struct job_head head = {kind, number, len};

    put(b, &head, sizeof head);
}

static void
put_model(struct buf *b)
{
    static const int64_t lo[] = {0, 0}, hi[] = {4, SOLVER_INFINITY};
    static const int64_t row_lo[] = {1, -SOLVER_INFINITY}, row_hi[] = {7, 9};
    static const int64_t factor[] = {1, 1, 2};
    static const size_t start[] = {0, 2, 3};
    static const uint32_t column[] = {0, 1, 1};
    const struct solver_model m = {2,      2,     lo,     hi,    row_lo,
                                   row_hi, start, column, factor};
    const struct job_model sizes = {2, 2, 3, 60000};
    struct iovec parts[JOB_MODEL_PARTS];
    size_t len = sizeof sizes;

    job_model_parts(&m, parts);
    for (size_t i = 0; i < JOB_MODEL_PARTS; i++)
        len += parts[i].iov_len;
    put_head(b, JOB_MODEL, 0, len);
    put(b, &sizes, sizeof sizes);
    for (size_t i = 0; i < JOB_MODEL_PARTS; i++)
        put(b, parts[i].iov_base, parts[i].iov_len);
}

void
fuzz_seeds(struct seeds *s)
{
    static const struct job_bound bound = {1, 0, 3};
    static const struct job_objective o = {2, 0.02, SOLVER_MAX};
    static const double factor[] = {3, 2};
    static const uint32_t column[] = {0, 1};
    struct buf b = BUF_INIT;

    put_model(&b);
    put_head(&b, JOB_OPTIMUM, 1, sizeof o + sizeof factor + sizeof column);
    put(&b, &o, sizeof o);
    put(&b, factor, sizeof factor);
    put(&b, column, sizeof column);
    put_head(&b, JOB_BOUND, 2, sizeof bound);
    put(&b, &bound, sizeof bound);
    put_head(&b, JOB_AFRESH, 3, 0);
    put_head(&b, JOB_INTEGER, 4, sizeof o + sizeof factor + sizeof column);
    put(&b, &o, sizeof o);
    put(&b, factor, sizeof factor);
    put(&b, column, sizeof column);
    seed_buf(s, &b);
}
