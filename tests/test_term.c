#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/term.h"
#include "crypto/init.h"
#include "crypto/words.h"
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

/* A child's exit status for a result. */
#define STATUS(err) (-(int)(err))

static char *
text_of(struct buf *b)
{
    assert_ok(buf_append(b, bytes_of("", 1)));
    return (char *)b->ptr;
}

/* A terminal whose input is a pipe that holds text and ends. */
struct piped {
    struct term t;
    int fds[2];
    char *data, *talk;
    size_t data_len, talk_len;
};

static void
piped_open(struct piped *p, struct bytes input)
{
    assert_int_equal(pipe(p->fds), 0);
    if (input.len > 0)
        assert_int_equal(write(p->fds[1], input.ptr, input.len), input.len);
    assert_int_equal(close(p->fds[1]), 0);
    p->t = (struct term){
        .in = fdopen(p->fds[0], "r"),
        .out = open_memstream(&p->data, &p->data_len),
        .err = open_memstream(&p->talk, &p->talk_len),
    };
    assert_non_null(p->t.in);
}

static void
piped_close(struct piped *p)
{
    (void)fclose(p->t.in);
    (void)fclose(p->t.out);
    (void)fclose(p->t.err);
    free(p->data);
    free(p->talk);
}

/* ---- What is printed ---- */

static const struct {
    const char *name, *text, *inert;
    bool multiline;
    unsigned indent;
} texts[] = {
    {"plain", "Maria 花子", "Maria 花子", false, 0},
    {"escape", "a\033[2Jb", "a<U+001B>[2Jb", false, 0},
    {"C1 CSI",
     "a\xc2\x9b"
     "2Jb",
     "a<U+009B>2Jb", false, 0},
    {"bidi override",
     "a\xe2\x80\xae"
     "b\xe2\x80\xac",
     "a<U+202E>b<U+202C>", false, 0},
    {"bidi isolate", "\xe2\x81\xa6x\xe2\x81\xa9", "<U+2066>x<U+2069>", false,
     0},
    {"delete", "a\x7f", "a<U+007F>", false, 0},
    {"broken UTF-8", "a\xff\xc3", "a<FF><C3>", false, 0},
    {"overlong", "\xc0\x8a", "<C0><8A>", false, 0},
    {"line end in one line", "a\nb", "a<U+000A>b", false, 2},
    {"lines", "a\n\nb", "a\n  \n  b", true, 2},
    {"return in lines", "a\r\nb", "a<U+000D>\nb", true, 0},
    {"nothing", "", "", true, 2},
};

static void
test_t68_stored_text_prints_inert(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *got = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&got, &len);

        term_text(to, bytes_text(texts[i].text), texts[i].multiline,
                  texts[i].indent);
        (void)fclose(to);
        if (strcmp(got, texts[i].inert) != 0)
            fail_msg("%s: \"%s\"", texts[i].name, got);
        free(got);
    }
}

static void
test_width_counts_columns_of_what_is_shown(void **state)
{
    static const struct {
        const char *text;
        size_t width;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"花子", 4},
        {"ﾊﾅｺ", 3},
        {"e\xcc\x81", 1} /* combining accent */,
        {"\033", 8} /* <U+001B> */,
        {"a\xff", 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (term_width(bytes_text(cases[i].text)) != cases[i].width)
            fail_msg("case %zu: %zu", i, term_width(bytes_text(cases[i].text)));
    }
}

static void
test_flush_reports_a_full_disk(void **state)
{
    struct term t = {.out = fopen("/dev/full", "w")};

    (void)state;
    assert_non_null(t.out);
    (void)fputs("data", t.out);
    assert_err(term_flush(&t), SV_ERR_FULL);
    (void)fclose(t.out);
}

/* ---- Questions over a pipe ---- */

