/* Random transactions against a model, over every engine. */
#include "tests/support/engines.h"

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
model_check_all(struct model *m, struct engine_store *f)
{
    struct store_txn *txn = engine_begin(f, STORE_READ);

    memcpy(m->work, m->now, sizeof m->work);
    for (size_t i = 0; i < MODEL_KEYS; i++)
        model_get(m, txn, i);
    model_scan(m, txn, 0, MODEL_KEYS + 1);
    model_last(m, txn);
    assert_ok(store_commit(&txn));
}

static void
model_step(struct model *m, struct engine_store *f, uint64_t step)
{
    m->seed = step * 7919 + 1;
    if (step % 5 == 4) {
        struct store_txn *txn = engine_begin(f, STORE_WRITE);

        model_body(txn, m);
        store_abort(&txn);
    } else {
        engine_run(f, model_body, m);
        memcpy(m->now, m->work, sizeof m->now);
    }
    if (step % 50 == 49 && engine_reopens(f))
        engine_reopen(f);
    if (step % 10 == 9)
        model_check_all(m, f);
}

static void
test_random_transactions_agree_with_a_model(void **state)
{
    struct engine_store *f = *state;
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

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_random_transactions_agree_with_a_model),
    };

    return engines_run(tests, sizeof tests / sizeof *tests);
}
