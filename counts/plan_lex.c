#include "counts/plan_lex.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What of a token may be shown: a word, cut where it is too long. */
static void
show_word(const struct plan_token *t, char out[static PLAN_WORD_SIZE])
{
    size_t n = t->text.len < PLAN_WORD_MAX ? t->text.len : PLAN_WORD_MAX;

    if (t->kind == PLAN_TOKEN_STRING)
        n = 0;
    if (n > 0)
        memcpy(out, t->text.ptr, n);
    out[n] = '\0';
}

enum sv_err
plan_lex_fault(const struct plan_token *t, const char *reason,
               const char *nearest, struct plan_fault *fault)
{
    struct plan_fault f = {t->line, t->column, reason, "", ""};

    show_word(t, f.word);
    if (nearest != NULL)
        (void)snprintf(f.nearest, sizeof f.nearest, "%s", nearest);
    *fault = f;
    return SV_ERR_INPUT;
}

static enum sv_err
check_utf8(struct bytes text, struct plan_fault *fault)
{
    struct plan_token at = {.line = 1, .column = 1};
    struct bytes rest = text, line;

    if (text_is_utf8(text))
        return SV_OK;
    while (text_line(&rest, &line) && text_is_utf8(line))
        at.line++;
    return plan_lex_fault(&at, N_("not UTF-8 in this line"), NULL, fault);
}

enum sv_err
plan_lex_begin(struct bytes text, struct plan_lexer *out,
               struct plan_fault *fault)
{
    enum sv_err err = check_utf8(text, fault);

    if (err != SV_OK)
        return err;
    (void)text_skip(&text, "\xef\xbb\xbf"); /* some editors' mark */
    *out = (struct plan_lexer){text, 1, 1};
    return SV_OK;
}

static bool
is_word(uint8_t c)
{
    uint8_t lower = c | 0x20;

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '+';
}

/* One byte on; the column counts characters, not bytes. */
static void
step(struct plan_lexer *l)
{
    uint8_t c = l->rest.ptr[0];

    l->rest = bytes_slice(l->rest, 1, l->rest.len - 1);
    if (c == '\n') {
        l->line++;
        l->column = 1;
    } else if (l->rest.len == 0 || (l->rest.ptr[0] & 0xc0) != 0x80) {
        l->column++;
    }
}

static void
skip_blank(struct plan_lexer *l)
{
    bool comment = false;

    for (; l->rest.len > 0; step(l)) {
        uint8_t c = l->rest.ptr[0];

        if (c == '#')
            comment = true;
        else if (c == '\n')
            comment = false;
        else if (!comment && c != ' ' && c != '\t' && c != '\r')
            return;
    }
}

/* Nothing that a terminal would obey. */
static enum sv_err
check_string(const struct plan_token *t, struct plan_fault *fault)
{
    struct buf inert = BUF_INIT;
    enum sv_err err;

    if (t->text.len == 0 || t->text.len > PLAN_TITLE_MAX)
        return plan_lex_fault(
            t, N_("a name in quotes is 1 to 200 bytes of text"), NULL, fault);
    err = text_inert(&inert, t->text, false);
    if (err == SV_OK && !bytes_equal(buf_bytes(&inert), t->text))
        err = plan_lex_fault(t, N_("a control character stands in the quotes"),
                             NULL, fault);
    buf_free(&inert);
    return err;
}

static enum sv_err
lex_string(struct plan_lexer *l, struct plan_token *t, struct plan_fault *fault)
{
    const uint8_t *from;

    step(l);
    from = l->rest.ptr;
    while (l->rest.len > 0 && l->rest.ptr[0] != '"' && l->rest.ptr[0] != '\n')
        step(l);
    t->kind = PLAN_TOKEN_STRING;
    t->text = bytes_of(from, (size_t)(l->rest.ptr - from));
    if (l->rest.len == 0 || l->rest.ptr[0] != '"')
        return plan_lex_fault(t, N_("the closing quote is missing"), NULL,
                              fault);
    step(l);
    return check_string(t, fault);
}

static bool
is_mark(uint8_t c)
{
    return c != '\0' && strchr("{}(),=:", c) != NULL;
}

static enum sv_err
lex_word(struct plan_lexer *l, struct plan_token *t, struct plan_fault *fault)
{
    const uint8_t *from = l->rest.ptr;

    while (l->rest.len > 0 && is_word(l->rest.ptr[0]))
        step(l);
    t->kind = PLAN_TOKEN_WORD;
    t->text = bytes_of(from, (size_t)(l->rest.ptr - from));
    if (t->text.len > PLAN_WORD_MAX)
        return plan_lex_fault(t, N_("a word longer than 48 letters"), NULL,
                              fault);
    return SV_OK;
}

static enum sv_err
lex_mark(struct plan_lexer *l, struct plan_token *t, struct plan_fault *fault)
{
    uint8_t c = l->rest.ptr[0];

    t->kind = PLAN_TOKEN_MARK;
    if (!is_mark(c)) {
        /* Only what is sure to be harmless is shown. */
        t->text = bytes_of(l->rest.ptr, c > ' ' && c < 0x7f ? 1 : 0);
        return plan_lex_fault(t, N_("this character has no meaning in a plan"),
                              NULL, fault);
    }
    t->text = bytes_of(l->rest.ptr, 1);
    step(l);
    return SV_OK;
}

enum sv_err
plan_lex_next(struct plan_lexer *l, struct plan_token *out,
              struct plan_fault *fault)
{
    struct plan_token t = {.kind = PLAN_TOKEN_END};
    enum sv_err err = SV_OK;

    skip_blank(l);
    t.line = l->line;
    t.column = l->column;
    if (l->rest.len == 0)
        err = SV_OK;
    else if (l->rest.ptr[0] == '"')
        err = lex_string(l, &t, fault);
    else if (is_word(l->rest.ptr[0]))
        err = lex_word(l, &t, fault);
    else
        err = lex_mark(l, &t, fault);
    if (err == SV_OK)
        *out = t;
    return err;
}
