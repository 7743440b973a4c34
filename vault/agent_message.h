#ifndef SV_VAULT_AGENT_MESSAGE_H
#define SV_VAULT_AGENT_MESSAGE_H

#include "vault/identity.h"

/*
 * What is said to an agent and what it answers (docs/FORMAT.md, "The
 * agent"); over its socket each behind its length as u32.
 *
 * Decoding is strict: SV_ERR_FORMAT, SV_ERR_VERSION.
 */
#define AGENT_MESSAGE_MAX 8192
#define AGENT_IDLE_MIN_S 60    /* a minute */
#define AGENT_IDLE_MAX_S 28800 /* eight hours */

enum agent_kind {
    AGENT_HELLO = 1,
    AGENT_SIGN = 2,
    AGENT_AGREE = 3,
    AGENT_DERIVE = 4,
    AGENT_RENEW = 5,
    AGENT_LOCK = 6
};

struct agent_question {
    enum agent_kind kind;
    struct bytes text;           /* sign: borrowed */
    struct box_public ephemeral; /* agree */
    enum identity_key key;       /* derive */
    uint32_t idle_s;             /* renew: lock when unused for so long */
};

struct agent_answer {
    enum agent_kind kind;
    enum sv_err status; /* otherwise than SV_OK, nothing of the rest is set */
    struct card card;   /* hello */
    uint64_t left_ms;   /* hello, renew: until it locks, if unused */
    uint8_t signature[SIGN_LEN]; /* sign */
    uint8_t key[KDF_KEY_LEN];    /* agree, derive */
};

enum sv_err agent_question_encode(const struct agent_question *q,
                                  struct buf *out);
enum sv_err agent_question_decode(struct bytes in, struct agent_question *out);
enum sv_err agent_answer_encode(const struct agent_answer *a, struct buf *out);
enum sv_err agent_answer_decode(struct bytes in, struct agent_answer *out);

#endif
