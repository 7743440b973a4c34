#include "base/codec.h"
#include "tests/support/support.h"

static void
test_numbers_are_big_endian(void **state)
{
    struct buf out = BUF_INIT;
    struct writer w = writer_to(&out);
    struct reader r;

    (void)state;
    writer_u8(&w, 0x01);
    writer_u16(&w, 0x0203);
    writer_u32(&w, 0x04050607);
    writer_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
    assert_ok(writer_end(&w));
    assert_hex(buf_bytes(&out), "0102030405060708090a0b0c0d0e0f");
    r = reader_of(buf_bytes(&out));
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16(&r), 0x0203);
    assert_int_equal(reader_u32(&r), 0x04050607);
    assert_true(reader_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_ok(reader_end(&r));
    buf_free(&out);
}

static void
test_the_largest_numbers_survive(void **state)
{
    struct buf out = BUF_INIT;
    struct writer w = writer_to(&out);
    struct reader r;
    uint8_t raw[8];

    (void)state;
    writer_u8(&w, UINT8_MAX);
    writer_u16(&w, UINT16_MAX);
    writer_u32(&w, UINT32_MAX);
    writer_u64(&w, UINT64_MAX);
    r = reader_of(buf_bytes(&out));
    assert_int_equal(reader_u8(&r), UINT8_MAX);
    assert_int_equal(reader_u16(&r), UINT16_MAX);
    assert_true(reader_u32(&r) == UINT32_MAX);
    assert_true(reader_u64(&r) == UINT64_MAX);
    put_u64(raw, UINT64_C(0x8000000000000001));
    assert_hex(BYTES(raw), "8000000000000001");
    assert_true(get_u64(raw) == UINT64_C(0x8000000000000001));
    put_u32(raw, 0xfedcba98);
    assert_hex(bytes_of(raw, 4), "fedcba98");
    buf_free(&out);
}

static void
test_strings_come_with_their_length(void **state)
{
    struct buf out = BUF_INIT;
    struct writer w = writer_to(&out);
    struct reader r;
    char name[4];

    (void)state;
    writer_short(&w, bytes_text("ab"));
    writer_medium(&w, bytes_text("cde"));
    writer_long(&w, bytes_text(""));
    writer_name(&w, "xyz");
    writer_bytes(&w, bytes_text("raw"));
    assert_ok(writer_end(&w));
    assert_hex(buf_bytes(&out), "02616200036364650000000003"
                                "78797a726177");
    r = reader_of(buf_bytes(&out));
    assert_true(bytes_equal(reader_short(&r, 2), bytes_text("ab")));
    assert_true(bytes_equal(reader_medium(&r, 3), bytes_text("cde")));
    assert_int_equal(reader_long(&r, 0).len, 0);
    reader_name(&r, name, sizeof name);
    assert_string_equal(name, "xyz");
    assert_true(bytes_equal(reader_rest(&r), bytes_text("raw")));
    assert_ok(reader_end(&r));
    buf_free(&out);
}

/* Read everything in one order; true where nothing failed. */
static bool
decode(struct bytes in)
{
    struct reader r = reader_of(in);
    uint8_t fixed[3];
    char name[NAME_SIZE];

    (void)reader_u8(&r);
    (void)reader_u16(&r);
    (void)reader_u32(&r);
    (void)reader_u64(&r);
    (void)reader_short(&r, 10);
    (void)reader_medium(&r, 10);
    (void)reader_long(&r, 10);
    reader_name(&r, name, sizeof name);
    reader_copy(&r, fixed, sizeof fixed);
    return reader_end(&r) == SV_OK;
}

static void
test_a_message_cut_or_lengthened_anywhere_fails(void **state)
{
    struct buf out = BUF_INIT;
    struct writer w = writer_to(&out);

    (void)state;
    writer_u8(&w, 1);
    writer_u16(&w, 2);
    writer_u32(&w, 3);
    writer_u64(&w, 4);
    writer_short(&w, bytes_text("five"));
    writer_medium(&w, bytes_text("six"));
    writer_long(&w, bytes_text("seven"));
    writer_name(&w, "eight");
    writer_bytes(&w, bytes_text("abc"));
    assert_true(decode(buf_bytes(&out)));
    for (size_t len = 0; len < out.len; len++)
        assert_false(decode(bytes_slice(buf_bytes(&out), 0, len)));
    writer_u8(&w, 0);
    assert_false(decode(buf_bytes(&out)));
    buf_free(&out);
}

static void
test_after_a_failure_all_is_zero(void **state)
{
    struct bytes in = bytes_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    struct reader r = reader_of(in);
    uint8_t copy[4];
    char name[4];

    (void)state;
    reader_fail(&r);
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_u16(&r), 0);
    assert_int_equal(reader_u32(&r), 0);
    assert_true(reader_u64(&r) == 0);
    assert_null(reader_bytes(&r, 1).ptr);
    assert_int_equal(reader_short(&r, 255).len, 0);
    memset(copy, 'x', sizeof copy);
    reader_copy(&r, copy, sizeof copy);
    assert_hex(BYTES(copy), "00000000");
    memset(name, 'x', sizeof name);
    reader_name(&r, name, sizeof name);
    assert_string_equal(name, "");
    assert_int_equal(reader_rest(&r).len, 0);
    assert_err(reader_end(&r), SV_ERR_FORMAT);
}

