/*
 * Key cards: each is signed by its own key.  The first byte says whether the
 * text is signed here.
 * Covers: vault/keyfile.c
 */
#include <string.h>

#include "audit/note.h"
#include "vault/keyfile.h"

#include "fuzz/fuzz.h"

#define NAME "cora"

static void
check_card(struct bytes in)
{
    char words[WORDS_TEXT_SIZE], sign[BASE64_SIZE(SIGN_PUBLIC_LEN)],
        box[BASE64_SIZE(BOX_PUBLIC_LEN)];
    struct buf text = BUF_INIT;
    struct card c;
    struct note n;

    memset(&c, 0, sizeof c);
    if (card_parse(in, &c) != SV_OK) {
        demand(fuzz_is_zero(&c, sizeof c));
        return;
    }
    /* All of it follows from name and keys. */
    demand(note_parse(in, &n) == SV_OK);
    demand(n.n == 1 && note_verify(&n, c.name, &c.sign) == SV_OK);
    card_fingerprint(&c, words);
    text_base64(BYTES(c.sign.b), sign);
    text_base64(BYTES(c.box.b), box);
    demand(buf_printf(&text,
                      "svault/card/v1\nname %s\nsign %s\nbox %s\n"
                      "fingerprint %s\n",
                      c.name, sign, box, words) == SV_OK);
    demand(bytes_equal(buf_bytes(&text), n.text));
    buf_free(&text);
}

static void
user(struct user_keys *keys)
{
    const uint8_t seed_here[SEED_LEN] = {1};

    user_keys_derive(seed_here, keys);
}

static void
check_signed(struct bytes text)
{
    struct user_keys keys;
    struct buf b = BUF_INIT;

    user(&keys);
    if (note_sign(text, NAME, &keys.sign, &b) == SV_OK) {
        fuzz_fit(&b);
        check_card(buf_bytes(&b));
    }
    buf_free(&b);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_card(in);
    else
        check_signed(in);
    fuzz_heap_bounded(in.len, 16);
}

void
fuzz_seeds(struct seeds *s)
{
    struct user_keys keys;
    struct buf b = BUF_INIT;
    struct note n;

    user(&keys);
    demand(card_encode(&keys, NAME, &b) == SV_OK);
    demand(note_parse(buf_bytes(&b), &n) == SV_OK);
    seed_choice(s, 0, buf_bytes(&b));
    seed_choice(s, 1, n.text);
    buf_free(&b);
}
