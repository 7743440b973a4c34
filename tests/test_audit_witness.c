/* A witness and what may be put to it: it cosigns one branch that grows. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/witnessed.h"

#define LEAVES 40

/* What was made durable, in order. */
#define SYNCED_MAX 8
static char synced[SYNCED_MAX][PATH_SIZE];
static size_t n_synced;
static bool fails_once; /* the next fsync() */

int
fsync(int fd)
{
    char name[32];
    ssize_t len;

    if (fails_once) {
        fails_once = false;
        errno = EIO;
        return -1;
    }
    if (n_synced < SYNCED_MAX) {
        (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        len = readlink(name, synced[n_synced], PATH_SIZE - 1);
        assert_true(len > 0);
        synced[n_synced++][len] = '\0';
    }
    return (int)syscall(SYS_fsync, fd);
}

static size_t
n_evidence(const struct witnessed *b)
{
    char prefix[PATH_SIZE], path[PATH_SIZE];

    witnessed_file(b, "fork-", prefix);
    return evidence_count(prefix, path);
}

/* ---- What is cosigned ---- */

static void
test_what_is_cosigned_is_kept_whole_and_verifies(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 0, 5), kept;
    struct buf head = witnessed_head(b, &b->one, 5);
    struct witness_result r = witnessed_ask(b, buf_bytes(&request), true,
                                            WITNESSED_NOW, WITNESS_COSIGNED);
    struct checkpoint c;
    struct note n;
    uint64_t at = 0;

    kept = witnessed_stored(b);
    assert_true(bytes_equal(buf_bytes(&kept), buf_bytes(&r.note)));
    assert_true(bytes_equal(bytes_slice(buf_bytes(&kept), 0, head.len),
                            buf_bytes(&head)));
    assert_ok(
        checkpoint_open(buf_bytes(&kept), WITNESSED_ORIGIN, &b->log_key, &c));
    assert_true(c.size == 5);
    assert_ok(note_parse(buf_bytes(&kept), &n));
    assert_int_equal(n.n, 2);
    assert_ok(cosign_verify(&n, WITNESSED_NAME, &b->key, &at));
    assert_true(at == WITNESSED_NOW);
    witness_result_clear(&r);
    buf_free(&request);
    buf_free(&head);
    buf_free(&kept);
}

static void
test_every_growth_from_every_size_is_cosigned(void **state)
{
    struct witnessed *b = *state;

    char path[PATH_SIZE];

    witnessed_file(b, "checkpoint", path);
    for (uint64_t size = 2; size < 24; size++)
        for (uint64_t old = 1; old < size; old++) {
            witnessed_begin(b, old);
            witnessed_expect(b, &b->one, old, size, WITNESS_COSIGNED);
            assert_int_equal(unlink(path), 0);
        }
}

static void
test_the_same_head_again_gets_a_later_time_and_one_line(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 0, 5);
    struct witness_result r;
    struct note n;
    uint64_t at = 0;

    witnessed_begin(b, 5);
    r = witnessed_ask(b, buf_bytes(&request), false, WITNESSED_NOW + 60,
                      WITNESS_COSIGNED);
    assert_ok(note_parse(buf_bytes(&r.note), &n));
    assert_int_equal(n.n, 2);
    assert_ok(cosign_verify(&n, WITNESSED_NAME, &b->key, &at));
    assert_true(at == WITNESSED_NOW + 60);
    witness_result_clear(&r);
    buf_free(&request);
}

static void
test_an_empty_log_may_be_where_it_begins(void **state)
{
    struct witnessed *b = *state;

    witnessed_begin(b, 0);
    witnessed_expect(b, &b->one, 0, 4, WITNESS_COSIGNED);
    assert_int_equal(n_evidence(b), 0);
}

static void
test_each_log_has_a_state_of_its_own(void **state)
{
    struct witnessed *b = *state;
    struct checkpoint c = {.origin = "other.example/vault", .size = 3};
    struct witness_log log = {c.origin, &b->key}; /* with a key of its own */
    struct buf note = BUF_INIT, request = BUF_INIT;
    struct tree_proof none = {.n = 0};
    struct witness_result r;

    witnessed_begin(b, 10);
    assert_ok(tree_root(c.size, witnessed_hash, &b->other, &c.root));
    assert_ok(checkpoint_sign(&c, &b->seed, &note));
    assert_ok(witness_request_encode(0, &none, buf_bytes(&note), &request));
    assert_ok(witness_answer(&b->w, &log, buf_bytes(&request), false,
                             WITNESSED_NOW, &r));
    assert_int_equal(r.finding, WITNESS_UNKNOWN);
    witness_result_clear(&r);
    assert_ok(witness_answer(&b->w, &log, buf_bytes(&request), true,
                             WITNESSED_NOW, &r));
    assert_int_equal(r.finding, WITNESS_COSIGNED);
    witness_result_clear(&r);
    witnessed_expect(b, &b->one, 10, 11, WITNESS_COSIGNED);
    buf_free(&note);
    buf_free(&request);
}

