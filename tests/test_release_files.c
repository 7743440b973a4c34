#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "tests/support/support.h"

#include "release/chart.h"
#include "release/page.h"
#include "release/words.h"
#include "release/workbook.h"

/*
 * Pages and workbooks of tables made by hand: hostile, empty, large.  With
 * SV_RELEASE_DIR they are left there, and tests/format/check_release.py reads
 * them with the parsers of Python.
 */

static const char *const hostile[] = {
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> & 'q'",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "a;=1+1",
    "-2+3",
    "_x003D_1+1",
    "\x01\x1b[31m \xE2\x80\xAE \xEF\xBF\xBF \xFF",
    "]]> <!-- --> &amp; <?x?>",
    "＝1+1",
};
#define HOSTILE_N (sizeof hostile / sizeof hostile[0])

static void
init(struct document_tables *t, enum document_lang lang, const char *title)
{
    assert_ok(document_tables_init(t, lang, "2023-03-31", bytes_text(title)));
}

static struct document_table *
add(struct document_tables *t, const char *section, const char *caption,
    size_t columns)
{
    struct document_table *table;

    assert_ok(
        document_tables_add(t, section, bytes_text(caption), "Item", &table));
    for (size_t i = 0; i < columns; i++)
        assert_ok(document_table_column(table, COLUMN_PART,
                                        bytes_text(hostile[i % HOSTILE_N])));
    return table;
}

static struct document_cell *
row(struct document_table *table, enum row_kind kind, const char *label,
    int64_t value)
{
    struct document_cell *cells;

    assert_ok(document_table_row(table, kind, bytes_text(label), &cells));
    for (size_t i = 0; i < table->n_columns && kind != ROW_GROUP; i++)
        cells[i] = (struct document_cell){.kind = CELL_NUMBER, .value = value};
    return cells;
}

/* Every kind of cell, and a hostile text wherever a text can stand. */
static void
make_hostile(struct document_tables *t, enum document_lang lang)
{
    struct document_table *table;
    struct document_cell *cells;

    init(t, lang, hostile[0]);
    for (size_t i = 0; i < HOSTILE_N; i++)
        assert_ok(document_tables_note(t, hostile[(i + 1) % HOSTILE_N],
                                       bytes_text(hostile[i])));
    for (size_t columns = 1; columns <= 2; columns++) {
        table = add(t, hostile[1], hostile[2], columns);
        for (size_t i = 0; i < HOSTILE_N; i++)
            (void)row(table, ROW_PART, hostile[i], (int64_t)i * 1000);
        (void)row(table, ROW_TOTAL, hostile[2], 45000);
        assert_ok(document_table_note(table, bytes_text(hostile[columns])));
        document_table_chart(table);
        assert_int_equal(table->chart, columns);
    }
    table = add(t, hostile[3], hostile[4], 9);
    (void)row(table, ROW_GROUP, hostile[5], 0);
    cells = row(table, ROW_PART, "kinds", 0);
    cells[0] = (struct document_cell){.kind = CELL_NONE};
    cells[1] = (struct document_cell){.kind = CELL_NUMBER, .value = 1234567};
    cells[2] = (struct document_cell){.kind = CELL_CHANGE, .value = 15};
    cells[3] = (struct document_cell){.kind = CELL_CHANGE, .value = -1234};
    cells[4] =
        (struct document_cell){.kind = CELL_SHARE, .value = 43, .digits = 1};
    cells[5] = (struct document_cell){.kind = CELL_NUMBER, .value = INT64_MAX};
    assert_ok(document_table_unknown(table, hostile[2], &cells[6]));
    assert_ok(document_table_unknown(table, hostile[4], &cells[7]));
    cells[8] = (struct document_cell){
        .kind = CELL_SHARE_CHANGE, .value = -123, .digits = 1};
    table->rows[table->n_rows - 1].indented = true;
}

static void
make_large(struct document_tables *t, size_t rows)
{
    struct document_table *table;

    init(t, DOCUMENT_EN, "Large");
    table = add(t, "", "rows", 3);
    for (size_t i = 0; i < rows; i++)
        (void)row(table, ROW_PART, hostile[i % HOSTILE_N], (int64_t)i);
}

