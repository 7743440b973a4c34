#include "counts/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts/annual_spec.h"
#include "counts/plan_parser.h"
#include "counts/plan_print.h"

enum sv_err
plan_parse(const struct schema *schema, struct bytes text, struct plan **out,
           struct plan_fault *fault)
{
    struct plan_token begin = {.line = 1, .column = 1};
    struct plan_parser p = {.schema = schema, .fault = fault};
    enum sv_err err;

    if (text.len > PLAN_TEXT_MAX)
        return plan_lex_fault(&begin, N_("a plan is at most 64 KiB of text"),
                              NULL, fault);
    p.plan = calloc(1, sizeof *p.plan);
    if (p.plan == NULL)
        return SV_ERR_NOMEM;
    err = plan_parser_plan(&p, text);
    if (err == SV_OK)
        err = plan_print(p.plan, &p.plan->canonical);
    if (err == SV_OK && p.plan->canonical.len > PLAN_TEXT_MAX)
        err = plan_lex_fault(
            &begin, N_("written out in full, it is more than 64 KiB of text"),
            NULL, fault);
    if (err != SV_OK) {
        plan_free(p.plan);
        return err;
    }
    *out = p.plan;
    return SV_OK;
}

static void
free_terms(size_t n, struct plan_term *terms)
{
    for (size_t i = 0; i < n; i++)
        free(terms[i].codes);
    free(terms);
}

void
plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n; i++)
        free_terms(p->tables[i].n_where, p->tables[i].where);
    for (size_t i = 0; i < p->n_known; i++)
        free_terms(p->known[i].n_terms, p->known[i].terms);
    free(p->known);
    for (size_t i = 0; i < p->n_variables; i++)
        plan_variable_clear(&p->variables[i]);
    buf_free(&p->canonical);
    free(p);
}

static size_t
codes_named(const struct plan *p, const struct plan_term *term)
{
    size_t n = 0;

    for (size_t i = 0; i < p->variables[term->variable].n_codes; i++)
        n += term->codes[i];
    return n;
}

enum sv_err
plan_check_preview(const struct plan *p, struct plan_fault *fault)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct plan_table *t = &p->tables[i];
        struct plan_token at = {PLAN_TOKEN_WORD, bytes_text(t->name), t->line,
                                t->column};

        if (t->n_by + t->n_where > PLAN_PREVIEW_FIELDS_MAX)
            return plan_lex_fault(&at,
                                  N_("a preview's table has at most three "
                                     "fields, with those of where; more only "
                                     "leaves by a release"),
                                  NULL, fault);
        for (size_t k = 0; k < t->n_where; k++) {
            if (codes_named(p, &t->where[k]) > 1)
                return plan_lex_fault(&at,
                                      N_("in a preview, where names one code "
                                         "of a field; sets of them only "
                                         "leave by a release"),
                                      NULL, fault);
        }
    }
    return SV_OK;
}

enum sv_err
plan_check_today(const struct plan *p, const char *today,
                 struct plan_fault *fault)
{
    struct plan_token at = {PLAN_TOKEN_WORD, bytes_text(p->as_of),
                            p->as_of_line, p->as_of_column};

    if (strcmp(p->as_of, today) <= 0)
        return SV_OK;
    return plan_lex_fault(&at, N_("nothing is counted as of the future"), NULL,
                          fault);
}

uint64_t
plan_as_of_ms(const struct plan *p)
{
    struct annual_spec spec = {0};

    memcpy(spec.as_of, p->as_of, sizeof spec.as_of);
    return annual_spec_as_of_ms(&spec);
}

struct bytes
plan_canonical(const struct plan *p)
{
    return buf_bytes(&p->canonical);
}

void
plan_hash(const struct plan *p, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/plan", plan_canonical(p), out);
}

void
plan_fault_diag(const struct plan_fault *fault, struct diag *where)
{
    char place[sizeof where->column + sizeof fault->word +
               sizeof fault->nearest];
    int n = snprintf(place, sizeof place, "%zu", fault->column);

    if (fault->word[0] != '\0')
        n += snprintf(place + n, sizeof place - (size_t)n, ": %s", fault->word);
    if (fault->nearest[0] != '\0')
        (void)snprintf(place + n, sizeof place - (size_t)n, " (%s?)",
                       fault->nearest);
    diag_set(where, fault->line, place, fault->reason);
}

bool
plan_has_cells(const struct plan_table *t, unsigned mask)
{
    return mask == (1u << t->n_by) - 1 || t->margins[mask];
}
