#include "campaigns/faults/shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAMES 9 /* our own three or four among them: some six callers */

static struct control *control;
/* backtrace() may call what is counted. */
static _Thread_local bool tracing;

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("SV_FAULT");
    void *frames[FRAMES];
    long fd;
    void *p;

    if (path == NULL)
        return;
    fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        _exit(126);
    p = (void *)syscall(SYS_mmap, NULL, sizeof *control, PROT_READ | PROT_WRITE,
                        MAP_SHARED, (int)fd, 0);
    (void)syscall(SYS_close, (int)fd);
    if (p == MAP_FAILED)
        _exit(126);
    shim_stdio();
    (void)backtrace(frames, FRAMES); /* loads what it needs */
    control = p;
    shim_deaths(control);
}

/* Which of several threads writes does not matter. */
static void
note_where(const char *name, int fd, const char *path)
{
    char link[32];
    char target[CONTROL_WHERE / 2] = "";
    size_t n;
    int error = errno;

    if (path == NULL && fd >= 0) {
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        (void)syscall(SYS_readlinkat, AT_FDCWD, link, target,
                      sizeof target - 1);
        path = target;
    }
    n = strlen(name);
    if (n > CONTROL_WHERE / 4)
        n = CONTROL_WHERE / 4;
    memcpy(control->where, name, n);
    control->where[n] = ' ';
    if (path != NULL)
        (void)strncpy(control->where + n + 1, path, CONTROL_WHERE / 2);
    errno = error;
}

static bool
is_data_file(int fd)
{
    char link[32];
    char target[CONTROL_WHERE] = "";

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    (void)syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof target - 1);
    return strstr(target, "/data.mdb") != NULL;
}

static void
die(void)
{
    /* The one way to send a signal that svaultd's sandbox leaves. */
    (void)syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGKILL);
    _exit(125);
}

static uint64_t
place_of_call(void)
{
    void *frames[FRAMES];
    uint64_t h = 0xcbf29ce484222325;
    int n;

    tracing = true;
    n = backtrace(frames, FRAMES);
    tracing = false;
    for (int i = 0; i < n; i++)
        h = (h ^ (uintptr_t)frames[i]) * 0x100000001b3;
    return h;
}

/* Whose code called.  Before malloc() may stand the programs' own realloc()
 * (base/free.c), for which any library asks. */
static const char *
library_of(void *caller)
{
    void *frames[FRAMES];
    Dl_info info;
    int n, i = 0;

    if (dladdr(caller, &info) == 0)
        return NULL;
    if (info.dli_sname == NULL || strcmp(info.dli_sname, "realloc") != 0)
        return info.dli_fname;
    tracing = true;
    n = backtrace(frames, FRAMES);
    tracing = false;
    while (i < n && frames[i] != caller)
        i++;
    return i + 1 < n && dladdr(frames[i + 1], &info) != 0 ? info.dli_fname
                                                          : NULL;
}

/* Of the allocations some are other libraries', whose faults are not ours. */
enum effect
shim_memory(const char *name, void *caller)
{
    const char *library = NULL;

    if (control == NULL || control->kind != KIND_MEMORY)
        return EFFECT_NONE;
    if (control->at != 0 && control->count + 1 == control->at) {
        library = library_of(caller);
        tracing = true;
        control->call = shim_caller();
        tracing = false;
    }
    return shim_decide(KIND_MEMORY, name, -1, library);
}

enum effect
shim_decide(enum kind kind, const char *name, int fd, const char *path)
{
    uint64_t n;

    if (control == NULL || control->kind != (uint32_t)kind || tracing)
        return EFFECT_NONE;
    if (control->effect == EFFECT_FORGET && !is_data_file(fd))
        return EFFECT_NONE;
    if (control->effect == EFFECT_SWALLOW && fd != STDOUT_FILENO)
        return EFFECT_NONE;
    n = atomic_fetch_add(&control->count, 1) + 1;
    if (control->effect == EFFECT_TRACE && n <= CONTROL_PLACES)
        control->places[n - 1] = place_of_call();
    if (control->at == 0 || n < control->at ||
        (n > control->at && control->persistent == 0))
        return EFFECT_NONE;
    if (atomic_fetch_add(&control->hits, 1) == 0)
        note_where(name, fd, path);
    if (control->effect == EFFECT_KILL_BEFORE)
        die();
    if (control->effect == EFFECT_FAIL)
        errno = control->error;
    return (enum effect)control->effect;
}

bool
shim_after(enum effect effect)
{
    if (effect == EFFECT_KILL_AFTER || effect == EFFECT_KILL_TORN)
        die();
    if (effect == EFFECT_LATE)
        errno = control->error;
    return effect == EFFECT_LATE;
}

void *
shim_real(const char *name)
{
    void *p = dlsym(RTLD_NEXT, name);

    if (p == NULL)
        _exit(126);
    return p;
}
