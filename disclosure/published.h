#ifndef SV_DISCLOSURE_PUBLISHED_H
#define SV_DISCLOSURE_PUBLISHED_H

#include "disclosure/facts_document.h"
#include "disclosure/released.h"

/*
 * A released report held against its own facts and its own rule, by what
 * stands in it and nothing else.  What is wrong is a list of faults.
 */
#define PUBLISHED_FAULTS_MAX 64 /* of those that are kept */
#define PUBLISHED_PLACE_SIZE 640

/* What a release for the public may do at the least: multiples of 5, by which
 * nobody knows more of 1 to 4 people than that they are 0 to 4. */
#define PUBLISHED_PUBLIC "public"
#define PUBLISHED_EXACT "exact"
#define PUBLISHED_BASE 5
#define PUBLISHED_WIDTH (PUBLISHED_BASE - 1)
#define PUBLISHED_SMALL (PUBLISHED_BASE - 1)

struct published_fault {
    char place[PUBLISHED_PLACE_SIZE]; /* which figures, with their values;
                                         printable ASCII */
    const char *reason;               /* msgid */
};

struct published {
    size_t n_figures; /* counts that are printed */
    size_t n_sums;    /* that were added up */
    size_t n_faults;
    size_t n_kept;
    struct published_fault *faults; /* owned: the first PUBLISHED_FAULTS_MAX */
};
void published_clear(struct published *p); /* accepts zeroed */

/*
 * - The figures of the report are those of its facts, by name and value, none
 *   more and none less; changes and percentages follow from them.
 * - Every figure obeys the rule of the report's profile.
 * - Where sets of people are, by their codes, the parts of another, the
 *   numbers add up; so does each relation that the report itself says.
 *
 * SV_ERR_RANGE where so many sets overlap that their sums cannot be found.
 */
enum sv_err published_check(const struct facts_document *d,
                            const struct released *r, struct published *out);

/* ---- for published*.c ---- */

enum sv_err published_fault(struct published *p, const char *place,
                            const char *reason);
/* The third point, over the facts of one population. */
enum sv_err published_sums(const struct facts *f, struct published *p);

#endif
