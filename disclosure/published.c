#include "disclosure/published.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_FIRST 1900
#define YEAR_LAST 2199
#define CHANGE "change"
#define SHARE "share"
#define PERCENT "percent"

struct checking {
    const struct facts_document *d;
    const struct released *r;
    struct published *out;
    json_t *facts; /* name -> part, figure */
};

void
published_clear(struct published *p)
{
    free(p->faults);
    memset(p, 0, sizeof *p);
}

enum sv_err
published_fault(struct published *p, const char *place, const char *reason)
{
    struct published_fault *f;

    if (p->faults == NULL)
        p->faults = calloc(PUBLISHED_FAULTS_MAX, sizeof *p->faults);
    if (p->faults == NULL)
        return SV_ERR_NOMEM;
    p->n_faults++;
    if (p->n_kept == PUBLISHED_FAULTS_MAX)
        return SV_OK;
    f = &p->faults[p->n_kept++];
    f->reason = reason;
    (void)snprintf(f->place, sizeof f->place, "%s", place);
    return SV_OK;
}

/* The same of a figure and its number. */
static enum sv_err
wrong_number(const struct checking *c, const char *name, int64_t value,
             const char *reason)
{
    char place[PUBLISHED_PLACE_SIZE];

    (void)snprintf(place, sizeof place, "%s = %lld", name, (long long)value);
    return published_fault(c->out, place, reason);
}

/* ---- facts by their names ---- */

#define PART_STEP ((json_int_t)FACTS_FIGURES_MAX)

static enum sv_err
index_facts(struct checking *c)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < c->d->n; i++) {
        const struct facts *f = &c->d->parts[i].facts;

        for (size_t k = 0; k < f->n_figures && err == SV_OK; k++) {
            const char *name = f->figures[k].name;

            if (json_object_get(c->facts, name) != NULL)
                err = published_fault(c->out, name, N_("is there twice"));
            else if (json_object_set_new(
                         c->facts, name,
                         json_integer((json_int_t)i * PART_STEP +
                                      (json_int_t)k)) != 0)
                err = SV_ERR_NOMEM;
        }
    }
    return err;
}

/* NULL where there is none; *of gets the facts that it is in. */
static const struct facts_figure *
find_fact(const struct checking *c, const char *name, const struct facts **of)
{
    const json_t *at = json_object_get(c->facts, name);
    json_int_t n = json_integer_value(at);

    if (at == NULL)
        return NULL;
    *of = &c->d->parts[n / PART_STEP].facts;
    return &(*of)->figures[n % PART_STEP];
}

static bool
has_number(const struct facts_figure *f)
{
    return f->print == FACTS_EXACT || f->print == FACTS_ROUNDED;
}

/* What the report prints under this name. */
static bool
count_of(const struct checking *c, const char *name, int64_t *out)
{
    const struct released_figure *f = released_find(c->r, name);

    if (f == NULL || !f->known || f->kind != RELEASED_COUNT)
        return false;
    *out = f->value;
    return true;
}

/* ---- statements ---- */

/* Do the facts say lo <= factor x figure ... <= hi of just these? */
static bool
is_stated(const struct facts *f, size_t n, const size_t figures[],
          const int64_t factors[], int64_t lo, int64_t hi)
{
    for (size_t i = 0; i < f->n_statements; i++) {
        const struct facts_statement *s = &f->statements[i];

        if (s->n == n && s->lo == lo && s->hi == hi &&
            memcmp(s->figures, figures, n * sizeof *figures) == 0 &&
            memcmp(s->factors, factors, n * sizeof *factors) == 0)
            return true;
    }
    return false;
}

/* Who has any of several codes of a field with several values is said over
 * those who have none of them: NAME/0 - NAME/1 ..., as disclosure of plans
 * has it. */
#define UNIONS_MAX 4
static bool
is_union(const struct checking *c, const struct released_figure *r)
{
    size_t figures[1 << UNIONS_MAX], n = 0;
    int64_t factors[1 << UNIONS_MAX];
    const struct facts *of = NULL, *first = NULL;

    for (; n < 1 << UNIONS_MAX; n++) {
        char name[FACTS_FIGURE_SIZE + 8];
        const struct facts_figure *f;

        (void)snprintf(name, sizeof name, "%s/%zu", r->name, n);
        f = find_fact(c, name, &of);
        if (f == NULL || (n > 0 && of != first))
            break;
        first = of;
        figures[n] = (size_t)(f - of->figures);
        factors[n] = __builtin_popcountll(n) % 2 == 0 ? 1 : -1;
    }
    return n > 1 && is_stated(first, n, figures, factors, r->value, r->value);
}

