#include <utf8proc.h>

#include "counts/annual_json.h"
#include "counts/annual_text.h"
#include "tests/support/annual_data.h"

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

static struct annual_report
report_of(unsigned year, const struct schema *s)
{
    struct annual_spec spec = annual_data_spec(year);

    return annual_data_report(&spec, s);
}

/* The same as a preview. */
static struct annual_report
preview_of(unsigned year, const struct schema *s)
{
    static const uint8_t round_key[32] = {1, 2, 3};
    struct annual_report r = report_of(year, s);
    struct figures rounded;

    figures_init(&rounded);
    assert_ok(annual_preview(&r.figures, round_key, &rounded));
    figures_clear(&r.figures);
    r.figures = rounded;
    (void)snprintf(r.profile, sizeof r.profile, "%s", ANNUAL_PREVIEW);
    return r;
}

static struct buf
json_of(unsigned year, const struct schema *s)
{
    struct annual_report r = report_of(year, s);
    struct buf json = BUF_INIT;

    assert_ok(annual_json_encode(&r, &json));
    annual_report_clear(&r);
    return json;
}

static bool
contains(const struct buf *text, const char *part)
{
    return memmem(text->ptr, text->len, part, strlen(part)) != NULL;
}

#define ASSERT_CONTAINS(text, part)                                            \
    do {                                                                       \
        if (!contains((text), (part)))                                         \
            fail_msg("there is no \"%s\" in\n%.*s", (part), (int)(text)->len,  \
                     (const char *)(text)->ptr);                               \
    } while (0)

/* The text with its first `from` as `to`. */
static struct buf
changed(const struct buf *text, const char *from, const char *to)
{
    const uint8_t *at = memmem(text->ptr, text->len, from, strlen(from));
    struct buf out = BUF_INIT;
    size_t before;

    if (at == NULL)
        fail_msg("there is no %s", from);
    before = (size_t)(at - text->ptr);
    assert_ok(buf_append(&out, bytes_slice(buf_bytes(text), 0, before)));
    assert_ok(buf_text(&out, to));
    before += strlen(from);
    assert_ok(buf_append(
        &out, bytes_slice(buf_bytes(text), before, text->len - before)));
    return out;
}

/* ---- JSON ---- */

static void
test_the_json_of_2022_has_the_members_in_their_order(void **state)
{
    static const char *const members[] = {
        "{\n  \"year\": 2022,\n  \"as_of\": \"2026-11-24\",\n"
        "  \"profile\": \"exact\",\n  \"authority\": \"national\",\n"
        "  \"period\": \"calendar\",\n  \"minor_age\": 18,\n"
        "  \"victims\": {\n    \"total\": 46,\n    \"change\": -1,\n"
        "    \"gender\": {\n      \"female\": 44,\n      \"male\": 2,\n",
        "    \"citizenship\": {\n      \"JPN\": 44,\n      \"foreign\": 2,\n"
        "      \"unknown\": 0,\n      \"by_country\": {\n"
        "        \"PHL\": 1,\n        \"THA\": 1\n      }\n    },\n"
        "    \"minors\": 33,\n    \"minors_change\": 15,\n"
        "    \"adults\": 13,\n    \"age_unknown\": 0,\n"
        "    \"residence_status\": {\n",
        "    \"residence_measures\": {\n",
        "    \"identification\": {\n      \"by_route\": {\n",
        "      \"decided_by\": {\n",
        "    \"support\": {\n      \"by_service\": {\n",
        "      \"by_protection_kind\": {\n",
        "    \"return\": {\n      \"by_programme\": {\n",
        "  \"suspects\": {\n    \"total\": 37,\n    \"change\": -6,\n",
        "    \"citizenship\": {\n      \"JPN\": 37,\n      \"unknown\": 0\n"
        "    },\n    \"not_prosecuted\": 3,\n    \"undecided\": 0\n  },\n"
        "  \"offences\": {\n    \"total\": 83,\n    \"change\": 22\n  },\n"
        "  \"prosecuted\": {\n    \"total\": 34,\n    \"guilty\": 28,\n"
        "    \"pending\": 4,\n    \"family_court\": 2,\n    \"other\": 0,\n"
        "    \"unknown\": 0\n  }\n}\n",
    };
    struct buf json = json_of(2022, *state);
    const uint8_t *at = json.ptr;

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        at = memmem(at, json.len - (size_t)(at - json.ptr), members[i],
                    strlen(members[i]));
        if (at == NULL)
            fail_msg("not there, or not in order: %s", members[i]);
    }
    assert_int_equal(*json.ptr, '{');
    assert_false(contains(&json, "before"));
    buf_free(&json);
}

