#include <inttypes.h>
#include <sys/mman.h>

#include "base/json_text.h"
#include "counts/annual_facts.h"
#include "counts/annual_json.h"
#include "counts/annual_text.h"
#include "counts/document_decode.h"
#include "counts/label.h"
#include "counts/plan_derive.h"
#include "counts/plan_facts.h"
#include "counts/plan_json.h"
#include "counts/plan_nested.h"
#include "counts/plan_tally.h"
#include "counts/plan_text.h"
#include "counts/plan_trim.h"
#include "counts/risk.h"
#include "counts/snapshot.h"
#include "tests/support/annual_data.h"
#include "tests/support/scarce.h"

/*
 * Each step from records to what is printed of them, where memory runs out,
 * ours or the JSON library's, or the text gets longer than any may be: it is
 * said to be that and nothing else, and never a table with a hole.
 */

#ifdef __SANITIZE_ADDRESS__
#define THRIFT 7 /* fewer places, by this factor */
#else
#define THRIFT 1
#endif

#define HEAD "plan \"T\" population victim unit person as_of 2026-11-24\n"

/* Of every kind of thing that a plan may have. */
static const char exact_plan[] =
    HEAD "count basis national period calendar 2022\n"
         "codelist age_band v1\n"
         "hierarchy detection_route {state: {police_raid, immigration}, "
         "others: {ngo, embassy}}\n"
         "table a by gender, age_band compare 2021 side\n"
         "table b by detection_route where gender = female\n"
         "table c by services where gender in {male, female}\n"
         "table d by nationality_group, gender compare 2021 delta\n"
         "table e by gender where services in {food, medical}\n"
         "table f compare 2023 side\n"
         "derive share b detection_route percent 1\n"
         "derive change a percent 1\n"
         "derive change f percent 0\n"
         "known outside \"N\" gender = female year 2021 : 40\n"
         "known outside \"M\" : 46\n"
         "method exact\n";
static const char rounded_plan[] =
    HEAD "hierarchy detection_route {state: {police_raid, immigration}}\n"
         "table a by detection_route, gender\n"
         "table b by nationality_group where services = shelter margins ()\n"
         "derive share a gender percent 1\n"
         "known outside \"N\" gender = male : 4\n"
         "method round base 5\n";

static const uint8_t key[32] = {7};

struct counted_plan {
    struct plan *plan;
    struct figures exact; /* as counted */
    struct figures told;  /* as printed */
    struct figures shown; /* as previewed */
    struct buf json;
};

struct scene {
    struct schema *schema;
    struct import rows;
    size_t facts; /* which of a row's compartments */
    struct counted_plan exact, rounded;
    struct counted_plan *with; /* one of them */
    struct annual_spec spec;
    struct annual_report report;
    struct buf report_json;
    enum sv_err (*step)(struct scene *s);
};

/* ---- From text and records to figures ---- */

static enum sv_err
count(struct scene *s, const struct plan *p, struct figures *out)
{
    struct tally *t = NULL;
    enum sv_err err = tally_new(p, &t);

    for (size_t i = 0; i < s->rows.n && err == SV_OK; i++)
        err = tally_add(t, "victim", i * UINT64_C(0x9E3779B97F4A7C15) + 1,
                        &s->rows.drafts[i].contents[s->facts]);
    if (err == SV_OK)
        err = tally_end(t, out);
    tally_free(t);
    return err;
}

static enum sv_err
step_parse(struct scene *s)
{
    struct plan_fault fault = {0};
    struct plan *p = NULL;
    enum sv_err err =
        plan_parse(s->schema, plan_canonical(s->with->plan), &p, &fault);

    if (err == SV_OK)
        assert_true(
            bytes_equal(plan_canonical(p), plan_canonical(s->with->plan)));
    plan_free(p);
    return err;
}

static enum sv_err
step_count(struct scene *s)
{
    struct figures f;
    enum sv_err err;

    figures_init(&f);
    err = count(s, s->with->plan, &f);
    if (err == SV_OK)
        assert_int_equal(f.n, s->with->exact.n);
    figures_clear(&f);
    return err;
}

/* Each to the multiple below; parts then come to less than their whole, so
 * relations are left out. */
static enum sv_err
round_down(const struct figures *exact, struct figures *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < exact->n && err == SV_OK; i++) {
        const struct figure *f = &exact->at[i];
        size_t at = 0;

        err = figures_add_counted(out, f->name, &f->of, &at);
        if (err != SV_OK)
            return err;
        out->at[at].value = f->value / PLAN_ROUND_BASE * PLAN_ROUND_BASE;
        out->at[at].unprinted = f->unprinted;
    }
    return err;
}

