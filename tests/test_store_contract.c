/* What store.h promises, run over every engine and every way of wrapping. */
#include "store/store.h"
#include "store/store_fault.h"
#include "tests/support/support.h"

#define N_TABLES 3
#define MARKS 2 /* the table in which run() finds out what became of it */

struct engine {
    const char *name;
    bool lmdb;
    bool wrapped;
    uint32_t conflict_per_1000;
    uint32_t unsure_per_1000;
};

static const struct engine engines[] = {
    {"memory", false, false, 0, 0},
    {"lmdb", true, false, 0, 0},
    {"memory, wrapped", false, true, 0, 0},
    {"lmdb, wrapped", true, true, 0, 0},
    {"memory, flaky", false, true, 150, 150},
    {"lmdb, flaky", true, true, 150, 150},
};

struct fixture {
    const struct engine *engine;
    char dir[PATH_SIZE];
    struct store_fault_plan plan;
    struct store *store;
    uint64_t n_runs;
};

static bool
reopens(const struct fixture *f)
{
    return f->engine->lmdb || f->engine->wrapped;
}

static void
wrap(struct fixture *f, struct store *inner)
{
    if (f->engine->wrapped)
        assert_ok(store_fault_wrap(inner, &f->plan, &f->store));
    else
        f->store = inner;
}

static void
open_first(struct fixture *f)
{
    struct store *inner = NULL;

    if (f->engine->lmdb)
        assert_ok(store_lmdb_open(f->dir, N_TABLES, true, &inner));
    else
        assert_ok(store_memory_open(N_TABLES, &inner));
    wrap(f, inner);
}

