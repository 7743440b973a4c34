#ifndef SV_VAULT_GATE_INTERNAL_H
#define SV_VAULT_GATE_INTERNAL_H

#include <pthread.h>

#include "base/file.h"
#include "policy/decide.h"
#include "vault/gate.h"
#include "vault/headfile.h"
#include "vault/log.h"
#include "vault/message.h"
#include "vault/posting.h"

/* What the files gate*.c share; nobody else includes it. */

/* Where the log comes from a backup and no entry says so yet: nothing is done
 * before that. */
struct restored {
    bool waits;
    uint64_t size; /* of the log that was restored */
    struct hash root;
    uint64_t taken_ms; /* when the backup was made */
};

struct gate {
    struct gate_config config;
    char dir[PATH_SIZE];
    int lock_fd; /* of DIR/lock */
    struct arena *arena;
    struct gate_keys *keys;
    struct store *store; /* NULL after an unsure commit, until reopened */
    struct headfile headfile;
    /* As of the log's last roster entry.  Only the writer changes it, by
     * gate_set_roster(); other threads verify signatures under the lock. */
    struct roster roster;
    pthread_rwlock_t roster_lock;
    struct log_state log; /* as of the last commit */
    struct log_cache *hashes;
    uint64_t junk;              /* messages refused without an entry */
    struct gate_backup *backup; /* that is being read, or NULL */
    struct restored restored;
    bool knows_searched; /* looked up with the first tokens that come */
    bool searched[POLICY_COLUMNS_MAX];
};

/* A version as the table holds it; see docs/FORMAT.md. */
struct stored_version {
    uint64_t index;      /* of the entry with its author's request */
    uint64_t time_ms;    /* of that entry */
    uint8_t hash[32];    /* envelope_hash() of it */
    uint64_t position;   /* of its item among the request's items */
    uint64_t n_items;    /* of that request */
    struct bytes path;   /* the item's inclusion proof, encoded */
    struct envelope env; /* with the outer lock */
};

/* A version on its way out: all that a reader gets, but still locked. */
struct release {
    unsigned compartment;  /* index into request.compartments */
    struct buf row;        /* the stored version, with the outer lock */
    struct buf provenance; /* entry and proofs: what goes before it */
};

/*
 * One request on its way through the gate.  Everything that a transaction
 * sets is made anew when the transaction runs again.
 */
struct act {
    struct gate *gate;
    struct bytes raw; /* the note as it came */
    struct bytes body;
    struct note note;
    struct request request;
    uint64_t verified; /* the roster entry under which its signature was */

    enum sv_err status; /* what came of it; and why it got no entry */
    const char *reason;
    bool durable; /* its entry is on the disk: what it releases may leave */

    struct tables tables;
    /* With this entry as the last one; for what shows content, the log of
     * the whole group, whose head the answer comes under. */
    struct log_state log;
    uint64_t index; /* of its entry */
    uint64_t time_ms;
    bool repeated; /* its entry is there already */
    bool settled;  /* it wrote, and came to this outcome: see apply() */
    enum entry_outcome settled_as;
    bool assigned;              /* request.record, to the actor */
    bool has_release, has_flag; /* those that request.entry names */
    struct release_state release;
    struct flag_state flag;
    struct decision decision;
    struct entry entry;    /* outcome and results; note is raw */
    struct buf entry_text; /* as it stands in the log */
    size_t n_releases;     /* content that waits for the commit */
    struct release *releases;
    struct buf answer; /* the body of the answer */
    struct buf head;   /* signed, of the log after this request */
    struct buf inclusion, consistency;
    struct roster roster; /* the next one, where has_roster */
    bool has_roster;
};

/*
 * What an act does beyond being decided and logged.  All run within the
 * transaction, but for the release of what act.releases holds, which comes
 * after its commit; each may be NULL.
 *
 *   apply   before the entry is made: check the body, set outcome and
 *           results; writes only where the outcome is DONE
 *   items   behind the entry, where it is DONE: the entries that follow it
 *   show    when the whole group is in the log, where it is DONE: sealed
 *           content to be released, and whatever the answer's body is
 *   again   the answer's body for a request that is repeated; NULL: a
 *           receipt is all that it gets
 *
 * takes_bytes: more comes with the request than its note.  content: what
 * show and again answer is decided anew when the request is repeated.
 * last: no other request comes behind it in its group, because what it shows
 * is looked up when the group is whole: nobody sees what a later request did.
 */
