#include <sodium.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "tests/support/support.h"
#include "vault/content.h"
#include "vault/envelope.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define SUITE_AT 3
#define TYPE_AT 52 /* magic, suite, vault, record */

/* ---- Fixture: one sealed version, and who may open it ---- */

struct fixture {
    struct rng_fixed random;
    struct rng rng;
    struct box_secret secret;
    struct box_public own;
    struct ps1_sender sender;
    struct outer_key outer_key;
    struct envelope_header header;
    struct buf raw;
    struct envelope e; /* with the inner lock; borrows from raw */
    uint8_t hash[32];
};

static const char sample[] = "what only the compartment's key opens";

static struct envelope_header
header_for_tests(void)
{
    struct envelope_header h = {.type = "victim",
                                .compartment = "identity",
                                .author = "case-1",
                                .version = 2,
                                .addition = true,
                                .epoch = 3};

    memset(h.vault.b, 0x11, sizeof h.vault.b);
    memset(h.record.b, 0x22, sizeof h.record.b);
    memset(h.prev, 0x33, sizeof h.prev);
    return h;
}

/* Seal under h; *e borrows from *raw, which the caller frees. */
static void
seal(struct fixture *f, const struct envelope_header *h, struct buf *raw,
     struct envelope *e, uint8_t hash[static 32])
{
    struct bytes rest;

    assert_ok(envelope_seal(&f->rng, h, &f->sender, bytes_text(sample),
                            bytes_of("", 0), raw, hash));
    rest = buf_bytes(raw);
    assert_ok(envelope_decode(&rest, e));
    assert_int_equal(rest.len, 0);
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    memset(f->random.seed, 0x5e, sizeof f->random.seed);
    f->rng = rng_fixed(&f->random);
    box_generate(&f->rng, &f->secret, &f->own);
    assert_ok(ps1_sender_init(&f->rng, &f->own, &f->sender));
    rng_fill(&f->rng, f->outer_key.b, sizeof f->outer_key.b);
    f->header = header_for_tests();
    seal(f, &f->header, &f->raw, &f->e, f->hash);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    buf_free(&f->raw);
    free(f);
    return 0;
}

/* Opens with a receiver that has seen nothing; gives no byte on failure. */
static enum sv_err
open_with(const struct box_secret *secret, const struct box_public *own,
          const struct envelope *e)
{
    struct ps1_receiver receiver = {0};
    struct buf out = BUF_INIT;
    enum sv_err err;

    assert_ok(buf_text(&out, "before "));
    err = envelope_open(&receiver, secret, own, e, &out);
    if (err == SV_OK) {
        assert_int_equal(out.len, 7 + strlen(sample));
        assert_memory_equal(out.ptr + 7, sample, strlen(sample));
    } else {
        assert_true(bytes_equal(buf_bytes(&out), bytes_text("before ")));
    }
    buf_free(&out);
    return err;
}

static enum sv_err
open_it(const struct fixture *f, const struct envelope *e)
{
    return open_with(&f->secret, &f->own, e);
}

/* e with the outer lock in place of the inner one. */
static struct envelope
lock(struct fixture *f, const struct envelope *e, uint32_t epoch,
     struct buf *outer)
{
    struct envelope locked = *e;

    assert_ok(envelope_lock(&f->rng, &f->outer_key, epoch, e, outer));
    locked.lock = buf_bytes(outer);
    return locked;
}

static enum sv_err
unlock(const struct outer_key *key, uint32_t epoch, const struct envelope *e)
{
    struct buf inner = BUF_INIT;
    enum sv_err err;

    assert_ok(buf_text(&inner, "before"));
    err = envelope_unlock(key, epoch, e, &inner);
    if (err != SV_OK)
        assert_true(bytes_equal(buf_bytes(&inner), bytes_text("before")));
    else
        assert_int_equal(inner.len, 6 + ENVELOPE_INNER_LEN);
    buf_free(&inner);
    return err;
}

/* A copy of b, to be spoiled. */
static struct buf
copy_of(struct bytes b)
{
    struct buf copy = BUF_INIT;

    assert_ok(buf_append(&copy, b));
    return copy;
}

