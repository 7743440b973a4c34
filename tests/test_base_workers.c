#include <stdatomic.h>

#include "base/workers.h"
#include "tests/support/support.h"

#define PARTS 1000

struct job {
    atomic_uint done[PARTS];
    size_t fails[2];  /* parts, each with an error of its own */
    atomic_bool late; /* the second has failed */
};

static enum sv_err
do_part(void *ctx, size_t part)
{
    struct job *j = ctx;

    j->done[part]++;
    if (part == j->fails[0]) {
        /* Not before the one behind it has failed, if any thread begins it:
         * the others go on meanwhile. */
        for (unsigned i = 0; i < 1000000 && !j->late; i++)
            ;
        return SV_ERR_FORMAT;
    }
    if (part == j->fails[1]) {
        j->late = true;
        return SV_ERR_RANGE;
    }
    return SV_OK;
}

static void
each_part_once(struct workers *w)
{
    static struct job j;

    for (unsigned round = 0; round < 20; round++) {
        memset(&j, 0, sizeof j);
        j.fails[0] = j.fails[1] = PARTS;
        assert_ok(workers_run(w, PARTS, do_part, &j));
        for (size_t i = 0; i < PARTS; i++)
            assert_int_equal(j.done[i], 1);
    }
    assert_ok(workers_run(w, 0, do_part, &j));
}

static void
the_first_error_by_number(struct workers *w)
{
    static struct job j;

    for (size_t first = 0; first < 40; first++) {
        memset(&j, 0, sizeof j);
        j.fails[0] = first;
        j.fails[1] = first + 1;
        assert_err(workers_run(w, PARTS, do_part, &j), SV_ERR_FORMAT);
        for (size_t i = 0; i <= first; i++)
            assert_int_equal(j.done[i], 1);
        for (size_t i = first; i < PARTS; i++)
            assert_true(j.done[i] <= 1);
    }
}

static void
with(unsigned n, void (*test)(struct workers *))
{
    struct workers *w = NULL;

    assert_ok(workers_new(n, &w));
    if (n > 0)
        assert_int_equal(workers_count(w), n);
    test(w);
    workers_free(w);
}

static void
test_every_part_is_done_once(void **state)
{
    (void)state;
    each_part_once(NULL);
    with(0, each_part_once);
    with(1, each_part_once);
    with(7, each_part_once);
}

static void
test_the_error_is_that_of_the_first_part_that_has_one(void **state)
{
    (void)state;
    the_first_error_by_number(NULL);
    with(1, the_first_error_by_number);
    with(2, the_first_error_by_number);
    with(7, the_first_error_by_number);
}

static void
test_nobody_is_one_worker(void **state)
{
    (void)state;
    assert_int_equal(workers_count(NULL), 1);
    workers_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_part_is_done_once),
        cmocka_unit_test(test_the_error_is_that_of_the_first_part_that_has_one),
        cmocka_unit_test(test_nobody_is_one_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
