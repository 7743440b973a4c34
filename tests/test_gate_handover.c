#include "tests/support/held.h"
#include "vault/grants.h"

/*
 * A sponsor's program could seal other keys than the act hands over, or to
 * somebody else, and she could sign it: the gate cannot open them, but it
 * takes none that are not named as they must be.
 */

#define ITEMS_MAX 32

struct lie {
    size_t n;
    struct grant_item items[ITEMS_MAX];
    bool wrong_hash;
    bool more; /* a byte behind the last */
};

typedef void (*lie_fn)(struct lie *l);

static void
nothing(struct lie *l)
{
    (void)l;
}

static void
other_grantee(struct lie *l)
{
    (void)snprintf(l->items[l->n - 1].grantee, NAME_SIZE, "mallory");
}

static void
other_type(struct lie *l)
{
    (void)snprintf(l->items[0].type, NAME_SIZE, "suspect");
}

static void
other_compartment(struct lie *l)
{
    (void)snprintf(l->items[l->n - 1].compartment, NAME_SIZE, "health");
}

static void
other_epoch(struct lie *l)
{
    l->items[l->n - 1].epoch++;
}

static void
one_less(struct lie *l)
{
    l->n--;
}

static void
one_more(struct lie *l)
{
    assert_true(l->n < ITEMS_MAX);
    l->items[l->n] = l->items[l->n - 1];
    l->n++;
}

static void
none_at_all(struct lie *l)
{
    l->n = 0;
}

static void
in_another_order(struct lie *l)
{
    struct grant_item first = l->items[0];

    l->items[0] = l->items[1];
    l->items[1] = first;
}

static void
a_byte_more(struct lie *l)
{
    l->more = true;
}

static void
other_hash(struct lie *l)
{
    l->wrong_hash = true;
}

static const struct {
    const char *what;
    lie_fn change;
} lies[] = {
#define LIE(name)                                                              \
    {                                                                          \
#name, name                                                            \
    }
    LIE(other_grantee),    LIE(other_type),  LIE(other_compartment),
    LIE(other_epoch),      LIE(one_less),    LIE(one_more),
    LIE(none_at_all),      LIE(a_byte_more), LIE(other_hash),
    LIE(in_another_order),
};

static void
read_items(struct bytes blob, struct lie *l)
{
    struct reader r;
    unsigned left;

    assert_ok(grants_begin(blob, &r, &left));
    while (left > 0) {
        assert_true(l->n < ITEMS_MAX);
        assert_ok(grants_next(&r, &left, &l->items[l->n++]));
    }
    assert_true(l->n > 1);
}

/* What is held, changed; what comes of it. */
static enum entry_outcome
send(const struct held *h, const char *name, lie_fn change)
{
    struct lie *l = calloc(1, sizeof *l);
    struct note *note = calloc(1, sizeof *note);
    struct buf blob = BUF_INIT, items = BUF_INIT, response = BUF_INIT;
    struct writer w = writer_to(&blob);
    struct request r;
    struct entry e;

    assert_non_null(l);
    assert_non_null(note);
    read_items(held_act(h, note, &r), l);
    change(l);
    for (size_t i = 0; i < l->n; i++)
        assert_ok(grants_put(&l->items[i], &items));
    writer_u16(&w, (uint16_t)l->n);
    writer_bytes(&w, buf_bytes(&items));
    if (l->more)
        writer_u8(&w, 0);
    assert_ok(writer_end(&w));
    grants_hash(buf_bytes(&blob), r.body);
    r.body[DIGEST_LEN - 1] ^= l->wrong_hash;
    e = held_send(h, name, &r, buf_bytes(&blob), &response);
    if (!e.allowed)
        fail_msg("denied: %s", e.rule);
    buf_free(&blob);
    buf_free(&items);
    buf_free(&response);
    free(note);
    free(l);
    return e.outcome;
}

static void
expect_none_but_the_truth(const struct held *h, const char *name)
{
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        enum entry_outcome outcome = send(h, name, lies[i].change);

        if (outcome != OUTCOME_INVALID)
            fail_msg("%s: outcome %d", lies[i].what, (int)outcome);
    }
    assert_int_equal(send(h, name, nothing), OUTCOME_DONE);
    office_verify(h->o);
}

static void
test_a_confirmation_hands_over_what_the_role_holds_and_no_more(void **state)
{
    struct held *h = *state;
    struct client *lead;
    const struct roster *r;
    uint64_t proposal;

    assert_ok(client_staff_propose(office_client(h->o, "admin-1"),
                                   &office_person(h->o, "case-9")->card,
                                   "caseworker", 0));
    lead = held_begin(h, "lead-1");
    r = client_roster(lead);
    assert_int_equal(r->n_proposals, 1);
    proposal = r->proposals[0].index;
    h->holds = true;
    assert_err(client_staff_confirm(lead, proposal), SV_ERR_IO);
    held_end(h, "lead-1");
    expect_none_but_the_truth(h, "lead-1");
    /* She has what she needs. */
    assert_ok(office_record(h->o, "case-9", "2022-001", "Yamada",
                            &(struct handle){{0}}));
}

static void
test_new_keys_are_handed_over_to_all_who_hold_the_old(void **state)
{
    struct held *h = *state;
    unsigned columns[POLICY_COLUMNS_MAX];
    struct client *lead;
    size_t n;

    assert_ok(client_staff_revoke(office_client(h->o, "lead-1"), "legal-1",
                                  "legal_officer"));
    lead = held_begin(h, "lead-1");
    n = client_due(lead, columns);
    assert_true(n > 0);
    h->holds = true;
    assert_err(client_rotate(lead, n, columns), SV_ERR_IO);
    held_end(h, "lead-1");
    expect_none_but_the_truth(h, "lead-1");
    assert_int_equal(client_due(office_client(h->o, "lead-1"), columns), 0);
}

int
main(void)
{
#define IN_OFFICE(test)                                                        \
    cmocka_unit_test_setup_teardown(test, held_setup, held_teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(
            test_a_confirmation_hands_over_what_the_role_holds_and_no_more),
        IN_OFFICE(test_new_keys_are_handed_over_to_all_who_hold_the_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
