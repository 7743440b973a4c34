#include "tests/support/support.h"
#include "vault/import.h"
#include "vault/rows.h"

#define DATA SV_SOURCE_DIR "/tests/data/annual-2022/"
#define BOM "\xef\xbb\xbf"
#define HEAD                                                                   \
    "identity.case_no,identity.birth_date,facts.age_at_protection,"            \
    "facts.protected_from,facts.gender,facts.services,narrative.summary\n"
#define GOOD "A1,2004-07-10,17,2022-07-09,female,food;shelter,Text\n"

static int
setup(void **state)
{
    struct schema *s = NULL;

    assert_ok(schema_load(schema_builtin(), &s, NULL));
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    schema_free(*state);
    return 0;
}

static struct import
import_text(const struct schema *s, const char *text, size_t len)
{
    struct import im = {0};
    struct diag where = {0};

    if (import_read(schema_type(s, "victim"), bytes_of(text, len), &im,
                    &where) != SV_OK)
        fail_msg("line %zu %s: %s", where.line, where.column, where.reason);
    return im;
}

static void
assert_field(const struct draft *d, const char *column, const char *want)
{
    struct schema_place p;
    struct buf text = BUF_INIT;

    assert_ok(draft_place(d->type, bytes_text(column), &p));
    assert_ok(content_text(&d->contents[p.compartment], p.field, &text));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    assert_string_equal((char *)text.ptr, want);
    buf_free(&text);
}

/* Every content of every draft means itself when it was encoded. */
static void
assert_round_trip(const struct import *im)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;

    for (size_t i = 0; i < im->n; i++) {
        for (size_t k = 0; k < im->type->n; k++) {
            struct content back = {0};

            assert_ok(content_encode(&im->drafts[i].contents[k], &once));
            assert_ok(content_decode(&im->type->compartments[k],
                                     buf_bytes(&once), &back));
            assert_ok(content_encode(&back, &twice));
            assert_true(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
            content_free(&back);
            buf_truncate(&once, 0);
            buf_truncate(&twice, 0);
        }
    }
    buf_free(&once);
    buf_free(&twice);
}

static void
test_the_sample_files_have_no_faulty_row(void **state)
{
    static const struct {
        const char *type, *path;
        size_t n;
    } cases[] = {
        {"victim", DATA "victims.csv", 93},
        {"suspect", DATA "suspects.csv", 80},
        {"offence", DATA "offences.csv", 144},
    };

    for (size_t i = 0; i < 3; i++) {
        struct buf file = BUF_INIT;
        struct import im = {0};
        struct diag where = {0};

        assert_ok(file_read(cases[i].path, IMPORT_FILE_MAX, &file));
        assert_ok(import_read(schema_type(*state, cases[i].type),
                              buf_bytes(&file), &im, &where));
        if (im.n_bad > 0)
            fail_msg("%s:%zu %s: %s", cases[i].path, im.diags[0].line,
                     im.diags[0].column, im.diags[0].reason);
        assert_int_equal(im.n, cases[i].n);
        assert_round_trip(&im);
        import_free(&im);
        buf_free(&file);
    }
}

static void
test_cells_reach_their_fields(void **state)
{
    struct import im = import_text(
        *state,
        BOM HEAD GOOD "\r\n"
                      "A2,unknown,,2022-01-01,,,\"a \"\"b\"\",\r\nc;d\"\r\n"
                      ",,,,,,\n"
                      "A3,,,,, food ; medical,x",
        strlen(BOM HEAD GOOD "\r\n"
                             "A2,unknown,,2022-01-01,,,\"a \"\"b\"\",\r\n"
                             "c;d\"\r\n"
                             ",,,,,,\n"
                             "A3,,,,, food ; medical,x"));

    assert_int_equal(im.n_bad, 0);
    assert_int_equal(im.n, 3);
    assert_field(&im.drafts[0], "identity.case_no", "A1");
    assert_field(&im.drafts[0], "facts.services", "food;shelter");
    assert_field(&im.drafts[0], "facts.age_at_protection", "17");
    assert_field(&im.drafts[0], "health.conditions", "not_asked");
    assert_int_equal(im.drafts[0].line, 2);
    assert_field(&im.drafts[1], "identity.birth_date", "unknown");
    assert_field(&im.drafts[1], "facts.gender", "not_asked");
    assert_field(&im.drafts[1], "narrative.summary", "a \"b\",\nc;d");
    assert_int_equal(im.drafts[1].line, 4);
    assert_field(&im.drafts[2], "facts.services", "food;medical");
    assert_int_equal(im.drafts[2].line, 7);
    for (size_t k = 0; k < im.type->n; k++) {
        for (size_t j = 0; j < im.type->compartments[k].n; j++)
            assert_true(im.drafts[2].contents[k].fields[j].given);
    }
    import_free(&im);
}

