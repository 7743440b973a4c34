#include <sys/mman.h>
#include <unistd.h>

#include "audit/note.h"
#include "tests/support/support.h"

#define DASH "\xe2\x80\x94 "

/* The seed of a signer key text: base64 of type and seed. */
static struct sign_seed
seed_of(const char *base64)
{
    uint8_t raw[1 + SIGN_SEED_LEN];
    struct sign_seed seed;

    assert_ok(text_unbase64_n(bytes_text(base64), raw, sizeof raw));
    assert_int_equal(raw[0], NOTE_TYPE_ED25519);
    memcpy(seed.b, raw + 1, sizeof seed.b);
    return seed;
}

static struct sign_public
key_of(const char *vkey)
{
    char name[NOTE_NAME_MAX + 1];
    struct sign_public key;

    assert_ok(note_vkey_parse(bytes_text(vkey), name, sizeof name, &key));
    return key;
}

/* ---- known answers: golang.org/x/mod/sumdb/note and C2SP signed-note ---- */

#define PETER_SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_VKEY                                                             \
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define ENOCH_VKEY                                                             \
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define PROBLEM                                                                \
    "If you think cryptography is the answer to your problem,\n"               \
    "then you don't know what your problem is.\n"
#define PETER_LINE                                                             \
    DASH                                                                       \
        "PeterNeumann "                                                        \
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf" \
        "qdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_LINE                                                             \
    DASH                                                                       \
        "EnochRoot "                                                           \
        "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01" \
        "oOTGwnWLox33WWd1RvMc+QQ=\n"

static const struct {
    const char *name, *vkey, *note;
} known[] = {
    {"PeterNeumann", PETER_VKEY, PROBLEM "\n" PETER_LINE},
    {"EnochRoot", ENOCH_VKEY, PROBLEM "\n" PETER_LINE ENOCH_LINE},
    {"example.com/foo",
     "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
     "This is an example message.\n\n" DASH "example.com/foo "
     "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
     "RKuwHjG1Yu72IneyaQM=\n"},
    {"sum.golang.org",
     "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
     "go.sum database tree\n6476701\n"
     "mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n" DASH "sum.golang.org "
     "Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfv"
     "imWEPWL+o3GeoWwOoAw=\n"},
};

static void
test_known_notes_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sign_public key = key_of(known[i].vkey);
        struct note n;

        print_message("%s\n", known[i].name);
        assert_ok(note_parse(bytes_text(known[i].note), &n));
        assert_ok(note_verify(&n, known[i].name, &key));
    }
}

static void
test_a_note_is_signed_byte_for_byte_as_others_sign_it(void **state)
{
    struct sign_seed peter = seed_of(PETER_SEED), enoch = {{0}};
    struct buf out = BUF_INIT;
    struct bytes text = bytes_text(PROBLEM);

    (void)state;
    assert_ok(note_sign(text, "PeterNeumann", &peter, &out));
    assert_ok(note_add_signature(text, "EnochRoot", &enoch, &out));
    assert_true(bytes_equal(buf_bytes(&out), bytes_text(known[1].note)));
    buf_free(&out);
}

static void
test_known_keys_have_their_texts(void **state)
{
    struct sign_seed peter = seed_of(PETER_SEED), enoch = {{0}};
    char text[NOTE_VKEY_SIZE], name[NOTE_NAME_MAX + 1];
    struct sign_public key, back;

    (void)state;
    sign_public_of(&peter, &key);
    assert_ok(note_vkey("PeterNeumann", &key, text));
    assert_string_equal(text, PETER_VKEY);
    sign_public_of(&enoch, &key);
    assert_ok(note_vkey("EnochRoot", &key, text));
    assert_string_equal(text, ENOCH_VKEY);
    assert_ok(note_vkey_parse(bytes_text(text), name, sizeof name, &back));
    assert_string_equal(name, "EnochRoot");
    assert_memory_equal(&back, &key, sizeof key);
}

