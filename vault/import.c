#include "vault/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/map.h"
#include "vault/rows.h"

/* A file while it is read. */
struct reading {
    struct import im;
    size_t n; /* columns */
    struct schema_place places[ROWS_CELLS_MAX];
    struct map seen; /* hashes of the values of unique fields */
    size_t drafts_cap;
    struct diag *where;
};

static const struct schema_field *
field_at(const struct schema_type *t, struct schema_place p)
{
    return &t->compartments[p.compartment].fields[p.field];
}

static void
place_name(const struct schema_type *t, struct schema_place p, char *out,
           size_t size)
{
    (void)snprintf(out, size, "%s.%s", t->compartments[p.compartment].name,
                   field_at(t, p)->name);
}

/*
 * A fault in a header cell.  Where the header is missing, the cell is a
 * value and must not be shown, unless it looks like a column of ours.
 */
static enum sv_err
header_fault(const struct reading *r, const struct row *row, size_t i,
             const char *reason)
{
    struct bytes rest = row->cells[i];
    struct bytes compartment = bytes_of(NULL, 0);
    char name[NAME_SIZE], column[sizeof r->where->column];
    bool ours;

    ours = text_split(&rest, '.', &compartment) && text_is_code(rest) &&
           text_copy(compartment, name, sizeof name) == SV_OK &&
           schema_compartment(r->im.type, name, NULL) != NULL;
    if (!ours || text_copy(row->cells[i], column, sizeof column) != SV_OK)
        (void)snprintf(column, sizeof column, "#%zu", i + 1);
    diag_set(r->where, row->line, column, reason);
    return SV_ERR_INPUT;
}

static enum sv_err
read_column(struct reading *r, const struct row *row, size_t i)
{
    struct bytes cell = row->cells[i];

    if (cell.len > 0 && memchr(cell.ptr, 0, cell.len) != NULL)
        return header_fault(r, row, i, N_("holds a NUL"));
    if (!text_is_utf8(cell))
        return header_fault(r, row, i, N_("not valid UTF-8"));
    if (cell.len == 0)
        return header_fault(r, row, i, N_("a column without a name"));
    if (draft_place(r->im.type, cell, &r->places[i]) != SV_OK)
        return header_fault(r, row, i, N_("no such column"));
    for (size_t k = 0; k < i; k++) {
        if (r->places[k].compartment == r->places[i].compartment &&
            r->places[k].field == r->places[i].field)
            return header_fault(r, row, i, N_("a column that stands twice"));
    }
    return SV_OK;
}

/* Without its number a record could come in twice. */
static enum sv_err
check_unique_columns(const struct reading *r, size_t line)
{
    const struct schema_type *t = r->im.type;
    struct schema_place p;
    char column[sizeof r->where->column];

    for (p.compartment = 0; p.compartment < t->n; p.compartment++) {
        for (p.field = 0; p.field < t->compartments[p.compartment].n;
             p.field++) {
            size_t i = 0;

            while (i < r->n && (r->places[i].compartment != p.compartment ||
                                r->places[i].field != p.field))
                i++;
            if (i < r->n || !field_at(t, p)->unique)
                continue;
            place_name(t, p, column, sizeof column);
            diag_set(r->where, line, column, N_("this column is missing"));
            return SV_ERR_INPUT;
        }
    }
    return SV_OK;
}

static enum sv_err
read_header(struct reading *r, struct rows *rows)
{
    struct row row;
    enum sv_err err = rows_next(rows, &row);

    if (err == SV_ERR_NOT_FOUND) {
        diag_set(r->where, 1, NULL, N_("the file has no header row"));
        return SV_ERR_INPUT;
    }
    if (err != SV_OK)
        return err;
    if (row.fault == NULL && row.n > ROWS_CELLS_MAX)
        row.fault = N_("too many columns");
    if (row.fault != NULL) {
        diag_set(r->where, row.line, NULL, row.fault);
        return SV_ERR_INPUT;
    }
    for (size_t i = 0; i < row.n; i++) {
        err = read_column(r, &row, i);
        if (err != SV_OK)
            return err;
    }
    r->n = row.n;
    err = check_unique_columns(r, row.line);
    if (err != SV_OK)
        return err;
    return buf_append(&r->im.bad_rows, row.raw);
}

/* Has an earlier row this value of a unique field?  If not, keep it. */
static enum sv_err
check_unique(struct reading *r, const struct draft *d, struct schema_place p)
{
    const struct content_field *f = &d->contents[p.compartment].fields[p.field];
    struct buf value = BUF_INIT;
    uint8_t head[8], hash[DIGEST_LEN];
    struct digest digest;
    enum sv_err err;

    if (!field_at(r->im.type, p)->unique || f->n == 0)
        return SV_OK;
    /* Full width or half width, capital or small: the same number. */
    err = fold_word(FOLD_NUMBER, bytes_of(f->values[0].ptr, f->values[0].len),
                    &value);
    if (err != SV_OK)
        goto out;
    put_u32(head, p.compartment);
    put_u32(head + 4, p.field);
    digest_begin(&digest, "sv/v1/import");
    digest_add(&digest, BYTES(head));
    digest_add(&digest, buf_bytes(&value));
    digest_end(&digest, hash);
    err = map_get(&r->seen, hash) != NULL ? SV_ERR_EXISTS
                                          : map_set(&r->seen, hash, NULL);
out:
    buf_free(&value);
    return err;
}

/* A cell into the draft.  SV_ERR_INPUT, with *reason. */
static enum sv_err
read_cell(struct reading *r, struct draft *d, size_t i, struct bytes cell,
          const char **reason)
{
    struct schema_place p = r->places[i];
    enum sv_err err;

    err = content_parse(&d->contents[p.compartment], p.field, cell, reason);
    if (err == SV_OK)
        err = check_unique(r, d, p);
    if (err == SV_ERR_EXISTS) {
        *reason = N_("used by an earlier row");
        err = SV_ERR_INPUT;
    }
    return err;
}

