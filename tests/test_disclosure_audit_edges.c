#include "tests/support/support.h"

#include "disclosure/audit.h"
#include "disclosure/solver_process.h"

/* Audits of nothing, of very much, of two populations, and of a release that
 * is not the last. */
#define DAY "2022-12-31"

static struct solver_process *process;
static const struct solver_source solvers = {solver_process_open_lazily,
                                             &process};
static const struct audit_rules rules = {.small = 4,
                                         .width = 3,
                                         .with_intervals = true,
                                         .with_insiders = true,
                                         .timeout_ms = 60000};

static void
begin(struct facts *f)
{
    size_t at = 0;

    facts_init(f);
    assert_ok(facts_release(f, "first", &at));
    assert_ok(facts_release(f, "second", &at));
    assert_ok(facts_population(f, "victim", &at));
    assert_ok(facts_population(f, "suspect", &at));
}

static size_t
dimension(struct facts *f, size_t population, const char *name, bool secret,
          size_t n)
{
    size_t at = 0, code_at = 0;

    assert_ok(facts_dimension(f, population, name, secret, &at));
    for (size_t i = 0; i < n; i++) {
        char code[24];

        (void)snprintf(code, sizeof code, "%zu", i);
        assert_ok(facts_code(f, at, code, &code_at));
    }
    return at;
}

static size_t
everybody(struct facts *f, size_t release, size_t population)
{
    char name[24];
    size_t at = 0;

    (void)snprintf(name, sizeof name, "f%zu", f->n_figures);
    assert_ok(facts_figure(f, release, population, name, DAY, &at));
    return at;
}

static size_t
who_has(struct facts *f, size_t release, size_t d, size_t code)
{
    size_t at = everybody(f, release, f->dimensions[d].population);

    assert_ok(facts_term(f, at, d, 1, &code));
    return at;
}

static void
assert_finding(const struct audit_finding *f, size_t figure, size_t minus,
               enum audit_verdict verdict, int64_t lo, int64_t hi)
{
    assert_int_equal(f->figure, figure);
    assert_int_equal(f->minus, minus);
    assert_int_equal(f->verdict, verdict);
    assert_int_equal(f->lo, lo);
    assert_int_equal(f->hi, hi);
    assert_false(f->insider);
}

static void
end(struct facts *f, struct audit_result *r)
{
    audit_result_clear(r);
    assert_null(r->findings);
    assert_null(r->intervals);
    assert_int_equal(r->n_findings + r->n_targets + r->n_new, 0);
    facts_clear(f);
}

static void
where_nothing_is_printed_nothing_is_found(void **state)
{
    struct facts f;
    struct audit_result r;

    (void)state;
    begin(&f);
    (void)dimension(&f, 0, "a", true, 2);
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_int_equal(r.n_targets, 0);
    assert_int_equal(r.n_findings, 0);
    assert_non_null(r.intervals);
    end(&f, &r);
}

/* Three hundred people in three hundred cells of at least one. */
static void
very_many_findings_are_all_there_in_order(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t d, all, cells[300];

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, 300);
    all = everybody(&f, 0, 0);
    assert_ok(facts_print_exact(&f, all, 300));
    for (size_t i = 0; i < 300; i++) {
        cells[i] = who_has(&f, 0, d, i);
        assert_ok(facts_print_hidden(&f, cells[i], 1));
    }
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_int_equal(r.n_targets, 300);
    assert_int_equal(r.n_findings, 300);
    assert_int_equal(r.n_new, 300);
    for (size_t i = 0; i < 300; i++) {
        assert_finding(&r.findings[i], cells[i], AUDIT_NONE, AUDIT_EXACT, 1, 1);
        assert_int_equal(r.intervals[cells[i]].lo, 1);
        assert_int_equal(r.intervals[cells[i]].hi, 1);
    }
    assert_int_equal(r.intervals[all].lo, 300);
    end(&f, &r);
}

/* Each for itself, with as many codes. */
static void
two_populations_tell_nothing_of_each_other(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t all[2], most[2], few[2], d[2];

    (void)state;
    begin(&f);
    for (size_t p = 0; p < 2; p++) {
        d[p] = dimension(&f, p, p == 0 ? "a" : "b", false, 3);
        all[p] = everybody(&f, 0, p);
        most[p] = who_has(&f, 0, d[p], 0);
        few[p] = who_has(&f, 0, d[p], 1);
        assert_ok(facts_print_exact(&f, all[p], 30 + (int64_t)p));
        assert_ok(facts_print_exact(&f, most[p], 28));
    }
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_int_equal(r.n_findings, 3);
    assert_finding(&r.findings[0], all[0], most[0], AUDIT_EXACT, 2, 2);
    assert_finding(&r.findings[1], few[0], AUDIT_NONE, AUDIT_NARROW, 0, 2);
    assert_finding(&r.findings[2], all[1], most[1], AUDIT_EXACT, 3, 3);
    assert_int_equal(r.intervals[few[1]].lo, 0);
    assert_int_equal(r.intervals[few[1]].hi, 3);
    end(&f, &r);
}

