#include "audit/checkpoint.h"
#include "audit/cosign.h"
#include "base/codec.h"
#include "crypto/sha256.h"
#include "tests/support/support.h"

#define DASH "\xe2\x80\x94 "

/* Sunlight, cmd/skylight/testdata. */
#define NAME "witness.example.org"
#define TIME UINT64_C(1767139200)
#define TEXT                                                                   \
    "rome2026h1.example.org\n300\n"                                            \
    "lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n"
#define LINE                                                                   \
    DASH NAME                                                                  \
        " "                                                                    \
        "uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LX"      \
        "FZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n"

static struct sign_seed
witness_seed(void)
{
    struct sign_seed seed;

    sha256(bytes_text("skylight test witness key"), seed.b);
    return seed;
}

static struct sign_public
witness_key(void)
{
    struct sign_seed seed = witness_seed();
    struct sign_public key;

    sign_public_of(&seed, &key);
    return key;
}

static void
test_the_known_cosignature_is_made_byte_for_byte(void **state)
{
    struct sign_seed seed = witness_seed();
    struct buf out = BUF_INIT;

    (void)state;
    assert_hex(BYTES(seed.b), "14731ce6be532a0bcc9170c0352dc3c2477dde5f86324cd3"
                              "0fe00ad7d430df30");
    assert_ok(cosign_sign(bytes_text(TEXT), TIME, NAME, &seed, &out));
    assert_true(bytes_equal(buf_bytes(&out), bytes_text(LINE)));
    buf_free(&out);
}

/* witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN */
static void
test_the_known_key_has_its_id(void **state)
{
    struct sign_public key = witness_key();
    uint8_t id[4], typed[33];

    (void)state;
    note_key_id(bytes_text(NAME), NOTE_TYPE_COSIGNATURE, &key, id);
    assert_hex(BYTES(id), "b8a2cf20");
    assert_ok(text_unbase64_n(
        bytes_text("BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"), typed,
        sizeof typed));
    assert_int_equal(typed[0], NOTE_TYPE_COSIGNATURE);
    assert_memory_equal(typed + 1, key.b, sizeof key.b);
}

static void
test_the_known_cosignature_verifies_with_its_time(void **state)
{
    struct sign_public key = witness_key();
    struct note n;
    uint64_t at = 0;

    (void)state;
    assert_ok(note_parse(bytes_text(TEXT "\n" LINE), &n));
    assert_ok(cosign_verify(&n, NAME, &key, &at));
    assert_true(at == TIME);
    /* It is no plain signature. */
    assert_err(note_verify(&n, NAME, &key), SV_ERR_NOT_FOUND);
}

static void
test_any_altered_byte_fails_and_writes_no_time(void **state)
{
    struct sign_public key = witness_key();
    struct buf note = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&note, TEXT "\n" LINE));
    for (size_t i = 0; i < note.len; i++) {
        for (unsigned b = 0; b < 8; b++) {
            struct note n;
            uint64_t at = 77;

            note.ptr[i] ^= (uint8_t)(1u << b);
            if (note_parse(buf_bytes(&note), &n) == SV_OK)
                assert_true(cosign_verify(&n, NAME, &key, &at) != SV_OK);
            assert_true(at == 77);
            note.ptr[i] ^= (uint8_t)(1u << b);
        }
    }
    buf_free(&note);
}

static void
test_other_names_and_keys_are_not_found(void **state)
{
    struct sign_public key = witness_key(), other;
    struct sign_seed other_seed = {{1}};
    struct note n;
    uint64_t at;

    (void)state;
    sign_public_of(&other_seed, &other);
    assert_ok(note_parse(bytes_text(TEXT "\n" LINE), &n));
    assert_err(cosign_verify(&n, "witness.example.com", &key, &at),
               SV_ERR_NOT_FOUND);
    assert_err(cosign_verify(&n, NAME, &other, &at), SV_ERR_NOT_FOUND);
}

