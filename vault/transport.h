#ifndef SV_VAULT_TRANSPORT_H
#define SV_VAULT_TRANSPORT_H

#include "base/buf.h"

/*
 * The way from a client to a gate: the same request bytes go in and the same
 * response bytes come out in one process and over a socket.
 */
struct transport {
    enum sv_err (*call)(void *ctx, struct bytes request, struct buf *response);
    void *ctx;
};

struct gate;

/* To a gate in this process.  gate is borrowed. */
struct transport transport_to_gate(struct gate *gate);

#endif
