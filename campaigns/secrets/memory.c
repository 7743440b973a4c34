#include "campaigns/secrets/memory.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASK 0xa5
#define PIECES_MAX 8192
#define BUCKETS 65536
#define LINE_SIZE 512

/* Static, so that remembering allocates nothing. */
static struct {
    size_t n;
    uint8_t pieces[PIECES_MAX][MEMORY_PIECE]; /* masked */
    uint32_t next[PIECES_MAX];                /* place + 1 of the next */
    uint32_t first[BUCKETS];                  /* by their first two bytes */
} known;

static size_t
bucket_of(const volatile uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* volatile: no vector register keeps sixteen bytes of a secret in clear. */
static bool
is_piece(const volatile uint8_t *at, const uint8_t *masked)
{
    for (size_t i = 0; i < MEMORY_PIECE; i++) {
        if ((at[i] ^ MASK) != masked[i])
            return false;
    }
    return true;
}

static const uint8_t *
find(const volatile uint8_t *at)
{
    for (uint32_t i = known.first[bucket_of(at)]; i != 0;
         i = known.next[i - 1]) {
        if (is_piece(at, known.pieces[i - 1]))
            return known.pieces[i - 1];
    }
    return NULL;
}

/* Padding, say: it stands everywhere. */
static bool
is_uniform(const volatile uint8_t *at)
{
    for (size_t i = 1; i < MEMORY_PIECE; i++) {
        if (at[i] != at[0])
            return false;
    }
    return true;
}

static void
remember_piece(const volatile uint8_t *at)
{
    size_t bucket = bucket_of(at);

    if (is_uniform(at) || find(at) != NULL)
        return;
    if (known.n == PIECES_MAX) {
        (void)fputs("memory: too many secrets to remember\n", stderr);
        abort();
    }
    for (size_t i = 0; i < MEMORY_PIECE; i++)
        known.pieces[known.n][i] = at[i] ^ MASK;
    known.next[known.n] = known.first[bucket];
    known.first[bucket] = (uint32_t)++known.n;
}

void
memory_remember(const void *at, size_t len)
{
    const volatile uint8_t *from = at;

    for (size_t i = 0; len - i >= MEMORY_PIECE && i < len; i += MEMORY_PIECE)
        remember_piece(from + i);
}

void
memory_forget(void)
{
    memset(&known, 0, sizeof known);
}

size_t
memory_pieces(void)
{
    return known.n;
}

/* ---- the search ---- */

static size_t
search_range(uintptr_t from, uintptr_t to, const char *line)
{
    size_t n = 0;

    for (uintptr_t at = from; at + MEMORY_PIECE <= to; at++) {
        /* An address that the system wrote down:
         * NOLINTNEXTLINE(performance-no-int-to-ptr) */
        const volatile uint8_t *bytes = (const uint8_t *)at;

        if (find(bytes) == NULL)
            continue;
        n++;
        (void)fprintf(stderr, "  at %" PRIxPTR " in %s", at, line);
    }
    return n;
}

size_t
memory_search(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[LINE_SIZE];
    size_t n = 0;

    if (maps == NULL)
        abort();
    while (fgets(line, sizeof line, maps) != NULL) {
        char *end;
        uintptr_t from = strtoull(line, &end, 16);
        uintptr_t to = *end == '-' ? strtoull(end + 1, &end, 16) : from;

        if (strncmp(end, " rw", 3) == 0 && strstr(line, "[v") == NULL)
            n += search_range(from, to, line);
    }
    (void)fclose(maps);
    return n;
}

/* ---- allocations that fail ---- */

static struct {
    size_t n; /* calls so far */
    size_t at;
} failing;

void
memory_fail_at(size_t n)
{
    failing.n = 0;
    failing.at = n;
}

bool
memory_failed(void)
{
    return failing.at > 0 && failing.n >= failing.at;
}

static bool
fails_now(void)
{
    return ++failing.n == failing.at;
}

/* The linker sends our libraries' calls here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);

void *
__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

void *
__wrap_reallocarray(void *old, size_t n, size_t size)
{
    return fails_now() ? NULL : __real_reallocarray(old, n, size);
}
