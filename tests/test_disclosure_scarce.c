#include <jansson.h>

#include "tests/support/scarce.h"
#include "tests/support/support.h"
#include "tests/support/world.h"

#include "disclosure/audit.h"
#include "disclosure/published.h"
#include "disclosure/solver_process.h"

/*
 * Audits, and reports held against their facts, where memory runs out, ours
 * or the JSON library's: it is said to be that, and nothing is called safe or
 * right for want of it.
 */

#ifdef __SANITIZE_ADDRESS__
#define THRIFT 5 /* fewer places, by this factor */
#else
#define THRIFT 1
#endif

static struct solver_process *process;
static const struct solver_source solvers = {solver_process_open_lazily,
                                             &process};

/* ---- Audits ---- */

struct auditing {
    const struct facts *f;
    struct audit_rules rules;
    struct audit_result r, want; /* want: with memory */
};

static enum sv_err
run_audit(void *ctx)
{
    struct auditing *a = ctx;

    return audit_run(a->f, &a->rules, &solvers, &a->r);
}

static bool
same_findings(const struct audit_result *x, const struct audit_result *y)
{
    bool same = x->n_findings == y->n_findings && x->n_new == y->n_new;

    for (size_t i = 0; i < x->n_findings && same; i++) {
        const struct audit_finding *f = &x->findings[i], *g = &y->findings[i];

        same = f->figure == g->figure && f->minus == g->minus &&
               f->lo == g->lo && f->hi == g->hi && f->verdict == g->verdict &&
               f->insider == g->insider && f->by == g->by &&
               f->known_before == g->known_before;
    }
    return same;
}

static void
after_audit(void *ctx, enum sv_err err, const char *place)
{
    struct auditing *a = ctx;

    if (err == SV_ERR_NOMEM)
        return;
    if (err != SV_OK || !same_findings(&a->r, &a->want))
        fail_msg("%s: %s", place, err_text(err));
    audit_result_clear(&a->r);
}

static void
lack_memory(const struct facts *f)
{
    struct auditing a = {.f = f,
                         .rules = {.small = 2,
                                   .width = 2,
                                   .new_release = f->n_releases - 1,
                                   .with_intervals = true,
                                   .with_insiders = true,
                                   .timeout_ms = 60000}};
    const struct scarce_work w = {"audit", &a, run_audit, after_audit};

    assert_ok(audit_run(f, &a.rules, &solvers, &a.want));
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, THRIFT) > 0);
    audit_result_clear(&a.want);
}

static void
an_audit_without_memory_says_so(void **state)
{
    static const uint64_t seeds[] = {2, 64, 169};
    struct world w;

    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        world_make(&w, seeds[i]);
        lack_memory(&w.f);
        world_clear(&w);
    }
}

static size_t
figure(struct facts *f, size_t d, size_t code, const char *as_of)
{
    char name[48];
    size_t at = 0;

    (void)snprintf(name, sizeof name, "f%zu", f->n_figures);
    assert_ok(facts_figure(f, f->n_releases - 1, 0, name, as_of, &at));
    assert_ok(facts_term(f, at, d, 1, &code));
    return at;
}

/* Dimensions a and b of so many codes, of which b is secret. */
static void
begin(struct facts *f, size_t n_codes)
{
    static const char *const names[] = {"a", "b"};
    size_t at = 0;

    facts_init(f);
    assert_ok(facts_population(f, "p", &at));
    assert_ok(facts_release(f, "r", &at));
    for (size_t d = 0; d < 2; d++) {
        assert_ok(facts_dimension(f, 0, names[d], d == 1, &at));
        for (size_t i = 0; i < n_codes; i++) {
            char code[24];

            (void)snprintf(code, sizeof code, "%zu", i);
            assert_ok(facts_code(f, d, code, &at));
        }
    }
}

/* Two dates, fewer people at the later one, and tables that share nothing. */
static void
an_audit_of_who_left_without_memory_says_so(void **state)
{
    static const char *const dates[] = {"2021-12-31", "2022-12-31"};
    struct facts f;
    size_t at = 0;

    (void)state;
    begin(&f, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(facts_print_hidden(&f, figure(&f, 0, i, dates[1]), 1));
        (void)figure(&f, 1, i, dates[1]);
        assert_ok(facts_figure(&f, 0, 0, dates[i], dates[i], &at));
        assert_ok(facts_print_exact(&f, at, i == 0 ? 3 : 2));
    }
    lack_memory(&f);
    facts_clear(&f);
}

