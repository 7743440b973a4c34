/*
 * Tables of any texts and numbers as a page and a workbook: no text becomes
 * markup, and the same tables give the same bytes.
 *
 * Covers: release/page.c release/chart.c release/markup.c release/words.c
 * Covers: release/workbook.c release/workbook_sheet.c
 * Covers: counts/document_tables.c
 */
#include <string.h>

#include "base/text.h"
#include "counts/document_tables.h"

#include "fuzz/draw.h"
#include "release/page.h"
#include "release/page_style.h"
#include "release/workbook.h"

#define TABLES_MAX 6
#define COLUMNS_MAX 6
#define ROWS_MAX 12
#define DEPTH_MAX 32

/* ---- tables ---- */

static struct bytes
draw_text(struct draw *d)
{
    size_t len = draw_below(d, 40);
    struct bytes text;

    len = len < d->left ? len : d->left;
    text = bytes_of(d->at, len);
    d->at += len;
    d->left -= len;
    return text;
}

/* For what takes a text with its end. */
static const char *
draw_name(struct draw *d, char out[static 41])
{
    struct bytes text = draw_text(d);
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\0')
            out[n++] = (char)text.ptr[i];
    out[n] = '\0';
    return out;
}

static int64_t
draw_number(struct draw *d)
{
    static const int64_t ends[] = {0, -1, INT64_MAX, INT64_MIN};
    size_t how = draw_below(d, 16);

    return how < 4 ? ends[how] : how == 4 ? (int64_t)draw_u64(d) : draw_byte(d);
}

static void
fill_cell(struct draw *d, struct document_table *t, struct document_cell *c)
{
    char reason[41];

    c->kind = (enum cell_kind)draw_below(d, CELL_UNKNOWN + 1);
    if (c->kind == CELL_UNKNOWN)
        demand_ok(document_table_unknown(t, draw_name(d, reason), c));
    else if (c->kind == CELL_NONE && draw_below(d, 2) == 0)
        c->kind = CELL_NUMBER;
    c->value = draw_number(d);
    c->digits = (unsigned)draw_below(d, CELL_DIGITS_MAX + 1);
}

static void
fill_table(struct draw *d, struct document_table *t)
{
    size_t columns = draw_below(d, COLUMNS_MAX), rows = draw_below(d, ROWS_MAX);
    bool plain = draw_below(d, 2) == 0; /* for a chart */

    for (size_t i = 0; i < columns; i++)
        demand_ok(document_table_column(
            t, plain ? COLUMN_PART : (enum column_kind)draw_below(d, 3),
            draw_text(d)));
    for (size_t i = 0; i < rows; i++) {
        enum row_kind kind = plain ? ROW_PART : (enum row_kind)draw_below(d, 3);
        struct document_cell *cells = NULL;

        demand_ok(document_table_row(t, kind, draw_text(d), &cells));
        t->rows[i].indented = draw_below(d, 2) == 0;
        for (size_t k = 0; k < columns && kind != ROW_GROUP; k++) {
            if (plain)
                cells[k] =
                    (struct document_cell){CELL_NUMBER, draw_number(d), 0, 0};
            else
                fill_cell(d, t, &cells[k]);
        }
    }
    for (size_t i = draw_below(d, 3); i > 0; i--)
        demand_ok(document_table_note(t, draw_text(d)));
    document_table_chart(t);
}

static void
make_tables(struct draw *d, struct document_tables *t)
{
    char name[41];
    size_t n = draw_below(d, TABLES_MAX);

    demand_ok(document_tables_init(
        t, (enum document_lang)draw_below(d, DOCUMENT_LANGS), "2023-03-31",
        draw_text(d)));
    for (size_t i = draw_below(d, 3); i > 0; i--)
        demand_ok(document_tables_note(t, draw_name(d, name), draw_text(d)));
    for (size_t i = 0; i < n; i++) {
        struct document_table *table = NULL;
        char section[41], stub[41];
        struct bytes caption = draw_text(d);

        demand_ok(document_tables_add(t, draw_name(d, section), caption,
                                      draw_name(d, stub), &table));
        fill_table(d, table);
    }
}

/* ---- a page ---- */

struct page {
    struct bytes rest;
    size_t depth;
    struct bytes open[DEPTH_MAX];
};

static bool
is_one_of(struct bytes t, size_t n, const char *const words[])
{
    for (size_t i = 0; i < n; i++)
        if (text_is(t, words[i]))
            return true;
    return false;
}
#define IS_ONE_OF(t, words)                                                    \
    is_one_of((t), sizeof(words) / sizeof *(words), words)

static bool
is_known(struct bytes name)
{
    static const char *const names[] = {
        "html",    "head",  "meta",  "title",     "style",   "body", "header",
        "h1",      "h2",    "h3",    "dl",        "dt",      "dd",   "nav",
        "ol",      "li",    "a",     "main",      "section", "div",  "table",
        "caption", "thead", "tbody", "tr",        "th",      "td",   "p",
        "figure",  "svg",   "desc",  "defs",      "pattern", "rect", "path",
        "line",    "text",  "g",     "figcaption"};

    return IS_ONE_OF(name, names);
}