/* Close and open again, with a transaction open or not. */
static void
reopen(struct fixture *f)
{
    struct store *inner = f->store;

    assert_true(reopens(f));
    if (f->engine->wrapped)
        inner = store_fault_unwrap(f->store);
    if (f->engine->lmdb) {
        store_close(inner);
        assert_ok(store_lmdb_open(f->dir, N_TABLES, false, &inner));
    }
    wrap(f, inner);
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    f->engine = *state;
    f->plan.seed = 7;
    f->plan.conflict_per_1000 = f->engine->conflict_per_1000;
    f->plan.unsure_per_1000 = f->engine->unsure_per_1000;
    support_dir_make(f->dir);
    open_first(f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    support_dir_remove(f->dir);
    free(f);
    return 0;
}

static struct store_txn *
begin(struct fixture *f, enum store_mode mode)
{
    struct store_txn *txn = NULL;

    assert_ok(store_begin(f->store, mode, &txn));
    assert_non_null(txn);
    return txn;
}

/* Whether the run that left this mark was committed. */
static bool
happened(struct fixture *f, struct bytes mark)
{
    struct store_txn *txn = begin(f, STORE_READ);
    struct bytes got;
    enum sv_err err = store_get(txn, MARKS, bytes_text("mark"), &got);
    bool equal = err == SV_OK && bytes_equal(got, mark);

    assert_true(err == SV_OK || err == SV_ERR_NOT_FOUND);
    assert_ok(store_commit(&txn));
    return equal;
}

/*
 * A transaction that is committed in the end: run again after a conflict;
 * after an unsure commit looked for in the store opened again.
 */
typedef void (*body_fn)(struct store_txn *txn, void *ctx);
static void
run(struct fixture *f, body_fn body, void *ctx)
{
    uint64_t number = ++f->n_runs;
    struct bytes mark = bytes_of(&number, sizeof number);

    for (;;) {
        struct store_txn *txn = begin(f, STORE_WRITE);
        enum sv_err err;

        body(txn, ctx);
        assert_ok(store_put(txn, MARKS, bytes_text("mark"), mark));
        err = store_commit(&txn);
        assert_null(txn);
        if (err == SV_OK)
            return;
        if (err == SV_ERR_UNSURE) {
            reopen(f);
            if (happened(f, mark))
                return;
        } else {
            assert_err(err, SV_ERR_CONFLICT);
        }
    }
}

struct one {
    unsigned table;
    struct bytes key;
    struct bytes value;
};

static void
put_one(struct store_txn *txn, void *ctx)
{
    const struct one *one = ctx;

    assert_ok(store_put(txn, one->table, one->key, one->value));
}

static void
put(struct fixture *f, unsigned table, struct bytes key, struct bytes value)
{
    struct one one = {table, key, value};

    run(f, put_one, &one);
}

static void
put_text(struct fixture *f, const char *key, const char *value)
{
    put(f, 0, bytes_text(key), bytes_text(value));
}

static void
delete_one(struct store_txn *txn, void *ctx)
{
    const struct one *one = ctx;

    assert_ok(store_delete(txn, one->table, one->key));
}

static void
delete_text(struct fixture *f, const char *key)
{
    struct one one = {0, bytes_text(key), {NULL, 0}};

    run(f, delete_one, &one);
}

static void
expect_in(struct store_txn *txn, unsigned table, struct bytes key,
          struct bytes want)
{
    struct bytes got = {NULL, 0};

    assert_ok(store_get(txn, table, key, &got));
    assert_int_equal(got.len, want.len);
    assert_true(bytes_equal(got, want));
}

static void
expect(struct fixture *f, unsigned table, struct bytes key, struct bytes want)
{
    struct store_txn *txn = begin(f, STORE_READ);

    expect_in(txn, table, key, want);
    assert_ok(store_commit(&txn));
}

static void
expect_absent(struct fixture *f, unsigned table, struct bytes key)
{
    struct store_txn *txn = begin(f, STORE_READ);
    struct bytes untouched = bytes_text("untouched");
    struct bytes got = untouched;

    assert_err(store_get(txn, table, key, &got), SV_ERR_NOT_FOUND);
    assert_ptr_equal(got.ptr, untouched.ptr);
    assert_ok(store_commit(&txn));
}

/* What a scan saw, as "key=value " and so on; stops after n. */
struct seen {
    struct buf text;
    size_t n;
    size_t stop_after;
    enum sv_err fail;
};

static enum sv_err
see(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct seen *seen = ctx;

    assert_true(*more);
    assert_ok(buf_append(&seen->text, key));
    assert_ok(buf_text(&seen->text, "="));
    assert_ok(buf_append(&seen->text, value));
    assert_ok(buf_text(&seen->text, " "));
    seen->n++;
    if (seen->n == seen->stop_after && seen->fail != SV_OK)
        return seen->fail;
    *more = seen->n != seen->stop_after;
    return SV_OK;
}

static void
expect_seen(struct seen *seen, const char *want)
{
    struct bytes got = buf_bytes(&seen->text);

    if (!bytes_equal(got, bytes_text(want)))
        fail_msg("saw \"%.*s\", not \"%s\"", (int)got.len,
                 (const char *)got.ptr, want);
    buf_free(&seen->text);
}

static void
expect_scan_in(struct store_txn *txn, unsigned table, const char *from,
               const char *want)
{
    struct seen seen = {BUF_INIT, 0, 0, SV_OK};

    assert_ok(store_scan(txn, table, bytes_text(from), see, &seen));
    expect_seen(&seen, want);
}

static void
expect_scan(struct fixture *f, const char *from, const char *want)
{
    struct store_txn *txn = begin(f, STORE_READ);

    expect_scan_in(txn, 0, from, want);
    assert_ok(store_commit(&txn));
}

static void
test_get_gives_what_was_put(void **state)
{
    struct fixture *f = *state;

    put_text(f, "key", "value");
    expect(f, 0, bytes_text("key"), bytes_text("value"));
    expect_absent(f, 0, bytes_text("ke"));
    expect_absent(f, 0, bytes_text("keys"));
    expect_absent(f, 0, bytes_text("kez"));
}

static void
test_put_overwrites_with_any_other_length(void **state)
{
    static const char *const values[] = {"one", "longer than one", "", "x"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        put_text(f, "key", values[i]);
        expect(f, 0, bytes_text("key"), bytes_text(values[i]));
    }
    expect_scan(f, "", "key=x ");
}

static void
test_delete_removes_and_says_where_there_is_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn;

    put_text(f, "a", "1");
    put_text(f, "b", "2");
    delete_text(f, "a");
    expect_absent(f, 0, bytes_text("a"));
    expect_scan(f, "", "b=2 ");

    txn = begin(f, STORE_WRITE);
    assert_err(store_delete(txn, 0, bytes_text("a")), SV_ERR_NOT_FOUND);
    assert_err(store_delete(txn, 1, bytes_text("b")), SV_ERR_NOT_FOUND);
    expect_in(txn, 0, bytes_text("b"), bytes_text("2")); /* still usable */
    store_abort(&txn);
}

static void
test_tables_are_apart(void **state)
{
    struct fixture *f = *state;

    put(f, 0, bytes_text("key"), bytes_text("zero"));
    put(f, 1, bytes_text("key"), bytes_text("one"));
    expect(f, 0, bytes_text("key"), bytes_text("zero"));
    expect(f, 1, bytes_text("key"), bytes_text("one"));
    delete_text(f, "key");
    expect_absent(f, 0, bytes_text("key"));
    expect(f, 1, bytes_text("key"), bytes_text("one"));
}

