#include "counts/document.h"

#include <stdlib.h>
#include <string.h>

#include "counts/annual_text.h"
#include "counts/document_decode.h"
#include "counts/document_internal.h"
#include "counts/plan_facts.h"
#include "counts/plan_text.h"

#define DOCUMENT_PREVIEW ANNUAL_PREVIEW
#define ANNUAL_LABEL "svault/annual/v1\n"

/* ---- a run ---- */

static enum sv_err
begin_annual(const struct schema *schema, struct bytes spec, const char *today,
             struct counting_run *run, struct diag *where)
{
    enum sv_err err = annual_spec_parse(spec, schema, &run->spec, where);

    if (err == SV_OK)
        err = annual_spec_check_today(&run->spec, today, where);
    return err != SV_OK ? err
                        : annual_new(&run->spec, schema, &run->annual, where);
}

static enum sv_err
begin_plan(const struct schema *schema, struct bytes spec, const char *today,
           struct counting_run *run, struct diag *where)
{
    struct plan_fault fault = {0};
    enum sv_err err = plan_parse(schema, spec, &run->plan, &fault);

    if (err == SV_OK)
        err = plan_check_today(run->plan, today, &fault);
    if (err == SV_ERR_INPUT)
        plan_fault_diag(&fault, where);
    return err != SV_OK ? err : tally_new(run->plan, &run->tally);
}

static void
run_free(struct counting_run *run)
{
    if (run == NULL)
        return;
    for (size_t i = 0; i < run->n_told; i++) {
        facts_clear(&run->told[i].facts);
        pins_clear(&run->told[i].pins);
    }
    annual_free(run->annual);
    tally_free(run->tally);
    plan_free(run->plan);
    free(run);
}

static const char *
run_compartment(const struct counting_run *run, const char *type)
{
    if (run->annual != NULL)
        return annual_compartment(type);
    return strcmp(type, run->plan->type->name) == 0 ? run->plan->coded->name
                                                    : NULL;
}

static bool
is_counted(const struct counting_run *run, const struct schema_type *type)
{
    return run_compartment(run, type->name) != NULL;
}

static enum sv_err
begin_told(struct counting_run *run)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < schema_types(run->schema) && err == SV_OK; i++) {
        const struct schema_type *type = schema_type_at(run->schema, i);
        struct told *told = &run->told[run->n_told];

        if (!is_counted(run, type))
            continue;
        if (run->n_told == TOLD_MAX)
            return SV_ERR_RANGE;
        facts_init(&told->facts);
        pins_init(&told->pins);
        run->n_told++;
        err = text_copy(bytes_text(type->name), told->type, sizeof told->type);
    }
    return err;
}

static enum sv_err
run_begin(const void *ctx, const struct schema *schema, struct bytes spec,
          uint64_t now_ms, struct counting_run **out, struct diag *where)
{
    struct counting_run *run = calloc(1, sizeof *run);
    struct bytes rest = spec;
    char today[ANNUAL_DATE_SIZE];
    enum sv_err err;

    if (run == NULL)
        return SV_ERR_NOMEM;
    run->schema = schema;
    run->solver = ctx;
    annual_spec_today(now_ms, today);
    err = text_skip(&rest, ANNUAL_LABEL)
              ? begin_annual(schema, spec, today, run, where)
              : begin_plan(schema, spec, today, run, where);
    if (err == SV_OK)
        err = begin_told(run);
    if (err != SV_OK) {
        run_free(run);
        return err;
    }
    *out = run;
    return SV_OK;
}

static uint64_t
run_as_of(const struct counting_run *run)
{
    return run->annual != NULL ? annual_spec_as_of_ms(&run->spec)
                               : annual_day_end_ms(run->plan->as_of);
}

enum sv_err
document_as_of(const struct schema *schema, struct bytes spec, uint64_t *ms)
{
    struct annual_spec annual;
    struct plan_fault fault = {0};
    struct plan *plan = NULL;
    enum sv_err err = annual_spec_parse(spec, schema, &annual, NULL);

    if (err == SV_OK) {
        *ms = annual_spec_as_of_ms(&annual);
        return SV_OK;
    }
    err = plan_parse(schema, spec, &plan, &fault);
    if (err == SV_OK)
        *ms = plan_as_of_ms(plan);
    plan_free(plan);
    return err;
}

