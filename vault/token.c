#include "vault/token.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/kdf.h"

void
token_key_derive(const uint8_t secret[static 32], struct token_key *out)
{
    kdf_derive(secret, "index", out->b);
}

/* Of one word; *made is false where folding leaves nothing. */
static enum sv_err
token_of(const struct token_key *key, enum fold_kind kind, struct bytes word,
         uint8_t out[static TOKEN_BYTES], bool *made)
{
    const char *name = fold_kind_name(kind);
    struct buf what = BUF_INIT;
    uint8_t tag[MAC_LEN];
    size_t head = strlen(name) + 1;
    enum sv_err err = buf_append(&what, bytes_of(name, head));

    if (err == SV_OK)
        err = fold_word(kind, word, &what);
    *made = err == SV_OK && what.len > head;
    if (*made) {
        mac(key->b, "sv/v1/token", buf_bytes(&what), tag);
        memcpy(out, tag, TOKEN_BYTES);
    }
    buf_free(&what);
    return err;
}

static bool
has(const struct token_list *l, const uint8_t *token)
{
    for (size_t i = 0; i < l->n; i++) {
        if (memcmp(l->at[i], token, TOKEN_BYTES) == 0)
            return true;
    }
    return false;
}

static enum sv_err
add(const struct token_key *key, enum fold_kind kind, struct bytes word,
    struct token_list *out)
{
    uint8_t token[TOKEN_BYTES];
    bool made;
    enum sv_err err = token_of(key, kind, word, token, &made);

    if (err != SV_OK || !made || has(out, token))
        return err;
    if (out->n == POSTING_TOKENS_MAX)
        return SV_ERR_RANGE;
    memcpy(out->at[out->n++], token, TOKEN_BYTES);
    return SV_OK;
}

static struct bytes
value_of(const struct content *c, size_t field, size_t i)
{
    const struct content_field *f = &c->fields[field];

    if (!f->given || f->missing != MISSING_NOT || i >= f->n)
        return bytes_of("", 0);
    return bytes_of(f->values[i].ptr, f->values[i].len);
}

/* "Sasaki" and "Ai" as one word, which it is in Japanese. */
static enum sv_err
add_joined(const struct token_key *key, const struct content *c, size_t field,
           struct token_list *out)
{
    struct bytes first = value_of(c, field, 0), second;
    struct buf both = BUF_INIT;
    size_t other;
    enum sv_err err;

    if (c->compartment->fields[field].joins == NULL ||
        schema_field(c->compartment,
                     bytes_text(c->compartment->fields[field].joins),
                     &other) == NULL)
        return SV_OK;
    second = value_of(c, other, 0);
    if (first.len == 0 || second.len == 0)
        return SV_OK;
    err = buf_append(&both, first);
    if (err == SV_OK)
        err = buf_append(&both, second);
    if (err == SV_OK)
        err = add(key, FOLD_NAME, buf_bytes(&both), out);
    buf_free(&both);
    /* Two names too long to be one word are still found each by itself. */
    return err == SV_ERR_RANGE && out->n < POSTING_TOKENS_MAX ? SV_OK : err;
}

/* A value as a whole and, if it is a name, by its words. */
static enum sv_err
add_value(const struct token_key *key, enum fold_kind kind, struct bytes value,
          struct token_list *out)
{
    struct bytes rest = value, word;
    enum sv_err err = add(key, kind, value, out);

    if (kind != FOLD_NAME)
        return err;
    if (err == SV_ERR_RANGE && out->n < POSTING_TOKENS_MAX)
        err = SV_OK; /* longer than a word: by its words alone */
    while (err == SV_OK && fold_next(&rest, &word))
        err = add(key, kind, word, out);
    return err;
}

static int
by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, TOKEN_BYTES);
}

/* Random ones, which nothing is found by. */
static void
fill_up(const struct rng *rng, struct token_list *l)
{
    size_t want = l->n == 0
                      ? TOKENS_STEP
                      : (l->n + TOKENS_STEP - 1) / TOKENS_STEP * TOKENS_STEP;

    while (l->n < want) {
        rng_fill(rng, l->at[l->n], TOKEN_BYTES);
        l->n++;
    }
    qsort(l->at, l->n, TOKEN_BYTES, by_bytes);
}

enum sv_err
tokens_of_content(const struct token_key *key, const struct rng *rng,
                  const struct content *c, struct token_list *out)
{
    enum sv_err err = SV_OK;

    out->n = 0;
    for (size_t f = 0; f < c->compartment->n && err == SV_OK; f++) {
        const struct schema_field *field = &c->compartment->fields[f];
        struct bytes value;

        if (!field->searched)
            continue;
        for (size_t i = 0; err == SV_OK && (value = value_of(c, f, i)).len > 0;
             i++)
            err = add_value(key, field->search, value, out);
        if (err == SV_OK)
            err = add_joined(key, c, f, out);
    }
    if (err == SV_OK)
        fill_up(rng, out);
    return err;
}

enum sv_err
token_of_unique(const struct token_key *key, const struct content *c,
                uint8_t out[static TOKEN_BYTES])
{
    for (size_t f = 0; f < c->compartment->n; f++) {
        bool made = false;
        enum sv_err err;

        if (!c->compartment->fields[f].unique)
            continue;
        err = token_of(key, FOLD_NUMBER, value_of(c, f, 0), out, &made);
        return err == SV_OK && !made ? SV_ERR_NOT_FOUND : err;
    }
    return SV_ERR_NOT_FOUND;
}

enum sv_err
tokens_of_word(const struct token_key *key, struct bytes word,
               struct token_list *out)
{
    enum sv_err err = SV_OK;

    out->n = 0;
    for (unsigned k = 0; k < FOLD_KINDS && err == SV_OK; k++)
        err = add(key, (enum fold_kind)k, word, out);
    return err;
}
