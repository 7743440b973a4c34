#include "counts/annual_text.h"
#include "counts/document.h"
#include "counts/document_decode.h"
#include "tests/support/annual_data.h"

/* Released bytes as tables: what an official reads of them. */

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

static struct buf
annual_json(const struct schema *s, const char *authority, const char *profile,
            const char *basis)
{
    struct annual_spec spec = annual_data_spec(2022);
    struct annual_report r;
    struct buf json = BUF_INIT;

    (void)snprintf(spec.authority, sizeof spec.authority, "%s", authority);
    r = annual_data_report(&spec, s);
    (void)snprintf(r.profile, sizeof r.profile, "%s", profile);
    (void)snprintf(r.basis, sizeof r.basis, "%s", basis);
    assert_ok(annual_json_encode(&r, &json));
    annual_report_clear(&r);
    return json;
}

/* The tables of a report without its facts, as document_tables() makes them
 * when it has checked those. */
static void
read_annual(const struct buf *json, const struct schema *s,
            enum schema_lang lang, struct document_tables *t)
{
    struct annual_report r = {0};

    assert_ok(annual_json_decode(buf_bytes(json), &r));
    assert_ok(tables_of_annual(&r, s, lang, t));
    annual_report_clear(&r);
}

static struct document_tables
annual_tables(const struct schema *s, enum schema_lang lang)
{
    struct buf json = annual_json(s, "national", "exact", "Action Plan 2022");
    struct document_tables t;

    read_annual(&json, s, lang, &t);
    buf_free(&json);
    return t;
}

static const struct document_table *
table_of(const struct document_tables *t, const char *section,
         const char *caption)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strstr(t->at[i].section, section) != NULL &&
            strcmp(t->at[i].caption, caption) == 0)
            return &t->at[i];
    }
    fail_msg("there is no table %s: %s", section, caption);
    return NULL;
}

static const struct document_row *
row_of(const struct document_table *t, const char *label)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        if (strcmp(t->rows[i].label, label) == 0)
            return &t->rows[i];
    }
    fail_msg("%s has no row %s", t->caption, label);
    return NULL;
}

static void
assert_cell(const struct document_row *r, size_t column, enum cell_kind kind,
            int64_t value)
{
    if (r->cells[column].kind != kind || r->cells[column].value != value)
        fail_msg("%s is %d: %lld, not %d: %lld", r->label,
                 (int)r->cells[column].kind, (long long)r->cells[column].value,
                 (int)kind, (long long)value);
}

static const char *
note_of(const struct document_tables *t, const char *name)
{
    for (size_t i = 0; i < t->n_notes; i++) {
        if (strcmp(t->notes[i].name, name) == 0)
            return t->notes[i].text;
    }
    fail_msg("there is no note %s", name);
    return NULL;
}

/* ---- the yearly report ---- */

static void
test_the_yearly_report_has_the_published_figures(void **state)
{
    struct document_tables t = annual_tables(*state, SCHEMA_EN);
    const struct document_table *age = table_of(&t, "Victims", "Age");
    const struct document_table *gender = table_of(&t, "accused", "Gender");
    const struct document_table *totals = table_of(&t, "accused", "Totals");
    const struct document_table *end =
        table_of(&t, "accused", "Suspects prosecuted");

    assert_string_equal(t.as_of, "2026-11-24");
    assert_cell(row_of(age, "Minors (under 18)"), 0, CELL_NUMBER, 33);
    assert_cell(row_of(age, "Minors (under 18)"), 1, CELL_CHANGE, 15);
    assert_cell(row_of(age, "18 and over"), 1, CELL_NONE, 0);
    assert_cell(row_of(age, "Total"), 0, CELL_NUMBER, 46);
    assert_cell(row_of(age, "Total"), 1, CELL_CHANGE, -1);
    assert_int_equal(row_of(age, "Total")->kind, ROW_TOTAL);
    assert_int_equal(gender->n_columns, 1);
    assert_cell(row_of(gender, "Male"), 0, CELL_NUMBER, 32);
    assert_cell(row_of(gender, "Total"), 0, CELL_NUMBER, 37);
    assert_cell(row_of(totals, "Cases"), 0, CELL_NUMBER, 83);
    assert_cell(row_of(totals, "Suspects prosecuted"), 0, CELL_NUMBER, 34);
    assert_cell(row_of(end, "Found guilty"), 0, CELL_NUMBER, 28);
    assert_cell(row_of(end, "Total"), 0, CELL_NUMBER, 34);
    document_tables_clear(&t);
}

