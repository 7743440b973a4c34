#ifndef SV_POLICY_POLICY_H
#define SV_POLICY_POLICY_H

#include "audit/request.h"

/*
 * The policy: who may do what, as data.  INCITS 359 core RBAC with static
 * and dynamic separation of duty and no hierarchy: inherited rights hide who
 * can read.  People write it as schema/policy.json; the log holds its
 * canonical text, and its hash names it.
 */
#define POLICY_ROLES_MAX 24
#define POLICY_TYPES_MAX 8
#define POLICY_COLUMNS_MAX 24
#define POLICY_PURPOSES_MAX 16
#define POLICY_TEXT_MAX ((size_t)64 << 10)
#define POLICY_GRANT_DAYS_MAX 3650
#define POLICY_LABEL "sv/v1/policy"

/* What a role may do with a compartment. */
enum cell {
    CELL_READ = 1 << 0,        /* r */
    CELL_WRITE = 1 << 1,       /* w */
    CELL_ASSIGNED = 1 << 2,    /* a: only records assigned to the actor */
    CELL_HOLDS = 1 << 3,       /* h: holds the key only to sponsor others */
    CELL_BREAK_GLASS = 1 << 4, /* g: readable only under break-glass */
    CELL_LENDS = 1 << 5,       /* l: lends the key to counts, reads nothing */
    CELL_SEARCH = 1 << 6,      /* s: holds an index key */
};

/*
 * A column: the compartment of a record type; each has a key pair.  The
 * column named "index" is none that records have: its secret makes the
 * search tokens of the type, and its only letter is s.
 */
#define POLICY_INDEX "index"
struct policy_column {
    char type[NAME_SIZE];
    char compartment[NAME_SIZE];
};

struct policy_role {
    char name[NAME_SIZE];
    uint8_t cells[POLICY_COLUMNS_MAX]; /* enum cell, one per column */
    /* Acts that the role may do; those on records for the types in the
     * mask (bit: index into policy.types). */
    bool acts[ACT_N];
    uint32_t act_types[ACT_N];
    uint32_t purposes;        /* mask over policy.purposes */
    unsigned default_purpose; /* index into policy.purposes */
    unsigned grant_days_max;  /* 0: grants need no end */
    bool self_assigns;        /* may assign records to herself */
};

/* Of one act, by one person: no more than n within ms.  For acts that bring
 * a number into the vault it may count duplicates alone: each of them tells
 * that somebody has that number. */
#define POLICY_LIMIT_MAX 32
struct policy_limit {
    unsigned n; /* 0: as many as she likes */
    uint64_t ms;
    bool duplicates; /* counts that outcome, and not all that is allowed */
};

struct policy {
    char profile[NAME_SIZE]; /* standard or small-office */
    unsigned n_types;
    /* record types, as the columns name them */
    char types[POLICY_TYPES_MAX][NAME_SIZE];
    unsigned n_columns;
    struct policy_column columns[POLICY_COLUMNS_MAX];
    unsigned n_purposes;
    char purposes[POLICY_PURPOSES_MAX][NAME_SIZE];
    unsigned n_roles;
    struct policy_role roles[POLICY_ROLES_MAX];
    /* Static separation of duty: roles i and j exclude each other. */
    bool excludes[POLICY_ROLES_MAX][POLICY_ROLES_MAX];
    struct policy_limit limits[ACT_N];
};

/*
 * From the JSON that people edit, under one of its profiles.  SV_ERR_INPUT
 * with the place in *where for anything unknown, missing or contradictory.
 */
enum sv_err policy_from_json(struct bytes json, const char *profile,
                             struct policy *out, struct diag *where);

/*
 * Does it contradict itself?  Both ways in, JSON and text, end here.
 * SV_ERR_INPUT with the role or type in *where, which may be NULL.
 */
enum sv_err policy_check(const struct policy *p, struct diag *where);

/*
 * The canonical text: one policy, one text; one fact, one line of printable
 * ASCII.  SV_ERR_RANGE over POLICY_TEXT_MAX.
 *
 *   svault/policy/v1
 *   profile <name>
 *   column <type>.<compartment>            each, in the policy's order
 *   purpose <purpose>                      each
 *   role <role>                            each, followed by its own:
 *   default <purpose>
 *   names <purpose>                        each that the role may name
 *   grant-days-max <n>                     only where there is a limit
 *   self-assigns                           only where so
 *   cell <type>.<compartment> <letters>    those not empty; of r w a h g l s
 *   act <act> [<type>]                     each
 *   exclude <role> <role>                  each pair, after all roles
 *   limit <act> <n> <ms>                   each, in the order of the acts;
 *                                          behind it " duplicate" where only
 *                                          that outcome counts
 */
enum sv_err policy_encode(const struct policy *p, struct buf *out);
/* Strict: parsed, re-encoded and compared.  SV_ERR_FORMAT. */
enum sv_err policy_decode(struct bytes text, struct policy *out);
/*
 * The text in parts for entries of ACT_POLICY: whole lines, as many as fit
 * in REQUEST_TEXT_MAX.  *part is the k-th, from 1; *parts how many there
 * are.  SV_ERR_RANGE for a k that is not among them.
 */
enum sv_err policy_part(struct bytes text, unsigned k, struct bytes *part,
                        unsigned *parts);
/* BLAKE2b-256 of the canonical text, label "sv/v1/policy". */
enum sv_err policy_hash(const struct policy *p, uint8_t out[static 32]);

/* Indexes, or -1. */
int policy_role(const struct policy *p, const char *name);
int policy_purpose(const struct policy *p, const char *name);
int policy_type(const struct policy *p, const char *name);
int policy_column(const struct policy *p, const char *type,
                  const char *compartment);
/*
 * Does the role have a cell at all?  Separation of duty counts all of r, w,
 * h, g, l and s: who writes a name knows it, too.
 */
bool policy_holds_keys(const struct policy *p, unsigned role);
/*
 * Is this column's secret key sealed to the role's holders?  With r, h, g, l
 * or s; w alone seals to the public half and is given no secret.
 */
bool policy_holds_key(const struct policy *p, unsigned role, unsigned column);
/* Is the column a type's index, and no compartment? */
bool policy_is_index(const struct policy *p, unsigned column);
/* The column of the type's index, or -1. */
int policy_index(const struct policy *p, const char *type);
/* Does the role have any cell of this type? */
bool policy_touches(const struct policy *p, unsigned role, unsigned type);
/* Is every right of the role on this type limited to assigned records?  A
 * cell under break-glass is no right before the glass is broken. */
bool policy_only_assigned(const struct policy *p, unsigned role, unsigned type);

#endif
