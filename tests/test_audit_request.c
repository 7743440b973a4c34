#include "audit/entry.h"
#include "crypto/ps1.h"
#include "tests/support/support.h"
#include "tests/vectors/audit.h"

#define VECTORS (sizeof request_vectors / sizeof request_vectors[0])
#define DASH "\xe2\x80\x94 "
#define SIGNATURE "\n" DASH "log.example/2026/hana-1 AAAAAAA=\n"

static const char *
vector(const char *act)
{
    for (size_t i = 0; i < VECTORS; i++) {
        if (strcmp(request_vectors[i].act, act) == 0)
            return request_vectors[i].text;
    }
    fail_msg("no vector of %s", act);
    return NULL;
}

/* ---- the vectors' values, as make_audit_vectors.py has them ---- */

#define FILL(array, byte) memset((array), (byte), sizeof(array))

static void
put(char out[static NAME_SIZE], const char *name)
{
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

static struct sign_seed
seed_of(uint8_t byte)
{
    struct sign_seed seed;

    FILL(seed.b, byte);
    return seed;
}

static void
founder(struct request_founder *f, const char *name, uint8_t seed, uint8_t box)
{
    struct sign_seed s = seed_of(seed);

    put(f->name, name);
    sign_public_of(&s, &f->sign);
    FILL(f->box, box);
}

static void
set_genesis(struct request_genesis *g)
{
    struct sign_seed log = seed_of(9);
    struct sign_public key;

    sign_public_of(&log, &key);
    assert_ok(note_vkey("log.example/2026", &key, g->log_vkey));
    FILL(g->gate_box, 0x66);
    put(g->profile, "small-office");
    FILL(g->policy_hash, 0x77);
    FILL(g->schema_hash, 0x88);
    g->n_founders = 2;
    put(g->founders[0].role, "administrator");
    founder(&g->founders[0], "hana-1", 7, 0x99);
    put(g->founders[1].role, "supervisor");
    founder(&g->founders[1], "sora", 8, 0xaa);
}

static void
set_keys(struct request *r)
{
    r->n_keys = 2;
    put(r->keys[0].type, "victim");
    put(r->keys[0].compartment, "identity");
    r->keys[0].epoch = 1;
    FILL(r->keys[0].pub, 0xbb);
    put(r->keys[1].type, "suspect");
    put(r->keys[1].compartment, "justice");
    r->keys[1].epoch = UINT32_MAX;
    FILL(r->keys[1].pub, 0xcc);
}

static void
set_restore(struct request_restore *s)
{
    s->taken_ms = UINT64_C(1767139100123);
    put(s->second_role, "supervisor");
    put(s->second, "sora");
    founder(&s->administrator, "yuki", 9, 0xdd);
}

/* What the act's lines say, by the bits of the lines. */
static void
set_lines(struct request *r, unsigned lines)
{
    if (lines & LINE_TYPE)
        put(r->type, "victim");
    if (lines & LINE_RECORD)
        FILL(r->record.b, 0x44);
    if (lines & LINE_COMPARTMENTS) {
        r->n_compartments = 2;
        put(r->compartments[0], "identity");
        put(r->compartments[1], "facts");
    }
    if (lines & LINE_BODY)
        FILL(r->body, 0x55);
    if (lines & LINE_PERSON)
        put(r->person, "yuki");
    if (lines & LINE_SIGN)
        FILL(r->sign.b, 0xdd);
    if (lines & LINE_BOX)
        FILL(r->box, 0xee);
    if (lines & LINE_GRANTS)
        put(r->grants, "legal_officer");
    if (lines & LINE_UNTIL)
        r->until_ms = UINT64_C(1798675200000);
    if (lines & LINE_PROFILE)
        put(r->profile, "exact");
    if (lines & LINE_GENESIS)
        set_genesis(&r->genesis);
    if (lines & LINE_KEYS)
        set_keys(r);
    if (lines & LINE_RESTORE)
        set_restore(&r->restore);
    if (lines & LINE_TEXT) {
        r->part = 2;
        r->parts = 3;
        (void)snprintf(r->text, sizeof r->text,
                       "role intake\nnames \u65e5\u672c\n");
    }
}

static struct request
sample(enum request_act act)
{
    bool founding = act == ACT_GENESIS || act == ACT_POLICY || act == ACT_KEYS;
    struct request r;

    memset(&r, 0, sizeof r);
    r.act = act;
    (void)snprintf(r.origin, sizeof r.origin, "log.example/2026");
    r.has_vault = !founding;
    if (r.has_vault)
        FILL(r.vault.b, 0x11);
    put(r.actor, "hana-1");
    FILL(r.id, 0x22);
    r.at_ms = UINT64_C(1767139200123);
    put(r.role, "caseworker");
    put(r.purpose, founding ? "care" : "safety");
    r.purpose_defaulted = !founding;
    r.seen_size = founding ? 0 : 42;
    r.seen_root = tree_empty();
    if (!founding)
        FILL(r.seen_root.b, 0x33);
    set_lines(&r, request_act_lines(act));
    r.count = act == ACT_RECORD_IMPORT         ? 512
              : act == ACT_RECORD_LIST         ? 100
              : act == ACT_RELEASE_ACKNOWLEDGE ? 9
              : act == ACT_LOG_READ            ? 1
              : act == ACT_BACKUP_READ         ? 3
                                               : 0;
    if ((request_act_lines(act) & LINE_ENTRY) != 0)
        r.entry = act == ACT_RECORD_LIST ? 0
                  : act == ACT_LOG_READ  ? UINT64_MAX
                                         : 17;
    return r;
}

static void
test_each_act_is_signed_as_its_vector(void **state)
{
    struct sign_seed hana = seed_of(7), sora = seed_of(8);

    (void)state;
    assert_int_equal(VECTORS, ACT_N);
    for (size_t a = 0; a < VECTORS; a++) {
        struct request r = sample((enum request_act)a);
        struct buf out = BUF_INIT, text = BUF_INIT;

        assert_string_equal(request_act_name(r.act), request_vectors[a].act);
        assert_ok(request_sign(&r, &hana, &out));
        if (r.act == ACT_GENESIS || r.act == ACT_RESTORE) {
            assert_ok(request_encode(&r, &text));
            assert_ok(note_add_signature(buf_bytes(&text),
                                         "log.example/2026/sora", &sora, &out));
        }
        if (!bytes_equal(buf_bytes(&out), bytes_text(request_vectors[a].text)))
            fail_msg("%s: got\n%.*s", request_vectors[a].act, (int)out.len,
                     (const char *)out.ptr);
        buf_free(&out);
        buf_free(&text);
    }
}

static void
test_each_vector_parses_to_its_values(void **state)
{
    struct sign_seed hana = seed_of(7);
    struct sign_public key;

    (void)state;
    sign_public_of(&hana, &key);
    for (size_t a = 0; a < VECTORS; a++) {
        struct request want = sample((enum request_act)a), got;
        struct note note;

        memset(&got, 0xff, sizeof got);
        assert_ok(
            request_parse(bytes_text(request_vectors[a].text), &note, &got));
        assert_ok(note_verify(&note, "log.example/2026/hana-1", &key));
        if (memcmp(&got, &want, sizeof got) != 0)
            fail_msg("%s: other values", request_vectors[a].act);
    }
}

/* ---- altered text ---- */

static enum sv_err
parse(struct bytes note)
{
    struct request r;
    struct note n;

    return request_parse(note, &n, &r);
}

/* What parses must encode to the same bytes. */
static bool
parses_exactly(struct bytes in)
{
    struct buf again = BUF_INIT;
    char name[NOTE_NAME_MAX + 1];
    struct request r;
    struct note n;

    if (request_parse(in, &n, &r) != SV_OK)
        return false;
    assert_ok(request_encode(&r, &again));
    if (!bytes_equal(buf_bytes(&again), n.text))
        fail_msg("not canonical:\n%.*s", (int)in.len, (const char *)in.ptr);
    buf_free(&again);
    assert_ok(request_key_name(r.origin, r.actor, name));
    assert_true(text_is(n.signature[0].name, name));
    return true;
}

/* The vector's lines without the signatures. */
#define LINES_MAX 32
static size_t
lines_of(const char *note, struct bytes out[static LINES_MAX])
{
    struct bytes rest = bytes_text(note), line;
    size_t n = 0;

    while (text_line(&rest, &line) && line.len > 0) {
        assert_true(n < LINES_MAX);
        out[n++] = line;
    }
    return n;
}

static struct buf
note_of(const struct bytes *lines, size_t n)
{
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < n; i++) {
        assert_ok(buf_append(&out, lines[i]));
        assert_ok(buf_text(&out, "\n"));
    }
    assert_ok(buf_text(&out, SIGNATURE));
    return out;
}

