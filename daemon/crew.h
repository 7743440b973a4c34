#ifndef SV_DAEMON_CREW_H
#define SV_DAEMON_CREW_H

#include "vault/frame.h"
#include "vault/gate.h"

/*
 * The threads that answer.  Each takes the next thing to do: prepare a
 * question, run all that are prepared through the gate in one group (one
 * thread at a time), or finish an answer.  While a group is being written to
 * the disk the next one gathers, so nobody waits for a timer.
 */
struct crew;

/* A question with its answer; the caller's, until it is done. */
struct task {
    struct task *next;
    struct bytes request; /* borrowed */
    struct buf answer;    /* a whole frame; empty where memory is out */
    struct gate_job *job; /* the crew's */
};

/* In whatever thread finished it; the task is the caller's again. */
typedef void (*crew_done_fn)(void *ctx, struct task *t);

/* n threads, 2 at least: one may wait for the disk. */
enum sv_err crew_new(struct gate *gate, unsigned n, crew_done_fn done,
                     void *ctx, struct crew **out);
/* Ends the threads; no task may be underway.  Accepts NULL. */
void crew_free(struct crew *c);

void crew_add(struct crew *c, struct task *t);
/* All of it in this thread, for a task that is alone: no thread has to wake
 * up for it.  No other may be underway. */
void crew_serve(struct crew *c, struct task *t);

/* A framed answer that says no. */
enum sv_err answer_failure(enum sv_err status, const char *reason,
                           struct buf *out);

#endif
