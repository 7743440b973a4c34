#include <stdlib.h>
#include <string.h>

#include "counts/plan_cell.h"
#include "counts/plan_parser.h"

/* Words of the language. */
static const char *const words[] = {
    "plan",   "population", "unit",  "as_of",     "count",   "basis", "period",
    "table",  "by",         "where", "margins",   "compare", "and",   "in",
    "method", "codelist",   "known", "hierarchy", "derive"};
#define WORDS_N (sizeof words / sizeof words[0])

enum sv_err
plan_parser_variable(struct plan_parser *p, size_t *out)
{
    struct plan *plan = p->plan;
    char nearest[PLAN_WORD_SIZE];
    const char *reason = NULL;
    size_t at = 0;
    enum sv_err err =
        plan_parser_need_word(p, N_("the name of a field belongs here"));

    if (err != SV_OK)
        return err;
    while (at < plan->n_variables &&
           !text_is(p->token.text, plan->variables[at].name))
        at++;
    if (at == PLAN_VARIABLES_MAX)
        return SV_ERR_RANGE;
    if (at == plan->n_variables) {
        err = plan_variable_find(plan->coded, p->token.text,
                                 &plan->variables[at], &reason, nearest);
        if (err == SV_ERR_NOT_FOUND)
            return plan_lex_fault(&p->token, reason, nearest, p->fault);
        if (err != SV_OK)
            return err;
        plan->n_variables++;
    }
    if (plan->variables[at].source == PLAN_AGE_BAND && !p->has_age_band)
        return plan_parser_refuse(p,
                                  N_("declare it above: codelist age_band v1"));
    err = plan_parser_advance(p);
    if (err == SV_OK)
        *out = at;
    return err;
}

static bool
is_before(const struct plan *plan, size_t a, size_t b)
{
    return strcmp(plan->variables[a].name, plan->variables[b].name) < 0;
}

/* Into t->by, in the order of names. */
static enum sv_err
add_by(struct plan_parser *p, struct plan_table *t)
{
    struct plan_token token = p->token;
    size_t variable = 0, at = t->n_by;
    enum sv_err err = plan_parser_variable(p, &variable);

    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < t->n_by; i++) {
        if (t->by[i] == variable)
            return plan_lex_fault(&token, N_("named twice"), NULL, p->fault);
    }
    if (t->n_by == PLAN_BY_MAX)
        return plan_lex_fault(&token, N_("a table has at most three fields"),
                              NULL, p->fault);
    for (; at > 0 && is_before(p->plan, variable, t->by[at - 1]); at--)
        t->by[at] = t->by[at - 1];
    t->by[at] = variable;
    t->n_by++;
    return SV_OK;
}

static enum sv_err
parse_by(struct plan_parser *p, struct plan_table *t)
{
    enum sv_err err;

    if (!plan_parser_at_word(p, "by"))
        return SV_OK;
    do {
        err = plan_parser_advance(p);
        if (err == SV_OK)
            err = add_by(p, t);
    } while (err == SV_OK && plan_parser_at_mark(p, ","));
    return err;
}

enum sv_err
plan_parser_code(struct plan_parser *p, const struct plan_variable *v,
                 size_t *out)
{
    char nearest[PLAN_WORD_SIZE];
    enum sv_err err = plan_parser_need_word(p, N_("a code belongs here"));

    if (err != SV_OK)
        return err;
    if (plan_variable_lookup(v, p->token.text, out, nearest) != SV_OK)
        return plan_lex_fault(&p->token, N_("no such code"), nearest, p->fault);
    return plan_parser_advance(p);
}

static enum sv_err
parse_code(struct plan_parser *p, struct plan_term *term)
{
    struct plan_token token = p->token;
    size_t at = 0;
    enum sv_err err =
        plan_parser_code(p, &p->plan->variables[term->variable], &at);

    if (err != SV_OK)
        return err;
    if (term->codes[at])
        return plan_lex_fault(&token, N_("named twice"), NULL, p->fault);
    term->codes[at] = true;
    return SV_OK;
}

static enum sv_err
parse_code_set(struct plan_parser *p, struct plan_term *term)
{
    enum sv_err err = plan_parser_expect(p, "{");

    if (err == SV_OK)
        err = parse_code(p, term);
    while (err == SV_OK && plan_parser_at_mark(p, ",")) {
        err = plan_parser_advance(p);
        if (err == SV_OK)
            err = parse_code(p, term);
    }
    return err == SV_OK ? plan_parser_expect(p, "}") : err;
}

