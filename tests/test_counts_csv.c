#include "counts/csv.h"
#include "counts/plan_text.h"
#include "tests/support/support.h"

static void
assert_cell(const char *text, const char *want)
{
    struct buf out = BUF_INIT;

    assert_ok(csv_cell(&out, bytes_text(text)));
    if (!bytes_equal(buf_bytes(&out), bytes_text(want)))
        fail_msg("%s is written %.*s, not %s", text, (int)out.len,
                 (const char *)out.ptr, want);
    buf_free(&out);
}

static void
test_what_begins_as_a_formula_is_text(void **state)
{
    static const char *const cases[][2] = {
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"\nx", "\"'\nx\""},
        {"＝1+1", "'＝1+1"},
        {"＋1", "'＋1"},
        {"－1", "'－1"},
        {"＠x", "'＠x"},
        {" =1", " '=1"},
        {"\"=1", "\"\"\"'=1\""},
        {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
        {"a=1", "a=1"},
        {"a + b", "a + b"},
        {"", ""},
        {"Act 1, 2", "\"Act 1, 2\""},
        {"a \"b\"", "\"a \"\"b\"\"\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_cell(cases[i][0], cases[i][1]);
}

/* A program that splits at semicolons does not see the quotes around them. */
static void
test_what_another_separator_would_begin_is_text_too(void **state)
{
    static const char *const cases[][2] = {
        {"Act;=cmd", "\"Act;'=cmd\""},
        {"Act; =cmd", "\"Act; '=cmd\""},
        {"Act;\"=cmd", "\"Act;\"\"'=cmd\""},
        {"Act;;-1", "\"Act;;'-1\""},
        {"Act\t@x", "Act\t'@x"},
        {"Act\r\n=1", "\"Act\r\n'=1\""},
        {"Act;＝1", "\"Act;'＝1\""},
        {"Act; 2=1", "\"Act; 2=1\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_cell(cases[i][0], cases[i][1]);
}

static void
test_a_plans_figures_are_guarded_and_its_numbers_stay_numbers(void **state)
{
    struct figures f;
    struct buf out = BUF_INIT;
    size_t at;

    (void)state;
    figures_init(&f);
    assert_ok(figures_add(&f, "a.change.x", -15, &at));
    f.at[at].is_change = true;
    assert_ok(figures_add_unknown(&f, "a.x", "＝x;=y", &at));
    assert_ok(figures_add_unknown(&f, "a.y", "\n=y", &at));
    assert_ok(plan_text_csv(&f, &out));
    assert_true(
        bytes_equal(buf_bytes(&out), bytes_text("name,value,reason\r\n"
                                                "a.change.x,-15,\r\n"
                                                "a.x,,\"'＝x;'=y\"\r\n"
                                                "a.y,,\"'\n'=y\"\r\n")));
    figures_clear(&f);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_begins_as_a_formula_is_text),
        cmocka_unit_test(test_what_another_separator_would_begin_is_text_too),
        cmocka_unit_test(
            test_a_plans_figures_are_guarded_and_its_numbers_stay_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
