#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "crypto/digest.h"

#include "disclosure/model_internal.h"
#include "disclosure/model_tables.h"

#define CLASSES_MAX FACTS_CODES_MAX
#define WORDS_MAX (CLASSES_MAX / 64)

/* The dates of each population's figures, sorted, each once. */
struct dates {
    size_t n[FACTS_POPULATIONS_MAX];
    const char **at[FACTS_POPULATIONS_MAX];
};

/* ---- classes ---- */

static bool
names_all(const struct facts_term *t, size_t n_codes)
{
    for (size_t i = 0; i < n_codes; i++)
        if (!facts_term_has(t, i))
            return false;
    return true;
}

/* Part each class into who is in the term and who is not. */
static void
refine(struct model_axis *a, size_t n_codes, const struct facts_term *t)
{
    uint16_t size[CLASSES_MAX] = {0}, in[CLASSES_MAX] = {0};
    uint16_t fresh[CLASSES_MAX] = {0};

    for (size_t i = 0; i < n_codes; i++) {
        size[a->class_of[i]]++;
        if (facts_term_has(t, i))
            in[a->class_of[i]]++;
    }
    for (size_t i = 0; i < n_codes; i++) {
        uint16_t class = a->class_of[i];

        if (!facts_term_has(t, i) || in[class] == size[class])
            continue;
        if (fresh[class] == 0)
            fresh[class] = (uint16_t)a->n_classes++;
        a->class_of[i] = fresh[class];
    }
}

static enum sv_err
make_axes(struct model *m)
{
    const struct facts *f = m->facts;

    for (size_t i = 0; i < f->n_dimensions; i++) {
        const struct facts_dimension *d = &f->dimensions[i];
        struct model_axis *a = &m->axes[i];

        a->population = d->population;
        a->secret = d->secret;
        a->n_classes = 1;
        a->class_of = calloc(d->n + 1, sizeof *a->class_of);
        if (a->class_of == NULL)
            return SV_ERR_NOMEM;
    }
    for (size_t i = 0; i < f->n_figures; i++)
        for (size_t j = 0; j < f->figures[i].n_terms; j++) {
            const struct facts_term *t = &f->figures[i].terms[j];

            refine(&m->axes[t->dimension], f->dimensions[t->dimension].n, t);
        }
    for (size_t i = 0; i < f->n_dimensions; i++)
        m->axes[i].n_words = (m->axes[i].n_classes + 63) / 64;
    return SV_OK;
}

/* ---- dates ---- */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum sv_err
find_dates(const struct facts *f, size_t population, struct dates *d)
{
    const char **at = calloc(f->n_figures + 1, sizeof *at);
    size_t n = 0, kept = 0;

    if (at == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < f->n_figures; i++)
        if (f->figures[i].population == population)
            at[n++] = f->figures[i].as_of;
    qsort(at, n, sizeof *at, by_text);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || strcmp(at[kept - 1], at[i]) != 0)
            at[kept++] = at[i];
    d->at[population] = at;
    d->n[population] = kept;
    return kept <= CLASSES_MAX ? SV_OK : SV_ERR_RANGE;
}

/*
 * Class i of `since`: people who are counted from date i on; of `until`:
 * people who are counted for the last time at date i.
 */
static enum sv_err
make_dates(struct model *m, struct dates *d)
{
    for (size_t p = 0; p < m->facts->n_populations; p++) {
        enum sv_err err = find_dates(m->facts, p, d);
        struct model_axis axis = {.population = p, .n_classes = d->n[p]};

        if (err != SV_OK)
            return err;
        axis.n_words = (axis.n_classes + 63) / 64;
        m->axes[MODEL_SINCE(p)] = axis;
        if (!m->with_until)
            axis.n_classes = axis.n_words = 1;
        m->axes[MODEL_UNTIL(p)] = axis;
    }
    return SV_OK;
}

static void
free_dates(struct dates *d)
{
    for (size_t i = 0; i < FACTS_POPULATIONS_MAX; i++)
        free(d->at[i]);
}

/* ---- sets ---- */

/* A set with places for all its terms on the stack. */
struct draft {
    struct model_set set;
    struct model_term terms[FACTS_DIMENSIONS_MAX + 2];
    uint64_t classes[FACTS_DIMENSIONS_MAX + 2][WORDS_MAX];
};

