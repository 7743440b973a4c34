#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"

#include "disclosure/facts_json.h"

#define FORMAT "svault/facts/v1"

/*
 * What is read, and names looked up by hash: reports are long, and whoever
 * wrote one should not choose how long it takes.
 */
struct reading {
    struct facts *f;
    struct facts_rule rule;
    json_t *dimensions;                  /* name: place */
    json_t *codes[FACTS_DIMENSIONS_MAX]; /* name: place, of each */
    json_t *names;                       /* of figures */
    struct diag *where;
};

static enum sv_err __attribute__((format(printf, 3, 4)))
refuse(struct reading *r, const char *reason, const char *place, ...)
{
    char text[sizeof r->where->column];
    va_list args;

    va_start(args, place);
    (void)vsnprintf(text, sizeof text, place, args);
    va_end(args);
    diag_set(r->where, 0, text, reason);
    return SV_ERR_FORMAT;
}

/* Has it these members, and `more` that the caller counted? */
static bool
has_members(const json_t *object, size_t n, const char *const members[],
            size_t more)
{
    if (!json_is_object(object) || json_object_size(object) != n + more)
        return false;
    for (size_t i = 0; i < n; i++)
        if (json_object_get(object, members[i]) == NULL)
            return false;
    return true;
}
#define HAS_MEMBERS(object, more, ...)                                         \
    has_members((object),                                                      \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),   \
                (const char *const[]){__VA_ARGS__}, (more))

/* A string member; "", which is no name, where it is none or has a NUL. */
static const char *
text_of(const json_t *json)
{
    const char *text = json_string_value(json);

    return text != NULL && strlen(text) == json_string_length(json) ? text : "";
}

static const char *
member_of(const json_t *object, const char *member)
{
    return text_of(json_object_get(object, member));
}

static enum sv_err
remember(json_t *places, const char *name, size_t at)
{
    return json_object_set_new(places, name, json_integer((json_int_t)at)) == 0
               ? SV_OK
               : SV_ERR_NOMEM;
}

static bool
find(const json_t *places, const char *name, size_t *at)
{
    const json_t *found = json_object_get(places, name);

    if (found != NULL)
        *at = (size_t)json_integer_value(found);
    return found != NULL;
}

/* What building says of a value is wrong with the value. */
static enum sv_err
explain(struct reading *r, enum sv_err err, const char *list, size_t at)
{
    if (err == SV_ERR_FORMAT)
        return refuse(r, N_("is no name or date of the format"), "%s[%zu]",
                      list, at);
    if (err == SV_ERR_RANGE)
        return refuse(r, N_("is out of range"), "%s[%zu]", list, at);
    return err;
}

/* ---- names ---- */

static enum sv_err
read_populations(struct reading *r, const json_t *array)
{
    if (!json_is_array(array))
        return refuse(r, N_("is not a list"), "populations");
    for (size_t i = 0; i < json_array_size(array); i++) {
        size_t at = 0;
        enum sv_err err =
            facts_population(r->f, text_of(json_array_get(array, i)), &at);

        if (err != SV_OK)
            return explain(r, err, "populations", i);
        if (at != i)
            return refuse(r, N_("is there twice"), "populations[%zu]", i);
    }
    return SV_OK;
}

static bool
find_population(const struct facts *f, const char *name, size_t *at)
{
    for (*at = 0; *at < f->n_populations; ++*at)
        if (strcmp(f->populations[*at], name) == 0)
            return true;
    return false;
}

static enum sv_err
read_codes(struct reading *r, const json_t *array, size_t dimension)
{
    r->codes[dimension] = json_object();
    if (!json_is_array(array))
        return refuse(r, N_("is not a list"), "dimensions[%zu].codes",
                      dimension);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *code = text_of(json_array_get(array, i));
        size_t at = 0;
        enum sv_err err;

        if (find(r->codes[dimension], code, &at))
            return refuse(r, N_("is there twice"), "dimensions[%zu].codes[%zu]",
                          dimension, i);
        err = facts_code(r->f, dimension, code, &at);
        if (err == SV_OK)
            err = remember(r->codes[dimension], code, at);
        if (err != SV_OK)
            return explain(r, err, "dimensions", dimension);
    }
    return SV_OK;
}