static void
test_ask_reads_line_by_line_until_the_end(void **state)
{
    struct piped p;
    struct buf line = BUF_INIT;

    (void)state;
    piped_open(&p, bytes_text("one\ntwo\r\n\n三"));
    assert_ok(term_ask(&p.t, "? ", 10, &line));
    assert_string_equal(text_of(&line), "one");
    buf_free(&line);
    assert_ok(term_ask(&p.t, "? ", 10, &line));
    assert_string_equal(text_of(&line), "two");
    buf_free(&line);
    assert_ok(term_ask(&p.t, "? ", 10, &line));
    assert_int_equal(line.len, 0);
    assert_ok(term_ask(&p.t, "? ", 10, &line));
    assert_string_equal(text_of(&line), "三");
    buf_free(&line);
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
    assert_ok(term_ask(&p.t, "", 5, &line));
    buf_free(&line);
    for (int i = 0; i < 3; i++)
        assert_err(term_ask(&p.t, "", 5, &line), SV_ERR_RANGE);
    assert_int_equal(line.len, 0);
    assert_ok(term_ask(&p.t, "", 5, &line));
    assert_string_equal(text_of(&line), "ok");
    buf_free(&line);
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
    assert_ok(term_ask(&p.t, "", 100, &line));
    assert_string_equal(text_of(&line), "ok");
    buf_free(&line);
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
    struct buf line = BUF_INIT;
    char rest[8] = "";

    (void)state;
    piped_open(&p, bytes_text("mine\nyours"));
    assert_ok(term_ask(&p.t, "", 100, &line));
    assert_int_equal(read(p.fds[0], rest, sizeof rest), 5);
    assert_memory_equal(rest, "yours", 5);
    buf_free(&line);
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
    assert_string_equal(text_of(&out), "abc デ 1");
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
    return STATUS(err);
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
    assert_int_equal(pty_end(&p), STATUS(SV_ERR_INTERRUPTED));
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
    assert_int_equal(pty_end(&p), STATUS(SV_ERR_INTERRUPTED));
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
    assert_int_equal(pty_end(&p), STATUS(SV_ERR_RANGE));
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

/* ---- Passphrases ---- */

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
    assert_string_equal(text_of(&out), "kagi 1");
    buf_free(&out);
    assert_ok(from_descriptor("without an end", false, &out));
    assert_string_equal(text_of(&out), "without an end");
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
        return out.len == 0 ? STATUS(err) : 98;
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
    assert_int_equal(pty_stop(&p), STATUS(SV_ERR_INTERRUPTED));
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
        _exit(STATUS(term_passphrase(&t, -1, "Key: ", &out)));
    }
    assert_int_equal(close(pipes[1]), 0);
    assert_true(read(pipes[0], talk, sizeof talk - 1) > 0);
    assert_int_equal(close(pipes[0]), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), STATUS(SV_ERR_USAGE));
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
    assert_int_equal(pty_stop(&p), STATUS(SV_ERR_INTERRUPTED));
    assert_ok(file_read(talk, 10000, &said));
    assert_non_null(strstr(text_of(&said), "not the same"));
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
    assert_int_equal(pty_end(&p), STATUS(SV_ERR_INPUT));
    pty_clear(&p);
}

/* ---- Tables ---- */

static const char *const columns[] = {"Name", "Role", "Since"};
static const char *const rows[][3] = {
    {"hana", "caseworker", "2022"},
    {"相談員 花子", "支援員", "令和4年"},
    {"\033[31mred",
     "a\xe2\x80\xae"
     "b\xff\xe2\x80\xac",
     NULL},
};

static char *
print_table(bool accessible)
{
    char *text = NULL;
    size_t len = 0;
    struct term t = {.out = open_memstream(&text, &len),
                     .accessible = accessible};
    struct table *table = table_new(&t, 3, columns);

    for (size_t i = 0; i < 3; i++)
        assert_ok(table_row(table, rows[i]));
    assert_ok(table_print(table));
    (void)fclose(t.out);
    return text;
}

/* The column on the screen where part begins in the n-th line. */
static size_t
column_of(const char *text, int n, const char *part)
{
    const char *at;

    for (; n > 0; n--)
        text = strchr(text, '\n') + 1;
    at = strstr(text, part);
    assert_non_null(at);
    return term_width(bytes_of(text, (size_t)(at - text)));
}

static void
test_tables_align_wide_characters(void **state)
{
    char *text = print_table(false);
    size_t role = column_of(text, 0, "Role");
    size_t since = column_of(text, 0, "Since");

    (void)state;
    assert_int_equal(column_of(text, 1, "caseworker"), role);
    assert_int_equal(column_of(text, 2, "支援員"), role);
    assert_int_equal(column_of(text, 3, "a<U+202E>b<FF><U+202C>"), role);
    assert_int_equal(column_of(text, 1, "2022"), since);
    assert_int_equal(column_of(text, 2, "令和4年"), since);
    free(text);
}

