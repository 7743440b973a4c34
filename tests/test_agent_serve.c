#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/codec.h"
#include "cli/agent_serve.h"
#include "cli/agent_socket.h"
#include "crypto/init.h"
#include "tests/support/support.h"

/*
 * An agent at its socket: nobody is in another's way.  The clock is the
 * test's, and so is each step; nothing waits.
 */

#define IDLE_S 300u

struct fixture {
    char home[PATH_SIZE], dir[PATH_SIZE], path[PATH_SIZE];
    struct user_keys keys;
    struct card card;
    uint64_t now_ms;
    struct agent agent;
    int listener;
    struct agent_serve *serve;
};

static int
begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const uint8_t seed[SEED_LEN] = {1, 2, 3};

    assert_non_null(f);
    assert_ok(crypto_init());
    support_dir_make(f->home);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", f->home, 1), 0);
    user_keys_derive(seed, &f->keys);
    card_of(&f->keys, "case-1", &f->card);
    f->now_ms = 1000;
    agent_init(&f->agent, &f->keys, &f->card, support_clock(&f->now_ms),
               IDLE_S);
    assert_ok(agent_dir(true, f->dir));
    assert_ok(agent_path(f->dir, &f->card, f->path));
    assert_ok(agent_listen(f->path, &f->listener));
    f->serve = calloc(1, sizeof *f->serve);
    assert_non_null(f->serve);
    agent_serve_init(f->serve, &f->agent, f->listener, -1);
    *state = f;
    return 0;
}

static int
end(void **state)
{
    struct fixture *f = *state;

    agent_serve_end(f->serve);
    free(f->serve);
    (void)close(f->listener);
    support_dir_remove(f->home);
    free(f);
    return 0;
}

/* All that waits, and no longer. */
static void
run(struct fixture *f)
{
    for (int i = 0; i < 40; i++)
        assert_true(agent_serve_step(f->serve, 0));
}

/* ---- A peer that the test is ---- */

static int
peer(struct fixture *f)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_ok(text_copy(bytes_text(f->path), a.sun_path, sizeof a.sun_path));
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static struct buf
question(const struct agent_question *q)
{
    struct buf raw = BUF_INIT;
    struct writer w = writer_to(&raw);
    struct buf out = BUF_INIT;

    assert_ok(agent_question_encode(q, &out));
    writer_long(&w, buf_bytes(&out));
    assert_ok(writer_end(&w));
    buf_free(&out);
    return raw;
}

static void
say(int fd, struct bytes data)
{
    assert_int_equal(send(fd, data.ptr, data.len, MSG_NOSIGNAL), data.len);
}

static void
ask(int fd, enum agent_kind kind)
{
    struct buf raw = question(&(struct agent_question){
        .kind = kind, .key = IDENTITY_PIN, .idle_s = IDLE_S});

    say(fd, buf_bytes(&raw));
    buf_free(&raw);
}

/* How many whole answers of this kind have come; -1: hung up. */
static int
answers(int fd, enum agent_kind kind)
{
    static uint8_t in[65536];
    ssize_t n = recv(fd, in, sizeof in, MSG_DONTWAIT);
    struct reader r;
    int found = 0;

    if (n == 0 || (n < 0 && errno != EAGAIN))
        return -1;
    if (n < 0)
        return 0;
    r = reader_of(bytes_of(in, (size_t)n));
    while (r.at < r.in.len) {
        struct agent_answer a;

        assert_ok(agent_answer_decode(reader_long(&r, AGENT_MESSAGE_MAX), &a));
        assert_int_equal(a.kind, kind);
        assert_int_equal(a.status, SV_OK);
        found++;
    }
    return found;
}

static void
assert_serves(struct fixture *f)
{
    int fd = peer(f);

    ask(fd, AGENT_DERIVE);
    run(f);
    assert_int_equal(answers(fd, AGENT_DERIVE), 1);
    (void)close(fd);
    run(f);
}

/* ---- Tests ---- */

static void
test_the_silent_and_the_slow_are_in_nobodys_way(void **state)
{
    struct fixture *f = *state;
    struct buf raw = question(&(struct agent_question){.kind = AGENT_HELLO});
    int silent = peer(f), slow = peer(f);

    run(f);
    for (size_t i = 0; i < raw.len; i++) {
        assert_int_equal(answers(slow, AGENT_HELLO), 0);
        say(slow, bytes_slice(buf_bytes(&raw), i, 1));
        assert_serves(f);
    }
    assert_int_equal(answers(slow, AGENT_HELLO), 1);
    assert_int_equal(answers(silent, AGENT_HELLO), 0);
    (void)close(silent);
    (void)close(slow);
    buf_free(&raw);
}

static void
test_several_questions_at_once_are_all_answered(void **state)
{
    struct fixture *f = *state;
    int fd = peer(f);

    for (int i = 0; i < 20; i++)
        ask(fd, AGENT_DERIVE);
    run(f);
    assert_int_equal(answers(fd, AGENT_DERIVE), 20);
    (void)close(fd);
}

