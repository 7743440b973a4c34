/*
 * What a client remembers.  The first byte says whether the MAC is made here.
 * Covers: vault/pin.c
 */
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "vault/pin.h"

#include "fuzz/fuzz.h"

static const uint8_t ours[SEED_LEN] = {1}, others[SEED_LEN] = {2};

static void
check(struct bytes in, bool sealed_here)
{
    struct user_keys keys, other_keys;
    struct identity own, other;
    struct buf again = BUF_INIT;
    struct pin p, none;

    user_keys_derive(ours, &keys);
    user_keys_derive(others, &other_keys);
    own = identity_of_keys(&keys);
    other = identity_of_keys(&other_keys);
    pin_init(&p);
    pin_init(&none);
    demand(pin_decode(in, &other, &p) != SV_OK);
    demand(memcmp(&p, &none, sizeof p) == 0);
    if (pin_decode(in, &own, &p) == SV_OK) {
        demand(pin_encode(&p, &own, &again) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), in));
    } else {
        demand(memcmp(&p, &none, sizeof p) == 0);
    }
    fuzz_heap_bounded(in.len, sealed_here ? 64 : 0);
    pin_clear(&p);
    buf_free(&again);
}

void
fuzz_one(struct bytes in)
{
    struct user_keys keys;
    struct identity own;
    uint8_t key[MAC_KEY_LEN], check_here[MAC_LEN];
    struct buf sealed = BUF_INIT;

    if (fuzz_choice(&in) % 2 == 0) {
        check(in, false);
        return;
    }
    user_keys_derive(ours, &keys);
    own = identity_of_keys(&keys);
    demand(own.derive(own.ctx, IDENTITY_PIN, key) == SV_OK);
    mac(key, "sv/v1/pin", in, check_here);
    demand(buf_append(&sealed, in) == SV_OK);
    demand(buf_append(&sealed, BYTES(check_here)) == SV_OK);
    fuzz_fit(&sealed);
    check(buf_bytes(&sealed), true);
    buf_free(&sealed);
}

static void
seed_pin(struct seeds *s, const struct pin *p)
{
    struct user_keys keys;
    struct identity own;
    struct buf b = BUF_INIT;

    user_keys_derive(ours, &keys);
    own = identity_of_keys(&keys);
    demand(pin_encode(p, &own, &b) == SV_OK);
    seed_choice(s, 0, buf_bytes(&b));
    seed_choice(s, 1, bytes_slice(buf_bytes(&b), 0, b.len - MAC_LEN));
    buf_free(&b);
}

void
fuzz_seeds(struct seeds *s)
{
    struct handle list[] = {{{1}}, {{2}}};
    struct pin p;

    pin_init(&p);
    seed_pin(s, &p);
    (void)snprintf(p.origin, sizeof p.origin, "shelter.example/log");
    (void)snprintf(p.list_type, sizeof p.list_type, "victim");
    demand(buf_text(&p.head_note, "a head") == SV_OK);
    p.list = list;
    p.n_list = 2;
    p.size = 9;
    seed_pin(s, &p);
    buf_free(&p.head_note);
}
