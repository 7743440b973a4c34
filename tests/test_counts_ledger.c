#include "counts/document.h"
#include "counts/document_tables.h"
#include "counts/plan.h"
#include "crypto/kdf.h"
#include "tests/support/annual_data.h"

#include "disclosure/facts_document.h"
#include "disclosure/solver_process.h"

/*
 * Releases one behind the other, as the gate makes them: whatever stays what
 * it was, each fact of each release is true of the records as they were on
 * the day that it names.  What is said falsely, no audit makes safe.
 */

#define NOW_MS UINT64_C(1795532400000)
#define FIRST_DAY "2023-03-31"
#define LATER_DAY "2024-03-31"
#define PLAN(day)                                                              \
    "plan \"T\" population victim unit person as_of " day "\n"                 \
    "count basis national period calendar 2022\n"
#define ROUND "\nmethod round base 5\n"
#define RELEASES_MAX 16

static struct solver_process *solver;
static const struct solver_source source = {solver_process_open_lazily,
                                            &solver};
static struct counting with;

static int
setup(void **state)
{
    document_counting(&source, &with);
    *state = annual_data_schema();
    return 0;
}

static int
teardown(void **state)
{
    solver_process_stop(solver);
    solver = NULL;
    schema_free(*state);
    return 0;
}

/* ---- records ---- */

struct rows {
    struct buf text;
    unsigned n;
};

static struct rows
rows_new(void)
{
    struct rows r = {BUF_INIT, 0};

    assert_ok(buf_text(&r.text,
                       "identity.case_no,facts.counted_by,facts.counted_year,"
                       "facts.gender,facts.citizenship,facts.return_programme,"
                       "facts.services,facts.identification_status\n"));
    return r;
}

static void
add(struct rows *r, unsigned n, const char *values)
{
    for (unsigned i = 0; i < n; i++)
        assert_ok(buf_printf(&r->text, "%u,national,2022,%s,actual\n", ++r->n,
                             values));
}

/* ---- releases ---- */

struct ledger {
    uint8_t key[KDF_KEY_LEN];
    size_t n;
    struct buf snapshots[RELEASES_MAX];
    struct buf last; /* the newest release's bytes */
};

static void
ledger_clear(struct ledger *l)
{
    for (size_t i = 0; i < l->n; i++)
        buf_free(&l->snapshots[i]);
    buf_free(&l->last);
    memset(l, 0, sizeof *l);
}

static struct counting_run *
count(const struct schema *s, const char *plan, const struct rows *rows)
{
    const struct schema_type *type = schema_type(s, "victim");
    struct counting_run *run = NULL;
    struct import im = {0};
    struct diag where = {0};
    size_t at;

    if (with.begin(&source, s, bytes_text(plan), NOW_MS, &run, &where) != SV_OK)
        fail_msg("%zu:%s: %s", where.line, where.column, where.reason);
    assert_ok(import_read(type, buf_bytes(&rows->text), &im, &where));
    assert_int_equal(im.n_bad, 0);
    assert_non_null(schema_compartment(type, "facts", &at));
    for (size_t i = 0; i < im.n; i++)
        assert_ok(with.row(run, "victim",
                           (i + 1) * UINT64_C(0x9E3779B97F4A7C15),
                           &im.drafts[i].contents[at]));
    import_free(&im);
    return run;
}

static enum sv_err
try_release(const struct schema *s, struct ledger *l, const char *profile,
            const char *plan, const struct rows *rows,
            struct facts_document *out)
{
    struct counting_run *run = count(s, plan, rows);
    struct counting_order order = {.number = l->n + 1,
                                   .profile = profile,
                                   .basis = bytes_text("a law"),
                                   .round_key = l->key};
    struct counting_result r = {0};
    struct diag where = {0};
    enum sv_err err;