/* ---- What is not ---- */

static void
test_a_log_that_is_not_known_is_begun_only_on_request(void **state)
{
    struct witnessed *b = *state;

    witnessed_expect(b, &b->one, 0, 5, WITNESS_UNKNOWN);
    witnessed_begin(b, 5);
}

static void
test_a_first_request_must_be_from_nothing(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 3, 5);
    struct witness_result r = witnessed_ask(b, buf_bytes(&request), true,
                                            WITNESSED_NOW, WITNESS_OTHER_SIZE);

    assert_int_equal(r.note.len, 0);
    witness_result_clear(&r);
    buf_free(&request);
}

/* Each size it might be shown after 10, honest or not: nothing but an honest
 * larger one changes the state. */
static void
test_no_second_branch_and_no_smaller_tree_is_cosigned(void **state)
{
    struct witnessed *b = *state;
    struct buf before, after;

    witnessed_begin(b, 10);
    before = witnessed_stored(b);
    for (uint64_t size = 8; size < LEAVES; size++)
        for (uint64_t old = 0; old <= size; old++)
            witnessed_expect(b, &b->other, old, size,
                             size < 10    ? WITNESS_SMALLER
                             : size == 10 ? WITNESS_FORK
                             : old != 10  ? WITNESS_OTHER_SIZE
                                          : WITNESS_UNPROVED);
    for (uint64_t size = 0; size < 10; size++)
        witnessed_expect(b, &b->one, 0, size, WITNESS_SMALLER);
    after = witnessed_stored(b);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
    witnessed_expect(b, &b->one, 10, 20, WITNESS_COSIGNED);
}

static void
test_a_second_branch_leaves_both_heads_as_evidence(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->other, 0, 10),
               mine = BUF_INIT, shown = BUF_INIT,
               head = witnessed_head(b, &b->other, 10), kept;
    struct witness_result r;
    struct stat st;

    witnessed_begin(b, 10);
    kept = witnessed_stored(b);
    r = witnessed_ask(b, buf_bytes(&request), false, WITNESSED_NOW,
                      WITNESS_FORK);
    assert_ok(file_read(r.evidence[0], WITNESS_NOTE_MAX, &mine));
    assert_ok(file_read(r.evidence[1], WITNESS_NOTE_MAX, &shown));
    assert_true(bytes_equal(buf_bytes(&mine), buf_bytes(&kept)));
    assert_true(bytes_equal(buf_bytes(&shown), buf_bytes(&head)));
    assert_int_equal(stat(r.evidence[1], &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(n_evidence(b), 2);
    witness_result_clear(&r);
    /* The same again is no more of it; a longer one is. */
    witnessed_expect(b, &b->other, 0, 10, WITNESS_FORK);
    assert_int_equal(n_evidence(b), 2);
    witnessed_expect(b, &b->other, 10, 12, WITNESS_UNPROVED);
    assert_int_equal(n_evidence(b), 3);
    buf_free(&request);
    buf_free(&mine);
    buf_free(&shown);
    buf_free(&head);
    buf_free(&kept);
}

static void
test_evidence_is_never_overwritten(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->other, 0, 10),
               there = BUF_INIT;
    struct witness_result r;
    char path[PATH_SIZE];

    witnessed_begin(b, 10);
    for (unsigned which = 0; which < 2; which++) {
        r = witnessed_ask(b, buf_bytes(&request), false, WITNESSED_NOW,
                          WITNESS_FORK);
        (void)snprintf(path, sizeof path, "%s", r.evidence[which]);
        witness_result_clear(&r);
        assert_ok(file_replace(path, 0600, bytes_text("something else")));
        assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), false,
                                  WITNESSED_NOW, &r),
                   SV_ERR_EXISTS);
        assert_ok(file_read(path, 64, &there));
        assert_true(text_is(buf_bytes(&there), "something else"));
        buf_free(&there);
        assert_int_equal(unlink(path), 0);
    }
    buf_free(&request);
}