/* A number that is cut is no number, and what follows it is not read. */
static void
test_a_short_number_fails_the_reader_for_good(void **state)
{
    struct reader r = reader_of(bytes_of("\x01\x02\x03", 3));

    (void)state;
    assert_int_equal(reader_u32(&r), 0);
    assert_int_equal(reader_u8(&r), 0);
    assert_err(reader_end(&r), SV_ERR_FORMAT);
}

static void
test_lengths_over_the_callers_limit_fail(void **state)
{
    struct reader r;

    (void)state;
    r = reader_of(bytes_of("\x02"
                           "ab",
                           3));
    assert_int_equal(reader_short(&r, 1).len, 0);
    assert_err(reader_end(&r), SV_ERR_FORMAT);
    r = reader_of(bytes_of("\x00\x02"
                           "ab",
                           4));
    assert_int_equal(reader_medium(&r, 1).len, 0);
    assert_err(reader_end(&r), SV_ERR_FORMAT);
    r = reader_of(bytes_of("\x00\x00\x00\x02"
                           "ab",
                           6));
    assert_int_equal(reader_long(&r, 1).len, 0);
    assert_err(reader_end(&r), SV_ERR_FORMAT);
    /* A length over what is there, and over what a size can be. */
    r = reader_of(bytes_of("\xff\xff\xff\xff"
                           "ab",
                           6));
    assert_int_equal(reader_long(&r, SIZE_MAX).len, 0);
    assert_err(reader_end(&r), SV_ERR_FORMAT);
    r = reader_of(bytes_of("ab", 2));
    assert_int_equal(reader_bytes(&r, SIZE_MAX).len, 0);
    assert_err(reader_end(&r), SV_ERR_FORMAT);
}

static void
test_names_are_not_empty_without_nul_and_fit(void **state)
{
    static const struct {
        const char *name;
        struct bytes in;
        bool good;
    } cases[] = {
        {"fits", {(const uint8_t *)"\x03xyz", 4}, true},
        {"too long", {(const uint8_t *)"\x04wxyz", 5}, false},
        {"empty", {(const uint8_t *)"\x00", 1}, false},
        {"a NUL", {(const uint8_t *)"\x03x\0z", 4}, false},
        {"cut", {(const uint8_t *)"\x03xy", 3}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reader r = reader_of(cases[i].in);
        char name[4];

        print_message("%s\n", cases[i].name);
        memset(name, 'x', sizeof name);
        reader_name(&r, name, sizeof name);
        assert_err(reader_end(&r), cases[i].good ? SV_OK : SV_ERR_FORMAT);
        assert_string_equal(name, cases[i].good ? "xyz" : "");
    }
}

static void
test_a_writer_refuses_what_its_length_cannot_say(void **state)
{
    struct buf out = BUF_INIT, big = BUF_INIT;
    struct writer w = writer_to(&out);
    uint8_t *at;

    (void)state;
    assert_ok(buf_extend(&big, UINT16_MAX + 1, &at));
    writer_short(&w, bytes_of(big.ptr, UINT8_MAX));
    writer_medium(&w, bytes_of(big.ptr, UINT16_MAX));
    assert_ok(writer_end(&w));
    assert_int_equal(out.len, 1 + UINT8_MAX + 2 + UINT16_MAX);
    writer_short(&w, bytes_of(big.ptr, UINT8_MAX + 1));
    assert_err(writer_end(&w), SV_ERR_RANGE);
    /* The first failure stays, and nothing more is written. */
    writer_u8(&w, 1);
    assert_err(writer_end(&w), SV_ERR_RANGE);
    assert_int_equal(out.len, 1 + UINT8_MAX + 2 + UINT16_MAX);
    w = writer_to(&out);
    writer_medium(&w, buf_bytes(&big));
    assert_err(writer_end(&w), SV_ERR_RANGE);
    assert_int_equal(out.len, 1 + UINT8_MAX + 2 + UINT16_MAX);
    buf_free(&out);
    buf_free(&big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_the_largest_numbers_survive),
        cmocka_unit_test(test_strings_come_with_their_length),
        cmocka_unit_test(test_a_message_cut_or_lengthened_anywhere_fails),
        cmocka_unit_test(test_after_a_failure_all_is_zero),
        cmocka_unit_test(test_a_short_number_fails_the_reader_for_good),
        cmocka_unit_test(test_lengths_over_the_callers_limit_fail),
        cmocka_unit_test(test_names_are_not_empty_without_nul_and_fit),
        cmocka_unit_test(test_a_writer_refuses_what_its_length_cannot_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
