/* What store.h promises of rows: their keys, values, order and limits. */
#include "tests/support/engines.h"

static void
test_get_gives_what_was_put(void **state)
{
    struct engine_store *f = *state;

    engine_put_text(f, "key", "value");
    engine_expect(f, 0, bytes_text("key"), bytes_text("value"));
    engine_expect_absent(f, 0, bytes_text("ke"));
    engine_expect_absent(f, 0, bytes_text("keys"));
    engine_expect_absent(f, 0, bytes_text("kez"));
}

static void
test_put_overwrites_with_any_other_length(void **state)
{
    static const char *const values[] = {"one", "longer than one", "", "x"};
    struct engine_store *f = *state;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        engine_put_text(f, "key", values[i]);
        engine_expect(f, 0, bytes_text("key"), bytes_text(values[i]));
    }
    engine_expect_scan(f, "", "key=x ");
}

static void
test_delete_removes_and_says_where_there_is_nothing(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *txn;

    engine_put_text(f, "a", "1");
    engine_put_text(f, "b", "2");
    engine_delete_text(f, "a");
    engine_expect_absent(f, 0, bytes_text("a"));
    engine_expect_scan(f, "", "b=2 ");

    txn = engine_begin(f, STORE_WRITE);
    assert_err(store_delete(txn, 0, bytes_text("a")), SV_ERR_NOT_FOUND);
    assert_err(store_delete(txn, 1, bytes_text("b")), SV_ERR_NOT_FOUND);
    engine_expect_in(txn, 0, bytes_text("b"),
                     bytes_text("2")); /* still usable */
    store_abort(&txn);
}

static void
test_tables_are_apart(void **state)
{
    struct engine_store *f = *state;

    engine_put(f, 0, bytes_text("key"), bytes_text("zero"));
    engine_put(f, 1, bytes_text("key"), bytes_text("one"));
    engine_expect(f, 0, bytes_text("key"), bytes_text("zero"));
    engine_expect(f, 1, bytes_text("key"), bytes_text("one"));
    engine_delete_text(f, "key");
    engine_expect_absent(f, 0, bytes_text("key"));
    engine_expect(f, 1, bytes_text("key"), bytes_text("one"));
}

