#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/lmdb_file.h"
#include "store/lmdb_pages.h"
#include "store/store_lmdb.h"
#include "tests/support/support.h"

/*
 * A sound file of every kind of page, and each field of each kind with a
 * wrong value: the check says what is wrong, and of which page.
 */

#define PAGE ((size_t)4096)
#define MIB ((size_t)1 << 20)
#define N_KEYS 60
#define NODE_BIG 0x01 /* the value is in overflow pages */

#define NOWHERE "refers to a page that there is not"
#define TWICE "is in two places"
#define OTHER "says that it is another page"
#define NO_TABLE "has a table that is none"
#define KIND "is not of the kind that it should be"
#define KEY_LEN "has a key of a wrong length"
#define ORDER "has its keys out of order"
#define LISTS "lists free pages wrongly"
#define VALUE_KIND "has a value of a wrong kind"
#define VALUE_LEN "has a value of a wrong length"
#define PLACE "has a node in a wrong place"

/* What is changed, and which page is named for it. */
enum spot {
    HEADER,     /* that in force */
    FREE_PAGE,  /* root of the tree of free pages, a leaf */
    FREE_FIRST, /* its first node */
    FREE_NEXT,  /* its second */
    FREE_BIG,   /* the node whose list is a long one */
    FREE_LIST,  /* that list: an overflow page */
    MAIN_PAGE,  /* root of the tree of tables, a leaf */
    MAIN_NODE,  /* that of the first table */
    MAIN_TREE,  /* the first table */
    BRANCH,     /* its root */
    BRANCH_NODE,
    LEAF, /* the first below */
    LEAF_NODE,
    NEXT_LEAF,
    BIG_PAGE, /* the second table's root, a leaf */
    BIG_NODE,
    BIG_VALUE, /* an overflow page */
    N_SPOTS
};

struct file {
    int fd;
    struct buf sound;
    size_t at[N_SPOTS]; /* where they lie */
};

/* ---- A sound file ---- */

static uint64_t
number_at(const struct file *f, size_t at, size_t width)
{
    uint64_t n = 0;

    assert_true(at + width <= f->sound.len);
    memcpy(&n, f->sound.ptr + at, width); /* little-endian, as the file is */
    return n;
}

static size_t
n_nodes(const struct file *f, size_t page)
{
    return (number_at(f, page + 12, 2) - 16) / 2;
}

static size_t
node_at(const struct file *f, size_t page, size_t i)
{
    assert_true(i < n_nodes(f, page));
    return page + number_at(f, page + 16 + 2 * i, 2);
}

static size_t
value_at(const struct file *f, size_t node)
{
    return node + 8 + number_at(f, node + 6, 2);
}

static size_t
page_at(const struct file *f, size_t number_is_at)
{
    return number_at(f, number_is_at, 8) * PAGE;
}

static size_t
child_of(const struct file *f, size_t node)
{
    return number_at(f, node, 6) * PAGE;
}

