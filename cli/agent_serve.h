#ifndef SV_CLI_AGENT_SERVE_H
#define SV_CLI_AGENT_SERVE_H

#include "vault/agent.h"

/*
 * An agent at work: it waits on all its peers at once, so that nobody who is
 * slow or silent is in another's way.  When a new peer comes and there are
 * AGENT_PEERS_MAX, it hangs up on the one that has been silent longest; and
 * at once on who sends nonsense, who does not take an answer, and who is
 * another user.
 */
#define AGENT_PEERS_MAX 16
#define AGENT_WAIT_MAX_MS 5000 /* a machine that slept is noticed after it */

struct agent_peer {
    int fd;
    uint64_t turn; /* when it was last heard of */
    size_t got;
    uint8_t in[4 + AGENT_MESSAGE_MAX];
};

struct agent_serve {
    struct agent *agent;
    int listener;
    int signals; /* readable: to end; or -1 */
    unsigned n;
    uint64_t turn;
    struct agent_peer peers[AGENT_PEERS_MAX];
};

/* Descriptors are borrowed. */
void agent_serve_init(struct agent_serve *s, struct agent *agent, int listener,
                      int signals);
/* Wait once, at most wait_ms, and answer.  False: it is locked, or told to
 * end. */
bool agent_serve_step(struct agent_serve *s, int wait_ms);
/* Until then. */
void agent_serve_run(struct agent_serve *s);
/* Hang up on all. */
void agent_serve_end(struct agent_serve *s);

#endif
