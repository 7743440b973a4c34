#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/processes.h"
#include "tests/support/solved.h"

#include "disclosure/solver_process.h"

#define SHORT_MS 200

/* Market split (Cornuejols and Dawande 1998): years of branching. */
#define SPLIT_ROWS 5
#define SPLIT_COLS 40
struct split {
    struct solver_model model;
    int64_t lo[SPLIT_COLS], hi[SPLIT_COLS];
    int64_t half[SPLIT_ROWS];
    size_t start[SPLIT_ROWS + 1];
    uint32_t column[SPLIT_ROWS * SPLIT_COLS];
    int64_t factor[SPLIT_ROWS * SPLIT_COLS];
};

static void
split_make(struct split *s)
{
    uint32_t state = 5;

    *s = (struct split){0};
    for (size_t j = 0; j < SPLIT_COLS; j++)
        s->hi[j] = 1;
    for (size_t i = 0; i < SPLIT_ROWS; i++) {
        for (size_t j = 0; j < SPLIT_COLS; j++) {
            size_t at = i * SPLIT_COLS + j;

            s->column[at] = (uint32_t)j;
            s->factor[at] = draw(&state) % 100;
            s->half[i] += s->factor[at];
        }
        s->half[i] /= 2;
        s->start[i + 1] = (i + 1) * SPLIT_COLS;
    }
    s->model = (struct solver_model){
        .n_cols = SPLIT_COLS,
        .n_rows = SPLIT_ROWS,
        .col_lo = s->lo,
        .col_hi = s->hi,
        .row_lo = s->half,
        .row_hi = s->half,
        .start = s->start,
        .column = s->column,
        .factor = s->factor,
    };
}

static size_t
open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    (void)closedir(d);
    return n;
}

/* ---- A process that dies, stops, or takes its time ---- */

static void *
kill_soon(void *job)
{
    nap();
    (void)kill(*(pid_t *)job, SIGKILL);
    return NULL;
}

static void
a_job_that_is_killed_while_it_solves_costs_the_result_alone(void **state)
{
    const struct fixture *f = *state;
    struct split split;
    struct solver *s = NULL;
    pid_t process = only_child_of(getpid()), job;
    pthread_t killer;
    int64_t whole[SPLIT_COLS];
    double x[2];

    split_make(&split);
    assert_ok(solver_new(&f->source, &split.model, LONG_MS, &s));
    job = only_child_of(process);
    assert_int_equal(pthread_create(&killer, NULL, kill_soon, &job), 0);
    assert_err(solver_integer(s, SOLVER_MIN, 0, NULL, NULL, 0, whole),
               SV_ERR_UNVERIFIED);
    assert_int_equal(pthread_join(killer, NULL), 0);
    assert_err(solver_integer(s, SOLVER_MIN, 0, NULL, NULL, 0, whole),
               SV_ERR_UNVERIFIED);
    solver_free(s);
    assert_childless(process);

    assert_ok(solver_new(&f->source, &corner, LONG_MS, &s));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    solver_free(s);
}

static void
a_job_that_takes_too_long_is_given_up_and_ends_itself(void **state)
{
    const struct fixture *f = *state;
    struct split split;
    struct solver *s = NULL;
    int64_t whole[SPLIT_COLS];

    split_make(&split);
    assert_ok(solver_new(&f->source, &split.model, SHORT_MS, &s));
    assert_err(solver_integer(s, SOLVER_MIN, 0, NULL, NULL, 0, whole),
               SV_ERR_UNVERIFIED);
    /* Nobody has closed the socket yet. */
    assert_childless(only_child_of(getpid()));
    solver_free(s);
}

static void
a_job_that_is_stopped_is_given_up(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    pid_t process = only_child_of(getpid());
    double x[2];

    assert_ok(solver_new(&f->source, &corner, SHORT_MS, &s));
    assert_int_equal(kill(only_child_of(process), SIGSTOP), 0);
    assert_err(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x),
               SV_ERR_UNVERIFIED);
    solver_free(s);
}

static void
a_process_that_is_stopped_is_given_up(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    enum sv_err err = SV_OK;
    double x[2];
    int fd = -1;

    assert_int_equal(kill(only_child_of(getpid()), SIGSTOP), 0);
    assert_ok(solver_new(&f->source, &corner, SHORT_MS, &s));
    assert_err(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x),
               SV_ERR_UNVERIFIED);
    solver_free(s);
    /* Nor is room in its queue waited for. */
    for (int i = 0; i < 100000 && err == SV_OK; i++) {
        err = solver_process_open(f->process, &fd);
        if (err == SV_OK)
            (void)close(fd);
    }
    assert_err(err, SV_ERR_UNVERIFIED);
}