static void
refuses(const struct bytes *lines, size_t n, const char *what,
        struct bytes line)
{
    struct buf note = note_of(lines, n);

    if (parse(buf_bytes(&note)) != SV_ERR_FORMAT)
        fail_msg("%s: %.*s", what, (int)line.len, (const char *)line.ptr);
    buf_free(&note);
}

/* Lines of which there may be more than one. */
static bool
repeats(struct bytes line)
{
    return text_skip(&line, "| ") || text_skip(&line, "key ") ||
           text_skip(&line, "founder ");
}

static void
test_a_line_that_is_missing_is_refused(void **state)
{
    (void)state;
    for (size_t a = 0; a < VECTORS; a++) {
        struct bytes all[LINES_MAX], some[LINES_MAX];
        size_t n = lines_of(request_vectors[a].text, all);
        struct buf whole = note_of(all, n);

        assert_true(parses_exactly(buf_bytes(&whole)));
        buf_free(&whole);
        for (size_t i = 0; i < n; i++) {
            if (repeats(all[i]))
                continue;
            memcpy(some, all, sizeof all);
            memmove(some + i, some + i + 1, (n - i - 1) * sizeof some[0]);
            refuses(some, n - 1, "missing", all[i]);
        }
        /* Of lines that repeat, one must be there. */
        while (n > 0 && repeats(all[n - 1]))
            n--;
        if (a == ACT_POLICY || a == ACT_KEYS)
            refuses(all, n, "none", bytes_text(request_vectors[a].act));
    }
}

static void
test_a_line_that_is_doubled_is_refused(void **state)
{
    (void)state;
    for (size_t a = 0; a < VECTORS; a++) {
        struct bytes all[LINES_MAX], more[LINES_MAX + 1];
        size_t n = lines_of(request_vectors[a].text, all);

        for (size_t i = 0; i < n; i++) {
            struct bytes line = all[i];

            if (text_skip(&line, "| "))
                continue; /* text may repeat itself */
            memcpy(more, all, (i + 1) * sizeof more[0]);
            memcpy(more + i + 1, all + i, (n - i) * sizeof more[0]);
            refuses(more, n + 1, "doubled", all[i]);
        }
    }
}

static void
test_lines_out_of_order_are_refused(void **state)
{
    (void)state;
    for (size_t a = 0; a < VECTORS; a++) {
        struct bytes all[LINES_MAX], some[LINES_MAX];
        size_t n = lines_of(request_vectors[a].text, all);

        for (size_t i = 0; i < n; i++) {
            for (size_t j = i + 1; j < n; j++) {
                if (repeats(all[i]) && repeats(all[j]))
                    continue;
                memcpy(some, all, sizeof all);
                some[i] = all[j];
                some[j] = all[i];
                refuses(some, n, "out of order", all[i]);
            }
        }
    }
}

/* Lines of other acts are as foreign as unknown words. */
static void
test_a_line_that_the_act_does_not_have_is_refused(void **state)
{
    static const char *const strangers[] = {
        "type victim",
        "record 44444444444444444444444444444444",
        "compartments identity",
        "body VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVU=",
        "count 1",
        "entry 1",
        "person yuki",
        "sign 3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d0=",
        "grants legal_officer",
        "until -",
        "profile standard",
        "part 1/1",
        "| text",
        "note hello",
        "x",
        "",
    };

    (void)state;
    for (size_t a = 0; a < VECTORS; a++) {
        struct bytes all[LINES_MAX], more[LINES_MAX + 1];
        size_t n = lines_of(request_vectors[a].text, all);

        for (size_t s = 0; s < sizeof strangers / sizeof strangers[0]; s++) {
            for (size_t i = 0; i <= n; i++) {
                if (a == ACT_POLICY && i >= n - 2 && strangers[s][0] == '|')
                    continue;
                memcpy(more, all, i * sizeof more[0]);
                more[i] = bytes_text(strangers[s]);
                memcpy(more + i + 1, all + i, (n - i) * sizeof more[0]);
                refuses(more, n + 1, "a stranger", more[i]);
            }
        }
    }
}

