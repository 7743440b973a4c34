#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/solved.h"

#include "disclosure/solver.h"
#include "disclosure/solver_job.h"

/* 2x + 2y <= 3: of whole things there is one. */
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

/* ---- What it answers ---- */

static void
a_known_program_has_its_known_optimum(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    double x[2];

    assert_ok(solver_new(&f->source, &corner, LONG_MS, &s));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    assert_true(x[0] == 3 && x[1] == 1);
    assert_ok(solver_optimum(s, SOLVER_MIN, 2, both, three_two, x));
    assert_true(x[0] == 0 && x[1] == 0);
    assert_ok(solver_optimum(s, SOLVER_MAX, 1, both + 1, three_two, x));
    assert_true(x[1] == 2);
    /* No objective at all: any point will do. */
    assert_ok(solver_optimum(s, SOLVER_MAX, 0, NULL, NULL, x));
    solver_free(s);
}

static void
whole_numbers_have_an_optimum_of_their_own(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    double x[2];
    int64_t whole[2];

    assert_ok(solver_new(&f->source, &half, LONG_MS, &s));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    assert_true(x[0] == 1.5);
    assert_ok(solver_integer(s, SOLVER_MAX, 2, both, three_two, 0, whole));
    assert_int_equal(whole[0], 1);
    assert_int_equal(whole[1], 0);
    solver_free(s);
}

static void
no_solution_and_no_bound_are_told_apart(void **state)
{
    const struct fixture *f = *state;
    const struct solver_model free_column = {
        .n_cols = 1,
        .col_lo = (const int64_t[]){-SOLVER_INFINITY},
        .col_hi = (const int64_t[]){SOLVER_INFINITY},
        .start = (const size_t[]){0},
    };
    struct solver *s = NULL;
    double x[2];
    int64_t whole[2];

    assert_ok(solver_new(&f->source, &half, LONG_MS, &s));
    assert_ok(solver_bound(s, 0, 2, 9));
    assert_err(solver_optimum(s, SOLVER_MIN, 2, both, three_two, x),
               SV_ERR_NOT_FOUND);
    assert_err(solver_integer(s, SOLVER_MIN, 2, both, three_two, 0, whole),
               SV_ERR_NOT_FOUND);
    /* Nor is there a number from 1 to 0. */
    assert_ok(solver_bound(s, 0, 1, 0));
    assert_err(solver_optimum(s, SOLVER_MIN, 2, both, three_two, x),
               SV_ERR_NOT_FOUND);
    assert_ok(solver_bound(s, 0, 0, 9));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    assert_true(x[0] == 1.5);
    solver_free(s);

    assert_ok(solver_new(&f->source, &free_column, LONG_MS, &s));
    for (int sense = SOLVER_MIN; sense <= SOLVER_MAX; sense++) {
        assert_err(
            solver_optimum(s, (enum solver_sense)sense, 1, both, three_two, x),
            SV_ERR_FULL);
        assert_err(solver_integer(s, (enum solver_sense)sense, 1, both,
                                  three_two, 0, whole),
                   SV_ERR_FULL);
    }
    solver_free(s);
}

static void
a_bound_holds_for_all_that_follows(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    double x[2];
    int64_t whole[2];

    assert_ok(solver_new(&f->source, &corner, LONG_MS, &s));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    assert_ok(solver_bound(s, 0, 1, 2));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    assert_true(x[0] == 2 && fabs(x[1] - 4.0 / 3) < 1e-9);
    assert_ok(solver_integer(s, SOLVER_MAX, 2, both, three_two, 0, whole));
    assert_int_equal(whole[0], 2);
    assert_int_equal(whole[1], 1);
    assert_ok(solver_optimum(s, SOLVER_MIN, 2, both, three_two, x));
    assert_true(x[0] == 1 && x[1] == 0);
    assert_err(solver_bound(s, 2, 0, 1), SV_ERR_USAGE);
    solver_free(s);
}

/* ---- Against trying all ---- */

#define SMALL_COLS 3
#define SMALL_ROWS 2
#define SMALL_MAX 3 /* of a column */

struct small {
    struct solver_model model;
    int64_t lo[SMALL_COLS], hi[SMALL_COLS];
    int64_t row_lo[SMALL_ROWS], row_hi[SMALL_ROWS];
    size_t start[SMALL_ROWS + 1];
    uint32_t column[SMALL_ROWS * 4];
    int64_t factor[SMALL_ROWS * 4];
    double objective[SMALL_COLS];
};

