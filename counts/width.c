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

static bool
is_one_of(struct bytes t, size_t n, const char *const characters[])
{
    for (size_t i = 0; i < n; i++) {
        if (text_skip(&t, characters[i]))
            return true;
    }
    return false;
}

/* May a line break between these characters? Not before a closing one and not
 * behind an opening one. */
static bool
may_break(struct bytes before, struct bytes behind)
{
    static const char *const closing[] = {"）", "」", "、", "。", "ー", "・"};
    static const char *const opening[] = {"（", "「"};

    return !is_one_of(behind, sizeof closing / sizeof *closing, closing) &&
           !is_one_of(before, sizeof opening / sizeof *opening, opening);
}

size_t
width_fit(struct bytes t, size_t width)
{
    size_t at = 0, used = 0, best = 0;
    struct bytes before = t;

    while (at < t.len) {
        struct bytes rest = bytes_slice(t, at, t.len - at);
        size_t columns, n = character(rest, &columns);

        if (at > 0 &&
            (t.ptr[at - 1] == ' ' || (columns == 2 && may_break(before, rest))))
            best = at;
        /* A space at the end of a line needs no room. */
        if (used + columns > width && *rest.ptr != ' ' && best > 0)
            return best;
        used += columns;
        at += n;
        before = rest;
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
