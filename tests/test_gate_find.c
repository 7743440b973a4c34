#include "tests/support/held.h"
#include "vault/posting.h"
#include "vault/token.h"

/* Search: found by whoever may, told apart from what may be seen. */

static int
setup(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    office_new(o);
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

static size_t
find(struct office *o, const char *who, const char *line, struct find_list *out)
{
    memset(out, 0, sizeof *out);
    assert_ok(client_record_find(office_client(o, who), "victim",
                                 bytes_text(line), out));
    return out->n;
}

/* Found, by the one whose it is, as this record alone. */
static void
assert_finds(struct office *o, const char *line, const struct handle *want)
{
    struct find_list l;

    if (find(o, "case-1", line, &l) != 1)
        fail_msg("%s found %zu", line, l.n);
    assert_true(l.rows[0].shown);
    assert_memory_equal(l.rows[0].handle.b, want->b, HANDLE_LEN);
    find_list_free(&l);
}

static void
assert_finds_none(struct office *o, const char *line)
{
    struct find_list l;

    assert_int_equal(find(o, "case-1", line, &l), 0);
    find_list_free(&l);
}

static void
test_a_name_is_found_in_any_script_and_nothing_else_is(void **state)
{
    struct office *o = *state;
    struct handle h, other;

    assert_ok(office_named(o, "case-1", "2022-001", "佐々木", "愛", "ササキ",
                           "アイ", "090-5223-9977", &h));
    assert_ok(office_named(o, "case-1", "2022-002", "佐藤", "花", "サトウ",
                           "ハナ", "090-1111-2222", &other));
    assert_finds(o, "佐々木", &h);
    assert_finds(o, "佐々木 愛", &h);
    assert_finds(o, "佐々木愛", &h);
    assert_finds(o, "愛佐々木", &h);
    assert_finds(o, "ささき あい", &h);
    assert_finds(o, "sasaki", &h);
    assert_finds(o, "ＳＡＳＡＫＩ　ａｉ", &h);
    assert_finds(o, "２０２２－００１", &h);
    assert_finds(o, "+81 90 5223 9977", &h);
    assert_finds(o, "satoh", &other);
    assert_finds_none(o, "佐々木 花"); /* both words, of one record */
    assert_finds_none(o, "佐々");
    office_verify(o);
}

static void
test_t60_who_may_not_see_a_record_learns_whom_to_ask_and_no_more(void **state)
{
    struct office *o = *state;
    struct find_list l;
    struct handle h;

    assert_ok(office_named(o, "case-1", "2022-001", "佐々木", "愛", "ササキ",
                           "アイ", "090-5223-9977", &h));
    assert_int_equal(find(o, "case-2", "ササキ", &l), 1);
    assert_false(l.rows[0].shown);
    for (size_t i = 0; i < HANDLE_LEN; i++)
        assert_int_equal(l.rows[0].handle.b[i], 0);
    assert_int_equal(l.rows[0].n_helpers, 1);
    assert_string_equal(l.rows[0].helpers[0], "case-1");
    find_list_free(&l);
    /* The supervisor has lists of all records, too. */
    assert_int_equal(find(o, "lead-1", "ササキ", &l), 1);
    assert_true(l.rows[0].shown);
    find_list_free(&l);
    /* Who has no business with names does not search. */
    assert_err(client_record_find(office_client(o, "clinic-1"), "victim",
                                  bytes_text("ササキ"), &l),
               SV_ERR_DENIED);
    assert_err(client_record_find(office_client(o, "stats-1"), "victim",
                                  bytes_text("ササキ"), &l),
               SV_ERR_DENIED);
}

/* Who has left is not there to be asked; then it is for a supervisor. */
static void
test_nobody_is_sent_to_who_has_left(void **state)
{
    struct office *o = *state;
    struct find_list l;
    struct handle h;

    assert_ok(office_named(o, "case-1", "2022-001", "佐々木", "愛", "ササキ",
                           "アイ", "090-5223-9977", &h));
    assert_ok(office_hire(o, "case-3", "caseworker"));
    assert_ok(client_record_assign(office_client(o, "lead-1"), "victim", &h,
                                   "case-3", true));
    assert_ok(client_staff_revoke(office_client(o, "lead-1"), "case-1",
                                  "caseworker"));
    assert_int_equal(find(o, "case-2", "ササキ", &l), 1);
    assert_int_equal(l.rows[0].n_helpers, 1);
    assert_string_equal(l.rows[0].helpers[0], "case-3");
    find_list_free(&l);
    office_end(o, "lead-1");
    assert_ok(client_staff_suspend(office_client(o, "lead-1"), "case-3"));
    assert_int_equal(find(o, "case-2", "ササキ", &l), 1);
    assert_false(l.rows[0].shown);
    assert_int_equal(l.rows[0].n_helpers, 1);
    assert_string_equal(l.rows[0].helpers[0], "lead-1");
    find_list_free(&l);
}

static void
test_t60_the_21st_search_in_an_hour_is_denied(void **state)
{
    struct office *o = *state;
    struct find_list l;

    for (int i = 0; i < 20; i++) {
        (void)find(o, "case-1", "nobody", &l);
        find_list_free(&l);
    }
    assert_err(client_record_find(office_client(o, "case-1"), "victim",
                                  bytes_text("nobody"), &l),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "case-1"))->rule,
                        "limit");
    /* It is hers alone, and outlasts the gate's process. */
    (void)find(o, "case-2", "nobody", &l);
    find_list_free(&l);
    office_close(o);
    assert_ok(office_open(o));
    assert_err(client_record_find(office_client(o, "case-1"), "victim",
                                  bytes_text("nobody"), &l),
               SV_ERR_DENIED);
    o->now_ms += UINT64_C(3600) * 1000;
    (void)find(o, "case-1", "nobody", &l);
    find_list_free(&l);
    office_verify(o);
}

