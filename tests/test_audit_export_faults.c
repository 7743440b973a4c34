/* What the reader of an export says of what is wrong: which file, which
 * entry, why, and whether something is missing or was altered. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/exported.h"

#define SIZE 300 /* a full tile, and one of 44 */
#define PARTIAL 44

/* ---- A system that refuses, or says less than was there ---- */

static const char *refused; /* the end of a name that lstat() cannot look at */
static size_t cut;          /* so many bytes of a file are gone when read */
static int read_errno;      /* of each pread(), unless 0 */
static int inherited;       /* descriptors read from that a child would get */
static int end_errno;       /* with which the n-th readdir() ends, and n */
static unsigned end_at;

ssize_t __real_pread(int fd, void *out, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *out, size_t len, off_t at);
ssize_t
__wrap_pread(int fd, void *out, size_t len, off_t at)
{
    if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
        inherited++;
    if (read_errno != 0) {
        errno = read_errno;
        return -1;
    }
    return len <= cut ? 0 : __real_pread(fd, out, len - cut, at);
}

int __real_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
int
__wrap_lstat(const char *path, struct stat *st)
{
    size_t len = strlen(path), end = refused != NULL ? strlen(refused) : 0;

    if (end > 0 && len >= end && strcmp(path + len - end, refused) == 0) {
        errno = EIO;
        return -1;
    }
    return __real_lstat(path, st);
}

struct dirent *__real_readdir(DIR *d);
struct dirent *__wrap_readdir(DIR *d);
struct dirent *
__wrap_readdir(DIR *d)
{
    if (end_at == 0 || --end_at > 0)
        return __real_readdir(d);
    if (end_errno != 0)
        errno = end_errno;
    return NULL;
}

static int
set_up(void **state)
{
    refused = NULL;
    cut = 0;
    read_errno = inherited = 0;
    end_at = 0;
    return exported_set_up(state);
}

/* ---- Files ---- */

static const char too_long[] = "this file is too long";
static const char no_file[] = "not a file of its own";
static const char foreign[] = "this file does not belong here";

static struct export opened(const struct exported *x)
{
    struct export e;

    assert_ok(export_open(&e, x->export, EXPORTED_ORIGIN, &x->key));
    return e;
}

static void
test_file_is_appended_whole_or_not_at_all(void **state)
{
    const struct exported *x = *state;
    struct buf out = BUF_INIT;

    exported_put(x, "a", bytes_text("more"));
    assert_ok(buf_text(&out, "kept "));
    assert_ok(export_file(x->export, "a", 4, &out));
    assert_true(text_is(buf_bytes(&out), "kept more"));
    assert_err(export_file(x->export, "a", 3, &out), SV_ERR_RANGE);
    assert_err(export_file(x->export, "b", 4, &out), SV_ERR_NOT_FOUND);
    /* It is cut while it is read. */
    cut = 1;
    assert_err(export_file(x->export, "a", 4, &out), SV_ERR_IO);
    cut = 0;
    assert_int_equal(out.len, 9);
    assert_int_equal(inherited, 0);
    buf_free(&out);
}

