#ifndef SV_POLICY_ROSTER_H
#define SV_POLICY_ROSTER_H

#include "audit/entry.h"
#include "policy/policy.h"

/*
 * The roster: who works here under which keys and roles, and the public key
 * of every compartment.  It is what the roster entries of the log say, from
 * genesis on, and nothing else: the gate, every client and every auditor
 * come to the same roster by replaying the same entries.
 */
#define ROSTER_NEVER UINT64_MAX

struct roster_person {
    char name[NAME_SIZE];
    struct sign_public sign;
    uint8_t box[32];
    uint64_t from_index; /* the entry that brought her in */
};

/* Keys that a person had until she was given others. */
struct roster_former {
    uint32_t person;
    struct sign_public sign;
    uint8_t box[32];
    uint64_t until_index; /* the last entry under which they were hers */
};

/* A time in which a person was suspended. */
struct roster_absence {
    uint32_t person;
    uint64_t from_index;
    uint64_t until_index; /* of her return, or ROSTER_NEVER */
};

/* A restore, by the id that its two people signed: no other entry has it. */
struct roster_restore {
    uint8_t id[REQUEST_ID_LEN];
};

/* A role given to a person. */
struct roster_grant {
    uint32_t person; /* index into persons */
    char role[NAME_SIZE];
    uint64_t proposed_index; /* of the proposal; of genesis for founders */
    uint64_t from_index;     /* of the confirmation */
    uint64_t from_ms;
    uint64_t until_ms;  /* 0: no end */
    uint64_t end_index; /* of the revocation, or ROSTER_NEVER */
    char proposer[NAME_SIZE];
    char sponsor[NAME_SIZE];
};

/* A proposal that waits for its confirmation; one without a role is for new
 * keys, or the return of a suspended person with the ones she has. */
struct roster_proposal {
    uint64_t index;
    char person[NAME_SIZE];
    struct sign_public sign;
    uint8_t box[32];
    char role[NAME_SIZE]; /* or "" */
    uint64_t until_ms;
    char proposer[NAME_SIZE];
};

struct roster_key {
    uint32_t column; /* index into policy.columns */
    uint32_t epoch;  /* from 1 */
    uint64_t from_index;
    uint8_t pub[32];
};

/* Owns what it points to.  roster_clear() accepts a zeroed one. */
struct roster {
    bool started; /* genesis is in */
    char origin[ORIGIN_SIZE];
    struct hash vault; /* leaf hash of the genesis entry */
    struct sign_public log_key;
    uint8_t gate_box[32];
    uint8_t policy_hash[32];
    uint8_t schema_hash[32];
    uint64_t last_index;   /* of the last roster entry */
    uint64_t last_ms;      /* its time */
    unsigned policy_parts; /* parts of the text that are in */
    unsigned policy_total; /* of how many; 0 before the first */
    struct buf policy_text;
    bool has_policy;      /* all parts are in and policy is valid */
    struct policy policy; /* before that only its profile, from genesis */
    /* By column: since when its key waits to be replaced; 0: it does not. */
    uint64_t due_ms[POLICY_COLUMNS_MAX];
    size_t n_persons, n_grants, n_proposals, n_keys, n_formers, n_absences;
    size_t n_restores;
    struct roster_person *persons;
    struct roster_grant *grants;
    struct roster_proposal *proposals;
    struct roster_key *keys;
    struct roster_former *formers;
    struct roster_absence *absences;
    struct roster_restore *restores;
};

void roster_init(struct roster *r);
void roster_clear(struct roster *r);

/* Is the vault set up: policy whole, a key for every column? */
bool roster_ready(const struct roster *r);

/* Is this entry one that changed the roster: allowed, done, of such an act?
 * Only these are linked by the entries' roster lines. */
bool roster_is_entry(const struct entry *entry, const struct request *request);

/* NULL where there is none. */
const struct roster_person *roster_person(const struct roster *r,
                                          const char *name);
/* The proposal made by the entry with this index. */
const struct roster_proposal *roster_proposal(const struct roster *r,
                                              uint64_t index);
