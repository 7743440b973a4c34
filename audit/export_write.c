#include "audit/export_write.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/cosign.h"

#define FILE_MODE 0600
#define DIR_MODE 0700
#define LEFTOVER_LEN 7 /* ".XXXXXX" of file_create() */

/* ---- Files ---- */

/* Make the directories that lead to path, below dir, durable. */
static enum sv_err
make_parents(const char *dir, char path[static PATH_SIZE])
{
    enum sv_err err = SV_OK;

    for (char *at = path + strlen(dir) + 1;
         err == SV_OK && (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        if (mkdir(path, DIR_MODE) == 0)
            err = path_sync(path);
        else if (errno != EEXIST)
            err = err_of_errno(errno);
        *at = '/';
    }
    return err;
}

/* A file that is there must be this one. */
static enum sv_err
put_file(struct export_writer *w, const char *name, struct bytes data)
{
    struct buf there = BUF_INIT;
    char path[PATH_SIZE];
    enum sv_err err = export_file(w->dir, name, BUF_MAX, &there);

    if (err == SV_OK && !bytes_equal(buf_bytes(&there), data))
        err = export_wrong(&w->old, name, false,
                           N_("not what the log has in this place"));
    buf_free(&there);
    if (err != SV_ERR_NOT_FOUND)
        return err;
    err = path_join(path, w->dir, name);
    if (err == SV_OK)
        err = make_parents(w->dir, path);
    if (err == SV_OK)
        err = file_create(path, FILE_MODE, data);
    if (err != SV_OK)
        (void)export_wrong(&w->old, name, true, NULL);
    return err;
}

static enum sv_err
put_tile(void *ctx, const struct tile *t, const struct hash hashes[])
{
    struct export_writer *w = ctx;
    char path[TILE_PATH_SIZE];
    enum sv_err err = tile_path(t->level, t->n, t->width, path);

    return err != SV_OK
               ? err
               : put_file(w, path,
                          bytes_of(hashes, (size_t)t->width * SHA256_LEN));
}

static enum sv_err
put_bundle(struct export_writer *w, uint64_t n, unsigned width)
{
    const struct tile t = {TILE_LEVEL_ENTRIES, n, width};
    char path[TILE_PATH_SIZE];
    enum sv_err err = tile_path(t.level, t.n, t.width, path);

    if (err == SV_OK)
        err = put_file(w, path, buf_bytes(&w->bundle));
    buf_truncate(&w->bundle, 0);
    return err;
}

/* tile/0/005.AbC123: written and never named. */
static bool
is_leftover(const char *name)
{
    size_t len = strlen(name);
    char whole[TILE_PATH_SIZE];
    struct tile t;

    if (len <= LEFTOVER_LEN || len - LEFTOVER_LEN >= sizeof whole ||
        name[len - LEFTOVER_LEN] != '.')
        return false;
    for (size_t i = len - LEFTOVER_LEN + 1; i < len; i++)
        if (!isalnum((unsigned char)name[i]))
            return false;
    memcpy(whole, name, len - LEFTOVER_LEN);
    whole[len - LEFTOVER_LEN] = '\0';
    return strcmp(whole, EXPORT_CHECKPOINT) == 0 ||
           tile_parse(whole, &t) == SV_OK;
}

static enum sv_err
remove_file(struct export_writer *w, const char *name)
{
    const char *slash = strrchr(name, '/');
    char path[PATH_SIZE];
    enum sv_err err = path_join(path, w->dir, name);

    if (err == SV_OK && unlink(path) != 0)
        err = err_of_errno(errno);
    /* 005.p goes with the last that was in it; the export's own directory
     * stays, whatever its name. */
    if (err != SV_OK || slash == NULL || strncmp(slash - 2, ".p", 2) != 0)
        return err;
    *strrchr(path, '/') = '\0';
    if (rmdir(path) == 0)
        return SV_OK;
    return errno == ENOTEMPTY || errno == EEXIST ? SV_OK : err_of_errno(errno);
}

/* Before: nothing foreign is there, and nothing that was never named. */
static enum sv_err
clear_leftovers(void *ctx, const char *name, bool is_regular)
{
    struct export_writer *w = ctx;
    struct tile t;

    if (is_regular && is_leftover(name))
        return remove_file(w, name);
    if (is_regular &&
        (strcmp(name, EXPORT_CHECKPOINT) == 0 || tile_parse(name, &t) == SV_OK))
        return SV_OK;
    (void)export_wrong(&w->old, name, true, NULL);
    return SV_ERR_EXISTS;
}

/* After: partial tiles of older heads are part of wider ones now. */
static enum sv_err
clear_older(void *ctx, const char *name, bool is_regular)
{
    struct export_writer *w = ctx;
    struct tile t;

    if (is_regular && tile_parse(name, &t) == SV_OK &&
        !tile_exists(w->head.size, &t))
        return remove_file(w, name);
    return SV_OK;
}

/* ---- What is there already ---- */

/* The old head's root at its size: then the log goes on from it. */
static enum sv_err
check_old_root(struct export_writer *w)
{
    struct hash root;

    if (w->builder->frontier.size != w->old.head.size)
        return SV_OK;
    root = frontier_root(&w->builder->frontier);
    if (hash_equal(&root, &w->old.head.root))
        return SV_OK;
    return export_wrong(&w->old, EXPORT_CHECKPOINT, false,
                        N_("this head is not one of this log"));
}

static enum sv_err
open_old(struct export_writer *w)
{
    struct stat st;
    char path[PATH_SIZE];
    enum sv_err err = path_join(path, w->dir, EXPORT_CHECKPOINT);

    if (err != SV_OK)
        return err;
    if (lstat(path, &st) != 0) {
        struct hash empty = tree_empty();

        if (errno != ENOENT)
            return err_of_errno(errno);
        w->old.dir = w->dir;
        w->old.head.root = empty;
        return SV_OK;
    }
    err = export_open(&w->old, w->dir, w->origin, w->key);
    if (err == SV_OK && w->old.head.size > w->head.size)
        err = SV_ERR_ROLLBACK;
    return err;
}

/* Through the full tiles of the old head, all of which are compared. */
static enum sv_err
go_through_old(struct export_writer *w)
{
    bool has_entries = export_has_entries(&w->old);
    uint64_t full = w->old.head.size / TILE_WIDTH;
    enum sv_err err = SV_OK;

    if (has_entries && !w->entries) {
        (void)export_wrong(&w->old, "tile/entries", true, NULL);
        return SV_ERR_EXISTS;
    }
    /* Heads so far, entries from now on: all of them are needed. */
    if (w->entries && !has_entries)
        full = 0;
    for (uint64_t k = 0; k < full && err == SV_OK; k++)
        err = export_leaves(&w->old, k, TILE_WIDTH, w->entries, w->builder,
                            put_tile, w);
    return err == SV_OK ? check_old_root(w) : err;
}

/* ---- The whole ---- */

enum sv_err
export_write_begin(struct export_writer *w, const char *dir, const char *origin,
                   const struct sign_public *key, struct bytes head_note,
                   bool entries, uint64_t *from)
{
    enum sv_err err;

    *w = (struct export_writer){
        .dir = dir, .origin = origin, .key = key, .entries = entries};
    w->builder = calloc(1, sizeof *w->builder);
    if (w->builder == NULL)
        return SV_ERR_NOMEM;
    tile_builder_init(w->builder);
    err = checkpoint_open(head_note, origin, key, &w->head);
    if (err == SV_OK)
        err = buf_append(&w->note, head_note);
    if (err == SV_OK && mkdir(dir, DIR_MODE) == 0)
        err = path_sync(dir);
    else if (err == SV_OK && errno != EEXIST)
        err = err_of_errno(errno);
    if (err == SV_OK)
        err = export_walk(dir, clear_leftovers, w);
    if (err == SV_OK)
        err = open_old(w);
    if (err == SV_OK)
        err = go_through_old(w);
    if (err == SV_OK)
        *from = w->builder->frontier.size;
    return err;
}

enum sv_err
export_write_entry(struct export_writer *w, struct bytes entry)
{
    struct tile_builder *b = w->builder;
    struct hash leaf = tree_leaf(entry);
    enum sv_err err = SV_OK;

    if (w->entries)
        err = tile_bundle_add(&w->bundle, entry);
    if (err == SV_OK)
        err = tile_builder_add(b, &leaf, put_tile, w);
    if (err == SV_OK && w->entries && b->frontier.size % TILE_WIDTH == 0)
        err = put_bundle(w, b->frontier.size / TILE_WIDTH - 1, TILE_WIDTH);
    return err == SV_OK ? check_old_root(w) : err;
}

/* Witnesses' lines on a head of the same size stay, and new ones come. */
static enum sv_err
put_head(struct export_writer *w)
{
    bool again = w->old.note.len > 0 && w->old.head.size == w->head.size;
    struct buf note = BUF_INIT;
    char path[PATH_SIZE];
    enum sv_err err = again ? cosign_merge(buf_bytes(&w->old.note),
                                           buf_bytes(&w->note), &note)
                            : buf_append(&note, buf_bytes(&w->note));

    if (err == SV_OK && note.len > EXPORT_CHECKPOINT_MAX)
        err = SV_ERR_RANGE;
    if (err == SV_OK)
        err = path_join(path, w->dir, EXPORT_CHECKPOINT);
    if (err == SV_OK && !bytes_equal(buf_bytes(&note), buf_bytes(&w->old.note)))
        err = file_replace(path, FILE_MODE, buf_bytes(&note));
    buf_free(&note);
    return err;
}

enum sv_err
export_write_end(struct export_writer *w)
{
    const struct tree_frontier *f = &w->builder->frontier;
    unsigned partial = (unsigned)(f->size % TILE_WIDTH);
    struct hash root = frontier_root(f);
    enum sv_err err;

    if (f->size != w->head.size || !hash_equal(&root, &w->head.root))
        return export_wrong(&w->old, EXPORT_CHECKPOINT, false,
                            N_("another root than the entries make"));
    err = tile_builder_end(w->builder, put_tile, w);
    if (err == SV_OK && w->entries && partial > 0)
        err = put_bundle(w, f->size / TILE_WIDTH, partial);
    if (err == SV_OK)
        err = put_head(w);
    return err == SV_OK ? export_walk(w->dir, clear_older, w) : err;
}

void
export_write_clear(struct export_writer *w)
{
    export_close(&w->old);
    buf_free(&w->note);
    buf_free(&w->bundle);
    free(w->builder);
    w->builder = NULL;
}
