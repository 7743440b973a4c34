#ifndef SV_TESTS_SUPPORT_SCARCE_H
#define SV_TESTS_SUPPORT_SCARCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Memory that runs out, and a system that refuses.  The linker leads our
 * code's calls (not those of libraries) through here; a piece of work is run
 * once to see from which places it calls, and then once for each of them with
 * that call failing.  A place is a stack of callers: the same line reached
 * from two functions is two places.
 *
 * A test that uses it is linked by sv_scarce() of tests/CMakeLists.txt.
 */
enum scarce_kind {
    SCARCE_MEMORY, /* malloc, calloc, realloc(array): NULL */
    SCARCE_SYSTEM, /* open, read, fsync, mmap, clock_gettime, ...: EIO */
};

struct scarce_work {
    const char *name;
    void *ctx;
    enum sv_err (*run)(void *ctx);
    /* After each run, when nothing fails any more: undoes it, and looks at
     * what it left.  place: for messages. */
    void (*after)(void *ctx, enum sv_err err, const char *place);
};

/* Fail at every share-th place, beginning at another one for each kind of
 * work.  Returns how many places failed.  Fails the test where the work does
 * not succeed on its own. */
size_t scarce_at_each_place(const struct scarce_work *w, enum scarce_kind kind,
                            unsigned share);

/* By counting instead: the n-th allocation from now on fails, or it and all
 * behind it; 0: none.  Has one failed since then? */
void scarce_memory_at(uint64_t n, bool always);
bool scarce_came(void);

/* From now on rename() does what it should and says that it failed, EIO. */
void scarce_rename_late(bool on);

#endif
