#ifndef SV_TESTS_SUPPORT_HELD_H
#define SV_TESTS_SUPPORT_HELD_H

#include "tests/support/office.h"
#include "vault/message.h"

/*
 * Whoever has keys of the vault can sign anything.  What her program would
 * have sent is held back here, to be changed and signed again by her.
 */
struct held {
    struct office *o;
    struct buf message; /* the last act with a body */
    bool holds;         /* those; the others go through */
};

/* Her session, through it: what is held back gives SV_ERR_IO. */
struct client *held_begin(struct held *h, const char *name);
void held_end(struct held *h, const char *name);
/* What is held: the request borrows from note, the body from h. */
struct bytes held_act(const struct held *h, struct note *note,
                      struct request *r);
/* Signed by her under a new id and sent, now; the entry that it comes to,
 * which borrows from *response. */
struct entry held_send(const struct held *h, const char *name,
                       struct request *r, struct bytes body,
                       struct buf *response);

/* setup and teardown of a test: office_new() behind a struct held. */
int held_setup(void **state);
int held_teardown(void **state);

#endif
