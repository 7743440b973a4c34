#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audit/evidence.h"
#include "tests/support/receipts.h"
#include "tests/support/served.h"

/*
 * svaultd itself (SVAULTD) is killed at random moments under the load of
 * several desks, SV_KILL_ROUNDS times (10 unless it is set).  After each kill
 * the log verifies and has all that any desk was answered, and goes on from
 * what each desk had seen.  Every third round it is stopped by SIGTERM
 * instead.
 */
#define DESKS 6
#define RECEIPTS_MAX 4096
#define MOST_MS 200

struct killed {
    struct served served; /* prepared, and served by another process */
    pid_t pid;
    atomic_bool over;
    atomic_uint answers;
    struct desk desks[DESKS]; /* they remember, from round to round */
};

struct load {
    struct killed *killed;
    unsigned number;
    unsigned round;
    unsigned n;
    enum sv_err err; /* what it ended with */
    struct receipt receipts[RECEIPTS_MAX];
};

static uint64_t
system_time(void *ctx)
{
    const struct clock c = clock_system();

    (void)ctx;
    return clock_now(&c);
}

static void
start(struct killed *k)
{
    const char *program = getenv("SVAULTD");
    const char *const argv[] = {
        program,    "--vault",      k->served.office.dir,
        "--socket", k->served.path, "--allow-root",
        NULL};

    if (program == NULL)
        fail_msg("SVAULTD does not say where svaultd is");
    k->pid = fork();
    assert_true(k->pid >= 0);
    if (k->pid == 0) {
        (void)execv(program, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
}

static void
add_receipt(struct load *l, bool read, const struct handle *h, uint64_t index)
{
    l->receipts[l->n++] = (struct receipt){read, *h, index};
    atomic_fetch_add(&l->killed->answers, 1);
}

/* Until the service is gone, or everything ends. */
static enum sv_err
work_while_it_lives(struct load *l, struct desk *d)
{
    while (!atomic_load(&l->killed->over) && l->n + 2 <= RECEIPTS_MAX) {
        struct record_view v = {0};
        struct handle h;
        char case_no[48];
        enum sv_err err;

        (void)snprintf(case_no, sizeof case_no, "R%u-%u-%u", l->round,
                       l->number, l->n);
        err = client_add_victim(d->client, case_no, &h);
        if (err != SV_OK)
            return err;
        add_receipt(l, false, &h, 0);
        err = client_record_read(d->client, "victim", &h, 0, NULL, &v);
        if (err != SV_OK)
            return err;
        add_receipt(l, true, &h, v.index);
        record_view_free(&v);
    }
    return SV_OK;
}

/* A service that is gone is no reason to say any of this. */
static bool
is_alarm(enum sv_err err)
{
    return err == SV_ERR_TAMPERED || err == SV_ERR_ROLLBACK ||
           err == SV_ERR_UNVERIFIED;
}

static void *
work(void *ctx)
{
    struct load *l = ctx;
    struct desk *d = &l->killed->desks[l->number];

    l->err = SV_ERR_IO;
    for (int i = 0; i < 1000 && l->err != SV_OK && !is_alarm(l->err); i++) {
        if (atomic_load(&l->killed->over))
            break;
        l->err = desk_begin(d);
        if (l->err != SV_OK)
            (void)poll(NULL, 0, 5); /* it is starting */
    }
    if (l->err == SV_OK)
        l->err = work_while_it_lives(l, d);
    desk_end(d);
    return NULL;
}

/* Another vault for each seed, and desks that know it. */
static void
begin_vault(struct killed *k, uint8_t seed)
{
    const struct clock clock = {system_time, NULL};

    served_prepare_as(&k->served, seed);
    /* svaultd has the system's clock: so have all. */
    k->served.office.config.clock = clock;
    for (unsigned i = 0; i < DESKS; i++)
        desk_init(&k->desks[i], k->served.path, clock,
                  i % 2 == 0 ? "case-1" : "case-2", &k->served.office.vault);
}

static void
end_vault(struct killed *k)
{
    for (unsigned i = 0; i < DESKS; i++)
        desk_free(&k->desks[i]);
    served_free(&k->served);
}

/* A process that has not come so far as to mind SIGTERM dies of it. */
static bool
is_early(struct killed *k, int status)
{
    return atomic_load(&k->answers) == 0 && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGTERM;
}

/* Kills it some time after it began to answer. */
static void
end_it(struct killed *k, bool kindly)
{
    unsigned enough = (unsigned)random() % 20;
    int status;

    for (int i = 0; i < 10000 && atomic_load(&k->answers) < enough; i++)
        (void)poll(NULL, 0, 1);
    (void)poll(NULL, 0, (int)(random() % MOST_MS));
    assert_int_equal(kill(k->pid, kindly ? SIGTERM : SIGKILL), 0);
    assert_int_equal(waitpid(k->pid, &status, 0), k->pid);
    if (kindly ? status != 0 && !is_early(k, status)
               : !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        fail_msg("svaultd ended with status %#x", (unsigned)status);
    atomic_store(&k->over, true);
}

static unsigned
one_round(struct killed *k, unsigned round)
{
    static struct load loads[DESKS];
    pthread_t threads[DESKS];
    struct log_copy log;
    unsigned n = 0;

    atomic_store(&k->over, false);
    atomic_store(&k->answers, 0);
    start(k);
    for (unsigned i = 0; i < DESKS; i++) {
        loads[i] = (struct load){.killed = k, .number = i, .round = round};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &loads[i]), 0);
    }
    end_it(k, round % 3 == 2);
    for (unsigned i = 0; i < DESKS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(is_alarm(loads[i].err));
    }
    assert_ok(office_open(&k->served.office));
    log_copy_take(&k->served.office, &log);
    for (unsigned i = 0; i < DESKS; i++)
        for (unsigned r = 0; r < loads[i].n; r++, n++)
            receipt_check(&log, &loads[i].receipts[r]);
    log_copy_free(&log);
    office_verify(&k->served.office);
    office_close(&k->served.office);
    return n;
}

static void
test_no_kill_loses_what_was_answered_or_releases_what_is_not_logged(
    void **state)
{
    const char *text = getenv("SV_KILL_ROUNDS");
    unsigned rounds = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 10;
    unsigned seed = (unsigned)time(NULL), receipts = 0;
    struct killed k;

    (void)state;
    print_message("seed %u\n", seed);
    srandom(seed);
    begin_vault(&k, 0);
    for (unsigned round = 0; round < rounds; round++) {
        if (round % 12 == 11) { /* a log that grows costs ever more to check */
            end_vault(&k);
            begin_vault(&k, (uint8_t)round);
        }
        receipts += one_round(&k, round);
    }
    end_vault(&k);
    print_message("%u receipts in %u rounds\n", receipts, rounds);
    assert_true(receipts > 0);
}

/* A request that names a head of another log, to svaultd itself: in its
 * sandbox, too, it can keep what it was shown. */
static void
test_evidence_of_another_log_is_kept_in_the_sandbox(void **state)
{
    struct record_list list = {0};
    char prefix[PATH_SIZE], path[PATH_SIZE];
    struct killed k = {.pid = -1};
    struct desk d;
    int status;

    (void)state;
    served_prepare(&k.served);
    k.served.office.config.clock = (struct clock){system_time, NULL};
    start(&k);
    desk_init(&d, k.served.path, (struct clock){system_time, NULL}, "case-1",
              &k.served.office.vault);
    for (int i = 0; i < 1000 && desk_begin(&d) != SV_OK; i++)
        (void)poll(NULL, 0, 5); /* it is starting */
    client_pin(d.client)->root.b[0] ^= 1;
    assert_err(client_record_list(d.client, "victim", UINT64_MAX, 10, &list),
               SV_ERR_ROLLBACK);
    assert_int_equal(kill(k.pid, SIGTERM), 0);
    assert_int_equal(waitpid(k.pid, &status, 0), k.pid);
    assert_ok(path_join(prefix, k.served.office.dir, "fork-"));
    assert_int_equal(evidence_count(prefix, path), 2);
    desk_free(&d);
    served_free(&k.served);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_no_kill_loses_what_was_answered_or_releases_what_is_not_logged),
        cmocka_unit_test(test_evidence_of_another_log_is_kept_in_the_sandbox),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
