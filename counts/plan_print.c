#include "counts/plan_print.h"

#include <string.h>

/* Appends until the first failure. */
struct printer {
    const struct plan *plan;
    struct buf *out;
    enum sv_err err;
};

static void
put(struct printer *p, const char *text)
{
    if (p->err == SV_OK)
        p->err = buf_text(p->out, text);
}

static void
put_number(struct printer *p, unsigned n)
{
    if (p->err == SV_OK)
        p->err = buf_printf(p->out, "%u", n);
}

static void
print_header(struct printer *p)
{
    put(p, "plan \"");
    put(p, p->plan->title);
    put(p, "\" population ");
    put(p, p->plan->type->name);
    put(p, " unit ");
    put(p, p->plan->unit);
    put(p, " as_of ");
    put(p, p->plan->as_of);
    put(p, "\n");
}

static void
print_count(struct printer *p)
{
    const struct plan_period *period = &p->plan->period;

    if (!period->given)
        return;
    put(p, "count basis ");
    put(p, period->basis);
    put(p, period->fiscal ? " period fiscal " : " period calendar ");
    put_number(p, period->year);
    put(p, "\n");
}

static bool
has_variable(size_t n, const struct plan_term terms[], size_t variable)
{
    for (size_t i = 0; i < n; i++) {
        if (terms[i].variable == variable)
            return true;
    }
    return false;
}

static bool
is_counted_by(const struct plan_table *t, size_t variable)
{
    for (size_t i = 0; i < t->n_by; i++) {
        if (t->by[i] == variable)
            return true;
    }
    return false;
}

static bool
is_used(const struct plan *plan, size_t variable)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct plan_table *t = &plan->tables[i];

        if (is_counted_by(t, variable) ||
            has_variable(t->n_where, t->where, variable))
            return true;
    }
    for (size_t i = 0; i < plan->n_known; i++) {
        if (has_variable(plan->known[i].n_terms, plan->known[i].terms,
                         variable))
            return true;
    }
    return false;
}

static void
print_codelists(struct printer *p)
{
    for (size_t i = 0; i < p->plan->n_variables; i++) {
        if (p->plan->variables[i].source == PLAN_AGE_BAND &&
            is_used(p->plan, i))
            put(p, "codelist " PLAN_AGE_BAND_NAME " v1\n");
    }
}

/* The codes of a group, sorted. */
static void
print_group(struct printer *p, const struct plan_variable *v, size_t group)
{
    const char *between = "";

    put(p, v->groups[group]);
    put(p, ": {");
    for (size_t i = 0; i < v->n_codes; i++) {
        if (v->group_of[v->sorted[i]] != group)
            continue;
        put(p, between);
        put(p, plan_variable_code(v, v->sorted[i]));
        between = ", ";
    }
    put(p, "}");
}

static void
print_hierarchy(struct printer *p, const struct plan_variable *v)
{
    put(p, "hierarchy ");
    put(p, v->name);
    put(p, " {");
    for (size_t i = 0; i < v->n_groups; i++) {
        put(p, i == 0 ? "" : ", ");
        print_group(p, v, i);
    }
    put(p, "}\n");
}

/* The next field in the order of names that tables count by in groups; NULL
 * after the last. */
static const struct plan_variable *
next_hierarchy(const struct plan *plan, const struct plan_variable *last)
{
    const struct plan_variable *next = NULL;

    for (size_t i = 0; i < plan->n_variables; i++) {
        const struct plan_variable *v = &plan->variables[i];
        bool counted = false;

        for (size_t k = 0; k < plan->n; k++)
            counted = counted || is_counted_by(&plan->tables[k], i);
        if (v->n_groups > 0 && counted &&
            (last == NULL || strcmp(v->name, last->name) > 0) &&
            (next == NULL || strcmp(v->name, next->name) < 0))
            next = v;
    }
    return next;
}

static void
print_hierarchies(struct printer *p)
{
    const struct plan_variable *v = NULL;

    while ((v = next_hierarchy(p->plan, v)) != NULL)
        print_hierarchy(p, v);
}

