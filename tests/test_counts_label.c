#include "counts/label.h"
#include "tests/support/annual_data.h"

static const char spec[] = "svault/annual/v1\nyear 2022\nauthority national\n"
                           "period calendar\nas-of 2023-03-31\nminor-age 20\n";
static const char plan[] =
    "plan \"T\" population victim unit person as_of 2023-03-31\n"
    "count basis national period calendar 2022\n"
    "codelist age_band v1\n"
    "hierarchy detection_route {state: {police_raid}}\n"
    "table routes by gender, age_band compare 2021 delta\n"
    "table all\n"
    "table ways by detection_route compare 2021 side\n"
    "derive share ways detection_route percent 1\n"
    "derive change ways percent 1\n"
    "known outside \"ISA 2023-03\" : 2\nmethod exact\n";

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

struct want {
    const char *expression;
    const char *label[SCHEMA_LANGS];
};

static void
assert_labels(const struct schema *s, const char *of, const struct want *want,
              size_t n)
{
    for (unsigned lang = 0; lang < SCHEMA_LANGS; lang++) {
        struct label *l = NULL;

        assert_ok(label_new(s, bytes_text(of), (enum schema_lang)lang, &l));
        for (size_t i = 0; i < n; i++) {
            struct buf out = BUF_INIT;

            assert_ok(label_expression(l, want[i].expression, &out));
            assert_ok(buf_append(&out, bytes_of("", 1)));
            assert_string_equal((char *)out.ptr, want[i].label[lang]);
            buf_free(&out);
        }
        label_free(l);
    }
}

static void
test_the_figures_of_a_report_are_named_in_words(void **state)
{
    static const struct want want[] = {
        {"victims.gender.male", {"Victim: Gender: Male", "被害者: 性別: 男性"}},
        {"suspects.gender.male",
         {"Suspect: Gender: Male", "被疑者: 性別: 男性"}},
        {"victims.return.by_programme.unknown",
         {"Victim: Foreign victims returned to their countries: Not known",
          "被害者: 外国籍被害者の帰国支援による帰国: 不明"}},
        {"victims.minors",
         {"Victim: Age: Minors (under 20)",
          "被害者: 年齢: 未成年者（20歳未満）"}},
        {"suspects.total - prosecuted.total",
         {"Suspect: Suspects arrested - Suspects prosecuted",
          "被疑者: 検挙人員 - 起訴等（家庭裁判所送致を含む）"}},
        {"(victims.total - victims.change) - victims.minors_before",
         {"Victim: (Victims put under protection - Victims put under "
          "protection (change)) - Age: Minors (under 20) (the year before)",
          "被害者: (保護した被害者数 - 保護した被害者数（増減）) - "
          "年齢: 未成年者（20歳未満）（前年）"}},
        {"suspects.citizenship.JPN of suspects.total",
         {"Suspect: Nationality: Japan are all of Suspects arrested",
          "被疑者: 国籍: 日本 が次の全員： 検挙人員"}},
        {"victims.gender.male in release-812",
         {"Victim: Gender: Male in release 812",
          "被害者: 性別: 男性 ― 公表 812"}},
        {"victims.citizenship.by_country-others",
         {"Victim: Foreign nationals by country: those without a row",
          "被害者: 外国籍被害者の国・地域: 行のないもの"}},
        /* Nothing of ours: it stays. */
        {"victims.gender.martian",
         {"Victim: Gender: martian", "被害者: 性別: martian"}},
        {"victims.shoes", {"Victim: victims.shoes", "被害者: victims.shoes"}},
        {"w - (a + b-c)", {"w - (a + b-c)", "w - (a + b-c)"}},
    };

    assert_labels(*state, spec, want, sizeof want / sizeof *want);
}

static void
test_the_cells_of_a_plan_are_named_in_words(void **state)
{
    static const struct want want[] = {
        {"routes.2022.0-17.female",
         {"routes: Age band: 0-17, Gender: Female, 2022",
          "routes: 年齢区分: 0～17歳, 性別: 女性, 2022"}},
        {"routes.2021.total.male",
         {"routes: Gender: Male, 2021", "routes: 性別: 男性, 2021"}},
        {"routes.change.18_plus.total",
         {"routes: Age band: 18 and over (change)",
          "routes: 年齢区分: 18歳以上（増減）"}},
        {"all.total", {"all: Total", "all: 計"}},
        {"ways.2021.state",
         {"ways: Route of detection: state, 2021",
          "ways: 発見の経緯: state, 2021"}},
        {"ways.share.2022.ngo",
         {"ways: Route of detection: Non-governmental organisation, 2022 "
          "(share)",
          "ways: 発見の経緯: 民間支援団体, 2022（割合）"}},
        {"ways.percent.ngo",
         {"ways: Route of detection: Non-governmental organisation (change in "
          "percent)",
          "ways: 発見の経緯: 民間支援団体（増減率）"}},
        {"outside-1", {"\"ISA 2023-03\"", "\"ISA 2023-03\""}},
        {"outside-2", {"outside-2", "outside-2"}},
        {"shoes.total", {"shoes.total", "shoes.total"}},
        /* Of a yearly report; but minors of which age, it did not say. */
        {"all.total - victims.gender.male in release-7",
         {"all: Total - Victim: Gender: Male in release 7",
          "all: 計 - 被害者: 性別: 男性 ― 公表 7"}},
        {"victims.minors in release-7",
         {"victims.minors in release 7", "victims.minors ― 公表 7"}},
    };

    assert_labels(*state, plan, want, sizeof want / sizeof *want);
}

static void
test_without_labels_names_stay_and_other_texts_have_none(void **state)
{
    struct label *l = NULL;
    struct buf out = BUF_INIT;

    assert_ok(label_expression(NULL, "a.b of c - d", &out));
    assert_true(text_is(buf_bytes(&out), "a.b of c - d"));
    buf_free(&out);
    assert_err(label_new(*state, bytes_text("plan"), SCHEMA_EN, &l),
               SV_ERR_INPUT);
    assert_err(label_new(*state, bytes_of(NULL, 0), SCHEMA_EN, &l),
               SV_ERR_INPUT);
    assert_null(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_figures_of_a_report_are_named_in_words),
        cmocka_unit_test(test_the_cells_of_a_plan_are_named_in_words),
        cmocka_unit_test(
            test_without_labels_names_stay_and_other_texts_have_none),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
