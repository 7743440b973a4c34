#ifndef SV_BASE_ERR_H
#define SV_BASE_ERR_H

#include <stddef.h>

/* clang lets a type demand that its value is looked at; gcc 12 does not. */
#if defined(__clang__)
#define SV_MUST_USE __attribute__((warn_unused_result))
#else
#define SV_MUST_USE
#endif

/* Marks a message for the translators without translating it here. */
#define N_(msgid) msgid

/*
 * The result of every function that can fail.  The values travel on the wire
 * and are never renumbered.  What a person must act on differently is
 * distinct.
 */
enum SV_MUST_USE sv_err {
    SV_OK = 0,
    SV_ERR_NOMEM = -1,        /* out of memory */
    SV_ERR_RANGE = -2,        /* a length or number over its limit */
    SV_ERR_FORMAT = -3,       /* does not parse */
    SV_ERR_VERSION = -4,      /* parses, but of an unknown version or suite */
    SV_ERR_TAMPERED = -5,     /* fails authentication: altered or forged */
    SV_ERR_UNVERIFIED = -6,   /* cannot be verified with what is at hand */
    SV_ERR_DENIED = -7,       /* the policy, a key or a passphrase says no */
    SV_ERR_NOT_FOUND = -8,    /* no such thing */
    SV_ERR_EXISTS = -9,       /* is there already */
    SV_ERR_CONFLICT = -10,    /* somebody else was faster: run again */
    SV_ERR_BUSY = -11,        /* held by another process */
    SV_ERR_UNSURE = -12,      /* a commit whose outcome is unknown */
    SV_ERR_FULL = -13,        /* disk or map full; nothing was lost */
    SV_ERR_IO = -14,          /* the system refused to read or write */
    SV_ERR_INPUT = -15,       /* bad data from a person; a diag says where */
    SV_ERR_USAGE = -16,       /* the command line or a call makes no sense */
    SV_ERR_MEMLOCK = -17,     /* memory cannot be locked */
    SV_ERR_INTERRUPTED = -18, /* the person stopped it */
    SV_ERR_PARTIAL = -19,     /* a part was done */
    SV_ERR_ROLLBACK = -20,    /* older than, or other than, what was seen */
};

/*
 * What err means, in English, without a final full stop; for any value.
 * The text is a gettext msgid.
 */
const char *err_text(enum sv_err err);

/* What came of a check: SV_OK; a lack of memory, which proves nothing of what
 * was to be checked, stays one; everything else is the verdict. */
enum sv_err err_verdict(enum sv_err err, enum sv_err verdict);

/*
 * Where and why input was refused.  The reason is a msgid; it and the place
 * never hold a value, because a value may be a secret.
 */
struct diag {
    char file[256];     /* a file's name, or "" */
    size_t line;        /* counted from 1; 0 where lines mean nothing */
    char column[72];    /* a field, column or line name, or "" */
    const char *reason; /* msgid, or NULL */
};

/* Set line, column (may be NULL) and reason; file stays.  where may be NULL. */
void diag_set(struct diag *where, size_t line, const char *column,
              const char *reason);

#endif
