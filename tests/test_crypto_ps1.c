#include <sodium.h>

#include "crypto/cb1.h"
#include "crypto/init.h"
#include "crypto/ps1.h"
#include "tests/support/rng_queue.h"
#include "tests/support/support.h"
#include "tests/vectors/crypto.h"
#include "tests/vectors/wycheproof_x25519.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

struct fixture {
    struct box_secret secret;
    struct box_public own;
    struct bytes context;
    struct bytes plain;
    struct buf box;
};

static void
fixture_init(struct fixture *f)
{
    struct rng rng = rng_system();

    memset(f, 0, sizeof *f);
    box_generate(&rng, &f->secret, &f->own);
    f->context = bytes_text("context");
    f->plain = bytes_text("a key or a line");
    assert_ok(ps1_seal(&rng, &f->own, "label", f->context, f->plain, &f->box));
    assert_int_equal(f->box.len, f->plain.len + PS1_OVERHEAD);
}

static void
assert_opens(const struct fixture *f)
{
    struct buf out = BUF_INIT;

    assert_ok(ps1_open(&f->secret, &f->own, "label", f->context,
                       buf_bytes(&f->box), &out));
    assert_true(bytes_equal(buf_bytes(&out), f->plain));
    buf_free(&out);
}

static void
assert_refused(const struct fixture *f, const char *label, struct bytes context,
               struct bytes box)
{
    struct buf out = BUF_INIT;

    assert_ok(buf_text(&out, "before"));
    assert_err(ps1_open(&f->secret, &f->own, label, context, box, &out),
               SV_ERR_TAMPERED);
    assert_true(bytes_equal(buf_bytes(&out), bytes_text("before")));
    buf_free(&out);
}

static struct box_secret
secret_of(const char *hex)
{
    struct box_secret out;

    assert_ok(text_unhex(bytes_text(hex), out.b, sizeof out.b));
    return out;
}

static struct box_public
public_of(const char *hex)
{
    struct box_public out;

    assert_ok(text_unhex(bytes_text(hex), out.b, sizeof out.b));
    return out;
}

static void
test_boxes_are_those_of_the_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(ps1_vectors); i++) {
        struct box_secret secret = secret_of(ps1_vectors[i].secret);
        struct box_public own;
        struct buf load = support_unhex(ps1_vectors[i].ephemeral);
        struct buf salt = support_unhex(ps1_vectors[i].salt);
        struct buf context = support_unhex(ps1_vectors[i].context);
        struct buf plain = support_unhex(ps1_vectors[i].plain);
        struct buf box = BUF_INIT;
        struct buf again = BUF_INIT;
        struct rng_queue queue;
        struct rng rng;

        assert_ok(buf_append(&load, buf_bytes(&salt)));
        rng = rng_queue(&queue, buf_bytes(&load));
        assert_ok(box_public_of(&secret, &own));
        assert_ok(ps1_seal(&rng, &own, ps1_vectors[i].label,
                           buf_bytes(&context), buf_bytes(&plain), &box));
        assert_hex(buf_bytes(&box), ps1_vectors[i].box);
        assert_ok(ps1_open(&secret, &own, ps1_vectors[i].label,
                           buf_bytes(&context), buf_bytes(&box), &again));
        assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&plain)));
        buf_free(&load);
        buf_free(&salt);
        buf_free(&context);
        buf_free(&plain);
        buf_free(&box);
        buf_free(&again);
    }
}

/* RFC 7748, 6.1. */
static void
test_public_halves_are_those_of_the_rfc(void **state)
{
    static const struct {
        const char *secret;
        const char *pub;
    } cases[] = {
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct box_secret secret = secret_of(cases[i].secret);
        struct box_public pub;

        assert_ok(box_public_of(&secret, &pub));
        assert_hex(BYTES(pub.b), cases[i].pub);
    }
}

/*
 * A box whose ephemeral key is the case's public key, sealed by hand under
 * what the case says is shared.
 */
