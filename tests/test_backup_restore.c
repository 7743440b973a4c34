/* The vault that comes out of a backup, and who goes on in it. */
#include <limits.h>

#include "tests/support/pieces.h"
#include "vault/sheet.h"

static void
restore_to(struct office *o, const char *name, const struct pieces *p,
           struct restored *at, struct restore_report *report)
{
    struct buf all = pieces_join(p);

    restored_init(o, at, name);
    assert_ok(gate_restore(&at->config, &at->keys,
                           pieces_write(o, buf_bytes(&all)), true, report));
    buf_free(&all);
}

/* Go on in the restored vault. */
static void
move_in(struct office *o, const struct restored *at)
{
    office_close(o);
    memcpy(o->dir, at->dir, sizeof o->dir);
    o->config.dir = o->dir;
    assert_ok(office_open(o));
}

/* For a second reader, which has docs/FORMAT.md as its only guide: with the
 * restore in its log. */
static void
write_for_reader(struct office *o)
{
    const char *dir = getenv("SV_FORMAT_DIR");
    char path[PATH_SIZE], line[SHEET_LINE_SIZE];
    struct buf all, text = BUF_INIT;
    struct sheet sheet;
    struct pieces p;

    pieces_take(o, &p);
    all = pieces_join(&p);
    sheet_of_gate(&o->gate_keys, &sheet);
    for (unsigned i = 1; i <= SHEET_LINES; i++) {
        sheet_line(&sheet, i, line);
        assert_ok(buf_printf(&text, "%s\n", line));
    }
    if (dir != NULL) {
        assert_ok(path_join(path, dir, "restored.svb"));
        assert_ok(file_replace(path, 0600, buf_bytes(&all)));
        assert_ok(path_join(path, dir, "gate.sheet"));
        assert_ok(file_replace(path, 0600, buf_bytes(&text)));
    }
    pieces_free(&p);
    buf_free(&all);
    buf_free(&text);
}

static void
test_a_restored_vault_waits_for_two_and_goes_on(void **state)
{
    struct office *o = *state;
    struct restore_report report, again;
    struct restore_second second = {"supervisor", "lead-1", NULL};
    struct record_view view;
    struct handle h;
    struct restored at;
    struct pieces p;
    struct buf name;

    pieces_take(o, &p);
    restore_to(o, "again", &p, &at, &report);
    assert_int_equal(report.manifest.rows[TABLE_RECORD], 1);
    assert_err(gate_restore(&at.config, &at.keys, pieces_path(o, "backup.svb"),
                            true, &again),
               SV_ERR_EXISTS);
    /* Nobody has seen more than was restored: pins of before the backup. */
    office_end(o, "admin-1");
    pin_clear(&office_person(o, "admin-1")->pin);
    move_in(o, &at);
    assert_err(office_record(o, "case-1", "2022-002", FAMILY, &h),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "case-1"))->what,
                        "this vault was restored from a backup, and nobody "
                        "has confirmed it yet");
    /* Not alone, and not with a caseworker. */
    (void)snprintf(second.name, sizeof second.name, "admin-1");
    second.seed = &office_person(o, "admin-1")->keys.sign;
    assert_err(client_restore(office_client(o, "admin-1"), &second,
                              report.manifest.taken_ms, NULL),
               SV_ERR_DENIED);
    (void)snprintf(second.name, sizeof second.name, "case-1");
    second.seed = &office_person(o, "case-1")->keys.sign;
    assert_err(client_restore(office_client(o, "admin-1"), &second,
                              report.manifest.taken_ms, NULL),
               SV_ERR_DENIED);
    (void)snprintf(second.name, sizeof second.name, "lead-1");
    second.seed = &office_person(o, "lead-1")->keys.sign;
    assert_err(client_restore(office_client(o, "admin-1"), &second,
                              report.manifest.taken_ms - 1, NULL),
               SV_ERR_FORMAT); /* of another backup */
    office_end(o, "admin-1");
    assert_ok(client_restore(office_client(o, "admin-1"), &second,
                             report.manifest.taken_ms, NULL));
    assert_err(client_restore(office_client(o, "admin-1"), &second,
                              report.manifest.taken_ms, NULL),
               SV_ERR_FORMAT); /* once */
    office_close(o);
    assert_ok(office_open(o));
    assert_ok(client_record_read(office_client(o, "case-1"), "victim",
                                 &pieces_record, 0, NULL, &view));
    name = office_field(&view, "identity", "family_name");
    assert_string_equal((const char *)name.ptr, FAMILY);
    assert_ok(office_record(o, "case-1", "2022-002", FAMILY, &h));
    record_view_free(&view);
    buf_free(&name);
    office_verify(o);
    write_for_reader(o);
    pieces_free(&p);
}

/* A gate that shows a log that is cut, and will not be looked at again. */
struct shy {
    struct transport gate;
    unsigned calls, until;
};

static enum sv_err
call_shy(void *ctx, struct bytes request, struct buf *response)
{
    struct shy *s = ctx;

    if (++s->calls <= s->until)
        return s->gate.call(s->gate.ctx, request, response);
    return message_failure_encode(MESSAGE_SYNC, SV_ERR_NOMEM, "busy", response);
}

