#ifndef SV_DAEMON_LIFE_H
#define SV_DAEMON_LIFE_H

#include "base/clock.h"
#include "daemon/service.h"

/*
 * What svaultd says of its own life: one line of JSON on the standard error
 * for each event, made of words of ours and numbers only.  What somebody
 * outside can cause is told at most once a minute, with how often it was.
 */
struct life {
    struct clock clock;
    struct {
        uint64_t told_ms;
        uint64_t n; /* since */
    } kinds[SERVICE_STOPPING + 1];
};

void life_started(struct life *l, unsigned threads);
void life_stopped(struct life *l);
/* For struct service_config. */
void life_event(void *life, enum service_event e);
/* Releases of counts are not audited any more, nor released.  From any
 * thread. */
void life_no_solver(struct life *l);
/* It ends by err; what, and todo (or NULL), are English phrases of ours. */
void life_failed(struct life *l, const char *what, enum sv_err err,
                 const char *todo);

#endif
