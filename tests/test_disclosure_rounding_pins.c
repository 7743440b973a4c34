#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/rounded.h"

#include "disclosure/solver_job.h"

/* ---- Pins ---- */

static void
test_pins_stay_and_the_rest_adds_up_around_them(void **state)
{
    static const size_t dims[CUBE_DIMS] = {5, 4, 1};
    int64_t first[30], out[30];

    for (uint64_t seed = 0; seed < 100; seed++) {
        struct cube cube;
        uint64_t draw = seed;

        cube_make(&cube, dims, seed);
        round_cube(&cube, seed, *state, first);
        /* What was printed under one key is pinned, in part, under another. */
        for (size_t i = 0; i < cube.r.n; i++) {
            cube.cells[i].pinned = cube_random(&draw) % 3 == 0;
            cube.cells[i].pin = first[i];
        }
        round_cube(&cube, seed + 1, *state, out);
        cube_free(&cube);
    }
}

/* Cells in several sums at once, in no order: between whole numbers there
 * are many vertices, and ways down from them that lead nowhere. */
static void
make_tangle(struct grid *s, uint64_t seed)
{
    int64_t n[16], hidden[16];

    grid_begin(s);
    for (size_t i = 0; i < 16; i++) {
        n[i] = 1 + (int64_t)(cube_random(&seed) % 4);
        hidden[i] = cube_random(&seed) % 2 == 0 ? 0 : BASE;
        (void)grid_cell(s, n[i]);
    }
    for (size_t r = 0; r < 12; r++) {
        size_t a = (size_t)(cube_random(&seed) % 16);
        size_t b = (a + 1 + (size_t)(cube_random(&seed) % 7)) % 16;
        size_t c = (a + 8 + (size_t)(cube_random(&seed) % 8)) % 16;
        size_t whole = grid_pinned(s, n[a] + n[b] + n[c],
                                   hidden[a] + hidden[b] + hidden[c]);

        RELATE(s, whole, a, b, c);
    }
}

static void
test_pins_stay_where_cells_are_in_many_sums(void **state)
{
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct grid s;

        make_tangle(&s, seed);
        assert_ok(grid_run(&s, (uint8_t)seed, *state));
        assert_int_equal(s.steps, 0);
        assert_rounded(&s.r, s.out);
    }
}

/* Three pairs of three cells come to one step each: halves would do. */
static void
test_what_only_halves_would_fulfil_is_a_conflict(void **state)
{
    struct grid s;

    grid_begin(&s);
    (void)grid_cell(&s, 2);
    (void)grid_cell(&s, 3);
    (void)grid_cell(&s, 3);
    (void)grid_pinned(&s, 5, 5);
    (void)grid_pinned(&s, 6, 5);
    (void)grid_pinned(&s, 5, 5);
    RELATE(&s, 3, 0, 1);
    RELATE(&s, 4, 1, 2);
    RELATE(&s, 5, 0, 2);
    assert_err(grid_run(&s, 1, *state), SV_ERR_CONFLICT);
    assert_in_range(s.in_conflict, 0, 2);
    assert_untouched(&s);
}

static void
test_a_pin_stays_however_far_the_count_went(void **state)
{
    struct grid s;

    grid_begin(&s);
    (void)grid_cell(&s, 41);
    (void)grid_pinned(&s, 22, 15);
    (void)grid_cell(&s, 19);
    (void)grid_pinned(&s, 0, 10); /* of whom nobody is left */
    RELATE(&s, 0, 1, 2, 3);
    (void)grid_pinned(&s, 7, 100); /* in no relation */
    assert_ok(grid_run(&s, 1, *state));
    assert_int_equal(s.out[1], 15);
    assert_int_equal(s.out[3], 10);
    assert_int_equal(s.out[4], 100);
    assert_int_equal(s.out[0], s.out[2] + 25);
}

