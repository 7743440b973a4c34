#include "release/chart.h"

#include "counts/width.h"

#include "release/markup.h"
#include "release/words.h"

/* In units of the drawing, which are pixels where it is not scaled. */
#define WIDTH ((size_t)440)
#define COLUMN ((size_t)8) /* a column of text (width.h) at the page's 14 */
#define LINE ((size_t)18)  /* of a label */
#define BASELINE ((size_t)13)
#define BAR ((size_t)18)
#define BETWEEN ((size_t)8) /* rows */
#define MARGIN ((size_t)8)
#define LEGEND ((size_t)30)

#define LABEL_COLUMNS_MAX 24
#define LABEL_LINES_MAX 3
#define LEGEND_COLUMNS_MAX 16
#define SPOKEN_COLUMNS_MAX 80 /* of a label in the description */

struct drawing {
    struct markup m;
    const struct document_table *t;
    enum document_lang lang;
    size_t number;
    size_t n_bars; /* of a row */
    size_t left;   /* where bars begin */
    size_t length; /* of the longest bar */
    int64_t longest;
    size_t longest_row, longest_column;
    size_t y;
};

/* ---- labels ---- */

/* One line of a label, and what is left of it. */
static struct bytes
next_line(struct bytes *rest)
{
    size_t n = width_fit(*rest, LABEL_COLUMNS_MAX);
    struct bytes line;

    if (width_of(bytes_slice(*rest, 0, n)) > LABEL_COLUMNS_MAX)
        n = width_cut(*rest, LABEL_COLUMNS_MAX);
    line = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n, rest->len - n);
    while (line.len > 0 && line.ptr[line.len - 1] == ' ')
        line.len--;
    return line;
}

static size_t
lines_of(const char *label, size_t *widest)
{
    struct bytes rest = bytes_text(label);
    size_t n = 0;

    while (rest.len > 0 && n < LABEL_LINES_MAX) {
        size_t width = width_of(next_line(&rest));

        if (width > *widest)
            *widest = width;
        n++;
    }
    return n > 0 ? n : 1;
}

static void
put_text_at(struct drawing *d, const char *class, size_t x, size_t y)
{
    markup(&d->m, "<text class=\"");
    markup(&d->m, class);
    markup(&d->m, "\" x=\"");
    markup_size(&d->m, x);
    markup(&d->m, "\" y=\"");
    markup_size(&d->m, y);
    markup(&d->m, "\">");
}

/* The whole label stands in the table; here it may end early. */
static void
put_label(struct drawing *d, const char *label, size_t y)
{
    struct bytes rest = bytes_text(label);

    for (size_t i = 0; i < LABEL_LINES_MAX && rest.len > 0; i++) {
        put_text_at(d, "label", d->left - MARGIN, y + i * LINE + BASELINE);
        markup_text(&d->m, next_line(&rest));
        if (i + 1 == LABEL_LINES_MAX && rest.len > 0)
            markup(&d->m, "…");
        markup(&d->m, "</text>\n");
    }
}

static void
put_number(struct drawing *d, const struct document_cell *c)
{
    if (d->m.err == SV_OK)
        d->m.err = release_number(c, d->m.out);
}

/* ---- measures ---- */

static const struct document_cell *
cell(const struct drawing *d, size_t row, size_t bar)
{
    return &d->t->rows[row].cells[d->t->chart_columns[bar]];
}

static enum sv_err
measure(struct drawing *d)
{
    size_t label = 0, number = 0;
    struct buf text = BUF_INIT;
    enum sv_err err = SV_OK;

    d->longest = -1;
    for (size_t i = 0; i < d->t->n_rows; i++) {
        if (d->t->rows[i].kind != ROW_PART)
            continue;
        (void)lines_of(d->t->rows[i].label, &label);
        for (size_t k = 0; k < d->n_bars && err == SV_OK; k++) {
            const struct document_cell *c = cell(d, i, k);

            buf_truncate(&text, 0);
            err = release_number(c, &text);
            if (text.len > number)
                number = text.len;
            if (c->value <= d->longest)
                continue;
            d->longest = c->value;
            d->longest_row = i;
            d->longest_column = d->t->chart_columns[k];
        }
    }
    d->left = label * COLUMN + 2 * MARGIN;
    d->length = WIDTH - d->left - number * COLUMN - 2 * MARGIN;
    buf_free(&text);
    return err;
}

static size_t
row_height(const struct drawing *d, size_t row)
{
    size_t ignored = 0;
    size_t label = lines_of(d->t->rows[row].label, &ignored) * LINE;
    size_t bars = d->n_bars * BAR;

    return (label > bars ? label : bars) + BETWEEN;
}

static size_t
height(const struct drawing *d)
{
    size_t all = d->n_bars > 1 ? LEGEND : 0;

    for (size_t i = 0; i < d->t->n_rows; i++)
        all += d->t->rows[i].kind == ROW_PART ? row_height(d, i) : 0;
    return all;
}

/* ---- parts of the drawing ---- */

/* id="c3-NAME" */
static void
put_id(struct drawing *d, const char *before, const char *name)
{
    markup(&d->m, before);
    markup(&d->m, "c");
    markup_size(&d->m, d->number);
    markup(&d->m, "-");
    markup(&d->m, name);
}

/* As much of a text as there is room for. */
static void
put_start(struct drawing *d, const char *text, size_t columns)
{
    struct bytes all = bytes_text(text);
    size_t n = width_cut(all, columns);

    markup_text(&d->m, bytes_slice(all, 0, n));
    markup(&d->m, n < all.len ? "…" : "");
}

static void
put_word(struct drawing *d, enum release_word w)
{
    markup(&d->m, release_word(d->lang, w));
}