static struct buf
box_by_hand(const char *shared_hex, const struct box_public *ephemeral,
            const struct box_public *recipient)
{
    struct buf shared = support_unhex(shared_hex);
    struct rng rng = rng_system();
    crypto_generichash_state hash;
    uint8_t key[CB1_KEY_LEN];
    struct buf box = BUF_INIT;

    (void)crypto_generichash_init(&hash, shared.ptr, shared.len, sizeof key);
    (void)crypto_generichash_update(&hash, (const uint8_t *)"sv/v1/ps1", 9);
    (void)crypto_generichash_update(&hash, ephemeral->b, sizeof ephemeral->b);
    (void)crypto_generichash_update(&hash, recipient->b, sizeof recipient->b);
    (void)crypto_generichash_final(&hash, key, sizeof key);
    assert_ok(buf_append(&box, BYTES(ephemeral->b)));
    assert_ok(cb1_seal(&rng, key, "label", bytes_of(NULL, 0),
                       bytes_text("plain"), &box));
    buf_free(&shared);
    return box;
}

static void
test_agreement_is_x25519(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(wycheproof_x25519); i++) {
        struct box_secret secret = secret_of(wycheproof_x25519[i].secret);
        struct box_public theirs = public_of(wycheproof_x25519[i].pub);
        struct box_public own;
        struct buf out = BUF_INIT;
        struct buf box;
        enum sv_err err;

        if (wycheproof_x25519[i].shared == NULL)
            continue;
        assert_ok(box_public_of(&secret, &own));
        box = box_by_hand(wycheproof_x25519[i].shared, &theirs, &own);
        err = ps1_open(&secret, &own, "label", bytes_of(NULL, 0),
                       buf_bytes(&box), &out);
        if (err != SV_OK)
            fail_msg("tcId %u: %s", wycheproof_x25519[i].id, err_text(err));
        assert_true(bytes_equal(buf_bytes(&out), bytes_text("plain")));
        buf_free(&box);
        buf_free(&out);
    }
}

static void
test_a_shared_secret_of_zeros_is_refused_on_both_sides(void **state)
{
    static const char zeros[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    struct rng rng = rng_system();
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < N(wycheproof_x25519); i++) {
        struct box_secret secret = secret_of(wycheproof_x25519[i].secret);
        struct box_public theirs = public_of(wycheproof_x25519[i].pub);
        struct box_public own;
        struct ps1_sender sender;
        struct buf out = BUF_INIT;
        struct buf box;

        if (wycheproof_x25519[i].shared != NULL)
            continue;
        n++;
        /* What an implementation that does not look would open. */
        assert_ok(box_public_of(&secret, &own));
        box = box_by_hand(zeros, &theirs, &own);
        assert_err(ps1_open(&secret, &own, "label", bytes_of(NULL, 0),
                            buf_bytes(&box), &out),
                   SV_ERR_TAMPERED);
        assert_int_equal(out.len, 0);
        assert_err(ps1_seal(&rng, &theirs, "label", bytes_of(NULL, 0),
                            bytes_text("plain"), &out),
                   SV_ERR_RANGE);
        assert_int_equal(out.len, 0);
        memset(&sender, 0x5a, sizeof sender);
        assert_err(ps1_sender_init(&rng, &theirs, &sender), SV_ERR_RANGE);
        for (size_t at = 0; at < sizeof sender.key; at++)
            assert_int_equal(sender.key[at], 0x5a);
        buf_free(&box);
    }
    assert_int_equal(n, 26);
}

static void
test_open_fails_when_any_bit_differs(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t bit = 0; bit < 8 * f.box.len; bit++) {
        f.box.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_refused(&f, "label", f.context, buf_bytes(&f.box));
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
        uint8_t *cut = malloc(len + (len == 0));

        assert_non_null(cut);
        memcpy(cut, f.box.ptr, len);
        assert_refused(&f, "label", f.context, bytes_of(cut, len));
        free(cut);
    }
    assert_refused(&f, "label", f.context, bytes_of(NULL, 0));
    assert_ok(buf_append(&f.box, bytes_of("", 1)));
    assert_refused(&f, "label", f.context, buf_bytes(&f.box));
    buf_free(&f.box);
}

