#ifndef SV_POLICY_REPLAY_H
#define SV_POLICY_REPLAY_H

#include "audit/past.h"
#include "base/map.h"
#include "policy/decide.h"

/*
 * The replay of a whole log, with no key and no name: every entry parsed,
 * every leaf hashed into the tree, every signature verified, every decision
 * re-derived, every batch's root recomputed, and the state that the entries
 * make (roster, assignments, versions) built up to be compared with tables.
 */
#define REPLAY_ASSIGNED_LEN (HANDLE_LEN + NAME_SIZE)
#define REPLAY_VERSION_LEN (HANDLE_LEN + NAME_SIZE)

/* What later decisions rest on; see struct question. */
struct replay_usage {
    char person[NAME_SIZE];
    enum request_act act;
    struct usage usage;
};
struct replay_release {
    uint64_t index;
    struct release_state state;
};
struct replay_flag {
    uint64_t index;
    struct flag_state state;
};

struct replay_parsed;
/* Who is to verify a signature later: key is the roster's, as it is now. */
typedef enum sv_err (*replay_defer_fn)(void *ctx, const struct replay_parsed *p,
                                       const struct sign_public *key);

struct replay {
    struct roster roster;
    struct tree_frontier frontier;
    uint64_t time_ms;      /* of the last entry */
    struct past past;      /* the roots of the sizes up to the present one */
    replay_defer_fn defer; /* NULL: each signature at once */
    void *defer_ctx;
    struct map ids;          /* request id -> nothing */
    struct map assigned;     /* handle, work name (NUL-padded) -> nothing */
    struct map records;      /* handle -> type (NUL-padded) */
    struct map versions;     /* handle, compartment -> struct replay_version */
    uint64_t n_handovers;    /* entries that brought sealed keys */
    struct map denied_glass; /* handle -> u64 time of the last denial */
    /* Requests that name a head which this log never had, denied for it. */
    uint64_t n_forked, last_forked;
    size_t n_usages, n_releases, n_flags;
    uint64_t last_release; /* the newest entry that approved one; 0: none */
    struct replay_usage *usages;
    struct replay_release *releases; /* by index, as flags are */
    struct replay_flag *flags;
    /* A batch whose item entries are still to come. */
    uint64_t batch_index;
    uint64_t batch_left;
    uint8_t batch_root[32];
    char batch_type[NAME_SIZE];
    char batch_actor[NAME_SIZE];
    struct buf batch_leaves;
};

struct replay_version {
    uint64_t version;
    uint64_t index; /* of the entry that stored it */
    uint8_t hash[32];
};

/* What is wrong, at which entry.  reason is a msgid. */
struct replay_fault {
    uint64_t index;
    const char *reason;
};

void replay_init(struct replay *r);
void replay_clear(struct replay *r);
/*
 * Before the first entry: keep what grows with the log in files of dir, which
 * have no names (map_spill()), beyond `memory` bytes each.  replay_entry() can
 * then also be SV_ERR_FULL or SV_ERR_IO, and r is of no use either.  For the
 * leaves of the tree: past_read_by().
 */
void replay_spill(struct replay *r, const char *dir, size_t memory);
#define REPLAY_MEMORY ((size_t)64 << 20) /* for a million entries or so */

/* An entry taken apart, as any thread can do it; borrows its bytes. */
struct replay_parsed {
    struct hash leaf;
    enum sv_err entry_err, request_err; /* SV_OK or SV_ERR_FORMAT */
    struct entry entry;
    struct request request; /* not of an item, as note */
    struct note note;
};
/* SV_ERR_NOMEM */
enum sv_err replay_parse(struct bytes entry, struct replay_parsed *out);

/*
 * The next entry, whose index is r->frontier.size.  SV_ERR_TAMPERED (with
 * *fault set, at that index) for any that should not be as it is; r is of no
 * use then, as after SV_ERR_NOMEM.  Items that do not lead to their batch's
 * root are found at the last of them.
 *
 * The outcome is held against what the entries before say, as far as they
 * say it:
 *   done       by a denied request never.  Create and import: new handles
 *              only, every compartment at version 1.  Save: a known record,
 *              each compartment at the version after its last.  Read: a
 *              known record, each at its last version and hash.  History: a
 *              known record.  Assign: a known record that is not assigned to
 *              the person; unassign: one that is.
 *   not-found  only for a record that is unknown or of another type, or
 *              that was not assigned to whom it is to be taken from
 *   exists     by assign only where it is assigned to the person; by create
 *              only where the handle is known
 *   others     only with the acts that docs/FORMAT.md lists beside them
 * Results stand beside done alone, and only with create, save and read (the
 * request's compartments in its order) and with a release's request.  Create
 * and save must have as their body the RFC 6962 root over the item_leaf()s of
 * the results.
 */
enum sv_err replay_entry(struct replay *r, struct bytes entry,
                         struct replay_fault *fault);
/*
 * The same of one that was taken apart.  Where r->defer is set, it gets the
 * signature of each request that one person signs, and the entry is taken for
 * hers.  It may put SV_ERR_TAMPERED off, but not for ever.
 */
enum sv_err replay_next(struct replay *r, const struct replay_parsed *p,
                        struct replay_fault *fault);
/* The signature that was deferred, in any thread.  SV_ERR_TAMPERED. */
enum sv_err replay_verify(const struct replay_parsed *p,
                          const struct sign_public *key);
/* The msgid for it. */
extern const char replay_signature_fails[];
/* After the last: nothing may be left open, and the tree must have this
 * size and root.  SV_ERR_TAMPERED. */
enum sv_err replay_end(struct replay *r, uint64_t size, const struct hash *root,
                       struct replay_fault *fault);

#endif
