/* Passphrases: read, compared, made, and never shown. */
#include <locale.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/words.h"
#include "tests/support/piped.h"
#include "tests/support/pty.h"

static struct rng
fixed(struct rng_fixed *fixed_state)
{
    memset(fixed_state, 7, sizeof *fixed_state);
    fixed_state->counter = 0;
    return rng_fixed(fixed_state);
}

static enum sv_err
from_descriptor(const char *input, bool fresh, struct buf *out)
{
    struct rng_fixed seed;
    struct rng rng = fixed(&seed);
    struct piped p;
    enum sv_err err;

    piped_open(&p, bytes_text(input));
    err = fresh ? term_new_passphrase(&p.t, p.fds[0], &rng, out)
                : term_passphrase(&p.t, p.fds[0], "", out);
    piped_close(&p);
    return err;
}

static void
test_a_descriptor_gives_its_first_line_normalised(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(from_descriptor("ｋａｇｉ １\nmore\n", false, &out));
    assert_string_equal(ended_text(&out), "kagi 1");
    buf_free(&out);
    assert_ok(from_descriptor("without an end", false, &out));
    assert_string_equal(ended_text(&out), "without an end");
    buf_free(&out);
    assert_err(from_descriptor("", false, &out), SV_ERR_INTERRUPTED);
    assert_err(from_descriptor("a\xff\n", false, &out), SV_ERR_FORMAT);
    assert_null(out.ptr);
}

static void
test_a_new_passphrase_from_a_descriptor_has_a_minimum(void **state)
{
    static const struct {
        const char *input;
        enum sv_err err;
    } cases[] = {
        {"elevenchars\n", SV_ERR_INPUT},
        {"twelve chars\n", SV_OK},
        {"かきくけこさしすせそ\n", SV_ERR_INPUT}, /* 10, of 30 bytes */
        {"かきくけこさしすせそたち\n", SV_OK},
        /* 13 as typed, 12 with their marks joined, then 11 */
        {"ﾃﾞabcdefghijk\n", SV_OK},
        {"ﾃﾞabcdefghij\n", SV_ERR_INPUT},
        {"\n", SV_ERR_INPUT},
        {"", SV_ERR_INTERRUPTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = BUF_INIT;
        enum sv_err err = from_descriptor(cases[i].input, true, &out);

        if (err != cases[i].err || (err == SV_OK) != (out.len > 0))
            fail_msg("case %zu: %s", i, err_text(err));
        buf_free(&out);
    }
}

struct passphrase_run {
    const char *want; /* what must come out */
    const char *talk; /* stderr goes to this file */
    bool fresh;
};

static int
ask_passphrase(void *ctx)
{
    const struct passphrase_run *run = ctx;
    struct buf out = BUF_INIT;
    struct rng_fixed seed;
    struct rng rng = fixed(&seed);
    struct term t;
    enum sv_err err;
    bool right;

    if (run->talk != NULL && freopen(run->talk, "w", stderr) == NULL)
        return 99;
    term_init(&t);
    err = run->fresh ? term_new_passphrase(&t, -1, &rng, &out)
                     : term_passphrase(&t, -1, "Key of hana: ", &out);
    if (err != SV_OK)
        return out.len == 0 ? PTY_STATUS(err) : 98;
    right = text_is(buf_bytes(&out), run->want);
    buf_free(&out);
    return right ? 0 : 97;
}

static void
generated(char out[static WORDS_TEXT_SIZE])
{
    struct rng_fixed seed;
    struct rng rng = fixed(&seed);

    words_passphrase(&rng, out);
}

static void
test_a_passphrase_is_neither_shown_nor_kept_as_typed(void **state)
{
    struct passphrase_run run = {.want = "himitsu no kagi"};
    struct pty p;

    (void)state;
    pty_start(&p, ask_passphrase, &run);
    pty_expect(&p, "Key of hana: ");
    assert_false(pty_echoes(&p));
    pty_send(&p, "ｈimitsu no kagi\n");
    assert_int_equal(pty_end(&p), 0);
    assert_true(pty_echoes(&p));
    assert_false(pty_showed(&p, "imitsu"));
    pty_clear(&p);
}

static void
test_ctrl_c_at_a_passphrase_gives_the_terminal_back(void **state)
{
    struct passphrase_run run = {.want = ""};
    struct pty p;

    (void)state;
    pty_start(&p, ask_passphrase, &run);
    pty_expect(&p, "Key of hana: ");
    pty_send(&p, "himi");
    assert_int_equal(pty_stop(&p), PTY_STATUS(SV_ERR_INTERRUPTED));
    assert_true(pty_echoes(&p));
    assert_false(pty_showed(&p, "himi"));
    pty_clear(&p);
}

static void
test_a_passphrase_without_a_terminal_names_the_way_out(void **state)
{
    int pipes[2], status = 0;
    char talk[512] = "";
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    (void)fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct buf out = BUF_INIT;
        struct term t;

        (void)setsid();
        (void)dup2(pipes[1], STDERR_FILENO);
        term_init(&t);
        _exit(PTY_STATUS(term_passphrase(&t, -1, "Key: ", &out)));
    }
    assert_int_equal(close(pipes[1]), 0);
    assert_true(read(pipes[0], talk, sizeof talk - 1) > 0);
    assert_int_equal(close(pipes[0]), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), PTY_STATUS(SV_ERR_USAGE));
    assert_non_null(strstr(talk, "--passphrase-fd"));
}

