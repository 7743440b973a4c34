#include "tests/support/support.h"

#define NAME_32 "abcdefghijklmnopqrstuvwxyz012345"

static void
test_blank_is_nothing_but_spaces(void **state)
{
    (void)state;
    assert_true(text_is_blank(bytes_text("")));
    assert_true(text_is_blank(bytes_text(" \t\xe3\x80\x80 ")));
    assert_false(text_is_blank(bytes_text("\xe3\x80\x81")));
    assert_false(text_is_blank(bytes_text(" a ")));
    assert_false(text_is_blank(bytes_text("\xe3\x80")));
}

static void
test_work_names_and_codes_follow_their_alphabets(void **state)
{
    static const struct {
        struct bytes text;
        bool work_name, code;
    } cases[] = {
        {{(const uint8_t *)"hana", 4}, true, true},
        {{(const uint8_t *)"hana-1", 6}, true, false},
        {{(const uint8_t *)"not_asked", 9}, false, true},
        {{(const uint8_t *)"0", 1}, true, true},
        {{(const uint8_t *)"-", 1}, true, false},
        {{(const uint8_t *)NAME_32, 32}, true, true},
        {{(const uint8_t *)NAME_32 "x", 33}, false, false},
        {{(const uint8_t *)"", 0}, false, false},
        {{NULL, 0}, false, false},
        {{(const uint8_t *)"Hana", 4}, false, false},
        {{(const uint8_t *)"ha na", 5}, false, false},
        {{(const uint8_t *)"ha\0na", 5}, false, false},
        {{(const uint8_t *)"ha\n", 3}, false, false},
        {{(const uint8_t *)"h\xc3\xa4", 3}, false, false},
        {{(const uint8_t *)"ha/na", 5}, false, false},
        {{(const uint8_t *)"ha.na", 5}, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(text_is_work_name(cases[i].text), cases[i].work_name);
        assert_int_equal(text_is_code(cases[i].text), cases[i].code);
    }
}

static void
test_copies_fit_and_hold_no_nul(void **state)
{
    char out[4] = "old";

    (void)state;
    assert_err(text_copy(bytes_text("1234"), out, sizeof out), SV_ERR_RANGE);
    assert_err(text_copy(bytes_of("1\0", 2), out, sizeof out), SV_ERR_FORMAT);
    assert_string_equal(out, "old");
    assert_ok(text_copy(bytes_text("123"), out, sizeof out));
    assert_string_equal(out, "123");
    assert_ok(text_copy(bytes_of(NULL, 0), out, sizeof out));
    assert_string_equal(out, "");
}

static void
test_numbers_have_one_form(void **state)
{
    static const struct {
        const char *text;
        uint64_t min, max;
        enum sv_err err;
        uint64_t value;
    } cases[] = {
        {"0", 0, 9, SV_OK, 0},
        {"9", 0, 9, SV_OK, 9},
        {"10", 0, 9, SV_ERR_RANGE, 0},
        {"4", 5, 9, SV_ERR_RANGE, 0},
        {"5", 5, 9, SV_OK, 5},
        {"18446744073709551615", 0, UINT64_MAX, SV_OK, UINT64_MAX},
        {"18446744073709551616", 0, UINT64_MAX, SV_ERR_RANGE, 0},
        {"18446744073709551620", 0, UINT64_MAX, SV_ERR_RANGE, 0},
        {"99999999999999999999", 0, UINT64_MAX, SV_ERR_RANGE, 0},
        {"184467440737095516150", 0, UINT64_MAX, SV_ERR_RANGE, 0},
        {"", 0, 9, SV_ERR_FORMAT, 0},
        {"00", 0, 9, SV_ERR_FORMAT, 0},
        {"01", 0, 9, SV_ERR_FORMAT, 0},
        {"+1", 0, 9, SV_ERR_FORMAT, 0},
        {"-1", 0, 9, SV_ERR_FORMAT, 0},
        {" 1", 0, 9, SV_ERR_FORMAT, 0},
        {"1 ", 0, 9, SV_ERR_FORMAT, 0},
        {"1\n", 0, 9, SV_ERR_FORMAT, 0},
        {"0x1", 0, 9, SV_ERR_FORMAT, 0},
        {"1.0", 0, 9, SV_ERR_FORMAT, 0},
        {"1e1", 0, 9, SV_ERR_FORMAT, 0},
        {"/", 0, 9, SV_ERR_FORMAT, 0},
        {":", 0, 9, SV_ERR_FORMAT, 0},
        {"\xef\xbc\x91", 0, 9, SV_ERR_FORMAT, 0}, /* a full-width 1 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t v = 77;

        print_message("\"%s\"\n", cases[i].text);
        assert_err(
            text_u64(bytes_text(cases[i].text), cases[i].min, cases[i].max, &v),
            cases[i].err);
        assert_true(v == (cases[i].err == SV_OK ? cases[i].value : 77));
    }
}

/* ---- hex and base64 ---- */

static void
test_hex_goes_both_ways_in_lower_case_only(void **state)
{
    uint8_t all[256], back[256];
    char text[513];

    (void)state;
    for (size_t i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    text_hex(BYTES(all), text);
    assert_int_equal(strlen(text), 512);
    assert_ok(text_unhex(bytes_text(text), back, sizeof back));
    assert_memory_equal(all, back, sizeof all);
    assert_ok(text_unhex(bytes_text(""), back, 0));
    memset(back, 0x77, sizeof back);
    assert_err(text_unhex(bytes_text("0g"), back, 1), SV_ERR_FORMAT);
    assert_err(text_unhex(bytes_text("0A"), back, 1), SV_ERR_FORMAT);
    assert_err(text_unhex(bytes_text("0"), back, 1), SV_ERR_FORMAT);
    assert_err(text_unhex(bytes_text("000"), back, 1), SV_ERR_FORMAT);
    assert_err(text_unhex(bytes_text("0000"), back, 1), SV_ERR_FORMAT);
    assert_err(text_unhex(bytes_text("00 "), back, 1), SV_ERR_FORMAT);
    assert_err(text_unhex(bytes_text(""), back, 1), SV_ERR_FORMAT);
    assert_err(text_unhex(bytes_text("ab0g"), back, 2), SV_ERR_FORMAT);
    assert_int_equal(back[0], 0x77);
}

/* RFC 4648, section 10 */
static void
test_base64_has_the_known_answers(void **state)
{
    static const struct {
        const char *plain, *coded;
    } cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes plain = bytes_text(cases[i].plain);
        struct buf out = BUF_INIT;
        char text[16];

        text_base64(plain, text);
        assert_string_equal(text, cases[i].coded);
        assert_int_equal(BASE64_SIZE(plain.len), strlen(text) + 1);
        assert_ok(buf_text(&out, "kept"));
        assert_ok(text_base64_append(&out, plain));
        assert_int_equal(out.len, 4 + strlen(text));
        assert_memory_equal(out.ptr + 4, text, strlen(text));
        buf_truncate(&out, 4);
        assert_ok(text_unbase64(bytes_text(text), &out));
        assert_true(
            bytes_equal(bytes_slice(buf_bytes(&out), 4, out.len - 4), plain));
        buf_free(&out);
    }
}

static void
test_base64_in_another_form_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z",        "Zg",       "Zg=",      "Zg===",   "Zh==",  "Zm9=",
        "Zm8",      "=",        "==",       "===",     "====",  "Z===",
        "Zg==Zg==", "Zm8=Zm9v", "Zm9v\n",   "Zm9v ",   " Zm9v", "Zm 9v",
        "Zm9-",     "Zm9_",     "Zm9v====", "Zm9\xc3", "Z=g=",  "=Zg=",
        "Zg=A",     "Zm9vZ=m=",
    };
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&out, "kept"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        print_message("\"%s\"\n", bad[i]);
        assert_err(text_unbase64(bytes_text(bad[i]), &out), SV_ERR_FORMAT);
        assert_int_equal(out.len, 4);
    }
    assert_err(text_unbase64(bytes_of("Zm9\0", 4), &out), SV_ERR_FORMAT);
    buf_free(&out);
}

