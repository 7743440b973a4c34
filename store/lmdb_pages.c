#include "store/lmdb_pages.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "store/lmdb_file.h"

/* ---- As it lies in the file, in the machine's byte order ---- */

struct page {
    uint64_t number;
    uint16_t pad;
    uint16_t flags;
    union {
        struct {
            uint16_t lower; /* end of the list of nodes */
            uint16_t upper; /* where the first node is */
        } bounds;
        uint32_t n_pages; /* of an overflow */
    } u;
};
struct node {
    /* Size of the value; with flags, a page number. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint16_t low, high;
#else
    uint16_t high, low;
#endif
    uint16_t flags;
    uint16_t key_len;
};
_Static_assert(sizeof(struct page) == 16, "laid out as LMDB's");
_Static_assert(sizeof(struct node) == 8, "laid out as LMDB's");

#define PAGE_BRANCH 0x01
#define PAGE_LEAF 0x02
#define PAGE_OVERFLOW 0x04
#define NODE_BIG 0x01  /* the value is the number of an overflow page */
#define NODE_TREE 0x02 /* the value is a tree */
#define TREE_INTEGER_KEYS 0x08
/* Of the whole file, with those of the tree of free pages: mdb_copy -n -c
 * leaves it, which changes nothing in it. */
#define TREE_NO_DIRECTORY 0x4000
#define DEPTH_MAX 32 /* of LMDB's cursors */

enum tree_kind { TREE_FREE, TREE_MAIN, TREE_TABLE };

struct walk {
    int fd;
    uint64_t page_size;
    uint64_t n_pages;
    uint8_t *used; /* a bit for each page */
    struct store_damage *damage;
    enum tree_kind kind; /* of the tree that is walked */
    /* The key before, which the next one is above, or at least. */
    uint8_t last[STORE_KEY_MAX];
    size_t last_len; /* 0: there is none */
    bool at_least;
    size_t n_tables; /* that the main tree has */
    struct lmdb_tree tables[STORE_TABLES_MAX];
};

static enum sv_err
damaged(struct walk *w, uint64_t page, const char *reason)
{
    *w->damage = (struct store_damage){page, reason};
    return SV_ERR_TAMPERED;
}

/* A page is in one place alone. */
static enum sv_err
claim(struct walk *w, uint64_t number, uint64_t n, uint64_t from)
{
    if (number < 2 || number >= w->n_pages || n > w->n_pages - number)
        return damaged(w, from, N_("refers to a page that there is not"));
    for (uint64_t i = number; i < number + n; i++) {
        if (w->used[i / 8] >> i % 8 & 1)
            return damaged(w, i, N_("is in two places"));
        w->used[i / 8] |= (uint8_t)(1u << i % 8);
    }
    return SV_OK;
}

static enum sv_err
read_page(struct walk *w, uint64_t number, uint8_t *out, size_t len,
          struct page *page)
{
    size_t got = 0;
    enum sv_err err =
        fd_read_at(w->fd, out, len, (off_t)(number * w->page_size), &got);