static void
test_what_cannot_be_computed_is_null_with_the_reason(void **state)
{
    struct buf json = json_of(2021, *state);

    ASSERT_CONTAINS(&json, "    \"change\": null,\n    \"change_reason\": "
                           "\"no records of the year before\",\n");
    ASSERT_CONTAINS(&json, "    \"minors_change\": null,\n"
                           "    \"minors_change_reason\": ");
    buf_free(&json);
}

static void
assert_same_figures(const struct figures *a, const struct figures *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->at[i].name, b->at[i].name);
        assert_int_equal(a->at[i].known, b->at[i].known);
        assert_int_equal(a->at[i].is_change, b->at[i].is_change);
        assert_string_equal(a->at[i].reason, b->at[i].reason);
        if (a->at[i].known)
            assert_int_equal(a->at[i].value, b->at[i].value);
    }
}

static void
test_a_report_reads_back_as_it_was(void **state)
{
    for (unsigned year = 2020; year <= 2023; year++) {
        struct annual_report r = report_of(year, *state), back = {0};
        struct buf json = BUF_INIT, again = BUF_INIT;

        (void)snprintf(r.basis, sizeof r.basis, "%s",
                       year == 2022 ? "統計法 \"第3条\" \\ a/b" : "");
        assert_ok(annual_json_encode(&r, &json));
        assert_ok(annual_json_decode(buf_bytes(&json), &back));
        assert_ok(annual_json_encode(&back, &again));
        assert_true(bytes_equal(buf_bytes(&json), buf_bytes(&again)));
        assert_int_equal(back.spec.year, year);
        assert_string_equal(back.spec.authority, "national");
        assert_string_equal(back.spec.as_of, "2026-11-24");
        assert_int_equal(back.spec.minor_age, 18);
        assert_false(back.spec.fiscal);
        assert_string_equal(back.profile, "exact");
        assert_string_equal(back.basis, r.basis);
        assert_same_figures(&r.figures, &back.figures);
        assert_int_equal(back.figures.n_relations, r.figures.n_relations);
        assert_relations_hold(&back.figures);
        annual_report_clear(&r);
        annual_report_clear(&back);
        buf_free(&json);
        buf_free(&again);
    }
}

static void
test_a_report_of_another_authority_says_what_is_not_recorded_by_it(void **state)
{
    struct annual_spec spec = annual_data_spec(2022);
    struct annual_report r, back = {0};
    struct buf json = BUF_INIT, text = BUF_INIT;

    (void)snprintf(spec.authority, sizeof spec.authority, "police");
    r = annual_data_report(&spec, *state);
    assert_ok(annual_json_encode(&r, &json));
    ASSERT_CONTAINS(&json, "\"suspects\": {\n    \"total\": null,\n"
                           "    \"total_reason\": "
                           "\"not recorded by authority\"");
    assert_ok(annual_json_decode(buf_bytes(&json), &back));
    assert_same_figures(&r.figures, &back.figures);
    assert_ok(annual_text_table(&back, *state, SCHEMA_JA, &text));
    ASSERT_CONTAINS(&text, "-  （機関別の記録なし）");
    annual_report_clear(&r);
    annual_report_clear(&back);
    buf_free(&json);
    buf_free(&text);
}

