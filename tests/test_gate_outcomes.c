/* What else can come of an act than that it is done or denied, and the acts
 * that few other tests ask for: each exactly that, with every call to the
 * store failing on the way there (tests/support/sweep.h). */
#include "tests/support/raw.h"
#include "tests/support/sweep.h"
#include "vault/client_release.h"
#include "vault/import.h"

static struct sweep all;

static int
setup(void **state)
{
    (void)state;
    sweep_begin(&all);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    sweep_end(&all);
    return 0;
}

static int
ready(void **state)
{
    sweep_ready(&all);
    *state = &all;
    return 0;
}

/* Her session, begun before any call fails. */
static struct client *
swept(struct sweep *s, const char *who)
{
    struct client *c;

    s->on = false;
    office_end(&s->v.o, who);
    c = office_client(&s->v.o, who);
    s->on = true;
    return c;
}

static void
verify(struct sweep *s)
{
    assert_true(s->requests > 0);
    s->on = false;
    office_verify(&s->v.o);
}

/* ---- Records ---- */

/* It is assigned to her: of another type, it is none. */
static void
test_a_record_that_is_not_there_is_not_found(void **state)
{
    struct sweep *s = *state;
    const struct handle *h = &s->v.a;
    struct record_version *versions = NULL;
    struct record_view view = {0};
    struct handle nobody = s->v.a;
    struct client *c;
    size_t n = 0;

    nobody.b[0] ^= 1;
    c = swept(s, "lead-1");
    assert_ok(client_record_assign(c, "victim", h, "legal-1", true));
    assert_err(client_record_assign(c, "victim", &nobody, "legal-1", true),
               SV_ERR_NOT_FOUND);
    assert_err(client_record_assign(c, "suspect", h, "legal-1", true),
               SV_ERR_NOT_FOUND);
    assert_err(client_record_assign(c, "victim", &nobody, "legal-1", false),
               SV_ERR_NOT_FOUND);
    c = swept(s, "legal-1");
    assert_err(client_record_read(c, "suspect", h, 0, NULL, &view),
               SV_ERR_NOT_FOUND);
    assert_err(client_record_history(c, "suspect", h, &versions, &n),
               SV_ERR_NOT_FOUND);
    assert_true(s->damaged > 0);
    verify(s);
}

static void
test_an_assignment_is_made_once_and_ended_once(void **state)
{
    struct sweep *s = *state;
    struct client *c = swept(s, "lead-1");

    assert_err(client_record_assign(c, "victim", &s->v.a, "case-2", true),
               SV_ERR_EXISTS);
    assert_ok(client_record_assign(c, "victim", &s->v.a, "case-2", false));
    assert_err(client_record_assign(c, "victim", &s->v.a, "case-2", false),
               SV_ERR_NOT_FOUND);
    assert_ok(client_record_assign(c, "victim", &s->v.a, "case-2", true));
    assert_true(s->damaged > 0);
    verify(s);
}

static void
import_rows(struct client *c, const char *csv, enum sv_err want, size_t done)
{
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};

    assert_ok(import_read(schema_type(client_schema(c), "victim"),
                          bytes_text(csv), &im, &where));
    assert_err(client_import(c, &im, NULL, NULL, &report), want);
    assert_int_equal(report.n_done, done);
    import_free(&im);
}

static void
rows_of(struct buf *csv, unsigned from, unsigned to)
{
    assert_ok(buf_text(csv, "identity.case_no,identity.family_name\n"));
    for (unsigned i = from; i <= to; i++)
        assert_ok(buf_printf(csv, "I-%u,Ueda\n", i));
    assert_ok(buf_append(csv, bytes_of("", 1)));
}

/* Those that are there are marked, a bit each, and the others come in. */
static void
test_rows_come_in_once(void **state)
{
    static const struct {
        unsigned from, to, done;
    } steps[] = {{8, 9, 2}, {1, 8, 7}, {1, 9, 0}, {9, 20, 11}};
    struct sweep *s = *state;
    struct client *c = swept(s, "case-1");

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct buf csv = BUF_INIT;

        rows_of(&csv, steps[i].from, steps[i].to);
        import_rows(c, (const char *)csv.ptr, SV_OK, steps[i].done);
        buf_free(&csv);
    }
    verify(s);
}

