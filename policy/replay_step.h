#ifndef SV_POLICY_REPLAY_STEP_H
#define SV_POLICY_REPLAY_STEP_H

#include "policy/replay_state.h"

/* What replay.c and replay_done.c share; nobody else includes it. */

/* One entry on its way through the checks. */
struct step {
    struct replay *r;
    const struct replay_parsed *in;
    struct replay_fault *fault;
};

/* Set the fault at this entry; SV_ERR_TAMPERED. */
enum sv_err replay_wrong(const struct step *s, const char *reason);
/* The leaf of one result of an entry about this record. */
struct hash replay_result_leaf(const struct handle *record,
                               const struct entry_result *result);
/* Can the request have this outcome, and what does it change? */
enum sv_err replay_outcome(struct step *s);

#endif
