#include "counts/annual_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts/annual_layout.h"
#include "counts/dimension.h"

struct making {
    const struct annual_spec *spec;
    const struct schema *schema;
    const struct figures *figures;
    const struct printed *printed;
    struct dimension_of in;
    size_t release, population;
};

/* ---- who is counted ---- */

static const char *
basis_of(const struct making *m)
{
    return strcmp(m->in.type, "victim") == 0 ? m->spec->authority
                                             : ANNUAL_NATIONAL;
}

static enum sv_err
declare_years(const struct making *m)
{
    const unsigned years[] = {m->spec->year, m->spec->year - 1};

    return dimension_years(&m->in, basis_of(m), m->spec->fiscal, 2, years);
}

/* Everybody whom a report of this year counts, of the type. */
static enum sv_err
count_terms(const struct making *m, size_t figure, unsigned year)
{
    static const char *const actual[] = {"actual"};
    enum sv_err err = SV_OK;

    if (strcmp(m->in.type, "victim") == 0)
        err =
            dimension_codes(&m->in, figure, "identification_status", 1, actual);
    return err == SV_OK ? dimension_year(&m->in, figure, basis_of(m),
                                         m->spec->fiscal, year)
                        : err;
}

/* Stage and outcome together, as the report sees them (annual_tally.c). */
static enum sv_err
prosecution(const struct making *m, size_t figure, size_t n,
            const char *const codes[])
{
    static const char *const all[] = {
        "not_prosecuted", "undecided", "guilty", "pending",
        "family_court",   "other",     "unknown"};

    return dimension_of_its_own(&m->in, figure, "prosecution", true,
                                sizeof all / sizeof all[0], all, n, codes);
}

static enum sv_err
prosecuted(const struct making *m, size_t figure, const char *how)
{
    static const char *const all[] = {"guilty", "pending", "family_court",
                                      "other", "unknown"};

    return how == NULL ? prosecution(m, figure, sizeof all / sizeof all[0], all)
                       : prosecution(m, figure, 1, &how);
}

static enum sv_err
citizenship(const struct making *m, size_t figure, enum annual_count count)
{
    /* Foreign is who has another nationality, recorded as one. */
    static const char *const not_foreign[] = {
        "JPN",      "not_asked",           "unknown",
        "declined", "withheld_for_safety", "not_applicable"};
    static const char *const japan[] = {"JPN"};

    if (count == COUNT_JAPANESE)
        return dimension_nationality(&m->in, figure, 1, japan, false);
    if (count == COUNT_NO_CITIZENSHIP)
        return dimension_nationality(&m->in, figure, 0, NULL, false);
    return dimension_nationality(&m->in, figure,
                                 sizeof not_foreign / sizeof not_foreign[0],
                                 not_foreign, true);
}

static enum sv_err
count_term(const struct making *m, size_t figure, enum annual_count count)
{
    static const struct {
        enum annual_count count;
        const char *how;
    } outcomes[] = {
        {COUNT_NOT_PROSECUTED, "not_prosecuted"},
        {COUNT_UNDECIDED, "undecided"},
        {COUNT_GUILTY, "guilty"},
        {COUNT_PENDING, "pending"},
        {COUNT_FAMILY_COURT, "family_court"},
        {COUNT_OTHER_OUTCOME, "other"},
        {COUNT_NO_OUTCOME, "unknown"},
    };
    unsigned age = m->spec->minor_age;

    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (outcomes[i].count == count)
            return prosecuted(m, figure, outcomes[i].how);
    }
    switch (count) {
    case COUNT_JAPANESE:
    case COUNT_FOREIGN:
    case COUNT_NO_CITIZENSHIP:
        return citizenship(m, figure, count);
    case COUNT_MINORS:
        return dimension_age(&m->in, figure, age, DIMENSION_YOUNGER);
    case COUNT_ADULTS:
        return dimension_age(&m->in, figure, age, DIMENSION_OLDER);
    case COUNT_NO_AGE:
        return dimension_age(&m->in, figure, age, DIMENSION_NO_AGE);
    case COUNT_PROSECUTED:
        return prosecuted(m, figure, NULL);
    default:
        return SV_OK; /* victims, suspects, offences: all of them */
    }
}

/* "unknown" of a list: whoever lacks a value, but for those whom a list that
 * is not of all does not concern. */