/* All of the first group have one code of a secret: that they are three is
 * looked for when there is room for as many targets as there are groups. */
static void
an_audit_of_many_groups_without_memory_says_so(void **state)
{
    enum { GROUPS = 256 };
    const size_t code = 1;
    struct facts f;

    (void)state;
    begin(&f, GROUPS);
    for (size_t i = 0; i < GROUPS; i++) {
        size_t at = figure(&f, 0, i, "2022-12-31");

        assert_ok(facts_term(&f, at, 1, 1, &code));
        assert_ok(facts_print_exact(&f, at, 3));
    }
    assert_ok(facts_print_exact(&f, figure(&f, 0, 0, "2022-12-31"), 3));
    lack_memory(&f);
    facts_clear(&f);
}

/* ---- Reports ---- */

static const char annual[] =
    "{\n  \"profile\": \"exact\",\n  \"v\": {\n    \"change\": 6,\n"
    "    \"f\": {\n      \"x\": 40\n    },\n    \"m\": 5,\n"
    "    \"n\": null,\n    \"n_reason\": \"small\",\n    \"total\": 45\n"
    "  }\n}\n";
#define PLAN                                                                   \
    "{\"basis\":\"law\",\"figures\":["                                         \
    "{\"change\":false,\"name\":\"t.a\",\"reason\":\"\",\"value\":40},"        \
    "{\"change\":false,\"name\":\"t.b\",\"reason\":\"\",\"value\":5},"         \
    "{\"change\":false,\"name\":\"t.total\",\"reason\":\"\",\"value\":45},"    \
    "{\"change\":false,\"name\":\"t.share.a\",\"reason\":\"\","                \
    "\"value\":\"89\"}],\"format\":\"svault/counts/v1\",\"plan\":\"p\","       \
    "\"profile\":\"exact\",\"relations\":["
static const char plan[] =
    PLAN "{\"complete\":true,\"parts\":[0,1],\"whole\":2}]}\n";
static const char plan_of_one_part[] =
    PLAN "{\"complete\":true,\"parts\":[0],\"whole\":2}]}\n";

struct checking {
    const char *text;
    struct facts_document d;
    size_t n_faults; /* with memory */
    bool reads;      /* it was read to its end */
    bool is_json;    /* the JSON library's memory is short, not ours */
    struct published p;
};

static void
fact(struct facts *f, const char *name, size_t n, const size_t codes[],
     int64_t value)
{
    size_t at = 0;

    assert_ok(facts_figure(f, 0, 0, name, "2022-12-31", &at));
    assert_ok(facts_term(f, at, 0, n, codes));
    assert_ok(facts_print_exact(f, at, value));
}

/* What is wrong with a report, and with nothing before it is looked at. */
enum wrong {
    WRONG_COUNT,
    WRONG_RULE,
    WRONG_FACT,
    WRONG_SUM,
    WRONG_PAIR,
    WRONG_RELATION /* of a plan */
};

static void
checking_begin(struct checking *c, bool is_plan, enum wrong wrong)
{
    static const size_t codes[] = {0, 1, 2};
    int64_t b = wrong == WRONG_COUNT ? 4 : 5;
    struct facts *f = &c->d.parts[0].facts;

    *c = (struct checking){.text = is_plan ? plan : annual};
    if (is_plan && wrong == WRONG_RELATION)
        c->text = plan_of_one_part;
    c->d.n = 1;
    c->d.parts[0].rule.base = wrong == WRONG_RULE ? 5 : 0;
    begin(f, 3);
    fact(f, is_plan ? "t.a" : "v.f.x", 1, codes, 40);
    fact(f, is_plan ? "t.b" : "v.m", 1, codes + 1, b);
    fact(f, is_plan ? "t.total" : "v.total", 2, codes, 40 + b);
    fact(f, is_plan ? "t.none" : "v.before", 1, codes + 2,
         is_plan ? 0 : 34 + b);
    if (wrong == WRONG_FACT)
        fact(f, "more", 2, codes + 1, 1);
    if (wrong == WRONG_SUM)
        fact(f, "all", 3, codes, 0);
    if (wrong == WRONG_PAIR)
        fact(f, "again", 1, codes, 0);
}

