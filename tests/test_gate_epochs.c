#include "tests/support/office.h"
#include "vault/client_release.h"

/* An office with turnover, for decades: each who leaves brings new keys. */

static int
setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    office_new(o);
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
assert_found(struct office *o, const char *line, const struct handle *want)
{
    struct find_list l = {0};

    assert_ok(client_record_find(office_client(o, "case-1"), "victim",
                                 bytes_text(line), &l));
    assert_int_equal(l.n, 1);
    assert_true(l.rows[0].shown);
    assert_memory_equal(l.rows[0].handle.b, want->b, HANDLE_LEN);
    find_list_free(&l);
}

static void
assert_taken(struct office *o, const char *case_no)
{
    struct handle none;

    assert_err(office_record(o, "case-2", case_no, "Ito", &none), SV_ERR_INPUT);
}

/* Forty people have left: more keys than a year's, and nothing else. */
static void
test_records_are_opened_found_and_told_apart_after_40_changes_of_all_keys(
    void **state)
{
    struct office *o = *state;
    static const char *const facts = "facts";
    struct record_view v = {0};
    struct handle first, middle, last;

    assert_ok(office_record(o, "case-1", "R1-001", "Yamada", &first));
    office_rotate(o, NULL, 20);
    assert_ok(office_record(o, "case-1", "R2-001", "Sato", &middle));
    office_rotate(o, NULL, 20);
    assert_ok(office_record(o, "case-1", "R3-001", "Suzuki", &last));
    assert_found(o, "yamada", &first);
    assert_found(o, "R2-001", &middle);
    assert_found(o, "suzuki", &last);
    assert_taken(o, "R1-001");
    assert_taken(o, "Ｒ２－００１");
    assert_taken(o, "R3-001");
    assert_ok(client_record_read(office_client(o, "case-1"), "victim", &first,
                                 1, &facts, &v));
    record_view_free(&v);
    /* A newcomer is given them all. */
    assert_ok(office_hire(o, "case-3", "caseworker"));
    assert_ok(office_record(o, "case-3", "R3-002", "Kato", &last));
    office_verify(o);
}

static void
test_search_goes_on_after_260_index_keys(void **state)
{
    struct office *o = *state;
    struct handle first, last;

    assert_ok(office_record(o, "case-1", "R1-001", "Yamada", &first));
    office_rotate(o, "index", 260);
    assert_ok(office_record(o, "case-1", "R3-001", "Suzuki", &last));
    assert_found(o, "yamada r1-001", &first);
    assert_found(o, "suzuki", &last);
    assert_taken(o, "R1-001");
    office_verify(o);
}

static void
test_counts_go_on_after_260_keys(void **state)
{
    struct office *o = *state;
    struct buf json = BUF_INIT;
    struct handle h;

    assert_ok(office_record(o, "case-1", "R1-001", "Yamada", &h));
    office_rotate(o, "facts", 260);
    assert_ok(office_record(o, "case-1", "R3-001", "Suzuki", &h));
    office_end(o, "stats-1");
    assert_ok(client_counts_preview(
        office_client(o, "stats-1"),
        bytes_text("plan \"all\" population victim unit person as_of "
                   "2023-01-01\ntable g by gender\nmethod exact\n"),
        &json));
    assert_true(json.len > 0);
    buf_free(&json);
    office_verify(o);
}

int
main(void)
{
#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(
            test_records_are_opened_found_and_told_apart_after_40_changes_of_all_keys),
        IN_OFFICE(test_search_goes_on_after_260_index_keys),
        IN_OFFICE(test_counts_go_on_after_260_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
