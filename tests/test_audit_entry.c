#include "audit/entry.h"
#include "tests/support/support.h"
#include "tests/vectors/audit.h"

#define VECTORS (sizeof entry_vectors / sizeof entry_vectors[0])
#define FILL(array, byte) memset((array), (byte), sizeof(array))
#define LINES_MAX 24

static const char *
vector(const char *name)
{
    for (size_t i = 0; i < VECTORS; i++) {
        if (strcmp(entry_vectors[i].name, name) == 0)
            return entry_vectors[i].text;
    }
    fail_msg("no vector %s", name);
    return NULL;
}

/* The request in the vector of an entry. */
static struct bytes
note_in(const char *name)
{
    const char *at = strstr(vector(name), "svault/request/");

    assert_non_null(at);
    return bytes_text(at);
}

static void
result(struct entry *e, const char *compartment, uint64_t version, uint8_t hash)
{
    struct entry_result *r = &e->results[e->n_results++];

    assert_ok(text_copy(bytes_text(compartment), r->compartment, NAME_SIZE));
    r->version = version;
    FILL(r->hash, hash);
}

/* The vectors' values, as make_audit_vectors.py has them. */
static struct entry
sample(const char *name)
{
    bool genesis = strcmp(name, "genesis") == 0;
    struct entry e;

    memset(&e, 0, sizeof e);
    e.index = genesis ? 0 : 43;
    e.has_roster = !genesis;
    e.roster = genesis ? 0 : 17;
    if (strcmp(name, "item") == 0) {
        e.kind = ENTRY_ITEM;
        e.index = 44;
        e.batch = 43;
        FILL(e.record.b, 0x44);
        result(&e, "identity", 1, 0x5a);
        return e;
    }
    e.kind = ENTRY_REQUEST;
    e.time_ms = UINT64_C(1767139200456);
    FILL(e.policy_hash, 0x77);
    e.allowed = strcmp(name, "denied") != 0;
    (void)snprintf(e.rule, sizeof e.rule, "%s",
                   genesis     ? "genesis"
                   : e.allowed ? "role"
                               : "break-glass");
    e.outcome = e.allowed ? OUTCOME_DONE : OUTCOME_NONE;
    if (strcmp(name, "read") == 0) {
        result(&e, "identity", 3, 0x5a);
        result(&e, "facts", 1, 0x5b);
    }
    e.note = note_in(name);
    return e;
}

static void
test_each_entry_is_encoded_as_its_vector(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        struct entry e = sample(entry_vectors[i].name);
        struct buf out = BUF_INIT;

        assert_ok(entry_encode(&e, &out));
        if (!bytes_equal(buf_bytes(&out), bytes_text(entry_vectors[i].text)))
            fail_msg("%s: got\n%.*s", entry_vectors[i].name, (int)out.len,
                     (const char *)out.ptr);
        buf_free(&out);
    }
}

static void
test_each_vector_parses_to_its_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        struct entry want = sample(entry_vectors[i].name), got;

        memset(&got, 0xff, sizeof got);
        assert_ok(entry_parse(bytes_text(entry_vectors[i].text), &got));
        assert_true(bytes_equal(got.note, want.note));
        got.note = want.note;
        if (memcmp(&got, &want, sizeof got) != 0)
            fail_msg("%s: other values", entry_vectors[i].name);
    }
}

/* The request is found in the entry as it was signed. */
static void
test_the_note_of_an_entry_is_a_request_that_verifies(void **state)
{
    struct sign_seed hana = {{0}};
    struct sign_public key;
    struct request r;
    struct entry e;
    struct note n;

    (void)state;
    FILL(hana.b, 7);
    sign_public_of(&hana, &key);
    assert_ok(entry_parse(bytes_text(vector("read")), &e));
    assert_ok(request_parse(e.note, &n, &r));
    assert_int_equal(r.act, ACT_RECORD_READ);
    assert_ok(note_verify(&n, "log.example/2026/hana-1", &key));
}

/* ---- altered lines ---- */

