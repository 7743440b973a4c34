#ifndef SV_DISCLOSURE_SOLVER_WIRE_H
#define SV_DISCLOSURE_SOLVER_WIRE_H

#include <sys/uio.h>

#include "disclosure/solver.h"

/*
 * The frames between solver.c and svault-solver, for these two alone.  A
 * frame is a head and as many bytes as it says.  Numbers stand as the machine
 * has them: both ends are of one build on one machine, nothing is kept, and
 * the vectors go over without a copy.
 *
 *   WIRE_MODEL     struct wire_model; col_lo, col_hi (n_cols), row_lo, row_hi
 *                  (n_rows), factor (n_entries), start (n_rows + 1), column
 *                  (n_entries)                                    no answer
 *   WIRE_BOUND     struct wire_bound                              no answer
 *   WIRE_OPTIMUM   struct wire_objective; factor, column (n)      one of:
 *   WIRE_INTEGER   the same
 *   WIRE_SOLVED    x (n_cols doubles)
 *   WIRE_NONE, WIRE_UNBOUNDED, WIRE_FAILED, of no bytes
 *
 * An answer has the number of what it answers.
 */
enum wire_kind {
    WIRE_MODEL = 0x534d0001, /* no small numbers: stray bytes are no frame */
    WIRE_BOUND,
    WIRE_OPTIMUM,
    WIRE_INTEGER,
    WIRE_SOLVED,
    WIRE_NONE,
    WIRE_UNBOUNDED,
    WIRE_FAILED,
};

struct wire_head {
    uint32_t kind;
    uint32_t number; /* of the request, from 0 */
    uint64_t len;    /* of what follows */
};

struct wire_model {
    uint64_t n_cols, n_rows, n_entries;
    uint64_t timeout_ms; /* of the job: it ends itself then */
};

struct wire_bound {
    uint64_t column;
    int64_t lo, hi;
};

struct wire_objective {
    uint64_t n;
    double gap;    /* of WIRE_INTEGER */
    int64_t sense; /* enum solver_sense */
};

/* The longest request is a model at its limits. */
#define WIRE_REQUEST_MAX (UINT64_C(1) << 29)

/* One end.  deadline_ms by clock_boot(), or WIRE_FOREVER. */
struct wire {
    int fd;
    uint64_t deadline_ms;
};
#define WIRE_FOREVER UINT64_MAX

/* What is only read, for wire_send(). */
struct iovec wire_part(const void *ptr, size_t len);

/* All of it or SV_ERR_UNVERIFIED: the other end is gone, or time is up.
 * wire_send() changes parts. */
enum sv_err wire_send(const struct wire *w, struct iovec parts[], size_t n);
enum sv_err wire_recv(const struct wire *w, void *out, size_t len);

/* The vectors of a model as they follow struct wire_model, and back. */
#define WIRE_MODEL_PARTS 7
void wire_model_parts(const struct solver_model *m,
                      struct iovec parts[static WIRE_MODEL_PARTS]);
/* They lie in the body, which has to be as long as they are:
 * SV_ERR_FORMAT. */
enum sv_err wire_model_read(const uint8_t *body, size_t len,
                            struct solver_model *out);

#endif
