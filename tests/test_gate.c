#include <sys/stat.h>

#include "tests/support/office.h"
#include "vault/envelope.h"

/* The way of a record through the gate and back, by people who may and by
 * people who may not. */

/* The largest piece that our code has asked realloc() for (the linker leads
 * its calls through here). */
static size_t largest;
void *__real_realloc(void *ptr, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

void *
__wrap_realloc(void *ptr, size_t size)
{
    largest = size > largest ? size : largest;
    return __real_realloc(ptr, size);
}

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
assert_field(const struct record_view *v, const char *compartment,
             const char *field, const char *want)
{
    struct buf text = office_field(v, compartment, field);

    assert_string_equal((const char *)text.ptr, want);
    buf_free(&text);
}

static enum sv_err
read_one(struct office *o, const char *who, const struct handle *h,
         const char *compartment, struct record_view *v)
{
    return client_record_read(office_client(o, who), "victim", h, 1,
                              &compartment, v);
}

static void
test_a_record_comes_back_to_who_opened_it(void **state)
{
    struct office *o = *state;
    struct record_view v = {0};
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(client_record_read(office_client(o, "case-1"), "victim", &h, 0,
                                 NULL, &v));
    assert_field(&v, "identity", "case_no", "2022-001");
    assert_field(&v, "identity", "family_name", "Yamada");
    assert_field(&v, "facts", "gender", "female");
    assert_field(&v, "narrative", "summary", "not_asked");
    /* She may write to health and legal, not read them. */
    assert_field(&v, "health", "conditions", "");
    record_view_free(&v);
    office_verify(o);
}

static void
test_a_colleague_who_is_not_assigned_is_refused_and_logged(void **state)
{
    struct office *o = *state;
    struct record_view v = {0};
    struct handle h;
    const struct client_trouble *t;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_err(read_one(o, "case-2", &h, "identity", &v), SV_ERR_DENIED);
    t = client_trouble(office_client(o, "case-2"));
    assert_string_equal(t->rule, "not-assigned");
    assert_true(t->logged);
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &h,
                                   "case-2", true));
    assert_ok(read_one(o, "case-2", &h, "identity", &v));
    assert_field(&v, "identity", "family_name", "Yamada");
    record_view_free(&v);
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &h,
                                   "case-2", false));
    assert_err(read_one(o, "case-2", &h, "identity", &v), SV_ERR_DENIED);
    office_verify(o);
}

static void
test_t50_refusal_does_not_tell_whether_a_record_exists(void **state)
{
    struct office *o = *state;
    struct record_view v = {0};
    struct handle h, none = {{1, 2, 3}};
    char rule[ENTRY_RULE_SIZE];

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_err(read_one(o, "case-2", &h, "identity", &v), SV_ERR_DENIED);
    memcpy(rule, client_trouble(office_client(o, "case-2"))->rule, sizeof rule);
    assert_err(read_one(o, "case-2", &none, "identity", &v), SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "case-2"))->rule, rule);
}

static void
test_t56_the_supervisor_needs_break_glass_for_an_identity(void **state)
{
    struct office *o = *state;
    struct record_view v = {0};
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_err(read_one(o, "lead-1", &h, "identity", &v), SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "lead-1"))->rule,
                        "break-glass");
    assert_ok(read_one(o, "lead-1", &h, "narrative", &v));
    record_view_free(&v);
}

/* Health and legal advice are nobody's but theirs, by whatever act. */
static void
test_t56_the_supervisor_opens_neither_health_nor_legal(void **state)
{
    static const char *const both[] = {"health", "legal"};
    struct office *o = *state;
    struct record_view v = {0};
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    for (size_t i = 0; i < 2; i++) {
        assert_err(read_one(o, "lead-1", &h, both[i], &v), SV_ERR_DENIED);
        assert_string_equal(client_trouble(office_client(o, "lead-1"))->rule,
                            "compartment");
    }
    /* Nor by giving herself the record, */
    assert_err(client_record_assign(office_client(o, "lead-1"), "victim", &h,
                                    "lead-1", true),
               SV_ERR_DENIED);
    /* nor beside what she may read. */
    assert_err(client_record_read(office_client(o, "lead-1"), "victim", &h, 2,
                                  (const char *const[]){"narrative", "health"},
                                  &v),
               SV_ERR_DENIED);
    office_verify(o);
}

