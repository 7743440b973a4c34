/*
 * A plan, or a year, and some records, counted and told: the figures as a
 * report, as tables, as facts and as risks, each read again.  The plan's text,
 * a NUL, and what the records have.
 *
 * Covers: counts/annual.c counts/annual_tally.c counts/annual_facts.c
 * Covers: counts/annual_json.c counts/annual_text.c counts/tables_annual.c
 * Covers: counts/plan_tally.c counts/plan_tally_end.c counts/plan_derive.c
 * Covers: counts/plan_facts.c counts/plan_json.c counts/plan_nested.c
 * Covers: counts/plan_preview.c counts/plan_text.c counts/plan_trim.c
 * Covers: counts/plan_view.c counts/dimension.c counts/risk.c
 * Covers: counts/risk_text.c counts/snapshot.c counts/label.c
 */
#include <string.h>

#include "counts/annual_facts.h"
#include "counts/annual_text.h"
#include "counts/document.h"
#include "counts/document_decode.h"
#include "counts/label.h"
#include "counts/plan_derive.h"
#include "counts/plan_facts.h"
#include "counts/plan_nested.h"
#include "counts/plan_text.h"
#include "counts/plan_trim.h"
#include "counts/risk.h"
#include "counts/snapshot.h"

#include "fuzz/counted.h"

#define CELLS_MAX 3000 /* more only take longer */
#define RECORDS_MAX 24

static const uint8_t key[32] = {7};

/* ---- counting ---- */

/* The same records for the same bytes. */
static void
count(const struct plan *p, struct draw d, struct figures *out)
{
    struct tally *t = NULL;
    size_t n = draw_below(&d, RECORDS_MAX);

    demand_ok(tally_new(p, &t));
    for (size_t i = 0; i < n; i++) {
        struct content c;

        demand_ok(content_new(p->coded, &c));
        counted_draw(&d, &c);
        demand_ok(tally_add(t, p->type->name, i * 0x9e3779b97f4a7c15 + 1, &c));
        content_free(&c);
    }
    demand_ok(tally_end(t, out));
    tally_free(t);
}

/* Every relation holds; nothing is counted below 0. */
static void
check_figures(const struct figures *f)
{
    for (size_t i = 0; i < f->n; i++)
        demand(!f->at[i].known || f->at[i].is_change || f->at[i].value >= 0);
    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];
        int64_t sum = 0;
        bool known = f->at[r->whole].known;

        for (size_t k = 0; k < r->n; k++) {
            known = known && f->at[r->parts[k]].known;
            sum += f->at[r->parts[k]].value;
        }
        demand(!known || (r->complete ? sum == f->at[r->whole].value
                                      : sum <= f->at[r->whole].value));
    }
}

/* ---- what is told ---- */

static void
check_report(const struct plan *p, const char *profile, const struct figures *f)
{
    struct buf json = BUF_INIT, again = BUF_INIT, text = BUF_INIT;
    struct plan_result r = {0};

    demand_ok(plan_json_encode(plan_canonical(p), profile, bytes_of(NULL, 0), f,
                               &json));
    demand_ok(plan_json_decode(buf_bytes(&json), &r));
    demand_ok(plan_json_encode(buf_bytes(&r.plan), r.profile,
                               buf_bytes(&r.basis), &r.figures, &again));
    demand(bytes_equal(buf_bytes(&json), buf_bytes(&again)));
    demand_ok(plan_text_check(p, &r.figures));
    demand_ok(plan_text_csv(&r.figures, &text));
    for (enum schema_lang lang = SCHEMA_EN; lang < SCHEMA_LANGS; lang++) {
        struct document_tables t;

        demand_ok(plan_text_tables(p, &r.figures, lang, false, &text));
        demand_ok(tables_of_plan(&r, counted_schema(), lang, &t));
        demand(t.n == p->n);
        document_tables_clear(&t);
    }
    demand(text_is_utf8(buf_bytes(&text)));
    plan_json_clear(&r);
    buf_free(&json);
    buf_free(&again);
    buf_free(&text);
}

