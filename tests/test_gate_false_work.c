/* A colleague's own program signs, with her key, what it must not send: a
 * version that says another vault, record, author or place than her request.
 * The gate takes none of it, and what was there stays as it was. */
#include "tests/support/office.h"
#include "vault/client_release.h"
#include "vault/counting.h"
#include "vault/envelope.h"
#include "vault/grants.h"
#include "vault/message.h"
#include "vault/posting.h"

#define PARTS_MAX 64

static const char plan[] =
    "plan \"all\" population victim unit person as_of 2022-12-31\n"
    "table g by gender\nmethod round base 5\n";

enum forgery {
    HONEST,
    VAULT,
    RECORD,
    TYPE,
    COMPARTMENT,
    AUTHOR,
    VERSION,
    PREV,
    EPOCH,
    ADDITION,
    LOCK,
    TOKENS,
    SWAPPED,
    REPEATED,
    MISSING,
    LONGER,
    ROOT,
    FORGERIES_N
};

struct forger {
    struct office o;
    struct handle record;
    enum request_act act; /* whose body is forged */
    enum forgery how;
    bool last;   /* of its versions; else the first */
    bool forged; /* it came so far, and this came of it: */
    struct entry entry;
    struct buf answer; /* which the entry borrows */
};

struct version {
    struct envelope env;
    struct envelope_header header;
    struct buf encoded; /* the header */
};

/* ---- Forging ---- */

static void
forge_version(enum forgery how, struct version *v)
{
    static const uint8_t garbage[] = {1, 2, 3}, outer[ENVELOPE_OUTER_LEN];
    struct envelope_header *h = &v->header;

    switch (how) {
    case VAULT:
        h->vault.b[0] ^= 1;
        break;
    case RECORD:
        h->record.b[0] ^= 1;
        break;
    case TYPE:
        (void)text_copy(bytes_text("suspect"), h->type, sizeof h->type);
        break;
    case COMPARTMENT:
        (void)text_copy(bytes_text("narrative"), h->compartment,
                        sizeof h->compartment);
        break;
    case AUTHOR:
        (void)text_copy(bytes_text("case-2"), h->author, sizeof h->author);
        break;
    case VERSION:
        h->version++;
        h->prev[0] |= 1;
        break;
    case PREV:
        h->prev[0] ^= 1;
        break;
    case EPOCH:
        h->epoch++;
        break;
    case ADDITION:
        h->addition = true;
        break;
    case LOCK:
        v->env.lock = BYTES(outer);
        break;
    case TOKENS:
        v->env.tokens = BYTES(garbage);
        break;
    default:
        break;
    }
}

/* The versions of a body, forged, and their root. */
static struct hash
forge_versions(const struct forger *f, struct bytes body, struct buf *out)
{
    struct version *v = calloc(PARTS_MAX, sizeof *v);
    struct hash leaves[PARTS_MAX];
    size_t n = 0;

    assert_non_null(v);
    for (; body.len > 0; n++) {
        assert_true(n < PARTS_MAX);
        assert_ok(envelope_decode(&body, &v[n].env));
        assert_ok(envelope_header_decode(v[n].env.header, &v[n].header));
    }
    forge_version(f->how, &v[f->last ? n - 1 : 0]);
    if (f->how == SWAPPED && n > 1) {
        struct version first = v[0];

        v[0] = v[1];
        v[1] = first;
    }
    for (size_t i = n / 2; f->how == REPEATED && i < n; i++)
        v[i].header.record = v[0].header.record;
    n -= f->how == MISSING ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        struct item it = {.record = v[i].header.record,
                          .version = v[i].header.version};

        assert_ok(envelope_header_encode(&v[i].header, &v[i].encoded));
        v[i].env.header = buf_bytes(&v[i].encoded);
        assert_ok(envelope_encode(&v[i].env, out));
        memcpy(it.compartment, v[i].header.compartment, sizeof it.compartment);
        envelope_hash(&v[i].env, it.hash);
        leaves[i] = item_leaf(&it);
    }
    for (size_t i = 0; i < n; i++)
        buf_free(&v[i].encoded);
    free(v);
    if (f->how == LONGER)
        assert_ok(buf_text(out, "x"));
    return tree_root_of(leaves, n);
}

