#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/kdf.h"
#include "tests/support/support.h"
#include "vault/gatekey.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define MAGIC_LEN 3
#define SUITE_AT 3

/* Root 40..5f, vault 11.., gate epoch 7. */
static struct gate_keys
keys_for_tests(void)
{
    struct gate_keys k = {.epoch = 7};

    memset(k.vault.b, 0x11, sizeof k.vault.b);
    for (size_t i = 0; i < sizeof k.root; i++)
        k.root[i] = (uint8_t)(0x40 + i);
    gate_keys_derive(&k);
    return k;
}

static struct buf
file_for_tests(void)
{
    struct gate_keys k = keys_for_tests();
    struct buf raw = BUF_INIT;

    assert_ok(gate_keys_encode(&k, &raw));
    return raw;
}

/* What is refused leaves no key behind. */
static void
assert_refused(struct bytes in, enum sv_err want)
{
    struct gate_keys got, before;

    memset(&before, 0xee, sizeof before);
    memset(&got, 0xee, sizeof got);
    assert_err(gate_keys_decode(in, &got), want);
    assert_memory_equal(&got, &before, sizeof got);
}

static void
test_gate_key_file_is_the_frozen_vector(void **state)
{
    struct buf raw = file_for_tests();

    (void)state;
    assert_int_equal(raw.len, GATEKEY_FILE_LEN);
    assert_hex(
        buf_bytes(&raw),
        "535647"   /* SVG */
        "01"       /* suite */
        "00000007" /* gate epoch */
        "1111111111111111111111111111111111111111111111111111111111111111"
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
        "a8b6e82fb21323a7141992eb4b38933092a6ee69f98a542350bb24758c8b3d06");
    buf_free(&raw);
}

static void
test_keys_derived_from_the_root_are_the_frozen_vectors(void **state)
{
    struct gate_keys k = keys_for_tests();
    struct sign_public log;
    struct box_public box;

    (void)state;
    sign_public_of(&k.log, &log);
    assert_ok(box_public_of(&k.box, &box));
    assert_hex(BYTES(k.outer.b), "88ec7981fdf107b1a8cb89069e62ea19"
                                 "bba008f12af79342587cb4349a5a1336");
    assert_hex(BYTES(k.storage.b), "bf39e2ef683f8e8686046048df50c178"
                                   "fb8ab8ede394bf93de63ff3f09c24718");
    assert_hex(BYTES(log.b), "deb8c7889b57c1c54da8283ee7671a56"
                             "581575b05858a84ac3ecfb0a57459032");
    assert_hex(BYTES(box.b), "7a7c271e292e23776702573d99c96f99"
                             "2903bd660ca7e491eebb0b7c5f313639");
}

static void
test_gate_key_file_decodes_to_all_that_was_derived(void **state)
{
    struct gate_keys want = keys_for_tests(), got = {0};
    struct buf raw = file_for_tests();

    (void)state;
    assert_ok(gate_keys_decode(buf_bytes(&raw), &got));
    assert_int_equal(got.epoch, want.epoch);
    assert_memory_equal(got.vault.b, want.vault.b, sizeof want.vault.b);
    assert_memory_equal(got.root, want.root, sizeof want.root);
    assert_memory_equal(got.outer.b, want.outer.b, sizeof want.outer.b);
    assert_memory_equal(got.storage.b, want.storage.b, sizeof want.storage.b);
    assert_memory_equal(got.log.b, want.log.b, sizeof want.log.b);
    assert_memory_equal(got.box.b, want.box.b, sizeof want.box.b);
    buf_free(&raw);
}

static void
test_encode_appends(void **state)
{
    struct gate_keys k = keys_for_tests();
    struct buf alone = file_for_tests(), raw = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&raw, "before"));
    assert_ok(gate_keys_encode(&k, &raw));
    assert_true(bytes_equal(bytes_slice(buf_bytes(&raw), 6, raw.len - 6),
                            buf_bytes(&alone)));
    buf_free(&alone);
    buf_free(&raw);
}

