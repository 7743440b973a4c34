#include "counts/plan.h"
#include "tests/support/support.h"

#define HEAD "plan \"T\" population victim unit person as_of 2023-03-31\n"
#define COUNT "count basis national period calendar 2022\n"
#define EXACT "method exact\n"
#define ROUND "method round base 5\n"
#define ROUTES "hierarchy detection_route "

static int
setup(void **state)
{
    struct schema *s = NULL;

    assert_ok(schema_load(schema_builtin(), &s, NULL));
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    schema_free(*state);
    return 0;
}

static struct plan *
parse(const struct schema *s, const char *text)
{
    struct plan_fault f = {0};
    struct plan *p = NULL;

    if (plan_parse(s, bytes_text(text), &p, &f) != SV_OK)
        fail_msg("%zu:%zu %s (%s?): %s\n%s", f.line, f.column, f.word,
                 f.nearest, f.reason, text);
    return p;
}

static void
assert_canonical(const struct schema *s, const char *text, const char *want)
{
    struct plan *p = parse(s, text);
    struct buf got = BUF_INIT;

    assert_ok(buf_append(&got, plan_canonical(p)));
    assert_ok(buf_append(&got, bytes_of("", 1)));
    assert_string_equal((char *)got.ptr, want);
    buf_free(&got);
    plan_free(p);
}

