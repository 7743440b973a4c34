#include "audit/entry.h"
#include "tests/support/office.h"
#include "vault/import.h"

/* Lists of records: in pages, of one type, and of what a person has to do
 * with. */

#define RECORDS 5

struct shelf {
    struct office o;
    struct handle records[RECORDS]; /* oldest first */
    uint64_t made_ms[RECORDS];
};

static int
setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);

    assert_non_null(s);
    office_new(&s->o);
    for (unsigned i = 0; i < RECORDS; i++) {
        char number[16];

        (void)snprintf(number, sizeof number, "2022-%03u", i);
        s->o.now_ms += 1000;
        s->made_ms[i] = s->o.now_ms;
        assert_ok(
            office_record(&s->o, "case-1", number, "Yamada", &s->records[i]));
    }
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    struct shelf *s = *state;

    office_free(&s->o);
    free(s);
    return 0;
}

static struct record_list
list(struct shelf *s, const char *who, const char *type, uint64_t before,
     size_t limit)
{
    struct record_list l = {0};

    assert_ok(
        client_record_list(office_client(&s->o, who), type, before, limit, &l));
    return l;
}

/* These records, of which the newest comes first. */
static void
expect_rows(const struct shelf *s, const struct record_list *l, size_t newest,
            size_t n, bool more)
{
    assert_int_equal(l->n, n);
    assert_int_equal(l->more, more);
    for (size_t i = 0; i < n; i++)
        assert_memory_equal(l->rows[i].handle.b, s->records[newest - i].b,
                            HANDLE_LEN);
}

/* case-1 sees those assigned to her, lead-1 all of them: here the same. */
static void
test_a_list_goes_on_where_it_ended(void **state)
{
    static const char *const people[] = {"case-1", "lead-1"};
    struct shelf *s = *state;

    for (size_t i = 0; i < 2; i++) {
        struct record_list l = list(s, people[i], "victim", UINT64_MAX, 2);
        uint64_t before = l.rows[1].index, oldest;

        expect_rows(s, &l, RECORDS - 1, 2, true);
        record_list_free(&l);
        l = list(s, people[i], "victim", before, 3);
        expect_rows(s, &l, RECORDS - 3, 3, false);
        oldest = l.rows[2].index;
        record_list_free(&l);
        l = list(s, people[i], "victim", oldest, 3);
        expect_rows(s, &l, 0, 0, false);
        record_list_free(&l);
        l = list(s, people[i], "victim", oldest + 1, 3);
        expect_rows(s, &l, 0, 1, false);
        record_list_free(&l);
        l = list(s, people[i], "victim", 0, 3);
        expect_rows(s, &l, 0, 0, false);
        record_list_free(&l);
        l = list(s, people[i], "victim", UINT64_MAX, RECORDS);
        expect_rows(s, &l, RECORDS - 1, RECORDS, false);
        record_list_free(&l);
    }
}

static void
test_a_row_says_who_made_it_when_and_whose_it_is(void **state)
{
    struct shelf *s = *state;
    struct record_view v = {0};
    struct record_list l;
    const struct record_row *row;
    size_t at;

    assert_ok(client_record_assign(office_client(&s->o, "lead-1"), "victim",
                                   &s->records[1], "case-2", true));
    s->o.now_ms += 5000;
    assert_ok(client_record_read(office_client(&s->o, "case-1"), "victim",
                                 &s->records[1], 0, NULL, &v));
    assert_non_null(schema_compartment(v.type, "identity", &at));
    assert_ok(client_record_save(office_client(&s->o, "case-1"), "victim",
                                 &s->records[1], &v.contents[at], &v));
    record_view_free(&v);
    l = list(s, "lead-1", "victim", UINT64_MAX, RECORDS);
    row = &l.rows[RECORDS - 2];
    assert_true(row->created_ms == s->made_ms[1]);
    assert_true(row->changed_ms == s->o.now_ms);
    assert_string_equal(row->creator, "case-1");
    assert_false(row->assigned);
    assert_int_equal(row->n_assignees, 2);
    assert_string_equal(row->assignees[0], "case-1");
    assert_string_equal(row->assignees[1], "case-2");
    assert_true(l.rows[RECORDS - 1].changed_ms == s->made_ms[0]);
    assert_int_equal(l.rows[RECORDS - 1].n_assignees, 1);
    for (size_t i = 1; i < l.n; i++)
        assert_true(l.rows[i - 1].index > l.rows[i].index);
    record_list_free(&l);
    l = list(s, "case-2", "victim", UINT64_MAX, RECORDS);
    assert_int_equal(l.n, 1);
    assert_true(l.rows[0].assigned);
    assert_true(l.rows[0].created_ms == s->made_ms[1]);
    record_list_free(&l);
}

