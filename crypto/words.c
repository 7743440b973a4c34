#include "crypto/words.h"

#include <assert.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/words_list.h"

#if !defined(__clang__)
/* gcc 12's analyzer takes a table of strings for uninitialized. */
#pragma GCC diagnostic ignored "-Wanalyzer-use-of-uninitialized-value"
#endif

#define BITS 10
#define LETTERS_MAX 8

_Static_assert(1 << BITS == WORDS_N, "one word is ten bits");
_Static_assert(LETTERS_MAX == sizeof(uint64_t), "taken at once");
_Static_assert(WORDS_FINGERPRINT_N *BITS <= 8 * DIGEST_LEN, "bits to spare");
_Static_assert(WORDS_FINGERPRINT_N *(LETTERS_MAX + 1) <= WORDS_TEXT_SIZE,
               "the text fits");

const char *
words_at(unsigned index)
{
    assert(index < WORDS_N);
    return list[index];
}

/* The n-th ten bits, big-endian. */
static unsigned
bits_at(const uint8_t *bits, size_t n)
{
    size_t at = n * BITS;
    unsigned two = (unsigned)bits[at / 8] << 8 | bits[at / 8 + 1];

    return two >> (16 - BITS - at % 8) & (WORDS_N - 1);
}

/* All bits where a is b, which are small; without a branch. */
static uint64_t
same(size_t a, size_t b)
{
    return -(uint64_t)(((uint32_t)(a ^ b) - 1) >> 31);
}

/* The word of this index, which a passphrase keeps secret: every word is
 * read, so that caches tell nothing. */
static void
take_word(unsigned index, uint8_t word[static LETTERS_MAX])
{
    uint64_t taken = 0, one;

    for (unsigned i = 0; i < WORDS_N; i++) {
        memcpy(&one, list[i], sizeof one);
        taken |= one & same(i, index);
    }
    memcpy(word, &taken, sizeof taken);
}

/* Put letter at out[at], which is at most `last`, and secret by the lengths of
 * the words before; NUL is none.  Where the next one goes. */
static size_t
put_letter(uint8_t letter, size_t at, size_t last,
           char out[static WORDS_TEXT_SIZE])
{
    for (size_t i = 0; i <= last; i++)
        out[i] = (char)(out[i] | (letter & (uint8_t)same(i, at)));
    return at + 1 - (size_t)(same(letter, 0) & 1);
}

static void
text_of(const uint8_t *bits, size_t n, char out[static WORDS_TEXT_SIZE])
{
    uint8_t word[1 + LETTERS_MAX] = {'-'};
    size_t len = 0, last = 0;

    memset(out, 0, WORDS_TEXT_SIZE);
    for (size_t i = 0; i < n; i++) {
        take_word(bits_at(bits, i), word + 1);
        for (size_t k = i > 0 ? 0 : 1; k < sizeof word; k++)
            len = put_letter(word[k], len, last++, out);
    }
    wipe(word, sizeof word);
}

void
words_passphrase(const struct rng *rng, char out[static WORDS_TEXT_SIZE])
{
    uint8_t bits[(WORDS_PASSPHRASE_N * BITS + 7) / 8];

    rng_fill(rng, bits, sizeof bits);
    text_of(bits, WORDS_PASSPHRASE_N, out);
    wipe(bits, sizeof bits);
}

void
words_fingerprint(const char *label, struct bytes data,
                  char out[static WORDS_TEXT_SIZE])
{
    uint8_t hash[DIGEST_LEN];

    digest(label, data, hash);
    text_of(hash, WORDS_FINGERPRINT_N, out);
}

static bool
is_gap(char c)
{
    return c == '-' || c == ' ' || c == '\t';
}

/* Move *text behind its next word, which has *len letters. */
static const char *
next_word(const char **text, size_t *len)
{
    const char *word = *text;

    while (is_gap(*word))
        word++;
    *len = 0;
    while (word[*len] != '\0' && !is_gap(word[*len]))
        ++*len;
    *text = word + *len;
    return word;
}

static int
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool
words_equal(const char *typed, const char *fingerprint)
{
    for (size_t n = 0;; n++) {
        size_t a_len;
        size_t b_len;
        const char *a = next_word(&typed, &a_len);
        const char *b = next_word(&fingerprint, &b_len);

        if (a_len != b_len)
            return false;
        if (a_len == 0)
            return n > 0; /* nothing typed equals nothing */
        for (size_t i = 0; i < a_len; i++)
            if (lower(a[i]) != lower(b[i]))
                return false;
    }
}
