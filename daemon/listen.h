#ifndef SV_DAEMON_LISTEN_H
#define SV_DAEMON_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Connections that wait to be accepted. */
#define LISTEN_BACKLOG 1024

/*
 * A listening Unix stream socket at path, for the own account (0600) and,
 * where group is not NULL, for that group (0660).  A socket that nobody
 * serves any more is replaced; SV_ERR_BUSY where somebody does,
 * SV_ERR_EXISTS where path is something else.
 */
enum sv_err listen_at(const char *path, const gid_t *group, int *fd);
/*
 * The one that systemd hands over (sd_listen_fds(3)).  SV_ERR_NOT_FOUND where
 * there is none; SV_ERR_USAGE where it is not one listening Unix stream
 * socket.
 */
enum sv_err listen_inherited(int *fd);
/* sd_notify(3): "READY=1" and the like, where somebody wants to know. */
void notify(const char *state);

#endif
