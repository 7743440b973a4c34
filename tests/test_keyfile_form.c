/* Key files as they lie on the disk: made, and read without a passphrase. */
#include <time.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/kdf.h"
#include "tests/support/keyfiles.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* ---- Layout and frozen vectors ---- */

static void
test_unprotected_file_is_the_frozen_vector(void **state)
{
    struct keyfiles *f = *state;

    assert_hex(
        buf_bytes(&f->open),
        "53564b"         /* SVK */
        "01"             /* suite */
        "06636173652d31" /* case-1 */
        "0f1e65ac12ae5fa05aefb1ce0c16dd4650bf9f9f3bbbb15a7889cfa03f33ac62"
        "2520d4bb497ab8e02ead8fa7fe01f83feedc09ecffd93ddc89f8f60e4dc7c17b"
        "00" /* unprotected */
        "ede91b9e09b8ff96c6f24802723ca3f8c27d84368efe579a83de3670b807d358");
}

static void
test_protected_file_is_the_frozen_vector(void **state)
{
    struct keyfiles *f = *state;
    uint8_t hash[DIGEST_LEN];

    assert_int_equal(f->locked.len, SLOT_AT + SLOT_LEN);
    digest("test", buf_bytes(&f->locked), hash);
    assert_hex(BYTES(hash), "37601a7110df7f89306fa74bb86ebb1d"
                            "f8405274af12cbc035951102ea47eeb0");
}

/* The slot is bound to everything in clear, its own cost and salt too. */
static void
test_slot_is_sealed_with_all_that_stands_in_clear_as_context(void **state)
{
    struct keyfiles *f = *state;
    struct buf context = BUF_INIT, seed = BUF_INIT;
    struct bytes file = buf_bytes(&f->locked);
    struct bytes sealed = bytes_slice(file, SEALED_AT, SEED_LEN + CB1_OVERHEAD);

    assert_ok(buf_append(&context, bytes_slice(file, 0, N_SLOTS_AT)));
    assert_ok(
        buf_append(&context, bytes_slice(file, SLOT_AT, SEALED_AT - SLOT_AT)));
    assert_ok(cb1_open(f->kek, "uk", buf_bytes(&context), sealed, &seed));
    assert_true(bytes_equal(buf_bytes(&seed), BYTES(f->seed)));
    buf_free(&context);
    buf_free(&seed);
}

static void
test_keys_derive_from_the_seed_with_labels_of_their_own(void **state)
{
    struct keyfiles *f = *state;
    uint8_t want[KDF_KEY_LEN];

    kdf_derive(f->seed, "user/sign", want);
    assert_memory_equal(f->keys.sign.b, want, sizeof want);
    kdf_derive(f->seed, "user/box", want);
    assert_memory_equal(f->keys.box.b, want, sizeof want);
    assert_memory_equal(f->keys.seed, f->seed, sizeof f->seed);
}

static void
test_no_secret_stands_in_a_protected_file(void **state)
{
    struct keyfiles *f = *state;
    const struct buf *file = &f->locked;

    for (size_t i = 0; i + 8 <= SEED_LEN; i++) {
        assert_null(memmem(file->ptr, file->len, f->seed + i, 8));
        assert_null(memmem(file->ptr, file->len, f->keys.sign.b + i, 8));
        assert_null(memmem(file->ptr, file->len, f->keys.box.b + i, 8));
        assert_null(memmem(file->ptr, file->len, f->kek + i, 8));
    }
    for (size_t i = 0; i + 5 <= strlen(KEYFILES_PASSPHRASE); i++)
        assert_null(memmem(file->ptr, file->len, &KEYFILES_PASSPHRASE[i], 5));
}

/* ---- Parsing ---- */

static void
test_parse_gives_what_stands_in_clear(void **state)
{
    struct keyfiles *f = *state;
    struct keyfile k;
    struct card own;

    card_of(&f->keys, KEYFILES_NAME, &own);
    assert_ok(keyfile_parse(buf_bytes(&f->locked), &k));
    assert_memory_equal(&k.card, &own, sizeof own);
    assert_false(k.unprotected);
    assert_int_equal(k.n_slots, 1);
    assert_int_equal(k.slots[0].kind, SLOT_PASSPHRASE);
    assert_int_equal(k.slots[0].cost.passes, 3);
    assert_int_equal(k.slots[0].cost.memory_kib, 256 << 10);
    assert_ok(keyfile_parse(buf_bytes(&f->open), &k));
    assert_true(k.unprotected);
    assert_int_equal(k.n_slots, 0);
    keyfile_wipe(&k);
}

static void
test_parse_refuses_each_cut_and_a_byte_more(void **state)
{
    struct keyfiles *f = *state;
    const struct buf *files[] = {&f->open, &f->locked};

    for (size_t i = 0; i < N(files); i++) {
        struct buf longer = support_copy(buf_bytes(files[i]));

        for (size_t len = 0; len < files[i]->len; len++)
            assert_err(keyfiles_parse(bytes_slice(buf_bytes(files[i]), 0, len)),
                       SV_ERR_FORMAT);
        assert_ok(keyfiles_parse(buf_bytes(&longer)));
        assert_ok(buf_append(&longer, bytes_of("", 1)));
        assert_err(keyfiles_parse(buf_bytes(&longer)), SV_ERR_FORMAT);
        buf_free(&longer);
    }
}

