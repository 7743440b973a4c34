/* What is sealed opens whole, with its own key, or not at all. */
#include "crypto/digest.h"
#include "crypto/init.h"
#include "tests/support/sealed.h"
#include "vault/content.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
test_sealed_envelope_opens_and_says_what_it_is(void **state)
{
    struct sealed *f = *state;
    struct envelope_header h;
    uint8_t hash[32];

    assert_ok(sealed_open(f, &f->e));
    assert_ok(envelope_header_decode(f->e.header, &h));
    assert_string_equal(h.compartment, f->header.compartment);
    assert_int_equal(f->e.lock.len, ENVELOPE_INNER_LEN);
    envelope_hash(&f->e, hash);
    assert_memory_equal(hash, f->hash, sizeof hash);
}

static void
test_t71_content_of_any_length_opens_and_only_its_padded_size_shows(
    void **state)
{
    static const struct {
        size_t len, padded;
    } cases[] = {{0, 1024},    {1, 1024},      {900, 1024},
                 {1023, 1024}, {1024, 2048},   {2047, 2048},
                 {4096, 8192}, {65535, 65536}, {65536, 131072}};
    static uint8_t content[CONTENT_MAX + 1];
    struct sealed *f = *state;
    struct ps1_receiver receiver = {0};
    struct buf raw = BUF_INIT, out = BUF_INIT;
    uint8_t hash[32], before[32] = {0};

    /* Padding bytes at the end of the content itself stay. */
    memset(content, 0x80, sizeof content);
    content[CONTENT_MAX - 1] = 0;
    for (size_t i = 0; i < N(cases); i++) {
        struct envelope e;
        struct bytes rest;

        assert_ok(envelope_seal(&f->rng, &f->header, &f->sender,
                                bytes_of(content, cases[i].len),
                                bytes_of("", 0), &raw, hash));
        rest = buf_bytes(&raw);
        assert_ok(envelope_decode(&rest, &e));
        assert_int_equal(e.body.len, cases[i].padded + CB1_OVERHEAD);
        assert_ok(envelope_open(&receiver, &f->secret, &f->own, &e, &out));
        assert_true(
            bytes_equal(buf_bytes(&out), bytes_of(content, cases[i].len)));
        buf_truncate(&raw, 0);
        buf_truncate(&out, 0);
    }
    memset(hash, 0, sizeof hash);
    assert_err(envelope_seal(&f->rng, &f->header, &f->sender, BYTES(content),
                             bytes_of("", 0), &raw, hash),
               SV_ERR_RANGE);
    f->header.version = 0;
    assert_err(envelope_seal(&f->rng, &f->header, &f->sender, bytes_of("", 0),
                             bytes_of("", 0), &raw, hash),
               SV_ERR_FORMAT);
    assert_int_equal(raw.len, 0);
    assert_memory_equal(hash, before, sizeof hash);
    buf_free(&raw);
    buf_free(&out);
}

static void
test_t72_same_content_sealed_twice_shares_nothing_but_the_header(void **state)
{
    struct sealed *f = *state;
    struct buf raw = BUF_INIT;
    struct envelope e;
    uint8_t hash[32];

    sealed_seal(f, &f->header, &raw, &e, hash);
    assert_true(bytes_equal(e.header, f->e.header));
    assert_memory_not_equal(hash, f->hash, sizeof hash);
    for (size_t at = 0; at + 16 <= e.body.len; at += 16)
        assert_null(memmem(f->e.body.ptr, f->e.body.len, e.body.ptr + at, 16));
    /* The ephemeral key is the session's; the rest is not. */
    assert_memory_equal(e.lock.ptr, f->e.lock.ptr, BOX_PUBLIC_LEN);
    assert_memory_not_equal(e.lock.ptr + BOX_PUBLIC_LEN,
                            f->e.lock.ptr + BOX_PUBLIC_LEN, 16);
    buf_free(&raw);
}