/* Two batches, of which the second is the newer: a list says so of each, and
 * that there are no more than all. */
static void
test_a_long_list_is_whole(void **state)
{
    static const char *const people[] = {"case-1", "lead-1"};
    struct shelf *s = *state;
    struct client *c = office_client(&s->o, "case-1");
    struct buf csv = BUF_INIT;
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};

    assert_ok(buf_text(&csv, "identity.case_no\n"));
    for (unsigned i = 0; i < 60; i++)
        assert_ok(buf_printf(&csv, "I-%u\n", i));
    assert_ok(import_read(schema_type(client_schema(c), "victim"),
                          buf_bytes(&csv), &im, &where));
    assert_ok(client_import(c, &im, NULL, NULL, &report));
    import_free(&im);
    buf_free(&csv);
    for (size_t i = 0; i < 2; i++) {
        for (size_t limit = 59; limit <= 66; limit++) {
            struct record_list l =
                list(s, people[i], "victim", UINT64_MAX, limit);

            assert_int_equal(l.n, limit < 65 ? limit : 65);
            assert_int_equal(l.more, limit < 65);
            for (size_t k = 1; k < l.n; k++)
                assert_true(l.rows[k - 1].index > l.rows[k].index);
            if (limit >= 65)
                assert_memory_equal(l.rows[64].handle.b, s->records[0].b,
                                    HANDLE_LEN);
            record_list_free(&l);
        }
    }
}

static void
add_suspect(struct shelf *s)
{
    static const char csv[] = "identity.suspect_no,identity.family_name\n"
                              "S-1,Ito\n";
    struct client *c = office_client(&s->o, "justice-1");
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};

    assert_ok(import_read(schema_type(client_schema(c), "suspect"),
                          bytes_text(csv), &im, &where));
    assert_ok(client_import(c, &im, NULL, NULL, &report));
    assert_int_equal(report.n_done, 1);
    import_free(&im);
}

static void
test_a_list_is_of_one_type(void **state)
{
    struct shelf *s = *state;
    struct record_list l;

    add_suspect(s);
    l = list(s, "lead-1", "suspect", UINT64_MAX, 1);
    assert_int_equal(l.n, 1);
    assert_false(l.more);
    assert_string_equal(l.rows[0].creator, "justice-1");
    record_list_free(&l);
    l = list(s, "lead-1", "victim", UINT64_MAX, 2 * RECORDS);
    expect_rows(s, &l, RECORDS - 1, RECORDS, false);
    record_list_free(&l);
    l = list(s, "justice-1", "offence", UINT64_MAX, 5);
    assert_int_equal(l.n, 0);
    record_list_free(&l);
    office_verify(&s->o);
}

static void
save_identity(struct shelf *s, const struct handle *h)
{
    struct client *c = office_client(&s->o, "case-1");
    struct record_view v = {0};
    size_t at;

    assert_ok(client_record_read(c, "victim", h, 0, NULL, &v));
    assert_non_null(schema_compartment(v.type, "identity", &at));
    assert_ok(client_record_save(c, "victim", h, &v.contents[at], &v));
    record_view_free(&v);
}