static void
test_open_fails_when_label_or_context_differs(void **state)
{
    static const struct {
        const char *label;
        const char *context;
    } cases[] = {
        {"labe", "context"},  {"label", "contex"},  {"label", ""},
        {"labe", "lcontext"}, {"labelc", "ontext"}, {"context", "label"},
    };
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < N(cases); i++)
        assert_refused(&f, cases[i].label, bytes_text(cases[i].context),
                       buf_bytes(&f.box));
    assert_opens(&f);
    buf_free(&f.box);
}

static void
test_open_fails_for_anybody_else(void **state)
{
    struct fixture f;
    struct fixture other;

    (void)state;
    fixture_init(&f);
    fixture_init(&other);
    assert_refused(&other, "label", f.context, buf_bytes(&f.box));
    /* The right secret half beside a foreign public half. */
    other.secret = f.secret;
    assert_refused(&other, "label", f.context, buf_bytes(&f.box));
    buf_free(&f.box);
    buf_free(&other.box);
}

static void
test_what_is_agreed_serves_one_ephemeral_key(void **state)
{
    struct fixture f, other;
    struct box_public ephemeral, low = {{0}};
    struct ps1_agreed agreed;
    struct buf out = BUF_INIT;

    (void)state;
    fixture_init(&f);
    fixture_init(&other);
    assert_ok(ps1_ephemeral(buf_bytes(&f.box), &ephemeral));
    assert_ok(ps1_agree(&f.secret, &f.own, &ephemeral, &agreed));
    assert_ok(
        ps1_agreed_open(&agreed, "label", f.context, buf_bytes(&f.box), &out));
    buf_free(&out);
    assert_err(
        ps1_agreed_open(&agreed, "another", f.context, buf_bytes(&f.box), &out),
        SV_ERR_TAMPERED);
    assert_err(ps1_agreed_open(&agreed, "label", f.context,
                               buf_bytes(&other.box), &out),
               SV_ERR_TAMPERED);
    /* The ephemeral key is not the sealer's to exchange. */
    for (size_t i = 0; i < BOX_PUBLIC_LEN; i++) {
        f.box.ptr[i] ^= 1;
        assert_err(ps1_agreed_open(&agreed, "label", f.context,
                                   buf_bytes(&f.box), &out),
                   SV_ERR_TAMPERED);
        f.box.ptr[i] ^= 1;
    }
    for (size_t len = 0; len < PS1_OVERHEAD; len++) {
        struct bytes cut = bytes_slice(buf_bytes(&f.box), 0, len);

        assert_err(ps1_ephemeral(cut, &ephemeral), SV_ERR_TAMPERED);
        assert_err(ps1_agreed_open(&agreed, "label", f.context, cut, &out),
                   SV_ERR_TAMPERED);
    }
    assert_err(ps1_agree(&f.secret, &f.own, &low, &agreed), SV_ERR_TAMPERED);
    assert_null(out.ptr);
    buf_free(&f.box);
    buf_free(&other.box);
}

static void
test_a_sender_serves_many_boxes_under_one_ephemeral_key(void **state)
{
    struct fixture f;
    struct rng rng = rng_system();
    struct ps1_sender sender;
    struct ps1_receiver receiver = {0};
    struct box_secret none = {{0}};
    struct buf one = BUF_INIT;
    struct buf two = BUF_INIT;
    struct buf out = BUF_INIT;

    (void)state;
    fixture_init(&f);
    assert_ok(ps1_sender_init(&rng, &f.own, &sender));
    assert_ok(ps1_sender_seal(&sender, &rng, "label", f.context,
                              bytes_text("one"), &one));
    assert_ok(ps1_sender_seal(&sender, &rng, "label", f.context,
                              bytes_text("two"), &two));
    assert_memory_equal(one.ptr, two.ptr, BOX_PUBLIC_LEN);
    assert_memory_not_equal(one.ptr + BOX_PUBLIC_LEN, two.ptr + BOX_PUBLIC_LEN,
                            CB1_SALT_LEN);
    assert_ok(ps1_receiver_open(&receiver, &f.secret, &f.own, "label",
                                f.context, buf_bytes(&one), &out));
    /* Agreed already: the secret is not looked at again. */
    assert_ok(ps1_receiver_open(&receiver, &none, &f.own, "label", f.context,
                                buf_bytes(&two), &out));
    assert_true(bytes_equal(buf_bytes(&out), bytes_text("onetwo")));
    /* Another ephemeral key: agreed anew. */
    assert_err(ps1_receiver_open(&receiver, &none, &f.own, "label", f.context,
                                 buf_bytes(&f.box), &out),
               SV_ERR_TAMPERED);
    assert_ok(
        ps1_open(&f.secret, &f.own, "label", f.context, buf_bytes(&two), &out));
    buf_free(&one);
    buf_free(&two);
    buf_free(&out);
    buf_free(&f.box);
}