/* Sealed keys, or what is searched for. */
static struct hash
forge_bytes(const struct forger *f, struct bytes body, struct buf *out)
{
    struct hash h;

    if (f->how == MISSING)
        body.len--;
    assert_ok(buf_append(out, body));
    if (f->how == LONGER)
        assert_ok(buf_text(out, "x"));
    if (f->how == VAULT) /* how many there are */
        out->ptr[1] ^= 1;
    if (f->how == RECORD) /* whose, or which word's */
        out->ptr[4] ^= 1;
    if (f->act == ACT_RECORD_FIND)
        query_hash(buf_bytes(out), h.b);
    else
        grants_hash(buf_bytes(out), h.b);
    return h;
}

/* The keys that are lent for a count. */
static struct hash
forge_count(struct forger *f, struct bytes body, struct buf *out)
{
    struct counting_body b;
    struct buf sealed = BUF_INIT;
    struct hash h;

    assert_ok(counting_body_decode(body, &b));
    assert_true(b.n > 0);
    assert_ok(buf_append(&sealed, b.keys[0].sealed));
    if (f->how == VAULT) { /* another key is in it */
        sealed.ptr[sealed.len - 1] ^= 1;
        b.keys[0].sealed = buf_bytes(&sealed);
    } else if (f->how == COMPARTMENT) { /* which she does not lend */
        (void)text_copy(bytes_text("identity"), b.keys[0].compartment,
                        sizeof b.keys[0].compartment);
    } else if (f->how == TYPE) {
        (void)text_copy(bytes_text("nothing"), b.keys[0].type,
                        sizeof b.keys[0].type);
    } else if (f->how == EPOCH) {
        b.keys[0].epoch++;
    } else if (f->how == REPEATED && b.n > 1) {
        b.keys[1] = b.keys[0];
    } else if (f->how == MISSING) { /* rows would be left out */
        b.n--;
        b.keys[0] = b.keys[b.n];
    } else if (f->how == AUTHOR) { /* a preview is for nobody else */
        b.has_recipient = true;
        b.recipient = office_person(&f->o, "case-1")->card.box;
    } else if (f->how == PREV) {
        b.basis = bytes_text("a basis");
    }
    assert_ok(counting_body_encode(&b, out));
    if (f->how == LONGER)
        assert_ok(buf_text(out, "x"));
    counting_body_hash(buf_bytes(out), h.b);
    counting_body_clear(&b);
    buf_free(&sealed);
    return h;
}

static struct hash
forge_body(struct forger *f, struct bytes body, struct buf *out)
{
    switch (f->act) {
    case ACT_RECORD_CREATE:
    case ACT_RECORD_SAVE:
    case ACT_RECORD_IMPORT:
        return forge_versions(f, body, out);
    case ACT_COUNTS_PREVIEW:
        return forge_count(f, body, out);
    default:
        return forge_bytes(f, body, out);
    }
}

static enum sv_err
call(void *ctx, struct bytes request, struct buf *response)
{
    struct forger *f = ctx;
    struct message_request m;
    struct request *r = calloc(1, sizeof *r);
    struct note *note = calloc(1, sizeof *note);
    struct buf body = BUF_INIT, signed_again = BUF_INIT, all = BUF_INIT;
    struct message_answer a;
    struct hash root;
    enum sv_err err;

    assert_non_null(r);
    assert_non_null(note);
    assert_ok(message_request_decode(request, &m));
    if (m.kind == MESSAGE_ACT)
        assert_ok(request_parse(m.act.note, note, r));
    f->forged = m.kind == MESSAGE_ACT && r->act == f->act && f->how != HONEST;
    if (f->forged) {
        root = forge_body(f, m.act.body, &body);
        root.b[0] ^= f->how == ROOT ? 1 : 0;
        memcpy(r->body, root.b, sizeof r->body);
        assert_ok(request_sign(r, &office_person(&f->o, r->actor)->keys.sign,
                               &signed_again));
        m.act =
            (struct act_request){buf_bytes(&signed_again), buf_bytes(&body)};
        assert_ok(message_act_encode(&m.act, &all));
        request = buf_bytes(&all);
    }
    err = gate_handle(f->o.gate, request, response);
    if (f->forged) {
        buf_truncate(&f->answer, 0);
        assert_ok(buf_append(&f->answer, buf_bytes(response)));
        assert_ok(message_answer_decode(buf_bytes(&f->answer), &a));
        assert_ok(a.status);
        assert_ok(entry_parse(a.act.entry, &f->entry));
    }
    buf_free(&body);
    buf_free(&signed_again);
    buf_free(&all);
    free(r);
    free(note);
    return err;
}

