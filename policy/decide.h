#ifndef SV_POLICY_DECIDE_H
#define SV_POLICY_DECIDE_H

#include "policy/release.h"
#include "policy/roster.h"
#include "policy/usage.h"

/* A request's clock may lag this much behind the gate's, or run ahead. */
#define DECIDE_LAG_MS (UINT64_C(24) * 3600 * 1000)
#define DECIDE_AHEAD_MS (UINT64_C(5) * 60 * 1000)
/* A key that waits to be replaced may be written under this long. */
#define DECIDE_DUE_MS (UINT64_C(72) * 3600 * 1000)
/* Proposals by one person that wait: every device keeps them all. */
#define DECIDE_PROPOSALS_MAX 128
/* The rows of one list. */
#define DECIDE_LIST_MAX 1000

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
    /* How often the actor did this act within its limit's window. */
    unsigned recent;
    /* Somebody was denied this record for want of break-glass, within
     * FLAG_WINDOW_MS. */
    bool denied_glass;
    /* The release, or the flagged assignment, that request->entry names;
     * NULL where there is none. */
    const struct release_state *release;
    const struct flag_state *flag;
    /* The newest entry that approved a release; 0: none did. */
    uint64_t last_release;
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

/* When the terms of all are over who can hand on some key, or who can propose:
 * nobody could then, and no one is denied an end.  0: some have none. */
uint64_t policy_last_until(const struct roster *r, uint64_t index,
                           uint64_t time_ms);

#endif
