#include "tests/support/rounded.h"

#define KEYS 2000

/* ---- Targets ---- */

static void
test_the_mean_of_targets_over_keys_is_the_count(void **state)
{
    uint8_t id[ROUNDING_ID_LEN];

    (void)state;
    cube_id(1, id);
    for (int64_t n = 1; n <= 14; n++) {
        double rest = (double)(n % BASE) / BASE, sum = 0, error, limit;

        for (uint64_t k = 0; k < KEYS; k++) {
            uint8_t key[ROUNDING_KEY_LEN];
            int64_t got;

            key_of(k, key);
            got = rounding_target(key, id, n, BASE);
            assert_int_equal(got % BASE, 0);
            assert_true(got > n - BASE && got < n + BASE);
            sum += (double)(got - n);
        }
        /* Five standard errors: the square of both sides. */
        error = sum / KEYS;
        limit = 25.0 * BASE * BASE * rest * (1 - rest) / KEYS;
        assert_true(error * error <= limit);
    }
}

static void
test_a_target_never_falls_when_the_count_grows(void **state)
{
    static const int64_t bases[] = {2, 3, 5, 10, 1000, ROUNDING_BASE_MAX};

    (void)state;
    for (uint64_t k = 0; k < 200; k++) {
        uint8_t key[ROUNDING_KEY_LEN], id[ROUNDING_ID_LEN];

        key_of(k, key);
        cube_id(k, id);
        for (size_t b = 0; b < sizeof bases / sizeof *bases; b++) {
            int64_t before = 0;

            assert_int_equal(rounding_target(key, id, 0, bases[b]), 0);
            for (int64_t n = 1; n < 40; n++) {
                int64_t got = rounding_target(key, id, n, bases[b]);

                assert_true(got >= before);
                assert_true(n % bases[b] != 0 || got == n);
                before = got;
            }
        }
    }
}

/* Else both together would be worth more than one. */
static void
test_a_multiple_of_the_base_tells_nothing_more(void **state)
{
    uint8_t key[ROUNDING_KEY_LEN] = {9}, id[ROUNDING_ID_LEN];

    (void)state;
    for (uint64_t k = 0; k < 500; k++) {
        cube_id(k, id);
        for (int64_t n = 1; n < 60; n++) {
            if (rounding_target(key, id, n, 5) ==
                rounding_target(key, id, n - 1, 5))
                assert_int_equal(rounding_target(key, id, n, 10),
                                 rounding_target(key, id, n - 1, 10));
        }
    }
}

static void
test_the_key_and_the_set_decide(void **state)
{
    uint8_t key[ROUNDING_KEY_LEN], id[ROUNDING_ID_LEN];
    unsigned up_by_key = 0, up_by_id = 0;

    (void)state;
    for (uint64_t k = 0; k < 200; k++) {
        key_of(k, key);
        cube_id(1, id);
        up_by_key += rounding_target(key, id, 2, 4) == 4;
        key_of(1, key);
        cube_id(k, id);
        up_by_id += rounding_target(key, id, 2, 4) == 4;
    }
    assert_in_range(up_by_key, 65, 135);
    assert_in_range(up_by_id, 65, 135);
}

/* ---- One relation ---- */

static void
test_what_is_linked_by_one_relation_needs_no_solver(void **state)
{
    struct counted_source *c = *state;
    unsigned opened = c->opened;

    for (unsigned k = 0; k < 256; k++) {
        struct grid s;

        grid_begin(&s);
        for (int64_t n = 0; n <= 4; n++)
            (void)grid_cell(&s, n * (k % 7));
        (void)grid_cell(&s, 10 * (k % 7));
        RELATE(&s, 5, 0, 1, 2, 3, 4);
        (void)grid_cell(&s, 46);
        (void)grid_cell(&s, 2);
        (void)grid_cell(&s, 44);
        RELATE(&s, 6, 7, 8);
        assert_ok(grid_run(&s, (uint8_t)k, c));
        assert_int_equal(s.steps, 0);
        assert_rounded(&s.r, s.out);
    }
    assert_int_equal(c->opened, opened);
}

/* The whole keeps its target where its parts can make up for it, and no part
 * leaves its own in vain. */
