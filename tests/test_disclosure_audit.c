#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/grid.h"
#include "tests/support/support.h"

#include "disclosure/audit.h"
#include "disclosure/solver_job.h"
#include "disclosure/solver_process.h"

#define Y2021 "2021-12-31"
#define Y2022 "2022-12-31"

static struct solver_process *process;
static const struct solver_source solvers = {solver_process_open_lazily,
                                             &process};

/* ---- Telling a story ---- */

static size_t
dimension(struct facts *f, const char *name, bool secret, const char *codes)
{
    struct bytes rest = bytes_text(codes), code;
    size_t at = 0, code_at = 0;

    assert_ok(facts_dimension(f, 0, name, secret, &at));
    while (text_split(&rest, ' ', &code)) {
        char text[FACTS_NAME_SIZE];

        assert_ok(text_copy(code, text, sizeof text));
        assert_ok(facts_code(f, at, text, &code_at));
    }
    return at;
}

/* One population, one release. */
static void
begin(struct facts *f)
{
    size_t at = 0;

    facts_init(f);
    assert_ok(facts_population(f, "victim", &at));
    assert_ok(facts_release(f, "r", &at));
}

/* The code of that name. */
static size_t
code_of(const struct facts *f, size_t d, struct bytes name)
{
    for (size_t i = 0; i < f->dimensions[d].n; i++)
        if (bytes_equal(name, bytes_text(f->dimensions[d].codes[i])))
            return i;
    fail_msg("no such code");
    return 0;
}

static void
term(struct facts *f, size_t figure, struct bytes text)
{
    size_t codes[FACTS_CODES_MAX], n = 0, d = 0;
    char name[FACTS_NAME_SIZE];
    struct bytes part;

    assert_true(text_split(&text, '=', &part));
    assert_ok(text_copy(part, name, sizeof name));
    assert_ok(facts_find_dimension(f, name, &d));
    while (text_split(&text, '|', &part))
        codes[n++] = code_of(f, d, part);
    assert_ok(facts_term(f, figure, d, n, codes));
}

/* A figure of the last release, named as its terms: "sex=f age=0|1", or
 * "all"; as_of NULL: 2022. */
static size_t
figure(struct facts *f, const char *terms, const char *as_of)
{
    char name[FACTS_FIGURE_SIZE];
    struct bytes rest = bytes_text(terms), part;
    size_t at = 0;

    (void)snprintf(name, sizeof name, "%s", terms);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == ' ' ? ',' : *c;
    assert_ok(facts_figure(f, f->n_releases - 1, 0, name,
                           as_of != NULL ? as_of : Y2022, &at));
    while (strcmp(terms, "all") != 0 && text_split(&rest, ' ', &part))
        term(f, at, part);
    return at;
}

static size_t
exact(struct facts *f, const char *terms, int64_t n)
{
    size_t at = figure(f, terms, NULL);

    assert_ok(facts_print_exact(f, at, n));
    return at;
}

static size_t
exact_as_of(struct facts *f, const char *terms, const char *as_of, int64_t n)
{
    size_t at = figure(f, terms, as_of);

    assert_ok(facts_print_exact(f, at, n));
    return at;
}

static size_t
hidden(struct facts *f, const char *terms, int64_t at_least)
{
    size_t at = figure(f, terms, NULL);

    assert_ok(facts_print_hidden(f, at, at_least));
    return at;
}

static size_t
rounded(struct facts *f, const char *terms, int64_t n)
{
    size_t at = figure(f, terms, NULL);

    assert_ok(facts_print_rounded(f, at, n, 5, 0));
    return at;
}

static void
next_release(struct facts *f, const char *name)
{
    size_t at = 0;

    assert_ok(facts_release(f, name, &at));
    assert_int_equal(at, f->n_releases - 1);
}

/* ---- Asking ---- */

/* Counts under k are protected, by an interval of k - 2. */
static struct audit_rules
rules_of(const struct facts *f, int64_t k)
{
    return (struct audit_rules){.small = k - 1,
                                .width = k - 2,
                                .new_release = f->n_releases - 1,
                                .with_intervals = true,
                                .timeout_ms = 60000};
}

static void
audit(const struct facts *f, int64_t k, struct audit_result *r)
{
    const struct audit_rules rules = rules_of(f, k);

    assert_ok(audit_run(f, &rules, &solvers, r));
    assert_true(r->n_targets >= r->n_findings);
    for (size_t i = 1; i < r->n_findings; i++)
        assert_true(r->findings[i - 1].figure <= r->findings[i].figure);
}

static const struct audit_finding *
find(const struct audit_result *r, size_t figure, size_t minus)
{
    for (size_t i = 0; i < r->n_findings; i++)
        if (r->findings[i].figure == figure && r->findings[i].minus == minus &&
            !r->findings[i].insider)
            return &r->findings[i];
    return NULL;
}

static void
assert_found(const struct audit_result *r, size_t figure, size_t minus,
             enum audit_verdict verdict, int64_t lo, int64_t hi)
{
    const struct audit_finding *f = find(r, figure, minus);

