#ifndef SV_COUNTS_PLAN_PARSER_H
#define SV_COUNTS_PLAN_PARSER_H

#include "counts/plan.h"

/* Recursive descent over a plan's tokens: what plan.c, plan_parser.c and
 * plan_parser_table.c share.  Every refusal is SV_ERR_INPUT with *fault set. */
struct plan_parser {
    const struct schema *schema;
    struct plan_lexer lexer;
    struct plan_token token; /* the next one */
    struct plan *plan;
    bool has_age_band; /* its code list is declared */
    struct plan_fault *fault;
};

/* The whole text into p->plan. */
enum sv_err plan_parser_plan(struct plan_parser *p, struct bytes text);
/* From the word table. */
enum sv_err plan_parser_table(struct plan_parser *p);

enum sv_err plan_parser_advance(struct plan_parser *p);
bool plan_parser_at_word(const struct plan_parser *p, const char *word);
bool plan_parser_at_mark(const struct plan_parser *p, const char *mark);

/* This word or mark, and on. */
enum sv_err plan_parser_expect(struct plan_parser *p, const char *text);
/* Either of two words, and on. */
enum sv_err plan_parser_expect_either(struct plan_parser *p, const char *first,
                                      const char *second, bool *is_first);
/* Any word; it stays the next token. */
enum sv_err plan_parser_need_word(struct plan_parser *p, const char *reason);
/* A year that has begun by the day as of which is counted, and on. */
enum sv_err plan_parser_year(struct plan_parser *p, unsigned *out);

enum sv_err plan_parser_refuse(struct plan_parser *p, const char *reason);
/* Something else belongs here; wanted may be NULL. */
enum sv_err plan_parser_refuse_other(struct plan_parser *p, const char *wanted);

#endif
