#include "counts/plan_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts/dimension.h"
#include "counts/plan_cell.h"

#define NO_FACT SIZE_MAX

/* Which cell a figure is, and where it is among the facts. */
struct place {
    size_t table;
    struct plan_cell cell;
    size_t fact; /* or NO_FACT */
};

struct making {
    const struct plan *plan;
    const struct figures *figures;
    const struct printed *printed;
    struct dimension_of in;
    size_t release, population;
    struct place *places; /* owned: of each figure */
};

/* People who have one of these codes of each of these fields. */
struct set {
    unsigned year; /* 0: of any */
    size_t n;
    struct {
        const struct plan_variable *variable;
        const bool *codes;
    } terms[PLAN_VARIABLES_MAX + PLAN_BY_MAX];
};

/* ---- sets ---- */

/* One of several codes of a field with several values. */
static bool
is_union(const struct plan_variable *v, const bool *codes)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_codes; i++)
        n += codes[i] ? 1 : 0;
    return v->multi && n > 1 && n < v->n_codes;
}

static size_t
unions_of(const struct set *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += is_union(s->terms[i].variable, s->terms[i].codes) ? 1 : 0;
    return n;
}

/* Narrow the figure to the set; of each union in `without` (as bits, in
 * their order) to who has none of it, and of no other union. */
static enum sv_err
narrow(const struct making *m, size_t figure, const struct set *s,
       unsigned without)
{
    const struct plan_period *period = &m->plan->period;
    enum sv_err err = SV_OK;
    unsigned bit = 1;

    if (s->year != 0)
        err = dimension_year(&m->in, figure, period->basis, period->fiscal,
                             s->year);
    for (size_t i = 0; i < s->n && err == SV_OK; i++) {
        const struct plan_variable *v = s->terms[i].variable;
        const bool *codes = s->terms[i].codes;

        if (!is_union(v, codes)) {
            err = dimension_term(&m->in, figure, v, codes);
            continue;
        }
        if ((without & bit) != 0)
            err = dimension_none(&m->in, figure, v, codes);
        bit <<= 1;
    }
    return err;
}

static enum sv_err
add_figure(const struct making *m, const char *name, const struct set *s,
           unsigned without, size_t *at)
{
    enum sv_err err = facts_figure(m->in.facts, m->release, m->population, name,
                                   m->plan->as_of, at);

    return err == SV_OK ? narrow(m, *at, s, without) : err;
}

/* Who has one of several: all, less who has none, and so on over each of n
 * such fields; so many as are from lo to hi. */
static enum sv_err
state_unions(const struct making *m, const char *name, const struct set *s,
             size_t n, int64_t lo, int64_t hi)
{
    size_t figures[1 << PLAN_FACTS_UNIONS_MAX];
    int64_t factors[1 << PLAN_FACTS_UNIONS_MAX];
    char part[FACTS_FIGURE_SIZE];
    enum sv_err err = SV_OK;

    if (n > PLAN_FACTS_UNIONS_MAX)
        return SV_ERR_RANGE;
    for (unsigned i = 0; i < 1u << n && err == SV_OK; i++) {
        (void)snprintf(part, sizeof part, "%s.without-%u", name, i);
        err = add_figure(m, part, s, i, &figures[i]);
        factors[i] = __builtin_popcount(i) % 2 == 0 ? 1 : -1;
    }
    return err == SV_OK ? facts_state(m->in.facts, m->release, (size_t)1 << n,
                                      figures, factors, lo, hi)
                        : err;
}

/* ---- what is printed of them ---- */

static enum sv_err
print(const struct making *m, size_t at, int64_t value)
{
    return m->printed->rounded
               ? facts_print_rounded(m->in.facts, at, value, m->printed->base,
                                     m->printed->steps)
               : facts_print_exact(m->in.facts, at, value);
}

static enum sv_err
add_set(const struct making *m, const struct figure *f, const struct set *s,
        size_t *fact)
{
    size_t n = unions_of(s), at = 0;
    enum sv_err err;

    if (n > 0 && (f->unprinted || m->printed->rounded))
        return f->unprinted ? SV_OK : SV_ERR_INPUT;
    if (n > 0)
        return state_unions(m, f->name, s, n, f->value, f->value);
    err = add_figure(m, f->name, s, 0, &at);
    if (err == SV_OK && !f->unprinted)
        err = print(m, at, f->value);
    if (err == SV_OK)
        *fact = at;
    return err;
}