    for (size_t i = 0; i < l->n; i++)
        assert_ok(with.earlier(run, i + 1, buf_bytes(&l->snapshots[i])));
    err = with.result(run, &order, &r);
    if (err == SV_OK) {
        assert_ok(facts_document_decode(buf_bytes(&r.bytes), out, &where));
        for (size_t i = 0; i < r.n; i++) {
            if (strcmp(r.snapshots[i].type, "victim") == 0)
                assert_ok(buf_append(&l->snapshots[l->n],
                                     buf_bytes(&r.snapshots[i].bytes)));
        }
        l->n++;
        buf_free(&l->last);
        assert_ok(buf_append(&l->last, buf_bytes(&r.bytes)));
    }
    counting_result_clear(&r);
    with.free(run);
    return err;
}

static struct facts_document
release(const struct schema *s, struct ledger *l, const char *plan,
        const struct rows *rows)
{
    struct facts_document d = {0};

    assert_ok(try_release(s, l, RELEASE_PUBLIC, plan, rows, &d));
    return d;
}

static const struct facts_figure *
figure_of(const struct facts_document *d, const char *name)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct facts *f = &d->parts[i].facts;

        for (size_t k = 0; k < f->n_figures; k++) {
            if (strcmp(f->figures[k].name, name) == 0)
                return &f->figures[k];
        }
    }
    return NULL;
}

/* So many there were on that day. */
static void
assert_told(const struct facts_document *d, const char *name, const char *day,
            int64_t n)
{
    const struct facts_figure *f = figure_of(d, name);

    assert_non_null(f);
    assert_string_equal(f->as_of, day);
    assert_in_range(n, f->lo, f->hi);
}

/* ---- what stays ---- */

/* Printed of the same people in another year under another name: on the
 * earlier day, nobody had that name. */
static void
test_a_figure_tells_of_its_own_day_though_its_set_was_printed_before(
    void **state)
{
    struct ledger l = {.key = {1}};
    struct rows then = rows_new(), now = rows_new();
    struct facts_document first, second;

    add(&then, 46, "female,unknown,,");
    add(&now, 46, "female,JPN,,");
    first = release(*state, &l, PLAN(FIRST_DAY) "table t by citizenship" ROUND,
                    &then);
    assert_told(&first, "t.JPN", FIRST_DAY, 0);
    second = release(
        *state, &l, PLAN(LATER_DAY) "table t by nationality_group" ROUND, &now);
    assert_told(&second, "t.japanese", LATER_DAY, 46);
    assert_told(&second, "t.total", FIRST_DAY, 46);
    facts_document_clear(&first);
    facts_document_clear(&second);
    buf_free(&then.text);
    buf_free(&now.text);
    ledger_clear(&l);
}

/* The total stays what it was; that all of them are women is no reason to say
 * that there are 10 women. */
static void
test_what_stays_says_nothing_of_those_who_came_later(void **state)
{
    struct ledger l = {.key = {1}};
    struct rows then = rows_new(), now = rows_new();
    struct facts_document first, second = {0};

    add(&then, 10, "female,JPN,,");
    add(&now, 30, "female,JPN,,");
    first = release(*state, &l, PLAN(FIRST_DAY) "table t" ROUND, &then);
    assert_told(&first, "t.total", FIRST_DAY, 10);
    assert_err(try_release(*state, &l, RELEASE_PUBLIC,
                           PLAN(LATER_DAY) "table t by gender" ROUND, &now,
                           &second),
               SV_ERR_CONFLICT);
    second = release(*state, &l,
                     PLAN(LATER_DAY) "table women where gender = female" ROUND,
                     &now);
    assert_told(&second, "women.total", LATER_DAY, 30);
    facts_document_clear(&first);
    facts_document_clear(&second);
    buf_free(&then.text);
    buf_free(&now.text);
    ledger_clear(&l);
}

/* Of the keys, the first for which the release comes to this total. */
static struct facts_document
release_as(const struct schema *s, struct ledger *l, const char *plan,
           const struct rows *rows, int64_t total)
{
    for (uint8_t k = 1; k < 200; k++) {
        struct facts_document d;

        l->key[0] = k;
        d = release(s, l, plan, rows);
        if (figure_of(&d, "t.total")->value == total)
            return d;
        facts_document_clear(&d);
        ledger_clear(l);
    }
    fail_msg("no key rounds to it");
    return (struct facts_document){0};
}

