#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "tests/support/office.h"
#include "vault/message.h"
#include "vault/sheet.h"

/* A backup read while others work; every way of spoiling it; and the vault
 * that comes out of it. */
#define PIECES_MAX 64
#define FAMILY "佐々木"

struct pieces {
    struct office *o;
    bool write; /* somebody works between two pieces */
    size_t n;
    struct buf at[PIECES_MAX];
};

static struct office office;
static struct handle first;

static int
open_office(void **state)
{
    office_prepare(&office, NULL, NULL);
    office.recovery = true;
    assert_ok(office_found(&office));
    assert_ok(office_open(&office));
    assert_ok(office_hire(&office, "case-1", "caseworker"));
    assert_ok(office_hire(&office, "audit-1", "auditor"));
    assert_ok(office_record(&office, "case-1", "2022-001", FAMILY, &first));
    *state = &office;
    return 0;
}

static int
close_office(void **state)
{
    office_free(*state);
    return 0;
}

static enum sv_err
keep(void *ctx, struct bytes piece)
{
    struct pieces *p = ctx;
    struct handle h;
    char case_no[16];

    assert_true(p->n < PIECES_MAX);
    assert_ok(buf_append(&p->at[p->n++], piece));
    if (!p->write)
        return SV_OK;
    (void)snprintf(case_no, sizeof case_no, "2023-%03zu", p->n);
    return office_record(p->o, "case-1", case_no, FAMILY, &h);
}

static void
take_backup(struct office *o, struct pieces *p)
{
    memset(p, 0, sizeof *p);
    p->o = o;
    assert_ok(client_backup(office_client(o, "admin-1"), keep, p));
}

static void
free_pieces(struct pieces *p)
{
    for (size_t i = 0; i < p->n; i++)
        buf_free(&p->at[i]);
    p->n = 0;
}

static const char *
path_of(struct office *o, const char *name)
{
    static char path[PATH_SIZE];

    assert_ok(path_join(path, o->home, name));
    return path;
}

static const char *
write_file(struct office *o, struct bytes data)
{
    const char *path = path_of(o, "backup.svb");

    assert_ok(file_replace(path, 0600, data));
    return path;
}

static struct buf
joined(const struct pieces *p)
{
    struct buf all = BUF_INIT;

    for (size_t i = 0; i < p->n; i++)
        assert_ok(buf_append(&all, buf_bytes(&p->at[i])));
    return all;
}

static enum sv_err
verify(struct office *o, struct bytes data, struct backup_file *b)
{
    struct sign_public key;

    memset(b, 0, sizeof *b);
    sign_public_of(&o->gate_keys.log, &key);
    return backup_verify(write_file(o, data), &key, b);
}

static void
refused(struct office *o, struct bytes data)
{
    struct backup_file b;
    enum sv_err err = verify(o, data, &b);

    assert_true(err == SV_ERR_TAMPERED || err == SV_ERR_FORMAT ||
                err == SV_ERR_VERSION);
    assert_true(err != SV_ERR_TAMPERED || b.fault != NULL);
}

/* ---- making one ---- */

static void
test_a_backup_has_the_log_up_to_its_own_entry(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "admin-1");
    uint64_t size = client_pin(c)->size;
    struct pieces p;
    struct backup_file b;
    struct buf all;

    take_backup(o, &p);
    all = joined(&p);
    assert_ok(verify(o, buf_bytes(&all), &b));
    /* Her session began before the record was made; the log goes on. */
    assert_true(b.manifest.size >= size);
    assert_int_equal(b.manifest.rows[TABLE_ENTRY], b.manifest.size);
    assert_int_equal(b.manifest.rows[TABLE_RECORD], 1);
    assert_int_equal(b.manifest.chunks, p.n - 2);
    assert_int_equal(b.manifest.taken_ms, o->now_ms);
    assert_ok(client_backup_check(c, &b.manifest));
    /* Neither the gate's root nor a name stands in it. */
    assert_null(memmem(all.ptr, all.len, o->gate_keys.root, 32));
    assert_null(memmem(all.ptr, all.len, FAMILY, strlen(FAMILY)));
    b.manifest.root.b[0] ^= 1;
    assert_err(client_backup_check(c, &b.manifest), SV_ERR_ROLLBACK);
    b.manifest.root.b[0] ^= 1;
    b.manifest.size += 1000;
    assert_err(client_backup_check(c, &b.manifest), SV_ERR_ROLLBACK);
    b.manifest.vault[0] ^= 1;
    assert_err(client_backup_check(c, &b.manifest), SV_ERR_DENIED);
    free_pieces(&p);
    buf_free(&all);
    office_verify(o);
}

