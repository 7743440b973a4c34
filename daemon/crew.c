#include "daemon/crew.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 64

struct queue {
    struct task *first;
    struct task *last;
    size_t n;
};

struct crew {
    struct gate *gate;
    crew_done_fn done;
    void *ctx;
    pthread_mutex_t mutex;
    pthread_cond_t work; /* there is something to do, or the end has come */
    struct queue fresh;  /* to prepare */
    struct queue ready;  /* prepared: the next group */
    struct queue ran;    /* to finish */
    bool running;        /* a group is at the gate */
    bool ended;
    unsigned n_threads;
    pthread_t threads[THREADS_MAX];
};

static void
queue_add(struct queue *q, struct task *t)
{
    t->next = NULL;
    if (q->n == 0)
        q->first = t;
    else
        q->last->next = t;
    q->last = t;
    q->n++;
}

static struct task *
queue_take(struct queue *q)
{
    struct task *t = q->first;

    q->first = t->next;
    q->n--;
    return t;
}

/* ---- The three steps ---- */

static void
prepare(struct crew *c, struct task *t)
{
    if (gate_job_new(c->gate, t->request, &t->job) == SV_OK)
        gate_prepare(t->job);
    else
        t->job = NULL;
}

enum sv_err
answer_failure(enum sv_err status, const char *reason, struct buf *out)
{
    uint8_t *header;
    enum sv_err err;

    buf_truncate(out, 0);
    err = buf_extend(out, FRAME_HEADER_LEN, &header);
    if (err == SV_OK)
        err = message_failure_encode(MESSAGE_ACT, status, reason, out);
    if (err == SV_OK)
        err = frame_header_encode(out->len - FRAME_HEADER_LEN, FRAME_ANSWER_MAX,
                                  out->ptr);
    return err;
}

static void
finish(struct crew *c, struct task *t)
{
    uint8_t *header;
    enum sv_err err = buf_extend(&t->answer, FRAME_HEADER_LEN, &header);

    if (err == SV_OK)
        err = t->job != NULL ? gate_finish(t->job, &t->answer) : SV_ERR_NOMEM;
    if (err == SV_OK)
        err = frame_header_encode(t->answer.len - FRAME_HEADER_LEN,
                                  FRAME_ANSWER_MAX, t->answer.ptr);
    /* What was run may stand in the log. */
    if (err != SV_OK && t->job != NULL)
        err = SV_ERR_UNSURE;
    gate_job_free(t->job);
    t->job = NULL;
    if (err != SV_OK && answer_failure(err, "service", &t->answer) != SV_OK)
        buf_free(&t->answer);
    c->done(c->ctx, t);
}

/* What is prepared, at most a group of it. */
static size_t
take_group(struct crew *c, struct task *tasks[static GATE_GROUP_MAX])
{
    size_t n = 0;

    while (c->ready.n > 0 && n < GATE_GROUP_MAX)
        tasks[n++] = queue_take(&c->ready);
    return n;
}

static void
run(struct crew *c, struct task *const tasks[], size_t n)
{
    struct gate_job *jobs[GATE_GROUP_MAX];
    size_t n_jobs = 0;

    for (size_t i = 0; i < n; i++)
        if (tasks[i]->job != NULL)
            jobs[n_jobs++] = tasks[i]->job;
    if (n_jobs > 0)
        gate_run(c->gate, jobs, n_jobs);
}

void
crew_serve(struct crew *c, struct task *t)
{
    prepare(c, t);
    run(c, &t, 1);
    finish(c, t);
}

/* ---- The threads ---- */

/* With the mutex held, before and after. */
static void
run_group(struct crew *c)
{
    struct task *tasks[GATE_GROUP_MAX] = {NULL};
    size_t n = take_group(c, tasks);

    c->running = true;
    (void)pthread_mutex_unlock(&c->mutex);
    run(c, tasks, n);
    (void)pthread_mutex_lock(&c->mutex);
    c->running = false;
    for (size_t i = 0; i < n; i++)
        queue_add(&c->ran, tasks[i]);
    if (n > 1 || c->ready.n > 0)
        (void)pthread_cond_broadcast(&c->work);
}

static void
prepare_one(struct crew *c)
{
    struct task *t = queue_take(&c->fresh);

    (void)pthread_mutex_unlock(&c->mutex);
    prepare(c, t);
    (void)pthread_mutex_lock(&c->mutex);
    queue_add(&c->ready, t);
}

static void
finish_one(struct crew *c)
{
    struct task *t = queue_take(&c->ran);

    (void)pthread_mutex_unlock(&c->mutex);
    finish(c, t);
    (void)pthread_mutex_lock(&c->mutex);
}

/*
 * First prepare, so that a group is as large as can be; then to the disk, the
 * slowest; answers meanwhile.
 */
static void *
work(void *ctx)
{
    struct crew *c = ctx;

    (void)pthread_mutex_lock(&c->mutex);
    for (;;) {
        if (c->fresh.n > 0 && c->ready.n < GATE_GROUP_MAX)
            prepare_one(c);
        else if (c->ready.n > 0 && !c->running)
            run_group(c);
        else if (c->ran.n > 0)
            finish_one(c);
        else if (c->ended)
            break;
        else
            (void)pthread_cond_wait(&c->work, &c->mutex);
    }
    (void)pthread_mutex_unlock(&c->mutex);
    return NULL;
}

void
crew_add(struct crew *c, struct task *t)
{
    (void)pthread_mutex_lock(&c->mutex);
    queue_add(&c->fresh, t);
    (void)pthread_cond_signal(&c->work);
    (void)pthread_mutex_unlock(&c->mutex);
}

enum sv_err
crew_new(struct gate *gate, unsigned n, crew_done_fn done, void *ctx,
         struct crew **out)
{
    struct crew *c = calloc(1, sizeof *c);

    if (c == NULL)
        return SV_ERR_NOMEM;
    c->gate = gate;
    c->done = done;
    c->ctx = ctx;
    (void)pthread_mutex_init(&c->mutex, NULL);
    (void)pthread_cond_init(&c->work, NULL);
    n = n < 2 ? 2 : n;
    n = n > THREADS_MAX ? THREADS_MAX : n;
    while (c->n_threads < n) {
        if (pthread_create(&c->threads[c->n_threads], NULL, work, c) != 0) {
            crew_free(c);
            return SV_ERR_NOMEM;
        }
        c->n_threads++;
    }
    *out = c;
    return SV_OK;
}

void
crew_free(struct crew *c)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->mutex);
    c->ended = true;
    (void)pthread_cond_broadcast(&c->work);
    (void)pthread_mutex_unlock(&c->mutex);
    for (unsigned i = 0; i < c->n_threads; i++)
        (void)pthread_join(c->threads[i], NULL);
    (void)pthread_cond_destroy(&c->work);
    (void)pthread_mutex_destroy(&c->mutex);
    free(c);
}