static const struct {
    const char *text, *canonical;
} good[] = {
    {HEAD "table all " EXACT, HEAD "table all\n" EXACT},
    {HEAD "table g by gender " EXACT,
     HEAD "table g by gender margins ()\n" EXACT},
    {HEAD "table g by gender margins " EXACT,
     HEAD "table g by gender margins\n" EXACT},
    {"\xef\xbb\xbfplan \"T\"# a note\r\npopulation\tvictim\r\nunit person "
     "as_of\n2023-03-31 table all method\nexact",
     HEAD "table all\n" EXACT},
    {"plan \"\xe4\xba\xba\xe8\xba\xab # 2022\" population offence unit case "
     "as_of 2023-03-31 table law by law method exact",
     "plan \"\xe4\xba\xba\xe8\xba\xab # 2022\" population offence unit case "
     "as_of 2023-03-31\ntable law by law margins ()\n" EXACT},
    /* Fields, codes and terms in another order. */
    {HEAD "table t by residence_status, gender, citizenship "
          "where residence_status in {student, entertainer} "
          "and gender = male " EXACT,
     HEAD "table t by citizenship, gender, residence_status "
          "where gender = male and residence_status in {entertainer, student} "
          "margins (citizenship, gender) (citizenship, residence_status) "
          "(gender, residence_status) (citizenship) (gender) "
          "(residence_status) ()\n" EXACT},
    {HEAD "table t by gender, citizenship "
          "margins () (gender) " EXACT,
     HEAD "table t by citizenship, gender margins (gender) ()\n" EXACT},
    {HEAD "table t by gender, citizenship, services "
          "margins (services,citizenship) (gender) " EXACT,
     HEAD "table t by citizenship, gender, services "
          "margins (citizenship, services) (gender)\n" EXACT},
    {HEAD "table t where gender in {male} " EXACT,
     HEAD "table t where gender = male\n" EXACT},
    {HEAD "table t where gender in {unknown,male,declined} " EXACT,
     HEAD "table t where gender in {declined, male, unknown}\n" EXACT},
    {HEAD "table t where citizenship in {THA,JPN} " EXACT,
     HEAD "table t where citizenship in {JPN, THA}\n" EXACT},
    {HEAD "table o by nationality_group " EXACT,
     HEAD "table o by nationality_group margins ()\n" EXACT},
    /* A code list stands where it is used. */
    {HEAD "codelist age_band v1 table all " EXACT, HEAD "table all\n" EXACT},
    {HEAD "codelist age_band v1 " COUNT
          "table a where age_band = 18+ table b by age_band " EXACT,
     HEAD COUNT "codelist age_band v1\n"
                "table a where age_band = 18+\n"
                "table b by age_band margins ()\n" EXACT},
    {HEAD COUNT "table t by gender compare 2021 delta " EXACT,
     HEAD COUNT "table t by gender margins () compare 2021 delta\n" EXACT},
    {HEAD "count basis police period fiscal 2022 table t compare 2020 "
          "side " EXACT,
     HEAD "count basis police period fiscal 2022\ntable t compare 2020 "
          "side\n" EXACT},
    {"plan \"T\" population suspect unit suspect as_of 2023-03-31 "
     "codelist age_band v1 count basis national period calendar 2022 "
     "table a by age_band, nationality_group, stage margins " EXACT,
     "plan \"T\" population suspect unit suspect as_of 2023-03-31\n" COUNT
     "codelist age_band v1\n"
     "table a by age_band, nationality_group, stage margins\n" EXACT},
    {HEAD "table g by gender, services margins (gender) method round base 5",
     HEAD "table g by gender, services margins (gender)\n" ROUND},
    {HEAD "table g by gender method round\nbase 5",
     HEAD "table g by gender margins ()\n" ROUND},
    /* A set of codes is one where a record has one of them. */
    {HEAD "table g where gender in {male, unknown} and services = shelter "
          "method round base 5",
     HEAD
     "table g where gender in {male, unknown} and services = shelter\n" ROUND},
    /* Groups keep their order, and stand where they are used. */
    {HEAD "hierarchy detection_route {state:{police_raid,immigration},\n"
          "other_ways: {self}} hierarchy decided_by {p: {police}} "
          "codelist age_band v1 hierarchy age_band {young: {0-17}} "
          "table a by detection_route " EXACT,
     HEAD "hierarchy detection_route {state: {immigration, police_raid}, "
          "other_ways: {self}}\n"
          "table a by detection_route margins ()\n" EXACT},
    {HEAD "hierarchy gender {m: {male}} hierarchy decided_by {p: {police}} "
          "table a by gender, decided_by margins " EXACT,
     HEAD "hierarchy decided_by {p: {police}}\n"
          "hierarchy gender {m: {male}}\n"
          "table a by decided_by, gender margins\n" EXACT},
    /* What is derived stands behind all tables, in their order. */
    {HEAD COUNT "table a by gender compare 2021 side "
                "derive change a percent 0 derive share a gender percent 1 "
                "table b by gender derive share b gender percent 0 " EXACT,
     HEAD COUNT "table a by gender margins () compare 2021 side\n"
                "table b by gender margins ()\n"
                "derive share a gender percent 1\n"
                "derive change a percent 0\n"
                "derive share b gender percent 0\n" EXACT},
    /* What is known outside is sorted. */
    {HEAD COUNT "codelist age_band v1 table a "
                "known outside \"NPA\" year 2021 : 47 "
                "known outside \"NPA\" : 46 "
                "known outside \"ISA\" nationality_group in {foreign} and "
                "gender = female year 2022 : 2 "
                "known outside \"ISA\" age_band = 0-17 : 0 method round base 5",
     HEAD COUNT "codelist age_band v1\n"
                "table a\n"
                "known outside \"ISA\" age_band = 0-17 : 0\n"
                "known outside \"ISA\" gender = female and "
                "nationality_group = foreign : 2\n"
                "known outside \"NPA\" : 46\n"
                "known outside \"NPA\" year 2021 : 47\n" ROUND},
    /* The order of tables is that of print. */
    {HEAD "table b table a " EXACT, HEAD "table b\ntable a\n" EXACT},
};

static void
test_plans_that_mean_the_same_have_one_canonical_text(void **state)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_canonical(*state, good[i].text, good[i].canonical);
        assert_canonical(*state, good[i].canonical, good[i].canonical);
    }
}

