#ifndef SV_CLI_AGENT_SOCKET_H
#define SV_CLI_AGENT_SOCKET_H

#include "base/file.h"
#include "vault/agent.h"

/*
 * Where an agent listens: $XDG_RUNTIME_DIR/svault, which is the user's
 * alone, and in it agent-<8 hex> for each key.
 */
#define AGENT_PREFIX "agent-"
#define AGENT_NAME_LEN (sizeof AGENT_PREFIX - 1 + 8)

/* The directory; made where make says so.  SV_ERR_NOT_FOUND: there is none,
 * or XDG_RUNTIME_DIR is not set to a whole path; SV_ERR_DENIED: others may
 * enter it. */
enum sv_err agent_dir(bool make, char out[static PATH_SIZE]);
/* SV_ERR_RANGE where a socket's name cannot be so long. */
enum sv_err agent_path(const char *dir, const struct card *card,
                       char out[static PATH_SIZE]);
/* In place of a socket that nobody listens on any more. */
enum sv_err agent_listen(const char *path, int *fd);
/* Is the peer a process of this very user? */
bool agent_peer_ok(int fd);

/* The way to an agent.  Stays in its place; agent_link_close() accepts any
 * state that begins with agent_link_to(). */
struct agent_link {
    struct transport transport;
    char path[PATH_SIZE];
    int fd; /* -1: not connected */
};
/* Nothing is sent before the first question, which connects. */
void agent_link_to(struct agent_link *link, const char *path);
/* To the agent of this card, if one answers. */
bool agent_link_open(struct agent_link *link, const struct card *card,
                     uint64_t *left_ms);
/* Lock the agent and wait until it has wiped.  SV_ERR_NOT_FOUND: nobody
 * listens there. */
enum sv_err agent_link_lock(struct agent_link *link);
void agent_link_close(struct agent_link *link);

#endif
