#include "tests/support/scarce.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/support.h"

#define PLACES_MAX 16384
#define FRAMES 10
#define OWN_FRAMES 2 /* call_fails() and what is led through here */

enum { IDLE, LOOKING, FAILING, COUNTING };

/* One at a time in a process; wrapped functions have no other way to it. */
static struct {
    atomic_int state;
    enum scarce_kind kind;
    uint64_t target;
    uint64_t fail_at, calls; /* while it counts */
    bool always;
    atomic_bool failed;
    atomic_bool late;     /* rename() is done, and fails */
    const void *outside;  /* who ran the work is not part of a place */
    void *frames[FRAMES]; /* of the call that failed */
    int n_frames;
    pthread_mutex_t lock; /* of the places */
    size_t n;
    uint64_t places[PLACES_MAX];
} scarce = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t
place_of_call(void)
{
    void *frames[FRAMES];
    int n = backtrace(frames, FRAMES);
    uint64_t h = 0xcbf29ce484222325;

    for (int i = OWN_FRAMES; i < n && frames[i] != scarce.outside; i++)
        h = (h ^ (uintptr_t)frames[i]) * 0x100000001b3;
    return h;
}

static void
keep_place(uint64_t place)
{
    size_t i = 0;

    pthread_mutex_lock(&scarce.lock);
    while (i < scarce.n && scarce.places[i] != place)
        i++;
    if (i == scarce.n && i < PLACES_MAX)
        scarce.places[scarce.n++] = place;
    pthread_mutex_unlock(&scarce.lock);
}

static bool
counted_out(void)
{
    scarce.calls++;
    if (scarce.calls < scarce.fail_at ||
        (scarce.calls > scarce.fail_at && !scarce.always))
        return false;
    atomic_store(&scarce.failed, true);
    return true;
}

/* Whether this call is the one that fails.  Only the first from its place
 * does: what cleans up after it may come by again. */
static bool
call_fails(enum scarce_kind kind)
{
    int state = atomic_load(&scarce.state);
    uint64_t place;

    if (state == IDLE || kind != scarce.kind)
        return false;
    if (state == COUNTING)
        return counted_out();
    if (state == FAILING && atomic_load(&scarce.failed))
        return false;
    place = place_of_call();
    if (state == LOOKING) {
        keep_place(place);
        return false;
    }
    if (place != scarce.target || atomic_exchange(&scarce.failed, true))
        return false;
    scarce.n_frames = backtrace(scarce.frames, FRAMES);
    return true;
}

static bool
system_refuses(void)
{
    if (!call_fails(SCARCE_SYSTEM))
        return false;
    errno = EIO;
    return true;
}

/* rename() itself is led through here. */
static bool
is_said_to_fail(const char *from, const char *to)
{
    if (!atomic_load(&scarce.late) ||
        renameat(AT_FDCWD, from, AT_FDCWD, to) != 0)
        return false;
    errno = EIO;
    return true;
}

void
scarce_rename_late(bool on)
{
    atomic_store(&scarce.late, on);
}

void
scarce_memory_at(uint64_t n, bool always)
{
    scarce.kind = SCARCE_MEMORY;
    scarce.fail_at = n;
    scarce.calls = 0;
    scarce.always = always;
    if (n > 0)
        atomic_store(&scarce.failed, false);
    atomic_store(&scarce.state, n > 0 ? COUNTING : IDLE);
}

bool
scarce_came(void)
{
    return atomic_load(&scarce.failed);
}

/* Not inline: its caller is where a place ends. */
__attribute__((noinline)) static enum sv_err
run_once(const struct scarce_work *w, int state)
{
    enum sv_err err;

    scarce.outside = __builtin_return_address(0);
    atomic_store(&scarce.failed, false);
    atomic_store(&scarce.state, state);
    err = w->run(w->ctx);
    atomic_store(&scarce.state, IDLE);
    return err;
}

/* "NAME, failing at:" and addresses as addr2line -e PROGRAM takes them. */
static void
describe(const char *name, char *out, size_t size)
{
    int n = snprintf(out, size, "%s, failing at:", name);
    Dl_info program;

    if (!atomic_load(&scarce.failed))
        n = snprintf(out, size, "%s, not failing", name);
    for (int i = OWN_FRAMES; atomic_load(&scarce.failed) && i < scarce.n_frames;
         i++) {
        if (dladdr(scarce.frames[i], &program) != 0 && n > 0 &&
            (size_t)n < size)
            n += snprintf(out + n, size - (size_t)n, " %#tx",
                          (char *)scarce.frames[i] - (char *)program.dli_fbase);
    }
}

