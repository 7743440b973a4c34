#include "counts/annual_layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct annual_item items[] = {
    {ANNUAL_COUNT, "victims.total", COUNT_VICTIMS, 0},
    {ANNUAL_CHANGE, "victims.change", COUNT_VICTIMS, 0},
    {ANNUAL_BEFORE, "victims.before", COUNT_VICTIMS, 0},
    {ANNUAL_LIST, "victims.gender", 0, LIST_GENDER},
    {ANNUAL_COUNT, "victims.citizenship.JPN", COUNT_JAPANESE, 0},
    {ANNUAL_COUNT, "victims.citizenship.foreign", COUNT_FOREIGN, 0},
    {ANNUAL_COUNT, "victims.citizenship.unknown", COUNT_NO_CITIZENSHIP, 0},
    {ANNUAL_LIST, "victims.citizenship.by_country", 0, LIST_COUNTRY},
    {ANNUAL_COUNT, "victims.minors", COUNT_MINORS, 0},
    {ANNUAL_CHANGE, "victims.minors_change", COUNT_MINORS, 0},
    {ANNUAL_BEFORE, "victims.minors_before", COUNT_MINORS, 0},
    {ANNUAL_COUNT, "victims.adults", COUNT_ADULTS, 0},
    {ANNUAL_COUNT, "victims.age_unknown", COUNT_NO_AGE, 0},
    {ANNUAL_LIST, "victims.residence_status", 0, LIST_STATUS},
    {ANNUAL_LIST, "victims.residence_measures", 0, LIST_MEASURES},
    {ANNUAL_LIST, "victims.identification.by_route", 0, LIST_ROUTE},
    {ANNUAL_LIST, "victims.identification.decided_by", 0, LIST_DECIDED},
    {ANNUAL_LIST, "victims.support.by_service", 0, LIST_SERVICE},
    {ANNUAL_LIST, "victims.support.by_protection_kind", 0, LIST_PROTECTION},
    {ANNUAL_LIST, "victims.return.by_programme", 0, LIST_RETURN},
    {ANNUAL_COUNT, "suspects.total", COUNT_SUSPECTS, 0},
    {ANNUAL_CHANGE, "suspects.change", COUNT_SUSPECTS, 0},
    {ANNUAL_BEFORE, "suspects.before", COUNT_SUSPECTS, 0},
    {ANNUAL_LIST, "suspects.gender", 0, LIST_SUSPECT_GENDER},
    {ANNUAL_LIST, "suspects.citizenship", 0, LIST_SUSPECT_COUNTRY},
    {ANNUAL_COUNT, "suspects.not_prosecuted", COUNT_NOT_PROSECUTED, 0},
    {ANNUAL_COUNT, "suspects.undecided", COUNT_UNDECIDED, 0},
    {ANNUAL_COUNT, "offences.total", COUNT_OFFENCES, 0},
    {ANNUAL_CHANGE, "offences.change", COUNT_OFFENCES, 0},
    {ANNUAL_BEFORE, "offences.before", COUNT_OFFENCES, 0},
    {ANNUAL_COUNT, "prosecuted.total", COUNT_PROSECUTED, 0},
    {ANNUAL_COUNT, "prosecuted.guilty", COUNT_GUILTY, 0},
    {ANNUAL_COUNT, "prosecuted.pending", COUNT_PENDING, 0},
    {ANNUAL_COUNT, "prosecuted.family_court", COUNT_FAMILY_COURT, 0},
    {ANNUAL_COUNT, "prosecuted.other", COUNT_OTHER_OUTCOME, 0},
    {ANNUAL_COUNT, "prosecuted.unknown", COUNT_NO_OUTCOME, 0},
};

size_t
annual_layout_n(void)
{
    return sizeof items / sizeof *items;
}

const struct annual_item *
annual_layout_at(size_t i)
{
    assert(i < annual_layout_n());
    return &items[i];
}

static const struct annual_source sources[ANNUAL_LISTS] = {
    [LIST_GENDER] = {"victim", "gender", true, false, NULL},
    [LIST_COUNTRY] = {"victim", "citizenship", true, true, NULL},
    [LIST_STATUS] = {"victim", "residence_status", true, false, NULL},
    [LIST_MEASURES] = {"victim", "residence_measure", false, false, NULL},
    [LIST_ROUTE] = {"victim", "detection_route", true, false, NULL},
    [LIST_DECIDED] = {"victim", "decided_by", true, false, NULL},
    [LIST_SERVICE] = {"victim", "services", false, false, NULL},
    [LIST_PROTECTION] = {"victim", "protection_kind", false, false, NULL},
    [LIST_RETURN] = {"victim", "return_programme", false, false, NULL},
    [LIST_SUSPECT_GENDER] = {"suspect", "gender", true, false, NULL},
    [LIST_SUSPECT_COUNTRY] = {"suspect", "citizenship", true, true, "JPN"},
};

const struct annual_source *
annual_layout_source(enum annual_list list)
{
    assert(list < ANNUAL_LISTS);
    return &sources[list];
}

const char *
annual_layout_compartment(const char *type)
{
    if (strcmp(type, "victim") == 0)
        return "facts";
    if (strcmp(type, "suspect") == 0 || strcmp(type, "offence") == 0)
        return "justice";
    return NULL;
}

