#ifndef SV_VAULT_CLIENT_H
#define SV_VAULT_CLIENT_H

#include "base/clock.h"
#include "policy/replay.h"
#include "vault/backup.h"
#include "vault/content.h"
#include "vault/identity.h"
#include "vault/import.h"
#include "vault/pin.h"
#include "vault/transport.h"

/*
 * The user's side.  It trusts the gate with nothing: of every answer it
 * checks the entry (that it holds this very request), its inclusion proof,
 * the signed head, that the head extends the last one it saw, that it knows
 * the whole roster, and the author's signature and right of every version
 * that it opens.
 *
 * A session: client_new(), client_hello(), client_begin(), operations,
 * client_end().  Operations give SV_ERR_DENIED where the policy says no (the
 * denial stands in the log too), SV_ERR_TAMPERED, SV_ERR_UNVERIFIED or
 * SV_ERR_ROLLBACK where an answer fails a check; nothing of such an answer
 * is used.  client_trouble() says more.
 */
struct client;

struct client_config {
    struct transport transport;
    struct clock clock;
    struct rng rng;
    struct arena *arena; /* borrowed; keys live in it */
};

/* About the last operation that failed. */
struct client_trouble {
    const char *what;           /* msgid of the check that failed, or NULL */
    char rule[ENTRY_RULE_SIZE]; /* the policy's rule for a denial, or "" */
    char actor[NAME_SIZE];      /* who is meant, where it is about a person */
    bool logged;                /* it stands in the log as ... */
    uint64_t index;             /* ... this entry */
};

enum sv_err client_new(const struct client_config *config, struct client **out);
void client_free(struct client *c); /* accepts NULL; wipes */
const struct client_trouble *client_trouble(const struct client *c);

/* What a gate says of itself; nothing of it is verified yet. */
struct client_hello {
    struct hash vault;
    char origin[ORIGIN_SIZE];
    char fingerprint[WORDS_TEXT_SIZE]; /* of the vault id, ten words */
    uint64_t size;                     /* entries in its log */
};
enum sv_err client_hello(struct client *c, struct client_hello *out);
/* The ten words of a vault id: the gate's fingerprint. */
void client_fingerprint(const struct hash *vault,
                        char out[static WORDS_TEXT_SIZE]);
/* After hello: is somebody of this name and keys on the (not yet verified)
 * roster?  To refuse a foreign key before its passphrase is asked for. */
bool client_knows(struct client *c, const struct card *card);
/* The same: is she proposed, and not confirmed yet? */
bool client_awaits(struct client *c, const struct card *card);

/*
 * Start: check the gate against the pin (moved in; its vault id must be set,
 * its roster may be empty), bring head and roster up to date, and open the
 * compartment keys granted to this user.  identity is borrowed and outlives
 * the session; where it fails, operations give its error.  SV_ERR_DENIED: not
 * on the roster.  SV_ERR_ROLLBACK: the log is shorter than, or other than, the
 * last head seen.
 */
enum sv_err client_begin(struct client *c, const struct card *card,
                         const struct identity *identity, struct pin *pin);
/* How many keys that were sealed to the user open to none on the roster, and
 * are left out: made or handed over falsely, or changed since. */
size_t client_unfit_keys(const struct client *c);
/*
 * A log that was restored from a backup may be shorter than what this user
 * has seen.  client_begin() gives SV_ERR_ROLLBACK then, and *client_restored()
 * says whether an entry stands for it; after client_accept_restore() it goes
 * on with that log, or, with `waiting`, with one that has no such entry yet.
 */
struct client_restored {
    bool found;       /* its entry, which is verified: */
    uint64_t index;   /* where it stands */
    uint64_t time_ms; /* when it was made */
    uint64_t taken_ms;
    char actor[NAME_SIZE];
    char second[NAME_SIZE]; /* "": who brought the gate's sheet */
    uint64_t size; /* entries before it: restored, or tried before it */
    uint64_t seen; /* entries that this user had seen */
    uint64_t lost; /* of them, at least: they are not in this log */
    bool accepted;
};
void client_accept_restore(struct client *c, bool waiting);
const struct client_restored *client_restored(const struct client *c);

