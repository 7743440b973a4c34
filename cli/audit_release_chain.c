#include <stdlib.h>
#include <string.h>

#include "cli/audit_release.h"

#include "disclosure/solver_process.h"

/* An outsider has more time than a vault whose users wait. */
#define TIMEOUT_MS (10u * 60u * 1000u)

/* ---- order ---- */

static int
by_number(const void *a, const void *b)
{
    const struct release_dir *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static enum sv_err
check_heads(struct releasing *r, const struct release_entry *x,
            const struct release_entry *y)
{
    char size[24];

    if (!x->is_proved || !y->is_proved || x->head.size != y->head.size ||
        hash_equal(&x->head.root, &y->head.root))
        return SV_OK;
    (void)snprintf(size, sizeof size, "%llu", (unsigned long long)x->head.size);
    return release_add_fault(
        &r->faults, RELEASE_ALTERED, size,
        N_("two heads of one size contradict each other, and the log's key "
           "signed both: keep them, they prove it"));
}

enum sv_err
release_chain_order(struct releasing *r)
{
    enum sv_err err = SV_OK;

    qsort(r->dirs, r->n, sizeof *r->dirs, by_number);
    for (size_t i = 1; i < r->n && err == SV_OK; i++)
        if (r->dirs[i].number != 0 &&
            r->dirs[i].number == r->dirs[i - 1].number)
            err = release_add_fault(&r->dirs[i].faults, RELEASE_UNREADABLE, "",
                                    N_("is given twice"));
    for (size_t i = 0; i < 2 * r->n && err == SV_OK; i++)
        for (size_t k = i + 1; k < 2 * r->n && err == SV_OK; k++)
            err = check_heads(r,
                              i % 2 == 0 ? &r->dirs[i / 2].request
                                         : &r->dirs[i / 2].approval,
                              k % 2 == 0 ? &r->dirs[k / 2].request
                                         : &r->dirs[k / 2].approval);
    return err;
}

/* ---- printed again ---- */

struct named {
    struct bytes predicate;
    size_t figure;
};

static int
by_predicate(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = bytes_compare(x->predicate, y->predicate);

    return order != 0 ? order
                      : (x->figure > y->figure) - (x->figure < y->figure);
}

static bool
is_printed(const struct facts_figure *f)
{
    return f->print == FACTS_EXACT || f->print == FACTS_ROUNDED;
}

static enum sv_err
name_all(const struct facts *f, struct buf *texts, struct named *out, size_t *n)
{
    size_t at = 0;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n_figures && err == SV_OK; i++) {
        size_t was = texts->len;

        if (!is_printed(&f->figures[i]))
            continue;
        err = facts_predicate(f, i, texts);
        out[*n].figure = i;
        out[(*n)++].predicate = bytes_of(NULL, texts->len - was);
    }
    for (size_t i = 0; i < *n && err == SV_OK; i++) {
        out[i].predicate = bytes_of(texts->ptr + at, out[i].predicate.len);
        at += out[i].predicate.len;
    }
    return err;
}

/* The same set in one release and in a later one, in the same manner: a
 * rounded and an exact number may differ. */
static enum sv_err
find_same(struct release_population *p)
{
    const struct facts *f = &p->joint;
    struct named *all = calloc(f->n_figures + 1, sizeof *all);
    struct buf texts = BUF_INIT;
    size_t n = 0;
    enum sv_err err = SV_ERR_NOMEM;

    p->same = calloc(2 * f->n_figures + 2, sizeof *p->same);
    if (all != NULL && p->same != NULL)
        err = name_all(f, &texts, all, &n);
    if (err == SV_OK)
        qsort(all, n, sizeof *all, by_predicate);
    for (size_t i = 1; i < n && err == SV_OK; i++) {
        size_t before = all[i - 1].figure, after = all[i].figure;

        if (f->figures[before].release == f->figures[after].release ||
            f->figures[before].print != f->figures[after].print ||
            !bytes_equal(all[i - 1].predicate, all[i].predicate))
            continue;
        p->same[p->n_same++] = before;
        p->same[p->n_same++] = after;
    }
    buf_free(&texts);
    free(all);
    return err;
}

/* ---- what readers can compute ---- */

static enum sv_err
population_of(struct releasing *r, const struct facts *f, size_t *at)
{
    for (*at = 0; *at < r->n_populations; ++*at)
        if (strcmp(r->populations[*at].name, f->populations[0]) == 0)
            return SV_OK;
    if (r->n_populations == FACTS_POPULATIONS_MAX)
        return SV_ERR_RANGE;
    facts_init(&r->populations[*at].joint);
    (void)snprintf(r->populations[*at].name, FACTS_NAME_SIZE, "%s",
                   f->populations[0]);
    r->n_populations++;
    return SV_OK;
}

/* Exact figures promise nothing: what follows from them is told by the
 * public's rule. */
static struct audit_rules
rules_of(const struct release_audit *a, const struct facts_rule *rule,
         size_t new_release, bool with_intervals)
{
    return (struct audit_rules){
        .small = a->is_exact ? PUBLISHED_SMALL : rule->small,
        .width = a->is_exact ? PUBLISHED_WIDTH : rule->width,
        .new_release = new_release,
        .with_intervals = with_intervals,
        .with_insiders = true,
        .timeout_ms = TIMEOUT_MS,
    };
}

