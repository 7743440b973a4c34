#include "counts/plan_parser.h"

#include <stdio.h>
#include <string.h>

/* What is counted, and where its records have day, year and basis. */
static const struct population {
    const char *type, *compartment, *unit, *day, *year, *basis;
} populations[] = {
    {"victim", "facts", "person", "identified_on", "counted_year",
     "counted_by"},
    {"suspect", "justice", "suspect", "arrested_on", NULL, NULL},
    {"offence", "justice", "case", "cleared_on", NULL, NULL},
};
#define POPULATIONS_N (sizeof populations / sizeof populations[0])
/* The basis of what has no field for it. */
#define BASIS_NATIONAL "national"

enum sv_err
plan_parser_refuse(struct plan_parser *p, const char *reason)
{
    return plan_lex_fault(&p->token, reason, NULL, p->fault);
}

enum sv_err
plan_parser_advance(struct plan_parser *p)
{
    return plan_lex_next(&p->lexer, &p->token, p->fault);
}

bool
plan_parser_at_word(const struct plan_parser *p, const char *word)
{
    return p->token.kind == PLAN_TOKEN_WORD && text_is(p->token.text, word);
}

bool
plan_parser_at_mark(const struct plan_parser *p, const char *mark)
{
    return p->token.kind == PLAN_TOKEN_MARK && text_is(p->token.text, mark);
}

enum sv_err
plan_parser_refuse_other(struct plan_parser *p, const char *wanted)
{
    return plan_lex_fault(&p->token,
                          p->token.kind == PLAN_TOKEN_END
                              ? N_("the plan ends too early")
                              : N_("something else belongs here"),
                          wanted, p->fault);
}

enum sv_err
plan_parser_expect(struct plan_parser *p, const char *text)
{
    if (!plan_parser_at_word(p, text) && !plan_parser_at_mark(p, text))
        return plan_parser_refuse_other(p, text);
    return plan_parser_advance(p);
}

enum sv_err
plan_parser_expect_either(struct plan_parser *p, const char *first,
                          const char *second, bool *is_first)
{
    bool found = plan_parser_at_word(p, first);

    if (!found && !plan_parser_at_word(p, second))
        return plan_parser_refuse_other(p, first);
    *is_first = found;
    return plan_parser_advance(p);
}

enum sv_err
plan_parser_need_word(struct plan_parser *p, const char *reason)
{
    if (p->token.kind == PLAN_TOKEN_WORD)
        return SV_OK;
    if (p->token.kind == PLAN_TOKEN_END)
        return plan_parser_refuse_other(p, NULL);
    return plan_parser_refuse(p, reason);
}

static enum sv_err
parse_title(struct plan_parser *p)
{
    enum sv_err err = plan_parser_expect(p, "plan");

    if (err != SV_OK)
        return err;
    if (p->token.kind != PLAN_TOKEN_STRING)
        return plan_parser_refuse(
            p, N_("the plan's title belongs here, in quotes"));
    err = text_copy(p->token.text, p->plan->title, sizeof p->plan->title);
    return err == SV_OK ? plan_parser_advance(p) : err;
}

static const struct population *
population_of(const struct plan *plan)
{
    for (size_t i = 0; i < POPULATIONS_N; i++) {
        if (strcmp(plan->type->name, populations[i].type) == 0)
            return &populations[i];
    }
    return NULL;
}

static bool
find_population(struct plan_parser *p, const struct population *of)
{
    struct plan *plan = p->plan;

    if (!text_is(p->token.text, of->type))
        return false;
    plan->type = schema_type(p->schema, of->type);
    plan->coded = plan->type == NULL
                      ? NULL
                      : schema_compartment(plan->type, of->compartment, NULL);
    plan->unit = of->unit;
    return plan->coded != NULL;
}

static enum sv_err
parse_population(struct plan_parser *p)
{
    static const char *const reason =
        N_("not a type of record that is counted");
    char nearest[PLAN_WORD_SIZE] = "";
    size_t distance = 0;
    enum sv_err err = plan_parser_expect(p, "population");

    if (err == SV_OK)
        err = plan_parser_need_word(p, reason);
    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < POPULATIONS_N; i++) {
        if (find_population(p, &populations[i]))
            return plan_parser_advance(p);
        plan_variable_nearest(p->token.text, populations[i].type, &distance,
                              nearest);
    }
    return plan_lex_fault(&p->token, reason, nearest, p->fault);
}