static void
test_a_receiver_forgets_a_wrong_agreement(void **state)
{
    struct fixture f;
    struct ps1_receiver receiver = {0};
    struct buf out = BUF_INIT;

    (void)state;
    fixture_init(&f);
    for (size_t n = 0; n < 3; n++) {
        f.box.ptr[5] ^= 1;
        assert_err(ps1_receiver_open(&receiver, &f.secret, &f.own, "label",
                                     f.context, buf_bytes(&f.box), &out),
                   SV_ERR_TAMPERED);
        f.box.ptr[5] ^= 1;
        assert_ok(ps1_receiver_open(&receiver, &f.secret, &f.own, "label",
                                    f.context, buf_bytes(&f.box), &out));
    }
    buf_free(&out);
    buf_free(&f.box);
}

static void
test_an_empty_receiver_does_not_take_zeros_for_agreed(void **state)
{
    struct fixture f;
    struct ps1_receiver receiver = {0};
    static const uint8_t zeros[CB1_KEY_LEN];
    struct rng rng = rng_system();
    struct buf box = BUF_INIT;
    struct buf out = BUF_INIT;

    (void)state;
    fixture_init(&f);
    /* Its key is all zeros, and so is the ephemeral key it has seen. */
    assert_ok(buf_append(&box, BYTES(zeros)));
    assert_ok(cb1_seal(&rng, zeros, "label", f.context, f.plain, &box));
    assert_err(ps1_receiver_open(&receiver, &f.secret, &f.own, "label",
                                 f.context, buf_bytes(&box), &out),
               SV_ERR_TAMPERED);
    assert_int_equal(out.len, 0);
    buf_free(&box);
    buf_free(&f.box);
}

static void
test_a_plaintext_over_the_limit_leaves_the_buffer_alone(void **state)
{
    struct fixture f;
    struct rng rng = rng_system();
    struct buf out = BUF_INIT;

    (void)state;
    fixture_init(&f);
    assert_ok(buf_text(&out, "before"));
    assert_err(ps1_seal(&rng, &f.own, "label", f.context,
                        bytes_of(f.own.b, CB1_PLAIN_MAX + 1), &out),
               SV_ERR_RANGE);
    assert_true(bytes_equal(buf_bytes(&out), bytes_text("before")));
    buf_free(&out);
    buf_free(&f.box);
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
        cmocka_unit_test(test_public_halves_are_those_of_the_rfc),
        cmocka_unit_test(test_agreement_is_x25519),
        cmocka_unit_test(
            test_a_shared_secret_of_zeros_is_refused_on_both_sides),
        cmocka_unit_test(test_open_fails_when_any_bit_differs),
        cmocka_unit_test(test_open_fails_when_cut_at_any_length),
        cmocka_unit_test(test_open_fails_when_label_or_context_differs),
        cmocka_unit_test(test_open_fails_for_anybody_else),
        cmocka_unit_test(test_what_is_agreed_serves_one_ephemeral_key),
        cmocka_unit_test(
            test_a_sender_serves_many_boxes_under_one_ephemeral_key),
        cmocka_unit_test(test_a_receiver_forgets_a_wrong_agreement),
        cmocka_unit_test(test_an_empty_receiver_does_not_take_zeros_for_agreed),
        cmocka_unit_test(
            test_a_plaintext_over_the_limit_leaves_the_buffer_alone),
    };

    return cmocka_run_group_tests_name("crypto_ps1", tests, setup, NULL);
}
