/* What is printed: texts, tables, JSON, progress and headings. */
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/support/piped.h"
#include "tests/support/pty.h"

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
    return PTY_STATUS(table_print(table)) + PTY_STATUS(term_flush(&t));
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

    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
