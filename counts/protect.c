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

/*
 * A cell for each figure, those that are none counting nobody; behind them
 * one for what the parts of an incomplete relation leave of their whole.
 */
struct protection {
    const struct figures *exact;
    size_t n;
    struct rounding_cell *cells;
    size_t n_relations;
    struct rounding_relation *relations;
    size_t *parts; /* of the relations with a rest */
    int64_t *rounded;
    struct map pins;      /* of sets: u64 -> int64_t */
    struct years *years;  /* by figure: of a change */
    const char **reasons; /* by figure: why it is not known, or NULL */
};

/* A change is the later figure less the earlier one. */
struct years {
    bool given;
    size_t later, earlier;
};

static bool
is_cell(const struct figure *f)
{
    return !f->is_change && (f->known || f->of.n > 0);
}

static int64_t
count_of(const struct figure *f)
{
    return f->known ? f->value : f->of.n;
}

/* Does it say which set it counts?  Nobody is no set. */
static bool
has_set(const struct figure *f)
{
    return is_cell(f) && f->of.n > 0 && count_of(f) == f->of.n;
}

/* ---- Cells ---- */

/* NULL: it has no set, and its name is its own.  Two pins of one set, printed
 * when it was two, make two cells. */
static void
name_cell(const struct counted *set, const char *name, struct rounding_cell *c)
{
    uint8_t numbers[8 + 8 + 1 + 8];
    struct digest d;

    put_u64(numbers, set != NULL ? set->key : 0);
    put_u64(numbers + 8, (uint64_t)c->n);
    numbers[16] = c->pinned;
    put_u64(numbers + 17, (uint64_t)c->pin);
    digest_begin(&d, "sv/v1/round-set");
    digest_add(&d, BYTES(numbers));
    if (set == NULL)
        digest_add(&d, bytes_text(name));
    digest_end(&d, c->id);
}

/* The least pin of a set, whatever the order of its names. */
static enum sv_err
note_pin(struct protection *p, uint64_t set, int64_t value)
{
    const void *had = map_get(&p->pins, &set);
    int64_t other;

    if (had != NULL) {
        memcpy(&other, had, sizeof other);
        if (other <= value)
            return SV_OK;
    }
    return map_set(&p->pins, &set, &value);
}

/* Could it be what the count is rounded to?  One that stays although others
 * have come says nothing of those who are counted now. */
static bool
is_near(int64_t pin, int64_t n)
{
    return pin - n < FIGURES_BASE && n - pin < FIGURES_BASE;
}

static enum sv_err
find_pins(struct protection *p, const struct protect_pins *pins)
{
    const struct figures *f = p->exact;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n && err == SV_OK && pins != NULL; i++) {
        struct rounding_cell *c = &p->cells[i];
        int64_t pin;

        if (!is_cell(&f->at[i]) || !pins->find(pins->ctx, f, i, &pin))
            continue;
        c->pinned = true;
        c->pin = pin;
        if (has_set(&f->at[i]) && is_near(pin, f->at[i].of.n))
            err = note_pin(p, f->at[i].of.key, pin);
    }
    return err;
}

static void
share_pin(const struct protection *p, uint64_t set, struct rounding_cell *c)
{
    const void *pin = c->pinned ? NULL : map_get(&p->pins, &set);

    if (pin == NULL)
        return;
    c->pinned = true;
    memcpy(&c->pin, pin, sizeof c->pin);
}

static enum sv_err
make_cells(struct protection *p, const struct protect_pins *pins)
{
    const struct figures *f = p->exact;
    enum sv_err err;

    for (size_t i = 0; i < f->n; i++) {
        if (f->at[i].is_percent)
            return SV_ERR_USAGE;
    }
    p->n = f->n;
    err = find_pins(p, pins);
    for (size_t i = 0; i < f->n; i++) {
        const struct figure *figure = &f->at[i];
        struct rounding_cell *c = &p->cells[i];
        bool set = has_set(figure);

        c->weight = WEIGHT_INNER;
        if (is_cell(figure))
            c->n = count_of(figure);
        if (set)
            share_pin(p, figure->of.key, c);
        name_cell(set ? &figure->of : NULL, figure->name, c);
    }
    return err;
}

/* ---- Relations ---- */

static bool
is_of_cells(const struct figures *f, const struct figure_relation *r)
{
    bool all = is_cell(&f->at[r->whole]);

    for (size_t i = 0; i < r->n; i++)
        all = all && is_cell(&f->at[r->parts[i]]);
    return all;
}