static void
test_keys_are_ordered_bytewise_and_shorter_first(void **state)
{
    static const char *const sorted[] = {
        "00",     "0000", "0001", "00ff", "01", "0100", "7f",  "7fff",
        "7fffff", "80",   "8000", "fe",   "ff", "ff00", "ffff"};
    enum { N = sizeof sorted / sizeof *sorted };
    struct fixture *f = *state;
    struct seen seen = {BUF_INIT, 0, 0, SV_OK};
    struct buf want = BUF_INIT;
    struct store_txn *txn;

    for (size_t i = 0; i < N; i++) { /* 7 and N have no common factor */
        struct buf key = support_unhex(sorted[i * 7 % N]);

        put(f, 0, buf_bytes(&key), bytes_text("v"));
        buf_free(&key);
    }
    for (size_t i = 0; i < N; i++) {
        struct buf key = support_unhex(sorted[i]);

        assert_ok(buf_append(&want, buf_bytes(&key)));
        assert_ok(buf_text(&want, "=v "));
        buf_free(&key);
    }
    txn = begin(f, STORE_READ);
    assert_ok(store_scan(txn, 0, bytes_text(""), see, &seen));
    assert_ok(store_commit(&txn));
    assert_int_equal(seen.n, N);
    assert_true(bytes_equal(buf_bytes(&seen.text), buf_bytes(&want)));
    buf_free(&seen.text);
    buf_free(&want);
}

static void
test_scan_begins_at_the_key_or_behind_it(void **state)
{
    static const struct {
        const char *from;
        const char *want;
    } cases[] = {
        {"", "b=1 bb=2 d=3 "},
        {"a", "b=1 bb=2 d=3 "},
        {"b", "b=1 bb=2 d=3 "},
        {"ba", "bb=2 d=3 "},
        {"bb", "bb=2 d=3 "},
        {"bbb", "d=3 "},
        {"d", "d=3 "},
        {"da", ""},
        {"e", ""},
    };
    struct fixture *f = *state;

    expect_scan(f, "", "");
    expect_scan(f, "a", "");
    put_text(f, "d", "3");
    put_text(f, "b", "1");
    put_text(f, "bb", "2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_scan(f, cases[i].from, cases[i].want);
}

static void
test_scan_stops_where_the_callback_says(void **state)
{
    struct fixture *f = *state;
    struct seen stopped = {BUF_INIT, 0, 2, SV_OK};
    struct seen failed = {BUF_INIT, 0, 2, SV_ERR_INTERRUPTED};
    struct store_txn *txn;

    put_text(f, "a", "1");
    put_text(f, "b", "2");
    put_text(f, "c", "3");
    txn = begin(f, STORE_READ);
    assert_ok(store_scan(txn, 0, bytes_text(""), see, &stopped));
    expect_seen(&stopped, "a=1 b=2 ");
    assert_err(store_scan(txn, 0, bytes_text(""), see, &failed),
               SV_ERR_INTERRUPTED);
    expect_seen(&failed, "a=1 b=2 ");
    store_abort(&txn);
}

struct copying {
    struct store_txn *txn;
    size_t n;
};

static enum sv_err
copy_one(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct copying *c = ctx;
    struct bytes got;

    (void)more;
    c->n++;
    assert_ok(store_put(c->txn, 1, key, value));
    assert_ok(store_get(c->txn, 0, bytes_text("b"), &got));
    return store_get(c->txn, 1, bytes_text("z"), &got) == SV_ERR_NOT_FOUND
               ? SV_OK
               : SV_ERR_EXISTS;
}

static void
copy_all(struct store_txn *txn, void *ctx)
{
    struct copying copying = {txn, 0};

    (void)ctx;
    assert_ok(store_scan(txn, 0, bytes_text(""), copy_one, &copying));
    assert_int_equal(copying.n, 2);
    expect_scan_in(txn, 1, "", "a=1 b=2 ");
}

static void
test_a_scan_may_read_and_change_other_tables(void **state)
{
    struct fixture *f = *state;

    put_text(f, "a", "1");
    put_text(f, "b", "2");
    run(f, copy_all, NULL);
    expect(f, 1, bytes_text("b"), bytes_text("2"));
}

static void
test_last_gives_the_highest_key(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn = begin(f, STORE_READ);
    struct bytes key;
    struct bytes value;

    assert_err(store_last(txn, 0, &key, &value), SV_ERR_NOT_FOUND);
    assert_ok(store_commit(&txn));
    put_text(f, "b", "2");
    put_text(f, "c", "");
    put_text(f, "a", "1");
    txn = begin(f, STORE_READ);
    assert_ok(store_last(txn, 0, &key, &value));
    assert_true(bytes_equal(key, bytes_text("c")));
    assert_int_equal(value.len, 0);
    assert_err(store_last(txn, 1, &key, &value), SV_ERR_NOT_FOUND);
    assert_ok(store_commit(&txn));
    delete_text(f, "c");
    txn = begin(f, STORE_READ);
    assert_ok(store_last(txn, 0, &key, &value));
    assert_true(bytes_equal(key, bytes_text("b")));
    assert_true(bytes_equal(value, bytes_text("2")));
    assert_ok(store_commit(&txn));
}

static void
test_lengths_up_to_the_limits_are_kept(void **state)
{
    static const size_t lengths[] = {0,     1,       2000,           2037,
                                     4079,  4080,    4081,           8176,
                                     65536, 1000003, STORE_VALUE_MAX};
    enum { N = sizeof lengths / sizeof *lengths };
    struct fixture *f = *state;
    uint8_t key[STORE_KEY_MAX];
    uint8_t *value = malloc(STORE_VALUE_MAX);

    assert_non_null(value);
    for (size_t i = 0; i < STORE_VALUE_MAX; i++)
        value[i] = (uint8_t)(i * 2654435761U >> 13);
    memset(key, 0xff, sizeof key);
    for (size_t i = 0; i < N; i++)
        put(f, 0, bytes_of(key, STORE_KEY_MAX - i),
            bytes_of(value, lengths[i]));
    if (reopens(f))
        reopen(f);
    for (size_t i = 0; i < N; i++)
        expect(f, 0, bytes_of(key, STORE_KEY_MAX - i),
               bytes_of(value, lengths[i]));
    free(value);
}

static void
test_what_is_out_of_bounds_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t key[STORE_KEY_MAX + 1] = {0};
    uint8_t *big = calloc(1, STORE_VALUE_MAX + 1);
    struct bytes fine = bytes_text("key");
    struct bytes nothing = {NULL, 0};
    struct bytes long_key = BYTES(key);
    struct bytes got;

    assert_non_null(big);
    /* Each in its own transaction, because each ends it. */
#define REFUSED(call)                                                          \
    do {                                                                       \
        struct store_txn *txn = begin(f, STORE_WRITE);                         \
        struct seen seen = {BUF_INIT, 0, 0, SV_OK};                            \
                                                                               \
        (void)seen;                                                            \
        assert_err(call, SV_ERR_RANGE);                                        \
        assert_err(store_commit(&txn), SV_ERR_RANGE);                          \
    } while (0)
    REFUSED(store_put(txn, 0, nothing, fine));
    REFUSED(store_put(txn, 0, long_key, fine));
    REFUSED(store_put(txn, 0, fine, bytes_of(big, STORE_VALUE_MAX + 1)));
    REFUSED(store_put(txn, N_TABLES, fine, fine));
    REFUSED(store_get(txn, 0, nothing, &got));
    REFUSED(store_get(txn, 0, long_key, &got));
    REFUSED(store_get(txn, N_TABLES, fine, &got));
    REFUSED(store_delete(txn, 0, nothing));
    REFUSED(store_delete(txn, 0, long_key));
    REFUSED(store_delete(txn, N_TABLES, fine));
    REFUSED(store_scan(txn, 0, long_key, see, &seen));
    REFUSED(store_scan(txn, N_TABLES, fine, see, &seen));
    REFUSED(store_last(txn, N_TABLES, &got, &got));
#undef REFUSED
    expect_scan(f, "", "");
    free(big);
}

