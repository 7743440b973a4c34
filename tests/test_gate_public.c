#include "base/codec.h"
#include "counts/annual_json.h"
#include "counts/risk.h"
#include "tests/support/raw.h"
#include "vault/client_release.h"

#include "disclosure/facts_document.h"

/* Releases for the public, and the ledger of what was released. */

#define SPEC(year, day)                                                        \
    "svault/annual/v1\nyear " year "\nauthority national\nperiod calendar\n"   \
    "as-of " day "\nminor-age 18\n"
static const char spec[] = SPEC("2022", "2023-03-31");

#define START_2023 UINT64_C(1680230000000) /* 31 March 2023 */

static int
setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    office_new(o);
    o->now_ms = START_2023;
    *state = o;
    return 0;
}

static int
teardown(void **state)
{
    office_free(*state);
    free(*state);
    return 0;
}

static void
add_victims(struct office *o, unsigned n, const char *gender)
{
    struct client *c = office_client(o, "case-1");

    for (unsigned i = 0; i < n; i++) {
        const char *const fields[][2] = {
            {"facts.gender", gender},
            {"facts.identification_status", "actual"},
            {"facts.counted_by", "national"},
            {"facts.counted_year", "2022"},
            {"facts.citizenship", "JPN"},
            {"facts.age_at_protection", "17"},
        };
        struct draft d = {0};
        struct handle h;
        const char *reason = NULL;
        assert_ok(draft_new(schema_type(client_schema(c), "victim"), &d));
        for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
            struct schema_place at;

            assert_ok(draft_place(d.type, bytes_text(fields[k][0]), &at));
            assert_ok(content_add(&d.contents[at.compartment], at.field,
                                  bytes_text(fields[k][1]), &reason));
        }
        assert_ok(client_record_add(c, &d, &h));
        draft_free(&d);
    }
    office_end(o, "case-1");
}

static enum sv_err
try_request(struct office *o, const char *profile, const char *what,
            uint64_t *number)
{
    struct buf cells = BUF_INIT;
    enum sv_err err = client_release_request(
        office_client(o, "stats-1"), profile, bytes_text(what),
        bytes_text("Action Plan"), NULL, number, &cells);

    if (err == SV_OK && strcmp(profile, RELEASE_EXACT) == 0)
        assert_ok(client_release_acknowledge(
            office_client(o, "stats-1"), *number, buf_bytes(&cells), true, 0));
    buf_free(&cells);
    return err;
}

static uint64_t
request(struct office *o, const char *profile, const char *what)
{
    uint64_t number = 0;

    assert_ok(try_request(o, profile, what, &number));
    office_end(o, "stats-1");
    return number;
}

static enum sv_err
try_approve(struct office *o, uint64_t number)
{
    struct release_view v = {0};
    enum sv_err err;

    assert_ok(client_release_show(office_client(o, "approve-1"), number, &v));
    err = client_release_approve(office_client(o, "approve-1"), number, &v);
    release_view_free(&v);
    return err;
}

static uint64_t
release(struct office *o, const char *profile, const char *what)
{
    uint64_t number = request(o, profile, what);

    assert_ok(try_approve(o, number));
    office_end(o, "approve-1");
    return number;
}

/* The report of a release as who requested it fetches it. */
static struct annual_report
report_of(struct office *o, uint64_t number)
{
    struct release_package p = {0};
    struct facts_document d = {0};
    struct diag where = {0};
    struct annual_report r = {0};

    assert_ok(client_release_fetch(office_client(o, "stats-1"), number, &p));
    assert_ok(facts_document_decode(buf_bytes(&p.bytes), &d, &where));
    assert_ok(annual_json_decode(buf_bytes(&d.report), &r));
    facts_document_clear(&d);
    release_package_free(&p);
    office_end(o, "stats-1");
    return r;
}

static int64_t
value_of(const struct annual_report *r, const char *name)
{
    size_t at;

    assert_ok(figures_find(&r->figures, name, &at));
    assert_true(r->figures.at[at].known);
    return r->figures.at[at].value;
}

static void
test_public_figures_need_an_approver_and_no_acknowledgment(void **state)
{
    struct office *o = *state;
    struct annual_report r;
    struct release_package p = {0};
    uint64_t number;

    add_victims(o, 8, "female");
    add_victims(o, 2, "male");
    number = request(o, RELEASE_PUBLIC, spec);
    assert_err(client_release_fetch(office_client(o, "stats-1"), number, &p),
               SV_ERR_DENIED);
    assert_err(client_release_acknowledge(office_client(o, "stats-1"), number,
                                          bytes_text(""), true, 0),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "stats-1"))->rule,
                        "profile");
    assert_ok(try_approve(o, number));
    office_end(o, "stats-1");
    r = report_of(o, number);
    for (size_t i = 0; i < r.figures.n; i++)
        assert_int_equal(r.figures.at[i].value % 5, 0);
    assert_int_equal(value_of(&r, "victims.total"),
                     value_of(&r, "victims.gender.male") +
                         value_of(&r, "victims.gender.female"));
    annual_report_clear(&r);
    office_verify(o);
}

