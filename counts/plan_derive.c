#include "counts/plan_derive.h"

#include <inttypes.h>
#include <stdlib.h>

#include "counts/plan_cell.h"

/* Of counts and of percentages: products of them do not overflow. */
#define VALUE_MAX (INT64_C(1) << 48)

struct derivation {
    const struct plan *plan;
    size_t table; /* of the figure at hand */
    struct figures *f;
};

static enum sv_err
name_of(const struct derivation *d, const struct plan_cell *cell,
        struct buf *out)
{
    enum sv_err err = plan_cell_name(d->plan, d->table, cell, out);

    return err == SV_OK ? buf_append(out, bytes_of("", 1)) : err;
}

/* The printed figure of a cell; NULL where none is known. */
static enum sv_err
find(const struct derivation *d, const struct plan_cell *cell,
     const struct figure **out)
{
    struct buf name = BUF_INIT;
    size_t at;
    enum sv_err err = name_of(d, cell, &name);

    *out = NULL;
    if (err == SV_OK && figures_find(d->f, (char *)name.ptr, &at) == SV_OK &&
        d->f->at[at].known && !d->f->at[at].unprinted)
        *out = &d->f->at[at];
    buf_free(&name);
    return err;
}

/* 100 x part / whole in units of the last digit, rounded to the nearest. */
static int64_t
percent_of(int64_t part, int64_t whole, unsigned digits)
{
    int64_t scale = digits == 0 ? 100 : 1000;
    int64_t magnitude = part < 0 ? -part : part;
    int64_t value = (2 * magnitude * scale + whole) / (2 * whole);

    return part < 0 ? -value : value;
}

static enum sv_err
add(const struct derivation *d, const struct plan_cell *cell, int64_t part,
    int64_t whole, unsigned digits, const char *reason)
{
    struct buf name = BUF_INIT;
    size_t at = 0;
    enum sv_err err = name_of(d, cell, &name);

    if (err == SV_OK &&
        (whole > VALUE_MAX || part > VALUE_MAX || part < -VALUE_MAX))
        err = SV_ERR_RANGE;
    if (err == SV_OK && reason != NULL)
        err = figures_add_unknown(d->f, (char *)name.ptr, reason, &at);
    else if (err == SV_OK)
        err = figures_add(d->f, (char *)name.ptr,
                          percent_of(part, whole, digits), &at);
    if (err == SV_OK) {
        d->f->at[at].is_percent = true;
        d->f->at[at].digits = digits;
        d->f->at[at].is_change = cell->series == PLAN_SERIES_PERCENT;
    }
    buf_free(&name);
    return err;
}

/* What part of the total over the field the figure of this cell is. */
static enum sv_err
add_share(const struct derivation *d, const struct plan_cell *of)
{
    const struct plan_table *t = &d->plan->tables[d->table];
    const struct figure *part = NULL, *whole = NULL;
    const char *reason = NULL;
    struct plan_cell cell = *of;
    enum sv_err err = find(d, &cell, &part);

    cell.code[t->share.by] = PLAN_CELL_ALL;
    if (err == SV_OK)
        err = find(d, &cell, &whole);
    if (err != SV_OK || part == NULL || whole == NULL)
        return err;
    if (whole->value < PLAN_DERIVE_MIN)
        reason = N_("the whole is under 20");
    else if (part->value > whole->value)
        reason = N_("rounded, the part is more than the whole");
    cell = *of;
    cell.series = of->series == PLAN_SERIES_OWN ? PLAN_SERIES_SHARE
                                                : PLAN_SERIES_SHARE_COMPARED;
    return plan_cell_is_printed(t, &cell)
               ? add(d, &cell, part->value, whole->value, t->share.digits,
                     reason)
               : SV_OK;
}

/* The figures of both years, for a cell of either. */
static enum sv_err
find_years(const struct derivation *d, const struct plan_cell *of,
           const struct figure **later, const struct figure **earlier)
{
    bool own_is_later =
        plan_cell_own_is_later(d->plan, &d->plan->tables[d->table]);
    struct plan_cell cell = *of;
    enum sv_err err;

    cell.series = own_is_later ? PLAN_SERIES_OWN : PLAN_SERIES_COMPARED;
    err = find(d, &cell, later);
    cell.series = own_is_later ? PLAN_SERIES_COMPARED : PLAN_SERIES_OWN;
    return err == SV_OK ? find(d, &cell, earlier) : err;
}

