/* What a witness is asked, keeps and says at its limits and where it is
 * refused. */
#include <unistd.h>

#include "tests/support/witnessed.h"

/* ---- Limits ---- */

static void
test_request_is_from_a_size_and_proved_by_so_many_hashes(void **state)
{
    static const char hash[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    static const struct {
        const char *old;
        unsigned n;
        const char *end;
        enum sv_err err;
    } cases[] = {
        {"old 0\n", 0, "\nnote", SV_OK},
        {"old 0\n", 1, "\nnote", SV_ERR_FORMAT},
        {"old 1\n", 0, "\nnote", SV_OK},
        {"old 1\n", WITNESS_PROOF_MAX, "\nnote", SV_OK},
        {"old 1\n", WITNESS_PROOF_MAX + 1, "\nnote", SV_ERR_FORMAT},
        {"old 1\n", 1, "\n", SV_ERR_FORMAT},
        {"old 1\n", 1, "note", SV_ERR_FORMAT},
        {"old 1\n", 1, "AAAA\n\nnote", SV_ERR_FORMAT},
        {"old 9223372036854775807\n", 1, "\nnote", SV_OK},
        {"old 9223372036854775808\n", 1, "\nnote", SV_ERR_FORMAT},
        {"old 01\n", 0, "\nnote", SV_ERR_FORMAT},
        {"size 1\n", 0, "\nnote", SV_ERR_FORMAT},
        {"old 1", 0, "", SV_ERR_FORMAT},
        {"", 0, "", SV_ERR_FORMAT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct witness_request q = {.old_size = 77};
        struct buf in = BUF_INIT;

        assert_ok(buf_text(&in, cases[i].old));
        for (unsigned k = 0; k < cases[i].n; k++)
            assert_ok(buf_text(&in, hash));
        assert_ok(buf_text(&in, cases[i].end));
        assert_err(witness_request_parse(buf_bytes(&in), &q), cases[i].err);
        if (cases[i].err == SV_OK) {
            assert_int_equal(q.proof.n, cases[i].n);
            assert_true(text_is(q.note, "note"));
        } else {
            assert_int_equal(q.old_size, 77);
        }
        buf_free(&in);
    }
}

/* What is kept must be read again. */
static void
test_head_that_is_too_long_to_keep_is_not_cosigned(void **state)
{
    struct witnessed *b = *state;
    struct buf line = BUF_INIT, before;
    struct tree_proof proof = {.n = 0};
    struct witness_result r;

    assert_ok(cosign_sign(bytes_text("x\n"), WITNESSED_NOW, WITNESSED_NAME,
                          &b->seed, &line));
    witnessed_begin(b, 5);
    before = witnessed_stored(b);
    assert_ok(tree_consistency(5, 9, witnessed_hash, &b->one, &proof));
    for (size_t more = 2; more-- > 0;) {
        struct buf head = witnessed_head(b, &b->one, 9), request = BUF_INIT,
                   after;

        support_note_lengthen(&head, WITNESS_NOTE_MAX - line.len + more);
        assert_ok(
            witness_request_encode(5, &proof, buf_bytes(&head), &request));
        assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), false,
                                  WITNESSED_NOW, &r),
                   more > 0 ? SV_ERR_RANGE : SV_OK);
        after = witnessed_stored(b);
        assert_int_equal(bytes_equal(buf_bytes(&before), buf_bytes(&after)),
                         more > 0);
        if (more == 0) {
            assert_int_equal(r.finding, WITNESS_COSIGNED);
            assert_int_equal(after.len, WITNESS_NOTE_MAX);
            witness_result_clear(&r);
        }
        buf_free(&head);
        buf_free(&request);
        buf_free(&after);
    }
    witnessed_expect(b, &b->one, 9, 10, WITNESS_COSIGNED);
    buf_free(&line);
    buf_free(&before);
}

