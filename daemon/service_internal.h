#ifndef SV_DAEMON_SERVICE_INTERNAL_H
#define SV_DAEMON_SERVICE_INTERNAL_H

#include <pthread.h>

#include "daemon/conn.h"
#include "daemon/service.h"

#define NEVER UINT64_MAX /* of a deadline */

struct service {
    struct service_config config;
    struct crew *crew;
    int epoll_fd;
    int wake_fd;         /* an answer is done */
    struct conn **conns; /* config.connections of them */
    unsigned n_conns;
    unsigned n_working;
    unsigned n_half;    /* with a frame underway: the peer's turn */
    size_t held;        /* bytes, by all */
    uint64_t next_ms;   /* no deadline is earlier */
    uint64_t accept_ms; /* when to accept again; NEVER: when told */
    bool stopping;
    bool alone;         /* the loop answers by itself: the crew rests */
    struct task *fresh; /* read, and not yet given to anybody */
    pthread_mutex_t mutex;
    struct task *done; /* by the crew */
};

/* service_conns.c: what goes over the connections, what they hold together,
 * and until when. */

uint64_t service_now(void); /* monotonic, in milliseconds */
void service_tell(const struct service *s, enum service_event e);
/* Be told of c: op is epoll_ctl()'s, more further events. */
bool conns_watch(struct service *s, struct conn *c, int op, uint32_t more);
/* Read on; what is whole waits in s->fresh. */
void conns_read(struct service *s, struct conn *c);
/* Write on; when all of it is out, read on. */
void conns_write(struct service *s, struct conn *c);
/* A frame of len bytes is underway: its time begins. */
void conns_begin_frame(struct service *s, struct conn *c, size_t len);
/* What c holds is not what it was. */
void conns_count(struct service *s, struct conn *c);
void conns_close(struct service *s, struct conn *c);

#endif