/* ---- What comes of it ---- */

static int
set_up(void **state)
{
    struct forger *f = calloc(1, sizeof *f);

    assert_non_null(f);
    office_new(&f->o);
    f->o.through = (struct transport){call, f};
    for (size_t i = 0; i < f->o.n; i++)
        office_end(&f->o, f->o.people[i].card.name);
    assert_ok(office_record(&f->o, "case-1", "2022-001", "Yamada", &f->record));
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct forger *f = *state;

    buf_free(&f->answer);
    office_free(&f->o);
    free(f);
    return 0;
}

/* Only that one record is there, as it was, and the log says the same. */
static void
check_unharmed(struct forger *f)
{
    struct client *c;
    struct record_view view = {0};
    struct record_list list = {0};
    struct buf name;

    f->how = HONEST;
    office_end(&f->o, "case-1");
    c = office_client(&f->o, "case-1");
    assert_ok(client_record_list(c, "victim", UINT64_MAX, 9, &list));
    assert_int_equal(list.n, 1);
    assert_ok(client_record_read(c, "victim", &f->record, 0, NULL, &view));
    name = office_field(&view, "identity", "family_name");
    assert_string_equal((const char *)name.ptr, "Yamada");
    assert_int_equal(view.newest[0].version, 1);
    buf_free(&name);
    record_view_free(&view);
    record_list_free(&list);
}

static void
must_be(struct forger *f, enum entry_outcome outcome, enum sv_err err)
{
    assert_int_not_equal(err, SV_OK);
    if (!f->entry.allowed || f->entry.outcome != outcome)
        fail_msg("forgery %u, last %d: outcome %d", f->how, f->last,
                 (int)f->entry.outcome);
    f->entry.allowed = false; /* the next one is another */
}

static void
test_a_new_record_that_says_something_else_is_not_taken(void **state)
{
    struct forger *f = *state;

    for (unsigned i = 0; i < 2 * FORGERIES_N; i++) {
        struct handle h;
        enum sv_err err;

        f->act = ACT_RECORD_CREATE;
        f->how = (enum forgery)(i / 2);
        f->last = i % 2 == 1;
        if (f->how == HONEST || f->how == PREV || f->how == ADDITION ||
            f->how == REPEATED)
            continue; /* a first one cannot say so */
        err = office_record(&f->o, "case-1", "2022-002", "Sato", &h);
        must_be(f, OUTCOME_INVALID, err);
        office_end(&f->o, "case-1");
    }
    check_unharmed(f);
    office_verify(&f->o);
}

static enum sv_err
save(struct forger *f)
{
    static const char *const identity[] = {"identity"};
    struct client *c = office_client(&f->o, "case-1");
    struct record_view view = {0};
    size_t at = 0;
    enum sv_err err;

    assert_ok(client_record_read(c, "victim", &f->record, 1, identity, &view));
    assert_non_null(schema_compartment(view.type, "identity", &at));
    err =
        client_record_save(c, "victim", &f->record, &view.contents[at], &view);
    record_view_free(&view);
    return err;
}

static void
test_a_version_that_says_something_else_is_not_taken(void **state)
{
    struct forger *f = *state;

    for (unsigned i = VAULT; i < FORGERIES_N; i++) {
        bool follows = i != VERSION && i != PREV;
        enum sv_err err;

        if (i == SWAPPED || i == REPEATED) /* there is one alone */
            continue;
        f->act = ACT_RECORD_SAVE;
        f->how = (enum forgery)i;
        err = save(f);
        must_be(f, follows ? OUTCOME_INVALID : OUTCOME_CONFLICT, err);
        office_end(&f->o, "case-1");
    }
    check_unharmed(f);
    office_verify(&f->o);
}

