#include "tests/support/traced.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/support/support.h"

struct trace trace;

void
trace_clear(void)
{
    memset(&trace, 0, sizeof trace);
}

static bool
trace_fails(char call)
{
    if (trace.n + 1 < sizeof trace.calls)
        trace.calls[trace.n] = call; /* the first ones; all are counted */
    trace.n++;
    if (trace.fail_header && call == 'H' && trace.fail_at == 0)
        trace.fail_at = trace.n;
    if (trace.fail_at == 0 || trace.n < trace.fail_at)
        return false;
    return trace.keep_on || trace.n == trace.fail_at;
}

static bool
is_synced(int fd)
{
    return (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
    if (trace_fails(is_synced(fd) ? 'H' : 'w')) {
        if (trace.through && trace.n == trace.fail_at)
            (void)syscall(SYS_pwrite64, fd, data, n, at);
        if (!trace.cut) {
            errno = trace.error;
            return -1;
        }
        n /= 2;
    }
    return syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
    if (trace_fails('w')) {
        if (!trace.cut) {
            errno = trace.error;
            return -1;
        }
        n = 1;
    }
    return syscall(SYS_writev, fd, parts, n);
}

int
fdatasync(int fd)
{
    if (trace_fails('s')) {
        errno = trace.error;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    if (trace_fails(S_ISDIR(st.st_mode) ? 'D' : 'F')) {
        errno = trace.error;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int
fstatvfs(int fd, struct statvfs *out)
{
    (void)fd;
    memset(out, 0, sizeof *out);
    out->f_frsize = 4096;
    out->f_bavail = trace.disk_full ? 0 : 1 << 20;
    return 0;
}
