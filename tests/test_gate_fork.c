/* Two logs under one key: whoever crosses from one to the other finds out,
 * and both heads are kept. */
#include <sys/stat.h>
#include <unistd.h>

#include "audit/evidence.h"
#include "store/store_fault.h"
#include "tests/support/office.h"
#include "vault/message.h"
#include "vault/tables.h"

static int
set_up(void **state)
{
    struct office *o = calloc(1, sizeof *o);
    struct handle h;

    office_new(o);
    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    *state = o;
    return 0;
}

static int
tear_down(void **state)
{
    struct office *o = *state;

    office_free(o);
    free(o);
    return 0;
}

static void
copy(const struct office *o, const char *name, const char *from, const char *to)
{
    char source[PATH_SIZE], target[PATH_SIZE];
    struct buf all = BUF_INIT;

    (void)o;
    assert_ok(path_join(source, from, name));
    assert_ok(path_join(target, to, name));
    assert_ok(file_read(source, (size_t)1 << 30, &all));
    assert_ok(file_replace(target, 0600, buf_bytes(&all)));
    buf_free(&all);
}

static void
save_vault(struct office *o)
{
    office_close(o);
    copy(o, "data.mdb", o->dir, o->home);
    copy(o, "head", o->dir, o->home);
    assert_ok(office_open(o));
}

static void
put_back(struct office *o, bool head)
{
    office_close(o);
    copy(o, "data.mdb", o->home, o->dir);
    if (head)
        copy(o, "head", o->home, o->dir);
}

/* The head that a note says. */
static struct checkpoint
head_of(struct office *o, struct bytes note)
{
    struct checkpoint c = {.size = 0};
    struct sign_public key;

    sign_public_of(&o->gate_keys.log, &key);
    assert_ok(checkpoint_open(note, o->people[0].pin.origin, &key, &c));
    return c;
}

static size_t
n_evidence(const struct office *o, char path[static PATH_SIZE])
{
    char prefix[PATH_SIZE];

    assert_ok(path_join(prefix, o->dir, "fork-"));
    return evidence_count(prefix, path);
}

/* Her session is left as it is when it is refused. */
static enum sv_err
cross(struct office *o, const char *name)
{
    struct colleague *p = office_person(o, name);
    struct client_config config = {transport_to_gate(o->gate), o->config.clock,
                                   o->config.rng, o->arena};
    struct client_hello hello;

    assert_ok(client_new(&config, &p->client));
    assert_ok(client_hello(p->client, &hello));
    return client_begin(p->client, &p->card, &p->identity, &p->pin);
}

/* A and B are shown two logs that go apart; each is sound for who saw it. */
static void
test_who_crosses_to_the_other_log_refuses_and_has_both_heads(void **state)
{
    struct office *o = *state;
    struct checkpoint mine, shown;
    struct client *c;
    struct handle h;

    office_end(o, "case-1");
    save_vault(o);
    assert_ok(office_record(o, "case-1", "2022-002", "Sato", &h));
    office_end(o, "case-1");
    put_back(o, true);
    assert_ok(office_open(o));
    assert_ok(office_record(o, "case-2", "2022-003", "Ito", &h));
    assert_ok(office_record(o, "case-2", "2022-004", "Abe", &h));
    assert_err(cross(o, "case-1"), SV_ERR_ROLLBACK);
    c = office_person(o, "case-1")->client;
    assert_non_null(c);
    assert_true(client_conflict(c).len > 0);
    mine = head_of(o, buf_bytes(&client_pin(c)->head_note));
    shown = head_of(o, client_conflict(c));
    assert_false(hash_equal(&mine.root, &shown.root));
    assert_true(mine.size == client_pin(c)->size);
    /* The other side is sound for whom it was shown to. */
    assert_ok(office_begin(o, "case-2"));
    assert_int_equal(client_conflict(office_person(o, "case-2")->client).len,
                     0);
}

/* A request that names a head which the log never had: denied, logged, and
 * kept with the head it was answered under. */
