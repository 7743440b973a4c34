#include "daemon/service.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/service_internal.h"

#define EVENTS_MAX 256
/* How soon after the system had no descriptor it is asked again. */
#define ACCEPT_AGAIN_MS 1000
/* A question answered by the loop itself that takes no longer is no reason to
 * look at everybody's deadline. */
#define AWAY_MS 100

void
service_limits_default(struct service_config *config)
{
    config->connections = 1024;
    config->per_user = 256;
    config->bytes = (size_t)256 << 20;
    config->bytes_per_user = config->bytes / 4;
    config->slow_ms = 30 * 1000;
    config->idle_ms = 60 * 60 * 1000;
    config->stop_ms = 5 * 1000;
}

/* ---- New ones ---- */

static unsigned
conns_of(const struct service *s, uid_t uid)
{
    unsigned n = 0;

    for (unsigned i = 0; i < s->n_conns; i++)
        n += s->conns[i]->uid == uid;
    return n;
}

/* What is told to somebody who gets no connection: if it can be said now. */
static void
refuse(struct service *s, int fd, enum sv_err err, const char *reason,
       enum service_event why)
{
    struct buf answer = BUF_INIT;

    service_tell(s, why);
    if (answer_failure(err, reason, &answer) == SV_OK)
        (void)!send(fd, answer.ptr, answer.len, MSG_NOSIGNAL);
    buf_free(&answer);
    (void)close(fd);
}

static void
admit(struct service *s, int fd, uid_t uid)
{
    struct conn *c = conn_new(fd, uid);

    if (c == NULL) {
        service_tell(s, SERVICE_SYSTEM);
        return;
    }
    if (!conns_watch(s, c, EPOLL_CTL_ADD, 0)) {
        service_tell(s, SERVICE_SYSTEM);
        conn_free(c);
        return;
    }
    c->at = s->n_conns;
    s->conns[s->n_conns++] = c;
    conns_begin_frame(s, c, 0);
}

static void
receive_peer(struct service *s, int fd)
{
    uid_t uid = 0;
    bool allowed = false;

    if (s->config.peer_check(fd, &s->config.peers, &uid, &allowed) != SV_OK ||
        !allowed)
        refuse(s, fd, SV_ERR_DENIED, "peer", SERVICE_REFUSED);
    else if (s->n_conns >= s->config.connections)
        refuse(s, fd, SV_ERR_BUSY, "busy", SERVICE_CONNECTIONS);
    else if (conns_of(s, uid) >= s->config.per_user)
        refuse(s, fd, SV_ERR_BUSY, "busy", SERVICE_PER_USER);
    else
        admit(s, fd, uid);
}

static void
accept_all(struct service *s)
{
    s->accept_ms = NEVER;
    for (;;) {
        int fd = accept4(s->config.listen_fd, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            receive_peer(s, fd);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        if (errno != EAGAIN) {
            service_tell(s, SERVICE_SYSTEM);
            s->accept_ms = service_now() + ACCEPT_AGAIN_MS;
        }
        return;
    }
}

/* ---- Answers ---- */

/* In the thread that finished: the peer has its answer before the loop even
 * wakes up. */
static void
task_done(void *ctx, struct task *t)
{
    struct service *s = ctx;
    struct conn *c = (struct conn *)t;
    const uint64_t one = 1;
    bool first;

    (void)conn_write(c);
    (void)pthread_mutex_lock(&s->mutex);
    first = s->done == NULL && !s->alone;
    t->next = s->done;
    s->done = t;
    (void)pthread_mutex_unlock(&s->mutex);
    if (first)
        (void)!write(s->wake_fd, &one, sizeof one);
}

static void
take_done(struct service *s)
{
    struct task *t;

    (void)pthread_mutex_lock(&s->mutex);
    t = s->done;
    s->done = NULL;
    (void)pthread_mutex_unlock(&s->mutex);
    while (t != NULL) {
        struct conn *c = (struct conn *)t;

        t = t->next;
        s->n_working--;
        c->state = CONN_WRITING;
        frame_clear(&c->in); /* nobody needs the question any more */
        conns_count(s, c);
        conns_begin_frame(s, c, c->task.answer.len);
        conns_write(s, c);
    }
}

/* The loop heard nobody for so long: that is not their delay. */
static void
forgive(struct service *s, uint64_t away_ms)
{
    for (unsigned i = 0; i < s->n_conns; i++) {
        struct conn *c = s->conns[i];

        c->end_ms += away_ms;
        if (c->deadline_ms != NEVER)
            c->deadline_ms += away_ms;
    }
    if (s->next_ms != NEVER)
        s->next_ms += away_ms;
}

/* In the loop itself.  How long it takes nobody knows before. */
static void
serve_alone(struct service *s, struct task *t)
{
    uint64_t from = service_now(), away;

    s->alone = true;
    crew_serve(s->crew, t);
    s->alone = false;
    away = service_now() - from;
    if (away > AWAY_MS)
        forgive(s, away);
}

/* To the crew, unless there is one alone and the loop has nobody else's frame
 * in hand. */
static void
start_fresh(struct service *s)
{
    while (s->fresh != NULL) {
        struct task *t = s->fresh;

        s->fresh = t->next;
        if (s->n_working > 1 || s->n_half > 0)
            crew_add(s->crew, t);
        else
            serve_alone(s, t);
    }
}

/* ---- The loop ---- */

static void
close_late(struct service *s, uint64_t now)
{
    s->next_ms = NEVER;
    for (unsigned i = s->n_conns; i-- > 0;) {
        struct conn *c = s->conns[i];

        if (c->deadline_ms > now) {
            if (c->deadline_ms < s->next_ms)
                s->next_ms = c->deadline_ms;
            continue;
        }
        if (c->state == CONN_WRITING || frame_begun(&c->in))
            service_tell(s, SERVICE_SLOW);
        conns_close(s, c);
    }
}

static void
begin_stop(struct service *s)
{
    s->stopping = true;
    s->accept_ms = NEVER;
    service_tell(s, SERVICE_STOPPING);
    (void)epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->config.stop_fd, NULL);
    (void)close(s->config.listen_fd);
    s->config.listen_fd = -1;
    /* For answers yet to come, too. */
    s->config.slow_ms = s->config.stop_ms;
    for (unsigned i = s->n_conns; i-- > 0;) {
        struct conn *c = s->conns[i];

        if (c->state == CONN_READING)
            conns_close(s, c);
        else if (c->state == CONN_WRITING)
            conns_begin_frame(s, c, 0);
    }
}

