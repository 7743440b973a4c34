#include "tests/support/office.h"
#include "tests/support/scarce.h"
#include "vault/client_release.h"
#include "vault/import.h"

/*
 * Memory runs out at each place of each kind of work, in the programs of the
 * people and in the gate: it is said to be that and nothing else, nothing
 * acknowledged is lost, and the same gate goes on.
 */

/* Every how many-th place: SV_SHARE=1 takes them all. */
#ifdef __SANITIZE_ADDRESS__
#define SHARE 16
#else
#define SHARE 4
#endif
#define STEP_MS (UINT64_C(12) * 3600 * 1000)
#define START_2023 UINT64_C(1680230000000) /* 31 March 2023 */

#define PLAN                                                                   \
    "plan \"all\" population victim unit person as_of 2023-03-31\n"            \
    "table g by gender\n"
static const char plan[] = PLAN "method round base 5\n";
static const char exact[] = PLAN "method exact\n";

struct kind;

struct scene {
    struct office o;
    struct office other;  /* prepared to be founded, where that is the work */
    struct handle record; /* stays as it is */
    struct record_view view;
    uint64_t number; /* of the release that waits */
    struct release_view release;
    unsigned tries;
    bool refused; /* by the system; else memory runs out */
    const struct kind *kind;
};

static struct client *
who(struct scene *s, const char *name)
{
    return office_person(&s->o, name)->client;
}

/* ---- Kinds of work; their sessions have begun ---- */

static enum sv_err
work_begin(struct scene *s)
{
    enum sv_err err;

    record_view_free(&s->view);
    office_end(&s->o, "case-1");
    pin_clear(&office_person(&s->o, "case-1")->pin);
    pin_init(&office_person(&s->o, "case-1")->pin);
    err = office_begin(&s->o, "case-1");
    return err;
}

static enum sv_err
work_add(struct scene *s)
{
    struct client *c = who(s, "case-1");
    struct draft d = {0};
    struct handle h;
    char case_no[24];
    const char *reason = NULL;
    enum sv_err err = draft_new(schema_type(client_schema(c), "victim"), &d);
    const char *const fields[][2] = {{"identity.case_no", case_no},
                                     {"identity.family_name", "佐々木"},
                                     {"facts.gender", "female"}};

    (void)snprintf(case_no, sizeof case_no, "A-%u", s->tries++);
    for (size_t i = 0; i < 3 && err == SV_OK; i++) {
        struct schema_place at;

        err = draft_place(d.type, bytes_text(fields[i][0]), &at);
        if (err == SV_OK)
            err = content_add(&d.contents[at.compartment], at.field,
                              bytes_text(fields[i][1]), &reason);
    }
    if (err == SV_OK)
        err = client_record_add(c, &d, &h);
    draft_free(&d);
    return err;
}

static enum sv_err
work_read(struct scene *s)
{
    struct record_view v = {0};
    enum sv_err err =
        client_record_read(who(s, "case-1"), "victim", &s->record, 0, NULL, &v);

    record_view_free(&v);
    return err;
}

static enum sv_err
work_save(struct scene *s)
{
    size_t at;

    assert_non_null(schema_compartment(s->view.type, "facts", &at));
    return client_record_save(who(s, "case-1"), "victim", &s->record,
                              &s->view.contents[at], &s->view);
}

static enum sv_err
work_look(struct scene *s)
{
    struct record_list l = {0};
    struct record_version *versions = NULL;
    size_t n;
    enum sv_err err =
        client_record_list(who(s, "case-1"), "victim", UINT64_MAX, 20, &l);

    if (err == SV_OK)
        err = client_record_history(who(s, "case-1"), "victim", &s->record,
                                    &versions, &n);
    record_list_free(&l);
    free(versions);
    return err;
}

