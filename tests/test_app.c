#include "cli/app.h"
#include "tests/support/support.h"

/* How a command ends: what it says, and with which exit code. */
struct said {
    struct app app;
    char *out, *err;
    size_t out_len, err_len;
};

static void
said_open(struct said *s)
{
    *s = (struct said){.app = {.program = "svault"}};
    s->app.term.out = open_memstream(&s->out, &s->out_len);
    s->app.term.err = open_memstream(&s->err, &s->err_len);
    assert_non_null(s->app.term.out);
    assert_non_null(s->app.term.err);
}

static void
said_close(struct said *s)
{
    (void)fclose(s->app.term.out);
    (void)fclose(s->app.term.err);
    free(s->out);
    free(s->err);
}

static const char *
complaint(struct said *s)
{
    (void)fflush(s->app.term.err);
    return s->err;
}

static void
test_what_was_looked_up_and_cannot_be_told_changed_nothing(void **state)
{
    struct said s;

    (void)state;
    said_open(&s);
    assert_int_equal(app_done(&s.app, SV_OK), EXIT_DONE);
    assert_string_equal(complaint(&s), "");
    assert_int_equal(app_done(&s.app, SV_ERR_NOMEM), EXIT_FAILED);
    assert_string_equal(complaint(&s), "svault: out of memory\n");
    said_close(&s);
}

/* Else she would do it twice. */
static void
test_what_is_done_and_cannot_be_told_is_not_said_to_have_failed(void **state)
{
    struct said s;

    (void)state;
    said_open(&s);
    assert_int_equal(app_told(&s.app, SV_OK), EXIT_DONE);
    assert_string_equal(complaint(&s), "");
    assert_int_equal(app_told(&s.app, SV_ERR_NOMEM), EXIT_IO);
    assert_string_equal(complaint(&s),
                        "svault: out of memory\n"
                        "  What you asked for is done; do not repeat it.\n");
    said_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_what_was_looked_up_and_cannot_be_told_changed_nothing),
        cmocka_unit_test(
            test_what_is_done_and_cannot_be_told_is_not_said_to_have_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
