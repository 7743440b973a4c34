/* Calls that make no sense, a gate that refuses, and one that is not heard:
 * the person is told which it was, and nothing is asked twice in vain. */
#include "tests/support/office.h"
#include "vault/builtin.h"
#include "vault/client_release.h"
#include "vault/message.h"

#define LONG "a_name_that_is_longer_than_any_name_may_be_here"
#define YEAR                                                                   \
    "svault/annual/v1\nyear 2022\nauthority national\nperiod calendar\n"       \
    "as-of 2022-12-31\nminor-age 18\n"
#define PLAN                                                                   \
    "plan \"all\" population victim unit person as_of 2023-03-31\n"            \
    "table g by gender\n"

/* What comes instead of the gate's answer to the next calls. */
enum instead { GATE, LOST, UNHEARD, GARBLED, BUSY, UNSURE, SCARCE, REFUSED };

struct scene {
    struct office o;
    struct handle record;
    unsigned calls;
    enum instead next[3];
    const char *reason;
};

static enum sv_err
call(void *ctx, struct bytes request, struct buf *response)
{
    struct scene *s = ctx;
    enum instead now = s->next[0];

    s->calls++;
    s->next[0] = s->next[1];
    s->next[1] = s->next[2];
    s->next[2] = GATE;
    switch (now) {
    case GATE:
        return gate_handle(s->o.gate, request, response);
    case LOST: /* it was done, and the answer got lost */
        assert_ok(gate_handle(s->o.gate, request, response));
        buf_truncate(response, 0);
        return SV_ERR_UNSURE;
    case UNHEARD:
        return SV_ERR_IO;
    case GARBLED:
        return buf_text(response, "nothing of the kind");
    case BUSY:
        return message_failure_encode(MESSAGE_ACT, SV_ERR_BUSY, "busy",
                                      response);
    case UNSURE:
        return message_failure_encode(MESSAGE_ACT, SV_ERR_UNSURE, "", response);
    case SCARCE:
        return message_failure_encode(MESSAGE_ACT, SV_ERR_NOMEM, "malformed",
                                      response);
    case REFUSED:
        break;
    }
    return message_failure_encode(MESSAGE_ACT, SV_ERR_DENIED, s->reason,
                                  response);
}

static int
set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    office_new(&s->o);
    s->o.through = (struct transport){call, s};
    for (size_t i = 0; i < s->o.n; i++)
        office_end(&s->o, s->o.people[i].card.name);
    assert_ok(office_record(&s->o, "case-1", "2022-001", "Yamada", &s->record));
    *state = s;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *s = *state;

    office_free(&s->o);
    free(s);
    return 0;
}

/* ---- Calls that make no sense ---- */

static void
test_a_record_of_no_type_is_not_asked_for(void **state)
{
    struct scene *s = *state;
    struct client *c = office_client(&s->o, "case-1");
    static const char *const unknown[] = {"identity", "nothing"};
    static const char *const many[REQUEST_COMPARTMENTS_MAX + 1] = {"identity"};
    struct record_list list = {0};
    struct record_view view = {0};
    struct record_version *versions = NULL;
    struct find_list found = {0};
    unsigned calls = s->calls;
    size_t n;

    assert_err(client_record_list(c, "victim", 1, 0, &list), SV_ERR_USAGE);
    assert_err(client_record_list(c, "victim", 1, PIN_LIST_MAX + 1, &list),
               SV_ERR_USAGE);
    assert_err(client_record_list(c, LONG, 1, 1, &list), SV_ERR_USAGE);
    assert_err(client_record_history(c, LONG, &s->record, &versions, &n),
               SV_ERR_USAGE);
    assert_err(client_record_find(c, LONG, bytes_text("Yamada"), &found),
               SV_ERR_USAGE);
    assert_int_not_equal(
        client_record_find(c, "victim", bytes_text(" "), &found), SV_OK);
    assert_err(client_record_read(c, LONG, &s->record, 0, NULL, &view),
               SV_ERR_NOT_FOUND);
    assert_err(client_record_read(c, "victim", &s->record, 2, unknown, &view),
               SV_ERR_USAGE);
    assert_err(client_record_read(c, "victim", &s->record,
                                  REQUEST_COMPARTMENTS_MAX + 1, many, &view),
               SV_ERR_RANGE);
    assert_null(view.type);
    assert_null(list.rows);
    assert_null(found.rows);
    assert_int_equal(s->calls, calls);
}