static enum sv_err
work_find(struct scene *s)
{
    struct find_list l = {0};
    enum sv_err err = client_record_find(who(s, "case-1"), "victim",
                                         bytes_text("ささき 090"), &l);

    find_list_free(&l);
    return err;
}

static enum sv_err
work_assign(struct scene *s)
{
    return client_record_assign(who(s, "lead-1"), "victim", &s->record,
                                "case-2", true);
}

static void
undo_assign(struct scene *s)
{
    enum sv_err err = client_record_assign(who(s, "lead-1"), "victim",
                                           &s->record, "case-2", false);

    assert_true(err == SV_OK || err == SV_ERR_NOT_FOUND);
}

static enum sv_err
work_import(struct scene *s)
{
    struct client *c = who(s, "case-1");
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};
    char csv[160];
    enum sv_err err;

    (void)snprintf(csv, sizeof csv,
                   "identity.case_no,identity.family_name,facts.gender\n"
                   "I-%u-1,Ito,female\nI-%u-2,\"Ueda, jun.\",male\n",
                   s->tries, s->tries);
    s->tries++;
    err = import_read(schema_type(client_schema(c), "victim"), bytes_text(csv),
                      &im, &where);
    if (err == SV_OK)
        err = client_import(c, &im, NULL, NULL, &report);
    import_free(&im);
    return err;
}

static enum sv_err
work_hire(struct scene *s)
{
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof name, "case-%u", 100 + s->tries++);
    s->o.n = s->o.n > 12 ? 12 : s->o.n; /* it remembers few */
    return office_hire(&s->o, name, "caseworker");
}

static enum sv_err
work_suspend_and_rotate(struct scene *s)
{
    unsigned columns[POLICY_COLUMNS_MAX];
    size_t n;
    enum sv_err err = client_staff_suspend(who(s, "lead-1"), "case-2");

    office_end(&s->o, "lead-1");
    if (err == SV_OK)
        err = office_begin(&s->o, "lead-1");
    if (err != SV_OK)
        return err;
    n = client_due(who(s, "lead-1"), columns);
    return n == 0 ? SV_OK : client_rotate(who(s, "lead-1"), n, columns);
}

static void
undo_suspend(struct scene *s)
{
    const struct roster *r = client_roster(who(s, "audit-1"));

    if (roster_is_absent(r, "case-2", UINT64_MAX))
        assert_ok(office_replace(&s->o, "case-2", "case-2"));
}

static enum sv_err
ignore_entry(void *ctx, uint64_t index, struct bytes entry)
{
    (void)ctx;
    (void)index;
    (void)entry;
    return SV_OK;
}

static enum sv_err
work_log(struct scene *s)
{
    struct buf entry = BUF_INIT, proof = BUF_INIT;
    enum sv_err err =
        client_log_read(who(s, "audit-1"), 0, 20, ignore_entry, NULL);

    if (err == SV_OK)
        err = client_log_prove(who(s, "audit-1"), 3, &entry, &proof);
    buf_free(&entry);
    buf_free(&proof);
    return err;
}

static enum sv_err
work_verify(struct scene *s)
{
    struct log_verdict v = {0};
    enum sv_err err = client_log_verify(who(s, "audit-1"), NULL, NULL, &v);

    if (err == SV_OK)
        assert_true(v.fault.reason == NULL && v.n_findings == 0);
    free(v.findings);
    return err;
}

static enum sv_err
work_preview(struct scene *s)
{
    struct buf out = BUF_INIT;
    enum sv_err err =
        client_counts_preview(who(s, "stats-1"), bytes_text(plan), &out);

    buf_free(&out);
    return err;
}

static enum sv_err
work_request(struct scene *s)
{
    struct buf cells = BUF_INIT;
    enum sv_err err = client_release_request(
        who(s, "stats-1"), RELEASE_PUBLIC, bytes_text(plan),
        bytes_text("Action Plan"), NULL, &s->number, &cells);

    buf_free(&cells);
    return err;
}