/* ---- altered ---- */

static void
test_any_altered_byte_fails_the_note(void **state)
{
    struct sign_public peter = key_of(PETER_VKEY), enoch = key_of(ENOCH_VKEY);
    struct buf note = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&note, known[1].note));
    for (size_t i = 0; i < note.len; i++) {
        for (unsigned b = 0; b < 8; b++) {
            struct note n;

            note.ptr[i] ^= (uint8_t)(1u << b);
            if (note_parse(buf_bytes(&note), &n) == SV_OK &&
                note_verify(&n, "PeterNeumann", &peter) == SV_OK &&
                note_verify(&n, "EnochRoot", &enoch) == SV_OK)
                fail_msg("bit %u of byte %zu does not matter", b, i);
            note.ptr[i] ^= (uint8_t)(1u << b);
        }
    }
    buf_free(&note);
}

static void
test_a_note_cut_anywhere_fails(void **state)
{
    struct bytes all = bytes_text(known[1].note);
    struct sign_public enoch = key_of(ENOCH_VKEY);

    (void)state;
    for (size_t len = 0; len < all.len; len++) {
        struct note n;

        if (note_parse(bytes_slice(all, 0, len), &n) == SV_OK)
            assert_err(note_verify(&n, "EnochRoot", &enoch), SV_ERR_NOT_FOUND);
    }
}

static void
test_unknown_signatures_are_ignored_and_failing_ones_are_not(void **state)
{
    struct sign_public peter = key_of(PETER_VKEY), enoch = key_of(ENOCH_VKEY);
    struct sign_seed other_seed = {{1}};
    struct sign_public other;
    struct note n;

    (void)state;
    sign_public_of(&other_seed, &other);
    assert_ok(note_parse(bytes_text(known[1].note), &n));
    assert_err(note_verify(&n, "PeterNeumann", &other), SV_ERR_NOT_FOUND);
    assert_err(note_verify(&n, "Peter", &peter), SV_ERR_NOT_FOUND);
    assert_err(note_verify(&n, "EnochRoot", &peter), SV_ERR_NOT_FOUND);
    assert_ok(note_verify(&n, "EnochRoot", &enoch));
    /* A good one does not make up for a bad one of the same key. */
    assert_ok(note_parse(
        bytes_text(PROBLEM
                   "\n" PETER_LINE DASH "PeterNeumann "
                   "x08go/AJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN"
                   "1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"),
        &n));
    assert_err(note_verify(&n, "PeterNeumann", &peter), SV_ERR_TAMPERED);
    /* Nor does one too short to be a signature of that key. */
    assert_ok(note_parse(
        bytes_text(PROBLEM "\n" PETER_LINE DASH "PeterNeumann x08go/AA\n"),
        &n));
    assert_err(note_verify(&n, "PeterNeumann", &peter), SV_ERR_TAMPERED);
}

static void
test_a_signature_covers_its_text_only(void **state)
{
    struct sign_public peter = key_of(PETER_VKEY);
    struct note n;

    (void)state;
    assert_ok(note_parse(bytes_text("More.\n" PROBLEM "\n" PETER_LINE), &n));
    assert_err(note_verify(&n, "PeterNeumann", &peter), SV_ERR_TAMPERED);
    assert_ok(note_parse(bytes_text(PROBLEM "\n\n" PETER_LINE), &n));
    assert_true(bytes_equal(n.text, bytes_text(PROBLEM "\n")));
    assert_err(note_verify(&n, "PeterNeumann", &peter), SV_ERR_TAMPERED);
}

/* ---- the form ---- */

