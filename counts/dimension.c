#include "counts/dimension.h"

#include <stdio.h>
#include <string.h>

#define JAPAN "JPN"
#define AGE "age"
#define NATIONALITY "nationality"

/* ---- making a dimension and a term of it ---- */

struct term {
    size_t dimension;
    size_t next; /* place where the next code is, if the dimension is known */
    size_t n;
    size_t codes[FACTS_CODES_MAX];
};

static enum sv_err
begin(const struct dimension_of *d, const char *name, bool secret,
      struct term *t)
{
    char full[FACTS_NAME_SIZE];
    size_t population;
    int n = snprintf(full, sizeof full, "%s.%s", d->type, name);
    enum sv_err err = facts_population(d->facts, d->type, &population);

    t->n = 0;
    t->next = 0;
    if (n < 0 || (size_t)n >= sizeof full)
        return SV_ERR_RANGE;
    return err == SV_OK ? facts_dimension(d->facts, population, full, secret,
                                          &t->dimension)
                        : err;
}

/* A code of the dimension, which the term takes in or not. */
static enum sv_err
code(const struct dimension_of *d, struct term *t, const char *name, bool taken)
{
    const struct facts_dimension *known = &d->facts->dimensions[t->dimension];
    size_t at = t->next++;
    enum sv_err err = SV_OK;

    if (at >= known->n || strcmp(known->codes[at], name) != 0)
        err = facts_code(d->facts, t->dimension, name, &at);
    if (err == SV_OK && taken)
        t->codes[t->n++] = at;
    return err;
}

static enum sv_err
end(const struct dimension_of *d, size_t figure, const struct term *t)
{
    return facts_term(d->facts, figure, t->dimension, t->n, t->codes);
}

static bool
is_one_of(const char *name, size_t n, const char *const codes[])
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, codes[i]) == 0)
            return true;
    }
    return false;
}

/* The kinds of missing, from the first: MISSING_NOT is none. */
static enum sv_err
missing(const struct dimension_of *d, struct term *t, size_t n,
        const char *const codes[], bool all)
{
    enum sv_err err = SV_OK;

    for (int m = MISSING_NOT + 1; m < MISSING_N && err == SV_OK; m++) {
        const char *name = missing_name((enum missing)m);

        err = code(d, t, name, all || is_one_of(name, n, codes));
    }
    return err;
}

/* ---- of its own kind ---- */

enum sv_err
dimension_of_its_own(const struct dimension_of *d, size_t figure,
                     const char *name, bool secret, size_t n,
                     const char *const codes[], size_t n_of,
                     const char *const of[])
{
    struct term t;
    enum sv_err err = begin(d, name, secret, &t);

    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = code(d, &t, codes[i], is_one_of(codes[i], n_of, of));
    return err == SV_OK ? end(d, figure, &t) : err;
}

enum sv_err
dimension_age(const struct dimension_of *d, size_t figure, unsigned than,
              enum dimension_age which)
{
    struct term t;
    enum sv_err err = begin(d, AGE, false, &t);

    if (err == SV_OK)
        err = code(d, &t, "0-17", which == DIMENSION_YOUNGER);
    if (err == SV_OK)
        err = code(d, &t, "18-19",
                   which == (than == 20 ? DIMENSION_YOUNGER : DIMENSION_OLDER));
    if (err == SV_OK)
        err = code(d, &t, "20+", which == DIMENSION_OLDER);
    if (err == SV_OK)
        err = missing(d, &t, 0, NULL, which == DIMENSION_NO_AGE);
    return err == SV_OK ? end(d, figure, &t) : err;
}

enum sv_err
dimension_nationality(const struct dimension_of *d, size_t figure, size_t n,
                      const char *const codes[], bool others)
{
    const struct schema_field *f =
        schema_field(d->coded, bytes_text("citizenship"), NULL);
    struct term t;
    enum sv_err err =
        f == NULL ? SV_ERR_NOT_FOUND : begin(d, NATIONALITY, false, &t);

    for (size_t i = 0; err == SV_OK && i < f->list->n; i++) {
        const char *name = f->list->codes[i].code;

        err = code(d, &t, name, is_one_of(name, n, codes) != others);
    }
    if (err == SV_OK)
        err = missing(d, &t, others ? 0 : n, codes, n == 0 && !others);
    return err == SV_OK ? end(d, figure, &t) : err;
}

