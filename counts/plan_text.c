#include "counts/plan_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "counts/csv.h"
#include "counts/plan_derive.h"
#include "counts/width.h"

enum word {
    WORD_NOT_RELEASED,
    WORD_ROUNDED,
    WORD_PUBLIC,
    WORD_PUBLIC_WIDE,
    WORD_EXACT,
    WORD_POPULATION,
    WORD_AS_OF,
    WORD_COUNTED,
    WORD_CALENDAR,
    WORD_FISCAL,
    WORD_ONLY,
    WORD_SEVERAL,
    WORD_NO_ROW,
    WORD_BY,
    WORD_TOTAL,
    WORD_CHANGE,
    WORD_COUNT,
    WORD_SHARE,
    WORD_PERCENT,
    WORDS_N
};
static const char *const words[WORDS_N][SCHEMA_LANGS] = {
    [WORD_NOT_RELEASED] = {"NOT RELEASED", "未公表"},
    [WORD_ROUNDED] = {"Values are disturbed and rounded to multiples of 5.",
                      "数値は攪乱し、5の倍数に丸めてある。"},
    [WORD_PUBLIC] = {"Values are rounded to multiples of 5, each at most 4 off "
                     "what its first release counted.",
                     "数値は5の倍数に丸めてあり、初めて公表した時の実数との差は"
                     "4以内である。"},
    [WORD_PUBLIC_WIDE] =
        {"Values are rounded to multiples of 5, each at most "
         "9 off what its first release counted: sums with "
         "figures released before are kept.",
         "数値は5の倍数に丸めてあり、公表済みの数値との合計を"
         "保つため、初めて公表した時の実数との差は最大9である。"},
    [WORD_EXACT] = {"Values are exact figures.", "数値は実数である。"},
    [WORD_POPULATION] = {"Population: ", "対象: "},
    [WORD_AS_OF] = {"As of: ", "基準日: "},
    [WORD_COUNTED] = {"Counted: ", "計上: "},
    [WORD_CALENDAR] = {"calendar year ", "暦年 "},
    [WORD_FISCAL] = {"fiscal year ", "年度 "},
    [WORD_ONLY] = {"Only: ", "条件: "},
    [WORD_SEVERAL] = {"Several answers each: they do not add up.",
                      "複数回答のため合計とは一致しない。"},
    [WORD_NO_ROW] = {"No row: nothing but 0.", "行なし：すべて0のため。"},
    [WORD_BY] = {" by ", "×"},
    [WORD_TOTAL] = {"Total", "計"},
    [WORD_CHANGE] = {"Change", "増減"},
    [WORD_COUNT] = {"Number", "数"},
    [WORD_SHARE] = {"Share, %", "割合（%）"},
    [WORD_PERCENT] = {"Change, %", "増減率（%）"},
};

/* Appends until the first failure. */
struct page {
    struct buf *out;
    enum sv_err err;
};

static void
put(struct page *p, const char *text)
{
    if (p->err == SV_OK)
        p->err = buf_text(p->out, text);
}

static void
put_word(struct page *p, const struct plan_view *v, enum word w)
{
    put(p, words[w][v->lang]);
}

static void
put_int(struct page *p, int64_t n, bool sign)
{
    if (p->err == SV_OK)
        p->err =
            buf_printf(p->out, sign && n > 0 ? "+%" PRId64 : "%" PRId64, n);
}

static void
put_percent(struct page *p, const struct figure *f, bool sign)
{
    if (sign && f->value > 0)
        put(p, "+");
    if (p->err == SV_OK)
        p->err = plan_derive_text(f, p->out);
}

/* Nothing where there is no such figure, a dash where it is not known. */
static void
put_value(struct page *p, const struct plan_view *v,
          const struct plan_cell *cell)
{
    const struct figure *f = plan_view_figure(v, cell);
    bool sign = cell->series == PLAN_SERIES_CHANGE ||
                cell->series == PLAN_SERIES_PERCENT;
    int64_t value;

    if (!plan_view_value(v, cell, &value))
        put(p, f != NULL ? "-" : "");
    else if (f != NULL && f->is_percent)
        put_percent(p, f, sign);
    else
        put_int(p, value, sign);
}

