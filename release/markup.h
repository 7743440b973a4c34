#ifndef SV_RELEASE_MARKUP_H
#define SV_RELEASE_MARKUP_H

#include "base/buf.h"

/* HTML or SVG being written: appends until the first failure. */
struct markup {
    struct buf *out;
    enum sv_err err;
};

/* As it stands. */
void markup(struct markup *m, const char *raw);
void markup_size(struct markup *m, size_t n);
/* What is text stays text, between tags and within quotes. */
void markup_text(struct markup *m, struct bytes text);

#endif
