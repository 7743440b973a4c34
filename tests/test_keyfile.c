#include <time.h>

#include "audit/note.h"
#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/kdf.h"
#include "tests/support/support.h"
#include "vault/keyfile.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define NAME "case-1"
#define PASSPHRASE "tanuki-asari-kujira"

/* Where the fields of a file for NAME stand. */
#define SUITE_AT 3
#define NAME_AT 5
#define SIGN_AT 11
#define BOX_AT 43
#define PROTECTION_AT 75
#define SEED_AT 76
#define N_SLOTS_AT 76
#define SLOT_AT 77
#define PASSES_AT 78
#define MEMORY_AT 82
#define SALT_AT 86
#define SEALED_AT 102
#define SLOT_LEN (1 + 4 + 4 + PASSWORD_SALT_LEN + SEED_LEN + CB1_OVERHEAD)

/*
 * A passphrase is derived once for the group: each derivation takes half a
 * second, so the tests count them.
 */
struct fixture {
    uint8_t seed[SEED_LEN];
    struct user_keys keys;
    struct buf open;               /* an unprotected file */
    struct buf locked;             /* the same seed under PASSPHRASE */
    uint8_t kek[PASSWORD_KEY_LEN]; /* of PASSPHRASE and locked's salt */
};

static struct rng
rng_for_tests(struct rng_fixed *state)
{
    memset(state, 0, sizeof *state);
    memset(state->seed, 0x5e, sizeof state->seed);
    return rng_fixed(state);
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct rng_fixed random;
    struct rng rng = rng_for_tests(&random);

    if (f == NULL)
        return -1;
    rng_fill(&rng, f->seed, sizeof f->seed);
    user_keys_derive(f->seed, &f->keys);
    rng = rng_for_tests(&random);
    assert_ok(keyfile_make(&rng, NAME, bytes_of("", 0), &f->open));
    rng = rng_for_tests(&random);
    assert_ok(keyfile_make(&rng, NAME, bytes_text(PASSPHRASE), &f->locked));
    assert_ok(password_derive(bytes_text(PASSPHRASE), f->locked.ptr + SALT_AT,
                              password_cost_default(), f->kek));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    buf_free(&f->open);
    buf_free(&f->locked);
    free(f);
    return 0;
}

static struct buf
copy_of(struct bytes b)
{
    struct buf copy = BUF_INIT;

    assert_ok(buf_append(&copy, b));
    return copy;
}

/* What is refused leaves nothing behind. */
static enum sv_err
parse(struct bytes in)
{
    struct keyfile got, before;
    enum sv_err err;

    memset(&before, 0xee, sizeof before);
    memset(&got, 0xee, sizeof got);
    err = keyfile_parse(in, &got);
    if (err != SV_OK)
        assert_memory_equal(&got, &before, sizeof got);
    keyfile_wipe(&got);
    return err;
}

/* Parse and unlock; failing wipes the keys. */
static enum sv_err
unlock(struct bytes in, const char *passphrase, struct user_keys *out)
{
    static const struct user_keys none;
    struct keyfile k;
    struct user_keys keys;
    enum sv_err err = keyfile_parse(in, &k);

    if (err != SV_OK)
        return err;
    memset(&keys, 0xee, sizeof keys);
    err = keyfile_unlock(&k, bytes_text(passphrase), &keys);
    if (err != SV_OK)
        assert_memory_equal(&keys, &none, sizeof keys);
    else if (out != NULL)
        *out = keys;
    keyfile_wipe(&k);
    return err;
}

static void
assert_keys(const struct user_keys *got, const struct user_keys *want)
{
    assert_memory_equal(got->seed, want->seed, sizeof want->seed);
    assert_memory_equal(got->sign.b, want->sign.b, sizeof want->sign.b);
    assert_memory_equal(got->box.b, want->box.b, sizeof want->box.b);
}

/* ---- Layout and frozen vectors ---- */

