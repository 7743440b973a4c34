/*
 * Cosignatures and cosigners' keys.  The first byte says how: a note as it
 * came, a key, or a text that is signed and cosigned here.
 * Covers: audit/cosign.c
 */
#include <string.h>

#include "audit/cosign.h"

#include "fuzz/fuzz.h"

#define LOG "shelter.example/log"
#define WITNESS "witness.example"
#define TIME 1700000000

static void
check_note(struct bytes in)
{
    struct sign_public ours = fuzz_public(2), other = fuzz_public(9);
    struct sign_seed key = fuzz_key(2);
    uint64_t at = 0;
    struct buf more = BUF_INIT, merged = BUF_INIT;
    struct note n;

    if (note_parse(in, &n) != SV_OK)
        return;
    demand(cosign_verify(&n, WITNESS, &other, &at) != SV_OK);
    demand(at == 0);
    (void)cosign_verify(&n, WITNESS, &ours, &at);
    /* With our line behind it, ours is the newest. */
    if (cosign_add(in, WITNESS, &key, TIME, &more) == SV_OK) {
        struct note again;

        fuzz_fit(&more);
        demand(note_parse(buf_bytes(&more), &again) == SV_OK);
        demand(bytes_equal(again.text, n.text));
        demand(cosign_verify(&again, WITNESS, &ours, &at) == SV_OK);
        demand(at == TIME);
        if (cosign_merge(in, buf_bytes(&more), &merged) == SV_OK)
            demand(note_parse(buf_bytes(&merged), &again) == SV_OK);
    }
    buf_free(&more);
    buf_free(&merged);
}

static void
check_key(struct bytes in)
{
    char name[NOTE_NAME_MAX + 1];
    struct sign_seed key;
    struct buf again = BUF_INIT;

    if (cosign_key_parse(in, name, sizeof name, &key) != SV_OK)
        return;
    demand(cosign_key_encode(name, &key, &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

static void
check_signed(struct bytes text)
{
    struct sign_seed log = fuzz_key(1), key = fuzz_key(2);
    struct sign_public pub = fuzz_public(2);
    struct buf b = BUF_INIT;
    struct note n;
    uint64_t at = 0;

    if (note_sign(text, LOG, &log, &b) == SV_OK) {
        demand(cosign_sign(text, TIME, WITNESS, &key, &b) == SV_OK);
        fuzz_fit(&b);
        demand(note_parse(buf_bytes(&b), &n) == SV_OK);
        demand(cosign_verify(&n, WITNESS, &pub, &at) == SV_OK);
        demand(at == TIME);
        check_note(buf_bytes(&b));
    }
    buf_free(&b);
}

void
fuzz_one(struct bytes in)
{
    switch (fuzz_choice(&in) % 3) {
    case 0:
        check_note(in);
        break;
    case 1:
        check_key(in);
        break;
    default:
        check_signed(in);
        break;
    }
    fuzz_heap_bounded(in.len, 32);
}

void
fuzz_seeds(struct seeds *s)
{
    const char *text = "shelter.example/log\n1\nAAAA\n";
    struct sign_seed log = fuzz_key(1);
    struct buf b = BUF_INIT;

    demand(note_sign(bytes_text(text), LOG, &log, &b) == SV_OK);
    for (uint8_t who = 2; who <= 4; who++) {
        struct sign_seed key = fuzz_key(who);

        seed_choice(s, 0, buf_bytes(&b));
        demand(cosign_sign(bytes_text(text), TIME + who, WITNESS, &key, &b) ==
               SV_OK);
    }
    seed_choice_buf(s, 0, &b);
    demand(cosign_key_encode(WITNESS, &log, &b) == SV_OK);
    seed_choice_buf(s, 1, &b);
    seed_choice(s, 2, bytes_text(text));
}