static enum sv_err
read_dimension(struct reading *r, const json_t *json, size_t i)
{
    const char *name = member_of(json, "name");
    const json_t *secret = json_object_get(json, "secret");
    size_t population = 0, at = 0;
    enum sv_err err;

    if (!HAS_MEMBERS(json, 0, "codes", "name", "population", "secret") ||
        !json_is_boolean(secret))
        return refuse(r, N_("has not the members of a dimension"),
                      "dimensions[%zu]", i);
    if (!find_population(r->f, member_of(json, "population"), &population))
        return refuse(r, N_("is not among the populations"),
                      "dimensions[%zu].population", i);
    if (find(r->dimensions, name, &at))
        return refuse(r, N_("is there twice"), "dimensions[%zu].name", i);
    err = facts_dimension(r->f, population, name, json_is_true(secret), &at);
    if (err == SV_OK)
        err = remember(r->dimensions, name, at);
    if (err != SV_OK)
        return explain(r, err, "dimensions", i);
    return read_codes(r, json_object_get(json, "codes"), i);
}

static enum sv_err
read_dimensions(struct reading *r, const json_t *array)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(array))
        return refuse(r, N_("is not a list"), "dimensions");
    for (size_t i = 0; i < json_array_size(array) && err == SV_OK; i++)
        err = read_dimension(r, json_array_get(array, i), i);
    return err;
}

/* ---- figures ---- */

/* Codes in the order of the dimension, each once: one text for one set. */
static enum sv_err
read_term(struct reading *r, size_t i, const char *name, const json_t *array)
{
    size_t codes[FACTS_CODES_MAX], n = json_array_size(array), dimension = 0;

    if (!find(r->dimensions, name, &dimension))
        return refuse(r, N_("names no dimension"), "figures[%zu].in", i);
    if (!json_is_array(array) || n > r->f->dimensions[dimension].n)
        return refuse(r, N_("is not a list of codes"), "figures[%zu].in", i);
    for (size_t j = 0; j < n; j++)
        if (!find(r->codes[dimension], text_of(json_array_get(array, j)),
                  &codes[j]) ||
            (j > 0 && codes[j] <= codes[j - 1]))
            return refuse(r, N_("names no code, or not in their order"),
                          "figures[%zu].in", i);
    return explain(r, facts_term(r->f, i, dimension, n, codes), "figures", i);
}

/* An optional member that is 1 where it is there. */
static bool
read_one(const json_t *json, const char *member, int64_t *out, size_t *more)
{
    const json_t *one = json_object_get(json, member);

    *out = one != NULL ? 1 : 0;
    *more += one != NULL ? 1 : 0;
    return one == NULL ||
           (json_is_integer(one) && json_integer_value(one) == 1);
}

static enum sv_err
read_print(struct reading *r, size_t i, const json_t *json)
{
    const char *print = member_of(json, "print");
    const json_t *value = json_object_get(json, "value");
    int64_t n = json_integer_value(value), one = 0;
    size_t more = 0;
    bool fits = true;
    enum sv_err err = SV_OK;

    if (strcmp(print, "exact") == 0) {
        more = 1;
        fits = json_is_integer(value);
        err = facts_print_exact(r->f, i, n);
    } else if (strcmp(print, "rounded") == 0) {
        more = 1;
        fits = json_is_integer(value) && r->rule.base > 0 &&
               read_one(json, "steps", &one, &more);
        err = facts_print_rounded(r->f, i, n, fits ? r->rule.base : 1,
                                  (unsigned)one);
    } else if (strcmp(print, "hidden") == 0) {
        fits = read_one(json, "at_least", &one, &more);
        err = facts_print_hidden(r->f, i, one);
    } else {
        fits = strcmp(print, "unprinted") == 0;
    }
    if (!fits ||
        !HAS_MEMBERS(json, more, "as_of", "in", "name", "population", "print"))
        return refuse(r, N_("has not the members of such a figure"),
                      "figures[%zu]", i);
    if (err == SV_ERR_RANGE)
        return refuse(r, N_("is out of range, or no multiple of the base"),
                      "figures[%zu].value", i);
    return err;
}