static void
print_term(struct printer *p, const struct plan_term *term)
{
    const struct plan_variable *v = &p->plan->variables[term->variable];
    size_t n = 0;
    const char *between = "";

    for (size_t i = 0; i < v->n_codes; i++)
        n += term->codes[i] ? 1 : 0;
    put(p, v->name);
    put(p, n == 1 ? " = " : " in {");
    for (size_t i = 0; i < v->n_codes; i++) {
        if (!term->codes[v->sorted[i]])
            continue;
        put(p, between);
        put(p, plan_variable_code(v, v->sorted[i]));
        between = ", ";
    }
    put(p, n == 1 ? "" : "}");
}

/* The fields of mask, between commas. */
static void
print_fields(struct printer *p, const struct plan_table *t, unsigned mask)
{
    const char *between = "";

    for (size_t i = 0; i < t->n_by; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        put(p, between);
        put(p, p->plan->variables[t->by[i]].name);
        between = ", ";
    }
}

static void
print_margins(struct printer *p, const struct plan_table *t)
{
    /* The larger first, then by the order of their fields. */
    static const unsigned order[] = {3, 5, 6, 1, 2, 4, 0};

    if (t->n_by == 0)
        return;
    put(p, " margins");
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (!t->margins[order[i]])
            continue;
        put(p, " (");
        print_fields(p, t, order[i]);
        put(p, ")");
    }
}

static void
print_table(struct printer *p, const struct plan_table *t)
{
    put(p, "table ");
    put(p, t->name);
    put(p, t->n_by > 0 ? " by " : "");
    print_fields(p, t, (1u << t->n_by) - 1);
    for (size_t i = 0; i < t->n_where; i++) {
        put(p, i == 0 ? " where " : " and ");
        print_term(p, &t->where[i]);
    }
    print_margins(p, t);
    if (t->compared) {
        put(p, " compare ");
        put_number(p, t->compare_year);
        put(p, t->delta ? " delta" : " side");
    }
    put(p, "\n");
}

static void
print_percent(struct printer *p, const struct plan_table *t,
              const struct plan_percent *percent)
{
    if (!percent->given)
        return;
    put(p, percent == &t->share ? "derive share " : "derive change ");
    put(p, t->name);
    if (percent == &t->share) {
        put(p, " ");
        put(p, p->plan->variables[t->by[percent->by]].name);
    }
    put(p, " percent ");
    put_number(p, percent->digits);
    put(p, "\n");
}

static void
print_set(struct printer *p, const struct plan_known *k)
{
    for (size_t i = 0; i < k->n_terms; i++) {
        put(p, i == 0 ? " " : " and ");
        print_term(p, &k->terms[i]);
    }
    if (k->year != p->plan->period.year) {
        put(p, " year ");
        put_number(p, k->year);
    }
}

static void
print_known(struct printer *p, const struct plan_known *k)
{
    put(p, "known outside \"");
    put(p, k->source);
    put(p, "\"");
    print_set(p, k);
    put(p, " : ");
    put_number(p, (unsigned)k->value);
    put(p, "\n");
}

enum sv_err
plan_print_set(const struct plan *plan, const struct plan_known *k,
               struct buf *out)
{
    struct printer p = {plan, out, SV_OK};
    size_t was = out->len;

    print_set(&p, k);
    if (p.err != SV_OK)
        buf_truncate(out, was);
    return p.err;
}

enum sv_err
plan_print(const struct plan *plan, struct buf *out)
{
    struct printer p = {plan, out, SV_OK};
    size_t was = out->len;

    print_header(&p);
    print_count(&p);
    print_codelists(&p);
    print_hierarchies(&p);
    for (size_t i = 0; i < plan->n; i++)
        print_table(&p, &plan->tables[i]);
    for (size_t i = 0; i < plan->n; i++) {
        print_percent(&p, &plan->tables[i], &plan->tables[i].share);
        print_percent(&p, &plan->tables[i], &plan->tables[i].percent);
    }
    for (size_t i = 0; i < plan->n_known; i++)
        print_known(&p, &plan->known[i]);
    put(&p, plan->method == PLAN_ROUND ? "method round base 5\n"
                                       : "method exact\n");
    if (p.err != SV_OK)
        buf_truncate(out, was);
    return p.err;
}