static void
relate(struct protection *p, size_t whole, size_t n, const size_t parts[])
{
    p->relations[p->n_relations++] =
        (struct rounding_relation){whole, n, parts};
}

/* The weight of a whole, and less for one that is a part. */
static void
weigh(struct protection *p)
{
    for (size_t i = 0; i < p->n_relations; i++)
        p->cells[p->relations[i].whole].weight = WEIGHT_TOTAL;
    for (size_t i = 0; i < p->n_relations; i++) {
        const struct rounding_relation *r = &p->relations[i];

        for (size_t k = 0; k < r->n; k++) {
            struct rounding_cell *c = &p->cells[r->parts[k]];

            if (c->weight == WEIGHT_TOTAL)
                c->weight = WEIGHT_MARGIN;
        }
    }
}

static void
make_sums(struct protection *p)
{
    const struct figures *f = p->exact;

    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];

        if (r->complete && is_of_cells(f, r))
            relate(p, r->whole, r->n, r->parts);
    }
    weigh(p);
}

/* May the parts, rounded, come to more than their whole? */
static bool
may_exceed(const struct protection *p, const struct figure_relation *r)
{
    const struct rounding_cell *whole = &p->cells[r->whole];
    int64_t least =
        whole->pinned ? whole->pin / FIGURES_BASE : whole->n / FIGURES_BASE;

    for (size_t i = 0; i < r->n; i++) {
        const struct rounding_cell *c = &p->cells[r->parts[i]];

        least -= c->pinned ? c->pin / FIGURES_BASE
                           : c->n / FIGURES_BASE + (c->n % FIGURES_BASE != 0);
    }
    return least < 0;
}

/* Who is in the whole and in no part: a set like any other. */
static bool
rest_of(const struct figures *f, const struct figure_relation *r,
        struct counted *out)
{
    *out = f->at[r->whole].of;
    for (size_t i = 0; i < r->n; i++) {
        const struct figure *part = &f->at[r->parts[i]];

        if (count_of(part) > 0 && !has_set(part))
            return false;
        out->n -= part->of.n;
        out->key -= part->of.key;
    }
    return out->n >= 0 && has_set(&f->at[r->whole]);
}

/* Where that may be, parts and a rest that nobody sees make the whole: what
 * is rounded is not more than what it is part of. */
static void
make_rests(struct protection *p)
{
    const struct figures *f = p->exact;
    size_t *parts = p->parts;

    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];
        struct rounding_cell *c = &p->cells[p->n];
        struct counted rest;

        if (r->complete || !is_of_cells(f, r) || !may_exceed(p, r) ||
            !rest_of(f, r, &rest))
            continue;
        *c = (struct rounding_cell){.n = rest.n, .weight = WEIGHT_INNER};
        if (rest.n > 0)
            share_pin(p, rest.key, c);
        name_cell(rest.n > 0 ? &rest : NULL, "", c);
        memcpy(parts, r->parts, r->n * sizeof *parts);
        parts[r->n] = p->n++;
        relate(p, r->whole, r->n + 1, parts);
        parts += r->n + 1;
    }
}

/* ---- Rounding ---- */

static enum sv_err
round_all(struct protection *p, const uint8_t *key,
          const struct solver_source *source, unsigned *steps)
{
    struct rounding r = {.base = FIGURES_BASE, .cells = p->cells};
    size_t n_sums, n_cells = p->n;
    enum sv_err err;

    make_sums(p);
    n_sums = p->n_relations;
    make_rests(p);
    r.n = p->n;
    r.relations = p->relations;
    r.n_relations = p->n_relations;
    err = rounding_run(&r, key, source, TIMEOUT_MS, p->rounded, steps,
                       &(size_t){0});
    if (err != SV_ERR_CONFLICT || p->n_relations == n_sums)
        return err;
    /* Pins may exceed what they are part of, but not break a sum. */
    r.n = n_cells;
    r.n_relations = n_sums;
    return rounding_run(&r, key, source, TIMEOUT_MS, p->rounded, steps,
                        &(size_t){0});
}

/* ---- What is printed ---- */

static void
find_years(struct protection *p)
{
    const struct figures *f = p->exact;

    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];

        for (size_t k = 0; r->complete && r->n == 2 && k < 2; k++) {
            if (f->at[r->parts[k]].is_change)
                p->years[r->parts[k]] =
                    (struct years){true, r->whole, r->parts[1 - k]};
        }
    }
}

