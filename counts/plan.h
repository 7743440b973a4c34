#ifndef SV_COUNTS_PLAN_H
#define SV_COUNTS_PLAN_H

#include "counts/figures.h"
#include "counts/plan_variable.h"

/*
 * A release plan: which tables are counted over which records, as a text.
 *
 *   plan "title" population TYPE unit person|suspect|case as_of DATE
 *   count basis CODE period calendar|fiscal YEAR
 *   codelist age_band v1
 *   hierarchy FIELD {GROUP: {CODE, ...}, ...}
 *   table NAME [by FIELD, ...] [where TERM and ...]
 *              [margins (FIELD, ...) ... ()] [compare YEAR delta|side]
 *   derive share TABLE FIELD percent 0|1
 *   derive change TABLE percent 0|1
 *   known outside "source" [TERM and ...] [year YEAR] : NUMBER
 *   method exact | round base 5
 *
 * In this order; count, codelist and hierarchy stand before the first table,
 * derive behind its table, known behind all of them, and any number of blanks
 * and lines between words.  A term is FIELD = CODE or FIELD in {CODE, ...}. The
 * language is closed: no comparison of numbers or dates, so that "under 19"
 * cannot follow "under 18" and show one person.
 *
 * Population: a record type whose facts (victim) or justice compartment
 * (suspect, offence) is counted; its unit is person, suspect, case.
 *
 * count: without it, every record counts.  With it, calendar:
 *   victims     counted_by is the basis and counted_year is the year
 *   suspects    arrested_on lies in January to December of the year
 *   offences    cleared_on lies there
 * and fiscal: April of the year to March of the next, of identified_on for
 * victims (counted_by as before), of the same days for the others.  The
 * basis is a code of counted_by; suspects and offences have no such field
 * and only the basis national.  Where the day or the year is missing, the
 * record is not counted.  A yearly report counts identified victims only; a
 * plan says so: where identification_status = actual.
 *
 * by: at most three fields.  A record with several values of a field counts
 * in each of its cells once, and where names it if any of them is named.
 * margins: the totals that are counted too; () is that of all.  Without the
 * word: all of them; with nothing behind it: none.
 *
 * hierarchy: groups of a field's codes, each code in one of them or in none.
 * Wherever a table has a cell for a code it has one for the code's group, too.
 * A group counts a record once that has several of its codes.
 *
 * derive: percentages of printed figures.  share: what part of the total over
 * FIELD a cell is; that total has to be among the margins.  change: of the
 * earlier year's figure; the table compares two years.
 *
 * known: what others have printed of people whom this plan counts, too: so
 * many that the count statement and the terms fit.  year: in this year
 * instead of the one that is counted.  Nothing is counted by it; it is what
 * readers know besides.
 *
 * method: round is for everybody: of a field with several values where names
 * one code, and such a field has no groups, because nothing tells how two sets
 * of its codes overlap.
 *
 * Two plans that mean the same have the same canonical text: one statement a
 * line, fields and codes sorted, defaults written out, code lists and
 * hierarchies only where they are used, what is derived by table, what is
 * known by source.  The order of tables and of groups is that of print and
 * stays.
 */
/* The cells that all tables together could have, by the lists of their
 * fields: what a plan may ask for must not depend on the records. */
#define PLAN_CELLS_MAX 131072
#define PLAN_TEXT_MAX ((size_t)64 << 10)
#define PLAN_TABLES_MAX 64
#define PLAN_BY_MAX 3
#define PLAN_VARIABLES_MAX (SCHEMA_FIELDS_MAX + 2)
#define PLAN_YEAR_MIN 1900
#define PLAN_YEAR_MAX 2198 /* a fiscal one ends in the next */
#define PLAN_DATE_SIZE 11
#define PLAN_KNOWN_MAX 256
#define PLAN_KNOWN_VALUE_MAX 999999999
#define PLAN_ROUND_BASE 5

enum plan_method { PLAN_EXACT, PLAN_ROUND };