static const struct {
    const char *text;
    size_t line, column;
    const char *word, *nearest, *reason;
} bad[] = {
    {"", 1, 1, "", "plan", "the plan ends too early"},
    {"  # nothing\n", 2, 1, "", "plan", "the plan ends too early"},
    {"report", 1, 1, "report", "plan", "something else belongs here"},
    {"plan T", 1, 6, "T", "", "the plan's title belongs here, in quotes"},
    {"plan \"\" population", 1, 6, "", "",
     "a name in quotes is 1 to 200 bytes of text"},
    {"plan \"T\npopulation", 1, 6, "", "", "the closing quote is missing"},
    {"plan \"T", 1, 6, "", "", "the closing quote is missing"},
    {"plan \"a\tb\"", 1, 6, "", "", "a control character stands in the quotes"},
    {"plan \"\xe2\x80\xae"
     "b\"",
     1, 6, "", "", "a control character stands in the quotes"},
    {"plan \"T\"\nplan \xff", 2, 1, "", "", "not UTF-8 in this line"},
    {"plan \"\xe4\xba\xba\" popul", 1, 10, "popul", "population",
     "something else belongs here"},
    {"plan \"T\" population victims", 1, 21, "victims", "victim",
     "not a type of record that is counted"},
    {"plan \"T\" population 7up", 1, 21, "7up", "",
     "not a type of record that is counted"},
    {"plan \"T\" population {", 1, 21, "{", "",
     "not a type of record that is counted"},
    {"plan \"T\" population victim unit suspect", 1, 33, "suspect", "person",
     "this population is not counted so"},
    {"plan \"T\" population offence unit person", 1, 34, "person", "case",
     "this population is not counted so"},
    {"plan \"T\" population victim unit person as_of 2023-02-29", 1, 46,
     "2023-02-29", "", "a date belongs here, as 2023-03-31"},
    {HEAD, 2, 1, "", "table", "the plan ends too early"},
    {HEAD EXACT, 2, 1, "method", "table", "a plan has at least one table"},
    {HEAD "tabel g by gender", 2, 1, "tabel", "table",
     "something else belongs here"},
    {HEAD "table g", 2, 8, "", "method", "the plan ends too early"},
    {HEAD "table g by", 2, 11, "", "", "the plan ends too early"},
    {HEAD "table g\n" COUNT, 3, 1, "count", "",
     "this stands before the first table"},
    {HEAD "table g\ncodelist age_band v1", 3, 1, "codelist", "",
     "this stands before the first table"},
    /* Names. */
    {HEAD "table g by sex", 2, 12, "sex", "gender",
     "no such field is counted here"},
    {HEAD "table g by gendr", 2, 12, "gendr", "gender",
     "no such field is counted here"},
    {HEAD "table g by nationality", 2, 12, "nationality", "nationality_group",
     "no such field is counted here"},
    {HEAD "table g by gender,\n  residence_statuss", 3, 3, "residence_statuss",
     "residence_status", "no such field is counted here"},
    {HEAD "table g by zzzzzzzzz", 2, 12, "zzzzzzzzz", "",
     "no such field is counted here"},
    {HEAD "table g by family_name", 2, 12, "family_name", "",
     "no such field is counted here"},
    {HEAD "table g by age_at_protection", 2, 12, "age_at_protection",
     "age_band", "only fields with codes can be counted by"},
    {HEAD "table g where counted_year = 2022", 2, 15, "counted_year",
     "counted_by", "only fields with codes can be counted by"},
    {HEAD "table g by age_band", 2, 12, "age_band", "",
     "declare it above: codelist age_band v1"},
    {"plan \"T\" population offence unit case as_of 2023-03-31 codelist "
     "age_band v1 table g by age_band",
     1, 88, "age_band", "", NULL},
    {HEAD "codelist age_bands v1", 2, 10, "age_bands", "age_band",
     "no such code list"},
    {HEAD "codelist age_band v2", 2, 19, "v2", "v1",
     "no such version of the code list"},
    {HEAD "codelist age_band v1\ncodelist age_band v1", 3, 10, "age_band", "",
     "stands here for the second time"},
    {HEAD "table g by gender, gender", 2, 20, "gender", "", "named twice"},
    {HEAD "table g by gender, citizenship, services, stage", 2, 43, "stage", "",
     "no such field is counted here"},
    {HEAD "table g by gender, citizenship, services, exploitation", 2, 43,
     "exploitation", "", "a table has at most three fields"},
    {HEAD "table G", 2, 7, "G", "",
     "a table's name is 1 to 32 of a-z, 0-9 and _"},
    {HEAD "table a-b", 2, 7, "a-b", "",
     "a table's name is 1 to 32 of a-z, 0-9 and _"},
    {HEAD "table by by gender", 2, 7, "by", "",
     "a word of the language names no table"},
    {HEAD "table g\ntable g", 3, 7, "g", "", "an earlier table has this name"},
    /* Codes. */
    {HEAD "table g where gender = man", 2, 24, "man", "male", "no such code"},
    {HEAD "table g where gender = femal", 2, 24, "femal", "female",
     "no such code"},
    {HEAD "table g where gender = Male", 2, 24, "Male", "male", "no such code"},
    {HEAD "table g where gender in {male, femail}", 2, 32, "femail", "female",
     "no such code"},
    {HEAD "table g where gender in {male, male}", 2, 32, "male", "",
     "named twice"},
    {HEAD "table g where gender in {}", 2, 26, "}", "", "a code belongs here"},
    {HEAD "table g where gender in {male, }", 2, 32, "}", "",
     "a code belongs here"},
    {HEAD "table g where gender in {male", 2, 30, "", "}",
     "the plan ends too early"},
    {HEAD "table g where gender male", 2, 22, "male", "=",
     "something else belongs here"},
    {HEAD "table g where gender = male and gender = female", 2, 33, "gender",
     "", "named twice"},
    {HEAD "codelist age_band v1 table g where age_band = 0-18", 2, 47, "0-18",
     "0-17", "no such code"},
    /* The language is closed. */
    {HEAD "codelist age_band v1 table g where age_band < 18", 2, 45, "<", "",
     "this character has no meaning in a plan"},
    {HEAD "table g where gender != male", 2, 22, "!", "",
     "this character has no meaning in a plan"},
    {HEAD "table g \x01", 2, 9, "", "",
     "this character has no meaning in a plan"},
    {HEAD "table \xe4\xba\xba", 2, 7, "", "",
     "this character has no meaning in a plan"},
    {HEAD "table aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2, 7,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "",
     "a word longer than 48 letters"},
    /* Margins. */
    {HEAD "table g by gender margins (sex)", 2, 28, "sex", "gender",
     "this table does not count by this field"},
    {HEAD "table g by gender margins (gender)", 2, 27, "(", "",
     "this is the table itself"},
    {HEAD "table g margins ()", 2, 17, "(", "", "this is the table itself"},
    {HEAD "table g by gender margins () ()", 2, 30, "(", "", "named twice"},
    {HEAD "table g by gender, services margins (gender, gender)", 2, 46,
     "gender", "", "named twice"},
    {HEAD "table g by gender margins (", 2, 28, "", "",
     "the plan ends too early"},
    {HEAD "table g by gender margins (,)", 2, 28, ",", "",
     "the name of a field belongs here"},
    /* Years. */
    {HEAD "table g compare 2021 delta", 2, 9, "compare", "",
     "a year can be compared only after count"},
    {HEAD COUNT "table g compare 2022 delta", 3, 17, "2022", "",
     "this is the year that is counted"},
    {HEAD COUNT "table g compare 2021 both", 3, 22, "both", "delta",
     "something else belongs here"},
    {HEAD COUNT "table g compare 02021 side", 3, 17, "02021", "",
     "a year belongs here, from 1900 to 2198"},
    {HEAD COUNT "table g compare 2024 side", 3, 17, "2024", "",
     "this year begins after the day of as_of"},
    {HEAD "count basis national period fiscal 2023", 2, 36, "2023", "",
     "this year begins after the day of as_of"},
    {HEAD "count basis national period calendar 2199", 2, 38, "2199", "",
     "a year belongs here, from 1900 to 2198"},
    {HEAD "count basis nation period calendar 2022", 2, 13, "nation",
     "national", "no such code"},
    {HEAD "count basis unknown period calendar 2022", 2, 13, "unknown", "",
     "no such code"},
    {HEAD "count basis national period lunar 2022", 2, 29, "lunar", "calendar",
     "something else belongs here"},
    {HEAD "count period calendar 2022", 2, 7, "period", "basis",
     "something else belongs here"},
    {HEAD COUNT COUNT, 3, 1, "count", "", "stands here for the second time"},
    {"plan \"T\" population suspect unit suspect as_of 2023-03-31\ncount basis "
     "police period calendar 2022",
     2, 13, "police", "national", "this population is counted as a whole only"},
    /* Groups. */
    {HEAD ROUTES "{a: {self, police}}", 2, 38, "police", "police_raid",
     "no such code"},
    {HEAD ROUTES "{a: {self}, b: {ngo, self}}", 2, 48, "self", "",
     "another group has this code"},
    {HEAD ROUTES "{a: {self, self}}", 2, 38, "self", "", "named twice"},
    {HEAD ROUTES "{ngo: {self}}", 2, 28, "ngo", "",
     "a code of the field has this name"},
    {HEAD "codelist age_band v1 hierarchy age_band {18_plus: {18+}}", 2, 42,
     "18_plus", "", "a code of the field has this name"},
    {HEAD ROUTES "{a: {self}, a: {ngo}}", 2, 39, "a", "", "named twice"},
    {HEAD ROUTES "{total: {self}}", 2, 28, "total", "",
     "a word of the language names no group"},
    {HEAD ROUTES "{A: {self}}", 2, 28, "A", "",
     "a group's name is 1 to 32 of a-z, 0-9 and _"},
    {HEAD ROUTES "{}", 2, 28, "}", "", "the name of a group belongs here"},
    {HEAD ROUTES "{a: {}}", 2, 32, "}", "", "a code belongs here"},
    {HEAD ROUTES "{a {self}}", 2, 30, "{", ":", "something else belongs here"},
    {HEAD ROUTES "{a: {self}} " ROUTES "{b: {ngo}}", 2, 49, "detection_route",
     "", "stands here for the second time"},
    {HEAD "hierarchy area {a: {self}}", 2, 11, "area", "",
     "no such field is counted here"},
    {HEAD "hierarchy age_band {a: {0-17}}", 2, 11, "age_band", "",
     "declare it above: codelist age_band v1"},
    {HEAD "table g\n" ROUTES "{a: {self}}", 3, 1, "hierarchy", "",
     "this stands before the first table"},
    /* What is derived. */
    {HEAD "derive share g gender percent 1", 2, 14, "g", "",
     "no table above has this name"},
    {HEAD "table genders by gender\nderive share gender gender percent 1", 3,
     14, "gender", "genders", "no table above has this name"},
    {HEAD "table g by gender\nderive share g sex percent 1", 3, 16, "sex",
     "gender", "this table does not count by this field"},
    {HEAD "table g by gender margins\nderive share g gender percent 1", 3, 16,
     "gender", "", "the total over this field is none of the margins"},
    {HEAD "table g by gender, decided_by margins (gender)\n"
          "derive share g gender percent 1",
     3, 16, "gender", "", "the total over this field is none of the margins"},
    {HEAD "table g by gender\nderive share g gender percent 2", 3, 31, "2", "",
     "0 or 1 belongs here: digits behind the point"},
    {HEAD "table g by gender\nderive share g gender 1", 3, 23, "1", "percent",
     "something else belongs here"},
    {HEAD "table g by gender\nderive change g percent 1", 3, 15, "g", "",
     "this table compares no two years"},
    {HEAD "table g by gender\nderive mean g", 3, 8, "mean", "share",
     "something else belongs here"},
    {HEAD "table g by gender derive share g gender percent 1\n"
          "derive share g gender percent 0",
     3, 14, "g", "", "stands here for the second time"},
    /* What is known outside. */
    {HEAD "known outside \"ISA\" : 2", 2, 1, "known", "",
     "this stands behind the tables"},
    {HEAD "table g\nknown outside ISA : 2", 3, 15, "ISA", "",
     "who has printed it belongs here, in quotes"},
    {HEAD "table g\nknown \"ISA\" : 2", 3, 7, "", "outside",
     "something else belongs here"},
    {HEAD "table g\nknown outside \"ISA\" sex = male : 2", 3, 21, "sex",
     "gender", "no such field is counted here"},
    {HEAD "table g\nknown outside \"ISA\" gender = man : 2", 3, 30, "man",
     "male", "no such code"},
    {HEAD "table g\nknown outside \"ISA\" gender = male 2", 3, 35, "2", ":",
     "something else belongs here"},
    {HEAD "table g\nknown outside \"ISA\" : -2", 3, 23, "-2", "",
     "a number of people belongs here, up to 999999999"},
    {HEAD "table g\nknown outside \"ISA\" : 02", 3, 23, "02", "",
     "a number of people belongs here, up to 999999999"},
    {HEAD "table g\nknown outside \"ISA\" : 1000000000", 3, 23, "1000000000",
     "", "a number of people belongs here, up to 999999999"},
    {HEAD "table g\nknown outside \"ISA\" year 2021 : 2", 3, 21, "year", "",
     "a year can be named only after count"},
    {HEAD COUNT "table g\nknown outside \"ISA\" year 2024 : 2", 4, 26, "2024",
     "", "this year begins after the day of as_of"},
    {HEAD "table g\nknown outside \"B\" gender in {male} : 2\n"
          "known outside \"A\" : 5\nknown outside \"B\" gender = male : 3",
     5, 15, "", "", "this source gives this figure twice"},
    {HEAD "table g known outside \"A\" : 5\ntable h", 3, 1, "table", "",
     "this stands before the first figure known outside"},
    /* Sets whose overlap nobody knows. */
    {HEAD "table g\n where services in {shelter, food} method round base 5", 3,
     8, "services", "",
     "a record may have several values of this field: under method round, "
     "where names one of them"},
    {HEAD "hierarchy citizenship {a: {THA, PHL}}\ntable g by citizenship\n"
          "method round base 5",
     3, 7, "g", "citizenship",
     "a record may have several values of a field with groups: under method "
     "round, it has none"},
    /* What is left of such a field says nothing of the other's codes. */
    {HEAD "table t by gender, services margins (services) ()\n"
          "method round base 5",
     2, 7, "t", "gender",
     "a record may have several values of another field of the table: under "
     "method round, it has a margin of this one"},
    /* What is for later, and the end. */
    {HEAD "table g\nmethod round base 3", 3, 19, "3", "5",
     "not yet: this base; figures are rounded to multiples of 5 only"},
    {HEAD "table g\nmethod round base", 3, 18, "", "",
     "the plan ends too early"},
    {HEAD "table g\nmethod round", 3, 13, "", "base",
     "the plan ends too early"},
    {HEAD "table g\nmethod round base 5 table h", 3, 21, "table", "",
     "the method ends a plan"},
    {HEAD "table g\nmethod suppress k 5", 3, 8, "suppress", "round",
     "not yet: this method; exact or round base 5"},
    {HEAD "table g\nmethod cellkey", 3, 8, "cellkey", "round",
     "not yet: this method; exact or round base 5"},
    {HEAD "table g\nmethod dp rho 0.5", 3, 8, "dp", "round",
     "not yet: this method; exact or round base 5"},
    {HEAD "table g\nmethod none", 3, 8, "none", "round",
     "something else belongs here"},
    {HEAD "table g\n" EXACT "table h", 4, 1, "table", "",
     "the method ends a plan"},
    {HEAD "table g\n" EXACT EXACT, 4, 1, "method", "",
     "the method ends a plan"},
};