/* ---- cells ---- */

static unsigned
year_of(const struct plan *p, const struct plan_table *t, unsigned series)
{
    if (!p->period.given)
        return 0;
    return series == PLAN_SERIES_OWN ? p->period.year : t->compare_year;
}

static void
add_term(struct set *s, const struct plan_variable *v, const bool *codes)
{
    s->terms[s->n].variable = v;
    s->terms[s->n++].codes = codes;
}

static struct set
set_of_table(const struct plan *p, const struct plan_table *t, unsigned series)
{
    struct set s = {.year = year_of(p, t, series)};

    for (size_t i = 0; i < t->n_where; i++)
        add_term(&s, &p->variables[t->where[i].variable], t->where[i].codes);
    return s;
}

/* The code, or those of the group. */
static bool *
codes_of(const struct plan_variable *v, uint16_t code)
{
    bool *codes = calloc(v->n_codes, sizeof *codes);

    for (size_t i = 0; codes != NULL && i < v->n_codes; i++)
        codes[i] = i == code ||
                   (code >= v->n_codes && plan_variable_group(v, i) == code);
    return codes;
}

static enum sv_err
add_cell(const struct making *m, const struct figure *f, size_t table,
         const struct plan_cell *cell, size_t *fact)
{
    const struct plan_table *t = &m->plan->tables[table];
    struct set s = set_of_table(m->plan, t, cell->series);
    bool *codes[PLAN_BY_MAX] = {NULL};
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < PLAN_BY_MAX && err == SV_OK; i++) {
        const struct plan_variable *v = &m->plan->variables[t->by[i]];

        if (cell->code[i] == PLAN_CELL_ALL)
            continue; /* also behind the fields of by */
        codes[i] = codes_of(v, cell->code[i]);
        if (codes[i] == NULL)
            err = SV_ERR_NOMEM;
        else
            add_term(&s, v, codes[i]);
    }
    if (err == SV_OK)
        err = add_set(m, f, &s, fact);
    for (size_t i = 0; i < PLAN_BY_MAX; i++)
        free(codes[i]);
    return err;
}

/* ---- codes that are not shown ---- */

/* Which codes of a field some figure of the table is about. */
static void
find_shown(const struct making *m, size_t table, size_t by, bool *shown)
{
    for (size_t i = 0; i < m->figures->n; i++) {
        const struct place *p = &m->places[i];

        if (p->table == table && p->cell.code[by] != PLAN_CELL_ALL)
            shown[p->cell.code[by]] = true;
    }
}

/* Every code that is not shown is 0, in a year. */
static enum sv_err
add_rest_exact(const struct making *m, const struct plan_table *t,
               unsigned series, const struct plan_variable *v,
               const bool *hidden)
{
    struct set s = set_of_table(m->plan, t, series);
    char name[FACTS_FIGURE_SIZE];
    size_t at = 0;
    enum sv_err err;

    if (unions_of(&s) > 0)
        return SV_OK;
    add_term(&s, v, hidden);
    if (m->plan->period.given)
        (void)snprintf(name, sizeof name, "%s.%u.rest-%s", t->name, s.year,
                       v->name);
    else
        (void)snprintf(name, sizeof name, "%s.rest-%s", t->name, v->name);
    err = add_figure(m, name, &s, 0, &at);
    return err == SV_OK ? facts_print_exact(m->in.facts, at, 0) : err;
}

/* Each code that is not shown came to 0. */
static enum sv_err
add_rest_rounded(const struct making *m, size_t table, unsigned series,
                 size_t by, const bool *hidden)
{
    const struct plan_table *t = &m->plan->tables[table];
    const struct plan_variable *v = &m->plan->variables[t->by[by]];
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < v->n_codes && err == SV_OK; i++) {
        struct plan_cell cell = {(uint16_t)series,
                                 {PLAN_CELL_ALL, PLAN_CELL_ALL, PLAN_CELL_ALL}};
        struct figure f = {.known = true};
        struct buf name = BUF_INIT;
        size_t fact;

        if (!hidden[i])
            continue;
        cell.code[by] = (uint16_t)i;
        err = plan_cell_name(m->plan, table, &cell, &name);
        if (err == SV_OK)
            err = text_copy(buf_bytes(&name), f.name, sizeof f.name);
        if (err == SV_OK)
            err = add_cell(m, &f, table, &cell, &fact);
        buf_free(&name);
    }
    return err;
}

