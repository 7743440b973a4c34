#ifndef SV_COUNTS_RISK_H
#define SV_COUNTS_RISK_H

#include "counts/figures.h"

/*
 * The risk report of exact figures: what tells of so few people that one
 * could be recognised.
 */
#define RISK_SMALL_MAX 4 /* from 1 on */

enum risk_kind {
    RISK_CELL,    /* a figure that is printed and small */
    RISK_DERIVED, /* small, and found by subtracting printed figures */
    RISK_GROUP,   /* all of a whole are in one part */
    RISK_EARLIER, /* found with what an earlier release printed */
    RISK_OUTSIDE, /* found with what is known outside */
    RISK_ROUNDED, /* no risk: the figure as it would be for the public */
    RISK_TABLE,   /* whatever a table may show: says nothing of its cells */
};

struct risk {
    enum risk_kind kind;
    char name[FIGURE_NAME_SIZE]; /* the figure that it is about */
    char *expression; /* owned: "suspects.total - prosecuted.total" */
    int64_t value;
    int64_t least; /* what follows is a range: from here to value; of a
                    * rounded figure, the count */
};

/* Cells in the order of the figures, then the derived, then groups. */
struct risk_list {
    size_t n;
    struct risk *at;
    bool has_values; /* false where they were read without */
};

/*
 * Derived are: unknown figures that follow from a complete relation, step by
 * step (the year before is the total minus the change); what a part leaves of
 * its whole; and what all known parts leave of it (but not of parts that are
 * nobody: that is the whole itself).  Each expression stands there once.
 * Changes are no numbers of people and never listed.  A group whose name ends
 * in "unknown" says nothing of anybody and is not listed.
 */
enum sv_err risk_find(const struct figures *f, struct risk_list *out);
void risk_clear(struct risk_list *l); /* wipes */
/* One more, unless it is there already. */
enum sv_err risk_add(struct risk_list *l, enum risk_kind kind, const char *name,
                     struct bytes expression, int64_t least, int64_t value);
/* The tables of a plan, instead: the names of cells that are small would tell
 * who asks which combinations of codes there are. */
enum sv_err risk_of_tables(size_t n, const char *const names[],
                           struct risk_list *out);

/*
 *   svault/risk/v1
 *   values yes|no
 *   count <n>
 *   cell|derived|group|earlier|outside|rounded|table <name>:
 *       <expression>[ = <value>|<least>..<value>|<count> to <value>]
 *
 * with values for who approves, without for who asks; a line each.  Appended.
 * A table has no value, and stands only in a list without; a rounded figure
 * only in one with values.
 */
enum sv_err risk_encode(const struct risk_list *l, bool with_values,
                        struct buf *out);
/* From another machine: SV_ERR_FORMAT for all that risk_encode() would not
 * have written. */
enum sv_err risk_decode(struct bytes in, struct risk_list *out);

#endif
