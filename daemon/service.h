#ifndef SV_DAEMON_SERVICE_H
#define SV_DAEMON_SERVICE_H

#include "daemon/peer.h"
#include "vault/gate.h"

/*
 * A gate behind a listening Unix stream socket.  One thread reads frames and
 * writes what is left of answers; it waits for nobody.  A crew answers.
 */
struct service;

/* What happened in its life; never whose question, or about what. */
enum service_event {
    SERVICE_REFUSED,     /* a peer outside the group */
    SERVICE_CONNECTIONS, /* turned away: too many connections in all */
    SERVICE_PER_USER,    /* turned away: too many of one account */
    SERVICE_BYTES,       /* turned away: too much is held, in all or for one */
    SERVICE_SLOW,        /* closed: half a frame, or an answer not taken */
    SERVICE_MALFORMED,   /* closed: no frames */
    SERVICE_SYSTEM,      /* the system gave no descriptor or memory */
    SERVICE_STOPPING,
};

struct service_config {
    struct gate *gate;        /* borrowed */
    int listen_fd;            /* does not block; service_free() closes it */
    int stop_fd;              /* readable: stop; borrowed */
    struct peer_rule peers;   /* looked at before a byte is read */
    unsigned threads;         /* that answer */
    unsigned connections;     /* in all */
    unsigned per_user;        /* of one account */
    size_t bytes;             /* of questions and answers held at once */
    size_t bytes_per_user;    /* of these, for one account */
    int slow_ms;              /* for a frame, and for a byte more of it */
    int idle_ms;              /* between two questions */
    int stop_ms;              /* for answers to be taken, once stopping */
    peer_check_fn peer_check; /* NULL: peer_check() */
    void (*event)(void *ctx, enum service_event e);
    void *event_ctx;
};

/*
 * The limits of svaultd.  A large frame gets a second more for each 128 KiB,
 * while it goes on.  A question of SERVICE_SMALL bytes is read however much
 * is held.
 */
#define SERVICE_SMALL ((size_t)64 << 10)
void service_limits_default(struct service_config *config);

enum sv_err service_new(const struct service_config *config,
                        struct service **out);
/*
 * Serve until stop_fd is readable; then accept nobody and read nothing any
 * more, finish and answer what was read, and return.
 */
enum sv_err service_run(struct service *s);
void service_free(struct service *s); /* accepts NULL */

#endif
