#include "fuzz/lying_solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "disclosure/solver_job.h"

#define COLUMNS_MAX 24 /* more are not tried */
#define ROWS_MAX 64
#define WIDTH_MAX 6 /* numbers of one column */
#define NODES_MAX 20000
#define BODY_MAX (UINT64_C(1) << 22)

struct job {
    struct job_socket socket;
    bool is_liar;
    uint64_t state;
    uint8_t *body; /* of the model, with bounds as they are now */
    struct solver_model m;
    double *x;
};

static uint64_t
next(struct job *j)
{
    j->state ^= j->state << 13;
    j->state ^= j->state >> 7;
    j->state ^= j->state << 17;
    return j->state;
}

/* ---- all whole numbers ---- */

struct trial {
    const struct solver_model *m;
    int64_t lo[COLUMNS_MAX], hi[COLUMNS_MAX];
    double cost[COLUMNS_MAX]; /* least is best */
    int64_t x[COLUMNS_MAX], best[COLUMNS_MAX];
    double cost_of_best;
    size_t n_nodes;
    bool found, cut; /* cut: not all were tried */
};

/* Can a row still hold, with columns from `column` on as they like? */
static bool
may_hold(const struct trial *t, size_t row, size_t column)
{
    const struct solver_model *m = t->m;
    long double least = 0, most = 0;

    for (size_t k = m->start[row]; k < m->start[row + 1]; k++) {
        size_t at = m->column[k];
        long double f = (long double)m->factor[k];
        long double lo = f * (long double)(at < column ? t->x[at] : t->lo[at]);
        long double hi = f * (long double)(at < column ? t->x[at] : t->hi[at]);

        least += f > 0 ? lo : hi;
        most += f > 0 ? hi : lo;
    }
    return least <= (long double)m->row_hi[row] &&
           most >= (long double)m->row_lo[row];
}

static void
try_column(struct trial *t, size_t column, double cost)
{
    if (++t->n_nodes > NODES_MAX) {
        t->cut = true;
        return;
    }
    for (size_t i = 0; i < t->m->n_rows; i++)
        if (!may_hold(t, i, column))
            return;
    if (column == t->m->n_cols) {
        if ((t->found && cost >= t->cost_of_best) || !solver_check(t->m, t->x))
            return;
        t->found = true;
        t->cost_of_best = cost;
        memcpy(t->best, t->x, sizeof t->best);
        return;
    }
    for (int64_t v = t->lo[column]; v <= t->hi[column]; v++) {
        t->x[column] = v;
        try_column(t, column + 1, cost + t->cost[column] * (double)v);
    }
}

/* Numbers near 0, which moves and steps are. */
static void
bound_trial(struct trial *t)
{
    for (size_t i = 0; i < t->m->n_cols; i++) {
        int64_t lo = t->m->col_lo[i], hi = t->m->col_hi[i];

        if (lo < -WIDTH_MAX / 2) {
            lo = -WIDTH_MAX / 2 < hi ? -WIDTH_MAX / 2 : hi;
            t->cut = true;
        }
        if (hi > lo && (uint64_t)hi - (uint64_t)lo > WIDTH_MAX) {
            hi = lo + WIDTH_MAX;
            t->cut = true;
        }
        t->lo[i] = lo;
        t->hi[i] = hi;
    }
}

static uint32_t
solve(struct job *j, const struct job_objective *o, const double factor[],
      const uint32_t column[])
{
    struct trial t = {.m = &j->m};

    if (j->m.n_cols > COLUMNS_MAX || j->m.n_rows > ROWS_MAX)
        return JOB_FAILED;
    for (size_t i = 0; i < o->n; i++)
        t.cost[column[i]] += o->sense == SOLVER_MAX ? -factor[i] : factor[i];
    bound_trial(&t);
    try_column(&t, 0, 0);
    for (size_t i = 0; i < j->m.n_cols; i++)
        j->x[i] = (double)t.best[i];
    /* An honest one does not call best what may not be. */
    if (t.cut && !j->is_liar)
        return JOB_FAILED;
    return t.found ? JOB_SOLVED : t.cut ? JOB_FAILED : JOB_NONE;
}

/* ---- lies ---- */

static double
invent(struct job *j)
{
    static const double strange[] = {NAN,  INFINITY, -INFINITY, 1e300, -1e300,
                                     9e15, -9e18,    0.5,       1e-7,  -1};

    return next(j) % 4 > 0
               ? (double)(next(j) % 5)
               : strange[next(j) % (sizeof strange / sizeof *strange)];
}

