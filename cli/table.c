#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libsmartcols/libsmartcols.h>

#include "cli/term.h"

struct table {
    struct term *t;
    size_t n;
    size_t widest; /* the column with the widest cell */
    size_t width;
    struct libscols_table *cols;
};

static void
table_free(struct table *table)
{
    if (table == NULL)
        return;
    scols_unref_table(table->cols);
    free(table);
}

struct table *
table_new(struct term *t, size_t n, const char *const columns[])
{
    struct table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->t = t;
    table->n = n;
    table->cols = scols_new_table();
    if (table->cols == NULL)
        goto fail;
    for (size_t i = 0; i < n; i++) {
        if (scols_table_new_column(table->cols, columns[i], 0, 0) == NULL)
            goto fail;
    }
    return table;
fail:
    table_free(table);
    return NULL;
}

/* The inert text of a cell with a NUL behind it. */
static enum sv_err
cell_text(const char *cell, struct buf *out)
{
    enum sv_err err = SV_OK;

    if (cell != NULL)
        err = text_inert(out, bytes_text(cell), false);
    if (err == SV_OK)
        err = buf_append(out, bytes_of("", 1));
    return err;
}

enum sv_err
table_row(struct table *table, const char *const cells[])
{
    struct buf text = BUF_INIT;
    struct libscols_line *line;
    enum sv_err err = SV_OK;

    if (table == NULL)
        return SV_ERR_NOMEM;
    line = scols_table_new_line(table->cols, NULL);
    if (line == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < table->n && err == SV_OK; i++) {
        size_t width;

        buf_truncate(&text, 0);
        err = cell_text(cells[i], &text);
        if (err == SV_OK &&
            scols_line_set_data(line, i, (const char *)text.ptr) != 0)
            err = SV_ERR_NOMEM;
        width = err == SV_OK ? term_width(bytes_of(text.ptr, text.len - 1)) : 0;
        if (width > table->width) {
            table->width = width;
            table->widest = i;
        }
    }
    buf_free(&text);
    return err;
}

/* One line for each cell, a blank line between rows. */
static void
print_lines(struct table *table)
{
    FILE *to = table->t->out;

    for (size_t i = 0; i < scols_table_get_nlines(table->cols); i++) {
        struct libscols_line *line = scols_table_get_line(table->cols, i);

        if (i > 0)
            (void)fputc('\n', to);
        for (size_t k = 0; k < table->n; k++) {
            struct libscols_column *column =
                scols_table_get_column(table->cols, k);
            const char *cell =
                scols_cell_get_data(scols_line_get_cell(line, k));

            (void)fprintf(to, "%s: %s\n",
                          scols_cell_get_data(scols_column_get_header(column)),
                          cell != NULL ? cell : "");
        }
    }
}

/* Where libsmartcols has no memory for the text of a cell it prints none, and
 * says nothing: the first one, of a heading, needs all that the others do. */
static bool
is_whole(const struct table *table, struct bytes text)
{
    const char *first = scols_cell_get_data(
        scols_column_get_header(scols_table_get_column(table->cols, 0)));

    return text_skip(&text, first);
}

static ssize_t
keep(void *ctx, const char *text, size_t n)
{
    return buf_append(ctx, bytes_of(text, n)) == SV_OK ? (ssize_t)n : 0;
}

/* Not by open_memstream(), which loses what it has no memory for. */
static enum sv_err
print_to(struct table *table, struct buf *out)
{
    char room[BUFSIZ];
    FILE *to = fopencookie(out, "w", (cookie_io_functions_t){.write = keep});
    bool good;

    if (to == NULL)
        return SV_ERR_NOMEM;
    good = setvbuf(to, room, _IOFBF, sizeof room) == 0;
    scols_table_set_stream(table->cols, to);
    good = scols_print_table(table->cols) == 0 && good;
    good = ferror(to) == 0 && good;
    good = fclose(to) == 0 && good;
    explicit_bzero(room, sizeof room);
    return good && is_whole(table, buf_bytes(out)) ? SV_OK : SV_ERR_NOMEM;
}

static enum sv_err
print_columns(struct table *table)
{
    FILE *to = table->t->out;
    struct buf text = BUF_INIT;
    struct winsize size;
    enum sv_err err;

    if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        (void)scols_table_set_termforce(table->cols, SCOLS_TERMFORCE_ALWAYS);
        (void)scols_table_set_termwidth(table->cols, size.ws_col);
        (void)scols_column_set_flags(
            scols_table_get_column(table->cols, table->widest), SCOLS_FL_WRAP);
    } else {
        (void)scols_table_set_termforce(table->cols, SCOLS_TERMFORCE_NEVER);
    }
    err = print_to(table, &text);
    if (err == SV_OK && fwrite(text.ptr, 1, text.len, to) != text.len)
        err = SV_ERR_IO;
    buf_free(&text);
    return err;
}

enum sv_err
table_print(struct table *table)
{
    enum sv_err err = SV_OK;

    if (table == NULL)
        return SV_ERR_NOMEM;
    if (table->t->accessible)
        print_lines(table);
    else if (scols_table_get_nlines(table->cols) > 0)
        err = print_columns(table);
    table_free(table);
    return err;
}
