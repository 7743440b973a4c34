#include "counts/plan_advice.h"

#include <stdio.h>
#include <string.h>

#define FIELDS_MAX 3 /* of a table, as for previews and by official rules */
#define KEYS_MAX 1   /* beside a secret field */

static const struct {
    const char *name, *text;
} kinds[PLAN_ADVICE_N] = {
    [PLAN_ADVICE_ONE_CODE] =
        {"one_code",
         N_("is one code short of the other table: their difference shows who "
            "has that code; count both by the field, or drop one")},
    [PLAN_ADVICE_NESTED] =
        {"nested",
         N_("counts a part of what the other table counts: their difference "
            "is a figure that nobody looks at; let one table count by the "
            "field, or drop one")},
    [PLAN_ADVICE_FIELDS] =
        {"fields", N_("has more than three fields, those of where among them: "
                      "most of its cells are of one person; leave some out")},
    [PLAN_ADVICE_SECRET] =
        {"secret",
         N_("sets this field beside two that an outsider can know: who is "
            "recognised by them is laid open; leave one of them out")},
    [PLAN_ADVICE_NO_TOTAL] =
        {"no_total", N_("has no total: readers add up its cells, and rounded "
                        "ones do not come to what another table says; add () "
                        "to its margins")},
    [PLAN_ADVICE_SHARE] =
        {"share",
         N_("has percentages of exact figures: 4.3 percent of 46 is two "
            "people, also where the number is left out; take method "
            "round base 5")},
};

const char *
plan_advice_name(enum plan_advice_kind kind)
{
    return kinds[kind].name;
}

const char *
plan_advice_text(enum plan_advice_kind kind)
{
    return kinds[kind].text;
}

/* ---- sets ---- */

static const bool *
codes_in(const struct plan_table *t, size_t variable)
{
    for (size_t i = 0; i < t->n_where; i++) {
        if (t->where[i].variable == variable)
            return t->where[i].codes;
    }
    return NULL; /* all of them */
}

/* How many codes b has beyond a; SIZE_MAX where a has one that b lacks. */
static size_t
beyond(const struct plan *p, size_t variable, const bool *a, const bool *b)
{
    size_t n = 0;

    for (size_t i = 0; i < p->variables[variable].n_codes; i++) {
        bool in_a = a == NULL || a[i], in_b = b == NULL || b[i];

        if (in_a && !in_b)
            return SIZE_MAX;
        n += in_b && !in_a ? 1 : 0;
    }
    return n;
}

static bool
is_same_where(const struct plan *p, const struct plan_table *a,
              const struct plan_table *b)
{
    for (size_t i = 0; i < p->n_variables; i++) {
        if (beyond(p, i, codes_in(a, i), codes_in(b, i)) != 0)
            return false;
    }
    return true;
}

static bool
is_by(const struct plan_table *t, size_t variable)
{
    for (size_t i = 0; i < t->n_by; i++) {
        if (t->by[i] == variable)
            return true;
    }
    return false;
}

/* What one table's where leaves out of another's. */
struct nesting {
    size_t n_fields; /* that are narrower; 0: it is no part of it */
    size_t n_codes;  /* that the last of them leaves out */
    size_t fields[PLAN_VARIABLES_MAX];
};

static struct nesting
nesting_of(const struct plan *p, const struct plan_table *part,
           const struct plan_table *whole)
{
    struct nesting n = {0};

    for (size_t i = 0; i < p->n_variables; i++) {
        size_t more = beyond(p, i, codes_in(part, i), codes_in(whole, i));

        if (more == SIZE_MAX)
            return (struct nesting){0};
        if (more == 0)
            continue;
        n.fields[n.n_fields++] = i;
        n.n_codes = more;
    }
    return n;
}

static size_t
n_named(const struct plan *p, const struct plan_table *t, size_t variable)
{
    const bool *codes = codes_in(t, variable);
    size_t n = 0;

    for (size_t i = 0; i < p->variables[variable].n_codes; i++)
        n += codes == NULL || codes[i] ? 1 : 0;
    return n;
}