static void
test_the_gate_keeps_a_request_from_another_log(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "case-1");
    struct record_list list = {0};
    struct log_verdict verdict = {0};
    char path[PATH_SIZE];
    struct stat st;
    uint64_t before = client_pin(c)->size;

    assert_int_equal(n_evidence(o, path), 0);
    client_pin(c)->root.b[0] ^= 1;
    assert_err(client_record_list(c, "victim", UINT64_MAX, 10, &list),
               SV_ERR_ROLLBACK);
    client_pin(c)->root.b[0] ^= 1;
    assert_int_equal(n_evidence(o, path), 2);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    /* Its entry is there, and honest requests leave no evidence. */
    assert_ok(client_record_list(c, "victim", UINT64_MAX, 10, &list));
    record_list_free(&list);
    assert_true(client_pin(c)->size == before + 2);
    assert_int_equal(n_evidence(o, path), 2);
    assert_ok(
        client_log_verify(office_client(o, "audit-1"), NULL, NULL, &verdict));
    assert_null(verdict.fault.reason);
    assert_int_equal(verdict.n_findings, 0);
    assert_int_equal(verdict.n_forked, 1);
    assert_int_equal(verdict.last_forked, before);
    free(verdict.findings);
}

static void
test_wrong_heads_on_purpose_do_not_fill_the_disk(void **state)
{
    struct office *o = *state;
    struct client *c = office_client(o, "case-1");
    struct record_list list = {0};
    char path[PATH_SIZE];

    client_pin(c)->root.b[0] ^= 1;
    for (unsigned i = 0; i < 40; i++)
        assert_err(client_record_list(c, "victim", UINT64_MAX, 10, &list),
                   SV_ERR_ROLLBACK);
    client_pin(c)->root.b[0] ^= 1;
    assert_int_equal(n_evidence(o, path), 32);
    office_verify(o);
}

/* ---- A log behind, or beside, the kept head ---- */

static void
test_the_gate_does_not_start_on_an_older_log(void **state)
{
    struct office *o = *state;
    struct handle h;

    save_vault(o);
    assert_ok(office_record(o, "case-1", "2022-002", "Sato", &h));
    put_back(o, false);
    assert_err(office_open(o), SV_ERR_ROLLBACK);
}

static void
test_the_gate_does_not_start_on_another_log_that_is_longer(void **state)
{
    struct office *o = *state;
    struct handle h;
    char head[PATH_SIZE];
    struct buf kept = BUF_INIT;

    save_vault(o);
    assert_ok(office_record(o, "case-1", "2022-002", "Sato", &h));
    office_close(o);
    assert_ok(path_join(head, o->dir, "head"));
    assert_ok(file_read(head, 1 << 20, &kept));
    put_back(o, true);
    assert_ok(office_open(o));
    for (unsigned i = 0; i < 4; i++) {
        char number[16];

        (void)snprintf(number, sizeof number, "2022-10%u", i);
        assert_ok(office_record(o, "case-2", number, "Ito", &h));
    }
    office_close(o);
    assert_ok(file_replace(head, 0600, buf_bytes(&kept)));
    assert_err(office_open(o), SV_ERR_ROLLBACK);
    buf_free(&kept);
}

static void
test_the_gate_does_not_start_without_its_kept_head(void **state)
{
    struct office *o = *state;
    char head[PATH_SIZE];

    office_close(o);
    assert_ok(path_join(head, o->dir, "head"));
    assert_int_equal(unlink(head), 0);
    assert_err(office_open(o), SV_ERR_TAMPERED);
    assert_int_equal(access(head, F_OK), -1);
}

/* A store whose file is exchanged before it is opened again. */
struct exchange {
    struct office *o;
    struct store_fault_plan plan;
    bool armed;
};

static enum sv_err
open_exchanged(void *ctx, const char *dir, bool create, struct store **out)
{
    struct exchange *x = ctx;
    struct store *inner = NULL;
    enum sv_err err;

    if (x->armed)
        copy(x->o, "data.mdb", x->o->home, x->o->dir);
    err = store_lmdb_open(dir, TABLES_N, create, &inner);
    return err != SV_OK ? err : store_fault_wrap(inner, &x->plan, out);
}

/* While the service runs: what it wrote into the log is what it goes on
 * from, however its store comes back. */
