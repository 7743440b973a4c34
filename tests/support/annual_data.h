#ifndef SV_TESTS_SUPPORT_ANNUAL_DATA_H
#define SV_TESTS_SUPPORT_ANNUAL_DATA_H

#include "counts/annual.h"
#include "tests/support/support.h"
#include "vault/import.h"

/*
 * Yearly reports from CSV: the sample files under tests/data, or what a test
 * writes.  Whatever fails, fails the test.
 */
#define ANNUAL_DATA SV_SOURCE_DIR "/tests/data/annual-2022/"

static inline struct schema *
annual_data_schema(void)
{
    struct schema *s = NULL;

    assert_ok(schema_load(schema_builtin(), &s, NULL));
    return s;
}

static inline struct annual_spec
annual_data_spec(unsigned year)
{
    struct annual_spec spec = {year, "national", false, "2026-11-24", 18};

    return spec;
}

static inline struct annual *
annual_data_new(const struct annual_spec *spec, const struct schema *s)
{
    struct annual *a = NULL;
    struct diag where = {0};

    if (annual_new(spec, s, &a, &where) != SV_OK)
        fail_msg("%s: %s", where.column, where.reason);
    return a;
}

/* Every row of the CSV text. */
static inline void
annual_data_add(struct annual *a, const struct schema *s, const char *type,
                struct bytes csv)
{
    struct import im = {0};
    struct diag where = {0};
    size_t at;

    if (import_read(schema_type(s, type), csv, &im, &where) != SV_OK)
        fail_msg("line %zu %s: %s", where.line, where.column, where.reason);
    if (im.n_bad > 0)
        fail_msg("line %zu %s: %s", im.diags[0].line, im.diags[0].column,
                 im.diags[0].reason);
    assert_non_null(schema_compartment(schema_type(s, type),
                                       annual_compartment(type), &at));
    for (size_t i = 0; i < im.n; i++)
        assert_ok(annual_add(a, type, 1, &im.drafts[i].contents[at]));
    import_free(&im);
}

static inline void
annual_data_add_samples(struct annual *a, const struct schema *s)
{
    static const char *const files[][2] = {
        {"victim", ANNUAL_DATA "victims.csv"},
        {"suspect", ANNUAL_DATA "suspects.csv"},
        {"offence", ANNUAL_DATA "offences.csv"},
    };

    for (size_t i = 0; i < 3; i++) {
        struct buf csv = BUF_INIT;

        assert_ok(file_read(files[i][1], IMPORT_FILE_MAX, &csv));
        annual_data_add(a, s, files[i][0], buf_bytes(&csv));
        buf_free(&csv);
    }
}

/* The report of the sample files. */
static inline struct annual_report
annual_data_report(const struct annual_spec *spec, const struct schema *s)
{
    struct annual_report r = {.spec = *spec, .profile = "exact"};
    struct annual *a = annual_data_new(spec, s);

    annual_data_add_samples(a, s);
    assert_ok(annual_end(a, &r.figures));
    annual_free(a);
    return r;
}

static inline const struct figure *
annual_data_figure(const struct figures *f, const char *name)
{
    size_t at;

    if (figures_find(f, name, &at) != SV_OK)
        fail_msg("there is no figure %s", name);
    return &f->at[at];
}

static inline void
assert_figure(const struct figures *f, const char *name, int64_t want)
{
    const struct figure *figure = annual_data_figure(f, name);

    if (!figure->known)
        fail_msg("%s is not known: %s", name, figure->reason);
    if (figure->value != want)
        fail_msg("%s is %lld, not %lld", name, (long long)figure->value,
                 (long long)want);
}

static inline void
assert_unknown(const struct figures *f, const char *name, const char *reason)
{
    const struct figure *figure = annual_data_figure(f, name);

    if (figure->known)
        fail_msg("%s is known", name);
    assert_string_equal(figure->reason, reason);
}

/* Each relation adds up, as far as its figures are known. */
static inline void
assert_relations_hold(const struct figures *f)
{
    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];
        const struct figure *whole = &f->at[r->whole];
        bool all_known = whole->known;
        int64_t sum = 0;

        for (size_t k = 0; k < r->n; k++) {
            all_known = all_known && f->at[r->parts[k]].known;
            sum += f->at[r->parts[k]].value;
        }
        if (!whole->known)
            continue;
        if (all_known && r->complete && sum != whole->value)
            fail_msg("the parts of %s do not add up", whole->name);
        if (!r->complete && sum > whole->value)
            fail_msg("the parts of %s are more than it is", whole->name);
    }
}

#endif
