#include "counts/annual_json.h"
#include "counts/risk.h"
#include "tests/support/annual_data.h"

/* ---- small tables ---- */

static size_t
add(struct figures *f, const char *name, int64_t value)
{
    size_t at;

    assert_ok(figures_add(f, name, value, &at));
    return at;
}

static size_t
add_hidden(struct figures *f, const char *name)
{
    size_t at;

    assert_ok(figures_add_unknown(f, name, "hidden", &at));
    return at;
}

static void
relate(struct figures *f, bool complete, size_t whole, size_t n,
       const size_t parts[])
{
    assert_ok(figures_relate(f, whole, n, parts, complete));
}

/* The report with values is these lines. */
static void
assert_report(const struct figures *f, size_t count, const char *lines)
{
    struct buf text = BUF_INIT, want = BUF_INIT;
    struct risk_list l = {0};

    assert_ok(risk_find(f, &l));
    assert_ok(risk_encode(&l, true, &text));
    assert_ok(buf_printf(&want, "svault/risk/v1\nvalues yes\ncount %zu\n%s",
                         count, lines));
    if (!bytes_equal(buf_bytes(&text), buf_bytes(&want)))
        fail_msg("%.*s", (int)text.len, text.ptr);
    risk_clear(&l);
    buf_free(&text);
    buf_free(&want);
}

static void
test_only_figures_from_one_to_four_are_small(void **state)
{
    struct figures f;
    size_t at;

    (void)state;
    figures_init(&f);
    (void)add(&f, "zero", 0);
    (void)add(&f, "one", 1);
    (void)add(&f, "four", 4);
    (void)add(&f, "five", 5);
    at = add(&f, "change", 2);
    f.at[at].is_change = true;
    (void)add_hidden(&f, "hidden");
    assert_report(&f, 2, "cell one: one = 1\ncell four: four = 4\n");
    figures_clear(&f);
}

static void
test_nothing_unsafe_is_an_empty_report(void **state)
{
    struct figures f;

    (void)state;
    figures_init(&f);
    assert_report(&f, 0, "");
    (void)add(&f, "a", 50);
    assert_report(&f, 0, "");
    figures_clear(&f);
}

static void
test_a_hidden_part_is_found_by_subtraction(void **state)
{
    struct figures f;
    size_t whole, parts[3];

    (void)state;
    figures_init(&f);
    whole = add(&f, "w", 40);
    parts[0] = add(&f, "a", 30);
    parts[1] = add_hidden(&f, "b");
    parts[2] = add(&f, "c", 7);
    relate(&f, true, whole, 3, parts);
    assert_report(&f, 1, "derived b: w - a - c = 3\n");
    figures_clear(&f);
}

static void
test_a_hidden_whole_is_found_by_addition_and_tells_more(void **state)
{
    struct figures f;
    size_t whole, parts[2], sub[2];

    (void)state;
    figures_init(&f);
    whole = add_hidden(&f, "w");
    parts[0] = add(&f, "a", 30);
    parts[1] = add(&f, "b", 20);
    sub[0] = add(&f, "men", 48);
    sub[1] = add_hidden(&f, "women");
    relate(&f, true, whole, 2, sub); /* before it can be solved */
    relate(&f, true, whole, 2, parts);
    assert_report(&f, 1, "derived women: (a + b) - men = 2\n");
    figures_clear(&f);
}

static void
test_two_hidden_parts_are_known_together(void **state)
{
    struct figures f;
    size_t whole, parts[3];

    (void)state;
    figures_init(&f);
    whole = add(&f, "w", 40);
    parts[0] = add(&f, "a", 37);
    parts[1] = add_hidden(&f, "b");
    parts[2] = add_hidden(&f, "c");
    relate(&f, true, whole, 3, parts);
    assert_report(&f, 1, "derived a: w - a = 3\n");
    figures_clear(&f);
    whole = add(&f, "w", 40);
    parts[0] = add(&f, "a", 20);
    parts[1] = add(&f, "b", 18);
    relate(&f, false, whole, 2, parts);
    assert_report(&f, 1, "derived w: w - a - b = 2\n");
    figures_clear(&f);
}

