#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"

#include "disclosure/rounding_internal.h"

uint64_t
rounding_draw(const uint8_t key[static ROUNDING_KEY_LEN], const char *label,
              const uint8_t id[static ROUNDING_ID_LEN], uint64_t bound)
{
    /* What is over the last multiple of the bound is drawn again. */
    uint64_t rest = (UINT64_MAX % bound + 1) % bound;
    uint8_t in[ROUNDING_ID_LEN + 4], tag[MAC_LEN];
    uint64_t word = 0;

    memcpy(in, id, ROUNDING_ID_LEN);
    for (uint32_t i = 0;; i++) {
        put_u32(in + ROUNDING_ID_LEN, i);
        mac(key, label, BYTES(in), tag);
        for (size_t at = 0; at < sizeof tag; at += 8) {
            word = get_u64(tag + at);
            if (word <= UINT64_MAX - rest) {
                wipe(tag, sizeof tag);
                return word % bound;
            }
        }
    }
}

int64_t
rounding_target(const uint8_t key[static ROUNDING_KEY_LEN],
                const uint8_t id[static ROUNDING_ID_LEN], int64_t n,
                int64_t base)
{
    /* The base is no input of the draw: what is printed under a multiple of
     * the base tells nothing more than what is printed under the base. */
    int64_t offset =
        (int64_t)rounding_draw(key, "sv/v1/round-cell", id, (uint64_t)base);

    return (n + offset) / base * base;
}

/* ---- Cells become variables ---- */

static bool
cell_is_sound(const struct rounding_cell *c, int64_t base)
{
    if (c->n < 0 || c->n > ROUNDING_VALUE_MAX || c->weight == 0 ||
        c->weight > ROUNDING_WEIGHT_MAX)
        return false;
    return !c->pinned ||
           (c->pin >= 0 && c->pin <= ROUNDING_VALUE_MAX && c->pin % base == 0);
}

struct place {
    const struct rounding_cell *cell;
};

static int
compare_ids(const struct rounding_cell *a, const struct rounding_cell *b)
{
    return memcmp(a->id, b->id, ROUNDING_ID_LEN);
}

static int
by_id(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return compare_ids(x->cell, y->cell);
}

static bool
is_same(const struct rounding_cell *a, const struct rounding_cell *b)
{
    return a->n == b->n && a->pinned == b->pinned &&
           (!a->pinned || a->pin == b->pin);
}

static void
add_variable(struct table *t, const struct rounding_cell *c)
{
    t->variables[t->n++] = (struct variable){
        .cell = c,
        .target = c->pinned
                      ? c->pin / t->base
                      : rounding_target(t->key, c->id, c->n, t->base) / t->base,
    };
}

static enum sv_err
make_variables(const struct rounding *r, struct table *t, uint32_t *of)
{
    const struct rounding_cell *last = NULL;
    struct place *order;
    enum sv_err err = SV_OK;

    order = calloc(r->n + 1, sizeof *order);
    t->variables = calloc(r->n + 1, sizeof *t->variables);
    if (order == NULL || t->variables == NULL) {
        err = SV_ERR_NOMEM;
        goto out;
    }
    for (size_t i = 0; i < r->n; i++)
        order[i].cell = &r->cells[i];
    qsort(order, r->n, sizeof *order, by_id);
    for (size_t i = 0; i < r->n; i++) {
        const struct rounding_cell *c = order[i].cell;
        struct variable *v;

        err = cell_is_sound(c, t->base) ? SV_OK : SV_ERR_USAGE;
        if (err != SV_OK)
            goto out;
        if (last == NULL || compare_ids(last, c) != 0)
            add_variable(t, c);
        last = c;
        v = &t->variables[t->n - 1];
        if (!is_same(v->cell, c)) {
            err = SV_ERR_USAGE;
            goto out;
        }
        if (v->weight < c->weight)
            v->weight = c->weight;
        v->value = v->target;
        of[c - r->cells] = (uint32_t)(t->n - 1);
    }
out:
    free(order);
    return err;
}

/* ---- Relations become rows ---- */

static enum sv_err
count_terms(const struct rounding *r, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < r->n_relations; i++) {
        const struct rounding_relation *rel = &r->relations[i];

        if (rel->n >= SOLVER_ENTRIES_MAX - *n)
            return SV_ERR_RANGE;
        *n += rel->n + 1;
        if (rel->whole >= r->n)
            return SV_ERR_USAGE;
        for (size_t k = 0; k < rel->n; k++) {
            if (rel->parts[k] >= r->n)
                return SV_ERR_USAGE;
        }
    }
    return SV_OK;
}

static int
by_variable(const void *a, const void *b)
{
    const struct term *x = a, *y = b;

    return (x->variable > y->variable) - (x->variable < y->variable);
}

