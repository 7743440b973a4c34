#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"

#include "campaigns/secrets/checks.h"
#include "campaigns/secrets/mark.h"

/* One defect each: found, or the campaign finds nothing. */

/* Leaves at the first byte that differs. */
static enum sv_err
plant_compare(struct arena *room)
{
    const uint8_t *key = mark_new(room, 32);
    uint8_t guess[32] = {0};

    for (size_t i = 0; i < sizeof guess; i++) {
        if (key[i] != guess[i])
            return SV_OK;
    }
    return SV_ERR_TAMPERED;
}

/* Looks a secret up in a table. */
static enum sv_err
plant_table(struct arena *room)
{
    static uint8_t table[256];
    uint8_t looked;
    const uint8_t *key = mark_new(room, 32);

    for (size_t i = 0; i < sizeof table; i++)
        table[i] = (uint8_t)(i * 7);
    looked = table[key[0]];
    mark_public(&looked, sizeof looked);
    return looked == 1 ? SV_ERR_RANGE : SV_OK;
}

static void
use(uint8_t *copy, size_t len)
{
    static uint8_t hash[DIGEST_LEN];

    digest("sv/v1/body", bytes_of(copy, len), hash);
}

/* Forgets a copy on the stack. */
static enum sv_err
plant_stack(struct arena *room)
{
    const uint8_t *key = mark_new(room, 32);
    uint8_t copy[512] = {0};

    memcpy(copy + 200, key, 32);
    use(copy, sizeof copy);
    return SV_OK;
}

/* Frees a copy without wiping it. */
static enum sv_err
plant_heap(struct arena *room)
{
    const uint8_t *key = mark_new(room, 1024);
    uint8_t *copy = malloc(1024);

    if (copy == NULL)
        return SV_ERR_NOMEM;
    memcpy(copy, key, 1024);
    use(copy, 1024);
    free(copy);
    return SV_OK;
}

/* Wipes, but not where an allocation failed. */
static enum sv_err
plant_error(struct arena *room)
{
    const uint8_t *key = mark_new(room, 64);
    struct buf copy = BUF_INIT, more = BUF_INIT;
    enum sv_err err = buf_append(&copy, bytes_of(key, 64));

    if (err == SV_OK)
        err = buf_append(&more, bytes_of(key, 64));
    if (err != SV_OK) {
        free(copy.ptr);
        return err;
    }
    buf_free(&copy);
    buf_free(&more);
    return SV_OK;
}

/* Has a key of which nobody is told. */
static enum sv_err
plant_unmarked(struct arena *room)
{
    void *key = NULL;

    return secret_new(room, 32, &key);
}

const struct check checks_planted[] = {
    {"compare", plant_compare, false},
    {"table", plant_table, false},
    {"stack", plant_stack, false},
    {"heap", plant_heap, false},
    {"error", plant_error, false},
    {"unmarked", plant_unmarked, false},
    {NULL, NULL, false},
};
