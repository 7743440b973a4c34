/*
 * Words as they are compared.  The first byte chooses the kind.  Folding what
 * is folded changes nothing.
 * Covers: vault/fold.c
 */
#include "vault/fold.h"

#include "fuzz/fuzz.h"

static void
check_word(enum fold_kind kind, struct bytes word)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;
    enum sv_err err = fold_word(kind, word, &once);

    demand(err != SV_ERR_FORMAT || !text_is_utf8(word) || word.len == 0 ||
           once.len == 0);
    if (err == SV_OK) {
        demand(once.len <= FOLD_MAX);
        demand(once.len == 0 || text_is_utf8(buf_bytes(&once)));
        fuzz_fit(&once);
        demand(fold_word(kind, buf_bytes(&once), &twice) == SV_OK);
        demand(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    } else {
        demand(once.len == 0);
    }
    buf_free(&once);
    buf_free(&twice);
}

void
fuzz_one(struct bytes in)
{
    enum fold_kind kind = (enum fold_kind)(fuzz_choice(&in) % FOLD_KINDS);
    struct bytes line = in, word;
    size_t len = 0;

    check_word(kind, in);
    while (fold_next(&line, &word)) {
        demand(word.len > 0 && word.ptr >= in.ptr &&
               word.ptr + word.len <= in.ptr + in.len);
        len += word.len;
        check_word(kind, word);
    }
    demand(len <= in.len && line.len == 0);
    fuzz_heap_bounded(in.len, 64);
}

void
fuzz_seeds(struct seeds *s)
{
    static const char *const names[] = {
        "Sato, Sat\xc5\x8d Satou Satoh",
        "\xe3\x81\x95\xe3\x81\xa8\xe3\x81\x86 \xef\xbd\xbb\xef\xbe\x84\xef\xbd"
        "\xb3",
        "\xe3\x83\x95\xe3\x82\xa1\xe3\x83\xbc \xe3\x81\xa3\xe3\x81\xa1\xe3\x82"
        "\x83\xe3\x83\xbd",
        "tchi dzujyu mbLoohna oh",
        "\xe9\xbd\x8a\xe8\x97\xa4 \xe6\xb8\xa1\xe9\x82\x8a",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        seed_choice(s, FOLD_NAME, bytes_text(names[i]));
    seed_choice(s, FOLD_NUMBER,
                bytes_text("A-12 \xe2\x80\x94 3\xe3\x83\xbc 4"));
    seed_choice(s, FOLD_PHONE, bytes_text("+81 (0)90-1234-5678"));
}
