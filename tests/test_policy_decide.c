/* Every cell of the matrix, every reason to say no, and the founding. */
#include "tests/support/fakelog.h"

/*
 * The matrix as the design prints it, not as policy.json writes it.  The
 * last column is justice of suspects and of offences alike.
 */
static const char *const columns[] = {
    "victim.identity", "victim.location", "victim.facts",   "victim.narrative",
    "victim.health",   "victim.legal",    "victim.release", "suspect.identity",
    "suspect.justice", "offence.justice",
};
#define N_COLUMNS 10

static const struct row {
    const char *role;
    const char *cells[N_COLUMNS];
    const char *opens; /* types that it opens and imports */
} rows[] = {
    {"intake",
     {"w a", "w a", "w a", "w a", "w a", "w a", "w a", "-", "-", "-"},
     "victim"},
    {"caseworker",
     {"rw a", "rw a", "rw a", "rw a", "w a", "w a", "rw a", "-", "-", "-"},
     "victim"},
    {"clinician", {"g", "-", "w a", "-", "rw a", "-", "-", "-", "-", "-"}, ""},
    {"legal_officer",
     {"r a", "-", "w a", "-", "-", "rw a", "r a", "r a", "r", "r"},
     ""},
    {"justice_liaison",
     {"-", "-", "-", "-", "-", "-", "-", "rw", "rw", "rw"},
     "suspect offence"},
    {"interpreter", {"-", "-", "-", "r a T", "-", "-", "-", "-", "-", "-"}, ""},
    {"supervisor",
     {"r g", "r g", "rw", "r", "h", "h", "rw", "r g", "h", "h"},
     ""},
    {"statistics_officer",
     {"-", "-", "lends", "-", "-", "-", "-", "-", "lends", "lends"},
     ""},
    {"approver", {"-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}, ""},
    {"auditor", {"-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}, ""},
    {"administrator", {"-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}, ""},
    {"custodian", {"-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}, ""},
};
#define N_ROWS (sizeof rows / sizeof rows[0])

/* In a small office the caseworker also sees these. */
static const struct row small_caseworker = {
    "caseworker",
    {"rw a", "rw a", "rw a", "rw a", "rw a", "rw a", "rw a", "-", "-", "-"},
    "victim",
};

static const enum request_act acts[] = {
    ACT_RECORD_READ, ACT_RECORD_SAVE,    ACT_RECORD_CREATE, ACT_RECORD_IMPORT,
    ACT_RECORD_LIST, ACT_RECORD_HISTORY, ACT_RECORD_ASSIGN, ACT_RECORD_UNASSIGN,
};
#define N_ACTS (sizeof acts / sizeof acts[0])

/* ---- what the table says ---- */

static bool
has(const char *cell, char letter)
{
    if (strcmp(cell, "lends") == 0)
        return letter == 'l';
    return strchr(cell, letter) != NULL;
}

static bool
of_type(unsigned column, const char *type)
{
    size_t n = strlen(type);

    return strncmp(columns[column], type, n) == 0 && columns[column][n] == '.';
}

/* Does the row have one of the letters in this type? */
static bool
any(const struct row *row, const char *type, const char *letters)
{
    for (unsigned c = 0; c < N_COLUMNS; c++) {
        for (const char *l = letters; *l != '\0'; l++) {
            if (of_type(c, type) && has(row->cells[c], *l))
                return true;
        }
    }
    return false;
}

static bool
opens(const struct row *row, const char *type)
{
    return strstr(row->opens, type) != NULL;
}

/* Is all that it may do in this type for assigned records only? */
static bool
bound(const struct row *row, const char *type)
{
    for (unsigned c = 0; c < N_COLUMNS; c++) {
        const char *cell = row->cells[c];

        if (of_type(c, type) && strcmp(cell, "-") != 0 && !has(cell, 'a') &&
            !has(cell, 'g'))
            return false;
    }
    return true;
}

static const char *
expected_for_cell(const char *cell, char right, bool assigned)
{
    if (right == 'r' && has(cell, 'g'))
        return "denied break-glass";
    if (!has(cell, right))
        return "denied compartment";
    if (!has(cell, 'a'))
        return "allowed role";
    return assigned ? "allowed assigned" : "denied not-assigned";
}

static const char *
expected(const struct row *row, enum request_act act, unsigned column,
         const char *type, bool assigned)
{
    const char *cell = row->cells[column];

    switch (act) {
    case ACT_RECORD_READ:
        return any(row, type, "rg") ? expected_for_cell(cell, 'r', assigned)
                                    : "denied act";
    case ACT_RECORD_SAVE:
        return any(row, type, "w") ? expected_for_cell(cell, 'w', assigned)
                                   : "denied act";
    case ACT_RECORD_CREATE: /* with this compartment missing */
        return opens(row, type) ? "denied compartment" : "denied act";
    case ACT_RECORD_IMPORT:
        return opens(row, type) ? "allowed role" : "denied act";
    case ACT_RECORD_LIST:
        return any(row, type, "rwhg") ? "allowed role" : "denied act";
    case ACT_RECORD_HISTORY:
        if (!any(row, type, "rwhg"))
            return "denied act";
        if (!bound(row, type))
            return "allowed role";
        return assigned ? "allowed assigned" : "denied not-assigned";
    default:
        return strcmp(row->role, "supervisor") == 0 ? "allowed role"
                                                    : "denied act";
    }
}

/* ---- one test per cell ---- */

struct office {
    struct fakelog f;
    const char *profile;
};
static struct office standard = {.profile = "standard"};
static struct office small_office = {.profile = "small-office"};

/* Each role has one person, whose name says it. */
static const char *
person_of(const char *role, char out[static NAME_SIZE])
{
    if (strcmp(role, "administrator") == 0)
        return FAKELOG_ADMINISTRATOR;
    if (strcmp(role, "supervisor") == 0)
        return FAKELOG_SUPERVISOR;
    (void)snprintf(out, NAME_SIZE, "the-%s", role);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    return out;
}

static int
open_office(struct office *o)
{
    char name[NAME_SIZE];

    fakelog_found(&o->f, o->profile);
    for (size_t i = 0; i < N_ROWS; i++) {
        const char *role = rows[i].role;

        if (strcmp(role, "administrator") != 0 &&
            strcmp(role, "supervisor") != 0)
            (void)fakelog_hire(&o->f, person_of(role, name), role,
                               strcmp(role, "interpreter") == 0
                                   ? o->f.now_ms + 7 * FAKELOG_DAY_MS
                                   : 0);
    }
    (void)fakelog_hire(&o->f, person_of("recovery", name), "recovery", 0);
    return 0;
}

static int
open_offices(void **state)
{
    (void)state;
    (void)open_office(&standard);
    return open_office(&small_office);
}

static int
close_offices(void **state)
{
    (void)state;
    fakelog_clear(&standard.f);
    fakelog_clear(&small_office.f);
    return 0;
}

struct cell_case {
    char name[112];
    struct office *office;
    const struct row *row;
    enum request_act act;
    unsigned column;
    bool assigned;
};

static struct decision
ask(const struct fakelog *f, const struct request *q, bool assigned)
{
    struct question question = {
        .request = q,
        .index = f->replay.frontier.size,
        .time_ms = f->now_ms,
        .assigned = assigned,
        .seen_ok = true,
    };

    return policy_decide(&f->replay.roster, &question);
}

static void
says(const struct decision *d, const char *want)
{
    char got[48];

    (void)snprintf(got, sizeof got, "%s %s", d->allowed ? "allowed" : "denied",
                   d->rule);
    assert_string_equal(got, want);
}

/* A person whom a record of this type can be given to. */
static const char *
worker_on(const char *type)
{
    return strcmp(type, "victim") == 0 ? "the-caseworker"
                                       : "the-justice-liaison";
}

/* All compartments of the type but this one. */
static void
leave_out(struct request *q, const char *compartment)
{
    unsigned n = 0;

    for (unsigned i = 0; i < q->n_compartments; i++) {
        if (strcmp(q->compartments[i], compartment) != 0)
            memmove(q->compartments[n++], q->compartments[i], NAME_SIZE);
    }
    q->n_compartments = n;
}

static void
test_t51_cell_decides_as_the_design_says(void **state)
{
    const struct cell_case *c = *state;
    struct fakelog *f = &c->office->f;
    char type[NAME_SIZE], name[NAME_SIZE];
    const char *compartment = strchr(columns[c->column], '.') + 1;
    bool create = c->act == ACT_RECORD_CREATE;
    struct request q;
    struct decision d;

    (void)snprintf(type, sizeof type, "%.*s",
                   (int)strcspn(columns[c->column], "."), columns[c->column]);
    q = fakelog_request_on(f, c->act, person_of(c->row->role, name),
                           c->row->role, type, 1, create ? NULL : compartment);
    q.count = c->act == ACT_RECORD_IMPORT || c->act == ACT_RECORD_LIST ? 3 : 0;
    if (c->act == ACT_RECORD_ASSIGN || c->act == ACT_RECORD_UNASSIGN)
        (void)snprintf(q.person, sizeof q.person, "%s", worker_on(type));
    if (create) {
        d = ask(f, &q, c->assigned);
        says(&d, opens(c->row, type) ? "allowed role" : "denied act");
        leave_out(&q, compartment);
    }
    d = ask(f, &q, c->assigned);
    says(&d, expected(c->row, c->act, c->column, type, c->assigned));
}

/* ---- reading and writing several ---- */

static void
expect_on(const char *role, enum request_act act, const char *type,
          const char *compartments, bool assigned, const char *want)
{
    char name[NAME_SIZE];
    struct request q = fakelog_request_on(
        &standard.f, act, person_of(role, name), role, type, 1, compartments);
    struct decision d = ask(&standard.f, &q, assigned);

    says(&d, want);
}

static void
test_one_compartment_too_many_denies_all(void **state)
{
    (void)state;
    expect_on("caseworker", ACT_RECORD_READ, "victim", "identity,facts", true,
              "allowed assigned");
    expect_on("caseworker", ACT_RECORD_READ, "victim", "identity,health", true,
              "denied compartment");
    expect_on("caseworker", ACT_RECORD_SAVE, "victim", "identity,health", true,
              "allowed assigned");
    expect_on("supervisor", ACT_RECORD_SAVE, "victim", "facts,narrative", true,
              "denied compartment");
    expect_on("supervisor", ACT_RECORD_READ, "victim", "facts,narrative", false,
              "allowed role");
}

/* Which rule is given must not depend on the order of compartments. */
static void
test_rules_of_several_compartments_have_an_order(void **state)
{
    (void)state;
    expect_on("clinician", ACT_RECORD_READ, "victim", "identity,health", false,
              "denied break-glass");
    expect_on("clinician", ACT_RECORD_READ, "victim", "health,identity", false,
              "denied break-glass");
    expect_on("clinician", ACT_RECORD_READ, "victim", "identity,legal", true,
              "denied compartment");
    expect_on("clinician", ACT_RECORD_READ, "victim", "legal,identity", true,
              "denied compartment");
    expect_on("supervisor", ACT_RECORD_READ, "victim", "facts,identity", true,
              "denied break-glass");
    expect_on("legal_officer", ACT_RECORD_READ, "suspect", "justice,identity",
              false, "denied not-assigned");
    expect_on("legal_officer", ACT_RECORD_READ, "suspect", "justice,identity",
              true, "allowed assigned");
}

static void
test_compartments_of_another_type_are_none(void **state)
{
    (void)state;
    expect_on("caseworker", ACT_RECORD_READ, "victim", "justice", true,
              "denied compartment");
    expect_on("justice_liaison", ACT_RECORD_READ, "offence", "identity", true,
              "denied compartment");
    expect_on("justice_liaison", ACT_RECORD_SAVE, "offence", "shoes", true,
              "denied compartment");
    expect_on("caseworker", ACT_RECORD_READ, "witness", "identity", true,
              "denied act");
}

static void
test_new_record_needs_every_compartment_in_order(void **state)
{
    static const char *const refused[] = {
        "identity,location,facts,narrative,health,release,legal",
        "identity,location,facts,narrative,health,legal",
        "location,facts,narrative,health,legal,release,identity",
        "identity,location,facts,narrative,health,legal,release,justice",
        "identity",
    };

    (void)state;
    expect_on("intake", ACT_RECORD_CREATE, "victim",
              "identity,location,facts,narrative,health,legal,release", false,
              "allowed role");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        expect_on("intake", ACT_RECORD_CREATE, "victim", refused[i], true,
                  "denied compartment");
}

static void
test_batch_of_none_or_of_too_many_is_denied(void **state)
{
    static const struct {
        uint64_t count;
        const char *want;
    } cases[] = {
        {0, "denied count"},          {1, "allowed role"},
        {BATCH_MAX, "allowed role"},  {BATCH_MAX + 1, "denied count"},
        {UINT64_MAX, "denied count"},
    };
    struct request q =
        fakelog_request_on(&standard.f, ACT_RECORD_IMPORT, "the-intake",
                           "intake", "victim", 1, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decision d;

        q.count = cases[i].count;
        d = ask(&standard.f, &q, false);
        says(&d, cases[i].want);
    }
}

/* ---- rules that come before any act ---- */

/* A request that is allowed as it stands. */
static struct request
good(struct fakelog *f)
{
    return fakelog_request_on(f, ACT_RECORD_READ, "the-caseworker",
                              "caseworker", "victim", 1, "facts");
}

static void
decide_says(const struct question *q, const char *want)
{
    struct decision d = policy_decide(&standard.f.replay.roster, q);

    says(&d, want);
}

static void
test_first_rule_that_applies_decides(void **state)
{
    struct request q = good(&standard.f);
    struct question question = {
        .request = &q,
        .index = standard.f.replay.frontier.size,
        .time_ms = standard.f.now_ms,
        .id_seen = true,
    };

    (void)state;
    /* All wrong at once, and then righted from the front. */
    q.at_ms = 0;
    (void)snprintf(q.role, sizeof q.role, "supervisor");
    (void)snprintf(q.purpose, sizeof q.purpose, "rekey");
    (void)snprintf(q.type, sizeof q.type, "suspect");
    fakelog_set_compartments(&q, "health");
    decide_says(&question, "denied repeated");
    question.id_seen = false;
    decide_says(&question, "denied clock");
    q.at_ms = question.time_ms;
    decide_says(&question, "denied seen");
    question.seen_ok = true;
    decide_says(&question, "denied no-role");
    (void)snprintf(q.role, sizeof q.role, "caseworker");
    decide_says(&question, "denied purpose");
    (void)snprintf(q.purpose, sizeof q.purpose, "care");
    decide_says(&question, "denied act");
    (void)snprintf(q.type, sizeof q.type, "victim");
    decide_says(&question, "denied compartment");
    fakelog_set_compartments(&q, "facts");
    decide_says(&question, "denied not-assigned");
    question.assigned = true;
    decide_says(&question, "allowed assigned");
}

static void
test_clock_may_lag_a_day_and_lead_five_minutes(void **state)
{
    static const struct {
        int64_t off_ms;
        const char *want;
    } cases[] = {
        {0, "allowed assigned"},
        {-(int64_t)DECIDE_LAG_MS, "allowed assigned"},
        {-(int64_t)DECIDE_LAG_MS - 1, "denied clock"},
        {(int64_t)DECIDE_AHEAD_MS, "allowed assigned"},
        {(int64_t)DECIDE_AHEAD_MS + 1, "denied clock"},
    };
    struct request q = good(&standard.f);
    struct decision d;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        q.at_ms = (uint64_t)((int64_t)standard.f.now_ms + cases[i].off_ms);
        d = ask(&standard.f, &q, true);
        says(&d, cases[i].want);
    }
    q.at_ms = UINT64_MAX;
    d = ask(&standard.f, &q, true);
    says(&d, "denied clock");
    q.at_ms = 0;
    d = ask(&standard.f, &q, true);
    says(&d, "denied clock");
}

static void
test_t16_role_counts_from_its_grant_to_its_end(void **state)
{
    struct request q =
        fakelog_request_on(&standard.f, ACT_RECORD_READ, "the-interpreter",
                           "interpreter", "victim", 1, "narrative");
    const struct roster_grant *g =
        roster_grant_at(&standard.f.replay.roster, "the-interpreter",
                        "interpreter", UINT64_MAX - 1, q.at_ms);
    struct question question = {
        .request = &q, .assigned = true, .seen_ok = true};

    (void)state;
    assert_non_null(g);
    question.time_ms = q.at_ms;
    question.index = g->from_index;
    decide_says(&question, "denied no-role");
    question.index = g->from_index + 1;
    decide_says(&question, "allowed assigned");
    q.at_ms = question.time_ms = g->until_ms - 1;
    decide_says(&question, "allowed assigned");
    q.at_ms = question.time_ms = g->until_ms;
    decide_says(&question, "denied expired");
    question.index = g->from_index;
    decide_says(&question, "denied no-role");
}

static void
test_t17_role_that_was_revoked_is_none(void **state)
{
    struct request q = good(&standard.f);
    struct roster *r = &standard.f.replay.roster;
    struct roster_grant *g = NULL;
    struct question question = {
        .request = &q, .time_ms = q.at_ms, .assigned = true, .seen_ok = true};

    (void)state;
    for (size_t i = 0; i < r->n_grants; i++) {
        if (strcmp(r->grants[i].role, "caseworker") == 0)
            g = &r->grants[i];
    }
    assert_non_null(g);
    g->end_index = g->from_index + 2;
    question.index = g->from_index + 2;
    decide_says(&question, "allowed assigned");
    question.index = g->from_index + 3;
    decide_says(&question, "denied no-role");
    g->end_index = ROSTER_NEVER;
    decide_says(&question, "allowed assigned");
    /* Whose term is over, though nobody has revoked it yet. */
    g->until_ms = q.at_ms;
    g->end_index = question.index;
    decide_says(&question, "denied expired");
    g->end_index = question.index - 1;
    decide_says(&question, "denied no-role");
    g->end_index = ROSTER_NEVER;
    g->until_ms = 0;
}

static void
test_t46_unknown_people_and_roles_are_no_role(void **state)
{
    static const char *const odd[] = {
        "director",    "Caseworker",
        "CASEWORKER",  "caseworker ",
        " caseworker", "caseworker\n",
        "case_worker", "case\xcc\x81worker",
        "root",        "*",
        "..",          "",
        "Care",        "care ",
        "care*",
    };
    struct request q = good(&standard.f);
    struct decision d;

    (void)state;
    (void)snprintf(q.actor, sizeof q.actor, "mallory");
    d = ask(&standard.f, &q, true);
    says(&d, "denied no-role");
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        q = good(&standard.f);
        (void)snprintf(q.role, sizeof q.role, "%s", odd[i]);
        d = ask(&standard.f, &q, true);
        says(&d, "denied no-role");
        q = good(&standard.f);
        (void)snprintf(q.purpose, sizeof q.purpose, "%s", odd[i]);
        d = ask(&standard.f, &q, true);
        says(&d, "denied purpose");
    }
}

static void
test_purpose_must_be_the_roles_and_a_default_the_default(void **state)
{
    static const struct {
        const char *purpose;
        bool defaulted;
        const char *want;
    } cases[] = {
        {"care", true, "allowed assigned"},
        {"care", false, "allowed assigned"},
        {"legal", false, "allowed assigned"},
        {"legal", true, "denied purpose"},
        {"rekey", false, "denied purpose"},
        {"curiosity", false, "denied purpose"},
        {"curiosity", true, "denied purpose"},
    };
    struct request q = good(&standard.f);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decision d;

        (void)snprintf(q.purpose, sizeof q.purpose, "%s", cases[i].purpose);
        q.purpose_defaulted = cases[i].defaulted;
        d = ask(&standard.f, &q, true);
        says(&d, cases[i].want);
    }
}

/* Acts without records: who does them, and that nobody else does. */
static void
test_acts_without_records_are_of_few_roles(void **state)
{
    static const struct {
        enum request_act act;
        const char *roles;
        const char *want;
    } cases[] = {
        {ACT_LOG_READ, "auditor", "allowed role"},
        {ACT_STORE_CHECK, "auditor", "allowed role"},
        {ACT_KEYS, "supervisor", "denied keys"},
        {ACT_STAFF_PROPOSE, "administrator", "denied keys"},
        {ACT_STAFF_CONFIRM, "supervisor", "denied proposal"},
        {ACT_GENESIS, "", ""},
        {ACT_POLICY, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < N_ROWS; k++) {
            char name[NAME_SIZE];
            const char *role = rows[k].role;
            struct request q = fakelog_request(&standard.f, cases[i].act,
                                               person_of(role, name), role);
            struct decision d;

            /* another's name with keys of nobody */
            (void)snprintf(q.person, sizeof q.person, "the-auditor");
            d = ask(&standard.f, &q, true);
            says(&d, strstr(cases[i].roles, role) != NULL ? cases[i].want
                                                          : "denied act");
        }
    }
}

/* ---- assigning ---- */

static void
expect_assign(struct office *o, enum request_act act, const char *type,
              const char *person, const char *want)
{
    struct request q = fakelog_request_on(&o->f, act, FAKELOG_SUPERVISOR,
                                          "supervisor", type, 1, NULL);
    struct decision d;

    (void)snprintf(q.person, sizeof q.person, "%s", person);
    d = ask(&o->f, &q, false);
    says(&d, want);
}

static void
test_records_are_assigned_to_those_who_work_with_them(void **state)
{
    static const struct {
        const char *type, *person, *want;
    } cases[] = {
        {"victim", "the-caseworker", "allowed role"},
        {"victim", "the-interpreter", "allowed role"},
        {"victim", "the-justice-liaison", "denied person"},
        {"victim", "the-auditor", "denied person"},
        {"victim", "the-approver", "denied person"},
        {"victim", FAKELOG_ADMINISTRATOR, "denied person"},
        {"victim", "nobody", "denied person"},
        {"suspect", "the-legal-officer", "allowed role"},
        {"suspect", "the-caseworker", "denied person"},
        {"offence", "the-justice-liaison", "allowed role"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_assign(&standard, ACT_RECORD_ASSIGN, cases[i].type,
                      cases[i].person, cases[i].want);
}

static void
test_records_are_taken_from_anybody_who_is_known(void **state)
{
    (void)state;
    expect_assign(&standard, ACT_RECORD_UNASSIGN, "victim", "the-auditor",
                  "allowed role");
    expect_assign(&standard, ACT_RECORD_UNASSIGN, "victim", "nobody",
                  "denied person");
}

static void
test_supervisor_assigns_herself_only_in_a_small_office(void **state)
{
    (void)state;
    expect_assign(&standard, ACT_RECORD_ASSIGN, "victim", FAKELOG_SUPERVISOR,
                  "denied self");
    expect_assign(&standard, ACT_RECORD_UNASSIGN, "victim", FAKELOG_SUPERVISOR,
                  "denied self");
    expect_assign(&small_office, ACT_RECORD_ASSIGN, "victim",
                  FAKELOG_SUPERVISOR, "allowed self-assigned");
    expect_assign(&small_office, ACT_RECORD_ASSIGN, "victim", "the-caseworker",
                  "allowed role");
}

/* The entry says both: that it was at night, and that it was to herself. */
static void
test_supervisor_who_assigns_herself_in_an_emergency_is_marked_twice(
    void **state)
{
    static const struct {
        const char *person, *want;
    } cases[] = {
        {FAKELOG_SUPERVISOR, "allowed self-assigned-flagged"},
        {"the-caseworker", "allowed flagged"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request q = fakelog_request_on(
            &small_office.f, ACT_RECORD_ASSIGN, FAKELOG_SUPERVISOR,
            "supervisor", "victim", 1, NULL);
        struct decision d;

        (void)snprintf(q.person, sizeof q.person, "%s", cases[i].person);
        (void)snprintf(q.purpose, sizeof q.purpose, "emergency");
        q.purpose_defaulted = false;
        d = ask(&small_office.f, &q, false);
        says(&d, cases[i].want);
    }
}

/* ---- staff ---- */

static struct decision
decide_now(struct fakelog *f, const struct request *q)
{
    return ask(f, q, false);
}

static void
expect_propose(struct fakelog *f, const char *name, const char *role,
               uint64_t until_ms, const char *want)
{
    struct request q = fakelog_request_propose(f, name, role, until_ms);
    struct decision d = decide_now(f, &q);

    says(&d, want);
}

static void
test_proposal_of_a_new_person_is_allowed(void **state)
{
    (void)state;
    expect_propose(&standard.f, "newcomer", "caseworker", 0, "allowed role");
    expect_propose(&standard.f, "newcomer", "caseworker", standard.f.now_ms + 1,
                   "allowed role");
}

static void
test_proposal_with_other_keys_for_a_name_is_denied(void **state)
{
    struct request q =
        fakelog_request_propose(&standard.f, "the-intake", "interpreter",
                                standard.f.now_ms + FAKELOG_DAY_MS);
    struct decision d = decide_now(&standard.f, &q);

    (void)state;
    says(&d, "allowed role");
    q.box[0] ^= 1;
    d = decide_now(&standard.f, &q);
    says(&d, "denied keys");
    q.box[0] ^= 1;
    q.sign.b[31] ^= 1;
    d = decide_now(&standard.f, &q);
    says(&d, "denied keys");
}

static void
test_proposal_with_anothers_keys_is_denied(void **state)
{
    struct request q =
        fakelog_request_propose(&standard.f, "newcomer", "caseworker", 0);
    struct fake_person other = fake_person("the-intake");
    struct request one = q;
    struct decision d;

    (void)state;
    one.sign = other.sign;
    d = decide_now(&standard.f, &one);
    says(&d, "denied keys");
    one = q;
    memcpy(one.box, other.box, sizeof one.box);
    d = decide_now(&standard.f, &one);
    says(&d, "denied keys");
}

static void
test_role_that_is_held_is_not_proposed_again(void **state)
{
    (void)state;
    expect_propose(&standard.f, "the-intake", "intake", 0, "denied held");
    expect_propose(&standard.f, "the-intake", "director", 0, "denied grant");
}

static void
test_term_must_lie_ahead_and_be_short_where_limited(void **state)
{
    uint64_t now = standard.f.now_ms, week = 7 * FAKELOG_DAY_MS;

    (void)state;
    expect_propose(&standard.f, "newcomer", "interpreter", 0, "denied until");
    expect_propose(&standard.f, "newcomer", "interpreter", now + week,
                   "allowed role");
    expect_propose(&standard.f, "newcomer", "interpreter", now + week + 1,
                   "denied until");
    expect_propose(&standard.f, "newcomer", "interpreter", UINT64_MAX,
                   "denied until");
    expect_propose(&standard.f, "newcomer", "intake", now, "denied until");
    expect_propose(&standard.f, "newcomer", "intake", 1, "denied until");
    expect_propose(&standard.f, "newcomer", "intake", UINT64_MAX,
                   "allowed role");
}

/* One administrator cannot make everybody's roster grow without end; what she
 * withdraws makes room. */
static void
test_one_person_has_no_more_proposals_waiting_than_may(void **state)
{
    static struct fakelog f;
    struct request q;
    char name[NAME_SIZE];

    (void)state;
    fakelog_found(&f, "standard");
    for (unsigned i = 0; i < DECIDE_PROPOSALS_MAX; i++) {
        (void)snprintf(name, sizeof name, "newcomer-%u", i);
        expect_propose(&f, name, "interpreter", f.now_ms + 1, "allowed role");
        q = fakelog_request_propose(&f, name, "interpreter", f.now_ms + 1);
        (void)fakelog_append(&f, &q, OUTCOME_DONE);
    }
    f.now_ms += 2; /* their terms are over */
    expect_propose(&f, "latecomer", "intake", 0, "denied many");
    q = fakelog_request(&f, ACT_STAFF_REVOKE, FAKELOG_ADMINISTRATOR,
                        "administrator");
    (void)snprintf(q.person, sizeof q.person, "%s", name);
    (void)snprintf(q.grants, sizeof q.grants, "interpreter");
    (void)fakelog_append(&f, &q, OUTCOME_DONE);
    expect_propose(&f, "latecomer", "intake", 0, "allowed role");
    fakelog_clear(&f);
}

static void
test_nobody_proposes_herself(void **state)
{
    (void)state;
    expect_propose(&standard.f, FAKELOG_ADMINISTRATOR, "approver", 0,
                   "denied self");
}

/* Each pair of roles, proposed for who holds the first. */
static void
test_roles_that_exclude_each_other_are_not_proposed(void **state)
{
    struct office *const offices[] = {&standard, &small_office};

    (void)state;
    for (size_t o = 0; o < 2; o++) {
        struct fakelog *f = &offices[o]->f;
        const struct policy *p = &f->replay.roster.policy;

        for (unsigned i = 0; i < p->n_roles; i++) {
            for (unsigned j = 0; j < p->n_roles; j++) {
                char name[NAME_SIZE];
                const char *want = "allowed role";

                if (i == j)
                    want = "denied held";
                else if (p->excludes[i][j])
                    want = "denied separation";
                else if (strcmp(p->roles[i].name, "administrator") == 0)
                    want = "denied self";
                expect_propose(f, person_of(p->roles[i].name, name),
                               p->roles[j].name, f->now_ms + FAKELOG_DAY_MS,
                               want);
            }
        }
    }
}

/* Proposals and confirmations change the roster: each test has its own. */
static int
found(void **state)
{
    struct fakelog *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    fakelog_found(f, "standard");
    *state = f;
    return 0;
}

static int
clear(void **state)
{
    fakelog_clear(*state);
    free(*state);
    return 0;
}

static uint64_t
propose(struct fakelog *f, const char *name, const char *role,
        uint64_t until_ms)
{
    struct request q = fakelog_request_propose(f, name, role, until_ms);

    assert_true(fakelog_decide(f, &q).allowed);
    return fakelog_append(f, &q, OUTCOME_DONE);
}

static void
expect_confirm(struct fakelog *f, uint64_t proposal, const char *actor,
               const char *name, const char *role, const char *want)
{
    struct request q = fakelog_request_confirm(f, proposal, name, role);
    struct decision d;

    (void)snprintf(q.actor, sizeof q.actor, "%s", actor);
    d = decide_now(f, &q);
    says(&d, want);
}

static void
test_pending_proposal_is_held_until_its_term_is_over(void **state)
{
    struct fakelog *f = *state;
    struct fake_person other = fake_person("other");
    struct request q;
    struct decision d;

    (void)propose(f, "ines", "intake", f->now_ms + 1000);
    expect_propose(f, "ines", "intake", 0, "denied held");
    q = fakelog_request_propose(f, "ines", "caseworker", 0);
    q.sign = other.sign;
    d = decide_now(f, &q);
    says(&d, "denied keys"); /* the same name, other keys */
    q = fakelog_request_propose(f, "other", "caseworker", 0);
    q.sign = fake_person("ines").sign;
    d = decide_now(f, &q);
    says(&d, "denied keys"); /* another name, the same keys */
    f->now_ms += 1000;
    expect_propose(f, "ines", "intake", 0, "allowed role");
}

static void
test_confirmation_must_be_of_what_was_proposed(void **state)
{
    struct fakelog *f = *state;
    uint64_t at = propose(f, "ines", "intake", 0);

    expect_confirm(f, at, "sue", "ines", "intake", "allowed role");
    expect_confirm(f, at + 1, "sue", "ines", "intake", "denied proposal");
    expect_confirm(f, 0, "sue", "ines", "intake", "denied proposal");
    expect_confirm(f, at, "sue", "inez", "intake", "denied proposal");
    expect_confirm(f, at, "sue", "ines", "caseworker", "denied proposal");
    expect_confirm(f, at, "ada", "ines", "intake", "denied no-role");
}

static void
test_proposal_is_confirmed_once(void **state)
{
    struct fakelog *f = *state;
    uint64_t at = fakelog_hire(f, "ines", "intake", 0) - 1;

    expect_confirm(f, at, "sue", "ines", "intake", "denied proposal");
}

static void
test_t12_nobody_sponsors_herself(void **state)
{
    struct fakelog *f = *state;
    uint64_t at = propose(f, "sue", "justice_liaison", 0);

    expect_confirm(f, at, "sue", "sue", "justice_liaison", "denied self");
    (void)fakelog_hire(f, "sara", "supervisor", 0);
    expect_confirm(f, at, "sara", "sue", "justice_liaison", "allowed role");
}

static void
test_confirmation_after_the_term_is_denied(void **state)
{
    struct fakelog *f = *state;
    uint64_t at = propose(f, "iris", "interpreter", f->now_ms + 1000);

    f->now_ms += 999;
    expect_confirm(f, at, "sue", "iris", "interpreter", "allowed role");
    f->now_ms += 1;
    expect_confirm(f, at, "sue", "iris", "interpreter", "denied until");
}

static void
test_separation_is_checked_again_when_confirmed(void **state)
{
    struct fakelog *f = *state;
    uint64_t one = propose(f, "carl", "clinician", 0);
    uint64_t two = propose(f, "carl", "legal_officer", 0);
    struct request q = fakelog_request_confirm(f, one, "carl", "clinician");

    expect_confirm(f, two, "sue", "carl", "legal_officer", "allowed role");
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    expect_confirm(f, two, "sue", "carl", "legal_officer", "denied separation");
}

/* A sponsor gives only keys that her role holds. */
static void
test_t13_sponsor_must_hold_what_she_gives(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    int supervisor = policy_role(p, "supervisor");
    int health = policy_column(p, "victim", "health");
    uint64_t at = propose(f, "carl", "clinician", 0);
    uint64_t other = propose(f, "cora", "caseworker", 0);

    expect_confirm(f, at, "sue", "carl", "clinician", "allowed role");
    p->roles[supervisor].cells[health] = 0;
    expect_confirm(f, at, "sue", "carl", "clinician", "denied holder");
    /* who only writes health is given no key of it */
    expect_confirm(f, other, "sue", "cora", "caseworker", "allowed role");
}

/* ---- founding ---- */

struct founding {
    struct fakelog f;
    struct policy p;
};

static int
begin(void **state)
{
    struct founding *s = calloc(1, sizeof *s);

    if (s == NULL)
        return -1;
    fakelog_init(&s->f);
    fakelog_policy("standard", &s->p);
    *state = s;
    return 0;
}

static int
end(void **state)
{
    struct founding *s = *state;

    fakelog_clear(&s->f);
    free(s);
    return 0;
}

static void
expect(struct fakelog *f, const struct request *q, const char *want)
{
    struct decision d = ask(f, q, false);

    says(&d, want);
}

static void
test_genesis_is_the_first_entry_alone(void **state)
{
    struct founding *s = *state;
    struct request q = fakelog_genesis(&s->f, &s->p);
    struct question later = {
        .request = &q, .index = 1, .time_ms = q.at_ms, .seen_ok = true};
    struct decision d;

    expect(&s->f, &q, "allowed founding");
    d = policy_decide(&s->f.replay.roster, &later);
    says(&d, "denied setup");
    (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
    q = fakelog_genesis(&s->f, &s->p);
    expect(&s->f, &q, "denied setup");
}

static void
test_genesis_needs_two_founders(void **state)
{
    struct founding *s = *state;
    struct request q = fakelog_genesis(&s->f, &s->p), one = q;
    struct request_founder *a = &one.genesis.founders[FOUNDER_ADMINISTRATOR];
    struct request_founder *v = &one.genesis.founders[FOUNDER_SUPERVISOR];

    memcpy(v->name, a->name, NAME_SIZE);
    expect(&s->f, &one, "denied setup");
    one = q;
    v->sign = a->sign;
    expect(&s->f, &one, "denied setup");
    one = q;
    memcpy(v->box, a->box, 32);
    expect(&s->f, &one, "denied setup");
    one = q;
    (void)snprintf(one.genesis.founders[FOUNDER_ADMINISTRATOR].role, NAME_SIZE,
                   "supervisor");
    (void)snprintf(one.actor, sizeof one.actor, FAKELOG_SUPERVISOR);
    (void)snprintf(one.role, sizeof one.role, "supervisor");
    expect(&s->f, &one, "denied setup");
    one = q;
    (void)snprintf(one.genesis.founders[FOUNDER_SUPERVISOR].role, NAME_SIZE,
                   "administrator");
    expect(&s->f, &one, "denied setup");
    one = q;
    (void)snprintf(one.actor, sizeof one.actor, "mallory");
    expect(&s->f, &one, "denied setup");
    one = q;
    (void)snprintf(one.role, sizeof one.role, "supervisor");
    expect(&s->f, &one, "denied setup");
    (void)snprintf(one.actor, sizeof one.actor, FAKELOG_SUPERVISOR);
    expect(&s->f, &one, "allowed founding");
}

static void
test_nothing_is_done_before_genesis(void **state)
{
    struct founding *s = *state;
    struct request q = fakelog_part(&s->f, &s->p, 1);

    expect(&s->f, &q, "denied setup");
    q = fakelog_keys(&s->f, &s->p);
    expect(&s->f, &q, "denied setup");
    q = fakelog_request(&s->f, ACT_LOG_READ, "ada", "auditor");
    expect(&s->f, &q, "denied setup");
}

static void
test_policy_comes_in_its_parts_and_order(void **state)
{
    struct founding *s = *state;
    struct request q = fakelog_genesis(&s->f, &s->p), one;
    unsigned parts;

    (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
    q = fakelog_part(&s->f, &s->p, 1);
    parts = q.parts;
    assert_true(parts > 2);
    one = fakelog_part(&s->f, &s->p, 2);
    expect(&s->f, &one, "denied setup");
    one = q;
    (void)snprintf(one.actor, sizeof one.actor, "mallory");
    expect(&s->f, &one, "denied setup");
    one = q;
    one.parts = 1; /* all of it, but it is not */
    expect(&s->f, &one, "denied setup");
    one = q;
    one.text[0] = '\0';
    expect(&s->f, &one, "denied setup");
    for (unsigned k = 1; k <= parts; k++) {
        q = fakelog_part(&s->f, &s->p, k);
        expect(&s->f, &q, "allowed founding");
        one = q;
        if (k > 1) {
            one.parts++;
            expect(&s->f, &one, "denied setup");
        }
        one = fakelog_keys(&s->f, &s->p);
        expect(&s->f, &one, "denied setup");
        (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
        expect(&s->f, &q, "denied setup");
    }
}

/* Genesis names the policy's hash: no other text completes it. */
static void
test_t47_policy_must_be_the_one_of_genesis(void **state)
{
    struct founding *s = *state;
    struct request q = fakelog_genesis(&s->f, &s->p), one;

    (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
    for (unsigned k = 1;; k++) {
        q = fakelog_part(&s->f, &s->p, k);
        if (k == q.parts)
            break;
        (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
    }
    one = q;
    one.text[strlen(one.text) - 2] ^= 1;
    expect(&s->f, &one, "denied setup");
    expect(&s->f, &q, "allowed founding");
}

/* With one founder more, if she has a role. */
static void
to_keys_with(struct founding *s, const char *name, const char *role)
{
    struct request q = fakelog_genesis(&s->f, &s->p);
    struct request_founder *third = &q.genesis.founders[2];
    struct fake_person p = fake_person(name);
    unsigned k = 0;

    if (role != NULL) {
        memcpy(third->name, p.name, sizeof third->name);
        (void)snprintf(third->role, sizeof third->role, "%s", role);
        third->sign = p.sign;
        memcpy(third->box, p.box, sizeof third->box);
        q.genesis.n_founders = 3;
    }
    (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
    do {
        q = fakelog_part(&s->f, &s->p, ++k);
        (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
    } while (k < q.parts);
}

static void
to_keys(struct founding *s)
{
    to_keys_with(s, "", NULL);
}

/* A founder beyond the two: what each profile lets her be. */
static void
test_founders_are_those_that_the_profile_permits(void **state)
{
    static const struct {
        const char *profile, *name, *role, *want;
    } cases[] = {
        {"standard", "rita", "recovery", "allowed founding"},
        {"standard", "cora", "caseworker", "denied setup"},
        {"small-office", "cora", "caseworker", "allowed founding"},
        {"small-office", FAKELOG_SUPERVISOR, "caseworker", "allowed founding"},
        {"small-office", FAKELOG_ADMINISTRATOR, "caseworker", "denied setup"},
        {"small-office", FAKELOG_SUPERVISOR, "auditor", "denied setup"},
        {"small-office", "iris", "interpreter", "denied setup"},
        {"small-office", "rita", "director", "denied setup"},
        {"small-office", "ines", "intake", "allowed founding"},
    };
    struct founding *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request q;

        fakelog_clear(&s->f);
        fakelog_init(&s->f);
        fakelog_policy(cases[i].profile, &s->p);
        to_keys_with(s, cases[i].name, cases[i].role);
        q = fakelog_keys(&s->f, &s->p);
        expect(&s->f, &q, cases[i].want);
    }
}

static void
test_founder_has_no_role_that_must_end(void **state)
{
    struct founding *s = *state;
    struct policy *p = &s->f.replay.roster.policy;
    struct request q;

    to_keys(s);
    q = fakelog_keys(&s->f, &s->p);
    expect(&s->f, &q, "allowed founding");
    p->roles[policy_role(p, "supervisor")].grant_days_max = 1;
    expect(&s->f, &q, "denied setup");
}

static void
test_first_keys_are_one_for_each_column(void **state)
{
    struct founding *s = *state;
    struct request q, one;

    to_keys(s);
    q = fakelog_keys(&s->f, &s->p);
    expect(&s->f, &q, "allowed founding");
    one = q;
    one.n_keys--;
    expect(&s->f, &one, "denied setup");
    one = q;
    one.keys[0] = one.keys[1];
    expect(&s->f, &one, "denied setup");
    one = q;
    memcpy(one.keys[0].type, one.keys[1].type, NAME_SIZE);
    memcpy(one.keys[0].compartment, one.keys[1].compartment, NAME_SIZE);
    expect(&s->f, &one, "denied setup"); /* one column twice, by two keys */
    one = q;
    one.keys[0].epoch = 2;
    expect(&s->f, &one, "denied setup");
    one = q;
    memcpy(one.keys[one.n_keys - 1].pub, one.keys[0].pub, 32);
    expect(&s->f, &one, "denied setup");
    one = q;
    one.keys[3].epoch = 2;
    expect(&s->f, &one, "denied setup");
    one = q;
    (void)snprintf(one.keys[3].compartment, NAME_SIZE, "shoes");
    expect(&s->f, &one, "denied setup");
    one = q;
    memcpy(one.keys[3].pub, one.keys[4].pub, 32);
    expect(&s->f, &one, "denied setup");
    one = q;
    (void)snprintf(one.actor, sizeof one.actor, FAKELOG_ADMINISTRATOR);
    (void)snprintf(one.role, sizeof one.role, "administrator");
    expect(&s->f, &one, "denied setup");
}

static void
test_t73_nobody_works_before_the_keys_are_in(void **state)
{
    struct founding *s = *state;
    struct request q;

    to_keys(s);
    q = fakelog_request_propose(&s->f, "ines", "intake", 0);
    expect(&s->f, &q, "denied setup");
    q = fakelog_keys(&s->f, &s->p);
    (void)fakelog_append(&s->f, &q, OUTCOME_DONE);
    q = fakelog_request_propose(&s->f, "ines", "intake", 0);
    expect(&s->f, &q, "allowed role");
    q = fakelog_request(&s->f, ACT_KEYS, FAKELOG_SUPERVISOR, "supervisor");
    expect(&s->f, &q, "denied keys");
    q = fakelog_part(&s->f, &s->p, 1);
    q.purpose_defaulted = false;
    expect(&s->f, &q, "denied act");
}

/* ---- all of them ---- */

static size_t
fill_cells(struct office *o, struct cell_case *cases)
{
    size_t n = 0;

    for (size_t r = 0; r < N_ROWS; r++) {
        for (size_t k = 0; k < N_ACTS * N_COLUMNS * 2; k++) {
            struct cell_case *c = &cases[n++];

            c->office = o;
            c->row = &rows[r];
            if (o == &small_office && strcmp(rows[r].role, "caseworker") == 0)
                c->row = &small_caseworker;
            c->act = acts[k / 2 / N_COLUMNS];
            c->column = (unsigned)(k / 2 % N_COLUMNS);
            c->assigned = k % 2 == 1;
            (void)snprintf(c->name, sizeof c->name, "%s: %s %s %s%s",
                           o->profile, c->row->role, request_act_name(c->act),
                           columns[c->column], c->assigned ? " assigned" : "");
        }
    }
    return n;
}

#define N_CELLS (2 * N_ROWS * N_ACTS * N_COLUMNS * 2)

static int
run_cells(void)
{
    struct cell_case *cases = calloc(N_CELLS, sizeof *cases);
    struct CMUnitTest *tests = calloc(N_CELLS, sizeof *tests);
    size_t n;
    int failed;

    if (cases == NULL || tests == NULL)
        abort();
    n = fill_cells(&standard, cases);
    n += fill_cells(&small_office, cases + n);
    for (size_t i = 0; i < n; i++) {
        tests[i].name = cases[i].name;
        tests[i].test_func = test_t51_cell_decides_as_the_design_says;
        tests[i].initial_state = &cases[i];
    }
    failed =
        _cmocka_run_group_tests("cells", tests, n, open_offices, close_offices);
    free(tests);
    free(cases);
    return failed;
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, found, clear)
#define WITH_NONE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_compartment_too_many_denies_all),
        cmocka_unit_test(test_rules_of_several_compartments_have_an_order),
        cmocka_unit_test(test_compartments_of_another_type_are_none),
        cmocka_unit_test(test_new_record_needs_every_compartment_in_order),
        cmocka_unit_test(test_batch_of_none_or_of_too_many_is_denied),
        cmocka_unit_test(test_first_rule_that_applies_decides),
        cmocka_unit_test(test_clock_may_lag_a_day_and_lead_five_minutes),
        cmocka_unit_test(test_t16_role_counts_from_its_grant_to_its_end),
        cmocka_unit_test(test_t17_role_that_was_revoked_is_none),
        cmocka_unit_test(test_t46_unknown_people_and_roles_are_no_role),
        cmocka_unit_test(
            test_purpose_must_be_the_roles_and_a_default_the_default),
        cmocka_unit_test(test_acts_without_records_are_of_few_roles),
        cmocka_unit_test(test_records_are_assigned_to_those_who_work_with_them),
        cmocka_unit_test(test_records_are_taken_from_anybody_who_is_known),
        cmocka_unit_test(
            test_supervisor_assigns_herself_only_in_a_small_office),
        cmocka_unit_test(
            test_supervisor_who_assigns_herself_in_an_emergency_is_marked_twice),
        cmocka_unit_test(test_proposal_of_a_new_person_is_allowed),
        cmocka_unit_test(test_proposal_with_other_keys_for_a_name_is_denied),
        cmocka_unit_test(test_proposal_with_anothers_keys_is_denied),
        cmocka_unit_test(test_role_that_is_held_is_not_proposed_again),
        cmocka_unit_test(test_term_must_lie_ahead_and_be_short_where_limited),
        cmocka_unit_test(
            test_one_person_has_no_more_proposals_waiting_than_may),
        cmocka_unit_test(test_nobody_proposes_herself),
        cmocka_unit_test(test_roles_that_exclude_each_other_are_not_proposed),
        WITH_LOG(test_pending_proposal_is_held_until_its_term_is_over),
        WITH_LOG(test_confirmation_must_be_of_what_was_proposed),
        WITH_LOG(test_proposal_is_confirmed_once),
        WITH_LOG(test_t12_nobody_sponsors_herself),
        WITH_LOG(test_confirmation_after_the_term_is_denied),
        WITH_LOG(test_separation_is_checked_again_when_confirmed),
        WITH_LOG(test_t13_sponsor_must_hold_what_she_gives),
        WITH_NONE(test_genesis_is_the_first_entry_alone),
        WITH_NONE(test_genesis_needs_two_founders),
        WITH_NONE(test_nothing_is_done_before_genesis),
        WITH_NONE(test_policy_comes_in_its_parts_and_order),
        WITH_NONE(test_t47_policy_must_be_the_one_of_genesis),
        WITH_NONE(test_founders_are_those_that_the_profile_permits),
        WITH_NONE(test_founder_has_no_role_that_must_end),
        WITH_NONE(test_first_keys_are_one_for_each_column),
        WITH_NONE(test_t73_nobody_works_before_the_keys_are_in),
    };
    int failed = run_cells();

    return failed + cmocka_run_group_tests(tests, open_offices, close_offices);
}
