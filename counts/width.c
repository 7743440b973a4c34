#include "counts/width.h"

#include <utf8proc.h>

#include "base/text.h"

/* One character's bytes and columns; 1 and 1 for what is no UTF-8. */
static size_t
character(struct bytes t, size_t *columns)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate(t.ptr, (utf8proc_ssize_t)t.len, &c);
    int width = n > 0 ? utf8proc_charwidth(c) : 1;

    *columns = width > 0 ? (size_t)width : 0;
    return n > 0 ? (size_t)n : 1;
}

size_t
width_of(struct bytes t)
{
    size_t all = 0, columns;

    for (size_t at = 0; at < t.len; all += columns)
        at += character(bytes_slice(t, at, t.len - at), &columns);
    return all;
}

/* May a line break before this character? Not before a closing one. */
static bool
may_begin(struct bytes t)
{
    static const char *const closing[] = {"）", "」", "、", "。", "ー", "・"};

    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        if (text_skip(&t, closing[i]))
            return false;
    }
    return true;
}

size_t
width_fit(struct bytes t, size_t width)
{
    size_t at = 0, used = 0, best = 0;

    while (at < t.len) {
        struct bytes rest = bytes_slice(t, at, t.len - at);
        size_t columns, n = character(rest, &columns);

        if (at > 0 &&
            (t.ptr[at - 1] == ' ' || (columns == 2 && may_begin(rest))))
            best = at;
        /* A space at the end of a line needs no room. */
        if (used + columns > width && *rest.ptr != ' ' && best > 0)
            return best;
        used += columns;
        at += n;
    }
    return t.len;
}

size_t
width_cut(struct bytes t, size_t width)
{
    size_t at = 0, used = 0;

    while (at < t.len) {
        size_t columns, n = character(bytes_slice(t, at, t.len - at), &columns);

        if (used + columns > width)
            break;
        used += columns;
        at += n;
    }
    return at;
}
