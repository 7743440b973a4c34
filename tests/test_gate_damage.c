#include "base/codec.h"
#include "tests/support/raw.h"
#include "vault/client_release.h"
#include "vault/message.h"

/*
 * A row that is damaged or gone is never passed over: a list that would lack
 * it, a history and a reading all fail, and what can be read elsewhere is
 * read as before.
 */

#define IDENTITY 0
#define LOCATION 1

struct scene {
    struct office o;
    struct handle a, b;
    uint64_t release; /* that waits; of no shown cells */
    struct buf cells;
    bool found;  /* by the gate: the last act met damage, */
    bool logged; /* and it is what came of it */
};

/* A client would see, too, that something is wrong: but it is the gate that
 * has to. */
static enum sv_err
pass(void *ctx, struct bytes request, struct buf *response)
{
    struct scene *s = ctx;
    struct message_request r;
    struct message_answer m;
    struct entry e;
    enum sv_err err = gate_handle(s->o.gate, request, response);

    assert_ok(err);
    assert_ok(message_request_decode(request, &r));
    assert_ok(message_answer_decode(buf_bytes(response), &m));
    if (r.kind == MESSAGE_SYNC)
        return SV_OK;
    s->found = m.status == SV_ERR_TAMPERED;
    s->logged = false;
    if (m.status == SV_OK) {
        assert_ok(entry_parse(m.act.entry, &e));
        s->logged = e.outcome == OUTCOME_DAMAGED;
        s->found = s->logged;
    }
    return SV_OK;
}

#define assert_damage(call)                                                    \
    do {                                                                       \
        s->found = false;                                                      \
        assert_err((call), SV_ERR_TAMPERED);                                   \
        assert_true(s->found);                                                 \
    } while (0)

static int
setup(void **state)
{
    static const char spec[] =
        "svault/annual/v1\nyear 2022\nauthority national\n"
        "period calendar\nas-of 2023-03-31\nminor-age 18\n";
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    office_new(&s->o);
    s->o.through = (struct transport){pass, s};
    s->o.now_ms = UINT64_C(1680230000000); /* 31 March 2023 */
    assert_ok(office_record(&s->o, "case-1", "2022-001", "Yamada", &s->a));
    assert_ok(office_record(&s->o, "case-1", "2022-002", "Sato", &s->b));
    assert_ok(client_release_request(
        office_client(&s->o, "stats-1"), RELEASE_EXACT, bytes_text(spec),
        bytes_text("Action Plan"), NULL, &s->release, &s->cells));
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    struct scene *s = *state;

    buf_free(&s->cells);
    office_free(&s->o);
    free(s);
    return 0;
}

static struct bytes
version_key_of(const struct handle *h, uint8_t column,
               uint8_t out[static HANDLE_LEN + 9])
{
    memset(out, 0, HANDLE_LEN + 9);
    memcpy(out, h->b, HANDLE_LEN);
    out[HANDLE_LEN] = column;
    out[HANDLE_LEN + 8] = 1;
    return bytes_of(out, HANDLE_LEN + 9);
}

/* One bit of what is stored, which does not open then. */
static void
damage(struct scene *s, unsigned table, struct bytes key)
{
    struct raw r = raw_open(&s->o);
    struct buf copy = BUF_INIT;
    struct bytes row;

    assert_ok(store_get(r.txn, table, key, &row));
    assert_ok(buf_append(&copy, row));
    copy.ptr[copy.len / 2] ^= 1;
    assert_ok(store_put(r.txn, table, key, buf_bytes(&copy)));
    buf_free(&copy);
    raw_close(&s->o, &r);
}

static void
take_away(struct scene *s, unsigned table, struct bytes key)
{
    struct raw r = raw_open(&s->o);

    assert_ok(store_delete(r.txn, table, key));
    raw_close(&s->o, &r);
}

static enum sv_err
list_some(struct scene *s, const char *who, size_t limit)
{
    struct record_list l = {0};
    enum sv_err err = client_record_list(office_client(&s->o, who), "victim",
                                         UINT64_MAX, limit, &l);

    record_list_free(&l);
    return err;
}

static enum sv_err
list(struct scene *s, const char *who)
{
    return list_some(s, who, 25);
}

