#include "daemon/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"

/* Groups beside the first one. */
static enum sv_err
is_member(int fd, gid_t group, bool *member)
{
    socklen_t len = 0;
    gid_t *groups;
    enum sv_err err = SV_OK;

    *member = false;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0)
        return SV_OK; /* none */
    if (errno != ERANGE)
        return err_of_errno(errno);
    groups = malloc(len);
    if (groups == NULL)
        return SV_ERR_NOMEM;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
        err = err_of_errno(errno);
    for (size_t i = 0; err == SV_OK && i < len / sizeof *groups; i++)
        *member = *member || groups[i] == group;
    free(groups);
    return err;
}

enum sv_err
peer_check(int fd, const struct peer_rule *rule, uid_t *uid, bool *allowed)
{
    struct ucred who;
    socklen_t len = sizeof who;
    bool member = false;
    enum sv_err err = SV_OK;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 ||
        len != sizeof who)
        return SV_ERR_IO;
    *uid = who.uid;
    if (who.uid == geteuid()) {
        *allowed = true;
        return SV_OK;
    }
    if (rule->has_group && who.gid != rule->group)
        err = is_member(fd, rule->group, &member);
    *allowed = rule->has_group && (who.gid == rule->group || member);
    return err;
}