static void
test_a_number_that_another_record_has_is_refused(void **state)
{
    struct office *o = *state;
    struct handle h;

    assert_ok(office_record(o, "case-1", "R5-002", "Yamada", &h));
    assert_err(office_record(o, "case-2", "Ｒ５－００２", "Sato", &h),
               SV_ERR_INPUT);
    assert_err(office_record(o, "intake-1", "r5-002 ", "Sato", &h),
               SV_ERR_INPUT);
    assert_ok(office_record(o, "case-2", "R5-003", "Sato", &h));
    office_verify(o);
}

/* Each refusal tells that somebody has that number: not without end. */
static void
test_numbers_cannot_be_guessed_without_end(void **state)
{
    struct office *o = *state;
    struct handle h;

    assert_ok(office_record(o, "case-1", "R5-002", "Yamada", &h));
    for (int i = 0; i < 20; i++)
        assert_err(office_record(o, "case-2", "R5-002", "Sato", &h),
                   SV_ERR_INPUT);
    assert_err(office_record(o, "case-2", "R5-002", "Sato", &h), SV_ERR_DENIED);
    assert_string_equal(client_trouble(office_client(o, "case-2"))->rule,
                        "limit");
    assert_ok(office_record(o, "case-1", "R5-003", "Ito", &h));
    o->now_ms += UINT64_C(3600) * 1000;
    /* What was done does not count. */
    for (int i = 0; i < 21; i++) {
        char case_no[16];

        (void)snprintf(case_no, sizeof case_no, "R6-%03d", i);
        assert_ok(office_record(o, "case-2", case_no, "Sato", &h));
    }
    office_verify(o);
}

static enum sv_err
count_duplicates(void *ctx, uint64_t index, struct bytes text)
{
    unsigned *n = ctx;
    struct entry e;

    (void)index;
    assert_ok(entry_parse(text, &e));
    *n += e.outcome == OUTCOME_DUPLICATE;
    return SV_OK;
}

/* 600 rows, of which the 550th has a number that is taken. */
static void
test_an_import_ends_before_the_row_whose_number_is_taken(void **state)
{
    struct office *o = *state;
    struct buf file = BUF_INIT;
    struct import im = {0};
    struct import_report report;
    struct diag where = {0};
    struct handle h;
    struct client *c;
    unsigned n = 0;

    assert_ok(office_record(o, "case-1", "R5-550", "Yamada", &h));
    assert_ok(buf_text(&file, "identity.case_no,identity.family_name\n"));
    for (int i = 1; i <= 600; i++)
        assert_ok(buf_printf(&file, "R5-%03d,Sato\n", i));
    c = office_client(o, "case-2");
    assert_ok(import_read(schema_type(client_schema(c), "victim"),
                          buf_bytes(&file), &im, &where));
    assert_int_equal(im.n, 600);
    assert_err(client_import(c, &im, NULL, NULL, &report), SV_ERR_INPUT);
    assert_int_equal(report.duplicate_line, 551);
    assert_int_equal(report.n_done, 549);
    assert_ok(client_log_read(office_client(o, "audit-1"), 0, UINT64_MAX,
                              count_duplicates, &n));
    assert_in_range(n, 1, 3);
    import_free(&im);
    buf_free(&file);
    office_verify(o);
}

