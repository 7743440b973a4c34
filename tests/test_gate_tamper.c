#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/raw.h"
#include "vault/message.h"

/*
 * Somebody with the disk, or with a key, changes what is stored or said: no
 * wrong plaintext, ever, and the check of the store says where.
 */

struct tampered {
    struct office o;
    struct handle a, b; /* two records: Yamada's and Sato's */
};

static int
setup(void **state)
{
    struct tampered *t = calloc(1, sizeof *t);

    office_new(&t->o);
    assert_ok(office_record(&t->o, "case-1", "2022-001", "Yamada", &t->a));
    assert_ok(office_record(&t->o, "case-1", "2022-002", "Sato", &t->b));
    *state = t;
    return 0;
}

static int
teardown(void **state)
{
    struct tampered *t = *state;

    office_free(&t->o);
    free(t);
    return 0;
}

static enum sv_err
read_identity(struct office *o, const struct handle *h, struct record_view *v)
{
    static const char *const identity[] = {"identity"};
    enum sv_err err = office_begin(o, "case-1");

    if (err != SV_OK)
        return err;
    return client_record_read(office_person(o, "case-1")->client, "victim", h,
                              1, identity, v);
}

/* ---- Rows of the store, without the gate ---- */

/* The first version of a record's column: handle, u8 column, u64 1. */
static void
version_row(const struct handle *h, uint8_t column, uint8_t key[static 25])
{
    memset(key, 0, 25);
    memcpy(key, h->b, HANDLE_LEN);
    key[16] = column;
    key[24] = 1;
}

static struct buf
raw_get(struct store_txn *txn, unsigned table, struct bytes key)
{
    struct bytes value;
    struct buf copy = BUF_INIT;

    assert_ok(store_get(txn, table, key, &value));
    assert_ok(buf_append(&copy, value));
    return copy;
}

/* A finding whose place begins with "record <first 8 digits>". */
static bool
is_found(struct office *o, const struct handle *h, const char *reason)
{
    struct log_verdict verdict = {0};
    char hex[2 * HANDLE_LEN + 1], place[32];
    bool found = false;

    text_hex(BYTES(h->b), hex);
    (void)snprintf(place, sizeof place, "record %.8s", hex);
    assert_ok(
        client_log_verify(office_client(o, "audit-1"), NULL, NULL, &verdict));
    for (size_t i = 0; i < verdict.n_findings; i++) {
        if (strncmp(verdict.findings[i].place, place, strlen(place)) == 0 &&
            strstr(verdict.findings[i].reason, reason) != NULL)
            found = true;
    }
    if (!found && verdict.fault.reason != NULL)
        print_message("entry %llu: %s\n",
                      (unsigned long long)verdict.fault.index,
                      verdict.fault.reason);
    for (size_t i = 0; !found && i < verdict.n_findings; i++)
        print_message("%s: %s\n", verdict.findings[i].place,
                      verdict.findings[i].reason);
    free(verdict.findings);
    return found;
}

static void
test_t2_two_records_rows_exchanged_open_neither(void **state)
{
    struct tampered *t = *state;
    struct record_view v = {0};
    struct raw r = raw_open(&t->o);
    uint8_t a[25], b[25];
    struct buf row_a, row_b;

    version_row(&t->a, 0, a);
    version_row(&t->b, 0, b);
    row_a = raw_get(r.txn, TABLE_VERSION, BYTES(a));
    row_b = raw_get(r.txn, TABLE_VERSION, BYTES(b));
    assert_ok(store_put(r.txn, TABLE_VERSION, BYTES(a), buf_bytes(&row_b)));
    assert_ok(store_put(r.txn, TABLE_VERSION, BYTES(b), buf_bytes(&row_a)));
    raw_close(&t->o, &r);
    assert_err(read_identity(&t->o, &t->a, &v), SV_ERR_TAMPERED);
    assert_err(read_identity(&t->o, &t->b, &v), SV_ERR_TAMPERED);
    assert_true(client_trouble(office_client(&t->o, "case-1"))->logged);
    assert_true(is_found(&t->o, &t->a, "exchanged"));
    assert_true(is_found(&t->o, &t->b, "exchanged"));
    buf_free(&row_a);
    buf_free(&row_b);
}