static void
test_a_bad_plan_is_refused_at_its_place(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct plan_fault f = {0};
        struct plan *p = NULL;

        if (plan_parse(*state, bytes_text(bad[i].text), &p, &f) != SV_ERR_INPUT)
            fail_msg("accepted: %s", bad[i].text);
        assert_null(p);
        if (f.line != bad[i].line || f.column != bad[i].column ||
            strcmp(f.word, bad[i].word) != 0 ||
            strcmp(f.nearest, bad[i].nearest) != 0 ||
            (bad[i].reason != NULL && strcmp(f.reason, bad[i].reason) != 0))
            fail_msg("%s\n %zu:%zu %s (%s?): %s", bad[i].text, f.line, f.column,
                     f.word, f.nearest, f.reason);
    }
}

static void
test_a_plan_cut_at_any_byte_is_refused(void **state)
{
    static const char text[] =
        HEAD COUNT "codelist age_band v1\n"
                   "table a by age_band, gender where gender in {female, male} "
                   "margins (gender) () compare 2021 delta\nmethod exact";
    struct plan_fault f;
    struct plan *p = NULL;

    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_err(plan_parse(*state, bytes_of(text, n), &p, &f), SV_ERR_INPUT);
    assert_ok(plan_parse(*state, bytes_of(text, sizeof text - 1), &p, &f));
    plan_free(p);
}

