#ifndef SV_FUZZ_FUZZ_H
#define SV_FUZZ_FUZZ_H

#include "base/buf.h"
#include "crypto/sign.h"

/*
 * A target, fuzz_NAME.c, is these two functions.  The first gives the bytes
 * to one parser, demands what that parser promises, and frees all it took.
 * The engines and replay.c call it over LLVMFuzzerTestOneInput(): with
 * nothing behind the bytes, so that a sanitizer sees a read beyond them, and
 * with randomness and heap counted anew, so that it does the same each time.
 */
void fuzz_one(struct bytes in);

/* The second gives inputs that are right, each through seed(), so that a
 * fuzzer begins behind the first check. */
struct seeds {
    void (*take)(struct seeds *s, struct bytes input);
};
void fuzz_seeds(struct seeds *s);
void seed(struct seeds *s, struct bytes input);
/* The same, and frees input. */
void seed_buf(struct seeds *s, struct buf *input);

/* A target that has several ways takes the first byte for the choice; 0 where
 * there is none. */
uint8_t fuzz_choice(struct bytes *in);
void seed_choice(struct seeds *s, uint8_t choice, struct bytes rest);
void seed_choice_buf(struct seeds *s, uint8_t choice, struct buf *rest);

/* Stops the process where a promise is broken, in every build. */
#define demand(promise)                                                        \
    ((promise) ? (void)0 : fuzz_broken(#promise, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *promise, const char *file, int line);

/* Bytes that fuzz_one() took at once at most until now; 0 without a
 * sanitizer, which counts them. */
size_t fuzz_heap_peak(void);
/* That they are in proportion to what came: 1 MiB, and `times` len. */
void fuzz_heap_bounded(size_t len, size_t times);

/* No spare room behind b, so that a sanitizer sees a read beyond its end. */
void fuzz_fit(struct buf *b);
bool fuzz_is_zero(const void *ptr, size_t len);

/* A key that is always the same for who. */
struct sign_seed fuzz_key(uint8_t who);
struct sign_public fuzz_public(uint8_t who);

/* Once per process, and for each input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
