/*
 * Search tokens: a posting, a query, and the tokens of words.
 * Covers: vault/posting.c vault/token.c
 */
#include <string.h>

#include "vault/token.h"

#include "fuzz/fuzz.h"

static bool
lies_in(const uint8_t *at, size_t n, struct bytes in)
{
    return n == 0 || (at >= in.ptr && at + n <= in.ptr + in.len);
}

static void
check_posting(struct bytes in)
{
    struct posting p;
    struct buf again = BUF_INIT;

    if (posting_decode(in, &p) != SV_OK)
        return;
    demand(p.n <= POSTING_TOKENS_MAX);
    demand(lies_in(p.tokens, (size_t)p.n * TOKEN_BYTES, in));
    demand(posting_encode(&p, &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

static void
check_query(struct bytes in)
{
    struct query q;
    size_t len = QUERY_SALT_LEN + 4 + 1;

    if (query_decode(in, &q) != SV_OK)
        return;
    demand(q.n >= 1 && q.n <= QUERY_WORDS_MAX);
    for (unsigned i = 0; i < q.n; i++) {
        demand(
            lies_in(q.words[i].tokens, (size_t)q.words[i].n * TOKEN_BYTES, in));
        len += 2 + (size_t)q.words[i].n * TOKEN_BYTES;
    }
    demand(len == in.len);
}

/* The same word has the same tokens, and no more than there are kinds. */
static void
check_word(struct bytes in)
{
    const struct token_key key = {{1}};
    struct token_list once, twice;

    if (tokens_of_word(&key, in, &once) != SV_OK)
        return;
    demand(once.n <= FOLD_KINDS);
    demand(tokens_of_word(&key, in, &twice) == SV_OK && once.n == twice.n);
    demand(memcmp(once.at, twice.at, once.n * TOKEN_BYTES) == 0);
}

void
fuzz_one(struct bytes in)
{
    check_posting(in);
    check_query(in);
    check_word(in);
    fuzz_heap_bounded(in.len, 64);
}

void
fuzz_seeds(struct seeds *s)
{
    static const uint8_t tokens[2 * TOKEN_BYTES] = {[0] = 1, [16] = 2};
    struct posting p = {2, tokens, 2, tokens}, none = {.epoch = 1};
    struct buf b = BUF_INIT;
    struct writer w = writer_to(&b);

    demand(posting_encode(&p, &b) == SV_OK);
    seed_buf(s, &b);
    demand(posting_encode(&none, &b) == SV_OK);
    seed_buf(s, &b);
    writer_bytes(&w, bytes_text("sixteen of salt."));
    writer_u32(&w, 1);
    writer_u8(&w, 2);
    writer_u16(&w, 1);
    writer_bytes(&w, bytes_of(tokens, TOKEN_BYTES));
    writer_u16(&w, 2);
    writer_bytes(&w, BYTES(tokens));
    demand(writer_end(&w) == SV_OK);
    seed_buf(s, &b);
    seed(s, bytes_text("090-1234"));
    seed(s, bytes_text("Sat\xc5\x8d"));
}
