/* Each call to the store fails once, in each request of each act: see
 * tests/support/sweep.h for what is demanded of each. */
#include "tests/support/sweep.h"

static struct sweep all;

static int
setup(void **state)
{
    (void)state;
    sweep_begin(&all);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    sweep_end(&all);
    return 0;
}

struct test {
    char name[64];
    const struct asked_act *act;
};

static void
test_each_call_fails_once(void **state)
{
    const struct test *t = *state;
    struct buf shown = BUF_INIT;

    sweep_ready(&all);
    assert_ok(office_begin(&all.v.o, t->act->who));
    all.on = true;
    assert_ok(asked_ask(&all.v, t->act, &shown));
    assert_true(all.requests > 0);
    all.on = false;
    office_verify(&all.v.o);
    buf_free(&shown);
}

int
main(void)
{
    struct test of[ASKED_ACTS_N];
    struct CMUnitTest tests[ASKED_ACTS_N];

    for (size_t i = 0; i < ASKED_ACTS_N; i++) {
        of[i].act = &asked_acts[i];
        (void)snprintf(of[i].name, sizeof of[i].name,
                       "%s: each call of '%s' fails once", asked_acts[i].who,
                       asked_acts[i].name);
        tests[i] = (struct CMUnitTest){.name = of[i].name,
                                       .test_func = test_each_call_fails_once,
                                       .initial_state = &of[i]};
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}
