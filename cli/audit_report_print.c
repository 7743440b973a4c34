#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_sheet.h"

#define MONTHS_MAX 24 /* of the chart: the last ones */
#define BAR_WIDTH 20
#define CHART_HEIGHT 120

/* ---- Text ---- */

static unsigned
column_width(const struct sheet *s, const struct sheet_kind *kind, unsigned c)
{
    size_t width = term_width(bytes_text(_(kind->columns[c].title)));

    for (size_t i = 0; i < s->n; i++) {
        size_t len = strlen(sheet_cell(s, kind, i, c));

        width = len > width ? len : width;
    }
    return (unsigned)width;
}

static void
print_cell(FILE *out, const char *cell, unsigned width, bool is_number)
{
    int blanks = (int)width - (int)term_width(bytes_text(cell));

    if (is_number)
        (void)fprintf(out, "  %*s%s", blanks, "", cell);
    else
        (void)fprintf(out, "  %s%*s", cell, blanks, "");
}

static void
print_sheet(struct audit *a, const struct sheet *s,
            const struct sheet_kind *kind)
{
    FILE *out = a->term.out;
    unsigned n = sheet_columns(kind), widths[SHEET_COLUMNS_MAX] = {0};

    (void)fputc('\n', out);
    term_heading(&a->term, out, _(kind->title));
    (void)fprintf(out, "%s\n", _(kind->explain));
    if (s->n == 0) {
        (void)fprintf(out, "  %s\n", _("none"));
        return;
    }
    for (unsigned c = 0; c < n; c++) {
        widths[c] = column_width(s, kind, c);
        print_cell(out, _(kind->columns[c].title), widths[c],
                   kind->columns[c].is_number);
    }
    (void)fputc('\n', out);
    for (size_t i = 0; i < s->n; i++) {
        for (unsigned c = 0; c < n; c++)
            print_cell(out, sheet_cell(s, kind, i, c), widths[c],
                       kind->columns[c].is_number);
        (void)fputc('\n', out);
    }
}

void
report_print(struct audit *a, const struct report *r)
{
    char root[BASE64_SIZE(SHA256_LEN)];

    text_base64(BYTES(r->head.root.b), root);
    (void)fprintf(a->term.out, _("Log: %s, %llu entries, root %s\n"),
                  r->head.origin, (unsigned long long)r->head.size, root);
    for (unsigned i = 0; i < SHEET_N; i++)
        print_sheet(a, &r->sheets[i], &sheet_kinds[i]);
    (void)fputc('\n', a->term.out);
    audit_print_verdict(a, _("Verdict: counted from a log that is whole and "
                             "unaltered. Lawful? svault-audit verify."));
}

/* ---- JSON ---- */

static json_t *
json_cell(const char *cell, bool is_number)
{
    uint64_t n;

    if (is_number && text_u64(bytes_text(cell), 0, INT64_MAX, &n) == SV_OK)
        return audit_json_number(n);
    return cell[0] != '\0' ? json_string(cell) : json_null();
}

