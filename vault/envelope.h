#ifndef SV_VAULT_ENVELOPE_H
#define SV_VAULT_ENVELOPE_H

#include "audit/request.h"
#include "crypto/cb1.h"
#include "crypto/pad.h"
#include "crypto/ps1.h"

/*
 * One version of one compartment, under two locks:
 *
 *   header  fixed binary, in clear for the gate, bound into both locks
 *   body    CB1(DEK, "body", hash(header), padded content)
 *   inner   PS1(compartment key, "dek", hash(header) || hash(body), DEK)
 *   outer   u32 gate epoch || CB1(outer key of that epoch, "outer",
 *             u32 gate epoch || hash(header) || hash(body), inner)
 *   tokens  what the version can be found by (vault/posting.h); empty in a
 *           compartment that nobody searches
 *
 * The author makes header, body, inner and tokens; the gate keeps outer in
 * place of inner and takes that lock off only for a reading that is in the log.
 */
struct dek {
    uint8_t b[CB1_KEY_LEN];
};
struct outer_key {
    uint8_t b[CB1_KEY_LEN];
};

struct envelope_header {
    struct hash vault;
    struct handle record;
    char type[NAME_SIZE];
    char compartment[NAME_SIZE];
    char author[NAME_SIZE]; /* work name */
    uint64_t version;       /* from 1 */
    bool addition;          /* only the fields given; see docs/FORMAT.md */
    uint8_t prev[32];       /* version hash of version - 1; zeros for 1 */
    uint32_t epoch;         /* of the compartment's key pair */
};

/*
 * Magic "SVE", u8 suite 1, then the fields in that order: names with a u8
 * length, addition as 0 or 1.  SV_ERR_FORMAT for a header that could not be
 * decoded again; out is unchanged then.
 */
enum sv_err envelope_header_encode(const struct envelope_header *h,
                                   struct buf *out);
/* SV_ERR_VERSION for another suite, SV_ERR_FORMAT. */
enum sv_err envelope_header_decode(struct bytes in,
                                   struct envelope_header *out);

/* A lock is as long as one of these. */
#define ENVELOPE_INNER_LEN (CB1_KEY_LEN + PS1_OVERHEAD)
#define ENVELOPE_OUTER_LEN (4 + ENVELOPE_INNER_LEN + CB1_OVERHEAD)

/* Borrowed parts, in either of the two states. */
struct envelope {
    struct bytes header;
    struct bytes body;
    struct bytes lock; /* inner or outer */
    struct bytes tokens;
};
#define ENVELOPE_TOKENS_MAX 2048
/* Additions to a compartment since its last full version: a reader gets all
 * of them in one answer, and must still be able to. */
#define ADDITIONS_MAX 256

/* u16 header, u32 body, u16 lock, u16 tokens, each with its bytes; decoded from
 * the front of *in, which moves behind it.  SV_ERR_FORMAT, also where a length
 * is not one that sealing makes; the header is not looked into. */
enum sv_err envelope_encode(const struct envelope *e, struct buf *out);
enum sv_err envelope_decode(struct bytes *in, struct envelope *out);

/* Hash of what was stored: label "sv/v1/version", over u32 lengths and bytes
 * of header, body, inner and tokens.  It stands in the log. */
void envelope_hash(const struct envelope *with_inner, uint8_t out[static 32]);

/*
 * Seal content (encoded, unpadded) with a fresh DEK towards the compartment
 * key behind `to`.  Appends one encoded envelope with the inner lock, and
 * gives its version hash.  SV_ERR_RANGE over CONTENT_MAX, SV_ERR_FORMAT for a
 * bad header.
 */
enum sv_err envelope_seal(const struct rng *rng,
                          const struct envelope_header *h,
                          const struct ps1_sender *to, struct bytes content,
                          struct bytes tokens, struct buf *out,
                          uint8_t hash[static 32]);

/* The gate's part: inner to outer, and back.  Appended.  SV_ERR_FORMAT where
 * the lock is not an inner one; SV_ERR_TAMPERED; SV_ERR_VERSION for an outer
 * lock of another gate epoch. */
enum sv_err envelope_lock(const struct rng *rng, const struct outer_key *key,
                          uint32_t gate_epoch,
                          const struct envelope *with_inner, struct buf *outer);
enum sv_err envelope_unlock(const struct outer_key *key, uint32_t gate_epoch,
                            const struct envelope *with_outer,
                            struct buf *inner);

/* The reader's part: open the inner lock and the body, strip the padding,
 * append the content.  SV_ERR_VERSION for another suite, before any key is
 * used; SV_ERR_TAMPERED. */
enum sv_err envelope_open(struct ps1_receiver *receiver,
                          const struct box_secret *secret,
                          const struct box_public *own,
                          const struct envelope *with_inner,
                          struct buf *content);

#endif