/* One value has one text: what decodes encodes to the same. */
static void
test_all_groups_of_base64_are_canonical(void **state)
{
    static const char digits[] = "AQgwBCDbZ/+09=-\n";
    size_t n = sizeof digits - 1;
    struct buf out = BUF_INIT;
    unsigned taken = 0;

    (void)state;
    for (size_t i = 0; i < n * n * n * n; i++) {
        char in[5] = {digits[i % n], digits[i / n % n], digits[i / n / n % n],
                      digits[i / n / n / n], '\0'};
        char again[8];

        buf_truncate(&out, 0);
        if (text_unbase64(bytes_text(in), &out) != SV_OK)
            continue;
        text_base64(buf_bytes(&out), again);
        assert_string_equal(in, again);
        taken++;
    }
    assert_true(taken > 13 * 13 * 13 * 13);
    buf_free(&out);
}

static void
test_base64_of_a_known_length_has_that_length(void **state)
{
    uint8_t out[3] = {7, 7, 7};

    (void)state;
    assert_err(text_unbase64_n(bytes_text("Zm8="), out, 3), SV_ERR_FORMAT);
    assert_err(text_unbase64_n(bytes_text("Zm9vYg=="), out, 3), SV_ERR_FORMAT);
    assert_err(text_unbase64_n(bytes_text(""), out, 3), SV_ERR_FORMAT);
    assert_hex(BYTES(out), "070707");
    assert_ok(text_unbase64_n(bytes_text("Zm9v"), out, 3));
    assert_hex(BYTES(out), "666f6f");
    assert_ok(text_unbase64_n(bytes_text(""), out, 0));
}

