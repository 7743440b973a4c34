/* The roster: what it takes in, what it refuses, and its encoding. */
#include "tests/support/fakelog.h"

/* A log with founders, four more people, a proposal that waits, and a few
 * entries between that are none of the roster's. */
static int
found(void **state)
{
    struct fakelog *f = calloc(1, sizeof *f);
    struct request q;

    if (f == NULL)
        return -1;
    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "ines", "intake", 0);
    (void)fakelog_create(f, "ines", "intake", "victim", 1);
    (void)fakelog_import(f, "ines", "intake", "victim", 2, 1);
    f->now_ms += 1000;
    (void)fakelog_hire(f, "cora", "caseworker", f->now_ms + FAKELOG_DAY_MS);
    q = fakelog_request_propose(f, "cora", "auditor", 0);
    (void)fakelog_denied(f, &q, "separation");
    (void)fakelog_hire(f, "ines", "interpreter", f->now_ms + FAKELOG_DAY_MS);
    (void)fakelog_hire(f, "sara", "supervisor", 0);
    q = fakelog_request_propose(f, "aude", "auditor", 0);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
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

static void
set(char out[static NAME_SIZE], const char *name)
{
    memset(out, 0, NAME_SIZE);
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

static bool
is_roster(const struct fakelog *f, uint64_t index)
{
    struct entry e;
    struct request q;

    fakelog_parse(f, index, &e, &q);
    return roster_is_entry(&e, &q);
}

static enum sv_err
replay_one(struct roster *r, const struct fakelog *f, uint64_t index)
{
    return roster_replay(r, index, buf_bytes(&f->entries[index]));
}

/* The roster entries before `end`. */
static void
replay_to(struct roster *r, const struct fakelog *f, uint64_t end)
{
    roster_init(r);
    for (uint64_t i = 0; i < end; i++) {
        if (is_roster(f, i))
            assert_ok(replay_one(r, f, i));
    }
}

static struct buf
encoded(const struct roster *r)
{
    struct buf out = BUF_INIT;

    assert_ok(roster_encode(r, &out));
    return out;
}

static void
assert_same(const struct roster *a, const struct roster *b)
{
    struct buf one = encoded(a), two = encoded(b);

    assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
    buf_free(&one);
    buf_free(&two);
}

/* ---- replay ---- */

static void
test_replay_of_roster_entries_alone_gives_the_same_roster(void **state)
{
    struct fakelog *f = *state;
    struct roster r;

    replay_to(&r, f, f->n);
    assert_same(&r, &f->replay.roster);
    assert_true(roster_ready(&r));
    assert_int_equal(r.n_persons, 5);
    assert_int_equal(r.n_grants, 6);
    assert_int_equal(r.n_proposals, 1);
    assert_int_equal(r.n_keys, 13);
    assert_string_equal(r.origin, FAKELOG_ORIGIN);
    assert_int_equal(r.last_index, f->n - 1);
    roster_clear(&r);
}

static void
test_grant_says_who_proposed_and_who_sponsored(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    const struct roster_grant *g =
        roster_grant_at(r, "cora", "caseworker", f->n, f->now_ms);

    assert_non_null(g);
    assert_string_equal(g->proposer, FAKELOG_ADMINISTRATOR);
    assert_string_equal(g->sponsor, FAKELOG_SUPERVISOR);
    assert_int_equal(g->proposed_index + 1, g->from_index);
    assert_int_equal(g->from_ms, FAKELOG_START_MS + 1000);
    assert_int_equal(g->until_ms, FAKELOG_START_MS + 1000 + FAKELOG_DAY_MS);
    assert_null(roster_grant_at(r, "cora", "intake", f->n, f->now_ms));
    assert_null(roster_grant_at(r, "aude", "auditor", f->n, f->now_ms));
    assert_null(roster_person(r, "aude"));
    assert_non_null(roster_proposal(r, f->n - 1));
    assert_null(roster_proposal(r, f->n - 2));
}

static void
test_vault_is_the_leaf_of_genesis(void **state)
{
    struct fakelog *f = *state;
    struct hash leaf = tree_leaf(buf_bytes(&f->entries[0]));

    assert_true(hash_equal(&leaf, &f->replay.roster.vault));
}

/* What is refused must leave the roster as it was. */
static void
refuses(struct roster *r, uint64_t index, struct bytes entry, enum sv_err want)
{
    struct buf before = encoded(r), after;

    assert_err(roster_replay(r, index, entry), want);
    after = encoded(r);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
}

static void
test_left_out_entry_is_missed_by_the_next(void **state)
{
    struct fakelog *f = *state;

    for (uint64_t left = 0; left < f->n; left++) {
        struct roster r;
        uint64_t next = left + 1;

        while (next < f->n && !is_roster(f, next))
            next++;
        if (!is_roster(f, left) || next == f->n)
            continue;
        replay_to(&r, f, left);
        refuses(&r, next, buf_bytes(&f->entries[next]), SV_ERR_TAMPERED);
        roster_clear(&r);
    }
}

static void
test_entry_is_taken_in_once_and_at_its_place(void **state)
{
    struct fakelog *f = *state;

    for (uint64_t i = 0; i < f->n; i++) {
        struct roster r;

        if (!is_roster(f, i))
            continue;
        replay_to(&r, f, i);
        refuses(&r, i + 1, buf_bytes(&f->entries[i]), SV_ERR_TAMPERED);
        assert_ok(replay_one(&r, f, i));
        refuses(&r, i, buf_bytes(&f->entries[i]), SV_ERR_TAMPERED);
        roster_clear(&r);
    }
}

/* Another base64 character in the middle of the last line. */
static void
spoil_signature(struct buf *entry)
{
    uint8_t *c = &entry->ptr[entry->len - 30];

    *c = *c == 'A' ? 'B' : 'A';
}

static void
test_t17_forged_signature_is_refused(void **state)
{
    struct fakelog *f = *state;

    for (uint64_t i = 0; i < f->n; i++) {
        struct buf forged = BUF_INIT;
        struct roster r;

        if (!is_roster(f, i))
            continue;
        replay_to(&r, f, i);
        assert_ok(buf_append(&forged, buf_bytes(&f->entries[i])));
        spoil_signature(&forged);
        refuses(&r, i, buf_bytes(&forged), SV_ERR_TAMPERED);
        buf_free(&forged);
        roster_clear(&r);
    }
}

static void
test_entry_signed_by_another_is_refused(void **state)
{
    static const char *const others[] = {"mallory", "ines", "sara", "gate"};
    struct fakelog *f = *state;

    for (uint64_t i = 1; i < f->n; i++) {
        struct roster r;
        struct entry e;
        struct request q;

        if (!is_roster(f, i))
            continue;
        replay_to(&r, f, i);
        fakelog_parse(f, i, &e, &q);
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
            struct buf forged = fakelog_bytes(&e, &q, others[k]);

            refuses(&r, i, buf_bytes(&forged), SV_ERR_TAMPERED);
            buf_free(&forged);
        }
        roster_clear(&r);
    }
}