static void
test_what_was_printed_stays_when_people_come_later(void **state)
{
    struct office *o = *state;
    struct annual_report first, later;
    uint64_t number;

    add_victims(o, 11, "female");
    add_victims(o, 7, "male");
    number = release(o, RELEASE_PUBLIC, spec);
    first = report_of(o, number);
    for (unsigned i = 0; i < 6; i++) {
        add_victims(o, 1, "female");
        number = release(o, RELEASE_PUBLIC, spec);
        later = report_of(o, number);
        assert_int_equal(value_of(&first, "victims.total"),
                         value_of(&later, "victims.total"));
        assert_int_equal(value_of(&first, "victims.gender.female"),
                         value_of(&later, "victims.gender.female"));
        annual_report_clear(&later);
    }
    annual_report_clear(&first);
    office_verify(o);
}

static void
test_who_approves_knows_what_was_released(void **state)
{
    struct office *o = *state;
    uint64_t first, second;

    add_victims(o, 12, "female");
    first = request(o, RELEASE_PUBLIC, spec);
    second = request(o, RELEASE_EXACT, spec);
    assert_ok(try_approve(o, second));
    assert_err(try_approve(o, first), SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "approve-1"))->rule,
                        "stale");
    /* To refuse it is no release. */
    assert_ok(client_release_refuse(office_client(o, "approve-1"), first));
    office_end(o, "approve-1");
    office_verify(o);
}

/* One of the risk report of a request, as its approver sees it. */
static bool
has_risk(struct office *o, uint64_t number, enum risk_kind kind,
         const char *expression, int64_t value)
{
    struct release_view v = {0};
    struct risk_list l = {0};
    bool found = false;

    assert_ok(client_release_show(office_client(o, "approve-1"), number, &v));
    assert_ok(risk_decode(buf_bytes(&v.risk), &l));
    for (size_t i = 0; i < l.n; i++) {
        if (l.at[i].kind == kind && l.at[i].value == value &&
            strcmp(l.at[i].expression, expression) == 0)
            found = true;
    }
    risk_clear(&l);
    release_view_free(&v);
    office_end(o, "approve-1");
    return found;
}

static void
test_exact_figures_are_held_against_those_before(void **state)
{
    struct office *o = *state;
    char expression[128];
    uint64_t first, second;

    add_victims(o, 46, "female");
    first = release(o, RELEASE_EXACT, spec);
    o->now_ms += UINT64_C(24) * 3600 * 1000;
    add_victims(o, 1, "female");
    second = request(o, RELEASE_EXACT, SPEC("2022", "2023-04-01"));
    (void)snprintf(expression, sizeof expression,
                   "victims.total - victims.total in release-%llu",
                   (unsigned long long)first);
    assert_true(has_risk(o, second, RISK_EARLIER, expression, 1));
    office_verify(o);
}

/* ---- when nothing is made ---- */

static enum sv_err
no_solver(void *ctx, int *fd)
{
    (void)ctx;
    (void)fd;
    return SV_ERR_NOT_FOUND;
}

static void
test_without_a_solver_nothing_leaves_and_the_attempt_is_logged(void **state)
{
    struct office *o = *state;
    uint64_t number = 0;

    add_victims(o, 9, "female");
    o->solver.open = no_solver;
    assert_err(try_request(o, RELEASE_PUBLIC, spec, &number),
               SV_ERR_UNVERIFIED);
    assert_true(client_trouble(office_client(o, "stats-1"))->logged);
    assert_err(try_request(o, RELEASE_EXACT, spec, &number), SV_ERR_UNVERIFIED);
    office_end(o, "stats-1");
    office_verify(o);
}

static void
test_another_profile_is_none(void **state)
{
    struct office *o = *state;
    uint64_t number = 0;

    assert_err(try_request(o, "secret", spec, &number), SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "stats-1"))->rule,
                        "profile");
    /* An exact plan is not for the public, nor the other way round. */
    assert_err(try_request(o, RELEASE_PUBLIC,
                           "plan \"all\" population victim unit person as_of "
                           "2023-03-31\ntable g by gender\nmethod exact\n",
                           &number),
               SV_ERR_INPUT);
    office_end(o, "stats-1");
    office_verify(o);
}

