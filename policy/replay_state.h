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

/* Of the actor, for the request's act; 0 for one without a limit. */
unsigned replay_state_recent(const struct replay *r, const struct request *q,
                             uint64_t now_ms);
bool replay_state_denied_glass(const struct replay *r, const struct request *q,
                               uint64_t now_ms);
/* NULL where there is none; they stay where they are until the next entry. */
struct release_state *replay_state_release(const struct replay *r,
                                           uint64_t index);
struct flag_state *replay_state_flag(const struct replay *r, uint64_t index);

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
/* What an entry leaves behind for later decisions: usage, denials for want
 * of break-glass, flags. */
enum sv_err replay_state_count(struct replay *r, const struct entry *e,
                               const struct request *q);
enum sv_err replay_state_put_release(struct replay *r, uint64_t index,
                                     const struct release_state *s);

#endif
