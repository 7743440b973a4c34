#include "crypto/rng.h"
#include "tests/support/annual_data.h"

#define VICTIMS                                                                \
    "identity.case_no,facts.identification_status,facts.counted_by,"           \
    "facts.counted_year,facts.identified_on,facts.gender,"                     \
    "facts.age_at_protection,facts.citizenship,facts.residence_status,"        \
    "facts.residence_measure,facts.services,facts.return_programme\n"
#define SUSPECTS                                                               \
    "identity.suspect_no,justice.arrested_on,justice.gender,"                  \
    "justice.citizenship,justice.stage,justice.outcome\n"
#define OFFENCES "justice.offence_no,justice.cleared_on\n"

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

static void
end(struct annual *a, struct figures *out)
{
    assert_ok(annual_end(a, out));
    assert_relations_hold(out);
    annual_free(a);
}

struct want {
    const char *name;
    int64_t value;
};

static void
assert_figures(const struct figures *f, const struct want *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_figure(f, want[i].name, want[i].value);
}
#define ASSERT_FIGURES(f, want)                                                \
    assert_figures((f), (want), sizeof(want) / sizeof *(want))

/* ---- the sample files ---- */

static void
test_the_report_of_2022_has_the_published_figures(void **state)
{
    static const struct want want[] = {
        {"victims.total", 46},
        {"victims.change", -1},
        {"victims.gender.male", 2},
        {"victims.gender.female", 44},
        {"victims.gender.non_conforming", 0},
        {"victims.gender.unknown", 0},
        {"victims.citizenship.JPN", 44},
        {"victims.citizenship.foreign", 2},
        {"victims.citizenship.unknown", 0},
        {"victims.citizenship.by_country.PHL", 1},
        {"victims.citizenship.by_country.THA", 1},
        {"victims.minors", 33},
        {"victims.minors_change", 15},
        {"victims.adults", 13},
        {"victims.age_unknown", 0},
        {"victims.residence_status.unknown", 0},
        {"victims.return.by_programme.iom_return", 0},
        {"victims.return.by_programme.unknown", 2},
        {"suspects.total", 37},
        {"suspects.change", -6},
        {"suspects.gender.male", 32},
        {"suspects.gender.female", 5},
        {"suspects.citizenship.JPN", 37},
        {"suspects.citizenship.unknown", 0},
        {"suspects.not_prosecuted", 3},
        {"suspects.undecided", 0},
        {"offences.total", 83},
        {"offences.change", 22},
        {"prosecuted.total", 34},
        {"prosecuted.guilty", 28},
        {"prosecuted.pending", 4},
        {"prosecuted.family_court", 2},
        {"prosecuted.other", 0},
        {"prosecuted.unknown", 0},
    };
    struct annual_spec spec = annual_data_spec(2022);
    struct annual_report r = annual_data_report(&spec, *state);
    size_t at;

    ASSERT_FIGURES(&r.figures, want);
    assert_relations_hold(&r.figures);
    assert_err(figures_find(&r.figures, "suspects.citizenship.PHL", &at),
               SV_ERR_NOT_FOUND);
    assert_err(
        figures_find(&r.figures, "victims.citizenship.by_country.JPN", &at),
        SV_ERR_NOT_FOUND);
    assert_unknown(&r.figures, "victims.before", "not printed");
    assert_true(annual_data_figure(&r.figures, "victims.change")->is_change);
    assert_false(annual_data_figure(&r.figures, "victims.total")->is_change);
    annual_report_clear(&r);
}

