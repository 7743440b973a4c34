#ifndef SV_AUDIT_REQUEST_H
#define SV_AUDIT_REQUEST_H

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "base/text.h"

/*
 * A request: what one actor asks of the gate, as the text of a note signed
 * by that actor under the key name <origin>/<work name>.  A closed set of
 * lines in a fixed order, one canonical form; it holds no name of a client,
 * no value, no search term, no free text.
 *
 *   svault/request/v1
 *   origin <origin>                       as checkpoint_origin_ok()
 *   vault <64 hex>|-                      - in the founding entries
 *   act <name>
 *   id <32 hex>
 *   at <unix ms>                          up to the year 9999, as all times
 *   role <code>                           codes: text_is_code()
 *   purpose <code> given|default
 *   seen <size> <base64 root>             below 2^63; 0 with the empty root
 *
 * and then those of these lines that the act has, in this order:
 *
 *   type <code>
 *   record <32 hex>
 *   compartments <code>[,<code>]...       distinct
 *   body <base64 hash>
 *   count <n>
 *   entry <n>
 *   person <work name>
 *   sign <base64 key>
 *   box <base64 key>
 *   grants <code>
 *   until <unix ms>|-                     not 0
 *   profile <code>
 *   log <vkey>                            from here to founder: genesis
 *   gatebox <base64 key>
 *   profile <work name>
 *   policy <64 hex>
 *   schema <64 hex>
 *   founder <role> <work name> <base64 sign> <base64 box>
 *                                         two or more, no role twice
 *   key <type>.<compartment> <epoch> <base64 key>
 *                                         one or more, none named twice;
 *                                         epochs count from 1
 *   part <k>/<n>
 *   | <line of text>                      one or more; see text below
 *   taken <unix ms>                       from here on: restore
 *   second <role> <work name>|-           who signs with the actor; -: the
 *                                         gate's log key
 *   administrator -|<work name> <base64 sign> <base64 box>
 *
 *   act              lines
 *   genesis              log to founder
 *   policy               part |
 *   keys                 body key
 *   staff.propose        person sign box grants until
 *   staff.confirm        body entry person grants
 *   staff.replace        person sign box
 *   staff.reinstate      body entry person
 *   staff.revoke         person grants
 *   staff.suspend        person
 *   record.create        type record compartments body
 *   record.import        type body count
 *   record.save          type record compartments body
 *   record.read          type record compartments
 *   record.list          type count entry
 *   record.find          type body
 *   record.history       type record
 *   record.assign        type record person
 *   record.unassign      type record person
 *   flag.acknowledge     entry
 *   counts.preview       body
 *   release.request      body profile
 *   release.list         none
 *   release.show         entry
 *   release.acknowledge  body count entry
 *   release.approve      body entry
 *   release.refuse       entry
 *   release.fetch        entry
 *   log.read             count entry
 *   store.check          none
 *   backup.open          none
 *   backup.read          count entry
 *   restore              taken second administrator
 */
enum request_act {
    ACT_GENESIS,          /* the vault, its founders and its gate */
    ACT_POLICY,           /* a part of the policy's canonical text */
    ACT_KEYS,             /* public keys of compartments; LINE_BODY: the
                           * hash of their secrets as sealed to the actor */
    ACT_STAFF_PROPOSE,    /* a person's keys and one role */
    ACT_STAFF_CONFIRM,    /* by a holder, with the sealed keys */
    ACT_STAFF_REPLACE,    /* new keys for a person, or her return */
    ACT_STAFF_REINSTATE,  /* by a holder, with the sealed keys */
    ACT_STAFF_REVOKE,     /* a role of a person, or the proposal of one */
    ACT_STAFF_SUSPEND,    /* a person, until she is reinstated */
    ACT_RECORD_CREATE,    /* one new record, all its compartments */
    ACT_RECORD_IMPORT,    /* up to BATCH_MAX new records */
    ACT_RECORD_SAVE,      /* new versions of compartments of one record */
    ACT_RECORD_READ,      /* the content of compartments of one record */
    ACT_RECORD_LIST,      /* handles, dates and assignees; no content */
    ACT_RECORD_FIND,      /* by search tokens; LINE_BODY: their hash */
    ACT_RECORD_HISTORY,   /* versions of one record; no content */
    ACT_RECORD_ASSIGN,    /* a record to a person */
    ACT_RECORD_UNASSIGN,  /* and no longer */
    ACT_FLAG_ACKNOWLEDGE, /* an assignment that was flagged */
    ACT_COUNTS_PREVIEW,   /* a rounded count; LINE_BODY: plan and lent keys */
    ACT_RELEASE_REQUEST,  /* an exact count, kept until it is approved */
    ACT_RELEASE_LIST,
    ACT_RELEASE_SHOW,        /* what was requested, to whom it concerns */
    ACT_RELEASE_ACKNOWLEDGE, /* the unsafe cells, by the requester */
    ACT_RELEASE_APPROVE,     /* LINE_BODY: the commitment to the very bytes */
    ACT_RELEASE_REFUSE,
    ACT_RELEASE_FETCH, /* the bytes that were approved */
    ACT_LOG_READ,      /* entries of the log */
    ACT_STORE_CHECK,   /* the tables compared with the log; no lines */
    ACT_BACKUP_OPEN,   /* what is stored now, to be read in chunks */
    ACT_BACKUP_READ,   /* chunk `count` of what the entry opened */
    ACT_RESTORE,       /* the log goes on behind what a backup had */
    ACT_N
};