static void
test_only_parts_of_one_thing_have_a_total_and_a_chart(void **state)
{
    struct document_tables t = annual_tables(*state, SCHEMA_EN);
    const struct document_table *services =
        table_of(&t, "Victims", "Support given (all that apply)");
    const struct document_table *totals = table_of(&t, "accused", "Totals");

    assert_int_equal(table_of(&t, "Victims", "Age")->chart, CHART_BARS);
    assert_int_equal(services->chart, CHART_BARS);
    assert_int_equal(services->rows[services->n_rows - 1].kind, ROW_PART);
    /* Cases and people do not belong in one chart. */
    assert_int_equal(totals->chart, CHART_NONE);
    assert_int_equal(totals->rows[totals->n_rows - 1].kind, ROW_PART);
    document_tables_clear(&t);
}

static void
test_notes_say_what_the_figures_are(void **state)
{
    struct document_tables en = annual_tables(*state, SCHEMA_EN);
    struct document_tables ja = annual_tables(*state, SCHEMA_JA);
    struct buf json = annual_json(*state, "national", "public", "");
    struct document_tables rounded;

    assert_string_equal(note_of(&en, "Year"), "2022 (January to December)");
    assert_string_equal(note_of(&en, "As of"), "2026-11-24");
    assert_string_equal(note_of(&en, "Counted by"), "National total");
    assert_string_equal(note_of(&en, "Legal basis"), "Action Plan 2022");
    assert_non_null(strstr(note_of(&en, "Profile"), "Exact figures"));
    assert_non_null(strstr(note_of(&en, "Made from"), "report.json"));
    assert_int_equal(ja.lang, DOCUMENT_JA);
    assert_string_equal(note_of(&ja, "対象年"), "2022年（1月～12月）");
    assert_cell(row_of(table_of(&ja, "被害者", "性別"), "女性"), 0, CELL_NUMBER,
                44);
    read_annual(&json, *state, SCHEMA_EN, &rounded);
    assert_non_null(strstr(note_of(&rounded, "Profile"),
                           "multiple of 5 and at most 4 off"));
    for (size_t i = 0; i < rounded.n_notes; i++)
        assert_string_not_equal(rounded.notes[i].name, "Legal basis");
    document_tables_clear(&en);
    document_tables_clear(&ja);
    document_tables_clear(&rounded);
    buf_free(&json);
}

/* Some went a step further, to add up with what was printed before. */
static void
test_figures_further_off_are_not_said_to_be_within_4(void **state)
{
    static const char *const far[SCHEMA_LANGS] = {"at most 9 off", "最大9"};
    static const char *const names[SCHEMA_LANGS] = {"Profile", "公表区分"};
    struct buf json = annual_json(*state, "national", "public", "");
    struct annual_report r = {0};

    assert_ok(annual_json_decode(buf_bytes(&json), &r));
    r.figures.is_wide = true;
    for (size_t lang = 0; lang < SCHEMA_LANGS; lang++) {
        struct document_tables t;
        struct buf text = BUF_INIT;

        assert_ok(tables_of_annual(&r, *state, (enum schema_lang)lang, &t));
        assert_non_null(strstr(note_of(&t, names[lang]), far[lang]));
        assert_ok(annual_text_table(&r, *state, (enum schema_lang)lang, &text));
        assert_ok(buf_append(&text, bytes_of("", 1)));
        assert_non_null(strstr((const char *)text.ptr, far[lang]));
        buf_free(&text);
        document_tables_clear(&t);
    }
    annual_report_clear(&r);
    buf_free(&json);
}

