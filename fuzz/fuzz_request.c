/*
 * Requests.  The first byte says how: a whole note as it came, or a text that
 * is signed here, so that what lies behind the signature is reached.
 * Covers: audit/request.c audit/request_lines.c audit/request_act.c
 *         audit/line.c
 */
#include "tests/support/fakelog.h"

#include "fuzz/fuzz.h"

/* What parses has one text. */
static void
check_text(struct bytes text)
{
    struct request q;
    struct buf again = BUF_INIT;

    if (request_text_parse(text, &q) != SV_OK)
        return;
    demand(request_act_name(q.act) != NULL);
    demand(request_encode(&q, &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), text));
    buf_free(&again);
}

static void
check_note(struct bytes in)
{
    struct note n;
    struct request q;
    char name[NOTE_NAME_MAX + 1];

    if (request_parse(in, &n, &q) != SV_OK)
        return;
    demand(request_key_name(q.origin, q.actor, name) == SV_OK);
    demand(text_is(n.signature[0].name, name));
    check_text(n.text);
}

/* What we sign parses as what it said, unless it has a key that nobody can
 * seal to. */
static void
check_signed(struct bytes text)
{
    struct sign_seed key = fuzz_key(1);
    struct request q;
    struct note n;
    struct buf b = BUF_INIT;

    check_text(text);
    if (request_text_parse(text, &q) != SV_OK)
        return;
    demand(text_copy(bytes_text("cora"), q.actor, sizeof q.actor) == SV_OK);
    demand(request_sign(&q, &key, &b) == SV_OK);
    fuzz_fit(&b);
    if (request_parse(buf_bytes(&b), &n, &q) == SV_OK) {
        demand(text_is(bytes_text(q.actor), "cora"));
        demand(bytes_equal(n.text, text));
    }
    buf_free(&b);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_note(in);
    else
        check_signed(in);
    fuzz_heap_bounded(in.len, 32);
}

/* The request of each entry of a log, as a note and as a text. */
void
fuzz_seeds(struct seeds *s)
{
    struct fakelog f;

    fakelog_found(&f, "standard");
    (void)fakelog_hire(&f, "cora", "caseworker", f.now_ms + 5000);
    (void)fakelog_create(&f, "cora", "caseworker", "victim", 1);
    (void)fakelog_import(&f, "cora", "caseworker", "victim", 2, 1);
    for (size_t i = 0; i < f.n; i++) {
        struct entry e;
        struct note n;

        demand(entry_parse(buf_bytes(&f.entries[i]), &e) == SV_OK);
        if (e.kind != ENTRY_REQUEST || note_parse(e.note, &n) != SV_OK)
            continue;
        if (i < 3)
            seed_choice(s, 0, e.note);
        seed_choice(s, 1, n.text);
    }
    fakelog_clear(&f);
}
