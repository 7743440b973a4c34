#ifndef SV_DISCLOSURE_MODEL_H
#define SV_DISCLOSURE_MODEL_H

#include "base/map.h"

#include "disclosure/facts.h"
#include "disclosure/graph.h"

/*
 * Facts as a linear model in whole numbers: atoms, each a number of people
 * that no figure tells apart, and sets, each a sum of atoms.
 *
 * Of each population: codes that no figure tells apart are one class of an
 * axis (a dimension, or when people came and went).  Axes that one figure
 * tells apart together are neighbours in a graph; each clique of its
 * junction tree has a table of its own, a cell for every combination of
 * classes, and neighbouring tables have equal sums over what they share.
 * That is as strong as one table over all axes: tables on the cliques of a
 * triangulated graph that agree where they overlap are margins of one
 * table, and if they are of whole numbers, of a table of whole numbers.
 * (Lauritzen, Graphical Models, 1996, 3.3 and 4.4; Dobra and Fienberg,
 * Bounds for cell entries in contingency tables given marginal totals and
 * decomposable graphs, PNAS 97, 2000.)
 */
#define MODEL_ATOMS_MAX 200000
#define MODEL_ENTRIES_MAX 20000000

/* Axes: dimensions, and two for each population that has several dates. */
#define MODEL_SINCE(population) (FACTS_DIMENSIONS_MAX + (population))
#define MODEL_UNTIL(population)                                                \
    (FACTS_DIMENSIONS_MAX + FACTS_POPULATIONS_MAX + (population))
#define MODEL_AXES (FACTS_DIMENSIONS_MAX + 2 * FACTS_POPULATIONS_MAX)

/* Those of one of these classes of the axis; not all classes. */
struct model_term {
    size_t axis;
    uint64_t *classes; /* axis.n_words; owned */
};

/* The people that some figures count: those of one set are one. */
struct model_set {
    size_t population;
    size_t n_terms;
    struct model_term *terms; /* by axis; owned */
    bool nobody;
    /* Of a set that one term on a secret dimension tells from a group: who
     * else is in that group.  MODEL_NONE for any other. */
    size_t opposite;
};
#define MODEL_NONE SIZE_MAX

struct model_axis {
    size_t population;
    bool secret; /* of a secret dimension */
    size_t n_classes, n_words;
    uint16_t *class_of; /* of each code; owned */
};

/* Sums of atoms: row i has the entries start[i] to start[i + 1] - 1. */
struct model_rows {
    size_t n;
    size_t *start; /* n + 1; owned */
    uint32_t *atom;
    int64_t *factor; /* NULL where all are 1 */
};

struct model {
    const struct facts *facts; /* borrowed */
    bool with_until;
    struct model_axis axes[MODEL_AXES];
    size_t n_sets, cap_sets;
    struct model_set *sets;
    size_t n_of_figures; /* sets before this one are those of figures */
    size_t *set_of;      /* of each figure */
    struct map known;    /* digest of a set's terms: its place */
    size_t n_atoms;
    struct model_rows members;    /* of each set, factors 1 */
    struct model_rows ties;       /* each is 0 */
    struct model_rows statements; /* of each statement */
};

/*
 * with_until: people may have left between two dates, too.
 *
 *   SV_ERR_RANGE   more than MODEL_ATOMS_MAX atoms or MODEL_ENTRIES_MAX
 *                  entries
 */
enum sv_err model_new(const struct facts *f, bool with_until,
                      struct model **out);
void model_free(struct model *m); /* accepts NULL */

/* Is everybody of set a in set b, whoever there is?  a is not nobody. */
bool model_within(const struct model *m, size_t a, size_t b);
/* The set of those who are in b and not in a, which is within b; MODEL_NONE
 * where no figure counts just them. */
size_t model_rest(const struct model *m, size_t a, size_t b);

#endif
