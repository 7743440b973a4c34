#ifndef SV_COUNTS_PLAN_ADVICE_H
#define SV_COUNTS_PLAN_ADVICE_H

#include "counts/plan.h"

/*
 * What would be unsafe about a plan, whatever the records are: before anybody
 * asks for figures.  Advice, and no fault: an audit judges the figures.  A
 * term of where that all tables have says whom the plan is about, and counts
 * as none here.
 */
enum plan_advice_kind {
    /* where is one code short of another table's: the difference is who has
     * that code */
    PLAN_ADVICE_ONE_CODE,
    /* a part of what another table counts, and the rest is no figure */
    PLAN_ADVICE_NESTED,
    PLAN_ADVICE_FIELDS, /* more than three, those of where among them */
    PLAN_ADVICE_SECRET, /* beside two fields that an outsider can know */
    PLAN_ADVICE_NO_TOTAL,
    PLAN_ADVICE_SHARE, /* of exact figures */
    PLAN_ADVICE_N
};

struct plan_advice {
    enum plan_advice_kind kind;
    size_t line, column; /* of the table's name, or of what is derived */
    char table[NAME_SIZE];
    char other[NAME_SIZE]; /* the other table, the secret field, or "" */
};

struct plan_advice_list {
    size_t n;
    struct plan_advice at[PLAN_ADVICE_N * PLAN_TABLES_MAX];
};

/* By table, then kind. */
void plan_advice_find(const struct plan *p, struct plan_advice_list *out);
/* "one_code", for programs. */
const char *plan_advice_name(enum plan_advice_kind kind);
/* What is unsafe, and what to do: a msgid. */
const char *plan_advice_text(enum plan_advice_kind kind);

#endif
