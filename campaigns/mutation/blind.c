/*
 * The control: a test that runs audit/checkpoint.c and asserts nothing.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/checkpoint.h"

static void
test_nothing_is_looked_at(void **state)
{
    static const char text[] = "example.org/log\n1\n"
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    struct checkpoint head;

    (void)state;
    (void)checkpoint_parse(bytes_of(text, sizeof text - 1), &head);
    (void)checkpoint_parse(bytes_of(text, 4), &head);
    (void)checkpoint_origin_ok(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_looked_at)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
