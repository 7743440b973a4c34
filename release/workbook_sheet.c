#include "release/workbook_sheet.h"

#include <stdio.h>

#include "counts/width.h"

#include "release/words.h"

#define LABEL_WIDTH_MIN 14
#define LABEL_WIDTH_MAX 44
#define NUMBER_WIDTH_MIN 10
#define NUMBER_WIDTH_MAX 18
#define HEAD_ROW 1
#define FIRST_ROW 2

/* More digits than a spreadsheet keeps: such a number stays text. */
#define NUMBER_MAX INT64_C(999999999999999)

struct sheet {
    struct workbook *w;
    lxw_worksheet *at;
    const struct document_table *t;
    size_t label, width; /* of the first column, and of all, in characters */
    char name[WORKBOOK_NAME_SIZE];
};

/* ---- widths ---- */

static size_t
between(size_t n, size_t min, size_t max)
{
    return n < min ? min : n > max ? max : n;
}

static size_t
label_width(const struct document_table *t)
{
    size_t most = width_of(bytes_text(t->stub));

    for (size_t i = 0; i < t->n_rows; i++) {
        size_t n = width_of(bytes_text(t->rows[i].label));

        if (t->rows[i].kind != ROW_GROUP && n > most)
            most = n;
    }
    return between(most + 2, LABEL_WIDTH_MIN, LABEL_WIDTH_MAX);
}

/* What a cell shows as text, appended. */
static void
put_shown(struct workbook *w, const struct document_cell *c, struct buf *out)
{
    if (w->err != SV_OK)
        return;
    w->err = c->kind == CELL_UNKNOWN
                 ? release_unknown(w->t->lang, c->reason + 1, out)
                 : release_number(c, out);
}

static size_t
column_width(struct sheet *s, size_t column)
{
    size_t most = width_of(bytes_text(s->t->columns[column].head));
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < s->t->n_rows; i++) {
        if (s->t->rows[i].kind == ROW_GROUP)
            continue;
        buf_truncate(&text, 0);
        put_shown(s->w, &s->t->rows[i].cells[column], &text);
        if (width_of(buf_bytes(&text)) > most)
            most = width_of(buf_bytes(&text));
    }
    buf_free(&text);
    return between(most + 2, NUMBER_WIDTH_MIN, NUMBER_WIDTH_MAX);
}

static void
set_widths(struct sheet *s)
{
    s->label = label_width(s->t);
    s->width = s->label;
    workbook_check(s->w,
                   worksheet_set_column(s->at, 0, 0, (double)s->label, NULL));
    for (size_t i = 0; i < s->t->n_columns; i++) {
        size_t n = column_width(s, i);
        lxw_col_t column = (lxw_col_t)(i + 1);

        workbook_check(
            s->w, worksheet_set_column(s->at, column, column, (double)n, NULL));
        s->width += n;
    }
}

/* ---- rows ---- */

static lxw_format *
cell_format(const struct workbook_formats *f, const struct document_cell *c)
{
    switch (c->kind) {
    case CELL_CHANGE:
        return f->change;
    case CELL_SHARE:
        return f->share[c->digits];
    case CELL_SHARE_CHANGE:
        return f->share_change[c->digits];
    case CELL_UNKNOWN:
        return f->unknown;
    default:
        return f->number;
    }
}

static bool
is_number(const struct document_cell *c)
{
    return c->kind != CELL_UNKNOWN && c->value <= NUMBER_MAX &&
           c->value >= -NUMBER_MAX;
}

/* A share of 4.3% is the number 0.043. */
static double
value_of(const struct document_cell *c)
{
    double scale = 100;

    if (c->kind != CELL_SHARE && c->kind != CELL_SHARE_CHANGE)
        return (double)c->value;
    for (unsigned i = 0; i < c->digits; i++)
        scale *= 10;
    return (double)c->value / scale;
}

static void
put_cell(struct sheet *s, lxw_row_t row, lxw_col_t column,
         const struct document_cell *c, lxw_format *format)
{
    struct buf text = BUF_INIT;

    if (c->kind == CELL_NONE) {
        workbook_check(s->w, worksheet_write_blank(s->at, row, column, format));
    } else if (is_number(c)) {
        workbook_check(s->w, worksheet_write_number(s->at, row, column,
                                                    value_of(c), format));
    } else {
        put_shown(s->w, c, &text);
        if (s->w->err == SV_OK)
            s->w->err = buf_append(&text, bytes_of("", 1));
        if (s->w->err == SV_OK)
            workbook_text(s->w, s->at, row, column, (const char *)text.ptr,
                          format);
    }
    buf_free(&text);
}

