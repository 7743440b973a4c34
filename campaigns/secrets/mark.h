#ifndef SV_CAMPAIGNS_SECRETS_MARK_H
#define SV_CAMPAIGNS_SECRETS_MARK_H

#include "base/buf.h"
#include "crypto/arena.h"

/*
 * What is secret while a check runs.  Under valgrind it is "undefined", so
 * that memcheck reports each branch and each index that depends on it
 * (Langley's ctgrind).  Without valgrind it is remembered, masked, so that it
 * can be looked for afterwards (memory.h).
 */
void mark_secret(const void *at, size_t len);
/* What everybody may know from here on: ciphertexts, signatures, public
 * halves, the answer of a comparison. */
void mark_public(const void *at, size_t len);

/* len random bytes in `room`, secret. */
uint8_t *mark_new(struct arena *room, size_t len);

/*
 * What judge.c takes a deciphered text for.  By size alone: 32 bytes are a
 * key; the gate's key file is public but for its root; what the outer lock
 * holds is a box; the rest is content, which is secret too in a check that does
 * not parse it.
 */
void mark_content_secret(bool secret);

/* Bytes of the next files that file_read() gives: from `at` on, len long. */
void mark_files(size_t at, size_t len);

#endif
