#include "audit/proof.h"
#include "counts/annual_json.h"
#include "counts/document.h"
#include "counts/risk.h"
#include "tests/support/office.h"
#include "vault/client_release.h"
#include "vault/message.h"

#include "disclosure/facts_document.h"

/* Figures leave by two people, and no row leaves by anybody's count. */

static const char spec[] = "svault/annual/v1\nyear 2022\nauthority national\n"
                           "period calendar\nas-of 2023-03-31\nminor-age 18\n";
static const char plan[] =
    "plan \"all\" population victim unit person as_of 2023-03-31\n"
    "table g by gender\nmethod exact\n";

#define START_2023 UINT64_C(1680230000000) /* 31 March 2023 */
#define DAY_MS (UINT64_C(24) * 3600 * 1000)

static int
setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    office_new(o);
    *state = o;
    return 0;
}

static int
teardown(void **state)
{
    office_free(*state);
    free(*state);
    return 0;
}

/* n victims of 2022, counted by the national total. */
static void
add_victims(struct office *o, unsigned n, const char *gender)
{
    struct client *c = office_client(o, "case-1");
    static unsigned number;

    for (unsigned i = 0; i < n; i++) {
        const char *const fields[][2] = {
            {"facts.gender", gender},
            {"facts.identification_status", "actual"},
            {"facts.counted_by", "national"},
            {"facts.counted_year", "2022"},
            {"facts.citizenship", "JPN"},
            {"facts.age_at_protection", "17"},
        };
        struct draft d = {0};
        struct handle h;
        const char *reason = NULL;
        char case_no[24];

        (void)snprintf(case_no, sizeof case_no, "T-%u", number++);
        assert_ok(draft_new(schema_type(client_schema(c), "victim"), &d));
        for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
            struct schema_place at;

            assert_ok(draft_place(d.type, bytes_text(fields[k][0]), &at));
            assert_ok(content_add(&d.contents[at.compartment], at.field,
                                  bytes_text(fields[k][1]), &reason));
        }
        assert_ok(client_record_add(c, &d, &h));
        draft_free(&d);
    }
}

static struct client *
at_work(struct office *o, const char *who)
{
    office_end(o, who);
    return office_client(o, who);
}

static void
assert_rule(struct office *o, const char *who, const char *rule)
{
    assert_string_equal(client_trouble(office_client(o, who))->rule, rule);
}

static uint64_t
request(struct office *o, struct buf *cells)
{
    uint64_t number = 0;

    assert_ok(client_release_request(
        at_work(o, "stats-1"), RELEASE_EXACT, bytes_text(spec),
        bytes_text("Action Plan"), NULL, &number, cells));
    return number;
}

static int64_t
figure_of(struct bytes json, const char *name)
{
    struct facts_document d = {0};
    struct diag where = {0};
    struct annual_report r = {0};
    int64_t value;
    size_t at;

    /* A preview has no facts, and is the report alone. */
    if (document_is_preview(json)) {
        assert_ok(annual_json_decode(json, &r));
    } else {
        assert_ok(facts_document_decode(json, &d, &where));
        assert_ok(annual_json_decode(buf_bytes(&d.report), &r));
        facts_document_clear(&d);
    }
    assert_ok(figures_find(&r.figures, name, &at));
    assert_true(r.figures.at[at].known);
    value = r.figures.at[at].value;
    annual_report_clear(&r);
    return value;
}

