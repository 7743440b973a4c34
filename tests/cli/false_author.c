#include "vault/envelope.h"

/*
 * svault of somebody who seals, under her own name, what nobody can read:
 * linked with --wrap=envelope_seal.
 */
enum sv_err __real_envelope_seal(const struct rng *rng,
                                 const struct envelope_header *h,
                                 const struct ps1_sender *to,
                                 struct bytes content, struct bytes tokens,
                                 struct buf *out, uint8_t hash[static 32]);
enum sv_err __wrap_envelope_seal(const struct rng *rng,
                                 const struct envelope_header *h,
                                 const struct ps1_sender *to,
                                 struct bytes content, struct bytes tokens,
                                 struct buf *out, uint8_t hash[static 32]);

enum sv_err
__wrap_envelope_seal(const struct rng *rng, const struct envelope_header *h,
                     const struct ps1_sender *to, struct bytes content,
                     struct bytes tokens, struct buf *out,
                     uint8_t hash[static 32])
{
    (void)content;
    return __real_envelope_seal(rng, h, to, bytes_text("no content"), tokens,
                                out, hash);
}