static enum sv_err
run_row(struct counting_run *run, const char *type, uint64_t key,
        const struct content *content)
{
    return run->annual != NULL ? annual_add(run->annual, type, key, content)
                               : tally_add(run->tally, type, key, content);
}

/* ---- what comes of it ---- */

enum sv_err
document_figures(const struct counting_run *run, struct figures *out)
{
    return run->annual != NULL ? annual_end(run->annual, out)
                               : tally_end(run->tally, out);
}

enum sv_err
document_facts(const struct counting_run *run, const char *type,
               const struct figures *figures, const struct printed *printed,
               struct facts *out)
{
    return run->annual != NULL ? annual_facts(&run->spec, run->schema, type,
                                              figures, printed, out)
                               : plan_facts(run->plan, figures, printed, out);
}

bool
document_is_closed(const struct counting_run *run)
{
    char first[ANNUAL_DATE_SIZE], last[ANNUAL_DATE_SIZE];
    const char *as_of = run->spec.as_of;
    struct annual_spec spec = run->spec;

    if (run->plan != NULL) {
        spec.year = run->plan->period.year;
        spec.fiscal = run->plan->period.fiscal;
        as_of = run->plan->as_of;
        if (!run->plan->period.given)
            return false;
    }
    annual_spec_period(&spec, spec.year, first, last);
    return strcmp(as_of, last) > 0;
}

enum sv_err
document_report(const struct counting_run *run, const char *profile,
                struct bytes basis, const struct figures *f, struct buf *out)
{
    struct annual_report r = {.spec = run->spec, .figures = *f};
    enum sv_err err;

    if (run->annual == NULL)
        return plan_json_encode(plan_canonical(run->plan), profile, basis, f,
                                out);
    err = text_copy(bytes_text(profile), r.profile, sizeof r.profile);
    if (err == SV_OK)
        err = text_copy(basis, r.basis, sizeof r.basis);
    return err == SV_OK ? annual_json_encode(&r, out) : SV_ERR_INPUT;
}

static enum sv_err
run_preview(struct counting_run *run, const uint8_t round_key[32],
            struct buf *out)
{
    struct figures exact, rounded;
    enum sv_err err;

    struct plan_fault fault = {0};

    figures_init(&exact);
    figures_init(&rounded);
    err = run->plan != NULL ? plan_check_preview(run->plan, &fault) : SV_OK;
    if (err == SV_OK)
        err = document_figures(run, &exact);
    if (err == SV_OK)
        err = run->annual != NULL
                  ? annual_preview(&exact, round_key, &rounded)
                  : plan_preview(run->plan, &exact, round_key, &rounded);
    if (err == SV_OK)
        err = document_report(run, DOCUMENT_PREVIEW, bytes_of(NULL, 0),
                              &rounded, out);
    figures_clear(&exact);
    figures_clear(&rounded);
    return err;
}

/* ---- what was told before ---- */

static enum sv_err
add_told(struct counting_run *run, const struct snapshot *s)
{
    enum sv_err err;

    for (size_t i = 0; i < run->n_told; i++) {
        struct told *told = &run->told[i];

        if (s->facts.n_populations == 0 ||
            strcmp(told->type, s->facts.populations[0]) != 0)
            continue;
        err = facts_add(&told->facts, &s->facts);
        return err == SV_OK ? pins_add(&told->pins, s) : err;
    }
    return SV_ERR_FORMAT;
}

static enum sv_err
run_earlier(struct counting_run *run, uint64_t number, struct bytes snapshot)
{
    struct snapshot s = {0};
    enum sv_err err = snapshot_decode(snapshot, &s);

    (void)number; /* it is in the name of its facts */
    if (err == SV_OK)
        err = add_told(run, &s);
    snapshot_clear(&s);
    return err;
}

void
document_counting(const struct solver_source *solver, struct counting *out)
{
    *out = (struct counting){
        .ctx = solver,
        .begin = run_begin,
        .compartment = run_compartment,
        .as_of_ms = run_as_of,
        .row = run_row,
        .earlier = run_earlier,
        .preview = run_preview,
        .result = document_result,
        .free = run_free,
    };
}

/* ---- reading it again ---- */

void
document_clear(struct document *d)
{
    if (d->is_annual)
        annual_report_clear(&d->annual);
    else
        plan_json_clear(&d->plan);
}

