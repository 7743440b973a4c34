/* The outer lock, which the gate puts on and takes off. */
#include "crypto/init.h"
#include "tests/support/sealed.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static enum sv_err
unlock(const struct outer_key *key, uint32_t epoch, const struct envelope *e)
{
    struct buf inner = BUF_INIT;
    enum sv_err err;

    assert_ok(buf_text(&inner, "before"));
    err = envelope_unlock(key, epoch, e, &inner);
    if (err != SV_OK)
        assert_true(bytes_equal(buf_bytes(&inner), bytes_text("before")));
    else
        assert_int_equal(inner.len, 6 + ENVELOPE_INNER_LEN);
    buf_free(&inner);
    return err;
}

static void
test_outer_lock_comes_off_and_gives_the_inner_one(void **state)
{
    struct sealed *f = *state;
    struct buf outer = BUF_INIT, inner = BUF_INIT;
    struct envelope locked = sealed_lock(f, &f->e, 7, &outer);

    assert_int_equal(outer.len, ENVELOPE_OUTER_LEN);
    assert_null(memmem(outer.ptr, outer.len, f->e.lock.ptr, 16));
    /* Without the gate, the compartment's key opens nothing. */
    assert_err(sealed_open(f, &locked), SV_ERR_TAMPERED);
    assert_ok(envelope_unlock(&f->outer_key, 7, &locked, &inner));
    assert_true(bytes_equal(buf_bytes(&inner), f->e.lock));
    locked.lock = buf_bytes(&inner);
    assert_ok(sealed_open(f, &locked));
    buf_free(&outer);
    buf_free(&inner);
}

static void
test_t1_unlock_fails_when_any_byte_is_flipped(void **state)
{
    struct sealed *f = *state;
    struct buf outer = BUF_INIT;
    struct envelope locked = sealed_lock(f, &f->e, 7, &outer);

    for (unsigned part = 0; part < 3; part++) {
        struct buf spoiled = support_copy(*sealed_part(&locked, part));
        struct envelope e = locked;

        *sealed_part(&e, part) = buf_bytes(&spoiled);
        for (size_t i = 0; i < spoiled.len; i++) {
            spoiled.ptr[i] ^= 1;
            assert_err(unlock(&f->outer_key, 7, &e),
                       part == 2 && i < 4 ? SV_ERR_VERSION : SV_ERR_TAMPERED);
            spoiled.ptr[i] ^= 1;
        }
        assert_ok(unlock(&f->outer_key, 7, &e));
        buf_free(&spoiled);
    }
    buf_free(&outer);
}

static void
test_unlock_fails_at_each_cut(void **state)
{
    struct sealed *f = *state;
    struct buf outer = BUF_INIT;
    struct envelope locked = sealed_lock(f, &f->e, 7, &outer);

    for (unsigned part = 0; part < 3; part++) {
        struct envelope e = locked;
        struct bytes whole = *sealed_part(&locked, part);

        for (size_t len = 0; len < whole.len; len++) {
            *sealed_part(&e, part) = bytes_slice(whole, 0, len);
            assert_err(unlock(&f->outer_key, 7, &e), SV_ERR_TAMPERED);
        }
    }
    buf_free(&outer);
}

static void
test_unlock_names_another_gate_epoch_and_refuses_another_key(void **state)
{
    struct sealed *f = *state;
    struct outer_key other = f->outer_key;
    struct buf outer = BUF_INIT;
    struct envelope locked = sealed_lock(f, &f->e, 7, &outer);

    other.b[31] ^= 0x80;
    assert_err(unlock(&f->outer_key, 8, &locked), SV_ERR_VERSION);
    assert_err(unlock(&other, 7, &locked), SV_ERR_TAMPERED);
    assert_ok(unlock(&f->outer_key, 7, &locked));
    buf_free(&outer);
}

static void
test_locks_go_only_on_the_state_they_are_for(void **state)
{
    struct sealed *f = *state;
    struct buf outer = BUF_INIT, twice = BUF_INIT;
    struct envelope locked = sealed_lock(f, &f->e, 7, &outer);

    assert_err(envelope_lock(&f->rng, &f->outer_key, 7, &locked, &twice),
               SV_ERR_FORMAT);
    assert_int_equal(twice.len, 0);
    assert_err(unlock(&f->outer_key, 7, &f->e), SV_ERR_TAMPERED);
    buf_free(&outer);
}

static void
test_outer_lock_of_one_version_stays_on_beside_parts_of_another(void **state)
{
    struct sealed *f = *state;

    for (size_t i = 0; i < N(sealed_fields); i++) {
        struct envelope_header h = sealed_header_with_other(i);
        struct buf raw = BUF_INIT, outer = BUF_INIT;
        struct envelope e, locked;
        uint8_t hash[32];

        sealed_seal(f, &h, &raw, &e, hash);
        locked = sealed_lock(f, &e, 7, &outer);
        assert_ok(unlock(&f->outer_key, 7, &locked));
        locked.body = f->e.body;
        assert_err(unlock(&f->outer_key, 7, &locked), SV_ERR_TAMPERED);
        locked.header = f->e.header;
        assert_err(unlock(&f->outer_key, 7, &locked), SV_ERR_TAMPERED);
        locked.body = e.body;
        assert_err(unlock(&f->outer_key, 7, &locked),
                   i == 0 ? SV_OK : SV_ERR_TAMPERED);
        buf_free(&raw);
        buf_free(&outer);
    }
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, sealed_set_up, sealed_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_outer_lock_comes_off_and_gives_the_inner_one),
        CASE(test_t1_unlock_fails_when_any_byte_is_flipped),
        CASE(test_unlock_fails_at_each_cut),
        CASE(test_unlock_names_another_gate_epoch_and_refuses_another_key),
        CASE(test_locks_go_only_on_the_state_they_are_for),
        CASE(test_outer_lock_of_one_version_stays_on_beside_parts_of_another),
    };

    if (crypto_init() != SV_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