static void
test_the_generated_passphrase_is_taken_with_enter_and_typed_back(void **state)
{
    char want[WORDS_TEXT_SIZE];
    struct passphrase_run run = {.want = want, .fresh = true};
    struct pty p;

    (void)state;
    generated(want);
    pty_start(&p, ask_passphrase, &run);
    pty_expect(&p, want);
    pty_expect(&p, "Press Enter");
    pty_send(&p, "\n");
    pty_expect(&p, "once more: ");
    pty_send(&p, want);
    pty_send(&p, "\n");
    assert_int_equal(pty_end(&p), 0);
    /* Shown once, and not as it was typed. */
    p.at = 0;
    pty_expect(&p, want);
    assert_null(
        memmem(p.seen.ptr + p.at, p.seen.len - p.at, want, strlen(want)));
    pty_clear(&p);
}

static void
test_the_generated_passphrase_never_goes_to_a_redirected_stderr(void **state)
{
    char want[WORDS_TEXT_SIZE], dir[PATH_SIZE], talk[PATH_SIZE];
    struct passphrase_run run = {.want = want, .talk = talk, .fresh = true};
    struct buf said = BUF_INIT;
    struct pty p;

    (void)state;
    generated(want);
    support_dir_make(dir);
    assert_ok(path_join(talk, dir, "talk"));
    pty_start(&p, ask_passphrase, &run);
    pty_expect(&p, "Press Enter");
    pty_send(&p, "\n");
    pty_expect(&p, "once more: ");
    pty_send(&p, "wrong\n");
    pty_expect(&p, "Press Enter");
    assert_int_equal(pty_stop(&p), PTY_STATUS(SV_ERR_INTERRUPTED));
    assert_ok(file_read(talk, 10000, &said));
    assert_non_null(strstr(ended_text(&said), "not the same"));
    assert_null(strstr((char *)said.ptr, want));
    buf_free(&said);
    support_dir_remove(dir);
    pty_clear(&p);
}

static void
test_an_own_passphrase_is_compared_after_normalising(void **state)
{
    struct passphrase_run run = {.want = "watashi no himitsu", .fresh = true};
    struct pty p;

    (void)state;
    pty_start(&p, ask_passphrase, &run);
    pty_expect(&p, "Press Enter");
    pty_send(&p, "too short\n");
    pty_expect(&p, "at least 12 characters");
    pty_expect(&p, "Press Enter");
    pty_send(&p, "watashi no himitsu\n");
    pty_expect(&p, "once more: ");
    pty_send(&p, "ｗatashi no himitsu\n");
    assert_int_equal(pty_end(&p), 0);
    assert_false(pty_showed(&p, "himitsu"));
    pty_clear(&p);
}

static void
test_three_different_pairs_make_no_passphrase(void **state)
{
    struct passphrase_run run = {.want = "", .fresh = true};
    struct pty p;

    (void)state;
    pty_start(&p, ask_passphrase, &run);
    for (int i = 0; i < 3; i++) {
        pty_expect(&p, "Press Enter");
        pty_send(&p, "watashi no himitsu\n");
        pty_expect(&p, "once more: ");
        pty_send(&p, "watashi no himitsv\n");
        pty_expect(&p, "not the same");
    }
    pty_expect(&p, "third time");
    assert_int_equal(pty_end(&p), PTY_STATUS(SV_ERR_INPUT));
    pty_clear(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_descriptor_gives_its_first_line_normalised),
        cmocka_unit_test(test_a_new_passphrase_from_a_descriptor_has_a_minimum),
        cmocka_unit_test(test_a_passphrase_is_neither_shown_nor_kept_as_typed),
        cmocka_unit_test(test_ctrl_c_at_a_passphrase_gives_the_terminal_back),
        cmocka_unit_test(
            test_a_passphrase_without_a_terminal_names_the_way_out),
        cmocka_unit_test(
            test_the_generated_passphrase_is_taken_with_enter_and_typed_back),
        cmocka_unit_test(
            test_the_generated_passphrase_never_goes_to_a_redirected_stderr),
        cmocka_unit_test(test_an_own_passphrase_is_compared_after_normalising),
        cmocka_unit_test(test_three_different_pairs_make_no_passphrase),
    };

    if (setlocale(LC_ALL, "C.UTF-8") == NULL || crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