static struct bytes *
part_of(struct envelope *e, unsigned i)
{
    return i == 0 ? &e->header : i == 1 ? &e->body : &e->lock;
}

/* ---- The header ---- */

static const char header_hex[] =
    "535645" /* SVE */
    "01"     /* suite */
    "1111111111111111111111111111111111111111111111111111111111111111"
    "22222222222222222222222222222222"
    "06"
    "76696374696d" /* victim */
    "08"
    "6964656e74697479" /* identity */
    "06"
    "636173652d31"     /* case-1 */
    "0000000000000002" /* version */
    "01"               /* addition */
    "3333333333333333333333333333333333333333333333333333333333333333"
    "00000003"; /* epoch */

static void
test_header_encodes_to_the_bytes_of_the_format(void **state)
{
    struct envelope_header h = header_for_tests();
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(envelope_header_encode(&h, &out));
    assert_hex(buf_bytes(&out), header_hex);
    buf_free(&out);
}

static void
test_header_decodes_to_what_was_encoded(void **state)
{
    struct envelope_header want = header_for_tests(), got;
    struct buf raw = support_unhex(header_hex);

    (void)state;
    assert_ok(envelope_header_decode(buf_bytes(&raw), &got));
    assert_memory_equal(got.vault.b, want.vault.b, sizeof want.vault.b);
    assert_memory_equal(got.record.b, want.record.b, sizeof want.record.b);
    assert_string_equal(got.type, want.type);
    assert_string_equal(got.compartment, want.compartment);
    assert_string_equal(got.author, want.author);
    assert_int_equal(got.version, want.version);
    assert_true(got.addition);
    assert_memory_equal(got.prev, want.prev, sizeof want.prev);
    assert_int_equal(got.epoch, want.epoch);
    buf_free(&raw);
}

static void
test_header_decode_refuses_each_cut_and_a_byte_more(void **state)
{
    struct buf raw = support_unhex(header_hex);
    struct envelope_header got;

    (void)state;
    for (size_t len = 0; len < raw.len; len++)
        assert_err(
            envelope_header_decode(bytes_slice(buf_bytes(&raw), 0, len), &got),
            SV_ERR_FORMAT);
    assert_ok(buf_append(&raw, bytes_of("", 1)));
    assert_err(envelope_header_decode(buf_bytes(&raw), &got), SV_ERR_FORMAT);
    buf_free(&raw);
}

static void
test_header_decode_refuses_other_suites_as_versions(void **state)
{
    static const uint8_t suites[] = {0, 2, 255};
    struct buf raw = support_unhex(header_hex);
    struct envelope_header got;

    (void)state;
    for (size_t i = 0; i < N(suites); i++) {
        raw.ptr[SUITE_AT] = suites[i];
        assert_err(envelope_header_decode(buf_bytes(&raw), &got),
                   SV_ERR_VERSION);
        /* Whatever another suite has behind it. */
        assert_err(
            envelope_header_decode(bytes_of(raw.ptr, SUITE_AT + 1), &got),
            SV_ERR_VERSION);
    }
    buf_free(&raw);
}

/* Any change of a byte is refused, or is another header: none is lost. */
static void
test_header_decodes_only_what_encodes_to_the_same_bytes(void **state)
{
    struct buf raw = support_unhex(header_hex), again = BUF_INIT;
    size_t n_taken = 0;

    (void)state;
    for (size_t i = 0; i < raw.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct envelope_header got;

            raw.ptr[i] ^= (uint8_t)(1u << bit);
            if (envelope_header_decode(buf_bytes(&raw), &got) == SV_OK) {
                assert_ok(envelope_header_encode(&got, &again));
                assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&raw)));
                buf_truncate(&again, 0);
                n_taken++;
            }
            raw.ptr[i] ^= (uint8_t)(1u << bit);
        }
    }
    /* All of vault, record and prev, and some of the rest. */
    assert_true(n_taken > (size_t)(32 + 16 + 32) * 8);
    buf_free(&raw);
    buf_free(&again);
}

