#include <stdlib.h>
#include <string.h>

#include "counts/plan_tally_internal.h"

/*
 * One table's figures under construction: a box of places, one for each
 * series and combination of codes and of their groups, the last place of each
 * field being all of them; and which figure stands there.
 */
struct box {
    const struct plan *plan;
    size_t number; /* of the table in the plan */
    const struct plan_table *table;
    const struct tally_table *counts;
    struct figures *figures;
    size_t n_series;
    size_t n_by; /* the table's */
    /* Codes with a cell, then their groups; 0 behind the fields of by. */
    size_t n[PLAN_BY_MAX];
    uint16_t *codes[PLAN_BY_MAX];
    /* The places that are the whole together: of the groups, and of the codes
     * that are in none. */
    size_t n_top[PLAN_BY_MAX];
    size_t *top[PLAN_BY_MAX];
    size_t *figure; /* index into figures, NONE where there is none */
    size_t *parts;  /* room for a relation */
};
#define NONE SIZE_MAX

struct place {
    size_t series;
    size_t at[PLAN_BY_MAX];
};

static size_t
places(const struct box *b)
{
    size_t n = b->n_series;

    for (size_t i = 0; i < PLAN_BY_MAX; i++)
        n *= b->n[i] + 1;
    return n;
}

static size_t *
figure_at(const struct box *b, const struct place *p)
{
    size_t at = p->series;

    for (size_t i = 0; i < PLAN_BY_MAX; i++)
        at = at * (b->n[i] + 1) + p->at[i];
    return &b->figure[at];
}

/* The next place in the order of series and codes; false at the end. */
static bool
next_place(const struct box *b, struct place *p)
{
    size_t len[PLAN_BY_MAX];

    for (size_t i = 0; i < PLAN_BY_MAX; i++)
        len[i] = b->n[i] + 1;
    if (tally_turn(PLAN_BY_MAX, len, p->at))
        return true;
    p->series++;
    return p->series < b->n_series;
}

/* The fields that a place does not sum up. */
static unsigned
mask_of(const struct box *b, const struct place *p)
{
    unsigned mask = 0;

    for (size_t i = 0; i < b->n_by; i++)
        mask |= p->at[i] < b->n[i] ? 1u << i : 0;
    return mask;
}

static bool
is_named(const struct plan_table *t, size_t variable, size_t code)
{
    for (size_t i = 0; i < t->n_where; i++) {
        if (t->where[i].variable == variable && t->where[i].codes[code])
            return true;
    }
    return false;
}

static const struct plan_variable *
variable_of(const struct box *b, size_t by)
{
    return &b->plan->variables[b->table->by[by]];
}

static bool
has_code(const struct box *b, size_t by, uint16_t code)
{
    for (size_t i = 0; i < b->n[by]; i++) {
        if (b->codes[by][i] == code)
            return true;
    }
    return false;
}

/* The groups of the codes that have cells, in their order. */
static void
choose_groups(struct box *b, size_t by)
{
    const struct plan_variable *v = variable_of(b, by);
    size_t n_codes = b->n[by];

    for (size_t g = 0; g < v->n_groups; g++) {
        uint16_t group = (uint16_t)(v->n_codes + g);

        for (size_t i = 0; i < n_codes; i++) {
            if (plan_variable_group(v, b->codes[by][i]) == group &&
                !has_code(b, by, group))
                b->codes[by][b->n[by]++] = group;
        }
    }
    for (size_t i = 0; i < b->n[by]; i++) {
        if (plan_variable_group(v, b->codes[by][i]) == PLAN_NO_GROUP)
            b->top[by][b->n_top[by]++] = i;
    }
}

/* The codes that have cells, in the order of their list. */
static enum sv_err
choose_codes(struct box *b, size_t by)
{
    const struct plan_variable *v = variable_of(b, by);
    size_t n = v->n_codes + v->n_groups;

    b->codes[by] = calloc(n, sizeof *b->codes[by]);
    b->top[by] = calloc(n, sizeof *b->top[by]);
    if (b->codes[by] == NULL || b->top[by] == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < v->n_codes; i++) {
        if (b->counts->occurs[by][i] || is_named(b->table, b->table->by[by], i))
            b->codes[by][b->n[by]++] = (uint16_t)i;
    }
    choose_groups(b, by);
    return SV_OK;
}

