/* Files that are cut, damaged, or only look so. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lmdb.h>

#include "tests/support/ondisk.h"

/* --- cut and overwritten ------------------------------------------------ */

enum { DAMAGE_KEYS = 40, DAMAGE_LEN = 3000 };

/* Close a store with some pages in it; the file as it was goes to *sound. */
static void
make_sound(struct ondisk *f, struct buf *sound)
{
    enum sv_err err;

    assert_int_equal(ondisk_fill(f->store, DAMAGE_LEN, DAMAGE_KEYS / 2, &err),
                     DAMAGE_KEYS / 2);
    assert_int_equal(ondisk_fill(f->store, DAMAGE_LEN, DAMAGE_KEYS, &err),
                     DAMAGE_KEYS);
    ondisk_close(f);
    assert_ok(file_read(f->data, 16 * MIB, sound));
}

static void
restore(const struct ondisk *f, const struct buf *sound)
{
    assert_int_equal(truncate(f->data, (off_t)sound->len), 0);
    ondisk_overwrite(f->data, 0, sound->ptr, sound->len);
}

/* Open, read everything, write something. */
static int
use_damaged(struct ondisk *f)
{
    struct store *s = NULL;
    enum sv_err err;
    int null = open("/dev/null", O_WRONLY);

    (void)dup2(null, STDERR_FILENO); /* LMDB says where it gives up */
    err = store_lmdb_open(f->dir, ONDISK_TABLES, false, &s);
    if (err == SV_OK)
        err = ondisk_look_all(s, DAMAGE_LEN, DAMAGE_KEYS);
    if (err == SV_OK)
        err = ondisk_put(s, "more", 10000);
    store_close(s);
    return ondisk_code(err);
}

static void
test_a_file_cut_anywhere_is_refused(void **state)
{
    struct ondisk *f = *state;
    struct buf sound = BUF_INIT;

    make_sound(f, &sound);
    for (off_t at = 0; at < (off_t)sound.len; at += PAGE / 2) {
        restore(f, &sound);
        assert_int_equal(truncate(f->data, at), 0);
        assert_int_equal(ondisk_child(f, use_damaged),
                         ondisk_code(SV_ERR_TAMPERED));
        assert_int_equal(ondisk_size(f), at); /* left for who looks */
    }
    restore(f, &sound);
    assert_int_equal(truncate(f->data, (off_t)sound.len - 1), 0);
    assert_int_equal(ondisk_child(f, use_damaged),
                     ondisk_code(SV_ERR_TAMPERED));
    restore(f, &sound);
    assert_int_equal(ondisk_child(f, use_damaged), ondisk_code(SV_OK));
    buf_free(&sound);
}

/* Where the fields of a header lie in its page. */
static const struct {
    const char *name;
    off_t at;
    const char *bytes; /* in hex, as on this little-endian machine */
} header_damage[] = {
    {"page flags", 10, "0000"},
    {"magic", 16, "00"},
    {"version", 20, "02"},
    {"page size of zero", 40, "00000000"},
    {"page size of one", 40, "01000000"},
    {"page size of 3000", 40, "b80b0000"},
    {"page size of 2^31", 40, "00000080"},
    {"root of the free pages", 80, "ffffffffffffff7f"},
    {"root of the tables", 128, "ffffffffffffff7f"},
    {"root of the tables, a header", 128, "0100000000000000"},
    {"last page, little too high", 136, "00010000"},
    {"last page, far too high", 136, "ffffffffffffffff"},
    {"last page, overflowing", 136, "0000000000001000"},
    {"number of the transaction", 144, "ffffffffffffffff"},
};

static void
test_a_damaged_header_is_refused(void **state)
{
    struct ondisk *f = *state;
    struct buf sound = BUF_INIT;

    make_sound(f, &sound);
    for (size_t i = 0; i < sizeof header_damage / sizeof *header_damage; i++) {
        struct buf bytes = support_unhex(header_damage[i].bytes);
        int code;

        restore(f, &sound);
        ondisk_overwrite(f->data, header_damage[i].at, bytes.ptr, bytes.len);
        ondisk_overwrite(f->data, PAGE + header_damage[i].at, bytes.ptr,
                         bytes.len);
        code = ondisk_child(f, use_damaged);
        if (code != ondisk_code(SV_ERR_TAMPERED))
            fail_msg("%s: %d", header_damage[i].name, code);
        buf_free(&bytes);
    }
    buf_free(&sound);
}

static bool
ended_decently(int code)
{
    /* Sanitizers turn a signal into exit code 1. */
    return code < 1000 || code == 1000 + SIGSEGV || code == 1000 + SIGBUS ||
           code == 1000 + SIGABRT;
}

