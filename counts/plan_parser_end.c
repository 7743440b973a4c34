#include <stdlib.h>
#include <string.h>

#include "counts/plan_cell.h"
#include "counts/plan_parser.h"
#include "counts/plan_print.h"

/* What stands behind the tables: what is derived of them, what is known
 * outside, the method. */

/* ---- derive ---- */

static enum sv_err
parse_table(struct plan_parser *p, struct plan_table **out)
{
    struct plan *plan = p->plan;
    char nearest[PLAN_WORD_SIZE] = "";
    size_t distance = 0;
    enum sv_err err =
        plan_parser_need_word(p, N_("the table's name belongs here"));

    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < plan->n; i++) {
        if (plan_parser_at_word(p, plan->tables[i].name)) {
            *out = &plan->tables[i];
            return plan_parser_advance(p);
        }
        plan_variable_nearest(p->token.text, plan->tables[i].name, &distance,
                              nearest);
    }
    return plan_lex_fault(&p->token, N_("no table above has this name"),
                          nearest, p->fault);
}

/* Of which field of by a share is, and that its whole is printed. */
static enum sv_err
parse_share_field(struct plan_parser *p, const struct plan_table *t, size_t *by)
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
        if (!plan_parser_at_word(p, name))
            continue;
        if (!t->margins[((1u << t->n_by) - 1) & ~(1u << i)])
            return plan_parser_refuse(
                p, N_("the total over this field is none of the margins"));
        *by = i;
        return plan_parser_advance(p);
    }
    return plan_lex_fault(&p->token,
                          N_("this table does not count by this field"),
                          nearest, p->fault);
}

/* percent 0|1 */
static enum sv_err
parse_digits(struct plan_parser *p, unsigned *out)
{
    uint64_t digits = 0;
    enum sv_err err = plan_parser_expect(p, "percent");

    if (err != SV_OK)
        return err;
    if (p->token.kind != PLAN_TOKEN_WORD ||
        text_u64(p->token.text, 0, 1, &digits) != SV_OK)
        return plan_parser_refuse(
            p, N_("0 or 1 belongs here: digits behind the point"));
    *out = (unsigned)digits;
    return plan_parser_advance(p);
}

enum sv_err
plan_parser_derive(struct plan_parser *p)
{
    struct plan_percent percent = {.given = true};
    struct plan_table *t = NULL;
    struct plan_token table;
    bool share = false;
    enum sv_err err = plan_parser_advance(p);

    if (err == SV_OK)
        err = plan_parser_expect_either(p, "share", "change", &share);
    table = p->token;
    percent.line = table.line;
    percent.column = table.column;
    if (err == SV_OK)
        err = parse_table(p, &t);
    if (err != SV_OK || t == NULL)
        return err;
    if (share ? t->share.given : t->percent.given)
        return plan_lex_fault(&table, N_("stands here for the second time"),
                              NULL, p->fault);
    if (!share && !t->compared)
        return plan_lex_fault(&table, N_("this table compares no two years"),
                              NULL, p->fault);
    if (share)
        err = parse_share_field(p, t, &percent.by);
    if (err == SV_OK)
        err = parse_digits(p, &percent.digits);
    if (err == SV_OK)
        err = plan_parser_cells(p, &table,
                                (share && t->compared ? 2 : 1) *
                                    plan_cell_count(p->plan, t));
    if (err == SV_OK)
        *(share ? &t->share : &t->percent) = percent;
    return err;
}

/* ---- known ---- */

static int
compare_known(const struct plan *plan, const struct plan_known *a,
              const struct plan_known *b, enum sv_err *err)
{
    struct buf x = BUF_INIT, y = BUF_INIT;
    int order = strcmp(a->source, b->source);

    if (order == 0 && *err == SV_OK)
        *err = plan_print_set(plan, a, &x);
    if (order == 0 && *err == SV_OK)
        *err = plan_print_set(plan, b, &y);
    if (order == 0)
        order = bytes_compare(buf_bytes(&x), buf_bytes(&y));
    buf_free(&x);
    buf_free(&y);
    return order;
}

