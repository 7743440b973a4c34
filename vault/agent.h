#ifndef SV_VAULT_AGENT_H
#define SV_VAULT_AGENT_H

#include "base/clock.h"
#include "vault/agent_message.h"
#include "vault/transport.h"

/*
 * An agent holds one user's secrets and works with them on request, so that
 * her programs need not ask for her passphrase each time.  Whoever reaches
 * it can use it while it is unlocked; nobody gets the seed or a key that
 * derives from it, but for the two of enum identity_key, and it signs
 * nothing but requests.
 *
 * It locks itself when it was not used for a while, and AGENT_LIFE_MAX_S
 * after the passphrase in any case.
 */
#define AGENT_LIFE_MAX_S 43200 /* twelve hours */

struct agent {
    const struct user_keys *keys; /* borrowed, from an arena */
    struct card card;
    struct clock clock; /* one that goes on while the machine sleeps */
    uint64_t idle_ms;
    uint64_t since_ms; /* the passphrase was given */
    uint64_t used_ms;  /* the last use */
    bool locked;
};

void agent_init(struct agent *a, const struct user_keys *keys,
                const struct card *card, struct clock clock, uint32_t idle_s);
/* Until it locks, if it is not used; 0: it is locked.  The caller wipes. */
uint64_t agent_left_ms(const struct agent *a);
/*
 * One question, and the answer appended.  SV_ERR_FORMAT, SV_ERR_VERSION:
 * who says that is to be hung up on; SV_ERR_DENIED once locked.
 */
enum sv_err agent_handle(struct agent *a, struct bytes question,
                         struct buf *answer);

/* ---- The other side.  transport is borrowed. ---- */

enum sv_err agent_hello(const struct transport *transport, struct card *card,
                        uint64_t *left_ms);
enum sv_err agent_renew(const struct transport *transport, uint32_t idle_s,
                        uint64_t *left_ms);
enum sv_err agent_lock(const struct transport *transport);
/* Whatever is wrong with the agent is SV_ERR_DENIED. */
struct identity identity_of_agent(struct transport *transport);

#endif