/* Fills the text up to n bytes with a comment. */
static struct buf
padded(size_t n)
{
    struct buf text = BUF_INIT;

    assert_ok(buf_text(&text, HEAD "table a " EXACT "#"));
    while (text.len < n)
        assert_ok(buf_text(&text, "x"));
    return text;
}

static void
test_a_text_over_the_limit_is_refused(void **state)
{
    struct buf text = padded(PLAN_TEXT_MAX);
    struct plan_fault f = {0};
    struct plan *p = NULL;

    assert_ok(plan_parse(*state, buf_bytes(&text), &p, &f));
    plan_free(p);
    assert_ok(buf_text(&text, "x"));
    assert_err(plan_parse(*state, buf_bytes(&text), &p, &f), SV_ERR_INPUT);
    assert_string_equal(f.reason, "a plan is at most 64 KiB of text");
    buf_free(&text);
}

static void
test_more_than_64_tables_are_refused(void **state)
{
    struct buf text = BUF_INIT;
    struct plan_fault f = {0};
    struct plan *p = NULL;

    assert_ok(buf_text(&text, HEAD));
    for (int i = 0; i < PLAN_TABLES_MAX; i++)
        assert_ok(buf_printf(&text, "table t%d by gender\n", i));
    assert_ok(buf_text(&text, EXACT));
    assert_ok(plan_parse(*state, buf_bytes(&text), &p, &f));
    assert_int_equal(p->n, PLAN_TABLES_MAX);
    plan_free(p);
    buf_truncate(&text, text.len - strlen(EXACT));
    assert_ok(buf_text(&text, "table more\n" EXACT));
    assert_err(plan_parse(*state, buf_bytes(&text), &p, &f), SV_ERR_INPUT);
    assert_int_equal(f.line, PLAN_TABLES_MAX + 2);
    assert_string_equal(f.reason, "a plan has at most 64 tables");
    buf_free(&text);
}

