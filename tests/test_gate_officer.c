#include <stdlib.h>

#include "counts/document.h"
#include "counts/risk.h"
#include "tests/support/office.h"
#include "vault/client_release.h"
#include "vault/message.h"

/*
 * A statistics officer tries everything: every act there is, on everything
 * there is, as everybody she might claim to be; and then, by what she may
 * do, to see a figure that nobody approved.
 */

#define START_2023 UINT64_C(1680230000000) /* 31 March 2023 */
#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define PREVIEWS_A_DAY 20
#define OFFICER "stats-1"
#define CANARY "Canary-Testname"

static const char spec[] = "svault/annual/v1\nyear 2022\nauthority national\n"
                           "period calendar\nas-of 2023-03-31\nminor-age 18\n";

static int
setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    assert_non_null(o);
    office_new(o);
    o->now_ms = START_2023;
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

/* ---- every act ---- */

/* What she may do; the matrix is held against this by hand. */
static bool
is_hers(enum request_act act)
{
    switch (act) {
    case ACT_COUNTS_PREVIEW:
    case ACT_RELEASE_REQUEST:
    case ACT_RELEASE_LIST:
    case ACT_RELEASE_SHOW:
    case ACT_RELEASE_ACKNOWLEDGE:
    case ACT_RELEASE_FETCH:
        return true;
    default:
        return false;
    }
}

/* A request with everything in it that any act has. */
static void
fill(struct office *o, struct request *r, const char *role)
{
    const struct colleague *me = office_person(o, OFFICER);
    const struct roster *roster = &me->pin.roster;

    memset(r, 0, sizeof *r);
    memcpy(r->origin, roster->origin, sizeof r->origin);
    r->has_vault = true;
    r->vault = roster->vault;
    (void)snprintf(r->actor, sizeof r->actor, "%s", OFFICER);
    (void)snprintf(r->role, sizeof r->role, "%s", role);
    (void)snprintf(r->purpose, sizeof r->purpose, "report");
    rng_fill(&o->config.rng, r->id, sizeof r->id);
    r->at_ms = o->now_ms;
    r->seen_size = me->pin.size;
    r->seen_root = me->pin.root;
    r->count = 10;
    r->n_compartments = 1;
    r->n_keys = 1;
    (void)snprintf(r->person, sizeof r->person, "%s", OFFICER);
    (void)snprintf(r->grants, sizeof r->grants, "caseworker");
    (void)snprintf(r->profile, sizeof r->profile, "exact");
    r->sign = me->card.sign;
    memcpy(r->box, me->card.box.b, sizeof r->box);
    (void)snprintf(r->keys[0].type, NAME_SIZE, "victim");
    (void)snprintf(r->keys[0].compartment, NAME_SIZE, "facts");
    r->keys[0].epoch = 2;
    memcpy(r->keys[0].pub, me->card.box.b, 32);
    r->part = r->parts = 1;
    (void)snprintf(r->text, sizeof r->text, "svault/policy/v1\n");
    r->genesis.n_founders = 0;
}

static void
send_request(struct office *o, const struct request *r, struct bytes body,
             struct buf *response, struct message_answer *m)
{
    struct act_request ask = {{NULL, 0}, body};
    struct buf note = BUF_INIT, request = BUF_INIT;

    assert_ok(request_sign(r, &office_person(o, OFFICER)->keys.sign, &note));
    ask.note = buf_bytes(&note);
    assert_ok(message_act_encode(&ask, &request));
    buf_truncate(response, 0);
    assert_ok(gate_handle(o->gate, buf_bytes(&request), response));
    assert_ok(message_answer_decode(buf_bytes(response), m));
    buf_free(&note);
    buf_free(&request);
}

/* One request: denied, with nothing behind the entry; or one of hers, which
 * without a count in order gives nothing, either. */
