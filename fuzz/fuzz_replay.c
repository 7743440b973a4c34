/*
 * The replay of a log.  The first byte says how: entries (u16 lengths) as
 * they came, or acts of ten bytes each, which people of a founded office do
 * and sign, rightly or wrongly, and which a gate enters, rightly or wrongly.
 * Covers: policy/replay.c policy/replay_done.c policy/replay_state.c
 * policy/decide.c policy/decide_founding.c policy/decide_last.c
 * policy/decide_record.c policy/decide_release.c policy/decide_restore.c
 * policy/decide_staff.c policy/roster.c policy/roster_apply.c
 * policy/release.c policy/usage.c
 */
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "policy/replay_state.h"
#include "tests/support/fakelog.h"

#include "fuzz/fuzz.h"

#define ACTS_MAX 24
#define MINUTE_MS UINT64_C(60000)
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Who works here as what from the start; eve does not. */
enum { ADA, SUE, CORA, ABE, IDA, ANA, EVE };
static const char *const people[] = {"ada", "sue", "cora", "abe",
                                     "ida", "ana", "eve"};
static const char stranger[] = "mallory"; /* whom nobody can hire */
static const char *const roles[] = {
    "administrator", "supervisor",         "caseworker",
    "auditor",       "statistics_officer", "approver",
};

/* ---- What holds of each log that is accepted ---- */

static enum sv_err
verify_now(void *ctx, const struct replay_parsed *p,
           const struct sign_public *key)
{
    (void)ctx;
    return replay_verify(p, key);
}

/* Does the entry allow something to who has not the role that she acts in? */
static bool
oversteps(const struct replay *r, struct bytes bytes)
{
    struct replay_parsed p;
    const struct request *q = &p.request;

    demand(replay_parse(bytes, &p) == SV_OK);
    return p.entry.kind == ENTRY_REQUEST && p.entry.allowed &&
           q->act != ACT_RESTORE &&
           roster_grant_at(&r->roster, q->actor, q->role, p.entry.index,
                           p.entry.time_ms) == NULL;
}

static void
check_same_roster(const struct roster *a, const struct roster *b)
{
    struct buf one = BUF_INIT, other = BUF_INIT;

    demand(roster_encode(a, &one) == SV_OK);
    demand(roster_encode(b, &other) == SV_OK);
    demand(bytes_equal(buf_bytes(&one), buf_bytes(&other)));
    buf_free(&one);
    buf_free(&other);
}

/* Taken apart and with signatures put off, it comes to the same; and so does
 * a client who has the roster's entries alone. */
static void
check_again(const struct replay *done, const struct buf *entries, size_t n)
{
    struct replay_fault fault = {0, NULL};
    struct hash root = frontier_root(&done->frontier);
    struct replay r;
    struct roster roster;

    replay_init(&r);
    roster_init(&roster);
    r.defer = verify_now;
    for (size_t i = 0; i < n; i++) {
        struct replay_parsed p;

        demand(replay_parse(buf_bytes(&entries[i]), &p) == SV_OK);
        demand(replay_next(&r, &p, &fault) == SV_OK);
        if (p.entry.kind == ENTRY_REQUEST &&
            roster_is_entry(&p.entry, &p.request))
            demand(roster_replay(&roster, i, buf_bytes(&entries[i])) == SV_OK);
    }
    demand(replay_end(&r, n, &root, &fault) == SV_OK || done->batch_left > 0);
    check_same_roster(&r.roster, &done->roster);
    check_same_roster(&roster, &done->roster);
    roster_clear(&roster);
    replay_clear(&r);
}

/* ---- Entries as they came ---- */

static void
check_entries(struct bytes in)
{
    struct buf entries[ACTS_MAX] = {{NULL, 0, 0}};
    struct replay_fault fault = {0, NULL};
    struct reader r = reader_of(in);
    struct replay replay;
    size_t n = 0;

    replay_init(&replay);
    while (n < ACTS_MAX && r.at < in.len) {
        struct bytes entry = reader_medium(&r, UINT16_MAX);

        if (r.failed || replay_entry(&replay, entry, &fault) != SV_OK)
            break;
        demand(buf_append(&entries[n++], entry) == SV_OK);
    }
    if (fault.reason != NULL)
        demand(fault.index == n);
    else
        check_again(&replay, entries, n);
    for (size_t i = 0; i < n; i++)
        buf_free(&entries[i]);
    replay_clear(&replay);
}

