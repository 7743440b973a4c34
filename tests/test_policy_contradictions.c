/* What contradicts the roster is not taken in, by act; who must have signed;
 * and that its encoding holds all that ever happened to it. */
#include "tests/support/fakelog.h"

static struct fakelog office_log;

static void
put(char out[static NAME_SIZE], const char *name)
{
    memset(out, 0, NAME_SIZE);
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

static uint64_t
act_on(struct fakelog *f, enum request_act act, const char *actor,
       const char *role, const char *person, const char *keys_of,
       uint64_t entry)
{
    struct request q = fakelog_request(f, act, actor, role);
    struct fake_person p = fake_person(keys_of);

    put(q.person, person);
    q.entry = entry;
    if (act == ACT_STAFF_REPLACE) {
        q.sign = p.sign;
        memcpy(q.box, p.box, sizeof q.box);
    }
    return fakelog_append(f, &q, OUTCOME_DONE);
}

/* Somebody is away, somebody has new keys, keys wait, proposals too. */
static int
found(void **state)
{
    struct fakelog *f = &office_log;
    uint64_t at;

    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "ines", "intake", 0);
    (void)fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_hire(f, "carl", "clinician", 0);
    (void)fakelog_hire(f, "rita", "recovery", 0);
    (void)act_on(f, ACT_STAFF_SUSPEND, "sue", "supervisor", "carl", "", 0);
    at = act_on(f, ACT_STAFF_REPLACE, "ada", "administrator", "cora", "new", 0);
    (void)act_on(f, ACT_STAFF_REINSTATE, "sue", "supervisor", "cora", "", at);
    (void)act_on(f, ACT_STAFF_SUSPEND, "sue", "supervisor", "ines", "", 0);
    at =
        act_on(f, ACT_STAFF_REPLACE, "ada", "administrator", "ines", "ines", 0);
    (void)act_on(f, ACT_STAFF_REINSTATE, "sue", "supervisor", "ines", "", at);
    *state = f;
    return 0;
}

static int
clear(void **state)
{
    fakelog_clear(*state);
    return 0;
}

/* ---- the encoding ---- */

static void
test_encoding_holds_absences_former_keys_and_what_waits(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    struct buf text = BUF_INIT;
    struct roster back;

    assert_int_equal(r->n_formers, 1);
    assert_int_equal(r->n_absences, 2);
    assert_ok(roster_encode(r, &text));
    assert_ok(roster_decode(buf_bytes(&text), &back));
    assert_int_equal(back.n_formers, 1);
    assert_memory_equal(back.formers, r->formers, sizeof r->formers[0]);
    assert_int_equal(back.n_absences, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(back.absences[i].person, r->absences[i].person);
        assert_int_equal(back.absences[i].from_index,
                         r->absences[i].from_index);
        assert_int_equal(back.absences[i].until_index,
                         r->absences[i].until_index);
    }
    for (unsigned c = 0; c < r->policy.n_columns; c++)
        assert_int_equal(back.due_ms[c], r->due_ms[c]);
    assert_memory_equal(back.gate_box, fake_person("gate").box, 32);
    roster_clear(&back);
    assert_int_equal(back.n_formers, 0);
    roster_clear(&back);
    for (size_t len = 0; len < text.len; len++)
        assert_err(roster_decode(bytes_slice(buf_bytes(&text), 0, len), &back),
                   SV_ERR_FORMAT);
    buf_free(&text);
}

static void
expect_undecodable(const struct roster *r)
{
    struct buf text = BUF_INIT;
    struct roster back;

    assert_ok(roster_encode(r, &text));
    assert_err(roster_decode(buf_bytes(&text), &back), SV_ERR_FORMAT);
    buf_free(&text);
}

