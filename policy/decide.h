#ifndef SV_POLICY_DECIDE_H
#define SV_POLICY_DECIDE_H

#include "policy/roster.h"

/* A request's clock may lag this much behind the gate's, or run ahead. */
#define DECIDE_LAG_MS (UINT64_C(24) * 3600 * 1000)
#define DECIDE_AHEAD_MS (UINT64_C(5) * 60 * 1000)

/*
 * All that a decision rests on: the request, the entry's index and time, and
 * facts computed from earlier entries only.
 */
struct question {
    const struct request *request;
    uint64_t index;   /* that the entry will have */
    uint64_t time_ms; /* the entry's */
    bool assigned;    /* request->record is assigned to the actor */
    bool id_seen;     /* an earlier entry has this request id */
    bool seen_ok;     /* the log had that root at seen_size */
};

struct decision {
    bool allowed;
    char rule[ENTRY_RULE_SIZE];
};

/*
 * Pure: the same arguments give the same decision, in the gate, in a client
 * and years later in an auditor's replay.  The request's signature has been
 * verified.  The rules are words of a closed list, written in
 * docs/FORMAT.md; the first that applies, in that order, decides.
 */
struct decision policy_decide(const struct roster *r, const struct question *q);

#endif
