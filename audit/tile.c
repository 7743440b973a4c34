#include "audit/tile.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"

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
