#ifndef SV_FUZZ_FUZZ_H
#define SV_FUZZ_FUZZ_H

#include "base/buf.h"
#include "crypto/sign.h"

/*
 * A target, fuzz_NAME.c, is these two functions.  The first is what libFuzzer
 * and AFL++ call, and replay.c: it begins with fuzz_begin(), gives the bytes
 * to one parser, demands what that parser promises, and frees all it took.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The second gives inputs that are right, each through seed(), so that a
 * fuzzer begins behind the first check. */
struct seeds {
    void (*take)(struct seeds *s, struct bytes input);
};
void fuzz_seeds(struct seeds *s);
void seed(struct seeds *s, struct bytes input);
/* The same, and frees input. */
void seed_buf(struct seeds *s, struct buf *input);

/* Stops the process where a promise is broken, in every build. */
#define demand(promise)                                                        \
    ((promise) ? (void)0 : fuzz_broken(#promise, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *promise, const char *file, int line);

/* The same input does the same: randomness begins anew, the heap is counted
 * from here. */
void fuzz_begin(void);
/* Bytes that were taken at once at most since then; 0 without a sanitizer,
 * which counts them. */
size_t fuzz_heap_peak(void);
/* That all of it was in proportion to what came: 1 MiB, and `times` as much. */
void fuzz_heap_bounded(size_t len, size_t times);

/* No spare room behind b, so that a sanitizer sees a read beyond its end. */
void fuzz_fit(struct buf *b);
bool fuzz_is_zero(const void *ptr, size_t len);

/* A key that is always the same for who. */
struct sign_seed fuzz_key(uint8_t who);
struct sign_public fuzz_public(uint8_t who);

/* Once per process; the engines call it, too. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