static void
set_number(struct record_view *view, const char *number)
{
    const struct schema_compartment *part;
    const char *reason = NULL;
    size_t at, f;

    part = schema_compartment(view->type, "identity", &at);
    assert_non_null(part);
    assert_non_null(schema_field(part, bytes_text("case_no"), &f));
    content_unset(&view->contents[at], f);
    assert_ok(content_add(&view->contents[at], f, bytes_text(number), &reason));
}

static enum sv_err
save_identity(struct client *c, const struct handle *h,
              struct record_view *view)
{
    size_t at;

    assert_non_null(schema_compartment(view->type, "identity", &at));
    return client_record_save(c, "victim", h, &view->contents[at], view);
}

static void
test_no_second_record_has_a_number(void **state)
{
    static const char *const identity[] = {"identity"};
    struct sweep *s = *state;
    struct record_view view = {0};
    struct handle h;
    struct client *c = swept(s, "case-1");

    assert_err(office_record(&s->v.o, "case-1", "2022-001", "Ito", &h),
               SV_ERR_INPUT);
    import_rows(c, "identity.case_no\n2022-002\n", SV_ERR_INPUT, 0);
    assert_ok(client_record_read(c, "victim", &s->v.b, 1, identity, &view));
    set_number(&view, "2022-001");
    assert_err(save_identity(c, &s->v.b, &view), SV_ERR_INPUT);
    set_number(&view, "2022-003");
    assert_ok(save_identity(c, &s->v.b, &view));
    record_view_free(&view);
    /* Its old one is free again, and the new one is not. */
    assert_err(office_record(&s->v.o, "case-1", "2022-003", "Ito", &h),
               SV_ERR_INPUT);
    assert_ok(office_record(&s->v.o, "case-1", "2022-002", "Ito", &h));
    verify(s);
}

static enum sv_err
add_empty(struct client *c, const char *type)
{
    struct draft d = {0};
    struct handle h;
    enum sv_err err;

    assert_ok(draft_new(schema_type(client_schema(c), type), &d));
    err = client_record_add(c, &d, &h);
    draft_free(&d);
    return err;
}

/* One compartment alone is a whole record, too; and nothing that could be
 * found by a word. */
static void
test_a_record_may_be_small_and_say_nothing(void **state)
{
    struct sweep *s = *state;
    struct client *c = swept(s, "justice-1");

    assert_ok(add_empty(c, "offence"));
    assert_ok(add_empty(c, "suspect"));
    assert_ok(add_empty(swept(s, "case-1"), "victim"));
    verify(s);
}

static void
test_a_part_that_nobody_searches_is_saved(void **state)
{
    static const char *const facts[] = {"facts"};
    struct sweep *s = *state;
    struct client *c = swept(s, "case-1");
    struct record_view view = {0};
    size_t at;

    assert_ok(client_record_read(c, "victim", &s->v.a, 1, facts, &view));
    assert_non_null(schema_compartment(view.type, "facts", &at));
    assert_ok(
        client_record_save(c, "victim", &s->v.a, &view.contents[at], &view));
    record_view_free(&view);
    verify(s);
}

static void
test_a_version_follows_the_one_that_was_read(void **state)
{
    static const char *const identity[] = {"identity"};
    struct sweep *s = *state;
    struct record_view view = {0}, now = {0};
    struct client *c = swept(s, "case-1");

    assert_ok(client_record_read(c, "victim", &s->v.b, 1, identity, &view));
    assert_ok(save_identity(c, &s->v.b, &view));
    assert_err(save_identity(c, &s->v.b, &view), SV_ERR_CONFLICT);
    /* What is taken is not told to who has not the newest. */
    set_number(&view, "2022-001");
    assert_err(save_identity(c, &s->v.b, &view), SV_ERR_CONFLICT);
    assert_ok(client_record_read(c, "victim", &s->v.b, 1, identity, &now));
    assert_ok(save_identity(c, &s->v.b, &now));
    record_view_free(&view);
    record_view_free(&now);
    verify(s);
}