static void
test_encoding_that_points_to_nothing_is_refused(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    uint32_t nobody = (uint32_t)r->n_persons;
    uint32_t *const pointers[] = {&r->grants[0].person, &r->formers[0].person,
                                  &r->absences[1].person, &r->keys[3].column};
    const uint32_t behind[] = {nobody, nobody, nobody, r->policy.n_columns};
    struct buf text = BUF_INIT;
    struct roster back;

    for (size_t i = 0; i < 4; i++) {
        uint32_t was = *pointers[i];

        *pointers[i] = behind[i];
        expect_undecodable(r);
        *pointers[i] = behind[i] - 1; /* the last there is */
        if (pointers[i] != &r->keys[3].column) {
            buf_truncate(&text, 0);
            assert_ok(roster_encode(r, &text));
            assert_ok(roster_decode(buf_bytes(&text), &back));
            roster_clear(&back);
        }
        *pointers[i] = was;
    }
    r->keys[3].epoch = 0;
    expect_undecodable(r);
    r->keys[3].epoch = 1;
    buf_free(&text);
}

/* ---- acts that contradict it ---- */

static struct buf
encoded(const struct roster *r)
{
    struct buf out = BUF_INIT;

    assert_ok(roster_encode(r, &out));
    return out;
}

static void
refuses(struct roster *r, uint64_t index, const struct request *q)
{
    struct entry *e = calloc(1, sizeof *e);
    struct hash leaf = tree_empty();
    struct buf before = encoded(r), after;

    assert_non_null(e);
    e->kind = ENTRY_REQUEST;
    e->index = index;
    e->time_ms = FAKELOG_START_MS;
    e->allowed = true;
    e->outcome = OUTCOME_DONE;
    assert_err(roster_apply(r, e, q, &leaf), SV_ERR_FORMAT);
    after = encoded(r);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
    free(e);
}

static void
test_acts_on_people_who_are_not_there_change_nothing(void **state)
{
    static const struct {
        enum request_act act;
        const char *person, *grants;
    } cases[] = {
        {ACT_STAFF_REPLACE, "nobody", ""},
        {ACT_STAFF_SUSPEND, "nobody", ""},
        {ACT_STAFF_REVOKE, "cora", "director"},
        {ACT_STAFF_REINSTATE, "nobody", ""},
        {ACT_STAFF_REINSTATE, "ines", ""},
    };
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct request q;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        q = fakelog_request(f, cases[i].act, "sue", "supervisor");
        put(q.person, cases[i].person);
        put(q.grants, cases[i].grants);
        refuses(r, f->n, &q);
    }
    q = fakelog_request(f, ACT_RESTORE, "sue", "supervisor");
    put(q.restore.administrator.name, "nobody");
    refuses(r, f->n, &q);
    put(q.restore.administrator.name, "n");
    refuses(r, f->n, &q);
    q = fakelog_request(f, ACT_KEYS, "sue", "supervisor");
    q.n_keys = 1; /* and of a column that is not there */
    put(q.keys[0].type, "victim");
    put(q.keys[0].compartment, "shoes");
    q.keys[0].epoch = 1;
    refuses(r, f->n, &q);
    assert_int_equal(r->n_restores, 0);
}

static void
test_return_and_confirmation_are_not_each_others(void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    uint64_t keys =
        act_on(f, ACT_STAFF_REPLACE, "ada", "administrator", "carl", "carl", 0);
    struct request q = fakelog_request_propose(f, "ines", "caseworker", 0);
    uint64_t role = fakelog_append(f, &q, OUTCOME_DONE);

    q = fakelog_request(f, ACT_STAFF_REINSTATE, "sue", "supervisor");
    put(q.person, "ines");
    q.entry = role; /* of a role */
    refuses(r, f->n, &q);
    put(r->proposals[r->n_proposals - 1].role, "c"); /* however short */
    refuses(r, f->n, &q);
    put(r->proposals[r->n_proposals - 1].role, "caseworker");
    q.entry = keys; /* another's */
    refuses(r, f->n, &q);
    q = fakelog_request_confirm(f, keys, "carl", "");
    refuses(r, f->n, &q); /* of keys */
    q = fakelog_request_confirm(f, role, "cora", "caseworker");
    refuses(r, f->n, &q);
    /* Her keys have changed since: no honest log leads there. */
    q = fakelog_request_confirm(f, role, "ines", "caseworker");
    r->proposals[r->n_proposals - 1].box[0] ^= 1;
    refuses(r, f->n, &q);
    r->proposals[r->n_proposals - 1].box[0] ^= 1;
    (void)fakelog_append(f, &q, OUTCOME_DONE);
}

