#include <sys/stat.h>
#include <unistd.h>

#include "audit/entry.h"
#include "audit/export_write.h"
#include "audit/proof.h"
#include "audit/witness.h"
#include "tests/support/scarce.h"
#include "tests/support/support.h"
#include "tests/vectors/audit.h"

/*
 * Exports, witnesses and texts where memory runs out or the system refuses:
 * that is said and nothing else, nobody is accused, and once nothing fails any
 * more it goes on from what is there.
 */

#define ORIGIN "office.example/vault"
#define NAME "board.example/w1"
#define NOW UINT64_C(1770000000)
#define FIRST 4   /* entries of an export that grows */
#define WHOLE 260 /* with a full tile and two that are not */

struct bench {
    char dir[PATH_SIZE], place[PATH_SIZE]; /* this test's own, and below it */
    struct sign_seed log_seed, seed;
    struct sign_public log_key;
    struct buf heads[2]; /* of FIRST, of WHOLE */
};

/* ---- A log in memory ---- */

static struct bytes
entry_at(uint64_t i, char text[static 32])
{
    (void)snprintf(text, 32, "entry %llu", (unsigned long long)i);
    return bytes_text(text);
}

static enum sv_err
read_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const uint64_t *fork = ctx; /* from here on of another branch */
    struct hash left, right;
    char text[32];

    if (level > 0) {
        assert_ok(read_hash(ctx, level - 1, 2 * index, &left));
        assert_ok(read_hash(ctx, level - 1, 2 * index + 1, &right));
        *out = tree_node(&left, &right);
        return SV_OK;
    }
    *out = tree_leaf(entry_at(index < *fork ? index : index + WHOLE, text));
    return SV_OK;
}

static enum sv_err
head_of(const struct bench *b, uint64_t size, uint64_t fork, struct buf *note)
{
    struct checkpoint c = {.origin = ORIGIN, .size = size};

    assert_ok(tree_root(size, read_hash, &fork, &c.root));
    return checkpoint_sign(&c, &b->log_seed, note);
}

static int
set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    support_dir_make(b->dir);
    assert_ok(path_join(b->place, b->dir, "place"));
    memset(b->log_seed.b, 1, sizeof b->log_seed.b);
    memset(b->seed.b, 2, sizeof b->seed.b);
    sign_public_of(&b->log_seed, &b->log_key);
    assert_ok(head_of(b, FIRST, UINT64_MAX, &b->heads[0]));
    assert_ok(head_of(b, WHOLE, UINT64_MAX, &b->heads[1]));
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    support_dir_remove(b->dir);
    buf_free(&b->heads[0]);
    buf_free(&b->heads[1]);
    free(b);
    return 0;
}

/* What was lacking, and no accusation. */
static void
assert_own(enum sv_err err, const char *place)
{
    if (err != SV_OK && err != SV_ERR_NOMEM && err != SV_ERR_IO)
        fail_msg("%s: %s", place, err_text(err));
}

/* ---- Exports ---- */

static enum sv_err
write_export(struct bench *b, size_t which)
{
    struct export_writer w;
    uint64_t from = 0, size = which == 0 ? FIRST : WHOLE;
    enum sv_err err =
        export_write_begin(&w, b->place, ORIGIN, &b->log_key,
                           buf_bytes(&b->heads[which]), true, &from);

    for (uint64_t i = from; i < size && err == SV_OK; i++) {
        char text[32];

        err = export_write_entry(&w, entry_at(i, text));
    }
    if (err == SV_OK)
        err = export_write_end(&w);
    export_write_clear(&w);
    return err;
}

static enum sv_err
count_entry(void *ctx, uint64_t index, struct bytes entry)
{
    (void)entry;
    assert_int_equal(index, *(uint64_t *)ctx);
    ++*(uint64_t *)ctx;
    return SV_OK;
}

/* As an auditor does. */
static enum sv_err
read_export(struct bench *b, uint64_t *size)
{
    struct export e = {0};
    uint64_t n = 0;
    enum sv_err err = export_open(&e, b->place, ORIGIN, &b->log_key);

    if (err == SV_OK)
        err = export_check_names(&e);
    if (err == SV_OK)
        err = export_check_tree(&e, true, NULL, NULL, NULL);
    if (err == SV_OK)
        err = export_entries(&e, count_entry, &n);
    if (err == SV_OK)
        assert_int_equal(n, e.head.size);
    *size = e.head.size;
    export_close(&e);
    return err;
}