/* A rest is looked at if one of the two figures is new; a hidden cell
 * always. */
static void
the_new_release_need_not_be_the_last(void **state)
{
    (void)state;
    for (size_t release = 0; release < 2; release++) {
        struct audit_rules other = rules;
        struct facts f;
        struct audit_result r;
        size_t d, all, a, hidden[2];

        begin(&f);
        d = dimension(&f, 0, "a", false, 3);
        all = everybody(&f, 1, 0);
        assert_ok(facts_print_exact(&f, all, 30));
        a = who_has(&f, 1, d, 0);
        assert_ok(facts_print_exact(&f, a, 28));
        for (size_t i = 0; i < 2; i++) {
            hidden[i] = who_has(&f, 0, d, 1 + i);
            assert_ok(facts_print_hidden(&f, hidden[i], 1));
        }
        other.new_release = release;
        assert_ok(audit_run(&f, &other, &solvers, &r));
        assert_int_equal(r.n_findings, 2 + release);
        assert_int_equal(r.n_new, 2 + release);
        if (release == 1)
            assert_finding(&r.findings[0], all, a, AUDIT_EXACT, 2, 2);
        for (size_t i = 0; i < 2; i++)
            assert_finding(&r.findings[release + i], hidden[i], AUDIT_NONE,
                           AUDIT_EXACT, 1, 1);
        end(&f, &r);
    }
}

/* All of a group have one code of a secret, and so it was printed before. */
static void
a_group_may_be_known_before(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct audit_rules other = rules;
        struct facts f;
        struct audit_result r;
        size_t group, secret, ill, well;

        begin(&f);
        group = dimension(&f, 0, "a", false, 2);
        secret = dimension(&f, 0, "b", true, 2);
        ill = who_has(&f, 1, secret, 0);
        well = who_has(&f, known ? 0 : 1, secret, 1);
        assert_ok(facts_print_exact(&f, ill, 12));
        assert_ok(facts_print_exact(&f, well, 0));
        assert_ok(facts_print_exact(&f, who_has(&f, 0, group, 0), 6));
        other.new_release = 1;
        assert_ok(audit_run(&f, &other, &solvers, &r));
        assert_int_equal(r.n_findings, 2);
        assert_finding(&r.findings[0], ill, AUDIT_NONE, AUDIT_GROUP, 12, 12);
        assert_finding(&r.findings[1], well, AUDIT_NONE, AUDIT_GROUP, 0, 0);
        assert_int_equal(r.findings[0].known_before, known);
        assert_int_equal(r.findings[1].known_before, known);
        assert_int_equal(r.n_new, known ? 0 : 2);
        end(&f, &r);
    }
}

/* Under a rule that wants no width: the first that fits is nobody, and it is
 * not left at that. */
static void
a_group_without_anybody_in_sight_is_looked_at_again(void **state)
{
    struct audit_rules other = rules;
    struct facts f;
    struct audit_result r;
    size_t secret, all;

    (void)state;
    begin(&f);
    secret = dimension(&f, 0, "b", true, 2);
    all = everybody(&f, 0, 0);
    assert_ok(facts_print_exact(&f, all, 10));
    assert_ok(facts_print_rounded(&f, who_has(&f, 0, secret, 0), 0, 5, 0));
    other.width = 0;
    assert_ok(audit_run(&f, &other, &solvers, &r));
    assert_int_equal(r.n_targets, 2);
    assert_int_equal(r.n_findings, 0);
    end(&f, &r);
}

static size_t
who_has_any(struct facts *f, size_t d, size_t n, const size_t codes[],
            const char *as_of, int64_t value)
{
    char name[24];
    size_t at = 0;

    (void)snprintf(name, sizeof name, "f%zu", f->n_figures);
    assert_ok(facts_figure(f, 0, 0, name, as_of, &at));
    assert_ok(facts_term(f, at, d, n, codes));
    assert_ok(facts_print_exact(f, at, value));
    return at;
}

/* Two of each pair of three codes are three people; a year later there are
 * two.  That somebody left would fit, but only a solver says that nothing else
 * does: addition finds no figure larger than one that contains it. */
static void
nobody_leaves_on_a_solvers_word(void **state)
{
    static const size_t pairs[3][2] = {{0, 1}, {1, 2}, {0, 2}};
    static const size_t all[] = {0, 1, 2};
    struct facts f;
    struct audit_result r;
    size_t d;

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, 4);
    for (size_t i = 0; i < 3; i++)
        (void)who_has_any(&f, d, 2, pairs[i], "2021-12-31", 2);
    (void)who_has_any(&f, d, 3, all, DAY, 2);
    assert_err(audit_run(&f, &rules, &solvers, &r), SV_ERR_CONFLICT);
    facts_clear(&f);
}