/* Which lines a request has besides those that all have. */
enum request_line {
    LINE_TYPE = 1 << 0,         /* type victim */
    LINE_RECORD = 1 << 1,       /* record <32 hex> */
    LINE_COMPARTMENTS = 1 << 2, /* compartments identity,facts */
    LINE_BODY = 1 << 3,         /* body <base64 hash> */
    LINE_COUNT = 1 << 4,        /* count <n> */
    LINE_ENTRY = 1 << 5,        /* entry <index> */
    LINE_PERSON = 1 << 6,       /* person <work name> */
    LINE_SIGN = 1 << 7,         /* sign <base64 Ed25519 public key> */
    LINE_BOX = 1 << 8,          /* box <base64 X25519 public key> */
    LINE_GRANTS = 1 << 9,       /* grants <role> */
    LINE_UNTIL = 1 << 10,       /* until <unix ms> or until - */
    LINE_GENESIS = 1 << 11,     /* the lines of struct request_genesis */
    LINE_KEYS = 1 << 12,        /* key <type>.<comp> <epoch> <base64>, each */
    LINE_TEXT = 1 << 13,        /* part <k>/<n>, then | lines */
    LINE_PROFILE = 1 << 14,     /* profile <code>, of a release */
    LINE_RESTORE = 1 << 15,     /* the lines of struct request_restore */
};

#define REQUEST_LABEL "svault/request/v1\n" /* what each begins with */
#define BATCH_MAX 512
#define HANDLE_LEN 16
#define REQUEST_ID_LEN 16
#define REQUEST_COMPARTMENTS_MAX 12
#define REQUEST_KEYS_MAX 24
#define REQUEST_FOUNDERS_MAX 8
#define REQUEST_TEXT_MAX 2400 /* bytes of policy text in one entry */
/* Of a whole note, so that the entry of each request without results fits
 * in ENTRY_MAX. */
#define REQUEST_NOTE_MAX 3840

struct handle {
    uint8_t b[HANDLE_LEN];
};

/* A role that genesis gives. */
struct request_founder {
    char role[NAME_SIZE];
    char name[NAME_SIZE];
    struct sign_public sign;
    uint8_t box[32];
};

/*
 * Lines: log <vkey>, gatebox, profile, policy, schema, founder.  The first
 * founder is the administrator, the second the supervisor, and both sign;
 * what else they, or somebody else, may do from the start comes after.
 */
struct request_genesis {
    char log_vkey[NOTE_VKEY_SIZE];
    uint8_t gate_box[32];    /* X25519, where counts lend keys to */
    char profile[NAME_SIZE]; /* standard or small-office */
    uint8_t policy_hash[32]; /* of the canonical text */
    uint8_t schema_hash[32]; /* of the schema file's bytes */
    unsigned n_founders;
    struct request_founder founders[REQUEST_FOUNDERS_MAX];
};
#define FOUNDER_ADMINISTRATOR 0
#define FOUNDER_SUPERVISOR 1