static enum sv_err
grow(void *ctx)
{
    enum sv_err err = write_export(ctx, 0);

    return err == SV_OK ? write_export(ctx, 1) : err;
}

/* Whatever it left, the next one makes whole. */
static void
look_at_growth(void *ctx, enum sv_err err, const char *place)
{
    struct bench *b = ctx;
    uint64_t size = 0;

    assert_own(err, place);
    if (write_export(b, 1) != SV_OK || read_export(b, &size) != SV_OK ||
        size != WHOLE)
        fail_msg("%s: it is not made whole", place);
    support_dir_remove(b->place);
}

static void
test_an_export_that_fails_anywhere_is_completed_by_the_next(void **state)
{
    const struct scarce_work w = {"export", *state, grow, look_at_growth};

    assert_true(scarce_at_each_place(&w, SCARCE_SYSTEM, 1) > 10);
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 4);
}

static enum sv_err
read_it(void *ctx)
{
    uint64_t size;

    return read_export(ctx, &size);
}

/* What fails is not passed over, and nothing else is said. */
static void
look_at_failed_reading(void *ctx, enum sv_err err, const char *place)
{
    (void)ctx;
    if (err != (scarce_came() ? SV_ERR_IO : SV_OK))
        fail_msg("%s: %s", place, err_text(err));
}

static void
look_at_short_reading(void *ctx, enum sv_err err, const char *place)
{
    (void)ctx;
    if (err != (scarce_came() ? SV_ERR_NOMEM : SV_OK))
        fail_msg("%s: %s", place, err_text(err));
}

static void
test_an_export_that_cannot_be_read_is_not_called_false(void **state)
{
    struct scarce_work w = {"reading", *state, read_it, look_at_failed_reading};

    assert_ok(write_export(*state, 1));
    assert_true(scarce_at_each_place(&w, SCARCE_SYSTEM, 1) > 3);
    w.after = look_at_short_reading;
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 3);
}

/* ---- A witness ---- */

static enum sv_err
ask(struct bench *b, struct witness *w, uint64_t old, uint64_t size,
    uint64_t fork, struct witness_result *r)
{
    const struct witness_log log = {ORIGIN, &b->log_key};
    uint64_t none = UINT64_MAX;
    struct buf note = BUF_INIT, request = BUF_INIT;
    struct tree_proof proof = {.n = 0};
    enum sv_err err = head_of(b, size, fork, &note);

    if (old > 0 && old < size)
        assert_ok(tree_consistency(old, size, read_hash, &none, &proof));
    if (err == SV_OK)
        err = witness_request_encode(old, &proof, buf_bytes(&note), &request);
    if (err == SV_OK)
        err = witness_answer(w, &log, buf_bytes(&request), old == 0, NOW + size,
                             r);
    buf_free(&note);
    buf_free(&request);
    return err;
}

/* Begins, goes on, and is shown another branch. */
static enum sv_err
witness(void *ctx)
{
    static const struct {
        uint64_t old, size, fork;
        enum witness_finding finding;
    } asked[] = {{0, 5, UINT64_MAX, WITNESS_COSIGNED},
                 {5, 9, UINT64_MAX, WITNESS_COSIGNED},
                 {9, 9, 7, WITNESS_FORK}};
    struct bench *b = ctx;
    struct witness w = {b->place, NAME, &b->seed, -1};
    char holder[WITNESS_HOLDER_SIZE];
    enum sv_err err = witness_open(&w, holder);

    for (size_t i = 0; i < 3 && err == SV_OK; i++) {
        struct witness_result r = {0};

        err = ask(b, &w, asked[i].old, asked[i].size, asked[i].fork, &r);
        if (err == SV_OK)
            assert_int_equal(r.finding, asked[i].finding);
        witness_result_clear(&r);
    }
    witness_close(&w);
    return err;
}