    assert_non_null(f);
    assert_int_equal(f->verdict, verdict);
    assert_int_equal(f->lo, lo);
    assert_int_equal(f->hi, hi);
}

static void
assert_interval(const struct audit_result *r, size_t figure, int64_t lo,
                int64_t hi)
{
    assert_int_equal(r->intervals[figure].lo, lo);
    assert_int_equal(r->intervals[figure].hi, hi);
}

static void
end(struct facts *f, struct audit_result *r)
{
    audit_result_clear(r);
    facts_clear(f);
}

/* ---- One release ---- */

/* Two blocks of hidden cells, each with two in every row and column, and one
 * cell that is in a row of one and a column of the other. */
static void
a_cell_falls_out_although_every_row_and_column_hides_two(void **state)
{
    static const char *const hide[] = {"r=1 c=1", "r=1 c=2", "r=2 c=1",
                                       "r=2 c=2", "r=3 c=3", "r=3 c=4",
                                       "r=4 c=3", "r=4 c=4", "r=2 c=3"};
    static const int64_t counts[4][4] = {
        {3, 4, 20, 30}, {4, 3, 2, 40}, {50, 60, 4, 3}, {70, 80, 3, 4}};
    struct facts f;
    struct audit_result r;
    size_t bridge = 0, others = 0;

    (void)state;
    begin(&f);
    (void)dimension(&f, "r", false, "1 2 3 4");
    (void)dimension(&f, "c", false, "1 2 3 4");
    for (int i = 0; i < 4; i++) {
        int64_t row = 0, column = 0;
        char terms[32];

        for (int j = 0; j < 4; j++) {
            bool is_hidden = false;

            row += counts[i][j];
            column += counts[j][i];
            (void)snprintf(terms, sizeof terms, "r=%d c=%d", i + 1, j + 1);
            for (size_t k = 0; k < 9; k++)
                is_hidden = is_hidden || strcmp(hide[k], terms) == 0;
            if (!is_hidden)
                (void)exact(&f, terms, counts[i][j]);
            else if (strcmp(terms, "r=2 c=3") == 0)
                bridge = hidden(&f, terms, 0);
            else
                (void)hidden(&f, terms, 0);
        }
        (void)snprintf(terms, sizeof terms, "r=%d", i + 1);
        (void)exact(&f, terms, row);
        (void)snprintf(terms, sizeof terms, "c=%d", i + 1);
        (void)exact(&f, terms, column);
    }
    audit(&f, 5, &r);
    assert_found(&r, bridge, AUDIT_NONE, AUDIT_EXACT, 2, 2);
    for (size_t i = 0; i < r.n_findings; i++)
        others += r.findings[i].minus == AUDIT_NONE ? 1 : 0;
    assert_int_equal(others, 1);
    end(&f, &r);
}

/* By region and sex, where the total of a region is hidden; by region and
 * age, where it is printed. */
static void
by_region_and_sex(struct facts *f, size_t *small)
{
    (void)exact(f, "region=a sex=m", 10);
    *small = hidden(f, "region=a sex=f", 0);
    (void)exact(f, "region=b sex=m", 10);
    (void)hidden(f, "region=b sex=f", 0);
    (void)exact(f, "sex=m", 20);
    (void)exact(f, "sex=f", 9);
    (void)hidden(f, "region=a", 0);
    (void)hidden(f, "region=b", 0);
}

static void
by_region_and_age(struct facts *f)
{
    (void)exact(f, "region=a age=y", 6);
    (void)exact(f, "region=a age=o", 7);
    (void)exact(f, "region=a", 13);
    (void)exact(f, "region=b", 16);
}

static void
two_linked_tables_are_safe_each_and_not_together(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t small = 0;

    (void)state;
    for (unsigned tables = 1; tables < 4; tables++) {
        begin(&f);
        (void)dimension(&f, "region", false, "a b");
        (void)dimension(&f, "sex", false, "m f");
        (void)dimension(&f, "age", false, "y o");
        if ((tables & 1) != 0)
            by_region_and_sex(&f, &small);
        if ((tables & 2) != 0)
            by_region_and_age(&f);
        audit(&f, 5, &r);
        if (tables == 3)
            assert_found(&r, small, AUDIT_NONE, AUDIT_EXACT, 3, 3);
        else
            assert_int_equal(r.n_findings, 0);
        end(&f, &r);
    }
}

static void
thirty_seven_less_thirty_four_is_three_though_all_cells_are_large(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t all, prosecuted;

    (void)state;
    begin(&f);
    (void)dimension(&f, "outcome", false, "guilty pending none");
    all = exact(&f, "all", 37);
    (void)exact(&f, "outcome=guilty", 22);
    (void)exact(&f, "outcome=pending", 12);
    prosecuted = exact(&f, "outcome=guilty|pending", 34);
    audit(&f, 10, &r);
    assert_int_equal(r.n_findings, 1);
    assert_found(&r, all, prosecuted, AUDIT_EXACT, 3, 3);
    assert_int_equal(r.n_new, 1);
    end(&f, &r);
}

