#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/rng.h"
#include "crypto/sign.h"
#include "tests/support/support.h"
#include "tests/vectors/wycheproof_ed25519.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

struct fixture {
    struct sign_seed seed;
    struct sign_public pub;
    uint8_t message[40];
    uint8_t signature[SIGN_LEN];
};

static void
fixture_init(struct fixture *f)
{
    struct rng rng = rng_system();

    rng_fill(&rng, f->seed.b, sizeof f->seed.b);
    rng_fill(&rng, f->message, sizeof f->message);
    sign_public_of(&f->seed, &f->pub);
    sign(&f->seed, BYTES(f->message), f->signature);
    assert_ok(sign_verify(&f->pub, BYTES(f->message), f->signature));
}

/* RFC 8032, 7.1. */
static void
test_signatures_are_those_of_the_rfc(void **state)
{
    static const struct {
        const char *seed;
        const char *pub;
        const char *message;
        const char *signature;
    } cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
         "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
         "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct buf message = support_unhex(cases[i].message);
        struct sign_seed seed;
        struct sign_public pub;
        uint8_t signature[SIGN_LEN];

        assert_ok(text_unhex(bytes_text(cases[i].seed), seed.b, sizeof seed.b));
        sign_public_of(&seed, &pub);
        assert_hex(BYTES(pub.b), cases[i].pub);
        sign(&seed, buf_bytes(&message), signature);
        assert_hex(BYTES(signature), cases[i].signature);
        buf_free(&message);
    }
}

static void
test_verify_agrees_with_wycheproof(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(wycheproof_ed25519); i++) {
        struct buf message = support_unhex(wycheproof_ed25519[i].message);
        struct sign_public pub;
        uint8_t signature[SIGN_LEN];
        enum sv_err err;

        assert_ok(text_unhex(bytes_text(wycheproof_ed25519[i].key), pub.b,
                             sizeof pub.b));
        assert_ok(text_unhex(bytes_text(wycheproof_ed25519[i].signature),
                             signature, sizeof signature));
        err = sign_verify(&pub, buf_bytes(&message), signature);
        if (err != (wycheproof_ed25519[i].valid ? SV_OK : SV_ERR_TAMPERED))
            fail_msg("tcId %u: %s", wycheproof_ed25519[i].id, err_text(err));
        buf_free(&message);
    }
}

static void
test_verify_fails_when_any_bit_differs(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t bit = 0; bit < 8 * sizeof f.signature; bit++) {
        f.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_err(sign_verify(&f.pub, BYTES(f.message), f.signature),
                   SV_ERR_TAMPERED);
        f.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof f.message; bit++) {
        f.message[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_err(sign_verify(&f.pub, BYTES(f.message), f.signature),
                   SV_ERR_TAMPERED);
        f.message[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof f.pub.b; bit++) {
        f.pub.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_err(sign_verify(&f.pub, BYTES(f.message), f.signature),
                   SV_ERR_TAMPERED);
        f.pub.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_ok(sign_verify(&f.pub, BYTES(f.message), f.signature));
}

static void
test_verify_fails_when_the_message_is_cut(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t len = 0; len < sizeof f.message; len++)
        assert_err(sign_verify(&f.pub, bytes_of(f.message, len), f.signature),
                   SV_ERR_TAMPERED);
}

static void
test_verify_fails_under_another_key(void **state)
{
    struct fixture f;
    struct fixture other;

    (void)state;
    fixture_init(&f);
    fixture_init(&other);
    assert_err(sign_verify(&other.pub, BYTES(f.message), f.signature),
               SV_ERR_TAMPERED);
}

/*
 * Under a key of small order a signature can be made without any secret:
 * with R = S * B it verifies wherever the order divides the hash.
 */
static void
test_verify_refuses_keys_of_small_order(void **state)
{
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    /* S = 1 and R = B. */
    static const char *const signatures[] = {
        "5866666666666666666666666666666666666666666666666666666666666666"
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000",
    };
    uint8_t message = 0;

    (void)state;
    for (size_t k = 0; k < N(keys); k++) {
        for (size_t s = 0; s < N(signatures); s++) {
            struct sign_public pub;
            uint8_t signature[SIGN_LEN];

            assert_ok(text_unhex(bytes_text(keys[k]), pub.b, sizeof pub.b));
            assert_ok(text_unhex(bytes_text(signatures[s]), signature,
                                 sizeof signature));
            /* 32 messages, so that the order divides one of the hashes. */
            for (message = 0; message < 32; message++)
                assert_err(sign_verify(&pub, bytes_of(&message, 1), signature),
                           SV_ERR_TAMPERED);
        }
    }
}

/* What is signed begins with a label: each signature is for one of them. */
static void
test_t10_a_signature_for_one_label_is_none_for_another(void **state)
{
    static const char *const labels[] = {
        "sv/v1/header",
        "sv/v1/body",
        "sv/v1/version",
        "sv/v1/grant",
        "sv/v1/policy",
        "sv/v1/schema",
        "sv/v1/note",
        "sv/v1/gatefile",
        "sv/v1/head",
        "sv/v1/query",
        "sv/v1/plan",
        "sv/v1/counting",
        "sv/v1/cells",
        "sv/v1/release",
        "sv/v1/risk",
        "sv/v1/import",
        "sv/v1/releas",
        "sv/v1/release1",
        "",
    };
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t a = 0; a < N(labels); a++) {
        uint8_t hash[DIGEST_LEN];
        uint8_t signature[SIGN_LEN];

        digest(labels[a], BYTES(f.message), hash);
        sign(&f.seed, BYTES(hash), signature);
        for (size_t b = 0; b < N(labels); b++) {
            digest(labels[b], BYTES(f.message), hash);
            assert_err(sign_verify(&f.pub, BYTES(hash), signature),
                       a == b ? SV_OK : SV_ERR_TAMPERED);
        }
    }
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
        cmocka_unit_test(test_signatures_are_those_of_the_rfc),
        cmocka_unit_test(test_verify_agrees_with_wycheproof),
        cmocka_unit_test(test_verify_fails_when_any_bit_differs),
        cmocka_unit_test(test_verify_fails_when_the_message_is_cut),
        cmocka_unit_test(test_verify_fails_under_another_key),
        cmocka_unit_test(test_verify_refuses_keys_of_small_order),
        cmocka_unit_test(
            test_t10_a_signature_for_one_label_is_none_for_another),
    };

    return cmocka_run_group_tests_name("crypto_sign", tests, setup, NULL);
}
