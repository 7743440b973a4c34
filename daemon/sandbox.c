#include "daemon/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* clang-format off */
static const int allowed[] = {
    /* sockets that are there, and being told of them */
    SCMP_SYS(accept4), SCMP_SYS(getsockopt), SCMP_SYS(sendto),
    SCMP_SYS(recvfrom), SCMP_SYS(shutdown),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2), SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    /* handing a socket to the solver, and ending it by its descriptor */
    SCMP_SYS(sendmsg), SCMP_SYS(pidfd_send_signal), SCMP_SYS(wait4),
    /* the store, the kept head, and both opened again */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
    SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
    SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(close), SCMP_SYS(lseek),
    SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
    SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fcntl),
    SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(msync),
    SCMP_SYS(ftruncate), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
    /* evidence of another log, in a file of its own beside the store */
    SCMP_SYS(renameat2), SCMP_SYS(getdents64),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(mlock), SCMP_SYS(munlock),
    /* threads */
    SCMP_SYS(futex), SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(geteuid), SCMP_SYS(getuid), SCMP_SYS(prctl),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(tgkill), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* time and randomness */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(getrandom), SCMP_SYS(uname),
};
static const int deadly[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(bpf), SCMP_SYS(init_module),
    SCMP_SYS(finit_module), SCMP_SYS(mount), SCMP_SYS(connect),
    SCMP_SYS(bind), SCMP_SYS(listen),
};
/* clang-format on */

static int
add_all(scmp_filter_ctx ctx, uint32_t action, const int calls[], size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++)
        rc = seccomp_rule_add(ctx, action, calls[i], 0);
    return rc;
}

/* Calls that are allowed with some arguments only. */
static int
add_parts(scmp_filter_ctx ctx)
{
    const struct scmp_arg_cmp not_exec =
        SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_exec);

    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              not_exec);
    /* Threads, no processes: the arguments of clone3() cannot be seen, so the
     * C library is sent to clone(). */
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (rc == 0)
        rc = seccomp_rule_add(
            ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    /* A job's socket, for the solver. */
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                              SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
    /* To tell systemd, and nobody else. */
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
    return rc;
}

enum sv_err
sandbox_enter(void)
{
#ifdef SV_NO_SANDBOX
    return SV_OK;
#endif
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc;

    if (ctx == NULL)
        return SV_ERR_NOMEM;
    rc = add_all(ctx, SCMP_ACT_ALLOW, allowed,
                 sizeof allowed / sizeof allowed[0]);
    if (rc == 0)
        rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, deadly,
                     sizeof deadly / sizeof deadly[0]);
    if (rc == 0)
        rc = add_parts(ctx);
    if (rc == 0)
        rc = seccomp_load(ctx); /* sets no_new_privs */
    seccomp_release(ctx);
    return rc == 0 ? SV_OK : SV_ERR_IO;
}
