/*
 * Any text in a spreadsheet's cell, and on lines of a width.
 *
 * Covers: counts/csv.c counts/width.c
 */
#include <string.h>

#include "base/text.h"
#include "counts/csv.h"
#include "counts/width.h"

#include "fuzz/fuzz.h"

/* ---- cells ---- */

/* What a program takes for the beginning of a formula, behind quotes and
 * blanks. */
static bool
begins_formula(struct bytes t)
{
    static const char *const marks[] = {"=",  "+",  "-",  "@",
                                        "＝", "＋", "－", "＠"};

    while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '"'))
        t = bytes_slice(t, 1, t.len - 1);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct bytes rest = t;

        if (text_skip(&rest, marks[i]))
            return true;
    }
    return false;
}

/* Wherever a program may begin a cell: no regard to quotes. */
static void
check_formulas(struct bytes cell)
{
    demand(!begins_formula(cell));
    for (size_t i = 0; i < cell.len; i++)
        if (memchr(";\t\r\n", cell.ptr[i], 4) != NULL)
            demand(!begins_formula(bytes_slice(cell, i + 1, cell.len - i - 1)));
}

/* Nothing but apostrophes was added. */
static void
check_added(struct bytes text, struct bytes guarded)
{
    size_t at = 0;

    for (size_t i = 0; i < guarded.len; i++) {
        if (at < text.len && guarded.ptr[i] == text.ptr[at])
            at++;
        else
            demand(guarded.ptr[i] == '\'');
    }
    demand(at == text.len);
}

/* A reader of RFC 4180 gets one cell, which is the guarded text. */
static void
check_cell(struct bytes cell, struct bytes guarded)
{
    struct buf read = BUF_INIT;

    if (cell.len == 0 || cell.ptr[0] != '"') {
        demand(bytes_equal(cell, guarded));
        for (size_t i = 0; i < cell.len; i++)
            demand(memchr(",;\"\r\n", cell.ptr[i], 5) == NULL);
        return;
    }
    demand(cell.len >= 2 && cell.ptr[cell.len - 1] == '"');
    cell = bytes_slice(cell, 1, cell.len - 2);
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '"') {
            i++;
            demand(i < cell.len && cell.ptr[i] == '"');
        }
        demand(buf_append(&read, bytes_slice(cell, i, 1)) == SV_OK);
    }
    demand(bytes_equal(buf_bytes(&read), guarded));
    buf_free(&read);
}

static void
check_csv(struct bytes text)
{
    struct buf guarded = BUF_INIT, cell = BUF_INIT;

    demand(csv_guard(&guarded, text) == SV_OK);
    demand(csv_cell(&cell, text) == SV_OK);
    demand(guarded.len <= 2 * text.len + 1);
    check_added(text, buf_bytes(&guarded));
    check_formulas(buf_bytes(&guarded));
    check_formulas(buf_bytes(&cell));
    check_cell(buf_bytes(&cell), buf_bytes(&guarded));
    buf_free(&guarded);
    buf_free(&cell);
}

/* ---- lines ---- */

static bool
is_boundary(struct bytes t, size_t at)
{
    return at == t.len || (t.ptr[at] & 0xc0) != 0x80;
}

static void
check_lines(struct bytes text, size_t width)
{
    bool is_text = text_is_utf8(text);
    struct bytes rest = text;
    size_t sum = 0;

    demand(width_of(text) <= text.len);
    while (rest.len > 0) {
        size_t fit = width_fit(rest, width), cut = width_cut(rest, width);

        demand(fit > 0 && fit <= rest.len && cut <= rest.len);
        demand(width_of(bytes_slice(rest, 0, cut)) <= width || cut > 0);
        demand(!is_text || (is_boundary(rest, fit) && is_boundary(rest, cut)));
        if (width_of(bytes_slice(rest, 0, fit)) > width)
            fit = cut > 0 ? cut : rest.len;
        sum += width_of(bytes_slice(rest, 0, fit));
        rest = bytes_slice(rest, fit, rest.len - fit);
    }
    demand(!is_text || sum == width_of(text));
}

void
fuzz_one(struct bytes in)
{
    uint8_t width = fuzz_choice(&in);

    check_csv(in);
    check_lines(in, (size_t)width % 96 + 2);
    fuzz_heap_bounded(in.len, 16);
}

void
fuzz_seeds(struct seeds *s)
{
    seed(s, bytes_text("\x10"
                       "a;=1+1\n\"-2\",\t @x"));
    seed(s, bytes_text("\x02＝HYPERLINK(\"x\") 北海道の被害者 -1"));
    seed(s, bytes_text("\x08 '=x'' \r\n+"));
}