static void
test_unprotected_file_is_the_frozen_vector(void **state)
{
    struct fixture *f = *state;

    assert_hex(
        buf_bytes(&f->open),
        "53564b"         /* SVK */
        "01"             /* suite */
        "06636173652d31" /* case-1 */
        "0f1e65ac12ae5fa05aefb1ce0c16dd4650bf9f9f3bbbb15a7889cfa03f33ac62"
        "2520d4bb497ab8e02ead8fa7fe01f83feedc09ecffd93ddc89f8f60e4dc7c17b"
        "00" /* unprotected */
        "ede91b9e09b8ff96c6f24802723ca3f8c27d84368efe579a83de3670b807d358");
}

static void
test_protected_file_is_the_frozen_vector(void **state)
{
    struct fixture *f = *state;
    uint8_t hash[DIGEST_LEN];

    assert_int_equal(f->locked.len, SLOT_AT + SLOT_LEN);
    digest("test", buf_bytes(&f->locked), hash);
    assert_hex(BYTES(hash), "37601a7110df7f89306fa74bb86ebb1d"
                            "f8405274af12cbc035951102ea47eeb0");
}

/* The slot is bound to everything in clear, its own cost and salt too. */
static void
test_slot_is_sealed_with_all_that_stands_in_clear_as_context(void **state)
{
    struct fixture *f = *state;
    struct buf context = BUF_INIT, seed = BUF_INIT;
    struct bytes file = buf_bytes(&f->locked);
    struct bytes sealed = bytes_slice(file, SEALED_AT, SEED_LEN + CB1_OVERHEAD);

    assert_ok(buf_append(&context, bytes_slice(file, 0, N_SLOTS_AT)));
    assert_ok(
        buf_append(&context, bytes_slice(file, SLOT_AT, SEALED_AT - SLOT_AT)));
    assert_ok(cb1_open(f->kek, "uk", buf_bytes(&context), sealed, &seed));
    assert_true(bytes_equal(buf_bytes(&seed), BYTES(f->seed)));
    buf_free(&context);
    buf_free(&seed);
}

static void
test_keys_derive_from_the_seed_with_labels_of_their_own(void **state)
{
    struct fixture *f = *state;
    uint8_t want[KDF_KEY_LEN];

    kdf_derive(f->seed, "user/sign", want);
    assert_memory_equal(f->keys.sign.b, want, sizeof want);
    kdf_derive(f->seed, "user/box", want);
    assert_memory_equal(f->keys.box.b, want, sizeof want);
    assert_memory_equal(f->keys.seed, f->seed, sizeof f->seed);
}

static void
test_no_secret_stands_in_a_protected_file(void **state)
{
    struct fixture *f = *state;
    const struct buf *file = &f->locked;

    for (size_t i = 0; i + 8 <= SEED_LEN; i++) {
        assert_null(memmem(file->ptr, file->len, f->seed + i, 8));
        assert_null(memmem(file->ptr, file->len, f->keys.sign.b + i, 8));
        assert_null(memmem(file->ptr, file->len, f->keys.box.b + i, 8));
        assert_null(memmem(file->ptr, file->len, f->kek + i, 8));
    }
    for (size_t i = 0; i + 5 <= strlen(PASSPHRASE); i++)
        assert_null(memmem(file->ptr, file->len, &PASSPHRASE[i], 5));
}

/* ---- Parsing ---- */

static void
test_parse_gives_what_stands_in_clear(void **state)
{
    struct fixture *f = *state;
    struct keyfile k;
    struct card own;

    card_of(&f->keys, NAME, &own);
    assert_ok(keyfile_parse(buf_bytes(&f->locked), &k));
    assert_memory_equal(&k.card, &own, sizeof own);
    assert_false(k.unprotected);
    assert_int_equal(k.n_slots, 1);
    assert_int_equal(k.slots[0].kind, SLOT_PASSPHRASE);
    assert_int_equal(k.slots[0].cost.passes, 3);
    assert_int_equal(k.slots[0].cost.memory_kib, 256 << 10);
    assert_ok(keyfile_parse(buf_bytes(&f->open), &k));
    assert_true(k.unprotected);
    assert_int_equal(k.n_slots, 0);
    keyfile_wipe(&k);
}