static void
put_code(struct page *p, const struct plan_view *v, size_t by, uint16_t code)
{
    if (code == PLAN_CELL_ALL)
        put_word(p, v, WORD_TOTAL);
    else
        put(p, plan_variable_label(plan_view_variable(v, by), code, v->lang));
}

enum sv_err
plan_text_code(const struct plan_view *v, size_t by, uint16_t code,
               struct buf *out)
{
    struct page p = {out, SV_OK};

    put_code(&p, v, by, code);
    return p.err;
}

/* "Number", "Share, %", "2022", "2022: Share, %", "Change" */
static void
put_series(struct page *p, const struct plan_view *v, enum plan_series series)
{
    bool own = series == PLAN_SERIES_OWN || series == PLAN_SERIES_SHARE;
    bool share =
        series == PLAN_SERIES_SHARE || series == PLAN_SERIES_SHARE_COMPARED;

    if (series == PLAN_SERIES_CHANGE || series == PLAN_SERIES_PERCENT) {
        put_word(p, v,
                 series == PLAN_SERIES_CHANGE ? WORD_CHANGE : WORD_PERCENT);
        return;
    }
    if (v->table->compared)
        put_int(p, own ? v->plan->period.year : v->table->compare_year, false);
    if (v->table->compared && share)
        put(p, ": ");
    if (share)
        put_word(p, v, WORD_SHARE);
    else if (!v->table->compared)
        put_word(p, v, WORD_COUNT);
}

enum sv_err
plan_text_series(const struct plan_view *v, enum plan_series series,
                 struct buf *out)
{
    struct page p = {out, SV_OK};

    put_series(&p, v, series);
    return p.err;
}

/* Columns are codes where there are two fields, or else the years. */
static bool
columns_are_codes(const struct plan_view *v)
{
    return v->axis[PLAN_AXIS_COLUMNS] != PLAN_NO_FIELD;
}

static size_t
axis_len(const struct plan_view *v, int axis)
{
    return v->axis[axis] == PLAN_NO_FIELD ? 1 : v->n[v->axis[axis]];
}

static size_t
columns_of(const struct plan_view *v)
{
    return columns_are_codes(v) ? axis_len(v, PLAN_AXIS_COLUMNS) : v->n_series;
}

static void
set_code(const struct plan_view *v, int axis, size_t at, struct plan_cell *cell)
{
    size_t by = v->axis[axis];

    if (by != PLAN_NO_FIELD)
        cell->code[by] = v->codes[by][at];
}

/* Which block is printed: a series (of tables with columns of codes) and a
 * code of the third field. */
struct block {
    size_t series, code;
};

/* Does the row stand below that of its group? */
static bool
is_below_group(const struct plan_view *v, size_t rows, size_t row)
{
    uint16_t group;

    if (rows == PLAN_NO_FIELD)
        return false;
    group = plan_variable_group(plan_view_variable(v, rows),
                                v->codes[rows][row - 1]);
    for (size_t i = 0; group != PLAN_NO_GROUP && i < row; i++) {
        if (v->codes[rows][i] == group)
            return true;
    }
    return false;
}