/* Add a term, unless it leaves out nobody. */
static void
draft_term(const struct model *m, struct draft *d, size_t axis,
           const uint64_t classes[WORDS_MAX])
{
    const struct model_axis *a = &m->axes[axis];
    size_t n = bits_count(classes, a->n_words);
    struct model_term *t = &d->terms[d->set.n_terms];

    if (n == a->n_classes)
        return;
    d->set.nobody = d->set.nobody || n == 0;
    memcpy(d->classes[d->set.n_terms], classes, a->n_words * sizeof *classes);
    *t = (struct model_term){axis, d->classes[d->set.n_terms++]};
}

static void
draft_date(const struct model *m, struct draft *d, const struct dates *dates,
           const char *as_of)
{
    size_t p = d->set.population, since = MODEL_SINCE(p);
    size_t until = MODEL_UNTIL(p), date;
    const char **found = bsearch(&as_of, dates->at[p], dates->n[p],
                                 sizeof *dates->at[p], by_text);
    uint64_t before[WORDS_MAX] = {0}, after[WORDS_MAX] = {0};

    date = (size_t)(found - dates->at[p]);
    for (size_t i = 0; i < m->axes[since].n_classes; i++)
        if (i <= date)
            bit_set(before, i);
    draft_term(m, d, since, before);
    for (size_t i = 0; i < m->axes[until].n_classes; i++)
        if (i >= date || !m->with_until)
            bit_set(after, i);
    draft_term(m, d, until, after);
}

static void
draft_figure(const struct model *m, const struct facts_figure *g,
             const struct dates *dates, struct draft *d)
{
    d->set = (struct model_set){.population = g->population};
    for (size_t i = 0; i < g->n_terms; i++) {
        const struct facts_term *t = &g->terms[i];
        size_t n_codes = m->facts->dimensions[t->dimension].n;
        uint64_t classes[WORDS_MAX] = {0};

        /* One of a dimension without codes is of nobody. */
        if (n_codes > 0 && names_all(t, n_codes))
            continue;
        for (size_t j = 0; j < n_codes; j++)
            if (facts_term_has(t, j))
                bit_set(classes, m->axes[t->dimension].class_of[j]);
        draft_term(m, d, t->dimension, classes);
    }
    draft_date(m, d, dates, g->as_of);
    if (d->set.nobody)
        d->set.n_terms = 0;
}

static void
set_digest(const struct model *m, const struct model_set *s,
           const struct model_term terms[], uint8_t out[static DIGEST_LEN])
{
    struct digest sum;
    uint64_t head[2] = {s->population, s->nobody ? 1 : 0};

    digest_begin(&sum, "set");
    digest_add(&sum, BYTES(head));
    for (size_t i = 0; i < s->n_terms; i++) {
        uint64_t axis = terms[i].axis;

        digest_add(&sum, bytes_of(&axis, sizeof axis));
        digest_add(&sum, bytes_of(terms[i].classes,
                                  m->axes[axis].n_words * sizeof(uint64_t)));
    }
    digest_end(&sum, out);
}

static enum sv_err
copy_terms(const struct model *m, const struct draft *d, struct model_set *s)
{
    size_t n = d->set.n_terms;

    *s = d->set;
    s->n_terms = 0;
    s->opposite = MODEL_NONE;
    s->terms = calloc(n + 1, sizeof *s->terms);
    if (s->terms == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        size_t words = m->axes[d->terms[i].axis].n_words;
        uint64_t *classes = calloc(words, sizeof *classes);

        if (classes == NULL)
            return SV_ERR_NOMEM;
        memcpy(classes, d->terms[i].classes, words * sizeof *classes);
        s->terms[s->n_terms++] = (struct model_term){d->terms[i].axis, classes};
    }
    return SV_OK;
}

static enum sv_err
room_for_set(struct model *m)
{
    size_t cap = m->cap_sets == 0 ? 64 : 2 * m->cap_sets;
    struct model_set *wider;

    if (m->n_sets < m->cap_sets)
        return SV_OK;
    wider = realloc(m->sets, cap * sizeof *wider);
    if (wider == NULL)
        return SV_ERR_NOMEM;
    m->sets = wider;
    m->cap_sets = cap;
    return SV_OK;
}