static void
test_a_part_of_nobody_leaves_nothing_new(void **state)
{
    struct figures f;
    size_t whole, part;

    (void)state;
    figures_init(&f);
    whole = add(&f, "w", 2);
    part = add(&f, "a", 0);
    relate(&f, false, whole, 1, &part);
    assert_report(&f, 1, "cell w: w = 2\n");
    figures_clear(&f);
}

static void
test_the_year_before_follows_from_the_change(void **state)
{
    struct figures f;
    size_t now, parts[2], minors, sub[2];

    (void)state;
    figures_init(&f);
    now = add(&f, "total", 9);
    parts[0] = add(&f, "change", 6);
    parts[1] = add_hidden(&f, "before");
    f.at[parts[0]].is_change = true;
    minors = add(&f, "minors", 9);
    sub[0] = add(&f, "minors_change", 8);
    sub[1] = add_hidden(&f, "minors_before");
    f.at[sub[0]].is_change = true;
    relate(&f, true, now, 2, parts);
    relate(&f, true, minors, 2, sub);
    relate(&f, false, parts[1], 1, &sub[1]);
    relate(&f, false, now, 1, &minors);
    assert_report(&f, 4,
                  "derived before: total - change = 3\n"
                  "derived minors_before: minors - minors_change = 1\n"
                  "derived minors_before: (total - change) - "
                  "(minors - minors_change) = 2\n"
                  "group minors: minors of total = 9\n");
    figures_clear(&f);
}

static void
test_an_unknown_change_tells_nothing(void **state)
{
    struct figures f;
    size_t now, parts[2];

    (void)state;
    figures_init(&f);
    now = add(&f, "total", 9);
    parts[0] = add_hidden(&f, "change");
    f.at[parts[0]].is_change = true;
    parts[1] = add_hidden(&f, "before");
    relate(&f, true, now, 2, parts);
    assert_report(&f, 0, "");
    figures_clear(&f);
    /* A change that follows is no number of people. */
    now = add(&f, "total", 9);
    parts[0] = add_hidden(&f, "change");
    f.at[parts[0]].is_change = true;
    parts[1] = add(&f, "before", 6);
    relate(&f, true, now, 2, parts);
    assert_report(&f, 0, "");
    figures_clear(&f);
}

static void
test_a_whole_within_one_part_is_a_group_unless_nothing_is_known(void **state)
{
    struct figures f;
    size_t whole, parts[2], empty, none[1];

    (void)state;
    figures_init(&f);
    whole = add(&f, "w", 12);
    parts[0] = add(&f, "a", 12);
    parts[1] = add(&f, "b", 0);
    relate(&f, true, whole, 2, parts);
    parts[0] = add(&f, "x.unknown", 12);
    parts[1] = add(&f, "age_unknown", 12);
    relate(&f, false, whole, 1, &parts[0]);
    relate(&f, false, whole, 1, &parts[1]);
    empty = add(&f, "empty", 0);
    none[0] = add(&f, "none", 0);
    relate(&f, true, empty, 1, none);
    assert_report(&f, 1, "group a: a of w = 12\n");
    figures_clear(&f);
}

static void
test_extreme_values_do_not_overflow(void **state)
{
    struct figures f;
    size_t whole, parts[3];
    struct risk_list l = {0};

    (void)state;
    figures_init(&f);
    whole = add(&f, "w", INT64_MIN);
    parts[0] = add(&f, "a", INT64_MAX);
    parts[1] = add(&f, "b", INT64_MAX);
    parts[2] = add_hidden(&f, "c");
    relate(&f, true, whole, 3, parts);
    relate(&f, true, parts[2], 2, parts);
    relate(&f, false, whole, 3, parts);
    assert_ok(risk_find(&f, &l));
    assert_int_equal(l.n, 0);
    risk_clear(&l);
    figures_clear(&f);
}

