#include <stdlib.h>
#include <string.h>

#include "counts/plan_parser.h"

/* Parts of figures' names that stand in the place of a code. */
static const char *const taken[] = {"total", "change", "share", "percent"};
#define TAKEN_N (sizeof taken / sizeof taken[0])

static enum sv_err
check_group_name(struct plan_parser *p, const struct plan_variable *v)
{
    size_t at;
    enum sv_err err =
        plan_parser_need_word(p, N_("the name of a group belongs here"));

    if (err != SV_OK)
        return err;
    if (!text_is_code(p->token.text))
        return plan_parser_refuse(
            p, N_("a group's name is 1 to 32 of a-z, 0-9 and _"));
    if (plan_variable_parse(v, p->token.text, &at) == SV_OK)
        return plan_parser_refuse(
            p, at < v->n_codes ? N_("a code of the field has this name")
                               : N_("named twice"));
    for (size_t i = 0; i < TAKEN_N; i++) {
        if (plan_parser_at_word(p, taken[i]))
            return plan_parser_refuse(
                p, N_("a word of the language names no group"));
    }
    return SV_OK;
}

/* Room for one group more, under the name that the next token is. */
static enum sv_err
add_group(struct plan_parser *p, struct plan_variable *v)
{
    char(*groups)[NAME_SIZE];
    enum sv_err err;

    if (v->n_groups == PLAN_GROUPS_MAX)
        return plan_parser_refuse(p, N_("a field has at most 64 groups"));
    groups = realloc(v->groups, (v->n_groups + 1) * sizeof *groups);
    if (groups == NULL)
        return SV_ERR_NOMEM;
    v->groups = groups;
    err = text_copy(p->token.text, groups[v->n_groups], sizeof groups[0]);
    if (err == SV_OK)
        v->n_groups++;
    return err;
}

static enum sv_err
add_code(struct plan_parser *p, struct plan_variable *v)
{
    struct plan_token token = p->token;
    uint16_t own = (uint16_t)(v->n_groups - 1);
    size_t at = 0;
    enum sv_err err = plan_parser_code(p, v, &at);

    if (err != SV_OK)
        return err;
    if (v->group_of[at] != PLAN_NO_GROUP)
        return plan_lex_fault(&token,
                              v->group_of[at] == own
                                  ? N_("named twice")
                                  : N_("another group has this code"),
                              NULL, p->fault);
    v->group_of[at] = own;
    return SV_OK;
}

/* NAME: {CODE, ...} */
static enum sv_err
parse_group(struct plan_parser *p, struct plan_variable *v)
{
    enum sv_err err = check_group_name(p, v);

    if (err == SV_OK)
        err = add_group(p, v);
    if (err == SV_OK)
        err = plan_parser_advance(p);
    if (err == SV_OK)
        err = plan_parser_expect(p, ":");
    if (err == SV_OK)
        err = plan_parser_expect(p, "{");
    if (err == SV_OK)
        err = add_code(p, v);
    while (err == SV_OK && plan_parser_at_mark(p, ",")) {
        err = plan_parser_advance(p);
        if (err == SV_OK)
            err = add_code(p, v);
    }
    return err == SV_OK ? plan_parser_expect(p, "}") : err;
}

static enum sv_err
begin_groups(struct plan_variable *v)
{
    v->group_of = calloc(v->n_codes, sizeof *v->group_of);
    if (v->group_of == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < v->n_codes; i++)
        v->group_of[i] = PLAN_NO_GROUP;
    return SV_OK;
}

enum sv_err
plan_parser_hierarchy(struct plan_parser *p)
{
    struct plan_token field;
    struct plan_variable *v;
    size_t at = 0;
    enum sv_err err = plan_parser_advance(p);

    field = p->token;
    if (err == SV_OK)
        err = plan_parser_variable(p, &at);
    if (err != SV_OK)
        return err;
    v = &p->plan->variables[at];
    if (v->n_groups > 0)
        return plan_lex_fault(&field, N_("stands here for the second time"),
                              NULL, p->fault);
    err = begin_groups(v);
    if (err == SV_OK)
        err = plan_parser_expect(p, "{");
    if (err == SV_OK)
        err = parse_group(p, v);
    while (err == SV_OK && plan_parser_at_mark(p, ",")) {
        err = plan_parser_advance(p);
        if (err == SV_OK)
            err = parse_group(p, v);
    }
    return err == SV_OK ? plan_parser_expect(p, "}") : err;
}
