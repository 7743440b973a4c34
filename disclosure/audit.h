#ifndef SV_DISCLOSURE_AUDIT_H
#define SV_DISCLOSURE_AUDIT_H

#include "disclosure/facts.h"
#include "disclosure/solver.h"

/*
 * What an attacker could compute from printed figures: one linear model over
 * all of them, tables, margins, years, releases, shares and what is known
 * outside, in whole numbers (disclosure/model.h).
 */
struct audit_rules {
    int64_t small; /* figures of 1 to this many are to be protected */
    int64_t width; /* a protected figure's interval is at least so wide */
    /* Figures and statements of the releases before this one are known
     * already: what they alone disclose is reported and does not count
     * against the new ones. */
    size_t new_release;  /* index into facts.releases */
    bool with_intervals; /* of every figure, not of findings alone */
    bool with_insiders;  /* see audit_run() */
    /* Of each figure: can somebody know that she is in it?  Who has the
     * counts knows where nobody is; NULL: in all of them. */
    const bool *insiders;
    unsigned timeout_ms; /* for all of it */
};

enum audit_verdict {
    AUDIT_SAFE,
    AUDIT_NARROW, /* an interval less wide than the rule */
    AUDIT_EXACT,  /* one number */
    AUDIT_GROUP,  /* all, or none, of a group have one code of a secret
                   * dimension */
};

/* A set of people that is looked at: a figure, or what one figure counts
 * beyond another that is part of it. */
struct audit_finding {
    size_t figure;
    size_t minus;   /* AUDIT_NONE: the figure itself */
    int64_t lo, hi; /* what follows of it */
    enum audit_verdict verdict;
    bool insider; /* it takes knowing oneself to be in `by` */
    size_t by;
    bool known_before; /* from releases before the new one alone */
};
#define AUDIT_NONE SIZE_MAX

struct audit_interval {
    int64_t lo, hi; /* hi is FACTS_VALUE_MAX where there is no bound */
};

struct audit_result {
    size_t n_targets; /* sets looked at */
    size_t n_findings;
    struct audit_finding *findings;   /* by figure, then minus */
    struct audit_interval *intervals; /* one per figure, or NULL */
    size_t n_new;                     /* findings that are not known before */
};
void audit_result_clear(struct audit_result *r);

/*
 * Looks at:
 * - every figure that is not printed exactly (hidden, rounded, unprinted);
 * - the rest that one figure leaves of another that contains it, if one of
 *   them is of the new release, and no figure counts that rest;
 * - every figure that one term on a secret dimension tells from a group:
 *   whether for all that is known nobody of the group is in it, or all are.
 *   Its finding is of the figure: hi is 0, or all are in it.
 *
 * A figure is safe if nobody is in it or more than rules.small are for sure,
 * by integer arithmetic alone; or if two tables of whole numbers agree with
 * everything printed and differ in it by rules.width: both were checked by
 * addition.  A solver that errs or lies can make a finding of what is safe,
 * and a conflict of what fits; it cannot make anything safe.
 *
 * lo and hi of a finding are what the set can be, if the solver is right: a
 * finding that is narrower than the truth would frighten for nothing.
 *
 * Figures of several dates: people are counted from one of them on, and, if
 * integer arithmetic alone says that no people fit that, up to one of them.
 *
 * Insiders, over at most AUDIT_INSIDERS_MAX sets: a person knows to be in a
 * cell whose interval begins at 0: with 1 for its least, the figures that do
 * not contain it are looked at anew, for a width of one less.
 *
 *   SV_ERR_CONFLICT     no people fit what was printed
 *   SV_ERR_RANGE        more than AUDIT_ATOMS_MAX atoms, too many entries or
 *                       pairs, or too many sets for insiders: make the plan
 *                       coarser
 *   SV_ERR_UNVERIFIED   the solver did not answer; nothing is proved
 */
#define AUDIT_ATOMS_MAX 200000
#define AUDIT_TARGETS_MAX 4000000
#define AUDIT_INSIDERS_MAX 2000
enum sv_err audit_run(const struct facts *f, const struct audit_rules *rules,
                      const struct solver_source *source,
                      struct audit_result *out);

#endif