static void
a_rest_that_is_a_figure_itself_is_looked_at_as_that(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t rest;

    (void)state;
    begin(&f);
    (void)dimension(&f, "outcome", false, "guilty none");
    (void)exact(&f, "all", 37);
    (void)exact(&f, "outcome=guilty", 34);
    rest = hidden(&f, "outcome=none", 0);
    audit(&f, 10, &r);
    assert_int_equal(r.n_findings, 1);
    assert_found(&r, rest, AUDIT_NONE, AUDIT_EXACT, 3, 3);
    end(&f, &r);
}

static void
four_point_three_percent_of_forty_six_is_two(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t all, male;

    (void)state;
    for (int with_share = 0; with_share < 2; with_share++) {
        begin(&f);
        (void)dimension(&f, "sex", false, "m f");
        all = exact(&f, "all", 46);
        male = hidden(&f, "sex=m", 0);
        (void)hidden(&f, "sex=f", 0);
        if (with_share)
            assert_ok(facts_state_share(&f, 0, male, all, 43, 1));
        audit(&f, 10, &r);
        if (with_share) {
            assert_found(&r, male, AUDIT_NONE, AUDIT_EXACT, 2, 2);
            assert_interval(&r, male, 2, 2);
        } else {
            assert_int_equal(r.n_findings, 0);
            assert_interval(&r, male, 0, 46);
        }
        end(&f, &r);
    }
}

static void
what_has_no_bound_is_safe_and_has_none(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t male;

    (void)state;
    begin(&f);
    (void)dimension(&f, "sex", false, "m f");
    male = hidden(&f, "sex=m", 1);
    (void)figure(&f, "all", NULL);
    audit(&f, 5, &r);
    assert_int_equal(r.n_findings, 0);
    assert_interval(&r, male, 1, FACTS_VALUE_MAX);
    end(&f, &r);
}

/* Of a whole of any size, 0.000000 % may be somebody.  No table that large is
 * looked for: it is strict. */
static void
a_share_of_nearly_nothing_is_not_proved_to_be_nobody(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t part, whole;

    (void)state;
    begin(&f);
    (void)dimension(&f, "sex", false, "m f");
    part = hidden(&f, "sex=m", 0);
    whole = figure(&f, "all", NULL);
    assert_ok(facts_state_share(&f, 0, part, whole, 0, 6));
    audit(&f, 5, &r);
    assert_non_null(find(&r, part, AUDIT_NONE));
    end(&f, &r);
}

static void
a_sum_of_zero_gives_its_hidden_zeros_away_and_nobody_with_them(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t a, b;

    (void)state;
    begin(&f);
    (void)dimension(&f, "c", false, "a b c");
    (void)exact(&f, "all", 0);
    a = hidden(&f, "c=a", 0);
    b = hidden(&f, "c=b", 0);
    (void)exact(&f, "c=c", 0);
    audit(&f, 5, &r);
    assert_int_equal(r.n_findings, 0);
    assert_interval(&r, a, 0, 0);
    assert_interval(&r, b, 0, 0);
    end(&f, &r);
}

static void
fifteen_of_ten_three_and_two_hidden_gives_two_ones_away(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t a, b;

    (void)state;
    for (int64_t at_least = 0; at_least < 2; at_least++) {
        begin(&f);
        (void)dimension(&f, "c", false, "a b c d");
        (void)exact(&f, "all", 15);
        (void)exact(&f, "c=a", 10);
        (void)exact(&f, "c=b", 3);
        a = hidden(&f, "c=c", at_least);
        b = hidden(&f, "c=d", at_least);
        audit(&f, 5, &r);
        if (at_least == 1) {
            assert_found(&r, a, AUDIT_NONE, AUDIT_EXACT, 1, 1);
            assert_found(&r, b, AUDIT_NONE, AUDIT_EXACT, 1, 1);
        } else {
            assert_found(&r, a, AUDIT_NONE, AUDIT_NARROW, 0, 2);
            assert_found(&r, b, AUDIT_NONE, AUDIT_NARROW, 0, 2);
        }
        end(&f, &r);
    }
}

static void
what_contradicts_itself_is_a_conflict(void **state)
{
    struct facts f;
    struct audit_rules rules;
    struct audit_result r;

    (void)state;
    begin(&f);
    (void)dimension(&f, "sex", false, "m f");
    (void)dimension(&f, "age", false, "y o");
    (void)exact(&f, "all", 10);
    (void)exact(&f, "sex=m", 6);
    (void)exact(&f, "sex=f", 6);
    rules = rules_of(&f, 5);
    assert_err(audit_run(&f, &rules, &solvers, &r), SV_ERR_CONFLICT);
    facts_clear(&f);
    /* Sums of three pairs over three cells: 2 (a + b + c) = 5. */
    begin(&f);
    (void)dimension(&f, "c", false, "a b c d");
    (void)exact(&f, "c=a|b", 1);
    (void)exact(&f, "c=b|c", 2);
    (void)exact(&f, "c=a|c", 2);
    rules = rules_of(&f, 5);
    assert_err(audit_run(&f, &rules, &solvers, &r), SV_ERR_CONFLICT);
    facts_clear(&f);
}