static void
test_names_that_are_none_are_not_asked_about(void **state)
{
    struct scene *s = *state;
    struct client *lead = office_client(&s->o, "lead-1");
    struct client *stats = office_client(&s->o, "stats-1");
    const struct card *card = &office_person(&s->o, "case-2")->card;
    static const unsigned columns[REQUEST_KEYS_MAX + 1];
    struct buf cells = BUF_INIT;
    unsigned calls = s->calls;
    uint64_t number = 0;

    assert_err(client_record_assign(lead, LONG, &s->record, "case-2", true),
               SV_ERR_USAGE);
    assert_err(client_record_assign(lead, "victim", &s->record, LONG, true),
               SV_ERR_USAGE);
    assert_err(client_staff_propose(lead, card, LONG, 0), SV_ERR_USAGE);
    assert_err(client_staff_confirm(lead, 1), SV_ERR_NOT_FOUND);
    assert_err(client_staff_revoke(lead, LONG, "caseworker"), SV_ERR_USAGE);
    assert_err(client_staff_revoke(lead, "case-2", LONG), SV_ERR_USAGE);
    assert_err(client_staff_suspend(lead, LONG), SV_ERR_USAGE);
    assert_err(client_rotate(lead, 0, columns), SV_ERR_USAGE);
    assert_err(client_rotate(lead, REQUEST_KEYS_MAX + 1, columns),
               SV_ERR_USAGE);
    assert_err(client_release_request(stats, LONG, bytes_text(PLAN),
                                      bytes_text("Plan"), NULL, &number,
                                      &cells),
               SV_ERR_USAGE);
    assert_false(client_may_read(lead, LONG, "victim", "identity"));
    assert_false(client_may_read(lead, "supervisor", "victim", LONG));
    assert_false(client_may_write(lead, LONG, "victim", "identity"));
    assert_int_equal(s->calls, calls);
    assert_int_equal(cells.len, 0);
    office_verify(&s->o);
}

/* ---- Who may found ---- */

static enum sv_err
found(struct scene *s, const char *origin, size_t n,
      const struct founder founders[])
{
    struct policy *policy = calloc(1, sizeof *policy);
    struct sign_public log_key;
    struct box_public gate_box;
    struct buf out = BUF_INIT;
    struct diag where = {0};
    uint8_t hash[DIGEST_LEN];
    enum sv_err err;

    assert_non_null(policy);
    sign_public_of(&s->o.gate_keys.log, &log_key);
    assert_ok(box_public_of(&s->o.gate_keys.box, &gate_box));
    assert_ok(
        policy_from_json(builtin_policy_json(), "standard", policy, &where));
    schema_hash(schema_builtin(), hash);
    err = client_found(&s->o.config.rng, &s->o.config.clock, origin, policy,
                       hash, &log_key, &gate_box, founders, n, &out);
    assert_int_equal(out.len > 0, err == SV_OK);
    buf_free(&out);
    free(policy);
    return err;
}