static void
test_t6_a_record_taken_away_is_missed(void **state)
{
    struct tampered *t = *state;
    struct record_view v = {0};
    struct raw r = raw_open(&t->o);

    assert_ok(store_delete(r.txn, TABLE_RECORD, BYTES(t->a.b)));
    raw_close(&t->o, &r);
    assert_true(is_found(&t->o, &t->a, "not in the store"));
    assert_err(read_identity(&t->o, &t->a, &v), SV_ERR_NOT_FOUND);
}

static void
test_t5_one_record_rolled_back_is_named(void **state)
{
    struct tampered *t = *state;
    struct record_view v = {0};
    struct raw r = raw_open(&t->o);
    struct buf old = raw_get(r.txn, TABLE_RECORD, BYTES(t->a.b));
    size_t at;

    raw_close(&t->o, &r);
    assert_ok(read_identity(&t->o, &t->a, &v));
    assert_non_null(schema_compartment(v.type, "identity", &at));
    assert_ok(client_record_save(office_client(&t->o, "case-1"), "victim",
                                 &t->a, &v.contents[at], &v));
    record_view_free(&v); /* it borrows the session's schema */
    assert_false(is_found(&t->o, &t->a, "last"));
    r = raw_open(&t->o);
    assert_ok(store_put(r.txn, TABLE_RECORD, BYTES(t->a.b), buf_bytes(&old)));
    raw_close(&t->o, &r);
    assert_true(is_found(&t->o, &t->a, "last"));
    buf_free(&old);
}

static void
test_an_entry_changed_or_taken_away_is_found(void **state)
{
    struct tampered *t = *state;

    for (uint64_t index = 0; index < 12; index += 3) {
        struct log_verdict verdict = {0};
        struct raw r = raw_open(&t->o);
        uint8_t key[8] = {0};
        struct buf was;

        key[7] = (uint8_t)index;
        was = raw_get(r.txn, TABLE_ENTRY, BYTES(key));
        was.ptr[was.len / 2] ^= 1;
        assert_ok(store_put(r.txn, TABLE_ENTRY, BYTES(key), buf_bytes(&was)));
        raw_close(&t->o, &r);
        /* The gate may not even be able to give it out: the auditor gets no
         * answer that verifies, and never a clean verdict. */
        if (office_begin(&t->o, "audit-1") == SV_OK &&
            client_log_verify(office_client(&t->o, "audit-1"), NULL, NULL,
                              &verdict) == SV_OK)
            assert_true(verdict.fault.reason != NULL || verdict.n_findings > 0);
        free(verdict.findings);
        r = raw_open(&t->o);
        was.ptr[was.len / 2] ^= 1;
        assert_ok(store_put(r.txn, TABLE_ENTRY, BYTES(key), buf_bytes(&was)));
        raw_close(&t->o, &r);
        buf_free(&was);
    }
    office_verify(&t->o);
}

/* Every table: its first row taken away is missed. */
static void
test_a_row_taken_away_from_any_table_is_missed(void **state)
{
    static const unsigned tables[] = {
        TABLE_HASH,     TABLE_REQUEST,  TABLE_VERSION, TABLE_CREATED,
        TABLE_ASSIGNED, TABLE_ASSIGNEE, TABLE_GRANT};
    struct tampered *t = *state;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct log_verdict verdict = {0};
        struct raw r = raw_open(&t->o);
        struct buf key = BUF_INIT, was;
        struct bytes last, value;

        assert_ok(store_last(r.txn, tables[i], &last, &value));
        assert_ok(buf_append(&key, last));
        was = raw_get(r.txn, tables[i], buf_bytes(&key));
        assert_ok(store_delete(r.txn, tables[i], buf_bytes(&key)));
        assert_ok(store_commit(&r.txn));
        store_close(r.store);
        /* Some are missed as soon as the vault is opened. */
        if (office_open(&t->o) == SV_OK &&
            office_begin(&t->o, "audit-1") == SV_OK &&
            client_log_verify(office_client(&t->o, "audit-1"), NULL, NULL,
                              &verdict) == SV_OK &&
            verdict.fault.reason == NULL && verdict.n_findings == 0)
            fail_msg("a row of table %u is not missed", tables[i]);
        free(verdict.findings);
        r = raw_open(&t->o);
        assert_ok(
            store_put(r.txn, tables[i], buf_bytes(&key), buf_bytes(&was)));
        raw_close(&t->o, &r);
        buf_free(&key);
        buf_free(&was);
    }
    office_verify(&t->o);
}