static bool
parses_exactly(struct bytes in)
{
    struct buf again = BUF_INIT;
    struct entry e;
    enum sv_err err;

    memset(&e, 0xff, sizeof e);
    err = entry_parse(in, &e);
    if (err != SV_OK) {
        assert_err(err, SV_ERR_FORMAT);
        assert_int_equal(e.n_results, UINT32_MAX); /* nothing was written */
        return false;
    }
    assert_ok(entry_encode(&e, &again));
    if (!bytes_equal(buf_bytes(&again), in))
        fail_msg("not canonical:\n%.*s", (int)in.len, (const char *)in.ptr);
    buf_free(&again);
    return true;
}

/* The gate's lines, and what follows them. */
static size_t
lines_of(const char *entry, struct bytes out[static LINES_MAX],
         struct bytes *rest)
{
    struct bytes line;
    size_t n = 0;

    *rest = bytes_text(entry);
    while (rest->len > 0 && rest->ptr[0] != '\n') {
        assert_true(n < LINES_MAX && text_line(rest, &line));
        out[n++] = line;
    }
    return n;
}

static bool
takes(const struct bytes *lines, size_t n, struct bytes rest)
{
    struct buf in = BUF_INIT;
    bool taken;

    for (size_t i = 0; i < n; i++) {
        assert_ok(buf_append(&in, lines[i]));
        assert_ok(buf_text(&in, "\n"));
    }
    assert_ok(buf_append(&in, rest));
    taken = parses_exactly(buf_bytes(&in));
    buf_free(&in);
    return taken;
}

static bool
is_result(struct bytes line)
{
    return text_skip(&line, "result ");
}

static void
test_a_line_that_is_missing_doubled_or_moved_is_refused(void **state)
{
    (void)state;
    for (size_t v = 0; v < VECTORS; v++) {
        struct bytes all[LINES_MAX], some[LINES_MAX + 1], rest;
        size_t n = lines_of(entry_vectors[v].text, all, &rest);

        assert_true(takes(all, n, rest));
        for (size_t i = 0; i < n; i++) {
            /* A read may have had one result fewer or more. */
            bool free_to = is_result(all[i]);

            memcpy(some, all, sizeof all);
            memmove(some + i, some + i + 1, (n - i - 1) * sizeof some[0]);
            if (takes(some, n - 1, rest) !=
                (free_to && strcmp(entry_vectors[v].name, "item") != 0))
                fail_msg("missing: %.*s", (int)all[i].len, all[i].ptr);
            memcpy(some, all, (i + 1) * sizeof some[0]);
            memcpy(some + i + 1, all + i, (n - i) * sizeof some[0]);
            if (takes(some, n + 1, rest) != free_to)
                fail_msg("doubled: %.*s", (int)all[i].len, all[i].ptr);
            for (size_t j = i + 1; j < n; j++) {
                memcpy(some, all, sizeof all);
                some[i] = all[j];
                some[j] = all[i];
                if (takes(some, n, rest) && !free_to)
                    fail_msg("moved: %.*s", (int)all[i].len, all[i].ptr);
            }
        }
    }
}

static void
test_spaces_line_ends_and_control_characters_are_refused(void **state)
{
    static const char *const anywhere[] = {
        " ", "\r", "\t", "\x1b", "\x7f", "\xff", "\n", "\u00a0", "\u202e",
    };

    (void)state;
    for (size_t v = 0; v < VECTORS; v++) {
        const char *text = entry_vectors[v].text;
        const char *end = strstr(text, "\n\n");
        size_t head = end != NULL ? (size_t)(end - text) + 1 : strlen(text);

        for (size_t at = 0; at <= head; at++) {
            for (size_t c = 0; c < sizeof anywhere / sizeof anywhere[0]; c++) {
                struct buf in = BUF_INIT;

                assert_ok(buf_append(&in, bytes_of(text, at)));
                assert_ok(buf_text(&in, anywhere[c]));
                assert_ok(buf_text(&in, text + at));
                if (parses_exactly(buf_bytes(&in)))
                    fail_msg("%s: \"%s\" at %zu", entry_vectors[v].name,
                             anywhere[c], at);
                buf_free(&in);
            }
        }
    }
}

/* ---- values ---- */

#define RULE_32 "abcdefghijklmnopqrstuvwxyz-abcde"
#define NAME_32 "abcdefghijklmnopqrstuvwxyz012345"
#define B64_31 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define B64_BITS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="
#define HASH "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
#define RESULT_1 "result a 1 " HASH "\n"
#define RESULTS_4 RESULT_1 RESULT_1 RESULT_1 RESULT_1

