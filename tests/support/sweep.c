#include "tests/support/sweep.h"

#include "crypto/cb1.h"
#include "vault/tables.h"

#define ALL UINT32_MAX /* tables */

static enum sv_err
open_faulty(void *ctx, const char *dir, bool create, struct store **out)
{
    struct sweep *s = ctx;
    enum sv_err err = store_lmdb_open(dir, TABLES_N, create, &s->store);

    return err != SV_OK ? err : store_fault_wrap(s->store, &s->plan, out);
}

/* ---- Is it as it was? ---- */

static enum sv_err
note_row(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    (void)more;
    assert_ok(buf_append(ctx, key));
    return buf_append(ctx, value);
}

static void
read_store(const struct sweep *s, uint32_t tables, struct buf *out)
{
    struct store_txn *txn;

    buf_truncate(out, 0);
    assert_ok(store_begin(s->store, STORE_READ, &txn));
    for (unsigned t = 0; t < TABLES_N; t++) {
        if ((tables & UINT32_C(1) << t) != 0)
            assert_ok(store_scan(txn, t, bytes_of("", 0), note_row, out));
    }
    store_abort(&txn);
}

static void
expect_as_before(struct sweep *s, uint32_t tables)
{
    read_store(s, tables, &s->after);
    assert_true(bytes_equal(buf_bytes(&s->before), buf_bytes(&s->after)));
}

/* ---- One request, whose n-th call fails ---- */

enum fault {
    FAILS,
    CONFLICTS,
    SPOILED, /* what is read does not open */
    CUT,     /* by its last byte, in the hand of who has the gate's key */
    LONGER,  /* by one */
    FAULTS_N
};

/* Rows of these say nothing, or nothing to the gate. */
static const uint32_t of_no_form = 1u << TABLE_ENTRY | 1u << TABLE_HASH |
                                   1u << TABLE_ASSIGNED | 1u << TABLE_ASSIGNEE |
                                   1u << TABLE_GRANT | 1u << TABLE_TOKEN |
                                   1u << TABLE_RESULT | 1u << TABLE_LEDGER;

/* The row sealed anew, of another length. */
static enum sv_err
reshape(struct sweep *s, unsigned table, struct bytes key, struct bytes value,
        struct buf *out)
{
    const uint8_t *with = s->v.o.gate_keys.storage.b;
    uint8_t context[1 + STORE_KEY_MAX] = {(uint8_t)table};
    struct bytes where = bytes_of(context, 1 + key.len);
    struct buf plain = BUF_INIT;
    enum sv_err err;

    if ((of_no_form & UINT32_C(1) << table) != 0)
        return SV_ERR_NOT_FOUND;
    memcpy(context + 1, key.ptr, key.len);
    assert_ok(cb1_open(with, "row", where, value, &plain));
    if (s->fault == LONGER)
        assert_ok(buf_text(&plain, "x"));
    else
        buf_truncate(&plain, plain.len - 1);
    err = cb1_seal(&s->v.o.config.rng, with, "row", where, buf_bytes(&plain),
                   out);
    buf_free(&plain);
    return err;
}

static enum sv_err
spoil(void *ctx, unsigned table, struct bytes key, struct bytes value,
      struct buf *out)
{
    struct sweep *s = ctx;

    return s->fault == SPOILED
               ? store_fault_turn_bit(NULL, table, key, value, out)
               : reshape(s, table, key, value, out);
}

/* Was there such a fault? */
static bool
handle(struct sweep *s, struct bytes request, uint64_t n, enum fault fault,
       struct buf *response)
{
    s->fault = fault;
    s->plan.failed = false;
    s->plan.error = fault == CONFLICTS ? SV_ERR_CONFLICT : SV_ERR_IO;
    s->plan.spoil = fault >= SPOILED ? spoil : NULL;
    s->plan.spoil_ctx = s;
    s->plan.fail_at = s->plan.calls + n;
    buf_truncate(response, 0);
    assert_ok(gate_handle(s->v.o.gate, request, response));
    s->plan.fail_at = 0;
    return s->plan.failed;
}

static struct message_answer
answer_of(const struct buf *response)
{
    struct message_answer m;

    assert_ok(message_answer_decode(buf_bytes(response), &m));
    return m;
}

/* What has nothing to be spoiled fails. */
static void
expect_refused(const struct sweep *s, uint64_t n, const struct buf *response)
{
    struct message_answer m = answer_of(response);
    bool right = m.status == SV_ERR_IO ||
                 (s->fault >= SPOILED && m.status == SV_ERR_TAMPERED);

    if (!right || strcmp(m.reason, "store") != 0)
        fail_msg("request %u, call %u, fault %d: \"%s\", %s", s->requests,
                 (unsigned)n, (int)s->fault, err_text(m.status), m.reason);
    assert_int_equal(m.act.entry.len + m.act.head.len + m.act.body.len, 0);
}

