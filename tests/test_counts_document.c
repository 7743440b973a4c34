#include "counts/document.h"
#include "counts/plan.h"
#include "counts/risk.h"
#include "crypto/kdf.h"
#include "tests/support/annual_data.h"

#include "disclosure/solver_process.h"

/*
 * A plan counted over rows as the gate counts it: what the approver is told
 * of tables laid beside each other, and that the requester, who chose them,
 * is told nothing of the records before anybody has approved.
 */

#define HEAD "plan \"T\" population victim unit person as_of 2023-03-31\n"
#define EXACT "\nmethod exact\n"
#define NOW_MS UINT64_C(1795532400000)
#define ROWS                                                                   \
    "identity.case_no,facts.gender,facts.citizenship,facts.decided_by,"        \
    "facts.services\n"

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

static struct counting_run *
count(const struct schema *s, const char *plan, const char *rows)
{
    struct counting_run *run = NULL;
    struct import im = {0};
    struct diag where = {0};
    size_t at;

    if (with.begin(&source, s, bytes_text(plan), NOW_MS, &run, &where) != SV_OK)
        fail_msg("%zu:%s: %s", where.line, where.column, where.reason);
    if (import_read(schema_type(s, "victim"), bytes_text(rows), &im, &where) !=
        SV_OK)
        fail_msg("line %zu %s: %s", where.line, where.column, where.reason);
    if (im.n_bad > 0)
        fail_msg("line %zu %s: %s", im.diags[0].line, im.diags[0].column,
                 im.diags[0].reason);
    assert_non_null(schema_compartment(schema_type(s, "victim"), "facts", &at));
    for (size_t i = 0; i < im.n; i++)
        assert_ok(with.row(run, "victim", i * UINT64_C(0x9E3779B97F4A7C15),
                           &im.drafts[i].contents[at]));
    import_free(&im);
    return run;
}

/* What comes of it: the risk report for the approver, and the cells. */
static void
result(const struct schema *s, const char *plan, const char *rows,
       struct buf *risk, struct buf *cells)
{
    static const uint8_t key[KDF_KEY_LEN] = {1};
    struct counting_run *run = count(s, plan, rows);
    struct counting_order order = {.number = 7,
                                   .profile = RELEASE_EXACT,
                                   .basis = bytes_text("a law"),
                                   .round_key = key};
    struct counting_result r = {0};

    buf_truncate(risk, 0);
    buf_truncate(cells, 0);
    assert_ok(with.result(run, &order, &r));
    assert_ok(buf_append(risk, buf_bytes(&r.risk)));
    assert_ok(buf_append(cells, buf_bytes(&r.cells)));
    counting_result_clear(&r);
    with.free(run);
}

static bool
has(const struct buf *text, const char *line)
{
    return memmem(text->ptr, text->len, line, strlen(line)) != NULL;
}

static const char thirty[] =
    ROWS "1,female,JPN,police,food\n2,female,JPN,police,food\n"
         "3,female,JPN,police,food;medical\n4,female,JPN,police,\n"
         "5,female,JPN,police,food\n6,female,JPN,police,medical\n"
         "7,female,JPN,police,food\n8,male,JPN,police,food\n"
         "9,female,JPN,immigration,food\n10,female,JPN,immigration,food\n"
         "11,female,JPN,immigration,food\n12,female,JPN,immigration,food\n"
         "13,female,JPN,immigration,food\n";

static void
test_one_subtraction_over_two_tables_is_listed(void **state)
{
    struct buf risk = BUF_INIT, cells = BUF_INIT;

    result(*state,
           HEAD "table everyone by decided_by\n"
                "table women by decided_by where gender = female" EXACT,
           thirty, &risk, &cells);
    assert_true(has(&risk, "derived women.police: everyone.police - "
                           "women.police = 1\n"));
    assert_true(
        has(&risk, "derived women.total: everyone.total - women.total = 1\n"));
    /* All whom immigration decided of are women. */
    assert_true(has(&risk, "group women.immigration: women.immigration of "
                           "everyone.immigration = 5\n"));
    buf_free(&risk);
    buf_free(&cells);
}

static void
test_tables_of_other_shapes_are_compared_too(void **state)
{
    struct buf risk = BUF_INIT, cells = BUF_INIT;

    /* A cell of one is the whole of the other. */
    result(*state,
           HEAD "table all_of_them\n"
                "table by_sex by gender, citizenship" EXACT,
           thirty, &risk, &cells);
    assert_true(has(&risk, "derived by_sex.JPN.female: all_of_them.total - "
                           "by_sex.JPN.female = 1\n") ||
                has(&risk, "derived by_sex.total.female: all_of_them.total - "
                           "by_sex.total.female = 1\n"));
    /* Codes named together hold those named alone; several values a record
     * are no partition, and still parts. */
    result(*state,
           HEAD "table some where services in {food, medical}\n"
                "table fed where services = food\n"
                "table men where gender = male" EXACT,
           thirty, &risk, &cells);
    assert_true(has(&risk, "derived fed.total: some.total - fed.total = 1\n"));
    assert_false(has(&risk, "some.total - men.total"));
    /* The same records twice tell nothing new. */
    result(*state,
           HEAD "table one by gender where citizenship = JPN\n"
                "table two by gender where citizenship = JPN" EXACT,
           thirty, &risk, &cells);
    assert_false(has(&risk, "one.female of two.female"));
    assert_false(has(&risk, "two.female of one.female"));
    buf_free(&risk);
    buf_free(&cells);
}

