#include "counts/annual_labels.h"
#include "counts/document_decode.h"
#include "counts/plan_text.h"
#include "counts/tables_words.h"

/*
 * The tables of a plan, laid out as plan_text.h has them: rows and columns
 * are the two fields with the most codes, or columns are the years.  What are
 * blocks there are groups of rows here.
 */

struct maker {
    struct plan_view v;
    struct document_tables *t;
};

/* Which rows: a series, where columns are codes, and a code of the third
 * field. */
struct group {
    size_t series, code;
};

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

/* Of what a group of codes counts, or all of them, these are parts. */
static bool
is_whole(const struct plan_view *v, size_t by, uint16_t code)
{
    return code == PLAN_CELL_ALL || code >= plan_view_variable(v, by)->n_codes;
}

/* Is it one of a group's codes? */
static bool
is_grouped(const struct plan_view *v, size_t by, uint16_t code)
{
    return plan_variable_group(plan_view_variable(v, by), code) !=
           PLAN_NO_GROUP;
}

/* ---- cells ---- */

static void
set_code(const struct plan_view *v, int axis, size_t at, struct plan_cell *cell)
{
    size_t by = v->axis[axis];

    if (by != PLAN_NO_FIELD)
        cell->code[by] = v->codes[by][at];
}

static enum cell_kind
cell_kind(const struct figure *f)
{
    if (f->is_percent)
        return f->is_change ? CELL_SHARE_CHANGE : CELL_SHARE;
    return f->is_change ? CELL_CHANGE : CELL_NUMBER;
}

static enum sv_err
put_cell(const struct plan_view *v, struct document_table *table,
         const struct plan_cell *at, struct document_cell *cell)
{
    const struct figure *f = plan_view_figure(v, at);

    if (f == NULL)
        return SV_OK;
    if (!f->known)
        return document_table_unknown(table, tables_reason(f->reason, v->lang),
                                      cell);
    cell->kind = cell_kind(f);
    cell->value = f->value;
    cell->digits = f->digits;
    return SV_OK;
}

/* The row of a code, or of all of them. */
static enum sv_err
begin_row(const struct plan_view *v, struct document_table *table, size_t row,
          struct document_cell **cells)
{
    size_t by = v->axis[PLAN_AXIS_ROWS];
    uint16_t code = by == PLAN_NO_FIELD ? PLAN_CELL_ALL : v->codes[by][row];
    struct buf label = BUF_INIT;
    enum sv_err err = plan_text_code(v, by, code, &label);

    if (err == SV_OK)
        err = document_table_row(table,
                                 is_whole(v, by, code) ? ROW_TOTAL : ROW_PART,
                                 buf_bytes(&label), cells);
    if (err == SV_OK && by != PLAN_NO_FIELD && is_grouped(v, by, code))
        table->rows[table->n_rows - 1].indented = true;
    buf_free(&label);
    return err;
}

static enum sv_err
put_row(const struct plan_view *v, struct document_table *table,
        const struct group *g, size_t row)
{
    struct plan_cell at = {0, {PLAN_CELL_ALL, PLAN_CELL_ALL, PLAN_CELL_ALL}};
    struct document_cell *cells;
    enum sv_err err = begin_row(v, table, row, &cells);

    set_code(v, PLAN_AXIS_ROWS, row, &at);
    set_code(v, PLAN_AXIS_BLOCKS, g->code, &at);
    for (size_t i = 0; i < table->n_columns && err == SV_OK; i++) {
        if (columns_are_codes(v))
            set_code(v, PLAN_AXIS_COLUMNS, i, &at);
        at.series = (uint16_t)v->series[columns_are_codes(v) ? g->series : i];
        err = put_cell(v, table, &at, &cells[i]);
    }
    return err;
}

/* "2022, Gender: Female" over a group, where there are several. */
static enum sv_err
put_group_head(const struct plan_view *v, struct document_table *table,
               const struct group *g)
{
    size_t by = v->axis[PLAN_AXIS_BLOCKS];
    struct document_cell *cells;
    struct buf text = BUF_INIT;
    enum sv_err err = SV_OK;

    if (!columns_are_codes(v) || (v->n_series == 1 && by == PLAN_NO_FIELD))
        return SV_OK;
    if (v->n_series > 1)
        err = plan_text_series(v, v->series[g->series], &text);
    if (err == SV_OK && by != PLAN_NO_FIELD)
        err = buf_printf(&text, "%s%s: ", text.len > 0 ? ", " : "",
                         plan_view_variable(v, by)->label[v->lang]);
    if (err == SV_OK && by != PLAN_NO_FIELD)
        err = plan_text_code(v, by, v->codes[by][g->code], &text);
    if (err == SV_OK)
        err = document_table_row(table, ROW_GROUP, buf_bytes(&text), &cells);
    buf_free(&text);
    return err;
}

static enum sv_err
put_groups(const struct plan_view *v, struct document_table *table)
{
    size_t n_series = columns_are_codes(v) ? v->n_series : 1;
    enum sv_err err = SV_OK;
    struct group g;

    for (g.series = 0; g.series < n_series; g.series++) {
        for (g.code = 0; g.code < axis_len(v, PLAN_AXIS_BLOCKS); g.code++) {
            if (err == SV_OK)
                err = put_group_head(v, table, &g);
            for (size_t i = 0; i < axis_len(v, PLAN_AXIS_ROWS) && err == SV_OK;
                 i++)
                err = put_row(v, table, &g, i);
        }
    }
    return err;
}

/* ---- heads ---- */