static void
find_spots(struct file *f)
{
    size_t *at = f->at;

    at[HEADER] = number_at(f, 144, 8) > number_at(f, PAGE + 144, 8) ? 0 : PAGE;
    at[FREE_PAGE] = page_at(f, at[HEADER] + 80);
    at[FREE_FIRST] = node_at(f, at[FREE_PAGE], 0);
    at[FREE_NEXT] = node_at(f, at[FREE_PAGE], 1);
    for (size_t i = 0; i < n_nodes(f, at[FREE_PAGE]); i++)
        if (number_at(f, node_at(f, at[FREE_PAGE], i) + 4, 2) == NODE_BIG)
            at[FREE_BIG] = node_at(f, at[FREE_PAGE], i);
    assert_true(at[FREE_BIG] > 0);
    at[FREE_LIST] = page_at(f, value_at(f, at[FREE_BIG]));
    at[MAIN_PAGE] = page_at(f, at[HEADER] + 128);
    at[MAIN_NODE] = node_at(f, at[MAIN_PAGE], 0);
    at[MAIN_TREE] = value_at(f, at[MAIN_NODE]);
    at[BRANCH] = page_at(f, at[MAIN_TREE] + offsetof(struct lmdb_tree, root));
    assert_int_equal(number_at(f, at[BRANCH] + 10, 2), 1);
    at[BRANCH_NODE] = node_at(f, at[BRANCH], 1);
    at[LEAF] = child_of(f, node_at(f, at[BRANCH], 0));
    at[LEAF_NODE] = node_at(f, at[LEAF], 1);
    at[NEXT_LEAF] = child_of(f, at[BRANCH_NODE]);
    at[BIG_PAGE] = page_at(f, value_at(f, node_at(f, at[MAIN_PAGE], 1)) +
                                  offsetof(struct lmdb_tree, root));
    at[BIG_NODE] = node_at(f, at[BIG_PAGE], 0);
    at[BIG_VALUE] = page_at(f, value_at(f, at[BIG_NODE]));
}

static void
put(struct store *s, unsigned table, const char *key, size_t len)
{
    struct store_txn *txn = NULL;
    struct buf value = BUF_INIT;
    uint8_t *to;

    assert_ok(buf_extend(&value, len, &to));
    assert_ok(store_begin(s, STORE_WRITE, &txn));
    assert_ok(store_put(txn, table, bytes_text(key), buf_bytes(&value)));
    assert_ok(store_commit(&txn));
    buf_free(&value);
}

/* The last commit gives more pages back than one page can list. */
static void
fill(const char *dir)
{
    struct store *s = NULL;
    struct store_txn *txn = NULL;
    char key[16];

    assert_ok(store_lmdb_open(dir, 3, true, &s));
    for (unsigned i = 0; i < N_KEYS; i++) {
        (void)snprintf(key, sizeof key, "k%03u", i);
        put(s, 0, key, 200);
    }
    put(s, 1, "big", 10000);
    put(s, 2, "gone", 4 * MIB);
    assert_ok(store_begin(s, STORE_WRITE, &txn));
    assert_ok(store_delete(txn, 2, bytes_text("gone")));
    assert_ok(store_commit(&txn));
    store_close(s);
}

static void
write_all(const struct file *f)
{
    assert_int_equal(ftruncate(f->fd, (off_t)f->sound.len), 0);
    assert_int_equal(pwrite(f->fd, f->sound.ptr, f->sound.len, 0),
                     f->sound.len);
}