/* Row 0 and column 0 are the heads. */
static void
put_at(struct page *p, const struct plan_view *v, const struct block *b,
       size_t row, size_t column)
{
    struct plan_cell cell = {0, {PLAN_CELL_ALL, PLAN_CELL_ALL, PLAN_CELL_ALL}};
    size_t rows = v->axis[PLAN_AXIS_ROWS], columns = v->axis[PLAN_AXIS_COLUMNS];

    if (row == 0 && column == 0) {
        put(p, rows == PLAN_NO_FIELD
                   ? ""
                   : plan_view_variable(v, rows)->label[v->lang]);
    } else if (column == 0) {
        put(p, is_below_group(v, rows, row) ? "  " : "");
        put_code(p, v, rows == PLAN_NO_FIELD ? 0 : rows,
                 rows == PLAN_NO_FIELD ? PLAN_CELL_ALL
                                       : v->codes[rows][row - 1]);
    } else if (row == 0 && columns_are_codes(v)) {
        put_code(p, v, columns, v->codes[columns][column - 1]);
    } else if (row == 0) {
        put_series(p, v, v->series[column - 1]);
    } else {
        set_code(v, PLAN_AXIS_ROWS, row - 1, &cell);
        set_code(v, PLAN_AXIS_BLOCKS, b->code, &cell);
        if (columns_are_codes(v))
            set_code(v, PLAN_AXIS_COLUMNS, column - 1, &cell);
        cell.series =
            (uint16_t)v->series[columns_are_codes(v) ? b->series : column - 1];
        put_value(p, v, &cell);
    }
}

static void
put_blanks(struct page *p, size_t n)
{
    if (p->err == SV_OK)
        p->err = buf_printf(p->out, "%*s", (int)n, "");
}

/* The cell's text in scratch; its width. */
static size_t
measure(struct page *scratch, const struct plan_view *v, const struct block *b,
        size_t row, size_t column)
{
    buf_truncate(scratch->out, 0);
    put_at(scratch, v, b, row, column);
    return width_of(buf_bytes(scratch->out));
}

static void
put_row(struct page *p, struct page *scratch, const struct plan_view *v,
        const struct block *b, size_t row, const size_t widths[])
{
    size_t owed = 0;

    for (size_t column = 0; column <= columns_of(v); column++) {
        size_t width = measure(scratch, v, b, row, column);
        size_t blank = widths[column] - width;

        /* Blanks wait for a text, so that none ends a line. */
        if (column > 0)
            owed += blank;
        if (width > 0) {
            put_blanks(p, owed + 2);
            if (p->err == SV_OK)
                p->err = buf_append(p->out, buf_bytes(scratch->out));
            owed = 0;
        } else {
            owed += 2;
        }
        if (column == 0)
            owed += blank;
    }
    put(p, "\n");
}

static void
put_block(struct page *p, const struct plan_view *v, const struct block *b)
{
    size_t rows = axis_len(v, PLAN_AXIS_ROWS), columns = columns_of(v);
    size_t *widths = calloc(columns + 1, sizeof *widths);
    struct buf text = BUF_INIT;
    struct page scratch = {&text, SV_OK};

    if (widths == NULL) {
        p->err = SV_ERR_NOMEM;
        return;
    }
    for (size_t row = 0; row <= rows; row++) {
        for (size_t column = 0; column <= columns; column++) {
            size_t width = measure(&scratch, v, b, row, column);

            if (width > widths[column])
                widths[column] = width;
        }
    }
    for (size_t row = 0; row <= rows && p->err == SV_OK; row++)
        put_row(p, &scratch, v, b, row, widths);
    if (p->err == SV_OK)
        p->err = scratch.err;
    free(widths);
    buf_free(&text);
}

/* "2022, Gender: Female" over a block, where there are several. */
static void
put_block_head(struct page *p, const struct plan_view *v, const struct block *b)
{
    size_t by = v->axis[PLAN_AXIS_BLOCKS];

    if (v->n_series == 1 && by == PLAN_NO_FIELD)
        return;
    put(p, "\n  ");
    if (v->n_series > 1)
        put_series(p, v, v->series[b->series]);
    if (v->n_series > 1 && by != PLAN_NO_FIELD)
        put(p, ", ");
    if (by != PLAN_NO_FIELD) {
        put(p, plan_view_variable(v, by)->label[v->lang]);
        put(p, ": ");
        put_code(p, v, by, v->codes[by][b->code]);
    }
    put(p, "\n");
}

