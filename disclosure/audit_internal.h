#ifndef SV_DISCLOSURE_AUDIT_INTERNAL_H
#define SV_DISCLOSURE_AUDIT_INTERNAL_H

#include "disclosure/audit.h"
#include "disclosure/search.h"

/* For audit*.c only. */

enum look_kind {
    LOOK_FIGURE,
    LOOK_REST,
    LOOK_NONE, /* is nobody of the group in it? */
    LOOK_ALL,  /* is nobody of the group out of it? */
};

/* What is looked at. */
struct look {
    enum look_kind kind;
    size_t set, minus; /* sets; minus: MODEL_NONE */
    /* By integer arithmetic; of LOOK_ALL: of those that are out of it. */
    struct program_range proved;
    size_t target;
    size_t ends; /* of LOOK_ALL with a finding: the target of the set */
};

/* Whom figures and sets stand for each other. */
struct faces {
    size_t *figure;  /* of each set: the figure that a finding names */
    bool *is_new;    /* a figure of the new release counts it */
    bool *is_open;   /* a figure of it is not printed exactly */
    bool *is_inside; /* somebody can know to be in it */
};

struct audit {
    const struct facts *facts;
    const struct audit_rules *rules;
    const struct solver_source *source;
    uint64_t deadline_ms;
    struct model *model;
    struct program *program;
    struct search *search;
    struct faces faces;
    size_t n_looks, cap_looks;
    struct look *looks;
    size_t n_findings, cap_findings;
    struct audit_finding *findings;
};

/* Fills faces, looks, and targets of the search. */
enum sv_err audit_find_looks(struct audit *a);

/* SAFE, NARROW, EXACT. */
enum audit_verdict audit_judge(const struct audit_rules *rules,
                               struct program_range proved,
                               const struct search_target *witnessed);
enum sv_err audit_add_finding(struct audit *a, struct audit_finding finding);

/* Which findings are known before. */
enum sv_err audit_find_known(struct audit *a);
/* More findings. */
enum sv_err audit_find_insiders(struct audit *a);

#endif