static void
test_t1_open_fails_when_any_byte_is_flipped(void **state)
{
    struct sealed *f = *state;

    for (unsigned part = 0; part < 3; part++) {
        struct buf spoiled = support_copy(*sealed_part(&f->e, part));
        struct envelope e = f->e;

        *sealed_part(&e, part) = buf_bytes(&spoiled);
        for (size_t i = 0; i < spoiled.len; i++) {
            bool suite = part == 0 && i == SUITE_AT;

            spoiled.ptr[i] ^= 1;
            assert_err(sealed_open(f, &e),
                       suite ? SV_ERR_VERSION : SV_ERR_TAMPERED);
            spoiled.ptr[i] ^= 1 ^ 0x80;
            assert_err(sealed_open(f, &e),
                       suite ? SV_ERR_VERSION : SV_ERR_TAMPERED);
            spoiled.ptr[i] ^= 0x80;
        }
        assert_ok(sealed_open(f, &e));
        buf_free(&spoiled);
    }
}

static void
test_open_fails_at_each_cut_and_with_a_byte_more(void **state)
{
    struct sealed *f = *state;

    for (unsigned part = 0; part < 3; part++) {
        struct bytes whole = *sealed_part(&f->e, part);
        struct buf longer = support_copy(whole);
        struct envelope e = f->e;

        for (size_t len = 0; len < whole.len; len++) {
            *sealed_part(&e, part) = bytes_slice(whole, 0, len);
            assert_err(sealed_open(f, &e), SV_ERR_TAMPERED);
        }
        assert_ok(buf_append(&longer, bytes_of("", 1)));
        *sealed_part(&e, part) = buf_bytes(&longer);
        assert_err(sealed_open(f, &e), SV_ERR_TAMPERED);
        buf_free(&longer);
    }
}

static void
test_t9_open_refuses_other_suites_before_it_uses_a_key(void **state)
{
    static const uint8_t suites[] = {0, 2, 255};
    struct sealed *f = *state;
    struct buf header = support_copy(f->e.header), out = BUF_INIT;
    struct envelope e = f->e;

    e.header = buf_bytes(&header);
    for (size_t i = 0; i < N(suites); i++) {
        struct ps1_receiver receiver = {0};

        header.ptr[SUITE_AT] = suites[i];
        assert_err(envelope_open(&receiver, &f->secret, &f->own, &e, &out),
                   SV_ERR_VERSION);
        assert_false(receiver.ready);
    }
    buf_free(&header);
}

static void
test_open_fails_with_the_key_of_another_compartment(void **state)
{
    struct sealed *f = *state;
    struct ps1_receiver receiver = {0};
    struct box_secret other;
    struct box_public other_public;
    struct buf out = BUF_INIT;

    box_generate(&f->rng, &other, &other_public);
    assert_err(sealed_open_with(&other, &other_public, &f->e), SV_ERR_TAMPERED);
    assert_err(sealed_open_with(&f->secret, &other_public, &f->e),
               SV_ERR_TAMPERED);
    assert_err(sealed_open_with(&other, &f->own, &f->e), SV_ERR_TAMPERED);
    /* An agreed key of one receiver does not serve for another. */
    assert_err(envelope_open(&receiver, &other, &other_public, &f->e, &out),
               SV_ERR_TAMPERED);
    memset(&receiver, 0, sizeof receiver);
    assert_ok(envelope_open(&receiver, &f->secret, &f->own, &f->e, &out));
    buf_free(&out);
}

/* Every way to put two sealed versions together wrongly. */
static void
assert_mixtures_fail(const struct sealed *f, const char *name,
                     const struct envelope *a, const struct envelope *b)
{
    bool same_header = bytes_equal(a->header, b->header);

    for (unsigned mix = 1; mix < 7; mix++) {
        struct envelope e = {(mix & 1) != 0 ? a->header : b->header,
                             (mix & 2) != 0 ? a->body : b->body,
                             (mix & 4) != 0 ? a->lock : b->lock,
                             bytes_of("", 0)};
        bool whole = same_header && ((mix & 2) != 0) == ((mix & 4) != 0);

        if (sealed_open(f, &e) != (whole ? SV_OK : SV_ERR_TAMPERED))
            fail_msg("%s: mixture %u", name, mix);
    }
}

