#ifndef SV_COUNTS_ANNUAL_TEXT_H
#define SV_COUNTS_ANNUAL_TEXT_H

#include "counts/annual.h"

/*
 * A yearly report for people: the table of the published report, and CSV.
 * One of the profile preview is headed NOT RELEASED.
 */

/* The table; code labels come from the schema, and a code that it does not
 * have stands for itself.  Labels, figures and changes take 80 columns where
 * figures have up to five digits; reasons and the head may go beyond.
 * Appended. */
enum sv_err annual_text_table(const struct annual_report *r,
                              const struct schema *schema,
                              enum schema_lang lang, struct buf *out);

/*
 * RFC 4180 with CRLF: name,value,reason, a row for each line of the head and
 * each figure.  A spreadsheet must take no cell for a formula (csv.h).  The
 * numbers that we write ourselves, "-" and digits, are no formulas and stay
 * numbers.  Appended.
 */
enum sv_err annual_text_csv(const struct annual_report *r, struct buf *out);

#endif
