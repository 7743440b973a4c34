#ifndef SV_POLICY_RELEASE_H
#define SV_POLICY_RELEASE_H

#include "audit/entry.h"

/*
 * Where a release stands, as the log tells: requested, acknowledged by the
 * requester, approved or refused by another person, fetched.  Its number is
 * the index of the entry that requested it.  Gate and replay keep the same
 * state by the same steps.
 */
#define RELEASE_RESULT "release" /* the name of the commitment's result */
#define RELEASE_RISK "risk"      /* and of the risk report's */
#define RELEASE_LEDGER "ledger"  /* and of what later releases must know */
/* Its profiles: figures as they are, and figures that are safe for all. */
#define RELEASE_EXACT "exact"
#define RELEASE_PUBLIC "public"
/* To be approved, after the request; to be fetched, after the approval. */
#define RELEASE_TERM_MS (UINT64_C(30) * 24 * 3600 * 1000)

struct release_state {
    char requester[NAME_SIZE];
    uint64_t requested_ms;
    uint8_t commitment[32]; /* to the bytes that leave */
    uint8_t risk[32];       /* to the risk report */
    uint8_t ledger[32];     /* to its rows in the ledger of releases */
    bool exact;             /* its profile; else it is public */
    bool acknowledged;
    bool refused;
    char judge[NAME_SIZE]; /* who approved or refused it, or "" */
    uint64_t judged_index;
    uint64_t judged_ms; /* 0: nobody yet */
};

/* From an entry of ACT_RELEASE_REQUEST that was done, with its results.
 * SV_ERR_FORMAT where they are not the three commitments. */
enum sv_err release_begin(struct release_state *s, const struct entry *entry,
                          const struct request *request);
/* After an entry of another act on it that was done. */
void release_step(struct release_state *s, const struct entry *entry,
                  const struct request *request);
/* Approved, and to be fetched. */
bool release_is_approved(const struct release_state *s);
/* Is its term over: nobody may approve it, or fetch it, any more? */
bool release_is_expired(const struct release_state *s, uint64_t now_ms);

/*
 * An assignment that was flagged: made in an emergency, or after somebody
 * was denied that record for want of break-glass.
 */
struct flag_state {
    char actor[NAME_SIZE];  /* who assigned */
    char person[NAME_SIZE]; /* to whom */
    bool acknowledged;
};
#define FLAG_RULE "flagged"
#define FLAG_SELF_RULE "self-assigned-flagged" /* to herself */
#define GLASS_RULE "break-glass"               /* of the denial */
/* Does this entry begin one? */
bool flag_is_due(const struct entry *entry);
void flag_begin(struct flag_state *s, const struct request *request);
/* How long a denial for want of break-glass flags assignments. */
#define FLAG_WINDOW_MS (UINT64_C(24) * 3600 * 1000)

#endif
