#include <stdlib.h>

#include "disclosure/facts.h"
#include "disclosure/facts_internal.h"

/* Where what is in `from` is in `to`. */
struct places {
    size_t populations[FACTS_POPULATIONS_MAX];
    size_t releases, figures;                /* how many were there before */
    size_t dimensions[FACTS_DIMENSIONS_MAX]; /* places of from's */
    size_t *codes[FACTS_DIMENSIONS_MAX];     /* owned */
};

static void
places_free(struct places *p)
{
    for (size_t i = 0; p != NULL && i < FACTS_DIMENSIONS_MAX; i++)
        free(p->codes[i]);
    free(p);
}

static enum sv_err
place_dimension(struct facts *to, const struct facts *from, size_t at,
                struct places *p)
{
    const struct facts_dimension *d = &from->dimensions[at];
    enum sv_err err = facts_dimension(to, p->populations[d->population],
                                      d->name, d->secret, &p->dimensions[at]);

    if (err != SV_OK)
        return err;
    p->codes[at] = calloc(d->n > 0 ? d->n : 1, sizeof(size_t));
    if (p->codes[at] == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < d->n && err == SV_OK; i++)
        err = facts_code(to, p->dimensions[at], d->codes[i], &p->codes[at][i]);
    return err;
}

static enum sv_err
place_names(struct facts *to, const struct facts *from, struct places *p)
{
    enum sv_err err = SV_OK;

    p->releases = to->n_releases;
    p->figures = to->n_figures;
    for (size_t i = 0; i < from->n_releases && err == SV_OK; i++)
        err = facts_add_release(to, from->releases[i]);
    for (size_t i = 0; i < from->n_populations && err == SV_OK; i++)
        err = facts_population(to, from->populations[i], &p->populations[i]);
    for (size_t i = 0; i < from->n_dimensions && err == SV_OK; i++)
        err = place_dimension(to, from, i, p);
    return err;
}

static enum sv_err
add_term(struct facts *to, size_t figure, const struct facts *from,
         const struct facts_term *t, const struct places *p)
{
    size_t codes[FACTS_CODES_MAX], n = 0;

    for (size_t i = 0; i < from->dimensions[t->dimension].n; i++)
        if (facts_term_has(t, i))
            codes[n++] = p->codes[t->dimension][i];
    return facts_term(to, figure, p->dimensions[t->dimension], n, codes);
}

static enum sv_err
add_figure(struct facts *to, const struct facts *from,
           const struct facts_figure *g, const struct places *p)
{
    size_t at = 0;
    enum sv_err err =
        facts_figure(to, p->releases + g->release,
                     p->populations[g->population], g->name, g->as_of, &at);

    if (err != SV_OK)
        return err;
    to->figures[at].print = g->print;
    to->figures[at].value = g->value;
    to->figures[at].lo = g->lo;
    to->figures[at].hi = g->hi;
    for (size_t i = 0; i < g->n_terms && err == SV_OK; i++)
        err = add_term(to, at, from, &g->terms[i], p);
    return err;
}

static enum sv_err
add_statement(struct facts *to, const struct facts_statement *s,
              const struct places *p)
{
    size_t *figures = calloc(s->n, sizeof *figures);
    enum sv_err err;

    if (figures == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < s->n; i++)
        figures[i] = p->figures + s->figures[i];
    err = facts_state(to, p->releases + s->release, s->n, figures, s->factors,
                      s->lo, s->hi);
    free(figures);
    return err;
}

/* Which of the figures that were added do not know which dimension. */
static enum sv_err
add_all_strangers(struct facts *to, const struct facts *from,
                  const struct places *p)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < to->n_dimensions && err == SV_OK; i++) {
        size_t at = 0;

        while (at < from->n_dimensions && p->dimensions[at] != i)
            at++;
        if (at == from->n_dimensions) {
            err = facts_add_strangers(&to->dimensions[i], p->figures,
                                      to->n_figures);
            continue;
        }
        for (size_t j = 0; j < from->dimensions[at].n_strangers && err == SV_OK;
             j++)
            err = facts_add_strangers(
                &to->dimensions[i],
                p->figures + from->dimensions[at].strangers[j].from,
                p->figures + from->dimensions[at].strangers[j].to);
    }
    return err;
}

/* The added figures do not count codes that `to` alone had. */
static enum sv_err
close_added(struct facts *to, const struct facts *from, const struct places *p)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < from->n_dimensions && err == SV_OK; i++)
        if (to->dimensions[p->dimensions[i]].n > from->dimensions[i].n)
            err = facts_close(to, p->dimensions[i], p->figures, to->n_figures,
                              from->dimensions[i].n, p->codes[i]);
    return err;
}

enum sv_err
facts_add(struct facts *to, const struct facts *from)
{
    struct places *p = calloc(1, sizeof *p);
    enum sv_err err = p != NULL ? place_names(to, from, p) : SV_ERR_NOMEM;

    for (size_t i = 0; i < from->n_figures && err == SV_OK; i++)
        err = add_figure(to, from, &from->figures[i], p);
    if (err == SV_OK)
        err = add_all_strangers(to, from, p);
    if (err == SV_OK)
        err = close_added(to, from, p);
    for (size_t i = 0; i < from->n_statements && err == SV_OK; i++)
        err = add_statement(to, &from->statements[i], p);
    places_free(p);
    return err;
}
