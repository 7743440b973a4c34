#ifndef SV_DAEMON_CONN_H
#define SV_DAEMON_CONN_H

#include <sys/types.h>

#include "daemon/crew.h"

/*
 * One connection.  It has one question at a time: what a peer sends behind it
 * stays in the kernel until the answer is out.
 */
enum conn_state {
    CONN_READING, /* a question, or waiting for one */
    CONN_WORKING, /* the crew's: fd is only written, by whoever finishes */
    CONN_WRITING, /* what the peer has not taken yet */
};

struct conn {
    struct task task; /* first: the crew hands it back */
    int fd;
    uid_t uid;
    enum conn_state state;
    struct frame in;
    size_t written;       /* of task.answer */
    uint64_t deadline_ms; /* monotonic; UINT64_MAX while working */
    uint64_t end_ms;      /* of this frame, however it goes on */
    bool readable;        /* something came while working */
    bool last;            /* close behind this answer */
    bool armed;           /* the loop is told when there is room to write */
    size_t held;          /* bytes counted against the limits */
    bool half;            /* counted among those with half a frame */
    unsigned at;          /* its place among the connections */
};

enum conn_result {
    CONN_WAIT,  /* for more, or for room */
    CONN_WHOLE, /* a question is here; the answer is out */
    CONN_MALFORMED,
    CONN_FULL, /* it would hold more than `most` */
    CONN_NOMEM,
    CONN_END, /* the peer is gone */
};

/* Takes fd.  NULL: out of memory. */
struct conn *conn_new(int fd, uid_t uid);
void conn_free(struct conn *c); /* closes; accepts NULL */
/* Read until the question is here, holding `most` bytes at most.  CONN_FULL
 * loses nothing: with a larger `most` it goes on. */
enum conn_result conn_read(struct conn *c, size_t most);
/* Write as much of the answer as the peer takes now. */
enum conn_result conn_write(struct conn *c);
/* The answer is out: ready for the next question. */
void conn_reset(struct conn *c);
/* What it holds now of questions and answers. */
size_t conn_holds(const struct conn *c);
/* What went through of the frame that is underway, either way. */
size_t conn_moved(const struct conn *c);
/* A frame is underway, and the peer's turn. */
bool conn_is_half(const struct conn *c);

#endif