static void
test_a_cut_json_is_refused_at_every_length(void **state)
{
    struct buf json = json_of(2022, *state);

    for (size_t n = 0; n < json.len; n++) {
        struct annual_report r = {0};

        assert_err(annual_json_decode(bytes_of(json.ptr, n), &r),
                   SV_ERR_FORMAT);
    }
    buf_free(&json);
}

/* What passes is another report, written as we would have written it. */
static void
test_an_altered_byte_is_refused_or_means_itself(void **state)
{
    struct buf json = json_of(2021, *state), again = BUF_INIT;

    for (size_t i = 0; i < json.len; i++) {
        struct annual_report r = {0};
        uint8_t flip = (uint8_t)(1u << (i % 8));
        enum sv_err err;

        json.ptr[i] ^= flip;
        err = annual_json_decode(buf_bytes(&json), &r);
        if (err == SV_OK) {
            assert_ok(annual_json_encode(&r, &again));
            assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&json)));
            buf_truncate(&again, 0);
            annual_report_clear(&r);
        } else {
            assert_err(err, SV_ERR_FORMAT);
        }
        json.ptr[i] ^= flip;
    }
    buf_free(&json);
    buf_free(&again);
}

static void
test_hostile_json_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"\"total\": 46", "\"total\": -46"},
        {"\"total\": 46", "\"total\": 46.0"},
        {"\"total\": 46", "\"total\": \"46\""},
        {"\"total\": 46", "\"total\": true"},
        {"\"total\": 46", "\"total\": {}"},
        {"\"total\": 46", "\"total\": 046"},
        {"\"total\": 46", "\"total\": 4e1"},
        {"\"total\": 46", "\"total\": 1000000000001"},
        {"\"total\": 46", "\"total\": 9223372036854775808"},
        {"\"total\": 46", "\"total\": null"},
        {"\"total\": 46", "\"total\": null,\n    \"total_reason\": \"\""},
        {"\"total\": 46", "\"total\": null,\n    \"total_reason\": 1"},
        {"\"total\": 46", "\"total\": null,\n    \"total_reason\": \"\\n\""},
        {"\"total\": 46", "\"total\": null,\n    \"total_reason\": \"\u202e\""},
        {"\"total\": 46", "\"total\": 46,\n    \"total_reason\": \"why\""},
        {"\"total\": 46", "\"total\": 46,\n    \"total\": 46"},
        {"\"total\": 46", "\"sum\": 46"},
        {"\"total\": 46", "\"before\": 47,\n    \"total\": 46"},
        {"    \"total\": 46,\n", ""},
        {"\"change\": -1", "\"change\": -0"},
        {"\"change\": -1", "\"change\": -1000000000001"},
        {"\"male\": 2", "\"m.ale\": 2"},
        {"\"male\": 2", "\"\": 2"},
        {"\"male\": 2", "\"male\": -2"},
        {"\"male\": 2", "\"male\": \"two\""},
        {"\"male\": 2", "\"male\": null"},
        {"\"male\": 2", "\"male\\u0000\": 2"},
        {"\"male\": 2", "\"malemalemalemalemalemalemalemalem\": 2"},
        {"\"year\": 2022", "\"year\": 1989"},
        {"\"year\": 2022", "\"year\": 4294969318"},
        {"\"year\": 2022", "\"year\": -2022"},
        {"\"year\": 2022", "\"year\": \"2022\""},
        {"\"2026-11-24\"", "\"2026-11-31\""},
        {"\"2026-11-24\"", "\"2021-12-31\""},
        {"\"2026-11-24\"", "20261124"},
        {"\"exact\"", "\"Exact\""},
        {"\"exact\"", "\"\""},
        {"\"exact\"", "null"},
        {"\"national\"", "\"nation al\""},
        {"\"calendar\"", "\"lunar\""},
        {"\"minor_age\": 18", "\"minor_age\": 31"},
        {"\"minor_age\": 18,", "\"minor_age\": 18,\n  \"basis\": \"\","},
        {"\"minor_age\": 18,", "\"minor_age\": 18,\n  \"basis\": \"\\u001b\","},
        {"\"minor_age\": 18,", "\"minor_age\": 18,\n  \"basis\": 1,"},
        {"\"minor_age\": 18,", "\"minor_age\": 18,\n  \"more\": 1,"},
        {"\"victims\": {", "\"victims\": [],\n  \"v\": {"},
        {"{\n  \"year\"", "{ \"year\""},
        {"{\n  \"year\"", "\xef\xbb\xbf{\n  \"year\""},
        {"{\n  \"year\"", "[{\n  \"year\""},
        {"}\n}\n", "}\n}\n\n"},
        {"}\n}\n", "}\n}"},
        {"}\n}\n", "}\n}\n{}\n"},
    };
    struct buf json = json_of(2022, *state);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf bad = changed(&json, cases[i].from, cases[i].to);
        struct annual_report r = {0};

        if (annual_json_decode(buf_bytes(&bad), &r) != SV_ERR_FORMAT)
            fail_msg("%s for %s passes", cases[i].to, cases[i].from);
        buf_free(&bad);
    }
    buf_free(&json);
}