/* It cosigns what goes on from what it cosigned, and nothing else. */
static void
look_at_witness(void *ctx, enum sv_err err, const char *place)
{
    struct bench *b = ctx;
    struct witness w = {b->place, NAME, &b->seed, -1};
    struct witness_result r = {0};
    char holder[WITNESS_HOLDER_SIZE];
    uint64_t last;

    assert_own(err, place);
    assert_ok(witness_open(&w, holder));
    assert_ok(ask(b, &w, 12, 12, UINT64_MAX, &r));
    last = r.finding == WITNESS_UNKNOWN ? 0 : r.last.size;
    if (r.finding == WITNESS_COSIGNED ||
        (last != 0 && last != 5 && last != 9) || (err == SV_OK && last != 9))
        fail_msg("%s: finding %d at %llu", place, (int)r.finding,
                 (unsigned long long)last);
    witness_result_clear(&r);
    assert_ok(ask(b, &w, last, 12, UINT64_MAX, &r));
    assert_int_equal(r.finding, WITNESS_COSIGNED);
    witness_result_clear(&r);
    witness_close(&w);
    support_dir_remove(b->place);
    assert_int_equal(mkdir(b->place, 0700), 0);
}

static void
test_a_witness_that_fails_anywhere_never_goes_back(void **state)
{
    struct bench *b = *state;
    const struct scarce_work w = {"witness", b, witness, look_at_witness};

    assert_int_equal(mkdir(b->place, 0700), 0);
    assert_true(scarce_at_each_place(&w, SCARCE_SYSTEM, 1) > 10);
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 10);
}

/* ---- Texts and trees ---- */

static struct request asked = {.act = ACT_RECORD_SAVE,
                               .origin = ORIGIN,
                               .has_vault = true,
                               .actor = "hana",
                               .role = "caseworker",
                               .purpose = "care",
                               .seen_size = 1,
                               .type = "victim",
                               .n_compartments = 2,
                               .compartments = {"identity", "facts"}};

/* Each text there and back, and the tree over it. */
static enum sv_err
write_and_read(void *ctx)
{
    struct bench *b = ctx;
    struct buf note = BUF_INIT, text = BUF_INIT, proof = BUF_INIT;
    struct entry e = {.index = 1, .rule = "role"}, entry_again;
    struct request again;
    struct tree_levels levels = {0};
    struct tree_proof path = {.n = 0};
    struct note n;
    enum sv_err err = request_sign(&asked, &b->seed, &note);

    if (err == SV_OK)
        err = request_parse(buf_bytes(&note), &n, &again);
    if (err == SV_OK)
        err = request_text_parse(n.text, &again);
    e.note = buf_bytes(&note);
    if (err == SV_OK)
        err = entry_encode(&e, &text);
    if (err == SV_OK)
        err = entry_parse(buf_bytes(&text), &entry_again);
    if (err == SV_OK)
        err = tree_levels_new(&asked.vault, 1, &levels);
    if (err == SV_OK)
        err = tree_levels_path(&levels, 0, &path);
    if (err == SV_OK)
        err = tree_proof_encode(&path, &proof);
    tree_levels_free(&levels);
    if (err == SV_OK)
        assert_true(bytes_equal(entry_again.note, buf_bytes(&note)) &&
                    proof.len == 1);
    buf_free(&note);
    buf_free(&text);
    buf_free(&proof);
    return err;
}

static void
look_at_texts(void *ctx, enum sv_err err, const char *place)
{
    (void)ctx;
    if (err != SV_OK && err != SV_ERR_NOMEM)
        fail_msg("%s: %s", place, err_text(err));
}

/* One of them at a time, and from one of them on all. */
static void
test_texts_without_memory_are_no_other_texts(void **state)
{
    const struct scarce_work w = {"texts", *state, write_and_read,
                                  look_at_texts};
    enum sv_err err = SV_ERR_NOMEM;

    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 10);
    for (uint64_t at = 1; err != SV_OK; at++) {
        scarce_memory_at(at, true);
        err = write_and_read(*state);
        scarce_memory_at(0, false);
        assert_true(err == SV_OK ? !scarce_came() : err == SV_ERR_NOMEM);
    }
}

/* A buffer that is full but for some bytes. */
static struct buf
nearly_full(size_t room)
{
    struct buf out = BUF_INIT;

    assert_ok(buf_reserve(&out, 4096));
    out.len = out.cap - room;
    memset(out.ptr, 'x', out.len);
    return out;
}

static enum sv_err
put_request(const void *object, struct buf *out)
{
    return request_encode(object, out);
}

static enum sv_err
put_entry(const void *object, struct buf *out)
{
    return entry_encode(object, out);
}

/* Where one allocation fails, whichever it is, and those behind it would not;
 * with room for any part of the text before it. */