/* Where the draft is among the sets; added where it is not. */
static enum sv_err
place(struct model *m, const struct draft *d, size_t *at)
{
    uint8_t sum[DIGEST_LEN];
    const size_t *found;
    enum sv_err err;

    set_digest(m, &d->set, d->terms, sum);
    found = map_get(&m->known, sum);
    if (found != NULL) {
        memcpy(at, found, sizeof *at);
        return SV_OK;
    }
    err = room_for_set(m);
    if (err == SV_OK)
        err = copy_terms(m, d, &m->sets[m->n_sets++]);
    *at = m->n_sets - 1;
    return err == SV_OK ? map_set(&m->known, sum, at) : err;
}

/* The only term on a secret dimension; n_terms where there is none, or two. */
static size_t
secret_term(const struct model *m, const struct model_set *s)
{
    size_t found = s->n_terms, n = 0;

    for (size_t i = 0; i < s->n_terms; i++)
        if (m->axes[s->terms[i].axis].secret) {
            found = i;
            n++;
        }
    return n == 1 ? found : s->n_terms;
}

static enum sv_err
place_opposite(struct model *m, size_t at, struct draft *d)
{
    const struct model_set *s = &m->sets[at];
    size_t secret = secret_term(m, s), opposite = 0;
    enum sv_err err;

    if (secret == s->n_terms)
        return SV_OK;
    d->set = *s;
    d->set.n_terms = 0;
    for (size_t i = 0; i < s->n_terms; i++) {
        const struct model_axis *a = &m->axes[s->terms[i].axis];
        uint64_t classes[WORDS_MAX] = {0};

        for (size_t j = 0; j < a->n_classes; j++)
            if (bit_is_set(s->terms[i].classes, j) != (i == secret))
                bit_set(classes, j);
        draft_term(m, d, s->terms[i].axis, classes);
    }
    err = place(m, d, &opposite);
    m->sets[at].opposite = opposite;
    return err;
}

static enum sv_err
place_all(struct model *m, const struct dates *dates, struct draft *d)
{
    const struct facts *f = m->facts;
    enum sv_err err = SV_OK;

    m->set_of = calloc(f->n_figures + 1, sizeof *m->set_of);
    if (m->set_of == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < f->n_figures && err == SV_OK; i++) {
        draft_figure(m, &f->figures[i], dates, d);
        err = place(m, d, &m->set_of[i]);
    }
    m->n_of_figures = m->n_sets;
    for (size_t i = 0; i < m->n_of_figures && err == SV_OK; i++)
        err = place_opposite(m, i, d);
    return err;
}

enum sv_err
model_make_sets(struct model *m)
{
    struct draft *d = calloc(1, sizeof *d);
    struct dates dates = {0};
    enum sv_err err;

    if (d == NULL)
        return SV_ERR_NOMEM;
    map_init(&m->known, DIGEST_LEN, sizeof(size_t));
    err = make_axes(m);
    if (err == SV_OK)
        err = make_dates(m, &dates);
    if (err == SV_OK)
        err = place_all(m, &dates, d);
    free_dates(&dates);
    free(d);
    return err;
}

size_t
model_rest(const struct model *m, size_t a, size_t b)
{
    const struct model_set *x = &m->sets[a], *y = &m->sets[b];
    struct model_term terms[TABLE_AXES_MAX];
    uint64_t rest[WORDS_MAX] = {0};
    uint8_t sum[DIGEST_LEN];
    const size_t *found;
    size_t at = 0, set = MODEL_NONE;
    bool differs = false;

    /* A product less a part of it is a product where one axis differs. */
    for (size_t i = 0; i < x->n_terms; i++) {
        const struct model_axis *axis = &m->axes[x->terms[i].axis];
        const uint64_t *wider = NULL;

        terms[i] = x->terms[i];
        if (at < y->n_terms && y->terms[at].axis == terms[i].axis)
            wider = y->terms[at++].classes;
        if (wider != NULL &&
            bits_within(wider, terms[i].classes, axis->n_words))
            continue;
        if (differs)
            return MODEL_NONE;
        differs = true;
        for (size_t j = 0; j < axis->n_classes; j++)
            if (!bit_is_set(terms[i].classes, j) &&
                (wider == NULL || bit_is_set(wider, j)))
                bit_set(rest, j);
        terms[i].classes = rest;
    }
    set_digest(m, x, terms, sum);
    found = map_get(&m->known, sum);
    if (found != NULL)
        memcpy(&set, found, sizeof set);
    return set < m->n_of_figures ? set : MODEL_NONE;
}
