#include "counts/document_tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* U+FFFE and U+FFFF are UTF-8 and no characters: XML may not hold them. */
static enum sv_err
put_characters(struct bytes text, struct buf *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < text.len && err == SV_OK; i++) {
        struct bytes rest = bytes_slice(text, i, text.len - i);

        if (text_skip(&rest, "\xEF\xBF\xBE") ||
            text_skip(&rest, "\xEF\xBF\xBF")) {
            err = buf_text(out, "\xEF\xBF\xBD"); /* U+FFFD */
            i += 2;
        } else {
            err = buf_append(out, bytes_slice(rest, 0, 1));
        }
    }
    return err;
}

/* A copy that obeys nothing, with a NUL behind it. */
static enum sv_err
own(struct bytes text, char **out)
{
    struct buf inert = BUF_INIT, whole = BUF_INIT;
    enum sv_err err = text_inert(&inert, text, false);

    if (err == SV_OK)
        err = put_characters(buf_bytes(&inert), &whole);
    if (err == SV_OK)
        err = buf_append(&whole, bytes_of("", 1));
    buf_free(&inert);
    if (err != SV_OK) {
        buf_free(&whole);
        return err;
    }
    *out = (char *)buf_take(&whole).ptr;
    return SV_OK;
}

static enum sv_err
own_text(const char *text, char **out)
{
    return own(bytes_text(text), out);
}

/* Room for one more behind n things of this size, zeroed.  The room is
 * doubled whenever n is a power of two. */
static enum sv_err
grow(void **at, size_t n, size_t size)
{
    if ((n & (n - 1)) == 0) {
        void *more = reallocarray(*at, n == 0 ? 1 : 2 * n, size);

        if (more == NULL)
            return SV_ERR_NOMEM;
        *at = more;
    }
    memset((char *)*at + n * size, 0, size);
    return SV_OK;
}

/* One more thing: `array` of struct or pointers, `n` of them. */
#define GROW(array, n)                                                         \
    do {                                                                       \
        void *grown = (array);                                                 \
        enum sv_err grow_err = grow(&grown, (n), sizeof *(array));             \
                                                                               \
        (array) = grown;                                                       \
        if (grow_err != SV_OK)                                                 \
            return grow_err;                                                   \
    } while (0)

enum sv_err
document_tables_init(struct document_tables *t, enum document_lang lang,
                     const char *as_of, struct bytes title)
{
    enum sv_err err;

    *t = (struct document_tables){.lang = lang};
    err = text_copy(bytes_text(as_of), t->as_of, sizeof t->as_of);
    return err == SV_OK ? own(title, &t->title) : err;
}

static void
table_clear(struct document_table *t)
{
    for (size_t i = 0; i < t->n_columns; i++)
        free(t->columns[i].head);
    for (size_t i = 0; i < t->n_rows; i++) {
        free(t->rows[i].label);
        free(t->rows[i].cells);
    }
    for (size_t i = 0; i < t->n_notes; i++)
        free(t->notes[i]);
    for (size_t i = 0; i < t->n_reasons; i++)
        free(t->reasons[i]);
    free(t->columns);
    free(t->rows);
    free(t->notes);
    free(t->reasons);
    free(t->section);
    free(t->caption);
    free(t->stub);
}

void
document_tables_clear(struct document_tables *t)
{
    for (size_t i = 0; i < t->n; i++)
        table_clear(&t->at[i]);
    for (size_t i = 0; i < t->n_notes; i++) {
        free(t->notes[i].name);
        free(t->notes[i].text);
    }
    free(t->at);
    free(t->notes);
    free(t->title);
    *t = (struct document_tables){0};
}

/* What was begun counts at once, so that it is cleared after an error. */
enum sv_err
document_tables_note(struct document_tables *t, const char *name,
                     struct bytes text)
{
    struct document_note *note;
    enum sv_err err;

    GROW(t->notes, t->n_notes);
    note = &t->notes[t->n_notes++];
    err = own_text(name, &note->name);
    return err == SV_OK ? own(text, &note->text) : err;
}

