#ifndef SV_RELEASE_WORKBOOK_H
#define SV_RELEASE_WORKBOOK_H

#include "counts/document_tables.h"

/*
 * A release as a workbook for spreadsheet programs (.xlsx), appended: notes
 * and contents on the first sheet, then a sheet for each table with a chart
 * of the program's own where the table has one; set up for A4.
 *
 * Cells are numbers or texts, never formulas: texts that would begin one get
 * an apostrophe (csv.h).  Nothing in it tells who made it or when: the same
 * tables give the same bytes, and its day is the one as of which was counted.
 * It is made in memory, by a child that is waited for; nothing of it lies on a
 * disk.
 *
 * SV_ERR_RANGE for a text of more than 32767 characters or more tables, rows
 * or columns than a workbook has; SV_ERR_NOMEM.
 */
#define WORKBOOK_TABLES_MAX 255

enum sv_err workbook_xlsx(const struct document_tables *t, struct buf *out);

#endif