static void
test_a_store_has_one_to_24_tables(void **state)
{
    static const unsigned wrong[] = {0, STORE_TABLES_MAX + 1, UINT32_MAX};
    struct fixture *f = *state;
    struct store *other = NULL;
    char dir[PATH_SIZE];

    support_dir_make(dir);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (f->engine->lmdb)
            assert_err(store_lmdb_open(dir, wrong[i], true, &other),
                       SV_ERR_RANGE);
        else
            assert_err(store_memory_open(wrong[i], &other), SV_ERR_RANGE);
        assert_null(other);
    }
    if (f->engine->lmdb)
        assert_ok(store_lmdb_open(dir, STORE_TABLES_MAX, true, &other));
    else
        assert_ok(store_memory_open(STORE_TABLES_MAX, &other));
    store_close(other);
    support_dir_remove(dir);
}

static void
change_everything(struct store_txn *txn, void *ctx)
{
    (void)ctx;
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("other")));
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("another")));
    assert_ok(store_delete(txn, 0, bytes_text("b")));
    assert_ok(store_put(txn, 0, bytes_text("c"), bytes_text("new")));
    assert_ok(store_put(txn, 0, bytes_text("d"), bytes_text("gone")));
    assert_ok(store_delete(txn, 0, bytes_text("d")));
    assert_ok(store_delete(txn, 0, bytes_text("e")));
    assert_ok(store_put(txn, 0, bytes_text("e"), bytes_text("back")));
}

static void
put_a_b_e(struct fixture *f)
{
    put_text(f, "a", "1");
    put_text(f, "b", "2");
    put_text(f, "e", "5");
}

static void
test_a_transaction_sees_its_own_changes(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn;
    struct bytes got;
    struct bytes key;

    put_a_b_e(f);
    txn = begin(f, STORE_WRITE);
    change_everything(txn, NULL);
    expect_scan_in(txn, 0, "", "a=another c=new e=back ");
    expect_in(txn, 0, bytes_text("a"), bytes_text("another"));
    assert_err(store_get(txn, 0, bytes_text("b"), &got), SV_ERR_NOT_FOUND);
    assert_ok(store_last(txn, 0, &key, &got));
    assert_true(bytes_equal(got, bytes_text("back")));
    store_abort(&txn);
}