/* ---- counts ---- */

static enum sv_err
check_count(const struct checking *c, const struct released_figure *r)
{
    const struct facts *of;
    const struct facts_figure *f = find_fact(c, r->name, &of);
    bool told = f != NULL && has_number(f);
    char place[PUBLISHED_PLACE_SIZE];

    if (!r->known)
        return told ? wrong_number(c, r->name, f->value,
                                   N_("is not printed, and in the facts"))
                    : SV_OK;
    c->out->n_figures++;
    if (!told)
        return f == NULL && is_union(c, r)
                   ? SV_OK
                   : wrong_number(c, r->name, r->value,
                                  N_("is printed, and not in the facts"));
    if (f->value == r->value)
        return SV_OK;
    (void)snprintf(place, sizeof place, "%s = %lld, %lld", r->name,
                   (long long)r->value, (long long)f->value);
    return published_fault(
        c->out, place,
        N_("is one number in the report and another in the facts"));
}

/* ---- changes and percentages ---- */

static enum sv_err
wrong(const struct checking *c, const struct released_figure *r)
{
    return published_fault(c->out, r->name,
                           N_("does not follow from the other figures"));
}

/* The total and the year before that a yearly report's change belongs to:
 * X.change to X.total and X.before, P_change to P and P_before. */
static bool
annual_pair(const char *change, char now[static FACTS_FIGURE_SIZE],
            char before[static FACTS_FIGURE_SIZE])
{
    size_t stem = strlen(change) - strlen(CHANGE);
    bool is_total = stem > 0 && change[stem - 1] == '.';
    int n = (int)(is_total ? stem : stem - 1);

    return snprintf(now, FACTS_FIGURE_SIZE, "%.*s%s", n, change,
                    is_total ? RELEASED_TOTAL : "") < FACTS_FIGURE_SIZE &&
           snprintf(before, FACTS_FIGURE_SIZE, "%.*sbefore", (int)stem,
                    change) < FACTS_FIGURE_SIZE;
}

static enum sv_err
check_annual_change(const struct checking *c, const struct released_figure *r)
{
    char now[FACTS_FIGURE_SIZE], before[FACTS_FIGURE_SIZE];
    const struct facts_figure *f = NULL;
    const struct facts *of;
    int64_t value = 0;

    if (!r->known)
        return SV_OK;
    if (annual_pair(r->name, now, before) && count_of(c, now, &value))
        f = find_fact(c, before, &of);
    return f != NULL && has_number(f) && f->value == value - r->value
               ? SV_OK
               : wrong(c, r);
}

/* TABLE.change.CODE..., .percent., .share.: the table, and what follows. */
static bool
split_name(const char *name, const char *series,
           char table[static FACTS_FIGURE_SIZE], const char **rest)
{
    const char *dot = strchr(name, '.');
    size_t n = strlen(series);

    if (dot == NULL || strncmp(dot + 1, series, n) != 0 || dot[1 + n] != '.')
        return false;
    (void)snprintf(table, FACTS_FIGURE_SIZE, "%.*s", (int)(dot - name), name);
    *rest = dot + 1 + n + 1;
    return true;
}

/* The two years' facts of one cell of a plan's table, the later first. */
static bool
find_years(const struct checking *c, const char *table, const char *rest,
           const struct facts_figure *both[static 2], const struct facts **of)
{
    size_t n = 0;

    for (unsigned year = YEAR_LAST; year >= YEAR_FIRST && n < 2; year--) {
        char name[2 * FACTS_FIGURE_SIZE];
        const struct facts_figure *f;

        (void)snprintf(name, sizeof name, "%s.%u.%s", table, year, rest);
        f = find_fact(c, name, of);
        if (f != NULL)
            both[n++] = f;
    }
    return n == 2;
}

