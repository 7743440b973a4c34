/* An offline proof: its one form, and that nothing else is believed. */
#include "audit/proof.h"
#include "tests/support/support.h"

#define ORIGIN "log.example/proof"
#define FIRST "c2sp.org/tlog-proof@v1\n"
#define N 3

static struct sign_seed seed = {{7}};
static struct sign_public key;
static struct hash leaves[N];

static struct bytes
entry_at(unsigned i)
{
    static const char text[] = "abc";

    return bytes_of(text + i, 1);
}

/* The signed head of the first n entries. */
static struct buf
head_of(unsigned n)
{
    struct checkpoint c = {.origin = ORIGIN, .size = n};
    struct buf out = BUF_INIT;

    c.root = tree_root_of(leaves, n);
    assert_ok(checkpoint_sign(&c, &seed, &out));
    return out;
}

/* Of the entry among all three. */
static struct tree_proof
path_of(unsigned index)
{
    struct tree_levels levels = {0};
    struct tree_proof path;

    assert_ok(tree_levels_new(leaves, N, &levels));
    assert_ok(tree_levels_path(&levels, index, &path));
    tree_levels_free(&levels);
    return path;
}

static struct buf
proof_of(unsigned index)
{
    struct tree_proof path = path_of(index);
    struct buf head = head_of(N), out = BUF_INIT;

    assert_ok(proof_encode(index, &path, buf_bytes(&head), &out));
    buf_free(&head);
    return out;
}

static int
plant(void **state)
{
    (void)state;
    sign_public_of(&seed, &key);
    for (unsigned i = 0; i < N; i++)
        leaves[i] = tree_leaf(entry_at(i));
    return 0;
}

static void
test_each_entry_is_proven_and_no_other(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N; i++) {
        struct buf proof = proof_of(i);

        for (unsigned other = 0; other < N; other++) {
            struct checkpoint head = {.size = 77};

            assert_err(proof_verify(buf_bytes(&proof), entry_at(other), ORIGIN,
                                    &key, &head),
                       other == i ? SV_OK : SV_ERR_TAMPERED);
            if (other == i)
                assert_int_equal(head.size, N);
        }
        buf_free(&proof);
    }
}

static void
test_proof_says_what_the_specification_says(void **state)
{
    struct buf proof = proof_of(2), head = head_of(N), want = BUF_INIT;
    struct tree_proof path = path_of(2), got;
    struct bytes checkpoint;
    char sibling[BASE64_SIZE(SHA256_LEN)];
    uint64_t index = 0;

    (void)state;
    assert_int_equal(path.n, 1);
    text_base64(BYTES(path.hash[0].b), sibling);
    assert_ok(buf_printf(&want, FIRST "index 2\n%s\n\n", sibling));
    assert_ok(buf_append(&want, buf_bytes(&head)));
    assert_true(bytes_equal(buf_bytes(&want), buf_bytes(&proof)));
    assert_ok(proof_parse(buf_bytes(&proof), &index, &got, &checkpoint));
    assert_int_equal(index, 2);
    assert_int_equal(got.n, 1);
    assert_true(hash_equal(&got.hash[0], &path.hash[0]));
    assert_true(bytes_equal(checkpoint, buf_bytes(&head)));
    buf_free(&want);
    buf_free(&head);
    buf_free(&proof);
}

