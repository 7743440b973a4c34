#include "release/workbook.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "counts/csv.h"
#include "counts/width.h"

#include "release/words.h"
#include "release/workbook_memory.h"
#include "release/workbook_sheet.h"

_Static_assert(LXW_VERSION_ID >= 114, "libxlsxwriter 1.1.4 or newer");

#define NOTE_NAME_WIDTH 18
#define NOTE_TEXT_WIDTH 72
#define ROW_POINTS_MAX 409

/* ---- what both files of ours use ---- */

void
workbook_check(struct workbook *w, lxw_error got)
{
    if (w->err != SV_OK || got == LXW_NO_ERROR)
        return;
    switch (got) {
    case LXW_ERROR_MEMORY_MALLOC_FAILED:
        w->err = SV_ERR_NOMEM;
        break;
    case LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED:
    case LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE:
        w->err = SV_ERR_RANGE;
        break;
    default:
        w->err = SV_ERR_IO;
    }
}

const char *
workbook_font(const struct workbook *w)
{
    return w->t->lang == DOCUMENT_JA ? "Yu Gothic" : "Calibri";
}

/* "_x003D_" is how such a file writes the character =: a spreadsheet would
 * show that, and an export would hold it. */
static bool
is_escape(struct bytes t)
{
    return t.len >= 7 && t.ptr[0] == '_' && t.ptr[1] == 'x' &&
           isxdigit(t.ptr[2]) && isxdigit(t.ptr[3]) && isxdigit(t.ptr[4]) &&
           isxdigit(t.ptr[5]) && t.ptr[6] == '_';
}

/* With a NUL behind it. */
static enum sv_err
put_literal(struct bytes text, struct buf *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < text.len && err == SV_OK; i++) {
        struct bytes rest = bytes_slice(text, i, text.len - i);

        err = is_escape(rest) ? buf_text(out, "_x005F_")
                              : buf_append(out, bytes_slice(rest, 0, 1));
    }
    return err == SV_OK ? buf_append(out, bytes_of("", 1)) : err;
}

void
workbook_text(struct workbook *w, lxw_worksheet *sheet, lxw_row_t row,
              lxw_col_t column, const char *text, lxw_format *format)
{
    struct buf guarded = BUF_INIT, literal = BUF_INIT;

    if (w->err == SV_OK)
        w->err = csv_guard(&guarded, bytes_text(text));
    if (w->err == SV_OK)
        w->err = put_literal(buf_bytes(&guarded), &literal);
    if (w->err == SV_OK)
        workbook_check(w, worksheet_write_string(sheet, row, column,
                                                 (const char *)literal.ptr,
                                                 format));
    buf_free(&guarded);
    buf_free(&literal);
}

size_t
workbook_lines(const char *text, size_t columns)
{
    struct bytes rest = bytes_text(text);
    size_t n = 0;

    for (; rest.len > 0; n++) {
        size_t fit = width_fit(rest, columns);

        if (width_of(bytes_slice(rest, 0, fit)) > columns)
            fit = width_cut(rest, columns);
        rest = bytes_slice(rest, fit, rest.len - fit);
    }
    return n > 0 ? n : 1;
}

/* Spreadsheet programs do not agree on when they do this by themselves. */
void
workbook_height(struct workbook *w, lxw_worksheet *sheet, lxw_row_t row,
                size_t lines)
{
    size_t line = w->t->lang == DOCUMENT_JA ? 18 : 15; /* points */
    size_t points = lines * line + 3;

    if (points > ROW_POINTS_MAX)
        points = ROW_POINTS_MAX;
    workbook_check(w, worksheet_set_row(sheet, row, (double)points, NULL));
}

void
workbook_table_name(struct workbook *w, size_t i,
                    char out[static WORKBOOK_NAME_SIZE])
{
    struct buf name = BUF_INIT;

    out[0] = '\0';
    if (w->err == SV_OK)
        w->err = release_table_name(w->t->lang, i + 1, &name);
    if (w->err == SV_OK)
        w->err = text_copy(buf_bytes(&name), out, WORKBOOK_NAME_SIZE);
    buf_free(&name);
}

void
workbook_print(struct workbook *w, lxw_worksheet *sheet, bool landscape)
{
    worksheet_set_paper(sheet, 9); /* A4 */
    if (landscape)
        worksheet_set_landscape(sheet);
    worksheet_set_margins(sheet, 0.6, 0.6, 0.7, 0.7);
    worksheet_fit_to_pages(sheet, 1, 0);
    workbook_check(w, worksheet_set_footer(sheet, "&C&A   &P / &N"));
}

/* ---- formats ---- */