/* As the printed figures are made of the exact ones. */
static enum sv_err
print(const struct counted_plan *p, struct figures *out)
{
    bool rounded = p->plan->method == PLAN_ROUND;
    enum sv_err err =
        rounded ? round_down(&p->exact, out) : figures_copy(&p->exact, out);

    if (err == SV_OK && rounded)
        err = plan_trim(p->plan, out);
    return err == SV_OK ? plan_derive(p->plan, out) : err;
}

static enum sv_err
step_print(struct scene *s)
{
    struct figures f;
    enum sv_err err;

    figures_init(&f);
    err = print(s->with, &f);
    if (err == SV_OK)
        assert_int_equal(f.n, s->with->told.n);
    figures_clear(&f);
    return err;
}

static enum sv_err
step_preview(struct scene *s)
{
    struct figures f;
    enum sv_err err;

    figures_init(&f);
    err = plan_preview(s->with->plan, &s->with->exact, key, &f);
    figures_clear(&f);
    return err;
}

/* ---- From figures to what is told of them ---- */

static enum sv_err
put_json(struct scene *s, struct buf *out)
{
    bool exact = s->with == &s->exact;

    return plan_json_encode(plan_canonical(s->with->plan),
                            exact ? "exact" : "public", bytes_text("a law"),
                            &s->with->told, out);
}

static enum sv_err
read_json(struct scene *s)
{
    struct plan_result r = {0};
    enum sv_err err = plan_json_decode(buf_bytes(&s->with->json), &r);

    plan_json_clear(&r);
    return err;
}

static enum sv_err
put_text(struct scene *s, struct buf *out)
{
    return plan_text_tables(s->with->plan, &s->with->told, SCHEMA_EN, false,
                            out);
}

static enum sv_err
put_text_ja(struct scene *s, struct buf *out)
{
    return plan_text_tables(s->with->plan, &s->with->told, SCHEMA_JA, false,
                            out);
}

static enum sv_err
put_preview(struct scene *s, struct buf *out)
{
    return plan_text_tables(s->with->plan, &s->with->shown, SCHEMA_EN, true,
                            out);
}

static enum sv_err
put_csv(struct scene *s, struct buf *out)
{
    return plan_text_csv(&s->with->told, out);
}

static enum sv_err
make_tables(struct scene *s)
{
    struct plan_result r = {0};
    struct document_tables t = {0};
    enum sv_err err = plan_json_decode(buf_bytes(&s->with->json), &r);

    if (err == SV_OK)
        err = tables_of_plan(&r, s->schema, SCHEMA_JA, &t);
    if (err == SV_OK)
        assert_int_equal(t.n, s->with->plan->n);
    document_tables_clear(&t);
    plan_json_clear(&r);
    return err;
}

static enum sv_err
make_facts(struct scene *s, struct facts *out)
{
    const struct printed printed = {"release-1", s->with == &s->rounded,
                                    PLAN_ROUND_BASE, 0};

    return plan_facts(s->with->plan, &s->with->told, &printed, out);
}

static const struct facts_rule rules[] = {{0, 0, 0}, {5, 4, 4}};

static enum sv_err
put_facts(struct scene *s, struct buf *out)
{
    struct facts f;
    enum sv_err err;

    facts_init(&f);
    err = make_facts(s, &f);
    if (err == SV_OK)
        err = facts_json_encode(&f, &rules[s->with == &s->rounded], out);
    facts_clear(&f);
    return err;
}

static enum sv_err
read_facts(struct scene *s)
{
    struct facts f;
    struct facts_rule rule;
    struct diag where = {0};
    struct buf json = BUF_INIT;
    enum sv_err err = put_facts(s, &json);

    facts_init(&f);
    if (err == SV_OK)
        err = facts_json_decode(buf_bytes(&json), &f, &rule, &where);
    facts_clear(&f);
    buf_free(&json);
    return err;
}

static enum sv_err
put_snapshot(struct scene *s, struct buf *out)
{
    struct facts f;
    enum sv_err err;

    facts_init(&f);
    err = make_facts(s, &f);
    if (err == SV_OK)
        err = snapshot_encode(&f, &rules[s->with == &s->rounded],
                              &s->with->told, true, out);
    facts_clear(&f);
    return err;
}

