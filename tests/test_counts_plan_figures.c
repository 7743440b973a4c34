#include "counts/plan_cell.h"
#include "counts/plan_derive.h"
#include "counts/plan_json.h"
#include "counts/plan_nested.h"
#include "counts/plan_tally.h"
#include "counts/plan_text.h"
#include "counts/risk.h"
#include "tests/support/annual_data.h"

/* What a plan comes to: groups of codes, totals that nobody prints,
 * percentages of printed figures. */

#define HEAD "plan \"T\" population victim unit person as_of 2023-03-31\n"
#define EXACT "\nmethod exact\n"
#define YEARS "count basis national period calendar 2022\n"
#define ROUTES                                                                 \
    "hierarchy detection_route {state: {police_raid, immigration}, "           \
    "others: {ngo, embassy}}\n"

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
parse(const struct schema *s, const char *text)
{
    struct plan_fault f = {0};
    struct plan *p = NULL;

    if (plan_parse(s, bytes_text(text), &p, &f) != SV_OK)
        fail_msg("%zu:%zu %s: %s", f.line, f.column, f.word, f.reason);
    return p;
}

static void
count(const struct schema *s, const struct plan *p, const char *rows,
      struct figures *out)
{
    struct import im = {0};
    struct tally *t = NULL;
    struct diag where = {0};
    size_t at;

    assert_ok(tally_new(p, &t));
    if (import_read(schema_type(s, "victim"), bytes_text(rows), &im, &where) !=
            SV_OK ||
        im.n_bad > 0)
        fail_msg("line %zu %s: %s", where.line, where.column, where.reason);
    assert_non_null(schema_compartment(schema_type(s, "victim"), "facts", &at));
    for (size_t i = 0; i < im.n; i++)
        assert_ok(tally_add(t, "victim", i * UINT64_C(0x9E3779B97F4A7C15),
                            &im.drafts[i].contents[at]));
    assert_ok(tally_end(t, out));
    import_free(&im);
    tally_free(t);
}

static int64_t
value(const struct figures *f, const char *name)
{
    size_t at;

    if (figures_find(f, name, &at) != SV_OK)
        fail_msg("no %s", name);
    assert_true(f->at[at].known);
    return f->at[at].value;
}

static bool
is_unprinted(const struct figures *f, const char *name)
{
    size_t at;

    if (figures_find(f, name, &at) != SV_OK)
        fail_msg("no %s", name);
    return f->at[at].unprinted;
}

/* "whole = part + part", in the order of the relation. */
static bool
relates(const struct figures *f, const char *want)
{
    bool found = false;

    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];
        struct buf text = BUF_INIT;

        assert_ok(buf_printf(&text, "%s =", f->at[r->whole].name));
        for (size_t k = 0; k < r->n; k++)
            assert_ok(buf_printf(&text, "%s %s", k == 0 ? "" : " +",
                                 f->at[r->parts[k]].name));
        found = found || text_is(buf_bytes(&text), want);
        buf_free(&text);
    }
    return found;
}

static void
assert_sums(const struct figures *f)
{
    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];
        int64_t sum = 0;

        assert_true(r->complete);
        for (size_t k = 0; k < r->n; k++)
            sum += f->at[r->parts[k]].value;
        assert_int_equal(sum, f->at[r->whole].value);
    }
}

#define COLUMNS "identity.case_no,facts.gender,facts.detection_route\n"
static const char routes[] =
    COLUMNS "1,female,police_raid\n2,female,police_raid\n3,male,immigration\n"
            "4,female,ngo\n5,female,self\n6,female,self\n7,male,self\n";

static void
test_a_group_is_a_margin_between_its_codes_and_the_total(void **state)
{
    struct plan *p =
        parse(*state, HEAD ROUTES "table r by detection_route" EXACT);
    struct figures f;

    count(*state, p, routes, &f);
    assert_int_equal(value(&f, "r.total"), 7);
    assert_int_equal(value(&f, "r.state"), 3);
    assert_int_equal(value(&f, "r.police_raid"), 2);
    assert_int_equal(value(&f, "r.others"), 1);
    assert_int_equal(value(&f, "r.self"), 3);
    assert_true(relates(&f, "r.state = r.police_raid + r.immigration"));
    assert_true(relates(&f, "r.others = r.ngo"));
    assert_true(relates(&f, "r.total = r.self + r.state + r.others"));
    assert_int_equal(f.n_relations, 3);
    assert_sums(&f);
    figures_clear(&f);
    plan_free(p);
}