static void
rounding_to_five_leaves_four_everywhere(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t male;

    (void)state;
    begin(&f);
    (void)dimension(&f, "sex", false, "m f");
    (void)dimension(&f, "nation", false, "jp other");
    (void)dimension(&f, "age", false, "u18 adult");
    (void)rounded(&f, "all", 45);
    male = rounded(&f, "sex=m", 0);
    (void)rounded(&f, "sex=f", 45);
    (void)rounded(&f, "nation=jp", 45);
    (void)rounded(&f, "nation=other", 0);
    (void)rounded(&f, "age=u18", 35);
    (void)rounded(&f, "age=adult", 10);
    {
        struct audit_rules rules = rules_of(&f, 5);

        rules.width = 4;
        assert_ok(audit_run(&f, &rules, &solvers, &r));
    }
    assert_int_equal(r.n_findings, 0);
    assert_interval(&r, male, 0, 4);
    end(&f, &r);
}

static void
unprinted_figures_are_protected_too(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t rest;

    (void)state;
    begin(&f);
    (void)dimension(&f, "c", false, "a b c");
    (void)exact(&f, "all", 20);
    (void)exact(&f, "c=a", 10);
    (void)exact(&f, "c=b", 8);
    rest = figure(&f, "c=c", NULL);
    audit(&f, 5, &r);
    assert_found(&r, rest, AUDIT_NONE, AUDIT_EXACT, 2, 2);
    end(&f, &r);
}

/* ---- Groups ---- */

static void
all_or_none_of_a_group_with_a_secret_is_found(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t ill, well;

    (void)state;
    for (int is_secret = 0; is_secret < 2; is_secret++) {
        begin(&f);
        (void)dimension(&f, "area", false, "a b");
        (void)dimension(&f, "health", is_secret, "ill well");
        (void)exact(&f, "area=a", 12);
        (void)exact(&f, "area=b", 20);
        ill = exact(&f, "area=a health=ill", 12);
        well = exact(&f, "area=a health=well", 0);
        (void)exact(&f, "area=b health=ill", 10);
        (void)exact(&f, "area=b health=well", 10);
        audit(&f, 5, &r);
        if (is_secret) {
            assert_int_equal(r.n_findings, 2);
            assert_found(&r, ill, AUDIT_NONE, AUDIT_GROUP, 12, 12);
            assert_found(&r, well, AUDIT_NONE, AUDIT_GROUP, 0, 0);
        } else {
            assert_int_equal(r.n_findings, 0);
        }
        end(&f, &r);
    }
}

static void
a_group_whose_total_is_nowhere_printed_is_a_group(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t ill;

    (void)state;
    begin(&f);
    (void)dimension(&f, "area", false, "a b");
    (void)dimension(&f, "health", true, "ill well unknown");
    ill = rounded(&f, "area=a health=ill", 10);
    (void)exact(&f, "area=a health=well|unknown", 0);
    {
        struct audit_rules rules = rules_of(&f, 5);

        rules.width = 4;
        assert_ok(audit_run(&f, &rules, &solvers, &r));
    }
    assert_found(&r, ill, AUDIT_NONE, AUDIT_GROUP, 6, 14);
    end(&f, &r);
}

/* ---- Several releases ---- */

static void
under_18_and_then_under_19_is_who_is_18(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t younger, older;

    (void)state;
    begin(&f);
    (void)dimension(&f, "age", false, "u16 16 17 18 19 older");
    younger = exact(&f, "age=u16|16|17", 33);
    (void)exact(&f, "all", 60);
    next_release(&f, "again");
    older = exact(&f, "age=u16|16|17|18", 35);
    audit(&f, 10, &r);
    assert_int_equal(r.n_findings, 1);
    assert_found(&r, older, younger, AUDIT_EXACT, 2, 2);
    assert_int_equal(r.n_new, 1);
    end(&f, &r);
}

static void
under_18_and_then_under_19_rounded_tells_nothing(void **state)
{
    struct facts f;
    struct audit_rules rules;
    struct audit_result r;

    (void)state;
    begin(&f);
    (void)dimension(&f, "age", false, "u16 16 17 18 19 older");
    (void)rounded(&f, "age=u16|16|17", 35);
    next_release(&f, "again");
    (void)rounded(&f, "age=u16|16|17|18", 35);
    rules = rules_of(&f, 5);
    rules.width = 4;
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_int_equal(r.n_findings, 0);
    end(&f, &r);
}

static void
the_year_to_date_and_then_the_year_is_its_rest(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t to_date, year;

    (void)state;
    begin(&f);
    (void)dimension(&f, "quarter", false, "1 2 3 4");
    to_date = exact_as_of(&f, "quarter=1|2|3", "2022-09-30", 43);
    next_release(&f, "year");
    year = exact_as_of(&f, "all", Y2022, 46);
    audit(&f, 10, &r);
    assert_int_equal(r.n_findings, 1);
    assert_found(&r, year, to_date, AUDIT_EXACT, 3, 3);
    end(&f, &r);
}