/* How many calls it makes until it commits; and then it fails. */
static uint64_t
calls_of(struct sweep *s, struct bytes request)
{
    struct buf response = BUF_INIT;
    uint64_t before = 0;

    read_store(s, ALL, &s->before);
    for (unsigned i = 0; i < 2; i++) { /* hashes are read once */
        before = s->plan.calls;
        s->plan.fail_commit = true;
        assert_true(handle(s, request, UINT64_MAX, FAILS, &response));
        expect_refused(s, 0, &response);
        expect_as_before(s, ALL);
    }
    buf_free(&response);
    return s->plan.calls - before;
}

/* The check makes hundreds that are alike. */
static uint64_t
step_of(const struct sweep *s)
{
    return s->act == ACT_STORE_CHECK ? 13 : 1;
}

static void
fail_each_call(struct sweep *s, struct bytes request, uint64_t calls)
{
    struct buf response = BUF_INIT;

    read_store(s, ALL, &s->before);
    for (uint64_t n = 1; n < calls; n += step_of(s)) {
        assert_true(handle(s, request, n, FAILS, &response));
        expect_refused(s, n, &response);
        expect_as_before(s, ALL);
    }
    buf_free(&response);
}

/* ---- A row that does not open ---- */

static const uint32_t of_the_log = 1u << TABLE_ENTRY | 1u << TABLE_HASH |
                                   1u << TABLE_META | 1u << TABLE_REQUEST |
                                   1u << TABLE_USAGE;

/* The same asked anew, of which no entry is yet. */
static void
sign_anew(struct sweep *s, struct bytes request, struct buf *out)
{
    struct office *o = &s->v.o;
    struct note *note = calloc(1, sizeof *note);
    struct request *r = calloc(1, sizeof *r);
    struct message_request m;
    struct buf text = BUF_INIT;

    assert_non_null(note);
    assert_non_null(r);
    assert_ok(message_request_decode(request, &m));
    assert_ok(request_parse(m.act.note, note, r));
    rng_fill(&o->config.rng, r->id, sizeof r->id);
    o->now_ms += UINT64_C(4) * 60 * 1000; /* so many are allowed an hour */
    r->at_ms = o->now_ms;
    assert_ok(request_sign(r, &office_person(o, r->actor)->keys.sign, &text));
    m.act.note = buf_bytes(&text);
    buf_truncate(out, 0);
    assert_ok(message_act_encode(&m.act, out));
    buf_free(&text);
    free(r);
    free(note);
}

/* An entry that says so, and nothing else.  Is something there?  That is not
 * asked of its form. */
static void
expect_damaged(const struct sweep *s, const struct buf *response)
{
    struct message_answer m = answer_of(response);
    struct entry e;

    assert_ok(entry_parse(m.act.entry, &e));
    assert_true(e.allowed);
    assert_int_equal(e.n_results, 0);
    if (s->fault > SPOILED && e.outcome == OUTCOME_EXISTS)
        return;
    assert_int_equal(e.outcome, OUTCOME_DAMAGED);
    assert_int_equal(m.act.body.len, 0);
}

/* Met while it is done, it is what came of the act; before and behind it is
 * an error like any other. */
static void
damage_each_call(struct sweep *s, struct bytes request, uint64_t calls,
                 enum fault fault)
{
    struct buf again = BUF_INIT, response = BUF_INIT;

    read_store(s, ~of_the_log, &s->before);
    /* All of them within the day of the first. */
    for (uint64_t n = 1; n < calls; n += 1 + calls / 50) {
        sign_anew(s, request, &again);
        assert_true(handle(s, buf_bytes(&again), n, fault, &response));
        if (answer_of(&response).status == SV_OK) {
            expect_damaged(s, &response);
            s->damaged++;
        } else {
            expect_refused(s, n, &response);
        }
        expect_as_before(s, ~of_the_log);
    }
    buf_free(&again);
    buf_free(&response);
}

/* The last call is its commit's, which another's comes before: it is done
 * again, from the beginning, and once. */
static void
fail_its_commit(struct sweep *s, struct bytes request, struct buf *response)
{
    s->plan.fail_commit = true;
    assert_true(handle(s, request, UINT64_MAX, CONFLICTS, response));
    assert_ok(answer_of(response).status);
}

/* ---- The same request again ---- */