/* A record's row: its columns are at the end, each u8 column, u64 version,
 * u64 full version, hash[32], behind a u8 number of them. */
#define COLUMN_LEN (1 + 8 + 8 + 32)

static struct buf
record_row(struct tampered *t, struct store_txn *txn, size_t *columns_at)
{
    const struct tables tables = {txn, &t->o.gate_keys.storage,
                                  &t->o.config.rng, NULL};
    struct buf row = BUF_INIT;

    assert_ok(tables_get(&tables, TABLE_RECORD, BYTES(t->a.b), &row));
    /* A victim has seven. */
    *columns_at = row.len - 7 * COLUMN_LEN;
    assert_int_equal(row.ptr[*columns_at - 1], 7);
    return row;
}

static void
put_record_row(struct tampered *t, struct store_txn *txn, const struct buf *row)
{
    const struct tables tables = {txn, &t->o.gate_keys.storage,
                                  &t->o.config.rng, NULL};

    assert_ok(tables_put(&tables, TABLE_RECORD, BYTES(t->a.b), buf_bytes(row)));
}

/* By who has the gate's key: some of a record's compartments are gone, and
 * its row does not know of them any more. */
static void
test_compartments_taken_out_of_a_record_are_missed(void **state)
{
    struct tampered *t = *state;
    struct log_verdict verdict = {0};
    struct raw r = raw_open(&t->o);
    size_t at;
    struct buf row = record_row(t, r.txn, &at);

    for (unsigned i = 2; i < 7; i++) {
        uint8_t key[25];

        version_row(&t->a, row.ptr[at + i * COLUMN_LEN], key);
        assert_ok(store_delete(r.txn, TABLE_VERSION, BYTES(key)));
    }
    row.ptr[at - 1] = 2;
    buf_truncate(&row, at + 2 * COLUMN_LEN);
    put_record_row(t, r.txn, &row);
    raw_close(&t->o, &r);
    assert_ok(client_log_verify(office_client(&t->o, "audit-1"), NULL, NULL,
                                &verdict));
    assert_true(verdict.n_findings > 0);
    free(verdict.findings);
    /* One column twice is no two. */
    r = raw_open(&t->o);
    memcpy(row.ptr + at + COLUMN_LEN, row.ptr + at, COLUMN_LEN);
    put_record_row(t, r.txn, &row);
    raw_close(&t->o, &r);
    assert_true(is_found(&t->o, &t->a, "its row is wrong"));
    buf_free(&row);
}

/* ---- The data file ---- */

/* In a process of its own: LMDB may die of what it finds.  Exit 0: refused
 * or right; 1: a wrong plaintext. */
static int
try_reading(struct office *o, const struct handle *h)
{
    struct record_view v = {0};
    struct buf name;
    int rc;

    /* Locked memory does not come along with fork(). */
    if (arena_new((size_t)1 << 20, &o->arena) != SV_OK)
        return 2;
    if (office_open(o) != SV_OK || read_identity(o, h, &v) != SV_OK)
        return 0;
    name = office_field(&v, "identity", "family_name");
    rc = strcmp((const char *)name.ptr, "Yamada") == 0 ? 0 : 1;
    buf_free(&name);
    record_view_free(&v);
    return rc;
}

