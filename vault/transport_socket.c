#include "vault/transport_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "vault/frame.h"

enum sv_err
wire_connect_unix(const char *path, int *fd)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int s, code;

    if (strlen(path) >= sizeof to.sun_path)
        return SV_ERR_RANGE;
    memcpy(to.sun_path, path, strlen(path) + 1);
    s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return err_of_errno(errno);
    if (connect(s, (const struct sockaddr *)&to, sizeof to) == 0) {
        *fd = s;
        return SV_OK;
    }
    code = errno;
    (void)close(s);
    if (code == EAGAIN)
        return SV_ERR_BUSY;
    return code == ECONNREFUSED ? SV_ERR_IO : err_of_errno(code);
}

void
wire_close(struct wire *w)
{
    if (w->fd >= 0)
        w->close(w->ctx, w->fd);
    w->fd = -1;
}

/* Between calls nothing is to come: what is readable is the end. */
static bool
is_at_rest(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 0;
}

static enum sv_err
be_connected(struct wire *w)
{
    if (w->fd >= 0 && !is_at_rest(w->fd))
        wire_close(w);
    return w->fd >= 0 ? SV_OK : w->open(w->ctx, &w->fd);
}

/* sent: the whole question went out. */
static enum sv_err
receive(struct wire *w, bool sent, struct buf *response)
{
    size_t received;
    enum sv_err err = frame_receive(
        w->fd, FRAME_ANSWER_MAX, sent ? w->answer_ms : 0, &received, response);

    switch (err) {
    case SV_OK:
    case SV_ERR_NOMEM:
        return err;
    case SV_ERR_IO:
    case SV_ERR_BUSY:
        if (!sent) {
            w->why = N_("the connection broke before the question was sent");
            return SV_ERR_IO;
        }
        w->why = err == SV_ERR_IO
                     ? N_("the connection broke before the answer came")
                     : N_("no answer came in time");
        return SV_ERR_UNSURE;
    default:
        w->why = N_("what came is no answer of a gate");
        return SV_ERR_UNVERIFIED;
    }
}

static enum sv_err
call_wire(void *ctx, struct bytes request, struct buf *response)
{
    struct wire *w = ctx;
    size_t sent;
    enum sv_err err;

    w->why = NULL;
    err = be_connected(w);
    if (err != SV_OK)
        return err;
    err = frame_send(w->fd, request, FRAME_REQUEST_MAX, w->send_ms, &sent);
    /* Who is turned away is told so before the question is heard. */
    if (err == SV_OK || err == SV_ERR_IO)
        err = receive(w, err == SV_OK, response);
    else if (err == SV_ERR_BUSY)
        w->why = N_("the question could not be sent in time");
    if (err != SV_OK)
        wire_close(w);
    return err;
}

struct transport
transport_to_wire(struct wire *w)
{
    return (struct transport){call_wire, w};
}