static void
test_groups_stand_in_crossed_tables_on_either_side(void **state)
{
    struct plan *p =
        parse(*state, HEAD ROUTES "hierarchy gender {mf: {male, female}}\n"
                                  "table r by detection_route, gender" EXACT);
    struct figures f;

    count(*state, p, routes, &f);
    assert_int_equal(value(&f, "r.state.female"), 2);
    assert_int_equal(value(&f, "r.state.mf"), 3);
    assert_int_equal(value(&f, "r.state.total"), 3);
    assert_int_equal(value(&f, "r.total.mf"), 7);
    assert_true(relates(&f, "r.state.mf = r.police_raid.mf + "
                            "r.immigration.mf"));
    assert_true(relates(&f, "r.state.mf = r.state.female + r.state.male"));
    assert_true(relates(&f, "r.state.total = r.state.mf"));
    assert_sums(&f);
    figures_clear(&f);
    plan_free(p);
}

/* One table's group, 6 of the 7 of another's set; and 7 others. */
static void
test_a_group_is_a_part_of_what_names_more_than_its_codes(void **state)
{
    static const char rows[] =
        COLUMNS "1,female,police_raid\n2,female,police_raid\n"
                "3,male,immigration\n4,female,immigration\n"
                "5,female,police_raid\n6,female,police_raid\n"
                "7,male,ngo\n8,male,self\n9,male,self\n10,male,self\n"
                "11,male,self\n12,male,self\n13,male,self\n14,male,self\n";
    struct plan *p = parse(*state, HEAD ROUTES
                           "table r by detection_route margins\n"
                           "table s where detection_route in {police_raid, "
                           "immigration, ngo}\n"
                           "table t where detection_route = self" EXACT);
    struct figures f;

    count(*state, p, rows, &f);
    assert_ok(plan_relate_nested(p, &f));
    assert_true(relates(&f, "s.total = r.state"));
    assert_false(relates(&f, "r.state = s.total"));
    assert_false(relates(&f, "t.total = r.state"));
    assert_false(relates(&f, "r.state = r.police_raid"));
    figures_clear(&f);
    plan_free(p);
}

static void
test_a_group_counts_a_record_with_two_of_its_codes_once(void **state)
{
    static const char rows[] =
        "identity.case_no,facts.citizenship\n1,THA;PHL\n2,PHL\n3,JPN\n";
    struct plan *p =
        parse(*state, HEAD "hierarchy citizenship {asia: {THA, PHL}}\n"
                           "table c by citizenship" EXACT);
    struct figures f;

    count(*state, p, rows, &f);
    assert_int_equal(value(&f, "c.asia"), 2);
    assert_int_equal(value(&f, "c.PHL"), 2);
    assert_int_equal(value(&f, "c.THA"), 1);
    assert_int_equal(f.n_relations, 0);
    figures_clear(&f);
    plan_free(p);
}

static void
test_the_total_of_a_printed_partition_is_a_figure_that_nobody_prints(
    void **state)
{
    struct plan *p = parse(*state, HEAD "table g by gender margins\n"
                                        "table c by detection_route, gender "
                                        "margins (gender)" EXACT);
    struct figures f, preview;

    count(*state, p, routes, &f);
    assert_true(is_unprinted(&f, "g.total"));
    assert_int_equal(value(&f, "g.total"), 7);
    assert_true(relates(&f, "g.total = g.female + g.male"));
    assert_false(is_unprinted(&f, "g.male"));
    assert_true(is_unprinted(&f, "c.total"));
    assert_true(is_unprinted(&f, "c.self.total"));
    assert_false(is_unprinted(&f, "c.total.male"));
    assert_true(relates(&f, "c.self.total = c.self.female + c.self.male"));
    assert_sums(&f);
    figures_init(&preview);
    assert_ok(plan_preview(p, &f, (const uint8_t[32]){0}, &preview));
    assert_err(figures_find(&preview, "g.total", &(size_t){0}),
               SV_ERR_NOT_FOUND);
    figures_clear(&preview);
    figures_clear(&f);
    plan_free(p);
}

