#include "tests/support/no_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

static uint64_t fail_at, calls;
static bool persistent, came;

void
no_memory_at(uint64_t n, int always)
{
    fail_at = n;
    calls = 0;
    persistent = always != 0;
    came = false;
}

int
no_memory_came(void)
{
    return came;
}

static bool
fails(void)
{
    if (fail_at == 0)
        return false;
    calls++;
    if (calls < fail_at || (calls > fail_at && !persistent))
        return false;
    came = true;
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *
__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}
