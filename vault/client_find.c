#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"
#include "vault/posting.h"
#include "vault/token.h"

/* ---- The index key ---- */

/* Under this epoch's key.  Wipe it. */
static enum sv_err
index_key(struct client *c, unsigned column, uint32_t epoch,
          struct token_key *out)
{
    const struct compartment_key *k = client_key(c, column, epoch);

    if (k == NULL)
        return client_fault(c, SV_ERR_DENIED,
                            N_("you do not hold the search index's key"));
    token_key_derive(k->secret.b, out);
    return SV_OK;
}

/* ---- What a version is found by ---- */

/* The number that no two records share: compared under the first epoch. */
static enum sv_err
add_unique(struct client *c, unsigned column, const struct content *content,
           uint8_t token[static TOKEN_BYTES], struct posting *p)
{
    struct token_key key = {{0}};
    enum sv_err err = index_key(c, column, POSTING_UNIQUE_EPOCH, &key);

    if (err == SV_OK)
        err = token_of_unique(&key, content, token);
    if (err == SV_OK)
        p->unique = token;
    wipe(&key, sizeof key);
    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

enum sv_err
client_posting(struct client *c, const char *type,
               const struct content *content, struct buf *out)
{
    const struct roster *r = &c->pin.roster;
    int column = policy_index(&r->policy, type);
    const struct schema_type *t = schema_type(c->schema, type);
    uint8_t unique[TOKEN_BYTES];
    struct posting p = {.epoch = 0};
    struct token_key key = {{0}};
    struct token_list list;
    enum sv_err err;

    if (column < 0 || t == NULL || schema_searched(t) != content->compartment)
        return SV_OK;
    p.epoch = roster_key(r, (unsigned)column)->epoch;
    err = index_key(c, (unsigned)column, p.epoch, &key);
    if (err == SV_OK)
        err = tokens_of_content(&key, &c->config.rng, content, &list);
    if (err == SV_OK)
        err = add_unique(c, (unsigned)column, content, unique, &p);
    if (err == SV_OK) {
        p.n = (unsigned)list.n;
        p.tokens = list.at[0];
        err = posting_encode(&p, out);
    }
    wipe(&key, sizeof key);
    return err;
}

/* ---- What is looked for ---- */

/* u16 n and the word's tokens under every epoch; nothing where folding leaves
 * nothing of it. */
static enum sv_err
put_word(struct client *c, unsigned column, uint32_t last, struct bytes word,
         struct buf *out, unsigned *words)
{
    struct token_key key = {{0}};
    struct buf tokens = BUF_INIT;
    struct token_list list;
    struct writer w = writer_to(out);
    size_t n = 0;
    enum sv_err err = SV_OK;

    for (uint32_t e = 1; e <= last && err == SV_OK; e++) {
        /* What was saved under a key that was never handed over only its
         * maker finds. */
        if (e < last && c->n_unfit > 0 && client_key(c, column, e) == NULL)
            continue;
        err = index_key(c, column, e, &key);
        if (err == SV_OK)
            err = tokens_of_word(&key, word, &list);
        if (err == SV_OK)
            err =
                buf_append(&tokens, bytes_of(list.at[0], list.n * TOKEN_BYTES));
        if (err == SV_OK)
            n += list.n;
    }
    if (err == SV_OK && n > UINT16_MAX)
        err = client_fault(c, SV_ERR_RANGE,
                           N_("the search index's key was replaced too often "
                              "for a search"));
    if (err == SV_OK && n > 0) {
        writer_u16(&w, (uint16_t)n);
        writer_bytes(&w, buf_bytes(&tokens));
        err = writer_end(&w);
        ++*words;
    }
    wipe(&key, sizeof key);
    buf_free(&tokens);
    return err;
}

/* Digits and what people write between them: one telephone number, with its
 * blanks. */
static bool
is_one_number(struct bytes line)
{
    struct buf folded = BUF_INIT;
    bool is = fold_word(FOLD_NUMBER, line, &folded) == SV_OK && folded.len > 0;

    for (size_t i = 0; i < folded.len && is; i++)
        is = folded.ptr[i] != '\0' &&
             strchr("0123456789+-().", folded.ptr[i]) != NULL;
    buf_free(&folded);
    return is;
}

static bool
next_word(struct bytes *line, struct bytes *word)
{
    if (!is_one_number(*line))
        return fold_next(line, word);
    *word = *line;
    *line = bytes_of("", 0);
    return true;
}

/* SV_ERR_INPUT where there is no word, or too many. */
static enum sv_err
make_query(struct client *c, unsigned column, struct bytes line,
           struct buf *out)
{
    uint32_t last = roster_key(&c->pin.roster, column)->epoch;
    uint8_t salt[QUERY_SALT_LEN];
    struct writer w = writer_to(out);
    struct buf words = BUF_INIT;
    struct bytes word;
    unsigned n = 0;
    enum sv_err err = SV_OK;

    while (err == SV_OK && n <= QUERY_WORDS_MAX && next_word(&line, &word))
        err = put_word(c, column, last, word, &words, &n);
    if (err == SV_OK && (n == 0 || n > QUERY_WORDS_MAX))
        err = SV_ERR_INPUT;
    rng_fill(&c->config.rng, salt, sizeof salt);
    writer_bytes(&w, BYTES(salt));
    writer_u32(&w, last);
    writer_u8(&w, (uint8_t)n);
    writer_bytes(&w, buf_bytes(&words));
    buf_free(&words);
    return err != SV_OK ? err : writer_end(&w);
}

/* ---- What was found ---- */

void
find_list_free(struct find_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->rows[i].helpers);
    free(l->rows);
    memset(l, 0, sizeof *l);
}