static bool
has(const struct buf *text, const char *part)
{
    return memmem(text->ptr, text->len, part, strlen(part)) != NULL;
}

static void
test_no_form_shows_a_figure_that_is_not_printed(void **state)
{
    struct plan *p = parse(*state, HEAD "table g by gender margins" EXACT);
    struct buf json = BUF_INIT, csv = BUF_INIT, text = BUF_INIT;
    struct plan_result again = {0};
    struct risk_list risks = {0};
    struct figures f;

    count(*state, p, routes, &f);
    assert_ok(plan_json_encode(plan_canonical(p), "exact", bytes_text(""), &f,
                               &json));
    assert_ok(plan_text_csv(&f, &csv));
    assert_ok(plan_text_tables(p, &f, SCHEMA_EN, false, &text));
    assert_false(has(&json, "total"));
    assert_false(has(&csv, "total"));
    assert_false(has(&text, "Total"));
    assert_true(has(&csv, "g.male,2,\r\n"));
    assert_ok(plan_json_decode(buf_bytes(&json), &again));
    assert_int_equal(again.figures.n, 2);
    assert_int_equal(again.figures.n_relations, 0);
    /* It is derived, as anybody does. */
    assert_ok(plan_relate_nested(p, &f));
    assert_ok(risk_find(&f, &risks));
    assert_int_equal(risks.at[0].kind, RISK_CELL);
    assert_string_equal(risks.at[0].expression, "g.male");
    for (size_t i = 0; i < risks.n; i++)
        assert_false(risks.at[i].kind == RISK_CELL &&
                     strcmp(risks.at[i].name, "g.total") == 0);
    risk_clear(&risks);
    plan_json_clear(&again);
    figures_clear(&f);
    plan_free(p);
    buf_free(&json);
    buf_free(&csv);
    buf_free(&text);
}

static void
test_relations_of_printed_figures_keep_their_places_in_json(void **state)
{
    struct plan *p = parse(*state, HEAD "table a by gender margins\n"
                                        "table b by gender" EXACT);
    struct buf json = BUF_INIT;
    struct plan_result again = {0};
    struct figures f;

    count(*state, p, routes, &f);
    assert_ok(plan_json_encode(plan_canonical(p), "exact", bytes_text(""), &f,
                               &json));
    assert_ok(plan_json_decode(buf_bytes(&json), &again));
    assert_true(relates(&again.figures, "b.total = b.female + b.male"));
    assert_int_equal(again.figures.n_relations, 1);
    plan_json_clear(&again);
    figures_clear(&f);
    plan_free(p);
    buf_free(&json);
}

/* 46 as in the report of 2022: 2 of them male; a year before 47. */
static void
put_rows(struct buf *out, unsigned year, unsigned male, unsigned female)
{
    for (unsigned i = 0; i < male + female; i++)
        assert_ok(buf_printf(out, "%u-%u,%s,national,%u\n", year, i,
                             i < male ? "male" : "female", year));
}

static void
count_years(const struct schema *s, const struct plan *p, struct figures *f)
{
    struct buf rows = BUF_INIT;

    assert_ok(buf_text(&rows, "identity.case_no,facts.gender,facts.counted_by,"
                              "facts.counted_year\n"));
    put_rows(&rows, 2022, 2, 44);
    put_rows(&rows, 2021, 7, 40);
    assert_ok(buf_append(&rows, bytes_of("", 1)));
    count(s, p, (char *)rows.ptr, f);
    buf_free(&rows);
}

static void
assert_percent(const struct figures *f, const char *name, const char *want)
{
    struct buf text = BUF_INIT;
    size_t at;

    if (figures_find(f, name, &at) != SV_OK)
        fail_msg("no %s", name);
    assert_true(f->at[at].is_percent);
    if (f->at[at].known)
        assert_ok(plan_derive_text(&f->at[at], &text));
    else
        assert_ok(buf_text(&text, f->at[at].reason));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    assert_string_equal((char *)text.ptr, want);
    buf_free(&text);
}