static void
copy_file(const char *from, const char *to)
{
    struct buf data = BUF_INIT;

    assert_ok(file_read(from, BUF_MAX, &data));
    assert_ok(file_replace(to, 0600, buf_bytes(&data)));
    buf_free(&data);
}

static void
test_flipped_bytes_never_give_a_wrong_plaintext(void **state)
{
    struct tampered *t = *state;
    char data[PATH_SIZE], kept[PATH_SIZE];
    char head[PATH_SIZE], kept_head[PATH_SIZE];
    unsigned refused = 0;
    struct stat st;

    office_close(&t->o);
    assert_ok(path_join(data, t->o.dir, "data.mdb"));
    assert_ok(path_join(kept, t->o.home, "kept"));
    assert_ok(path_join(head, t->o.dir, "head"));
    assert_ok(path_join(kept_head, t->o.home, "kept-head"));
    copy_file(data, kept);
    copy_file(head, kept_head);
    assert_int_equal(stat(data, &st), 0);
    srandom(7);
    for (int i = 0; i < 150; i++) {
        off_t at = (off_t)(random() % st.st_size);
        int fd, status;
        uint8_t byte;
        pid_t pid;

        copy_file(kept, data);
        copy_file(kept_head, head);
        fd = open(data, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= (uint8_t)(1 << i % 8);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        assert_int_equal(close(fd), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(try_reading(&t->o, &t->a));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) != 0);
        refused += WIFEXITED(status);
    }
    assert_true(refused > 100); /* the rest died by signal, in LMDB */
    copy_file(kept, data);
    copy_file(kept_head, head);
    assert_ok(office_open(&t->o));
    office_verify(&t->o);
}

static void
test_t23_an_older_copy_of_the_directory_is_refused(void **state)
{
    static const char *const files[] = {"data.mdb", "head"};
    struct tampered *t = *state;
    char from[PATH_SIZE], to[PATH_SIZE];
    struct record_view v = {0};
    struct handle h;

    office_close(&t->o);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(path_join(from, t->o.dir, files[i]));
        assert_ok(path_join(to, t->o.home, files[i]));
        copy_file(from, to);
    }
    assert_ok(office_open(&t->o));
    assert_ok(office_record(&t->o, "case-1", "2022-003", "Ito", &h));
    assert_ok(read_identity(&t->o, &t->a, &v));
    record_view_free(&v);
    office_close(&t->o);
    /* The data file alone: the kept head is newer. */
    assert_ok(path_join(from, t->o.home, "data.mdb"));
    assert_ok(path_join(to, t->o.dir, "data.mdb"));
    copy_file(from, to);
    assert_err(office_open(&t->o), SV_ERR_ROLLBACK);
    /* With its head: only who remembers a newer one can tell, and does. */
    assert_ok(path_join(from, t->o.home, "head"));
    assert_ok(path_join(to, t->o.dir, "head"));
    copy_file(from, to);
    assert_ok(office_open(&t->o));
    assert_err(office_begin(&t->o, "case-1"), SV_ERR_ROLLBACK);
}

/* ---- Messages ---- */

/* A transport that changes one byte of each answer. */
struct liar {
    struct gate *gate;
    size_t at;
    bool hit;
};

static enum sv_err
lie(void *ctx, struct bytes request, struct buf *response)
{
    struct liar *l = ctx;
    enum sv_err err = gate_handle(l->gate, request, response);

    l->hit = l->at < response->len;
    if (l->hit)
        response->ptr[l->at] ^= 0x10;
    return err;
}

/* A gate that hands out a key of its own for a colleague. */
struct swapper {
    struct gate *gate;
    char from[BASE64_SIZE(32)], to[BASE64_SIZE(32)];
    unsigned hits;
};

static enum sv_err
swap(void *ctx, struct bytes request, struct buf *response)
{
    struct swapper *s = ctx;
    enum sv_err err = gate_handle(s->gate, request, response);
    size_t len = strlen(s->from);
    uint8_t *at = response->ptr;

    while (response->len > 0 &&
           (at = memmem(at, response->len - (size_t)(at - response->ptr),
                        s->from, len)) != NULL) {
        memcpy(at, s->to, len);
        at += len;
        s->hits++;
    }
    return err;
}