static void
test_a_clock_behind_the_last_cosignature_cosigns_nothing(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 9);
    struct witness_result r;

    witnessed_begin(b, 5);
    r = witnessed_ask(b, buf_bytes(&request), false, WITNESSED_NOW - 1,
                      WITNESS_CLOCK);
    assert_true(r.last.size == 5);
    witness_result_clear(&r);
    witnessed_expect(b, &b->one, 5, 9, WITNESS_COSIGNED);
    buf_free(&request);
}

/* ---- Bad input ---- */

static void
test_a_request_changed_at_any_bit_moves_nothing(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 21), before, after;

    witnessed_begin(b, 5);
    before = witnessed_stored(b);
    for (size_t i = 0; i < request.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct witness_result r;
            enum sv_err err;

            request.ptr[i] ^= (uint8_t)(1u << bit);
            err = witness_answer(&b->w, &b->log, buf_bytes(&request), false,
                                 WITNESSED_NOW, &r);
            if (err == SV_OK) {
                assert_int_not_equal(r.finding, WITNESS_COSIGNED);
                witness_result_clear(&r);
            }
            request.ptr[i] ^= (uint8_t)(1u << bit);
        }
    }
    after = witnessed_stored(b);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
    witnessed_expect(b, &b->one, 5, 21, WITNESS_COSIGNED);
    buf_free(&request);
}

static void
test_a_request_cut_at_any_length_is_none(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 21);

    witnessed_begin(b, 5);
    for (size_t len = 0; len < request.len; len++) {
        struct witness_result r;

        assert_true(witness_answer(&b->w, &b->log,
                                   bytes_slice(buf_bytes(&request), 0, len),
                                   false, WITNESSED_NOW, &r) != SV_OK);
    }
    buf_free(&request);
}

static void
test_requests_that_make_no_sense_are_refused(void **state)
{
    struct witnessed *b = *state;
    struct buf note = witnessed_head(b, &b->one, 5), out = BUF_INIT;
    struct tree_proof proof = {.n = 1};
    struct witness_request q;

    assert_err(witness_request_parse(bytes_text("old 3\nno empty line"), &q),
               SV_ERR_FORMAT);
    /* From more entries than there are; a proof from nothing; too long. */
    assert_ok(witness_request_encode(6, &proof, buf_bytes(&note), &out));
    {
        struct witness_result r;

        assert_err(witness_answer(&b->w, &b->log, buf_bytes(&out), true,
                                  WITNESSED_NOW, &r),
                   SV_ERR_FORMAT);
    }
    buf_truncate(&out, 0);
    assert_ok(witness_request_encode(0, &proof, buf_bytes(&note), &out));
    assert_err(witness_request_parse(buf_bytes(&out), &q), SV_ERR_FORMAT);
    proof.n = WITNESS_PROOF_MAX;
    buf_truncate(&out, 0);
    assert_ok(witness_request_encode(1, &proof, buf_bytes(&note), &out));
    assert_ok(witness_request_parse(buf_bytes(&out), &q));
    assert_int_equal(q.proof.n, WITNESS_PROOF_MAX);
    proof.n++;
    assert_err(witness_request_encode(1, &proof, buf_bytes(&note), &out),
               SV_ERR_RANGE);
    buf_free(&out);
    buf_free(&note);
}

static void
test_heads_of_another_key_or_origin_are_refused(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 0, 5);
    struct witness_log other = {"other.example/vault", &b->log_key};
    struct witness_result r;

    assert_err(witness_answer(&b->w, &other, buf_bytes(&request), true,
                              WITNESSED_NOW, &r),
               SV_ERR_UNVERIFIED);
    other = (struct witness_log){WITNESSED_ORIGIN, &b->key};
    assert_err(witness_answer(&b->w, &other, buf_bytes(&request), true,
                              WITNESSED_NOW, &r),
               SV_ERR_UNVERIFIED);
    buf_free(&request);
}

/* ---- The state ---- */