static enum sv_err
history(struct scene *s, const struct handle *h)
{
    struct record_version *versions = NULL;
    size_t n = 0;
    enum sv_err err = client_record_history(office_client(&s->o, "case-1"),
                                            "victim", h, &versions, &n);

    free(versions);
    return err;
}

static enum sv_err
read_two(struct scene *s, const struct handle *h)
{
    static const char *const two[] = {"identity", "location"};
    struct record_view v = {0};
    enum sv_err err = client_record_read(office_client(&s->o, "case-1"),
                                         "victim", h, 2, two, &v);

    if (err == SV_OK)
        record_view_free(&v);
    return err;
}

static void
test_a_list_that_lacks_a_record_fails(void **state)
{
    struct scene *s = *state;

    assert_ok(list(s, "lead-1"));
    assert_ok(list(s, "case-1"));
    take_away(s, TABLE_RECORD, BYTES(s->a.b));
    assert_damage(list(s, "lead-1"));
    assert_damage(list(s, "case-1"));
}

static void
test_a_record_s_damaged_row_is_no_record_that_is_not_there(void **state)
{
    struct scene *s = *state;

    damage(s, TABLE_RECORD, BYTES(s->a.b));
    assert_damage(history(s, &s->a));
    assert_damage(read_two(s, &s->a));
    assert_damage(list(s, "lead-1"));
    assert_ok(history(s, &s->b));
    assert_ok(read_two(s, &s->b));
}

/* Not one page is lost for what lies behind it. */
static void
test_a_page_is_shown_though_an_older_record_is_damaged(void **state)
{
    struct scene *s = *state;
    struct handle c;

    assert_ok(office_record(&s->o, "case-1", "2022-003", "Ito", &c));
    damage(s, TABLE_RECORD, BYTES(s->a.b));
    assert_ok(list_some(s, "lead-1", 1));
    assert_damage(list_some(s, "lead-1", 2));
}

/* The first is collected, the second damaged: nothing is given out, and the
 * gate goes on. */
static void
test_a_damaged_version_gives_nothing_of_the_others(void **state)
{
    struct scene *s = *state;
    uint8_t key[HANDLE_LEN + 9];

    damage(s, TABLE_VERSION, version_key_of(&s->a, LOCATION, key));
    assert_damage(read_two(s, &s->a));
    assert_damage(history(s, &s->a));
    assert_ok(read_two(s, &s->b));
    assert_damage(read_two(s, &s->a));
}

/* With the gate's key a header could be changed: of the suite, at least. */
static void
test_a_version_s_header_that_is_none_is_damage(void **state)
{
    static const uint8_t magic[] = {'S', 'V', 'E'};
    struct scene *s = *state;
    struct raw r = raw_open(&s->o);
    uint8_t key[HANDLE_LEN + 9], *at;
    struct buf row = BUF_INIT;

    assert_ok(tables_get(&r.tables, TABLE_VERSION,
                         version_key_of(&s->a, IDENTITY, key), &row));
    at = memmem(row.ptr, row.len, magic, sizeof magic);
    assert_non_null(at);
    *at = 'X';
    assert_ok(
        tables_put(&r.tables, TABLE_VERSION, BYTES(key), buf_bytes(&row)));
    buf_free(&row);
    raw_close(&s->o, &r);
    assert_damage(history(s, &s->a));
    assert_damage(read_two(s, &s->a));
    assert_ok(history(s, &s->b));
}

/* By who may write there and not read: the reader folds it. */
static void
add_phone(struct scene *s, const struct handle *h)
{
    assert_ok(client_record_assign(office_client(&s->o, "lead-1"), "victim", h,
                                   "intake-1", true));
    assert_ok(office_add_phone(office_client(&s->o, "intake-1"), h));
}

static void
test_an_addition_is_read_with_what_it_is_added_to_or_not_at_all(void **state)
{
    struct scene *s = *state;
    uint8_t key[HANDLE_LEN + 9];

    add_phone(s, &s->a);
    assert_ok(read_two(s, &s->a));
    damage(s, TABLE_VERSION, version_key_of(&s->a, IDENTITY, key));
    assert_damage(read_two(s, &s->a));
}

/* A record's row: its columns stand at the end, each u8 column, u64 version,
 * u64 full version, hash[32]; a victim has seven, of which this is first. */
#define COLUMN_LEN ((size_t)1 + 8 + 8 + 32)