static const struct {
    const char *name, *note;
} malformed[] = {
    {"empty", ""},
    {"no signature", PROBLEM},
    {"an empty line and no signature", PROBLEM "\n"},
    {"no text", "\n" PETER_LINE},
    {"no empty line", PROBLEM PETER_LINE},
    {"a byte and no empty line", "x" PETER_LINE},
    {"two bytes and no empty line", "xy" PETER_LINE},
    {"an empty line behind the signatures", PROBLEM "\n" PETER_LINE "\n"},
    {"no LF at the end", PROBLEM "\n" DASH "a AAAAAAA="},
    {"a line that is no signature", PROBLEM "\n" PETER_LINE "x\n"},
    {"a hyphen for the dash", PROBLEM "\n- a AAAAAAA=\n"},
    {"an en dash", PROBLEM "\n\xe2\x80\x93 a AAAAAAA=\n"},
    {"no name", PROBLEM "\n" DASH " AAAAAAA=\n"},
    {"no value", PROBLEM "\n" DASH "a\n"},
    {"an empty value", PROBLEM "\n" DASH "a \n"},
    {"two spaces", PROBLEM "\n" DASH "a  AAAAAAA=\n"},
    {"a space at the end", PROBLEM "\n" DASH "a AAAAAAA= \n"},
    {"a third word", PROBLEM "\n" DASH "a AAAAAAA= x\n"},
    {"a key id alone", PROBLEM "\n" DASH "a AAAAAA==\n"},
    {"no padding", PROBLEM "\n" DASH "a AAAAAAA\n"},
    {"trailing bits", PROBLEM "\n" DASH "a AAAAAAB=\n"},
    {"padding inside", PROBLEM "\n" DASH "a AA==AAAA\n"},
    {"the other alphabet", PROBLEM "\n" DASH "a AAAAAA_=\n"},
    {"a plus in the name", PROBLEM "\n" DASH "a+b AAAAAAA=\n"},
    {"a no-break space in the name", PROBLEM "\n" DASH "a\u00a0b AAAAAAA=\n"},
    {"an ideographic space in the name",
     PROBLEM "\n" DASH "a\u3000b AAAAAAA=\n"},
    {"a line separator in the name", PROBLEM "\n" DASH "a\u2028b AAAAAAA=\n"},
    {"a tab in the name", PROBLEM "\n" DASH "a\tb AAAAAAA=\n"},
    {"a C1 control in the name", PROBLEM "\n" DASH "a\xc2\x85"
                                         "b AAAAAAA=\n"},
    {"CRLF in the text", "text\r\n\n" PETER_LINE},
    {"CRLF behind a signature", PROBLEM "\n" DASH "a AAAAAAA=\r\n"},
    {"a tab in the text", "te\txt\n\n" PETER_LINE},
    {"an escape in the text", "te\x1bxt\n\n" PETER_LINE},
    {"broken UTF-8 in the text", "te\xc3\n\n" PETER_LINE},
    {"an overlong form", "te\xc0\xaf\n\n" PETER_LINE},
    {"a surrogate", "te\xed\xa0\x80\n\n" PETER_LINE},
    {"broken UTF-8 in the name", PROBLEM "\n" DASH "a\xff AAAAAAA=\n"},
};

static void
test_malformed_notes_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        struct note n = {.n = 77};

        print_message("%s\n", malformed[i].name);
        assert_err(note_parse(bytes_text(malformed[i].note), &n),
                   SV_ERR_FORMAT);
        assert_int_equal(n.n, 77);
    }
    /* What the cases above are one change away from does parse. */
    {
        struct note n;

        assert_ok(note_parse(bytes_text(PROBLEM "\n" DASH "a AAAAAAA=\n"), &n));
        assert_ok(note_parse(
            bytes_text("\u65e5\u672c\n\n" DASH "\u00e9 AAAAAAA=\n"), &n));
    }
}

static void
test_a_nul_in_a_note_is_refused(void **state)
{
    struct buf note = BUF_INIT;
    struct note n;

    (void)state;
    assert_ok(buf_text(&note, known[0].note));
    note.ptr[3] = 0;
    assert_err(note_parse(buf_bytes(&note), &n), SV_ERR_FORMAT);
    buf_free(&note);
}