static void
test_an_aborted_transaction_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn;

    put_a_b_e(f);
    txn = begin(f, STORE_WRITE);
    change_everything(txn, NULL);
    store_abort(&txn);
    assert_null(txn);
    store_abort(&txn);
    store_abort(NULL);
    expect_scan(f, "", "a=1 b=2 e=5 ");
    run(f, change_everything, NULL);
    expect_scan(f, "", "a=another c=new e=back ");
}

static void
test_a_commit_is_seen_by_the_next_read(void **state)
{
    struct fixture *f = *state;

    put_a_b_e(f);
    expect_scan(f, "", "a=1 b=2 e=5 ");
    run(f, change_everything, NULL);
    expect_scan(f, "", "a=another c=new e=back ");
}

static void
test_a_read_transaction_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn;

    put_text(f, "a", "1");
    txn = begin(f, STORE_READ);
    assert_err(store_put(txn, 0, bytes_text("a"), bytes_text("2")),
               SV_ERR_USAGE);
    store_abort(&txn);
    txn = begin(f, STORE_READ);
    assert_err(store_delete(txn, 0, bytes_text("a")), SV_ERR_USAGE);
    store_abort(&txn);
    expect_scan(f, "", "a=1 ");
}

static void
test_there_is_one_transaction_at_a_time(void **state)
{
    static const enum store_mode modes[] = {STORE_READ, STORE_WRITE};
    struct fixture *f = *state;

    for (size_t i = 0; i < 4; i++) {
        struct store_txn *txn = begin(f, modes[i % 2]);
        struct store_txn *second = NULL;

        assert_err(store_begin(f->store, modes[i / 2], &second), SV_ERR_USAGE);
        assert_null(second);
        store_abort(&txn);
    }
    put_text(f, "a", "1");
    expect_scan(f, "", "a=1 ");
}

static void
test_after_an_error_a_transaction_can_only_be_aborted(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {BUF_INIT, 0, 0, SV_OK};
    struct bytes got = {NULL, 0};
    struct bytes none = {NULL, 0};
    struct bytes key = bytes_text("a");
    struct store_txn *txn = begin(f, STORE_WRITE);

    assert_ok(store_put(txn, 0, key, bytes_text("1")));
    assert_err(store_put(txn, 0, none, none), SV_ERR_RANGE);
    assert_err(store_get(txn, 0, key, &got), SV_ERR_RANGE);
    assert_err(store_put(txn, 0, key, none), SV_ERR_RANGE);
    assert_err(store_delete(txn, 0, key), SV_ERR_RANGE);
    assert_err(store_scan(txn, 0, none, see, &seen), SV_ERR_RANGE);
    assert_err(store_last(txn, 0, &got, &got), SV_ERR_RANGE);
    assert_null(got.ptr);
    assert_err(store_commit(&txn), SV_ERR_RANGE);
    assert_null(txn);
    expect_scan(f, "", "");
}

static void
test_closing_aborts_the_open_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn;

    put_a_b_e(f);
    txn = begin(f, STORE_WRITE);
    change_everything(txn, NULL);
    if (!reopens(f))
        return; /* teardown closes: nothing must leak */
    reopen(f);
    expect_scan(f, "", "a=1 b=2 e=5 ");
    (void)begin(f, STORE_READ);
}

static void
test_what_is_committed_survives_closing(void **state)
{
    struct fixture *f = *state;

    if (!reopens(f))
        skip();
    for (size_t i = 0; i < 3; i++) {
        put_a_b_e(f);
        reopen(f);
        expect_scan(f, "", "a=1 b=2 e=5 ");
        run(f, change_everything, NULL);
        reopen(f);
        expect_scan(f, "", "a=another c=new e=back ");
        delete_text(f, "c");
    }
    store_close(NULL);
}

/* Many keys in one transaction, then every other one deleted in another. */
#define MANY 3000

static struct bytes
many_key(size_t i, char out[static 16])
{
    (void)snprintf(out, 16, "%05zu", i * 1009 % MANY);
    return bytes_text(out);
}

static void
put_many(struct store_txn *txn, void *ctx)
{
    char key[16];

    (void)ctx;
    for (size_t i = 0; i < MANY; i++) {
        struct bytes k = many_key(i, key);

        assert_ok(store_put(txn, 0, k, k));
    }
}

static void
delete_odd(struct store_txn *txn, void *ctx)
{
    char key[16];

    (void)ctx;
    for (size_t i = 0; i < MANY; i++) {
        struct bytes k = many_key(i, key);

        if (k.ptr[4] % 2 == 1)
            assert_ok(store_delete(txn, 0, k));
    }
}