/*
 * After SV_ERR_ROLLBACK: the head that does not fit the pin's, as the log's
 * key signed it; evidence together with the pin's own.  Empty before.
 */
struct bytes client_conflict(const struct client *c);

/* The pin to be saved, valid until client_free(); changes with every
 * verified answer. */
struct pin *client_pin(struct client *c);
const struct roster *client_roster(const struct client *c);
const struct schema *client_schema(const struct client *c);
uint64_t client_now(const struct client *c);
/* Entries of flagged assignments that nobody has acknowledged yet, as the
 * gate said when the session began: how many there are; at most max go to
 * out. */
size_t client_flags(const struct client *c, uint64_t out[], size_t max);

/* The roles that the user holds now; at most max go to out. */
size_t client_roles(const struct client *c, const char *out[], size_t max);
/*
 * Act as `role` and for `purpose` from now on.  NULL role: for each act the
 * only role held that may do it; where several may, operations give
 * SV_ERR_USAGE.  NULL purpose: the role's default.  SV_ERR_NOT_FOUND.
 */
enum sv_err client_act_as(struct client *c, const char *role,
                          const char *purpose);
/* The role in which act on type (NULL for acts without one) would be asked:
 * SV_ERR_DENIED where the user holds none that may. */
enum sv_err client_role_for(struct client *c, enum request_act act,
                            const char *type, const char **role);
/* May that role read, or write, this compartment (assignment aside)? */
bool client_may_read(const struct client *c, const char *role, const char *type,
                     const char *compartment);
bool client_may_write(const struct client *c, const char *role,
                      const char *type, const char *compartment);

/* ---- Records ---- */

/* A new record of all its compartments; what is not given is not_asked.
 * SV_ERR_INPUT: another record has its unique number. */
enum sv_err client_record_add(struct client *c, const struct draft *draft,
                              struct handle *out);

struct record_version {
    char compartment[NAME_SIZE];
    uint64_t version; /* 1 and up */
    bool addition;
    uint64_t index; /* of the entry that stored it */
    uint64_t time_ms;
    char author[NAME_SIZE];
    uint8_t hash[32];
};

/*
 * A record as far as it was read; contents[i] belongs to compartments[i] of
 * the schema type, and is zeroed where it was not asked for.  It borrows the
 * session's schema: free it before client_free().
 */
struct record_view {
    struct handle handle;
    const struct schema_type *type;
    struct content contents[SCHEMA_COMPARTMENTS_MAX];
    /* The newest version that went into it, and its time and author. */
    struct record_version newest[SCHEMA_COMPARTMENTS_MAX];
    /* The last version that its author made so that it does not open, and
     * that was passed over; version 0: there is none. */
    struct record_version unopened[SCHEMA_COMPARTMENTS_MAX];
    uint64_t index; /* of the entry of this reading */
};
void record_view_free(struct record_view *v); /* wipes */

/*
 * Read compartments of one record; n == 0: all that the role may read.
 * Several versions are folded (an addition over the last full version).  Who
 * may only add takes nothing from others: an addition that does not open is
 * passed over, and out says so.
 */
enum sv_err client_record_read(struct client *c, const char *type,
                               const struct handle *record, size_t n,
                               const char *const compartments[],
                               struct record_view *out);
/* The same for who saves a part anew whose last full version does not open, as
 * its author made it: that is passed over, too, and nothing stands for it. */
enum sv_err client_record_begin_anew(struct client *c, const char *type,
                                     const struct handle *record,
                                     const char *compartment,
                                     struct record_view *out);

/*
 * Save one compartment.  A role that may read it saves a full version and
 * must have read it in this session (base: that view); one that may only
 * write saves an addition of the given fields (base: NULL).
 * SV_ERR_CONFLICT where somebody else has saved since.
 */
enum sv_err client_record_save(struct client *c, const char *type,
                               const struct handle *record,
                               const struct content *content,
                               const struct record_view *base);

