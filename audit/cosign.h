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
/*
 * Append note with the cosigner's line under name and key put behind it, in
 * the place of those it had.  SV_ERR_FORMAT; SV_ERR_RANGE where it has as many
 * signatures as a note may have.
 */
enum sv_err cosign_add(struct bytes note, const char *name,
                       const struct sign_seed *seed, uint64_t unix_s,
                       struct buf *out);
/* Append note with the signature lines of another one over the same text put
 * to its own; one of the same name and key takes its place.  Errors as above;
 * SV_ERR_FORMAT also for another text. */
enum sv_err cosign_merge(struct bytes note, struct bytes more, struct buf *out);

/*
 * A cosigner's key as text, in the form of x/mod's note keys:
 *   PRIVATE+KEY+<name>+<8 hex of the key id>+<base64 of 0x04 || seed> LF
 * What holds it is wiped by the caller.
 */
#define COSIGN_KEY_MAX 512
enum sv_err cosign_key_encode(const char *name, const struct sign_seed *seed,
                              struct buf *out);
enum sv_err cosign_key_parse(struct bytes text, char *name, size_t name_size,
                             struct sign_seed *seed);

#endif
