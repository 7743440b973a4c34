/* svault-audit over logs that lie, each whole and unaltered under a head that
 * the log's own key signed: a gate that was taken over could make them. */
#include "audit/cosign.h"
#include "audit/export.h"
#include "tests/support/desk.h"

static void
expect_unlawful(const struct desk *d, uint64_t entry, const char *reason)
{
    struct buf out = BUF_INIT;
    char fault[256];
    int code;

    desk_export(d);
    code = desk_verify(d, &out);
    (void)snprintf(fault, sizeof fault, "FAULT: entry %llu: %s\n",
                   (unsigned long long)entry, reason);
    assert_said(code, 4, &out, fault);
    assert_said(code, 4, &out, "but NOT LAWFUL.");
    buf_free(&out);
}

static void
expect_lawful(const struct desk *d)
{
    struct buf out = BUF_INIT;
    int code;

    desk_export(d);
    code = desk_verify(d, &out);
    assert_said(code, 0, &out, "Verdict: whole, unaltered, lawful.");
    buf_free(&out);
}

/* One more entry, decided as its forger likes and signed by its actor. */
static void
expect_lie(struct desk *d, const struct request *q, const char *rule,
           uint64_t record, const char *compartment, const char *reason)
{
    struct fakelog *f = &d->f;
    struct entry e = fakelog_entry(f, q, OUTCOME_DONE);
    struct buf bytes;

    e.allowed = true;
    memset(e.rule, 0, sizeof e.rule);
    assert_ok(text_copy(bytes_text(rule), e.rule, sizeof e.rule));
    e.outcome = OUTCOME_DONE;
    if (compartment != NULL)
        fakelog_result(&e, record, compartment, 1);
    bytes = fakelog_bytes(&e, q, q->actor);
    fakelog_insert(f, f->n, &bytes);
    expect_unlawful(d, f->n - 1, reason);
    fakelog_remove(f, f->n - 1);
    expect_lawful(d);
}

#define DECISION "not the decision that the policy gives"

static void
test_an_honest_log_is_lawful(void **state)
{
    expect_lawful(*state);
}

static void
test_one_flipped_decision_is_named(void **state)
{
    struct desk *d = *state;

    fakelog_edit(&d->f, d->denied_two, "denied not-assigned\noutcome -",
                 "allowed assigned\noutcome done");
    expect_unlawful(d, d->denied_two, DECISION);
}

static void
test_a_forged_grant_is_named(void **state)
{
    struct desk *d = *state;
    struct request q =
        fakelog_request_propose(&d->f, "mallory", "caseworker", 0);
    uint64_t proposal = fakelog_append(&d->f, &q, OUTCOME_DONE);

    q = fakelog_request_confirm(&d->f, proposal, "mallory", "caseworker");
    memset(q.actor, 0, sizeof q.actor); /* who proposed it */
    assert_ok(text_copy(bytes_text("ada"), q.actor, sizeof q.actor));
    expect_lie(d, &q, "role", 0, NULL, DECISION);
}

static void
test_a_role_used_after_it_was_revoked_is_named(void **state)
{
    struct desk *d = *state;
    struct request q =
        fakelog_request(&d->f, ACT_STAFF_REVOKE, "sue", "supervisor");

    assert_ok(text_copy(bytes_text("cora"), q.person, sizeof q.person));
    assert_ok(text_copy(bytes_text("caseworker"), q.grants, sizeof q.grants));
    (void)fakelog_append(&d->f, &q, OUTCOME_DONE);
    q = fakelog_request_on(&d->f, ACT_RECORD_READ, "cora", "caseworker",
                           "victim", 1, "facts");
    expect_lie(d, &q, "assigned", 1, "facts", DECISION);
}

static void
test_a_reading_without_an_assignment_is_named(void **state)
{
    struct desk *d = *state;
    struct request q = fakelog_request_on(&d->f, ACT_RECORD_READ, "cora",
                                          "caseworker", "victim", 2, "facts");

    expect_lie(d, &q, "assigned", 2, "facts", DECISION);
}

static void
test_an_assignment_that_is_missing_is_named(void **state)
{
    struct desk *d = *state;

    fakelog_remove(&d->f, d->assign_one);
    expect_unlawful(d, d->assign_one, "not the next index");
}

