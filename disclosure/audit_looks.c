#include <stdlib.h>

#include "disclosure/audit_internal.h"

/* ---- faces ---- */

/* How well a figure stands for its set: of the new release, and open. */
static int
rank(const struct audit *a, size_t figure)
{
    const struct facts_figure *g = &a->facts->figures[figure];

    return (g->print != FACTS_EXACT ? 2 : 0) +
           (g->release == a->rules->new_release ? 1 : 0);
}

static enum sv_err
find_faces(struct audit *a)
{
    size_t n = a->model->n_sets;
    struct faces *s = &a->faces;

    s->figure = calloc(n + 1, sizeof *s->figure);
    s->is_new = calloc(n + 1, sizeof *s->is_new);
    s->is_open = calloc(n + 1, sizeof *s->is_open);
    s->is_inside = calloc(n + 1, sizeof *s->is_inside);
    if (s->figure == NULL || s->is_new == NULL || s->is_open == NULL ||
        s->is_inside == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        s->figure[i] = MODEL_NONE;
    for (size_t i = 0; i < a->facts->n_figures; i++) {
        const struct facts_figure *g = &a->facts->figures[i];
        size_t set = a->model->set_of[i];

        if (s->figure[set] == MODEL_NONE ||
            rank(a, i) > rank(a, s->figure[set]))
            s->figure[set] = i;
        if (g->release == a->rules->new_release)
            s->is_new[set] = true;
        if (g->print != FACTS_EXACT)
            s->is_open[set] = true;
        if (a->rules->insiders == NULL || a->rules->insiders[i])
            s->is_inside[set] = true;
    }
    return SV_OK;
}

/* ---- looks ---- */

static enum sv_err
add_look(struct audit *a, struct look look, int64_t want_width, int64_t want_hi)
{
    struct search_target target = {.plus = look.set,
                                   .minus = look.minus,
                                   .want_width = want_width,
                                   .want_hi = want_hi,
                                   .proved = look.proved};

    if (a->n_looks == AUDIT_TARGETS_MAX)
        return SV_ERR_RANGE;
    if (a->n_looks == a->cap_looks) {
        size_t cap = a->cap_looks == 0 ? 256 : 2 * a->cap_looks;
        struct look *wider = realloc(a->looks, cap * sizeof *wider);

        if (wider == NULL)
            return SV_ERR_NOMEM;
        a->looks = wider;
        a->cap_looks = cap;
    }
    if (look.kind == LOOK_ALL)
        target.plus = a->model->sets[look.set].opposite;
    a->looks[a->n_looks] = look;
    return search_add(a->search, target, &a->looks[a->n_looks++].target);
}

/* Does integer arithmetic alone say that it is safe? */
static bool
is_plain(const struct audit *a, struct program_range r)
{
    return r.hi <= 0 || r.lo > a->rules->small;
}

static enum sv_err
look_at_figures(struct audit *a)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < a->model->n_of_figures && err == SV_OK; i++) {
        struct program_range r = a->program->sets[i];

        if (a->faces.is_open[i] && !is_plain(a, r))
            err =
                add_look(a, (struct look){LOOK_FIGURE, i, MODEL_NONE, r, 0, 0},
                         a->rules->width, 0);
    }
    return err;
}

static enum sv_err
look_at_groups(struct audit *a)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < a->model->n_of_figures && err == SV_OK; i++) {
        size_t opposite = a->model->sets[i].opposite;
        struct program_range in, out;

        if (opposite == MODEL_NONE)
            continue;
        in = a->program->sets[i];
        out = a->program->sets[opposite];
        /* A group that nobody can be in has nothing to tell. */
        if (in.hi <= 0 && out.hi <= 0)
            continue;
        if (in.lo < 1)
            err = add_look(a, (struct look){LOOK_NONE, i, MODEL_NONE, in, 0, 0},
                           0, 1);
        if (err == SV_OK && out.lo < 1)
            err = add_look(a, (struct look){LOOK_ALL, i, MODEL_NONE, out, 0, 0},
                           0, 1);
    }
    return err;
}

/* ---- rests ---- */

/* Sets by what they can be at most: those that can nearly fill another set
 * are the last. */
struct ordered {
    int64_t hi;
    size_t set;
    uint64_t axes; /* a mark for each axis of its terms */
};

static int
by_hi(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;

    if (x->hi != y->hi)
        return x->hi < y->hi ? 1 : -1;
    return x->set < y->set ? -1 : 1;
}

static uint64_t
axes_of(const struct model_set *s)
{
    uint64_t marks = 0;

    for (size_t i = 0; i < s->n_terms; i++)
        marks |= UINT64_C(1) << s->terms[i].axis % 64;
    return marks;
}

/* What `part` leaves of `whole`, which contains it. */
static enum sv_err
look_at_rest(struct audit *a, size_t part, size_t whole)
{
    struct program_range p = a->program->sets[part];
    struct program_range w = a->program->sets[whole];
    struct program_range rest = {w.lo - p.hi, w.hi - p.lo};

    if (rest.lo < 0)
        rest.lo = 0;
    if (is_plain(a, rest) || model_rest(a->model, part, whole) != MODEL_NONE)
        return SV_OK;
    return add_look(a, (struct look){LOOK_REST, whole, part, rest, 0, 0},
                    a->rules->width, 0);
}

/* Only a part that can be as many as the whole, but for a few, leaves few. */
static enum sv_err
look_at_rests_of(struct audit *a, const struct ordered *whole,
                 const struct ordered sets[], size_t n)
{
    int64_t least = a->program->sets[whole->set].lo - a->rules->small;
    bool is_new = a->faces.is_new[whole->set];
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < n && sets[i].hi >= least && err == SV_OK; i++) {
        const struct ordered *part = &sets[i];

        if ((whole->axes & ~part->axes) != 0 || part->set == whole->set ||
            (!is_new && !a->faces.is_new[part->set]) ||
            !model_within(a->model, part->set, whole->set))
            continue;
        err = look_at_rest(a, part->set, whole->set);
    }
    return err;
}

static enum sv_err
look_at_rests(struct audit *a)
{
    size_t n = 0;
    struct ordered *sets = calloc(a->model->n_of_figures + 1, sizeof *sets);
    enum sv_err err = sets != NULL ? SV_OK : SV_ERR_NOMEM;

    for (size_t i = 0; i < a->model->n_of_figures && err == SV_OK; i++)
        if (!a->model->sets[i].nobody)
            sets[n++] = (struct ordered){a->program->sets[i].hi, i,
                                         axes_of(&a->model->sets[i])};
    if (err == SV_OK)
        qsort(sets, n, sizeof *sets, by_hi);
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = look_at_rests_of(a, &sets[i], sets, n);
    free(sets);
    return err;
}

enum sv_err
audit_find_looks(struct audit *a)
{
    enum sv_err err = find_faces(a);

    if (err == SV_OK)
        err = look_at_figures(a);
    if (err == SV_OK)
        err = look_at_groups(a);
    if (err == SV_OK)
        err = look_at_rests(a);
    return err;
}