/* Whatever the rows are, who asks for a plan is told its tables' names. */
static void
test_who_asks_for_a_plan_learns_nothing_of_its_cells(void **state)
{
    static const char plan[] =
        HEAD "table rows by gender, citizenship, decided_by\n"
             "table one where gender = male and decided_by = police" EXACT;
    struct buf risk = BUF_INIT, cells = BUF_INIT, none = BUF_INIT;
    struct risk_list l;

    result(*state, plan, ROWS "14,female,THA,immigration,food\n", &risk, &none);
    result(*state, plan, thirty, &risk, &cells);
    assert_true(bytes_equal(buf_bytes(&cells), buf_bytes(&none)));
    assert_ok(risk_decode(buf_bytes(&cells), &l));
    assert_int_equal(l.n, 2);
    assert_int_equal(l.at[0].kind, RISK_TABLE);
    assert_string_equal(l.at[0].name, "rows");
    assert_string_equal(l.at[1].name, "one");
    risk_clear(&l);
    /* And the approver, all that is small. */
    assert_true(has(&risk, "cell one.total: one.total = 1\n"));
    buf_free(&risk);
    buf_free(&cells);
    buf_free(&none);
}

static enum sv_err
parse(const struct schema *s, const char *text, struct plan **out,
      struct plan_fault *fault)
{
    memset(fault, 0, sizeof *fault);
    *out = NULL;
    return plan_parse(s, bytes_text(text), out, fault);
}

static void
test_previews_fence_nobody_in(void **state)
{
    static const struct {
        const char *tables;
        const char *table; /* that is refused; NULL: none */
    } cases[] = {
        {"table a by gender, citizenship, decided_by", NULL},
        {"table a by gender, citizenship where decided_by = police", NULL},
        {"table a where gender = male and citizenship = JPN and "
         "decided_by = police",
         NULL},
        {"table a by gender, citizenship, services where decided_by = police",
         "2:7"},
        {"table a\ntable b where gender in {male, female}", "3:7"},
        {"table a where gender = male and citizenship = JPN and "
         "decided_by = police and services = food",
         "2:7"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf text = BUF_INIT;
        struct plan_fault fault;
        struct plan *p;
        char place[48];

        assert_ok(buf_printf(&text, "%s%s%s", HEAD, cases[i].tables, EXACT));
        assert_ok(buf_append(&text, bytes_of("", 1)));
        assert_ok(parse(*state, (const char *)text.ptr, &p, &fault));
        if (cases[i].table == NULL) {
            assert_ok(plan_check_preview(p, &fault));
        } else {
            assert_err(plan_check_preview(p, &fault), SV_ERR_INPUT);
            (void)snprintf(place, sizeof place, "%zu:%zu", fault.line,
                           fault.column);
            assert_string_equal(place, cases[i].table);
        }
        plan_free(p);
        buf_free(&text);
    }
}

/* Refused by its lists alone: before any record is looked at. */
static void
test_a_plan_that_could_have_too_many_cells_is_refused_at_its_table(void **state)
{
    struct plan_fault fault;
    struct plan *p;

    assert_err(parse(*state,
                     HEAD
                     "table a by gender\n"
                     "table b by citizenship, services, residence_status" EXACT,
                     &p, &fault),
               SV_ERR_INPUT);
    assert_int_equal(fault.line, 3);
    assert_int_equal(fault.column, 7);
    assert_ok(parse(*state, HEAD "table b by citizenship, services" EXACT, &p,
                    &fault));
    assert_true(p->n_cells <= PLAN_CELLS_MAX);
    plan_free(p);
}

static void
test_a_preview_of_what_only_a_release_may_show_is_none(void **state)
{
    struct counting_run *run = count(
        *state, HEAD "table t where gender in {male, female}" EXACT, thirty);
    struct buf out = BUF_INIT;
    uint8_t key[32] = {1};

    assert_err(with.preview(run, key, &out), SV_ERR_INPUT);
    assert_int_equal(out.len, 0);
    with.free(run);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_subtraction_over_two_tables_is_listed),
        cmocka_unit_test(test_tables_of_other_shapes_are_compared_too),
        cmocka_unit_test(test_who_asks_for_a_plan_learns_nothing_of_its_cells),
        cmocka_unit_test(test_previews_fence_nobody_in),
        cmocka_unit_test(
            test_a_plan_that_could_have_too_many_cells_is_refused_at_its_table),
        cmocka_unit_test(
            test_a_preview_of_what_only_a_release_may_show_is_none),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
