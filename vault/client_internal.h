#ifndef SV_VAULT_CLIENT_INTERNAL_H
#define SV_VAULT_CLIENT_INTERNAL_H

#include "crypto/arena.h"
#include "vault/client.h"
#include "vault/envelope.h"
#include "vault/grants.h"
#include "vault/message.h"

/* What the files client*.c share; nobody else includes it. */

/* A compartment's secret key that was granted to the user. */
struct compartment_key {
    unsigned column;
    uint32_t epoch;
    struct box_public pub;
    struct box_secret secret;
    struct ps1_receiver receiver;
};

/* This session's agreed keys towards the compartments' public keys. */
struct compartment_sender {
    uint32_t epoch; /* 0: none yet */
    struct ps1_sender sender;
};

/* All secrets of a session.  An office goes on for decades, and each who
 * leaves it brings new epochs: the keys lie in an arena of their own that is
 * as large as they need. */
struct keyring {
    unsigned n, max;
    struct compartment_key *keys; /* in room; moved as it grows */
    struct arena *room;
    struct compartment_sender senders[POLICY_COLUMNS_MAX];
};

struct client {
    struct client_config config;
    struct client_trouble trouble;
    struct card card;
    const struct identity *identity; /* borrowed; NULL before client_begin() */
    struct keyring *keyring;
    struct pin pin;
    struct schema *schema;
    uint8_t schema_hash[DIGEST_LEN];
    struct roster hello_roster;    /* not verified */
    struct buf flags;              /* u64 each */
    char role[NAME_SIZE];          /* "" : by act */
    char purpose[NAME_SIZE];       /* "" : the role's default */
    bool accepts, accepts_waiting; /* client_accept_restore() */
    struct client_restored restored;
    struct buf conflict; /* the last signed head that did not fit */
    const struct restore_second *second; /* within client_restore() */
    size_t n_unfit; /* sealed keys that open to none on the roster */
};

/* Set the check that failed and give err. */
enum sv_err client_fault(struct client *c, enum sv_err err, const char *what);
/* What came of a check that shows a forgery: SV_OK; SV_ERR_NOMEM, which shows
 * nothing; else SV_ERR_TAMPERED, and this is what. */
enum sv_err client_verdict(struct client *c, enum sv_err err, const char *what);
/* client_act.c: a message that got no entry, and why. */
enum sv_err client_refused(struct client *c, const struct message_answer *m);
/* The same for what an identity gave: SV_ERR_DENIED is that it is locked. */
enum sv_err client_locked(struct client *c, enum sv_err err);

/* client_sync.c: the roster entries of a sync answer, one after the other;
 * reader_end() says in the end whether they were whole. */
struct chain {
    struct reader r;
    uint32_t left;
    uint64_t index;
    struct bytes entry;
    struct bytes proof; /* and what is behind it */
};
struct chain chain_of(struct bytes entries);
bool chain_next(struct chain *ch);

/* client_restore.c: the log is not the one that was seen.  From its first
 * entry on, if it was restored and that is accepted; otherwise
 * SV_ERR_ROLLBACK. */
enum sv_err client_sync_restored(struct client *c, struct buf *response,
                                 struct sync_answer *answer);
/* The second signature of a restore; nothing for other requests. */
enum sv_err client_sign_second(const struct client *c, const struct request *r,
                               struct buf *note);

/* client_sync.c: bring head and roster up to date.  The answer stays valid
 * in *response, which the caller frees. */
enum sv_err client_sync(struct client *c, bool want_schema,
                        struct buf *response, struct sync_answer *answer);
/*
 * An entry at `index` says that `roster` was the last roster entry before
 * it: make sure that this client knows that very roster.
 */
enum sv_err client_check_roster(struct client *c, const struct entry *entry);
/* The signed head must be the log's, and extend the last one seen; *out is
 * what it says.  The pin is not changed. */
enum sv_err client_check_head(struct client *c, const struct roster *roster,
                              struct bytes head, struct bytes consistency,
                              struct checkpoint *out);
enum sv_err client_keep_head(struct client *c, const struct checkpoint *head,
                             struct bytes note);
/* Is this entry in the log under head?  proof is encoded; from the front of
 * *proof, which moves behind it. */
enum sv_err client_check_inclusion(struct client *c, uint64_t index,
                                   struct bytes entry, struct bytes *proof,
                                   const struct checkpoint *head);

/* A head that the log's key signed, and that does not fit the one that was
 * seen: kept for client_conflict().  SV_ERR_ROLLBACK. */
enum sv_err client_misfit(struct client *c, struct bytes head,
                          const char *what);

/* client_act.c: one request and its verified answer. */
struct answer {
    struct buf raw;
    uint64_t index;
    struct entry entry; /* borrows from raw */
    struct bytes body;
    struct checkpoint head;
    struct bytes head_note; /* as it was signed; the pin's may be a later one */
};
void answer_free(struct answer *a); /* wipes */
/*
 * Fill in what all requests have, sign, send, and check the answer.  r has
 * act and its lines set; a NULL or empty role is chosen for the act.
 * SV_OK only where it was allowed and done; the answer is given for the
 * other outcomes too.
 */
enum sv_err client_act(struct client *c, struct request *r, struct bytes body,
                       struct answer *out);

/* Was an answer followed to its end, or found to be false?  Else what it is
 * about may be done, whatever failed behind it. */
bool client_is_settled(enum sv_err err);

/*
 * Others may make new keys while this session goes on.  Was a body found
 * invalid because it was sealed under the roster as of entry `known`, and is
 * there a newer one by now?  Then it is worth sealing and sending again.
 */
bool client_is_outdated(const struct client *c, uint64_t known,
                        enum sv_err err);

/* client_access.c: will the gate deny this for the role alone?  Then it is
 * sent without what only another role's keys could make: the refusal is for
 * the log to keep. */
bool client_is_refused(struct client *c, enum request_act act,
                       const char *type);

/* client_keys.c */
enum sv_err client_open_grants(struct client *c, struct bytes grants);
/* Room for n more keys. */
enum sv_err client_reserve_keys(struct client *c, unsigned n);
/* The secret for a column and epoch, or NULL; valid until more are opened. */
struct compartment_key *client_key(struct client *c, unsigned column,
                                   uint32_t epoch);
/* Towards the newest key of a column. */
enum sv_err client_sender(struct client *c, unsigned column,
                          const struct ps1_sender **out, uint32_t *epoch);

/*
 * client_staff.c: what the act has to hand over, sealed, and its hash as the
 * request's body.  fresh: the new secrets, in the order of r->keys; NULL
 * where all are held.
 */
enum sv_err client_hand_over(struct client *c, struct request *r,
                             const struct box_secret fresh[], struct buf *blob);

/* client_find.c: what a version of this content can be found by, appended:
 * a posting, or nothing where nobody searches it.  full: pad and tell the
 * unique number's tokens. */
enum sv_err client_posting(struct client *c, const char *type,
                           const struct content *content, struct buf *out);

/* client_write.c: seal one compartment; appends the envelope to body and
 * its leaf to leaves[*n]. */
struct sealing {
    const char *type;
    struct handle record;
    uint64_t version;
    bool addition;
    const uint8_t *prev; /* 32 bytes; NULL: zeros */
};
enum sv_err client_seal(struct client *c, const struct sealing *s,
                        const struct content *content, struct buf *body,
                        struct hash *leaf);
/* Every compartment of a new record; *n leaves are added. */
enum sv_err client_seal_record(struct client *c, const struct draft *draft,
                               const struct handle *record, struct buf *body,
                               struct hash leaves[], size_t *n);

#endif