/* New index keys: what was found before is found, and numbers stay unique. */
static void
test_search_goes_on_after_a_new_index_key(void **state)
{
    struct office *o = *state;
    unsigned columns[POLICY_COLUMNS_MAX];
    struct client *lead;
    struct handle h, later, none;
    size_t n;

    assert_ok(office_named(o, "case-1", "2022-001", "佐々木", "愛", "ササキ",
                           "アイ", "090-5223-9977", &h));
    assert_ok(client_staff_revoke(office_client(o, "lead-1"), "case-2",
                                  "caseworker"));
    lead = office_client(o, "lead-1");
    n = client_due(lead, columns);
    assert_ok(client_rotate(lead, n, columns));
    office_end(o, "case-1");
    assert_ok(office_named(o, "case-1", "2022-002", "佐藤", "花", "サトウ",
                           "ハナ", "090-1111-2222", &later));
    assert_finds(o, "ササキ", &h);
    assert_finds(o, "サトウ", &later);
    assert_err(office_record(o, "case-1", "2022-001", "Ito", &none),
               SV_ERR_INPUT);
    office_verify(o);
}

/* A query under the old key alone is an error, not an empty list. */
static void
test_t60_a_query_of_an_old_epoch_is_invalid(void **state)
{
    struct office *o = *state;
    struct find_list l;
    unsigned columns[POLICY_COLUMNS_MAX];
    struct client *lead, *old = office_client(o, "case-1");
    size_t n;

    assert_ok(client_staff_revoke(office_client(o, "lead-1"), "case-2",
                                  "caseworker"));
    lead = office_client(o, "lead-1");
    n = client_due(lead, columns);
    assert_ok(client_rotate(lead, n, columns));
    /* Her session began before. */
    assert_err(client_record_find(old, "victim", bytes_text("ササキ"), &l),
               SV_ERR_FORMAT);
}

/* The search for this, signed, and not sent. */
static void
hold_find(struct held *h, const char *who, const char *line)
{
    struct client *c = held_begin(h, who);
    struct find_list l;

    h->holds = true;
    assert_err(client_record_find(c, "victim", bytes_text(line), &l),
               SV_ERR_IO);
    held_end(h, who);
}

/* This note with that body: the index of its entry, and how much comes. */
static uint64_t
send_find(struct office *o, struct bytes note, struct bytes body, size_t *len)
{
    struct act_request message = {note, body};
    struct buf bytes = BUF_INIT, response = BUF_INIT;
    struct message_answer m;

    assert_ok(message_act_encode(&message, &bytes));
    assert_ok(gate_handle(o->gate, buf_bytes(&bytes), &response));
    assert_ok(message_answer_decode(buf_bytes(&response), &m));
    assert_ok(m.status);
    *len = m.act.body.len;
    buf_free(&bytes);
    buf_free(&response);
    return m.act.index;
}

/* One signature is one search: with other words behind it the request that is
 * in the log gets no answer to them. */
static void
test_t60_a_search_again_is_for_the_same_words(void **state)
{
    struct held h = {.o = *state};
    struct message_request nobody, name;
    struct buf first = BUF_INIT;
    struct handle record;
    size_t len = 0;
    uint64_t index;

    assert_ok(office_named(h.o, "case-1", "2022-001", "佐々木", "愛", "ササキ",
                           "アイ", "090-5223-9977", &record));
    hold_find(&h, "case-2", "nobody");
    assert_ok(buf_append(&first, buf_bytes(&h.message)));
    hold_find(&h, "case-2", "ササキ");
    assert_ok(message_request_decode(buf_bytes(&first), &nobody));
    assert_ok(message_request_decode(buf_bytes(&h.message), &name));
    index = send_find(h.o, nobody.act.note, nobody.act.body, &len);
    assert_int_equal(len, 3);
    assert_int_equal(send_find(h.o, nobody.act.note, nobody.act.body, &len),
                     index);
    assert_int_equal(len, 3);
    assert_int_equal(send_find(h.o, nobody.act.note, name.act.body, &len),
                     index);
    assert_int_equal(len, 0);
    office_verify(h.o);
    buf_free(&first);
    buf_free(&h.message);
}

/* One answer is lost, so that its question comes again. */
static enum sv_err
lose_answer(void *ctx, struct bytes request, struct buf *response)
{
    struct held *h = ctx;
    struct message_request m;
    enum sv_err err = gate_handle(h->o->gate, request, response);

    assert_ok(message_request_decode(request, &m));
    if (!h->holds || m.kind != MESSAGE_ACT || m.act.body.len == 0)
        return err;
    h->holds = false;
    buf_truncate(response, 0);
    return SV_ERR_UNSURE;
}

