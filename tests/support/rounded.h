#ifndef SV_TESTS_SUPPORT_ROUNDED_H
#define SV_TESTS_SUPPORT_ROUNDED_H

#include "tests/support/cube.h"
#include "tests/support/support.h"

#include "disclosure/solver_process.h"

/*
 * Rounding with a real solver, of cubes and of tables that a test writes
 * down.  Whatever fails, fails the test.
 */
#define BASE 5
#define TIMEOUT_MS 20000
#define UNTOUCHED INT64_C(-77)
#define CELLS_MAX 2048

/* One solver for all tests, counted. */
struct counted_source {
    struct solver_source source;
    void *process;
    unsigned opened;
};

static inline enum sv_err
open_counted(void *ctx, int *fd)
{
    struct counted_source *c = ctx;

    c->opened++;
    return solver_process_open_lazily(&c->process, fd);
}

static inline int
start_solver(void **state)
{
    static struct counted_source c;

    c.source = (struct solver_source){open_counted, &c};
    *state = &c;
    return 0;
}

static inline int
stop_solver(void **state)
{
    struct counted_source *c = *state;

    solver_process_stop(c->process);
    return 0;
}

/* A table that a test writes down. */
struct grid {
    struct rounding r;
    struct rounding_cell cells[32];
    struct rounding_relation relations[16];
    size_t parts[16][16];
    int64_t out[32];
    unsigned steps;
    size_t in_conflict;
};

static inline void
grid_begin(struct grid *s)
{
    *s = (struct grid){.steps = 77, .in_conflict = 77};
    s->r = (struct rounding){BASE, 0, s->cells, 0, s->relations};
    for (size_t i = 0; i < 32; i++)
        s->out[i] = UNTOUCHED;
}

static inline size_t
grid_cell(struct grid *s, int64_t n)
{
    struct rounding_cell *c = &s->cells[s->r.n];

    *c = (struct rounding_cell){.n = n, .weight = 1};
    cube_id(s->r.n, c->id);
    return s->r.n++;
}

static inline size_t
grid_pinned(struct grid *s, int64_t n, int64_t pin)
{
    size_t at = grid_cell(s, n);

    s->cells[at].pinned = true;
    s->cells[at].pin = pin;
    return at;
}

/* Up to four parts, the last one SIZE_MAX. */
#define END SIZE_MAX
static inline void
grid_relate(struct grid *s, size_t whole, const size_t parts[])
{
    size_t at = s->r.n_relations++;
    size_t n = 0;

    for (; parts[n] != END; n++)
        s->parts[at][n] = parts[n];
    s->relations[at] = (struct rounding_relation){whole, n, s->parts[at]};
    s->cells[whole].weight = 4;
}
#define RELATE(s, whole, ...)                                                  \
    grid_relate((s), (whole), (const size_t[]){__VA_ARGS__, END})

static inline enum sv_err
grid_run(struct grid *s, uint8_t key, struct counted_source *c)
{
    const uint8_t keys[ROUNDING_KEY_LEN] = {key, 1};

    return rounding_run(&s->r, keys, &c->source, TIMEOUT_MS, s->out, &s->steps,
                        &s->in_conflict);
}

static inline void
assert_untouched(const struct grid *s)
{
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(s->out[i], UNTOUCHED);
    assert_int_equal(s->steps, 77);
}

static inline void
key_of(uint64_t number, uint8_t key[static ROUNDING_KEY_LEN])
{
    cube_id(number + 1000000, key);
}

/* What holds for every result without a step more. */
static inline void
assert_rounded(const struct rounding *r, const int64_t out[])
{
    for (size_t i = 0; i < r->n; i++) {
        const struct rounding_cell *c = &r->cells[i];

        assert_int_equal(out[i] % r->base, 0);
        if (c->pinned) {
            assert_int_equal(out[i], c->pin);
            continue;
        }
        assert_true(out[i] > c->n - r->base && out[i] < c->n + r->base);
        assert_true(c->n != 0 || out[i] == 0);
    }
    for (size_t i = 0; i < r->n_relations; i++) {
        const struct rounding_relation *rel = &r->relations[i];
        int64_t sum = 0;

        for (size_t k = 0; k < rel->n; k++)
            sum += out[rel->parts[k]];
        assert_int_equal(sum, out[rel->whole]);
    }
}

/* Prefectures in areas in the country, each by sex, linked with a table of
 * areas by age. */
static inline void
make_linked(struct grid *s, uint64_t seed)
{
    static const size_t areas[][3] = {{4, 5, END}, {6, 7, END}};
    static const size_t tables[][8] = {
        /* whole, parts */
        {0, 1, 2, END},    {0, 8, 9, END},   {0, 16, 17, END},
        {1, 4, 5, END},    {2, 6, 7, END},   {1, 10, 11, END},
        {2, 12, 13, END},  {8, 10, 12, END}, {9, 11, 13, END},
        {1, 18, 19, END},  {2, 20, 21, END}, {16, 18, 20, END},
        {17, 19, 21, END},
    };
    int64_t n[22] = {0};

    /* Area x sex x age, and prefectures, drawn; the rest summed up. */
    for (size_t area = 0; area < 2; area++) {
        for (size_t cell = 0; cell < 4; cell++) {
            int64_t some = (int64_t)(cube_random(&seed) % 9);

            n[10 + 2 * area + cell / 2] += some;
            n[18 + 2 * area + cell % 2] += some;
            n[8 + cell / 2] += some;
            n[16 + cell % 2] += some;
            n[1 + area] += some;
            n[0] += some;
        }
        n[areas[area][0]] = n[1 + area] / 3;
        n[areas[area][1]] = n[1 + area] - n[1 + area] / 3;
    }
    grid_begin(s);
    for (size_t i = 0; i < 22; i++)
        (void)grid_cell(s, n[i]);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        grid_relate(s, tables[i][0], tables[i] + 1);
}

static inline void
round_cube(struct cube *cube, uint64_t key_number, struct counted_source *c,
           int64_t out[])
{
    uint8_t key[ROUNDING_KEY_LEN];
    unsigned steps = 77;
    size_t in_conflict;

    key_of(key_number, key);
    assert_true(cube->r.n <= CELLS_MAX);
    assert_ok(rounding_run(&cube->r, key, &c->source, TIMEOUT_MS, out, &steps,
                           &in_conflict));
    assert_int_equal(steps, 0);
    assert_rounded(&cube->r, out);
}

static inline void
same_set(struct grid *s, size_t a, size_t b)
{
    memcpy(s->cells[b].id, s->cells[a].id, ROUNDING_ID_LEN);
}

#endif