static void
a_process_that_was_killed_is_started_anew(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    pid_t old = only_child_of(getpid());
    double x[2];

    assert_int_equal(kill(old, SIGKILL), 0);
    assert_dies(old);
    assert_ok(solver_new(&f->source, &corner, LONG_MS, &s));
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
    solver_free(s);
    assert_int_not_equal(only_child_of(getpid()), old);
}

static void
jobs_end_with_their_process(void **state)
{
    struct fixture *f = *state;
    struct split split;
    struct solver *s = NULL;
    pid_t job;

    split_make(&split);
    assert_ok(solver_new(&f->source, &split.model, LONG_MS, &s));
    job = only_child_of(only_child_of(getpid()));
    solver_process_stop(f->process);
    f->process = NULL;
    assert_dies(job);
    solver_free(s);
}

/* ---- What it leaves, and what it has ---- */

static void
many_jobs_leave_no_file_and_no_process(void **state)
{
    struct fixture *f = *state;
    pid_t process = only_child_of(getpid());
    size_t before = open_files();
    double x[2];

    for (int i = 0; i < 200; i++) {
        struct solver *s = NULL;

        assert_ok(solver_new(&f->source, &corner, LONG_MS, &s));
        /* Every other one goes without a question, but not the last: behind
         * its answer no job waits. */
        if (i % 2 == 1)
            assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
        solver_free(s);
    }
    assert_int_equal(open_files(), before);
    assert_childless(process);
    solver_process_stop(f->process);
    f->process = NULL;
    assert_int_equal(open_files(), before - 2);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
many_jobs_at_once_do_not_meet(void **state)
{
    const struct fixture *f = *state;
    struct solver *s[20] = {0};
    double x[2];

    for (int i = 0; i < 20; i++) {
        assert_ok(solver_new(&f->source, &corner, LONG_MS, &s[i]));
        assert_ok(solver_bound(s[i], 1, 0, i % 3));
    }
    for (int i = 0; i < 20; i++) {
        assert_ok(solver_optimum(s[i], SOLVER_MAX, 1, both + 1, three_two, x));
        assert_true(x[1] == i % 3);
        solver_free(s[i]);
    }
}

static void
process_and_job_are_shut_in(void **state)
{
    const struct fixture *f = *state;
    struct solver *s = NULL;
    pid_t process = only_child_of(getpid());
    pid_t job;
    double x[2];
    char is[64];

    assert_ok(solver_new(&f->source, &corner, LONG_MS, &s));
    job = only_child_of(process);
    assert_ok(solver_optimum(s, SOLVER_MAX, 2, both, three_two, x));
#ifndef SV_NO_SANDBOX
    for (int i = 0; i < 2; i++) {
        status_of(i == 0 ? process : job, "Seccomp", is);
        assert_int_equal(is[0], '2');
        status_of(i == 0 ? process : job, "NoNewPrivs", is);
        assert_int_equal(is[0], '1');
    }
    /* The job's own filter is beside that of its parent. */
    status_of(job, "Seccomp_filters", is);
    assert_int_equal(atoi(is), 2);
#endif
    status_of(job, "Threads", is);
    assert_int_equal(atoi(is), 1);
    solver_free(s);
}

/* A program in its place that tells what it was given. */
static const char spy[] =
    "#!/bin/sh\n"
    "exec >DIR/told.new\n"
    "for fd in /proc/$$/fd/*; do\n"
    "  [ \"$(readlink $fd)\" != DIR/canary ] || echo canary\n"
    "done\n"
    "tr '\\0' ' ' </proc/$$/environ\n"
    "cat /proc/$$/stat | cut -d ' ' -f 1,6\n"
    "mv DIR/told.new DIR/told\n"
    "cat >/dev/null\n";

static void
write_spy(const char *dir, const char *path)
{
    FILE *f = fopen(path, "we");
    const char *rest = spy;

    assert_non_null(f);
    for (const char *at; (at = strstr(rest, "DIR")) != NULL; rest = at + 3)
        (void)fprintf(f, "%.*s%s", (int)(at - rest), rest, dir);
    (void)fputs(rest, f);
    assert_int_equal(fchmod(fileno(f), 0700), 0);
    assert_int_equal(fclose(f), 0);
}

static void
the_program_is_given_nothing_but_its_socket(void **state)
{
    char dir[PATH_SIZE], path[PATH_SIZE], told[PATH_SIZE], want[128];
    struct solver_process *p = NULL;
    struct buf words = BUF_INIT;
    pid_t pid;
    int canary;

    (void)state;
    support_dir_make(dir);
    assert_ok(path_join(path, dir, "canary"));
    /* Without O_CLOEXEC: as of a library that forgot it. */
    canary = open(path, O_CREAT | O_RDWR, 0600);
    assert_true(canary >= 0);
    assert_int_equal(dup2(canary, 57), 57);
    assert_ok(path_join(path, dir, "spy"));
    assert_ok(path_join(told, dir, "told"));
    write_spy(dir, path);
    assert_int_equal(setenv("SVAULT_TEST_SECRET", "x", 1), 0);
    assert_ok(solver_process_start(path, &p));
    pid = only_child_of(getpid());
    for (int i = 0; i < 10000 && access(told, F_OK) != 0; i++)
        nap();
    assert_ok(file_read(told, 4096, &words));
    assert_ok(buf_append(&words, bytes_of("", 1)));
    /* One word in its environment, and a session of its own. */
    (void)snprintf(want, sizeof want, "OPENBLAS_NUM_THREADS=1 %d %d\n",
                   (int)pid, (int)pid);
    assert_string_equal((const char *)words.ptr, want);
    solver_process_stop(p);
    (void)unsetenv("SVAULT_TEST_SECRET");
    (void)close(canary);
    (void)close(57);
    buf_free(&words);
    support_dir_remove(dir);
}

static void
a_program_that_is_not_there_is_an_error_and_leaves_nothing(void **state)
{
    struct solver_process *p = NULL;
    size_t before = open_files();

    (void)state;
    assert_err(solver_process_start("/nonexistent/svault-solver", &p),
               SV_ERR_NOT_FOUND);
    assert_null(p);
    assert_int_equal(open_files(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
it_starts_where_the_standard_streams_are_closed(void **state)
{
    pid_t child = fork();
    int status = 0;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        struct solver_process *p = NULL;
        const struct solver_source source = {solver_process_open_lazily, &p};
        struct solver *s = NULL;
        double x[2];
        bool ok;

        (void)close(0);
        (void)close(1);
        (void)close(2);
        ok = solver_new(&source, &corner, LONG_MS, &s) == SV_OK &&
             solver_optimum(s, SOLVER_MAX, 2, both, three_two, x) == SV_OK &&
             x[0] == 3;
        /* Nothing of it stands where this program would print. */
        for (int fd = 0; fd <= 2; fd++)
            ok = ok && fcntl(fd, F_GETFD) < 0;
        solver_free(s);
        solver_process_stop(p);
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
the_lazy_one_starts_at_the_first_job_and_once(void **state)
{
    struct solver_process *p = NULL;
    const struct solver_source source = {solver_process_open_lazily, &p};
    struct solver *s = NULL;
    pid_t first = 0;

    (void)state;
    assert_int_equal(children_of(getpid(), &first), 0);
    for (int i = 0; i < 2; i++) {
        assert_ok(solver_new(&source, &corner, LONG_MS, &s));
        solver_free(s);
        if (i == 0)
            first = only_child_of(getpid());
        assert_int_equal(only_child_of(getpid()), first);
    }
    solver_process_stop(p);
    assert_int_equal(children_of(getpid(), &first), 0);
    solver_process_stop(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PROCESS(
            a_job_that_is_killed_while_it_solves_costs_the_result_alone),
        WITH_PROCESS(a_job_that_takes_too_long_is_given_up_and_ends_itself),
        WITH_PROCESS(a_job_that_is_stopped_is_given_up),
        WITH_PROCESS(a_process_that_is_stopped_is_given_up),
        WITH_PROCESS(a_process_that_was_killed_is_started_anew),
        WITH_PROCESS(jobs_end_with_their_process),
        WITH_PROCESS(many_jobs_leave_no_file_and_no_process),
        WITH_PROCESS(many_jobs_at_once_do_not_meet),
        WITH_PROCESS(process_and_job_are_shut_in),
        cmocka_unit_test(the_program_is_given_nothing_but_its_socket),
        cmocka_unit_test(
            a_program_that_is_not_there_is_an_error_and_leaves_nothing),
        cmocka_unit_test(it_starts_where_the_standard_streams_are_closed),
        cmocka_unit_test(the_lazy_one_starts_at_the_first_job_and_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