static json_t *
json_sheet(const struct sheet *s, const struct sheet_kind *kind)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < s->n; i++) {
        json_t *row = json_object();

        for (unsigned c = 0; c < sheet_columns(kind); c++)
            (void)json_object_set_new(row, kind->columns[c].id,
                                      json_cell(sheet_cell(s, kind, i, c),
                                                kind->columns[c].is_number));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

json_t *
report_json(const struct report *r)
{
    json_t *out = json_pack("{s:s, s:o, s:o}", "origin", r->head.origin, "size",
                            audit_json_number(r->head.size), "root",
                            audit_json_root(&r->head.root));

    for (unsigned i = 0; i < SHEET_N; i++)
        (void)json_object_set_new(out, sheet_kinds[i].id,
                                  json_sheet(&r->sheets[i], &sheet_kinds[i]));
    return out;
}

/* ---- CSV ---- */

/* No cell needs quoting: they are words of letters, digits, '.', '_', '-'. */
enum sv_err
report_csv(const struct report *r, struct buf *out)
{
    const struct sheet_kind *kind = &sheet_kinds[SHEET_ACCESSES];
    const struct sheet *s = &r->sheets[SHEET_ACCESSES];
    unsigned n = sheet_columns(kind);
    enum sv_err err = SV_OK;

    for (unsigned c = 0; c < n && err == SV_OK; c++)
        err = buf_printf(out, "%s%s", kind->columns[c].id,
                         c + 1 < n ? "," : "\r\n");
    for (size_t i = 0; i < s->n; i++)
        for (unsigned c = 0; c < n && err == SV_OK; c++)
            err = buf_printf(out, "%s%s", sheet_cell(s, kind, i, c),
                             c + 1 < n ? "," : "\r\n");
    return err;
}

/* ---- HTML ---- */

static const char head[] =
    "<meta charset=\"utf-8\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; style-src 'unsafe-inline'\"/>\n"
    "<style>\n"
    ":root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff;"
    " --line: #767676; --bar: #1f5fa8; }\n"
    "@media (prefers-color-scheme: dark) { :root { --ink: #eee;"
    " --paper: #16181c; --line: #8d8d8d; --bar: #7db4f0; } }\n"
    "body { color: var(--ink); background: var(--paper); font: 16px/1.5"
    " sans-serif; max-width: 60em; margin: auto; padding: 1em; }\n"
    "table { border-collapse: collapse; margin: 1em 0; }\n"
    "caption { text-align: left; white-space: nowrap; }\n"
    ".wide { overflow-x: auto; }\n"
    ".wide:focus-visible { outline: 3px solid var(--bar); }\n"
    "th, td { border: 1px solid var(--line); padding: .2em .6em;"
    " text-align: left; }\n"
    "td.n, th.n { text-align: right; }\n"
    "rect { fill: var(--bar); } text { fill: var(--ink); font-size: 13px; }\n"
    "p { overflow-wrap: anywhere; }\n"
    "@media print { body { max-width: none; } tr { break-inside: avoid; }"
    " .wide { overflow-x: visible; } }\n"
    "</style>\n";

/* Translations, too, may hold what HTML has a meaning for. */
static enum sv_err
put_text(struct buf *out, const char *text)
{
    enum sv_err err = SV_OK;

    for (; *text != '\0' && err == SV_OK; text++) {
        const char *as = *text == '<'    ? "&lt;"
                         : *text == '>'  ? "&gt;"
                         : *text == '&'  ? "&amp;"
                         : *text == '"'  ? "&quot;"
                         : *text == '\'' ? "&#39;"
                                         : NULL;

        err =
            as != NULL ? buf_text(out, as) : buf_append(out, bytes_of(text, 1));
    }
    return err;
}

static enum sv_err
put_element(struct buf *out, const char *tag, const char *attributes,
            const char *text)
{
    enum sv_err err = buf_printf(out, "<%s%s>", tag, attributes);

    if (err == SV_OK)
        err = put_text(out, text);
    return err == SV_OK ? buf_printf(out, "</%s>\n", tag) : err;
}

/* What may be wider than a narrow window: it scrolls by itself, and the keys
 * reach it. */
static enum sv_err
begin_wide(struct buf *out, const char *label)
{
    enum sv_err err =
        buf_text(out, "<div class=\"wide\" role=\"region\" tabindex=\"0\" "
                      "aria-label=\"");

    if (err == SV_OK)
        err = put_text(out, label);
    return err == SV_OK ? buf_text(out, "\">\n") : err;
}

static enum sv_err
html_row(struct buf *out, const struct sheet *s, const struct sheet_kind *kind,
         size_t row)
{
    enum sv_err err = buf_text(out, "<tr>");

    for (unsigned c = 0; c < sheet_columns(kind) && err == SV_OK; c++)
        err = put_element(out, "td",
                          kind->columns[c].is_number ? " class=\"n\"" : "",
                          sheet_cell(s, kind, row, c));
    return err == SV_OK ? buf_text(out, "</tr>\n") : err;
}

static enum sv_err
html_sheet(struct buf *out, const struct sheet *s,
           const struct sheet_kind *kind)
{
    enum sv_err err = put_element(out, "h2", "", _(kind->title));

    if (err == SV_OK && s->n == 0) {
        err = put_element(out, "p", "", _(kind->explain));
        return err == SV_OK ? put_element(out, "p", "", _("none")) : err;
    }
    if (err == SV_OK)
        err = begin_wide(out, _(kind->title));
    if (err == SV_OK)
        err = buf_text(out, "<table>\n");
    if (err == SV_OK)
        err = put_element(out, "caption", "", _(kind->explain));
    if (err == SV_OK)
        err = buf_text(out, "<thead><tr>");
    for (unsigned c = 0; c < sheet_columns(kind) && err == SV_OK; c++)
        err = put_element(out, "th",
                          kind->columns[c].is_number
                              ? " scope=\"col\" class=\"n\""
                              : " scope=\"col\"",
                          _(kind->columns[c].title));
    if (err == SV_OK)
        err = buf_text(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < s->n && err == SV_OK; i++)
        err = html_row(out, s, kind, i);
    return err == SV_OK ? buf_text(out, "</tbody></table>\n</div>\n") : err;
}

struct month {
    const char *name;
    uint64_t n;
};

/* The rows are sorted by month. */
static size_t
months_of(const struct report *r, struct month out[static MONTHS_MAX])
{
    const struct sheet_kind *kind = &sheet_kinds[SHEET_ACCESSES];
    const struct sheet *s = &r->sheets[SHEET_ACCESSES];
    unsigned last = sheet_columns(kind) - 1;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const char *name = sheet_cell(s, kind, i, 0);

        if (n == 0 || strcmp(out[n - 1].name, name) != 0) {
            if (n == MONTHS_MAX)
                memmove(out, out + 1, --n * sizeof *out);
            out[n++] = (struct month){name, 0};
        }
        out[n - 1].n += strtoull(sheet_cell(s, kind, i, last), NULL, 10);
    }
    return n;
}