static void
try_one(struct office *o, const struct request *r, struct bytes body)
{
    struct buf response = BUF_INIT;
    struct message_answer m;
    struct entry e;

    send_request(o, r, body, &response, &m);
    /* Bytes with an act that brings none get no entry, and no answer. */
    if (m.status == SV_ERR_FORMAT && body.len > 0) {
        buf_free(&response);
        return;
    }
    /* Nobody writes policy in a vault that is ready: no entry, either. */
    if (r->act == ACT_POLICY) {
        assert_err(m.status, SV_ERR_DENIED);
        assert_string_equal(m.reason, "foreign");
        buf_free(&response);
        return;
    }
    /* One signature restores nothing, and leaves no entry. */
    if (r->act == ACT_RESTORE) {
        assert_err(m.status, SV_ERR_DENIED);
        assert_string_equal(m.reason, "signature");
        buf_free(&response);
        return;
    }
    assert_ok(m.status);
    assert_ok(entry_parse(m.act.entry, &e));
    if (e.allowed) {
        assert_true(is_hers(r->act));
        assert_string_equal(r->role, "statistics_officer");
        if (r->act != ACT_RELEASE_LIST)
            assert_int_equal(e.outcome, OUTCOME_INVALID);
    }
    /* A list of no releases is its count. */
    assert_int_equal(m.act.body.len,
                     e.allowed && r->act == ACT_RELEASE_LIST ? 4 : 0);
    assert_int_equal(e.n_results, 0);
    assert_null(memmem(response.ptr, response.len, CANARY, strlen(CANARY)));
    buf_free(&response);
}

/* On every compartment of every type, there and not there. */
static void
try_act(struct office *o, enum request_act act, const char *role,
        const struct handle *there)
{
    static const char junk[] = "not what it says";
    const struct policy *p = &office_person(o, OFFICER)->pin.roster.policy;
    struct request r;

    for (unsigned c = 0; c < p->n_columns; c++) {
        for (unsigned variant = 0; variant < 4; variant++) {
            fill(o, &r, role);
            r.act = act;
            memcpy(r.type, p->columns[c].type, sizeof r.type);
            memcpy(r.compartments[0], p->columns[c].compartment,
                   sizeof r.compartments[0]);
            if ((variant & 1) == 0)
                r.record = *there;
            r.entry = (variant & 1) == 0 ? 0 : 40;
            r.purpose_defaulted = (variant & 2) == 0;
            try_one(o, &r,
                    (variant & 2) == 0 ? bytes_of("", 0) : bytes_text(junk));
        }
    }
}

static void
test_no_request_of_any_shape_returns_a_row(void **state)
{
    struct office *o = *state;
    const struct policy *p;
    struct handle h;

    assert_ok(office_record(o, "case-1", "2022-001", CANARY, &h));
    (void)office_client(o, OFFICER);
    office_end(o, OFFICER); /* her pin knows the roster */
    p = &office_person(o, OFFICER)->pin.roster.policy;
    for (unsigned a = 0; a < ACT_N; a++) {
        if (a == ACT_GENESIS) /* has no actor but founders: another test */
            continue;
        for (unsigned role = 0; role < p->n_roles; role++)
            try_act(o, (enum request_act)a, p->roles[role].name, &h);
    }
    office_verify(o);
}

/* ---- no exact figure ---- */