/*
 * Lines: taken, second, administrator.  The note has two signatures: the
 * actor's, and that of the second, under the origin alone where it is the
 * gate's log key.  Which log goes on is said by the line seen.
 */
struct request_restore {
    uint64_t taken_ms; /* when the backup was made */
    char second_role[NAME_SIZE];
    char second[NAME_SIZE]; /* both "": the gate */
    /* An administrator's new keys, or no name; role is not used. */
    struct request_founder administrator;
};

struct request_key {
    char type[NAME_SIZE];
    char compartment[NAME_SIZE];
    uint32_t epoch;
    uint8_t pub[32];
};

/* Fields beyond those that all have count only where act's lines name them;
 * the others are zero. */
struct request {
    enum request_act act;
    char origin[ORIGIN_SIZE];
    bool has_vault;             /* false in genesis and the entries beside it */
    struct hash vault;          /* leaf hash of the genesis entry */
    char actor[NAME_SIZE];      /* from the signature's key name */
    uint8_t id[REQUEST_ID_LEN]; /* random, once */
    uint64_t at_ms;             /* the actor's clock */
    char role[NAME_SIZE];
    char purpose[NAME_SIZE];
    bool purpose_defaulted;
    uint64_t seen_size; /* the last head that the actor verified */
    struct hash seen_root;

    char type[NAME_SIZE];
    struct handle record;
    unsigned n_compartments; /* 1 to REQUEST_COMPARTMENTS_MAX, distinct */
    char compartments[REQUEST_COMPARTMENTS_MAX][NAME_SIZE];
    uint8_t body[32]; /* of the bytes that come with it; see the act */
    uint64_t count;
    uint64_t entry;
    char person[NAME_SIZE];
    struct sign_public sign;
    uint8_t box[32];
    char grants[NAME_SIZE];
    uint64_t until_ms; /* 0: no end */
    char profile[NAME_SIZE];
    struct request_genesis genesis;
    unsigned n_keys;
    struct request_key keys[REQUEST_KEYS_MAX];
    unsigned part, parts; /* part 1 to parts */
    /* Lines ending in LF, none empty, none ending in a space, and none with
     * what text_inert() would replace. */
    char text[REQUEST_TEXT_MAX + 1];
    struct request_restore restore;
};

/* "record.read"; NULL for none.  The name stands in requests and policy. */
const char *request_act_name(enum request_act act);
/* SV_ERR_NOT_FOUND */
enum sv_err request_act_parse(struct bytes name, enum request_act *out);
/* The lines that act's requests have. */
unsigned request_act_lines(enum request_act act);
/* Does an entry of this act change who may do what?  The roster chain. */
bool request_act_is_roster(enum request_act act);
/* Is there, behind it, more than its entry? */
bool request_act_changes(enum request_act act);

/* <origin>/<work name> into out.  SV_ERR_FORMAT. */
enum sv_err request_key_name(const char *origin, const char *actor,
                             char out[static NOTE_NAME_MAX + 1]);

/* The text to be signed, appended.  SV_ERR_RANGE, SV_ERR_FORMAT for a value
 * that has no canonical form. */
enum sv_err request_encode(const struct request *r, struct buf *out);
/* encode and sign as a note; genesis and restore get a second signature
 * after. */
enum sv_err request_sign(const struct request *r, const struct sign_seed *seed,
                         struct buf *out);
/* The text alone, likewise: who signs must know what; without an actor. */
enum sv_err request_text_parse(struct bytes text, struct request *out);
/*
 * The note of one request: parsed strictly, re-encoded and compared.  The
 * actor is the first signature's name behind the origin.  Signatures are
 * not verified: the caller knows whose key it wants (note_verify() on note).
 */
enum sv_err request_parse(struct bytes in, struct note *note,
                          struct request *out);
/* Whose signature stands beside the actor's: of genesis and restore; "" where
 * nobody's does. */
const char *request_second(const struct request *r);

/*
 * The leaf of one stored version under a request's body root (RFC 6962 over
 * all its items in order), of this text without a LF:
 *   <record hex> <compartment> <version> <base64 hash>
 */
struct item {
    struct handle record;
    char compartment[NAME_SIZE];
    uint64_t version;
    uint8_t hash[32]; /* what was stored, as docs/FORMAT.md says */
};
struct hash item_leaf(const struct item *it);

#endif