static uint32_t
lie(struct job *j, uint32_t truth, struct job_head *head)
{
    static const uint32_t kinds[] = {JOB_SOLVED, JOB_NONE,  JOB_UNBOUNDED,
                                     JOB_FAILED, JOB_MODEL, 0};

    switch (next(j) % 16) {
    case 0:
    case 1:
        return kinds[next(j) % (sizeof kinds / sizeof *kinds)];
    case 2:
        head->number++;
        return truth;
    case 3:
        head->len = next(j) % 64;
        return truth;
    case 4:
    case 5:
        for (size_t i = 0; i < j->m.n_cols; i++)
            j->x[i] = invent(j);
        return JOB_SOLVED;
    case 6:
        if (j->m.n_cols > 0)
            j->x[next(j) % j->m.n_cols] = invent(j);
        return JOB_SOLVED;
    case 7:
        for (size_t i = 0; i < j->m.n_cols; i++)
            j->x[i] = (double)j->m.col_lo[i];
        return JOB_SOLVED;
    default:
        return truth;
    }
}

/* ---- a job ---- */

static enum sv_err
answer(struct job *j, const struct job_head *asked, const uint8_t *body)
{
    struct job_objective o;
    const double *factor = (const void *)(body + sizeof o);
    struct job_head head = {.number = asked->number};
    size_t len = j->m.n_cols * sizeof *j->x;
    struct iovec parts[2];

    memcpy(&o, body, sizeof o);
    demand(asked->len == sizeof o + o.n * (sizeof(double) + sizeof(uint32_t)));
    head.kind = solve(j, &o, factor, (const void *)(factor + o.n));
    head.len = SIZE_MAX;
    if (j->is_liar)
        head.kind = lie(j, head.kind, &head);
    if (head.len == SIZE_MAX)
        head.len = head.kind == JOB_SOLVED ? len : 0;
    if (j->is_liar && next(j) % 64 == 0)
        return SV_ERR_UNVERIFIED; /* gone */
    parts[0] = job_part(&head, sizeof head);
    parts[1] = job_part(j->x, head.len < len ? head.len : len);
    /* Nobody waits for what was announced and does not come. */
    return job_send(&j->socket, parts, 2) == SV_OK && head.len <= len
               ? SV_OK
               : SV_ERR_UNVERIFIED;
}

static void
take_model(struct job *j, uint8_t *body, size_t len)
{
    demand(j->body == NULL);
    j->body = body;
    demand_ok(job_model_read(body, len, &j->m));
    j->x = calloc(j->m.n_cols + 1, sizeof *j->x);
    demand(j->x != NULL);
}

/* The model's vectors lie in the body, which is ours. */
static void
take_bound(struct job *j, const uint8_t *body)
{
    int64_t *bounds = (void *)(j->body + sizeof(struct job_model));
    struct job_bound b;

    memcpy(&b, body, sizeof b);
    demand(b.column < j->m.n_cols);
    bounds[b.column] = b.lo;
    bounds[j->m.n_cols + b.column] = b.hi;
}

static enum sv_err
serve_one(struct job *j)
{
    struct job_head head = {0};
    uint8_t *body = NULL;
    enum sv_err err = job_recv(&j->socket, &head, sizeof head);

    if (err != SV_OK)
        return err;
    demand(head.len <= BODY_MAX);
    body = malloc(head.len + 1);
    demand(body != NULL);
    err = job_recv(&j->socket, body, head.len);
    if (err == SV_OK && head.kind == JOB_MODEL) {
        take_model(j, body, head.len);
        return SV_OK;
    }
    if (err == SV_OK && head.kind == JOB_BOUND)
        take_bound(j, body);
    else if (err == SV_OK && head.kind != JOB_AFRESH)
        err = answer(j, &head, body);
    free(body);
    return err;
}

static void *
serve(void *ctx)
{
    struct job *j = ctx;

    while (serve_one(j) == SV_OK)
        continue;
    (void)close(j->socket.fd);
    free(j->body);
    free(j->x);
    free(j);
    return NULL;
}

static enum sv_err
open_job(void *ctx, int *fd)
{
    struct lying_solver *s = ctx;
    struct job *j;
    int ends[2];

    if (s->n == LYING_JOBS_MAX || (s->is_liar && s->number % 61 == 0))
        return SV_ERR_UNVERIFIED;
    j = calloc(1, sizeof *j);
    demand(j != NULL);
    demand(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    *j = (struct job){
        .socket = {ends[1], JOB_FOREVER},
        .is_liar = s->is_liar,
        .state = (s->number + s->n) * UINT64_C(0x9e3779b97f4a7c15) | 1};
    demand(pthread_create(&s->threads[s->n++], NULL, serve, j) == 0);
    *fd = ends[0];
    return SV_OK;
}

void
lying_solver_start(struct lying_solver *s, bool is_liar, uint64_t number)
{
    *s = (struct lying_solver){.is_liar = is_liar, .number = number};
    s->source = (struct solver_source){open_job, s};
}

void
lying_solver_stop(struct lying_solver *s)
{
    for (size_t i = 0; i < s->n; i++)
        demand(pthread_join(s->threads[i], NULL) == 0);
    s->n = 0;
}