static void
test_parse_refuses_other_suites_as_versions(void **state)
{
    static const uint8_t suites[] = {0, 2, 255};
    struct keyfiles *f = *state;
    struct buf file = support_copy(buf_bytes(&f->locked));

    for (size_t i = 0; i < N(suites); i++) {
        file.ptr[SUITE_AT] = suites[i];
        assert_err(keyfiles_parse(buf_bytes(&file)), SV_ERR_VERSION);
        assert_err(keyfiles_parse(bytes_of(file.ptr, SUITE_AT + 1)),
                   SV_ERR_VERSION);
    }
    buf_free(&file);
}

static void
test_parse_refuses_values_that_no_file_has(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t byte;
    } cases[] = {
        {"magic", 0, 's'},
        {"name empty", 4, 0},
        {"name too long", 4, 33},
        {"name in upper case", NAME_AT, 'C'},
        {"name with an underscore", NAME_AT, '_'},
        {"name with a NUL", NAME_AT, 0},
        {"protection unknown", PROTECTION_AT, 2},
        {"protection taken off", PROTECTION_AT, 0},
        {"no slots", N_SLOTS_AT, 0},
        {"more slots than there are", N_SLOTS_AT, 2},
        {"more slots than the maximum", N_SLOTS_AT, 5},
        {"slots without end", N_SLOTS_AT, 255},
        {"slot of no kind", SLOT_AT, 0},
        {"slot of an unknown kind", SLOT_AT, 2},
    };
    struct keyfiles *f = *state;

    for (size_t i = 0; i < N(cases); i++) {
        struct buf file = support_copy(buf_bytes(&f->locked));
        enum sv_err err;

        file.ptr[cases[i].at] = cases[i].byte;
        err = keyfiles_parse(buf_bytes(&file));
        if (err != SV_ERR_FORMAT)
            fail_msg("%s: %s", cases[i].name, err_text(err));
        buf_free(&file);
    }
}

/* Forged costs are refused in less time than any derivation would take. */
static void
test_t31_t32_costs_outside_their_limits_are_refused_without_deriving(
    void **state)
{
    static const struct {
        uint32_t passes, memory_kib;
        enum sv_err want;
    } cases[] = {
        {1, 256 << 10, SV_ERR_RANGE},
        {3, 8, SV_ERR_RANGE},
        {3, 64 << 20, SV_ERR_RANGE}, /* 64 GiB */
        {0, 256 << 10, SV_ERR_RANGE},
        {3, 0, SV_ERR_RANGE},
        {2, 256 << 10, SV_ERR_RANGE},
        {11, 256 << 10, SV_ERR_RANGE},
        {UINT32_MAX, 256 << 10, SV_ERR_RANGE},
        {3, (256 << 10) - 1, SV_ERR_RANGE},
        {3, (1 << 20) + 1, SV_ERR_RANGE},
        {3, UINT32_MAX, SV_ERR_RANGE},
        {3, 256 << 10, SV_OK},
        {10, 1 << 20, SV_OK},
    };
    struct keyfiles *f = *state;
    clock_t start = clock();

    for (size_t i = 0; i < N(cases); i++) {
        struct buf file = support_copy(buf_bytes(&f->locked));
        enum sv_err err;

        put_u32(file.ptr + PASSES_AT, cases[i].passes);
        put_u32(file.ptr + MEMORY_AT, cases[i].memory_kib);
        err = keyfiles_parse(buf_bytes(&file));
        if (err != cases[i].want)
            fail_msg("t=%u m=%u: %s", cases[i].passes, cases[i].memory_kib,
                     err_text(err));
        if (err != SV_OK)
            assert_err(
                keyfiles_unlock(buf_bytes(&file), KEYFILES_PASSPHRASE, NULL),
                SV_ERR_RANGE);
        buf_free(&file);
    }
    assert_true(clock() - start < CLOCKS_PER_SEC / 10);
}

/* ---- Making ---- */

static void
test_make_refuses_bad_names_and_never_makes_one_seed_twice(void **state)
{
    static const char *const names[] = {
        "",       "Case-1",  "case_1",
        "case 1", "../case", "a-name-of-more-than-thirty-two-bytes"};
    struct rng rng = rng_system();
    struct buf a = BUF_INIT, b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < N(names); i++)
        assert_err(keyfile_make(&rng, names[i], bytes_of("", 0), &a),
                   SV_ERR_FORMAT);
    assert_int_equal(a.len, 0);
    assert_ok(keyfile_make(&rng, KEYFILES_NAME, bytes_of("", 0), &a));
    assert_ok(keyfile_make(&rng, KEYFILES_NAME, bytes_of("", 0), &b));
    assert_memory_not_equal(a.ptr + SEED_AT, b.ptr + SEED_AT, SEED_LEN);
    buf_free(&a);
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unprotected_file_is_the_frozen_vector),
        cmocka_unit_test(test_protected_file_is_the_frozen_vector),
        cmocka_unit_test(
            test_slot_is_sealed_with_all_that_stands_in_clear_as_context),
        cmocka_unit_test(
            test_keys_derive_from_the_seed_with_labels_of_their_own),
        cmocka_unit_test(test_no_secret_stands_in_a_protected_file),
        cmocka_unit_test(test_parse_gives_what_stands_in_clear),
        cmocka_unit_test(test_parse_refuses_each_cut_and_a_byte_more),
        cmocka_unit_test(test_parse_refuses_other_suites_as_versions),
        cmocka_unit_test(test_parse_refuses_values_that_no_file_has),
        cmocka_unit_test(
            test_t31_t32_costs_outside_their_limits_are_refused_without_deriving),
        cmocka_unit_test(
            test_make_refuses_bad_names_and_never_makes_one_seed_twice),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, keyfiles_set_up, keyfiles_tear_down);
}
