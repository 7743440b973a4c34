#include "release/page.h"

#include <string.h>

#include "base/text.h"

#include "release/chart.h"
#include "release/markup.h"
#include "release/page_style.h"
#include "release/words.h"

#define SMALL_COLUMNS 2 /* more may be too many for a telephone */
#define WIDE_COLUMNS 6  /* and these for paper */
#define PAIR_COLUMNS 3  /* more leave no room for a chart beside them */
#define SHORT_ROWS 24   /* that one sheet of paper holds */
#define CONTENTS_MIN 4

struct page {
    struct markup m;
    const struct document_tables *t;
};

/* ---- texts ---- */

static void
put_text(struct page *p, const char *text)
{
    markup_text(&p->m, bytes_text(text));
}

/* What a function appends, as text. */
static void
put_made(struct page *p, enum sv_err err, struct buf *made)
{
    if (p->m.err == SV_OK)
        p->m.err = err;
    markup_text(&p->m, buf_bytes(made));
    buf_free(made);
}

static void
put_title(struct page *p, size_t i)
{
    struct buf title = BUF_INIT;
    enum sv_err err =
        release_table_title(p->t->lang, i + 1, &p->t->at[i], false, &title);

    put_made(p, err, &title);
}

static void
put_attribute(struct page *p, const char *before, size_t i)
{
    markup(&p->m, before);
    markup_size(&p->m, i + 1);
    markup(&p->m, "\"");
}

/* ---- the head ---- */

/* Of all that a page can load or run, its own style alone is allowed. */
static void
put_policy(struct page *p)
{
    char hash[BASE64_SIZE(32)];

    text_base64(page_style_sha256(), hash);
    markup(&p->m, "<meta http-equiv=\"Content-Security-Policy\" content=\""
                  "default-src 'none'; style-src 'sha256-");
    markup(&p->m, hash);
    markup(&p->m, "'; base-uri 'none'; form-action 'none'\">\n");
}

