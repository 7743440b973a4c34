#ifndef SV_TESTS_SUPPORT_SERVED_H
#define SV_TESTS_SUPPORT_SERVED_H

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/service.h"
#include "tests/support/office.h"
#include "vault/transport_socket.h"

/* An office whose gate is behind a socket, served by threads of this
 * process. */
struct served {
    struct office office; /* closed while it is served */
    char path[PATH_SIZE]; /* of the socket */
    atomic_ullong now_ms; /* the gate's clock */
    atomic_uint events[SERVICE_STOPPING + 1];
    struct service_config config; /* limits may be set before served_start() */
    int stop_fd;
    struct service *service;
    pthread_t thread;
};

/* A whole office with everybody hired, not yet served. */
void served_prepare(struct served *s);
/* Another vault for each seed, of the same people with the same keys. */
void served_prepare_as(struct served *s, uint8_t seed);
void served_start(struct served *s);
/* Stop as SIGTERM does, and close the gate. */
void served_stop(struct served *s);
void served_free(struct served *s);

/* A connection of its own for one person; for one thread. */
struct desk {
    const char *path;
    struct wire wire;
    struct arena *arena;
    struct clock clock;
    struct client *client;
    struct card card;
    struct user_keys *keys;
    struct identity identity; /* of these keys */
    struct pin pin;
    bool begun; /* the client has the pin */
};
void desk_init(struct desk *d, const char *path, struct clock clock,
               const char *name, const struct hash *vault);
/* Connect and begin, where it has not; what it knew is kept. */
enum sv_err desk_begin(struct desk *d);
/* Hang up; what it knew is kept. */
void desk_end(struct desk *d);
void desk_free(struct desk *d);
/* A desk in a served office. */
void served_desk(struct served *s, const char *name, struct desk *out);

/* A new victim record, by a client of any kind. */
enum sv_err client_add_victim(struct client *c, const char *case_no,
                              struct handle *out);

/* ---- Without a client ---- */

int raw_connect(const char *path); /* blocks */
void raw_send(int fd, const void *bytes, size_t n);
void raw_send_frame(int fd, struct bytes payload);
/* The status that a frame from fd bears, which is refused; its reason goes to
 * reason.  Fails the test where there is none within 10 s. */
enum sv_err raw_refusal(int fd, char reason[static 33]);
/* The other end has closed, and sent nothing more. */
bool raw_is_closed(int fd);

#endif
