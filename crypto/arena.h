#ifndef SV_CRYPTO_ARENA_H
#define SV_CRYPTO_ARENA_H

#include <stddef.h>

#include "base/err.h"

/*
 * The one place for long-lived secrets: a region of a few pages, locked
 * into memory, left out of core dumps, with guard pages at both ends.  The
 * locking is checked: sodium_malloc() would go on without it.  A child of
 * fork() has no such region: it dies where it touches a secret.
 */
struct arena;

/* size is rounded up to pages.  SV_ERR_MEMLOCK where it cannot be locked. */
enum sv_err arena_new(size_t size, struct arena **out);
/* Wipes all of it.  Accepts NULL. */
void arena_free(struct arena *a);

/*
 * size zeroed bytes, aligned to 16.  SV_ERR_NOMEM where the arena is full.
 * secret_free() wipes and gives them back; accepts NULL.
 */
enum sv_err secret_new(struct arena *a, size_t size, void **out);
void secret_free(struct arena *a, void *secret);

/* No core dumps, no ptrace by others of the same user.  For main(). */
enum sv_err process_harden(void);

#endif
