#include "counts/plan_cell.h"

#include <string.h>

#define TOTAL "total"
#define CHANGE "change"
#define SHARE "share"
#define PERCENT "percent"

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

size_t
plan_cell_count(const struct plan *p, const struct plan_table *t)
{
    size_t n = 1;

    for (size_t i = 0; i < t->n_by; i++) {
        const struct plan_variable *v = &p->variables[t->by[i]];

        n *= v->n_codes + v->n_groups + 1;
    }
    return n;
}

bool
plan_cell_is_percent(enum plan_series series)
{
    return series >= PLAN_SERIES_SHARE;
}

bool
plan_cell_is_printed(const struct plan_table *t, const struct plan_cell *cell)
{
    unsigned mask = plan_cell_mask(cell), along = 1u << t->share.by;

    if (cell->series == PLAN_SERIES_SHARE ||
        cell->series == PLAN_SERIES_SHARE_COMPARED)
        return (mask & along) != 0 && plan_has_cells(t, mask) &&
               plan_has_cells(t, mask & ~along);
    return plan_has_cells(t, mask);
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

static bool
is_share(enum plan_series series)
{
    return series == PLAN_SERIES_SHARE || series == PLAN_SERIES_SHARE_COMPARED;
}

static enum sv_err
name_series(const struct plan *p, const struct plan_table *t,
            enum plan_series series, struct buf *out)
{
    enum sv_err err = is_share(series) ? buf_text(out, "." SHARE) : SV_OK;

    if (err != SV_OK || !t->compared)
        return err;
    if (series == PLAN_SERIES_CHANGE)
        return buf_text(out, "." CHANGE);
    if (series == PLAN_SERIES_PERCENT)
        return buf_text(out, "." PERCENT);
    return buf_printf(out, ".%u",
                      series == PLAN_SERIES_OWN || series == PLAN_SERIES_SHARE
                          ? p->period.year
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
        err = name_series(p, t, (enum plan_series)cell->series, out);
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

/* Over this part, if the name goes on with it. */
static bool
skip_part(struct bytes *rest, const char *part)
{
    struct bytes after = *rest, here;

    if (!text_split(&after, '.', &here) || !text_is(here, part))
        return false;
    *rest = after;
    return true;
}

static enum sv_err
parse_series(const struct plan *p, const struct plan_table *t,
             struct bytes *rest, struct plan_cell *cell)
{
    bool share = t->share.given && skip_part(rest, SHARE);
    struct bytes part;
    uint64_t year;

    cell->series = share ? PLAN_SERIES_SHARE : PLAN_SERIES_OWN;
    if (!t->compared)
        return SV_OK;
    if (!share && t->delta && skip_part(rest, CHANGE)) {
        cell->series = PLAN_SERIES_CHANGE;
        return SV_OK;
    }
    if (!share && t->percent.given && skip_part(rest, PERCENT)) {
        cell->series = PLAN_SERIES_PERCENT;
        return SV_OK;
    }
    if (!text_split(rest, '.', &part) ||
        text_u64(part, PLAN_YEAR_MIN, PLAN_YEAR_MAX, &year) != SV_OK ||
        (year != p->period.year && year != t->compare_year))
        return SV_ERR_FORMAT;
    if (year != p->period.year)
        cell->series =
            share ? PLAN_SERIES_SHARE_COMPARED : PLAN_SERIES_COMPARED;
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
    if (err == SV_OK && is_share((enum plan_series)found.series) &&
        !plan_cell_is_printed(&p->tables[at], &found))
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        err = check_name(p, name, at, &found);
    if (err != SV_OK)
        return err;
    *table = at;
    *cell = found;
    return SV_OK;
}