static void
test_pins_that_contradict_each_other_are_named(void **state)
{
    struct grid s;

    /* One relation of nothing but pins, beside one that holds. */
    grid_begin(&s);
    (void)grid_pinned(&s, 46, 45);
    (void)grid_pinned(&s, 2, 0);
    (void)grid_pinned(&s, 44, 40);
    (void)grid_pinned(&s, 33, 35);
    (void)grid_pinned(&s, 13, 10);
    RELATE(&s, 0, 3, 4);
    RELATE(&s, 0, 1, 2);
    assert_err(grid_run(&s, 1, *state), SV_ERR_CONFLICT);
    assert_int_equal(s.in_conflict, 1);
    assert_untouched(&s);

    /* A pin that is too far off for the rest, one step more included. */
    grid_begin(&s);
    (void)grid_cell(&s, 46);
    (void)grid_cell(&s, 6);
    (void)grid_pinned(&s, 40, 70);
    RELATE(&s, 0, 1, 2);
    assert_err(grid_run(&s, 1, *state), SV_ERR_CONFLICT);
    assert_int_equal(s.in_conflict, 0);
    assert_untouched(&s);
}

/* Each relation alone could hold: 70 is within reach of the areas' sum, but
 * not of the sum of their prefectures' pins. */
static void
make_conflict(struct grid *s, size_t without)
{
    static const size_t relations[][4] = {
        {3, 8, 9, END}, {0, 1, 2, END},  {1, 4, 5, END},
        {2, 6, 7, END}, {1, 3, 10, END},
    };

    grid_begin(s);
    (void)grid_pinned(s, 60, 70);
    (void)grid_cell(s, 33);
    (void)grid_cell(s, 27);
    (void)grid_cell(s, 21);
    (void)grid_pinned(s, 17, 15);
    (void)grid_pinned(s, 16, 15);
    (void)grid_pinned(s, 13, 10);
    (void)grid_pinned(s, 14, 15);
    (void)grid_cell(s, 9);
    (void)grid_cell(s, 12);
    (void)grid_cell(s, 12);
    for (size_t i = 0; i < 5; i++) {
        if (i != without)
            grid_relate(s, relations[i][0], relations[i] + 1);
    }
}

static void
test_pins_that_contradict_each_other_through_others_are_named(void **state)
{
    struct grid s;
    size_t named;

    make_conflict(&s, SIZE_MAX);
    assert_err(grid_run(&s, 1, *state), SV_ERR_CONFLICT);
    assert_untouched(&s);
    named = s.in_conflict;
    assert_in_range(named, 1, 3); /* not those without a pin */
    make_conflict(&s, named);
    assert_ok(grid_run(&s, 1, *state));
}

/* A relation without a pin is the bridge: it is not to blame. */
static void
test_the_relation_that_is_named_has_a_pin(void **state)
{
    for (uint64_t shift = 0; shift < 30; shift++) {
        struct grid s;

        grid_begin(&s);
        (void)grid_pinned(&s, 20, 35);
        (void)grid_cell(&s, 13); /* with 3 at 0: 15 at most */
        (void)grid_cell(&s, 7);
        (void)grid_cell(&s, 7);
        (void)grid_cell(&s, 6);
        (void)grid_pinned(&s, 3, 0);
        (void)grid_pinned(&s, 4, 0);
        for (size_t i = 0; i < s.r.n; i++)
            cube_id(100 * shift + i, s.cells[i].id);
        RELATE(&s, 0, 1, 2);
        RELATE(&s, 1, 3, 4);
        RELATE(&s, 3, 5, 6);
        assert_err(grid_run(&s, 1, *state), SV_ERR_CONFLICT);
        assert_true(s.in_conflict == 0 || s.in_conflict == 2);
        assert_untouched(&s);
    }
}

static void
test_counts_that_do_not_add_up_are_named(void **state)
{
    struct grid s;

    grid_begin(&s);
    (void)grid_cell(&s, 46);
    (void)grid_cell(&s, 2);
    (void)grid_cell(&s, 4);
    (void)grid_cell(&s, 33);
    (void)grid_cell(&s, 13);
    RELATE(&s, 0, 3, 4);
    RELATE(&s, 0, 1, 2);
    assert_err(grid_run(&s, 1, *state), SV_ERR_CONFLICT);
    assert_in_range(s.in_conflict, 0, 1);
    assert_untouched(&s);
}

/* ---- One step more ---- */