static void
put_blocks(struct page *p, const struct plan_view *v)
{
    size_t n_series = columns_are_codes(v) ? v->n_series : 1;
    struct block b;

    for (b.series = 0; b.series < n_series; b.series++) {
        for (b.code = 0; b.code < axis_len(v, PLAN_AXIS_BLOCKS); b.code++) {
            if (columns_are_codes(v))
                put_block_head(p, v, &b);
            put_block(p, v, &b);
        }
    }
}

enum sv_err
plan_text_fields(const struct plan_view *v, struct buf *out)
{
    struct page p = {out, SV_OK};

    for (size_t i = 0; i < v->table->n_by; i++) {
        if (i > 0)
            put_word(&p, v, WORD_BY);
        put(&p, plan_view_variable(v, v->axis[i])->label[v->lang]);
    }
    return p.err;
}

/* "cross: Age band by Gender" */
static void
put_title(struct page *p, const struct plan_view *v)
{
    put(p, "\n");
    put(p, v->table->name);
    put(p, v->table->n_by > 0 ? ": " : "");
    if (p->err == SV_OK)
        p->err = plan_text_fields(v, p->out);
    put(p, "\n");
}

enum sv_err
plan_text_term(const struct plan_view *v, const struct plan_term *term,
               struct buf *out)
{
    const struct plan_variable *variable = &v->plan->variables[term->variable];
    struct page p = {out, SV_OK};
    const char *between = ": ";

    put_word(&p, v, WORD_ONLY);
    put(&p, variable->label[v->lang]);
    for (size_t k = 0; k < variable->n_codes; k++) {
        if (!term->codes[k])
            continue;
        put(&p, between);
        put(&p, plan_variable_label(variable, k, v->lang));
        between = ", ";
    }
    return p.err;
}

static void
put_where(struct page *p, const struct plan_view *v)
{
    for (size_t i = 0; i < v->table->n_where; i++) {
        put(p, "  ");
        if (p->err == SV_OK)
            p->err = plan_text_term(v, &v->table->where[i], p->out);
        put(p, "\n");
    }
}

const char *
plan_text_several(const struct plan_view *v)
{
    for (size_t i = 0; i < v->table->n_by; i++) {
        if (plan_view_variable(v, i)->multi)
            return words[WORD_SEVERAL][v->lang];
    }
    return NULL;
}

static void
put_several(struct page *p, const struct plan_view *v)
{
    const char *several = plan_text_several(v);

    if (several == NULL)
        return;
    put(p, "  ");
    put(p, several);
    put(p, "\n");
}

static void
put_reason(struct page *p, const char *of, const struct figure *f)
{
    put(p, "  - ");
    put(p, of);
    put(p, ": ");
    if (p->err == SV_OK)
        p->err = text_inert(p->out, bytes_text(f->reason), false);
    put(p, "\n");
}

/* Why the figures of this table that are not known are not; of percentages
 * one line, as all have the same reason. */
static void
put_reasons(struct page *p, const struct plan_view *v)
{
    bool said[WORDS_N] = {false};

    for (size_t i = 0; i < v->figures->n && p->err == SV_OK; i++) {
        const struct figure *f = &v->figures->at[i];
        enum word word = f->is_change ? WORD_PERCENT : WORD_SHARE;
        struct plan_cell cell;
        size_t table;

        if (f->known || f->unprinted || !plan_view_has(v->table, f))
            continue;
        p->err = plan_cell_parse(v->plan, bytes_text(f->name), &table, &cell);
        if (p->err != SV_OK)
            return;
        if (!plan_cell_is_percent((enum plan_series)cell.series)) {
            put_reason(p, f->name, f);
        } else if (!said[word]) {
            put_reason(p, words[word][v->lang], f);
            said[word] = true;
        }
    }
}