/* What was released is more than an audit can hold. */
static enum sv_err
hold_no_more(struct counting_run *run, uint64_t number, struct bytes snapshot)
{
    (void)run;
    (void)number;
    (void)snapshot;
    return SV_ERR_RANGE;
}

static void
test_after_too_many_figures_previews_go_on_and_nothing_is_damaged(void **state)
{
    struct office *o = *state;
    struct buf preview = BUF_INIT;
    uint64_t number;

    add_victims(o, 12, "female");
    (void)release(o, RELEASE_PUBLIC, spec);
    o->counting.earlier = hold_no_more;
    assert_err(try_request(o, RELEASE_PUBLIC, spec, &number), SV_ERR_RANGE);
    assert_ok(client_counts_preview(office_client(o, "stats-1"),
                                    bytes_text(spec), &preview));
    buf_free(&preview);
    office_end(o, "stats-1");
    office_verify(o);
}

/* ---- the ledger under attack ---- */

/* The row of victims: facts is the policy's third column. */
static void
row_key(uint64_t number, uint8_t key[static 9])
{
    put_u64(key, number);
    key[8] = 2;
}

static bool
is_found(struct office *o)
{
    struct log_verdict verdict = {0};
    bool found = false;

    /* What does not open is said to be altered, with the same findings. */
    enum sv_err err =
        client_log_verify(office_client(o, "audit-1"), NULL, NULL, &verdict);

    if (err != SV_ERR_TAMPERED)
        assert_ok(err);
    for (size_t i = 0; i < verdict.n_findings; i++) {
        if (strcmp(verdict.findings[i].place, "ledger of releases") == 0)
            found = true;
    }
    free(verdict.findings);
    office_end(o, "audit-1");
    return found;
}

static void
test_a_release_that_is_missing_in_the_ledger_stops_the_next(void **state)
{
    struct office *o = *state;
    struct raw r;
    uint64_t number;
    uint8_t key[9];

    add_victims(o, 12, "female");
    number = release(o, RELEASE_PUBLIC, spec);
    r = raw_open(o);
    row_key(number, key);
    assert_ok(store_delete(r.txn, TABLE_LEDGER, BYTES(key)));
    raw_close(o, &r);
    assert_err(try_request(o, RELEASE_PUBLIC, spec, &number), SV_ERR_TAMPERED);
    office_end(o, "stats-1");
    assert_true(is_found(o));
}

static void
test_a_row_put_back_or_exchanged_stops_the_next(void **state)
{
    struct office *o = *state;
    struct raw r;
    struct buf copy = BUF_INIT;
    struct bytes value;
    uint64_t first, second;
    uint8_t key[9];

    add_victims(o, 12, "female");
    first = release(o, RELEASE_PUBLIC, spec);
    second = release(o, RELEASE_PUBLIC, spec);
    r = raw_open(o);
    row_key(first, key);
    assert_ok(store_get(r.txn, TABLE_LEDGER, BYTES(key), &value));
    assert_ok(buf_append(&copy, value));
    row_key(second, key);
    assert_ok(store_put(r.txn, TABLE_LEDGER, BYTES(key), buf_bytes(&copy)));
    raw_close(o, &r);
    assert_err(try_request(o, RELEASE_PUBLIC, spec, &first), SV_ERR_TAMPERED);
    office_end(o, "stats-1");
    assert_true(is_found(o));
    buf_free(&copy);
}

static void
test_a_refused_release_is_none_and_leaves_no_row(void **state)
{
    struct office *o = *state;
    struct raw r;
    struct bytes value;
    uint64_t number;
    uint8_t key[9];

    add_victims(o, 12, "female");
    number = request(o, RELEASE_PUBLIC, spec);
    assert_ok(client_release_refuse(office_client(o, "approve-1"), number));
    office_end(o, "approve-1");
    r = raw_open(o);
    row_key(number, key);
    assert_err(store_get(r.txn, TABLE_LEDGER, BYTES(key), &value),
               SV_ERR_NOT_FOUND);
    raw_close(o, &r);
    (void)release(o, RELEASE_PUBLIC, spec);
    office_verify(o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_public_figures_need_an_approver_and_no_acknowledgment, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_what_was_printed_stays_when_people_come_later, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_who_approves_knows_what_was_released, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_exact_figures_are_held_against_those_before, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_without_a_solver_nothing_leaves_and_the_attempt_is_logged,
            setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_after_too_many_figures_previews_go_on_and_nothing_is_damaged,
            setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_profile_is_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_a_release_that_is_missing_in_the_ledger_stops_the_next, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_a_row_put_back_or_exchanged_stops_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_refused_release_is_none_and_leaves_no_row, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
