#include <stdlib.h>
#include <string.h>

#include "counts/document_internal.h"

/* ---- what was printed before stays ---- */

/* A copy in which nothing is told: what a set is does not hang on how many
 * are in it. */
static enum sv_err
blank(const struct figures *exact, struct figures *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < exact->n && err == SV_OK; i++) {
        const struct figure *f = &exact->at[i];
        size_t at;

        err = f->known ? figures_add(out, f->name, 0, &at)
                       : figures_add_unknown(out, f->name, f->reason, &at);
        if (err == SV_OK) {
            out->at[at].is_change = f->is_change;
            out->at[at].unprinted = f->unprinted;
        }
    }
    return err;
}

static enum sv_err
find_pin(const struct told *told, const struct facts *sets, size_t at,
         const struct figures *exact, struct document_pins *out)
{
    struct buf predicate = BUF_INIT;
    size_t figure;
    enum sv_err err = facts_predicate(sets, at, &predicate);

    if (err == SV_OK &&
        figures_find(exact, sets->figures[at].name, &figure) == SV_OK) {
        const struct counted *of = &exact->at[figure].of;

        out->stay[figure] = pins_find(&told->pins, buf_bytes(&predicate), of);
        out->left[figure] =
            pins_left(&told->pins, buf_bytes(&predicate), of->n);
    }
    buf_free(&predicate);
    return err;
}

static enum sv_err
find_pins_of(const struct counting_run *run, const struct told *told,
             const struct printed *printed, const struct figures *blanked,
             const struct figures *exact, struct document_pins *out)
{
    struct facts sets;
    enum sv_err err;

    facts_init(&sets);
    err = document_facts(run, told->type, blanked, printed, &sets);
    for (size_t i = 0; i < sets.n_figures && err == SV_OK; i++)
        err = find_pin(told, &sets, i, exact, out);
    facts_clear(&sets);
    return err;
}

static bool
pinned(void *ctx, const struct figures *exact, size_t figure, int64_t *value)
{
    const struct document_pins *p = ctx;
    const struct pin *pin = p->stay[figure];

    (void)exact;
    if (pin != NULL)
        *value = pin->value;
    return pin != NULL;
}

enum sv_err
document_pins_find(const struct counting_run *run,
                   const struct printed *printed, const struct figures *exact,
                   struct document_pins *out)
{
    struct figures blanked;
    enum sv_err err;

    out->stay = calloc(exact->n + 1, sizeof(struct pin *));
    out->left = calloc(exact->n + 1, sizeof(struct pin *));
    out->protect = (struct protect_pins){pinned, out};
    if (out->stay == NULL || out->left == NULL)
        return SV_ERR_NOMEM;
    figures_init(&blanked);
    err = blank(exact, &blanked);
    for (size_t i = 0; i < run->n_told && err == SV_OK; i++)
        err = find_pins_of(run, &run->told[i], printed, &blanked, exact, out);
    figures_clear(&blanked);
    return err;
}

void
document_pins_clear(struct document_pins *p)
{
    free(p->stay);
    free(p->left);
    *p = (struct document_pins){0};
}

/* ---- what it tells ---- */

/* A figure that stays what it was tells of those of that day, not of this,
 * and as closely as it did then. */
static enum sv_err
tell_frozen(const struct pin *pin, struct facts *f, size_t at)
{
    struct facts_figure *g = &f->figures[at];

    memcpy(g->as_of, pin->as_of, sizeof g->as_of);
    return g->print == FACTS_ROUNDED
               ? facts_print_rounded(f, at, g->value, FIGURES_BASE, pin->steps)
               : SV_OK;
}

/* One that does not stay tells that it could not: a base off, or more. */
static enum sv_err
tell_left(const struct pin *pin, int64_t n, struct facts *f, size_t at)
{
    const int64_t one = 1;
    bool more = n > pin->value;

    return facts_state(f, f->figures[at].release, 1, &at, &one,
                       more ? pin->value + FIGURES_BASE : 0,
                       more ? FACTS_UNBOUNDED : pin->value - FIGURES_BASE);
}

enum sv_err
document_pins_tell(const struct document_pins *p, const struct figures *exact,
                   struct facts *f)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n_figures && p->stay != NULL && err == SV_OK;
         i++) {
        const struct pin *pin, *left;
        size_t at;

        if (figures_find(exact, f->figures[i].name, &at) != SV_OK)
            continue;
        pin = p->stay[at];
        left = p->left[at];
        if (pin != NULL && pin->frozen && pin->as_of[0] != '\0')
            err = tell_frozen(pin, f, i);
        else if (left != NULL && f->figures[i].print == FACTS_ROUNDED)
            err = tell_left(left, exact->at[at].of.n, f, i);
    }
    return err;
}
