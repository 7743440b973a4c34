/*
 * The map: what follows is a list of calls, each compared with a plain array.
 * Covers: base/map.c
 */
#include <string.h>

#include "base/map.h"

#include "fuzz/fuzz.h"

#define KEYS 256

/* Key k is there where is[k]; its value is value[k]. */
struct plain {
    bool is[KEYS];
    uint32_t value[KEYS];
    size_t n;
};

static void
set(struct map *m, struct plain *p, uint8_t key, uint32_t value)
{
    demand(map_set(m, &key, &value) == SV_OK);
    p->n += !p->is[key];
    p->is[key] = true;
    p->value[key] = value;
}

static void
take_out(struct map *m, struct plain *p, uint8_t key)
{
    demand(map_remove(m, &key) == p->is[key]);
    p->n -= p->is[key];
    p->is[key] = false;
}

static void
compare(const struct map *m, const struct plain *p)
{
    const void *key, *value;
    size_t at = 0, n = 0;
    bool seen[KEYS] = {false};

    while (map_next(m, &at, &key, &value)) {
        uint8_t k = *(const uint8_t *)key;
        uint32_t v;

        memcpy(&v, value, sizeof v);
        demand(p->is[k] && p->value[k] == v && !seen[k]);
        seen[k] = true;
        n++;
    }
    demand(n == p->n && m->n == p->n);
}

void
fuzz_one(struct bytes in)
{
    static struct plain p;
    struct map m;

    memset(&p, 0, sizeof p);
    map_init(&m, 1, sizeof(uint32_t));
    for (size_t i = 0; i + 1 < in.len; i += 2) {
        uint8_t key = in.ptr[i + 1];
        const void *got;

        switch (in.ptr[i] % 4) {
        case 0:
        case 1:
            set(&m, &p, key, (uint32_t)i);
            break;
        case 2:
            take_out(&m, &p, key);
            break;
        default:
            got = map_get(&m, &key);
            demand((got != NULL) == p.is[key]);
            demand(got == NULL || memcmp(got, &p.value[key], 4) == 0);
            break;
        }
    }
    compare(&m, &p);
    map_clear(&m);
    fuzz_heap_bounded(in.len, 64);
}

void
fuzz_seeds(struct seeds *s)
{
    uint8_t calls[64];

    for (uint8_t i = 0; i < sizeof calls; i++)
        calls[i] = (uint8_t)(i * 7);
    seed(s, BYTES(calls));
    seed(s, bytes_text("\x01"
                       "a\x01"
                       "b\x02"
                       "a\x03"
                       "b\x03"
                       "a"));
}
