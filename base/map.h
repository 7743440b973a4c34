#ifndef SV_BASE_MAP_H
#define SV_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A map from keys of one fixed size to values of one fixed size, in memory.
 * Open addressing; where a key lies depends on a random number, so nobody
 * can choose keys that all want one place.
 */
struct map {
    size_t key_len;
    size_t value_len;
    size_t n;
    size_t cap;
    uint8_t *slots; /* cap times: value, key, u8 used */
    uint64_t seed[2];
    const char *dir; /* of map_spill(), borrowed, or NULL */
    size_t memory;
    size_t mapped; /* bytes of slots that lie in a file, or 0 */
};

void map_init(struct map *m, size_t key_len, size_t value_len);
void map_clear(struct map *m); /* frees and empties; what it is for stays */
/*
 * Before the first key: slots that take more than `memory` bytes lie in a
 * file of dir, which has no name and ends with the map.  The system keeps in
 * memory of it what it has room for.  It is for keys that are no secret.
 */
void map_spill(struct map *m, const char *dir, size_t memory);
/* Give back what memory the file takes in this process meanwhile. */
void map_rest(struct map *m);
/* NULL where absent.  Valid until the next map_set or map_remove. */
void *map_get(const struct map *m, const void *key);
/* Insert or overwrite; value may be NULL where value_len is 0.  SV_ERR_NOMEM;
 * with map_spill() also SV_ERR_FULL, SV_ERR_IO. */
enum sv_err map_set(struct map *m, const void *key, const void *value);
bool map_remove(struct map *m, const void *key);
/* Walk: start with *at = 0; false at the end.  Order is of no meaning. */
bool map_next(const struct map *m, size_t *at, const void **key,
              const void **value);

#endif