static enum sv_err
step_pins(struct scene *s)
{
    struct buf bytes = BUF_INIT;
    struct snapshot snapshot = {0};
    struct pins pins;
    enum sv_err err = put_snapshot(s, &bytes);

    pins_init(&pins);
    if (err == SV_OK)
        err = snapshot_decode(buf_bytes(&bytes), &snapshot);
    if (err == SV_OK)
        err = pins_add(&pins, &snapshot);
    pins_clear(&pins);
    snapshot_clear(&snapshot);
    buf_free(&bytes);
    return err;
}

static enum sv_err
step_known(struct scene *s)
{
    struct facts f;
    enum sv_err err;

    facts_init(&f);
    err = plan_facts_known(s->with->plan, &f);
    if (err == SV_OK)
        assert_int_equal(f.n_releases, s->with->plan->n_known);
    facts_clear(&f);
    return err;
}

static enum sv_err
find_risks(struct scene *s, struct risk_list *out)
{
    struct figures f;
    enum sv_err err;

    figures_init(&f);
    err = figures_copy(&s->with->exact, &f);
    if (err == SV_OK)
        err = plan_relate_nested(s->with->plan, &f);
    if (err == SV_OK)
        err = risk_find(&f, out);
    figures_clear(&f);
    return err;
}

static enum sv_err
put_risks(struct scene *s, struct buf *out)
{
    struct risk_list risks = {0};
    enum sv_err err = find_risks(s, &risks);

    if (err == SV_OK)
        err = risk_encode(&risks, true, out);
    risk_clear(&risks);
    return err;
}

static enum sv_err
read_risks(struct scene *s)
{
    struct buf text = BUF_INIT;
    struct risk_list risks = {0};
    enum sv_err err = put_risks(s, &text);

    if (err == SV_OK)
        err = risk_decode(buf_bytes(&text), &risks);
    risk_clear(&risks);
    buf_free(&text);
    return err;
}

#define LABELS_MAX 24

/* In words, as who approves is told them. */
static enum sv_err
put_labels(struct scene *s, struct buf *out)
{
    struct risk_list risks = {0};
    struct label *l = NULL;
    enum sv_err err = find_risks(s, &risks);

    if (err == SV_OK)
        err =
            label_new(s->schema, plan_canonical(s->with->plan), SCHEMA_EN, &l);
    for (size_t i = 0; i < risks.n && i < LABELS_MAX && err == SV_OK; i++)
        err = label_expression(l, risks.at[risks.n - i - 1].expression, out);
    for (size_t i = 0; i < s->with->told.n && i < LABELS_MAX && err == SV_OK;
         i++)
        err = label_expression(l, s->with->told.at[i].name, out);
    label_free(l);
    risk_clear(&risks);
    return err;
}

/* ---- A year ---- */

static enum sv_err
step_year(struct scene *s)
{
    struct annual *a = NULL;
    struct diag where = {0};
    struct figures f;
    enum sv_err err = annual_new(&s->spec, s->schema, &a, &where);

    figures_init(&f);
    for (size_t i = 0; i < s->rows.n && err == SV_OK; i++)
        err = annual_add(a, "victim", i + 1,
                         &s->rows.drafts[i].contents[s->facts]);
    if (err == SV_OK)
        err = annual_end(a, &f);
    figures_clear(&f);
    annual_free(a);
    return err;
}

static enum sv_err
step_year_preview(struct scene *s)
{
    struct figures f;
    enum sv_err err;

    figures_init(&f);
    err = annual_preview(&s->report.figures, key, &f);
    figures_clear(&f);
    return err;
}

static enum sv_err
step_year_trim(struct scene *s)
{
    struct figures f;
    enum sv_err err;

    figures_init(&f);
    err = figures_copy(&s->report.figures, &f);
    if (err == SV_OK)
        err = annual_trim(&f);
    figures_clear(&f);
    return err;
}

static enum sv_err
put_year_json(struct scene *s, struct buf *out)
{
    return annual_json_encode(&s->report, out);
}

static enum sv_err
read_year_json(struct scene *s)
{
    struct annual_report r = {0};
    enum sv_err err = annual_json_decode(buf_bytes(&s->report_json), &r);

    annual_report_clear(&r);
    return err;
}

static enum sv_err
put_year_text(struct scene *s, struct buf *out)
{
    return annual_text_table(&s->report, s->schema, SCHEMA_EN, out);
}

static enum sv_err
put_year_text_ja(struct scene *s, struct buf *out)
{
    return annual_text_table(&s->report, s->schema, SCHEMA_JA, out);
}

static enum sv_err
put_year_csv(struct scene *s, struct buf *out)
{
    return annual_text_csv(&s->report, out);
}

static enum sv_err
put_year_spec(struct scene *s, struct buf *out)
{
    return annual_spec_encode(&s->spec, out);
}

