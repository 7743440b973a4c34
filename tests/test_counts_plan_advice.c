#include "base/file.h"
#include "counts/plan_advice.h"
#include "tests/support/annual_data.h"

/* What is said of a plan before anybody asks for figures. */

#define HEAD "plan \"T\" population victim unit person as_of 2023-03-31\n"
#define EXACT "\nmethod exact\n"
#define ROUND "\nmethod round base 5\n"

static int
setup(void **state)
{
    *state = annual_data_schema();
    return 0;
}

static int
teardown(void **state)
{
    schema_free(*state);
    return 0;
}

static struct plan *
parse(const struct schema *s, struct bytes text)
{
    struct plan_fault f = {0};
    struct plan *p = NULL;

    if (plan_parse(s, text, &p, &f) != SV_OK)
        fail_msg("%zu:%zu %s: %s", f.line, f.column, f.word, f.reason);
    return p;
}

/* want: "LINE:COLUMN KIND TABLE OTHER; ..." */
static void
assert_advice(const struct schema *s, struct bytes text, const char *want)
{
    struct plan *p = parse(s, text);
    struct plan_advice_list l;
    struct buf got = BUF_INIT;

    plan_advice_find(p, &l);
    for (size_t i = 0; i < l.n; i++)
        assert_ok(buf_printf(&got, "%zu:%zu %s %s %s;", l.at[i].line,
                             l.at[i].column, plan_advice_name(l.at[i].kind),
                             l.at[i].table, l.at[i].other));
    assert_ok(buf_append(&got, bytes_of("", 1)));
    assert_string_equal((char *)got.ptr, want);
    buf_free(&got);
    plan_free(p);
}

static const struct {
    const char *plan, *want;
} cases[] = {
    {HEAD "table g by gender" ROUND, ""},
    /* One code short of all, and of another set. */
    {HEAD "table a\ntable b where decided_by in {police, ngo, immigration}\n"
          "table c where decided_by in {police, ngo}" ROUND,
     "3:7 nested b a;4:7 one_code c b;"},
    {HEAD "codelist age_band v1\ntable a\n"
          "table b where age_band in {0-17, 18+, not_asked, unknown, declined, "
          "withheld_for_safety}" ROUND,
     "4:7 one_code b a;"},
    /* The rest is a row of a table that counts the same people. */
    {HEAD
     "table a by decided_by\ntable b where decided_by in {police, ngo}" ROUND,
     ""},
    {HEAD "table a by gender where nationality_group = foreign\n"
          "table b by nationality_group" ROUND,
     ""},
    {HEAD "table a by gender where nationality_group = foreign\n"
          "table b by nationality_group where gender = male" ROUND,
     ""},
    {HEAD "table a\ntable b where gender = male and decided_by = police" ROUND,
     "3:7 nested b a;"},
    /* Of several values, a row tells of one code only. */
    {HEAD "table a by services\ntable b where services = food" ROUND, ""},
    {HEAD
     "table a by services\ntable b where services in {food, shelter}" EXACT,
     "3:7 nested b a;"},
    /* Many fields; a secret one beside two that an outsider can know. */
    {HEAD "codelist age_band v1\n"
          "table a by gender, age_band, citizenship where decided_by = police\n"
          "table b by gender, age_band where decided_by = ngo\n"
          "table c by gender, services" ROUND,
     "3:7 nested a c;3:7 fields a ;3:7 secret a decided_by;4:7 nested b c;"
     "4:7 secret b decided_by;"},
    /* Whom the plan is about. */
    {HEAD "codelist age_band v1\n"
          "table a by gender, age_band where identification_status = actual\n"
          "table b where identification_status = actual" ROUND,
     ""},
    {HEAD "table a by gender margins\ntable b by gender, decided_by margins "
          "(gender)" ROUND,
     "2:7 no_total a ;3:7 no_total b ;"},
    {HEAD "table a by gender\nderive share a gender percent 1" EXACT,
     "3:14 share a ;"},
    {HEAD "table a by gender\nderive share a gender percent 1" ROUND, ""},
    {HEAD "count basis national period calendar 2022\n"
          "table a compare 2021 side\nderive change a percent 1" EXACT,
     "4:15 share a ;"},
};

static void
test_what_is_unsafe_about_a_plan_is_said_at_its_place(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_advice(*state, bytes_text(cases[i].plan), cases[i].want);
}

static void
test_every_kind_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < PLAN_ADVICE_N; i++) {
        assert_true(strlen(plan_advice_name((enum plan_advice_kind)i)) > 3);
        assert_true(strlen(plan_advice_text((enum plan_advice_kind)i)) > 20);
    }
}

static void
test_nothing_is_said_of_the_plans_that_ship(void **state)
{
    static const char *const plans[] = {"annual-victims", "annual-suspects",
                                        "annual-offences", "one-stop"};

    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        char path[sizeof SV_SOURCE_DIR "/plans/annual-suspects.counts"];
        struct buf text = BUF_INIT;

        (void)snprintf(path, sizeof path, SV_SOURCE_DIR "/plans/%s.counts",
                       plans[i]);
        assert_ok(file_read(path, PLAN_TEXT_MAX, &text));
        assert_advice(*state, buf_bytes(&text), "");
        buf_free(&text);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_unsafe_about_a_plan_is_said_at_its_place),
        cmocka_unit_test(test_every_kind_has_a_name_and_a_sentence),
        cmocka_unit_test(test_nothing_is_said_of_the_plans_that_ship),
    };

    return cmocka_run_group_tests_name("counts_plan_advice", tests, setup,
                                       teardown);
}