static void
test_t11_another_key_in_a_colleagues_place_is_refused(void **state)
{
    struct tampered *t = *state;
    struct office *o = &t->o;
    struct colleague *p = office_person(o, "lead-1");
    struct swapper s = {.gate = o->gate};
    struct client_config config = {
        {swap, &s}, o->config.clock, o->config.rng, o->arena};
    struct pin fresh;
    struct client *c;
    struct client_hello hello;
    enum sv_err err;

    text_base64(BYTES(office_person(o, "case-2")->card.box.b), s.from);
    text_base64(BYTES(office_person(o, "mallory")->card.box.b), s.to);
    pin_init(&fresh);
    fresh.vault = o->vault;
    assert_ok(client_new(&config, &c));
    err = client_hello(c, &hello);
    if (err == SV_OK)
        err = client_begin(c, &p->card, &p->identity, &fresh);
    assert_true(s.hits > 0);
    assert_int_not_equal(err, SV_OK);
    client_free(c);
    /* Without the exchange, the same vault is the same as ever. */
    memcpy(s.to, s.from, sizeof s.to);
    assert_ok(client_new(&config, &c));
    assert_ok(client_hello(c, &hello));
    assert_ok(client_begin(c, &p->card, &p->identity, &fresh));
    client_free(c);
    pin_clear(&fresh);
}

static void
test_t22_an_answer_changed_at_any_byte_is_refused(void **state)
{
    static const char *const identity[] = {"identity"};
    struct tampered *t = *state;
    struct office *o = &t->o;
    struct colleague *p = office_person(o, "case-1");
    struct liar liar = {o->gate, SIZE_MAX, false};
    struct client_config config = {
        {lie, &liar}, o->config.clock, o->config.rng, o->arena};
    struct client_hello hello;

    office_end(o, "case-1");
    assert_ok(client_new(&config, &p->client));
    assert_ok(client_hello(p->client, &hello));
    p->pin.vault = o->vault;
    assert_ok(client_begin(p->client, &p->card, &p->identity, &p->pin));
    for (size_t at = 0;; at++) {
        struct record_view v = {0};
        enum sv_err err;

        liar.at = at;
        err = client_record_read(p->client, "victim", &t->a, 1, identity, &v);
        if (!liar.hit) {
            assert_ok(err);
            record_view_free(&v);
            assert_true(at > 1000);
            break;
        }
        if (err == SV_OK)
            fail_msg("byte %zu of the answer may be changed", at);
    }
}

static void
test_garbage_gets_an_answer_and_no_entry(void **state)
{
    struct tampered *t = *state;
    uint64_t before = client_pin(office_client(&t->o, "case-1"))->size;
    struct record_view v = {0};

    srandom(11);
    for (size_t len = 0; len < 300; len++) {
        uint8_t junk[300];
        struct buf response = BUF_INIT;

        for (size_t i = 0; i < len; i++)
            junk[i] = (uint8_t)random();
        if (len > 5 && len % 2 == 0) /* past the first hurdle */
            memcpy(junk, "SVQ\1\2", 5);
        assert_ok(gate_handle(t->o.gate, bytes_of(junk, len), &response));
        assert_true(response.len > 0);
        buf_free(&response);
    }
    assert_ok(read_identity(&t->o, &t->a, &v));
    assert_int_equal(v.index, before);
    record_view_free(&v);
}

/* ---- Repetition ---- */

/* A transport that keeps the last request. */
struct recorder {
    struct gate *gate;
    struct buf last;
};

static enum sv_err
record_call(void *ctx, struct bytes request, struct buf *response)
{
    struct recorder *r = ctx;

    buf_free(&r->last);
    assert_ok(buf_append(&r->last, request));
    return gate_handle(r->gate, request, response);
}