static void
forty_six_and_then_forty_seven_is_one_late_registration(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t first, second;

    (void)state;
    begin(&f);
    (void)dimension(&f, "year", false, "2021 2022");
    first = exact_as_of(&f, "year=2022", "2023-03-31", 46);
    next_release(&f, "revised");
    second = exact_as_of(&f, "year=2022", "2024-03-31", 47);
    audit(&f, 10, &r);
    assert_int_equal(r.n_findings, 1);
    assert_found(&r, second, first, AUDIT_EXACT, 1, 1);
    assert_int_equal(r.n_new, 1);
    end(&f, &r);
}

static void
who_was_taken_out_again_is_no_conflict(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t male;

    (void)state;
    begin(&f);
    (void)dimension(&f, "sex", false, "m f");
    (void)exact_as_of(&f, "all", "2023-03-31", 47);
    next_release(&f, "revised");
    (void)exact_as_of(&f, "all", "2024-03-31", 46);
    male = figure(&f, "sex=m", "2024-03-31");
    assert_ok(facts_print_hidden(&f, male, 0));
    audit(&f, 10, &r);
    assert_interval(&r, male, 0, 46);
    end(&f, &r);
}

/* "+15" beside 33: 18 last year, and 3 adults, of whom nothing was said. */
static void
plus_fifteen_gives_last_years_figure_away(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t before, adults, now;

    (void)state;
    begin(&f);
    (void)dimension(&f, "year", false, "2021 2022");
    (void)dimension(&f, "age", false, "minor adult");
    (void)exact_as_of(&f, "year=2021", Y2021, 21);
    before = figure(&f, "year=2021 age=minor", Y2021);
    assert_ok(facts_print_hidden(&f, before, 0));
    adults = figure(&f, "year=2021 age=adult", Y2021);
    assert_ok(facts_print_hidden(&f, adults, 0));
    audit(&f, 10, &r);
    assert_int_equal(r.n_findings, 0);
    assert_interval(&r, before, 0, 21);
    audit_result_clear(&r);
    next_release(&f, "r2022");
    now = exact(&f, "year=2022 age=minor", 33);
    assert_ok(facts_state(&f, 1, 2, (const size_t[]){now, before},
                          (const int64_t[]){1, -1}, 15, 15));
    audit(&f, 10, &r);
    assert_interval(&r, before, 18, 18);
    assert_found(&r, adults, AUDIT_NONE, AUDIT_EXACT, 3, 3);
    assert_int_equal(r.n_new, r.n_findings);
    end(&f, &r);
}

static void
what_earlier_releases_tell_alone_is_known_before(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t all, most;

    (void)state;
    begin(&f);
    (void)dimension(&f, "c", false, "a b c");
    all = exact(&f, "all", 46);
    most = exact(&f, "c=a|b", 44);
    next_release(&f, "again");
    (void)exact(&f, "all", 46);
    audit(&f, 10, &r);
    assert_int_equal(r.n_findings, 1);
    assert_int_equal(r.findings[0].verdict, AUDIT_EXACT);
    assert_true(r.findings[0].known_before);
    assert_int_equal(r.n_new, 0);
    assert_int_equal(r.findings[0].minus, most);
    assert_true(r.findings[0].figure != all); /* the new one of that set */
    end(&f, &r);
}

static void
what_a_release_makes_narrower_is_not_known_before(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t male;

    (void)state;
    begin(&f);
    (void)dimension(&f, "sex", false, "m f");
    (void)exact(&f, "all", 3);
    male = hidden(&f, "sex=m", 0);
    next_release(&f, "again");
    (void)hidden(&f, "sex=m", 1);
    audit(&f, 10, &r);
    for (size_t i = 0; i < r.n_findings; i++)
        assert_false(r.findings[i].known_before);
    assert_true(r.n_new > 0);
    assert_interval(&r, male, 1, 3);
    end(&f, &r);
}