static void
check_snapshot(const struct facts *f, const struct facts_rule *rule,
               const struct figures *figures)
{
    struct buf bytes = BUF_INIT;
    struct snapshot s = {0};
    struct pins pins;

    demand_ok(snapshot_encode(f, rule, figures, true, &bytes));
    demand_ok(snapshot_decode(buf_bytes(&bytes), &s));
    demand(s.closed && s.facts.n_figures == f->n_figures);
    pins_init(&pins);
    demand_ok(pins_add(&pins, &s));
    for (size_t i = 0; i < s.facts.n_figures && i < 32; i++) {
        const struct counted of = {s.sets[i].value, s.sets[i].key, 0};
        struct buf predicate = BUF_INIT;

        demand_ok(facts_predicate(&s.facts, i, &predicate));
        demand(!s.sets[i].given ||
               pins_find(&pins, buf_bytes(&predicate), &of) != NULL);
        buf_free(&predicate);
    }
    pins_clear(&pins);
    snapshot_clear(&s);
    buf_free(&bytes);
}

static void
check_facts(const struct plan *p, const struct figures *f, bool rounded)
{
    const struct printed printed = {"release-1", rounded, PLAN_ROUND_BASE, 0};
    const struct facts_rule rule = {rounded ? PLAN_ROUND_BASE : 0,
                                    rounded ? 4 : 0, rounded ? 4 : 0};
    struct facts facts, again;
    struct facts_rule same;
    struct diag where = {0};
    struct buf json = BUF_INIT;
    enum sv_err err;

    facts_init(&facts);
    facts_init(&again);
    err = plan_facts(p, f, &printed, &facts);
    demand(err == SV_OK || err == SV_ERR_RANGE);
    if (err == SV_OK) {
        demand_ok(facts_json_encode(&facts, &rule, &json));
        demand_ok(facts_json_decode(buf_bytes(&json), &again, &same, &where));
        check_snapshot(&facts, &rule, f);
    }
    facts_clear(&facts);
    facts_clear(&again);
    buf_free(&json);
}

static void
check_known(const struct plan *p)
{
    struct facts f;
    enum sv_err err;

    facts_init(&f);
    err = plan_facts_known(p, &f);
    demand(err == SV_OK || err == SV_ERR_RANGE);
    demand(err != SV_OK || f.n_releases == p->n_known);
    facts_clear(&f);
}

static void
check_risks(const struct plan *p, struct figures *exact)
{
    struct risk_list risks = {0}, again = {0};
    struct label *l = NULL;
    struct buf text = BUF_INIT, same = BUF_INIT;

    demand_ok(plan_relate_nested(p, exact));
    demand_ok(risk_find(exact, &risks));
    demand_ok(risk_encode(&risks, true, &text));
    demand_ok(risk_decode(buf_bytes(&text), &again));
    demand_ok(risk_encode(&again, true, &same));
    demand(bytes_equal(buf_bytes(&text), buf_bytes(&same)));
    demand_ok(label_new(counted_schema(), plan_canonical(p), SCHEMA_JA, &l));
    for (size_t i = 0; i < risks.n && i < 64; i++) {
        demand(risks.at[i].value <= RISK_SMALL_MAX ||
               risks.at[i].kind == RISK_GROUP);
        buf_truncate(&text, 0);
        demand_ok(label_expression(l, risks.at[i].expression, &text));
        demand(text_is_utf8(buf_bytes(&text)));
    }
    label_free(l);
    risk_clear(&risks);
    risk_clear(&again);
    buf_free(&text);
    buf_free(&same);
}

/* As exact figures, and rounded to the multiple below: parts then come to less
 * than their whole, so relations are left out. */
