/* The bytes of a header and of the three parts of an envelope. */
#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "tests/support/sealed.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define TYPE_AT 52 /* magic, suite, vault, record */

/* ---- The header ---- */

static const char header_hex[] =
    "535645" /* SVE */
    "01"     /* suite */
    "1111111111111111111111111111111111111111111111111111111111111111"
    "22222222222222222222222222222222"
    "06"
    "76696374696d" /* victim */
    "08"
    "6964656e74697479" /* identity */
    "06"
    "636173652d31"     /* case-1 */
    "0000000000000002" /* version */
    "01"               /* addition */
    "3333333333333333333333333333333333333333333333333333333333333333"
    "00000003"; /* epoch */

static void
test_header_encodes_to_the_bytes_of_the_format(void **state)
{
    struct envelope_header h = sealed_header();
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(envelope_header_encode(&h, &out));
    assert_hex(buf_bytes(&out), header_hex);
    buf_free(&out);
}

static void
test_header_decodes_to_what_was_encoded(void **state)
{
    struct envelope_header want = sealed_header(), got;
    struct buf raw = support_unhex(header_hex);

    (void)state;
    assert_ok(envelope_header_decode(buf_bytes(&raw), &got));
    assert_memory_equal(got.vault.b, want.vault.b, sizeof want.vault.b);
    assert_memory_equal(got.record.b, want.record.b, sizeof want.record.b);
    assert_string_equal(got.type, want.type);
    assert_string_equal(got.compartment, want.compartment);
    assert_string_equal(got.author, want.author);
    assert_int_equal(got.version, want.version);
    assert_true(got.addition);
    assert_memory_equal(got.prev, want.prev, sizeof want.prev);
    assert_int_equal(got.epoch, want.epoch);
    buf_free(&raw);
}

static void
test_header_decode_refuses_each_cut_and_a_byte_more(void **state)
{
    struct buf raw = support_unhex(header_hex);
    struct envelope_header got;

    (void)state;
    for (size_t len = 0; len < raw.len; len++)
        assert_err(
            envelope_header_decode(bytes_slice(buf_bytes(&raw), 0, len), &got),
            SV_ERR_FORMAT);
    assert_ok(buf_append(&raw, bytes_of("", 1)));
    assert_err(envelope_header_decode(buf_bytes(&raw), &got), SV_ERR_FORMAT);
    buf_free(&raw);
}

static void
test_header_decode_refuses_other_suites_as_versions(void **state)
{
    static const uint8_t suites[] = {0, 2, 255};
    struct buf raw = support_unhex(header_hex);
    struct envelope_header got;

    (void)state;
    for (size_t i = 0; i < N(suites); i++) {
        raw.ptr[SUITE_AT] = suites[i];
        assert_err(envelope_header_decode(buf_bytes(&raw), &got),
                   SV_ERR_VERSION);
        /* Whatever another suite has behind it. */
        assert_err(
            envelope_header_decode(bytes_of(raw.ptr, SUITE_AT + 1), &got),
            SV_ERR_VERSION);
    }
    buf_free(&raw);
}

/* Any change of a byte is refused, or is another header: none is lost. */
static void
test_header_decodes_only_what_encodes_to_the_same_bytes(void **state)
{
    struct buf raw = support_unhex(header_hex), again = BUF_INIT;
    size_t n_taken = 0;

    (void)state;
    for (size_t i = 0; i < raw.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct envelope_header got;

            raw.ptr[i] ^= (uint8_t)(1u << bit);
            if (envelope_header_decode(buf_bytes(&raw), &got) == SV_OK) {
                assert_ok(envelope_header_encode(&got, &again));
                assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&raw)));
                buf_truncate(&again, 0);
                n_taken++;
            }
            raw.ptr[i] ^= (uint8_t)(1u << bit);
        }
    }
    /* All of vault, record and prev, and some of the rest. */
    assert_true(n_taken > (size_t)(32 + 16 + 32) * 8);
    buf_free(&raw);
    buf_free(&again);
}