struct record_row {
    struct handle handle;
    uint64_t index; /* of the entry that made it */
    uint64_t created_ms;
    uint64_t changed_ms;
    char creator[NAME_SIZE];
    bool assigned; /* to the user */
    size_t n_assignees;
    char (*assignees)[NAME_SIZE];
};
struct record_list {
    size_t n;
    struct record_row *rows; /* newest first */
    bool more;               /* there are older ones */
};
void record_list_free(struct record_list *l);
/* The newest `limit` (1 to PIN_LIST_MAX) records made before entry `before`
 * (UINT64_MAX: from the newest).  Roles bound to assignment get those that
 * are assigned to the user. */
enum sv_err client_record_list(struct client *c, const char *type,
                               uint64_t before, size_t limit,
                               struct record_list *out);

/*
 * Search by one line of words, all of which must be there: names in any
 * script and width, numbers, telephone numbers.  The log gets a salted hash.
 */
struct find_row {
    bool shown;           /* handle counts; otherwise whom to ask */
    struct handle handle; /* zeros where it is not shown */
    size_t n_helpers;
    char (*helpers)[NAME_SIZE];
};
struct find_list {
    size_t n;
    struct find_row *rows;
    bool more; /* than are given */
};
void find_list_free(struct find_list *l);
/* SV_ERR_INPUT where the line has no word to look for. */
enum sv_err client_record_find(struct client *c, const char *type,
                               struct bytes line, struct find_list *out);

/* Oldest first; free() *out. */
enum sv_err client_record_history(struct client *c, const char *type,
                                  const struct handle *record,
                                  struct record_version **out, size_t *n);

enum sv_err client_record_assign(struct client *c, const char *type,
                                 const struct handle *record,
                                 const char *person, bool assign);

/* ---- Import ---- */

struct import_report {
    size_t n_done;    /* rows that are in now through this call */
    size_t n_already; /* rows that were in before */
    /* With SV_ERR_INPUT: the line of a row whose number, which no two
     * records share, is another record's. */
    size_t duplicate_line;
};
/* Called after each batch that is in. */
typedef void (*client_progress_fn)(void *ctx, uint64_t done, uint64_t total);
/*
 * Send the drafts in batches.  Each row's handle derives from the user's
 * seed and the row, so that the same command goes on after an interruption
 * and brings nothing in twice.  On an error *report says what is in.
 */
enum sv_err client_import(struct client *c, const struct import *im,
                          client_progress_fn progress, void *ctx,
                          struct import_report *report);

/* ---- Staff ---- */

enum sv_err client_staff_propose(struct client *c, const struct card *card,
                                 const char *role, uint64_t until_ms);
/* New keys for a person who is here, or, with the card she has, her return
 * after a suspension. */
enum sv_err client_staff_replace(struct client *c, const struct card *card);
/* Confirm the proposal made by entry `proposal`, of a role or of new keys:
 * seals what she is to hold to the person.  The caller has shown the
 * fingerprint. */
enum sv_err client_staff_confirm(struct client *c, uint64_t proposal);
/* End a role of hers, or the proposal of one: at once, by one signature. */
enum sv_err client_staff_revoke(struct client *c, const char *person,
                                const char *role);
enum sv_err client_staff_suspend(struct client *c, const char *person);
/* An assignment that was flagged has been looked at. */
enum sv_err client_flag_acknowledge(struct client *c, uint64_t index);

/* Columns of the policy whose keys wait to be replaced; their number. */
size_t client_due(const struct client *c,
                  unsigned columns[static POLICY_COLUMNS_MAX]);
/* A new epoch for these columns (n, at most REQUEST_KEYS_MAX), granted to
 * those who hold them. */
enum sv_err client_rotate(struct client *c, size_t n, const unsigned columns[]);

/* ---- Log ---- */

/* Give each entry from index `from` on, at most n, to fn; each one is
 * verified to be in the log under the present head. */
typedef enum sv_err (*client_entry_fn)(void *ctx, uint64_t index,
                                       struct bytes entry);
enum sv_err client_log_read(struct client *c, uint64_t from, uint64_t n,
                            client_entry_fn fn, void *ctx);

