#ifndef SV_DISCLOSURE_FACTS_H
#define SV_DISCLOSURE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * What readers of released counts know: figures, each the number of people
 * in a set, and what was printed of it.
 *
 * A population (victim, suspect) has dimensions; each of its people has just
 * one code of each dimension.  What a person may have several of (services)
 * is one dimension per code, with the codes "no" and "yes".  A set is a
 * product of code sets: one for each dimension that it tells apart, all
 * codes of every other one.  Sets of two populations have nobody in common.
 *
 * What was printed of a figure is a range of whole numbers: an exact figure
 * has one number in it; a figure rounded to r under the base b is at least
 * max(0, r-b+1) and at most r+b-1.
 */
#define FACTS_NAME_SIZE 96 /* of a population, a dimension, a code */
#define FACTS_FIGURE_SIZE 192
#define FACTS_DATE_SIZE 11
#define FACTS_POPULATIONS_MAX 8
#define FACTS_DIMENSIONS_MAX 512
#define FACTS_CODES_MAX 1024 /* of one dimension */
#define FACTS_FIGURES_MAX 131072
#define FACTS_VALUE_MAX (INT64_C(1) << 40)
#define FACTS_FACTOR_MAX (INT64_C(1) << 30) /* either way */
#define FACTS_UNBOUNDED INT64_MAX           /* of a statement, either way */
#define FACTS_DIGITS_MAX 6                  /* of a percentage */

/* The figures from `from` to before `to`. */
struct facts_span {
    size_t from, to;
};

struct facts_dimension {
    char name[FACTS_NAME_SIZE];
    size_t population;
    bool secret; /* an outsider cannot know it: health, outcome */
    size_t n;
    char (*codes)[FACTS_NAME_SIZE]; /* owned; disjoint, together everybody */
    /* Figures that were there before it, or came from facts without it:
     * they count people whatever their code is, also one that comes later. */
    size_t n_strangers;
    struct facts_span *strangers; /* owned */
};

/* The people who have one of these codes. */
struct facts_term {
    size_t dimension;
    size_t n_words;
    uint64_t *codes; /* owned: bit i of word i/64 is code i; behind: none */
};

enum facts_print {
    FACTS_EXACT,
    FACTS_ROUNDED,
    FACTS_HIDDEN,    /* a cell with a mark in place of its number */
    FACTS_UNPRINTED, /* nowhere printed, and to be protected all the same */
};

struct facts_figure {
    char name[FACTS_FIGURE_SIZE];
    size_t population;
    char as_of[FACTS_DATE_SIZE]; /* those entered by the end of this day */
    size_t n_terms;
    struct facts_term *terms; /* owned; by dimension, each once */
    enum facts_print print;
    int64_t value;  /* what stands there; 0 where nothing does */
    int64_t lo, hi; /* the range; hi is FACTS_VALUE_MAX where none is said */
    size_t release; /* index into facts.releases: who printed it */
};

/* lo <= sum of factor x figure <= hi: a change, a share, what else is said
 * of several figures at once.  No bound: -FACTS_UNBOUNDED, FACTS_UNBOUNDED. */
struct facts_statement {
    size_t n;
    size_t *figures;  /* owned */
    int64_t *factors; /* owned */
    int64_t lo, hi;
    size_t release;
};

/* Owns all that it points to. */
struct facts {
    size_t n_populations;
    char populations[FACTS_POPULATIONS_MAX][FACTS_NAME_SIZE];
    size_t n_dimensions;
    struct facts_dimension *dimensions;
    size_t n_figures;
    struct facts_figure *figures;
    size_t n_statements;
    struct facts_statement *statements;
    size_t n_releases;
    char (*releases)[FACTS_NAME_SIZE]; /* their names, for findings */
};

void facts_init(struct facts *f);
void facts_clear(struct facts *f); /* wipes */

/* Each gives the index, of what is there already or is added.
 * SV_ERR_RANGE over a limit above; SV_ERR_FORMAT for an empty name, one with
 * bytes below '!' or above '~', or one of a dimension of other secrecy. */