static void
test_nonsense_is_hung_up_on(void **state)
{
    static const struct {
        size_t len;
        uint8_t bytes[16];
    } nonsense[] = {
        {4, {0, 0, 0, 0}},             /* nothing */
        {4, {0, 0, 0x20, 1}},          /* more than there may be */
        {4, {0xff, 0xff, 0xff, 0xff}}, /* far more */
        {9, {0, 0, 0, 5, 'S', 'V', 'Q', 1, 1}},
        {9, {0, 0, 0, 5, 'S', 'V', 'A', 2, 1}},
        {9, {0, 0, 0, 5, 'S', 'V', 'A', 1, 7}},
        {10, {0, 0, 0, 6, 'S', 'V', 'A', 1, 1, 0}},
        {10, {0, 0, 0, 6, 'S', 'V', 'A', 1, 4, 3}},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        int fd = peer(f);

        say(fd, bytes_of(nonsense[i].bytes, nonsense[i].len));
        run(f);
        assert_int_equal(answers(fd, AGENT_HELLO), -1);
        (void)close(fd);
        assert_serves(f);
    }
    assert_int_equal(f->serve->n, 0);
}

static void
test_of_too_many_the_most_silent_goes(void **state)
{
    struct fixture *f = *state;
    int fds[3 * AGENT_PEERS_MAX];

    for (int i = 0; i < 3 * AGENT_PEERS_MAX; i++) {
        fds[i] = peer(f);
        ask(fds[i], AGENT_HELLO);
        run(f);
        assert_int_equal(answers(fds[i], AGENT_HELLO), 1);
        ask(fds[0], AGENT_HELLO); /* not silent */
        run(f);
        assert_int_equal(answers(fds[0], AGENT_HELLO), 1);
        assert_true(f->serve->n <= AGENT_PEERS_MAX);
    }
    for (int i = 1; i < 3 * AGENT_PEERS_MAX; i++)
        assert_int_equal(answers(fds[i], AGENT_HELLO),
                         i <= 2 * AGENT_PEERS_MAX ? -1 : 0);
    for (int i = 0; i < 3 * AGENT_PEERS_MAX; i++)
        (void)close(fds[i]);
    run(f);
    assert_int_equal(f->serve->n, 0);
}

static void
test_who_takes_no_answer_is_hung_up_on(void **state)
{
    struct fixture *f = *state;
    struct buf raw = question(&(struct agent_question){.kind = AGENT_HELLO});
    int fd = peer(f);
    size_t asked = 0;

    while (send(fd, raw.ptr, raw.len, MSG_NOSIGNAL) == (ssize_t)raw.len) {
        assert_true(++asked < 1000000);
        assert_true(agent_serve_step(f->serve, 0));
    }
    assert_int_equal(errno, EPIPE);
    assert_int_equal(f->serve->n, 0);
    assert_serves(f);
    (void)close(fd);
    buf_free(&raw);
}

static void
test_it_ends_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    int fd = peer(f);

    run(f);
    f->now_ms += IDLE_S * 1000 - 1;
    assert_true(agent_serve_step(f->serve, 0));
    f->now_ms += 1;
    ask(fd, AGENT_DERIVE);
    assert_false(agent_serve_step(f->serve, AGENT_WAIT_MAX_MS));
    assert_int_equal(answers(fd, AGENT_DERIVE), 0);
    (void)close(fd);
}

/* The machine slept between a look at the clock and a question. */
static uint64_t
sleeps(void *ctx)
{
    struct fixture *f = ctx;

    return f->now_ms += IDLE_S * 600;
}

static void
test_a_question_after_a_sleep_is_not_answered(void **state)
{
    struct fixture *f = *state;
    int fd = peer(f);

    run(f);
    ask(fd, AGENT_DERIVE);
    f->agent.clock = (struct clock){sleeps, f};
    assert_false(agent_serve_step(f->serve, 0));
    assert_int_equal(answers(fd, AGENT_DERIVE), -1);
    (void)close(fd);
}