/* ---- UTF-8 ---- */

static void
test_utf8_is_well_formed(void **state)
{
    static const struct {
        const char *name;
        struct bytes text;
        bool good;
    } cases[] = {
        {"empty", {NULL, 0}, true},
        {"ASCII", {(const uint8_t *)"a\n\x7f", 3}, true},
        {"two bytes", {(const uint8_t *)"\xc2\x80\xdf\xbf", 4}, true},
        {"three bytes", {(const uint8_t *)"\xe0\xa0\x80\xef\xbf\xbd", 6}, true},
        {"four bytes",
         {(const uint8_t *)"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
         true},
        {"NUL", {(const uint8_t *)"a\0b", 3}, false},
        {"a lone continuation", {(const uint8_t *)"\x80", 1}, false},
        {"cut after one", {(const uint8_t *)"\xc3", 1}, false},
        {"cut after two", {(const uint8_t *)"\xe3\x81", 2}, false},
        {"cut after three", {(const uint8_t *)"\xf0\x9f\x98", 3}, false},
        {"overlong slash", {(const uint8_t *)"\xc0\xaf", 2}, false},
        {"overlong NUL", {(const uint8_t *)"\xc0\x80", 2}, false},
        {"overlong in three", {(const uint8_t *)"\xe0\x80\xaf", 3}, false},
        {"overlong in four", {(const uint8_t *)"\xf0\x80\x80\xaf", 4}, false},
        {"a high surrogate", {(const uint8_t *)"\xed\xa0\x80", 3}, false},
        {"a low surrogate", {(const uint8_t *)"\xed\xbf\xbf", 3}, false},
        {"over U+10FFFF", {(const uint8_t *)"\xf4\x90\x80\x80", 4}, false},
        {"five bytes", {(const uint8_t *)"\xf8\x88\x80\x80\x80", 5}, false},
        {"FE", {(const uint8_t *)"\xfe", 1}, false},
        {"FF", {(const uint8_t *)"a\xff", 2}, false},
        {"a lead for a continuation", {(const uint8_t *)"\xc3\xc3", 2}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(text_is_utf8(cases[i].text), cases[i].good);
    }
}

static void
test_what_a_terminal_would_obey_is_shown_instead(void **state)
{
    static const struct {
        const char *in, *out, *out_lf; /* NULL: the same */
    } cases[] = {
        {"plain text", "plain text", NULL},
        {"\u65e5\u672c\u8a9e \u00e9 \U0001f600",
         "\u65e5\u672c\u8a9e "
         "\u00e9 \U0001f600",
         NULL},
        {"a\nb", "a<U+000A>b", "a\nb"},
        {"a\r\nb", "a<U+000D><U+000A>b", "a<U+000D>\nb"},
        {"\t\b\a\x1b[31m", "<U+0009><U+0008><U+0007><U+001B>[31m", NULL},
        {"\x7f", "<U+007F>", NULL},
        {"\xc2\x9b"
         "31m\xc2\x80\xc2\x9f",
         "<U+009B>31m<U+0080><U+009F>", NULL},
        {"\xc2\xa0", "\xc2\xa0", NULL},
        {"\u202a\u202b\u202c\u202d\u202e",
         "<U+202A><U+202B><U+202C><U+202D><U+202E>", NULL},
        {"\u2066\u2067\u2068\u2069", "<U+2066><U+2067><U+2068><U+2069>", NULL},
        {"\u200e\u200f\u061c", "<U+200E><U+200F><U+061C>", NULL},
        {"\u2028\u2029", "<U+2028><U+2029>", NULL},
        {"\ufeff", "<U+FEFF>", NULL},
        {"\U000e0041", "<U+E0041>", NULL},
        {"a\xff"
         "b",
         "a<FF>b", NULL},
        {"\xc3", "<C3>", NULL},
        {"\xe3\x81", "<E3><81>", NULL},
        {"\xc0\xaf", "<C0><AF>", NULL},
        {"\xed\xa0\x80", "<ED><A0><80>", NULL},
        {"", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *lf = cases[i].out_lf;
        struct buf out = BUF_INIT;

        assert_ok(text_inert(&out, bytes_text(cases[i].in), false));
        if (!bytes_equal(buf_bytes(&out), bytes_text(cases[i].out)))
            fail_msg("case %zu: %.*s", i, (int)out.len, (char *)out.ptr);
        buf_truncate(&out, 0);
        assert_ok(text_inert(&out, bytes_text(cases[i].in), true));
        assert_true(bytes_equal(buf_bytes(&out),
                                bytes_text(lf != NULL ? lf : cases[i].out)));
        buf_free(&out);
    }
}

/* Whatever goes in, what comes out is UTF-8 and obeyed by nobody. */
static void
test_no_bytes_make_a_terminal_obey(void **state)
{
    struct buf out = BUF_INIT;
    uint32_t x = 0x7e57ab1e;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t in[6];

        for (size_t j = 0; j < sizeof in; j++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            in[j] = (uint8_t)x;
        }
        buf_truncate(&out, 0);
        assert_ok(text_inert(&out, BYTES(in), false));
        assert_true(text_is_utf8(buf_bytes(&out)));
        for (size_t j = 0; j < out.len; j++) {
            assert_true(out.ptr[j] >= 0x20 && out.ptr[j] != 0x7f);
            if (out.ptr[j] == 0xc2)
                assert_true(out.ptr[j + 1] >= 0xa0);
        }
    }
    assert_ok(text_inert(&out, bytes_of("\0", 1), true));
    assert_memory_equal(out.ptr + out.len - 8, "<U+0000>", 8);
    buf_free(&out);
}

static void
test_nfkc_makes_forms_of_one_word_one(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"e\u0301", "\u00e9"},
        {"\uff21\uff11", "A1"},     /* full-width */
        {"\uff76\uff9e", "\u30ac"}, /* half-width kana, voiced */
        {"\ufb01", "fi"},           /* a ligature */
        {"A b", "A b"},             /* neither case nor space changes */
        {"\u3000", " "},            /* ideographic space */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = BUF_INIT;

        assert_ok(buf_text(&out, ">"));
        assert_ok(text_nfkc(bytes_text(cases[i].in), &out));
        assert_true(bytes_equal(bytes_slice(buf_bytes(&out), 1, out.len - 1),
                                bytes_text(cases[i].out)));
        buf_free(&out);
    }
    {
        struct buf out = BUF_INIT;

        assert_err(text_nfkc(bytes_text("a\xff"), &out), SV_ERR_FORMAT);
        assert_err(text_nfkc(bytes_text("\xed\xa0\x80"), &out), SV_ERR_FORMAT);
        assert_int_equal(out.len, 0);
        buf_free(&out);
    }
}

