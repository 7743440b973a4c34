/* Files by name, memory, processes, and what a program waits for. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaigns/faults/shim.h"

/* A call that passes through: WRAP(KIND, type, failed, name, (parameters),
 * fd, path, (arguments)). */
#define WRAP(kind, type, failed, name, parameters, fd, path, arguments)        \
    type name parameters                                                       \
    {                                                                          \
        static type(*next) parameters;                                         \
        enum effect e = shim_decide(kind, #name, fd, path);                    \
        type rc;                                                               \
                                                                               \
        if (e == EFFECT_FAIL)                                                  \
            return failed;                                                     \
        if (next == NULL)                                                      \
            *(void **)&next = shim_real(#name);                                \
        rc = next arguments;                                                   \
        return shim_after(e) ? failed : rc;                                    \
    }

/* The same of a call that returns its error. */
#define WRAP_ERRNO(kind, name, parameters, arguments)                          \
    int name parameters                                                        \
    {                                                                          \
        static int(*next) parameters;                                          \
        enum effect e = shim_decide(kind, #name, -1, NULL);                    \
        int rc;                                                                \
                                                                               \
        if (e == EFFECT_FAIL)                                                  \
            return errno;                                                      \
        if (next == NULL)                                                      \
            *(void **)&next = shim_real(#name);                                \
        rc = next arguments;                                                   \
        return shim_after(e) ? errno : rc;                                     \
    }

/* clang-format off */

/* ---- files opened ---- */

static int
do_open(const char *name, int dir, const char *path, int flags, mode_t mode)
{
    enum effect e = shim_decide(KIND_OPEN, name, -1, path);
    int fd;

    if (e == EFFECT_FAIL)
        return -1;
    fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    (void)shim_after(e);
    return fd;
}

static mode_t
mode_of(int flags, va_list more)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

#define OPEN(name)                                                             \
    int name(const char *path, int flags, ...)                                 \
    {                                                                          \
        va_list more;                                                          \
        mode_t mode;                                                           \
                                                                               \
        va_start(more, flags);                                                 \
        mode = mode_of(flags, more);                                           \
        va_end(more);                                                          \
        return do_open(#name, AT_FDCWD, path, flags, mode);                    \
    }
#define OPENAT(name)                                                           \
    int name(int dir, const char *path, int flags, ...)                        \
    {                                                                          \
        va_list more;                                                          \
        mode_t mode;                                                           \
                                                                               \
        va_start(more, flags);                                                 \
        mode = mode_of(flags, more);                                           \
        va_end(more);                                                          \
        return do_open(#name, dir, path, flags, mode);                         \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
WRAP(KIND_OPEN, DIR *, NULL, opendir, (const char *path), -1, path, (path))
WRAP(KIND_OPEN, DIR *, NULL, fdopendir, (int fd), fd, NULL, (fd))
WRAP(KIND_OPEN, int, -1, mkostemp, (char *path, int flags), -1, path,
     (path, flags))
WRAP(KIND_OPEN, char *, NULL, mkdtemp, (char *path), -1, path, (path))

/* ---- files named ---- */

WRAP(KIND_NAME, int, -1, rename, (const char *a, const char *b), -1, b, (a, b))
WRAP(KIND_NAME, int, -1, renameat2,
     (int d, const char *a, int t, const char *b, unsigned int f), -1, b,
     (d, a, t, b, f))
WRAP(KIND_NAME, int, -1, link, (const char *a, const char *b), -1, b, (a, b))
WRAP(KIND_NAME, int, -1, linkat,
     (int d, const char *a, int t, const char *b, int f), -1, b,
     (d, a, t, b, f))
WRAP(KIND_NAME, int, -1, unlink, (const char *path), -1, path, (path))
WRAP(KIND_NAME, int, -1, unlinkat, (int d, const char *path, int f), -1, path,
     (d, path, f))
WRAP(KIND_NAME, int, -1, remove, (const char *path), -1, path, (path))
WRAP(KIND_NAME, int, -1, rmdir, (const char *path), -1, path, (path))
WRAP(KIND_NAME, int, -1, mkdir, (const char *path, mode_t m), -1, path,
     (path, m))
WRAP(KIND_NAME, int, -1, ftruncate, (int fd, off_t n), fd, NULL, (fd, n))
WRAP_ERRNO(KIND_NAME, posix_fallocate, (int fd, off_t at, off_t n),
           (fd, at, n))
WRAP(KIND_NAME, int, -1, fchmod, (int fd, mode_t m), fd, NULL, (fd, m))
WRAP(KIND_NAME, int, -1, chmod, (const char *path, mode_t m), -1, path,
     (path, m))

/* ---- files looked at ---- */

WRAP(KIND_LOOK, int, -1, stat, (const char *path, struct stat *s), -1, path,
     (path, s))
WRAP(KIND_LOOK, int, -1, lstat, (const char *path, struct stat *s), -1, path,
     (path, s))
WRAP(KIND_LOOK, int, -1, fstat, (int fd, struct stat *s), fd, NULL, (fd, s))
WRAP(KIND_LOOK, int, -1, fstatat,
     (int d, const char *path, struct stat *s, int f), -1, path,
     (d, path, s, f))
WRAP(KIND_LOOK, int, -1, statvfs, (const char *path, struct statvfs *s), -1,
     path, (path, s))
WRAP(KIND_LOOK, int, -1, fstatvfs, (int fd, struct statvfs *s), fd, NULL,
     (fd, s))
WRAP(KIND_LOOK, int, -1, access, (const char *path, int m), -1, path,
     (path, m))
WRAP(KIND_LOOK, ssize_t, -1, readlink, (const char *path, char *p, size_t n),
     -1, path, (path, p, n))
WRAP(KIND_LOOK, struct dirent *, NULL, readdir, (DIR *d), -1, NULL, (d))
WRAP(KIND_LOOK, int, -1, flock, (int fd, int how), fd, NULL, (fd, how))
WRAP(KIND_LOOK, off_t, -1, lseek, (int fd, off_t at, int how), fd, NULL,
     (fd, at, how))

int
fcntl(int fd, int command, ...)
{
    va_list more;
    void *p;

    va_start(more, command);
    p = va_arg(more, void *);
    va_end(more);
    if (shim_decide(KIND_LOOK, "fcntl", fd, NULL) == EFFECT_FAIL)
        return -1;
    return (int)syscall(SYS_fcntl, fd, command, p);
}

/* The descriptor is gone, as on Linux, whatever close() says. */
int
close(int fd)
{
    enum effect e = shim_decide(KIND_CLOSE, "close", fd, NULL);
    int error = errno;
    int rc = (int)syscall(SYS_close, fd);

    if (e != EFFECT_FAIL)
        return rc;
    errno = error;
    return -1;
}

/* ---- memory ---- */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

void *
malloc(size_t n)
{
    if (shim_memory("malloc", __builtin_return_address(0)) == EFFECT_FAIL)
        return NULL;
    return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
    if (shim_memory("calloc", __builtin_return_address(0)) == EFFECT_FAIL)
        return NULL;
    return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
    if (shim_memory("realloc", __builtin_return_address(0)) == EFFECT_FAIL)
        return NULL;
    return __libc_realloc(p, n);
}

void *
reallocarray(void *p, size_t n, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, all);
}

int
posix_memalign(void **out, size_t align, size_t n)
{
    if (shim_memory("posix_memalign", __builtin_return_address(0)) == EFFECT_FAIL)
        return errno;
    *out = __libc_memalign(align, n);
    return *out != NULL ? 0 : ENOMEM;
}

WRAP(KIND_MAP, void *, MAP_FAILED, mmap,
     (void *p, size_t n, int prot, int flags, int fd, off_t at), fd, NULL,
     (p, n, prot, flags, fd, at))
WRAP(KIND_MAP, int, -1, mlock, (const void *p, size_t n), -1, NULL, (p, n))
WRAP(KIND_MAP, int, -1, mprotect, (void *p, size_t n, int prot), -1, NULL,
     (p, n, prot))
WRAP(KIND_MAP, int, -1, madvise, (void *p, size_t n, int advice), -1, NULL,
     (p, n, advice))
WRAP(KIND_MAP, int, -1, memfd_create, (const char *name, unsigned int f), -1,
     name, (name, f))

/* ---- randomness ---- */

WRAP(KIND_RANDOM, ssize_t, -1, getrandom, (void *p, size_t n, unsigned int f),
     -1, NULL, (p, n, f))
WRAP(KIND_RANDOM, int, -1, getentropy, (void *p, size_t n), -1, NULL, (p, n))

/* ---- sockets ---- */

WRAP(KIND_SOCKET, int, -1, socket, (int d, int t, int p), -1, NULL, (d, t, p))
WRAP(KIND_SOCKET, int, -1, socketpair, (int d, int t, int p, int out[2]), -1,
     NULL, (d, t, p, out))
WRAP(KIND_SOCKET, int, -1, bind,
     (int fd, const struct sockaddr *a, socklen_t n), fd, NULL, (fd, a, n))
WRAP(KIND_SOCKET, int, -1, connect,
     (int fd, const struct sockaddr *a, socklen_t n), fd, NULL, (fd, a, n))
WRAP(KIND_SOCKET, int, -1, listen, (int fd, int n), fd, NULL, (fd, n))
WRAP(KIND_SOCKET, int, -1, accept4,
     (int fd, struct sockaddr *restrict a, socklen_t *restrict n, int f), fd,
     NULL, (fd, a, n, f))
WRAP(KIND_SOCKET, int, -1, getsockopt,
     (int fd, int l, int o, void *restrict p, socklen_t *restrict n), fd, NULL,
     (fd, l, o, p, n))
WRAP(KIND_SOCKET, int, -1, setsockopt,
     (int fd, int l, int o, const void *p, socklen_t n), fd, NULL,
     (fd, l, o, p, n))
WRAP(KIND_SOCKET, int, -1, shutdown, (int fd, int how), fd, NULL, (fd, how))

/* ---- processes ---- */

WRAP(KIND_PROCESS, pid_t, -1, fork, (void), -1, NULL, ())
WRAP(KIND_PROCESS, int, -1, pipe2, (int fds[2], int f), -1, NULL, (fds, f))
WRAP(KIND_PROCESS, int, -1, eventfd, (unsigned int n, int f), -1, NULL, (n, f))
WRAP(KIND_PROCESS, int, -1, epoll_create1, (int f), -1, NULL, (f))
WRAP(KIND_PROCESS, int, -1, epoll_ctl,
     (int e_, int op, int fd, struct epoll_event *ev), fd, NULL,
     (e_, op, fd, ev))
WRAP(KIND_PROCESS, int, -1, signalfd, (int fd, const sigset_t *m, int f), fd,
     NULL, (fd, m, f))
WRAP(KIND_PROCESS, int, -1, dup2, (int a, int b), a, NULL, (a, b))
WRAP(KIND_PROCESS, int, -1, pidfd_open, (pid_t p, unsigned int f), -1, NULL,
     (p, f))
WRAP_ERRNO(KIND_PROCESS, pthread_create,
           (pthread_t *restrict t, const pthread_attr_t *restrict a,
            void *(*run)(void *), void *restrict arg),
           (t, a, run, arg))

#define ENVIRONMENT_MAX 512

/* The child has our environment, and this library too. */
static size_t
with_us(char *const from[], char *to[], char *preload, char *fault)
{
    size_t n = 0;

    while (from != NULL && from[n] != NULL && n < ENVIRONMENT_MAX - 3) {
        to[n] = from[n];
        n++;
    }
    to[n++] = preload;
    to[n++] = fault;
    to[n] = NULL;
    return n;
}

static int
do_spawn(const char *name, pid_t *pid, const char *path,
         const posix_spawn_file_actions_t *files,
         const posix_spawnattr_t *attributes, char *const arguments[],
         char *const environment[])
{
    int (*next)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                const posix_spawnattr_t *, char *const[], char *const[]);
    char *all[ENVIRONMENT_MAX];
    char preload[512], fault[512];

    if (shim_decide(KIND_PROCESS, name, -1, path) == EFFECT_FAIL)
        return errno;
    *(void **)&next = shim_real(name);
    if (getenv("LD_PRELOAD") == NULL || getenv("SV_FAULT") == NULL)
        return next(pid, path, files, attributes, arguments, environment);
    (void)snprintf(preload, sizeof preload, "LD_PRELOAD=%s",
                   getenv("LD_PRELOAD"));
    (void)snprintf(fault, sizeof fault, "SV_FAULT=%s", getenv("SV_FAULT"));
    (void)with_us(environment, all, preload, fault);
    return next(pid, path, files, attributes, arguments, all);
}

int
posix_spawn(pid_t *restrict pid, const char *restrict path,
            const posix_spawn_file_actions_t *restrict files,
            const posix_spawnattr_t *restrict attributes,
            char *const arguments[restrict], char *const environment[restrict])
{
    return do_spawn("posix_spawn", pid, path, files, attributes, arguments,
                    environment);
}

int
posix_spawnp(pid_t *restrict pid, const char *restrict path,
             const posix_spawn_file_actions_t *restrict files,
             const posix_spawnattr_t *restrict attributes,
             char *const arguments[restrict], char *const environment[restrict])
{
    return do_spawn("posix_spawnp", pid, path, files, attributes, arguments,
                    environment);
}

/* ---- waiting ---- */

WRAP(KIND_WAIT, int, -1, poll, (struct pollfd *p, nfds_t n, int ms), -1, NULL,
     (p, n, ms))
WRAP(KIND_WAIT, int, -1, ppoll,
     (struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *m),
     -1, NULL, (p, n, t, m))
WRAP(KIND_WAIT, int, -1, epoll_wait,
     (int fd, struct epoll_event *ev, int n, int ms), fd, NULL,
     (fd, ev, n, ms))
WRAP(KIND_WAIT, pid_t, -1, waitpid, (pid_t p, int *status, int f), -1, NULL,
     (p, status, f))
WRAP(KIND_WAIT, int, -1, nanosleep,
     (const struct timespec *t, struct timespec *left), -1, NULL, (t, left))

/* ---- what shuts a process off ---- */

int
prctl(int option, ...)
{
    static int (*next)(int, unsigned long, unsigned long, unsigned long,
                       unsigned long);
    unsigned long a[4];
    va_list more;

    va_start(more, option);
    for (size_t i = 0; i < sizeof a / sizeof a[0]; i++)
        a[i] = va_arg(more, unsigned long);
    va_end(more);
    if (shim_decide(KIND_GUARD, "prctl", -1, NULL) == EFFECT_FAIL)
        return -1;
    if (next == NULL)
        *(void **)&next = shim_real("prctl");
    return next(option, a[0], a[1], a[2], a[3]);
}

WRAP(KIND_GUARD, int, -1, setrlimit,
     (__rlimit_resource_t what, const struct rlimit *l), -1, NULL, (what, l))
WRAP(KIND_GUARD, pid_t, -1, setsid, (void), -1, NULL, ())

/* What LMDB calls for fstat(). */
WRAP(KIND_LOOK, int, -1, __fxstat, (int version, int fd, struct stat *s), fd,
     NULL, (version, fd, s))
