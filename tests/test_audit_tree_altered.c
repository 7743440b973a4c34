/* A proof holds for what it was made for, as it was made, and for nothing
 * else. */
#include "tests/support/kept_tree.h"

/* Every way in which one proof is altered; calls check with each. */
typedef void (*check_fn)(const struct tree_proof *altered, const void *ctx);

static void
alter(const struct tree_proof *p, const struct hash *stranger, check_fn check,
      const void *ctx)
{
    struct tree_proof q;

    for (unsigned i = 0; i < p->n; i++) { /* a bit */
        q = *p;
        q.hash[i].b[(i * 7) % SHA256_LEN] ^= (uint8_t)(1u << (i % 8));
        check(&q, ctx);
    }
    for (unsigned i = 0; i < p->n; i++) { /* one cut out */
        q = *p;
        memmove(&q.hash[i], &q.hash[i + 1], (p->n - i - 1) * sizeof q.hash[0]);
        q.n--;
        check(&q, ctx);
    }
    for (unsigned i = 0; i <= p->n; i++) { /* one put in */
        q = *p;
        memmove(&q.hash[i + 1], &q.hash[i], (p->n - i) * sizeof q.hash[0]);
        q.hash[i] = *stranger;
        q.n++;
        check(&q, ctx);
    }
    for (unsigned i = 0; i + 1 < p->n; i++) { /* neighbours swapped */
        q = *p;
        q.hash[i] = p->hash[i + 1];
        q.hash[i + 1] = p->hash[i];
        if (hash_equal(&q.hash[i], &q.hash[i + 1]))
            continue;
        check(&q, ctx);
    }
    q = *p;
    q.n = TREE_PROOF_MAX + 1; /* would read behind the array */
    check(&q, ctx);
}

struct claim {
    const struct kept *k;
    uint64_t a, b;
};

static void
refuses_inclusion(const struct tree_proof *p, const void *ctx)
{
    const struct claim *c = ctx;

    assert_err(tree_verify_inclusion(c->a, c->b, &c->k->leaf[c->a], p,
                                     &c->k->root[c->b]),
               SV_ERR_TAMPERED);
}

static void
refuses_consistency(const struct tree_proof *p, const void *ctx)
{
    const struct claim *c = ctx;

    assert_err(tree_verify_consistency(c->a, c->b, &c->k->root[c->a],
                                       &c->k->root[c->b], p),
               SV_ERR_TAMPERED);
}

#define SMALL 34

static void
test_altered_inclusion_proofs_are_refused(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 1; n <= SMALL; n++) {
        for (unsigned i = 0; i < n; i++) {
            struct claim c = {k, i, n};
            struct tree_proof p;

            assert_ok(tree_inclusion(i, n, kept_read, k, &p));
            alter(&p, &k->root[n], refuses_inclusion, &c);
            alter(&p, &k->leaf[i], refuses_inclusion, &c);
        }
    }
    free(k);
}

static void
test_inclusion_holds_for_no_other_index_size_leaf_or_root(void **state)
{
    struct kept *k = kept_bytes(SMALL);
    unsigned n = SMALL - 5;

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        struct tree_proof p;

        assert_ok(tree_inclusion(i, n, kept_read, k, &p));
        for (unsigned j = 0; j < SMALL; j++) {
            if (j == i)
                continue;
            assert_err(
                tree_verify_inclusion(j, n, &k->leaf[i], &p, &k->root[n]),
                SV_ERR_TAMPERED);
            assert_err(
                tree_verify_inclusion(i, n, &k->leaf[j], &p, &k->root[n]),
                SV_ERR_TAMPERED);
        }
        for (unsigned m = 0; m <= SMALL; m++) {
            if (m == n)
                continue;
            assert_err(
                tree_verify_inclusion(i, m, &k->leaf[i], &p, &k->root[m]),
                SV_ERR_TAMPERED);
            assert_err(
                tree_verify_inclusion(i, n, &k->leaf[i], &p, &k->root[m]),
                SV_ERR_TAMPERED);
        }
    }
    free(k);
}

static void
test_altered_consistency_proofs_are_refused(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 1; n <= SMALL; n++) {
        for (unsigned m = 1; m <= n; m++) {
            struct claim c = {k, m, n};
            struct tree_proof p;

            assert_ok(tree_consistency(m, n, kept_read, k, &p));
            alter(&p, &k->root[n], refuses_consistency, &c);
            alter(&p, &k->root[m], refuses_consistency, &c);
        }
    }
    free(k);
}

