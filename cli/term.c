#include "cli/term.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utf8proc.h>

#include "base/file.h"
#include "base/json_text.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_MIN 20
#define TTY_LINE_MAX 4094 /* Linux drops what is typed beyond, in silence */

/* A signal handler reaches nothing but such variables. */
static volatile sig_atomic_t waiting;
static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
    if (waiting > 0) {
        interrupted = 1;
        return;
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void
term_wait_begin(void)
{
    waiting = waiting + 1;
}

bool
term_wait_end(void)
{
    bool came;

    waiting = waiting - 1;
    came = interrupted != 0;
    if (waiting == 0)
        interrupted = 0;
    return came;
}

static bool
is_set(const char *value)
{
    return value != NULL && value[0] != '\0';
}

void
term_init(struct term *t)
{
    const char *accessible = getenv("SVAULT_ACCESSIBLE");
    const char *kind = getenv("TERM");
    struct sigaction now = {.sa_handler = on_interrupt};
    struct sigaction before;

    json_text_watch_memory();
    t->in = stdin;
    t->out = stdout;
    t->err = stderr;
    t->buffer = NULL;
    t->interactive = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    t->accessible = is_set(accessible) && strcmp(accessible, "0") != 0;
    t->colour = !is_set(getenv("NO_COLOR")) && is_set(kind) &&
                strcmp(kind, "dumb") != 0;
    /* No SA_RESTART: a question ends at once.  Whoever runs us in the
     * background has set SIG_IGN, and it stays. */
    (void)sigemptyset(&now.sa_mask);
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        (void)sigaction(SIGINT, &now, NULL);
}

void
term_own_buffer(struct term *t)
{
    t->buffer = malloc(BUFSIZ);
    if (t->buffer != NULL)
        (void)setvbuf(t->out, t->buffer,
                      isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
}

void
term_end(struct term *t)
{
    (void)fflush(t->out);
    if (t->buffer != NULL)
        wipe(t->buffer, BUFSIZ);
}

enum sv_err
term_flush(struct term *t)
{
    errno = 0;
    if (fflush(t->out) != 0)
        return errno != 0 ? err_of_errno(errno) : SV_ERR_IO;
    return ferror(t->out) ? SV_ERR_IO : SV_OK;
}

bool
term_is_hung_up(const struct term *t)
{
    struct pollfd p = {.fd = fileno(t->out), .events = POLLOUT};

    return ferror(t->out) && poll(&p, 1, 0) > 0 && (p.revents & POLLERR) != 0;
}

/* Character by character: what is shown of a record must not depend on
 * whether there is memory for a copy of it. */
void
term_text(FILE *to, struct bytes text, bool multiline, unsigned indent)
{
    while (text.len > 0) {
        uint8_t made[INERT_MAX];
        size_t len = text_inert_first(&text, multiline, made);

        if (made[0] != '\n')
            (void)fwrite(made, 1, len, to);
        else if (text.len > 0)
            (void)fprintf(to, "\n%*s", (int)indent, "");
    }
}

void
term_heading(struct term *t, FILE *to, const char *text)
{
    bool bold = t->colour && isatty(fileno(to));

    if (bold)
        (void)fputs("\033[1m", to);
    term_text(to, bytes_text(text), false, 0);
    (void)fputs(bold ? "\033[0m\n" : "\n", to);
}

size_t
term_width(struct bytes text)
{
    size_t width = 0;

    while (text.len > 0) {
        uint8_t made[INERT_MAX];
        size_t len = text_inert_first(&text, false, made), at = 0;

        while (at < len) {
            utf8proc_int32_t c;
            utf8proc_ssize_t n =
                utf8proc_iterate(made + at, (utf8proc_ssize_t)(len - at), &c);

            if (n <= 0)
                break;
            width += (size_t)utf8proc_charwidth(c);
            at += (size_t)n;
        }
    }
    return width;
}

size_t
term_columns(const struct term *t)
{
    struct winsize size;

    if (ioctl(fileno(t->err), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS_DEFAULT;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

/* A read that failed: a terminal that was hung up is one that nobody answers
 * at, another file's error is a disk's. */
static enum sv_err
read_failed(int fd, int error)
{
    struct stat st;

    if (error == EIO && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
        return SV_ERR_INTERRUPTED;
    return err_of_errno(error);
}

/* SV_ERR_NOT_FOUND at the end.  SIGINT is blocked but while it waits, so
 * that none slips in between the look at the flag and the wait. */
static enum sv_err
read_byte(int fd, const sigset_t *unblocked, uint8_t *c)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (;;) {
        ssize_t n;

        if (interrupted)
            return SV_ERR_INTERRUPTED;
        if (ppoll(&p, 1, NULL, unblocked) < 0) {
            if (errno == EINTR)
                continue;
            return err_of_errno(errno);
        }
        n = read(fd, c, 1);
        if (n == 1)
            return SV_OK;
        if (n == 0)
            return SV_ERR_NOT_FOUND;
        if (errno != EINTR && errno != EAGAIN)
            return read_failed(fd, errno);
    }
}

static enum sv_err
read_line(int fd, const sigset_t *unblocked, size_t max, struct buf *line)
{
    bool too_long = false;
    enum sv_err err;
    uint8_t c = 0;

    for (;;) {
        err = read_byte(fd, unblocked, &c);
        if (err == SV_ERR_NOT_FOUND && line->len > 0)
            break; /* a last line without LF */
        if (err == SV_ERR_NOT_FOUND)
            return SV_ERR_INTERRUPTED;
        if (err != SV_OK)
            return err;
        if (c == '\n')
            break;
        /* One more than max: it may be the CR before the LF. */
        if (line->len > max)
            too_long = true;
        else if ((err = buf_append(line, bytes_of(&c, 1))) != SV_OK)
            return err;
    }
    if (line->len > 0 && line->ptr[line->len - 1] == '\r' && !too_long)
        buf_truncate(line, line->len - 1);
    return line->len > max ? SV_ERR_RANGE : SV_OK;
}

enum sv_err
term_line(int fd, size_t max, struct buf *out)
{
    struct buf line = BUF_INIT;
    sigset_t block, before, unblocked;
    enum sv_err err;

    (void)sigemptyset(&block);
    (void)sigaddset(&block, SIGINT);
    if (sigprocmask(SIG_BLOCK, &block, &before) != 0)
        return SV_ERR_IO;
    unblocked = before;
    (void)sigdelset(&unblocked, SIGINT);
    if (max > TTY_LINE_MAX && isatty(fd))
        max = TTY_LINE_MAX;
    err = read_line(fd, &unblocked, max, &line);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (err == SV_OK && interrupted)
        err = SV_ERR_INTERRUPTED;
    if (err == SV_OK)
        err = buf_append(out, buf_bytes(&line));
    buf_free(&line);
    return err;
}

enum sv_err
term_ask(struct term *t, const char *prompt, size_t max, struct buf *out)
{
    struct buf line = BUF_INIT;
    enum sv_err err;

    term_wait_begin();
    (void)fflush(t->out);
    (void)fputs(prompt, t->err);
    (void)fflush(t->err);
    err = term_line(fileno(t->in), max, &line);
    if (term_wait_end())
        err = SV_ERR_INTERRUPTED;
    if (!t->interactive || err == SV_ERR_INTERRUPTED)
        (void)fputc('\n', t->err);
    if (err == SV_OK && !text_is_utf8(buf_bytes(&line)))
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        err = buf_append(out, buf_bytes(&line));
    buf_free(&line);
    return err;
}

/* A terminal gives what is pasted in pieces; nobody types that fast. */
#define PASTE_MS 50

bool
term_is_pasted(const struct term *t)
{
    struct pollfd p = {.fd = fileno(t->in), .events = POLLIN};

    return t->interactive && poll(&p, 1, PASTE_MS) > 0;
}

enum sv_err
term_fold(struct bytes typed, struct buf *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n;
    struct bytes folded;
    enum sv_err err;

    if (typed.len == 0)
        return SV_OK;
    n = utf8proc_map(typed.ptr, (utf8proc_ssize_t)typed.len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                         UTF8PROC_CASEFOLD);
    if (n == UTF8PROC_ERROR_NOMEM)
        return SV_ERR_NOMEM;
    if (n < 0)
        return SV_ERR_FORMAT;
    folded = bytes_of(mapped, (size_t)n);
    while (folded.len > 0 && (*folded.ptr == ' ' || *folded.ptr == '\t'))
        folded = bytes_slice(folded, 1, folded.len - 1);
    while (folded.len > 0 && (folded.ptr[folded.len - 1] == ' ' ||
                              folded.ptr[folded.len - 1] == '\t'))
        folded.len--;
    err = buf_append(out, folded);
    wipe(mapped, (size_t)n);
    free(mapped);
    return err;
}

bool
term_answer(struct bytes typed, bool *yes)
{
    const char *words[] = {"yes", "y", _("yes"), "no", "n", _("no")};
    struct buf a = BUF_INIT, b = BUF_INIT;
    bool found = false;

    if (term_fold(typed, &a) != SV_OK)
        goto out;
    for (size_t i = 0; i < 6 && !found; i++) {
        buf_truncate(&b, 0);
        if (term_fold(bytes_text(words[i]), &b) != SV_OK)
            goto out;
        found = bytes_equal(buf_bytes(&a), buf_bytes(&b));
        if (found)
            *yes = i < 3;
    }
out:
    buf_free(&a);
    buf_free(&b);
    return found;
}

enum sv_err
term_confirm(struct term *t, const char *question, bool otherwise, bool *yes)
{
    struct buf prompt = BUF_INIT, line = BUF_INIT;
    enum sv_err err;

    err = buf_printf(&prompt, "%s %s ", question,
                     otherwise ? _("[yes or no; Enter means yes]")
                               : _("[yes or no; Enter means no]"));
    if (err == SV_OK)
        err = buf_append(&prompt, bytes_of("", 1));
    while (err == SV_OK) {
        buf_truncate(&line, 0);
        err = term_ask(t, (const char *)prompt.ptr, 256, &line);
        if (err == SV_OK && line.len == 0) {
            *yes = otherwise;
            break;
        }
        if (err == SV_OK && term_answer(buf_bytes(&line), yes))
            break;
        if (err == SV_OK || err == SV_ERR_RANGE || err == SV_ERR_FORMAT) {
            (void)fprintf(t->err, "%s\n", _("Please answer yes or no."));
            err = SV_OK;
        }
    }
    buf_free(&prompt);
    buf_free(&line);
    return err;
}

/* Append one character of a JSON text, escaped where it could steer. */
static enum sv_err
json_character(struct buf *out, struct bytes raw, unsigned c)
{
    size_t was = out->len;
    enum sv_err err = text_inert(out, raw, true);

    if (err != SV_OK ||
        bytes_equal(bytes_of(out->ptr + was, out->len - was), raw))
        return err;
    buf_truncate(out, was);
    if (c < 0x10000)
        return buf_printf(out, "\\u%04X", c);
    c -= 0x10000;
    return buf_printf(out, "\\u%04X\\u%04X", 0xd800 + (c >> 10),
                      0xdc00 + (c & 0x3ff));
}

enum sv_err
term_json(struct term *t, json_t *value)
{
    char *text = value != NULL
                     ? json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY)
                     : NULL;
    struct buf out = BUF_INIT;
    enum sv_err err =
        text != NULL && !json_text_lacked_memory() ? SV_OK : SV_ERR_NOMEM;
    struct bytes rest = bytes_text(text != NULL ? text : "");

    while (err == SV_OK && rest.len > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate(rest.ptr, (utf8proc_ssize_t)rest.len, &c);

        if (n <= 0)
            err = SV_ERR_FORMAT;
        else
            err = json_character(&out, bytes_slice(rest, 0, (size_t)n),
                                 (unsigned)c);
        if (err == SV_OK)
            rest = bytes_slice(rest, (size_t)n, rest.len - (size_t)n);
    }
    if (err == SV_OK)
        err = buf_append(&out, bytes_of("\n", 1));
    if (err == SV_OK && fwrite(out.ptr, 1, out.len, t->out) != out.len)
        err = SV_ERR_IO;
    if (text != NULL)
        wipe(text, strlen(text));
    free(text);
    buf_free(&out);
    json_decref(value);
    return err;
}

json_t *
json_bytes(struct bytes b)
{
    if (b.len == 0)
        return json_string("");
    return json_stringn((const char *)b.ptr, b.len);
}

void
term_progress(void *progress, uint64_t done, uint64_t total)
{
    struct progress *p = progress;
    struct term *t = p->t;
    uint64_t part;

    if (!isatty(fileno(t->err)))
        return;
    if (done > total)
        done = total;
    part = total == 0 ? 100 : (uint64_t)((double)done / (double)total * 100);
    if (t->accessible)
        part /= 10;
    if (p->shown == part + 1)
        return;
    p->shown = part + 1;
    /* The figures only grow, so each line covers the one before. */
    (void)fprintf(t->err, t->accessible ? "%s: " : "\r%s: ", p->label);
    (void)fprintf(t->err, _("%llu of %llu"), (unsigned long long)done,
                  (unsigned long long)total);
    if (t->accessible)
        (void)fputc('\n', t->err);
    (void)fflush(t->err);
}

void
term_progress_end(struct progress *p)
{
    if (p->shown != 0 && !p->t->accessible)
        (void)fputc('\n', p->t->err);
    p->shown = 0;
}
