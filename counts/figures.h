#ifndef SV_COUNTS_FIGURES_H
#define SV_COUNTS_FIGURES_H

#include "base/buf.h"

/*
 * What a count comes to, before anybody sees it: whole numbers with names,
 * and what they say about each other.  Plans and the annual report both end
 * here, so that previews, risk reports and releases know one form only.
 */
#define FIGURE_NAME_SIZE 128
#define FIGURE_REASON_SIZE 96

struct figure {
    /* A path: victims.gender.male; letters, digits, '_', '-' and '.'. */
    char name[FIGURE_NAME_SIZE];
    bool known;
    int64_t value;  /* below 0 only for a change */
    uint64_t key;   /* the sum of the keys of the records that it counts */
    bool is_change; /* difference of two years' figures */
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
    size_t n_relations;
    struct figure_relation *relations;
};

void figures_init(struct figures *f);
void figures_clear(struct figures *f);
/* SV_ERR_EXISTS for a name that is there; SV_ERR_RANGE for a bad one. */
enum sv_err figures_add(struct figures *f, const char *name, int64_t value,
                        size_t *at);
enum sv_err figures_add_unknown(struct figures *f, const char *name,
                                const char *reason, size_t *at);
enum sv_err figures_relate(struct figures *f, size_t whole, size_t n,
                           const size_t parts[], bool complete);
/* SV_ERR_NOT_FOUND */
enum sv_err figures_find(const struct figures *f, const char *name, size_t *at);

/* How many, and the sum of their records' keys: which set of records it is,
 * to whoever has the round key. */
struct counted {
    int64_t n;
    uint64_t key;
};
void counted_add(struct counted *c, uint64_t key);

/*
 * What a preview shows: one of the two multiples of 5 around a count, drawn
 * by a keyed function of the set of records, so that the mean is the count,
 * a multiple of 5 stays, and one set shows one figure under every name and
 * in every plan.  A fixed rule, as to the nearest, would tell by its jump
 * when a count passes from 2 to 3.
 */
#define FIGURES_BASE 5
int64_t figures_round(const struct counted *c, const uint8_t round_key[32]);

#endif
