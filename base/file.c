#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_WAIT_MS 1000

enum sv_err
err_of_errno(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return SV_ERR_NOT_FOUND;
    case EEXIST:
        return SV_ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return SV_ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return SV_ERR_FULL;
    case ENOMEM:
        return SV_ERR_NOMEM;
    case EWOULDBLOCK:
        return SV_ERR_BUSY;
    default:
        return SV_ERR_IO;
    }
}

static enum sv_err
put_path(char out[static PATH_SIZE], const char *a, const char *sep,
         const char *b)
{
    int n = snprintf(out, PATH_SIZE, "%s%s%s", a, sep, b);

    return n >= 0 && n < PATH_SIZE ? SV_OK : SV_ERR_RANGE;
}

enum sv_err
path_join(char out[static PATH_SIZE], const char *dir, const char *name)
{
    return put_path(out, dir, "/", name);
}

enum sv_err
path_suffix(char out[static PATH_SIZE], const char *base, const char *suffix)
{
    size_t n = strlen(base);
    char trimmed[PATH_SIZE];

    /* "office/" and "office" name one place, so they have one suffix. */
    while (n > 1 && base[n - 1] == '/')
        n--;
    if (n >= sizeof trimmed)
        return SV_ERR_RANGE;
    memcpy(trimmed, base, n);
    trimmed[n] = '\0';
    return put_path(out, trimmed, "", suffix);
}

enum sv_err
fd_read_at(int fd, uint8_t *out, size_t len, off_t offset, size_t *got)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = pread(fd, out + done, len - done, offset + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_of_errno(errno);
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *got = done;
    return SV_OK;
}