/* And what people read says the same, in text and on page and sheet. */
static void
assert_at_most_off(const struct schema *s, const struct ledger *l, int most)
{
    char said[32];
    struct buf text = BUF_INIT;
    struct document_tables t;
    bool noted = false;

    (void)snprintf(said, sizeof said, "at most %d off", most);
    assert_ok(document_text(buf_bytes(&l->last), s, SCHEMA_EN, &text));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    assert_non_null(strstr((const char *)text.ptr, said));
    assert_ok(document_tables(buf_bytes(&l->last), s, SCHEMA_EN, &t));
    for (size_t i = 0; i < t.n_notes; i++)
        noted = noted || strstr(t.notes[i].text, said) != NULL;
    assert_true(noted);
    document_tables_clear(&t);
    buf_free(&text);
}

/* Who approves is told by the gate what was asked for. */
static void
test_figures_are_held_against_what_was_asked_for(void **state)
{
    static const char plan[] = PLAN(FIRST_DAY) "table t by gender" ROUND;
    static const char other[] =
        PLAN(FIRST_DAY) "table t by return_programme" ROUND;
    struct ledger l = {.key = {1}};
    struct rows rows = rows_new();
    struct facts_document d;
    struct bytes json, law = bytes_text("a law");

    add(&rows, 20, "female,JPN,,");
    d = release(*state, &l, plan, &rows);
    json = buf_bytes(&l.last);
    assert_ok(document_check_asked(json, *state, bytes_text(plan), law));
    assert_err(document_check_asked(json, *state, bytes_text(other), law),
               SV_ERR_TAMPERED);
    assert_err(document_check_asked(json, *state, bytes_text(plan),
                                    bytes_text("another law")),
               SV_ERR_TAMPERED);
    assert_err(document_check_asked(json, *state, bytes_text("no plan"), law),
               SV_ERR_TAMPERED);
    assert_err(
        document_check_asked(bytes_text("{}"), *state, bytes_text(plan), law),
        SV_ERR_FORMAT);
    facts_document_clear(&d);
    buf_free(&rows.text);
    ledger_clear(&l);
}

/* Pins that do not add up make a release go one step further; a later one
 * prints its figures again, and they are no closer to the counts. */
static void
test_what_stays_is_as_far_off_as_it_was(void **state)
{
    struct ledger l = {.key = {0}};
    struct rows early = rows_new(), then = rows_new();
    struct facts_document open, closed, again;

    add(&early, 4, "female,JPN,,");
    add(&early, 4, "male,JPN,,");
    add(&then, 4, "female,JPN,,");
    add(&then, 4, "male,JPN,,");
    add(&then, 6, "female,JPN,,");
    open = release_as(*state, &l, PLAN("2022-06-30") "table t by gender" ROUND,
                      &early, 10);
    assert_at_most_off(*state, &l, 4);
    closed =
        release(*state, &l, PLAN(FIRST_DAY) "table t by gender" ROUND, &then);
    assert_at_most_off(*state, &l, 9);
    assert_told(&closed, "t.female", FIRST_DAY, 10);
    assert_int_equal(figure_of(&closed, "t.female")->value, 5);
    again =
        release(*state, &l, PLAN(LATER_DAY) "table t by gender" ROUND, &then);
    assert_told(&again, "t.female", FIRST_DAY, 10);
    assert_at_most_off(*state, &l, 9);
    facts_document_clear(&open);
    facts_document_clear(&closed);
    facts_document_clear(&again);
    buf_free(&early.text);
    buf_free(&then.text);
    ledger_clear(&l);
}

/* What was printed stays as long as it can: one that does not stay says that
 * there are 5 now, and before there were not. */