static enum sv_err
html_bar(struct buf *out, const struct month *m, uint64_t most, size_t at)
{
    unsigned long long n = m->n;
    unsigned x = (unsigned)at * 3 * BAR_WIDTH;
    unsigned height = (unsigned)((double)m->n / (double)most * CHART_HEIGHT);

    return buf_printf(out,
                      "<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\"/>"
                      "<text x=\"%u\" y=\"%u\">%llu</text>"
                      "<text x=\"%u\" y=\"%d\">%s</text>\n",
                      x, CHART_HEIGHT + 14 - height, 2 * BAR_WIDTH, height, x,
                      CHART_HEIGHT + 10 - height, n, x, CHART_HEIGHT + 28,
                      m->name);
}

/* The table below says the same for those who do not see it. */
static enum sv_err
html_chart(struct buf *out, const struct report *r)
{
    struct month months[MONTHS_MAX];
    size_t n = months_of(r, months);
    uint64_t most = 1;
    enum sv_err err;

    if (n == 0)
        return SV_OK;
    for (size_t i = 0; i < n; i++)
        most = months[i].n > most ? months[i].n : most;
    err = put_element(out, "h2", "", _("Accesses by month"));
    if (err == SV_OK)
        err = begin_wide(out, _("Accesses by month"));
    if (err == SV_OK)
        err =
            buf_printf(out,
                       "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                       "aria-labelledby=\"chart\" viewBox=\"0 0 %zu %d\" "
                       "width=\"%zu\">\n<title id=\"chart\">",
                       n * 3 * BAR_WIDTH, CHART_HEIGHT + 34, n * 3 * BAR_WIDTH);
    if (err == SV_OK)
        err = put_text(out, _("Accesses by month"));
    if (err == SV_OK)
        err = buf_text(out, "</title>\n");
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = html_bar(out, &months[i], most, i);
    return err == SV_OK ? buf_text(out, "</svg>\n</div>\n") : err;
}

static enum sv_err
html_top(struct buf *out, const struct report *r)
{
    char root[BASE64_SIZE(SHA256_LEN)], line[ORIGIN_SIZE + 256];
    const char *title = _("Report on an access log");
    /* TRANSLATORS: the language of this catalogue, as HTML names it. */
    enum sv_err err =
        buf_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n", _("en"));

    text_base64(BYTES(r->head.root.b), root);
    (void)snprintf(line, sizeof line, _("Log: %s, %llu entries, root %s\n"),
                   r->head.origin, (unsigned long long)r->head.size, root);
    if (err == SV_OK)
        err = buf_printf(out, "<head>\n%s", head);
    if (err == SV_OK)
        err = put_element(out, "title", "", title);
    if (err == SV_OK)
        err = buf_text(out, "</head>\n<body>\n<main>\n");
    if (err == SV_OK)
        err = put_element(out, "h1", "", title);
    if (err == SV_OK)
        err = put_element(out, "p", "", line);
    return err == SV_OK
               ? put_element(out, "p", "",
                             _("Counted from a log that is whole and "
                               "unaltered. Whether it is lawful, svault-audit "
                               "verify says."))
               : err;
}

enum sv_err
report_html(const struct report *r, struct buf *out)
{
    enum sv_err err = html_top(out, r);

    if (err == SV_OK)
        err = html_chart(out, r);
    for (unsigned i = 0; i < SHEET_N && err == SV_OK; i++)
        err = html_sheet(out, &r->sheets[i], &sheet_kinds[i]);
    return err == SV_OK ? buf_text(out, "</main>\n</body>\n</html>\n") : err;
}