enum sv_err facts_release(struct facts *f, const char *name, size_t *at);
enum sv_err facts_population(struct facts *f, const char *name, size_t *at);
enum sv_err facts_dimension(struct facts *f, size_t population,
                            const char *name, bool secret, size_t *at);
/* A code that is there already keeps its place.  Figures that know the
 * dimension do not count a code that comes later: a year that was not yet. */
enum sv_err facts_code(struct facts *f, size_t dimension, const char *code,
                       size_t *at);
/* SV_ERR_NOT_FOUND */
enum sv_err facts_find_dimension(const struct facts *f, const char *name,
                                 size_t *at);
enum sv_err facts_find_figure(const struct facts *f, size_t release,
                              const char *name, size_t *at);

/* A figure that is everybody of the population, unprinted; terms follow.
 * SV_ERR_FORMAT also for what is no date. */
enum sv_err facts_figure(struct facts *f, size_t release, size_t population,
                         const char *name, const char *as_of, size_t *at);
/* Narrow the figure to those who have one of these n codes.  A second term
 * of one dimension leaves what both name.  SV_ERR_RANGE for a code that is
 * none of it, and for a dimension of another population. */
enum sv_err facts_term(struct facts *f, size_t figure, size_t dimension,
                       size_t n, const size_t codes[]);

/* What is printed of a figure.  SV_ERR_RANGE for a value below 0 or over
 * FACTS_VALUE_MAX; for a value that is no multiple of base. */
enum sv_err facts_print_exact(struct facts *f, size_t figure, int64_t value);
/* steps: 0, or 1 where the figure may be one more step of base off. */
enum sv_err facts_print_rounded(struct facts *f, size_t figure, int64_t value,
                                int64_t base, unsigned steps);
/* at_least: 1 where the rule says that a hidden cell is never 0, else 0. */
enum sv_err facts_print_hidden(struct facts *f, size_t figure,
                               int64_t at_least);
/* SV_ERR_RANGE for a factor or a bound over its limit, or lo over hi. */
enum sv_err facts_state(struct facts *f, size_t release, size_t n,
                        const size_t figures[], const int64_t factors[],
                        int64_t lo, int64_t hi);
/* The percentage of part in whole, printed with so many digits behind the
 * point, value in units of the last one ("4.3" is 43, digits 1), rounded to
 * the nearest; that it was printed says that the whole is not 0. */
enum sv_err facts_state_share(struct facts *f, size_t release, size_t part,
                              size_t whole, int64_t value, unsigned digits);

bool facts_term_has(const struct facts_term *t, size_t code);
/* Same set of people, as far as predicates tell (as_of apart)? */
bool facts_same_set(const struct facts_figure *a, const struct facts_figure *b,
                    const struct facts *f);

/*
 * All of `from` behind what is in `to`; populations, dimensions and codes of
 * one name are one, releases are not.  A code that only one of them has, of
 * a dimension that both have: nobody has it in the figures of the other.
 * SV_ERR_FORMAT where they contradict each other: a dimension of another
 * population or secrecy.  On any error `to` is good for facts_clear() alone.
 */
enum sv_err facts_add(struct facts *to, const struct facts *from);

/*
 * A day has one set of people in the model, and the records of a day that is
 * not over go on coming.  Where releases as of one day contradict each other,
 * and of the day `now`, each release has a moment of its own, in their order;
 * in place of days stand numbers in the order of time, so that f is good for
 * an audit and nothing else.  SV_ERR_CONFLICT: there is no such day.
 */
enum sv_err facts_part_days(struct facts *f, const char *now);

/*
 * The text of a predicate that two figures share just if they count the same
 * set: a line with the population, then one for each dimension by name and
 * its codes by name, sorted, with a space before each code; a term that names
 * all codes is left out; a line with a space alone for nobody.  as_of is no
 * part of it.  Appended.
 */
enum sv_err facts_predicate(const struct facts *f, size_t figure,
                            struct buf *out);

#endif
