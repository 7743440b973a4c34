#ifndef SV_TESTS_SUPPORT_SOLVED_H
#define SV_TESTS_SUPPORT_SOLVED_H

#include "tests/support/support.h"

#include "disclosure/solver_process.h"

/* What the tests of the solver and of its process have in common. */

#define LONG_MS 60000 /* no test waits for it to pass */

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

static const uint32_t both[] = {0, 1};
static const double three_two[] = {3, 2};

/* Numbers that are the same in every run. */
static inline uint32_t
draw(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

/* ---- The program ---- */

struct fixture {
    struct solver_process *process;
    struct solver_source source;
};

static inline int
begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL || solver_process_start(NULL, &f->process) != SV_OK)
        return -1;
    f->source = (struct solver_source){solver_process_open, f->process};
    *state = f;
    return 0;
}

static inline int
end(void **state)
{
    struct fixture *f = *state;

    solver_process_stop(f->process);
    free(f);
    return 0;
}

#define WITH_PROCESS(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