/* The confirmation in the log, rewritten and signed by the true sponsor. */
static void
refuses_rewritten(struct fakelog *f, uint64_t index,
                  void (*rewrite)(struct entry *e, struct request *q))
{
    struct roster r;
    struct entry e;
    struct request q;
    struct buf forged;

    fakelog_parse(f, index, &e, &q);
    rewrite(&e, &q);
    forged = fakelog_bytes(&e, &q, q.actor);
    replay_to(&r, f, index);
    refuses(&r, index, buf_bytes(&forged), SV_ERR_TAMPERED);
    buf_free(&forged);
    roster_clear(&r);
}

static uint64_t
confirmation_of(const struct fakelog *f, const char *name, const char *role)
{
    const struct roster_grant *g = roster_grant_at(
        &f->replay.roster, name, role, UINT64_MAX - 1, f->now_ms);

    assert_non_null(g);
    return g->from_index;
}

static void
other_role(struct entry *e, struct request *q)
{
    (void)e;
    (void)snprintf(q->grants, sizeof q->grants, "caseworker");
}

static void
other_person(struct entry *e, struct request *q)
{
    (void)e;
    (void)snprintf(q->person, sizeof q->person, "mallory");
}

static void
other_vault(struct entry *e, struct request *q)
{
    (void)e;
    q->vault.b[0] ^= 1;
}

