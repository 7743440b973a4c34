#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "crypto/arena.h"
#include "tests/support/scarce.h"
#include "tests/support/support.h"

/* An arena that the system does not give whole is none, and a process that
 * cannot be hardened says so. */

#define SIZE 5000

/* ---- What hardens a process, refused ---- */

static bool no_rlimit, no_prctl;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int
__wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    assert_int_equal(resource, RLIMIT_CORE);
    assert_int_equal(limit->rlim_max, 0);
    return no_rlimit ? -1 : 0;
}

int __wrap_prctl(int option, ...);
int
__wrap_prctl(int option, ...)
{
    va_list args;

    va_start(args, option);
    assert_int_equal(option, PR_SET_DUMPABLE);
    assert_int_equal(va_arg(args, int), 0);
    va_end(args);
    return no_prctl ? -1 : 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void
test_a_process_that_cannot_be_hardened_says_so(void **state)
{
    (void)state;
    assert_ok(process_harden());
    no_rlimit = true;
    assert_err(process_harden(), SV_ERR_IO);
    no_rlimit = false;
    no_prctl = true;
    assert_err(process_harden(), SV_ERR_IO);
    no_prctl = false;
}

/* ---- Arenas ---- */

static enum sv_err
use_arena(void *ctx)
{
    struct arena **a = ctx;
    void *secret = NULL;
    enum sv_err err = arena_new(SIZE, a);

    if (err == SV_OK)
        err = secret_new(*a, SIZE, &secret);
    if (err != SV_OK)
        return err;
    memset(secret, 0xa5, SIZE);
    secret_free(*a, secret);
    return SV_OK;
}

/* It is there and can be used, or it is not there. */
static void
look_at_arena(void *ctx, enum sv_err err, const char *place)
{
    struct arena **a = ctx;

    if ((err == SV_OK) != (*a != NULL))
        fail_msg("%s: %s", place, err_text(err));
    if (err != SV_OK && err != SV_ERR_NOMEM && err != SV_ERR_MEMLOCK)
        fail_msg("%s: %s", place, err_text(err));
    arena_free(*a);
    *a = NULL;
}

static void
test_an_arena_is_whole_or_none(void **state)
{
    struct arena *a = NULL;
    const struct scarce_work w = {"arena", &a, use_arena, look_at_arena};

    (void)state;
    /* Mapped, opened, locked, kept out of dumps and out of children. */
    assert_int_equal(scarce_at_each_place(&w, SCARCE_SYSTEM, 1), 5);
    assert_int_equal(scarce_at_each_place(&w, SCARCE_MEMORY, 1), 2);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_process_that_cannot_be_hardened_says_so),
        cmocka_unit_test(test_an_arena_is_whole_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