static void
test_text_may_hold_empty_lines(void **state)
{
    struct sign_seed seed = {{3}};
    struct sign_public key;
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    sign_public_of(&seed, &key);
    for (size_t i = 0; i < 4; i++) {
        static const char *const texts[] = {"a\n\nb\n", "\na\n", "a\n\n", "\n"};

        buf_truncate(&out, 0);
        assert_ok(note_sign(bytes_text(texts[i]), "me", &seed, &out));
        assert_ok(note_parse(buf_bytes(&out), &n));
        assert_true(bytes_equal(n.text, bytes_text(texts[i])));
        assert_ok(note_verify(&n, "me", &key));
    }
    buf_free(&out);
}

static void
test_up_to_the_limit_of_signatures_parse(void **state)
{
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    assert_ok(buf_text(&out, "text\n\n"));
    for (unsigned i = 0; i < NOTE_SIGNATURES_MAX; i++)
        assert_ok(buf_printf(&out, DASH "name%u AAAAAAA=\n", i));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_int_equal(n.n, NOTE_SIGNATURES_MAX);
    assert_true(bytes_equal(n.signature[31].name, bytes_text("name31")));
    {
        struct sign_seed seed = {{1}};
        size_t was = out.len;

        assert_err(note_add_signature(bytes_text("text\n"), "me", &seed, &out),
                   SV_ERR_RANGE);
        assert_int_equal(out.len, was);
    }
    assert_ok(buf_text(&out, DASH "more AAAAAAA=\n"));
    assert_err(note_parse(buf_bytes(&out), &n), SV_ERR_FORMAT);
    buf_free(&out);
}

/* Another kind's signature, such as ML-DSA's, must not hide the one we know. */
static void
test_long_signatures_of_other_kinds_are_passed_over(void **state)
{
    struct sign_public peter = key_of(PETER_VKEY);
    uint8_t raw[4 + 8 + 2420] = {1, 2, 3, 4, 5};
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    assert_ok(buf_text(&out, PROBLEM "\n" DASH "witness "));
    assert_ok(text_base64_append(&out, BYTES(raw)));
    assert_ok(buf_text(&out, "\n" PETER_LINE));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_int_equal(n.n, 2);
    assert_int_equal(n.signature[0].raw_len, 0);
    assert_ok(note_verify(&n, "PeterNeumann", &peter));
    buf_free(&out);
}

static void
test_names_follow_the_rules(void **state)
{
    char name[NOTE_NAME_MAX + 2];

    (void)state;
    assert_true(note_name_ok(bytes_text("a")));
    assert_true(note_name_ok(bytes_text("example.com/2026/hana-1")));
    assert_true(note_name_ok(bytes_text("\u6771\u4eac")));
    assert_false(note_name_ok(bytes_text("")));
    assert_false(note_name_ok(bytes_text("a b")));
    assert_false(note_name_ok(bytes_text("a+b")));
    assert_false(note_name_ok(bytes_text("a\u2003")));
    assert_false(note_name_ok(bytes_of("a\0b", 3)));
    assert_false(note_name_ok(bytes_text("a\x7f")));
    /* In the middle of a character, with the rest of it behind. */
    assert_false(note_name_ok(bytes_of("a\u6771", 3)));
    memset(name, 'x', sizeof name);
    assert_true(note_name_ok(bytes_of(name, NOTE_NAME_MAX)));
    assert_false(note_name_ok(bytes_of(name, NOTE_NAME_MAX + 1)));
}

/* Each byte at each place, among plain ones: words of eight are looked at. */
static void
test_control_characters_are_refused_wherever_they_stand(void **state)
{
    uint8_t text[27];

    (void)state;
    for (size_t len = 1; len <= sizeof text; len++) {
        for (size_t at = 0; at + 1 < len; at++) {
            for (unsigned c = 0; c < 0x80; c++) {
                memset(text, 'a', len);
                text[len - 1] = '\n';
                text[at] = (uint8_t)c;
                assert_int_equal(note_text_ok(bytes_of(text, len)),
                                 c >= 0x20 || c == '\n');
            }
        }
    }
}

