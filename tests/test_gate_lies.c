/* A gate that lies, with the log's key in its hands: each part of each answer
 * comes altered.  Nobody is shown what was not written, and nothing that came
 * in part is taken for the whole. */
#include "tests/support/asked.h"
#include "vault/message.h"

/* Every how many-th lie; SV_SHARE=1 takes them all. */
#ifdef __SANITIZE_ADDRESS__
#define SHARE 32
#else
#define SHARE 3
#endif
#define PLACES 9    /* of a part that are altered, and where it is cut */
#define RENEWED 10  /* every how many-th question begins anew */
#define BEGINNING 2 /* calls with which a session begins */
#define ACT_BODY 4

enum lie_kind {
    LIE_NONE,
    LIE_CUT,
    LIE_FLIP,
    LIE_ONES,
    LIE_LONGER,
    LIE_BARE /* entries of the log, made up, and no proof of any */
};

static unsigned
share(void)
{
    const char *wanted = getenv("SV_SHARE");

    return wanted == NULL ? SHARE : (unsigned)strtoul(wanted, NULL, 10);
}

struct lie {
    enum lie_kind kind;
    unsigned call, part, place;
};

struct liar {
    struct asked v;
    struct lie lie;
    unsigned calls; /* so far */
    bool lied;
    unsigned n; /* lies so far */
};

/* ---- Lying ---- */

static struct bytes *
part_of(struct message_answer *m, unsigned part)
{
    struct bytes *const parts[] = {&m->act.entry, &m->act.inclusion,
                                   &m->act.head, &m->act.consistency,
                                   &m->act.body};

    return parts[part];
}

/* u8 proved, u32 n, each: u16 entry and its proof. */
static void
strip_proofs(struct buf *body)
{
    struct reader r = reader_of(buf_bytes(body));
    struct buf bare = BUF_INIT;
    struct writer w = writer_to(&bare);
    uint32_t n;

    assert_int_equal(reader_u8(&r), 1);
    n = reader_u32(&r);
    writer_u8(&w, 0);
    writer_u32(&w, n);
    for (uint32_t i = 0; i < n; i++) {
        struct bytes entry = reader_medium(&r, ENTRY_MAX), rest;
        struct tree_proof proof;

        rest = bytes_slice(r.in, r.at, r.in.len - r.at);
        assert_ok(tree_proof_decode(&rest, &proof));
        r.at = r.in.len - rest.len;
        writer_medium(&w, i == 0 ? bytes_text("made up") : entry);
    }
    assert_ok(reader_end(&r));
    assert_ok(writer_end(&w));
    buf_free(body);
    *body = bare;
}

/* Is it another than before? */
static bool
alter(const struct lie *l, struct buf *part)
{
    size_t at = part->len * l->place / PLACES;
    size_t n = part->len - at < 4 ? part->len - at : 4;

    if (l->kind == LIE_LONGER) {
        assert_ok(buf_text(part, "x"));
        return true;
    }
    if (part->len == 0)
        return false;
    if (l->kind == LIE_BARE) {
        strip_proofs(part);
        return true;
    }
    if (l->kind == LIE_CUT)
        buf_truncate(part, at);
    else if (l->kind == LIE_FLIP)
        part->ptr[at] ^= 1;
    else
        memset(part->ptr + at, 0xff, n);
    return true;
}

static void
tell_lie(struct liar *l, struct buf *response)
{
    struct message_answer m;
    struct buf part = BUF_INIT, out = BUF_INIT;

    assert_ok(message_answer_decode(buf_bytes(response), &m));
    if (m.kind != MESSAGE_ACT || m.status != SV_OK)
        return;
    assert_ok(buf_append(&part, *part_of(&m, l->lie.part)));
    l->lied = alter(&l->lie, &part);
    *part_of(&m, l->lie.part) = buf_bytes(&part);
    assert_ok(message_act_answer_encode(&m.act, &out));
    buf_free(&part);
    buf_free(response);
    *response = buf_take(&out);
}

static enum sv_err
call_liar(void *ctx, struct bytes request, struct buf *response)
{
    struct liar *l = ctx;
    enum sv_err err = gate_handle(l->v.o.gate, request, response);

    if (err == SV_OK && l->lie.kind != LIE_NONE && l->calls == l->lie.call)
        tell_lie(l, response);
    l->calls++;
    return err;
}

