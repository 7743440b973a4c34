#ifndef SV_VAULT_TOKEN_H
#define SV_VAULT_TOKEN_H

#include "crypto/digest.h"
#include "crypto/rng.h"
#include "vault/content.h"
#include "vault/posting.h"

/*
 * Search tokens: keyed BLAKE2b-256 (crypto/digest.h mac()) of a folded word,
 * cut to TOKEN_BYTES, under
 *
 *   the key      kdf label "index" of the type's index secret
 *   the label    "sv/v1/token"
 *   over         name of the kind (fold.h), u8 0, the folded word
 *
 * The same word has the same token wherever it stands: the gate sees that,
 * and nothing else.
 */
struct token_key {
    uint8_t b[MAC_KEY_LEN];
};
void token_key_derive(const uint8_t secret[static 32], struct token_key *out);

struct token_list {
    size_t n;
    uint8_t at[POSTING_TOKENS_MAX][TOKEN_BYTES];
};

/*
 * What a content can be found by: each value of a searched field as a whole
 * and by its words, a name joined with the one that it joins, in that order;
 * each token once, ascending, and filled up with random ones to a multiple
 * of TOKENS_STEP, so that how many names there are stays untold.
 * SV_ERR_RANGE for too many.
 */
#define TOKENS_STEP 8
enum sv_err tokens_of_content(const struct token_key *key,
                              const struct rng *rng, const struct content *c,
                              struct token_list *out);
/* The token of the number that no two records share.  SV_ERR_NOT_FOUND where
 * the content has none. */
enum sv_err token_of_unique(const struct token_key *key,
                            const struct content *c,
                            uint8_t out[static TOKEN_BYTES]);
/* The tokens that a word which is looked for may have: as a name, a number,
 * a telephone number.  None where nothing is left of it. */
enum sv_err tokens_of_word(const struct token_key *key, struct bytes word,
                           struct token_list *out);

#endif
