/*
 * Names of tiles, and bundles of entries.  The first byte says which.
 * Covers: audit/tile.c
 */
#include <string.h>

#include "audit/tile.h"
#include "base/codec.h"
#include "base/text.h"

#include "fuzz/fuzz.h"

/* The first eight bytes are the size of a tree, the rest a name. */
static void
check_name(struct bytes in)
{
    char name[TILE_PATH_SIZE + 1], again[TILE_PATH_SIZE];
    struct reader r = reader_of(in);
    uint64_t size = reader_u64(&r), full;
    struct bytes rest = reader_rest(&r);
    struct tile t;
    unsigned partial;

    if (text_copy(rest, name, sizeof name) != SV_OK ||
        tile_parse(name, &t) != SV_OK)
        return;
    demand(t.level >= TILE_LEVEL_ENTRIES && t.level <= 63);
    demand(t.width >= 1 && t.width <= TILE_WIDTH);
    demand(tile_path(t.level, t.n, t.width, again) == SV_OK);
    demand(strcmp(name, again) == 0);
    tile_extent(size, t.level, &full, &partial);
    demand(partial < TILE_WIDTH);
    demand(!tile_exists(size, &t) || t.n <= full);
}

static void
check_bundle(struct bytes in)
{
    struct bytes rest = in, entry;
    struct buf again = BUF_INIT;

    while (tile_bundle_next(&rest, &entry) == SV_OK)
        demand(tile_bundle_add(&again, entry) == SV_OK);
    demand(again.len == in.len - rest.len);
    demand(bytes_equal(buf_bytes(&again), bytes_slice(in, 0, again.len)));
    buf_free(&again);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_name(in);
    else
        check_bundle(in);
    fuzz_heap_bounded(in.len, 8);
}

void
fuzz_seeds(struct seeds *s)
{
    static const struct tile tiles[] = {
        {TILE_LEVEL_ENTRIES, 0, 7},
        {0, 1234067, TILE_WIDTH},
        {1, 2, 255},
        {63, UINT64_MAX, 1},
    };
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        char path[TILE_PATH_SIZE];
        struct writer w = writer_to(&b);

        demand(tile_path(tiles[i].level, tiles[i].n, tiles[i].width, path) ==
               SV_OK);
        writer_u64(&w, 70000);
        writer_bytes(&w, bytes_text(path));
        demand(writer_end(&w) == SV_OK);
        seed_choice_buf(s, 0, &b);
    }
    demand(tile_bundle_add(&b, bytes_text("one")) == SV_OK);
    demand(tile_bundle_add(&b, bytes_text("")) == SV_OK);
    demand(tile_bundle_add(&b, bytes_text("and more")) == SV_OK);
    seed_choice_buf(s, 1, &b);
}
