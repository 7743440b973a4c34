/* What the writer of an export does to a directory that it finds, and what it
 * leaves where it is refused. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/cosign.h"
#include "tests/support/exported.h"

/* ---- A system that refuses ---- */

enum call { LSTAT, UNLINK, RMDIR, FSYNC, CALLS_N };

static int refusal[CALLS_N]; /* errno of each of them, unless 0 */

static bool
refused(enum call c)
{
    errno = refusal[c];
    return refusal[c] != 0;
}

/* Directories whose names were made durable. */
#define SYNCED_MAX 64
static char synced[SYNCED_MAX][PATH_SIZE];
static size_t n_synced;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
    char name[32];
    ssize_t len;

    if (refused(FSYNC))
        return -1;
    if (n_synced < SYNCED_MAX) {
        (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        len = readlink(name, synced[n_synced], PATH_SIZE - 1);
        assert_true(len > 0);
        synced[n_synced++][len] = '\0';
    }
    return __real_fsync(fd);
}

int __real_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
int
__wrap_lstat(const char *path, struct stat *st)
{
    return refused(LSTAT) ? -1 : __real_lstat(path, st);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int
__wrap_unlink(const char *path)
{
    return refused(UNLINK) ? -1 : __real_unlink(path);
}

int __real_rmdir(const char *path);
int __wrap_rmdir(const char *path);
int
__wrap_rmdir(const char *path)
{
    return refused(RMDIR) ? -1 : __real_rmdir(path);
}

static int
set_up(void **state)
{
    memset(refusal, 0, sizeof refusal);
    n_synced = 0;
    return exported_set_up(state);
}

static int
tear_down(void **state)
{
    memset(refusal, 0, sizeof refusal);
    return exported_tear_down(state);
}

/* ---- Helpers ---- */

static const char other_place[] = "not what the log has in this place";
static const char other_log[] = "this head is not one of this log";
static const char other_root[] = "another root than the entries make";

static bool
is_there(const struct exported *x, const char *name)
{
    char path[PATH_SIZE];

    exported_path(x, name, path);
    return access(path, F_OK) == 0;
}

static void
take_away(const struct exported *x, const char *name)
{
    char path[PATH_SIZE];

    exported_path(x, name, path);
    assert_int_equal(unlink(path), 0);
}

/* The first bit of a file, there and back. */
static void
flip(const struct exported *x, const char *name)
{
    struct buf raw = exported_read(x, name);

    raw.ptr[0] ^= 1;
    exported_put(x, name, buf_bytes(&raw));
    buf_free(&raw);
}

/* What begin says of log 1 at that size; the index goes to *from. */
static enum sv_err
begin(const struct exported *x, uint64_t size, bool entries, uint64_t *from,
      struct export_fault *fault)
{
    struct buf note = exported_note(x, 1, size);
    struct export_writer w;
    enum sv_err err =
        export_write_begin(&w, x->export, EXPORTED_ORIGIN, &x->key,
                           buf_bytes(&note), entries, from);

    *fault = w.old.fault;
    export_write_clear(&w);
    export_write_clear(&w); /* which accepts what is empty */
    buf_free(&note);
    return err;
}

/* ---- What is there already ---- */

static void
test_begin_says_which_entries_are_needed(void **state)
{
    static const struct {
        uint64_t size, from;
    } cases[] = {{0, 0}, {255, 0}, {256, 256}, {300, 256}, {600, 512}};
    const struct exported *x = *state;
    struct export_fault fault;
    uint64_t from = 77;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned entries = 0; entries < 2; entries++) {
            assert_ok(exported_write(x, x->export, 1, cases[i].size,
                                     entries != 0, &fault));
            assert_string_equal(fault.place, "");
            assert_ok(begin(x, 700, entries != 0, &from, &fault));
            assert_int_equal(from, cases[i].from);
            /* Heads so far: all entries are needed, none is there. */
            if (entries == 0) {
                assert_ok(begin(x, 700, true, &from, &fault));
                assert_int_equal(from, 0);
            }
            support_dir_remove(x->export);
        }
    }
}