/* Before and behind it is nothing that may be read. */
static void
test_text_is_read_from_its_beginning_to_its_end(void **state)
{
    static const char alone[] = "\n" DASH "a AAAAAAA=\n";
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages =
        mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *at = pages + page;
    struct note n;

    (void)state;
    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(at, page, PROT_READ | PROT_WRITE), 0);
    memset(at, 'a', page);
    at[page - 1] = '\n';
    for (size_t len = 1; len < 40; len++)
        assert_true(note_text_ok(bytes_of(at + page - len, len)));
    memcpy(at, alone, strlen(alone));
    assert_err(note_parse(bytes_of(at, strlen(alone)), &n), SV_ERR_FORMAT);
    assert_int_equal(munmap(pages, 3 * page), 0);
}

/* The lines of n bytes without their LF, with names that make them so long. */
static void
put_long_line(struct buf *out, size_t n)
{
    static const uint8_t raw[6144];
    /* Dash, space, name and space around base64 in fours. */
    size_t name = 1 + (n - 6) % 4, base64 = n - 5 - name;

    assert_ok(buf_text(out, DASH));
    assert_ok(buf_append(out, bytes_of("wwww", name)));
    assert_ok(buf_text(out, " "));
    assert_ok(text_base64_append(out, bytes_of(raw, base64 / 4 * 3)));
    assert_ok(buf_text(out, "\n"));
}

#define LINE_MAX 8192 /* without its LF */

static void
test_signature_lines_have_a_longest_one(void **state)
{
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    for (size_t len = LINE_MAX - 5; len < LINE_MAX + 5; len++) {
        buf_truncate(&out, 0);
        assert_ok(buf_text(&out, "text\n\n"));
        put_long_line(&out, len);
        assert_int_equal(out.len, 6 + len + 1);
        assert_err(note_parse(buf_bytes(&out), &n),
                   len <= LINE_MAX ? SV_OK : SV_ERR_FORMAT);
    }
    buf_free(&out);
}

/* The longest text and as many long lines as there may be: in all no more
 * than both limits make. */
static void
test_notes_have_a_longest_one(void **state)
{
    const size_t max = NOTE_TEXT_MAX + NOTE_SIGNATURES_MAX * (size_t)LINE_MAX;
    struct buf out = BUF_INIT;
    struct note n;
    uint8_t *at;

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        buf_truncate(&out, 0);
        assert_ok(buf_extend(&out, NOTE_TEXT_MAX, &at));
        memset(out.ptr, 'a', out.len - 1);
        out.ptr[out.len - 1] = '\n';
        assert_ok(buf_text(&out, "\n"));
        for (unsigned i = 0; i + 1 < NOTE_SIGNATURES_MAX; i++)
            put_long_line(&out, LINE_MAX - 1);
        put_long_line(&out, max + more - out.len - 1);
        assert_int_equal(out.len, max + more);
        assert_err(note_parse(buf_bytes(&out), &n),
                   more == 0 ? SV_OK : SV_ERR_FORMAT);
    }
    assert_int_equal(n.n, NOTE_SIGNATURES_MAX);
    buf_free(&out);
}

/* One byte more than is kept: of another kind, and none of its bytes count. */
static void
test_signature_longer_than_is_kept_has_no_length(void **state)
{
    const struct {
        size_t raw, kept;
    } cases[] = {{1, 1},
                 {NOTE_SIGNATURE_MAX, NOTE_SIGNATURE_MAX},
                 {NOTE_SIGNATURE_MAX + 1, 0}};
    uint8_t raw[4 + NOTE_SIGNATURE_MAX + 1] = {1, 2, 3, 4};
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_truncate(&out, 0);
        assert_ok(buf_text(&out, "text\n\n" DASH "a "));
        assert_ok(text_base64_append(&out, bytes_of(raw, 4 + cases[i].raw)));
        assert_ok(buf_text(&out, "\n"));
        assert_ok(note_parse(buf_bytes(&out), &n));
        assert_int_equal(n.signature[0].raw_len, cases[i].kept);
        assert_memory_equal(n.signature[0].key_id, raw, 4);
    }
    buf_free(&out);
}