static enum sv_err
decode_report(struct bytes json, struct document *out)
{
    enum sv_err err;

    memset(out, 0, sizeof *out);
    err = annual_json_decode(json, &out->annual);
    out->is_annual = err == SV_OK;
    return err == SV_ERR_FORMAT ? plan_json_decode(json, &out->plan) : err;
}

static bool
is_preview(const struct document *d)
{
    return strcmp(d->is_annual ? d->annual.profile : d->plan.profile,
                  DOCUMENT_PREVIEW) == 0;
}

/* Did some figure go one step more?  Where earlier releases stay as they were
 * printed, sums are not kept otherwise. */
static bool
is_wide(const struct facts_document *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct facts *f = &d->parts[i].facts;

        for (size_t k = 0; k < f->n_figures; k++) {
            if (f->figures[k].print == FACTS_ROUNDED &&
                f->figures[k].hi - f->figures[k].value >= FIGURES_BASE)
                return true;
        }
    }
    return false;
}

/* What is released has its facts with it, and a preview has none. */
enum sv_err
document_decode(struct bytes json, struct document *out)
{
    struct facts_document d = {0};
    struct diag where = {0};
    enum sv_err err = facts_document_decode(json, &d, &where);
    bool released = err == SV_OK;

    if (released)
        err = decode_report(buf_bytes(&d.report), out);
    else if (err == SV_ERR_NOT_FOUND)
        err = decode_report(json, out);
    if (err == SV_OK && released == is_preview(out)) {
        document_clear(out);
        err = SV_ERR_FORMAT;
    }
    if (err == SV_OK)
        (out->is_annual ? &out->annual.figures : &out->plan.figures)->is_wide =
            is_wide(&d);
    facts_document_clear(&d);
    return err;
}

const char *
document_profile(struct bytes spec)
{
    static const char exact[] = "\nmethod exact\n";
    size_t n = sizeof exact - 1;

    if (text_skip(&spec, ANNUAL_LABEL))
        return NULL;
    return spec.len >= n && bytes_equal(bytes_slice(spec, spec.len - n, n),
                                        bytes_text(exact))
               ? RELEASE_EXACT
               : RELEASE_PUBLIC;
}

bool
document_is_preview(struct bytes json)
{
    struct document d;
    bool preview;

    if (document_decode(json, &d) != SV_OK)
        return false;
    preview = is_preview(&d);
    document_clear(&d);
    return preview;
}

static enum sv_err
plan_text(const struct plan_result *r, const struct schema *schema,
          enum schema_lang lang, struct buf *out)
{
    struct plan_fault fault = {0};
    struct plan *plan = NULL;
    bool preview = strcmp(r->profile, DOCUMENT_PREVIEW) == 0;
    enum sv_err err = plan_parse(schema, buf_bytes(&r->plan), &plan, &fault);

    if (err == SV_OK)
        err = plan_text_tables(plan, &r->figures, lang, preview, out);
    plan_free(plan);
    return err == SV_ERR_INPUT ? SV_ERR_FORMAT : err;
}

enum sv_err
document_text(struct bytes json, const struct schema *schema,
              enum schema_lang lang, struct buf *out)
{
    struct document d;
    enum sv_err err = document_decode(json, &d);

    if (err != SV_OK)
        return err;
    err = d.is_annual ? annual_text_table(&d.annual, schema, lang, out)
                      : plan_text(&d.plan, schema, lang, out);
    document_clear(&d);
    return err;
}

enum sv_err
document_csv(struct bytes json, struct buf *out)
{
    struct document d;
    enum sv_err err = document_decode(json, &d);

    if (err != SV_OK)
        return err;
    err = d.is_annual ? annual_text_csv(&d.annual, out)
                      : plan_text_csv(&d.plan.figures, out);
    document_clear(&d);
    return err;
}

enum sv_err
document_tables(struct bytes json, const struct schema *schema,
                enum schema_lang lang, struct document_tables *out)
{
    struct document d;
    enum sv_err err = document_decode(json, &d);

    *out = (struct document_tables){0};
    if (err != SV_OK)
        return err;
    if (is_preview(&d))
        err = SV_ERR_FORMAT;
    else
        err = d.is_annual ? tables_of_annual(&d.annual, schema, lang, out)
                          : tables_of_plan(&d.plan, schema, lang, out);
    document_clear(&d);
    if (err != SV_OK)
        document_tables_clear(out);
    return err;
}