static void
test_a_damaged_state_cosigns_nothing(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 9), kept;
    char path[PATH_SIZE];

    witnessed_begin(b, 5);
    kept = witnessed_stored(b);
    witnessed_file(b, "checkpoint", path);
    for (size_t i = 0; i < kept.len; i++) {
        struct witness_result r;

        kept.ptr[i] ^= 1;
        assert_ok(file_replace(path, 0600, buf_bytes(&kept)));
        assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), false,
                                  WITNESSED_NOW, &r),
                   SV_ERR_TAMPERED);
        kept.ptr[i] ^= 1;
    }
    assert_ok(file_replace(path, 0600, buf_bytes(&kept)));
    witnessed_expect(b, &b->one, 5, 9, WITNESS_COSIGNED);
    buf_free(&kept);
    buf_free(&request);
}

static void
test_a_state_of_another_witness_is_not_gone_on_from(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 9);
    struct witness_result r;

    witnessed_begin(b, 5);
    b->w.name = "board.example/w2";
    assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), false,
                              WITNESSED_NOW, &r),
               SV_ERR_TAMPERED);
    buf_free(&request);
}

static void
test_one_process_at_a_time_has_the_state(void **state)
{
    struct witnessed *b = *state;
    struct witness second = {b->state, WITNESSED_NAME, &b->seed, -1};
    struct witness nowhere = {b->dir, WITNESSED_NAME, &b->seed, -1};
    char holder[WITNESS_HOLDER_SIZE], path[PATH_SIZE];

    assert_err(witness_open(&second, holder), SV_ERR_BUSY);
    assert_non_null(strstr(holder, "process"));
    witness_close(&b->w);
    assert_ok(witness_open(&second, holder));
    witness_close(&second);
    assert_ok(path_join(path, b->dir, "nothing"));
    nowhere.dir = path;
    assert_err(witness_open(&nowhere, holder), SV_ERR_NOT_FOUND);
    assert_int_equal(access(path, F_OK), -1);
}

/* Where the state cannot be written, no cosignature leaves. */
static void
test_nothing_is_answered_that_is_not_stored(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 5, 9), before, after;
    struct witness_result r = {.note = BUF_INIT};
    char path[PATH_SIZE], dir[PATH_SIZE];

    witnessed_begin(b, 5);
    before = witnessed_stored(b);
    witnessed_file(b, "checkpoint", path);
    (void)snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    /* A directory in its place cannot be replaced by rename(). */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(witness_answer(&b->w, &b->log, buf_bytes(&request), false,
                               WITNESSED_NOW, &r) != SV_OK);
    assert_int_equal(r.note.len, 0);
    assert_int_equal(rmdir(path), 0);
    assert_ok(file_replace(path, 0600, buf_bytes(&before)));
    after = witnessed_stored(b);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
    buf_free(&request);
}

/* Else the plug takes a first cosignature with the name of where it lies, and
 * the log begins anew, on another branch. */
static void
test_what_is_cosigned_has_durable_names(void **state)
{
    struct witnessed *b = *state;
    char log_dir[PATH_SIZE], file[PATH_SIZE];

    for (unsigned round = 0; round < 2; round++) {
        n_synced = 0;
        witnessed_begin(b, 3);
        assert_int_equal(n_synced, 3);
        assert_string_equal(synced[0], b->state); /* the name of log_dir */
        (void)snprintf(log_dir, sizeof log_dir, "%s", synced[1]);
        *strrchr(log_dir, '/') = '\0';           /* the file itself */
        assert_string_equal(synced[2], log_dir); /* and its name */
        /* As if that had ended behind mkdir(). */
        assert_ok(path_join(file, log_dir, "checkpoint"));
        assert_int_equal(unlink(file), 0);
    }
}

static void
test_what_has_no_durable_name_is_not_cosigned(void **state)
{
    struct witnessed *b = *state;
    struct buf request = witnessed_request(b, &b->one, 0, 3);
    struct witness_result r;
    char path[PATH_SIZE];

    witnessed_file(b, "checkpoint", path);
    fails_once = true;
    assert_err(witness_answer(&b->w, &b->log, buf_bytes(&request), true,
                              WITNESSED_NOW, &r),
               SV_ERR_IO);
    assert_false(fails_once);
    assert_int_equal(access(path, F_OK), -1);
    witnessed_begin(b, 3);
    buf_free(&request);
}