/* ---- the report of 2022 ---- */

/* "victims.change", and not "change_of_status". */
static bool
is_change(const char *name)
{
    const char *at = strstr(name, "change");

    return at != NULL && strcmp(at, "change") == 0;
}

static struct risk_list
find_2022(void)
{
    struct schema *s = annual_data_schema();
    struct annual_spec spec = annual_data_spec(2022);
    struct annual_report r = annual_data_report(&spec, s);
    struct risk_list l = {0};

    assert_ok(risk_find(&r.figures, &l));
    annual_report_clear(&r);
    schema_free(s);
    return l;
}

static bool
has(const struct risk_list *l, enum risk_kind kind, const char *name,
    const char *expression, int64_t value)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->at[i].kind == kind && strcmp(l->at[i].name, name) == 0 &&
            strcmp(l->at[i].expression, expression) == 0)
            return l->at[i].value == value;
    }
    return false;
}

static void
test_2022_has_three_suspects_printed_and_by_subtraction(void **state)
{
    struct risk_list l = find_2022();

    (void)state;
    assert_true(has(&l, RISK_CELL, "suspects.not_prosecuted",
                    "suspects.not_prosecuted", 3));
    assert_true(has(&l, RISK_DERIVED, "prosecuted.total",
                    "suspects.total - prosecuted.total", 3));
    risk_clear(&l);
}

static void
test_2022_has_its_other_unsafe_cells(void **state)
{
    static const struct {
        enum risk_kind kind;
        const char *name, *expression;
        int64_t value;
    } cases[] = {
        {RISK_CELL, "victims.gender.male", "victims.gender.male", 2},
        {RISK_CELL, "victims.citizenship.foreign",
         "victims.citizenship.foreign", 2},
        {RISK_CELL, "victims.citizenship.by_country.THA",
         "victims.citizenship.by_country.THA", 1},
        {RISK_CELL, "prosecuted.pending", "prosecuted.pending", 4},
        {RISK_CELL, "prosecuted.family_court", "prosecuted.family_court", 2},
        {RISK_DERIVED, "victims.gender.female",
         "victims.total - victims.gender.female", 2},
        {RISK_DERIVED, "victims.citizenship.JPN",
         "victims.total - victims.citizenship.JPN", 2},
        {RISK_DERIVED, "victims.citizenship.by_country.PHL",
         "victims.citizenship.foreign - victims.citizenship.by_country.PHL", 1},
        {RISK_GROUP, "suspects.citizenship.JPN",
         "suspects.citizenship.JPN of suspects.total", 37},
    };
    struct risk_list l = find_2022();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!has(&l, cases[i].kind, cases[i].name, cases[i].expression,
                 cases[i].value))
            fail_msg("not found: %s", cases[i].expression);
    }
    /* 13 adults, changes: none of these. */
    assert_false(has(&l, RISK_CELL, "victims.adults", "victims.adults", 13));
    for (size_t i = 0; i < l.n; i++) {
        assert_false(is_change(l.at[i].name));
        /* Less nothing is the whole, which is listed. */
        assert_null(strstr(l.at[i].expression, "residence_measures.none"));
        assert_false(l.at[i].kind == RISK_GROUP &&
                     strstr(l.at[i].name, "unknown") != NULL);
        assert_true(l.at[i].kind == RISK_GROUP ||
                    (l.at[i].value >= 1 && l.at[i].value <= 4));
    }
    risk_clear(&l);
}