static enum sv_err
run_check(void *ctx)
{
    struct checking *c = ctx;
    struct released report;
    struct diag where = {0};
    enum sv_err err = released_read(bytes_text(c->text), &report, &where);

    c->reads = err == SV_OK;
    if (err != SV_OK)
        return err;
    err = published_check(&c->d, &report, &c->p);
    released_clear(&report);
    return err;
}

static void
after_check(void *ctx, enum sv_err err, const char *place)
{
    struct checking *c = ctx;

    /* jansson loses parts of strings as it reads, and does not know it. */
    if (err == SV_ERR_NOMEM ||
        (err == SV_ERR_FORMAT && !c->reads && c->is_json))
        return;
    if (err != SV_OK || c->p.n_faults != c->n_faults)
        fail_msg("%s: %s, %zu faults", place, err_text(err), c->p.n_faults);
    published_clear(&c->p);
}

static void
each_report(void (*fn)(struct checking *c))
{
    for (unsigned i = 0; i <= 2 * WRONG_RELATION; i++) {
        struct checking c;

        checking_begin(&c, i % 2 == 0, (enum wrong)(i / 2));
        assert_ok(run_check(&c));
        c.n_faults = c.p.n_faults;
        assert_true(c.n_faults > 0);
        published_clear(&c.p);
        fn(&c);
        facts_clear(&c.d.parts[0].facts);
    }
}

static void
lack_ours(struct checking *c)
{
    const struct scarce_work w = {"report", c, run_check, after_check};

    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 0);
}

static void
a_report_is_not_right_for_want_of_memory(void **state)
{
    (void)state;
    each_report(lack_ours);
}

/* The figures of two dimensions, of which more and more are told apart: by
 * counting, as room for them runs out at several of them. */
static void
sums_are_not_right_for_want_of_memory(void **state)
{
    struct facts f;
    struct published p = {0};
    bool came = true;

    (void)state;
    begin(&f, 8);
    for (size_t i = 0; i < 64; i++) {
        const size_t code[] = {i / 8, i % 8};
        size_t at = 0;

        assert_ok(facts_figure(&f, 0, 0, "cell", "2022-12-31", &at));
        for (size_t d = 0; d < 2; d++)
            assert_ok(facts_term(&f, at, d, 1, &code[d]));
        assert_ok(facts_print_exact(&f, at, 1));
    }
    for (uint64_t n = 1; came; n++) {
        enum sv_err err;

        scarce_memory_at(n, false);
        err = published_sums(&f, &p);
        came = scarce_came();
        scarce_memory_at(0, false);
        assert_err(err, came ? SV_ERR_NOMEM : SV_OK);
        published_clear(&p);
    }
    facts_clear(&f);
}

static struct {
    size_t calls, fail_at; /* from 1; 0: none */
} json_calls;

static void *
json_memory(size_t n)
{
    return ++json_calls.calls == json_calls.fail_at ? NULL : malloc(n);
}

static void
lack_theirs(struct checking *c)
{
    size_t n;

    c->is_json = true;
    json_calls.calls = 0;
    json_calls.fail_at = 0;
    after_check(c, run_check(c), "nothing fails");
    n = json_calls.calls;
    for (size_t at = 1; at <= n; at++) {
        char place[48];
        enum sv_err err;

        (void)snprintf(place, sizeof place, "allocation %zu", at);
        json_calls.calls = 0;
        json_calls.fail_at = at;
        err = run_check(c);
        if (at == 1)
            assert_err(err, SV_ERR_NOMEM);
        after_check(c, err, place);
    }
}

static void
a_report_is_not_right_for_want_of_the_json_librarys_memory(void **state)
{
    (void)state;
    json_set_alloc_funcs(json_memory, free);
    each_report(lack_theirs);
    json_set_alloc_funcs(malloc, free);
}

static int
stop(void **state)
{
    (void)state;
    solver_process_stop(process);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_audit_without_memory_says_so),
        cmocka_unit_test(an_audit_of_who_left_without_memory_says_so),
        cmocka_unit_test(an_audit_of_many_groups_without_memory_says_so),
        cmocka_unit_test(a_report_is_not_right_for_want_of_memory),
        cmocka_unit_test(sums_are_not_right_for_want_of_memory),
        cmocka_unit_test(
            a_report_is_not_right_for_want_of_the_json_librarys_memory),
    };

    return cmocka_run_group_tests(tests, NULL, stop);
}