static void
test_the_hash_is_of_the_canonical_text_under_its_label(void **state)
{
    struct plan *a = parse(*state, HEAD "table g by gender " EXACT);
    struct plan *b = parse(*state, HEAD "table g by gender margins() " EXACT);
    struct plan *c = parse(*state, HEAD "table g by gender margins " EXACT);
    uint8_t x[DIGEST_LEN], y[DIGEST_LEN], z[DIGEST_LEN], want[DIGEST_LEN];

    plan_hash(a, x);
    plan_hash(b, y);
    plan_hash(c, z);
    digest("sv/v1/plan",
           bytes_text(HEAD "table g by gender margins ()\n" EXACT), want);
    assert_memory_equal(x, want, DIGEST_LEN);
    assert_memory_equal(x, y, DIGEST_LEN);
    assert_memory_not_equal(x, z, DIGEST_LEN);
    plan_free(a);
    plan_free(b);
    plan_free(c);
}

static void
test_nothing_is_counted_as_of_the_future(void **state)
{
    struct plan *p = parse(*state, "\n" HEAD "table a " EXACT);
    struct plan_fault f = {0};

    assert_ok(plan_check_today(p, "2023-03-31", &f));
    assert_ok(plan_check_today(p, "2023-04-01", &f));
    assert_err(plan_check_today(p, "2023-03-30", &f), SV_ERR_INPUT);
    assert_int_equal(f.line, 2);
    assert_int_equal(f.column, 46);
    assert_string_equal(f.word, "2023-03-31");
    assert_string_equal(f.reason, "nothing is counted as of the future");
    /* 2023-03-31T23:59:59.999 in Japan. */
    assert_int_equal(plan_as_of_ms(p), 1680274799999);
    plan_free(p);
}