#define BAD(row) HEAD GOOD row "\n"

static void
test_a_faulty_row_is_named_by_line_column_and_reason(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* 0: of the text */
        size_t line;
        const char *column, *reason;
    } cases[] = {
        {BAD("A2,2004-07-10,18,2022-07-09,female,,"), 0, 3,
         "facts.age_at_protection", "the age does not fit the birth date"},
        {BAD("A2,2022-07-10,,2022-07-09,female,,"), 0, 3,
         "facts.protected_from", "earlier than a day that must come before it"},
        {BAD("A2,,,,woman,,"), 0, 3, "facts.gender", "not in the code list"},
        {BAD("A2,,,,,food;dance,"), 0, 3, "facts.services",
         "not in the code list"},
        {BAD("A2,,,,,food;food,"), 0, 3, "facts.services",
         "the same value twice"},
        {BAD("A2,,,,,food;,"), 0, 3, "facts.services", "an empty value"},
        {BAD("A2,,,,male;female,,"), 0, 3, "facts.gender",
         "not in the code list"},
        {BAD("A2,2001-02-29,,,,,"), 0, 3, "identity.birth_date",
         "no such date"},
        {BAD("A2,,121,,,,"), 0, 3, "facts.age_at_protection",
         "out of the range that the field allows"},
        {BAD("A2,,x,,,,"), 0, 3, "facts.age_at_protection",
         "not a whole number"},
        {BAD("A1,,,,,,"), 0, 3, "identity.case_no", "used by an earlier row"},
        {BAD("\xef\xbc\xa1\xef\xbc\x91,,,,,,"), 0, 3, "identity.case_no",
         "used by an earlier row"},
        {BAD("A2345678901234567890123456789012345,,,,,,"), 0, 3,
         "identity.case_no", "longer than the field allows"},
        {BAD("A2,,,,,,caf\xe9"), 0, 3, "narrative.summary", "not valid UTF-8"},
        {BAD("A2,,,,,,a\0b"), sizeof BAD("A2,,,,,,a\0b") - 1, 3,
         "narrative.summary", "holds a NUL"},
        {BAD("A2,,,,,,a\rb"), 0, 3, "narrative.summary",
         "holds a control character"},
        {BAD("\"A\n2\",,,,,,"), 0, 3, "identity.case_no", "more than one line"},
        {BAD("A2,,,,,"), 0, 3, "",
         "the row is cut off or has the wrong number of cells"},
        {BAD("A2,,,,,,,"), 0, 3, "",
         "the row is cut off or has the wrong number of cells"},
        {HEAD GOOD "A2,2004", 0, 3, "",
         "the row is cut off or has the wrong number of cells"},
        {BAD("A2,,,,,,a\"b\""), 0, 3, "",
         "a quotation mark stands where none may be"},
        {BAD("A2,,,,,,\"a\"b"), 0, 3, "",
         "a quotation mark stands where none may be"},
        {BAD("A2,,,,,,\"a\n\n\"\nA3,,,,x,,"), 0, 6, "facts.gender",
         "not in the code list"},
        {HEAD "\n\nA2,,,,x,,\n" GOOD, 0, 4, "facts.gender",
         "not in the code list"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = cases[i].len > 0 ? cases[i].len : strlen(cases[i].text);
        struct import im = import_text(*state, cases[i].text, len);
        const struct diag *d = im.diags;

        if (im.n_bad != 1 || im.n_diags != 1 || d->line != cases[i].line ||
            strcmp(d->column, cases[i].column) != 0 ||
            strcmp(d->reason, cases[i].reason) != 0)
            fail_msg("case %zu: %zu bad, line %zu \"%s\" %s", i, im.n_bad,
                     d != NULL ? d->line : 0, d != NULL ? d->column : "",
                     d != NULL ? d->reason : "");
        import_free(&im);
    }
}