/* And before it does, there are new keys. */
static enum sv_err
lose_answer_and_keys(void *ctx, struct bytes request, struct buf *response)
{
    const struct held *h = ctx;
    enum sv_err err = lose_answer(ctx, request, response);

    if (err == SV_ERR_UNSURE)
        office_rotate(h->o, NULL, 1);
    return err;
}

static struct client *
client_through(struct office *o, const char *who, struct transport way)
{
    struct client *c;

    office_end(o, who);
    o->through = way;
    c = office_client(o, who);
    o->through = (struct transport){NULL, NULL};
    return c;
}

/* It is the last one, and no other, whose answer was lost. */
static void
test_t60_the_last_search_in_an_hour_has_its_answer_again(void **state)
{
    struct office *o = *state;
    struct held h = {.o = o, .holds = false};
    struct client *c =
        client_through(o, "case-1", (struct transport){lose_answer, &h});
    struct find_list l;

    for (int i = 0; i < 20; i++) {
        h.holds = i == 19;
        assert_ok(client_record_find(c, "victim", bytes_text("nobody"), &l));
        find_list_free(&l);
    }
    assert_false(h.holds);
    assert_err(client_record_find(c, "victim", bytes_text("nobody"), &l),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(c)->rule, "limit");
    office_verify(o);
}

/* Behind a new key of the index its words are not all there are: the same
 * error as that of a query that comes too late, and no empty list. */
static void
test_t60_a_search_again_is_none_behind_a_new_index_key(void **state)
{
    struct office *o = *state;
    struct held h = {.o = o, .holds = true};
    struct client *c = client_through(
        o, "legal-1", (struct transport){lose_answer_and_keys, &h});
    struct find_list l;

    assert_err(client_record_find(c, "victim", bytes_text("ササキ"), &l),
               SV_ERR_FORMAT);
    assert_false(h.holds);
    office_end(o, "legal-1");
    assert_int_equal(find(o, "legal-1", "ササキ", &l), 0);
    find_list_free(&l);
}

/* n tokens in the one word of a query under this epoch. */
static enum sv_err
decode_word_of(uint32_t epoch, unsigned n)
{
    static const uint8_t zeros[QUERY_SALT_LEN + 8 * TOKEN_BYTES];
    struct buf raw = BUF_INIT;
    struct writer w = writer_to(&raw);
    struct query q;
    enum sv_err err;

    assert_true(n <= 8);
    writer_bytes(&w, bytes_of(zeros, QUERY_SALT_LEN));
    writer_u32(&w, epoch);
    writer_u8(&w, 1);
    writer_u16(&w, (uint16_t)n);
    writer_bytes(&w, bytes_of(zeros, (size_t)n * TOKEN_BYTES));
    assert_ok(writer_end(&w));
    err = query_decode(buf_bytes(&raw), &q);
    buf_free(&raw);
    return err;
}

/* A word has a token for each kind and epoch: more are other words. */
static void
test_t60_one_word_cannot_be_many(void **state)
{
    (void)state;
    assert_ok(decode_word_of(1, FOLD_KINDS));
    assert_err(decode_word_of(1, FOLD_KINDS + 1), SV_ERR_FORMAT);
    assert_ok(decode_word_of(2, 2 * FOLD_KINDS));
    assert_err(decode_word_of(2, 2 * FOLD_KINDS + 1), SV_ERR_FORMAT);
    assert_err(decode_word_of(0, 1), SV_ERR_FORMAT);
}

int
main(void)
{
#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_a_name_is_found_in_any_script_and_nothing_else_is),
        IN_OFFICE(
            test_t60_who_may_not_see_a_record_learns_whom_to_ask_and_no_more),
        IN_OFFICE(test_nobody_is_sent_to_who_has_left),
        IN_OFFICE(test_t60_the_21st_search_in_an_hour_is_denied),
        IN_OFFICE(test_a_number_that_another_record_has_is_refused),
        IN_OFFICE(test_numbers_cannot_be_guessed_without_end),
        IN_OFFICE(test_an_import_ends_before_the_row_whose_number_is_taken),
        IN_OFFICE(test_search_goes_on_after_a_new_index_key),
        IN_OFFICE(test_t60_a_query_of_an_old_epoch_is_invalid),
        IN_OFFICE(test_t60_the_last_search_in_an_hour_has_its_answer_again),
        IN_OFFICE(test_t60_a_search_again_is_for_the_same_words),
        IN_OFFICE(test_t60_a_search_again_is_none_behind_a_new_index_key),
        cmocka_unit_test(test_t60_one_word_cannot_be_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