static void
test_decode_fails_when_any_bit_is_flipped(void **state)
{
    struct buf raw = file_for_tests();
    struct gate_keys got;

    (void)state;
    for (size_t i = 0; i < raw.len; i++) {
        enum sv_err want = i < MAGIC_LEN   ? SV_ERR_FORMAT
                           : i == SUITE_AT ? SV_ERR_VERSION
                                           : SV_ERR_TAMPERED;

        for (unsigned bit = 0; bit < 8; bit++) {
            raw.ptr[i] ^= (uint8_t)(1u << bit);
            assert_refused(buf_bytes(&raw), want);
            raw.ptr[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_ok(gate_keys_decode(buf_bytes(&raw), &got));
    buf_free(&raw);
}

static void
test_decode_refuses_each_cut_and_a_byte_more(void **state)
{
    struct buf raw = file_for_tests();

    (void)state;
    for (size_t len = 0; len < raw.len; len++)
        assert_refused(bytes_slice(buf_bytes(&raw), 0, len), SV_ERR_FORMAT);
    assert_ok(buf_append(&raw, bytes_of("", 1)));
    assert_refused(buf_bytes(&raw), SV_ERR_FORMAT);
    buf_free(&raw);
}

static void
test_decode_refuses_other_suites_even_with_a_right_check(void **state)
{
    static const uint8_t suites[] = {0, 2, 255};
    struct buf raw = file_for_tests();

    (void)state;
    for (size_t i = 0; i < N(suites); i++) {
        raw.ptr[SUITE_AT] = suites[i];
        digest("sv/v1/gatefile",
               bytes_slice(buf_bytes(&raw), 0, raw.len - DIGEST_LEN),
               raw.ptr + raw.len - DIGEST_LEN);
        assert_refused(buf_bytes(&raw), SV_ERR_VERSION);
    }
    buf_free(&raw);
}

/* One key never serves for two uses, and none gives away the root. */
static void
test_derived_keys_all_differ_and_follow_the_root(void **state)
{
    struct gate_keys k = keys_for_tests(), other = k;
    const uint8_t *keys[] = {k.root, k.outer.b, k.storage.b, k.log.b, k.box.b};
    const uint8_t *others[] = {other.root, other.outer.b, other.storage.b,
                               other.log.b, other.box.b};

    (void)state;
    other.root[31] ^= 1;
    gate_keys_derive(&other);
    for (size_t i = 0; i < N(keys); i++) {
        assert_memory_not_equal(keys[i], others[i], KDF_KEY_LEN);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(keys[i], keys[j], KDF_KEY_LEN);
    }
}

/* ---- Under a passphrase ---- */

#define WRAP_BOX_AT (GATEKEY_WRAPPED_LEN - GATEKEY_FILE_LEN - CB1_OVERHEAD)
#define WRAP_PASSES_AT 4
#define WRAP_SALT_AT 12

static struct buf
wrapped_for_tests(void)
{
    struct gate_keys k = keys_for_tests();
    struct rng_fixed random = {.seed = {7}};
    struct rng rng = rng_fixed(&random);
    struct buf out = BUF_INIT;

    assert_err(gate_keys_wrap(&k, &rng, bytes_text(""), &out), SV_ERR_USAGE);
    assert_ok(gate_keys_wrap(&k, &rng, bytes_text("correct horse"), &out));
    assert_int_equal(out.len, GATEKEY_WRAPPED_LEN);
    return out;
}

static void
assert_not_unwrapped(struct bytes in, const char *passphrase, enum sv_err err)
{
    struct gate_keys before, after;

    memset(&before, 0xa5, sizeof before);
    after = before;
    assert_err(gate_keys_unwrap(in, bytes_text(passphrase), &after), err);
    assert_memory_equal(&after, &before, sizeof after);
}

static void
test_a_wrapped_key_opens_under_its_passphrase_alone(void **state)
{
    struct gate_keys k = keys_for_tests(), got = {0};
    struct buf raw = wrapped_for_tests(), plain = BUF_INIT;

    (void)state;
    assert_true(gate_keys_is_wrapped(buf_bytes(&raw)));
    assert_ok(
        gate_keys_unwrap(buf_bytes(&raw), bytes_text("correct horse"), &got));
    assert_memory_equal(&got, &k, sizeof got);
    assert_not_unwrapped(buf_bytes(&raw), "correct horsf", SV_ERR_DENIED);
    assert_not_unwrapped(buf_bytes(&raw), "", SV_ERR_DENIED);
    /* Neither kind passes for the other. */
    assert_refused(buf_bytes(&raw), SV_ERR_FORMAT);
    assert_ok(gate_keys_encode(&k, &plain));
    assert_false(gate_keys_is_wrapped(buf_bytes(&plain)));
    assert_not_unwrapped(buf_bytes(&plain), "correct horse", SV_ERR_FORMAT);
    /* The root is nowhere in it. */
    assert_null(memmem(raw.ptr, raw.len, k.root, sizeof k.root));
    buf_free(&raw);
    buf_free(&plain);
}

/* Each costs a derivation: a byte of each part. */
static void
test_a_wrapped_key_that_was_altered_does_not_open(void **state)
{
    static const struct {
        size_t at;
        enum sv_err err;
    } cases[] = {
        {0, SV_ERR_FORMAT},
        {3, SV_ERR_VERSION},
        {WRAP_PASSES_AT, SV_ERR_RANGE},     /* 2^24 passes */
        {WRAP_PASSES_AT + 4, SV_ERR_RANGE}, /* and memory */
        {WRAP_PASSES_AT + 3, SV_ERR_RANGE}, /* 2 passes */
        {WRAP_SALT_AT, SV_ERR_DENIED},
        {WRAP_BOX_AT, SV_ERR_DENIED},
        {WRAP_BOX_AT + 40, SV_ERR_DENIED},
        {GATEKEY_WRAPPED_LEN - 1, SV_ERR_DENIED},
    };
    struct buf raw = wrapped_for_tests();

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        raw.ptr[cases[i].at] ^= 1;
        assert_not_unwrapped(buf_bytes(&raw), "correct horse", cases[i].err);
        raw.ptr[cases[i].at] ^= 1;
    }
    for (size_t cut = 4; cut < raw.len; cut++)
        assert_not_unwrapped(bytes_of(raw.ptr, cut), "correct horse",
                             SV_ERR_FORMAT);
    buf_free(&raw);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate_key_file_is_the_frozen_vector),
        cmocka_unit_test(
            test_keys_derived_from_the_root_are_the_frozen_vectors),
        cmocka_unit_test(test_gate_key_file_decodes_to_all_that_was_derived),
        cmocka_unit_test(test_encode_appends),
        cmocka_unit_test(test_decode_fails_when_any_bit_is_flipped),
        cmocka_unit_test(test_decode_refuses_each_cut_and_a_byte_more),
        cmocka_unit_test(
            test_decode_refuses_other_suites_even_with_a_right_check),
        cmocka_unit_test(test_derived_keys_all_differ_and_follow_the_root),
        cmocka_unit_test(test_a_wrapped_key_opens_under_its_passphrase_alone),
        cmocka_unit_test(test_a_wrapped_key_that_was_altered_does_not_open),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests_name("gatekey", tests, NULL, NULL);
}