static void
test_no_cell_leaves_its_target_in_vain(void **state)
{
    struct counted_source *c = *state;

    for (unsigned k = 0; k < 256; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {(uint8_t)k, 1};
        int64_t lack, target[6];
        struct grid s;
        size_t moved = 0;

        grid_begin(&s);
        (void)grid_cell(&s, 1 + 2 + 3 + 4 + 6);
        (void)grid_cell(&s, 1);
        (void)grid_cell(&s, 2);
        (void)grid_cell(&s, 3);
        (void)grid_cell(&s, 4);
        (void)grid_cell(&s, 6);
        RELATE(&s, 0, 1, 2, 3, 4, 5);
        assert_ok(grid_run(&s, (uint8_t)k, c));
        for (size_t i = 0; i < 6; i++)
            target[i] = rounding_target(key, s.cells[i].id, s.cells[i].n, BASE);
        lack = target[0];
        for (size_t i = 1; i < 6; i++) {
            lack -= target[i];
            moved += s.out[i] != target[i];
        }
        assert_int_equal(s.out[0], target[0]);
        assert_int_equal(moved, (lack < 0 ? -lack : lack) / BASE);
    }
}

/* ---- The mean after sums were looked at ---- */

static double
largest_mean_error(struct rounding *r, struct counted_source *c, unsigned keys)
{
    static int64_t out[CELLS_MAX];
    static double sum[CELLS_MAX];
    unsigned steps;
    size_t in_conflict;
    double largest = 0;

    memset(sum, 0, sizeof sum);
    for (uint64_t k = 0; k < keys; k++) {
        uint8_t key[ROUNDING_KEY_LEN];

        key_of(k, key);
        assert_ok(rounding_run(r, key, &c->source, TIMEOUT_MS, out, &steps,
                               &in_conflict));
        for (size_t i = 0; i < r->n; i++)
            sum[i] += (double)(out[i] - r->cells[i].n);
    }
    for (size_t i = 0; i < r->n; i++) {
        double error = sum[i] / keys;

        error = error < 0 ? -error : error;
        largest = error > largest ? error : largest;
    }
    return largest;
}

static void
test_sums_leave_little_bias_in_one_relation(void **state)
{
    static const int64_t tables[][8] = {
        {46, 2, 44},      {46, 33, 13},         {34, 28, 4, 2},
        {10, 1, 2, 3, 4}, {5, 1, 1, 1, 1, 1},   {16, 4, 4, 4, 4},
        {37, 32, 5},      {20, 1, 1, 1, 1, 16}, {13, 1, 1, 1, 1, 1, 4, 4},
    };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        double error;
        struct grid s;
        size_t n = 0;

        grid_begin(&s);
        for (; n < 8 && tables[i][n] != 0; n++)
            s.parts[0][n] = grid_cell(&s, tables[i][n]);
        s.relations[0] = (struct rounding_relation){0, n - 1, s.parts[0] + 1};
        s.cells[0].weight = 16;
        s.r.n_relations = 1;
        error = largest_mean_error(&s.r, *state, KEYS);
        assert_true(error < 0.25);
    }
}

/* ---- Tables ---- */

static void
test_tables_of_two_dimensions_add_up(void **state)
{
    static int64_t out[CELLS_MAX];

    for (uint64_t seed = 0; seed < 300; seed++) {
        const size_t dims[CUBE_DIMS] = {2 + seed % 5, 2 + seed % 7, 1};
        struct cube cube;

        cube_make(&cube, dims, seed);
        round_cube(&cube, seed, *state, out);
        cube_free(&cube);
    }
}

static void
test_tables_of_three_dimensions_add_up(void **state)
{
    static int64_t out[CELLS_MAX];

    for (uint64_t seed = 0; seed < 200; seed++) {
        const size_t dims[CUBE_DIMS] = {2 + seed % 5, 2 + seed % 3,
                                        2 + seed % 4};
        struct cube cube;

        cube_make(&cube, dims, seed);
        round_cube(&cube, seed, *state, out);
        cube_free(&cube);
    }
}

static void
test_hierarchies_and_linked_tables_add_up(void **state)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct grid s;

        make_linked(&s, seed);
        assert_ok(grid_run(&s, (uint8_t)seed, *state));
        assert_int_equal(s.steps, 0);
        assert_rounded(&s.r, s.out);
    }
}