/* A plain signature of the same key over the same text is another thing. */
static void
test_a_plain_signature_does_not_pass_for_a_cosignature(void **state)
{
    struct sign_seed seed = witness_seed();
    struct sign_public key = witness_key();
    uint8_t id[4], raw[8 + SIGN_LEN] = {0};
    struct buf out = BUF_INIT;
    struct note n;
    uint64_t at;

    (void)state;
    assert_ok(note_sign(bytes_text(TEXT), NAME, &seed, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_err(cosign_verify(&n, NAME, &key, &at), SV_ERR_NOT_FOUND);
    note_key_id(bytes_text(NAME), NOTE_TYPE_COSIGNATURE, &key, id);
    sign(&seed, bytes_text(TEXT), raw + 8);
    assert_ok(note_line(NAME, id, BYTES(raw), &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_err(cosign_verify(&n, NAME, &key, &at), SV_ERR_TAMPERED);
    buf_free(&out);
}

/* A good one that is cut, or that has something behind it. */
static void
test_lengths_other_than_that_of_a_cosignature_fail(void **state)
{
    struct sign_public key = witness_key();
    uint8_t id[4], raw[NOTE_SIGNATURE_MAX] = {0};
    struct note good;

    (void)state;
    note_key_id(bytes_text(NAME), NOTE_TYPE_COSIGNATURE, &key, id);
    assert_ok(note_parse(bytes_text(TEXT "\n" LINE), &good));
    assert_int_equal(good.signature[0].raw_len, 8 + SIGN_LEN);
    memcpy(raw, good.signature[0].raw, 8 + SIGN_LEN);
    for (size_t len = 1; len <= 80; len++) {
        struct buf out = BUF_INIT;
        struct note n;
        uint64_t at;

        assert_ok(buf_text(&out, TEXT "\n"));
        assert_ok(note_line(NAME, id, bytes_of(raw, len), &out));
        assert_ok(note_parse(buf_bytes(&out), &n));
        assert_err(cosign_verify(&n, NAME, &key, &at),
                   len == 8 + SIGN_LEN ? SV_OK : SV_ERR_TAMPERED);
        buf_free(&out);
    }
}

static void
test_the_newest_of_several_counts_and_all_must_hold(void **state)
{
    struct sign_seed seed = witness_seed();
    struct sign_public key = witness_key();
    struct buf out = BUF_INIT;
    struct note n;
    uint64_t at = 0;

    (void)state;
    assert_ok(buf_text(&out, TEXT "\n"));
    assert_ok(cosign_sign(bytes_text(TEXT), 5, NAME, &seed, &out));
    assert_ok(cosign_sign(bytes_text(TEXT), 9, NAME, &seed, &out));
    assert_ok(cosign_sign(bytes_text(TEXT), 7, NAME, &seed, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_ok(cosign_verify(&n, NAME, &key, &at));
    assert_true(at == 9);
    assert_ok(
        cosign_sign(bytes_text("another\n1\nroot\n"), 8, NAME, &seed, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_err(cosign_verify(&n, NAME, &key, &at), SV_ERR_TAMPERED);
    buf_free(&out);
}

static void
test_times_and_texts_out_of_range_are_not_signed(void **state)
{
    struct sign_seed seed = witness_seed();
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(cosign_sign(bytes_text(TEXT), INT64_MAX, NAME, &seed, &out));
    buf_truncate(&out, 0);
    assert_err(cosign_sign(bytes_text(TEXT), (uint64_t)INT64_MAX + 1, NAME,
                           &seed, &out),
               SV_ERR_RANGE);
    assert_err(cosign_sign(bytes_text("no end"), 1, NAME, &seed, &out),
               SV_ERR_FORMAT);
    assert_err(cosign_sign(bytes_text(TEXT), 1, "a b", &seed, &out),
               SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

/* Signed by whoever has the key, but for a time that nobody can have; and
 * over nothing, which is no head. */
static void
test_times_end_where_signed_numbers_do(void **state)
{
    static const uint64_t times[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX};
    struct sign_seed seed = witness_seed();
    struct sign_public key = witness_key();
    uint8_t id[4], raw[8 + SIGN_LEN];

    (void)state;
    note_key_id(bytes_text(NAME), NOTE_TYPE_COSIGNATURE, &key, id);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        bool good = times[i] <= INT64_MAX;
        struct buf message = BUF_INIT, out = BUF_INIT;
        struct note n;
        uint64_t at = 77;

        assert_ok(buf_printf(&message, "cosignature/v1\ntime %llu\n" TEXT,
                             (unsigned long long)times[i]));
        put_u64(raw, times[i]);
        sign(&seed, buf_bytes(&message), raw + 8);
        assert_ok(buf_text(&out, TEXT "\n"));
        assert_ok(note_line(NAME, id, BYTES(raw), &out));
        assert_ok(note_parse(buf_bytes(&out), &n));
        assert_err(cosign_verify(&n, NAME, &key, &at),
                   good ? SV_OK : SV_ERR_TAMPERED);
        assert_true(at == (good ? times[i] : 77));
        sign(&seed, bytes_text(""), raw + 8);
        buf_truncate(&out, 0);
        assert_ok(buf_text(&out, TEXT "\n"));
        assert_ok(note_line(NAME, id, BYTES(raw), &out));
        assert_ok(note_parse(buf_bytes(&out), &n));
        assert_err(cosign_verify(&n, NAME, &key, &at), SV_ERR_TAMPERED);
        buf_free(&message);
        buf_free(&out);
    }
}

/* ---- notes with several lines ---- */

static struct buf
note_by(unsigned first, unsigned n, uint64_t time)
{
    struct sign_seed seed = witness_seed();
    struct buf out = BUF_INIT;

    assert_ok(buf_text(&out, TEXT "\n"));
    for (unsigned i = first; i < first + n; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "w%u", i);
        assert_ok(cosign_sign(bytes_text(TEXT), time, name, &seed, &out));
    }
    return out;
}

static void
test_added_line_takes_the_place_of_its_own_ones_alone(void **state)
{
    struct sign_seed seed = witness_seed(), other = {{1}};
    struct buf note = BUF_INIT, out = BUF_INIT, want = BUF_INIT;

    (void)state;
    /* Two of its own, one of that name by another key, another name's. */
    assert_ok(buf_text(&note, TEXT "\n"));
    assert_ok(cosign_sign(bytes_text(TEXT), 1, NAME, &seed, &note));
    assert_ok(cosign_sign(bytes_text(TEXT), 2, NAME, &other, &note));
    assert_ok(cosign_sign(bytes_text(TEXT), 3, "w", &seed, &note));
    assert_ok(cosign_sign(bytes_text(TEXT), 4, NAME, &seed, &note));
    assert_ok(buf_text(&want, "kept" TEXT "\n"));
    assert_ok(cosign_sign(bytes_text(TEXT), 2, NAME, &other, &want));
    assert_ok(cosign_sign(bytes_text(TEXT), 3, "w", &seed, &want));
    assert_ok(cosign_sign(bytes_text(TEXT), 5, NAME, &seed, &want));
    assert_ok(buf_text(&out, "kept"));
    assert_ok(cosign_add(buf_bytes(&note), NAME, &seed, 5, &out));
    assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&want)));
    buf_free(&note);
    buf_free(&out);
    buf_free(&want);
}

static void
test_merged_lines_keep_their_order_and_come_once(void **state)
{
    struct buf one = note_by(0, 3, 1), two = note_by(2, 3, 2), out = BUF_INIT,
               want = note_by(0, 2, 1), rest = note_by(2, 3, 2);
    struct bytes lines = buf_bytes(&rest);

    (void)state;
    lines = bytes_slice(lines, strlen(TEXT) + 1, lines.len - strlen(TEXT) - 1);
    assert_ok(buf_append(&want, lines));
    assert_ok(cosign_merge(buf_bytes(&one), buf_bytes(&two), &out));
    assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&want)));
    buf_free(&one);
    buf_free(&two);
    buf_free(&out);
    buf_free(&want);
    buf_free(&rest);
}

/* A name can have several keys, and each of them its line. */
static void
test_merged_lines_of_one_name_are_told_apart_by_their_keys(void **state)
{
    struct sign_seed seed = witness_seed(), other = {{1}};
    struct buf one = BUF_INIT, two = BUF_INIT, want = BUF_INIT, out = BUF_INIT;

    (void)state;
    assert_ok(buf_text(&one, TEXT "\n"));
    assert_ok(cosign_sign(bytes_text(TEXT), 1, NAME, &seed, &one));
    assert_ok(buf_text(&two, TEXT "\n"));
    assert_ok(cosign_sign(bytes_text(TEXT), 2, NAME, &other, &two));
    assert_ok(buf_append(&want, buf_bytes(&one)));
    assert_ok(cosign_sign(bytes_text(TEXT), 2, NAME, &other, &want));
    assert_ok(cosign_merge(buf_bytes(&one), buf_bytes(&two), &out));
    assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&want)));
    buf_free(&one);
    buf_free(&two);
    buf_free(&want);
    buf_free(&out);
}

