#include "disclosure/solver_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

struct solver_process {
    char path[PATH_SIZE];
    pthread_mutex_t lock; /* of what follows */
    pid_t pid;            /* 0: none */
    int pidfd;
    int control; /* sockets of jobs go over it */
};

/* ---- Which program ---- */

static bool
found(char out[static PATH_SIZE], const char *dir, const char *name)
{
    return path_join(out, dir, name) == SV_OK && access(out, X_OK) == 0;
}

static enum sv_err
find_program(char out[static PATH_SIZE])
{
    char self[PATH_SIZE];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (len > 0) {
        self[len] = '\0';
        slash = strrchr(self, '/');
        if (slash != NULL)
            *slash = '\0';
        /* A build directory has its programs at its top, and its tests one
         * below. */
        if (found(out, self, "disclosure/svault-solver") ||
            found(out, self, "../disclosure/svault-solver"))
            return SV_OK;
    }
    return found(out, SV_LIBEXECDIR, "svault-solver") ? SV_OK
                                                      : SV_ERR_NOT_FOUND;
}

/* ---- Start ---- */

/* Above the standard streams, which may be closed. */
static enum sv_err
move_up(int *fd)
{
    int up = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    (void)close(*fd);
    *fd = up;
    return up >= 0 ? SV_OK : SV_ERR_IO;
}

static enum sv_err
make_pair(int type, int out[2])
{
    enum sv_err err;

    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, out) != 0)
        return SV_ERR_IO;
    err = move_up(&out[0]);
    if (err == SV_OK)
        err = move_up(&out[1]);
    if (err != SV_OK) {
        if (out[0] >= 0)
            (void)close(out[0]);
        if (out[1] >= 0)
            (void)close(out[1]);
    }
    return err;
}

/* Nothing of ours but the socket; a session of its own, so that no terminal
 * stops it; no signal blocked or ignored. */
static int
prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes,
        int control)
{
    sigset_t none, all;
    int rc;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    rc = posix_spawn_file_actions_adddup2(files, control, STDIN_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null",
                                              O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(files, STDOUT_FILENO,
                                              STDERR_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETSID);
    return rc;
}

static int
spawn(const char *path, int control, pid_t *pid)
{
    static char name[] = "svault-solver";
    char *const arguments[] = {name, NULL};
    /* Some BLAS start threads when they are loaded, and take them along into
     * each fork; ours have use for one. */
    static char blas[] = "OPENBLAS_NUM_THREADS=1";
    char *const environment[] = {blas, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&files);

    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = prepare(&files, &attributes, control);
        /* No copy of our memory is made on the way: it is vfork() within. */
        if (rc == 0)
            rc = posix_spawn(pid, path, &files, &attributes, arguments,
                             environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return rc;
}

/* End what is there. */
static void
end(struct solver_process *p)
{
    if (p->pid > 0) {
        /* A number may have a new owner, a descriptor never. */
        if (pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0) != 0 && p->pidfd < 0)
            (void)kill(p->pid, SIGKILL);
        (void)waitpid(p->pid, NULL, 0);
    }
    if (p->pidfd >= 0)
        (void)close(p->pidfd);
    if (p->control >= 0)
        (void)close(p->control);
    p->pid = 0;
    p->pidfd = -1;
    p->control = -1;
}

static enum sv_err
begin(struct solver_process *p)
{
    int pair[2], rc;
    enum sv_err err = make_pair(SOCK_SEQPACKET, pair);

    if (err != SV_OK)
        return err;
    rc = spawn(p->path, pair[1], &p->pid);
    if (rc != 0) {
        p->pid = 0;
        err = err_of_errno(rc);
    }
    (void)close(pair[1]);
    p->control = pair[0];
    if (err == SV_OK) {
        p->pidfd = pidfd_open(p->pid, 0);
        err = p->pidfd >= 0 ? move_up(&p->pidfd) : SV_ERR_IO;
    }
    if (err != SV_OK)
        end(p);
    return err;
}

enum sv_err
solver_process_start(const char *path, struct solver_process **out)
{
    struct solver_process *p = calloc(1, sizeof *p);
    enum sv_err err = SV_OK;

    if (p == NULL)
        return SV_ERR_NOMEM;
    p->pidfd = p->control = -1;
    if (path == NULL)
        err = find_program(p->path);
    else if (strlen(path) >= sizeof p->path)
        err = SV_ERR_RANGE;
    else
        memcpy(p->path, path, strlen(path) + 1);
    if (err == SV_OK && pthread_mutex_init(&p->lock, NULL) != 0)
        err = SV_ERR_NOMEM;
    if (err != SV_OK) {
        free(p);
        return err;
    }
    err = begin(p);
    if (err == SV_OK)
        *out = p;
    else
        solver_process_stop(p);
    return err;
}

void
solver_process_stop(struct solver_process *p)
{
    if (p == NULL)
        return;
    end(p);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

/* ---- Jobs ---- */

/* SV_ERR_NOT_FOUND: nobody is there to take it. */
static enum sv_err
hand_over(const struct solver_process *p, int fd)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.space};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    if (p->control < 0)
        return SV_ERR_NOT_FOUND;
    if (sendmsg(p->control, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
        return SV_OK;
    return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN
               ? SV_ERR_NOT_FOUND
               : SV_ERR_UNVERIFIED;
}

enum sv_err
solver_process_open(void *process, int *fd)
{
    struct solver_process *p = process;
    int pair[2];
    enum sv_err err;

    if (make_pair(SOCK_STREAM, pair) != SV_OK)
        return SV_ERR_UNVERIFIED;
    (void)pthread_mutex_lock(&p->lock);
    err = hand_over(p, pair[1]);
    if (err == SV_ERR_NOT_FOUND) {
        end(p);
        err = begin(p);
        if (err == SV_OK)
            err = hand_over(p, pair[1]);
    }
    (void)pthread_mutex_unlock(&p->lock);
    (void)close(pair[1]);
    if (err != SV_OK) {
        (void)close(pair[0]);
        return SV_ERR_UNVERIFIED;
    }
    *fd = pair[0];
    return SV_OK;
}

enum sv_err
solver_process_open_lazily(void *process, int *fd)
{
    struct solver_process **p = process;

    if (*p == NULL) {
        enum sv_err err = solver_process_start(NULL, p);

        if (err != SV_OK)
            return err_verdict(err, SV_ERR_UNVERIFIED);
    }
    return solver_process_open(*p, fd);
}