/* ---- cutting ---- */

static void
test_lines_end_in_lf(void **state)
{
    struct bytes rest = bytes_text("one\n\nthree\nrest"), line = {NULL, 0};

    (void)state;
    assert_true(text_line(&rest, &line));
    assert_true(text_is(line, "one"));
    assert_true(text_line(&rest, &line));
    assert_int_equal(line.len, 0);
    assert_true(text_line(&rest, &line));
    assert_true(text_is(line, "three"));
    assert_false(text_line(&rest, &line));
    assert_true(text_is(rest, "rest"));
    assert_true(text_is(line, "three"));
    rest = bytes_of(NULL, 0);
    assert_false(text_line(&rest, &line));
}

static void
test_a_word_is_skipped_only_where_it_stands(void **state)
{
    struct bytes t = bytes_text("word rest");

    (void)state;
    assert_false(text_skip(&t, "words"));
    assert_false(text_skip(&t, "Word"));
    assert_false(text_skip(&t, "word rest and more"));
    assert_true(text_is(t, "word rest"));
    assert_true(text_skip(&t, ""));
    assert_true(text_skip(&t, "word "));
    assert_true(text_is(t, "rest"));
    assert_true(text_skip(&t, "rest"));
    assert_false(text_skip(&t, "x"));
    t = bytes_of(NULL, 0);
    assert_true(text_skip(&t, ""));
}