/* Whether anything of the table is printed: what is 0 has no row. */
static bool
has_figures(const struct plan_view *v)
{
    for (size_t i = 0; i < v->figures->n; i++) {
        if (!v->figures->at[i].unprinted &&
            plan_view_has(v->table, &v->figures->at[i]))
            return true;
    }
    return false;
}

static enum sv_err
put_table(const struct plan_view *of, const struct plan_table *table,
          struct page *p)
{
    struct plan_view v = *of;
    enum sv_err err;

    v.table = table;
    err = plan_view_init(&v);
    if (err == SV_OK) {
        put_title(p, &v);
        put_where(p, &v);
        if (has_figures(&v)) {
            put_blocks(p, &v);
            put_several(p, &v);
            put_reasons(p, &v);
        } else {
            put(p, "  ");
            put_word(p, &v, WORD_NO_ROW);
            put(p, "\n");
        }
        err = p->err;
    }
    plan_view_clear(&v);
    return err;
}

enum sv_err
plan_text_check(const struct plan *p, const struct figures *figures)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < figures->n && err == SV_OK; i++) {
        const struct figure *f = &figures->at[i];
        struct plan_cell cell;
        size_t table;

        if (f->unprinted)
            continue;
        err = plan_cell_parse(p, bytes_text(f->name), &table, &cell);
        if (err == SV_OK &&
            (!plan_cell_is_printed(&p->tables[table], &cell) ||
             (f->known && f->is_percent != plan_cell_is_percent(
                                               (enum plan_series)cell.series))))
            err = SV_ERR_FORMAT;
    }
    return err;
}

enum sv_err
plan_text_period(const struct plan_view *v, struct buf *out)
{
    const struct plan_period *period = &v->plan->period;
    struct page p = {out, SV_OK};
    const struct schema_field *basis;

    if (period->has_basis) {
        basis = &v->plan->coded->fields[period->basis_field];
        put(&p, schema_code(basis->list, bytes_text(period->basis))
                    ->label[v->lang]);
        put(&p, ", ");
    }
    put_word(&p, v, period->fiscal ? WORD_FISCAL : WORD_CALENDAR);
    put_int(&p, period->year, false);
    return p.err;
}

static void
put_period(struct page *p, const struct plan_view *v)
{
    if (!v->plan->period.given)
        return;
    put_word(p, v, WORD_COUNTED);
    if (p->err == SV_OK)
        p->err = plan_text_period(v, p->out);
    put(p, "\n");
}

static void
put_head(struct page *p, const struct plan_view *v)
{
    if (v->preview) {
        put_word(p, v, WORD_NOT_RELEASED);
        put(p, "\n");
        put_word(p, v, WORD_ROUNDED);
        put(p, "\n\n");
    }
    put(p, v->plan->title);
    put(p, "\n");
    put_word(p, v, WORD_POPULATION);
    put(p, v->plan->type->label[v->lang]);
    put(p, "\n");
    put_word(p, v, WORD_AS_OF);
    put(p, v->plan->as_of);
    put(p, "\n");
    put_period(p, v);
    if (!v->preview) {
        put_word(p, v,
                 v->plan->method != PLAN_ROUND ? WORD_EXACT
                 : v->figures->is_wide         ? WORD_PUBLIC_WIDE
                                               : WORD_PUBLIC);
        put(p, "\n");
    }
}

enum sv_err
plan_text_tables(const struct plan *p, const struct figures *figures,
                 enum schema_lang lang, bool preview, struct buf *out)
{
    struct plan_view v = {
        .plan = p, .figures = figures, .lang = lang, .preview = preview};
    size_t was = out->len;
    struct page page = {out, SV_OK};
    enum sv_err err = plan_text_check(p, figures);

    if (err != SV_OK)
        return err;
    put_head(&page, &v);
    for (size_t i = 0; i < p->n && err == SV_OK; i++)
        err = put_table(&v, &p->tables[i], &page);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}