static void
handle_conn(struct service *s, struct conn *c, uint32_t events)
{
    if (c->state == CONN_READING)
        conns_read(s, c);
    else if (c->state == CONN_WRITING && (events & EPOLLOUT) != 0)
        conns_write(s, c);
    else if (c->state == CONN_WRITING && (events & (EPOLLHUP | EPOLLERR)) != 0)
        conns_close(s, c);
    else
        c->readable = true;
}

static int
wait_ms(const struct service *s)
{
    uint64_t now = service_now();
    uint64_t next = s->next_ms < s->accept_ms ? s->next_ms : s->accept_ms;

    if (next == NEVER && s->fresh == NULL)
        return -1;
    if (next <= now || s->fresh != NULL)
        return 0;
    return next - now < INT32_MAX ? (int)(next - now) : INT32_MAX;
}

/* One round; what take_done() reads is for the next, so that one who asks
 * without a pause is not the only one.  Connections close only by their own
 * event, or behind all events: none of them points to one that is gone. */
static enum sv_err
turn(struct service *s)
{
    struct epoll_event events[EVENTS_MAX];
    bool came = false, stop = false;
    int n = epoll_wait(s->epoll_fd, events, EVENTS_MAX, wait_ms(s));
    uint64_t drained;

    if (n < 0 && errno != EINTR)
        return err_of_errno(errno);
    for (int i = 0; i < n; i++) {
        void *at = events[i].data.ptr;

        if (at == &s->config.listen_fd)
            came = true;
        else if (at == &s->config.stop_fd)
            stop = true;
        else if (at == &s->wake_fd)
            (void)!read(s->wake_fd, &drained, sizeof drained);
        else
            handle_conn(s, at, events[i].events);
    }
    if (stop && !s->stopping)
        begin_stop(s);
    if (!s->stopping && (came || s->accept_ms <= service_now()))
        accept_all(s);
    start_fresh(s);
    take_done(s);
    if (s->next_ms <= service_now())
        close_late(s, service_now());
    return SV_OK;
}

enum sv_err
service_run(struct service *s)
{
    enum sv_err err = SV_OK;

    while (err == SV_OK && !(s->stopping && s->n_conns == 0))
        err = turn(s);
    return err;
}

/* ---- Start and end ---- */

static enum sv_err
watch_own(struct service *s, int *fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = fd};

    return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, *fd, &e) == 0
               ? SV_OK
               : err_of_errno(errno);
}

static enum sv_err
set_up(struct service *s)
{
    enum sv_err err;

    s->conns = calloc(s->config.connections, sizeof(struct conn *));
    if (s->conns == NULL)
        return SV_ERR_NOMEM;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->epoll_fd < 0 || s->wake_fd < 0)
        return err_of_errno(errno);
    err = watch_own(s, &s->config.listen_fd, EPOLLIN | EPOLLET);
    if (err == SV_OK)
        err = watch_own(s, &s->config.stop_fd, EPOLLIN);
    if (err == SV_OK)
        err = watch_own(s, &s->wake_fd, EPOLLIN);
    if (err == SV_OK)
        err =
            crew_new(s->config.gate, s->config.threads, task_done, s, &s->crew);
    return err;
}

enum sv_err
service_new(const struct service_config *config, struct service **out)
{
    struct service *s = calloc(1, sizeof *s);
    enum sv_err err;

    if (s == NULL)
        return SV_ERR_NOMEM;
    s->config = *config;
    if (s->config.peer_check == NULL)
        s->config.peer_check = peer_check;
    s->epoll_fd = s->wake_fd = -1;
    s->next_ms = NEVER;
    s->accept_ms = 0; /* who waits already is not told of again */
    (void)pthread_mutex_init(&s->mutex, NULL);
    err = set_up(s);
    if (err != SV_OK) {
        s->config.listen_fd = -1; /* the caller's, still */
        service_free(s);
        return err;
    }
    *out = s;
    return SV_OK;
}

void
service_free(struct service *s)
{
    if (s == NULL)
        return;
    crew_free(s->crew);
    while (s->n_conns > 0)
        conns_close(s, s->conns[s->n_conns - 1]);
    free(s->conns);
    if (s->epoll_fd >= 0)
        (void)close(s->epoll_fd);
    if (s->wake_fd >= 0)
        (void)close(s->wake_fd);
    if (s->config.listen_fd >= 0)
        (void)close(s->config.listen_fd);
    (void)pthread_mutex_destroy(&s->mutex);
    free(s);
}
