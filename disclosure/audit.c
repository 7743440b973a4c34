#include "disclosure/audit.h"

#include <stdlib.h>
#include <string.h>

#include "disclosure/audit_internal.h"

void
audit_result_clear(struct audit_result *r)
{
    free(r->findings);
    free(r->intervals);
    *r = (struct audit_result){0};
}

/* ---- findings ---- */

enum audit_verdict
audit_judge(const struct audit_rules *rules, struct program_range proved,
            const struct search_target *witnessed)
{
    if (proved.hi <= 0 || proved.lo > rules->small)
        return AUDIT_SAFE;
    if (witnessed->lo <= witnessed->hi &&
        witnessed->hi - witnessed->lo >= rules->width)
        return AUDIT_SAFE;
    return witnessed->lo == witnessed->hi ? AUDIT_EXACT : AUDIT_NARROW;
}

enum sv_err
audit_add_finding(struct audit *a, struct audit_finding finding)
{
    if (a->n_findings == a->cap_findings) {
        size_t cap = a->cap_findings == 0 ? 16 : 2 * a->cap_findings;
        struct audit_finding *wider = realloc(a->findings, cap * sizeof *wider);

        if (wider == NULL)
            return SV_ERR_NOMEM;
        a->findings = wider;
        a->cap_findings = cap;
    }
    if (finding.hi >= a->program->cap)
        finding.hi = FACTS_VALUE_MAX;
    a->findings[a->n_findings++] = finding;
    return SV_OK;
}

/* How many those are of whom all have one code: targets of their own. */
static enum sv_err
count_groups(struct audit *a)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < a->n_looks && err == SV_OK; i++) {
        struct look *look = &a->looks[i];
        struct search_target t = {.plus = look->set,
                                  .minus = MODEL_NONE,
                                  .want_width = SEARCH_ENDS,
                                  .proved = a->program->sets[look->set]};

        if (look->kind == LOOK_ALL &&
            search_target(a->search, look->target)->hi <= 0)
            err = search_add(a->search, t, &look->ends);
    }
    return err == SV_OK ? search_run(a->search) : err;
}

static enum sv_err
judge(struct audit *a, const struct look *look)
{
    const struct search_target *t = search_target(a->search, look->target);
    bool group = look->kind == LOOK_NONE || look->kind == LOOK_ALL;
    struct audit_finding f = {.figure = a->faces.figure[look->set],
                              .minus = AUDIT_NONE};

    f.verdict = group ? (t->hi <= 0 ? AUDIT_GROUP : AUDIT_SAFE)
                      : audit_judge(a->rules, look->proved, t);
    if (f.verdict == AUDIT_SAFE)
        return SV_OK;
    if (look->kind == LOOK_REST)
        f.minus = a->faces.figure[look->minus];
    if (look->kind == LOOK_ALL)
        t = search_target(a->search, look->ends);
    f.lo = t->lo;
    f.hi = t->hi;
    return audit_add_finding(a, f);
}

static int
by_figure(const void *a, const void *b)
{
    const struct audit_finding *x = a, *y = b;

    if (x->figure != y->figure)
        return x->figure < y->figure ? -1 : 1;
    if (x->minus != y->minus)
        return x->minus < y->minus ? -1 : 1;
    if (x->insider != y->insider)
        return x->insider ? 1 : -1;
    if (x->by != y->by)
        return x->by < y->by ? -1 : 1;
    return x->verdict < y->verdict ? -1 : x->verdict > y->verdict;
}

static enum sv_err
find_all(struct audit *a)
{
    enum sv_err err = audit_find_looks(a);

    if (err == SV_OK)
        err = search_run(a->search);
    if (err == SV_OK)
        err = count_groups(a);
    for (size_t i = 0; i < a->n_looks && err == SV_OK; i++)
        err = judge(a, &a->looks[i]);
    if (err == SV_OK && a->n_findings > 0)
        err = audit_find_known(a);
    if (err == SV_OK && a->rules->with_insiders)
        err = audit_find_insiders(a);
    if (err == SV_OK && a->n_findings > 0)
        qsort(a->findings, a->n_findings, sizeof *a->findings, by_figure);
    return err;
}

