#include "store/store_fault.h"
#include "tests/support/office.h"
#include "vault/tables.h"

/*
 * Every store call fails once, for each kind of work: nothing is released
 * without its durable entry, nothing acknowledged is lost, the next try
 * works, and the log verifies afterwards.
 */

static enum sv_err
open_faulty(void *ctx, const char *dir, bool create, struct store **out)
{
    struct store *inner = NULL;
    enum sv_err err = store_lmdb_open(dir, TABLES_N, create, &inner);

    if (err != SV_OK)
        return err;
    return store_fault_wrap(inner, ctx, out);
}

struct faulty {
    struct office o;
    struct store_fault_plan plan;
    struct handle record; /* a record that must stay as it is */
    unsigned written;     /* records acknowledged */
    unsigned tries;       /* records asked for */
    unsigned imported;    /* likewise, in batches */
    unsigned released;    /* readings acknowledged */
};

/* A fresh office: logs that grow make the checks slow. */
static void
renew(struct faulty *f)
{
    memset(f, 0, sizeof *f);
    office_prepare(&f->o, open_faulty, &f->plan);
    assert_ok(office_found(&f->o));
    assert_ok(office_open(&f->o));
    assert_ok(office_hire(&f->o, "case-1", "caseworker"));
    assert_ok(office_hire(&f->o, "audit-1", "auditor"));
    assert_ok(office_record(&f->o, "case-1", "2022-001", "Yamada", &f->record));
    f->written = 1;
}

static int
setup(void **state)
{
    struct faulty *f = calloc(1, sizeof *f);

    renew(f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct faulty *f = *state;

    f->plan.fail_at = 0;
    office_free(&f->o);
    free(f);
    return 0;
}

static void
arm(struct faulty *f, uint64_t n, enum sv_err error, bool happens)
{
    f->plan.failed = false;
    f->plan.error = error;
    f->plan.unsure_commits = happens;
    f->plan.fail_at = f->plan.calls + n;
}

static void
disarm(struct faulty *f)
{
    f->plan.fail_at = 0;
}

/* How many records were made, and how often they were read, by the log. */
struct tally {
    unsigned created; /* item entries count too */
    unsigned read;
};

static enum sv_err
tally_entry(void *ctx, uint64_t index, struct bytes text)
{
    struct tally *t = ctx;
    struct note *note = calloc(1, sizeof *note);
    struct request *r = calloc(1, sizeof *r);
    struct entry e;

    (void)index;
    assert_ok(entry_parse(text, &e));
    t->created += e.kind == ENTRY_ITEM;
    if (e.kind == ENTRY_REQUEST && e.allowed && e.outcome == OUTCOME_DONE) {
        assert_ok(request_parse(e.note, note, r));
        t->created += r->act == ACT_RECORD_CREATE;
        t->read += r->act == ACT_RECORD_READ;
    }
    free(note);
    free(r);
    return SV_OK;
}

static struct tally
in_log(struct faulty *f)
{
    struct tally t = {0, 0};

    assert_ok(client_log_read(office_client(&f->o, "audit-1"), 0, UINT64_MAX,
                              tally_entry, &t));
    return t;
}

static unsigned
in_store(struct faulty *f)
{
    struct record_list l = {0};
    unsigned n;

    assert_ok(client_record_list(office_client(&f->o, "case-1"), "victim",
                                 UINT64_MAX, PIN_LIST_MAX, &l));
    n = (unsigned)l.n;
    record_list_free(&l);
    return n;
}

/* What must hold after every fault, in this gate and in the next. */
static void
check(struct faulty *f)
{
    struct record_view v = {0};
    struct tally logged;
    struct buf name;
    unsigned stored;

    disarm(f);
    office_close(&f->o);
    assert_ok(office_open(&f->o));
    assert_ok(client_record_read(office_client(&f->o, "case-1"), "victim",
                                 &f->record, 0, NULL, &v));
    f->released++;
    name = office_field(&v, "identity", "family_name");
    assert_string_equal((const char *)name.ptr, "Yamada");
    buf_free(&name);
    record_view_free(&v);
    stored = in_store(f);
    logged = in_log(f);
    assert_true(stored >= f->written + f->imported);
    assert_int_equal(stored, logged.created);
    assert_true(logged.read >= f->released);
    office_verify(&f->o);
}

/* One piece of work.  SV_OK means that it was acknowledged. */
typedef enum sv_err (*work_fn)(struct faulty *f);

static enum sv_err
work_write(struct faulty *f)
{
    struct handle h;
    char number[24];
    enum sv_err err;

    /* Another each time: no two records share one. */
    (void)snprintf(number, sizeof number, "2022-%u", 100 + f->tries++);
    err = office_record(&f->o, "case-1", number, "Sato", &h);
    f->written += err == SV_OK;
    return err;
}

static enum sv_err
work_read(struct faulty *f)
{
    struct record_view v = {0};
    enum sv_err err = office_begin(&f->o, "case-1");

    if (err != SV_OK)
        return err;
    err = client_record_read(office_person(&f->o, "case-1")->client, "victim",
                             &f->record, 0, NULL, &v);
    if (err != SV_OK)
        assert_null(v.contents[0].fields);
    f->released += err == SV_OK;
    record_view_free(&v);
    return err;
}

/* A batch of rows that no earlier one had: all are in or none. */
static enum sv_err
work_import(struct faulty *f)
{
    struct client *c;
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};
    struct buf csv = BUF_INIT;
    enum sv_err err = office_begin(&f->o, "case-1");

    if (err != SV_OK)
        return err;
    c = office_person(&f->o, "case-1")->client;
    assert_ok(buf_text(&csv, "identity.case_no,identity.family_name\n"));
    for (unsigned i = 0; i < 3; i++)
        assert_ok(buf_printf(&csv, "I-%llu-%u,Ito\n",
                             (unsigned long long)f->plan.calls, i));
    assert_ok(import_read(schema_type(client_schema(c), "victim"),
                          buf_bytes(&csv), &im, &where));
    err = client_import(c, &im, NULL, NULL, &report);
    f->imported += (unsigned)report.n_done;
    import_free(&im);
    buf_free(&csv);
    return err;
}

