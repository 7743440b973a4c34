/* A backup read while others work, and by whom. */
#include "tests/support/pieces.h"
#include "tests/support/raw.h"

static void
test_a_backup_has_the_log_up_to_its_own_entry(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "admin-1");
    uint64_t size = client_pin(c)->size;
    struct pieces p;
    struct backup_file b;
    struct buf all;

    pieces_take(o, &p);
    all = pieces_join(&p);
    assert_ok(pieces_verify(o, buf_bytes(&all), &b));
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
    pieces_free(&p);
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

    assert_ok(client_backup(office_client(o, "admin-1"), pieces_keep, &p));
    all = pieces_join(&p);
    assert_ok(pieces_verify(o, buf_bytes(&all), &b));
    assert_int_equal(b.manifest.rows[TABLE_RECORD], 1);
    assert_true(p.n > 2);
    pieces_free(&p);
    buf_free(&all);
    office_verify(o);
}

static void
test_a_caseworker_and_an_auditor_make_none(void **state)
{
    struct office *o = *state;
    struct pieces p = {.o = o};

    assert_err(client_backup(office_client(o, "case-1"), pieces_keep, &p),
               SV_ERR_DENIED);
    assert_err(client_backup(office_client(o, "audit-1"), pieces_keep, &p),
               SV_ERR_DENIED);
    assert_int_equal(p.n, 0);
    office_verify(o);
}

/* One bit of a row as it lies in the store. */
struct first_row {
    struct buf key, value;
};

static enum sv_err
take_first(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct first_row *row = ctx;

    *more = false;
    assert_ok(buf_append(&row->key, key));
    return buf_append(&row->value, value);
}

static void
flip_first_row(struct office *o, enum table_id table)
{
    struct raw r = raw_open(o);
    struct first_row row = {BUF_INIT, BUF_INIT};

    assert_ok(store_scan(r.txn, table, bytes_of(NULL, 0), take_first, &row));
    assert_true(row.value.len > 0);
    row.value.ptr[row.value.len - 1] ^= 1;
    assert_ok(
        store_put(r.txn, table, buf_bytes(&row.key), buf_bytes(&row.value)));
    buf_free(&row.key);
    buf_free(&row.value);
    raw_close(o, &r);
}

/* Nobody could restore it, and the next one would be no better. */
static void
test_of_a_damaged_row_no_backup_is_made(void **state)
{
    static const enum table_id tables[] = {TABLE_VERSION, TABLE_TOKEN,
                                           TABLE_CREATED};
    struct office *o = *state;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct pieces p = {.o = o};
        struct client *c;

        flip_first_row(o, tables[i]);
        c = office_client(o, "admin-1");
        assert_err(client_backup(c, pieces_keep, &p), SV_ERR_TAMPERED);
        assert_non_null(strstr(client_trouble(c)->what, "no vault could be"));
        pieces_free(&p);
        flip_first_row(o, tables[i]); /* back again */
        pieces_take(o, &p);
        pieces_free(&p);
    }
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
        pieces_take(d->o, &d->other);
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
        pieces_free(&d.other);
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
    assert_ok(client_backup(admin->client, pieces_keep, &p));
    all = pieces_join(&p);
    assert_ok(pieces_verify(o, buf_bytes(&all), &b));
    pieces_free(&p);
    buf_free(&all);
    office_verify(o);
}

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
    pieces_take(o, &p);
    assert_int_equal(ask_piece(o, opened, p.n), OUTCOME_NOT_FOUND);
    assert_int_equal(ask_piece(o, opened, p.n - 1), OUTCOME_DONE);
    assert_int_equal(ask_piece(o, opened, p.n), OUTCOME_NOT_FOUND);
    pieces_free(&p);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, pieces_set_up, pieces_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_backup_has_the_log_up_to_its_own_entry),
        CASE(test_others_work_while_it_is_read),
        CASE(test_a_caseworker_and_an_auditor_make_none),
        CASE(test_of_a_damaged_row_no_backup_is_made),
        CASE(test_another_backup_or_a_pause_ends_it),
        CASE(test_a_piece_whose_answer_was_lost_is_given_again),
        CASE(test_there_is_no_piece_behind_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
