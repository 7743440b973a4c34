/* Texts of lines: which lines come when, what each kind of value is, and that
 * what is refused leaves nothing. */
#include "audit/checkpoint.h"
#include "audit/line.h"
#include "tests/support/support.h"

/* ---- Values ---- */

struct value {
    const char *text;
    enum sv_err err;
};

/* What get takes comes out of put as it was; what it does not take leaves the
 * field alone. */
static void
assert_values(line_get_fn get, line_put_fn put, size_t size,
              const struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t field[ORIGIN_SIZE], before[ORIGIN_SIZE];
        struct buf out = BUF_INIT;

        memset(field, 0x5a, sizeof field);
        memcpy(before, field, sizeof before);
        support_assert_err(get(field, bytes_text(values[i].text)),
                           values[i].err, values[i].text, __FILE__, __LINE__);
        if (values[i].err == SV_OK) {
            assert_ok(put(field, &out));
            assert_true(text_is(buf_bytes(&out), values[i].text));
            assert_memory_equal(field + size, before + size,
                                sizeof field - size);
        } else {
            assert_memory_equal(field, before, sizeof field);
        }
        buf_free(&out);
    }
}

#define ASSERT_VALUES(what, size, values)                                      \
    assert_values(line_get_##what, line_put_##what, (size), (values),          \
                  sizeof(values) / sizeof *(values))

static void
test_numbers_have_all_bits_and_times_end_with_the_year_9999(void **state)
{
    static const struct value numbers[] = {
        {"0", SV_OK},
        {"1", SV_OK},
        {"18446744073709551615", SV_OK},
        {"18446744073709551616", SV_ERR_RANGE},
        {"01", SV_ERR_FORMAT},
        {"-1", SV_ERR_FORMAT},
        {"", SV_ERR_FORMAT},
    };
    static const struct value times[] = {
        {"0", SV_OK},
        {"253402300799999", SV_OK},
        {"253402300800000", SV_ERR_RANGE},
        {"1x", SV_ERR_FORMAT},
    };
    const uint64_t last = LINE_TIME_MAX, beyond = last + 1;
    struct buf out = BUF_INIT;

    (void)state;
    ASSERT_VALUES(u64, sizeof(uint64_t), numbers);
    ASSERT_VALUES(time, sizeof(uint64_t), times);
    assert_err(line_put_time(&beyond, &out), SV_ERR_RANGE);
    assert_int_equal(out.len, 0);
    assert_ok(line_put_time(&last, &out));
    buf_free(&out);
}