static void
test_what_is_not_known_says_why_once(void **state)
{
    struct buf json = annual_json(*state, "police", "exact", "");
    struct document_tables t;
    const struct document_table *totals;

    read_annual(&json, *state, SCHEMA_EN, &t);
    totals = table_of(&t, "accused", "Totals");
    assert_cell(row_of(totals, "Cases"), 0, CELL_UNKNOWN, 0);
    assert_int_equal(totals->n_reasons, 1);
    assert_string_equal(totals->reasons[0], "not recorded by authority");
    assert_int_equal(table_of(&t, "accused", "Suspects prosecuted")->chart,
                     CHART_NONE);
    document_tables_clear(&t);
    read_annual(&json, *state, SCHEMA_JA, &t);
    assert_string_equal(table_of(&t, "被疑者", "総数")->reasons[0],
                        "機関別の記録なし");
    document_tables_clear(&t);
    buf_free(&json);
}

static void
test_what_is_no_release_makes_no_tables(void **state)
{
    struct buf preview = annual_json(*state, "national", ANNUAL_PREVIEW, "");
    struct document_tables t;

    assert_err(document_tables(buf_bytes(&preview), *state, SCHEMA_EN, &t),
               SV_ERR_FORMAT);
    assert_int_equal(t.n, 0);
    assert_err(document_tables(bytes_text("{}"), *state, SCHEMA_EN, &t),
               SV_ERR_FORMAT);
    assert_err(document_tables(bytes_text(""), *state, SCHEMA_EN, &t),
               SV_ERR_FORMAT);
    buf_free(&preview);
}

/* ---- plans ---- */

#define HEAD                                                                   \
    "plan \"Shelters\" population victim unit person as_of 2023-03-31\n"       \
    "count basis national period calendar 2022\ncodelist age_band v1\n"

/* The tables of a plan with these figures, by name and value. */
static enum sv_err
plan_tables(const struct schema *s, const char *statements, size_t n,
            const char *const names[], const int64_t values[],
            struct document_tables *out)
{
    struct plan_result r = {.profile = "exact"};
    struct buf text = BUF_INIT;
    struct plan_fault fault = {0};
    struct plan *plan = NULL;
    enum sv_err err;

    assert_ok(buf_printf(&text, HEAD "%s\nmethod exact\n", statements));
    if (plan_parse(s, buf_bytes(&text), &plan, &fault) != SV_OK)
        fail_msg("%zu:%zu: %s", fault.line, fault.column, fault.reason);
    assert_ok(buf_append(&r.plan, plan_canonical(plan)));
    figures_init(&r.figures);
    for (size_t i = 0; i < n; i++) {
        struct figure *f;
        size_t at;

        assert_ok(figures_add(&r.figures, names[i], values[i], &at));
        f = &r.figures.at[at];
        f->is_change = strstr(names[i], ".change") != NULL ||
                       strstr(names[i], ".percent") != NULL;
        f->is_percent = strstr(names[i], ".share") != NULL ||
                        strstr(names[i], ".percent") != NULL;
        f->digits = f->is_percent ? 1 : 0;
    }
    err = tables_of_plan(&r, s, SCHEMA_EN, out);
    if (err != SV_OK)
        document_tables_clear(out);
    plan_json_clear(&r);
    plan_free(plan);
    buf_free(&text);
    return err;
}

static void
test_a_plan_of_two_years_has_pairs_and_signed_changes(void **state)
{
    static const char *const names[] = {
        "t.2021.female", "t.2021.male",  "t.2021.total",  "t.2022.female",
        "t.2022.male",   "t.2022.total", "t.change.male", "t.change.total"};
    static const int64_t values[] = {30, 6, 36, 40, 4, 44, -2, 8};
    struct document_tables t;

    assert_ok(plan_tables(*state,
                          "table t by gender where identification_status = "
                          "actual compare 2021 delta",
                          8, names, values, &t));
    assert_string_equal(t.title, "Shelters");
    assert_string_equal(note_of(&t, "Population"), "Victim");
    assert_string_equal(note_of(&t, "Counted"),
                        "National total, calendar year 2022");
    assert_int_equal(t.n, 1);
    assert_string_equal(t.at[0].caption, "t: Gender");
    assert_string_equal(t.at[0].columns[0].head, "2021");
    assert_int_equal(t.at[0].columns[2].kind, COLUMN_DERIVED);
    assert_cell(row_of(&t.at[0], "Male"), 2, CELL_CHANGE, -2);
    /* A cell that the release does not have is empty, not 0. */
    assert_cell(row_of(&t.at[0], "Female"), 2, CELL_NONE, 0);
    assert_int_equal(t.at[0].chart, CHART_PAIRS);
    assert_non_null(strstr(t.at[0].notes[0], "Only: "));
    document_tables_clear(&t);
}