static void
test_header_values_out_of_range_are_refused_both_ways(void **state)
{
    static const struct {
        const char *name;
        size_t at; /* of the byte in the encoding, which becomes ... */
        uint8_t byte;
    } cases[] = {
        {"magic", 2, 'F'},
        {"type in upper case", TYPE_AT + 1, 'V'},
        {"type with a hyphen", TYPE_AT + 1, '-'},
        {"type with a NUL", TYPE_AT + 1, 0},
        {"type empty", TYPE_AT, 0},
        {"type too long", TYPE_AT, 33},
        {"compartment with a slash", TYPE_AT + 8, '/'},
        {"author with an underscore", TYPE_AT + 17, '_'},
        {"author outside ASCII", TYPE_AT + 17, 0xe3},
        {"version 0", TYPE_AT + 7 + 9 + 7 + 7, 0},
        {"version 1 with a predecessor", TYPE_AT + 7 + 9 + 7 + 7, 1},
        {"addition neither 0 nor 1", TYPE_AT + 7 + 9 + 7 + 8, 2},
        {"addition neither 0 nor 1", TYPE_AT + 7 + 9 + 7 + 8, 255},
        {"epoch 0", TYPE_AT + 7 + 9 + 7 + 8 + 1 + 32 + 3, 0},
    };
    struct envelope_header h, got;
    struct buf out = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct buf raw = support_unhex(header_hex);
        enum sv_err err;

        raw.ptr[cases[i].at] = cases[i].byte;
        err = envelope_header_decode(buf_bytes(&raw), &got);
        if (err != SV_ERR_FORMAT)
            fail_msg("%s: %s", cases[i].name, err_text(err));
        buf_free(&raw);
    }
    h = header_for_tests();
    memcpy(h.type, "Victim", 7);
    assert_err(envelope_header_encode(&h, &out), SV_ERR_FORMAT);
    h = header_for_tests();
    memcpy(h.author, "case_1", 7);
    assert_err(envelope_header_encode(&h, &out), SV_ERR_FORMAT);
    h = header_for_tests();
    h.compartment[0] = '\0';
    assert_err(envelope_header_encode(&h, &out), SV_ERR_FORMAT);
    h = header_for_tests();
    h.version = 0;
    assert_err(envelope_header_encode(&h, &out), SV_ERR_FORMAT);
    h.version = 1;
    assert_err(envelope_header_encode(&h, &out), SV_ERR_FORMAT);
    h = header_for_tests();
    h.epoch = 0;
    assert_err(envelope_header_encode(&h, &out), SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
}

/* ---- The three parts ---- */

static void
test_envelopes_decode_one_after_the_other(void **state)
{
    struct fixture *f = *state;
    struct buf two = BUF_INIT, again = BUF_INIT;
    struct bytes rest;
    struct envelope first, second;

    assert_ok(buf_append(&two, buf_bytes(&f->raw)));
    assert_ok(buf_append(&two, buf_bytes(&f->raw)));
    assert_ok(buf_text(&two, "rest"));
    rest = buf_bytes(&two);
    assert_ok(envelope_decode(&rest, &first));
    assert_ok(envelope_decode(&rest, &second));
    assert_true(bytes_equal(rest, bytes_text("rest")));
    assert_true(bytes_equal(first.header, second.header));
    assert_true(bytes_equal(first.body, second.body));
    assert_true(bytes_equal(first.lock, second.lock));
    assert_ok(envelope_encode(&first, &again));
    assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&f->raw)));
    buf_free(&two);
    buf_free(&again);
}

static void
test_envelope_decode_refuses_each_cut_and_moves_nothing(void **state)
{
    struct fixture *f = *state;
    struct envelope e;

    for (size_t len = 0; len < f->raw.len; len++) {
        struct bytes in = bytes_slice(buf_bytes(&f->raw), 0, len);

        assert_err(envelope_decode(&in, &e), SV_ERR_FORMAT);
        assert_int_equal(in.len, len);
    }
}