const struct schema_list *
annual_layout_codes(const struct schema *s, enum annual_list list)
{
    const struct annual_source *source = annual_layout_source(list);
    const struct schema_type *type = schema_type(s, source->type);
    const struct schema_compartment *c = NULL;
    const struct schema_field *field = NULL;

    if (type != NULL)
        c = schema_compartment(type, annual_layout_compartment(source->type),
                               NULL);
    if (c != NULL)
        field = schema_field(c, bytes_text(source->field), NULL);
    return field != NULL ? field->list : NULL;
}

const char *
annual_layout_code(const char *figure, const char *list)
{
    size_t n = strlen(list);

    if (strncmp(figure, list, n) != 0 || figure[n] != '.' ||
        strchr(figure + n + 1, '.') != NULL)
        return NULL;
    return figure + n + 1;
}

bool
annual_layout_is_always(enum annual_list list, const char *code)
{
    const struct annual_source *source = annual_layout_source(list);

    if (!source->sparse)
        return true;
    return source->always != NULL &&
           (strcmp(code, source->always) == 0 || strcmp(code, "unknown") == 0);
}

const struct annual_item *
annual_layout_item(const char *figure)
{
    for (size_t i = 0; i < annual_layout_n(); i++) {
        if (items[i].kind != ANNUAL_LIST && strcmp(items[i].name, figure) == 0)
            return &items[i];
    }
    return NULL;
}

const char *
annual_layout_total(const char *change)
{
    const struct annual_item *item = annual_layout_item(change);

    if (item == NULL || item->kind != ANNUAL_CHANGE)
        return NULL;
    for (size_t i = 0; i < annual_layout_n(); i++) {
        if (items[i].kind == ANNUAL_COUNT && items[i].count == item->count)
            return items[i].name;
    }
    return NULL;
}

/* ---- relations ---- */

enum tie {
    TIE_ALL,  /* the parts are all of the whole */
    TIE_SOME, /* disjoint parts of it */
    TIE_EACH, /* each one for itself is a part of it */
};

#define TIE_PARTS_MAX 5
struct relation {
    enum tie tie;
    const char *whole;
    const char *parts[TIE_PARTS_MAX]; /* figures or lists */
};

static const struct relation relations[] = {
    {TIE_ALL, "victims.total", {"victims.before", "victims.change"}},
    {TIE_ALL, "victims.total", {"victims.gender"}},
    {TIE_ALL,
     "victims.total",
     {"victims.citizenship.JPN", "victims.citizenship.foreign",
      "victims.citizenship.unknown"}},
    {TIE_ALL,
     "victims.citizenship.foreign",
     {"victims.citizenship.by_country"}},
    {TIE_ALL,
     "victims.total",
     {"victims.minors", "victims.adults", "victims.age_unknown"}},
    {TIE_ALL,
     "victims.minors",
     {"victims.minors_before", "victims.minors_change"}},
    {TIE_SOME, "victims.before", {"victims.minors_before"}},
    {TIE_ALL, "victims.citizenship.foreign", {"victims.residence_status"}},
    {TIE_EACH, "victims.citizenship.foreign", {"victims.residence_measures"}},
    {TIE_ALL, "victims.total", {"victims.identification.by_route"}},
    {TIE_ALL, "victims.total", {"victims.identification.decided_by"}},
    {TIE_EACH, "victims.total", {"victims.support.by_service"}},
    {TIE_EACH, "victims.total", {"victims.support.by_protection_kind"}},
    {TIE_SOME, "victims.citizenship.foreign", {"victims.return.by_programme"}},
    {TIE_ALL, "suspects.total", {"suspects.before", "suspects.change"}},
    {TIE_ALL, "suspects.total", {"suspects.gender"}},
    {TIE_ALL, "suspects.total", {"suspects.citizenship"}},
    {TIE_ALL,
     "suspects.total",
     {"prosecuted.total", "suspects.not_prosecuted", "suspects.undecided"}},
    {TIE_ALL, "offences.total", {"offences.before", "offences.change"}},
    {TIE_ALL,
     "prosecuted.total",
     {"prosecuted.guilty", "prosecuted.pending", "prosecuted.family_court",
      "prosecuted.other", "prosecuted.unknown"}},
};

/* The figures that the parts name, into found, which has room for all. */
static size_t
find_parts(const struct figures *f, const struct relation *r, size_t found[])
{
    size_t n = 0;

    for (size_t i = 0; i < TIE_PARTS_MAX && r->parts[i] != NULL; i++) {
        for (size_t k = 0; k < f->n; k++) {
            if (strcmp(f->at[k].name, r->parts[i]) == 0 ||
                annual_layout_code(f->at[k].name, r->parts[i]) != NULL)
                found[n++] = k;
        }
    }
    return n;
}

static enum sv_err
relate(struct figures *f, const struct relation *r, size_t found[])
{
    size_t n = find_parts(f, r, found), whole;
    enum sv_err err;

    err = figures_find(f, r->whole, &whole);
    if (err != SV_OK)
        return err;
    if (n == 0)
        return SV_OK;
    if (r->tie != TIE_EACH)
        return figures_relate(f, whole, n, found, r->tie == TIE_ALL);
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = figures_relate(f, whole, 1, &found[i], false);
    return err;
}

enum sv_err
annual_layout_relate(struct figures *f)
{
    size_t *found = calloc(f->n + 1, sizeof *found);
    enum sv_err err = SV_OK;

    if (found == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        if (err == SV_OK)
            err = relate(f, &relations[i], found);
    }
    free(found);
    return err;
}