static enum sv_err
begin_years(const struct dimension_of *d, const char *basis, bool fiscal,
            struct term *t)
{
    char name[FACTS_NAME_SIZE];
    enum sv_err err;

    (void)snprintf(name, sizeof name, "counted.%s.%s", basis,
                   fiscal ? "fiscal" : "calendar");
    err = begin(d, name, false, t);
    return err == SV_OK ? code(d, t, "other", false) : err;
}

static enum sv_err
code_year(const struct dimension_of *d, struct term *t, unsigned year,
          bool taken)
{
    char own[sizeof "4294967295"];

    (void)snprintf(own, sizeof own, "%u", year);
    return code(d, t, own, taken);
}

enum sv_err
dimension_years(const struct dimension_of *d, const char *basis, bool fiscal,
                size_t n, const unsigned years[])
{
    struct term t;
    enum sv_err err = begin_years(d, basis, fiscal, &t);

    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = code_year(d, &t, years[i], false);
    return err;
}

enum sv_err
dimension_year(const struct dimension_of *d, size_t figure, const char *basis,
               bool fiscal, unsigned year)
{
    struct term t;
    enum sv_err err = begin_years(d, basis, fiscal, &t);

    if (err == SV_OK)
        err = code_year(d, &t, year, true);
    return err == SV_OK ? end(d, figure, &t) : err;
}

/* ---- variables of plans ---- */

/* Who has this code among several: no or yes. */
static enum sv_err
among_several(const struct dimension_of *d, size_t figure,
              const struct plan_variable *v, const char *name)
{
    static const char *const codes[] = {"no", "yes"}, *const yes[] = {"yes"};
    static const char *const japan[] = {JAPAN};
    char full[FACTS_NAME_SIZE];

    if (strcmp(v->name, "citizenship") == 0 && strcmp(name, JAPAN) == 0)
        return dimension_nationality(d, figure, 1, japan, false);
    (void)snprintf(full, sizeof full, "%s.%s", v->name, name);
    return dimension_of_its_own(d, figure, full, v->secret, 2, codes, 1, yes);
}

/* Whoever does not have this code among several. */
static enum sv_err
not_among_several(const struct dimension_of *d, size_t figure,
                  const struct plan_variable *v, const char *name)
{
    static const char *const codes[] = {"no", "yes"}, *const no[] = {"no"};
    char full[FACTS_NAME_SIZE];
    struct term t;
    enum sv_err err;

    if (strcmp(v->name, "citizenship") != 0 || strcmp(name, JAPAN) != 0) {
        (void)snprintf(full, sizeof full, "%s.%s", v->name, name);
        return dimension_of_its_own(d, figure, full, v->secret, 2, codes, 1,
                                    no);
    }
    err = begin(d, NATIONALITY, false, &t);
    for (size_t i = 0; i < v->n_codes && err == SV_OK; i++) {
        const char *other = plan_variable_code(v, i);

        err = code(d, &t, other, strcmp(other, JAPAN) != 0);
    }
    return err == SV_OK ? end(d, figure, &t) : err;
}

enum sv_err
dimension_none(const struct dimension_of *d, size_t figure,
               const struct plan_variable *v, const bool codes[])
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < v->n_codes && err == SV_OK; i++) {
        if (codes[i])
            err = not_among_several(d, figure, v, plan_variable_code(v, i));
    }
    return err;
}

static enum sv_err
several(const struct dimension_of *d, size_t figure,
        const struct plan_variable *v, const bool codes[])
{
    size_t n = 0, at = 0;

    for (size_t i = 0; i < v->n_codes; i++) {
        if (codes[i]) {
            at = i;
            n++;
        }
    }
    if (n == v->n_codes)
        return SV_OK; /* everybody has one of them, or of the missing */
    return n == 1 ? among_several(d, figure, v, plan_variable_code(v, at))
                  : SV_ERR_INPUT;
}

