#ifndef SV_COUNTS_WIDTH_H
#define SV_COUNTS_WIDTH_H

#include "base/buf.h"

/*
 * Columns that a text takes where every character has a fixed width: wide
 * East Asian ones take two.  A byte that is no UTF-8 counts as one.
 */
size_t width_of(struct bytes t);
/* How many bytes of t go on a line of this width, in columns: up to a space, or
 * between wide characters; all where there is no such place. */
size_t width_fit(struct bytes t, size_t width);
/* The same without regard to words: never wider than that. */
size_t width_cut(struct bytes t, size_t width);

#endif
