#include <sodium.h>

#include "crypto/cb1.h"
#include "crypto/init.h"
#include "tests/support/rng_queue.h"
#include "tests/support/support.h"
#include "tests/vectors/crypto.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* A box and what it was made with. */
struct fixture {
    uint8_t key[CB1_KEY_LEN];
    const char *label;
    struct bytes context;
    struct bytes plain;
    struct buf box;
};

static void
fixture_init(struct fixture *f)
{
    struct rng rng = rng_system();

    memset(f, 0, sizeof *f);
    rng_fill(&rng, f->key, sizeof f->key);
    f->label = "label";
    f->context = bytes_text("context");
    f->plain = bytes_text("what nobody else may read");
    assert_ok(cb1_seal(&rng, f->key, f->label, f->context, f->plain, &f->box));
    assert_int_equal(f->box.len, f->plain.len + CB1_OVERHEAD);
}

static void
assert_opens(const struct fixture *f)
{
    struct buf out = BUF_INIT;

    assert_ok(cb1_open(f->key, f->label, f->context, buf_bytes(&f->box), &out));
    assert_true(bytes_equal(buf_bytes(&out), f->plain));
    buf_free(&out);
}

/* SV_ERR_TAMPERED, and what the caller had in its buffer stays as it was. */
static void
assert_refused(const uint8_t *key, const char *label, struct bytes context,
               struct bytes box)
{
    struct buf out = BUF_INIT;

    assert_ok(buf_text(&out, "before"));
    assert_err(cb1_open(key, label, context, box, &out), SV_ERR_TAMPERED);
    assert_true(bytes_equal(buf_bytes(&out), bytes_text("before")));
    buf_free(&out);
}

static void
test_boxes_are_those_of_the_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(cb1_vectors); i++) {
        struct buf key = support_unhex(cb1_vectors[i].key);
        struct buf context = support_unhex(cb1_vectors[i].context);
        struct buf salt = support_unhex(cb1_vectors[i].salt);
        struct buf plain = support_unhex(cb1_vectors[i].plain);
        struct buf box = BUF_INIT;
        struct buf again = BUF_INIT;
        struct rng_queue queue;
        struct rng rng = rng_queue(&queue, buf_bytes(&salt));

        assert_ok(cb1_seal(&rng, key.ptr, cb1_vectors[i].label,
                           buf_bytes(&context), buf_bytes(&plain), &box));
        assert_hex(buf_bytes(&box), cb1_vectors[i].box);
        assert_ok(cb1_open(key.ptr, cb1_vectors[i].label, buf_bytes(&context),
                           buf_bytes(&box), &again));
        assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&plain)));
        buf_free(&key);
        buf_free(&context);
        buf_free(&salt);
        buf_free(&plain);
        buf_free(&box);
        buf_free(&again);
    }
}

static void
test_every_length_opens_again_behind_what_was_there(void **state)
{
    static const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 1000, 65536};
    static uint8_t plain[65536];
    static const uint8_t key[CB1_KEY_LEN] = {1};
    struct rng rng = rng_system();

    (void)state;
    rng_fill(&rng, plain, sizeof plain);
    for (size_t i = 0; i < N(lengths); i++) {
        struct buf box = BUF_INIT;
        struct buf out = BUF_INIT;

        assert_ok(buf_text(&box, "abc"));
        assert_ok(cb1_seal(&rng, key, "l", bytes_of(NULL, 0),
                           bytes_of(plain, lengths[i]), &box));
        assert_int_equal(box.len, 3 + lengths[i] + CB1_OVERHEAD);
        assert_memory_equal(box.ptr, "abc", 3);
        assert_ok(buf_text(&out, "xy"));
        assert_ok(cb1_open(key, "l", bytes_of(NULL, 0),
                           bytes_slice(buf_bytes(&box), 3, box.len - 3), &out));
        assert_int_equal(out.len, 2 + lengths[i]);
        assert_memory_equal(out.ptr, "xy", 2);
        assert_memory_equal(out.ptr + 2, plain, lengths[i]);
        buf_free(&box);
        buf_free(&out);
    }
}

static void
test_open_fails_when_any_bit_differs(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t bit = 0; bit < 8 * f.box.len; bit++) {
        f.box.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_refused(f.key, f.label, f.context, buf_bytes(&f.box));
        f.box.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_opens(&f);
    buf_free(&f.box);
}

static void
test_open_fails_when_cut_at_any_length(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t len = 0; len < f.box.len; len++) {
        /* A copy of that size, so that a read behind it shows. */
        uint8_t *cut = malloc(len + (len == 0));

        assert_non_null(cut);
        memcpy(cut, f.box.ptr, len);
        assert_refused(f.key, f.label, f.context, bytes_of(cut, len));
        assert_refused(f.key, f.label, f.context,
                       bytes_of(f.box.ptr + f.box.len - len, len));
        free(cut);
    }
    assert_refused(f.key, f.label, f.context, bytes_of(NULL, 0));
    buf_free(&f.box);
}