static void
test_splitting_gives_each_part_once(void **state)
{
    struct bytes t = bytes_text("a,,b,"), head = {NULL, 0};

    (void)state;
    assert_true(text_split(&t, ',', &head));
    assert_true(text_is(head, "a"));
    assert_true(text_split(&t, ',', &head));
    assert_true(text_is(head, ""));
    assert_true(text_split(&t, ',', &head));
    assert_true(text_is(head, "b"));
    assert_int_equal(t.len, 0);
    assert_false(text_split(&t, ',', &head));
    t = bytes_text("whole");
    assert_true(text_split(&t, ',', &head));
    assert_true(text_is(head, "whole"));
    assert_false(text_split(&t, ',', &head));
    t = bytes_of(NULL, 0);
    assert_false(text_split(&t, ',', &head));
}

/* ---- dates and times ---- */

static void
test_dates_exist(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"2024-02-29", true},    {"2023-02-29", false}, {"2000-02-29", true},
        {"1900-02-29", false},   {"2100-02-29", false}, {"1900-01-01", true},
        {"1899-12-31", false},   {"2199-12-31", true},  {"2200-01-01", false},
        {"2024-04-31", false},   {"2024-04-30", true},  {"2024-12-31", true},
        {"2024-12-32", false},   {"2024-13-01", false}, {"2024-00-01", false},
        {"2024-01-00", false},   {"2024-1-01", false},  {"2024-01-1", false},
        {"2024/01/01", false},   {"20240101", false},   {"2024-01-01 ", false},
        {" 2024-01-01", false},  {"2024-01-0a", false}, {"2024-0x-01", false},
        {"+024-01-01", false},   {"2024-01--1", false}, {"", false},
        {"2024-01-01\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("\"%s\"\n", cases[i].text);
        assert_int_equal(text_is_date(bytes_text(cases[i].text)),
                         cases[i].good);
    }
    for (int m = 1; m <= 12; m++) {
        static const int last[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};

        for (int d = 0; d <= 32; d++) {
            char text[32];

            (void)snprintf(text, sizeof text, "2023-%02d-%02d", m, d);
            assert_int_equal(text_is_date(bytes_text(text)),
                             d >= 1 && d <= last[m - 1]);
        }
    }
}

static void
test_times_are_utc(void **state)
{
    static const struct {
        uint64_t unix_ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999, "1970-01-01T00:00:00Z"},
        {1000, "1970-01-01T00:00:01Z"},
        {UINT64_C(951782399999), "2000-02-28T23:59:59Z"},
        {UINT64_C(951782400000), "2000-02-29T00:00:00Z"},
        {UINT64_C(1767139200123), "2025-12-31T00:00:00Z"},
        {UINT64_C(253402300799999), "9999-12-31T23:59:59Z"},
        {UINT64_C(253402300800000), "9999-12-31T23:59:59Z"},
        {UINT64_MAX, "9999-12-31T23:59:59Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIME_SIZE];

        text_time(cases[i].unix_ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void
test_numbers_are_written_as_they_are_read(void **state)
{
    static const uint64_t numbers[] = {
        0, 1, 9, 10, 255, 1000000, UINT64_MAX - 1, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct buf out = BUF_INIT;
        uint64_t again = 0;

        assert_ok(text_u64_append(&out, numbers[i]));
        assert_ok(text_u64(buf_bytes(&out), 0, UINT64_MAX, &again));
        assert_true(again == numbers[i]);
        buf_free(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blank_is_nothing_but_spaces),
        cmocka_unit_test(test_work_names_and_codes_follow_their_alphabets),
        cmocka_unit_test(test_copies_fit_and_hold_no_nul),
        cmocka_unit_test(test_numbers_have_one_form),
        cmocka_unit_test(test_numbers_are_written_as_they_are_read),
        cmocka_unit_test(test_hex_goes_both_ways_in_lower_case_only),
        cmocka_unit_test(test_base64_has_the_known_answers),
        cmocka_unit_test(test_base64_in_another_form_is_refused),
        cmocka_unit_test(test_all_groups_of_base64_are_canonical),
        cmocka_unit_test(test_base64_of_a_known_length_has_that_length),
        cmocka_unit_test(test_utf8_is_well_formed),
        cmocka_unit_test(test_what_a_terminal_would_obey_is_shown_instead),
        cmocka_unit_test(test_no_bytes_make_a_terminal_obey),
        cmocka_unit_test(test_nfkc_makes_forms_of_one_word_one),
        cmocka_unit_test(test_lines_end_in_lf),
        cmocka_unit_test(test_a_word_is_skipped_only_where_it_stands),
        cmocka_unit_test(test_splitting_gives_each_part_once),
        cmocka_unit_test(test_dates_exist),
        cmocka_unit_test(test_times_are_utc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