/* The entry that a version names: it stored just that one. */
static enum sv_err
check_version(void *ctx, uint64_t index, struct bytes text)
{
    const struct record_version *v = ctx;
    struct entry e;
    unsigned found = 0;

    assert_true(index == v->index);
    assert_ok(entry_parse(text, &e));
    assert_true(e.time_ms == v->time_ms);
    for (unsigned i = 0; i < e.n_results; i++)
        found += strcmp(e.results[i].compartment, v->compartment) == 0 &&
                 e.results[i].version == v->version &&
                 memcmp(e.results[i].hash, v->hash, sizeof v->hash) == 0;
    assert_int_equal(found, 1);
    return SV_OK;
}

static void
test_a_history_has_every_version_as_it_stands_in_the_log(void **state)
{
    static const struct {
        const char *author;
        bool addition;
    } want[] = {{"case-1", false},
                {"case-1", false},
                {"intake-1", true},
                {"case-1", false},
                {"intake-1", true}};
    struct shelf *s = *state;
    struct record_version *versions = NULL;
    const struct handle *h = &s->records[2];
    uint64_t start = s->o.now_ms;
    size_t n = 0, of_identity = 0;

    assert_ok(client_record_assign(office_client(&s->o, "lead-1"), "victim", h,
                                   "intake-1", true));
    for (unsigned i = 1; i < sizeof want / sizeof want[0]; i++) {
        s->o.now_ms = start + i;
        if (want[i].addition)
            /* By intake-1, who may not read it. */
            assert_ok(office_add_phone(office_client(&s->o, "intake-1"), h));
        else
            save_identity(s, h);
    }
    assert_ok(client_record_history(office_client(&s->o, "case-1"), "victim", h,
                                    &versions, &n));
    assert_int_equal(n, 7 + 4);
    for (size_t i = 0; i < n; i++) {
        const struct record_version *v = &versions[i];
        unsigned k = (unsigned)v->version - 1;

        assert_ok(client_log_read(office_client(&s->o, "audit-1"), v->index, 1,
                                  check_version, &versions[i]));
        assert_string_equal(v->author, want[k].author);
        assert_int_equal(v->addition, want[k].addition);
        assert_true(v->time_ms == (k == 0 ? s->made_ms[2] : start + k));
        if (strcmp(v->compartment, "identity") == 0)
            assert_int_equal(k, of_identity++);
        else
            assert_int_equal(k, 0);
    }
    assert_int_equal(of_identity, 5);
    free(versions);
}

/* A record is found under its own type alone. */
static void
test_a_record_of_another_type_is_not_there(void **state)
{
    struct shelf *s = *state;
    struct record_view v = {0};
    struct record_version *versions = NULL;
    struct client *legal;
    size_t n = 0;

    assert_ok(client_record_assign(office_client(&s->o, "lead-1"), "victim",
                                   &s->records[0], "legal-1", true));
    legal = office_client(&s->o, "legal-1");
    assert_err(
        client_record_read(legal, "suspect", &s->records[0], 0, NULL, &v),
        SV_ERR_NOT_FOUND);
    assert_err(
        client_record_history(legal, "suspect", &s->records[0], &versions, &n),
        SV_ERR_NOT_FOUND);
    assert_ok(
        client_record_history(legal, "victim", &s->records[0], &versions, &n));
    /* Of facts, identity, legal and release; not of what she has no cell of. */
    for (size_t i = 0; i < n; i++) {
        assert_string_not_equal(versions[i].compartment, "location");
        assert_string_not_equal(versions[i].compartment, "narrative");
        assert_string_not_equal(versions[i].compartment, "health");
        assert_int_equal(versions[i].version, 1);
        assert_string_equal(versions[i].author, "case-1");
        assert_true(versions[i].time_ms == s->made_ms[0]);
    }
    assert_int_equal(n, 4);
    free(versions);
}

int
main(void)
{
#define ON_SHELF(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ON_SHELF(test_a_list_goes_on_where_it_ended),
        ON_SHELF(test_a_row_says_who_made_it_when_and_whose_it_is),
        ON_SHELF(test_a_long_list_is_whole),
        ON_SHELF(test_a_list_is_of_one_type),
        ON_SHELF(test_a_history_has_every_version_as_it_stands_in_the_log),
        ON_SHELF(test_a_record_of_another_type_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
