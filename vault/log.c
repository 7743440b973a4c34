#include "vault/log.h"

#include <string.h>

#include "base/codec.h"

enum sv_err
log_state_load(const struct tables *t, struct log_state *out)
{
    struct buf raw = BUF_INIT;
    struct log_state s = {0};
    struct reader r;
    uint8_t has_roster;
    enum sv_err err = tables_get(t, TABLE_META, bytes_text(META_LOG), &raw);

    if (err != SV_OK)
        goto out;
    r = reader_of(buf_bytes(&raw));
    s.frontier.size = reader_u64(&r);
    s.time_ms = reader_u64(&r);
    has_roster = reader_u8(&r);
    if (has_roster > 1)
        reader_fail(&r);
    s.has_roster = has_roster == 1;
    s.roster = reader_u64(&r);
    for (unsigned l = 0; l < TREE_LEVELS; l++) {
        if (s.frontier.size >> l & 1)
            reader_copy(&r, s.frontier.peak[l].b, SHA256_LEN);
    }
    err = reader_end(&r);
    if (err == SV_OK)
        *out = s;
out:
    buf_free(&raw);
    return err == SV_ERR_FORMAT ? SV_ERR_TAMPERED : err;
}

enum sv_err
log_state_store(const struct tables *t, const struct log_state *state)
{
    struct buf raw = BUF_INIT;
    struct writer w = writer_to(&raw);
    enum sv_err err;

    writer_u64(&w, state->frontier.size);
    writer_u64(&w, state->time_ms);
    writer_u8(&w, state->has_roster);
    writer_u64(&w, state->roster);
    for (unsigned l = 0; l < TREE_LEVELS; l++) {
        if (state->frontier.size >> l & 1)
            writer_bytes(&w, BYTES(state->frontier.peak[l].b));
    }
    err = writer_end(&w);
    if (err == SV_OK)
        err = tables_put(t, TABLE_META, bytes_text(META_LOG), buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

static struct log_cached *
slot_of(const struct tables *t, unsigned level, uint64_t index)
{
    if (t->hashes == NULL || level >= LOG_CACHE_LEVELS)
        return NULL;
    return &t->hashes->at[level][index % LOG_CACHE_SLOTS];
}

static void
remember(const struct tables *t, unsigned level, uint64_t index,
         const struct hash *root)
{
    struct log_cached *slot = slot_of(t, level, index);

    if (slot != NULL)
        *slot = (struct log_cached){index + 1, *root};
}

static bool
recall(const struct tables *t, unsigned level, uint64_t index, struct hash *out)
{
    const struct log_cached *slot = slot_of(t, level, index);

    if (slot == NULL || slot->next != index + 1)
        return false;
    *out = slot->root;
    return true;
}

enum sv_err
log_append(const struct tables *t, struct log_state *state, struct bytes entry)
{
    struct hash done[TREE_LEVELS];
    struct hash leaf = tree_leaf(entry);
    struct tree_frontier f = state->frontier;
    uint8_t key[8];
    unsigned n = 0;
    enum sv_err err;

    put_u64(key, f.size);
    err = tables_put(t, TABLE_ENTRY, BYTES(key), entry);
    if (err != SV_OK)
        return err;
    frontier_append(&f, &leaf, done, &n);
    err = tables_put(t, TABLE_HASH, BYTES(key),
                     bytes_of(done, n * sizeof done[0]));
    if (err != SV_OK)
        return err;
    for (unsigned l = 0; l < n; l++)
        remember(t, l, (f.size - 1) >> l, &done[l]);
    state->frontier = f;
    return SV_OK;
}

enum sv_err
log_entry(const struct tables *t, uint64_t index, struct buf *out)
{
    uint8_t key[8];

    enum sv_err err;

    put_u64(key, index);
    err = tables_get(t, TABLE_ENTRY, BYTES(key), out);
    return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
}

enum sv_err
log_read_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct tables *t = ctx;
    struct buf raw = BUF_INIT;
    uint8_t key[8];
    enum sv_err err;

    if (recall(t, level, index, out))
        return SV_OK;
    /* The entry that completed it is its last leaf. */
    put_u64(key, ((index + 1) << level) - 1);
    err = tables_get(t, TABLE_HASH, BYTES(key), &raw);
    if (err == SV_OK && raw.len < (level + 1) * sizeof *out)
        err = SV_ERR_TAMPERED;
    if (err == SV_OK) {
        memcpy(out->b, raw.ptr + level * sizeof *out, sizeof *out);
        remember(t, level, index, out);
    }
    buf_free(&raw);
    return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
}

/* The tree's functions take a context that they could change; tables are
 * only read here. */
static void *
context_of(const struct tables *t, struct tables *copy)
{
    *copy = *t;
    return copy;
}

enum sv_err
log_inclusion(const struct tables *t, uint64_t index, uint64_t size,
              struct buf *out)
{
    struct tree_proof proof = {0};
    struct tables copy;
    enum sv_err err = tree_inclusion(index, size, log_read_hash,
                                     context_of(t, &copy), &proof);

    return err != SV_OK ? err : tree_proof_encode(&proof, out);
}

enum sv_err
log_consistency(const struct tables *t, uint64_t m, uint64_t n, struct buf *out)
{
    struct tree_proof proof = {0};
    struct tables copy;
    enum sv_err err = SV_OK;

    if (m > 0 && m < n)
        err =
            tree_consistency(m, n, log_read_hash, context_of(t, &copy), &proof);
    return err != SV_OK ? err : tree_proof_encode(&proof, out);
}

enum sv_err
log_has_root(const struct tables *t, const struct log_state *state,
             uint64_t size, const struct hash *root, bool *has)
{
    struct tables copy;
    struct hash have;
    enum sv_err err;

    *has = false;
    if (size > state->frontier.size)
        return SV_OK;
    err = tree_root(size, log_read_hash, context_of(t, &copy), &have);
    if (err == SV_OK)
        *has = hash_equal(&have, root);
    return err;
}