/* Four entries a row, so that some column is there twice. */
static void
small_make(struct small *m, uint32_t *state)
{
    *m = (struct small){0};
    for (size_t j = 0; j < SMALL_COLS; j++) {
        m->hi[j] = draw(state) % (SMALL_MAX + 1);
        m->objective[j] = (double)(draw(state) % 11) - 5;
    }
    for (size_t i = 0; i < SMALL_ROWS; i++) {
        for (size_t k = 4 * i; k < 4 * i + 4; k++) {
            m->column[k] = draw(state) % SMALL_COLS;
            m->factor[k] = (int64_t)(draw(state) % 9) - 4;
        }
        m->start[i + 1] = 4 * (i + 1);
        m->row_lo[i] = (int64_t)(draw(state) % 12) - 6;
        m->row_hi[i] = m->row_lo[i] + draw(state) % 6;
    }
    m->model = (struct solver_model){
        .n_cols = SMALL_COLS,
        .n_rows = SMALL_ROWS,
        .col_lo = m->lo,
        .col_hi = m->hi,
        .row_lo = m->row_lo,
        .row_hi = m->row_hi,
        .start = m->start,
        .column = m->column,
        .factor = m->factor,
    };
}

static double
value_of(const struct small *m, const int64_t x[])
{
    double sum = 0;

    for (size_t j = 0; j < SMALL_COLS; j++)
        sum += m->objective[j] * (double)x[j];
    return sum;
}

static bool
try_all(const struct small *m, double *best)
{
    bool any = false;

    for (int64_t a = 0; a <= SMALL_MAX; a++)
        for (int64_t b = 0; b <= SMALL_MAX; b++)
            for (int64_t c = 0; c <= SMALL_MAX; c++) {
                const int64_t x[] = {a, b, c};

                if (!solver_check(&m->model, x))
                    continue;
                if (!any || value_of(m, x) > *best)
                    *best = value_of(m, x);
                any = true;
            }
    return any;
}

static void
the_best_whole_numbers_are_those_that_trying_all_finds(void **state)
{
    const struct fixture *f = *state;
    const uint32_t column[] = {0, 1, 2};
    uint32_t numbers = 7;
    size_t n_found = 0;

    for (int i = 0; i < 300; i++) {
        struct small m;
        struct solver *s = NULL;
        double best = 0;
        int64_t x[SMALL_COLS];

        small_make(&m, &numbers);
        assert_ok(solver_new(&f->source, &m.model, LONG_MS, &s));
        if (try_all(&m, &best)) {
            assert_ok(solver_integer(s, SOLVER_MAX, SMALL_COLS, column,
                                     m.objective, 0, x));
            assert_true(value_of(&m, x) == best);
            n_found++;
        } else {
            assert_err(solver_integer(s, SOLVER_MAX, SMALL_COLS, column,
                                      m.objective, 0, x),
                       SV_ERR_NOT_FOUND);
        }
        solver_free(s);
    }
    /* Both happen. */
    assert_in_range(n_found, 50, 250);
}

static void
the_check_adds_without_overflow(void **state)
{
    const int64_t big = INT64_MAX / 2 + 1;
    const int64_t lo[] = {INT64_MIN, INT64_MIN};
    const int64_t hi[] = {INT64_MAX, INT64_MAX};
    const struct solver_model m = {
        .n_cols = 2,
        .n_rows = 1,
        .col_lo = lo,
        .col_hi = hi,
        .row_lo = lo,
        .row_hi = hi,
        .start = (const size_t[]){0, 2},
        .column = both,
        .factor = (const int64_t[]){1, 2},
    };

    (void)state;
    assert_true(solver_check(&m, (const int64_t[]){1, 1}));
    assert_false(solver_check(&m, (const int64_t[]){0, big}));
    assert_false(solver_check(&m, (const int64_t[]){big, big / 2}));
    assert_true(solver_check(&corner, (const int64_t[]){3, 1}));
    assert_false(solver_check(&corner, (const int64_t[]){3, 2}));
    assert_false(solver_check(&corner, (const int64_t[]){4, 0}));
    assert_false(solver_check(&corner, (const int64_t[]){-1, 0}));
}

