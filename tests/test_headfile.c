#include "tests/support/support.h"
#include "vault/headfile.h"

/* The kept head, and what a power cut can leave of it. */

#define FILE_LEN 4096
#define SECTOR 512
#define SECTORS (FILE_LEN / SECTOR)

struct kept {
    char dir[PATH_SIZE];
    char path[PATH_SIZE];
};

static int
set_up(void **state)
{
    struct kept *k = calloc(1, sizeof *k);

    assert_non_null(k);
    support_dir_make(k->dir);
    assert_ok(path_join(k->path, k->dir, "head"));
    assert_ok(headfile_create(k->path, bytes_text("head 0")));
    *state = k;
    return 0;
}

static int
tear_down(void **state)
{
    struct kept *k = *state;

    support_dir_remove(k->dir);
    free(k);
    return 0;
}

/* Opened, and the head that is there. */
static struct headfile
opened(const struct kept *k, char head[static 32])
{
    struct headfile f = HEADFILE_NONE;
    struct buf found = BUF_INIT;

    assert_ok(headfile_open(k->path, &f, &found));
    assert_true(found.len < 32);
    memcpy(head, found.ptr, found.len);
    head[found.len] = '\0';
    buf_free(&found);
    return f;
}

static void
write_numbered(struct headfile *f, unsigned n)
{
    char head[32];

    (void)snprintf(head, sizeof head, "head %u", n);
    assert_ok(headfile_write(f, bytes_text(head)));
}

static void
bytes_of_file(const struct kept *k, uint8_t out[static FILE_LEN])
{
    struct buf raw = BUF_INIT;

    assert_ok(file_read(k->path, FILE_LEN, &raw));
    assert_int_equal(raw.len, FILE_LEN);
    memcpy(out, raw.ptr, FILE_LEN);
    buf_free(&raw);
}

static void
test_the_newest_head_is_found_after_any_number_of_openings(void **state)
{
    struct kept *k = *state;
    char head[32], expected[32] = "head 0";
    unsigned n = 0;

    for (unsigned writes = 0; writes < 5; writes++) {
        struct headfile f = opened(k, head);

        assert_string_equal(head, expected);
        for (unsigned i = 0; i < writes; i++)
            write_numbered(&f, ++n);
        headfile_close(&f);
        (void)snprintf(expected, sizeof expected, "head %u", n);
    }
}

/* What the file holds when each sector in the set is as it was written, and
 * the others as they were; false where another set says the same. */
static bool
tear(unsigned set, const uint8_t before[static FILE_LEN],
     const uint8_t after[static FILE_LEN], uint8_t out[static FILE_LEN])
{
    memcpy(out, before, FILE_LEN);
    for (size_t s = 0; s < SECTORS; s++) {
        size_t at = s * SECTOR;

        if ((set >> s & 1) == 0)
            continue;
        if (memcmp(before + at, after + at, SECTOR) == 0)
            return false;
        memcpy(out + at, after + at, SECTOR);
    }
    return true;
}

static void
check_cuts(struct kept *k, const uint8_t before[static FILE_LEN],
           const uint8_t after[static FILE_LEN], unsigned oldest)
{
    for (unsigned set = 0; set < 1U << SECTORS; set++) {
        uint8_t torn[FILE_LEN];
        struct headfile f;
        char head[32];

        if (!tear(set, before, after, torn))
            continue;
        assert_ok(file_replace(k->path, 0600, BYTES(torn)));
        f = opened(k, head);
        assert_true(strtoul(head + strlen("head "), NULL, 10) >= oldest);
        headfile_close(&f);
    }
}

static void
test_a_write_torn_by_a_power_cut_leaves_a_head(void **state)
{
    struct kept *k = *state;
    unsigned n = 0;

    for (unsigned writes = 1; writes < 5; writes++) {
        uint8_t before[FILE_LEN], after[FILE_LEN];
        unsigned oldest = n;
        char head[32];
        struct headfile f = opened(k, head);

        bytes_of_file(k, before);
        for (unsigned i = 0; i < writes; i++)
            write_numbered(&f, ++n);
        bytes_of_file(k, after);
        headfile_close(&f);
        check_cuts(k, before, after, oldest);
        assert_ok(file_replace(k->path, 0600, BYTES(after)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_the_newest_head_is_found_after_any_number_of_openings, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_write_torn_by_a_power_cut_leaves_a_head, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
