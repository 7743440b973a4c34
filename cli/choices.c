#include "cli/choices.h"

#include <stdlib.h>
#include <string.h>

#define INDENT 2
#define GAP 2

/* A date of the list; "" says nothing. */
static bool
is_valid(const struct schema_code *code, const char *today)
{
    const char *from = code->valid_from, *to = code->valid_to;

    return (from == NULL || from[0] == '\0' || strcmp(from, today) <= 0) &&
           (to == NULL || to[0] == '\0' || strcmp(today, to) <= 0);
}

enum sv_err
choices_init(struct choices *c, const struct schema_list *list,
             const char *today)
{
    /* Room for all: choices_keep() adds what is not valid. */
    const struct schema_code **codes =
        calloc(list->n > 0 ? list->n : 1, sizeof(const struct schema_code *));
    size_t n = 0;

    if (codes == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < list->n; i++) {
        if (is_valid(&list->codes[i], today))
            codes[n++] = &list->codes[i];
    }
    *c = (struct choices){.n = n, .n_offered = n, .codes = codes};
    return SV_OK;
}

void
choices_clear(struct choices *c)
{
    free(c->codes);
    *c = (struct choices){0};
}

enum sv_err
choices_keep(struct choices *c, const struct schema_list *list,
             struct bytes code)
{
    const struct schema_code *stored = schema_code(list, code);

    if (stored == NULL)
        return SV_ERR_NOT_FOUND;
    for (size_t i = 0; i < c->n; i++) {
        if (c->codes[i] == stored)
            return SV_OK;
    }
    if (c->n == list->n)
        return SV_ERR_RANGE;
    c->codes[c->n++] = stored;
    return SV_OK;
}

enum fit { FIT_NOT, FIT_BEGINNING, FIT_WHOLE };

static enum fit
fit_text(const char *text, struct bytes typed)
{
    struct buf folded = BUF_INIT;
    enum fit fit = FIT_NOT;

    if (text == NULL || term_fold(bytes_text(text), &folded) != SV_OK)
        goto out;
    if (folded.len >= typed.len &&
        bytes_equal(bytes_of(folded.ptr, typed.len), typed))
        fit = folded.len == typed.len ? FIT_WHOLE : FIT_BEGINNING;
out:
    buf_free(&folded);
    return fit;
}

static enum fit
fit_code(const struct schema_code *code, struct bytes typed)
{
    enum fit best = fit_text(code->code, typed);

    for (size_t i = 0; i < SCHEMA_LANGS; i++) {
        enum fit fit = fit_text(code->label[i], typed);

        if (fit > best)
            best = fit;
    }
    return best;
}

static enum sv_err
find_folded(const struct choices *c, struct bytes typed,
            const struct schema_code **out)
{
    const struct schema_code *found[3] = {NULL, NULL, NULL};
    size_t n[3] = {0, 0, 0};
    uint64_t number;

    if (typed.len == 0)
        return SV_ERR_NOT_FOUND;
    for (size_t i = 0; i < c->n; i++) {
        enum fit fit = fit_code(c->codes[i], typed);

        found[fit] = c->codes[i];
        n[fit]++;
    }
    if (n[FIT_WHOLE] == 1) {
        *out = found[FIT_WHOLE];
        return SV_OK;
    }
    if (n[FIT_WHOLE] == 0 &&
        text_u64(typed, 1, c->n_offered, &number) == SV_OK) {
        *out = c->codes[number - 1];
        return SV_OK;
    }
    if (n[FIT_WHOLE] > 1 || n[FIT_BEGINNING] > 1)
        return SV_ERR_CONFLICT;
    if (n[FIT_BEGINNING] == 0)
        return SV_ERR_NOT_FOUND;
    *out = found[FIT_BEGINNING];
    return SV_OK;
}

enum sv_err
choices_find(const struct choices *c, struct bytes typed,
             const struct schema_code **out)
{
    struct buf folded = BUF_INIT;
    enum sv_err err = term_fold(typed, &folded);

    if (err == SV_OK)
        err = find_folded(c, buf_bytes(&folded), out);
    buf_free(&folded);
    return err;
}

/* Does the label say the code already?  "Not asked" and "not_asked" do. */
static bool
says_code(const char *label, const char *code)
{
    for (; *label != '\0' && *code != '\0'; label++, code++) {
        char a = *label;

        if (a >= 'A' && a <= 'Z')
            a = (char)(a - 'A' + 'a');
        if (a != *code && !(*code == '_' && (a == ' ' || a == '-')))
            return false;
    }
    return *label == *code;
}

static enum sv_err
entry(const struct choices *c, size_t i, enum schema_lang lang, bool with_code,
      struct buf *out)
{
    const struct schema_code *code = c->codes[i];
    const char *label = code->label[lang] != NULL ? code->label[lang] : "";
    enum sv_err err = SV_OK;

    if (i < c->n_offered)
        err = buf_printf(out, c->n_offered > 9 ? "%2zu " : "%zu ", i + 1);
    if (err == SV_OK && label[0] != '\0')
        err = buf_text(out, label);
    if (err == SV_OK && label[0] == '\0')
        err = buf_text(out, code->code);
    else if (err == SV_OK && with_code && !says_code(label, code->code))
        err = buf_printf(out, " (%s)", code->code);
    return err;
}

/* A row of cells of one width; a wide entry takes several. */
struct layout {
    FILE *to;
    size_t cell, per_row;
    size_t used; /* cells of this row */
    size_t pad;  /* to the next cell */
};

static void
place(struct layout *l, struct bytes text)
{
    size_t width = term_width(text);
    size_t cells = (width + GAP + l->cell - 1) / l->cell;

    if (l->used > 0 && l->used + cells > l->per_row) {
        (void)fputc('\n', l->to);
        l->used = 0;
    }
    (void)fprintf(l->to, "%*s", (int)(l->used > 0 ? l->pad : INDENT), "");
    term_text(l->to, text, false, 0);
    l->used += cells;
    l->pad = cells * l->cell - width;
}

/* Three in a row, or more where all are narrow. */
static void
lay_out(struct layout *l, const struct term *t, size_t widest)
{
    size_t width = term_columns(t) - INDENT;

    l->cell = width / 3;
    if (widest + GAP < l->cell)
        l->cell = widest + GAP;
    l->per_row = t->accessible ? 1 : (width + GAP) / l->cell;
    l->used = 0;
}

size_t
choices_print(const struct choices *c, struct term *t, enum schema_lang lang,
              struct bytes beginning, bool with_codes)
{
    struct layout layout = {.to = t->err};
    struct buf folded = BUF_INIT, text = BUF_INIT;
    size_t widest = 0, shown = 0;

    if (term_fold(beginning, &folded) != SV_OK)
        goto out;
    /* Once to measure, once to print. */
    for (int printing = 0; printing < 2; printing++) {
        if (printing)
            lay_out(&layout, t, widest);
        for (size_t i = 0; i < c->n; i++) {
            size_t width;

            if (fit_code(c->codes[i], buf_bytes(&folded)) == FIT_NOT)
                continue;
            buf_truncate(&text, 0);
            if (entry(c, i, lang, with_codes, &text) != SV_OK)
                goto out;
            width = term_width(buf_bytes(&text));
            widest = width > widest ? width : widest;
            if (printing)
                place(&layout, buf_bytes(&text));
            shown += (size_t)printing;
        }
    }
    if (shown > 0)
        (void)fputc('\n', t->err);
out:
    buf_free(&folded);
    buf_free(&text);
    return shown;
}