static void
test_parse_refuses_each_cut_and_a_byte_more(void **state)
{
    struct fixture *f = *state;
    const struct buf *files[] = {&f->open, &f->locked};

    for (size_t i = 0; i < N(files); i++) {
        struct buf longer = copy_of(buf_bytes(files[i]));

        for (size_t len = 0; len < files[i]->len; len++)
            assert_err(parse(bytes_slice(buf_bytes(files[i]), 0, len)),
                       SV_ERR_FORMAT);
        assert_ok(parse(buf_bytes(&longer)));
        assert_ok(buf_append(&longer, bytes_of("", 1)));
        assert_err(parse(buf_bytes(&longer)), SV_ERR_FORMAT);
        buf_free(&longer);
    }
}

static void
test_parse_refuses_other_suites_as_versions(void **state)
{
    static const uint8_t suites[] = {0, 2, 255};
    struct fixture *f = *state;
    struct buf file = copy_of(buf_bytes(&f->locked));

    for (size_t i = 0; i < N(suites); i++) {
        file.ptr[SUITE_AT] = suites[i];
        assert_err(parse(buf_bytes(&file)), SV_ERR_VERSION);
        assert_err(parse(bytes_of(file.ptr, SUITE_AT + 1)), SV_ERR_VERSION);
    }
    buf_free(&file);
}

static void
test_parse_refuses_values_that_no_file_has(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t byte;
    } cases[] = {
        {"magic", 0, 's'},
        {"name empty", 4, 0},
        {"name too long", 4, 33},
        {"name in upper case", NAME_AT, 'C'},
        {"name with an underscore", NAME_AT, '_'},
        {"name with a NUL", NAME_AT, 0},
        {"protection unknown", PROTECTION_AT, 2},
        {"protection taken off", PROTECTION_AT, 0},
        {"no slots", N_SLOTS_AT, 0},
        {"more slots than there are", N_SLOTS_AT, 2},
        {"more slots than the maximum", N_SLOTS_AT, 5},
        {"slots without end", N_SLOTS_AT, 255},
        {"slot of no kind", SLOT_AT, 0},
        {"slot of an unknown kind", SLOT_AT, 2},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < N(cases); i++) {
        struct buf file = copy_of(buf_bytes(&f->locked));
        enum sv_err err;

        file.ptr[cases[i].at] = cases[i].byte;
        err = parse(buf_bytes(&file));
        if (err != SV_ERR_FORMAT)
            fail_msg("%s: %s", cases[i].name, err_text(err));
        buf_free(&file);
    }
}

/* Forged costs are refused in less time than any derivation would take. */
static void
test_t31_t32_costs_outside_their_limits_are_refused_without_deriving(
    void **state)
{
    static const struct {
        uint32_t passes, memory_kib;
        enum sv_err want;
    } cases[] = {
        {1, 256 << 10, SV_ERR_RANGE},
        {3, 8, SV_ERR_RANGE},
        {3, 64 << 20, SV_ERR_RANGE}, /* 64 GiB */
        {0, 256 << 10, SV_ERR_RANGE},
        {3, 0, SV_ERR_RANGE},
        {2, 256 << 10, SV_ERR_RANGE},
        {11, 256 << 10, SV_ERR_RANGE},
        {UINT32_MAX, 256 << 10, SV_ERR_RANGE},
        {3, (256 << 10) - 1, SV_ERR_RANGE},
        {3, (1 << 20) + 1, SV_ERR_RANGE},
        {3, UINT32_MAX, SV_ERR_RANGE},
        {3, 256 << 10, SV_OK},
        {10, 1 << 20, SV_OK},
    };
    struct fixture *f = *state;
    clock_t start = clock();

    for (size_t i = 0; i < N(cases); i++) {
        struct buf file = copy_of(buf_bytes(&f->locked));
        enum sv_err err;

        put_u32(file.ptr + PASSES_AT, cases[i].passes);
        put_u32(file.ptr + MEMORY_AT, cases[i].memory_kib);
        err = parse(buf_bytes(&file));
        if (err != cases[i].want)
            fail_msg("t=%u m=%u: %s", cases[i].passes, cases[i].memory_kib,
                     err_text(err));
        if (err != SV_OK)
            assert_err(unlock(buf_bytes(&file), PASSPHRASE, NULL),
                       SV_ERR_RANGE);
        buf_free(&file);
    }
    assert_true(clock() - start < CLOCKS_PER_SEC / 10);
}