/* A forger who numbers the rest anew.  Nobody had seen a head behind it. */
static void
test_an_assignment_left_out_is_named_where_it_was_used(void **state)
{
    struct desk *d = *state;
    struct fakelog *f = &d->f;
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, "cora",
                                          "caseworker", "victim", 2, "facts");
    char from[32], to[32];
    struct entry e;
    uint64_t at =
        fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 2, "cora", OUTCOME_DONE);

    e = fakelog_entry(f, &q, OUTCOME_DONE);
    fakelog_result(&e, 2, "facts", 1);
    assert_int_equal(fakelog_append_entry(f, &e, &q), at + 1);
    expect_lawful(d);
    fakelog_remove(f, at);
    (void)snprintf(from, sizeof from, "index %llu\n",
                   (unsigned long long)at + 1);
    (void)snprintf(to, sizeof to, "index %llu\n", (unsigned long long)at);
    fakelog_edit(f, at, from, to);
    expect_unlawful(d, at, DECISION);
}

static void
test_an_invented_item_is_named(void **state)
{
    struct desk *d = *state;
    struct entry e;
    struct request q;
    struct buf item;

    fakelog_parse(&d->f, d->import + 3, &e, &q);
    e.index++;
    e.record = fakelog_handle(77);
    item = fakelog_bytes(&e, NULL, NULL);
    fakelog_insert(&d->f, d->import + 4, &item);
    expect_unlawful(d, d->import + 4, "an item that no batch has");
}

static void
test_an_item_in_the_place_of_another_is_named(void **state)
{
    struct desk *d = *state;
    struct handle was = fakelog_handle(11), is = fakelog_handle(77);
    char from[2 * HANDLE_LEN + 1], to[2 * HANDLE_LEN + 1];

    text_hex(BYTES(was.b), from);
    text_hex(BYTES(is.b), to);
    fakelog_edit(&d->f, d->import + 2, from, to);
    expect_unlawful(d, d->import + 3, "items that are not those of the batch");
}

static void
test_an_entry_in_another_form_is_named(void **state)
{
    static const char *const edits[][2] = {
        {"index ", "index 0"},
        {"time ", "time  "},
        {"outcome -\n", "outcome -\r\n"},
        {"denied not-assigned", "denied Not-assigned"},
        {"\nact record.read", "\nact  record.read"},
        {"\nid ", "\nid A"},
        {"/cora ", "/cora  "},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct buf was = BUF_INIT, out = BUF_INIT;

        assert_ok(buf_append(&was, buf_bytes(&d->f.entries[d->denied_two])));
        fakelog_edit(&d->f, d->denied_two, edits[i][0], edits[i][1]);
        desk_export(d);
        assert_said(desk_verify(d, &out), 4, &out, " does not parse\n");
        fakelog_replace(&d->f, d->denied_two, &was);
        buf_free(&out);
    }
    expect_lawful(d);
}

static void
test_a_broken_separation_of_duty_is_named(void **state)
{
    struct desk *d = *state;
    struct request q =
        fakelog_request_propose(&d->f, "carl", "legal_officer", 0);

    expect_lie(d, &q, "role", 0, NULL, DECISION);
}

static void
test_a_signature_by_another_hand_is_named(void **state)
{
    struct desk *d = *state;
    struct request q = fakelog_request_on(&d->f, ACT_RECORD_READ, "cora",
                                          "caseworker", "victim", 1, "facts");
    struct entry e = fakelog_entry(&d->f, &q, OUTCOME_DONE);
    struct buf bytes;

    fakelog_result(&e, 1, "facts", 1);
    bytes = fakelog_bytes(&e, &q, "ines");
    fakelog_insert(&d->f, d->f.n, &bytes);
    expect_unlawful(d, d->f.n - 1, "the actor's signature fails");
}

static void
test_time_that_goes_back_is_named(void **state)
{
    struct desk *d = *state;

    fakelog_edit(&d->f, d->denied_two, "time 17", "time 16");
    expect_unlawful(d, d->denied_two, "time goes back");
}

/* ---- witnesses ---- */

