#ifndef SV_VAULT_TRANSPORT_SOCKET_H
#define SV_VAULT_TRANSPORT_SOCKET_H

#include "vault/transport.h"

/*
 * To a gate behind a stream: each call is one frame out and one frame in.
 * The stream is had when it is first needed, and anew after it was lost, so
 * that a service may be started again between two calls.
 */
struct wire {
    /* A connected stream socket that does not block. */
    enum sv_err (*open)(void *ctx, int *fd);
    void (*close)(void *ctx, int fd);
    void *ctx;
    int send_ms;     /* patience while a question goes out */
    int answer_ms;   /* and until something of its answer comes */
    int fd;          /* -1: none */
    const char *why; /* msgid: what went wrong last, or NULL */
};

#define WIRE_SEND_MS (60 * 1000)
/* A whole store may be checked meanwhile. */
#define WIRE_ANSWER_MS (10 * 60 * 1000)

/*
 * A call that fails before the question went out changes nothing there:
 * what open() gives, or SV_ERR_IO.  Where it went out and no answer came, it
 * gives SV_ERR_UNSURE; SV_ERR_UNVERIFIED where something else than an answer
 * came.
 */
struct transport transport_to_wire(struct wire *w);
/* The stream is closed; the next call opens another. */
void wire_close(struct wire *w);

/* For open: connect to a Unix stream socket.  SV_ERR_NOT_FOUND where there
 * is none, SV_ERR_DENIED, SV_ERR_BUSY where nobody takes the call (too many
 * wait), SV_ERR_IO where nobody listens. */
enum sv_err wire_connect_unix(const char *path, int *fd);

#endif