static void
put_description(struct drawing *d)
{
    const struct document_row *row = &d->t->rows[d->longest_row];
    const struct document_table *t = d->t;

    put_word(d, d->n_bars > 1 ? RELEASE_PAIRS : RELEASE_BARS);
    if (d->n_bars > 1) {
        put_start(d, t->columns[t->chart_columns[0]].head, SPOKEN_COLUMNS_MAX);
        put_word(d, RELEASE_COMMA);
        put_start(d, t->columns[t->chart_columns[1]].head, SPOKEN_COLUMNS_MAX);
        put_word(d, RELEASE_STOP);
    }
    put_word(d, RELEASE_LONGEST);
    put_start(d, row->label, SPOKEN_COLUMNS_MAX);
    put_word(d, RELEASE_COMMA);
    put_number(d, &row->cells[d->longest_column]);
}

static void
put_head(struct drawing *d)
{
    put_id(d, "<svg class=\"chart\" role=\"img\" aria-labelledby=\"", "title");
    put_id(d, " ", "desc\" viewBox=\"0 0 ");
    markup_size(&d->m, WIDTH);
    markup(&d->m, " ");
    markup_size(&d->m, height(d));
    put_id(d, "\">\n<title id=\"", "title\">");
    markup_text(&d->m, bytes_text(d->t->caption));
    put_id(d, "</title>\n<desc id=\"", "desc\">");
    put_description(d);
    markup(&d->m, "</desc>\n");
    if (d->n_bars < 2)
        return;
    put_id(d, "<defs><pattern id=\"", "hatch\"");
    markup(&d->m, " width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
                  "patternTransform=\"rotate(45)\"><rect class=\"ground\" "
                  "width=\"6\" height=\"6\"/><rect class=\"stripe\" "
                  "width=\"3\" height=\"6\"/></pattern></defs>\n");
}

static void
put_bar(struct drawing *d, size_t bar, size_t x, size_t y, size_t length)
{
    markup(&d->m, bar == 0 ? "<rect class=\"bar\" x=\""
                           : "<rect class=\"bar hatched\" x=\"");
    markup_size(&d->m, x);
    markup(&d->m, "\" y=\"");
    markup_size(&d->m, y);
    markup(&d->m, "\" width=\"");
    markup_size(&d->m, length);
    markup(&d->m, "\" height=\"");
    markup_size(&d->m, BAR - 3);
    if (bar > 0)
        put_id(d, "\" fill=\"url(#", "hatch)");
    markup(&d->m, "\"/>\n");
}

static void
put_legend(struct drawing *d)
{
    size_t x = 0;

    for (size_t k = 0; k < d->n_bars; k++) {
        const char *head = d->t->columns[d->t->chart_columns[k]].head;
        size_t width = width_of(bytes_text(head));

        put_bar(d, k, x, 2, 2 * BAR);
        put_text_at(d, "value", x + 2 * BAR + MARGIN, 2 + BASELINE);
        put_start(d, head, LEGEND_COLUMNS_MAX);
        markup(&d->m, "</text>\n");
        if (width > LEGEND_COLUMNS_MAX)
            width = LEGEND_COLUMNS_MAX + 1;
        x += 2 * BAR + 3 * MARGIN + width * COLUMN;
    }
    d->y += LEGEND;
}

static void
put_row(struct drawing *d, size_t row)
{
    size_t inner = row_height(d, row) - BETWEEN;
    size_t ignored = 0;
    size_t label = lines_of(d->t->rows[row].label, &ignored) * LINE;
    size_t y = d->y + (inner - d->n_bars * BAR) / 2;

    put_label(d, d->t->rows[row].label, d->y + (inner - label) / 2);
    for (size_t k = 0; k < d->n_bars; k++, y += BAR) {
        const struct document_cell *c = cell(d, row, k);
        size_t length =
            (size_t)((double)c->value / (double)d->longest * (double)d->length);

        if (c->value > 0)
            put_bar(d, k, d->left, y, length > 0 ? length : 1);
        put_text_at(d, "value", d->left + length + MARGIN, y + BASELINE);
        put_number(d, c);
        markup(&d->m, "</text>\n");
    }
    d->y += row_height(d, row);
}

/* Where all bars begin. */
static void
put_axis(struct drawing *d, size_t top)
{
    markup(&d->m, "<line class=\"axis\" x1=\"");
    markup_size(&d->m, d->left);
    markup(&d->m, "\" x2=\"");
    markup_size(&d->m, d->left);
    markup(&d->m, "\" y1=\"");
    markup_size(&d->m, top);
    markup(&d->m, "\" y2=\"");
    markup_size(&d->m, d->y - BETWEEN + 2);
    markup(&d->m, "\"/>\n");
}

enum sv_err
chart_svg(const struct document_table *t, enum document_lang lang,
          size_t number, struct buf *out)
{
    struct drawing d = {.m = {out, SV_OK},
                        .t = t,
                        .lang = lang,
                        .number = number,
                        .n_bars = t->chart == CHART_PAIRS ? 2 : 1};
    size_t was = out->len, top;
    enum sv_err err;

    if (t->chart == CHART_NONE)
        return SV_OK;
    err = measure(&d);
    if (err != SV_OK)
        return err;
    put_head(&d);
    if (d.n_bars > 1)
        put_legend(&d);
    top = d.y;
    for (size_t i = 0; i < t->n_rows; i++) {
        if (t->rows[i].kind == ROW_PART)
            put_row(&d, i);
    }
    put_axis(&d, top);
    markup(&d.m, "</svg>\n");
    if (d.m.err != SV_OK)
        buf_truncate(out, was);
    return d.m.err;
}