/* The head's file, with what two witnesses add to it. */
static void
cosign(const struct desk *d, const struct fake_person *one,
       const struct fake_person *two, bool forged)
{
    char path[PATH_SIZE];
    struct buf raw = BUF_INIT, text = BUF_INIT;
    struct note note;

    assert_ok(path_join(path, d->export, EXPORT_CHECKPOINT));
    assert_ok(file_read(path, EXPORT_CHECKPOINT_MAX, &raw));
    assert_ok(note_parse(buf_bytes(&raw), &note));
    assert_ok(buf_append(&text, note.text)); /* raw moves when it grows */
    assert_ok(
        cosign_sign(buf_bytes(&text), 1767139200, one->name, &one->seed, &raw));
    /* Another text: a witness who signed something else. */
    if (forged)
        text.ptr[0] ^= 1;
    assert_ok(
        cosign_sign(buf_bytes(&text), 1767139260, two->name, &two->seed, &raw));
    assert_ok(file_replace(path, 0600, buf_bytes(&raw)));
    buf_free(&text);
    buf_free(&raw);
}

static void
put_witness(char *out, size_t size, const struct fake_person *p)
{
    uint8_t typed[1 + SIGN_PUBLIC_LEN] = {NOTE_TYPE_COSIGNATURE}, id[4];
    char hex[9], base64[BASE64_SIZE(sizeof typed)];

    memcpy(typed + 1, p->sign.b, sizeof p->sign.b);
    note_key_id(bytes_text(p->name), NOTE_TYPE_COSIGNATURE, &p->sign, id);
    text_hex(BYTES(id), hex);
    text_base64(BYTES(typed), base64);
    (void)snprintf(out, size, "--witness '%s+%s+%s' ", p->name, hex, base64);
}

static void
test_witnesses_that_are_known_must_have_signed(void **state)
{
    struct desk *d = *state;
    struct fake_person one = fake_person("w1"), two = fake_person("w2"),
                       three = fake_person("w3");
    char both[512], others[512];
    struct buf out = BUF_INIT;
    int code;

    desk_export(d);
    cosign(d, &one, &two, false);
    put_witness(both, sizeof both, &one);
    put_witness(both + strlen(both), sizeof both - strlen(both), &two);
    code = desk_run(d, "verify", both, &out);
    assert_said(code, 0, &out, "Witness: w1: 2025-12-31T00:00:00Z\n");
    assert_said(code, 0, &out, "Witness: w2: 2025-12-31T00:01:00Z\n");
    put_witness(others, sizeof others, &three);
    code = desk_run(d, "verify", others, &out);
    assert_said(code, 5, &out, "Witness: w3: has not cosigned this head\n");
    assert_said(code, 5, &out, "NOT COSIGNED");

    /* One that fails spoils the head, if its key is known. */
    desk_export(d);
    cosign(d, &one, &two, true);
    code = desk_run(d, "verify", both, &out);
    assert_said(code, 4, &out, "checkpoint: a witness's signature fails");
    assert_int_equal(desk_verify(d, &out), 0);
    buf_free(&out);
}

/* ---- the report ---- */

static uint64_t
flag_an_emergency(struct fakelog *f)
{
    struct request q = fakelog_request_on(f, ACT_RECORD_ASSIGN, "sue",
                                          "supervisor", "victim", 2, NULL);

    assert_ok(text_copy(bytes_text("cora"), q.person, sizeof q.person));
    memset(q.purpose, 0, sizeof q.purpose);
    assert_ok(text_copy(bytes_text("emergency"), q.purpose, sizeof q.purpose));
    q.purpose_defaulted = false;
    return fakelog_append(f, &q, OUTCOME_DONE);
}

/* By aude; the log's maker does not keep flags. */
static uint64_t
acknowledge(struct fakelog *f, uint64_t flag)
{
    struct request q =
        fakelog_request(f, ACT_FLAG_ACKNOWLEDGE, "aude", "auditor");
    struct entry e;

    q.entry = flag;
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    e.allowed = true;
    memset(e.rule, 0, sizeof e.rule);
    assert_ok(text_copy(bytes_text("role"), e.rule, sizeof e.rule));
    e.outcome = OUTCOME_DONE;
    return fakelog_append_entry(f, &e, &q);
}