static void
test_a_vault_is_founded_by_two_people_who_sign(void **state)
{
    struct scene *s = *state;
    const struct colleague *a = office_person(&s->o, "admin-1");
    const struct colleague *b = office_person(&s->o, "lead-1");
    const struct founder one = {"administrator", a->card, &a->identity};
    const struct founder two = {"supervisor", b->card, &b->identity};
    struct founder pair[2] = {one, two};

    assert_ok(found(s, "office.example", 2, pair));
    assert_err(found(s, "", 2, pair), SV_ERR_USAGE);
    assert_err(found(s, "an office", 2, pair), SV_ERR_USAGE);
    assert_err(found(s, "office.example", 1, pair), SV_ERR_USAGE);
    assert_err(found(s, "office.example", REQUEST_FOUNDERS_MAX + 1, pair),
               SV_ERR_USAGE);
    pair[0].identity = NULL;
    assert_err(found(s, "office.example", 2, pair), SV_ERR_USAGE);
    pair[0] = one;
    pair[1].identity = NULL;
    assert_err(found(s, "office.example", 2, pair), SV_ERR_USAGE);
    pair[1] = two; /* one name for two keys */
    memcpy(pair[1].card.name, a->card.name, sizeof pair[1].card.name);
    assert_err(found(s, "office.example", 2, pair), SV_ERR_USAGE);
    pair[1] = two; /* one key for two names */
    pair[1].card.sign = a->card.sign;
    assert_err(found(s, "office.example", 2, pair), SV_ERR_USAGE);
}

/* ---- A gate that refuses, or is not heard ---- */

static void
test_why_the_gate_refuses_is_said(void **state)
{
    static const struct {
        const char *reason, *what;
    } cases[] = {
        {"signature", "the gate does not know this key"},
        {"foreign", "this request is for another vault"},
        {"peer", "the service does not serve this account (it is not in its "
                 "group)"},
        {"busy", "the service has too much to do; try again"},
        {"restored", "this vault was restored from a backup, and nobody has "
                     "confirmed it yet"},
        {"other", NULL},
    };
    struct scene *s = *state;
    struct client *c = office_client(&s->o, "case-1");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct record_list list = {0};
        const char *what;

        s->next[0] = REFUSED;
        s->reason = cases[i].reason;
        assert_err(client_record_list(c, "victim", UINT64_MAX, 9, &list),
                   SV_ERR_DENIED);
        what = client_trouble(c)->what;
        if (cases[i].what == NULL)
            assert_null(what);
        else
            assert_string_equal(what, cases[i].what);
        assert_false(client_trouble(c)->logged);
    }
}

static size_t
count_records(struct scene *s)
{
    struct record_list list = {0};
    size_t n;

    assert_ok(client_record_list(office_client(&s->o, "case-1"), "victim",
                                 UINT64_MAX, PIN_LIST_MAX, &list));
    n = list.n;
    record_list_free(&list);
    return n;
}

static void
test_what_is_not_answered_is_asked_once_more_and_done_once(void **state)
{
    static const struct {
        enum instead next[2];
        enum sv_err err;
        unsigned calls, records; /* made by it */
    } cases[] = {
        {{GATE, GATE}, SV_OK, 1, 1},
        {{LOST, GATE}, SV_OK, 2, 1},
        {{UNSURE, GATE}, SV_OK, 2, 1},
        {{LOST, UNHEARD}, SV_ERR_UNSURE, 2, 1},
        {{LOST, BUSY}, SV_ERR_UNSURE, 2, 1},
        {{LOST, LOST}, SV_ERR_UNSURE, 2, 1},
        {{LOST, SCARCE}, SV_ERR_UNSURE, 2, 1},
        {{LOST, REFUSED}, SV_ERR_UNSURE, 2, 1},
        {{UNSURE, UNSURE}, SV_ERR_UNSURE, 2, 0},
        {{LOST, GARBLED}, SV_ERR_UNVERIFIED, 2, 1},
        {{GARBLED, GATE}, SV_ERR_UNVERIFIED, 1, 0},
        {{UNHEARD, GATE}, SV_ERR_IO, 1, 0},
        {{BUSY, GATE}, SV_ERR_BUSY, 1, 0},
        {{SCARCE, GATE}, SV_ERR_NOMEM, 1, 0},
        {{REFUSED, GATE}, SV_ERR_DENIED, 1, 0},
    };
    struct scene *s = *state;

    s->reason = "signature"; /* as of who was given other keys meanwhile */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = count_records(s);
        unsigned calls = s->calls;
        char case_no[16];
        struct handle h;
        enum sv_err err;

        (void)snprintf(case_no, sizeof case_no, "2023-%03zu", i);
        memcpy(s->next, cases[i].next, sizeof cases[i].next);
        err = office_record(&s->o, "case-1", case_no, "Sato", &h);
        calls = s->calls - calls;
        memset(s->next, 0, sizeof s->next);
        if (err != cases[i].err || calls != cases[i].calls)
            fail_msg("case %zu: \"%s\" after %u calls", i, err_text(err),
                     calls);
        assert_int_equal(count_records(s) - before, cases[i].records);
    }
    office_verify(&s->o);
}