/* The newest key of a column. */
const struct roster_key *roster_key(const struct roster *r, unsigned column);
const struct roster_key *roster_key_epoch(const struct roster *r,
                                          unsigned column, uint32_t epoch);
/* Is the person suspended when the entry `index` is made? */
bool roster_is_absent(const struct roster *r, const char *person,
                      uint64_t index);
/* Is it one of the restores of this log? */
bool roster_has_restore(const struct roster *r,
                        const uint8_t id[static REQUEST_ID_LEN]);
/* The grant by which person holds role when the entry `index` is made at
 * time_ms; NULL where she does not, or is suspended. */
const struct roster_grant *roster_grant_at(const struct roster *r,
                                           const char *person, const char *role,
                                           uint64_t index, uint64_t time_ms);

/* Does she then hold a role with a cell of this record type? */
bool roster_works_with(const struct roster *r, const char *person,
                       unsigned type, uint64_t index, uint64_t time_ms);

/* The same whether or not its term is over or she is suspended: what a
 * revocation would end. */
const struct roster_grant *roster_grant_open(const struct roster *r,
                                             const char *person,
                                             const char *role);
/* Was she given the role, and is it still hers?  Suspended or not: it comes
 * back with her. */
bool roster_keeps(const struct roster *r, const char *person, const char *role,
                  uint64_t time_ms);
/* Does the person have the secret of this column by a grant that nobody has
 * ended?  Also by one whose term is over: she was given it. */
bool roster_has_secret(const struct roster *r, uint32_t person,
                       unsigned column);

/*
 * Is this the next part of the policy's text and, being the last, does the
 * whole have the hash that genesis names?
 */
bool roster_fits_part(const struct roster *r, const struct request *request);

/*
 * Verify the signatures of a request's note: the actor's, in a restore the
 * second's too, and no other, by the roster as it was when the entry `index`
 * was made; in genesis the first two founders', by its own lines.  The request
 * must name the roster's origin.  SV_ERR_NOT_FOUND for an actor that the roster
 * does not know; SV_ERR_TAMPERED.
 */
enum sv_err roster_verify(const struct roster *r, uint64_t index,
                          const struct note *note,
                          const struct request *request);

/*
 * The same but for the signature itself, of a request that one person signs:
 * *key is the one that must have signed it, and roster_verify_by() asks nothing
 * of the roster.  NULL for genesis and restore, which two sign.
 */
enum sv_err roster_signer(const struct roster *r, uint64_t index,
                          const struct note *note,
                          const struct request *request,
                          const struct sign_public **key);
/* SV_ERR_TAMPERED */
enum sv_err roster_verify_by(const struct note *note, const char *origin,
                             const char *actor, const struct sign_public *key);

/*
 * Take in a roster entry that was allowed and done.  leaf is the entry's
 * leaf hash (the vault id, for genesis).  Only the state is changed: the
 * caller has verified signature and decision.  SV_ERR_FORMAT where it
 * contradicts the roster; r is unchanged then.
 */
enum sv_err roster_apply(struct roster *r, const struct entry *entry,
                         const struct request *request,
                         const struct hash *leaf);

/*
 * Does the request name this vault?  Its vault line is "-" in genesis and in
 * the policy and keys that belong to the founding; nowhere else.
 */
bool roster_names_vault(const struct roster *r, const struct request *request);

/*
 * All of it for one roster entry as it stands in the log at `index`: parse,
 * the chain to the one before, time, signatures, the decision re-derived,
 * apply.  Who has only the roster's entries cannot know whether the
 * request's id was seen before, nor the head that the actor saw: both are
 * taken as right here, and proven by replay_entry() over the whole log.
 * SV_ERR_FORMAT, also for an entry that did not change the roster;
 * SV_ERR_TAMPERED; r is unchanged then.
 */
enum sv_err roster_replay(struct roster *r, uint64_t index, struct bytes entry);

/* Canonical binary form; one roster, one encoding. */
enum sv_err roster_encode(const struct roster *r, struct buf *out);
enum sv_err roster_decode(struct bytes in, struct roster *out);

#endif
