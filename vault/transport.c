#include "vault/transport.h"

#include "vault/gate.h"

static enum sv_err
call_gate(void *ctx, struct bytes request, struct buf *response)
{
    return gate_handle(ctx, request, response);
}

struct transport
transport_to_gate(struct gate *gate)
{
    return (struct transport){call_gate, gate};
}
