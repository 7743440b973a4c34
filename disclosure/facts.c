#include "disclosure/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#include "disclosure/facts_internal.h"

/* ---- storage ---- */

enum sv_err
facts_grow(void **at, size_t n, size_t size)
{
    size_t cap = n < 4 ? 4 : 2 * n;
    void *wider;

    if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
        return SV_OK;
    wider = calloc(cap, size);
    if (wider == NULL)
        return SV_ERR_NOMEM;
    if (n > 0) {
        memcpy(wider, *at, n * size);
        wipe(*at, n * size);
        free(*at);
    }
    *at = wider;
    return SV_OK;
}

/* Wipe and free an array of n. */
static void
release(void *at, size_t n, size_t size)
{
    if (at != NULL)
        wipe(at, n * size);
    free(at);
}

void
facts_init(struct facts *f)
{
    *f = (struct facts){0};
}

static void
clear_figure(struct facts_figure *g)
{
    for (size_t i = 0; i < g->n_terms; i++)
        release(g->terms[i].codes, g->terms[i].n_words, sizeof(uint64_t));
    release(g->terms, g->n_terms, sizeof *g->terms);
}

void
facts_clear(struct facts *f)
{
    for (size_t i = 0; i < f->n_dimensions; i++) {
        struct facts_dimension *d = &f->dimensions[i];

        release(d->codes, d->n, sizeof *d->codes);
        release(d->strangers, d->n_strangers, sizeof *d->strangers);
    }
    for (size_t i = 0; i < f->n_figures; i++)
        clear_figure(&f->figures[i]);
    for (size_t i = 0; i < f->n_statements; i++) {
        struct facts_statement *s = &f->statements[i];

        release(s->figures, s->n, sizeof *s->figures);
        release(s->factors, s->n, sizeof *s->factors);
    }
    release(f->dimensions, f->n_dimensions, sizeof *f->dimensions);
    release(f->figures, f->n_figures, sizeof *f->figures);
    release(f->statements, f->n_statements, sizeof *f->statements);
    release(f->releases, f->n_releases, sizeof *f->releases);
    wipe(f, sizeof *f);
    facts_init(f);
}

/* ---- names ---- */

enum sv_err
facts_check_name(const char *name, size_t size)
{
    size_t len = strlen(name);

    if (len == 0)
        return SV_ERR_FORMAT;
    if (len >= size)
        return SV_ERR_RANGE;
    for (size_t i = 0; i < len; i++)
        if (name[i] < '!' || name[i] > '~')
            return SV_ERR_FORMAT;
    return SV_OK;
}

size_t
facts_find_name(char (*names)[FACTS_NAME_SIZE], size_t n, const char *name)
{
    size_t at = 0;

    while (at < n && strcmp(names[at], name) != 0)
        at++;
    return at;
}

enum sv_err
facts_add_release(struct facts *f, const char *name)
{
    enum sv_err err = facts_check_name(name, FACTS_NAME_SIZE);

    if (err == SV_OK)
        err = facts_grow((void **)&f->releases, f->n_releases,
                         sizeof *f->releases);
    if (err == SV_OK)
        err = text_copy(bytes_text(name), f->releases[f->n_releases++],
                        FACTS_NAME_SIZE);
    return err;
}

enum sv_err
facts_release(struct facts *f, const char *name, size_t *at)
{
    size_t found = facts_find_name(f->releases, f->n_releases, name);
    enum sv_err err =
        found < f->n_releases ? SV_OK : facts_add_release(f, name);

    if (err == SV_OK)
        *at = found;
    return err;
}

enum sv_err
facts_population(struct facts *f, const char *name, size_t *at)
{
    size_t found = facts_find_name(f->populations, f->n_populations, name);
    enum sv_err err = facts_check_name(name, FACTS_NAME_SIZE);

    if (err == SV_OK && found == f->n_populations) {
        if (found == FACTS_POPULATIONS_MAX)
            return SV_ERR_RANGE;
        err = text_copy(bytes_text(name), f->populations[f->n_populations++],
                        FACTS_NAME_SIZE);
    }
    if (err == SV_OK)
        *at = found;
    return err;
}