/* ---- Acts ---- */

/* An office with people, founded once. */
static const struct fakelog *
office(void)
{
    static struct fakelog f;

    if (f.n == 0) {
        fakelog_found(&f, "small-office");
        for (size_t i = 2; i < COUNT(roles); i++)
            (void)fakelog_hire(&f, people[i], roles[i], 0);
    }
    return &f;
}

static enum sv_err
believe(void *ctx, const struct replay_parsed *p, const struct sign_public *key)
{
    (void)ctx;
    (void)p;
    (void)key;
    return SV_OK;
}

/* The same log, without looking at its signatures again. */
static void
take_up(struct fakelog *f, const struct fakelog *base, struct buf *entries)
{
    struct replay_fault fault = {0, NULL};

    fakelog_init(f);
    f->now_ms = base->now_ms;
    f->n_ids = base->n_ids;
    f->replay.defer = believe;
    for (size_t i = 0; i < base->n; i++) {
        struct replay_parsed p;

        demand(replay_parse(buf_bytes(&base->entries[i]), &p) == SV_OK);
        demand(replay_next(&f->replay, &p, &fault) == SV_OK);
        entries[i] = base->entries[i]; /* borrowed */
    }
    f->replay.defer = NULL;
}

struct act {
    uint8_t act, actor, role, type, record, compartments, outcome, person,
        entry, wrong;
};
enum wrong { /* bits of act.wrong */
             WRONG_SIGNER = 1,
             WRONG_DECISION = 2,
             WRONG_VERSION = 4,
             WRONG_ID = 8,
             WRONG_SEEN = 16,
             LATER = 32,
             WRONG_BODY = 64,
};

static void
put_name(char out[static NAME_SIZE], const char *name)
{
    demand(text_copy(bytes_text(name), out, NAME_SIZE) == SV_OK);
}

static void
add_person(struct request *q, const struct act *a, const struct policy *p)
{
    struct fake_person who = fake_person(people[a->person % COUNT(people)]);

    put_name(q->person, who.name);
    q->sign = who.sign;
    memcpy(q->box, who.box, sizeof q->box);
    put_name(q->grants, p->roles[a->compartments % p->n_roles].name);
}

static void
add_record(struct request *q, const struct act *a, const struct policy *p)
{
    unsigned n = 0;

    put_name(q->type, p->types[a->type % p->n_types]);
    q->record = fakelog_handle(a->record % 4);
    for (unsigned c = 0; c < p->n_columns; c++) {
        if (strcmp(p->columns[c].type, q->type) != 0 || policy_is_index(p, c))
            continue;
        if ((a->compartments >> n++ % 8 & 1) != 0)
            put_name(q->compartments[q->n_compartments++],
                     p->columns[c].compartment);
    }
    if (q->n_compartments == 0)
        put_name(q->compartments[q->n_compartments++], "facts");
}

static struct request
request_of(struct fakelog *f, const struct act *a)
{
    const struct policy *p = &f->replay.roster.policy;
    enum request_act act = (enum request_act)(a->act % ACT_N);
    struct request q = fakelog_request(f, act, people[a->actor % COUNT(people)],
                                       p->roles[a->role % p->n_roles].name);

    if (act == ACT_GENESIS)
        return fakelog_genesis(f, p);
    if (act == ACT_POLICY)
        return fakelog_part(f, p, 1);
    if (act == ACT_KEYS) {
        struct request all = fakelog_keys(f, p);

        q.n_keys = 1;
        q.keys[0] = all.keys[a->record % all.n_keys];
        q.keys[0].epoch = a->entry % 3 + 1U;
        return q;
    }
    add_person(&q, a, p);
    add_record(&q, a, p);
    q.entry = a->entry;
    q.count = a->record % 3;
    put_name(q.profile, a->type % 2 == 0 ? "public" : "exact");
    if (act == ACT_RELEASE_APPROVE && (a->wrong & WRONG_BODY) == 0)
        fakelog_content(0, RELEASE_RESULT, 1, q.body);
    put_name(q.restore.second_role, "supervisor");
    put_name(q.restore.second, "sue");
    q.restore.taken_ms = f->now_ms;
    if ((a->wrong & WRONG_ID) != 0)
        memset(q.id, 1, sizeof q.id);
    if ((a->wrong & WRONG_SEEN) != 0)
        q.seen_size--;
    return q;
}