/* A session of case-1 through it. */
static struct client *
begin_recorded(struct office *o, struct recorder *rec)
{
    struct colleague *p = office_person(o, "case-1");
    struct client_config config = {
        {record_call, rec}, o->config.clock, o->config.rng, o->arena};
    struct client_hello hello;

    office_end(o, "case-1");
    assert_ok(client_new(&config, &p->client));
    assert_ok(client_hello(p->client, &hello));
    p->pin.vault = o->vault;
    assert_ok(client_begin(p->client, &p->card, &p->identity, &p->pin));
    return p->client;
}

static void
test_a_denied_reading_again_is_the_same_denial(void **state)
{
    static const char *const health[] = {"health"};
    struct tampered *t = *state;
    struct office *o = &t->o;
    struct recorder rec = {o->gate, BUF_INIT};
    struct client *c = begin_recorded(o, &rec);
    struct buf response = BUF_INIT;
    struct message_answer m;
    struct record_view v = {0};
    struct entry e;
    uint64_t size;

    assert_err(client_record_read(c, "victim", &t->a, 1, health, &v),
               SV_ERR_DENIED);
    size = client_pin(c)->size;
    assert_ok(gate_handle(o->gate, buf_bytes(&rec.last), &response));
    assert_ok(message_answer_decode(buf_bytes(&response), &m));
    assert_int_equal(m.act.index, size - 1);
    assert_ok(entry_parse(m.act.entry, &e));
    assert_string_equal(e.rule, "compartment"); /* and not: repeated */
    assert_int_equal(m.act.body.len, 0);
    office_end(o, "audit-1");
    assert_int_equal(client_pin(office_client(o, "audit-1"))->size, size);
    buf_free(&response);
    buf_free(&rec.last);
}

static void
test_t20_the_same_request_again_is_the_same_entry(void **state)
{
    static const char *const identity[] = {"identity"};
    struct tampered *t = *state;
    struct office *o = &t->o;
    struct recorder rec = {o->gate, BUF_INIT};
    struct colleague *p = office_person(o, "case-1");
    struct record_view v = {0};
    struct buf response = BUF_INIT;
    struct log_verdict verdict = {0};
    uint64_t size;

    (void)begin_recorded(o, &rec);
    assert_ok(client_record_read(p->client, "victim", &t->a, 1, identity, &v));
    record_view_free(&v);
    size = client_pin(p->client)->size;
    assert_ok(gate_handle(o->gate, buf_bytes(&rec.last), &response));
    assert_true(response.len > 2000); /* it was released again */
    /* Not for who may not read it any more: that is an entry of its own. */
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &t->a,
                                   "case-1", false));
    buf_truncate(&response, 0);
    assert_ok(gate_handle(o->gate, buf_bytes(&rec.last), &response));
    assert_true(response.len < 2500);
    office_end(o, "audit-1");
    assert_int_equal(client_pin(office_client(o, "audit-1"))->size, size + 2);
    /* And after a day for nobody. */
    o->now_ms += DECIDE_LAG_MS + 1000;
    assert_ok(
        client_log_verify(office_client(o, "audit-1"), NULL, NULL, &verdict));
    assert_null(verdict.fault.reason);
    free(verdict.findings);
    buf_free(&response);
    buf_free(&rec.last);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_t2_two_records_rows_exchanged_open_neither),
        T(test_t6_a_record_taken_away_is_missed),
        T(test_t5_one_record_rolled_back_is_named),
        T(test_an_entry_changed_or_taken_away_is_found),
        T(test_a_row_taken_away_from_any_table_is_missed),
        T(test_compartments_taken_out_of_a_record_are_missed),
        T(test_flipped_bytes_never_give_a_wrong_plaintext),
        T(test_t23_an_older_copy_of_the_directory_is_refused),
        T(test_t11_another_key_in_a_colleagues_place_is_refused),
        T(test_t22_an_answer_changed_at_any_byte_is_refused),
        T(test_garbage_gets_an_answer_and_no_entry),
        T(test_a_denied_reading_again_is_the_same_denial),
        T(test_t20_the_same_request_again_is_the_same_entry),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