static struct buf
page_of(const struct document_tables *t)
{
    struct buf page = BUF_INIT;

    assert_ok(page_html(t, &page));
    return page;
}

static struct buf
workbook_of(const struct document_tables *t)
{
    struct buf book = BUF_INIT;

    assert_ok(workbook_xlsx(t, &book));
    return book;
}

static const uint8_t *
find(const struct buf *text, const char *part)
{
    return memmem(text->ptr, text->len, part, strlen(part));
}

#define ASSERT_HAS(text, part)                                                 \
    do {                                                                       \
        if (find((text), (part)) == NULL)                                      \
            fail_msg("there is no %s", (part));                                \
    } while (0)
#define ASSERT_HAS_NOT(text, part)                                             \
    do {                                                                       \
        if (find((text), (part)) != NULL)                                      \
            fail_msg("there is %s", (part));                                   \
    } while (0)

/* ---- numbers ---- */

static void
test_numbers_are_written_as_people_write_them(void **state)
{
    static const struct {
        struct document_cell cell;
        const char *text;
    } cases[] = {
        {{.kind = CELL_NUMBER, .value = 0}, "0"},
        {{.kind = CELL_NUMBER, .value = 999}, "999"},
        {{.kind = CELL_NUMBER, .value = 1000}, "1,000"},
        {{.kind = CELL_NUMBER, .value = 1234567}, "1,234,567"},
        {{.kind = CELL_NUMBER, .value = INT64_MAX},
         "9,223,372,036,854,775,807"},
        {{.kind = CELL_CHANGE, .value = 15}, "+15"},
        {{.kind = CELL_CHANGE, .value = 0}, "0"},
        {{.kind = CELL_CHANGE, .value = -1234}, "\u22121,234"},
        {{.kind = CELL_CHANGE, .value = INT64_MIN},
         "\u22129,223,372,036,854,775,808"},
        {{.kind = CELL_SHARE, .value = 43, .digits = 1}, "4.3%"},
        {{.kind = CELL_SHARE, .value = 5, .digits = 2}, "0.05%"},
        {{.kind = CELL_SHARE, .value = 100, .digits = 0}, "100%"},
        {{.kind = CELL_SHARE_CHANGE, .value = 333, .digits = 1}, "+33.3%"},
        {{.kind = CELL_SHARE_CHANGE, .value = -7, .digits = 0}, "\u22127%"},
        {{.kind = CELL_NONE, .value = 7}, ""},
        {{.kind = CELL_UNKNOWN, .value = 7}, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = BUF_INIT;

        assert_ok(release_number(&cases[i].cell, &out));
        if (!bytes_equal(buf_bytes(&out), bytes_text(cases[i].text)))
            fail_msg("%.*s, not %s", (int)out.len, (const char *)out.ptr,
                     cases[i].text);
        buf_free(&out);
    }
}

/* ---- the page ---- */

static void
test_nothing_in_a_page_runs_or_is_loaded(void **state)
{
    static const char *const never[] = {
        "<script", "<img", "<link",   "<iframe",     "http:",
        "https:",  "//",   "@import", "javascript:", "\x1b"};
    struct document_tables t;
    struct buf page;
    const uint8_t *at;

    (void)state;
    make_hostile(&t, DOCUMENT_JA);
    page = page_of(&t);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        ASSERT_HAS_NOT(&page, never[i]);
    ASSERT_HAS(&page, "&lt;/script&gt;&lt;script&gt;alert(1)");
    ASSERT_HAS(&page, "&quot;&gt;&lt;img src=x onerror=");
    /* What it refers to is in itself. */
    for (at = page.ptr; (at = memmem(at, page.len - (size_t)(at - page.ptr),
                                     "url(", 4)) != NULL;
         at++)
        assert_memory_equal(at, "url(#c", 6);
    ASSERT_HAS(&page, "<html lang=\"ja\">");
    buf_free(&page);
    document_tables_clear(&t);
}

static void
test_the_policy_allows_the_style_that_is_there_and_nothing_else(void **state)
{
    struct document_tables t;
    struct buf page;
    const uint8_t *from, *to;
    uint8_t sum[32];
    char hash[BASE64_SIZE(32)], policy[256];

    (void)state;
    init(&t, DOCUMENT_EN, "T");
    page = page_of(&t);
    from = find(&page, "<style>");
    to = find(&page, "</style>");
    assert_true(from != NULL && to != NULL);
    from += strlen("<style>");
    crypto_hash_sha256(sum, from, (size_t)(to - from));
    text_base64(bytes_of(sum, sizeof sum), hash);
    (void)snprintf(policy, sizeof policy,
                   "content=\"default-src 'none'; style-src 'sha256-%s'; "
                   "base-uri 'none'; form-action 'none'\">",
                   hash);
    ASSERT_HAS(&page, policy);
    assert_true(find(&page, "Content-Security-Policy") < from);
    buf_free(&page);
    document_tables_clear(&t);
}

static void
test_a_page_says_each_number_and_why_one_is_missing(void **state)
{
    struct document_tables t;
    struct buf page;

    (void)state;
    make_hostile(&t, DOCUMENT_EN);
    page = page_of(&t);
    ASSERT_HAS(&page, "<td>1,234,567</td>");
    ASSERT_HAS(&page, "<td>+15</td><td>\u22121,234</td><td>4.3%</td>");
    ASSERT_HAS(&page, "<td class=\"unknown\">not known (note 1)</td>"
                      "<td class=\"unknown\">not known (note 2)</td>");
    ASSERT_HAS(&page, "Note 1: =cmd|");
    ASSERT_HAS(&page, "<th scope=\"rowgroup\" colspan=\"10\">-2+3</th>");
    ASSERT_HAS(&page, "<th scope=\"col\">Item</th>");
    ASSERT_HAS(&page, "<th scope=\"row\" class=\"in\">kinds</th>");
    buf_free(&page);
    document_tables_clear(&t);
}

static void
test_a_release_without_figures_is_a_page_and_a_workbook(void **state)
{
    struct document_tables t;
    struct buf page, book;

    (void)state;
    init(&t, DOCUMENT_EN, "None");
    page = page_of(&t);
    ASSERT_HAS(&page, "<main>\n</main>");
    ASSERT_HAS_NOT(&page, "<nav");
    book = workbook_of(&t);
    assert_memory_equal(book.ptr, "PK\x03\x04", 4);
    buf_free(&page);
    buf_free(&book);
    (void)add(&t, "", "empty", 0);
    page = page_of(&t);
    book = workbook_of(&t);
    buf_free(&page);
    buf_free(&book);
    document_tables_clear(&t);
}

/* ---- the chart ---- */

static void
test_a_chart_has_a_bar_and_a_number_for_each_part_and_none_for_totals(
    void **state)
{
    struct document_tables t;
    struct document_table *table;
    struct buf svg = BUF_INIT;

    (void)state;
    init(&t, DOCUMENT_EN, "T");
    table = add(&t, "", "Caption", 1);
    (void)row(table, ROW_PART, "small", 1);
    (void)row(table, ROW_PART, "large", 1000000);
    (void)row(table, ROW_PART, "none", 0);
    (void)row(table, ROW_TOTAL, "Total", 1000001);
    assert_ok(chart_svg(table, DOCUMENT_EN, 7, &svg));
    assert_int_equal(svg.len, 0); /* CHART_NONE */
    document_table_chart(table);
    assert_ok(chart_svg(table, DOCUMENT_EN, 7, &svg));
    ASSERT_HAS(&svg, "role=\"img\" aria-labelledby=\"c7-title c7-desc\"");
    ASSERT_HAS(&svg, "<title id=\"c7-title\">Caption</title>");
    ASSERT_HAS(&svg, "The longest bar: large, 1,000,000</desc>");
    ASSERT_HAS(&svg, ">1,000,000</text>");
    ASSERT_HAS(&svg, ">0</text>");
    /* However small: what is not 0 is to be seen. */
    ASSERT_HAS(&svg, "width=\"1\" height=");
    ASSERT_HAS_NOT(&svg, "width=\"0\"");
    ASSERT_HAS_NOT(&svg, "Total");
    ASSERT_HAS_NOT(&svg, "1,000,001");
    buf_free(&svg);
    document_tables_clear(&t);
}

static void
test_a_label_of_any_length_stays_in_its_place(void **state)
{
    static char label[20001];
    struct document_tables t;
    struct document_table *table;
    struct buf svg = BUF_INIT;

    (void)state;
    memset(label, 'x', sizeof label - 1);
    init(&t, DOCUMENT_EN, "T");
    table = add(&t, "", "Caption", 1);
    (void)row(table, ROW_PART, label, INT64_MAX);
    (void)row(table, ROW_PART, "", 1);
    document_table_chart(table);
    assert_int_equal(table->chart, CHART_BARS);
    assert_ok(chart_svg(table, DOCUMENT_EN, 1, &svg));
    ASSERT_HAS(&svg, ">xxxxxxxxxxxxxxxxxxxxxxxx…</text>");
    ASSERT_HAS_NOT(&svg, ">xxxxxxxxxxxxxxxxxxxxxxxxx");
    assert_true(svg.len < 2000);
    buf_free(&svg);
    document_tables_clear(&t);
}

/* ---- the workbook ---- */

static void
test_the_same_tables_give_the_same_bytes(void **state)
{
    struct document_tables t;
    struct buf a, b;

    (void)state;
    make_hostile(&t, DOCUMENT_JA);
    a = workbook_of(&t);
    b = workbook_of(&t);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    buf_free(&a);
    buf_free(&b);
    a = page_of(&t);
    b = page_of(&t);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    buf_free(&a);
    buf_free(&b);
    document_tables_clear(&t);
}

static void
test_what_a_workbook_cannot_hold_is_refused(void **state)
{
    static char text[32769];
    struct document_tables t;
    struct buf out = BUF_INIT;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    init(&t, DOCUMENT_EN, "T");
    assert_ok(document_tables_note(&t, "n", bytes_text(text)));
    assert_err(workbook_xlsx(&t, &out), SV_ERR_RANGE);
    document_tables_clear(&t);
    init(&t, DOCUMENT_EN, "T");
    for (size_t i = 0; i <= WORKBOOK_TABLES_MAX; i++)
        (void)add(&t, "", "c", 1);
    assert_err(workbook_xlsx(&t, &out), SV_ERR_RANGE);
    assert_int_equal(out.len, 0);
    document_tables_clear(&t);
}

/* The library makes temporary files wherever TMPDIR says, unless it is kept
 * from it. */
static void
test_a_workbook_is_made_in_memory_alone(void **state)
{
    char dir[] = "/tmp/svault-test-XXXXXX";
    struct document_tables t;
    struct buf book;
    uint8_t events[4096];
    int watch = inotify_init1(IN_NONBLOCK);

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(setenv("TMPDIR", dir, 1), 0);
    assert_true(inotify_add_watch(watch, dir, IN_CREATE) >= 0);
    make_hostile(&t, DOCUMENT_EN);
    book = workbook_of(&t);
    assert_true(read(watch, events, sizeof events) < 0);
    assert_int_equal(unsetenv("TMPDIR"), 0);
    (void)close(watch);
    assert_int_equal(rmdir(dir), 0);
    buf_free(&book);
    document_tables_clear(&t);
}

static rlim_t
open_files(void)
{
    rlim_t n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void
test_without_descriptors_there_is_an_error_and_no_workbook(void **state)
{
    struct rlimit was, few;
    struct document_tables t;
    struct buf out = BUF_INIT;
    rlim_t before = open_files();
    enum sv_err err;
    int end = dup(0); /* the first descriptor that is free */

    (void)state;
    assert_true(end >= 0);
    (void)close(end);
    make_hostile(&t, DOCUMENT_EN);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    for (rlim_t more = 0; more < 3; more++) {
        few = was;
        few.rlim_cur = (rlim_t)end + more;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        err = workbook_xlsx(&t, &out);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
        assert_int_not_equal(err, SV_OK);
        assert_int_equal(out.len, 0);
        assert_int_equal(open_files(), before);
    }
    document_tables_clear(&t);
}

#if !defined(__SANITIZE_ADDRESS__)
static rlim_t
address_space(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    (void)fclose(f);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* libxlsxwriter dies of some of these. */
static void
test_without_memory_there_is_an_error_and_no_workbook(void **state)
{
    struct rlimit was, little;
    struct document_tables t;
    struct buf out = BUF_INIT;
    unsigned n_failed = 0;
    enum sv_err err;

    (void)state;
    make_large(&t, 5000);
    assert_int_equal(getrlimit(RLIMIT_AS, &was), 0);
    do {
        little = was;
        little.rlim_cur = address_space() + (rlim_t)n_failed * (256 << 10);
        assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
        err = workbook_xlsx(&t, &out);
        assert_int_equal(setrlimit(RLIMIT_AS, &was), 0);
        if (err != SV_OK) {
            /* It says of a file that it could not make no more. */
            assert_true(err == SV_ERR_NOMEM || err == SV_ERR_IO);
            assert_int_equal(out.len, 0);
            n_failed++;
        }
    } while (err != SV_OK && n_failed < 1000);
    assert_ok(err);
    assert_in_range(n_failed, 2, 999);
    buf_free(&out);
    document_tables_clear(&t);
}
#endif

/* ---- for other readers ---- */

static void
leave(const char *dir, const char *name, struct buf *data)
{
    char path[PATH_SIZE];

    if (dir != NULL) {
        assert_ok(path_join(path, dir, name));
        assert_ok(file_replace(path, 0600, buf_bytes(data)));
    }
    buf_free(data);
}

static void
test_other_readers_get_pages_and_workbooks(void **state)
{
    const char *dir = getenv("SV_RELEASE_DIR");
    struct document_tables t;
    struct buf data;

    (void)state;
    make_hostile(&t, DOCUMENT_EN);
    data = page_of(&t);
    leave(dir, "hostile.en.html", &data);
    data = workbook_of(&t);
    leave(dir, "hostile.en.xlsx", &data);
    document_tables_clear(&t);
    make_hostile(&t, DOCUMENT_JA);
    data = page_of(&t);
    leave(dir, "hostile.ja.html", &data);
    data = workbook_of(&t);
    leave(dir, "hostile.ja.xlsx", &data);
    document_tables_clear(&t);
    make_large(&t, 10000);
    data = page_of(&t);
    ASSERT_HAS(&data, "<td>9,999</td>");
    leave(dir, "large.html", &data);
    data = workbook_of(&t);
    leave(dir, "large.xlsx", &data);
    document_tables_clear(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] =
    { cmocka_unit_test(test_numbers_are_written_as_people_write_them),
      cmocka_unit_test(test_nothing_in_a_page_runs_or_is_loaded),
      cmocka_unit_test(
          test_the_policy_allows_the_style_that_is_there_and_nothing_else),
      cmocka_unit_test(test_a_page_says_each_number_and_why_one_is_missing),
      cmocka_unit_test(test_a_release_without_figures_is_a_page_and_a_workbook),
      cmocka_unit_test(
          test_a_chart_has_a_bar_and_a_number_for_each_part_and_none_for_totals),
      cmocka_unit_test(test_a_label_of_any_length_stays_in_its_place),
      cmocka_unit_test(test_the_same_tables_give_the_same_bytes),
      cmocka_unit_test(test_what_a_workbook_cannot_hold_is_refused),
      cmocka_unit_test(test_a_workbook_is_made_in_memory_alone),
      cmocka_unit_test(
          test_without_descriptors_there_is_an_error_and_no_workbook),
#if !defined(__SANITIZE_ADDRESS__)
      cmocka_unit_test(test_without_memory_there_is_an_error_and_no_workbook),
#endif
      cmocka_unit_test(test_other_readers_get_pages_and_workbooks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