static void
test_a_report_tells_of_the_adults_of_the_year_before(void **state)
{
    struct schema *s = annual_data_schema();
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, s);
    struct buf csv = BUF_INIT;
    struct risk_list l = {0};
    struct figures f;

    (void)state;
    assert_ok(buf_text(&csv, "identity.case_no,facts.identification_status,"
                             "facts.counted_by,facts.counted_year,"
                             "facts.age_at_protection\n"));
    for (unsigned i = 0; i < 20; i++)
        assert_ok(buf_printf(&csv, "%u,actual,national,%u,%u\n", i,
                             i < 8 ? 2021u : 2022u, i < 6 ? 12u : 30u));
    annual_data_add(a, s, "victim", buf_bytes(&csv));
    assert_ok(annual_end(a, &f));
    assert_ok(risk_find(&f, &l));
    assert_true(has(&l, RISK_DERIVED, "victims.minors_before",
                    "(victims.total - victims.change) - "
                    "(victims.minors - victims.minors_change)",
                    2));
    risk_clear(&l);
    figures_clear(&f);
    annual_free(a);
    buf_free(&csv);
    schema_free(s);
}

static void
test_reports_read_back_have_the_same_risks(void **state)
{
    struct schema *s = annual_data_schema();
    struct annual_spec spec = annual_data_spec(2022);
    struct annual_report r = annual_data_report(&spec, s), back;
    struct buf json = BUF_INIT, one = BUF_INIT, two = BUF_INIT;
    struct risk_list l = {0};

    (void)state;
    assert_ok(annual_json_encode(&r, &json));
    assert_ok(annual_json_decode(buf_bytes(&json), &back));
    assert_ok(risk_find(&r.figures, &l));
    assert_ok(risk_encode(&l, true, &one));
    risk_clear(&l);
    assert_ok(risk_find(&back.figures, &l));
    assert_ok(risk_encode(&l, true, &two));
    risk_clear(&l);
    assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
    annual_report_clear(&r);
    annual_report_clear(&back);
    buf_free(&json);
    buf_free(&one);
    buf_free(&two);
    schema_free(s);
}

/* ---- the text ---- */

static void
test_who_asks_sees_the_cells_but_no_value(void **state)
{
    struct risk_list l = find_2022(), back = {0}, again = {0};
    struct buf with = BUF_INIT, without = BUF_INIT, text = BUF_INIT;

    (void)state;
    assert_ok(risk_encode(&l, true, &with));
    assert_ok(risk_encode(&l, false, &without));
    assert_null(memchr(without.ptr, '=', without.len));
    assert_ok(risk_decode(buf_bytes(&without), &back));
    assert_ok(risk_decode(buf_bytes(&with), &again));
    assert_false(back.has_values);
    assert_true(again.has_values);
    assert_int_equal(back.n, l.n);
    for (size_t i = 0; i < l.n; i++) {
        assert_int_equal(back.at[i].value, 0);
        assert_int_equal(again.at[i].value, l.at[i].value);
        assert_string_equal(back.at[i].expression, l.at[i].expression);
        assert_string_equal(again.at[i].name, l.at[i].name);
    }
    assert_ok(risk_encode(&back, false, &text));
    assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&without)));
    assert_err(risk_encode(&back, true, &text), SV_ERR_USAGE);
    buf_truncate(&text, 0);
    assert_ok(risk_encode(&again, true, &text));
    assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&with)));
    buf_free(&with);
    buf_free(&without);
    buf_free(&text);
    risk_clear(&l);
    risk_clear(&back);
    risk_clear(&again);
}

