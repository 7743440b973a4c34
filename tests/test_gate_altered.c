/* Who has the disk, and the gate's key with it, puts other rows into the
 * store: whatever is asked of it then, nobody is shown what was not written,
 * and what was done is noticed. */
#include "tests/support/asked.h"
#include "tests/support/raw.h"

/* Every how many-th case; SV_SHARE=1 takes them all. */
#ifdef __SANITIZE_ADDRESS__
#define SHARE 16
#else
#define SHARE 2
#endif
#define ROWS_MAX 3 /* of a table */
#define STRIDE 5   /* bytes from one altered to the next */

/* ---- What is done to a row ---- */

enum harm {
    CUT,
    EMPTY,
    LONGER,
    ONES,
    OTHER,
    GONE,
    BROKEN,
    LONG_KEY,
    SHORT_KEY,
    HARMS_N
};
static const char *const harms[] = {"cut",    "empty",      "longer",
                                    "ones",   "another's",  "gone",
                                    "broken", "longer key", "shorter key"};

struct row {
    unsigned table;
    struct buf key, value, other; /* other: of the table's next row */
};

struct rows {
    unsigned table;
    size_t n;
    struct buf keys[1024];
};

static enum sv_err
note_row(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct rows *r = ctx;

    (void)value;
    (void)more;
    assert_true(r->n < sizeof r->keys / sizeof r->keys[0]);
    return buf_append(&r->keys[r->n++], key);
}

/* Is it another than before? */
static bool
harm_row(const struct tables *t, const struct row *r, enum harm harm)
{
    struct buf key = BUF_INIT, value = BUF_INIT;
    struct bytes raw;
    bool same;

    assert_ok(buf_append(&key, buf_bytes(&r->key)));
    assert_ok(buf_append(&value, buf_bytes(&r->value)));
    switch (harm) {
    case CUT:
        buf_truncate(&value, value.len - (value.len > 0));
        break;
    case EMPTY:
        buf_truncate(&value, 0);
        break;
    case LONGER:
        assert_ok(buf_text(&value, "x"));
        break;
    case ONES:
        if (value.len > 0)
            memset(value.ptr, 0xff, value.len);
        break;
    case OTHER:
        buf_truncate(&value, 0);
        assert_ok(buf_append(&value, buf_bytes(&r->other)));
        break;
    case LONG_KEY:
        assert_ok(buf_text(&key, "x"));
        break;
    case SHORT_KEY:
        buf_truncate(&key, key.len - 1);
        break;
    case BROKEN:
        assert_ok(store_get(t->txn, r->table, buf_bytes(&key), &raw));
        buf_truncate(&value, 0);
        assert_ok(buf_append(&value, raw));
        value.ptr[value.len / 2] ^= 1;
        break;
    case GONE:
    case HARMS_N:
        break;
    }
    if (harm == GONE)
        assert_ok(tables_delete(t, r->table, buf_bytes(&key)));
    else if (harm == BROKEN)
        assert_ok(
            store_put(t->txn, r->table, buf_bytes(&key), buf_bytes(&value)));
    else
        assert_ok(tables_put(t, r->table, buf_bytes(&key), buf_bytes(&value)));
    same = harm != GONE && bytes_equal(buf_bytes(&key), buf_bytes(&r->key)) &&
           bytes_equal(buf_bytes(&value), buf_bytes(&r->value));
    buf_free(&key);
    buf_free(&value);
    return !same;
}

static void
row_free(struct row *r)
{
    buf_free(&r->key);
    buf_free(&r->value);
    buf_free(&r->other);
}

/* ROWS_MAX rows of a table, from its first to its last. */
static size_t
some_rows(struct asked *v, unsigned table, struct row out[static ROWS_MAX])
{
    struct rows *all = calloc(1, sizeof *all);
    struct raw raw;
    size_t n;

    asked_put_back(v);
    raw = raw_open(&v->o);
    assert_non_null(all);
    assert_ok(
        store_scan(raw.tables.txn, table, bytes_of("", 0), note_row, all));
    n = all->n < ROWS_MAX ? all->n : ROWS_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t at = n < 2 ? 0 : i * (all->n - 1) / (n - 1);
        size_t next = at + 1 < all->n ? at + 1 : 0;

        out[i] = (struct row){.table = table};
        assert_ok(buf_append(&out[i].key, buf_bytes(&all->keys[at])));
        assert_ok(tables_get(&raw.tables, table, buf_bytes(&all->keys[at]),
                             &out[i].value));
        assert_ok(tables_get(&raw.tables, table, buf_bytes(&all->keys[next]),
                             &out[i].other));
    }
    for (size_t i = 0; i < all->n; i++)
        buf_free(&all->keys[i]);
    free(all);
    raw_commit(&raw);
    return n;
}

/* Does the check against the log find anything? */
static bool
is_found(struct asked *v)
{
    struct log_verdict verdict = {0};
    enum sv_err err = office_begin(&v->o, "audit-1");
    bool found;

    if (err == SV_OK)
        err = client_store_verify(office_person(&v->o, "audit-1")->client,
                                  &verdict);
    found = err != SV_OK || verdict.n_findings > 0;
    free(verdict.findings);
    return found;
}

/* Rows whose value says nothing. */
static bool
is_named_only(unsigned table)
{
    return table == TABLE_ASSIGNED || table == TABLE_ASSIGNEE;
}

/* A release that is shown without its figures: its reader sees that. */
static bool
is_seen_to_lack(const struct row *r, enum harm harm, const struct buf *shown,
                const struct buf *honest)
{
    return r->table == TABLE_RESULT && harm == GONE && shown->len < honest->len;
}

