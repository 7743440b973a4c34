#include "audit/checkpoint.h"
#include "audit/cosign.h"
#include "crypto/sha256.h"
#include "tests/support/support.h"

#define DASH "\xe2\x80\x94 "

/* Sunlight, cmd/skylight/testdata. */
#define NAME "witness.example.org"
#define TIME UINT64_C(1767139200)
#define TEXT                                                                   \
    "rome2026h1.example.org\n300\n"                                            \
    "lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n"
#define LINE                                                                   \
    DASH NAME                                                                  \
        " "                                                                    \
        "uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LX"      \
        "FZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n"

static struct sign_seed
witness_seed(void)
{
    struct sign_seed seed;

    sha256(bytes_text("skylight test witness key"), seed.b);
    return seed;
}

static struct sign_public
witness_key(void)
{
    struct sign_seed seed = witness_seed();
    struct sign_public key;

    sign_public_of(&seed, &key);
    return key;
}

static void
test_the_known_cosignature_is_made_byte_for_byte(void **state)
{
    struct sign_seed seed = witness_seed();
    struct buf out = BUF_INIT;

    (void)state;
    assert_hex(BYTES(seed.b), "14731ce6be532a0bcc9170c0352dc3c2477dde5f86324cd3"
                              "0fe00ad7d430df30");
    assert_ok(cosign_sign(bytes_text(TEXT), TIME, NAME, &seed, &out));
    assert_true(bytes_equal(buf_bytes(&out), bytes_text(LINE)));
    buf_free(&out);
}

/* witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN */
static void
test_the_known_key_has_its_id(void **state)
{
    struct sign_public key = witness_key();
    uint8_t id[4], typed[33];

    (void)state;
    note_key_id(bytes_text(NAME), NOTE_TYPE_COSIGNATURE, &key, id);
    assert_hex(BYTES(id), "b8a2cf20");
    assert_ok(text_unbase64_n(
        bytes_text("BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"), typed,
        sizeof typed));
    assert_int_equal(typed[0], NOTE_TYPE_COSIGNATURE);
    assert_memory_equal(typed + 1, key.b, sizeof key.b);
}

static void
test_the_known_cosignature_verifies_with_its_time(void **state)
{
    struct sign_public key = witness_key();
    struct note n;
    uint64_t at = 0;

    (void)state;
    assert_ok(note_parse(bytes_text(TEXT "\n" LINE), &n));
    assert_ok(cosign_verify(&n, NAME, &key, &at));
    assert_true(at == TIME);
    /* It is no plain signature. */
    assert_err(note_verify(&n, NAME, &key), SV_ERR_NOT_FOUND);
}

static void
test_any_altered_byte_fails_and_writes_no_time(void **state)
{
    struct sign_public key = witness_key();
    struct buf note = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&note, TEXT "\n" LINE));
    for (size_t i = 0; i < note.len; i++) {
        for (unsigned b = 0; b < 8; b++) {
            struct note n;
            uint64_t at = 77;

            note.ptr[i] ^= (uint8_t)(1u << b);
            if (note_parse(buf_bytes(&note), &n) == SV_OK)
                assert_true(cosign_verify(&n, NAME, &key, &at) != SV_OK);
            assert_true(at == 77);
            note.ptr[i] ^= (uint8_t)(1u << b);
        }
    }
    buf_free(&note);
}

static void
test_other_names_and_keys_are_not_found(void **state)
{
    struct sign_public key = witness_key(), other;
    struct sign_seed other_seed = {{1}};
    struct note n;
    uint64_t at;

    (void)state;
    sign_public_of(&other_seed, &other);
    assert_ok(note_parse(bytes_text(TEXT "\n" LINE), &n));
    assert_err(cosign_verify(&n, "witness.example.com", &key, &at),
               SV_ERR_NOT_FOUND);
    assert_err(cosign_verify(&n, NAME, &other, &at), SV_ERR_NOT_FOUND);
}

