#include "counts/plan_print.h"

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

static void
print_codelists(struct printer *p)
{
    for (size_t i = 0; i < p->plan->n_variables; i++) {
        if (p->plan->variables[i].source == PLAN_AGE_BAND)
            put(p, "codelist " PLAN_AGE_BAND_NAME " v1\n");
    }
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

enum sv_err
plan_print(const struct plan *plan, struct buf *out)
{
    struct printer p = {plan, out, SV_OK};
    size_t was = out->len;

    print_header(&p);
    print_count(&p);
    print_codelists(&p);
    for (size_t i = 0; i < plan->n; i++)
        print_table(&p, &plan->tables[i]);
    put(&p, "method exact\n");
    if (p.err != SV_OK)
        buf_truncate(out, was);
    return p.err;
}