/* ---- Unlocking; behind a test, how many derivations it takes ---- */

static void
test_right_passphrase_unlocks_and_a_wrong_one_is_denied(void **state) /* 2 */
{
    struct fixture *f = *state;
    struct user_keys keys;

    assert_ok(unlock(buf_bytes(&f->locked), PASSPHRASE, &keys));
    assert_keys(&keys, &f->keys);
    assert_err(unlock(buf_bytes(&f->locked), PASSPHRASE "i", NULL),
               SV_ERR_DENIED);
}

static void
test_passphrase_over_the_limit_is_denied_as_any_wrong_one(void **state)
{
    struct fixture *f = *state;
    struct rng rng = rng_system();
    struct buf out = BUF_INIT;
    char longest[PASSWORD_MAX_LEN + 2];

    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_err(unlock(buf_bytes(&f->locked), longest, NULL), SV_ERR_DENIED);
    assert_err(keyfile_make(&rng, NAME, bytes_text(longest), &out),
               SV_ERR_RANGE);
    assert_int_equal(out.len, 0);
}

static void
test_t36_altered_protected_file_is_denied_like_a_wrong_passphrase(
    void **state) /* 3 */
{
    static const size_t places[] = {NAME_AT, SALT_AT, SLOT_AT + SLOT_LEN - 1};
    struct fixture *f = *state;

    for (size_t i = 0; i < N(places); i++) {
        struct buf file = copy_of(buf_bytes(&f->locked));

        file.ptr[places[i]] ^= 1; /* "base-1" is a name too */
        assert_err(unlock(buf_bytes(&file), PASSPHRASE, NULL), SV_ERR_DENIED);
        buf_free(&file);
    }
}

/* A file by the format's own words, with the group's salt. */
static struct buf
forge(const struct fixture *f, const char *name, const uint8_t *seed,
      const struct card *card)
{
    struct rng rng = rng_system();
    struct buf file = BUF_INIT, context = BUF_INIT;
    struct bytes slot =
        bytes_slice(buf_bytes(&f->locked), SLOT_AT, SEALED_AT - SLOT_AT);
    struct writer w = writer_to(&file);

    writer_bytes(&w, bytes_text("SVK\x01"));
    writer_name(&w, name);
    writer_bytes(&w, BYTES(card->sign.b));
    writer_bytes(&w, BYTES(card->box.b));
    writer_u8(&w, 1);
    assert_ok(buf_append(&context, buf_bytes(&file)));
    assert_ok(buf_append(&context, slot));
    writer_u8(&w, 1);
    writer_bytes(&w, slot);
    assert_ok(writer_end(&w));
    assert_ok(cb1_seal(&rng, f->kek, "uk", buf_bytes(&context),
                       bytes_of(seed, SEED_LEN), &file));
    buf_free(&context);
    return file;
}