/* It cannot put off the alarm by any answer of its own. */
static void
alarm_stays(struct office *o)
{
    struct shy s = {.gate = transport_to_gate(o->gate), .until = UINT_MAX};
    enum sv_err err;

    o->through = (struct transport){call_shy, &s};
    assert_err(office_begin(o, "case-1"), SV_ERR_ROLLBACK);
    s.until = s.calls - 1;
    s.calls = 0;
    err = office_begin(o, "case-1");
    assert_int_equal(s.calls, s.until + 1);
    assert_err(err, SV_ERR_ROLLBACK);
    o->through = (struct transport){NULL, NULL};
}

/* A session of hers that says yes to a restored log, or does not; her pin is
 * what it then knows, or what it was. */
static enum sv_err
begin_accepting(struct office *o, const char *name, bool accept,
                struct client_restored *was)
{
    struct colleague *who = office_person(o, name);
    struct client_config config = {transport_to_gate(o->gate), o->config.clock,
                                   o->config.rng, o->arena};
    struct client_hello hello;
    struct client *c;
    enum sv_err err;

    assert_ok(client_new(&config, &c));
    assert_ok(client_hello(c, &hello));
    if (accept)
        client_accept_restore(c, false);
    err = client_begin(c, &who->card, &who->identity, &who->pin);
    *was = *client_restored(c);
    who->pin = *client_pin(c);
    pin_init(client_pin(c));
    client_free(c);
    return err;
}

static void
test_who_has_seen_more_goes_on_only_when_she_says_so(void **state)
{
    struct office *o = *state;
    struct colleague *me = office_person(o, "case-1");
    struct restore_second second = {"supervisor", "lead-1", NULL};
    struct restore_report report;
    struct client_restored was;
    struct handle h;
    struct restored at;
    struct pieces p;
    uint64_t seen;

    (void)office_client(o, "lead-1");
    office_end(o, "lead-1");
    pieces_take(o, &p);
    assert_ok(office_record(o, "case-1", "2022-007", FAMILY, &h));
    seen = client_pin(me->client)->size;
    restore_to(o, "again", &p, &at, &report);
    office_end(o, "admin-1");
    pin_clear(&office_person(o, "admin-1")->pin);
    move_in(o, &at);
    alarm_stays(o);
    second.seed = &office_person(o, "lead-1")->keys.sign;
    assert_ok(client_restore(office_client(o, "admin-1"), &second,
                             report.manifest.taken_ms, NULL));
    /* As office_begin(), which does not accept it. */
    assert_err(office_begin(o, "case-1"), SV_ERR_ROLLBACK);
    for (unsigned accept = 0; accept < 2; accept++) {
        assert_err(begin_accepting(o, "case-1", accept, &was),
                   accept ? SV_OK : SV_ERR_ROLLBACK);
        assert_true(was.found);
        assert_string_equal(was.actor, "admin-1");
        assert_string_equal(was.second, "lead-1");
        assert_int_equal(was.size, report.manifest.size);
        assert_int_equal(was.seen, seen);
        assert_int_equal(was.accepted, accept);
    }
    assert_ok(office_begin(o, "case-1"));
    office_verify(o);
    pieces_free(&p);
}

/* lead-1 has seen only what was restored. */
static void
confirm_restored(struct office *o, const struct restore_report *report)
{
    struct restore_second second = {"administrator", "admin-1", NULL};

    second.seed = &office_person(o, "admin-1")->keys.sign;
    assert_ok(client_restore(office_client(o, "lead-1"), &second,
                             report->manifest.taken_ms, NULL));
}

static void
test_what_was_tried_before_it_locks_nobody_out(void **state)
{
    struct office *o = *state;
    struct restore_second second = {"caseworker", "case-1", NULL};
    struct restore_report report;
    struct client_restored was;
    struct restored at;
    struct pieces p;
    struct handle h;

    (void)office_client(o, "lead-1");
    office_end(o, "lead-1");
    pieces_take(o, &p);
    /* She sees a roster entry, too, that is lost. */
    assert_ok(office_hire(o, "case-2", "caseworker"));
    assert_ok(office_record(o, "case-1", "2022-007", FAMILY, &h));
    office_end(o, "case-1");
    assert_ok(office_begin(o, "case-1"));
    office_end(o, "case-1");
    office_end(o, "lead-1");
    pin_clear(&office_person(o, "lead-1")->pin);
    restore_to(o, "again", &p, &at, &report);
    move_in(o, &at);
    second.seed = &office_person(o, "case-1")->keys.sign;
    while (client_pin(office_client(o, "lead-1"))->size <=
           office_person(o, "case-1")->pin.size)
        assert_err(client_restore(office_client(o, "lead-1"), &second,
                                  report.manifest.taken_ms, NULL),
                   SV_ERR_DENIED);
    assert_err(begin_accepting(o, "case-1", true, &was), SV_ERR_ROLLBACK);
    assert_false(was.found);
    confirm_restored(o, &report);
    assert_ok(begin_accepting(o, "case-1", true, &was));
    assert_true(was.found && was.accepted);
    assert_true(was.index >= was.seen);
    assert_true(was.lost >= 1 && was.lost <= was.seen);
    assert_ok(office_begin(o, "case-1"));
    office_verify(o);
    pieces_free(&p);
}