static void
test_header_values_out_of_range_are_not_decoded(void **state)
{
    static const struct {
        const char *name;
        size_t at; /* of the byte in the encoding, which becomes ... */
        uint8_t byte;
    } cases[] = {
        {"magic", 2, 'F'},
        {"type in upper case", TYPE_AT + 1, 'V'},
        {"type with a hyphen", TYPE_AT + 1, '-'},
        {"type with a NUL", TYPE_AT + 1, 0},
        {"type empty", TYPE_AT, 0},
        {"type too long", TYPE_AT, 33},
        {"compartment with a slash", TYPE_AT + 8, '/'},
        {"author with an underscore", TYPE_AT + 17, '_'},
        {"author outside ASCII", TYPE_AT + 17, 0xe3},
        {"version 0", TYPE_AT + 7 + 9 + 7 + 7, 0},
        {"version 1 with a predecessor", TYPE_AT + 7 + 9 + 7 + 7, 1},
        {"addition of 2", TYPE_AT + 7 + 9 + 7 + 8, 2},
        {"addition of 255", TYPE_AT + 7 + 9 + 7 + 8, 255},
        {"epoch 0", TYPE_AT + 7 + 9 + 7 + 8 + 1 + 32 + 3, 0},
    };
    struct envelope_header got;

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct buf raw = support_unhex(header_hex);
        enum sv_err err;

        raw.ptr[cases[i].at] = cases[i].byte;
        err = envelope_header_decode(buf_bytes(&raw), &got);
        if (err != SV_ERR_FORMAT)
            fail_msg("%s: %s", cases[i].name, err_text(err));
        buf_free(&raw);
    }
}

static void
expect_no_encoding(const struct envelope_header *h)
{
    struct buf out = BUF_INIT;

    assert_err(envelope_header_encode(h, &out), SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
}

static void
test_header_values_out_of_range_are_not_encoded(void **state)
{
    struct envelope_header h = sealed_header();

    (void)state;
    memcpy(h.type, "Victim", 7);
    expect_no_encoding(&h);
    h = sealed_header();
    memcpy(h.author, "case_1", 7);
    expect_no_encoding(&h);
    h = sealed_header();
    h.compartment[0] = '\0';
    expect_no_encoding(&h);
    h = sealed_header();
    h.version = 0;
    expect_no_encoding(&h);
    h.version = 1;
    expect_no_encoding(&h);
    h = sealed_header();
    h.epoch = 0;
    expect_no_encoding(&h);
}

/* ---- The three parts ---- */

static void
test_envelopes_decode_one_after_the_other(void **state)
{
    struct sealed *f = *state;
    struct buf two = BUF_INIT, again = BUF_INIT;
    struct bytes rest;
    struct envelope first, second;

    assert_ok(buf_append(&two, buf_bytes(&f->raw)));
    assert_ok(buf_append(&two, buf_bytes(&f->raw)));
    assert_ok(buf_text(&two, "rest"));
    rest = buf_bytes(&two);
    assert_ok(envelope_decode(&rest, &first));
    assert_ok(envelope_decode(&rest, &second));
    assert_true(bytes_equal(rest, bytes_text("rest")));
    assert_true(bytes_equal(first.header, second.header));
    assert_true(bytes_equal(first.body, second.body));
    assert_true(bytes_equal(first.lock, second.lock));
    assert_ok(envelope_encode(&first, &again));
    assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&f->raw)));
    buf_free(&two);
    buf_free(&again);
}

static void
test_envelope_decode_refuses_each_cut_and_moves_nothing(void **state)
{
    struct sealed *f = *state;
    struct envelope e;

    for (size_t len = 0; len < f->raw.len; len++) {
        struct bytes in = bytes_slice(buf_bytes(&f->raw), 0, len);

        assert_err(envelope_decode(&in, &e), SV_ERR_FORMAT);
        assert_int_equal(in.len, len);
    }
}

