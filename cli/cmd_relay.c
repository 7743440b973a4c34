#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/app.h"

/*
 * The far end of --vault ssh:HOST: bytes between standard input and output
 * and svaultd's socket.  It knows nothing of what they say, and as a forced
 * command it does nothing else, whatever was asked for.
 */
struct flow {
    int from, to;
    uint8_t bytes[16384];
    size_t at, len; /* of what is still to go out */
    bool ended;
};

/* One step of a flow that poll() called. */
static enum sv_err
move(struct flow *f, bool readable, bool writable)
{
    ssize_t n;

    if (f->at < f->len) {
        if (!writable)
            return SV_OK;
        n = write(f->to, f->bytes + f->at, f->len - f->at);
        if (n > 0)
            f->at += (size_t)n;
        return n > 0 || errno == EINTR || errno == EAGAIN ? SV_OK : SV_ERR_IO;
    }
    if (!readable)
        return SV_OK;
    n = read(f->from, f->bytes, sizeof f->bytes);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? SV_OK : SV_ERR_IO;
    f->ended = n == 0;
    f->at = 0;
    f->len = (size_t)n;
    return SV_OK;
}

static void
watch(const struct flow *f, struct pollfd p[static 2])
{
    bool full = f->at < f->len;

    p[0] = (struct pollfd){full || f->ended ? -1 : f->from, POLLIN, 0};
    p[1] = (struct pollfd){full ? f->to : -1, POLLOUT, 0};
}

/* Until the service ends, or breaks; who asks may end first, and still hears
 * the answer. */
static enum sv_err
relay(int fd)
{
    struct flow out = {.from = STDIN_FILENO, .to = fd};
    struct flow back = {.from = fd, .to = STDOUT_FILENO};
    bool told = false;
    enum sv_err err = SV_OK;

    while (err == SV_OK && !back.ended) {
        struct pollfd p[4];

        watch(&out, p);
        watch(&back, p + 2);
        if (poll(p, 4, -1) < 0 && errno != EINTR)
            return err_of_errno(errno);
        err = move(&out, p[0].revents != 0, p[1].revents != 0);
        if (err == SV_OK)
            err = move(&back, p[2].revents != 0, p[3].revents != 0);
        if (out.ended && !told) {
            (void)shutdown(fd, SHUT_WR);
            told = true;
        }
    }
    return err;
}

enum exit_code
cmd_relay(struct app *app, int argc, char **argv)
{
    const char *path = WAY_SOCKET_DEFAULT;
    char **words;
    enum sv_err err;
    int fd;

    if (!app_args(app, argc, argv, NULL, 0, 1, &words))
        return EXIT_USAGE;
    if (words[0] != NULL)
        path = words[0];
    err = wire_connect_unix(path, &fd);
    if (err != SV_OK)
        return app_fail(app, path, err,
                        err == SV_ERR_NOT_FOUND || err == SV_ERR_IO
                            ? _("no service listens there")
                            : NULL);
    err = relay(fd);
    (void)close(fd);
    return err == SV_OK ? EXIT_DONE : app_fail(app, path, err, NULL);
}