static enum sv_err
work_request_exact(struct scene *s)
{
    struct buf cells = BUF_INIT;
    uint64_t number = 0;
    enum sv_err err = client_release_request(
        who(s, "stats-1"), RELEASE_EXACT, bytes_text(exact),
        bytes_text("Action Plan"), NULL, &number, &cells);

    if (err == SV_OK)
        err = client_release_acknowledge(who(s, "stats-1"), number,
                                         buf_bytes(&cells), true, 0);
    buf_free(&cells);
    return err;
}

static enum sv_err
work_approve(struct scene *s)
{
    struct release_row *rows = NULL;
    size_t n;
    enum sv_err err = client_release_list(who(s, "approve-1"), &rows, &n);

    free(rows);
    release_view_free(&s->release);
    if (err == SV_OK)
        err = client_release_show(who(s, "approve-1"), s->number, &s->release);
    return err != SV_OK ? err
                        : client_release_approve(who(s, "approve-1"), s->number,
                                                 &s->release);
}

static enum sv_err
work_fetch(struct scene *s)
{
    struct release_package p = {0};
    enum sv_err err = client_release_fetch(who(s, "stats-1"), s->number, &p);

    release_package_free(&p);
    return err;
}

static enum sv_err
ignore_piece(void *ctx, struct bytes piece)
{
    (void)ctx;
    (void)piece;
    return SV_OK;
}

static enum sv_err
work_backup(struct scene *s)
{
    return client_backup(who(s, "admin-1"), ignore_piece, NULL);
}

static enum sv_err
work_reopen(struct scene *s)
{
    record_view_free(&s->view);
    office_close(&s->o);
    return office_open(&s->o);
}

/* Another vault, in the same place each time. */
static enum sv_err
work_found(struct scene *s)
{
    return office_found(&s->other);
}

/* ---- Before and after ---- */

/* One kind of work: who does it, and what undoes it where it must be. */
struct kind {
    const char *name;
    enum sv_err (*work)(struct scene *s);
    void (*undo)(struct scene *s);
    const char *who[3];
    enum sv_err other; /* what it may give as well; SV_OK: nothing */
};

/* A gate that is not sure of its kept head looks at its store anew: a backup
 * that was being read has to begin again. */
static const struct kind kinds[] = {
    {"begin", work_begin, NULL, {NULL}, SV_OK},
    {"add", work_add, NULL, {"case-1"}, SV_OK},
    {"read", work_read, NULL, {"case-1"}, SV_OK},
    {"save", work_save, NULL, {"case-1"}, SV_OK},
    {"look", work_look, NULL, {"case-1"}, SV_OK},
    {"find", work_find, NULL, {"case-1"}, SV_OK},
    {"assign", work_assign, undo_assign, {"lead-1"}, SV_OK},
    {"import", work_import, NULL, {"case-1"}, SV_OK},
    {"hire", work_hire, NULL, {"admin-1", "lead-1"}, SV_OK},
    {"suspend",
     work_suspend_and_rotate,
     undo_suspend,
     {"lead-1", "audit-1"},
     SV_OK},
    {"log", work_log, NULL, {"audit-1"}, SV_OK},
    {"verify", work_verify, NULL, {"audit-1"}, SV_OK},
    {"reopen", work_reopen, NULL, {NULL}, SV_OK},
    {"preview", work_preview, NULL, {"stats-1"}, SV_OK},
    {"request", work_request, NULL, {"stats-1"}, SV_OK},
    {"exact", work_request_exact, NULL, {"stats-1"}, SV_OK},
    {"approve", work_approve, NULL, {"approve-1", "stats-1"}, SV_OK},
    {"fetch", work_fetch, NULL, {"stats-1", "approve-1"}, SV_OK},
    {"backup", work_backup, NULL, {"admin-1"}, SV_ERR_CONFLICT},
};