static void
test_a_risk_text_that_is_cut_or_altered_means_itself_or_nothing(void **state)
{
    struct risk_list l = find_2022();

    (void)state;
    for (int values = 0; values < 2; values++) {
        struct buf text = BUF_INIT, again = BUF_INIT;

        assert_ok(risk_encode(&l, values == 1, &text));
        for (size_t n = 0; n < text.len; n++) {
            struct risk_list back = {0};

            assert_err(risk_decode(bytes_of(text.ptr, n), &back),
                       SV_ERR_FORMAT);
        }
        for (size_t i = 0; i < text.len; i++) {
            struct risk_list back = {0};
            enum sv_err err;

            text.ptr[i] ^= (uint8_t)(1u << (i % 8));
            err = risk_decode(buf_bytes(&text), &back);
            if (err == SV_OK) {
                assert_ok(risk_encode(&back, back.has_values, &again));
                assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&text)));
                buf_truncate(&again, 0);
                risk_clear(&back);
            } else {
                assert_err(err, SV_ERR_FORMAT);
            }
            text.ptr[i] ^= (uint8_t)(1u << (i % 8));
        }
        buf_free(&text);
        buf_free(&again);
    }
    risk_clear(&l);
}

static void
test_hostile_risk_texts_are_refused(void **state)
{
#define HEAD_YES "svault/risk/v1\nvalues yes\ncount 1\n"
#define HEAD_NO "svault/risk/v1\nvalues no\ncount 1\n"
    static const char *const bad[] = {
        "svault/risk/v2\nvalues no\ncount 0\n",
        "svault/risk/v1\nvalues maybe\ncount 0\n",
        "svault/risk/v1\nvalues no\ncount 1\n",
        "svault/risk/v1\nvalues no\ncount 00\n",
        "svault/risk/v1\nvalues no\ncount 18446744073709551615\n",
        "svault/risk/v1\nvalues no\ncount 0\n\n",
        HEAD_YES "cell a: a = 0\n",
        HEAD_YES "cell a: a = 5\n",
        HEAD_YES "cell a: a = -1\n",
        HEAD_YES "cell a: a = 1 \n",
        HEAD_YES "cell a: a\n",
        HEAD_YES "group a: a of b = 0\n",
        HEAD_YES "group a: a of b = 9223372036854775808\n",
        HEAD_NO "cell a: a = 1\n",
        HEAD_NO "row a: a\n",
        HEAD_NO "cell : a\n",
        HEAD_NO "cell a: \n",
        HEAD_NO "cell a b: a\n",
        HEAD_NO "cell a: \x1b[2Ja\n",
        HEAD_NO "cell a: a\ncell b: b\n",
    };
    struct risk_list l = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (risk_decode(bytes_text(bad[i]), &l) != SV_ERR_FORMAT)
            fail_msg("passes: %s", bad[i]);
    }
    assert_ok(risk_decode(bytes_text(HEAD_YES "cell a: a = 4\n"), &l));
    risk_clear(&l);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_figures_from_one_to_four_are_small),
        cmocka_unit_test(test_nothing_unsafe_is_an_empty_report),
        cmocka_unit_test(test_a_hidden_part_is_found_by_subtraction),
        cmocka_unit_test(
            test_a_hidden_whole_is_found_by_addition_and_tells_more),
        cmocka_unit_test(test_two_hidden_parts_are_known_together),
        cmocka_unit_test(test_a_part_of_nobody_leaves_nothing_new),
        cmocka_unit_test(test_the_year_before_follows_from_the_change),
        cmocka_unit_test(test_an_unknown_change_tells_nothing),
        cmocka_unit_test(
            test_a_whole_within_one_part_is_a_group_unless_nothing_is_known),
        cmocka_unit_test(test_extreme_values_do_not_overflow),
        cmocka_unit_test(
            test_2022_has_three_suspects_printed_and_by_subtraction),
        cmocka_unit_test(test_2022_has_its_other_unsafe_cells),
        cmocka_unit_test(test_a_report_tells_of_the_adults_of_the_year_before),
        cmocka_unit_test(test_reports_read_back_have_the_same_risks),
        cmocka_unit_test(test_who_asks_sees_the_cells_but_no_value),
        cmocka_unit_test(
            test_a_risk_text_that_is_cut_or_altered_means_itself_or_nothing),
        cmocka_unit_test(test_hostile_risk_texts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