static void
test_a_restore_that_she_knows_excuses_no_older_copy(void **state)
{
    struct office *o = *state;
    struct restore_report report;
    struct client_restored was;
    struct restored at;
    struct pieces p, later;
    struct handle h;
    uint64_t seen;

    (void)office_client(o, "lead-1");
    office_end(o, "lead-1");
    pieces_take(o, &p);
    restore_to(o, "again", &p, &at, &report);
    office_end(o, "admin-1");
    move_in(o, &at);
    confirm_restored(o, &report);
    pin_clear(&office_person(o, "admin-1")->pin);
    pieces_take(o, &later);
    assert_ok(office_record(o, "case-1", "2022-007", FAMILY, &h));
    office_end(o, "case-1");
    seen = office_person(o, "case-1")->pin.size;
    /* The older copy has that restore in it, and waits for one of its own. */
    restore_to(o, "older", &later, &at, &report);
    office_end(o, "admin-1");
    office_end(o, "lead-1");
    pin_clear(&office_person(o, "lead-1")->pin);
    move_in(o, &at);
    assert_err(begin_accepting(o, "case-1", true, &was), SV_ERR_ROLLBACK);
    assert_false(was.found || was.accepted);
    assert_int_equal(office_person(o, "case-1")->pin.size, seen);
    confirm_restored(o, &report);
    assert_ok(begin_accepting(o, "case-1", true, &was));
    assert_int_equal(was.index, report.manifest.size);
    assert_int_equal(office_person(o, "case-1")->pin.roster.n_restores, 2);
    office_verify(o);
    pieces_free(&p);
    pieces_free(&later);
}

static void
test_recovery_and_the_gates_sheet_bring_everybody_back(void **state)
{
    struct office *o = *state;
    struct colleague *admin = office_person(o, "admin-1");
    struct restore_second second = {"", "", NULL};
    struct restore_report report;
    struct record_view view;
    struct client *rescue;
    struct restored at;
    struct pieces p;

    pieces_take(o, &p);
    restore_to(o, "again", &p, &at, &report);
    move_in(o, &at);
    second.seed = &at.keys.log;
    pin_clear(&admin->pin);
    /* Her new key file. */
    admin->keys = office_person(o, "spare-1")->keys;
    card_of(&admin->keys, "admin-1", &admin->card);
    rescue = office_client(o, "rescue-1");
    assert_ok(client_restore(rescue, &second, report.manifest.taken_ms,
                             &admin->card));
    for (unsigned i = 0; i < 2; i++) {
        const char *name = i == 0 ? "case-1" : "audit-1";
        struct colleague *who = office_person(o, name);
        const struct roster *r;

        pin_clear(&who->pin);
        who->keys = office_person(o, i == 0 ? "spare-2" : "spare-3")->keys;
        card_of(&who->keys, name, &who->card);
        office_end(o, "admin-1");
        assert_ok(
            client_staff_replace(office_client(o, "admin-1"), &who->card));
        office_end(o, "rescue-1");
        rescue = office_client(o, "rescue-1");
        r = client_roster(rescue);
        assert_ok(client_staff_confirm(rescue,
                                       r->proposals[r->n_proposals - 1].index));
    }
    assert_ok(client_record_read(office_client(o, "case-1"), "victim",
                                 &pieces_record, 0, NULL, &view));
    record_view_free(&view);
    office_verify(o);
    pieces_free(&p);
}

/* Whose term as a supervisor is over, and who administrates since, is the
 * second as an administrator. */
static void
test_the_second_acts_in_a_role_that_is_in_force(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "admin-1");
    const struct roster *r;

    assert_ok(client_staff_propose(c, &office_person(o, "deputy")->card,
                                   "supervisor", o->now_ms + 1000));
    office_end(o, "lead-1");
    c = office_client(o, "lead-1");
    r = client_roster(c);
    assert_ok(client_staff_confirm(c, r->proposals[0].index));
    assert_string_equal(client_restore_role(c, "deputy"), "supervisor");
    assert_null(client_restore_role(c, "case-1"));
    assert_null(client_restore_role(c, "nobody"));
    o->now_ms += 1000;
    assert_string_equal(client_restore_role(c, "deputy"), "supervisor");
    assert_ok(office_hire(o, "deputy", "administrator"));
    assert_string_equal(
        client_restore_role(office_client(o, "lead-1"), "deputy"),
        "administrator");
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, pieces_set_up, pieces_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_restored_vault_waits_for_two_and_goes_on),
        CASE(test_who_has_seen_more_goes_on_only_when_she_says_so),
        CASE(test_what_was_tried_before_it_locks_nobody_out),
        CASE(test_a_restore_that_she_knows_excuses_no_older_copy),
        CASE(test_recovery_and_the_gates_sheet_bring_everybody_back),
        CASE(test_the_second_acts_in_a_role_that_is_in_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