size_t
scarce_at_each_place(const struct scarce_work *w, enum scarce_kind kind,
                     unsigned share)
{
    char place[256];
    size_t n = 0;
    enum sv_err err;
    void *warm[1];

    (void)backtrace(warm, 1); /* the first one allocates */
    scarce.kind = kind;
    scarce.n = 0;
    err = run_once(w, LOOKING);
    w->after(w->ctx, err, "nothing fails");
    if (err != SV_OK)
        fail_msg("%s: %s", w->name, err_text(err));
    if (scarce.n == 0 || scarce.n == PLACES_MAX)
        fail_msg("%s: %zu places", w->name, scarce.n);
    for (size_t i = scarce.n < share ? 0 : scarce.n % share; i < scarce.n;
         i += share) {
        scarce.target = scarce.places[i];
        err = run_once(w, FAILING);
        n += atomic_load(&scarce.failed);
        describe(w->name, place, sizeof place);
        w->after(w->ctx, err, place);
    }
    return n;
}

/* ---- What the linker leads through here ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
#define LED(type, name, parameters, arguments, failure)                        \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        return (failure) ? FAILED_##type : __real_##name arguments;            \
    }
typedef void *pointer;
#define FAILED_pointer NULL
#define FAILED_int (-1)
#define FAILED_ssize_t (-1)

LED(pointer, malloc, (size_t n), (n), call_fails(SCARCE_MEMORY))
LED(pointer, calloc, (size_t n, size_t size), (n, size),
    call_fails(SCARCE_MEMORY))
LED(pointer, realloc, (void *p, size_t n), (p, n), call_fails(SCARCE_MEMORY))
LED(pointer, reallocarray, (void *p, size_t n, size_t size), (p, n, size),
    call_fails(SCARCE_MEMORY))

LED(int, fstat, (int fd, struct stat *st), (fd, st), system_refuses())
LED(int, stat, (const char *path, struct stat *st), (path, st),
    system_refuses())
LED(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n), system_refuses())
LED(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at),
    system_refuses())
LED(ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n),
    system_refuses())
LED(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at),
    (fd, from, n, at), system_refuses())
LED(int, fsync, (int fd), (fd), system_refuses())
LED(int, ftruncate, (int fd, off_t size), (fd, size), system_refuses())
LED(int, fchmod, (int fd, mode_t mode), (fd, mode), system_refuses())
LED(int, flock, (int fd, int operation), (fd, operation), system_refuses())
LED(int, link, (const char *from, const char *to), (from, to), system_refuses())
LED(int, rename, (const char *from, const char *to), (from, to),
    system_refuses() || is_said_to_fail(from, to))
LED(int, renameat2,
    (int from_dir, const char *from, int to_dir, const char *to,
     unsigned flags),
    (from_dir, from, to_dir, to, flags), system_refuses())
LED(int, mkdir, (const char *path, mode_t mode), (path, mode), system_refuses())
LED(int, mprotect, (void *at, size_t n, int protection), (at, n, protection),
    system_refuses())
LED(int, mlock, (const void *at, size_t n), (at, n), system_refuses())
LED(int, madvise, (void *at, size_t n, int advice), (at, n, advice),
    system_refuses())
LED(ssize_t, getrandom, (void *to, size_t n, unsigned flags), (to, n, flags),
    system_refuses())
LED(int, clock_gettime, (clockid_t id, struct timespec *now), (id, now),
    system_refuses())

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode = 0;

    if (system_refuses())
        return -1;
    va_start(rest, flags);
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
        mode = va_arg(rest, mode_t);
    va_end(rest);
    return __real_open(path, flags, mode);
}

void *__real_mmap(void *at, size_t n, int protection, int flags, int fd,
                  off_t from);
void *__wrap_mmap(void *at, size_t n, int protection, int flags, int fd,
                  off_t from);
void *
__wrap_mmap(void *at, size_t n, int protection, int flags, int fd, off_t from)
{
    return system_refuses() ? MAP_FAILED
                            : __real_mmap(at, n, protection, flags, fd, from);
}
/* NOLINTEND(bugprone-reserved-identifier) */
