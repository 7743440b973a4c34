#ifndef SV_COUNTS_DOCUMENT_TABLES_H
#define SV_COUNTS_DOCUMENT_TABLES_H

#include "base/buf.h"

/*
 * A release as it is shown: notes and tables in one language, made from the
 * released bytes alone by document_tables() (document.h).  No record, no key
 * and no figure that was not released can be reached from here; what draws
 * charts, pages and workbooks (release/) knows nothing else.
 *
 * All texts are owned, end with a NUL, are inert (text_inert()) and of
 * characters that XML may hold: they may come from another machine.
 */
enum document_lang { DOCUMENT_EN, DOCUMENT_JA, DOCUMENT_LANGS };

enum cell_kind {
    CELL_NONE,         /* there is no such figure */
    CELL_NUMBER,       /* a whole number */
    CELL_CHANGE,       /* one that is shown with its sign */
    CELL_SHARE,        /* per cent, in units of 10^-digits */
    CELL_SHARE_CHANGE, /* one with its sign */
    CELL_UNKNOWN,      /* and why: the table's reasons[reason] */
};

#define CELL_DIGITS_MAX 3

struct document_cell {
    enum cell_kind kind;
    int64_t value;
    unsigned digits; /* behind the point of a share */
    size_t reason;
};

enum column_kind {
    COLUMN_PART,
    COLUMN_TOTAL,   /* of others */
    COLUMN_DERIVED, /* a change or percentages */
};

struct document_column {
    enum column_kind kind;
    char *head;
};

enum row_kind {
    ROW_PART,
    ROW_TOTAL, /* of others: of all, or of those indented below it */
    ROW_GROUP, /* a heading over the rows below it: no cells */
};

struct document_row {
    enum row_kind kind;
    bool indented;
    char *label;
    struct document_cell *cells; /* owned, one for each column */
};

/* Bars of one column, or of two side by side: of the rows that are parts. */
enum chart_kind { CHART_NONE, CHART_BARS, CHART_PAIRS };

#define CHART_COLUMNS 2
#define CHART_ROWS_MAX 40

struct document_table {
    char *section; /* what it belongs to, or "" */
    char *caption;
    char *stub; /* the head over the labels */
    size_t n_columns, n_rows, n_notes, n_reasons;
    struct document_column *columns;
    struct document_row *rows;
    char **notes;
    char **reasons; /* each once */
    enum chart_kind chart;
    size_t chart_columns[CHART_COLUMNS];
};

struct document_note {
    char *name, *text;
};

#define DOCUMENT_DATE_SIZE 11

struct document_tables {
    enum document_lang lang;
    char as_of[DOCUMENT_DATE_SIZE]; /* YYYY-MM-DD */
    char *title;
    size_t n_notes, n;
    struct document_note *notes;
    struct document_table *at;
};

/* Empty, with a title.  Clear it also after an error. */
enum sv_err document_tables_init(struct document_tables *t,
                                 enum document_lang lang, const char *as_of,
                                 struct bytes title);
void document_tables_clear(struct document_tables *t); /* accepts zeroed */

enum sv_err document_tables_note(struct document_tables *t, const char *name,
                                 struct bytes text);
/* *out is valid until the next one is added. */
enum sv_err document_tables_add(struct document_tables *t, const char *section,
                                struct bytes caption, const char *stub,
                                struct document_table **out);
/* All columns come before the first row. */
enum sv_err document_table_column(struct document_table *t,
                                  enum column_kind kind, struct bytes head);
/* cells: one for each column, CELL_NONE at first; valid until the table is
 * cleared. */
enum sv_err document_table_row(struct document_table *t, enum row_kind kind,
                               struct bytes label,
                               struct document_cell **cells);
enum sv_err document_table_note(struct document_table *t, struct bytes text);
/* Makes the cell one that is not known. */
enum sv_err document_table_unknown(struct document_table *t, const char *reason,
                                   struct document_cell *cell);
/*
 * For a table whose rows are parts of one thing.  A chart makes sense of 2 to
 * CHART_ROWS_MAX parts behind each other, in one or two columns of numbers
 * that are all known and not all 0.
 */
void document_table_chart(struct document_table *t);

#endif