static void
test_flipped_bytes_end_at_worst_in_a_signal(void **state)
{
    struct ondisk *f = *state;
    struct buf sound = BUF_INIT;
    size_t n_refused = 0;

    make_sound(f, &sound);
    for (size_t i = 0; i < 300; i++) {
        /* Headers and the starts of pages, where the structure is. */
        size_t at =
            i < 150 ? i % 152 + (i % 2) * 4096 : i * 4096 % sound.len + i % 48;
        uint8_t flipped = sound.ptr[at] ^ (uint8_t)(1U << i % 8);
        int code;

        restore(f, &sound);
        ondisk_overwrite(f->data, (off_t)at, &flipped, 1);
        code = ondisk_child(f, use_damaged);
        if (!ended_decently(code))
            fail_msg("byte %zu: %d", at, code);
        n_refused += code != 0;
    }
    assert_true(n_refused > 50);
    buf_free(&sound);
}

/* --- a file that is shorter than it says, and sound --------------------- */

/* LMDB takes from its free list what it gives back there, unwritten. */
static void
put_and_take_back(struct ondisk *f)
{
    struct store_txn *txn = NULL;

    for (size_t i = 1; i < 10; i++)
        assert_ok(ondisk_put(f->store, "key", 10 * i));
    assert_ok(store_begin(f->store, STORE_WRITE, &txn));
    assert_ok(ondisk_put_in(txn, "key", 100));
    assert_ok(ondisk_put_in(txn, "big", 400000));
    assert_ok(store_delete(txn, 0, bytes_text("big")));
    assert_ok(store_commit(&txn));
}

static off_t
counted_size(const struct ondisk *f)
{
    struct buf file = BUF_INIT;
    uint64_t pages[2];
    uint64_t last;

    assert_ok(file_read(f->data, 16 * MIB, &file));
    memcpy(&pages[0], file.ptr + 136, 8);
    memcpy(&pages[1], file.ptr + PAGE + 136, 8);
    last = pages[0] > pages[1] ? pages[0] : pages[1];
    buf_free(&file);
    return (off_t)(last + 1) * PAGE;
}

static void
test_free_pages_may_be_missing_at_the_end(void **state)
{
    struct ondisk *f = *state;

    put_and_take_back(f);
    assert_true(ondisk_size(f) < counted_size(f)); /* or this tests nothing */
    ondisk_reopen(f);
    assert_ok(ondisk_look(f->store, "key", 100));
    assert_ok(ondisk_put(f->store, "big", 400000));
    ondisk_reopen(f);
    assert_ok(ondisk_look(f->store, "big", 400000));
}

static void
test_other_pages_may_not_be_missing(void **state)
{
    struct ondisk *f = *state;
    struct store *s = NULL;
    uint64_t more[2];
    off_t size;

    put_and_take_back(f);
    ondisk_close(f);
    size = counted_size(f) / PAGE;
    more[0] = (uint64_t)size; /* one page more than is free or there */
    ondisk_overwrite(f->data, 136, more, 8);
    ondisk_overwrite(f->data, PAGE + 136, more, 8);
    assert_err(store_lmdb_open(f->dir, ONDISK_TABLES, false, &s),
               SV_ERR_TAMPERED);
}

/* --- pages that LMDB would believe ------------------------------------- */

/* Where the page begins that has this text. */
static size_t
page_with(const struct buf *file, const char *text)
{
    void *at = memmem(file->ptr, file->len, text, strlen(text));

    assert_non_null(at);
    return (size_t)((uint8_t *)at - file->ptr) / PAGE * PAGE;
}

/* Of the newer header: the file's own first page or its second. */
static size_t
header_of(const struct buf *file)
{
    return memcmp(file->ptr + 144, file->ptr + PAGE + 144, 8) > 0 ? 0 : PAGE;
}

static void
test_a_damaged_page_is_named_before_a_commit_gives_it_away(void **state)
{
    struct ondisk *f = *state;
    struct buf sound = BUF_INIT;
    struct store_damage damage;
    static const struct {
        size_t at; /* within the page */
        uint8_t flip;
        const char *reason;
    } flips[] = {
        {0, 0x01, "says that it is another page"},
        {10, 0x10, "is not of the kind that it should be"},
        {15, 0x10, "has a node in a wrong place"},
    };

    assert_ok(ondisk_put(f->store, "a key of a page", 10));
    assert_ok(store_check(f->store, &damage));
    assert_ok(file_read(f->data, 16 * MIB, &sound));
    for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
        size_t page = page_with(&sound, "a key of a page");
        uint8_t byte = sound.ptr[page + flips[i].at] ^ flips[i].flip;

        ondisk_overwrite(f->data, (off_t)(page + flips[i].at), &byte, 1);
        if (store_check(f->store, &damage) != SV_ERR_TAMPERED)
            fail_msg("byte %zu of page %zu", flips[i].at, page / PAGE);
        assert_int_equal(damage.page, page / PAGE);
        assert_string_equal(damage.reason, flips[i].reason);
        ondisk_overwrite(f->data, (off_t)(page + flips[i].at),
                         sound.ptr + page + flips[i].at, 1);
    }
    assert_ok(store_check(f->store, &damage));
    buf_free(&sound);
}