static enum sv_err
put_code_column(const struct plan_view *v, struct document_table *table,
                size_t i)
{
    size_t by = v->axis[PLAN_AXIS_COLUMNS];
    uint16_t code = v->codes[by][i];
    struct buf head = BUF_INIT;
    enum sv_err err = plan_text_code(v, by, code, &head);

    if (err == SV_OK)
        err = document_table_column(
            table, is_whole(v, by, code) ? COLUMN_TOTAL : COLUMN_PART,
            buf_bytes(&head));
    buf_free(&head);
    return err;
}

static enum sv_err
put_series_column(const struct plan_view *v, struct document_table *table,
                  size_t i)
{
    bool counted =
        v->series[i] == PLAN_SERIES_OWN || v->series[i] == PLAN_SERIES_COMPARED;
    struct buf head = BUF_INIT;
    enum sv_err err = plan_text_series(v, v->series[i], &head);

    if (err == SV_OK)
        err = document_table_column(
            table, counted ? COLUMN_PART : COLUMN_DERIVED, buf_bytes(&head));
    buf_free(&head);
    return err;
}

static enum sv_err
put_columns(const struct plan_view *v, struct document_table *table)
{
    bool codes = columns_are_codes(v);
    size_t n = codes ? axis_len(v, PLAN_AXIS_COLUMNS) : v->n_series;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = codes ? put_code_column(v, table, i)
                    : put_series_column(v, table, i);
    return err;
}

/* The fields by which is counted, behind the plan's own name of the table. */
static enum sv_err
put_caption(const struct plan_view *v, struct buf *out)
{
    enum sv_err err =
        buf_printf(out, "%s%s", v->table->name, v->table->n_by > 0 ? ": " : "");

    return err == SV_OK ? plan_text_fields(v, out) : err;
}

static enum sv_err
put_table_notes(const struct plan_view *v, struct document_table *table)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < v->table->n_where && err == SV_OK; i++) {
        struct buf text = BUF_INIT;

        err = plan_text_term(v, &v->table->where[i], &text);
        if (err == SV_OK)
            err = document_table_note(table, buf_bytes(&text));
        buf_free(&text);
    }
    if (err == SV_OK && plan_text_several(v) != NULL)
        err = document_table_note(table, bytes_text(plan_text_several(v)));
    return err;
}

static enum sv_err
put_table(const struct maker *m, const struct plan_view *v)
{
    size_t rows = v->axis[PLAN_AXIS_ROWS];
    const char *stub = rows == PLAN_NO_FIELD
                           ? tables_word(TABLES_ITEM, v->lang)
                           : plan_view_variable(v, rows)->label[v->lang];
    struct document_table *table;
    struct buf caption = BUF_INIT;
    enum sv_err err = put_caption(v, &caption);

    if (err == SV_OK)
        err = document_tables_add(m->t, "", buf_bytes(&caption), stub, &table);
    if (err == SV_OK)
        err = put_columns(v, table);
    if (err == SV_OK)
        err = put_groups(v, table);
    if (err == SV_OK)
        err = put_table_notes(v, table);
    if (err == SV_OK)
        document_table_chart(table);
    buf_free(&caption);
    return err;
}

/* ---- all of them ---- */

static enum sv_err
put_notes(const struct maker *m, const struct plan_result *r)
{
    const struct plan *plan = m->v.plan;
    enum schema_lang lang = m->v.lang;
    struct buf period = BUF_INIT;
    enum sv_err err =
        document_tables_note(m->t, tables_word(TABLES_POPULATION, lang),
                             bytes_text(plan->type->label[lang]));

    if (err == SV_OK && plan->period.given)
        err = plan_text_period(&m->v, &period);
    if (err == SV_OK && plan->period.given)
        err = document_tables_note(m->t, tables_word(TABLES_COUNTED, lang),
                                   buf_bytes(&period));
    if (err == SV_OK)
        err = document_tables_note(m->t, annual_labels_word(WORD_AS_OF, lang),
                                   bytes_text(plan->as_of));
    if (err == SV_OK)
        err = tables_put_notes(m->t, lang, r->profile, r->figures.is_wide,
                               buf_bytes(&r->basis));
    buf_free(&period);
    return err;
}

static enum sv_err
put_all(struct maker *m, const struct plan_result *r)
{
    const struct plan *plan = m->v.plan;
    enum sv_err err = plan_text_check(plan, &r->figures);

    if (err == SV_OK)
        err = document_tables_init(m->t, tables_lang(m->v.lang), plan->as_of,
                                   bytes_text(plan->title));
    if (err == SV_OK)
        err = put_notes(m, r);
    for (size_t i = 0; i < plan->n && err == SV_OK; i++) {
        struct plan_view v = m->v;

        v.table = &plan->tables[i];
        err = plan_view_init(&v);
        if (err == SV_OK)
            err = put_table(m, &v);
        plan_view_clear(&v);
    }
    return err;
}

enum sv_err
tables_of_plan(const struct plan_result *r, const struct schema *schema,
               enum schema_lang lang, struct document_tables *t)
{
    struct plan_fault fault = {0};
    struct plan *plan = NULL;
    enum sv_err err = plan_parse(schema, buf_bytes(&r->plan), &plan, &fault);
    struct maker m = {.v = {.plan = plan, .figures = &r->figures, .lang = lang},
                      .t = t};

    *t = (struct document_tables){0};
    if (err == SV_OK)
        err = put_all(&m, r);
    plan_free(plan);
    return err == SV_ERR_INPUT ? SV_ERR_FORMAT : err;
}