static const struct {
    const char *name, *from, *to;
    bool good;
} values[] = {
    {"read", "svault/entry/v1", "svault/entry/v2", false},
    {"read", "svault/entry/v1", "svault/item/v1", false},
    {"item", "svault/item/v1", "svault/entry/v1", false},
    {"read", "index 43", "index 18446744073709551615", true},
    {"read", "index 43", "index 18446744073709551616", false},
    {"read", "index 43", "index 043", false},
    {"read", "index 43", "index 0", true},
    {"read", "index 43", "index -1", false},
    {"read", "index 43", "index ", false},
    {"read", "index 43", "Index 43", false},
    {"read", "time 1767139200456", "time 253402300799999", true},
    {"read", "time 1767139200456", "time 253402300800000", false},
    {"read", "time 1767139200456", "time 01", false},
    {"read", "roster 17", "roster -", true},
    {"read", "roster 17", "roster --", false},
    {"read", "roster 17", "roster 017", false},
    {"read", "roster 17", "roster ", false},
    {"genesis", "roster -", "roster 0", true},
    {"item", "roster 17", "roster -", false},
    {"read", "policy 77", "policy ", false},
    {"read", "policy 77", "policy 777", false},
    {"read", "policy 77", "policy 7A", false},
    {"read", "allowed role", "allowed " RULE_32, true},
    {"read", "allowed role", "allowed " RULE_32 "f", false},
    {"read", "allowed role", "allowed ", false},
    {"read", "allowed role", "allowed", false},
    {"read", "allowed role", "allowed Role", false},
    {"read", "allowed role", "allowed role2", false},
    {"read", "allowed role", "allowed ro_le", false},
    {"read", "allowed role", "allowed role more", false},
    {"read", "allowed role", "granted role", false},
    {"read", "allowed role", "denied role", true},
    {"read", "outcome done", "outcome -", true},
    {"read", "outcome done", "outcome conflict", true},
    {"read", "outcome done", "outcome not-found", true},
    {"read", "outcome done", "outcome exists", true},
    {"read", "outcome done", "outcome invalid", true},
    {"read", "outcome done", "outcome damaged", true},
    {"read", "outcome done", "outcome Done", false},
    {"read", "outcome done", "outcome ", false},
    {"read", "outcome done", "outcome done-", false},
    {"read", "outcome done", "outcome none", false},
    {"read", "identity 3", "identity 0", false},
    {"read", "identity 3", "identity 03", false},
    {"read", "identity 3", "identity 18446744073709551615", true},
    {"read", "identity 3", "identity 18446744073709551616", false},
    {"read", "identity 3", "identity", false},
    {"read", "identity 3", "ident-ity 3", false},
    {"read", "identity 3", " 3", false},
    {"read", "identity 3", NAME_32 " 3", true},
    {"read", "identity 3", NAME_32 "x 3", false},
    {"read", HASH, B64_31, false},
    {"read", HASH, B64_BITS, false},
    {"read", HASH, "", false},
    {"read", HASH, HASH " x", false},
    {"read", "result identity",
     RESULTS_4 RESULTS_4 RESULT_1 RESULT_1 "result identity", true},
    {"read", "result identity",
     RESULTS_4 RESULTS_4 RESULT_1 RESULT_1 RESULT_1 "result identity", false},
    {"item", "batch 43", "batch 043", false},
    {"item", "batch 43", "batch -", false},
    {"item", "batch 43", "batch 0", true},
    {"item", "record 4", "record ", false},
    {"item", "record 4", "record 44", false},
    {"item", "record 4", "record F", false},
    {"item", "batch 43\n", "batch 43\nbatch 43\n", false},
    {"item", HASH "\n", HASH "\n\n", false},
    {"item", HASH "\n", HASH, false},
    {"item", HASH "\n", HASH "\n" RESULTS_4, true},
};

static struct buf
replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    struct buf out = BUF_INIT;

    if (at == NULL)
        fail_msg("no \"%s\"", from);
    else {
        assert_ok(buf_append(&out, bytes_of(text, (size_t)(at - text))));
        assert_ok(buf_text(&out, to));
        assert_ok(buf_text(&out, at + strlen(from)));
    }
    return out;
}