struct act_row {
    enum sv_err (*apply)(struct act *a);
    enum sv_err (*items)(struct act *a);
    enum sv_err (*show)(struct act *a);
    enum sv_err (*again)(struct act *a);
    bool takes_bytes;
    bool content;
    bool last;
};

/* gate_records.c, gate_import.c: what changes records; gate_read.c: what
 * shows them */
enum sv_err act_create_apply(struct act *a);
enum sv_err act_import_apply(struct act *a);
enum sv_err act_import_items(struct act *a);
enum sv_err act_import_again(struct act *a);
enum sv_err act_save_apply(struct act *a);
enum sv_err act_read_apply(struct act *a);
enum sv_err act_read_show(struct act *a);
enum sv_err act_list_show(struct act *a);
enum sv_err act_history_apply(struct act *a);
enum sv_err act_history_show(struct act *a);
enum sv_err act_assign_apply(struct act *a);
/* gate_find.c */
enum sv_err act_find_apply(struct act *a);
enum sv_err act_find_show(struct act *a);
/* gate_staff.c */
enum sv_err act_keys_apply(struct act *a);
/* gate_counts.c */
enum sv_err act_preview_apply(struct act *a);
/* gate_release_request.c */
enum sv_err act_request_apply(struct act *a);
/* gate_release.c */
enum sv_err act_release_list_show(struct act *a);
enum sv_err act_release_show_show(struct act *a);
enum sv_err act_release_step_apply(struct act *a);
enum sv_err act_release_fetch_show(struct act *a);
/* Whose row of TABLE_RESULT it is, beside the persons. */
#define RESULT_KEY_LEN 12
#define RESULT_RECIPIENT UINT32_MAX
#define RESULT_ASKED (UINT32_MAX - 1) /* what was asked for */
/* gate_log.c */
enum sv_err act_log_read_show(struct act *a);
/* gate_check.c */
enum sv_err act_store_check_show(struct act *a);

/* gate_backup.c */
enum sv_err act_backup_open_apply(struct act *a);
enum sv_err act_backup_read_apply(struct act *a);
enum sv_err act_backup_read_again(struct act *a);
void gate_backup_drop(struct gate *g);
/* Drops one that lies idle. */
void gate_backup_expire(struct gate *g);
/* gate_restore.c */
enum sv_err act_restore_apply(struct act *a);
enum sv_err restored_load(const struct tables *t, struct restored *out);

/* gate_facts.c: what decisions rest on beyond the request; see struct
 * question. */

/* Load them into the question, whose pointers stay within the act. */
enum sv_err facts_load(struct act *a, struct question *q);
/* Keep what this entry leaves for later ones. */
enum sv_err facts_note(struct act *a);
enum sv_err release_state_load(const struct tables *t, uint64_t index,
                               struct release_state *out);
enum sv_err release_state_store(const struct tables *t, uint64_t index,
                                const struct release_state *s);
enum sv_err flag_state_decode(struct bytes raw, struct flag_state *out);
enum sv_err usage_decode(struct bytes raw, struct usage *out);

/* gate_act.c: one request. */

/* Parse and verify: SV_ERR_FORMAT, SV_ERR_DENIED; *reason a short word.  On
 * any thread. */
enum sv_err act_accept(struct gate *g, struct bytes note, struct bytes body,
                       struct act *a, const char **reason);
/* May it be done at all in a vault that was restored?  And if the roster has
 * changed since, its signature is verified again. */
enum sv_err act_confirm(struct act *a, const char **reason);
/* Does a group end with it? */
bool act_is_last(const struct act *a);
/*
 * Decide, apply, append, behind the entries that `log` ends with; a->log is
 * the log after it.  Runs again from a clean start each time.
 */
enum sv_err act_perform(struct act *a, const struct tables *t,
                        const struct log_state *log);
/* The answer's body and proofs, under the head of that log. */
enum sv_err act_answer(struct act *a, const struct log_state *log,
                       struct bytes head);
void act_clear(struct act *a);
/* Of a note as it was signed: what TABLE_REQUEST keeps of it. */
void request_note_hash(struct bytes note, uint8_t out[static DIGEST_LEN]);
void releases_clear(struct act *a);

/*
 * gate_group.c: requests that wait, each with its entry, in transactions of
 * as many as go together, under one head; status and durable of each are
 * set.  One thread at a time.
 */
void group_run(struct gate *g, struct act *const acts[], size_t n);
enum sv_err gate_sign_head(const struct gate *g, const struct log_state *log,
                           struct buf *out);

/* gate_open.c.  A new gate has its keys still to be set; dir is where its
 * files are now.  gate_open_store() loads what the tables say, unless it
 * creates them. */
