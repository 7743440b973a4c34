#ifndef SV_STORE_STORE_LMDB_H
#define SV_STORE_STORE_LMDB_H

#include "store/store.h"

/* store_lmdb_open() with a map of its own size in bytes: a multiple of the
 * system's page size. */
enum sv_err store_lmdb_open_sized(const char *dir, unsigned n_tables,
                                  bool create, size_t map_size,
                                  struct store **out);

/* How large the file can become.  s is an LMDB store. */
size_t store_lmdb_map_size(const struct store *s);
/* The flags that LMDB works under. */
unsigned store_lmdb_flags(const struct store *s);

#endif
