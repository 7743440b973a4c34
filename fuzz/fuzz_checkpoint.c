/*
 * Heads of a log.  The first byte says how: a note as it came, a text, or a
 * text that the log's key signs here.
 * Covers: audit/checkpoint.c
 */
#include <string.h>

#include "audit/checkpoint.h"

#include "fuzz/fuzz.h"

#define ORIGIN "shelter.example/log"

static void
check_again(const struct checkpoint *c, struct bytes text)
{
    struct sign_seed key = fuzz_key(1);
    struct buf again = BUF_INIT;
    struct note n;

    demand(checkpoint_origin_ok(c->origin));
    demand(checkpoint_sign(c, &key, &again) == SV_OK);
    demand(note_parse(buf_bytes(&again), &n) == SV_OK);
    demand(bytes_equal(n.text, text));
    buf_free(&again);
}

static void
check_text(struct bytes text)
{
    struct checkpoint c;

    if (checkpoint_parse(text, &c) == SV_OK)
        check_again(&c, text);
}

/* Nobody has the other key. */
static void
check_note(struct bytes in)
{
    struct sign_public ours = fuzz_public(1), other = fuzz_public(2);
    struct checkpoint c;
    struct note n;

    memset(&c, 0, sizeof c);
    demand(checkpoint_open(in, ORIGIN, &other, &c) != SV_OK);
    demand(fuzz_is_zero(&c, sizeof c));
    if (checkpoint_open(in, ORIGIN, &ours, &c) != SV_OK) {
        demand(fuzz_is_zero(&c, sizeof c));
        return;
    }
    demand(strcmp(c.origin, ORIGIN) == 0);
    demand(note_parse(in, &n) == SV_OK);
    check_again(&c, n.text);
}

static void
check_signed(struct bytes text)
{
    struct sign_seed key = fuzz_key(1);
    struct buf b = BUF_INIT;

    if (note_sign(text, ORIGIN, &key, &b) == SV_OK) {
        fuzz_fit(&b);
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
        check_text(in);
        break;
    default:
        check_signed(in);
        break;
    }
    fuzz_heap_bounded(in.len, 16);
}

void
fuzz_seeds(struct seeds *s)
{
    struct sign_seed key = fuzz_key(1);
    struct checkpoint heads[] = {
        {ORIGIN, 0, tree_empty()},
        {ORIGIN, 7, tree_leaf(bytes_text("7"))},
        {"other.example", INT64_MAX, tree_leaf(bytes_text("all"))},
    };

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct buf b = BUF_INIT;
        struct note n;

        demand(checkpoint_sign(&heads[i], &key, &b) == SV_OK);
        demand(note_parse(buf_bytes(&b), &n) == SV_OK);
        seed_choice(s, 0, buf_bytes(&b));
        seed_choice(s, 1, n.text);
        seed_choice(s, 2, n.text);
        buf_free(&b);
    }
}