static void
test_open_fails_when_something_is_added(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    assert_ok(buf_append(&f.box, bytes_of("", 1)));
    assert_refused(f.key, f.label, f.context, buf_bytes(&f.box));
    buf_free(&f.box);
}

static void
test_open_fails_when_any_bit_of_the_key_differs(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t bit = 0; bit < 8 * sizeof f.key; bit++) {
        f.key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_refused(f.key, f.label, f.context, buf_bytes(&f.box));
        f.key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_opens(&f);
    buf_free(&f.box);
}

static void
test_open_fails_when_label_or_context_differs(void **state)
{
    /* The last five hold the same letters, cut elsewhere. */
    static const struct {
        const char *label;
        const char *context;
    } cases[] = {
        {"", "context"},       {"labe", "context"},   {"Label", "context"},
        {"label2", "context"}, {"label", ""},         {"label", "contex"},
        {"label", "Context"},  {"label", "context2"}, {"context", "label"},
        {"labe", "lcontext"},  {"labelc", "ontext"},  {"", "labelcontext"},
        {"labelcontext", ""},
    };
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < N(cases); i++)
        assert_refused(f.key, cases[i].label, bytes_text(cases[i].context),
                       buf_bytes(&f.box));
    /* A NUL at the end of the context counts. */
    assert_refused(f.key, f.label, bytes_of("context", 8), buf_bytes(&f.box));
    assert_opens(&f);
    buf_free(&f.box);
}

static void
test_two_boxes_of_the_same_have_nothing_in_common(void **state)
{
    struct fixture f;
    struct buf other = BUF_INIT;
    struct rng rng = rng_system();

    (void)state;
    fixture_init(&f);
    assert_ok(cb1_seal(&rng, f.key, f.label, f.context, f.plain, &other));
    for (size_t at = 0; at + 8 <= other.len; at += 8)
        assert_memory_not_equal(f.box.ptr + at, other.ptr + at, 8);
    buf_free(&other);
    buf_free(&f.box);
}

static void
test_parts_of_two_boxes_do_not_mix(void **state)
{
    struct fixture f;
    struct buf other = BUF_INIT;
    struct rng rng = rng_system();

    (void)state;
    fixture_init(&f);
    assert_ok(cb1_seal(&rng, f.key, f.label, f.context, f.plain, &other));
    for (size_t cut = 1; cut < other.len; cut++) {
        struct buf mixed = BUF_INIT;

        assert_ok(buf_append(&mixed, bytes_of(f.box.ptr, cut)));
        assert_ok(
            buf_append(&mixed, bytes_of(other.ptr + cut, other.len - cut)));
        /* Where they begin or end alike, it is one of the two. */
        if (!bytes_equal(buf_bytes(&mixed), buf_bytes(&f.box)) &&
            !bytes_equal(buf_bytes(&mixed), buf_bytes(&other)))
            assert_refused(f.key, f.label, f.context, buf_bytes(&mixed));
        buf_free(&mixed);
    }
    buf_free(&other);
    buf_free(&f.box);
}

/* How the cipher alone, without CB1 around it, takes sealed under key. */
static bool
cipher_opens(const char *key_hex, struct bytes sealed)
{
    static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    struct buf key = support_unhex(key_hex);
    uint8_t plain[64];
    int failed;

    failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, NULL, NULL, sealed.ptr, sealed.len, NULL, 0, nonce, key.ptr);
    buf_free(&key);
    return failed == 0;
}

static struct buf
joined(const char *salt, const char *commitment, const char *sealed)
{
    struct buf parts[] = {support_unhex(salt), support_unhex(commitment),
                          support_unhex(sealed)};
    struct buf box = BUF_INIT;

    for (size_t i = 0; i < N(parts); i++) {
        assert_ok(buf_append(&box, buf_bytes(&parts[i])));
        buf_free(&parts[i]);
    }
    return box;
}

/*
 * Whoever knows two keys can make a cipher text that XChaCha20-Poly1305
 * accepts under both, so that two readers see two messages.  Framed as a
 * box it opens under the one key whose commitment stands in it.
 */
static void
test_t30_no_box_opens_under_two_keys(void **state)
{
    struct bytes none = bytes_of(NULL, 0);

    (void)state;
    for (size_t i = 0; i < N(salamander_vectors); i++) {
        struct buf key1 = support_unhex(salamander_vectors[i].key1);
        struct buf key2 = support_unhex(salamander_vectors[i].key2);
        struct buf sealed = support_unhex(salamander_vectors[i].sealed);
        struct buf box1 = joined(salamander_vectors[i].salt,
                                 salamander_vectors[i].commitment1,
                                 salamander_vectors[i].sealed);
        struct buf box2 = joined(salamander_vectors[i].salt,
                                 salamander_vectors[i].commitment2,
                                 salamander_vectors[i].sealed);
        const char *label = salamander_vectors[i].label;
        struct buf out = BUF_INIT;

        assert_true(
            cipher_opens(salamander_vectors[i].inner1, buf_bytes(&sealed)));
        assert_true(
            cipher_opens(salamander_vectors[i].inner2, buf_bytes(&sealed)));
        assert_ok(cb1_open(key1.ptr, label, none, buf_bytes(&box1), &out));
        assert_refused(key2.ptr, label, none, buf_bytes(&box1));
        assert_ok(cb1_open(key2.ptr, label, none, buf_bytes(&box2), &out));
        assert_refused(key1.ptr, label, none, buf_bytes(&box2));
        buf_free(&key1);
        buf_free(&key2);
        buf_free(&sealed);
        buf_free(&box1);
        buf_free(&box2);
        buf_free(&out);
    }
}