static int
setup(void **state)
{
    struct file *f = calloc(1, sizeof *f);
    char dir[PATH_SIZE], data[PATH_SIZE];

    assert_non_null(f);
    support_dir_make(dir);
    fill(dir);
    assert_ok(path_join(data, dir, "data.mdb"));
    assert_ok(file_read(data, 16 * MIB, &f->sound));
    support_dir_remove(dir);
    f->fd = memfd_create("pages", MFD_CLOEXEC);
    assert_true(f->fd >= 0);
    find_spots(f);
    write_all(f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct file *f = *state;

    (void)close(f->fd);
    buf_free(&f->sound);
    free(f);
    return 0;
}

/* ---- Fields ---- */

static void
poke(const struct file *f, size_t at, size_t width, uint64_t value)
{
    assert_int_equal(pwrite(f->fd, &value, width, (off_t)at), width);
}

static void
put_back(const struct file *f, size_t at, size_t width)
{
    poke(f, at, width, number_at(f, at, width));
}

#define MANY 0x7fffffff
#define TREE(i, field)                                                         \
    offsetof(struct lmdb_header, trees[i]) + offsetof(struct lmdb_tree, field)
#define FIELD(type, field)                                                     \
    offsetof(struct type, field), sizeof(((struct type *)0)->field)

static const struct wrong {
    enum spot spot;
    uint32_t at;
    size_t width;
    uint64_t value;
    enum spot named;
    const char *reason;
} wrongs[] = {
    /* The trees of the header. */
    {HEADER, TREE(0, flags), 2, 0, HEADER, NO_TABLE},
    {HEADER, TREE(0, depth), 2, 0, HEADER, NO_TABLE},
    {HEADER, TREE(0, depth), 2, 33, HEADER, NO_TABLE},
    {HEADER, TREE(0, root), 8, LMDB_NO_ROOT, HEADER, NO_TABLE},
    {HEADER, TREE(0, root), 8, 1, HEADER, NOWHERE},
    {HEADER, TREE(0, root), 8, MANY, HEADER, NOWHERE},
    {HEADER, TREE(1, flags), 2, 0x08, HEADER, NO_TABLE},
    {HEADER, TREE(1, depth), 2, 0, HEADER, NO_TABLE},
    {HEADER, TREE(1, root), 8, LMDB_NO_ROOT, HEADER, NO_TABLE},
    {HEADER, FIELD(lmdb_header, last_page), LMDB_FILE_MAX / 4096, HEADER,
     NOWHERE},
    /* The tree of free pages. */
    {FREE_PAGE, 0, 8, 1, FREE_PAGE, OTHER},
    {FREE_PAGE, 10, 2, 0x01, FREE_PAGE, KIND},
    {FREE_FIRST, 6, 2, 7, FREE_PAGE, KEY_LEN},
    {FREE_FIRST, 6, 2, 0, FREE_PAGE, KEY_LEN},
    {FREE_NEXT, 8, 8, 0, FREE_PAGE, ORDER},
    {FREE_FIRST, 8, 8, UINT64_MAX, FREE_PAGE, ORDER},
    {FREE_FIRST, 0, 2, 4, FREE_PAGE, LISTS}, /* too short for its number */
    {FREE_FIRST, 16, 8, MANY, FREE_PAGE, LISTS},
    {FREE_FIRST, 4, 2, 0x02, FREE_PAGE, VALUE_KIND},
    {FREE_FIRST, 24, 8, 0, FREE_PAGE, NOWHERE}, /* a header is not free */
    {FREE_FIRST, 24, 8, MANY, FREE_PAGE, NOWHERE},
    {FREE_BIG, 16, 8, 1, FREE_PAGE, NOWHERE},
    {FREE_BIG, 2, 2, 0xffff, FREE_PAGE, NOWHERE}, /* as long as no file */
    {FREE_LIST, 0, 8, 1, FREE_LIST, OTHER},
    {FREE_LIST, 10, 2, 0x02, FREE_LIST, KIND},
    {FREE_LIST, 12, 4, 1, FREE_LIST, KIND},
    {FREE_LIST, 16, 8, MANY, FREE_LIST, LISTS},
    {FREE_LIST, 24, 8, 1, FREE_LIST, NOWHERE},
    /* The tree of tables, and a table in it. */
    {MAIN_PAGE, 10, 2, 0x01, MAIN_PAGE, KIND},
    {MAIN_NODE, 0, 2, 40, MAIN_PAGE, NO_TABLE},
    {MAIN_NODE, 4, 2, 0x00, MAIN_PAGE, VALUE_KIND},
    {MAIN_NODE, 4, 2, NODE_BIG, MAIN_PAGE, VALUE_KIND},
    {MAIN_TREE, FIELD(lmdb_tree, flags), 0x04, MAIN_PAGE, NO_TABLE},
    {MAIN_TREE, FIELD(lmdb_tree, depth), 0, MAIN_PAGE, NO_TABLE},
    {MAIN_TREE, FIELD(lmdb_tree, depth), 33, MAIN_PAGE, NO_TABLE},
    {MAIN_TREE, FIELD(lmdb_tree, depth), 1, BRANCH, KIND},
    {MAIN_TREE, FIELD(lmdb_tree, depth), 3, LEAF, KIND},
    {MAIN_TREE, FIELD(lmdb_tree, root), LMDB_NO_ROOT, MAIN_PAGE, NO_TABLE},
    {MAIN_TREE, FIELD(lmdb_tree, root), MANY, MAIN_PAGE, NOWHERE},
    /* A branch. */
    {BRANCH, 0, 8, 1, BRANCH, OTHER},
    {BRANCH, 10, 2, 0x02, BRANCH, KIND},
    {BRANCH, 12, 2, 17, BRANCH, PLACE},
    {BRANCH_NODE, 0, 2, 1, BRANCH, NOWHERE},
    {BRANCH_NODE, 4, 2, 1, BRANCH, NOWHERE}, /* page 2^32 and more */
    {BRANCH_NODE, 6, 2, 0, BRANCH, KEY_LEN},
    {BRANCH_NODE, 8, 1, 'a', BRANCH, ORDER},    /* below what is before it */
    {BRANCH_NODE, 8, 1, 'z', NEXT_LEAF, ORDER}, /* above what is behind it */
    /* A leaf. */
    {LEAF, 0, 8, 1, LEAF, OTHER},
    {LEAF, 10, 2, 0x01, LEAF, KIND},
    {LEAF, 10, 2, 0x12, LEAF, KIND},
    {LEAF, 12, 2, 16, LEAF, PLACE}, /* no nodes */
    {LEAF, 12, 2, 4095, LEAF, PLACE},
    {LEAF, 14, 2, 0xffff, LEAF, PLACE},
    {LEAF, 14, 2, 17, LEAF, PLACE},
    {LEAF, 16, 2, 4, LEAF, PLACE},    /* a node within the header */
    {LEAF, 16, 2, 4090, LEAF, PLACE}, /* one that does not fit */
    {LEAF_NODE, 6, 2, 0, LEAF, KEY_LEN},
    {LEAF_NODE, 6, 2, 129, LEAF, KEY_LEN},
    {LEAF_NODE, 6, 2, 5000, LEAF, KEY_LEN},
    {LEAF_NODE, 6, 2, 3, LEAF, ORDER}, /* "k00": the start of one before it */
    {LEAF_NODE, 8, 1, 'a', LEAF, ORDER},
    {LEAF_NODE, 0, 2, 5000, LEAF, VALUE_LEN},
    {LEAF_NODE, 4, 2, 0x02, LEAF, VALUE_KIND},
    /* A value of several pages. */
    {BIG_NODE, 11, 8, 1, BIG_PAGE, NOWHERE},
    {BIG_NODE, 11, 8, MANY, BIG_PAGE, NOWHERE},
    {BIG_NODE, 2, 2, 0xffff, BIG_PAGE, NOWHERE},
    {BIG_VALUE, 0, 8, 1, BIG_VALUE, OTHER},
    {BIG_VALUE, 10, 2, 0x02, BIG_VALUE, KIND},
    {BIG_VALUE, 12, 4, 2, BIG_VALUE, KIND},
};

static void
test_each_wrong_field_is_named_with_its_page(void **state)
{
    const struct file *f = *state;
    struct store_damage damage;

    assert_ok(lmdb_pages_check(f->fd, &damage));
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        const struct wrong *w = &wrongs[i];
        size_t at = f->at[w->spot] + w->at;
        enum sv_err err;

        poke(f, at, w->width, w->value);
        err = lmdb_pages_check(f->fd, &damage);
        put_back(f, at, w->width);
        if (err != SV_ERR_TAMPERED || damage.page != f->at[w->named] / PAGE ||
            strcmp(damage.reason, w->reason) != 0)
            fail_msg("spot %d + %u: %s, page %llu %s", w->spot, w->at,
                     err_text(err), (unsigned long long)damage.page,
                     damage.reason);
    }
    assert_ok(lmdb_pages_check(f->fd, &damage));
}