static bool
has_results(enum request_act act)
{
    return act == ACT_RECORD_CREATE || act == ACT_RECORD_SAVE ||
           act == ACT_RECORD_READ;
}

/* What is released, what it risks, and what later ones must know. */
static void
add_commitments(struct entry *e)
{
    static const char *const names[] = {RELEASE_RESULT, RELEASE_RISK,
                                        RELEASE_LEDGER};

    for (size_t i = 0; i < COUNT(names); i++)
        fakelog_result(e, 0, names[i], 1);
}

static struct entry
entry_of(struct fakelog *f, const struct act *a, struct request *q)
{
    struct entry e =
        fakelog_entry(f, q, (enum entry_outcome)(a->outcome % OUTCOME_N));
    uint64_t more = (a->wrong & WRONG_VERSION) != 0 ? 1 : 0;

    if ((a->wrong & WRONG_DECISION) != 0)
        e.allowed = !e.allowed;
    if (e.outcome == OUTCOME_DONE && q->act == ACT_RELEASE_REQUEST)
        add_commitments(&e);
    if (e.outcome != OUTCOME_DONE || !has_results(q->act))
        return e;
    if (q->act != ACT_RECORD_READ)
        more++;
    for (unsigned i = 0; i < q->n_compartments; i++)
        fakelog_result(
            &e, a->record % 4, q->compartments[i],
            replay_state_version(&f->replay, &q->record, q->compartments[i])
                    .version +
                more);
    if ((a->wrong & WRONG_BODY) == 0)
        fakelog_body(&e, a->record % 4, q->body);
    return e;
}

static enum sv_err
do_act(struct fakelog *f, const struct act *a, struct buf *bytes)
{
    struct replay_fault fault = {0, NULL};
    struct request q;
    struct entry e;
    enum sv_err err;
    bool wrong;

    if ((a->wrong & LATER) != 0)
        f->now_ms += a->compartments * MINUTE_MS * 60;
    q = request_of(f, a);
    e = entry_of(f, a, &q);
    *bytes = fakelog_bytes(&e, &q,
                           (a->wrong & WRONG_SIGNER) != 0 ? stranger : q.actor);
    wrong = oversteps(&f->replay, buf_bytes(bytes)) ||
            (a->wrong & (WRONG_SIGNER | WRONG_DECISION)) != 0;
    err = replay_entry(&f->replay, buf_bytes(bytes), &fault);
    demand(err == SV_OK || fault.reason != NULL);
    demand(err != SV_OK || !wrong);
    return err;
}

static void
check_acts(struct bytes in)
{
    const struct fakelog *base = office();
    struct reader r = reader_of(in);
    struct buf *entries = calloc(base->n + ACTS_MAX, sizeof *entries);
    struct fakelog f;
    size_t n = base->n;
    enum sv_err err = SV_OK;

    demand(entries != NULL);
    take_up(&f, base, entries);
    while (err == SV_OK && n < base->n + ACTS_MAX && r.at < in.len) {
        struct act a;

        reader_copy(&r, (uint8_t *)&a, sizeof a);
        err = do_act(&f, &a, &entries[n]);
        n += err == SV_OK;
    }
    if (err == SV_OK)
        check_again(&f.replay, entries, n);
    else
        buf_free(&entries[n]);
    for (size_t i = base->n; i < n; i++)
        buf_free(&entries[i]);
    free(entries);
    fakelog_clear(&f);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_entries(in);
    else
        check_acts(in);
}

/* Each by the person who stands there, in her own role, about what the first
 * of them made. */
static void
seed_acts(struct seeds *s, const struct act *acts, size_t n)
{
    const struct fakelog *f = office();
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < n; i++) {
        struct act a = acts[i];
        int role = policy_role(&f->replay.roster.policy, roles[a.actor]);

        demand(role >= 0);
        a.role = (uint8_t)role;
        a.entry = (uint8_t)(f->n + a.entry);
        demand(buf_append(&b, bytes_of(&a, sizeof a)) == SV_OK);
    }
    seed_choice_buf(s, 1, &b);
}

