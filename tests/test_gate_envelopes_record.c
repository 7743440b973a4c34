/* A new record, a new version and an addition are what their requests say, and
 * follow what is there. */
#include "base/codec.h"
#include "tests/support/lie.h"
#include "tests/support/raw.h"

static void
begins_with_an_addition(struct lie *l)
{
    l->header[0].addition = true;
}

static void
is_whole(struct lie *l)
{
    l->header[0].addition = false;
}

static void
all_of_other_record(struct lie *l)
{
    for (size_t i = 0; i < l->n; i++)
        l->header[i].record.b[HANDLE_LEN - 1] ^= 1;
}

static void
one_more(struct lie *l)
{
    l->env[l->n] = l->env[0];
    l->header[l->n] = l->header[0];
    l->sent++;
}

static void
no_header(struct lie *l)
{
    l->bare = true;
}

static void
cut_tokens(struct lie *l)
{
    l->skip_a_byte = true;
}

static void
zeros_for_hashes(struct lie *l)
{
    l->all_unhashed = true;
}

static void
test_a_new_record_is_what_its_request_says(void **state)
{
    static const struct lie_wanted lies[] = {
        {INVALID(lie_other_vault)},
        {INVALID(lie_other_type)},
        {INVALID(lie_unknown_compartment)},
        {INVALID(lie_other_author)},
        {INVALID(lie_later_epoch)},
        {INVALID(lie_later_version)},
        {INVALID(lie_is_an_addition)},
        {INVALID(begins_with_an_addition)},
        {INVALID(lie_last_of_other_record)},
        {INVALID(all_of_other_record)},
        {INVALID(lie_in_another_order)},
        {INVALID(lie_one_twice)},
        {INVALID(lie_one_less)},
        {INVALID(one_more)},
        {INVALID(lie_a_byte_more)},
        {INVALID(lie_other_root)},
        {INVALID(lie_gates_lock)},
        {INVALID(no_header)},
        {INVALID(cut_tokens)},
        {INVALID(lie_later_tokens)},
        {INVALID(lie_tokens_of_what_is_not_searched)},
        {INVALID(zeros_for_hashes)},
    };
    static const struct lie_wanted truth[] = {
        {"truth", lie_nothing, OUTCOME_DONE},
        {"again", lie_nothing, OUTCOME_EXISTS}};
    struct held *h = *state;
    struct handle record;

    (void)held_begin(h, "case-1");
    h->holds = true;
    assert_err(office_record(h->o, "case-1", "2022-001", "Yamada", &record),
               SV_ERR_IO);
    LIE_EXPECT_ALL(h, "case-1", lies);
    held_end(h, "case-1");
    assert_int_equal(lie_count_victims(h->o), 0);
    LIE_EXPECT_ALL(h, "case-1", truth);
    assert_int_equal(lie_count_victims(h->o), 1);
    office_verify(h->o);
}

static void
hold_save(struct held *h, const struct handle *record)
{
    lie_hold_save(h, record, "identity");
}

static void
other_part(struct lie *l)
{
    (void)snprintf(l->header[0].compartment, NAME_SIZE, "location");
}

static void
first_version(struct lie *l)
{
    l->header[0].version = 1;
    memset(l->header[0].prev, 0, sizeof l->header[0].prev);
}

static void
test_a_new_version_follows_the_newest_and_is_what_its_request_says(void **state)
{
    static const struct lie_wanted lies[] = {
        {INVALID(lie_other_vault)},
        {INVALID(lie_other_type)},
        {INVALID(lie_unknown_compartment)},
        {INVALID(other_part)},
        {INVALID(lie_other_author)},
        {INVALID(lie_later_epoch)},
        {INVALID(all_of_other_record)},
        {INVALID(lie_is_an_addition)},
        {INVALID(lie_one_less)},
        {INVALID(one_more)},
        {INVALID(lie_a_byte_more)},
        {INVALID(lie_other_root)},
        {INVALID(lie_gates_lock)},
        {INVALID(no_header)},
        {INVALID(cut_tokens)},
        {INVALID(lie_later_tokens)},
        {INVALID(zeros_for_hashes)},
        {CONFLICT(lie_later_version)},
        {CONFLICT(lie_after_another)},
        {CONFLICT(first_version)},
    };
    static const struct lie_wanted truth[] = {
        {"truth", lie_nothing, OUTCOME_DONE},
        {"again", lie_nothing, OUTCOME_CONFLICT}};
    struct held *h = *state;
    struct handle record;

    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    hold_save(h, &record);
    LIE_EXPECT_ALL(h, "case-1", lies);
    LIE_EXPECT_ALL(h, "case-1", truth);
    office_verify(h->o);
}

