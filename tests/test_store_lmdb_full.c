/* A map, a file or a disk that is full, and an address space that is small. */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/ondisk.h"
#include "tests/support/traced.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define KEYS_MAX 5000 /* all is full long before */

static void
open_sized(struct ondisk *f, size_t map_size)
{
    ondisk_close(f);
    assert_ok(store_lmdb_open_sized(f->dir, ONDISK_TABLES, false, map_size,
                                    &f->store));
}

static void
test_a_full_map_loses_nothing_and_can_be_emptied(void **state)
{
    static const struct {
        size_t len;
        size_t map;
    } cases[] = {{100, MIB / 4}, {5000, MIB}};
    struct ondisk *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum sv_err err;
        unsigned n;

        open_sized(f, cases[i].map);
        assert_int_equal(store_lmdb_map_size(f->store), cases[i].map);
        n = ondisk_fill(f->store, cases[i].len, KEYS_MAX, &err);
        assert_err(err, SV_ERR_FULL);
        assert_true(n > 10);
        assert_ok(ondisk_look_all(f->store, cases[i].len, n));
        assert_err(ondisk_put(f->store, "more", MIB), SV_ERR_FULL);
        open_sized(f, cases[i].map);
        assert_ok(ondisk_look_all(f->store, cases[i].len, n));
        open_sized(f, 4 * cases[i].map); /* a larger map is all that it takes */
        assert_ok(ondisk_put(f->store, "more", 100000));
        for (unsigned j = n; j > 0; j--) {
            char key[16];

            (void)snprintf(key, sizeof key, "k%03u", j - 1);
            assert_ok(ondisk_remove(f->store, key));
        }
        assert_ok(ondisk_remove(f->store, "more"));
    }
}

static int
fill_limited(struct ondisk *f)
{
    static const struct rlimit limit = {MIB, MIB};
    struct store *s = NULL;
    enum sv_err err;
    unsigned n;

    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
        setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return ONDISK_SKIPPED;
    if (store_lmdb_open(f->dir, ONDISK_TABLES, false, &s) != SV_OK)
        return 90;
    n = ondisk_fill(s, 5000, KEYS_MAX, &err);
    store_close(s);
    if (err != SV_ERR_FULL && err != SV_ERR_UNSURE)
        return 92;
    if (n < 10 || store_lmdb_open(f->dir, ONDISK_TABLES, false, &s) != SV_OK)
        return 91;
    err = ondisk_look_all(s, 5000, n);
    store_close(s);
    return ondisk_code(err);
}

static void
test_a_limited_file_loses_nothing(void **state)
{
    struct ondisk *f = *state;

    ondisk_close(f);
    assert_ondisk_code(ondisk_child(f, fill_limited), SV_OK);
}

/* A small file system of its own, gone with the process. */
static int
fill_disk(struct ondisk *f)
{
    struct store *s = NULL;
    enum sv_err err;
    unsigned n;

    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", f->dir, "tmpfs", 0, "size=1m") != 0)
        return ONDISK_SKIPPED;
    trace.disk_full = true;
    if (store_lmdb_open(f->dir, ONDISK_TABLES, true, &s) != SV_OK)
        return 90;
    n = ondisk_fill(s, 20000, KEYS_MAX, &err);
    if (n < 10 || ondisk_look_all(s, 20000, n) != SV_OK)
        return 91;
    if (err != SV_ERR_FULL || ondisk_put(s, "more", 20000) != SV_ERR_FULL)
        return 92;
    store_close(s);
    if (store_lmdb_open(f->dir, ONDISK_TABLES, false, &s) != SV_OK)
        return 93;
    err = ondisk_look_all(s, 20000, n);
    store_close(s);
    return ondisk_code(err);
}

static void
test_a_full_disk_loses_nothing(void **state)
{
    struct ondisk *f = *state;

    ondisk_close(f);
    assert_ondisk_code(ondisk_child(f, fill_disk), SV_OK);
}

static void
test_the_map_is_64_gib(void **state)
{
    struct ondisk *f = *state;

    assert_true(store_lmdb_map_size(f->store) == (size_t)64 << 30);
    assert_true(ondisk_size(f) < (off_t)MIB);
}

static int
open_in_little_space(struct ondisk *f)
{
    static const struct rlimit limit = {(rlim_t)5 << 30, (rlim_t)5 << 30};
    struct store *s = NULL;
    enum sv_err err;
    size_t size;

    if (SANITIZED || setrlimit(RLIMIT_AS, &limit) != 0)
        return ONDISK_SKIPPED;
    err = store_lmdb_open(f->dir, ONDISK_TABLES, false, &s);
    if (err != SV_OK)
        return ondisk_code(err);
    size = store_lmdb_map_size(s);
    if (size != (size_t)4 << 30)
        return 90;
    err = ondisk_put(s, "key", 100);
    store_close(s);
    return ondisk_code(err);
}

static int
open_in_no_space(struct ondisk *f)
{
    static const struct rlimit limit = {256 << 20, 256 << 20};
    struct store *s = NULL;

    if (SANITIZED || setrlimit(RLIMIT_AS, &limit) != 0)
        return ONDISK_SKIPPED;
    return ondisk_code(store_lmdb_open(f->dir, ONDISK_TABLES, false, &s));
}

static void
test_the_map_is_smaller_where_a_limit_forbids_it(void **state)
{
    struct ondisk *f = *state;

    ondisk_close(f);
    assert_ondisk_code(ondisk_child(f, open_in_no_space), SV_ERR_NOMEM);
    assert_ondisk_code(ondisk_child(f, open_in_little_space), SV_OK);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, ondisk_set_up, ondisk_tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_a_full_map_loses_nothing_and_can_be_emptied),
        CASE(test_a_limited_file_loses_nothing),
        CASE(test_a_full_disk_loses_nothing),
        CASE(test_the_map_is_64_gib),
        CASE(test_the_map_is_smaller_where_a_limit_forbids_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
