#include "crypto/init.h"
#include "crypto/words.h"
#include "tests/support/support.h"
#include "tests/vectors/crypto.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
test_words_are_sorted_and_distinct(void **state)
{
    (void)state;
    for (unsigned i = 1; i < WORDS_N; i++)
        assert_true(strcmp(words_at(i - 1), words_at(i)) < 0);
}

static void
test_words_are_three_to_eight_letters(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WORDS_N; i++) {
        size_t len = strlen(words_at(i));

        assert_in_range(len, 3, 8);
        assert_int_equal(strspn(words_at(i), "abcdefghijklmnopqrstuvwxyz"),
                         len);
    }
}

/* One letter changed, left out or put in, or two neighbours swapped. */
static bool
are_twins(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    size_t at = 0;

    if (a_len > b_len)
        return are_twins(b, a);
    while (at < a_len && a[at] == b[at])
        at++;
    if (b_len == a_len + 1)
        return strcmp(a + at, b + at + 1) == 0;
    if (b_len > a_len || at == a_len)
        return false;
    return strcmp(a + at + 1, b + at + 1) == 0 ||
           (a[at] == b[at + 1] && a[at + 1] == b[at] && a[at + 1] != '\0' &&
            strcmp(a + at + 2, b + at + 2) == 0);
}

static void
test_no_two_words_are_near(void **state)
{
    (void)state;
    assert_true(are_twins("kawa", "kama"));
    assert_true(are_twins("kawa", "kaw"));
    assert_true(are_twins("kawa", "akwa"));
    assert_false(are_twins("kawa", "kumo"));
    for (unsigned a = 0; a < WORDS_N; a++) {
        for (unsigned b = 0; b < a; b++) {
            const char *x = words_at(a);
            const char *y = words_at(b);

            if (are_twins(x, y) || strncmp(x, y, strlen(y)) == 0)
                fail_msg("%s and %s", x, y);
        }
    }
}

static void
test_fingerprints_are_those_of_the_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(fingerprint_vectors); i++) {
        struct buf data = support_unhex(fingerprint_vectors[i].data);
        char text[WORDS_TEXT_SIZE];

        words_fingerprint(fingerprint_vectors[i].label, buf_bytes(&data), text);
        assert_string_equal(text, fingerprint_vectors[i].words);
        buf_free(&data);
    }
}

static void
test_fingerprints_differ_by_label_and_data(void **state)
{
    char a[WORDS_TEXT_SIZE];
    char b[WORDS_TEXT_SIZE];

    (void)state;
    words_fingerprint("label", bytes_text("data"), a);
    words_fingerprint("labe", bytes_text("ldata"), b);
    assert_false(words_equal(a, b));
    words_fingerprint("label", bytes_text("datb"), b);
    assert_false(words_equal(a, b));
    words_fingerprint("label", bytes_text("data"), b);
    assert_true(words_equal(a, b));
}

static void
test_passphrases_are_seven_words_of_all_bits(void **state)
{
    struct buf seed = support_unhex(passphrase_vectors[0].seed);
    struct rng_fixed fixed = {{0}, 0};
    struct rng rng = rng_fixed(&fixed);
    char text[WORDS_TEXT_SIZE];

    (void)state;
    memcpy(fixed.seed, seed.ptr, sizeof fixed.seed);
    words_passphrase(&rng, text);
    assert_string_equal(text, passphrase_vectors[0].words);
    buf_free(&seed);
}

/* A word that never comes up in its place would be missing entropy. */
static void
test_every_word_comes_up_in_every_place(void **state)
{
    static bool seen[WORDS_PASSPHRASE_N][WORDS_N];
    struct rng_fixed fixed = {{3}, 0};
    struct rng rng = rng_fixed(&fixed);
    size_t n = 0;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        char text[WORDS_TEXT_SIZE];
        char *rest = text;

        words_passphrase(&rng, text);
        for (size_t place = 0; place < WORDS_PASSPHRASE_N; place++) {
            const char *word = strsep(&rest, "-");
            unsigned low = 0;

            assert_non_null(word);
            for (unsigned step = WORDS_N / 2; step > 0; step /= 2)
                if (strcmp(words_at(low + step), word) <= 0)
                    low += step;
            assert_string_equal(words_at(low), word);
            n += !seen[place][low];
            seen[place][low] = true;
        }
        assert_null(rest);
    }
    assert_int_equal(n, WORDS_PASSPHRASE_N * WORDS_N);
}

static void
test_words_are_equal_as_people_type_them(void **state)
{
    static const struct {
        const char *typed;
        const char *fingerprint;
        bool equal;
    } cases[] = {
        {"sakura-mochi", "sakura-mochi", true},
        {"sakura mochi", "sakura-mochi", true},
        {"SAKURA Mochi", "sakura-mochi", true},
        {"  sakura -  mochi ", "sakura-mochi", true},
        {"sakura\tmochi", "sakura-mochi", true},
        {"sakuramochi", "sakura-mochi", false},
        {"saku-ramochi", "sakura-mochi", false},
        {"mochi-sakura", "sakura-mochi", false},
        {"sakura", "sakura-mochi", false},
        {"sakura-mochi-mochi", "sakura-mochi", false},
        {"sakura-moch", "sakura-mochi", false},
        {"sakura-mochj", "sakura-mochi", false},
        {"sakura_mochi", "sakura-mochi", false},
        {"", "sakura-mochi", false},
        {" - ", "sakura-mochi", false},
        {"sakura-mochi", "", false},
        {"", "", false},
        {" ", "", false},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++)
        if (words_equal(cases[i].typed, cases[i].fingerprint) != cases[i].equal)
            fail_msg("\"%s\", \"%s\"", cases[i].typed, cases[i].fingerprint);
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
        cmocka_unit_test(test_words_are_sorted_and_distinct),
        cmocka_unit_test(test_words_are_three_to_eight_letters),
        cmocka_unit_test(test_no_two_words_are_near),
        cmocka_unit_test(test_fingerprints_are_those_of_the_format),
        cmocka_unit_test(test_fingerprints_differ_by_label_and_data),
        cmocka_unit_test(test_passphrases_are_seven_words_of_all_bits),
        cmocka_unit_test(test_every_word_comes_up_in_every_place),
        cmocka_unit_test(test_words_are_equal_as_people_type_them),
    };

    return cmocka_run_group_tests_name("crypto_words", tests, setup, NULL);
}
