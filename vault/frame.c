#include "vault/frame.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"

#define VERSION 1
/* What is made room for before a byte of it has come. */
#define ROOM_MIN ((size_t)16 << 10)

static const uint8_t magic[] = {'S', 'V', 'F'};

_Static_assert(FRAME_HEADER_LEN == sizeof magic + 1 + 4,
               "magic, version, length");

/* ---- The header ---- */

enum sv_err
frame_header_encode(size_t len, size_t max,
                    uint8_t out[static FRAME_HEADER_LEN])
{
    if (len == 0 || len > max)
        return SV_ERR_RANGE;
    memcpy(out, magic, sizeof magic);
    out[sizeof magic] = VERSION;
    put_u32(out + sizeof magic + 1, (uint32_t)len);
    return SV_OK;
}

enum sv_err
frame_header_decode(const uint8_t in[static FRAME_HEADER_LEN], size_t max,
                    size_t *len)
{
    struct reader r = reader_of(bytes_of(in, FRAME_HEADER_LEN));
    uint32_t n;

    if (!bytes_equal(reader_bytes(&r, sizeof magic), BYTES(magic)))
        return SV_ERR_FORMAT;
    if (reader_u8(&r) != VERSION)
        return SV_ERR_VERSION;
    n = reader_u32(&r);
    if (n == 0 || n > max)
        return SV_ERR_RANGE;
    *len = n;
    return SV_OK;
}

/* ---- In pieces ---- */

void
frame_init(struct frame *f, size_t max)
{
    *f = (struct frame){.max = max};
}

void
frame_clear(struct frame *f)
{
    buf_free(&f->payload);
    frame_init(f, f->max);
}

bool
frame_begun(const struct frame *f)
{
    return f->n_header > 0;
}

bool
frame_whole(const struct frame *f)
{
    return f->n_header == FRAME_HEADER_LEN && f->payload.len == f->len;
}

/* Doubling: at most as much again as has come. */
static size_t
next_piece(const struct frame *f)
{
    size_t n = f->payload.len > ROOM_MIN ? f->payload.len : ROOM_MIN;
    size_t left = f->len - f->payload.len;

    return n < left ? n : left;
}

enum sv_err
frame_room(struct frame *f, uint8_t **at, size_t *n)
{
    enum sv_err err;

    if (f->n_header < FRAME_HEADER_LEN) {
        *at = f->header + f->n_header;
        *n = FRAME_HEADER_LEN - f->n_header;
        return SV_OK;
    }
    err = buf_reserve(&f->payload, next_piece(f));
    if (err != SV_OK)
        return err;
    *at = f->payload.ptr + f->payload.len;
    *n = next_piece(f);
    return SV_OK;
}

enum sv_err
frame_took(struct frame *f, size_t n)
{
    if (f->n_header == FRAME_HEADER_LEN) {
        f->payload.len += n;
        return SV_OK;
    }
    f->n_header += n;
    return f->n_header < FRAME_HEADER_LEN
               ? SV_OK
               : frame_header_decode(f->header, f->max, &f->len);
}

/* ---- Waiting ---- */

static enum sv_err
wait_for(int fd, short what, int patience_ms)
{
    struct pollfd p = {.fd = fd, .events = what};
    int n;

    do
        n = poll(&p, 1, patience_ms);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_of_errno(errno);
    return n > 0 ? SV_OK : SV_ERR_BUSY;
}

enum sv_err
frame_send(int fd, struct bytes payload, size_t max, int patience_ms,
           size_t *sent)
{
    uint8_t header[FRAME_HEADER_LEN];
    enum sv_err err = frame_header_encode(payload.len, max, header);

    *sent = 0;
    while (err == SV_OK && *sent < FRAME_HEADER_LEN + payload.len) {
        size_t in_header = *sent < FRAME_HEADER_LEN ? *sent : FRAME_HEADER_LEN;
        struct bytes rest = bytes_slice(payload, *sent - in_header,
                                        payload.len - (*sent - in_header));
        union {
            const void *borrowed;
            void *ptr; /* sendmsg()'s inputs lack const */
        } u = {rest.ptr};
        struct iovec parts[] = {
            {header + in_header, FRAME_HEADER_LEN - in_header},
            {u.ptr, rest.len},
        };
        struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);

        if (n >= 0)
            *sent += (size_t)n;
        else if (errno == EAGAIN)
            err = wait_for(fd, POLLOUT, patience_ms);
        else if (errno != EINTR)
            err = SV_ERR_IO;
    }
    return err;
}

enum sv_err
frame_receive(int fd, size_t max, int patience_ms, size_t *received,
              struct buf *out)
{
    struct frame f;
    uint8_t *at = NULL;
    size_t room = 0;
    enum sv_err err = SV_OK;

    *received = 0;
    frame_init(&f, max);
    while (err == SV_OK && !frame_whole(&f)) {
        ssize_t n;

        err = frame_room(&f, &at, &room);
        if (err != SV_OK)
            break;
        n = read(fd, at, room);
        if (n > 0) {
            *received += (size_t)n;
            err = frame_took(&f, (size_t)n);
        } else if (n < 0 && errno == EAGAIN) {
            err = wait_for(fd, POLLIN, patience_ms);
        } else if (n == 0 || errno != EINTR) {
            err = SV_ERR_IO;
        }
    }
    if (err == SV_OK && out->len == 0) {
        buf_free(out);
        *out = buf_take(&f.payload);
    } else if (err == SV_OK) {
        err = buf_append(out, buf_bytes(&f.payload));
    }
    frame_clear(&f);
    return err;
}