/* Are others counted by the dimension that the code is of?  Of a field with
 * several values each code has a dimension of its own, but for one. */
static bool
is_shared(const struct plan_variable *v, size_t code)
{
    return !v->multi || (strcmp(v->name, "citizenship") == 0 &&
                         strcmp(plan_variable_code(v, code), "JPN") == 0);
}

/* Of a field that the table counts by. */
static enum sv_err
add_rest(const struct making *m, size_t table, size_t by)
{
    const struct plan_table *t = &m->plan->tables[table];
    const struct plan_variable *v = &m->plan->variables[t->by[by]];
    bool *hidden = calloc(v->n_codes + v->n_groups, sizeof *hidden);
    size_t n = 0;
    enum sv_err err = hidden != NULL ? SV_OK : SV_ERR_NOMEM;

    if (err == SV_OK)
        find_shown(m, table, by, hidden);
    for (size_t i = 0; err == SV_OK && i < v->n_codes; i++) {
        hidden[i] = !hidden[i] && is_shared(v, i);
        n += hidden[i] ? 1 : 0;
    }
    for (unsigned series = PLAN_SERIES_OWN;
         err == SV_OK && n > 0 &&
         series <= (t->compared ? PLAN_SERIES_COMPARED : PLAN_SERIES_OWN);
         series++)
        err = m->printed->rounded
                  ? add_rest_rounded(m, table, series, by, hidden)
                  : add_rest_exact(m, t, series, v, hidden);
    free(hidden);
    return err;
}

/* ---- statements ---- */

/* The fact of the same cell in another series, or over all codes of a field
 * (by, where it is one); NO_FACT where there is none. */
static enum sv_err
fact_of(const struct making *m, size_t table, const struct plan_cell *of,
        enum plan_series series, size_t by, size_t *out)
{
    struct plan_cell cell = *of;
    struct buf name = BUF_INIT;
    size_t at;
    enum sv_err err;

    cell.series = (uint16_t)series;
    if (by < PLAN_BY_MAX)
        cell.code[by] = PLAN_CELL_ALL;
    *out = NO_FACT;
    err = plan_cell_name(m->plan, table, &cell, &name);
    if (err == SV_OK)
        err = buf_append(&name, bytes_of("", 1));
    if (err == SV_OK &&
        figures_find(m->figures, (char *)name.ptr, &at) == SV_OK)
        *out = m->places[at].fact;
    buf_free(&name);
    return err;
}

static enum sv_err
state_change(const struct making *m, const struct figure *f, size_t table,
             const struct plan_cell *cell)
{
    static const int64_t factors[] = {1, -1};
    const struct plan_table *t = &m->plan->tables[table];
    bool own_is_later = plan_cell_own_is_later(m->plan, t);
    size_t both[2];
    enum sv_err err = fact_of(m, table, cell, PLAN_SERIES_OWN, PLAN_BY_MAX,
                              &both[own_is_later ? 0 : 1]);

    if (err == SV_OK)
        err = fact_of(m, table, cell, PLAN_SERIES_COMPARED, PLAN_BY_MAX,
                      &both[own_is_later ? 1 : 0]);
    if (err != SV_OK || both[0] == NO_FACT || both[1] == NO_FACT)
        return err;
    return facts_state(m->in.facts, m->release, 2, both, factors, f->value,
                       f->value);
}

static enum sv_err
state_share(const struct making *m, const struct figure *f, size_t table,
            const struct plan_cell *cell)
{
    size_t by = m->plan->tables[table].share.by, part, whole;
    enum plan_series series = cell->series == PLAN_SERIES_SHARE
                                  ? PLAN_SERIES_OWN
                                  : PLAN_SERIES_COMPARED;
    enum sv_err err = fact_of(m, table, cell, series, PLAN_BY_MAX, &part);

    if (err == SV_OK)
        err = fact_of(m, table, cell, series, by, &whole);
    if (err != SV_OK || part == NO_FACT || whole == NO_FACT)
        return err;
    return facts_state_share(m->in.facts, m->release, part, whole, f->value,
                             f->digits);
}