/* The hashes of a proof of n, behind its index. */
static enum sv_err
parse_with(const char *lines, unsigned n, const char *end)
{
    static const char hash[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    struct tree_proof path;
    struct bytes checkpoint;
    struct buf text = BUF_INIT;
    uint64_t index;
    enum sv_err err;

    assert_ok(buf_text(&text, lines));
    for (unsigned i = 0; i < n; i++)
        assert_ok(buf_text(&text, hash));
    assert_ok(buf_text(&text, end));
    err = proof_parse(buf_bytes(&text), &index, &path, &checkpoint);
    if (err == SV_OK) {
        assert_int_equal(path.n, n);
        assert_true(text_is(checkpoint, "head"));
    }
    buf_free(&text);
    return err;
}

static void
test_another_form_is_refused(void **state)
{
    static const struct {
        const char *lines, *end;
    } bad[] = {
        {"", ""},
        {"c2sp.org/tlog-proof@v1", ""},
        {"c2sp.org/tlog-proof@v2\nindex 1\n", "\nhead"},
        {FIRST, ""},
        {FIRST, "\nhead"},
        {FIRST "extra AA==\n", ""},
        {FIRST "extra AA==\nextra AA==\nindex 1\n", "\nhead"},
        {FIRST "index\n", "\nhead"},
        {FIRST "index 01\n", "\nhead"},
        {FIRST "index -1\n", "\nhead"},
        {FIRST "index 18446744073709551616\n", "\nhead"},
        {FIRST "index 1\n", ""},
        {FIRST "index 1\n", "\n"},
        {FIRST "index 1\n", "head"},
        {FIRST "index 1\n", "AAAA\n\nhead"},
        {FIRST "index 1\n", "AAAA"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_err(parse_with(bad[i].lines, 0, bad[i].end), SV_ERR_FORMAT);
    assert_ok(parse_with(FIRST "index 18446744073709551615\n", 0, "\nhead"));
    assert_ok(parse_with(FIRST "extra AA==\nindex 1\n", 1, "\nhead"));
}

static void
test_proof_is_as_long_as_a_path_can_be(void **state)
{
    (void)state;
    assert_ok(parse_with(FIRST "index 1\n", TREE_PROOF_MAX, "\nhead"));
    assert_err(parse_with(FIRST "index 1\n", TREE_PROOF_MAX + 1, "\nhead"),
               SV_ERR_FORMAT);
}

static void
test_head_must_be_the_logs_and_reach_the_entry(void **state)
{
    struct tree_proof path = path_of(2);
    struct buf small = head_of(2), proof = BUF_INIT, good = proof_of(2);
    struct sign_seed other_seed = {{8}};
    struct sign_public other;
    struct checkpoint head = {.size = 77};
    enum sv_err before, err;

    (void)state;
    /* Right behind a good one, whose head is forgotten. */
    before = proof_verify(buf_bytes(&good), entry_at(2), ORIGIN, &key, &head);
    err = proof_verify(bytes_text("head"), entry_at(2), ORIGIN, &key, &head);
    assert_ok(before);
    assert_err(err, SV_ERR_FORMAT);
    assert_ok(proof_encode(2, &path, buf_bytes(&small), &proof));
    assert_err(
        proof_verify(buf_bytes(&proof), entry_at(2), ORIGIN, &key, &head),
        SV_ERR_TAMPERED);
    sign_public_of(&other_seed, &other);
    head.size = 77;
    assert_err(
        proof_verify(buf_bytes(&good), entry_at(2), ORIGIN, &other, &head),
        SV_ERR_TAMPERED);
    assert_err(proof_verify(buf_bytes(&good), entry_at(2), "other.example",
                            &key, &head),
               SV_ERR_TAMPERED);
    assert_err(proof_verify(bytes_text(FIRST "index 0\n\nhead"), entry_at(0),
                            ORIGIN, &key, &head),
               SV_ERR_FORMAT);
    assert_err(
        proof_verify(bytes_text("head"), entry_at(0), ORIGIN, &key, &head),
        SV_ERR_FORMAT);
    assert_int_equal(head.size, 77);
    buf_free(&small);
    buf_free(&proof);
    buf_free(&good);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_entry_is_proven_and_no_other),
        cmocka_unit_test(test_proof_says_what_the_specification_says),
        cmocka_unit_test(test_another_form_is_refused),
        cmocka_unit_test(test_proof_is_as_long_as_a_path_can_be),
        cmocka_unit_test(test_head_must_be_the_logs_and_reach_the_entry),
    };

    return cmocka_run_group_tests(tests, plant, NULL);
}
