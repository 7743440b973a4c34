#include "audit/checkpoint.h"
#include "tests/support/support.h"

#define DASH "\xe2\x80\x94 "

/* The log of Tessera's testdata/build_log.sh: 15 of its 16 words. */
#define ORIGIN "example.com/log/testdata"
#define SEED "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
#define ROOT_15 "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="
#define SIGNED                                                                 \
    ORIGIN                                                                     \
    "\n15\n" ROOT_15 "\n\n" DASH ORIGIN " "                                    \
    "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6"       \
    "zdkdIQzd/fmwlM/dlPWF74ewI=\n"
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static const char *const words[] = {
    "one",  "two", "three",  "four",  "five",     "six",     "seven",  "eit",
    "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten",
};

static struct sign_seed
log_seed(void)
{
    uint8_t raw[1 + SIGN_SEED_LEN];
    struct sign_seed seed;

    assert_ok(text_unbase64_n(bytes_text(SEED), raw, sizeof raw));
    memcpy(seed.b, raw + 1, sizeof seed.b);
    return seed;
}

static struct sign_public
log_key(void)
{
    struct sign_seed seed = log_seed();
    struct sign_public key;

    sign_public_of(&seed, &key);
    return key;
}

static void
test_the_known_log_has_its_roots_and_its_checkpoint(void **state)
{
    static const struct {
        uint64_t size;
        const char *root;
    } roots[] = {
        {1, "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek="},
        {3, "Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk="},
        {8, "bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY="},
        {15, ROOT_15},
    };
    struct checkpoint c = {.origin = ORIGIN};
    struct sign_seed seed = log_seed();
    struct tree_frontier f;
    struct buf out = BUF_INIT;
    size_t next = 0;

    (void)state;
    frontier_init(&f);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct hash done[TREE_LEVELS], leaf = tree_leaf(bytes_text(words[i]));
        char text[BASE64_SIZE(SHA256_LEN)];
        unsigned n;

        frontier_append(&f, &leaf, done, &n);
        if (f.size != roots[next].size)
            continue;
        c.root = frontier_root(&f);
        text_base64(BYTES(c.root.b), text);
        assert_string_equal(text, roots[next++].root);
    }
    c.size = f.size;
    assert_int_equal(c.size, 15);
    assert_ok(checkpoint_sign(&c, &seed, &out));
    assert_true(bytes_equal(buf_bytes(&out), bytes_text(SIGNED)));
    buf_free(&out);
}

static void
test_the_known_checkpoint_opens(void **state)
{
    struct sign_public key = log_key();
    struct checkpoint c;
    char root[BASE64_SIZE(SHA256_LEN)];

    (void)state;
    assert_ok(checkpoint_open(bytes_text(SIGNED), ORIGIN, &key, &c));
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, 15);
    text_base64(BYTES(c.root.b), root);
    assert_string_equal(root, ROOT_15);
}

static void
test_any_altered_byte_is_refused_and_nothing_is_written(void **state)
{
    struct sign_public key = log_key();
    struct buf note = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&note, SIGNED));
    for (size_t i = 0; i < note.len; i++) {
        for (unsigned b = 0; b < 8; b++) {
            struct checkpoint c = {.size = 77};
            enum sv_err err;

            note.ptr[i] ^= (uint8_t)(1u << b);
            err = checkpoint_open(buf_bytes(&note), ORIGIN, &key, &c);
            assert_true(err == SV_ERR_FORMAT || err == SV_ERR_TAMPERED);
            assert_int_equal(c.size, 77);
            note.ptr[i] ^= (uint8_t)(1u << b);
        }
    }
    for (size_t len = 0; len < note.len; len++) {
        struct checkpoint c;

        assert_true(checkpoint_open(bytes_slice(buf_bytes(&note), 0, len),
                                    ORIGIN, &key, &c) != SV_OK);
    }
    buf_free(&note);
}

