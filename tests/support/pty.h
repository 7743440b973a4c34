#ifndef SV_TESTS_SUPPORT_PTY_H
#define SV_TESTS_SUPPORT_PTY_H

#include <sys/types.h>

#include "tests/support/support.h"

/*
 * A person at a terminal: a child whose standard files and controlling
 * terminal are a pseudo-terminal, and what it showed so far.
 */
struct pty {
    int master;
    int slave; /* kept open, to look at its settings */
    pid_t pid;
    size_t at; /* what was expected stood before here */
    struct buf seen;
};

#define PTY_SIGNALLED 128             /* plus the signal's number */
#define PTY_STATUS(err) (-(int)(err)) /* of a child that tells a result */

/* run(ctx) in the child; what it returns is its exit status. */
void pty_start(struct pty *p, int (*run)(void *ctx), void *ctx);
/* Wait until text is shown, behind what was expected before; the test fails
 * where the child ends or ten seconds pass before. */
void pty_expect(struct pty *p, const char *text);
void pty_send(struct pty *p, const char *text);
/* Is what is typed shown? */
bool pty_echoes(const struct pty *p);
/* Wait for the end; the exit status.  seen holds all that was shown. */
int pty_end(struct pty *p);
/* Ctrl-C until it ends: readpassphrase() does not notice one that comes
 * between its prompt and its reading. */
int pty_stop(struct pty *p);
/* Was this shown at any time? */
bool pty_showed(const struct pty *p, const char *text);
void pty_clear(struct pty *p);

#endif
