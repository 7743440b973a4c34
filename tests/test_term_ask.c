/* Questions over a pipe and at a terminal, and what ends them. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/piped.h"
#include "tests/support/pty.h"

/* A disk that fails at the n-th byte that is read; 0: never. */
static unsigned reads_left;

ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);

ssize_t
__wrap_read(int fd, void *to, size_t n)
{
    if (reads_left == 0 || --reads_left > 0)
        return __real_read(fd, to, n);
    errno = EIO;
    return -1;
}

/* ---- Questions over a pipe ---- */

/* The next line of at most max bytes that p gives. */
static void
expect_line(struct piped *p, size_t max, const char *want)
{
    struct buf line = BUF_INIT;

    assert_ok(term_ask(&p->t, "? ", max, &line));
    assert_int_equal(line.len, strlen(want));
    assert_string_equal(ended_text(&line), want);
    buf_free(&line);
}

static void
test_ask_reads_line_by_line_until_the_end(void **state)
{
    struct piped p;
    struct buf line = BUF_INIT;

    (void)state;
    piped_open(&p, bytes_text("one\ntwo\r\n\n三"));
    expect_line(&p, 10, "one");
    expect_line(&p, 10, "two");
    expect_line(&p, 10, "");
    expect_line(&p, 10, "三");
    assert_err(term_ask(&p.t, "? ", 10, &line), SV_ERR_INTERRUPTED);
    assert_err(term_ask(&p.t, "? ", 10, &line), SV_ERR_INTERRUPTED);
    assert_int_equal(line.len, 0);
    assert_null(line.ptr);
    piped_close(&p);
}

static void
test_ask_drops_the_whole_of_a_line_that_is_too_long(void **state)
{
    struct piped p;
    struct buf line = BUF_INIT;

    (void)state;
    piped_open(&p, bytes_text("12345\n123456\n1234567890\n123456\r\nok\n"));
    expect_line(&p, 5, "12345");
    for (int i = 0; i < 3; i++)
        assert_err(term_ask(&p.t, "", 5, &line), SV_ERR_RANGE);
    assert_int_equal(line.len, 0);
    expect_line(&p, 5, "ok");
    piped_close(&p);
}

static void
test_ask_refuses_broken_characters_and_goes_on(void **state)
{
    static const char input[] = "a\xff\na\0b\n\xed\xa0\x80\nok\n";
    struct piped p;
    struct buf line = BUF_INIT;

    (void)state;
    piped_open(&p, bytes_of(input, sizeof input - 1));
    for (int i = 0; i < 3; i++)
        assert_err(term_ask(&p.t, "", 100, &line), SV_ERR_FORMAT);
    assert_int_equal(line.len, 0);
    expect_line(&p, 100, "ok");
    piped_close(&p);
}

/* Half a line is not what was typed: another number, another name. */
static void
test_ask_takes_no_line_that_a_failing_disk_cuts(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 4; n++) {
        struct piped p;
        struct buf line = BUF_INIT;

        piped_open(&p, bytes_text("C-9\n"));
        reads_left = n;
        assert_err(term_ask(&p.t, "? ", 10, &line), SV_ERR_IO);
        assert_int_equal(reads_left, 0);
        assert_int_equal(line.len, 0);
        piped_close(&p);
    }
}

static void
test_ask_takes_no_byte_behind_its_line(void **state)
{
    struct piped p;
    char rest[8] = "";

    (void)state;
    piped_open(&p, bytes_text("mine\nyours"));
    expect_line(&p, 100, "mine");
    assert_int_equal(read(p.fds[0], rest, sizeof rest), 5);
    assert_memory_equal(rest, "yours", 5);
    piped_close(&p);
}

