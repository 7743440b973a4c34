#include "base/codec.h"
#include "counts/figures.h"
#include "crypto/digest.h"
#include "tests/support/support.h"

static void
test_figures_are_found_by_name_in_the_order_of_adding(void **state)
{
    struct figures f;
    size_t at;

    (void)state;
    figures_init(&f);
    for (int i = 0; i < 100; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "a.b-%d_c", i);
        assert_ok(figures_add(&f, name, i, &at));
        assert_int_equal(at, i);
    }
    assert_ok(figures_add_unknown(&f, "d", "why not", &at));
    assert_int_equal(at, 100);
    assert_ok(figures_find(&f, "a.b-37_c", &at));
    assert_int_equal(at, 37);
    assert_true(f.at[37].known);
    assert_int_equal(f.at[37].value, 37);
    assert_ok(figures_find(&f, "d", &at));
    assert_false(f.at[at].known);
    assert_string_equal(f.at[at].reason, "why not");
    assert_err(figures_find(&f, "a.b-100_c", &at), SV_ERR_NOT_FOUND);
    assert_err(figures_find(&f, "a.b-3", &at), SV_ERR_NOT_FOUND);
    figures_clear(&f);
    assert_int_equal(f.n, 0);
    figures_clear(&f); /* empty is fine */
}

static void
test_a_name_is_there_once(void **state)
{
    struct figures f;
    size_t at = 77;

    (void)state;
    figures_init(&f);
    assert_ok(figures_add(&f, "a", 1, &at));
    assert_err(figures_add(&f, "a", 2, &(size_t){0}), SV_ERR_EXISTS);
    assert_err(figures_add_unknown(&f, "a", "", &(size_t){0}), SV_ERR_EXISTS);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.at[0].value, 1);
    figures_clear(&f);
}

static void
test_bad_names_and_reasons_are_refused(void **state)
{
    static const char *const bad[] = {
        "", " ", "a b", "a\n", "a=b", "a/b", "\xe5\x9b\xbd", "a,b", "a\"",
    };
    char name[FIGURE_NAME_SIZE + 1], reason[FIGURE_REASON_SIZE + 1];
    struct figures f;
    size_t at;

    (void)state;
    figures_init(&f);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_err(figures_add(&f, bad[i], 1, &at), SV_ERR_RANGE);
        assert_err(figures_add_unknown(&f, bad[i], "", &at), SV_ERR_RANGE);
    }
    memset(name, 'x', sizeof name);
    memset(reason, 'x', sizeof reason);
    name[FIGURE_NAME_SIZE] = '\0';
    reason[FIGURE_REASON_SIZE] = '\0';
    assert_err(figures_add(&f, name, 1, &at), SV_ERR_RANGE);
    assert_err(figures_add_unknown(&f, "a", reason, &at), SV_ERR_RANGE);
    assert_int_equal(f.n, 0);
    name[FIGURE_NAME_SIZE - 1] = '\0';
    reason[FIGURE_REASON_SIZE - 1] = '\0';
    assert_ok(figures_add(&f, name, 1, &at));
    assert_ok(figures_add_unknown(&f, "a", reason, &at));
    figures_clear(&f);
}

static void
test_relations_copy_their_parts_and_keep_within_the_figures(void **state)
{
    size_t parts[] = {1, 2}, beyond[] = {1, 3}, self[] = {0}, at;
    size_t many[] = {1, 2, 1, 2};
    struct figures f;

    (void)state;
    figures_init(&f);
    assert_ok(figures_add(&f, "all", 3, &at));
    assert_ok(figures_add(&f, "one", 1, &at));
    assert_ok(figures_add(&f, "two", 2, &at));
    assert_err(figures_relate(&f, 3, 2, parts, true), SV_ERR_RANGE);
    assert_err(figures_relate(&f, 0, 2, beyond, true), SV_ERR_RANGE);
    assert_err(figures_relate(&f, 0, 0, parts, true), SV_ERR_RANGE);
    assert_err(figures_relate(&f, 0, 1, self, true), SV_ERR_RANGE);
    assert_err(figures_relate(&f, 0, 4, many, true), SV_ERR_RANGE);
    assert_int_equal(f.n_relations, 0);
    for (int i = 0; i < 20; i++)
        assert_ok(figures_relate(&f, 0, 2, parts, i == 19));
    parts[0] = 9;
    assert_int_equal(f.n_relations, 20);
    assert_int_equal(f.relations[19].parts[0], 1);
    assert_int_equal(f.relations[19].parts[1], 2);
    assert_true(f.relations[19].complete);
    assert_false(f.relations[18].complete);
    figures_clear(&f);
}