static void
test_shares_and_changes_come_from_printed_figures(void **state)
{
    struct plan *p =
        parse(*state, HEAD YEARS "table g by gender compare 2021 delta\n"
                                 "derive share g gender percent 1\n"
                                 "derive change g percent 0" EXACT);
    struct figures f;
    size_t n, at;

    count_years(*state, p, &f);
    n = f.n;
    assert_ok(plan_derive(p, &f));
    assert_percent(&f, "g.share.2022.male", "4.3");
    assert_percent(&f, "g.share.2022.female", "95.7");
    assert_percent(&f, "g.share.2021.male", "14.9");
    assert_percent(&f, "g.percent.total", "-2");
    assert_percent(&f, "g.percent.female", "10");
    assert_percent(&f, "g.percent.male", "the earlier figure is under 20");
    assert_err(figures_find(&f, "g.share.2022.total", &at), SV_ERR_NOT_FOUND);
    assert_int_equal(f.n, n + 4 + 3);
    figures_clear(&f);
    plan_free(p);
}

static void
test_shares_follow_what_stands_there_and_not_the_count(void **state)
{
    struct plan *p = parse(*state, HEAD "table g by gender\n"
                                        "derive share g gender percent 1\n"
                                        "method round base 5");
    struct figures f;
    size_t at;

    figures_init(&f);
    assert_ok(figures_add(&f, "g.female", 45, &at));
    assert_ok(figures_add(&f, "g.male", 0, &at));
    f.at[at].of.n = 2;
    assert_ok(figures_add(&f, "g.total", 45, &at));
    assert_ok(plan_derive(p, &f));
    assert_percent(&f, "g.share.male", "0.0");
    assert_percent(&f, "g.share.female", "100.0");
    figures_clear(&f);
    plan_free(p);
}

static void
test_a_percent_of_fewer_than_20_is_not_said(void **state)
{
    struct plan *p =
        parse(*state, HEAD "table g by gender\n"
                           "derive share g gender percent 1" EXACT);
    struct figures f;
    size_t at;

    for (int64_t whole = 19; whole <= 20; whole++) {
        figures_init(&f);
        assert_ok(figures_add(&f, "g.female", 3, &at));
        assert_ok(figures_add(&f, "g.total", whole, &at));
        assert_ok(plan_derive(p, &f));
        assert_percent(&f, "g.share.female",
                       whole == 19 ? "the whole is under 20" : "15.0");
        figures_clear(&f);
    }
    plan_free(p);
}

static void
test_a_percent_of_an_unprinted_total_is_not_computed(void **state)
{
    struct plan *p =
        parse(*state, HEAD "table g by gender\n"
                           "derive share g gender percent 1" EXACT);
    struct figures f;
    size_t at;

    figures_init(&f);
    assert_ok(figures_add(&f, "g.female", 30, &at));
    assert_ok(figures_add(&f, "g.total", 40, &at));
    f.at[at].unprinted = true;
    assert_ok(plan_derive(p, &f));
    assert_int_equal(f.n, 2);
    figures_clear(&f);
    plan_free(p);
}

