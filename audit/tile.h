#ifndef SV_AUDIT_TILE_H
#define SV_AUDIT_TILE_H

#include "audit/tree.h"

/*
 * C2SP tlog-tiles: names, entry bundles, and which tiles a tree has.  Tile n
 * of a level holds up to 256 hashes: on level 0 those of the leaves, above
 * that the roots of the full tiles below.  At the right edge stand partial
 * tiles, at most one a level.
 */
#define TILE_BITS 8 /* of an index, that one level of tiles takes */
#define TILE_WIDTH 256U
#define TILE_PATH_SIZE 96
#define TILE_LEVEL_ENTRIES (-1)
#define TILE_LEVELS 8 /* sizes are below 2^63 */

/* tile/<level>/<n in groups of three>[.p/<width>]; width TILE_WIDTH for a
 * full tile.  SV_ERR_RANGE for a level over 63 or a width over TILE_WIDTH. */
enum sv_err tile_path(int level, uint64_t n, unsigned width,
                      char out[static TILE_PATH_SIZE]);

struct tile {
    int level; /* or TILE_LEVEL_ENTRIES */
    uint64_t n;
    unsigned width; /* 1 to TILE_WIDTH */
};
/* Of a name as tile_path() makes it, and of no other: SV_ERR_FORMAT. */
enum sv_err tile_parse(const char *path, struct tile *out);

/* How many full tiles a level of a tree of that size has, and how wide the
 * partial one behind them is (0: there is none). */
void tile_extent(uint64_t size, int level, uint64_t *full, unsigned *partial);
/* Does a tree of that size have this very tile? */
bool tile_exists(uint64_t size, const struct tile *t);

/* u16 length and the entry, appended. */
enum sv_err tile_bundle_add(struct buf *bundle, struct bytes entry);
/* The next entry, borrowed; *bundle moves behind it.  SV_ERR_FORMAT at the
 * end and where it is cut. */
enum sv_err tile_bundle_next(struct bytes *bundle, struct bytes *entry);

/*
 * The tiles of a tree that grows leaf by leaf.  Each full one goes to fn when
 * its last hash is there; tile_builder_end() gives the partial ones, and more
 * leaves may follow.  An error of fn ends it.
 */
struct tile_builder {
    struct tree_frontier frontier;
    struct hash hashes[TILE_LEVELS][TILE_WIDTH];
};
typedef enum sv_err (*tile_fn)(void *ctx, const struct tile *t,
                               const struct hash hashes[]);

void tile_builder_init(struct tile_builder *b);
enum sv_err tile_builder_add(struct tile_builder *b, const struct hash *leaf,
                             tile_fn fn, void *ctx);
enum sv_err tile_builder_end(const struct tile_builder *b, tile_fn fn,
                             void *ctx);

#endif