static void
test_a_third_field_makes_groups_and_no_chart(void **state)
{
    static const char *const names[] = {
        "t.0-17.JPN.female", "t.18_plus.JPN.male", "t.0-17.THA.female"};
    static const int64_t values[] = {3, 2, 1};
    struct document_tables t;

    assert_ok(plan_tables(*state,
                          "table t by gender, citizenship, age_band margins", 3,
                          names, values, &t));
    assert_int_equal(t.at[0].rows[0].kind, ROW_GROUP);
    assert_int_equal(t.at[0].chart, CHART_NONE);
    assert_non_null(strstr(t.at[0].notes[0], "do not add up"));
    document_tables_clear(&t);
}

static void
test_percentages_stand_beside_their_numbers_and_are_not_drawn(void **state)
{
    static const char *const names[] = {
        "t.2021.female",   "t.2021.male",       "t.2021.total",
        "t.2022.female",   "t.2022.male",       "t.2022.total",
        "t.change.male",   "t.share.2022.male", "t.share.2022.female",
        "t.percent.female"};
    static const int64_t values[] = {30, 6, 36, 40, 4, 44, -2, 91, 909, 333};
    struct document_tables t;
    const struct document_row *male;

    assert_ok(plan_tables(*state,
                          "table t by gender compare 2021 delta\n"
                          "derive share t gender percent 1\n"
                          "derive change t percent 1",
                          10, names, values, &t));
    assert_int_equal(t.at[0].n_columns, 6);
    assert_string_equal(t.at[0].columns[3].head, "2022: Share, %");
    male = row_of(&t.at[0], "Male");
    assert_cell(male, 3, CELL_SHARE, 91);
    assert_int_equal(male->cells[3].digits, 1);
    assert_cell(row_of(&t.at[0], "Female"), 5, CELL_SHARE_CHANGE, 333);
    assert_int_equal(t.at[0].chart, CHART_PAIRS);
    assert_int_equal(t.at[0].chart_columns[1], 2);
    document_tables_clear(&t);
}

static void
test_codes_stand_indented_under_their_group_and_are_not_added_to_it(
    void **state)
{
    static const char *const names[] = {"t.asia", "t.PHL", "t.THA", "t.JPN",
                                        "t.total"};
    static const int64_t values[] = {11, 10, 1, 36, 47};
    struct document_tables t;

    assert_ok(plan_tables(*state,
                          "hierarchy citizenship {asia: {PHL, THA}}\n"
                          "table t by citizenship",
                          5, names, values, &t));
    assert_int_equal(row_of(&t.at[0], "asia")->kind, ROW_TOTAL);
    assert_false(row_of(&t.at[0], "asia")->indented);
    assert_true(row_of(&t.at[0], "Thailand")->indented);
    assert_false(row_of(&t.at[0], "Japan")->indented);
    assert_string_equal(t.at[0].rows[0].label, "asia");
    document_tables_clear(&t);
}

static void
test_a_figure_of_no_table_is_refused(void **state)
{
    static const char *const names[] = {"t.female", "other.male"};
    static const int64_t values[] = {1, 1};
    struct document_tables t;

    assert_err(plan_tables(*state, "table t by gender", 2, names, values, &t),
               SV_ERR_FORMAT);
    assert_null(t.at);
}

/* ---- made by hand ---- */

static void
fill(struct document_tables *t, size_t rows, size_t columns,
     struct document_table **table)
{
    struct document_cell *cells;

