#include "tests/support/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PATIENCE_MS 10000

static void
become(int slave, int (*run)(void *ctx), void *ctx)
{
    /* Whoever runs the tests in the background has Ctrl-C ignored. */
    (void)signal(SIGINT, SIG_DFL);
    if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
        _exit(120);
    for (int fd = 0; fd < 3; fd++) {
        if (dup2(slave, fd) != fd)
            _exit(121);
    }
    _exit(run(ctx));
}

void
pty_start(struct pty *p, int (*run)(void *ctx), void *ctx)
{
    const char *name;

    *p = (struct pty){.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    assert_true(p->master >= 0);
    assert_int_equal(grantpt(p->master), 0);
    assert_int_equal(unlockpt(p->master), 0);
    name = ptsname(p->master);
    assert_non_null(name);
    p->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(p->slave >= 0);
    (void)fflush(NULL);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0)
        become(p->slave, run, ctx);
}

/* More of what is shown; false where nothing came in time. */
static bool
more(struct pty *p, int timeout_ms)
{
    struct pollfd poller = {.fd = p->master, .events = POLLIN};
    uint8_t chunk[4096];
    ssize_t n;

    if (poll(&poller, 1, timeout_ms) <= 0)
        return false;
    n = read(p->master, chunk, sizeof chunk);
    if (n <= 0)
        return false;
    assert_ok(buf_append(&p->seen, bytes_of(chunk, (size_t)n)));
    return true;
}

void
pty_expect(struct pty *p, const char *text)
{
    for (;;) {
        const uint8_t *found = p->seen.len > p->at ? memmem(p->seen.ptr + p->at,
                                                            p->seen.len - p->at,
                                                            text, strlen(text))
                                                   : NULL;

        if (found != NULL) {
            p->at = (size_t)(found - p->seen.ptr) + strlen(text);
            return;
        }
        if (!more(p, PATIENCE_MS)) {
            (void)kill(p->pid, SIGKILL);
            fail_msg("\"%s\" was not shown, but:\n%.*s", text, (int)p->seen.len,
                     (const char *)p->seen.ptr);
        }
    }
}

void
pty_send(struct pty *p, const char *text)
{
    size_t len = strlen(text);

    assert_int_equal(write(p->master, text, len), len);
}

bool
pty_echoes(const struct pty *p)
{
    struct termios settings;

    assert_int_equal(tcgetattr(p->slave, &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
}

/* What it shows must be read on, or it could never end. */
static int
wait_for_end(struct pty *p, bool interrupting)
{
    int status = 0;

    for (int turn = 0; waitpid(p->pid, &status, WNOHANG) == 0; turn++) {
        if (interrupting && turn % 20 == 0)
            pty_send(p, "\003");
        (void)more(p, 10);
        if (turn > PATIENCE_MS / 10) {
            (void)kill(p->pid, SIGKILL);
            fail_msg("it did not end, and showed:\n%.*s", (int)p->seen.len,
                     (const char *)p->seen.ptr);
        }
    }
    while (more(p, 0))
        ;
    return WIFSIGNALED(status) ? PTY_SIGNALLED + WTERMSIG(status)
                               : WEXITSTATUS(status);
}

int
pty_end(struct pty *p)
{
    return wait_for_end(p, false);
}

int
pty_stop(struct pty *p)
{
    return wait_for_end(p, true);
}

bool
pty_showed(const struct pty *p, const char *text)
{
    return p->seen.len > 0 &&
           memmem(p->seen.ptr, p->seen.len, text, strlen(text)) != NULL;
}

void
pty_clear(struct pty *p)
{
    (void)close(p->master);
    (void)close(p->slave);
    buf_free(&p->seen);
}