/* The accesses, as a spreadsheet gets them; with a NUL. */
static void
accesses(const struct desk *d, struct buf *out)
{
    char file[PATH_SIZE], option[PATH_SIZE + 16];

    assert_ok(path_join(file, d->dir, "accesses.csv"));
    (void)snprintf(option, sizeof option, "--csv '%s'", file);
    assert_int_equal(desk_run(d, "report", option, out), 0);
    assert_string_equal((const char *)out->ptr, "");
    buf_truncate(out, 0);
    assert_ok(file_read(file, 1 << 20, out));
    assert_ok(buf_append(out, bytes_of("", 1)));
}

static void
test_report_counts_what_the_log_says(void **state)
{
    struct desk *d = *state;
    struct fakelog *f = &d->f;
    struct buf out = BUF_INIT;
    char line[256], hex[2 * HANDLE_LEN + 1];
    struct handle two = fakelog_handle(2);
    uint64_t flag, later, acknowledged;
    int code;

    (void)fakelog_hire(f, "aude", "auditor", 0);
    flag = flag_an_emergency(f);
    f->now_ms += 45 * FAKELOG_DAY_MS;
    later = f->n;
    for (unsigned i = 0; i < 30; i++)
        (void)fakelog_read(f, "cora", "caseworker", "victim", 2,
                           "facts,narrative");
    acknowledged = acknowledge(f, flag);
    desk_export(d);
    accesses(d, &out);
    assert_said(0, 0, &out,
                "month,actor,role,purpose,act,type,compartment,n\r\n"
                "2026-01,cora,caseworker,care,record.read,victim,facts,1\r\n"
                "2026-01,ines,intake,care,item,victim,facts,3\r\n");
    assert_said(0, 0, &out,
                "ines,intake,care,record.create,victim,release,2\r\n"
                "2026-02,cora,caseworker,care,record.read,victim,facts,30\r\n"
                "2026-02,cora,caseworker,care,record.read,victim,narrative,"
                "30\r\n");
    code = desk_run(d, "report", "", &out);
    assert_said(code, 0, &out,
                "  2026-01  cora  caseworker  record.read  not-assigned"
                "       1\n");
    assert_said(code, 0, &out,
                "  2026-02-15T00:00:00Z  2026-02-15T00:00:00Z  cora      "
                "30\n");
    (void)snprintf(line, sizeof line,
                   "  %5llu  2026-01-01T00:00:00Z  2026-02-15T00:00:00Z   "
                   "1080\n",
                   (unsigned long long)later);
    assert_said(code, 0, &out, line);
    text_hex(BYTES(two.b), hex);
    (void)snprintf(line, sizeof line,
                   "  %5llu  2026-01-01T00:00:00Z  sue  cora     %s  %llu ",
                   (unsigned long long)flag, hex,
                   (unsigned long long)acknowledged);
    assert_said(code, 0, &out, line);
    buf_free(&out);
}

static void
read_often(struct fakelog *f, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        (void)fakelog_read(f, "cora", "caseworker", "victim", 2, "facts");
}

#define MINUTE_MS UINT64_C(60000)

static void
test_report_finds_bursts_wherever_the_clock_strikes(void **state)
{
    struct desk *d = *state;
    struct fakelog *f = &d->f;
    struct buf out = BUF_INIT;
    int code;

    (void)fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 2, "cora",
                         OUTCOME_DONE);
    f->now_ms = FAKELOG_START_MS + FAKELOG_DAY_MS + 590 * MINUTE_MS; /* 9:50 */
    read_often(f, 15);
    f->now_ms += 20 * MINUTE_MS;
    read_often(f, 15);
    /* An hour later she has read 29 times since. */
    f->now_ms += 60 * MINUTE_MS;
    read_often(f, 14);
    /* Thirty in an hour and no less are none. */
    f->now_ms = FAKELOG_START_MS + 2 * FAKELOG_DAY_MS;
    read_often(f, 1);
    f->now_ms += 60 * MINUTE_MS;
    read_often(f, 29);
    /* The first of those and one more. */
    f->now_ms += 60 * MINUTE_MS - 1;
    read_often(f, 1);
    /* It goes on as long as it goes on. */
    f->now_ms = FAKELOG_START_MS + 3 * FAKELOG_DAY_MS;
    for (unsigned i = 0; i < 50; i++) {
        read_often(f, 1);
        f->now_ms += 2 * MINUTE_MS;
    }
    desk_export(d);
    code = desk_run(d, "report", "", &out);
    assert_said(code, 0, &out,
                "  Begins                Ends                  Who   Number\n"
                "  2026-01-02T09:50:00Z  2026-01-02T10:10:00Z  cora      30\n"
                "  2026-01-03T01:00:00Z  2026-01-03T01:59:59Z  cora      30\n"
                "  2026-01-04T00:00:00Z  2026-01-04T01:38:00Z  cora      50\n"
                "\n");
    buf_free(&out);
}