/* Put `what` into line i at each place, or at the given one. */
static void
refuses_with(const struct bytes *all, size_t n, size_t i, size_t at,
             const char *what)
{
    struct bytes some[LINES_MAX];
    struct buf line = BUF_INIT;

    memcpy(some, all, LINES_MAX * sizeof some[0]);
    assert_ok(buf_append(&line, bytes_slice(all[i], 0, at)));
    assert_ok(buf_text(&line, what));
    assert_ok(buf_append(&line, bytes_slice(all[i], at, all[i].len - at)));
    some[i] = buf_bytes(&line);
    refuses(some, n, "put in", some[i]);
    buf_free(&line);
}

static void
test_spaces_line_ends_and_control_characters_are_refused(void **state)
{
    static const char *const ends[] = {" ", "\r", "\t", "\\", ",", " x"};
    /* The last one is harmless in text. */
    static const char *const anywhere[] = {
        "\r",     "\t",       "\x1b",       "\x01",   "\x7f",
        "\xff",   "\xc2\x85", "\u200b",     "\u202e", "\u2028",
        "\u2066", "\ufeff",   "\U000e0041", "\u00a0",
    };

    (void)state;
    for (size_t a = 0; a < VECTORS; a++) {
        struct bytes all[LINES_MAX];
        size_t n = lines_of(request_vectors[a].text, all);

        for (size_t i = 0; i < n; i++) {
            bool is_text = all[i].ptr[0] == '|';

            for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++) {
                if (!is_text || e < 3)
                    refuses_with(all, n, i, all[i].len, ends[e]);
            }
            refuses_with(all, n, i, 0, " ");
            for (size_t at = 0; at < all[i].len; at++) {
                size_t c_end = sizeof anywhere / sizeof anywhere[0];

                if (is_text && at >= 2)
                    c_end--;
                for (size_t c = 0; c < c_end; c++)
                    refuses_with(all, n, i, at, anywhere[c]);
            }
            for (size_t at = 1; at < all[i].len; at++) {
                if (!is_text && all[i].ptr[at] == ' ')
                    refuses_with(all, n, i, at, " ");
            }
        }
    }
}

/* ---- values ---- */

/* The vector with its first `from` replaced. */
static struct buf
replaced(const char *act, const char *from, const char *to)
{
    const char *note = vector(act), *at = strstr(note, from);
    struct buf out = BUF_INIT;

    if (at == NULL)
        fail_msg("%s has no \"%s\"", act, from);
    else {
        assert_ok(buf_append(&out, bytes_of(note, (size_t)(at - note))));
        assert_ok(buf_text(&out, to));
        assert_ok(buf_text(&out, at + strlen(from)));
    }
    return out;
}

#define NAME_32 "abcdefghijklmnopqrstuvwxyz012345"
#define ORIGIN_64                                                              \
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._"
#define B64_31 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
/* A public half that may stand for a box key. */
#define BOX_32 "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
#define B64_32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define B64_33 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B64_BITS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="
#define COMPARTMENTS_12 "a,b,c,d,e,f,g,h,i,j,k,l"
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define SEEN "seen 42 MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM="
#define BODY_OLD "body VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVU="
#define PUB_OLD "u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s="

