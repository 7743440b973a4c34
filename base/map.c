#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define CAP_MIN 64

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

/* FNV-1a, 64 bit. */
static size_t
hash_of(const struct map *m, const uint8_t *key)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < m->key_len; i++)
        h = (h ^ key[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32) & (m->cap - 1);
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
    *m = (struct map){key_len, value_len, 0, 0, NULL};
}

void
map_clear(struct map *m)
{
    free(m->slots);
    map_init(m, m->key_len, m->value_len);
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

static enum sv_err
grow(struct map *m)
{
    struct map bigger;
    const void *key, *value;
    uint8_t *old = m->slots;
    size_t at = 0;

    map_init(&bigger, m->key_len, m->value_len);
    bigger.cap = m->cap > 0 ? m->cap * 2 : CAP_MIN;
    bigger.slots = calloc(bigger.cap, slot_len(m));
    if (bigger.slots == NULL)
        return SV_ERR_NOMEM;
    while (map_next(m, &at, &key, &value)) {
        /* The value begins the slot. */
        memcpy(slot_at(&bigger, find(&bigger, key)), value, slot_len(m));
    }
    m->slots = bigger.slots;
    m->cap = bigger.cap;
    free(old);
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
