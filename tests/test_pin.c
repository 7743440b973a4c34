#include <stdlib.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "crypto/kdf.h"
#include "tests/support/fakelog.h"
#include "tests/support/support.h"
#include "vault/pin.h"

#define MAGIC_LEN 3
#define VERSION_AT 3
#define VAULT_AT 4
#define ORIGIN_AT 36

/* ---- Fixture: the pin of a founded vault, and whose it is ---- */

struct fixture {
    struct fakelog log;
    struct user_keys keys;
    struct pin pin;
    struct buf raw;
};

static struct user_keys
keys_from(uint8_t first)
{
    uint8_t seed[SEED_LEN];
    struct user_keys keys;

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(first + i);
    user_keys_derive(seed, &keys);
    return keys;
}

static enum sv_err
encode(const struct pin *p, struct user_keys *keys, struct buf *out)
{
    struct identity identity = identity_of_keys(keys);

    return pin_encode(p, &identity, out);
}

static void
copy_roster(const struct roster *from, struct roster *to)
{
    struct buf blob = BUF_INIT;

    assert_ok(roster_encode(from, &blob));
    assert_ok(roster_decode(buf_bytes(&blob), to));
    buf_free(&blob);
}

static void
fill(struct pin *p, const struct fakelog *log)
{
    const struct roster *roster = &log->replay.roster;

    pin_init(p);
    p->vault = roster->vault;
    assert_ok(
        text_copy(bytes_text(roster->origin), p->origin, sizeof p->origin));
    p->size = log->n;
    p->root = fakelog_root(log);
    assert_ok(buf_text(&p->head_note, "a head as it was signed\n"));
    copy_roster(roster, &p->roster);
    assert_ok(
        text_copy(bytes_text("victim"), p->list_type, sizeof p->list_type));
    p->n_list = 3;
    p->list = calloc(p->n_list, sizeof *p->list);
    assert_non_null(p->list);
    for (size_t i = 0; i < p->n_list; i++)
        p->list[i] = fakelog_handle(i + 1);
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    fakelog_found(&f->log, "standard");
    f->keys = keys_from(0);
    fill(&f->pin, &f->log);
    assert_ok(encode(&f->pin, &f->keys, &f->raw));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    fakelog_clear(&f->log);
    pin_clear(&f->pin);
    buf_free(&f->raw);
    free(f);
    return 0;
}

static enum sv_err
take(struct bytes in, struct user_keys *keys, struct pin *out)
{
    struct identity identity = identity_of_keys(keys);

    return pin_decode(in, &identity, out);
}

/* What is refused leaves the pin as it was. */
static enum sv_err
decode(struct bytes in, struct user_keys *keys)
{
    struct pin got;
    enum sv_err err;

    pin_init(&got);
    got.size = 4711;
    err = take(in, keys, &got);
    if (err != SV_OK) {
        assert_int_equal(got.size, 4711);
        assert_null(got.list);
        assert_null(got.head_note.ptr);
    }
    pin_clear(&got);
    return err;
}

/* Put the right MAC behind content that a forger with the key could make. */
static void
seal_again(struct buf *raw, const struct user_keys *keys)
{
    uint8_t key[MAC_KEY_LEN], check[MAC_LEN];

    kdf_derive(keys->seed, "user/pin", key);
    mac(key, "sv/v1/pin", buf_bytes(raw), check);
    assert_ok(buf_append(raw, BYTES(check)));
}

/* ---- Tests ---- */

