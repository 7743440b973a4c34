#include "cli/agent_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/codec.h"

#define LENGTH_LEN 4
#define PATIENCE_S 5 /* with an agent that does not answer */
#define PEERS_WAITING 16

/* ---- Places ---- */

enum sv_err
agent_dir(bool make, char out[static PATH_SIZE])
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char dir[PATH_SIZE];
    struct stat st;
    enum sv_err err;

    if (runtime == NULL || runtime[0] != '/')
        return SV_ERR_NOT_FOUND;
    err = path_join(dir, runtime, "svault");
    if (err != SV_OK)
        return err;
    if (make && mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_of_errno(errno);
    if (lstat(dir, &st) != 0)
        return err_of_errno(errno);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return SV_ERR_DENIED;
    memcpy(out, dir, sizeof dir);
    return SV_OK;
}

enum sv_err
agent_path(const char *dir, const struct card *card, char out[static PATH_SIZE])
{
    char name[AGENT_NAME_LEN + 1] = AGENT_PREFIX;
    uint8_t hash[DIGEST_LEN];
    enum sv_err err;

    card_hash(card, hash);
    text_hex(bytes_of(hash, 4), name + strlen(AGENT_PREFIX));
    err = path_join(out, dir, name);
    if (err == SV_OK &&
        strlen(out) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        err = SV_ERR_RANGE;
    return err;
}

static enum sv_err
address_of(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    return text_copy(bytes_text(path), out->sun_path, sizeof out->sun_path);
}

enum sv_err
agent_listen(const char *path, int *fd)
{
    struct sockaddr_un address;
    enum sv_err err = address_of(path, &address);
    mode_t before;
    int got;

    if (err != SV_OK)
        return err;
    got = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (got < 0)
        return err_of_errno(errno);
    (void)unlink(path);
    before = umask(0177);
    if (bind(got, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(got, PEERS_WAITING) != 0)
        err = err_of_errno(errno);
    (void)umask(before);
    if (err == SV_OK)
        *fd = got;
    else
        (void)close(got);
    return err;
}

bool
agent_peer_ok(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           len == sizeof peer && peer.uid == geteuid();
}

/* ---- Asking ---- */

static enum sv_err
connect_to(struct agent_link *link)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_un address;
    enum sv_err err = address_of(link->path, &address);
    int fd;

    if (err != SV_OK)
        return err;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_of_errno(errno);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) !=
            0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) !=
            0)
        err = err_of_errno(errno);
    else if (connect(fd, (const struct sockaddr *)&address, sizeof address) !=
             0)
        err = errno == ECONNREFUSED ? SV_ERR_NOT_FOUND : err_of_errno(errno);
    else if (!agent_peer_ok(fd))
        err = SV_ERR_DENIED;
    if (err != SV_OK) {
        (void)close(fd);
        return err;
    }
    link->fd = fd;
    return SV_OK;
}

static enum sv_err
send_all(int fd, struct bytes data)
{
    for (size_t at = 0; at < data.len;) {
        ssize_t n = send(fd, data.ptr + at, data.len - at, MSG_NOSIGNAL);

        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return SV_ERR_IO;
    }
    return SV_OK;
}

static enum sv_err
receive_all(int fd, uint8_t *out, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = recv(fd, out + at, len - at, 0);

        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return SV_ERR_IO;
    }
    return SV_OK;
}

static enum sv_err
ask(int fd, struct bytes question, struct buf *answer)
{
    uint8_t length[LENGTH_LEN] = {0}, *at;
    struct reader r = reader_of(BYTES(length));
    uint32_t len;
    enum sv_err err;

    put_u32(length, (uint32_t)question.len);
    err = send_all(fd, BYTES(length));
    if (err == SV_OK)
        err = send_all(fd, question);
    if (err == SV_OK)
        err = receive_all(fd, length, sizeof length);
    if (err != SV_OK)
        return err;
    len = reader_u32(&r);
    if (len > AGENT_MESSAGE_MAX)
        return SV_ERR_FORMAT;
    err = buf_extend(answer, len, &at);
    return err == SV_OK ? receive_all(fd, at, len) : err;
}

/* An agent that has many peers hangs up on the most silent: ask again. */
static enum sv_err
agent_call(void *ctx, struct bytes question, struct buf *answer)
{
    struct agent_link *link = ctx;
    size_t was = answer->len;
    enum sv_err err = SV_ERR_IO;

    for (int i = 0; err != SV_OK && i < 2; i++) {
        bool fresh = link->fd < 0;

        if (fresh)
            err = connect_to(link);
        if (fresh && err != SV_OK)
            return err;
        err = ask(link->fd, question, answer);
        if (err != SV_OK) {
            buf_truncate(answer, was);
            agent_link_close(link);
        }
        if (fresh)
            break;
    }
    return err;
}

void
agent_link_to(struct agent_link *link, const char *path)
{
    link->transport = (struct transport){agent_call, link};
    (void)snprintf(link->path, sizeof link->path, "%s", path);
    link->fd = -1;
}

bool
agent_link_open(struct agent_link *link, const struct card *card,
                uint64_t *left_ms)
{
    char dir[PATH_SIZE], path[PATH_SIZE];
    struct card there;

    if (agent_dir(false, dir) != SV_OK || agent_path(dir, card, path) != SV_OK)
        return false;
    agent_link_to(link, path);
    if (agent_hello(&link->transport, &there, left_ms) == SV_OK &&
        strcmp(there.name, card->name) == 0 &&
        bytes_equal(BYTES(there.sign.b), BYTES(card->sign.b)) &&
        bytes_equal(BYTES(there.box.b), BYTES(card->box.b)))
        return true;
    agent_link_close(link);
    return false;
}

enum sv_err
agent_link_lock(struct agent_link *link)
{
    uint8_t rest;
    enum sv_err err = link->fd < 0 ? connect_to(link) : SV_OK;

    if (err != SV_OK)
        return err;
    err = agent_lock(&link->transport);
    /* It hangs up when it has wiped. */
    if (err == SV_OK && link->fd >= 0 && recv(link->fd, &rest, 1, 0) != 0)
        err = SV_ERR_IO;
    agent_link_close(link);
    return err;
}

void
agent_link_close(struct agent_link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
}
