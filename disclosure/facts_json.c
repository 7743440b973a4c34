#include "disclosure/facts_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"

#define FORMAT "svault/facts/v1"

static const char *const prints[] = {
    [FACTS_EXACT] = "exact",
    [FACTS_ROUNDED] = "rounded",
    [FACTS_HIDDEN] = "hidden",
    [FACTS_UNPRINTED] = "unprinted",
};

/* Append what is owned; NULL on either side is no memory. */
static enum sv_err
push(json_t *array, json_t *owned)
{
    return json_array_append_new(array, owned) == 0 ? SV_OK : SV_ERR_NOMEM;
}

static enum sv_err
set(json_t *object, const char *member, json_t *owned)
{
    return json_object_set_new(object, member, owned) == 0 ? SV_OK
                                                           : SV_ERR_NOMEM;
}

/* owned, or nothing where it was not finished. */
static json_t *
finished(json_t *owned, enum sv_err err)
{
    if (err == SV_OK)
        return owned;
    json_decref(owned);
    return NULL;
}

/* names: one behind the other, FACTS_NAME_SIZE each. */
static json_t *
make_names(const char *names, size_t n)
{
    json_t *array = json_array();
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = push(array, json_string(&names[i * FACTS_NAME_SIZE]));
    return finished(array, err);
}

static json_t *
make_dimensions(const struct facts *f)
{
    json_t *array = json_array();
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n_dimensions && err == SV_OK; i++) {
        const struct facts_dimension *d = &f->dimensions[i];

        err = push(array, json_pack("{s:o, s:s, s:s, s:b}", "codes",
                                    make_names((const char *)d->codes, d->n),
                                    "name", d->name, "population",
                                    f->populations[d->population], "secret",
                                    d->secret ? 1 : 0));
    }
    return finished(array, err);
}

static json_t *
make_term(const struct facts_dimension *d, const struct facts_term *t)
{
    json_t *array = json_array();
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < d->n && err == SV_OK; i++)
        if (facts_term_has(t, i))
            err = push(array, json_string(d->codes[i]));
    return finished(array, err);
}

static json_t *
make_terms(const struct facts *f, const struct facts_figure *g)
{
    json_t *object = json_object();
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < g->n_terms && err == SV_OK; i++) {
        const struct facts_dimension *d = &f->dimensions[g->terms[i].dimension];

        err = set(object, d->name, make_term(d, &g->terms[i]));
    }
    return finished(object, err);
}

/* The members that the print brings along. */
static enum sv_err
make_print(const struct facts_figure *g, const struct facts_rule *rule,
           json_t *object)
{
    int64_t off = g->hi - g->value;
    enum sv_err err = SV_OK;

    switch (g->print) {
    case FACTS_EXACT:
        return set(object, "value", json_integer(g->value));
    case FACTS_ROUNDED:
        if (rule->base < 1 || g->value % rule->base != 0 ||
            (off != rule->base - 1 && off != 2 * rule->base - 1))
            return SV_ERR_FORMAT;
        if (off != rule->base - 1)
            err = set(object, "steps", json_integer(1));
        return err == SV_OK ? set(object, "value", json_integer(g->value))
                            : err;
    case FACTS_HIDDEN:
        return g->lo == 0 ? SV_OK : set(object, "at_least", json_integer(1));
    case FACTS_UNPRINTED:
        return SV_OK;
    }
    return SV_ERR_FORMAT;
}

/* seen: the names of those before. */
static enum sv_err
make_figure(const struct facts *f, const struct facts_figure *g,
            const struct facts_rule *rule, json_t *seen, json_t *array)
{
    json_t *object;
    enum sv_err err;

    if (json_object_get(seen, g->name) != NULL)
        return SV_ERR_FORMAT;
    object =
        json_pack("{s:s, s:o, s:s, s:s, s:s}", "as_of", g->as_of, "in",
                  make_terms(f, g), "name", g->name, "population",
                  f->populations[g->population], "print", prints[g->print]);
    err = object != NULL ? make_print(g, rule, object) : SV_ERR_NOMEM;
    if (err == SV_OK)
        err = set(seen, g->name, json_true());
    if (err == SV_OK)
        return push(array, object);
    json_decref(object);
    return err;
}

static enum sv_err
make_figures(const struct facts *f, const struct facts_rule *rule,
             json_t *array)
{
    json_t *seen = json_object();
    enum sv_err err = seen != NULL ? SV_OK : SV_ERR_NOMEM;

    for (size_t i = 0; i < f->n_figures && err == SV_OK; i++)
        err = make_figure(f, &f->figures[i], rule, seen, array);
    json_decref(seen);
    return err;
}

static json_t *
make_bound(int64_t v)
{
    return v == FACTS_UNBOUNDED || v == -FACTS_UNBOUNDED ? json_null()
                                                         : json_integer(v);
}

static json_t *
make_statement(const struct facts_statement *s)
{
    json_t *factors = json_array(), *figures = json_array();
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < s->n && err == SV_OK; i++) {
        err = push(factors, json_integer(s->factors[i]));
        if (err == SV_OK)
            err = push(figures, json_integer((json_int_t)s->figures[i]));
    }
    factors = finished(factors, err);
    figures = finished(figures, err);
    return json_pack("{s:o, s:o, s:o, s:o}", "factors", factors, "figures",
                     figures, "hi", make_bound(s->hi), "lo", make_bound(s->lo));
}

static json_t *
make_statements(const struct facts *f)
{
    json_t *array = json_array();
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n_statements && err == SV_OK; i++)
        err = push(array, make_statement(&f->statements[i]));
    return finished(array, err);
}

static json_t *
make_rule(const struct facts_rule *rule)
{
    if (rule->base == 0)
        return json_null();
    return json_pack("{s:I, s:I, s:I}", "base", (json_int_t)rule->base, "small",
                     (json_int_t)rule->small, "width", (json_int_t)rule->width);
}

enum sv_err
facts_json_make(const struct facts *f, const struct facts_rule *rule,
                json_t **out)
{
    json_t *figures = json_array(), *made;
    enum sv_err err = f->n_releases == 1 ? SV_OK : SV_ERR_RANGE;

    if (err == SV_OK)
        err = make_figures(f, rule, figures);
    if (err != SV_OK) {
        json_decref(figures);
        return err;
    }
    made = json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o}", "dimensions",
                     make_dimensions(f), "figures", figures, "format", FORMAT,
                     "populations",
                     make_names((const char *)f->populations, f->n_populations),
                     "release", f->releases[0], "rule", make_rule(rule),
                     "statements", make_statements(f));
    if (made == NULL)
        return SV_ERR_NOMEM;
    *out = made;
    return SV_OK;
}

enum sv_err
facts_json_encode(const struct facts *f, const struct facts_rule *rule,
                  struct buf *out)
{
    size_t was = out->len;
    json_t *json = NULL;
    enum sv_err err = facts_json_make(f, rule, &json);

    if (err == SV_OK)
        err = json_text_put(json, JSON_SORT_KEYS | JSON_COMPACT, out);
    if (err == SV_OK && out->len - was > FACTS_JSON_MAX) {
        buf_truncate(out, was);
        err = SV_ERR_RANGE;
    }
    json_decref(json);
    return err;
}
