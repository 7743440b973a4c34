/* Who has the disk, and the gate's key with it, changes what is stored of a
 * record: the check against the log names each version, and no other. */
#include "tests/support/office.h"
#include "vault/tables.h"

#define SAVES 4 /* versions of the first record's identity */
#define IDENTITY 0
#define KEY_LEN (HANDLE_LEN + 1 + 8)

struct vault {
    struct office o;
    struct handle a, b;
};

static int
set_up(void **state)
{
    struct vault *v = calloc(1, sizeof *v);
    struct record_view view = {0};
    static const char *const identity[] = {"identity"};
    size_t at = 0;

    office_new(&v->o);
    assert_ok(office_record(&v->o, "case-1", "2022-001", "Yamada", &v->a));
    assert_ok(office_record(&v->o, "case-1", "2022-002", "Sato", &v->b));
    for (unsigned i = 1; i < SAVES; i++) {
        struct client *c = office_client(&v->o, "case-1");

        assert_ok(client_record_read(c, "victim", &v->a, 1, identity, &view));
        assert_non_null(schema_compartment(view.type, "identity", &at));
        assert_ok(
            client_record_save(c, "victim", &v->a, &view.contents[at], &view));
        record_view_free(&view);
    }
    *state = v;
    return 0;
}

static int
tear_down(void **state)
{
    struct vault *v = *state;

    office_free(&v->o);
    free(v);
    return 0;
}

/* ---- The tables, opened with the gate's key ---- */

struct raw {
    struct store *store;
    struct store_txn *txn;
    struct tables tables;
};

static struct raw
raw_open(struct vault *v)
{
    struct raw r = {.store = NULL};

    office_close(&v->o);
    assert_ok(store_lmdb_open(v->o.dir, TABLES_N, false, &r.store));
    assert_ok(store_begin(r.store, STORE_WRITE, &r.txn));
    r.tables =
        (struct tables){r.txn, &v->o.gate_keys.storage, &v->o.config.rng, NULL};
    return r;
}

static void
raw_close(struct vault *v, struct raw *r)
{
    assert_ok(store_commit(&r->txn));
    store_close(r->store);
    assert_ok(office_open(&v->o));
}

static struct bytes
row_key(const struct handle *h, uint8_t version, uint8_t out[static KEY_LEN])
{
    memset(out, 0, KEY_LEN);
    memcpy(out, h->b, HANDLE_LEN);
    out[HANDLE_LEN] = IDENTITY;
    out[KEY_LEN - 1] = version;
    return bytes_of(out, KEY_LEN);
}

static struct buf
row_get(struct raw *r, unsigned table, struct bytes key)
{
    struct buf row = BUF_INIT;

    assert_ok(tables_get(&r->tables, table, key, &row));
    return row;
}

/* ---- What is found ---- */

struct want {
    const struct handle *record;
    const char *rest; /* behind "record <8 digits>" */
    const char *reason;
};

static void
place_of(const struct want *w, char out[static 96])
{
    char hex[2 * HANDLE_LEN + 1];

    text_hex(BYTES(w->record->b), hex);
    (void)snprintf(out, 96, "record %.8s%s", hex, w->rest);
}

/* Exactly these of records, in any order. */
static void
expect(struct vault *v, size_t n, const struct want wants[])
{
    struct log_verdict verdict = {0};
    size_t of_records = 0;

    assert_ok(client_store_verify(office_client(&v->o, "audit-1"), &verdict));
    for (size_t i = 0; i < verdict.n_findings; i++)
        of_records += strncmp(verdict.findings[i].place, "record ", 7) == 0;
    for (size_t k = 0; k < n; k++) {
        char place[96];
        bool found = false;

        place_of(&wants[k], place);
        for (size_t i = 0; i < verdict.n_findings; i++)
            found =
                found || (strcmp(verdict.findings[i].place, place) == 0 &&
                          strstr(verdict.findings[i].reason, wants[k].reason));
        if (!found)
            print_message("not found: %s: %s\n", place, wants[k].reason);
        if (!found || of_records != n)
            for (size_t i = 0; i < verdict.n_findings; i++)
                print_message("%s: %s\n", verdict.findings[i].place,
                              verdict.findings[i].reason);
        assert_true(found);
    }
    assert_int_equal(of_records, n);
    free(verdict.findings);
}

static void
test_an_untouched_store_has_no_findings(void **state)
{
    struct vault *v = *state;

    expect(v, 0, NULL);
    office_verify(&v->o);
}

static void
test_each_version_that_is_missing_is_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(v);
    uint8_t key[KEY_LEN];
    const struct want wants[] = {
        {&v->a, " identity version 2", "is missing"},
        {&v->a, " identity version 4", "is missing"},
        {&v->b, " identity version 1", "is missing"},
    };

    assert_ok(store_delete(r.txn, TABLE_VERSION, row_key(&v->a, 2, key)));
    assert_ok(store_delete(r.txn, TABLE_VERSION, row_key(&v->a, 4, key)));
    assert_ok(store_delete(r.txn, TABLE_VERSION, row_key(&v->b, 1, key)));
    raw_close(v, &r);
    expect(v, 3, wants);
}