/* ---- figures ---- */

enum sv_err
facts_figure(struct facts *f, size_t release_at, size_t population,
             const char *name, const char *as_of, size_t *at)
{
    struct facts_figure *g;
    enum sv_err err = facts_check_name(name, FACTS_FIGURE_SIZE);

    if (err != SV_OK)
        return err;
    if (!text_is_date(bytes_text(as_of)))
        return SV_ERR_FORMAT;
    if (release_at >= f->n_releases || population >= f->n_populations ||
        f->n_figures == FACTS_FIGURES_MAX)
        return SV_ERR_RANGE;
    err = facts_grow((void **)&f->figures, f->n_figures, sizeof *f->figures);
    if (err != SV_OK)
        return err;
    g = &f->figures[f->n_figures];
    *g = (struct facts_figure){.population = population,
                               .print = FACTS_UNPRINTED,
                               .hi = FACTS_VALUE_MAX,
                               .release = release_at};
    err = text_copy(bytes_text(name), g->name, sizeof g->name);
    if (err == SV_OK)
        err = text_copy(bytes_text(as_of), g->as_of, sizeof g->as_of);
    if (err == SV_OK)
        *at = f->n_figures++;
    return err;
}

enum sv_err
facts_find_figure(const struct facts *f, size_t release_at, const char *name,
                  size_t *at)
{
    for (size_t i = 0; i < f->n_figures; i++)
        if (f->figures[i].release == release_at &&
            strcmp(f->figures[i].name, name) == 0) {
            *at = i;
            return SV_OK;
        }
    return SV_ERR_NOT_FOUND;
}

bool
facts_term_has(const struct facts_term *t, size_t code)
{
    return code / 64 < t->n_words &&
           (t->codes[code / 64] >> code % 64 & 1) != 0;
}

/* An empty term of the dimension, at its place among the others. */
static enum sv_err
insert_term(struct facts_figure *g, size_t dimension, size_t n_words)
{
    uint64_t *codes = calloc(n_words > 0 ? n_words : 1, sizeof *codes);
    size_t at = g->n_terms;

    if (codes == NULL)
        return SV_ERR_NOMEM;
    if (facts_grow((void **)&g->terms, g->n_terms, sizeof *g->terms) != SV_OK) {
        free(codes);
        return SV_ERR_NOMEM;
    }
    for (; at > 0 && g->terms[at - 1].dimension > dimension; at--)
        g->terms[at] = g->terms[at - 1];
    g->terms[at] = (struct facts_term){dimension, n_words, codes};
    g->n_terms++;
    return SV_OK;
}

enum sv_err
facts_term(struct facts *f, size_t figure, size_t dimension, size_t n,
           const size_t codes[])
{
    uint64_t named[FACTS_CODES_MAX / 64] = {0};
    struct facts_figure *g;
    size_t at = 0;
    bool fresh;

    if (figure >= f->n_figures || dimension >= f->n_dimensions ||
        f->dimensions[dimension].population != f->figures[figure].population)
        return SV_ERR_RANGE;
    for (size_t i = 0; i < n; i++) {
        if (codes[i] >= f->dimensions[dimension].n)
            return SV_ERR_RANGE;
        named[codes[i] / 64] |= UINT64_C(1) << codes[i] % 64;
    }
    g = &f->figures[figure];
    while (at < g->n_terms && g->terms[at].dimension < dimension)
        at++;
    fresh = at == g->n_terms || g->terms[at].dimension != dimension;
    if (fresh) {
        enum sv_err err =
            insert_term(g, dimension, (f->dimensions[dimension].n + 63) / 64);

        if (err != SV_OK)
            return err;
    }
    for (size_t i = 0; i < g->terms[at].n_words; i++)
        g->terms[at].codes[i] =
            fresh ? named[i] : g->terms[at].codes[i] & named[i];
    return SV_OK;
}
