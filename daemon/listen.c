#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static enum sv_err
address_of(const char *path, struct sockaddr_un *out)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof out->sun_path)
        return SV_ERR_RANGE;
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, path, len + 1);
    return SV_OK;
}

/* ---- A socket of our own ---- */

/* What a service that was killed leaves behind. */
static enum sv_err
remove_stale(const struct sockaddr_un *at)
{
    struct stat st;
    int fd, code;

    if (lstat(at->sun_path, &st) != 0)
        return errno == ENOENT ? SV_OK : err_of_errno(errno);
    if (!S_ISSOCK(st.st_mode))
        return SV_ERR_EXISTS;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_of_errno(errno);
    code =
        connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 ? 0 : errno;
    (void)close(fd);
    if (code != ECONNREFUSED)
        return SV_ERR_BUSY;
    return unlink(at->sun_path) == 0 ? SV_OK : err_of_errno(errno);
}

enum sv_err
listen_at(const char *path, const gid_t *group, int *fd)
{
    struct sockaddr_un at;
    enum sv_err err = address_of(path, &at);
    int s;

    if (err == SV_OK)
        err = remove_stale(&at);
    if (err != SV_OK)
        return err;
    s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return err_of_errno(errno);
    /* The umask closes it to all others until its group is set. */
    if (bind(s, (const struct sockaddr *)&at, sizeof at) != 0 ||
        (group != NULL && chown(path, (uid_t)-1, *group) != 0) ||
        chmod(path, group != NULL ? 0660 : 0600) != 0 ||
        listen(s, LISTEN_BACKLOG) != 0) {
        err = err_of_errno(errno);
        (void)close(s);
        return err;
    }
    *fd = s;
    return SV_OK;
}

/* ---- systemd ---- */

static bool
is_listening(int fd)
{
    int on = 0, type = 0, domain = 0;
    socklen_t len = sizeof on;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
           on != 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           domain == AF_UNIX;
}

enum sv_err
listen_inherited(int *fd)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    uint64_t n;

    if (pid == NULL || fds == NULL ||
        text_u64(bytes_text(pid), 1, INT32_MAX, &n) != SV_OK ||
        (pid_t)n != getpid())
        return SV_ERR_NOT_FOUND;
    if (text_u64(bytes_text(fds), 0, 64, &n) != SV_OK || n != 1 ||
        !is_listening(FIRST_FD))
        return SV_ERR_USAGE;
    if (fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(FIRST_FD, F_SETFL, O_NONBLOCK) != 0)
        return err_of_errno(errno);
    *fd = FIRST_FD;
    return SV_OK;
}

void
notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to;
    socklen_t len;
    int fd;

    if (path == NULL || address_of(path, &to) != SV_OK)
        return;
    len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (to.sun_path[0] == '@') /* one without a file */
        to.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                 (const struct sockaddr *)&to, len);
    (void)close(fd);
}
