#ifndef SV_BASE_MAP_H
#define SV_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A map from keys of one fixed size to values of one fixed size, in memory.
 * Open addressing; keys come from random handles and hashes, so nobody
 * outside can aim at one bucket.
 */
struct map {
    size_t key_len;
    size_t value_len;
    size_t n;
    size_t cap;
    uint8_t *slots; /* cap times: u8 used, key, value */
};

void map_init(struct map *m, size_t key_len, size_t value_len);
void map_clear(struct map *m); /* frees and empties; key and value sizes stay */
/* NULL where absent.  Valid until the next map_set or map_remove. */
void *map_get(const struct map *m, const void *key);
/* Insert or overwrite; value may be NULL where value_len is 0. */
enum sv_err map_set(struct map *m, const void *key, const void *value);
bool map_remove(struct map *m, const void *key);
/* Walk: start with *at = 0; false at the end.  Order is of no meaning. */
bool map_next(const struct map *m, size_t *at, const void **key,
              const void **value);

#endif