static enum sv_err
read_helpers(struct reader *r, struct find_row *row)
{
    unsigned n = reader_u8(r);

    row->helpers = calloc(n > 0 ? n : 1, sizeof *row->helpers);
    if (row->helpers == NULL)
        return SV_ERR_NOMEM;
    for (unsigned i = 0; i < n; i++)
        reader_name(r, row->helpers[i], sizeof row->helpers[i]);
    row->n_helpers = n;
    return SV_OK;
}

static enum sv_err
read_found(struct bytes body, struct find_list *out)
{
    struct reader r = reader_of(body);
    unsigned more = reader_u8(&r), n = reader_u16(&r);
    enum sv_err err = SV_OK;

    out->more = more == 1;
    out->rows = calloc(n > 0 ? n : 1, sizeof *out->rows);
    if (out->rows == NULL)
        return SV_ERR_NOMEM;
    for (unsigned i = 0; i < n && err == SV_OK && !r.failed; i++) {
        struct find_row *row = &out->rows[out->n++];
        unsigned shown = reader_u8(&r);

        row->shown = shown == 1;
        if (row->shown)
            reader_copy(&r, row->handle.b, sizeof row->handle.b);
        else
            err = read_helpers(&r, row);
        if (shown > 1)
            reader_fail(&r);
    }
    if (err == SV_OK && (more > 1 || reader_end(&r) != SV_OK))
        err = SV_ERR_TAMPERED;
    return err;
}

enum sv_err
client_record_find(struct client *c, const char *type, struct bytes line,
                   struct find_list *out)
{
    struct request r = {.act = ACT_RECORD_FIND};
    int column = policy_index(&c->pin.roster.policy, type);
    struct buf query = BUF_INIT;
    struct answer answer = {0};
    struct find_list found = {0};
    enum sv_err err;

    if (column < 0 ||
        text_copy(bytes_text(type), r.type, sizeof r.type) != SV_OK)
        return SV_ERR_USAGE;
    err = make_query(c, (unsigned)column, line, &query);
    if (err == SV_OK) {
        query_hash(buf_bytes(&query), r.body);
        err = client_act(c, &r, buf_bytes(&query), &answer);
    }
    /* A receipt, after a doubt and behind a new key of the index. */
    if (err == SV_OK && answer.body.len == 0)
        err = client_fault(c, SV_ERR_FORMAT,
                           N_("the gate found the request's body wrong"));
    if (err == SV_OK)
        err = read_found(answer.body, &found);
    if (err == SV_ERR_TAMPERED)
        err = client_fault(c, err, N_("the gate's answer is malformed"));
    if (err == SV_OK)
        *out = found;
    else
        find_list_free(&found);
    buf_free(&query);
    answer_free(&answer);
    return err;
}