static void
test_parts_of_other_lengths_than_sealing_makes_are_refused(void **state)
{
    static const struct {
        const char *name;
        size_t header, body, lock;
        bool ok;
    } cases[] = {
        {"inner lock", 100, 1096, 136, true},
        {"outer lock", 100, 1096, 212, true},
        {"the largest body", 100, 131144, 136, true},
        {"no header", 0, 1096, 136, false},
        {"huge header", 257, 1096, 136, false},
        {"no body", 100, 0, 136, false},
        {"a body below the overhead", 100, 71, 136, false},
        {"an empty padding", 100, 72, 136, false},
        {"a body under the least padding", 100, 512 + 72, 136, false},
        {"a body that is not padded", 100, 1097, 136, false},
        {"a body over the largest", 100, 262216, 136, false},
        {"no lock", 100, 1096, 0, false},
        {"a short lock", 100, 1096, 135, false},
        {"a lock in between", 100, 1096, 137, false},
        {"a long lock", 100, 1096, 213, false},
    };
    static uint8_t zeros[300000];

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct envelope got,
            e = {bytes_of(zeros, cases[i].header),
                 bytes_of(zeros, cases[i].body), bytes_of(zeros, cases[i].lock),
                 bytes_of("", 0)};
        struct buf encoded = BUF_INIT, raw = BUF_INIT;
        struct writer w = writer_to(&raw);
        struct bytes in;
        enum sv_err want = cases[i].ok ? SV_OK : SV_ERR_FORMAT;

        writer_medium(&w, e.header);
        writer_long(&w, e.body);
        writer_medium(&w, e.lock);
        writer_medium(&w, e.tokens);
        assert_ok(writer_end(&w));
        in = buf_bytes(&raw);
        if (envelope_encode(&e, &encoded) != want ||
            envelope_decode(&in, &got) != want)
            fail_msg("%s", cases[i].name);
        assert_true(cases[i].ok
                        ? bytes_equal(buf_bytes(&encoded), buf_bytes(&raw))
                        : encoded.len == 0);
        buf_free(&encoded);
        buf_free(&raw);
    }
}

static void
test_version_hash_is_over_the_lengths_and_bytes_of_all_parts(void **state)
{
    struct fixture *f = *state;
    struct buf all = BUF_INIT;
    struct writer w = writer_to(&all);
    uint8_t want[DIGEST_LEN], got[32];

    writer_long(&w, f->e.header);
    writer_long(&w, f->e.body);
    writer_long(&w, f->e.lock);
    writer_long(&w, f->e.tokens);
    assert_ok(writer_end(&w));
    digest("sv/v1/version", buf_bytes(&all), want);
    assert_memory_equal(f->hash, want, sizeof want);
    for (unsigned i = 0; i < 3; i++) {
        struct envelope e = f->e;
        struct buf spoiled = copy_of(*part_of(&f->e, i));

        spoiled.ptr[spoiled.len - 1] ^= 1;
        *part_of(&e, i) = buf_bytes(&spoiled);
        envelope_hash(&e, got);
        assert_memory_not_equal(got, want, sizeof got);
        buf_free(&spoiled);
    }
    buf_free(&all);
}

/* ---- Sealing and opening ---- */

static void
test_sealed_envelope_opens_and_says_what_it_is(void **state)
{
    struct fixture *f = *state;
    struct envelope_header h;
    uint8_t hash[32];

    assert_ok(open_it(f, &f->e));
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
    struct fixture *f = *state;
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
    struct fixture *f = *state;
    struct buf raw = BUF_INIT;
    struct envelope e;
    uint8_t hash[32];

    seal(f, &f->header, &raw, &e, hash);
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
    struct fixture *f = *state;

    for (unsigned part = 0; part < 3; part++) {
        struct buf spoiled = copy_of(*part_of(&f->e, part));
        struct envelope e = f->e;

        *part_of(&e, part) = buf_bytes(&spoiled);
        for (size_t i = 0; i < spoiled.len; i++) {
            bool suite = part == 0 && i == SUITE_AT;

            spoiled.ptr[i] ^= 1;
            assert_err(open_it(f, &e),
                       suite ? SV_ERR_VERSION : SV_ERR_TAMPERED);
            spoiled.ptr[i] ^= 1 ^ 0x80;
            assert_err(open_it(f, &e),
                       suite ? SV_ERR_VERSION : SV_ERR_TAMPERED);
            spoiled.ptr[i] ^= 0x80;
        }
        assert_ok(open_it(f, &e));
        buf_free(&spoiled);
    }
}