/* ---- Asking ---- */

static enum sv_err
ask(struct liar *l, const struct asked_act *act, const struct lie *lie,
    struct buf *shown)
{
    if (l->n++ % RENEWED == 0) { /* a long log is slow */
        asked_put_back(&l->v);
        assert_ok(office_open(&l->v.o));
    }
    l->lie = *lie;
    l->calls = 0;
    l->lied = false;
    return asked_ask(&l->v, act, shown);
}

/* May this lie be told?  What a gate finds, counts or lists is its own word;
 * it must be whole, and is not taken for what was written. */
static bool
may_pass(const struct asked_act *act, const struct lie *lie)
{
    bool proved =
        strcmp(act->name, "read") == 0 || strcmp(act->name, "log") == 0;

    if (lie->part != ACT_BODY || proved)
        return false;
    return lie->kind == LIE_FLIP || lie->kind == LIE_ONES;
}

static void
check_lie(struct liar *l, const struct asked_act *act, const struct lie *lie,
          const struct buf *honest)
{
    struct buf shown = BUF_INIT;
    enum sv_err err = ask(l, act, lie, &shown);
    bool refused = err == SV_ERR_TAMPERED || err == SV_ERR_FORMAT ||
                   err == SV_ERR_ROLLBACK;
    bool same = bytes_equal(buf_bytes(&shown), buf_bytes(honest));

    if (l->lied && !refused && (err != SV_OK || !same || !may_pass(act, lie)))
        fail_msg("%s, call %u, part %u, lie %u at %u: \"%s\"", act->name,
                 lie->call, lie->part, lie->kind, lie->place, err_text(err));
    buf_free(&shown);
}

static unsigned
places(enum lie_kind kind)
{
    return kind == LIE_LONGER ? 1 : PLACES;
}

static void
lie_about(struct liar *l, const struct asked_act *act, unsigned *n)
{
    struct buf honest = BUF_INIT;
    struct lie lie = {.kind = LIE_NONE};
    unsigned calls;

    assert_ok(ask(l, act, &lie, &honest));
    calls = l->calls;
    for (lie.call = BEGINNING; lie.call < calls; lie.call++)
        for (lie.part = 0; lie.part <= ACT_BODY; lie.part++)
            for (lie.kind = LIE_CUT; lie.kind <= LIE_LONGER; lie.kind++)
                for (lie.place = 0; lie.place < places(lie.kind); lie.place++)
                    if ((*n)++ % share() == 0)
                        check_lie(l, act, &lie, &honest);
    buf_free(&honest);
}

static void
test_nothing_altered_in_an_answer_is_taken_for_what_was_written(void **state)
{
    static const char *const names[] = {
        "read",  "list all",     "history", "find", "log",
        "fetch", "find others'", "list",    "show", "verify"};
    unsigned n = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t a = 0; a < ASKED_ACTS_N; a++)
            if (strcmp(asked_acts[a].name, names[i]) == 0)
                lie_about(*state, &asked_acts[a], &n);
    assert_true(n > 0);
}

static void
test_entries_are_not_shown_without_their_proofs(void **state)
{
    struct liar *l = *state;
    const struct lie lie = {
        .kind = LIE_BARE, .call = BEGINNING, .part = ACT_BODY};
    struct buf shown = BUF_INIT;
    size_t a = 0;

    while (strcmp(asked_acts[a].name, "log") != 0)
        a++;
    assert_err(ask(l, &asked_acts[a], &lie, &shown), SV_ERR_TAMPERED);
    assert_true(l->lied);
    assert_int_equal(shown.len, 0);
    buf_free(&shown);
}

static int
set_up(void **state)
{
    struct liar *l = calloc(1, sizeof *l);

    assert_non_null(l);
    asked_begin(&l->v);
    l->v.o.through = (struct transport){call_liar, l};
    *state = l;
    return 0;
}

static int
tear_down(void **state)
{
    struct liar *l = *state;

    asked_end(&l->v);
    free(l);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_altered_in_an_answer_is_taken_for_what_was_written),
        TEST(test_entries_are_not_shown_without_their_proofs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