static void
find_newest(struct scene *s, const struct handle *h, struct record_version *out)
{
    struct raw r = raw_open(&s->o);
    struct buf row = BUF_INIT;
    const uint8_t *at;

    assert_ok(tables_get(&r.tables, TABLE_RECORD, BYTES(h->b), &row));
    at = row.ptr + row.len - 7 * COLUMN_LEN;
    out->version = get_u64(at + 1);
    memcpy(out->hash, at + 17, sizeof out->hash);
    buf_free(&row);
    raw_close(&s->o, &r);
}

/* By case-1, who knows the newest version and asks for nothing else. */
static enum sv_err
save_next(struct scene *s, const struct handle *h)
{
    struct record_view v = {.type = NULL};
    struct record_version newest = {.version = 0};
    struct client *c;
    enum sv_err err;
    size_t at;

    find_newest(s, h, &newest);
    c = office_client(&s->o, "case-1");
    v.type = schema_type(client_schema(c), "victim");
    assert_non_null(schema_compartment(v.type, "identity", &at));
    assert_ok(content_new(&v.type->compartments[at], &v.contents[at]));
    v.newest[at] = newest;
    err = client_record_save(c, "victim", h, &v.contents[at], &v);
    record_view_free(&v);
    return err;
}

static void
test_a_version_that_is_gone_is_damage(void **state)
{
    struct scene *s = *state;
    uint8_t key[HANDLE_LEN + 9];

    take_away(s, TABLE_VERSION, version_key_of(&s->a, LOCATION, key));
    assert_damage(read_two(s, &s->a));
    assert_damage(history(s, &s->a));
    assert_ok(read_two(s, &s->b));
}

/* With the gate's key: the entry says which version is read. */
static void
test_an_older_version_in_the_place_of_the_newest_is_damage(void **state)
{
    struct scene *s = *state;
    struct buf row = BUF_INIT;
    struct raw r;
    uint8_t key[HANDLE_LEN + 9];

    assert_ok(save_next(s, &s->a));
    assert_ok(read_two(s, &s->a));
    r = raw_open(&s->o);
    assert_ok(tables_get(&r.tables, TABLE_VERSION,
                         version_key_of(&s->a, IDENTITY, key), &row));
    key[HANDLE_LEN + 8] = 2;
    assert_ok(
        tables_put(&r.tables, TABLE_VERSION, BYTES(key), buf_bytes(&row)));
    buf_free(&row);
    raw_close(&s->o, &r);
    assert_damage(read_two(s, &s->a));
}

/* What it is added to is gone with its place: nothing is whole any more. */
static void
test_additions_to_nothing_are_damage(void **state)
{
    struct scene *s = *state;
    uint8_t key[HANDLE_LEN + 9];
    struct buf row = BUF_INIT;
    struct raw r;

    add_phone(s, &s->a);
    r = raw_open(&s->o);
    (void)version_key_of(&s->a, IDENTITY, key);
    key[HANDLE_LEN + 8] = 2;
    assert_ok(tables_get(&r.tables, TABLE_VERSION, BYTES(key), &row));
    key[HANDLE_LEN + 8] = 1;
    assert_ok(
        tables_put(&r.tables, TABLE_VERSION, BYTES(key), buf_bytes(&row)));
    buf_free(&row);
    raw_close(&s->o, &r);
    assert_damage(read_two(s, &s->a));
    assert_ok(read_two(s, &s->b));
}

/* What that was found by is not known any more, and would be found for
 * ever. */
static void
test_no_version_follows_one_that_is_gone(void **state)
{
    struct scene *s = *state;
    uint8_t key[HANDLE_LEN + 9];

    add_phone(s, &s->a);
    take_away(s, TABLE_VERSION, version_key_of(&s->a, IDENTITY, key));
    assert_damage(save_next(s, &s->a));
    assert_ok(save_next(s, &s->b));
}

static enum sv_err
count_row(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    (void)key;
    (void)value;
    (void)more;
    ++*(size_t *)ctx;
    return SV_OK;
}

static size_t
count_tokens(struct scene *s)
{
    struct raw r = raw_open(&s->o);
    size_t n = 0;

    assert_ok(store_scan(r.txn, TABLE_TOKEN, bytes_of("", 0), count_row, &n));
    raw_close(&s->o, &r);
    return n;
}