/* Whose device was shown another log: a sheet of its own, not a number among
 * the denials. */
static void
test_report_lists_requests_from_another_log(void **state)
{
    struct desk *d = *state;
    struct fakelog *f = &d->f;
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, "cora",
                                          "caseworker", "victim", 1, "facts");
    struct buf out = BUF_INIT;
    char line[256];
    uint64_t index;
    int code;

    q.seen_root.b[0] ^= 1;
    index = fakelog_denied(f, &q, "seen");
    desk_export(d);
    code = desk_run(d, "report", "", &out);
    assert_said(code, 0, &out, "Another log");
    (void)snprintf(line, sizeof line,
                   "  %5llu  2026-01-01T00:00:00Z  cora  record.read",
                   (unsigned long long)index);
    assert_said(code, 0, &out, line);
    code = desk_run(d, "report", "--json", &out);
    assert_said(code, 0, &out, "\"forks\": [\n");
    code = desk_run(d, "verify", "", &out);
    assert_said(code, 0, &out, "whole, unaltered, lawful");
    (void)snprintf(line, sizeof line, "never had: 1, the last is entry %llu.",
                   (unsigned long long)index);
    assert_said(code, 0, &out, line);
    buf_free(&out);
}

static void
test_report_of_many_words_merges_them(void **state)
{
    struct desk *d = *state;
    struct fakelog *f = &d->f;
    struct buf out = BUF_INIT;

    /* Each hour has words of its own: more than are kept unmerged. */
    for (unsigned i = 0; i < 1500; i++) {
        (void)fakelog_read(f, "cora", "caseworker", "victim", 1, "facts");
        f->now_ms += UINT64_C(3600000);
    }
    desk_export(d);
    accesses(d, &out);
    /* With the one that was there: 31 days, 28, and what is left. */
    assert_said(
        0, 0, &out,
        "2026-01,cora,caseworker,care,record.read,victim,facts,745\r\n");
    assert_said(
        0, 0, &out,
        "2026-02,cora,caseworker,care,record.read,victim,facts,672\r\n");
    assert_said(0, 0, &out,
                "2026-03,cora,caseworker,care,record.read,victim,facts,84\r\n");
    buf_free(&out);
}

/* ---- hostile bytes ---- */

static void
test_entries_of_any_bytes_neither_steer_nor_crash(void **state)
{
    static const char *const texts[] = {
        "",
        "\033[2J\033]0;owned\007",
        "svault/entry/v1\nindex 5\n",
        "\xe2\x80\xae\xc2\x9b",
        "svault/item/v1\nindex 5\nroster 4\nbatch 4\n",
    };
    struct desk *d = *state;
    uint32_t x = 1;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf bytes = BUF_INIT, was = BUF_INIT;

        assert_ok(buf_append(&was, buf_bytes(&d->f.entries[5])));
        assert_ok(buf_text(&bytes, texts[i]));
        fakelog_replace(&d->f, 5, &bytes);
        expect_unlawful(d, 5, "the entry does not parse");
        fakelog_replace(&d->f, 5, &was);
    }
    for (unsigned round = 0; round < 24; round++) {
        struct buf bytes = BUF_INIT, was = BUF_INIT, out = BUF_INIT;
        size_t at = round % d->f.n;

        assert_ok(buf_append(&was, buf_bytes(&d->f.entries[at])));
        assert_ok(buf_append(&bytes, buf_bytes(&was)));
        for (unsigned k = 0; k <= round % 5; k++) {
            x = x * 1664525 + 1013904223;
            bytes.ptr[(x >> 8) % bytes.len] = (uint8_t)(x >> 24);
        }
        fakelog_replace(&d->f, at, &bytes);
        desk_export(d);
        assert_int_equal(desk_verify(d, &out), 4);
        fakelog_replace(&d->f, at, &was);
        buf_free(&out);
    }
    expect_lawful(d);
}