static enum sv_err
parse_unit(struct plan_parser *p)
{
    enum sv_err err = plan_parser_expect(p, "unit");

    if (err != SV_OK)
        return err;
    if (!plan_parser_at_word(p, p->plan->unit))
        return plan_lex_fault(&p->token,
                              N_("this population is not counted so"),
                              p->plan->unit, p->fault);
    return plan_parser_advance(p);
}

static enum sv_err
parse_as_of(struct plan_parser *p)
{
    enum sv_err err = plan_parser_expect(p, "as_of");

    if (err != SV_OK)
        return err;
    if (p->token.kind != PLAN_TOKEN_WORD || !text_is_date(p->token.text))
        return plan_parser_refuse(p, N_("a date belongs here, as 2023-03-31"));
    p->plan->as_of_line = p->token.line;
    p->plan->as_of_column = p->token.column;
    err = text_copy(p->token.text, p->plan->as_of, sizeof p->plan->as_of);
    return err == SV_OK ? plan_parser_advance(p) : err;
}

enum sv_err
plan_parser_year(struct plan_parser *p, unsigned *out)
{
    char begins[sizeof "00000000000-01-01"];
    uint64_t year;
    enum sv_err err;

    if (p->token.kind != PLAN_TOKEN_WORD ||
        text_u64(p->token.text, PLAN_YEAR_MIN, PLAN_YEAR_MAX, &year) != SV_OK)
        return plan_parser_refuse(p,
                                  N_("a year belongs here, from 1900 to 2198"));
    (void)snprintf(begins, sizeof begins, "%04u-%s-01", (unsigned)year,
                   p->plan->period.fiscal ? "04" : "01");
    if (strcmp(p->plan->as_of, begins) < 0)
        return plan_parser_refuse(
            p, N_("this year begins after the day of as_of"));
    err = plan_parser_advance(p);
    if (err == SV_OK)
        *out = (unsigned)year;
    return err;
}

/* Where the records say when they count; false where the schema has no such
 * fields. */
static bool
find_period(struct plan *plan, const struct population *of)
{
    const struct schema_compartment *c = plan->coded;
    struct plan_period *period = &plan->period;
    const struct schema_field *f;

    period->has_basis = of->basis != NULL;
    if (of->basis != NULL) {
        f = schema_field(c, bytes_text(of->basis), &period->basis_field);
        if (f == NULL || f->kind != FIELD_CODE)
            return false;
    }
    period->by_year = of->year != NULL && !period->fiscal;
    if (period->by_year) {
        f = schema_field(c, bytes_text(of->year), &period->year_field);
        return f != NULL && f->kind == FIELD_NUMBER;
    }
    f = schema_field(c, bytes_text(of->day), &period->day_field);
    return f != NULL && f->kind == FIELD_DATE;
}

static enum sv_err
check_basis(struct plan_parser *p, const struct plan_token *basis,
            const struct population *of)
{
    const struct schema_field *f;
    char nearest[PLAN_WORD_SIZE] = "";
    size_t distance = 0;

    if (of->basis == NULL) {
        if (text_is(basis->text, BASIS_NATIONAL))
            return SV_OK;
        return plan_lex_fault(basis,
                              N_("this population is counted as a whole only"),
                              BASIS_NATIONAL, p->fault);
    }
    f = &p->plan->coded->fields[p->plan->period.basis_field];
    if (schema_code(f->list, basis->text) != NULL)
        return SV_OK;
    for (size_t i = 0; i < f->list->n; i++)
        plan_variable_nearest(basis->text, f->list->codes[i].code, &distance,
                              nearest);
    return plan_lex_fault(basis, N_("no such code"), nearest, p->fault);
}