/* A plain signature of the same key over the same text is another thing. */
static void
test_a_plain_signature_does_not_pass_for_a_cosignature(void **state)
{
    struct sign_seed seed = witness_seed();
    struct sign_public key = witness_key();
    uint8_t id[4], raw[8 + SIGN_LEN] = {0};
    struct buf out = BUF_INIT;
    struct note n;
    uint64_t at;

    (void)state;
    assert_ok(note_sign(bytes_text(TEXT), NAME, &seed, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_err(cosign_verify(&n, NAME, &key, &at), SV_ERR_NOT_FOUND);
    note_key_id(bytes_text(NAME), NOTE_TYPE_COSIGNATURE, &key, id);
    sign(&seed, bytes_text(TEXT), raw + 8);
    assert_ok(note_line(NAME, id, BYTES(raw), &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_err(cosign_verify(&n, NAME, &key, &at), SV_ERR_TAMPERED);
    buf_free(&out);
}

/* A good one that is cut, or that has something behind it. */
static void
test_lengths_other_than_that_of_a_cosignature_fail(void **state)
{
    struct sign_public key = witness_key();
    uint8_t id[4], raw[NOTE_SIGNATURE_MAX] = {0};
    struct note good;

    (void)state;
    note_key_id(bytes_text(NAME), NOTE_TYPE_COSIGNATURE, &key, id);
    assert_ok(note_parse(bytes_text(TEXT "\n" LINE), &good));
    assert_int_equal(good.signature[0].raw_len, 8 + SIGN_LEN);
    memcpy(raw, good.signature[0].raw, 8 + SIGN_LEN);
    for (size_t len = 1; len <= 80; len++) {
        struct buf out = BUF_INIT;
        struct note n;
        uint64_t at;

        assert_ok(buf_text(&out, TEXT "\n"));
        assert_ok(note_line(NAME, id, bytes_of(raw, len), &out));
        assert_ok(note_parse(buf_bytes(&out), &n));
        assert_err(cosign_verify(&n, NAME, &key, &at),
                   len == 8 + SIGN_LEN ? SV_OK : SV_ERR_TAMPERED);
        buf_free(&out);
    }
}

static void
test_the_newest_of_several_counts_and_all_must_hold(void **state)
{
    struct sign_seed seed = witness_seed();
    struct sign_public key = witness_key();
    struct buf out = BUF_INIT;
    struct note n;
    uint64_t at = 0;

    (void)state;
    assert_ok(buf_text(&out, TEXT "\n"));
    assert_ok(cosign_sign(bytes_text(TEXT), 5, NAME, &seed, &out));
    assert_ok(cosign_sign(bytes_text(TEXT), 9, NAME, &seed, &out));
    assert_ok(cosign_sign(bytes_text(TEXT), 7, NAME, &seed, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_ok(cosign_verify(&n, NAME, &key, &at));
    assert_true(at == 9);
    assert_ok(
        cosign_sign(bytes_text("another\n1\nroot\n"), 8, NAME, &seed, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_err(cosign_verify(&n, NAME, &key, &at), SV_ERR_TAMPERED);
    buf_free(&out);
}

static void
test_times_and_texts_out_of_range_are_not_signed(void **state)
{
    struct sign_seed seed = witness_seed();
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(cosign_sign(bytes_text(TEXT), INT64_MAX, NAME, &seed, &out));
    buf_truncate(&out, 0);
    assert_err(cosign_sign(bytes_text(TEXT), (uint64_t)INT64_MAX + 1, NAME,
                           &seed, &out),
               SV_ERR_RANGE);
    assert_err(cosign_sign(bytes_text("no end"), 1, NAME, &seed, &out),
               SV_ERR_FORMAT);
    assert_err(cosign_sign(bytes_text(TEXT), 1, "a b", &seed, &out),
               SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_known_cosignature_is_made_byte_for_byte),
        cmocka_unit_test(test_the_known_key_has_its_id),
        cmocka_unit_test(test_the_known_cosignature_verifies_with_its_time),
        cmocka_unit_test(test_any_altered_byte_fails_and_writes_no_time),
        cmocka_unit_test(test_other_names_and_keys_are_not_found),
        cmocka_unit_test(
            test_a_plain_signature_does_not_pass_for_a_cosignature),
        cmocka_unit_test(test_lengths_other_than_that_of_a_cosignature_fail),
        cmocka_unit_test(test_the_newest_of_several_counts_and_all_must_hold),
        cmocka_unit_test(test_times_and_texts_out_of_range_are_not_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
