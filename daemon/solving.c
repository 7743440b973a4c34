#include "daemon/solving.h"

static void
tell(struct solving *s)
{
    if (!atomic_flag_test_and_set(&s->told))
        life_no_solver(s->life);
}

void
solving_start(struct solving *s, struct life *life)
{
    *s = (struct solving){.life = life, .told = ATOMIC_FLAG_INIT};
    if (solver_process_start(NULL, &s->process) != SV_OK)
        tell(s);
}

void
solving_stop(struct solving *s)
{
    solver_process_stop(s->process);
    s->process = NULL;
}

enum sv_err
solving_open(void *solving, int *fd)
{
    struct solving *s = solving;
    enum sv_err err = SV_ERR_UNVERIFIED;

    if (s->process != NULL)
        err = solver_process_open(s->process, fd);
    if (err != SV_OK)
        tell(s);
    return err;
}