/* A gate that lacks a row may know less, and no more than that. */
static bool
is_honest(enum sv_err err, enum harm harm)
{
    bool lacks = harm == GONE || harm == OTHER;

    return err == SV_ERR_TAMPERED || err == SV_ERR_FORMAT ||
           err == SV_ERR_ROLLBACK ||
           (lacks && (err == SV_ERR_NOT_FOUND || err == SV_ERR_DENIED));
}

static bool
is_shown(const struct buf *shown, const struct buf *honest, enum harm harm)
{
    bool lacks = harm == GONE || harm == OTHER || harm == EMPTY;

    return bytes_equal(buf_bytes(shown), buf_bytes(honest)) ||
           (lacks && shown->len < honest->len);
}

struct inquiry {
    struct asked *v;
    struct buf honest[ASKED_ACTS_N]; /* what is shown */
    unsigned n;                      /* cases so far */
};

static void
check_act(struct inquiry *q, size_t act, const struct row *r, enum harm harm,
          bool *noticed)
{
    struct buf shown = BUF_INIT;
    enum sv_err err = asked_ask(q->v, &asked_acts[act], &shown);

    if (err == SV_OK ? !is_shown(&shown, &q->honest[act], harm)
                     : !is_honest(err, harm))
        fail_msg("a row of table %u %s: %s: \"%s\"", r->table, harms[harm],
                 asked_acts[act].name, err_text(err));
    *noticed = *noticed || err != SV_OK ||
               is_seen_to_lack(r, harm, &shown, &q->honest[act]);
    buf_free(&shown);
}

static void
check_harm(struct inquiry *q, const struct row *r, enum harm harm)
{
    struct raw raw;
    enum sv_err err;
    bool changed, noticed;

    asked_put_back(q->v);
    raw = raw_open(&q->v->o);
    changed = harm_row(&raw.tables, r, harm);
    raw_commit(&raw);
    if (!changed || (harm == LONGER && is_named_only(r->table)))
        return;
    err = office_open(&q->v->o);
    noticed = err != SV_OK || is_found(q->v);
    if (err != SV_OK && !is_honest(err, harm))
        fail_msg("a row of table %u %s: \"%s\"", r->table, harms[harm],
                 err_text(err));
    for (size_t a = 0; a < ASKED_ACTS_N && err == SV_OK; a++)
        if ((asked_acts[a].tables & UINT32_C(1) << r->table) != 0)
            check_act(q, a, r, harm, &noticed);
    if (!noticed)
        fail_msg("a row of table %u %s: nobody notices", r->table, harms[harm]);
}

static unsigned
share(void)
{
    const char *wanted = getenv("SV_SHARE");

    return wanted == NULL ? SHARE : (unsigned)strtoul(wanted, NULL, 10);
}

static void
test_a_row_of_another_shape_or_place_shows_nobody_anything_else(void **state)
{
    struct inquiry *q = calloc(1, sizeof *q);

    assert_non_null(q);
    q->v = *state;
    for (size_t a = 0; a < ASKED_ACTS_N; a++) {
        asked_put_back(q->v);
        assert_ok(office_open(&q->v->o));
        assert_ok(asked_ask(q->v, &asked_acts[a], &q->honest[a]));
    }
    for (unsigned table = 0; table < TABLES_N; table++) {
        struct row rows[ROWS_MAX];
        size_t n = some_rows(q->v, table, rows);

        assert_true(n > 0);
        for (size_t i = 0; i < n; i++) {
            for (unsigned harm = 0; harm < HARMS_N; harm++)
                if (q->n++ % share() == 0)
                    check_harm(q, &rows[i], harm);
            row_free(&rows[i]);
        }
    }
    for (size_t a = 0; a < ASKED_ACTS_N; a++)
        buf_free(&q->honest[a]);
    free(q);
}

/* ---- A row of the right shape that says something else ---- */

static void
check_flip(struct asked *v, const struct row *r, size_t at)
{
    struct raw raw;
    struct buf value = BUF_INIT;

    asked_put_back(v);
    raw = raw_open(&v->o);
    assert_ok(buf_append(&value, buf_bytes(&r->value)));
    value.ptr[at] ^= 1;
    assert_ok(tables_put(&raw.tables, r->table, buf_bytes(&r->key),
                         buf_bytes(&value)));
    buf_free(&value);
    raw_commit(&raw);
    if (office_open(&v->o) == SV_OK && !is_found(v))
        fail_msg("byte %zu of a row of table %u: nobody notices", at, r->table);
}

static void
test_each_byte_of_what_the_log_decides_is_compared_with_it(void **state)
{
    static const unsigned tables[] = {TABLE_RECORD, TABLE_USAGE, TABLE_GLASS,
                                      TABLE_FLAG, TABLE_RELEASE};
    struct asked *v = *state;

    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        struct row rows[ROWS_MAX];
        size_t n = some_rows(v, tables[t], rows);

        for (size_t i = 0; i < n; i++) {
            for (size_t at = i; at < rows[i].value.len; at += STRIDE * share())
                check_flip(v, &rows[i], at);
            row_free(&rows[i]);
        }
    }
}

static int
set_up(void **state)
{
    struct asked *v = calloc(1, sizeof *v);

    assert_non_null(v);
    asked_begin(v);
    *state = v;
    return 0;
}

static int
tear_down(void **state)
{
    asked_end(*state);
    free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_row_of_another_shape_or_place_shows_nobody_anything_else),
        TEST(test_each_byte_of_what_the_log_decides_is_compared_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