/* One page for two: whichever was there first would be lost. */
static void
test_a_page_that_two_refer_to_is_named(void **state)
{
    static const struct {
        enum spot spot;
        uint32_t at;
        size_t width;
        enum spot page;
    } cases[] = {
        {FREE_FIRST, 24, 8, MAIN_PAGE}, {FREE_LIST, 24, 8, LEAF},
        {FREE_LIST, 24, 8, BIG_VALUE},  {BRANCH_NODE, 0, 6, LEAF},
        {BRANCH_NODE, 0, 6, BRANCH},    {BIG_NODE, 11, 8, NEXT_LEAF},
        {FREE_BIG, 16, 8, FREE_PAGE},
    };
    const struct file *f = *state;
    struct store_damage damage;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at = f->at[cases[i].spot] + cases[i].at;
        uint64_t number = f->at[cases[i].page] / PAGE;

        poke(f, at, cases[i].width, number);
        assert_err(lmdb_pages_check(f->fd, &damage), SV_ERR_TAMPERED);
        put_back(f, at, cases[i].width);
        assert_string_equal(damage.reason, TWICE);
        assert_int_equal(damage.page, number);
    }
}

/* Before a commit only the lists are looked at: damage elsewhere stays where
 * it is, that of a list would give pages away. */
static void
test_a_look_sees_the_lists_alone(void **state)
{
    const struct file *f = *state;

    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        const struct wrong *w = &wrongs[i];
        size_t at = f->at[w->spot] + w->at;
        enum sv_err err;

        poke(f, at, w->width, w->value);
        err = lmdb_pages_look(f->fd);
        put_back(f, at, w->width);
        assert_err(err, w->spot < MAIN_TREE ? SV_ERR_TAMPERED : SV_OK);
    }
}

