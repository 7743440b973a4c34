#include <stdlib.h>

#include "disclosure/audit_internal.h"

/* She takes herself out of what both are in: one person less is hidden from
 * her, whatever is printed. */
static int64_t
width_for(const struct audit *a)
{
    return a->rules->width > 1 ? a->rules->width - 1 : a->rules->width;
}

/* What the kept witnesses in which somebody is in set `by` say of set i. */
static struct search_target
seen_by(const struct audit *a, size_t by, size_t i)
{
    struct search_target t = {.plus = i,
                              .minus = MODEL_NONE,
                              .lo = 1,
                              .hi = 0,
                              .want_width = width_for(a),
                              .proved = a->program->sets[i]};

    for (size_t k = 0; k < search_n_kept(a->search); k++) {
        const int64_t *values = search_kept(a->search, k);

        if (values[by] < 1)
            continue;
        if (t.lo > t.hi)
            t.lo = t.hi = values[i];
        else if (values[i] < t.lo)
            t.lo = values[i];
        else if (values[i] > t.hi)
            t.hi = values[i];
        if (t.hi - t.lo >= t.want_width)
            break;
    }
    return t;
}

/* A figure that is safe from everybody else, and does not contain `by`. */
static bool
is_asked(const struct audit *a, const struct look *look, size_t by)
{
    return look->kind == LOOK_FIGURE && look->set != by &&
           audit_judge(a->rules, look->proved,
                       search_target(a->search, look->target)) == AUDIT_SAFE &&
           !model_within(a->model, by, look->set);
}

/* What an insider's own search has to find out. */
struct question {
    size_t n;
    size_t *sets;
};

static enum sv_err
ask(struct audit *a, size_t by, const struct question *q)
{
    struct audit_rules rules = *a->rules;
    struct program *p = NULL;
    struct search *s = NULL;
    enum sv_err err = program_new(a->model, MODEL_NONE, by, &p);

    rules.width = width_for(a);
    /* Nobody can be in it: then nobody is an insider of it. */
    if (err == SV_ERR_CONFLICT)
        return SV_OK;
    if (err == SV_OK)
        err = search_new(p, a->source, a->deadline_ms, 1, true, &s);
    for (size_t i = 0; i < q->n && err == SV_OK; i++) {
        struct search_target t = {.plus = q->sets[i],
                                  .minus = MODEL_NONE,
                                  .want_width = rules.width,
                                  .proved = p->sets[q->sets[i]]};
        size_t at = 0;

        err = search_add(s, t, &at);
    }
    if (err == SV_OK)
        err = search_run(s);
    for (size_t i = 0; i < q->n && err == SV_OK; i++) {
        const struct search_target *t = search_target(s, i);
        struct audit_finding f = {.figure = a->faces.figure[t->plus],
                                  .minus = AUDIT_NONE,
                                  .lo = t->lo,
                                  .hi = t->hi,
                                  .insider = true,
                                  .by = a->faces.figure[by]};

        f.verdict = audit_judge(&rules, p->sets[t->plus], t);
        if (f.verdict != AUDIT_SAFE)
            err = audit_add_finding(a, f);
    }
    search_free(s);
    program_free(p);
    /* The same said by the solver alone is no proof. */
    return err == SV_ERR_CONFLICT ? SV_ERR_UNVERIFIED : err;
}

static enum sv_err
look_from(struct audit *a, size_t by, struct question *q)
{
    q->n = 0;
    for (size_t i = 0; i < a->n_looks; i++) {
        const struct look *look = &a->looks[i];
        struct search_target t;

        if (!is_asked(a, look, by))
            continue;
        t = seen_by(a, by, look->set);
        if (!search_satisfied(&t))
            q->sets[q->n++] = look->set;
    }
    return q->n > 0 ? ask(a, by, q) : SV_OK;
}

enum sv_err
audit_find_insiders(struct audit *a)
{
    struct question q = {0};
    size_t n = 0;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < a->n_looks; i++)
        n += a->looks[i].kind == LOOK_FIGURE ? 1 : 0;
    if (n > AUDIT_INSIDERS_MAX)
        return SV_ERR_RANGE;
    q.sets = calloc(n + 1, sizeof *q.sets);
    if (q.sets == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < a->n_looks && err == SV_OK; i++)
        if (a->looks[i].kind == LOOK_FIGURE && a->looks[i].proved.lo < 1 &&
            a->faces.is_inside[a->looks[i].set])
            err = look_from(a, a->looks[i].set, &q);
    free(q.sets);
    return err;
}
