/* Key cards, which the owner of a key signs. */
#include "audit/note.h"
#include "crypto/init.h"
#include "tests/support/keyfiles.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const char card_text[] =
    "svault/card/v1\n"
    "name case-1\n"
    "sign Dx5lrBKuX6Ba77HODBbdRlC/n587u7FaeInPoD8zrGI=\n"
    "box JSDUu0l6uOAurY+n/gH4P+7cCez/2T3cifj2Dk3HwXs=\n"
    "fingerprint kasatate-sangatsu-denkyu-hitsuji-amanatto-owan-aoi-shiso-"
    "rokuro-keito\n";

#define VERSION_AT 13 /* its digit, then its LF */

static const char card_signature[] =
    "\n\xe2\x80\x94 case-1 "
    "+icWUJyX/E/lrv0ySjzrVLNL6/NQE9Y1i6rNDh3Stv3VGCnxgWYeACbRtvh8F5t0+QFQC2Uy"
    "TM0n9j/vobhRH7k3VAo=\n";

static enum sv_err
parse_card(struct bytes in)
{
    struct card got, before;
    enum sv_err err;

    memset(&before, 0xee, sizeof before);
    memset(&got, 0xee, sizeof got);
    err = card_parse(in, &got);
    if (err != SV_OK)
        assert_memory_equal(&got, &before, sizeof got);
    return err;
}

/* text as somebody would sign it who holds the card's key. */
static enum sv_err
parse_signed(const struct user_keys *keys, const char *text, const char *name)
{
    struct buf card = BUF_INIT;
    enum sv_err err;

    assert_ok(note_sign(bytes_text(text), name, &keys->sign, &card));
    err = parse_card(buf_bytes(&card));
    buf_free(&card);
    return err;
}

/* card_text with one part replaced. */
static void
text_with(const char *from, const char *to, char *out, size_t size)
{
    const char *at = strstr(card_text, from);

    assert_non_null(at);
    (void)snprintf(out, size, "%.*s%s%s", (int)(at - card_text), card_text, to,
                   at + strlen(from));
}

static void
test_card_is_the_frozen_vector(void **state)
{
    struct user_keys keys = keyfiles_keys();
    struct buf card = BUF_INIT, want = BUF_INIT;

    (void)state;
    assert_ok(card_encode(&keys, KEYFILES_NAME, &card));
    assert_ok(buf_text(&want, card_text));
    assert_ok(buf_text(&want, card_signature));
    assert_int_equal(card.len, want.len);
    assert_memory_equal(card.ptr, want.ptr, want.len);
    assert_true(card.len < CARD_MAX);
    buf_free(&card);
    buf_free(&want);
}

static void
test_card_parses_to_the_public_side_of_the_keys(void **state)
{
    struct user_keys keys = keyfiles_keys();
    struct buf raw = BUF_INIT;
    struct card got, want;

    (void)state;
    card_of(&keys, KEYFILES_NAME, &want);
    assert_ok(card_encode(&keys, KEYFILES_NAME, &raw));
    assert_ok(card_parse(buf_bytes(&raw), &got));
    assert_memory_equal(&got, &want, sizeof got);
    buf_free(&raw);
}

static void
test_card_encode_refuses_bad_names(void **state)
{
    struct user_keys keys = keyfiles_keys();
    struct buf raw = BUF_INIT;

    (void)state;
    assert_err(card_encode(&keys, "", &raw), SV_ERR_FORMAT);
    assert_err(card_encode(&keys, "Case-1", &raw), SV_ERR_FORMAT);
    assert_err(card_encode(&keys, "case-1\nsign", &raw), SV_ERR_FORMAT);
    assert_int_equal(raw.len, 0);
}

