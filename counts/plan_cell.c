#include "counts/plan_cell.h"

#include <string.h>

#define TOTAL "total"
#define CHANGE "change"

static const struct plan_variable *
variable_of(const struct plan *p, size_t table, size_t by)
{
    return &p->variables[p->tables[table].by[by]];
}

size_t
plan_cell_series(const struct plan_table *t)
{
    if (!t->compared)
        return PLAN_SERIES_OWN + 1;
    return t->delta ? PLAN_SERIES_CHANGE + 1 : PLAN_SERIES_COMPARED + 1;
}

bool
plan_cell_own_is_later(const struct plan *p, const struct plan_table *t)
{
    return p->period.year > t->compare_year;
}

unsigned
plan_cell_mask(const struct plan_cell *cell)
{
    unsigned mask = 0;

    for (size_t i = 0; i < PLAN_BY_MAX; i++)
        mask |= cell->code[i] != PLAN_CELL_ALL ? 1u << i : 0;
    return mask;
}

static enum sv_err
name_series(const struct plan *p, const struct plan_table *t, unsigned series,
            struct buf *out)
{
    if (!t->compared)
        return SV_OK;
    if (series == PLAN_SERIES_CHANGE)
        return buf_text(out, "." CHANGE);
    return buf_printf(out, ".%u",
                      series == PLAN_SERIES_OWN ? p->period.year
                                                : t->compare_year);
}

enum sv_err
plan_cell_name(const struct plan *p, size_t table, const struct plan_cell *cell,
               struct buf *out)
{
    const struct plan_table *t = &p->tables[table];
    bool total = plan_cell_mask(cell) == 0;
    size_t was = out->len;
    enum sv_err err = buf_text(out, t->name);

    if (err == SV_OK)
        err = name_series(p, t, cell->series, out);
    if (err == SV_OK && total)
        err = buf_text(out, "." TOTAL);
    for (size_t i = 0; i < t->n_by && !total && err == SV_OK; i++) {
        err = buf_text(out, ".");
        if (err == SV_OK)
            err =
                buf_text(out, cell->code[i] == PLAN_CELL_ALL
                                  ? TOTAL
                                  : plan_variable_part(variable_of(p, table, i),
                                                       cell->code[i]));
    }
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

static enum sv_err
parse_series(const struct plan *p, const struct plan_table *t,
             struct bytes *rest, struct plan_cell *cell)
{
    struct bytes part;
    uint64_t year;

    if (!t->compared)
        return SV_OK;
    if (!text_split(rest, '.', &part))
        return SV_ERR_FORMAT;
    if (text_is(part, CHANGE) && t->delta) {
        cell->series = PLAN_SERIES_CHANGE;
        return SV_OK;
    }
    if (text_u64(part, PLAN_YEAR_MIN, PLAN_YEAR_MAX, &year) != SV_OK ||
        (year != p->period.year && year != t->compare_year))
        return SV_ERR_FORMAT;
    cell->series =
        year == p->period.year ? PLAN_SERIES_OWN : PLAN_SERIES_COMPARED;
    return SV_OK;
}

static enum sv_err
parse_codes(const struct plan *p, size_t table, struct bytes rest,
            struct plan_cell *cell)
{
    const struct plan_table *t = &p->tables[table];
    struct bytes part;
    size_t code;

    if (text_is(rest, TOTAL))
        return SV_OK;
    for (size_t i = 0; i < t->n_by; i++) {
        if (!text_split(&rest, '.', &part))
            return SV_ERR_FORMAT;
        if (text_is(part, TOTAL))
            continue;
        if (plan_variable_parse(variable_of(p, table, i), part, &code) != SV_OK)
            return SV_ERR_FORMAT;
        cell->code[i] = (uint16_t)code;
    }
    return SV_OK;
}

/* One figure has one name. */
static enum sv_err
check_name(const struct plan *p, struct bytes name, size_t table,
           const struct plan_cell *cell)
{
    struct buf again = BUF_INIT;
    enum sv_err err = plan_cell_name(p, table, cell, &again);

    if (err == SV_OK && !bytes_equal(buf_bytes(&again), name))
        err = SV_ERR_FORMAT;
    buf_free(&again);
    return err;
}

enum sv_err
plan_cell_parse(const struct plan *p, struct bytes name, size_t *table,
                struct plan_cell *cell)
{
    struct plan_cell found = {0, {PLAN_CELL_ALL, PLAN_CELL_ALL, PLAN_CELL_ALL}};
    struct bytes rest = name, part;
    size_t at = 0;
    enum sv_err err;

    if (!text_split(&rest, '.', &part))
        return SV_ERR_FORMAT;
    while (at < p->n && !text_is(part, p->tables[at].name))
        at++;
    if (at == p->n)
        return SV_ERR_FORMAT;
    err = parse_series(p, &p->tables[at], &rest, &found);
    if (err == SV_OK)
        err = parse_codes(p, at, rest, &found);
    if (err == SV_OK && !plan_has_cells(&p->tables[at], plan_cell_mask(&found)))
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        err = check_name(p, name, at, &found);
    if (err != SV_OK)
        return err;
    *table = at;
    *cell = found;
    return SV_OK;
}