static const struct {
    const char *act, *from, *to;
    bool good;
} values[] = {
    {"record.read", "request/v1", "request/v2", false},
    {"record.read", "svault/", "Svault/", false},
    {"record.read", "origin log.example/2026", "origin ", false},
    {"record.read", "origin log.example/2026", "origin a+b", false},
    {"record.read", "origin log.example/2026", "origin a b", false},
    {"record.read", "origin log.example/2026", "origin \u00e9", false},
    {"record.read", "vault 1", "vault ", false},
    {"record.read", "vault 1", "vault 11", false},
    {"record.read", "vault 1", "vault A", false},
    {"record.read", "vault 1", "vault -", false},
    {"record.read", "act record.read", "act record.write", false},
    {"record.read", "act record.read", "act Record.read", false},
    {"record.read", "act record.read", "act record.history", false},
    {"record.read", "act record.read", "act record.create", false},
    {"record.create", "act record.create", "act record.save", true},
    {"record.read", "id 2", "id ", false},
    {"record.read", "id 2", "id 22", false},
    {"record.read", "id 2", "id A", false},
    {"record.read", "at 1", "at 01", false},
    {"record.read", "at 1767139200123", "at 0", true},
    {"record.read", "at 1767139200123", "at 00", false},
    {"record.read", "at 1767139200123", "at ", false},
    {"record.read", "at 1767139200123", "at -1", false},
    {"record.read", "at 1767139200123", "at +1", false},
    {"record.read", "at 1767139200123", "at 1e3", false},
    {"record.read", "at 1767139200123", "at 253402300799999", true},
    {"record.read", "at 1767139200123", "at 253402300800000", false},
    {"record.read", "at 1767139200123", "at 18446744073709551617", false},
    {"record.read", "role caseworker", "role " NAME_32, true},
    {"record.read", "role caseworker", "role " NAME_32 "x", false},
    {"record.read", "role caseworker", "role Caseworker", false},
    {"record.read", "role caseworker", "role case-worker", false},
    {"record.read", "role caseworker", "role ", false},
    {"record.read", "safety default", NAME_32 " given", true},
    {"record.read", "safety default", NAME_32 "x given", false},
    {"record.read", "safety default", "safety", false},
    {"record.read", "safety default", "safety maybe", false},
    {"record.read", "safety default", "safety default given", false},
    {"record.read", "safety default", " default", false},
    {"record.read", SEEN, "seen 42", false},
    {"record.read", SEEN, "seen 042 " B64_32, false},
    {"record.read", SEEN, "seen 42 " B64_31, false},
    {"record.read", SEEN, "seen 42 " B64_33, false},
    {"record.read", SEEN, "seen 42 " B64_BITS, false},
    {"record.read", SEEN, "seen 0 " EMPTY_ROOT, true},
    {"record.read", SEEN, "seen 0 " B64_32, false},
    {"record.read", SEEN, "seen 9223372036854775807 " B64_32, true},
    {"record.read", SEEN, "seen 9223372036854775808 " B64_32, false},
    {"record.read", "type victim", "type " NAME_32, true},
    {"record.read", "type victim", "type " NAME_32 "x", false},
    {"record.read", "type victim", "type ", false},
    {"record.read", "type victim", "type Victim", false},
    {"record.read", "record 4", "record ", false},
    {"record.read", "record 4", "record 44", false},
    {"record.read", "record 4", "record G", false},
    {"record.read", "identity,facts", "identity", true},
    {"record.read", "identity,facts", "facts,identity", true},
    {"record.read", "identity,facts", "facts,facts", false},
    {"record.read", "identity,facts", "identity,facts,", false},
    {"record.read", "identity,facts", ",identity,facts", false},
    {"record.read", "identity,facts", "identity,,facts", false},
    {"record.read", "identity,facts", "identity, facts", false},
    {"record.read", "identity,facts", "", false},
    {"record.read", "identity,facts", ",", false},
    {"record.read", "identity,facts", COMPARTMENTS_12, true},
    {"record.read", "identity,facts", COMPARTMENTS_12 ",m", false},
    {"record.read", "identity,facts", NAME_32, true},
    {"record.read", "identity,facts", NAME_32 "x", false},
    {"record.save", BODY_OLD, "body " B64_31, false},
    {"record.save", BODY_OLD, "body " B64_33, false},
    {"record.save", BODY_OLD, "body " B64_BITS, false},
    {"record.save", BODY_OLD, "body ", false},
    {"record.list", "count 100", "count 18446744073709551615", true},
    {"record.list", "count 100", "count 18446744073709551616", false},
    {"record.list", "count 100", "count 0", true},
    {"record.list", "count 100", "count 0100", false},
    {"record.list", "count 100", "count ", false},
    {"record.list", "count 100", "count 1O0", false},
    {"log.read", "entry 18446744073709551615", "entry 18446744073709551616",
     false},
    {"log.read", "entry 18446744073709551615", "entry 00", false},
    {"log.read", "entry 18446744073709551615", "entry -", false},
    {"record.assign", "person yuki", "person " NAME_32, true},
    {"record.assign", "person yuki", "person " NAME_32 "x", false},
    {"record.assign", "person yuki", "person yu_ki", false},
    {"record.assign", "person yuki", "person Yuki", false},
    {"record.assign", "person yuki", "person ", false},
    {"staff.propose", "grants legal_officer", "grants legal-officer", false},
    {"staff.propose", "grants legal_officer", "grants " NAME_32, true},
    {"staff.propose", "grants legal_officer", "grants " NAME_32 "x", false},
    {"staff.propose", "until 1798675200000", "until -", true},
    {"staff.propose", "until 1798675200000", "until 0", false},
    {"staff.propose", "until 1798675200000", "until 01", false},
    {"staff.propose", "until 1798675200000", "until --", false},
    {"staff.propose", "until 1798675200000", "until 253402300799999", true},
    {"staff.propose", "until 1798675200000", "until 253402300800000", false},
    {"genesis", "vault -",
     "vault 1111111111111111111111111111111111111111111111111111111111111111",
     false},
    {"genesis", "log log.example", "log loh.example", false},
    {"genesis", "profile small-office", "profile " NAME_32, true},
    {"genesis", "profile small-office", "profile " NAME_32 "x", false},
    {"genesis", "profile small-office", "profile small_office", false},
    {"genesis", "policy 7", "policy ", false},
    {"genesis", "schema 8", "schema 88", false},
    {"genesis", "administrator hana-1 ", "administrator ", false},
    {"genesis", "administrator hana-1 ", "administrator hana_1 ", false},
    {"genesis", "administrator hana-1 ", "administrator hana-2 ", true},
    {"genesis", "supervisor sora ", "supervisor sora  ", false},
    {"genesis", "9k8o= ", "9k8o=", false},
    {"keys", "key victim.identity 1 ", "key victim.identity 01 ", false},
    {"keys", "key victim.identity 1 ", "key victim.identity 0 ", false},
    {"keys", "key victim.identity 1 ", "key victim.identity 2 ", true},
    {"keys", "key victim.identity 1 ", "key victim.identity.x 1 ", false},
    {"keys", "key victim.identity 1 ", "key victimidentity 1 ", false},
    {"keys", "key victim.identity 1 ", "key .identity 1 ", false},
    {"keys", "key victim.identity 1 ", "key victim. 1 ", false},
    {"keys", "key victim.identity 1 ", "key victim.identity ", false},
    {"keys", "key victim.identity 1 ", "key suspect.justice 4294967295 ",
     false},
    {"keys", "key victim.identity 1 ", "key suspect.justice 1 ", true},
    {"keys", " 4294967295 ", " 4294967296 ", false},
    {"keys", "key victim.identity 1 ", "key " NAME_32 "." NAME_32 " 1 ", true},
    {"keys", "key victim.identity 1 ", "key " NAME_32 "x.a 1 ", false},
    {"keys", "key victim.identity 1 ", "key a." NAME_32 "x 1 ", false},
    {"keys", "1 " PUB_OLD, "1 " B64_31, false},
    {"keys", "1 " PUB_OLD, "1 " B64_33, false},
    {"policy", "part 2/3", "part 3/3", true},
    {"policy", "part 2/3", "part 4/3", false},
    {"policy", "part 2/3", "part 0/3", false},
    {"policy", "part 2/3", "part 0/0", false},
    {"policy", "part 2/3", "part 02/3", false},
    {"policy", "part 2/3", "part 2/03", false},
    {"policy", "part 2/3", "part 2", false},
    {"policy", "part 2/3", "part 2/", false},
    {"policy", "part 2/3", "part 2/3/", false},
    {"policy", "part 2/3", "part /3", false},
    {"policy", "part 2/3", "part 4294967295/4294967295", true},
    {"policy", "part 2/3", "part 1/4294967296", false},
    {"policy", "| role intake", "| role intake\n| role intake", true},
    {"policy", "| role intake", "| ", false},
    {"policy", "| role intake", "|", false},
    {"policy", "| role intake", "|role intake", false},
    {"policy", "| role intake", "| role intake ", false},
    {"policy", "| role intake", "| | role", true},
    {"policy", "| role intake", "|  role", true},
};