static void
test_open_fails_at_each_cut_and_with_a_byte_more(void **state)
{
    struct fixture *f = *state;

    for (unsigned part = 0; part < 3; part++) {
        struct bytes whole = *part_of(&f->e, part);
        struct buf longer = copy_of(whole);
        struct envelope e = f->e;

        for (size_t len = 0; len < whole.len; len++) {
            *part_of(&e, part) = bytes_slice(whole, 0, len);
            assert_err(open_it(f, &e), SV_ERR_TAMPERED);
        }
        assert_ok(buf_append(&longer, bytes_of("", 1)));
        *part_of(&e, part) = buf_bytes(&longer);
        assert_err(open_it(f, &e), SV_ERR_TAMPERED);
        buf_free(&longer);
    }
}

static void
test_t9_open_refuses_other_suites_before_it_uses_a_key(void **state)
{
    static const uint8_t suites[] = {0, 2, 255};
    struct fixture *f = *state;
    struct buf header = copy_of(f->e.header), out = BUF_INIT;
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
    struct fixture *f = *state;
    struct ps1_receiver receiver = {0};
    struct box_secret other;
    struct box_public other_public;
    struct buf out = BUF_INIT;

    box_generate(&f->rng, &other, &other_public);
    assert_err(open_with(&other, &other_public, &f->e), SV_ERR_TAMPERED);
    assert_err(open_with(&f->secret, &other_public, &f->e), SV_ERR_TAMPERED);
    assert_err(open_with(&other, &f->own, &f->e), SV_ERR_TAMPERED);
    /* An agreed key of one receiver does not serve for another. */
    assert_err(envelope_open(&receiver, &other, &other_public, &f->e, &out),
               SV_ERR_TAMPERED);
    memset(&receiver, 0, sizeof receiver);
    assert_ok(envelope_open(&receiver, &f->secret, &f->own, &f->e, &out));
    buf_free(&out);
}

/* Every way to put two sealed versions together wrongly. */
static void
assert_mixtures_fail(const struct fixture *f, const char *name,
                     const struct envelope *a, const struct envelope *b)
{
    bool same_header = bytes_equal(a->header, b->header);

    for (unsigned mix = 1; mix < 7; mix++) {
        struct envelope e = {(mix & 1) != 0 ? a->header : b->header,
                             (mix & 2) != 0 ? a->body : b->body,
                             (mix & 4) != 0 ? a->lock : b->lock,
                             bytes_of("", 0)};
        bool whole = same_header && ((mix & 2) != 0) == ((mix & 4) != 0);

        if (open_it(f, &e) != (whole ? SV_OK : SV_ERR_TAMPERED))
            fail_msg("%s: mixture %u", name, mix);
    }
}

static const char *const header_fields[] = {"another sealing of the same",
                                            "version",
                                            "addition",
                                            "prev",
                                            "compartment",
                                            "record",
                                            "vault",
                                            "type",
                                            "author",
                                            "key epoch"};

/* The header for tests, but for that field. */
static struct envelope_header
header_with_other(size_t field)
{
    struct envelope_header h = header_for_tests();

    h.version += field == 1;
    h.addition = field != 2;
    h.prev[31] ^= field == 3;
    if (field == 4)
        memcpy(h.compartment, "facts", 6);
    h.record.b[0] ^= field == 5;
    h.vault.b[0] ^= field == 6;
    if (field == 7)
        memcpy(h.type, "suspect", 8);
    if (field == 8)
        h.author[5] = '2';
    h.epoch += field == 9;
    return h;
}

static void
test_t2_to_t4_parts_of_different_versions_never_open_together(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < N(header_fields); i++) {
        struct envelope_header h = header_with_other(i);
        struct buf raw = BUF_INIT;
        struct envelope e;
        uint8_t hash[32];

        seal(f, &h, &raw, &e, hash);
        assert_ok(open_it(f, &e));
        assert_true(i == 0 || !bytes_equal(e.header, f->e.header));
        assert_mixtures_fail(f, header_fields[i], &e, &f->e);
        buf_free(&raw);
    }
}