static void
test_table_cells_are_inert(void **state)
{
    (void)state;
    for (int accessible = 0; accessible < 2; accessible++) {
        char *text = print_table(accessible != 0);

        assert_non_null(strstr(text, "<U+001B>[31mred"));
        assert_non_null(strstr(text, "a<U+202E>b<FF><U+202C>"));
        assert_null(strchr(text, '\033'));
        assert_true(text_is_utf8(bytes_text(text)));
        free(text);
    }
}

static void
test_accessible_tables_are_lines(void **state)
{
    char *text = print_table(true);

    (void)state;
    assert_non_null(strstr(text, "Name: hana\nRole: caseworker\n"
                                 "Since: 2022\n\nName: 相談員 花子\n"));
    free(text);
}

static void
test_no_cell_is_cut_short_without_a_terminal(void **state)
{
    char *text = NULL, wide[401];
    size_t len = 0;
    struct term t = {.out = open_memstream(&text, &len)};
    struct table *table = table_new(&t, 3, columns);
    const char *const cells[] = {wide, wide, wide};

    (void)state;
    memset(wide, 'w', 400);
    wide[400] = '\0';
    assert_ok(table_row(table, cells));
    assert_ok(table_print(table));
    (void)fclose(t.out);
    assert_true(len > (size_t)1200);
    assert_int_equal(column_of(text, 1, "w"), 0);
    free(text);
}

static int
narrow_table(void *ctx)
{
    const struct winsize size = {.ws_row = 25, .ws_col = 40};
    const char *const cells[] = {
        "n1", "一二三四五六七八九十一二三四五六七八九十終", "x9"};
    struct term t;
    struct table *table;

    (void)ctx;
    if (ioctl(STDOUT_FILENO, TIOCSWINSZ, &size) != 0)
        return 1;
    term_init(&t);
    table = table_new(&t, 3, columns);
    if (table_row(table, cells) != SV_OK)
        return 2;
    return STATUS(table_print(table)) + STATUS(term_flush(&t));
}

static void
test_a_narrow_terminal_wraps_the_widest_column(void **state)
{
    struct bytes rest, line;
    struct pty p;

    (void)state;
    pty_start(&p, narrow_table, NULL);
    assert_int_equal(pty_end(&p), 0);
    assert_true(pty_showed(&p, "n1"));
    assert_true(pty_showed(&p, "終"));
    assert_true(pty_showed(&p, "x9"));
    rest = buf_bytes(&p.seen);
    while (text_line(&rest, &line)) {
        assert_true(line.len > 0 && line.ptr[line.len - 1] == '\r');
        assert_true(term_width(bytes_slice(line, 0, line.len - 1)) <= 40);
    }
    pty_clear(&p);
}

static void
test_a_table_without_memory_says_so(void **state)
{
    (void)state;
    assert_err(table_row(NULL, rows[0]), SV_ERR_NOMEM);
    assert_err(table_print(NULL), SV_ERR_NOMEM);
}

/* ---- JSON ---- */

static void
test_json_escapes_what_steers_and_keeps_the_value(void **state)
{
    static const char value[] =
        "花\033\xc2\x9b\xe2\x80\xae\x7f\xf3\xa0\x80\x81\"\xe2\x80\xac\n";
    char *text = NULL;
    size_t len = 0;
    struct term t = {.out = open_memstream(&text, &len)};
    json_t *back, *object = json_object();

    (void)state;
    assert_int_equal(
        json_object_set_new(object, "z", json_bytes(bytes_text(value))), 0);
    assert_int_equal(json_object_set_new(object, "a", json_integer(1)), 0);
    assert_ok(term_json(&t, object));
    (void)fclose(t.out);
    assert_non_null(
        strstr(text, "花\\u001B\\u009B\\u202E\\u007F\\uDB40\\uDC01"));
    assert_true(strstr(text, "\"z\"") < strstr(text, "\"a\""));
    assert_int_equal(text[len - 1], '\n');
    back = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(json_string_value(json_object_get(back, "z")), value);
    json_decref(back);
    free(text);
}

static void
test_json_refuses_broken_utf8_and_missing_values(void **state)
{
    struct term t = {.out = stdout};
    json_t *empty = json_bytes(bytes_of(NULL, 0));

    (void)state;
    assert_null(json_bytes(bytes_text("a\xff")));
    assert_string_equal(json_string_value(empty), "");
    json_decref(empty);
    assert_err(term_json(&t, NULL), SV_ERR_NOMEM);
}

