/* Who has the disk, and the gate's key with it, changes what is stored of a
 * record: the check against the log names each version, and no other. */
#include "tests/support/raw.h"
#include "vault/client_release.h"

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
    struct raw r = raw_open(&v->o);
    uint8_t key[KEY_LEN];
    const struct want wants[] = {
        {&v->a, " identity version 2", "is missing"},
        {&v->a, " identity version 4", "is missing"},
        {&v->b, " identity version 1", "is missing"},
    };

    assert_ok(store_delete(r.txn, TABLE_VERSION, row_key(&v->a, 2, key)));
    assert_ok(store_delete(r.txn, TABLE_VERSION, row_key(&v->a, 4, key)));
    assert_ok(store_delete(r.txn, TABLE_VERSION, row_key(&v->b, 1, key)));
    raw_close(&v->o, &r);
    expect(v, 3, wants);
}

static void
test_each_version_that_is_damaged_is_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
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
    raw_close(&v->o, &r);
    expect(v, 2, wants);
}

/* With the gate's key a row can be sealed anew for another place. */
static void
test_versions_exchanged_are_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
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
    raw_close(&v->o, &r);
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
    struct raw r = raw_open(&v->o);
    struct buf row = row_get(&r, TABLE_RECORD, BYTES(v->a.b));
    const struct want wants[] = {{&v->a, " identity version 4", "rolled back"}};

    column_of(&row, IDENTITY)[8]--;  /* the version's last byte */
    column_of(&row, IDENTITY)[16]--; /* and the full one's */
    assert_ok(
        tables_put(&r.tables, TABLE_RECORD, BYTES(v->a.b), buf_bytes(&row)));
    raw_close(&v->o, &r);
    expect(v, 1, wants);
    buf_free(&row);
}

static void
test_a_compartment_taken_out_is_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
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
    raw_close(&v->o, &r);
    expect(v, 1, wants);
    buf_free(&row);
}

static void
test_versions_that_the_log_has_not_are_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
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
    raw_close(&v->o, &r);
    expect(v, 2, wants);
    buf_free(&row);
}

/* Any finding with this place and reason. */
static void
expect_found(struct vault *v, const char *place, const char *reason)
{
    struct log_verdict verdict = {0};
    bool found = false;

    assert_ok(client_store_verify(office_client(&v->o, "audit-1"), &verdict));
    for (size_t i = 0; i < verdict.n_findings; i++)
        found = found || (strcmp(verdict.findings[i].place, place) == 0 &&
                          strcmp(verdict.findings[i].reason, reason) == 0);
    if (!found)
        fail_msg("not found: %s: %s", place, reason);
    free(verdict.findings);
}

/* Turn one bit of a row and seal it anew. */
static void
row_flip(struct raw *r, unsigned table, struct bytes key, size_t at)
{
    struct buf row = row_get(r, table, key);

    assert_true(at < row.len);
    row.ptr[at] ^= 1;
    assert_ok(tables_put(&r->tables, table, key, buf_bytes(&row)));
    buf_free(&row);
}

/* Type, creator, index, created, changed: u8 6 "victim", u8 6 "case-1", u64
 * each; the record's columns stand behind them. */
static void
test_each_field_of_a_record_s_row_is_compared(void **state)
{
    struct vault *v = *state;
    static const size_t fields[] = {1, 8, 21, 29, 37};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct raw r = raw_open(&v->o);
        const struct want wants[] = {{&v->b, "", "its row is wrong"}};

        row_flip(&r, TABLE_RECORD, BYTES(v->b.b), fields[i]);
        raw_close(&v->o, &r);
        if (fields[i] == 21) { /* its place in the list is wrong, too */
            char place[96];

            place_of(&wants[0], place);
            expect_found(v, place, wants[0].reason);
        } else {
            expect(v, 1, wants);
        }
        r = raw_open(&v->o);
        row_flip(&r, TABLE_RECORD, BYTES(v->b.b), fields[i]);
        raw_close(&v->o, &r);
    }
    expect(v, 0, NULL);
}

static void
test_which_version_is_the_last_full_one_is_compared(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
    struct buf row = row_get(&r, TABLE_RECORD, BYTES(v->a.b));
    const struct want wants[] = {
        {&v->a, " identity version 4", "is not the last full one"}};

    column_of(&row, IDENTITY)[16]--;
    assert_ok(
        tables_put(&r.tables, TABLE_RECORD, BYTES(v->a.b), buf_bytes(&row)));
    raw_close(&v->o, &r);
    expect(v, 1, wants);
    buf_free(&row);
}