static void
test_values_are_taken_in_their_one_form_and_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct buf in =
            replaced(vector(values[i].name), values[i].from, values[i].to);

        if (parses_exactly(buf_bytes(&in)) != values[i].good)
            fail_msg("%s: \"%s\" is %s", values[i].name, values[i].to,
                     values[i].good ? "refused" : "taken");
        buf_free(&in);
    }
}

static void
test_a_request_entry_without_its_note_is_refused(void **state)
{
    struct bytes lines[LINES_MAX], rest;
    size_t n = lines_of(vector("read"), lines, &rest);

    (void)state;
    assert_false(takes(lines, n, bytes_text("")));
    assert_false(takes(lines, n, bytes_text("\n")));
    assert_false(takes(lines, n, bytes_text("x")));
    assert_false(takes(lines, n, bytes_text("\nany text\n")));
    assert_false(takes(lines, n, bytes_text("\n" REQUEST_LABEL "no end")));
    assert_false(takes(lines, n, bytes_text("\n" REQUEST_LABEL "a\tb\n")));
    assert_false(takes(lines, n, bytes_text("\n" REQUEST_LABEL "\xff\n")));
    assert_false(takes(lines, n, bytes_text("\n\n" REQUEST_LABEL)));
    assert_true(takes(lines, n, bytes_text("\n" REQUEST_LABEL)));
}

/* ---- limits ---- */

static void
test_entries_up_to_the_limit_are_taken(void **state)
{
    struct entry e = sample("denied"), back;
    struct buf out = BUF_INIT, note = BUF_INIT;
    uint8_t *at;
    size_t head;

    (void)state;
    assert_ok(entry_encode(&e, &out));
    head = out.len - e.note.len;
    buf_truncate(&out, 0);
    assert_ok(buf_extend(&note, ENTRY_MAX - head, &at));
    memset(note.ptr, 'x', note.len);
    memcpy(note.ptr, REQUEST_LABEL, strlen(REQUEST_LABEL));
    note.ptr[note.len - 1] = '\n';
    e.note = buf_bytes(&note);
    assert_ok(buf_text(&out, "kept"));
    assert_ok(entry_encode(&e, &out));
    assert_int_equal(out.len, 4 + ENTRY_MAX);
    assert_ok(entry_parse(bytes_slice(buf_bytes(&out), 4, ENTRY_MAX), &back));
    /* A byte more neither encodes nor parses. */
    out.ptr[out.len - 1] = 'x';
    assert_ok(buf_text(&out, "\n"));
    assert_err(
        entry_parse(bytes_slice(buf_bytes(&out), 4, ENTRY_MAX + 1), &back),
        SV_ERR_FORMAT);
    note.ptr[note.len - 1] = 'x';
    assert_ok(buf_text(&note, "\n"));
    e.note = buf_bytes(&note);
    buf_truncate(&out, 4);
    assert_err(entry_encode(&e, &out), SV_ERR_RANGE);
    assert_int_equal(out.len, 4);
    buf_free(&out);
    buf_free(&note);
}

static void
test_values_without_a_form_are_not_encoded(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    for (int i = 0; i < 10; i++) {
        struct entry e = sample(i < 8 ? "read" : "item");
        enum sv_err want = SV_ERR_FORMAT;

        if (i == 0)
            e.rule[0] = '\0';
        else if (i == 1)
            e.rule[0] = 'R';
        else if (i == 2)
            e.outcome = OUTCOME_N;
        else if (i == 3)
            e.results[1].version = 0;
        else if (i == 4)
            e.results[0].compartment[0] = '-';
        else if (i == 5)
            e.note = bytes_text("");
        else if (i == 6)
            e.kind = (enum entry_kind)2;
        else if (i == 7) {
            e.n_results = ENTRY_RESULTS_MAX + 1;
            want = SV_ERR_RANGE;
        } else if (i == 8)
            e.n_results = 0;
        else
            e.has_roster = false;
        print_message("case %d\n", i);
        assert_err(entry_encode(&e, &out), want);
        assert_int_equal(out.len, 0);
    }
    buf_free(&out);
}

