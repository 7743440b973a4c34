#ifndef SV_VAULT_HANDOVER_H
#define SV_VAULT_HANDOVER_H

#include "policy/roster.h"

/*
 * Which secret keys an act has to seal to whom, in this order and no others.
 * The client seals by this list, and the gate, which cannot open what is
 * sealed, holds the names of what comes against it: nobody is left out, and
 * nobody is given more than her roles hold.
 *
 *   staff.confirm    the person: the columns that the role holds
 *   staff.reinstate  the person: those that the roles hold which she keeps
 *   keys             for each new key, everybody who holds its column then
 *
 * Of a column, all epochs from 1 on; of a new key, its own.
 */
struct handover_item {
    const char *grantee; /* borrowed from the roster */
    const uint8_t *box;  /* 32 bytes: her public key */
    unsigned column;
    uint32_t epoch;
    const uint8_t *pub; /* 32 bytes: the public half of what is sealed */
};
struct handover {
    size_t n;
    struct handover_item *items; /* free() */
};

/* As of an entry at `index`, made at time_ms.  SV_ERR_NOT_FOUND where the
 * proposal is not there; SV_ERR_NOMEM. */
enum sv_err handover_of(const struct roster *r, const struct request *request,
                        uint64_t index, uint64_t time_ms, struct handover *out);

#endif
