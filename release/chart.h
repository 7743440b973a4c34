#ifndef SV_RELEASE_CHART_H
#define SV_RELEASE_CHART_H

#include "counts/document_tables.h"

/*
 * The chart of a table as SVG within an HTML page, appended: an image with a
 * title and a description, bars from top to bottom in the order of the rows,
 * the number behind each.  What two bars of a row are is told by hatching,
 * too, not by colour alone.  Colours and fonts are the page's (page.css); it
 * has neither script nor style of its own.
 *
 *   number  of the table on its page, from 1: ids are made of it
 *
 * Nothing for a table with CHART_NONE.
 */
enum sv_err chart_svg(const struct document_table *t, enum document_lang lang,
                      size_t number, struct buf *out);

#endif
