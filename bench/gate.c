#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "audit/entry.h"
#include "bench/vault.h"
#include "daemon/crew.h"
#include "daemon/service.h"
#include "vault/frame.h"

/*
 * The gate alone, in this process: requests signed beforehand go through the
 * threads of the service, in closed loops, without sockets and without the
 * clients' own work.  One client is served without a change of thread, as the
 * service does.
 */
/* One client's requests, in order. */
struct line {
    struct lines *all;
    struct task task;
    size_t n;
    size_t next;
    struct buf *requests;
    double asked_us;
    struct samples samples;
};

struct lines {
    struct crew *crew;
    bool alone;
    struct line lines[CLIENTS_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t over;
    unsigned busy; /* clients with requests left */
};

/* Allowed, done, and in the log. */
static void
check_answer(struct bytes frame)
{
    struct message_answer *m = zeros(1, sizeof *m);
    struct entry *e = zeros(1, sizeof *e);

    must_be(frame.len > FRAME_HEADER_LEN, "no answer");
    must(message_answer_decode(
             bytes_slice(frame, FRAME_HEADER_LEN, frame.len - FRAME_HEADER_LEN),
             m),
         "answer");
    must(m->status, m->reason);
    must(entry_parse(m->act.entry, e), "entry");
    must_be(e->allowed && e->outcome == OUTCOME_DONE, "a request was refused");
    free(m);
    free(e);
}

static void
ask(struct line *l)
{
    l->task.request = buf_bytes(&l->requests[l->next++]);
    l->asked_us = now_us();
    crew_add(l->all->crew, &l->task);
}

static void
on_answer(void *ctx, struct task *t)
{
    struct lines *q = ctx;
    /* The task is its line's. */
    struct line *l = &q->lines[0];

    while (&l->task != t)
        l++;
    samples_add(&l->samples, now_us() - l->asked_us);
    /* Each would cost the gate's threads what clients do elsewhere. */
    if (l->next % 64 == 1 || l->next == l->n)
        check_answer(buf_bytes(&t->answer));
    buf_free(&t->answer);
    if (q->alone)
        return;
    if (l->next < l->n) {
        ask(l);
        return;
    }
    (void)pthread_mutex_lock(&q->mutex);
    if (--q->busy == 0)
        (void)pthread_cond_signal(&q->over);
    (void)pthread_mutex_unlock(&q->mutex);
}

static void
run_alone(struct lines *q)
{
    struct line *l = &q->lines[0];

    while (l->next < l->n) {
        l->task.request = buf_bytes(&l->requests[l->next++]);
        l->asked_us = now_us();
        crew_serve(q->crew, &l->task);
    }
}

static void
run_together(struct lines *q, unsigned clients)
{
    (void)pthread_mutex_lock(&q->mutex);
    q->busy = clients;
    (void)pthread_mutex_unlock(&q->mutex);
    for (unsigned i = 0; i < clients; i++)
        ask(&q->lines[i]);
    (void)pthread_mutex_lock(&q->mutex);
    while (q->busy > 0)
        (void)pthread_cond_wait(&q->over, &q->mutex);
    (void)pthread_mutex_unlock(&q->mutex);
}

/* ---- Signing beforehand ---- */

struct signing {
    struct asker asker;
    double rate[WORK_N][CLIENTS_MAX + 1]; /* of the round before */
};

static void
sign_line(struct signing *s, enum work w, unsigned client, unsigned clients,
          struct line *l)
{
    struct asker *a = &s->asker;
    unsigned seed = client + 1 + (unsigned)now_us();

    l->requests = zeros(l->n, sizeof *l->requests);
    for (size_t i = 0; i < l->n; i++) {
        struct target *t = bench_target(a->vault, w, client, clients, &seed);
        enum sv_err err = w == WORK_READ ? asker_read(a, t) : asker_write(a, t);

        must_be(err == SV_ERR_IO, "a request left while it was signed");
        l->requests[i] = a->tap.sent;
        a->tap.sent = (struct buf)BUF_INIT;
    }
}

/* So many that they last as long as the measure is to. */
static size_t
requests_of_each(const struct signing *s, const struct plan *plan, enum work w,
                 unsigned clients)
{
    double rate = s->rate[w][clients];
    double n = plan->seconds * (rate > 0 ? rate : 2000) / clients;

    return n < 20 ? 20 : (size_t)n;
}

static void
line_free(struct line *l)
{
    for (size_t i = 0; i < l->n; i++)
        buf_free(&l->requests[i]);
    free(l->requests);
    samples_free(&l->samples);
}

/* ---- The subject ---- */

static struct measure
take(struct lines *q, unsigned clients)
{
    struct samples all = {0};
    struct measure m;
    double start = now_us();

    if (q->alone)
        run_alone(q);
    else
        run_together(q, clients);
    start = now_us() - start;
    for (unsigned i = 0; i < clients; i++) {
        for (size_t k = 0; k < q->lines[i].samples.n; k++)
            samples_add(&all, q->lines[i].samples.us[k]);
    }
    m = samples_measure(&all, start);
    samples_free(&all);
    return m;
}

static struct measure
run(struct subject *subject, enum work w, unsigned clients)
{
    struct signing *s = subject->own;
    struct lines *q = zeros(1, sizeof *q);
    struct service_config service;
    struct measure m;

    must_be(pthread_mutex_init(&q->mutex, NULL) == 0 &&
                pthread_cond_init(&q->over, NULL) == 0,
            "memory");
    q->alone = clients == 1;
    for (unsigned i = 0; i < clients; i++) {
        struct line *l = &q->lines[i];

        l->all = q;
        l->n = requests_of_each(s, subject->plan, w, clients);
        sign_line(s, w, i, clients, l);
    }
    service_limits_default(&service); /* as many threads as svaultd has */
    must(crew_new(s->asker.vault->office.gate, service.threads, on_answer, q,
                  &q->crew),
         "threads");
    m = take(q, clients);
    crew_free(q->crew);
    s->rate[w][clients] = m.per_s;
    for (unsigned i = 0; i < clients; i++)
        line_free(&q->lines[i]);
    (void)pthread_cond_destroy(&q->over);
    (void)pthread_mutex_destroy(&q->mutex);
    free(q);
    return m;
}

static const char *
start(struct subject *subject, const struct plan *plan)
{
    subject->plan = plan;
    subject->own = zeros(1, sizeof(struct signing));
    (void)bench_vault(plan);
    return NULL;
}

static void
begin(struct subject *subject)
{
    struct signing *s = subject->own;
    struct bench_vault *v = bench_vault(subject->plan);

    must(office_open(&v->office), "open");
    asker_begin(&s->asker, v, transport_to_gate(v->office.gate));
    s->asker.tap.to.call = NULL;
}

static void
end(struct subject *subject)
{
    struct signing *s = subject->own;

    asker_end(&s->asker);
    office_close(&s->asker.vault->office);
}

static void
stop(struct subject *subject)
{
    free(subject->own);
}

struct subject subject_gate = {.name = "svault, gate alone",
                               .clients = {1, 8, 64},
                               .start = start,
                               .begin = begin,
                               .run = run,
                               .end = end,
                               .stop = stop};
