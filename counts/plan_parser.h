#ifndef SV_COUNTS_PLAN_PARSER_H
#define SV_COUNTS_PLAN_PARSER_H

#include "counts/plan.h"

/* Recursive descent over a plan's tokens: what plan.c and the files
 * plan_parser*.c share.  Every refusal is SV_ERR_INPUT with *fault set. */
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
/* From the word hierarchy, derive, known, method. */
enum sv_err plan_parser_hierarchy(struct plan_parser *p);
enum sv_err plan_parser_derive(struct plan_parser *p);
enum sv_err plan_parser_known(struct plan_parser *p);
enum sv_err plan_parser_method(struct plan_parser *p);

/* So many figures more; SV_ERR_INPUT at this token over PLAN_CELLS_MAX. */
enum sv_err plan_parser_cells(struct plan_parser *p,
                              const struct plan_token *at, size_t n);

/* The field that the next token names, as an index into plan.variables. */
enum sv_err plan_parser_variable(struct plan_parser *p, size_t *out);
/* The code of v that the next token names. */
enum sv_err plan_parser_code(struct plan_parser *p,
                             const struct plan_variable *v, size_t *out);
/* TERM { and TERM } into *terms, whose size is *n. */
enum sv_err plan_parser_terms(struct plan_parser *p, size_t *n,
                              struct plan_term **terms);

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
