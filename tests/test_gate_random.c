#include "tests/support/office.h"

/*
 * Many people do things at random, allowed or not, while the clock jumps and
 * the gate is closed and opened; whatever came of it, the log that the gate
 * wrote must replay without a fault, and the store must agree with it.
 */
#define STEPS 400
#define RECORDS_MAX 64

static const char *const staff[] = {"admin-1", "lead-1",    "intake-1",
                                    "case-1",  "case-2",    "clinic-1",
                                    "legal-1", "justice-1", "audit-1"};
static const char *const roles[] = {"intake",    "caseworker",    "interpreter",
                                    "clinician", "legal_officer", "approver"};
static const char *const compartments[] = {
    "identity", "location", "facts", "narrative", "health", "legal", "release"};
#define N(array) (sizeof(array) / sizeof((array)[0]))

struct chaos {
    struct office o;
    uint64_t seed;
    size_t n;
    struct handle records[RECORDS_MAX];
    unsigned done, denied;
};

/* splitmix64 */
static size_t
pick(struct chaos *c, size_t n)
{
    uint64_t x = c->seed += 0x9e3779b97f4a7c15;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return (size_t)((x ^ x >> 31) % n);
}

/* Answers may say no, or that there is no such thing; nothing else. */
static void
note(struct chaos *c, enum sv_err err)
{
    switch (err) {
    case SV_OK:
        c->done++;
        break;
    case SV_ERR_DENIED:
        c->denied++;
        break;
    case SV_ERR_NOT_FOUND:
    case SV_ERR_EXISTS:
    case SV_ERR_CONFLICT:
    case SV_ERR_USAGE: /* several roles may: she would have to choose */
    case SV_ERR_INPUT: /* a case number that another record has */
        break;
    default:
        fail_msg("an operation gave \"%s\"", err_text(err));
    }
}

static struct client *
somebody(struct chaos *c)
{
    return office_client(&c->o, staff[pick(c, N(staff))]);
}

static struct handle
some_record(struct chaos *c)
{
    struct handle none = {{(uint8_t)pick(c, 256)}};

    if (c->n == 0 || pick(c, 20) == 0)
        return none; /* one that is not there */
    return c->records[pick(c, c->n)];
}

static void
do_add(struct chaos *c)
{
    static const char *const openers[] = {"case-1", "case-2", "intake-1",
                                          "legal-1", "lead-1"};
    struct handle h;
    enum sv_err err =
        office_record(&c->o, openers[pick(c, N(openers))], "R-1", "Sato", &h);

    note(c, err);
    if (err == SV_OK && c->n < RECORDS_MAX)
        c->records[c->n++] = h;
}

static void
do_read_and_save(struct chaos *c)
{
    struct client *who = somebody(c);
    const char *name = compartments[pick(c, N(compartments))];
    struct handle h = some_record(c);
    struct record_view v = {0};
    size_t at;
    enum sv_err err = client_record_read(who, "victim", &h, 1, &name, &v);

    note(c, err);
    if (err == SV_OK && pick(c, 2) == 0) {
        assert_non_null(schema_compartment(v.type, name, &at));
        note(c, client_record_save(who, "victim", &h, &v.contents[at], &v));
    }
    record_view_free(&v);
}

/* An addition by somebody who may, or may not, write there. */
static void
do_add_to(struct chaos *c)
{
    struct client *who = somebody(c);
    const struct schema_type *type = schema_type(client_schema(who), "victim");
    const struct schema_compartment *sc = &type->compartments[pick(c, type->n)];
    struct handle h = some_record(c);
    struct content content = {0};
    enum sv_err err;

    assert_ok(content_new(sc, &content));
    content_set_missing(&content, 0, MISSING_DECLINED);
    err = client_record_save(who, "victim", &h, &content, NULL);
    /* A reader who adds is refused as invalid. */
    note(c, err == SV_ERR_FORMAT ? SV_OK : err);
    content_free(&content);
}

static void
do_assign(struct chaos *c)
{
    struct client *who =
        pick(c, 3) > 0 ? office_client(&c->o, "lead-1") : somebody(c);
    struct handle h = some_record(c);

    note(c, client_record_assign(who, "victim", &h, staff[pick(c, N(staff))],
                                 pick(c, 3) > 0));
}

static void
do_look(struct chaos *c)
{
    struct client *who = somebody(c);
    struct handle h = some_record(c);
    struct record_list l = {0};
    struct record_version *versions = NULL;
    size_t n;

    note(c, client_record_list(who, "victim", UINT64_MAX, 1 + pick(c, 50), &l));
    record_list_free(&l);
    note(c, client_record_history(who, "victim", &h, &versions, &n));
    free(versions);
}

/* Proposals for anybody, some with an end that soon passes; confirmations
 * by anybody. */
static void
do_staff(struct chaos *c)
{
    const char *name = staff[pick(c, N(staff))];
    struct client *who = somebody(c);
    uint64_t until = pick(c, 2) == 0 ? 0 : c->o.now_ms + pick(c, 7200000);
    const struct roster *r;

    note(c, client_staff_propose(
                pick(c, 4) > 0 ? office_client(&c->o, "admin-1") : who,
                &office_person(&c->o, name)->card, roles[pick(c, N(roles))],
                until));
    office_end(&c->o, "lead-1");
    who = pick(c, 4) > 0 ? office_client(&c->o, "lead-1") : somebody(c);
    r = client_roster(who);
    if (r->n_proposals > 0)
        note(c, client_staff_confirm(
                    who, r->proposals[pick(c, r->n_proposals)].index));
}

/* Hours forward, and now and then back: the log's time never goes back. */
static void
do_time(struct chaos *c)
{
    uint64_t step = pick(c, 3600000);

    if (pick(c, 4) == 0 && step < 240000)
        c->o.now_ms -= step;
    else
        c->o.now_ms += step;
    if (pick(c, 3) == 0) {
        office_close(&c->o);
        assert_ok(office_open(&c->o));
    }
}

static void
one_run(uint64_t seed)
{
    static void (*const work[])(struct chaos *) = {
        do_add,    do_read_and_save, do_read_and_save, do_add_to, do_assign,
        do_assign, do_look,          do_staff,         do_time};
    struct chaos *c = calloc(1, sizeof *c);

    assert_non_null(c);
    c->seed = seed;
    office_new(&c->o);
    for (unsigned i = 1; i <= STEPS; i++) {
        work[pick(c, N(work))](c);
        if (i % 100 == 0)
            office_verify(&c->o);
    }
    assert_true(c->done > STEPS / 8);
    assert_true(c->denied > STEPS / 8);
    office_free(&c->o);
    free(c);
}

static void
test_what_the_gate_wrote_always_replays(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        one_run(seed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_gate_wrote_always_replays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