static void
test_another_key_or_origin_is_refused(void **state)
{
    struct sign_seed seed = log_seed(), other_seed = {{1}};
    struct sign_public key = log_key(), other;
    struct buf out = BUF_INIT;
    struct checkpoint c;

    (void)state;
    sign_public_of(&other_seed, &other);
    assert_err(checkpoint_open(bytes_text(SIGNED), ORIGIN, &other, &c),
               SV_ERR_TAMPERED);
    assert_err(
        checkpoint_open(bytes_text(SIGNED), "example.com/other", &key, &c),
        SV_ERR_TAMPERED);
    /* The log's own key and name over another log's origin. */
    assert_ok(note_sign(bytes_text("example.com/other\n15\n" ROOT_15 "\n"),
                        ORIGIN, &seed, &out));
    assert_err(checkpoint_open(buf_bytes(&out), ORIGIN, &key, &c),
               SV_ERR_TAMPERED);
    buf_free(&out);
}

static void
test_a_signed_text_that_is_no_checkpoint_is_refused(void **state)
{
    struct sign_seed seed = log_seed();
    struct sign_public key = log_key();
    struct buf out = BUF_INIT;
    struct checkpoint c = {.size = 77};

    (void)state;
    assert_ok(note_sign(bytes_text(ORIGIN "\n15\n"), ORIGIN, &seed, &out));
    assert_err(checkpoint_open(buf_bytes(&out), ORIGIN, &key, &c),
               SV_ERR_FORMAT);
    assert_int_equal(c.size, 77);
    buf_free(&out);
}

static void
test_more_signatures_do_no_harm(void **state)
{
    struct sign_public key = log_key();
    struct sign_seed witness = {{1}};
    struct buf out = BUF_INIT;
    struct checkpoint c;

    (void)state;
    assert_ok(buf_text(&out, SIGNED));
    assert_ok(note_add_signature(bytes_text(ORIGIN "\n15\n" ROOT_15 "\n"),
                                 "witness.example.org", &witness, &out));
    assert_ok(checkpoint_open(buf_bytes(&out), ORIGIN, &key, &c));
    assert_int_equal(c.size, 15);
    buf_free(&out);
}