static void
test_names_are_of_their_own_letters_and_length(void **state)
{
    static const struct value codes[] = {
        {"a_b", SV_OK},
        {"abcdefghijklmnopqrstuvwxyz012345", SV_OK},
        {"abcdefghijklmnopqrstuvwxyz0123456", SV_ERR_FORMAT},
        {"a-b", SV_ERR_FORMAT},
        {"A", SV_ERR_FORMAT},
        {"", SV_ERR_FORMAT},
    };
    static const struct value work_names[] = {
        {"a-b", SV_OK},
        {"abcdefghijklmnopqrstuvwxyz012345", SV_OK},
        {"abcdefghijklmnopqrstuvwxyz0123456", SV_ERR_FORMAT},
        {"a_b", SV_ERR_FORMAT},
        {"", SV_ERR_FORMAT},
    };
    struct buf out = BUF_INIT;

    (void)state;
    ASSERT_VALUES(code, strlen(codes[1].text) + 1, codes);
    ASSERT_VALUES(work_name, strlen(work_names[1].text) + 1, work_names);
    assert_err(line_put_code("a-b", &out), SV_ERR_FORMAT);
    assert_err(line_put_work_name("a_b", &out), SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
test_bytes_are_of_exact_length(void **state)
{
#define HEX16 "00112233445566778899aabbccddeeff"
    static const struct value hex16[] = {
        {HEX16, SV_OK},
        {HEX16 "00", SV_ERR_FORMAT},
        {"00112233445566778899aabbccddee", SV_ERR_FORMAT},
        {"00112233445566778899AABBCCDDEEFF", SV_ERR_FORMAT},
    };
    static const struct value hex32[] = {
        {HEX16 HEX16, SV_OK},
        {HEX16, SV_ERR_FORMAT},
        {HEX16 HEX16 "00", SV_ERR_FORMAT},
    };
    static const struct value base64[] = {
        {"ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=", SV_OK},
        {"ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7vw", SV_ERR_FORMAT},
        {"ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd", SV_ERR_FORMAT},
        {"ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8A", SV_ERR_FORMAT},
    };

    (void)state;
    ASSERT_VALUES(hex16, 16, hex16);
    ASSERT_VALUES(hex32, 32, hex32);
    ASSERT_VALUES(base64, 32, base64);
}

static void
test_origins_are_those_of_logs(void **state)
{
    char longest[ORIGIN_SIZE + 1], field[ORIGIN_SIZE];
    struct buf out = BUF_INIT;

    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[ORIGIN_SIZE] = '\0';
    assert_err(line_get_origin(field, bytes_text(longest)), SV_ERR_RANGE);
    longest[ORIGIN_SIZE - 1] = '\0';
    assert_ok(line_get_origin(field, bytes_text(longest)));
    assert_string_equal(field, longest);
    assert_ok(line_put_origin(field, &out));
    assert_true(text_is(buf_bytes(&out), longest));
    assert_err(line_get_origin(field, bytes_text("a b")), SV_ERR_FORMAT);
    assert_err(line_get_origin(field, bytes_text("")), SV_ERR_FORMAT);
    buf_truncate(&out, 0);
    assert_err(line_put_origin("a b", &out), SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

/* ---- Lines ---- */

#define MANY 3

struct object {
    uint64_t kind; /* its bits say which lines there are */
    uint64_t odd, n, many[MANY];
    char code[NAME_SIZE];
};

static unsigned
bits_of(const void *object)
{
    const struct object *o = object;

    return (unsigned)o->kind;
}

static enum sv_err
put_many(const void *field, struct buf *out)
{
    const uint64_t *many = field;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < MANY && many[i] != 0 && err == SV_OK; i++)
        err = buf_printf(out, "one %llu\n", (unsigned long long)many[i]);
    return err;
}

static enum sv_err
get_many(void *field, struct bytes value)
{
    uint64_t *many = field;
    size_t i = 0;

    while (i < MANY && many[i] != 0)
        i++;
    return i == MANY ? SV_ERR_FULL : line_get_u64(&many[i], value);
}

static const struct line_rule rules[] = {
    {"kind", offsetof(struct object, kind), line_put_u64, line_get_u64, 0,
     false},
    {"odd", offsetof(struct object, odd), line_put_u64, line_get_u64, 1, false},
    {"one", offsetof(struct object, many), put_many, get_many, 2 | 4, true},
    {"code", offsetof(struct object, code), line_put_code, line_get_code, 0,
     false},
};
static const struct line_format format = {rules, 4, bits_of};

static void
test_lines_come_in_order_and_where_their_bits_are_set(void **state)
{
    static const char *const texts[] = {
        "kind 0\ncode a\n",
        "kind 1\nodd 7\ncode a\n",
        "kind 2\ncode a\n",
        "kind 2\none 5\ncode a\n",
        "kind 4\none 5\none 6\none 7\ncode a\n",
        "kind 7\nodd 7\none 5\none 6\ncode a\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct object o = {.kind = 0};
        struct buf out = BUF_INIT, in = BUF_INIT;
        struct bytes rest;

        assert_ok(buf_printf(&in, "%sbehind", texts[i]));
        rest = buf_bytes(&in);
        assert_ok(line_parse(&format, &rest, &o));
        assert_true(text_is(rest, "behind"));
        assert_ok(buf_text(&out, "before "));
        assert_ok(line_encode(&format, &o, &out));
        assert_true(
            text_is(bytes_slice(buf_bytes(&out), 7, out.len - 7), texts[i]));
        buf_free(&in);
        buf_free(&out);
    }
}

static void
test_lines_that_are_others_are_refused_where_they_begin(void **state)
{
    static const char *const texts[] = {
        "",
        "kind 0\n",
        "kind 0\ncode a",
        "code a\nkind 0\n",
        "kind 0\nodd 7\ncode a\n",
        "kind 1\ncode a\n",
        "kind 1\none 5\ncode a\n",
        "kind 1\nodd 7\none 5\ncode a\n",
        "kind 2\none x\ncode a\n",
        "kind 2\none 5\none 6\none 7\none 8\ncode a\n",
        "kind 18446744073709551616\ncode a\n",
        "kind0\ncode a\n",
        "kind\ncode a\n",
        "kinds 0\ncode a\n",
        "kind 0\ncode A\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct object o = {.kind = 0};
        struct bytes rest = bytes_text(texts[i]);

        support_assert_err(line_parse(&format, &rest, &o), SV_ERR_FORMAT,
                           texts[i], __FILE__, __LINE__);
        assert_int_equal(rest.len, strlen(texts[i]));
    }
}

static void
test_object_with_a_value_that_is_none_is_not_begun(void **state)
{
    struct object o = {.kind = 1, .code = "A"};
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&out, "kept"));
    assert_err(line_encode(&format, &o, &out), SV_ERR_FORMAT);
    assert_true(text_is(buf_bytes(&out), "kept"));
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_numbers_have_all_bits_and_times_end_with_the_year_9999),
        cmocka_unit_test(test_names_are_of_their_own_letters_and_length),
        cmocka_unit_test(test_bytes_are_of_exact_length),
        cmocka_unit_test(test_origins_are_those_of_logs),
        cmocka_unit_test(test_lines_come_in_order_and_where_their_bits_are_set),
        cmocka_unit_test(
            test_lines_that_are_others_are_refused_where_they_begin),
        cmocka_unit_test(test_object_with_a_value_that_is_none_is_not_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
