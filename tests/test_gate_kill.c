#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/office.h"

/*
 * The process that holds the gate is killed at random moments, 200 times.
 * It tells its parent, over a pipe, what it was answered: after each kill
 * all of that is there, and every reading has its entry.
 */
#define ROUNDS 200
#define MOST_ANSWERS 3

/* What the child says: one byte and a handle or an entry's index. */
struct receipt {
    char kind; /* 'w' written, 'r' read */
    struct handle record;
    uint64_t index;
};

static void
say(int fd, char kind, const struct handle *h, uint64_t index)
{
    struct receipt r;

    memset(&r, 0, sizeof r);
    r.kind = kind;
    r.record = *h;
    r.index = index;
    if (write(fd, &r, sizeof r) != (ssize_t)sizeof r)
        _exit(1);
}

/* Write and read for ever. */
static void
child(struct office *o, int fd)
{
    o->random.seed[1] = 0xff; /* other random bytes than the parent's */
    /* Locked memory does not come along with fork(). */
    if (arena_new((size_t)1 << 20, &o->arena) != SV_OK ||
        office_open(o) != SV_OK)
        _exit(2);
    for (unsigned i = 0;; i++) {
        struct record_view v = {0};
        char case_no[32];
        struct handle h;

        /* No two records of the vault share one. */
        (void)snprintf(case_no, sizeof case_no, "K%d-%u", (int)getpid(), i);
        if (office_record(o, "case-1", case_no, "Sato", &h) != SV_OK)
            _exit(3);
        say(fd, 'w', &h, 0);
        if (client_record_read(office_person(o, "case-1")->client, "victim", &h,
                               0, NULL, &v) != SV_OK)
            _exit(4);
        say(fd, 'r', &h, v.index);
        record_view_free(&v);
    }
}

static void
sleep_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* An entry of this reading, by that person, allowed and done. */
static enum sv_err
is_reading(void *ctx, uint64_t index, struct bytes text)
{
    const struct receipt *r = ctx;
    struct note *note = calloc(1, sizeof *note);
    struct request *q = calloc(1, sizeof *q);
    struct entry e;

    assert_int_equal(index, r->index);
    assert_ok(entry_parse(text, &e));
    assert_true(e.allowed && e.outcome == OUTCOME_DONE);
    assert_ok(request_parse(e.note, note, q));
    assert_int_equal(q->act, ACT_RECORD_READ);
    assert_memory_equal(q->record.b, r->record.b, HANDLE_LEN);
    free(note);
    free(q);
    return SV_OK;
}

static void
check_receipt(struct office *o, struct receipt *r)
{
    struct record_view v = {0};
    struct buf name;

    if (r->kind == 'r') {
        assert_ok(client_log_read(office_client(o, "audit-1"), r->index, 1,
                                  is_reading, r));
        return;
    }
    assert_ok(client_record_read(office_client(o, "case-1"), "victim",
                                 &r->record, 0, NULL, &v));
    name = office_field(&v, "identity", "family_name");
    assert_string_equal((const char *)name.ptr, "Sato");
    buf_free(&name);
    record_view_free(&v);
}

static bool
hear(int fd, struct receipt *r)
{
    return read(fd, r, sizeof *r) == (ssize_t)sizeof *r;
}

/* Kills the child ms after it was answered so many times: in the midst of its
 * work on a machine of any speed.  Returns how often it was answered. */
static unsigned
one_round(struct office *o, unsigned answers, unsigned ms)
{
    struct receipt heard[MOST_ANSWERS], r;
    unsigned n = 0;
    int pipes[2], status;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(pipes[0]);
        child(o, pipes[1]);
    }
    (void)close(pipes[1]);
    for (unsigned i = 0; i < answers; i++)
        assert_true(hear(pipes[0], &heard[i]));
    sleep_ms(ms);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* it was at work, not failing */
    assert_ok(office_open(o));
    for (; n < answers; n++)
        check_receipt(o, &heard[n]);
    for (; hear(pipes[0], &r); n++)
        check_receipt(o, &r);
    office_verify(o);
    office_close(o);
    (void)close(pipes[0]);
    return n;
}

static void
test_nothing_acknowledged_is_lost_in_200_kills(void **state)
{
    struct office o;
    unsigned receipts = 0;
    uint64_t seed = (uint64_t)time(NULL);

    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    srandom((unsigned)seed);
    for (int round = 0; round < ROUNDS; round++) {
        if (round % 20 == 0) {
            if (round > 0)
                office_free(&o);
            office_new(&o);
            office_close(&o);
        }
        /* No round draws the random bytes of another. */
        o.random.seed[0] = (uint8_t)round;
        o.random.counter += 1000000;
        receipts += one_round(&o, (unsigned)random() % (MOST_ANSWERS + 1),
                              (unsigned)random() % 20);
    }
    office_free(&o);
    print_message("%u receipts\n", receipts);
    assert_true(receipts > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_acknowledged_is_lost_in_200_kills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