enum sv_err
fd_write_at(int fd, struct bytes data, off_t offset)
{
    size_t done = 0;

    while (done < data.len) {
        ssize_t n =
            pwrite(fd, data.ptr + done, data.len - done, offset + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_of_errno(errno);
        done += (size_t)n;
    }
    return SV_OK;
}

/* Read from where fd stands to its end: a pipe has no size and no offset. */
static enum sv_err
read_all(int fd, size_t max, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = SV_OK;

    for (;;) {
        ssize_t n;

        err = buf_reserve(out, 65536);
        if (err != SV_OK)
            break;
        n = read(fd, out->ptr + out->len, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err = err_of_errno(errno);
        if (n <= 0)
            break;
        out->len += (size_t)n;
        if (out->len - was > max) {
            err = SV_ERR_RANGE;
            break;
        }
    }
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* Whoever writes to a named pipe may come a moment after its reader. */
static void
wait_for_writer(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
        (void)poll(&p, 1, PIPE_WAIT_MS);
}

enum sv_err
file_open(const char *path, int *fd)
{
    int got = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    /* A file that another program has on lease (a share); no pipe.  The
     * kernel takes it back. */
    if (got < 0 && errno == EWOULDBLOCK)
        got = open(path, O_RDONLY | O_CLOEXEC);
    if (got < 0)
        return err_of_errno(errno);
    wait_for_writer(got);
    /* Who has it open for writing is waited for. */
    if (fcntl(got, F_SETFL, 0) != 0) {
        (void)close(got);
        return SV_ERR_IO;
    }
    *fd = got;
    return SV_OK;
}

enum sv_err
file_read(const char *path, size_t max, struct buf *out)
{
    int fd = -1;
    enum sv_err err = file_open(path, &fd);

    if (err != SV_OK)
        return err;
    err = read_all(fd, max, out);
    (void)close(fd);
    return err;
}

/* The directory part of path, "." where there is none. */
static enum sv_err
path_parent(char out[static PATH_SIZE], const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return put_path(out, ".", "", "");
    if (slash == path)
        return put_path(out, "/", "", "");
    if ((size_t)(slash - path) >= PATH_SIZE)
        return SV_ERR_RANGE;
    memcpy(out, path, (size_t)(slash - path));
    out[slash - path] = '\0';
    return SV_OK;
}

/* XFS, once its disk has failed, says of a directory that it is synced, and
 * looks at nothing; but it reads none. */
static bool
is_readable(int fd)
{
    char entries[1024];

    return getdents64(fd, entries, sizeof entries) >= 0;
}

enum sv_err
dir_sync(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum sv_err err = SV_OK;

    if (fd < 0)
        return err_of_errno(errno);
    if (fsync(fd) != 0 || !is_readable(fd))
        err = err_of_errno(errno);
    (void)close(fd);
    return err;
}

enum sv_err
path_sync(const char *path)
{
    char parent[PATH_SIZE];
    enum sv_err err = path_parent(parent, path);

    return err != SV_OK ? err : dir_sync(parent);
}

/* A new file beside path with data in it, synced; its name goes to tmp. */
static enum sv_err
write_beside(const char *path, mode_t mode, struct bytes data,
             char tmp[static PATH_SIZE])
{
    enum sv_err err = path_suffix(tmp, path, ".XXXXXX");
    int fd;

    if (err != SV_OK)
        return err;
    fd = mkostemp(tmp, O_CLOEXEC);
    if (fd < 0)
        return err_of_errno(errno);
    err = fd_write_at(fd, data, 0);
    /* A FAT stick keeps no modes and says so with EPERM. */
    if (err == SV_OK && fchmod(fd, mode) != 0 && errno != EPERM)
        err = err_of_errno(errno);
    if (err == SV_OK && fsync(fd) != 0)
        err = err_of_errno(errno);
    if (close(fd) != 0 && err == SV_OK)
        err = err_of_errno(errno);
    if (err != SV_OK)
        (void)unlink(tmp);
    return err;
}

enum sv_err
file_replace(const char *path, mode_t mode, struct bytes data)
{
    char tmp[PATH_SIZE];
    enum sv_err err = write_beside(path, mode, data, tmp);

    if (err != SV_OK)
        return err;
    if (rename(tmp, path) != 0) {
        err = err_of_errno(errno);
        (void)unlink(tmp);
        return err;
    }
    return path_sync(path);
}

enum sv_err
file_move_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return path_sync(to);
    /* Some file systems do not know that call; link() refuses as well. */
    if (errno == EINVAL || errno == ENOSYS) {
        if (link(from, to) == 0) {
            (void)unlink(from);
            return path_sync(to);
        }
    }
    return err_of_errno(errno);
}

enum sv_err
file_create(const char *path, mode_t mode, struct bytes data)
{
    char tmp[PATH_SIZE];
    enum sv_err err = write_beside(path, mode, data, tmp);

    if (err != SV_OK)
        return err;
    err = file_move_new(tmp, path);
    if (err != SV_OK)
        (void)unlink(tmp);
    return err;
}

/* What the holder wrote into the lock file. */
static void
read_holder(int fd, char *holder, size_t size)
{
    size_t got = 0;

    holder[0] = '\0';
    if (fd_read_at(fd, (uint8_t *)holder, size - 1, 0, &got) != SV_OK)
        got = 0;
    holder[got] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
}

static enum sv_err
write_holder(int fd)
{
    char line[128];
    int n = snprintf(line, sizeof line, "%s, process %ld\n",
                     program_invocation_short_name, (long)getpid());

    if (n < 0 || ftruncate(fd, 0) != 0)
        return err_of_errno(errno);
    return fd_write_at(fd, bytes_text(line), 0);
}

enum sv_err
file_lock(const char *path, char *holder, size_t holder_size, int *fd)
{
    int got = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum sv_err err;

    holder[0] = '\0';
    if (got < 0)
        return err_of_errno(errno);
    if (flock(got, LOCK_EX | LOCK_NB) != 0) {
        err = err_of_errno(errno);
        if (err == SV_ERR_BUSY)
            read_holder(got, holder, holder_size);
        (void)close(got);
        return err;
    }
    err = write_holder(got);
    if (err != SV_OK) {
        (void)close(got);
        return err;
    }
    *fd = got;
    return SV_OK;
}