static void
test_pages_that_are_cut_off_are_named(void **state)
{
    static const enum spot spots[] = {FREE_PAGE, FREE_LIST, MAIN_PAGE, BRANCH,
                                      LEAF,      BIG_PAGE,  BIG_VALUE};
    const struct file *f = *state;
    struct store_damage damage;

    for (size_t i = 0; i < sizeof spots / sizeof *spots; i++) {
        size_t page = f->at[spots[i]];

        assert_int_equal(ftruncate(f->fd, (off_t)page + 15), 0);
        assert_err(lmdb_pages_check(f->fd, &damage), SV_ERR_TAMPERED);
        assert_string_equal(damage.reason, "is cut off");
        assert_true(damage.page >= page / PAGE);
        write_all(f);
    }
}

static void
test_a_file_that_cannot_be_read_is_not_called_damaged(void **state)
{
    struct store_damage damage;
    struct lmdb_file file;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_err(lmdb_pages_check(fd, &damage), SV_ERR_IO);
    assert_err(lmdb_file_look(fd, &file), SV_ERR_IO);
    (void)close(fd);
}

/* ---- Headers ---- */

static void
test_each_wrong_field_of_a_header_is_refused(void **state)
{
    static const struct {
        size_t at, width;
        uint64_t value;
        bool alone; /* also where the other header is right */
    } cases[] = {
        {FIELD(lmdb_header, flags), 0, true},
        {FIELD(lmdb_header, magic), 1, true},
        {FIELD(lmdb_header, version), 2, true},
        {TREE(0, page_size), 4, 256, true},
        {TREE(0, page_size), 4, 3000, true},
        {TREE(0, page_size), 4, 131072, true},
        {FIELD(lmdb_header, txnid), MANY, false},
        {FIELD(lmdb_header, last_page), LMDB_FILE_MAX / PAGE, false},
        {TREE(0, root), 8, 0, false},
        {TREE(0, root), 8, 1, false},
        {TREE(0, root), 8, MANY, false},
        {TREE(1, root), 8, 0, false},
        {TREE(1, root), 8, 1, false},
        {TREE(1, root), 8, MANY, false},
    };
    const struct file *f = *state;
    struct lmdb_file file;

    assert_ok(lmdb_file_look(f->fd, &file));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t which = cases[i].alone ? 1 : 3; which <= 3; which++) {
            enum sv_err err;

            for (size_t k = 0; k < 2; k++)
                if ((which >> k & 1) != 0)
                    poke(f, k * PAGE + cases[i].at, cases[i].width,
                         cases[i].value);
            err = lmdb_file_look(f->fd, &file);
            write_all(f);
            if (err != SV_ERR_TAMPERED)
                fail_msg("case %zu, %zu: %s", i, which, err_text(err));
        }
    assert_int_equal(ftruncate(f->fd, PAGE + 100), 0);
    assert_err(lmdb_file_look(f->fd, &file), SV_ERR_TAMPERED);
    write_all(f);
}