/*
 * One entry, and the offline proof (audit/proof.h) that it is in the log
 * under the head of the gate's answer; both appended.
 */
enum sv_err client_log_prove(struct client *c, uint64_t index,
                             struct buf *entry, struct buf *proof);

/*
 * Does the log, as it is now, go on from a head of this size and root, which
 * its key signed?  The pin is brought up to date first, and *proof is the
 * consistency proof from there to the pin's head.  SV_ERR_ROLLBACK: it does
 * not; SV_ERR_BUSY.
 */
enum sv_err client_log_extends(struct client *c, uint64_t size,
                               const struct hash *root,
                               struct tree_proof *proof);

/* A finding of the gate's own comparison of its tables with its log. */
struct store_finding {
    char place[96];  /* "record <handle> <compartment> version 3" */
    char reason[80]; /* msgid */
};
struct log_verdict {
    uint64_t size;
    struct hash root;
    struct replay_fault fault;      /* reason NULL: whole, unaltered, lawful */
    uint64_t n_forked, last_forked; /* denied: their device saw another log */
    size_t n_findings;              /* in the store */
    struct store_finding *findings; /* free() */
};
/*
 * Read the whole log, replay it with everything re-derived, compare it with
 * the head and with the roster that this client knows, and have the store
 * checked against the log.  SV_OK even with faults: look at *out.
 */
enum sv_err client_log_verify(struct client *c, client_progress_fn progress,
                              void *ctx, struct log_verdict *out);
/* The comparison of the store with the log alone, which the gate makes: it
 * replays its log, and each row that is missing, added, rolled back, damaged
 * or exchanged is a finding.  fault stays empty. */
enum sv_err client_store_verify(struct client *c, struct log_verdict *out);

/* ---- Backup ---- */

/* Read what is stored now; each piece of the file, in order, to fn.
 * SV_ERR_CONFLICT where another backup came between. */
typedef enum sv_err (*client_piece_fn)(void *ctx, struct bytes piece);
enum sv_err client_backup(struct client *c, client_piece_fn fn, void *ctx);
/*
 * Is this the manifest of a backup of this vault, and its log a beginning of
 * the log as it is now?  Its signature was verified.  SV_ERR_DENIED: of
 * another vault; SV_ERR_ROLLBACK: of another log, or one that goes on
 * further; SV_ERR_BUSY.
 */
enum sv_err client_backup_check(struct client *c,
                                const struct backup_manifest *m);

/* Who signs with the user: a person in a role, or, without names, the gate's
 * log key. */
struct restore_second {
    char role[NAME_SIZE];
    char name[NAME_SIZE];
    const struct sign_seed *seed;
};

/* The role in which that person may be the second: one in force before one
 * that has ended, of which the gate says so.  NULL: none. */
const char *client_restore_role(const struct client *c, const char *name);
/*
 * The restored log goes on.  taken_ms is when the backup was made;
 * administrator is the card of one who gets new keys, or NULL.
 * SV_ERR_FORMAT where nothing waits for it.
 */
enum sv_err client_restore(struct client *c,
                           const struct restore_second *second,
                           uint64_t taken_ms, const struct card *administrator);

/* ---- Founding ---- */

/* A role from the start; the person may have several, each a founder. */
struct founder {
    const char *role;
    struct card card;
    const struct identity *identity; /* NULL for who does not sign */
};
/*
 * The bytes that gate_create() takes: genesis signed by the administrator
 * and the supervisor, who are the first two founders, the policy's text, the
 * compartments' public keys made by the supervisor, and their secret halves
 * sealed to the founders who hold them.  log_key and gate_box are the
 * gate's.  SV_ERR_USAGE.
 */
enum sv_err client_found(const struct rng *rng, const struct clock *clock,
                         const char *origin, const struct policy *policy,
                         const uint8_t schema_hash[static 32],
                         const struct sign_public *log_key,
                         const struct box_public *gate_box,
                         const struct founder founders[], size_t n_founders,
                         struct buf *out);

#endif
