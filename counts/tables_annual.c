#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts/annual_labels.h"
#include "counts/document_decode.h"
#include "counts/tables_words.h"

/* The rows of annual_labels.h, cut into tables: of each section its totals,
 * and each heading with the rows under it. */

struct maker {
    const struct annual_report *r;
    const struct schema *schema;
    enum schema_lang lang;
    struct document_tables *t;
    const char *section;
};

/* One row to come. */
struct line {
    struct buf label;
    const struct figure *value;
    const struct figure *change; /* NULL: it has none */
};

struct lines {
    size_t n;
    struct line *at;
};

static void
lines_free(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        buf_free(&l->at[i].label);
    free(l->at);
    *l = (struct lines){0};
}

/* Room for the rows of any table. */
static enum sv_err
lines_init(struct lines *l, const struct figures *f)
{
    *l = (struct lines){0};
    l->at = calloc(f->n + annual_labels_n(), sizeof *l->at);
    return l->at != NULL ? SV_OK : SV_ERR_NOMEM;
}

static const struct figure *
figure_of(const struct maker *m, const char *name)
{
    size_t at;

    if (name == NULL || figures_find(&m->r->figures, name, &at) != SV_OK)
        return NULL;
    return &m->r->figures.at[at];
}

static enum sv_err
add_label(const struct maker *m, const struct annual_label *label,
          struct lines *l)
{
    struct line *line = &l->at[l->n];
    const struct figure *value = figure_of(m, label->name);

    if (value == NULL)
        return SV_OK;
    l->n++;
    line->value = value;
    line->change = figure_of(m, label->change);
    return annual_labels_put(label, m->r->spec.minor_age, m->lang,
                             &line->label);
}

/* ---- a table ---- */

static enum sv_err
put_cell(const struct maker *m, struct document_table *table,
         const struct figure *f, struct document_cell *cell)
{
    if (!f->known)
        return document_table_unknown(table, tables_reason(f->reason, m->lang),
                                      cell);
    cell->kind = f->is_change ? CELL_CHANGE : CELL_NUMBER;
    cell->value = f->value;
    return SV_OK;
}

static enum sv_err
put_row(const struct maker *m, struct document_table *table, enum row_kind kind,
        struct bytes label, const struct figure *value,
        const struct figure *change)
{
    struct document_cell *cells;
    enum sv_err err = document_table_row(table, kind, label, &cells);

    if (err == SV_OK)
        err = put_cell(m, table, value, &cells[0]);
    if (err == SV_OK && change != NULL && table->n_columns > 1)
        err = put_cell(m, table, change, &cells[1]);
    return err;
}

static bool
has_part(const struct lines *l, const struct figure *f)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->at[i].value == f)
            return true;
    }
    return false;
}

/* The figure that these are all the parts of; NULL: none. */
static const struct figure *
whole_of(const struct maker *m, const struct lines *l)
{
    const struct figures *f = &m->r->figures;

    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];
        bool same = r->complete && r->n == l->n;

        for (size_t k = 0; k < r->n && same; k++)
            same = has_part(l, &f->at[r->parts[k]]);
        if (same)
            return &f->at[r->whole];
    }
    return NULL;
}

/* The change of the figure with this name, where the report has one. */
static const struct figure *
change_of(const struct maker *m, const char *name)
{
    for (size_t i = 0; i < annual_labels_n(); i++) {
        const struct annual_label *label = annual_labels_at(i);

        if (label->name != NULL && strcmp(label->name, name) == 0)
            return figure_of(m, label->change);
    }
    return NULL;
}

static enum sv_err
put_columns(const struct maker *m, struct document_table *table,
            const struct lines *l)
{
    bool changes = false;
    enum sv_err err = document_table_column(
        table, COLUMN_PART, bytes_text(tables_word(TABLES_NUMBER, m->lang)));

    for (size_t i = 0; i < l->n; i++)
        changes = changes || l->at[i].change != NULL;
    if (err == SV_OK && changes)
        err = document_table_column(
            table, COLUMN_DERIVED,
            bytes_text(tables_word(TABLES_CHANGE, m->lang)));
    return err;
}

static enum sv_err
put_total(const struct maker *m, struct document_table *table,
          const struct lines *l)
{
    const struct figure *whole = whole_of(m, l);

    if (whole == NULL)
        return SV_OK;
    return put_row(m, table, ROW_TOTAL,
                   bytes_text(tables_word(TABLES_TOTAL, m->lang)), whole,
                   change_of(m, whole->name));
}

/* are_parts: of one thing, so that they can be drawn beside each other. */
static enum sv_err
put_table(const struct maker *m, struct bytes caption, bool are_parts,
          const struct lines *l)
{
    struct document_table *table;
    enum sv_err err;

    if (l->n == 0)
        return SV_OK;
    err = document_tables_add(m->t, m->section, caption,
                              tables_word(TABLES_ITEM, m->lang), &table);
    if (err == SV_OK)
        err = put_columns(m, table, l);
    for (size_t i = 0; i < l->n && err == SV_OK; i++)
        err = put_row(m, table, ROW_PART, buf_bytes(&l->at[i].label),
                      l->at[i].value, l->at[i].change);
    if (err != SV_OK || !are_parts)
        return err;
    err = put_total(m, table, l);
    if (err == SV_OK)
        document_table_chart(table);
    return err;
}