static void
ready(struct scene *s)
{
    record_view_free(&s->view); /* it borrows the session's schema */
    s->o.now_ms += STEP_MS;     /* some things may be done 20 times a day */
    if (s->o.gate == NULL)
        assert_ok(office_open(&s->o));
    for (size_t i = 0; i < 3 && s->kind->who[i] != NULL; i++) {
        office_end(&s->o, s->kind->who[i]);
        assert_ok(office_begin(&s->o, s->kind->who[i]));
    }
    if (s->kind->undo != NULL)
        s->kind->undo(s);
    if (s->kind->work == work_found) {
        office_free(&s->other);
        office_prepare(&s->other, NULL, NULL);
    }
    if (s->kind->work == work_save)
        assert_ok(client_record_read(who(s, "case-1"), "victim", &s->record, 0,
                                     NULL, &s->view));
    if (s->kind->work == work_approve || s->kind->work == work_fetch)
        assert_ok(work_request(s));
    if (s->kind->work == work_fetch)
        assert_ok(work_approve(s));
}

static enum sv_err
run(void *ctx)
{
    struct scene *s = ctx;

    return s->kind->work(s);
}

static void
after(void *ctx, enum sv_err err, const char *place)
{
    struct scene *s = ctx;
    /* Unsure: it was asked for, and the answer could not be read. */
    bool right = err == SV_OK || err == SV_ERR_NOMEM || err == SV_ERR_UNSURE ||
                 err == s->kind->other;

    if (s->refused) /* memory may be what it refuses */
        right = right || err == SV_ERR_IO || err == SV_ERR_MEMLOCK;
    if (!right)
        fail_msg("%s: \"%s\"", place, err_text(err));
    ready(s);
}

/* A log that has grown long makes everything slow: an office for each. */
static void
open_scene(struct scene *s, const struct kind *kind)
{
    memset(s, 0, sizeof *s);
    s->kind = kind;
    office_new(&s->o);
    s->o.now_ms = START_2023;
    if (kind->work == work_found)
        office_prepare(&s->other, NULL, NULL);
    assert_ok(office_named(&s->o, "case-1", "2022-001", "佐々木", "愛",
                           "ササキ", "アイ", "090-5223-9977", &s->record));
    for (unsigned i = 0; i < 9; i++)
        assert_ok(work_add(s));
    office_verify(&s->o);
    ready(s);
}

static void
close_scene(struct scene *s)
{
    office_verify(&s->o);
    record_view_free(&s->view);
    release_view_free(&s->release);
    if (s->kind->work == work_found)
        office_free(&s->other);
    office_free(&s->o);
}

static unsigned
share(void)
{
    const char *wanted = getenv("SV_SHARE");

    return wanted == NULL ? SHARE : (unsigned)strtoul(wanted, NULL, 10);
}

static void
at_each_place(const struct kind *kind, enum scarce_kind what)
{
    struct scene *s = calloc(1, sizeof *s);
    struct scarce_work w = {kind->name, s, run, after};

    open_scene(s, kind);
    s->refused = what == SCARCE_SYSTEM;
    assert_true(scarce_at_each_place(&w, what, share()) > 0);
    close_scene(s);
    free(s);
}

static void
test_where_memory_runs_out_it_is_said_to_be_that(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        at_each_place(&kinds[i], SCARCE_MEMORY);
}

static void
test_where_the_system_refuses_it_is_said_to_be_that(void **state)
{
    static const struct kind some[] = {
        {"found", work_found, NULL, {NULL}, SV_OK},
        {"reopen", work_reopen, NULL, {NULL}, SV_OK},
        {"add", work_add, NULL, {"case-1"}, SV_OK},
        {"exact", work_request_exact, NULL, {"stats-1"}, SV_OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        at_each_place(&some[i], SCARCE_SYSTEM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_the_system_refuses_it_is_said_to_be_that),
        cmocka_unit_test(test_where_memory_runs_out_it_is_said_to_be_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