/* Killed at any moment: what was answered is never more than what is kept. */
static void
test_a_kill_at_any_moment_keeps_what_was_answered(void **state)
{
    struct witnessed *b = *state;

    unsigned n_said = 0;

    witnessed_begin(b, 1);
    for (unsigned turn = 0; turn < 60 || (n_said == 0 && turn < 1000); turn++) {
        struct checkpoint said = {.size = 0}, kept;
        struct buf note;
        int answers[2];
        uint64_t size;
        pid_t pid;

        note = witnessed_stored(b);
        assert_ok(checkpoint_open(buf_bytes(&note), WITNESSED_ORIGIN,
                                  &b->log_key, &kept));
        buf_free(&note);
        assert_int_equal(pipe(answers), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            /* As fast as it can; each answer is told. */
            for (uint64_t at = kept.size;; at++) {
                struct buf q = witnessed_request(b, &b->one, at, at + 1);
                struct witness_result r;

                if (witness_answer(&b->w, &b->log, buf_bytes(&q), false,
                                   WITNESSED_NOW + 1000, &r) != SV_OK ||
                    r.finding != WITNESS_COSIGNED ||
                    write(answers[1], &r.asked.size, sizeof r.asked.size) < 0)
                    _exit(1);
                witness_result_clear(&r);
                buf_free(&q);
            }
        }
        (void)close(answers[1]);
        usleep(turn * 100);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        while (read(answers[0], &size, sizeof size) == (ssize_t)sizeof size)
            said.size = size;
        (void)close(answers[0]);
        note = witnessed_stored(b);
        assert_ok(checkpoint_open(buf_bytes(&note), WITNESSED_ORIGIN,
                                  &b->log_key, &kept));
        assert_true(kept.size >= said.size);
        n_said += said.size > 0;
        buf_free(&note);
    }
    assert_true(n_said > 0);
}

/* ---- A lost state ---- */

static void
test_a_lost_state_goes_on_from_what_was_cosigned(void **state)
{
    struct witnessed *b = *state;
    struct buf kept, head = witnessed_head(b, &b->one, 9);
    struct checkpoint c = {.size = 0};
    char path[PATH_SIZE];

    witnessed_begin(b, 9);
    kept = witnessed_stored(b);
    assert_err(witness_adopt(&b->w, &b->log, buf_bytes(&kept), &c),
               SV_ERR_EXISTS);
    witnessed_file(b, "checkpoint", path);
    assert_int_equal(unlink(path), 0);
    /* Not from what only the log signed. */
    assert_err(witness_adopt(&b->w, &b->log, buf_bytes(&head), &c),
               SV_ERR_UNVERIFIED);
    for (size_t i = 0; i < kept.len; i++) {
        kept.ptr[i] ^= 1;
        assert_true(witness_adopt(&b->w, &b->log, buf_bytes(&kept), &c) !=
                    SV_OK);
        kept.ptr[i] ^= 1;
    }
    assert_ok(witness_adopt(&b->w, &b->log, buf_bytes(&kept), &c));
    assert_true(c.size == 9);
    witnessed_expect(b, &b->other, 9, 12, WITNESS_UNPROVED);
    witnessed_expect(b, &b->one, 9, 12, WITNESS_COSIGNED);
    buf_free(&kept);
    buf_free(&head);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, witnessed_set_up, witnessed_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_cosigned_is_kept_whole_and_verifies),
        TEST(test_every_growth_from_every_size_is_cosigned),
        TEST(test_the_same_head_again_gets_a_later_time_and_one_line),
        TEST(test_an_empty_log_may_be_where_it_begins),
        TEST(test_each_log_has_a_state_of_its_own),
        TEST(test_a_log_that_is_not_known_is_begun_only_on_request),
        TEST(test_a_first_request_must_be_from_nothing),
        TEST(test_no_second_branch_and_no_smaller_tree_is_cosigned),
        TEST(test_a_second_branch_leaves_both_heads_as_evidence),
        TEST(test_evidence_is_never_overwritten),
        TEST(test_a_clock_behind_the_last_cosignature_cosigns_nothing),
        TEST(test_a_request_changed_at_any_bit_moves_nothing),
        TEST(test_a_request_cut_at_any_length_is_none),
        TEST(test_requests_that_make_no_sense_are_refused),
        TEST(test_heads_of_another_key_or_origin_are_refused),
        TEST(test_a_damaged_state_cosigns_nothing),
        TEST(test_a_state_of_another_witness_is_not_gone_on_from),
        TEST(test_one_process_at_a_time_has_the_state),
        TEST(test_nothing_is_answered_that_is_not_stored),
        TEST(test_what_is_cosigned_has_durable_names),
        TEST(test_what_has_no_durable_name_is_not_cosigned),
        TEST(test_a_kill_at_any_moment_keeps_what_was_answered),
        TEST(test_a_lost_state_goes_on_from_what_was_cosigned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