static void
test_pin_decodes_to_what_was_encoded(void **state)
{
    struct fixture *f = *state;
    struct buf again = BUF_INIT;
    struct pin got;

    pin_init(&got);
    assert_ok(take(buf_bytes(&f->raw), &f->keys, &got));
    assert_true(hash_equal(&got.vault, &f->pin.vault));
    assert_string_equal(got.origin, FAKELOG_ORIGIN);
    assert_int_equal(got.size, f->pin.size);
    assert_true(hash_equal(&got.root, &f->pin.root));
    assert_true(
        bytes_equal(buf_bytes(&got.head_note), buf_bytes(&f->pin.head_note)));
    assert_non_null(roster_person(&got.roster, FAKELOG_SUPERVISOR));
    assert_string_equal(got.list_type, "victim");
    assert_int_equal(got.n_list, 3);
    assert_memory_equal(got.list, f->pin.list, 3 * sizeof *got.list);
    assert_ok(encode(&got, &f->keys, &again));
    assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&f->raw)));
    pin_clear(&got);
    assert_null(got.list);
    assert_int_equal(got.n_list, 0);
    buf_free(&again);
}

static void
test_pin_before_the_first_head_is_the_frozen_vector(void **state)
{
    struct user_keys keys = keys_from(0);
    struct buf raw = BUF_INIT, again = BUF_INIT;
    struct pin p, got;
    uint8_t hash[DIGEST_LEN];

    (void)state;
    pin_init(&p);
    pin_init(&got);
    memset(p.vault.b, 0x11, sizeof p.vault.b);
    assert_ok(encode(&p, &keys, &raw));
    digest("test", buf_bytes(&raw), hash);
    assert_hex(BYTES(hash), "6095d9793760e318f318421aed1e6597"
                            "257ae287bdeb6b491ccafb94725f0195");
    assert_ok(take(buf_bytes(&raw), &keys, &got));
    assert_true(hash_equal(&got.vault, &p.vault));
    assert_int_equal(got.size, 0);
    assert_false(got.roster.started);
    assert_null(got.list);
    assert_ok(encode(&got, &keys, &again));
    assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&raw)));
    pin_clear(&got);
    pin_clear(&p);
    buf_free(&raw);
    buf_free(&again);
}

static void
test_mac_is_made_with_a_key_of_its_own_from_the_users_seed(void **state)
{
    struct fixture *f = *state;
    struct buf raw = BUF_INIT;

    assert_ok(buf_append(
        &raw, bytes_slice(buf_bytes(&f->raw), 0, f->raw.len - MAC_LEN)));
    seal_again(&raw, &f->keys);
    assert_true(bytes_equal(buf_bytes(&raw), buf_bytes(&f->raw)));
    buf_free(&raw);
}

static void
test_decode_fails_when_any_byte_is_flipped(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->raw.len; i++) {
        enum sv_err want = i < MAGIC_LEN     ? SV_ERR_FORMAT
                           : i == VERSION_AT ? SV_ERR_VERSION
                                             : SV_ERR_TAMPERED;

        f->raw.ptr[i] ^= 1;
        assert_err(decode(buf_bytes(&f->raw), &f->keys), want);
        f->raw.ptr[i] ^= 1;
    }
    assert_ok(decode(buf_bytes(&f->raw), &f->keys));
}

static void
test_decode_fails_at_each_cut_and_with_a_byte_more(void **state)
{
    struct fixture *f = *state;

    for (size_t len = 0; len < f->raw.len; len++)
        assert_err(decode(bytes_slice(buf_bytes(&f->raw), 0, len), &f->keys),
                   len < VAULT_AT + sizeof f->pin.vault + MAC_LEN
                       ? SV_ERR_FORMAT
                       : SV_ERR_TAMPERED);
    assert_ok(buf_append(&f->raw, bytes_of("", 1)));
    assert_err(decode(buf_bytes(&f->raw), &f->keys), SV_ERR_TAMPERED);
}

/* A program's memory of so many entries; first: of its list, 0 for none. */
static struct pin
seen(uint64_t size, uint8_t first, bool printed)
{
    struct handle list[2] = {{{first}}, {{0}}};
    struct pin p;

    pin_init(&p);
    p.size = size;
    assert_ok(
        pin_set_list(&p, "victim", first > 0 ? 2 : 0, list, sizeof *list));
    p.list_is_new = printed;
    return p;
}