/* What stands behind the note in memory is none of it, and what was in the
 * struct before is not, either. */
static void
test_note_ends_where_it_ends(void **state)
{
    struct sign_seed seed = witness_seed();
    struct sign_public key = witness_key();
    struct buf long_ = note_by(0, 3, 1), one = note_by(0, 1, 1),
               want = BUF_INIT, out = BUF_INIT;
    struct bytes front = bytes_slice(buf_bytes(&long_), 0, one.len);
    struct note n;
    uint64_t at;

    (void)state;
    assert_ok(note_parse(buf_bytes(&long_), &n));
    assert_ok(cosign_verify(&n, "w1", &key, &at));
    assert_ok(note_parse(front, &n));
    assert_err(cosign_verify(&n, "w1", &key, &at), SV_ERR_NOT_FOUND);
    assert_ok(cosign_add(buf_bytes(&one), "w", &seed, 1, &want));
    assert_ok(buf_text(&one, "\n\n"));
    front = bytes_slice(buf_bytes(&one), 0, one.len - 2);
    assert_ok(cosign_add(front, "w", &seed, 1, &out));
    assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&want)));
    buf_free(&long_);
    buf_free(&one);
    buf_free(&want);
    buf_free(&out);
}

/* As many lines as a note may have, and one more; what both have counts
 * once. */
