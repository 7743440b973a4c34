#ifndef SV_AUDIT_WITNESS_H
#define SV_AUDIT_WITNESS_H

#include "audit/checkpoint.h"
#include "audit/cosign.h"
#include "audit/evidence.h"
#include "audit/tree.h"

/*
 * A witness (C2SP tlog-witness, over files): of each log that it knows it
 * cosigns one branch that only grows.
 *
 * A request is the body of add-checkpoint:
 *
 *   old <size>                   what the witness cosigned last; 0: nothing
 *   <base64 hash>                each: the consistency proof from there on
 *
 *   <the checkpoint as the log signed it>
 *
 * The state is a directory of its own, for one process at a time:
 *
 *   lock
 *   <64 hex: SHA-256 of the origin>/checkpoint        what it cosigned last,
 *                                                     whole, with its line
 *   <64 hex>/fork-<size>-<16 hex>.note                evidence
 */
#define WITNESS_REQUEST_MAX ((size_t)24 << 10)
#define WITNESS_NOTE_MAX ((size_t)16 << 10)
#define WITNESS_PROOF_MAX 63 /* hashes; C2SP tlog-witness */

struct witness_request {
    uint64_t old_size;
    struct tree_proof proof;
    struct bytes note; /* borrowed: the checkpoint */
};
enum sv_err witness_request_encode(uint64_t old_size,
                                   const struct tree_proof *proof,
                                   struct bytes note, struct buf *out);
enum sv_err witness_request_parse(struct bytes in, struct witness_request *out);

struct witness {
    const char *dir;  /* of the state; borrowed */
    const char *name; /* borrowed */
    const struct sign_seed *seed;
    int lock_fd;
};
#define WITNESS_HOLDER_SIZE 128

/* Lock the state.  SV_ERR_NOT_FOUND: there is no such directory, and none is
 * made, because a witness without memory could cosign anything.
 * SV_ERR_BUSY with who has it in holder. */
enum sv_err witness_open(struct witness *w,
                         char holder[static WITNESS_HOLDER_SIZE]);
void witness_close(struct witness *w);

/* Which log, and the key that signs its heads. */
struct witness_log {
    const char *origin;
    const struct sign_public *key;
};

enum witness_finding {
    WITNESS_COSIGNED,
    WITNESS_UNKNOWN,    /* nothing of this log was ever cosigned */
    WITNESS_OTHER_SIZE, /* the request is from another size than the last */
    WITNESS_SMALLER,    /* fewer entries than were cosigned */
    WITNESS_FORK,       /* as many entries, another root */
    WITNESS_UNPROVED,   /* more entries; the proof does not lead there */
    WITNESS_CLOCK,      /* the clock is behind the last cosignature */
};
struct witness_result {
    enum witness_finding finding;
    struct checkpoint asked;
    struct checkpoint last; /* what was cosigned last; size 0: nothing */
    uint64_t last_unix_s;
    struct buf note; /* what is cosigned now: with WITNESS_COSIGNED the new
                        one; empty for WITNESS_UNKNOWN */
    char evidence[2][PATH_SIZE]; /* with FORK and UNPROVED: both heads */
};
/*
 * Answer a request.  `first` begins with a log of which nothing is kept.
 * What is cosigned is durable before this returns.  A finding is SV_OK.
 * SV_ERR_FORMAT: not a request; SV_ERR_UNVERIFIED: not signed by that log;
 * SV_ERR_TAMPERED: the state is damaged, or of another key.
 */
enum sv_err witness_answer(struct witness *w, const struct witness_log *log,
                           struct bytes request, bool first, uint64_t unix_s,
                           struct witness_result *out);
void witness_result_clear(struct witness_result *r);
/*
 * After its state was lost: go on from a checkpoint that it cosigned itself.
 * SV_ERR_EXISTS where there is a state of this log; SV_ERR_UNVERIFIED where
 * the note is not that log's, or not cosigned by this witness.
 */
enum sv_err witness_adopt(struct witness *w, const struct witness_log *log,
                          struct bytes note, struct checkpoint *out);

#endif
