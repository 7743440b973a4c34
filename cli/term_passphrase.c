#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <bsd/readpassphrase.h>

#include "base/file.h"
#include "cli/term.h"
#include "crypto/words.h"

#define PASSPHRASE_MAX 1024 /* bytes, as typed */
#define TRIES 3

static void
say(struct term *t, const char *sentence)
{
    (void)fprintf(t->err, "%s\n", sentence);
}

static enum sv_err
no_terminal(struct term *t)
{
    say(t, _("There is no terminal to ask for the passphrase. Give it "
             "through an open descriptor, with --passphrase-fd."));
    return SV_ERR_USAGE;
}

static enum sv_err
normalised(struct bytes typed, struct buf *out)
{
    return text_is_utf8(typed) ? text_nfkc(typed, out) : SV_ERR_FORMAT;
}

static enum sv_err
from_descriptor(int fd, struct buf *out)
{
    struct buf line = BUF_INIT;
    enum sv_err err;

    term_wait_begin();
    err = term_line(fd, PASSPHRASE_MAX, &line);
    if (term_wait_end())
        err = SV_ERR_INTERRUPTED;
    if (err == SV_OK)
        err = normalised(buf_bytes(&line), out);
    buf_free(&line);
    return err;
}

static enum sv_err
from_terminal(struct term *t, const char *prompt, struct buf *out)
{
    char typed[PASSPHRASE_MAX + 2];
    const char *got;
    enum sv_err err;
    int code;

    term_wait_begin();
    (void)fflush(t->err);
    errno = 0;
    got = readpassphrase(prompt, typed, sizeof typed,
                         RPP_ECHO_OFF | RPP_REQUIRE_TTY);
    code = errno;
    if (term_wait_end())
        err = SV_ERR_INTERRUPTED;
    else if (got != NULL)
        /* Longer ones come cut off. */
        err = strlen(typed) > PASSPHRASE_MAX ? SV_ERR_RANGE : SV_OK;
    else if (code == ENOTTY || code == ENXIO || code == ENOENT)
        err = no_terminal(t);
    else
        err = code == EINTR ? SV_ERR_INTERRUPTED : err_of_errno(code);
    if (err == SV_OK)
        err = normalised(bytes_text(typed), out);
    wipe(typed, sizeof typed);
    return err;
}

enum sv_err
term_passphrase(struct term *t, int fd, const char *prompt, struct buf *out)
{
    return fd >= 0 ? from_descriptor(fd, out) : from_terminal(t, prompt, out);
}

static bool
is_long_enough(struct bytes passphrase)
{
    size_t n = 0;

    for (size_t i = 0; i < passphrase.len; i++)
        n += (passphrase.ptr[i] & 0xc0) != 0x80; /* not a continuation */
    return n >= PASSPHRASE_MIN;
}

static enum sv_err
too_short(struct term *t)
{
    (void)fprintf(t->err, _("A passphrase needs at least %d characters.\n"),
                  PASSPHRASE_MIN);
    return SV_ERR_INPUT;
}

/* On the terminal itself: stderr may be a file. */
static enum sv_err
show(struct term *t, const char *generated)
{
    struct buf text = BUF_INIT;
    enum sv_err err;
    int fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return no_terminal(t);
    err = buf_printf(
        &text,
        _("A new passphrase for this key:\n\n    %s\n\n"
          "Write it down and keep the paper away from this computer.\n"
          "Without it nobody can open the key again.\n"),
        generated);
    for (size_t at = 0; err == SV_OK && at < text.len;) {
        ssize_t n = write(fd, text.ptr + at, text.len - at);

        if (n > 0)
            at += (size_t)n;
        else if (errno != EINTR)
            err = err_of_errno(errno);
    }
    (void)close(fd);
    buf_free(&text);
    return err;
}

/* One try; SV_ERR_INPUT has been explained. */
static enum sv_err
choose(struct term *t, struct bytes generated, struct buf *out)
{
    struct buf first = BUF_INIT, again = BUF_INIT;
    enum sv_err err;

    err = from_terminal(t,
                        _("Press Enter to take it, or type one of your "
                          "own (12 characters or more): "),
                        &first);
    if (err != SV_OK)
        goto out;
    if (first.len == 0)
        err = buf_append(&first, generated);
    else if (!is_long_enough(buf_bytes(&first)))
        err = too_short(t);
    if (err == SV_OK)
        err = from_terminal(t, _("Type the passphrase once more: "), &again);
    if (err != SV_OK)
        goto out;
    if (!bytes_equal(buf_bytes(&first), buf_bytes(&again))) {
        say(t, _("The two are not the same."));
        err = SV_ERR_INPUT;
        goto out;
    }
    err = buf_append(out, buf_bytes(&first));
out:
    buf_free(&first);
    buf_free(&again);
    return err;
}

static enum sv_err
choose_new(struct term *t, const struct rng *rng, struct buf *out)
{
    char generated[WORDS_TEXT_SIZE];
    enum sv_err err;

    words_passphrase(rng, generated);
    err = show(t, generated);
    if (err != SV_OK)
        goto out;
    for (int i = 1;; i++) {
        err = choose(t, bytes_text(generated), out);
        if (err != SV_ERR_INPUT || i == TRIES)
            break;
        say(t, _("Please try again."));
    }
    if (err == SV_ERR_INPUT)
        say(t, _("That was the third time; nothing was made. Start the "
                 "command again when you are ready."));
out:
    wipe(generated, sizeof generated);
    return err;
}

enum sv_err
term_new_passphrase(struct term *t, int fd, const struct rng *rng,
                    struct buf *out)
{
    struct buf line = BUF_INIT;
    enum sv_err err;

    if (fd < 0)
        return choose_new(t, rng, out);
    err = from_descriptor(fd, &line);
    if (err == SV_OK && !is_long_enough(buf_bytes(&line)))
        err = too_short(t);
    if (err == SV_OK)
        err = buf_append(out, buf_bytes(&line));
    buf_free(&line);
    return err;
}