static enum sv_err
expect_next_even(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    size_t *n = ctx;
    char want[16];

    (void)more;
    (void)snprintf(want, sizeof want, "%05zu", *n * 2);
    assert_true(bytes_equal(key, bytes_text(want)));
    assert_true(bytes_equal(value, key));
    ++*n;
    return SV_OK;
}

static void
test_many_keys_stay_in_order(void **state)
{
    struct fixture *f = *state;
    struct store_txn *txn;
    size_t n = 0;

    run(f, put_many, NULL);
    run(f, delete_odd, NULL);
    txn = begin(f, STORE_READ);
    assert_ok(store_scan(txn, 0, bytes_text(""), expect_next_even, &n));
    assert_ok(store_commit(&txn));
    assert_int_equal(n, MANY / 2);
}

static void
test_an_unsure_store_is_dead_until_opened_again(void **state)
{
    struct fixture *f = *state;

    if (!f->engine->wrapped)
        skip();
    for (size_t i = 0; i < 2; i++) {
        struct store_txn *txn;

        f->plan.error = SV_ERR_UNSURE;
        f->plan.unsure_commits = i == 1;
        f->plan.fail_at = f->plan.calls + 3;
        txn = begin(f, STORE_WRITE);
        assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("1")));
        assert_err(store_commit(&txn), SV_ERR_UNSURE);
        assert_null(txn);
        assert_err(store_begin(f->store, STORE_READ, &txn), SV_ERR_UNSURE);
        assert_err(store_begin(f->store, STORE_WRITE, &txn), SV_ERR_UNSURE);
        assert_null(txn);
        f->plan.fail_at = 0;
        reopen(f);
        expect_scan(f, "", i == 1 ? "a=1 " : "");
        put_text(f, "a", "1");
        delete_text(f, "a");
    }
}

/*
 * A model: which of a fixed set of keys, in order, is there with which value.
 * A value is told by its length and first byte.
 */
#define MODEL_KEYS 150
#define MODEL_TXNS 250
#define MODEL_OPS 20

struct model_value {
    bool present;
    uint8_t fill;
    size_t len;
};
struct model {
    struct buf keys[MODEL_KEYS];
    struct model_value now[MODEL_KEYS];  /* committed */
    struct model_value work[MODEL_KEYS]; /* in the transaction under way */
    uint64_t seed;                       /* of that transaction */
    uint64_t random;
    size_t n_ops;
};

static uint64_t
model_random(struct model *m, uint64_t below)
{
    m->random = m->random * 6364136223846793005U + 1442695040888963407U;
    return (m->random >> 33) % below;
}

static int
compare_bufs(const void *a, const void *b)
{
    return bytes_compare(buf_bytes(a), buf_bytes(b));
}

/* Few byte values and all lengths, so that many keys begin alike. */
static void
model_make_keys(struct model *m)
{
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        size_t len = 1 + model_random(m, i % 3 == 0 ? 4 : STORE_KEY_MAX - 2);
        uint8_t *at;

        assert_ok(buf_extend(&m->keys[i], len + 1, &at));
        for (size_t j = 0; j < len; j++)
            at[j] = (uint8_t)(model_random(m, 3) * 127);
        at[len] = (uint8_t)i; /* makes it the only one */
    }
    qsort(m->keys, MODEL_KEYS, sizeof *m->keys, compare_bufs);
}

static void
model_check_one(const struct model_value *want, struct bytes value)
{
    assert_true(want->present);
    assert_int_equal(value.len, want->len);
    for (size_t i = 0; i < value.len; i++)
        assert_int_equal(value.ptr[i], want->fill);
}

static void
model_put(struct model *m, struct store_txn *txn, size_t i)
{
    static const size_t limits[] = {1, 40, 40, 400, 9000};
    static uint8_t raw[9000];
    struct model_value v = {true, (uint8_t)model_random(m, 256),
                            model_random(m, limits[model_random(m, 5)])};

    memset(raw, v.fill, sizeof raw);
    assert_ok(store_put(txn, 0, buf_bytes(&m->keys[i]), bytes_of(raw, v.len)));
    m->work[i] = v;
}

static void
model_get(struct model *m, struct store_txn *txn, size_t i)
{
    struct bytes got;

    if (!m->work[i].present) {
        assert_err(store_get(txn, 0, buf_bytes(&m->keys[i]), &got),
                   SV_ERR_NOT_FOUND);
        return;
    }
    assert_ok(store_get(txn, 0, buf_bytes(&m->keys[i]), &got));
    model_check_one(&m->work[i], got);
}

static void
model_last(struct model *m, struct store_txn *txn)
{
    struct bytes key;
    struct bytes value;
    size_t i = MODEL_KEYS;

    while (i > 0 && !m->work[i - 1].present)
        i--;
    if (i == 0) {
        assert_err(store_last(txn, 0, &key, &value), SV_ERR_NOT_FOUND);
        return;
    }
    assert_ok(store_last(txn, 0, &key, &value));
    assert_true(bytes_equal(key, buf_bytes(&m->keys[i - 1])));
    model_check_one(&m->work[i - 1], value);
}