static void
test_other_log_is_found_out_at_each_size(void **state)
{
    static const uint64_t sizes[] = {1, 7, 255, 256, 257, 300};
    const struct exported *x = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned entries = 0; entries < 2; entries++) {
            struct export_fault fault;

            assert_ok(
                exported_write(x, x->export, 2, sizes[i], entries != 0, NULL));
            assert_err(
                exported_write(x, x->export, 1, 400, entries != 0, &fault),
                SV_ERR_TAMPERED);
            assert_false(fault.incomplete);
            if (sizes[i] < TILE_WIDTH)
                exported_assert_fault(&fault, "checkpoint", false, other_log);
            assert_ok(exported_check(x, x->export, entries != 0, &fault));
            support_dir_remove(x->export);
        }
    }
}

static void
test_full_tiles_are_compared_before_anything_is_written(void **state)
{
    const struct exported *x = *state;
    struct export_fault fault;
    struct buf tile;
    uint64_t from = 77;

    assert_ok(exported_write(x, x->export, 1, 300, true, NULL));
    flip(x, "tile/0/000");
    assert_err(begin(x, 400, true, &from, &fault), SV_ERR_TAMPERED);
    exported_assert_fault(&fault, "tile/0/000", false, other_place);
    take_away(x, "tile/entries/000");
    assert_err(begin(x, 400, true, &from, &fault), SV_ERR_TAMPERED);
    exported_assert_fault(&fault, "tile/entries/000", true,
                          "this file is missing");
    support_dir_remove(x->export);
    /* Of heads alone the hashes are all there is: they must lead to one. */
    assert_ok(exported_write(x, x->export, 2, 256, false, NULL));
    tile = exported_read(x, "tile/0/000");
    support_dir_remove(x->export);
    assert_ok(exported_write(x, x->export, 1, 256, false, NULL));
    exported_put(x, "tile/0/000", buf_bytes(&tile));
    assert_err(begin(x, 400, false, &from, &fault), SV_ERR_TAMPERED);
    exported_assert_fault(&fault, "checkpoint", false, other_log);
    assert_int_equal(from, 77);
    buf_free(&tile);
}

/* A tile of this very head that somebody altered is no beginning of it, and
 * the head is written last of all. */
static void
test_tile_in_the_way_stays_and_keeps_the_head_out(void **state)
{
    static const char *const names[] = {"tile/0/001.p/44",
                                        "tile/entries/001.p/44"};
    const struct exported *x = *state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct export_fault fault;
        struct buf before, after;

        assert_ok(exported_write(x, x->export, 1, 300, true, NULL));
        flip(x, names[i]);
        before = exported_read(x, names[i]);
        take_away(x, "checkpoint");
        assert_err(exported_write(x, x->export, 1, 300, true, &fault),
                   SV_ERR_TAMPERED);
        exported_assert_fault(&fault, names[i], false, other_place);
        after = exported_read(x, names[i]);
        assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
        assert_false(is_there(x, "checkpoint"));
        buf_free(&before);
        buf_free(&after);
        support_dir_remove(x->export);
    }
}

static void
test_entries_stay_with_entries_even_without_a_head(void **state)
{
    const struct exported *x = *state;
    struct export_fault fault;
    uint64_t from;

    assert_ok(exported_write(x, x->export, 1, 300, true, NULL));
    take_away(x, "checkpoint");
    assert_err(begin(x, 300, false, &from, &fault), SV_ERR_EXISTS);
    exported_assert_fault(&fault, "tile/entries", true, NULL);
    assert_ok(exported_write(x, x->export, 1, 300, true, NULL));
    exported_assert_good(x, true);
}

static void
test_head_that_cannot_be_looked_at_is_not_taken_for_none(void **state)
{
    const struct exported *x = *state;
    struct export_fault fault;
    uint64_t from;

    assert_int_equal(mkdir(x->export, 0700), 0);
    assert_ok(begin(x, 300, true, &from, &fault));
    refusal[LSTAT] = EIO;
    assert_err(begin(x, 300, true, &from, &fault), SV_ERR_IO);
}

/* ---- Files of others, and what a crash left ---- */

