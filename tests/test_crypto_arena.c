#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/arena.h"
#include "crypto/init.h"
#include "tests/support/support.h"

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))
#define SKIPPED 77
#define BROKEN 2

static bool
is_zero(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != 0)
            return false;
    return true;
}

/* Run body in a child; its wait status.  A child ends by _exit(). */
static int
status_of(void (*body)(void))
{
    const struct rlimit none = {0, 0};
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGSEGV, SIG_DFL); /* the death itself, no report */
        body();
        _exit(BROKEN);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
test_secrets_are_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 32, 100, 1};
    struct arena *a = NULL;
    uint8_t *secrets[8] = {NULL};

    (void)state;
    assert_ok(arena_new(1, &a));
    for (size_t i = 0; i < 8; i++) {
        void *secret = NULL;

        assert_ok(secret_new(a, sizes[i], &secret));
        assert_int_equal((uintptr_t)secret % 16, 0);
        assert_true(is_zero(secret, sizes[i]));
        memset(secret, (int)i + 1, sizes[i]);
        secrets[i] = secret;
    }
    for (size_t i = 0; i < 8; i++)
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(secrets[i][at], i + 1);
    for (size_t i = 0; i < 8; i++)
        secret_free(a, secrets[i]);
    arena_free(a);
}

static void
test_free_wipes_all_that_was_given(void **state)
{
    struct arena *a = NULL;
    void *secret = NULL;
    void *next = NULL;

    (void)state;
    assert_ok(arena_new(PAGE, &a));
    assert_ok(secret_new(a, 100, &secret));
    assert_ok(secret_new(a, 16, &next));
    memset(secret, 0xa5, 100);
    memset(next, 0xa5, 16);
    secret_free(a, secret);
    /* Its place is still mapped: look there. */
    assert_true(is_zero(secret, 100));
    assert_int_equal(*(uint8_t *)next, 0xa5);
    arena_free(a);
}

static void
test_a_full_arena_says_so_and_takes_back(void **state)
{
    struct arena *a = NULL;
    void *all[256] = {NULL};
    void *more = NULL;
    size_t n = 0;

    (void)state;
    assert_ok(arena_new(4096, &a));
    for (;;) {
        void *secret = NULL;

        if (secret_new(a, 64, &secret) != SV_OK)
            break;
        assert_true(n < 256);
        all[n++] = secret;
    }
    assert_int_equal(n, (4096 + PAGE - 1) / PAGE * PAGE / 64);
    assert_err(secret_new(a, 1, &more), SV_ERR_NOMEM);
    assert_null(more);
    /* Two neighbours make room for one of their size together. */
    secret_free(a, all[3]);
    assert_err(secret_new(a, 65, &more), SV_ERR_NOMEM);
    secret_free(a, all[4]);
    assert_ok(secret_new(a, 128, &more));
    assert_ptr_equal(more, all[3]);
    assert_err(secret_new(a, 1, &more), SV_ERR_NOMEM);
    /* First fit. */
    secret_free(a, all[9]);
    secret_free(a, all[7]);
    assert_ok(secret_new(a, 33, &more));
    assert_ptr_equal(more, all[7]);
    arena_free(a);
}

static void
test_sizes_out_of_range_are_refused(void **state)
{
    struct arena *a = NULL;
    void *secret = NULL;

    (void)state;
    assert_err(arena_new(0, &a), SV_ERR_RANGE);
    assert_err(arena_new(SIZE_MAX, &a), SV_ERR_RANGE);
    assert_null(a);
    assert_ok(arena_new(PAGE, &a));
    assert_err(secret_new(a, PAGE + 1, &secret), SV_ERR_NOMEM);
    assert_err(secret_new(a, SIZE_MAX, &secret), SV_ERR_NOMEM);
    assert_null(secret);
    assert_ok(secret_new(a, PAGE, &secret));
    arena_free(a);
}

static void
test_nothing_is_accepted_where_there_is_nothing(void **state)
{
    struct arena *a = NULL;

    (void)state;
    arena_free(NULL);
    assert_ok(arena_new(1, &a));
    secret_free(a, NULL);
    arena_free(a);
}

/* The whole region of a fresh arena. */
static volatile uint8_t *
whole(void)
{
    struct arena *a = NULL;
    void *secret = NULL;

    if (arena_new(PAGE, &a) != SV_OK || secret_new(a, PAGE, &secret) != SV_OK)
        _exit(BROKEN);
    ((volatile uint8_t *)secret)[0] = 1;
    ((volatile uint8_t *)secret)[PAGE - 1] = 1;
    return secret;
}

static void
write_before(void)
{
    *(whole() - 1) = 1;
    _exit(0);
}