static void
test_values_are_taken_in_their_one_form_and_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct buf note = replaced(values[i].act, values[i].from, values[i].to);

        if (parses_exactly(buf_bytes(&note)) != values[i].good)
            fail_msg("%s: \"%s\" is %s", values[i].act, values[i].to,
                     values[i].good ? "refused" : "taken");
        buf_free(&note);
    }
}

/* The origin stands in the signature's name, too. */
static void
test_origins_up_to_128_bytes_are_taken(void **state)
{
    struct sign_seed seed = seed_of(7);
    struct request r = sample(ACT_STORE_CHECK), back;
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    (void)snprintf(r.origin, sizeof r.origin, "%s", ORIGIN_64 ORIGIN_64);
    put(r.actor, NAME_32);
    assert_ok(request_sign(&r, &seed, &out));
    assert_ok(request_parse(buf_bytes(&out), &n, &back));
    assert_string_equal(back.origin, r.origin);
    assert_string_equal(back.actor, r.actor);
    buf_free(&out);
    assert_ok(buf_printf(
        &out, "svault/request/v1\norigin x%s\n%s" DASH "x%s/a AAAAAAA=\n",
        r.origin, strstr(vector("store.check"), "vault "), r.origin));
    assert_err(parse(buf_bytes(&out)), SV_ERR_FORMAT);
    buf_free(&out);
}

static void
test_the_actor_is_who_signs_under_the_origin(void **state)
{
    static const struct {
        const char *name;
        bool good;
    } names[] = {
        {"log.example/2026/hana-1", true},
        {"log.example/2026/" NAME_32, true},
        {"log.example/2026/" NAME_32 "x", false},
        {"log.example/2026/", false},
        {"log.example/2026", false},
        {"log.example/2026/Hana", false},
        {"log.example/2026/ha_na", false},
        {"log.example/2026/a/hana", false},
        {"log.example/2027/hana-1", false},
        {"xlog.example/2026/hana-1", false},
        {"hana-1", false},
        {"log.example/2026hana-1", false},
    };
    struct bytes lines[LINES_MAX];
    size_t n = lines_of(vector("record.read"), lines);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf note = note_of(lines, n);

        buf_truncate(&note, note.len - strlen(SIGNATURE));
        assert_ok(buf_printf(&note, "\n" DASH "%s AAAAAAA=\n", names[i].name));
        if (parses_exactly(buf_bytes(&note)) != names[i].good)
            fail_msg("%s", names[i].name);
        buf_free(&note);
    }
}

/* ---- keys that nothing can be sealed to ---- */

/* With the key in that place of the request, and not without it. */
static void
refuses_box(struct request *r, uint8_t place[static 32], const uint8_t *key)
{
    struct sign_seed seed = seed_of(7);
    struct buf out = BUF_INIT;
    struct request back;
    struct note n;
    uint8_t was[32];

    assert_ok(request_sign(r, &seed, &out));
    assert_ok(request_parse(buf_bytes(&out), &n, &back));
    buf_truncate(&out, 0);
    memcpy(was, place, sizeof was);
    memcpy(place, key, sizeof was);
    assert_ok(request_sign(r, &seed, &out));
    assert_err(request_parse(buf_bytes(&out), &n, &back), SV_ERR_FORMAT);
    memcpy(place, was, sizeof was);
    buf_free(&out);
}

static void
test_a_box_key_of_low_order_is_refused_wherever_it_stands(void **state)
{
    /* RFC 7748's points of order 1, 2, 4 and 8, and what is one of them
     * modulo 2^255 - 19. */
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };

    (void)state;
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++) {
        struct buf key = support_unhex(low[i]);
        struct request person = sample(ACT_STAFF_PROPOSE);
        struct request keys = sample(ACT_KEYS), genesis = sample(ACT_GENESIS);

        assert_false(box_public_ok(key.ptr));
        refuses_box(&person, person.box, key.ptr);
        for (unsigned k = 0; k < keys.n_keys; k++)
            refuses_box(&keys, keys.keys[k].pub, key.ptr);
        refuses_box(&genesis, genesis.genesis.gate_box, key.ptr);
        for (unsigned k = 0; k < genesis.genesis.n_founders; k++)
            refuses_box(&genesis, genesis.genesis.founders[k].box, key.ptr);
        buf_free(&key);
    }
}

/* ---- limits ---- */

static void
test_keys_up_to_the_limit_fit_at_their_longest(void **state)
{
    struct sign_seed seed = seed_of(7);
    struct request r = sample(ACT_KEYS), back;
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    (void)snprintf(r.origin, sizeof r.origin, "%s", ORIGIN_64 ORIGIN_64);
    put(r.actor, NAME_32);
    put(r.role, NAME_32);
    put(r.purpose, NAME_32);
    r.has_vault = true;
    r.seen_size = INT64_MAX;
    r.at_ms = UINT64_C(253402300799999);
    r.n_keys = REQUEST_KEYS_MAX;
    for (unsigned i = 0; i < r.n_keys; i++) {
        put(r.keys[i].type, NAME_32);
        put(r.keys[i].compartment, NAME_32);
        r.keys[i].epoch = UINT32_MAX - i;
        memset(r.keys[i].pub, 7, sizeof r.keys[i].pub);
    }
    assert_ok(request_sign(&r, &seed, &out));
    assert_true(out.len <= REQUEST_NOTE_MAX);
    assert_ok(request_parse(buf_bytes(&out), &n, &back));
    assert_int_equal(back.n_keys, REQUEST_KEYS_MAX);
    buf_free(&out);
    r.n_keys++;
    assert_err(request_encode(&r, &out), SV_ERR_RANGE);
    buf_free(&out);
}