/*
 * All cells, also behind a faulty one: the numbers of faulty rows count
 * when later rows are looked at.  The first fault goes to *fault.
 */
static enum sv_err
read_cells(struct reading *r, const struct row *row, struct draft *d,
           struct diag *fault)
{
    enum sv_err result = SV_OK;

    for (size_t i = 0; i < row->n; i++) {
        char column[sizeof fault->column];
        const char *reason = NULL;
        enum sv_err err = read_cell(r, d, i, row->cells[i], &reason);

        if (err != SV_OK && err != SV_ERR_INPUT)
            return err;
        if (err == SV_OK || result != SV_OK)
            continue;
        place_name(r->im.type, r->places[i], column, sizeof column);
        diag_set(fault, row->line, column, reason);
        result = err;
    }
    return result;
}

static enum sv_err
read_draft(struct reading *r, const struct row *row, struct draft *d,
           struct diag *fault)
{
    enum sv_err err;

    if (row->fault != NULL || row->n != r->n) {
        diag_set(fault, row->line, NULL,
                 row->fault != NULL
                     ? row->fault
                     : N_("the row is cut off or has the wrong number of "
                          "cells"));
        return SV_ERR_INPUT;
    }
    err = read_cells(r, row, d, fault);
    for (size_t i = 0; i < d->type->n && err == SV_OK; i++)
        content_fill(&d->contents[i]);
    if (err == SV_OK)
        err = draft_check(d, fault);
    return err;
}

static enum sv_err
keep_draft(struct reading *r, struct draft *d)
{
    struct import *im = &r->im;

    if (im->n == r->drafts_cap) {
        size_t cap = r->drafts_cap > 0 ? 2 * r->drafts_cap : 64;
        /* Drafts only point to values, so what realloc() leaves is no secret.
         */
        struct draft *drafts = realloc(im->drafts, cap * sizeof *drafts);

        if (drafts == NULL)
            return SV_ERR_NOMEM;
        im->drafts = drafts;
        r->drafts_cap = cap;
    }
    im->drafts[im->n++] = *d;
    *d = (struct draft){0};
    return SV_OK;
}

static enum sv_err
keep_fault(struct reading *r, const struct row *row, const struct diag *fault)
{
    struct import *im = &r->im;
    enum sv_err err = buf_append(&im->bad_rows, row->raw);

    if (err != SV_OK)
        return err;
    if (im->diags == NULL) {
        im->diags = calloc(IMPORT_DIAGS_MAX, sizeof *im->diags);
        if (im->diags == NULL)
            return SV_ERR_NOMEM;
    }
    if (im->n_diags < IMPORT_DIAGS_MAX)
        im->diags[im->n_diags++] = *fault;
    im->n_bad++;
    return SV_OK;
}

static bool
is_blank_row(const struct reading *r, const struct row *row)
{
    for (size_t i = 0; i < row->n && i < ROWS_CELLS_MAX; i++) {
        if (row->cells[i].len > 0)
            return false;
    }
    return row->fault == NULL && row->n == r->n;
}

static enum sv_err
read_row(struct reading *r, const struct row *row)
{
    struct draft d = {0};
    struct diag fault = {0};
    enum sv_err err;

    if (is_blank_row(r, row))
        return SV_OK;
    if (row->cut || r->im.n + r->im.n_bad >= IMPORT_ROWS_MAX) {
        diag_set(r->where, row->line, NULL,
                 row->cut ? row->fault : N_("too many rows for one import"));
        return SV_ERR_INPUT;
    }
    err = draft_new(r->im.type, &d);
    if (err != SV_OK)
        return err;
    d.line = row->line;
    if (r->where != NULL)
        memcpy(fault.file, r->where->file, sizeof fault.file);
    err = read_draft(r, row, &d, &fault);
    if (err == SV_OK)
        err = keep_draft(r, &d);
    else if (err == SV_ERR_INPUT)
        err = keep_fault(r, row, &fault);
    draft_free(&d);
    return err;
}

static enum sv_err
read_file(struct reading *r, struct bytes file)
{
    struct rows rows;
    struct row row;
    struct bytes rest = file;
    enum sv_err err = rows_init(&rows, file);

    if (err != SV_OK)
        return err;
    if (text_skip(&rest, "\xef\xbb\xbf"))
        err = buf_text(&r->im.bad_rows, "\xef\xbb\xbf");
    if (err == SV_OK)
        err = read_header(r, &rows);
    while (err == SV_OK) {
        err = rows_next(&rows, &row);
        if (err == SV_OK)
            err = read_row(r, &row);
    }
    rows_clear(&rows);
    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

enum sv_err
import_read(const struct schema_type *type, struct bytes file,
            struct import *out, struct diag *where)
{
    struct reading *r;
    enum sv_err err;

    if (file.len > IMPORT_FILE_MAX) {
        diag_set(where, 0, NULL, N_("the file is too long"));
        return SV_ERR_INPUT;
    }
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return SV_ERR_NOMEM;
    r->im.type = type;
    r->where = where;
    map_init(&r->seen, DIGEST_LEN, 0);
    err = read_file(r, file);
    if (err == SV_OK) {
        *out = r->im;
        r->im = (struct import){0};
    }
    import_free(&r->im);
    map_clear(&r->seen);
    free(r);
    return err;
}

void
import_free(struct import *im)
{
    for (size_t i = 0; i < im->n; i++)
        draft_free(&im->drafts[i]);
    free(im->drafts);
    free(im->diags);
    buf_free(&im->bad_rows);
    *im = (struct import){0};
}