/* Whose record it is now reads it; whose it was does not, not even what she
 * wrote herself. */
static void
test_t54_who_is_unassigned_loses_her_own_notes(void **state)
{
    struct office *o = *state;
    struct client *lead = office_client(o, "lead-1");
    struct record_view v = {0};
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(client_record_assign(lead, "victim", &h, "case-2", true));
    assert_ok(client_record_assign(lead, "victim", &h, "case-1", false));
    assert_err(read_one(o, "case-1", &h, "identity", &v), SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "case-1"))->rule,
                        "not-assigned");
    assert_ok(read_one(o, "case-2", &h, "identity", &v));
    record_view_free(&v);
    office_verify(o);
}

static void
test_who_has_no_right_to_records_gets_none(void **state)
{
    static const char *const others[] = {"admin-1", "audit-1", "justice-1",
                                         "intake-1"};
    static const char *const compartments[] = {"identity",  "location", "facts",
                                               "narrative", "health",   "legal",
                                               "release"};
    struct office *o = *state;
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 7; k++) {
            struct record_view v = {0};

            assert_err(read_one(o, others[i], &h, compartments[k], &v),
                       SV_ERR_DENIED);
        }
    }
    office_verify(o);
}

static void
test_an_edit_is_a_new_version_and_the_old_one_stays(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "case-1");
    struct record_view v = {0}, again = {0};
    struct record_version *versions = NULL;
    const char *reason = NULL;
    struct handle h;
    size_t at, f, n = 0, identity = 0;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(read_one(o, "case-1", &h, "identity", &v));
    assert_non_null(schema_compartment(v.type, "identity", &at));
    assert_non_null(
        schema_field(&v.type->compartments[at], bytes_text("family_name"), &f));
    content_unset(&v.contents[at], f);
    assert_ok(content_add(&v.contents[at], f, bytes_text("Tanaka"), &reason));
    assert_ok(client_record_save(c, "victim", &h, &v.contents[at], &v));
    assert_ok(read_one(o, "case-1", &h, "identity", &again));
    assert_field(&again, "identity", "family_name", "Tanaka");
    assert_field(&again, "identity", "case_no", "2022-001");
    assert_int_equal(again.newest[at].version, 2);
    /* The old view is out of date now. */
    assert_err(client_record_save(c, "victim", &h, &v.contents[at], &v),
               SV_ERR_CONFLICT);
    assert_ok(client_record_history(c, "victim", &h, &versions, &n));
    for (size_t i = 0; i < n; i++)
        identity += strcmp(versions[i].compartment, "identity") == 0;
    assert_int_equal(identity, 2);
    free(versions);
    record_view_free(&v);
    record_view_free(&again);
    office_verify(o);
}

static void
test_who_may_only_write_adds_and_a_reader_sees_both(void **state)
{
    struct office *o = *state;
    struct client *intake = office_client(o, "intake-1");
    const struct schema_type *type =
        schema_type(client_schema(intake), "victim");
    struct content addition = {0};
    struct record_view v = {0};
    const char *reason = NULL;
    struct handle h;
    size_t at, f;

    assert_ok(office_record(o, "intake-1", "2022-001", "Yamada", &h));
    assert_err(read_one(o, "intake-1", &h, "identity", &v), SV_ERR_DENIED);
    assert_non_null(schema_compartment(type, "identity", &at));
    assert_ok(content_new(&type->compartments[at], &addition));
    assert_non_null(
        schema_field(&type->compartments[at], bytes_text("phone"), &f));
    assert_ok(content_add(&addition, f, bytes_text("090-0000-0000"), &reason));
    assert_ok(client_record_save(intake, "victim", &h, &addition, NULL));
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &h,
                                   "case-1", true));
    assert_ok(read_one(o, "case-1", &h, "identity", &v));
    assert_field(&v, "identity", "family_name", "Yamada");
    assert_field(&v, "identity", "phone", "090-0000-0000");
    content_free(&addition);
    record_view_free(&v);
    office_verify(o);
}