/* ---- intervals ---- */

/* Of each set once: a target of its own. */
static enum sv_err
find_set_intervals(struct audit *a, size_t targets[])
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < a->model->n_of_figures && err == SV_OK; i++) {
        struct search_target t = {.plus = i,
                                  .minus = MODEL_NONE,
                                  .want_width = SEARCH_ENDS,
                                  .proved = a->program->sets[i]};

        err = search_add(a->search, t, &targets[i]);
    }
    return err == SV_OK ? search_run(a->search) : err;
}

static enum sv_err
find_intervals(struct audit *a, struct audit_interval **out)
{
    size_t n = a->facts->n_figures;
    size_t *targets = calloc(a->model->n_sets + 1, sizeof *targets);
    struct audit_interval *intervals = calloc(n + 1, sizeof *intervals);
    enum sv_err err = SV_ERR_NOMEM;

    if (targets != NULL && intervals != NULL)
        err = find_set_intervals(a, targets);
    for (size_t i = 0; i < n && err == SV_OK; i++) {
        const struct search_target *t =
            search_target(a->search, targets[a->model->set_of[i]]);

        intervals[i] = (struct audit_interval){t->lo, t->hi};
        if (t->hi >= a->program->cap)
            intervals[i].hi = FACTS_VALUE_MAX;
    }
    free(targets);
    if (err == SV_OK)
        *out = intervals;
    else
        free(intervals);
    return err;
}

/* ---- all of it ---- */

static void
close_model(struct audit *a)
{
    search_free(a->search);
    program_free(a->program);
    model_free(a->model);
    a->search = NULL;
    a->program = NULL;
    a->model = NULL;
}

/* Witnesses are kept for insiders, as many as there is room for. */
static size_t
keep(const struct audit *a)
{
    size_t room = (size_t)128 << 20, n = a->model->n_sets * sizeof(int64_t);

    if (!a->rules->with_insiders || n == 0)
        return 16;
    return room / n < 1024 ? room / n : 1024;
}

static enum sv_err
open_model(struct audit *a, bool with_until)
{
    enum sv_err err = model_new(a->facts, with_until, &a->model);

    if (err == SV_OK)
        err = program_new(a->model, MODEL_NONE, MODEL_NONE, &a->program);
    if (err == SV_OK)
        err = search_new(a->program, a->source, a->deadline_ms, keep(a), true,
                         &a->search);
    return err;
}

static bool
has_dates(const struct facts *f)
{
    for (size_t i = 1; i < f->n_figures; i++)
        if (strcmp(f->figures[i].as_of, f->figures[0].as_of) != 0)
            return true;
    return false;
}

/* People left between two dates only if addition says so: on the solver's
 * word, figures would be thought safer than they are. */
static enum sv_err
open_any_model(struct audit *a)
{
    enum sv_err err = open_model(a, false);
    bool is_proved =
        err == SV_ERR_CONFLICT &&
        (a->program == NULL || program_check_nested(a->program) != SV_OK);

    if (is_proved && has_dates(a->facts)) {
        close_model(a);
        err = open_model(a, true);
    }
    return err;
}

enum sv_err
audit_run(const struct facts *f, const struct audit_rules *rules,
          const struct solver_source *source, struct audit_result *out)
{
    struct audit a = {.facts = f,
                      .rules = rules,
                      .source = source,
                      .deadline_ms = search_now_ms() + rules->timeout_ms};
    struct audit_result r = {0};
    enum sv_err err = open_any_model(&a);

    if (err == SV_OK)
        err = find_all(&a);
    if (err == SV_OK && rules->with_intervals)
        err = find_intervals(&a, &r.intervals);
    if (err == SV_OK) {
        r.n_targets = a.n_looks;
        r.n_findings = a.n_findings;
        r.findings = a.findings;
        a.findings = NULL;
        for (size_t i = 0; i < r.n_findings; i++)
            r.n_new += r.findings[i].known_before ? 0 : 1;
        *out = r;
    }
    close_model(&a);
    free(a.faces.figure);
    free(a.faces.is_new);
    free(a.faces.is_open);
    free(a.faces.is_inside);
    free(a.looks);
    free(a.findings);
    return err;
}