/* The tokens that are held, for others to send. */
static struct buf held_tokens;

static void
with_held_tokens(struct lie *l)
{
    l->env[0].tokens = buf_bytes(&held_tokens);
}

/* Who saves another part can neither have the record found by its words nor,
 * behind that, take it out of what they find. */
static void
test_a_part_that_is_not_searched_has_no_tokens(void **state)
{
    static const struct lie_wanted lies[] = {{INVALID(with_held_tokens)}};
    static const struct lie_wanted truth[] = {
        {"truth", lie_nothing, OUTCOME_DONE}};
    struct held *h = *state;
    struct lie *l = calloc(1, sizeof *l);
    struct note *note = calloc(1, sizeof *note);
    struct find_list found = {0};
    struct handle record;

    assert_non_null(l);
    assert_non_null(note);
    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    hold_save(h, &record);
    lie_read(h, note, l);
    assert_ok(buf_append(&held_tokens, l->env[0].tokens));
    lie_hold_save(h, &record, "narrative");
    LIE_EXPECT_ALL(h, "case-1", lies);
    lie_hold_save(h, &record, "narrative");
    LIE_EXPECT_ALL(h, "case-1", truth);
    assert_ok(client_record_find(office_client(h->o, "case-1"), "victim",
                                 bytes_text("Yamada"), &found));
    assert_int_equal(found.n, 1);
    find_list_free(&found);
    office_verify(h->o);
    buf_free(&held_tokens);
    free(note);
    free(l);
}

static void
hold_addition(struct held *h, const struct handle *record)
{
    lie_hold_addition(h, record, "identity", "phone", "090-0000-0000");
}

/* Who may only write: what she sends for a whole version is taken for none. */
static void
test_who_may_not_read_cannot_take_anothers_place(void **state)
{
    static const struct lie_wanted lies[] = {{INVALID(is_whole)},
                                             {INVALID(lie_other_author)},
                                             {CONFLICT(lie_later_version)},
                                             {CONFLICT(lie_after_another)}};
    static const struct lie_wanted truth[] = {
        {"truth", lie_nothing, OUTCOME_DONE}};
    struct held *h = *state;
    struct handle record;

    assert_ok(office_record(h->o, "intake-1", "2022-001", "Yamada", &record));
    hold_addition(h, &record);
    LIE_EXPECT_ALL(h, "intake-1", lies);
    LIE_EXPECT_ALL(h, "intake-1", truth);
    office_verify(h->o);
}

/* As if so many had been added already.  Behind type, author and three
 * numbers, u8 n, stands each column: u8 column, u64 version, u64 full,
 * hash[32]. */
static void
set_version(struct held *h, const struct handle *record, uint64_t version)
{
    struct raw raw = raw_open(h->o);
    struct buf row = BUF_INIT;
    uint8_t *at;

    assert_ok(tables_get(&raw.tables, TABLE_RECORD, BYTES(record->b), &row));
    for (at = row.ptr + row.len - 7 * 49; *at != 0; at += 49)
        assert_true(at < row.ptr + row.len);
    put_u64(at + 1, version);
    assert_ok(tables_put(&raw.tables, TABLE_RECORD, BYTES(record->b),
                         buf_bytes(&row)));
    buf_free(&row);
    raw_close(h->o, &raw);
}

static void
the_last_addition(struct lie *l)
{
    l->header[0].version = ADDITIONS_MAX + 1;
}

static void
one_addition_more(struct lie *l)
{
    l->header[0].version = ADDITIONS_MAX + 2;
}

static void
test_so_many_additions_follow_a_full_version(void **state)
{
    struct held *h = *state;
    struct handle record;

    assert_ok(office_record(h->o, "intake-1", "2022-001", "Yamada", &record));
    hold_addition(h, &record);
    set_version(h, &record, ADDITIONS_MAX + 1);
    lie_expect(h, "intake-1", one_addition_more, OUTCOME_INVALID,
               "one too many");
    set_version(h, &record, ADDITIONS_MAX);
    lie_expect(h, "intake-1", the_last_addition, OUTCOME_DONE, "the last");
}

#define IN_OFFICE(test)                                                        \
    cmocka_unit_test_setup_teardown(test, held_setup, held_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_a_new_record_is_what_its_request_says),
        IN_OFFICE(
            test_a_new_version_follows_the_newest_and_is_what_its_request_says),
        IN_OFFICE(test_a_part_that_is_not_searched_has_no_tokens),
        IN_OFFICE(test_who_may_not_read_cannot_take_anothers_place),
        IN_OFFICE(test_so_many_additions_follow_a_full_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
