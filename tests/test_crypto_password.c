#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/password.h"
#include "tests/support/support.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define MIB ((uint32_t)1 << 10)

static const uint8_t salt[PASSWORD_SALT_LEN] = "0123456789abcdef";

/* By the argon2 program of the reference implementation (20171227). */
static void
test_keys_are_those_of_the_reference_implementation(void **state)
{
    static const struct {
        const char *passphrase;
        const char *salt;
        struct password_cost cost;
        const char *key;
    } cases[] = {
        {"ringo-mikan-budo",
         "0123456789abcdef",
         {3, 256 * MIB},
         "81b13154d2c9e2af425e708cadce8ebfe2520f37d1bdc4cd8ab1539f7f608c06"},
        {"x",
         "fedcba9876543210",
         {4, 256 * MIB + 1},
         "7392d10a5b62aed22a471afdcaecae97a60d5d822ce6787aa3b9ed7088f464a1"},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        uint8_t key[PASSWORD_KEY_LEN];

        assert_ok(password_derive(bytes_text(cases[i].passphrase),
                                  (const uint8_t *)cases[i].salt, cases[i].cost,
                                  key));
        assert_hex(BYTES(key), cases[i].key);
    }
}

static void
test_another_passphrase_or_salt_gives_another_key(void **state)
{
    static const struct {
        const char *passphrase;
        const char *salt;
    } cases[] = {
        {"passphrase", "0123456789abcdef"},
        {"passphrasf", "0123456789abcdef"},
        {"passphrase", "0123456789abcdee"},
    };
    uint8_t keys[N(cases)][PASSWORD_KEY_LEN];

    (void)state;
    for (size_t i = 0; i < N(cases); i++)
        assert_ok(password_derive(bytes_text(cases[i].passphrase),
                                  (const uint8_t *)cases[i].salt,
                                  password_cost_default(), keys[i]));
    assert_memory_not_equal(keys[0], keys[1], sizeof keys[0]);
    assert_memory_not_equal(keys[0], keys[2], sizeof keys[0]);
    assert_memory_not_equal(keys[1], keys[2], sizeof keys[0]);
}

static const struct {
    struct password_cost cost;
    enum sv_err err;
} costs[] = {
    {{3, 256 * MIB}, SV_OK},
    {{10, 1024 * MIB}, SV_OK},
    {{3, 256 * MIB - 1}, SV_ERR_RANGE},
    {{2, 256 * MIB}, SV_ERR_RANGE},
    {{2, 1024 * MIB}, SV_ERR_RANGE},
    {{11, 256 * MIB}, SV_ERR_RANGE},
    {{3, 1024 * MIB + 1}, SV_ERR_RANGE},
    {{1, 8}, SV_ERR_RANGE},
    {{0, 0}, SV_ERR_RANGE},
    {{0, 256 * MIB}, SV_ERR_RANGE},
    {{3, 0}, SV_ERR_RANGE},
    {{3, 64u << 20}, SV_ERR_RANGE}, /* 64 GiB */
    {{UINT32_MAX, 256 * MIB}, SV_ERR_RANGE},
    {{3, UINT32_MAX}, SV_ERR_RANGE},
};

static void
test_costs_have_floors_and_ceilings(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(costs); i++)
        assert_err(password_cost_check(costs[i].cost), costs[i].err);
    assert_ok(password_cost_check(password_cost_default()));
}

static void
test_derive_refuses_a_cost_outside_them(void **state)
{
    uint8_t key[PASSWORD_KEY_LEN];

    (void)state;
    memset(key, 0x5a, sizeof key);
    for (size_t i = 0; i < N(costs); i++) {
        if (costs[i].err == SV_OK)
            continue;
        assert_err(password_derive(bytes_text("x"), salt, costs[i].cost, key),
                   SV_ERR_RANGE);
        for (size_t at = 0; at < sizeof key; at++)
            assert_int_equal(key[at], 0x5a);
    }
}

static void
test_a_passphrase_over_the_limit_is_refused(void **state)
{
    uint8_t key[PASSWORD_KEY_LEN];
    char text[PASSWORD_MAX_LEN + 1];

    (void)state;
    memset(text, 'a', sizeof text);
    assert_err(password_derive(BYTES(text), salt, password_cost_default(), key),
               SV_ERR_RANGE);
    assert_ok(password_derive(bytes_of(text, PASSWORD_MAX_LEN), salt,
                              password_cost_default(), key));
}

/* In a child with 128 MiB of address space left. */
static void
derive_without_memory(int result)
{
    struct rlimit limit;
    struct password_cost cost = password_cost_default();
    uint8_t key[PASSWORD_KEY_LEN] = {0};
    unsigned long pages;
    char line[64];
    FILE *statm = fopen("/proc/self/statm", "r");
    enum sv_err err[2];

    if (statm == NULL || fgets(line, sizeof line, statm) == NULL)
        _exit(2);
    (void)fclose(statm);
    pages = strtoul(line, NULL, 10);
    limit.rlim_cur =
        pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)128 << 20);
    limit.rlim_max = limit.rlim_cur;
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        _exit(2);
    err[0] = password_derive(bytes_text("x"), salt, cost, key);
    /* Refused for what it asks, not for what it gets. */
    cost.memory_kib = 64u << 20;
    err[1] = password_derive(bytes_text("x"), salt, cost, key);
    _exit(write(result, err, sizeof err) == sizeof err ? 0 : 2);
}

static void
test_missing_memory_is_an_error_of_its_own(void **state)
{
    enum sv_err err[2] = {SV_OK, SV_OK};
    int status;
    int ends[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        derive_without_memory(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(read(ends[0], err, sizeof err), sizeof err);
    assert_err(err[0], SV_ERR_NOMEM);
    assert_err(err[1], SV_ERR_RANGE);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static int
setup(void **state)
{
    (void)state;
    return crypto_init() == SV_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_those_of_the_reference_implementation),
        cmocka_unit_test(test_another_passphrase_or_salt_gives_another_key),
        cmocka_unit_test(test_costs_have_floors_and_ceilings),
        cmocka_unit_test(test_derive_refuses_a_cost_outside_them),
        cmocka_unit_test(test_a_passphrase_over_the_limit_is_refused),
        cmocka_unit_test(test_missing_memory_is_an_error_of_its_own),
    };

    return cmocka_run_group_tests_name("crypto_password", tests, setup, NULL);
}
