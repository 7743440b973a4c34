#ifndef SV_COUNTS_CSV_H
#define SV_COUNTS_CSV_H

#include "base/buf.h"

/*
 * Text in a spreadsheet's cell, where nothing may be taken for a formula: an
 * apostrophe goes before = + - @ (and the wide forms, which Japanese
 * spreadsheets take for the same), a tab or a line end at the beginning.
 *
 * Excel of many countries splits lines at semicolons, whatever the commas and
 * quotes around them say, and other programs at tabs: what would begin a cell
 * there gets its apostrophe, too, behind quotes and blanks.
 *
 * Both append.
 */
enum sv_err csv_guard(struct buf *out, struct bytes text);
/* The same as a cell of RFC 4180, in quotes where it needs them. */
enum sv_err csv_cell(struct buf *out, struct bytes text);

#endif