static enum sv_err
work_hire(struct faulty *f)
{
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof name, "case-%u",
                   (unsigned)(f->plan.calls % 1000000));
    /* People are many here; the office remembers few. */
    f->o.n = f->o.n > 6 ? 6 : f->o.n;
    return office_hire(&f->o, name, "caseworker");
}

static void
fail_every_call(struct faulty *f, work_fn work, enum sv_err error, bool happens)
{
    uint64_t n = 0;

    do {
        if (++n % 20 == 0) {
            office_free(&f->o);
            renew(f);
        }
        arm(f, n, error, happens);
        (void)work(f);
        check(f);
    } while (f->plan.failed);
    assert_true(n > 5); /* it did fail a few */
}

static void
test_every_failing_call_of_a_write(void **state)
{
    fail_every_call(*state, work_write, SV_ERR_IO, false);
}

static void
test_every_full_disk_of_a_write(void **state)
{
    fail_every_call(*state, work_write, SV_ERR_FULL, false);
}

static void
test_t18_every_failing_call_of_a_read(void **state)
{
    fail_every_call(*state, work_read, SV_ERR_IO, false);
}

static void
test_every_failing_call_of_an_import(void **state)
{
    fail_every_call(*state, work_import, SV_ERR_IO, false);
}

static void
test_every_failing_call_of_a_grant(void **state)
{
    fail_every_call(*state, work_hire, SV_ERR_IO, false);
}

/* A commit whose outcome is unknown is found out: the answer is the true
 * one, whether it had happened or not. */
static void
unsure_is_settled(struct faulty *f, bool happens)
{
    unsigned written = f->written;

    for (uint64_t n = 1; n < 160; n++) {
        if (n % 20 == 0) {
            office_free(&f->o);
            renew(f);
            written = f->written;
        }
        arm(f, n, SV_ERR_UNSURE, happens);
        if (work_write(f) == SV_OK)
            written++;
        check(f);
        assert_int_equal(in_store(f), written);
    }
}

/* A grant, too: the repetition of what did happen is no denial. */
static void
test_an_unsure_grant_that_happened_is_acknowledged(void **state)
{
    struct faulty *f = *state;
    unsigned unsure = 0;

    for (uint64_t n = 1; n < 600; n++) {
        bool done;

        if (n % 20 == 0) {
            office_free(&f->o);
            renew(f);
        }
        arm(f, n, SV_ERR_UNSURE, true);
        done = work_hire(f) == SV_OK && f->plan.failed;
        disarm(f);
        if (done) {
            unsure++;
            check(f);
        }
    }
    assert_true(unsure > 0);
}

static void
test_an_unsure_commit_that_happened_is_settled(void **state)
{
    unsure_is_settled(*state, true);
}

static void
test_an_unsure_commit_that_did_not_happen_is_settled(void **state)
{
    unsure_is_settled(*state, false);
}

static void
test_conflicts_and_doubts_at_random_change_nothing(void **state)
{
    struct faulty *f = *state;

    disarm(f);
    f->plan.seed = 20221231;
    f->plan.conflict_per_1000 = 300;
    f->plan.unsure_per_1000 = 100;
    for (int i = 0; i < 60; i++) {
        (void)work_write(f);
        (void)work_read(f);
    }
    f->plan.conflict_per_1000 = 0;
    f->plan.unsure_per_1000 = 0;
    check(f);
    assert_true(f->written > 40);
}

static void
test_every_failing_call_of_init(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct store_fault_plan plan = {.fail_at = n, .error = SV_ERR_IO};
        struct office o;
        enum sv_err err;

        office_prepare(&o, open_faulty, &plan);
        err = office_found(&o);
        plan.fail_at = 0;
        if (plan.failed) {
            assert_true(err != SV_OK);
            /* Nothing is left that a second try would trip over. */
            assert_ok(office_found(&o));
        }
        assert_ok(office_open(&o));
        if (n % 16 == 1 || !plan.failed) {
            assert_ok(office_hire(&o, "audit-1", "auditor"));
            office_verify(&o);
        }
        office_free(&o);
        if (!plan.failed) {
            assert_true(n > 20);
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_every_failing_call_of_a_write),
        T(test_every_full_disk_of_a_write),
        T(test_t18_every_failing_call_of_a_read),
        T(test_every_failing_call_of_an_import),
        T(test_every_failing_call_of_a_grant),
        T(test_an_unsure_grant_that_happened_is_acknowledged),
        T(test_an_unsure_commit_that_happened_is_settled),
        T(test_an_unsure_commit_that_did_not_happen_is_settled),
        T(test_conflicts_and_doubts_at_random_change_nothing),
        cmocka_unit_test(test_every_failing_call_of_init),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
