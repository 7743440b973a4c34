/*
 * Fingerprints as people read them to one another: what is typed, up to a
 * NUL, and what it is the fingerprint of.
 * Covers: crypto/words.c
 */
#include <string.h>

#include "crypto/words.h"

#include "fuzz/fuzz.h"

#define TYPED_MAX 256

static bool
is_gap(char c)
{
    return c == '-' || c == ' ' || c == '\t';
}

/* Slowly: small letters, and one '-' for each gap. */
static void
plain(const char *in, char out[static TYPED_MAX])
{
    size_t n = 0;

    while (is_gap(*in))
        in++;
    for (; *in != '\0'; in++) {
        if (is_gap(*in) && (is_gap(in[1]) || in[1] == '\0'))
            continue;
        out[n++] = is_gap(*in)                  ? '-'
                   : (*in >= 'A' && *in <= 'Z') ? (char)(*in + 32)
                                                : *in;
    }
    out[n] = '\0';
}

void
fuzz_one(struct bytes in)
{
    char typed[TYPED_MAX] = {0}, want[WORDS_TEXT_SIZE], simple[TYPED_MAX];
    size_t len = in.len < sizeof typed - 1 ? in.len : sizeof typed - 1;

    if (len > 0)
        memcpy(typed, in.ptr, len);
    words_fingerprint("label", bytes_slice(in, len, in.len - len), want);
    demand(words_equal(want, want));
    plain(typed, simple);
    if (words_equal(typed, want))
        demand(strcmp(simple, want) == 0);
}

void
fuzz_seeds(struct seeds *s)
{
    char words[WORDS_TEXT_SIZE];
    struct buf b = BUF_INIT;
    uint8_t *pad;

    words_fingerprint("label", bytes_text(""), words);
    seed(s, bytes_text(words));
    demand(buf_printf(&b, " %s  ", words) == SV_OK);
    b.ptr[1] = (uint8_t)(b.ptr[1] - 32);
    demand(buf_extend(&b, 1, &pad) == SV_OK);
    seed_buf(s, &b);
}
