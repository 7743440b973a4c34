/* A batch is what its request says: whole records, each once. */
#include "tests/support/lie.h"
#include "vault/import.h"
#include "vault/posting.h"

static void
first_of_other_record(struct lie *l)
{
    for (size_t i = 0; i < l->n / 2; i++)
        l->header[i].record.b[0] ^= 1;
}

static void
both_of_other_records(struct lie *l)
{
    for (size_t i = 0; i < l->n; i++)
        l->header[i].record.b[0] ^= 1;
}

/* The second record has the number of the first. */
static void
same_number_twice(struct lie *l)
{
    l->env[l->n / 2].tokens = l->env[0].tokens;
}

/* Others, of which the first says no number. */
static void
others_without_a_number(struct lie *l)
{
    struct posting p;

    both_of_other_records(l);
    assert_ok(posting_decode(l->env[0].tokens, &p));
    p.unique = NULL;
    assert_ok(posting_encode(&p, &l->tokens));
    l->env[0].tokens = buf_bytes(&l->tokens);
    l->env[l->n / 2].tokens = buf_bytes(&l->tokens);
}

static void
same_record_twice(struct lie *l)
{
    for (size_t i = l->n / 2; i < l->n; i++)
        l->header[i].record = l->header[0].record;
}

static void
hold_import(struct held *h, const char *who, const char *type, const char *csv)
{
    struct client *c = held_begin(h, who);
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};

    assert_ok(import_read(schema_type(client_schema(c), type), bytes_text(csv),
                          &im, &where));
    h->holds = true;
    assert_err(client_import(c, &im, NULL, NULL, &report), SV_ERR_IO);
    import_free(&im);
    held_end(h, who);
}

static void
hold_victims(struct held *h)
{
    hold_import(h, "case-1", "victim",
                "identity.case_no,identity.family_name\n"
                "I-1,Ito\nI-2,Kato\n");
}

static void
fewer_records(struct lie *l)
{
    l->r.count = 1;
}

static void
more_records(struct lie *l)
{
    l->r.count = 3;
}

static void
test_a_batch_is_whole_records_and_each_once(void **state)
{
    static const struct lie_wanted lies[] = {
        {INVALID(lie_other_vault)},
        {INVALID(lie_other_type)},
        {INVALID(lie_other_author)},
        {INVALID(lie_later_epoch)},
        {INVALID(lie_later_version)},
        {INVALID(lie_is_an_addition)},
        {INVALID(lie_last_of_other_record)},
        {INVALID(lie_in_another_order)},
        {INVALID(lie_one_twice)},
        {INVALID(lie_one_less)},
        {INVALID(lie_a_byte_more)},
        {INVALID(lie_other_root)},
        {INVALID(lie_gates_lock)},
        {INVALID(lie_later_tokens)},
        {INVALID(lie_tokens_of_what_is_not_searched)},
        {INVALID(same_record_twice)},
        {INVALID(fewer_records)},
        {INVALID(more_records)},
    };
    static const struct lie_wanted truth[] = {
        {"truth", lie_nothing, OUTCOME_DONE},
        {"again", lie_nothing, OUTCOME_EXISTS},
        /* Their numbers are known. */
        {"others", first_of_other_record, OUTCOME_EXISTS},
        {"all others", both_of_other_records, OUTCOME_DUPLICATE},
        {"without", others_without_a_number, OUTCOME_DONE},
    };
    struct held *h = *state;

    hold_victims(h);
    LIE_EXPECT_ALL(h, "case-1", lies);
    assert_int_equal(lie_count_victims(h->o), 0);
    lie_expect(h, "case-1", same_number_twice, OUTCOME_DUPLICATE,
               "same number");
    LIE_EXPECT_ALL(h, "case-1", truth);
    assert_int_equal(lie_count_victims(h->o), 4);
    office_verify(h->o);
}

/* Those of one compartment alone, too. */
static void
test_a_batch_of_small_records_has_each_once(void **state)
{
    static const struct lie_wanted lies[] = {{INVALID(same_record_twice)},
                                             {INVALID(lie_one_twice)}};
    static const struct lie_wanted truth[] = {
        {"truth", lie_nothing, OUTCOME_DONE}};
    struct held *h = *state;

    hold_import(h, "justice-1", "offence", "justice.offence_no\nO-1\nO-2\n");
    LIE_EXPECT_ALL(h, "justice-1", lies);
    LIE_EXPECT_ALL(h, "justice-1", truth);
    office_verify(h->o);
}

/* The held message once more: the outcome, and the
 * bits that say which rows were in before. */
static void
expect_again(const struct held *h, enum entry_outcome outcome, size_t n,
             uint8_t bits)
{
    struct buf response = BUF_INIT;
    struct message_answer m;
    struct entry e;

    assert_ok(gate_handle(h->o->gate, buf_bytes(&h->message), &response));
    assert_ok(message_answer_decode(buf_bytes(&response), &m));
    assert_ok(m.status);
    assert_ok(entry_parse(m.act.entry, &e));
    assert_int_equal(e.outcome, outcome);
    assert_int_equal(m.act.body.len, n);
    if (n > 0)
        assert_int_equal(m.act.body.ptr[0], bits);
    buf_free(&response);
}

/* Of a batch that came in, none was in before. */
static void
test_a_batch_again_is_answered_as_it_was(void **state)
{
    struct held *h = *state;

    hold_victims(h);
    for (unsigned i = 0; i < 2; i++)
        expect_again(h, OUTCOME_DONE, 0, 0);
    assert_int_equal(lie_count_victims(h->o), 2);
}

/* Its rows are sealed under keys that are not the newest by then. */
static void
test_a_batch_that_was_there_is_told_so_behind_new_keys(void **state)
{
    struct held *h = *state;

    hold_victims(h);
    expect_again(h, OUTCOME_DONE, 0, 0);
    hold_victims(h);
    expect_again(h, OUTCOME_EXISTS, 1, 0xc0);
    office_rotate(h->o, NULL, 1);
    expect_again(h, OUTCOME_EXISTS, 1, 0xc0);
    h->message.ptr[h->message.len - 1] ^= 1; /* of the last envelope */
    expect_again(h, OUTCOME_EXISTS, 0, 0);
    office_verify(h->o);
}

#define IN_OFFICE(test)                                                        \
    cmocka_unit_test_setup_teardown(test, held_setup, held_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_a_batch_is_whole_records_and_each_once),
        IN_OFFICE(test_a_batch_of_small_records_has_each_once),
        IN_OFFICE(test_a_batch_again_is_answered_as_it_was),
        IN_OFFICE(test_a_batch_that_was_there_is_told_so_behind_new_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