static void
test_what_two_programs_saw_makes_the_longer_log_and_the_printed_list(
    void **state)
{
    static const struct {
        uint64_t ours, theirs;
        uint8_t our_list, their_list;
        bool printed;
        uint64_t size;
        uint8_t list;
    } table[] = {
        {9, 5, 1, 2, true, 9, 1}, {9, 5, 1, 2, false, 9, 2},
        {5, 9, 1, 2, true, 9, 1}, {5, 9, 1, 2, false, 9, 2},
        {7, 7, 1, 2, true, 7, 1}, {7, 7, 1, 2, false, 7, 2},
        {5, 9, 0, 2, true, 9, 0}, {9, 5, 1, 0, false, 9, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct pin ours =
            seen(table[i].ours, table[i].our_list, table[i].printed);
        struct pin theirs = seen(table[i].theirs, table[i].their_list, true);
        struct pin *kept;

        theirs.list_is_new = false; /* it comes out of a file */
        kept = pin_merge(&ours, &theirs);
        assert_int_equal(kept->size, table[i].size);
        assert_int_equal(kept->n_list, table[i].list > 0 ? 2 : 0);
        if (table[i].list > 0)
            assert_int_equal(kept->list[0].b[0], table[i].list);
        assert_string_equal(kept->list_type, "victim");
        pin_clear(&ours);
        pin_clear(&theirs);
    }
}

static void
test_what_was_seen_of_another_vault_is_left_out(void **state)
{
    struct pin ours = seen(5, 1, false), theirs = seen(9, 2, false);

    (void)state;
    theirs.vault.b[31] = 1;
    assert_ptr_equal(pin_merge(&ours, &theirs), &ours);
    assert_int_equal(ours.size, 5);
    assert_int_equal(ours.list[0].b[0], 1);
    pin_clear(&ours);
    pin_clear(&theirs);
}

static void
test_list_that_a_pin_cannot_hold_is_refused(void **state)
{
    static const struct handle many[PIN_LIST_MAX + 1];
    struct pin p = seen(5, 1, false);

    (void)state;
    assert_err(pin_set_list(&p, "victim", PIN_LIST_MAX + 1, many, sizeof *many),
               SV_ERR_RANGE);
    assert_err(pin_set_list(&p, "a_type_with_a_name_of_33_letters_", 1, many,
                            sizeof *many),
               SV_ERR_RANGE);
    assert_false(p.list_is_new);
    assert_int_equal(p.n_list, 2);
    assert_ok(pin_set_list(&p, "suspect", PIN_LIST_MAX, many, sizeof *many));
    assert_true(p.list_is_new);
    assert_int_equal(p.n_list, PIN_LIST_MAX);
    pin_clear(&p);
}

static void
test_pin_of_another_user_is_refused(void **state)
{
    struct fixture *f = *state;
    struct user_keys other = keys_from(1);

    assert_err(decode(buf_bytes(&f->raw), &other), SV_ERR_TAMPERED);
    /* The seed alone counts: not the keys beside it. */
    other = f->keys;
    other.seed[31] ^= 1;
    assert_err(decode(buf_bytes(&f->raw), &other), SV_ERR_TAMPERED);
}

/* Even under a right MAC, only what encodes to the same bytes is taken. */
static void
test_malformed_content_under_a_right_mac_is_refused(void **state)
{
    static const struct {
        const char *name;
        size_t at; /* from the end of the content, or 0: ... */
        uint8_t byte;
        size_t cut;        /* bytes off the end of the content */
        const char *added; /* behind it */
    } cases[] = {
        {"a byte more", 0, 0, 0, "x"},
        {"a handle more than counted", 0, 0, 0, "sixteen bytes..."},
        {"a handle less than counted", 0, 0, HANDLE_LEN, ""},
        {"a count over the maximum", 3 * HANDLE_LEN + 2, 0xff, 0, ""},
        {"a list type in upper case", 3 * HANDLE_LEN + 2 + 6, 'V', 0, ""},
        {"a list type with a NUL", 3 * HANDLE_LEN + 2 + 6, 0, 0, ""},
        {"a list type too long", 3 * HANDLE_LEN + 2 + 7, 200, 0, ""},
    };
    struct fixture *f = *state;
    size_t content_len = f->raw.len - MAC_LEN;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf raw = BUF_INIT;
        enum sv_err err;

        assert_ok(buf_append(&raw, bytes_slice(buf_bytes(&f->raw), 0,
                                               content_len - cases[i].cut)));
        assert_ok(buf_text(&raw, cases[i].added));
        if (cases[i].at > 0)
            raw.ptr[content_len - cases[i].at] = cases[i].byte;
        seal_again(&raw, &f->keys);
        err = decode(buf_bytes(&raw), &f->keys);
        if (err != SV_ERR_FORMAT)
            fail_msg("%s: %s", cases[i].name, err_text(err));
        buf_free(&raw);
    }
}