static void
test_a_replaced_commitment_does_not_open_a_box(void **state)
{
    uint8_t other_key[CB1_KEY_LEN] = {7};
    struct fixture f;
    struct buf other = BUF_INIT;
    struct rng_queue queue;
    struct rng rng;

    (void)state;
    fixture_init(&f);
    /* The same salt, so this is the commitment the other key asks for. */
    rng = rng_queue(&queue, bytes_of(f.box.ptr, CB1_SALT_LEN));
    assert_ok(cb1_seal(&rng, other_key, f.label, f.context, f.plain, &other));
    memcpy(f.box.ptr + CB1_SALT_LEN, other.ptr + CB1_SALT_LEN, 32);
    assert_refused(other_key, f.label, f.context, buf_bytes(&f.box));
    assert_refused(f.key, f.label, f.context, buf_bytes(&f.box));
    buf_free(&other);
    buf_free(&f.box);
}

static void
test_sizes_over_the_limit_are_refused(void **state)
{
    static const uint8_t key[CB1_KEY_LEN];
    struct rng rng = rng_system();
    struct bytes none = bytes_of(NULL, 0);
    struct buf out = BUF_INIT;
    struct buf full = {NULL, BUF_MAX, BUF_MAX};

    (void)state;
    /* Refused by their length: nothing of them is read. */
    assert_err(
        cb1_seal(&rng, key, "l", none, bytes_of(key, CB1_PLAIN_MAX + 1), &out),
        SV_ERR_RANGE);
    assert_err(
        cb1_seal(&rng, key, "l", bytes_of(key, (size_t)1 << 32), none, &out),
        SV_ERR_RANGE);
    assert_err(cb1_open(key, "l", none,
                        bytes_of(key, CB1_PLAIN_MAX + CB1_OVERHEAD + 1), &out),
               SV_ERR_TAMPERED);
    assert_int_equal(out.len, 0);
    assert_err(cb1_seal(&rng, key, "l", none, none, &full), SV_ERR_RANGE);
    assert_int_equal(full.len, BUF_MAX);
}

/* draft-irtf-cfrg-xchacha-03, A.3.1: the cipher under it is the right one. */
static void
test_the_cipher_is_xchacha20_poly1305(void **state)
{
    const char *plain =
        "Ladies and Gentlemen of the class of '99: If I could offer you only "
        "one tip for the future, sunscreen would be it.";
    struct buf ad = support_unhex("50515253c0c1c2c3c4c5c6c7");
    struct buf key = support_unhex("808182838485868788898a8b8c8d8e8f"
                                   "909192939495969798999a9b9c9d9e9f");
    struct buf nonce =
        support_unhex("404142434445464748494a4b4c4d4e4f5051525354555657");
    uint8_t sealed[130];
    unsigned long long len;

    (void)state;
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_encrypt(
                         sealed, &len, (const uint8_t *)plain, strlen(plain),
                         ad.ptr, ad.len, NULL, nonce.ptr, key.ptr),
                     0);
    assert_int_equal(len, sizeof sealed);
    assert_hex(
        BYTES(sealed),
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
        "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e"
        "c0875924c1c7987947deafd8780acf49");
    buf_free(&ad);
    buf_free(&key);
    buf_free(&nonce);
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
        cmocka_unit_test(test_boxes_are_those_of_the_format),
        cmocka_unit_test(test_every_length_opens_again_behind_what_was_there),
        cmocka_unit_test(test_open_fails_when_any_bit_differs),
        cmocka_unit_test(test_open_fails_when_cut_at_any_length),
        cmocka_unit_test(test_open_fails_when_something_is_added),
        cmocka_unit_test(test_open_fails_when_any_bit_of_the_key_differs),
        cmocka_unit_test(test_open_fails_when_label_or_context_differs),
        cmocka_unit_test(test_two_boxes_of_the_same_have_nothing_in_common),
        cmocka_unit_test(test_parts_of_two_boxes_do_not_mix),
        cmocka_unit_test(test_t30_no_box_opens_under_two_keys),
        cmocka_unit_test(test_a_replaced_commitment_does_not_open_a_box),
        cmocka_unit_test(test_sizes_over_the_limit_are_refused),
        cmocka_unit_test(test_the_cipher_is_xchacha20_poly1305),
    };

    return cmocka_run_group_tests_name("crypto_cb1", tests, setup, NULL);
}
