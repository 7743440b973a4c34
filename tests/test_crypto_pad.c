#include "crypto/init.h"
#include "crypto/pad.h"
#include "tests/support/support.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
test_sizes_are_powers_of_two_with_room_for_the_mark(void **state)
{
    static const struct {
        size_t len;
        size_t size;
    } cases[] = {
        {0, 1024},       {1, 1024},
        {1022, 1024},    {1023, 1024},
        {1024, 2048},    {2047, 2048},
        {2048, 4096},    {65535, 65536},
        {65536, 131072}, {SIZE_MAX, SIZE_MAX / 2 + 1},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++)
        assert_int_equal(pad_size(cases[i].len), cases[i].size);
}

static void
test_every_length_comes_back(void **state)
{
    uint8_t plain[4100];

    (void)state;
    memset(plain, 0x80, sizeof plain);
    for (size_t len = 0; len <= sizeof plain; len++) {
        struct buf padded = BUF_INIT;
        struct bytes got = bytes_of("x", 1);

        /* Ends that look like padding. */
        if (len > 3)
            plain[len - 2] = 0;
        assert_ok(buf_text(&padded, "abc"));
        assert_ok(pad_add(bytes_of(plain, len), &padded));
        assert_int_equal(padded.len, 3 + pad_size(len));
        assert_ok(pad_strip(bytes_slice(buf_bytes(&padded), 3, padded.len - 3),
                            &got));
        assert_true(bytes_equal(got, bytes_of(plain, len)));
        buf_free(&padded);
    }
}

static void
test_strip_refuses_what_add_does_not_make(void **state)
{
    /* A size, and where the mark stands in it; behind it zeros but for the
     * last byte. */
    static const struct {
        const char *name;
        size_t size;
        size_t mark;
        uint8_t last;
    } cases[] = {
        {"empty", 0, SIZE_MAX, 0},
        {"one byte", 1, 0, 0x80},
        {"half the minimum", 512, 3, 0},
        {"one short", 1023, 3, 0},
        {"one over", 1025, 3, 0},
        {"not a power of two", 3072, 2500, 0},
        {"more than needed", 2048, 3, 0},
        {"just more than needed", 2048, 1023, 0},
        {"no mark", 1024, SIZE_MAX, 0},
        {"something behind the mark", 1024, 3, 1},
        {"half a mark at the end", 1024, 3, 0x40},
        {"a mark with more bits", 1024, SIZE_MAX, 0x81},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        uint8_t *padded = calloc(1, cases[i].size + 1);
        struct bytes plain = bytes_of("before", 6);

        assert_non_null(padded);
        if (cases[i].size > 0)
            padded[cases[i].size - 1] = cases[i].last;
        if (cases[i].mark != SIZE_MAX)
            padded[cases[i].mark] = 0x80;
        if (pad_strip(bytes_of(padded, cases[i].size), &plain) != SV_ERR_FORMAT)
            fail_msg("taken: %s", cases[i].name);
        assert_int_equal(plain.len, 6);
        free(padded);
    }
    assert_err(pad_strip(bytes_of(NULL, 0), &(struct bytes){NULL, 0}),
               SV_ERR_FORMAT);
}

static void
test_a_size_over_the_limit_is_refused(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    /* Refused by its length: nothing of it is read. */
    assert_err(pad_add(bytes_of("", BUF_MAX), &out), SV_ERR_RANGE);
    assert_err(pad_add(bytes_of("", SIZE_MAX), &out), SV_ERR_RANGE);
    assert_int_equal(out.len, 0);
}

static int
setup(void **state)
{
    (void)state;
    return crypto_init() == SV_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_powers_of_two_with_room_for_the_mark),
        cmocka_unit_test(test_every_length_comes_back),
        cmocka_unit_test(test_strip_refuses_what_add_does_not_make),
        cmocka_unit_test(test_a_size_over_the_limit_is_refused),
    };

    return cmocka_run_group_tests_name("crypto_pad", tests, setup, NULL);
}