static void
test_what_does_not_stay_tells_why(void **state)
{
    struct ledger l = {.key = {0}};
    struct rows then = rows_new(), now = rows_new();
    struct facts_document first, second;
    const struct facts *f;
    bool told = false;

    add(&then, 4, "female,JPN,,");
    add(&now, 5, "female,JPN,,");
    first =
        release_as(*state, &l, PLAN("2022-06-30") "table t" ROUND, &then, 0);
    second = release(*state, &l, PLAN("2022-07-31") "table t" ROUND, &now);
    assert_told(&second, "t.total", "2022-07-31", 5);
    f = &second.parts[0].facts;
    for (size_t i = 0; i < f->n_statements; i++) {
        const struct facts_statement *s = &f->statements[i];

        told = told ||
               (s->n == 1 && s->factors[0] == 1 && s->lo == 5 &&
                s->hi == FACTS_UNBOUNDED &&
                &f->figures[s->figures[0]] == figure_of(&second, "t.total"));
    }
    assert_true(told);
    facts_document_clear(&first);
    facts_document_clear(&second);
    buf_free(&then.text);
    buf_free(&now.text);
    ledger_clear(&l);
}

/* ---- one day, two releases ---- */

/* Somebody is entered between them.  What they say of that day cannot both be
 * true of its end, and is no reason to release nothing from then on. */
static void
test_two_releases_of_one_day_do_not_stop_those_of_later_days(void **state)
{
#define EXACT "table t\nmethod exact\n"
    struct ledger l = {.key = {1}};
    struct rows rows = rows_new();
    struct facts_document d = {0};

    add(&rows, 46, "female,JPN,,");
    assert_ok(try_release(*state, &l, RELEASE_EXACT, PLAN(FIRST_DAY) EXACT,
                          &rows, &d));
    facts_document_clear(&d);
    add(&rows, 1, "female,JPN,,");
    assert_ok(try_release(*state, &l, RELEASE_EXACT, PLAN(FIRST_DAY) EXACT,
                          &rows, &d));
    facts_document_clear(&d);
    add(&rows, 1, "female,JPN,,");
    assert_ok(try_release(*state, &l, RELEASE_EXACT, PLAN(LATER_DAY) EXACT,
                          &rows, &d));
    assert_told(&d, "t.total", LATER_DAY, 48);
    facts_document_clear(&d);
    buf_free(&rows.text);
    ledger_clear(&l);
#undef EXACT
}

/* ---- what is said to be known outside ---- */

#define MONTH(month)                                                           \
    PLAN("2022-" month)                                                        \
    "table t by gender\ntable c by nationality_group\n"                        \
    "table x by gender, nationality_group\n"

/* Of December, behind releases of the months before, readers could compute
 * too much. */
static enum sv_err
december(const struct schema *s, const char *known, struct facts_document *out)
{
    static const char *const months[] = {
        MONTH("04-28"), MONTH("05-28"), MONTH("06-28"), MONTH("07-28"),
        MONTH("08-28"), MONTH("09-28"), MONTH("10-28"), MONTH("11-28")};
    static const char *const came[][2] = {
        {"female,THA,,", "unknown,THA,,"}, {"unknown,THA,,", "unknown,THA,,"},
        {"female,THA,,", "female,THA,,"},  {"female,THA,,", "unknown,JPN,,"},
        {"unknown,JPN,,", "female,THA,,"}, {"unknown,THA,,", "female,JPN,,"},
        {"male,THA,,", "female,JPN,,"},    {"female,THA,,", "unknown,JPN,,"},
        {"female,THA,,", "unknown,THA,,"}};
    struct ledger l = {.key = {24}};
    struct rows rows = rows_new();
    struct buf plan = BUF_INIT;
    struct facts_document d;
    enum sv_err err;

    add(&rows, 3, "female,JPN,,");
    add(&rows, 4, "male,JPN,,");
    add(&rows, 1, "female,THA,,");
    add(&rows, 4, "male,THA,,");
    add(&rows, 3, "unknown,JPN,,");
    add(&rows, 1, "unknown,THA,,");
    d = release(s, &l,
                PLAN("2022-03-31") "table t by gender\n"
                                   "table c by nationality_group" ROUND,
                &rows);
    facts_document_clear(&d);
    for (size_t i = 0; i < 9; i++) {
        add(&rows, 1, came[i][0]);
        add(&rows, 1, came[i][1]);
        if (i == 8)
            break;
        buf_truncate(&plan, 0);
        assert_ok(buf_printf(&plan, "%s%s", months[i], ROUND));
        assert_ok(buf_append(&plan, bytes_of("", 1)));
        if (try_release(s, &l, RELEASE_PUBLIC, (const char *)plan.ptr, &rows,
                        &d) == SV_OK)
            facts_document_clear(&d);
    }
    buf_truncate(&plan, 0);
    assert_ok(buf_printf(&plan, "%s%s%s", MONTH("12-28"), known, ROUND));
    assert_ok(buf_append(&plan, bytes_of("", 1)));
    err =
        try_release(s, &l, RELEASE_PUBLIC, (const char *)plan.ptr, &rows, out);
    buf_free(&plan);
    buf_free(&rows.text);
    ledger_clear(&l);
    return err;
}