/* One field of where, and which of its codes fit. */
struct plan_term {
    size_t variable; /* index into plan.variables */
    bool *codes;     /* owned, n_codes of them */
    size_t line, column;
};

/* Percentages of a table's printed figures. */
struct plan_percent {
    bool given;
    size_t by;       /* of a share: which field of by */
    unsigned digits; /* behind the point: 0 or 1 */
    size_t line, column;
};

/* A figure that others have printed. */
struct plan_known {
    char source[PLAN_TITLE_MAX + 1];
    size_t line, column;
    size_t n_terms;
    struct plan_term *terms; /* owned; sorted by name */
    unsigned year;           /* 0 where nothing is counted by years */
    int64_t value;
};

struct plan_table {
    char name[NAME_SIZE];
    size_t line, column; /* of the name, in the plan's text */
    size_t n_by;
    size_t by[PLAN_BY_MAX]; /* indexes into plan.variables, sorted by name */
    size_t n_where;
    struct plan_term *where; /* sorted by name */
    /* By a set of the fields of by as bits (bit 0 is by[0]): are these
     * totals counted? */
    bool margins[1 << PLAN_BY_MAX];
    bool compared;
    bool delta;
    unsigned compare_year;
    struct plan_percent share, percent;
};

/* Where the records say whether they count in a year. */
struct plan_period {
    bool given;
    bool fiscal;
    unsigned year;
    char basis[PLAN_WORD_SIZE];
    bool has_basis; /* the population has the field counted_by */
    size_t basis_field;
    bool by_year; /* year_field holds the year; else day_field the day */
    size_t year_field;
    size_t day_field;
};

/* Read-only for all but plan.c; borrows from the schema. */
struct plan {
    char title[PLAN_TITLE_MAX + 1];
    const struct schema_type *type;
    const struct schema_compartment *coded; /* what is counted of it */
    const char *unit;
    char as_of[PLAN_DATE_SIZE];
    size_t as_of_line, as_of_column;
    struct plan_period period;
    size_t n_variables;
    struct plan_variable variables[PLAN_VARIABLES_MAX];
    size_t n_cells; /* of all tables, by their lists */
    size_t n;
    struct plan_table tables[PLAN_TABLES_MAX];
    size_t n_known;
    struct plan_known *known; /* owned; sorted by source and terms */
    enum plan_method method;
    struct buf canonical;
};

/* SV_ERR_INPUT with what is wrong in *fault, at its place. */
enum sv_err plan_parse(const struct schema *schema, struct bytes text,
                       struct plan **out, struct plan_fault *fault);
void plan_free(struct plan *p); /* accepts NULL */

/*
 * May it be asked for as a preview?  A table then has at most three fields,
 * those of where among them, and where names one code of each: with sets of
 * codes at one's choice, one person can be fenced in, and previews of two
 * fences subtracted.  Groups of codes are such sets: plan_preview() leaves
 * them out.  Whatever else is released or not counted.
 */
#define PLAN_PREVIEW_FIELDS_MAX 3
enum sv_err plan_check_preview(const struct plan *p, struct plan_fault *fault);

/* Nothing is counted as of a day after today (YYYY-MM-DD). */
enum sv_err plan_check_today(const struct plan *p, const char *today,
                             struct plan_fault *fault);
/* The last millisecond of the day as of which is counted, in Japan. */
uint64_t plan_as_of_ms(const struct plan *p);

/* Borrowed from the plan. */
struct bytes plan_canonical(const struct plan *p);
/* BLAKE2b-256 of the canonical text, label "sv/v1/plan". */
void plan_hash(const struct plan *p, uint8_t out[static DIGEST_LEN]);

/* The same in a diag: line, "COLUMN: WORD (NEAREST?)", reason. */
void plan_fault_diag(const struct plan_fault *fault, struct diag *where);

/* Are there cells by just these fields of by?  By all of them always. */
bool plan_has_cells(const struct plan_table *t, unsigned mask);

#endif