/* Behind the 64 bytes of a good one nothing may stand. */
static void
test_signature_with_something_behind_it_fails(void **state)
{
    struct sign_seed seed = {{1}};
    struct sign_public key;
    uint8_t id[4], raw[SIGN_LEN + 1] = {0};

    (void)state;
    sign_public_of(&seed, &key);
    note_key_id(bytes_text("me"), NOTE_TYPE_ED25519, &key, id);
    sign(&seed, bytes_text("text\n"), raw);
    for (size_t len = SIGN_LEN - 1; len <= SIGN_LEN + 1; len++) {
        struct buf out = BUF_INIT;
        struct note n;

        assert_ok(buf_text(&out, "text\n\n"));
        assert_ok(note_line("me", id, bytes_of(raw, len), &out));
        assert_ok(note_parse(buf_bytes(&out), &n));
        assert_err(note_verify(&n, "me", &key),
                   len == SIGN_LEN ? SV_OK : SV_ERR_TAMPERED);
        buf_free(&out);
    }
}

/* ---- signing what must not be signed ---- */

static void
test_only_well_formed_text_is_signed(void **state)
{
    static const struct {
        const char *text, *name;
    } bad[] = {
        {"", "me"},         {"no end", "me"},   {"a\r\n", "me"},
        {"a\tb\n", "me"},   {"a\x1b\n", "me"},  {"a\xff\n", "me"},
        {"fine\n", ""},     {"fine\n", "a b"},  {"fine\n", "a+b"},
        {"fine\n", "a\nb"}, {"fine\n", "\xff"},
    };
    struct sign_seed seed = {{1}};
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&out, "kept"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_err(note_sign(bytes_text(bad[i].text), bad[i].name, &seed, &out),
                   SV_ERR_FORMAT);
        assert_int_equal(out.len, 4);
    }
    buf_free(&out);
}