static void
test_a_gate_that_runs_does_not_go_on_with_an_older_log(void **state)
{
    struct office *o = *state;
    struct exchange x = {.o = o};
    struct record_list list = {0};
    struct handle h;

    save_vault(o);
    assert_ok(office_record(o, "case-1", "2022-002", "Sato", &h));
    office_close(o);
    o->config.open_store = open_exchanged;
    o->config.store_ctx = &x;
    assert_ok(office_open(o));
    (void)office_client(o, "case-1");
    x.armed = true;
    x.plan.unsure_per_1000 = 1000;
    assert_err(client_record_list(office_client(o, "case-1"), "victim",
                                  UINT64_MAX, 10, &list),
               SV_ERR_UNSURE);
    x.plan.unsure_per_1000 = 0;
    assert_err(client_record_list(office_client(o, "case-1"), "victim",
                                  UINT64_MAX, 10, &list),
               SV_ERR_UNSURE);
    office_close(o);
    x.armed = false;
    assert_err(office_open(o), SV_ERR_ROLLBACK);
}

/* ---- A gate that shows a witness another log ---- */

struct two_faced {
    struct office *o;
    struct hash other; /* the root that the witness was shown */
    unsigned syncs;    /* so many are honest yet */
};

static enum sv_err
show_other(void *ctx, struct bytes request, struct buf *response)
{
    struct two_faced *t = ctx;
    struct checkpoint head;
    struct message_request r;
    struct message_answer m;
    struct buf honest = BUF_INIT, note = BUF_INIT;
    enum sv_err err = gate_handle(t->o->gate, request, &honest);

    assert_ok(err);
    assert_ok(message_request_decode(request, &r));
    if (r.kind != MESSAGE_SYNC || t->syncs > 0) {
        t->syncs -= r.kind == MESSAGE_SYNC ? 1 : 0;
        assert_ok(buf_append(response, buf_bytes(&honest)));
    } else {
        assert_ok(message_answer_decode(buf_bytes(&honest), &m));
        head = head_of(t->o, m.sync.head);
        head.root = t->other;
        assert_ok(checkpoint_sign(&head, &t->o->gate_keys.log, &note));
        m.sync.head = buf_bytes(&note);
        assert_ok(message_sync_answer_encode(&m.sync, response));
    }
    buf_free(&honest);
    buf_free(&note);
    return SV_OK;
}

/* What a witness, or a backup, has of the log is held against the head that
 * this device has seen, and not against one that goes with it. */
static void
test_a_head_of_the_other_log_is_no_beginning_of_this_one(void **state)
{
    struct office *o = *state;
    struct two_faced t = {.o = o, .syncs = 1000};
    struct tree_proof proof = {.n = 0};
    struct checkpoint shown;
    struct client *c;
    struct hash own;

    office_end(o, "admin-1"); /* whose pin head_of() asks for the origin */
    office_end(o, "case-1");
    o->through = (struct transport){show_other, &t};
    c = office_client(o, "case-1");
    o->through = (struct transport){NULL, NULL};
    own = client_pin(c)->root;
    t.other = own;
    t.other.b[0] ^= 1;
    assert_ok(client_log_extends(c, client_pin(c)->size, &own, &proof));
    t.syncs = 1;
    assert_err(client_log_extends(c, client_pin(c)->size, &t.other, &proof),
               SV_ERR_ROLLBACK);
    shown = head_of(o, client_conflict(c));
    assert_true(hash_equal(&shown.root, &t.other));
    assert_true(hash_equal(&client_pin(c)->root, &own));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_crosses_to_the_other_log_refuses_and_has_both_heads),
        TEST(test_the_gate_keeps_a_request_from_another_log),
        TEST(test_wrong_heads_on_purpose_do_not_fill_the_disk),
        TEST(test_a_head_of_the_other_log_is_no_beginning_of_this_one),
        TEST(test_the_gate_does_not_start_on_an_older_log),
        TEST(test_the_gate_does_not_start_on_another_log_that_is_longer),
        TEST(test_a_gate_that_runs_does_not_go_on_with_an_older_log),
        TEST(test_the_gate_does_not_start_without_its_kept_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