/* Every way to round a table of 3 x 3 with its margins, tried out. */
static int64_t
least_weight(const struct rounding *r, const int64_t target[])
{
    size_t open[16], n_open = 0;
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < r->n; i++) {
        if (r->cells[i].n % BASE != 0)
            open[n_open++] = i;
    }
    for (uint32_t way = 0; way < UINT32_C(1) << n_open; way++) {
        int64_t out[16], weight = 0;
        bool holds = true;

        for (size_t i = 0; i < r->n; i++)
            out[i] = r->cells[i].n / BASE * BASE;
        for (size_t i = 0; i < n_open; i++) {
            out[open[i]] += (way >> i & 1) != 0 ? BASE : 0;
            if (out[open[i]] != target[open[i]])
                weight += r->cells[open[i]].weight;
        }
        for (size_t i = 0; i < r->n_relations && holds; i++) {
            const struct rounding_relation *rel = &r->relations[i];

            holds = out[rel->whole] == out[rel->parts[0]] + out[rel->parts[1]] +
                                           out[rel->parts[2]];
        }
        if (holds && weight < least)
            least = weight;
    }
    return least;
}

static void
test_the_cells_that_leave_their_targets_are_those_of_least_weight(void **state)
{
    static const size_t dims[CUBE_DIMS] = {3, 3, 1};

    for (uint64_t seed = 0; seed < 60; seed++) {
        int64_t out[16], target[16], weight = 0, least;
        uint8_t key[ROUNDING_KEY_LEN];
        struct cube cube;

        cube_make(&cube, dims, seed);
        round_cube(&cube, seed, *state, out);
        key_of(seed, key);
        for (size_t i = 0; i < cube.r.n; i++) {
            const struct rounding_cell *c = &cube.cells[i];

            target[i] = rounding_target(key, c->id, c->n, BASE);
            weight += out[i] == target[i] ? 0 : c->weight;
        }
        least = least_weight(&cube.r, target);
        /* Lots weigh up to a quarter. */
        assert_true(weight >= least && 4 * weight <= 5 * least);
        cube_free(&cube);
    }
}

static void
test_sums_leave_little_bias_in_a_table(void **state)
{
    static const size_t dims[CUBE_DIMS] = {6, 4, 1};

    for (uint64_t seed = 0; seed < 3; seed++) {
        struct cube cube;
        double error;

        cube_make(&cube, dims, seed);
        error = largest_mean_error(&cube.r, *state, KEYS / 4);
        assert_true(error < 0.7);
        cube_free(&cube);
    }
}

/* ---- The order is of no meaning ---- */

/* The same table, its cells, relations and parts shuffled.  cell_at and
 * relation_at: where each went. */
static void
shuffle(const struct cube *from, uint64_t seed, struct cube *to,
        size_t cell_at[], size_t relation_at[])
{
    cube_make(to, from->dims, 0);
    for (size_t i = 0; i < from->r.n; i++) {
        size_t at = (size_t)(cube_random(&seed) % (i + 1));

        cell_at[i] = i;
        cell_at[i] = cell_at[at];
        cell_at[at] = i;
    }
    for (size_t i = 0; i < from->r.n_relations; i++) {
        size_t at = (size_t)(cube_random(&seed) % (i + 1));

        relation_at[i] = i;
        relation_at[i] = relation_at[at];
        relation_at[at] = i;
    }
    for (size_t i = 0; i < from->r.n; i++)
        to->cells[cell_at[i]] = from->cells[i];
    for (size_t i = 0, used = 0; i < from->r.n_relations; i++) {
        const struct rounding_relation *rel = &from->relations[i];
        size_t turn = (size_t)(cube_random(&seed) % rel->n);

        for (size_t k = 0; k < rel->n; k++)
            to->parts[used + k] = cell_at[rel->parts[(k + turn) % rel->n]];
        to->relations[relation_at[i]] = (struct rounding_relation){
            cell_at[rel->whole], rel->n, to->parts + used};
        used += rel->n;
    }
}

static void
assert_order_is_nothing(const size_t dims[static CUBE_DIMS], uint64_t seed,
                        struct counted_source *c)
{
    static int64_t out[CELLS_MAX], other[CELLS_MAX];
    static size_t cell_at[CELLS_MAX], relation_at[CELLS_MAX];
    struct cube cube, mixed;

    cube_make(&cube, dims, seed);
    round_cube(&cube, seed, c, out);
    for (uint64_t turn = 0; turn < 3; turn++) {
        shuffle(&cube, 100 * seed + turn, &mixed, cell_at, relation_at);
        round_cube(&mixed, seed, c, other);
        for (size_t i = 0; i < cube.r.n; i++)
            assert_int_equal(out[i], other[cell_at[i]]);
        cube_free(&mixed);
    }
    cube_free(&cube);
}