/* Signing with the foreign half would give the seed away. */
static void
test_t43_file_whose_public_half_is_not_its_seeds_is_denied(void **state) /* 1 */
{
    struct fixture *f = *state;
    struct card card;
    struct buf file;

    for (size_t i = SIGN_AT; i < PROTECTION_AT; i++) {
        file = copy_of(buf_bytes(&f->open));
        file.ptr[i] ^= 1;
        assert_err(unlock(buf_bytes(&file), "", NULL), SV_ERR_DENIED);
        buf_free(&file);
    }
    /* Even where the slot was sealed over it. */
    card_of(&f->keys, NAME, &card);
    card.sign.b[0] ^= 1;
    file = forge(f, NAME, f->seed, &card);
    assert_err(unlock(buf_bytes(&file), PASSPHRASE, NULL), SV_ERR_DENIED);
    buf_free(&file);
}

static void
test_t33_slot_of_another_file_is_denied(void **state) /* 2 */
{
    struct fixture *f = *state;
    struct user_keys other;
    struct card card;
    struct buf theirs, ours = copy_of(buf_bytes(&f->locked));

    f->seed[0] ^= 1;
    user_keys_derive(f->seed, &other);
    f->seed[0] ^= 1;
    card_of(&other, NAME, &card);
    theirs = forge(f, NAME, other.seed, &card);
    assert_int_equal(theirs.len, ours.len);
    /* It opens where it belongs, under the same passphrase and salt. */
    assert_ok(unlock(buf_bytes(&theirs), PASSPHRASE, NULL));
    memcpy(ours.ptr + SLOT_AT, theirs.ptr + SLOT_AT, SLOT_LEN);
    assert_err(unlock(buf_bytes(&ours), PASSPHRASE, NULL), SV_ERR_DENIED);
    buf_free(&theirs);
    buf_free(&ours);
}

static void
test_any_of_several_slots_unlocks(void **state) /* 2 */
{
    struct fixture *f = *state;
    struct buf file = BUF_INIT;
    struct bytes slot = bytes_slice(buf_bytes(&f->locked), SLOT_AT, SLOT_LEN);
    struct user_keys keys;

    assert_ok(
        buf_append(&file, bytes_slice(buf_bytes(&f->locked), 0, SLOT_AT)));
    for (uint8_t n = 1; n <= KEYFILE_SLOTS_MAX + 1; n++) {
        assert_ok(buf_append(&file, slot));
        file.ptr[N_SLOTS_AT] = n;
        assert_err(parse(buf_bytes(&file)),
                   n <= KEYFILE_SLOTS_MAX ? SV_OK : SV_ERR_FORMAT);
    }
    buf_truncate(&file, SLOT_AT + 2 * SLOT_LEN);
    file.ptr[N_SLOTS_AT] = 2;
    file.ptr[SEALED_AT] ^= 1; /* in the first */
    assert_ok(unlock(buf_bytes(&file), PASSPHRASE, &keys));
    assert_keys(&keys, &f->keys);
    buf_free(&file);
}

static void
test_unprotected_file_unlocks_whatever_the_passphrase(void **state)
{
    struct fixture *f = *state;
    struct user_keys keys;

    assert_ok(unlock(buf_bytes(&f->open), "", &keys));
    assert_keys(&keys, &f->keys);
    assert_ok(unlock(buf_bytes(&f->open), PASSPHRASE, NULL));
}

/* Nothing guards the name in an unprotected file: the roster does. */
static void
test_altered_unprotected_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf file = copy_of(buf_bytes(&f->open));

    for (size_t i = 0; i < file.len; i++) {
        if (i >= NAME_AT && i < SIGN_AT)
            continue;
        for (unsigned bit = 0; bit < 8; bit++) {
            enum sv_err err;

            file.ptr[i] ^= (uint8_t)(1u << bit);
            err = unlock(buf_bytes(&file), "", NULL);
            if (i >= SIGN_AT && i != PROTECTION_AT)
                assert_err(err, SV_ERR_DENIED);
            else
                assert_err(err, i == SUITE_AT ? SV_ERR_VERSION : SV_ERR_FORMAT);
            file.ptr[i] ^= (uint8_t)(1u << bit);
        }
    }
    buf_free(&file);
}

