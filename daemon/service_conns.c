#include <sys/epoll.h>
#include <time.h>

#include "daemon/service_internal.h"

/* What a large frame's time grows by. */
#define BYTES_PER_MS 128

uint64_t
service_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
service_tell(const struct service *s, enum service_event e)
{
    s->config.event(s->config.event_ctx, e);
}

static void
set_deadline(struct service *s, struct conn *c, uint64_t at_ms)
{
    c->deadline_ms = at_ms;
    if (c->deadline_ms < s->next_ms)
        s->next_ms = c->deadline_ms;
}

/* Some of a frame went through: it may take as long again, but for its end. */
static void
went_on(struct service *s, struct conn *c)
{
    uint64_t soon = service_now() + (uint64_t)s->config.slow_ms;

    set_deadline(s, c, soon < c->end_ms ? soon : c->end_ms);
}

void
conns_begin_frame(struct service *s, struct conn *c, size_t len)
{
    c->end_ms =
        service_now() + (uint64_t)s->config.slow_ms + len / BYTES_PER_MS;
    went_on(s, c);
}

/* Whatever it holds or is changed. */
static void
count(struct service *s, struct conn *c, size_t holds, bool half)
{
    s->held = s->held - c->held + holds;
    c->held = holds;
    s->n_half = s->n_half - c->half + half;
    c->half = half;
}

void
conns_count(struct service *s, struct conn *c)
{
    count(s, c, conn_holds(c), conn_is_half(c));
}

static size_t
held_by(const struct service *s, uid_t uid)
{
    size_t held = 0;

    for (unsigned i = 0; i < s->n_conns; i++)
        if (s->conns[i]->uid == uid)
            held += s->conns[i]->held;
    return held;
}

static size_t
rest(size_t limit, size_t used)
{
    return used < limit ? limit - used : 0;
}

/* What c may hold: what it does, and what is left for its account and in
 * all. */
static size_t
share(const struct service *s, const struct conn *c)
{
    size_t all = rest(s->config.bytes, s->held);
    size_t own = rest(s->config.bytes_per_user, held_by(s, c->uid));

    return c->held + (own < all ? own : all);
}

/*
 * Whose account leaves answers lying asks for no more of them: nothing has
 * been done for it yet.  They count from when they are done; until then each
 * connection has one at most, of at most FRAME_ANSWER_MAX, and the large ones
 * are for whoever has a grant for what is in them.
 */
static bool
takes_answers(const struct service *s, const struct conn *c)
{
    size_t all = 0, own = 0;

    if (s->held <= s->config.bytes_per_user)
        return true;
    for (unsigned i = 0; i < s->n_conns; i++) {
        const struct conn *other = s->conns[i];

        if (other->state != CONN_WRITING)
            continue;
        all += other->held;
        own += other->uid == c->uid ? other->held : 0;
    }
    return all <= s->config.bytes && own <= s->config.bytes_per_user;
}

void
conns_close(struct service *s, struct conn *c)
{
    count(s, c, 0, false);
    s->n_conns--;
    s->conns[c->at] = s->conns[s->n_conns];
    s->conns[c->at]->at = c->at;
    conn_free(c); /* which takes it out of epoll */
}

/* Events are told once, when something changes: what is not read at once is
 * remembered (c->readable), so that no call is needed for each question. */
bool
conns_watch(struct service *s, struct conn *c, int op, uint32_t more)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET | more,
                            .data.ptr = c};

    return epoll_ctl(s->epoll_fd, op, c->fd, &e) == 0;
}

static void
answer_is_out(struct service *s, struct conn *c)
{
    if (c->last || s->stopping) {
        conns_close(s, c);
        return;
    }
    conn_reset(c);
    conns_count(s, c);
    set_deadline(s, c, service_now() + (uint64_t)s->config.idle_ms);
    if (c->readable)
        conns_read(s, c);
}

void
conns_write(struct service *s, struct conn *c)
{
    size_t moved = conn_moved(c);

    switch (conn_write(c)) {
    case CONN_WHOLE:
        answer_is_out(s, c);
        return;
    case CONN_WAIT:
        if (!c->armed && !conns_watch(s, c, EPOLL_CTL_MOD, EPOLLOUT)) {
            service_tell(s, SERVICE_SYSTEM);
            conns_close(s, c);
            return;
        }
        c->armed = true;
        if (conn_moved(c) > moved)
            went_on(s, c);
        return;
    default:
        conns_close(s, c);
    }
}

/* An answer of our own, behind which nothing more is heard. */
static void
turn_away(struct service *s, struct conn *c, enum sv_err err,
          const char *reason, enum service_event why)
{
    service_tell(s, why);
    frame_clear(&c->in);
    if (answer_failure(err, reason, &c->task.answer) != SV_OK)
        buf_free(&c->task.answer);
    c->last = true;
    c->state = CONN_WRITING;
    conns_count(s, c);
    conns_begin_frame(s, c, 0);
    conns_write(s, c);
}

static void
begin_work(struct service *s, struct conn *c)
{
    c->state = CONN_WORKING;
    c->deadline_ms = NEVER;
    conns_count(s, c);
    /* There may be more already, of which nobody will tell. */
    c->readable = true;
    c->task.request = buf_bytes(&c->in.payload);
    c->task.next = s->fresh;
    s->fresh = &c->task;
    s->n_working++;
}

void
conns_read(struct service *s, struct conn *c)
{
    size_t moved = conn_moved(c), len = c->in.len;
    enum conn_result result = conn_read(c, SERVICE_SMALL);

    if (result == CONN_FULL)
        result = conn_read(c, share(s, c));
    if (result == CONN_WHOLE && !takes_answers(s, c))
        result = CONN_FULL;
    c->readable = false;
    conns_count(s, c);
    switch (result) {
    case CONN_WAIT:
        /* Once for the frame, once for its length. */
        if (conn_moved(c) > 0 && (moved == 0 || c->in.len != len))
            conns_begin_frame(s, c, c->in.len);
        else if (conn_moved(c) > moved)
            went_on(s, c);
        return;
    case CONN_WHOLE:
        begin_work(s, c);
        return;
    case CONN_MALFORMED:
        turn_away(s, c, SV_ERR_FORMAT, "malformed", SERVICE_MALFORMED);
        return;
    case CONN_FULL:
        turn_away(s, c, SV_ERR_BUSY, "busy", SERVICE_BYTES);
        return;
    case CONN_NOMEM:
        turn_away(s, c, SV_ERR_NOMEM, "service", SERVICE_SYSTEM);
        return;
    case CONN_END:
        conns_close(s, c);
    }
}
