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
    struct checkpoint head = {.origin = "example.org/log", .size = 1};
    struct sign_seed seed = {{1}};
    struct sign_public key;
    struct buf note = BUF_INIT;

    (void)state;
    sign_public_of(&seed, &key);
    (void)checkpoint_sign(&head, &seed, &note);
    (void)checkpoint_open(buf_bytes(&note), head.origin, &key, &head);
    (void)checkpoint_open(buf_bytes(&note), "example.org", &key, &head);
    (void)checkpoint_parse(bytes_of(note.ptr, note.len / 4), &head);
    buf_free(&note);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_looked_at)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