/* One figure a year is enough to say that somebody left. */
static void
two_figures_of_two_dates_are_no_conflict(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t at[2];

    (void)state;
    begin(&f);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(facts_figure(&f, 0, 0, i == 0 ? "before" : "now",
                               i == 0 ? "2021-12-31" : DAY, &at[i]));
        assert_ok(facts_print_exact(&f, at[i], 50 - 10 * (int64_t)i));
    }
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_int_equal(r.n_findings, 0);
    assert_int_equal(r.intervals[at[0]].lo, 50);
    assert_int_equal(r.intervals[at[1]].hi, 40);
    end(&f, &r);
}

/* A rest may be nobody, as far as addition knows: it is found that it may. */
static void
a_rest_of_rounded_figures_begins_at_nobody(void **state)
{
    struct audit_rules other = rules;
    struct facts f;
    struct audit_result r;
    size_t d, a, all;

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, 3);
    all = everybody(&f, 0, 0);
    a = who_has(&f, 0, d, 0);
    assert_ok(facts_print_rounded(&f, all, 5, 5, 0));
    assert_ok(facts_print_rounded(&f, a, 5, 5, 0));
    other.small = 9;
    other.width = 20;
    assert_ok(audit_run(&f, &other, &solvers, &r));
    assert_int_equal(r.n_targets, 3);
    assert_int_equal(r.n_findings, 3);
    assert_finding(&r.findings[0], all, a, AUDIT_NARROW, 0, 8);
    assert_finding(&r.findings[1], all, AUDIT_NONE, AUDIT_NARROW, 1, 9);
    assert_finding(&r.findings[2], a, AUDIT_NONE, AUDIT_NARROW, 1, 9);
    audit_result_clear(&r);
    /* As wide as the rule wants, from nobody on. */
    assert_ok(facts_print_rounded(&f, all, 10, 5, 0));
    assert_ok(facts_print_rounded(&f, a, 10, 5, 0));
    other.small = 4;
    other.width = 8;
    assert_ok(audit_run(&f, &other, &solvers, &r));
    assert_int_equal(r.n_targets, 1);
    assert_int_equal(r.n_findings, 0);
    end(&f, &r);
}

/* 6 a + 10 b + 15 c = 25: nobody is in a, as only a solver knows.  Who is not
 * there has nothing to ask where nothing is safe. */
static void
nobody_asks_where_nothing_is_safe(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t d, at[3];

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, 4);
    for (size_t i = 0; i < 3; i++)
        at[i] = who_has(&f, 0, d, i);
    assert_ok(facts_state(&f, 0, 3, at, (const int64_t[]){6, 10, 15}, 25, 25));
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_int_equal(r.n_findings, 3);
    for (size_t i = 0; i < 3; i++)
        assert_finding(&r.findings[i], at[i], AUDIT_NONE, AUDIT_EXACT, i > 0,
                       i > 0);
    end(&f, &r);
}

/* The first figure is a part, and the last as large as can be looked at. */
static void
a_rest_is_looked_at_once(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t d, a, all;

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, 2);
    a = who_has(&f, 0, d, 0);
    all = everybody(&f, 0, 0);
    assert_ok(facts_print_exact(&f, a, 1));
    assert_ok(facts_print_exact(&f, all, 3));
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_int_equal(r.n_targets, 1);
    assert_int_equal(r.n_findings, 1);
    assert_finding(&r.findings[0], all, a, AUDIT_EXACT, 2, 2);
    end(&f, &r);
}

/* c + 3 a = 4 and c + 3 b = 4: who is in a, and who is in b, knows c.  The
 * set that is looked at first is named after a later figure. */
static void
insiders_of_a_figure_are_in_order(void **state)
{
    struct audit_rules other = rules;
    struct facts f;
    struct audit_result r;
    size_t d, a[2], b, c;

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, 4);
    a[0] = who_has(&f, 0, d, 0);
    b = who_has(&f, 1, d, 1);
    a[1] = who_has(&f, 1, d, 0);
    c = who_has(&f, 1, d, 2);
    for (size_t i = 0; i < 2; i++)
        assert_ok(facts_state(&f, 1, 2, (const size_t[]){c, i == 0 ? a[0] : b},
                              (const int64_t[]){1, 3}, 4, 4));
    other.new_release = 1;
    assert_ok(audit_run(&f, &other, &solvers, &r));
    assert_int_equal(r.n_findings, 4);
    assert_finding(&r.findings[0], b, AUDIT_NONE, AUDIT_NARROW, 0, 1);
    assert_finding(&r.findings[1], a[1], AUDIT_NONE, AUDIT_NARROW, 0, 1);
    for (size_t i = 0; i < 2; i++) {
        const struct audit_finding *found = &r.findings[2 + i];

        assert_int_equal(found->figure, c);
        assert_int_equal(found->verdict, AUDIT_EXACT);
        assert_int_equal(found->lo, 1);
        assert_int_equal(found->hi, 1);
        assert_true(found->insider);
        assert_int_equal(found->by, i == 0 ? b : a[1]);
    }
    end(&f, &r);
}