static void
test_too_much_or_too_deep_a_json_is_refused(void **state)
{
    struct buf text = BUF_INIT;
    struct annual_report r = {0};

    (void)state;
    while (text.len < ANNUAL_JSON_MAX - 1)
        assert_ok(buf_text(&text, "["));
    assert_err(annual_json_decode(buf_bytes(&text), &r), SV_ERR_FORMAT);
    buf_free(&text);
    text = json_of(2022, *state);
    while (text.len <= ANNUAL_JSON_MAX)
        assert_ok(buf_text(&text, " "));
    assert_err(annual_json_decode(buf_bytes(&text), &r), SV_ERR_FORMAT);
    buf_free(&text);
    assert_err(annual_json_decode(bytes_of(NULL, 0), &r), SV_ERR_FORMAT);
}

static void
test_codes_of_another_schema_stay_readable(void **state)
{
    struct buf json = json_of(2022, *state), text = BUF_INIT;
    struct buf more = changed(&json, "\"male\": 2", "\"of_2040\": 2");
    struct annual_report r = {0};

    assert_ok(annual_json_decode(buf_bytes(&more), &r));
    assert_figure(&r.figures, "victims.gender.of_2040", 2);
    assert_relations_hold(&r.figures);
    assert_ok(annual_text_table(&r, *state, SCHEMA_EN, &text));
    ASSERT_CONTAINS(&text, "\n    of_2040 ");
    annual_report_clear(&r);
    buf_free(&json);
    buf_free(&more);
    buf_free(&text);
}

static void
test_a_list_may_have_unknown_figures(void **state)
{
    struct buf json = json_of(2022, *state), again = BUF_INIT;
    struct buf more = changed(&json, "\"male\": 2",
                              "\"male\": null,\n      \"male_reason\": "
                              "\"too few\"");
    struct annual_report r = {0};

    assert_ok(annual_json_decode(buf_bytes(&more), &r));
    assert_unknown(&r.figures, "victims.gender.male", "too few");
    assert_ok(annual_json_encode(&r, &again));
    assert_true(bytes_equal(buf_bytes(&more), buf_bytes(&again)));
    annual_report_clear(&r);
    buf_free(&json);
    buf_free(&more);
    buf_free(&again);
}

