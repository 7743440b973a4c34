#include "tests/support/support.h"

static void
test_each_error_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a >= SV_ERR_ROLLBACK; a--) {
        const char *text = err_text((enum sv_err)a);

        assert_true(strlen(text) > 0);
        assert_true(text[strlen(text) - 1] != '.');
        assert_string_not_equal(text, err_text((enum sv_err)1));
        for (int b = 0; b > a; b--)
            assert_string_not_equal(text, err_text((enum sv_err)b));
    }
    assert_string_equal(err_text((enum sv_err)1), "unknown error");
    assert_string_equal(err_text((enum sv_err) - 999), "unknown error");
}

/* They travel on the wire. */
static void
test_errors_keep_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(SV_OK, 0);
    assert_int_equal(SV_ERR_NOMEM, -1);
    assert_int_equal(SV_ERR_FORMAT, -3);
    assert_int_equal(SV_ERR_TAMPERED, -5);
    assert_int_equal(SV_ERR_DENIED, -7);
    assert_int_equal(SV_ERR_BUSY, -11);
    assert_int_equal(SV_ERR_UNSURE, -12);
    assert_int_equal(SV_ERR_ROLLBACK, -20);
}

static void
test_a_diag_says_where_and_keeps_the_file(void **state)
{
    struct diag d = {.file = "intake.json", .column = "old"};
    char name[100];

    (void)state;
    diag_set(&d, 3, "dob", "not a date");
    assert_string_equal(d.file, "intake.json");
    assert_int_equal(d.line, 3);
    assert_string_equal(d.column, "dob");
    assert_string_equal(d.reason, "not a date");
    diag_set(&d, 0, NULL, "no reason");
    assert_string_equal(d.column, "");
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    diag_set(&d, 1, name, "long");
    assert_int_equal(strlen(d.column), sizeof d.column - 1);
    diag_set(NULL, 1, "nobody", "asks");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_has_a_text_of_its_own),
        cmocka_unit_test(test_errors_keep_their_numbers),
        cmocka_unit_test(test_a_diag_says_where_and_keeps_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
