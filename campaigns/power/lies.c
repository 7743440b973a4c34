/*
 * Planted defects, as a library that is loaded first: a disk that lies.
 * SV_LIE says how:
 *
 *   nosync      nothing is ever flushed
 *   nometasync  what is opened to be written through (LMDB's header) is not
 *   nodirsync   the names in a directory are not flushed
 *   swallow     a write to a full disk is said to be done
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The system's headers have reserved names. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

static bool
lie_is(const char *name)
{
    const char *lie = getenv("SV_LIE");

    return lie != NULL && strcmp(lie, name) == 0;
}

/* C has no cast from void * to a function. */
static void
find(const char *name, void *out, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(out, &found, size);
}

static int
flush(const char *name, int fd)
{
    int (*real)(int);
    struct stat st;

    if (lie_is("nosync") ||
        (lie_is("nodirsync") && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)))
        return 0;
    find(name, &real, sizeof real);
    return real(fd);
}

int
fsync(int fd)
{
    return flush("fsync", fd);
}

int
fdatasync(int fd)
{
    return flush("fdatasync", fd);
}

static int
open_as(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...);

    if (lie_is("nosync") || lie_is("nometasync"))
        flags &= ~(O_SYNC | O_DSYNC);
    find(name, &real, sizeof real);
    return real(path, flags, mode);
}

static bool
has_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

int
open(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = has_mode(flags) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_as("open", path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = has_mode(flags) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_as("open64", path, flags, mode);
}

/* n bytes were to be written, and so many were. */
static ssize_t
told(ssize_t written, size_t n)
{
    if (lie_is("swallow") && (written >= 0 || errno == ENOSPC))
        return (ssize_t)n;
    return written;
}

static ssize_t
write_at(const char *name, int fd, const void *data, size_t n, off_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off_t);

    find(name, &real, sizeof real);
    return told(real(fd, data, n, offset), n);
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t offset)
{
    return write_at("pwrite", fd, data, n, offset);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off_t offset)
{
    return write_at("pwrite64", fd, data, n, offset);
}

static size_t
total(const struct iovec *parts, int n)
{
    size_t sum = 0;

    for (int i = 0; i < n; i++)
        sum += parts[i].iov_len;
    return sum;
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
    ssize_t (*real)(int, const struct iovec *, int);

    find("writev", &real, sizeof real);
    return told(real(fd, parts, n), total(parts, n));
}

static ssize_t
write_parts_at(const char *name, int fd, const struct iovec *parts, int n,
               off_t offset)
{
    ssize_t (*real)(int, const struct iovec *, int, off_t);

    find(name, &real, sizeof real);
    return told(real(fd, parts, n, offset), total(parts, n));
}

ssize_t
pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
    return write_parts_at("pwritev", fd, parts, n, offset);
}

ssize_t
pwritev64(int fd, const struct iovec *parts, int n, off_t offset)
{
    return write_parts_at("pwritev64", fd, parts, n, offset);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
