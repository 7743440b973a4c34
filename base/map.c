#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"

#define CAP_MIN 64
#define REST_EVERY 2048 /* slots moved from a file to a larger one */

/* A slot: the value, aligned for any struct; the key; one byte that says
 * whether it is used. */
#define ALIGNMENT 8

static size_t
slot_len(const struct map *m)
{
    return (m->value_len + m->key_len + 1 + ALIGNMENT - 1) / ALIGNMENT *
           ALIGNMENT;
}

static uint8_t *
key_of(const struct map *m, uint8_t *slot)
{
    return slot + m->value_len;
}

static uint8_t *
used_of(const struct map *m, uint8_t *slot)
{
    return slot + m->value_len + m->key_len;
}

static uint8_t *
slot_at(const struct map *m, size_t i)
{
    return m->slots + i * slot_len(m);
}

/* ---- SipHash-1-3 (Aumasson, Bernstein): where a key belongs ---- */

static uint64_t
turned(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void
sip_round(uint64_t v[static 4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = turned(v[1], 13) ^ v[0];
    v[3] = turned(v[3], 16) ^ v[2];
    v[0] = turned(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = turned(v[1], 17) ^ v[2];
    v[3] = turned(v[3], 21) ^ v[0];
    v[2] = turned(v[2], 32);
}

static size_t
hash_of(const struct map *m, const uint8_t *key)
{
    uint64_t v[4] = {
        m->seed[0] ^ 0x736f6d6570736575u, m->seed[1] ^ 0x646f72616e646f6du,
        m->seed[0] ^ 0x6c7967656e657261u, m->seed[1] ^ 0x7465646279746573u};

    for (size_t i = 0; i <= m->key_len; i += 8) {
        size_t n = m->key_len - i < 8 ? m->key_len - i : 8;
        uint64_t word = 0;

        memcpy(&word, key + i, n);
        if (n < 8)
            word |= (uint64_t)m->key_len << 56;
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 3; i++)
        sip_round(v);
    return (size_t)(v[0] ^ v[1] ^ v[2] ^ v[3]) & (m->cap - 1);
}

/* The slot that holds key, or the free one where it belongs. */
static size_t
find(const struct map *m, const void *key)
{
    size_t i = hash_of(m, key);

    while (*used_of(m, slot_at(m, i)) != 0 &&
           memcmp(key_of(m, slot_at(m, i)), key, m->key_len) != 0)
        i = (i + 1) & (m->cap - 1);
    return i;
}

void
map_init(struct map *m, size_t key_len, size_t value_len)
{
    *m = (struct map){.key_len = key_len, .value_len = value_len};
}

void
map_spill(struct map *m, const char *dir, size_t memory)
{
    m->dir = dir;
    m->memory = memory;
}

static void
free_slots(struct map *m)
{
    if (m->mapped > 0)
        (void)munmap(m->slots, m->mapped);
    else
        free(m->slots);
    m->slots = NULL;
    m->mapped = 0;
}

void
map_clear(struct map *m)
{
    const char *dir = m->dir;
    size_t memory = m->memory;

    free_slots(m);
    map_init(m, m->key_len, m->value_len);
    map_spill(m, dir, memory);
}

void
map_rest(struct map *m)
{
    /* Of a shared mapping: the pages stay in the file. */
    if (m->mapped > 0)
        (void)madvise(m->slots, m->mapped, MADV_DONTNEED);
}

void *
map_get(const struct map *m, const void *key)
{
    uint8_t *slot;

    if (m->cap == 0)
        return NULL;
    slot = slot_at(m, find(m, key));
    return *used_of(m, slot) != 0 ? slot : NULL;
}

/* ---- Growing ---- */

/* A file without a name; -1 with errno. */
static int
open_nameless(const char *dir)
{
    char path[PATH_SIZE];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    /* A file system that cannot: for a moment it has one. */
    if (path_join(path, dir, "map-XXXXXX") != SV_OK) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static enum sv_err
map_file(struct map *m, size_t bytes)
{
    int fd = open_nameless(m->dir), code;
    void *at;

    if (fd < 0)
        return err_of_errno(errno);
    /* All of it now: a page that the disk has no room for would be a signal
     * later. */
    code = posix_fallocate(fd, 0, (off_t)bytes);
    if (code != 0) {
        (void)close(fd);
        return err_of_errno(code);
    }
    at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    code = errno;
    (void)close(fd);
    if (at == MAP_FAILED)
        return err_of_errno(code);
    (void)madvise(at, bytes, MADV_RANDOM);
    m->slots = at;
    m->mapped = bytes;
    return SV_OK;
}

static enum sv_err
allocate(struct map *m)
{
    size_t len = slot_len(m);

    if (m->cap > SIZE_MAX / 2 / len)
        return SV_ERR_NOMEM;
    if (m->dir != NULL && m->cap * len > m->memory)
        return map_file(m, m->cap * len);
    m->slots = calloc(m->cap, len);
    return m->slots == NULL ? SV_ERR_NOMEM : SV_OK;
}

static enum sv_err
grow(struct map *m)
{
    struct map old = *m;
    const void *key, *value;
    size_t at = 0;
    enum sv_err err = SV_OK;

    m->cap = old.cap > 0 ? old.cap * 2 : CAP_MIN;
    m->mapped = 0;
    if (old.cap == 0 && getrandom(m->seed, sizeof m->seed, 0) < 0)
        err = SV_ERR_IO;
    if (err == SV_OK)
        err = allocate(m);
    if (err != SV_OK) {
        *m = old;
        return err;
    }
    while (map_next(&old, &at, &key, &value)) {
        /* The value begins the slot. */
        memcpy(slot_at(m, find(m, key)), value, slot_len(m));
        if (at % REST_EVERY == 0) {
            map_rest(&old);
            map_rest(m);
        }
    }
    free_slots(&old);
    return SV_OK;
}

enum sv_err
map_set(struct map *m, const void *key, const void *value)
{
    enum sv_err err;
    uint8_t *slot;

    if (m->n * 4 >= m->cap * 3) {
        err = grow(m);
        if (err != SV_OK)
            return err;
    }
    slot = slot_at(m, find(m, key));
    if (*used_of(m, slot) == 0) {
        *used_of(m, slot) = 1;
        memcpy(key_of(m, slot), key, m->key_len);
        m->n++;
    }
    if (m->value_len > 0)
        memcpy(slot, value, m->value_len);
    return SV_OK;
}

bool
map_remove(struct map *m, const void *key)
{
    size_t hole, i;

    if (m->cap == 0)
        return false;
    hole = find(m, key);
    if (*used_of(m, slot_at(m, hole)) == 0)
        return false;
    /* Move back what could only be found by way of the hole. */
    for (i = (hole + 1) & (m->cap - 1); *used_of(m, slot_at(m, i)) != 0;
         i = (i + 1) & (m->cap - 1)) {
        size_t home = hash_of(m, key_of(m, slot_at(m, i)));

        if (((i - home) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
            memcpy(slot_at(m, hole), slot_at(m, i), slot_len(m));
            hole = i;
        }
    }
    memset(slot_at(m, hole), 0, slot_len(m));
    m->n--;
    return true;
}

bool
map_next(const struct map *m, size_t *at, const void **key, const void **value)
{
    for (; *at < m->cap; (*at)++) {
        uint8_t *slot = slot_at(m, *at);

        if (*used_of(m, slot) != 0) {
            *key = key_of(m, slot);
            *value = slot;
            (*at)++;
            return true;
        }
    }
    return false;
}
