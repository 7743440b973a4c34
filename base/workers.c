#include "base/workers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define WORKERS_MAX 64

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* there is a part to take, or the end has come */
    pthread_cond_t idle; /* the last part is done */
    workers_fn fn;
    void *ctx;
    size_t next;     /* part to begin */
    size_t end;      /* no part from here on is begun */
    size_t running;  /* parts begun and not done */
    enum sv_err err; /* of part `end`, where one failed */
    bool ended;
    unsigned n_threads;
    pthread_t threads[WORKERS_MAX];
};

/* With the mutex held, before and after. */
static void
run_one(struct workers *w)
{
    size_t part = w->next++;
    workers_fn fn = w->fn;
    void *ctx = w->ctx;
    enum sv_err err;

    w->running++;
    (void)pthread_mutex_unlock(&w->mutex);
    err = fn(ctx, part);
    (void)pthread_mutex_lock(&w->mutex);
    if (err != SV_OK && part < w->end) {
        w->end = part;
        w->err = err;
    }
    if (--w->running == 0 && w->next >= w->end)
        (void)pthread_cond_signal(&w->idle);
}

static void *
work(void *ctx)
{
    struct workers *w = ctx;

    (void)pthread_mutex_lock(&w->mutex);
    while (!w->ended) {
        if (w->next < w->end)
            run_one(w);
        else
            (void)pthread_cond_wait(&w->work, &w->mutex);
    }
    (void)pthread_mutex_unlock(&w->mutex);
    return NULL;
}

static enum sv_err
run_alone(size_t n, workers_fn fn, void *ctx)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = fn(ctx, i);
    return err;
}

enum sv_err
workers_run(struct workers *w, size_t n, workers_fn fn, void *ctx)
{
    enum sv_err err;

    if (w == NULL || w->n_threads == 0)
        return run_alone(n, fn, ctx);
    (void)pthread_mutex_lock(&w->mutex);
    w->fn = fn;
    w->ctx = ctx;
    w->next = 0;
    w->end = n;
    w->err = SV_OK;
    (void)pthread_cond_broadcast(&w->work);
    while (w->next < w->end)
        run_one(w);
    while (w->running > 0)
        (void)pthread_cond_wait(&w->idle, &w->mutex);
    err = w->err;
    (void)pthread_mutex_unlock(&w->mutex);
    return err;
}

enum sv_err
workers_new(unsigned n, struct workers **out)
{
    struct workers *w = calloc(1, sizeof *w);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (w == NULL)
        return SV_ERR_NOMEM;
    if (n == 0)
        n = processors > 0 ? (unsigned)processors : 1;
    n = n > WORKERS_MAX ? WORKERS_MAX : n;
    (void)pthread_mutex_init(&w->mutex, NULL);
    (void)pthread_cond_init(&w->work, NULL);
    (void)pthread_cond_init(&w->idle, NULL);
    while (w->n_threads + 1 < n &&
           pthread_create(&w->threads[w->n_threads], NULL, work, w) == 0)
        w->n_threads++;
    *out = w;
    return SV_OK;
}

void
workers_free(struct workers *w)
{
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->mutex);
    w->ended = true;
    (void)pthread_cond_broadcast(&w->work);
    (void)pthread_mutex_unlock(&w->mutex);
    for (unsigned i = 0; i < w->n_threads; i++)
        (void)pthread_join(w->threads[i], NULL);
    (void)pthread_cond_destroy(&w->idle);
    (void)pthread_cond_destroy(&w->work);
    (void)pthread_mutex_destroy(&w->mutex);
    free(w);
}

unsigned
workers_count(const struct workers *w)
{
    return w == NULL ? 1 : w->n_threads + 1;
}
