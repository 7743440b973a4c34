#ifndef SV_POLICY_REPLAY_EXPORT_H
#define SV_POLICY_REPLAY_EXPORT_H

#include "audit/export.h"
#include "policy/replay.h"

/*
 * The replay of an export on all processors: while one thread takes entries
 * in, the others take those behind them apart and verify the signatures of
 * those before.  What comes of it, and which entry is named, is what
 * replay_entry() over one after the other would say.  Memory does not grow
 * with the log, but for what replay_spill() puts into files.
 */
struct replay_plan {
    struct workers *workers; /* NULL: alone */
    struct hash genesis;     /* the leaf that the log must begin with */
    /* Size and root of a head that was replayed before, or 0: the log must go
     * on from there.  Where `spare`, the actors' signatures up to it are not
     * verified again; all else is. */
    uint64_t before_size;
    struct hash before_root;
    bool spare;
    export_progress_fn progress; /* or NULL */
    void *ctx;
};

/*
 * r is fresh from replay_init(), and no entry may come after.
 * SV_ERR_TAMPERED either with fault->reason, or with e->fault set where the
 * files are no longer whole, or do not go on from the head before.
 */
enum sv_err replay_export(struct replay *r, struct export *e,
                          const struct replay_plan *plan,
                          struct replay_fault *fault);

#endif
