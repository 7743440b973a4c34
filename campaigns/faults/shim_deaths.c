/* Where a process dies of itself, and whose code that was. */
#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "campaigns/faults/shim.h"

#define FRAMES 64
#define HALT 0xf4 /* what glibc does when the system does not let it exit */

static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT};
#define N_DEADLY (sizeof deadly / sizeof deadly[0])

typedef int sigaction_fn(int number, const struct sigaction *act,
                         struct sigaction *old);

static struct control *control;
static struct sigaction theirs[N_DEADLY]; /* what the program set */

/* What only stands between: glibc, this library, and the programs' own free()
 * and realloc() (base/free_wipes.c), for which any library asks. */
static bool
is_between(const Dl_info *at)
{
    static const char here;
    const char *name = at->dli_sname;
    Dl_info ours;

    if (name != NULL &&
        (strcmp(name, "free") == 0 || strcmp(name, "realloc") == 0))
        return true;
    return strstr(at->dli_fname, "/libc.so") != NULL ||
           strstr(at->dli_fname, "/ld-linux") != NULL ||
           (dladdr(&here, &ours) != 0 && ours.dli_fbase == at->dli_fbase);
}

/* The innermost of frames[first...] that is somebody's; NULL: none. */
static void *
somebody(void *const *frames, int first, int n, Dl_info *at)
{
    for (int i = first; i < n; i++)
        if (dladdr(frames[i], at) == 0 || !is_between(at))
            return frames[i];
    return NULL;
}

uintptr_t
shim_caller(void)
{
    void *frames[FRAMES];
    Dl_info at;

    return (uintptr_t)somebody(frames, 0, backtrace(frames, FRAMES), &at);
}

static void
note(const char *whose)
{
    (void)snprintf(control->died, sizeof control->died, "%s", whose);
}

static void
note_death(void *pc)
{
    void *frames[FRAMES], *place = pc;
    int n = backtrace(frames, FRAMES), i = 0;
    Dl_info at = {0};

    while (i < n && frames[i] != pc)
        i++;
    if (dladdr(pc, &at) != 0 && is_between(&at)) {
        if (*(const uint8_t *)pc == HALT)
            return note("a refused exit");
        place = somebody(frames, i, n, &at);
    }
    if (place != pc && place != NULL && (uintptr_t)place == control->call)
        note("glibc");
    else if (place == NULL || at.dli_fname == NULL)
        note("nobody's code");
    else
        (void)snprintf(control->died, sizeof control->died, "%s+0x%zx",
                       at.dli_fname,
                       (size_t)((uintptr_t)place - (uintptr_t)at.dli_fbase));
}

static sigaction_fn *
next_sigaction(void)
{
    static sigaction_fn *next;

    if (next == NULL)
        *(void **)&next = shim_real("sigaction");
    return next;
}

/* Then whatever the program wanted; its death, if that is nothing, by what it
 * returns to. */
static void
on_death(int number, siginfo_t *info, void *context)
{
    const ucontext_t *u = context;
    const struct sigaction *want = &theirs[0];

    if (atomic_fetch_add(&control->deaths, 1) == 0)
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): a register */
        note_death((void *)u->uc_mcontext.gregs[REG_RIP]);
    for (size_t i = 1; i < N_DEADLY; i++)
        if (deadly[i] == number)
            want = &theirs[i];
    if ((want->sa_flags & SA_SIGINFO) != 0)
        want->sa_sigaction(number, info, context);
    else if (want->sa_handler != SIG_DFL && want->sa_handler != SIG_IGN)
        want->sa_handler(number);
    else
        (void)next_sigaction()(number, want, NULL);
}

static int
watch(int number, const struct sigaction *want)
{
    struct sigaction act = *want;

    act.sa_sigaction = on_death;
    act.sa_flags |= SA_SIGINFO;
    return next_sigaction()(number, &act, NULL);
}

void
shim_deaths(struct control *to)
{
    control = to;
    (void)next_sigaction();
    for (size_t i = 0; i < N_DEADLY; i++)
        (void)watch(deadly[i], &theirs[i]);
}

int
sigaction(int number, const struct sigaction *act, struct sigaction *old)
{
    for (size_t i = 0; control != NULL && i < N_DEADLY; i++) {
        if (deadly[i] != number)
            continue;
        if (old != NULL)
            *old = theirs[i];
        if (act == NULL)
            return 0;
        theirs[i] = *act;
        return watch(number, act);
    }
    return next_sigaction()(number, act, old);
}

void (*signal(int number, void (*handler)(int)))(int)
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction old;

    return sigaction(number, &act, &old) == 0 ? old.sa_handler : SIG_ERR;
}