static void
test_a_file_without_readable_rows_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        size_t line;
        const char *column, *reason;
    } cases[] = {
        {"", 0, 1, "", "the file has no header row"},
        {BOM, 0, 1, "", "the file has no header row"},
        {"\r\n\n", 0, 1, "", "the file has no header row"},
        {"identity.case_no,facts.gendr\n", 0, 1, "facts.gendr",
         "no such column"},
        {"\nidentity.case_no,facts.gender \n", 0, 2, "#2", "no such column"},
        {"identity.case_no,justice.law\n", 0, 1, "#2", "no such column"},
        {"A1,2004-07-10,17\n", 0, 1, "#1", "no such column"},
        {"identity.case_no,,facts.gender\n", 0, 1, "#2",
         "a column without a name"},
        {"identity.case_no,facts.gender,facts.gender\n", 0, 1, "facts.gender",
         "a column that stands twice"},
        {"facts.gender,facts.services\nfemale,food\n", 0, 1, "identity.case_no",
         "this column is missing"},
        {"identity.case_no,facts.\xff\n", 0, 1, "#2", "not valid UTF-8"},
        {"identity.case_no,facts\0.gender\n", 31, 1, "#2", "holds a NUL"},
        {"identity.case_no,facts.ge\"nder\n", 0, 1, "",
         "a quotation mark stands where none may be"},
        {"\"identity.case_no\n", 0, 1, "",
         "quotation marks open in this row and never close"},
        {HEAD GOOD "A2,,,,,,\"a\nb", 0, 3, "",
         "quotation marks open in this row and never close"},
        {HEAD GOOD "A2,,,,,,\"a\nb\"\"", 0, 3, "",
         "quotation marks open in this row and never close"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = cases[i].len > 0 ? cases[i].len : strlen(cases[i].text);
        struct import im = {0};
        struct diag where = {.file = "intake.csv"};
        enum sv_err err =
            import_read(schema_type(*state, "victim"),
                        bytes_of(cases[i].text, len), &im, &where);

        if (err != SV_ERR_INPUT || where.line != cases[i].line ||
            strcmp(where.file, "intake.csv") != 0 ||
            strcmp(where.column, cases[i].column) != 0 ||
            strcmp(where.reason, cases[i].reason) != 0)
            fail_msg("case %zu: %d, line %zu \"%s\" %s", i, (int)err,
                     where.line, where.column,
                     where.reason != NULL ? where.reason : "");
        assert_int_equal(im.n, 0);
        assert_null(im.drafts);
    }
}

