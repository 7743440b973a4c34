#include <stdlib.h>
#include <string.h>

#include "audit/export.h"

/*
 * Each block of 256 leaves is checked by itself, by whoever is free; what
 * stands above the blocks is made in their order.  So the fault that is named
 * is always the same: the first block's, or that of a tile above it.
 */
#define BLOCKS_PER_WORKER 32

struct block {
    struct export e; /* with a fault of its own; the rest is borrowed */
    unsigned width;
    struct hash root; /* where it is full */
    enum sv_err err;
};

struct checking {
    struct export *e;
    bool from_entries;
    uint64_t first; /* block of this round */
    size_t n;       /* blocks of this round */
    struct block *blocks;
    /* Of the full blocks' roots: its levels are one above its own. */
    struct tile_builder above;
    struct tree_frontier tail; /* what stands behind the last full block */
};

/* ---- One block ---- */

struct leaves {
    unsigned n;
    struct hash hash[TILE_WIDTH];
};

static enum sv_err
take_leaf(void *ctx, uint64_t index, struct bytes entry)
{
    struct leaves *l = ctx;

    (void)index;
    l->hash[l->n++] = tree_leaf(entry);
    return SV_OK;
}

/* What the leaves make, against what stands in the directory. */
static enum sv_err
compare_tile(struct export *e, const struct tile *t, const struct hash hashes[])
{
    struct hash there[TILE_WIDTH];
    char path[TILE_PATH_SIZE] = "";
    enum sv_err err = export_tile(e, t, there);

    if (err != SV_OK)
        return err;
    (void)tile_path(t->level, t->n, t->width, path);
    for (unsigned i = 0; i < t->width; i++) {
        if (hash_equal(&there[i], &hashes[i]))
            continue;
        if (t->level > 0)
            return export_wrong(e, path, false,
                                N_("not the hash of the tile below it"));
        err = export_wrong(e, path, false,
                           N_("entry and hash do not fit together"));
        e->fault.has_entry = true;
        e->fault.entry = t->n * TILE_WIDTH + i;
        return err;
    }
    return SV_OK;
}

static enum sv_err
check_leaves(struct block *b, uint64_t k, bool from_entries, struct leaves *l)
{
    struct tile t = {0, k, b->width},
                bundle = {TILE_LEVEL_ENTRIES, k, b->width};
    struct buf raw = BUF_INIT;
    enum sv_err err;

    if (!from_entries)
        return export_tile(&b->e, &t, l->hash);
    err = export_bundle_entries(&b->e, &bundle, &raw, take_leaf, l);
    if (err == SV_OK)
        err = compare_tile(&b->e, &t, l->hash);
    export_forget(&raw);
    buf_free(&raw);
    return err;
}

static enum sv_err
check_block(void *ctx, size_t part)
{
    struct checking *c = ctx;
    struct block *b = &c->blocks[part];
    uint64_t k = c->first + part;
    struct leaves l = {.n = 0};

    b->e = *c->e;
    b->width = export_bundle(c->e, k).width;
    b->err = check_leaves(b, k, c->from_entries, &l);
    if (b->err == SV_OK && b->width == TILE_WIDTH)
        b->root = tree_root_of(l.hash, TILE_WIDTH);
    else if (b->err == SV_OK)
        c->tail = frontier_of(l.hash, b->width);
    return b->err;
}

/* ---- What stands above ---- */

static enum sv_err
compare_above(void *ctx, const struct tile *t, const struct hash hashes[])
{
    struct tile up = {t->level + 1, t->n, t->width};

    return compare_tile(ctx, &up, hashes);
}

static enum sv_err
check_round(struct checking *c, struct workers *w)
{
    enum sv_err err = SV_OK;

    /* What it says is asked of each block, in order: the fault of a tile
     * above earlier blocks comes first. */
    (void)workers_run(w, c->n, check_block, c);
    for (size_t i = 0; i < c->n && err == SV_OK; i++) {
        const struct block *b = &c->blocks[i];

        err = b->err;
        if (err != SV_OK)
            c->e->fault = b->e.fault;
        else if (b->width == TILE_WIDTH)
            err = tile_builder_add(&c->above, &b->root, compare_above, c->e);
    }
    return err;
}

/* The peaks of the whole tree: those of the blocks, and of the tail. */
static struct hash
root_of(const struct checking *c)
{
    struct tree_frontier f = c->tail;
    unsigned l = 0;

    for (uint64_t blocks = c->above.frontier.size; blocks >> l > 0; l++)
        f.peak[l + TILE_BITS] = c->above.frontier.peak[l];
    f.size += c->above.frontier.size * TILE_WIDTH;
    return frontier_root(&f);
}

static enum sv_err
check_blocks(struct checking *c, struct workers *w, size_t room,
             export_progress_fn progress, void *ctx)
{
    uint64_t total = export_bundles(c->e);
    enum sv_err err = SV_OK;

    while (c->first < total && err == SV_OK) {
        c->n = total - c->first < room ? (size_t)(total - c->first) : room;
        err = check_round(c, w);
        c->first += c->n;
        if (progress != NULL)
            progress(ctx,
                     c->first < total ? c->first * TILE_WIDTH : c->e->head.size,
                     c->e->head.size);
    }
    return err == SV_OK ? tile_builder_end(&c->above, compare_above, c->e)
                        : err;
}

enum sv_err
export_check_tree(struct export *e, bool from_entries, struct workers *w,
                  export_progress_fn progress, void *ctx)
{
    size_t room = (size_t)workers_count(w) * BLOCKS_PER_WORKER;
    struct checking *c = calloc(1, sizeof *c);
    enum sv_err err = SV_ERR_NOMEM;
    struct hash root;

    if (c == NULL || (c->blocks = calloc(room, sizeof *c->blocks)) == NULL)
        goto out;
    c->e = e;
    c->from_entries = from_entries;
    tile_builder_init(&c->above);
    frontier_init(&c->tail);
    err = check_blocks(c, w, room, progress, ctx);
    if (err != SV_OK)
        goto out;
    root = root_of(c);
    if (!hash_equal(&root, &e->head.root))
        err = export_wrong(e, EXPORT_CHECKPOINT, false,
                           N_("another root than the entries make"));
out:
    if (c != NULL)
        free(c->blocks);
    free(c);
    return err;
}