static void
no_vault(struct entry *e, struct request *q)
{
    (void)e;
    q->has_vault = false;
    memset(&q->vault, 0, sizeof q->vault);
}

static void
other_origin(struct entry *e, struct request *q)
{
    (void)e;
    (void)snprintf(q->origin, sizeof q->origin, "other.example/2026");
}

static void
by_the_proposer(struct entry *e, struct request *q)
{
    (void)e;
    (void)snprintf(q->actor, sizeof q->actor, FAKELOG_ADMINISTRATOR);
}

static void
by_the_grantee(struct entry *e, struct request *q)
{
    (void)e;
    (void)snprintf(q->actor, sizeof q->actor, "sara");
}

static void
other_policy(struct entry *e, struct request *q)
{
    (void)q;
    e->policy_hash[31] ^= 1;
}

static void
other_rule(struct entry *e, struct request *q)
{
    (void)q;
    (void)snprintf(e->rule, sizeof e->rule, "assigned");
}

static void
earlier(struct entry *e, struct request *q)
{
    (void)q;
    e->time_ms--;
}

static void
a_day_too_late(struct entry *e, struct request *q)
{
    (void)q;
    e->time_ms += FAKELOG_DAY_MS + 1; /* its request is too old */
}

static void
other_link(struct entry *e, struct request *q)
{
    (void)q;
    e->roster--;
}

static void
no_link(struct entry *e, struct request *q)
{
    (void)q;
    e->has_roster = false;
    e->roster = 0;
}

static void
test_rewritten_confirmation_is_refused(void **state)
{
    static void (*const rewrites[])(struct entry *, struct request *) = {
        other_role,      other_person,   other_vault,  no_vault,   other_origin,
        by_the_proposer, by_the_grantee, other_policy, other_rule, earlier,
        a_day_too_late,  other_link,     no_link,
    };
    struct fakelog *f = *state;
    uint64_t index = confirmation_of(f, "sara", "supervisor");

    for (size_t i = 0; i < sizeof rewrites / sizeof rewrites[0]; i++)
        refuses_rewritten(f, index, rewrites[i]);
}

/* Whoever forges one there links it to itself. */
static void
test_entry_where_the_last_one_stands_is_refused(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct request q = fakelog_request_propose(f, "zoe", "intake", 0);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);
    struct buf forged;

    e.index = r->last_index;
    forged = fakelog_bytes(&e, &q, q.actor);
    refuses(r, r->last_index, buf_bytes(&forged), SV_ERR_TAMPERED);
    buf_free(&forged);
}

static void
test_entry_whose_request_does_not_parse_is_not_for_it(void **state)
{
    struct fakelog *f = *state;
    uint64_t at = confirmation_of(f, "sara", "supervisor");
    struct buf entry = f->entries[at];
    uint8_t *act = memmem(entry.ptr, entry.len, "act staff", 9);
    struct roster r;

    assert_non_null(act);
    act[4] = 'x';
    roster_init(&r);
    refuses(&r, 0, buf_bytes(&entry), SV_ERR_FORMAT);
    replay_to(&r, f, at);
    refuses(&r, at, buf_bytes(&entry), SV_ERR_FORMAT);
    roster_clear(&r);
}

static void
test_entry_that_changes_no_roster_is_not_for_it(void **state)
{
    struct fakelog *f = *state;
    unsigned n = 0;
    struct roster r;

    replay_to(&r, f, f->n);
    for (uint64_t i = 0; i < f->n; i++) {
        if (is_roster(f, i))
            continue;
        refuses(&r, i, buf_bytes(&f->entries[i]), SV_ERR_FORMAT);
        n++;
    }
    assert_int_equal(n, 4); /* a record, a batch, its item, a denial */
    refuses(&r, f->n, bytes_of(NULL, 0), SV_ERR_FORMAT);
    refuses(&r, f->n, bytes_text("svault/entry/v1\n"), SV_ERR_FORMAT);
    roster_clear(&r);
}