static enum sv_err
check_plan_change(const struct checking *c, const struct released_figure *r)
{
    char table[FACTS_FIGURE_SIZE];
    const struct facts_figure *both[2];
    const struct facts *of;
    const char *rest;
    bool follows;

    if (!r->known)
        return SV_OK;
    if (!split_name(r->name, CHANGE, table, &rest) ||
        !find_years(c, table, rest, both, &of))
        return wrong(c, r);
    if (has_number(both[0]) && has_number(both[1])) {
        follows = both[0]->value - both[1]->value == r->value;
    } else { /* of totals that are not printed */
        const size_t at[] = {(size_t)(both[0] - of->figures),
                             (size_t)(both[1] - of->figures)};

        follows =
            is_stated(of, 2, at, (const int64_t[]){1, -1}, r->value, r->value);
    }
    return follows ? SV_OK : wrong(c, r);
}

/* 100 x part / whole in units of the last digit; a half goes away from 0. */
static bool
is_percent(const struct released_figure *r, int64_t part, int64_t whole)
{
    __extension__ typedef __int128 wide;
    int64_t scale = r->digits == 0 ? 100 : 1000;
    wide magnitude = part < 0 ? -(wide)part : part, value;

    if (whole <= 0)
        return false;
    value = (2 * magnitude * scale + whole) / (2 * (wide)whole);
    return (part < 0 ? -value : value) == r->value;
}

/* Is `part` such a share of the figure whose name has the first `at` bytes of
 * this one, then the word of totals, then `behind`? */
static bool
is_share_of(const struct checking *c, const struct released_figure *r,
            int64_t part, const char *name, size_t at, const char *behind)
{
    char total[FACTS_FIGURE_SIZE + sizeof RELEASED_TOTAL];
    int64_t whole;

    (void)snprintf(total, sizeof total, "%.*s" RELEASED_TOTAL "%s", (int)at,
                   name, behind);
    return count_of(c, total, &whole) && is_percent(r, part, whole);
}

/* Is the figure of this name such a share of one of its totals: of the
 * figures with `total` in place of one of its codes, which begin there, or in
 * place of all? */
static bool
is_share(const struct checking *c, const struct released_figure *r,
         const char *name, size_t codes)
{
    int64_t part;

    if (!count_of(c, name, &part))
        return false;
    for (size_t at = codes; name[at] != '\0';) {
        size_t end = at + strcspn(name + at, ".");

        if (is_share_of(c, r, part, name, at, name + end))
            return true;
        at = name[end] == '.' ? end + 1 : end;
    }
    return is_share_of(c, r, part, name, codes, "");
}

static enum sv_err
check_share(const struct checking *c, const struct released_figure *r,
            const char *table, const char *rest)
{
    char name[2 * FACTS_FIGURE_SIZE];
    size_t codes = strlen(table) + 1;
    bool has_year = strspn(rest, "0123456789") == 4 && rest[4] == '.';

    (void)snprintf(name, sizeof name, "%s.%s", table, rest);
    return is_share(c, r, name, codes) ||
                   (has_year && is_share(c, r, name, codes + 5))
               ? SV_OK
               : wrong(c, r);
}

static enum sv_err
check_percent(const struct checking *c, const struct released_figure *r)
{
    char table[FACTS_FIGURE_SIZE];
    const struct facts_figure *both[2];
    const struct facts *of;
    const char *rest;

    if (!r->known)
        return SV_OK;
    if (split_name(r->name, SHARE, table, &rest))
        return check_share(c, r, table, rest);
    return split_name(r->name, PERCENT, table, &rest) &&
                   find_years(c, table, rest, both, &of) &&
                   has_number(both[0]) && has_number(both[1]) &&
                   is_percent(r, both[0]->value - both[1]->value,
                              both[1]->value)
               ? SV_OK
               : wrong(c, r);
}

static enum sv_err
check_report(const struct checking *c)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < c->r->n && err == SV_OK; i++) {
        const struct released_figure *r = &c->r->at[i];

        if (r->kind == RELEASED_COUNT)
            err = check_count(c, r);
        else if (r->kind == RELEASED_PERCENT)
            err = check_percent(c, r);
        else
            err = c->r->is_annual ? check_annual_change(c, r)
                                  : check_plan_change(c, r);
    }
    return err;
}

/* ---- nothing more in the facts ---- */