static void
test_rows_that_say_something_else_do_not_come_in(void **state)
{
    struct forger *f = *state;

    for (unsigned i = VAULT; i < FORGERIES_N; i++) {
        struct client *c = office_client(&f->o, "case-1");
        struct import im = {0};
        struct import_report report = {0};
        struct diag where = {0};
        enum sv_err err;

        if (i == PREV || i == ADDITION)
            continue;
        f->act = ACT_RECORD_IMPORT;
        f->how = (enum forgery)i;
        f->last = true;
        assert_ok(
            import_read(schema_type(client_schema(c), "victim"),
                        bytes_text("identity.case_no,identity.family_name\n"
                                   "I-1,Ueda\nI-2,Kato\n"),
                        &im, &where));
        err = client_import(c, &im, NULL, NULL, &report);
        must_be(f, OUTCOME_INVALID, err);
        assert_int_equal(report.n_done, 0);
        import_free(&im);
        office_end(&f->o, "case-1");
    }
    check_unharmed(f);
    office_verify(&f->o);
}

/* A figure with rows left out would be a wrong one. */
static void
test_nothing_is_counted_with_other_keys(void **state)
{
    static const enum forgery ways[] = {VAULT,    COMPARTMENT, TYPE,   EPOCH,
                                        REPEATED, MISSING,     AUTHOR, PREV,
                                        LONGER,   ROOT};
    struct forger *f = *state;
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct client *c = office_client(&f->o, "stats-1");

        f->act = ACT_COUNTS_PREVIEW;
        f->how = ways[i];
        must_be(f, OUTCOME_INVALID,
                client_counts_preview(c, bytes_text(plan), &out));
        assert_int_equal(out.len, 0);
        office_end(&f->o, "stats-1");
    }
    f->how = HONEST;
    assert_ok(client_counts_preview(office_client(&f->o, "stats-1"),
                                    bytes_text(plan), &out));
    check_unharmed(f);
    buf_free(&out);
    office_verify(&f->o);
}

static void
test_a_question_that_is_malformed_finds_nobody(void **state)
{
    static const enum forgery ways[] = {MISSING, LONGER, ROOT};
    struct forger *f = *state;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct find_list found = {0};
        struct client *c = office_client(&f->o, "case-1");

        f->act = ACT_RECORD_FIND;
        f->how = ways[i];
        must_be(f, OUTCOME_INVALID,
                client_record_find(c, "victim", bytes_text("Yamada"), &found));
        assert_int_equal(found.n, 0);
        office_end(&f->o, "case-1");
    }
    check_unharmed(f);
    office_verify(&f->o);
}

static void
test_keys_for_somebody_else_are_not_handed_over(void **state)
{
    static const enum forgery ways[] = {MISSING, LONGER, ROOT, VAULT, RECORD};
    struct forger *f = *state;

    const struct card *card = &office_person(&f->o, "case-3")->card;
    uint64_t proposal;

    assert_ok(client_staff_propose(office_client(&f->o, "admin-1"), card,
                                   "caseworker", 0));
    proposal = client_pin(office_client(&f->o, "admin-1"))->size - 1;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        office_end(&f->o, "lead-1");
        f->act = ACT_STAFF_CONFIRM;
        f->how = ways[i];
        must_be(f, OUTCOME_INVALID,
                client_staff_confirm(office_client(&f->o, "lead-1"), proposal));
    }
    office_end(&f->o, "lead-1");
    f->how = HONEST;
    assert_ok(client_staff_confirm(office_client(&f->o, "lead-1"), proposal));
    check_unharmed(f);
    office_verify(&f->o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_record_that_says_something_else_is_not_taken),
        TEST(test_a_version_that_says_something_else_is_not_taken),
        TEST(test_rows_that_say_something_else_do_not_come_in),
        TEST(test_nothing_is_counted_with_other_keys),
        TEST(test_a_question_that_is_malformed_finds_nobody),
        TEST(test_keys_for_somebody_else_are_not_handed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
