/*
 * The gate's key file, bare and under a passphrase, which costs little here
 * (quick_password.c).  The first byte says whether the check is made here.
 * Covers: vault/gatekey.c
 */
#include <string.h>

#include "crypto/digest.h"
#include "vault/gatekey.h"

#include "fuzz/fuzz.h"

#define PASSPHRASE "correct horse"

static void
gate(struct gate_keys *k)
{
    memset(k, 0, sizeof *k);
    k->epoch = 7;
    memset(k->root, 3, sizeof k->root);
    gate_keys_derive(k);
}

static void
check_bare(struct bytes in)
{
    struct gate_keys k;
    struct buf again = BUF_INIT;

    memset(&k, 0, sizeof k);
    if (gate_keys_decode(in, &k) != SV_OK) {
        demand(fuzz_is_zero(&k, sizeof k));
        return;
    }
    demand(gate_keys_encode(&k, &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

static void
check_wrapped(struct bytes in)
{
    struct gate_keys k, ours;

    memset(&k, 0, sizeof k);
    demand(gate_keys_unwrap(in, bytes_text("another"), &k) != SV_OK);
    demand(fuzz_is_zero(&k, sizeof k));
    if (gate_keys_unwrap(in, bytes_text(PASSPHRASE), &k) != SV_OK) {
        demand(fuzz_is_zero(&k, sizeof k));
        return;
    }
    gate(&ours);
    demand(gate_keys_is_wrapped(in));
    demand(memcmp(&k, &ours, sizeof k) == 0);
}

void
fuzz_one(struct bytes in)
{
    uint8_t check[DIGEST_LEN];
    struct buf b = BUF_INIT;

    if (fuzz_choice(&in) % 2 == 0) {
        check_bare(in);
        check_wrapped(in);
    } else {
        digest("sv/v1/gatefile", in, check);
        demand(buf_append(&b, in) == SV_OK);
        demand(buf_append(&b, BYTES(check)) == SV_OK);
        fuzz_fit(&b);
        check_bare(buf_bytes(&b));
    }
    buf_free(&b);
    fuzz_heap_bounded(in.len, 4);
}

void
fuzz_seeds(struct seeds *s)
{
    struct rng rng = rng_system();
    struct gate_keys k;
    struct buf b = BUF_INIT;

    gate(&k);
    demand(gate_keys_encode(&k, &b) == SV_OK);
    seed_choice(s, 0, buf_bytes(&b));
    seed_choice(s, 1, bytes_slice(buf_bytes(&b), 0, b.len - DIGEST_LEN));
    buf_free(&b);
    demand(gate_keys_wrap(&k, &rng, bytes_text(PASSPHRASE), &b) == SV_OK);
    seed_choice_buf(s, 0, &b);
}
