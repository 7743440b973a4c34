#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/way.h"

/* How long ssh may take to see that its stream has ended: 5 s. */
#define END_TRIES 500
#define END_TRY_NS 10000000L

/*
 * In the child.  Nothing of the user's configuration that opens more than
 * this one stream; the host comes behind "--", and no shell here sees it.
 */
static void
run_ssh(const char *host, const char *socket, int fd)
{
    const char *const argv[] = {"ssh",
                                "-T",
                                "-a",
                                "-x",
                                "-o",
                                "ClearAllForwardings=yes",
                                "--",
                                host,
                                "svault",
                                "relay",
                                socket[0] != '\0' ? socket : NULL,
                                NULL};
    union {
        const char *const *borrowed;
        char *const *argv; /* execvp()'s inputs lack const */
    } u = {argv};

    if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
        _exit(127);
    /* Ctrl-C is for svault, which ends this stream in its own time. */
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)execvp(argv[0], u.argv);
    (void)!write(STDERR_FILENO, "svault: ssh is not installed\n", 29);
    _exit(127);
}

enum sv_err
ssh_start(const char *host, const char *socket, pid_t *pid, int *fd)
{
    int ends[2];
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return err_of_errno(errno);
    child = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? fork() : -1;
    if (child == 0)
        run_ssh(host, socket, ends[1]);
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        return SV_ERR_IO;
    }
    *pid = child;
    *fd = ends[0];
    return SV_OK;
}

void
ssh_end(pid_t pid, int fd)
{
    const struct timespec wait = {0, END_TRY_NS};

    (void)close(fd);
    for (int i = 0; i < END_TRIES; i++) {
        pid_t got = waitpid(pid, NULL, WNOHANG);

        if (got == pid || (got < 0 && errno != EINTR))
            return;
        (void)nanosleep(&wait, NULL);
    }
    (void)kill(pid, SIGTERM);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