static void
test_nothing_but_its_policy_goes_before_the_policy(void **state)
{
    static const enum request_act acts[] = {
        ACT_KEYS,         ACT_STAFF_PROPOSE, ACT_STAFF_REPLACE,
        ACT_STAFF_REVOKE, ACT_STAFF_CONFIRM,
    };
    struct fakelog *f = *state;
    struct roster r;
    struct request q;

    roster_init(&r);
    assert_ok(roster_replay(&r, 0, buf_bytes(&f->entries[0])));
    assert_memory_equal(r.gate_box, fake_person("gate").box, 32);
    q = fakelog_genesis(f, &f->replay.roster.policy);
    assert_memory_equal(r.schema_hash, q.genesis.schema_hash, 32);
    assert_memory_equal(r.policy_hash, q.genesis.policy_hash, 32);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        q = fakelog_request(f, acts[i], "sue", "supervisor");
        put(q.person, FAKELOG_ADMINISTRATOR);
        put(q.grants, "administrator");
        refuses(&r, 1, &q);
    }
    roster_clear(&r);
}

static void
test_founder_has_one_pair_of_keys(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_genesis(f, &f->replay.roster.policy);
    struct request_founder *third = &q.genesis.founders[2];
    struct roster r;

    roster_init(&r);
    q.genesis.n_founders = 3;
    *third = q.genesis.founders[FOUNDER_SUPERVISOR];
    put(third->role, "caseworker");
    third->box[0] ^= 1;
    refuses(&r, 0, &q);
    third->box[0] ^= 1;
    third->sign.b[0] ^= 1;
    refuses(&r, 0, &q);
    assert_false(r.started);
    roster_clear(&r);
}

static void
test_part_fits_where_genesis_is_in_and_all_else_is_not(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_part(f, &f->replay.roster.policy, 1);
    struct roster r;

    assert_false(roster_fits_part(&f->replay.roster, &q));
    roster_init(&r);
    assert_true(q.parts > 1);
    assert_false(roster_fits_part(&r, &q)); /* nothing is in yet */
    assert_ok(roster_replay(&r, 0, buf_bytes(&f->entries[0])));
    assert_true(roster_fits_part(&r, &q));
    q.text[0] = '\0';
    assert_false(roster_fits_part(&r, &q));
    roster_clear(&r);
}

static void
test_policy_is_as_long_as_its_text_may_be_and_no_longer(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_part(f, &f->replay.roster.policy, 1);
    size_t len = strlen(q.text);
    struct roster r;
    uint8_t *text;

    roster_init(&r);
    r.started = true;
    assert_ok(buf_extend(&r.policy_text, POLICY_TEXT_MAX - len, &text));
    memset(text, 'x', POLICY_TEXT_MAX - len);
    assert_true(roster_fits_part(&r, &q));
    assert_ok(buf_text(&r.policy_text, "x"));
    assert_false(roster_fits_part(&r, &q));
    roster_clear(&r);
}

static void
test_vault_is_ready_with_a_key_for_each_column(void **state)
{
    struct fakelog *f = *state;
    struct roster part = f->replay.roster;

    assert_true(roster_ready(&part));
    part.n_keys--;
    assert_false(roster_ready(&part)); /* without the last */
    part.keys++;
    assert_false(roster_ready(&part)); /* without the first */
    part = f->replay.roster;
    part.has_policy = false;
    assert_false(roster_ready(&part));
    assert_true(
        roster_works_with(&f->replay.roster, "ines", 0, f->n, f->now_ms));
    assert_false(
        roster_works_with(&f->replay.roster, "ines", 1, f->n, f->now_ms));
}

/* ---- who must have signed ---- */

/* The request under a note with these two signatures, as it is read. */
static enum sv_err
verify_two(const struct roster *r, struct request *q, const char *first_name,
           const char *first_keys, const char *second_name,
           const char *second_keys)
{
    struct fake_person one = fake_person(first_keys);
    struct fake_person two = fake_person(second_keys);
    struct buf text = BUF_INIT, note = BUF_INIT;
    struct note parsed;
    enum sv_err err;

    assert_ok(request_encode(q, &text));
    assert_ok(note_sign(buf_bytes(&text), first_name, &one.seed, &note));
    if (second_name != NULL)
        assert_ok(note_add_signature(buf_bytes(&text), second_name, &two.seed,
                                     &note));
    assert_ok(note_parse(buf_bytes(&note), &parsed));
    err = roster_verify(r, UINT64_MAX, &parsed, q);
    buf_free(&text);
    buf_free(&note);
    return err;
}