/* LMDB would pass over it: one bit of it, in either header. */
static void
test_a_header_that_is_not_the_others_neighbour_is_named(void **state)
{
    static const struct {
        size_t at, width;
    } fields[] = {{FIELD(lmdb_header, page)},
                  {FIELD(lmdb_header, flags)},
                  {FIELD(lmdb_header, txnid)}};
    const struct file *f = *state;
    struct store_damage damage;

    assert_ok(lmdb_pages_check(f->fd, &damage));
    for (size_t i = 0; i < 2 * sizeof fields / sizeof *fields; i++) {
        size_t at = i % 2 * PAGE + fields[i / 2].at;

        for (unsigned bit = 0; bit < 8 * fields[i / 2].width; bit++) {
            uint8_t byte;

            assert_int_equal(pread(f->fd, &byte, 1, (off_t)(at + bit / 8)), 1);
            poke(f, at + bit / 8, 1, byte ^ 1u << bit % 8);
            assert_err(lmdb_pages_check(f->fd, &damage), SV_ERR_TAMPERED);
            assert_string_equal(damage.reason, "is no header");
            /* Of two numbers that do not follow, the lower is the wrong one. */
            if (fields[i / 2].at != offsetof(struct lmdb_header, txnid))
                assert_int_equal(damage.page, i % 2);
            write_all(f);
        }
    }
    assert_ok(lmdb_pages_check(f->fd, &damage));
}

/* Pages at the end that were never written must all be free ones; as LMDB's
 * own reader sees the list. */
static void
test_what_the_file_lacks_must_be_on_the_list_of_free_pages(void **state)
{
    static const struct {
        enum spot spot;
        size_t at, width;
        uint64_t value;
    } cases[] = {
        {FREE_LIST, 16, 8, MANY},
        {FREE_FIRST, 16, 8, MANY},
        {FREE_FIRST, 0, 2, 4},
    };
    const struct file *f = *state;
    char dir[PATH_SIZE], data[PATH_SIZE];

    support_dir_make(dir);
    assert_ok(path_join(data, dir, "data.mdb"));
    for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
        bool sound = i == sizeof cases / sizeof *cases;
        struct lmdb_file file;
        struct buf copy = BUF_INIT;
        MDB_env *env = NULL;

        assert_ok(lmdb_file_look(f->fd, &file));
        file.n_present =
            number_at(f, f->at[FREE_LIST] + 24, 8); /* a free one */
        file.n_counted = file.n_present + 1;
        assert_ok(buf_append(&copy, buf_bytes(&f->sound)));
        if (!sound)
            memcpy(copy.ptr + f->at[cases[i].spot] + cases[i].at,
                   &cases[i].value, cases[i].width);
        assert_ok(file_replace(data, 0600, buf_bytes(&copy)));
        assert_int_equal(mdb_env_create(&env), 0);
        assert_int_equal(mdb_env_open(env, dir, MDB_RDONLY, 0600), 0);
        assert_err(lmdb_file_check_end(env, &file),
                   sound ? SV_OK : SV_ERR_TAMPERED);
        file.n_present = 3; /* most of them are not */
        assert_err(lmdb_file_check_end(env, &file), SV_ERR_TAMPERED);
        mdb_env_close(env);
        buf_free(&copy);
    }
    support_dir_remove(dir);
}

