/*
 * Released bytes of either kind, as everybody reads them: what is a document
 * is written again alike, becomes text, table, page and workbook, and is what
 * an outsider reads who knows neither plan nor schema.
 *
 * Covers: counts/document.c counts/annual_json.c counts/annual_layout.c
 * Covers: counts/annual_text.c counts/plan_json.c counts/plan_text.c
 * Covers: counts/plan_view.c counts/tables_annual.c counts/tables_plan.c
 * Covers: disclosure/facts_document.c disclosure/released.c
 * Covers: disclosure/published.c disclosure/published_sums.c
 */
#include <inttypes.h>
#include <string.h>

#include "counts/annual_text.h"
#include "counts/document.h"
#include "counts/document_decode.h"
#include "counts/plan_text.h"

#include "disclosure/facts_document.h"
#include "disclosure/published.h"
#include "fuzz/counted.h"

/* ---- an outsider ---- */

static void
check_percent(struct bytes report, const struct released_figure *f)
{
    struct buf text = BUF_INIT;
    const char *sign = f->value < 0 ? "-" : "";
    uint64_t n = f->value < 0 ? (uint64_t)-f->value : (uint64_t)f->value;

    if (f->digits == 0)
        demand_ok(buf_printf(&text, "\"value\":\"%s%" PRIu64 "\"", sign, n));
    else
        demand_ok(buf_printf(&text, "\"value\":\"%s%" PRIu64 ".%u\"", sign,
                             n / 10, (unsigned)(n % 10)));
    demand(memmem(report.ptr, report.len, text.ptr, text.len) != NULL);
    buf_free(&text);
}

static void
check_released(struct bytes report, const struct released *r)
{
    demand(r->n <= RELEASED_FIGURES_MAX);
    for (size_t i = 0; i < r->n; i++) {
        const struct released_figure *f = &r->at[i];

        demand(released_find(r, f->name) == f);
        demand(f->kind != RELEASED_COUNT || f->value >= 0);
        if (f->known && f->kind == RELEASED_PERCENT && !r->is_annual)
            check_percent(report, f);
    }
    for (size_t i = 0; i < r->n_sums; i++) {
        demand(r->sums[i].whole < r->n);
        for (size_t k = 0; k < r->sums[i].n; k++)
            demand(r->sums[i].parts[k] < r->n);
    }
}

static void
check_published(const struct facts_document *d, const struct released *r)
{
    struct published p = {0};
    enum sv_err err = published_check(d, r, &p);

    demand(err == SV_OK || err == SV_ERR_RANGE);
    demand(p.n_kept <= PUBLISHED_FAULTS_MAX && p.n_kept <= p.n_faults);
    for (size_t i = 0; i < p.n_kept; i++) {
        const char *place = p.faults[i].place;

        demand(p.faults[i].reason != NULL);
        demand(memchr(place, '\0', PUBLISHED_PLACE_SIZE) != NULL);
        for (; *place != '\0'; place++)
            demand(*place >= ' ' && *place <= '~');
    }
    published_clear(&p);
}

/* is_ours: what an officer's program reads, an outsider's has to. */
static void
read_outside(struct bytes report, const struct facts_document *d, bool is_ours)
{
    struct released r;
    struct diag where = {0};
    enum sv_err err = released_read(report, &r, &where);

    demand(!is_ours || err == SV_OK);
    if (err == SV_OK) {
        check_released(report, &r);
        if (d != NULL)
            check_published(d, &r);
    } else {
        demand(err == SV_ERR_FORMAT && where.reason != NULL && r.at == NULL);
    }
    released_clear(&r);
}

/* ---- an officer ---- */

static void
check_shown(struct bytes json)
{
    struct buf out = BUF_INIT;
    enum sv_err csv = document_csv(json, &out);

    demand(csv == SV_OK && text_is_utf8(buf_bytes(&out)));
    for (enum schema_lang lang = SCHEMA_EN; lang < SCHEMA_LANGS; lang++) {
        struct document_tables t;
        enum sv_err text, tables;

        buf_truncate(&out, 0);
        text = document_text(json, counted_schema(), lang, &out);
        demand(text == SV_OK || text == SV_ERR_FORMAT);
        demand(text != SV_OK || text_is_utf8(buf_bytes(&out)));
        tables = document_tables(json, counted_schema(), lang, &t);
        demand(tables == SV_OK ||
               (tables == SV_ERR_FORMAT && t.n == 0 && t.title == NULL));
        document_tables_clear(&t);
    }
    buf_free(&out);
}