/* Does a table that counts whom the whole counts show the part, too? */
static bool
is_shown(const struct plan *p, const struct plan_table *part,
         const struct plan_table *whole, const struct nesting *n)
{
    for (size_t i = 0; i < p->n; i++) {
        bool all = is_same_where(p, &p->tables[i], whole);

        for (size_t k = 0; k < n->n_fields && all; k++)
            all = is_by(&p->tables[i], n->fields[k]) &&
                  (!p->variables[n->fields[k]].multi ||
                   n_named(p, part, n->fields[k]) == 1);
        if (all)
            return true;
    }
    return false;
}

/* ---- terms that all tables have ---- */

static bool
is_common(const struct plan *p, size_t variable)
{
    const bool *codes = codes_in(&p->tables[0], variable);

    if (codes == NULL || p->n < 2)
        return false;
    for (size_t i = 1; i < p->n; i++) {
        const bool *other = codes_in(&p->tables[i], variable);

        if (other == NULL || beyond(p, variable, codes, other) != 0 ||
            beyond(p, variable, other, codes) != 0)
            return false;
    }
    return true;
}

/* Does the table tell its people apart by this field? */
static bool
uses(const struct plan *p, const struct plan_table *t, size_t variable)
{
    return is_by(t, variable) ||
           (codes_in(t, variable) != NULL && !is_common(p, variable));
}

/* ---- advice ---- */

static void
add(struct plan_advice_list *l, enum plan_advice_kind kind,
    const struct plan_table *t, const char *other)
{
    struct plan_advice *a = &l->at[l->n++];

    *a = (struct plan_advice){kind, t->line, t->column, "", ""};
    (void)snprintf(a->table, sizeof a->table, "%s", t->name);
    (void)snprintf(a->other, sizeof a->other, "%s", other);
}

/* The nearest table that this one is a part of. */
static void
advise_nested(const struct plan *p, const struct plan_table *t,
              struct plan_advice_list *l)
{
    const struct plan_table *nearest = NULL;
    struct nesting best = {0};

    for (size_t i = 0; i < p->n; i++) {
        struct nesting n = nesting_of(p, t, &p->tables[i]);

        if (n.n_fields == 0 || is_shown(p, t, &p->tables[i], &n))
            continue;
        if (nearest == NULL || n.n_fields < best.n_fields ||
            (n.n_fields == best.n_fields && n.n_codes < best.n_codes)) {
            nearest = &p->tables[i];
            best = n;
        }
    }
    if (nearest != NULL)
        add(l,
            best.n_fields == 1 && best.n_codes == 1 ? PLAN_ADVICE_ONE_CODE
                                                    : PLAN_ADVICE_NESTED,
            t, nearest->name);
}

static void
advise_fields(const struct plan *p, const struct plan_table *t,
              struct plan_advice_list *l)
{
    const struct plan_variable *secret = NULL;
    size_t n = 0, n_keys = 0;

    for (size_t i = 0; i < p->n_variables; i++) {
        if (!uses(p, t, i))
            continue;
        n++;
        if (!p->variables[i].secret)
            n_keys++;
        else if (secret == NULL)
            secret = &p->variables[i];
    }
    if (n > FIELDS_MAX)
        add(l, PLAN_ADVICE_FIELDS, t, "");
    if (secret != NULL && n_keys > KEYS_MAX)
        add(l, PLAN_ADVICE_SECRET, t, secret->name);
}

static void
advise_percent(const struct plan *p, const struct plan_table *t,
               struct plan_advice_list *l)
{
    const struct plan_percent *percent =
        t->share.given ? &t->share : &t->percent;

    if (p->method != PLAN_EXACT || !percent->given)
        return;
    add(l, PLAN_ADVICE_SHARE, t, "");
    l->at[l->n - 1].line = percent->line;
    l->at[l->n - 1].column = percent->column;
}

void
plan_advice_find(const struct plan *p, struct plan_advice_list *out)
{
    out->n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct plan_table *t = &p->tables[i];

        advise_nested(p, t, out);
        advise_fields(p, t, out);
        if (t->n_by > 0 && !t->margins[0])
            add(out, PLAN_ADVICE_NO_TOTAL, t, "");
        advise_percent(p, t, out);
    }
}
