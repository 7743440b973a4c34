#include "daemon/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct conn *
conn_new(int fd, uid_t uid)
{
    struct conn *c = calloc(1, sizeof *c);

    if (c == NULL) {
        (void)close(fd);
        return NULL;
    }
    c->fd = fd;
    c->uid = uid;
    frame_init(&c->in, FRAME_REQUEST_MAX);
    return c;
}

void
conn_free(struct conn *c)
{
    if (c == NULL)
        return;
    frame_clear(&c->in);
    buf_free(&c->task.answer);
    (void)close(c->fd);
    free(c);
}

size_t
conn_holds(const struct conn *c)
{
    return c->in.payload.cap + c->task.answer.cap;
}

size_t
conn_moved(const struct conn *c)
{
    return c->state == CONN_WRITING ? c->written
                                    : c->in.n_header + c->in.payload.len;
}

bool
conn_is_half(const struct conn *c)
{
    return c->state == CONN_WRITING ||
           (c->state == CONN_READING && frame_begun(&c->in));
}

enum conn_result
conn_read(struct conn *c, size_t most)
{
    while (!frame_whole(&c->in)) {
        uint8_t *at;
        size_t n_room;
        ssize_t n;
        enum sv_err err = frame_room(&c->in, &at, &n_room);

        if (err != SV_OK)
            return CONN_NOMEM;
        if (conn_holds(c) > most)
            return CONN_FULL;
        n = read(c->fd, at, n_room);
        if (n == 0)
            return CONN_END;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? CONN_WAIT : CONN_END;
        if (frame_took(&c->in, (size_t)n) != SV_OK)
            return CONN_MALFORMED;
    }
    return CONN_WHOLE;
}

enum conn_result
conn_write(struct conn *c)
{
    const struct buf *answer = &c->task.answer;

    if (answer->len == 0)
        return CONN_END; /* memory was out */
    while (c->written < answer->len) {
        ssize_t n = send(c->fd, answer->ptr + c->written,
                         answer->len - c->written, MSG_NOSIGNAL);

        if (n >= 0)
            c->written += (size_t)n;
        else if (errno == EAGAIN)
            return CONN_WAIT;
        else if (errno != EINTR)
            return CONN_END;
    }
    return CONN_WHOLE;
}

void
conn_reset(struct conn *c)
{
    c->state = CONN_READING;
    c->written = 0;
    frame_clear(&c->in);
    buf_free(&c->task.answer);
}
