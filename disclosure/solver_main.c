#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "disclosure/solver_box.h"
#include "disclosure/solver_engine.h"
#include "disclosure/solver_job.h"

/*
 * svault-solver: standard input is a socket on which sockets come, one for
 * each job; each is served by a process of its own (solver_process.h).
 */

#define KEEP (32 << 20) /* the most that the C library takes */

/* ---- One job ---- */

struct job {
    struct job_socket socket;
    struct engine *engine;
    size_t n_cols;
    double *x;
};

static enum sv_err
read_model(struct job *j, const uint8_t *body, size_t len)
{
    struct solver_model m = {0};
    struct job_model sizes;
    enum sv_err err = job_model_read(body, len, &m);

    if (err != SV_OK || j->engine != NULL)
        return SV_ERR_FORMAT;
    memcpy(&sizes, body, sizeof sizes);
    /* The client waits no longer: SIGALRM ends it, whatever it is doing. */
    const struct itimerval end = {
        .it_value = {.tv_sec = (time_t)(sizes.timeout_ms / 1000),
                     .tv_usec = (suseconds_t)(sizes.timeout_ms % 1000) * 1000}};

    if (setitimer(ITIMER_REAL, &end, NULL) != 0)
        return SV_ERR_IO;
    j->n_cols = m.n_cols;
    j->x = calloc(m.n_cols + 1, sizeof *j->x);
    return j->x == NULL ? SV_ERR_NOMEM : engine_new(&m, &j->engine);
}

static enum sv_err
read_bound(struct job *j, const uint8_t *body, size_t len)
{
    struct job_bound b;

    if (j->engine == NULL || len != sizeof b)
        return SV_ERR_FORMAT;
    memcpy(&b, body, sizeof b);
    if (b.column >= j->n_cols)
        return SV_ERR_FORMAT;
    engine_bound(j->engine, b.column, b.lo, b.hi);
    return SV_OK;
}

static enum sv_err
read_afresh(struct job *j, size_t len)
{
    if (j->engine == NULL || len != 0)
        return SV_ERR_FORMAT;
    engine_afresh(j->engine);
    return SV_OK;
}

static enum sv_err
answer(struct job *j, uint32_t number, enum engine_answer a)
{
    static const uint32_t kinds[] = {
        [ENGINE_SOLVED] = JOB_SOLVED,
        [ENGINE_NONE] = JOB_NONE,
        [ENGINE_UNBOUNDED] = JOB_UNBOUNDED,
        [ENGINE_FAILED] = JOB_FAILED,
    };
    struct job_head head = {kinds[a], number,
                            a == ENGINE_SOLVED ? j->n_cols * sizeof *j->x : 0};
    struct iovec parts[] = {{&head, sizeof head}, {j->x, head.len}};

    return job_send(&j->socket, parts, 2);
}

static enum sv_err
solve(struct job *j, const struct job_head *head, const uint8_t *body)
{
    struct job_objective w;
    struct engine_objective o = {.whole = head->kind == JOB_INTEGER};

    if (j->engine == NULL || head->len < sizeof w)
        return SV_ERR_FORMAT;
    memcpy(&w, body, sizeof w);
    if (w.n > SOLVER_ENTRIES_MAX ||
        head->len != sizeof w + w.n * (sizeof(double) + sizeof(uint32_t)))
        return SV_ERR_FORMAT;
    o.sense = w.sense == SOLVER_MAX ? SOLVER_MAX : SOLVER_MIN;
    o.gap = w.gap;
    o.n = w.n;
    o.factor = (const void *)(body + sizeof w);
    o.column = (const void *)(o.factor + w.n);
    for (size_t i = 0; i < o.n; i++)
        if (o.column[i] >= j->n_cols)
            return SV_ERR_FORMAT;
    return answer(j, head->number, engine_solve(j->engine, &o, j->x));
}

static enum sv_err
serve_one(struct job *j)
{
    struct job_head head;
    uint8_t *body = NULL;
    enum sv_err err = job_recv(&j->socket, &head, sizeof head);

    if (err == SV_OK && head.len > JOB_REQUEST_MAX)
        err = SV_ERR_FORMAT;
    if (err == SV_OK && (body = malloc(head.len + 1)) == NULL)
        err = SV_ERR_NOMEM;
    if (err == SV_OK)
        err = job_recv(&j->socket, body, head.len);
    if (err == SV_OK) {
        switch (head.kind) {
        case JOB_MODEL:
            err = read_model(j, body, head.len);
            break;
        case JOB_BOUND:
            err = read_bound(j, body, head.len);
            break;
        case JOB_AFRESH:
            err = read_afresh(j, head.len);
            break;
        case JOB_OPTIMUM:
        case JOB_INTEGER:
            err = solve(j, &head, body);
            break;
        default:
            err = SV_ERR_FORMAT;
        }
    }
    free(body);
    return err;
}

/* Until the client goes, or says what makes no sense; nothing is freed. */
static void
serve(int fd, pid_t parent)
{
    struct job j = {.socket = {fd, JOB_FOREVER}};
    enum sv_err err = box_job(parent);

    while (err == SV_OK)
        err = serve_one(&j);
}

/* ---- The jobs ---- */

/* -1: no more come. */
static int
next_job(void)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *c;
    int fd = -1;

    if (recvmsg(STDIN_FILENO, &message, MSG_CMSG_CLOEXEC) <= 0)
        return -1;
    c = CMSG_FIRSTHDR(&message);
    if (c != NULL && c->cmsg_level == SOL_SOCKET &&
        c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

int
main(void)
{
    pid_t self = getpid();
    int fd;

    /* Each objective takes the same memory anew: what is given back to the
     * system in between is a third of the time of a small one. */
    (void)mallopt(M_MMAP_THRESHOLD, KEEP);
    (void)mallopt(M_TRIM_THRESHOLD, 8 * KEEP);
    if (box_process() != SV_OK)
        return 1;
    while ((fd = next_job()) >= 0) {
        if (fork() == 0) {
            serve(fd, self);
            _exit(0); /* COIN-OR's own ends are of no use */
        }
        (void)close(fd);
    }
    _exit(0);
}