    assert_ok(
        document_tables_init(t, DOCUMENT_EN, "2023-03-31", bytes_text("T")));
    assert_ok(document_tables_add(t, "", bytes_text("c"), "s", table));
    for (size_t i = 0; i < columns; i++)
        assert_ok(document_table_column(*table, COLUMN_PART, bytes_text("n")));
    for (size_t i = 0; i < rows; i++) {
        assert_ok(
            document_table_row(*table, ROW_PART, bytes_text("r"), &cells));
        for (size_t k = 0; k < columns; k++)
            cells[k] = (struct document_cell){.kind = CELL_NUMBER, .value = 5};
    }
}

static enum chart_kind
chart_of(struct document_tables *t, struct document_table *table)
{
    enum chart_kind kind;

    document_table_chart(table);
    kind = table->chart;
    document_tables_clear(t);
    return kind;
}

static void
test_a_chart_is_drawn_only_where_it_makes_sense(void **state)
{
    struct document_tables t;
    struct document_table *table;

    (void)state;
    fill(&t, 2, 1, &table);
    assert_int_equal(chart_of(&t, table), CHART_BARS);
    fill(&t, CHART_ROWS_MAX, 2, &table);
    assert_int_equal(chart_of(&t, table), CHART_PAIRS);
    fill(&t, 1, 1, &table);
    assert_int_equal(chart_of(&t, table), CHART_NONE);
    fill(&t, CHART_ROWS_MAX + 1, 1, &table);
    assert_int_equal(chart_of(&t, table), CHART_NONE);
    fill(&t, 2, 3, &table);
    assert_int_equal(chart_of(&t, table), CHART_NONE);
    fill(&t, 2, 0, &table);
    assert_int_equal(chart_of(&t, table), CHART_NONE);
    fill(&t, 2, 1, &table);
    table->rows[0].cells[0].value = 0;
    table->rows[1].cells[0].value = 0;
    assert_int_equal(chart_of(&t, table), CHART_NONE);
    fill(&t, 2, 1, &table);
    assert_ok(document_table_unknown(table, "why", &table->rows[1].cells[0]));
    assert_int_equal(chart_of(&t, table), CHART_NONE);
    fill(&t, 3, 1, &table);
    table->rows[1].kind = ROW_TOTAL;
    assert_int_equal(chart_of(&t, table), CHART_NONE);
    fill(&t, 3, 1, &table);
    table->rows[0].kind = ROW_GROUP;
    assert_int_equal(chart_of(&t, table), CHART_NONE);
}

static void
test_no_text_obeys_or_breaks_what_holds_it(void **state)
{
    static const char hostile[] =
        "a\x1b[31m\x07 \xE2\x80\xAE \xEF\xBF\xBE\xEF\xBF\xBF \xFF\n z";
    struct document_tables t;

    (void)state;
    assert_ok(document_tables_init(&t, DOCUMENT_EN, "2023-03-31",
                                   bytes_text(hostile)));
    assert_string_equal(t.title, "a<U+001B>[31m<U+0007> <U+202E> "
                                 "\xEF\xBF\xBD\xEF\xBF\xBD <FF><U+000A> z");
    document_tables_clear(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_yearly_report_has_the_published_figures),
        cmocka_unit_test(test_only_parts_of_one_thing_have_a_total_and_a_chart),
        cmocka_unit_test(test_notes_say_what_the_figures_are),
        cmocka_unit_test(test_figures_further_off_are_not_said_to_be_within_4),
        cmocka_unit_test(test_what_is_not_known_says_why_once),
        cmocka_unit_test(test_what_is_no_release_makes_no_tables),
        cmocka_unit_test(test_a_plan_of_two_years_has_pairs_and_signed_changes),
        cmocka_unit_test(test_a_third_field_makes_groups_and_no_chart),
        cmocka_unit_test(
            test_percentages_stand_beside_their_numbers_and_are_not_drawn),
        cmocka_unit_test(
            test_codes_stand_indented_under_their_group_and_are_not_added_to_it),
        cmocka_unit_test(test_a_figure_of_no_table_is_refused),
        cmocka_unit_test(test_a_chart_is_drawn_only_where_it_makes_sense),
        cmocka_unit_test(test_no_text_obeys_or_breaks_what_holds_it),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