static void
test_outer_lock_of_one_version_stays_on_beside_parts_of_another(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < N(header_fields); i++) {
        struct envelope_header h = header_with_other(i);
        struct buf raw = BUF_INIT, outer = BUF_INIT;
        struct envelope e, locked;
        uint8_t hash[32];

        seal(f, &h, &raw, &e, hash);
        locked = lock(f, &e, 7, &outer);
        assert_ok(unlock(&f->outer_key, 7, &locked));
        locked.body = f->e.body;
        assert_err(unlock(&f->outer_key, 7, &locked), SV_ERR_TAMPERED);
        locked.header = f->e.header;
        assert_err(unlock(&f->outer_key, 7, &locked), SV_ERR_TAMPERED);
        locked.body = e.body;
        assert_err(unlock(&f->outer_key, 7, &locked),
                   i == 0 ? SV_OK : SV_ERR_TAMPERED);
        buf_free(&raw);
        buf_free(&outer);
    }
}

/* By the format's own words, with a body that a forger chose. */
static void
forge(struct fixture *f, const char *body_label, const char *lock_label,
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
    struct fixture *f = *state;

    for (size_t i = 0; i < N(cases); i++) {
        uint8_t padded[2048] = {0};
        struct buf body = BUF_INIT, inner = BUF_INIT;
        struct envelope e;
        enum sv_err err;

        memcpy(padded, sample, strlen(sample));
        padded[strlen(sample)] = cases[i].mark;
        forge(f, cases[i].body_label, cases[i].lock_label,
              bytes_of(padded, cases[i].padded_len), &body, &inner, &e);
        err = open_it(f, &e);
        if (err != cases[i].want)
            fail_msg("%s: %s", cases[i].name, err_text(err));
        buf_free(&body);
        buf_free(&inner);
    }
}

/* ---- The outer lock ---- */

static void
test_outer_lock_comes_off_and_gives_the_inner_one(void **state)
{
    struct fixture *f = *state;
    struct buf outer = BUF_INIT, inner = BUF_INIT;
    struct envelope locked = lock(f, &f->e, 7, &outer);

    assert_int_equal(outer.len, ENVELOPE_OUTER_LEN);
    assert_null(memmem(outer.ptr, outer.len, f->e.lock.ptr, 16));
    /* Without the gate, the compartment's key opens nothing. */
    assert_err(open_it(f, &locked), SV_ERR_TAMPERED);
    assert_ok(envelope_unlock(&f->outer_key, 7, &locked, &inner));
    assert_true(bytes_equal(buf_bytes(&inner), f->e.lock));
    locked.lock = buf_bytes(&inner);
    assert_ok(open_it(f, &locked));
    buf_free(&outer);
    buf_free(&inner);
}

static void
test_t1_unlock_fails_when_any_byte_is_flipped(void **state)
{
    struct fixture *f = *state;
    struct buf outer = BUF_INIT;
    struct envelope locked = lock(f, &f->e, 7, &outer);

    for (unsigned part = 0; part < 3; part++) {
        struct buf spoiled = copy_of(*part_of(&locked, part));
        struct envelope e = locked;

        *part_of(&e, part) = buf_bytes(&spoiled);
        for (size_t i = 0; i < spoiled.len; i++) {
            spoiled.ptr[i] ^= 1;
            assert_err(unlock(&f->outer_key, 7, &e),
                       part == 2 && i < 4 ? SV_ERR_VERSION : SV_ERR_TAMPERED);
            spoiled.ptr[i] ^= 1;
        }
        assert_ok(unlock(&f->outer_key, 7, &e));
        buf_free(&spoiled);
    }
    buf_free(&outer);
}

static void
test_unlock_fails_at_each_cut(void **state)
{
    struct fixture *f = *state;
    struct buf outer = BUF_INIT;
    struct envelope locked = lock(f, &f->e, 7, &outer);

    for (unsigned part = 0; part < 3; part++) {
        struct envelope e = locked;
        struct bytes whole = *part_of(&locked, part);

        for (size_t len = 0; len < whole.len; len++) {
            *part_of(&e, part) = bytes_slice(whole, 0, len);
            assert_err(unlock(&f->outer_key, 7, &e), SV_ERR_TAMPERED);
        }
    }
    buf_free(&outer);
}

