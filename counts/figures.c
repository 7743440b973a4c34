#include "counts/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"

void
figures_init(struct figures *f)
{
    *f = (struct figures){0};
}

void
figures_clear(struct figures *f)
{
    for (size_t i = 0; i < f->n_relations; i++)
        free(f->relations[i].parts);
    free(f->relations);
    if (f->at != NULL)
        wipe(f->at, f->n * sizeof *f->at);
    free(f->at);
    map_clear(&f->names);
    figures_init(f);
}

/* Space in front of the next element: arrays double at powers of two. */
static bool
must_grow(size_t n)
{
    return (n & (n - 1)) == 0;
}

static bool
is_name(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n >= FIGURE_NAME_SIZE)
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_-.") == n;
}

/* Twice the room, the old one wiped. */
static enum sv_err
grow(struct figures *f)
{
    struct figure *at;

    if (f->n > SIZE_MAX / 2 / sizeof *at)
        return SV_ERR_NOMEM;
    at = calloc(f->n == 0 ? 1 : f->n * 2, sizeof *at);
    if (at == NULL)
        return SV_ERR_NOMEM;
    if (f->n > 0) {
        memcpy(at, f->at, f->n * sizeof *at);
        wipe(f->at, f->n * sizeof *at);
    }
    free(f->at);
    f->at = at;
    return SV_OK;
}

/* The map wants keys that nobody aims at one bucket; names begin alike. */
static void
hash_name(const char *name, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/figure", bytes_text(name), out);
}

static enum sv_err
add(struct figures *f, const struct figure *more, size_t *at)
{
    uint8_t key[DIGEST_LEN];
    enum sv_err err;

    if (figures_find(f, more->name, &(size_t){0}) == SV_OK)
        return SV_ERR_EXISTS;
    if (must_grow(f->n)) {
        err = grow(f);
        if (err != SV_OK)
            return err;
    }
    if (f->n == 0)
        map_init(&f->names, DIGEST_LEN, sizeof(size_t));
    hash_name(more->name, key);
    err = map_set(&f->names, key, &f->n);
    if (err != SV_OK)
        return err;
    f->at[f->n] = *more;
    *at = f->n++;
    return SV_OK;
}

enum sv_err
figures_add(struct figures *f, const char *name, int64_t value, size_t *at)
{
    struct figure more = {.known = true, .value = value};

    if (!is_name(name))
        return SV_ERR_RANGE;
    (void)snprintf(more.name, sizeof more.name, "%s", name);
    return add(f, &more, at);
}

enum sv_err
figures_add_counted(struct figures *f, const char *name,
                    const struct counted *c, size_t *at)
{
    enum sv_err err = figures_add(f, name, c->n, at);

    if (err == SV_OK)
        f->at[*at].of = *c;
    return err;
}

enum sv_err
figures_add_unknown(struct figures *f, const char *name, const char *reason,
                    size_t *at)
{
    struct figure more = {0};

    if (!is_name(name) || strlen(reason) >= sizeof more.reason)
        return SV_ERR_RANGE;
    (void)snprintf(more.name, sizeof more.name, "%s", name);
    (void)snprintf(more.reason, sizeof more.reason, "%s", reason);
    return add(f, &more, at);
}

enum sv_err
figures_relate(struct figures *f, size_t whole, size_t n, const size_t parts[],
               bool complete)
{
    struct figure_relation *relations;
    size_t *copy;

    if (whole >= f->n || n == 0 || n > f->n)
        return SV_ERR_RANGE;
    for (size_t i = 0; i < n; i++) {
        if (parts[i] >= f->n || parts[i] == whole)
            return SV_ERR_RANGE;
    }
    copy = calloc(n, sizeof *copy);
    if (copy == NULL)
        return SV_ERR_NOMEM;
    relations = must_grow(f->n_relations)
                    ? realloc(f->relations,
                              (f->n_relations == 0 ? 1 : f->n_relations * 2) *
                                  sizeof *relations)
                    : f->relations;
    if (relations == NULL) {
        free(copy);
        return SV_ERR_NOMEM;
    }
    memcpy(copy, parts, n * sizeof *copy);
    f->relations = relations;
    f->relations[f->n_relations++] =
        (struct figure_relation){whole, n, copy, complete};
    return SV_OK;
}