/* Room for one term more, in the order of names. */
static enum sv_err
add_term(struct plan_parser *p, const struct plan_term *more, size_t *n,
         struct plan_term **terms, struct plan_term **out)
{
    bool *codes =
        calloc(p->plan->variables[more->variable].n_codes, sizeof *codes);
    struct plan_term *all = realloc(*terms, (*n + 1) * sizeof *all);
    size_t at = *n;

    if (all != NULL)
        *terms = all;
    if (codes == NULL || all == NULL) {
        free(codes);
        return SV_ERR_NOMEM;
    }
    for (; at > 0 && is_before(p->plan, more->variable, all[at - 1].variable);
         at--)
        all[at] = all[at - 1];
    all[at] = *more;
    all[at].codes = codes;
    (*n)++;
    *out = &all[at];
    return SV_OK;
}

static enum sv_err
parse_term(struct plan_parser *p, size_t *n, struct plan_term **terms)
{
    struct plan_token token = p->token;
    struct plan_term more = {0, NULL, token.line, token.column};
    struct plan_term *term = NULL;
    enum sv_err err = plan_parser_variable(p, &more.variable);

    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < *n; i++) {
        if ((*terms)[i].variable == more.variable)
            return plan_lex_fault(&token, N_("named twice"), NULL, p->fault);
    }
    err = add_term(p, &more, n, terms, &term);
    if (err != SV_OK)
        return err;
    if (plan_parser_at_word(p, "in")) {
        err = plan_parser_advance(p);
        return err == SV_OK ? parse_code_set(p, term) : err;
    }
    err = plan_parser_expect(p, "=");
    return err == SV_OK ? parse_code(p, term) : err;
}

enum sv_err
plan_parser_terms(struct plan_parser *p, size_t *n, struct plan_term **terms)
{
    enum sv_err err = parse_term(p, n, terms);

    while (err == SV_OK && plan_parser_at_word(p, "and")) {
        err = plan_parser_advance(p);
        if (err == SV_OK)
            err = parse_term(p, n, terms);
    }
    return err;
}

static enum sv_err
parse_where(struct plan_parser *p, struct plan_table *t)
{
    enum sv_err err;

    if (!plan_parser_at_word(p, "where"))
        return SV_OK;
    err = plan_parser_advance(p);
    return err == SV_OK ? plan_parser_terms(p, &t->n_where, &t->where) : err;
}

static enum sv_err
parse_margin_field(struct plan_parser *p, const struct plan_table *t,
                   unsigned *mask)
{
    char nearest[PLAN_WORD_SIZE] = "";
    size_t distance = 0;
    enum sv_err err =
        plan_parser_need_word(p, N_("the name of a field belongs here"));

    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < t->n_by; i++) {
        const char *name = p->plan->variables[t->by[i]].name;

        plan_variable_nearest(p->token.text, name, &distance, nearest);
        if (!text_is(p->token.text, name))
            continue;
        if ((*mask >> i & 1) != 0)
            return plan_parser_refuse(p, N_("named twice"));
        *mask |= 1u << i;
        return plan_parser_advance(p);
    }
    return plan_lex_fault(&p->token,
                          N_("this table does not count by this field"),
                          nearest, p->fault);
}

/* One margin, from its parenthesis. */
static enum sv_err
parse_margin(struct plan_parser *p, struct plan_table *t)
{
    struct plan_token token = p->token;
    unsigned mask = 0;
    enum sv_err err = plan_parser_advance(p);

    if (err == SV_OK && !plan_parser_at_mark(p, ")")) {
        err = parse_margin_field(p, t, &mask);
        while (err == SV_OK && plan_parser_at_mark(p, ",")) {
            err = plan_parser_advance(p);
            if (err == SV_OK)
                err = parse_margin_field(p, t, &mask);
        }
    }
    if (err == SV_OK)
        err = plan_parser_expect(p, ")");
    if (err != SV_OK)
        return err;
    if (mask == (1u << t->n_by) - 1)
        return plan_lex_fault(&token, N_("this is the table itself"), NULL,
                              p->fault);
    if (t->margins[mask])
        return plan_lex_fault(&token, N_("named twice"), NULL, p->fault);
    t->margins[mask] = true;
    return SV_OK;
}