static void
cannot_grow(const char *name, size_t len, const void *object,
            enum sv_err (*encode)(const void *object, struct buf *out))
{
    for (size_t room = 0; room < len; room++) {
        enum sv_err err = SV_ERR_NOMEM;

        for (uint64_t at = 1; err != SV_OK; at++) {
            struct buf out = nearly_full(room);
            size_t was = out.len;

            scarce_memory_at(at, false);
            err = encode(object, &out);
            scarce_memory_at(0, false);
            if (err != (scarce_came() ? SV_ERR_NOMEM : SV_OK) ||
                out.len != was + (err == SV_OK ? len : 0))
                fail_msg("%s, room for %zu: %s", name, room, err_text(err));
            if (err == SV_OK)
                assert_true(at > 1);
            buf_free(&out);
        }
    }
}

static void
test_a_text_that_cannot_grow_is_not_begun(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACT_N; i++) {
        struct request r;
        struct note n;

        assert_ok(request_parse(bytes_text(request_vectors[i].text), &n, &r));
        cannot_grow(request_vectors[i].act, n.text.len, &r, put_request);
    }
    for (size_t i = 0; i < sizeof entry_vectors / sizeof entry_vectors[0];
         i++) {
        struct bytes text = bytes_text(entry_vectors[i].text);
        struct entry e;

        assert_ok(entry_parse(text, &e));
        cannot_grow(entry_vectors[i].name, text.len, &e, put_entry);
    }
}

/* ---- What is signed, and what is asked of a witness ---- */

/* A note of the log with a cosignature of each of two witnesses, and what is
 * made of it. */
struct signing {
    const struct bench *b;
    struct note note;
    struct buf head, one, two;
    struct tree_proof proof;
};

static enum sv_err
put_note(const void *object, struct buf *out)
{
    const struct signing *s = object;

    return note_sign(s->note.text, ORIGIN, &s->b->log_seed, out);
}

static enum sv_err
put_cosignature(const void *object, struct buf *out)
{
    const struct signing *s = object;

    return cosign_sign(s->note.text, NOW, NAME, &s->b->seed, out);
}

static enum sv_err
put_cosigned(const void *object, struct buf *out)
{
    const struct signing *s = object;

    return cosign_add(buf_bytes(&s->one), "other", &s->b->seed, NOW, out);
}

static enum sv_err
put_merged(const void *object, struct buf *out)
{
    const struct signing *s = object;

    return cosign_merge(buf_bytes(&s->one), buf_bytes(&s->two), out);
}

static enum sv_err
put_key(const void *object, struct buf *out)
{
    const struct signing *s = object;

    return cosign_key_encode(NAME, &s->b->seed, out);
}

static enum sv_err
put_proof(const void *object, struct buf *out)
{
    const struct signing *s = object;

    return proof_encode(5, &s->proof, buf_bytes(&s->head), out);
}

static enum sv_err
put_question(const void *object, struct buf *out)
{
    const struct signing *s = object;

    return witness_request_encode(5, &s->proof, buf_bytes(&s->head), out);
}

static void
test_a_signed_text_that_cannot_grow_is_not_begun(void **state)
{
    static const struct {
        const char *name;
        enum sv_err (*put)(const void *object, struct buf *out);
    } texts[] = {
        {"note", put_note},         {"cosignature", put_cosignature},
        {"cosigned", put_cosigned}, {"merged", put_merged},
        {"key", put_key},           {"proof", put_proof},
        {"question", put_question},
    };
    const struct bench *b = *state;
    struct signing s = {.b = b, .proof = {.n = 3}};

    assert_ok(buf_append(&s.head, buf_bytes(&b->heads[0])));
    assert_ok(note_parse(buf_bytes(&s.head), &s.note));
    assert_ok(cosign_add(buf_bytes(&s.head), NAME, &b->seed, NOW, &s.one));
    assert_ok(cosign_add(buf_bytes(&s.head), "w2", &b->seed, NOW, &s.two));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf whole = BUF_INIT;

        assert_ok(texts[i].put(&s, &whole));
        cannot_grow(texts[i].name, whole.len, &s, texts[i].put);
        buf_free(&whole);
    }
    buf_free(&s.head);
    buf_free(&s.one);
    buf_free(&s.two);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_an_export_that_fails_anywhere_is_completed_by_the_next),
        CASE(test_an_export_that_cannot_be_read_is_not_called_false),
        CASE(test_a_witness_that_fails_anywhere_never_goes_back),
        CASE(test_texts_without_memory_are_no_other_texts),
        CASE(test_a_text_that_cannot_grow_is_not_begun),
        CASE(test_a_signed_text_that_cannot_grow_is_not_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