    if (err != SV_OK)
        return err;
    if (got != len)
        return damaged(w, number, N_("is cut off"));
    memcpy(page, out, sizeof *page);
    return page->number == number
               ? SV_OK
               : damaged(w, number, N_("says that it is another page"));
}

/* ---- Keys ---- */

static uint64_t
integer_of(const uint8_t *key)
{
    uint64_t n;

    memcpy(&n, key, sizeof n);
    return n;
}

static int
compare(const struct walk *w, struct bytes key)
{
    size_t least = key.len < w->last_len ? key.len : w->last_len;
    int order;

    if (w->kind == TREE_FREE) {
        uint64_t a = integer_of(key.ptr), b = integer_of(w->last);

        return (a > b) - (a < b);
    }
    order = memcmp(key.ptr, w->last, least);
    return order != 0 ? order
                      : (key.len > w->last_len) - (key.len < w->last_len);
}

/* The next key in order: one that parts two pages is above all before it,
 * and those behind it are at least that. */
static enum sv_err
see_key(struct walk *w, uint64_t page, struct bytes key, bool parts)
{
    if (key.len == 0 || key.len > sizeof w->last ||
        (w->kind == TREE_FREE && key.len != sizeof(uint64_t)))
        return damaged(w, page, N_("has a key of a wrong length"));
    if (w->last_len > 0 && compare(w, key) < (w->at_least && !parts ? 0 : 1))
        return damaged(w, page, N_("has its keys out of order"));
    memcpy(w->last, key.ptr, key.len);
    w->last_len = key.len;
    w->at_least = parts;
    return SV_OK;
}

/* ---- Values ---- */

static enum sv_err
see_free(struct walk *w, uint64_t page, struct bytes record)
{
    uint64_t n, number;
    enum sv_err err = SV_OK;

    if (record.len < sizeof n)
        return damaged(w, page, N_("lists free pages wrongly"));
    n = integer_of(record.ptr);
    if (n > record.len / sizeof n - 1)
        return damaged(w, page, N_("lists free pages wrongly"));
    for (uint64_t i = 1; i <= n && err == SV_OK; i++) {
        number = integer_of(record.ptr + i * sizeof n);
        err = claim(w, number, 1, page);
    }
    return err;
}

static enum sv_err
see_table(struct walk *w, uint64_t page, struct bytes value)
{
    if (value.len != sizeof w->tables[0] || w->n_tables == STORE_TABLES_MAX)
        return damaged(w, page, N_("has a table that is none"));
    memcpy(&w->tables[w->n_tables++], value.ptr, value.len);
    return SV_OK;
}

/* A list of free pages may be a long one; other values are sealed, and tell
 * by themselves whether they are whole. */
static enum sv_err
see_overflow(struct walk *w, uint64_t from, const uint8_t *place, size_t len)
{
    uint64_t number = integer_of(place);
    uint64_t n = (sizeof(struct page) - 1 + len) / w->page_size + 1;
    size_t want =
        w->kind == TREE_FREE ? sizeof(struct page) + len : sizeof(struct page);
    uint8_t *raw;
    struct page page;
    enum sv_err err = claim(w, number, n, from);

    if (err != SV_OK)
        return err;
    raw = malloc(want);
    if (raw == NULL)
        return SV_ERR_NOMEM;
    err = read_page(w, number, raw, want, &page);
    if (err == SV_OK && (page.flags != PAGE_OVERFLOW || page.u.n_pages < n))
        err = damaged(w, number, N_("is not of the kind that it should be"));
    /* A value that got shorter in the transaction that made it keeps them. */
    if (err == SV_OK && page.u.n_pages > n)
        err = claim(w, number + n, page.u.n_pages - n, number);
    if (err == SV_OK && w->kind == TREE_FREE)
        err = see_free(w, number, bytes_of(raw + sizeof page, len));
    free(raw);
    return err;
}

static enum sv_err
see_value(struct walk *w, uint64_t page, const struct node *node,
          struct bytes rest)
{
    size_t len = node->low | (size_t)node->high << 16;
    bool big = node->flags == NODE_BIG && w->kind != TREE_MAIN;

