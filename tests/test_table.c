#include <stdlib.h>
#include <string.h>

#include "cli/term.h"
#include "tests/support/support.h"

/*
 * A table of which a cell is missing looks whole to who reads it, so where
 * memory runs out there is an error and nothing else; in libsmartcols too,
 * whose calls a linker cannot lead here: the allocator is this program's.
 */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static struct {
    size_t calls, fail_at; /* from 1; 0: none */
    bool and_on;           /* all behind it, too */
} memory;

static bool
is_refused(void)
{
    memory.calls++;
    return memory.fail_at > 0 &&
           (memory.and_on ? memory.calls >= memory.fail_at
                          : memory.calls == memory.fail_at);
}

void *
malloc(size_t n)
{
    return is_refused() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
    return is_refused() ? NULL : __libc_realloc(p, n);
}

/* Longer than what a stream holds back. */
#define ROWS 40
#define WIDE 600

static char cell[WIDE + 1];
static char whole[ROWS * (WIDE + 32)];

static enum sv_err
print(FILE *to)
{
    static const char *const columns[] = {"Name", "Role"};
    const char *const row[] = {"mori", cell};
    struct term t = {.out = to};
    struct table *table = table_new(&t, 2, columns);
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < ROWS && err == SV_OK; i++)
        err = table_row(table, row);
    /* A command ends there, with what it has. */
    return err == SV_OK ? table_print(table) : err;
}

static void
make_whole(void)
{
    size_t at = (size_t)sprintf(whole, "Name Role\n");

    memset(cell, 'x', WIDE);
    for (size_t i = 0; i < ROWS; i++)
        at += (size_t)sprintf(whole + at, "mori %s\n", cell);
}

/* All of it or an error, where the n-th allocation is refused, it alone or all
 * behind it too.  False where there are fewer. */
static bool
print_refused(size_t n, bool and_on)
{
    static char buffer[sizeof whole + 1], text[sizeof whole + 1];
    FILE *to = tmpfile();
    enum sv_err err;
    bool came;

    assert_non_null(to);
    assert_int_equal(setvbuf(to, buffer, _IOFBF, sizeof buffer), 0);
    memory.calls = 0;
    memory.and_on = and_on;
    memory.fail_at = n;
    err = print(to);
    memory.fail_at = 0;
    came = n > 0 && memory.calls >= n;
    rewind(to);
    text[fread(text, 1, sizeof text - 1, to)] = '\0';
    (void)fclose(to);
    if (err == SV_OK)
        assert_string_equal(text, whole);
    else if (!came || err != SV_ERR_NOMEM)
        fail_msg("allocation %zu: %s", n, err_text(err));
    return came;
}

static void
test_a_table_without_memory_is_an_error_and_not_one_with_holes(void **state)
{
    size_t n = 1;

    (void)state;
    make_whole();
    assert_false(print_refused(0, false));
    while (print_refused(n, false) && print_refused(n, true))
        n++;
    assert_true(n > 20); /* a cell each, and more */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_table_without_memory_is_an_error_and_not_one_with_holes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
