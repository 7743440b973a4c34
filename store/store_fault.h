#ifndef SV_STORE_STORE_FAULT_H
#define SV_STORE_STORE_FAULT_H

#include "store/store.h"

/*
 * Another value of that row, appended to out.  SV_ERR_NOT_FOUND: none, and
 * the call fails.
 */
typedef enum sv_err (*store_spoil_fn)(void *ctx, unsigned table,
                                      struct bytes key, struct bytes value,
                                      struct buf *out);
/* One bit of it is turned. */
enum sv_err store_fault_turn_bit(void *ctx, unsigned table, struct bytes key,
                                 struct bytes value, struct buf *out);

/*
 * An engine around another that fails on purpose.  It counts every call of
 * begin, snapshot, get, put, delete, scan, last and commit, from 1.
 */
struct store_fault_plan {
    uint64_t fail_at;     /* this call fails; 0: none */
    enum sv_err error;    /* with this; SV_ERR_UNSURE only at a commit, which
                           * otherwise fails with SV_ERR_IO */
    store_spoil_fn spoil; /* instead, the value that this call reads, or
                           * the first that it scans, is this one; it fails
                           * where there is none */
    void *spoil_ctx;
    bool unsure_commits; /* an UNSURE commit has really happened */
    bool fail_commit;    /* the next commit fails, too, and clears this */
    uint32_t conflict_per_1000; /* commits that answer CONFLICT, at random */
    uint32_t unsure_per_1000;   /* commits that answer UNSURE, at random; half
                                 * of them really happened */
    uint64_t seed;              /* of that chance */
    uint64_t calls;             /* out: calls so far */
    bool failed;                /* out: the planned fault has happened */
};

/*
 * Takes over inner, closing it with itself.  plan is borrowed and must
 * outlive the store; the test may change it between calls.
 */
enum sv_err store_fault_wrap(struct store *inner, struct store_fault_plan *plan,
                             struct store **out);

/*
 * Close the wrapper alone, aborting what is open, and give inner
 * back: a memory store can so be "opened again" after SV_ERR_UNSURE.
 */
struct store *store_fault_unwrap(struct store *s);

#endif
