#include "tests/support/support.h"

/*
 * buf.c compiled in here, with its allocator watched: what it gives back
 * must have been wiped, and memory can be made to run out.
 */
static size_t live;     /* blocks that were not given back */
static size_t unwiped;  /* blocks given back with something in them */
static size_t to_grant; /* allocations until memory runs out */

#define HEADER sizeof(size_t)

static void *
watched_malloc(size_t n)
{
    uint8_t *block;

    if (to_grant == 0)
        return NULL;
    to_grant--;
    block = calloc(1, HEADER + n);
    if (block == NULL)
        return NULL;
    memcpy(block, &n, HEADER);
    live++;
    return block + HEADER;
}

static void
watched_free(void *ptr)
{
    uint8_t *block = ptr;
    size_t n;

    if (ptr == NULL)
        return;
    memcpy(&n, block - HEADER, HEADER);
    for (size_t i = 0; i < n; i++) {
        if (block[i] != 0) {
            unwiped++;
            break;
        }
    }
    live--;
    free(block - HEADER);
}

#define malloc watched_malloc
#define free watched_free
#include "base/buf.c" /* NOLINT(bugprone-suspicious-include): see above */
#undef malloc
#undef free

static int
setup(void **state)
{
    (void)state;
    live = unwiped = 0;
    to_grant = SIZE_MAX;
    return 0;
}

/* Nothing is left, and nothing was given back unwiped. */
static int
teardown(void **state)
{
    (void)state;
    return live == 0 && unwiped == 0 ? 0 : -1;
}

static void
fill(struct buf *b, size_t n, int c)
{
    uint8_t *at;

    assert_ok(buf_extend(b, n, &at));
    memset(at, c, n);
}

static void
test_growing_and_freeing_wipes_the_storage(void **state)
{
    struct buf b = BUF_INIT;
    size_t cap = 0, moves = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        fill(&b, 7, 's');
        moves += b.cap != cap;
        cap = b.cap;
    }
    assert_true(moves > 4);
    assert_int_equal(unwiped, 0);
    for (size_t i = 0; i < b.len; i++)
        assert_int_equal(b.ptr[i], 's');
    buf_free(&b);
    assert_int_equal(unwiped, 0);
    assert_null(b.ptr);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, 0);
    buf_free(&b); /* accepts empty */
}

/* The watcher itself sees what is not wiped. */
static void
test_the_watch_over_wiping_works(void **state)
{
    uint8_t *block = watched_malloc(9);

    (void)state;
    block[8] = 1;
    watched_free(block);
    assert_int_equal(unwiped, 1);
    unwiped = 0;
}

static void
test_truncating_wipes_what_falls_off(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    fill(&b, 50, 's');
    buf_truncate(&b, 20);
    assert_int_equal(b.len, 20);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(b.ptr[i], i < 20 ? 's' : 0);
    buf_truncate(&b, 20);
    assert_int_equal(b.len, 20);
    buf_truncate(&b, 0);
    assert_int_equal(b.ptr[0], 0);
    buf_free(&b);
    buf_truncate(&b, 0); /* accepts empty */
}

static void
test_extended_bytes_are_zero_even_where_others_were(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t *at = NULL;

    (void)state;
    fill(&b, 40, 's');
    b.len = 10; /* without wiping */
    assert_ok(buf_extend(&b, 30, &at));
    assert_ptr_equal(at, b.ptr + 10);
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(at[i], 0);
    assert_ok(buf_extend(&b, 0, &at));
    assert_ptr_equal(at, b.ptr + 40);
    buf_free(&b);
}

static void
test_taking_moves_the_storage(void **state)
{
    struct buf b = BUF_INIT, c;
    uint8_t *ptr;

    (void)state;
    assert_ok(buf_text(&b, "text"));
    ptr = b.ptr;
    c = buf_take(&b);
    assert_null(b.ptr);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, 0);
    assert_ptr_equal(c.ptr, ptr);
    assert_true(bytes_equal(buf_bytes(&c), bytes_text("text")));
    buf_free(&c);
}

