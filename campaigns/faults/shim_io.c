/* Bytes in and out, and what makes them durable; stdio goes the same way. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "campaigns/faults/shim.h"

#define STREAMS_MAX 64
static struct {
    FILE *file;
    int fd;
} streams[STREAMS_MAX];

static size_t
half(size_t n)
{
    return n > 1 ? n / 2 : n;
}

/* ---- reading ---- */

static ssize_t
do_read(const char *name, int fd, void *p, size_t n)
{
    enum effect e = shim_decide(KIND_READ, name, fd, NULL);

    if (e == EFFECT_FAIL)
        return -1;
    return syscall(SYS_read, fd, p, e == EFFECT_SHORT ? half(n) : n);
}

ssize_t
read(int fd, void *p, size_t n)
{
    return do_read("read", fd, p, n);
}

ssize_t __read_chk(int fd, void *p, size_t n, size_t size);
ssize_t
__read_chk(int fd, void *p, size_t n, size_t size)
{
    if (n > size)
        abort();
    return do_read("read", fd, p, n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
    enum effect e = shim_decide(KIND_READ, "pread", fd, NULL);

    if (e == EFFECT_FAIL)
        return -1;
    return syscall(SYS_pread64, fd, p, e == EFFECT_SHORT ? half(n) : n, at);
}

ssize_t
pread64(int fd, void *p, size_t n, off64_t at)
{
    return pread(fd, p, n, at);
}

ssize_t
readv(int fd, const struct iovec *v, int n)
{
    enum effect e = shim_decide(KIND_READ, "readv", fd, NULL);

    if (e == EFFECT_FAIL)
        return -1;
    if (e == EFFECT_SHORT)
        return syscall(SYS_read, fd, v[0].iov_base, half(v[0].iov_len));
    return syscall(SYS_readv, fd, v, n);
}

/* ---- writing ---- */

static ssize_t
do_write(int fd, const void *p, size_t n)
{
    enum effect e = shim_decide(KIND_WRITE, "write", fd, NULL);
    ssize_t rc;

    if (e == EFFECT_FAIL)
        return -1;
    if (e == EFFECT_FORGET || e == EFFECT_SWALLOW)
        return (ssize_t)n;
    if (e == EFFECT_SHORT || e == EFFECT_KILL_TORN)
        n = half(n);
    rc = syscall(SYS_write, fd, p, n);
    return shim_after(e) ? -1 : rc;
}

ssize_t
write(int fd, const void *p, size_t n)
{
    return do_write(fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
    enum effect e = shim_decide(KIND_WRITE, "pwrite", fd, NULL);
    ssize_t rc;

    if (e == EFFECT_FAIL)
        return -1;
    if (e == EFFECT_FORGET)
        return (ssize_t)n;
    if (e == EFFECT_SHORT || e == EFFECT_KILL_TORN)
        n = half(n);
    rc = syscall(SYS_pwrite64, fd, p, n, at);
    return shim_after(e) ? -1 : rc;
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return pwrite(fd, p, n, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
    enum effect e = shim_decide(KIND_WRITE, "writev", fd, NULL);
    ssize_t rc = 0;

    if (e == EFFECT_FAIL)
        return -1;
    if (e == EFFECT_FORGET) {
        for (int i = 0; i < n; i++)
            rc += (ssize_t)v[i].iov_len;
        return rc;
    }
    if (e == EFFECT_SHORT || e == EFFECT_KILL_TORN)
        rc = n > 1 ? syscall(SYS_writev, fd, v, n / 2)
                   : syscall(SYS_write, fd, v[0].iov_base, half(v[0].iov_len));
    else
        rc = syscall(SYS_writev, fd, v, n);
    return shim_after(e) ? -1 : rc;
}

/* ---- made durable ---- */

static int
do_sync(const char *name, long number, int fd)
{
    enum effect e = shim_decide(KIND_SYNC, name, fd, NULL);
    int rc;

    if (e == EFFECT_FAIL)
        return -1;
    if (e == EFFECT_FORGET)
        return 0;
    rc = (int)syscall(number, fd);
    return shim_after(e) ? -1 : rc;
}

int
fsync(int fd)
{
    return do_sync("fsync", SYS_fsync, fd);
}

int
fdatasync(int fd)
{
    return do_sync("fdatasync", SYS_fdatasync, fd);
}

int
msync(void *p, size_t n, int flags)
{
    enum effect e = shim_decide(KIND_SYNC, "msync", -1, NULL);
    int rc;

    if (e == EFFECT_FAIL)
        return -1;
    rc = (int)syscall(SYS_msync, p, n, flags);
    return shim_after(e) ? -1 : rc;
}

/* ---- sockets ---- */

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
    enum effect e = shim_decide(KIND_SOCKET, "recv", fd, NULL);

    if (e == EFFECT_FAIL)
        return -1;
    return syscall(SYS_recvfrom, fd, p, e == EFFECT_SHORT ? half(n) : n, flags,
                   NULL, NULL);
}

ssize_t
sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
       socklen_t len)
{
    enum effect e = shim_decide(KIND_SOCKET, "send", fd, NULL);
    ssize_t rc;

    if (e == EFFECT_FAIL)
        return -1;
    if (e == EFFECT_SHORT || e == EFFECT_KILL_TORN)
        n = half(n);
    rc = syscall(SYS_sendto, fd, p, n, flags, to, len);
    return shim_after(e) ? -1 : rc;
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
    return sendto(fd, p, n, flags, NULL, 0);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
    enum effect e = shim_decide(KIND_SOCKET, "sendmsg", fd, NULL);
    ssize_t rc;

    if (e == EFFECT_FAIL)
        return -1;
    rc = syscall(SYS_sendmsg, fd, m, flags);
    return shim_after(e) ? -1 : rc;
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
    if (shim_decide(KIND_SOCKET, "recvmsg", fd, NULL) == EFFECT_FAIL)
        return -1;
    return syscall(SYS_recvmsg, fd, m, flags);
}

/*
 * ---- stdio ----
 * The C library's own streams read and write where no wrapper sees it; these
 * do it here, with the library's buffers and error marks.
 */

static int
fd_of(const void *cookie)
{
    return (int)(intptr_t)cookie - 1;
}

static ssize_t
stream_read(void *cookie, char *p, size_t n)
{
    return do_read("read", fd_of(cookie), p, n);
}

/* As the C library does: on, until all is written or a call fails. */
static ssize_t
stream_write(void *cookie, const char *p, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t rc = do_write(fd_of(cookie), p + done, n - done);

        if (rc < 0)
            break;
        done += (size_t)rc;
    }
    return (ssize_t)done;
}