static void
test_without_a_year_before_changes_are_unknown(void **state)
{
    static const struct want want[] = {
        {"victims.total", 47},
        {"victims.gender.male", 4},
        {"victims.minors", 18},
        {"victims.adults", 29},
        {"victims.citizenship.JPN", 36},
        {"victims.citizenship.by_country.PHL", 10},
        {"victims.citizenship.by_country.CHN", 1},
        {"suspects.total", 43},
        {"suspects.gender.female", 6},
        {"suspects.citizenship.JPN", 39},
        {"suspects.citizenship.PHL", 3},
        {"suspects.citizenship.CHN", 1},
        {"suspects.not_prosecuted", 4},
        {"offences.total", 61},
        {"prosecuted.guilty", 31},
        {"prosecuted.pending", 5},
        {"prosecuted.family_court", 3},
    };
    static const char *const unknown[] = {
        "victims.change",  "victims.before",  "victims.minors_change",
        "suspects.change", "offences.change", "offences.before",
    };
    struct annual_spec spec = annual_data_spec(2021);
    struct annual_report r = annual_data_report(&spec, *state);

    ASSERT_FIGURES(&r.figures, want);
    assert_relations_hold(&r.figures);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_unknown(&r.figures, unknown[i], "no records of the year before");
    annual_report_clear(&r);
}

static void
test_a_year_without_records_is_zero_and_its_change_is_known(void **state)
{
    struct annual_spec spec = annual_data_spec(2023);
    struct annual_report r = annual_data_report(&spec, *state);

    assert_figure(&r.figures, "victims.total", 0);
    assert_figure(&r.figures, "victims.change", -46);
    assert_figure(&r.figures, "victims.minors_change", -33);
    assert_figure(&r.figures, "suspects.citizenship.JPN", 0);
    assert_figure(&r.figures, "offences.change", -83);
    assert_relations_hold(&r.figures);
    annual_report_clear(&r);
}

static void
test_another_authority_counts_its_own_victims(void **state)
{
    static const char *const unknown[] = {
        "suspects.total",           "suspects.change",
        "suspects.before",          "suspects.gender.male",
        "suspects.citizenship.JPN", "suspects.citizenship.unknown",
        "suspects.not_prosecuted",  "offences.total",
        "offences.change",          "prosecuted.total",
        "prosecuted.guilty",
    };
    struct annual_spec spec = annual_data_spec(2022);
    struct annual_report r;

    (void)snprintf(spec.authority, sizeof spec.authority, "police");
    r = annual_data_report(&spec, *state);
    assert_figure(&r.figures, "victims.total", 0);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_unknown(&r.figures, unknown[i], "not recorded by authority");
    assert_relations_hold(&r.figures);
    annual_report_clear(&r);
}

static void
test_the_age_of_minors_is_a_parameter(void **state)
{
    struct annual_spec spec = annual_data_spec(2022);
    int64_t minors[2];

    for (unsigned i = 0; i < 2; i++) {
        struct annual_report r;

        spec.minor_age = i == 0 ? 18 : 20;
        r = annual_data_report(&spec, *state);
        minors[i] = annual_data_figure(&r.figures, "victims.minors")->value;
        assert_relations_hold(&r.figures);
        annual_report_clear(&r);
    }
    assert_int_equal(minors[0], 33);
    assert_true(minors[1] > minors[0]);
}

/* ---- who is counted ---- */

static void
test_only_identified_victims_of_that_authority_and_year_count(void **state)
{
    static const char rows[] =
        VICTIMS "1,actual,national,2022,2022-05-01,,,,,,,\n"
                "2,possible,national,2022,2022-05-01,,,,,,,\n"
                "3,not_victim,national,2022,2022-05-01,,,,,,,\n"
                "4,,national,2022,2022-05-01,,,,,,,\n"
                "5,actual,police,2022,2022-05-01,,,,,,,\n"
                "6,actual,,2022,2022-05-01,,,,,,,\n"
                "7,actual,national,2020,2022-05-01,,,,,,,\n"
                "8,actual,national,2023,2022-05-01,,,,,,,\n"
                "9,actual,national,,2022-05-01,,,,,,,\n"
                "10,actual,national,2021,2022-05-01,,,,,,,\n";
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct figures f;

    annual_data_add(a, *state, "victim", bytes_text(rows));
    end(a, &f);
    assert_figure(&f, "victims.total", 1);
    assert_figure(&f, "victims.change", 0);
    assert_figure(&f, "victims.gender.unknown", 1);
    assert_figure(&f, "victims.citizenship.unknown", 1);
    assert_figure(&f, "victims.age_unknown", 1);
    figures_clear(&f);
}

