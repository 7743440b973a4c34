#ifndef SV_CAMPAIGNS_FAULTS_SHIM_H
#define SV_CAMPAIGNS_FAULTS_SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * Faults by counting: a library that is preloaded, counts the calls of one
 * kind over all processes of a command, and spoils the n-th one.  What to do
 * stands in the file that SV_FAULT names (struct control, native byte order);
 * engine.py writes it and reads what came of it.
 */

enum kind {
    KIND_READ = 1,
    KIND_WRITE,
    KIND_SYNC,
    KIND_OPEN,
    KIND_NAME,
    KIND_LOOK,
    KIND_CLOSE,
    KIND_MEMORY,
    KIND_MAP,
    KIND_RANDOM,
    KIND_SOCKET,
    KIND_PROCESS,
    KIND_WAIT,
    KIND_GUARD,
};

enum effect {
    EFFECT_NONE,
    EFFECT_FAIL,        /* with control.error */
    EFFECT_LATE,        /* done, and then said to have failed */
    EFFECT_SHORT,       /* half of the bytes, at least one */
    EFFECT_KILL_BEFORE, /* SIGKILL to the process, the call not made */
    EFFECT_KILL_AFTER,
    EFFECT_KILL_TORN, /* half of the bytes written, then SIGKILL */
    /* Planted defects, for the negative controls. */
    EFFECT_FORGET,  /* "done", and nothing is: data files only */
    EFFECT_SWALLOW, /* "done", and nothing is: standard output only */
    EFFECT_TRACE    /* nothing happens, and each call's place is kept */
};

#define CONTROL_WHERE 256
#define CONTROL_PLACES (1u << 18)
struct control {
    uint64_t at; /* the first call to spoil, from 1; 0: count only */
    uint32_t kind;
    uint32_t effect;
    int32_t error;
    uint32_t persistent; /* and all behind it */
    _Atomic uint64_t count;
    _Atomic uint64_t hits;
    char where[CONTROL_WHERE]; /* the first hit: the call and its file */
    /* Where glibc itself was refused memory: the place in others' code that
     * had called it. */
    uint64_t call;
    /* Of the first process that died of itself (SIGSEGV, SIGBUS, SIGABRT):
     * whose code it was, and where in it; "glibc" is it only in that call. */
    _Atomic uint64_t deaths;
    char died[CONTROL_WHERE];
    /* Of each call, in order, while tracing: a hash of the innermost callers'
     * addresses, the same for every process that loads the same at the same
     * places. */
    uint64_t places[CONTROL_PLACES];
};

/*
 * What is to become of this call: EFFECT_NONE unless it is the one.  fd is -1
 * and path NULL where there is none.  KILL_BEFORE does not return.  EFFECT_FAIL
 * has set errno.
 */
enum effect shim_decide(enum kind kind, const char *name, int fd,
                        const char *path);
/* The same of an allocation: whose it is stands in control.where. */
enum effect shim_memory(const char *name, void *caller);
/* The innermost place on the stack that is neither glibc's nor ours; 0: none.
 */
uintptr_t shim_caller(void);
/* Behind the call: KILL_AFTER and KILL_TORN do not return; true of LATE, with
 * errno set. */
bool shim_after(enum effect effect);
/* The next definition of the name, behind this library. */
void *shim_real(const char *name);
/* Deaths from now on are noted in it, whatever handlers the program sets. */
void shim_deaths(struct control *to);
/* stdin, stdout, stderr become streams over our read() and write(). */
void shim_stdio(void);

#endif