static void
test_a_head_of_endless_entries_ends_at_once(void **state)
{
    struct desk *d = *state;
    struct fake_person gate = fake_person("gate");
    struct checkpoint head = {.origin = FAKELOG_ORIGIN,
                              .size = (uint64_t)INT64_MAX};
    struct buf note = BUF_INIT, out = BUF_INIT;
    char path[PATH_SIZE];
    int code;

    desk_export(d);
    assert_ok(checkpoint_sign(&head, &gate.seed, &note));
    assert_ok(path_join(path, d->export, EXPORT_CHECKPOINT));
    assert_ok(file_replace(path, 0600, buf_bytes(&note)));
    code = desk_verify(d, &out);
    assert_said(code, 4, &out, "NOT WHOLE");
    buf_free(&note);
    buf_free(&out);
}

static void
test_another_vault_of_the_same_key_is_not_the_card_s(void **state)
{
    struct desk *d = *state;
    struct hash other = d->f.replay.roster.vault;

    other.b[0] ^= 1;
    desk_card(d, &other);
    expect_unlawful(d, 0, "not the genesis that the card names");
}

/* Whole, unaltered, under the right key and origin, and invented. */
static void
test_of_another_vault_of_the_same_key_nothing_is_told(void **state)
{
    static const struct {
        const char *verb, *more, *verdict;
    } asked[] = {
        {"report", "", "nothing to report"},
        {"who", "--actor cora", "worth nothing"},
        {"who", "--actor cora --json", "\"ok\": false"},
    };
    struct desk *d = *state;
    struct hash other = d->f.replay.roster.vault;
    char entries[PATH_SIZE];
    struct buf out = BUF_INIT;
    int code;

    other.b[0] ^= 1;
    desk_card(d, &other);
    desk_export(d);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        code = desk_run(d, asked[i].verb, asked[i].more, &out);
        assert_said(code, 4, &out, asked[i].verdict);
        assert_said(code, 4, &out, "not the genesis that the card names");
    }
    /* Nor where the entries are left out. */
    assert_ok(path_join(entries, d->export, "tile/entries"));
    support_dir_remove(entries);
    code = desk_verify(d, &out);
    assert_said(code, 4, &out, "not the genesis that the card names");
    desk_card(d, &d->f.replay.roster.vault);
    code = desk_verify(d, &out);
    assert_said(code, 5, &out, "the tree is whole and unaltered");
    buf_free(&out);
}

static void
test_a_log_without_entries_is_no_log_of_a_vault(void **state)
{
    struct desk *d = *state;

    while (d->f.n > 0)
        fakelog_remove(&d->f, d->f.n - 1);
    expect_unlawful(d, 0, "does not begin with genesis");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_honest_log_is_lawful),
        TEST(test_one_flipped_decision_is_named),
        TEST(test_a_forged_grant_is_named),
        TEST(test_a_role_used_after_it_was_revoked_is_named),
        TEST(test_a_reading_without_an_assignment_is_named),
        TEST(test_an_assignment_that_is_missing_is_named),
        TEST(test_an_assignment_left_out_is_named_where_it_was_used),
        TEST(test_an_invented_item_is_named),
        TEST(test_an_item_in_the_place_of_another_is_named),
        TEST(test_an_entry_in_another_form_is_named),
        TEST(test_a_broken_separation_of_duty_is_named),
        TEST(test_a_signature_by_another_hand_is_named),
        TEST(test_time_that_goes_back_is_named),
        TEST(test_witnesses_that_are_known_must_have_signed),
        TEST(test_report_counts_what_the_log_says),
        TEST(test_report_finds_bursts_wherever_the_clock_strikes),
        TEST(test_report_lists_requests_from_another_log),
        TEST(test_report_of_many_words_merges_them),
        TEST(test_entries_of_any_bytes_neither_steer_nor_crash),
        TEST(test_a_head_of_endless_entries_ends_at_once),
        TEST(test_another_vault_of_the_same_key_is_not_the_card_s),
        TEST(test_of_another_vault_of_the_same_key_nothing_is_told),
        TEST(test_a_log_without_entries_is_no_log_of_a_vault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