static void
test_wholes_go_one_step_more_before_others_do(void **state)
{
    struct grid s;

    grid_begin(&s);
    (void)grid_cell(&s, 12); /* 10 or 15 */
    (void)grid_pinned(&s, 6, 10);
    (void)grid_pinned(&s, 6, 10);
    RELATE(&s, 0, 1, 2);
    (void)grid_cell(&s, 7);
    (void)grid_cell(&s, 9);
    (void)grid_cell(&s, 16);
    RELATE(&s, 5, 3, 4);
    assert_ok(grid_run(&s, 1, *state));
    assert_int_equal(s.steps, 1);
    assert_int_equal(s.out[0], 20);
    assert_int_equal(s.out[5], s.out[3] + s.out[4]);
    assert_true(s.out[3] == 5 || s.out[3] == 10);
    assert_true(s.out[4] == 5 || s.out[4] == 10);
    assert_true(s.out[5] == 15 || s.out[5] == 20);

    grid_begin(&s);
    (void)grid_pinned(&s, 10, 15);
    (void)grid_cell(&s, 5); /* 5 */
    (void)grid_cell(&s, 5);
    (void)grid_cell(&s, 0);
    RELATE(&s, 0, 1, 2, 3);
    assert_ok(grid_run(&s, 1, *state));
    assert_int_equal(s.steps, 1);
    assert_int_equal(s.out[1] + s.out[2], 15);
    assert_int_equal(s.out[3], 0); /* 0 stays 0 all the same */
}

/* The part would cost less than the whole beside it. */
static void
test_a_part_keeps_near_where_a_whole_may_go_farther(void **state)
{
    for (uint8_t key = 0; key < 20; key++) {
        struct grid s;

        grid_begin(&s);
        (void)grid_pinned(&s, 12, 20);
        (void)grid_cell(&s, 8);
        (void)grid_cell(&s, 4);
        (void)grid_cell(&s, 3);
        (void)grid_cell(&s, 3);
        (void)grid_cell(&s, 2);
        RELATE(&s, 0, 1, 2);
        RELATE(&s, 1, 3, 4, 5);
        assert_ok(grid_run(&s, key, *state));
        assert_int_equal(s.steps, 1);
        assert_int_equal(s.out[1], 15);
        assert_int_equal(s.out[2], 5);
    }
}

static void
test_no_cell_goes_farther_than_one_step_more(void **state)
{
    for (int64_t pin = 0; pin <= 60; pin += BASE) {
        int64_t beyond = pin < 20   ? (20 - pin) / BASE
                         : pin > 35 ? (pin - 35) / BASE
                                    : 0;
        struct grid s;
        enum sv_err err;

        grid_begin(&s);
        (void)grid_pinned(&s, 26, pin);
        (void)grid_cell(&s, 3);
        (void)grid_cell(&s, 11);
        (void)grid_cell(&s, 12);
        RELATE(&s, 0, 1, 2, 3);
        err = grid_run(&s, 1, *state);
        /* 0, 10, 10 to 5, 15, 15; and 0, 5, 5 to 10, 20, 20. */
        if (pin < 10 || pin > 50) {
            assert_err(err, SV_ERR_CONFLICT);
            continue;
        }
        assert_ok(err);
        assert_int_equal(s.steps, beyond > 0);
        for (size_t i = 1; i < 4; i++) {
            beyond -= s.out[i] <= s.cells[i].n - BASE ||
                      s.out[i] >= s.cells[i].n + BASE;
            assert_true(s.out[i] > s.cells[i].n - 2 * BASE);
            assert_true(s.out[i] < s.cells[i].n + 2 * BASE);
        }
        assert_int_equal(s.out[1] + s.out[2] + s.out[3], pin);
        assert_int_equal(beyond, 0); /* and no more do than have to */
    }
}

/* ---- No answer, and bad input ---- */

static enum sv_err
open_nothing(void *ctx, int *fd)
{
    (void)ctx;
    (void)fd;
    return SV_ERR_UNVERIFIED;
}

/* A solver that is gone when it is asked. */
static enum sv_err
open_dead(void *ctx, int *fd)
{
    int ends[2];

    (void)ctx;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    close(ends[1]);
    *fd = ends[0];
    return SV_OK;
}

