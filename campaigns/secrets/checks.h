#ifndef SV_CAMPAIGNS_SECRETS_CHECKS_H
#define SV_CAMPAIGNS_SECRETS_CHECKS_H

#include <stdbool.h>

#include "crypto/arena.h"

/* SV_OK where it came as it has to. */
enum sv_err expect(enum sv_err got, enum sv_err want);

/*
 * A check calls what handles keys, with secrets of its own in `room`, which
 * is wiped behind it.  It comes to SV_OK unless an allocation was made to fail.
 */
struct check {
    const char *name;
    enum sv_err (*run)(struct arena *room);
    bool whole; /* of many steps: without failing allocations */
};

extern const struct check checks_crypto[], checks_keys[], checks_vault[],
    checks_office[];

/* Defects that must be found: each breaks one rule. */
extern const struct check checks_planted[];

#endif
