#ifndef SV_DISCLOSURE_SOLVER_BOX_H
#define SV_DISCLOSURE_SOLVER_BOX_H

#include <sys/types.h>

#include "base/err.h"

/*
 * What svault-solver may do, by limits and seccomp: compute, and speak over
 * the sockets it has.  Nothing is opened, connected to or run; what asks for
 * that fails with EPERM.
 */

/* The process that takes jobs and forks. */
enum sv_err box_process(void);
/* One job: no more forks, no more sockets taken; it dies with its parent,
 * the process above. */
enum sv_err box_job(pid_t parent);

#endif
