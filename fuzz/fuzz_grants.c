/*
 * Sealed compartment keys.  The first byte says how: items as they came, or
 * an item that is sealed here for a key that follows, right or wrong.
 * Covers: vault/grants.c
 */
#include <string.h>

#include "vault/grants.h"

#include "fuzz/fuzz.h"

static void
keys_of(struct user_keys *keys)
{
    const uint8_t seed_here[SEED_LEN] = {1};

    user_keys_derive(seed_here, keys);
}

/* Nobody sealed anything to this person for this key. */
static void
check_closed(const struct grant_item *item)
{
    struct user_keys keys;
    struct identity own;
    const uint8_t pub[BOX_PUBLIC_LEN] = {1};
    struct grant_context c = {.grantee = item->grantee,
                              .type = item->type,
                              .compartment = item->compartment,
                              .epoch = item->epoch,
                              .pub = pub};
    struct box_secret secret;

    memset(&secret, 0, sizeof secret);
    keys_of(&keys);
    own = identity_of_keys(&keys);
    demand(grants_open(&own, &c, item, &secret) != SV_OK);
    demand(fuzz_is_zero(&secret, sizeof secret));
}

static void
check_items(struct bytes in)
{
    struct grant_item item;
    struct buf again = BUF_INIT;
    struct writer w = writer_to(&again);
    struct reader r;
    unsigned left;
    enum sv_err err = grants_begin(in, &r, &left);

    writer_u16(&w, (uint16_t)left);
    while (err == SV_OK && left > 0) {
        err = grants_next(&r, &left, &item);
        if (err != SV_OK)
            break;
        demand(grants_put(&item, &again) == SV_OK);
        check_closed(&item);
    }
    demand(err != SV_OK || bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

/* A sponsor who seals some secret for a key that the roster has. */
static void
check_sealed(struct bytes in)
{
    struct rng rng = rng_system();
    struct reader r = reader_of(in);
    bool honest = reader_u8(&r) % 2 == 0;
    struct user_keys keys;
    struct identity own;
    struct box_secret secret, got;
    struct box_public pub;
    struct grant_context c = {.grantee = "cora",
                              .type = "victim",
                              .compartment = "facts",
                              .epoch = 1};
    struct grant_item item;
    struct buf blob = BUF_INIT;
    struct reader items;
    unsigned left = 1;

    keys_of(&keys);
    own = identity_of_keys(&keys);
    reader_copy(&r, secret.b, sizeof secret.b);
    reader_copy(&r, pub.b, sizeof pub.b);
    if (honest)
        demand(box_public_of(&secret, &pub) == SV_OK);
    c.pub = pub.b;
    demand(grants_seal(&rng, &keys.own, &c, &secret, &blob) == SV_OK);
    fuzz_fit(&blob);
    items = reader_of(buf_bytes(&blob));
    demand(grants_next(&items, &left, &item) == SV_OK);
    memset(&got, 0, sizeof got);
    if (grants_open(&own, &c, &item, &got) == SV_OK) {
        struct box_public its;

        demand(box_public_of(&got, &its) == SV_OK);
        demand(memcmp(its.b, pub.b, sizeof its.b) == 0);
        demand(memcmp(got.b, secret.b, sizeof got.b) == 0);
    } else {
        demand(!honest && fuzz_is_zero(&got, sizeof got));
    }
    buf_free(&blob);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_items(in);
    else
        check_sealed(in);
    fuzz_heap_bounded(in.len, 8);
}

void
fuzz_seeds(struct seeds *s)
{
    struct rng rng = rng_system();
    const uint8_t pub[BOX_PUBLIC_LEN] = {9};
    struct user_keys keys;
    struct box_secret secret = {{7}};
    struct grant_context c = {.grantee = "cora",
                              .type = "victim",
                              .compartment = "facts",
                              .epoch = 1,
                              .pub = pub};
    struct buf b = BUF_INIT;
    struct writer w = writer_to(&b);

    keys_of(&keys);
    writer_u16(&w, 2);
    demand(grants_seal(&rng, &keys.own, &c, &secret, &b) == SV_OK);
    c.epoch = 2;
    demand(grants_seal(&rng, &keys.own, &c, &secret, &b) == SV_OK);
    seed_choice_buf(s, 0, &b);
    seed_choice(s, 0, bytes_of("\0", 2));
    seed_choice(s, 1, bytes_of("\0secret", 7));
    seed_choice(s, 1, bytes_of("\1secret", 7));
}