static void
test_others_work_while_it_is_read(void **state)
{
    struct office *o = *state;
    struct pieces p = {.o = o, .write = true};
    struct backup_file b;
    struct buf all;

    assert_ok(client_backup(office_client(o, "admin-1"), keep, &p));
    all = joined(&p);
    assert_ok(verify(o, buf_bytes(&all), &b));
    assert_int_equal(b.manifest.rows[TABLE_RECORD], 1);
    assert_true(p.n > 2);
    free_pieces(&p);
    buf_free(&all);
    office_verify(o);
}

static void
test_a_caseworker_and_an_auditor_make_none(void **state)
{
    struct office *o = *state;
    struct pieces p = {.o = o};

    assert_err(client_backup(office_client(o, "case-1"), keep, &p),
               SV_ERR_DENIED);
    assert_err(client_backup(office_client(o, "audit-1"), keep, &p),
               SV_ERR_DENIED);
    assert_int_equal(p.n, 0);
    office_verify(o);
}

struct disturbing {
    struct office *o;
    unsigned how;
    struct pieces other;
};

static enum sv_err
disturb(void *ctx, struct bytes piece)
{
    struct disturbing *d = ctx;

    (void)piece;
    if (d->how == 0)
        take_backup(d->o, &d->other);
    else
        d->o->now_ms += UINT64_C(11) * 60 * 1000;
    return SV_OK;
}

static void
test_another_backup_or_a_pause_ends_it(void **state)
{
    struct office *o = *state;
    struct disturbing d = {.o = o};

    for (d.how = 0; d.how < 2; d.how++) {
        assert_err(client_backup(office_client(o, "admin-1"), disturb, &d),
                   SV_ERR_CONFLICT);
        free_pieces(&d.other);
    }
    office_verify(o);
}

/* A gate that is asked everything twice, as after a lost answer. */
static enum sv_err
ask_twice(void *ctx, struct bytes request, struct buf *response)
{
    struct buf lost = BUF_INIT;
    enum sv_err err = gate_handle(ctx, request, &lost);

    buf_free(&lost);
    return err != SV_OK ? err : gate_handle(ctx, request, response);
}

static void
test_a_piece_whose_answer_was_lost_is_given_again(void **state)
{
    struct office *o = *state;
    struct colleague *admin = office_person(o, "admin-1");
    struct client_config config = {
        {ask_twice, o->gate}, o->config.clock, o->config.rng, o->arena};
    struct client_hello hello;
    struct pieces p = {.o = o};
    struct backup_file b;
    struct buf all;

    office_end(o, "admin-1");
    assert_ok(client_new(&config, &admin->client));
    assert_ok(client_hello(admin->client, &hello));
    assert_ok(client_begin(admin->client, &admin->card, &admin->identity,
                           &admin->pin));
    assert_ok(client_backup(admin->client, keep, &p));
    all = joined(&p);
    assert_ok(verify(o, buf_bytes(&all), &b));
    free_pieces(&p);
    buf_free(&all);
    office_verify(o);
}

/* ---- spoilt ---- */

/* Enough for several chunks. */
static void
fill_office(struct office *o)
{
    for (unsigned i = 0; i < 420; i++) {
        char case_no[16];
        struct handle h;

        (void)snprintf(case_no, sizeof case_no, "2021-%03u", i);
        assert_ok(office_record(o, "case-1", case_no, FAMILY, &h));
    }
}