static lxw_format *
format(struct workbook *w)
{
    lxw_format *f = w->err == SV_OK ? workbook_add_format(w->book) : NULL;

    if (f == NULL) {
        if (w->err == SV_OK)
            w->err = SV_ERR_NOMEM;
        return NULL;
    }
    format_set_font_size(f, 11);
    format_set_font_name(f, workbook_font(w));
    format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
    return f;
}

static lxw_format *
format_of_number(struct workbook *w, const char *number, bool total)
{
    lxw_format *f = format(w);

    if (f == NULL)
        return NULL;
    format_set_align(f, LXW_ALIGN_RIGHT);
    format_set_num_format(f, number);
    if (total) {
        format_set_bold(f);
        format_set_top(f, LXW_BORDER_THIN);
    }
    return f;
}

static lxw_format *
format_of_text(struct workbook *w, bool bold, bool wrap, bool band)
{
    lxw_format *f = format(w);

    if (f == NULL)
        return NULL;
    if (bold)
        format_set_bold(f);
    if (wrap)
        format_set_text_wrap(f);
    if (band) {
        format_set_bg_color(f, 0xE8ECF1);
        format_set_bottom(f, LXW_BORDER_THIN);
    }
    return f;
}

/* "0.0%", and with its sign. */
static void
make_share_formats(struct workbook *w, struct workbook_formats *f, bool total)
{
    for (size_t i = 0; i <= CELL_DIGITS_MAX; i++) {
        char share[CELL_DIGITS_MAX + 16], change[3 * sizeof share + 8];

        (void)snprintf(share, sizeof share, "0%s%.*s%%", i > 0 ? "." : "",
                       (int)i, "000000");
        (void)snprintf(change, sizeof change, "+%s;-%s;%s", share, share,
                       share);
        f->share[i] = format_of_number(w, share, total);
        f->share_change[i] = format_of_number(w, change, total);
    }
}

static void
make_row_formats(struct workbook *w, struct workbook_formats *f, bool total)
{
    f->label = format_of_text(w, total, true, false);
    f->indented = format_of_text(w, total, true, false);
    f->number = format_of_number(w, "#,##0", total);
    f->change = format_of_number(w, "+#,##0;-#,##0;0", total);
    f->unknown = format_of_number(w, "@", total);
    make_share_formats(w, f, total);
    if (w->err != SV_OK)
        return;
    format_set_indent(f->indented, 1);
    if (total) {
        format_set_top(f->label, LXW_BORDER_THIN);
        format_set_top(f->indented, LXW_BORDER_THIN);
    }
}

static void
make_formats(struct workbook *w)
{
    w->title = format_of_text(w, true, false, false);
    w->name = format_of_text(w, true, true, false);
    w->text = format_of_text(w, false, true, false);
    w->link = format_of_text(w, false, false, false);
    w->head = format_of_text(w, true, true, true);
    w->head_number = format_of_text(w, true, true, true);
    w->note = format_of_text(w, false, true, false);
    w->group = format_of_text(w, true, false, true);
    make_row_formats(w, &w->part, false);
    make_row_formats(w, &w->total, true);
    if (w->err != SV_OK)
        return;
    format_set_font_size(w->title, 14);
    format_set_align(w->name, LXW_ALIGN_VERTICAL_TOP);
    format_set_align(w->text, LXW_ALIGN_VERTICAL_TOP);
    format_set_align(w->head_number, LXW_ALIGN_RIGHT);
    format_set_font_color(w->link, 0x0B4F9E);
    format_set_underline(w->link, LXW_UNDERLINE_SINGLE);
    format_set_font_size(w->note, 10);
}

/* ---- the first sheet ---- */

static lxw_worksheet *
add_notes_sheet(struct workbook *w)
{
    lxw_worksheet *sheet = workbook_add_worksheet(
        w->book, release_word(w->t->lang, RELEASE_NOTES));

    if (sheet == NULL) {
        w->err = SV_ERR_NOMEM;
        return NULL;
    }
    workbook_check(w, worksheet_set_column(sheet, 0, 0, NOTE_NAME_WIDTH, NULL));
    workbook_check(w, worksheet_set_column(sheet, 1, 1, NOTE_TEXT_WIDTH, NULL));
    worksheet_gridlines(sheet, LXW_HIDE_ALL_GRIDLINES);
    workbook_print(w, sheet, false);
    return sheet;
}