static enum sv_err
parse_margins(struct plan_parser *p, struct plan_table *t)
{
    enum sv_err err;

    if (!plan_parser_at_word(p, "margins")) {
        for (unsigned mask = 0; mask < (1u << t->n_by) - 1; mask++)
            t->margins[mask] = true;
        return SV_OK;
    }
    err = plan_parser_advance(p);
    while (err == SV_OK && plan_parser_at_mark(p, "("))
        err = parse_margin(p, t);
    return err;
}

static enum sv_err
parse_compare(struct plan_parser *p, struct plan_table *t)
{
    struct plan_token year;
    enum sv_err err;

    if (!plan_parser_at_word(p, "compare"))
        return SV_OK;
    if (!p->plan->period.given)
        return plan_parser_refuse(
            p, N_("a year can be compared only after count"));
    err = plan_parser_advance(p);
    year = p->token;
    if (err == SV_OK)
        err = plan_parser_year(p, &t->compare_year);
    if (err == SV_OK && t->compare_year == p->plan->period.year)
        return plan_lex_fault(&year, N_("this is the year that is counted"),
                              NULL, p->fault);
    if (err == SV_OK)
        err = plan_parser_expect_either(p, "delta", "side", &t->delta);
    t->compared = err == SV_OK;
    return err;
}

static enum sv_err
parse_table_name(struct plan_parser *p, struct plan_table *t)
{
    const struct plan *plan = p->plan;
    enum sv_err err =
        plan_parser_need_word(p, N_("the table's name belongs here"));

    if (err != SV_OK)
        return err;
    if (!text_is_code(p->token.text))
        return plan_parser_refuse(
            p, N_("a table's name is 1 to 32 of a-z, 0-9 and _"));
    for (size_t i = 0; i < WORDS_N; i++) {
        if (plan_parser_at_word(p, words[i]))
            return plan_parser_refuse(
                p, N_("a word of the language names no table"));
    }
    for (size_t i = 0; i < plan->n; i++) {
        if (plan_parser_at_word(p, plan->tables[i].name))
            return plan_parser_refuse(p, N_("an earlier table has this name"));
    }
    err = text_copy(p->token.text, t->name, sizeof t->name);
    return err == SV_OK ? plan_parser_advance(p) : err;
}

/* Will every figure's name fit? TABLE.share.YEAR.CODE.CODE.CODE, as they are;
 * what is derived comes behind the table, and facts put a little more behind
 * a name (plan_facts.h). */
static bool
names_fit(const struct plan *plan, const struct plan_table *t)
{
    size_t n = strlen(t->name) + sizeof ".share" - 1 + sizeof ".without-15" -
               1 + (t->compared ? sizeof ".change" - 1 : 0);

    for (size_t i = 0; i < t->n_by; i++)
        n += 1 + plan_variable_part_max(&plan->variables[t->by[i]]);
    return n < FIGURE_NAME_SIZE;
}

enum sv_err
plan_parser_cells(struct plan_parser *p, const struct plan_token *at, size_t n)
{
    p->plan->n_cells += n;
    if (p->plan->n_cells <= PLAN_CELLS_MAX)
        return SV_OK;
    return plan_lex_fault(at,
                          N_("with this table the plan has more than "
                             "131,072 cells; count by fewer fields, or in "
                             "several plans"),
                          NULL, p->fault);
}

enum sv_err
plan_parser_table(struct plan_parser *p)
{
    struct plan *plan = p->plan;
    struct plan_table *t = &plan->tables[plan->n];
    struct plan_token name;
    enum sv_err err;

    if (plan->n == PLAN_TABLES_MAX)
        return plan_parser_refuse(p, N_("a plan has at most 64 tables"));
    err = plan_parser_advance(p);
    name = p->token;
    if (err == SV_OK)
        err = parse_table_name(p, t);
    t->line = name.line;
    t->column = name.column;
    plan->n++; /* whatever it holds is freed with the plan */
    if (err == SV_OK)
        err = parse_by(p, t);
    if (err == SV_OK)
        err = parse_where(p, t);
    if (err == SV_OK)
        err = parse_margins(p, t);
    if (err == SV_OK)
        err = parse_compare(p, t);
    if (err == SV_OK && !names_fit(plan, t))
        err = plan_lex_fault(&name,
                             N_("the names of its figures would be too long; "
                                "give it a shorter one"),
                             NULL, p->fault);
    return err == SV_OK
               ? plan_parser_cells(
                     p, &name, plan_cell_series(t) * plan_cell_count(plan, t))
               : err;
}