struct walk {
    struct model *m;
    size_t at;   /* of the next key in the model */
    size_t left; /* before the scan is stopped */
};

static void
walk_to_present(struct walk *w)
{
    while (w->at < MODEL_KEYS && !w->m->work[w->at].present)
        w->at++;
}

static enum sv_err
model_see(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct walk *w = ctx;

    walk_to_present(w);
    assert_true(w->at < MODEL_KEYS);
    assert_true(bytes_equal(key, buf_bytes(&w->m->keys[w->at])));
    model_check_one(&w->m->work[w->at], value);
    w->at++;
    w->left--;
    *more = w->left > 0;
    return SV_OK;
}

/* The model's keys from i on, at most n of them. */
static void
model_scan(struct model *m, struct store_txn *txn, size_t i, size_t n)
{
    struct walk w = {m, i, n};

    assert_ok(store_scan(txn, 0, buf_bytes(&m->keys[i]), model_see, &w));
    if (w.left > 0)
        walk_to_present(&w);
    assert_true(w.left == 0 || w.at == MODEL_KEYS);
}

static void
model_delete(struct model *m, struct store_txn *txn, size_t i)
{
    assert_err(store_delete(txn, 0, buf_bytes(&m->keys[i])),
               m->work[i].present ? SV_OK : SV_ERR_NOT_FOUND);
    m->work[i].present = false;
}

/* The same operations for the same seed, from what is committed. */
static void
model_body(struct store_txn *txn, void *ctx)
{
    struct model *m = ctx;
    size_t n;

    memcpy(m->work, m->now, sizeof m->work);
    m->random = m->seed;
    n = 1 + model_random(m, MODEL_OPS);
    for (size_t j = 0; j < n; j++) {
        size_t i = model_random(m, MODEL_KEYS);
        uint64_t what = model_random(m, 10);

        if (what < 4)
            model_put(m, txn, i);
        else if (what < 7)
            model_delete(m, txn, i);
        else if (what < 8)
            model_get(m, txn, i);
        else if (what < 9)
            model_last(m, txn);
        else
            model_scan(m, txn, i, 1 + model_random(m, MODEL_KEYS));
        m->n_ops++;
    }
}

static void
model_check_all(struct model *m, struct fixture *f)
{
    struct store_txn *txn = begin(f, STORE_READ);

    memcpy(m->work, m->now, sizeof m->work);
    for (size_t i = 0; i < MODEL_KEYS; i++)
        model_get(m, txn, i);
    model_scan(m, txn, 0, MODEL_KEYS + 1);
    model_last(m, txn);
    assert_ok(store_commit(&txn));
}

static void
model_step(struct model *m, struct fixture *f, uint64_t step)
{
    m->seed = step * 7919 + 1;
    if (step % 5 == 4) {
        struct store_txn *txn = begin(f, STORE_WRITE);

        model_body(txn, m);
        store_abort(&txn);
    } else {
        run(f, model_body, m);
        memcpy(m->now, m->work, sizeof m->now);
    }
    if (step % 50 == 49 && reopens(f))
        reopen(f);
    if (step % 10 == 9)
        model_check_all(m, f);
}

static void
test_random_transactions_agree_with_a_model(void **state)
{
    struct fixture *f = *state;
    struct model *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->random = 42;
    model_make_keys(m);
    for (uint64_t step = 0; step < MODEL_TXNS; step++)
        model_step(m, f, step);
    assert_true(m->n_ops > 2000);
    for (size_t i = 0; i < MODEL_KEYS; i++)
        buf_free(&m->keys[i]);
    free(m);
}

/* ---- snapshots ---- */

static struct store_txn *
snapshot(struct fixture *f)
{
    struct store_txn *txn = NULL;

    assert_ok(store_snapshot(f->store, &txn));
    return txn;
}

static void
says(struct store_txn *txn, const char *key, const char *want)
{
    struct bytes got = bytes_of("", 0);
    enum sv_err err = store_get(txn, 0, bytes_text(key), &got);

    if (want == NULL) {
        assert_err(err, SV_ERR_NOT_FOUND);
        return;
    }
    assert_ok(err);
    assert_true(bytes_equal(got, bytes_text(want)));
}

static void
put_first(struct store_txn *txn, void *ctx)
{
    (void)ctx;
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("one")));
    assert_ok(store_put(txn, 0, bytes_text("b"), bytes_text("two")));
}

static void
change_all(struct store_txn *txn, void *ctx)
{
    (void)ctx;
    assert_ok(store_put(txn, 0, bytes_text("a"), bytes_text("changed")));
    assert_ok(store_put(txn, 0, bytes_text("aa"), bytes_text("new")));
    assert_ok(store_delete(txn, 0, bytes_text("b")));
}