static void
check_told(const struct plan *p, const struct figures *exact)
{
    struct figures told, rounded;

    figures_init(&told);
    figures_init(&rounded);
    demand_ok(figures_copy(exact, &told));
    demand_ok(plan_derive(p, &told));
    check_report(p, "exact", &told);
    check_facts(p, &told, false);
    for (size_t i = 0; i < exact->n; i++) {
        const struct figure *f = &exact->at[i];
        size_t at = 0;

        demand_ok(f->known
                      ? figures_add_counted(&rounded, f->name, &f->of, &at)
                      : figures_add_unknown(&rounded, f->name, f->reason, &at));
        rounded.at[at].value = f->value / PLAN_ROUND_BASE * PLAN_ROUND_BASE;
        rounded.at[at].is_change = f->is_change;
        rounded.at[at].unprinted = f->unprinted;
    }
    demand_ok(plan_trim(p, &rounded));
    demand_ok(plan_derive(p, &rounded));
    check_report(p, "public", &rounded);
    if (p->method == PLAN_ROUND)
        check_facts(p, &rounded, true);
    figures_clear(&told);
    figures_clear(&rounded);
}

static void
check_preview(const struct plan *p, const struct figures *exact)
{
    struct figures shown;

    figures_init(&shown);
    demand_ok(plan_preview(p, exact, key, &shown));
    for (size_t i = 0; i < shown.n; i++)
        demand(shown.at[i].value != 0 && shown.at[i].value % FIGURES_BASE == 0);
    demand(shown.n_relations == 0);
    check_report(p, "preview", &shown);
    figures_clear(&shown);
}

/* ---- a year ---- */

static void
count_year(struct annual *a, struct draw d)
{
    const struct schema *schema = counted_schema();
    size_t n = draw_below(&d, RECORDS_MAX);

    for (size_t i = 0; i < n; i++) {
        const struct schema_type *type =
            schema_type_at(schema, draw_below(&d, schema_types(schema)));
        const char *name = annual_compartment(type->name);
        struct content c;

        if (name == NULL)
            continue;
        demand_ok(content_new(schema_compartment(type, name, NULL), &c));
        counted_draw(&d, &c);
        demand_ok(annual_add(a, type->name, i * 0x9e3779b97f4a7c15 + 1, &c));
        content_free(&c);
    }
}

static void
check_year_report(const struct annual_report *r)
{
    struct annual_report again = {0};
    struct buf json = BUF_INIT, same = BUF_INIT, text = BUF_INIT;

    demand_ok(annual_json_encode(r, &json));
    demand_ok(annual_json_decode(buf_bytes(&json), &again));
    demand_ok(annual_json_encode(&again, &same));
    demand(bytes_equal(buf_bytes(&json), buf_bytes(&same)));
    check_figures(&again.figures);
    demand_ok(annual_text_csv(&again, &text));
    for (enum schema_lang lang = SCHEMA_EN; lang < SCHEMA_LANGS; lang++) {
        struct document_tables t;

        demand_ok(annual_text_table(&again, counted_schema(), lang, &text));
        demand_ok(tables_of_annual(&again, counted_schema(), lang, &t));
        document_tables_clear(&t);
    }
    demand(text_is_utf8(buf_bytes(&text)));
    annual_report_clear(&again);
    buf_free(&json);
    buf_free(&same);
    buf_free(&text);
}

static void
check_year_facts(const struct annual_spec *spec, const struct figures *f)
{
    const struct printed printed = {.release = "release-1"};
    const struct facts_rule rule = {0};
    const struct schema *schema = counted_schema();

    for (size_t i = 0; i < schema_types(schema); i++) {
        const char *type = schema_type_at(schema, i)->name;
        struct facts facts;

        if (annual_compartment(type) == NULL)
            continue;
        facts_init(&facts);
        demand_ok(annual_facts(spec, schema, type, f, &printed, &facts));
        demand(facts.n_populations == 1);
        check_snapshot(&facts, &rule, f);
        facts_clear(&facts);
    }
}