static void
test_cut_at_any_border_and_in_any_order_it_is_refused(void **state)
{
    struct office *o = *state;
    struct pieces p;
    struct backup_file b;
    struct buf all, other = BUF_INIT;

    fill_office(o);
    take_backup(o, &p);
    assert_true(p.n >= 4);
    all = joined(&p);
    assert_ok(verify(o, buf_bytes(&all), &b));
    for (size_t i = 0, at = 0; i < p.n; at += p.at[i++].len) {
        refused(o, bytes_of(all.ptr, at));
        refused(o, bytes_of(all.ptr, at + 1));
        if (at > 0)
            refused(o, bytes_of(all.ptr, at - 1));
    }
    /* Without a piece; with one twice; with two exchanged. */
    for (size_t skip = 0; skip < p.n; skip++) {
        for (unsigned how = 0; how < 3; how++) {
            buf_truncate(&other, 0);
            for (size_t i = 0; i < p.n; i++) {
                size_t from = how == 2 && i == skip && i + 1 < p.n ? i + 1
                              : how == 2 && i == skip + 1          ? i - 1
                                                                   : i;

                if (how == 0 && i == skip)
                    continue;
                assert_ok(buf_append(&other, buf_bytes(&p.at[from])));
                if (how == 1 && i == skip)
                    assert_ok(buf_append(&other, buf_bytes(&p.at[from])));
            }
            if (how < 2 || skip + 1 < p.n)
                refused(o, buf_bytes(&other));
        }
    }
    assert_ok(buf_append(&all, bytes_of("", 1)));
    refused(o, buf_bytes(&all)); /* longer */
    free_pieces(&p);
    buf_free(&all);
    buf_free(&other);
}

static void
test_no_byte_of_it_changes(void **state)
{
    struct office *o = *state;
    struct pieces p;
    struct buf all;

    take_backup(o, &p);
    all = joined(&p);
    for (size_t at = 0; at < all.len;
         at += at < 200 || at + 900 > all.len ? 1 : 211) {
        all.ptr[at] ^= (uint8_t)(1U << at % 8);
        refused(o, buf_bytes(&all));
        all.ptr[at] ^= (uint8_t)(1U << at % 8);
    }
    free_pieces(&p);
    buf_free(&all);
}

static void
test_another_key_signs_nothing(void **state)
{
    struct office *o = *state;
    struct sign_public key;
    struct pieces p;
    struct backup_file b = {0};
    struct buf all;

    take_backup(o, &p);
    all = joined(&p);
    key = office_person(o, "admin-1")->card.sign;
    assert_err(backup_verify(write_file(o, buf_bytes(&all)), &key, &b),
               SV_ERR_TAMPERED);
    assert_string_equal(b.fault,
                        "its manifest is not signed by this vault's log");
    free_pieces(&p);
    buf_free(&all);
}

/* ---- restoring ---- */

struct place {
    struct gate_config config;
    struct gate_keys keys;
    char dir[PATH_SIZE];
};

static void
new_place(struct office *o, struct place *at, const char *name)
{
    memset(at, 0, sizeof *at);
    assert_ok(path_join(at->dir, o->home, name));
    at->config = o->config;
    at->config.dir = at->dir;
    at->keys.epoch = 1;
    memcpy(at->keys.root, o->gate_keys.root, sizeof at->keys.root);
}

static bool
is_there(const char *dir)
{
    char gate[PATH_SIZE];
    struct stat st;

    assert_ok(path_suffix(gate, dir, ".gate"));
    return lstat(dir, &st) == 0 || lstat(gate, &st) == 0;
}