static void
test_state_that_is_too_long_was_altered(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 9), kept;
    struct witness_result r;
    char path[PATH_SIZE];
    uint8_t *at;

    witnessed_begin(b, 5);
    kept = witnessed_stored(b);
    assert_ok(buf_extend(&kept, WITNESS_NOTE_MAX + 1 - kept.len, &at));
    witnessed_file(b, "checkpoint", path);
    assert_ok(file_replace(path, 0600, buf_bytes(&kept)));
    assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), false,
                              WITNESSED_NOW, &r),
               SV_ERR_TAMPERED);
    buf_free(&kept);
    buf_free(&request);
}

/* Within a second there can be several heads. */
static void
test_same_second_is_not_behind_the_last(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 9);
    struct witness_result r;

    witnessed_begin(b, 5);
    r = witnessed_ask(b, buf_bytes(&request), false, WITNESSED_NOW,
                      WITNESS_COSIGNED);
    assert_true(r.last.size == 5);
    assert_true(r.last_unix_s == WITNESSED_NOW);
    assert_true(r.asked.size == 9);
    witness_result_clear(&r);
    buf_free(&request);
}

/* ---- What is said, and what is left alone ---- */

static void
test_what_was_signed_by_nobody_is_not_adopted(void **state)
{
    struct witnessed *b = *state;
    struct buf kept, head = witnessed_head(b, &b->one, 9), other = BUF_INIT;
    struct sign_seed seed = {{9}};
    struct witness_log log = b->log;
    struct checkpoint c = {.size = 77};
    char path[PATH_SIZE];

    witnessed_begin(b, 9);
    kept = witnessed_stored(b);
    witnessed_file(b, "checkpoint", path);
    assert_int_equal(unlink(path), 0);
    assert_err(witness_adopt(&b->w, &log, bytes_text("no note"), &c),
               SV_ERR_FORMAT);
    /* Cosigned under its name by another key, and of another log. */
    assert_ok(cosign_add(buf_bytes(&head), WITNESSED_NAME, &seed, WITNESSED_NOW,
                         &other));
    assert_err(witness_adopt(&b->w, &log, buf_bytes(&other), &c),
               SV_ERR_UNVERIFIED);
    log.key = &b->key;
    assert_err(witness_adopt(&b->w, &log, buf_bytes(&kept), &c),
               SV_ERR_UNVERIFIED);
    assert_int_equal(access(path, F_OK), -1);
    /* A state that is damaged is a state. */
    assert_ok(file_replace(path, 0600, bytes_text("damaged")));
    assert_err(witness_adopt(&b->w, &b->log, buf_bytes(&kept), &c),
               SV_ERR_TAMPERED);
    buf_free(&head);
    head = witnessed_stored(b);
    assert_true(text_is(buf_bytes(&head), "damaged"));
    assert_true(c.size == 77);
    buf_free(&kept);
    buf_free(&head);
    buf_free(&other);
}

static void
test_what_is_no_request_says_so_and_gives_nothing(void **state)
{
    struct witnessed *b = *state;
    struct buf good = witnessed_request(b, &b->one, 0, 5), bad = BUF_INIT;
    struct witness_result r = {.last_unix_s = 77}, said;
    enum sv_err before, err;
    struct tree_proof none = {.n = 0};

    assert_err(witness_answer(&b->w, &b->log, bytes_text("old x\n"), true,
                              WITNESSED_NOW, &r),
               SV_ERR_FORMAT);
    assert_ok(witness_request_encode(0, &none, bytes_text("no note"), &bad));
    assert_err(witness_answer(&b->w, &b->log, buf_bytes(&bad), true,
                              WITNESSED_NOW, &r),
               SV_ERR_FORMAT);
    /* Right behind one that is, which is forgotten. */
    before = witness_answer(&b->w, &b->log, buf_bytes(&good), false,
                            WITNESSED_NOW, &said);
    err = witness_answer(&b->w, &b->log, bytes_text("old x\n"), false,
                         WITNESSED_NOW, &r);
    assert_ok(before);
    assert_err(err, SV_ERR_FORMAT);
    witness_result_clear(&said);
    assert_true(r.last_unix_s == 77 && r.note.ptr == NULL);
    witnessed_expect(b, &b->one, 0, 5, WITNESS_UNKNOWN);
    r = witnessed_ask(b, buf_bytes(&good), false, WITNESSED_NOW,
                      WITNESS_UNKNOWN);
    assert_int_equal(r.note.len, 0);
    assert_true(r.last.size == 0 && r.asked.size == 5);
    witness_result_clear(&r);
    buf_free(&good);
    buf_free(&bad);
}

