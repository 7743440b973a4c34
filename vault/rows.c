#include "vault/rows.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)4 << 10)

/* libcsv frees and moves its buffer through these: it held cells. */
static void
wipe_free(void *ptr)
{
    if (ptr != NULL)
        wipe(ptr, malloc_usable_size(ptr));
    free(ptr);
}

static void *
wipe_realloc(void *ptr, size_t size)
{
    size_t was = ptr != NULL ? malloc_usable_size(ptr) : 0;
    void *bigger = malloc(size);

    if (bigger == NULL)
        return NULL;
    if (was > 0)
        memcpy(bigger, ptr, was < size ? was : size);
    wipe_free(ptr);
    return bigger;
}

static int
is_never(unsigned char c)
{
    (void)c;
    return 0;
}

static int
is_lf(unsigned char c)
{
    return c == '\n';
}

static enum sv_err
parser_start(struct csv_parser *csv)
{
    if (csv_init(csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return SV_ERR_NOMEM;
    csv_set_space_func(csv, is_never);
    csv_set_term_func(csv, is_lf);
    csv_set_realloc_func(csv, wipe_realloc);
    csv_set_free_func(csv, wipe_free);
    csv_set_blk_size(csv, BLOCK);
    return SV_OK;
}

enum sv_err
rows_init(struct rows *r, struct bytes file)
{
    memset(r, 0, sizeof *r);
    r->in = file;
    r->line = 1;
    return parser_start(&r->csv);
}

void
rows_clear(struct rows *r)
{
    csv_free(&r->csv);
    buf_free(&r->text);
}

static void
on_cell(void *cell, size_t len, void *ctx)
{
    struct rows *r = ctx;

    if (r->err == SV_OK)
        r->err = buf_append(&r->text, bytes_of(cell, len));
    if (r->n < ROWS_CELLS_MAX)
        r->ends[r->n] = r->text.len;
    r->n++;
}

static void
on_row(int term, void *ctx)
{
    struct rows *r = ctx;

    (void)term;
    r->done = true;
}

/* The next line without its line end; false where it has none. */
static bool
take_line(struct rows *r, struct bytes *line)
{
    const uint8_t *from = r->in.ptr + r->at;
    const uint8_t *lf = memchr(from, '\n', r->in.len - r->at);
    size_t len = lf != NULL ? (size_t)(lf - from) : r->in.len - r->at;

    *line = bytes_of(from, len);
    r->at += len + (lf != NULL ? 1 : 0);
    r->line++;
    if (lf != NULL && len > 0 && from[len - 1] == '\r')
        line->len--;
    return lf != NULL;
}

/* Give bytes to libcsv; false where it stops at a fault. */
static bool
feed(struct rows *r, struct bytes b)
{
    if (b.len == 0 ||
        csv_parse(&r->csv, b.ptr, b.len, on_cell, on_row, r) == b.len)
        return true;
    if (csv_error(&r->csv) != CSV_EPARSE)
        r->err = SV_ERR_NOMEM;
    return false;
}

/* Read on from the next line as if nothing had been. */
static enum sv_err
restart(struct rows *r)
{
    csv_free(&r->csv);
    return parser_start(&r->csv);
}

/* Feed line after line until the row is done.  The fault, or NULL. */
static const char *
read_row(struct rows *r, size_t start, bool *cut)
{
    static const char open[] =
        N_("quotation marks open in this row and never close");

    while (!r->done && r->at < r->in.len) {
        struct bytes line;
        bool ends = take_line(r, &line);

        if (r->at - start > ROWS_LEN_MAX) {
            *cut = line.ptr != r->in.ptr + start;
            return *cut ? open : N_("the row is too long");
        }
        if (!feed(r, line) || (ends && !feed(r, bytes_text("\n"))))
            return N_("a quotation mark stands where none may be");
    }
    if (r->done)
        return NULL;
    if (csv_fini(&r->csv, on_cell, on_row, r) == 0)
        return NULL;
    *cut = true;
    return open;
}

static void
skip_empty(struct rows *r)
{
    if (r->at == 0 && r->in.len >= 3 &&
        memcmp(r->in.ptr, "\xef\xbb\xbf", 3) == 0)
        r->at = 3;
    while (r->at < r->in.len) {
        size_t at = r->at, line_no = r->line;
        struct bytes line;
        bool ends = take_line(r, &line);

        if (line.len > 0 || !ends) {
            r->at = at;
            r->line = line_no;
            return;
        }
    }
}

enum sv_err
rows_next(struct rows *r, struct row *out)
{
    struct row row = {0};
    size_t start;

    skip_empty(r);
    if (r->at == r->in.len)
        return SV_ERR_NOT_FOUND;
    buf_truncate(&r->text, 0);
    r->n = 0;
    r->done = false;
    row.line = r->line;
    start = r->at;
    row.fault = read_row(r, start, &row.cut);
    if (row.fault != NULL && r->err == SV_OK)
        r->err = restart(r);
    if (r->err != SV_OK)
        return r->err;
    row.raw = bytes_of(r->in.ptr + start, r->at - start);
    row.n = r->n;
    row.cells = r->cells;
    for (size_t i = 0, from = 0; i < r->n && i < ROWS_CELLS_MAX; i++) {
        r->cells[i] = bytes_slice(buf_bytes(&r->text), from, r->ends[i] - from);
        from = r->ends[i];
    }
    *out = row;
    return SV_OK;
}
