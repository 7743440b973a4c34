#include "audit/export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 12 /* tile/entries/x018/.../615.p/255 has ten parts */
#define BUNDLE_MAX ((size_t)TILE_WIDTH * (2 + UINT16_MAX))

enum sv_err
export_wrong(struct export *e, const char *place, bool incomplete,
             const char *reason)
{
    e->fault =
        (struct export_fault){.reason = reason, .incomplete = incomplete};
    (void)snprintf(e->fault.place, sizeof e->fault.place, "%s", place);
    return SV_ERR_TAMPERED;
}

/* ---- Files ---- */

static enum sv_err
read_regular(int fd, size_t max, struct buf *out)
{
    struct stat st;
    size_t got = 0;
    enum sv_err err;

    if (fstat(fd, &st) != 0)
        return err_of_errno(errno);
    if (!S_ISREG(st.st_mode))
        return SV_ERR_FORMAT;
    if ((uintmax_t)st.st_size > max)
        return SV_ERR_RANGE;
    err = buf_reserve(out, (size_t)st.st_size);
    if (err == SV_OK)
        err = fd_read_at(fd, out->ptr + out->len, (size_t)st.st_size, 0, &got);
    if (err == SV_OK && got != (size_t)st.st_size)
        err = SV_ERR_IO;
    if (err == SV_OK)
        out->len += got;
    return err;
}

