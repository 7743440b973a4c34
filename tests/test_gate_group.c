#include <pthread.h>

#include "audit/entry.h"
#include "store/store_fault.h"
#include "tests/support/office.h"
#include "vault/message.h"
#include "vault/tables.h"

/*
 * Requests that share a transaction: each is decided as if it came alone and
 * behind those before it, all are under one head, and a request that fails
 * takes no other with it.
 */

#define JOBS_MAX 8

struct group {
    struct office o;
    struct store_fault_plan plan;
    struct handle record;
    /* Requests that were caught on their way, and what the gate answered. */
    size_t n;
    struct buf requests[JOBS_MAX];
    struct buf responses[JOBS_MAX];
    struct message_answer answers[JOBS_MAX];
    struct entry entries[JOBS_MAX];
};

static enum sv_err
open_faulty(void *ctx, const char *dir, bool create, struct store **out)
{
    struct store *inner = NULL;
    enum sv_err err = store_lmdb_open(dir, TABLES_N, create, &inner);

    return err != SV_OK ? err : store_fault_wrap(inner, ctx, out);
}

static void
start(struct group *g)
{
    memset(g, 0, sizeof *g);
    office_prepare(&g->o, open_faulty, &g->plan);
    assert_ok(office_found(&g->o));
    assert_ok(office_open(&g->o));
    assert_ok(office_hire(&g->o, "case-1", "caseworker"));
    assert_ok(office_hire(&g->o, "case-2", "caseworker"));
    assert_ok(office_hire(&g->o, "audit-1", "auditor"));
    assert_ok(office_record(&g->o, "case-1", "2022-001", "Yamada", &g->record));
    assert_ok(client_record_assign(office_client(&g->o, "lead-1"), "victim",
                                   &g->record, "case-2", true));
}

static void
forget(struct group *g)
{
    for (size_t i = 0; i < JOBS_MAX; i++) {
        buf_free(&g->requests[i]);
        buf_free(&g->responses[i]);
    }
    g->n = 0;
}

static int
setup(void **state)
{
    struct group *g = calloc(1, sizeof *g);

    assert_non_null(g);
    start(g);
    *state = g;
    return 0;
}

static int
teardown(void **state)
{
    struct group *g = *state;

    forget(g);
    office_free(&g->o);
    free(g);
    return 0;
}

/* ---- Requests caught, and handed over together ---- */

/* Syncs go through; a signed request is kept and not answered. */
static enum sv_err
catch_request(void *ctx, struct bytes request, struct buf *response)
{
    struct group *g = ctx;
    struct message_request m;

    assert_ok(message_request_decode(request, &m));
    if (m.kind == MESSAGE_SYNC)
        return gate_handle(g->o.gate, request, response);
    assert_true(g->n < JOBS_MAX);
    assert_ok(buf_append(&g->requests[g->n++], request));
    return SV_ERR_INTERRUPTED;
}

/* A session whose requests are caught. */
static struct client *
catching(struct group *g, const char *name)
{
    struct office *o = &g->o;
    struct colleague *p = office_person(o, name);
    struct client_config config = {
        {catch_request, g}, o->config.clock, o->config.rng, o->arena};
    struct client_hello hello;
    struct client *c;
    struct pin pin;

    pin_init(&pin);
    pin.vault = o->vault;
    assert_ok(client_new(&config, &c));
    assert_ok(client_hello(c, &hello));
    assert_ok(client_begin(c, &p->card, &p->identity, &pin));
    pin_clear(&pin);
    return c;
}

static void
ask_read(struct group *g, const char *name)
{
    struct client *c = catching(g, name);
    const char *identity = "identity";
    struct record_view v = {0};

    assert_err(client_record_read(c, "victim", &g->record, 1, &identity, &v),
               SV_ERR_INTERRUPTED);
    client_free(c);
}

static void
ask_unassign(struct group *g, const char *person)
{
    struct client *c = catching(g, "lead-1");

    assert_err(client_record_assign(c, "victim", &g->record, person, false),
               SV_ERR_INTERRUPTED);
    client_free(c);
}

static void
ask_revoke(struct group *g, const char *person)
{
    struct client *c = catching(g, "admin-1");

    assert_err(client_staff_revoke(c, person, "caseworker"),
               SV_ERR_INTERRUPTED);
    client_free(c);
}

static void
ask_suspend(struct group *g, const char *person)
{
    struct client *c = catching(g, "admin-1");

    assert_err(client_staff_suspend(c, person), SV_ERR_INTERRUPTED);
    client_free(c);
}