static void
test_what_has_too_many_lines_is_not_begun(void **state)
{
    static const struct {
        unsigned first, n;
        enum sv_err err;
    } more[] = {{20, NOTE_SIGNATURES_MAX - 20, SV_OK},
                {10, NOTE_SIGNATURES_MAX - 10, SV_OK},
                {20, NOTE_SIGNATURES_MAX - 19, SV_ERR_RANGE},
                {10, NOTE_SIGNATURES_MAX - 9, SV_ERR_RANGE}};
    struct sign_seed seed = witness_seed();
    struct buf to = note_by(0, 20, 1), most = BUF_INIT, out = BUF_INIT;
    struct note n;

    (void)state;
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        struct buf from = note_by(more[i].first, more[i].n, 2);

        buf_truncate(&out, 0);
        assert_err(cosign_merge(buf_bytes(&to), buf_bytes(&from), &out),
                   more[i].err);
        if (more[i].err == SV_OK) {
            assert_ok(note_parse(buf_bytes(&out), &n));
            assert_int_equal(n.n, NOTE_SIGNATURES_MAX);
        } else {
            assert_int_equal(out.len, 0);
        }
        buf_free(&from);
    }
    most = note_by(0, NOTE_SIGNATURES_MAX - 1, 1);
    assert_ok(cosign_add(buf_bytes(&most), "more", &seed, 1, &out));
    assert_ok(note_parse(buf_bytes(&out), &n));
    assert_int_equal(n.n, NOTE_SIGNATURES_MAX);
    /* One more takes no place where it takes another's. */
    buf_truncate(&most, 0);
    assert_ok(cosign_add(buf_bytes(&out), "more", &seed, 2, &most));
    buf_truncate(&most, 0);
    assert_err(cosign_add(buf_bytes(&out), "one more", &seed, 2, &most),
               SV_ERR_FORMAT);
    assert_err(cosign_add(buf_bytes(&out), "one-more", &seed, 2, &most),
               SV_ERR_RANGE);
    assert_int_equal(most.len, 0);
    buf_free(&to);
    buf_free(&most);
    buf_free(&out);
}