static void
test_consistency_holds_for_no_other_sizes_or_roots(void **state)
{
    struct kept *k = kept_bytes(SMALL);
    unsigned n = SMALL - 5;

    (void)state;
    for (unsigned m = 1; m <= n; m++) {
        struct tree_proof p;

        assert_ok(tree_consistency(m, n, kept_read, k, &p));
        for (unsigned other = 0; other <= SMALL; other++) {
            const struct hash *r = &k->root[other];

            if (other != m) {
                assert_err(
                    tree_verify_consistency(other, n, r, &k->root[n], &p),
                    other == 0 && p.n == 0 ? SV_OK : SV_ERR_TAMPERED);
                assert_err(tree_verify_consistency(m, n, r, &k->root[n], &p),
                           SV_ERR_TAMPERED);
            }
            if (other != n) {
                assert_err(
                    tree_verify_consistency(m, other, &k->root[m], r, &p),
                    SV_ERR_TAMPERED);
                assert_err(tree_verify_consistency(m, n, &k->root[m], r, &p),
                           SV_ERR_TAMPERED);
            }
        }
    }
    free(k);
}

static void
test_an_empty_tree_is_consistent_with_all_by_no_proof(void **state)
{
    struct kept *k = kept_bytes(5);
    struct tree_proof p = {.n = 0};

    (void)state;
    assert_ok(tree_verify_consistency(0, 5, &k->root[0], &k->root[5], &p));
    assert_ok(tree_verify_consistency(0, 0, &k->root[0], &k->root[0], &p));
    assert_err(tree_verify_consistency(0, 0, &k->root[0], &k->root[5], &p),
               SV_ERR_TAMPERED);
    assert_err(tree_verify_consistency(0, 5, &k->root[1], &k->root[5], &p),
               SV_ERR_TAMPERED);
    p.n = 1;
    p.hash[0] = k->root[5];
    assert_err(tree_verify_consistency(0, 5, &k->root[0], &k->root[5], &p),
               SV_ERR_TAMPERED);
    free(k);
}

/* A root is no leaf, and who signs a size signs how high the tree is: what is
 * longer is refused even where it leads to the root. */
static void
test_a_proof_that_is_too_long_is_refused_though_it_leads_there(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 1; n <= SMALL; n++) {
        const struct hash *stranger = &k->root[SMALL + 1 - n];
        struct hash higher = tree_node(stranger, &k->root[n]), old;
        struct tree_proof p;

        assert_ok(tree_inclusion(n - 1, n, kept_read, k, &p));
        p.hash[p.n++] = *stranger;
        assert_err(
            tree_verify_inclusion(n - 1, n, &k->leaf[n - 1], &p, &higher),
            SV_ERR_TAMPERED);
        for (unsigned m = 1; m < n; m++) {
            old = tree_node(stranger, &k->root[m]);
            assert_ok(tree_consistency(m, n, kept_read, k, &p));
            p.hash[p.n++] = *stranger;
            assert_err(tree_verify_consistency(m, n, &old, &higher, &p),
                       SV_ERR_TAMPERED);
            higher = tree_node(&k->root[n], stranger);
            assert_err(tree_verify_consistency(m, n, &k->root[m], &higher, &p),
                       SV_ERR_TAMPERED);
            higher = tree_node(stranger, &k->root[n]);
        }
    }
    free(k);
}

static void
test_no_leaf_is_behind_the_last(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 0; n <= SMALL; n++) {
        unsigned last = n > 0 ? n - 1 : 0;
        struct tree_proof p = {.n = 0};

        if (n > 0)
            assert_ok(tree_inclusion(last, n, kept_read, k, &p));
        for (uint64_t i = n; i <= n + 2; i++) {
            assert_err(
                tree_verify_inclusion(i, n, &k->leaf[last], &p, &k->root[n]),
                SV_ERR_TAMPERED);
            assert_err(
                tree_verify_inclusion(i, n, &k->root[n], &p, &k->root[n]),
                SV_ERR_TAMPERED);
        }
    }
    free(k);
}

/* Two sizes of one root, the later one smaller. */
static void
test_no_tree_shrinks(void **state)
{
    struct kept *k = kept_bytes(SMALL);
    struct tree_proof p = {.n = 2};
    struct hash root;

    (void)state;
    p.hash[0] = k->leaf[0];
    p.hash[1] = k->leaf[1];
    root = tree_node(&k->leaf[1], &k->leaf[0]);
    for (uint64_t m = 2; m <= 2 * SMALL; m++)
        for (uint64_t n = 1; n < m; n++)
            for (p.n = 0; p.n <= 2; p.n++)
                assert_err(tree_verify_consistency(m, n, &root, &root, &p),
                           SV_ERR_TAMPERED);
    free(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_altered_inclusion_proofs_are_refused),
        cmocka_unit_test(
            test_inclusion_holds_for_no_other_index_size_leaf_or_root),
        cmocka_unit_test(test_altered_consistency_proofs_are_refused),
        cmocka_unit_test(test_consistency_holds_for_no_other_sizes_or_roots),
        cmocka_unit_test(test_an_empty_tree_is_consistent_with_all_by_no_proof),
        cmocka_unit_test(
            test_a_proof_that_is_too_long_is_refused_though_it_leads_there),
        cmocka_unit_test(test_no_leaf_is_behind_the_last),
        cmocka_unit_test(test_no_tree_shrinks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