enum sv_err
export_file(const char *dir, const char *name, size_t max, struct buf *out)
{
    char path[PATH_SIZE];
    enum sv_err err = path_join(path, dir, name);
    int fd;

    if (err != SV_OK)
        return err;
    /* A pipe would wait for ever, and a link leads who knows where. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ELOOP ? SV_ERR_FORMAT : err_of_errno(errno);
    err = read_regular(fd, max, out);
    (void)close(fd);
    return err;
}

/* A file that the head demands; its errors in words. */
static enum sv_err
need_file(struct export *e, const char *name, size_t max, struct buf *out)
{
    enum sv_err err = export_file(e->dir, name, max, out);

    switch (err) {
    case SV_OK:
        return SV_OK;
    case SV_ERR_NOT_FOUND:
        return export_wrong(e, name, true, N_("this file is missing"));
    case SV_ERR_RANGE:
        return export_wrong(e, name, true, N_("this file is too long"));
    case SV_ERR_FORMAT:
        return export_wrong(e, name, true, N_("not a file of its own"));
    default:
        (void)export_wrong(e, name, true, NULL);
        return err;
    }
}

static enum sv_err
need_tile(struct export *e, const struct tile *t, size_t max, struct buf *out)
{
    char path[TILE_PATH_SIZE];
    enum sv_err err = tile_path(t->level, t->n, t->width, path);

    return err != SV_OK ? err : need_file(e, path, max, out);
}

/* The same by what it is, for faults that are found in it. */
static enum sv_err
wrong_tile(struct export *e, const struct tile *t, bool incomplete,
           const char *reason)
{
    char path[TILE_PATH_SIZE] = "";

    (void)tile_path(t->level, t->n, t->width, path);
    return export_wrong(e, path, incomplete, reason);
}

struct walk {
    export_walk_fn fn;
    void *ctx;
};

static enum sv_err walk_into(const struct walk *w, const char *dir,
                             const char *name, unsigned depth);

static enum sv_err
walk_one(const struct walk *w, const char *dir, const char *below,
         const char *entry, unsigned depth)
{
    char name[PATH_SIZE], path[PATH_SIZE];
    struct stat st;
    enum sv_err err = below[0] != '\0' ? path_join(name, below, entry) : SV_OK;

    if (below[0] == '\0')
        (void)snprintf(name, sizeof name, "%s", entry);
    if (err == SV_OK)
        err = path_join(path, dir, name);
    if (err != SV_OK)
        return err;
    if (lstat(path, &st) != 0)
        return err_of_errno(errno);
    if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
        return walk_into(w, dir, name, depth + 1);
    return w->fn(w->ctx, name, S_ISREG(st.st_mode));
}

static enum sv_err
walk_into(const struct walk *w, const char *dir, const char *name,
          unsigned depth)
{
    char path[PATH_SIZE];
    const struct dirent *entry;
    enum sv_err err = path_join(path, dir, name);
    DIR *d = err == SV_OK ? opendir(path) : NULL;

    if (d == NULL)
        return err != SV_OK ? err : err_of_errno(errno);
    errno = 0;
    while (err == SV_OK && (entry = readdir(d)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            err = walk_one(w, dir, name, entry->d_name, depth);
        errno = 0;
    }
    if (err == SV_OK && errno != 0)
        err = err_of_errno(errno);
    (void)closedir(d);
    return err;
}

enum sv_err
export_walk(const char *dir, export_walk_fn fn, void *ctx)
{
    const struct walk w = {fn, ctx};

    return walk_into(&w, dir, "", 0);
}

static enum sv_err
check_name(void *ctx, const char *name, bool is_regular)
{
    struct export *e = ctx;
    struct tile t;

    if (!is_regular)
        return export_wrong(e, name, true, N_("not a file of its own"));
    if (strcmp(name, EXPORT_CHECKPOINT) == 0 ||
        (tile_parse(name, &t) == SV_OK && tile_exists(e->head.size, &t)))
        return SV_OK;
    return export_wrong(e, name, true, N_("this file does not belong here"));
}

enum sv_err
export_check_names(struct export *e)
{
    return export_walk(e->dir, check_name, e);
}

/* ---- The head ---- */

enum sv_err
export_open(struct export *e, const char *dir, const char *origin,
            const struct sign_public *key)
{
    struct stat st;
    enum sv_err err;

    *e = (struct export){.dir = dir};
    if (stat(dir, &st) != 0)
        return err_of_errno(errno);
    if (!S_ISDIR(st.st_mode))
        return SV_ERR_NOT_FOUND;
    err = need_file(e, EXPORT_CHECKPOINT, EXPORT_CHECKPOINT_MAX, &e->note);
    if (err == SV_OK)
        err = checkpoint_open(buf_bytes(&e->note), origin, key, &e->head);
    if (err == SV_ERR_FORMAT || (err == SV_ERR_TAMPERED && e->note.len > 0))
        return export_wrong(e, EXPORT_CHECKPOINT, false,
                            N_("not a head that this log's key signed"));
    return err;
}

void
export_close(struct export *e)
{
    buf_free(&e->note);
}

bool
export_has_entries(const struct export *e)
{
    char path[PATH_SIZE];
    struct stat st;

    return path_join(path, e->dir, "tile/entries") == SV_OK &&
           lstat(path, &st) == 0;
}

/* ---- Entries and tree ---- */

/* What everybody may read is not wiped: that would cost a tenth of hashing
 * it. */
void
export_forget(struct buf *raw)
{
    raw->len = 0;
}

enum sv_err
export_bundle_entries(struct export *e, const struct tile *t, struct buf *raw,
                      export_entry_fn fn, void *ctx)
{
    struct bytes rest, entry;
    enum sv_err err;

    export_forget(raw);
    err = need_tile(e, t, BUNDLE_MAX, raw);
    rest = buf_bytes(raw);
    for (unsigned i = 0; i < t->width && err == SV_OK; i++) {
        if (tile_bundle_next(&rest, &entry) != SV_OK)
            err = wrong_tile(e, t, true,
                             N_("it ends before its last entry does"));
        else
            err = fn(ctx, t->n * TILE_WIDTH + i, entry);
    }
    if (err == SV_OK && rest.len > 0)
        err = wrong_tile(e, t, true, N_("bytes behind its last entry"));
    return err;
}

struct tile
export_bundle(const struct export *e, uint64_t k)
{
    struct tile t = {TILE_LEVEL_ENTRIES, k, TILE_WIDTH};
    uint64_t full;
    unsigned partial;

    tile_extent(e->head.size, t.level, &full, &partial);
    if (k >= full)
        t.width = k == full ? partial : 0;
    return t;
}

uint64_t
export_bundles(const struct export *e)
{
    return e->head.size / TILE_WIDTH + (e->head.size % TILE_WIDTH != 0);
}

enum sv_err
export_entries(struct export *e, export_entry_fn fn, void *ctx)
{
    enum sv_err err = SV_OK;

    for (uint64_t k = 0; k < export_bundles(e) && err == SV_OK; k++) {
        struct tile t = export_bundle(e, k);
        struct buf raw = BUF_INIT;

        err = export_bundle_entries(e, &t, &raw, fn, ctx);
        buf_free(&raw);
    }
    return err;
}

enum sv_err
export_tile(struct export *e, const struct tile *t,
            struct hash out[static TILE_WIDTH])
{
    struct buf raw = BUF_INIT;
    enum sv_err err = need_tile(e, t, (size_t)TILE_WIDTH * SHA256_LEN, &raw);

    if (err == SV_OK && raw.len != (size_t)t->width * SHA256_LEN)
        err = wrong_tile(e, t, true, N_("not as long as its name says"));
    if (err == SV_OK && raw.len > 0)
        memcpy(out, raw.ptr, raw.len);
    buf_free(&raw);
    return err;
}

enum sv_err
export_check_genesis(struct export *e, const struct hash *vault)
{
    struct hash first;
    enum sv_err err = e->head.size > 0 ? export_hash(e, 0, 0, &first) : SV_OK;

    if (err != SV_OK || (e->head.size > 0 && hash_equal(&first, vault)))
        return err;
    err = export_wrong(e, "", false, N_("not the genesis that the card names"));
    e->fault.has_entry = true;
    e->fault.entry = 0;
    return err;
}

struct growing {
    struct tile_builder *b;
    tile_fn fn;
    void *ctx;
};

static enum sv_err
add_entry(void *ctx, uint64_t index, struct bytes entry)
{
    const struct growing *g = ctx;
    struct hash leaf = tree_leaf(entry);

    (void)index;
    return tile_builder_add(g->b, &leaf, g->fn, g->ctx);
}

enum sv_err
export_leaves(struct export *e, uint64_t k, unsigned width, bool from_entries,
              struct tile_builder *b, tile_fn fn, void *ctx)
{
    struct tile t = {from_entries ? TILE_LEVEL_ENTRIES : 0, k, width};
    struct growing g = {b, fn, ctx};
    struct hash leaves[TILE_WIDTH];
    struct buf raw = BUF_INIT;
    enum sv_err err;

    if (from_entries) {
        err = export_bundle_entries(e, &t, &raw, add_entry, &g);
        buf_free(&raw);
        return err;
    }
    err = export_tile(e, &t, leaves);
    for (unsigned i = 0; i < width && err == SV_OK; i++)
        err = tile_builder_add(b, &leaves[i], fn, ctx);
    return err;
}

enum sv_err
export_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    struct export *e = ctx;
    unsigned inner = level % 8; /* a tile has the subtrees in it, too */
    uint64_t first = index << inner;
    struct tile t = {(int)(level / 8), first / TILE_WIDTH, TILE_WIDTH};
    struct hash hashes[TILE_WIDTH];
    size_t at = (size_t)(first % TILE_WIDTH);
    uint64_t full;
    unsigned partial;
    enum sv_err err;

    tile_extent(e->head.size, t.level, &full, &partial);
    if (t.n >= full)
        t.width = partial;
    if (t.n > full || at + ((size_t)1 << inner) > t.width)
        return SV_ERR_RANGE;
    err = export_tile(e, &t, hashes);
    if (err == SV_OK)
        *out = tree_root_of(hashes + at, (size_t)1 << inner);
    return err;
}