static void
test_files_of_others_are_never_taken_for_leftovers(void **state)
{
    static const char *const names[] = {
        "a",
        "abcdefg",
        ".Ab12Cd",
        "letter12.Ab12Cd",
        "checkpointXAb12Cd",
        "checkpoint.-b12Cd",
        "checkpoint.Ab-2Cd",
        "checkpoint.Ab12C",
        "checkpoint.Ab12Cde",
        "tile/0/5.Ab12Cd",
        "tile/0/000.p/256.Ab12Cd",
    };
    const struct exported *x = *state;
    struct export_fault fault;
    char name[201] = "";

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        exported_put(x, names[i], bytes_text("theirs"));
        assert_err(exported_write(x, x->export, 1, 3, true, &fault),
                   SV_ERR_EXISTS);
        exported_assert_fault(&fault, names[i], true, NULL);
        assert_true(is_there(x, names[i]));
        support_dir_remove(x->export);
    }
    /* Of each length. */
    for (size_t len = 7; len < sizeof name; len++) {
        memset(name, 'x', len - 7);
        (void)snprintf(name + len - 7, 8, ".Ab12Cd");
        exported_put(x, name, bytes_text("theirs"));
        assert_err(exported_write(x, x->export, 1, 3, true, &fault),
                   SV_ERR_EXISTS);
        assert_string_equal(fault.place, name);
        take_away(x, name);
    }
}

static void
test_leftovers_of_each_file_are_cleared(void **state)
{
    static const char *const names[] = {
        "checkpoint.Ab12Cd",
        "tile/0/000.000000",
        "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255.zzZZ99",
    };
    const struct exported *x = *state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        exported_put(x, names[i], bytes_text("half a"));
        assert_ok(exported_write(x, x->export, 1, 3, true, NULL));
        assert_false(is_there(x, names[i]));
    }
    /* With its directory, which was made for it. */
    assert_false(
        is_there(x, "tile/entries/x018/x446/x744/x073/x709/x551/615.p"));
    exported_assert_good(x, true);
}

/* office.p is no directory of partial tiles. */
static void
test_the_exports_own_directory_stays_whatever_its_name(void **state)
{
    struct exported *x = *state;
    static const char *const names[] = {"office.p", ".p", "p"};

    assert_int_equal(chdir(x->dir), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(x->export, sizeof x->export, "%s", names[i]);
        assert_int_equal(mkdir(x->export, 0700), 0);
        exported_put(x, "checkpoint.Ab12Cd", bytes_text("half a"));
        assert_ok(exported_write(x, x->export, 1, 3, true, NULL));
        exported_assert_good(x, true);
    }
    assert_int_equal(chdir("/"), 0);
}

static void
test_what_cannot_be_cleared_is_said(void **state)
{
    static const char leftover[] = "tile/0/000.p/9.Ab12Cd";
    const struct exported *x = *state;
    struct export_fault fault;
    uint64_t from;

    exported_put(x, leftover, bytes_text("half a"));
    refusal[UNLINK] = EIO;
    assert_err(begin(x, 3, true, &from, &fault), SV_ERR_IO);
    refusal[UNLINK] = 0;
    refusal[RMDIR] = EIO;
    assert_err(begin(x, 3, true, &from, &fault), SV_ERR_IO);
    assert_false(is_there(x, leftover));
    /* A directory that is in use is not emptied; systems say so in two ways. */
    exported_put(x, leftover, bytes_text("half a"));
    refusal[RMDIR] = ENOTEMPTY;
    assert_ok(begin(x, 3, true, &from, &fault));
    exported_put(x, leftover, bytes_text("half a"));
    refusal[RMDIR] = EEXIST;
    assert_ok(begin(x, 3, true, &from, &fault));
    assert_false(is_there(x, leftover));
}

/* ---- The disk ---- */

static bool
was_synced(const char *path)
{
    for (size_t i = 0; i < n_synced; i++)
        if (strcmp(synced[i], path) == 0)
            return true;
    return false;
}