/* The change of the earlier year's figure. */
static enum sv_err
add_change(const struct derivation *d, const struct plan_cell *of)
{
    const struct figure *later = NULL, *earlier = NULL;
    struct plan_cell cell = *of;
    enum sv_err err = find_years(d, of, &later, &earlier);

    if (err != SV_OK || later == NULL || earlier == NULL)
        return err;
    cell.series = PLAN_SERIES_PERCENT;
    return add(d, &cell, later->value - earlier->value, earlier->value,
               d->plan->tables[d->table].percent.digits,
               earlier->value < PLAN_DERIVE_MIN
                   ? N_("the earlier figure is under 20")
                   : NULL);
}

/* Between the figures that are printed. */
static enum sv_err
renew_change(struct derivation *d, struct figure *change,
             const struct plan_cell *of)
{
    const struct figure *later = NULL, *earlier = NULL;
    enum sv_err err = find_years(d, of, &later, &earlier);

    if (err == SV_OK && later != NULL && earlier != NULL)
        change->value = later->value - earlier->value;
    return err;
}

enum pass { PASS_CHANGES, PASS_SHARES, PASS_PERCENTS };

static enum sv_err
derive_figure(struct derivation *d, enum pass pass, size_t i)
{
    struct figure *f = &d->f->at[i];
    const struct plan_table *t;
    struct plan_cell cell;
    enum sv_err err =
        plan_cell_parse(d->plan, bytes_text(f->name), &d->table, &cell);

    if (err != SV_OK || f->unprinted)
        return err;
    t = &d->plan->tables[d->table];
    if (pass == PASS_CHANGES && cell.series == PLAN_SERIES_CHANGE)
        return renew_change(d, f, &cell);
    if (pass == PASS_SHARES && t->share.given && !f->is_change)
        return add_share(d, &cell);
    if (pass == PASS_PERCENTS && t->percent.given &&
        cell.series == PLAN_SERIES_OWN)
        return add_change(d, &cell);
    return SV_OK;
}

enum sv_err
plan_derive(const struct plan *p, struct figures *printed)
{
    struct derivation d = {.plan = p, .f = printed};
    size_t n = printed->n;
    enum sv_err err = SV_OK;

    for (int pass = PASS_CHANGES; pass <= PASS_PERCENTS; pass++) {
        for (size_t i = 0; i < n && err == SV_OK; i++)
            err = derive_figure(&d, (enum pass)pass, i);
    }
    return err;
}

enum sv_err
plan_derive_text(const struct figure *f, struct buf *out)
{
    const char *sign = f->value < 0 ? "-" : "";
    uint64_t value = f->value < 0 ? -(uint64_t)f->value : (uint64_t)f->value;

    if (f->digits == 0)
        return buf_printf(out, "%s%" PRIu64, sign, value);
    return buf_printf(out, "%s%" PRIu64 ".%" PRIu64, sign, value / 10,
                      value % 10);
}

enum sv_err
plan_derive_parse(struct bytes text, int64_t *value, unsigned *digits)
{
    struct bytes rest = text, whole;
    bool negative = text_skip(&rest, "-");
    size_t len = rest.len;
    uint64_t n, tenths = 0;

    if (!text_split(&rest, '.', &whole) ||
        text_u64(whole, 0, VALUE_MAX, &n) != SV_OK)
        return SV_ERR_FORMAT;
    *digits = whole.len < len ? 1 : 0;
    if (*digits == 1) {
        if (text_u64(rest, 0, 9, &tenths) != SV_OK)
            return SV_ERR_FORMAT;
        n = n * 10 + tenths;
    }
    if (negative && n == 0) /* is written 0 */
        return SV_ERR_FORMAT;
    *value = negative ? -(int64_t)n : (int64_t)n;
    return SV_OK;
}