static int
stream_seek(void *cookie, off64_t *at, int whence)
{
    off64_t to = lseek64(fd_of(cookie), *at, whence);

    if (to < 0)
        return -1;
    *at = to;
    return 0;
}

static int
stream_close(void *cookie)
{
    for (size_t i = 0; i < STREAMS_MAX; i++)
        if (streams[i].file != NULL && streams[i].fd == fd_of(cookie))
            streams[i].file = NULL;
    return close(fd_of(cookie));
}

static FILE *
stream_new(int fd, const char *mode)
{
    const cookie_io_functions_t io = {stream_read, stream_write, stream_seek,
                                      stream_close};
    FILE *f = fopencookie((void *)(intptr_t)(fd + 1), mode, io);

    for (size_t i = 0; f != NULL && i < STREAMS_MAX; i++)
        if (streams[i].file == NULL) {
            streams[i].file = f;
            streams[i].fd = fd;
            return f;
        }
    return f;
}

void
shim_stdio(void)
{
    FILE *in = stream_new(STDIN_FILENO, "r");
    FILE *out = stream_new(STDOUT_FILENO, "w");
    FILE *err = stream_new(STDERR_FILENO, "w");

    if (in == NULL || out == NULL || err == NULL)
        _exit(126);
    (void)setvbuf(err, NULL, _IONBF, 0);
    stdin = in;
    stdout = out;
    stderr = err;
}

FILE *
fdopen(int fd, const char *mode)
{
    return stream_new(fd, mode);
}

int
fileno(FILE *f)
{
    int (*next)(FILE *);

    for (size_t i = 0; i < STREAMS_MAX; i++)
        if (streams[i].file == f)
            return streams[i].fd;
    *(void **)&next = shim_real("fileno");
    return next(f);
}

static int
flags_of(const char *mode)
{
    int flags = strchr(mode, '+') != NULL ? O_RDWR
                : mode[0] == 'r'          ? O_RDONLY
                                          : O_WRONLY;

    if (mode[0] == 'w')
        flags |= O_CREAT | O_TRUNC;
    if (mode[0] == 'a')
        flags |= O_CREAT | O_APPEND;
    if (strchr(mode, 'x') != NULL)
        flags |= O_EXCL;
    if (strchr(mode, 'e') != NULL)
        flags |= O_CLOEXEC;
    return flags;
}

FILE *
fopen(const char *path, const char *mode)
{
    int fd = open(path, flags_of(mode), 0666);

    return fd < 0 ? NULL : stream_new(fd, mode);
}

FILE *
fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}