#define ADA FAKELOG_ORIGIN "/ada"
#define SUE FAKELOG_ORIGIN "/sue"
#define RITA FAKELOG_ORIGIN "/rita"

static void
test_genesis_is_signed_by_both_of_its_founders(void **state)
{
    struct fakelog *f = *state;
    struct request q = fakelog_genesis(f, &f->replay.roster.policy);
    struct roster r;

    roster_init(&r);
    assert_ok(verify_two(&r, &q, ADA, "ada", SUE, "sue"));
    assert_err(verify_two(&r, &q, ADA, "mallory", SUE, "sue"), SV_ERR_TAMPERED);
    assert_err(verify_two(&r, &q, ADA, "ada", SUE, "mallory"), SV_ERR_TAMPERED);
    assert_err(verify_two(&r, &q, ADA, "ada", NULL, ""), SV_ERR_TAMPERED);
    assert_err(verify_two(&r, &q, SUE, "sue", NULL, ""), SV_ERR_TAMPERED);
}

static void
test_third_signature_under_genesis_is_refused(void **state)
{
    static const char *const names[] = {"ada", "sue", "mallory"};
    struct fakelog *f = *state;
    struct request q = fakelog_genesis(f, &f->replay.roster.policy);
    struct buf text = BUF_INIT, note = BUF_INIT;
    struct note parsed;
    struct roster r;

    roster_init(&r);
    assert_ok(request_encode(&q, &text));
    for (size_t i = 0; i < 3; i++) {
        struct fake_person p = fake_person(names[i]);
        char key[NOTE_NAME_MAX + 1];

        assert_ok(request_key_name(q.origin, names[i], key));
        if (i == 0)
            assert_ok(note_sign(buf_bytes(&text), key, &p.seed, &note));
        else
            assert_ok(
                note_add_signature(buf_bytes(&text), key, &p.seed, &note));
        assert_ok(note_parse(buf_bytes(&note), &parsed));
        assert_err(roster_verify(&r, UINT64_MAX, &parsed, &q),
                   i == 1 ? SV_OK : SV_ERR_TAMPERED);
    }
    buf_free(&text);
    buf_free(&note);
}

static void
test_restore_is_signed_by_both_or_by_one_and_the_gate(void **state)
{
    struct fakelog *f = *state;
    const struct roster *r = &f->replay.roster;
    struct request q = fakelog_request(f, ACT_RESTORE, "ada", "administrator");

    put(q.restore.second, "sue");
    put(q.restore.second_role, "supervisor");
    assert_ok(verify_two(r, &q, ADA, "ada", SUE, "sue"));
    assert_err(verify_two(r, &q, ADA, "mallory", SUE, "sue"), SV_ERR_TAMPERED);
    assert_err(verify_two(r, &q, ADA, "ada", SUE, "gate"), SV_ERR_TAMPERED);
    (void)fakelog_hire(f, "s", "auditor", 0); /* her name is one */
    put(q.restore.second, "s");
    assert_ok(verify_two(r, &q, ADA, "ada", FAKELOG_ORIGIN "/s", "s"));
    put(q.restore.second, "nobody");
    assert_err(verify_two(r, &q, ADA, "ada", FAKELOG_ORIGIN "/nobody", "sue"),
               SV_ERR_NOT_FOUND);
    put(q.actor, "nobody");
    put(q.restore.second, "sue");
    assert_err(verify_two(r, &q, FAKELOG_ORIGIN "/nobody", "ada", SUE, "sue"),
               SV_ERR_NOT_FOUND);
    q = fakelog_request(f, ACT_RESTORE, "rita", "recovery");
    assert_ok(verify_two(r, &q, RITA, "rita", FAKELOG_ORIGIN, "gate"));
    assert_err(verify_two(r, &q, RITA, "rita", FAKELOG_ORIGIN, "ada"),
               SV_ERR_TAMPERED);
    assert_err(verify_two(r, &q, RITA, "rita", SUE, "sue"), SV_ERR_TAMPERED);
}

