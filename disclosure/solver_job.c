#include "disclosure/solver_job.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "start goes as it is");

/* ---- Bytes ---- */

/* Until the socket is ready for events, or has an end. */
static enum sv_err
wait_for(const struct job_socket *w, short events)
{
    const struct clock clock = clock_boot();
    struct pollfd p = {.fd = w->fd, .events = events};
    int rc = -1;

    do {
        int ms = -1;

        if (w->deadline_ms != JOB_FOREVER) {
            uint64_t now = clock_now(&clock);

            if (now >= w->deadline_ms)
                return SV_ERR_UNVERIFIED;
            ms = w->deadline_ms - now > INT_MAX ? INT_MAX
                                                : (int)(w->deadline_ms - now);
        }
        rc = poll(&p, 1, ms);
    } while (rc == 0 || (rc < 0 && errno == EINTR));
    return rc > 0 ? SV_OK : SV_ERR_UNVERIFIED;
}

static bool
try_again(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Take what went off the parts. */
static void
advance(struct iovec **part, size_t *n, size_t went)
{
    while (*n > 0 && went >= (*part)->iov_len) {
        went -= (*part)->iov_len;
        (*part)++;
        (*n)--;
    }
    if (*n > 0) {
        (*part)->iov_base = (uint8_t *)(*part)->iov_base + went;
        (*part)->iov_len -= went;
    }
}

enum sv_err
job_send(const struct job_socket *w, struct iovec parts[], size_t n)
{
    struct msghdr message = {0};
    enum sv_err err = SV_OK;

    advance(&parts, &n, 0); /* parts of no bytes */
    while (n > 0 && err == SV_OK) {
        ssize_t went;

        message.msg_iov = parts;
        message.msg_iovlen = n;
        went = sendmsg(w->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (went >= 0)
            advance(&parts, &n, (size_t)went);
        else
            err = try_again() ? wait_for(w, POLLOUT) : SV_ERR_UNVERIFIED;
    }
    return err;
}

enum sv_err
job_recv(const struct job_socket *w, void *out, size_t len)
{
    uint8_t *to = out;
    enum sv_err err = SV_OK;

    while (len > 0 && err == SV_OK) {
        ssize_t came;

        err = wait_for(w, POLLIN);
        if (err != SV_OK)
            break;
        came = recv(w->fd, to, len, MSG_DONTWAIT);
        if (came > 0) {
            to += came;
            len -= (size_t)came;
        } else if (came == 0 || !try_again()) {
            err = SV_ERR_UNVERIFIED;
        }
    }
    return err;
}

/* ---- The vectors of a model ---- */

struct iovec
job_part(const void *ptr, size_t len)
{
    union {
        const void *in;
        void *out;
    } p = {.in = ptr};

    return (struct iovec){p.out, len};
}

void
job_model_parts(const struct solver_model *m,
                struct iovec parts[static JOB_MODEL_PARTS])
{
    size_t n_entries = m->start[m->n_rows];

    parts[0] = job_part(m->col_lo, m->n_cols * sizeof *m->col_lo);
    parts[1] = job_part(m->col_hi, m->n_cols * sizeof *m->col_hi);
    parts[2] = job_part(m->row_lo, m->n_rows * sizeof *m->row_lo);
    parts[3] = job_part(m->row_hi, m->n_rows * sizeof *m->row_hi);
    parts[4] = job_part(m->factor, n_entries * sizeof *m->factor);
    parts[5] = job_part(m->start, (m->n_rows + 1) * sizeof *m->start);
    parts[6] = job_part(m->column, n_entries * sizeof *m->column);
}

enum sv_err
job_model_read(const uint8_t *body, size_t len, struct solver_model *out)
{
    struct job_model sizes;
    size_t words;

    if (len < sizeof sizes)
        return SV_ERR_FORMAT;
    memcpy(&sizes, body, sizeof sizes);
    if (sizes.n_cols > SOLVER_COLS_MAX || sizes.n_rows > SOLVER_ROWS_MAX ||
        sizes.n_entries > SOLVER_ENTRIES_MAX)
        return SV_ERR_FORMAT;
    words = 2 * sizes.n_cols + 3 * sizes.n_rows + 1 + sizes.n_entries;
    if (len != sizeof sizes + words * 8 + sizes.n_entries * sizeof(uint32_t))
        return SV_ERR_FORMAT;

    const int64_t *at = (const void *)(body + sizeof sizes);

    *out = (struct solver_model){.n_cols = sizes.n_cols,
                                 .n_rows = sizes.n_rows,
                                 .col_lo = at,
                                 .col_hi = at + sizes.n_cols};
    at += 2 * sizes.n_cols;
    out->row_lo = at;
    out->row_hi = at + sizes.n_rows;
    at += 2 * sizes.n_rows;
    out->factor = at;
    at += sizes.n_entries;
    out->start = (const void *)at;
    out->column = (const void *)(out->start + sizes.n_rows + 1);
    return out->start[sizes.n_rows] == sizes.n_entries ? SV_OK : SV_ERR_FORMAT;
}
