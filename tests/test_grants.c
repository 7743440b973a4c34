#include "crypto/init.h"
#include "tests/support/support.h"
#include "vault/grants.h"

/* Sealed compartment keys: what a sponsor may not do to a grantee. */

struct granted {
    struct rng_fixed random;
    struct rng rng;
    struct box_secret person, secret;
    struct box_public person_pub, pub;
    struct grant_context context;
    struct buf blob; /* u16 1 and one item */
};

static void
make(struct granted *g)
{
    uint8_t n[2] = {0, 1};

    memset(g, 0, sizeof *g);
    assert_ok(crypto_init());
    g->rng = rng_fixed(&g->random);
    box_generate(&g->rng, &g->person, &g->person_pub);
    box_generate(&g->rng, &g->secret, &g->pub);
    g->context = (struct grant_context){.vault = {{1, 2, 3}},
                                        .grantee = "case-1",
                                        .type = "victim",
                                        .compartment = "identity",
                                        .epoch = 1,
                                        .pub = g->pub.b};
    assert_ok(buf_append(&g->blob, BYTES(n)));
    assert_ok(grants_seal(&g->rng, &g->person_pub, &g->context, &g->secret,
                          &g->blob));
}

static enum sv_err
only_item(struct bytes blob, struct grant_item *out)
{
    struct reader r;
    unsigned left;
    enum sv_err err = grants_begin(blob, &r, &left);

    if (err == SV_OK && left != 1)
        err = SV_ERR_FORMAT;
    return err != SV_OK ? err : grants_next(&r, &left, out);
}

static enum sv_err
open_one(const struct granted *g, const struct grant_context *c)
{
    struct grant_item item;
    struct user_keys keys = {.box = g->person, .own = g->person_pub};
    struct identity own = identity_of_keys(&keys);
    struct box_secret out;
    enum sv_err err = only_item(buf_bytes(&g->blob), &item);

    if (err != SV_OK)
        return err;
    err = grants_open(&own, c, &item, &out);
    if (err == SV_OK)
        assert_memory_equal(out.b, g->secret.b, sizeof out.b);
    return err;
}

static void
test_a_grant_opens_for_its_grantee(void **state)
{
    struct granted g;

    (void)state;
    make(&g);
    assert_ok(open_one(&g, &g.context));
    buf_free(&g.blob);
}

static void
test_t15_a_key_that_is_not_the_rosters_is_refused(void **state)
{
    struct granted g;
    struct box_secret other;
    struct box_public other_pub;

    (void)state;
    make(&g);
    /* The sponsor seals a key of her own under the roster's name. */
    box_generate(&g.rng, &other, &other_pub);
    buf_truncate(&g.blob, 2);
    assert_ok(grants_seal(&g.rng, &g.person_pub, &g.context, &other, &g.blob));
    assert_err(open_one(&g, &g.context), SV_ERR_TAMPERED);
    buf_free(&g.blob);
}

static void
test_another_context_opens_nothing(void **state)
{
    struct granted g;
    struct grant_context c;

    (void)state;
    make(&g);
#define WITH(field, value)                                                     \
    c = g.context;                                                             \
    c.field = value;                                                           \
    assert_err(open_one(&g, &c), SV_ERR_TAMPERED)
    WITH(vault.b[0], 9);
    WITH(grantee, "case-2");
    WITH(type, "suspect");
    WITH(compartment, "location");
    WITH(epoch, 2);
#undef WITH
    buf_free(&g.blob);
}

static void
test_a_grant_changed_or_cut_anywhere_is_refused(void **state)
{
    struct granted g;
    struct buf whole;

    (void)state;
    make(&g);
    for (size_t i = 0; i < g.blob.len; i++) {
        struct grant_item item;

        g.blob.ptr[i] ^= 1;
        /* Names and epoch of an item are checked by who asks for them. */
        if (only_item(buf_bytes(&g.blob), &item) == SV_OK &&
            strcmp(item.grantee, "case-1") == 0 &&
            strcmp(item.type, "victim") == 0 &&
            strcmp(item.compartment, "identity") == 0 && item.epoch == 1)
            assert_err(open_one(&g, &g.context), SV_ERR_TAMPERED);
        g.blob.ptr[i] ^= 1;
    }
    whole = g.blob;
    for (g.blob.len = 0; g.blob.len < whole.len; g.blob.len++) {
        struct grant_item item;

        assert_err(only_item(buf_bytes(&g.blob), &item), SV_ERR_FORMAT);
    }
    buf_free(&whole);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grant_opens_for_its_grantee),
        cmocka_unit_test(test_t15_a_key_that_is_not_the_rosters_is_refused),
        cmocka_unit_test(test_another_context_opens_nothing),
        cmocka_unit_test(test_a_grant_changed_or_cut_anywhere_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