static void
check_year(const struct annual_spec *spec, struct draw d)
{
    struct annual *a = NULL;
    struct diag where = {0};
    struct annual_report r = {.spec = *spec, .profile = "exact"};
    struct annual_report shown = {.spec = *spec, .profile = ANNUAL_PREVIEW};
    struct risk_list risks = {0};

    figures_init(&r.figures);
    figures_init(&shown.figures);
    demand_ok(annual_new(spec, counted_schema(), &a, &where));
    count_year(a, d);
    demand_ok(annual_end(a, &r.figures));
    check_figures(&r.figures);
    check_year_report(&r);
    check_year_facts(spec, &r.figures);
    demand_ok(risk_find(&r.figures, &risks));
    demand_ok(annual_preview(&r.figures, key, &shown.figures));
    check_year_report(&shown);
    demand_ok(annual_trim(&r.figures));
    risk_clear(&risks);
    figures_clear(&r.figures);
    figures_clear(&shown.figures);
    annual_free(a);
}

void
fuzz_one(struct bytes in)
{
    struct annual_spec year;
    const uint8_t *nul = in.len > 0 ? memchr(in.ptr, '\0', in.len) : NULL;
    size_t text_len = nul != NULL ? (size_t)(nul - in.ptr) : in.len;
    struct plan_fault fault = {0};
    struct plan *p = NULL;
    struct draw d = {in.ptr + text_len, in.len - text_len};
    struct figures exact;

    (void)draw_byte(&d);
    if (annual_spec_parse(bytes_of(in.ptr, text_len), counted_schema(), &year,
                          NULL) == SV_OK) {
        check_year(&year, d);
        return;
    }
    if (plan_parse(counted_schema(), bytes_of(in.ptr, text_len), &p, &fault) !=
        SV_OK)
        return;
    if (p->n_cells <= CELLS_MAX) {
        figures_init(&exact);
        count(p, d, &exact);
        demand(exact.n <= p->n_cells);
        check_figures(&exact);
        check_told(p, &exact);
        check_preview(p, &exact);
        check_known(p);
        check_risks(p, &exact);
        figures_clear(&exact);
    }
    plan_free(p);
}

/* A plan, or a year, that is right by the schema as it is. */
static void
seed_plan(struct seeds *s, const char *text)
{
    uint64_t ms = 0;
    struct buf b = BUF_INIT;
    uint8_t bytes[256];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i * 7 + i / 3);
    bytes[0] = 0;
    bytes[1] = RECORDS_MAX - 1;
    demand_ok(document_as_of(counted_schema(), bytes_text(text), &ms));
    demand_ok(buf_text(&b, text));
    demand_ok(buf_append(&b, BYTES(bytes)));
    seed_buf(s, &b);
}

void
fuzz_seeds(struct seeds *s)
{
    seed_plan(s, "svault/annual/v1\nyear 2022\nauthority national\n"
                 "period calendar\nas-of 2023-03-31\nminor-age 18\n");
    seed_plan(s, "svault/annual/v1\nyear 2022\nauthority police\n"
                 "period fiscal\nas-of 2023-03-31\nminor-age 20\n");
    seed_plan(s, "plan \"T\" population victim unit person as_of 2023-03-31 "
                 "count basis national period calendar 2022 "
                 "codelist age_band v1 "
                 "table a by gender, age_band compare 2021 delta "
                 "table b by services where gender = male "
                 "table c where gender in {male, female} "
                 "derive share a gender percent 1 derive change a percent 0 "
                 "known outside \"N\" gender = female year 2021 : 40 "
                 "method exact");
    seed_plan(s, "plan \"S\" population victim unit person as_of 2023-03-31 "
                 "hierarchy detection_route {own: {self}, "
                 "all: {police_raid, immigration}} "
                 "table a by detection_route, gender "
                 "table b by nationality_group where services = shelter "
                 "margins () method round base 5");
    seed_plan(s, "plan \"L\" population offence unit case as_of 2023-03-31 "
                 "count basis national period fiscal 2022 "
                 "table law by law compare 2021 side "
                 "derive share law law percent 0 method exact");
}
