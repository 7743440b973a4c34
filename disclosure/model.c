#include "disclosure/model.h"

#include <stdlib.h>

#include "disclosure/model_internal.h"

static void
free_rows(struct model_rows *r)
{
    free(r->start);
    free(r->atom);
    free(r->factor);
}

void
model_free(struct model *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < MODEL_AXES; i++)
        free(m->axes[i].class_of);
    for (size_t i = 0; i < m->n_sets; i++) {
        for (size_t j = 0; j < m->sets[i].n_terms; j++)
            free(m->sets[i].terms[j].classes);
        free(m->sets[i].terms);
    }
    free(m->sets);
    free(m->set_of);
    map_clear(&m->known);
    free_rows(&m->members);
    free_rows(&m->ties);
    free_rows(&m->statements);
    free(m);
}

enum sv_err
model_new(const struct facts *f, bool with_until, struct model **out)
{
    struct model *m = calloc(1, sizeof *m);
    enum sv_err err;

    if (m == NULL)
        return SV_ERR_NOMEM;
    m->facts = f;
    m->with_until = with_until;
    err = model_make_sets(m);
    if (err == SV_OK)
        err = model_make_atoms(m);
    if (err == SV_OK)
        *out = m;
    else
        model_free(m);
    return err;
}

bool
model_within(const struct model *m, size_t a, size_t b)
{
    const struct model_set *x = &m->sets[a], *y = &m->sets[b];
    size_t at = 0;

    if (x->population != y->population || y->nobody)
        return false;
    for (size_t i = 0; i < y->n_terms; i++) {
        const struct model_term *t = &y->terms[i];

        while (at < x->n_terms && x->terms[at].axis < t->axis)
            at++;
        if (at == x->n_terms || x->terms[at].axis != t->axis ||
            !bits_within(x->terms[at].classes, t->classes,
                         m->axes[t->axis].n_words))
            return false;
    }
    return true;
}