/* What was read last, to its place in the order of sources and sets. */
static enum sv_err
sort_known(struct plan_parser *p)
{
    struct plan *plan = p->plan;
    struct plan_known more = plan->known[plan->n_known - 1];
    struct plan_token source = {
        PLAN_TOKEN_STRING, {NULL, 0}, more.line, more.column};
    enum sv_err err = SV_OK;

    for (size_t at = plan->n_known - 1; at > 0; at--) {
        int order = compare_known(plan, &plan->known[at - 1], &more, &err);

        if (err != SV_OK)
            return err;
        if (order == 0)
            return plan_lex_fault(&source,
                                  N_("this source gives this figure twice"),
                                  NULL, p->fault);
        if (order < 0)
            break;
        plan->known[at] = plan->known[at - 1];
        plan->known[at - 1] = more;
    }
    return SV_OK;
}

/* One more, the last. */
static enum sv_err
add_known(struct plan_parser *p)
{
    struct plan *plan = p->plan;
    struct plan_known *known;

    if (plan->n_known == PLAN_KNOWN_MAX)
        return plan_parser_refuse(
            p, N_("a plan has at most 256 figures known outside"));
    known = realloc(plan->known, (plan->n_known + 1) * sizeof *known);
    if (known == NULL)
        return SV_ERR_NOMEM;
    plan->known = known;
    known[plan->n_known++] = (struct plan_known){.line = p->token.line,
                                                 .column = p->token.column,
                                                 .year = plan->period.year};
    return SV_OK;
}

static struct plan_known *
last_known(const struct plan *plan)
{
    return &plan->known[plan->n_known - 1];
}

static enum sv_err
parse_source(struct plan_parser *p)
{
    struct plan_known *k;
    enum sv_err err;

    if (p->token.kind != PLAN_TOKEN_STRING)
        return plan_parser_refuse(
            p, N_("who has printed it belongs here, in quotes"));
    err = add_known(p);
    if (err != SV_OK)
        return err;
    k = last_known(p->plan);
    err = text_copy(p->token.text, k->source, sizeof k->source);
    return err == SV_OK ? plan_parser_advance(p) : err;
}

static enum sv_err
parse_known_year(struct plan_parser *p, struct plan_known *k)
{
    enum sv_err err;

    if (!plan_parser_at_word(p, "year"))
        return SV_OK;
    if (!p->plan->period.given)
        return plan_parser_refuse(p,
                                  N_("a year can be named only after count"));
    err = plan_parser_advance(p);
    return err == SV_OK ? plan_parser_year(p, &k->year) : err;
}

static enum sv_err
parse_value(struct plan_parser *p, struct plan_known *k)
{
    uint64_t value = 0;

    if (p->token.kind != PLAN_TOKEN_WORD ||
        text_u64(p->token.text, 0, PLAN_KNOWN_VALUE_MAX, &value) != SV_OK)
        return plan_parser_refuse(
            p, N_("a number of people belongs here, up to 999999999"));
    k->value = (int64_t)value;
    return plan_parser_advance(p);
}

enum sv_err
plan_parser_known(struct plan_parser *p)
{
    struct plan_known *k;
    enum sv_err err = plan_parser_advance(p);

    if (err == SV_OK)
        err = plan_parser_expect(p, "outside");
    if (err == SV_OK)
        err = parse_source(p);
    if (err != SV_OK)
        return err;
    k = last_known(p->plan);
    if (!plan_parser_at_word(p, "year") && !plan_parser_at_mark(p, ":"))
        err = plan_parser_terms(p, &k->n_terms, &k->terms);
    if (err == SV_OK)
        err = parse_known_year(p, k);
    if (err == SV_OK)
        err = plan_parser_expect(p, ":");
    if (err == SV_OK)
        err = parse_value(p, k);
    return err == SV_OK ? sort_known(p) : err;
}

/* ---- method ---- */

static size_t
codes_named(const struct plan *plan, const struct plan_term *term)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->variables[term->variable].n_codes; i++)
        n += term->codes[i];
    return n;
}

/* Do cells that are printed come to how many have each code of the field?
 * Those by fields of which a record has one value each do. */