/* ---- Progress ---- */

static int
progress(void *ctx)
{
    struct term t;
    struct progress p = {.t = &t, .label = "Records"};

    (void)ctx;
    term_init(&t);
    for (uint64_t i = 0; i <= 5000; i++)
        term_progress(&p, i, 5000);
    term_progress_end(&p);
    return 0;
}

static size_t
count(struct bytes text, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == (uint8_t)c;
    return n;
}

static void
test_progress_stays_in_one_line(void **state)
{
    struct pty p;

    (void)state;
    pty_start(&p, progress, NULL);
    assert_int_equal(pty_end(&p), 0);
    assert_true(pty_showed(&p, "\rRecords: 5000 of 5000\r\n"));
    assert_int_equal(count(buf_bytes(&p.seen), '\n'), 1);
    assert_true(p.seen.len < (size_t)3030);
    pty_clear(&p);
}

static void
test_accessible_progress_is_a_line_every_tenth(void **state)
{
    struct pty p;

    (void)state;
    assert_int_equal(setenv("SVAULT_ACCESSIBLE", "1", 1), 0);
    pty_start(&p, progress, NULL);
    assert_int_equal(unsetenv("SVAULT_ACCESSIBLE"), 0);
    assert_int_equal(pty_end(&p), 0);
    assert_true(pty_showed(&p, "Records: 500 of 5000\r\nRecords: 1000 of"));
    assert_int_equal(count(buf_bytes(&p.seen), '\n'), 11);
    pty_clear(&p);
}

static void
test_progress_is_silent_without_a_terminal(void **state)
{
    struct piped p;
    struct progress bar;

    (void)state;
    piped_open(&p, bytes_text(""));
    bar = (struct progress){.t = &p.t, .label = "Records"};
    term_progress(&bar, 1, 2);
    term_progress(&bar, 0, 0);
    term_progress_end(&bar);
    (void)fflush(p.t.err);
    assert_int_equal(p.talk_len, 0);
    piped_close(&p);
}

/* ---- Settings ---- */

static int
heading(void *ctx)
{
    struct term t;

    (void)ctx;
    term_init(&t);
    term_heading(&t, t.err, "Identity");
    return t.interactive && !t.accessible ? 0 : 1;
}

static void
test_headings_are_bold_on_a_terminal_unless_no_color(void **state)
{
    struct pty p;

    (void)state;
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    assert_int_equal(unsetenv("NO_COLOR"), 0);
    pty_start(&p, heading, NULL);
    assert_int_equal(pty_end(&p), 0);
    assert_true(pty_showed(&p, "\033[1mIdentity\033[0m\r\n"));
    pty_clear(&p);
    assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
    pty_start(&p, heading, NULL);
    assert_int_equal(unsetenv("NO_COLOR"), 0);
    assert_int_equal(pty_end(&p), 0);
    assert_true(pty_showed(&p, "Identity\r\n"));
    assert_false(pty_showed(&p, "\033"));
    pty_clear(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t68_stored_text_prints_inert),
        cmocka_unit_test(test_width_counts_columns_of_what_is_shown),
        cmocka_unit_test(test_flush_reports_a_full_disk),
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
        cmocka_unit_test(test_tables_align_wide_characters),
        cmocka_unit_test(test_table_cells_are_inert),
        cmocka_unit_test(test_accessible_tables_are_lines),
        cmocka_unit_test(test_no_cell_is_cut_short_without_a_terminal),
        cmocka_unit_test(test_a_narrow_terminal_wraps_the_widest_column),
        cmocka_unit_test(test_a_table_without_memory_says_so),
        cmocka_unit_test(test_json_escapes_what_steers_and_keeps_the_value),
        cmocka_unit_test(test_json_refuses_broken_utf8_and_missing_values),
        cmocka_unit_test(test_progress_stays_in_one_line),
        cmocka_unit_test(test_accessible_progress_is_a_line_every_tenth),
        cmocka_unit_test(test_progress_is_silent_without_a_terminal),
        cmocka_unit_test(test_headings_are_bold_on_a_terminal_unless_no_color),
    };

    if (setlocale(LC_ALL, "C.UTF-8") == NULL || crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