static enum sv_err
unknown_term(const struct making *m, size_t figure,
             const struct annual_source *source)
{
    const char *kinds[MISSING_N];
    size_t n = 0;
    enum sv_err err;

    for (int k = MISSING_NOT + 1; k < MISSING_N; k++) {
        if (source->complete || k != MISSING_NOT_APPLICABLE)
            kinds[n++] = missing_name((enum missing)k);
    }
    err = dimension_codes(&m->in, figure, source->field, n, kinds);
    /* Of a field with several values, who lacks them all: a set of its own. */
    return err == SV_ERR_INPUT
               ? dimension_without(&m->in, figure, source->field)
               : err;
}

static enum sv_err
list_term(const struct making *m, size_t figure, enum annual_list list,
          const char *code)
{
    const struct annual_source *source = annual_layout_source(list);
    bool known = strcmp(code, "unknown") != 0;
    enum sv_err err = SV_OK;

    if (list == LIST_COUNTRY || list == LIST_STATUS || list == LIST_MEASURES ||
        list == LIST_RETURN)
        err = citizenship(m, figure, COUNT_FOREIGN);
    if (err != SV_OK)
        return err;
    if (list == LIST_COUNTRY || list == LIST_SUSPECT_COUNTRY)
        return dimension_nationality(&m->in, figure, known ? 1 : 0, &code,
                                     false);
    if (known)
        return dimension_codes(&m->in, figure, source->field, 1, &code);
    return unknown_term(m, figure, source);
}

/* ---- figures ---- */

static enum sv_err
print(const struct making *m, size_t figure, int64_t value)
{
    return m->printed->rounded
               ? facts_print_rounded(m->in.facts, figure, value,
                                     m->printed->base, m->printed->steps)
               : facts_print_exact(m->in.facts, figure, value);
}

static enum sv_err
add(const struct making *m, const char *name, unsigned year, size_t *at)
{
    enum sv_err err = facts_figure(m->in.facts, m->release, m->population, name,
                                   m->spec->as_of, at);

    return err == SV_OK ? count_terms(m, *at, year) : err;
}

/* The list that the figure is one of, and its code; NULL: none. */
static const char *
list_of(const char *name, enum annual_list *list)
{
    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *item = annual_layout_at(i);
        const char *code = item->kind == ANNUAL_LIST
                               ? annual_layout_code(name, item->name)
                               : NULL;

        if (code != NULL) {
            *list = item->list;
            return code;
        }
    }
    return NULL;
}

/* Is the figure about records of this type? */
static bool
is_of_type(const struct making *m, const char *name)
{
    static const struct {
        const char *prefix, *type;
    } prefixes[] = {{"victims.", "victim"},
                    {"suspects.", "suspect"},
                    {"prosecuted.", "suspect"},
                    {"offences.", "offence"}};

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp(name, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0)
            return strcmp(m->in.type, prefixes[i].type) == 0;
    }
    return false;
}

/* What the year before came to, where the change tells it. */
static bool
value_before(const struct making *m, const char *change, int64_t *out)
{
    const char *total = annual_layout_total(change);
    size_t now, by;

    if (total == NULL || figures_find(m->figures, total, &now) != SV_OK ||
        figures_find(m->figures, change, &by) != SV_OK ||
        !m->figures->at[now].known || !m->figures->at[by].known)
        return false;
    *out = m->figures->at[now].value - m->figures->at[by].value;
    return true;
}

static enum sv_err
add_before(const struct making *m, const struct annual_item *item)
{
    int64_t value;
    size_t at;
    enum sv_err err;

    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *change = annual_layout_at(i);

        if (change->kind != ANNUAL_CHANGE || change->count != item->count ||
            !value_before(m, change->name, &value))
            continue;
        err = add(m, item->name, m->spec->year - 1, &at);
        if (err == SV_OK)
            err = count_term(m, at, item->count);
        return err == SV_OK ? print(m, at, value) : err;
    }
    return SV_OK;
}