static bool
adds_up(const struct plan *plan, const struct plan_table *t, size_t by)
{
    unsigned several = 0;

    for (size_t i = 0; i < t->n_by; i++)
        several |= plan->variables[t->by[i]].multi ? 1u << i : 0;
    for (unsigned mask = 1; mask < 1u << t->n_by; mask++) {
        if ((mask >> by & 1) != 0 && (mask & several & ~(1u << by)) == 0 &&
            plan_has_cells(t, mask))
            return true;
    }
    return false;
}

/* A code that is left out is said to be 0, which has to be what its cells
 * come to. */
static enum sv_err
check_round_margins(const struct plan_parser *p, const struct plan_table *t)
{
    struct plan_token at = {PLAN_TOKEN_WORD, bytes_text(t->name), t->line,
                            t->column};

    for (size_t i = 0; i < t->n_by; i++) {
        if (!adds_up(p->plan, t, i))
            return plan_lex_fault(
                &at,
                N_("a record may have several values of another field of the "
                   "table: under method round, it has a margin of this one"),
                p->plan->variables[t->by[i]].name, p->fault);
    }
    return SV_OK;
}

/* Sets that nobody could place in a model of what readers know. */
static enum sv_err
check_round_table(struct plan_parser *p, const struct plan_table *t)
{
    const struct plan *plan = p->plan;

    for (size_t i = 0; i < t->n_where; i++) {
        const struct plan_term *term = &t->where[i];
        const struct plan_variable *v = &plan->variables[term->variable];
        struct plan_token at = {PLAN_TOKEN_WORD, bytes_text(v->name),
                                term->line, term->column};

        if (v->multi && codes_named(plan, term) > 1)
            return plan_lex_fault(
                &at,
                N_("a record may have several values of this field: under "
                   "method round, where names one of them"),
                NULL, p->fault);
    }
    for (size_t i = 0; i < t->n_by; i++) {
        const struct plan_variable *v = &plan->variables[t->by[i]];
        struct plan_token at = {PLAN_TOKEN_WORD, bytes_text(t->name), t->line,
                                t->column};

        if (v->multi && v->n_groups > 0)
            return plan_lex_fault(
                &at,
                N_("a record may have several values of a field with groups: "
                   "under method round, it has none"),
                v->name, p->fault);
    }
    return check_round_margins(p, t);
}

static enum sv_err
parse_round(struct plan_parser *p)
{
    enum sv_err err = plan_parser_advance(p);

    if (err == SV_OK)
        err = plan_parser_expect(p, "base");
    if (err == SV_OK)
        err = plan_parser_need_word(p, N_("a number belongs here"));
    if (err == SV_OK && !plan_parser_at_word(p, "5"))
        err = plan_lex_fault(&p->token,
                             N_("not yet: this base; figures are rounded to "
                                "multiples of 5 only"),
                             "5", p->fault);
    for (size_t i = 0; i < p->plan->n && err == SV_OK; i++)
        err = check_round_table(p, &p->plan->tables[i]);
    p->plan->method = PLAN_ROUND;
    return err == SV_OK ? plan_parser_advance(p) : err;
}

static enum sv_err
refuse_method(struct plan_parser *p)
{
    static const char *const later[] = {"suppress", "cellkey", "dp"};

    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (plan_parser_at_word(p, later[i]))
            return plan_lex_fault(
                &p->token, N_("not yet: this method; exact or round base 5"),
                "round", p->fault);
    }
    return plan_parser_refuse_other(p, "round");
}

enum sv_err
plan_parser_method(struct plan_parser *p)
{
    enum sv_err err = plan_parser_advance(p);

    if (err != SV_OK)
        return err;
    if (plan_parser_at_word(p, "round"))
        err = parse_round(p);
    else if (plan_parser_at_word(p, "exact"))
        err = plan_parser_advance(p);
    else
        return refuse_method(p);
    if (err == SV_OK && p->token.kind != PLAN_TOKEN_END)
        return plan_parser_refuse(p, N_("the method ends a plan"));
    return err;
}
