#ifndef SV_VAULT_ROWS_H
#define SV_VAULT_ROWS_H

#include <csv.h>

#include "base/buf.h"

/*
 * The rows of a CSV file, one after the other: RFC 4180, read strictly.
 *
 * A byte order mark is skipped.  Rows end in LF or CRLF, the last one needs
 * neither; CRLF within quotes becomes LF.  Spaces belong to their cell.
 * Empty lines are skipped.  Memory that held cells is wiped.
 */
#define ROWS_CELLS_MAX 512             /* of one row */
#define ROWS_LEN_MAX ((size_t)1 << 20) /* bytes of one row */

struct row {
    size_t line;               /* its first line, counted from 1 */
    struct bytes raw;          /* as it stands, with its line end */
    size_t n;                  /* cells */
    const struct bytes *cells; /* valid until the next call */
    const char *fault;         /* msgid where it is malformed, or NULL */
    bool cut;                  /* and nothing behind it can be read */
};

struct rows {
    struct bytes in;
    size_t at;
    size_t line;
    struct csv_parser csv;
    struct buf text;             /* the cells of this row */
    size_t ends[ROWS_CELLS_MAX]; /* where each one ends in text */
    struct bytes cells[ROWS_CELLS_MAX];
    size_t n;
    bool done;
    enum sv_err err;
};

enum sv_err rows_init(struct rows *r, struct bytes file);
void rows_clear(struct rows *r);
/* SV_ERR_NOT_FOUND behind the last row.  A malformed row is SV_OK, too. */
enum sv_err rows_next(struct rows *r, struct row *out);

#endif
