#ifndef SV_AUDIT_EXPORT_H
#define SV_AUDIT_EXPORT_H

#include "audit/checkpoint.h"
#include "audit/tile.h"
#include "base/file.h"
#include "base/workers.h"

/*
 * A log in a directory, as C2SP tlog-tiles, to be read by who trusts nothing
 * in it: a file `checkpoint`, hash tiles and, unless it is one of heads only,
 * entry bundles.  Of each tree it has the tiles of its head and no others.
 *
 * What is wrong is SV_ERR_TAMPERED with `fault` set; of other errors fault
 * has the place alone.  Nothing but regular files is ever opened.
 */
#define EXPORT_CHECKPOINT "checkpoint"
#define EXPORT_CHECKPOINT_MAX ((size_t)16 << 10) /* witnesses add lines */
#define EXPORT_PLACE_SIZE 320

struct export_fault {
    char place[EXPORT_PLACE_SIZE]; /* a file's name in the directory; as it
                                      stands there, not inert */
    const char *reason;            /* msgid, or NULL */
    bool incomplete; /* a file is missing, cut or too much; not altered */
    bool has_entry;
    uint64_t entry;
};

/* Declare it zeroed; export_close() accepts any state. */
struct export
{
    const char *dir; /* borrowed */
    struct buf note; /* the head as it was signed */
    struct checkpoint head;
    struct export_fault fault;
};

/* Read the head and verify it under origin and key.  SV_ERR_NOT_FOUND where
 * there is no such directory. */
enum sv_err export_open(struct export *e, const char *dir, const char *origin,
                        const struct sign_public *key);
void export_close(struct export *e);

/* Are there bundles at all? */
bool export_has_entries(const struct export *e);
/* Is every file there one of this head's, or the head? */
enum sv_err export_check_names(struct export *e);

/* Give each entry of the bundles to fn, in order.  What fn returns other
 * than SV_OK ends it. */
typedef enum sv_err (*export_entry_fn)(void *ctx, uint64_t index,
                                       struct bytes entry);
enum sv_err export_entries(struct export *e, export_entry_fn fn, void *ctx);

/*
 * The bundles one by one: how many there are, and the k-th, whose width is 0
 * behind the last.  Its bytes go to *raw, emptied before, and the entries
 * borrow from there.  Several threads can each read with a copy of the
 * struct, which then has the thread's fault.
 */
uint64_t export_bundles(const struct export *e);
struct tile export_bundle(const struct export *e, uint64_t k);
enum sv_err export_bundle_entries(struct export *e, const struct tile *t,
                                  struct buf *raw, export_entry_fn fn,
                                  void *ctx);
/* Empty such bytes, for buf_free(), too: they are no secret. */
void export_forget(struct buf *raw);

/*
 * Make the tree again from the leaves (of the bundles where from_entries,
 * otherwise of the tiles of level 0) and compare each tile, and the root with
 * the head's.  Memory does not grow with the log; w may be NULL.
 */
typedef void (*export_progress_fn)(void *ctx, uint64_t done, uint64_t total);
enum sv_err export_check_tree(struct export *e, bool from_entries,
                              struct workers *w, export_progress_fn progress,
                              void *ctx);

/* Is it the log of this vault, and not of another that the same key signs?
 * Behind export_check_tree(). */
enum sv_err export_check_genesis(struct export *e, const struct hash *vault);

/* The hashes of one tile, as they stand there. */
enum sv_err export_tile(struct export *e, const struct tile *t,
                        struct hash out[static TILE_WIDTH]);
/* A tree_read_fn over the tiles; ctx is the struct export.  Nothing of it is
 * verified: proofs are. */
enum sv_err export_hash(void *ctx, unsigned level, uint64_t index,
                        struct hash *out);

/* ---- for export_write.c ---- */

/* One regular file of the directory, appended.  SV_ERR_NOT_FOUND,
 * SV_ERR_RANGE over max. */
enum sv_err export_file(const char *dir, const char *name, size_t max,
                        struct buf *out);
/* Add the leaves of the k-th bundle, or tile of level 0, of that width. */
enum sv_err export_leaves(struct export *e, uint64_t k, unsigned width,
                          bool from_entries, struct tile_builder *b, tile_fn fn,
                          void *ctx);
/* Each thing below dir that is not a directory. */
typedef enum sv_err (*export_walk_fn)(void *ctx, const char *name,
                                      bool is_regular);
enum sv_err export_walk(const char *dir, export_walk_fn fn, void *ctx);
/* Set the fault; SV_ERR_TAMPERED. */
enum sv_err export_wrong(struct export *e, const char *place, bool incomplete,
                         const char *reason);

#endif
