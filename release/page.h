#ifndef SV_RELEASE_PAGE_H
#define SV_RELEASE_PAGE_H

#include "counts/document_tables.h"

/*
 * A release as one HTML page, appended: notes, and each table with its chart
 * beside it, or below it where it is wide.  It needs no other file, no network
 * and no script, and its policy (CSP) allows none; readable on paper (A4), on
 * dark screens, and by a screen reader.  The same tables give the same bytes.
 */
enum sv_err page_html(const struct document_tables *t, struct buf *out);

#endif