/* One of the two multiples around the count, and over many sets their mean
 * is the count; 0 and multiples stay; one set always comes to the same.
 * (Of records that count as one each.) */
static void
test_rounding_is_keyed_unbiased_and_the_same_for_the_same_records(void **state)
{
    uint8_t key[32] = {7}, other[32] = {8};
    bool differs = false;

    (void)state;
    for (int64_t n = 0; n <= 60; n++) {
        int64_t sum = 0;

        for (uint64_t set = 1; set <= 2000; set++) {
            struct counted c = {.n = n, .key = set * 0x9E3779B97F4A7C15};
            int64_t got = figures_round(&c, key);

            assert_int_equal(got % FIGURES_BASE, 0);
            assert_true(got > n - FIGURES_BASE && got < n + FIGURES_BASE);
            assert_int_equal(got, figures_round(&c, key));
            differs = differs || got != figures_round(&c, other);
            sum += got;
        }
        /* Within four standard deviations of 2,000 draws. */
        assert_true(sum > n * 2000 - 450 && sum < n * 2000 + 450);
        if (n % FIGURES_BASE == 0)
            assert_int_equal(sum, n * 2000);
    }
    assert_true(differs);
}

static void
test_keys_add_up_in_any_order(void **state)
{
    struct counted a = {0}, b = {0};

    (void)state;
    counted_add(&a, 5);
    counted_add(&a, UINT64_MAX);
    counted_add(&b, UINT64_MAX);
    counted_add(&b, 5);
    assert_int_equal(a.n, 2);
    assert_int_equal(a.key, b.key);
}

/* The keys of a vault's records, as good as random. */
static uint64_t
record_key(uint64_t vault, uint64_t record)
{
    uint8_t seed[16], hash[DIGEST_LEN];
    struct reader r;

    put_u64(seed, vault);
    put_u64(seed + 8, record);
    digest("test/record", BYTES(seed), hash);
    r = reader_of(BYTES(hash));
    return reader_u64(&r);
}

/*
 * The same 46 records in many partitions in two: the sum of the halves'
 * previews is a fresh draw each time, and its mean is known to a tenth.
 */
#define PARTITIONS 1500
static double
mean_of_partitions(uint64_t vault, const uint8_t round_key[32],
                   struct counted *all)
{
    double sum = 0;

    *all = (struct counted){0};
    for (uint64_t r = 0; r < 46; r++)
        counted_add(all, record_key(vault, r));
    for (uint64_t p = 0; p < PARTITIONS; p++) {
        struct counted half[2] = {{0}, {0}};

        for (uint64_t r = 0; r < 46; r++)
            counted_add(&half[record_key(1000 + p, r) & 1],
                        record_key(vault, r));
        sum += (double)(figures_round(&half[0], round_key) +
                        figures_round(&half[1], round_key));
    }
    return sum / PARTITIONS;
}

static void
test_the_mean_of_many_previews_is_not_the_count(void **state)
{
    uint8_t key[32] = {7};
    unsigned other = 0;
    int64_t nudges = 0;

    (void)state;
    for (uint64_t vault = 1; vault <= 16; vault++) {
        struct counted all;
        double mean = mean_of_partitions(vault, key, &all);

        assert_true(mean > (double)(all.n + all.nudge) - 0.3 &&
                    mean < (double)(all.n + all.nudge) + 0.3);
        other += all.nudge != 0;
        nudges += all.nudge;
    }
    /* It is what these records come to, and no two vaults alike. */
    assert_true(other >= 10);
    assert_true(nudges > -50 && nudges < 50);
}

/* One record more is one more, two more or none: and never less. */
static void
test_a_record_never_counts_less_than_nothing(void **state)
{
    unsigned seen[3] = {0, 0, 0};

    (void)state;
    for (uint64_t r = 0; r < 4000; r++) {
        struct counted c = {0};

        counted_add(&c, record_key(1, r));
        assert_in_range(c.n + c.nudge, 0, 2);
        seen[c.n + c.nudge]++;
    }
    assert_in_range(seen[0], 400, 600);
    assert_in_range(seen[2], 400, 600);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_are_found_by_name_in_the_order_of_adding),
        cmocka_unit_test(test_a_name_is_there_once),
        cmocka_unit_test(test_bad_names_and_reasons_are_refused),
        cmocka_unit_test(
            test_relations_copy_their_parts_and_keep_within_the_figures),
        cmocka_unit_test(
            test_rounding_is_keyed_unbiased_and_the_same_for_the_same_records),
        cmocka_unit_test(test_keys_add_up_in_any_order),
        cmocka_unit_test(test_the_mean_of_many_previews_is_not_the_count),
        cmocka_unit_test(test_a_record_never_counts_less_than_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
