#ifndef SV_AUDIT_PROOF_H
#define SV_AUDIT_PROOF_H

#include "audit/checkpoint.h"
#include "audit/tree.h"
#include "base/text.h"

/*
 * An offline proof (C2SP tlog-proof v1): that an entry stands in a log, to be
 * checked by anybody who has the log's key.
 *
 *   c2sp.org/tlog-proof@v1
 *   [extra <base64>]                  not authenticated; we write none
 *   index <n>
 *   <base64 hash>                     each; the leaf's sibling first
 *
 *   <the checkpoint as it was signed>
 */
enum sv_err proof_encode(uint64_t index, const struct tree_proof *inclusion,
                         struct bytes checkpoint, struct buf *out);
/* Borrowed: *checkpoint is the note behind the empty line.  SV_ERR_FORMAT. */
enum sv_err proof_parse(struct bytes in, uint64_t *index,
                        struct tree_proof *inclusion, struct bytes *checkpoint);
/*
 * Is this entry in the log of that origin and key?  *head is what its
 * checkpoint says.  SV_ERR_FORMAT; SV_ERR_TAMPERED.
 */
enum sv_err proof_verify(struct bytes proof, struct bytes entry,
                         const char *origin, const struct sign_public *key,
                         struct checkpoint *head);

#endif
