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

/* ---- limits ---- */

/* So many figures that are looked at and have somebody in them for sure. */
static enum sv_err
ask_insiders(size_t n)
{
    static struct look looks[2 * AUDIT_INSIDERS_MAX + 2];
    struct audit a = {.n_looks = 2 * n, .looks = looks};

    for (size_t i = 0; i < a.n_looks; i++)
        looks[i] = (struct look){.kind = i % 2 == 0 ? LOOK_FIGURE : LOOK_REST,
                                 .proved = {1, 9}};
    return audit_find_insiders(&a);
}

static void
insiders_are_asked_of_so_many_sets_and_no_more(void **state)
{
    (void)state;
    assert_ok(ask_insiders(0));
    assert_ok(ask_insiders(AUDIT_INSIDERS_MAX));
    assert_err(ask_insiders(AUDIT_INSIDERS_MAX + 1), SV_ERR_RANGE);
}

static void
findings_are_kept_as_they_come(void **state)
{
    struct program p = {.cap = 1000};
    struct audit a = {.program = &p};

    (void)state;
    for (size_t i = 0; i < 100; i++)
        assert_ok(audit_add_finding(
            &a,
            (struct audit_finding){
                .figure = i, .lo = 1, .hi = 950 + (int64_t)i, .by = 2 * i}));
    assert_int_equal(a.n_findings, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(a.findings[i].figure, i);
        assert_int_equal(a.findings[i].by, 2 * i);
        /* More than any witness may have: there is no bound. */
        assert_int_equal(a.findings[i].hi,
                         i < 50 ? 950 + (int64_t)i : FACTS_VALUE_MAX);
    }
    free(a.findings);
}

/* One figure, hidden, so that it is looked at. */
static enum sv_err
look_at_one(size_t n_looks)
{
    struct facts f;
    struct audit_rules rules = {.small = 4, .width = 3};
    struct audit a = {.facts = &f, .rules = &rules, .n_looks = n_looks};
    size_t at = 0;
    enum sv_err err;

    facts_init(&f);
    assert_ok(facts_release(&f, "r", &at));
    assert_ok(facts_population(&f, "p", &at));
    assert_ok(facts_figure(&f, 0, 0, "all", "2022-12-31", &at));
    assert_ok(model_new(&f, false, &a.model));
    assert_ok(program_new(a.model, MODEL_NONE, MODEL_NONE, &a.program));
    err = audit_find_looks(&a);
    free(a.faces.figure);
    free(a.faces.is_new);
    free(a.faces.is_open);
    free(a.faces.is_inside);
    program_free(a.program);
    model_free(a.model);
    facts_clear(&f);
    return err;
}

static void
no_more_is_looked_at_than_there_is_room_for(void **state)
{
    (void)state;
    assert_err(look_at_one(AUDIT_TARGETS_MAX), SV_ERR_RANGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_proved_to_be_nobody_or_many_is_safe),
        cmocka_unit_test(what_was_witnessed_so_wide_is_safe),
        cmocka_unit_test(what_was_never_witnessed_is_not_safe),
        cmocka_unit_test(without_a_width_one_witness_is_enough),
        cmocka_unit_test(insiders_are_asked_of_so_many_sets_and_no_more),
        cmocka_unit_test(findings_are_kept_as_they_come),
        cmocka_unit_test(no_more_is_looked_at_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
