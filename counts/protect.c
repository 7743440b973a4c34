#include "counts/protect.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"

#define TIMEOUT_MS 60000

/* Weights of errors: of a whole that is part of nothing, of a whole that is
 * part of another, of the rest. */
#define WEIGHT_TOTAL 16
#define WEIGHT_MARGIN 4
#define WEIGHT_INNER 1

/* A cell for each figure; those that are none count nobody. */
struct protection {
    const struct figures *exact;
    struct rounding_cell *cells;
    struct rounding_relation *relations;
    size_t n_relations;
    int64_t *rounded;
    struct map pins; /* of sets: u64 -> int64_t */
};

static bool
is_cell(const struct figure *f)
{
    return !f->is_change && (f->known || f->of.n > 0);
}

/* Does it say which set it counts? */
static bool
has_set(const struct figure *f)
{
    return f->of.n > 0 && (!f->known || f->value == f->of.n);
}

/* ---- Cells ---- */

/* Two pins of one set, printed when they were two, make two cells. */
static void
name_cell(const struct figure *f, struct rounding_cell *c)
{
    uint8_t numbers[8 + 8 + 1 + 8];
    struct digest d;

    put_u64(numbers, has_set(f) ? f->of.key : 0);
    put_u64(numbers + 8, (uint64_t)c->n);
    numbers[16] = c->pinned;
    put_u64(numbers + 17, (uint64_t)c->pin);
    digest_begin(&d, "sv/v1/round-set");
    digest_add(&d, BYTES(numbers));
    if (!has_set(f))
        digest_add(&d, bytes_text(f->name));
    digest_end(&d, c->id);
}

/* The least pin of a set, whatever the order of its names. */
static enum sv_err
note_pin(struct protection *p, const struct figure *f, int64_t value)
{
    const void *had = map_get(&p->pins, &f->of.key);
    int64_t other;

    if (had != NULL) {
        memcpy(&other, had, sizeof other);
        if (other <= value)
            return SV_OK;
    }
    return map_set(&p->pins, &f->of.key, &value);
}

static enum sv_err
find_pins(struct protection *p, const struct protect_pins *pins)
{
    const struct figures *f = p->exact;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n && err == SV_OK && pins != NULL; i++) {
        struct rounding_cell *c = &p->cells[i];

        if (!is_cell(&f->at[i]) || !pins->find(pins->ctx, f, i, &c->pin))
            continue;
        c->pinned = true;
        if (has_set(&f->at[i]))
            err = note_pin(p, &f->at[i], c->pin);
    }
    return err;
}

static enum sv_err
make_cells(struct protection *p, const struct protect_pins *pins)
{
    const struct figures *f = p->exact;
    enum sv_err err = find_pins(p, pins);

    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < f->n; i++) {
        const struct figure *figure = &f->at[i];
        struct rounding_cell *c = &p->cells[i];
        const void *pin = has_set(figure) && !c->pinned
                              ? map_get(&p->pins, &figure->of.key)
                              : NULL;

        if (figure->is_percent)
            return SV_ERR_USAGE;
        c->weight = WEIGHT_INNER;
        if (is_cell(figure))
            c->n = figure->known ? figure->value : figure->of.n;
        if (pin != NULL && is_cell(figure)) {
            c->pinned = true;
            memcpy(&c->pin, pin, sizeof c->pin);
        }
        name_cell(figure, c);
    }
    return SV_OK;
}

/* ---- Relations ---- */

static bool
is_sum_of_cells(const struct figures *f, const struct figure_relation *r)
{
    bool all = r->complete && is_cell(&f->at[r->whole]);

    for (size_t i = 0; i < r->n; i++)
        all = all && is_cell(&f->at[r->parts[i]]);
    return all;
}

/* First the wholes, then those of them that are parts. */
static void
make_relations(struct protection *p)
{
    const struct figures *f = p->exact;

    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];

        if (!is_sum_of_cells(f, r))
            continue;
        p->relations[p->n_relations++] =
            (struct rounding_relation){r->whole, r->n, r->parts};
        p->cells[r->whole].weight = WEIGHT_TOTAL;
    }
    for (size_t i = 0; i < p->n_relations; i++) {
        const struct rounding_relation *r = &p->relations[i];

        for (size_t k = 0; k < r->n; k++) {
            struct rounding_cell *c = &p->cells[r->parts[k]];

            if (c->weight == WEIGHT_TOTAL)
                c->weight = WEIGHT_MARGIN;
        }
    }
}

static enum sv_err
round_cells(struct protection *p, const uint8_t *key,
            const struct solver_source *source, unsigned *steps)
{
    const struct rounding r = {FIGURES_BASE, p->exact->n, p->cells,
                               p->n_relations, p->relations};

    return rounding_run(&r, key, source, TIMEOUT_MS, p->rounded, steps,
                        &(size_t){0});
}

/* ---- What is printed ---- */

/* The later figure and the earlier one. */
static bool
find_years(const struct figures *f, size_t change, size_t *later,
           size_t *earlier)
{
    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];

        if (!r->complete || r->n != 2 ||
            (r->parts[0] != change && r->parts[1] != change))
            continue;
        *later = r->whole;
        *earlier = r->parts[r->parts[0] == change];
        return true;
    }
    return false;
}
