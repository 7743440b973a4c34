#ifndef SV_DISCLOSURE_SOLVER_PROCESS_H
#define SV_DISCLOSURE_SOLVER_PROCESS_H

#include "disclosure/solver.h"

/*
 * svault-solver as a process.  One is started with nothing but a socket on
 * its standard input, an empty environment, limits on time and memory, and
 * shuts itself into seccomp; for each job it forks, so that jobs cannot
 * touch each other.  A daemon starts it before it shuts itself in; a program
 * when the first job comes.
 */
struct solver_process;

/* path: NULL for the one that belongs to this program: beside it in a build
 * directory, else where it is installed. SV_ERR_NOT_FOUND */
enum sv_err solver_process_start(const char *path, struct solver_process **out);
void solver_process_stop(struct solver_process *p); /* accepts NULL */

/* A job's socket, from any thread: for struct solver_source.  Starts anew a
 * process that is gone, where this is still allowed. */
enum sv_err solver_process_open(void *process, int *fd);

/* Starts one at the first job: ctx is where it keeps it, NULL before;
 * solver_process_stop() at the end.  For one thread. */
enum sv_err solver_process_open_lazily(void *process, int *fd);

#endif
