#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/sandbox.h"
#include "daemon/solving.h"
#include "tests/support/processes.h"
#include "tests/support/solved.h"

#include "disclosure/solver.h"

/*
 * The sandbox holds for the rest of a process, so each test has one of its
 * own.  What it finds false it tells by the line, as its exit code.
 */
#define HOLDS(what)                                                            \
    do {                                                                       \
        if (!(what))                                                           \
            _exit(__LINE__ % 255 + 1);                                         \
    } while (0)

static bool
solves(struct solving *s)
{
    const struct solver_source source = {solving_open, s};
    struct solver *solver = NULL;
    double x[2] = {0};
    bool ok =
        solver_new(&source, &corner, LONG_MS, &solver) == SV_OK &&
        solver_optimum(solver, SOLVER_MAX, 2, both, three_two, x) == SV_OK &&
        x[0] == 3;

    solver_free(solver);
    return ok;
}

/* A daemon of the test's own. */
struct daemon {
    pid_t pid;
    int go;   /* closed: it goes on */
    int said; /* its standard error */
};

static struct daemon
fork_daemon(void (*run)(int go))
{
    int go[2], said[2];
    struct daemon d;

    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(said), 0);
    d = (struct daemon){fork(), go[1], said[0]};
    assert_true(d.pid >= 0);
    if (d.pid == 0) {
        HOLDS(dup2(said[1], STDERR_FILENO) == STDERR_FILENO);
        (void)close(said[0]);
        (void)close(said[1]);
        (void)close(go[1]);
        run(go[0]);
        _exit(0);
    }
    (void)close(go[0]);
    (void)close(said[1]);
    return d;
}

/* Let it go on to its end; what it said, with a NUL. */
static struct buf
end_daemon(struct daemon *d)
{
    struct buf said = BUF_INIT;
    uint8_t part[256];
    int status = 0;
    ssize_t n;

    (void)close(d->go);
    while ((n = read(d->said, part, sizeof part)) > 0)
        assert_ok(buf_append(&said, bytes_of(part, (size_t)n)));
    (void)close(d->said);
    assert_ok(buf_append(&said, bytes_of("", 1)));
    assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
    assert_false(WIFSIGNALED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return said;
}

static void
solve_in_the_sandbox(int go)
{
    struct life life = {.clock = clock_system()};
    struct solving s;

    (void)go;
    solving_start(&s, &life);
    HOLDS(sandbox_enter() == SV_OK);
    for (int i = 0; i < 3; i++)
        HOLDS(solves(&s));
    solving_stop(&s);
    /* Nothing is left of it. */
    HOLDS(waitpid(-1, NULL, WNOHANG) == -1);
}

static void
jobs_go_from_the_sandbox_to_a_solver_outside(void **state)
{
    struct daemon d = fork_daemon(solve_in_the_sandbox);
    struct buf said = end_daemon(&d);

    (void)state;
    assert_string_equal((const char *)said.ptr, "");
    buf_free(&said);
}

static void
lose_it_in_the_sandbox(int go)
{
    struct life life = {.clock = clock_system()};
    struct solving s;
    char byte;

    solving_start(&s, &life);
    HOLDS(sandbox_enter() == SV_OK);
    HOLDS(read(go, &byte, 1) == 0);
    for (int i = 0; i < 3; i++) {
        int fd = -1;

        HOLDS(solving_open(&s, &fd) == SV_ERR_UNVERIFIED);
        HOLDS(fd == -1);
    }
    solving_stop(&s);
    HOLDS(waitpid(-1, NULL, WNOHANG) == -1);
}

static void
a_solver_that_is_gone_fails_what_needs_it_and_is_told_once(void **state)
{
    static const char once[] = "{\"time\": \"";
    struct daemon d;
    struct buf said;
    pid_t solver;

    (void)state;
#ifdef SV_NO_SANDBOX
    skip(); /* it is started anew */
#endif
    d = fork_daemon(lose_it_in_the_sandbox);
    solver = only_child_of(d.pid);
    assert_int_equal(kill(solver, SIGKILL), 0);
    assert_dies(solver);
    said = end_daemon(&d);
    assert_memory_equal(said.ptr, once, sizeof once - 1);
    assert_non_null(strstr((const char *)said.ptr,
                           "\"event\": \"short\", \"what\": "
                           "\"svault-solver, "));
    assert_null(strstr((const char *)said.ptr + 1, once));
    buf_free(&said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_go_from_the_sandbox_to_a_solver_outside),
        cmocka_unit_test(
            a_solver_that_is_gone_fails_what_needs_it_and_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
