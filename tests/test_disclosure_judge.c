#include "tests/support/support.h"

#include "disclosure/audit_internal.h"

/* What is proved and what was witnessed of one figure, and what it comes to:
 * only a proof or a pair of witnesses makes it safe. */

static enum audit_verdict
judge(int64_t small, int64_t width, int64_t proved_lo, int64_t proved_hi,
      int64_t lo, int64_t hi)
{
    const struct audit_rules rules = {.small = small, .width = width};
    const struct program_range proved = {proved_lo, proved_hi};
    const struct search_target witnessed = {.lo = lo, .hi = hi};

    return audit_judge(&rules, proved, &witnessed);
}

static void
what_is_proved_to_be_nobody_or_many_is_safe(void **state)
{
    (void)state;
    assert_int_equal(judge(4, 3, 0, 0, 0, 0), AUDIT_SAFE);
    assert_int_equal(judge(4, 3, 0, 1, 1, 1), AUDIT_EXACT);
    assert_int_equal(judge(4, 3, 5, 5, 5, 5), AUDIT_SAFE);
    assert_int_equal(judge(4, 3, 4, 5, 5, 5), AUDIT_EXACT);
    /* Large in every witness, but not proved to be. */
    assert_int_equal(judge(4, 3, 4, 90, 80, 82), AUDIT_NARROW);
}

static void
what_was_witnessed_so_wide_is_safe(void **state)
{
    (void)state;
    assert_int_equal(judge(4, 3, 0, 9, 1, 4), AUDIT_SAFE);
    assert_int_equal(judge(4, 3, 0, 9, 1, 3), AUDIT_NARROW);
    assert_int_equal(judge(4, 3, 0, 9, 2, 2), AUDIT_EXACT);
}

/* Nothing witnessed (its lower end is above the upper) is nothing known. */
static void
what_was_never_witnessed_is_not_safe(void **state)
{
    (void)state;
    assert_int_not_equal(judge(4, 3, 0, 9, 1, 0), AUDIT_SAFE);
    assert_int_not_equal(judge(4, 0, 0, 9, 1, 0), AUDIT_SAFE);
    assert_int_not_equal(judge(4, -1, 0, 9, 1, 0), AUDIT_SAFE);
}

/* No interval is asked for: one number that is possible is enough. */
static void
without_a_width_one_witness_is_enough(void **state)
{
    (void)state;
    assert_int_equal(judge(1, 0, 0, 9, 1, 1), AUDIT_SAFE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_proved_to_be_nobody_or_many_is_safe),
        cmocka_unit_test(what_was_witnessed_so_wide_is_safe),
        cmocka_unit_test(what_was_never_witnessed_is_not_safe),
        cmocka_unit_test(without_a_width_one_witness_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
