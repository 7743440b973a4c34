#include "audit/proof.h"
#include "tests/support/support.h"

#define ORIGIN "vault.example/2026"

static const struct sign_seed log_key = {{1}};

/* A log of one entry has its leaf as root, and proofs without hashes. */
static struct buf
proof_of(const char *entry, uint64_t index)
{
    struct checkpoint c = {ORIGIN, 1, tree_leaf(bytes_text(entry))};
    struct tree_proof none = {.n = 0};
    struct buf head = BUF_INIT, proof = BUF_INIT;

    assert_ok(checkpoint_sign(&c, &log_key, &head));
    assert_ok(proof_encode(index, &none, buf_bytes(&head), &proof));
    buf_free(&head);
    return proof;
}

static enum sv_err
verify(uint64_t index, const char *entry, struct checkpoint *head)
{
    struct buf proof = proof_of("this entry", index);
    struct sign_public pub;
    enum sv_err err;

    sign_public_of(&log_key, &pub);
    err =
        proof_verify(buf_bytes(&proof), bytes_text(entry), ORIGIN, &pub, head);
    buf_free(&proof);
    return err;
}

static void
test_a_proof_gives_the_head_that_it_leads_to(void **state)
{
    struct checkpoint head = {.size = 0};

    (void)state;
    assert_ok(verify(0, "this entry", &head));
    assert_int_equal(head.size, 1);
    assert_string_equal(head.origin, ORIGIN);
}

static void
test_a_proof_that_fails_gives_no_head(void **state)
{
    struct checkpoint head = {.size = 0};

    (void)state;
    assert_err(verify(0, "another", &head), SV_ERR_TAMPERED);
    assert_err(verify(1, "this entry", &head), SV_ERR_TAMPERED);
    assert_int_equal(head.size, 0);
    assert_string_equal(head.origin, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_proof_gives_the_head_that_it_leads_to),
        cmocka_unit_test(test_a_proof_that_fails_gives_no_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