static void
ask_create(struct group *g, const char *name, const char *case_no)
{
    struct colleague *p = office_person(&g->o, name);
    struct client *usual = p->client;
    struct handle h;

    p->client = catching(g, name);
    assert_err(office_record(&g->o, name, case_no, "Sato", &h),
               SV_ERR_INTERRUPTED);
    client_free(p->client);
    p->client = usual;
}

/* All that was caught, in one call, in the order in which it was. */
static void
run(struct group *g)
{
    struct gate_job *jobs[JOBS_MAX];

    for (size_t i = 0; i < g->n; i++) {
        buf_free(&g->responses[i]);
        assert_ok(
            gate_job_new(g->o.gate, buf_bytes(&g->requests[i]), &jobs[i]));
        gate_prepare(jobs[i]);
    }
    gate_run(g->o.gate, jobs, g->n);
    for (size_t i = 0; i < g->n; i++) {
        struct message_answer *a = &g->answers[i];

        assert_ok(gate_finish(jobs[i], &g->responses[i]));
        gate_job_free(jobs[i]);
        assert_ok(message_answer_decode(buf_bytes(&g->responses[i]), a));
        if (a->status == SV_OK)
            assert_ok(entry_parse(a->act.entry, &g->entries[i]));
    }
}

static void
assert_done(const struct group *g, size_t i)
{
    assert_ok(g->answers[i].status);
    assert_true(g->entries[i].allowed);
    assert_int_equal(g->entries[i].outcome, OUTCOME_DONE);
}

static void
assert_denied(const struct group *g, size_t i, const char *rule)
{
    assert_ok(g->answers[i].status);
    assert_false(g->entries[i].allowed);
    assert_string_equal(g->entries[i].rule, rule);
    assert_int_equal(g->answers[i].act.body.len, 0);
}

/* ---- Tests ---- */

static void
test_all_are_under_one_head_in_their_order(void **state)
{
    struct group *g = *state;

    ask_read(g, "case-1");
    ask_create(g, "case-1", "2022-002");
    ask_read(g, "case-2");
    ask_create(g, "case-2", "2022-003");
    run(g);
    for (size_t i = 0; i < g->n; i++) {
        assert_done(g, i);
        assert_int_equal(g->answers[i].act.index, g->answers[0].act.index + i);
        assert_true(
            bytes_equal(g->answers[i].act.head, g->answers[0].act.head));
    }
    assert_true(g->answers[0].act.body.len > 0);
    office_verify(&g->o);
}

/* A transport that is one of several: it waits until all have asked. */
struct meeting {
    struct group *group;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t expected;
    size_t asked, answered;
    struct {
        struct bytes request;
        struct buf *response;
    } at[JOBS_MAX];
};

static void
serve(struct meeting *m)
{
    struct gate *gate = m->group->o.gate;
    struct gate_job *jobs[JOBS_MAX];

    for (size_t i = 0; i < m->expected; i++) {
        assert_ok(gate_job_new(gate, m->at[i].request, &jobs[i]));
        gate_prepare(jobs[i]);
    }
    gate_run(gate, jobs, m->expected);
    for (size_t i = 0; i < m->expected; i++) {
        assert_ok(gate_finish(jobs[i], m->at[i].response));
        gate_job_free(jobs[i]);
    }
}

static enum sv_err
meet(void *ctx, struct bytes request, struct buf *response)
{
    struct meeting *m = ctx;
    size_t round;

    (void)pthread_mutex_lock(&m->lock);
    round = m->answered;
    m->at[m->asked].request = request;
    m->at[m->asked].response = response;
    if (++m->asked == m->expected) {
        serve(m);
        m->asked = 0;
        m->answered++;
        (void)pthread_cond_broadcast(&m->changed);
    }
    while (m->answered == round)
        (void)pthread_cond_wait(&m->changed, &m->lock);
    (void)pthread_mutex_unlock(&m->lock);
    return SV_OK;
}

struct desk {
    struct meeting *meeting;
    struct client_config config;
    struct colleague *who;
    enum sv_err err;
};

/* A whole session, each of whose messages shares its transaction. */
static void *
work(void *ctx)
{
    struct desk *d = ctx;
    struct group *g = d->meeting->group;
    struct client *c = NULL;
    struct client_hello hello;
    struct record_view v = {0};
    struct pin pin;

    pin_init(&pin);
    pin.vault = g->o.vault;
    d->err = client_new(&d->config, &c);
    if (d->err == SV_OK)
        d->err = client_hello(c, &hello);
    if (d->err == SV_OK)
        d->err = client_begin(c, &d->who->card, &d->who->identity, &pin);
    for (int i = 0; i < 10 && d->err == SV_OK; i++) {
        d->err = client_record_read(c, "victim", &g->record, 0, NULL, &v);
        record_view_free(&v);
    }
    client_free(c);
    pin_clear(&pin);
    return NULL;
}