static enum sv_err
box_init(struct box *b)
{
    enum sv_err err = SV_OK;
    size_t n;

    b->n_series = plan_cell_series(b->table);
    for (size_t i = 0; i < PLAN_BY_MAX && err == SV_OK; i++) {
        if (i < b->n_by)
            err = choose_codes(b, i);
    }
    if (err != SV_OK)
        return err;
    n = places(b);
    b->figure = calloc(n, sizeof *b->figure);
    b->parts = calloc(n, sizeof *b->parts);
    return b->figure != NULL && b->parts != NULL ? SV_OK : SV_ERR_NOMEM;
}

static void
box_clear(struct box *b)
{
    for (size_t i = 0; i < PLAN_BY_MAX; i++) {
        free(b->codes[i]);
        free(b->top[i]);
    }
    free(b->figure);
    free(b->parts);
    *b = (struct box){0};
}

/* The cell at p, as another series has it. */
static struct plan_cell
cell_at(const struct box *b, const struct place *p, size_t series)
{
    struct plan_cell cell = {(uint16_t)series,
                             {PLAN_CELL_ALL, PLAN_CELL_ALL, PLAN_CELL_ALL}};

    for (size_t i = 0; i < b->n_by; i++) {
        if (p->at[i] < b->n[i])
            cell.code[i] = b->codes[i][p->at[i]];
    }
    return cell;
}

static struct counted
count_at(const struct box *b, const struct place *p, size_t series)
{
    struct plan_cell cell = cell_at(b, p, series);
    const void *had = map_get(&b->counts->cells, &cell);
    struct counted c = {0};

    if (had != NULL)
        memcpy(&c, had, sizeof c);
    return c;
}

static bool
own_is_later(const struct box *b)
{
    return plan_cell_own_is_later(b->plan, b->table);
}

/* A change has no key: it is no set of records. */
static struct counted
value_at(const struct box *b, const struct place *p)
{
    struct counted change = {0};

    if (p->series != PLAN_SERIES_CHANGE)
        return count_at(b, p, p->series);
    change.n = count_at(b, p, PLAN_SERIES_OWN).n -
               count_at(b, p, PLAN_SERIES_COMPARED).n;
    if (!own_is_later(b))
        change.n = -change.n;
    return change;
}

static enum sv_err
add_figure(struct box *b, const struct place *p)
{
    struct plan_cell cell = cell_at(b, p, p->series);
    struct counted value = value_at(b, p);
    bool printed = plan_cell_is_printed(b->table, &cell);
    struct buf name = BUF_INIT;
    size_t at = 0;
    enum sv_err err;

    *figure_at(b, p) = NONE;
    if (p->series == PLAN_SERIES_CHANGE && !printed)
        return SV_OK;
    err = plan_cell_name(b->plan, b->number, &cell, &name);
    if (err == SV_OK)
        err = buf_append(&name, bytes_of("", 1));
    if (err == SV_OK)
        err = figures_add_counted(b->figures, (char *)name.ptr, &value, &at);
    if (err == SV_OK) {
        b->figures->at[at].is_change = p->series == PLAN_SERIES_CHANGE;
        b->figures->at[at].unprinted = !printed;
        *figure_at(b, p) = at;
    }
    buf_free(&name);
    return err;
}

/* Does each record have one value of the fields of mask? */
static bool
is_single(const struct box *b, unsigned mask)
{
    for (size_t i = 0; i < b->n_by; i++) {
        if ((mask >> i & 1) != 0 && variable_of(b, i)->multi)
            return false;
    }
    return true;
}

/* Are the printed cells by part right below the printed ones by whole? */
static bool
is_next_printed(const struct box *b, unsigned whole, unsigned part)
{
    if (!plan_has_cells(b->table, whole) || !plan_has_cells(b->table, part))
        return false;
    for (unsigned between = 0; between < part; between++) {
        if (between != whole && (between & whole) == whole &&
            (between & part) == between && plan_has_cells(b->table, between))
            return false;
    }
    return true;
}

/* What is not printed is related by one field at a time. */
static bool
adds_up(const struct box *b, unsigned whole, unsigned part)
{
    unsigned more = part & ~whole;

    if ((part & whole) != whole || more == 0 || !is_single(b, more))
        return false;
    return (more & (more - 1)) == 0 || is_next_printed(b, whole, part);
}

