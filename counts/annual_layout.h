#ifndef SV_COUNTS_ANNUAL_LAYOUT_H
#define SV_COUNTS_ANNUAL_LAYOUT_H

#include "counts/figures.h"
#include "vault/schema.h"

/*
 * Which figures a yearly report has, in the order of its JSON, and what they
 * say about each other.  A list has a figure for each code of a code list,
 * and `unknown` for those whose records do not tell.
 */
enum annual_count {
    COUNT_VICTIMS,
    COUNT_JAPANESE,
    COUNT_FOREIGN,
    COUNT_NO_CITIZENSHIP,
    COUNT_MINORS,
    COUNT_ADULTS,
    COUNT_NO_AGE,
    COUNT_SUSPECTS,
    COUNT_NOT_PROSECUTED,
    COUNT_UNDECIDED,
    COUNT_OFFENCES,
    COUNT_PROSECUTED,
    COUNT_GUILTY,
    COUNT_PENDING,
    COUNT_FAMILY_COURT,
    COUNT_OTHER_OUTCOME,
    COUNT_NO_OUTCOME,
    ANNUAL_COUNTS
};

enum annual_list {
    LIST_GENDER,
    LIST_COUNTRY,
    LIST_STATUS,
    LIST_MEASURES,
    LIST_ROUTE,
    LIST_DECIDED,
    LIST_SERVICE,
    LIST_PROTECTION,
    LIST_RETURN,
    LIST_SUSPECT_GENDER,
    LIST_SUSPECT_COUNTRY,
    ANNUAL_LISTS
};

enum annual_kind {
    ANNUAL_COUNT,
    ANNUAL_CHANGE, /* on the year before */
    ANNUAL_BEFORE, /* the year before: never printed, but it follows */
    ANNUAL_LIST,
};

struct annual_item {
    enum annual_kind kind;
    /* The figure's name; of a list, what stands before ".<code>". */
    const char *name;
    enum annual_count count; /* of a change and of the year before: the total */
    enum annual_list list;
};

size_t annual_layout_n(void);
const struct annual_item *annual_layout_at(size_t i);

/* Where a list's codes come from. */
struct annual_source {
    const char *type;
    const char *field;  /* of the type's compartment that is counted */
    bool complete;      /* everybody is in one of its figures */
    bool sparse;        /* figures of 0 are left out, but for `always` */
    const char *always; /* this code and unknown; NULL: none */
};
const struct annual_source *annual_layout_source(enum annual_list list);
/* The compartment of a type that is counted; NULL: none. */
const char *annual_layout_compartment(const char *type);
/* NULL where the schema has no such list. */
const struct schema_list *annual_layout_codes(const struct schema *s,
                                              enum annual_list list);

/* The code in a figure's name, if the figure is one of the list; or NULL. */
const char *annual_layout_code(const char *figure, const char *list);
/* Does the list have this code's figure even where it is 0? */
bool annual_layout_is_always(enum annual_list list, const char *code);
/* The item that is this very figure, no list; NULL: none. */
const struct annual_item *annual_layout_item(const char *figure);
/* The total that this figure is the change of; NULL where it is none. */
const char *annual_layout_total(const char *change);

/* All relations between the figures that are there. */
enum sv_err annual_layout_relate(struct figures *f);

#endif
