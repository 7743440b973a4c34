#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#include "disclosure/facts.h"
#include "disclosure/facts_internal.h"

enum sv_err
facts_find_dimension(const struct facts *f, const char *name, size_t *at)
{
    for (size_t i = 0; i < f->n_dimensions; i++)
        if (strcmp(f->dimensions[i].name, name) == 0) {
            *at = i;
            return SV_OK;
        }
    return SV_ERR_NOT_FOUND;
}

enum sv_err
facts_add_strangers(struct facts_dimension *d, size_t from, size_t to)
{
    enum sv_err err;

    if (from == to)
        return SV_OK;
    if (d->n_strangers > 0 && d->strangers[d->n_strangers - 1].to == from) {
        d->strangers[d->n_strangers - 1].to = to;
        return SV_OK;
    }
    err = facts_grow((void **)&d->strangers, d->n_strangers,
                     sizeof *d->strangers);
    if (err == SV_OK)
        d->strangers[d->n_strangers++] = (struct facts_span){from, to};
    return err;
}

enum sv_err
facts_dimension(struct facts *f, size_t population, const char *name,
                bool secret, size_t *at)
{
    struct facts_dimension *d;
    enum sv_err err = facts_check_name(name, FACTS_NAME_SIZE);

    if (err != SV_OK)
        return err;
    if (population >= f->n_populations)
        return SV_ERR_RANGE;
    if (facts_find_dimension(f, name, at) == SV_OK) {
        d = &f->dimensions[*at];
        return d->population == population && d->secret == secret
                   ? SV_OK
                   : SV_ERR_FORMAT;
    }
    if (f->n_dimensions == FACTS_DIMENSIONS_MAX)
        return SV_ERR_RANGE;
    err = facts_grow((void **)&f->dimensions, f->n_dimensions,
                     sizeof *f->dimensions);
    if (err != SV_OK)
        return err;
    d = &f->dimensions[f->n_dimensions++];
    *at = f->n_dimensions - 1;
    d->population = population;
    d->secret = secret;
    err = text_copy(bytes_text(name), d->name, sizeof d->name);
    return err == SV_OK ? facts_add_strangers(d, 0, f->n_figures) : err;
}

static enum sv_err
add_code(struct facts_dimension *d, const char *code)
{
    enum sv_err err = facts_check_name(code, FACTS_NAME_SIZE);

    if (err != SV_OK)
        return err;
    if (d->n == FACTS_CODES_MAX)
        return SV_ERR_RANGE;
    err = facts_grow((void **)&d->codes, d->n, sizeof *d->codes);
    if (err == SV_OK)
        err = text_copy(bytes_text(code), d->codes[d->n++], FACTS_NAME_SIZE);
    return err;
}

enum sv_err
facts_close(struct facts *f, size_t dimension, size_t from, size_t to, size_t n,
            const size_t codes[])
{
    const struct facts_dimension *d = &f->dimensions[dimension];
    size_t span = 0;
    enum sv_err err = SV_OK;

    for (size_t i = from; i < to && err == SV_OK; i++) {
        const struct facts_figure *g = &f->figures[i];
        size_t term = 0;

        while (span < d->n_strangers && d->strangers[span].to <= i)
            span++;
        if (g->population != d->population ||
            (span < d->n_strangers && d->strangers[span].from <= i))
            continue;
        while (term < g->n_terms && g->terms[term].dimension != dimension)
            term++;
        if (term == g->n_terms)
            err = facts_term(f, i, dimension, n, codes);
    }
    return err;
}

/* The same with all codes that there are now. */
static enum sv_err
close_dimension(struct facts *f, size_t dimension)
{
    size_t n = f->dimensions[dimension].n, all[FACTS_CODES_MAX];

    for (size_t i = 0; i < n; i++)
        all[i] = i;
    return facts_close(f, dimension, 0, f->n_figures, n, all);
}

enum sv_err
facts_code(struct facts *f, size_t dimension, const char *code, size_t *at)
{
    struct facts_dimension *d;
    size_t found;
    enum sv_err err;

    if (dimension >= f->n_dimensions)
        return SV_ERR_RANGE;
    d = &f->dimensions[dimension];
    found = facts_find_name(d->codes, d->n, code);
    if (found == d->n) {
        err = facts_check_name(code, FACTS_NAME_SIZE);
        if (err == SV_OK)
            err = close_dimension(f, dimension);
        if (err == SV_OK)
            err = add_code(d, code);
        if (err != SV_OK)
            return err;
    }
    *at = found;
    return SV_OK;
}