static void
test_t2_to_t4_parts_of_different_versions_never_open_together(void **state)
{
    struct sealed *f = *state;

    for (size_t i = 0; i < N(sealed_fields); i++) {
        struct envelope_header h = sealed_header_with_other(i);
        struct buf raw = BUF_INIT;
        struct envelope e;
        uint8_t hash[32];

        sealed_seal(f, &h, &raw, &e, hash);
        assert_ok(sealed_open(f, &e));
        assert_true(i == 0 || !bytes_equal(e.header, f->e.header));
        assert_mixtures_fail(f, sealed_fields[i], &e, &f->e);
        buf_free(&raw);
    }
}

/* By the format's own words, with a body that a forger chose. */
static void
forge(struct sealed *f, const char *body_label, const char *lock_label,
      struct bytes padded, struct buf *body, struct buf *inner,
      struct envelope *e)
{
    struct dek dek;
    uint8_t hashes[2 * DIGEST_LEN];

    rng_fill(&f->rng, dek.b, sizeof dek.b);
    e->header = f->e.header;
    digest("sv/v1/header", e->header, hashes);
    assert_ok(cb1_seal(&f->rng, dek.b, body_label, bytes_of(hashes, DIGEST_LEN),
                       padded, body));
    e->body = buf_bytes(body);
    digest("sv/v1/body", e->body, hashes + DIGEST_LEN);
    assert_ok(ps1_seal(&f->rng, &f->own, lock_label, BYTES(hashes),
                       BYTES(dek.b), inner));
    e->lock = buf_bytes(inner);
}

static void
test_envelope_made_by_the_words_of_the_format_opens(void **state)
{
    static const struct {
        const char *name, *body_label, *lock_label;
        size_t padded_len;
        uint8_t mark;
        enum sv_err want;
    } cases[] = {
        {"as the format says", "body", "dek", 1024, 0x80, SV_OK},
        {"another body label", "dek", "dek", 1024, 0x80, SV_ERR_TAMPERED},
        {"another lock label", "body", "body", 1024, 0x80, SV_ERR_TAMPERED},
        {"no padding mark", "body", "dek", 1024, 0, SV_ERR_TAMPERED},
        {"too much padding", "body", "dek", 2048, 0x80, SV_ERR_TAMPERED},
        {"too little padding", "body", "dek", 512, 0x80, SV_ERR_TAMPERED},
    };
    struct sealed *f = *state;

    for (size_t i = 0; i < N(cases); i++) {
        uint8_t padded[2048] = {0};
        struct buf body = BUF_INIT, inner = BUF_INIT;
        struct envelope e;
        enum sv_err err;

        memcpy(padded, SEALED_TEXT, strlen(SEALED_TEXT));
        padded[strlen(SEALED_TEXT)] = cases[i].mark;
        forge(f, cases[i].body_label, cases[i].lock_label,
              bytes_of(padded, cases[i].padded_len), &body, &inner, &e);
        err = sealed_open(f, &e);
        if (err != cases[i].want)
            fail_msg("%s: %s", cases[i].name, err_text(err));
        buf_free(&body);
        buf_free(&inner);
    }
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, sealed_set_up, sealed_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_sealed_envelope_opens_and_says_what_it_is),
        CASE(
            test_t71_content_of_any_length_opens_and_only_its_padded_size_shows),
        CASE(test_t72_same_content_sealed_twice_shares_nothing_but_the_header),
        CASE(test_t1_open_fails_when_any_byte_is_flipped),
        CASE(test_open_fails_at_each_cut_and_with_a_byte_more),
        CASE(test_t9_open_refuses_other_suites_before_it_uses_a_key),
        CASE(test_open_fails_with_the_key_of_another_compartment),
        CASE(test_t2_to_t4_parts_of_different_versions_never_open_together),
        CASE(test_envelope_made_by_the_words_of_the_format_opens),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