static void
test_card_with_any_bit_flipped_is_refused(void **state)
{
    struct user_keys keys = keyfiles_keys();
    struct buf raw = BUF_INIT;

    (void)state;
    assert_ok(card_encode(&keys, KEYFILES_NAME, &raw));
    for (size_t i = 0; i < raw.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            enum sv_err err;

            raw.ptr[i] ^= (uint8_t)(1u << bit);
            err = parse_card(buf_bytes(&raw));
            if (err != SV_ERR_FORMAT && err != SV_ERR_TAMPERED &&
                !(err == SV_ERR_VERSION &&
                  (i == VERSION_AT || i == VERSION_AT + 1)))
                fail_msg("byte %zu: %s", i, err_text(err));
            raw.ptr[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_ok(parse_card(buf_bytes(&raw)));
    buf_free(&raw);
}

static void
test_card_cut_anywhere_or_longer_is_refused(void **state)
{
    struct user_keys keys = keyfiles_keys();
    struct buf raw = BUF_INIT;

    (void)state;
    assert_ok(card_encode(&keys, KEYFILES_NAME, &raw));
    for (size_t len = 0; len < raw.len; len++)
        assert_err(parse_card(bytes_slice(buf_bytes(&raw), 0, len)),
                   SV_ERR_FORMAT);
    assert_ok(buf_text(&raw, "\n"));
    assert_err(parse_card(buf_bytes(&raw)), SV_ERR_FORMAT);
    while (raw.len <= CARD_MAX)
        assert_ok(buf_text(&raw, "#"));
    assert_err(parse_card(buf_bytes(&raw)), SV_ERR_FORMAT);
    buf_free(&raw);
}

static void
test_card_not_signed_by_its_own_key_alone_is_refused(void **state)
{
    struct user_keys keys = keyfiles_keys();
    struct buf raw = BUF_INIT;
    struct user_keys other = keyfiles_other_keys();

    (void)state;
    assert_ok(
        note_sign(bytes_text(card_text), KEYFILES_NAME, &other.sign, &raw));
    assert_err(parse_card(buf_bytes(&raw)), SV_ERR_TAMPERED);
    buf_truncate(&raw, 0);
    assert_ok(card_encode(&keys, KEYFILES_NAME, &raw));
    assert_ok(
        note_add_signature(bytes_text(card_text), "other", &other.sign, &raw));
    assert_err(parse_card(buf_bytes(&raw)), SV_ERR_TAMPERED);
    assert_ok(parse_signed(&keys, card_text, KEYFILES_NAME));
    assert_err(parse_signed(&keys, card_text, "case-2"), SV_ERR_TAMPERED);
    buf_free(&raw);
}

/* Even the owner cannot sign a card that says something else in another
 * place, or in other words. */
static void
test_signed_card_in_any_other_form_is_refused(void **state)
{
    static const struct {
        const char *name, *from, *to;
        enum sv_err want;
    } cases[] = {
        {"as it is", "", "", SV_OK},
        {"another version", "/v1", "/v2", SV_ERR_VERSION},
        {"a later version", "/v1", "/v10", SV_ERR_VERSION},
        {"another kind", "card", "cart", SV_ERR_FORMAT},
        {"another fingerprint", "keito", "kendo", SV_ERR_TAMPERED},
        {"a fingerprint with spaces", "rokuro-keito", "rokuro keito",
         SV_ERR_TAMPERED},
        {"a fingerprint cut", "-keito", "", SV_ERR_TAMPERED},
        {"another name", "case-1", "case-2", SV_ERR_TAMPERED},
        {"a name that is none", "case-1", "CASE-1", SV_ERR_FORMAT},
        {"two spaces", "name ", "name  ", SV_ERR_FORMAT},
        {"two names", "sign ", "name case-1\nsign ", SV_ERR_FORMAT},
        {"no box", "box JSDUu0l6uOAurY+n/gH4P+7cCez/2T3cifj2Dk3HwXs=\n", "",
         SV_ERR_FORMAT},
        {"another box", "box J", "box K", SV_ERR_TAMPERED},
        {"a short box", "box JSDU", "box ", SV_ERR_FORMAT},
        {"a line behind", "keito\n", "keito\nmore\n", SV_ERR_FORMAT},
        {"an empty line behind", "keito\n", "keito\n\n", SV_ERR_FORMAT},
        {"a line before", "svault", "\nsvault", SV_ERR_FORMAT},
    };
    struct user_keys keys = keyfiles_keys();

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        char text[sizeof card_text + 64];
        enum sv_err err;

        text_with(cases[i].from, cases[i].to, text, sizeof text);
        err = parse_signed(&keys, text, KEYFILES_NAME);
        if (err != cases[i].want)
            fail_msg("%s: %s", cases[i].name, err_text(err));
    }
}

static void
test_fingerprint_depends_on_name_and_both_keys(void **state)
{
    struct user_keys keys = keyfiles_keys();
    char own[WORDS_TEXT_SIZE], other[WORDS_TEXT_SIZE];
    struct card card, changed;

    (void)state;
    card_of(&keys, KEYFILES_NAME, &card);
    card_fingerprint(&card, own);
    assert_non_null(strstr(card_text, own));
    changed = card;
    changed.name[5] = '2';
    card_fingerprint(&changed, other);
    assert_string_not_equal(other, own);
    changed = card;
    changed.sign.b[31] ^= 0x80;
    card_fingerprint(&changed, other);
    assert_string_not_equal(other, own);
    changed = card;
    changed.box.b[31] ^= 0x80;
    card_fingerprint(&changed, other);
    assert_string_not_equal(other, own);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card_is_the_frozen_vector),
        cmocka_unit_test(test_card_parses_to_the_public_side_of_the_keys),
        cmocka_unit_test(test_card_encode_refuses_bad_names),
        cmocka_unit_test(test_card_with_any_bit_flipped_is_refused),
        cmocka_unit_test(test_card_cut_anywhere_or_longer_is_refused),
        cmocka_unit_test(test_card_not_signed_by_its_own_key_alone_is_refused),
        cmocka_unit_test(test_signed_card_in_any_other_form_is_refused),
        cmocka_unit_test(test_fingerprint_depends_on_name_and_both_keys),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