/* Where nothing was to be done, the second answer is all there is to know. */
static void
test_who_is_refused_her_second_question_is_told_so(void **state)
{
    static const struct {
        enum instead second;
        enum sv_err err;
    } cases[] = {{REFUSED, SV_ERR_DENIED}, {SCARCE, SV_ERR_NOMEM}};
    struct scene *s = *state;
    struct client *c = office_client(&s->o, "case-1");

    s->reason = "signature";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct record_list list = {0};

        s->next[0] = LOST;
        s->next[1] = cases[i].second;
        assert_err(client_record_list(c, "victim", UINT64_MAX, 9, &list),
                   cases[i].err);
    }
}

/* Somebody was hired meanwhile, and the service ends before she has heard of
 * it: her record is there, and she is not told to enter it once more. */
static void
test_what_is_done_is_not_told_as_undone_for_want_of_the_roster(void **state)
{
    struct scene *s = *state;
    struct record_list list = {0};
    size_t before = count_records(s);
    struct handle h;

    assert_ok(office_hire(&s->o, "intern-1", "caseworker"));
    s->next[0] = GATE;
    s->next[1] = UNHEARD;
    assert_err(office_record(&s->o, "case-1", "2024-001", "Sato", &h),
               SV_ERR_UNSURE);
    assert_int_equal(count_records(s) - before, 1);
    /* Of what changes nothing, the failure is all there is to know. */
    assert_ok(office_hire(&s->o, "intern-2", "caseworker"));
    s->next[0] = GATE;
    s->next[1] = UNHEARD;
    assert_err(client_record_list(office_client(&s->o, "case-1"), "victim",
                                  UINT64_MAX, 9, &list),
               SV_ERR_IO);
    office_verify(&s->o);
}

/* The answer to a request was lost, and then what was unsafe in it, too: the
 * release waits for who approves. */
static void
test_a_release_that_is_requested_is_not_told_as_undone(void **state)
{
    static const enum instead last[] = {UNHEARD, BUSY, SCARCE, REFUSED};
    struct scene *s = *state;
    struct client *c = office_client(&s->o, "stats-1");
    size_t n = sizeof last / sizeof last[0], listed = 0;
    struct release_row *rows = NULL;

    s->reason = "signature";
    for (size_t i = 0; i < n; i++) {
        struct buf cells = BUF_INIT;
        uint64_t number = 0;

        s->next[0] = LOST;
        s->next[1] = GATE;
        s->next[2] = last[i];
        assert_err(client_release_request(c, RELEASE_EXACT, bytes_text(YEAR),
                                          bytes_text("by law"), NULL, &number,
                                          &cells),
                   SV_ERR_UNSURE);
        buf_free(&cells);
    }
    assert_ok(client_release_list(c, &rows, &listed));
    assert_int_equal(listed, n);
    free(rows);
    office_verify(&s->o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_of_no_type_is_not_asked_for),
        TEST(test_names_that_are_none_are_not_asked_about),
        TEST(test_a_vault_is_founded_by_two_people_who_sign),
        TEST(test_why_the_gate_refuses_is_said),
        TEST(test_what_is_not_answered_is_asked_once_more_and_done_once),
        TEST(test_what_is_done_is_not_told_as_undone_for_want_of_the_roster),
        TEST(test_a_release_that_is_requested_is_not_told_as_undone),
        TEST(test_who_is_refused_her_second_question_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
