#ifndef SV_DISCLOSURE_SOLVER_PROCESS_H
#define SV_DISCLOSURE_SOLVER_PROCESS_H

#include "disclosure/solver.h"

/*
 * svault-solver as a process.  One is started with nothing of ours but a
 * socket on its standard input: no other descriptor, no environment, no
 * terminal.  It sets itself limits of time and memory and shuts itself into
 * seccomp; for each job it forks, so that jobs cannot touch each other.  A
 * daemon starts it before it shuts itself in; a program when the first job
 * comes.  It ends when the program that started it does.
 */
struct solver_process;

/* path: NULL for the one that belongs to this program: of its own build
 * directory, else where it is installed.  SV_ERR_NOT_FOUND */
enum sv_err solver_process_start(const char *path, struct solver_process **out);
/* Its jobs end too.  Accepts NULL. */
void solver_process_stop(struct solver_process *p);

/* A job's socket, from any thread: for struct solver_source.  Starts anew a
 * process that is gone, where this is still allowed; SV_ERR_UNVERIFIED. */
enum sv_err solver_process_open(void *process, int *fd);

/* Starts one at the first job: ctx is the struct solver_process * in which it
 * keeps it, NULL before; solver_process_stop() at the end.  For one thread. */
enum sv_err solver_process_open_lazily(void *process, int *fd);

#endif