/* The first version's tokens are taken away when the second one's row is met:
 * they are back, and the entry says what was met. */
static void
test_damage_met_behind_what_is_written_undoes_it(void **state)
{
    struct scene *s = *state;
    uint8_t key[HANDLE_LEN + 9];
    size_t tokens;

    add_phone(s, &s->a);
    (void)version_key_of(&s->a, IDENTITY, key);
    key[HANDLE_LEN + 8] = 2;
    damage(s, TABLE_VERSION, BYTES(key));
    tokens = count_tokens(s);
    assert_damage(save_next(s, &s->a));
    assert_true(s->logged);
    assert_int_equal(count_tokens(s), tokens);
    assert_ok(save_next(s, &s->b));
}

/* With the gate's key: what the version was found by is no posting, since it
 * says that there is a number and a half. */
static void
test_no_version_follows_one_whose_tokens_are_none(void **state)
{
    static const uint8_t unique[] = {0, 0, 0, 1, 1, 0, 0, 0, 1};
    struct scene *s = *state;
    struct raw r = raw_open(&s->o);
    struct buf row = BUF_INIT;
    uint8_t key[HANDLE_LEN + 9], *at;

    assert_ok(tables_get(&r.tables, TABLE_VERSION,
                         version_key_of(&s->a, IDENTITY, key), &row));
    at = memmem(row.ptr, row.len, unique, sizeof unique);
    assert_non_null(at);
    at[4] = 2;
    assert_ok(
        tables_put(&r.tables, TABLE_VERSION, BYTES(key), buf_bytes(&row)));
    buf_free(&row);
    raw_close(&s->o, &r);
    assert_damage(save_next(s, &s->a));
    assert_ok(save_next(s, &s->b));
}

/* With the gate's key: a record that has one compartment less, and one more
 * that is none; the columns stand at its end. */
static void
test_a_compartment_that_is_none_is_damage(void **state)
{
    static const uint8_t others[] = {POLICY_COLUMNS_MAX - 1, POLICY_COLUMNS_MAX,
                                     UINT8_MAX};
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof others; i++) {
        struct raw r = raw_open(&s->o);
        struct buf row = BUF_INIT;

        assert_ok(tables_get(&r.tables, TABLE_RECORD, BYTES(s->a.b), &row));
        row.ptr[row.len - 7 * COLUMN_LEN] = others[i];
        assert_ok(tables_put(&r.tables, TABLE_RECORD, BYTES(s->a.b),
                             buf_bytes(&row)));
        buf_free(&row);
        raw_close(&s->o, &r);
        assert_damage(read_two(s, &s->a));
        if (others[i] < POLICY_COLUMNS_MAX)
            assert_err(save_next(s, &s->a), SV_ERR_FORMAT);
        else
            assert_damage(history(s, &s->a));
    }
}

struct first_key {
    uint8_t at[STORE_KEY_MAX];
    size_t len;
};

static enum sv_err
take_key(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct first_key *k = ctx;

    (void)value;
    memcpy(k->at, key.ptr, key.len);
    k->len = key.len;
    *more = false;
    return SV_OK;
}

/* The same row under a key that has one byte more, which comes first of all
 * that begin as it does. */
static void
lengthen_first(struct scene *s, unsigned table)
{
    struct raw r = raw_open(&s->o);
    struct first_key k = {.len = 0};

    assert_ok(store_scan(r.txn, table, bytes_of("", 0), take_key, &k));
    assert_true(k.len > 0);
    k.at[k.len++] = 0;
    assert_ok(
        tables_put(&r.tables, table, bytes_of(k.at, k.len), bytes_of("", 0)));
    raw_close(&s->o, &r);
}

static void
test_an_assignment_that_is_none_is_not_passed_over(void **state)
{
    struct scene *s = *state;
    struct raw r;
    struct first_key k = {.len = 0};

    lengthen_first(s, TABLE_ASSIGNED);
    assert_damage(list(s, "case-1"));
    r = raw_open(&s->o);
    assert_ok(store_scan(r.txn, TABLE_ASSIGNED, bytes_of("", 0), take_key, &k));
    k.at[k.len++] = 0;
    assert_ok(store_delete(r.txn, TABLE_ASSIGNED, bytes_of(k.at, k.len)));
    raw_close(&s->o, &r);
    assert_ok(list(s, "case-1"));
    damage(s, TABLE_ASSIGNED, bytes_of(k.at, k.len - 1));
    assert_damage(list(s, "case-1"));
}

