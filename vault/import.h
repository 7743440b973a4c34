#ifndef SV_VAULT_IMPORT_H
#define SV_VAULT_IMPORT_H

#include "vault/content.h"

/*
 * A file of records: CSV (UTF-8, RFC 4180), the first row names columns
 * "compartment.field", repeated values are separated by ';', a blank means
 * not asked.  Rows in which all is blank are skipped.  Drafts are full: what
 * the file does not give is not asked.  The whole file is checked before
 * anything is sent.
 */
#define IMPORT_FILE_MAX ((size_t)200 << 20)
#define IMPORT_ROWS_MAX 1000000
#define IMPORT_DIAGS_MAX 1000

struct import {
    const struct schema_type *type;
    size_t n; /* good rows */
    struct draft *drafts;
    size_t n_bad; /* all faulty rows, also beyond IMPORT_DIAGS_MAX */
    size_t n_diags;
    struct diag *diags;  /* one for each faulty row, in order */
    struct buf bad_rows; /* the header and the faulty rows, as they stand */
};

/*
 * Read all of it.  SV_OK even with faulty rows: the caller looks at n_bad.
 * SV_ERR_INPUT where no row can be read at all (no header, an unknown,
 * doubled or missing column, broken UTF-8 or a NUL in the header, a file cut
 * off within quotes, more than IMPORT_ROWS_MAX rows), with *where.  The
 * columns of unique fields must be there.  A column that has no name of ours
 * is called "#3" by its place.  Also refused per row: wrong number of
 * cells, broken UTF-8, a NUL, a code that is not in its list, an impossible
 * date, a number out of range, a field over its limit, an age that the birth
 * date contradicts, a unique number that an earlier row has.
 */
enum sv_err import_read(const struct schema_type *type, struct bytes file,
                        struct import *out, struct diag *where);
void import_free(struct import *im);

#endif