static void
test_percentages_are_printed_and_read_again_in_every_form(void **state)
{
    struct plan *p =
        parse(*state, HEAD YEARS "table g by gender compare 2021 delta\n"
                                 "derive share g gender percent 1\n"
                                 "derive change g percent 1" EXACT);
    struct buf json = BUF_INIT, csv = BUF_INIT, text = BUF_INIT;
    struct plan_result again = {0};
    struct figures f;

    count_years(*state, p, &f);
    assert_ok(plan_derive(p, &f));
    assert_ok(plan_json_encode(plan_canonical(p), "exact", bytes_text(""), &f,
                               &json));
    assert_true(has(&json, "\"g.share.2022.male\",\"reason\":\"\","
                           "\"value\":\"4.3\"}"));
    assert_ok(plan_json_decode(buf_bytes(&json), &again));
    assert_percent(&again.figures, "g.percent.total", "-2.1");
    assert_ok(plan_text_csv(&again.figures, &csv));
    assert_true(has(&csv, "g.percent.total,-2.1,\r\n"));
    assert_true(has(&csv, "g.percent.male,,the earlier figure is under 20"));
    assert_ok(plan_text_tables(p, &again.figures, SCHEMA_EN, false, &text));
    assert_true(has(&text, "  Gender  2021  2021: Share, %  2022  "
                           "2022: Share, %  Change  Change, %\n"));
    assert_true(has(&text, "  Female    40            85.1    44            "
                           "95.7      +4      +10.0\n"));
    assert_true(has(&text, "  - Change, %: the earlier figure is under 20\n"));
    plan_json_clear(&again);
    figures_clear(&f);
    plan_free(p);
    buf_free(&json);
    buf_free(&csv);
    buf_free(&text);
}

static void
test_groups_stand_over_their_codes(void **state)
{
    struct plan *p =
        parse(*state, HEAD ROUTES "table r by detection_route" EXACT);
    struct buf text = BUF_INIT;
    struct figures f;

    count(*state, p, routes, &f);
    assert_ok(plan_text_tables(p, &f, SCHEMA_EN, false, &text));
    assert_true(has(&text, "\nValues are exact figures.\n"));
    assert_true(has(&text, "  state                                 3\n"
                           "    Police raid                         2\n"
                           "    Immigration                         1\n"
                           "  others                                1\n"
                           "    Non-governmental organisation       1\n"
                           "  The person came forward               3\n"
                           "  Total                                 7\n"));
    figures_clear(&f);
    plan_free(p);
    buf_free(&text);
}

/* The report of one figure, as text. */
static struct bytes
report_of(struct buf *json, long long value)
{
    buf_truncate(json, 0);
    assert_ok(
        buf_printf(json,
                   "{\"basis\":\"law\",\"figures\":[{\"change\":false,"
                   "\"name\":\"t.total\",\"reason\":\"\",\"value\":%lld}],"
                   "\"format\":\"svault/counts/v1\",\"plan\":\"plan\","
                   "\"profile\":\"exact\",\"relations\":[]}\n",
                   value));
    return buf_bytes(json);
}

static void
test_no_number_is_larger_than_readers_outside_have_room_for(void **state)
{
    struct buf json = BUF_INIT, out = BUF_INIT;
    struct plan_result r = {0};

    (void)state;
    assert_ok(plan_json_decode(report_of(&json, PLAN_JSON_VALUE_MAX), &r));
    r.figures.at[0].value++;
    assert_err(plan_json_encode(bytes_text("plan"), "exact", bytes_text("law"),
                                &r.figures, &out),
               SV_ERR_RANGE);
    assert_int_equal(out.len, 0);
    plan_json_clear(&r);
    assert_err(plan_json_decode(report_of(&json, PLAN_JSON_VALUE_MAX + 1), &r),
               SV_ERR_FORMAT);
    assert_err(plan_json_decode(report_of(&json, INT64_MAX), &r),
               SV_ERR_FORMAT);
    buf_free(&json);
}

static const char *const not_percent[] = {"",    "4.",   ".3",  "4.33",
                                          "+4",  "4.3%", "04",  "-0",
                                          "4,3", "-",    "-.5", "4.3.1"};

static void
test_hostile_percentages_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof not_percent / sizeof not_percent[0]; i++) {
        int64_t value;
        unsigned digits;

        assert_err(
            plan_derive_parse(bytes_text(not_percent[i]), &value, &digits),
            SV_ERR_FORMAT);
    }
}