static void
test_a_diag_has_the_line_the_column_and_the_nearest(void **state)
{
    struct plan_fault f = {0};
    struct diag where = {.file = "a.counts"};
    struct plan *p = NULL;

    assert_err(plan_parse(*state, bytes_text(HEAD "table g by gendr"), &p, &f),
               SV_ERR_INPUT);
    plan_fault_diag(&f, &where);
    assert_string_equal(where.file, "a.counts");
    assert_int_equal(where.line, 2);
    assert_string_equal(where.column, "12: gendr (gender?)");
    assert_string_equal(where.reason, "no such field is counted here");
    assert_err(plan_parse(*state, bytes_text(""), &p, &f), SV_ERR_INPUT);
    plan_fault_diag(&f, &where);
    assert_string_equal(where.column, "1 (plan?)");
}

/* Numbers that are the same in every run. */
static uint32_t
next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Change, remove or double a few bytes, or bring in another word. */
static void
mutate(struct buf *text, uint32_t *seed)
{
    static const char *const pieces[] = {"table",
                                         " by ",
                                         "(",
                                         ")",
                                         "{",
                                         "}",
                                         ",",
                                         "=",
                                         "\"",
                                         "#",
                                         "\n",
                                         "where",
                                         "margins",
                                         "compare 2021",
                                         "gender",
                                         "delta",
                                         "in {",
                                         "v1",
                                         "0-17",
                                         "\xe4",
                                         "\xe4\xba\xba",
                                         "\r",
                                         "and",
                                         "count",
                                         "2022",
                                         ":",
                                         "known outside \"a\"",
                                         "derive",
                                         "hierarchy",
                                         "round base 5"};
    struct buf out = BUF_INIT;
    size_t at = next(seed) % (text->len + 1);
    size_t cut = next(seed) % 4 == 0 ? next(seed) % 20 : next(seed) % 2;
    size_t resume = at + cut < text->len ? at + cut : text->len;

    assert_ok(buf_append(&out, bytes_of(text->ptr, at)));
    if (next(seed) % 3 != 0)
        assert_ok(buf_text(
            &out, pieces[next(seed) % (sizeof pieces / sizeof pieces[0])]));
    else if (next(seed) % 2 != 0)
        assert_ok(
            buf_append(&out, bytes_of(&(uint8_t){(uint8_t)next(seed)}, 1)));
    assert_ok(
        buf_append(&out, bytes_of(text->ptr + resume, text->len - resume)));
    buf_free(text);
    *text = out;
}

