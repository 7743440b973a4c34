/* Key files unlocked, forged, and wrapped again.  Behind a test, how many
 * derivations it takes. */
#include "base/codec.h"
#include "crypto/init.h"
#include "tests/support/keyfiles.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
assert_keys(const struct user_keys *got, const struct user_keys *want)
{
    assert_memory_equal(got->seed, want->seed, sizeof want->seed);
    assert_memory_equal(got->sign.b, want->sign.b, sizeof want->sign.b);
    assert_memory_equal(got->box.b, want->box.b, sizeof want->box.b);
}

static void
test_right_passphrase_unlocks_and_a_wrong_one_is_denied(void **state) /* 2 */
{
    struct keyfiles *f = *state;
    struct user_keys keys;

    assert_ok(
        keyfiles_unlock(buf_bytes(&f->locked), KEYFILES_PASSPHRASE, &keys));
    assert_keys(&keys, &f->keys);
    assert_err(
        keyfiles_unlock(buf_bytes(&f->locked), KEYFILES_PASSPHRASE "i", NULL),
        SV_ERR_DENIED);
}

static void
test_passphrase_over_the_limit_is_denied_as_any_wrong_one(void **state)
{
    struct keyfiles *f = *state;
    struct rng rng = rng_system();
    struct buf out = BUF_INIT;
    char longest[PASSWORD_MAX_LEN + 2];

    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_err(keyfiles_unlock(buf_bytes(&f->locked), longest, NULL),
               SV_ERR_DENIED);
    assert_err(keyfile_make(&rng, KEYFILES_NAME, bytes_text(longest), &out),
               SV_ERR_RANGE);
    assert_int_equal(out.len, 0);
}

static void
test_t36_altered_protected_file_is_denied_like_a_wrong_passphrase(
    void **state) /* 3 */
{
    static const size_t places[] = {NAME_AT, SALT_AT, SLOT_AT + SLOT_LEN - 1};
    struct keyfiles *f = *state;

    for (size_t i = 0; i < N(places); i++) {
        struct buf file = support_copy(buf_bytes(&f->locked));

        file.ptr[places[i]] ^= 1; /* "base-1" is a name too */
        assert_err(keyfiles_unlock(buf_bytes(&file), KEYFILES_PASSPHRASE, NULL),
                   SV_ERR_DENIED);
        buf_free(&file);
    }
}

/* A file by the format's own words, with the group's salt. */
static struct buf
forge(const struct keyfiles *f, const char *name, const uint8_t *seed,
      const struct card *card)
{
    struct rng rng = rng_system();
    struct buf file = BUF_INIT, context = BUF_INIT;
    struct bytes slot =
        bytes_slice(buf_bytes(&f->locked), SLOT_AT, SEALED_AT - SLOT_AT);
    struct writer w = writer_to(&file);

    writer_bytes(&w, bytes_text("SVK\x01"));
    writer_name(&w, name);
    writer_bytes(&w, BYTES(card->sign.b));
    writer_bytes(&w, BYTES(card->box.b));
    writer_u8(&w, 1);
    assert_ok(buf_append(&context, buf_bytes(&file)));
    assert_ok(buf_append(&context, slot));
    writer_u8(&w, 1);
    writer_bytes(&w, slot);
    assert_ok(writer_end(&w));
    assert_ok(cb1_seal(&rng, f->kek, "uk", buf_bytes(&context),
                       bytes_of(seed, SEED_LEN), &file));
    buf_free(&context);
    return file;
}

/* Signing with the foreign half would give the seed away. */
static void
test_t43_file_whose_public_half_is_not_its_seeds_is_denied(void **state) /* 1 */
{
    struct keyfiles *f = *state;
    struct card card;
    struct buf file;

    for (size_t i = SIGN_AT; i < PROTECTION_AT; i++) {
        file = support_copy(buf_bytes(&f->open));
        file.ptr[i] ^= 1;
        assert_err(keyfiles_unlock(buf_bytes(&file), "", NULL), SV_ERR_DENIED);
        buf_free(&file);
    }
    /* Even where the slot was sealed over it. */
    card_of(&f->keys, KEYFILES_NAME, &card);
    card.sign.b[0] ^= 1;
    file = forge(f, KEYFILES_NAME, f->seed, &card);
    assert_err(keyfiles_unlock(buf_bytes(&file), KEYFILES_PASSPHRASE, NULL),
               SV_ERR_DENIED);
    buf_free(&file);
}

static void
test_t33_slot_of_another_file_is_denied(void **state) /* 2 */
{
    struct keyfiles *f = *state;
    struct user_keys other = keyfiles_other_keys();
    struct card card;
    struct buf theirs, ours = support_copy(buf_bytes(&f->locked));

    card_of(&other, KEYFILES_NAME, &card);
    theirs = forge(f, KEYFILES_NAME, other.seed, &card);
    assert_int_equal(theirs.len, ours.len);
    /* It opens where it belongs, under the same passphrase and salt. */
    assert_ok(keyfiles_unlock(buf_bytes(&theirs), KEYFILES_PASSPHRASE, NULL));
    memcpy(ours.ptr + SLOT_AT, theirs.ptr + SLOT_AT, SLOT_LEN);
    assert_err(keyfiles_unlock(buf_bytes(&ours), KEYFILES_PASSPHRASE, NULL),
               SV_ERR_DENIED);
    buf_free(&theirs);
    buf_free(&ours);
}