static void
test_a_preview_leaves_groups_out(void **state)
{
    struct plan *p =
        parse(*state, HEAD ROUTES "table r by detection_route" EXACT);
    struct buf rows = BUF_INIT, text = BUF_INIT;
    struct plan_fault fault = {0};
    struct figures f, preview;
    size_t at;

    assert_ok(buf_text(&rows, COLUMNS));
    for (unsigned i = 0; i < 40; i++)
        assert_ok(buf_printf(&rows, "%u,female,%s\n", i,
                             i < 20 ? "police_raid" : "self"));
    assert_ok(buf_append(&rows, bytes_of("", 1)));
    count(*state, p, (char *)rows.ptr, &f);
    assert_int_equal(value(&f, "r.state"), 20);
    figures_init(&preview);
    assert_ok(plan_check_preview(p, &fault));
    assert_ok(plan_preview(p, &f, (const uint8_t[32]){0}, &preview));
    assert_ok(figures_find(&preview, "r.police_raid", &at));
    assert_err(figures_find(&preview, "r.state", &at), SV_ERR_NOT_FOUND);
    assert_ok(plan_text_tables(p, &preview, SCHEMA_EN, true, &text));
    assert_true(has(&text, "\n  Police raid"));
    assert_false(has(&text, "state"));
    figures_clear(&preview);
    figures_clear(&f);
    plan_free(p);
    buf_free(&rows);
    buf_free(&text);
}

static void
test_a_previewed_table_without_a_row_says_so(void **state)
{
    struct plan *p =
        parse(*state, HEAD "table g by gender where detection_route = school\n"
                           "table h by gender" EXACT);
    struct buf text = BUF_INIT;
    struct figures f, preview;

    count(*state, p, routes, &f);
    figures_init(&preview);
    assert_ok(plan_preview(p, &f, (const uint8_t[32]){0}, &preview));
    assert_ok(plan_text_tables(p, &preview, SCHEMA_EN, true, &text));
    assert_true(has(&text, "School\n  No row: nothing but 0.\n\nh: Gender\n"
                           "  Gender  Number\n"));
    figures_clear(&preview);
    figures_clear(&f);
    plan_free(p);
    buf_free(&text);
}

static void
test_only_keys_can_be_known_to_an_outsider(void **state)
{
    struct plan *p = parse(
        *state, HEAD "codelist age_band v1\n"
                     "table a by gender, age_band, citizenship\n"
                     "table b by nationality_group, services, exploitation\n"
                     "table c by residence_status" EXACT);
    static const char *const keys[] = {"gender", "age_band", "citizenship",
                                       "nationality_group"};

    for (size_t i = 0; i < p->n_variables; i++) {
        bool key = false;

        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            key = key || strcmp(p->variables[i].name, keys[k]) == 0;
        assert_int_equal(p->variables[i].secret, !key);
    }
    plan_free(p);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_group_is_a_margin_between_its_codes_and_the_total),
        cmocka_unit_test(test_groups_stand_in_crossed_tables_on_either_side),
        cmocka_unit_test(
            test_a_group_is_a_part_of_what_names_more_than_its_codes),
        cmocka_unit_test(
            test_a_group_counts_a_record_with_two_of_its_codes_once),
        cmocka_unit_test(
            test_the_total_of_a_printed_partition_is_a_figure_that_nobody_prints),
        cmocka_unit_test(test_no_form_shows_a_figure_that_is_not_printed),
        cmocka_unit_test(
            test_relations_of_printed_figures_keep_their_places_in_json),
        cmocka_unit_test(test_shares_and_changes_come_from_printed_figures),
        cmocka_unit_test(
            test_shares_follow_what_stands_there_and_not_the_count),
        cmocka_unit_test(test_a_percent_of_fewer_than_20_is_not_said),
        cmocka_unit_test(test_a_percent_of_an_unprinted_total_is_not_computed),
        cmocka_unit_test(
            test_percentages_are_printed_and_read_again_in_every_form),
        cmocka_unit_test(test_groups_stand_over_their_codes),
        cmocka_unit_test(test_hostile_percentages_are_refused),
        cmocka_unit_test(
            test_no_number_is_larger_than_readers_outside_have_room_for),
        cmocka_unit_test(test_a_preview_leaves_groups_out),
        cmocka_unit_test(test_a_previewed_table_without_a_row_says_so),
        cmocka_unit_test(test_only_keys_can_be_known_to_an_outsider),
    };

    return cmocka_run_group_tests_name("counts_plan_figures", tests, setup,
                                       teardown);
}
