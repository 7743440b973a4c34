#include "base/file.h"
#include "counts/plan_derive.h"
#include "counts/plan_facts.h"
#include "counts/plan_tally.h"
#include "counts/plan_trim.h"
#include "counts/protect.h"
#include "tests/support/annual_data.h"

#include "disclosure/audit.h"
#include "disclosure/solver_process.h"

/* The plans that ship with the project, over the sample records: the figures
 * are those of the published report. */

#define PLANS SV_SOURCE_DIR "/plans/"

struct counted_plan {
    struct plan *plan;
    struct figures figures;
};

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
load(const struct schema *s, const char *path)
{
    struct buf text = BUF_INIT;
    struct plan_fault f = {0};
    struct plan *p = NULL;

    assert_ok(file_read(path, PLAN_TEXT_MAX, &text));
    if (plan_parse(s, buf_bytes(&text), &p, &f) != SV_OK)
        fail_msg("%s:%zu:%zu %s: %s", path, f.line, f.column, f.word, f.reason);
    buf_free(&text);
    return p;
}

static struct counted_plan
count(const struct schema *s, const char *plan, const char *data)
{
    struct counted_plan c = {load(s, plan), {0}};
    const char *type = c.plan->type->name;
    struct buf csv = BUF_INIT;
    struct import im = {0};
    struct tally *t = NULL;
    size_t at;

    assert_ok(file_read(data, (size_t)1 << 20, &csv));
    assert_ok(import_read(schema_type(s, type), buf_bytes(&csv), &im, NULL));
    assert_int_equal(im.n_bad, 0);
    assert_non_null(
        schema_compartment(schema_type(s, type), c.plan->coded->name, &at));
    assert_ok(tally_new(c.plan, &t));
    for (size_t i = 0; i < im.n; i++)
        assert_ok(tally_add(t, type, (i + 1) * UINT64_C(0x9E3779B97F4A7C15),
                            &im.drafts[i].contents[at]));
    assert_ok(tally_end(t, &c.figures));
    tally_free(t);
    import_free(&im);
    buf_free(&csv);
    return c;
}

static void
done(struct counted_plan *c)
{
    figures_clear(&c->figures);
    plan_free(c->plan);
}

static const struct row {
    const char *name;
    int64_t value;
} victims[] =
    {
        {"victims.2022.total", 46},   {"victims.change.total", -1},
        {"gender.male", 2},           {"gender.female", 44},
        {"nationality.japanese", 44}, {"nationality.foreign", 2},
        {"age.2022.0-17", 33},        {"age.change.0-17", 15},
        {"age.2022.18_plus", 13},     {"country.total", 2},
        {"residence.total", 2},
},
  suspects[] =
      {
          {"suspects.2022.total", 37},
          {"gender.male", 32},
          {"gender.female", 5},
          {"nationality.japanese", 37},
          {"prosecution.prosecutions", 34},
          {"prosecution.not_prosecuted", 3},
          {"outcome.total", 32},
          {"outcome.guilty", 28},
          {"outcome.pending", 4},
          {"prosecution.sent_to_family_court", 2},
},
  offences[] = {
      {"offences.2022.total", 83},
      {"law.total", 83},
};

static void
assert_rows(const struct counted_plan *c, size_t n, const struct row rows[])
{
    for (size_t i = 0; i < n; i++) {
        size_t at;

        if (figures_find(&c->figures, rows[i].name, &at) != SV_OK)
            fail_msg("no %s", rows[i].name);
        if (c->figures.at[at].value != rows[i].value)
            fail_msg("%s: %d", rows[i].name, (int)c->figures.at[at].value);
    }
}

static void
test_the_plans_of_the_yearly_report_count_as_it_does(void **state)
{
    struct counted_plan v =
        count(*state, PLANS "annual-victims.counts", ANNUAL_DATA "victims.csv");
    struct counted_plan s = count(*state, PLANS "annual-suspects.counts",
                                  ANNUAL_DATA "suspects.csv");
    struct counted_plan o = count(*state, PLANS "annual-offences.counts",
                                  ANNUAL_DATA "offences.csv");

    assert_rows(&v, sizeof victims / sizeof victims[0], victims);
    assert_rows(&s, sizeof suspects / sizeof suspects[0], suspects);
    assert_rows(&o, sizeof offences / sizeof offences[0], offences);
    done(&v);
    done(&s);
    done(&o);
}

