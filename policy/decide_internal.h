#ifndef SV_POLICY_DECIDE_INTERNAL_H
#define SV_POLICY_DECIDE_INTERNAL_H

#include <string.h>

#include "policy/decide.h"

/* What the files decide*.c share; nobody else includes it. */

struct decision decide_allow(const char *rule);
struct decision decide_deny(const char *rule);

static inline bool
same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static inline bool
same_key(const uint8_t a[static 32], const uint8_t b[static 32])
{
    return memcmp(a, b, 32) == 0;
}

/* Does she hold that role when the entry in question is made? */
bool decide_holds(const struct roster *r, const struct question *q,
                  const char *person, const char *role);

/* decide_founding.c */
bool decide_is_founding(const struct roster *r, const struct question *q);

/*
 * By act: the actor holds the role, which may do it for that purpose.  The
 * rows of decide.c name them.
 */
typedef struct decision (*decide_fn)(const struct roster *r,
                                     const struct question *q, unsigned role);

/* decide_staff.c */
struct decision decide_keys(const struct roster *r, const struct question *q,
                            unsigned role);
struct decision decide_propose(const struct roster *r, const struct question *q,
                               unsigned role);
struct decision decide_confirm(const struct roster *r, const struct question *q,
                               unsigned role);
struct decision decide_replace(const struct roster *r, const struct question *q,
                               unsigned role);
struct decision decide_reinstate(const struct roster *r,
                                 const struct question *q, unsigned role);
struct decision decide_revoke(const struct roster *r, const struct question *q,
                              unsigned role);
struct decision decide_suspend(const struct roster *r, const struct question *q,
                               unsigned role);

/* decide_last.c: after this, could nobody for as long as now hand on a key,
 * or propose?  NULL role: all that the person holds goes. */
bool decide_is_last(const struct roster *r, const struct question *q,
                    const char *role);

/* decide_record.c */
struct decision decide_create(const struct roster *r, const struct question *q,
                              unsigned role);
struct decision decide_import(const struct roster *r, const struct question *q,
                              unsigned role);
struct decision decide_save(const struct roster *r, const struct question *q,
                            unsigned role);
struct decision decide_read(const struct roster *r, const struct question *q,
                            unsigned role);
struct decision decide_list(const struct roster *r, const struct question *q,
                            unsigned role);
struct decision decide_history(const struct roster *r, const struct question *q,
                               unsigned role);
struct decision decide_assign(const struct roster *r, const struct question *q,
                              unsigned role);
struct decision decide_unassign(const struct roster *r,
                                const struct question *q, unsigned role);
struct decision decide_acknowledge_flag(const struct roster *r,
                                        const struct question *q,
                                        unsigned role);

/* decide_restore.c */
struct decision decide_restore(const struct roster *r, const struct question *q,
                               unsigned role);
/* Does anybody but `person`, here or in a proposal, have one of these keys? */
bool decide_has_anothers_keys(const struct roster *r, const struct question *q,
                              const char *person, const uint8_t sign[static 32],
                              const uint8_t box[static 32]);

/* decide_release.c */
struct decision decide_request(const struct roster *r, const struct question *q,
                               unsigned role);
struct decision decide_show(const struct roster *r, const struct question *q,
                            unsigned role);
struct decision decide_acknowledge(const struct roster *r,
                                   const struct question *q, unsigned role);
struct decision decide_approve(const struct roster *r, const struct question *q,
                               unsigned role);
struct decision decide_refuse(const struct roster *r, const struct question *q,
                              unsigned role);
struct decision decide_fetch(const struct roster *r, const struct question *q,
                             unsigned role);

#endif
