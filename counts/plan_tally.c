#include <stdlib.h>
#include <string.h>

#include "counts/plan_tally_internal.h"

const struct plan_variable *
tally_variable(const struct plan *plan, const struct plan_table *t, size_t by)
{
    return &plan->variables[t->by[by]];
}

bool
tally_turn(size_t n, const size_t len[], size_t at[])
{
    for (size_t i = n; i-- > 0;) {
        if (++at[i] < len[i])
            return true;
        at[i] = 0;
    }
    return false;
}

enum sv_err
tally_new(const struct plan *plan, struct tally **out)
{
    struct tally *t = calloc(1, sizeof *t);

    if (t == NULL)
        return SV_ERR_NOMEM;
    t->plan = plan;
    t->values = calloc(plan->n_variables + 1, sizeof *t->values);
    if (t->values == NULL)
        goto nomem;
    for (size_t i = 0; i < plan->n; i++) {
        struct tally_table *table = &t->tables[i];

        map_init(&table->cells, sizeof(struct plan_cell),
                 sizeof(struct counted));
        for (size_t k = 0; k < plan->tables[i].n_by; k++) {
            table->occurs[k] =
                calloc(tally_variable(plan, &plan->tables[i], k)->n_codes,
                       sizeof *table->occurs[k]);
            if (table->occurs[k] == NULL)
                goto nomem;
        }
    }
    *out = t;
    return SV_OK;
nomem:
    tally_free(t);
    return SV_ERR_NOMEM;
}

void
tally_free(struct tally *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->plan->n; i++) {
        map_clear(&t->tables[i].cells);
        for (size_t k = 0; k < PLAN_BY_MAX; k++)
            free(t->tables[i].occurs[k]);
    }
    if (t->values != NULL)
        wipe(t->values, (t->plan->n_variables + 1) * sizeof *t->values);
    free(t->values);
    free(t);
}

/* The one value of a field; {NULL, 0} where it is missing. */
static struct bytes
value_of(const struct content *coded, size_t field)
{
    const struct content_field *f = &coded->fields[field];

    if (!f->given || f->missing != MISSING_NOT || f->n != 1)
        return bytes_of(NULL, 0);
    return bytes_of(f->values[0].ptr, f->values[0].len);
}

/* The year of a day: calendar, or from April. */
static unsigned
year_of_day(struct bytes day, bool fiscal)
{
    uint64_t year;

    if (!text_is_date(day) ||
        text_u64(bytes_slice(day, 0, 4), 0, 9999, &year) != SV_OK)
        return 0;
    if (fiscal && bytes_compare(bytes_slice(day, 5, 2), bytes_text("04")) < 0)
        year--;
    return (unsigned)year;
}

/* The year in which a record counts; 0 where it counts in none. */
static unsigned
year_of(const struct plan_period *period, const struct content *coded)
{
    uint64_t year;

    if (period->has_basis &&
        !text_is(value_of(coded, period->basis_field), period->basis))
        return 0;
    if (!period->by_year)
        return year_of_day(value_of(coded, period->day_field), period->fiscal);
    if (text_u64(value_of(coded, period->year_field), 0, 9999, &year) != SV_OK)
        return 0;
    return (unsigned)year;
}

/* Does the record fit where? */
static bool
fits(const struct tally *t, const struct plan_table *table)
{
    for (size_t i = 0; i < table->n_where; i++) {
        const struct plan_term *term = &table->where[i];
        const struct tally_values *values = &t->values[term->variable];
        bool any = false;

        for (size_t k = 0; k < values->n; k++)
            any = any || term->codes[values->codes[k]];
        if (!any)
            return false;
    }
    return true;
}

static enum sv_err
count_one(struct map *cells, const struct plan_cell *cell, uint64_t key)
{
    const void *had = map_get(cells, cell);
    struct counted c = {0};

    if (had != NULL)
        memcpy(&c, had, sizeof c); /* the map aligns nothing */
    counted_add(&c, key);
    return map_set(cells, cell, &c);
}

/* Each combination of the record's codes and groups in the fields of mask,
 * once. */
static enum sv_err
count_mask(struct tally *t, size_t table, uint16_t series, unsigned mask)
{
    const struct plan_table *p = &t->plan->tables[table];
    const struct tally_values *values[PLAN_BY_MAX] = {NULL};
    size_t len[PLAN_BY_MAX] = {1, 1, 1}, at[PLAN_BY_MAX] = {0};
    enum sv_err err;

    for (size_t i = 0; i < p->n_by; i++) {
        values[i] = &t->values[p->by[i]];
        if ((mask >> i & 1) != 0)
            len[i] = values[i]->n_all;
    }
    do {
        struct plan_cell cell = {series,
                                 {PLAN_CELL_ALL, PLAN_CELL_ALL, PLAN_CELL_ALL}};

        for (size_t i = 0; i < p->n_by; i++) {
            if ((mask >> i & 1) != 0)
                cell.code[i] = values[i]->codes[at[i]];
        }
        err = count_one(&t->tables[table].cells, &cell, t->key);
    } while (err == SV_OK && tally_turn(PLAN_BY_MAX, len, at));
    return err;
}

static enum sv_err
count_in(struct tally *t, size_t table, uint16_t series)
{
    const struct plan_table *p = &t->plan->tables[table];
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < p->n_by; i++) {
        const struct tally_values *values = &t->values[p->by[i]];

        for (size_t k = 0; k < values->n; k++)
            t->tables[table].occurs[i][values->codes[k]] = true;
    }
    for (unsigned mask = 0; mask < 1u << p->n_by && err == SV_OK; mask++)
        err = count_mask(t, table, series, mask);
    return err;
}

static void
add_group(struct tally_values *values, uint16_t group)
{
    for (size_t i = values->n; i < values->n_all; i++) {
        if (values->codes[i] == group)
            return;
    }
    values->codes[values->n_all++] = group;
}

static enum sv_err
read_values(const struct plan_variable *v, const struct content *coded,
            struct tally_values *values)
{
    enum sv_err err = plan_variable_read(v, coded, values->codes, &values->n);

    if (err != SV_OK)
        return err;
    values->n_all = values->n;
    for (size_t i = 0; i < values->n; i++) {
        uint16_t group = plan_variable_group(v, values->codes[i]);

        if (group != PLAN_NO_GROUP)
            add_group(values, group);
    }
    return SV_OK;
}

enum sv_err
tally_add(struct tally *t, const char *type, uint64_t key,
          const struct content *coded)
{
    const struct plan *plan = t->plan;
    unsigned year = 0;
    enum sv_err err = SV_OK;

    if (strcmp(type, plan->type->name) != 0)
        return SV_OK;
    if (coded->compartment != plan->coded)
        return SV_ERR_USAGE;
    t->key = key;
    if (plan->period.given) {
        year = year_of(&plan->period, coded);
        if (year == 0)
            return SV_OK;
    }
    for (size_t i = 0; i < plan->n_variables && err == SV_OK; i++)
        err = read_values(&plan->variables[i], coded, &t->values[i]);
    for (size_t i = 0; i < plan->n && err == SV_OK; i++) {
        const struct plan_table *table = &plan->tables[i];

        if (plan->period.given && year != plan->period.year &&
            !(table->compared && year == table->compare_year))
            continue;
        if (fits(t, table))
            err = count_in(t, i,
                           year == plan->period.year ? PLAN_SERIES_OWN
                                                     : PLAN_SERIES_COMPARED);
    }
    return err;
}
