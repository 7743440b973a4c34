#ifndef SV_DAEMON_PEER_H
#define SV_DAEMON_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Who may connect: the service's own account and the members of a group. */
struct peer_rule {
    bool has_group;
    gid_t group;
};

/*
 * What the kernel says of the process that connected, as it was then: its
 * user, and whether the rule lets it in.  Nothing that it sends counts.
 */
enum sv_err peer_check(int fd, const struct peer_rule *rule, uid_t *uid,
                       bool *allowed);

typedef enum sv_err (*peer_check_fn)(int fd, const struct peer_rule *rule,
                                     uid_t *uid, bool *allowed);

#endif