/* ---- fewer of them ---- */

#define GONE SIZE_MAX

struct keeping {
    const struct figures *from;
    struct figures *to;
    size_t *parts; /* owned: room for a relation */
    size_t *place; /* owned: of each figure, its new one or GONE */
};

static enum sv_err
keep_figure(struct keeping *k, size_t i, bool stays)
{
    const struct figure *f = &k->from->at[i];
    size_t at = 0;
    enum sv_err err;

    k->place[i] = GONE;
    if (!stays)
        return SV_OK;
    err = f->known ? figures_add(k->to, f->name, f->value, &at)
                   : figures_add_unknown(k->to, f->name, f->reason, &at);
    if (err == SV_OK) {
        k->to->at[at] = *f;
        k->place[i] = at;
    }
    return err;
}

static enum sv_err
keep_relation(struct keeping *k, const struct figure_relation *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        if (k->place[r->parts[i]] != GONE)
            k->parts[n++] = k->place[r->parts[i]];
    }
    return n > 0 && k->place[r->whole] != GONE
               ? figures_relate(k->to, k->place[r->whole], n, k->parts,
                                r->complete)
               : SV_OK;
}

static enum sv_err
keep(const struct figures *f, figures_stay_fn stays, const void *ctx,
     struct figures *out)
{
    struct keeping k = {f, out, calloc(f->n + 1, sizeof(size_t)),
                        calloc(f->n + 1, sizeof(size_t))};
    enum sv_err err = k.parts != NULL && k.place != NULL ? SV_OK : SV_ERR_NOMEM;

    figures_init(out);
    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        err = keep_figure(&k, i, stays == NULL || stays(ctx, &f->at[i]));
    for (size_t i = 0; i < f->n_relations && err == SV_OK; i++)
        err = keep_relation(&k, &f->relations[i]);
    free(k.parts);
    free(k.place);
    if (err != SV_OK)
        figures_clear(out);
    return err;
}

enum sv_err
figures_copy(const struct figures *from, struct figures *to)
{
    return keep(from, NULL, NULL, to);
}

enum sv_err
figures_keep(struct figures *f, figures_stay_fn stays, const void *ctx)
{
    struct figures out = {.n = 0};
    enum sv_err err = keep(f, stays, ctx, &out);

    if (err != SV_OK)
        return err;
    figures_clear(f);
    *f = out;
    return SV_OK;
}

enum sv_err
figures_find(const struct figures *f, const char *name, size_t *at)
{
    uint8_t key[DIGEST_LEN];
    const void *had;

    hash_name(name, key);
    had = f->n > 0 ? map_get(&f->names, key) : NULL;
    if (had == NULL)
        return SV_ERR_NOT_FOUND;
    memcpy(at, had, sizeof *at); /* the map aligns nothing */
    return SV_OK;
}

void
counted_add(struct counted *c, uint64_t key)
{
    unsigned draw = (unsigned)(key >> 61); /* 0 to 7 */

    c->n++;
    c->key += key; /* modulo 2^64: in any order the same */
    c->nudge += (draw == 0) - (draw == 1);
}

int64_t
figures_round(const struct counted *c, const uint8_t round_key[32])
{
    uint8_t set[8], tag[MAC_LEN];
    int64_t offset = 0;

    put_u64(set, c->key);
    mac(round_key, "sv/v1/round", BYTES(set), tag);
    /* 0 to 4, each as often: of the first that is not 255; by arithmetic, as
     * how long it takes must not tell how a figure was rounded. */
    for (size_t i = sizeof tag; i-- > 0;) {
        int64_t is_255 = (tag[i] + 1) >> 8;

        offset = is_255 * offset + (1 - is_255) * (tag[i] % FIGURES_BASE);
    }
    wipe(tag, sizeof tag);
    return (c->n + c->nudge + offset) / FIGURES_BASE * FIGURES_BASE;
}
