#ifndef SV_CRYPTO_WORDS_H
#define SV_CRYPTO_WORDS_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/rng.h"

/*
 * 1,024 short Japanese words in romaji: 10 bits each, easy to say over a
 * telephone in either language.
 */
#define WORDS_N 1024
#define WORDS_FINGERPRINT_N 10 /* 100 bits */
#define WORDS_PASSPHRASE_N 7   /* 70 bits */
#define WORDS_TEXT_SIZE 128    /* n words of up to 8 letters, '-' between */

const char *words_at(unsigned index); /* index < WORDS_N */
/* A fresh passphrase, words joined by '-'. */
void words_passphrase(const struct rng *rng, char out[static WORDS_TEXT_SIZE]);
/* BLAKE2b-256 of what is fingerprinted, its first 100 bits as words. */
void words_fingerprint(const char *label, struct bytes data,
                       char out[static WORDS_TEXT_SIZE]);
/* The same words, whatever the case, with '-' or spaces between. */
bool words_equal(const char *typed, const char *fingerprint);

#endif