/* ---- What is refused before it is asked ---- */

static enum sv_err
never(void *ctx, int *fd)
{
    (void)ctx;
    (void)fd;
    fail_msg("a solver was opened");
    return SV_ERR_IO;
}

static void
what_is_over_a_limit_opens_no_solver(void **state)
{
    const struct solver_source source = {never, NULL};
    struct solver_model m = corner;
    struct solver *s = NULL;

    (void)state;
    m.n_cols = SOLVER_COLS_MAX + 1;
    assert_err(solver_new(&source, &m, LONG_MS, &s), SV_ERR_RANGE);
    m = corner;
    m.n_rows = SOLVER_ROWS_MAX + 1;
    assert_err(solver_new(&source, &m, LONG_MS, &s), SV_ERR_RANGE);
    m = corner;
    m.start = (const size_t[]){0, 2, SOLVER_ENTRIES_MAX + 1};
    assert_err(solver_new(&source, &m, LONG_MS, &s), SV_ERR_RANGE);
    m.start = (const size_t[]){0, 5, 4};
    assert_err(solver_new(&source, &m, LONG_MS, &s), SV_ERR_USAGE);
    m = corner;
    m.column = (const uint32_t[]){0, 1, 0, 2};
    assert_err(solver_new(&source, &m, LONG_MS, &s), SV_ERR_USAGE);
    assert_err(solver_new(&source, &corner, 0, &s), SV_ERR_RANGE);
    assert_err(solver_new(&source, &corner, SOLVER_TIMEOUT_MAX_MS + 1, &s),
               SV_ERR_RANGE);
    assert_err(solver_new(&(struct solver_source){0}, &corner, LONG_MS, &s),
               SV_ERR_UNVERIFIED);
    assert_null(s);
}

static void
an_objective_without_sense_leaves_the_solver_usable(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    double x[2];
    int64_t whole[2];

    assert_ok(solver_new(&f->source, &corner, LONG_MS, &s));
    assert_err(
        solver_optimum(s, SOLVER_MAX, 1, (const uint32_t[]){2}, three_two, x),
        SV_ERR_USAGE);
    assert_err(solver_optimum(s, SOLVER_MAX, 1, both, (const double[]){NAN}, x),
               SV_ERR_USAGE);
    assert_err(solver_integer(s, SOLVER_MAX, 2, both, three_two, NAN, whole),
               SV_ERR_USAGE);
    assert_err(solver_optimum(s, SOLVER_MAX, SOLVER_ENTRIES_MAX + 1, both,
                              three_two, x),
               SV_ERR_RANGE);
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    assert_true(x[0] == 3);
    solver_free(s);
}

/* ---- A solver that lies ---- */

/* What the one at the other end says, whatever it is asked. */
struct lie {
    const char *what;
    uint32_t kind;
    uint32_t number; /* the model was 0 */
    uint64_t len;
    size_t n; /* bytes of x that really follow */
    double x[3];
    enum sv_err optimum, integer; /* what comes of it */
};