/* Both the change and the earlier figure are as unknown as it is: whether
 * there is a change is told by rounded figures, too. */
static void
find_reasons(struct protection *p)
{
    const struct figures *f = p->exact;

    for (size_t i = 0; i < f->n; i++) {
        const struct years *y = &p->years[i];

        if (p->reasons[i] == NULL && !f->at[i].known)
            p->reasons[i] = f->at[i].reason;
        if (!f->at[i].is_change)
            continue;
        if (!y->given || !is_cell(&f->at[y->later])) {
            if (f->at[i].known)
                p->reasons[i] = N_("its total is not known");
        } else if (f->at[y->later].known && !f->at[y->earlier].known &&
                   p->rounded[y->earlier] == 0) {
            p->reasons[i] = N_("few or no records of the year before");
            p->reasons[y->earlier] = p->reasons[i];
        }
    }
}

static int64_t
printed(const struct protection *p, size_t i)
{
    const struct years *y = &p->years[i];

    return p->exact->at[i].is_change
               ? p->rounded[y->later] - p->rounded[y->earlier]
               : p->rounded[i];
}

static enum sv_err
put(const struct protection *p, size_t i, struct figures *out)
{
    const struct figure *f = &p->exact->at[i];
    const char *reason = p->reasons[i];
    struct figure *to;
    size_t at;
    enum sv_err err = reason == NULL
                          ? figures_add(out, f->name, printed(p, i), &at)
                          : figures_add_unknown(out, f->name, reason, &at);

    if (err != SV_OK)
        return err;
    to = &out->at[at];
    to->of = f->of;
    to->is_change = f->is_change;
    to->unprinted = f->unprinted;
    return SV_OK;
}

static enum sv_err
put_all(struct protection *p, struct figures *out)
{
    const struct figures *f = p->exact;
    enum sv_err err = SV_OK;

    find_years(p);
    find_reasons(p);
    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        err = put(p, i, out);
    for (size_t i = 0; i < f->n_relations && err == SV_OK; i++) {
        const struct figure_relation *r = &f->relations[i];

        err = figures_relate(out, r->whole, r->n, r->parts, r->complete);
    }
    return err;
}

/* ---- All of it ---- */

static enum sv_err
protection_make(struct protection *p, const struct figures *exact)
{
    size_t n = exact->n + exact->n_relations + 1, n_parts = 1;

    *p = (struct protection){.exact = exact};
    map_init(&p->pins, sizeof(uint64_t), sizeof(int64_t));
    for (size_t i = 0; i < exact->n_relations; i++)
        n_parts += exact->relations[i].n + 1;
    p->cells = calloc(n, sizeof *p->cells);
    p->rounded = calloc(n, sizeof *p->rounded);
    p->relations = calloc(exact->n_relations + 1, sizeof *p->relations);
    p->parts = calloc(n_parts, sizeof *p->parts);
    p->years = calloc(exact->n + 1, sizeof *p->years);
    p->reasons = calloc(exact->n + 1, sizeof *p->reasons);
    return p->cells == NULL || p->rounded == NULL || p->relations == NULL ||
                   p->parts == NULL || p->years == NULL || p->reasons == NULL
               ? SV_ERR_NOMEM
               : SV_OK;
}

static void
protection_clear(struct protection *p)
{
    if (p->cells != NULL)
        wipe(p->cells, p->n * sizeof *p->cells);
    free(p->cells);
    free(p->rounded);
    free(p->relations);
    free(p->parts);
    free(p->years);
    free(p->reasons);
    map_clear(&p->pins);
}

enum sv_err
protect_round(const struct figures *exact, const struct protect_pins *pins,
              const uint8_t key[static ROUNDING_KEY_LEN],
              const struct solver_source *source, struct figures *out,
              unsigned *steps)
{
    struct protection p;
    struct figures f;
    unsigned taken = 0;
    enum sv_err err = protection_make(&p, exact);

    figures_init(&f);
    if (err == SV_OK)
        err = make_cells(&p, pins);
    if (err == SV_OK)
        err = round_all(&p, key, source, &taken);
    if (err == SV_OK)
        err = put_all(&p, &f);
    if (err == SV_OK) {
        *out = f;
        *steps = taken;
    } else {
        figures_clear(&f);
    }
    protection_clear(&p);
    return err;
}
