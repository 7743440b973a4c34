#ifndef SV_COUNTS_PLAN_LEX_H
#define SV_COUNTS_PLAN_LEX_H

#include "base/buf.h"

/*
 * The words of a release plan, with their places.  A word is letters,
 * digits, '_', '-' and '+'; a string stands in double quotes, on one line,
 * without escapes; a mark is one of { } ( ) , = :; '#' begins a comment that
 * goes to the end of the line.
 */
#define PLAN_WORD_MAX 48
#define PLAN_WORD_SIZE (PLAN_WORD_MAX + 1)
#define PLAN_TITLE_MAX 200 /* bytes of a string */

/* Where and why a plan is refused.  A plan holds no values of records, so
 * what stands there may be shown. */
struct plan_fault {
    size_t line, column; /* from 1; the column in characters */
    const char *reason;  /* msgid */
    char word[PLAN_WORD_SIZE];
    char nearest[PLAN_WORD_SIZE]; /* what may be meant, or "" */
};

enum plan_token_kind {
    PLAN_TOKEN_END,
    PLAN_TOKEN_WORD,
    PLAN_TOKEN_STRING, /* text without the quotes */
    PLAN_TOKEN_MARK,
};

struct plan_token {
    enum plan_token_kind kind;
    struct bytes text; /* borrowed from the plan */
    size_t line, column;
};

struct plan_lexer {
    struct bytes rest;
    size_t line, column;
};

/* SV_ERR_INPUT where text is not UTF-8. */
enum sv_err plan_lex_begin(struct bytes text, struct plan_lexer *out,
                           struct plan_fault *fault);
/* The next token; at the end PLAN_TOKEN_END, again and again. */
enum sv_err plan_lex_next(struct plan_lexer *l, struct plan_token *out,
                          struct plan_fault *fault);

/* Say what is wrong with a token; nearest may be NULL.  SV_ERR_INPUT. */
enum sv_err plan_lex_fault(const struct plan_token *t, const char *reason,
                           const char *nearest, struct plan_fault *fault);

#endif
