#ifndef SV_VAULT_POSTING_H
#define SV_VAULT_POSTING_H

#include "base/codec.h"
#include "vault/fold.h"

/*
 * What a version can be found by: search tokens under the index key of its
 * record type.  The gate compares them and cannot make any.
 *
 *   u32 epoch of the index key
 *   u8 0, or u8 1, u32 1, token[16]     of a number that no two records
 *                                       share, under the first epoch
 *   u8 n, each: token[16]               the others, ascending
 *
 * Numbers of all times are compared with one another, so they need one key
 * for ever.  It is that of the first epoch: whoever is given an index key is
 * given all its epochs, so a token under each would tell as much to whoever
 * left with that one, and there would be more of them with every epoch.
 */
#define TOKEN_BYTES 16
#define POSTING_UNIQUE_EPOCH 1
#define POSTING_TOKENS_MAX 64

/* Borrowed. */
struct posting {
    uint32_t epoch;
    const uint8_t *unique; /* TOKEN_BYTES, or NULL */
    unsigned n;
    const uint8_t *tokens; /* n times TOKEN_BYTES */
};

/* SV_ERR_FORMAT; also where tokens do not ascend. */
enum sv_err posting_decode(struct bytes in, struct posting *out);
enum sv_err posting_encode(const struct posting *p, struct buf *out);

/*
 * What is looked for: words, all of which must be there, each as any of its
 * tokens.
 *
 *   salt[16], so that the hash in the log tells nothing
 *   u32 epoch of the index key; each word has its tokens under every epoch
 *   u8 words, each: u16 n, n times token[16]; n is no more than kinds of a
 *   word times epochs, so that nobody looks for many words in place of one
 */
#define QUERY_SALT_LEN 16
#define QUERY_WORDS_MAX 16
struct query {
    uint32_t epoch;
    unsigned n;
    struct {
        unsigned n;
        const uint8_t *tokens;
    } words[QUERY_WORDS_MAX];
};
enum sv_err query_decode(struct bytes in, struct query *out);
/* BLAKE2b-256, label "sv/v1/query": the request's body line. */
void query_hash(struct bytes query, uint8_t out[static 32]);

#endif