static void
test_what_is_no_report_is_not_written(void **state)
{
    struct annual_report r = report_of(2022, *state);
    struct buf json = BUF_INIT;
    size_t at;

    (void)snprintf(r.basis, sizeof r.basis, "a\x1b[2J");
    assert_err(annual_json_encode(&r, &json), SV_ERR_INPUT);
    (void)snprintf(r.basis, sizeof r.basis, "a\nb");
    assert_err(annual_json_encode(&r, &json), SV_ERR_INPUT);
    (void)snprintf(r.basis, sizeof r.basis, "a\xff");
    assert_err(annual_json_encode(&r, &json), SV_ERR_INPUT);
    r.basis[0] = '\0';
    (void)snprintf(r.profile, sizeof r.profile, "Exact!");
    assert_err(annual_json_encode(&r, &json), SV_ERR_INPUT);
    (void)snprintf(r.profile, sizeof r.profile, "exact");
    assert_ok(figures_add(&r.figures, "victims.shoe_size", 1, &at));
    assert_err(annual_json_encode(&r, &json), SV_ERR_USAGE);
    assert_int_equal(json.len, 0);
    annual_report_clear(&r);
    (void)snprintf(r.profile, sizeof r.profile, "exact");
    assert_err(annual_json_encode(&r, &json), SV_ERR_USAGE);
    assert_int_equal(json.len, 0);
}

/* ---- previews ---- */

static void
test_a_preview_shows_multiples_of_five_and_no_country_of_none(void **state)
{
    struct annual_report exact = report_of(2022, *state), back = {0};
    struct annual_report r = preview_of(2022, *state);
    struct buf json = BUF_INIT;

    for (size_t i = 0; i < r.figures.n; i++) {
        const struct figure *f = &r.figures.at[i];
        const struct figure *was = annual_data_figure(&exact.figures, f->name);

        if (!f->is_change)
            assert_int_equal(f->known, was->known);
        if (!f->known)
            continue;
        assert_int_equal(f->value % 5, 0);
        if (!f->is_change)
            assert_true(labs((long)(f->value - was->of.n - was->of.nudge)) < 5);
        if (strstr(f->name, "by_country") != NULL)
            assert_true(f->value > 0);
    }
    assert_ok(annual_json_encode(&r, &json));
    assert_ok(annual_json_decode(buf_bytes(&json), &back));
    assert_same_figures(&r.figures, &back.figures);
    assert_int_equal(back.figures.n_relations, 0);
    annual_report_clear(&exact);
    annual_report_clear(&r);
    annual_report_clear(&back);
    buf_free(&json);
}

static void
test_nothing_of_a_preview_goes_without_its_mark(void **state)
{
    static const char *const marks[] = {"NOT RELEASED\n\n", "未公表\n\n"};
    struct annual_report r = preview_of(2022, *state);
    struct buf text = BUF_INIT;

    for (unsigned lang = 0; lang < SCHEMA_LANGS; lang++) {
        assert_ok(annual_text_table(&r, *state, (enum schema_lang)lang, &text));
        assert_memory_equal(text.ptr, marks[lang], strlen(marks[lang]));
        buf_truncate(&text, 0);
    }
    assert_ok(annual_text_csv(&r, &text));
    ASSERT_CONTAINS(&text, "\r\nprofile,preview,NOT RELEASED\r\n");
    buf_truncate(&text, 0);
    annual_report_clear(&r);
    r = report_of(2022, *state);
    assert_ok(annual_text_table(&r, *state, SCHEMA_EN, &text));
    assert_ok(annual_text_csv(&r, &text));
    assert_false(contains(&text, "NOT RELEASED"));
    annual_report_clear(&r);
    buf_free(&text);
}

/* ---- the table ---- */

static void
test_the_table_reads_as_the_published_report(void **state)
{
    static const char *const lines[] = {
        "\nYear         2022 (January to December)\n",
        "\nAs of        2026-11-24\n",
        "\nCounted by   National total\n",
        "\nProfile      exact figures\n",
        "\n  Victims put under protection                46"
        "  (decreased by 1 Year-on-Year)\n",
        "\n    Male                                       2\n",
        "\n    Female                                    44\n",
        "\n    Japanese                                  44\n",
        "\n    Foreign nationals                          2\n",
        "\n    Philippines                                1\n",
        "\n    Minors (under 18)                         33"
        "  (increased by 15 Year-on-Year)\n",
        "\n    18 and over                               13\n",
        "\n  Status of residence of the foreign\n  victims\n",
        "\n    Overstay                                   0\n",
        "\n  Suspects arrested                           37"
        "  (decreased by 6 Year-on-Year)\n",
        "\n  Cases                                       83"
        "  (increased by 22 Year-on-Year)\n",
        "\n  Suspects prosecuted                         34\n",
        "\n    Found guilty                              28\n",
        "\n    Still pending                              4\n",
        "\n    Sent to the family court                   2\n",
        "\n  Suspects not prosecuted                      3\n",
    };
    struct annual_report r = report_of(2022, *state);
    struct buf text = BUF_INIT;

    assert_ok(annual_text_table(&r, *state, SCHEMA_EN, &text));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ASSERT_CONTAINS(&text, lines[i]);
    annual_report_clear(&r);
    buf_free(&text);
}

