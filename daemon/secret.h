#ifndef SV_DAEMON_SECRET_H
#define SV_DAEMON_SECRET_H

#include "vault/gatekey.h"

/*
 * The gate's key, from the first of: a file that is named, the systemd
 * credential "gate", DIR.gate.  A file must be the account's own and closed
 * to all others.  Where it is wrapped, a passphrase is asked for on the
 * terminal, or is one line from passphrase_fd (not -1).  *what gets a phrase
 * that says which part failed.
 */
struct secret_source {
    const char *file; /* NULL: not named */
    const char *dir;  /* the vault's */
    int passphrase_fd;
};
enum sv_err secret_load(const struct secret_source *from, struct gate_keys *out,
                        const char **what);
/* Write it to path, which must not exist, under a new passphrase of at least
 * 12 characters (else SV_ERR_INPUT), asked for likewise. */
enum sv_err secret_wrap(const struct gate_keys *keys, int passphrase_fd,
                        const char *path, const char **what);

#endif