static void
test_more_keys_than_the_limit_are_refused(void **state)
{
    struct bytes lines[LINES_MAX];
    size_t n = lines_of(vector("keys"), lines), len = 0;

    (void)state;
    /* up to as many as a note has room for */
    for (unsigned more = REQUEST_KEYS_MAX - 2; len <= REQUEST_NOTE_MAX;
         more++) {
        struct buf note = note_of(lines, n);

        buf_truncate(&note, note.len - strlen(SIGNATURE));
        for (unsigned i = 1; i <= more; i++)
            assert_ok(buf_printf(&note, "key a.b %u " BOX_32 "\n", i));
        assert_ok(buf_text(&note, SIGNATURE));
        assert_int_equal(parses_exactly(buf_bytes(&note)),
                         more + 2 == REQUEST_KEYS_MAX);
        len = note.len;
        buf_free(&note);
    }
}

static struct buf
policy_note(size_t lines, size_t len)
{
    struct bytes head[LINES_MAX];
    size_t n = lines_of(vector("policy"), head);
    struct buf out = note_of(head, n - 2);

    buf_truncate(&out, out.len - strlen(SIGNATURE));
    for (size_t i = 0; i < lines; i++) {
        uint8_t *at;

        assert_ok(buf_text(&out, "| "));
        assert_ok(buf_extend(&out, len, &at));
        memset(at, 'x', len);
        assert_ok(buf_text(&out, "\n"));
    }
    assert_ok(buf_text(&out, SIGNATURE));
    return out;
}

static void
test_text_up_to_the_limit_is_taken(void **state)
{
    static const struct {
        size_t lines, len;
        bool good;
    } cases[] = {
        {1, REQUEST_TEXT_MAX - 1, true},
        {1, REQUEST_TEXT_MAX, false},
        {1, REQUEST_TEXT_MAX + 1, false},
        {100, 23, true},
        {101, 23, false},
        {240, 9, true},
        {1, 0, false},
        /* Short lines fill the note before the text. */
        {600, 3, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf note = policy_note(cases[i].lines, cases[i].len);

        if (parses_exactly(buf_bytes(&note)) != cases[i].good)
            fail_msg("%zu lines of %zu", cases[i].lines, cases[i].len);
        buf_free(&note);
    }
}

/* Signatures count, too. */
static void
test_a_note_over_the_limit_is_refused(void **state)
{
    struct buf note = BUF_INIT;
    struct note n;

    (void)state;
    assert_ok(buf_text(&note, vector("store.check")));
    while (note.len <= REQUEST_NOTE_MAX) {
        assert_true(parses_exactly(buf_bytes(&note)));
        assert_ok(buf_text(&note, DASH ORIGIN_64 ORIGIN_64 " AAAAAAA=\n"));
    }
    assert_ok(note_parse(buf_bytes(&note), &n)); /* it is a note still */
    assert_false(parses_exactly(buf_bytes(&note)));
    buf_free(&note);
}

/* The promise of REQUEST_NOTE_MAX. */
static void
test_the_longest_request_fits_an_entry_at_its_longest(void **state)
{
    struct buf note = BUF_INIT, out = BUF_INIT;
    struct entry e;
    uint8_t *at;

    (void)state;
    memset(&e, 0, sizeof e);
    assert_ok(buf_extend(&note, REQUEST_NOTE_MAX, &at));
    memset(at, 'x', REQUEST_NOTE_MAX);
    memcpy(at, REQUEST_LABEL, strlen(REQUEST_LABEL));
    at[REQUEST_NOTE_MAX - 1] = '\n';
    e.index = e.roster = UINT64_MAX;
    e.has_roster = true;
    e.time_ms = UINT64_C(253402300799999);
    e.allowed = true;
    memset(e.rule, 'r', sizeof e.rule - 1);
    e.outcome = OUTCOME_NOT_FOUND;
    e.note = buf_bytes(&note);
    assert_ok(entry_encode(&e, &out));
    buf_free(&note);
    buf_free(&out);
}

/* ---- encoding ---- */

typedef void (*spoil_fn)(struct request *r);

static void
spoil_act(struct request *r)
{
    r->act = ACT_N;
}

static void
spoil_origin(struct request *r)
{
    r->origin[0] = '\0';
}

static void
spoil_role(struct request *r)
{
    put(r->role, "Role");
}

static void
spoil_purpose(struct request *r)
{
    r->purpose[0] = '\0';
}

static void
spoil_at(struct request *r)
{
    r->at_ms = UINT64_MAX;
}

static void
spoil_seen_size(struct request *r)
{
    r->seen_size = UINT64_MAX;
}

static void
spoil_seen_root(struct request *r)
{
    r->seen_size = 0;
}

static void
spoil_type(struct request *r)
{
    put(r->type, "a b");
}

static void
spoil_none(struct request *r)
{
    r->n_compartments = 0;
}

static void
spoil_many(struct request *r)
{
    r->n_compartments = REQUEST_COMPARTMENTS_MAX + 1;
}

static void
spoil_twice(struct request *r)
{
    put(r->compartments[1], "identity");
}

static void
test_values_without_a_form_are_not_encoded(void **state)
{
    static const struct {
        const char *name;
        spoil_fn spoil;
        enum sv_err err;
    } cases[] = {
        {"act", spoil_act, SV_ERR_FORMAT},
        {"origin", spoil_origin, SV_ERR_FORMAT},
        {"role", spoil_role, SV_ERR_FORMAT},
        {"purpose", spoil_purpose, SV_ERR_FORMAT},
        {"at", spoil_at, SV_ERR_RANGE},
        {"seen size", spoil_seen_size, SV_ERR_RANGE},
        {"seen root", spoil_seen_root, SV_ERR_FORMAT},
        {"type", spoil_type, SV_ERR_FORMAT},
        {"no compartment", spoil_none, SV_ERR_RANGE},
        {"too many compartments", spoil_many, SV_ERR_RANGE},
        {"a compartment twice", spoil_twice, SV_ERR_FORMAT},
    };
    struct sign_seed seed = seed_of(7);
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&out, "kept"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request r = sample(ACT_RECORD_READ);

        print_message("%s\n", cases[i].name);
        cases[i].spoil(&r);
        assert_err(request_encode(&r, &out), cases[i].err);
        assert_err(request_sign(&r, &seed, &out), cases[i].err);
        assert_int_equal(out.len, 4);
    }
    buf_free(&out);
}