static void
write_behind(void)
{
    whole()[PAGE] = 1;
    _exit(0);
}

static void
read_far_behind(void)
{
    _exit(whole()[2 * PAGE - 1] & 1);
}

static void
test_both_ends_are_guarded(void **state)
{
    void (*const bodies[])(void) = {write_before, write_behind,
                                    read_far_behind};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int status = status_of(bodies[i]);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSEGV);
    }
}

static volatile uint8_t *inherited;

static void
read_inherited(void)
{
    _exit(*inherited & 1);
}

static void
test_a_child_does_not_get_the_secrets(void **state)
{
    struct arena *a = NULL;
    void *secret = NULL;
    int status;

    (void)state;
    assert_ok(arena_new(1, &a));
    assert_ok(secret_new(a, 32, &secret));
    inherited = secret;
    status = status_of(read_inherited);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    arena_free(a);
}

/* What the kernel says of the mapping that holds at. */
static bool
mapping_has(const void *at, const char *flag)
{
    FILE *smaps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool here = false;
    bool found = false;

    assert_non_null(smaps);
    while (fgets(line, sizeof line, smaps) != NULL) {
        char *end = line;
        unsigned long from = strtoul(line, &end, 16);

        if (end > line && *end == '-')
            here = (uintptr_t)at >= from &&
                   (uintptr_t)at < strtoul(end + 1, NULL, 16);
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, flag) != NULL;
    }
    (void)fclose(smaps);
    return found;
}

static void
test_the_region_is_left_out_of_core_dumps(void **state)
{
    struct arena *a = NULL;
    void *secret = NULL;

    (void)state;
    assert_ok(arena_new(1, &a));
    assert_ok(secret_new(a, 32, &secret));
    assert_true(mapping_has(secret, " dd"));
    assert_true(mapping_has(secret, " dc"));
    arena_free(a);
}

/* A sanitizer's mlock() does nothing: then there is nothing to see. */
static bool
mlock_works(void)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool works;

    assert_ptr_not_equal(page, MAP_FAILED);
    assert_int_equal(mlock(page, PAGE), 0);
    works = mapping_has(page, " lo");
    (void)munmap(page, PAGE);
    return works;
}

static void
test_the_region_is_locked(void **state)
{
    struct arena *a = NULL;
    void *secret = NULL;

    (void)state;
    if (!mlock_works())
        skip();
    assert_ok(arena_new(3 * PAGE, &a));
    assert_ok(secret_new(a, 3 * PAGE, &secret));
    assert_true(mapping_has(secret, " lo"));
    assert_true(mapping_has((uint8_t *)secret + 3 * PAGE - 1, " lo"));
    arena_free(a);
}

/* Without the right that the limit does not bind. */
static void
lock_over_the_limit(void)
{
    const struct rlimit none = {0, 0};
    const struct passwd *nobody = getpwnam("nobody");
    struct arena *a = NULL;

    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0)
        _exit(BROKEN);
    if (geteuid() == 0 &&
        (nobody == NULL ||
         setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) != 0))
        _exit(SKIPPED);
    if (arena_new(1, &a) != SV_ERR_MEMLOCK)
        _exit(1);
    _exit(a == NULL ? 0 : 1);
}

static void
test_memory_that_cannot_be_locked_is_an_error(void **state)
{
    int status;

    (void)state;
    if (!mlock_works())
        skip();
    status = status_of(lock_over_the_limit);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
harden(void)
{
    struct rlimit core = {1, 1};

    if (process_harden() != SV_OK)
        _exit(BROKEN);
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 ||
        core.rlim_max != 0)
        _exit(3);
    _exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 4);
}

static void
test_a_hardened_process_leaves_no_core(void **state)
{
    int status;

    (void)state;
    status = status_of(harden);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
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
        cmocka_unit_test(test_secrets_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_free_wipes_all_that_was_given),
        cmocka_unit_test(test_a_full_arena_says_so_and_takes_back),
        cmocka_unit_test(test_sizes_out_of_range_are_refused),
        cmocka_unit_test(test_nothing_is_accepted_where_there_is_nothing),
        cmocka_unit_test(test_both_ends_are_guarded),
        cmocka_unit_test(test_a_child_does_not_get_the_secrets),
        cmocka_unit_test(test_the_region_is_left_out_of_core_dumps),
        cmocka_unit_test(test_the_region_is_locked),
        cmocka_unit_test(test_memory_that_cannot_be_locked_is_an_error),
        cmocka_unit_test(test_a_hardened_process_leaves_no_core),
    };

    return cmocka_run_group_tests_name("crypto_arena", tests, setup, NULL);
}