static enum sv_err
make_year_tables(struct scene *s)
{
    struct document_tables t = {0};
    enum sv_err err = tables_of_annual(&s->report, s->schema, SCHEMA_JA, &t);

    document_tables_clear(&t);
    return err;
}

static enum sv_err
put_year_snapshot(struct scene *s, struct buf *out)
{
    static const struct facts_rule rule = {0, 0, 0};
    const struct printed printed = {.release = "release-1"};
    struct facts f;
    enum sv_err err;

    facts_init(&f);
    err = annual_facts(&s->spec, s->schema, "victim", &s->report.figures,
                       &printed, &f);
    if (err == SV_OK)
        err = snapshot_encode(&f, &rule, &s->report.figures, false, out);
    facts_clear(&f);
    return err;
}

static enum sv_err
put_year_labels(struct scene *s, struct buf *out)
{
    struct buf spec = BUF_INIT;
    struct label *l = NULL;
    enum sv_err err = annual_spec_encode(&s->spec, &spec);

    if (err == SV_OK)
        err = label_new(s->schema, buf_bytes(&spec), SCHEMA_JA, &l);
    for (size_t i = 0; i < s->report.figures.n && err == SV_OK; i++)
        err = label_expression(l, s->report.figures.at[i].name, out);
    label_free(l);
    buf_free(&spec);
    return err;
}

/* ---- All of them ---- */

/* Appends a text, or not. */
struct step {
    const char *name;
    enum sv_err (*put)(struct scene *s, struct buf *out);
    enum sv_err (*run)(struct scene *s);
};

static const struct step plan_steps[] = {
    {"parse", NULL, step_parse},    {"count", NULL, step_count},
    {"print", NULL, step_print},    {"preview", NULL, step_preview},
    {"json", put_json, NULL},       {"read json", NULL, read_json},
    {"text", put_text, NULL},       {"text in Japanese", put_text_ja, NULL},
    {"preview", put_preview, NULL}, {"csv", put_csv, NULL},
    {"tables", NULL, make_tables},  {"snapshot", put_snapshot, NULL},
    {"facts", put_facts, NULL},     {"read facts", NULL, read_facts},
    {"pins", NULL, step_pins},      {"known", NULL, step_known},
    {"risks", put_risks, NULL},     {"read risks", NULL, read_risks},
    {"labels", put_labels, NULL},
};
static const struct step year_steps[] = {
    {"year", NULL, step_year},
    {"preview of a year", NULL, step_year_preview},
    {"trim of a year", NULL, step_year_trim},
    {"json of a year", put_year_json, NULL},
    {"read json of a year", NULL, read_year_json},
    {"text of a year", put_year_text, NULL},
    {"text of a year in Japanese", put_year_text_ja, NULL},
    {"csv of a year", put_year_csv, NULL},
    {"spec of a year", put_year_spec, NULL},
    {"tables of a year", NULL, make_year_tables},
    {"snapshot of a year", put_year_snapshot, NULL},
    {"labels of a year", put_year_labels, NULL},
};

static enum sv_err
take(struct scene *s, const struct step *step)
{
    struct buf out = BUF_INIT;
    enum sv_err err = step->put != NULL ? step->put(s, &out) : step->run(s);

    buf_free(&out);
    return err;
}

/* Those of each plan, and of the year. */
static void
each_step(struct scene *s, void (*fn)(struct scene *s, const struct step *step))
{
    struct counted_plan *plans[] = {&s->exact, &s->rounded};

    for (size_t k = 0; k < 2; k++) {
        s->with = plans[k];
        for (size_t i = 0; i < sizeof plan_steps / sizeof *plan_steps; i++)
            fn(s, &plan_steps[i]);
    }
    for (size_t i = 0; i < sizeof year_steps / sizeof *year_steps; i++)
        fn(s, &year_steps[i]);
}

/* ---- What they are taken with ---- */

static void
prepare(struct scene *s, const char *text, struct counted_plan *p)
{
    struct plan_fault f = {0};

    if (plan_parse(s->schema, bytes_text(text), &p->plan, &f) != SV_OK)
        fail_msg("%zu:%zu %s: %s", f.line, f.column, f.word, f.reason);
    figures_init(&p->exact);
    figures_init(&p->told);
    figures_init(&p->shown);
    assert_ok(count(s, p->plan, &p->exact));
    assert_ok(print(p, &p->told));
    assert_ok(plan_preview(p->plan, &p->exact, key, &p->shown));
    s->with = p;
    assert_ok(put_json(s, &p->json));
}

