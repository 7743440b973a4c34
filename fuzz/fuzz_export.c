/*
 * A log in a directory.  The first byte says, bit by bit: the checkpoint's
 * text is signed here; its root is that of the entries; read a second time
 * without entries.  Then files: name (u8 length), content (u16 length); a
 * name that ends in '/' is a directory, one in '@' a link.
 * Covers: audit/export.c audit/export_tree.c audit/export_write.c
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/export_write.h"
#include "base/codec.h"
#include "tests/support/fakelog.h"

#include "fuzz/fuzz.h"

enum { SIGNED = 1, ROOTED = 2, HEADS_ONLY = 4 };

/* ---- From bytes to a directory ---- */

/* Below the directory, and not too deep. */
static bool
name_ok(const char *name)
{
    unsigned slashes = 0;

    for (const char *at = name; *at != '\0'; at++)
        slashes += *at == '/';
    return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL &&
           strcmp(name, ".") != 0 && slashes <= 6;
}

static void
make_parents(char *path, size_t from)
{
    for (char *at = path + from; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(path, 0700);
            *at = '/';
        }
    }
}

static void
put_file(const char *dir, const char *name, struct bytes content)
{
    char path[PATH_SIZE];
    size_t last = strlen(name) - 1;

    if (path_join(path, dir, name) != SV_OK)
        return;
    make_parents(path, strlen(dir) + 1);
    if (name[last] == '/')
        return;
    if (name[last] == '@')
        (void)!symlink("checkpoint", path);
    else
        (void)file_replace(path, 0600, content);
}

/* The head over the entries of the first bundle, under the size that the text
 * has. */
static struct buf
sign_head(struct bytes text, struct bytes bundle, bool rooted)
{
    struct fake_person gate = fake_person("gate");
    struct hash leaves[TILE_WIDTH], done[TREE_LEVELS];
    struct tree_frontier f;
    struct checkpoint c;
    struct bytes entry;
    struct buf note = BUF_INIT;
    unsigned n = 0;

    if (checkpoint_parse(text, &c) != SV_OK || !rooted) {
        (void)note_sign(text, FAKELOG_ORIGIN, &gate.seed, &note);
        return note;
    }
    frontier_init(&f);
    while (n < TILE_WIDTH && tile_bundle_next(&bundle, &entry) == SV_OK)
        leaves[n++] = tree_leaf(entry);
    for (unsigned i = 0, k; i < n; i++)
        frontier_append(&f, &leaves[i], done, &k);
    c.root = frontier_root(&f);
    (void)checkpoint_sign(&c, &gate.seed, &note);
    return note;
}

static void
unpack(struct bytes in, uint8_t choice, const char *dir)
{
    struct reader r = reader_of(in);
    struct bytes text = {NULL, 0}, bundle = {NULL, 0};
    char name[UINT8_MAX + 1];

    while (r.at < in.len) {
        struct bytes content;

        reader_name(&r, name, sizeof name);
        content = reader_medium(&r, UINT16_MAX);
        if (r.failed || !name_ok(name))
            break;
        put_file(dir, name, content);
        if (strcmp(name, EXPORT_CHECKPOINT) == 0)
            text = content;
        if (strncmp(name, "tile/entries/", 13) == 0)
            bundle = content;
    }
    if ((choice & SIGNED) != 0) {
        struct buf note = sign_head(text, bundle, (choice & ROOTED) != 0);

        put_file(dir, EXPORT_CHECKPOINT, buf_bytes(&note));
        buf_free(&note);
    }
}

/* ---- Reading it ---- */

struct seen {
    struct tree_frontier f;
};

static enum sv_err
see(void *ctx, uint64_t index, struct bytes entry)
{
    struct seen *s = ctx;
    struct hash leaf = tree_leaf(entry), done[TREE_LEVELS];
    unsigned n;

    demand(index == s->f.size);
    frontier_append(&s->f, &leaf, done, &n);
    return SV_OK;
}

static void
check_fault(const struct export *e, enum sv_err err)
{
    if (err == SV_ERR_TAMPERED)
        demand(e->fault.reason != NULL && e->fault.place[0] != '\0');
}

static void
check_export(const char *dir, bool from_entries)
{
    struct fake_person gate = fake_person("gate");
    struct sign_public other = fuzz_public(2);
    struct seen seen;
    struct hash root;
    struct export e = {.dir = NULL};
    enum sv_err err = export_open(&e, dir, FAKELOG_ORIGIN, &other);

    demand(err != SV_OK);
    export_close(&e);
    err = export_open(&e, dir, FAKELOG_ORIGIN, &gate.sign);
    check_fault(&e, err);
    /* A forged size would let us ask for files for ever. */
    if (err == SV_OK && e.head.size <= 1024) {
        check_fault(&e, export_check_names(&e));
        err = export_check_tree(&e, from_entries, NULL, NULL, NULL);
        check_fault(&e, err);
        frontier_init(&seen.f);
        if (err == SV_OK && from_entries) {
            demand(export_entries(&e, see, &seen) == SV_OK);
            root = frontier_root(&seen.f);
            demand(seen.f.size == e.head.size);
            demand(hash_equal(&root, &e.head.root));
        }
    }
    export_close(&e);
}

void
fuzz_one(struct bytes in)
{
    uint8_t choice = fuzz_choice(&in);
    char dir[PATH_SIZE];

    support_dir_make(dir);
    unpack(in, choice, dir);
    check_export(dir, true);
    if ((choice & HEADS_ONLY) != 0)
        check_export(dir, false);
    support_dir_remove(dir);
    fuzz_heap_bounded(in.len, 64);
}

/* ---- From a directory to bytes ---- */

struct pack {
    const char *dir;
    struct writer w;
    bool text; /* of the checkpoint, without its signature */
};

static enum sv_err
pack_file(void *ctx, const char *name, bool is_regular)
{
    struct pack *p = ctx;
    struct buf content = BUF_INIT;
    struct note n;
    struct bytes b;

    demand(is_regular);
    demand(export_file(p->dir, name, UINT16_MAX, &content) == SV_OK);
    b = buf_bytes(&content);
    if (p->text && strcmp(name, EXPORT_CHECKPOINT) == 0) {
        demand(note_parse(b, &n) == SV_OK);
        b = n.text;
    }
    writer_name(&p->w, name);
    writer_medium(&p->w, b);
    buf_free(&content);
    return SV_OK;
}

static void
seed_export(struct seeds *s, const struct fakelog *f, uint8_t choice)
{
    char dir[PATH_SIZE];
    struct buf b = BUF_INIT;
    struct pack p = {dir, writer_to(&b), (choice & SIGNED) != 0};

    support_dir_make(dir);
    fakelog_export(f, dir);
    demand(export_walk(dir, pack_file, &p) == SV_OK);
    demand(writer_end(&p.w) == SV_OK);
    support_dir_remove(dir);
    seed_choice_buf(s, choice, &b);
}

void
fuzz_seeds(struct seeds *s)
{
    struct fakelog f;
    struct fakelog small = {.n = 0};
    struct buf two[] = {BUF_INIT, BUF_INIT};

    fakelog_init(&f);
    seed_export(s, &f, HEADS_ONLY);
    demand(buf_text(&two[0], "one entry") == SV_OK);
    demand(buf_text(&two[1], "another") == SV_OK);
    small.entries = two;
    small.n = 2;
    seed_export(s, &small, 0);
    seed_export(s, &small, SIGNED);
    seed_export(s, &small, SIGNED | ROOTED | HEADS_ONLY);
    buf_free(&two[0]);
    buf_free(&two[1]);
    fakelog_clear(&f);
}
