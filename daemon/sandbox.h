#ifndef SV_DAEMON_SANDBOX_H
#define SV_DAEMON_SANDBOX_H

#include "base/err.h"

/*
 * From here on the process can only do what serving takes (seccomp): files of
 * the vault, the sockets it has and pairs of new ones, memory, threads, time.
 * What else it asks for fails with EPERM, so that a library's new way of doing
 * an old thing takes its other way, or an error that is handled like each
 * other; what only an intruder asks for (to run a program, to trace another, a
 * socket of the network) ends the process.  Threads made later inherit it.
 */
enum sv_err sandbox_enter(void);

#endif
