#include "release/words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const words[RELEASE_WORDS][DOCUMENT_LANGS] = {
    [RELEASE_NOTES] = {"Notes", "説明"},
    [RELEASE_CONTENTS] = {"Contents", "目次"},
    [RELEASE_BARS] = {"Bar chart of the table beside it. ",
                      "隣の表の棒グラフ。"},
    [RELEASE_PAIRS] = {"Bar chart of the table beside it, with two bars for "
                       "each row: ",
                       "隣の表の棒グラフ。各行に2本の棒："},
    [RELEASE_LONGEST] = {"The longest bar: ", "最も長い棒："},
    [RELEASE_COMMA] = {", ", "、"},
    [RELEASE_STOP] = {". ", "。"},
};

const char *
release_word(enum document_lang lang, enum release_word w)
{
    assert(w < RELEASE_WORDS && lang < DOCUMENT_LANGS);
    return words[w][lang];
}

const char *
release_lang_tag(enum document_lang lang)
{
    return lang == DOCUMENT_JA ? "ja" : "en";
}

/* ---- numbers ---- */

/* Digits in groups of three. */
static enum sv_err
put_grouped(uint64_t n, struct buf *out)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    enum sv_err err = SV_OK;

    for (int i = 0; i < len && err == SV_OK; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            err = buf_text(out, ",");
        if (err == SV_OK)
            err = buf_append(out, bytes_of(&digits[i], 1));
    }
    return err;
}

static enum sv_err
put_share(uint64_t n, unsigned digits, struct buf *out)
{
    uint64_t unit = 1;
    enum sv_err err;

    assert(digits <= CELL_DIGITS_MAX);
    for (unsigned i = 0; i < digits; i++)
        unit *= 10;
    err = put_grouped(n / unit, out);
    if (err == SV_OK && digits > 0)
        err = buf_printf(out, ".%0*" PRIu64, (int)digits, n % unit);
    return err == SV_OK ? buf_text(out, "%") : err;
}

enum sv_err
release_number(const struct document_cell *c, struct buf *out)
{
    bool is_share = c->kind == CELL_SHARE || c->kind == CELL_SHARE_CHANGE;
    bool is_change = c->kind == CELL_CHANGE || c->kind == CELL_SHARE_CHANGE;
    bool below = c->value < 0;
    uint64_t size = below ? 0 - (uint64_t)c->value : (uint64_t)c->value;
    enum sv_err err = SV_OK;

    if (c->kind == CELL_NONE || c->kind == CELL_UNKNOWN)
        return SV_OK;
    if (below)
        err = buf_text(out, "\u2212"); /* which screen readers speak */
    else if (is_change && size > 0)
        err = buf_text(out, "+");
    if (err != SV_OK)
        return err;
    return is_share ? put_share(size, c->digits, out) : put_grouped(size, out);
}

/* ---- names ---- */

enum sv_err
release_table_name(enum document_lang lang, size_t number, struct buf *out)
{
    return lang == DOCUMENT_JA ? buf_printf(out, "表%zu", number)
                               : buf_printf(out, "Table %zu", number);
}

enum sv_err
release_table_title(enum document_lang lang, size_t number,
                    const struct document_table *t, bool with_section,
                    struct buf *out)
{
    static const char *const behind[DOCUMENT_LANGS][2] = {{". ", ": "},
                                                          {"　", "："}};
    enum sv_err err = release_table_name(lang, number, out);

    if (err == SV_OK)
        err = buf_text(out, behind[lang][0]);
    if (err == SV_OK && with_section && t->section[0] != '\0')
        err = buf_printf(out, "%s%s", t->section, behind[lang][1]);
    return err == SV_OK ? buf_text(out, t->caption) : err;
}

enum sv_err
release_unknown(enum document_lang lang, size_t reason, struct buf *out)
{
    return lang == DOCUMENT_JA
               ? buf_printf(out, "不明（注%zu）", reason)
               : buf_printf(out, "not known (note %zu)", reason);
}

enum sv_err
release_reason(enum document_lang lang, size_t reason, const char *text,
               struct buf *out)
{
    return lang == DOCUMENT_JA ? buf_printf(out, "注%zu：%s", reason, text)
                               : buf_printf(out, "Note %zu: %s", reason, text);
}