/* u64 entry, u64 time, hash, u64 position, u64 number, the path. */
static void
test_where_a_version_comes_from_is_compared(void **state)
{
    struct vault *v = *state;
    static const size_t fields[] = {7, 15, 55, 63, 80};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct raw r = raw_open(&v->o);
        uint8_t key[KEY_LEN];
        const struct want wants[] = {{&v->b, " identity version 1", "is "}};

        row_flip(&r, TABLE_VERSION, row_key(&v->b, 1, key), fields[i]);
        raw_close(&v->o, &r);
        expect(v, 1, wants);
        r = raw_open(&v->o);
        row_flip(&r, TABLE_VERSION, row_key(&v->b, 1, key), fields[i]);
        raw_close(&v->o, &r);
    }
    expect(v, 0, NULL);
}

struct first_row {
    uint8_t key[STORE_KEY_MAX];
    size_t len;
};

static enum sv_err
take_first(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct first_row *f = ctx;

    (void)value;
    memcpy(f->key, key.ptr, key.len);
    f->len = key.len;
    *more = false;
    return SV_OK;
}

static struct first_row
first_of(struct raw *r, unsigned table)
{
    struct first_row f = {.len = 0};

    assert_ok(store_scan(r->txn, table, bytes_of("", 0), take_first, &f));
    assert_int_not_equal(f.len, 0);
    return f;
}

static void
test_a_listed_record_that_is_not_there_is_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
    struct first_row f = first_of(&r, TABLE_CREATED);

    row_flip(&r, TABLE_CREATED, bytes_of(f.key, f.len), 3);
    raw_close(&v->o, &r);
    expect_found(v, "list of records", "a row of a record that is not there");
}

static void
test_the_hash_of_a_request_s_note_is_compared(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
    struct first_row f = first_of(&r, TABLE_REQUEST);

    row_flip(&r, TABLE_REQUEST, bytes_of(f.key, f.len), 20);
    raw_close(&v->o, &r);
    expect_found(v, "request ids", "a row that the log has not");
}

static void
test_another_schema_is_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);

    row_flip(&r, TABLE_META, bytes_text("schema"), 1000);
    raw_close(&v->o, &r);
    expect_found(v, "schema", "is not the one of the vault");
}

/* A label's letter is another one: it loads, and is not the vault's. */
static void
test_nothing_is_counted_by_another_schema(void **state)
{
    static const char spec[] =
        "svault/annual/v1\nyear 2022\nauthority national\n"
        "period calendar\nas-of 2023-03-31\nminor-age 18\n";
    struct vault *v = *state;
    struct raw r;
    struct buf out = BUF_INIT, row;

    v->o.now_ms = UINT64_C(1680230000000);
    assert_ok(client_counts_preview(office_client(&v->o, "stats-1"),
                                    bytes_text(spec), &out));
    r = raw_open(&v->o);
    row = row_get(&r, TABLE_META, bytes_text("schema"));
    row_flip(&r, TABLE_META, bytes_text("schema"), row.len - 22);
    raw_close(&v->o, &r);
    assert_err(client_counts_preview(office_client(&v->o, "stats-1"),
                                     bytes_text(spec), &out),
               SV_ERR_TAMPERED);
    buf_free(&out);
    buf_free(&row);
}

static void
test_rows_that_nothing_asks_for_are_named(void **state)
{
    struct vault *v = *state;
    static const struct {
        unsigned table;
        const char *place;
    } rows[] = {{TABLE_ENTRY, "log"},
                {TABLE_HASH, "log"},
                {TABLE_META, "state of the vault"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct raw r = raw_open(&v->o);
        struct first_row f = first_of(&r, rows[i].table);
        struct buf row = row_get(&r, rows[i].table, bytes_of(f.key, f.len));

        f.key[0] ^= 0x80;
        assert_ok(tables_put(&r.tables, rows[i].table, bytes_of(f.key, f.len),
                             buf_bytes(&row)));
        raw_close(&v->o, &r);
        expect_found(v, rows[i].place, "a row that does not belong here");
        r = raw_open(&v->o);
        assert_ok(
            tables_delete(&r.tables, rows[i].table, bytes_of(f.key, f.len)));
        raw_close(&v->o, &r);
        buf_free(&row);
    }
}

static void
test_records_taken_away_and_added_are_named(void **state)
{
    struct vault *v = *state;
    struct raw r = raw_open(&v->o);
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
    raw_close(&v->o, &r);
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
        TEST(test_each_field_of_a_record_s_row_is_compared),
        TEST(test_which_version_is_the_last_full_one_is_compared),
        TEST(test_where_a_version_comes_from_is_compared),
        TEST(test_a_listed_record_that_is_not_there_is_named),
        TEST(test_the_hash_of_a_request_s_note_is_compared),
        TEST(test_another_schema_is_named),
        TEST(test_nothing_is_counted_by_another_schema),
        TEST(test_rows_that_nothing_asks_for_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