static void
test_the_order_of_cells_and_relations_changes_nothing(void **state)
{
    /* Large enough for a way down with several columns to choose from. */
    static const size_t large[CUBE_DIMS] = {12, 9, 6};

    for (uint64_t seed = 0; seed < 60; seed++) {
        const size_t dims[CUBE_DIMS] = {3 + seed % 4, 2 + seed % 5,
                                        1 + seed % 3};

        assert_order_is_nothing(dims, seed, *state);
    }
    assert_order_is_nothing(large, 0, *state);
}

static void
test_another_key_rounds_otherwise(void **state)
{
    static const size_t dims[CUBE_DIMS] = {8, 8, 1};
    int64_t out[81], other[81];
    size_t differ = 0;
    struct cube cube;

    cube_make(&cube, dims, 3);
    round_cube(&cube, 1, *state, out);
    round_cube(&cube, 2, *state, other);
    for (size_t i = 0; i < 81; i++)
        differ += out[i] != other[i];
    assert_true(differ > 10);
    cube_free(&cube);
}

/* ---- Sets that are there twice ---- */

/* The first, or the last, of the cells of one set weighs more than the parts:
 * it keeps its target. */
static void
test_the_largest_weight_of_a_set_counts(void **state)
{
    for (unsigned k = 0; k < 100; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {(uint8_t)k, 1};
        struct grid s;

        grid_begin(&s);
        (void)grid_cell(&s, 13);
        (void)grid_cell(&s, 6);
        (void)grid_cell(&s, 7);
        (void)grid_cell(&s, 13);
        same_set(&s, 0, 3);
        RELATE(&s, 0, 1, 2);
        s.cells[1].weight = s.cells[2].weight = 8;
        s.cells[0].weight = k % 2 == 0 ? 16 : 1;
        s.cells[3].weight = k % 2 == 0 ? 1 : 16;
        assert_ok(grid_run(&s, (uint8_t)k, *state));
        assert_int_equal(s.out[0],
                         rounding_target(key, s.cells[0].id, 13, BASE));
    }
}

static void
test_cells_of_one_set_get_one_figure(void **state)
{
    for (unsigned k = 0; k < 100; k++) {
        struct grid s;

        grid_begin(&s);
        (void)grid_cell(&s, 46);
        (void)grid_cell(&s, 12);
        (void)grid_cell(&s, 34);
        (void)grid_cell(&s, 34); /* under another name */
        (void)grid_cell(&s, 28);
        (void)grid_cell(&s, 6);
        (void)grid_cell(&s, 34); /* and a part that is the whole */
        (void)grid_cell(&s, 0);
        same_set(&s, 2, 3);
        same_set(&s, 2, 6);
        RELATE(&s, 0, 1, 2);
        RELATE(&s, 3, 4, 5);
        RELATE(&s, 2, 6, 7);
        RELATE(&s, 0, 2, 1);
        assert_ok(grid_run(&s, (uint8_t)k, *state));
        assert_int_equal(s.steps, 0);
        assert_rounded(&s.r, s.out);
        assert_int_equal(s.out[2], s.out[3]);
        assert_int_equal(s.out[2], s.out[6]);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_mean_of_targets_over_keys_is_the_count),
        cmocka_unit_test(test_a_target_never_falls_when_the_count_grows),
        cmocka_unit_test(test_a_multiple_of_the_base_tells_nothing_more),
        cmocka_unit_test(test_the_key_and_the_set_decide),
        cmocka_unit_test(test_what_is_linked_by_one_relation_needs_no_solver),
        cmocka_unit_test(test_no_cell_leaves_its_target_in_vain),
        cmocka_unit_test(test_sums_leave_little_bias_in_one_relation),
        cmocka_unit_test(test_tables_of_two_dimensions_add_up),
        cmocka_unit_test(test_tables_of_three_dimensions_add_up),
        cmocka_unit_test(test_hierarchies_and_linked_tables_add_up),
        cmocka_unit_test(
            test_the_cells_that_leave_their_targets_are_those_of_least_weight),
        cmocka_unit_test(test_sums_leave_little_bias_in_a_table),
        cmocka_unit_test(test_the_order_of_cells_and_relations_changes_nothing),
        cmocka_unit_test(test_another_key_rounds_otherwise),
        cmocka_unit_test(test_the_largest_weight_of_a_set_counts),
        cmocka_unit_test(test_cells_of_one_set_get_one_figure),
    };

    return cmocka_run_group_tests(tests, start_solver, stop_solver);
}
