#include "audit/tile.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/text.h"

#define LEVEL_MAX 63

/* Groups of three digits, all but the last marked: x001/x234/067. */
static void
put_groups(char *out, size_t size, uint64_t n)
{
    unsigned groups[7]; /* 20 digits */
    unsigned count = 0;
    size_t at = 0;

    do {
        groups[count++] = (unsigned)(n % 1000);
        n /= 1000;
    } while (n > 0);
    while (count > 0) {
        const char *mark = count > 1 ? "x" : "";
        const char *slash = count > 1 ? "/" : "";

        count--;
        at += (size_t)snprintf(out + at, size - at, "%s%03u%s", mark,
                               groups[count], slash);
    }
}

enum sv_err
tile_path(int level, uint64_t n, unsigned width,
          char out[static TILE_PATH_SIZE])
{
    char where[16] = "entries", groups[48], part[8] = "";

    if (level < TILE_LEVEL_ENTRIES || level > LEVEL_MAX || width < 1 ||
        width > TILE_WIDTH)
        return SV_ERR_RANGE;
    if (level != TILE_LEVEL_ENTRIES)
        (void)snprintf(where, sizeof where, "%d", level);
    put_groups(groups, sizeof groups, n);
    if (width < TILE_WIDTH)
        (void)snprintf(part, sizeof part, ".p/%u", width);
    (void)snprintf(out, TILE_PATH_SIZE, "tile/%s/%s%s", where, groups, part);
    return SV_OK;
}

/* The digits of "x001/x234/067", up to the end or to ".p/". */
static enum sv_err
parse_groups(struct bytes *rest, uint64_t *n)
{
    bool more = true;

    *n = 0;
    while (more) {
        unsigned group = 0;

        more = text_skip(rest, "x");
        if (rest->len < 3)
            return SV_ERR_FORMAT;
        for (unsigned i = 0; i < 3; i++) {
            if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
                return SV_ERR_FORMAT;
            group = group * 10 + (rest->ptr[i] - '0');
        }
        if (*n > (UINT64_MAX - group) / 1000)
            return SV_ERR_FORMAT;
        *n = *n * 1000 + group;
        *rest = bytes_slice(*rest, 3, rest->len - 3);
        if (more && !text_skip(rest, "/"))
            return SV_ERR_FORMAT;
    }
    return SV_OK;
}

enum sv_err
tile_parse(const char *path, struct tile *out)
{
    struct bytes rest = bytes_text(path), level;
    struct tile t = {TILE_LEVEL_ENTRIES, 0, TILE_WIDTH};
    char again[TILE_PATH_SIZE];
    uint64_t number = 0;

    if (!text_skip(&rest, "tile/") || !text_split(&rest, '/', &level))
        return SV_ERR_FORMAT;
    if (!text_is(level, "entries")) {
        if (text_u64(level, 0, LEVEL_MAX, &number) != SV_OK)
            return SV_ERR_FORMAT;
        t.level = (int)number;
    }
    if (parse_groups(&rest, &t.n) != SV_OK)
        return SV_ERR_FORMAT;
    if (text_skip(&rest, ".p/")) {
        if (text_u64(rest, 1, TILE_WIDTH - 1, &number) != SV_OK)
            return SV_ERR_FORMAT;
        t.width = (unsigned)number;
    }
    /* One tile has one name. */
    if (tile_path(t.level, t.n, t.width, again) != SV_OK ||
        strcmp(again, path) != 0)
        return SV_ERR_FORMAT;
    *out = t;
    return SV_OK;
}

/* index >> (8 * levels), for any level. */
static uint64_t
shifted(uint64_t index, int levels)
{
    return levels >= TILE_LEVELS ? 0 : index >> (TILE_BITS * levels);
}

void
tile_extent(uint64_t size, int level, uint64_t *full, unsigned *partial)
{
    if (level == TILE_LEVEL_ENTRIES)
        level = 0;
    *full = shifted(size, level + 1);
    *partial = (unsigned)(shifted(size, level) % TILE_WIDTH);
}

bool
tile_exists(uint64_t size, const struct tile *t)
{
    uint64_t full;
    unsigned partial;

    tile_extent(size, t->level, &full, &partial);
    return t->width == TILE_WIDTH ? t->n < full
                                  : t->n == full && t->width == partial;
}

enum sv_err
tile_bundle_add(struct buf *bundle, struct bytes entry)
{
    struct writer w = writer_to(bundle);
    size_t was = bundle->len;
    enum sv_err err;

    writer_medium(&w, entry);
    err = writer_end(&w);
    if (err != SV_OK)
        buf_truncate(bundle, was);
    return err;
}

enum sv_err
tile_bundle_next(struct bytes *bundle, struct bytes *entry)
{
    struct reader r = reader_of(*bundle);
    struct bytes e = reader_medium(&r, UINT16_MAX);

    if (r.failed)
        return SV_ERR_FORMAT;
    *entry = e;
    *bundle = reader_rest(&r);
    return SV_OK;
}

void
tile_builder_init(struct tile_builder *b)
{
    frontier_init(&b->frontier);
}

enum sv_err
tile_builder_add(struct tile_builder *b, const struct hash *leaf, tile_fn fn,
                 void *ctx)
{
    struct hash done[TREE_LEVELS];
    uint64_t was = b->frontier.size;
    enum sv_err err = SV_OK;
    unsigned n = 0;

    frontier_append(&b->frontier, leaf, done, &n);
    /* Subtrees of 256^level leaves are what the tiles hold. */
    for (int level = 0; level < TILE_LEVELS && err == SV_OK; level++) {
        struct tile t = {level, shifted(was, level + 1), TILE_WIDTH};
        size_t at = (size_t)(shifted(was, level) % TILE_WIDTH);
        unsigned whole = (unsigned)level * TILE_BITS;

        if (whole >= n)
            break;
        b->hashes[level][at] = done[whole];
        if (at == TILE_WIDTH - 1)
            err = fn(ctx, &t, b->hashes[level]);
    }
    return err;
}

enum sv_err
tile_builder_end(const struct tile_builder *b, tile_fn fn, void *ctx)
{
    enum sv_err err = SV_OK;

    for (int level = 0; level < TILE_LEVELS && err == SV_OK; level++) {
        struct tile t = {.level = level};

        tile_extent(b->frontier.size, level, &t.n, &t.width);
        if (t.width > 0)
            err = fn(ctx, &t, b->hashes[level]);
    }
    return err;
}