static void
test_a_fiscal_year_goes_from_april_to_march_by_the_dates(void **state)
{
    static const char victims[] =
        VICTIMS "1,actual,national,2021,2022-03-31,,,,,,,\n"
                "2,actual,national,2021,2022-04-01,,,,,,,\n"
                "3,actual,national,,2023-03-31,,,,,,,\n"
                "4,actual,national,2022,2023-04-01,,,,,,,\n"
                "5,actual,national,2022,,,,,,,,\n"
                "6,actual,national,2022,unknown,,,,,,,\n";
    static const char suspects[] = SUSPECTS "1,2022-03-31,,,,\n"
                                            "2,2022-04-01,,,,\n"
                                            "3,2023-03-31,,,,\n"
                                            "4,2023-04-01,,,,\n"
                                            "5,2021-04-01,,,,\n"
                                            "6,2021-03-31,,,,\n";
    static const char offences[] = OFFENCES "1,2023-03-31\n2,2023-04-01\n3,\n";
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a;
    struct figures f;

    spec.fiscal = true;
    a = annual_data_new(&spec, *state);
    annual_data_add(a, *state, "victim", bytes_text(victims));
    annual_data_add(a, *state, "suspect", bytes_text(suspects));
    annual_data_add(a, *state, "offence", bytes_text(offences));
    end(a, &f);
    assert_figure(&f, "victims.total", 2);
    assert_figure(&f, "victims.change", 1);
    assert_figure(&f, "suspects.total", 2);
    assert_figure(&f, "suspects.change", 0);
    assert_figure(&f, "offences.total", 1);
    assert_unknown(&f, "offences.change", "no records of the year before");
    figures_clear(&f);
}

static void
test_a_calendar_year_has_its_first_and_last_day(void **state)
{
    static const char suspects[] = SUSPECTS "1,2021-12-31,,,,\n"
                                            "2,2022-01-01,,,,\n"
                                            "3,2022-12-31,,,,\n"
                                            "4,2023-01-01,,,,\n"
                                            "5,2020-12-31,,,,\n";
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct figures f;

    annual_data_add(a, *state, "suspect", bytes_text(suspects));
    end(a, &f);
    assert_figure(&f, "suspects.total", 2);
    assert_figure(&f, "suspects.change", 1);
    figures_clear(&f);
}

/* ---- how they are counted ---- */

static void
test_japanese_wins_over_other_citizenships_and_the_first_of_others(void **state)
{
    static const char rows[] =
        VICTIMS "1,actual,national,2022,,,,PHL;JPN,student,refused,,\n"
                "2,actual,national,2022,,,,THA;PHL,overstay,,,\n"
                "3,actual,national,2022,,,,stateless,,not_applicable,,\n"
                "4,actual,national,2022,,,,declined,student,,,\n"
                "5,actual,national,2022,,,,PHL,not_applicable,"
                "extension;pending,,\n";
    static const struct want want[] = {
        {"victims.total", 5},
        {"victims.citizenship.JPN", 1},
        {"victims.citizenship.foreign", 3},
        {"victims.citizenship.unknown", 1},
        {"victims.citizenship.by_country.THA", 1},
        {"victims.citizenship.by_country.PHL", 1},
        {"victims.citizenship.by_country.stateless", 1},
        {"victims.residence_status.student", 0},
        {"victims.residence_status.overstay", 1},
        {"victims.residence_status.unknown", 2},
        {"victims.residence_measures.refused", 0},
        {"victims.residence_measures.extension", 1},
        {"victims.residence_measures.pending", 1},
        {"victims.residence_measures.unknown", 1},
    };
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct figures f;

    annual_data_add(a, *state, "victim", bytes_text(rows));
    end(a, &f);
    ASSERT_FIGURES(&f, want);
    figures_clear(&f);
}