static void
test_confirm_understands_yes_no_and_enter(void **state)
{
    static const struct {
        const char *input;
        bool otherwise, yes;
    } cases[] = {
        {"yes\n", false, true},      {"Y\n", false, true},
        {"ＹＥＳ\n", false, true},   {" no \n", true, false},
        {"n\n", true, false},        {"\n", true, true},
        {"\n", false, false},        {"maybe\nyes\n", false, true},
        {"\xff\nno\n", true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct piped p;
        bool yes = !cases[i].yes;

        piped_open(&p, bytes_text(cases[i].input));
        assert_ok(term_confirm(&p.t, "Sure?", cases[i].otherwise, &yes));
        if (yes != cases[i].yes)
            fail_msg("case %zu", i);
        piped_close(&p);
    }
}

static void
test_confirm_without_an_answer_decides_nothing(void **state)
{
    struct piped p;
    bool yes = false;

    (void)state;
    piped_open(&p, bytes_text("perhaps\n"));
    assert_err(term_confirm(&p.t, "Sure?", true, &yes), SV_ERR_INTERRUPTED);
    assert_false(yes);
    piped_close(&p);
}

static void
test_fold_makes_what_was_typed_comparable(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(term_fold(bytes_text("　ＡｂＣ　ﾃﾞ １ "), &out));
    assert_string_equal(ended_text(&out), "abc デ 1");
    buf_truncate(&out, 0);
    assert_err(term_fold(bytes_text("a\xff"), &out), SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

/* ---- Questions at a terminal ---- */

static int
ask_once(void *ctx)
{
    struct buf line = BUF_INIT;
    struct term t;
    enum sv_err err;

    (void)ctx;
    term_init(&t);
    err = term_ask(&t, "Name: ", 100000, &line);
    (void)fprintf(t.out, "got %zu\n", line.len);
    (void)fflush(t.out);
    buf_free(&line);
    return PTY_STATUS(err);
}

static void
test_ctrl_c_ends_a_question_at_once(void **state)
{
    struct pty p;

    (void)state;
    pty_start(&p, ask_once, NULL);
    pty_expect(&p, "Name: ");
    pty_send(&p, "Ma");
    pty_send(&p, "\003");
    assert_int_equal(pty_end(&p), PTY_STATUS(SV_ERR_INTERRUPTED));
    assert_true(pty_showed(&p, "got 0"));
    pty_clear(&p);
}

static void
test_ctrl_d_ends_a_question(void **state)
{
    struct pty p;

    (void)state;
    pty_start(&p, ask_once, NULL);
    pty_expect(&p, "Name: ");
    pty_send(&p, "\004");
    assert_int_equal(pty_end(&p), PTY_STATUS(SV_ERR_INTERRUPTED));
    pty_clear(&p);
}

static void
test_a_line_that_the_terminal_would_cut_off_is_refused(void **state)
{
    static char line[5001];
    struct pty p;

    (void)state;
    memset(line, 'x', sizeof line - 1);
    pty_start(&p, ask_once, NULL);
    pty_expect(&p, "Name: ");
    pty_send(&p, line);
    pty_send(&p, "\n");
    assert_int_equal(pty_end(&p), PTY_STATUS(SV_ERR_RANGE));
    pty_clear(&p);
}

static int
work(void *ctx)
{
    struct term t;

    (void)ctx;
    term_init(&t);
    (void)fputs("working\n", t.err);
    (void)sleep(60);
    return 0;
}

static void
test_ctrl_c_ends_work_at_once(void **state)
{
    struct pty p;

    (void)state;
    pty_start(&p, work, NULL);
    pty_expect(&p, "working");
    pty_send(&p, "\003");
    assert_int_equal(pty_end(&p), PTY_SIGNALLED + SIGINT);
    pty_clear(&p);
}

static int
noted(void *ctx)
{
    struct term t;
    bool inner, outer;

    (void)ctx;
    term_init(&t);
    term_wait_begin();
    term_wait_begin();
    (void)raise(SIGINT);
    inner = term_wait_end();
    outer = term_wait_end();
    term_wait_begin();
    return inner && outer && !term_wait_end() ? 0 : 1;
}

static void
test_ctrl_c_between_questions_is_noted_once(void **state)
{
    struct pty p;

    (void)state;
    pty_start(&p, noted, NULL);
    assert_int_equal(pty_end(&p), 0);
    pty_clear(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ask_reads_line_by_line_until_the_end),
        cmocka_unit_test(test_ask_drops_the_whole_of_a_line_that_is_too_long),
        cmocka_unit_test(test_ask_refuses_broken_characters_and_goes_on),
        cmocka_unit_test(test_ask_takes_no_line_that_a_failing_disk_cuts),
        cmocka_unit_test(test_ask_takes_no_byte_behind_its_line),
        cmocka_unit_test(test_confirm_understands_yes_no_and_enter),
        cmocka_unit_test(test_confirm_without_an_answer_decides_nothing),
        cmocka_unit_test(test_fold_makes_what_was_typed_comparable),
        cmocka_unit_test(test_ctrl_c_ends_a_question_at_once),
        cmocka_unit_test(test_ctrl_d_ends_a_question),
        cmocka_unit_test(
            test_a_line_that_the_terminal_would_cut_off_is_refused),
        cmocka_unit_test(test_ctrl_c_ends_work_at_once),
        cmocka_unit_test(test_ctrl_c_between_questions_is_noted_once),
    };

    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
