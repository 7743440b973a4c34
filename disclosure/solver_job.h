#ifndef SV_DISCLOSURE_SOLVER_JOB_H
#define SV_DISCLOSURE_SOLVER_JOB_H

#include <sys/uio.h>

#include "disclosure/solver.h"

/*
 * A job's socket, for solver.c and svault-solver alone.  Over it go frames: a
 * head, and as many bytes as it says.  Numbers stand as the machine has them:
 * both ends are of one build on one machine, nothing is kept, and the vectors
 * go over without a copy.
 *
 *   JOB_MODEL     struct job_model; col_lo, col_hi (n_cols), row_lo, row_hi
 *                  (n_rows), factor (n_entries), start (n_rows + 1), column
 *                  (n_entries)                                    no answer
 *   JOB_BOUND     struct job_bound                              no answer
 *   JOB_AFRESH    no bytes                                      no answer
 *   JOB_OPTIMUM   struct job_objective; factor, column (n)      one of:
 *   JOB_INTEGER   the same
 *   JOB_SOLVED    x (n_cols doubles)
 *   JOB_NONE, JOB_UNBOUNDED, JOB_FAILED, of no bytes
 *
 * An answer has the number of what it answers.
 */
enum job_kind {
    JOB_MODEL = 0x534d0001, /* no small numbers: stray bytes are no frame */
    JOB_BOUND,
    JOB_AFRESH,
    JOB_OPTIMUM,
    JOB_INTEGER,
    JOB_SOLVED,
    JOB_NONE,
    JOB_UNBOUNDED,
    JOB_FAILED,
};

struct job_head {
    uint32_t kind;
    uint32_t number; /* of the request, from 0 */
    uint64_t len;    /* of what follows */
};

struct job_model {
    uint64_t n_cols, n_rows, n_entries;
    uint64_t timeout_ms; /* of the job: it ends itself then */
};

struct job_bound {
    uint64_t column;
    int64_t lo, hi;
};

struct job_objective {
    uint64_t n;
    double gap;    /* of JOB_INTEGER */
    int64_t sense; /* enum solver_sense */
};

/* The longest request is a model at its limits. */
#define JOB_REQUEST_MAX (UINT64_C(1) << 29)

/* One end.  deadline_ms by clock_boot(), or JOB_FOREVER. */
struct job_socket {
    int fd;
    uint64_t deadline_ms;
};
#define JOB_FOREVER UINT64_MAX

/* What is only read, for job_send(). */
struct iovec job_part(const void *ptr, size_t len);

/* All of it or SV_ERR_UNVERIFIED: the other end is gone, or time is up.
 * job_send() changes parts. */
enum sv_err job_send(const struct job_socket *w, struct iovec parts[],
                     size_t n);
enum sv_err job_recv(const struct job_socket *w, void *out, size_t len);

/* The vectors of a model as they follow struct job_model, and back. */
#define JOB_MODEL_PARTS 7
void job_model_parts(const struct solver_model *m,
                     struct iovec parts[static JOB_MODEL_PARTS]);
/* They lie in the body, which has to be as long as they are:
 * SV_ERR_FORMAT. */
enum sv_err job_model_read(const uint8_t *body, size_t len,
                           struct solver_model *out);

#endif
