#include "crypto/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"

#define UNIT 16
#define ARENA_MAX ((size_t)64 << 20)

/*
 * What is taken stands outside the region: a run of units has its length at
 * its first unit, and zeros elsewhere.
 */
struct arena {
    uint8_t *map; /* guard page, region, guard page */
    size_t map_len;
    uint8_t *region;
    size_t size;
    uint32_t *runs; /* size / UNIT of them */
};

static size_t
page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static enum sv_err
lock(const struct arena *a)
{
    if (mprotect(a->region, a->size, PROT_READ | PROT_WRITE) != 0)
        return SV_ERR_NOMEM;
    if (mlock(a->region, a->size) != 0)
        return SV_ERR_MEMLOCK;
    /* A child would get a copy that is not locked: it gets none. */
    if (madvise(a->region, a->size, MADV_DONTDUMP) != 0 ||
        madvise(a->region, a->size, MADV_DONTFORK) != 0)
        return SV_ERR_MEMLOCK;
    return SV_OK;
}

enum sv_err
arena_new(size_t size, struct arena **out)
{
    size_t page = page_size();
    struct arena *a = NULL;
    void *map;
    enum sv_err err = SV_ERR_NOMEM;

    if (size == 0 || size > ARENA_MAX)
        return SV_ERR_RANGE;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        goto out;
    a->size = (size + page - 1) / page * page;
    a->runs = calloc(a->size / UNIT, sizeof *a->runs);
    if (a->runs == NULL)
        goto out;
    a->map_len = a->size + 2 * page;
    map = mmap(NULL, a->map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        goto out;
    a->map = map;
    a->region = a->map + page;
    err = lock(a);
    if (err != SV_OK)
        goto out;
    *out = a;
    a = NULL;
out:
    arena_free(a);
    return err;
}

void
arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    if (a->map != NULL) {
        if (mprotect(a->region, a->size, PROT_READ | PROT_WRITE) == 0)
            wipe(a->region, a->size);
        (void)munmap(a->map, a->map_len); /* unlocks */
    }
    free(a->runs);
    free(a);
}

enum sv_err
secret_new(struct arena *a, size_t size, void **out)
{
    size_t units = a->size / UNIT;
    size_t need;
    size_t first = 0;

    if (size > a->size)
        return SV_ERR_NOMEM;
    need = size > 0 ? (size + UNIT - 1) / UNIT : 1;
    /* First fit: first .. at is free. */
    for (size_t at = 0; at < units;) {
        if (a->runs[at] > 0) {
            at += a->runs[at];
            first = at;
            continue;
        }
        at++;
        if (at - first == need) {
            a->runs[first] = (uint32_t)need;
            *out = a->region + first * UNIT;
            return SV_OK;
        }
    }
    return SV_ERR_NOMEM;
}

void
secret_free(struct arena *a, void *secret)
{
    size_t at;

    if (secret == NULL)
        return;
    at = (size_t)((uint8_t *)secret - a->region) / UNIT;
    assert(at < a->size / UNIT && a->runs[at] > 0);
    wipe(secret, (size_t)a->runs[at] * UNIT);
    a->runs[at] = 0;
}

enum sv_err
process_harden(void)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return SV_ERR_IO;
    return SV_OK;
}
