#ifndef SV_CLI_AUDIT_RELEASE_H
#define SV_CLI_AUDIT_RELEASE_H

#include "cli/audit.h"
#include "policy/release.h"

#include "disclosure/audit.h"
#include "disclosure/published.h"

/* For audit_release*.c only: releases as directories, each as `svault release
 * fetch` or `open` wrote it, all of one vault, judged by their bytes. */

/* What a fault is about, the worst first. */
enum release_class {
    RELEASE_ALTERED,    /* not what was approved, or forged */
    RELEASE_WRONG,      /* approved, and not what it says of itself */
    RELEASE_UNSAFE,     /* readers can compute too much */
    RELEASE_UNREADABLE, /* no release that this program knows */
    RELEASE_UNVERIFIED, /* something is missing */
    RELEASE_UNPROVED,   /* the solver gave no answer */
    RELEASE_GOOD        /* none */
};

struct release_fault {
    enum release_class is;
    char place[PUBLISHED_PLACE_SIZE]; /* a file, figures; may be "" */
    const char *reason;               /* msgid */
};
struct release_faults {
    size_t n;
    struct release_fault *at; /* owned */
};

/* An entry of the log with its proof. */
struct release_entry {
    struct buf text, proof;
    bool is_read;          /* entry and request are what they should be */
    bool is_proved;        /* under the log's key */
    struct entry entry;    /* borrows from text */
    struct request *asked; /* owned */
    struct checkpoint head;
    bool is_in_log; /* of --log: the same bytes, its actor's signature good */
};

#define RELEASE_UNREAD_MAX 32
struct release_dir {
    const char *path;
    struct release_faults faults;
    struct release_entry request, approval;
    struct release_state state; /* if request.is_read */
    bool has_opening;
    uint64_t number; /* of release.json, else of the entry; 0: not known */
    uint8_t random[32], commitment[32];
    struct buf report;
    bool has_document;
    struct facts_document document;
    struct released figures;
    struct published published;
    size_t n_unread; /* files that were not approved and are not judged */
    char unread[RELEASE_UNREAD_MAX][NAME_SIZE];
};

/* One part of one release in what was known before it. */
struct release_audit {
    size_t dir, population; /* indexes */
    bool is_exact;
    enum sv_err err;
    struct audit_result result;
};
struct release_population {
    char name[FACTS_NAME_SIZE];
    struct facts joint;
    bool is_broken; /* two releases contradict each other: joint is empty */
    size_t last;    /* the audit that knows them all */
    size_t *same, n_same; /* owned: figures printed again, each behind the
                             one of before; alike or not */
};

struct releasing {
    struct audit *audit;
    struct audit_card card;
    size_t n;
    struct release_dir *dirs;     /* by their numbers */
    struct release_faults faults; /* of none alone */
    /* --log */
    bool has_log;
    uint64_t log_size;
    size_t n_missing; /* approved, and not given; by their numbers */
    uint64_t *missing;
    /* what follows of all of them */
    bool is_audited;
    size_t n_populations, n_audits;
    struct release_population populations[FACTS_POPULATIONS_MAX];
    struct release_audit *audits;
};

enum sv_err release_add_fault(struct release_faults *f, enum release_class is,
                              const char *place, const char *reason);

/* Reads and judges one directory by itself.  Errors are of the machine, and
 * SV_ERR_NOT_FOUND: there is no such directory. */
enum sv_err release_dir_read(struct release_dir *d, const char *path,
                             const struct audit_card *card);
void release_dir_clear(struct release_dir *d);
/* Holds the entries against a whole log, replayed. */
enum sv_err release_log_check(struct releasing *r, const char *dir);
/* Orders them, and finds the one that is given twice; heads that contradict
 * each other. */
enum sv_err release_chain_order(struct releasing *r);
/* What readers can compute of all of them. */
enum sv_err release_chain_audit(struct releasing *r);

/* audit_release_verdict.c: what is to be said of it all. */
enum release_class release_worst(const struct releasing *r);

/* Did two persons approve it, and who says so?  The least first. */
enum release_approval {
    APPROVED_NOT, /* it is not proved */
    APPROVED_BY_LOG,
    APPROVED_BY_SIGNATURES,
};
enum release_approval release_approved(const struct release_dir *d);
enum release_approval release_all_approved(const struct releasing *r);

/* What is said of what readers can compute: the first that fits any part. */
enum release_safety {
    SAFETY_NOT_JUDGED,
    SAFETY_NOT_PROVED,
    SAFETY_BROKEN,
    SAFETY_NOT_PROTECTED, /* exact figures */
    SAFETY_GOOD,
};
enum release_safety release_safety(const struct releasing *r);

/* What the audit is about. */
const struct facts *release_facts(const struct releasing *r,
                                  const struct release_audit *a);
/* The one of a population that knows all releases. */
const struct release_audit *release_last_audit(const struct releasing *r,
                                               size_t population);
/* Is it a figure whose interval is worth saying? */
bool release_is_hidden(const struct facts_figure *f);

enum sv_err release_print(const struct releasing *r);
enum sv_err release_json(const struct releasing *r);

#endif
