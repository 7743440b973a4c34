#include <stdlib.h>
#include <string.h>

#include "disclosure/facts.h"

/* Does it leave out nobody? */
static bool
names_all(const struct facts *f, const struct facts_term *t)
{
    for (size_t i = 0; i < f->dimensions[t->dimension].n; i++)
        if (!facts_term_has(t, i))
            return false;
    return true;
}

static bool
names_none(const struct facts *f, const struct facts_term *t)
{
    for (size_t i = 0; i < f->dimensions[t->dimension].n; i++)
        if (facts_term_has(t, i))
            return false;
    return true;
}

static bool
is_empty(const struct facts *f, const struct facts_figure *g)
{
    for (size_t i = 0; i < g->n_terms; i++)
        if (names_none(f, &g->terms[i]))
            return true;
    return false;
}

/* The next term from *at on that leaves somebody out; NULL behind the last. */
static const struct facts_term *
next_term(const struct facts *f, const struct facts_figure *g, size_t *at)
{
    while (*at < g->n_terms && names_all(f, &g->terms[*at]))
        ++*at;
    return *at < g->n_terms ? &g->terms[(*at)++] : NULL;
}

static bool
same_codes(const struct facts *f, const struct facts_term *a,
           const struct facts_term *b)
{
    for (size_t i = 0; i < f->dimensions[a->dimension].n; i++)
        if (facts_term_has(a, i) != facts_term_has(b, i))
            return false;
    return true;
}

bool
facts_same_set(const struct facts_figure *a, const struct facts_figure *b,
               const struct facts *f)
{
    size_t at_a = 0, at_b = 0;
    bool nobody = is_empty(f, a);

    if (a->population != b->population || nobody != is_empty(f, b))
        return false;
    while (!nobody) {
        const struct facts_term *ta = next_term(f, a, &at_a);
        const struct facts_term *tb = next_term(f, b, &at_b);

        if (ta == NULL || tb == NULL)
            return ta == tb;
        if (ta->dimension != tb->dimension || !same_codes(f, ta, tb))
            return false;
    }
    return true;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum sv_err
put_term(const struct facts *f, const struct facts_term *t, struct buf *out)
{
    const struct facts_dimension *d = &f->dimensions[t->dimension];
    const char *codes[FACTS_CODES_MAX];
    size_t n = 0;
    enum sv_err err = buf_text(out, d->name);

    for (size_t i = 0; i < d->n; i++)
        if (facts_term_has(t, i))
            codes[n++] = d->codes[i];
    if (n > 1)
        qsort(codes, n, sizeof *codes, by_text);
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = buf_printf(out, " %s", codes[i]);
    return err == SV_OK ? buf_text(out, "\n") : err;
}

/* Dimensions have one name each: that of the term is its first word. */
struct named_term {
    const char *name;
    const struct facts_term *term;
};

static enum sv_err
put_terms(const struct facts *f, const struct facts_figure *g, struct buf *out)
{
    struct named_term terms[FACTS_DIMENSIONS_MAX];
    const struct facts_term *t;
    size_t n = 0, at = 0;
    enum sv_err err = SV_OK;

    while ((t = next_term(f, g, &at)) != NULL)
        terms[n++] = (struct named_term){f->dimensions[t->dimension].name, t};
    if (n > 1)
        qsort(terms, n, sizeof *terms, by_text);
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = put_term(f, terms[i].term, out);
    return err;
}

enum sv_err
facts_predicate(const struct facts *f, size_t figure, struct buf *out)
{
    const struct facts_figure *g;
    size_t was = out->len;
    enum sv_err err;

    if (figure >= f->n_figures)
        return SV_ERR_RANGE;
    g = &f->figures[figure];
    err = buf_printf(out, "%s\n", f->populations[g->population]);
    if (err == SV_OK)
        err = is_empty(f, g) ? buf_text(out, " \n") : put_terms(f, g, out);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}
