#include "base/file.h"
#include "counts/plan_derive.h"
#include "counts/plan_facts.h"
#include "counts/plan_tally.h"
#include "counts/plan_trim.h"
#include "tests/support/annual_data.h"

/* The figures of plans as facts: which set of people each is, and what is
 * printed of it. */

#define HEAD "plan \"T\" population victim unit person as_of 2023-03-31\n"
#define YEARS "count basis national period calendar 2022\n"
#define EXACT "\nmethod exact\n"
#define ROUND "\nmethod round base 5\n"

static const struct printed exact = {.release = "r1"};
static const struct printed rounded = {
    .release = "r1", .rounded = true, .base = 5};

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
put(struct figures *f, const char *name, int64_t value)
{
    size_t at;

    assert_ok(figures_add(f, name, value, &at));
}

/* The predicate of a fact, as text with ';' for line ends. */
static void
assert_set(const struct facts *f, const char *name, const char *want)
{
    struct buf text = BUF_INIT;
    size_t at;

    if (facts_find_figure(f, 0, name, &at) != SV_OK)
        fail_msg("no %s", name);
    assert_ok(facts_predicate(f, at, &text));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            text.ptr[i] = ';';
    }
    assert_ok(buf_append(&text, bytes_of("", 1)));
    if (strncmp((char *)text.ptr, want, strlen(want)) != 0)
        fail_msg("%s: %s", name, (char *)text.ptr);
    buf_free(&text);
}

static void
assert_range(const struct facts *f, const char *name, enum facts_print print,
             int64_t lo, int64_t hi)
{
    size_t at;

    if (facts_find_figure(f, 0, name, &at) != SV_OK)
        fail_msg("no %s", name);
    assert_int_equal(f->figures[at].print, print);
    assert_int_equal(f->figures[at].lo, lo);
    assert_int_equal(f->figures[at].hi, hi);
}

static bool
has(const struct facts *f, const char *name)
{
    size_t at;

    return facts_find_figure(f, 0, name, &at) == SV_OK;
}