static void
test_t12_genesis_without_both_signatures_is_refused(void **state)
{
    struct fakelog *f = *state;
    struct buf text = BUF_INIT, note = BUF_INIT, entry = BUF_INIT;
    struct fake_person actor = fake_person(FAKELOG_ADMINISTRATOR);
    struct fake_person mallory = fake_person("mallory");
    char name[NOTE_NAME_MAX + 1];
    struct entry e;
    struct request q;
    struct roster r;

    roster_init(&r);
    fakelog_parse(f, 0, &e, &q);
    assert_ok(request_encode(&q, &text));
    assert_ok(request_sign(&q, &actor.seed, &note));
    e.note = buf_bytes(&note);
    assert_ok(entry_encode(&e, &entry));
    refuses(&r, 0, buf_bytes(&entry), SV_ERR_TAMPERED);
    buf_truncate(&entry, 0);
    /* the other founder's name, but not her key */
    assert_ok(request_key_name(q.origin, FAKELOG_SUPERVISOR, name));
    assert_ok(note_add_signature(buf_bytes(&text), name, &mallory.seed, &note));
    e.note = buf_bytes(&note);
    assert_ok(entry_encode(&e, &entry));
    refuses(&r, 0, buf_bytes(&entry), SV_ERR_TAMPERED);
    buf_free(&text);
    buf_free(&note);
    buf_free(&entry);
    roster_clear(&r);
}

static void
test_genesis_follows_nothing(void **state)
{
    struct fakelog *f = *state;
    struct buf forged;
    struct entry e;
    struct request q;
    struct roster r;

    roster_init(&r);
    fakelog_parse(f, 0, &e, &q);
    e.has_roster = true;
    forged = fakelog_bytes(&e, &q, q.actor);
    refuses(&r, 0, buf_bytes(&forged), SV_ERR_TAMPERED);
    buf_free(&forged);
    roster_clear(&r);
}

static void
test_nothing_goes_before_genesis(void **state)
{
    struct fakelog *f = *state;

    for (uint64_t i = 1; i < f->n; i++) {
        struct roster r;

        roster_init(&r);
        if (is_roster(f, i))
            refuses(&r, i, buf_bytes(&f->entries[i]), SV_ERR_TAMPERED);
        roster_clear(&r);
    }
}

/* ---- signatures of any request ---- */

static enum sv_err
verify(const struct roster *r, const struct request *q, const char *signer,
       const char *second)
{
    struct buf bytes = BUF_INIT, text = BUF_INIT;
    struct fake_person own = fake_person(signer);
    struct fake_person mallory = fake_person("mallory");
    struct request parsed;
    struct note note;
    enum sv_err err;

    assert_ok(request_sign(q, &own.seed, &bytes));
    if (second != NULL) {
        assert_ok(request_encode(q, &text));
        assert_ok(note_add_signature(buf_bytes(&text), second, &mallory.seed,
                                     &bytes));
    }
    assert_ok(request_parse(buf_bytes(&bytes), &note, &parsed));
    err = roster_verify(r, UINT64_MAX, &note, &parsed);
    buf_free(&bytes);
    buf_free(&text);
    return err;
}

static void
test_request_is_verified_by_its_actors_key_alone(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    struct request q = fakelog_request(f, ACT_LOG_READ, "cora", "auditor");

    assert_ok(verify(r, &q, "cora", NULL));
    assert_err(verify(r, &q, "cora", "other.example/x"), SV_ERR_TAMPERED);
    assert_err(verify(r, &q, "ines", NULL), SV_ERR_TAMPERED);
    assert_err(verify(r, &q, "mallory", NULL), SV_ERR_TAMPERED);
    (void)snprintf(q.actor, sizeof q.actor, "mallory");
    assert_err(verify(r, &q, "mallory", NULL), SV_ERR_NOT_FOUND);
    (void)snprintf(q.actor, sizeof q.actor, "aude"); /* only proposed */
    assert_err(verify(r, &q, "aude", NULL), SV_ERR_NOT_FOUND);
    (void)snprintf(q.actor, sizeof q.actor, "cora");
    (void)snprintf(q.origin, sizeof q.origin, "other.example/2026");
    assert_err(verify(r, &q, "cora", NULL), SV_ERR_TAMPERED);
}

