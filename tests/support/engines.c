#include "tests/support/engines.h"

#define MARKS 2 /* the table in which engine_run() looks what became of it */

static const struct engine engines[] = {
    {"memory", false, false, 0, 0},
    {"lmdb", true, false, 0, 0},
    {"memory, wrapped", false, true, 0, 0},
    {"lmdb, wrapped", true, true, 0, 0},
    {"memory, flaky", false, true, 150, 150},
    {"lmdb, flaky", true, true, 150, 150},
};

bool
engine_reopens(const struct engine_store *f)
{
    return f->engine->lmdb || f->engine->wrapped;
}

static void
wrap(struct engine_store *f, struct store *inner)
{
    if (f->engine->wrapped)
        assert_ok(store_fault_wrap(inner, &f->plan, &f->store));
    else
        f->store = inner;
}

static void
open_first(struct engine_store *f)
{
    struct store *inner = NULL;

    if (f->engine->lmdb)
        assert_ok(store_lmdb_open(f->dir, ENGINE_TABLES, true, &inner));
    else
        assert_ok(store_memory_open(ENGINE_TABLES, &inner));
    wrap(f, inner);
}

void
engine_reopen(struct engine_store *f)
{
    struct store *inner = f->store;

    assert_true(engine_reopens(f));
    if (f->engine->wrapped)
        inner = store_fault_unwrap(f->store);
    if (f->engine->lmdb) {
        store_close(inner);
        assert_ok(store_lmdb_open(f->dir, ENGINE_TABLES, false, &inner));
    }
    wrap(f, inner);
}

int
engine_set_up(void **state)
{
    struct engine_store *f = calloc(1, sizeof *f);

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

int
engine_tear_down(void **state)
{
    struct engine_store *f = *state;

    store_close(f->store);
    support_dir_remove(f->dir);
    free(f);
    return 0;
}

struct store_txn *
engine_begin(struct engine_store *f, enum store_mode mode)
{
    struct store_txn *txn = NULL;

    assert_ok(store_begin(f->store, mode, &txn));
    assert_non_null(txn);
    return txn;
}

/* Whether the run that left this mark was committed. */
static bool
happened(struct engine_store *f, struct bytes mark)
{
    struct store_txn *txn = engine_begin(f, STORE_READ);
    struct bytes got;
    enum sv_err err = store_get(txn, MARKS, bytes_text("mark"), &got);
    bool equal = err == SV_OK && bytes_equal(got, mark);

    assert_true(err == SV_OK || err == SV_ERR_NOT_FOUND);
    assert_ok(store_commit(&txn));
    return equal;
}

void
engine_run(struct engine_store *f, engine_body_fn body, void *ctx)
{
    uint64_t number = ++f->n_runs;
    struct bytes mark = bytes_of(&number, sizeof number);

    for (;;) {
        struct store_txn *txn = engine_begin(f, STORE_WRITE);
        enum sv_err err;

        body(txn, ctx);
        assert_ok(store_put(txn, MARKS, bytes_text("mark"), mark));
        err = store_commit(&txn);
        assert_null(txn);
        if (err == SV_OK)
            return;
        if (err == SV_ERR_UNSURE) {
            engine_reopen(f);
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

void
engine_put(struct engine_store *f, unsigned table, struct bytes key,
           struct bytes value)
{
    struct one one = {table, key, value};

    engine_run(f, put_one, &one);
}

void
engine_put_text(struct engine_store *f, const char *key, const char *value)
{
    engine_put(f, 0, bytes_text(key), bytes_text(value));
}

static void
delete_one(struct store_txn *txn, void *ctx)
{
    const struct one *one = ctx;

    assert_ok(store_delete(txn, one->table, one->key));
}

void
engine_delete_text(struct engine_store *f, const char *key)
{
    struct one one = {0, bytes_text(key), {NULL, 0}};

    engine_run(f, delete_one, &one);
}

void
engine_expect_in(struct store_txn *txn, unsigned table, struct bytes key,
                 struct bytes want)
{
    struct bytes got = {NULL, 0};

    assert_ok(store_get(txn, table, key, &got));
    assert_int_equal(got.len, want.len);
    assert_true(bytes_equal(got, want));
}

void
engine_expect(struct engine_store *f, unsigned table, struct bytes key,
              struct bytes want)
{
    struct store_txn *txn = engine_begin(f, STORE_READ);

    engine_expect_in(txn, table, key, want);
    assert_ok(store_commit(&txn));
}

void
engine_expect_absent_in(struct store_txn *txn, unsigned table, struct bytes key)
{
    struct bytes untouched = bytes_text("untouched");
    struct bytes got = untouched;

    assert_err(store_get(txn, table, key, &got), SV_ERR_NOT_FOUND);
    assert_ptr_equal(got.ptr, untouched.ptr);
}

void
engine_expect_absent(struct engine_store *f, unsigned table, struct bytes key)
{
    struct store_txn *txn = engine_begin(f, STORE_READ);

    engine_expect_absent_in(txn, table, key);
    assert_ok(store_commit(&txn));
}

enum sv_err
engine_see(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct engine_seen *seen = ctx;

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

void
engine_expect_seen(struct engine_seen *seen, const char *want)
{
    struct bytes got = buf_bytes(&seen->text);

    if (!bytes_equal(got, bytes_text(want)))
        fail_msg("saw \"%.*s\", not \"%s\"", (int)got.len,
                 (const char *)got.ptr, want);
    buf_free(&seen->text);
}

void
engine_expect_scan_in(struct store_txn *txn, unsigned table, const char *from,
                      const char *want)
{
    struct engine_seen seen = {BUF_INIT, 0, 0, SV_OK};

    assert_ok(store_scan(txn, table, bytes_text(from), engine_see, &seen));
    engine_expect_seen(&seen, want);
}

void
engine_expect_scan(struct engine_store *f, const char *from, const char *want)
{
    struct store_txn *txn = engine_begin(f, STORE_READ);

    engine_expect_scan_in(txn, 0, from, want);
    assert_ok(store_commit(&txn));
}

static int
run_over(const struct engine *engine, const struct CMUnitTest *tests, size_t n)
{
    union {
        const struct engine *engine;
        void *state;
    } u = {engine};
    struct CMUnitTest *own = calloc(n, sizeof *own);
    int n_failed;

    if (own == NULL)
        abort();
    memcpy(own, tests, n * sizeof *own);
    for (size_t i = 0; i < n; i++)
        own[i].initial_state = u.state;
    n_failed = _cmocka_run_group_tests(engine->name, own, n, NULL, NULL);
    free(own);
    return n_failed;
}

int
engines_run(const struct CMUnitTest *tests, size_t n)
{
    int n_failed = 0;

    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        n_failed += run_over(&engines[i], tests, n);
    return n_failed;
}