static void
test_who_has_no_age_is_neither_minor_nor_adult(void **state)
{
    static const char rows[] =
        VICTIMS "1,actual,national,2022,,,17,,,,,\n"
                "2,actual,national,2022,,,18,,,,,\n"
                "3,actual,national,2022,,,unknown,,,,,\n"
                "4,actual,national,2022,,,0,,,,,\n"
                "5,actual,national,2021,,,unknown,,,,,\n";
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct figures f;

    annual_data_add(a, *state, "victim", bytes_text(rows));
    end(a, &f);
    assert_figure(&f, "victims.minors", 2);
    assert_figure(&f, "victims.adults", 1);
    assert_figure(&f, "victims.age_unknown", 1);
    assert_figure(&f, "victims.change", 3);
    assert_unknown(&f, "victims.minors_change",
                   "no age is known of the year before");
    figures_clear(&f);
    spec.year = 2021;
    spec.minor_age = 20;
    a = annual_data_new(&spec, *state);
    annual_data_add(a, *state, "victim",
                    bytes_text(VICTIMS "1,actual,national,2021,,,,,,,,\n"
                                       "2,actual,national,2020,,,3,,,,,\n"));
    end(a, &f);
    assert_unknown(&f, "victims.minors_change", "no age is known");
    assert_figure(&f, "victims.change", 0);
    figures_clear(&f);
}

static void
test_a_person_counts_once_for_each_service(void **state)
{
    static const char rows[] =
        VICTIMS "1,actual,national,2022,,,,,,,food;medical;legal,\n"
                "2,actual,national,2022,,,,,,,food,\n"
                "3,actual,national,2022,,,,,,,not_applicable,\n"
                "4,actual,national,2022,,,,,,,unknown,\n";
    static const struct want want[] = {
        {"victims.support.by_service.food", 2},
        {"victims.support.by_service.medical", 1},
        {"victims.support.by_service.legal", 1},
        {"victims.support.by_service.clothing", 0},
        {"victims.support.by_service.unknown", 1},
        {"victims.support.by_protection_kind.unknown", 4},
    };
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct figures f;

    annual_data_add(a, *state, "victim", bytes_text(rows));
    end(a, &f);
    ASSERT_FIGURES(&f, want);
    figures_clear(&f);
}

/* Who is Japanese, or of no known country, has none to return to. */
static void
test_only_foreign_victims_return(void **state)
{
    static const char rows[] =
        VICTIMS "1,actual,national,2022,,,,PHL,,,,iom_return\n"
                "2,actual,national,2022,,,,THA,,,,not_applicable\n"
                "3,actual,national,2022,,,,CHN,,,,unknown\n"
                "4,actual,national,2022,,,,PHL,,,,own_means\n"
                "5,actual,national,2022,,,,JPN,,,,\n"
                "6,actual,national,2022,,,,PHL;JPN,,,,own_means\n"
                "7,actual,national,2022,,,,,,,,unknown\n";
    static const struct want want[] = {
        {"victims.return.by_programme.iom_return", 1},
        {"victims.return.by_programme.own_means", 1},
        {"victims.return.by_programme.unknown", 1},
    };
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct figures f;

    annual_data_add(a, *state, "victim", bytes_text(rows));
    end(a, &f);
    ASSERT_FIGURES(&f, want);
    figures_clear(&f);
}

