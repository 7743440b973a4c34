#include "counts/csv.h"

#include <string.h>

#include "base/text.h"

static bool
is_one_of(struct bytes t, size_t n, const char *const words[])
{
    for (size_t i = 0; i < n; i++) {
        struct bytes rest = t;

        if (text_skip(&rest, words[i]))
            return true;
    }
    return false;
}

/* What a spreadsheet takes for the beginning of a formula. */
static bool
is_mark(struct bytes t)
{
    static const char *const marks[] = {"=",  "+",  "-",  "@",
                                        "＝", "＋", "－", "＠"};

    return is_one_of(t, sizeof marks / sizeof *marks, marks);
}

static bool
is_control(struct bytes t)
{
    static const char *const controls[] = {"\t", "\r", "\n"};

    return is_one_of(t, sizeof controls / sizeof *controls, controls);
}

/* Does a cell go on beginning with this character, or begin behind it? */
static bool
begins(char c, bool beginning)
{
    return strchr(";\t\r\n", c) != NULL || (beginning && strchr(" \"", c));
}

enum sv_err
csv_guard(struct buf *out, struct bytes text)
{
    bool beginning = true;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < text.len && err == SV_OK; i++) {
        struct bytes rest = bytes_slice(text, i, text.len - i);
        char c = (char)text.ptr[i];

        if ((beginning && is_mark(rest)) || (i == 0 && is_control(rest)))
            err = buf_text(out, "'");
        beginning = c != '\0' && begins(c, beginning);
        if (err == SV_OK)
            err = buf_append(out, bytes_slice(rest, 0, 1));
    }
    return err;
}

static bool
needs_quotes(char c)
{
    return c != '\0' && strchr(",;\"\r\n", c) != NULL;
}

/* Between quotes a quote is written twice. */
static enum sv_err
put_quoted(struct buf *out, struct bytes text)
{
    enum sv_err err = buf_text(out, "\"");

    for (size_t i = 0; i < text.len && err == SV_OK; i++)
        err = buf_append(out, text.ptr[i] == '"' ? bytes_text("\"\"")
                                                 : bytes_slice(text, i, 1));
    return err == SV_OK ? buf_text(out, "\"") : err;
}

enum sv_err
csv_cell(struct buf *out, struct bytes text)
{
    struct buf guarded = BUF_INIT;
    enum sv_err err = csv_guard(&guarded, text);
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++)
        quoted = quoted || needs_quotes((char)text.ptr[i]);
    if (err == SV_OK)
        err = quoted ? put_quoted(out, buf_bytes(&guarded))
                     : buf_append(out, buf_bytes(&guarded));
    buf_free(&guarded);
    return err;
}