static void
test_an_actor_without_a_work_name_does_not_sign(void **state)
{
    static const char *const names[] = {"", "A", "a/b", "a b", "a_b", "a+b"};
    struct sign_seed seed = seed_of(7);
    struct buf out = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct request r = sample(ACT_STORE_CHECK);

        put(r.actor, names[i]);
        assert_err(request_sign(&r, &seed, &out), SV_ERR_FORMAT);
    }
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
test_policy_text_that_a_terminal_would_obey_is_not_encoded(void **state)
{
    static const char *const texts[] = {
        "",        "no end",     "\n",    "a\n\nb\n",    "a \n",
        "a\tb\n",  "a\x1b[0m\n", "a\r\n", "\u202eabc\n", "\xc2\x9b[1m\n",
        "a\xff\n", "\x7f\n",
    };
    struct buf out = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct request r = sample(ACT_POLICY);

        (void)snprintf(r.text, sizeof r.text, "%s", texts[i]);
        if (request_encode(&r, &out) == SV_OK)
            fail_msg("text %zu is encoded", i);
    }
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

/* ---- any change at all ---- */

static void
test_any_changed_byte_fails_or_is_what_the_new_bytes_say(void **state)
{
    (void)state;
    for (size_t a = 0; a < VECTORS; a++) {
        struct buf note = BUF_INIT;
        unsigned taken = 0;

        assert_ok(buf_text(&note, request_vectors[a].text));
        for (size_t i = 0; i < note.len; i++) {
            for (unsigned b = 0; b < 8; b++) {
                note.ptr[i] ^= (uint8_t)(1u << b);
                taken += parses_exactly(buf_bytes(&note));
                note.ptr[i] ^= (uint8_t)(1u << b);
            }
        }
        assert_true(taken > 0); /* another id, for one */
        buf_free(&note);
    }
}

