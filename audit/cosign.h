#ifndef SV_AUDIT_COSIGN_H
#define SV_AUDIT_COSIGN_H

#include "audit/note.h"

/*
 * C2SP tlog-cosignature v1 with Ed25519: over
 *   cosignature/v1 LF  time <unix seconds> LF  checkpoint text
 * as a note signature line of type 0x04 whose bytes are u64 seconds || sig.
 *
 * cosign_sign() appends that line.  The message does not name the cosigner:
 * one key serves one name.  SV_ERR_RANGE for a time of 2^63 or more.
 */
enum sv_err cosign_sign(struct bytes checkpoint_text, uint64_t unix_s,
                        const char *name, const struct sign_seed *seed,
                        struct buf *out);
/* SV_ERR_NOT_FOUND; SV_ERR_TAMPERED where one of its lines fails; the time of
 * the newest to *unix_s. */
enum sv_err cosign_verify(const struct note *note, const char *name,
                          const struct sign_public *key, uint64_t *unix_s);

#endif