/* Once there is a vault, a genesis does not vouch for itself. */
static void
test_later_genesis_is_verified_like_anything_else(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    struct request q = fakelog_genesis(f, &r->policy);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);
    struct buf bytes;
    struct note note;

    set(q.actor, "mallory");
    set(q.genesis.founders[FOUNDER_ADMINISTRATOR].name, "mallory");
    q.genesis.founders[FOUNDER_ADMINISTRATOR].sign =
        fake_person("mallory").sign;
    bytes = fakelog_bytes(&e, &q, "mallory");
    assert_ok(entry_parse(buf_bytes(&bytes), &e));
    assert_ok(request_parse(e.note, &note, &q));
    assert_err(roster_verify(r, UINT64_MAX, &note, &q), SV_ERR_NOT_FOUND);
    buf_free(&bytes);
}

/* ---- what contradicts the roster ---- */

static enum sv_err
apply(struct roster *r, uint64_t index, const struct request *q)
{
    struct entry e;
    struct hash leaf = tree_empty();

    memset(&e, 0, sizeof e);
    e.kind = ENTRY_REQUEST;
    e.index = index;
    e.time_ms = FAKELOG_START_MS;
    e.allowed = true;
    e.outcome = OUTCOME_DONE;
    return roster_apply(r, &e, q, &leaf);
}

static void
refuses_apply(struct roster *r, uint64_t index, const struct request *q)
{
    struct buf before = encoded(r), after;

    assert_err(apply(r, index, q), SV_ERR_FORMAT);
    after = encoded(r);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
}

static void
test_contradictions_are_not_applied(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct policy *p = &r->policy;
    struct request q;

    q = fakelog_genesis(f, p);
    refuses_apply(r, f->n, &q);
    q = fakelog_part(f, p, 1);
    refuses_apply(r, f->n, &q);
    q = fakelog_keys(f, p); /* epoch 1 once more */
    refuses_apply(r, f->n, &q);
    q.n_keys = 2;
    q.keys[0].epoch = q.keys[1].epoch = 2;
    q.keys[1] = q.keys[0];
    refuses_apply(r, f->n, &q);
    q.keys[0] = q.keys[1];
    set(q.keys[1].compartment, "shoes");
    refuses_apply(r, f->n, &q);
    q = fakelog_request_confirm(f, 0, "aude", "auditor");
    refuses_apply(r, f->n, &q);
    q = fakelog_request_confirm(f, f->n - 1, "aude", "approver");
    refuses_apply(r, f->n, &q);
    q = fakelog_request_confirm(f, f->n - 1, "aude", "auditor");
    refuses_apply(r, r->last_index, &q);
    q = fakelog_request_propose(f, "zoe", "director", 0);
    refuses_apply(r, f->n, &q);
    q = fakelog_request_propose(f, "ines", "approver", 0);
    q.sign.b[0] ^= 1;
    refuses_apply(r, f->n, &q);
    q = fakelog_request(f, ACT_LOG_READ, "aude", "auditor");
    refuses_apply(r, f->n, &q);
}

static void
test_keys_before_the_policy_are_not_applied(void **state)
{
    struct fakelog *f = *state;
    struct request q;
    struct roster r;

    replay_to(&r, f, 1);
    q = fakelog_keys(f, &f->replay.roster.policy);
    refuses_apply(&r, 1, &q);
    q = fakelog_request_propose(f, "zoe", "intake", 0);
    refuses_apply(&r, 1, &q);
    roster_clear(&r);
}

static void
test_genesis_is_applied_at_the_beginning_for_two_people(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_genesis(f, &f->replay.roster.policy);
    struct roster r;

    roster_init(&r);
    refuses_apply(&r, 1, &q);
    q.genesis.n_founders = 1;
    refuses_apply(&r, 0, &q);
    roster_clear(&r);
}

static void
test_newer_keys_stand_beside_the_old(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct request q = fakelog_keys(f, &r->policy);

    q.n_keys = 1;
    q.keys[0].epoch = 2;
    q.keys[0].pub[0] ^= 1;
    assert_ok(apply(r, f->n, &q));
    assert_int_equal(roster_key(r, 0)->epoch, 2);
    assert_memory_equal(roster_key(r, 0)->pub, q.keys[0].pub, 32);
    assert_int_equal(roster_key_epoch(r, 0, 1)->epoch, 1);
    assert_memory_not_equal(roster_key_epoch(r, 0, 1)->pub, q.keys[0].pub, 32);
    assert_null(roster_key_epoch(r, 0, 3));
    assert_int_equal(roster_key(r, 1)->epoch, 1);
}

