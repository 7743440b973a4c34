#ifndef SV_TESTS_SUPPORT_PIPED_H
#define SV_TESTS_SUPPORT_PIPED_H

#include "cli/term.h"
#include "tests/support/support.h"

/* A terminal whose input is a pipe that holds text and ends. */
struct piped {
    struct term t;
    int fds[2];
    char *data, *talk; /* once it is flushed: what went to out and to err */
    size_t data_len, talk_len;
};

void piped_open(struct piped *p, struct bytes input);
void piped_close(struct piped *p);

/* The text of a buf, which gets a NUL at its end. */
char *ended_text(struct buf *b);

#endif
