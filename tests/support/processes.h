#ifndef SV_TESTS_SUPPORT_PROCESSES_H
#define SV_TESTS_SUPPORT_PROCESSES_H

#include <sys/types.h>

#include "tests/support/support.h"

/* Processes as /proc has them. */

/* A millisecond. */
void nap(void);

/* One line of /proc/PID/status, as far as it goes; "" where there is none. */
void status_of(pid_t pid, const char *name, char out[static 64]);

/* How many children a process has, the dead that nobody took among them. */
size_t children_of(pid_t parent, pid_t *last);

/* These wait, for ten seconds at the most. */
pid_t only_child_of(pid_t parent);
void assert_childless(pid_t parent);
void assert_dies(pid_t pid); /* whether or not somebody takes its remains */

#endif
