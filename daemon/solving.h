#ifndef SV_DAEMON_SOLVING_H
#define SV_DAEMON_SOLVING_H

#include <stdatomic.h>

#include "daemon/life.h"

#include "disclosure/solver_process.h"

/*
 * The solver of svaultd, started before the sandbox, in which no program can
 * be.  Where there is none, or it ends, all else goes on: what needs one fails
 * with SV_ERR_UNVERIFIED, and the daemon says so once.
 */
struct solving {
    struct solver_process *process; /* NULL: there is none */
    struct life *life;
    atomic_flag told;
};

void solving_start(struct solving *s, struct life *life);
void solving_stop(struct solving *s);
/* For struct solver_source, with s as its ctx; from any thread. */
enum sv_err solving_open(void *s, int *fd);

#endif