enum sv_err
dimension_without(const struct dimension_of *d, size_t figure,
                  const char *field)
{
    static const char *const codes[] = {"no", "yes"}, *const yes[] = {"yes"};
    struct plan_variable v = {0};
    char full[FACTS_NAME_SIZE], nearest[PLAN_WORD_SIZE];
    const char *reason;
    enum sv_err err =
        plan_variable_find(d->coded, bytes_text(field), &v, &reason, nearest);

    /* No code of a list has a hyphen: those of a plan's cells are others. */
    (void)snprintf(full, sizeof full, "%s.without-values", field);
    if (err == SV_OK)
        err = dimension_of_its_own(d, figure, full, v.secret, 2, codes, 1, yes);
    plan_variable_clear(&v);
    return err;
}

/* Sets of a derived variable's codes, by each of its codes. */
static enum sv_err
age_band(const struct dimension_of *d, size_t figure,
         const struct plan_variable *v, const bool codes[])
{
    struct term t;
    enum sv_err err = begin(d, AGE, false, &t);

    if (err == SV_OK)
        err = code(d, &t, "0-17", codes[0]);
    if (err == SV_OK)
        err = code(d, &t, "18-19", codes[1]);
    if (err == SV_OK)
        err = code(d, &t, "20+", codes[1]);
    for (size_t i = v->list->n; i < v->n_codes && err == SV_OK; i++)
        err = code(d, &t, plan_variable_code(v, i), codes[i]);
    return err == SV_OK ? end(d, figure, &t) : err;
}

static enum sv_err
nationality_group(const struct dimension_of *d, size_t figure,
                  const struct plan_variable *v, const bool codes[])
{
    const struct schema_list *list = d->coded->fields[v->field].list;
    struct term t;
    enum sv_err err = begin(d, NATIONALITY, false, &t);

    for (size_t i = 0; i < list->n && err == SV_OK; i++) {
        const char *name = list->codes[i].code;

        err = code(d, &t, name, codes[strcmp(name, JAPAN) == 0 ? 0 : 1]);
    }
    for (size_t i = v->list->n; i < v->n_codes && err == SV_OK; i++)
        err = code(d, &t, plan_variable_code(v, i), codes[i]);
    return err == SV_OK ? end(d, figure, &t) : err;
}

static enum sv_err
plain(const struct dimension_of *d, size_t figure,
      const struct plan_variable *v, const bool codes[])
{
    struct term t;
    enum sv_err err = begin(d, v->name, v->secret, &t);

    for (size_t i = 0; i < v->n_codes && err == SV_OK; i++)
        err = code(d, &t, plan_variable_code(v, i), codes[i]);
    return err == SV_OK ? end(d, figure, &t) : err;
}

enum sv_err
dimension_term(const struct dimension_of *d, size_t figure,
               const struct plan_variable *v, const bool codes[])
{
    if (v->source == PLAN_AGE_BAND)
        return age_band(d, figure, v, codes);
    if (v->source == PLAN_NATIONALITY)
        return nationality_group(d, figure, v, codes);
    return v->multi ? several(d, figure, v, codes) : plain(d, figure, v, codes);
}

enum sv_err
dimension_codes(const struct dimension_of *d, size_t figure, const char *field,
                size_t n, const char *const codes[])
{
    struct plan_variable v = {0};
    char nearest[PLAN_WORD_SIZE];
    const char *reason;
    bool taken[FACTS_CODES_MAX] = {false};
    enum sv_err err =
        plan_variable_find(d->coded, bytes_text(field), &v, &reason, nearest);

    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < v.n_codes && i < FACTS_CODES_MAX; i++)
        taken[i] = n == 0 ? i >= v.list->n
                          : is_one_of(plan_variable_code(&v, i), n, codes);
    err = v.n_codes <= FACTS_CODES_MAX ? dimension_term(d, figure, &v, taken)
                                       : SV_ERR_RANGE;
    plan_variable_clear(&v);
    return err;
}
