#ifndef SV_COUNTS_FIGURES_H
#define SV_COUNTS_FIGURES_H

#include "base/map.h"

/*
 * What a count comes to, before anybody sees it: whole numbers with names,
 * and what they say about each other.  Plans and the annual report both end
 * here, so that previews, risk reports and releases know one form only.
 */
#define FIGURE_NAME_SIZE 128
#define FIGURE_REASON_SIZE 96

/* A set of records: how many, and what makes a preview of it. */
struct counted {
    int64_t n;
    uint64_t key;  /* the sum of its records' keys: which set it is */
    int64_t nudge; /* what its records count more, or less, in a preview */
};
/* key: the record's, the same in every count and known to nobody. */
void counted_add(struct counted *c, uint64_t key);

struct figure {
    /* A path: victims.gender.male; letters, digits, '_', '-' and '.'. */
    char name[FIGURE_NAME_SIZE];
    bool known;
    int64_t value;     /* below 0 only for a change */
    struct counted of; /* what it counts; nothing for a change */
    bool is_change;    /* difference of two years' figures */
    bool unprinted;    /* belongs to the tables, and is nowhere shown */
    bool is_percent;   /* no count: value is in units of the last digit */
    unsigned digits;   /* of a percentage, behind the point */
    char reason[FIGURE_REASON_SIZE]; /* a msgid: why it is not known */
};

/*
 * The parts are disjoint subsets of the whole; complete: together they are
 * all of it.  A change makes a complete relation, too: the later year's
 * figure is the earlier year's and the change.
 */
struct figure_relation {
    size_t whole; /* index into figures.at */
    size_t n;
    size_t *parts;
    bool complete;
};

/* Owns what it points to. */
struct figures {
    size_t n;
    struct figure *at;
    struct map names; /* hash of the name -> size_t index */
    size_t n_relations;
    struct figure_relation *relations;
    /* Of a released document, by its facts: rounded ones may be a step more
     * off, as sums with what was released before are kept. */
    bool is_wide;
};

void figures_init(struct figures *f);
void figures_clear(struct figures *f);
/* SV_ERR_EXISTS for a name that is there; SV_ERR_RANGE for a bad one. */
enum sv_err figures_add(struct figures *f, const char *name, int64_t value,
                        size_t *at);
/* A figure that is the number of these records. */
enum sv_err figures_add_counted(struct figures *f, const char *name,
                                const struct counted *c, size_t *at);
enum sv_err figures_add_unknown(struct figures *f, const char *name,
                                const char *reason, size_t *at);
enum sv_err figures_relate(struct figures *f, size_t whole, size_t n,
                           const size_t parts[], bool complete);
/* to is empty before, and after an error. */
enum sv_err figures_copy(const struct figures *from, struct figures *to);
/* Only those that stay, in their order; relations lose the parts that go. */
typedef bool (*figures_stay_fn)(const void *ctx, const struct figure *f);
enum sv_err figures_keep(struct figures *f, figures_stay_fn stays,
                         const void *ctx);
/* SV_ERR_NOT_FOUND */
enum sv_err figures_find(const struct figures *f, const char *name, size_t *at);

/*
 * What a preview shows.  Two draws stand between it and the count:
 *
 * - Each record counts as 1, or for one in four as 0 or 2, by its own key
 *   and always alike.  However many previews are laid together, over
 *   whatever partitions of a set, their mean comes to this sum and never to
 *   the count: no fresh draw belongs to the same records.
 * - The sum is shown as one of the two multiples of 5 around it, drawn by a
 *   keyed function of the set of records: the mean is the sum, and one set
 *   shows one figure under every name and in every plan.  A fixed rule, as
 *   to the nearest, would tell by its jump when a count passes from 2 to 3.
 *
 * Both are unbiased; nothing stays nothing.
 */
#define FIGURES_BASE 5
int64_t figures_round(const struct counted *c, const uint8_t round_key[32]);

#endif