static enum sv_err
add_figure(const struct making *m, const struct figure *f)
{
    const struct annual_item *item = annual_layout_item(f->name);
    enum annual_list list = LIST_GENDER;
    const char *code = item == NULL ? list_of(f->name, &list) : NULL;
    size_t at;
    enum sv_err err;

    if (item != NULL && item->kind == ANNUAL_BEFORE)
        return add_before(m, item);
    if (f->is_change || !f->known || (item == NULL && code == NULL))
        return SV_OK; /* the change is told by the year before */
    err = add(m, f->name, m->spec->year, &at);
    if (err == SV_OK)
        err = item != NULL ? count_term(m, at, item->count)
                           : list_term(m, at, list, code);
    return err == SV_OK ? print(m, at, f->value) : err;
}

/* ---- codes without a row ---- */

/*
 * Exact, nobody has any of them.  Rounded, each of them came to 0, and n of
 * them together are at most n times what a 0 can be: for whatever follows of
 * others that says as much as a fact for each.
 */
static enum sv_err
state_hidden(const struct making *m, size_t figure, size_t n)
{
    const int64_t one = 1;
    int64_t most = m->printed->base * (m->printed->steps + 1) - 1;

    return m->printed->rounded
               ? facts_state(m->in.facts, m->release, 1, &figure, &one, 0,
                             (int64_t)n * most)
               : facts_print_exact(m->in.facts, figure, 0);
}

static enum sv_err
add_hidden(const struct making *m, const struct annual_item *item)
{
    const struct schema_list *codes =
        annual_layout_codes(m->schema, item->list);
    const char **hidden = calloc(codes->n + 1, sizeof *hidden);
    char name[FIGURE_NAME_SIZE];
    size_t n = 0, at;
    enum sv_err err = hidden == NULL ? SV_ERR_NOMEM : SV_OK;

    for (size_t i = 0; i < codes->n && err == SV_OK; i++) {
        const char *code = codes->codes[i].code;

        (void)snprintf(name, sizeof name, "%s.%s", item->name, code);
        if (figures_find(m->figures, name, &at) != SV_OK &&
            !(item->list == LIST_COUNTRY && strcmp(code, "JPN") == 0))
            hidden[n++] = code;
    }
    (void)snprintf(name, sizeof name, "%s-others", item->name);
    if (err == SV_OK && n > 0) {
        err = add(m, name, m->spec->year, &at);
        if (err == SV_OK)
            err = dimension_nationality(&m->in, at, n, hidden, false);
        if (err == SV_OK)
            err = state_hidden(m, at, n);
    }
    free(hidden);
    return err;
}

/* Only of a list that was counted at all: the reports of a police force say
 * nothing of suspects. */
static bool
is_counted(const struct making *m, const struct annual_item *item)
{
    static const char suspects[] = "suspects.";
    size_t total;

    return item->kind == ANNUAL_LIST && is_of_type(m, item->name) &&
           annual_layout_source(item->list)->sparse &&
           figures_find(m->figures,
                        strncmp(item->name, suspects, strlen(suspects)) == 0
                            ? "suspects.total"
                            : "victims.total",
                        &total) == SV_OK &&
           m->figures->at[total].known;
}

static enum sv_err
add_all_hidden(const struct making *m)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < annual_layout_n() && err == SV_OK; i++) {
        const struct annual_item *item = annual_layout_at(i);

        if (is_counted(m, item))
            err = add_hidden(m, item);
    }
    return err;
}

enum sv_err
annual_facts(const struct annual_spec *spec, const struct schema *schema,
             const char *type, const struct figures *figures,
             const struct printed *printed, struct facts *out)
{
    const struct schema_type *t = schema_type(schema, type);
    struct making m = {.spec = spec,
                       .schema = schema,
                       .figures = figures,
                       .printed = printed,
                       .in = {.facts = out, .type = type}};
    enum sv_err err;

    if (t != NULL && annual_layout_compartment(type) != NULL)
        m.in.coded =
            schema_compartment(t, annual_layout_compartment(type), NULL);
    if (m.in.coded == NULL)
        return SV_ERR_NOT_FOUND;
    err = facts_release(out, printed->release, &m.release);
    if (err == SV_OK)
        err = facts_population(out, type, &m.population);
    if (err == SV_OK)
        err = declare_years(&m);
    for (size_t i = 0; i < figures->n && err == SV_OK; i++) {
        if (is_of_type(&m, figures->at[i].name))
            err = add_figure(&m, &figures->at[i]);
    }
    return err == SV_OK ? add_all_hidden(&m) : err;
}