static void
test_parts_of_other_lengths_than_sealing_makes_are_refused(void **state)
{
    static const struct {
        const char *name;
        size_t header, body, lock;
        bool ok;
    } cases[] = {
        {"inner lock", 100, 1096, 136, true},
        {"outer lock", 100, 1096, 212, true},
        {"the largest body", 100, 131144, 136, true},
        {"no header", 0, 1096, 136, false},
        {"huge header", 257, 1096, 136, false},
        {"no body", 100, 0, 136, false},
        {"a body below the overhead", 100, 71, 136, false},
        {"an empty padding", 100, 72, 136, false},
        {"a body under the least padding", 100, 512 + 72, 136, false},
        {"a body that is not padded", 100, 1097, 136, false},
        {"a body over the largest", 100, 262216, 136, false},
        {"no lock", 100, 1096, 0, false},
        {"a short lock", 100, 1096, 135, false},
        {"a lock in between", 100, 1096, 137, false},
        {"a long lock", 100, 1096, 213, false},
    };
    static uint8_t zeros[300000];

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct envelope got,
            e = {bytes_of(zeros, cases[i].header),
                 bytes_of(zeros, cases[i].body), bytes_of(zeros, cases[i].lock),
                 bytes_of("", 0)};
        struct buf encoded = BUF_INIT, raw = BUF_INIT;
        struct writer w = writer_to(&raw);
        struct bytes in;
        enum sv_err want = cases[i].ok ? SV_OK : SV_ERR_FORMAT;

        writer_medium(&w, e.header);
        writer_long(&w, e.body);
        writer_medium(&w, e.lock);
        writer_medium(&w, e.tokens);
        assert_ok(writer_end(&w));
        in = buf_bytes(&raw);
        if (envelope_encode(&e, &encoded) != want ||
            envelope_decode(&in, &got) != want)
            fail_msg("%s", cases[i].name);
        assert_true(cases[i].ok
                        ? bytes_equal(buf_bytes(&encoded), buf_bytes(&raw))
                        : encoded.len == 0);
        buf_free(&encoded);
        buf_free(&raw);
    }
}

static void
test_version_hash_is_over_the_lengths_and_bytes_of_all_parts(void **state)
{
    struct sealed *f = *state;
    struct buf all = BUF_INIT;
    struct writer w = writer_to(&all);
    uint8_t want[DIGEST_LEN], got[32];

    writer_long(&w, f->e.header);
    writer_long(&w, f->e.body);
    writer_long(&w, f->e.lock);
    writer_long(&w, f->e.tokens);
    assert_ok(writer_end(&w));
    digest("sv/v1/version", buf_bytes(&all), want);
    assert_memory_equal(f->hash, want, sizeof want);
    for (unsigned i = 0; i < 3; i++) {
        struct envelope e = f->e;
        struct buf spoiled = support_copy(*sealed_part(&f->e, i));

        spoiled.ptr[spoiled.len - 1] ^= 1;
        *sealed_part(&e, i) = buf_bytes(&spoiled);
        envelope_hash(&e, got);
        assert_memory_not_equal(got, want, sizeof got);
        buf_free(&spoiled);
    }
    buf_free(&all);
}

/* ---- Frozen vectors of the format ---- */

/* With the generator's stream from this seed: everything in
 * sealed_set_up(), then
 * one sealing of sample, then its outer lock of gate epoch 7. */
static void
test_envelope_is_the_frozen_vector(void **state)
{
    struct sealed *f = *state;
    struct buf outer = BUF_INIT;
    uint8_t got[DIGEST_LEN];

    (void)sealed_lock(f, &f->e, 7, &outer);
    digest("test", buf_bytes(&f->raw), got);
    assert_hex(BYTES(got), "b8a90396dc61457cf61f016efa50d8b8"
                           "f21096d03dc9020f14c1c7dda9145fa3");
    assert_hex(BYTES(f->hash), "acfb9a6adb6da6c703b4bd84d644ef95"
                               "fddff18a00fac44d7ec30dfd90f0ef42");
    digest("test", buf_bytes(&outer), got);
    assert_hex(BYTES(got), "fc1d93b13e9f63b0619385b8b95ea0d8"
                           "31c98a31251b43589116770e9031856e");
    buf_free(&outer);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, sealed_set_up, sealed_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_encodes_to_the_bytes_of_the_format),
        cmocka_unit_test(test_header_decodes_to_what_was_encoded),
        cmocka_unit_test(test_header_decode_refuses_each_cut_and_a_byte_more),
        cmocka_unit_test(test_header_decode_refuses_other_suites_as_versions),
        cmocka_unit_test(
            test_header_decodes_only_what_encodes_to_the_same_bytes),
        cmocka_unit_test(test_header_values_out_of_range_are_not_decoded),
        cmocka_unit_test(test_header_values_out_of_range_are_not_encoded),
        CASE(test_envelopes_decode_one_after_the_other),
        CASE(test_envelope_decode_refuses_each_cut_and_moves_nothing),
        cmocka_unit_test(
            test_parts_of_other_lengths_than_sealing_makes_are_refused),
        CASE(test_version_hash_is_over_the_lengths_and_bytes_of_all_parts),
        CASE(test_envelope_is_the_frozen_vector),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