static void
put_head(struct page *p)
{
    markup(&p->m, "<!DOCTYPE html>\n<html lang=\"");
    markup(&p->m, release_lang_tag(p->t->lang));
    markup(&p->m, "\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(p);
    markup(&p->m, "<meta name=\"viewport\" "
                  "content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    put_text(p, p->t->title);
    markup(&p->m, "</title>\n<style>");
    if (p->m.err == SV_OK)
        p->m.err = buf_append(p->m.out, page_style());
    markup(&p->m, "</style>\n</head>\n");
}

static void
put_notes(struct page *p)
{
    markup(&p->m, "<header>\n<h1>");
    put_text(p, p->t->title);
    markup(&p->m, "</h1>\n<dl>\n");
    for (size_t i = 0; i < p->t->n_notes; i++) {
        markup(&p->m, "<dt>");
        put_text(p, p->t->notes[i].name);
        markup(&p->m, "</dt><dd>");
        put_text(p, p->t->notes[i].text);
        markup(&p->m, "</dd>\n");
    }
    markup(&p->m, "</dl>\n</header>\n");
}

/* Does table i begin a section that has a name? */
static bool
begins_section(const struct page *p, size_t i)
{
    const char *section = p->t->at[i].section;

    return section[0] != '\0' &&
           (i == 0 || strcmp(section, p->t->at[i - 1].section) != 0);
}

static void
put_links(struct page *p)
{
    bool inside = false;

    for (size_t i = 0; i < p->t->n; i++) {
        if (begins_section(p, i)) {
            markup(&p->m, inside ? "</ol></li>\n<li>" : "<li>");
            put_text(p, p->t->at[i].section);
            markup(&p->m, "\n<ol>\n");
            inside = true;
        }
        put_attribute(p, "<li><a href=\"#t", i);
        markup(&p->m, ">");
        put_title(p, i);
        markup(&p->m, "</a></li>\n");
    }
    markup(&p->m, inside ? "</ol></li>\n" : "");
}

static void
put_contents(struct page *p)
{
    if (p->t->n < CONTENTS_MIN)
        return;
    markup(&p->m, "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">");
    markup(&p->m, release_word(p->t->lang, RELEASE_CONTENTS));
    markup(&p->m, "</h2>\n<ol>\n");
    put_links(p);
    markup(&p->m, "</ol>\n</nav>\n");
}

/* ---- a table ---- */

static void
put_cell(struct page *p, const struct document_cell *c)
{
    struct buf text = BUF_INIT;
    enum sv_err err;

    if (c->kind == CELL_UNKNOWN) {
        markup(&p->m, "<td class=\"unknown\">");
        err = release_unknown(p->t->lang, c->reason + 1, &text);
    } else {
        markup(&p->m, "<td>");
        err = release_number(c, &text);
    }
    put_made(p, err, &text);
    markup(&p->m, "</td>");
}

static void
put_group(struct page *p, const struct document_table *t, size_t row)
{
    markup(&p->m, row > 0 ? "</tbody>\n<tbody>\n" : "");
    markup(&p->m, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"");
    markup_size(&p->m, t->n_columns + 1);
    markup(&p->m, "\">");
    put_text(p, t->rows[row].label);
    markup(&p->m, "</th></tr>\n");
}

static void
put_row(struct page *p, const struct document_table *t, size_t row)
{
    const struct document_row *r = &t->rows[row];

    markup(&p->m, r->kind == ROW_TOTAL ? "<tr class=\"total\">" : "<tr>");
    markup(&p->m, r->indented ? "<th scope=\"row\" class=\"in\">"
                              : "<th scope=\"row\">");
    put_text(p, r->label);
    markup(&p->m, "</th>");
    for (size_t i = 0; i < t->n_columns; i++)
        put_cell(p, &r->cells[i]);
    markup(&p->m, "</tr>\n");
}

static void
put_column_heads(struct page *p, const struct document_table *t)
{
    markup(&p->m, "<thead>\n<tr><th scope=\"col\">");
    put_text(p, t->stub);
    markup(&p->m, "</th>");
    for (size_t i = 0; i < t->n_columns; i++) {
        markup(&p->m, "<th scope=\"col\" class=\"number\">");
        put_text(p, t->columns[i].head);
        markup(&p->m, "</th>");
    }
    markup(&p->m, "</tr>\n</thead>\n");
}

/* A table under a section's heading has one a step below it. */
static void
put_caption(struct page *p, size_t i)
{
    const char *level = p->t->at[i].section[0] != '\0' ? "h3" : "h2";

    markup(&p->m, "<caption><");
    markup(&p->m, level);
    put_attribute(p, " id=\"h", i);
    markup(&p->m, ">");
    put_title(p, i);
    markup(&p->m, "</");
    markup(&p->m, level);
    markup(&p->m, "></caption>\n");
}

static void
put_table(struct page *p, size_t i)
{
    const struct document_table *t = &p->t->at[i];

    markup(&p->m, "<table>\n");
    put_caption(p, i);
    put_column_heads(p, t);
    markup(&p->m, "<tbody>\n");
    for (size_t k = 0; k < t->n_rows; k++) {
        if (t->rows[k].kind == ROW_GROUP)
            put_group(p, t, k);
        else
            put_row(p, t, k);
    }
    markup(&p->m, "</tbody>\n</table>\n");
}

static void
put_table_notes(struct page *p, const struct document_table *t)
{
    for (size_t i = 0; i < t->n_notes; i++) {
        markup(&p->m, "<p class=\"note\">");
        put_text(p, t->notes[i]);
        markup(&p->m, "</p>\n");
    }
    for (size_t i = 0; i < t->n_reasons; i++) {
        struct buf text = BUF_INIT;
        enum sv_err err =
            release_reason(p->t->lang, i + 1, t->reasons[i], &text);

        markup(&p->m, "<p class=\"note\">");
        put_made(p, err, &text);
        markup(&p->m, "</p>\n");
    }
}

/* It scrolls for itself where it is too wide, by keys, too. */
static void
put_table_block(struct page *p, size_t i)
{
    const struct document_table *t = &p->t->at[i];
    if (t->n_columns > SMALL_COLUMNS) {
        markup(&p->m, t->n_columns > WIDE_COLUMNS ? "<div class=\"scroll wide\""
                                                  : "<div class=\"scroll\"");
        put_attribute(p,
                      " role=\"region\" tabindex=\"0\" "
                      "aria-labelledby=\"h",
                      i);
        markup(&p->m, ">\n");
    } else {
        markup(&p->m, "<div>\n");
    }
    put_table(p, i);
    markup(&p->m, "</div>\n");
}

static void
put_item(struct page *p, size_t i)
{
    const struct document_table *t = &p->t->at[i];
    bool charted = t->chart != CHART_NONE;

    markup(&p->m, t->n_rows <= SHORT_ROWS ? "<section class=\"item short\""
                                          : "<section class=\"item\"");
    put_attribute(p, " id=\"t", i);
    markup(&p->m, ">\n");
    if (charted)
        markup(&p->m, t->n_columns <= PAIR_COLUMNS ? "<div class=\"pair\">\n"
                                                   : "<div class=\"stack\">\n");
    put_table_block(p, i);
    if (charted) {
        markup(&p->m, "<figure>\n");
        if (p->m.err == SV_OK)
            p->m.err = chart_svg(t, p->t->lang, i + 1, p->m.out);
        markup(&p->m, "</figure>\n</div>\n");
    }
    put_table_notes(p, t);
    markup(&p->m, "</section>\n");
}

static void
put_section_head(struct page *p, size_t i)
{
    if (!begins_section(p, i))
        return;
    markup(&p->m, "<h2>");
    put_text(p, p->t->at[i].section);
    markup(&p->m, "</h2>\n");
}

enum sv_err
page_html(const struct document_tables *t, struct buf *out)
{
    struct page p = {{out, SV_OK}, t};
    size_t was = out->len;

    put_head(&p);
    markup(&p.m, "<body>\n");
    put_notes(&p);
    put_contents(&p);
    markup(&p.m, "<main>\n");
    for (size_t i = 0; i < t->n; i++) {
        put_section_head(&p, i);
        put_item(&p, i);
    }
    markup(&p.m, "</main>\n</body>\n</html>\n");
    if (p.m.err != SV_OK)
        buf_truncate(out, was);
    return p.m.err;
}
