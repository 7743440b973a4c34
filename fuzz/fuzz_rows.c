/*
 * Rows of CSV: in order, each with the bytes that it stands in.
 * Covers: vault/rows.c
 */
#include "vault/rows.h"

#include "fuzz/fuzz.h"

static size_t
lines_of(struct bytes in)
{
    size_t n = 1;

    for (size_t i = 0; i < in.len; i++)
        n += in.ptr[i] == '\n';
    return n;
}

static void
check_row(const struct row *row)
{
    size_t len = 0;

    demand(row->n <= ROWS_CELLS_MAX);
    demand(!row->cut || row->fault != NULL);
    for (size_t i = 0; i < row->n; i++)
        len += row->cells[i].len;
    demand(len <= row->raw.len);
}

void
fuzz_one(struct bytes in)
{
    static struct rows r;
    struct row row;
    const uint8_t *at = in.ptr;
    size_t line = 0;

    demand(rows_init(&r, in) == SV_OK);
    while (rows_next(&r, &row) == SV_OK) {
        demand(row.line > line && row.line <= lines_of(in));
        demand(row.raw.ptr >= at &&
               row.raw.ptr + row.raw.len <= in.ptr + in.len);
        check_row(&row);
        line = row.line;
        at = row.raw.ptr + row.raw.len;
        if (row.cut)
            demand(rows_next(&r, &row) == SV_ERR_NOT_FOUND);
    }
    rows_clear(&r);
    fuzz_heap_bounded(in.len, 16);
}

void
fuzz_seeds(struct seeds *s)
{
    static const char *const files[] = {
        "a,b\n1,2\n",
        "\xef\xbb\xbf\"a\",\"b \"\"c\"\"\"\r\n\r\n\"two\r\nlines\",2",
        "a,b\nx\"y,\n\"cut",
        ",\n,,\n\"\"\n",
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        seed(s, bytes_text(files[i]));
}