static bool
is_shown_again(enum request_act act)
{
    switch (act) {
    case ACT_RECORD_IMPORT: /* which rows are there, or nothing */
    case ACT_RECORD_READ:
    case ACT_RECORD_LIST:
    case ACT_RECORD_FIND:
    case ACT_RECORD_HISTORY:
    case ACT_RELEASE_LIST:
    case ACT_RELEASE_SHOW:
    case ACT_RELEASE_FETCH:
    case ACT_LOG_READ:
    case ACT_STORE_CHECK:
        return true;
    default:
        return false;
    }
}

/* The same entry under the same head, and what it showed or nothing. */
static void
expect_again(const struct sweep *s, const struct buf *response,
             const struct buf *first)
{
    struct message_answer m = answer_of(response), was = answer_of(first);

    assert_ok(m.status);
    assert_true(m.act.index == was.act.index);
    assert_true(bytes_equal(m.act.entry, was.act.entry));
    assert_true(bytes_equal(m.act.head, was.act.head));
    assert_true(bytes_equal(m.act.inclusion, was.act.inclusion));
    assert_true(bytes_equal(m.act.consistency, was.act.consistency));
    if (is_shown_again(s->act))
        assert_true(bytes_equal(m.act.body, was.act.body));
    else
        assert_int_equal(m.act.body.len, 0);
}

/* At each call it fails, or, where that only begins it anew, does not. */
static void
fail_each_call_again(struct sweep *s, struct bytes request,
                     const struct buf *first, enum fault fault)
{
    struct buf response = BUF_INIT;

    read_store(s, ALL, &s->before);
    for (uint64_t n = 1; handle(s, request, n, fault, &response);
         n += step_of(s)) {
        if (fault == CONFLICTS)
            expect_again(s, &response, first);
        else
            expect_refused(s, n, &response);
        expect_as_before(s, ALL);
    }
    expect_again(s, &response, first);
    expect_as_before(s, ALL);
    buf_free(&response);
}

/* ---- A transport that does all of this ---- */

static void
note_act(struct sweep *s, const struct message_request *m)
{
    struct note *note = calloc(1, sizeof *note);
    struct request *r = calloc(1, sizeof *r);

    assert_non_null(note);
    assert_non_null(r);
    assert_ok(request_parse(m->act.note, note, r));
    s->act = r->act;
    s->requests++;
    free(r);
    free(note);
}

/* What comes with some is sealed for one request alone, and the check tells
 * what is damaged. */
static bool
can_be_damaged(enum request_act act)
{
    return act != ACT_COUNTS_PREVIEW && act != ACT_RELEASE_REQUEST &&
           act != ACT_STORE_CHECK;
}

/* Which rows are there: of their form nothing is asked then. */
static unsigned
faults_again(enum request_act act)
{
    if (act == ACT_STORE_CHECK)
        return SPOILED;
    return act == ACT_RECORD_IMPORT ? CUT : FAULTS_N;
}

/* A gate that has just begun reads the log's hashes once more. */
static void
open_again(struct sweep *s)
{
    gate_close(s->v.o.gate);
    assert_ok(office_open(&s->v.o));
}

static enum sv_err
pass(void *ctx, struct bytes request, struct buf *response)
{
    struct sweep *s = ctx;
    struct message_request m;
    uint64_t calls;

    assert_ok(message_request_decode(request, &m));
    if (s->on && m.kind == MESSAGE_ACT)
        note_act(s, &m);
    /* A snapshot's first fault is its last. */
    if (!s->on || m.kind != MESSAGE_ACT || s->act == ACT_BACKUP_READ)
        return gate_handle(s->v.o.gate, request, response);
    calls = calls_of(s, request);
    fail_each_call(s, request, calls);
    for (unsigned f = SPOILED; f < FAULTS_N && can_be_damaged(s->act); f++)
        damage_each_call(s, request, calls, (enum fault)f);
    fail_its_commit(s, request, response);
    for (unsigned f = FAILS; f < faults_again(s->act); f++) {
        if (f == SPOILED && s->act != ACT_BACKUP_OPEN)
            open_again(s);
        fail_each_call_again(s, request, response, (enum fault)f);
    }
    return SV_OK;
}

/* ---- The office ---- */

void
sweep_begin(struct sweep *s)
{
    memset(s, 0, sizeof *s);
    asked_begin(&s->v);
    s->v.o.config.open_store = open_faulty;
    s->v.o.config.store_ctx = s;
    s->v.o.through = (struct transport){pass, s};
}

void
sweep_end(struct sweep *s)
{
    asked_end(&s->v);
    buf_free(&s->before);
    buf_free(&s->after);
}

void
sweep_ready(struct sweep *s)
{
    s->on = false;
    s->requests = s->damaged = 0;
    asked_put_back(&s->v);
    assert_ok(office_open(&s->v.o));
}