static void
test_what_is_no_note_of_this_text_is_not_put_to_it(void **state)
{
    static const char other[] =
        "other.example\n1\nroot\n\n" DASH "a AAAAAAA=\n";
    struct sign_seed seed = witness_seed();
    struct buf note = note_by(0, 1, 1), out = BUF_INIT, good = BUF_INIT;
    enum sv_err err, first;
    struct bytes whole = buf_bytes(&note), none = bytes_text(TEXT);

    (void)state;
    assert_ok(buf_text(&out, "kept"));
    assert_err(cosign_add(none, NAME, &seed, 1, &out), SV_ERR_FORMAT);
    assert_err(cosign_add(whole, NAME, &seed, (uint64_t)INT64_MAX + 1, &out),
               SV_ERR_RANGE);
    /* Also right behind a good one, whose note is forgotten. */
    err = cosign_merge(whole, whole, &good);
    first = cosign_merge(none, whole, &out);
    assert_ok(err);
    assert_err(first, SV_ERR_FORMAT);
    buf_free(&good);
    assert_err(cosign_merge(whole, none, &out), SV_ERR_FORMAT);
    assert_err(cosign_merge(whole, bytes_text(other), &out), SV_ERR_FORMAT);
    assert_true(text_is(buf_bytes(&out), "kept"));
    buf_free(&note);
    buf_free(&out);
}

/* ---- keys as text ---- */

/* PRIVATE+KEY+name+id+base64(type || seed), all of it as if it were right. */
static struct buf
key_text(const char *name, uint8_t type, const struct sign_seed *seed,
         const char *end)
{
    uint8_t id[4], typed[1 + SIGN_SEED_LEN] = {type};
    char hex[9], base64[BASE64_SIZE(sizeof typed)];
    struct sign_public pub;
    struct buf out = BUF_INIT;

    sign_public_of(seed, &pub);
    note_key_id(bytes_text(name), NOTE_TYPE_COSIGNATURE, &pub, id);
    memcpy(typed + 1, seed->b, sizeof seed->b);
    text_hex(BYTES(id), hex);
    text_base64(BYTES(typed), base64);
    assert_ok(
        buf_printf(&out, "PRIVATE+KEY+%s+%s+%s%s", name, hex, base64, end));
    return out;
}