/* LMDB leaves a value the pages that it took for it in the same commit. */
static void
test_a_value_that_got_shorter_before_its_commit_is_sound(void **state)
{
    struct ondisk *f = *state;
    struct store_txn *txn = NULL;
    struct store_damage damage;

    for (size_t len = 10; len < 20000; len *= 3) {
        assert_ok(store_begin(f->store, STORE_WRITE, &txn));
        assert_ok(ondisk_put_in(txn, "key", 30000));
        assert_ok(ondisk_put_in(txn, "key", len));
        assert_ok(store_commit(&txn));
        if (store_check(f->store, &damage) != SV_OK)
            fail_msg("%zu bytes: page %zu %s", len, (size_t)damage.page,
                     damage.reason);
    }
    ondisk_reopen(f);
    assert_ok(store_check(f->store, &damage));
}

/* mdb_copy -c, of the directory (0) or, with -n, of the file alone. */
static void
replace_by_copy(const struct ondisk *f, unsigned flag)
{
    char dir[PATH_SIZE], copy[PATH_SIZE], lock[PATH_SIZE];
    MDB_env *env = NULL;

    assert_ok(path_suffix(dir, f->data, "-copy"));
    assert_ok(path_join(copy, dir, "data.mdb"));
    assert_ok(path_suffix(lock, f->data, "-lock"));
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(
        mdb_env_open(env, flag != 0 ? f->data : f->dir, flag, 0600), 0);
    assert_int_equal(mdb_env_copy2(env, flag != 0 ? copy : dir, MDB_CP_COMPACT),
                     0);
    mdb_env_close(env);
    assert_int_equal(rename(copy, f->data), 0);
    assert_int_equal(rmdir(dir), 0);
    (void)unlink(lock);
}

static void
test_a_copy_that_lmdb_makes_is_sound(void **state)
{
    static const unsigned flags[] = {0, MDB_NOSUBDIR};
    struct ondisk *f = *state;
    struct store_damage damage;

    assert_ok(ondisk_put(f->store, "key", 5000));
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        store_close(f->store);
        f->store = NULL;
        replace_by_copy(f, flags[i]);
        assert_ok(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store));
        assert_ok(ondisk_look(f->store, "key", 5000));
        assert_ok(ondisk_put(f->store, "more", 5000));
        assert_ok(store_check(f->store, &damage));
    }
}

/* What the next commit would write over what is there. */
static void
test_a_page_in_use_that_is_listed_as_free_is_named(void **state)
{
    struct ondisk *f = *state;
    struct buf file = BUF_INIT;
    struct store_damage damage;
    uint64_t root, leaf, listed;
    size_t at;

    for (size_t i = 1; i < 10; i++)
        assert_ok(ondisk_put(f->store, "a key of a page", 10 * i));
    assert_ok(file_read(f->data, 16 * MIB, &file));
    memcpy(&root, file.ptr + header_of(&file) + 80, sizeof root);
    memcpy(&leaf, file.ptr + header_of(&file) + 128, sizeof leaf);
    at = (size_t)root * PAGE;
    at += file.ptr[at + 16] + (size_t)file.ptr[at + 17] * 256 + 16 + 8;
    memcpy(&listed, file.ptr + at, sizeof listed);
    assert_true(listed > 1 && listed != leaf);
    ondisk_overwrite(f->data, (off_t)at, &leaf, sizeof leaf);
    assert_err(store_check(f->store, &damage), SV_ERR_TAMPERED);
    assert_string_equal(damage.reason, "is in two places");
    assert_int_equal(damage.page, leaf);
    ondisk_close(f);
    assert_err(store_lmdb_open(f->dir, ONDISK_TABLES, false, &f->store),
               SV_ERR_TAMPERED);
    buf_free(&file);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, ondisk_set_up, ondisk_tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_a_file_cut_anywhere_is_refused),
        CASE(test_a_damaged_header_is_refused),
        CASE(test_flipped_bytes_end_at_worst_in_a_signal),
        CASE(test_free_pages_may_be_missing_at_the_end),
        CASE(test_other_pages_may_not_be_missing),
        CASE(test_a_damaged_page_is_named_before_a_commit_gives_it_away),
        CASE(test_a_value_that_got_shorter_before_its_commit_is_sound),
        CASE(test_a_copy_that_lmdb_makes_is_sound),
        CASE(test_a_page_in_use_that_is_listed_as_free_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
