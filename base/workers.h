#ifndef SV_BASE_WORKERS_H
#define SV_BASE_WORKERS_H

#include <stddef.h>

#include "base/err.h"

/*
 * Work that falls into parts, on all processors.  What comes of it does not
 * depend on how many there are, nor on who is faster.
 */
struct workers;

/* n threads, the caller's among them; 0: one for each processor.  Where the
 * system gives fewer, fewer it is. */
enum sv_err workers_new(unsigned n, struct workers **out);
void workers_free(struct workers *w); /* accepts NULL */
/* How many there are; 1 for NULL. */
unsigned workers_count(const struct workers *w);

/*
 * Call fn for each part from 0 to n - 1, begun in this order, several at once;
 * in the caller's thread alone where w is NULL.  The first part, by number,
 * that is not SV_OK says what comes of it: every part before it was done,
 * and those behind it may or may not have been begun.
 */
typedef enum sv_err (*workers_fn)(void *ctx, size_t part);
enum sv_err workers_run(struct workers *w, size_t n, workers_fn fn, void *ctx);

#endif