    if (!big && node->flags != (w->kind == TREE_MAIN ? NODE_TREE : 0))
        return damaged(w, page, N_("has a value of a wrong kind"));
    if (rest.len < (big ? sizeof(uint64_t) : len))
        return damaged(w, page, N_("has a value of a wrong length"));
    if (big)
        return see_overflow(w, page, rest.ptr, len);
    rest = bytes_slice(rest, 0, len);
    switch (w->kind) {
    case TREE_FREE:
        return see_free(w, page, rest);
    case TREE_MAIN:
        return see_table(w, page, rest);
    default:
        return SV_OK;
    }
}

/* ---- Pages ---- */

static enum sv_err walk_page(struct walk *w, uint64_t from, uint64_t number,
                             unsigned depth);

/* Node i of the page in raw. */
static enum sv_err
see_node(struct walk *w, const struct page *page, const uint8_t *raw, size_t i,
         unsigned depth)
{
    struct node node;
    struct bytes key, rest;
    uint64_t child;
    uint16_t at;
    enum sv_err err = SV_OK;

    memcpy(&at, raw + sizeof *page + i * sizeof at, sizeof at);
    if (at < page->u.bounds.upper || at > w->page_size - sizeof node)
        return damaged(w, page->number, N_("has a node in a wrong place"));
    memcpy(&node, raw + at, sizeof node);
    rest = bytes_of(raw + at + sizeof node, w->page_size - at - sizeof node);
    if (node.key_len > rest.len)
        return damaged(w, page->number, N_("has a key of a wrong length"));
    key = bytes_slice(rest, 0, node.key_len);
    rest = bytes_slice(rest, key.len, rest.len - key.len);
    /* The first key of a branch stands for whatever is lower. */
    if (depth == 1 || i > 0)
        err = see_key(w, page->number, key, depth > 1);
    if (err != SV_OK)
        return err;
    if (depth == 1)
        return see_value(w, page->number, &node, rest);
    child = node.low | (uint64_t)node.high << 16 | (uint64_t)node.flags << 32;
    return walk_page(w, page->number, child, depth - 1);
}

static enum sv_err
walk_nodes(struct walk *w, const struct page *page, const uint8_t *raw,
           unsigned depth)
{
    uint16_t lower = page->u.bounds.lower, upper = page->u.bounds.upper;
    size_t n = (lower - sizeof *page) / sizeof lower;
    enum sv_err err = SV_OK;

    if (page->flags != (depth == 1 ? PAGE_LEAF : PAGE_BRANCH))
        return damaged(w, page->number,
                       N_("is not of the kind that it should be"));
    if (lower <= sizeof *page || lower > upper || upper > w->page_size ||
        lower % sizeof lower != 0)
        return damaged(w, page->number, N_("has a node in a wrong place"));
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = see_node(w, page, raw, i, depth);
    return err;
}

static enum sv_err
walk_page(struct walk *w, uint64_t from, uint64_t number, unsigned depth)
{
    struct page page;
    uint8_t *raw;
    enum sv_err err = claim(w, number, 1, from);

    if (err != SV_OK)
        return err;
    raw = malloc(w->page_size);
    if (raw == NULL)
        return SV_ERR_NOMEM;
    err = read_page(w, number, raw, w->page_size, &page);
    if (err == SV_OK)
        err = walk_nodes(w, &page, raw, depth);
    free(raw);
    return err;
}

/* from: the page that has it. */
static enum sv_err
walk_tree(struct walk *w, enum tree_kind kind, uint64_t from,
          const struct lmdb_tree *t)
{
    w->kind = kind;
    w->last_len = 0;
    if (kind == TREE_FREE ? (t->flags & ~TREE_NO_DIRECTORY) != TREE_INTEGER_KEYS
                          : t->flags != 0)
        return damaged(w, from, N_("has a table that is none"));
    if ((t->root == LMDB_NO_ROOT) != (t->depth == 0) || t->depth > DEPTH_MAX)
        return damaged(w, from, N_("has a table that is none"));
    if (t->root == LMDB_NO_ROOT)
        return SV_OK;
    return walk_page(w, from, t->root, t->depth);
}

/* Free pages first: a page in use that is on their list would be given out. */
static enum sv_err
walk_lists(struct walk *w, const struct lmdb_header *h)
{
    enum sv_err err = walk_tree(w, TREE_FREE, h->page, &h->trees[0]);

    return err == SV_OK ? walk_tree(w, TREE_MAIN, h->page, &h->trees[1]) : err;
}

static enum sv_err
walk_tables(struct walk *w, const struct lmdb_header *h)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < w->n_tables && err == SV_OK; i++)
        err = walk_tree(w, TREE_TABLE, h->trees[1].root, &w->tables[i]);
    return err;
}

static enum sv_err
walk_file(int fd, bool all, struct store_damage *out)
{
    struct lmdb_header h;
    struct walk *w = calloc(1, sizeof *w);
    enum sv_err err = w == NULL ? SV_ERR_NOMEM : lmdb_header_find(fd, &h);

    if (err != SV_OK)
        goto out;
    w->fd = fd;
    w->page_size = h.trees[0].page_size;
    w->n_pages = h.last_page + 1;
    w->damage = out;
    if (h.last_page >= LMDB_FILE_MAX / w->page_size) {
        err = damaged(w, h.page, N_("refers to a page that there is not"));
        goto out;
    }
    w->used = calloc(1, w->n_pages / 8 + 1);
    err = w->used == NULL ? SV_ERR_NOMEM : walk_lists(w, &h);
    if (err == SV_OK && all)
        err = walk_tables(w, &h);
    free(w->used);
out:
    free(w);
    return err;
}

enum sv_err
lmdb_pages_check(int fd, struct store_damage *out)
{
    enum sv_err err;

    *out = (struct store_damage){0, N_("is no header")};
    err = lmdb_headers_check(fd, &out->page);
    return err == SV_OK ? walk_file(fd, true, out) : err;
}

enum sv_err
lmdb_pages_look(int fd)
{
    struct store_damage unused;

    return walk_file(fd, false, &unused);
}
