/* What the gate takes without looking into it, and nobody can open. */
#include "tests/support/lie.h"
#include "vault/client_release.h"

/* Who reads it is told whose it is: neither the gate nor its disk changed a
 * byte of it. */
static void
test_what_was_stored_and_does_not_open_is_its_author_s(void **state)
{
    static const char *const facts[] = {"facts"}, *const rest[] = {"location"};
    struct held *h = *state;
    struct record_view v = {0};
    struct handle record;
    struct client *c;
    size_t at;

    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    lie_hold_save(h, &record, "facts");
    lie_expect(h, "case-1", lie_body_of_nothing, OUTCOME_DONE, "of nothing");
    assert_ok(client_record_assign(office_client(h->o, "lead-1"), "victim",
                                   &record, "case-2", true));
    c = office_client(h->o, "case-2");
    assert_err(client_record_read(c, "victim", &record, 1, facts, &v),
               SV_ERR_TAMPERED);
    assert_string_equal(client_trouble(c)->actor, "case-1");
    assert_string_equal(client_trouble(c)->what,
                        "what its author stored of this record does not open");
    assert_ok(client_record_read(c, "victim", &record, 1, rest, &v));
    assert_string_equal(client_trouble(c)->actor, "");
    record_view_free(&v);
    /* And she can take it out of the way. */
    assert_ok(client_record_begin_anew(c, "victim", &record, facts[0], &v));
    assert_non_null(schema_compartment(v.type, facts[0], &at));
    assert_int_equal(v.unopened[at].version, 2);
    assert_string_equal(v.unopened[at].author, "case-1");
    assert_false(content_is_given(&v.contents[at]));
    assert_ok(client_record_save(c, "victim", &record, &v.contents[at], &v));
    record_view_free(&v);
    assert_ok(client_record_read(c, "victim", &record, 1, facts, &v));
    assert_int_equal(v.newest[at].version, 3);
    record_view_free(&v);
    office_verify(h->o);
}

/* As of the office's first day. */
static const char by_gender[] = "plan \"all\" population victim unit person "
                                "as_of 2023-01-01\ntable g by gender\n"
                                "method round base 5\n";

/* The gate takes what it cannot look into.  A count that meets it is no
 * figure, but an attempt: logged, and among those of the day. */
static void
test_a_count_that_meets_what_does_not_open_is_an_entry(void **state)
{
    struct held *h = *state;
    struct buf out = BUF_INIT;
    struct handle record;
    struct client *c;

    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    lie_hold_save(h, &record, "facts");
    lie_expect(h, "case-1", lie_body_of_nothing, OUTCOME_DONE, "of nothing");
    for (int i = 0; i < 20; i++) {
        office_end(h->o, "stats-1");
        c = office_client(h->o, "stats-1");
        assert_err(client_counts_preview(c, bytes_text(by_gender), &out),
                   SV_ERR_TAMPERED);
        assert_true(client_trouble(c)->logged);
    }
    assert_err(client_counts_preview(c, bytes_text(by_gender), &out),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(c)->rule, "limit");
    office_verify(h->o);
}

/* Who may only add keeps nobody from what is there. */
static void
test_an_addition_that_does_not_open_is_passed_over_and_named(void **state)
{
    static const char *const identity[] = {"identity"};
    struct held *h = *state;
    struct record_view v = {0};
    struct handle record;
    struct client *c;
    struct buf name;

    assert_ok(office_record(h->o, "intake-1", "2022-001", "Yamada", &record));
    assert_ok(client_record_assign(office_client(h->o, "lead-1"), "victim",
                                   &record, "case-1", true));
    lie_hold_addition(h, &record, "identity", "phone", "090-0000-0000");
    lie_expect(h, "intake-1", lie_body_of_nothing, OUTCOME_DONE, "of nothing");
    lie_hold_addition(h, &record, "identity", "phone", "090-0000-0000");
    lie_expect(h, "intake-1", lie_nothing, OUTCOME_DONE, "truth");
    c = office_client(h->o, "case-1");
    assert_ok(client_record_read(c, "victim", &record, 1, identity, &v));
    assert_null(client_trouble(c)->what);
    assert_string_equal(client_trouble(c)->actor, "");
    name = office_field(&v, "identity", "family_name");
    assert_string_equal((const char *)name.ptr, "Yamada");
    buf_free(&name);
    name = office_field(&v, "identity", "phone");
    assert_string_equal((const char *)name.ptr, "090-0000-0000");
    buf_free(&name);
    assert_int_equal(v.newest[0].version, 3);
    assert_int_equal(v.unopened[0].version, 2);
    assert_string_equal(v.unopened[0].author, "intake-1");
    assert_ok(client_record_save(c, "victim", &record, &v.contents[0], &v));
    record_view_free(&v);
    assert_ok(client_record_read(c, "victim", &record, 1, identity, &v));
    assert_int_equal(v.newest[0].version, 4);
    assert_int_equal(v.unopened[0].version, 0);
    record_view_free(&v);
    office_verify(h->o);
}

/* Nor from a figure, to which it adds nothing either. */
static void
test_an_addition_that_does_not_open_adds_nothing_to_a_count(void **state)
{
    static const char figures[] =
        "[{\"change\":false,\"name\":\"g.female\",\"reason\":\"\",\"value\":10}"
        ",{\"change\":false,\"name\":\"g.total\",\"reason\":\"\",\"value\":10}"
        "]";
    struct held *h = *state;
    struct buf out = BUF_INIT;
    struct handle record;
    char case_no[16];

    for (unsigned i = 0; i < 10; i++) {
        (void)snprintf(case_no, sizeof case_no, "2022-%03u", i);
        assert_ok(office_record(h->o, "intake-1", case_no, "Ito", &record));
        h->o->now_ms += UINT64_C(60) * 60 * 1000; /* few an hour */
        lie_hold_addition(h, &record, "facts", "gender", "male");
        lie_expect(h, "intake-1", lie_body_of_nothing, OUTCOME_DONE, case_no);
    }
    assert_ok(client_counts_preview(office_client(h->o, "stats-1"),
                                    bytes_text(by_gender), &out));
    assert_non_null(memmem(out.ptr, out.len, figures, strlen(figures)));
    buf_free(&out);
    office_verify(h->o);
}

#define IN_OFFICE(test)                                                        \
    cmocka_unit_test_setup_teardown(test, held_setup, held_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_what_was_stored_and_does_not_open_is_its_author_s),
        IN_OFFICE(test_a_count_that_meets_what_does_not_open_is_an_entry),
        IN_OFFICE(test_an_addition_that_does_not_open_is_passed_over_and_named),
        IN_OFFICE(test_an_addition_that_does_not_open_adds_nothing_to_a_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
