#include "tests/support/cube.h"

#include <stdlib.h>

#include "base/codec.h"
#include "crypto/digest.h"

/* SplitMix64 */
uint64_t
cube_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void
cube_id(uint64_t number, uint8_t id[static ROUNDING_ID_LEN])
{
    uint8_t text[8];

    put_u64(text, number);
    digest("test/cube", BYTES(text), id);
}

/* A dimension of one code has no total of its own. */
static size_t
width(const struct cube *c, size_t dim)
{
    return c->dims[dim] > 1 ? c->dims[dim] + 1 : 1;
}

size_t
cube_at(const struct cube *c, size_t a, size_t b, size_t k)
{
    return (a * width(c, 1) + b) * width(c, 2) + k;
}

/* Half of the cells are below 5, a few in the hundreds. */
static int64_t
some_count(uint64_t *seed)
{
    uint64_t most = UINT64_C(1) << (cube_random(seed) % 8);

    return (int64_t)(cube_random(seed) % most);
}

static void *
zeroed(size_t n, size_t size)
{
    void *at = calloc(n + 1, size);

    if (at == NULL)
        abort();
    return at;
}

static void
relate(struct cube *c, const size_t at[static CUBE_DIMS], size_t dim,
       size_t *parts)
{
    struct rounding_relation *rel = &c->relations[c->r.n_relations++];
    size_t code[CUBE_DIMS] = {at[0], at[1], at[2]};
    int64_t sum = 0;

    rel->whole = cube_at(c, at[0], at[1], at[2]);
    rel->n = c->dims[dim];
    rel->parts = parts;
    for (size_t i = 0; i < rel->n; i++) {
        code[dim] = i;
        parts[i] = cube_at(c, code[0], code[1], code[2]);
        sum += c->cells[parts[i]].n;
    }
    c->cells[rel->whole].n = sum;
}

static void
fill(struct cube *c, uint64_t seed)
{
    uint64_t counts = seed;

    for (size_t i = 0; i < c->r.n; i++) {
        size_t at[CUBE_DIMS], totals = 0, rest = i;

        for (size_t d = CUBE_DIMS; d-- > 0;) {
            at[d] = rest % width(c, d);
            rest /= width(c, d);
            totals += c->dims[d] > 1 && at[d] == c->dims[d];
        }
        c->cells[i].n = totals == 0 ? some_count(&counts) : 0;
        c->cells[i].weight = totals == 0 ? 1 : totals == 1 ? 4 : 16;
        cube_id(seed + i, c->cells[i].id);
    }
}

void
cube_make(struct cube *c, const size_t dims[static CUBE_DIMS], uint64_t seed)
{
    size_t n, used = 0;

    *c = (struct cube){.dims = {dims[0], dims[1], dims[2]}};
    n = width(c, 0) * width(c, 1) * width(c, 2);
    c->cells = zeroed(n, sizeof *c->cells);
    c->relations = zeroed(n * CUBE_DIMS, sizeof *c->relations);
    c->parts = zeroed(n * CUBE_DIMS, sizeof *c->parts);
    c->r = (struct rounding){5, n, c->cells, 0, c->relations};
    fill(c, seed);
    /* Sums over one dimension after the other: each total is complete when
     * it is summed up itself. */
    for (size_t d = 0; d < CUBE_DIMS; d++) {
        for (size_t i = 0; i < n && dims[d] > 1; i++) {
            size_t at[CUBE_DIMS] = {i / width(c, 2) / width(c, 1),
                                    i / width(c, 2) % width(c, 1),
                                    i % width(c, 2)};

            if (at[d] != dims[d])
                continue;
            relate(c, at, d, c->parts + used);
            used += dims[d];
        }
    }
}

void
cube_free(struct cube *c)
{
    free(c->cells);
    free(c->relations);
    free(c->parts);
    *c = (struct cube){0};
}
