#ifndef SV_CLI_AUDIT_SHEET_H
#define SV_CLI_AUDIT_SHEET_H

#include "cli/audit.h"

/*
 * The report of an export: sheets of words and figures, which print as text,
 * JSON, CSV and one page of HTML.  A cell holds what has passed the grammar
 * of an entry, or what was made here: nothing of it can steer.
 */
#define SHEET_COLUMNS_MAX 8
#define SHEET_CELL_SIZE 40

enum sheet_id {
    SHEET_ACCESSES,
    SHEET_DENIALS,
    SHEET_FORKS,
    SHEET_FLAGS,
    SHEET_BURSTS,
    SHEET_GAPS,
    SHEET_PEOPLE,
    SHEET_N
};

struct sheet_column {
    const char *id;    /* in JSON and CSV */
    const char *title; /* msgid */
    bool is_number;
};
/* What a sheet is about; static. */
struct sheet_kind {
    const char *id;
    const char *title;   /* msgid */
    const char *explain; /* msgid: what stands in it, and what not */
    struct sheet_column columns[SHEET_COLUMNS_MAX]; /* id NULL ends them */
};
extern const struct sheet_kind sheet_kinds[SHEET_N];
unsigned sheet_columns(const struct sheet_kind *kind);

struct sheet {
    size_t n; /* rows */
    size_t cap;
    char (*cells)[SHEET_CELL_SIZE]; /* n times the columns of its kind */
};

/* One more row: as many texts as the kind has columns; cut to a cell. */
enum sv_err sheet_row(struct sheet *s, const struct sheet_kind *kind,
                      const char *const texts[]);
const char *sheet_cell(const struct sheet *s, const struct sheet_kind *kind,
                       size_t row, unsigned column);

struct report {
    struct checkpoint head;
    struct sheet sheets[SHEET_N];
};
void report_clear(struct report *r);

void report_print(struct audit *a, const struct report *r);
json_t *report_json(const struct report *r);
/* Appended: the accesses, RFC 4180 with a header. */
enum sv_err report_csv(const struct report *r, struct buf *out);
/* Appended: one page without scripts and without anything from elsewhere. */
enum sv_err report_html(const struct report *r, struct buf *out);

#endif