static void
release(struct counted_plan *p)
{
    plan_free(p->plan);
    figures_clear(&p->exact);
    figures_clear(&p->told);
    figures_clear(&p->shown);
    buf_free(&p->json);
}

static int
setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct diag where = {0};
    struct buf csv = BUF_INIT;

    assert_non_null(s);
    s->schema = annual_data_schema();
    assert_ok(file_read(ANNUAL_DATA "victims.csv", IMPORT_FILE_MAX, &csv));
    assert_ok(import_read(schema_type(s->schema, "victim"), buf_bytes(&csv),
                          &s->rows, &where));
    buf_free(&csv);
    assert_non_null(schema_compartment(schema_type(s->schema, "victim"),
                                       "facts", &s->facts));
    prepare(s, exact_plan, &s->exact);
    prepare(s, rounded_plan, &s->rounded);
    s->spec = annual_data_spec(2022);
    s->report = annual_data_report(&s->spec, s->schema);
    (void)snprintf(s->report.basis, sizeof s->report.basis, "a law");
    assert_ok(annual_json_encode(&s->report, &s->report_json));
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    struct scene *s = *state;

    release(&s->exact);
    release(&s->rounded);
    annual_report_clear(&s->report);
    buf_free(&s->report_json);
    import_free(&s->rows);
    schema_free(s->schema);
    free(s);
    return 0;
}

/* ---- Our memory ---- */

struct taken {
    struct scene *s;
    const struct step *step;
};

static enum sv_err
run_taken(void *ctx)
{
    struct taken *t = ctx;

    return take(t->s, t->step);
}

static void
after_taken(void *ctx, enum sv_err err, const char *place)
{
    (void)ctx;
    if (err != SV_OK && err != SV_ERR_NOMEM)
        fail_msg("%s: %s", place, err_text(err));
}

static void
lack_memory(struct scene *s, const struct step *step)
{
    struct taken t = {s, step};
    const struct scarce_work w = {step->name, &t, run_taken, after_taken};

    (void)scarce_at_each_place(&w, SCARCE_MEMORY, THRIFT);
}

static void
test_where_memory_runs_out_each_step_says_so(void **state)
{
    each_step(*state, lack_memory);
}

/* ---- By counting ---- */

/* What the JSON library asks for comes from few places, many times each: of
 * each step's allocations the first SPREAD fail, and fewer and fewer behind. */
#define SPREAD (40 / THRIFT)

static void
lack_one(struct scene *s, const struct step *step)
{
    bool came = true;

    for (uint64_t at = 1; came; at += 1 + at / SPREAD) {
        enum sv_err err;

        scarce_memory_at(at, false);
        err = take(s, step);
        came = scarce_came();
        scarce_memory_at(0, false);
        if (err != (came ? SV_ERR_NOMEM : SV_OK))
            fail_msg("%s, allocation %" PRIu64 ": %s", step->name, at,
                     err_text(err));
    }
}

static void
test_where_one_allocation_fails_each_step_says_so(void **state)
{
    json_text_watch_memory();
    each_step(*state, lack_one);
    json_set_alloc_funcs(malloc, free);
}

/* ---- Texts ---- */

/* As long as a text may be, without the memory: pages come as they are
 * written to, at its end. */
static struct buf
huge(void)
{
    void *at = mmap(NULL, BUF_MAX, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    assert_true(at != MAP_FAILED);
    return (struct buf){.ptr = at, .len = 0, .cap = BUF_MAX};
}

#define ROOMS 400 /* that each text is tried in */

/* Where there is no room for all of it, there is an error. */
static void
lack_room(struct scene *s, const struct step *step)
{
    struct buf whole = BUF_INIT, out;
    size_t by;

    if (step->put == NULL)
        return;
    assert_ok(step->put(s, &whole));
    out = huge();
    by = whole.len / ROOMS * THRIFT + 1;
    for (size_t room = 0; room < whole.len; room += by) {
        enum sv_err err;

        out.len = BUF_MAX - room;
        err = step->put(s, &out);
        if (err != SV_ERR_RANGE)
            fail_msg("%s, room for %zu of %zu: %s", step->name, room, whole.len,
                     err_text(err));
    }
    assert_int_equal(munmap(out.ptr, BUF_MAX), 0);
    buf_free(&whole);
}

static void
test_a_text_that_does_not_fit_is_an_error(void **state)
{
    each_step(*state, lack_room);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_memory_runs_out_each_step_says_so),
        cmocka_unit_test(test_where_one_allocation_fails_each_step_says_so),
        cmocka_unit_test(test_a_text_that_does_not_fit_is_an_error),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
