#include "disclosure/solver_box.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "disclosure/solver.h"

#define MEMORY_MAX (UINT64_C(2) << 30)
#define FILES_MAX 8
#define SHUT_MAX_S 10

/* clang-format off */
static const int both[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvfrom),
    SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(futex), SCMP_SYS(rseq), SCMP_SYS(set_robust_list),
    SCMP_SYS(sched_yield), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(getppid), SCMP_SYS(tgkill), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
    SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(getrusage),
    SCMP_SYS(setitimer), SCMP_SYS(getrandom),
    /* CBC asks until it is told; it is "/" */
    SCMP_SYS(getcwd),
};
static const int process_alone[] = {
    SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(fork), SCMP_SYS(recvmsg),
    SCMP_SYS(setrlimit), SCMP_SYS(prlimit64), SCMP_SYS(prctl),
    SCMP_SYS(seccomp),
};
/* clang-format on */

static int
add_all(scmp_filter_ctx ctx, const int calls[], size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
    return rc;
}

/* SIGALRM then; 0: not any more. */
static bool
end_after(time_t seconds)
{
    const struct itimerval end = {.it_value = {.tv_sec = seconds}};

    return setitimer(ITIMER_REAL, &end, NULL) == 0;
}

static enum sv_err
build_filter(bool process)
{
    const struct scmp_arg_cmp not_exec =
        SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc;

    if (ctx == NULL)
        return SV_ERR_NOMEM;
    rc = add_all(ctx, both, sizeof both / sizeof both[0]);
    if (rc == 0 && process)
        rc = add_all(ctx, process_alone,
                     sizeof process_alone / sizeof process_alone[0]);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_exec);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              not_exec);
    if (rc == 0)
        rc = seccomp_load(ctx); /* sets no_new_privs */
    seccomp_release(ctx);
    return rc == 0 ? SV_OK : SV_ERR_IO;
}

static enum sv_err
shut(bool process)
{
    enum sv_err err;

#ifdef SV_NO_SANDBOX
    return SV_OK;
#endif
    /* libseccomp 2.5.4 may walk in a circle where it lacks memory. */
    if (!end_after(SHUT_MAX_S))
        return SV_ERR_IO;
    err = build_filter(process);
    return err == SV_OK && !end_after(0) ? SV_ERR_IO : err;
}

/* Whoever starts the program may have set less. */
static enum sv_err
limit(int what, uint64_t max)
{
    struct rlimit l;

    if (getrlimit((__rlimit_resource_t)what, &l) != 0)
        return SV_ERR_IO;
    if (l.rlim_max > max)
        l.rlim_max = max;
    l.rlim_cur = l.rlim_max;
    return setrlimit((__rlimit_resource_t)what, &l) == 0 ? SV_OK : SV_ERR_IO;
}

enum sv_err
box_process(void)
{
    enum sv_err err = limit(RLIMIT_CORE, 0);

    if (err == SV_OK)
        err = limit(RLIMIT_FSIZE, 0);
    if (err == SV_OK)
        err = limit(RLIMIT_NOFILE, FILES_MAX);
#ifndef SV_NO_SANDBOX
    if (err == SV_OK)
        err = limit(RLIMIT_AS, MEMORY_MAX);
#endif
    /* Nobody waits for the jobs. */
    if (err == SV_OK &&
        (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || chdir("/") != 0 ||
         signal(SIGCHLD, SIG_IGN) == SIG_ERR))
        err = SV_ERR_IO;
    return err == SV_OK ? shut(true) : err;
}

enum sv_err
box_job(pid_t parent)
{
    enum sv_err err = limit(RLIMIT_CPU, SOLVER_TIMEOUT_MAX_MS / 1000);

    if (err == SV_OK && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        err = SV_ERR_IO;
    /* It may have gone before that. */
    if (err == SV_OK && getppid() != parent)
        err = SV_ERR_IO;
    /* The socket on which jobs come is the parent's. */
    if (err == SV_OK && close(STDIN_FILENO) != 0)
        err = SV_ERR_IO;
    return err == SV_OK ? shut(false) : err;
}