static void
test_each_cut_under_a_right_mac_is_refused(void **state)
{
    struct fixture *f = *state;
    size_t content_len = f->raw.len - MAC_LEN;

    for (size_t len = 0; len < content_len; len++) {
        struct buf raw = BUF_INIT;

        assert_ok(buf_append(&raw, bytes_slice(buf_bytes(&f->raw), 0, len)));
        seal_again(&raw, &f->keys);
        assert_err(decode(buf_bytes(&raw), &f->keys), SV_ERR_FORMAT);
        buf_free(&raw);
    }
}

static void
test_bad_origin_or_damaged_roster_under_a_right_mac_is_refused(void **state)
{
    struct fixture *f = *state;
    /* Origin, size, root, head note with its length, length of the roster. */
    size_t roster_at = ORIGIN_AT + 1 + strlen(f->pin.origin) + 8 + 32 + 2 +
                       f->pin.head_note.len + 4;

    buf_truncate(&f->raw, f->raw.len - MAC_LEN);
    f->raw.ptr[ORIGIN_AT + 1] = ' ';
    seal_again(&f->raw, &f->keys);
    assert_err(decode(buf_bytes(&f->raw), &f->keys), SV_ERR_FORMAT);
    buf_truncate(&f->raw, f->raw.len - MAC_LEN);
    f->raw.ptr[ORIGIN_AT + 1] = (uint8_t)f->pin.origin[0];
    f->raw.ptr[roster_at] ^= 1;
    seal_again(&f->raw, &f->keys);
    assert_err(decode(buf_bytes(&f->raw), &f->keys), SV_ERR_FORMAT);
}

static void
test_encode_refuses_what_could_not_be_decoded(void **state)
{
    struct fixture *f = *state;
    struct buf out = BUF_INIT;
    uint8_t *at;

    f->pin.n_list = PIN_LIST_MAX + 1;
    assert_err(encode(&f->pin, &f->keys, &out), SV_ERR_RANGE);
    f->pin.n_list = 3;
    memcpy(f->pin.list_type, "Victim", 7);
    assert_err(encode(&f->pin, &f->keys, &out), SV_ERR_FORMAT);
    memcpy(f->pin.list_type, "victim", 7);
    f->pin.origin[0] = '+';
    assert_err(encode(&f->pin, &f->keys, &out), SV_ERR_FORMAT);
    f->pin.origin[0] = FAKELOG_ORIGIN[0];
    assert_ok(buf_extend(&f->pin.head_note, CHECKPOINT_MAX, &at));
    assert_err(encode(&f->pin, &f->keys, &out), SV_ERR_RANGE);
    buf_truncate(&f->pin.head_note, CHECKPOINT_MAX);
    assert_int_equal(out.len, 0);
    assert_ok(encode(&f->pin, &f->keys, &out));
    assert_ok(decode(buf_bytes(&out), &f->keys));
    buf_free(&out);
}