static enum sv_err
parse_count(struct plan_parser *p)
{
    const struct population *of = population_of(p->plan);
    struct plan_period *period = &p->plan->period;
    struct plan_token basis;
    bool calendar = false;
    enum sv_err err;

    if (period->given)
        return plan_parser_refuse(p, N_("stands here for the second time"));
    err = plan_parser_advance(p);
    if (err == SV_OK)
        err = plan_parser_expect(p, "basis");
    if (err == SV_OK)
        err = plan_parser_need_word(p, N_("a code belongs here"));
    if (err != SV_OK)
        return err;
    basis = p->token;
    err = text_copy(basis.text, period->basis, sizeof period->basis);
    if (err == SV_OK)
        err = plan_parser_advance(p);
    if (err == SV_OK)
        err = plan_parser_expect(p, "period");
    if (err == SV_OK)
        err = plan_parser_expect_either(p, "calendar", "fiscal", &calendar);
    if (err != SV_OK)
        return err;
    period->fiscal = !calendar;
    if (!find_period(p->plan, of))
        return plan_lex_fault(
            &basis, N_("the schema has no fields for a period of these"), NULL,
            p->fault);
    err = check_basis(p, &basis, of);
    if (err == SV_OK)
        err = plan_parser_year(p, &period->year);
    period->given = err == SV_OK;
    return err;
}

static enum sv_err
parse_codelist(struct plan_parser *p)
{
    enum sv_err err = plan_parser_advance(p);

    if (err != SV_OK)
        return err;
    if (!plan_parser_at_word(p, PLAN_AGE_BAND_NAME))
        return plan_lex_fault(&p->token, N_("no such code list"),
                              PLAN_AGE_BAND_NAME, p->fault);
    if (p->has_age_band)
        return plan_parser_refuse(p, N_("stands here for the second time"));
    err = plan_parser_advance(p);
    if (err == SV_OK && !plan_parser_at_word(p, "v1"))
        return plan_lex_fault(&p->token, N_("no such version of the code list"),
                              "v1", p->fault);
    p->has_age_band = true;
    return err == SV_OK ? plan_parser_advance(p) : err;
}

/* No statement begins with the next token, or none that may stand here. */
static enum sv_err
refuse_statement(struct plan_parser *p)
{
    static const char *const statements[] = {
        "count", "codelist", "hierarchy", "table", "derive", "known", "method"};
    char nearest[PLAN_WORD_SIZE] = "";
    size_t distance = 0;

    for (size_t i = 0; i < 3; i++) {
        if (plan_parser_at_word(p, statements[i]))
            return plan_parser_refuse(p,
                                      N_("this stands before the first table"));
    }
    if (plan_parser_at_word(p, "known"))
        return plan_parser_refuse(p, N_("this stands behind the tables"));
    if (plan_parser_at_word(p, "table") || plan_parser_at_word(p, "derive"))
        return plan_parser_refuse(
            p, N_("this stands before the first figure known outside"));
    if (p->token.kind == PLAN_TOKEN_END)
        return plan_parser_refuse_other(p,
                                        p->plan->n == 0 ? "table" : "method");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        plan_variable_nearest(p->token.text, statements[i], &distance, nearest);
    return plan_parser_refuse_other(p, nearest);
}

static enum sv_err
parse_statements(struct plan_parser *p)
{
    enum sv_err err = SV_OK;

    while (err == SV_OK) {
        if (p->plan->n == 0 && plan_parser_at_word(p, "count"))
            err = parse_count(p);
        else if (p->plan->n == 0 && plan_parser_at_word(p, "codelist"))
            err = parse_codelist(p);
        else if (p->plan->n == 0 && plan_parser_at_word(p, "hierarchy"))
            err = plan_parser_hierarchy(p);
        else if (p->plan->n_known == 0 && plan_parser_at_word(p, "table"))
            err = plan_parser_table(p);
        else if (p->plan->n_known == 0 && plan_parser_at_word(p, "derive"))
            err = plan_parser_derive(p);
        else if (p->plan->n > 0 && plan_parser_at_word(p, "known"))
            err = plan_parser_known(p);
        else
            break;
    }
    if (err != SV_OK)
        return err;
    if (!plan_parser_at_word(p, "method"))
        return refuse_statement(p);
    if (p->plan->n == 0)
        return plan_lex_fault(&p->token, N_("a plan has at least one table"),
                              "table", p->fault);
    return plan_parser_method(p);
}

enum sv_err
plan_parser_plan(struct plan_parser *p, struct bytes text)
{
    enum sv_err err = plan_lex_begin(text, &p->lexer, p->fault);

    if (err == SV_OK)
        err = plan_parser_advance(p);
    if (err == SV_OK)
        err = parse_title(p);
    if (err == SV_OK)
        err = parse_population(p);
    if (err == SV_OK)
        err = parse_unit(p);
    if (err == SV_OK)
        err = parse_as_of(p);
    return err == SV_OK ? parse_statements(p) : err;
}