enum sv_err
document_tables_add(struct document_tables *t, const char *section,
                    struct bytes caption, const char *stub,
                    struct document_table **out)
{
    struct document_table *table;
    enum sv_err err;

    GROW(t->at, t->n);
    table = &t->at[t->n++];
    err = own_text(section, &table->section);
    if (err == SV_OK)
        err = own(caption, &table->caption);
    if (err == SV_OK)
        err = own_text(stub, &table->stub);
    if (err == SV_OK)
        *out = table;
    return err;
}

enum sv_err
document_table_column(struct document_table *t, enum column_kind kind,
                      struct bytes head)
{
    struct document_column *column;

    assert(t->n_rows == 0);
    GROW(t->columns, t->n_columns);
    column = &t->columns[t->n_columns++];
    column->kind = kind;
    return own(head, &column->head);
}

enum sv_err
document_table_row(struct document_table *t, enum row_kind kind,
                   struct bytes label, struct document_cell **cells)
{
    struct document_row *row;
    enum sv_err err;

    GROW(t->rows, t->n_rows);
    row = &t->rows[t->n_rows++];
    row->kind = kind;
    err = own(label, &row->label);
    if (err != SV_OK)
        return err;
    row->cells = calloc(t->n_columns + 1, sizeof *row->cells);
    if (row->cells == NULL)
        return SV_ERR_NOMEM;
    *cells = row->cells;
    return SV_OK;
}

enum sv_err
document_table_note(struct document_table *t, struct bytes text)
{
    GROW(t->notes, t->n_notes);
    return own(text, &t->notes[t->n_notes++]);
}

/* Takes over text. */
static enum sv_err
add_reason(struct document_table *t, char *text)
{
    GROW(t->reasons, t->n_reasons);
    t->reasons[t->n_reasons++] = text;
    return SV_OK;
}

enum sv_err
document_table_unknown(struct document_table *t, const char *reason,
                       struct document_cell *cell)
{
    char *text = NULL;
    enum sv_err err = own_text(reason, &text);
    size_t i = 0;

    if (err != SV_OK)
        return err;
    while (i < t->n_reasons && strcmp(t->reasons[i], text) != 0)
        i++;
    if (i == t->n_reasons) {
        err = add_reason(t, text);
        if (err == SV_OK)
            text = NULL;
    }
    free(text);
    if (err != SV_OK)
        return err;
    cell->kind = CELL_UNKNOWN;
    cell->reason = i;
    return SV_OK;
}

/* ---- does a chart make sense? ---- */

/* Can every part of this column be drawn, and is there anything to draw? */
static bool
may_draw(const struct document_table *t, size_t column, bool *something)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const struct document_cell *c = &t->rows[i].cells[column];

        if (t->rows[i].kind != ROW_PART)
            continue;
        if (c->kind != CELL_NUMBER || c->value < 0)
            return false;
        *something = *something || c->value > 0;
    }
    return true;
}

static bool
has_charted_rows(const struct document_table *t)
{
    size_t parts = 0, last = 0;

    for (size_t i = 0; i < t->n_rows; i++) {
        if (t->rows[i].kind == ROW_GROUP)
            return false;
        if (t->rows[i].kind != ROW_PART)
            continue;
        if (parts > 0 && last + 1 != i)
            return false;
        parts++;
        last = i;
    }
    return parts >= 2 && parts <= CHART_ROWS_MAX;
}

void
document_table_chart(struct document_table *t)
{
    size_t n = 0, columns[CHART_COLUMNS];
    bool something = false;

    if (!has_charted_rows(t))
        return;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (t->columns[i].kind != COLUMN_PART)
            continue;
        if (n == CHART_COLUMNS || !may_draw(t, i, &something))
            return;
        columns[n++] = i;
    }
    if (n == 0 || !something)
        return;
    memcpy(t->chart_columns, columns, n * sizeof columns[0]);
    t->chart = n == 1 ? CHART_BARS : CHART_PAIRS;
}