/* Sorted, each variable once; those that stay 0 are left out.  The first
 * factor is positive: equal relations become equal rows. */
static void
tidy_terms(const struct table *t, struct row *row)
{
    size_t n = 0;

    qsort(row->terms, row->n, sizeof *row->terms, by_variable);
    for (size_t i = 0; i < row->n; i++) {
        struct term at = row->terms[i];
        const struct rounding_cell *c = t->variables[at.variable].cell;

        if (n > 0 && row->terms[n - 1].variable == at.variable)
            row->terms[n - 1].factor += at.factor;
        else if (c->n != 0 || c->pinned)
            row->terms[n++] = at;
        if (n > 0 && row->terms[n - 1].factor == 0)
            n--;
    }
    row->n = n;
    if (n == 0 || row->terms[0].factor > 0)
        return;
    for (size_t i = 0; i < n; i++)
        row->terms[i].factor = -row->terms[i].factor;
}

static int
by_terms(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int diff = (x->n > y->n) - (x->n < y->n);

    for (size_t i = 0; diff == 0 && i < x->n; i++) {
        const struct term *p = &x->terms[i], *q = &y->terms[i];

        diff = by_variable(p, q);
        if (diff == 0)
            diff = (p->factor > q->factor) - (p->factor < q->factor);
    }
    return diff;
}

static int
by_terms_and_relation(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int diff = by_terms(a, b);

    return diff != 0
               ? diff
               : (x->relation > y->relation) - (x->relation < y->relation);
}

static void
add_row(struct table *t, const struct rounding_relation *rel, size_t relation,
        const uint32_t of[])
{
    struct row *row = &t->rows[t->n_rows];

    row->terms = t->terms + t->n_terms;
    row->relation = relation;
    t->variables[of[rel->whole]].is_whole = true;
    row->terms[row->n++] = (struct term){of[rel->whole], -1};
    for (size_t k = 0; k < rel->n; k++)
        row->terms[row->n++] = (struct term){of[rel->parts[k]], 1};
    t->n_terms += row->n;
    tidy_terms(t, row);
    if (row->n > 0)
        t->n_rows++;
    else
        *row = (struct row){0};
}

static enum sv_err
make_rows(const struct rounding *r, struct table *t, const uint32_t of[])
{
    size_t n_terms, n = 0;
    enum sv_err err = count_terms(r, &n_terms);

    if (err != SV_OK)
        return err;
    t->terms = calloc(n_terms + 1, sizeof *t->terms);
    t->rows = calloc(r->n_relations + 1, sizeof *t->rows);
    if (t->terms == NULL || t->rows == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < r->n_relations; i++)
        add_row(t, &r->relations[i], i, of);
    qsort(t->rows, t->n_rows, sizeof *t->rows, by_terms_and_relation);
    for (size_t i = 0; i < t->n_rows; i++) {
        if (n == 0 || by_terms(&t->rows[n - 1], &t->rows[i]) != 0)
            t->rows[n++] = t->rows[i];
    }
    t->n_rows = n;
    return SV_OK;
}

/* ---- The table ---- */

enum sv_err
table_make(const struct rounding *r, const uint8_t *key, struct table *t,
           uint32_t **of)
{
    enum sv_err err;

    *t = (struct table){.base = r->base, .key = key};
    *of = NULL;
    if (r->base < 2 || r->base > ROUNDING_BASE_MAX)
        return SV_ERR_USAGE;
    if (r->n > SOLVER_COLS_MAX || r->n_relations > SOLVER_ENTRIES_MAX)
        return SV_ERR_RANGE;
    *of = calloc(r->n + 1, sizeof **of);
    t->columns = calloc(r->n + 1, sizeof *t->columns);
    if (*of == NULL || t->columns == NULL)
        return SV_ERR_NOMEM;
    err = make_variables(r, t, *of);
    if (err == SV_OK)
        err = make_rows(r, t, *of);
    for (size_t i = 0; i < t->n; i++)
        t->columns[i] = COLUMN_NONE;
    return err;
}

void
table_clear(struct table *t)
{
    if (t->variables != NULL)
        wipe(t->variables, t->n * sizeof *t->variables);
    free(t->variables);
    free(t->rows);
    free(t->terms);
    free(t->columns);
    *t = (struct table){0};
}

void
table_reach(struct table *t, enum reach reach)
{
    for (size_t i = 0; i < t->n; i++) {
        struct variable *v = &t->variables[i];
        const struct rounding_cell *c = v->cell;

        v->lo = v->hi = v->target;
        if (c->pinned || c->n == 0)
            continue;
        v->lo = c->n / t->base;
        v->hi = v->lo + (c->n % t->base != 0);
        if (reach == REACH_ALL || (reach == REACH_WHOLES && v->is_whole)) {
            v->lo -= v->lo > 0;
            v->hi++;
        }
    }
}