static void
test_the_table_in_japanese(void **state)
{
    static const char *const lines[] = {
        "\n対象年    2022年（1月～12月）\n",
        "\n計上機関  政府全体\n",
        "\n  保護した被害者数                            46  （前年比1減）\n",
        "\n    男性                                       2\n",
        "\n    未成年者（18歳未満）                      33  （前年比15増）\n",
        /* No line begins with a closing bracket. */
        "\n  外国籍被害者の在留上の措置（複数該当あ\n  り）\n",
        "\n    フィリピン                                 1\n",
        "\n  起訴等（家庭裁判所送致を含む）              34\n",
        "\n    家庭裁判所送致                             2\n",
        "\n  不起訴                                       3\n",
    };
    struct annual_report r = report_of(2022, *state);
    struct buf text = BUF_INIT;

    assert_ok(annual_text_table(&r, *state, SCHEMA_JA, &text));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ASSERT_CONTAINS(&text, lines[i]);
    annual_report_clear(&r);
    buf_free(&text);
}

/* Columns of a line up to its end, and up to the end of its first number that
 * stands behind two spaces or more; 0: there is none. */
static size_t
columns(struct bytes line, size_t *number_ends)
{
    size_t at = 0, all = 0, spaces = 0;
    bool behind = false;

    *number_ends = 0;
    while (at < line.len) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t n = utf8proc_iterate(
            line.ptr + at, (utf8proc_ssize_t)(line.len - at), &c);

        assert_true(n > 0);
        all += (size_t)utf8proc_charwidth(c);
        if (c >= '0' && c <= '9') {
            behind = behind || (spaces >= 2 && at > spaces);
            if (behind && (*number_ends == 0 || *number_ends == all - 1))
                *number_ends = all;
        } else {
            behind = false;
        }
        spaces = c == ' ' ? spaces + 1 : 0;
        at += (size_t)n;
    }
    return all;
}

static void
test_figures_stand_below_each_other_within_80_columns(void **state)
{
    struct annual_report r = report_of(2022, *state);

    for (unsigned lang = 0; lang < SCHEMA_LANGS; lang++) {
        struct buf text = BUF_INIT;
        struct bytes rest, line;
        size_t number_ends, rows = 0;
        bool head = true;

        assert_ok(annual_text_table(&r, *state, (enum schema_lang)lang, &text));
        rest = buf_bytes(&text);
        while (text_line(&rest, &line)) {
            assert_true(columns(line, &number_ends) <= 80);
            assert_true(line.len == 0 || line.ptr[line.len - 1] != ' ');
            head = head && (line.len == 0 || *line.ptr != ' ');
            if (head || number_ends == 0)
                continue;
            assert_int_equal(number_ends, 48);
            rows++;
        }
        assert_int_equal(rest.len, 0);
        assert_true(rows > 100);
        buf_free(&text);
    }
    annual_report_clear(&r);
}