/* ---- the rows of each ---- */

/* Is row i of the section's totals? */
static bool
is_total(const struct annual_label *label)
{
    return label->indent == 1 && label->name != NULL && !label->is_list;
}

static enum sv_err
add_totals(const struct maker *m, size_t section, struct lines *l)
{
    enum sv_err err = SV_OK;

    for (size_t i = section + 1; i < annual_labels_n() && err == SV_OK; i++) {
        const struct annual_label *label = annual_labels_at(i);

        if (label->indent == 0)
            break;
        if (is_total(label))
            err = add_label(m, label, l);
    }
    return err;
}

static const struct annual_item *
list_named(const char *name)
{
    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *item = annual_layout_at(i);

        if (item->kind == ANNUAL_LIST && strcmp(item->name, name) == 0)
            return item;
    }
    return NULL;
}

static enum sv_err
add_list(const struct maker *m, const char *name, struct lines *l)
{
    const struct annual_item *list = list_named(name);
    const struct figures *f = &m->r->figures;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n && list != NULL && err == SV_OK; i++) {
        const char *code = annual_layout_code(f->at[i].name, name);
        struct line *line = &l->at[l->n];

        if (code == NULL)
            continue;
        l->n++;
        line->value = &f->at[i];
        err = buf_text(&line->label,
                       annual_labels_code(m->schema, list, code, m->lang));
    }
    return err;
}

/* The rows one step in from heading i. */
static enum sv_err
add_under(const struct maker *m, size_t heading, struct lines *l)
{
    enum sv_err err = SV_OK;

    for (size_t i = heading + 1; i < annual_labels_n() && err == SV_OK; i++) {
        const struct annual_label *label = annual_labels_at(i);

        if (label->indent < 2)
            break;
        err = add_label(m, label, l);
    }
    return err;
}

/* Row i as a section's head, or as the heading of a table. */
static enum sv_err
put_heading(struct maker *m, size_t i)
{
    const struct annual_label *label = annual_labels_at(i);
    struct buf caption = BUF_INIT;
    struct lines l;
    enum sv_err err = lines_init(&l, &m->r->figures);

    if (err == SV_OK)
        err = annual_labels_put(label, m->r->spec.minor_age, m->lang, &caption);
    if (label->indent == 0)
        m->section = label->text[m->lang];
    if (err == SV_OK && label->indent == 0) {
        buf_truncate(&caption, 0);
        err = buf_text(&caption, tables_word(TABLES_TOTALS, m->lang));
        if (err == SV_OK)
            err = add_totals(m, i, &l);
    } else if (err == SV_OK && label->is_list) {
        err = add_list(m, label->name, &l);
    } else if (err == SV_OK) {
        err = add_under(m, i, &l);
    }
    if (err == SV_OK)
        err = put_table(m, buf_bytes(&caption), label->indent > 0, &l);
    buf_free(&caption);
    lines_free(&l);
    return err;
}

/* ---- notes ---- */

static const char *
authority_label(const struct maker *m)
{
    const struct schema_list *list = annual_spec_authorities(m->schema);
    const struct schema_code *code =
        list != NULL ? schema_code(list, bytes_text(m->r->spec.authority))
                     : NULL;

    return code != NULL ? code->label[m->lang] : m->r->spec.authority;
}

static enum sv_err
put_notes(const struct maker *m)
{
    const struct annual_spec *s = &m->r->spec;
    char year[96];
    enum sv_err err;

    (void)snprintf(
        year, sizeof year, "%u%s", s->year,
        annual_labels_word(s->fiscal ? WORD_FISCAL : WORD_CALENDAR, m->lang));
    err = document_tables_note(m->t, annual_labels_word(WORD_YEAR, m->lang),
                               bytes_text(year));
    if (err == SV_OK)
        err =
            document_tables_note(m->t, annual_labels_word(WORD_AS_OF, m->lang),
                                 bytes_text(s->as_of));
    if (err == SV_OK)
        err = document_tables_note(m->t,
                                   annual_labels_word(WORD_AUTHORITY, m->lang),
                                   bytes_text(authority_label(m)));
    return err == SV_OK ? tables_put_notes(m->t, m->lang, m->r->profile,
                                           m->r->figures.is_wide,
                                           bytes_text(m->r->basis))
                        : err;
}

enum sv_err
tables_of_annual(const struct annual_report *r, const struct schema *schema,
                 enum schema_lang lang, struct document_tables *t)
{
    struct maker m = {r, schema, lang, t, ""};
    enum sv_err err =
        document_tables_init(t, tables_lang(lang), r->spec.as_of,
                             bytes_text(annual_labels_word(WORD_TITLE, lang)));

    if (err == SV_OK)
        err = put_notes(&m);
    for (size_t i = 0; i < annual_labels_n() && err == SV_OK; i++) {
        if (annual_labels_at(i)->indent < 2)
            err = put_heading(&m, i);
    }
    return err;
}