static void
test_the_longest_list_comes_back_whole_and_a_longer_one_is_refused(void **state)
{
    static const struct handle one_more;
    struct fixture *f = *state;
    struct buf out = BUF_INIT;
    struct pin got;
    size_t count_at;

    pin_init(&got);
    free(f->pin.list);
    f->pin.list = calloc(PIN_LIST_MAX, sizeof *f->pin.list);
    assert_non_null(f->pin.list);
    f->pin.n_list = PIN_LIST_MAX;
    for (size_t i = 0; i < PIN_LIST_MAX; i++)
        f->pin.list[i] = fakelog_handle(i);
    assert_ok(encode(&f->pin, &f->keys, &out));
    assert_ok(take(buf_bytes(&out), &f->keys, &got));
    assert_int_equal(got.n_list, PIN_LIST_MAX);
    assert_memory_equal(got.list, f->pin.list, PIN_LIST_MAX * sizeof *got.list);
    buf_truncate(&out, out.len - MAC_LEN);
    count_at = out.len - sizeof(struct handle) * PIN_LIST_MAX - 2;
    out.ptr[count_at + 1]++; /* the low byte: from 0xe8 */
    assert_ok(buf_append(&out, BYTES(one_more.b)));
    seal_again(&out, &f->keys);
    assert_err(decode(buf_bytes(&out), &f->keys), SV_ERR_FORMAT);
    pin_clear(&got);
    buf_free(&out);
}

static void
test_peek_gives_the_vault_without_a_key(void **state)
{
    struct fixture *f = *state;
    struct hash vault = {{0}}, before = {{0}};

    for (size_t len = 0; len < ORIGIN_AT; len++)
        assert_err(pin_peek(bytes_slice(buf_bytes(&f->raw), 0, len), &vault),
                   SV_ERR_FORMAT);
    f->raw.ptr[0] ^= 1;
    assert_err(pin_peek(buf_bytes(&f->raw), &vault), SV_ERR_FORMAT);
    f->raw.ptr[0] ^= 1;
    f->raw.ptr[VERSION_AT] = 2;
    assert_err(pin_peek(buf_bytes(&f->raw), &vault), SV_ERR_VERSION);
    f->raw.ptr[VERSION_AT] = 1;
    assert_true(hash_equal(&vault, &before));
    assert_ok(pin_peek(buf_bytes(&f->raw), &vault));
    assert_true(hash_equal(&vault, &f->pin.vault));
}

static void
test_no_secret_of_the_user_stands_in_the_file(void **state)
{
    struct fixture *f = *state;
    uint8_t key[MAC_KEY_LEN];

    kdf_derive(f->keys.seed, "user/pin", key);
    for (size_t i = 0; i + 8 <= sizeof key; i++) {
        assert_null(memmem(f->raw.ptr, f->raw.len, f->keys.seed + i, 8));
        assert_null(memmem(f->raw.ptr, f->raw.len, f->keys.sign.b + i, 8));
        assert_null(memmem(f->raw.ptr, f->raw.len, f->keys.box.b + i, 8));
        assert_null(memmem(f->raw.ptr, f->raw.len, key + i, 8));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pin_decodes_to_what_was_encoded),
        cmocka_unit_test(test_pin_before_the_first_head_is_the_frozen_vector),
        TEST(test_mac_is_made_with_a_key_of_its_own_from_the_users_seed),
        TEST(test_decode_fails_when_any_byte_is_flipped),
        TEST(test_decode_fails_at_each_cut_and_with_a_byte_more),
        cmocka_unit_test(
            test_what_two_programs_saw_makes_the_longer_log_and_the_printed_list),
        cmocka_unit_test(test_what_was_seen_of_another_vault_is_left_out),
        cmocka_unit_test(test_list_that_a_pin_cannot_hold_is_refused),
        TEST(test_pin_of_another_user_is_refused),
        TEST(test_malformed_content_under_a_right_mac_is_refused),
        TEST(test_each_cut_under_a_right_mac_is_refused),
        TEST(test_bad_origin_or_damaged_roster_under_a_right_mac_is_refused),
        TEST(test_encode_refuses_what_could_not_be_decoded),
        TEST(
            test_the_longest_list_comes_back_whole_and_a_longer_one_is_refused),
        TEST(test_peek_gives_the_vault_without_a_key),
        TEST(test_no_secret_of_the_user_stands_in_the_file),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