static void
test_wide_numbers_widen_their_column(void **state)
{
    struct buf json = json_of(2022, *state), text = BUF_INIT;
    struct buf more =
        changed(&json, "\"total\": 46", "\"total\": 1000000000000");
    struct annual_report r = {0};

    assert_ok(annual_json_decode(buf_bytes(&more), &r));
    assert_ok(annual_text_table(&r, *state, SCHEMA_EN, &text));
    ASSERT_CONTAINS(&text, "\n  Victims put under protection             "
                           "1000000000000  (decreased by 1 ");
    ASSERT_CONTAINS(&text, "\n    Male                          "
                           "                     2\n");
    annual_report_clear(&r);
    buf_free(&json);
    buf_free(&more);
    buf_free(&text);
}

static void
test_reasons_and_other_periods_are_said_in_both_languages(void **state)
{
    struct annual_report r = report_of(2021, *state);
    struct buf text = BUF_INIT;

    r.spec.fiscal = true;
    r.spec.minor_age = 20;
    (void)snprintf(r.basis, sizeof r.basis, "Act 1\x1b");
    assert_ok(annual_text_table(&r, *state, SCHEMA_EN, &text));
    ASSERT_CONTAINS(&text, "47  (change not known: no records of the year "
                           "before)\n");
    ASSERT_CONTAINS(&text, "2021 (fiscal year, April to March)\n");
    ASSERT_CONTAINS(&text, "Minors (under 20)");
    ASSERT_CONTAINS(&text, "\n    20 and over ");
    ASSERT_CONTAINS(&text, "\nLegal basis  Act 1<U+001B>\n");
    buf_truncate(&text, 0);
    assert_ok(annual_text_table(&r, *state, SCHEMA_JA, &text));
    ASSERT_CONTAINS(&text, "47  （前年比不明：前年の記録なし）\n");
    ASSERT_CONTAINS(&text, "2021年度（4月～翌年3月）\n");
    ASSERT_CONTAINS(&text, "未成年者（20歳未満）");
    annual_report_clear(&r);
    buf_free(&text);
}

static void
test_no_change_and_unknown_figures_are_said(void **state)
{
    struct buf json = json_of(2022, *state), text = BUF_INIT;
    struct buf one = changed(&json, "\"change\": -1", "\"change\": 0");
    struct buf two = changed(&one, "\"male\": 2",
                             "\"male\": null,\n      \"male_reason\": "
                             "\"no age is known\"");
    struct annual_report r = {0};

    assert_ok(annual_json_decode(buf_bytes(&two), &r));
    assert_ok(annual_text_table(&r, *state, SCHEMA_EN, &text));
    ASSERT_CONTAINS(&text, "46  (no change Year-on-Year)\n");
    ASSERT_CONTAINS(&text, "-  (no age is known)\n");
    assert_ok(annual_text_table(&r, *state, SCHEMA_JA, &text));
    ASSERT_CONTAINS(&text, "46  （前年比増減なし）\n");
    ASSERT_CONTAINS(&text, "-  （年齢不明）\n");
    annual_report_clear(&r);
    buf_free(&json);
    buf_free(&one);
    buf_free(&two);
    buf_free(&text);
}

/* ---- CSV ---- */

static void
test_csv_has_the_head_and_every_figure_but_the_year_before(void **state)
{
    struct annual_report r = report_of(2022, *state);
    struct buf csv = BUF_INIT;
    size_t rows = 0, figures = 0;

    assert_ok(annual_text_csv(&r, &csv));
    ASSERT_CONTAINS(&csv, "name,value,reason\r\nprofile,exact,\r\n"
                          "year,2022,\r\nas_of,2026-11-24,\r\n"
                          "authority,national,\r\nperiod,calendar,\r\n"
                          "minor_age,18,\r\nvictims.total,46,\r\n"
                          "victims.change,-1,\r\n");
    ASSERT_CONTAINS(&csv, "\r\nprosecuted.family_court,2,\r\n");
    assert_false(contains(&csv, "before"));
    for (size_t i = 0; i < csv.len; i++) {
        rows += csv.ptr[i] == '\n';
        assert_true(csv.ptr[i] != '\n' || csv.ptr[i - 1] == '\r');
    }
    for (size_t i = 0; i < r.figures.n; i++)
        figures += strstr(r.figures.at[i].name, "before") == NULL;
    assert_int_equal(rows, figures + 7);
    annual_report_clear(&r);
    r = report_of(2021, *state);
    buf_truncate(&csv, 0);
    assert_ok(annual_text_csv(&r, &csv));
    ASSERT_CONTAINS(&csv,
                    "\r\nvictims.change,,no records of the year before\r\n");
    annual_report_clear(&r);
    buf_free(&csv);
}