static void
add_victims(struct office *o, unsigned n, const char *gender)
{
    struct client *c = office_client(o, "case-1");

    for (unsigned i = 0; i < n; i++) {
        const char *const fields[][2] = {
            {"facts.gender", gender},
            {"facts.identification_status", "actual"},
            {"facts.counted_by", "national"},
            {"facts.counted_year", "2022"},
            {"facts.citizenship", "JPN"},
        };
        const char *reason = NULL;
        struct draft d = {0};
        struct handle h;

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
officer(struct office *o)
{
    office_end(o, OFFICER);
    return office_client(o, OFFICER);
}

/* All numbers of a preview, and how many there are. */
static unsigned
check_rounded(struct bytes json)
{
    struct buf csv = BUF_INIT;
    struct bytes rest, line;
    unsigned n = 0;

    assert_true(document_is_preview(json));
    assert_ok(document_csv(json, &csv));
    rest = buf_bytes(&csv);
    while (text_line(&rest, &line)) {
        const uint8_t *last = memrchr(line.ptr, ',', line.len);
        const uint8_t *comma;

        assert_non_null(last);
        comma = memrchr(line.ptr, ',', (size_t)(last - line.ptr));
        if (comma == NULL ||
            (comma[1] != '-' && (comma[1] < '0' || comma[1] > '9')))
            continue;
        assert_true(memmem(line.ptr, line.len, "year", 4) != NULL ||
                    last[-1] == '0' || last[-1] == '5');
        n++;
    }
    buf_free(&csv);
    return n;
}

/* One plan a time; another day when today's previews are used up. */
static unsigned
preview(struct office *o, const char *text, unsigned *used, struct buf *json)
{
    if (++*used > PREVIEWS_A_DAY) {
        o->now_ms += DAY_MS + 1;
        *used = 1;
    }
    buf_truncate(json, 0);
    assert_ok(client_counts_preview(officer(o), bytes_text(text), json));
    return check_rounded(buf_bytes(json));
}

static void
test_every_coded_field_in_turn_is_rounded(void **state)
{
    static const char *const populations[][3] = {
        {"victim", "person", "facts"},
        {"suspect", "suspect", "justice"},
        {"offence", "case", "justice"},
    };
    struct office *o = *state;
    struct buf json = BUF_INIT;
    unsigned used = 0, numbers = 0, fields = 0;

    add_victims(o, 8, "female"); /* no cell of them is rounded to nothing */
    add_victims(o, 6, "male");
    for (size_t p = 0; p < 3; p++) {
        const struct schema_type *type = schema_type(
            client_schema(office_client(o, "case-1")), populations[p][0]);
        const struct schema_compartment *sc =
            schema_compartment(type, populations[p][2], NULL);

        for (size_t i = 0; i < sc->n; i++) {
            char text[512];

            if (sc->fields[i].kind != FIELD_CODE)
                continue;
            (void)snprintf(text, sizeof text,
                           "plan \"T\" population %s unit %s as_of 2023-03-31\n"
                           "table one by %s\nmethod exact\n",
                           populations[p][0], populations[p][1],
                           sc->fields[i].name);
            numbers += preview(o, text, &used, &json);
            fields++;
        }
    }
    assert_true(fields > 20);
    /* And crossed with others. */
    numbers += preview(o,
                       "plan \"T\" population victim unit person as_of "
                       "2023-03-31\n"
                       "table three by gender, citizenship, detection_route\n"
                       "table few by gender where citizenship = JPN\n"
                       "method exact\n",
                       &used, &json);
    assert_true(numbers > fields);
    buf_free(&json);
    office_verify(o);
}

/* What her own program would refuse: the gate does, and counts and logs it. */
static void
test_what_fences_somebody_in_is_no_preview(void **state)
{
    static const char *const tables[] = {
        "table t where citizenship in {JPN, THA}",
        "table t by gender, citizenship, services where decided_by = police",
        "table t by citizenship, services, residence_status",
    };
    struct office *o = *state;
    struct buf json = BUF_INIT;

    add_victims(o, 8, "female");
    for (unsigned i = 0; i < PREVIEWS_A_DAY; i++) {
        const struct client_trouble *t;
        char text[256];

        (void)snprintf(text, sizeof text,
                       "plan \"T\" population victim unit person as_of "
                       "2023-03-31\n%s\nmethod exact\n",
                       tables[i % 3]);
        assert_err(client_counts_preview(officer(o), bytes_text(text), &json),
                   SV_ERR_INPUT);
        t = client_trouble(office_client(o, OFFICER));
        assert_true(t->logged);
        assert_int_equal(json.len, 0);
    }
    assert_err(client_counts_preview(officer(o), bytes_text(spec), &json),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, OFFICER))->rule,
                        "limit");
    buf_free(&json);
    office_verify(o);
}

/* As of each day: rounded, and the same set of records always alike, so that
 * asking again tells nothing. */