static void
check_again(const struct document *d, struct bytes report)
{
    struct buf again = BUF_INIT;

    if (d->is_annual)
        demand_ok(annual_json_encode(&d->annual, &again));
    else
        demand_ok(plan_json_encode(buf_bytes(&d->plan.plan), d->plan.profile,
                                   buf_bytes(&d->plan.basis), &d->plan.figures,
                                   &again));
    demand(bytes_equal(buf_bytes(&again), report));
    buf_free(&again);
}

static void
check_document(struct bytes json)
{
    struct facts_document f;
    struct document d;
    struct diag where = {0};
    enum sv_err facts = facts_document_decode(json, &f, &where);
    struct bytes report = facts == SV_OK ? buf_bytes(&f.report) : json;
    struct buf again = BUF_INIT;
    enum sv_err err = document_decode(json, &d);

    demand(facts == SV_OK || facts == SV_ERR_NOT_FOUND ||
           facts == SV_ERR_FORMAT);
    demand(facts == SV_OK || (f.n == 0 && f.report.ptr == NULL));
    demand(err == SV_OK || err == SV_ERR_FORMAT);
    if (facts == SV_OK) {
        demand_ok(facts_document_encode(report, f.n, f.parts, &again));
        demand(bytes_equal(buf_bytes(&again), json));
    }
    read_outside(report, facts == SV_OK ? &f : NULL, err == SV_OK);
    if (err == SV_OK) {
        check_again(&d, report);
        check_shown(json);
        document_clear(&d);
    }
    demand(err == SV_OK || !document_is_preview(json));
    buf_free(&again);
    facts_document_clear(&f);
}

/* Reports that need not be released. */
static void
check_report(struct bytes json)
{
    struct annual_report a = {0};
    struct plan_result p = {0};
    enum sv_err err = annual_json_decode(json, &a);

    demand(err == SV_OK || err == SV_ERR_FORMAT);
    demand(err == SV_OK || a.figures.n == 0);
    if (err == SV_OK)
        read_outside(json, NULL, true);
    annual_report_clear(&a);
    err = plan_json_decode(json, &p);
    demand(err == SV_OK || err == SV_ERR_FORMAT);
    demand(err == SV_OK || (p.figures.n == 0 && p.plan.ptr == NULL));
    if (err == SV_OK)
        read_outside(json, NULL, true);
    plan_json_clear(&p);
}

void
fuzz_one(struct bytes in)
{
    check_document(in);
    check_report(in);
}

/* ---- seeds ---- */

/* What is counted of a few records, as a preview. */
static void
seed_preview(struct seeds *s, const char *spec)
{
    const uint8_t key[32] = {1};
    struct counting c;
    struct counting_run *run = NULL;
    struct buf json = BUF_INIT;
    uint8_t bytes[512];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i * 7 + i / 3);
    document_counting(NULL, &c);
    demand_ok(c.begin(c.ctx, counted_schema(), bytes_text(spec),
                      UINT64_C(1800000000000), &run, NULL));
    for (size_t i = 0; i < 50; i++)
        counted_row(&c, run, (struct draw){bytes + 9 * i, 60}, i);
    demand_ok(c.preview(run, key, &json));
    seed_buf(s, &json);
    c.free(run);
}

void
fuzz_seeds(struct seeds *s)
{
    seed_preview(s, "svault/annual/v1\nyear 2022\nauthority national\n"
                    "period calendar\nas-of 2023-03-31\nminor-age 18\n");
    seed_preview(s, "plan \"T\" population victim unit person "
                    "as_of 2023-03-31 count basis national period calendar "
                    "2022 table g by gender compare 2021 delta method exact");
    seed_preview(s, "plan \"T\" population victim unit person "
                    "as_of 2023-03-31 table g by gender method round base 5");
}