/* c + 3 a = 8 and c is 1 to 9: who is in a knows that c is 5 or 2, and not 5
 * alone, which is the first that is found. */
static void
what_an_insider_knows_goes_to_both_ends(void **state)
{
    struct audit_rules other = rules;
    struct facts f;
    struct audit_result r;
    size_t d, a, c;

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, 3);
    a = who_has(&f, 0, d, 0);
    c = who_has(&f, 0, d, 1);
    assert_ok(facts_print_rounded(&f, c, 5, 5, 0));
    assert_ok(facts_state(&f, 0, 2, (const size_t[]){c, a},
                          (const int64_t[]){1, 3}, 8, 8));
    other.width = 6;
    assert_ok(audit_run(&f, &other, &solvers, &r));
    assert_int_equal(r.n_findings, 2);
    assert_finding(&r.findings[0], a, AUDIT_NONE, AUDIT_NARROW, 0, 2);
    assert_int_equal(r.findings[1].figure, c);
    assert_true(r.findings[1].insider);
    assert_int_equal(r.findings[1].by, a);
    assert_int_equal(r.findings[1].verdict, AUDIT_NARROW);
    assert_int_equal(r.findings[1].lo, 2);
    assert_int_equal(r.findings[1].hi, 5);
    end(&f, &r);
}

/* Rests of figures within figures, each within the next: more of them than
 * there may be sets for insiders, which rests are not. */
static void
insiders_are_of_figures_and_not_of_rests(void **state)
{
    enum { CHAIN = 64 };
    struct audit_rules other = rules;
    struct facts f;
    struct audit_result r;
    size_t d, at, codes[CHAIN];

    (void)state;
    begin(&f);
    d = dimension(&f, 0, "a", false, CHAIN);
    for (size_t i = 0; i < CHAIN; i++) {
        codes[i] = i;
        at = everybody(&f, 0, 0);
        assert_ok(facts_term(&f, at, d, i + 1, codes));
        assert_ok(facts_print_rounded(&f, at, 10, 5, 0));
    }
    other.width = 1;
    other.with_intervals = false;
    assert_ok(audit_run(&f, &other, &solvers, &r));
    assert_int_equal(r.n_targets, CHAIN * (CHAIN - 1) / 2);
    assert_true(r.n_targets > AUDIT_INSIDERS_MAX);
    assert_int_equal(r.n_findings, 0);
    end(&f, &r);
}

/* More people at one date than at the next, of so many dates that who came
 * and who left cannot be told apart in one table. */
static void
who_left_between_too_many_dates_is_out_of_range(void **state)
{
    enum { DATES = 450 };
    struct facts f;
    struct audit_result r;
    size_t at;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < DATES; i++) {
        at = everybody(&f, 0, 0);
        (void)snprintf(f.figures[at].as_of, FACTS_DATE_SIZE, "%04zu-12-31",
                       1500 + i);
        if (i == 1 || i == 2)
            assert_ok(facts_print_exact(&f, at, i == 1 ? 46 : 45));
    }
    assert_err(audit_run(&f, &rules, &solvers, &r), SV_ERR_RANGE);
    facts_clear(&f);
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
        cmocka_unit_test(where_nothing_is_printed_nothing_is_found),
        cmocka_unit_test(very_many_findings_are_all_there_in_order),
        cmocka_unit_test(two_populations_tell_nothing_of_each_other),
        cmocka_unit_test(the_new_release_need_not_be_the_last),
        cmocka_unit_test(a_group_may_be_known_before),
        cmocka_unit_test(a_group_without_anybody_in_sight_is_looked_at_again),
        cmocka_unit_test(nobody_leaves_on_a_solvers_word),
        cmocka_unit_test(two_figures_of_two_dates_are_no_conflict),
        cmocka_unit_test(a_rest_of_rounded_figures_begins_at_nobody),
        cmocka_unit_test(nobody_asks_where_nothing_is_safe),
        cmocka_unit_test(a_rest_is_looked_at_once),
        cmocka_unit_test(insiders_of_a_figure_are_in_order),
        cmocka_unit_test(what_an_insider_knows_goes_to_both_ends),
        cmocka_unit_test(insiders_are_of_figures_and_not_of_rests),
        cmocka_unit_test(who_left_between_too_many_dates_is_out_of_range),
    };

    return cmocka_run_group_tests(tests, NULL, stop);
}