static void
test_appending_and_printing_add_at_the_end(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    assert_ok(buf_append(&b, bytes_of(NULL, 0)));
    assert_int_equal(b.len, 0);
    assert_ok(buf_text(&b, "one"));
    assert_ok(buf_append(&b, bytes_of("\0two", 4)));
    assert_ok(buf_printf(&b, " %d %s", 3, "four"));
    assert_ok(buf_printf(&b, "%s", ""));
    assert_true(bytes_equal(buf_bytes(&b), bytes_of("one\0two 3 four", 14)));
    buf_free(&b);
    /* Where the text fills the room to the last byte, its NUL needs more. */
    fill(&b, 60, 'x');
    assert_int_equal(b.cap, 64);
    assert_ok(buf_printf(&b, "%s", "1234"));
    assert_int_equal(b.len, 64);
    assert_int_equal(b.ptr[63], '4');
    buf_free(&b);
}

static void
test_a_buffer_over_the_limit_is_refused_and_unchanged(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t *at = NULL;

    (void)state;
    assert_err(buf_reserve(&b, BUF_MAX + 1), SV_ERR_RANGE);
    assert_err(buf_reserve(&b, SIZE_MAX), SV_ERR_RANGE);
    assert_null(b.ptr);
    assert_ok(buf_text(&b, "x"));
    assert_err(buf_reserve(&b, BUF_MAX), SV_ERR_RANGE);
    assert_err(buf_extend(&b, SIZE_MAX, &at), SV_ERR_RANGE);
    assert_null(at);
    assert_int_equal(b.len, 1);
    assert_ok(buf_reserve(&b, BUF_MAX - 1));
    assert_int_equal(b.ptr[0], 'x');
    assert_int_equal(b.len, 1);
    buf_free(&b);
}

static void
test_running_out_of_memory_changes_nothing(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t *at = NULL;

    (void)state;
    to_grant = 0;
    assert_err(buf_reserve(&b, 1), SV_ERR_NOMEM);
    assert_err(buf_text(&b, "x"), SV_ERR_NOMEM);
    assert_err(buf_printf(&b, "%d", 1), SV_ERR_NOMEM);
    assert_null(b.ptr);
    to_grant = 1;
    fill(&b, 64, 's');
    assert_err(buf_extend(&b, 1, &at), SV_ERR_NOMEM);
    assert_err(buf_append(&b, bytes_text("x")), SV_ERR_NOMEM);
    assert_null(at);
    assert_int_equal(b.len, 64);
    assert_int_equal(b.ptr[63], 's');
    buf_free(&b);
}

static void
test_slices_are_parts(void **state)
{
    struct bytes b = bytes_text("abcdef"), none = {NULL, 0};

    (void)state;
    assert_true(bytes_equal(bytes_slice(b, 0, 6), b));
    assert_true(bytes_equal(bytes_slice(b, 2, 3), bytes_text("cde")));
    assert_int_equal(bytes_slice(b, 6, 0).len, 0);
    assert_null(bytes_slice(none, 0, 0).ptr);
}

static void
test_bytes_compare_as_store_keys_do(void **state)
{
    static const struct {
        struct bytes a, b;
        int order;
    } cases[] = {
        {{NULL, 0}, {NULL, 0}, 0},
        {{NULL, 0}, {(const uint8_t *)"", 1}, -1},
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"a", 1}, 0},
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"ab", 2}, -1},
        {{(const uint8_t *)"b", 1}, {(const uint8_t *)"ab", 2}, 1},
        {{(const uint8_t *)"\x7f", 1}, {(const uint8_t *)"\x80", 1}, -1},
        {{(const uint8_t *)"a\0b", 3}, {(const uint8_t *)"a\0c", 3}, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int ab = bytes_compare(cases[i].a, cases[i].b);
        int ba = bytes_compare(cases[i].b, cases[i].a);

        assert_int_equal((ab > 0) - (ab < 0), cases[i].order);
        assert_int_equal((ba > 0) - (ba < 0), -cases[i].order);
        assert_int_equal(bytes_equal(cases[i].a, cases[i].b),
                         cases[i].order == 0);
    }
}

#define watched(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        watched(test_the_watch_over_wiping_works),
        watched(test_growing_and_freeing_wipes_the_storage),
        watched(test_truncating_wipes_what_falls_off),
        watched(test_extended_bytes_are_zero_even_where_others_were),
        watched(test_taking_moves_the_storage),
        watched(test_appending_and_printing_add_at_the_end),
        watched(test_a_buffer_over_the_limit_is_refused_and_unchanged),
        watched(test_running_out_of_memory_changes_nothing),
        watched(test_slices_are_parts),
        watched(test_bytes_compare_as_store_keys_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