/* Does the year before follow from a change that is printed? */
static bool
is_before(const struct checking *c, const char *name)
{
    const size_t tail = sizeof "before" - 1;
    size_t len = strlen(name);
    char change[FACTS_FIGURE_SIZE + sizeof CHANGE];
    const struct released_figure *r;

    if (len <= tail || strcmp(name + len - tail, "before") != 0)
        return false;
    (void)snprintf(change, sizeof change, "%.*s" CHANGE, (int)(len - tail),
                   name);
    r = released_find(c->r, change);
    return r != NULL && r->known && r->kind == RELEASED_CHANGE;
}

/* Codes that came to 0 are left out of lists and tables. */
static enum sv_err
check_fact(const struct checking *c, const struct facts_figure *f)
{
    if (!has_number(f) || released_find(c->r, f->name) != NULL ||
        f->value == 0 || (c->r->is_annual && is_before(c, f->name)))
        return SV_OK;
    return wrong_number(c, f->name, f->value,
                        N_("is in the facts, and not printed"));
}

/* ---- the rule ---- */

static enum sv_err
check_rule(const struct checking *c, const struct facts_rule *rule)
{
    bool is_public = strcmp(c->r->profile, PUBLISHED_PUBLIC) == 0;
    char place[PUBLISHED_PLACE_SIZE];

    if (!is_public && strcmp(c->r->profile, PUBLISHED_EXACT) == 0)
        return rule->base == 0
                   ? SV_OK
                   : published_fault(c->out, "rule",
                                     N_("exact figures have no rule"));
    if (!is_public)
        return published_fault(c->out, "profile",
                               N_("is no profile of a release"));
    if (rule->base >= PUBLISHED_BASE && rule->width >= PUBLISHED_WIDTH &&
        rule->small >= PUBLISHED_SMALL)
        return SV_OK;
    (void)snprintf(
        place, sizeof place, "rule: base %lld, width %lld, small %lld",
        (long long)rule->base, (long long)rule->width, (long long)rule->small);
    return published_fault(
        c->out, place,
        N_("protects less than a release for the public has to"));
}

static enum sv_err
check_print(const struct checking *c, const struct facts_rule *rule,
            const struct facts_figure *f)
{
    if (rule->base > 0 && f->print == FACTS_EXACT)
        return wrong_number(c, f->name, f->value,
                            N_("is exact, in a release for the public"));
    if (f->value > 0 && f->value <= rule->small)
        return wrong_number(c, f->name, f->value,
                            N_("is so small that the rule protects it"));
    return SV_OK;
}

static enum sv_err
check_part(const struct checking *c, const struct facts_part *part)
{
    enum sv_err err = check_rule(c, &part->rule);

    for (size_t i = 0; i < part->facts.n_figures && err == SV_OK; i++) {
        err = check_fact(c, &part->facts.figures[i]);
        if (err == SV_OK)
            err = check_print(c, &part->rule, &part->facts.figures[i]);
    }
    return err == SV_OK ? published_sums(&part->facts, c->out) : err;
}

/* ---- relations that the report says ---- */

static enum sv_err
check_relation(const struct checking *c, const struct released_sum *s)
{
    const struct released_figure *whole = &c->r->at[s->whole];
    char place[PUBLISHED_PLACE_SIZE];
    int64_t sum = 0;

    if (!s->complete || !whole->known)
        return SV_OK;
    for (size_t i = 0; i < s->n; i++)
        if (!c->r->at[s->parts[i]].known ||
            __builtin_add_overflow(sum, c->r->at[s->parts[i]].value, &sum))
            return SV_OK;
    c->out->n_sums++;
    if (sum == whole->value)
        return SV_OK;
    (void)snprintf(place, sizeof place, "%s = %lld; %lld = sum of %zu",
                   whole->name, (long long)whole->value, (long long)sum, s->n);
    return published_fault(c->out, place,
                           N_("does not add up, as the report says"));
}

enum sv_err
published_check(const struct facts_document *d, const struct released *r,
                struct published *out)
{
    /* Without memory there is no object, and none takes a name. */
    struct checking c = {d, r, out, json_object()};
    enum sv_err err;

    memset(out, 0, sizeof *out);
    err = index_facts(&c);
    if (err == SV_OK)
        err = check_report(&c);
    for (size_t i = 0; i < d->n && err == SV_OK; i++)
        err = check_part(&c, &d->parts[i]);
    for (size_t i = 0; i < r->n_sums && err == SV_OK; i++)
        err = check_relation(&c, &r->sums[i]);
    json_decref(c.facts);
    if (err != SV_OK)
        published_clear(out);
    return err;
}