static void
test_no_cell_of_csv_is_taken_for_a_formula(void **state)
{
    static const struct {
        const char *basis, *cell;
    } cases[] = {
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-cmd", "'-cmd"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"＝1+1", "'＝1+1"},
        {"－1", "'－1"},
        {"Act 1, 2", "\"Act 1, 2\""},
        {"a \"b\"", "\"a \"\"b\"\"\""},
        {"=\"a\",b", "\"'=\"\"a\"\",b\""},
        {"a=1", "a=1"},
        {"-1", "'-1"},
    };
    struct annual_report r = report_of(2022, *state);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf csv = BUF_INIT;
        char row[64];

        (void)snprintf(r.basis, sizeof r.basis, "%s", cases[i].basis);
        (void)snprintf(row, sizeof row, "\r\nbasis,%s,\r\n", cases[i].cell);
        assert_ok(annual_text_csv(&r, &csv));
        ASSERT_CONTAINS(&csv, row);
        buf_free(&csv);
    }
    annual_report_clear(&r);
}

static void
test_a_reason_from_elsewhere_is_no_formula_either(void **state)
{
    struct buf json = json_of(2022, *state), csv = BUF_INIT;
    struct buf bad = changed(&json, "\"male\": 2",
                             "\"male\": null,\n      \"male_reason\": "
                             "\"=HYPERLINK(1,2)\"");
    struct annual_report r = {0};

    assert_ok(annual_json_decode(buf_bytes(&bad), &r));
    assert_ok(annual_text_csv(&r, &csv));
    ASSERT_CONTAINS(&csv, "\r\nvictims.gender.male,,\"'=HYPERLINK(1,2)\"\r\n");
    annual_report_clear(&r);
    buf_free(&json);
    buf_free(&bad);
    buf_free(&csv);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_json_of_2022_has_the_members_in_their_order),
        cmocka_unit_test(test_what_cannot_be_computed_is_null_with_the_reason),
        cmocka_unit_test(test_a_report_reads_back_as_it_was),
        cmocka_unit_test(
            test_a_report_of_another_authority_says_what_is_not_recorded_by_it),
        cmocka_unit_test(test_a_cut_json_is_refused_at_every_length),
        cmocka_unit_test(test_an_altered_byte_is_refused_or_means_itself),
        cmocka_unit_test(test_hostile_json_is_refused),
        cmocka_unit_test(test_too_much_or_too_deep_a_json_is_refused),
        cmocka_unit_test(test_codes_of_another_schema_stay_readable),
        cmocka_unit_test(test_a_list_may_have_unknown_figures),
        cmocka_unit_test(test_what_is_no_report_is_not_written),
        cmocka_unit_test(
            test_a_preview_shows_multiples_of_five_and_no_country_of_none),
        cmocka_unit_test(test_nothing_of_a_preview_goes_without_its_mark),
        cmocka_unit_test(test_the_table_reads_as_the_published_report),
        cmocka_unit_test(test_the_table_in_japanese),
        cmocka_unit_test(test_figures_stand_below_each_other_within_80_columns),
        cmocka_unit_test(test_wide_numbers_widen_their_column),
        cmocka_unit_test(
            test_reasons_and_other_periods_are_said_in_both_languages),
        cmocka_unit_test(test_no_change_and_unknown_figures_are_said),
        cmocka_unit_test(
            test_csv_has_the_head_and_every_figure_but_the_year_before),
        cmocka_unit_test(test_no_cell_of_csv_is_taken_for_a_formula),
        cmocka_unit_test(test_a_reason_from_elsewhere_is_no_formula_either),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