/* Up to a character of those, which has to come. */
static struct bytes
take_until(struct page *p, const char *ends)
{
    struct bytes all = p->rest;
    size_t n = 0;

    while (n < all.len && strchr(ends, all.ptr[n]) == NULL)
        n++;
    demand(n < all.len);
    p->rest = bytes_slice(all, n, all.len - n);
    return bytes_slice(all, 0, n);
}

/* Nothing that begins a tag, and every & an entity of ours. */
static void
check_text(struct bytes t)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;",
                                           "&#39;"};

    for (size_t i = 0; i < t.len; i++) {
        struct bytes rest = bytes_slice(t, i, t.len - i);
        bool found = t.ptr[i] != '&';

        demand(t.ptr[i] != '<' && t.ptr[i] != '>' && t.ptr[i] != '"');
        for (size_t k = 0; k < sizeof entities / sizeof *entities; k++) {
            struct bytes behind = rest;

            found = found || text_skip(&behind, entities[k]);
        }
        demand(found);
    }
}

static void
check_attribute(struct page *p)
{
    static const char *const names[] = {"lang",
                                        "charset",
                                        "http-equiv",
                                        "content",
                                        "name",
                                        "class",
                                        "id",
                                        "href",
                                        "scope",
                                        "colspan",
                                        "role",
                                        "tabindex",
                                        "viewBox",
                                        "width",
                                        "height",
                                        "x",
                                        "y",
                                        "x1",
                                        "x2",
                                        "y1",
                                        "y2",
                                        "d",
                                        "fill",
                                        "xmlns",
                                        "aria-labelledby",
                                        "aria-describedby",
                                        "patternUnits",
                                        "patternTransform",
                                        "rx"};

    demand(IS_ONE_OF(take_until(p, "="), names));
    demand(text_skip(&p->rest, "=\""));
    if (p->rest.ptr[0] != '"') {
        struct bytes value = take_until(p, "\"<>");

        /* The policy alone has quotes of the other kind. */
        demand(memchr(value.ptr, '&', value.len) == NULL);
    }
    demand(text_skip(&p->rest, "\""));
}

static void
check_tag(struct page *p)
{
    bool is_end = text_skip(&p->rest, "/");
    struct bytes name = take_until(p, " />");

    demand(is_known(name));
    if (is_end) {
        demand(p->depth > 0 && bytes_equal(p->open[--p->depth], name));
        demand(text_skip(&p->rest, ">"));
        return;
    }
    while (text_skip(&p->rest, " "))
        check_attribute(p);
    if (text_skip(&p->rest, "/>"))
        return;
    demand(text_skip(&p->rest, ">"));
    if (text_is(name, "meta"))
        return;
    demand(p->depth < DEPTH_MAX);
    p->open[p->depth++] = name;
    if (text_is(name, "style")) {
        struct bytes style = page_style();

        demand(p->rest.len > style.len);
        demand(bytes_equal(bytes_slice(p->rest, 0, style.len), style));
        p->rest = bytes_slice(p->rest, style.len, p->rest.len - style.len);
    }
}

static void
check_page(struct bytes html)
{
    struct page p = {html, 0, {{NULL, 0}}};

    demand(text_is_utf8(html));
    for (size_t i = 0; i < html.len; i++)
        demand(html.ptr[i] >= ' ' || html.ptr[i] == '\n');
    demand(text_skip(&p.rest, "<!DOCTYPE html>\n"));
    while (p.rest.len > 1) {
        if (text_skip(&p.rest, "<"))
            check_tag(&p);
        else
            check_text(take_until(&p, "<"));
        if (p.depth == 0)
            break;
    }
    demand(p.depth == 0 && text_is(p.rest, "\n"));
}

/* ---- both ---- */

typedef enum sv_err (*draw_fn)(const struct document_tables *t,
                               struct buf *out);

static void
make_twice(const struct document_tables *t, draw_fn fn, struct buf *out)
{
    struct buf again = BUF_INIT;

    demand_ok(fn(t, out));
    demand_ok(fn(t, &again));
    demand(bytes_equal(buf_bytes(out), buf_bytes(&again)));
    buf_free(&again);
}

void
fuzz_one(struct bytes in)
{
    struct draw d = {in.ptr, in.len};
    struct document_tables t;
    struct buf html = BUF_INIT, book = BUF_INIT;
    bool with_book;

    with_book = draw_below(&d, 64) == 63; /* they take long */
    make_tables(&d, &t);
    make_twice(&t, page_html, &html);
    check_page(buf_bytes(&html));
    if (with_book) {
        struct bytes zip;

        make_twice(&t, workbook_xlsx, &book);
        zip = buf_bytes(&book);
        demand(text_skip(&zip, "PK\x03\x04"));
    }
    buf_free(&html);
    buf_free(&book);
    document_tables_clear(&t);
}

void
fuzz_seeds(struct seeds *s)
{
    static const char texts[] =
        "<b>&amp;\"'=1+1 ]]> <script>alert(1)</script> </td><!-- \t\n"
        "\xef\xbf\xbf\xe2\x80\xae _x003D_ 被害者の人数と年齢別の内訳";
    uint8_t bytes[768];

    for (unsigned i = 0; i < 6; i++) {
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (k + i) % 5 < 2
                           ? (uint8_t)(k * k * 13 + k * (i + 3))
                           : (uint8_t)texts[(k + 11 * i) % (sizeof texts - 1)];
        bytes[0] = i == 0 ? 63 : 0;
        seed(s, BYTES(bytes));
    }
}