static void
test_text_over_the_limit_is_not_signed_and_not_parsed(void **state)
{
    struct sign_seed seed = {{1}};
    struct buf text = BUF_INIT, out = BUF_INIT;
    struct note n;
    uint8_t *at;

    (void)state;
    assert_ok(buf_extend(&text, NOTE_TEXT_MAX, &at));
    memset(text.ptr, 'a', text.len);
    text.ptr[text.len - 1] = '\n';
    assert_ok(note_sign(buf_bytes(&text), "me", &seed, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    text.ptr[text.len - 1] = 'a';
    assert_ok(buf_text(&text, "\n"));
    buf_truncate(&out, 0);
    assert_err(note_sign(buf_bytes(&text), "me", &seed, &out), SV_ERR_RANGE);
    assert_int_equal(out.len, 0);
    assert_ok(buf_append(&out, buf_bytes(&text)));
    assert_ok(buf_text(&out, "\n" DASH "a AAAAAAA=\n"));
    assert_err(note_parse(buf_bytes(&out), &n), SV_ERR_FORMAT);
    buf_free(&text);
    buf_free(&out);
}

static void
test_a_signature_is_added_to_its_own_note_only(void **state)
{
    struct sign_seed seed = {{1}};
    struct buf out = BUF_INIT;
    size_t was;

    (void)state;
    assert_err(note_add_signature(bytes_text("a\n"), "me", &seed, &out),
               SV_ERR_FORMAT);
    assert_ok(note_sign(bytes_text("a\n"), "me", &seed, &out));
    was = out.len;
    assert_err(note_add_signature(bytes_text("b\n"), "me", &seed, &out),
               SV_ERR_FORMAT);
    assert_err(note_add_signature(bytes_text("a\n"), "m e", &seed, &out),
               SV_ERR_FORMAT);
    assert_int_equal(out.len, was);
    buf_free(&out);
}

static void
test_lines_hold_up_to_the_limit(void **state)
{
    const uint8_t id[4] = {1, 2, 3, 4};
    uint8_t raw[NOTE_SIGNATURE_MAX + 1] = {9};
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    assert_ok(buf_text(&out, "text\n\n"));
    assert_ok(note_line("me", id, bytes_of(raw, NOTE_SIGNATURE_MAX), &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_int_equal(n.signature[0].raw_len, NOTE_SIGNATURE_MAX);
    assert_memory_equal(n.signature[0].raw, raw, NOTE_SIGNATURE_MAX);
    assert_memory_equal(n.signature[0].key_id, id, sizeof id);
    assert_err(note_line("me", id, BYTES(raw), &out), SV_ERR_RANGE);
    assert_err(note_line("me", id, bytes_of(raw, 0), &out), SV_ERR_RANGE);
    assert_err(note_line("m e", id, bytes_of(raw, 1), &out), SV_ERR_FORMAT);
    buf_free(&out);
}

/* ---- keys as text ---- */

static void
test_key_texts_that_are_altered_or_malformed_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW+",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
    };
    char name[NOTE_NAME_MAX + 1], text[NOTE_VKEY_SIZE];
    struct sign_public key = {{0}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_err(note_vkey_parse(bytes_text(bad[i]), name, sizeof name, &key),
                   SV_ERR_FORMAT);
    for (size_t i = 0; i < strlen(PETER_VKEY); i++) {
        (void)snprintf(text, sizeof text, "%s", PETER_VKEY);
        text[i] ^= 1;
        assert_err(note_vkey_parse(bytes_text(text), name, sizeof name, &key),
                   SV_ERR_FORMAT);
    }
    assert_err(note_vkey_parse(bytes_text(PETER_VKEY), name, 12, &key),
               SV_ERR_FORMAT);
    assert_ok(note_vkey_parse(bytes_text(PETER_VKEY), name, 13, &key));
    assert_err(note_vkey("Peter Neumann", &key, text), SV_ERR_FORMAT);
}

/* The id is right for a name that none may have. */
static void
test_a_key_of_a_name_that_is_none_is_refused(void **state)
{
    struct sign_public key = key_of(PETER_VKEY), got = {{0x5a}}, none = got;
    uint8_t id[4], typed[1 + SIGN_PUBLIC_LEN] = {NOTE_TYPE_ED25519};
    char hex[9], base64[BASE64_SIZE(sizeof typed)], text[NOTE_VKEY_SIZE];

    (void)state;
    memcpy(typed + 1, key.b, sizeof key.b);
    text_base64(BYTES(typed), base64);
    for (unsigned good = 0; good < 2; good++) {
        const char *name = good != 0 ? "a-b" : "a b";
        char back[8] = "none";

        note_key_id(bytes_text(name), NOTE_TYPE_ED25519, &key, id);
        text_hex(BYTES(id), hex);
        (void)snprintf(text, sizeof text, "%s+%s+%s", name, hex, base64);
        assert_err(note_vkey_parse(bytes_text(text), back, sizeof back, &got),
                   good != 0 ? SV_OK : SV_ERR_FORMAT);
        assert_string_equal(back, good != 0 ? "a-b" : "none");
        assert_memory_equal(&got, good != 0 ? &key : &none, sizeof got);
    }
}

/* Where a longer note was before: of this one it says nothing. */
static void
test_a_shorter_note_has_none_of_a_longer_ones_signatures(void **state)
{
    struct sign_public peter = key_of(PETER_VKEY), enoch = key_of(ENOCH_VKEY);
    struct note n;

    (void)state;
    assert_ok(note_parse(bytes_text(known[1].note), &n));
    assert_ok(note_verify(&n, "EnochRoot", &enoch));
    assert_ok(note_parse(bytes_text(known[0].note), &n));
    assert_err(note_verify(&n, "EnochRoot", &enoch), SV_ERR_NOT_FOUND);
    assert_ok(note_verify(&n, "PeterNeumann", &peter));
}

/* Type 0x04 under the right id: a cosigner's key is no log's key. */
static void
test_a_key_of_another_type_is_refused(void **state)
{
    char name[NOTE_NAME_MAX + 1];
    struct sign_public key;

    (void)state;
    assert_err(note_vkey_parse(
                   bytes_text("witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrn"
                              "h/CiY3Zozkoy7clp+P7XB28qUN"),
                   name, sizeof name, &key),
               SV_ERR_FORMAT);
}

/* FiloSottile/sunlight, cmd/skylight/testdata. */
#define WITNESS_VKEY                                                           \
    "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/"                        \
    "CiY3Zozkoy7clp+P7XB28qUN"

static void
test_keys_of_witnesses_are_of_their_own_type(void **state)
{
    char name[NOTE_NAME_MAX + 1];
    struct sign_public key;

    (void)state;
    assert_ok(note_vkey_parse_type(bytes_text(WITNESS_VKEY),
                                   NOTE_TYPE_COSIGNATURE, name, sizeof name,
                                   &key));
    assert_string_equal(name, "witness.example.org");
    assert_err(
        note_vkey_parse(bytes_text(WITNESS_VKEY), name, sizeof name, &key),
        SV_ERR_FORMAT);
    assert_err(note_vkey_parse_type(bytes_text(PETER_VKEY),
                                    NOTE_TYPE_COSIGNATURE, name, sizeof name,
                                    &key),
               SV_ERR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_of_witnesses_are_of_their_own_type),
        cmocka_unit_test(test_known_notes_verify),
        cmocka_unit_test(test_a_note_is_signed_byte_for_byte_as_others_sign_it),
        cmocka_unit_test(test_known_keys_have_their_texts),
        cmocka_unit_test(test_any_altered_byte_fails_the_note),
        cmocka_unit_test(test_a_note_cut_anywhere_fails),
        cmocka_unit_test(
            test_unknown_signatures_are_ignored_and_failing_ones_are_not),
        cmocka_unit_test(test_a_signature_covers_its_text_only),
        cmocka_unit_test(test_malformed_notes_are_refused),
        cmocka_unit_test(test_a_nul_in_a_note_is_refused),
        cmocka_unit_test(test_text_may_hold_empty_lines),
        cmocka_unit_test(test_up_to_the_limit_of_signatures_parse),
        cmocka_unit_test(test_long_signatures_of_other_kinds_are_passed_over),
        cmocka_unit_test(test_names_follow_the_rules),
        cmocka_unit_test(
            test_control_characters_are_refused_wherever_they_stand),
        cmocka_unit_test(test_text_is_read_from_its_beginning_to_its_end),
        cmocka_unit_test(test_signature_lines_have_a_longest_one),
        cmocka_unit_test(test_notes_have_a_longest_one),
        cmocka_unit_test(test_signature_longer_than_is_kept_has_no_length),
        cmocka_unit_test(test_signature_with_something_behind_it_fails),
        cmocka_unit_test(test_only_well_formed_text_is_signed),
        cmocka_unit_test(test_text_over_the_limit_is_not_signed_and_not_parsed),
        cmocka_unit_test(test_a_signature_is_added_to_its_own_note_only),
        cmocka_unit_test(test_lines_hold_up_to_the_limit),
        cmocka_unit_test(
            test_key_texts_that_are_altered_or_malformed_are_refused),
        cmocka_unit_test(test_a_key_of_a_name_that_is_none_is_refused),
        cmocka_unit_test(
            test_a_shorter_note_has_none_of_a_longer_ones_signatures),
        cmocka_unit_test(test_a_key_of_another_type_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