static enum sv_err
read_figure(struct reading *r, const json_t *json, size_t i)
{
    json_t *in = json_object_get(json, "in"), *array;
    const char *name = member_of(json, "name"), *dimension;
    size_t population = 0, at = 0;
    enum sv_err err;

    if (!find_population(r->f, member_of(json, "population"), &population))
        return refuse(r, N_("is not among the populations"),
                      "figures[%zu].population", i);
    if (find(r->names, name, &at))
        return refuse(r, N_("is there twice"), "figures[%zu].name", i);
    err =
        facts_figure(r->f, 0, population, name, member_of(json, "as_of"), &at);
    if (err == SV_OK)
        err = remember(r->names, name, at);
    if (err != SV_OK)
        return explain(r, err, "figures", i);
    if (!json_is_object(in))
        return refuse(r, N_("is no object"), "figures[%zu].in", i);
    json_object_foreach(in, dimension, array)
    {
        err = read_term(r, i, dimension, array);
        if (err != SV_OK)
            return err;
    }
    return read_print(r, i, json);
}

static enum sv_err
read_figures(struct reading *r, const json_t *array)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(array))
        return refuse(r, N_("is not a list"), "figures");
    for (size_t i = 0; i < json_array_size(array) && err == SV_OK; i++)
        err = read_figure(r, json_array_get(array, i), i);
    return err;
}

/* ---- statements ---- */

static bool
read_bound(const json_t *json, int64_t none, int64_t *out)
{
    *out = json_is_null(json) ? none : json_integer_value(json);
    return json_is_null(json) || (json_is_integer(json) && *out != none);
}

static enum sv_err
read_sum(struct reading *r, const json_t *json, size_t i, size_t n,
         size_t figures[], int64_t factors[])
{
    int64_t lo = 0, hi = 0;

    for (size_t j = 0; j < n; j++) {
        const json_t *figure =
            json_array_get(json_object_get(json, "figures"), j);
        const json_t *factor =
            json_array_get(json_object_get(json, "factors"), j);

        if (!json_is_integer(figure) || json_integer_value(figure) < 0 ||
            !json_is_integer(factor))
            return refuse(r, N_("is no whole number"), "statements[%zu]", i);
        figures[j] = (size_t)json_integer_value(figure);
        factors[j] = json_integer_value(factor);
    }
    if (!read_bound(json_object_get(json, "lo"), -FACTS_UNBOUNDED, &lo) ||
        !read_bound(json_object_get(json, "hi"), FACTS_UNBOUNDED, &hi))
        return refuse(r, N_("has a bound that is none"), "statements[%zu]", i);
    return explain(r, facts_state(r->f, 0, n, figures, factors, lo, hi),
                   "statements", i);
}

static enum sv_err
read_statement(struct reading *r, const json_t *json, size_t i)
{
    size_t n = json_array_size(json_object_get(json, "figures"));
    size_t *figures;
    int64_t *factors;
    enum sv_err err = SV_ERR_NOMEM;

    if (!HAS_MEMBERS(json, 0, "factors", "figures", "hi", "lo") || n == 0 ||
        json_array_size(json_object_get(json, "factors")) != n)
        return refuse(r, N_("has not the members of a statement"),
                      "statements[%zu]", i);
    figures = calloc(n, sizeof *figures);
    factors = calloc(n, sizeof *factors);
    if (figures != NULL && factors != NULL)
        err = read_sum(r, json, i, n, figures, factors);
    free(figures);
    free(factors);
    return err;
}

static enum sv_err
read_statements(struct reading *r, const json_t *array)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(array))
        return refuse(r, N_("is not a list"), "statements");
    for (size_t i = 0; i < json_array_size(array) && err == SV_OK; i++)
        err = read_statement(r, json_array_get(array, i), i);
    return err;
}