static void
test_genesis_must_name_a_log_key_of_its_origin(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_genesis(f, &f->replay.roster.policy);
    struct fake_person gate = fake_person("gate");
    struct roster r;

    roster_init(&r);
    assert_ok(note_vkey("other.example/2026", &gate.sign, q.genesis.log_vkey));
    refuses_apply(&r, 0, &q);
    (void)snprintf(q.genesis.log_vkey, sizeof q.genesis.log_vkey, "nonsense");
    refuses_apply(&r, 0, &q);
    roster_clear(&r);
}

static void
test_policy_must_have_the_profile_of_genesis(void **state)
{
    struct fakelog *f = *state;
    struct policy *p = &f->replay.roster.policy;
    struct request q = fakelog_genesis(f, p);
    struct roster r;
    unsigned k = 0;

    roster_init(&r);
    (void)snprintf(q.genesis.profile, sizeof q.genesis.profile, "small-office");
    assert_ok(apply(&r, 0, &q));
    do {
        q = fakelog_part(f, p, ++k);
        if (k < q.parts)
            assert_ok(apply(&r, k, &q));
    } while (k < q.parts);
    refuses_apply(&r, k, &q);
    assert_false(r.has_policy);
    roster_clear(&r);
}

/* ---- encoding ---- */

static void
test_encoding_round_trips_at_every_stage(void **state)
{
    struct fakelog *f = *state;

    for (uint64_t end = 0; end <= f->n; end++) {
        struct roster r, again;
        struct buf bytes;

        replay_to(&r, f, end);
        bytes = encoded(&r);
        roster_init(&again);
        assert_ok(roster_decode(buf_bytes(&bytes), &again));
        assert_same(&r, &again);
        assert_int_equal(roster_ready(&r), roster_ready(&again));
        /* what was stored goes on where it stopped */
        while (end < f->n && !is_roster(f, end))
            end++;
        if (end < f->n)
            assert_ok(replay_one(&again, f, end));
        buf_free(&bytes);
        roster_clear(&r);
        roster_clear(&again);
    }
}

static void
test_encoding_cut_or_lengthened_is_refused(void **state)
{
    struct fakelog *f = *state;
    struct buf bytes = encoded(&f->replay.roster);
    struct roster r;

    for (size_t len = 0; len < bytes.len; len++)
        assert_err(roster_decode(bytes_of(bytes.ptr, len), &r), SV_ERR_FORMAT);
    assert_ok(buf_text(&bytes, "x"));
    assert_err(roster_decode(buf_bytes(&bytes), &r), SV_ERR_FORMAT);
    buf_free(&bytes);
}

static void
test_encoding_with_a_byte_changed_is_refused_or_means_that(void **state)
{
    struct fakelog *f = *state;
    struct buf bytes = encoded(&f->replay.roster);

    for (size_t i = 0; i < bytes.len; i++) {
        struct roster r;

        bytes.ptr[i] ^= 0x81;
        if (roster_decode(buf_bytes(&bytes), &r) == SV_OK) {
            struct buf again = encoded(&r);

            assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&bytes)));
            buf_free(&again);
            roster_clear(&r);
        }
        bytes.ptr[i] ^= 0x81;
    }
    buf_free(&bytes);
}

#define STARTED_AT 17 /* behind the label and its length */
#define ORIGIN_AT 18  /* its length first */

static void
expect_undecodable(struct bytes bytes)
{
    struct roster r;

    assert_err(roster_decode(bytes, &r), SV_ERR_FORMAT);
}

static void
test_encoding_of_another_truth_or_a_name_with_a_hole_is_refused(void **state)
{
    struct fakelog *f = *state;
    struct buf bytes = encoded(&f->replay.roster);

    assert_int_equal(bytes.ptr[STARTED_AT], 1);
    for (unsigned truth = 2; truth < 256; truth++) {
        bytes.ptr[STARTED_AT] = (uint8_t)truth;
        expect_undecodable(buf_bytes(&bytes));
    }
    bytes.ptr[STARTED_AT] = 1;
    assert_int_equal(bytes.ptr[ORIGIN_AT], strlen(FAKELOG_ORIGIN));
    bytes.ptr[ORIGIN_AT + 3] = '\0';
    expect_undecodable(buf_bytes(&bytes));
    buf_free(&bytes);
}

