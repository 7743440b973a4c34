#include "release/markup.h"

void
markup(struct markup *m, const char *raw)
{
    if (m->err == SV_OK)
        m->err = buf_text(m->out, raw);
}

void
markup_size(struct markup *m, size_t n)
{
    if (m->err == SV_OK)
        m->err = buf_printf(m->out, "%zu", n);
}

static const char *
entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void
markup_text(struct markup *m, struct bytes text)
{
    for (size_t i = 0; i < text.len && m->err == SV_OK; i++) {
        const char *instead = entity((char)text.ptr[i]);

        m->err = instead != NULL ? buf_text(m->out, instead)
                                 : buf_append(m->out, bytes_slice(text, i, 1));
    }
}