static void
test_an_assignee_that_is_none_is_not_passed_over(void **state)
{
    struct scene *s = *state;

    assert_ok(list(s, "lead-1"));
    lengthen_first(s, TABLE_ASSIGNEE);
    assert_damage(list(s, "lead-1"));
    assert_damage(list(s, "case-1"));
}

/* With the gate's key: somebody whom the roster has not. */
static void
test_an_assignee_whom_nobody_knows_is_not_passed_over(void **state)
{
    struct scene *s = *state;
    uint32_t n =
        (uint32_t)client_roster(office_client(&s->o, "lead-1"))->n_persons;
    struct raw r = raw_open(&s->o);
    uint8_t key[HANDLE_LEN + 4];

    memcpy(key, s->a.b, HANDLE_LEN);
    put_u32(key + HANDLE_LEN, n);
    assert_ok(
        tables_put(&r.tables, TABLE_ASSIGNEE, BYTES(key), bytes_of("", 0)));
    raw_close(&s->o, &r);
    assert_damage(list(s, "lead-1"));
    r = raw_open(&s->o);
    assert_ok(store_delete(r.txn, TABLE_ASSIGNEE, BYTES(key)));
    put_u32(key + HANDLE_LEN, n - 1);
    assert_ok(
        tables_put(&r.tables, TABLE_ASSIGNEE, BYTES(key), bytes_of("", 0)));
    raw_close(&s->o, &r);
    assert_ok(list(s, "lead-1"));
}

/* Of another length, under the gate's key. */
static void
test_a_listed_record_without_a_handle_is_not_passed_over(void **state)
{
    struct scene *s = *state;
    struct first_key k = {.len = 0};

    for (size_t len = HANDLE_LEN - 1; len <= HANDLE_LEN + 1; len += 2) {
        struct raw r = raw_open(&s->o);
        uint8_t value[HANDLE_LEN + 1] = {0};

        assert_ok(
            store_scan(r.txn, TABLE_CREATED, bytes_of("", 0), take_key, &k));
        memcpy(value, s->b.b, HANDLE_LEN);
        assert_ok(tables_put(&r.tables, TABLE_CREATED, bytes_of(k.at, k.len),
                             bytes_of(value, len)));
        raw_close(&s->o, &r);
        assert_damage(list(s, "lead-1"));
    }
    assert_ok(list(s, "case-1"));
}

static void
test_a_damaged_release_is_not_left_out_of_the_list(void **state)
{
    struct scene *s = *state;
    struct release_row *rows = NULL;
    uint8_t key[8];
    size_t n = 0;

    put_u64(key, s->release);
    assert_ok(client_release_list(office_client(&s->o, "stats-1"), &rows, &n));
    assert_int_equal(n, 1);
    free(rows);
    damage(s, TABLE_RELEASE, BYTES(key));
    assert_damage(
        client_release_list(office_client(&s->o, "stats-1"), &rows, &n));
}

static void
test_a_release_whose_request_is_gone_is_not_shown(void **state)
{
    struct scene *s = *state;
    struct release_view v = {0};
    uint8_t key[12] = {0};

    assert_ok(
        client_release_show(office_client(&s->o, "stats-1"), s->release, &v));
    release_view_free(&v);
    put_u64(key, s->release);
    put_u32(key + 8, UINT32_MAX - 1);
    take_away(s, TABLE_RESULT, BYTES(key));
    assert_damage(
        client_release_show(office_client(&s->o, "stats-1"), s->release, &v));
}

static enum sv_err
acknowledge(struct scene *s)
{
    return client_release_acknowledge(office_client(&s->o, "stats-1"),
                                      s->release, buf_bytes(&s->cells), true,
                                      0);
}

/* What was asked for, with a byte more, with one less, and not at all: that
 * it is damaged is what comes of it, and nobody's fault in the log. */