/* Else a power cut takes away what the head stands on. */
static void
test_each_name_is_durable_before_the_head(void **state)
{
    static const char *const dirs[] = {"tile", "tile/0", "tile/entries"};
    const struct exported *x = *state;
    char path[PATH_SIZE];

    assert_ok(exported_write(x, x->export, 1, 3, true, NULL));
    assert_string_equal(synced[0], x->dir); /* the export's own name */
    assert_true(was_synced(x->export));
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        exported_path(x, dirs[i], path);
        assert_true(was_synced(path));
    }
    assert_string_equal(synced[n_synced - 1], x->export); /* the head's */
    n_synced = 0;
    assert_ok(exported_write(x, x->export, 1, 3, true, NULL));
    assert_int_equal(n_synced, 0);
}

/* Not even what the last line of a head depends on. */
static void
test_file_that_cannot_be_written_is_named(void **state)
{
    const struct exported *x = *state;
    struct export_fault fault;

    assert_int_equal(mkdir(x->export, 0700), 0);
    refusal[FSYNC] = EIO;
    assert_err(exported_write(x, x->export, 1, 3, true, &fault), SV_ERR_IO);
    exported_assert_fault(&fault, "tile/0/000.p/3", true, NULL);
    assert_false(is_there(x, "checkpoint"));
}

static void
test_paths_that_are_too_long_are_not_cut(void **state)
{
    struct exported *x = *state;
    size_t had = strlen(x->export);
    struct export_fault fault;
    uint64_t from;

    assert_int_equal(mkdir(x->export, 0700), 0);
    /* Slashes that mean nothing, and room for all but the head's name. */
    memset(x->export + had, '/', PATH_SIZE - had);
    x->export[PATH_SIZE - 11] = '\0';
    assert_err(begin(x, 3, true, &from, &fault), SV_ERR_RANGE);
}

/* ---- The head ---- */

static void
test_head_that_is_not_this_logs_begins_nothing(void **state)
{
    const struct exported *x = *state;
    struct buf note = exported_note(x, 1, 3);
    struct export_writer w;
    struct sign_public other;
    uint64_t from = 77;

    sign_public_of(&(struct sign_seed){{8}}, &other);
    assert_err(export_write_begin(&w, x->export, EXPORTED_ORIGIN, &other,
                                  buf_bytes(&note), true, &from),
               SV_ERR_TAMPERED);
    export_write_clear(&w);
    assert_err(export_write_begin(&w, x->export, "other.example", &x->key,
                                  buf_bytes(&note), true, &from),
               SV_ERR_TAMPERED);
    export_write_clear(&w);
    assert_int_equal(from, 77);
    assert_int_equal(access(x->export, F_OK), -1);
    buf_free(&note);
}

/* Entries of another log, and one fewer or more than the head has. */
static void
test_entries_must_be_those_under_the_head(void **state)
{
    static const struct {
        unsigned log;
        uint64_t size;
    } cases[] = {{2, 10}, {1, 9}, {1, 11}};
    const struct exported *x = *state;
    struct buf note = exported_note(x, 1, 10);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct export_fault fault;

        assert_err(exported_write_under(x, x->export, buf_bytes(&note),
                                        cases[i].log, cases[i].size, true,
                                        &fault),
                   SV_ERR_TAMPERED);
        exported_assert_fault(&fault, "checkpoint", false, other_root);
        assert_false(is_there(x, "checkpoint"));
    }
    assert_ok(exported_write(x, x->export, 1, 10, true, NULL));
    exported_assert_good(x, true);
    buf_free(&note);
}

static void
test_lines_of_witnesses_on_the_same_head_stay(void **state)
{
    const struct exported *x = *state;
    struct buf note = exported_note(x, 1, 10), one = BUF_INIT, two = BUF_INIT,
               there;
    char path[PATH_SIZE];
    struct stat before, after;
    struct note n;

    assert_ok(cosign_add(buf_bytes(&note), "w1", &x->seed, 5, &one));
    assert_ok(cosign_add(buf_bytes(&note), "w2", &x->seed, 6, &two));
    assert_ok(
        exported_write_under(x, x->export, buf_bytes(&one), 1, 10, true, NULL));
    /* With nothing new the file itself stays. */
    exported_path(x, "checkpoint", path);
    assert_int_equal(stat(path, &before), 0);
    assert_ok(exported_write(x, x->export, 1, 10, true, NULL));
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    there = exported_read(x, "checkpoint");
    assert_true(bytes_equal(buf_bytes(&there), buf_bytes(&one)));
    buf_free(&there);
    assert_ok(
        exported_write_under(x, x->export, buf_bytes(&two), 1, 10, true, NULL));
    there = exported_read(x, "checkpoint");
    assert_ok(note_parse(buf_bytes(&there), &n));
    assert_int_equal(n.n, 3);
    buf_free(&there);
    /* Those on an older head are not about this one. */
    assert_ok(exported_write(x, x->export, 1, 11, true, NULL));
    there = exported_read(x, "checkpoint");
    assert_ok(note_parse(buf_bytes(&there), &n));
    assert_int_equal(n.n, 1);
    buf_free(&there);
    buf_free(&note);
    buf_free(&one);
    buf_free(&two);
}