static void
test_bad_rows_keep_their_bytes_and_the_good_ones_are_read(void **state)
{
    static const char text[] =
        BOM "identity.case_no,\"facts.gender\",narrative.summary\r\n"
            "A1,female,x\r\n"
            "A2,woman,\"two\r\n\r\nlines\"\r\n"
            "\r\n"
            "A3,female,\"y\"\n"
            "A4,fe\"male,y\r\n"
            "A5,male,z\r\n"
            "A2,male,z\r\n"
            "A6,m";
    static const char bad[] =
        BOM "identity.case_no,\"facts.gender\",narrative.summary\r\n"
            "A2,woman,\"two\r\n\r\nlines\"\r\n"
            "A4,fe\"male,y\r\n"
            "A2,male,z\r\n"
            "A6,m";
    static const size_t lines[] = {3, 8, 10, 11};
    struct import im = import_text(*state, text, sizeof text - 1);

    assert_int_equal(im.n, 3);
    assert_int_equal(im.n_bad, 4);
    assert_int_equal(im.n_diags, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(im.diags[i].line, lines[i]);
    assert_field(&im.drafts[1], "identity.case_no", "A3");
    assert_field(&im.drafts[2], "identity.case_no", "A5");
    assert_true(bytes_equal(buf_bytes(&im.bad_rows), bytes_text(bad)));
    import_free(&im);
}

static void
test_no_diag_holds_a_value(void **state)
{
    static const char text[] =
        "identity.case_no,facts.gender,identity.birth_date\n"
        "SECRET-1,SECRET-2,2001-01-01\n"
        "SECRET-1,female,SECRET-3\n"
        "SECRET-4\n";
    struct import im = import_text(*state, text, sizeof text - 1);
    struct diag where = {0};

    assert_int_equal(im.n_bad, 3);
    for (size_t i = 0; i < im.n_diags; i++) {
        assert_null(strstr(im.diags[i].column, "SECRET"));
        assert_null(strstr(im.diags[i].reason, "SECRET"));
    }
    import_free(&im);
    /* Without a header, the first row is somebody's. */
    assert_err(import_read(schema_type(*state, "victim"),
                           bytes_text("SECRET,maria.santos\n"), &im, &where),
               SV_ERR_INPUT);
    assert_string_equal(where.column, "#1");
}

static void
test_more_faults_than_places_for_them_are_counted(void **state)
{
    struct buf text = BUF_INIT;
    struct import im;

    assert_ok(buf_text(&text, "identity.case_no,facts.gender\n"));
    for (int i = 0; i < IMPORT_DIAGS_MAX + 7; i++)
        assert_ok(buf_printf(&text, "A%d,woman\n", i));
    im = import_text(*state, (const char *)text.ptr, text.len);
    assert_int_equal(im.n_bad, IMPORT_DIAGS_MAX + 7);
    assert_int_equal(im.n_diags, IMPORT_DIAGS_MAX);
    assert_true(bytes_equal(buf_bytes(&im.bad_rows), buf_bytes(&text)));
    import_free(&im);
    buf_free(&text);
}

static void
test_a_row_without_end_does_not_take_the_file_along(void **state)
{
    struct buf text = BUF_INIT;
    struct import im = {0};
    struct diag where = {0};
    uint8_t *at;

    /* Too long a line is one faulty row. */
    assert_ok(buf_text(&text, HEAD));
    assert_ok(buf_extend(&text, ROWS_LEN_MAX + 1, &at));
    memset(at, 'x', ROWS_LEN_MAX + 1);
    assert_ok(buf_text(&text, "\n" GOOD));
    im = import_text(*state, (const char *)text.ptr, text.len);
    assert_int_equal(im.n, 1);
    assert_int_equal(im.n_bad, 1);
    assert_string_equal(im.diags[0].reason, "the row is too long");
    import_free(&im);
    buf_free(&text);
    /* Quotation marks that swallow line after line are not. */
    assert_ok(buf_text(&text, HEAD "\"A1"));
    for (int i = 0; i < 200000; i++)
        assert_ok(buf_text(&text, "x,,,,,,\n"));
    assert_err(import_read(schema_type(*state, "victim"), buf_bytes(&text), &im,
                           &where),
               SV_ERR_INPUT);
    assert_int_equal(where.line, 2);
    assert_string_equal(where.reason,
                        "quotation marks open in this row and never close");
    buf_free(&text);
}

static uint32_t
next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void
test_altered_and_cut_files_give_only_content_that_means_itself(void **state)
{
    static const char nasty[] = "\",;\n\r\0\xff -09A";
    struct buf file = BUF_INIT;
    struct bytes head;
    uint8_t *copy;
    uint32_t seed = 2022;

    assert_ok(file_read(DATA "victims.csv", IMPORT_FILE_MAX, &file));
    head = bytes_slice(buf_bytes(&file), 0, 4096);
    copy = malloc(head.len);
    assert_non_null(copy);
    for (int round = 0; round < 1500; round++) {
        size_t len = round % 3 == 0 ? next(&seed) % head.len : head.len;
        struct import im = {0};
        struct diag where = {0};
        enum sv_err err;

        memcpy(copy, head.ptr, head.len);
        for (uint32_t n = next(&seed) % 8; n > 0; n--) {
            size_t at = next(&seed) % head.len;

            if (next(&seed) % 2 == 0)
                copy[at] ^= (uint8_t)(1u << next(&seed) % 8);
            else
                copy[at] = (uint8_t)nasty[next(&seed) % (sizeof nasty - 1)];
        }
        err = import_read(schema_type(*state, "victim"), bytes_of(copy, len),
                          &im, &where);
        if (err == SV_OK)
            assert_round_trip(&im);
        else
            assert_err(err, SV_ERR_INPUT);
        assert_true(err == SV_OK || where.reason != NULL);
        import_free(&im);
    }
    free(copy);
    buf_free(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_sample_files_have_no_faulty_row),
        TEST(test_cells_reach_their_fields),
        TEST(test_a_faulty_row_is_named_by_line_column_and_reason),
        TEST(test_a_file_without_readable_rows_is_refused),
        TEST(test_bad_rows_keep_their_bytes_and_the_good_ones_are_read),
        TEST(test_no_diag_holds_a_value),
        TEST(test_more_faults_than_places_for_them_are_counted),
        TEST(test_a_row_without_end_does_not_take_the_file_along),
        TEST(test_altered_and_cut_files_give_only_content_that_means_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
