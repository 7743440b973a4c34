#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crypto/init.h"

/* What a target's process has: the engines pass nothing to a target. */
static struct {
    uint64_t random;
    size_t heap;
    size_t heap_start;
    size_t heap_peak;
} here;

_Noreturn void
fuzz_broken(const char *promise, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
    abort();
}

/* ---- Randomness that repeats ---- */

static const char *
random_name(void)
{
    return "fuzz";
}

/* SplitMix64 */
static uint64_t
random_next(void)
{
    uint64_t z = here.random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint32_t
random_u32(void)
{
    return (uint32_t)random_next();
}

static void
random_fill(void *const out, const size_t len)
{
    uint8_t *at = out;

    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)random_next();
}

static randombytes_implementation repeating = {
    .implementation_name = random_name,
    .random = random_u32,
    .buf = random_fill,
};

/* ---- The heap ---- */

/* Of the sanitizers' runtime; absent without one. */
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *, size_t),
    void (*on_free)(const volatile void *));
__attribute__((weak)) size_t __sanitizer_get_allocated_size(
    const volatile void *ptr);

static void
on_malloc(const volatile void *ptr, size_t len)
{
    (void)ptr;
    here.heap += len;
    if (here.heap > here.heap_peak)
        here.heap_peak = here.heap;
}

static void
on_free(const volatile void *ptr)
{
    if (ptr != NULL)
        here.heap -= __sanitizer_get_allocated_size(ptr);
}

size_t
fuzz_heap_peak(void)
{
    return here.heap_peak - here.heap_start;
}

void
fuzz_heap_bounded(size_t len, size_t times)
{
    demand(fuzz_heap_peak() <= ((size_t)1 << 20) + times * len);
}

void
fuzz_fit(struct buf *b)
{
    struct buf fit = {NULL, b->len, b->len};

    if (b->len > 0) {
        fit.ptr = malloc(b->len);
        demand(fit.ptr != NULL);
        memcpy(fit.ptr, b->ptr, b->len);
    }
    buf_free(b);
    *b = fit;
}

/* ---- Small things ---- */

bool
fuzz_is_zero(const void *ptr, size_t len)
{
    return sodium_is_zero(ptr, len) == 1;
}

void
seed(struct seeds *s, struct bytes input)
{
    s->take(s, input);
}

void
seed_buf(struct seeds *s, struct buf *input)
{
    seed(s, buf_bytes(input));
    buf_free(input);
}

uint8_t
fuzz_choice(struct bytes *in)
{
    uint8_t choice = in->len > 0 ? in->ptr[0] : 0;

    if (in->len > 0)
        *in = bytes_slice(*in, 1, in->len - 1);
    return choice;
}

void
seed_choice(struct seeds *s, uint8_t choice, struct bytes rest)
{
    struct buf input = BUF_INIT;

    demand(buf_append(&input, bytes_of(&choice, 1)) == SV_OK);
    demand(buf_append(&input, rest) == SV_OK);
    seed_buf(s, &input);
}

void
seed_choice_buf(struct seeds *s, uint8_t choice, struct buf *rest)
{
    seed_choice(s, choice, buf_bytes(rest));
    buf_free(rest);
}

struct sign_seed
fuzz_key(uint8_t who)
{
    struct sign_seed key;

    memset(key.b, who, sizeof key.b);
    return key;
}

struct sign_public
fuzz_public(uint8_t who)
{
    struct sign_seed key = fuzz_key(who);
    struct sign_public pub;

    sign_public_of(&key, &pub);
    return pub;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    demand(randombytes_set_implementation(&repeating) == 0);
    demand(crypto_init() == SV_OK);
    if (__sanitizer_install_malloc_and_free_hooks != NULL)
        (void)__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buf in = BUF_INIT;

    demand(buf_append(&in, bytes_of(data, len)) == SV_OK);
    fuzz_fit(&in);
    here.random = 0;
    here.heap_start = here.heap_peak = here.heap;
    fuzz_one(buf_bytes(&in));
    buf_free(&in);
    return 0;
}