static void
test_a_release_is_what_another_person_has_approved(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    struct release_view v = {0};
    struct release_package p = {0};
    struct checkpoint head;
    struct risk_list risks = {0};
    uint8_t commitment[32];
    uint64_t number;

    o->now_ms = START_2023;
    add_victims(o, 7, "female");
    add_victims(o, 2, "male");
    number = request(o, &cells);
    /* The requester learns which cells are unsafe, and no figure. */
    assert_ok(risk_decode(buf_bytes(&cells), &risks));
    assert_true(risks.n > 0);
    assert_false(risks.has_values);
    risk_clear(&risks);
    assert_ok(client_release_show(at_work(o, "stats-1"), number, &v));
    assert_false(v.has_bytes);
    assert_int_equal(v.bytes.len, 0);
    release_view_free(&v);
    /* Not before she has acknowledged them, and never by herself. */
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_true(v.has_bytes);
    assert_int_equal(figure_of(buf_bytes(&v.bytes), "victims.gender.male"), 2);
    assert_err(
        client_release_approve(office_client(o, "approve-1"), number, &v),
        SV_ERR_DENIED);
    assert_rule(o, "approve-1", "acknowledge");
    assert_ok(client_release_acknowledge(at_work(o, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_err(client_release_fetch(office_client(o, "stats-1"), number, &p),
               SV_ERR_DENIED);
    assert_rule(o, "stats-1", "approval");
    assert_err(client_release_approve(office_client(o, "stats-1"), number, &v),
               SV_ERR_DENIED);
    assert_ok(client_release_approve(at_work(o, "approve-1"), number, &v));
    assert_err(
        client_release_approve(office_client(o, "approve-1"), number, &v),
        SV_ERR_DENIED);
    assert_rule(o, "approve-1", "judged");
    /* Byte for byte, under the commitment, and tied to the log. */
    assert_ok(client_release_fetch(at_work(o, "stats-1"), number, &p));
    assert_true(bytes_equal(buf_bytes(&p.bytes), buf_bytes(&v.bytes)));
    release_commitment(RELEASE_LABEL, p.nonce, buf_bytes(&p.bytes), commitment);
    assert_memory_equal(commitment, v.state.commitment, 32);
    assert_ok(proof_verify(
        buf_bytes(&p.request_proof), buf_bytes(&p.request), "office.example",
        &client_roster(office_client(o, "stats-1"))->log_key, &head));
    assert_ok(proof_verify(
        buf_bytes(&p.approval_proof), buf_bytes(&p.approval), "office.example",
        &client_roster(office_client(o, "stats-1"))->log_key, &head));
    p.approval.ptr[p.approval.len / 2] ^= 1;
    assert_err(proof_verify(
                   buf_bytes(&p.approval_proof), buf_bytes(&p.approval),
                   "office.example",
                   &client_roster(office_client(o, "stats-1"))->log_key, &head),
               SV_ERR_TAMPERED);
    release_package_free(&p);
    /* Nobody else's, and not for ever. */
    assert_err(client_release_fetch(office_client(o, "approve-1"), number, &p),
               SV_ERR_DENIED);
    o->now_ms += 31 * DAY_MS;
    assert_err(client_release_fetch(at_work(o, "stats-1"), number, &p),
               SV_ERR_DENIED);
    assert_rule(o, "stats-1", "late");
    release_view_free(&v);
    buf_free(&cells);
    office_verify(o);
}

/* Others go on: somebody new just before the question, and an entry before
 * its answer is looked at. */
struct busy {
    struct office *o;
    bool now;
};

static enum sv_err
busy_gate(void *ctx, struct bytes request, struct buf *response)
{
    struct busy *b = ctx;
    struct message_request m;
    struct record_list l = {0};
    enum sv_err err;

    assert_ok(message_request_decode(request, &m));
    if (!b->now || m.kind != MESSAGE_ACT)
        return gate_handle(b->o->gate, request, response);
    b->now = false;
    office_end(b->o, "admin-1");
    assert_ok(office_hire(b->o, "case-9", "caseworker"));
    err = gate_handle(b->o->gate, request, response);
    assert_ok(client_record_list(at_work(b->o, "case-1"), "victim", UINT64_MAX,
                                 9, &l));
    record_list_free(&l);
    return err;
}

/* Its proofs stand under the head of their own answer. */
static void
test_a_release_is_fetched_with_its_proofs_while_others_work(void **state)
{
    struct office *o = *state;
    struct busy b = {.o = o};
    struct buf cells = BUF_INIT;
    struct release_view v = {0};
    struct release_package p = {0};
    struct checkpoint head;
    struct client *c;
    uint64_t number;

    o->now_ms = START_2023;
    add_victims(o, 7, "female");
    number = request(o, &cells);
    assert_ok(client_release_acknowledge(office_client(o, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_ok(
        client_release_approve(office_client(o, "approve-1"), number, &v));
    o->through = (struct transport){busy_gate, &b};
    c = at_work(o, "stats-1");
    o->through = (struct transport){NULL, NULL};
    b.now = true;
    assert_ok(client_release_fetch(c, number, &p));
    assert_false(b.now);
    assert_ok(proof_verify(buf_bytes(&p.request_proof), buf_bytes(&p.request),
                           "office.example", &client_roster(c)->log_key,
                           &head));
    assert_ok(proof_verify(buf_bytes(&p.approval_proof), buf_bytes(&p.approval),
                           "office.example", &client_roster(c)->log_key,
                           &head));
    release_package_free(&p);
    release_view_free(&v);
    buf_free(&cells);
    office_verify(o);
}

/* So do those of a single entry. */
static void
test_an_entry_is_proved_while_others_work(void **state)
{
    struct office *o = *state;
    struct busy b = {.o = o};
    struct buf entry = BUF_INIT, proof = BUF_INIT;
    struct checkpoint head;
    struct client *c;

    office_end(o, "audit-1");
    o->through = (struct transport){busy_gate, &b};
    c = office_client(o, "audit-1");
    o->through = (struct transport){NULL, NULL};
    b.now = true;
    assert_ok(client_log_prove(c, 3, &entry, &proof));
    assert_false(b.now);
    assert_ok(proof_verify(buf_bytes(&proof), buf_bytes(&entry),
                           "office.example", &client_roster(c)->log_key,
                           &head));
    buf_free(&entry);
    buf_free(&proof);
}

static enum sv_err
replace_keys(struct office *o, const char *name, const char *with)
{
    office_end(o, "admin-1");
    return office_replace(o, name, with);
}

/* New keys do not open what was sealed to the old ones, and that is no
 * tampering. */
static void
test_what_was_sealed_to_lost_keys_is_asked_for_anew(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    struct release_view v = {0};
    struct release_package p = {0};
    uint64_t number;

    o->now_ms = START_2023;
    add_victims(o, 7, "female");
    number = request(o, &cells);
    assert_ok(client_release_acknowledge(at_work(o, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_ok(
        client_release_approve(office_client(o, "approve-1"), number, &v));
    release_view_free(&v);
    assert_ok(replace_keys(o, "stats-1", "spare-1"));
    assert_err(client_release_fetch(at_work(o, "stats-1"), number, &p),
               SV_ERR_DENIED);
    assert_non_null(client_trouble(office_client(o, "stats-1"))->what);
    assert_ok(replace_keys(o, "approve-1", "spare-2"));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_false(v.has_bytes);
    assert_err(
        client_release_approve(office_client(o, "approve-1"), number, &v),
        SV_ERR_DENIED);
    release_view_free(&v);
    /* Anew, by both: with the keys that they have now. */
    buf_truncate(&cells, 0);
    number = request(o, &cells);
    assert_ok(client_release_acknowledge(at_work(o, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_ok(
        client_release_approve(office_client(o, "approve-1"), number, &v));
    assert_ok(client_release_fetch(at_work(o, "stats-1"), number, &p));
    release_package_free(&p);
    release_view_free(&v);
    buf_free(&cells);
    office_verify(o);
}

/* A client that says it has seen the bytes, of somebody to whom they were
 * never sealed. */
static void
test_who_was_sealed_no_parcel_approves_nothing(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    struct release_view v = {0}, none = {0};
    uint64_t number;

    o->now_ms = START_2023;
    add_victims(o, 7, "female");
    number = request(o, &cells);
    assert_ok(client_release_acknowledge(at_work(o, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    office_end(o, "admin-1");
    assert_ok(office_hire(o, "approve-2", "approver"));
    assert_ok(
        client_release_show(office_client(o, "approve-2"), number, &none));
    assert_false(none.has_bytes);
    release_view_free(&none);
    assert_err(
        client_release_approve(office_client(o, "approve-2"), number, &v),
        SV_ERR_FORMAT);
    assert_ok(client_release_approve(at_work(o, "approve-1"), number, &v));
    release_view_free(&v);
    buf_free(&cells);
    office_verify(o);
}

static void
test_a_refused_or_expired_release_is_not_approved(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    struct release_view v = {0};
    uint64_t number;

    o->now_ms = START_2023;
    add_victims(o, 1, "male");
    number = request(o, &cells);
    assert_ok(client_release_acknowledge(at_work(o, "stats-1"), number,
                                         buf_bytes(&cells), false, 1));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_ok(client_release_refuse(office_client(o, "approve-1"), number));
    assert_err(
        client_release_approve(office_client(o, "approve-1"), number, &v),
        SV_ERR_DENIED);
    release_view_free(&v);
    buf_truncate(&cells, 0);
    number = request(o, &cells);
    assert_ok(client_release_acknowledge(at_work(o, "stats-1"), number,
                                         buf_bytes(&cells), false, 1));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    o->now_ms += 31 * DAY_MS;
    assert_err(client_release_approve(at_work(o, "approve-1"), number, &v),
               SV_ERR_DENIED);
    assert_rule(o, "approve-1", "late");
    /* Others' cells are not hers to acknowledge. */
    assert_err(client_release_acknowledge(office_client(o, "stats-1"),
                                          number + 1000, buf_bytes(&cells),
                                          true, 0),
               SV_ERR_DENIED);
    assert_rule(o, "stats-1", "release");
    release_view_free(&v);
    buf_free(&cells);
    office_verify(o);
}

/* Before and after each save, for a whole day: multiples of 5 and no more,
 * and no jump that tells when a count passes from 2 to 3. */
static void
test_previews_are_rounded_and_so_many_a_day(void **state)
{
    struct office *o = *state;
    struct buf json = BUF_INIT;
    unsigned early = 0;

    o->now_ms = START_2023;
    for (unsigned n = 0; n < 20; n++) {
        int64_t value;

        buf_truncate(&json, 0);
        assert_ok(client_counts_preview(at_work(o, "stats-1"), bytes_text(spec),
                                        &json));
        assert_true(document_is_preview(buf_bytes(&json)));
        value = figure_of(buf_bytes(&json), "victims.total");
        assert_int_equal(value % 5, 0);
        /* A record counts as none, one or two. */
        assert_true(value >= 0 && value < 2 * (int64_t)n + 5);
        early += value > (int64_t)n;
        add_victims(o, 1, "male");
    }
    assert_true(early > 0); /* up before the nearest would be, now and then */
    buf_truncate(&json, 0);
    assert_err(
        client_counts_preview(at_work(o, "stats-1"), bytes_text(spec), &json),
        SV_ERR_DENIED);
    assert_rule(o, "stats-1", "limit");
    assert_int_equal(json.len, 0);
    buf_free(&json);
}

/* A plan of that day counts what there was then. */
static void
test_a_count_is_as_of_its_day_and_never_of_the_future(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT, json = BUF_INIT;
    struct release_view v = {0};
    uint64_t number;

    o->now_ms = START_2023;
    add_victims(o, 3, "female");
    o->now_ms += 5 * DAY_MS; /* 5 April */
    add_victims(o, 4, "female");
    number = request(o, &cells);
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_int_equal(figure_of(buf_bytes(&v.bytes), "victims.total"), 3);
    release_view_free(&v);
    assert_err(
        client_counts_preview(at_work(o, "stats-1"),
                              bytes_text("svault/annual/v1\nyear 2022\n"
                                         "authority national\nperiod calendar\n"
                                         "as-of 2024-01-01\nminor-age 18\n"),
                              &json),
        SV_ERR_INPUT);
    assert_ok(client_counts_preview(office_client(o, "stats-1"),
                                    bytes_text(plan), &json));
    assert_err(client_counts_preview(office_client(o, "stats-1"),
                                     bytes_text("plan nothing"), &json),
               SV_ERR_INPUT);
    buf_free(&cells);
    buf_free(&json);
    office_verify(o);
}

/* Every act on every type: no record, list or history for this role. */
static void
test_no_request_gives_a_row_to_a_statistics_officer(void **state)
{
    static const char *const facts = "facts";
    struct office *o = *state;
    struct client *c;
    struct record_view v = {0};
    struct record_list list = {0};
    struct record_version *versions = NULL;
    struct find_list found = {0};
    struct handle h;
    size_t n = 0;

    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &h));
    c = office_client(o, "stats-1");
    assert_err(client_record_read(c, "victim", &h, 1, &facts, &v),
               SV_ERR_DENIED);
    assert_err(client_record_list(c, "victim", UINT64_MAX, 10, &list),
               SV_ERR_DENIED);
    assert_err(client_record_list(c, "suspect", UINT64_MAX, 10, &list),
               SV_ERR_DENIED);
    assert_err(client_record_history(c, "victim", &h, &versions, &n),
               SV_ERR_DENIED);
    assert_err(client_record_find(c, "victim", bytes_text("Yamada"), &found),
               SV_ERR_DENIED);
    assert_err(client_record_assign(c, "victim", &h, "stats-1", true),
               SV_ERR_DENIED);
    office_verify(o);
}

/* Who lends no key, or not this one, gets no count. */
static void
test_others_do_not_count(void **state)
{
    struct office *o = *state;
    struct buf json = BUF_INIT;
    static const char *const others[] = {"case-1", "lead-1", "approve-1",
                                         "audit-1", "admin-1"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_err(client_counts_preview(office_client(o, others[i]),
                                         bytes_text(spec), &json),
                   SV_ERR_DENIED);
    assert_int_equal(json.len, 0);
    buf_free(&json);
}

/* After a new epoch the officer lends both keys, and every row counts. */
static void
test_rows_of_all_epochs_are_counted(void **state)
{
    struct office *o = *state;
    unsigned columns[POLICY_COLUMNS_MAX];
    struct buf cells = BUF_INIT;
    struct release_view v = {0};
    struct client *lead;
    uint64_t number;
    size_t n;

    o->now_ms = START_2023;
    add_victims(o, 3, "female");
    assert_ok(
        client_staff_revoke(at_work(o, "lead-1"), "case-2", "caseworker"));
    lead = at_work(o, "lead-1");
    n = client_due(lead, columns);
    assert_ok(client_rotate(lead, n, columns));
    office_end(o, "case-1");
    add_victims(o, 3, "male");
    number = request(o, &cells);
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_int_equal(figure_of(buf_bytes(&v.bytes), "victims.total"), 6);
    release_view_free(&v);
    buf_free(&cells);
    office_verify(o);
}

/* Sealed to somebody outside, the requester gets a file that she cannot
 * open. */
static void
test_a_named_recipient_alone_opens_the_figures(void **state)
{
    struct office *o = *state;
    struct colleague *to = office_person(o, "ministry");
    struct colleague *own = office_person(o, "stats-1");
    struct buf cells = BUF_INIT, parcel = BUF_INIT;
    struct release_view v = {0};
    struct release_package p = {0};
    struct release_parcel inside;
    uint64_t number = 0;

    o->now_ms = START_2023;
    add_victims(o, 2, "male");
    assert_ok(client_release_request(
        at_work(o, "stats-1"), RELEASE_EXACT, bytes_text(spec),
        bytes_text("Action Plan"), &to->card.box, &number, &cells));
    assert_ok(client_release_acknowledge(office_client(o, "stats-1"), number,
                                         buf_bytes(&cells), true, 0));
    assert_ok(client_release_show(at_work(o, "approve-1"), number, &v));
    assert_ok(
        client_release_approve(office_client(o, "approve-1"), number, &v));
    assert_ok(client_release_fetch(at_work(o, "stats-1"), number, &p));
    assert_true(p.is_sealed);
    assert_int_equal(p.bytes.len, 0);
    assert_err(release_open_sealed(&own->identity, &o->vault, number,
                                   buf_bytes(&p.sealed), &parcel),
               SV_ERR_TAMPERED);
    assert_ok(release_open_sealed(&to->identity, &o->vault, number,
                                  buf_bytes(&p.sealed), &parcel));
    assert_ok(release_parcel_decode(buf_bytes(&parcel), &inside));
    assert_true(bytes_equal(inside.bytes, buf_bytes(&v.bytes)));
    release_view_free(&v);
    release_package_free(&p);
    buf_free(&cells);
    buf_free(&parcel);
}

/* Her own parcel lies there, sealed to her: it leaves when somebody else has
 * approved it, and by no other way. */
static void
test_who_asked_and_became_an_approver_sees_no_figure(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    struct release_view v = {0};
    uint64_t number;

    o->now_ms = START_2023;
    add_victims(o, 7, "female");
    number = request(o, &cells);
    assert_ok(client_staff_revoke(at_work(o, "admin-1"), "stats-1",
                                  "statistics_officer"));
    assert_ok(office_hire(o, "stats-1", "approver"));
    assert_ok(client_release_show(at_work(o, "stats-1"), number, &v));
    assert_false(v.has_bytes);
    assert_int_equal(v.bytes.len, 0);
    release_view_free(&v);
    buf_free(&cells);
}

/* A card can be signed over any bytes.  With a key that nothing can be sealed
 * to she would keep everybody else from a release. */
static void
test_nobody_comes_in_with_a_key_that_nothing_is_sealed_to(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    uint64_t number = 0;
    struct colleague *p = office_person(o, "approve-2");

    o->now_ms = START_2023;
    memset(&p->card.box, 0, sizeof p->card.box);
    assert_err(office_hire(o, "approve-2", "approver"), SV_ERR_FORMAT);
    assert_ok(client_release_request(
        at_work(o, "stats-1"), RELEASE_EXACT, bytes_text(spec),
        bytes_text("Action Plan"), NULL, &number, &cells));
    buf_free(&cells);
    office_verify(o);
}

/* It is found wrong, and that is an entry: of those, too, she has 20 a day. */
static void
expect_invalid(struct office *o, const char *profile, const char *what,
               const char *basis, const struct box_public *recipient)
{
    struct buf cells = BUF_INIT;
    uint64_t number = 0, size;

    size = client_pin(at_work(o, "stats-1"))->size;
    assert_err(client_release_request(office_client(o, "stats-1"), profile,
                                      bytes_text(what), bytes_text(basis),
                                      recipient, &number, &cells),
               SV_ERR_INPUT);
    assert_true(client_trouble(office_client(o, "stats-1"))->logged);
    assert_int_equal(client_pin(office_client(o, "stats-1"))->size, size + 1);
    assert_int_equal(cells.len, 0);
    buf_free(&cells);
}

/* What she says of recipient and basis can be what nothing is made for, and
 * is looked at before anything is counted. */
static void
test_a_request_for_nobody_is_an_entry_and_no_count(void **state)
{
    static const struct box_public nobody = {{0}};
    static const char no_text[] = "Action \xff";
    struct office *o = *state;

    o->now_ms = START_2023;
    add_victims(o, 2, "male");
    expect_invalid(o, RELEASE_EXACT, spec, "Action Plan", &nobody);
    expect_invalid(o, RELEASE_EXACT, plan, "Action Plan", &nobody);
    expect_invalid(o, RELEASE_EXACT, spec, no_text, NULL);
    expect_invalid(o, RELEASE_EXACT, plan, no_text, NULL);
    office_verify(o);
}

static void
expect_list(struct office *o, const char *who, const uint64_t *numbers,
            size_t n_want)
{
    struct release_row *rows = NULL;
    size_t n = 99;

    assert_ok(client_release_list(at_work(o, who), &rows, &n));
    assert_int_equal(n, n_want);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(rows[i].number, numbers[i]);
        assert_string_equal(rows[i].state.requester, "stats-1");
    }
    free(rows);
}

/* A list tells what was asked for: to who asked, and to who judges. */
static void
test_releases_are_listed_to_who_asked_and_to_who_judges(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    uint64_t numbers[2]; /* newest first */

    o->now_ms = START_2023;
    assert_ok(office_hire(o, "stats-2", "statistics_officer"));
    expect_list(o, "stats-1", NULL, 0);
    expect_list(o, "approve-1", NULL, 0);
    numbers[1] = request(o, &cells);
    buf_truncate(&cells, 0);
    numbers[0] = request(o, &cells);
    assert_true(numbers[0] > numbers[1]);
    expect_list(o, "stats-1", numbers, 2);
    expect_list(o, "approve-1", numbers, 2);
    expect_list(o, "stats-2", NULL, 0);
    buf_free(&cells);
    office_verify(o);
}

int
main(void)
{
#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_a_release_is_what_another_person_has_approved),
        IN_OFFICE(test_a_release_is_fetched_with_its_proofs_while_others_work),
        IN_OFFICE(test_an_entry_is_proved_while_others_work),
        IN_OFFICE(test_what_was_sealed_to_lost_keys_is_asked_for_anew),
        IN_OFFICE(test_who_was_sealed_no_parcel_approves_nothing),
        IN_OFFICE(test_who_asked_and_became_an_approver_sees_no_figure),
        IN_OFFICE(test_a_refused_or_expired_release_is_not_approved),
        IN_OFFICE(test_nobody_comes_in_with_a_key_that_nothing_is_sealed_to),
        IN_OFFICE(test_a_request_for_nobody_is_an_entry_and_no_count),
        IN_OFFICE(test_previews_are_rounded_and_so_many_a_day),
        IN_OFFICE(test_a_count_is_as_of_its_day_and_never_of_the_future),
        IN_OFFICE(test_no_request_gives_a_row_to_a_statistics_officer),
        IN_OFFICE(test_others_do_not_count),
        IN_OFFICE(test_rows_of_all_epochs_are_counted),
        IN_OFFICE(test_a_named_recipient_alone_opens_the_figures),
        IN_OFFICE(test_releases_are_listed_to_who_asked_and_to_who_judges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