static size_t
lines_of(struct bytes text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n' ? 1 : 0;
    return n;
}

/* A plan whose canonical text is its own, or a fault with a place in it. */
static bool
check_any(const struct schema *s, struct bytes text)
{
    struct plan *p = NULL, *again = NULL;
    struct plan_fault f = {0};
    enum sv_err err = plan_parse(s, text, &p, &f);

    if (err != SV_OK) {
        assert_err(err, SV_ERR_INPUT);
        assert_null(p);
        assert_non_null(f.reason);
        assert_in_range(f.line, 1, lines_of(text));
        assert_in_range(f.column, 1, text.len + 1);
        return false;
    }
    assert_ok(plan_parse(s, plan_canonical(p), &again, &f));
    assert_true(bytes_equal(plan_canonical(p), plan_canonical(again)));
    plan_free(again);
    plan_free(p);
    return true;
}

static void
test_a_changed_plan_is_a_plan_or_a_located_fault(void **state)
{
    static const char text[] = HEAD COUNT
        "codelist age_band v1\n"
        "hierarchy decided_by {state: {immigration, police}, ngos: {ngo}}\n"
        "table a by age_band, gender where gender in {female, male} "
        "margins (gender) () compare 2021 delta\n"
        "# a comment\n"
        "table b by services where citizenship = JPN and gender = male\n"
        "table c by decided_by\n"
        "derive share c decided_by percent 1\n"
        "derive change a percent 0\n"
        "known outside \"x\" gender = male year 2021 : 4\n" ROUND;
    uint32_t seed = 1;
    size_t accepted = 0, runs = 20000;

    for (size_t i = 0; i < runs; i++) {
        struct buf changed = BUF_INIT;
        size_t times = 1 + next(&seed) % 3;

        assert_ok(buf_text(&changed, text));
        for (size_t k = 0; k < times; k++)
            mutate(&changed, &seed);
        accepted += check_any(*state, buf_bytes(&changed)) ? 1 : 0;
        buf_free(&changed);
    }
    /* Some stay plans (comments, blanks, the title), most do not. */
    assert_in_range(accepted, runs / 100, runs / 2);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans_that_mean_the_same_have_one_canonical_text),
        cmocka_unit_test(test_a_bad_plan_is_refused_at_its_place),
        cmocka_unit_test(test_a_plan_cut_at_any_byte_is_refused),
        cmocka_unit_test(test_a_text_over_the_limit_is_refused),
        cmocka_unit_test(test_more_than_64_tables_are_refused),
        cmocka_unit_test(
            test_the_hash_is_of_the_canonical_text_under_its_label),
        cmocka_unit_test(test_nothing_is_counted_as_of_the_future),
        cmocka_unit_test(test_a_diag_has_the_line_the_column_and_the_nearest),
        cmocka_unit_test(test_a_changed_plan_is_a_plan_or_a_located_fault),
    };

    return cmocka_run_group_tests_name("counts_plan", tests, setup, teardown);
}