static void
put_group(struct sheet *s, lxw_row_t row, const struct document_row *r)
{
    workbook_text(s->w, s->at, row, 0, r->label, s->w->group);
    for (size_t i = 0; i < s->t->n_columns; i++)
        workbook_check(s->w, worksheet_write_blank(
                                 s->at, row, (lxw_col_t)(i + 1), s->w->group));
}

static void
put_rows(struct sheet *s)
{
    for (size_t i = 0; i < s->t->n_rows && s->w->err == SV_OK; i++) {
        const struct document_row *r = &s->t->rows[i];
        lxw_row_t row = (lxw_row_t)(FIRST_ROW + i);
        const struct workbook_formats *f =
            r->kind == ROW_TOTAL ? &s->w->total : &s->w->part;

        workbook_height(
            s->w, s->at, row,
            r->kind == ROW_GROUP ? 1 : workbook_lines(r->label, s->label - 2));
        if (r->kind == ROW_GROUP) {
            put_group(s, row, r);
            continue;
        }
        workbook_text(s->w, s->at, row, 0, r->label,
                      r->indented ? f->indented : f->label);
        for (size_t k = 0; k < s->t->n_columns; k++)
            put_cell(s, row, (lxw_col_t)(k + 1), &r->cells[k],
                     cell_format(f, &r->cells[k]));
    }
}

static void
put_heads(struct sheet *s)
{
    size_t lines = workbook_lines(s->t->stub, s->label - 2);

    workbook_text(s->w, s->at, HEAD_ROW, 0, s->t->stub, s->w->head);
    for (size_t i = 0; i < s->t->n_columns; i++) {
        const char *head = s->t->columns[i].head;
        size_t n = workbook_lines(head, NUMBER_WIDTH_MAX - 2);

        workbook_text(s->w, s->at, HEAD_ROW, (lxw_col_t)(i + 1), head,
                      s->w->head_number);
        lines = n > lines ? n : lines;
    }
    workbook_height(s->w, s->at, HEAD_ROW, lines);
}

/* A line below the table, as wide as it is and as high as it needs to be. */
static void
put_line(struct sheet *s, lxw_row_t row, const char *text)
{
    lxw_col_t last = (lxw_col_t)s->t->n_columns;

    if (last > 0)
        workbook_check(s->w, worksheet_merge_range(s->at, row, 0, row, last, "",
                                                   s->w->note));
    workbook_text(s->w, s->at, row, 0, text, s->w->note);
    workbook_height(s->w, s->at, row, workbook_lines(text, s->width - 2));
}

static void
put_lines(struct sheet *s)
{
    lxw_row_t row = (lxw_row_t)(FIRST_ROW + s->t->n_rows + 1);

    for (size_t i = 0; i < s->t->n_notes; i++)
        put_line(s, row++, s->t->notes[i]);
    for (size_t i = 0; i < s->t->n_reasons && s->w->err == SV_OK; i++) {
        struct buf text = BUF_INIT;

        s->w->err =
            release_reason(s->w->t->lang, i + 1, s->t->reasons[i], &text);
        if (s->w->err == SV_OK)
            s->w->err = buf_append(&text, bytes_of("", 1));
        if (s->w->err == SV_OK)
            put_line(s, row++, (const char *)text.ptr);
        buf_free(&text);
    }
}

/* ---- the chart ---- */

/* The rows that are parts: they stand behind each other. */
static void
charted_rows(const struct document_table *t, lxw_row_t *first, lxw_row_t *last)
{
    bool found = false;

    for (size_t i = 0; i < t->n_rows; i++) {
        if (t->rows[i].kind != ROW_PART)
            continue;
        *last = (lxw_row_t)(FIRST_ROW + i);
        if (!found)
            *first = *last;
        found = true;
    }
}

