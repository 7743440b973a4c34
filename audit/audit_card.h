#ifndef SV_AUDIT_AUDIT_CARD_H
#define SV_AUDIT_AUDIT_CARD_H

#include "audit/checkpoint.h"
#include "crypto/words.h"

/*
 * The auditor's card: what somebody outside must know of a vault before she
 * can trust anything of it, and what fits on paper.
 *
 *   svault/audit-card/v1
 *   origin <origin>
 *   log-key <vkey>                 its name is the origin
 *   genesis <64 hex>               the vault's id: LEAF(entry 0)
 *   fingerprint <ten words>        of the id, as people read them aloud
 */
#define AUDIT_CARD_MAX 1024

struct audit_card {
    char origin[ORIGIN_SIZE];
    struct sign_public log_key;
    struct hash vault;
};

/* The ten words of a vault id: the gate's fingerprint. */
void audit_card_words(const struct hash *vault,
                      char out[static WORDS_TEXT_SIZE]);

enum sv_err audit_card_encode(const struct audit_card *c, struct buf *out);
/* Strict; *where says which line.  SV_ERR_INPUT. */
enum sv_err audit_card_parse(struct bytes in, struct audit_card *out,
                             struct diag *where);

#endif
