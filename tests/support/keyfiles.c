#include "tests/support/keyfiles.h"

#include "crypto/password.h"
#include "crypto/rng.h"

static struct rng
rng_for_tests(struct rng_fixed *state)
{
    memset(state, 0, sizeof *state);
    memset(state->seed, 0x5e, sizeof state->seed);
    return rng_fixed(state);
}

static void
seed_for_tests(uint8_t seed[static SEED_LEN])
{
    struct rng_fixed random;
    struct rng rng = rng_for_tests(&random);

    rng_fill(&rng, seed, SEED_LEN);
}

struct user_keys
keyfiles_keys(void)
{
    uint8_t seed[SEED_LEN];
    struct user_keys keys;

    seed_for_tests(seed);
    user_keys_derive(seed, &keys);
    return keys;
}

struct user_keys
keyfiles_other_keys(void)
{
    uint8_t seed[SEED_LEN];
    struct user_keys keys;

    seed_for_tests(seed);
    seed[0] ^= 1;
    user_keys_derive(seed, &keys);
    return keys;
}

int
keyfiles_set_up(void **state)
{
    struct keyfiles *f = calloc(1, sizeof *f);
    struct rng_fixed random;
    struct rng rng;

    if (f == NULL)
        return -1;
    seed_for_tests(f->seed);
    f->keys = keyfiles_keys();
    rng = rng_for_tests(&random);
    assert_ok(keyfile_make(&rng, KEYFILES_NAME, bytes_of("", 0), &f->open));
    rng = rng_for_tests(&random);
    assert_ok(keyfile_make(&rng, KEYFILES_NAME, bytes_text(KEYFILES_PASSPHRASE),
                           &f->locked));
    assert_ok(password_derive(bytes_text(KEYFILES_PASSPHRASE),
                              f->locked.ptr + SALT_AT, password_cost_default(),
                              f->kek));
    *state = f;
    return 0;
}

int
keyfiles_tear_down(void **state)
{
    struct keyfiles *f = *state;

    buf_free(&f->open);
    buf_free(&f->locked);
    free(f);
    return 0;
}

enum sv_err
keyfiles_parse(struct bytes in)
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

enum sv_err
keyfiles_unlock(struct bytes in, const char *passphrase, struct user_keys *out)
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