static void
test_a_cell_is_the_set_of_people_that_its_table_says(void **state)
{
    struct plan *p = parse(*state, HEAD YEARS
                           "codelist age_band v1\n"
                           "table a by age_band, gender "
                           "where identification_status = actual\n"
                           "table s by services\n"
                           "table c by citizenship compare 2021 side" EXACT);
    struct figures f;
    struct facts out;

    figures_init(&f);
    facts_init(&out);
    put(&f, "a.18_plus.male", 1);
    put(&f, "a.0-17.total", 33);
    put(&f, "a.total", 46);
    f.at[2].unprinted = true;
    put(&f, "s.shelter", 4);
    put(&f, "c.2021.JPN", 40);
    put(&f, "c.2021.PHL", 2);
    assert_ok(plan_facts(p, &f, &exact, &out));
    assert_string_equal(out.populations[0], "victim");
    assert_set(&out, "a.18_plus.male",
               "victim;victim.age 18-19 20+;"
               "victim.counted.national.calendar 2022;victim.gender male;"
               "victim.identification_status actual;");
    assert_set(&out, "a.0-17.total",
               "victim;victim.age 0-17;victim.counted.national.calendar 2022;"
               "victim.identification_status actual;");
    assert_set(&out, "a.total",
               "victim;victim.counted.national.calendar 2022;"
               "victim.identification_status actual;");
    assert_set(&out, "s.shelter",
               "victim;victim.counted.national.calendar 2022;"
               "victim.services.shelter yes;");
    assert_set(&out, "c.2021.JPN",
               "victim;victim.counted.national.calendar 2021;"
               "victim.nationality JPN;");
    assert_set(&out, "c.2021.PHL",
               "victim;victim.citizenship.PHL yes;"
               "victim.counted.national.calendar 2021;");
    assert_range(&out, "a.18_plus.male", FACTS_EXACT, 1, 1);
    assert_range(&out, "a.total", FACTS_UNPRINTED, 0, FACTS_VALUE_MAX);
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_rounded_figures_are_ranges(void **state)
{
    struct plan *p = parse(*state, HEAD "table g by gender" ROUND);
    struct figures f;
    struct facts out;

    figures_init(&f);
    facts_init(&out);
    put(&f, "g.male", 0);
    put(&f, "g.female", 45);
    put(&f, "g.total", 45);
    assert_ok(plan_facts(p, &f, &rounded, &out));
    assert_range(&out, "g.male", FACTS_ROUNDED, 0, 4);
    assert_range(&out, "g.total", FACTS_ROUNDED, 41, 49);
    /* A code without a row came to 0 all the same. */
    assert_range(&out, "g.transgender_male", FACTS_ROUNDED, 0, 4);
    assert_range(&out, "g.unknown", FACTS_ROUNDED, 0, 4);
    assert_set(&out, "g.unknown", "victim;victim.gender unknown;");
    assert_int_equal(out.n_statements, 0);
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_codes_without_a_row_are_nobody_where_figures_are_exact(void **state)
{
    struct plan *p =
        parse(*state, HEAD YEARS "table g by gender compare 2021 side" EXACT);
    struct figures f;
    struct facts out;

    figures_init(&f);
    facts_init(&out);
    put(&f, "g.2022.male", 2);
    put(&f, "g.2022.female", 44);
    put(&f, "g.2022.total", 46);
    assert_ok(plan_facts(p, &f, &exact, &out));
    assert_range(&out, "g.2021.rest-gender", FACTS_EXACT, 0, 0);
    assert_set(&out, "g.2022.rest-gender",
               "victim;victim.counted.national.calendar 2022;victim.gender "
               "declined non_conforming not_applicable not_asked "
               "transgender_female transgender_male unknown "
               "withheld_for_safety;");
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_of_several_values_only_japanese_tells_by_its_lack(void **state)
{
    struct plan *p =
        parse(*state, HEAD "table c by citizenship, services" ROUND);
    struct figures f;
    struct facts out;

    figures_init(&f);
    facts_init(&out);
    put(&f, "c.PHL.total", 5);
    assert_ok(plan_facts(p, &f, &rounded, &out));
    assert_int_equal(out.n_figures, 2);
    assert_range(&out, "c.JPN.total", FACTS_ROUNDED, 0, 4);
    assert_set(&out, "c.JPN.total", "victim;victim.nationality JPN;");
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_a_group_is_the_set_of_its_codes(void **state)
{
    struct plan *p =
        parse(*state, HEAD
              "hierarchy detection_route {state: {police_raid, immigration}}\n"
              "table r by detection_route" ROUND);
    struct figures f;
    struct facts out;

    figures_init(&f);
    facts_init(&out);
    put(&f, "r.state", 5);
    assert_ok(plan_facts(p, &f, &rounded, &out));
    assert_set(&out, "r.state",
               "victim;victim.detection_route immigration police_raid;");
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_changes_and_shares_are_statements_of_exact_figures_alone(void **state)
{
    struct plan *p =
        parse(*state, HEAD YEARS "table g by gender compare 2021 delta\n"
                                 "derive share g gender percent 1" EXACT);
    struct figures f;
    struct facts out;
    size_t before;

    figures_init(&f);
    facts_init(&out);
    put(&f, "g.2022.male", 5);
    put(&f, "g.2022.total", 50);
    put(&f, "g.2021.male", 10);
    put(&f, "g.change.male", -5);
    f.at[3].is_change = true;
    put(&f, "g.change.female", 3);
    f.at[4].is_change = true;
    before = f.n;
    assert_ok(plan_derive(p, &f));
    assert_int_equal(f.n, before + 1);
    assert_ok(plan_facts(p, &f, &exact, &out));
    /* The change of male; the share's two sides, and that its whole is not
     * 0; nothing of female. */
    assert_int_equal(out.n_statements, 4);
    assert_int_equal(out.statements[0].n, 2);
    assert_string_equal(out.figures[out.statements[0].figures[0]].name,
                        "g.2022.male");
    assert_string_equal(out.figures[out.statements[0].figures[1]].name,
                        "g.2021.male");
    assert_int_equal(out.statements[0].factors[0], 1);
    assert_int_equal(out.statements[0].factors[1], -1);
    assert_int_equal(out.statements[0].lo, -5);
    assert_int_equal(out.statements[0].hi, -5);
    facts_clear(&out);
    assert_ok(plan_facts(p, &f, &rounded, &out));
    assert_int_equal(out.n_statements, 0);
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_a_change_that_is_printed_is_of_what_is_printed(void **state)
{
    struct plan *p =
        parse(*state, HEAD YEARS "table g compare 2021 delta" ROUND);
    struct figures f;

    figures_init(&f);
    put(&f, "g.2022.total", 45);
    put(&f, "g.2021.total", 50);
    put(&f, "g.change.total", -1);
    f.at[2].is_change = true;
    assert_ok(plan_derive(p, &f));
    assert_int_equal(f.at[2].value, -5);
    figures_clear(&f);
    plan_free(p);
}

static void
test_who_has_any_of_several_codes_is_told_by_who_has_none(void **state)
{
    struct plan *p =
        parse(*state, HEAD "table g by gender where citizenship in "
                           "{JPN, PHL} margins" EXACT);
    struct figures f;
    struct facts out;

    figures_init(&f);
    facts_init(&out);
    put(&f, "g.male", 3);
    assert_ok(plan_facts(p, &f, &exact, &out));
    assert_false(has(&out, "g.male"));
    assert_set(&out, "g.male.without-0", "victim;victim.gender male;");
    assert_set(&out, "g.male.without-1",
               "victim;victim.citizenship.PHL no;"
               "victim.gender male;victim.nationality ABW");
    assert_int_equal(out.n_statements, 1);
    assert_int_equal(out.statements[0].factors[0], 1);
    assert_int_equal(out.statements[0].factors[1], -1);
    assert_int_equal(out.statements[0].lo, 3);
    assert_int_equal(out.statements[0].hi, 3);
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_what_is_known_outside_is_a_release_of_its_own(void **state)
{
    struct plan *p = parse(*state, HEAD YEARS
                           "table g by gender\n"
                           "known outside \"ISA 2023\" nationality_group = "
                           "foreign and identification_status = actual : 2\n"
                           "known outside \"NPA\" year 2021 : 47" ROUND);
    struct facts out;

    facts_init(&out);
    assert_ok(plan_facts_known(p, &out));
    assert_int_equal(out.n_figures, 2);
    assert_string_equal(out.releases[0], "outside-1");
    assert_string_equal(out.releases[1], "outside-2");
    assert_int_equal(out.figures[1].release, 1);
    assert_range(&out, "outside-1", FACTS_EXACT, 2, 2);
    assert_set(&out, "outside-1",
               "victim;victim.counted.national.calendar 2022;"
               "victim.identification_status actual;victim.nationality ABW");
    facts_clear(&out);
    plan_free(p);
}

static void
test_secret_fields_are_secret_dimensions(void **state)
{
    struct plan *p =
        parse(*state, HEAD "table t by gender, services, decided_by" EXACT);
    struct figures f;
    struct facts out;

    figures_init(&f);
    facts_init(&out);
    put(&f, "t.police.male.food", 3);
    assert_ok(plan_facts(p, &f, &exact, &out));
    for (size_t i = 0; i < out.n_dimensions; i++)
        assert_int_equal(out.dimensions[i].secret,
                         strcmp(out.dimensions[i].name, "victim.gender") != 0);
    assert_int_equal(out.n_dimensions, 3);
    figures_clear(&f);
    facts_clear(&out);
    plan_free(p);
}

static void
test_rows_of_rounded_zeros_do_not_stay(void **state)
{
    struct plan *p =
        parse(*state, HEAD "table g by gender where gender in {female, "
                           "transgender_male}\n"
                           "table r by gender, decided_by" ROUND);
    static const size_t parts[] = {2, 3, 4};
    struct figures f;
    size_t at;

    figures_init(&f);
    put(&f, "g.transgender_male", 0);
    put(&f, "r.total", 5);
    put(&f, "r.police.total", 5);
    put(&f, "r.ngo.total", 0);
    put(&f, "r.immigration.total", 0);
    put(&f, "r.ngo.male", 0);
    put(&f, "r.police.male", 0);
    put(&f, "r.police.female", 5);
    put(&f, "r.total.male", 0);
    f.at[8].unprinted = true;
    assert_ok(figures_relate(&f, 1, 3, parts, true));
    assert_ok(figures_relate(&f, 3, 1, (size_t[]){5}, true));
    assert_ok(plan_trim(p, &f));
    assert_int_equal(f.n, 4);
    /* Named by where: it tells nothing. */
    assert_ok(figures_find(&f, "g.transgender_male", &at));
    assert_ok(figures_find(&f, "r.total", &at));
    assert_ok(figures_find(&f, "r.police.total", &at));
    assert_ok(figures_find(&f, "r.police.female", &at));
    assert_int_equal(f.n_relations, 1);
    assert_int_equal(f.relations[0].n, 1);
    assert_string_equal(f.at[f.relations[0].parts[0]].name, "r.police.total");
    figures_clear(&f);
    plan_free(p);
}

/* The predicate of a figure, ended with a NUL. */
static struct buf
predicate(const struct facts *f, const char *name)
{
    struct buf text = BUF_INIT;
    size_t at;

    if (facts_find_figure(f, 0, name, &at) != SV_OK)
        fail_msg("no %s", name);
    assert_ok(facts_predicate(f, at, &text));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    return text;
}

static void
assert_meet(const struct facts *a, const char *x, const struct facts *b,
            const char *y)
{
    struct buf p = predicate(a, x), q = predicate(b, y);

    assert_string_equal((char *)p.ptr, (char *)q.ptr);
    buf_free(&p);
    buf_free(&q);
}

static void
test_a_yearly_report_and_a_plan_of_the_same_people_meet(void **state)
{
    static const struct annual_spec spec = {.year = 2022,
                                            .minor_age = 18,
                                            .as_of = "2023-03-31",
                                            .authority = "national"};
    static const char where[] = " where identification_status = actual ";
    struct buf text = BUF_INIT;
    struct figures f, report;
    struct facts plan, annual;
    struct plan *p;

    assert_ok(buf_printf(&text,
                         HEAD YEARS "codelist age_band v1\n"
                                    "table g by gender%scompare 2021 side\n"
                                    "table n by nationality_group%s\n"
                                    "table a by age_band%s" EXACT,
                         where, where, where));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    p = parse(*state, (char *)text.ptr);
    figures_init(&f);
    figures_init(&report);
    facts_init(&plan);
    facts_init(&annual);
    put(&f, "g.2022.male", 2);
    put(&f, "g.2022.total", 46);
    put(&f, "g.2021.total", 47);
    put(&f, "n.foreign", 2);
    put(&f, "n.japanese", 44);
    put(&f, "n.unknown", 0);
    put(&f, "a.0-17", 33);
    put(&report, "victims.total", 46);
    put(&report, "victims.change", -1);
    report.at[1].is_change = true;
    put(&report, "victims.before", 47);
    put(&report, "victims.gender.male", 2);
    put(&report, "victims.citizenship.JPN", 44);
    put(&report, "victims.citizenship.foreign", 2);
    put(&report, "victims.minors", 33);
    assert_ok(plan_facts(p, &f, &exact, &plan));
    assert_ok(annual_facts(&spec, *state, "victim", &report, &exact, &annual));
    assert_meet(&plan, "g.2022.male", &annual, "victims.gender.male");
    assert_meet(&plan, "g.2022.total", &annual, "victims.total");
    assert_meet(&plan, "g.2021.total", &annual, "victims.before");
    assert_meet(&plan, "n.foreign", &annual, "victims.citizenship.foreign");
    assert_meet(&plan, "n.japanese", &annual, "victims.citizenship.JPN");
    assert_meet(&plan, "a.0-17", &annual, "victims.minors");
    figures_clear(&f);
    figures_clear(&report);
    facts_clear(&plan);
    facts_clear(&annual);
    plan_free(p);
    buf_free(&text);
}

/* ---- facts and the records that they are about ---- */

static const struct content_field *
field(const struct content *c, const char *name)
{
    size_t at;

    if (schema_field(c->compartment, bytes_text(name), &at) == NULL)
        return NULL;
    return &c->fields[at];
}

static bool
has_value(const struct content_field *f, const char *value)
{
    enum missing missing = f->given ? f->missing : MISSING_NOT_ASKED;

    if (missing != MISSING_NOT)
        return strcmp(value, missing_name(missing)) == 0;
    for (size_t i = 0; i < f->n; i++) {
        if (text_is(bytes_of(f->values[i].ptr, f->values[i].len), value))
            return true;
    }
    return false;
}

static bool
is_of_age(const struct content_field *f, const char *band)
{
    uint64_t age;

    if (!f->given || f->missing != MISSING_NOT)
        return has_value(f, band);
    assert_ok(
        text_u64(bytes_of(f->values[0].ptr, f->values[0].len), 0, 200, &age));
    return strcmp(band, age < 18 ? "0-17" : age < 20 ? "18-19" : "20+") == 0;
}

/* Has this person this code of this dimension?  Written down from
 * dimension.h, apart from what makes facts. */
static bool
person_has(const struct content *c, const char *dimension, const char *code)
{
    char name[FACTS_NAME_SIZE], *rest;
    const struct content_field *f;

    (void)snprintf(name, sizeof name, "%s", dimension + strlen("victim."));
    if (strcmp(name, "age") == 0)
        return is_of_age(field(c, "age_at_protection"), code);
    if (strcmp(name, "nationality") == 0) {
        f = field(c, "citizenship");
        if (has_value(f, "JPN"))
            return strcmp(code, "JPN") == 0;
        return f->given && f->missing == MISSING_NOT
                   ? text_is(bytes_of(f->values[0].ptr, f->values[0].len), code)
                   : has_value(f, code);
    }
    if (strcmp(name, "counted.national.calendar") == 0) {
        bool in = has_value(field(c, "counted_by"), "national");
        bool known = in && (has_value(field(c, "counted_year"), "2021") ||
                            has_value(field(c, "counted_year"), "2022"));

        return strcmp(code, "other") == 0
                   ? !known
                   : known && has_value(field(c, "counted_year"), code);
    }
    rest = strchr(name, '.');
    if (rest == NULL)
        return has_value(field(c, name), code);
    *rest++ = '\0';
    return has_value(field(c, name), rest) == (strcmp(code, "yes") == 0);
}

static bool
is_in(const struct facts *f, const struct facts_figure *g,
      const struct content *c)
{
    for (size_t i = 0; i < g->n_terms; i++) {
        const struct facts_dimension *d = &f->dimensions[g->terms[i].dimension];
        bool any = false;

        for (size_t k = 0; k < d->n; k++)
            any = any || (facts_term_has(&g->terms[i], k) &&
                          person_has(c, d->name, d->codes[k]));
        if (!any)
            return false;
    }
    return true;
}

static void
assert_hold(const struct facts *f, const struct import *im, size_t at)
{
    int64_t *n = calloc(f->n_figures + 1, sizeof *n);

    assert_non_null(n);
    for (size_t i = 0; i < f->n_figures; i++) {
        const struct facts_figure *g = &f->figures[i];

        for (size_t k = 0; k < im->n; k++)
            n[i] += is_in(f, g, &im->drafts[k].contents[at]) ? 1 : 0;
        if (n[i] < g->lo || n[i] > g->hi)
            fail_msg("%s: %d is not from %d to %d", g->name, (int)n[i],
                     (int)g->lo, (int)g->hi);
    }
    for (size_t i = 0; i < f->n_statements; i++) {
        const struct facts_statement *t = &f->statements[i];
        int64_t sum = 0;

        for (size_t k = 0; k < t->n; k++)
            sum += t->factors[k] * n[t->figures[k]];
        assert_true(sum >= t->lo && sum <= t->hi);
    }
    free(n);
}

/* The facts of a plan over the sample records. */
static void
check_facts(const struct schema *s, const char *text)
{
    struct plan *p = parse(s, text);
    struct tally *t = NULL;
    struct figures f;
    struct facts out;
    struct buf csv = BUF_INIT;
    struct import im = {0};
    size_t at;

    facts_init(&out);
    assert_ok(tally_new(p, &t));
    assert_ok(file_read(ANNUAL_DATA "victims.csv", (size_t)1 << 20, &csv));
    assert_ok(
        import_read(schema_type(s, "victim"), buf_bytes(&csv), &im, NULL));
    assert_non_null(schema_compartment(schema_type(s, "victim"), "facts", &at));
    for (size_t i = 0; i < im.n; i++)
        assert_ok(tally_add(t, "victim", i, &im.drafts[i].contents[at]));
    assert_ok(tally_end(t, &f));
    assert_ok(plan_derive(p, &f));
    assert_ok(plan_facts(p, &f, &exact, &out));
    assert_true(out.n_figures >= p->n);
    assert_hold(&out, &im, at);
    facts_clear(&out);
    figures_clear(&f);
    tally_free(t);
    import_free(&im);
    buf_free(&csv);
    plan_free(p);
}

static void
test_every_fact_holds_of_the_records_that_were_counted(void **state)
{
    static const char *const plans[] = {
        HEAD YEARS "codelist age_band v1\n"
                   "table a by age_band, gender, nationality_group compare "
                   "2021 delta\n"
                   "table b by citizenship, services\n"
                   "derive share a gender percent 1\n"
                   "derive change a percent 1" EXACT,
        HEAD "hierarchy detection_route {state: {police_raid, immigration}, "
             "lines: {hotline, internet_hotline}}\n"
             "hierarchy citizenship {asia: {PHL, THA, CHN, JPN}}\n"
             "hierarchy services {care: {medical, psychological}}\n"
             "table a by detection_route, services margins (services)\n"
             "table b by citizenship, detection_route "
             "where exploitation in {forced_labour, sexual_prostitution} "
             "and decided_by in {police, ngo}\n"
             "table c where services in {food, shelter} "
             "and citizenship in {JPN, PHL} "
             "and exploitation in {hostess_work, forced_labour}" EXACT,
    };

    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        check_facts(*state, plans[i]);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cell_is_the_set_of_people_that_its_table_says),
        cmocka_unit_test(test_rounded_figures_are_ranges),
        cmocka_unit_test(
            test_codes_without_a_row_are_nobody_where_figures_are_exact),
        cmocka_unit_test(
            test_of_several_values_only_japanese_tells_by_its_lack),
        cmocka_unit_test(test_a_group_is_the_set_of_its_codes),
        cmocka_unit_test(
            test_changes_and_shares_are_statements_of_exact_figures_alone),
        cmocka_unit_test(test_a_change_that_is_printed_is_of_what_is_printed),
        cmocka_unit_test(
            test_who_has_any_of_several_codes_is_told_by_who_has_none),
        cmocka_unit_test(test_what_is_known_outside_is_a_release_of_its_own),
        cmocka_unit_test(test_secret_fields_are_secret_dimensions),
        cmocka_unit_test(test_rows_of_rounded_zeros_do_not_stay),
        cmocka_unit_test(
            test_a_yearly_report_and_a_plan_of_the_same_people_meet),
        cmocka_unit_test(
            test_every_fact_holds_of_the_records_that_were_counted),
    };

    return cmocka_run_group_tests_name("counts_plan_facts", tests, setup,
                                       teardown);
}