static void
test_the_plan_of_a_one_stop_centre_counts_a_fiscal_year(void **state)
{
    struct counted_plan c =
        count(*state, PLANS "one-stop.counts", ANNUAL_DATA "victims.csv");
    size_t at, total;

    assert_ok(figures_find(&c.figures, "people.total", &at));
    assert_true(c.figures.at[at].value > 20);
    assert_ok(figures_find(&c.figures, "age_gender.total", &total));
    assert_int_equal(c.figures.at[at].value, c.figures.at[total].value);
    assert_ok(figures_find(&c.figures, "support.shelter", &at));
    assert_true(c.plan->tables[1].share.given);
    done(&c);
}

static void
test_every_plan_is_for_everybody_and_may_be_made_exact(void **state)
{
    static const char *const plans[] = {
        PLANS "annual-victims.counts", PLANS "annual-suspects.counts",
        PLANS "annual-offences.counts", PLANS "one-stop.counts"};

    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct plan *p = load(*state, plans[i]), *again = NULL;
        struct buf text = BUF_INIT;
        struct plan_fault f = {0};

        assert_int_equal(p->method, PLAN_ROUND);
        assert_ok(buf_append(&text,
                             bytes_slice(plan_canonical(p), 0,
                                         plan_canonical(p).len -
                                             strlen("method round base 5\n"))));
        assert_ok(buf_text(&text, "method exact\n"));
        assert_ok(plan_parse(*state, buf_bytes(&text), &again, &f));
        plan_free(again);
        plan_free(p);
        buf_free(&text);
    }
}

/* As figures leave for everybody, by a key. */
static void
release(const struct counted_plan *c, const struct solver_source *source,
        uint8_t seed, struct figures *out, struct facts *facts)
{
    const uint8_t key[ROUNDING_KEY_LEN] = {seed};
    struct printed printed = {.release = "r", .rounded = true, .base = 5};

    figures_init(out);
    facts_init(facts);
    assert_ok(
        protect_round(&c->figures, NULL, key, source, out, &printed.steps));
    assert_ok(plan_trim(c->plan, out));
    assert_ok(plan_derive(c->plan, out));
    assert_ok(plan_facts(c->plan, out, &printed, facts));
}

static void
assert_adds_up(const struct figures *f)
{
    for (size_t i = 0; i < f->n; i++)
        assert_true(f->at[i].is_percent || f->at[i].value % 5 == 0);
    for (size_t i = 0; i < f->n_relations; i++) {
        int64_t sum = 0;

        for (size_t k = 0; k < f->relations[i].n; k++)
            sum += f->at[f->relations[i].parts[k]].value;
        assert_int_equal(sum, f->at[f->relations[i].whole].value);
    }
}

static void
assert_safe(const struct facts *facts, const struct solver_source *source,
            bool with_insiders)
{
    const struct audit_rules rules = {.small = 4,
                                      .width = 4,
                                      .with_insiders = with_insiders,
                                      .timeout_ms = 60000};
    struct audit_result result = {0};

    assert_ok(audit_run(facts, &rules, source, &result));
    assert_true(result.n_targets > 0);
    assert_int_equal(result.n_findings, 0);
    audit_result_clear(&result);
}

static void
test_what_leaves_of_them_adds_up_and_tells_of_nobody(void **state)
{
    static const struct {
        const char *plan, *data;
    } all[] = {
        {PLANS "annual-victims.counts", ANNUAL_DATA "victims.csv"},
        {PLANS "annual-suspects.counts", ANNUAL_DATA "suspects.csv"},
        {PLANS "annual-offences.counts", ANNUAL_DATA "offences.csv"},
        {PLANS "one-stop.counts", ANNUAL_DATA "victims.csv"},
    };
    struct solver_process *process = NULL;
    const struct solver_source source = {solver_process_open_lazily, &process};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct counted_plan c = count(*state, all[i].plan, all[i].data);

        for (uint8_t seed = 0; seed < 3; seed++) {
            struct figures f;
            struct facts facts;

            release(&c, &source, seed, &f, &facts);
            assert_adds_up(&f);
            assert_safe(&facts, &source, seed == 0);
            figures_clear(&f);
            facts_clear(&facts);
        }
        done(&c);
    }
    solver_process_stop(process);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_plans_of_the_yearly_report_count_as_it_does),
        cmocka_unit_test(
            test_the_plan_of_a_one_stop_centre_counts_a_fiscal_year),
        cmocka_unit_test(
            test_every_plan_is_for_everybody_and_may_be_made_exact),
        cmocka_unit_test(test_what_leaves_of_them_adds_up_and_tells_of_nobody),
    };

    return cmocka_run_group_tests_name("counts_plan_ready", tests, setup,
                                       teardown);
}
