#include "cli/kept_witness.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/cosign.h"
#include "base/text.h"

#define SUFFIX ".witness"
#define ID_LEN 4
#define ID_HEX ((size_t)2 * ID_LEN)

enum sv_err
kept_name(struct kept_witness *w, const char *vkey)
{
    enum sv_err err =
        text_copy(bytes_text(vkey), w->vkey, sizeof w->vkey) == SV_OK
            ? SV_OK
            : SV_ERR_FORMAT;

    return err != SV_OK
               ? err
               : note_vkey_parse_type(bytes_text(vkey), NOTE_TYPE_COSIGNATURE,
                                      w->name, sizeof w->name, &w->key);
}

enum sv_err
kept_verify(const struct kept_witness *w, struct bytes note,
            struct checkpoint *head, uint64_t *unix_s)
{
    struct note n;
    enum sv_err err = note_parse(note, &n);

    if (err == SV_OK)
        err = checkpoint_parse(n.text, head);
    return err != SV_OK ? err : cosign_verify(&n, w->name, &w->key, unix_s);
}

/* ---- Reading ---- */

static enum sv_err
parse(struct bytes text, struct kept_witness *w)
{
    char vkey[NOTE_VKEY_SIZE];
    struct bytes line;
    enum sv_err err = SV_ERR_FORMAT;

    if (text_line(&text, &line) && text_copy(line, vkey, sizeof vkey) == SV_OK)
        err = kept_name(w, vkey);
    if (err != SV_OK || text.len == 0)
        return err;
    err = kept_verify(w, text, &w->head, &w->unix_s);
    return err != SV_OK ? err : buf_append(&w->note, text);
}

static enum sv_err
load_one(struct kept_witnesses *all, const char *path)
{
    struct kept_witness *w = &all->at[all->n];
    struct buf text = BUF_INIT;
    enum sv_err err = file_read(path, KEPT_NOTE_MAX + NOTE_VKEY_SIZE, &text);

    memset(w, 0, sizeof *w);
    if (err == SV_OK)
        err = parse(buf_bytes(&text), w);
    buf_free(&text);
    if (err == SV_OK)
        all->n++;
    /* A disk that does not answer has altered nothing. */
    return err == SV_ERR_IO ? err : err_verdict(err, SV_ERR_TAMPERED);
}

static bool
is_id(const char *name)
{
    return strlen(name) == ID_HEX && strspn(name, "0123456789abcdef") == ID_HEX;
}

static int
by_name(const void *a, const void *b)
{
    const struct kept_witness *x = a, *y = b;

    return strcmp(x->vkey, y->vkey);
}

enum sv_err
kept_load(struct kept_witnesses *all, const char *key)
{
    char path[PATH_SIZE];
    struct dirent *entry;
    DIR *d;
    enum sv_err found = SV_OK;
    enum sv_err err = path_suffix(all->dir, key, SUFFIX);

    if (err != SV_OK)
        return err;
    d = opendir(all->dir);
    if (d == NULL)
        return err_of_errno(errno);
    /* What a crash left beside them has another name. */
    while ((entry = readdir(d)) != NULL && all->n < KEPT_MAX) {
        if (!is_id(entry->d_name))
            continue;
        err = path_join(path, all->dir, entry->d_name);
        if (err == SV_OK)
            err = load_one(all, path);
        if (err == SV_OK)
            continue;
        (void)snprintf(all->bad, sizeof all->bad, "%s", path);
        if (found != SV_ERR_TAMPERED)
            found = err;
    }
    (void)closedir(d);
    qsort(all->at, all->n, sizeof all->at[0], by_name);
    return found;
}

void
kept_clear(struct kept_witnesses *all)
{
    for (size_t i = 0; i < all->n; i++)
        buf_free(&all->at[i].note);
    all->n = 0;
}

const struct kept_witness *
kept_newest(const struct kept_witnesses *all)
{
    const struct kept_witness *newest = NULL;

    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].unix_s > 0 &&
            (newest == NULL || all->at[i].unix_s > newest->unix_s))
            newest = &all->at[i];
    return newest;
}

/* ---- Writing ---- */

static enum sv_err
path_of(const struct kept_witnesses *all, const struct kept_witness *w,
        char out[static PATH_SIZE])
{
    uint8_t id[ID_LEN];
    char hex[ID_HEX + 1];

    note_key_id(bytes_text(w->name), NOTE_TYPE_COSIGNATURE, &w->key, id);
    text_hex(BYTES(id), hex);
    return path_join(out, all->dir, hex);
}

enum sv_err
kept_aside_path(const char *path, unsigned n, char out[static PATH_SIZE])
{
    char suffix[32];

    (void)snprintf(suffix, sizeof suffix, n > 1 ? "%s.%u" : "%s",
                   ".before-restore", n);
    return path_suffix(out, path, suffix);
}

/* Not in the place of what an earlier restore left. */
static enum sv_err
set_aside(const char *from)
{
    char to[PATH_SIZE];
    enum sv_err err = SV_ERR_EXISTS;

    for (unsigned n = 1; err == SV_ERR_EXISTS && n < KEPT_ASIDE_MAX; n++) {
        err = kept_aside_path(from, n, to);
        if (err == SV_OK)
            err = file_move_new(from, to);
    }
    return err;
}

enum sv_err
kept_set_aside(const char *key, uint64_t size)
{
    struct kept_witnesses all = {.n = 0};
    char from[PATH_SIZE];
    enum sv_err err = kept_load(&all, key);

    /* One that is damaged stays in its place, and status says so. */
    if (err == SV_ERR_NOT_FOUND || err == SV_ERR_TAMPERED)
        err = SV_OK;
    for (size_t i = 0; i < all.n && err == SV_OK; i++) {
        if (all.at[i].head.size <= size)
            continue;
        err = path_of(&all, &all.at[i], from);
        if (err == SV_OK)
            err = set_aside(from);
    }
    kept_clear(&all);
    return err;
}

enum sv_err
kept_store(const struct kept_witnesses *all, const struct kept_witness *w)
{
    struct buf text = BUF_INIT;
    char path[PATH_SIZE];
    enum sv_err err = path_of(all, w, path);

    if (err == SV_OK && mkdir(all->dir, 0700) == 0)
        err = path_sync(all->dir);
    else if (err == SV_OK && errno != EEXIST)
        err = err_of_errno(errno);
    if (err == SV_OK)
        err = buf_printf(&text, "%s\n", w->vkey);
    if (err == SV_OK)
        err = buf_append(&text, buf_bytes(&w->note));
    if (err == SV_OK)
        err = file_replace(path, 0600, buf_bytes(&text));
    buf_free(&text);
    return err;
}
