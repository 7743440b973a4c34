#ifndef SV_VAULT_CONTENT_H
#define SV_VAULT_CONTENT_H

#include "vault/schema.h"

/*
 * The content of one compartment: for each field either values or the kind
 * of missing.  A full content names every field of the compartment; an
 * addition only those that were given.
 */
#define CONTENT_MAX ((size_t)64 << 10) /* encoded */

struct content_value {
    uint8_t *ptr; /* owned, wiped when freed */
    size_t len;
};

struct content_field {
    bool given;
    enum missing missing; /* MISSING_NOT: values count */
    size_t n;
    struct content_value *values;
};

/* fields[i] belongs to compartment->fields[i]. */
struct content {
    const struct schema_compartment *compartment; /* borrowed */
    struct content_field *fields;
};

enum sv_err content_new(const struct schema_compartment *c,
                        struct content *out);
void content_free(struct content *c); /* wipes; accepts zeroed */

/* Checks against the schema; *reason is a msgid.  SV_ERR_INPUT. */
enum sv_err content_add(struct content *c, size_t field, struct bytes value,
                        const char **reason);
void content_set_missing(struct content *c, size_t field, enum missing m);
void content_unset(struct content *c, size_t field); /* not given */
/* Every field that is not given becomes not_asked. */
void content_fill(struct content *c);
bool content_is_given(const struct content *c); /* any field at all */
/* The field's text as CSV has it: values joined by ';', or the missing
 * kind's name, or nothing where it is not given. Appended. */
enum sv_err content_text(const struct content *c, size_t field,
                         struct buf *out);
/* Set a field from that text; blank: not given. */
enum sv_err content_parse(struct content *c, size_t field, struct bytes text,
                          const char **reason);

/*
 * u16 number of given fields; for each, ordered by name bytewise: name
 * (u8 length), u8 missing, u8 number of values, each u16 length and bytes.
 * SV_ERR_RANGE over CONTENT_MAX.
 */
enum sv_err content_encode(const struct content *c, struct buf *out);
/* SV_ERR_FORMAT; every value is checked against the schema again, but codes
 * out of their validity stay readable. */
enum sv_err content_decode(const struct schema_compartment *c, struct bytes in,
                           struct content *out);
/* Lay later over base: its given fields win. */
enum sv_err content_fold(struct content *base, const struct content *later);

/* A new record before it is sealed. */
struct draft {
    const struct schema_type *type; /* borrowed */
    size_t line;                    /* where it came from; 0: a form */
    struct content contents[SCHEMA_COMPARTMENTS_MAX];
};
enum sv_err draft_new(const struct schema_type *t, struct draft *out);
void draft_free(struct draft *d);
/* The checks over several fields.  SV_ERR_INPUT: where->column and reason. */
enum sv_err draft_check(const struct draft *d, struct diag *where);
/* Likewise those over fields of this compartment of t alone. */
enum sv_err content_check(const struct schema_type *t, const struct content *c,
                          struct diag *where);
/* "compartment.field" of this type.  SV_ERR_NOT_FOUND. */
enum sv_err draft_place(const struct schema_type *t, struct bytes column,
                        struct schema_place *out);

#endif
