#ifndef SV_RELEASE_WORKBOOK_SHEET_H
#define SV_RELEASE_WORKBOOK_SHEET_H

#include <xlsxwriter.h>

#include "counts/document_tables.h"

/* Of the numbers in a row, and of the label before them. */
struct workbook_formats {
    lxw_format *label, *indented;
    lxw_format *number, *change, *unknown;
    lxw_format *share[CELL_DIGITS_MAX + 1];
    lxw_format *share_change[CELL_DIGITS_MAX + 1];
};

/* The formats of a workbook, and what is written into it until the first
 * failure.  For workbook*.c. */
struct workbook {
    lxw_workbook *book;
    const struct document_tables *t;
    lxw_format *title, *name, *text, *link;
    lxw_format *head, *head_number, *group, *note;
    struct workbook_formats part, total;
    enum sv_err err;
};

/* One result of the library; what failed is kept. */
void workbook_check(struct workbook *w, lxw_error got);
/* That office programs of that language come with. */
const char *workbook_font(const struct workbook *w);
/* Text in a cell, never a formula. */
void workbook_text(struct workbook *w, lxw_worksheet *sheet, lxw_row_t row,
                   lxw_col_t column, const char *text, lxw_format *format);
/* Make the row as high as its texts need: they wrap at so many columns. */
size_t workbook_lines(const char *text, size_t columns);
void workbook_height(struct workbook *w, lxw_worksheet *sheet, lxw_row_t row,
                     size_t lines);
/* The sheet of table i. */
void workbook_table(struct workbook *w, size_t i);
/* "Table 3", also as the sheet's name. */
#define WORKBOOK_NAME_SIZE 32
void workbook_table_name(struct workbook *w, size_t i,
                         char out[static WORKBOOK_NAME_SIZE]);
/* For A4, with the page's number below. */
void workbook_print(struct workbook *w, lxw_worksheet *sheet, bool landscape);

#endif