static void
test_without_a_solver_nothing_is_rounded(void **state)
{
    static enum sv_err (*const sources[])(void *, int *) = {open_nothing,
                                                            open_dead};
    struct counted_source *real = *state;
    unsigned opened = real->opened;
    struct grid s;
    uint8_t key = 0;

    do {
        make_linked(&s, 7);
        assert_ok(grid_run(&s, ++key, real));
    } while (real->opened == opened);
    for (size_t i = 0; i < 2; i++) {
        struct counted_source none = {{sources[i], NULL}, NULL, 0};

        make_linked(&s, 7);
        assert_err(grid_run(&s, key, &none), SV_ERR_UNVERIFIED);
        assert_untouched(&s);
    }
}

/*
 * A solver that lies: between the real one and its client, each number of an
 * answer becomes another one, or there is no bound.
 */
struct liar {
    const struct solver_source *real;
    double number;
    bool has_no_bound; /* it says so in place of the answer */
    int client, solver;
    unsigned n_lies;
    pthread_t thread;
};

struct frame { /* the head of an answer; len bytes of numbers follow */
    uint32_t kind, number;
    uint64_t len;
};

static bool
read_all(int fd, void *out, size_t len)
{
    return recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

static bool
tell_lie(struct liar *l)
{
    static double numbers[CELLS_MAX];
    struct frame f;

    if (!read_all(l->solver, &f, sizeof f) || f.len > sizeof numbers ||
        !read_all(l->solver, numbers, (size_t)f.len))
        return false;
    for (size_t i = 0; i < f.len / sizeof *numbers; i++)
        numbers[i] = l->number;
    l->n_lies += f.len > 0;
    if (l->has_no_bound)
        f = (struct frame){JOB_UNBOUNDED, f.number, 0};
    return send(l->client, &f, sizeof f, MSG_NOSIGNAL) == sizeof f &&
           send(l->client, numbers, (size_t)f.len, MSG_NOSIGNAL) ==
               (ssize_t)f.len;
}

static bool
pass_request(struct liar *l)
{
    char some[4096];
    ssize_t n = recv(l->client, some, sizeof some, 0);

    return n > 0 && send(l->solver, some, (size_t)n, MSG_NOSIGNAL) == n;
}

static void *
lie(void *ctx)
{
    struct liar *l = ctx;
    struct pollfd ends[2] = {{l->client, POLLIN, 0}, {l->solver, POLLIN, 0}};
    bool goes_on = true;

    while (goes_on && poll(ends, 2, -1) > 0) {
        if (ends[0].revents != 0)
            goes_on = pass_request(l);
        if (goes_on && ends[1].revents != 0)
            goes_on = tell_lie(l);
    }
    close(l->client);
    close(l->solver);
    return NULL;
}

static enum sv_err
open_liar(void *ctx, int *fd)
{
    struct liar *l = ctx;
    int ends[2];

    assert_ok(l->real->open(l->real->ctx, &l->solver));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    l->client = ends[1];
    *fd = ends[0];
    assert_int_equal(pthread_create(&l->thread, NULL, lie, l), 0);
    return SV_OK;
}

static void
test_a_solver_that_lies_is_not_believed(void **state)
{
    static const double numbers[] = {0, 1, 0.5, 0.25, -1, 7, 1e300};
    static const size_t dims[CUBE_DIMS] = {8, 8, 1};
    const struct counted_source *real = *state;
    int64_t out[81] = {UNTOUCHED};
    uint8_t key[ROUNDING_KEY_LEN] = {1};
    struct cube cube;

    cube_make(&cube, dims, 1);
    for (size_t i = 0; i <= sizeof numbers / sizeof *numbers; i++) {
        bool is_last = i == sizeof numbers / sizeof *numbers;
        struct liar liar = {.real = &real->source,
                            .number = is_last ? 0 : numbers[i],
                            .has_no_bound = is_last};
        const struct solver_source source = {open_liar, &liar};
        unsigned steps = 77;
        size_t in_conflict;

        assert_err(rounding_run(&cube.r, key, &source, TIMEOUT_MS, out, &steps,
                                &in_conflict),
                   SV_ERR_UNVERIFIED);
        assert_int_equal(pthread_join(liar.thread, NULL), 0);
        assert_in_range(liar.n_lies, 1, 500);
        assert_int_equal(out[0], UNTOUCHED);
        assert_int_equal(steps, 77);
    }
    cube_free(&cube);
}

static void
test_out_of_time_nothing_is_rounded(void **state)
{
    static const size_t dims[CUBE_DIMS] = {8, 8, 1};
    struct counted_source *c = *state;
    int64_t out[81] = {UNTOUCHED};
    uint8_t key[ROUNDING_KEY_LEN] = {1};
    unsigned steps = 77;
    size_t in_conflict;
    struct cube cube;

    cube_make(&cube, dims, 1);
    assert_err(
        rounding_run(&cube.r, key, &c->source, 0, out, &steps, &in_conflict),
        SV_ERR_UNVERIFIED);
    assert_int_equal(out[0], UNTOUCHED);
    assert_int_equal(steps, 77);
    cube_free(&cube);
}

static void
spoil(struct grid *s, unsigned how)
{
    switch (how) {
    case 0:
        s->r.base = 1;
        break;
    case 1:
        s->r.base = ROUNDING_BASE_MAX + 1;
        break;
    case 2:
        s->cells[0].n = -1;
        break;
    case 3:
        s->cells[0].n = ROUNDING_VALUE_MAX + 1;
        break;
    case 4:
        s->cells[1].weight = 0;
        break;
    case 5:
        s->cells[1].weight = ROUNDING_WEIGHT_MAX + 1;
        break;
    case 6:
        s->cells[2].pin = 42;
        break;
    case 7:
        s->cells[2].pin = -5;
        break;
    case 8:
        s->cells[2].pin = ROUNDING_VALUE_MAX / 5 * 5 + 5;
        break;
    case 9:
        s->relations[0].whole = 3;
        break;
    case 10:
        s->parts[0][1] = 3;
        break;
    case 11:
        same_set(s, 0, 1);
        break; /* other counts */
    case 12:   /* one of them pinned */
        same_set(s, 0, 2);
        s->cells[2].n = s->cells[0].n;
        break;
    case 13: /* other pins */
        same_set(s, 1, 2);
        s->cells[1] = s->cells[2];
        s->cells[1].pin = 45;
        break;
    default:
        break;
    }
}
#define WAYS_TO_SPOIL 14

static void
test_what_makes_no_sense_is_refused(void **state)
{
    for (unsigned how = 0; how <= WAYS_TO_SPOIL; how++) {
        struct grid s;

        grid_begin(&s);
        (void)grid_cell(&s, 46);
        (void)grid_cell(&s, 2);
        (void)grid_pinned(&s, 44, 40);
        RELATE(&s, 0, 1, 2);
        spoil(&s, how);
        if (how == WAYS_TO_SPOIL) {
            assert_ok(grid_run(&s, 1, *state));
            break;
        }
        assert_err(grid_run(&s, 1, *state), SV_ERR_USAGE);
        assert_untouched(&s);
    }
}

static void
test_a_table_of_nothing_is_rounded_to_nothing(void **state)
{
    struct grid s;

    grid_begin(&s);
    assert_ok(grid_run(&s, 1, *state));
    assert_int_equal(s.steps, 0);
    assert_int_equal(s.out[0], UNTOUCHED);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pins_stay_and_the_rest_adds_up_around_them),
        cmocka_unit_test(test_pins_stay_where_cells_are_in_many_sums),
        cmocka_unit_test(test_what_only_halves_would_fulfil_is_a_conflict),
        cmocka_unit_test(test_a_pin_stays_however_far_the_count_went),
        cmocka_unit_test(test_pins_that_contradict_each_other_are_named),
        cmocka_unit_test(
            test_pins_that_contradict_each_other_through_others_are_named),
        cmocka_unit_test(test_the_relation_that_is_named_has_a_pin),
        cmocka_unit_test(test_counts_that_do_not_add_up_are_named),
        cmocka_unit_test(test_wholes_go_one_step_more_before_others_do),
        cmocka_unit_test(test_a_part_keeps_near_where_a_whole_may_go_farther),
        cmocka_unit_test(test_no_cell_goes_farther_than_one_step_more),
        cmocka_unit_test(test_without_a_solver_nothing_is_rounded),
        cmocka_unit_test(test_a_solver_that_lies_is_not_believed),
        cmocka_unit_test(test_out_of_time_nothing_is_rounded),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
        cmocka_unit_test(test_a_table_of_nothing_is_rounded_to_nothing),
    };

    return cmocka_run_group_tests(tests, start_solver, stop_solver);
}