/* Twenty people in twenty cells of at least one. */
static void
many_findings_are_all_there_in_order(void **state)
{
    struct facts f;
    struct audit_result r;
    size_t cells[20], n = 0;

    (void)state;
    begin(&f);
    (void)dimension(&f, "c", false,
                    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
    for (int i = 0; i < 20; i++) {
        char terms[16];

        (void)snprintf(terms, sizeof terms, "c=%d", i + 1);
        cells[n++] = hidden(&f, terms, 1);
    }
    (void)exact(&f, "all", 20);
    audit(&f, 5, &r);
    for (size_t i = 0; i < n; i++)
        assert_found(&r, cells[i], AUDIT_NONE, AUDIT_EXACT, 1, 1);
    end(&f, &r);
}

/* ---- Insiders ---- */

/* So many times; then there is no solver any more. */
static enum sv_err
open_some(void *left, int *fd)
{
    unsigned *n = left;

    if (*n == 0)
        return SV_ERR_IO;
    (*n)--;
    return solver_process_open_lazily(&process, fd);
}

/* Wherever the solver goes away, what would be found is not passed over. */
static void
what_an_insider_knows_is_found_or_the_audit_fails(void **state)
{
    struct facts f;
    struct audit_rules rules;
    struct audit_result r;
    size_t a, b, n_findings;
    unsigned left = 0;

    (void)state;
    begin(&f);
    (void)dimension(&f, "c", false, "a b c");
    a = hidden(&f, "c=a", 0);
    b = hidden(&f, "c=b", 0);
    assert_ok(facts_state(&f, 0, 2, (const size_t[]){a, b},
                          (const int64_t[]){1, 3}, 4, 4));
    rules = rules_of(&f, 5);
    rules.with_insiders = true;
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    n_findings = r.n_findings;
    assert_true(n_findings > 0);
    audit_result_clear(&r);
    for (unsigned n = 0; left == 0; n++) {
        const struct solver_source some = {open_some, &left};

        left = n;
        if (audit_run(&f, &rules, &some, &r) == SV_OK) {
            assert_int_equal(r.n_findings, n_findings);
            audit_result_clear(&r);
        } else {
            assert_int_equal(left, 0);
        }
        assert_true(n < 100);
    }
    facts_clear(&f);
}

/* a + 3 b = 4: one in a and one in b, or four in a. */
static void
an_insider_of_one_cell_knows_another(void **state)
{
    struct facts f;
    struct audit_rules rules;
    struct audit_result r;
    size_t a, b;

    (void)state;
    begin(&f);
    (void)dimension(&f, "c", false, "a b c");
    a = hidden(&f, "c=a", 0);
    b = hidden(&f, "c=b", 0);
    assert_ok(facts_state(&f, 0, 2, (const size_t[]){a, b},
                          (const int64_t[]){1, 3}, 4, 4));
    rules = rules_of(&f, 5);
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    assert_null(find(&r, a, AUDIT_NONE));
    audit_result_clear(&r);
    rules.with_insiders = true;
    assert_ok(audit_run(&f, &rules, &solvers, &r));
    for (size_t i = 0; i < r.n_findings; i++)
        if (r.findings[i].insider) {
            assert_int_equal(r.findings[i].figure, a);
            assert_int_equal(r.findings[i].by, b);
            assert_int_equal(r.findings[i].verdict, AUDIT_EXACT);
            assert_int_equal(r.findings[i].lo, 1);
            assert_int_equal(r.findings[i].hi, 1);
            a = b; /* once */
        }
    assert_int_equal(a, b);
    end(&f, &r);
}

/* ---- Limits ---- */

static void
too_many_atoms_are_refused_before_they_are_made(void **state)
{
    struct facts f;
    struct audit_rules rules;
    struct audit_result r;
    size_t at = 0;

    (void)state;
    begin(&f);
    for (char name = 'a'; name < 'k'; name++) {
        const char text[] = {name, '\0'};

        (void)dimension(&f, text, false, "1 2 3 4 5 6 7 8");
        if (name == 'a')
            at = figure(&f, "all", NULL);
        for (size_t code = 0; code < 7; code++) {
            size_t cell = figure(&f, "all", NULL);

            assert_ok(facts_term(&f, cell, (size_t)(name - 'a'), 1, &code));
        }
    }
    for (size_t i = 0; i < 10; i++) {
        const size_t code = 0;

        assert_ok(facts_term(&f, at, i, 1, &code));
    }
    rules = rules_of(&f, 5);
    assert_err(audit_run(&f, &rules, &solvers, &r), SV_ERR_RANGE);
    facts_clear(&f);
}

/* ---- Solvers that fail ---- */

/* Something to find, and something that only a solver tells apart. */
static void
some_tables(struct facts *f)
{
    size_t small = 0;

    begin(f);
    (void)dimension(f, "region", false, "a b");
    (void)dimension(f, "sex", false, "m f");
    (void)dimension(f, "age", false, "y o");
    by_region_and_sex(f, &small);
    (void)hidden(f, "region=a age=y", 0);
    (void)hidden(f, "region=b age=y", 0);
    (void)exact(f, "age=y", 4);
    (void)hidden(f, "sex=m age=y", 1);
    (void)hidden(f, "sex=f age=y", 1);
}

static enum sv_err
open_nothing(void *ctx, int *fd)
{
    (void)ctx;
    (void)fd;
    return SV_ERR_UNVERIFIED;
}

/* One whose other end is gone. */
static enum sv_err
open_killed(void *ctx, int *fd)
{
    int both[2];

    (void)ctx;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both),
                     0);
    (void)close(both[1]);
    *fd = both[0];
    return SV_OK;
}

/* One that never answers. */
static enum sv_err
open_silent(void *ctx, int *fd)
{
    int both[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both),
                     0);
    *(int *)ctx = both[1];
    *fd = both[0];
    return SV_OK;
}

