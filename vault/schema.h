#ifndef SV_VAULT_SCHEMA_H
#define SV_VAULT_SCHEMA_H

#include "base/text.h"
#include "crypto/digest.h"
#include "vault/fold.h"

/*
 * The schema: record types, their compartments and fields, and the code
 * lists, as data.  Two files: schema/schema.json (types, fields, checks) and
 * schema/codes.csv (list, code, label_en, label_ja, valid_from, valid_to,
 * and the codes of HTCDS, CTDC, GBVIMS and ICCS).  Their hash stands in the
 * log's genesis entry.
 */
enum schema_lang { SCHEMA_EN, SCHEMA_JA, SCHEMA_LANGS };

enum field_kind {
    FIELD_TEXT,   /* UTF-8 without control characters; LF where multiline */
    FIELD_CODE,   /* one of a code list */
    FIELD_DATE,   /* YYYY-MM-DD that exists, 1900 to 2199 */
    FIELD_NUMBER, /* decimal, min to max */
};

/* Why a value is missing: never blank. */
enum missing {
    MISSING_NOT, /* it is there */
    MISSING_NOT_ASKED,
    MISSING_UNKNOWN,
    MISSING_DECLINED,
    MISSING_WITHHELD, /* withheld_for_safety */
    MISSING_NOT_APPLICABLE,
    MISSING_N
};

#define FIELD_VALUE_MAX 16384 /* bytes of one value */
#define FIELD_REPEAT_MAX 64   /* values of a repeated field */

/* The validity tells forms what to offer; a code stays a value outside it,
 * because older cases are still written down. */
struct schema_code {
    const char *code;
    const char *label[SCHEMA_LANGS];
    const char *valid_from; /* YYYY-MM-DD or "" */
    const char *valid_to;
};

struct schema_list {
    const char *name;
    size_t n;
    const struct schema_code *codes;
};

struct schema_field {
    const char *name;
    const char *label[SCHEMA_LANGS];
    const char *help[SCHEMA_LANGS];
    enum field_kind kind;
    const struct schema_list *list; /* FIELD_CODE */
    bool repeated;
    bool multiline;
    bool unique;   /* a case number: one record per value; searched */
    bool initials; /* shown in lists as initials only */
    bool searched; /* by words folded as `search` says */
    enum fold_kind search;
    const char *joins; /* the field of a name that is written behind it, or
                        * NULL: both together are found, too */
    size_t max_len;    /* FIELD_TEXT, bytes */
    uint64_t min, max; /* FIELD_NUMBER */
};

struct schema_compartment {
    const char *name;
    const char *label[SCHEMA_LANGS];
    size_t n;
    const struct schema_field *fields; /* in the order of forms */
};

/* What two or three fields of one record say about each other. */
enum check_kind {
    CHECK_AGE,   /* a: age, b: birth date, c: the day it is meant for */
    CHECK_ORDER, /* a: date, b: date that must not be earlier */
};
struct schema_place {
    unsigned compartment, field;
};
struct schema_check {
    enum check_kind kind;
    struct schema_place a, b, c;
};

/* Which compartment of the type is searched; NULL: none.  At most one is. */
struct schema_type;
const struct schema_compartment *schema_searched(const struct schema_type *t);

#define SCHEMA_COMPARTMENTS_MAX 8
#define SCHEMA_FIELDS_MAX 64 /* of a compartment */

struct schema_type {
    const char *name;
    const char *label[SCHEMA_LANGS];
    size_t n;
    const struct schema_compartment *compartments;
    size_t n_checks;
    const struct schema_check *checks;
};

struct schema;

struct schema_source {
    struct bytes json;
    struct bytes codes;
};

/* What this program was built with. */
struct schema_source schema_builtin(void);
/* BLAKE2b-256, label "sv/v1/schema", over u32 length and bytes of each. */
void schema_hash(struct schema_source source, uint8_t out[static DIGEST_LEN]);

/* SV_ERR_INPUT with the place for any fault; unknown members are faults. */
enum sv_err schema_load(struct schema_source source, struct schema **out,
                        struct diag *where);
void schema_free(struct schema *s); /* accepts NULL */

size_t schema_types(const struct schema *s);
const struct schema_type *schema_type_at(const struct schema *s, size_t i);
/* NULL where there is none; the index goes to *at if at is not NULL. */
const struct schema_type *schema_type(const struct schema *s, const char *name);
const struct schema_compartment *schema_compartment(const struct schema_type *t,
                                                    const char *name,
                                                    size_t *at);
const struct schema_field *schema_field(const struct schema_compartment *c,
                                        struct bytes name, size_t *at);
const struct schema_code *schema_code(const struct schema_list *l,
                                      struct bytes code);

const char *missing_name(enum missing m); /* "not_asked"; NULL for NOT */
const char *missing_label(enum missing m, enum schema_lang lang);
enum missing missing_parse(struct bytes t); /* MISSING_NOT for other words */

/* May this be a value of the field?  *reason gets a msgid where not. */
enum sv_err schema_check_value(const struct schema_field *f, struct bytes value,
                               const char **reason);

#endif