static void
test_any_of_several_slots_unlocks(void **state) /* 2 */
{
    struct keyfiles *f = *state;
    struct buf file = BUF_INIT;
    struct bytes slot = bytes_slice(buf_bytes(&f->locked), SLOT_AT, SLOT_LEN);
    struct user_keys keys;

    assert_ok(
        buf_append(&file, bytes_slice(buf_bytes(&f->locked), 0, SLOT_AT)));
    for (uint8_t n = 1; n <= KEYFILE_SLOTS_MAX + 1; n++) {
        assert_ok(buf_append(&file, slot));
        file.ptr[N_SLOTS_AT] = n;
        assert_err(keyfiles_parse(buf_bytes(&file)),
                   n <= KEYFILE_SLOTS_MAX ? SV_OK : SV_ERR_FORMAT);
    }
    buf_truncate(&file, SLOT_AT + 2 * SLOT_LEN);
    file.ptr[N_SLOTS_AT] = 2;
    file.ptr[SEALED_AT] ^= 1; /* in the first */
    assert_ok(keyfiles_unlock(buf_bytes(&file), KEYFILES_PASSPHRASE, &keys));
    assert_keys(&keys, &f->keys);
    buf_free(&file);
}

static void
test_unprotected_file_unlocks_whatever_the_passphrase(void **state)
{
    struct keyfiles *f = *state;
    struct user_keys keys;

    assert_ok(keyfiles_unlock(buf_bytes(&f->open), "", &keys));
    assert_keys(&keys, &f->keys);
    assert_ok(keyfiles_unlock(buf_bytes(&f->open), KEYFILES_PASSPHRASE, NULL));
}

/* Nothing guards the name in an unprotected file: the roster does. */
static void
test_altered_unprotected_file_is_refused(void **state)
{
    struct keyfiles *f = *state;
    struct buf file = support_copy(buf_bytes(&f->open));

    for (size_t i = 0; i < file.len; i++) {
        if (i >= NAME_AT && i < SIGN_AT)
            continue;
        for (unsigned bit = 0; bit < 8; bit++) {
            enum sv_err err;

            file.ptr[i] ^= (uint8_t)(1u << bit);
            err = keyfiles_unlock(buf_bytes(&file), "", NULL);
            if (i >= SIGN_AT && i != PROTECTION_AT)
                assert_err(err, SV_ERR_DENIED);
            else
                assert_err(err, i == SUITE_AT ? SV_ERR_VERSION : SV_ERR_FORMAT);
            file.ptr[i] ^= (uint8_t)(1u << bit);
        }
    }
    buf_free(&file);
}

static void
test_rewrap_keeps_the_seed_and_replaces_all_slots(void **state) /* 3 */
{
    struct keyfiles *f = *state;
    struct rng rng = rng_system();
    struct buf file = BUF_INIT;
    struct keyfile k;
    struct user_keys keys;

    assert_ok(keyfile_parse(buf_bytes(&f->locked), &k));
    assert_ok(keyfile_rewrap(&rng, &k, &f->keys, bytes_text("kitsune"), &file));
    assert_int_equal(file.len, f->locked.len);
    assert_memory_equal(file.ptr, f->locked.ptr, SALT_AT);
    assert_memory_not_equal(file.ptr + SALT_AT, f->locked.ptr + SALT_AT,
                            PASSWORD_SALT_LEN);
    assert_ok(keyfiles_unlock(buf_bytes(&file), "kitsune", &keys));
    assert_keys(&keys, &f->keys);
    assert_err(keyfiles_unlock(buf_bytes(&file), KEYFILES_PASSPHRASE, NULL),
               SV_ERR_DENIED);
    keyfile_wipe(&k);
    buf_free(&file);
}

static void
test_rewrap_refuses_no_passphrase_and_foreign_keys(void **state)
{
    struct keyfiles *f = *state;
    struct rng rng = rng_system();
    struct buf file = BUF_INIT;
    struct keyfile k;
    struct user_keys other = keyfiles_other_keys();

    assert_ok(keyfile_parse(buf_bytes(&f->locked), &k));
    /* It would take the protection off. */
    assert_err(keyfile_rewrap(&rng, &k, &f->keys, bytes_of("", 0), &file),
               SV_ERR_USAGE);
    assert_err(keyfile_rewrap(&rng, &k, &other, bytes_text("kujira"), &file),
               SV_ERR_DENIED);
    assert_int_equal(file.len, 0);
    keyfile_wipe(&k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_right_passphrase_unlocks_and_a_wrong_one_is_denied),
        cmocka_unit_test(
            test_passphrase_over_the_limit_is_denied_as_any_wrong_one),
        cmocka_unit_test(
            test_t36_altered_protected_file_is_denied_like_a_wrong_passphrase),
        cmocka_unit_test(
            test_t43_file_whose_public_half_is_not_its_seeds_is_denied),
        cmocka_unit_test(test_t33_slot_of_another_file_is_denied),
        cmocka_unit_test(test_any_of_several_slots_unlocks),
        cmocka_unit_test(test_unprotected_file_unlocks_whatever_the_passphrase),
        cmocka_unit_test(test_altered_unprotected_file_is_refused),
        cmocka_unit_test(test_rewrap_keeps_the_seed_and_replaces_all_slots),
        cmocka_unit_test(test_rewrap_refuses_no_passphrase_and_foreign_keys),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, keyfiles_set_up, keyfiles_tear_down);
}
