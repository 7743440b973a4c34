#ifndef SV_CAMPAIGNS_SECRETS_MEMORY_H
#define SV_CAMPAIGNS_SECRETS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Pieces of secrets, kept under a mask so that they are not themselves found,
 * and the search for them in all that this process can read and write.
 */
#define MEMORY_PIECE 16

void memory_remember(const void *at, size_t len);
/* Forget all of them. */
void memory_forget(void);
size_t memory_pieces(void);
/* How many places hold a piece; each is described on standard error. */
size_t memory_search(void);

/* The n-th allocation from now on fails; 0: none does. */
void memory_fail_at(size_t n);
/* Did it come to that? */
bool memory_failed(void);

#endif