/* A reader gets all additions in one answer, and must be able to. */
static void
test_additions_are_as_many_as_a_reader_can_have(void **state)
{
    struct office *o = *state;
    struct client *intake = office_client(o, "intake-1");
    const struct schema_type *type =
        schema_type(client_schema(intake), "victim");
    struct content addition = {0};
    struct record_view v = {0};
    const char *reason = NULL;
    struct handle h;
    size_t at, f;

    assert_ok(office_record(o, "intake-1", "2022-001", "Yamada", &h));
    assert_non_null(schema_compartment(type, "identity", &at));
    assert_ok(content_new(&type->compartments[at], &addition));
    assert_non_null(
        schema_field(&type->compartments[at], bytes_text("phone"), &f));
    assert_ok(content_add(&addition, f, bytes_text("090-0000-0000"), &reason));
    for (unsigned i = 0; i < ADDITIONS_MAX; i++)
        assert_ok(client_record_save(intake, "victim", &h, &addition, NULL));
    assert_err(client_record_save(intake, "victim", &h, &addition, NULL),
               SV_ERR_INPUT);
    /* Who may read saves it whole, and it goes on. */
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &h,
                                   "case-1", true));
    assert_ok(read_one(o, "case-1", &h, "identity", &v));
    assert_ok(client_record_save(office_client(o, "case-1"), "victim", &h,
                                 &v.contents[at], &v));
    assert_ok(client_record_save(intake, "victim", &h, &addition, NULL));
    content_free(&addition);
    record_view_free(&v);
    office_verify(o);
}

static void
test_lists_show_each_role_what_it_may_know(void **state)
{
    struct office *o = *state;
    struct record_list l = {0};
    struct handle a, b;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &a));
    assert_ok(office_record(o, "case-2", "2022-002", "Sato", &b));
    assert_ok(client_record_list(office_client(o, "case-1"), "victim",
                                 UINT64_MAX, 25, &l));
    assert_int_equal(l.n, 1);
    assert_memory_equal(l.rows[0].handle.b, a.b, HANDLE_LEN);
    assert_true(l.rows[0].assigned);
    record_list_free(&l);
    assert_ok(client_record_list(office_client(o, "lead-1"), "victim",
                                 UINT64_MAX, 25, &l));
    assert_int_equal(l.n, 2);
    assert_memory_equal(l.rows[0].handle.b, b.b, HANDLE_LEN); /* newest */
    assert_int_equal(l.rows[0].n_assignees, 1);
    assert_string_equal(l.rows[0].assignees[0], "case-2");
    record_list_free(&l);
    assert_ok(client_record_list(office_client(o, "lead-1"), "victim",
                                 UINT64_MAX, 1, &l));
    assert_int_equal(l.n, 1);
    assert_true(l.more);
    record_list_free(&l);
    assert_err(client_record_list(office_client(o, "audit-1"), "victim",
                                  UINT64_MAX, 25, &l),
               SV_ERR_DENIED);
    office_verify(o);
}

static struct import
sample_import(const struct client *c, const char *type, const char *name)
{
    struct buf file = BUF_INIT;
    struct import im = {0};
    struct diag where = {0};
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/tests/data/annual-2022/%s",
                   SV_SOURCE_DIR, name);
    assert_ok(file_read(path, IMPORT_FILE_MAX, &file));
    assert_ok(import_read(schema_type(client_schema(c), type), buf_bytes(&file),
                          &im, &where));
    assert_int_equal(im.n_bad, 0);
    buf_free(&file);
    return im;
}

static void
test_an_import_brings_every_row_in_once(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "case-1");
    struct import im = sample_import(c, "victim", "victims.csv");
    struct import_report report;
    struct record_list l = {0};
    struct record_view v = {0};

    assert_int_equal(im.n, 93);
    assert_ok(client_import(c, &im, NULL, NULL, &report));
    assert_int_equal(report.n_done, 93);
    assert_ok(client_import(c, &im, NULL, NULL, &report));
    assert_int_equal(report.n_done, 0);
    assert_int_equal(report.n_already, 93);
    assert_ok(client_record_list(c, "victim", UINT64_MAX, 200, &l));
    assert_int_equal(l.n, 93);
    assert_ok(client_record_read(c, "victim", &l.rows[92].handle, 0, NULL, &v));
    assert_field(&v, "identity", "case_no", "2021-001");
    record_view_free(&v);
    record_list_free(&l);
    import_free(&im);
    office_verify(o);
}