/* Ranges, because a text that begins with = would be taken for one. */
static void
add_series(struct sheet *s, lxw_chart *chart, size_t bar)
{
    lxw_col_t column = (lxw_col_t)(s->t->chart_columns[bar] + 1);
    lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
    lxw_chart_fill fill = {.color = 0x1D4F80};
    lxw_chart_pattern hatch = {.fg_color = 0x8A4A08,
                               .bg_color = 0xF3D9B8,
                               .type = LXW_CHART_PATTERN_WIDE_UPWARD_DIAGONAL};
    lxw_chart_line edge = {.color = bar == 0 ? 0x1D4F80 : 0x8A4A08};
    lxw_row_t first = 0, last = 0;

    if (series == NULL) {
        s->w->err = SV_ERR_NOMEM;
        return;
    }
    charted_rows(s->t, &first, &last);
    chart_series_set_categories(series, s->name, first, 0, last, 0);
    chart_series_set_values(series, s->name, first, column, last, column);
    chart_series_set_name_range(series, s->name, HEAD_ROW, column);
    chart_series_set_labels(series);
    if (bar == 0)
        chart_series_set_fill(series, &fill);
    else
        chart_series_set_pattern(series, &hatch);
    chart_series_set_line(series, &edge);
}

static void
set_up_chart(struct sheet *s, lxw_chart *chart)
{
    char name[32];
    lxw_chart_font font = {.name = name, .size = 10}, bold = font;

    (void)snprintf(name, sizeof name, "%s", workbook_font(s->w));
    bold.bold = LXW_TRUE;
    bold.size = 11;
    chart_title_set_name_range(chart, s->name, 0, 0);
    chart_title_set_name_font(chart, &bold);
    /* Of a bar chart, the labels stand at y and the numbers at x. */
    chart_axis_set_reverse(chart->y_axis);
    chart_axis_set_num_font(chart->y_axis, &font);
    chart_axis_set_min(chart->x_axis, 0);
    chart_axis_major_gridlines_set_visible(chart->x_axis, LXW_FALSE);
    chart_axis_off(chart->x_axis);
    chart_set_series_gap(chart, 50);
    if (s->t->chart == CHART_PAIRS) {
        chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
        chart_legend_set_font(chart, &font);
    } else {
        chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    }
}

static void
put_chart(struct sheet *s)
{
    lxw_chart *chart = workbook_add_chart(s->w->book, LXW_CHART_BAR);
    size_t n = s->t->chart == CHART_PAIRS ? 2 : 1;
    lxw_chart_options options = {.x_scale = 1.1,
                                 .y_scale =
                                     (double)(80 + s->t->n_rows * n * 22) / 288,
                                 .object_position = LXW_OBJECT_MOVE_DONT_SIZE,
                                 .description = s->t->caption};

    if (chart == NULL) {
        s->w->err = SV_ERR_NOMEM;
        return;
    }
    for (size_t i = 0; i < n && s->w->err == SV_OK; i++)
        add_series(s, chart, i);
    set_up_chart(s, chart);
    if (s->w->err == SV_OK)
        workbook_check(
            s->w, worksheet_insert_chart_opt(s->at, HEAD_ROW,
                                             (lxw_col_t)(s->t->n_columns + 2),
                                             chart, &options));
}

/* ---- the sheet ---- */

static void
put_title(struct sheet *s, size_t i)
{
    struct buf title = BUF_INIT;

    if (s->w->err == SV_OK)
        s->w->err =
            release_table_title(s->w->t->lang, i + 1, s->t, true, &title);
    if (s->w->err == SV_OK)
        s->w->err = buf_append(&title, bytes_of("", 1));
    if (s->w->err == SV_OK)
        workbook_text(s->w, s->at, 0, 0, (const char *)title.ptr, s->w->title);
    workbook_height(s->w, s->at, 0, 1);
    buf_free(&title);
}

void
workbook_table(struct workbook *w, size_t i)
{
    struct sheet s = {.w = w, .t = &w->t->at[i]};

    workbook_table_name(w, i, s.name);
    if (w->err != SV_OK)
        return;
    s.at = workbook_add_worksheet(w->book, s.name);
    if (s.at == NULL) {
        w->err = SV_ERR_NOMEM;
        return;
    }
    set_widths(&s);
    put_title(&s, i);
    put_heads(&s);
    put_rows(&s);
    put_lines(&s);
    if (s.t->chart != CHART_NONE && w->err == SV_OK)
        put_chart(&s);
    worksheet_freeze_panes(s.at, FIRST_ROW, 1);
    workbook_print(w, s.at, s.t->chart != CHART_NONE || s.width > 90);
    workbook_check(w, worksheet_repeat_rows(s.at, 0, HEAD_ROW));
}
