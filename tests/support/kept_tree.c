#include "tests/support/kept_tree.h"

struct kept *
kept_new(void)
{
    struct kept *k = calloc(1, sizeof *k);

    if (k == NULL)
        abort();
    frontier_init(&k->frontier);
    k->root[0] = frontier_root(&k->frontier);
    return k;
}

void
kept_append(struct kept *k, struct bytes entry)
{
    uint64_t size = k->frontier.size;
    struct hash done[TREE_LEVELS];
    unsigned n;

    assert_true(size < KEPT_MAX);
    k->leaf[size] = tree_leaf(entry);
    frontier_append(&k->frontier, &k->leaf[size], done, &n);
    for (unsigned l = 0; l < n; l++)
        k->at[l][size >> l] = done[l];
    k->root[size + 1] = frontier_root(&k->frontier);
}

enum sv_err
kept_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    struct kept *k = ctx;

    assert_true(level < KEPT_LEVELS);
    assert_true((index + 1) << level <= k->frontier.size);
    if (++k->reads == k->fail_at)
        return SV_ERR_IO;
    *out = k->at[level][index];
    return SV_OK;
}

struct kept *
kept_bytes(unsigned n)
{
    struct kept *k = kept_new();

    for (unsigned i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)i;

        kept_append(k, bytes_of(&byte, 1));
    }
    return k;
}