static void
test_what_is_added_is_read_with_what_it_is_added_to(void **state)
{
    struct sweep *s = *state;
    struct record_view view = {0};
    struct buf phone;
    struct client *c;

    assert_ok(client_record_assign(swept(s, "lead-1"), "victim", &s->v.b,
                                   "intake-1", true));
    assert_ok(office_add_phone(swept(s, "intake-1"), &s->v.b));
    c = swept(s, "case-1");
    assert_ok(client_record_read(c, "victim", &s->v.b, 0, NULL, &view));
    phone = office_field(&view, "identity", "phone");
    assert_string_equal((const char *)phone.ptr, "090-0000-0000");
    buf_free(&phone);
    assert_ok(save_identity(c, &s->v.b, &view));
    record_view_free(&view);
    assert_true(s->damaged > 0);
    verify(s);
}

/* ---- Releases ---- */

static uint64_t
ask_release(struct sweep *s, const struct box_public *to, struct buf *cells)
{
    static const char spec[] =
        "svault/annual/v1\nyear 2022\nauthority national\n"
        "period calendar\nas-of 2023-03-31\nminor-age 18\n";
    uint64_t number = 0;

    s->on = false;
    assert_ok(client_release_request(
        office_client(&s->v.o, "stats-1"), RELEASE_EXACT, bytes_text(spec),
        bytes_text("Action Plan"), to, &number, cells));
    return number;
}

static void
test_what_is_shown_is_acknowledged_and_may_be_refused(void **state)
{
    struct sweep *s = *state;
    struct buf cells = BUF_INIT;
    uint64_t number = ask_release(s, NULL, &cells);

    cells.ptr[cells.len - 1] ^= 1;
    assert_err(client_release_acknowledge(swept(s, "stats-1"), number,
                                          buf_bytes(&cells), true, 0),
               SV_ERR_FORMAT);
    cells.ptr[cells.len - 1] ^= 1;
    assert_ok(client_release_acknowledge(swept(s, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_ok(client_release_refuse(swept(s, "approve-1"), number));
    buf_free(&cells);
    assert_true(s->damaged > 0);
    verify(s);
}

static void
test_a_named_recipient_gets_a_parcel(void **state)
{
    struct sweep *s = *state;
    struct release_package p = {0};
    struct release_view view = {0};
    struct buf cells = BUF_INIT;
    const struct colleague *to = office_person(&s->v.o, "ministry");
    uint64_t number = ask_release(s, &to->card.box, &cells);

    assert_ok(client_release_acknowledge(swept(s, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_ok(client_release_show(swept(s, "approve-1"), number, &view));
    assert_ok(client_release_approve(swept(s, "approve-1"), number, &view));
    assert_ok(client_release_fetch(swept(s, "stats-1"), number, &p));
    assert_true(p.is_sealed);
    release_package_free(&p);
    release_view_free(&view);
    buf_free(&cells);
    verify(s);
}

/* ---- Staff ---- */

static void
test_roles_and_keys_come_and_go_whole(void **state)
{
    struct sweep *s = *state;
    struct office *o = &s->v.o;

    assert_ok(client_staff_revoke(swept(s, "admin-1"), "case-2", "caseworker"));
    (void)swept(s, "lead-1");
    (void)swept(s, "admin-1");
    assert_ok(office_hire(o, "case-2", "caseworker"));
    assert_ok(office_replace(o, "case-1", "spare-1"));
    assert_ok(client_staff_suspend(swept(s, "lead-1"), "intake-1"));
    (void)swept(s, "admin-1");
    assert_ok(office_replace(o, "intake-1", "intake-1"));
    verify(s);
}

int
main(void)
{
#define SWEPT(test) cmocka_unit_test_setup(test, ready)
    const struct CMUnitTest tests[] = {
        SWEPT(test_a_record_that_is_not_there_is_not_found),
        SWEPT(test_an_assignment_is_made_once_and_ended_once),
        SWEPT(test_rows_come_in_once),
        SWEPT(test_no_second_record_has_a_number),
        SWEPT(test_a_record_may_be_small_and_say_nothing),
        SWEPT(test_a_part_that_nobody_searches_is_saved),
        SWEPT(test_a_version_follows_the_one_that_was_read),
        SWEPT(test_what_is_added_is_read_with_what_it_is_added_to),
        SWEPT(test_what_is_shown_is_acknowledged_and_may_be_refused),
        SWEPT(test_a_named_recipient_gets_a_parcel),
        SWEPT(test_roles_and_keys_come_and_go_whole),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