static void
test_names_of_outcomes_are_distinct(void **state)
{
    (void)state;
    for (unsigned a = 0; a < OUTCOME_N; a++) {
        assert_non_null(entry_outcome_name((enum entry_outcome)a));
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(entry_outcome_name((enum entry_outcome)a),
                                    entry_outcome_name((enum entry_outcome)b));
    }
    assert_null(entry_outcome_name(OUTCOME_N));
}

/* ---- any change at all ---- */

static void
test_any_changed_byte_fails_or_is_what_the_new_bytes_say(void **state)
{
    (void)state;
    for (size_t v = 0; v < VECTORS; v++) {
        struct buf in = BUF_INIT;

        assert_ok(buf_text(&in, entry_vectors[v].text));
        for (size_t i = 0; i < in.len; i++) {
            uint8_t was = in.ptr[i];

            /* Of the note, each byte is as good as any other. */
            for (unsigned c = 0; c < (i < 400 ? 256 : 8); c++) {
                in.ptr[i] = (uint8_t)(i < 400 ? c : was ^ 1u << c);
                (void)parses_exactly(buf_bytes(&in));
            }
            in.ptr[i] = was;
        }
        assert_true(parses_exactly(buf_bytes(&in)));
        buf_free(&in);
    }
}

static void
test_the_gates_lines_cut_anywhere_are_refused(void **state)
{
    (void)state;
    for (size_t v = 0; v < VECTORS; v++) {
        struct bytes in = bytes_text(entry_vectors[v].text);
        const char *end = strstr(entry_vectors[v].text, "\n\n");
        size_t head =
            end != NULL ? (size_t)(end - entry_vectors[v].text) + 3 : in.len;

        for (size_t len = 0; len < head; len++) {
            if (parses_exactly(bytes_slice(in, 0, len)))
                fail_msg("%s cut at %zu", entry_vectors[v].name, len);
        }
    }
}

static uint32_t
next_random(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

static void
test_random_edits_fail_or_are_what_the_new_bytes_say(void **state)
{
    static const char pool[17] = " \n0129aZz-,.|/+=";
    uint32_t x = 0x0a0d17ed;
    unsigned taken = 0;

    (void)state;
    for (unsigned i = 0; i < 40000; i++) {
        struct bytes all = bytes_text(entry_vectors[i % VECTORS].text);
        size_t at = next_random(&x) % 400 % all.len;
        size_t cut = next_random(&x) % 3, again = next_random(&x) % 60;
        struct buf in = BUF_INIT;

        cut = cut > all.len - at ? all.len - at : cut;
        again = again > at ? at : again;
        assert_ok(buf_append(&in, bytes_slice(all, 0, at)));
        if (next_random(&x) % 4 == 0)
            assert_ok(buf_append(&in, bytes_slice(all, at - again, again)));
        if (next_random(&x) % 2 == 0)
            assert_ok(
                buf_append(&in, bytes_of(&pool[next_random(&x) % 17], 1)));
        assert_ok(
            buf_append(&in, bytes_slice(all, at + cut, all.len - at - cut)));
        taken += parses_exactly(buf_bytes(&in));
        buf_free(&in);
    }
    assert_true(taken > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_entry_is_encoded_as_its_vector),
        cmocka_unit_test(test_each_vector_parses_to_its_values),
        cmocka_unit_test(test_the_note_of_an_entry_is_a_request_that_verifies),
        cmocka_unit_test(
            test_a_line_that_is_missing_doubled_or_moved_is_refused),
        cmocka_unit_test(
            test_spaces_line_ends_and_control_characters_are_refused),
        cmocka_unit_test(test_values_are_taken_in_their_one_form_and_range),
        cmocka_unit_test(test_a_request_entry_without_its_note_is_refused),
        cmocka_unit_test(test_entries_up_to_the_limit_are_taken),
        cmocka_unit_test(test_values_without_a_form_are_not_encoded),
        cmocka_unit_test(test_names_of_outcomes_are_distinct),
        cmocka_unit_test(
            test_any_changed_byte_fails_or_is_what_the_new_bytes_say),
        cmocka_unit_test(test_the_gates_lines_cut_anywhere_are_refused),
        cmocka_unit_test(test_random_edits_fail_or_are_what_the_new_bytes_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