/* All that were imported are hers; she asks for a page of them. */
static void
test_a_list_holds_no_more_than_twice_what_was_asked_for(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "case-1");
    struct import im = sample_import(c, "victim", "victims.csv");
    struct import_report report;
    struct record_list all = {0}, page = {0};
    size_t of_all;

    assert_ok(client_import(c, &im, NULL, NULL, &report));
    largest = 0;
    assert_ok(client_record_list(c, "victim", UINT64_MAX, 200, &all));
    of_all = largest;
    largest = 0;
    for (size_t at = 0; at < all.n; at += page.n) {
        uint64_t before = at == 0 ? UINT64_MAX : all.rows[at - 1].index;

        record_list_free(&page);
        assert_ok(client_record_list(c, "victim", before, 4, &page));
        assert_int_equal(page.n, all.n - at < 4 ? all.n - at : 4);
        assert_int_equal(page.more, at + page.n < all.n);
        for (size_t i = 0; i < page.n; i++)
            assert_memory_equal(page.rows[i].handle.b,
                                all.rows[at + i].handle.b, HANDLE_LEN);
    }
    assert_true(largest < of_all / 4);
    record_list_free(&page);
    record_list_free(&all);
    import_free(&im);
}

static void
test_everything_is_there_after_closing_and_opening(void **state)
{
    struct office *o = *state;
    struct record_view v = {0};
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    office_close(o);
    assert_ok(office_open(o));
    assert_ok(read_one(o, "case-1", &h, "identity", &v));
    assert_field(&v, "identity", "family_name", "Yamada");
    record_view_free(&v);
    office_verify(o);
}

static void
test_a_second_gate_on_the_same_vault_is_told_who_has_it(void **state)
{
    struct office *o = *state;
    char holder[GATE_HOLDER_SIZE];
    struct gate *second = NULL;
    const char *what;

    assert_err(gate_open(&o->config, holder, &what, &second), SV_ERR_BUSY);
    assert_non_null(strstr(holder, "process"));
}

/* A vault that others can read, or whose gate key they can, is not opened. */
static void
test_t66_what_is_open_to_other_accounts_is_not_opened(void **state)
{
    static const mode_t open_to_others[] = {0710, 0704, 0770, 0755};
    struct office *o = *state;
    char key[PATH_SIZE];

    office_close(o);
    assert_ok(path_suffix(key, o->dir, ".gate"));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(chmod(o->dir, open_to_others[i]), 0);
        assert_err(office_open(o), SV_ERR_DENIED);
        assert_int_equal(chmod(o->dir, 0700), 0);
        assert_int_equal(chmod(key, open_to_others[i] & 0677), 0);
        assert_err(office_open(o), SV_ERR_DENIED);
        assert_int_equal(chmod(key, 0600), 0);
    }
    assert_ok(office_open(o));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_record_comes_back_to_who_opened_it),
        T(test_a_colleague_who_is_not_assigned_is_refused_and_logged),
        T(test_t50_refusal_does_not_tell_whether_a_record_exists),
        T(test_t56_the_supervisor_needs_break_glass_for_an_identity),
        T(test_t56_the_supervisor_opens_neither_health_nor_legal),
        T(test_t54_who_is_unassigned_loses_her_own_notes),
        T(test_t66_what_is_open_to_other_accounts_is_not_opened),
        T(test_who_has_no_right_to_records_gets_none),
        T(test_an_edit_is_a_new_version_and_the_old_one_stays),
        T(test_who_may_only_write_adds_and_a_reader_sees_both),
        T(test_additions_are_as_many_as_a_reader_can_have),
        T(test_lists_show_each_role_what_it_may_know),
        T(test_an_import_brings_every_row_in_once),
        T(test_a_list_holds_no_more_than_twice_what_was_asked_for),
        T(test_everything_is_there_after_closing_and_opening),
        T(test_a_second_gate_on_the_same_vault_is_told_who_has_it),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