static void
put_link(struct workbook *w, lxw_worksheet *sheet, lxw_row_t row, size_t i)
{
    char name[WORKBOOK_NAME_SIZE], url[WORKBOOK_NAME_SIZE + 16];
    struct buf title = BUF_INIT;

    workbook_table_name(w, i, name);
    (void)snprintf(url, sizeof url, "internal:'%s'!A1", name);
    if (w->err == SV_OK)
        w->err =
            release_table_title(w->t->lang, i + 1, &w->t->at[i], true, &title);
    if (w->err == SV_OK)
        w->err = buf_append(&title, bytes_of("", 1));
    if (w->err == SV_OK) {
        workbook_check(w, worksheet_write_url(sheet, row, 1, url, w->link));
        /* The link stays; the text takes the place of its address. */
        workbook_text(w, sheet, row, 1, (const char *)title.ptr, w->link);
        workbook_height(w, sheet, row, 1);
    }
    buf_free(&title);
}

static void
put_notes(struct workbook *w)
{
    lxw_worksheet *sheet = add_notes_sheet(w);
    lxw_row_t row = 2;

    if (sheet == NULL)
        return;
    workbook_text(w, sheet, 0, 0, w->t->title, w->title);
    workbook_height(w, sheet, 0, 1);
    for (size_t i = 0; i < w->t->n_notes; i++, row++) {
        workbook_text(w, sheet, row, 0, w->t->notes[i].name, w->name);
        workbook_text(w, sheet, row, 1, w->t->notes[i].text, w->text);
        workbook_height(
            w, sheet, row,
            workbook_lines(w->t->notes[i].text, NOTE_TEXT_WIDTH - 2));
    }
    row++;
    workbook_text(w, sheet, row, 0, release_word(w->t->lang, RELEASE_CONTENTS),
                  w->name);
    for (size_t i = 0; i < w->t->n && w->err == SV_OK; i++, row++)
        put_link(w, sheet, row, i);
}

/* ---- the whole ---- */

/* Noon of that day, so that it is the same one in every country. */
static time_t
time_of(const char *date)
{
    struct tm tm = {.tm_hour = 12};

    return strptime(date, "%Y-%m-%d", &tm) != NULL ? timegm(&tm) : 1;
}

/* Without a time of ours the library takes the present one; without names it
 * writes none. */
static void
put_properties(struct workbook *w)
{
    lxw_doc_properties properties = {.created = time_of(w->t->as_of)};
    struct bytes title = bytes_text(w->t->title);
    char text[256];

    title.len = width_cut(title, sizeof text / 4);
    if (text_copy(title, text, sizeof text) == SV_OK)
        properties.title = text;
    workbook_check(w, workbook_set_properties(w->book, &properties));
}

static enum sv_err
make(const struct document_tables *t, const char *path)
{
    struct workbook w = {.book = workbook_new(path), .t = t};

    if (w.book == NULL)
        return SV_ERR_NOMEM;
    put_properties(&w);
    make_formats(&w);
    if (w.err == SV_OK)
        put_notes(&w);
    for (size_t i = 0; i < t->n && w.err == SV_OK; i++)
        workbook_table(&w, i);
    if (w.err != SV_OK) {
        lxw_workbook_free(w.book);
        return w.err;
    }
    workbook_check(&w, workbook_close(w.book));
    return w.err;
}

/* Its complaints are the parent's to make; where it dies, it just dies.  The
 * library prints numbers as the locale has them, and the file takes a point. */
static void
go_apart(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 ||
        setlocale(LC_NUMERIC, "C") == NULL)
        _exit(-(int)SV_ERR_IO);
    (void)signal(SIGSEGV, SIG_DFL);
    (void)signal(SIGBUS, SIG_DFL);
    (void)signal(SIGABRT, SIG_DFL);
}

/*
 * By a process of its own, which has none of our keys: the library does not
 * look at each of its allocations, and dies where memory is short.
 */
static enum sv_err
make_apart(const struct document_tables *t, const char *path)
{
    pid_t pid = fork();
    int status = 0;

    if (pid < 0)
        return err_of_errno(errno);
    if (pid == 0) {
        go_apart();
        _exit(-(int)make(t, path));
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return SV_ERR_IO;
    return WIFEXITED(status) ? (enum sv_err) - WEXITSTATUS(status)
                             : SV_ERR_NOMEM;
}

enum sv_err
workbook_xlsx(const struct document_tables *t, struct buf *out)
{
    struct memory_file file = {.fd = -1};
    enum sv_err err = t->n <= WORKBOOK_TABLES_MAX ? SV_OK : SV_ERR_RANGE;

    if (err == SV_OK)
        err = memory_file_open(&file);
    if (err == SV_OK)
        err = make_apart(t, file.path);
    if (err == SV_OK)
        err = memory_file_read(&file, out);
    memory_file_close(&file);
    return err;
}