/* Go on in the restored vault. */
static void
move_in(struct office *o, const struct place *at)
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

    take_backup(o, &p);
    all = joined(&p);
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
    free_pieces(&p);
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
    struct place at;
    struct pieces p;
    struct buf all, name;

    take_backup(o, &p);
    all = joined(&p);
    new_place(o, &at, "again");
    assert_ok(gate_restore(&at.config, &at.keys, write_file(o, buf_bytes(&all)),
                           true, &report));
    assert_int_equal(report.manifest.rows[TABLE_RECORD], 1);
    assert_err(gate_restore(&at.config, &at.keys, path_of(o, "backup.svb"),
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
    assert_ok(client_record_read(office_client(o, "case-1"), "victim", &first,
                                 0, NULL, &view));
    name = office_field(&view, "identity", "family_name");
    assert_string_equal((const char *)name.ptr, FAMILY);
    assert_ok(office_record(o, "case-1", "2022-002", FAMILY, &h));
    record_view_free(&view);
    buf_free(&name);
    office_verify(o);
    write_for_reader(o);
    free_pieces(&p);
    buf_free(&all);
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

static void
test_who_has_seen_more_goes_on_only_when_she_says_so(void **state)
{
    struct office *o = *state;
    struct colleague *me = office_person(o, "case-1");
    struct restore_second second = {"supervisor", "lead-1", NULL};
    struct restore_report report;
    struct client_hello hello;
    struct handle h;
    struct place at;
    struct pieces p;
    struct buf all;
    uint64_t seen;

    (void)office_client(o, "lead-1");
    office_end(o, "lead-1");
    take_backup(o, &p);
    assert_ok(office_record(o, "case-1", "2022-007", FAMILY, &h));
    seen = client_pin(me->client)->size;
    all = joined(&p);
    new_place(o, &at, "again");
    assert_ok(gate_restore(&at.config, &at.keys, write_file(o, buf_bytes(&all)),
                           true, &report));
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
        struct client_config config = {transport_to_gate(o->gate),
                                       o->config.clock, o->config.rng,
                                       o->arena};
        const struct client_restored *was;
        struct client *c;

        assert_ok(client_new(&config, &c));
        assert_ok(client_hello(c, &hello));
        if (accept)
            client_accept_restore(c, false);
        assert_err(client_begin(c, &me->card, &me->identity, &me->pin),
                   accept ? SV_OK : SV_ERR_ROLLBACK);
        was = client_restored(c);
        assert_true(was->found);
        assert_string_equal(was->actor, "admin-1");
        assert_string_equal(was->second, "lead-1");
        assert_int_equal(was->size, report.manifest.size);
        assert_int_equal(was->seen, seen);
        assert_int_equal(was->accepted, accept);
        me->pin = *client_pin(c);
        pin_init(client_pin(c));
        client_free(c);
    }
    assert_ok(office_begin(o, "case-1"));
    office_verify(o);
    free_pieces(&p);
    buf_free(&all);
}

/* A session of hers that says yes to a restored log; her pin is what it then
 * knows, or what it was. */
static enum sv_err
begin_accepting(struct office *o, const char *name, struct client_restored *was)
{
    struct colleague *who = office_person(o, name);
    struct client_config config = {transport_to_gate(o->gate), o->config.clock,
                                   o->config.rng, o->arena};
    struct client_hello hello;
    struct client *c;
    enum sv_err err;

    assert_ok(client_new(&config, &c));
    assert_ok(client_hello(c, &hello));
    client_accept_restore(c, false);
    err = client_begin(c, &who->card, &who->identity, &who->pin);
    *was = *client_restored(c);
    who->pin = *client_pin(c);
    pin_init(client_pin(c));
    client_free(c);
    return err;
}

static void
restore_to(struct office *o, const char *name, const struct pieces *p,
           struct place *at, struct restore_report *report)
{
    struct buf all = joined(p);

    new_place(o, at, name);
    assert_ok(gate_restore(&at->config, &at->keys,
                           write_file(o, buf_bytes(&all)), true, report));
    buf_free(&all);
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
    struct place at;
    struct pieces p;
    struct handle h;

    (void)office_client(o, "lead-1");
    office_end(o, "lead-1");
    take_backup(o, &p);
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
    assert_err(begin_accepting(o, "case-1", &was), SV_ERR_ROLLBACK);
    assert_false(was.found);
    confirm_restored(o, &report);
    assert_ok(begin_accepting(o, "case-1", &was));
    assert_true(was.found && was.accepted);
    assert_true(was.index >= was.seen);
    assert_true(was.lost >= 1 && was.lost <= was.seen);
    assert_ok(office_begin(o, "case-1"));
    office_verify(o);
    free_pieces(&p);
}

static void
test_a_restore_that_she_knows_excuses_no_older_copy(void **state)
{
    struct office *o = *state;
    struct restore_report report;
    struct client_restored was;
    struct place at;
    struct pieces p, later;
    struct handle h;
    uint64_t seen;

    (void)office_client(o, "lead-1");
    office_end(o, "lead-1");
    take_backup(o, &p);
    restore_to(o, "again", &p, &at, &report);
    office_end(o, "admin-1");
    move_in(o, &at);
    confirm_restored(o, &report);
    pin_clear(&office_person(o, "admin-1")->pin);
    take_backup(o, &later);
    assert_ok(office_record(o, "case-1", "2022-007", FAMILY, &h));
    office_end(o, "case-1");
    seen = office_person(o, "case-1")->pin.size;
    /* The older copy has that restore in it, and waits for one of its own. */
    restore_to(o, "older", &later, &at, &report);
    office_end(o, "admin-1");
    office_end(o, "lead-1");
    pin_clear(&office_person(o, "lead-1")->pin);
    move_in(o, &at);
    assert_err(begin_accepting(o, "case-1", &was), SV_ERR_ROLLBACK);
    assert_false(was.found || was.accepted);
    assert_int_equal(office_person(o, "case-1")->pin.size, seen);
    confirm_restored(o, &report);
    assert_ok(begin_accepting(o, "case-1", &was));
    assert_int_equal(was.index, report.manifest.size);
    assert_int_equal(office_person(o, "case-1")->pin.roster.n_restores, 2);
    office_verify(o);
    free_pieces(&p);
    free_pieces(&later);
}

static void
test_what_is_not_restored_leaves_nothing(void **state)
{
    struct office *o = *state;
    struct restore_report report;
    struct place at;
    struct pieces p;
    struct buf all;

    take_backup(o, &p);
    all = joined(&p);
    new_place(o, &at, "again");
    at.keys.root[5] ^= 1; /* another sheet */
    assert_err(gate_restore(&at.config, &at.keys,
                            write_file(o, buf_bytes(&all)), true, &report),
               SV_ERR_TAMPERED);
    assert_string_equal(report.fault, "the gate's sheet does not open it");
    assert_false(is_there(at.dir));
    at.keys.root[5] ^= 1;
    for (size_t len = 0; len < all.len; len += 1 + all.len / 9) {
        assert_true(gate_restore(&at.config, &at.keys,
                                 write_file(o, bytes_of(all.ptr, len)), true,
                                 &report) != SV_OK);
        assert_false(is_there(at.dir));
    }
    /* Only looked at: it is whole, and nothing is kept. */
    assert_ok(gate_restore(&at.config, &at.keys, write_file(o, buf_bytes(&all)),
                           false, &report));
    assert_false(is_there(at.dir));
    free_pieces(&p);
    buf_free(&all);
}

/* Who has the gate's key can sign what she likes: without a row of that
 * table, or with one twice as long.  The log still says what was there. */
static void
forge(struct office *o, const struct pieces *p, enum table_id table,
      struct buf *out)
{
    struct backup_manifest m = {.taken_ms = o->now_ms};
    struct backup_sum sum;
    struct backup_file b;
    struct buf all = joined(p), rows = BUF_INIT;
    struct bytes rest, key, value;
    bool left = false;
    unsigned t;

    assert_ok(verify(o, buf_bytes(&all), &b));
    assert_int_equal(p->n, 3);
    m = b.manifest;
    /* u8 kind, u32 length, rows, chain[32] */
    rest = bytes_slice(buf_bytes(&p->at[1]), 5, p->at[1].len - 37);
    assert_ok(backup_header(b.origin, &b.vault, &sum, out));
    while (backup_row(&rest, &t, &key, &value)) {
        if (t == (unsigned)table && !left)
            left = true;
        else
            assert_ok(backup_put_row(t, key, value, &sum, &rows));
    }
    assert_true(left);
    assert_ok(backup_chunk(buf_bytes(&rows), &sum, out));
    assert_ok(backup_end(&m, &sum, &o->gate_keys.log, out));
    buf_free(&rows);
    buf_free(&all);
}

static void
test_a_backup_that_lacks_a_row_is_refused_whoever_signed_it(void **state)
{
    static const enum table_id tables[] = {
        TABLE_ENTRY,   TABLE_HASH,    TABLE_REQUEST,  TABLE_RECORD,
        TABLE_VERSION, TABLE_CREATED, TABLE_ASSIGNED, TABLE_ASSIGNEE,
        TABLE_GRANT,   TABLE_TOKEN,   TABLE_META,
    };
    struct office *o = *state;
    struct restore_report report;
    struct place at;
    struct pieces p;

    take_backup(o, &p);
    new_place(o, &at, "again");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct buf forged = BUF_INIT;
        struct backup_file b;

        forge(o, &p, tables[i], &forged);
        assert_ok(verify(o, buf_bytes(&forged), &b));
        assert_err(gate_restore(&at.config, &at.keys,
                                write_file(o, buf_bytes(&forged)), true,
                                &report),
                   SV_ERR_TAMPERED);
        assert_non_null(report.fault);
        assert_false(is_there(at.dir));
        buf_free(&forged);
    }
    free_pieces(&p);
}