static void
test_each_version_that_is_damaged_is_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(v);
    const struct want wants[] = {
        {&v->a, " identity version 1", "is damaged"},
        {&v->a, " identity version 3", "is damaged"},
    };

    for (uint8_t version = 1; version <= 3; version += 2) {
        struct buf copy = BUF_INIT;
        struct bytes row;
        uint8_t key[KEY_LEN];

        assert_ok(store_get(r.txn, TABLE_VERSION, row_key(&v->a, version, key),
                            &row));
        assert_ok(buf_append(&copy, row));
        copy.ptr[copy.len / 2] ^= 1;
        assert_ok(
            store_put(r.txn, TABLE_VERSION, BYTES(key), buf_bytes(&copy)));
        buf_free(&copy);
    }
    raw_close(v, &r);
    expect(v, 2, wants);
}

/* With the gate's key a row can be sealed anew for another place. */
static void
test_versions_exchanged_are_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(v);
    uint8_t one[KEY_LEN], two[KEY_LEN];
    struct buf first = row_get(&r, TABLE_VERSION, row_key(&v->a, 2, one));
    struct buf second = row_get(&r, TABLE_VERSION, row_key(&v->b, 1, two));
    const struct want wants[] = {
        {&v->a, " identity version 2", "exchanged"},
        {&v->b, " identity version 1", "exchanged"},
    };

    assert_ok(
        tables_put(&r.tables, TABLE_VERSION, BYTES(one), buf_bytes(&second)));
    assert_ok(
        tables_put(&r.tables, TABLE_VERSION, BYTES(two), buf_bytes(&first)));
    raw_close(v, &r);
    expect(v, 2, wants);
    buf_free(&first);
    buf_free(&second);
}

/* A record's row: its columns stand at the end, each u8 column, u64 version,
 * u64 full version, hash[32]; a victim has seven. */
#define COLUMN_LEN (1 + 8 + 8 + 32)

static uint8_t *
column_of(struct buf *row, uint8_t column)
{
    for (size_t i = 7; i > 0; i--) {
        uint8_t *at = row->ptr + row->len - i * COLUMN_LEN;

        if (*at == column)
            return at;
    }
    fail_msg("no column %u", column);
    return NULL;
}

static void
test_a_compartment_rolled_back_is_named_by_its_last_version(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(v);
    struct buf row = row_get(&r, TABLE_RECORD, BYTES(v->a.b));
    const struct want wants[] = {{&v->a, " identity version 4", "rolled back"}};

    column_of(&row, IDENTITY)[8]--;  /* the version's last byte */
    column_of(&row, IDENTITY)[16]--; /* and the full one's */
    assert_ok(
        tables_put(&r.tables, TABLE_RECORD, BYTES(v->a.b), buf_bytes(&row)));
    raw_close(v, &r);
    expect(v, 1, wants);
    buf_free(&row);
}

static void
test_a_compartment_taken_out_is_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(v);
    struct buf row = row_get(&r, TABLE_RECORD, BYTES(v->a.b));
    uint8_t *at = column_of(&row, IDENTITY);
    size_t behind = row.len - (size_t)(at + COLUMN_LEN - row.ptr);
    const struct want wants[] = {
        {&v->a, " identity version 4", "in the log but not in the store"}};

    row.ptr[row.len - 7 * COLUMN_LEN - 1] = 6;
    memmove(at, at + COLUMN_LEN, behind);
    buf_truncate(&row, row.len - COLUMN_LEN);
    assert_ok(
        tables_put(&r.tables, TABLE_RECORD, BYTES(v->a.b), buf_bytes(&row)));
    raw_close(v, &r);
    expect(v, 1, wants);
    buf_free(&row);
}

static void
test_versions_that_the_log_has_not_are_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(v);
    struct handle nobody = v->a;
    uint8_t key[KEY_LEN];
    struct buf row = row_get(&r, TABLE_VERSION, row_key(&v->a, 4, key));
    const struct want wants[] = {
        {&v->a, " identity version 5", "is not in the log"},
        {&nobody, " identity version 1", "is not in the log"},
    };

    nobody.b[0] ^= 1;
    assert_ok(tables_put(&r.tables, TABLE_VERSION, row_key(&v->a, 5, key),
                         buf_bytes(&row)));
    assert_ok(tables_put(&r.tables, TABLE_VERSION, row_key(&nobody, 1, key),
                         buf_bytes(&row)));
    raw_close(v, &r);
    expect(v, 2, wants);
    buf_free(&row);
}

static void
test_records_taken_away_and_added_are_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(v);
    struct handle nobody = v->a;
    struct buf row = row_get(&r, TABLE_RECORD, BYTES(v->a.b));
    const struct want wants[] = {
        {&v->b, "", "in the log but not in the store"},
        {&nobody, "", "is not in the log"},
    };

    nobody.b[0] ^= 1;
    assert_ok(store_delete(r.txn, TABLE_RECORD, BYTES(v->b.b)));
    assert_ok(
        tables_put(&r.tables, TABLE_RECORD, BYTES(nobody.b), buf_bytes(&row)));
    raw_close(v, &r);
    expect(v, 2, wants);
    buf_free(&row);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_untouched_store_has_no_findings),
        TEST(test_each_version_that_is_missing_is_named),
        TEST(test_each_version_that_is_damaged_is_named),
        TEST(test_versions_exchanged_are_named),
        TEST(test_a_compartment_rolled_back_is_named_by_its_last_version),
        TEST(test_a_compartment_taken_out_is_named),
        TEST(test_versions_that_the_log_has_not_are_named),
        TEST(test_records_taken_away_and_added_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