/* The figure at p is the sum of those by part. */
static enum sv_err
relate(struct box *b, const struct place *p, unsigned part)
{
    unsigned whole = mask_of(b, p);
    size_t len[PLAN_BY_MAX] = {1, 1, 1}, at[PLAN_BY_MAX] = {0}, n = 0;

    for (size_t i = 0; i < b->n_by; i++) {
        if (((part & ~whole) >> i & 1) == 0)
            continue;
        if (b->n_top[i] == 0)
            return SV_OK; /* nothing occurs, and 0 is the sum of nothing */
        len[i] = b->n_top[i];
    }
    do {
        struct place below = *p;

        for (size_t i = 0; i < b->n_by; i++) {
            if (((part & ~whole) >> i & 1) != 0)
                below.at[i] = b->top[i][at[i]];
        }
        b->parts[n++] = *figure_at(b, &below);
    } while (tally_turn(PLAN_BY_MAX, len, at));
    return figures_relate(b->figures, *figure_at(b, p), n, b->parts, true);
}

/* The figure at p is of a group of this field: the sum of its codes. */
static enum sv_err
relate_group(struct box *b, const struct place *p, size_t by)
{
    const struct plan_variable *v = variable_of(b, by);
    size_t n = 0;

    if (v->multi || p->at[by] == b->n[by] ||
        b->codes[by][p->at[by]] < v->n_codes)
        return SV_OK;
    for (size_t i = 0; i < b->n[by]; i++) {
        struct place below = *p;

        below.at[by] = i;
        if (plan_variable_group(v, b->codes[by][i]) == b->codes[by][p->at[by]])
            b->parts[n++] = *figure_at(b, &below);
    }
    return figures_relate(b->figures, *figure_at(b, p), n, b->parts, true);
}

/* The later year's figure is the earlier year's and the change. */
static enum sv_err
relate_change(struct box *b, const struct place *p)
{
    struct place later = *p, earlier = *p;
    size_t parts[2];

    later.series = own_is_later(b) ? PLAN_SERIES_OWN : PLAN_SERIES_COMPARED;
    earlier.series = own_is_later(b) ? PLAN_SERIES_COMPARED : PLAN_SERIES_OWN;
    parts[0] = *figure_at(b, &earlier);
    parts[1] = *figure_at(b, p);
    return figures_relate(b->figures, *figure_at(b, &later), 2, parts, true);
}

static enum sv_err
relate_place(struct box *b, const struct place *p)
{
    unsigned whole = mask_of(b, p);
    enum sv_err err = SV_OK;

    if (*figure_at(b, p) == NONE)
        return SV_OK;
    if (p->series == PLAN_SERIES_CHANGE)
        return relate_change(b, p);
    for (unsigned part = 1; part < 1u << b->n_by && err == SV_OK; part++) {
        if (adds_up(b, whole, part))
            err = relate(b, p, part);
    }
    for (size_t i = 0; i < b->n_by && err == SV_OK; i++)
        err = relate_group(b, p, i);
    return err;
}

static enum sv_err
end_table(const struct tally *t, size_t table, struct figures *out)
{
    struct box b = {.plan = t->plan,
                    .number = table,
                    .table = &t->plan->tables[table],
                    .n_by = t->plan->tables[table].n_by,
                    .counts = &t->tables[table],
                    .figures = out};
    struct place p = {0};
    enum sv_err err = box_init(&b);

    if (err != SV_OK)
        goto out;
    do {
        err = add_figure(&b, &p);
    } while (err == SV_OK && next_place(&b, &p));
    if (err != SV_OK)
        goto out;
    p = (struct place){0};
    do {
        err = relate_place(&b, &p);
    } while (err == SV_OK && next_place(&b, &p));
out:
    box_clear(&b);
    return err;
}

enum sv_err
tally_end(const struct tally *t, struct figures *out)
{
    struct figures figures;
    enum sv_err err = SV_OK;

    figures_init(&figures);
    for (size_t i = 0; i < t->plan->n && err == SV_OK; i++)
        err = end_table(t, i, &figures);
    if (err != SV_OK) {
        figures_clear(&figures);
        return err;
    }
    *out = figures;
    return SV_OK;
}