/* ---- all figures ---- */

static bool
is_count(const struct plan_cell *cell)
{
    return cell->series == PLAN_SERIES_OWN ||
           cell->series == PLAN_SERIES_COMPARED;
}

static enum sv_err
add_counts(const struct making *m)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->figures->n && err == SV_OK; i++) {
        const struct figure *f = &m->figures->at[i];
        struct place *p = &m->places[i];

        p->fact = NO_FACT;
        err =
            plan_cell_parse(m->plan, bytes_text(f->name), &p->table, &p->cell);
        if (err == SV_OK && f->known && is_count(&p->cell))
            err = add_cell(m, f, p->table, &p->cell, &p->fact);
    }
    return err;
}

static enum sv_err
add_rests(const struct making *m)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->plan->n; i++) {
        for (size_t k = 0; k < m->plan->tables[i].n_by && err == SV_OK; k++)
            err = add_rest(m, i, k);
    }
    return err;
}

static enum sv_err
add_statements(const struct making *m)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->figures->n && err == SV_OK; i++) {
        const struct figure *f = &m->figures->at[i];
        const struct place *p = &m->places[i];

        if (f->known && p->cell.series == PLAN_SERIES_CHANGE)
            err = state_change(m, f, p->table, &p->cell);
        else if (f->known && (p->cell.series == PLAN_SERIES_SHARE ||
                              p->cell.series == PLAN_SERIES_SHARE_COMPARED))
            err = state_share(m, f, p->table, &p->cell);
    }
    return err;
}

/* Of which years the plan, and what is known outside, speaks. */
static enum sv_err
declare_years(const struct making *m)
{
    const struct plan *p = m->plan;
    unsigned years[1 + PLAN_TABLES_MAX + PLAN_KNOWN_MAX];
    size_t n = 0;

    if (!p->period.given)
        return SV_OK;
    years[n++] = p->period.year;
    for (size_t i = 0; i < p->n; i++) {
        if (p->tables[i].compared)
            years[n++] = p->tables[i].compare_year;
    }
    for (size_t i = 0; i < p->n_known; i++)
        years[n++] = p->known[i].year;
    return dimension_years(&m->in, p->period.basis, p->period.fiscal, n, years);
}

static enum sv_err
begin(struct making *m, const char *release)
{
    enum sv_err err = facts_release(m->in.facts, release, &m->release);

    if (err == SV_OK)
        err = facts_population(m->in.facts, m->in.type, &m->population);
    return err == SV_OK ? declare_years(m) : err;
}

enum sv_err
plan_facts(const struct plan *p, const struct figures *figures,
           const struct printed *printed, struct facts *out)
{
    struct making m = {.plan = p,
                       .figures = figures,
                       .printed = printed,
                       .in = {out, p->type->name, p->coded},
                       .places = calloc(figures->n + 1, sizeof *m.places)};
    enum sv_err err =
        m.places != NULL ? begin(&m, printed->release) : SV_ERR_NOMEM;

    if (err == SV_OK)
        err = add_counts(&m);
    if (err == SV_OK)
        err = add_rests(&m);
    if (err == SV_OK && !printed->rounded)
        err = add_statements(&m);
    free(m.places);
    return err;
}

static enum sv_err
add_known(struct making *m, const struct plan_known *k, const char *name)
{
    struct set s = {.year = k->year};
    size_t n, at = 0;
    enum sv_err err = begin(m, name);

    for (size_t i = 0; i < k->n_terms; i++)
        add_term(&s, &m->plan->variables[k->terms[i].variable],
                 k->terms[i].codes);
    n = unions_of(&s);
    if (err == SV_OK && n > 0)
        return state_unions(m, name, &s, n, k->value, k->value);
    if (err == SV_OK)
        err = add_figure(m, name, &s, 0, &at);
    return err == SV_OK ? facts_print_exact(m->in.facts, at, k->value) : err;
}

enum sv_err
plan_facts_known(const struct plan *p, struct facts *out)
{
    struct making m = {.plan = p, .in = {out, p->type->name, p->coded}};
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < p->n_known && err == SV_OK; i++) {
        char name[sizeof "outside-18446744073709551615"];

        (void)snprintf(name, sizeof name, "outside-%zu", i + 1);
        err = add_known(&m, &p->known[i], name);
    }
    return err;
}