enum sv_err gate_new(const struct gate_config *config, const char *dir,
                     struct gate **out);
enum sv_err gate_open_store(struct gate *g, bool create);
/* Log and roster as the tables have them, and whether it waits. */
enum sv_err gate_load(struct gate *g);
/* Moves *next in. */
void gate_set_roster(struct gate *g, struct roster *next);

/*
 * gate_create.c: make a vault whose tables fill() writes.  It gets its name
 * when it is whole, or, unless it is to be kept, is removed again.
 */
typedef enum sv_err (*gate_fill_fn)(struct gate *g, void *ctx);
enum sv_err gate_make(const struct gate_config *config,
                      const struct gate_keys *keys, bool keep,
                      gate_fill_fn fill, void *ctx);

/* gate_sync.c: answers a sync message, whatever happens. */
enum sv_err gate_sync(struct gate *g, const struct sync_request *in,
                      struct buf *response);

/* gate_index.c: the search index, by the column of a type's index. */
#define TOKEN_KEY_LEN (1 + TOKEN_BYTES + HANDLE_LEN)
void token_key(unsigned column, const uint8_t *token, const struct handle *h,
               uint8_t out[static TOKEN_KEY_LEN]);
enum sv_err index_put(const struct tables *t, unsigned column,
                      const struct handle *h, const struct posting *p);
enum sv_err index_remove(const struct tables *t, unsigned column,
                         const struct handle *h, const struct posting *p);
typedef enum sv_err (*index_found_fn)(void *ctx, const struct handle *h,
                                      bool *more);
enum sv_err index_find(const struct tables *t, unsigned column,
                       const uint8_t *token, index_found_fn fn, void *ctx);
/* Is it the compartment of its type that is searched?  The schema says so;
 * it is the vault's for ever. */
enum sv_err index_is_of(struct gate *g, const struct tables *t, unsigned column,
                        bool *is);
/* Does another record have the number that no two records share? */
enum sv_err index_is_taken(const struct tables *t, unsigned column,
                           const struct handle *h, const struct posting *p,
                           bool *taken);

/* gate_rows.c: rows of the tables that several acts use. */

#define META_ROSTER "roster"
#define META_SCHEMA "schema"
#define META_RESTORED "restored" /* struct restored, as long as it waits */

/* The vault's copy of its schema, borrowed from *raw, which the caller frees.
 * SV_ERR_TAMPERED where it is not the one that genesis names. */
enum sv_err schema_row_load(const struct tables *t, const struct roster *r,
                            struct buf *raw, struct schema_source *out);

/* What the gate knows of a record: its column indexes are the policy's. */
struct record_state {
    char type[NAME_SIZE];
    char creator[NAME_SIZE];
    uint64_t index; /* of the entry, or item entry, that made it */
    uint64_t created_ms;
    uint64_t changed_ms;
    unsigned n;
    struct record_column {
        uint8_t column;
        uint64_t version; /* the newest */
        uint64_t full;    /* the newest that is no addition */
        uint8_t hash[32]; /* of the newest */
    } at[POLICY_COLUMNS_MAX];
};
enum sv_err record_load(const struct tables *t, const struct handle *h,
                        struct record_state *out);
enum sv_err record_store(const struct tables *t, const struct handle *h,
                         const struct record_state *r);
enum sv_err record_state_decode(struct bytes raw, struct record_state *out);
/* The record that the request names, if it is of the type that it names;
 * otherwise SV_ERR_NOT_FOUND, which is the act's outcome then. */
enum sv_err act_find_record(struct act *a, struct record_state *out);
struct record_column *record_column(struct record_state *r, unsigned column);

#define VERSION_KEY_LEN (HANDLE_LEN + 1 + 8)
void version_key(const struct handle *h, unsigned column, uint64_t version,
                 uint8_t out[static VERSION_KEY_LEN]);
enum sv_err version_encode(const struct stored_version *v, struct buf *out);
enum sv_err version_decode(struct bytes raw, struct stored_version *out);

#define ASSIGN_KEY_LEN (HANDLE_LEN + 4)
/* person is the index into roster.persons. */
enum sv_err assignment_get(const struct tables *t, uint32_t person,
                           const struct handle *h, bool *assigned);
enum sv_err assignment_put(const struct tables *t, uint32_t person,
                           const struct handle *h);
enum sv_err assignment_delete(const struct tables *t, uint32_t person,
                              const struct handle *h);
/* The index of a name in the roster, which holds it. */
uint32_t person_index(const struct roster *r, const char *name);

void created_key(uint64_t index, uint8_t out[static 8]);

#endif