static enum sv_err
count_rows(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    (void)key;
    (void)value;
    (void)more;
    ++*(unsigned *)ctx;
    return SV_OK;
}

static void
shows_the_first(struct store_txn *s)
{
    struct bytes key, value;
    unsigned n = 0;

    says(s, "a", "one");
    says(s, "b", "two");
    says(s, "aa", NULL);
    assert_ok(store_scan(s, 0, bytes_of("", 0), count_rows, &n));
    assert_int_equal(n, 2);
    assert_ok(store_last(s, 0, &key, &value));
    assert_true(bytes_equal(key, bytes_text("b")));
}

/* A flaky engine may be opened again in run(), which ends the snapshot. */
static bool
is_flaky(const struct fixture *f)
{
    return f->engine->unsure_per_1000 > 0;
}

static void
test_a_snapshot_stays_what_it_was(void **state)
{
    struct fixture *f = *state;
    struct store_txn *s, *txn;

    run(f, put_first, NULL);
    if (is_flaky(f))
        return;
    s = snapshot(f);
    shows_the_first(s);
    run(f, change_all, NULL);
    shows_the_first(s);
    txn = begin(f, STORE_READ);
    says(txn, "a", "changed");
    shows_the_first(s);
    store_abort(&txn);
    store_abort(&s);
    s = snapshot(f);
    says(s, "a", "changed");
    says(s, "b", NULL);
    store_abort(&s);
}

static void
test_a_snapshot_does_not_see_the_open_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_txn *s, *txn;

    run(f, put_first, NULL);
    txn = begin(f, STORE_WRITE);
    change_all(txn, NULL);
    s = snapshot(f);
    shows_the_first(s);
    says(txn, "a", "changed");
    store_abort(&txn);
    shows_the_first(s);
    store_abort(&s);
}

static void
test_there_is_one_snapshot_and_it_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_txn *s, *other = NULL;

    run(f, put_first, NULL);
    s = snapshot(f);
    assert_err(store_snapshot(f->store, &other), SV_ERR_USAGE);
    assert_err(store_put(s, 0, bytes_text("a"), bytes_text("x")), SV_ERR_USAGE);
    assert_err(store_get(s, 0, bytes_text("a"), &(struct bytes){0}),
               SV_ERR_USAGE);
    store_abort(&s);
    s = snapshot(f);
    shows_the_first(s);
    store_abort(&s);
}

static void
test_closing_ends_the_snapshot(void **state)
{
    struct fixture *f = *state;
    struct store_txn *s;

    run(f, put_first, NULL);
    s = snapshot(f);
    shows_the_first(s);
    if (reopens(f))
        reopen(f); /* otherwise the teardown closes */
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
static const struct CMUnitTest contract[] = {
    CASE(test_get_gives_what_was_put),
    CASE(test_put_overwrites_with_any_other_length),
    CASE(test_delete_removes_and_says_where_there_is_nothing),
    CASE(test_tables_are_apart),
    CASE(test_keys_are_ordered_bytewise_and_shorter_first),
    CASE(test_scan_begins_at_the_key_or_behind_it),
    CASE(test_scan_stops_where_the_callback_says),
    CASE(test_a_scan_may_read_and_change_other_tables),
    CASE(test_last_gives_the_highest_key),
    CASE(test_lengths_up_to_the_limits_are_kept),
    CASE(test_what_is_out_of_bounds_is_refused),
    CASE(test_a_store_has_one_to_24_tables),
    CASE(test_a_transaction_sees_its_own_changes),
    CASE(test_an_aborted_transaction_leaves_nothing),
    CASE(test_a_commit_is_seen_by_the_next_read),
    CASE(test_a_read_transaction_changes_nothing),
    CASE(test_there_is_one_transaction_at_a_time),
    CASE(test_after_an_error_a_transaction_can_only_be_aborted),
    CASE(test_closing_aborts_the_open_transaction),
    CASE(test_what_is_committed_survives_closing),
    CASE(test_many_keys_stay_in_order),
    CASE(test_an_unsure_store_is_dead_until_opened_again),
    CASE(test_random_transactions_agree_with_a_model),
    CASE(test_a_snapshot_stays_what_it_was),
    CASE(test_a_snapshot_does_not_see_the_open_transaction),
    CASE(test_there_is_one_snapshot_and_it_changes_nothing),
    CASE(test_closing_ends_the_snapshot),
};

static int
run_contract(const struct engine *engine)
{
    enum { N = sizeof contract / sizeof *contract };
    struct CMUnitTest tests[N];
    union {
        const struct engine *engine;
        void *state;
    } u = {engine};

    memcpy(tests, contract, sizeof tests);
    for (size_t i = 0; i < N; i++)
        tests[i].initial_state = u.state;
    return cmocka_run_group_tests_name(engine->name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        failed += run_contract(&engines[i]);
    return failed;
}
