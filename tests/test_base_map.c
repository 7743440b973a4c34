#include "base/file.h"
#include "base/map.h"
#include "tests/support/support.h"

static uint32_t
next_random(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

/* The model: is key i in, and with what? */
#define KEYS 400
struct model {
    bool in[KEYS];
    uint32_t value[KEYS];
    size_t n;
};

static void
key_of(unsigned i, uint8_t out[static 5])
{
    /* Many equal bytes: neighbours in the table. */
    memset(out, 0, 5);
    out[0] = (uint8_t)(i % 7);
    out[4] = (uint8_t)(i / 7);
}

static void
assert_as_model(const struct map *m, const struct model *model)
{
    bool seen[KEYS] = {false};
    const void *key, *value;
    size_t at = 0, n = 0;

    assert_int_equal(m->n, model->n);
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t k[5];
        void *v;

        key_of(i, k);
        v = map_get(m, k);
        assert_int_equal(v != NULL, model->in[i]);
        if (v != NULL)
            assert_memory_equal(v, &model->value[i], sizeof model->value[i]);
    }
    while (map_next(m, &at, &key, &value)) {
        const uint8_t *k = key;
        unsigned i = k[0] + 7u * k[4];

        assert_true(i < KEYS && model->in[i] && !seen[i]);
        assert_memory_equal(value, &model->value[i], sizeof model->value[i]);
        seen[i] = true;
        n++;
    }
    assert_int_equal(n, model->n);
}

static void
step(struct map *m, struct model *model, uint32_t *x, unsigned remove_of_10)
{
    unsigned i = next_random(x) % KEYS;
    uint8_t k[5];

    key_of(i, k);
    if (next_random(x) % 10 < remove_of_10) {
        assert_int_equal(map_remove(m, k), model->in[i]);
        model->n -= model->in[i];
        model->in[i] = false;
    } else {
        model->value[i] = next_random(x);
        assert_ok(map_set(m, k, &model->value[i]));
        model->n += !model->in[i];
        model->in[i] = true;
    }
}

static void
test_a_map_does_what_a_simple_model_does(void **state)
{
    struct model *model = calloc(1, sizeof *model);
    uint32_t x = 0x3a9c0de5;
    struct map m;

    (void)state;
    if (model == NULL)
        abort();
    map_init(&m, 5, sizeof(uint32_t));
    /* Fill, churn, empty, and fill again. */
    for (unsigned phase = 0; phase < 8; phase++) {
        static const unsigned removes[] = {1, 5, 9, 5, 2, 8, 10, 0};

        for (unsigned i = 0; i < 1500; i++) {
            step(&m, model, &x, removes[phase]);
            if (i % 50 == 0)
                assert_as_model(&m, model);
        }
        assert_as_model(&m, model);
    }
    map_clear(&m);
    assert_int_equal(m.n, 0);
    free(model);
}

static void
test_an_empty_map_holds_and_gives_nothing(void **state)
{
    const void *key = NULL, *value = NULL;
    struct map m;
    size_t at = 0;

    (void)state;
    map_init(&m, 4, 4);
    assert_null(map_get(&m, "abcd"));
    assert_false(map_remove(&m, "abcd"));
    assert_false(map_next(&m, &at, &key, &value));
    assert_null(key);
    map_clear(&m);
    assert_null(map_get(&m, "abcd"));
}

static void
test_setting_again_overwrites(void **state)
{
    struct map m;

    (void)state;
    map_init(&m, 4, 3);
    assert_ok(map_set(&m, "key1", "one"));
    assert_ok(map_set(&m, "key1", "two"));
    assert_int_equal(m.n, 1);
    assert_memory_equal(map_get(&m, "key1"), "two", 3);
    assert_null(map_get(&m, "key2"));
    assert_true(map_remove(&m, "key1"));
    assert_false(map_remove(&m, "key1"));
    assert_int_equal(m.n, 0);
    map_clear(&m);
}

static void
test_a_map_without_values_is_a_set(void **state)
{
    struct map m;

    (void)state;
    map_init(&m, 16, 0);
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t key[16] = {0};

        memcpy(key, &i, sizeof i);
        assert_null(map_get(&m, key));
        assert_ok(map_set(&m, key, NULL));
        assert_non_null(map_get(&m, key));
    }
    assert_int_equal(m.n, 1000);
    map_clear(&m);
    /* Cleared, it can be used again with the same sizes. */
    assert_ok(map_set(&m, "0123456789abcdef", NULL));
    assert_int_equal(m.n, 1);
    map_clear(&m);
}

/* ---- in a file ---- */

static void
fill(struct map *m, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t twice = 2 * i;

        assert_ok(map_set(m, &i, &twice));
        if (i % 1000 == 0)
            map_rest(m);
    }
}

static void
assert_filled(const struct map *m, uint64_t n)
{
    assert_int_equal(m->n, n);
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t *twice = map_get(m, &i);

        assert_non_null(twice);
        assert_int_equal(*twice, 2 * i);
    }
    assert_null(map_get(m, &n));
}

static void
test_slots_in_a_file_are_those_in_memory(void **state)
{
    struct map m;
    char dir[PATH_SIZE];

    (void)state;
    support_dir_make(dir);
    map_init(&m, sizeof(uint64_t), sizeof(uint64_t));
    map_spill(&m, dir, 10000);
    fill(&m, 100);
    assert_int_equal(m.mapped, 0);
    fill(&m, 50000);
    assert_true(m.mapped > 50000 * 2 * sizeof(uint64_t));
    assert_filled(&m, 50000);
    for (uint64_t i = 49000; i < 50000; i++)
        assert_true(map_remove(&m, &i));
    assert_filled(&m, 49000);
    /* Nobody finds it, and nothing of it stays. */
    support_dir_remove(dir);
    assert_filled(&m, 49000);
    map_clear(&m);
    assert_int_equal(m.mapped, 0);
}

static void
test_no_room_for_a_file_is_told(void **state)
{
    struct map m;
    enum sv_err err = SV_OK;
    uint64_t i;

    (void)state;
    map_init(&m, sizeof(uint64_t), sizeof(uint64_t));
    map_spill(&m, "/nonexistent/dir", 10000);
    for (i = 0; err == SV_OK && i < 50000; i++) {
        uint64_t twice = 2 * i;

        err = map_set(&m, &i, &twice);
    }
    assert_err(err, SV_ERR_NOT_FOUND);
    assert_filled(&m, i - 1); /* as it was */
    map_clear(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_map_does_what_a_simple_model_does),
        cmocka_unit_test(test_an_empty_map_holds_and_gives_nothing),
        cmocka_unit_test(test_setting_again_overwrites),
        cmocka_unit_test(test_a_map_without_values_is_a_set),
        cmocka_unit_test(test_slots_in_a_file_are_those_in_memory),
        cmocka_unit_test(test_no_room_for_a_file_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
