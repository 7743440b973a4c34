#ifndef SV_DISCLOSURE_RELEASED_H
#define SV_DISCLOSURE_RELEASED_H

#include <jansson.h>

#include "base/text.h"

#include "disclosure/facts.h"

/*
 * The figures that a released report prints, read by who has neither the
 * vault's schema nor its plans: of a yearly report, whose members are the
 * parts of the figures' names, or of a plan's (format "svault/counts/v1").
 * Other blanks and spellings are refused; of a plan's, other orders, too: that
 * of a yearly report's members is the schema's.
 */
#define RELEASED_FIGURES_MAX FACTS_FIGURES_MAX
#define RELEASED_TOTAL "total" /* in place of a code: all of them */

enum released_kind {
    RELEASED_COUNT,
    RELEASED_CHANGE,  /* the later less the earlier year's figure */
    RELEASED_PERCENT, /* a share, or the change of the earlier figure */
};

struct released_figure {
    char name[FACTS_FIGURE_SIZE]; /* printable ASCII */
    enum released_kind kind;
    bool known;
    int64_t value;   /* below 0 only in changes; a percentage in units of */
    unsigned digits; /* its last digit, so many behind the point */
};

/* The parts are disjoint; complete: together they are the whole. */
struct released_sum {
    size_t whole;
    size_t n;
    size_t *parts; /* owned */
    bool complete;
};

/* Owns what it points to. */
struct released {
    bool is_annual;
    char profile[NAME_SIZE];
    size_t n;
    struct released_figure *at;
    size_t n_sums; /* those of a plan's; a yearly report says none */
    struct released_sum *sums;
    json_t *names; /* name -> index */
};
void released_clear(struct released *r); /* accepts zeroed */

/* text: a report without its facts.  SV_ERR_FORMAT, and where: which member,
 * as far as that is known. */
enum sv_err released_read(struct bytes text, struct released *out,
                          struct diag *where);
/* NULL where there is none. */
const struct released_figure *released_find(const struct released *r,
                                            const char *name);

#endif