static void
test_key_text_is_one_line_for_one_name_and_type(void **state)
{
    static const struct {
        const char *name;
        uint8_t type;
        const char *end;
        size_t room;
        enum sv_err err;
    } cases[] = {
        {NAME, NOTE_TYPE_COSIGNATURE, "\n", sizeof NAME, SV_OK},
        {NAME, NOTE_TYPE_COSIGNATURE, "\n", sizeof NAME - 1, SV_ERR_FORMAT},
        {NAME, NOTE_TYPE_ED25519, "\n", 64, SV_ERR_FORMAT},
        {"a b", NOTE_TYPE_COSIGNATURE, "\n", 64, SV_ERR_FORMAT},
        {NAME, NOTE_TYPE_COSIGNATURE, "", 64, SV_ERR_FORMAT},
        {NAME, NOTE_TYPE_COSIGNATURE, "\n\n", 64, SV_ERR_FORMAT},
        {NAME, NOTE_TYPE_COSIGNATURE, "\nx", 64, SV_ERR_FORMAT},
    };
    struct sign_seed seed = witness_seed(), none = {{0x5a}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf text =
            key_text(cases[i].name, cases[i].type, &seed, cases[i].end);
        struct buf made = BUF_INIT;
        struct sign_seed got = none;
        char name[64] = "none";

        assert_err(
            cosign_key_parse(buf_bytes(&text), name, cases[i].room, &got),
            cases[i].err);
        if (cases[i].err == SV_OK) {
            assert_string_equal(name, NAME);
            assert_memory_equal(got.b, seed.b, sizeof got.b);
            assert_ok(cosign_key_encode(NAME, &seed, &made));
            assert_true(bytes_equal(buf_bytes(&made), buf_bytes(&text)));
        } else {
            assert_string_equal(name, "none");
            assert_memory_equal(got.b, none.b, sizeof got.b);
        }
        buf_free(&text);
        buf_free(&made);
    }
}

static void
test_a_witness_key_comes_back_and_no_altered_one(void **state)
{
    struct sign_seed own = witness_seed();
    struct buf text = BUF_INIT;
    struct sign_seed seed;
    char name[NOTE_NAME_MAX + 1];

    (void)state;
    assert_ok(cosign_key_encode(NAME, &own, &text));
    assert_ok(cosign_key_parse(buf_bytes(&text), name, sizeof name, &seed));
    assert_string_equal(name, NAME);
    assert_memory_equal(seed.b, own.b, sizeof seed.b);
    for (size_t i = 0; i < text.len; i++) {
        text.ptr[i] ^= 1;
        assert_err(cosign_key_parse(buf_bytes(&text), name, sizeof name, &seed),
                   SV_ERR_FORMAT);
        text.ptr[i] ^= 1;
        assert_err(cosign_key_parse(bytes_slice(buf_bytes(&text), 0, i), name,
                                    sizeof name, &seed),
                   SV_ERR_FORMAT);
    }
    assert_err(cosign_key_encode("a+b", &own, &text), SV_ERR_FORMAT);
    buf_free(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_known_cosignature_is_made_byte_for_byte),
        cmocka_unit_test(test_the_known_key_has_its_id),
        cmocka_unit_test(test_the_known_cosignature_verifies_with_its_time),
        cmocka_unit_test(test_any_altered_byte_fails_and_writes_no_time),
        cmocka_unit_test(test_other_names_and_keys_are_not_found),
        cmocka_unit_test(
            test_a_plain_signature_does_not_pass_for_a_cosignature),
        cmocka_unit_test(test_lengths_other_than_that_of_a_cosignature_fail),
        cmocka_unit_test(test_the_newest_of_several_counts_and_all_must_hold),
        cmocka_unit_test(test_times_and_texts_out_of_range_are_not_signed),
        cmocka_unit_test(test_times_end_where_signed_numbers_do),
        cmocka_unit_test(test_added_line_takes_the_place_of_its_own_ones_alone),
        cmocka_unit_test(test_merged_lines_keep_their_order_and_come_once),
        cmocka_unit_test(
            test_merged_lines_of_one_name_are_told_apart_by_their_keys),
        cmocka_unit_test(test_note_ends_where_it_ends),
        cmocka_unit_test(test_what_has_too_many_lines_is_not_begun),
        cmocka_unit_test(test_what_is_no_note_of_this_text_is_not_put_to_it),
        cmocka_unit_test(test_key_text_is_one_line_for_one_name_and_type),
        cmocka_unit_test(test_a_witness_key_comes_back_and_no_altered_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