static void
without_a_solver_nothing_is_proved(void **state)
{
    int other = -1;
    const struct solver_source sources[] = {
        {open_nothing, NULL}, {open_killed, NULL}, {open_silent, &other}};
    struct facts f;
    struct audit_rules rules;
    struct audit_result r;

    (void)state;
    some_tables(&f);
    rules = rules_of(&f, 5);
    rules.timeout_ms = 200;
    for (size_t i = 0; i < 3; i++)
        assert_err(audit_run(&f, &rules, &sources[i], &r), SV_ERR_UNVERIFIED);
    (void)close(other);
    rules.timeout_ms = 0;
    assert_err(audit_run(&f, &rules, &solvers, &r), SV_ERR_UNVERIFIED);
    facts_clear(&f);
}

/* Stands between the audit and a solver, and alters what that says. */
struct liar {
    unsigned kind;
    uint64_t seed;
    int in, out;
    pthread_t thread;
    bool running;
};

static bool
pass_on(int from, int to, size_t len)
{
    uint8_t bytes[4096];

    while (len > 0) {
        ssize_t n =
            recv(from, bytes, len < sizeof bytes ? len : sizeof bytes, 0);

        if (n <= 0 || send(to, bytes, (size_t)n, MSG_NOSIGNAL) != n)
            return false;
        len -= (size_t)n;
    }
    return true;
}

static void
lie(struct liar *l, double x[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        l->seed = l->seed * UINT64_C(6364136223846793005) + 1;
        switch (l->kind) {
        case 0: /* always the same table, which fits */
            break;
        case 1:
            x[i] = 0;
            break;
        case 2:
            x[i] += (double)(l->seed >> 60) - 7;
            break;
        case 5: /* more than whole numbers hold */
            if (l->seed >> 60 == 0)
                x[i] = i % 2 == 0 ? 1e300 : -1e300;
            break;
        default:
            x[i] = (double)(l->seed >> 62);
        }
    }
}

static bool
answer(struct liar *l, double **first)
{
    struct job_head head;
    size_t n;
    double *x;

    if (recv(l->out, &head, sizeof head, MSG_WAITALL) != sizeof head)
        return false;
    n = head.len / sizeof *x;
    x = calloc(n + 1, sizeof *x);
    if (recv(l->out, x, head.len, MSG_WAITALL) != (ssize_t)head.len) {
        free(x);
        return false;
    }
    if (*first == NULL) {
        *first = calloc(n + 1, sizeof *x);
        memcpy(*first, x, n * sizeof *x);
    }
    if (l->kind == 0)
        memcpy(x, *first, n * sizeof *x);
    lie(l, x, n);
    if (l->kind == 4)
        head = (struct job_head){JOB_NONE, head.number, 0};
    if (l->kind == 6)
        head = (struct job_head){JOB_UNBOUNDED, head.number, 0};
    n = (size_t)send(l->in, &head, sizeof head, MSG_NOSIGNAL);
    n += (size_t)send(l->in, x, head.len, MSG_NOSIGNAL);
    free(x);
    return n == sizeof head + head.len;
}

static void *
stand_between(void *ctx)
{
    struct liar *l = ctx;
    double *first = NULL;
    struct job_head head;

    while (recv(l->in, &head, sizeof head, MSG_WAITALL) == sizeof head &&
           send(l->out, &head, sizeof head, MSG_NOSIGNAL) == sizeof head &&
           pass_on(l->in, l->out, head.len))
        if ((head.kind == JOB_OPTIMUM || head.kind == JOB_INTEGER) &&
            !answer(l, &first))
            break;
    free(first);
    (void)close(l->in);
    (void)close(l->out);
    return NULL;
}

static enum sv_err
open_liar(void *ctx, int *fd)
{
    struct liar *l = ctx;
    int both[2];
    enum sv_err err;

    if (l->running)
        assert_int_equal(pthread_join(l->thread, NULL), 0);
    l->running = false;
    err = solver_process_open_lazily(&process, &l->out);
    if (err != SV_OK)
        return err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both),
                     0);
    l->in = both[1];
    *fd = both[0];
    assert_int_equal(pthread_create(&l->thread, NULL, stand_between, l), 0);
    l->running = true;
    return SV_OK;
}

/* Another audit may be open while the next begins: a thread for each. */
static enum sv_err
open_liars(void *ctx, int *fd)
{
    struct liar *all = ctx;
    size_t i = 0;

    while (i < 63 && all[i].running)
        i++;
    all[i].kind = all[63].kind;
    all[i].seed = all[63].kind + i;
    return open_liar(&all[i], fd);
}