static void
test_every_as_of_date_is_rounded_and_alike(void **state)
{
    struct office *o = *state;
    struct buf one = BUF_INIT, again = BUF_INIT;
    unsigned used = 0, numbers = 0;

    for (unsigned day = 1; day <= 12; day++) {
        add_victims(o, 1, "female");
        o->now_ms += DAY_MS;
    }
    o->now_ms += DAY_MS;
    for (unsigned day = 1; day <= 12; day++) {
        char text[256];

        (void)snprintf(text, sizeof text,
                       "plan \"T\" population victim unit person as_of "
                       "2023-04-%02u\ntable t by gender\nmethod exact\n",
                       day);
        numbers += preview(o, text, &used, &one);
        numbers += preview(o, text, &used, &again);
        assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&again)));
    }
    assert_true(numbers > 0); /* an empty cell is not printed */
    buf_free(&one);
    buf_free(&again);
}

/* What she gets of a release that nobody approved: no byte of it opens with
 * her key, and the cells have no values. */
static void
check_shown(struct office *o, uint64_t number)
{
    const struct colleague *me = office_person(o, OFFICER);
    struct release_view v = {0};
    struct risk_list risks = {0};
    struct buf response = BUF_INIT, context = BUF_INIT, plain = BUF_INIT;
    struct message_answer m;
    struct request r;
    struct bytes body;

    assert_ok(client_release_show(officer(o), number, &v));
    assert_false(v.has_bytes);
    assert_int_equal(v.bytes.len, 0);
    assert_int_equal(v.risk.len, 0);
    assert_ok(risk_decode(buf_bytes(&v.cells), &risks));
    assert_false(risks.has_values);
    risk_clear(&risks);
    release_view_free(&v);

    office_end(o, OFFICER);
    fill(o, &r, "statistics_officer");
    r.act = ACT_RELEASE_SHOW;
    r.entry = number;
    r.purpose_defaulted = true;
    send_request(o, &r, bytes_of("", 0), &response, &m);
    assert_ok(release_parcel_context(&o->vault, number, &context));
    body = m.act.body;
    assert_true(body.len > 0);
    for (size_t at = 0; at < body.len; at++) {
        assert_err(ps1_open(&me->keys.box, &me->card.box, PARCEL_LABEL,
                            buf_bytes(&context),
                            bytes_slice(body, at, body.len - at), &plain),
                   SV_ERR_TAMPERED);
    }
    buf_free(&response);
    buf_free(&context);
    buf_free(&plain);
}

static void
check_not_fetched(struct office *o, const char *who, uint64_t number)
{
    struct release_package p = {0};

    office_end(o, who);
    assert_err(client_release_fetch(office_client(o, who), number, &p),
               SV_ERR_DENIED);
    assert_int_equal(p.bytes.len, 0);
    release_package_free(&p);
}

static void
test_requests_that_nobody_approved_stay_shut(void **state)
{
    struct office *o = *state;
    struct buf cells = BUF_INIT;
    uint64_t number = 0;

    add_victims(o, 7, "female");
    add_victims(o, 2, "male");
    assert_ok(client_release_request(
        officer(o), RELEASE_EXACT, bytes_text(spec), bytes_text("Action Plan"),
        NULL, &number, &cells));
    check_shown(o, number);
    check_not_fetched(o, OFFICER, number);
    assert_ok(client_release_acknowledge(officer(o), number, buf_bytes(&cells),
                                         true, 0));
    check_shown(o, number);
    check_not_fetched(o, OFFICER, number);
    check_not_fetched(o, "approve-1", number);
    check_not_fetched(o, "lead-1", number);
    o->now_ms += 31 * DAY_MS;
    check_shown(o, number);
    check_not_fetched(o, OFFICER, number);

    buf_truncate(&cells, 0);
    assert_ok(client_release_request(
        officer(o), RELEASE_EXACT, bytes_text(spec), bytes_text("Action Plan"),
        NULL, &number, &cells));
    office_end(o, "approve-1");
    assert_ok(client_release_refuse(office_client(o, "approve-1"), number));
    check_shown(o, number);
    check_not_fetched(o, OFFICER, number);
    buf_free(&cells);
    office_verify(o);
}

int
main(void)
{
#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_no_request_of_any_shape_returns_a_row),
        IN_OFFICE(test_every_coded_field_in_turn_is_rounded),
        IN_OFFICE(test_what_fences_somebody_in_is_no_preview),
        IN_OFFICE(test_every_as_of_date_is_rounded_and_alike),
        IN_OFFICE(test_requests_that_nobody_approved_stay_shut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