static void
test_keys_are_ordered_bytewise_and_shorter_first(void **state)
{
    static const char *const sorted[] = {
        "00",     "0000", "0001", "00ff", "01", "0100", "7f",  "7fff",
        "7fffff", "80",   "8000", "fe",   "ff", "ff00", "ffff"};
    enum { N = sizeof sorted / sizeof *sorted };
    struct engine_store *f = *state;
    struct engine_seen seen = {BUF_INIT, 0, 0, SV_OK};
    struct buf want = BUF_INIT;
    struct store_txn *txn;

    for (size_t i = 0; i < N; i++) { /* 7 and N have no common factor */
        struct buf key = support_unhex(sorted[i * 7 % N]);

        engine_put(f, 0, buf_bytes(&key), bytes_text("v"));
        buf_free(&key);
    }
    for (size_t i = 0; i < N; i++) {
        struct buf key = support_unhex(sorted[i]);

        assert_ok(buf_append(&want, buf_bytes(&key)));
        assert_ok(buf_text(&want, "=v "));
        buf_free(&key);
    }
    txn = engine_begin(f, STORE_READ);
    assert_ok(store_scan(txn, 0, bytes_text(""), engine_see, &seen));
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
    struct engine_store *f = *state;

    engine_expect_scan(f, "", "");
    engine_expect_scan(f, "a", "");
    engine_put_text(f, "d", "3");
    engine_put_text(f, "b", "1");
    engine_put_text(f, "bb", "2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        engine_expect_scan(f, cases[i].from, cases[i].want);
}

static void
test_scan_stops_where_the_callback_says(void **state)
{
    struct engine_store *f = *state;
    struct engine_seen stopped = {BUF_INIT, 0, 2, SV_OK};
    struct engine_seen failed = {BUF_INIT, 0, 2, SV_ERR_INTERRUPTED};
    struct store_txn *txn;

    engine_put_text(f, "a", "1");
    engine_put_text(f, "b", "2");
    engine_put_text(f, "c", "3");
    txn = engine_begin(f, STORE_READ);
    assert_ok(store_scan(txn, 0, bytes_text(""), engine_see, &stopped));
    engine_expect_seen(&stopped, "a=1 b=2 ");
    assert_err(store_scan(txn, 0, bytes_text(""), engine_see, &failed),
               SV_ERR_INTERRUPTED);
    engine_expect_seen(&failed, "a=1 b=2 ");
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
    engine_expect_scan_in(txn, 1, "", "a=1 b=2 ");
}

static void
test_a_scan_may_read_and_change_other_tables(void **state)
{
    struct engine_store *f = *state;

    engine_put_text(f, "a", "1");
    engine_put_text(f, "b", "2");
    engine_run(f, copy_all, NULL);
    engine_expect(f, 1, bytes_text("b"), bytes_text("2"));
}

static void
test_last_gives_the_highest_key(void **state)
{
    struct engine_store *f = *state;
    struct store_txn *txn = engine_begin(f, STORE_READ);
    struct bytes key;
    struct bytes value;

    assert_err(store_last(txn, 0, &key, &value), SV_ERR_NOT_FOUND);
    assert_ok(store_commit(&txn));
    engine_put_text(f, "b", "2");
    engine_put_text(f, "c", "");
    engine_put_text(f, "a", "1");
    txn = engine_begin(f, STORE_READ);
    assert_ok(store_last(txn, 0, &key, &value));
    assert_true(bytes_equal(key, bytes_text("c")));
    assert_int_equal(value.len, 0);
    assert_err(store_last(txn, 1, &key, &value), SV_ERR_NOT_FOUND);
    assert_ok(store_commit(&txn));
    engine_delete_text(f, "c");
    txn = engine_begin(f, STORE_READ);
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
    struct engine_store *f = *state;
    uint8_t key[STORE_KEY_MAX];
    uint8_t *value = malloc(STORE_VALUE_MAX);

    assert_non_null(value);
    for (size_t i = 0; i < STORE_VALUE_MAX; i++)
        value[i] = (uint8_t)(i * 2654435761U >> 13);
    memset(key, 0xff, sizeof key);
    for (size_t i = 0; i < N; i++)
        engine_put(f, 0, bytes_of(key, STORE_KEY_MAX - i),
                   bytes_of(value, lengths[i]));
    if (engine_reopens(f))
        engine_reopen(f);
    for (size_t i = 0; i < N; i++)
        engine_expect(f, 0, bytes_of(key, STORE_KEY_MAX - i),
                      bytes_of(value, lengths[i]));
    free(value);
}

static void
test_what_is_out_of_bounds_is_refused(void **state)
{
    struct engine_store *f = *state;
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
        struct store_txn *txn = engine_begin(f, STORE_WRITE);                  \
        struct engine_seen seen = {BUF_INIT, 0, 0, SV_OK};                     \
                                                                               \
        (void)seen;                                                            \
        assert_err(call, SV_ERR_RANGE);                                        \
        assert_err(store_commit(&txn), SV_ERR_RANGE);                          \
    } while (0)
    REFUSED(store_put(txn, 0, nothing, fine));
    REFUSED(store_put(txn, 0, long_key, fine));
    REFUSED(store_put(txn, 0, fine, bytes_of(big, STORE_VALUE_MAX + 1)));
    REFUSED(store_put(txn, ENGINE_TABLES, fine, fine));
    REFUSED(store_get(txn, 0, nothing, &got));
    REFUSED(store_get(txn, 0, long_key, &got));
    REFUSED(store_get(txn, ENGINE_TABLES, fine, &got));
    REFUSED(store_delete(txn, 0, nothing));
    REFUSED(store_delete(txn, 0, long_key));
    REFUSED(store_delete(txn, ENGINE_TABLES, fine));
    REFUSED(store_scan(txn, 0, long_key, engine_see, &seen));
    REFUSED(store_scan(txn, ENGINE_TABLES, fine, engine_see, &seen));
    REFUSED(store_last(txn, ENGINE_TABLES, &got, &got));
#undef REFUSED
    engine_expect_scan(f, "", "");
    free(big);
}

static void
test_a_store_has_one_to_24_tables(void **state)
{
    static const unsigned wrong[] = {0, STORE_TABLES_MAX + 1, UINT32_MAX};
    struct engine_store *f = *state;
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
    struct engine_store *f = *state;
    struct store_txn *txn;
    size_t n = 0;

    engine_run(f, put_many, NULL);
    engine_run(f, delete_odd, NULL);
    txn = engine_begin(f, STORE_READ);
    assert_ok(store_scan(txn, 0, bytes_text(""), expect_next_even, &n));
    assert_ok(store_commit(&txn));
    assert_int_equal(n, MANY / 2);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_get_gives_what_was_put),
        ENGINE_TEST(test_put_overwrites_with_any_other_length),
        ENGINE_TEST(test_delete_removes_and_says_where_there_is_nothing),
        ENGINE_TEST(test_tables_are_apart),
        ENGINE_TEST(test_keys_are_ordered_bytewise_and_shorter_first),
        ENGINE_TEST(test_scan_begins_at_the_key_or_behind_it),
        ENGINE_TEST(test_scan_stops_where_the_callback_says),
        ENGINE_TEST(test_a_scan_may_read_and_change_other_tables),
        ENGINE_TEST(test_last_gives_the_highest_key),
        ENGINE_TEST(test_lengths_up_to_the_limits_are_kept),
        ENGINE_TEST(test_what_is_out_of_bounds_is_refused),
        ENGINE_TEST(test_a_store_has_one_to_24_tables),
        ENGINE_TEST(test_many_keys_stay_in_order),
    };

    return engines_run(tests, sizeof tests / sizeof *tests);
}