static void
test_stage_and_outcome_tell_whether_and_how_one_was_prosecuted(void **state)
{
    static const struct {
        const char *stage, *outcome, *want;
    } cases[] = {
        {"arrest", "", "suspects.undecided"},
        {"arrest", "guilty", "suspects.undecided"},
        {"referred_to_prosecutor", "pending", "suspects.undecided"},
        {"", "", "suspects.undecided"},
        {"unknown", "not_applicable", "suspects.undecided"},
        {"not_prosecuted", "not_applicable", "suspects.not_prosecuted"},
        {"not_prosecuted", "guilty", "suspects.not_prosecuted"},
        {"prosecuted", "", "prosecuted.pending"},
        {"prosecuted", "pending", "prosecuted.pending"},
        {"summary", "guilty", "prosecuted.guilty"},
        {"summary", "unknown", "prosecuted.pending"},
        {"trial", "pending", "prosecuted.pending"},
        {"trial", "guilty", "prosecuted.guilty"},
        {"judgment", "guilty", "prosecuted.guilty"},
        {"judgment", "acquitted", "prosecuted.other"},
        {"judgment", "dismissed", "prosecuted.other"},
        {"judgment", "", "prosecuted.unknown"},
        {"appeal", "", "prosecuted.unknown"},
        {"appeal", "guilty", "prosecuted.guilty"},
        {"final", "unknown", "prosecuted.unknown"},
        {"final", "protective_measure", "prosecuted.family_court"},
        {"sent_to_family_court", "pending", "prosecuted.family_court"},
        {"sent_to_family_court", "", "prosecuted.family_court"},
        {"", "guilty", "prosecuted.guilty"},
        {"unknown", "protective_measure", "prosecuted.family_court"},
    };
    struct annual_spec spec = annual_data_spec(2022);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct annual *a = annual_data_new(&spec, *state);
        struct buf csv = BUF_INIT;
        struct figures f;
        bool prosecuted = strncmp(cases[i].want, "prosecuted", 10) == 0;

        assert_ok(buf_printf(&csv, SUSPECTS "1,2022-06-01,,,%s,%s\n",
                             cases[i].stage, cases[i].outcome));
        annual_data_add(a, *state, "suspect", buf_bytes(&csv));
        end(a, &f);
        assert_figure(&f, cases[i].want, 1);
        assert_figure(&f, "prosecuted.total", prosecuted);
        assert_figure(&f, "suspects.total", 1);
        figures_clear(&f);
        buf_free(&csv);
    }
}

static void
test_contents_of_another_compartment_are_refused(void **state)
{
    const struct schema_type *victim = schema_type(*state, "victim");
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct content health = {0};

    assert_string_equal(annual_compartment("victim"), "facts");
    assert_string_equal(annual_compartment("suspect"), "justice");
    assert_string_equal(annual_compartment("offence"), "justice");
    assert_null(annual_compartment("witness"));
    assert_ok(content_new(schema_compartment(victim, "health", NULL), &health));
    assert_err(annual_add(a, "victim", 1, &health), SV_ERR_USAGE);
    assert_err(annual_add(a, "suspect", 1, &health), SV_ERR_USAGE);
    assert_err(annual_add(a, "witness", 1, &health), SV_ERR_USAGE);
    content_free(&health);
    annual_free(a);
    annual_free(NULL);
}

static void
test_a_content_without_any_field_counts_nowhere(void **state)
{
    const struct schema_type *victim = schema_type(*state, "victim");
    struct annual_spec spec = annual_data_spec(2022);
    struct annual *a = annual_data_new(&spec, *state);
    struct content facts = {0};
    struct figures f;

    assert_ok(content_new(schema_compartment(victim, "facts", NULL), &facts));
    assert_ok(annual_add(a, "victim", 1, &facts));
    end(a, &f);
    assert_figure(&f, "victims.total", 0);
    figures_clear(&f);
    content_free(&facts);
}

/* ---- random records ---- */