/* All that an empty roster ends with are its six counts. */
static void
test_encoding_that_counts_what_is_not_there_is_refused(void **state)
{
    struct roster r;
    struct buf bytes;

    (void)state;
    roster_init(&r);
    bytes = encoded(&r);
    for (size_t i = 0; i < 6; i++) {
        uint8_t *count = bytes.ptr + bytes.len - 4 * (i + 1);

        count[3] = 9;
        expect_undecodable(buf_bytes(&bytes));
        memset(count, 0xff, 4); /* more than any memory holds */
        expect_undecodable(buf_bytes(&bytes));
        memset(count, 0, 4);
    }
    assert_ok(roster_decode(buf_bytes(&bytes), &r));
    assert_null(r.persons); /* no room for nobody: genesis makes it */
    roster_clear(&r);
    buf_free(&bytes);
}

static void
test_encoding_holds_names_of_every_length(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster, back;

    for (size_t len = 0; len < sizeof r->proposals[0].role; len++) {
        struct buf bytes;

        memset(r->proposals[0].role, 0, sizeof r->proposals[0].role);
        memset(r->proposals[0].role, 'x', len);
        memset(r->origin, 0, sizeof r->origin);
        memset(r->origin, 'x', sizeof r->origin - 1 - len);
        bytes = encoded(r);
        assert_ok(roster_decode(buf_bytes(&bytes), &back));
        assert_same(r, &back);
        roster_clear(&back);
        buf_free(&bytes);
    }
}

static void
test_clearing_accepts_nothing(void **state)
{
    struct roster r;

    (void)state;
    roster_init(&r);
    roster_clear(&r);
    roster_clear(&r);
    assert_false(r.started);
    assert_false(roster_ready(&r));
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_replay_of_roster_entries_alone_gives_the_same_roster),
        WITH_LOG(test_grant_says_who_proposed_and_who_sponsored),
        WITH_LOG(test_vault_is_the_leaf_of_genesis),
        WITH_LOG(test_left_out_entry_is_missed_by_the_next),
        WITH_LOG(test_entry_is_taken_in_once_and_at_its_place),
        WITH_LOG(test_t17_forged_signature_is_refused),
        WITH_LOG(test_entry_signed_by_another_is_refused),
        WITH_LOG(test_rewritten_confirmation_is_refused),
        WITH_LOG(test_entry_where_the_last_one_stands_is_refused),
        WITH_LOG(test_entry_whose_request_does_not_parse_is_not_for_it),
        WITH_LOG(test_entry_that_changes_no_roster_is_not_for_it),
        WITH_LOG(test_t12_genesis_without_both_signatures_is_refused),
        WITH_LOG(test_genesis_follows_nothing),
        WITH_LOG(test_nothing_goes_before_genesis),
        WITH_LOG(test_request_is_verified_by_its_actors_key_alone),
        WITH_LOG(test_later_genesis_is_verified_like_anything_else),
        WITH_LOG(test_contradictions_are_not_applied),
        WITH_LOG(test_keys_before_the_policy_are_not_applied),
        WITH_LOG(test_genesis_is_applied_at_the_beginning_for_two_people),
        WITH_LOG(test_newer_keys_stand_beside_the_old),
        WITH_LOG(test_genesis_must_name_a_log_key_of_its_origin),
        WITH_LOG(test_policy_must_have_the_profile_of_genesis),
        WITH_LOG(test_encoding_round_trips_at_every_stage),
        WITH_LOG(test_encoding_cut_or_lengthened_is_refused),
        WITH_LOG(test_encoding_with_a_byte_changed_is_refused_or_means_that),
        WITH_LOG(
            test_encoding_of_another_truth_or_a_name_with_a_hole_is_refused),
        cmocka_unit_test(
            test_encoding_that_counts_what_is_not_there_is_refused),
        WITH_LOG(test_encoding_holds_names_of_every_length),
        cmocka_unit_test(test_clearing_accepts_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