static void
test_it_ends_when_told(void **state)
{
    struct fixture *f = *state;
    int fd = peer(f), ends[2];

    assert_int_equal(pipe(ends), 0);
    agent_serve_init(f->serve, &f->agent, f->listener, ends[0]);
    run(f);
    assert_int_equal(write(ends[1], "", 1), 1);
    assert_false(agent_serve_step(f->serve, 0));
    agent_serve_end(f->serve);
    agent_serve_init(f->serve, &f->agent, f->listener, -1);
    (void)close(fd);
    fd = peer(f);
    run(f);
    ask(fd, AGENT_LOCK);
    ask(fd, AGENT_DERIVE); /* too late */
    assert_false(agent_serve_step(f->serve, 0));
    assert_int_equal(answers(fd, AGENT_LOCK), 1);
    assert_int_equal(answers(fd, AGENT_DERIVE), 0);
    (void)close(fd);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void
test_socket_and_place_are_the_users_alone(void **state)
{
    struct fixture *f = *state;
    char dir[PATH_SIZE], other[PATH_SIZE];
    struct stat st;
    int again;

    assert_int_equal(stat(f->path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(f->dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    /* A socket that is left over is replaced. */
    assert_ok(agent_listen(f->path, &again));
    (void)close(again);

    for (mode_t bit = 1; bit < 0100; bit <<= 1) {
        assert_int_equal(chmod(f->dir, 0700 | bit), 0);
        assert_err(agent_dir(true, dir), SV_ERR_DENIED);
    }
    assert_int_equal(chmod(f->dir, 0700), 0);
    assert_ok(agent_dir(false, dir));
    /* Not through a link, not where there is a file. */
    assert_ok(path_join(other, f->home, "other"));
    assert_int_equal(rename(f->dir, other), 0);
    assert_int_equal(symlink(other, f->dir), 0);
    assert_err(agent_dir(true, dir), SV_ERR_DENIED);
    assert_int_equal(unlink(f->dir), 0);
    assert_ok(file_create(f->dir, 0600, bytes_text("")));
    assert_err(agent_dir(true, dir), SV_ERR_DENIED);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", "relative", 1), 0);
    assert_err(agent_dir(true, dir), SV_ERR_NOT_FOUND);
    assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
    assert_err(agent_dir(true, dir), SV_ERR_NOT_FOUND);
}

static void
test_a_path_too_long_for_a_socket_is_refused(void **state)
{
    struct fixture *f = *state;
    char dir[PATH_SIZE], path[PATH_SIZE];

    memset(dir, 'd', 120);
    dir[0] = '/';
    dir[120] = '\0';
    assert_err(agent_path(dir, &f->card, path), SV_ERR_RANGE);
}

/* ---- The program's way to it ---- */

/* Serves in a process of its own until it is locked. */
static pid_t
serve_apart(struct fixture *f)
{
    pid_t child = fork();

    if (child == 0) {
        agent_serve_run(f->serve);
        _exit(f->agent.locked ? 0 : 1);
    }
    assert_true(child > 0);
    return child;
}

static void
test_a_link_asks_and_locks(void **state)
{
    struct fixture *f = *state;
    pid_t child = serve_apart(f);
    struct agent_link link;
    struct identity id;
    uint8_t key[KDF_KEY_LEN], want[KDF_KEY_LEN];
    uint64_t left_ms = 0;
    int fds[AGENT_PEERS_MAX], status = -1;
    struct card other = f->card;

    /* Another name is another socket; the card is compared all the same. */
    (void)snprintf(other.name, sizeof other.name, "case-2");
    assert_false(agent_link_open(&link, &other, &left_ms));
    assert_true(agent_link_open(&link, &f->card, &left_ms));
    assert_int_equal(left_ms, IDLE_S * 1000);
    id = identity_of_agent(&link.transport);
    kdf_derive(f->keys.seed, "user/pin", want);
    assert_ok(id.derive(id.ctx, IDENTITY_PIN, key));
    assert_memory_equal(key, want, sizeof key);
    /* So many others that it is hung up on: it calls again. */
    for (int i = 0; i < AGENT_PEERS_MAX; i++) {
        fds[i] = peer(f);
        ask(fds[i], AGENT_HELLO);
        while (answers(fds[i], AGENT_HELLO) != 1)
            assert_true(poll(&(struct pollfd){fds[i], POLLIN, 0}, 1, -1) == 1);
    }
    memset(key, 0, sizeof key);
    assert_ok(id.derive(id.ctx, IDENTITY_PIN, key));
    assert_memory_equal(key, want, sizeof key);
    for (int i = 0; i < AGENT_PEERS_MAX; i++)
        (void)close(fds[i]);
    assert_ok(agent_link_lock(&link));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
test_a_link_to_nobody_finds_nobody(void **state)
{
    struct fixture *f = *state;
    struct agent_link link;
    uint64_t left_ms;

    (void)close(f->listener); /* killed: the name stays */
    f->listener = -1;
    assert_false(agent_link_open(&link, &f->card, &left_ms));
    assert_int_equal(link.fd, -1);
    agent_link_to(&link, f->path);
    assert_err(agent_link_lock(&link), SV_ERR_NOT_FOUND);
    assert_int_equal(unlink(f->path), 0);
    assert_err(agent_link_lock(&link), SV_ERR_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_silent_and_the_slow_are_in_nobodys_way),
        TEST(test_several_questions_at_once_are_all_answered),
        TEST(test_nonsense_is_hung_up_on),
        TEST(test_of_too_many_the_most_silent_goes),
        TEST(test_who_takes_no_answer_is_hung_up_on),
        TEST(test_it_ends_when_its_time_is_over),
        TEST(test_a_question_after_a_sleep_is_not_answered),
        TEST(test_it_ends_when_told),
        TEST(test_socket_and_place_are_the_users_alone),
        TEST(test_a_path_too_long_for_a_socket_is_refused),
        TEST(test_a_link_asks_and_locks),
        TEST(test_a_link_to_nobody_finds_nobody),
    };

    return cmocka_run_group_tests_name("agent_serve", tests, NULL, NULL);
}