static const struct {
    enum sv_err err;
    enum release_class is;
    const char *reason;
} failures[] = {
    {SV_ERR_UNVERIFIED, RELEASE_UNPROVED,
     N_("the solver did not answer: nothing is proved")},
    {SV_ERR_NOT_FOUND, RELEASE_UNPROVED,
     N_("there is no svault-solver: nothing is proved")},
    {SV_ERR_RANGE, RELEASE_UNPROVED,
     N_("too many different sets for an audit: nothing is proved")},
    {SV_ERR_CONFLICT, RELEASE_WRONG,
     N_("nobody can be counted so: the figures contradict each other")},
    {SV_ERR_FORMAT, RELEASE_WRONG,
     N_("the facts of two releases contradict each other")},
};

static enum sv_err
say_failure(struct releasing *r, const struct release_audit *a)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].err == a->err)
            return release_add_fault(&r->dirs[a->dir].faults, failures[i].is,
                                     r->populations[a->population].name,
                                     failures[i].reason);
    return a->err;
}

static enum sv_err
say_findings(struct releasing *r, const struct release_audit *a)
{
    return a->err == SV_OK && !a->is_exact && a->result.n_new > 0
               ? release_add_fault(
                     &r->dirs[a->dir].faults, RELEASE_UNSAFE,
                     r->populations[a->population].name,
                     N_("readers can compute what the rule protects"))
               : say_failure(r, a);
}

/* Releases as of one day that contradict each other were made in its course:
 * as the vault does, each is then given a moment of its own. */
static enum sv_err
audit_joint(const struct facts *joint, const struct audit_rules *rules,
            const struct solver_source *source, struct audit_result *out)
{
    struct facts parted;
    const char *now = "";
    enum sv_err err = audit_run(joint, rules, source, out);

    if (err != SV_ERR_CONFLICT)
        return err;
    /* What stays as it was printed tells of an older day. */
    for (size_t i = 0; i < joint->n_figures; i++) {
        const struct facts_figure *f = &joint->figures[i];

        if (f->release == rules->new_release && strcmp(f->as_of, now) > 0)
            now = f->as_of;
    }
    facts_init(&parted);
    err = facts_add(&parted, joint);
    if (err == SV_OK)
        err = facts_part_days(&parted, now);
    if (err == SV_OK)
        err = audit_run(&parted, rules, source, out);
    facts_clear(&parted);
    return err;
}

/* The part of one release as the new one, once over those before it. */
static enum sv_err
audit_part(struct releasing *r, size_t dir, const struct facts_part *part,
           bool is_last, const struct solver_source *source)
{
    struct release_audit *a = &r->audits[r->n_audits];
    struct release_population *p;
    struct audit_rules rules;
    enum sv_err err = population_of(r, &part->facts, &a->population);

    if (err != SV_OK)
        return err;
    p = &r->populations[a->population];
    if (p->is_broken)
        return SV_OK;
    a->dir = dir;
    a->is_exact = part->rule.base == 0;
    rules = rules_of(a, &part->rule, p->joint.n_releases,
                     is_last && (r->audit->intervals || r->audit->json));
    p->last = r->n_audits++;
    a->err = facts_add(&p->joint, &part->facts);
    if (a->err == SV_OK) {
        a->err = audit_joint(&p->joint, &rules, source, &a->result);
    } else {
        p->is_broken = true;
        facts_clear(&p->joint);
    }
    return a->err == SV_OK ? say_findings(r, a) : say_failure(r, a);
}

/* Does no later release count this population? */
static bool
is_last(const struct releasing *r, size_t dir, const char *population)
{
    for (size_t i = dir + 1; i < r->n; i++)
        for (size_t k = 0; k < r->dirs[i].document.n; k++) {
            const struct facts *f = &r->dirs[i].document.parts[k].facts;

            if (f->n_populations > 0 &&
                strcmp(f->populations[0], population) == 0)
                return false;
        }
    return true;
}

static enum sv_err
audit_dir(struct releasing *r, size_t dir, const struct solver_source *source)
{
    const struct facts_document *d = &r->dirs[dir].document;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < d->n && err == SV_OK; i++)
        if (d->parts[i].facts.n_populations > 0)
            err = audit_part(r, dir, &d->parts[i],
                             is_last(r, dir, d->parts[i].facts.populations[0]),
                             source);
    return err;
}

enum sv_err
release_chain_audit(struct releasing *r)
{
    struct progress progress = {.t = &r->audit->term, .label = _("releases")};
    struct solver_process *process = NULL;
    const struct solver_source source = {solver_process_open_lazily, &process};
    enum sv_err err = SV_OK;

    r->audits = calloc(r->n * FACTS_DOCUMENT_PARTS_MAX + 1, sizeof *r->audits);
    if (r->audits == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < r->n && err == SV_OK; i++) {
        term_progress(&progress, i, r->n);
        if (r->dirs[i].has_document)
            err = audit_dir(r, i, &source);
    }
    term_progress_end(&progress);
    for (size_t i = 0; i < r->n_populations && err == SV_OK; i++)
        err = find_same(&r->populations[i]);
    solver_process_stop(process);
    r->is_audited = err == SV_OK;
    return err;
}
