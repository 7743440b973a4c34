/* Every way of spoiling a backup: what is not whole is refused, and leaves
 * nothing. */
#include "tests/support/pieces.h"

static void
refused(struct office *o, struct bytes data)
{
    struct backup_file b;
    enum sv_err err = pieces_verify(o, data, &b);

    assert_true(err == SV_ERR_TAMPERED || err == SV_ERR_FORMAT ||
                err == SV_ERR_VERSION);
    assert_true(err != SV_ERR_TAMPERED || b.fault != NULL);
}

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
    pieces_take(o, &p);
    assert_true(p.n >= 4);
    all = pieces_join(&p);
    assert_ok(pieces_verify(o, buf_bytes(&all), &b));
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
    pieces_free(&p);
    buf_free(&all);
    buf_free(&other);
}

static void
test_no_byte_of_it_changes(void **state)
{
    struct office *o = *state;
    struct pieces p;
    struct buf all;

    pieces_take(o, &p);
    all = pieces_join(&p);
    for (size_t at = 0; at < all.len;
         at += at < 200 || at + 900 > all.len ? 1 : 211) {
        all.ptr[at] ^= (uint8_t)(1U << at % 8);
        refused(o, buf_bytes(&all));
        all.ptr[at] ^= (uint8_t)(1U << at % 8);
    }
    pieces_free(&p);
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

    pieces_take(o, &p);
    all = pieces_join(&p);
    key = office_person(o, "admin-1")->card.sign;
    assert_err(backup_verify(pieces_write(o, buf_bytes(&all)), &key, &b),
               SV_ERR_TAMPERED);
    assert_string_equal(b.fault,
                        "its manifest is not signed by this vault's log");
    pieces_free(&p);
    buf_free(&all);
}

static void
test_what_is_not_restored_leaves_nothing(void **state)
{
    struct office *o = *state;
    struct restore_report report;
    struct restored at;
    struct pieces p;
    struct buf all;

    pieces_take(o, &p);
    all = pieces_join(&p);
    restored_init(o, &at, "again");
    at.keys.root[5] ^= 1; /* another sheet */
    assert_err(gate_restore(&at.config, &at.keys,
                            pieces_write(o, buf_bytes(&all)), true, &report),
               SV_ERR_TAMPERED);
    assert_string_equal(report.fault, "the gate's sheet does not open it");
    assert_false(restored_is_there(at.dir));
    at.keys.root[5] ^= 1;
    for (size_t len = 0; len < all.len; len += 1 + all.len / 9) {
        assert_true(gate_restore(&at.config, &at.keys,
                                 pieces_write(o, bytes_of(all.ptr, len)), true,
                                 &report) != SV_OK);
        assert_false(restored_is_there(at.dir));
    }
    /* Only looked at: it is whole, and nothing is kept. */
    assert_ok(gate_restore(&at.config, &at.keys,
                           pieces_write(o, buf_bytes(&all)), false, &report));
    assert_false(restored_is_there(at.dir));
    pieces_free(&p);
    buf_free(&all);
}

/* Who has the gate's key can sign what she likes: without a row of that
 * table.  The log still says what was there. */
static void
forge(struct office *o, const struct pieces *p, enum table_id table,
      struct buf *out)
{
    struct backup_manifest m = {.taken_ms = o->now_ms};
    struct backup_sum sum;
    struct backup_file b;
    struct buf all = pieces_join(p), rows = BUF_INIT;
    struct bytes rest, key, value;
    bool left = false;
    unsigned t;

    assert_ok(pieces_verify(o, buf_bytes(&all), &b));
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
    struct restored at;
    struct pieces p;

    pieces_take(o, &p);
    restored_init(o, &at, "again");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct buf forged = BUF_INIT;
        struct backup_file b;

        forge(o, &p, tables[i], &forged);
        assert_ok(pieces_verify(o, buf_bytes(&forged), &b));
        assert_err(gate_restore(&at.config, &at.keys,
                                pieces_write(o, buf_bytes(&forged)), true,
                                &report),
                   SV_ERR_TAMPERED);
        assert_non_null(report.fault);
        assert_false(restored_is_there(at.dir));
        buf_free(&forged);
    }
    pieces_free(&p);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, pieces_set_up, pieces_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cut_at_any_border_and_in_any_order_it_is_refused),
        CASE(test_no_byte_of_it_changes),
        CASE(test_another_key_signs_nothing),
        CASE(test_what_is_not_restored_leaves_nothing),
        CASE(test_a_backup_that_lacks_a_row_is_refused_whoever_signed_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