static void
test_only_regular_files_are_read(void **state)
{
    const struct exported *x = *state;
    struct buf out = BUF_INIT;
    char path[PATH_SIZE], link[PATH_SIZE];

    exported_put(x, "file", bytes_text("text"));
    exported_path(x, "file", path);
    exported_path(x, "link", link);
    assert_int_equal(symlink(path, link), 0);
    exported_path(x, "pipe", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    exported_path(x, "dir", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_err(export_file(x->export, "link", 4, &out), SV_ERR_FORMAT);
    assert_err(export_file(x->export, "pipe", 4, &out), SV_ERR_FORMAT);
    assert_err(export_file(x->export, "dir", 4096, &out), SV_ERR_FORMAT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

/* A program whose standard input is closed gets that descriptor. */
static void
test_files_are_read_without_standard_input(void **state)
{
    const struct exported *x = *state;
    struct buf out = BUF_INIT;
    int kept = dup(STDIN_FILENO);
    enum sv_err err;

    exported_put(x, "a", bytes_text("text"));
    (void)close(STDIN_FILENO);
    err = export_file(x->export, "a", 4, &out);
    if (kept >= 0) {
        (void)dup2(kept, STDIN_FILENO);
        (void)close(kept);
    }
    assert_ok(err);
    assert_true(text_is(buf_bytes(&out), "text"));
    buf_free(&out);
}

/* The directory's name with slashes that mean nothing, of that length. */
static void
lengthen(const struct exported *x, size_t len, char out[static PATH_SIZE])
{
    size_t had = strlen(x->export);

    memcpy(out, x->export, had);
    memset(out + had, '/', len - had);
    out[len] = '\0';
}

static enum sv_err
count_names(void *ctx, const char *name, bool is_regular)
{
    (void)name;
    (void)is_regular;
    ++*(unsigned *)ctx;
    return SV_OK;
}

static void
test_paths_that_are_too_long_are_not_cut(void **state)
{
    const struct exported *x = *state;
    struct buf out = BUF_INIT;
    char dir[PATH_SIZE];
    unsigned n = 0;

    exported_put(x, "a", bytes_text("text"));
    exported_put(x, "abc", bytes_text("text"));
    lengthen(x, PATH_SIZE - 3, dir); /* room for "/a" */
    assert_ok(export_file(dir, "a", 4, &out));
    assert_err(export_file(dir, "abc", 4, &out), SV_ERR_RANGE);
    assert_err(export_walk(dir, count_names, &n), SV_ERR_RANGE);
    lengthen(x, PATH_SIZE - 1, dir);
    errno = 0;
    assert_err(export_walk(dir, count_names, &n), SV_ERR_RANGE);
    buf_free(&out);
}

/* ---- Names ---- */

static void
test_directory_that_cannot_be_read_to_its_end_is_not_whole(void **state)
{
    const struct exported *x = *state;
    char path[PATH_SIZE];
    unsigned n = 0;

    exported_path(x, "nothing", path);
    assert_err(export_walk(path, count_names, &n), SV_ERR_NOT_FOUND);
    exported_put(x, "a", bytes_text("text"));
    exported_put(x, "b", bytes_text("text"));
    assert_ok(export_walk(x->export, count_names, &n));
    assert_int_equal(n, 2);
    for (unsigned at = 1; at < 6; at++) {
        end_errno = EIO;
        end_at = at;
        assert_err(export_walk(x->export, count_names, &n), SV_ERR_IO);
    }
    refused = "/b";
    assert_err(export_walk(x->export, count_names, &n), SV_ERR_IO);
    /* Where it is taken away, there is nothing, whatever failed before. */
    end_errno = 0;
    end_at = 1;
    errno = EIO;
    assert_ok(export_walk(x->export, count_names, &n));
}

static void
test_links_and_pipes_under_right_names_are_no_files(void **state)
{
    static const char *const files[] = {"checkpoint", "tile/0/000",
                                        "tile/entries/001.p/44"};
    const struct exported *x = *state;
    struct export e;

    assert_ok(exported_write(x, x->export, 1, SIZE, true, NULL));
    e = opened(x);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[PATH_SIZE], aside[PATH_SIZE];

        exported_path(x, files[i], path);
        assert_ok(path_join(aside, x->dir, "aside"));
        assert_int_equal(rename(path, aside), 0);
        for (unsigned pipe = 0; pipe < 2; pipe++) {
            assert_int_equal(
                pipe != 0 ? mkfifo(path, 0600) : symlink(aside, path), 0);
            assert_err(export_check_names(&e), SV_ERR_TAMPERED);
            exported_assert_fault(&e.fault, files[i], true, no_file);
            assert_int_equal(unlink(path), 0);
        }
        assert_int_equal(rename(aside, path), 0);
        assert_ok(export_check_names(&e));
    }
    exported_put(x, "tile/0/002", bytes_text("x"));
    assert_err(export_check_names(&e), SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, "tile/0/002", true, foreign);
    export_close(&e);
}

/* A tile's path has ten parts at most; whoever builds a deeper tree does not
 * have it walked for ever. */
static void
test_directories_are_twelve_deep_at_most(void **state)
{
    const struct exported *x = *state;
    char path[PATH_SIZE], name[64] = "a";
    struct export e;

    assert_ok(exported_write(x, x->export, 1, 1, true, NULL));
    e = opened(x);
    for (unsigned depth = 1; depth <= 13; depth++) {
        exported_path(x, name, path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_err(export_check_names(&e),
                   depth <= 12 ? SV_OK : SV_ERR_TAMPERED);
        if (depth > 12)
            exported_assert_fault(&e.fault, name, true, no_file);
        (void)snprintf(name + strlen(name), 3, "/a");
    }
    export_close(&e);
}

/* ---- The head ---- */

static void
test_head_that_nobody_signed_is_no_head(void **state)
{
    static const char unsigned_[] = "not a head that this log's key signed";
    const struct exported *x = *state;
    struct sign_public other;
    struct buf big = BUF_INIT;
    char path[PATH_SIZE];
    struct export e;
    uint8_t *at;

    sign_public_of(&(struct sign_seed){{8}}, &other);
    assert_ok(exported_write(x, x->export, 1, 1, true, NULL));
    assert_err(export_open(&e, x->export, EXPORTED_ORIGIN, &other),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, "checkpoint", false, unsigned_);
    assert_int_equal(e.head.size, 0);
    export_close(&e);
    /* Nor are a file, and what is too long or not there. */
    exported_path(x, "checkpoint", path);
    assert_err(export_open(&e, path, EXPORTED_ORIGIN, &x->key),
               SV_ERR_NOT_FOUND);
    exported_put(x, "checkpoint", bytes_text("x"));
    assert_err(export_open(&e, x->export, EXPORTED_ORIGIN, &x->key),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, "checkpoint", false, unsigned_);
    export_close(&e);
    assert_ok(buf_extend(&big, EXPORT_CHECKPOINT_MAX + 1, &at));
    exported_put(x, "checkpoint", buf_bytes(&big));
    assert_err(export_open(&e, x->export, EXPORTED_ORIGIN, &x->key),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, "checkpoint", true, too_long);
    export_close(&e);
    assert_int_equal(unlink(path), 0);
    assert_err(export_open(&e, x->export, EXPORTED_ORIGIN, &x->key),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, "checkpoint", true, "this file is missing");
    export_close(&e);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_err(export_open(&e, x->export, EXPORTED_ORIGIN, &x->key),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, "checkpoint", true, no_file);
    export_close(&e);
    buf_free(&big);
}

/* A disk that fails accuses nobody, and says which file it was. */
static void
test_file_that_cannot_be_read_is_named_and_not_called_false(void **state)
{
    const struct exported *x = *state;
    struct hash hashes[TILE_WIDTH];
    struct export e;

    assert_ok(exported_write(x, x->export, 1, SIZE, true, NULL));
    e = opened(x);
    read_errno = EIO;
    assert_err(export_tile(&e, &(struct tile){0, 0, TILE_WIDTH}, hashes),
               SV_ERR_IO);
    exported_assert_fault(&e.fault, "tile/0/000", true, NULL);
    export_close(&e);
}

/* ---- Bundles and tiles ---- */

static enum sv_err
count_entry(void *ctx, uint64_t index, struct bytes entry)
{
    struct buf want = exported_entry(1, index);

    assert_true(bytes_equal(entry, buf_bytes(&want)));
    buf_free(&want);
    ++*(unsigned *)ctx;
    return SV_OK;
}

static void
test_bundles_are_read_one_by_one(void **state)
{
    const struct exported *x = *state;
    struct buf raw = BUF_INIT;
    struct export e;
    unsigned n = 0;

    assert_ok(exported_write(x, x->export, 1, SIZE, true, NULL));
    e = opened(x);
    assert_int_equal(export_bundles(&e), 2);
    assert_int_equal(export_bundle(&e, 0).width, TILE_WIDTH);
    assert_int_equal(export_bundle(&e, 1).width, PARTIAL);
    assert_int_equal(export_bundle(&e, 2).width, 0);
    assert_int_equal(export_bundle(&e, 99).width, 0);
    /* Into the same bytes, the second in the place of the first. */
    for (uint64_t k = 0; k < 2; k++) {
        struct tile t = export_bundle(&e, k);

        assert_ok(export_bundle_entries(&e, &t, &raw, count_entry, &n));
    }
    assert_int_equal(n, SIZE);
    buf_free(&raw);
    export_close(&e);
}

static void
test_bundle_holds_its_entries_and_nothing_else(void **state)
{
    static const char name[] = "tile/entries/001.p/44";
    const struct exported *x = *state;
    struct tile t = {TILE_LEVEL_ENTRIES, 1, PARTIAL};
    struct buf good, raw = BUF_INIT;
    struct export e;
    unsigned n = 0;

    assert_ok(exported_write(x, x->export, 1, SIZE, true, NULL));
    e = opened(x);
    good = exported_read(x, name);
    exported_put(x, name, bytes_of(good.ptr, good.len - 1));
    assert_err(export_bundle_entries(&e, &t, &raw, count_entry, &n),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, name, true,
                          "it ends before its last entry does");
    assert_int_equal(n, PARTIAL - 1);
    assert_ok(buf_text(&good, "x"));
    exported_put(x, name, buf_bytes(&good));
    assert_err(export_bundle_entries(&e, &t, &raw, count_entry, &n),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, name, true, "bytes behind its last entry");
    buf_free(&good);
    buf_free(&raw);
    export_close(&e);
}

static void
test_tile_that_is_cut_or_none_gives_no_hashes(void **state)
{
    static const char name[] = "tile/0/001.p/44";
    const struct exported *x = *state;
    struct hash hashes[TILE_WIDTH], before[TILE_WIDTH];
    struct export e;
    struct buf good;

    memset(hashes, 0x5a, sizeof hashes);
    memcpy(before, hashes, sizeof before);
    assert_ok(exported_write(x, x->export, 1, SIZE, true, NULL));
    e = opened(x);
    good = exported_read(x, name);
    exported_put(x, name, bytes_of(good.ptr, good.len - 1));
    assert_err(export_tile(&e, &(struct tile){0, 1, PARTIAL}, hashes),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, name, true, "not as long as its name says");
    /* Longer than any tile. */
    assert_ok(buf_append(&good, BYTES(before[0].b)));
    for (size_t i = PARTIAL; i < TILE_WIDTH; i++)
        assert_ok(buf_append(&good, BYTES(before[i].b)));
    exported_put(x, name, buf_bytes(&good));
    assert_err(export_tile(&e, &(struct tile){0, 1, PARTIAL}, hashes),
               SV_ERR_TAMPERED);
    exported_assert_fault(&e.fault, name, true, too_long);
    assert_err(export_tile(&e, &(struct tile){0, 0, TILE_WIDTH + 1}, hashes),
               SV_ERR_RANGE);
    assert_memory_equal(hashes, before, sizeof hashes);
    buf_free(&good);
    export_close(&e);
}

static void
test_hashes_are_those_of_whole_subtrees_of_the_tree(void **state)
{
    static const struct {
        unsigned level;
        uint64_t index;
        enum sv_err err;
    } cases[] = {
        {0, 299, SV_OK},        {0, 300, SV_ERR_RANGE},  {0, 511, SV_ERR_RANGE},
        {0, 512, SV_ERR_RANGE}, {0, 9999, SV_ERR_RANGE}, {1, 149, SV_OK},
        {1, 150, SV_ERR_RANGE}, {3, 36, SV_OK},          {3, 37, SV_ERR_RANGE},
        {7, 1, SV_OK},          {7, 2, SV_ERR_RANGE},    {8, 0, SV_OK},
        {8, 1, SV_ERR_RANGE},   {9, 0, SV_ERR_RANGE},
    };
    const struct exported *x = *state;
    struct hash leaves[SIZE], got, want;
    char path[PATH_SIZE];
    struct export e;

    for (unsigned i = 0; i < SIZE; i++) {
        struct buf entry = exported_entry(1, i);

        leaves[i] = tree_leaf(buf_bytes(&entry));
        buf_free(&entry);
    }
    assert_ok(exported_write(x, x->export, 1, SIZE, true, NULL));
    e = opened(x);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = (size_t)1 << cases[i].level;

        memset(&got, 0x5a, sizeof got);
        want = got;
        assert_err(export_hash(&e, cases[i].level, cases[i].index, &got),
                   cases[i].err);
        if (cases[i].err == SV_OK)
            want = tree_root_of(leaves + cases[i].index * n, n);
        assert_true(hash_equal(&got, &want));
    }
    exported_path(x, "tile/0/000", path);
    assert_int_equal(unlink(path), 0);
    want = got;
    assert_err(export_hash(&e, 0, 0, &got), SV_ERR_TAMPERED);
    assert_true(hash_equal(&got, &want));
    export_close(&e);
}

/* ---- The tree ---- */

static void
test_altered_entry_is_named_by_its_number(void **state)
{
    static const char bundle[] = "tile/entries/001.p/44",
                      above[] = "tile/1/000.p/1";
    const struct exported *x = *state;
    struct export_fault fault;
    struct buf raw;

    assert_ok(exported_write(x, x->export, 1, SIZE, true, NULL));
    raw = exported_read(x, bundle);
    raw.ptr[raw.len - 1] ^= 1; /* of the last entry */
    exported_put(x, bundle, buf_bytes(&raw));
    assert_err(exported_check(x, x->export, true, &fault), SV_ERR_TAMPERED);
    exported_assert_fault(&fault, "tile/0/001.p/44", false,
                          "entry and hash do not fit together");
    assert_true(fault.has_entry);
    assert_int_equal(fault.entry, SIZE - 1);
    raw.ptr[raw.len - 1] ^= 1;
    exported_put(x, bundle, buf_bytes(&raw));
    buf_free(&raw);
    /* What is above no entry is none's fault. */
    raw = exported_read(x, above);
    raw.ptr[0] ^= 1;
    exported_put(x, above, buf_bytes(&raw));
    assert_err(exported_check(x, x->export, true, &fault), SV_ERR_TAMPERED);
    exported_assert_fault(&fault, above, false,
                          "not the hash of the tile below it");
    assert_false(fault.has_entry);
    buf_free(&raw);
}

/* Whoever has the log's key signs what they like. */
static void
test_head_over_another_root_is_refused(void **state)
{
    static const uint64_t sizes[] = {7, 256, SIZE};
    const struct exported *x = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct checkpoint head = exported_head(1, sizes[i]);
        struct buf note = BUF_INIT;
        struct export_fault fault;

        assert_ok(exported_write(x, x->export, 1, sizes[i], true, NULL));
        head.root.b[31] ^= 1;
        assert_ok(checkpoint_sign(&head, &x->seed, &note));
        exported_put(x, "checkpoint", buf_bytes(&note));
        assert_err(exported_check(x, x->export, true, &fault), SV_ERR_TAMPERED);
        exported_assert_fault(&fault, "checkpoint", false,
                              "another root than the entries make");
        assert_err(exported_check(x, x->export, false, &fault),
                   SV_ERR_TAMPERED);
        buf_free(&note);
        note = exported_note(x, 1, sizes[i]);
        exported_put(x, "checkpoint", buf_bytes(&note));
        buf_free(&note);
    }
}

#define LONG 8500 /* more blocks than one thread looks at in a round */

struct told {
    unsigned n;
    uint64_t done[4];
};

static void
tell(void *ctx, uint64_t done, uint64_t total)
{
    struct told *t = ctx;

    assert_int_equal(total, LONG);
    assert_true(t->n < 4);
    t->done[t->n++] = done;
}

static void
test_long_log_is_looked_at_in_rounds_and_says_how_far(void **state)
{
    const struct exported *x = *state;
    struct told told = {0};
    struct export_fault fault;
    struct export e;

    assert_ok(exported_write(x, x->export, 1, LONG, false, NULL));
    assert_ok(exported_check(x, x->export, false, &fault));
    e = opened(x);
    assert_ok(export_check_tree(&e, false, NULL, tell, &told));
    assert_int_equal(told.n, 2);
    assert_int_equal(told.done[0], 32 * TILE_WIDTH);
    assert_int_equal(told.done[1], LONG);
    export_close(&e);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, set_up, exported_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_file_is_appended_whole_or_not_at_all),
        TEST(test_only_regular_files_are_read),
        TEST(test_files_are_read_without_standard_input),
        TEST(test_paths_that_are_too_long_are_not_cut),
        TEST(test_directory_that_cannot_be_read_to_its_end_is_not_whole),
        TEST(test_links_and_pipes_under_right_names_are_no_files),
        TEST(test_directories_are_twelve_deep_at_most),
        TEST(test_head_that_nobody_signed_is_no_head),
        TEST(test_file_that_cannot_be_read_is_named_and_not_called_false),
        TEST(test_bundles_are_read_one_by_one),
        TEST(test_bundle_holds_its_entries_and_nothing_else),
        TEST(test_tile_that_is_cut_or_none_gives_no_hashes),
        TEST(test_hashes_are_those_of_whole_subtrees_of_the_tree),
        TEST(test_altered_entry_is_named_by_its_number),
        TEST(test_head_over_another_root_is_refused),
        TEST(test_long_log_is_looked_at_in_rounds_and_says_how_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