static void
test_a_request_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t a = 0; a < VECTORS; a++) {
        struct bytes note = bytes_text(request_vectors[a].text);

        for (size_t len = 0; len < note.len; len++) {
            /* Without its second signature it is a whole note. */
            if ((a == ACT_GENESIS || a == ACT_RESTORE) && len > 0 &&
                note.ptr[len - 1] == '\n' && len > note.len - 200)
                continue;
            assert_err(parse(bytes_slice(note, 0, len)), SV_ERR_FORMAT);
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

/* One random edit: replace, drop or double a byte or a piece. */
static void
mutate(struct buf *note, uint32_t *x)
{
    static const char pool[17] = " \n0129aZz-,.|/+=";
    struct buf out = BUF_INIT;
    size_t at = next_random(x) % note->len;
    size_t len = next_random(x) % 3 == 0 ? next_random(x) % 80 : 1;
    struct bytes all = buf_bytes(note), piece;

    if (len > note->len - at)
        len = note->len - at;
    piece = bytes_slice(all, at, len);
    switch (next_random(x) % 4) {
    case 0:
        note->ptr[at] = (uint8_t)next_random(x);
        return;
    case 1:
        note->ptr[at] = (uint8_t)pool[next_random(x) % 17];
        return;
    case 2:
        assert_ok(buf_append(&out, bytes_slice(all, 0, at)));
        break;
    default:
        assert_ok(buf_append(&out, bytes_slice(all, 0, at + len)));
        assert_ok(buf_append(&out, piece));
        break;
    }
    assert_ok(buf_append(&out, bytes_slice(all, at + len, all.len - at - len)));
    buf_free(note);
    *note = buf_take(&out);
    if (note->len == 0)
        assert_ok(buf_text(note, "\n"));
}

static void
test_random_edits_fail_or_are_what_the_new_bytes_say(void **state)
{
    uint32_t x = 0x5ea1ed01;
    unsigned taken = 0;

    (void)state;
    for (unsigned i = 0; i < 40000; i++) {
        struct buf note = BUF_INIT;
        unsigned edits = 1 + next_random(&x) % 3;

        assert_ok(buf_text(&note, request_vectors[i % VECTORS].text));
        while (edits-- > 0)
            mutate(&note, &x);
        taken += parses_exactly(buf_bytes(&note));
        buf_free(&note);
    }
    assert_true(taken > 100);
}

/* ---- acts and items ---- */

static void
test_two_acts_are_signed_by_a_second_person(void **state)
{
    (void)state;
    for (int act = 0; act < ACT_N; act++) {
        struct request r = sample((enum request_act)act);
        bool two = act == ACT_GENESIS || act == ACT_RESTORE;

        assert_string_equal(request_second(&r), two ? "sora" : "");
    }
}

static void
test_names_of_acts_go_both_ways(void **state)
{
    enum request_act act;

    (void)state;
    for (unsigned a = 0; a < ACT_N; a++) {
        const char *name = request_act_name((enum request_act)a);

        assert_non_null(name);
        assert_ok(request_act_parse(bytes_text(name), &act));
        assert_int_equal(act, a);
    }
    assert_null(request_act_name(ACT_N));
    assert_int_equal(request_act_lines(ACT_N), 0);
    assert_false(request_act_is_roster(ACT_N));
    assert_err(request_act_parse(bytes_text("record"), &act), SV_ERR_NOT_FOUND);
    assert_err(request_act_parse(bytes_text(""), &act), SV_ERR_NOT_FOUND);
}

static void
test_acts_have_the_lines_that_the_format_lists(void **state)
{
    static const unsigned lines[ACT_N] = {
        [ACT_GENESIS] = LINE_GENESIS,
        [ACT_POLICY] = LINE_TEXT,
        [ACT_KEYS] = LINE_BODY | LINE_KEYS,
        [ACT_STAFF_PROPOSE] =
            LINE_PERSON | LINE_SIGN | LINE_BOX | LINE_GRANTS | LINE_UNTIL,
        [ACT_STAFF_CONFIRM] =
            LINE_BODY | LINE_ENTRY | LINE_PERSON | LINE_GRANTS,
        [ACT_STAFF_REPLACE] = LINE_PERSON | LINE_SIGN | LINE_BOX,
        [ACT_STAFF_REINSTATE] = LINE_BODY | LINE_ENTRY | LINE_PERSON,
        [ACT_STAFF_REVOKE] = LINE_PERSON | LINE_GRANTS,
        [ACT_STAFF_SUSPEND] = LINE_PERSON,
        [ACT_RECORD_FIND] = LINE_TYPE | LINE_BODY,
        [ACT_FLAG_ACKNOWLEDGE] = LINE_ENTRY,
        [ACT_COUNTS_PREVIEW] = LINE_BODY,
        [ACT_RELEASE_REQUEST] = LINE_BODY | LINE_PROFILE,
        [ACT_RELEASE_SHOW] = LINE_ENTRY,
        [ACT_RELEASE_ACKNOWLEDGE] = LINE_BODY | LINE_COUNT | LINE_ENTRY,
        [ACT_RELEASE_APPROVE] = LINE_BODY | LINE_ENTRY,
        [ACT_RELEASE_REFUSE] = LINE_ENTRY,
        [ACT_RELEASE_FETCH] = LINE_ENTRY,
        [ACT_RECORD_CREATE] =
            LINE_TYPE | LINE_RECORD | LINE_COMPARTMENTS | LINE_BODY,
        [ACT_RECORD_IMPORT] = LINE_TYPE | LINE_BODY | LINE_COUNT,
        [ACT_RECORD_SAVE] =
            LINE_TYPE | LINE_RECORD | LINE_COMPARTMENTS | LINE_BODY,
        [ACT_RECORD_READ] = LINE_TYPE | LINE_RECORD | LINE_COMPARTMENTS,
        [ACT_RECORD_LIST] = LINE_TYPE | LINE_ENTRY | LINE_COUNT,
        [ACT_RECORD_HISTORY] = LINE_TYPE | LINE_RECORD,
        [ACT_RECORD_ASSIGN] = LINE_TYPE | LINE_RECORD | LINE_PERSON,
        [ACT_RECORD_UNASSIGN] = LINE_TYPE | LINE_RECORD | LINE_PERSON,
        [ACT_LOG_READ] = LINE_ENTRY | LINE_COUNT,
        [ACT_BACKUP_READ] = LINE_ENTRY | LINE_COUNT,
        [ACT_RESTORE] = LINE_RESTORE,
    };

    (void)state;
    for (unsigned a = 0; a < ACT_N; a++) {
        assert_int_equal(request_act_lines((enum request_act)a), lines[a]);
        assert_int_equal(request_act_is_roster((enum request_act)a),
                         a <= ACT_STAFF_SUSPEND || a == ACT_RESTORE);
    }
}

static void
test_an_item_has_the_known_leaf_and_each_field_changes_it(void **state)
{
    struct item it, other;
    struct hash leaf, changed;

    (void)state;
    memset(&it, 0, sizeof it);
    FILL(it.record.b, 0x44);
    put(it.compartment, "identity");
    it.version = UINT64_MAX;
    FILL(it.hash, 0x5a);
    leaf = item_leaf(&it);
    assert_hex(BYTES(leaf.b), ITEM_LEAF_VECTOR);
    for (int i = 0; i < 4; i++) {
        other = it;
        if (i == 0)
            other.record.b[15] ^= 1;
        else if (i == 1)
            other.compartment[0] ^= 1;
        else if (i == 2)
            other.version--;
        else
            other.hash[31] ^= 1;
        changed = item_leaf(&other);
        assert_false(hash_equal(&leaf, &changed));
    }
    put(it.compartment, NAME_32);
    changed = item_leaf(&it);
    other = it;
    other.hash[31] ^= 1; /* the end counts at the longest, too */
    leaf = item_leaf(&other);
    assert_false(hash_equal(&leaf, &changed));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_act_is_signed_as_its_vector),
        cmocka_unit_test(test_each_vector_parses_to_its_values),
        cmocka_unit_test(test_a_line_that_is_missing_is_refused),
        cmocka_unit_test(test_a_line_that_is_doubled_is_refused),
        cmocka_unit_test(test_lines_out_of_order_are_refused),
        cmocka_unit_test(test_a_line_that_the_act_does_not_have_is_refused),
        cmocka_unit_test(
            test_spaces_line_ends_and_control_characters_are_refused),
        cmocka_unit_test(test_values_are_taken_in_their_one_form_and_range),
        cmocka_unit_test(test_origins_up_to_128_bytes_are_taken),
        cmocka_unit_test(test_the_actor_is_who_signs_under_the_origin),
        cmocka_unit_test(test_keys_up_to_the_limit_fit_at_their_longest),
        cmocka_unit_test(
            test_a_box_key_of_low_order_is_refused_wherever_it_stands),
        cmocka_unit_test(test_more_keys_than_the_limit_are_refused),
        cmocka_unit_test(test_text_up_to_the_limit_is_taken),
        cmocka_unit_test(test_a_note_over_the_limit_is_refused),
        cmocka_unit_test(test_the_longest_request_fits_an_entry_at_its_longest),
        cmocka_unit_test(test_values_without_a_form_are_not_encoded),
        cmocka_unit_test(test_an_actor_without_a_work_name_does_not_sign),
        cmocka_unit_test(
            test_policy_text_that_a_terminal_would_obey_is_not_encoded),
        cmocka_unit_test(
            test_any_changed_byte_fails_or_is_what_the_new_bytes_say),
        cmocka_unit_test(test_a_request_cut_anywhere_is_refused),
        cmocka_unit_test(test_random_edits_fail_or_are_what_the_new_bytes_say),
        cmocka_unit_test(test_two_acts_are_signed_by_a_second_person),
        cmocka_unit_test(test_names_of_acts_go_both_ways),
        cmocka_unit_test(test_acts_have_the_lines_that_the_format_lists),
        cmocka_unit_test(
            test_an_item_has_the_known_leaf_and_each_field_changes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