static void
test_texts_with_another_form_are_refused(void **state)
{
    static const struct {
        const char *name, *text;
    } bad[] = {
        {"empty", ""},
        {"two lines", ORIGIN "\n15\n"},
        {"no LF at the end", ORIGIN "\n15\n" ROOT_15},
        {"an extension line", ORIGIN "\n15\n" ROOT_15 "\nmore\n"},
        {"an empty line behind", ORIGIN "\n15\n" ROOT_15 "\n\n"},
        {"no origin", "\n15\n" ROOT_15 "\n"},
        {"a space in the origin", "a b\n15\n" ROOT_15 "\n"},
        {"a plus in the origin", "a+b\n15\n" ROOT_15 "\n"},
        {"a leading zero", ORIGIN "\n015\n" ROOT_15 "\n"},
        {"a sign", ORIGIN "\n+15\n" ROOT_15 "\n"},
        {"a negative size", ORIGIN "\n-1\n" ROOT_15 "\n"},
        {"a space behind the size", ORIGIN "\n15 \n" ROOT_15 "\n"},
        {"hexadecimal", ORIGIN "\n0xf\n" ROOT_15 "\n"},
        {"no size", ORIGIN "\n\n" ROOT_15 "\n"},
        {"a size of 2^63", ORIGIN "\n9223372036854775808\n" ROOT_15 "\n"},
        {"a size of 2^64", ORIGIN "\n18446744073709551616\n" ROOT_15 "\n"},
        {"a short root", ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbI=\n"},
        {"a long root", ORIGIN "\n15\nAAAA" ROOT_15 "\n"},
        {"an unpadded root",
         ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs\n"},
        {"trailing bits in the root",
         ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383ct=\n"},
        {"a hexadecimal root",
         ORIGIN "\n15\naca6c38a90af86e5f5199ee0e4105ef2c03a05b27b8daff59e4e36ee"
                "fdfcddcb\n"},
        {"CRLF", ORIGIN "\r\n15\r\n" ROOT_15 "\r\n"},
        {"an empty tree with a root", ORIGIN "\n0\n" ROOT_15 "\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct checkpoint c = {.size = 77};

        print_message("%s\n", bad[i].name);
        assert_err(checkpoint_parse(bytes_text(bad[i].text), &c),
                   SV_ERR_FORMAT);
        assert_int_equal(c.size, 77);
    }
}

static void
test_the_smallest_and_the_largest_sizes_parse(void **state)
{
    struct hash empty = tree_empty();
    struct checkpoint c;

    (void)state;
    assert_ok(checkpoint_parse(bytes_text(ORIGIN "\n0\n" EMPTY_ROOT "\n"), &c));
    assert_int_equal(c.size, 0);
    assert_true(hash_equal(&c.root, &empty));
    assert_ok(checkpoint_parse(bytes_text(ORIGIN "\n1\n" ROOT_15 "\n"), &c));
    assert_int_equal(c.size, 1);
    assert_ok(checkpoint_parse(
        bytes_text(ORIGIN "\n9223372036854775807\n" ROOT_15 "\n"), &c));
    assert_true(c.size == INT64_MAX);
}

static void
test_origins_follow_the_rules(void **state)
{
    char origin[ORIGIN_SIZE + 1];

    (void)state;
    assert_true(checkpoint_origin_ok("a"));
    assert_true(checkpoint_origin_ok("Ex-1.example:8080/~log_2026/a"));
    /* The ends of each range, and what stands just outside. */
    assert_true(checkpoint_origin_ok("azAZ09"));
    for (const char *c = "`{@[;%"; *c != '\0'; c++) {
        char outside[2] = {*c, '\0'};

        assert_false(checkpoint_origin_ok(outside));
    }
    assert_false(checkpoint_origin_ok(""));
    assert_false(checkpoint_origin_ok("a b"));
    assert_false(checkpoint_origin_ok("a+b"));
    assert_false(checkpoint_origin_ok("a\n"));
    assert_false(checkpoint_origin_ok("a?b"));
    assert_false(checkpoint_origin_ok("\u00e9"));
    memset(origin, 'o', sizeof origin);
    origin[ORIGIN_SIZE] = '\0';
    assert_false(checkpoint_origin_ok(origin));
    origin[ORIGIN_SIZE - 1] = '\0';
    assert_true(checkpoint_origin_ok(origin));
}

static void
test_an_unsound_checkpoint_is_not_signed(void **state)
{
    struct sign_seed seed = log_seed();
    struct checkpoint c = {.origin = ORIGIN, .size = 0};
    struct buf out = BUF_INIT;

    (void)state;
    assert_err(checkpoint_sign(&c, &seed, &out), SV_ERR_FORMAT);
    c.root = tree_empty();
    assert_ok(checkpoint_sign(&c, &seed, &out));
    buf_truncate(&out, 0);
    c.size = (uint64_t)INT64_MAX + 1;
    assert_err(checkpoint_sign(&c, &seed, &out), SV_ERR_FORMAT);
    c.size = 1;
    (void)snprintf(c.origin, sizeof c.origin, "a b");
    assert_err(checkpoint_sign(&c, &seed, &out), SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
test_the_longest_checkpoint_fits_its_limit(void **state)
{
    struct sign_seed seed = log_seed();
    struct checkpoint c = {.size = INT64_MAX};
    struct buf out = BUF_INIT;

    (void)state;
    memset(c.origin, 'o', ORIGIN_SIZE - 1);
    assert_ok(checkpoint_sign(&c, &seed, &out));
    assert_true(out.len <= CHECKPOINT_MAX);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_known_log_has_its_roots_and_its_checkpoint),
        cmocka_unit_test(test_the_known_checkpoint_opens),
        cmocka_unit_test(
            test_any_altered_byte_is_refused_and_nothing_is_written),
        cmocka_unit_test(test_another_key_or_origin_is_refused),
        cmocka_unit_test(test_a_signed_text_that_is_no_checkpoint_is_refused),
        cmocka_unit_test(test_more_signatures_do_no_harm),
        cmocka_unit_test(test_texts_with_another_form_are_refused),
        cmocka_unit_test(test_the_smallest_and_the_largest_sizes_parse),
        cmocka_unit_test(test_origins_follow_the_rules),
        cmocka_unit_test(test_an_unsound_checkpoint_is_not_signed),
        cmocka_unit_test(test_the_longest_checkpoint_fits_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