static void
test_unlock_names_another_gate_epoch_and_refuses_another_key(void **state)
{
    struct fixture *f = *state;
    struct outer_key other = f->outer_key;
    struct buf outer = BUF_INIT;
    struct envelope locked = lock(f, &f->e, 7, &outer);

    other.b[31] ^= 0x80;
    assert_err(unlock(&f->outer_key, 8, &locked), SV_ERR_VERSION);
    assert_err(unlock(&other, 7, &locked), SV_ERR_TAMPERED);
    assert_ok(unlock(&f->outer_key, 7, &locked));
    buf_free(&outer);
}

static void
test_locks_go_only_on_the_state_they_are_for(void **state)
{
    struct fixture *f = *state;
    struct buf outer = BUF_INIT, twice = BUF_INIT;
    struct envelope locked = lock(f, &f->e, 7, &outer);

    assert_err(envelope_lock(&f->rng, &f->outer_key, 7, &locked, &twice),
               SV_ERR_FORMAT);
    assert_int_equal(twice.len, 0);
    assert_err(unlock(&f->outer_key, 7, &f->e), SV_ERR_TAMPERED);
    buf_free(&outer);
}

/* ---- Frozen vectors of the format ---- */

/* With the generator's stream from this seed: everything in setup(), then
 * one sealing of sample, then its outer lock of gate epoch 7. */
static void
test_envelope_is_the_frozen_vector(void **state)
{
    struct fixture *f = *state;
    struct buf outer = BUF_INIT;
    uint8_t got[DIGEST_LEN];

    (void)lock(f, &f->e, 7, &outer);
    digest("test", buf_bytes(&f->raw), got);
    assert_hex(BYTES(got), "b8a90396dc61457cf61f016efa50d8b8"
                           "f21096d03dc9020f14c1c7dda9145fa3");
    assert_hex(BYTES(f->hash), "acfb9a6adb6da6c703b4bd84d644ef95"
                               "fddff18a00fac44d7ec30dfd90f0ef42");
    digest("test", buf_bytes(&outer), got);
    assert_hex(BYTES(got), "fc1d93b13e9f63b0619385b8b95ea0d8"
                           "31c98a31251b43589116770e9031856e");
    buf_free(&outer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_encodes_to_the_bytes_of_the_format),
        cmocka_unit_test(test_header_decodes_to_what_was_encoded),
        cmocka_unit_test(test_header_decode_refuses_each_cut_and_a_byte_more),
        cmocka_unit_test(test_header_decode_refuses_other_suites_as_versions),
        cmocka_unit_test(
            test_header_decodes_only_what_encodes_to_the_same_bytes),
        cmocka_unit_test(test_header_values_out_of_range_are_refused_both_ways),
        TEST(test_envelopes_decode_one_after_the_other),
        TEST(test_envelope_decode_refuses_each_cut_and_moves_nothing),
        TEST(test_parts_of_other_lengths_than_sealing_makes_are_refused),
        TEST(test_version_hash_is_over_the_lengths_and_bytes_of_all_parts),
        TEST(test_sealed_envelope_opens_and_says_what_it_is),
        TEST(
            test_t71_content_of_any_length_opens_and_only_its_padded_size_shows),
        TEST(test_t72_same_content_sealed_twice_shares_nothing_but_the_header),
        TEST(test_t1_open_fails_when_any_byte_is_flipped),
        TEST(test_open_fails_at_each_cut_and_with_a_byte_more),
        TEST(test_t9_open_refuses_other_suites_before_it_uses_a_key),
        TEST(test_open_fails_with_the_key_of_another_compartment),
        TEST(test_t2_to_t4_parts_of_different_versions_never_open_together),
        TEST(test_outer_lock_of_one_version_stays_on_beside_parts_of_another),
        TEST(test_envelope_made_by_the_words_of_the_format_opens),
        TEST(test_outer_lock_comes_off_and_gives_the_inner_one),
        TEST(test_t1_unlock_fails_when_any_byte_is_flipped),
        TEST(test_unlock_fails_at_each_cut),
        TEST(test_unlock_names_another_gate_epoch_and_refuses_another_key),
        TEST(test_locks_go_only_on_the_state_they_are_for),
        TEST(test_envelope_is_the_frozen_vector),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