/* ---- all of it ---- */

static bool
read_number(const json_t *rule, const char *member, int64_t least, int64_t *out)
{
    const json_t *json = json_object_get(rule, member);

    *out = json_integer_value(json);
    return json_is_integer(json) && *out >= least && *out <= FACTS_FACTOR_MAX;
}

static enum sv_err
read_rule(struct reading *r, const json_t *json)
{
    if (json_is_null(json))
        return SV_OK;
    if (!HAS_MEMBERS(json, 0, "base", "small", "width") ||
        !read_number(json, "base", 1, &r->rule.base) ||
        !read_number(json, "small", 0, &r->rule.small) ||
        !read_number(json, "width", 0, &r->rule.width))
        return refuse(r, N_("is no rule"), "rule");
    return SV_OK;
}

static enum sv_err
read_all(struct reading *r, const json_t *json)
{
    size_t at = 0;
    enum sv_err err;

    if (!HAS_MEMBERS(json, 0, "dimensions", "figures", "format", "populations",
                     "release", "rule", "statements"))
        return refuse(r, N_("has not the members of facts"), "facts");
    if (strcmp(member_of(json, "format"), FORMAT) != 0)
        return refuse(r, N_("is another format"), "format");
    err = facts_release(r->f, member_of(json, "release"), &at);
    if (err != SV_OK)
        return explain(r, err, "release", 0);
    err = read_rule(r, json_object_get(json, "rule"));
    if (err == SV_OK)
        err = read_populations(r, json_object_get(json, "populations"));
    if (err == SV_OK)
        err = read_dimensions(r, json_object_get(json, "dimensions"));
    if (err == SV_OK)
        err = read_figures(r, json_object_get(json, "figures"));
    if (err == SV_OK)
        err = read_statements(r, json_object_get(json, "statements"));
    return err;
}

enum sv_err
facts_json_read(const json_t *json, struct facts *out, struct facts_rule *rule,
                struct diag *where)
{
    struct facts f;
    struct reading *r = calloc(1, sizeof *r);
    enum sv_err err = SV_ERR_NOMEM;

    if (r == NULL)
        return err;
    facts_init(&f);
    r->f = &f;
    r->where = where;
    r->dimensions = json_object();
    r->names = json_object();
    if (r->dimensions != NULL && r->names != NULL)
        err = read_all(r, json);
    if (err == SV_OK) {
        *out = f;
        *rule = r->rule;
    } else {
        facts_clear(&f);
    }
    for (size_t i = 0; i < FACTS_DIMENSIONS_MAX; i++)
        json_decref(r->codes[i]);
    json_decref(r->dimensions);
    json_decref(r->names);
    free(r);
    return err;
}

/* Is in the one text of these facts? */
static enum sv_err
check_text(struct bytes in, const struct facts *f,
           const struct facts_rule *rule, struct diag *where)
{
    struct buf again = BUF_INIT;
    enum sv_err err = facts_json_encode(f, rule, &again);

    if (err == SV_OK && !bytes_equal(buf_bytes(&again), in)) {
        diag_set(where, 0, "facts", N_("is not written in the one form"));
        err = SV_ERR_FORMAT;
    }
    buf_free(&again);
    return err;
}

enum sv_err
facts_json_decode(struct bytes in, struct facts *out, struct facts_rule *rule,
                  struct diag *where)
{
    json_t *json = NULL;
    struct facts f;
    struct facts_rule found;
    enum sv_err err;

    facts_init(&f);
    if (in.len > FACTS_JSON_MAX)
        return SV_ERR_RANGE;
    err = json_text_get(in, &json, NULL);
    if (err == SV_ERR_FORMAT)
        diag_set(where, 0, "facts", N_("is no JSON"));
    if (err != SV_OK)
        return err;
    err = facts_json_read(json, &f, &found, where);
    json_decref(json);
    if (err == SV_OK)
        err = check_text(in, &f, &found, where);
    if (err != SV_OK) {
        facts_clear(&f);
        return err;
    }
    *out = f;
    *rule = found;
    return SV_OK;
}
