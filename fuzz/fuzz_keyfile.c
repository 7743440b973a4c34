/*
 * Key files.  Nothing but what was sealed comes out of one, whatever was
 * altered in it; the passphrase costs little here (quick_password.c).
 * Covers: vault/keyfile.c
 */
#include <string.h>

#include "vault/keyfile.h"

#include "fuzz/fuzz.h"

#define NAME "cora"
#define PASSPHRASE "correct horse"

static const uint8_t seed_here[SEED_LEN] = {1, 2, 3};

/* An unprotected file is what its seed and name make. */
static void
check_again(struct bytes in, const struct keyfile *k,
            const struct user_keys *keys)
{
    struct rng rng = rng_system();
    struct buf again = BUF_INIT;

    demand(keyfile_of_seed(&rng, keys->seed, k->card.name, bytes_text(""),
                           &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

/* Nobody has another key under this passphrase. */
static void
check_ours(const struct keyfile *k, const struct user_keys *keys)
{
    struct user_keys ours;
    struct card card;

    user_keys_derive(seed_here, &ours);
    card_of(&ours, k->card.name, &card);
    demand(memcmp(keys, &ours, sizeof ours) == 0);
    demand(memcmp(&card, &k->card, sizeof card) == 0);
}

void
fuzz_one(struct bytes in)
{
    struct keyfile k;
    struct user_keys keys;

    memset(&k, 0, sizeof k);
    memset(&keys, 0xff, sizeof keys);
    if (keyfile_parse(in, &k) != SV_OK) {
        demand(fuzz_is_zero(&k, sizeof k));
        return;
    }
    demand(text_is_work_name(bytes_text(k.card.name)));
    demand(k.n_slots <= KEYFILE_SLOTS_MAX && k.unprotected == (k.n_slots == 0));
    if (keyfile_unlock(&k, bytes_text(PASSPHRASE), &keys) != SV_OK)
        demand(fuzz_is_zero(&keys, sizeof keys));
    else if (k.unprotected)
        check_again(in, &k, &keys);
    else
        check_ours(&k, &keys);
    fuzz_heap_bounded(in.len, 4);
}

void
fuzz_seeds(struct seeds *s)
{
    struct rng rng = rng_system();
    struct buf b = BUF_INIT, more = BUF_INIT;
    size_t head = 3 + 1 + 1 + strlen(NAME) + SIGN_PUBLIC_LEN + BOX_PUBLIC_LEN;

    demand(keyfile_of_seed(&rng, seed_here, NAME, bytes_text(""), &b) == SV_OK);
    seed_buf(s, &b);
    demand(keyfile_of_seed(&rng, seed_here, "c", bytes_text(PASSPHRASE), &b) ==
           SV_OK);
    seed_buf(s, &b);
    /* A slot under another passphrase, and ours behind it. */
    demand(keyfile_of_seed(&rng, seed_here, NAME, bytes_text("other"), &b) ==
           SV_OK);
    demand(keyfile_of_seed(&rng, seed_here, NAME, bytes_text(PASSPHRASE),
                           &more) == SV_OK);
    b.ptr[head + 1] = 2;
    demand(buf_append(&b, bytes_slice(buf_bytes(&more), head + 2,
                                      more.len - head - 2)) == SV_OK);
    seed_buf(s, &b);
    buf_free(&more);
}