/* ---- all keys lost but the one for recovery ---- */

static void
test_recovery_and_the_gates_sheet_bring_everybody_back(void **state)
{
    struct office *o = *state;
    struct colleague *admin = office_person(o, "admin-1");
    struct restore_second second = {"", "", NULL};
    struct restore_report report;
    struct record_view view;
    struct client *rescue;
    struct place at;
    struct pieces p;
    struct buf all;

    take_backup(o, &p);
    all = joined(&p);
    new_place(o, &at, "again");
    assert_ok(gate_restore(&at.config, &at.keys, write_file(o, buf_bytes(&all)),
                           true, &report));
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
    assert_ok(client_record_read(office_client(o, "case-1"), "victim", &first,
                                 0, NULL, &view));
    record_view_free(&view);
    office_verify(o);
    free_pieces(&p);
    buf_free(&all);
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
    cmocka_unit_test_setup_teardown(test, open_office, close_office)

/* The outcome of asking for that piece. */
static enum entry_outcome
ask_piece(struct office *o, uint64_t backup, uint64_t number)
{
    const struct colleague *p = office_person(o, "admin-1");
    struct request r = {.act = ACT_BACKUP_READ, .has_vault = true};
    struct buf note = BUF_INIT, question = BUF_INIT, answer = BUF_INIT;
    struct message_answer m;
    struct entry e;

    assert_ok(text_copy(bytes_text("office.example"), r.origin, ORIGIN_SIZE));
    assert_ok(text_copy(bytes_text("admin-1"), r.actor, NAME_SIZE));
    assert_ok(text_copy(bytes_text("administrator"), r.role, NAME_SIZE));
    assert_ok(text_copy(bytes_text("quality"), r.purpose, NAME_SIZE));
    rng_fill(&o->config.rng, r.id, sizeof r.id);
    r.vault = o->vault;
    r.at_ms = o->now_ms;
    r.seen_root = tree_empty();
    r.entry = backup;
    r.count = number;
    assert_ok(request_sign(&r, &p->keys.sign, &note));
    assert_ok(message_act_encode(
        &(struct act_request){.note = buf_bytes(&note)}, &question));
    assert_ok(gate_handle(o->gate, buf_bytes(&question), &answer));
    assert_ok(message_answer_decode(buf_bytes(&answer), &m));
    assert_ok(entry_parse(m.act.entry, &e));
    assert_int_equal(m.act.body.len > 0, e.outcome == OUTCOME_DONE);
    buf_free(&note);
    buf_free(&question);
    buf_free(&answer);
    return e.outcome;
}

static void
test_there_is_no_piece_behind_the_end(void **state)
{
    struct office *o = *state;
    struct pieces p = {.o = o};
    uint64_t opened;

    office_end(o, "admin-1");
    opened = client_pin(office_client(o, "admin-1"))->size;
    take_backup(o, &p);
    assert_int_equal(ask_piece(o, opened, p.n), OUTCOME_NOT_FOUND);
    assert_int_equal(ask_piece(o, opened, p.n - 1), OUTCOME_DONE);
    assert_int_equal(ask_piece(o, opened, p.n), OUTCOME_NOT_FOUND);
    free_pieces(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_backup_has_the_log_up_to_its_own_entry),
        CASE(test_others_work_while_it_is_read),
        CASE(test_a_caseworker_and_an_auditor_make_none),
        CASE(test_another_backup_or_a_pause_ends_it),
        CASE(test_a_piece_whose_answer_was_lost_is_given_again),
        CASE(test_there_is_no_piece_behind_the_end),
        CASE(test_cut_at_any_border_and_in_any_order_it_is_refused),
        CASE(test_no_byte_of_it_changes),
        CASE(test_another_key_signs_nothing),
        CASE(test_a_restored_vault_waits_for_two_and_goes_on),
        CASE(test_who_has_seen_more_goes_on_only_when_she_says_so),
        CASE(test_what_was_tried_before_it_locks_nobody_out),
        CASE(test_a_restore_that_she_knows_excuses_no_older_copy),
        CASE(test_what_is_not_restored_leaves_nothing),
        CASE(test_a_backup_that_lacks_a_row_is_refused_whoever_signed_it),
        CASE(test_the_second_acts_in_a_role_that_is_in_force),
        CASE(test_recovery_and_the_gates_sheet_bring_everybody_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