static void
test_rewrap_keeps_the_seed_and_replaces_all_slots(void **state) /* 3 */
{
    struct fixture *f = *state;
    struct rng rng = rng_system();
    struct buf file = BUF_INIT;
    struct keyfile k;
    struct user_keys keys;

    assert_ok(keyfile_parse(buf_bytes(&f->locked), &k));
    assert_ok(keyfile_rewrap(&rng, &k, &f->keys, bytes_text("kitsune"), &file));
    assert_int_equal(file.len, f->locked.len);
    assert_memory_equal(file.ptr, f->locked.ptr, SALT_AT);
    assert_memory_not_equal(file.ptr + SALT_AT, f->locked.ptr + SALT_AT,
                            PASSWORD_SALT_LEN);
    assert_ok(unlock(buf_bytes(&file), "kitsune", &keys));
    assert_keys(&keys, &f->keys);
    assert_err(unlock(buf_bytes(&file), PASSPHRASE, NULL), SV_ERR_DENIED);
    keyfile_wipe(&k);
    buf_free(&file);
}

static void
test_rewrap_refuses_no_passphrase_and_foreign_keys(void **state)
{
    struct fixture *f = *state;
    struct rng rng = rng_system();
    struct buf file = BUF_INIT;
    struct keyfile k;
    struct user_keys other;

    assert_ok(keyfile_parse(buf_bytes(&f->locked), &k));
    /* It would take the protection off. */
    assert_err(keyfile_rewrap(&rng, &k, &f->keys, bytes_of("", 0), &file),
               SV_ERR_USAGE);
    f->seed[0] ^= 1;
    user_keys_derive(f->seed, &other);
    f->seed[0] ^= 1;
    assert_err(keyfile_rewrap(&rng, &k, &other, bytes_text("kujira"), &file),
               SV_ERR_DENIED);
    assert_int_equal(file.len, 0);
    keyfile_wipe(&k);
}

static void
test_make_refuses_bad_names_and_never_makes_one_seed_twice(void **state)
{
    static const char *const names[] = {
        "",       "Case-1",  "case_1",
        "case 1", "../case", "a-name-of-more-than-thirty-two-bytes"};
    struct rng rng = rng_system();
    struct buf a = BUF_INIT, b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < N(names); i++)
        assert_err(keyfile_make(&rng, names[i], bytes_of("", 0), &a),
                   SV_ERR_FORMAT);
    assert_int_equal(a.len, 0);
    assert_ok(keyfile_make(&rng, NAME, bytes_of("", 0), &a));
    assert_ok(keyfile_make(&rng, NAME, bytes_of("", 0), &b));
    assert_memory_not_equal(a.ptr + SEED_AT, b.ptr + SEED_AT, SEED_LEN);
    buf_free(&a);
    buf_free(&b);
}

/* ---- Key cards ---- */

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
parse_signed(const struct fixture *f, const char *text, const char *name)
{
    struct buf card = BUF_INIT;
    enum sv_err err;

    assert_ok(note_sign(bytes_text(text), name, &f->keys.sign, &card));
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
    struct fixture *f = *state;
    struct buf card = BUF_INIT, want = BUF_INIT;

    assert_ok(card_encode(&f->keys, NAME, &card));
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
    struct fixture *f = *state;
    struct buf raw = BUF_INIT;
    struct card got, want;

    card_of(&f->keys, NAME, &want);
    assert_ok(card_encode(&f->keys, NAME, &raw));
    assert_ok(card_parse(buf_bytes(&raw), &got));
    assert_memory_equal(&got, &want, sizeof got);
    buf_free(&raw);
}

static void
test_card_encode_refuses_bad_names(void **state)
{
    struct fixture *f = *state;
    struct buf raw = BUF_INIT;

    assert_err(card_encode(&f->keys, "", &raw), SV_ERR_FORMAT);
    assert_err(card_encode(&f->keys, "Case-1", &raw), SV_ERR_FORMAT);
    assert_err(card_encode(&f->keys, "case-1\nsign", &raw), SV_ERR_FORMAT);
    assert_int_equal(raw.len, 0);
}

