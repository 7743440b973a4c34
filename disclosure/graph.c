#include "disclosure/graph.h"

#include <stdlib.h>
#include <string.h>

enum sv_err
graph_init(struct graph *g, size_t n)
{
    *g = (struct graph){.n = n, .n_words = (n + 63) / 64};
    g->edges = calloc(n * g->n_words + 1, sizeof *g->edges);
    g->weight = calloc(n + 1, sizeof *g->weight);
    if (g->edges == NULL || g->weight == NULL) {
        graph_clear(g);
        return SV_ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++)
        g->weight[i] = 1;
    return SV_OK;
}

void
graph_clear(struct graph *g)
{
    free(g->edges);
    free(g->weight);
    *g = (struct graph){0};
}

void
graph_edge(struct graph *g, size_t a, size_t b)
{
    if (a == b)
        return;
    bit_set(&g->edges[a * g->n_words], b);
    bit_set(&g->edges[b * g->n_words], a);
}

void
junction_clear(struct junction *j)
{
    free(j->cliques);
    free(j->parent);
    *j = (struct junction){0};
}

/* The graph while nodes are taken out of it. */
struct elimination {
    size_t n, n_words;
    uint64_t *edges; /* among those that are left */
    uint64_t *left;
    const uint64_t *weight;
};

static const uint64_t *
row_of(const struct elimination *e, size_t node)
{
    return &e->edges[node * e->n_words];
}

/* Edges that are missing among the neighbours of a node, twice. */
static size_t
fill_of(const struct elimination *e, size_t node)
{
    const uint64_t *mine = row_of(e, node);
    size_t missing = 0;

    for (size_t i = 0; i < e->n; i++) {
        if (!bit_is_set(mine, i))
            continue;
        for (size_t w = 0; w < e->n_words; w++)
            missing += (size_t)__builtin_popcountll(mine[w] & ~row_of(e, i)[w]);
        missing--; /* itself */
    }
    return missing;
}

/* The product of the weights of these nodes; max + 1 where it is more. */
static uint64_t
weight_of(const uint64_t *nodes, size_t n, const uint64_t *weight, uint64_t max)
{
    uint64_t product = 1;

    for (size_t i = 0; i < n; i++)
        if (bit_is_set(nodes, i) &&
            (__builtin_mul_overflow(product, weight[i], &product) ||
             product > max))
            return max + 1;
    return product;
}

/* The node whose taking out adds the fewest edges. */
static size_t
choose(const struct elimination *e)
{
    size_t best = e->n, least = 0, degree = 0;

    for (size_t i = 0; i < e->n; i++) {
        size_t fill, neighbours;

        if (!bit_is_set(e->left, i))
            continue;
        fill = fill_of(e, i);
        neighbours = bits_count(row_of(e, i), e->n_words);
        if (best == e->n || fill < least ||
            (fill == least && neighbours < degree)) {
            best = i;
            least = fill;
            degree = neighbours;
        }
    }
    return best;
}

/* Take a node out: its neighbours become neighbours of each other. */
static void
eliminate(struct elimination *e, size_t node)
{
    const uint64_t *mine = row_of(e, node);

    for (size_t i = 0; i < e->n; i++) {
        uint64_t *other = &e->edges[i * e->n_words];

        if (!bit_is_set(mine, i))
            continue;
        for (size_t w = 0; w < e->n_words; w++)
            other[w] |= mine[w];
        other[i / 64] &= ~(UINT64_C(1) << i % 64);
        other[node / 64] &= ~(UINT64_C(1) << node % 64);
    }
    e->left[node / 64] &= ~(UINT64_C(1) << node % 64);
}

/* Add a clique, unless one that is there has all of it. */
static void
add_clique(struct junction *j, const uint64_t *nodes)
{
    for (size_t i = 0; i < j->n; i++)
        if (bits_within(nodes, &j->cliques[i * j->n_words], j->n_words))
            return;
    memcpy(&j->cliques[j->n++ * j->n_words], nodes, j->n_words * sizeof *nodes);
}

static enum sv_err
take_all_out(struct elimination *e, uint64_t max, struct junction *j)
{
    uint64_t *nodes = calloc(e->n_words + 1, sizeof *nodes);
    enum sv_err err = nodes != NULL ? SV_OK : SV_ERR_NOMEM;

    for (size_t i = 0; i < e->n && err == SV_OK; i++) {
        size_t node = choose(e);

        memcpy(nodes, row_of(e, node), e->n_words * sizeof *nodes);
        bit_set(nodes, node);
        if (weight_of(nodes, e->n, e->weight, max) > max)
            err = SV_ERR_RANGE;
        add_clique(j, nodes);
        eliminate(e, node);
    }
    free(nodes);
    return err;
}

static size_t
in_common(const struct junction *j, size_t a, size_t b)
{
    size_t n = 0;

    for (size_t w = 0; w < j->n_words; w++)
        n += (size_t)__builtin_popcountll(j->cliques[a * j->n_words + w] &
                                          j->cliques[b * j->n_words + w]);
    return n;
}

static void
swap_cliques(struct junction *j, size_t a, size_t b)
{
    for (size_t w = 0; w < j->n_words; w++) {
        uint64_t t = j->cliques[a * j->n_words + w];

        j->cliques[a * j->n_words + w] = j->cliques[b * j->n_words + w];
        j->cliques[b * j->n_words + w] = t;
    }
}

/* How a clique that is not in the tree yet would join it. */
struct tie {
    size_t parent, most;
};

/* A spanning tree of most nodes in common is a junction tree (Prim's way);
 * cliques end in the order in which they join it. */
static enum sv_err
join(struct junction *j)
{
    struct tie *ties = calloc(j->n, sizeof *ties);

    if (ties == NULL)
        return SV_ERR_NOMEM;
    for (size_t n = 0; n < j->n; n++) {
        size_t best = n;

        for (size_t i = n; i < j->n; i++)
            if (ties[i].most > ties[best].most)
                best = i;
        j->parent[n] = n == 0 ? JUNCTION_ROOT : ties[best].parent;
        swap_cliques(j, n, best);
        ties[best] = ties[n];
        for (size_t i = n + 1; i < j->n; i++)
            if (in_common(j, i, n) > ties[i].most)
                ties[i] = (struct tie){n, in_common(j, i, n)};
    }
    free(ties);
    return SV_OK;
}

enum sv_err
junction_make(const struct graph *g, uint64_t max, struct junction *out)
{
    struct elimination e = {
        .n = g->n, .n_words = g->n_words, .weight = g->weight};
    struct junction j = {.n_words = g->n_words};
    enum sv_err err = SV_ERR_NOMEM;

    e.edges = calloc(g->n * g->n_words + 1, sizeof *e.edges);
    e.left = calloc(g->n_words + 1, sizeof *e.left);
    j.cliques = calloc((g->n + 1) * g->n_words + 1, sizeof *j.cliques);
    j.parent = calloc(g->n + 1, sizeof *j.parent);
    if (e.edges == NULL || e.left == NULL || j.cliques == NULL ||
        j.parent == NULL)
        goto out;
    memcpy(e.edges, g->edges, g->n * g->n_words * sizeof *e.edges);
    for (size_t i = 0; i < g->n; i++)
        bit_set(e.left, i);
    err = take_all_out(&e, max, &j);
    if (err != SV_OK)
        goto out;
    if (j.n == 0)
        j.n = 1;
    err = join(&j);
    if (err != SV_OK)
        goto out;
    *out = j;
    j = (struct junction){0};
out:
    free(e.edges);
    free(e.left);
    junction_clear(&j);
    return err;
}
