#ifndef SV_AUDIT_ENTRY_H
#define SV_AUDIT_ENTRY_H

#include "audit/request.h"

/*
 * An entry of the log: the gate's lines, an empty line, and the request note
 * as it was signed, at most ENTRY_MAX bytes.
 *
 *   svault/entry/v1
 *   index <n>
 *   time <unix ms>                    the gate's clock, never decreasing
 *   roster <index> | roster -         the last roster entry before this one
 *   policy <64 hex>                   the policy that decided
 *   decision allowed|denied <rule>
 *   outcome <word>
 *   result <compartment> <version> <base64 hash>     none or more
 *
 * An item entry, of a batch, has no request; it repeats what the batch
 * stored of one record:
 *
 *   svault/item/v1
 *   index <n>
 *   roster <index>
 *   batch <index of the batch's entry>
 *   record <32 hex>
 *   result <compartment> <version> <base64 hash>     one or more
 */
#define ENTRY_MAX 4096
#define ENTRY_RULE_SIZE 33
#define ENTRY_RESULTS_MAX 12

enum entry_kind { ENTRY_REQUEST, ENTRY_ITEM };

/* What came of an allowed request; a denied one has OUTCOME_NONE. */
enum entry_outcome {
    OUTCOME_NONE,      /* - */
    OUTCOME_DONE,      /* done */
    OUTCOME_CONFLICT,  /* conflict: another version is current */
    OUTCOME_NOT_FOUND, /* not-found */
    OUTCOME_EXISTS,    /* exists */
    OUTCOME_DUPLICATE, /* duplicate: another record has that number */
    OUTCOME_INVALID,   /* invalid: the body is not what the request says */
    OUTCOME_DAMAGED,   /* damaged: what is stored does not open */
    /* Of a release for the public, which nothing leaves: */
    OUTCOME_UNSAFE,     /* unsafe: readers could compute too much */
    OUTCOME_TOO_LARGE,  /* too-large: to be audited */
    OUTCOME_INFEASIBLE, /* infeasible: earlier releases leave no rounding */
    OUTCOME_UNPROVED,   /* unproved: the solver gave no answer */
    OUTCOME_N
};

struct entry_result {
    char compartment[NAME_SIZE];
    uint64_t version;
    uint8_t hash[32];
};

struct entry {
    enum entry_kind kind;
    uint64_t index;
    bool has_roster;
    uint64_t roster; /* index of the last roster entry before this one */
    unsigned n_results;
    struct entry_result results[ENTRY_RESULTS_MAX];

    /* ENTRY_REQUEST */
    uint64_t time_ms;
    uint8_t policy_hash[32];
    bool allowed;
    char rule[ENTRY_RULE_SIZE]; /* [a-z-]{1,32} */
    enum entry_outcome outcome;
    struct bytes note; /* borrowed: the request as it was signed */

    /* ENTRY_ITEM */
    uint64_t batch;
    struct handle record;
};

const char *entry_outcome_name(enum entry_outcome o);

/* The whole entry's text.  SV_ERR_RANGE over ENTRY_MAX. */
enum sv_err entry_encode(const struct entry *e, struct buf *out);
/* Strict: parsed, re-encoded and compared.  out->note is borrowed from in.
 * Of the note only the first line is looked at here: request_parse() parses
 * it.  Which outcomes and results a decision can have is the replay's. */
enum sv_err entry_parse(struct bytes in, struct entry *out);

#endif
