#ifndef SV_AUDIT_TILE_H
#define SV_AUDIT_TILE_H

#include "base/buf.h"

/* Names and entry bundles of C2SP tlog-tiles. */
#define TILE_WIDTH 256
#define TILE_PATH_SIZE 96
#define TILE_LEVEL_ENTRIES (-1)

/* tile/<level>/<n in groups of three>[.p/<width>]; width TILE_WIDTH for a
 * full tile.  SV_ERR_RANGE for a level over 63 or a width over TILE_WIDTH. */
enum sv_err tile_path(int level, uint64_t n, unsigned width,
                      char out[static TILE_PATH_SIZE]);
/* u16 length and the entry, appended. */
enum sv_err tile_bundle_add(struct buf *bundle, struct bytes entry);

#endif