static void
test_entry_of_nobody_is_forged_and_one_with_results_no_roster_entry(
    void **state)
{
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct request q = fakelog_request_propose(f, "zoe", "intake", 0);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);
    struct buf bytes;

    e.n_results = 0;
    fakelog_result(&e, 1, "facts", 1);
    bytes = fakelog_bytes(&e, &q, "ada");
    assert_err(roster_replay(r, f->n, buf_bytes(&bytes)), SV_ERR_FORMAT);
    buf_free(&bytes);
    e.n_results = 0;
    put(q.actor, "nobody");
    bytes = fakelog_bytes(&e, &q, "nobody");
    assert_err(roster_replay(r, f->n, buf_bytes(&bytes)), SV_ERR_TAMPERED);
    buf_free(&bytes);
    assert_err(roster_replay(r, f->n, bytes_text("nonsense")), SV_ERR_FORMAT);
}

/* ---- what she could not propose any more ---- */

static void
test_who_may_still_propose_keeps_what_she_proposed(void **state)
{
    static const enum request_act kept[] = {ACT_STAFF_PROPOSE,
                                            ACT_STAFF_REPLACE};
    struct fakelog *f = *state;
    struct roster *r = &f->replay.roster;
    struct policy *p = &r->policy;
    int administrator = policy_role(p, "administrator");

    /* The first role, with the shortest name, is one like any other. */
    put(p->roles[0].name, "i");
    p->excludes[0][administrator] = p->excludes[administrator][0] = false;
    for (size_t i = 0; i < 2; i++) {
        uint64_t card, role;
        struct request q;

        (void)fakelog_hire(f, "adam", "administrator", 0);
        if (i == 0)
            (void)fakelog_hire(f, "adam", "i", 0);
        p->roles[0].acts[kept[i]] = true;
        card = act_on(f, ACT_STAFF_REPLACE, "adam", "administrator", "cora",
                      "newer", 0);
        q = fakelog_request_propose(f, "cleo", "i", 0);
        put(q.actor, "adam");
        role = fakelog_append(f, &q, OUTCOME_DONE);
        q = fakelog_request(f, ACT_STAFF_REVOKE, "sue", "supervisor");
        put(q.person, "adam");
        put(q.grants, "administrator");
        (void)fakelog_append(f, &q, OUTCOME_DONE);
        assert_int_equal(roster_proposal(r, role) != NULL, i == 0);
        assert_int_equal(roster_proposal(r, card) != NULL, i == 1);
        p->roles[0].acts[kept[i]] = false;
    }
}

#define IN_AN_OFFICE(test) cmocka_unit_test_setup_teardown(test, found, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_AN_OFFICE(test_encoding_holds_absences_former_keys_and_what_waits),
        IN_AN_OFFICE(test_encoding_that_points_to_nothing_is_refused),
        IN_AN_OFFICE(test_acts_on_people_who_are_not_there_change_nothing),
        IN_AN_OFFICE(test_return_and_confirmation_are_not_each_others),
        IN_AN_OFFICE(test_nothing_but_its_policy_goes_before_the_policy),
        IN_AN_OFFICE(test_founder_has_one_pair_of_keys),
        IN_AN_OFFICE(test_part_fits_where_genesis_is_in_and_all_else_is_not),
        IN_AN_OFFICE(test_policy_is_as_long_as_its_text_may_be_and_no_longer),
        IN_AN_OFFICE(test_vault_is_ready_with_a_key_for_each_column),
        IN_AN_OFFICE(test_genesis_is_signed_by_both_of_its_founders),
        IN_AN_OFFICE(test_third_signature_under_genesis_is_refused),
        IN_AN_OFFICE(test_restore_is_signed_by_both_or_by_one_and_the_gate),
        IN_AN_OFFICE(
            test_entry_of_nobody_is_forged_and_one_with_results_no_roster_entry),
        IN_AN_OFFICE(test_who_may_still_propose_keeps_what_she_proposed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