static void
test_what_was_asked_for_is_not_acknowledged_unseen(void **state)
{
    struct scene *s = *state;
    struct buf row = BUF_INIT;
    struct raw r = raw_open(&s->o);
    uint8_t key[12] = {0};

    put_u64(key, s->release);
    put_u32(key + 8, UINT32_MAX - 1);
    assert_ok(tables_get(&r.tables, TABLE_RESULT, BYTES(key), &row));
    raw_close(&s->o, &r);
    assert_ok(buf_text(&row, "x"));
    for (size_t less = 0; less <= 2; less += 2) {
        r = raw_open(&s->o);
        assert_ok(tables_put(&r.tables, TABLE_RESULT, BYTES(key),
                             bytes_slice(buf_bytes(&row), 0, row.len - less)));
        raw_close(&s->o, &r);
        assert_damage(acknowledge(s));
    }
    take_away(s, TABLE_RESULT, BYTES(key));
    assert_damage(acknowledge(s));
    r = raw_open(&s->o);
    assert_ok(tables_put(&r.tables, TABLE_RESULT, BYTES(key),
                         bytes_slice(buf_bytes(&row), 0, row.len - 1)));
    raw_close(&s->o, &r);
    buf_free(&row);
    assert_ok(acknowledge(s));
    office_verify(&s->o);
}

/* Approved, and her parcel is gone, and there is none for anybody else. */
static void
test_a_release_without_its_parcel_is_damage(void **state)
{
    struct scene *s = *state;
    struct client *c = office_client(&s->o, "approve-1");
    struct release_view view = {0};
    struct release_package p = {0};
    const struct roster *r = client_roster(c);
    uint8_t key[12];

    put_u64(key, s->release);
    put_u32(key + 8, (uint32_t)(roster_person(r, "stats-1") - r->persons));
    assert_ok(acknowledge(s));
    assert_ok(client_release_show(c, s->release, &view));
    assert_ok(client_release_approve(c, s->release, &view));
    release_view_free(&view);
    take_away(s, TABLE_RESULT, BYTES(key));
    assert_damage(
        client_release_fetch(office_client(&s->o, "stats-1"), s->release, &p));
}

/* Other cells than she was shown: she has acknowledged nothing. */
static void
test_other_cells_are_not_acknowledged(void **state)
{
    struct scene *s = *state;
    struct buf other = BUF_INIT;

    assert_ok(buf_append(&other, buf_bytes(&s->cells)));
    assert_true(other.len > 0);
    other.ptr[other.len - 1] ^= 1;
    assert_err(client_release_acknowledge(office_client(&s->o, "stats-1"),
                                          s->release, buf_bytes(&other), true,
                                          0),
               SV_ERR_FORMAT);
    assert_ok(acknowledge(s));
    buf_free(&other);
    office_verify(&s->o);
}

int
main(void)
{
#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_a_list_that_lacks_a_record_fails),
        IN_OFFICE(test_a_record_s_damaged_row_is_no_record_that_is_not_there),
        IN_OFFICE(test_a_page_is_shown_though_an_older_record_is_damaged),
        IN_OFFICE(test_a_damaged_version_gives_nothing_of_the_others),
        IN_OFFICE(test_a_version_s_header_that_is_none_is_damage),
        IN_OFFICE(
            test_an_addition_is_read_with_what_it_is_added_to_or_not_at_all),
        IN_OFFICE(test_a_version_that_is_gone_is_damage),
        IN_OFFICE(test_no_version_follows_one_that_is_gone),
        IN_OFFICE(test_damage_met_behind_what_is_written_undoes_it),
        IN_OFFICE(test_no_version_follows_one_whose_tokens_are_none),
        IN_OFFICE(test_a_compartment_that_is_none_is_damage),
        IN_OFFICE(test_an_older_version_in_the_place_of_the_newest_is_damage),
        IN_OFFICE(test_additions_to_nothing_are_damage),
        IN_OFFICE(test_an_assignment_that_is_none_is_not_passed_over),
        IN_OFFICE(test_an_assignee_that_is_none_is_not_passed_over),
        IN_OFFICE(test_an_assignee_whom_nobody_knows_is_not_passed_over),
        IN_OFFICE(test_a_listed_record_without_a_handle_is_not_passed_over),
        IN_OFFICE(test_what_was_asked_for_is_not_acknowledged_unseen),
        IN_OFFICE(test_a_release_without_its_parcel_is_damage),
        IN_OFFICE(test_a_damaged_release_is_not_left_out_of_the_list),
        IN_OFFICE(test_a_release_whose_request_is_gone_is_not_shown),
        IN_OFFICE(test_other_cells_are_not_acknowledged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
