/*
 * Signed notes and keys as text.  The first byte says how: bare, as a key, or
 * with the rest signed by us, so that what lies inside is reached.
 * Covers: audit/note.c
 */
#include <string.h>

#include "audit/note.h"

#include "fuzz/fuzz.h"

#define NAME "shelter.example/log"

/* All signatures that are known, written again. */
static void
check_again(struct bytes in, const struct note *n)
{
    struct buf again = BUF_INIT;

    demand(note_text_ok(n->text));
    demand(n->n >= 1 && n->n <= NOTE_SIGNATURES_MAX);
    demand(buf_append(&again, n->text) == SV_OK);
    demand(buf_text(&again, "\n") == SV_OK);
    for (unsigned i = 0; i < n->n; i++) {
        const struct note_signature *s = &n->signature[i];
        char name[NOTE_NAME_MAX + 1] = {0};

        demand(note_name_ok(s->name));
        memcpy(name, s->name.ptr, s->name.len);
        if (s->raw_len == 0)
            goto out; /* longer than we keep */
        demand(note_line(name, s->key_id, bytes_of(s->raw, s->raw_len),
                         &again) == SV_OK);
    }
    demand(bytes_equal(buf_bytes(&again), in));
out:
    buf_free(&again);
}

static void
check_note(struct bytes in, bool is_ours)
{
    struct sign_public pub = fuzz_public(1);
    struct note n;
    enum sv_err err = note_parse(in, &n);

    demand(!is_ours || err == SV_OK);
    if (err != SV_OK)
        return;
    check_again(in, &n);
    err = note_verify(&n, NAME, &pub);
    demand(!is_ours || err == SV_OK);
}

static void
check_vkey(struct bytes in)
{
    char name[NOTE_NAME_MAX + 1], again[NOTE_VKEY_SIZE];
    struct sign_public pub;

    if (note_vkey_parse(in, name, sizeof name, &pub) != SV_OK)
        return;
    demand(note_vkey(name, &pub, again) == SV_OK);
    demand(bytes_equal(bytes_text(again), in));
}

/* What we sign, we read; with a second signature, too. */
static void
check_signing(struct bytes text)
{
    struct sign_seed key = fuzz_key(1), other = fuzz_key(2);
    struct buf b = BUF_INIT;

    demand((note_sign(text, NAME, &key, &b) == SV_OK) ==
           (note_text_ok(text) && text.len <= NOTE_TEXT_MAX));
    if (b.len > 0) {
        fuzz_fit(&b);
        check_note(buf_bytes(&b), true);
        demand(note_add_signature(text, "w", &other, &b) == SV_OK);
        fuzz_fit(&b);
        check_note(buf_bytes(&b), true);
    }
    buf_free(&b);
}

void
fuzz_one(struct bytes in)
{
    switch (fuzz_choice(&in) % 3) {
    case 0:
        check_note(in, false);
        break;
    case 1:
        check_vkey(in);
        break;
    default:
        check_signing(in);
        break;
    }
    fuzz_heap_bounded(in.len, 16);
}

static void
seed_note(struct seeds *s, const char *text, uint8_t signers)
{
    struct buf b = BUF_INIT;

    for (uint8_t who = 1; who <= signers; who++) {
        struct sign_seed key = fuzz_key(who);

        demand((who == 1 ? note_sign(bytes_text(text), NAME, &key, &b)
                         : note_add_signature(bytes_text(text), "witness", &key,
                                              &b)) == SV_OK);
    }
    seed_choice_buf(s, 0, &b);
}

void
fuzz_seeds(struct seeds *s)
{
    struct sign_public pub = fuzz_public(1);
    char vkey[NOTE_VKEY_SIZE];

    seed_note(s, "one line\n", 1);
    seed_note(s, "two\n\nparts \xe2\x80\x94 and a dash\n", 3);
    demand(note_vkey(NAME, &pub, vkey) == SV_OK);
    seed_choice(s, 1, bytes_text(vkey));
    seed_choice(s, 2, bytes_text("what we sign\n"));
}