/* The place of a log's state cannot be made. */
static void
test_state_that_cannot_be_made_cosigns_nothing(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 0, 5);
    struct witness_result r;
    char path[PATH_SIZE], dir[PATH_SIZE];

    witnessed_file(b, "checkpoint", path);
    (void)snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    assert_ok(file_create(dir, 0600, bytes_text("in the way")));
    assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), true,
                              WITNESSED_NOW, &r),
               SV_ERR_NOT_FOUND);
    assert_int_equal(unlink(dir), 0);
    /* Nor where the state itself is gone. */
    witness_close(&b->w);
    support_dir_remove(b->state);
    assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), true,
                              WITNESSED_NOW, &r),
               SV_ERR_NOT_FOUND);
    buf_free(&request);
}

/* A program whose standard input is closed locks with that descriptor. */
static void
test_lock_is_given_back_whichever_descriptor_it_has(void **state)
{
    struct witnessed *b = *state;
    char holder[WITNESS_HOLDER_SIZE];
    int kept = dup(STDIN_FILENO), fd;
    enum sv_err err, again;

    witness_close(&b->w);
    (void)close(STDIN_FILENO);
    err = witness_open(&b->w, holder);
    fd = b->w.lock_fd;
    witness_close(&b->w);
    again = witness_open(&b->w, holder);
    witness_close(&b->w);
    if (kept >= 0) {
        (void)dup2(kept, STDIN_FILENO);
        (void)close(kept);
    }
    assert_ok(err);
    assert_int_equal(fd, STDIN_FILENO);
    assert_ok(again);
}

/* Longer than a path can be: nothing is cut, and nothing is opened. */
static void
test_directory_with_too_long_a_name_is_refused(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 0, 5);
    struct witness_result r;
    char holder[WITNESS_HOLDER_SIZE] = "x";
    size_t had = strlen(b->state);
    struct witness w = {b->state, WITNESSED_NAME, &b->seed, -1};

    witness_close(&b->w);
    witness_close(&b->w); /* accepts what is closed */
    assert_int_equal(b->w.lock_fd, -1);
    /* Slashes mean nothing; room for the lock and not for a state. */
    memset(b->state + had, '/', PATH_SIZE - had);
    b->state[PATH_SIZE - 6] = '\0';
    assert_ok(witness_open(&w, holder));
    assert_string_equal(holder, "");
    for (unsigned first = 0; first < 2; first++)
        assert_err(witness_answer(&w, &b->log, buf_bytes(&request), first != 0,
                                  WITNESSED_NOW, &r),
                   SV_ERR_RANGE);
    witness_close(&w);
    b->state[PATH_SIZE - 6] = '/';
    b->state[PATH_SIZE - 5] = '\0';
    w.lock_fd = 0;
    holder[0] = 'x';
    assert_err(witness_open(&w, holder), SV_ERR_RANGE);
    assert_string_equal(holder, "");
    assert_int_equal(w.lock_fd, -1);
    b->state[had] = '\0';
    buf_free(&request);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, witnessed_set_up, witnessed_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request_is_from_a_size_and_proved_by_so_many_hashes),
        TEST(test_head_that_is_too_long_to_keep_is_not_cosigned),
        TEST(test_state_that_is_too_long_was_altered),
        TEST(test_same_second_is_not_behind_the_last),
        TEST(test_what_was_signed_by_nobody_is_not_adopted),
        TEST(test_what_is_no_request_says_so_and_gives_nothing),
        TEST(test_state_that_cannot_be_made_cosigns_nothing),
        TEST(test_lock_is_given_back_whichever_descriptor_it_has),
        TEST(test_directory_with_too_long_a_name_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