#define DO(who, what, ...)                                                     \
    {                                                                          \
        .act = (what), .actor = (who), .outcome = OUTCOME_DONE, __VA_ARGS__    \
    }

static const struct act records[] = {
    DO(CORA, ACT_RECORD_CREATE, .record = 1, .compartments = 255),
    DO(CORA, ACT_RECORD_READ, .record = 1, .compartments = 1),
    DO(CORA, ACT_RECORD_SAVE, .record = 1, .compartments = 5),
    DO(SUE, ACT_RECORD_UNASSIGN, .record = 1, .person = CORA),
    DO(CORA, ACT_RECORD_READ, .record = 1, .compartments = 1),
    DO(SUE, ACT_RECORD_ASSIGN, .record = 1, .person = CORA),
    DO(CORA, ACT_RECORD_HISTORY, .record = 1),
    DO(CORA, ACT_RECORD_LIST, .record = 1),
    DO(SUE, ACT_RECORD_READ, .record = 1, .compartments = 1),
    DO(SUE, ACT_RECORD_ASSIGN, .record = 1, .person = SUE),
    DO(ABE, ACT_FLAG_ACKNOWLEDGE, .entry = 9),
};
static const struct act published[] = {
    DO(IDA, ACT_RELEASE_REQUEST, .record = 1),
    DO(IDA, ACT_RELEASE_LIST, .record = 1),
    DO(ANA, ACT_RELEASE_SHOW, .record = 1),
    DO(ANA, ACT_RELEASE_APPROVE, .record = 1),
    DO(IDA, ACT_RELEASE_FETCH, .record = 1),
};
static const struct act exact[] = {
    DO(IDA, ACT_RELEASE_REQUEST, .type = 1),
    DO(IDA, ACT_RELEASE_ACKNOWLEDGE, .record = 2),
    DO(ANA, ACT_RELEASE_REFUSE, .record = 2),
    DO(IDA, ACT_RELEASE_FETCH, .record = 2),
};
static const struct act staff[] = {
    DO(ADA, ACT_STAFF_PROPOSE, .person = EVE, .compartments = 1),
    DO(SUE, ACT_STAFF_CONFIRM, .person = EVE, .compartments = 1),
    DO(ADA, ACT_STAFF_REVOKE, .person = EVE, .compartments = 1),
    DO(ADA, ACT_STAFF_SUSPEND, .person = IDA),
    DO(ADA, ACT_STAFF_REPLACE, .person = IDA),
    DO(SUE, ACT_STAFF_REINSTATE, .person = IDA, .entry = 4),
    DO(SUE, ACT_KEYS, .record = 0, .entry = 1),
    DO(ADA, ACT_RESTORE, .record = 0),
};

static const struct act forged[] = {
    DO(CORA, ACT_RECORD_LIST, .wrong = WRONG_SIGNER),
    DO(CORA, ACT_LOG_READ, .wrong = WRONG_DECISION),
};

/* Entries of a batch: its items bear no signature. */
static void
seed_batch(struct seeds *s)
{
    struct fakelog f;
    struct buf b = BUF_INIT;
    struct writer w = writer_to(&b);

    fakelog_found(&f, "small-office");
    (void)fakelog_hire(&f, "cora", "caseworker", 0);
    (void)fakelog_import(&f, "cora", "caseworker", "victim", 1, 2);
    demand(f.n < ACTS_MAX);
    for (size_t i = 0; i < f.n; i++)
        writer_medium(&w, buf_bytes(&f.entries[i]));
    demand(writer_end(&w) == SV_OK);
    seed_choice_buf(s, 0, &b);
    fakelog_clear(&f);
}

void
fuzz_seeds(struct seeds *s)
{
    seed_batch(s);
    seed_acts(s, records, COUNT(records));
    seed_acts(s, published, COUNT(published));
    seed_acts(s, exact, COUNT(exact));
    seed_acts(s, staff, COUNT(staff));
    seed_acts(s, &forged[0], 1);
    seed_acts(s, &forged[1], 1);
    for (uint8_t act = 0; act < ACT_N; act++) {
        const struct act one = DO(act % EVE, act, .record = 1, .entry = 1);

        seed_acts(s, &one, 1);
    }
}
