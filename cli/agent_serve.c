#include "cli/agent_serve.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/codec.h"
#include "cli/agent_socket.h"

#define LENGTH_LEN 4

void
agent_serve_init(struct agent_serve *s, struct agent *agent, int listener,
                 int signals)
{
    memset(s, 0, sizeof *s);
    s->agent = agent;
    s->listener = listener;
    s->signals = signals;
}

static void
hang_up(struct agent_serve *s, unsigned at)
{
    (void)close(s->peers[at].fd);
    s->n--;
    if (at != s->n)
        s->peers[at] = s->peers[s->n];
}

/* ---- One peer ---- */

/* Answers are small: who has no room for one does not read. */
static enum sv_err
send_answer(int fd, struct bytes answer)
{
    uint8_t frame[LENGTH_LEN + AGENT_MESSAGE_MAX];
    size_t len = LENGTH_LEN + answer.len;
    ssize_t n;

    if (answer.len > AGENT_MESSAGE_MAX)
        return SV_ERR_RANGE;
    put_u32(frame, (uint32_t)answer.len);
    memcpy(frame + LENGTH_LEN, answer.ptr, answer.len);
    n = send(fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    wipe(frame, len);
    return n == (ssize_t)len ? SV_OK : SV_ERR_IO;
}

/* All whole questions that have come. */
static enum sv_err
answer_questions(struct agent_serve *s, struct agent_peer *p)
{
    size_t at = 0;
    enum sv_err err = SV_OK;

    while (err == SV_OK && !s->agent->locked && p->got - at >= LENGTH_LEN) {
        struct reader r = reader_of(bytes_of(p->in + at, LENGTH_LEN));
        size_t len = reader_u32(&r);
        struct buf answer = BUF_INIT;

        if (len > AGENT_MESSAGE_MAX)
            return SV_ERR_RANGE;
        if (p->got - at - LENGTH_LEN < len)
            break;
        err = agent_handle(s->agent, bytes_of(p->in + at + LENGTH_LEN, len),
                           &answer);
        if (err == SV_OK)
            err = send_answer(p->fd, buf_bytes(&answer));
        buf_free(&answer);
        at += LENGTH_LEN + len;
    }
    memmove(p->in, p->in + at, p->got - at);
    p->got -= at;
    return err;
}

/* False: hang up. */
static bool
hear(struct agent_serve *s, struct agent_peer *p)
{
    ssize_t n =
        recv(p->fd, p->in + p->got, sizeof p->in - p->got, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    p->got += (size_t)n;
    p->turn = ++s->turn;
    return answer_questions(s, p) == SV_OK;
}

/* ---- All of them ---- */

static void
make_room(struct agent_serve *s)
{
    unsigned silent = 0;

    if (s->n < AGENT_PEERS_MAX)
        return;
    for (unsigned i = 1; i < s->n; i++)
        if (s->peers[i].turn < s->peers[silent].turn)
            silent = i;
    hang_up(s, silent);
}

static void
take_peer(struct agent_serve *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (!agent_peer_ok(fd)) {
        (void)close(fd);
        return;
    }
    make_room(s);
    s->peers[s->n].fd = fd;
    s->peers[s->n].got = 0;
    s->peers[s->n].turn = ++s->turn;
    s->n++;
}

static int
shorter(int wait_ms, uint64_t left_ms)
{
    return left_ms < (uint64_t)wait_ms ? (int)left_ms : wait_ms;
}

bool
agent_serve_step(struct agent_serve *s, int wait_ms)
{
    struct pollfd fds[2 + AGENT_PEERS_MAX];
    uint64_t left_ms = agent_left_ms(s->agent);
    nfds_t n = 0;

    if (left_ms == 0)
        return false;
    fds[n++] = (struct pollfd){.fd = s->signals, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = s->listener, .events = POLLIN};
    for (unsigned i = 0; i < s->n; i++)
        fds[n++] = (struct pollfd){.fd = s->peers[i].fd, .events = POLLIN};
    if (poll(fds, n, shorter(wait_ms, left_ms)) < 0)
        return errno == EINTR;
    if (fds[0].revents != 0)
        return false;
    /* From the last: hanging up moves the last one into the gap. */
    for (unsigned i = s->n; i-- > 0;)
        if (fds[2 + i].revents != 0 && !hear(s, &s->peers[i]))
            hang_up(s, i);
    if (fds[1].revents != 0)
        take_peer(s);
    return agent_left_ms(s->agent) > 0;
}

void
agent_serve_run(struct agent_serve *s)
{
    while (agent_serve_step(s, AGENT_WAIT_MAX_MS))
        continue;
}

void
agent_serve_end(struct agent_serve *s)
{
    while (s->n > 0)
        hang_up(s, s->n - 1);
}