static void
test_each_client_accepts_what_came_in_company(void **state)
{
    struct group *g = *state;
    struct meeting m = {.group = g, .expected = 4};
    const char *const names[] = {"case-1", "case-2", "case-1", "case-2"};
    struct desk desks[4];
    struct arena *arenas[4];
    pthread_t threads[4];

    (void)pthread_mutex_init(&m.lock, NULL);
    (void)pthread_cond_init(&m.changed, NULL);
    for (size_t i = 0; i < 4; i++) {
        assert_ok(arena_new((size_t)1 << 18, &arenas[i]));
        desks[i] = (struct desk){
            .meeting = &m,
            .config = {{meet, &m}, g->o.config.clock, rng_system(), arenas[i]},
            .who = office_person(&g->o, names[i])};
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &desks[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_ok(desks[i].err);
        arena_free(arenas[i]);
    }
    (void)pthread_cond_destroy(&m.changed);
    (void)pthread_mutex_destroy(&m.lock);
    office_verify(&g->o);
}

static void
test_who_is_unassigned_before_her_in_the_group_is_denied(void **state)
{
    struct group *g = *state;

    ask_read(g, "case-2");
    ask_unassign(g, "case-2");
    ask_read(g, "case-2");
    run(g);
    assert_done(g, 0);
    assert_true(g->answers[0].act.body.len > 0);
    assert_done(g, 1);
    assert_denied(g, 2, "not-assigned");
    office_verify(&g->o);
}

static void
test_who_is_revoked_before_her_in_the_group_is_denied(void **state)
{
    struct group *g = *state;

    ask_read(g, "case-2");
    ask_revoke(g, "case-2");
    ask_read(g, "case-2");
    ask_read(g, "case-1");
    run(g);
    assert_done(g, 0);
    assert_done(g, 1);
    assert_denied(g, 2, "no-role");
    assert_done(g, 3);
    /* The head that a roster entry ends is not that of those behind it. */
    assert_true(bytes_equal(g->answers[0].act.head, g->answers[1].act.head));
    assert_false(bytes_equal(g->answers[1].act.head, g->answers[2].act.head));
    office_verify(&g->o);
}

static void
test_who_is_suspended_before_her_in_the_group_is_denied(void **state)
{
    struct group *g = *state;

    ask_suspend(g, "case-2");
    ask_read(g, "case-2");
    run(g);
    assert_done(g, 0);
    assert_denied(g, 1, "suspended");
    office_verify(&g->o);
}

/* Her request was taken for hers when it came; since then she has others. */
static void
test_who_has_other_keys_before_her_in_the_group_is_nobody(void **state)
{
    struct group *g = *state;
    struct client *c;
    struct card card;

    card_of(&office_person(&g->o, "spare-1")->keys, "case-2", &card);
    assert_ok(client_staff_replace(office_client(&g->o, "admin-1"), &card));
    c = catching(g, "lead-1");
    assert_err(client_staff_confirm(c, client_roster(c)->proposals[0].index),
               SV_ERR_INTERRUPTED);
    client_free(c);
    ask_read(g, "case-2");
    ask_read(g, "case-1");
    run(g);
    assert_done(g, 0);
    assert_err(g->answers[1].status, SV_ERR_DENIED);
    assert_string_equal(g->answers[1].reason, "signature");
    assert_done(g, 2);
    office_verify(&g->o);
}

static void
ask_list(struct group *g, const char *name)
{
    struct client *c = catching(g, name);
    struct record_list l = {0};

    assert_err(client_record_list(c, "victim", UINT64_MAX, PIN_LIST_MAX, &l),
               SV_ERR_INTERRUPTED);
    client_free(c);
}

/* What a list shows is looked up when its group is whole: she still has the
 * record that is taken from her behind it. */
static void
test_nobody_sees_what_a_later_request_of_the_group_did(void **state)
{
    struct group *g = *state;

    ask_list(g, "case-2");
    ask_unassign(g, "case-2");
    ask_list(g, "case-2");
    run(g);
    for (size_t i = 0; i < g->n; i++)
        assert_done(g, i);
    assert_true(g->answers[0].act.body.len > g->answers[2].act.body.len);
    assert_false(bytes_equal(g->answers[0].act.head, g->answers[1].act.head));
    office_verify(&g->o);
}

static void
test_the_same_request_twice_in_a_group_is_one_entry(void **state)
{
    struct group *g = *state;

    ask_create(g, "case-1", "2022-002");
    assert_ok(buf_append(&g->requests[g->n++], buf_bytes(&g->requests[0])));
    run(g);
    assert_done(g, 0);
    assert_done(g, 1);
    assert_int_equal(g->answers[0].act.index, g->answers[1].act.index);
    office_verify(&g->o);
}

static void
test_a_number_taken_within_the_group_is_a_duplicate(void **state)
{
    struct group *g = *state;

    ask_create(g, "case-1", "2022-002");
    ask_create(g, "case-2", "2022-002");
    run(g);
    assert_done(g, 0);
    assert_ok(g->answers[1].status);
    assert_int_equal(g->entries[1].outcome, OUTCOME_DUPLICATE);
    office_verify(&g->o);
}

static void
test_junk_in_a_group_is_refused_alone(void **state)
{
    struct group *g = *state;

    ask_read(g, "case-1");
    assert_ok(buf_text(&g->requests[g->n++], "junk"));
    ask_read(g, "case-2");
    assert_ok(buf_append(&g->requests[g->n++], buf_bytes(&g->requests[0])));
    g->requests[3].ptr[g->requests[3].len / 2] ^= 1;
    run(g);
    assert_done(g, 0);
    assert_err(g->answers[1].status, SV_ERR_FORMAT);
    assert_done(g, 2);
    assert_int_not_equal(g->answers[3].status, SV_OK);
    office_verify(&g->o);
}

static enum sv_err
compare_entry(void *ctx, uint64_t index, struct bytes entry)
{
    const struct act_answer *a = ctx;

    assert_int_equal(index, a->index);
    assert_true(bytes_equal(entry, a->entry));
    return SV_OK;
}

/* What was answered is in the log of the next gate; how many were. */
static size_t
check_answers(struct group *g)
{
    struct client *auditor = office_client(&g->o, "audit-1");
    size_t answered = 0;

    for (size_t i = 0; i < g->n; i++) {
        struct act_answer *a = &g->answers[i].act;

        if (g->answers[i].status != SV_OK)
            continue;
        answered++;
        if (a->body.len > 0)
            assert_true(g->entries[i].allowed &&
                        g->entries[i].outcome == OUTCOME_DONE);
        assert_ok(client_log_read(auditor, a->index, 1, compare_entry, a));
    }
    return answered;
}

/*
 * Fail the n-th store call for every n.  Who is answered has her entry;
 * content comes with nothing less; and one fault that does not come back
 * costs at most one request, or with the commit all of them.
 */
static void
fail_every_call(struct group *g, enum sv_err error, bool happens)
{
    uint64_t n = 0;

    do {
        size_t answered;

        forget(g);
        if (n % 15 == 14) { /* logs that grow make the checks slow */
            office_free(&g->o);
            start(g);
        }
        ask_read(g, "case-1");
        ask_unassign(g, "case-2");
        ask_read(g, "case-2");
        g->plan.failed = false;
        g->plan.error = error;
        g->plan.unsure_commits = happens;
        g->plan.fail_at = g->plan.calls + ++n;
        run(g);
        g->plan.fail_at = 0;
        office_close(&g->o);
        assert_ok(office_open(&g->o));
        answered = check_answers(g);
        assert_true(answered == 0 || answered >= g->n - 1);
        office_verify(&g->o);
        (void)client_record_assign(office_client(&g->o, "lead-1"), "victim",
                                   &g->record, "case-2", true);
    } while (g->plan.failed);
    assert_true(n > 20);
}

static void
test_every_failing_call_of_a_group(void **state)
{
    fail_every_call(*state, SV_ERR_IO, false);
}

static void
test_every_unsure_commit_of_a_group_that_happened(void **state)
{
    fail_every_call(*state, SV_ERR_UNSURE, true);
}

static void
test_every_unsure_commit_of_a_group_that_did_not(void **state)
{
    fail_every_call(*state, SV_ERR_UNSURE, false);
}

/* A row that does not open, met when something is written already: what was
 * written goes, and the entry says that it is damaged. */
static void
test_every_damaged_row_of_a_group(void **state)
{
    fail_every_call(*state, SV_ERR_TAMPERED, false);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_all_are_under_one_head_in_their_order),
        T(test_each_client_accepts_what_came_in_company),
        T(test_who_is_unassigned_before_her_in_the_group_is_denied),
        T(test_who_is_revoked_before_her_in_the_group_is_denied),
        T(test_who_is_suspended_before_her_in_the_group_is_denied),
        T(test_who_has_other_keys_before_her_in_the_group_is_nobody),
        T(test_nobody_sees_what_a_later_request_of_the_group_did),
        T(test_the_same_request_twice_in_a_group_is_one_entry),
        T(test_a_number_taken_within_the_group_is_a_duplicate),
        T(test_junk_in_a_group_is_refused_alone),
        T(test_every_failing_call_of_a_group),
        T(test_every_damaged_row_of_a_group),
        T(test_every_unsure_commit_of_a_group_that_happened),
        T(test_every_unsure_commit_of_a_group_that_did_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
