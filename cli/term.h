#ifndef SV_CLI_TERM_H
#define SV_CLI_TERM_H

#include <libintl.h>
#include <stdio.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/text.h"

#define _(msgid) gettext(msgid)

/*
 * The terminal: what people read and type.  Everything that was stored or
 * came from outside is printed inert (text_inert()).  stdout is for data,
 * stderr for talk.  Colours only on a terminal and without NO_COLOR; no
 * redrawing with SVAULT_ACCESSIBLE=1.
 */
struct term {
    FILE *in;         /* answers */
    FILE *out;        /* data */
    FILE *err;        /* talk, prompts */
    bool interactive; /* in and err are a terminal */
    bool colour;
    bool accessible;
    char *buffer; /* of out, BUFSIZ long, or NULL; as long as the program */
};

void term_init(struct term *t);
/*
 * For main(): the output gets a buffer of ours before anything is printed,
 * and at the end nothing of it stays there.
 */
void term_own_buffer(struct term *t);
void term_end(struct term *t);

/* Flush stdout; SV_ERR_IO or SV_ERR_FULL where not all of it was written. */
enum sv_err term_flush(struct term *t);
/* Has whoever read the output, through a pipe, gone while it was written? */
bool term_is_hung_up(const struct term *t);

/* Print text made inert.  Lines after the first are indented by indent. */
void term_text(FILE *to, struct bytes text, bool multiline, unsigned indent);
/* Bold on colour terminals, otherwise plain. */
void term_heading(struct term *t, FILE *to, const char *text);

/* The columns a terminal needs for text made inert. */
size_t term_width(struct bytes text);
/* How wide the talk may get: the terminal's width, or 80. */
size_t term_columns(const struct term *t);

/*
 * From term_wait_begin() to term_wait_end() Ctrl-C is only noted, and ends
 * each question with SV_ERR_INTERRUPTED; at other times it ends the program.
 * The two nest; term_wait_end() says whether Ctrl-C came.
 */
void term_wait_begin(void);
bool term_wait_end(void);
/*
 * One line of fd without its LF (or CR LF), appended to out; between
 * term_wait_begin() and term_wait_end().  Reads not one byte more.
 * SV_ERR_INTERRUPTED at end of input and on Ctrl-C; SV_ERR_RANGE over max
 * bytes, the rest of the line being dropped.
 */
enum sv_err term_line(int fd, size_t max, struct buf *out);

/*
 * One line of an answer, without its LF, appended to out; the prompt goes to
 * err.  SV_ERR_INTERRUPTED at end of input and on Ctrl-C; SV_ERR_RANGE over
 * max bytes; SV_ERR_FORMAT for broken UTF-8 or a NUL.
 */
enum sv_err term_ask(struct term *t, const char *prompt, size_t max,
                     struct buf *out);
/* At a terminal: has more come already than was read?  So it is where several
 * lines are pasted. */
bool term_is_pasted(const struct term *t);
/* What was typed, made comparable: NFKC, without case and without the spaces
 * around it; appended.  SV_ERR_FORMAT for broken UTF-8. */
enum sv_err term_fold(struct bytes typed, struct buf *out);
/* Is this a yes or a no, in English or in the user's language? */
bool term_answer(struct bytes typed, bool *yes);
/* yes or no, in the user's language; Enter means `otherwise`. */
enum sv_err term_confirm(struct term *t, const char *question, bool otherwise,
                         bool *yes);
/*
 * A passphrase without echo, NFKC-normalised; from fd where fd >= 0 (its
 * first line), otherwise from the terminal, saying which key it is for.
 * SV_ERR_USAGE where there is no terminal: it has said so on err, and which
 * option helps.  Otherwise the errors of term_ask().
 */
enum sv_err term_passphrase(struct term *t, int fd, const char *prompt,
                            struct buf *out);
/*
 * Twice, and compared; a generated one is offered first, and shown on the
 * terminal only.  SV_ERR_INPUT where it is shorter than PASSPHRASE_MIN
 * characters, or was not typed twice the same in three tries: it has said so
 * on err.
 */
#define PASSPHRASE_MIN 12
struct rng;
enum sv_err term_new_passphrase(struct term *t, int fd, const struct rng *rng,
                                struct buf *out);

/*
 * Tables that align wide characters (libsmartcols), cells made inert; with
 * accessible, a line "column: cell" for each cell.  Cells may be NULL: empty.
 * table_new() gives NULL without memory, and the others then SV_ERR_NOMEM.
 */
struct table;
struct table *table_new(struct term *t, size_t n, const char *const columns[]);
enum sv_err table_row(struct table *table, const char *const cells[]);
/* Print to stdout and free. */
enum sv_err table_print(struct table *table);

/* Print value as JSON, sorted as built, with an LF; and free it.  What could
 * steer a terminal is escaped.  NULL: SV_ERR_NOMEM. */
enum sv_err term_json(struct term *t, json_t *value);
/* A JSON string of bytes that may not be UTF-8: NULL then. */
json_t *json_bytes(struct bytes b);

/* "4 of 120", rewritten in place on a terminal, lines every so often with
 * accessible, nothing otherwise. */
struct progress {
    struct term *t;
    const char *label;
    uint64_t shown;
};
void term_progress(void *progress, uint64_t done, uint64_t total);
void term_progress_end(struct progress *p);

#endif