static void
test_head_is_as_long_as_a_reader_takes_and_no_longer(void **state)
{
    const struct exported *x = *state;
    struct buf most = exported_note(x, 1, 310), more = exported_note(x, 1, 320);

    support_note_lengthen(&most, EXPORT_CHECKPOINT_MAX);
    support_note_lengthen(&more, EXPORT_CHECKPOINT_MAX + 1);
    assert_ok(exported_write(x, x->export, 1, 300, true, NULL));
    assert_ok(exported_write_under(x, x->export, buf_bytes(&most), 1, 310, true,
                                   NULL));
    exported_assert_good(x, true);
    assert_err(exported_write_under(x, x->export, buf_bytes(&more), 1, 320,
                                    true, NULL),
               SV_ERR_RANGE);
    /* The tiles of the head that is there are there. */
    assert_true(is_there(x, "tile/0/001.p/54"));
    assert_true(is_there(x, "tile/entries/001.p/54"));
    assert_ok(exported_write(x, x->export, 1, 330, true, NULL));
    exported_assert_good(x, true);
    buf_free(&most);
    buf_free(&more);
}

/* Without bundles an entry is its hash, however long it is. */
static void
test_only_bundles_limit_the_length_of_an_entry(void **state)
{
    const struct exported *x = *state;
    struct checkpoint head = {.origin = EXPORTED_ORIGIN, .size = 1};
    struct buf entry = BUF_INIT, note = BUF_INIT;
    uint8_t *at;

    assert_ok(buf_extend(&entry, UINT16_MAX + 1, &at));
    head.root = tree_leaf(buf_bytes(&entry));
    assert_ok(checkpoint_sign(&head, &x->seed, &note));
    for (unsigned entries = 0; entries < 2; entries++) {
        struct export_writer w;
        uint64_t from;

        assert_ok(export_write_begin(&w, x->export, EXPORTED_ORIGIN, &x->key,
                                     buf_bytes(&note), entries != 0, &from));
        assert_err(export_write_entry(&w, buf_bytes(&entry)),
                   entries == 0 ? SV_OK : SV_ERR_RANGE);
        export_write_clear(&w);
    }
    buf_free(&entry);
    buf_free(&note);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_begin_says_which_entries_are_needed),
        TEST(test_other_log_is_found_out_at_each_size),
        TEST(test_full_tiles_are_compared_before_anything_is_written),
        TEST(test_tile_in_the_way_stays_and_keeps_the_head_out),
        TEST(test_entries_stay_with_entries_even_without_a_head),
        TEST(test_head_that_cannot_be_looked_at_is_not_taken_for_none),
        TEST(test_files_of_others_are_never_taken_for_leftovers),
        TEST(test_leftovers_of_each_file_are_cleared),
        TEST(test_the_exports_own_directory_stays_whatever_its_name),
        TEST(test_what_cannot_be_cleared_is_said),
        TEST(test_each_name_is_durable_before_the_head),
        TEST(test_file_that_cannot_be_written_is_named),
        TEST(test_paths_that_are_too_long_are_not_cut),
        TEST(test_head_that_is_not_this_logs_begins_nothing),
        TEST(test_entries_must_be_those_under_the_head),
        TEST(test_lines_of_witnesses_on_the_same_head_stay),
        TEST(test_head_is_as_long_as_a_reader_takes_and_no_longer),
        TEST(test_only_bundles_limit_the_length_of_an_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