/* ---- What another program put into a sound file ---- */

#define FIRST "t00"

static void
put_raw(const char *dir, const char *table, size_t key_len, size_t len)
{
    static uint8_t zeros[STORE_VALUE_MAX + 1];
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi dbi;
    MDB_val key = {key_len, zeros}, value = {len, zeros};

    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 32), 0);
    assert_int_equal(mdb_env_set_mapsize(env, 64 * MIB), 0);
    assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, table, MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static enum sv_err
look_on(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    (void)ctx;
    (void)value;
    *more = true;
    assert_true(key.len <= STORE_KEY_MAX);
    return SV_OK;
}

static void
test_pairs_that_the_store_would_not_put_are_not_given_out(void **state)
{
    static const struct {
        size_t key_len, len;
    } cases[] = {{STORE_KEY_MAX + 1, 1}, {1, STORE_VALUE_MAX + 1}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct store *s = NULL;
        struct store_txn *txn = NULL;
        struct bytes key, value;
        struct store_damage damage;
        char dir[PATH_SIZE];

        support_dir_make(dir);
        assert_ok(store_lmdb_open(dir, 1, true, &s));
        store_close(s);
        put_raw(dir, FIRST, cases[i].key_len, cases[i].len);
        assert_ok(store_lmdb_open(dir, 1, false, &s));
        assert_ok(store_begin(s, STORE_READ, &txn));
        assert_err(store_last(txn, 0, &key, &value), SV_ERR_TAMPERED);
        store_abort(&txn);
        assert_ok(store_begin(s, STORE_READ, &txn));
        assert_err(store_scan(txn, 0, bytes_of(NULL, 0), look_on, NULL),
                   SV_ERR_TAMPERED);
        store_abort(&txn);
        assert_ok(store_begin(s, STORE_READ, &txn));
        if (cases[i].key_len == 1)
            assert_err(store_get(txn, 0, bytes_of("", 1), &value),
                       SV_ERR_TAMPERED);
        store_abort(&txn);
        assert_err(store_check(s, &damage),
                   cases[i].key_len == 1 ? SV_OK : SV_ERR_TAMPERED);
        store_close(s);
        support_dir_remove(dir);
    }
}

static void
test_more_tables_than_there_can_be_are_refused(void **state)
{
    struct store *s = NULL;
    char dir[PATH_SIZE];

    (void)state;
    support_dir_make(dir);
    assert_ok(store_lmdb_open(dir, STORE_TABLES_MAX, true, &s));
    store_close(s);
    assert_ok(store_lmdb_open(dir, STORE_TABLES_MAX, false, &s));
    store_close(s);
    put_raw(dir, "t99", 1, 1);
    assert_err(store_lmdb_open(dir, STORE_TABLES_MAX, false, &s),
               SV_ERR_TAMPERED);
    support_dir_remove(dir);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_wrong_field_is_named_with_its_page),
        cmocka_unit_test(test_a_page_that_two_refer_to_is_named),
        cmocka_unit_test(test_a_look_sees_the_lists_alone),
        cmocka_unit_test(test_pages_that_are_cut_off_are_named),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_not_called_damaged),
        cmocka_unit_test(test_each_wrong_field_of_a_header_is_refused),
        cmocka_unit_test(
            test_a_header_that_is_not_the_others_neighbour_is_named),
        cmocka_unit_test(
            test_what_the_file_lacks_must_be_on_the_list_of_free_pages),
        cmocka_unit_test(
            test_pairs_that_the_store_would_not_put_are_not_given_out),
        cmocka_unit_test(test_more_tables_than_there_can_be_are_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
