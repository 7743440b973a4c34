#include "disclosure/solver.h"
#include "disclosure/solver_process.h"
#include "support/support.h"

#define TIMEOUT_MS 20000

/* maximise 3x + 2y: x + y <= 4, x + 3y <= 6, x <= 3. */
static const struct solver_model corner = {
    .n_cols = 2,
    .n_rows = 2,
    .col_lo = (const int64_t[]){0, 0},
    .col_hi = (const int64_t[]){3, SOLVER_INFINITY},
    .row_lo = (const int64_t[]){-SOLVER_INFINITY, -SOLVER_INFINITY},
    .row_hi = (const int64_t[]){4, 6},
    .start = (const size_t[]){0, 2, 4},
    .column = (const uint32_t[]){0, 1, 0, 1},
    .factor = (const int64_t[]){1, 1, 1, 3},
};

/* 2x + 2y <= 3 of things that are whole: one of them. */
static const struct solver_model half = {
    .n_cols = 2,
    .n_rows = 1,
    .col_lo = (const int64_t[]){0, 0},
    .col_hi = (const int64_t[]){SOLVER_INFINITY, SOLVER_INFINITY},
    .row_lo = (const int64_t[]){-SOLVER_INFINITY},
    .row_hi = (const int64_t[]){3},
    .start = (const size_t[]){0, 2},
    .column = (const uint32_t[]){0, 1},
    .factor = (const int64_t[]){2, 2},
};

static const uint32_t both[] = {0, 1};

struct fixture {
    struct solver_process *process;
    struct solver_source source;
};

static int
begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL || solver_process_start(NULL, &f->process) != SV_OK)
        return -1;
    f->source = (struct solver_source){solver_process_open, f->process};
    *state = f;
    return 0;
}

static int
end(void **state)
{
    struct fixture *f = *state;

    solver_process_stop(f->process);
    free(f);
    return 0;
}

static void
a_known_program_has_its_known_optimum(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    double x[2];

    assert_ok(solver_new(&f->source, &corner, TIMEOUT_MS, &s));
    assert_ok(
        solver_optimum(s, SOLVER_MAX, 2, both, (const double[]){3, 2}, x));
    assert_true(x[0] == 3 && x[1] == 1);
    assert_ok(
        solver_optimum(s, SOLVER_MIN, 2, both, (const double[]){3, 2}, x));
    assert_true(x[0] == 0 && x[1] == 0);
    solver_free(s);
}

static void
whole_numbers_only_have_their_own_optimum(void **state)
{
    const struct fixture *f = *state;
    const double factor[] = {3, 2};
    struct solver *s = NULL;
    double x[2];
    int64_t whole[2];

    assert_ok(solver_new(&f->source, &half, TIMEOUT_MS, &s));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, factor, x));
    assert_true(x[0] == 1.5);
    assert_ok(solver_integer(s, SOLVER_MAX, 2, both, factor, 0, whole));
    assert_int_equal(whole[0], 1);
    assert_int_equal(whole[1], 0);
    solver_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_known_program_has_its_known_optimum,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            whole_numbers_only_have_their_own_optimum, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