static void
test_no_figure_said_to_be_known_makes_anything_safe(void **state)
{
    struct facts_document d = {0};

    assert_err(december(*state, "", &d), SV_ERR_DENIED);
    assert_err(
        december(*state, "known outside \"a paper\" gender = male : 0", &d),
        SV_ERR_DENIED);
    assert_err(
        december(*state, "known outside \"a paper\" gender = male : 5", &d),
        SV_ERR_DENIED);
}

/* ---- one field, two counts ---- */

/* The report's "unknown" leaves out those whom it does not concern; a plan
 * counts them by themselves. */
static void
test_whom_a_field_does_not_concern_is_not_unknown(void **state)
{
    static const char annual[] =
        "svault/annual/v1\nyear 2022\nauthority national\nperiod calendar\n"
        "as-of " FIRST_DAY "\nminor-age 18\n";
    struct ledger l = {.key = {1}};
    struct rows rows = rows_new();
    struct facts_document plan, report;

    add(&rows, 30, "female,PHL,not_applicable,not_asked");
    add(&rows, 10, "female,PHL,unknown,unknown");
    add(&rows, 10, "female,PHL,iom_return,shelter");
    plan = release(*state, &l,
                   PLAN(FIRST_DAY) "table t by return_programme "
                                   "where nationality_group = foreign "
                                   "and identification_status = actual\n"
                                   "table s by services where "
                                   "identification_status = actual" ROUND,
                   &rows);
    assert_told(&plan, "t.unknown", FIRST_DAY, 10);
    assert_told(&plan, "t.not_applicable", FIRST_DAY, 30);
    assert_told(&plan, "s.unknown", FIRST_DAY, 10);
    report = release(*state, &l, annual, &rows);
    assert_told(&report, "victims.return.by_programme.unknown", FIRST_DAY, 10);
    assert_told(&report, "victims.support.by_service.unknown", FIRST_DAY, 40);
    facts_document_clear(&plan);
    facts_document_clear(&report);
    buf_free(&rows.text);
    ledger_clear(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_figure_tells_of_its_own_day_though_its_set_was_printed_before),
        cmocka_unit_test(test_what_stays_says_nothing_of_those_who_came_later),
        cmocka_unit_test(test_what_stays_is_as_far_off_as_it_was),
        cmocka_unit_test(test_figures_are_held_against_what_was_asked_for),
        cmocka_unit_test(test_what_does_not_stay_tells_why),
        cmocka_unit_test(
            test_two_releases_of_one_day_do_not_stop_those_of_later_days),
        cmocka_unit_test(test_no_figure_said_to_be_known_makes_anything_safe),
        cmocka_unit_test(test_whom_a_field_does_not_concern_is_not_unknown),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
