#include <jansson.h>

#include "tests/support/support.h"

/* What svault and svaultd give back to the system's heap is wiped. */

#define SECRET "She told a neighbour everything, and her name"
#define BEHIND 16 /* what the heap keeps in a block that is free */

/* Blocks of that size which were free are handed out again: does it stand in
 * one, but for its beginning? */
static bool
is_found_again(size_t size)
{
    static const char secret[] = SECRET;
    const char *what = &secret[BEHIND];
    char *blocks[64];
    bool found = false;

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        blocks[i] = malloc(size);
        assert_non_null(blocks[i]);
        found = found || memmem(blocks[i], size, what, strlen(what)) != NULL;
    }
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        free(blocks[i]);
    return found;
}

static void
test_what_is_freed_is_wiped(void **state)
{
    char *secret = strdup(SECRET);

    (void)state;
    assert_non_null(secret);
    free(secret);
    assert_false(is_found_again(sizeof SECRET));
}

static void
test_what_moves_is_wiped_where_it_was(void **state)
{
    char *secret = strdup(SECRET), *moved;

    (void)state;
    assert_non_null(secret);
    moved = realloc(secret, 10000);
    assert_non_null(moved);
    assert_string_equal(moved, SECRET);
    assert_false(is_found_again(sizeof SECRET));
    moved = realloc(moved, sizeof SECRET);
    assert_non_null(moved);
    assert_string_equal(moved, SECRET);
    assert_false(is_found_again(10000));
    assert_null(realloc(moved, 0));
    moved = realloc(NULL, 10);
    assert_non_null(moved);
    free(moved);
    free(NULL);
}

static void
test_a_library_s_blocks_are_wiped_too(void **state)
{
    json_t *object = json_pack("{s:s}", "narrative", SECRET);
    char *text;

    (void)state;
    assert_non_null(object);
    text = json_dumps(object, JSON_INDENT(2));
    assert_non_null(strstr(text, SECRET));
    json_decref(object);
    assert_false(is_found_again(sizeof SECRET));
    free(text);
    for (size_t size = 32; size < 1024; size += 16)
        assert_false(is_found_again(size));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_freed_is_wiped),
        cmocka_unit_test(test_what_moves_is_wiped_where_it_was),
        cmocka_unit_test(test_a_library_s_blocks_are_wiped_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
