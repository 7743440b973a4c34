#ifndef SV_POLICY_REPLAY_STATE_H
#define SV_POLICY_REPLAY_STATE_H

#include "policy/replay.h"

/*
 * What the entries replayed so far have made: records, their versions, and
 * to whom they are assigned.  Asking is for anybody; changing is for
 * replay_entry() alone.
 */
bool replay_state_is_assigned(const struct replay *r,
                              const struct handle *record, const char *person);
/* Is there such a record, and is it of this type? */
bool replay_state_is_known(const struct replay *r, const struct handle *record,
                           const char *type);
/* The last one; version 0 where there is none. */
struct replay_version replay_state_version(const struct replay *r,
                                           const struct handle *record,
                                           const char *compartment);

/* All of these SV_ERR_NOMEM, with the state half changed. */
enum sv_err replay_state_assign(struct replay *r, const struct handle *record,
                                const char *person);
void replay_state_unassign(struct replay *r, const struct handle *record,
                           const char *person);
/* The results of the entry that comes next as the last versions. */
enum sv_err replay_state_keep(struct replay *r, const struct handle *record,
                              const struct entry *e);
/* A new record with these, assigned to the actor. */
enum sv_err replay_state_create(struct replay *r, const struct handle *record,
                                const char *type, const char *actor,
                                const struct entry *e);

#endif