/* clang-format off */
static const struct lie lies[] = {
    {"a right answer",
     JOB_SOLVED, 1, 16, 16, {1, 0}, SV_OK, SV_OK},
    {"nearly whole numbers",
     JOB_SOLVED, 1, 16, 16, {1 - 1e-9, 1e-9}, SV_OK, SV_OK},
    {"whole numbers that do not fit",
     JOB_SOLVED, 1, 16, 16, {1, 1}, SV_OK, SV_ERR_UNVERIFIED},
    {"numbers below a bound",
     JOB_SOLVED, 1, 16, 16, {1, -1}, SV_OK, SV_ERR_UNVERIFIED},
    {"a number that is too great",
     JOB_SOLVED, 1, 16, 16, {0, 1e300}, SV_OK, SV_ERR_UNVERIFIED},
    {"no number",
     JOB_SOLVED, 1, 16, 16, {1, NAN}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"an infinite number",
     JOB_SOLVED, 1, 16, 16, {-INFINITY, 0},
     SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"one number, said to be one",
     JOB_SOLVED, 1, 8, 8, {1}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"one number, said to be two",
     JOB_SOLVED, 1, 16, 8, {1}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"three numbers",
     JOB_SOLVED, 1, 24, 24, {1, 0, 0}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"no end of numbers",
     JOB_SOLVED, 1, UINT64_MAX, 24, {1, 0, 0},
     SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"the answer to something else",
     JOB_SOLVED, 2, 16, 16, {1, 0}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"no solution",
     JOB_NONE, 1, 0, 0, {0}, SV_ERR_NOT_FOUND, SV_ERR_NOT_FOUND},
    {"no solution, and here it is",
     JOB_NONE, 1, 16, 16, {1, 0}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"no bound",
     JOB_UNBOUNDED, 1, 0, 0, {0}, SV_ERR_FULL, SV_ERR_FULL},
    {"it cannot tell",
     JOB_FAILED, 1, 0, 0, {0}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"a question",
     JOB_OPTIMUM, 1, 16, 16, {1, 0}, SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
    {"noise",
     0x2a2a2a2a, 0x2a2a2a2a, 0x2a2a2a2a, 24, {1, 2, 3},
     SV_ERR_UNVERIFIED, SV_ERR_UNVERIFIED},
};
/* clang-format on */

struct liar {
    const struct lie *lie;
    int end; /* its own, of the socket */
};

/* Says its lie at once, and then no more. */
static enum sv_err
open_liar(void *ctx, int *fd)
{
    struct liar *liar = ctx;
    const struct lie *lie = liar->lie;
    const struct job_head head = {lie->kind, lie->number, lie->len};
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], &head, sizeof head), sizeof head);
    assert_int_equal(write(pair[1], lie->x, lie->n), lie->n);
    /* It goes on listening, or the questions would fail. */
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    liar->end = pair[1];
    *fd = pair[0];
    return SV_OK;
}

static void
a_solver_that_lies_costs_the_result_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const struct lie *lie = &lies[i];
        struct liar liar = {lie, -1};
        const struct solver_source source = {open_liar, &liar};
        struct solver *s = NULL;
        double x[2] = {7, 7};
        int64_t whole[2] = {7, 7};

        print_message("%s\n", lie->what);
        assert_ok(solver_new(&source, &half, LONG_MS, &s));
        assert_err(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x),
                   lie->optimum);
        if (lie->optimum != SV_OK)
            assert_true(x[0] == 7 && x[1] == 7);
        /* Once it has failed it is asked nothing more. */
        if (lie->optimum == SV_ERR_UNVERIFIED)
            assert_err(solver_bound(s, 0, 0, 1), SV_ERR_UNVERIFIED);
        solver_free(s);
        (void)close(liar.end);

        assert_ok(solver_new(&source, &half, LONG_MS, &s));
        assert_err(solver_integer(s, SOLVER_MAX, 2, both, three_two, 0, whole),
                   lie->integer);
        if (lie->integer != SV_OK)
            assert_true(whole[0] == 7 && whole[1] == 7);
        if (lie->integer == SV_ERR_UNVERIFIED)
            assert_err(solver_bound(s, 0, 0, 1), SV_ERR_UNVERIFIED);
        solver_free(s);
        (void)close(liar.end);
    }
}

static enum sv_err
open_deserted(void *ctx, int *fd)
{
    int pair[2];

    (void)ctx;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    (void)close(pair[1]);
    *fd = pair[0];
    return SV_OK;
}

static void
a_solver_that_is_gone_raises_no_signal(void **state)
{
    const struct solver_source source = {open_deserted, NULL};
    struct solver *s = NULL;

    (void)state;
    assert_err(solver_new(&source, &half, LONG_MS, &s), SV_ERR_UNVERIFIED);
    assert_null(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PROCESS(a_known_program_has_its_known_optimum),
        WITH_PROCESS(whole_numbers_have_an_optimum_of_their_own),
        WITH_PROCESS(no_solution_and_no_bound_are_told_apart),
        WITH_PROCESS(a_bound_holds_for_all_that_follows),
        WITH_PROCESS(the_best_whole_numbers_are_those_that_trying_all_finds),
        cmocka_unit_test(the_check_adds_without_overflow),
        cmocka_unit_test(what_is_over_a_limit_opens_no_solver),
        WITH_PROCESS(an_objective_without_sense_leaves_the_solver_usable),
        cmocka_unit_test(a_solver_that_lies_costs_the_result_alone),
        cmocka_unit_test(a_solver_that_is_gone_raises_no_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