static void
test_card_with_any_bit_flipped_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf raw = BUF_INIT;

    assert_ok(card_encode(&f->keys, NAME, &raw));
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
    struct fixture *f = *state;
    struct buf raw = BUF_INIT;

    assert_ok(card_encode(&f->keys, NAME, &raw));
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
    struct fixture *f = *state;
    struct buf raw = BUF_INIT;
    struct user_keys other;

    f->seed[0] ^= 1;
    user_keys_derive(f->seed, &other);
    f->seed[0] ^= 1;
    assert_ok(note_sign(bytes_text(card_text), NAME, &other.sign, &raw));
    assert_err(parse_card(buf_bytes(&raw)), SV_ERR_TAMPERED);
    buf_truncate(&raw, 0);
    assert_ok(card_encode(&f->keys, NAME, &raw));
    assert_ok(
        note_add_signature(bytes_text(card_text), "other", &other.sign, &raw));
    assert_err(parse_card(buf_bytes(&raw)), SV_ERR_TAMPERED);
    assert_ok(parse_signed(f, card_text, NAME));
    assert_err(parse_signed(f, card_text, "case-2"), SV_ERR_TAMPERED);
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
    struct fixture *f = *state;

    for (size_t i = 0; i < N(cases); i++) {
        char text[sizeof card_text + 64];
        enum sv_err err;

        text_with(cases[i].from, cases[i].to, text, sizeof text);
        err = parse_signed(f, text, NAME);
        if (err != cases[i].want)
            fail_msg("%s: %s", cases[i].name, err_text(err));
    }
}

static void
test_fingerprint_depends_on_name_and_both_keys(void **state)
{
    struct fixture *f = *state;
    char own[WORDS_TEXT_SIZE], other[WORDS_TEXT_SIZE];
    struct card card, changed;

    card_of(&f->keys, NAME, &card);
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
        cmocka_unit_test(test_unprotected_file_is_the_frozen_vector),
        cmocka_unit_test(test_protected_file_is_the_frozen_vector),
        cmocka_unit_test(
            test_slot_is_sealed_with_all_that_stands_in_clear_as_context),
        cmocka_unit_test(
            test_keys_derive_from_the_seed_with_labels_of_their_own),
        cmocka_unit_test(test_no_secret_stands_in_a_protected_file),
        cmocka_unit_test(test_parse_gives_what_stands_in_clear),
        cmocka_unit_test(test_parse_refuses_each_cut_and_a_byte_more),
        cmocka_unit_test(test_parse_refuses_other_suites_as_versions),
        cmocka_unit_test(test_parse_refuses_values_that_no_file_has),
        cmocka_unit_test(
            test_t31_t32_costs_outside_their_limits_are_refused_without_deriving),
        cmocka_unit_test(
            test_right_passphrase_unlocks_and_a_wrong_one_is_denied),
        cmocka_unit_test(
            test_passphrase_over_the_limit_is_denied_as_any_wrong_one),
        cmocka_unit_test(
            test_t36_altered_protected_file_is_denied_like_a_wrong_passphrase),
        cmocka_unit_test(
            test_t43_file_whose_public_half_is_not_its_seeds_is_denied),
        cmocka_unit_test(test_t33_slot_of_another_file_is_denied),
        cmocka_unit_test(test_any_of_several_slots_unlocks),
        cmocka_unit_test(test_unprotected_file_unlocks_whatever_the_passphrase),
        cmocka_unit_test(test_altered_unprotected_file_is_refused),
        cmocka_unit_test(test_rewrap_keeps_the_seed_and_replaces_all_slots),
        cmocka_unit_test(test_rewrap_refuses_no_passphrase_and_foreign_keys),
        cmocka_unit_test(
            test_make_refuses_bad_names_and_never_makes_one_seed_twice),
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
    return cmocka_run_group_tests_name("keyfile", tests, setup, teardown);
}