static uint32_t
draw(const struct rng *r, uint32_t n)
{
    uint8_t bytes[4];

    rng_fill(r, bytes, sizeof bytes);
    return ((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
            (uint32_t)bytes[2] << 8 | bytes[3]) %
           n;
}

/* One of the list's first. */
static const char *
draw_code(const struct rng *r, const struct schema_list *list)
{
    uint32_t n = list->n > 9 ? 9 : (uint32_t)list->n;

    return list->codes[draw(r, n)].code;
}

/* A value, several, a kind of missing, or nothing at all. */
static void
draw_field(const struct rng *r, struct content *c, size_t i)
{
    struct schema_field field = c->compartment->fields[i];
    char text[32] = "";
    const char *reason;
    uint32_t kind = draw(r, 8);

    if (kind == 0)
        return;
    if (kind == 1) {
        content_set_missing(c, i, (enum missing)(1 + draw(r, MISSING_N - 1)));
        return;
    }
    if (field.kind == FIELD_NUMBER)
        (void)snprintf(text, sizeof text, "%u",
                       field.max > 2000 ? 2020 + draw(r, 3) : draw(r, 21));
    else if (field.kind == FIELD_DATE)
        (void)snprintf(text, sizeof text, "20%02u-%02u-%02u", 20 + draw(r, 3),
                       1 + draw(r, 12), 1 + draw(r, 28));
    else if (field.kind == FIELD_TEXT)
        (void)snprintf(text, sizeof text, "x");
    for (uint32_t n = 0; n < (field.repeated ? kind / 2 : 1); n++) {
        struct bytes value = bytes_text(text);

        if (field.kind == FIELD_CODE)
            value = bytes_text(draw_code(r, field.list));
        (void)!content_add(c, i, value, &reason); /* perhaps there already */
    }
}

static void
add_random(const struct rng *r, struct annual *a, const struct schema *s,
           const char *type)
{
    const struct schema_compartment *c = schema_compartment(
        schema_type(s, type), annual_compartment(type), NULL);
    struct content content = {0};

    assert_ok(content_new(c, &content));
    for (size_t i = 0; i < c->n; i++)
        draw_field(r, &content, i);
    assert_ok(annual_add(a, type, 1, &content));
    content_free(&content);
}

static void
test_sums_hold_for_random_records(void **state)
{
    struct rng_fixed fixed = {.seed = "yearly"};
    struct rng r = rng_fixed(&fixed);
    int64_t seen = 0;

    for (unsigned round = 0; round < 60; round++) {
        struct annual_spec spec = annual_data_spec(2021 + round % 2);
        struct annual *a;
        struct figures f;

        spec.fiscal = round % 3 == 0;
        a = annual_data_new(&spec, *state);
        for (unsigned i = 0; i < round * 4; i++) {
            add_random(&r, a, *state, "victim");
            add_random(&r, a, *state, "suspect");
            add_random(&r, a, *state, "offence");
        }
        end(a, &f);
        seen += annual_data_figure(&f, "victims.total")->value;
        seen += annual_data_figure(&f, "prosecuted.total")->value;
        figures_clear(&f);
    }
    assert_true(seen > 500);
}

static void
test_the_order_of_records_does_not_matter(void **state)
{
    static const char *const rows[] = {
        VICTIMS "1,actual,national,2022,,male,9,JPN,,,food,\n",
        VICTIMS "1,actual,national,2022,,female,30,PHL,student,none,legal,\n",
    };
    struct annual_spec spec = annual_data_spec(2022);
    struct figures f[2];

    for (size_t i = 0; i < 2; i++) {
        struct annual *a = annual_data_new(&spec, *state);

        annual_data_add(a, *state, "victim", bytes_text(rows[i]));
        annual_data_add(a, *state, "victim", bytes_text(rows[1 - i]));
        end(a, &f[i]);
    }
    assert_int_equal(f[0].n, f[1].n);
    assert_memory_equal(f[0].at, f[1].at, f[0].n * sizeof *f[0].at);
    figures_clear(&f[0]);
    figures_clear(&f[1]);
}

/* ---- what is asked for ---- */

#define SPEC                                                                   \
    "svault/annual/v1\nyear 2022\nauthority national\nperiod calendar\n"       \
    "as-of 2026-11-24\nminor-age 18\n"

static void
test_what_is_asked_for_is_written_and_read_alike(void **state)
{
    struct annual_spec spec = annual_data_spec(2022), back;
    struct buf text = BUF_INIT;

    assert_ok(annual_spec_encode(&spec, &text));
    assert_true(bytes_equal(buf_bytes(&text), bytes_text(SPEC)));
    assert_ok(annual_spec_parse(buf_bytes(&text), *state, &back, NULL));
    assert_int_equal(back.year, 2022);
    assert_string_equal(back.authority, "national");
    assert_false(back.fiscal);
    assert_string_equal(back.as_of, "2026-11-24");
    assert_int_equal(back.minor_age, 18);
    spec.fiscal = true;
    buf_truncate(&text, 0);
    assert_ok(annual_spec_encode(&spec, &text));
    assert_ok(annual_spec_parse(buf_bytes(&text), *state, &back, NULL));
    assert_true(back.fiscal);
    buf_free(&text);
}

static void
test_every_fault_in_what_is_asked_for_is_named(void **state)
{
    static const struct {
        const char *from, *to; /* in SPEC */
        size_t line;
        const char *column;
    } cases[] = {
        {"svault/annual/v1", "svault/annual/v2", 1, ""},
        {"year 2022", "year 1989", 2, "year"},
        {"year 2022", "year 2200", 2, "year"},
        {"year 2022", "year 02022", 2, "year"},
        {"year 2022", "year 99999", 2, "year"},
        {"year 2022", "years 2022", 2, "year"},
        {"year 2022", "year  2022", 2, "year"},
        {"national", "martian", 3, "authority"},
        {"national", "National", 3, "authority"},
        {"national", "", 3, "authority"},
        {"national", "nationalnationalnationalnationaln", 3, "authority"},
        {"calendar", "lunar", 4, "period"},
        {"calendar", "calendar ", 4, "period"},
        {"2026-11-24", "2026-11-31", 5, "as-of"},
        {"2026-11-24", "2026-11-2", 5, "as-of"},
        {"2026-11-24", "2026-11-24 ", 5, "as-of"},
        {"2026-11-24", "2021-12-31", 5, "as-of"},
        {"minor-age 18", "minor-age 0", 6, "minor-age"},
        {"minor-age 18", "minor-age 17", 6, "minor-age"},
        {"minor-age 18", "minor-age 19", 6, "minor-age"},
        {"minor-age 18", "minor-age 21", 6, "minor-age"},
        {"minor-age 18", "minor-age -1", 6, "minor-age"},
        {"minor-age 18\n", "minor-age 18", 6, "minor-age"},
        {"minor-age 18\n", "minor-age 18\n\n", 7, ""},
        {"\nyear", "\r\nyear", 1, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *at = strstr(SPEC, cases[i].from);
        struct annual_spec spec;
        struct diag where = {0};
        struct buf text = BUF_INIT;

        assert_ok(buf_printf(&text, "%.*s%s%s", (int)(at - SPEC), SPEC,
                             cases[i].to, at + strlen(cases[i].from)));
        if (annual_spec_parse(buf_bytes(&text), *state, &spec, &where) !=
            SV_ERR_INPUT)
            fail_msg("case %zu passes", i);
        if (where.line != cases[i].line ||
            strcmp(where.column, cases[i].column) != 0)
            fail_msg("case %zu: line %zu %s", i, where.line, where.column);
        assert_non_null(where.reason);
        buf_free(&text);
    }
}

static void
test_a_cut_text_asks_for_nothing(void **state)
{
    struct annual_spec spec;

    for (size_t n = 0; n < sizeof SPEC - 1; n++)
        assert_err(annual_spec_parse(bytes_of(SPEC, n), *state, &spec, NULL),
                   SV_ERR_INPUT);
}

static void
test_bounds_of_what_is_asked_for(void **state)
{
    struct annual_spec spec = annual_data_spec(1990);
    struct diag where = {0};

    (void)snprintf(spec.as_of, sizeof spec.as_of, "1990-01-01");
    spec.minor_age = 20;
    assert_ok(annual_spec_check(&spec, *state, &where));
    spec.fiscal = true;
    assert_err(annual_spec_check(&spec, *state, &where), SV_ERR_INPUT);
    (void)snprintf(spec.as_of, sizeof spec.as_of, "1990-04-01");
    assert_ok(annual_spec_check(&spec, *state, &where));
    spec.year = 2199;
    spec.minor_age = 18;
    (void)snprintf(spec.as_of, sizeof spec.as_of, "2199-04-01");
    assert_ok(annual_spec_check(&spec, *state, &where));
    (void)snprintf(spec.authority, sizeof spec.authority, "elsewhere");
    assert_err(annual_spec_check(&spec, *state, &where), SV_ERR_INPUT);
    assert_ok(annual_spec_check(&spec, NULL, &where));
}

static void
test_nothing_is_counted_as_of_the_future(void **state)
{
    struct annual_spec spec = annual_data_spec(2022);
    struct diag where = {0};

    (void)state;
    assert_ok(annual_spec_check_today(&spec, "2026-11-24", &where));
    assert_ok(annual_spec_check_today(&spec, "2027-01-01", &where));
    assert_err(annual_spec_check_today(&spec, "2026-11-23", &where),
               SV_ERR_INPUT);
    assert_string_equal(where.column, "as-of");
}

static void
test_days_are_those_of_japan(void **state)
{
    /* 2026-11-24 14:59:59.999 and 15:00 UTC: before and at midnight there. */
    const uint64_t midnight = UINT64_C(1795532400000);
    struct annual_spec spec = annual_data_spec(2022);
    char today[ANNUAL_DATE_SIZE];

    (void)state;
    annual_spec_today(midnight - 1, today);
    assert_string_equal(today, "2026-11-24");
    annual_spec_today(midnight, today);
    assert_string_equal(today, "2026-11-25");
    assert_int_equal(annual_spec_as_of_ms(&spec), midnight - 1);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_report_of_2022_has_the_published_figures),
        cmocka_unit_test(test_without_a_year_before_changes_are_unknown),
        cmocka_unit_test(
            test_a_year_without_records_is_zero_and_its_change_is_known),
        cmocka_unit_test(test_another_authority_counts_its_own_victims),
        cmocka_unit_test(test_the_age_of_minors_is_a_parameter),
        cmocka_unit_test(
            test_only_identified_victims_of_that_authority_and_year_count),
        cmocka_unit_test(
            test_a_fiscal_year_goes_from_april_to_march_by_the_dates),
        cmocka_unit_test(test_a_calendar_year_has_its_first_and_last_day),
        cmocka_unit_test(
            test_japanese_wins_over_other_citizenships_and_the_first_of_others),
        cmocka_unit_test(test_who_has_no_age_is_neither_minor_nor_adult),
        cmocka_unit_test(test_a_person_counts_once_for_each_service),
        cmocka_unit_test(test_only_foreign_victims_return),
        cmocka_unit_test(
            test_stage_and_outcome_tell_whether_and_how_one_was_prosecuted),
        cmocka_unit_test(test_contents_of_another_compartment_are_refused),
        cmocka_unit_test(test_a_content_without_any_field_counts_nowhere),
        cmocka_unit_test(test_sums_hold_for_random_records),
        cmocka_unit_test(test_the_order_of_records_does_not_matter),
        cmocka_unit_test(test_what_is_asked_for_is_written_and_read_alike),
        cmocka_unit_test(test_every_fault_in_what_is_asked_for_is_named),
        cmocka_unit_test(test_a_cut_text_asks_for_nothing),
        cmocka_unit_test(test_bounds_of_what_is_asked_for),
        cmocka_unit_test(test_nothing_is_counted_as_of_the_future),
        cmocka_unit_test(test_days_are_those_of_japan),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