static void
a_solver_that_lies_makes_nothing_safe(void **state)
{
    struct facts f;
    struct audit_rules rules;
    struct audit_result honest, lied;
    size_t n_survived = 0;

    (void)state;
    some_tables(&f);
    rules = rules_of(&f, 5);
    rules.timeout_ms = 5000;
    rules.with_intervals = false;
    assert_ok(audit_run(&f, &rules, &solvers, &honest));
    assert_true(honest.n_findings > 0);
    for (unsigned kind = 0; kind < 7; kind++) {
        struct liar all[64] = {0};
        const struct solver_source liars = {open_liars, all};
        enum sv_err err;

        all[63].kind = kind;
        err = audit_run(&f, &rules, &liars, &lied);
        for (size_t i = 0; i < 63; i++)
            if (all[i].running)
                assert_int_equal(pthread_join(all[i].thread, NULL), 0);
        if (err != SV_OK) {
            assert_true(err == SV_ERR_UNVERIFIED || err == SV_ERR_CONFLICT);
            continue;
        }
        n_survived++;
        for (size_t i = 0; i < honest.n_findings; i++)
            assert_non_null(find(&lied, honest.findings[i].figure,
                                 honest.findings[i].minus));
        audit_result_clear(&lied);
    }
    assert_true(n_survived > 0);
    end(&f, &honest);
}

/* ---- Tables of others ---- */

/* Hidden cells of those that are to be protected for which nobody but the
 * audit sees that they are not. */
static void
pattern(const char *dir, const char *name, size_t n_hidden, size_t n_narrow)
{
    char path[PATH_SIZE];
    struct grid g;
    struct audit_rules rules;
    struct audit_result r;
    size_t hide = 0, narrow = 0;

    (void)snprintf(path, sizeof path, "%s/peer_GaussSuppression_%s.csv", dir,
                   name);
    if (!grid_read(&g, path))
        skip();
    grid_print_suppressed(&g, 1);
    rules = rules_of(&g.facts, 5);
    rules.with_intervals = false;
    assert_ok(audit_run(&g.facts, &rules, &solvers, &r));
    for (size_t i = 0; i < g.n_cells; i++) {
        hide += g.cells[i].is_hidden ? 1 : 0;
        if (g.cells[i].is_small && find(&r, i, AUDIT_NONE) != NULL)
            narrow++;
    }
    assert_int_equal(hide, n_hidden);
    assert_int_equal(narrow, n_narrow);
    audit_result_clear(&r);
    grid_free(&g);
}

static void
patterns_of_gauss_suppression_leak_where_hidden_means_at_least_one(void **state)
{
    const char *dir = getenv("SV_DISCLOSURE_DATA");

    (void)state;
    if (dir == NULL)
        skip();
    pattern(dir, "bench_2d_10x10", 39, 8);
    pattern(dir, "bench_2d_50x20", 341, 4);
    pattern(dir, "bench_3d_20x12x6", 474, 91);
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
        cmocka_unit_test(
            a_cell_falls_out_although_every_row_and_column_hides_two),
        cmocka_unit_test(two_linked_tables_are_safe_each_and_not_together),
        cmocka_unit_test(
            thirty_seven_less_thirty_four_is_three_though_all_cells_are_large),
        cmocka_unit_test(a_rest_that_is_a_figure_itself_is_looked_at_as_that),
        cmocka_unit_test(four_point_three_percent_of_forty_six_is_two),
        cmocka_unit_test(what_has_no_bound_is_safe_and_has_none),
        cmocka_unit_test(a_share_of_nearly_nothing_is_not_proved_to_be_nobody),
        cmocka_unit_test(
            a_sum_of_zero_gives_its_hidden_zeros_away_and_nobody_with_them),
        cmocka_unit_test(
            fifteen_of_ten_three_and_two_hidden_gives_two_ones_away),
        cmocka_unit_test(what_contradicts_itself_is_a_conflict),
        cmocka_unit_test(rounding_to_five_leaves_four_everywhere),
        cmocka_unit_test(unprinted_figures_are_protected_too),
        cmocka_unit_test(all_or_none_of_a_group_with_a_secret_is_found),
        cmocka_unit_test(a_group_whose_total_is_nowhere_printed_is_a_group),
        cmocka_unit_test(under_18_and_then_under_19_is_who_is_18),
        cmocka_unit_test(under_18_and_then_under_19_rounded_tells_nothing),
        cmocka_unit_test(the_year_to_date_and_then_the_year_is_its_rest),
        cmocka_unit_test(
            forty_six_and_then_forty_seven_is_one_late_registration),
        cmocka_unit_test(who_was_taken_out_again_is_no_conflict),
        cmocka_unit_test(plus_fifteen_gives_last_years_figure_away),
        cmocka_unit_test(what_earlier_releases_tell_alone_is_known_before),
        cmocka_unit_test(what_a_release_makes_narrower_is_not_known_before),
        cmocka_unit_test(many_findings_are_all_there_in_order),
        cmocka_unit_test(what_an_insider_knows_is_found_or_the_audit_fails),
        cmocka_unit_test(an_insider_of_one_cell_knows_another),
        cmocka_unit_test(too_many_atoms_are_refused_before_they_are_made),
        cmocka_unit_test(without_a_solver_nothing_is_proved),
        cmocka_unit_test(a_solver_that_lies_makes_nothing_safe),
        cmocka_unit_test(
            patterns_of_gauss_suppression_leak_where_hidden_means_at_least_one),
    };

    return cmocka_run_group_tests(tests, NULL, stop);
}
