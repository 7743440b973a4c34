#include <sodium.h>

#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/kdf.h"
#include "crypto/rng.h"
#include "crypto/sha256.h"
#include "tests/support/support.h"
#include "tests/vectors/crypto.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* FIPS 180-4 examples. */
static void
test_sha256_is_that_of_the_standard(void **state)
{
    static const struct {
        const char *data;
        const char *hash;
    } cases[] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        uint8_t hash[SHA256_LEN];

        sha256(bytes_text(cases[i].data), hash);
        assert_hex(BYTES(hash), cases[i].hash);
    }
}

/* Another engine. */
static void
test_sha256_is_that_of_libsodium(void **state)
{
    uint8_t data[300], got[SHA256_LEN], want[SHA256_LEN];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof data; len++) {
        sha256(bytes_of(data, len), got);
        assert_int_equal(crypto_hash_sha256(want, data, len), 0);
        assert_memory_equal(got, want, sizeof got);
    }
}

static void
test_sha256_of_parts_is_that_of_the_whole(void **state)
{
    struct bytes whole = bytes_text("the quick brown fox jumps over the lazy "
                                    "dog, and then over the fence as well");
    uint8_t want[SHA256_LEN];

    (void)state;
    sha256(whole, want);
    for (size_t cut = 0; cut <= whole.len; cut++) {
        struct sha256 s;
        uint8_t got[SHA256_LEN];

        sha256_begin(&s);
        sha256_add(&s, bytes_slice(whole, 0, cut));
        sha256_add(&s, bytes_of(NULL, 0));
        sha256_add(&s, bytes_slice(whole, cut, whole.len - cut));
        sha256_end(&s, got);
        assert_memory_equal(got, want, sizeof got);
    }
}

static void
test_digests_are_those_of_the_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(digest_vectors); i++) {
        struct buf data = support_unhex(digest_vectors[i].data);
        uint8_t hash[DIGEST_LEN];

        digest(digest_vectors[i].label, buf_bytes(&data), hash);
        assert_hex(BYTES(hash), digest_vectors[i].out);
        for (size_t cut = 0; cut <= data.len; cut++) {
            struct digest d;

            digest_begin(&d, digest_vectors[i].label);
            digest_add(&d, bytes_slice(buf_bytes(&data), 0, cut));
            digest_add(&d, bytes_slice(buf_bytes(&data), cut, data.len - cut));
            digest_end(&d, hash);
            assert_hex(BYTES(hash), digest_vectors[i].out);
        }
        buf_free(&data);
    }
}

static void
test_macs_are_those_of_the_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(mac_vectors); i++) {
        struct buf key = support_unhex(mac_vectors[i].key);
        struct buf data = support_unhex(mac_vectors[i].data);
        uint8_t out[MAC_LEN];

        mac(key.ptr, mac_vectors[i].label, buf_bytes(&data), out);
        assert_hex(BYTES(out), mac_vectors[i].out);
        buf_free(&key);
        buf_free(&data);
    }
}

static void
test_derived_keys_are_those_of_the_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(kdf_vectors); i++) {
        struct buf key = support_unhex(kdf_vectors[i].key);
        uint8_t out[KDF_KEY_LEN];

        kdf_derive(key.ptr, kdf_vectors[i].label, out);
        assert_hex(BYTES(out), kdf_vectors[i].out);
        buf_free(&key);
    }
}

/* Every way of hashing every cut of the same letters: all differ. */
static void
test_label_and_data_do_not_run_into_each_other(void **state)
{
    static const char letters[] = "abcdef";
    uint8_t key[MAC_KEY_LEN] = {9};
    uint8_t out[3 * sizeof letters][DIGEST_LEN];
    size_t n = 0;

    (void)state;
    for (size_t cut = 0; cut < sizeof letters; cut++) {
        char label[sizeof letters] = "";
        struct bytes data = bytes_text(letters + cut);

        memcpy(label, letters, cut);
        digest(label, data, out[n++]);
        mac(key, label, data, out[n++]);
        kdf_derive(key, label, out[n++]);
    }
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < a; b++)
            assert_memory_not_equal(out[a], out[b], DIGEST_LEN);
}

static void
test_every_bit_of_the_key_counts(void **state)
{
    uint8_t key[MAC_KEY_LEN] = {0};
    uint8_t mac_want[MAC_LEN];
    uint8_t kdf_want[KDF_KEY_LEN];
    uint8_t out[MAC_LEN];

    (void)state;
    mac(key, "l", bytes_text("data"), mac_want);
    kdf_derive(key, "l", kdf_want);
    for (size_t bit = 0; bit < 8 * sizeof key; bit++) {
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        mac(key, "l", bytes_text("data"), out);
        assert_memory_not_equal(out, mac_want, sizeof out);
        kdf_derive(key, "l", out);
        assert_memory_not_equal(out, kdf_want, sizeof out);
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void
test_the_library_may_be_prepared_again(void **state)
{
    (void)state;
    assert_ok(crypto_init());
}

static void
test_the_fixed_generator_repeats_itself(void **state)
{
    struct buf seed = support_unhex(rng_vectors[0].seed);
    struct rng_fixed fixed = {{0}, 0};
    struct rng rng = rng_fixed(&fixed);
    uint8_t first[100];
    uint8_t second[10];

    (void)state;
    memcpy(fixed.seed, seed.ptr, sizeof fixed.seed);
    rng_fill(&rng, first, sizeof first);
    rng_fill(&rng, second, sizeof second);
    assert_hex(BYTES(first), rng_vectors[0].first);
    assert_hex(BYTES(second), rng_vectors[0].second);
    buf_free(&seed);
}

static void
test_the_system_generator_does_not_repeat_itself(void **state)
{
    struct rng rng = rng_system();
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};

    (void)state;
    rng_fill(&rng, a, sizeof a);
    rng_fill(&rng, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    rng_fill(&rng, a, 0);
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
        cmocka_unit_test(test_sha256_is_that_of_the_standard),
        cmocka_unit_test(test_sha256_is_that_of_libsodium),
        cmocka_unit_test(test_sha256_of_parts_is_that_of_the_whole),
        cmocka_unit_test(test_digests_are_those_of_the_format),
        cmocka_unit_test(test_macs_are_those_of_the_format),
        cmocka_unit_test(test_derived_keys_are_those_of_the_format),
        cmocka_unit_test(test_label_and_data_do_not_run_into_each_other),
        cmocka_unit_test(test_every_bit_of_the_key_counts),
        cmocka_unit_test(test_the_library_may_be_prepared_again),
        cmocka_unit_test(test_the_fixed_generator_repeats_itself),
        cmocka_unit_test(test_the_system_generator_does_not_repeat_itself),
    };

    return cmocka_run_group_tests_name("crypto_digest", tests, setup, NULL);
}
